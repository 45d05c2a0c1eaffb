// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <netinet/in.h>

#include "fixture.h"
#include "policy/analyse.h"

#define AB                                                                 \
	"policy \"t\" language 1 version 1 timezone \"Europe/London\"\n"   \
	"zone a { interface eth1 network 10.1.0.0/16, 2001:db8:1::/48 }\n" \
	"zone b { interface eth2 network 10.2.0.0/16, 2001:db8:2::/48 }\n" \
	"zone c { interface eth3 network 10.3.0.0/16 }\n"                  \
	"device nvr in b { ip 10.2.0.10 }\nservice rtsp { tcp/554 }\n"

/* ---- matrix ---------------------------------------------------------------------------------------------------- */

static void expect_cells(const char *text, const char *const (*rows)[3])
{
	struct fb_matrix m;
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	fb_matrix_fill(&p.rs, NOW, &m);
	for (; (*rows)[0]; rows++) {
		const struct fb_matrix_cell *cell =
			fb_matrix_cell(&m, zone_id(&p, (*rows)[0]), zone_id(&p, (*rows)[1]));

		cr_assert_str_eq(fb_pair_state_name(cell->state), (*rows)[2], "%s -> %s is %s", (*rows)[0],
				 (*rows)[1], fb_pair_state_name(cell->state));
	}
	fb_matrix_done(&m);
	policy_done(&p);
}

Test(matrix, s7_says_not_seen_on_the_diagonal_unless_a_line_allows_it)
{
	const char *const rows[][3] = { { "b", "b", "not seen" },
					{ "a", "a", "part" },
					{ "self", "self", "not seen" },
					{ "a", "b", "none" },
					{ 0 } };

	expect_cells(AB "firebreak a -> a { allow any -> any rtsp }\n", rows);
}

Test(matrix, tells_part_all_observed_and_never_apart)
{
	const char *const rows[][3] = { { "a", "b", "part" },
					{ "b", "a", "never" },
					{ "a", "c", "all" },
					{ "c", "a", "none" },
					{ "c", "b", "observed" },
					{ "b", "c", "none" },
					{ "a", "self", "part" },
					{ "self", "a", "none" },
					{ "b", "self", "never" },
					{ "self", "c", "never" },
					{ 0 } };

	expect_cells(AB "firebreak a -> b, self { allow any -> nvr rtsp\n allow any -> self tcp/22 }\nnever "
			"b -> a, self\n"
			"firebreak a -> c { allow any -> any all }\nfirebreak c -> b { mode observe until "
			"2027-01-01 }\n"
			"never b -> c tcp/22\nnever self -> c\n",
		     rows);
}

Test(matrix, a_line_that_can_match_nothing_does_not_count)
{
	const char *const rows[][3] = {
		{ "a", "c", "none" }, { "c", "a", "part" }, { "b", "c", "none" }, { 0 }
	};

	expect_cells(AB "firebreak a -> c { allow any -> any icmpv6/128 }\n"
			"firebreak c -> a { allow any -> any icmpv6/128, icmp/8 }\n"
			"firebreak b -> c { allow any -> any icmp/0 }\n",
		     rows);
}

Test(matrix, a_line_past_its_day_does_not_count)
{
	const char *const rows[][3] = { { "a", "b", "none" }, { "a", "c", "part" }, { 0 } };

	expect_cells(AB "firebreak a -> b, c {\n allow any -> nvr rtsp  until 2026-11-01\n allow any -> "
			"10.3.0.0/24 rtsp\n}\n",
		     rows);
}

Test(matrix, a_cell_lists_its_lines_and_each_service_once)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	const struct fb_matrix_cell *cell;
	struct fb_matrix m;
	struct policy p;

	policy_load_clean(&p, AB
			  "firebreak a, c -> b {\n allow any -> nvr rtsp, tcp/22\n allow any -> any rtsp\n}\n"
			  "firebreak a -> self { allow any -> self tcp/22 }\n");
	fb_matrix_fill(&p.rs, NOW, &m);
	cell = fb_matrix_cell(&m, zone_id(&p, "c"), zone_id(&p, "b"));
	cr_assert_eq(cell->lines.n, 2);
	fb_matrix_services(&p.rs, cell, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), "rtsp, tcp/22");
	cell = fb_matrix_cell(&m, zone_id(&p, "a"), FB_ZONE_SELF);
	cr_assert_eq(cell->lines.n, 1);
	fb_matrix_done(&m);
	policy_done(&p);
}

/* ---- reach ------------------------------------------------------------------------------------------------------- */

static void expect_reach(const char *text, const char *from, const char *to, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_ipset src = { 0 }, dst = { 0 };
	struct fb_reach_list list;
	struct fb_error err = { 0 };
	struct policy p;

	policy_load_clean(&p, text);
	cr_assert(!from || fb_side_find(&p.rs, from, true, &src, &err) == 0, "%s", err.text);
	cr_assert(!to || fb_side_find(&p.rs, to, false, &dst, &err) == 0, "%s", err.text);
	fb_reach_find(&p.rs, from ? &src : NULL, to ? &dst : NULL, NOW, &list);
	for (size_t i = 0; i < list.n; i++) {
		fb_ruleset_print_set(&p.rs, &list.v[i].src, &out);
		fb_strbuf_add(&out, " -> ");
		fb_ruleset_print_set(&p.rs, &list.v[i].dst, &out);
		fb_strbuf_add(&out, " ");
		fb_l4set_print(&list.v[i].services, &out);
		fb_strbuf_add(&out, "\n");
	}
	cr_assert_str_eq(fb_strbuf_get(&out), wanted, "from %s to %s:\n%s", from, to, fb_strbuf_get(&out));
	fb_reach_done(&list);
	fb_ipset_done(&src);
	fb_ipset_done(&dst);
	policy_done(&p);
}

#define REACH                                                                                                \
	AB "firebreak a, c -> b { allow any -> nvr rtsp }\nfirebreak a -> self { allow 10.1.0.0/24 -> self " \
	   "tcp/22 }\n"                                                                                      \
	   "firebreak self -> a { allow self -> 10.1.0.5 udp/514\n allow self -> any ip/112 }\n"

Test(reach, from_a_host_lists_what_it_may_call)
{
	expect_reach(REACH, "10.1.0.7", "nvr", "10.1.0.7 -> 10.2.0.10 tcp/554\n");
	expect_reach(REACH, "10.1.5.0/24", NULL, "10.1.5.0/24 -> 10.2.0.10 tcp/554\n");
	expect_reach(REACH, "b", NULL, "");
}

Test(reach, to_a_host_lists_who_may_call_it)
{
	expect_reach(REACH, NULL, "nvr",
		     "10.1.0.0/16 -> 10.2.0.10 tcp/554\n10.3.0.0/16 -> 10.2.0.10 tcp/554\n");
	expect_reach(REACH, "self", "10.1.0.5",
		     "self into a -> 10.1.0.5 udp/514\nself into a -> 10.1.0.5 ip/112\n");
}

Test(reach, to_the_gateway_is_not_what_the_gateway_sends)
{
	expect_reach(REACH, NULL, "self", "10.1.0.0/24 -> self, self at a tcp/22\n");
}

Test(reach, an_observed_pair_reaches_everything_but_what_a_guard_forbids)
{
	expect_reach(AB "firebreak a -> c { mode observe until 2027-01-01 }\nnever a -> c tcp/22\n",
		     "10.1.0.5", NULL, "10.1.0.5 -> 10.3.0.0/16 ip/0-5, tcp/0-21, tcp/23-65535, ip/7-255\n");
}

Test(reach, what_is_left_of_all_services_is_said_by_what_is_missing)
{
	const struct fb_l4 all = FB_L4_ALL, ssh = { IPPROTO_TCP, IPPROTO_TCP, 0, 65535, 22, 22 };
	const struct fb_l4set whole = { (struct fb_l4 *)&all, 1 }, one = { (struct fb_l4 *)&ssh, 1 };
	struct fb_l4set left = fb_l4set_combine(&whole, &one, FB_L4_SUBTRACT);
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_l4set_say(&left, &out);
	fb_strbuf_addc(&out, ' ');
	fb_l4set_say(&one, &out);
	fb_strbuf_addc(&out, ' ');
	fb_l4set_say(&whole, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), "all but tcp/22 tcp/22 all");
	free(left.v);
}

Test(reach, unknown_words_come_with_a_suggestion)
{
	struct fb_ipset set = { 0 };
	struct fb_error err = { 0 };
	struct policy p;

	policy_load_clean(&p, AB);
	cr_assert_lt(fb_side_find(&p.rs, "nvr-", true, &set, &err), 0);
	cr_assert(strstr(err.text, "did you mean \"nvr\"?"), "%s", err.text);
	cr_assert_lt(fb_side_find(&p.rs, "10.1.0.5/16", true, &set, &err), 0);
	cr_assert_lt(fb_side_find(&p.rs, "10.1.0.5-10.1.0.1", true, &set, &err), 0);
	policy_done(&p);
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

static void expect_words(const char *text, const char *zone, const char *src, const char *dst, __u16 port,
			 const char *says, const char *suggests)
{
	struct fb_packet packet = { .proto = IPPROTO_TCP, .sport = 40000, .dport = port, .first = true };
	fb_autostrbuf struct fb_strbuf said = { 0 }, line = { 0 };
	struct fb_own own = { 0 };
	struct fb_answer answer;
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	packet.zone = zone_id(&p, zone);
	packet.src = ip_of(src, &packet.family);
	packet.dst = ip_of(dst, &packet.family);
	fb_vec_add(&own.v, (struct fb_own_address){ 4, { 0, 0x0a010001 }, 16, zone_id(&p, "a") });
	fb_vec_add(&own.v, (struct fb_own_address){ 4, { 0, 0x0a020001 }, 16, zone_id(&p, "b") });
	answer = fb_eval(&p.rs, &own, &packet, NOW);
	fb_answer_print(&p.rs, &p.tree.sources, &packet, &answer, &said);
	cr_assert_str_eq(fb_strbuf_get(&said), says);
	cr_assert_eq(fb_answer_suggest(&p.rs, &own, &packet, &answer, &line), suggests != NULL);
	if (suggests)
		cr_assert_str_eq(fb_strbuf_get(&line), suggests);
	fb_vec_done(&own.v);
	policy_done(&p);
}

Test(answer, says_which_line_decided_and_which_is_missing)
{
	const char *text = AB "firebreak a -> b { allow any -> nvr rtsp }\nnever a -> c \"as agreed\"\n"
			      "firebreak b -> a { allow nvr -> any tcp/1  until 2026-11-01 }\n";

	expect_words(text, "a", "10.1.0.5", "10.2.0.10", 554, "allowed by any -> nvr  rtsp (t.fb:7)", NULL);
	expect_words(text, "a", "10.1.0.5", "10.2.0.10", 22,
		     "no line allows it in a -> b; the pair allows any -> nvr  rtsp (t.fb:7)",
		     "firebreak a -> b { allow 10.1.0.5 -> nvr  tcp/22 }");
	expect_words(text, "a", "10.1.0.5", "10.3.0.1", 22, "forbidden by never a -> c (t.fb:8): as agreed",
		     NULL);
	expect_words(text, "b", "10.2.0.10", "10.1.0.5", 1,
		     "the until has passed of nvr -> any  tcp/1 (t.fb:9)", NULL);
	expect_words(text, "a", "10.2.0.10", "10.1.0.5", 1,
		     "the source address does not belong to the zone it came from", NULL);
}

Test(answer, a_suggested_line_for_the_gateway_names_the_address_it_was_asked_at)
{
	expect_words(AB, "a", "10.1.0.5", "10.1.0.1", 22,
		     "no line allows it in a -> self; the pair allows nothing",
		     "firebreak a -> self { allow 10.1.0.5 -> self  tcp/22 }");
	expect_words(AB, "a", "10.1.0.5", "10.2.0.1", 22,
		     "no line allows it in a -> self; the pair allows nothing",
		     "firebreak a -> self { allow 10.1.0.5 -> self at b  tcp/22 }");
}

Test(answer, a_suggested_line_says_a_service_by_the_one_name_that_it_has)
{
	static const char none[] = "no line allows it in a -> b; the pair allows nothing";
	const char *text = AB "service login { tcp/22 }\nservice web { tcp/80, tcp/443 }\n"
			      "service x { tcp/102 }\nservice y { tcp/102 }\n";

	expect_words(text, "a", "10.1.0.5", "10.2.0.10", 22, none,
		     "firebreak a -> b { allow 10.1.0.5 -> nvr  login }");
	expect_words(text, "a", "10.1.0.5", "10.2.0.10", 80, none, /* web is more than this */
		     "firebreak a -> b { allow 10.1.0.5 -> nvr  tcp/80 }");
	expect_words(text, "a", "10.1.0.5", "10.2.0.10", 102, none, /* x or y? */
		     "firebreak a -> b { allow 10.1.0.5 -> nvr  tcp/102 }");
}

/* A suggestion must do what it says. */
Test(answer, a_suggested_line_allows_the_packet)
{
	struct fb_packet packet = { .family = 4,
				    .src = { 0, 0x0a010005 },
				    .dst = { 0, 0x0a02000a },
				    .proto = IPPROTO_ICMP,
				    .dport = 8 << 8,
				    .first = true };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_own own = { 0 };
	struct fb_answer answer;
	struct policy p;

	fb_strbuf_add(&text, AB);
	policy_load_clean(&p, AB);
	packet.zone = zone_id(&p, "a");
	answer = fb_eval(&p.rs, &own, &packet, NOW);
	cr_assert(fb_answer_suggest(&p.rs, &own, &packet, &answer, &text));
	policy_done(&p);
	fb_strbuf_add(&text, "\n");
	policy_load_clean(&p, fb_strbuf_get(&text));
	cr_assert_eq(fb_eval(&p.rs, &own, &packet, NOW).reason, FB_PASSED);
	policy_done(&p);
}

static enum fb_pair_state state_of(const char *lines)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	enum fb_pair_state state;
	struct fb_matrix m;
	struct policy p;

	fb_strbuf_addf(
		&text,
		"policy \"t\" language 1 version 1 timezone \"UTC\"\n"
		"zone x { interface e1  network 10.7.0.0/24, 2001:db8:7::/64 }\n"
		"zone y { interface e2  network 10.8.0.0/24, 2001:db8:8::/64 }\n"
		"group low in x { 10.7.0.0/25, 2001:db8:7::/65 }\ngroup high in x { any except low }\n%s\n",
		lines);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%s\n%s", fb_strbuf_get(&text), fb_strbuf_get(&p.said));
	fb_matrix_fill(&p.rs, NOW, &m);
	state = fb_matrix_cell(&m, zone_id(&p, "x"), zone_id(&p, "y"))->state;
	fb_matrix_done(&m);
	policy_done(&p);
	return state;
}

Test(analyse, the_matrix_judges_all_lines_of_a_pair_together_and_all_guards)
{
	static const struct {
		const char *lines;
		enum fb_pair_state state;
	} cases[] = {
		{ "firebreak x -> y { allow low -> any  all; allow high -> any  all }", FB_PAIR_ALL },
		{ "firebreak x -> y { allow low -> any  all; allow high -> any  tcp/any }", FB_PAIR_PART },
		{ "firebreak x -> y { allow low -> any  all; allow high -> 10.8.0.0/24  all }",
		  FB_PAIR_PART },
		{ "service rest { all except tcp/22 }\nfirebreak x -> y { allow any -> any  rest; allow low "
		  "-> any  "
		  "tcp/22\n  allow high -> any  tcp/20-30 }",
		  FB_PAIR_ALL },
		{ "never low -> y\nnever high -> y", FB_PAIR_NEVER },
		{ "never low -> y\nnever high -> y tcp/any", FB_PAIR_NONE },
		{ "service rest { all except tcp/22 }\nnever x -> y rest\nnever x -> y tcp/22",
		  FB_PAIR_NEVER },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++)
		cr_assert_eq(state_of(cases[i].lines), cases[i].state, "%s: %s", cases[i].lines,
			     fb_pair_state_name(state_of(cases[i].lines)));
}

// SPDX-License-Identifier: GPL-2.0-only
/* Multicast across zones (S14): what may be written, what it means, what guards, assertions and questions make of it. */
#include "fixture.h"

#include <netinet/in.h>

#include "policy/analyse.h"
#include "policy/compile.h"
#include "policy/paths.h"
#include "policy/plan.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
#define ZONES                                                                    \
	HEAD "zone a { interface eth1  network 10.1.0.0/24, 2001:db8:1::/64 }\n" \
	     "zone b { interface eth2  network 10.2.0.0/24 }\n"                  \
	     "zone c { interface eth3  network 10.3.0.0/24, 2001:db8:3::/64 }\n" \
	     "device a1 in a { ip 10.1.0.1 }\ndevice b1 in b { ip 10.2.0.1 }\n"  \
	     "device b2 in b { ip 10.2.0.2 }\ndevice c1 in c { ip 10.3.0.1 }\n"
#define STREAM ZONES "firebreak a -> b { allow a1 -> 239.20.0.0/16  udp/5004 }\n"

/* ---- what may be written --------------------------------------------------------------------------------------- */

Test(group, s14_a_multicast_prefix_may_stand_on_the_right)
{
	expect_clean(STREAM);
	expect_clean(
		ZONES
		"firebreak a -> b, c { allow a1, 2001:db8:1::/64 -> 224.0.1.0-239.255.255.255, ff05::/16, "
		"10.2.0.7  udp/5004 }\n");
	expect_clean(ZONES "firebreak a -> self { allow any -> 239.20.0.0/16  ip/igmp }\n");
	expect_clean(ZONES "firebreak self -> a, b { allow self -> 239.20.0.0/16  udp/5004 }\n");
	expect_error(ZONES "firebreak a -> b { allow 239.20.0.0/16 -> any  udp/5004 }\n",
		     "239.20.0.0/16 is multicast, which is never a source");
}

Test(group, s14_what_no_router_passes_on_is_an_error)
{
	static const char *const groups[] = { "224.0.0.0/4", "224.0.0.0/8", "224.0.0.200-224.0.1.5",
					      "ff00::/8",    "ff00::/16",   "ff01::/16",
					      "ff0f::/16",   "ff12::/16" };

	for (size_t i = 0; i < FB_ARRAY_SIZE(groups); i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 }, said = { 0 };

		fb_strbuf_addf(&text, "%sfirebreak a -> c { allow any -> %s  udp/5004 }\n", ZONES, groups[i]);
		fb_strbuf_addf(&said, "%s holds groups that no router passes on", groups[i]);
		expect_error(fb_strbuf_get(&text), fb_strbuf_get(&said));
	}
	expect_error(ZONES "firebreak a -> b { allow any -> 224.0.0.9  udp/520 }\n",
		     "it needs self on one side");
}

Test(group, s11_a_group_is_of_a_family_as_everything)
{
	expect_error(ZONES "firebreak b -> a { allow any -> ff05::/16  udp/5004 }\n",
		     "this line allows nothing");
	expect_clean(ZONES "firebreak a -> b { allow any -> ff05::/16  udp/5004 }\n");
}

Test(group, s26_an_allow_whose_copies_go_where_a_guard_forbids_is_an_error)
{
	expect_error(STREAM "never a -> b\n", "allows a -> b udp/5004, which the never at t.fb:10 forbids");
	expect_error(STREAM "never a -> b1\n", "copies of multicast reach whoever listens there");
	expect_error(STREAM "never any -> b udp/5000-5010 except from c\n",
		     "which the never at t.fb:10 forbids");
	expect_error(STREAM "never b <-> a\n", "which the never at t.fb:10 forbids");
	expect_error(STREAM "never a1 -> any\n", "which the never at t.fb:10 forbids");
	expect_error(ZONES
		     "firebreak a -> c, self { allow any -> 239.20.0.0/16  udp/5004 }\nnever a -> self\n",
		     "allows a -> self udp/5004, which the never at t.fb:10 forbids");
	expect_error(ZONES "firebreak self -> b { allow self -> 239.20.0.0/16  udp/5004 }\nnever self -> b\n",
		     "allows self -> b udp/5004, which the never at t.fb:10 forbids");
	/* Other zones, sources, services and families are not meant. */
	expect_clean(STREAM
		     "never a -> c\nnever a -> b tcp/any\nnever b -> a\nnever c -> b\nnever a -> self\n");
	expect_clean(ZONES "firebreak a -> b, c { allow any -> ff05::/16  udp/5004 }\nnever a -> b\n");
}

Test(group, lines_that_meet_copy_into_the_same_zones)
{
	expect_error(STREAM "firebreak a -> c { allow any -> 239.20.1.0/24  udp/any }\n",
		     "overlaps t.fb:9 (10.1.0.1 -> 239.20.1.0 udp/5004): its copies go into b, those of this "
		     "line into c");
	expect_error(STREAM "firebreak a -> self { allow any -> 239.20.1.0/24  udp/5004 }\n",
		     "write one firebreak with all of these zones on the right");
	expect_clean(STREAM
		     "firebreak a -> b { allow any -> 239.0.0.0/8  udp/5000-5010  until 2030-01-01 }\n");
	expect_clean(STREAM "firebreak a -> c { allow any -> 239.20.1.0/24  udp/5005\n allow any -> "
			    "239.21.0.0/16  udp/5004\n"
			    " allow 10.1.0.2 -> 239.20.0.0/16  udp/5004 }\n"
			    "firebreak a -> self { allow any -> 239.20.0.0/16  ip/igmp }\n");
}

/* ---- what it means --------------------------------------------------------------------------------------------------- */

/* Zones that copies go into, as words; the gateway alone is a destination zone. */
static void expect_copies(const char *text, const char *zone, const char *src, const char *dst, __u8 proto,
			  enum fb_reason reason, const char *wanted)
{
	struct fb_packet packet = { .proto = proto, .sport = 5004, .dport = 5004, .first = true };
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_own own = { 0 };
	struct fb_answer answer;
	struct policy p;

	policy_load_clean(&p, text);
	packet.zone = zone_id(&p, zone);
	packet.src = ip_of(src, &packet.family);
	packet.dst = ip_of(dst, &packet.family);
	answer = fb_eval(&p.rs, &own, &packet, NOW);
	cr_assert_eq(answer.reason, reason, "%s -> %s: reason %d", src, dst, answer.reason);
	if (answer.copies)
		fb_ruleset_print_zones(&p.rs, answer.copies, &out);
	else
		fb_strbuf_add(&out, fb_ruleset_zone_name(&p.rs, answer.dst_zone));
	cr_assert_str_eq(fb_strbuf_get(&out), wanted, "%s -> %s: %s", src, dst, fb_strbuf_get(&out));
	policy_done(&p);
}

Test(group, s14_copies_go_into_the_zones_on_the_right_of_the_header)
{
	const char *both = ZONES
		"firebreak a -> b, c, self { allow any -> 239.20.0.0/16, ff05::/16  udp/5004 }\n";

	expect_copies(STREAM, "a", "10.1.0.1", "239.20.1.1", IPPROTO_UDP, FB_PASSED, "b");
	expect_copies(STREAM, "a", "10.1.0.2", "239.20.1.1", IPPROTO_UDP, FB_DROP_NO_ALLOW, "-");
	expect_copies(STREAM, "a", "10.1.0.1", "239.21.1.1", IPPROTO_UDP, FB_DROP_NO_ALLOW, "-");
	expect_copies(STREAM, "b", "10.2.0.1", "239.20.1.1", IPPROTO_UDP, FB_DROP_NO_ALLOW, "-");
	expect_copies(STREAM, "b", "10.1.0.1", "239.20.1.1", IPPROTO_UDP, FB_DROP_SPOOF, "-");
	expect_copies(both, "a", "10.1.0.9", "239.20.1.1", IPPROTO_UDP, FB_PASSED, "self, b, c");
	expect_copies(both, "a", "2001:db8:1::9", "ff05::1", IPPROTO_UDP, FB_PASSED, "self, b, c");
	expect_copies(both, "a", "2001:db8:1::9", "ff15::1", IPPROTO_UDP, FB_DROP_NO_ALLOW, "-");
}

Test(group, s13_link_local_sources_reach_the_gateway_only)
{
	const char *both = ZONES "firebreak a -> b, self { allow any -> ff05::/16  udp/5004 }\n";

	expect_copies(both, "a", "fe80::9", "ff05::1", IPPROTO_UDP, FB_PASSED, "self");
	expect_copies(ZONES "firebreak a -> b { allow any -> ff05::/16  udp/5004 }\n", "a", "fe80::9",
		      "ff05::1", IPPROTO_UDP, FB_DROP_NO_ALLOW, "-");
	expect_copies(ZONES "firebreak a -> self { allow any -> 239.20.0.0/16  ip/igmp }\n", "a", "10.1.0.9",
		      "239.20.1.1", IPPROTO_IGMP, FB_PASSED, "self");
}

Test(group, what_the_gateway_sends_goes_into_the_zones_that_a_line_names)
{
	struct fb_packet packet = {
		.zone = FB_ZONE_SELF, .family = 4, .proto = IPPROTO_UDP, .dport = 5004, .first = true
	};
	struct fb_own own = { 0 };
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak self -> b { allow self -> 239.20.0.0/16  udp/5004 }\n");
	packet.dst.lo = 0xef140101;
	packet.out_zone = zone_id(&p, "b");
	cr_assert_eq(fb_eval(&p.rs, &own, &packet, NOW).reason, FB_PASSED);
	packet.out_zone = zone_id(&p, "c");
	cr_assert_eq(fb_eval(&p.rs, &own, &packet, NOW).reason, FB_DROP_NO_ALLOW);
	policy_done(&p);
}

Test(group, what_is_dropped_is_copied_nowhere)
{
	struct fb_packet packet = { .family = 4, /* an echo reply that nobody asked for */
				    .src = { 0, 0x0a010001 },
				    .dst = { 0, 0xef140101 },
				    .proto = IPPROTO_ICMP,
				    .first = true };
	struct fb_own own = { 0 };
	struct fb_answer answer;
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak a -> b { allow any -> 239.20.0.0/16  icmp/any }\n");
	packet.zone = zone_id(&p, "a");
	answer = fb_eval(&p.rs, &own, &packet, NOW);
	cr_assert_eq(answer.reason, FB_DROP_ICMP_UNRELATED, "reason %d", answer.reason);
	cr_assert_eq(answer.copies, 0);
	policy_done(&p);
}

Test(group, the_answer_says_whereto_and_that_the_kernel_copies)
{
	struct fb_packet packet = { .family = 4,
				    .src = { 0, 0x0a010001 },
				    .dst = { 0, 0xef140101 },
				    .proto = IPPROTO_UDP,
				    .dport = 5004,
				    .first = true };
	fb_autostrbuf struct fb_strbuf said = { 0 }, line = { 0 };
	struct fb_own own = { 0 };
	struct fb_answer answer;
	struct policy p;

	policy_load_clean(&p, STREAM);
	packet.zone = zone_id(&p, "a");
	answer = fb_eval(&p.rs, &own, &packet, NOW);
	fb_answer_print(&p.rs, &p.tree.sources, &packet, &answer, &said);
	cr_assert_str_eq(fb_strbuf_get(&said),
			 "allowed by a1 -> 239.20.0.0/16  udp/5004 (t.fb:9); the kernel's multicast "
			 "routing may copy it into b");
	packet.dport = 5005;
	answer = fb_eval(&p.rs, &own, &packet, NOW);
	fb_strbuf_done(&said);
	fb_answer_print(&p.rs, &p.tree.sources, &packet, &answer, &said);
	cr_assert_str_eq(fb_strbuf_get(&said), "no line lets this multicast of a into any zone");
	cr_assert_not(fb_answer_suggest(&p.rs, &own, &packet, &answer, &line));
	policy_done(&p);
}

/* ---- the image ----------------------------------------------------------------------------------------------------------- */

static __u32 *compiled(const struct policy *p, struct fb_error *err)
{
	struct fb_compile_input in = { .ruleset = &p->rs, .generation = 7, .applied = 1000 };
	__u32 *img = calloc(1, FB_IMAGE_BYTES_SMALL);
	struct fb_image_stats stats;

	if (!fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, &stats, err))
		return img;
	free(img);
	return NULL;
}

Test(group, a_rule_names_its_set_of_zones_and_equal_sets_are_one)
{
	const struct fb_image_header *header;
	const struct fb_image_rule *rules;
	struct fb_error err = { 0 };
	const __u64 *groups;
	struct policy p;
	__u32 *img;

	policy_load_clean(
		&p, ZONES
		"firebreak a -> b, c { allow a1 -> 239.20.0.0/16  udp/5004\n allow a1 -> 239.21.0.0/16, b1  "
		"udp/5004\n allow a1 -> b1  tcp/22 }\n"
		"firebreak a -> self { allow any -> 239.20.0.0/16  ip/igmp }\n");
	img = compiled(&p, &err);
	cr_assert(img, "%s", err.text);
	header = (void *)img;
	rules = (void *)(img + header->rule_w);
	groups = (void *)(img + header->group_w);
	cr_assert(rules[1].group && rules[1].group == rules[2].group && !rules[3].group);
	cr_assert_neq(rules[4].group, rules[1].group);
	cr_assert_eq(groups[0], 0);
	cr_assert_eq(groups[rules[1].group], 1ull << zone_id(&p, "b") | 1ull << zone_id(&p, "c"));
	cr_assert_eq(groups[rules[4].group], 1ull << FB_ZONE_SELF);
	free(img);
	policy_done(&p);
}

Test(group, more_sets_of_zones_than_a_token_can_name_are_an_error)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_error err = { 0 };
	struct policy p;

	fb_strbuf_add(&text, HEAD "zone a { interface eth1  network 10.0.0.0/16 }\n");
	for (int z = 1; z <= 9; z++)
		fb_strbuf_addf(&text, "zone z%d { interface eth1 vlan %d  network 10.%d.0.0/16 }\n", z, z, z);
	for (int set = 1; set <= 256; set++) {
		const char *comma = "";

		fb_strbuf_add(&text, "firebreak a -> ");
		for (int z = 1; z <= 9; z++)
			if (set >> (z - 1) & 1) {
				fb_strbuf_addf(&text, "%sz%d", comma, z);
				comma = ", ";
			}
		fb_strbuf_addf(&text, " { allow any -> 239.%d.0.0/16  udp/5004 }\n", set % 256);
	}
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	cr_assert_null(compiled(&p, &err));
	cr_assert(strstr(err.text, "more than 255 different lists of zones"), "%s", err.text);
	policy_done(&p);
}

/* ---- questions ------------------------------------------------------------------------------------------------------------- */

Test(group, the_matrix_shows_the_line_in_every_pair_that_copies_cross)
{
	const struct fb_matrix_cell *cell;
	struct fb_matrix m;
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak a -> b, self { allow any -> 239.20.0.0/16  udp/5004 }\n");
	fb_matrix_fill(&p.rs, NOW, &m);
	cell = fb_matrix_cell(&m, zone_id(&p, "a"), zone_id(&p, "b"));
	cr_assert(cell->state == FB_PAIR_PART && cell->lines.n == 1);
	cr_assert_eq(fb_matrix_cell(&m, zone_id(&p, "a"), FB_ZONE_SELF)->state, FB_PAIR_PART);
	cr_assert_eq(fb_matrix_cell(&m, zone_id(&p, "a"), zone_id(&p, "c"))->state, FB_PAIR_NONE);
	cr_assert_eq(fb_matrix_cell(&m, zone_id(&p, "b"), zone_id(&p, "a"))->state, FB_PAIR_NONE);
	fb_matrix_done(&m);
	policy_done(&p);
}

static void expect_reach(const char *from, const char *to, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_ipset src = { 0 }, dst = { 0 };
	struct fb_reach_list list;
	struct fb_error err = { 0 };
	struct policy p;

	policy_load_clean(&p, STREAM);
	cr_assert(!from || fb_side_find(&p.rs, from, true, &src, &err) == 0, "%s", err.text);
	cr_assert(!to || fb_side_find(&p.rs, to, false, &dst, &err) == 0, "%s", err.text);
	fb_reach_find(&p.rs, from ? &src : NULL, to ? &dst : NULL, NOW, &list);
	for (size_t i = 0; i < list.n; i++) {
		fb_ruleset_print_set(&p.rs, &list.v[i].src, &out);
		fb_strbuf_addf(&out, " -> %s ", fb_ruleset_zone_name(&p.rs, list.v[i].dst_zone));
		fb_ruleset_print_set(&p.rs, &list.v[i].dst, &out);
	}
	cr_assert_str_eq(fb_strbuf_get(&out), wanted, "from %s to %s: %s", from, to, fb_strbuf_get(&out));
	fb_reach_done(&list);
	fb_ipset_done(&src);
	fb_ipset_done(&dst);
	policy_done(&p);
}

/* An assertion sees it, too: membership asks for no address of the group's family. */
Test(group, reach_tells_of_a_stream_into_a_zone_of_the_other_family)
{
	struct fb_ipset dst = { 0 };
	struct fb_reach_list list;
	struct fb_error err = { 0 };
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak a -> b { allow any -> ff05::/16  udp/5004 }\n");
	cr_assert_eq(fb_side_find(&p.rs, "b", false, &dst, &err), 0, "%s", err.text);
	fb_reach_find(&p.rs, NULL, &dst, NOW, &list);
	cr_assert_eq(list.n, 1);
	fb_reach_done(&list);
	fb_ipset_done(&dst);
	policy_done(&p);
	expect_error(ZONES "firebreak a -> b { allow any -> ff05::/16  udp/5004 }\nassert a cannot reach b\n",
		     "2001:db8:1::1 -> ff05::1");
}

Test(group, a_step_of_a_chain_shows_the_packet_and_who_hears_it)
{
	expect_error(ZONES
		     "firebreak a -> b { allow a1 -> 239.20.0.0/16  udp/5004 }\n"
		     "firebreak b -> c { allow b1 -> c1  tcp/22 }\nassert a1 cannot reach c1 transitively\n",
		     "a1 -> 239.20.0.1, heard by b1  udp/5004  t.fb:9\n"
		     "   b1 -> c1                       tcp/22    t.fb:10");
}

Test(group, reach_tells_of_a_stream_whoever_may_listen_to_it)
{
	expect_reach("a1", NULL, "10.1.0.1 -> b 239.20.0.0/16");
	expect_reach(NULL, "b", "10.1.0.1 -> b 239.20.0.0/16");
	expect_reach(NULL, "b2", "10.1.0.1 -> b 239.20.0.0/16");
	expect_reach(NULL, "c", "");
	expect_reach("10.1.0.2", NULL, "");
	expect_reach(NULL, "239.20.1.1", "10.1.0.1 -> b 239.20.0.0/16");
}

static void expect_assertions(const char *const (*cases)[2])
{
	for (; (*cases)[0]; cases++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };

		fb_strbuf_addf(&text, "%sfirebreak b -> c { allow b2 -> c1  tcp/22 }\nassert %s\n", STREAM,
			       (*cases)[0]);
		if ((*cases)[1])
			expect_error(fb_strbuf_get(&text), (*cases)[1]);
		else
			expect_clean(fb_strbuf_get(&text));
	}
}

Test(group, assertions_take_everybody_for_a_listener_and_nobody_for_one_that_can_be_reached)
{
	static const char *const cases[][2] = {
		{ "a cannot reach b", "a1 -> 239.20" },
		{ "a cannot reach b1", "a1 -> " },
		{ "a cannot reach b udp/5005", NULL },
		{ "a cannot reach c", NULL },
		{ "a1 can reach b1 udp/5004", "no line allows it at all times" },
		{ "a can only reach b udp/5004", NULL },
		{ "a can only reach b1 udp/5004", "a1 -> 239.20" },
		{ "b can only be reached by a1 udp/5004", NULL },
		{ "b can only be reached by c", "a1 -> " },
		{ "b1 can only be reached by c", "a1 -> " },
		{ "a cannot reach c transitively", "b2 -> c1" },
		{ "a cannot reach c transitively ignoring udp/5004", NULL },
		{ NULL, NULL },
	};

	expect_assertions(cases);
}

Test(group, paths_go_through_listeners_and_nobody_answers_a_group)
{
	struct fb_paths_query q = { .max_steps = 4, .max_paths = 10 };
	struct fb_party a, c;
	struct fb_reach_list edges;
	struct fb_error err = { 0 };
	struct fb_paths paths;
	struct policy p;

	policy_load_clean(&p, STREAM "firebreak b -> c { allow b2 -> c1  tcp/22 }\n");
	cr_assert_eq(fb_party_find(&p.rs, "a", &a, &err), 0);
	cr_assert_eq(fb_party_find(&p.rs, "c", &c, &err), 0);
	fb_reach_find(&p.rs, NULL, NULL, 0, &edges);
	fb_reach_listen(&p.rs, &edges);
	q.from = &a;
	q.to = &c;
	fb_paths_find(&p.rs, &edges, &q, &paths);
	cr_assert_eq(paths.v.n, 1);
	cr_assert_eq(paths.v.v[0].steps.n, 2);
	fb_paths_done(&paths);
	q.from = &c;
	q.to = &a;
	q.replies = true;
	fb_paths_find(&p.rs, &edges, &q, &paths);
	cr_assert_eq(paths.v.n, 0, "somebody answered a group");
	fb_paths_done(&paths);
	fb_reach_done(&edges);
	fb_party_done(&a);
	fb_party_done(&c);
	policy_done(&p);
}

static void expect_plan(const char *before, const char *after, const char *opens, const char *closes)
{
	struct policy old, new;
	struct fb_slots slots = { 0 };
	struct fb_plan plan;
	const struct fb_reach_list *lists[2] = { &plan.opens, &plan.closes };
	const char *wanted[2] = { opens, closes };

	policy_load_with(&old, before, &slots);
	policy_load_with(&new, after, &slots);
	cr_assert(!old.errors && !new.errors, "%s%s", fb_strbuf_get(&old.said), fb_strbuf_get(&new.said));
	fb_plan_make(&old.rs, &new.rs, &plan);
	for (int i = 0; i < 2; i++) {
		fb_autostrbuf struct fb_strbuf out = { 0 };

		for (size_t k = 0; k < lists[i]->n; k++) {
			fb_strbuf_addf(&out, "%s%s ", k ? "; " : "",
				       fb_ruleset_zone_name(&new.rs, lists[i]->v[k].dst_zone));
			fb_ruleset_print_set(&new.rs, &lists[i]->v[k].dst, &out);
		}
		cr_assert_str_eq(fb_strbuf_get(&out), wanted[i], "%s: %s", i ? "closes" : "opens",
				 fb_strbuf_get(&out));
	}
	fb_plan_done(&plan);
	policy_done(&old);
	policy_done(&new);
	fb_slots_done(&slots);
}

Test(group, a_plan_holds_streams_and_hosts_apart)
{
	const char *unicast = ZONES "firebreak a -> b { allow a1 -> any  udp/5004 }\n",
		   *both = STREAM "firebreak a -> b { allow a1 -> any  udp/5004 }\n",
		   *wider = ZONES "firebreak a -> b, c { allow a1 -> 239.20.0.0/16  udp/5004 }\n";

	expect_plan(STREAM, STREAM, "", "");
	expect_plan(STREAM, both, "b 10.2.0.0/24", "");
	expect_plan(both, unicast, "", "b 239.20.0.0/16");
	expect_plan(STREAM, wider, "c 239.20.0.0/16", "");
}

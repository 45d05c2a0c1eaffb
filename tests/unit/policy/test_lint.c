/* SPDX-License-Identifier: GPL-2.0-only */
/* Advice: each kind once with its place, and once where it must be silent. */
#include "fixture.h"

#include "policy/lint.h"

#define HEAD                                                                        \
	"policy \"t\" language 1 version 1 timezone \"UTC\"\n"                      \
	"zone a { interface eth1  network 10.1.0.0/24  purdue 1 }\n"                \
	"zone b { interface eth2  network 10.2.0.0/24  purdue 3 }\n"                \
	"zone c { interface eth3  network 10.3.0.0/24, 2001:db8::/64  purdue 4 }\n" \
	"device a1 in a { ip 10.1.0.1 }\ndevice b1 in b { ip 10.2.0.1 }\n"          \
	"device c1 in c { ip 10.3.0.1 }\ngroup everyone { a1, b1, c1 }\n"           \
	"service talk { tcp/23  cleartext }\nservice quiet { tcp/22 }\n"            \
	"assert a, b, c cannot reach self\n"                                        \
	"assert self cannot reach everyone quiet, talk\n"
/* Line 13 is the first of the case. */

static void find(const char *lines, const char *kind, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_lints lints;
	struct policy p;

	fb_strbuf_addf(&text, "%s%s", HEAD, lines);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	fb_lints_find(&p.tree, &p.rs, NOW, &lints);
	for (size_t i = 0; i < lints.list.n; i++) {
		const struct fb_lint *lint = &lints.list.v[i];

		if (!strcmp(kind, fb_lint_name(lint->kind)))
			fb_strbuf_addf(out, "%u:%u %s\n", lint->at.line, lint->at.col, lint->text);
	}
	fb_lints_done(&lints);
	policy_done(&p);
}

static void expect_advice(const char *lines, const char *kind, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf got = { 0 };

	find(lines, kind, &got);
	cr_assert_str_eq(fb_strbuf_get(&got), wanted, "%s of\n%s\nwanted:\n%sgot:\n%s", kind, lines, wanted,
			 fb_strbuf_get(&got));
}

Test(lint, a_line_that_others_cover_is_named_with_them)
{
	expect_advice("firebreak a -> b {\n  allow any -> any  quiet\n  allow a1 -> b1  quiet\n}\n",
		      "redundant", "15:3 t.fb:14 allows all that this line allows\n");
	expect_advice("firebreak a -> b {\n  allow any -> b1  quiet\n  allow a1 -> any  quiet\n}\n",
		      "redundant", "");
}

Test(lint, a_line_of_the_wrong_family_is_dead)
{
	expect_advice("firebreak a -> b { allow any -> any  icmpv6/any }\n", "dead",
		      "13:20 this line can match nothing: its addresses are of the other family than its "
		      "service\n");
	expect_advice("firebreak a -> b { allow any -> any  icmpv6/any, icmp/any }\n", "dead", "");
	expect_advice("firebreak a -> b { allow any -> any  all }\n", "dead", "");
}

/* S24: they pass by the flow that they are about, or by their request. */
Test(lint, a_line_of_icmp_errors_or_answers_is_dead)
{
	static const char *const errors[] = { "icmp/redirect, icmp/4, icmpv6/100",
					      "icmp/3, icmp/11, icmp/12, icmp/echo-reply",
					      "icmpv6/packet-too-big, icmpv6/129" };

	for (size_t i = 0; i < FB_ARRAY_SIZE(errors); i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };

		fb_strbuf_addf(&text, "firebreak a -> b { allow any -> any  %s }\n", errors[i]);
		expect_advice(fb_strbuf_get(&text), "dead",
			      "13:20 this line can match nothing: ICMP errors and answers begin nothing\n");
	}
	expect_advice("firebreak a -> b { allow any -> any  icmp/redirect, icmp/6 }\n", "dead", "");
	expect_advice("firebreak a -> b { allow any -> any  icmp/redirect, icmpv6/any }\n", "dead",
		      "13:20 this line can match nothing: its addresses are of the other family than its "
		      "service\n");
}

Test(lint, an_exception_that_another_guard_forbids_has_no_effect)
{
	expect_advice("never any -> a except from b\nnever any -> a except from c\n", "guard",
		      "13:28 the exception for b has no effect: t.fb:14 forbids it as well\n"
		      "14:28 the exception for c has no effect: t.fb:13 forbids it as well\n");
	expect_advice("never any -> a except from b, c\nnever c -> b\n", "guard", "");
	expect_advice("never any -> a except from b\nnever b -> a quiet\n", "guard", "");
}

Test(lint, an_exception_for_who_is_not_meant_touches_nothing)
{
	expect_advice("never c -> a except from b1\n", "guard",
		      "13:26 the exception for b1 touches nothing: this guard does not speak of it\n");
}

Test(lint, what_ends_within_a_fortnight_is_named)
{
	expect_advice("firebreak a -> b { allow any -> any  quiet  until 2026-11-30 }\n", "expires",
		      "13:20 this line ends in 8 days\n");
	expect_advice("firebreak a -> b { allow any -> any  quiet  until 2027-11-30 }\n", "expires", "");
	expect_advice("firebreak a -> b {\n  mode observe until 2026-11-25\n}\n", "expires",
		      "14:8 a -> b enforces in 3 days\n");
}

Test(lint, names_that_nothing_refers_to)
{
	expect_advice("", "unused", "");
	expect_advice("device d in a { ip 10.1.0.9 }\ngroup g in a { a1 }\nservice s { tcp/1 }\nzone-group z "
		      "{ a, b }\n",
		      "unused",
		      "13:1 device d is not used\n14:1 group g is not used\n15:1 service s is not used\n"
		      "16:1 zone-group z is not used\n");
}

Test(lint, a_device_whose_address_a_line_holds_is_used)
{
	expect_advice("device d in a { ip 10.1.0.9 }\nfirebreak a -> b { allow 10.1.0.8/29 -> b1  quiet }\n",
		      "unused", "");
}

Test(lint, a_bare_address_asks_for_a_name)
{
	expect_advice("firebreak a -> b { allow 10.1.0.9 -> b1, 10.2.0.0/28  quiet }\n", "bare-address",
		      "13:26 10.1.0.9 is a bare address\n13:42 10.2.0.0/28 is a bare address\n");
}

Test(lint, multicast_which_cannot_have_a_name_is_not_asked_for_one)
{
	expect_advice("firebreak c -> a { allow any -> 239.1.0.0/16, ff05::/16  quiet }\n", "bare-address",
		      "");
}

Test(lint, cleartext_across_zones_is_named_by_service)
{
	expect_advice("firebreak a -> b { allow a1 -> b1  quiet, talk }\n", "cleartext",
		      "13:43 talk can be read and changed on the wire, and crosses a -> b\n");
}

Test(lint, levels_are_skipped_between_office_and_plant)
{
	expect_advice(
		"firebreak c -> a { allow c1 -> a1  quiet }\nfirebreak b -> a { allow b1 -> a1  quiet }\n",
		"purdue", "13:20 c (purdue 4) and a (purdue 1) skip levels\n");
}

Test(lint, cleartext_is_found_inside_of_a_service_and_behind_a_bare_port)
{
	expect_advice(
		"service both { quiet, talk }\nservice rest { both except talk }\nservice deep { both }\n"
		"firebreak a -> b { allow a1 -> b1  both, rest, deep }\n",
		"cleartext",
		"16:36 both holds talk, which can be read and changed on the wire, and crosses a -> b\n"
		"16:48 deep holds talk, which can be read and changed on the wire, and crosses a -> b\n");
	expect_advice("firebreak a -> b { allow a1 -> b1  tcp/23, tcp/22, udp/23, tcp/20-30 }\n", "cleartext",
		      "13:36 tcp/23 is talk, which can be read and changed on the wire, and crosses a -> b\n"
		      "13:60 tcp/20-30 holds talk, which can be read and changed on the wire, and crosses a "
		      "-> b\n");
	expect_advice(
		"firebreak a -> b { allow a1 -> b1  all }\n", "cleartext",
		"13:36 all holds talk, which can be read and changed on the wire, and crosses a -> b\n");
}

Test(lint, a_name_that_the_policy_gives_a_port_is_taken_at_its_word)
{
	expect_advice("service sealed { tcp/23 }\nfirebreak a -> b { allow a1 -> b1  sealed }\n", "cleartext",
		      "");
}

Test(lint, levels_are_compared_for_every_pair_of_a_header_and_through_zone_groups)
{
	expect_advice("zone-group plant { b, a }\nfirebreak c -> plant { allow c1 -> a1, b1  quiet }\n",
		      "purdue", "14:24 c (purdue 4) and a (purdue 1) skip levels\n");
	expect_advice("firebreak b, c -> a { allow everyone -> a1  quiet }\n", "purdue",
		      "13:23 c (purdue 4) and a (purdue 1) skip levels\n");
}

Test(lint, s66_a_private_destination_from_the_zone_with_network_any)
{
	static const char net[] = "zone net { interface eth0  network any }\n"
				  "zone front { interface eth4  network 203.0.113.0/24 }\n"
				  "group seen in front { 203.0.113.0/24 }\n";
	fb_autostrbuf struct fb_strbuf lines = { 0 };

	fb_strbuf_addf(&lines,
		       "%sfirebreak net -> b, front {\n  allow any -> b1, seen  quiet\n  allow any -> seen  "
		       "talk\n}\n"
		       "firebreak b -> net { allow any -> any  quiet }\nfirebreak a -> b { allow any -> any  "
		       "quiet }\n"
		       "firebreak net -> self { allow any -> self  quiet }\n",
		       net);
	expect_advice(fb_strbuf_get(&lines), "nat",
		      "17:3 10.2.0.1 is reached from net only through NAT: it is private\n");
}

Test(lint, a_line_without_owner_or_reason_is_undocumented)
{
	expect_advice("firebreak a -> b {\n  default owner \"me\"\n  allow a1 -> b1  quiet\n  allow any -> "
		      "b1  talk  reason \"so\"\n}\n"
		      "firebreak b -> a { allow b1 -> a1  tcp/1 }\n",
		      "undocumented",
		      "15:3 this line has no reason\n18:20 this line has no owner and no reason\n");
}

Test(lint, a_comment_accepts_a_kind_for_its_line_its_block_or_the_policy)
{
	expect_advice("firebreak a -> b {\n  allow a1 -> b1  talk # lint ok: cleartext\n  # lint ok: "
		      "cleartext, undocumented\n  allow a1 -> "
		      "any  talk\n  allow any -> b1  talk\n}\n",
		      "cleartext", "17:20 talk can be read and changed on the wire, and crosses a -> b\n");
	expect_advice("# lint ok: cleartext\nfirebreak a -> b { allow a1 -> b1  talk }\n", "cleartext", "");
	expect_advice("# lint ok: purdue\nfirebreak a -> b { allow a1 -> b1  talk }\n", "cleartext",
		      "14:36 talk can be read and changed on the wire, and crosses a -> b\n");
}

/* ---- exceptions against every packet ---------------------------------------------------------------------------------------- */

enum { N_ZONES = 4, PORTS = 3, GUARDS = 4 };

static unsigned int seed;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

struct guard {
	int from, to, except, port; /* zones, -1 = any; port 0 = all */
};

static void add_guard(struct fb_strbuf *out, struct guard *g)
{
	*g = (struct guard){ .from = (int)pick(N_ZONES + 2) - 2,
			     .to = (int)pick(N_ZONES),
			     .except = (int)pick(N_ZONES),
			     .port = (int)pick(PORTS + 1) };
	g->from = g->from < 0 ? -1 : g->from;
	fb_strbuf_add(out, "never ");
	if (g->from < 0)
		fb_strbuf_add(out, "any");
	else
		fb_strbuf_addf(out, "z%d", g->from);
	fb_strbuf_addf(out, " -> z%d", g->to);
	if (g->port)
		fb_strbuf_addf(out, " tcp/%d", g->port);
	fb_strbuf_addf(out, " except from z%d\n", g->except);
}

/* All that the guard spares its exception, other guards forbid: so every packet of it meets one. */
static bool void_exception(const struct policy *p, const struct guard *g)
{
	static const unsigned int ports[] = { 1, 2, 3, 60000 };
	struct fb_own own = { 0 };

	for (unsigned int i = 0; i < FB_ARRAY_SIZE(ports); i++) {
		struct fb_packet k = { .zone = p->rs.zones.v[g->except].id,
				       .family = 4,
				       .src = { 0, 10u << 24 | (unsigned int)g->except << 16 | 1 },
				       .dst = { 0, 10u << 24 | (unsigned int)g->to << 16 | 1 },
				       .proto = 6,
				       .sport = 1000,
				       .dport = (__u16)ports[i],
				       .first = true };

		if (g->port && ports[i] != (unsigned int)g->port)
			continue;
		if (fb_eval(&p->rs, &own, &k, NOW).reason != FB_DROP_NEVER)
			return false;
	}
	return true;
}

/* What a guard says of its own zone passes no gateway; whether it is void no packet shows. */
static bool judged(const struct guard *g)
{
	return g->except != g->to && (g->from < 0 || g->from == g->except);
}

Test(lint, exceptions_agree_with_every_packet_of_random_guards)
{
	unsigned int voids = 0, compared = 0;

	for (unsigned int i = 0; i < 2000; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct guard guards[GUARDS];
		struct fb_lints lints;
		struct policy p;

		seed = i;
		fb_strbuf_add(&text, "policy \"t\" language 1\n");
		for (int z = 0; z < N_ZONES; z++)
			fb_strbuf_addf(&text, "zone z%d { interface e%d  network 10.%d.0.0/16 }\n", z, z, z);
		for (int g = 0; g < GUARDS; g++)
			add_guard(&text, &guards[g]);
		policy_load(&p, fb_strbuf_get(&text));
		fb_lints_find(&p.tree, &p.rs, NOW, &lints);
		for (int g = 0; g < GUARDS && !p.errors; g++) {
			bool said = false;

			if (!judged(&guards[g]))
				continue;
			for (size_t k = 0; k < lints.list.n; k++)
				said |= lints.list.v[k].kind == FB_LINT_GUARD &&
					lints.list.v[k].at.line == (unsigned int)(2 + N_ZONES + g);
			cr_assert_eq(said, void_exception(&p, &guards[g]), "seed %u, guard %d of\n%s", i, g,
				     fb_strbuf_get(&text));
			voids += said;
			compared++;
		}
		fb_lints_done(&lints);
		policy_done(&p);
	}
	cr_assert_gt(voids, 100, "only %u of %u exceptions were void", voids, compared);
	cr_assert_gt(compared - voids, 100);
}

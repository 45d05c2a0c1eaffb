/* SPDX-License-Identifier: GPL-2.0-only */
/* Assertions: each decision on its own, then random policies of a few hosts against every packet of theirs. */
#include "fixture.h"

#include "policy/assert.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
#define ZONES                                                                   \
	HEAD "zone a { interface eth1  network 10.1.0.0/24 }\n"                 \
	     "zone b { interface eth2  network 10.2.0.0/24 }\n"                 \
	     "zone c { interface eth3  network 10.3.0.0/24 }\n"                 \
	     "device a1 in a { ip 10.1.0.1 }\ndevice a2 in a { ip 10.1.0.2 }\n" \
	     "device b1 in b { ip 10.2.0.1 }\ndevice b2 in b { ip 10.2.0.2 }\n" \
	     "device c1 in c { ip 10.3.0.1 }\n"

static void expect_all(const char *lines, const char *const (*cases)[2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };

		fb_strbuf_addf(&text, "%s%sassert %s\n", ZONES, lines, cases[i][0]);
		if (cases[i][1])
			expect_error(fb_strbuf_get(&text), cases[i][1]);
		else
			expect_clean(fb_strbuf_get(&text));
	}
}

Test(assert, s7_two_members_of_one_zone_are_not_seen)
{
	static const char *const cases[][2] = {
		{ "a1 cannot reach a2", "both sides have members in zone a" },
		{ "a1 can reach a2 all", "both sides have members in zone a" },
		{ "a1, b1 cannot reach a2", "both sides have members in zone a" },
		{ "a can reach a1 tcp/22", "both sides have members in zone a" },
		{ "a1 can reach a tcp/22", "both sides have members in zone a" },
		{ "a cannot reach a", "both sides have members in zone a" },
		{ "a1 cannot reach b1", NULL },
		{ "a cannot reach b1", NULL },
		{ "a, b cannot reach a1", NULL },
		{ "a cannot reach any", NULL },
	};

	expect_all("", cases, FB_ARRAY_SIZE(cases));
}

Test(assert, s33_observed_pairs_allow_all_that_no_guard_forbids)
{
	static const char *const cases[][2] = {
		{ "a cannot reach b", "a1 -> b1  " },
		{ "a cannot reach b tcp/22", NULL },
		{ "a cannot reach b tcp/20-22", "tcp/20" },
		{ "a cannot reach b2", NULL },
		{ "a can only reach b1", "10.2.0.0" },
		{ "nobody cannot reach b", "unknown zone, device or group" },
	};

	expect_all("firebreak a -> b {\n  mode observe until 2036-01-01\n}\nnever a -> b tcp/22\nnever a -> "
		   "b2\n",
		   cases, 4);
}

Test(assert, s34_no_line_at_any_time)
{
	static const char *const cases[][2] = {
		{ "a cannot reach b", "a1 -> b1  tcp/22" },
		{ "a2 cannot reach b", NULL },
		{ "a cannot reach b tcp/23", NULL },
		{ "a cannot reach b udp/any, tcp/1-100", "tcp/22" },
		{ "b cannot reach a", NULL },
		{ "any cannot reach b2", NULL },
		{ "self cannot reach any", "udp/123" },
		{ "a, c cannot reach self", NULL },
	};

	expect_all("firebreak a -> b { allow a1 -> b1  tcp/22  until 2036-01-01 }\n"
		   "firebreak self -> c { allow self -> any  udp/123 }\n",
		   cases, FB_ARRAY_SIZE(cases));
}

Test(assert, s35_every_source_every_destination_all_of_the_services_at_all_times)
{
	static const char *const cases[][2] = {
		{ "a1 can reach b1 tcp/22", NULL },
		{ "a1 can reach b1 tcp/22-23", "a1 -> b1  tcp/23  no line allows it at all times" },
		{ "a1, a2 can reach b1 tcp/22", "a2 -> b1  tcp/22" },
		{ "a can reach b2 tcp/80", NULL },
		{ "a can reach b2 tcp/81", "tcp/81" },
		{ "c1 can reach self udp/123", NULL },
		{ "self can reach c1 udp/53", NULL },
	};

	expect_all("firebreak a -> b { allow a1 -> b1  tcp/22; allow any -> b2  tcp/70-80\n"
		   "  allow any -> b2  tcp/81  until 2036-01-01 }\n"
		   "firebreak c -> self { allow any -> self  udp/123 }\n"
		   "firebreak self -> c { allow self -> any  udp/53 }\n",
		   cases, FB_ARRAY_SIZE(cases));
}

Test(assert, s35_nothing_is_proved_of_ends_that_cannot_speak_to_each_other)
{
	static const char *const cases[][2] = {
		{ "a1 can reach six tcp/22", "no address of the one side could speak to one of the other" },
		{ "six can reach a1 tcp/22", "no address of the one side" },
		{ "a1, six can reach b1 tcp/22", "a1 -> b1" },
		{ "a1 cannot reach six", NULL },
		{ "a1 can reach b1 icmp/redirect", "no line allows it: an ICMP error passes with the flow" },
		{ "a1 can reach b1 icmpv6/100, icmp/echo-reply", "an answer with its request" },
		{ "a1 can reach b1 icmpv6/128", "no address of the one side" },
		{ "a1 cannot reach b1 icmp/redirect", NULL },
	};

	expect_all(
		"zone z { interface eth9  network 2001:db8:9::/64 }\ndevice six in z { ip 2001:db8:9::1 }\n",
		cases, FB_ARRAY_SIZE(cases));
}

Test(assert, s37_a_stored_generation_with_a_failing_assertion_is_loaded_and_says_so)
{
	static const char text[] = "policy \"p\" language 1 timezone \"UTC\"\n"
				   "zone a { interface e0  network 10.1.0.0/16 }\n"
				   "zone b { interface e1  network 10.2.0.0/16 }\n"
				   "firebreak a -> b { allow any -> any  tcp/22 }\n"
				   "assert a cannot reach b tcp/22\n";
	struct fb_check_options options = { .now = NOW, .local_to_unix = fb_clock_local_to_unix };
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 1, "applied: an error\n%s", fb_strbuf_get(&p.said));
	policy_done(&p);
	p = (struct policy){ 0 };
	options.stored = true;
	cr_assert_eq(fb_parse(&p.tree, "t.fb", text, strlen(text), NULL, &p.diags), 0);
	cr_assert_eq(fb_check(&p.tree, &options, &p.diags, &p.rs), 0, "stored: not an error");
	cr_assert_eq(p.diags.lints, 1);
	cr_assert(strstr(p.diags.list.v[0].text, "assertion fails"));
	policy_done(&p);
}

Test(assert, s36_everything_lies_in_the_list)
{
	static const char *const cases[][2] = {
		{ "a can only reach b1 tcp/22 and self udp/123", NULL },
		{ "a can only reach b1 and self", NULL },
		{ "a can only reach b1", "udp/123" },
		{ "a can only reach b1 tcp/22-23 and self", NULL },
		{ "a can only reach b2 and self", "a1 -> b1  tcp/22" },
		{ "b1 can only be reached by a1", NULL },
		{ "b can only be reached by a1 tcp/22", NULL },
		{ "b can only be reached by a2", "a1 -> b1  tcp/22" },
		{ "b tcp/80 can only be reached by a2", NULL },
		{ "self can only be reached by a udp/123", NULL },
	};

	expect_all("firebreak a -> b { allow a1 -> b1  tcp/22 }\n"
		   "firebreak a -> self { allow any -> self  udp/123 }\n",
		   cases, FB_ARRAY_SIZE(cases));
}

Test(assert, s37_a_failing_one_is_an_error_and_one_that_holds_is_only_counted)
{
	struct policy p;

	policy_load_clean(&p, ZONES "assert a cannot reach b\nassert b cannot reach a\n");
	cr_assert_eq(p.rs.assertions, 2);
	cr_assert_eq(p.rs.assumptions.n, 0);
	policy_done(&p);
}

Test(assert, s38_one_member_of_a_zone_is_the_whole_zone)
{
	static const char *const cases[][2] = {
		{ "a cannot reach c transitively", "b1 ~ b2" },
		{ "a cannot reach c tcp/443 transitively", NULL },
		{ "a cannot reach c transitively ignoring tcp/22", NULL },
		{ "a cannot reach c transitively ignoring tcp/80", "b1 ~ b2" },
		{ "a2 cannot reach c transitively", "a2 ~ a1" },
		{ "a cannot reach b2 transitively", "b1 ~ b2" },
		{ "c cannot reach a transitively", NULL },
	};

	expect_all(
		"firebreak a -> b { allow a1 -> b1  tcp/22 }\nfirebreak b -> c { allow b2 -> any  tcp/80 }\n",
		cases, FB_ARRAY_SIZE(cases));
}

Test(assert, s38_isolated_members_are_no_way_and_the_claim_is_told)
{
	struct policy p;
	static const char *const head = HEAD
		"zone a { interface eth1  network 10.1.0.0/24 }\n"
		"zone b { interface eth2  network 10.2.0.0/24  members isolated \"private VLAN\" }\n"
		"zone c { interface eth3  network 10.3.0.0/24 }\n"
		"firebreak a -> b { allow any -> 10.2.0.1  tcp/22 }\n";
	fb_autostrbuf struct fb_strbuf held = { 0 }, fails = { 0 };

	fb_strbuf_addf(
		&held, "%s%s", head,
		"firebreak b -> c { allow 10.2.0.2 -> any  tcp/80 }\nassert a cannot reach c transitively\n");
	policy_load_clean(&p, fb_strbuf_get(&held));
	cr_assert_eq(p.rs.assumptions.n, 1);
	cr_assert_str_eq(p.rs.assumptions.v[0], "b members isolated \"private VLAN\"");
	policy_done(&p);
	fb_strbuf_addf(&fails, "%s%s", head,
		       "firebreak b -> c { allow 10.2.0.0/30 -> any  tcp/80 }\nassert a cannot reach c "
		       "transitively\n");
	expect_error(fb_strbuf_get(&fails), "10.1.0.1 -> 10.2.0.1");
}

Test(assert, s38_the_gateway_is_no_pivot)
{
	static const char *const cases[][2] = { { "a cannot reach c transitively", NULL },
						{ "self cannot reach c transitively", "tcp/22" } };

	expect_all("firebreak a -> self { allow any -> self  tcp/22 }\nfirebreak self -> c { allow self -> "
		   "any  tcp/22 }\n",
		   cases, FB_ARRAY_SIZE(cases));
}

/* ---- against every packet --------------------------------------------------------------------------------------------- */

enum { N_ZONES = 4, PER_ZONE = 3, HOSTS = N_ZONES * PER_ZONE, PORTS = 4 };

static unsigned int seed;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void random_policy(struct fb_strbuf *out, bool isolated[N_ZONES])
{
	fb_strbuf_add(out, HEAD);
	for (int z = 0; z < N_ZONES; z++) {
		isolated[z] = !pick(3);
		fb_strbuf_addf(out, "zone z%d { interface eth%d  network 10.%d.0.0/30%s }\n", z, z, z,
			       isolated[z] ? "  members isolated \"so\"" : "");
		for (int h = 0; h < PER_ZONE; h++)
			fb_strbuf_addf(out, "device h%d in z%d { ip 10.%d.0.%d }\n", z * PER_ZONE + h, z, z,
				       h);
	}
	for (unsigned int i = 0, n = pick(6) + 1; i < n; i++) {
		unsigned int from = pick(N_ZONES), to = (from + 1 + pick(N_ZONES - 1)) % N_ZONES;
		unsigned int lo = 1 + pick(PORTS), hi = lo + pick(PORTS + 1 - lo);

		if (!pick(8) && i == 0) { /* once: a pair is observed by one block */
			fb_strbuf_addf(out,
				       "firebreak z%u -> z%u {\n  mode observe until 2036-01-01\n}\nnever "
				       "h%u -> h%u tcp/%u\n",
				       from, to, from * PER_ZONE + pick(PER_ZONE),
				       to * PER_ZONE + pick(PER_ZONE), 1 + pick(PORTS));
			continue;
		}
		fb_strbuf_addf(out, "firebreak z%u -> z%u { allow h%u -> h%u, h%u  tcp/%u-%u }\n", from, to,
			       from * PER_ZONE + pick(PER_ZONE), to * PER_ZONE + pick(PER_ZONE),
			       to * PER_ZONE + pick(PER_ZONE), lo, hi);
	}
}

/* What passes, packet by packet: of each pair of hosts the ports as bits. */
static void enumerate(const struct policy *p, unsigned char may[HOSTS][HOSTS])
{
	struct fb_own own = { 0 };

	for (unsigned int s = 0; s < HOSTS; s++)
		for (unsigned int d = 0; d < HOSTS; d++) {
			may[s][d] = 0;
			for (unsigned int port = 0; port < PORTS && s / PER_ZONE != d / PER_ZONE; port++) {
				struct fb_packet k = {
					.zone = p->rs.zones.v[s / PER_ZONE].id,
					.family = 4,
					.src = { 0, 10u << 24 | s / PER_ZONE << 16 | s % PER_ZONE },
					.dst = { 0, 10u << 24 | d / PER_ZONE << 16 | d % PER_ZONE },
					.proto = 6,
					.sport = 1000,
					.dport = (__u16)(port + 1),
					.first = true
				};
				int reason = (int)fb_eval(&p->rs, &own, &k, NOW).reason;

				if (reason == FB_PASSED || reason == FB_WOULD_DROP)
					may[s][d] |= (unsigned char)(1u << port);
			}
		}
}

static unsigned int spread_in(unsigned int hosts, const bool isolated[N_ZONES])
{
	for (unsigned int z = 0; z < N_ZONES; z++) {
		unsigned int mask = ((1u << PER_ZONE) - 1) << z * PER_ZONE;

		if (!isolated[z] && hosts & mask)
			hosts |= mask;
	}
	return hosts;
}

/* The definition, word by word, over single hosts; ports as bits. */
static bool chain_exists(unsigned char may[HOSTS][HOSTS], const bool isolated[N_ZONES], unsigned int from,
			 unsigned int to, unsigned int ports, unsigned int ignoring)
{
	unsigned int start = spread_in(1u << from, isolated), reached = start, arrived = 0, before;

	do {
		before = reached;
		for (unsigned int s = 0; s < HOSTS; s++)
			for (unsigned int d = 0; d < HOSTS && reached & 1u << s; d++) {
				if (d == to && may[s][d] & ports)
					return true;
				if (may[s][d] & ~ignoring)
					arrived |= 1u << d;
			}
		reached |= spread_in(arrived, isolated);
		for (unsigned int z = 0; z < N_ZONES; z++) {
			unsigned int mask = ((1u << PER_ZONE) - 1) << z * PER_ZONE;

			if (ports == 15 && !isolated[z] && !(start & mask) && arrived & mask &&
			    mask & 1u << to)
				return true;
		}
	} while (reached != before);
	return false;
}

static void hold_against_packets(const struct policy *p, unsigned char may[HOSTS][HOSTS],
				 const bool isolated[N_ZONES])
{
	struct fb_reach_list edges;

	fb_reach_find(&p->rs, NULL, NULL, 0, &edges);
	for (unsigned int round = 0; round < 40; round++) {
		unsigned int x = pick(HOSTS), y = pick(HOSTS), port = pick(PORTS), skip = pick(PORTS);
		bool chain = pick(2), some = pick(2), ignore = pick(2), truth, holds;
		struct fb_l4 one = { 6, 6, 0, 65535, (__u16)(port + 1), (__u16)(port + 1) };
		struct fb_l4 less = { 6, 6, 0, 65535, (__u16)(skip + 1), (__u16)(skip + 1) };
		struct fb_l4 all = FB_L4_ALL;
		struct fb_hops hops = { 0 };
		struct fb_assertion a = { .kind = FB_ASSERT_CANNOT, .transitively = chain };

		if (x / PER_ZONE == y / PER_ZONE)
			continue;
		a.a.plain = p->rs.devices.v[x].ips;
		a.b.plain = p->rs.devices.v[y].ips;
		a.services = some ? (struct fb_l4set){ &one, 1 } : (struct fb_l4set){ &all, 1 };
		if (ignore)
			a.ignoring = (struct fb_l4set){ &less, 1 };
		truth = chain ? chain_exists(may, isolated, x, y, some ? 1u << port : 15u,
					     ignore ? 1u << skip : 0)
			      : may[x][y] & (some ? 1u << port : 15u);
		/* An observed pair passes more ports than are enumerated here; only those that are can be compared. */
		holds = fb_assert_holds(&p->rs, &edges, &a, &hops);
		if (!p->rs.pairs.n)
			cr_assert_eq(holds, !truth, "seed %u: h%u -> h%u", seed, x, y);
		else if (truth)
			cr_assert(!holds, "seed %u: h%u -> h%u", seed, x, y);
		cr_assert_eq(holds, hops.n == 0);
		fb_vec_done(&hops);
		if (chain || p->rs.pairs.n)
			continue;
		a.kind = FB_ASSERT_CAN;
		holds = fb_assert_holds(&p->rs, &edges, &a, &hops);
		cr_assert_eq(holds, some && may[x][y] & 1u << port, "seed %u: can h%u -> h%u", seed, x, y);
		fb_vec_done(&hops);
	}
	fb_reach_done(&edges);
}

Test(assert, agrees_with_every_packet_of_random_policies)
{
	unsigned int held = 0;

	for (unsigned int i = 0; i < 1500; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		unsigned char may[HOSTS][HOSTS];
		bool isolated[N_ZONES];
		struct policy p;

		seed = i;
		random_policy(&text, isolated);
		policy_load(&p, fb_strbuf_get(&text));
		if (!p.errors) { /* a line may break the guard */
			enumerate(&p, may);
			hold_against_packets(&p, may, isolated);
			held++;
		}
		policy_done(&p);
	}
	cr_assert_gt(held, 1000);
}

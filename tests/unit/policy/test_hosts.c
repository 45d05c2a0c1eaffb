/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is a host of a zone, and whom it reaches, to reach, assertions, paths and plan alike: what the evaluator says of single packets. */
#include <netinet/in.h>

#include "fixture.h"

#include "policy/paths.h"
#include "policy/plan.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
#define A    "zone a { interface eth1  network 10.1.0.0/29 }\n"
#define B    "zone b { interface eth2  network 10.2.0.0/29 }\n"

/* A row for each entry; what a word stands for as `reach` reads it. */
static void expect_reach(const char *text, const char *from, const char *to, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_ipset src = { 0 }, dst = { 0 };
	struct fb_reach_list list;
	struct fb_error err = { 0 };
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
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
	cr_assert_str_eq(fb_strbuf_get(&out), wanted, "%s\nfrom %s to %s:\n%s", text, from, to,
			 fb_strbuf_get(&out));
	fb_reach_done(&list);
	fb_ipset_done(&src);
	fb_ipset_done(&dst);
	policy_done(&p);
}

/* An assertion about the policy: why NULL = it holds, else what its witness says. */
static void expect_assertion(const char *text, const char *assertion, const char *why)
{
	fb_autostrbuf struct fb_strbuf whole = { 0 };
	struct policy p;

	fb_strbuf_addf(&whole, "%sassert %s\n", text, assertion);
	policy_load(&p, fb_strbuf_get(&whole));
	cr_assert_eq(p.errors, why != NULL, "%s\n%s", assertion, fb_strbuf_get(&p.said));
	cr_assert(!why || strstr(fb_strbuf_get(&p.said), why), "%s\nwanted %s, said\n%s", assertion, why,
		  fb_strbuf_get(&p.said));
	policy_done(&p);
}

/* ---- declared gateways: S22 ------------------------------------------------------------------------------------------- */

#define GATEWAYS                                                                    \
	HEAD A "zone b { interface eth2  network 10.2.0.0/29  gateway 10.2.0.6 }\n" \
	       "device b1 in b { ip 10.2.0.1 }\n"

Test(hosts, s22_a_gateways_address_is_no_host_to_reach_and_sends_nothing)
{
	expect_reach(GATEWAYS "firebreak a -> b { allow any -> any  tcp/22 }\n", "a", "b",
		     "10.1.0.0/29 -> 10.2.0.0-10.2.0.5, 10.2.0.7 tcp/22\n");
	expect_reach(GATEWAYS "firebreak b -> a { allow any -> any  tcp/22 }\n", "b", "a",
		     "10.2.0.0-10.2.0.5, 10.2.0.7 -> 10.1.0.0/29 tcp/22\n");
	expect_reach(GATEWAYS "firebreak a -> b { mode observe until 2036-01-01 }\n", "a", "b",
		     "10.1.0.0/29 -> 10.2.0.0-10.2.0.5, 10.2.0.7 all\n");
	expect_reach(GATEWAYS "firebreak a -> b { allow any -> 10.2.0.6  tcp/22 }\n", "a", "b", "");
}

Test(hosts, s22_to_ask_for_a_gateways_address_is_to_ask_for_self_there)
{
	const char *text = GATEWAYS "firebreak a -> b { allow any -> any  tcp/22 }\n"
				    "firebreak a -> self { allow any -> self at b  tcp/80 }\n"
				    "firebreak self -> b { allow self -> b1  tcp/90 }\n";
	struct fb_error err = { 0 };
	struct fb_party party;
	struct policy p;

	expect_reach(text, NULL, "10.2.0.6", "link-local in a, 10.1.0.0/29 -> self at b tcp/80\n");
	expect_reach(text, "10.2.0.6", NULL, "self into b -> 10.2.0.1 tcp/90\n");
	policy_load_clean(&p, text);
	cr_assert_eq(fb_party_find(&p.rs, "10.2.0.6", &party, &err), 0);
	cr_assert_eq(party.zones, 1ull << FB_ZONE_SELF);
	policy_done(&p);
}

Test(hosts, s22_assertions_do_not_count_gateways_among_a_zone)
{
	const char *text = GATEWAYS
		"group all-b in b { 10.2.0.0-10.2.0.5, 10.2.0.7 }\n"
		"firebreak a -> b { allow any -> all-b  tcp/22; allow any -> 10.2.0.6  tcp/23 }\n";

	expect_assertion(text, "a can reach b tcp/22", NULL);
	expect_assertion(text, "a cannot reach b tcp/23", NULL);
	expect_assertion(text, "a can only reach all-b", NULL);
	expect_assertion(text, "a cannot reach b tcp/23 transitively", NULL);
}

Test(hosts, s22_a_gateway_that_is_declared_closes_what_went_to_its_address)
{
	const char *line = "firebreak a -> b { allow any -> any  tcp/22 }\n";
	fb_autostrbuf struct fb_strbuf before = { 0 }, after = { 0 }, closed = { 0 };
	struct fb_slots slots = { 0 };
	struct policy old, new;
	struct fb_plan plan;

	fb_strbuf_addf(&before, HEAD A B "%s", line);
	fb_strbuf_addf(&after, GATEWAYS "%s", line);
	policy_load_with(&old, fb_strbuf_get(&before), &slots);
	policy_load_with(&new, fb_strbuf_get(&after), &slots);
	fb_plan_make(&old.rs, &new.rs, &plan);
	cr_assert_eq(plan.opens.n, 0);
	cr_assert_eq(plan.closes.n, 1);
	fb_ruleset_print_set(&old.rs, &plan.closes.v[0].dst, &closed);
	cr_assert_str_eq(fb_strbuf_get(&closed), "10.2.0.6");
	fb_plan_done(&plan);
	policy_done(&old);
	policy_done(&new);
	fb_slots_done(&slots);
}

/* ---- a host and itself: S3, S7 ------------------------------------------------------------------------------------------ */

#define BESIDE                                                                                    \
	HEAD A B "device a1 in a { ip 10.1.0.1, 10.1.0.2 }\ndevice a3 in a { ip 10.1.0.3 }\n"     \
		 "group others in a { 10.1.0.0, 10.1.0.3-10.1.0.7 }\ngroup two in a { a1, a3 }\n" \
		 "firebreak a -> a { allow any -> any  tcp/22 }\n"

Test(hosts, s7_nobody_reaches_himself)
{
	expect_reach(BESIDE, "a1", NULL, "10.1.0.1-10.1.0.2 -> 10.1.0.0, 10.1.0.3-10.1.0.7 tcp/22\n");
	expect_reach(BESIDE, NULL, "a3", "10.1.0.0-10.1.0.2, 10.1.0.4/30 -> 10.1.0.3 tcp/22\n");
	expect_reach(BESIDE, "a1", "a1", "");
	expect_reach(BESIDE, "10.1.0.7", "10.1.0.7", "");
	expect_reach(BESIDE, "two", "two", "10.1.0.1-10.1.0.3 -> 10.1.0.1-10.1.0.3 tcp/22\n");
	expect_reach(BESIDE, "two", "a1", "10.1.0.3 -> 10.1.0.1-10.1.0.2 tcp/22\n");
}

Test(hosts, s36_a_list_of_all_others_is_all_that_a_device_reaches)
{
	expect_assertion(BESIDE, "a1 can only reach others", NULL);
	expect_assertion(BESIDE, "a1 can only be reached by others", NULL);
	expect_assertion(BESIDE, "a3 can only reach others", "a3 -> a1");
	expect_assertion(BESIDE, "two can only reach others", "a3 -> a1");
}

Test(hosts, s7_a_plan_opens_nothing_from_a_host_to_itself)
{
	const char *zone = HEAD "zone a { interface eth1  network 10.1.0.0/31 }\n";
	fb_autostrbuf struct fb_strbuf before = { 0 }, after = { 0 };
	struct fb_slots slots = { 0 };
	struct policy old, new;
	struct fb_plan plan;

	fb_strbuf_addf(&before,
		       "%sfirebreak a -> a { allow 10.1.0.0 -> 10.1.0.1  tcp/22\n"
		       "allow 10.1.0.1 -> 10.1.0.0  tcp/22 }\n",
		       zone);
	fb_strbuf_addf(&after, "%sfirebreak a -> a { allow any -> any  tcp/22 }\n", zone);
	policy_load_with(&old, fb_strbuf_get(&before), &slots);
	policy_load_with(&new, fb_strbuf_get(&after), &slots);
	cr_assert(!old.errors && !new.errors);
	fb_plan_make(&old.rs, &new.rs, &plan);
	cr_assert_eq(plan.opens.n + plan.closes.n, 0);
	fb_plan_done(&plan);
	policy_done(&old);
	policy_done(&new);
	fb_slots_done(&slots);
}

/* ---- wires: S13, S60, S61 ------------------------------------------------------------------------------------------------ */

#define WIRED                                                                           \
	HEAD A B "zone c { interface eth3  network 10.3.0.0/29 }\nwire eth1 <-> eth2\n" \
		 "service dhcp { udp/67  source-port 68 }\n"

Test(hosts, s61_link_local_addresses_cross_a_wire_by_the_services_of_a_link_only)
{
	expect_reach(
		WIRED "firebreak a -> b { allow any -> any  tcp/22, dhcp }\n", "a", NULL,
		"10.1.0.0/29 -> 10.2.0.0/29 tcp/22, udp/67 source-port 68\n"
		"10.1.0.0/29 -> link-local in b, broadcast in b udp/67 source-port 68\n"
		"link-local in a -> link-local in b, broadcast in b, 10.2.0.0/29 udp/67 source-port 68\n");
	expect_reach(WIRED "firebreak a -> b { allow any -> any  tcp/22 }\n", "a", NULL,
		     "10.1.0.0/29 -> 10.2.0.0/29 tcp/22\n");
}

Test(hosts, s60_what_is_on_wires_only_has_no_other_way)
{
	static const char text[] = WIRED "firebreak a -> c { allow any -> any  tcp/22 }\n"
					 "firebreak c -> a { allow any -> any  tcp/22 }\n"
					 "firebreak a -> self { allow any -> self  tcp/22 }\n"
					 "firebreak self -> a { allow self -> any  tcp/22 }\n";

	expect_reach(text, NULL, NULL, "");
	expect_assertion(text, "a cannot reach any", NULL);
	expect_assertion(text, "a can reach c tcp/22", "no line allows it at all times");
}

/* ---- against single packets ------------------------------------------------------------------------------------------------ */

static unsigned int seed, policy_number;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

enum { ZONES = 4, SELF = ZONES };
static const char *const names[] = { "a", "b", "c", "d", "self" };

static void add_operand(struct fb_strbuf *out, unsigned int zone)
{
	unsigned int what = pick(5);

	if (zone == SELF)
		fb_strbuf_add(out, "self");
	else if (what < 2)
		fb_strbuf_add(out, "any");
	else if (what < 4)
		fb_strbuf_addf(out, "%s%u", names[zone], what - 1);
	else
		fb_strbuf_addf(out, "%s1, %s2", names[zone], names[zone]);
}

/* a and b are on a wire alone, c and d are routed; d has gateways. */
static void random_policy(struct fb_strbuf *out)
{
	static const char *const services[] = {
		"all",	      "tcp/22", "dhcp", "dhcp6", "tcp/22, dhcp, rs", "udp/any", "icmp/any",
		"icmpv6/any", "rs",	"odd",	"most"
	};

	fb_strbuf_add(out, HEAD "service dhcp { udp/any  source-port 67-68 }\n"
				"service dhcp6 { udp/any  source-port 546-547 }\nservice rs { icmpv6/133 }\n"
				"service odd { all  except tcp/1-65535, udp/1-9 }\n"
				"service most { icmp/any, icmpv6/any  except icmp/8, icmpv6/128 }\n");
	for (unsigned int z = 0; z < ZONES; z++) {
		fb_strbuf_addf(out,
			       "zone %s { interface eth%u  network 10.%u.0.0/29, 2001:db8:%u::/125%s }\n",
			       names[z], z, z, z, z == 3 ? "  gateway 10.3.0.3, 2001:db8:3::3" : "");
		for (unsigned int h = 1; h <= 2; h++)
			fb_strbuf_addf(out, "device %s%u in %s { ip 10.%u.0.%u, 2001:db8:%u::%u }\n",
				       names[z], h, names[z], z, h, z, h);
	}
	fb_strbuf_add(out, "wire eth0 <-> eth1\n");
	for (unsigned int i = 0, n = 1 + pick(4); i < n; i++) {
		unsigned int s = pick(ZONES + 1), d = pick(s == SELF ? ZONES : ZONES + 1);

		fb_strbuf_addf(out, "firebreak %s -> %s {", names[s], names[d]);
		if (!i && s < SELF && d < SELF && s != d && pick(2)) {
			fb_strbuf_addf(out, "\n  mode observe until 2036-01-01\n}\nnever %s%u -> %s  %s\n",
				       names[s], 1 + pick(2), names[d],
				       services[1 + pick(FB_ARRAY_SIZE(services) - 1)]);
			continue;
		}
		fb_strbuf_add(out, " allow ");
		add_operand(out, s);
		fb_strbuf_add(out, " -> ");
		add_operand(out, d);
		fb_strbuf_addf(out, "  %s }\n", services[pick(FB_ARRAY_SIZE(services))]);
	}
}

/* Hosts 1 to 3 of the zone (3 is d's gateway), then a link-local one. */
static struct fb_ip address(int family, unsigned int zone, unsigned int host)
{
	if (host == 4)
		return family == 4 ? (struct fb_ip){ 0, 0xa9fe0009 } : (struct fb_ip){ 0xfe80ull << 48, 9 };
	return family == 4 ? (struct fb_ip){ 0, 10u << 24 | zone << 16 | host }
			   : (struct fb_ip){ 0x20010db800000000ull | (__u64)zone << 16, host };
}

static bool said(const struct fb_reach_list *list, const struct fb_packet *k, unsigned int src_zone,
		 struct fb_ip src, unsigned int dst_zone, struct fb_ip dst)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].src_zone == src_zone && list->v[i].dst_zone == dst_zone &&
		    fb_ipset_has(&list->v[i].src, k->family, src) &&
		    fb_ipset_has(&list->v[i].dst, k->family, dst) &&
		    fb_l4set_has(&list->v[i].services, k->proto, k->sport, k->dport))
			return true;
	return false;
}

static struct fb_ip role(enum fb_role_kind kind, unsigned int zone)
{
	return (struct fb_ip){ 0, FB_ROLE(kind, zone) };
}

/* One packet, to the evaluator and to the list; from zone s, to host of zone d (4: link-local, 5: broadcast). */
static void compare(const struct policy *p, const struct fb_reach_list *list, struct fb_packet k,
		    unsigned int s, unsigned int d, unsigned int from, unsigned int to)
{
	struct fb_own own = { 0 };
	unsigned int sz = zone_id(p, names[s]), dz = zone_id(p, names[d]);
	struct fb_ip src, dst;
	struct fb_answer answer;
	bool wired = s < 2, passes;

	k.zone = sz;
	k.wire_zone = wired ? zone_id(p, names[1 - s]) : 0;
	k.src = address(k.family, s, from);
	k.dst = to == 5 ? (struct fb_ip){ 0, 0xffffffff } : address(k.family, d, to);
	src = from == 4 ? role(FB_ROLE_LOCAL, sz) : k.src;
	dst = to == 4 ? role(FB_ROLE_LOCAL, dz) : to == 5 ? role(FB_ROLE_BCAST, wired ? dz : sz) : k.dst;
	if (d == 3 && to == 3) {
		dst = role(FB_ROLE_SELF_AT, dz);
		dz = FB_ZONE_SELF;
	} else if (to == 5 && !wired) {
		dz = FB_ZONE_SELF;
	}
	answer = fb_eval(&p->rs, &own, &k, NOW);
	passes = (answer.reason == FB_PASSED || answer.reason == FB_WOULD_DROP) &&
		 !fb_answer_into_wire(&p->rs, &k, &answer);
	cr_assert_eq(said(list, &k, sz, src, dz, dst), passes,
		     "policy %u: %s %u -> %s %u, family %d proto %u %u -> %u: the evaluator says %s",
		     policy_number, names[s], from, names[d], to, k.family, k.proto, k.sport,
		     k.dport >> (k.proto == 17 || k.proto == 6 ? 0 : 8), fb_reason_name(answer.reason));
}

static void compare_all(const struct policy *p, const struct fb_reach_list *list)
{
	static const struct fb_packet packets[] = {
		{ .family = 4, .proto = 6, .sport = 1000, .dport = 22 },
		{ .family = 6, .proto = 6, .sport = 1000, .dport = 23 },
		{ .family = 4, .proto = 17, .sport = 68, .dport = 67 },
		{ .family = 6, .proto = 17, .sport = 68, .dport = 67 },
		{ .family = 6, .proto = 17, .sport = 546, .dport = 547 },
		{ .family = 4, .proto = 1, .dport = 8 << 8 },
		{ .family = 6, .proto = 58, .dport = 133 << 8 },
		{ .family = 6, .proto = 58, .dport = 128 << 8 },
		{ .family = 4, .proto = 47 },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(packets); i++)
		for (unsigned int n = 0; n < ZONES * ZONES * 4 * 5; n++) {
			unsigned int s = n % ZONES, d = n / ZONES % ZONES, from = 1 + n / (ZONES * ZONES) % 4,
				     to = 1 + n / (ZONES * ZONES * 4);
			struct fb_packet k = packets[i];

			k.first = true;
			/* Broadcast is IPv4's; on a wire what is for a whole segment is for that of the other end. */
			if ((to == 5 && k.family == 6) || (s < 2 && to > 3 && d != 1 - s) ||
			    (s == d && from == to))
				continue;
			compare(p, list, k, s, d, from, to);
		}
}

/* What reach, assertions, paths and plan rest on is what the evaluator says of every packet between hosts and to the gateway. */
Test(hosts, agree_with_the_evaluator_about_every_packet_of_random_policies)
{
	unsigned int held = 0;

	for (unsigned int i = 0; i < 400; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct fb_reach_list list;
		struct policy p;

		seed = policy_number = i;
		random_policy(&text);
		policy_load(&p, fb_strbuf_get(&text));
		if (!p.errors) { /* a line may break the guard, or be of one family only */
			fb_reach_find(&p.rs, NULL, NULL, 0, &list);
			compare_all(&p, &list);
			fb_reach_done(&list);
			held++;
		}
		policy_done(&p);
	}
	cr_assert_gt(held, 250, "%u", held);
}

/* ---- examples --------------------------------------------------------------------------------------------------------------- */

/* Made-up addresses for roles. */
static struct fb_packet packet_of(const struct policy *p, const struct fb_hop *hop, struct fb_own *own)
{
	const bool v4 = hop->family == 4;
	struct fb_packet k = { .family = hop->family, .proto = hop->service.proto_lo, .first = true };
	unsigned int kind = hop->src.hi ? 0 : (unsigned int)hop->src.lo >> 8, other = 0;
	const bool ports = k.proto == IPPROTO_TCP || k.proto == IPPROTO_UDP;

	k.zone = kind == FB_ROLE_SELF_SRC ? FB_ZONE_SELF : hop->src_zone;
	k.out_zone = kind == FB_ROLE_SELF_SRC ? hop->dst_zone : 0;
	k.src = kind == FB_ROLE_LOCAL ? address(k.family, 0, 4) : hop->src;
	for (unsigned int z = 0; z < 2; z++)
		if (k.zone == zone_id(p, names[z]))
			other = zone_id(p, names[1 - z]);
	k.wire_zone = other;
	kind = hop->dst.hi ? 0 : (unsigned int)hop->dst.lo >> 8;
	k.dst = hop->dst;
	if (kind == FB_ROLE_LOCAL)
		k.dst = v4 ? (struct fb_ip){ 0, 0xa9fe0008 } : (struct fb_ip){ 0xfe80ull << 48, 8 };
	else if (kind == FB_ROLE_BCAST)
		k.dst = v4 ? (struct fb_ip){ 0, 0xffffffff } : (struct fb_ip){ 0xff02ull << 48, 1 };
	else if (kind == FB_ROLE_SELF_AT) {
		k.dst = v4 ? (struct fb_ip){ 0, 0xc0000201 } : (struct fb_ip){ 0x20010db8ffff0000, 1 };
		fb_vec_add(&own->v, (struct fb_own_address){ k.family, k.dst, 128, hop->dst.lo & 255 });
	}
	if (!hop->service.proto_lo && hop->service.proto_hi == 255)
		k.proto = IPPROTO_TCP;
	k.sport = hop->service.sport_hi == 65535 && !hop->service.sport_lo ? 1000 : hop->service.sport_lo;
	k.dport = hop->service.dport_lo;
	if (hop->service.dport_hi == 65535 && !k.dport && (ports || k.proto == IPPROTO_TCP))
		k.dport = 22;
	return k;
}

static void expect_true(const struct policy *p, const struct fb_hop *hop, bool passes)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_own own = { 0 };
	struct fb_packet k = packet_of(p, hop, &own);
	struct fb_answer answer = fb_eval(&p->rs, &own, &k, NOW);
	bool may = answer.reason == FB_PASSED || (passes && answer.reason == FB_WOULD_DROP);

	fb_hop_print_ends(&p->rs, hop, &out);
	fb_strbuf_addc(&out, ' ');
	fb_hop_print_service(&p->rs, hop, &out);
	may = may && !fb_answer_into_wire(&p->rs, &k, &answer);
	cr_assert_eq(may, passes, "policy %u: %s: the evaluator says %s", policy_number, fb_strbuf_get(&out),
		     fb_reason_name(answer.reason));
	cr_assert(!passes || answer.reason == FB_WOULD_DROP || answer.line >= 0);
	fb_vec_done(&own.v);
}

/* Of a random pair of parties: a failing assertion of each form shows packets that are as it says. */
static unsigned int ask(const struct policy *p, const struct fb_reach_list *edges)
{
	static const enum fb_assert_kind kinds[] = { FB_ASSERT_CANNOT, FB_ASSERT_CAN, FB_ASSERT_ONLY,
						     FB_ASSERT_ONLY_BY, FB_ASSERT_CANNOT };
	struct fb_l4 all = FB_L4_ALL;
	unsigned int shown = 0, x = pick(p->rs.devices.n), z = pick(ZONES + 1);

	for (size_t i = 0; i < FB_ARRAY_SIZE(kinds); i++) {
		struct fb_assertion a = { .kind = kinds[i],
					  .a.plain = p->rs.devices.v[x].ips,
					  .services = { &all, 1 },
					  .transitively = i == 4 };
		struct fb_party_entry entry = { .party.zones = 1ull << zone_id(p, names[z]),
						.services = { &all, 1 } };
		struct fb_hops hops;

		a.b = entry.party;
		if (pick(2))
			fb_vec_add(&a.entries, entry);
		if (pick(2)) {
			a.b = a.a;
			a.a = entry.party;
		}
		fb_assert_holds(&p->rs, edges, &a, &hops);
		for (size_t k = 0; k < hops.n; k++)
			if (!hops.v[k].shared) {
				expect_true(p, &hops.v[k], a.kind != FB_ASSERT_CAN);
				shown++;
			}
		fb_vec_done(&hops);
		fb_vec_done(&a.entries);
	}
	return shown;
}

Test(hosts, examples_are_packets_of_which_the_evaluator_says_the_same)
{
	unsigned int shown = 0;

	for (unsigned int i = 0; i < 200; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct fb_reach_list list;
		struct policy p;

		seed = policy_number = i;
		random_policy(&text);
		policy_load(&p, fb_strbuf_get(&text));
		if (!p.errors) {
			fb_reach_find(&p.rs, NULL, NULL, 0, &list);
			for (size_t k = 0; k < list.n; k++) {
				struct fb_hop hop = fb_hop_of(&p.rs, &list.v[k]);

				expect_true(&p, &hop, true);
			}
			for (unsigned int k = 0; k < 10; k++)
				shown += ask(&p, &list);
			fb_reach_done(&list);
		}
		policy_done(&p);
	}
	cr_assert_gt(shown, 1000, "%u", shown);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The decisions as packets: policy text in, verdict out, through parser, checker and scan. */
#include <criterion/criterion.h>
#include <netinet/in.h>

#include "fixture.h"

#define DAY 86400

struct own_row {
	const char *ip;
	unsigned int len;
	const char *zone; /* NULL = no policy interface */
};

struct case_row {
	const char *zone, *src, *dst; /* zone "self>a": made here, leaves into a */
	__u8 proto;
	__u16 sport, dport;
	enum fb_reason reason;
	const char *dst_zone; /* NULL = not asked */
	const char *why;
};

static struct fb_own own_of(const struct policy *p, const struct own_row *rows)
{
	struct fb_own own = { 0 };

	for (; rows && rows->ip; rows++) {
		struct fb_own_address a = { .len = rows->len,
					    .zone = rows->zone ? zone_id(p, rows->zone) : 0 };

		a.ip = ip_of(rows->ip, &a.family);
		fb_vec_add(&own.v, a);
	}
	return own;
}

static struct fb_packet packet_of(const struct policy *p, const struct case_row *row)
{
	struct fb_packet packet = {
		.proto = row->proto, .sport = row->sport, .dport = row->dport, .first = true
	};
	int family;

	if (!strncmp(row->zone, "self>", 5)) {
		packet.zone = FB_ZONE_SELF;
		packet.out_zone = zone_id(p, row->zone + 5);
	} else {
		packet.zone = zone_id(p, row->zone);
	}
	packet.src = ip_of(row->src, &packet.family);
	packet.dst = ip_of(row->dst, &family);
	cr_assert_eq(family, packet.family);
	return packet;
}

static void expect_at(const char *text, const struct own_row *rows, const struct case_row *cases, __s64 now)
{
	struct policy p;
	struct fb_own own;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s\n%s", text, fb_strbuf_get(&p.said));
	own = own_of(&p, rows);
	for (const struct case_row *c = cases; c->zone; c++) {
		struct fb_packet packet = packet_of(&p, c);
		struct fb_answer answer = fb_eval(&p.rs, &own, &packet, now);

		cr_assert_eq(answer.reason, c->reason,
			     "%s\n%s: %s -> %s proto %u dport %u: reason %d, wanted %d (%s)", text, c->zone,
			     c->src, c->dst, c->proto, c->dport, answer.reason, c->reason,
			     c->why ? c->why : "");
		if (c->dst_zone)
			cr_assert_str_eq(fb_ruleset_zone_name(&p.rs, answer.dst_zone), c->dst_zone);
	}
	fb_vec_done(&own.v);
	policy_done(&p);
}

static void expect(const char *text, const struct own_row *rows, const struct case_row *cases)
{
	expect_at(text, rows, cases, NOW);
}

#define TCP  IPPROTO_TCP
#define UDP  IPPROTO_UDP
#define HEAD "policy \"t\" language 1 version 1 timezone \"Europe/London\"\n"
#define AB                                                                      \
	HEAD "zone a { interface eth1 network 10.1.0.0/16, 2001:db8:1::/48 }\n" \
	     "zone b { interface eth2 network 10.2.0.0/16, 2001:db8:2::/48 }\n"
#define INTERNET "zone internet { interface eth0 network any }\n"

static const struct own_row gateway[] = { { "10.1.0.1", 16, "a" },	{ "10.2.0.1", 16, "b" },
					  { "2001:db8:1::1", 64, "a" }, { "fe80::1", 64, "a" },
					  { "fe80::1", 64, "b" },	{ "192.0.2.255", 32, NULL },
					  { "127.0.0.1", 8, NULL }, /* of lo, as every host has it */
					  { "::1", 128, NULL },		{ 0 } };

/* ---- zones ------------------------------------------------------------------------------------------------------ */

#define CORP_IOT                                                                                          \
	HEAD "zone a { interface eth1 network 10.1.0.0/16 }\nzone corp { interface eth2 network "         \
	     "172.16.0.0/12 }\n"                                                                          \
	     "zone iot { interface eth3 network 172.16.5.0/24 }\nfirebreak a -> corp { allow any -> any " \
	     "tcp/443 }\n"

Test(eval, s2_the_longest_network_decides_the_pair)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "172.16.5.9", TCP, 1, 443, FB_DROP_NO_ALLOW, "iot", "pair a -> iot" },
		{ "a", "10.1.0.5", "172.16.6.9", TCP, 1, 443, FB_PASSED, "corp" },
		{ "a", "10.1.0.5", "172.16.6.9", TCP, 1, 80, FB_DROP_NO_ALLOW, "corp" },
		{ "a", "10.1.0.5", "192.0.2.1", TCP, 1, 443, FB_DROP_NO_ZONE, "-" },
		{ 0 }
	};

	expect(CORP_IOT, NULL, cases);
}

Test(eval, s3_a_source_of_another_zone_is_a_spoof)
{
	const struct case_row cases[] = { { "corp", "172.16.5.9", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
					  { "corp", "192.0.2.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL,
					    "nobody's" },
					  { 0 } };

	expect(CORP_IOT, NULL, cases);
}

Test(eval, s3_nobodys_addresses_and_the_gateways_own_are_spoofs)
{
	const struct case_row cases[] = {
		{ "internet", "127.0.0.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "224.0.0.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "240.0.0.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "255.255.255.255", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "0.0.2.3", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL, "where roles live" },
		{ "internet", "::1", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "::203", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF, NULL,
		  "where roles live" },
		{ "internet", "::ffff:10.1.0.5", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "ff02::1", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "a", "10.1.0.1", "10.2.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL, "the gateway's own" },
		{ "a", "10.1.255.255", "10.2.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL, "the zone's broadcast" },
		{ "a", "fe80::1", "fe80::1", UDP, 1, 53, FB_DROP_SPOOF, NULL,
		  "the gateway's own link-local" },
		{ "internet", "192.0.2.255", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL,
		  "own, on no policy interface" },
		{ 0 }
	};

	expect(AB INTERNET
	       "firebreak internet -> a { allow any -> any all }\nfirebreak a -> b { allow any -> any all }\n"
	       "firebreak a -> self { allow any -> self udp/53 }\n",
	       gateway, cases);
}

Test(eval, s4_any_is_no_multicast_and_no_broadcast)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "239.1.2.3", UDP, 1, 9, FB_DROP_NO_ALLOW, "-" },
		{ "a", "10.1.0.5", "255.255.255.255", UDP, 1, 9, FB_DROP_NO_ALLOW, "self" },
		{ "a", "10.1.0.5", "240.0.0.1", UDP, 1, 9, FB_DROP_NO_ZONE },
		{ "a", "10.1.0.5", "127.0.0.1", UDP, 1, 9, FB_DROP_NO_ZONE },
		{ "a", "2001:db8:1::5", "::1", UDP, 1, 9, FB_DROP_NO_ZONE },
		{ "a", "10.1.0.5", "198.51.100.1", UDP, 1, 9, FB_PASSED, "internet" },
		{ "a", "2001:db8:1::5", "ff05::2", UDP, 1, 9, FB_DROP_NO_ALLOW },
		{ "a", "2001:db8:1::5", "2001:db8:9::2", UDP, 1, 9, FB_PASSED, "internet" },
		{ 0 }
	};

	expect(AB INTERNET "firebreak a -> internet { allow any -> any all }\n", gateway, cases);
}

Test(eval, s6_inside_a_zone_is_denied_unless_a_line_allows_it)
{
	const struct case_row closed[] = { { "a", "10.1.0.5", "10.1.9.5", TCP, 1, 22, FB_DROP_NO_ALLOW, "a" },
					   { 0 } };
	const struct case_row open[] = { { "a", "10.1.0.5", "10.1.9.5", TCP, 1, 22, FB_PASSED, "a" }, { 0 } };

	expect(AB, NULL, closed);
	expect(AB "firebreak a -> a { allow any -> any tcp/22 }\n", NULL, open);
}

Test(eval, s10_an_excepted_address_is_not_in_the_group)
{
	const struct case_row cases[] = { { "a", "10.1.1.9", "10.2.0.1", TCP, 1, 22, FB_DROP_NO_ALLOW },
					  { "a", "10.1.1.8", "10.2.0.1", TCP, 1, 22, FB_PASSED },
					  { "a", "10.1.2.9", "10.2.0.1", TCP, 1, 22, FB_PASSED },
					  { 0 } };

	expect(AB "group g in a { 10.1.1.0/24, 10.1.2.0/24 except 10.1.1.9 }\nfirebreak a -> b { allow g -> "
		  "any tcp/22 }\n",
	       NULL, cases);
}

/* ---- scope, the gateway -------------------------------------------------------------------------------------------- */

Test(eval, s13_unspecified_and_link_local_speak_to_the_gateway_only)
{
	const struct case_row cases[] = {
		{ "a", "0.0.0.0", "255.255.255.255", UDP, 68, 67, FB_PASSED, "self" },
		{ "a", "0.0.0.0", "10.1.0.1", UDP, 68, 67, FB_PASSED, "self" },
		{ "a", "0.0.0.0", "255.255.255.255", UDP, 68, 69, FB_DROP_NO_ALLOW, "self" },
		{ "a", "0.0.0.0", "10.2.0.5", UDP, 68, 67, FB_DROP_SCOPE },
		{ "a", "fe80::9", "2001:db8:9::1", UDP, 1, 1, FB_DROP_SCOPE, "internet" },
		{ "a", "fe80::9", "fe80::1", UDP, 68, 67, FB_PASSED, "self" },
		{ "a", "2001:db8:1::5", "fe80::7", UDP, 68, 67, FB_DROP_SCOPE },
		{ "a", "10.1.0.5", "169.254.1.1", UDP, 68, 67, FB_DROP_SCOPE },
		{ "b", "0.0.0.0", "255.255.255.255", UDP, 68, 67, FB_DROP_NO_ALLOW, "self" },
		{ 0 }
	};

	expect(AB INTERNET "service dhcp-request { udp/67 source-port 68 }\nfirebreak a -> self { allow any "
			   "-> self dhcp-request }\n"
			   "firebreak a -> b, internet { allow any -> any udp/67 }\n",
	       gateway, cases);
}

Test(eval, s14_broadcast_and_link_local_multicast_are_heard_by_the_gateway)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "224.0.0.18", 112, 0, 0, FB_PASSED, "self" },
		{ "a", "10.1.0.5", "10.1.255.255", 112, 0, 0, FB_PASSED, "self",
		  "its own directed broadcast" },
		{ "a", "10.1.0.5", "10.2.255.255", 112, 0, 0, FB_DROP_SCOPE, "b", "another zone's" },
		{ "a", "10.1.0.5", "224.0.1.1", 112, 0, 0, FB_DROP_NO_ALLOW, "-" },
		{ "a", "2001:db8:1::5", "ff02::12", 112, 0, 0, FB_PASSED, "self" },
		{ "b", "10.2.0.5", "224.0.0.18", 112, 0, 0, FB_DROP_NO_ALLOW, "self" },
		{ 0 }
	};

	expect(AB "firebreak a -> self { allow any -> self ip/112 }\nfirebreak a -> b { allow any -> any "
		  "ip/112 }\n",
	       gateway, cases);
}

#define STATION                                                                                            \
	HEAD "zone cctv { interface eth1 network 10.20.0.0/16 }\nzone corp { interface eth2 network "      \
	     "172.16.0.0/12 }\n"                                                                           \
	     "zone dmz { interface eth3 network 10.30.0.0/24 }\ndevice dhcp-1 in dmz { ip 10.30.0.67 }\n"  \
	     "service dhcp-relay { udp/67 source-port 67 }\n"                                              \
	     "firebreak cctv -> self { allow any -> self udp/123 }\n"                                      \
	     "firebreak dmz -> self { allow dhcp-1 -> self at any dhcp-relay\n allow any -> self at corp " \
	     "tcp/22 }\n"

static const struct own_row station[] = { { "10.20.0.1", 16, "cctv" },
					  { "172.16.0.1", 12, "corp" },
					  { "10.30.0.1", 24, "dmz" },
					  { "198.51.100.9", 32, NULL },
					  { 0 } };

Test(eval, s20_self_is_the_gateway_as_the_zone_sees_it)
{
	const struct case_row cases[] = {
		{ "cctv", "10.20.0.5", "10.20.0.1", UDP, 1, 123, FB_PASSED, "self" },
		{ "cctv", "10.20.0.5", "172.16.0.1", UDP, 1, 123, FB_DROP_NO_ALLOW, "self",
		  "the office's address" },
		{ "cctv", "10.20.0.5", "198.51.100.9", UDP, 1, 123, FB_PASSED, "self",
		  "on no policy interface" },
		{ "dmz", "10.30.0.67", "10.20.0.1", UDP, 67, 67, FB_PASSED, "self", "self at any" },
		{ "dmz", "10.30.0.5", "172.16.0.1", TCP, 1, 22, FB_PASSED, "self", "self at corp" },
		{ "dmz", "10.30.0.5", "10.30.0.1", TCP, 1, 22, FB_DROP_NO_ALLOW, "self",
		  "self at corp is nothing else" },
		{ 0 }
	};

	expect(STATION, station, cases);
}

Test(eval, s21_what_the_gateway_sends_is_denied_unless_allowed)
{
	const struct case_row cases[] = {
		{ "self>a", "10.1.0.1", "10.1.0.5", UDP, 1, 514, FB_PASSED, "a" },
		{ "self>a", "10.1.0.1", "10.1.0.5", UDP, 1, 123, FB_DROP_NO_ALLOW, "a" },
		{ "self>b", "10.2.0.1", "10.2.0.5", UDP, 1, 514, FB_DROP_NO_ALLOW, "b" },
		{ "self>a", "10.1.0.1", "10.2.0.5", UDP, 1, 514, FB_DROP_ROUTE_MISMATCH, "a" },
		{ "self>a", "10.1.0.1", "255.255.255.255", UDP, 67, 68, FB_PASSED, "a",
		  "any holds broadcast" },
		{ "self>a", "10.1.0.1", "10.1.255.255", UDP, 67, 68, FB_PASSED, "a" },
		{ "self>a", "10.1.0.1", "224.0.0.18", UDP, 67, 68, FB_PASSED, "a" },
		{ "self>a", "fe80::1", "fe80::9", UDP, 67, 68, FB_PASSED, "a" },
		{ "self>a", "10.1.0.1", "239.1.1.1", UDP, 67, 68, FB_DROP_NO_ALLOW },
		{ 0 }
	};

	expect(AB "firebreak self -> a {\n allow self -> 10.1.0.5 udp/514\n allow any -> any udp/68\n}\n",
	       gateway, cases);
}

/* ---- lines ----------------------------------------------------------------------------------------------------------- */

Test(eval, s17_the_line_that_closes_last_carries_the_packet)
{
	const char *text = AB "firebreak a -> b {\n allow any -> any tcp/22  until 2026-11-22 10:00\n"
			      " allow any -> any tcp/22-23  until 2026-11-22 11:00\n}\n";
	const struct case_row pass[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_PASSED }, { 0 } };
	const struct case_row late[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_DROP_EXPIRED },
					 { 0 } };

	expect_at(text, NULL, pass, NOW - 5400); /* 10:30 */
	expect_at(text, NULL, late, NOW - 3600); /* 11:00 */
}

Test(eval, s25_never_forbids_to_initiate_in_one_direction)
{
	const struct case_row cases[] = { { "b", "10.2.0.5", "10.1.0.5", TCP, 1, 443, FB_PASSED },
					  { "a", "10.1.0.5", "10.2.0.5", TCP, 443, 1, FB_DROP_NEVER },
					  { 0 } };

	expect(AB "never a -> b\nfirebreak b -> a { allow any -> any tcp/443 }\n", NULL, cases);
}

Test(eval, s25_a_guard_on_the_gateway_holds_for_every_one_of_its_addresses)
{
	const struct case_row cases[] = { { "a", "10.1.0.5", "10.1.0.1", TCP, 1, 22, FB_DROP_NEVER, "self" },
					  { "a", "10.1.0.5", "10.2.0.1", TCP, 1, 22, FB_DROP_NEVER, "self" },
					  { "a", "10.1.0.5", "192.0.2.255", TCP, 1, 22, FB_DROP_NEVER,
					    "self" },
					  { "a", "fe80::9", "fe80::1", TCP, 1, 22, FB_DROP_NEVER, "self" },
					  { "b", "10.2.0.5", "10.2.0.1", TCP, 1, 22, FB_PASSED, "self" },
					  { "self>a", "10.1.0.1", "224.0.0.5", 89, 0, 0, FB_PASSED, "a",
					    "what it sends is not to itself" },
					  { 0 } };

	expect(AB "never any -> self except from b\nfirebreak b -> self { allow any -> self tcp/22 }\n"
		  "firebreak self -> a { allow self -> any ip/89 }\n",
	       gateway, cases);
}

Test(eval, s26_never_comes_before_observe)
{
	const struct case_row cases[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_DROP_NEVER },
					  { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 80, FB_WOULD_DROP },
					  { 0 } };

	expect(AB "never a -> b tcp/22\nfirebreak a -> b { mode observe until 2027-01-01 }\n", NULL, cases);
}

Test(eval, s30_an_observed_pair_enforces_from_its_day_on)
{
	const char *text = AB
		"firebreak a -> b {\n mode observe until 2026-11-22\n allow any -> any tcp/443\n}\n";
	const struct case_row before[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 80, FB_WOULD_DROP },
					   { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 443, FB_PASSED },
					   { "b", "10.2.0.5", "10.1.0.5", TCP, 1, 80, FB_DROP_NO_ALLOW },
					   { 0 } };
	const struct case_row after[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 80, FB_DROP_NO_ALLOW },
					  { 0 } };

	expect_at(text, NULL, before, NOW + DAY / 2 - 1);
	expect_at(text, NULL, after, NOW + DAY / 2);
}

Test(eval, s54_a_line_past_its_day_is_expired_unless_another_holds)
{
	const char *text = AB "firebreak a -> b {\n allow any -> any tcp/22  until 2026-11-21\n"
			      " allow 10.1.0.5 -> any tcp/22  until 2026-12-31\n}\n";
	const struct case_row cases[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_PASSED },
					  { "a", "10.1.0.6", "10.2.0.5", TCP, 1, 22, FB_DROP_EXPIRED },
					  { 0 } };

	expect(text, NULL, cases);
}

/* ---- the state of a connection ------------------------------------------------------------------------------------------- */

static enum fb_reason middle_of(const char *text)
{
	struct case_row row = { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, 0 };
	struct fb_own own = { 0 };
	struct fb_packet packet;
	struct policy p;
	enum fb_reason reason;

	policy_load(&p, text);
	packet = packet_of(&p, &row);
	packet.first = false;
	reason = fb_eval(&p.rs, &own, &packet, NOW).reason;
	policy_done(&p);
	return reason;
}

Test(eval, a_tcp_segment_without_a_connection_passes_in_observe_only)
{
	cr_assert_eq(middle_of(AB "firebreak a -> b { allow any -> any tcp/22 }\n"), FB_DROP_TCP_STATE);
	cr_assert_eq(middle_of(AB "firebreak a -> b { allow any -> any tcp/80 }\n"), FB_DROP_NO_ALLOW);
	cr_assert_eq(middle_of(AB "firebreak a -> b { mode observe until 2027-01-01 }\n"), FB_WOULD_DROP);
}

Test(eval, icmp_errors_and_echo_replies_begin_nothing)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 8 << 8, FB_PASSED },
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 0, FB_DROP_ICMP_UNRELATED },
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 3 << 8 | 4, FB_DROP_ICMP_UNRELATED },
		{ "a", "2001:db8:1::5", "2001:db8:2::5", IPPROTO_ICMPV6, 0, 128 << 8, FB_PASSED },
		{ "a", "2001:db8:1::5", "2001:db8:2::5", IPPROTO_ICMPV6, 0, 2 << 8, FB_DROP_ICMP_UNRELATED },
		{ 0 }
	};

	expect(AB "firebreak a -> b { allow any -> any all }\n", NULL, cases);
}

Test(eval, s1_the_answer_names_the_line)
{
	struct case_row row = { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 443, 0 };
	struct fb_own own = { 0 };
	struct fb_packet packet;
	struct fb_answer answer;
	struct policy p;

	policy_load_clean(
		&p, AB
		"firebreak a -> b {\n allow any -> any tcp/22\n allow any -> any tcp/443  owner \"IT\"\n}\n");
	packet = packet_of(&p, &row);
	answer = fb_eval(&p.rs, &own, &packet, NOW);
	cr_assert_eq(answer.line, 1);
	cr_assert_str_eq(p.rs.lines.v[1].text, "any -> any  tcp/443");
	cr_assert_str_eq(p.rs.lines.v[1].pairs, "a -> b");
	cr_assert_str_eq(p.rs.lines.v[1].owner, "IT");
	policy_done(&p);
}

/* ---- time ------------------------------------------------------------------------------------------------------------ */

/* Tuesday, 24 November 2026: 00:00 in London. */
#define TUESDAY (NOW + DAY + DAY / 2)

static enum fb_reason ask(const struct policy *p, __u16 port, const struct fb_when *when, const char *id)
{
	const struct case_row row = { "a", "10.1.0.5", "10.2.0.5", TCP, 40000, port, 0, NULL, NULL };
	struct fb_packet packet = packet_of(p, &row);
	struct fb_own own = own_of(p, gateway);
	struct fb_answer answer = fb_eval_at(&p->rs, &own, &packet, when);

	if (id)
		cr_assert_str_eq(p->rs.lines.v[answer.line].id, id);
	fb_vec_done(&own.v);
	return answer.reason;
}

Test(eval, s17_a_packet_passes_while_any_matching_line_is_open)
{
	struct policy p;
	struct fb_when early = { .now = TUESDAY + 8 * 3600 }, in = { .now = TUESDAY + 9 * 3600 },
		       late = { .now = TUESDAY + 13 * 3600 };

	policy_load_clean(&p, AB "window w { every tue 09:00-12:00 }\nfirebreak a -> b {\n"
				 " allow any -> any tcp/22  during w  id shut\n"
				 " allow 10.1.0.0/24 -> any tcp/22  until 2026-11-24 13:00  id dated\n}\n");
	cr_assert_eq(ask(&p, 22, &early, "dated"), FB_PASSED);
	cr_assert_eq(ask(&p, 22, &in, "dated"), FB_PASSED);
	cr_assert_eq(ask(&p, 22, &late, "shut"), FB_DROP_WINDOW_CLOSED);
	policy_done(&p);
}

Test(eval, s53_what_is_shut_says_window_closed_and_until_expired)
{
	struct policy p;
	struct fb_opening open = { "v", TUESDAY + 3600 };
	struct fb_when in = { .now = TUESDAY + 9 * 3600 }, opened = { TUESDAY, false, &open, 1 },
		       unsynced = { TUESDAY, true, &open, 1 };

	policy_load_clean(&p,
			  AB "window w { every tue 09:00-12:00 }\naccess v { max 1h }\nfirebreak a -> b {\n"
			     " allow any -> any tcp/22  during w\n allow any -> any tcp/23  on-request v\n"
			     " allow any -> any tcp/24  until 2026-11-24 00:30\n}\n");
	cr_assert_eq(ask(&p, 22, &in, NULL), FB_PASSED);
	cr_assert_eq(ask(&p, 23, &in, NULL), FB_DROP_WINDOW_CLOSED);
	cr_assert_eq(ask(&p, 24, &in, NULL), FB_DROP_EXPIRED);
	cr_assert_eq(ask(&p, 22, &opened, NULL), FB_DROP_WINDOW_CLOSED);
	cr_assert_eq(ask(&p, 23, &opened, NULL), FB_PASSED);
	cr_assert_eq(ask(&p, 23, &unsynced, NULL), FB_DROP_WINDOW_CLOSED);
	cr_assert_eq(ask(&p, 24, &unsynced, NULL), FB_PASSED);
	policy_done(&p);
}

Test(eval, s32_mid_stream_lets_a_segment_without_a_handshake_begin_in_its_pair_only)
{
	struct policy p;
	struct case_row row = { "a", "10.1.0.5", "10.2.0.5", TCP, 40000, 22, 0, NULL, NULL };
	struct fb_own own;
	struct fb_packet packet;

	policy_load(&p, AB "firebreak a -> b { mid-stream allow; allow any -> any tcp/22 }\n"
			   "firebreak b -> a { allow any -> any tcp/22 }\n");
	own = own_of(&p, gateway);
	packet = packet_of(&p, &row);
	packet.first = false;
	cr_assert_eq(fb_eval(&p.rs, &own, &packet, NOW).reason, FB_PASSED);
	packet.dport = 23;
	cr_assert_eq(fb_eval(&p.rs, &own, &packet, NOW).reason, FB_DROP_NO_ALLOW);
	row = (struct case_row){ "b", "10.2.0.5", "10.1.0.5", TCP, 40000, 22, 0, NULL, NULL };
	packet = packet_of(&p, &row);
	packet.first = false;
	cr_assert_eq(fb_eval(&p.rs, &own, &packet, NOW).reason, FB_DROP_TCP_STATE);
	fb_vec_done(&own.v);
	policy_done(&p);
}

Test(eval, s22_a_declared_virtual_address_is_self_and_its_use_as_a_source_is_spoof)
{
	static const struct case_row cases[] = {
		{ "a", "10.1.0.5", "10.1.0.254", UDP, 1, 123, FB_PASSED, "self", "whoever holds it" },
		{ "a", "10.1.0.254", "10.1.0.1", UDP, 1, 123, FB_DROP_SPOOF, NULL, "from the wire" },
		{ "b", "10.2.0.5", "10.1.0.254", UDP, 1, 123, FB_DROP_NO_ALLOW, "self", "another zone's" },
		{ 0 }
	};

	expect(HEAD "zone a { interface eth1 network 10.1.0.0/16 gateway 10.1.0.254 }\n"
		    "zone b { interface eth2 network 10.2.0.0/16 }\n"
		    "firebreak a, b -> self { allow any -> self udp/123 }\n",
	       gateway, cases);
}

/* ---- wires ----------------------------------------------------------------------------------------------------------- */

static enum fb_reason on_wire(const struct policy *p, const char *from, const char *to, struct case_row row)
{
	struct fb_own own = own_of(p, gateway);
	struct fb_packet packet;
	enum fb_reason reason;

	row.zone = from;
	packet = packet_of(p, &row);
	packet.wire_zone = zone_id(p, to);
	reason = fb_eval(&p->rs, &own, &packet, NOW).reason;
	fb_vec_done(&own.v);
	return reason;
}

Test(eval, s60_s61_on_a_wire_the_other_end_is_all_there_is_and_dhcp_needs_a_line)
{
	struct policy p;

	policy_load_clean(
		&p, AB
		"zone c { interface eth3 network 10.3.0.0/16 }\nwire eth1 <-> eth2\n"
		"service dhcp-request { udp/67 source-port 68 }\n"
		"firebreak a -> b { allow any -> any tcp/80, dhcp-request }\n"
		"firebreak a -> c { allow any -> any tcp/80 }\nfirebreak b -> a { allow any -> any all }\n");
	const struct {
		const char *from, *to;
		struct case_row row;
		enum fb_reason reason;
	} cases[] = {
		{ "a", "b", { NULL, "10.1.0.5", "10.2.0.5", TCP, 1, 80, 0, 0, 0 }, FB_PASSED },
		{ "a", "b", { NULL, "10.1.0.5", "10.2.0.5", TCP, 1, 81, 0, 0, 0 }, FB_DROP_NO_ALLOW },
		{ "a", "b", { NULL, "10.1.0.5", "10.3.0.5", TCP, 1, 80, 0, 0, 0 }, FB_DROP_ROUTE_MISMATCH },
		{ "a", "b", { NULL, "10.1.0.5", "10.2.0.1", TCP, 1, 80, 0, 0, 0 }, FB_DROP_ROUTE_MISMATCH },
		{ "a", "b", { NULL, "10.2.0.5", "10.2.0.6", TCP, 1, 80, 0, 0, 0 }, FB_DROP_SPOOF },
		{ "a", "b", { NULL, "0.0.0.0", "255.255.255.255", UDP, 68, 67, 0, 0, 0 }, FB_PASSED },
		{ "a", "b", { NULL, "0.0.0.0", "255.255.255.255", UDP, 9, 67, 0, 0, 0 }, FB_DROP_SCOPE },
		{ "a", "b", { NULL, "0.0.0.0", "10.2.0.5", TCP, 1, 80, 0, 0, 0 }, FB_DROP_SCOPE },
		{ "b", "a", { NULL, "10.2.0.5", "255.255.255.255", UDP, 67, 68, 0, 0, 0 }, FB_DROP_NO_ALLOW },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++)
		cr_assert_eq(on_wire(&p, cases[i].from, cases[i].to, cases[i].row), cases[i].reason,
			     "case %zu: %s -> %s", i, cases[i].row.src, cases[i].row.dst);
	policy_done(&p);
}

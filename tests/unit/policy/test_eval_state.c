// SPDX-License-Identifier: GPL-2.0-only
/* What a packet is judged by beside its addresses: the connection it is of, the time, the wire. */
#include "eval_cases.h"

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

Test(eval, icmp_errors_and_answers_begin_nothing)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 8 << 8, FB_PASSED },
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 0, FB_DROP_ICMP_UNRELATED },
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 13 << 8, FB_PASSED },
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 14 << 8, FB_DROP_ICMP_UNRELATED },
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 16 << 8, FB_DROP_ICMP_UNRELATED },
		{ "a", "10.1.0.5", "10.2.0.5", IPPROTO_ICMP, 0, 18 << 8, FB_DROP_ICMP_UNRELATED },
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

/* 09:30: both close at noon by their window, whatever the one would do in February. */
Test(eval, s17_of_lines_that_close_together_the_first_in_the_text_carries_the_packet)
{
	struct fb_when in = { .now = TUESDAY + 9 * 3600 + 1800 };
	struct policy p;

	policy_load_clean(&p, AB "window w { every tue 09:00-12:00 }\nfirebreak a -> b {\n"
				 " allow any -> any tcp/22  during w until 2027-02-11  id first\n"
				 " allow any -> any tcp/22-23  during w  id second\n}\n");
	cr_assert_eq(ask(&p, 22, &in, "first"), FB_PASSED);
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
		{ "a", "b", { NULL, "10.1.0.5", "10.3.0.5", TCP, 1, 81, 0, 0, 0 }, FB_DROP_ROUTE_MISMATCH },
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

#define WIRED	 AB "wire eth1 <-> eth2\ndevice d in a { ip 10.1.0.5 }\ndevice s in b { ip 10.2.0.5 }\n"
#define OBSERVED WIRED "firebreak a -> b {\n  mode observe until 2036-01-01\n}\n"

Test(eval, s25_over_a_wire_a_guard_forbids_what_is_said_to_all_of_whom_it_protects)
{
	const struct {
		const char *guard, *src, *dst;
		enum fb_reason reason;
	} cases[] = {
		{ "never d -> b", "10.1.0.5", "255.255.255.255", FB_DROP_NEVER },
		{ "never d -> b", "10.1.0.5", "224.0.0.12", FB_DROP_NEVER },
		{ "never d -> b", "10.1.0.5", "239.1.1.1", FB_DROP_NEVER },
		{ "never d -> s", "10.1.0.5", "255.255.255.255", FB_DROP_NEVER }, /* who is there hears it */
		{ "never b <-> d", "10.1.0.5", "255.255.255.255", FB_DROP_NEVER },
		{ "never a -> b udp/67", "0.0.0.0", "255.255.255.255", FB_DROP_NEVER },
		{ "never a -> b udp/67", "10.1.0.6", "239.1.1.1", FB_DROP_NEVER },
		{ "never d -> b", "10.1.0.6", "255.255.255.255", FB_WOULD_DROP },
		{ "never d -> b", "10.1.0.6", "239.1.1.1", FB_WOULD_DROP },
		{ "never d -> b tcp/any", "10.1.0.5", "255.255.255.255", FB_WOULD_DROP },
		/* Nobody knows whose it is: only a guard that names the zone speaks of it. */
		{ "never d -> b", "0.0.0.0", "255.255.255.255", FB_WOULD_DROP },
		{ "never b -> d", "10.1.0.5", "255.255.255.255", FB_WOULD_DROP },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct case_row row = { NULL, cases[i].src, cases[i].dst, UDP, 68, 67, 0, 0, 0 };
		struct policy p;

		fb_strbuf_addf(&text, "%s%s\n", OBSERVED, cases[i].guard);
		policy_load_clean(&p, fb_strbuf_get(&text));
		cr_assert_eq(on_wire(&p, "a", "b", row), cases[i].reason, "%s: %s -> %s", cases[i].guard,
			     cases[i].src, cases[i].dst);
		policy_done(&p);
	}
}

/* A port is not told by a box: where a zone has other ways, a guard cannot take its groups away, and an assertion says so. */
Test(eval, s33_what_crosses_a_wire_to_all_reaches_everybody_there)
{
	expect_error(OBSERVED
		     "never a -> s\nassert a cannot reach s\nzone c { interface eth3, eth4  network "
		     "10.3.0.0/16 }\n"
		     "device e in c { ip 10.3.0.5 }\nzone f { interface eth5  network 10.5.0.0/16 }\n"
		     "wire eth3 <-> eth5\nfirebreak c -> f {\n  mode observe until 2036-01-01\n}\n"
		     "never e -> f\nassert e cannot reach f\n",
		     "e -> 224.0.1.1  all  the pair is observed");
	expect_clean(OBSERVED "never a -> s\nassert a cannot reach s\n");
	expect_error(WIRED
		     "service req { udp/67 source-port 68 }\nfirebreak a -> b { allow any -> any  req }\n"
		     "never a -> s\n",
		     "allows a -> b req, which the never at t.fb:9 forbids");
}

// SPDX-License-Identifier: GPL-2.0-only
/* The answer to what is denied (S31): what it is, whom it goes to, and when there is none. */
#include "claims.h"

#include <arpa/inet.h>

#define CLOSED	.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 40000, .dport = 81
#define CLOSED6 .src = "2001:db8:20::5", .dst = "2001:db8:ff::9", .sport = 40000, .dport = 81

static __u64 boot = 5000;

/* Every pair of the rig rejects; the budget is full again. */
static void rejecting_policy(const char *more)
{
	static const char *const zones[] = { "self", "cam", "sig", "vid", "net" };

	use_policy(more);
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++)
			rig_pair(&rig, zones[i], zones[j])->flags |= FB_PAIR_F_REJECT;
	rig_clock(&rig, boot += 10, 1900000000);
}

/* Denied for this reason, in one counter, and answered or not. */
static struct rig_result deny(const char *zone, const struct frame_spec *spec, enum fb_reason reason,
			      bool answered)
{
	struct frame_spec s = *spec;
	struct frame f;

	if (!s.dmac)
		s.dmac = RIG_MAC;
	frame_build(&f, &s);
	struct rig_result r = rig_xdp(&rig, zone, &f);

	CHECK(r.reason == reason && r.counters == 1, "%s, %u counters", rig_reason_name(r.reason),
	      r.counters);
	CHECK(r.action == (answered ? XDP_REDIRECT : XDP_DROP), "action %d", r.action);
	return r;
}

static __u16 be16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}
static __u32 be32(const __u8 *p)
{
	return (__u32)be16(p) << 16 | be16(p + 2);
}

static __u32 add(__u32 sum, const __u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (__u32)p[i] << 8;
	return sum;
}

/* Layer 4 of an IP packet sums up to all ones, as its receiver computes it; n: bytes of the IP packet. */
static bool sums_up(const __u8 *ip)
{
	int v6 = ip[0] >> 4 == 6;
	size_t header = v6 ? 40 : 20, n = v6 ? be16(ip + 4) + 40u : be16(ip + 2);
	__u8 proto = v6 ? ip[6] : ip[9];
	__u32 sum = add(0, ip + header, n - header);

	if (v6)
		sum = add(sum, ip + 8, 32);
	else if (proto != 1)
		sum = add(sum, ip + 12, 8);
	if (v6 || proto != 1)
		sum += proto + (__u32)(n - header);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static void macs_are_swapped(const struct rig_result *r)
{
	static const __u8 gateway[6] = { 2, 0, 0, 0, 0, 0xfe }, host[6] = { 2, 0, 0, 0, 0, 1 };

	CHECK(!memcmp(r->out, host, 6) && !memcmp(r->out + 6, gateway, 6), "MACs");
}

static void an_attempt_is_reset_with_what_it_said_acknowledged(void)
{
	rejecting_policy("");
	struct rig_result r =
		deny("cam", SPEC(CLOSED, .tcp = SYN, .seq = 1000, .pad = 6), FB_DROP_NO_ALLOW, true);
	const __u8 *ip = r.out + 14, *tcp = ip + 20;

	macs_are_swapped(&r);
	CHECK(r.out_len == 60 && be16(ip + 2) == 40, "%zu bytes, IP %u", r.out_len, be16(ip + 2));
	CHECK(frame_ip4_sum_ok(r.out, 14) && sums_up(ip), "checksums");
	CHECK(be32(ip + 12) == 0x0a1e000a && be32(ip + 16) == 0x0a140005, "addresses");
	CHECK(be16(tcp) == 81 && be16(tcp + 2) == 40000, "ports");
	CHECK(tcp[13] == (RST | ACK) && be32(tcp + 4) == 0 && be32(tcp + 8) == 1001,
	      "flags %x, seq %u, ack %u", tcp[13], be32(tcp + 4), be32(tcp + 8));
	for (size_t i = 54; i < 60; i++)
		CHECK(!r.out[i], "padding %zu", i);
}

static void data_and_fin_count_in_the_acknowledgement(void)
{
	rejecting_policy("");
	struct rig_result r = deny("cam", SPEC(CLOSED, .tcp = SYN | FIN, .seq = 0xfffffffe, .payload = 100),
				   FB_DROP_NO_ALLOW, true);

	CHECK(be32(r.out + 14 + 20 + 8) == 100, "ack %u", be32(r.out + 14 + 20 + 8));
	CHECK(r.out_len == 60 && sums_up(r.out + 14), "%zu bytes", r.out_len);
}

static void a_segment_with_ack_is_reset_where_the_sender_expects_it(void)
{
	rejecting_policy("");
	struct rig_result r = deny("cam",
				   SPEC(CLOSED, .tcp = ACK | PSH, .seq = 1000, .ack = 77, .payload = 200),
				   FB_DROP_NO_ALLOW, true);
	const __u8 *tcp = r.out + 14 + 20;

	CHECK(tcp[13] == RST && be32(tcp + 4) == 77 && be32(tcp + 8) == 0, "flags %x, seq %u", tcp[13],
	      be32(tcp + 4));
}

static void a_reset_of_ipv6_and_in_a_vlan_keeps_the_tag(void)
{
	rejecting_policy("");
	struct rig_result r = deny("cam", SPEC(CLOSED6, .tcp = SYN, .seq = 1), FB_DROP_NO_ALLOW, true);

	macs_are_swapped(&r);
	CHECK(r.out_len == 74 && be16(r.out + 12) == 0x86dd && sums_up(r.out + 14), "%zu bytes", r.out_len);
	CHECK(be16(r.out + 14 + 22) == 9 && be16(r.out + 14 + 38) == 5, "addresses");

	struct frame f;

	frame_build(&f, SPEC(.dmac = RIG_MAC, .vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 9,
			     .dport = 81, .tcp = SYN, .pad = 2));
	f.b[14] |= 0xa0; /* priority 5 */
	r = rig_xdp(&rig, "vid", &f);
	CHECK(r.action == XDP_REDIRECT && r.counters == 1, "action %d", r.action);
	CHECK(r.out_len == 60 && be16(r.out + 12) == 0x8100 && be16(r.out + 14) == (0xa000 | 30) &&
		      be16(r.out + 16) == 0x0800,
	      "the tag");
	CHECK(frame_ip4_sum_ok(r.out, 18) && sums_up(r.out + 18), "checksums");
}

static void udp_is_told_that_it_is_prohibited(void)
{
	for (size_t payload = 0; payload < 1400; payload += payload < 20 ? 1 : 137) {
		rejecting_policy("");
		struct frame f;

		frame_build(&f, SPEC(.dmac = RIG_MAC, CLOSED, .payload = payload));
		struct rig_result r = deny("cam", SPEC(CLOSED, .payload = payload), FB_DROP_NO_ALLOW, true);
		size_t whole = 28 + payload, quoted = whole < 548 ? whole : 548;
		const __u8 *ip = r.out + 14, *icmp = ip + 20;

		macs_are_swapped(&r);
		CHECK(r.out_len == 14 + 28 + quoted && be16(ip + 2) == 28 + quoted, "%zu bytes for %zu",
		      r.out_len, payload);
		CHECK(icmp[0] == 3 && icmp[1] == 13 && ip[9] == 1, "type %u code %u", icmp[0], icmp[1]);
		CHECK(frame_ip4_sum_ok(r.out, 14) && sums_up(ip), "checksums, payload %zu", payload);
		CHECK(!memcmp(icmp + 8, f.b + 14, quoted), "the quote");
		CHECK(be32(ip + 12) == 0x0a1e000a && be32(ip + 16) == 0x0a140005, "addresses");
	}
}

static void ipv6_is_told_in_at_most_1280_bytes(void)
{
	for (size_t payload = 0; payload < 1400; payload += 233) {
		rejecting_policy("");
		struct rig_result r = deny("cam", SPEC(CLOSED6, .payload = payload), FB_DROP_NO_ALLOW, true);
		size_t whole = 48 + payload, quoted = whole < 1232 ? whole : 1232;
		const __u8 *ip = r.out + 14, *icmp = ip + 40;

		CHECK(r.out_len == 14 + 48 + quoted, "%zu bytes for %zu", r.out_len, payload);
		CHECK(icmp[0] == 1 && icmp[1] == 1 && ip[6] == 58 && sums_up(ip), "type %u code %u", icmp[0],
		      icmp[1]);
	}
}

static void the_gateways_own_closed_services_are_refused_too(void)
{
	rejecting_policy("");
	deny("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 9, .dport = 22, .tcp = SYN),
	     FB_DROP_NO_ALLOW, true);
}

static void never_expired_and_window_closed_are_answered(void)
{
	rejecting_policy("");
	deny("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.0.5", .sport = 9, .dport = 22, .tcp = SYN),
	     FB_DROP_NEVER, true);
	rig_rule(&rig, "dated")->deadline = 0;
	deny("cam", SPEC(.src = "10.20.7.5", .dst = "203.0.113.9", .sport = 9, .dport = 8443, .tcp = SYN),
	     FB_DROP_EXPIRED, true);
	rig_rule(&rig, "dated")->flags = FB_RULE_F_WINDOW;
	deny("cam", SPEC(.src = "10.20.7.5", .dst = "203.0.113.9", .sport = 9, .dport = 8443, .tcp = SYN),
	     FB_DROP_WINDOW_CLOSED, true);
}

static void a_pair_that_drops_stays_silent(void)
{
	rejecting_policy("");
	rig_pair(&rig, "cam", "vid")->flags = 0;
	deny("cam", SPEC(CLOSED, .tcp = SYN), FB_DROP_NO_ALLOW, false);
}

static void whoever_lies_floods_or_asks_many_gets_no_answer(void)
{
	rejecting_policy("");
	deny("cam", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 1, .dport = 81, .tcp = SYN),
	     FB_DROP_SPOOF, false);
	deny("cam", SPEC(CLOSED, .tcp = RST), FB_DROP_NO_ALLOW, false);
	deny("cam", SPEC(CLOSED, .tcp = RST | ACK), FB_DROP_NO_ALLOW, false);
	deny("cam", SPEC(CLOSED, .frag = 0x2000, .payload = 64), FB_DROP_NO_ALLOW, false);
	deny("cam", SPEC(CLOSED, .frag = 0x0010, .payload = 64), FB_DROP_FRAGMENT, false);
	deny("cam",
	     SPEC(.dmac = "01:00:5e:01:01:01", .src = "10.20.0.5", .dst = "239.1.1.1", .sport = 1,
		  .dport = 2),
	     FB_DROP_NO_ALLOW, false);
	deny("cam",
	     SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "10.20.0.5", .dst = "10.20.255.255", .sport = 1,
		  .dport = 2),
	     FB_DROP_NO_ALLOW, false);
	deny("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.255.255", .sport = 1, .dport = 2),
	     FB_DROP_NO_ALLOW, false);
	deny("cam", SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .proto = 1, .icmp_type = 3, .icmp_code = 3),
	     FB_DROP_ICMP_UNRELATED, false);
	deny("cam", SPEC(.src = "0.0.0.0", .dst = "10.20.0.1", .sport = 1, .dport = 2), FB_DROP_NO_ALLOW,
	     false);
	deny("cam", SPEC(RTSP, .tcp = ACK), FB_DROP_TCP_STATE, false);
	rig.switches->cut[rig_zone(&rig, "cam")] = 1ull << rig_zone(&rig, "vid");
	deny("cam", SPEC(CLOSED, .tcp = SYN), FB_DROP_ISOLATED, false);
	rig.switches->cut[rig_zone(&rig, "cam")] = 0;
}

/* The responder of a flow whose line is gone did not ask anything. */
static void the_answering_side_of_an_ended_flow_is_not_answered(void)
{
	rejecting_policy("");
	handshake();
	rig_rule(&rig, "stream")->deadline = 0;
	((struct fb_image_header *)rig.image[rig.live])->generation = ++rig.generation;
	deny("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_EXPIRED, false);
}

static void the_calling_side_of_an_ended_flow_is_reset(void)
{
	rejecting_policy("");
	handshake();
	rig_rule(&rig, "stream")->deadline = 0;
	((struct fb_image_header *)rig.image[rig.live])->generation = ++rig.generation;
	struct rig_result r =
		deny("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_EXPIRED, true);

	CHECK(be32(r.out + 14 + 20 + 4) == 901, "seq %u", be32(r.out + 14 + 20 + 4));
}

static void a_flood_is_not_mirrored(void)
{
	struct frame f;
	int answers = 0;

	rejecting_policy("");
	frame_build(&f, SPEC(.dmac = RIG_MAC, CLOSED, .tcp = SYN));
	for (int i = 0; i < 1000; i++)
		answers += rig_run(&rig, "cam", &f, false) == XDP_REDIRECT;
	CHECK(answers >= 64 && answers <= 64 * (int)rig.cpus, "%d answers at once", answers);
	rig.runtime->fake_mono_ns += 1000000000;
	for (int i = 0; i < 1000; i++)
		answers += rig_run(&rig, "cam", &f, false) == XDP_REDIRECT;
	CHECK(answers >= 128 && answers <= 128 * (int)rig.cpus, "%d answers a second later", answers);
}

void claims_reject(void)
{
	RUN_CASE(an_attempt_is_reset_with_what_it_said_acknowledged);
	RUN_CASE(data_and_fin_count_in_the_acknowledgement);
	RUN_CASE(a_segment_with_ack_is_reset_where_the_sender_expects_it);
	RUN_CASE(a_reset_of_ipv6_and_in_a_vlan_keeps_the_tag);
	RUN_CASE(udp_is_told_that_it_is_prohibited);
	RUN_CASE(ipv6_is_told_in_at_most_1280_bytes);
	RUN_CASE(the_gateways_own_closed_services_are_refused_too);
	RUN_CASE(never_expired_and_window_closed_are_answered);
	RUN_CASE(a_pair_that_drops_stays_silent);
	RUN_CASE(whoever_lies_floods_or_asks_many_gets_no_answer);
	RUN_CASE(the_answering_side_of_an_ended_flow_is_not_answered);
	RUN_CASE(the_calling_side_of_an_ended_flow_is_reset);
	RUN_CASE(a_flood_is_not_mirrored);
	rig_clock(&rig, 1000, 1900000000);
}

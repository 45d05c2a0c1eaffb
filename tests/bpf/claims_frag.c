// SPDX-License-Identifier: GPL-2.0-only
/* Fragments: the first decides, the others follow in order, everything else drops. */
#include "claims.h"

#define MORE	  0x2000u
#define CAM_UDP	  .src = "10.20.0.5", .dst = "10.30.0.10", .proto = 17, .sport = 7000, .dport = 9000
#define PIECE(at) ((at) / 8)

/* 8 bytes of header and 1472 of payload: 1480. */
static void first_of(__u16 dport, enum fb_reason reason)
{
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .proto = 17, .sport = 7000, .dport = dport,
		    .payload = 1472, .frag = MORE),
	       reason);
}

static void piece(__u16 at, bool more, size_t bytes, enum fb_reason reason)
{
	expect("cam", SPEC(CAM_UDP, .payload = bytes - 8, .frag = (__u16)((more ? MORE : 0) | PIECE(at))),
	       reason);
}

static void fragments_in_order_pass_after_an_allowed_first(void)
{
	use_policy("");
	first_of(9000, FB_PASSED);
	piece(1480, true, 1480, FB_PASSED);
	piece(2960, false, 100, FB_PASSED);
	/* Complete: nothing may be added, and the same identification may begin again. */
	piece(2960, false, 100, FB_DROP_FRAGMENT);
	first_of(9000, FB_PASSED);
	piece(1480, false, 8, FB_PASSED);
}

static void a_fragment_without_its_first_drops(void)
{
	use_policy("");
	piece(1480, false, 100, FB_DROP_FRAGMENT);
	first_of(9000, FB_PASSED);
	piece(2960, false, 100, FB_DROP_FRAGMENT);
	piece(1480, true, 1480, FB_PASSED);
	piece(1480, true, 1480, FB_DROP_FRAGMENT);
}

static void the_first_is_judged_by_its_ports(void)
{
	use_policy("");
	first_of(9500, FB_DROP_NO_ALLOW);
	piece(1480, false, 100, FB_DROP_FRAGMENT);
}

static void overlapping_fragments_drop(void)
{
	use_policy("");
	first_of(9000, FB_PASSED);
	piece(8, true, 1480, FB_DROP_FRAGMENT);
	piece(1472, false, 100, FB_DROP_FRAGMENT);
	piece(1488, false, 100, FB_DROP_FRAGMENT);
	first_of(9000, FB_DROP_FRAGMENT); /* a second beginning of one packet */
	piece(1480, false, 100, FB_PASSED);
}

static void a_first_fragment_must_hold_its_headers(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .payload = 4, .frag = MORE), FB_PASSED); /* 24 bytes */
	use_policy("");
	struct frame f;
	struct rig_result r;

	/* 16 of TCP's 20 bytes (RFC 1858): ports but no flags. */
	frame_build(&f, SPEC(RTSP, .tcp = SYN, .frag = MORE));
	f.len -= 4;
	f.b[17] = 36;
	frame_ip4_sum(f.b, 14);
	r = rig_xdp(&rig, "cam", &f);
	CHECK(r.reason == FB_DROP_FRAGMENT && r.counters == 1, "%s", rig_reason_name(r.reason));
}

static void all_but_the_last_are_a_multiple_of_eight(void)
{
	use_policy("");
	expect("cam", SPEC(CAM_UDP, .payload = 1471, .frag = MORE), FB_DROP_FRAGMENT);
	first_of(9000, FB_PASSED);
	piece(1480, true, 1001, FB_DROP_FRAGMENT);
}

static void no_fragment_reaches_beyond_the_longest_packet(void)
{
	use_policy("");
	piece(65528, false, 100, FB_DROP_FRAGMENT);
}

static void a_fragment_from_another_zone_has_no_part_in_it(void)
{
	use_policy("");
	first_of(9000, FB_PASSED);
	expect("sig", SPEC(CAM_UDP, .payload = 92, .frag = PIECE(1480)), FB_DROP_SPOOF);
	piece(1480, false, 100, FB_PASSED);
}

static void a_spoofed_piece_is_dropped_as_spoof_with_and_without_a_first(void)
{
	use_policy("");
	expect("sig", SPEC(CAM_UDP, .payload = 92, .frag = PIECE(1480)), FB_DROP_SPOOF);
	expect("cam", SPEC(CAM_UDP, .payload = 92, .frag = PIECE(1480)), FB_DROP_FRAGMENT);
	first_of(9000, FB_PASSED);
	expect("sig", SPEC(CAM_UDP, .payload = 92, .frag = PIECE(1480)), FB_DROP_SPOOF);
}

static void a_policy_change_ends_a_half_sent_packet(void)
{
	use_policy("");
	first_of(9000, FB_PASSED);
	use_policy("");
	piece(1480, false, 100, FB_DROP_FRAGMENT);
}

static void isolation_cuts_a_half_sent_packet(void)
{
	use_policy("");
	first_of(9000, FB_PASSED);
	rig.switches->cut[rig_zone(&rig, "cam")] = 1ull << rig_zone(&rig, "vid");
	piece(1480, false, 100, FB_DROP_ISOLATED);
	rig.switches->cut[rig_zone(&rig, "cam")] = 0;
}

static void a_half_sent_packet_is_forgotten_after_five_seconds(void)
{
	__u64 tick = rig.runtime->fake_mono_ns >> FB_TICK_SHIFT, now = rig.runtime->fake_unix;

	use_policy("");
	first_of(9000, FB_PASSED);
	rig_clock(&rig, tick + 7, now + 7);
	piece(1480, false, 100, FB_DROP_FRAGMENT);
	first_of(9000, FB_PASSED);
	piece(1480, false, 100, FB_PASSED);
}

static void ipv6_fragments_and_atomic_ones(void)
{
	__u8 header[8] = { 17, 0, 0, 1, 0, 0, 0, 7 };
	struct frame_spec v6 = { .src = "2001:db8:10::5",
				 .dst = "2001:db8:20::5",
				 .sport = 1,
				 .dport = 53,
				 .proto = 17,
				 .ext_first = 44,
				 .options = header,
				 .options_len = 8,
				 .payload = 1000 };

	use_policy("");
	expect("sig", &v6, FB_PASSED);
	header[2] = 1008 >> 8;
	header[3] = (1008 & 0xf8) | 1;
	expect("sig", &v6, FB_PASSED);
	header[2] = 2016 >> 8;
	header[3] = 2016 & 0xf8;
	v6.payload = 13;
	expect("sig", &v6, FB_PASSED);
	expect("sig", &v6, FB_DROP_FRAGMENT);
	header[2] = header[3] = 0; /* RFC 6946: a whole packet, by its ports */
	expect("sig", &v6, FB_PASSED);
	v6.dport = 54;
	expect("sig", &v6, FB_DROP_NO_ALLOW);
}

static void a_pieces_piece_is_a_fragment(void)
{
	static const __u8 twice[16] = { 44, 0, 0, 1, 0, 0, 0, 7, 17, 0, 0, 1, 0, 0, 0, 8 };

	use_policy("");
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 53, .proto = 17,
		    .ext_first = 44, .options = twice, .options_len = 16),
	       FB_DROP_FRAGMENT);
}

static void tcp_in_pieces_keeps_its_window(void)
{
	use_policy("");
	handshake();
	/* A segment of 1004 bytes in two pieces: 984 of payload, then 20 more. */
	expect("cam", SPEC(RTSP, .tcp = ACK | PSH, .seq = 101, .ack = 901, .payload = 984 - 4, .frag = MORE),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .frag = PIECE(1000)), FB_PASSED);
	/* The answer acknowledges all of it, and not a byte more. */
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101 + 980 + 20 + 1), FB_DROP_TCP_WINDOW);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101 + 980 + 20), FB_PASSED);
}

static void the_gateways_own_fragments_follow_the_same_rule(void)
{
	use_policy("");
	expect_out("cam",
		   SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .proto = 17, .sport = 5, .dport = 514,
			.payload = 1472, .frag = MORE),
		   FB_PASSED);
	expect_out("cam",
		   SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .proto = 17, .payload = 100,
			.frag = PIECE(1480)),
		   FB_PASSED);
	expect_out("cam",
		   SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .proto = 17, .payload = 100,
			.frag = PIECE(2960)),
		   FB_DROP_FRAGMENT);
}

static void a_fragments_next_hop_is_the_packets(void)
{
	use_policy("");
	first_of(9000, FB_PASSED);
	struct rig_result r = expect("cam", SPEC(CAM_UDP, .payload = 92, .frag = PIECE(1480)), FB_PASSED);

	CHECK(r.action == XDP_REDIRECT && r.out[12] == 0x81, "action %d", r.action);
}

static void s30_every_fragment_that_observe_mode_lets_pass_is_would_drop(void)
{
	use_policy("");
	for (__u16 at = 0; at < 96; at += 24) {
		struct rig_result r = expect("sig",
					     SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .proto = 17,
						  .sport = 5, .dport = 6, .payload = 16,
						  .frag = (__u16)((at < 72 ? MORE : 0) | PIECE(at))),
					     FB_PASSED);

		CHECK(r.would_drop, "the piece at %u", at);
	}
	/* The answer's pieces pass by the flow. */
	for (__u16 at = 0; at < 48; at += 24) {
		struct rig_result r = expect("vid",
					     SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.10.0.5",
						  .proto = 17, .sport = 6, .dport = 5, .payload = 16,
						  .frag = (__u16)((at < 24 ? MORE : 0) | PIECE(at))),
					     FB_PASSED);

		CHECK(!r.would_drop, "the answer's piece at %u", at);
	}
}

/* This way of all sets: the beginning of a packet of this host. */
static void occupy(unsigned int way, const char *zone, __u32 host, __u16 end)
{
	for (__u32 set = 0; set < FB_FRAG_SETS; set++)
		rig.frags[set * FB_FRAG_WAYS + way] =
			(struct fb_frag){ .seq = 2,
					  .generation = rig.generation,
					  .s_lo = host,
					  .d_lo = 0x0a1e000a,
					  .id = 0x10000 + set,
					  .family = 4,
					  .proto = 17,
					  .zone = (__u8)rig_zone(&rig, zone),
					  .state = 1ull << 48 | (__u64)end << 32 |
						   (__u32)(rig.runtime->fake_mono_ns >> FB_TICK_SHIFT) };
}

/* How many ways this host holds of the set that somebody came to since. */
static unsigned int holds(const char *zone, __u32 host)
{
	unsigned int n = 0;

	for (__u32 set = 0; set < FB_FRAG_SETS; set++) {
		const struct fb_frag *f = rig.frags + set * FB_FRAG_WAYS;
		bool touched = false;

		for (unsigned int i = 0; i < FB_FRAG_WAYS; i++)
			touched |= f[i].id < 0x10000;
		for (unsigned int i = 0; touched && i < FB_FRAG_WAYS; i++)
			n += f[i].zone == rig_zone(&rig, zone) && f[i].s_lo == host;
	}
	return n;
}

#define SIG_PIECE(host, at, more)                                                                  \
	SPEC(.src = host, .dst = "10.30.0.10", .proto = 17, .sport = 5, .dport = 6, .payload = 16, \
	     .frag = (__u16)((more ? MORE : 0) | PIECE(at)))

static void who_sends_beginnings_only_leaves_room_for_others(void)
{
	use_policy("");
	for (unsigned int i = 0; i < FB_FRAG_WAYS; i++)
		occupy(i, "sig", 0x0a0a0042, 8);
	expect("sig", SIG_PIECE("10.10.0.66", 0, true), FB_DROP_FRAGMENT);
	first_of(9000, FB_PASSED);
	CHECK(holds("sig", 0x0a0a0042) == 3 && holds("cam", 0x0a140005) == 1, "one for one");
	expect("sig", SIG_PIECE("10.10.0.66", 0, true), FB_DROP_FRAGMENT);
	piece(1480, true, 1480, FB_PASSED);
	piece(2960, false, 100, FB_PASSED);
	for (unsigned int i = 0; i < FB_FRAG_WAYS; i++)
		occupy(i, "sig", 0x0a0a0042, 8);
	expect("sig", SIG_PIECE("10.10.0.5", 0, true), FB_PASSED);
	CHECK(holds("sig", 0x0a0a0042) == 3 && holds("sig", 0x0a0a0005) == 1, "inside of a zone");
	expect("sig", SIG_PIECE("10.10.0.66", 0, true), FB_DROP_FRAGMENT);
	expect("sig", SIG_PIECE("10.10.0.5", 24, false), FB_PASSED);
}

static void nobody_is_displaced_for_one_who_holds_as_much(void)
{
	use_policy("");
	occupy(0, "sig", 0x0a0a0042, 8);
	occupy(1, "cam", 0x0a140007, 8);
	occupy(2, "sig", 0x0a0a0042, 8);
	occupy(3, "cam", 0x0a140008, 8);
	first_of(9000, FB_DROP_FRAGMENT); /* of its zone two, and of its zone's hosts none has two */
	expect("vid",
	       SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .proto = 1, .icmp_type = 8,
		    .payload = 16, .frag = MORE),
	       FB_PASSED);
	CHECK(holds("sig", 0x0a0a0042) == 1 && holds("cam", 0x0a140007) == 1 && holds("cam", 0x0a140008) == 1,
	      "of the two zones the host with two");
	occupy(0, "sig", 0x0a0a0042, 8);
	occupy(1, "cam", 0x0a140007, 8);
	occupy(2, "net", 0x01020304, 8);
	occupy(3, "vid", 0x0a1e000b, 8);
	first_of(9000, FB_DROP_FRAGMENT);
	expect("sig", SIG_PIECE("10.10.0.5", 0, true), FB_DROP_FRAGMENT);
}

static void a_packet_that_is_complete_leaves_its_room_at_once(void)
{
	use_policy("");
	for (unsigned int i = 0; i < FB_FRAG_WAYS; i++)
		occupy(i, "cam", 0x0a140005, 0);
	first_of(9000, FB_PASSED);
	piece(1480, false, 100, FB_PASSED);
}

void claims_frag(void)
{
	RUN_CASE(fragments_in_order_pass_after_an_allowed_first);
	RUN_CASE(a_fragment_without_its_first_drops);
	RUN_CASE(the_first_is_judged_by_its_ports);
	RUN_CASE(overlapping_fragments_drop);
	RUN_CASE(a_first_fragment_must_hold_its_headers);
	RUN_CASE(all_but_the_last_are_a_multiple_of_eight);
	RUN_CASE(no_fragment_reaches_beyond_the_longest_packet);
	RUN_CASE(a_fragment_from_another_zone_has_no_part_in_it);
	RUN_CASE(a_spoofed_piece_is_dropped_as_spoof_with_and_without_a_first);
	RUN_CASE(a_policy_change_ends_a_half_sent_packet);
	RUN_CASE(isolation_cuts_a_half_sent_packet);
	RUN_CASE(a_half_sent_packet_is_forgotten_after_five_seconds);
	RUN_CASE(ipv6_fragments_and_atomic_ones);
	RUN_CASE(a_pieces_piece_is_a_fragment);
	RUN_CASE(tcp_in_pieces_keeps_its_window);
	RUN_CASE(the_gateways_own_fragments_follow_the_same_rule);
	RUN_CASE(a_fragments_next_hop_is_the_packets);
	RUN_CASE(s30_every_fragment_that_observe_mode_lets_pass_is_would_drop);
	RUN_CASE(who_sends_beginnings_only_leaves_room_for_others);
	RUN_CASE(nobody_is_displaced_for_one_who_holds_as_much);
	RUN_CASE(a_packet_that_is_complete_leaves_its_room_at_once);
}

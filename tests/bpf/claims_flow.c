// SPDX-License-Identifier: GPL-2.0-only
/* Flows: made, kept, revoked, ended; what observe lets pass. */
#include "claims.h"

static void passes_an_allowed_connection_both_ways(void)
{
	use_policy("");
	handshake();
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK | PSH, .seq = 901, .ack = 101, .payload = 100), FB_PASSED);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
}

static void answers_of_the_gateway_follow_the_flow(void)
{
	use_policy("");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 123), FB_PASSED);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 123, .dport = 5), FB_PASSED);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.6", .sport = 123, .dport = 5),
		   FB_DROP_NO_ALLOW);
}

static void a_live_tuple_from_another_zone_has_no_part_in_it(void)
{
	use_policy("");
	handshake();
	expect("sig", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_SPOOF);
	expect("net", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_SPOOF);
	expect("cam",
	       SPEC(.src = "10.30.0.10", .dst = "10.20.0.5", .sport = 554, .dport = 40000, .tcp = ACK,
		    .seq = 901, .ack = 101),
	       FB_DROP_SPOOF);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

static void link_local_tuples_are_one_a_zone(void)
{
	use_policy("firebreak sig -> self { allow any -> self udp/123 }\n");
	expect("cam", SPEC(.src = "fe80::5", .dst = "fe80::fe", .sport = 9, .dport = 123), FB_PASSED);
	expect("sig", SPEC(.src = "fe80::5", .dst = "fe80::fe", .sport = 9, .dport = 123), FB_PASSED);
	CHECK(rig_flow_count(&rig) == 2, "%zu flows", rig_flow_count(&rig));
	expect_out("sig", SPEC(.src = "fe80::fe", .dst = "fe80::5", .sport = 123, .dport = 9), FB_PASSED);
}

static void dhcp_clients_of_two_zones_are_two_flows(void)
{
	use_policy("firebreak sig -> self { allow any -> self udp/67 source-port 68 }\n");
	expect("cam",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "0.0.0.0", .dst = "255.255.255.255", .sport = 68,
		    .dport = 67),
	       FB_PASSED);
	expect("sig",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "0.0.0.0", .dst = "255.255.255.255", .sport = 68,
		    .dport = 67),
	       FB_PASSED);
	CHECK(rig_flow_count(&rig) == 2, "%zu flows", rig_flow_count(&rig));
}

static void revocation_ends_a_live_flow_with_its_next_packet(void)
{
	char text[4096];

	use_policy("");
	handshake();
	snprintf(text, sizeof(text),
		 "%sdevice nvr in vid { ip 10.30.0.10 }\nfirebreak cam -> vid { allow any -> nvr "
		 "udp/9000-9100 id stream }\n",
		 rig_zones);
	CHECK(rig_policy(&rig, text), "policy");
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_NO_ALLOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_NO_ALLOW);
	CHECK(rig_flow_count(&rig) == 0, "%zu flows left", rig_flow_count(&rig));
}

static void a_new_generation_keeps_flows_that_it_allows(void)
{
	use_policy("");
	handshake();
	char text[8192];

	snprintf(text, sizeof(text), "%s%s%s", rig_zones, policy_text, "never sig -> net\n");
	CHECK(rig_policy(&rig, text), "policy");
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

static void s17_s54_a_deadline_ends_the_flow_without_the_agent(void)
{
	use_policy("");
	rig_clock(&rig, 2000, 1900000000);
	const struct frame_spec syn = {
		.src = "10.20.7.5", .dst = "203.0.113.9", .sport = 3, .dport = 8443, .tcp = SYN, .seq = 1
	};

	expect("cam", &syn, FB_PASSED);
	expect("net",
	       SPEC(.src = "203.0.113.9", .dst = "10.20.7.5", .sport = 8443, .dport = 3, .tcp = SYN | ACK,
		    .seq = 1, .ack = 2),
	       FB_PASSED);
	rig_clock(&rig, 2010, 2051222400); /* 2035-01-01 00:00 UTC: until is the whole of that day */
	expect("net",
	       SPEC(.src = "203.0.113.9", .dst = "10.20.7.5", .sport = 8443, .dport = 3, .tcp = SYN | ACK,
		    .seq = 1, .ack = 2),
	       FB_PASSED);
	rig_clock(&rig, 2020, 2051222400 + 86400);
	expect("net",
	       SPEC(.src = "203.0.113.9", .dst = "10.20.7.5", .sport = 8443, .dport = 3, .tcp = SYN | ACK,
		    .seq = 1, .ack = 2),
	       FB_DROP_EXPIRED);
	expect("cam", &syn, FB_DROP_EXPIRED);
	rig_clock(&rig, 2030, 1900000000);
	expect("cam", &syn, FB_PASSED);
	rig_flush_flows(&rig);
	rig_clock(&rig, 2040, 1000); /* no clock: 1970 */
	expect("cam", &syn, FB_DROP_EXPIRED);
	rig_clock(&rig, 2050, 1900000000);
}

static void s30_observe_passes_and_counts_would_drop(void)
{
	use_policy("");
	struct rig_result r = expect(
		"sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 5, .dport = 80, .tcp = SYN),
		FB_PASSED);

	CHECK(r.would_drop, "would-drop is counted");
	r = expect("vid",
		   SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.10.0.5", .sport = 80, .dport = 5,
			.tcp = SYN | ACK, .ack = 1),
		   FB_PASSED);
	CHECK(!r.would_drop, "a reply is not would-drop in the other pair");
	r = expect("sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 6, .dport = 81, .tcp = ACK),
		   FB_PASSED);
	CHECK(r.would_drop, "mid-stream");
	r = expect("sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 443, .tcp = SYN),
		   FB_PASSED);
	CHECK(!r.would_drop, "an allowed line is not would-drop");
	expect("sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 8, .dport = 23, .tcp = SYN),
	       FB_DROP_NEVER);
	rig_clock(&rig, 3000, 2019772800); /* 2034-01-02 */
	expect("sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 5, .dport = 80, .tcp = ACK),
	       FB_DROP_NO_ALLOW);
	rig_clock(&rig, 3010, 1900000000);
}

static void a_udp_flow_needs_proof_of_two_ways(void)
{
	const struct frame_spec out = { .src = "10.20.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 9001 };
	const struct frame_spec back = {
		.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 9001, .dport = 7
	};

	use_policy("");
	rig_clock(&rig, 5000, 1900000000);
	expect("cam", &out, FB_PASSED);
	rig_clock(&rig, 5000 + FB_TIMEOUT_NEW + 1, 1900000000);
	expect("vid", &back, FB_DROP_NO_ALLOW); /* the half-open flow is gone */
	expect("cam", &out, FB_PASSED);
	expect("vid", &back, FB_PASSED);
	expect("cam", &out, FB_PASSED);
	rig_clock(&rig, 5000 + FB_TIMEOUT_NEW + 1 + FB_TIMEOUT_DGRAM, 1900000000);
	expect("vid", &back, FB_PASSED);
}

static void no_policy_is_undecided(void)
{
	use_policy("");
	struct fb_image_header *image = rig.image[rig.live];
	__u32 generation = image->generation;

	image->generation = 0;
	expect("cam", SPEC(RTSP, .tcp = SYN), FB_DROP_UNDECIDED);
	image->generation = generation;
}

static void rule_counters_count_what_passed_by_them(void)
{
	__u64 before;

	use_policy("");
	before = rig_rule_packets(&rig, "stream");
	handshake();
	CHECK(rig_rule_packets(&rig, "stream") - before == 3, "%llu",
	      (unsigned long long)(rig_rule_packets(&rig, "stream") - before));
}

/* Connection i as far as the responder's answer: how many of its packets passed. */
static unsigned int answered(int i, unsigned int flags)
{
	const struct frame_spec syn = { RTSP_FROM(2000 + i), .tcp = SYN, .seq = 1, .dmac = RIG_MAC },
				back = { RTSP_BACK_TO(2000 + i), .tcp = (__u8)flags, .ack = 2,
					 .dmac = RIG_MAC };
	struct frame f;

	frame_build(&f, &syn);
	if (rig_xdp(&rig, "cam", &f).reason != FB_PASSED)
		return 0;
	frame_build(&f, &back);
	return rig_xdp(&rig, "vid", &f).reason == FB_PASSED ? 2 : 1;
}

static unsigned int proved(int i)
{
	const struct frame_spec ack = { RTSP_FROM(2000 + i), .tcp = ACK, .seq = 2, .ack = 1,
					.dmac = RIG_MAC };
	struct frame f;
	unsigned int passed = answered(i, SYN | ACK);

	frame_build(&f, &ack);
	return passed == 2 && rig_xdp(&rig, "cam", &f).reason == FB_PASSED ? 3 : passed;
}

/* A table of two buckets: sixteen ways. */
static void a_full_table_denies_and_keeps_what_is_established(void)
{
	unsigned int full = 0;

	use_policy("");
	for (int i = 0; i < 64; i++) {
		unsigned int passed = proved(i);

		CHECK(passed == 0 || passed == 3, "flow %d: %u of 3 packets passed", i, passed);
		full += !passed;
	}
	CHECK(rig_flow_count(&rig) == rig.n_buckets * FB_FLOW_WAYS, "%zu flows", rig_flow_count(&rig));
	CHECK(full == 64 - rig.n_buckets * FB_FLOW_WAYS, "%u refused", full);
}

/* A server answers whatever is spoofed, a closed port refuses it: neither proves that anybody is there, and neither holds a way against who is. */
static void answers_alone_hold_no_room(void)
{
	static const unsigned int answers[] = { SYN | ACK, RST | ACK };

	for (int a = 0; a < 2; a++) {
		use_policy("");
		for (int i = 0; i < 200; i++)
			CHECK(answered(i, answers[a]) == 2, "attempt %d finds no room", i);
		CHECK(proved(200) == 3, "nor does a connection");
		for (int i = 201; i < 400; i++)
			answered(i, answers[a]);
		expect("vid", SPEC(RTSP_BACK_TO(2200), .tcp = ACK | PSH, .seq = 1, .ack = 2, .payload = 10),
		       FB_PASSED);
	}
}

/* A stream that only answers, as long as it does, outlives attempts that nobody answers. */
static void a_flood_takes_the_unanswered_first(void)
{
	const struct frame_spec asked = {
		.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 9001
	};
	const struct frame_spec stream = {
		.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 9001, .dport = 7
	};

	use_policy("");
	expect("cam", &asked, FB_PASSED);
	expect("vid", &stream, FB_PASSED);
	for (int i = 0; i < 400; i++) {
		const struct frame_spec syn = { RTSP_FROM(2000 + i), .tcp = SYN, .seq = 1, .dmac = RIG_MAC };
		struct frame f;

		frame_build(&f, &syn);
		CHECK(rig_xdp(&rig, "cam", &f).reason == FB_PASSED, "attempt %d", i);
	}
	expect("vid", &stream, FB_PASSED);
}

void claims_flow(void)
{
	RUN_CASE(a_full_table_denies_and_keeps_what_is_established);
	RUN_CASE(answers_alone_hold_no_room);
	RUN_CASE(a_flood_takes_the_unanswered_first);
	RUN_CASE(passes_an_allowed_connection_both_ways);
	RUN_CASE(answers_of_the_gateway_follow_the_flow);
	RUN_CASE(a_live_tuple_from_another_zone_has_no_part_in_it);
	RUN_CASE(link_local_tuples_are_one_a_zone);
	RUN_CASE(dhcp_clients_of_two_zones_are_two_flows);
	RUN_CASE(revocation_ends_a_live_flow_with_its_next_packet);
	RUN_CASE(a_new_generation_keeps_flows_that_it_allows);
	RUN_CASE(s17_s54_a_deadline_ends_the_flow_without_the_agent);
	RUN_CASE(s30_observe_passes_and_counts_would_drop);
	RUN_CASE(a_udp_flow_needs_proof_of_two_ways);
	RUN_CASE(no_policy_is_undecided);
	RUN_CASE(rule_counters_count_what_passed_by_them);
}

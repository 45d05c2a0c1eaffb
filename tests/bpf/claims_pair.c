// SPDX-License-Identifier: GPL-2.0-only
/* What holds for a pair of zones or for a zone: connections that began elsewhere (S32), other ethertypes (S62). */
#include "claims.h"

static void mid_stream_pair(void)
{
	use_policy("");
	rig_pair(&rig, "cam", "vid")->flags = FB_PAIR_F_MID_STREAM;
}

static void mid_stream_lets_an_allowed_segment_make_a_flow(void)
{
	mid_stream_pair();
	expect("cam", SPEC(RTSP, .tcp = ACK | PSH, .seq = 70000, .ack = 80000, .payload = 10), FB_PASSED);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 80000, .ack = 70010, .payload = 100), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK | FIN, .seq = 70010, .ack = 80100), FB_PASSED);
}

static void mid_stream_is_of_its_pair_and_direction_only(void)
{
	mid_stream_pair();
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 80000, .ack = 70010), FB_DROP_NO_ALLOW);
	expect("vid",
	       SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 9, .dport = 80, .tcp = ACK),
	       FB_DROP_TCP_STATE);
}

static void mid_stream_allows_nothing_that_no_line_allows(void)
{
	mid_stream_pair();
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 9, .dport = 81, .tcp = ACK),
	       FB_DROP_NO_ALLOW);
}

static void no_flow_begins_with_an_answer_or_a_reset(void)
{
	static const __u8 flags[] = { SYN | ACK, RST, RST | ACK, FIN, PSH };

	mid_stream_pair();
	for (size_t i = 0; i < sizeof(flags); i++)
		expect("cam", SPEC(RTSP, .tcp = flags[i]), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = SYN), FB_PASSED);
}

static void a_handshake_in_a_mid_stream_pair_is_held_to_its_windows(void)
{
	mid_stream_pair();
	handshake();
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 900000, .ack = 901, .payload = 10), FB_DROP_TCP_WINDOW);
}

/* Segments of connections that nobody saw begin, each of another: as many as fit sixteen ways many times. */
static void flood_of_segments(int from)
{
	for (int i = from; i < from + 200; i++)
		expect("cam", SPEC(RTSP_FROM(2000 + i), .tcp = ACK, .seq = 1, .ack = 1), FB_PASSED);
}

static void mid_stream_segments_alone_hold_no_room(void)
{
	mid_stream_pair();
	flood_of_segments(0);
	handshake();
	expect("cam", SPEC(RTSP_FROM(7), .tcp = ACK | PSH, .seq = 70000, .ack = 80000, .payload = 10),
	       FB_PASSED);
	expect("vid", SPEC(RTSP_BACK_TO(7), .tcp = ACK, .seq = 80000, .ack = 70010), FB_PASSED);
	expect("cam", SPEC(RTSP_FROM(7), .tcp = ACK, .seq = 70010, .ack = 80000), FB_PASSED);
	flood_of_segments(200);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK | PSH, .seq = 901, .ack = 101, .payload = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK_TO(7), .tcp = ACK, .seq = 80000, .ack = 70010, .payload = 10),
	       FB_PASSED);
}

static void a_refusal_of_a_segment_in_the_middle_proves_nothing(void)
{
	mid_stream_pair();
	for (int i = 0; i < 200; i++) {
		const int port = 2000 + i;

		expect("cam", SPEC(RTSP_FROM(port), .tcp = ACK, .seq = 1, .ack = 1), FB_PASSED);
		expect("vid", SPEC(RTSP_BACK_TO(port), .tcp = RST, .seq = 1), FB_PASSED);
		expect("cam", SPEC(RTSP_FROM(port), .tcp = ACK, .seq = 1, .ack = 1), FB_PASSED);
	}
	handshake();
}

/* PROFINET and LLDP, which the zone of the cameras lists at both ends of its list. */
enum { PROFINET = 0x8892, LLDP = 0x88cc, GOOSE = 0x88b8 };
#define LLDP_MAC "01:80:c2:00:00:0e"

static void listing_zone(void)
{
	use_policy("");
	rig_zone_record(&rig, "cam")->ethertype[0] = PROFINET;
	rig_zone_record(&rig, "cam")->ethertype[FB_ETHERTYPES_MAX - 1] = LLDP;
}

static void a_listed_ethertype_reaches_the_kernel(void)
{
	struct rig_result r;

	listing_zone();
	r = expect("cam", SPEC(.ethertype = PROFINET, .payload = 46), FB_PASSED);
	CHECK(r.action == XDP_PASS && r.dst_zone == FB_ZONE_SELF, "action %d, zone %u", r.action, r.dst_zone);
	r = expect("cam", SPEC(.dmac = LLDP_MAC, .ethertype = LLDP, .payload = 46), FB_PASSED);
	CHECK(r.action == XDP_PASS, "action %d", r.action);
}

static void an_ethertype_that_is_not_listed_drops(void)
{
	listing_zone();
	expect("cam", SPEC(.ethertype = GOOSE, .payload = 46), FB_DROP_L2_PROTOCOL);
	expect("sig", SPEC(.ethertype = PROFINET, .payload = 46), FB_DROP_L2_PROTOCOL);
	/* a length: no list holds it, though its free places are zero */
	expect("cam", SPEC(.dmac = LLDP_MAC, .ethertype = 46, .payload = 46), FB_DROP_L2_PROTOCOL);
}

static void a_listed_ethertype_for_another_mac_is_not_for_us(void)
{
	listing_zone();
	expect("cam", SPEC(.dmac = RIG_HOST_MAC, .ethertype = PROFINET, .payload = 46), FB_DROP_L2_ADDRESS);
}

static void the_gateway_sends_only_listed_ethertypes_into_a_zone(void)
{
	listing_zone();
	expect_out("cam", SPEC(.dmac = LLDP_MAC, .ethertype = LLDP, .payload = 46), FB_PASSED);
	expect_out("cam", SPEC(.dmac = LLDP_MAC, .ethertype = GOOSE, .payload = 46), FB_DROP_L2_PROTOCOL);
	expect_out("sig", SPEC(.dmac = LLDP_MAC, .ethertype = LLDP, .payload = 46), FB_DROP_L2_PROTOCOL);
}

static void isolation_from_the_gateway_stops_listed_ethertypes(void)
{
	listing_zone();
	rig.switches->cut[rig_zone(&rig, "cam")] = 1ull << FB_ZONE_SELF;
	expect("cam", SPEC(.ethertype = PROFINET, .payload = 46), FB_DROP_ISOLATED);
	expect_out("cam", SPEC(.dmac = LLDP_MAC, .ethertype = LLDP, .payload = 46), FB_DROP_ISOLATED);
	rig.switches->cut[rig_zone(&rig, "cam")] = 0;
}

void claims_pair(void)
{
	RUN_CASE(a_listed_ethertype_reaches_the_kernel);
	RUN_CASE(an_ethertype_that_is_not_listed_drops);
	RUN_CASE(a_listed_ethertype_for_another_mac_is_not_for_us);
	RUN_CASE(the_gateway_sends_only_listed_ethertypes_into_a_zone);
	RUN_CASE(isolation_from_the_gateway_stops_listed_ethertypes);
	RUN_CASE(mid_stream_lets_an_allowed_segment_make_a_flow);
	RUN_CASE(mid_stream_is_of_its_pair_and_direction_only);
	RUN_CASE(mid_stream_allows_nothing_that_no_line_allows);
	RUN_CASE(mid_stream_segments_alone_hold_no_room);
	RUN_CASE(a_refusal_of_a_segment_in_the_middle_proves_nothing);
	RUN_CASE(no_flow_begins_with_an_answer_or_a_reset);
	RUN_CASE(a_handshake_in_a_mid_stream_pair_is_held_to_its_windows);
}

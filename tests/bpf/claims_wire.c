// SPDX-License-Identifier: GPL-2.0-only
/* Wires: cam and net are the two ends of one, and everything else is elsewhere. */
#include "claims.h"

#define CABINET	 "firebreak cam -> net { allow any -> any tcp/80, udp/9000, icmp/echo-request  id wired }\n"
#define OUT	 .dmac = "02:00:00:00:77:01", .src = "10.20.0.5", .dst = "203.0.113.9"
#define BACK	 .dmac = "02:00:00:00:01:01", .src = "203.0.113.9", .dst = "10.20.0.5"
#define TCP_OUT	 OUT, .sport = 40000, .dport = 80
#define TCP_BACK BACK, .sport = 80, .dport = 40000

static void use_wire(void)
{
	use_policy(CABINET);
	rig_wire(&rig, "cam", "net");
}

/* It leaves as it came. */
static void expect_unchanged(const char *zone, const struct frame_spec *spec)
{
	struct rig_result r = expect(zone, spec, FB_PASSED);
	struct frame f;

	frame_build(&f, spec);
	CHECK(r.action == XDP_REDIRECT, "action %d", r.action);
	CHECK(r.out_len == f.len && !memcmp(r.out, f.b, f.len), "the frame was changed");
}

static void a_packet_on_a_wire_leaves_unchanged_by_the_other_end(void)
{
	static const __u8 router_alert[4] = { 0x94, 4, 0, 0 };

	use_wire();
	expect_unchanged("cam", SPEC(TCP_OUT, .tcp = SYN, .seq = 100));
	expect_unchanged("net", SPEC(TCP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101));
	expect_unchanged("cam", SPEC(TCP_OUT, .tcp = ACK, .seq = 101, .ack = 901));
	expect_unchanged("cam", SPEC(TCP_OUT, .tcp = ACK | PSH, .seq = 101, .ack = 901, .payload = 1400));
	/* What a router would not carry on: a used-up hop limit, options. */
	expect_unchanged("cam", SPEC(TCP_OUT, .tcp = ACK, .seq = 1501, .ack = 901, .ttl = 1));
	expect_unchanged("cam", SPEC(TCP_OUT, .tcp = ACK, .seq = 1501, .ack = 901, .options = router_alert,
				     .options_len = 4));
	expect_unchanged("cam", SPEC(OUT, .proto = 1, .icmp_type = 8, .icmp_id = 7));
	expect_unchanged("net", SPEC(BACK, .proto = 1, .icmp_type = 0, .icmp_id = 7));
	expect_unchanged("cam", SPEC(.vlan = -1, TCP_OUT, .tcp = ACK, .seq = 1501, .ack = 901));
}

static void an_apply_keeps_a_flow_on_a_wire_whoever_speaks_next(void)
{
	for (int answer_first = 0; answer_first < 2; answer_first++) {
		use_wire();
		expect_unchanged("cam", SPEC(OUT, .sport = 7, .dport = 9000));
		expect_unchanged("net", SPEC(BACK, .sport = 9000, .dport = 7));
		((struct fb_image_header *)rig.image[rig.live])->generation = ++rig.generation;
		if (!answer_first)
			expect_unchanged("cam", SPEC(OUT, .sport = 7, .dport = 9000));
		expect_unchanged("net", SPEC(BACK, .sport = 9000, .dport = 7));
	}
}

/* As after a new name of the zones: the ends have other numbers than the flow knows. */
static void a_flow_on_a_wire_lives_through_new_names_of_its_ends(void)
{
	for (int answer_first = 0; answer_first < 2; answer_first++) {
		use_wire();
		expect_unchanged("cam", SPEC(OUT, .sport = 7, .dport = 9000));
		expect_unchanged("net", SPEC(BACK, .sport = 9000, .dport = 7));
		((struct fb_image_header *)rig.image[rig.live])->generation = ++rig.generation;
		for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++)
			rig.flows[i].zone[0] = rig.flows[i].zone[1] = FB_ZONES_MAX - 1;
		expect("net", SPEC(OUT, .sport = 7, .dport = 9000), FB_DROP_SPOOF);
		if (!answer_first)
			expect_unchanged("cam", SPEC(OUT, .sport = 7, .dport = 9000));
		expect_unchanged("net", SPEC(BACK, .sport = 9000, .dport = 7));
		expect_unchanged("cam", SPEC(OUT, .sport = 7, .dport = 9000));
		expect("net", SPEC(OUT, .sport = 7, .dport = 9000), FB_DROP_SPOOF);
	}
}

static void fragments_cross_a_wire_in_order(void)
{
	use_wire();
	expect_unchanged("cam", SPEC(OUT, .proto = 17, .sport = 7000, .dport = 9000, .payload = 1472,
				     .frag = 0x2000));
	expect_unchanged("cam", SPEC(OUT, .proto = 17, .payload = 92, .frag = 1480 / 8));
	expect("cam", SPEC(OUT, .proto = 17, .payload = 92, .frag = 1480 / 8), FB_DROP_FRAGMENT);
}

static void the_policy_holds_on_a_wire(void)
{
	use_wire();
	expect("cam", SPEC(OUT, .sport = 1, .dport = 22, .tcp = SYN), FB_DROP_NO_ALLOW);
	expect("net", SPEC(BACK, .sport = 1, .dport = 80, .tcp = SYN), FB_DROP_NO_ALLOW);
	expect("cam", SPEC(TCP_OUT, .tcp = ACK, .seq = 5, .ack = 5), FB_DROP_TCP_STATE);
	use_policy(CABINET);
	rig_wire(&rig, "cam", "sig");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.0.5", .sport = 1, .dport = 161), FB_DROP_NEVER);
}

static void the_source_must_belong_to_its_end(void)
{
	use_wire();
	expect("cam", SPEC(.src = "10.10.0.5", .dst = "203.0.113.9", .sport = 1, .dport = 80, .tcp = SYN),
	       FB_DROP_SPOOF);
	expect("net", SPEC(.src = "10.20.0.6", .dst = "10.20.0.5", .sport = 1, .dport = 80, .tcp = SYN),
	       FB_DROP_SPOOF);
	expect("cam", SPEC(.src = "10.10.0.1", .dst = "203.0.113.9", .sport = 1, .dport = 80, .tcp = SYN),
	       FB_DROP_SPOOF);
}

static void s60_only_addresses_of_the_other_end_are_reached(void)
{
	static const char *const elsewhere[] = { "10.10.0.5", "10.30.0.10", "10.10.0.1", "10.20.0.1",
						 "203.0.113.1" };
	struct rig_result r;

	use_policy("firebreak cam -> vid { allow any -> any all id wide }\n");
	rig_wire(&rig, "cam", "net");
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		expect("cam",
		       SPEC(.src = "10.20.0.5", .dst = elsewhere[i], .sport = 1, .dport = 554, .tcp = SYN),
		       FB_DROP_ROUTE_MISMATCH);
	r = expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.6", .sport = 1, .dport = 554, .tcp = SYN),
		   FB_DROP_ROUTE_MISMATCH);
	CHECK(r.dst_zone == rig_zone(&rig, "cam"), "zone %u", r.dst_zone);
	/* Its own policy and flow elsewhere do not help. */
	CHECK(rig_flow_count(&rig) == 0, "%zu flows", rig_flow_count(&rig));
}

static void a_routed_flow_does_not_open_a_wire(void)
{
	use_policy("");
	handshake();
	rig_wire(&rig, "cam", "net");
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_ROUTE_MISMATCH);
}

static void link_scope_stays_on_its_side(void)
{
	use_wire();
	expect("cam",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "10.20.0.5", .dst = "255.255.255.255", .sport = 9,
		    .dport = 9),
	       FB_DROP_SCOPE);
	expect("cam",
	       SPEC(.dmac = "01:00:5e:00:00:fb", .src = "10.20.0.5", .dst = "224.0.0.251", .sport = 5353,
		    .dport = 5353),
	       FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "fe80::5", .dst = "fe80::9", .sport = 9, .dport = 9), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "fe80::5", .dst = "2001:db8:99::9", .sport = 9, .dport = 80, .tcp = SYN),
	       FB_DROP_SCOPE);
	/* A directed broadcast is one to those who know its network; its MAC gives it away. */
	expect("net",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "203.0.113.9", .dst = "10.20.7.255", .sport = 9,
		    .dport = 9),
	       FB_DROP_L2_ADDRESS);
}

static void router_discovery_and_dhcp_cross_only_by_a_line(void)
{
	use_wire();
	expect("cam",
	       SPEC(.dmac = "33:33:00:00:00:02", .src = "fe80::5", .dst = "ff02::2", .proto = 58,
		    .icmp_type = 133, .ttl = 255),
	       FB_DROP_NO_ALLOW);
	expect("net",
	       SPEC(.dmac = "33:33:00:00:00:01", .src = "fe80::9", .dst = "ff02::1", .proto = 58,
		    .icmp_type = 134, .ttl = 255),
	       FB_DROP_NO_ALLOW);
	expect("net",
	       SPEC(.src = "fe80::9", .dst = "2001:db8:20::5", .proto = 58, .icmp_type = 137, .ttl = 255),
	       FB_DROP_NO_ALLOW);
	expect("net",
	       SPEC(.src = "fe80::9", .dst = "2001:db8:20::5", .proto = 58, .icmp_type = 137, .ttl = 254),
	       FB_DROP_MALFORMED);
	expect("cam",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "0.0.0.0", .dst = "255.255.255.255", .sport = 68,
		    .dport = 67),
	       FB_DROP_NO_ALLOW);
}

static void arp(const char *zone, int op, const char *spa, const char *tpa, enum fb_reason reason)
{
	struct rig_result r;
	struct frame f;

	frame_arp(&f, op == 1 ? "ff:ff:ff:ff:ff:ff" : "02:00:00:00:77:01", RIG_HOST_MAC, op, spa, tpa);
	r = rig_xdp(&rig, zone, &f);
	CHECK(r.reason == reason && r.counters == 1, "%s: %s asks for %s: %s", zone, spa, tpa,
	      rig_reason_name(r.reason));
	CHECK(reason != FB_PASSED || (r.action == XDP_REDIRECT && !memcmp(r.out, f.b, f.len)), "action %d",
	      r.action);
}

static void s61_arp_crosses_if_both_addresses_are_where_they_belong(void)
{
	use_wire();
	arp("cam", 1, "10.20.0.5", "203.0.113.9", FB_PASSED);
	arp("net", 2, "203.0.113.9", "10.20.0.5", FB_PASSED);
	arp("net", 1, "203.0.113.9", "10.20.0.5", FB_PASSED);
	/* A claim to the other side's, to a third zone's, and to the gateway's addresses. */
	arp("cam", 1, "203.0.113.8", "203.0.113.9", FB_DROP_BINDING);
	arp("cam", 2, "203.0.113.8", "203.0.113.9", FB_DROP_BINDING);
	arp("cam", 1, "10.10.0.5", "203.0.113.9", FB_DROP_BINDING);
	arp("cam", 1, "10.20.0.1", "203.0.113.9", FB_DROP_BINDING);
	/* What is not asked of the other side stays here. */
	arp("cam", 1, "10.20.0.5", "10.20.0.6", FB_DROP_ROUTE_MISMATCH);
	arp("cam", 1, "10.20.0.5", "10.30.0.10", FB_DROP_ROUTE_MISMATCH);
	arp("cam", 1, "10.20.0.5", "203.0.113.1", FB_DROP_NO_ALLOW);
	/* Announcement and probe of the sender's own. */
	arp("cam", 1, "10.20.0.5", "10.20.0.5", FB_PASSED);
	arp("cam", 1, "0.0.0.0", "10.20.0.7", FB_PASSED);
	arp("cam", 1, "0.0.0.0", "203.0.113.9", FB_DROP_ROUTE_MISMATCH);
}

static void nd(const char *zone, const char *src, const char *dst, int type, const char *target,
	       enum fb_reason reason)
{
	struct rig_result r;
	struct frame f;

	frame_nd(&f, dst[0] == 'f' && dst[1] == 'f' ? "33:33:ff:00:00:09" : "02:00:00:00:77:01", RIG_HOST_MAC,
		 src, dst, type, target);
	r = rig_xdp(&rig, zone, &f);
	CHECK(r.reason == reason && r.counters == 1, "%s -> %s, type %d about %s: %s", src, dst, type, target,
	      rig_reason_name(r.reason));
	CHECK(reason != FB_PASSED || (r.action == XDP_REDIRECT && !memcmp(r.out, f.b, f.len)), "action %d",
	      r.action);
}

static void s61_neighbour_discovery_crosses_if_it_says_the_truth(void)
{
	use_wire();
	nd("cam", "2001:db8:20::5", "ff02::1:ff00:9", 135, "2001:db8:99::9", FB_PASSED);
	nd("cam", "fe80::5", "ff02::1:ff00:9", 135, "fe80::9", FB_PASSED);
	nd("net", "2001:db8:99::9", "2001:db8:20::5", 136, "2001:db8:99::9", FB_PASSED);
	nd("net", "fe80::9", "fe80::5", 136, "2001:db8:99::9", FB_PASSED);
	nd("cam", "::", "ff02::1:ff00:7", 135, "2001:db8:20::7", FB_PASSED);
	nd("cam", "::", "ff02::1:ff00:9", 135, "2001:db8:99::9", FB_DROP_BINDING);
	nd("cam", "::", "ff02::1:ff00:1", 135, "2001:db8:20::1", FB_DROP_BINDING);
	nd("cam", "2001:db8:20::5", "2001:db8:99::9", 136, "2001:db8:99::8", FB_DROP_BINDING);
	nd("cam", "2001:db8:99::8", "ff02::1:ff00:9", 135, "2001:db8:99::9", FB_DROP_SPOOF);
	nd("cam", "2001:db8:20::5", "ff02::1:ff00:6", 135, "2001:db8:20::6", FB_DROP_ROUTE_MISMATCH);
	nd("cam", "2001:db8:20::5", "2001:db8:10::5", 136, "2001:db8:20::5", FB_DROP_ROUTE_MISMATCH);
	nd("cam", "2001:db8:20::5", "ff02::1:ff00:1", 135, "2001:db8:20::1", FB_DROP_ROUTE_MISMATCH);
}

static void an_error_about_a_live_flow_crosses_a_wire(void)
{
	const struct frame_spec sent = { TCP_OUT, .tcp = SYN, .seq = 100 };
	const struct frame_spec other = { OUT, .sport = 40001, .dport = 80, .tcp = SYN, .seq = 100 };
	const struct frame_spec error = {
		.src = "198.51.100.7", .dst = "10.20.0.5", .icmp_type = 3, .icmp_code = 1
	};
	struct rig_result r;
	struct frame f;

	use_wire();
	expect_unchanged("cam", &sent);
	build_error(&f, &error, &sent);
	r = rig_xdp(&rig, "net", &f);
	CHECK(r.reason == FB_PASSED && r.action == XDP_REDIRECT && !memcmp(r.out, f.b, f.len), "%s",
	      rig_reason_name(r.reason));
	build_error(&f, &error, &other);
	r = rig_xdp(&rig, "net", &f);
	CHECK(r.reason == FB_DROP_ICMP_UNRELATED, "%s", rig_reason_name(r.reason));
}

static void s62_an_ethertype_crosses_if_both_zones_list_it(void)
{
	const struct frame_spec goose = { .dmac = "01:0c:cd:01:00:01", .ethertype = 0x88b8, .payload = 46 };

	use_wire();
	expect("cam", &goose, FB_DROP_L2_PROTOCOL);
	rig_zone_record(&rig, "cam")->ethertype[0] = 0x88b8;
	expect("cam", &goose, FB_DROP_L2_PROTOCOL);
	expect("net", &goose, FB_DROP_L2_PROTOCOL);
	rig_zone_record(&rig, "net")->ethertype[3] = 0x88b8;
	expect_unchanged("cam", &goose);
	expect_unchanged("net", &goose);
}

static void a_cut_holds_on_a_wire_for_arp_too(void)
{
	unsigned int cam, net;

	use_wire();
	cam = rig_zone(&rig, "cam");
	net = rig_zone(&rig, "net");
	expect_unchanged("cam", SPEC(TCP_OUT, .tcp = SYN, .seq = 100));
	rig.switches->cut[cam] = 1ull << net;
	rig.switches->cut[net] = 1ull << cam;
	expect("net", SPEC(TCP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_DROP_ISOLATED);
	arp("cam", 1, "10.20.0.5", "203.0.113.9", FB_DROP_ISOLATED);
	rig.switches->cut[cam] = rig.switches->cut[net] = 0;
}

static void the_gateway_sends_nothing_into_a_wire(void)
{
	struct rig_result r;
	struct frame f;

	use_wire();
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 1, .dport = 514),
		   FB_DROP_ROUTE_MISMATCH);
	frame_arp(&f, "ff:ff:ff:ff:ff:ff", RIG_MAC, 1, "10.20.0.1", "10.20.0.5");
	r = rig_tc_out(&rig, "cam", &f);
	CHECK(r.reason == FB_DROP_ROUTE_MISMATCH && r.action == TC_ACT_SHOT, "%s", rig_reason_name(r.reason));
}

void claims_wire(void)
{
	RUN_CASE(a_packet_on_a_wire_leaves_unchanged_by_the_other_end);
	RUN_CASE(an_apply_keeps_a_flow_on_a_wire_whoever_speaks_next);
	RUN_CASE(a_flow_on_a_wire_lives_through_new_names_of_its_ends);
	RUN_CASE(fragments_cross_a_wire_in_order);
	RUN_CASE(the_policy_holds_on_a_wire);
	RUN_CASE(the_source_must_belong_to_its_end);
	RUN_CASE(s60_only_addresses_of_the_other_end_are_reached);
	RUN_CASE(a_routed_flow_does_not_open_a_wire);
	RUN_CASE(link_scope_stays_on_its_side);
	RUN_CASE(router_discovery_and_dhcp_cross_only_by_a_line);
	RUN_CASE(s61_arp_crosses_if_both_addresses_are_where_they_belong);
	RUN_CASE(s61_neighbour_discovery_crosses_if_it_says_the_truth);
	RUN_CASE(an_error_about_a_live_flow_crosses_a_wire);
	RUN_CASE(s62_an_ethertype_crosses_if_both_zones_list_it);
	RUN_CASE(a_cut_holds_on_a_wire_for_arp_too);
	RUN_CASE(the_gateway_sends_nothing_into_a_wire);
}

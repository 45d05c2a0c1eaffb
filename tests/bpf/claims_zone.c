// SPDX-License-Identifier: GPL-2.0-only
/* Who a packet is from and to, and what is dropped before any line is asked. */
#include "claims.h"

static void denies_what_no_line_allows(void)
{
	use_policy("");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 1, .dport = 22, .tcp = SYN),
	       FB_DROP_NO_ALLOW);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.30.0.11", .sport = 1, .dport = 554, .tcp = SYN),
	       FB_DROP_NO_ALLOW);
	expect("net", SPEC(.src = "203.0.113.9", .dst = "10.30.0.10", .sport = 1, .dport = 554, .tcp = SYN),
	       FB_DROP_NO_ALLOW);
	CHECK(rig_flow_count(&rig) == 0, "a denied packet made a flow");
}

static void never_stops_before_allow_and_is_counted_as_never(void)
{
	use_policy("");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.0.5", .sport = 1, .dport = 161), FB_DROP_NEVER);
	expect("sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 1, .dport = 23, .tcp = SYN),
	       FB_DROP_NEVER);
}

static void spoofed_sources_are_spoof(void)
{
	static const char *const sources[] = { "10.10.0.5", "10.20.0.1",       "10.30.0.10",
					       "8.8.8.8",   "127.0.0.1",       "0.1.2.3",
					       "224.0.0.1", "255.255.255.255", "240.0.0.1" };

	use_policy("");
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		expect("cam",
		       SPEC(.src = sources[i], .dst = "10.30.0.10", .sport = 1, .dport = 554, .tcp = SYN),
		       FB_DROP_SPOOF);
	expect("cam", SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::1", .sport = 1, .dport = 123),
	       FB_DROP_SPOOF);
	expect("cam", SPEC(.src = "::1", .dst = "2001:db8:20::1", .sport = 1, .dport = 123), FB_DROP_SPOOF);
	expect("cam", SPEC(.src = "::ffff:10.20.0.5", .dst = "2001:db8:20::1", .sport = 1, .dport = 123),
	       FB_DROP_SPOOF);
	expect("cam", SPEC(.src = "ff02::1", .dst = "2001:db8:20::1", .sport = 1, .dport = 123),
	       FB_DROP_SPOOF);
	expect("net", SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 1, .dport = 443, .tcp = SYN),
	       FB_DROP_SPOOF);
}

/* LAND: nobody calls himself by way of a gateway, whatever the lines inside of his zone say. */
static void a_source_that_is_its_own_destination_is_spoof(void)
{
	use_policy("firebreak cam -> cam { allow any -> any tcp/80, udp/5000 }\n");
	expect("cam", SPEC(.src = "10.20.0.6", .dst = "10.20.0.5", .sport = 80, .dport = 80, .tcp = SYN),
	       FB_PASSED);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.5", .sport = 80, .dport = 80, .tcp = SYN),
	       FB_DROP_SPOOF);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.5", .sport = 1, .dport = 5000), FB_DROP_SPOOF);
	expect("cam",
	       SPEC(.src = "2001:db8:20::5", .dst = "2001:db8:20::5", .sport = 80, .dport = 80, .tcp = SYN),
	       FB_DROP_SPOOF);
}

static void the_roles_cannot_be_written_into_a_packet(void)
{
	use_policy("");
	/* FB_ROLE addresses on the wire: sources are spoof, destinations belong to nobody. */
	for (int kind = 1; kind <= 4; kind++) {
		char text[32];

		for (int zone = 0; zone < 6; zone++) {
			snprintf(text, sizeof(text), "0.0.%d.%d", kind, zone);
			expect("cam",
			       SPEC(.src = text, .dst = "10.30.0.10", .sport = 1, .dport = 554, .tcp = SYN),
			       FB_DROP_SPOOF);
			expect("cam", SPEC(.src = "10.20.0.5", .dst = text, .sport = 1, .dport = 123),
			       FB_DROP_NO_ZONE);
			snprintf(text, sizeof(text), "::%x", kind << 8 | zone);
			expect("cam", SPEC(.src = text, .dst = "2001:db8:20::1", .sport = 1, .dport = 123),
			       FB_DROP_SPOOF);
			expect("cam", SPEC(.src = "2001:db8:20::5", .dst = text, .sport = 1, .dport = 123),
			       FB_DROP_NO_ZONE);
		}
	}
}

static void s5_frames_outside_of_interface_and_vlan_are_no_zone(void)
{
	struct frame f;

	use_policy("");
	expect("vid", SPEC(.src = "10.30.0.10", .dst = "10.20.0.5", .sport = 1, .dport = 80, .tcp = SYN),
	       FB_DROP_NO_ZONE);
	expect("vid",
	       SPEC(.vlan = -1, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 1, .dport = 80, .tcp = SYN),
	       FB_DROP_NO_ZONE);
	expect("vid",
	       SPEC(.vlan = 31, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 1, .dport = 80, .tcp = SYN),
	       FB_DROP_NO_ZONE);
	expect("vid",
	       SPEC(.vlan = 20, .vlan2 = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 1, .dport = 80,
		    .tcp = SYN),
	       FB_DROP_NO_ZONE);
	expect("cam",
	       SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 1, .dport = 80, .tcp = SYN),
	       FB_DROP_NO_ZONE);
	expect("cam", SPEC(.vlan = -1, RTSP, .tcp = SYN), FB_PASSED);
	frame_build(&f, SPEC(.dmac = RIG_MAC, .vlan = 30, .vlan2 = 30, .src = "10.30.0.10",
			     .dst = "10.20.0.5", .tcp = SYN));
	f.b[12] = 0x88; /* 802.1ad outside */
	f.b[13] = 0xa8;
	struct rig_result r = rig_xdp(&rig, "vid", &f);

	CHECK(r.reason == FB_DROP_NO_ZONE, "got %s", rig_reason_name(r.reason));
}

static void a_frame_for_another_mac_is_not_routed(void)
{
	use_policy("");
	expect("cam", SPEC(.dmac = "02:99:00:00:00:01", RTSP, .tcp = SYN), FB_DROP_L2_ADDRESS);
	expect("cam", SPEC(.dmac = "ff:ff:ff:ff:ff:ff", RTSP, .tcp = SYN), FB_DROP_L2_ADDRESS);
	expect("cam", SPEC(.dmac = "01:00:5e:00:00:01", RTSP, .tcp = SYN), FB_DROP_L2_ADDRESS);
}

static void s22_the_mac_of_a_virtual_address_is_the_gateways_on_its_port_only(void)
{
	use_policy("");
	expect("cam", SPEC(.dmac = RIG_VIRTUAL_MAC, RTSP, .tcp = SYN), FB_PASSED);
	expect("cam",
	       SPEC(.dmac = RIG_VIRTUAL_MAC, .src = "10.20.0.5", .dst = "10.20.0.1", .sport = 1,
		    .dport = 123),
	       FB_PASSED);
	expect("cam", SPEC(.dmac = "00:00:5e:00:01:08", RTSP, .tcp = SYN), FB_DROP_L2_ADDRESS);
	expect("cam", SPEC(.dmac = "00:00:5e:00:02:07", RTSP, .tcp = SYN), FB_DROP_L2_ADDRESS);
	expect("net",
	       SPEC(.dmac = RIG_VIRTUAL_MAC, .src = "203.0.113.9", .dst = "10.30.0.10", .sport = 1,
		    .dport = 443, .tcp = SYN),
	       FB_DROP_L2_ADDRESS);
	/* A port without one has zeros there. */
	expect("net",
	       SPEC(.dmac = "00:00:00:00:00:00", .src = "203.0.113.9", .dst = "10.30.0.10", .sport = 1,
		    .dport = 443, .tcp = SYN),
	       FB_DROP_L2_ADDRESS);
}

static void other_ethertypes_are_l2_protocol(void)
{
	static const __u16 types[] = { 0x88cc, 0x8863, 0x0026, 0x8847, 0x88e1, 0x0000 };

	use_policy("");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct frame_spec s = { .dmac = RIG_MAC, .ethertype = types[i], .payload = 50 };

		if (!types[i])
			continue;
		expect("cam", &s, FB_DROP_L2_PROTOCOL);
	}
}

static void fragments_without_a_first_drop_as_fragment(void)
{
	static const __u8 frag_header[8] = { 17, 0, 0, 9, 0, 0, 0, 1 };

	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .frag = 0x2000), FB_DROP_FRAGMENT);
	expect("cam", SPEC(RTSP, .tcp = SYN, .frag = 185), FB_DROP_FRAGMENT);
	expect("cam", SPEC(RTSP, .tcp = SYN, .frag = 0x4000), FB_PASSED); /* DF is not a fragment */
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 53,
		    .ext_first = 44, .options = frag_header, .options_len = 8),
	       FB_DROP_FRAGMENT);
}

static void extension_headers_are_walked_and_bounded(void)
{
	static const __u8 hop[8] = { 17, 0, 1, 4 }, dest[8] = { 17, 0, 1, 4 }, routing[8] = { 17, 0, 0, 0 };
	__u8 chain[80] = { 0 };

	use_policy("");
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 53,
		    .ext_first = 60, .options = dest, .options_len = 8),
	       FB_PASSED);
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 54,
		    .ext_first = 60, .options = dest, .options_len = 8),
	       FB_DROP_NO_ALLOW);
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 2, .dport = 53, .ext_first = 0,
		    .options = hop, .options_len = 8),
	       FB_PASSED);
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 53,
		    .ext_first = 43, .options = routing, .options_len = 8),
	       FB_DROP_EXT_HEADER);
	for (int i = 0; i < 9; i++)
		chain[i * 8] = i < 8 ? 60 : 17;
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 53,
		    .ext_first = 60, .options = chain, .options_len = 72),
	       FB_DROP_EXT_HEADER);
	chain[0] = 0; /* hop-by-hop that is not first */
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 53,
		    .ext_first = 60, .options = chain, .options_len = 72),
	       FB_DROP_EXT_HEADER);
	chain[0] = 60;
	chain[1] = 200; /* longer than the packet */
	expect("sig",
	       SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 1, .dport = 53,
		    .ext_first = 60, .options = chain, .options_len = 72),
	       FB_DROP_MALFORMED);
}

static void ip_options_do_not_shift_the_ports(void)
{
	static const __u8 options[8] = { 7, 7, 4, 0, 0, 0, 0, 0 };

	use_policy("");
	struct rig_result r =
		expect("cam", SPEC(RTSP, .tcp = SYN, .options = options, .options_len = 8), FB_PASSED);

	CHECK(r.action == XDP_PASS, "options go the kernel's way, got %d", r.action);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 554, .dport = 23, .tcp = SYN,
		    .options = options, .options_len = 8),
	       FB_DROP_NO_ALLOW);
}

/* Every truncation of valid packets is dropped and counted once; nothing is read beyond. */
static void every_truncation_is_malformed(void)
{
	const struct frame_spec specs[] = {
		{ RTSP, .tcp = SYN, .payload = 20, .dmac = RIG_MAC },
		{ .src = "10.20.0.5",
		  .dst = "10.30.0.10",
		  .sport = 7,
		  .dport = 9001,
		  .payload = 30,
		  .dmac = RIG_MAC },
		{ .src = "2001:db8:20::5",
		  .dst = "2001:db8:20::1",
		  .sport = 7,
		  .dport = 123,
		  .payload = 10,
		  .dmac = RIG_MAC },
		{ .src = "10.20.0.5",
		  .dst = "10.20.0.1",
		  .proto = 1,
		  .icmp_type = 8,
		  .icmp_id = 5,
		  .payload = 10,
		  .dmac = RIG_MAC },
	};

	use_policy("");
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct frame f;

		frame_build(&f, &specs[i]);
		for (size_t len = f.len - 1; len >= 14; len--) {
			struct frame cut = f;

			cut.len = len;
			struct rig_result r = rig_xdp(&rig, "cam", &cut);

			CHECK(r.action == XDP_DROP && r.counters == 1 && r.reason == FB_DROP_MALFORMED,
			      "case %zu, %zu of %zu bytes: %s", i, len, f.len, rig_reason_name(r.reason));
		}
	}
	CHECK(rig_flow_count(&rig) == 0, "a truncated packet made a flow");
}

static void contradicting_lengths_are_malformed(void)
{
	struct frame f;

	use_policy("");
	frame_build(&f, SPEC(.dmac = RIG_MAC, RTSP, .tcp = SYN, .payload = 10));
	f.b[14] = 0x44; /* IHL 4 */
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_MALFORMED, "IHL 4");
	frame_build(&f, SPEC(.dmac = RIG_MAC, RTSP, .tcp = SYN, .payload = 10));
	f.b[14 + 2] = 0; /* total length 20: no room for TCP */
	f.b[14 + 3] = 20;
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_MALFORMED, "total length");
	frame_build(&f, SPEC(.dmac = RIG_MAC, RTSP, .tcp = SYN, .payload = 10));
	f.b[14 + 20 + 12] = 0xf0; /* data offset 60 */
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_MALFORMED, "data offset");
	frame_build(&f, SPEC(.dmac = RIG_MAC, .src = "10.20.0.5", .dst = "10.30.0.10", .dport = 9001,
			     .payload = 10));
	f.b[14 + 20 + 5] = 200; /* UDP length beyond the packet */
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_MALFORMED, "UDP length");
	frame_build(&f, SPEC(.dmac = RIG_MAC, RTSP, .tcp = SYN, .smac = "03:00:00:00:00:01"));
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_MALFORMED, "multicast source MAC");
}

static void s2_unowned_and_special_destinations(void)
{
	use_policy("");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "127.0.0.1", .dport = 123), FB_DROP_NO_ZONE);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "240.1.1.1", .dport = 123), FB_DROP_NO_ZONE);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "169.254.1.1", .dport = 123), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.255.255", .dport = 123), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "2001:db8:20::5", .dst = "fe80::77", .dport = 123), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "239.1.2.3", .dport = 123), FB_DROP_NO_ALLOW);
	expect("cam",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "10.20.0.5", .dst = "255.255.255.255", .dport = 9),
	       FB_DROP_NO_ALLOW);
}

static void s13_unspecified_and_link_local_speak_to_self_only(void)
{
	use_policy("");
	expect("cam",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "0.0.0.0", .dst = "255.255.255.255", .sport = 68,
		    .dport = 67),
	       FB_PASSED);
	expect("sig",
	       SPEC(.dmac = "ff:ff:ff:ff:ff:ff", .src = "0.0.0.0", .dst = "255.255.255.255", .sport = 68,
		    .dport = 67),
	       FB_DROP_NO_ALLOW);
	expect("cam", SPEC(.src = "0.0.0.0", .dst = "10.30.0.10", .dport = 9001), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "fe80::5", .dst = "2001:db8::1", .dport = 443, .tcp = SYN), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "fe80::5", .dst = "fe80::fe", .sport = 9, .dport = 123), FB_PASSED);
	expect("sig", SPEC(.src = "fe80::5", .dst = "fe80::fe", .sport = 9, .dport = 123), FB_DROP_NO_ALLOW);
}

static void s20_strong_host_model(void)
{
	use_policy("");
	struct rig_result r = expect(
		"cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 123), FB_PASSED);

	CHECK(r.action == XDP_PASS && r.dst_zone == FB_ZONE_SELF, "to self");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.0.1", .sport = 5, .dport = 123),
	       FB_DROP_NO_ALLOW);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 22, .tcp = SYN),
	       FB_DROP_NO_ALLOW);
}

static void s21_what_the_gateway_sends_needs_a_line(void)
{
	use_policy("");
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 1000, .dport = 514),
		   FB_PASSED);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 514, .dport = 1000), FB_PASSED);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 1000, .dport = 123),
		   FB_DROP_NO_ALLOW);
	expect_out("sig", SPEC(.src = "10.10.0.1", .dst = "10.10.0.5", .sport = 1000, .dport = 514),
		   FB_DROP_NO_ALLOW);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.10.0.5", .sport = 1000, .dport = 514),
		   FB_DROP_ROUTE_MISMATCH);
}

static void other_protocols_pass_by_name_only(void)
{
	use_policy("");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "203.0.113.9", .proto = 47, .payload = 20), FB_PASSED);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "203.0.113.9", .proto = 50, .payload = 20),
	       FB_DROP_NO_ALLOW);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "203.0.113.9", .proto = 132, .sport = 9, .dport = 2905,
		    .payload = 20),
	       FB_PASSED);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "203.0.113.9", .proto = 132, .sport = 9, .dport = 2906,
		    .payload = 20),
	       FB_DROP_NO_ALLOW);
}

static void arp(const char *zone, int op, const char *spa, const char *tpa, enum fb_reason reason)
{
	struct frame f;

	frame_arp(&f, "ff:ff:ff:ff:ff:ff", RIG_HOST_MAC, op, spa, tpa);
	struct rig_result r = rig_xdp(&rig, zone, &f);

	CHECK(r.reason == reason && r.counters == 1, "%s asks %s: %s", spa, tpa, rig_reason_name(r.reason));
}

static void s24_arp_between_a_zone_and_the_gateway(void)
{
	use_policy("");
	arp("cam", 1, "10.20.0.5", "10.20.0.1", FB_PASSED);
	arp("cam", 2, "10.20.0.5", "10.20.0.1", FB_PASSED);
	arp("cam", 1, "0.0.0.0", "10.20.0.9", FB_PASSED);
	arp("cam", 1, "10.20.0.1", "10.20.0.1", FB_DROP_BINDING);
	arp("cam", 2, "10.20.0.1", "10.20.0.5", FB_DROP_BINDING);
	arp("cam", 2, "10.10.0.5", "10.20.0.1", FB_DROP_BINDING);
	arp("cam", 2, "10.30.0.10", "10.20.0.1", FB_DROP_BINDING);
	arp("cam", 1, "10.20.0.5", "10.10.0.1", FB_DROP_NO_ALLOW);
}

static void nd(const char *zone, const char *src, const char *dst, int type, const char *target,
	       enum fb_reason reason)
{
	const char *dmac = strncmp(dst, "ff02", 4) == 0 ? "33:33:00:00:00:01" : RIG_MAC;
	struct frame f;

	frame_nd(&f, dmac, RIG_HOST_MAC, src, dst, type, target);
	struct rig_result r = rig_xdp(&rig, zone, &f);

	CHECK(r.reason == reason && r.counters == 1, "%s -> %s type %d about %s: %s", src, dst, type, target,
	      rig_reason_name(r.reason));
}

static void s24_neighbour_discovery_between_a_zone_and_the_gateway(void)
{
	use_policy("");
	nd("cam", "fe80::5", "ff02::1:ff00:1", 135, "2001:db8:20::1", FB_PASSED);
	nd("cam", "::", "ff02::1:ff00:5", 135, "2001:db8:20::5", FB_PASSED);
	nd("cam", "::", "ff02::1:ff00:1", 135, "2001:db8:20::1", FB_DROP_BINDING);
	nd("cam", "::", "ff02::1:ff00:fe", 135, "fe80::fe", FB_DROP_BINDING);
	nd("cam", "::", "ff02::1:ff00:5", 135, "2001:db8:10::5", FB_DROP_BINDING);
	nd("cam", "2001:db8:20::5", "2001:db8:20::1", 136, "2001:db8:20::5", FB_PASSED);
	nd("cam", "fe80::5", "fe80::fe", 136, "fe80::5", FB_PASSED);
	nd("cam", "2001:db8:20::5", "2001:db8:20::1", 136, "2001:db8:10::5", FB_DROP_BINDING);
	nd("cam", "2001:db8:20::5", "ff02::1", 136, "2001:db8:20::1", FB_DROP_BINDING);
	nd("cam", "2001:db8:10::5", "2001:db8:20::1", 136, "2001:db8:10::5", FB_DROP_SPOOF);
	nd("cam", "fe80::5", "2001:db8:10::5", 135, "2001:db8:10::5", FB_DROP_SCOPE);
	nd("cam", "fe80::5", "ff02::1", 134, "2001:db8:20::5",
	   FB_DROP_NO_ALLOW); /* a router advertisement from a zone */
}

void claims_zone(void)
{
	RUN_CASE(denies_what_no_line_allows);
	RUN_CASE(never_stops_before_allow_and_is_counted_as_never);
	RUN_CASE(spoofed_sources_are_spoof);
	RUN_CASE(a_source_that_is_its_own_destination_is_spoof);
	RUN_CASE(the_roles_cannot_be_written_into_a_packet);
	RUN_CASE(s5_frames_outside_of_interface_and_vlan_are_no_zone);
	RUN_CASE(a_frame_for_another_mac_is_not_routed);
	RUN_CASE(s22_the_mac_of_a_virtual_address_is_the_gateways_on_its_port_only);
	RUN_CASE(other_ethertypes_are_l2_protocol);
	RUN_CASE(fragments_without_a_first_drop_as_fragment);
	RUN_CASE(extension_headers_are_walked_and_bounded);
	RUN_CASE(ip_options_do_not_shift_the_ports);
	RUN_CASE(every_truncation_is_malformed);
	RUN_CASE(contradicting_lengths_are_malformed);
	RUN_CASE(s2_unowned_and_special_destinations);
	RUN_CASE(s13_unspecified_and_link_local_speak_to_self_only);
	RUN_CASE(s20_strong_host_model);
	RUN_CASE(s21_what_the_gateway_sends_needs_a_line);
	RUN_CASE(other_protocols_pass_by_name_only);
	RUN_CASE(s24_arp_between_a_zone_and_the_gateway);
	RUN_CASE(s24_neighbour_discovery_between_a_zone_and_the_gateway);
}

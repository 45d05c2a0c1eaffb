// SPDX-License-Identifier: GPL-2.0-only
/* Isolation and quarantine: before every verdict of the policy, for live flows with their next packet. */
#include "claims.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

#define HELD   "02:00:00:00:00:99" /* the MAC address that is in quarantine */
#define BESIDE "02:00:00:00:00:06"

static void arp(const char *spa, const char *tpa, enum fb_reason reason)
{
	struct frame f;

	frame_arp(&f, "ff:ff:ff:ff:ff:ff", RIG_HOST_MAC, 1, spa, tpa);
	struct rig_result r = rig_xdp(&rig, "cam", &f);

	CHECK(r.counters == 1 && r.reason == reason, "%s for ARP from %s", rig_reason_name(r.reason), spa);
}

static void cut(const char *a, const char *b, bool on)
{
	unsigned int za = rig_zone(&rig, a), zb = rig_zone(&rig, b);

	rig.switches->cut[za] = on ? 1ull << zb : 0;
	rig.switches->cut[zb] = on ? 1ull << za : 0;
}

static void quarantine(const __u8 address[4], __u32 length, bool on)
{
	struct fb_quarantine_key key = { .prefixlen = 32 + length, .family = 4 };
	int fd = bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_quarantine"));
	__u32 value = 1;

	memcpy(key.address, address, 4);
	if (on)
		bpf_map_update_elem(fd, &key, &value, 0);
	else
		bpf_map_delete_elem(fd, &key);
	rig.switches->quarantines = on;
}

static void isolation_ends_a_live_flow_with_its_next_packet_both_ways(void)
{
	use_policy("");
	handshake();
	cut("cam", "vid", true);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_ISOLATED);
	CHECK(rig_flow_count(&rig) == 0, "%zu flows", rig_flow_count(&rig));
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_ISOLATED);
	expect("cam", SPEC(RTSP, .tcp = SYN), FB_DROP_ISOLATED);
	cut("cam", "vid", false);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_TCP_STATE);
	handshake();
}

static void isolation_goes_before_never_and_no_allow(void)
{
	use_policy("");
	cut("cam", "sig", true);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.0.5", .sport = 9, .dport = 9), FB_DROP_ISOLATED);
	cut("cam", "sig", false);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.0.5", .sport = 9, .dport = 9), FB_DROP_NEVER);
}

/* S27: what no policy could allow is said to be that, cut or not. */
static void isolation_goes_after_hygiene(void)
{
	use_policy("");
	cut("cam", "sig", true);
	expect("cam", SPEC(.src = "0.0.0.0", .dst = "10.10.0.5", .sport = 9, .dport = 9), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "169.254.1.1", .dst = "10.10.0.5", .sport = 9, .dport = 9), FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.10.255.255", .sport = 9, .dport = 9),
	       FB_DROP_SCOPE);
	expect("cam", SPEC(.src = "10.30.0.5", .dst = "10.10.0.5", .sport = 9, .dport = 9), FB_DROP_SPOOF);
	cut("cam", "sig", false);
}

static void isolation_leaves_the_other_pairs_alone(void)
{
	use_policy("");
	cut("cam", "sig", true);
	handshake();
	cut("cam", "sig", false);
}

static void a_zone_can_be_isolated_from_the_gateway_but_keeps_its_arp(void)
{
	use_policy("");
	cut("cam", "self", true);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 123),
	       FB_DROP_ISOLATED);
	arp("10.20.0.5", "10.20.0.1", FB_PASSED);
	cut("cam", "self", false);
}

/* The flow is of two zones that nothing cuts; who speaks of it is the gateway. */
static void isolated_from_the_gateway_no_errors_of_its_own_come_about_others_flows(void)
{
	static const __u8 camera[4] = { 10, 20, 0, 5 };
	const struct frame_spec sent = { RTSP, .tcp = SYN, .seq = 100 };
	struct frame f;

	use_policy("");
	expect("cam", &sent, FB_PASSED);
	build_error(&f, SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .icmp_type = 11), &sent);
	cut("cam", "self", true);
	CHECK(rig_tc_out(&rig, "cam", &f).reason == FB_DROP_ISOLATED, "time exceeded");
	quarantine(camera, 32, true);
	CHECK(rig_tc_out(&rig, "cam", &f).reason == FB_DROP_QUARANTINED, "in quarantine, too");
	quarantine(camera, 32, false);
	/* That flow goes on, and so does what the far side says of it. */
	build_error(&f, SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3), &sent);
	CHECK(rig_xdp(&rig, "vid", &f).reason == FB_PASSED, "unreachable, by the far side");
	expect("cam", &sent, FB_PASSED);
	cut("cam", "self", false);
	build_error(&f, SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .icmp_type = 11), &sent);
	CHECK(rig_tc_out(&rig, "cam", &f).reason == FB_PASSED, "released");
}

static void quarantine_cuts_an_address_both_ways_and_its_arp(void)
{
	static const __u8 camera[4] = { 10, 20, 0, 5 };

	use_policy("");
	handshake();
	quarantine(camera, 32, true);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_QUARANTINED);
	expect("cam", SPEC(RTSP, .tcp = SYN), FB_DROP_QUARANTINED);
	arp("10.20.0.5", "10.20.0.1", FB_DROP_QUARANTINED);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 123),
	       FB_DROP_QUARANTINED);
	expect("cam", SPEC(.src = "10.20.0.6", .dst = "10.20.0.1", .sport = 5, .dport = 123), FB_PASSED);
	quarantine(camera, 32, false);
	handshake();
}

static void quarantine_of_a_prefix_holds_for_all_in_it(void)
{
	static const __u8 net[4] = { 10, 20, 1, 0 };

	use_policy("");
	quarantine(net, 24, true);
	expect("cam", SPEC(.src = "10.20.1.78", .dst = "10.20.0.1", .sport = 5, .dport = 123),
	       FB_DROP_QUARANTINED);
	expect("cam", SPEC(.src = "10.20.2.77", .dst = "10.20.0.1", .sport = 5, .dport = 123), FB_PASSED);
	quarantine(net, 24, false);
}

static void a_spoofed_source_is_spoof_even_under_quarantine(void)
{
	static const __u8 camera[4] = { 10, 20, 0, 5 };

	use_policy("");
	quarantine(camera, 32, true);
	expect("sig", SPEC(.src = "10.20.0.5", .dst = "10.10.0.1", .sport = 5, .dport = 123), FB_DROP_SPOOF);
	quarantine(camera, 32, false);
}

static void what_the_gateway_sends_to_the_quarantined_stays_here(void)
{
	static const __u8 camera[4] = { 10, 20, 0, 5 };

	use_policy("firebreak self -> cam { allow self -> any udp/9 }\n");
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 9), FB_PASSED);
	quarantine(camera, 32, true);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 9),
		   FB_DROP_QUARANTINED);
	quarantine(camera, 32, false);
}

static void quarantine_cuts_what_neighbour_discovery_says_of_an_address(void)
{
	struct fb_quarantine_key key = { .prefixlen = 32 + 128,
					 .family = 6,
					 .address = { 0x20, 1, 0xd, 0xb8, 0, 0x20, [15] = 5 } };
	int fd = bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_quarantine"));
	__u32 value = 1;
	struct frame f;

	use_policy("");
	frame_nd(&f, RIG_MAC, RIG_HOST_MAC, "fe80::5", "fe80::fe", 136, "2001:db8:20::5");
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_PASSED, "an advertisement");
	bpf_map_update_elem(fd, &key, &value, 0);
	rig.switches->quarantines = 1;
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_QUARANTINED, "an advertisement of the quarantined");
	rig.switches->quarantines = 0;
	bpf_map_delete_elem(fd, &key);
}

/* Whom an error quotes is not who sends it. */
static void an_error_that_the_quarantined_sends_about_its_neighbours_flow_is_cut(void)
{
	static const __u8 beside[4] = { 10, 30, 0, 20 };
	struct rig_result r;
	struct frame f;

	use_policy("");
	handshake();
	build_error(&f,
		    SPEC(.vlan = 30, .src = "10.30.0.20", .dst = "10.20.0.5", .icmp_type = 3, .icmp_code = 4),
		    SPEC(RTSP, .tcp = ACK, .seq = 101));
	CHECK(rig_xdp(&rig, "vid", &f).reason == FB_PASSED, "a router's error");
	quarantine(beside, 32, true);
	r = rig_xdp(&rig, "vid", &f);
	CHECK(r.reason == FB_DROP_QUARANTINED && r.counters == 1, "%s", rig_reason_name(r.reason));
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	quarantine(beside, 32, false);
}

static const __u8 held[6] = { 2, 0, 0, 0, 0, 0x99 }, host[6] = { 2, 0, 0, 0, 1, 1 };

/* A MAC in quarantine, and cam with binding learn. */
static void hold_mac(const __u8 mac[6], bool on)
{
	struct fb_mac_key key = { 0 };
	int fd = bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_quarantine_mac"));
	__u32 value = 1;

	memcpy(key.mac, mac, 6);
	if (on)
		bpf_map_update_elem(fd, &key, &value, 0);
	else
		bpf_map_delete_elem(fd, &key);
	rig.switches->quarantined_macs = on;
	rig_zone_record(&rig, "cam")->flags |= FB_ZONE_F_LEARN;
}

/* In a frame from smac. */
static void arp_says(const char *smac, int op, const char *sha, const char *spa, enum fb_reason reason)
{
	struct frame sender, f;

	frame_arp(&sender, RIG_MAC, smac, op, spa, "10.20.0.1");
	frame_arp(&f, RIG_MAC, sha, op, spa, "10.20.0.1");
	memcpy(f.b + 6, sender.b + 6, 6);
	struct rig_result r = rig_xdp(&rig, "cam", &f);

	CHECK(r.counters == 1 && r.reason == reason, "%s: ARP %d from %s for %s at %s",
	      rig_reason_name(r.reason), op, smac, spa, sha);
}

static void a_quarantined_mac_speaks_for_no_address(void)
{
	struct frame f;

	use_policy("");
	hold_mac(held, true);
	for (int op = 1; op <= 2; op++) {
		arp_says(HELD, op, HELD, "10.20.0.66", FB_DROP_QUARANTINED);
		arp_says(HELD, op, HELD, "10.20.0.5", FB_DROP_QUARANTINED);
		arp_says(HELD, op, BESIDE, "10.20.0.6", FB_DROP_QUARANTINED);
		arp_says(BESIDE, op, HELD, "10.20.0.6", FB_DROP_QUARANTINED);
		arp_says(HELD, op, HELD, "10.20.0.1", FB_DROP_BINDING);
		arp_says(BESIDE, op, BESIDE, "10.20.0.6", FB_PASSED);
	}
	arp_says(HELD, 1, HELD, "0.0.0.0", FB_DROP_QUARANTINED);
	for (int type = 135; type <= 136; type++) {
		frame_nd(&f, RIG_MAC, HELD, "2001:db8:20::66", "2001:db8:20::1", type,
			 type == 136 ? "2001:db8:20::66" : "2001:db8:20::1");
		CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_QUARANTINED, "type %d", type);
	}
	expect("cam", SPEC(.smac = HELD, .src = "10.20.0.66", .dst = "10.20.0.1", .sport = 5, .dport = 123),
	       FB_DROP_QUARANTINED);
	expect("cam", SPEC(.smac = HELD, .src = "10.10.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 123),
	       FB_DROP_SPOOF);
	expect("cam",
	       SPEC(.smac = HELD, .src = "10.20.0.66", .dst = "10.30.0.10", .proto = 17, .payload = 8,
		    .frag = 4),
	       FB_DROP_QUARANTINED);
	expect("cam",
	       SPEC(.smac = HELD, .src = "10.10.0.5", .dst = "10.30.0.10", .proto = 17, .payload = 8,
		    .frag = 4),
	       FB_DROP_SPOOF);
	rig_zone_record(&rig, "cam")->ethertype[0] = 0x88cc;
	expect("cam", SPEC(.smac = HELD, .ethertype = 0x88cc, .payload = 46), FB_DROP_QUARANTINED);
	/* A zone without binding does not ask for MAC addresses. */
	rig_zone_record(&rig, "cam")->flags &= ~(__u32)FB_ZONE_F_LEARN;
	arp_says(HELD, 1, HELD, "10.20.0.66", FB_PASSED);
	hold_mac(held, false);
}

/* The same lines in another generation: every flow is asked for anew. */
static void apply_again(void)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s", rig_zones, policy_text);
	CHECK(rig_policy(&rig, text));
	rig_zone_record(&rig, "cam")->flags |= FB_ZONE_F_LEARN;
}

static void what_a_quarantined_mac_sends_ends_no_flow_of_its_neighbour(void)
{
	struct frame f;

	use_policy("");
	handshake();
	hold_mac(held, true);
	expect("cam", SPEC(.smac = HELD, RTSP, .tcp = ACK, .seq = 0x70000000, .ack = 1), FB_DROP_QUARANTINED);
	expect("cam", SPEC(.smac = HELD, RTSP, .tcp = RST, .seq = 101), FB_DROP_QUARANTINED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_PASSED);
	apply_again();
	expect("cam", SPEC(.smac = HELD, RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_QUARANTINED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	build_error(&f, SPEC(.smac = HELD, .src = "10.20.0.66", .dst = "10.30.0.10", .icmp_type = 3),
		    SPEC(RTSP_BACK, .tcp = ACK, .seq = 901));
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_QUARANTINED, "an error");
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_PASSED);
	hold_mac(held, false);
}

/* The neighbour of 10.20.0.5, which is not in quarantine, is. */
static void nothing_is_forwarded_to_a_quarantined_mac(void)
{
	static const __u8 nop[4] = { 1, 1, 1, 1 };
	const struct frame_spec back = { RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101 };
	const struct frame_spec ping = {
		.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .proto = 1, .icmp_type = 8
	};
	struct frame_spec odd = ping;

	use_policy("");
	handshake();
	hold_mac(host, true);
	expect("vid", &back, FB_DROP_QUARANTINED);
	expect("vid", &ping, FB_DROP_QUARANTINED);
	odd.options = nop;
	odd.options_len = sizeof(nop);
	expect("vid", &odd, FB_DROP_QUARANTINED);
	odd = ping;
	odd.payload = 24;
	odd.frag = 0x2000;
	expect("vid", &odd, FB_DROP_QUARANTINED);
	odd.frag = 4;
	expect("vid", &odd, FB_DROP_QUARANTINED);
	expect("sig", SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 7, .dport = 53),
	       FB_DROP_QUARANTINED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	/* The kernel still hears of its neighbour, and finds whoever has the address now; its way out asks again. */
	rig_clock(&rig, 1010, 1900000010);
	CHECK(expect("vid", &back, FB_PASSED).action == XDP_PASS);
	expect("vid", &back, FB_DROP_QUARANTINED);
	rig_clock(&rig, 1000, 1900000000);
	rig_zone_record(&rig, "cam")->flags &= ~(__u32)FB_ZONE_F_LEARN;
	expect("vid", &back, FB_PASSED);
	hold_mac(host, false);
	expect("vid", &back, FB_PASSED);
}

static void the_gateway_sends_nothing_to_a_quarantined_mac(void)
{
	const struct frame_spec log = { .src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 514 };
	struct frame_spec s = log;
	struct frame f;

	use_policy("");
	expect_out("cam", &log, FB_PASSED);
	hold_mac(held, true);
	s.dmac = HELD;
	expect_out("cam", &s, FB_DROP_QUARANTINED);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
	expect_out("cam", &log, FB_PASSED);
	for (int op = 1; op <= 2; op++) {
		frame_arp(&f, HELD, RIG_MAC, op, "10.20.0.1", "10.20.0.66");
		CHECK(rig_tc_out(&rig, "cam", &f).reason == FB_DROP_QUARANTINED, "ARP %d", op);
	}
	frame_arp(&f, "ff:ff:ff:ff:ff:ff", RIG_MAC, 1, "10.20.0.1", "10.20.0.66");
	CHECK(rig_tc_out(&rig, "cam", &f).reason == FB_PASSED, "a question to all");
	frame_nd(&f, HELD, RIG_MAC, "2001:db8:20::1", "2001:db8:20::66", 136, "2001:db8:20::1");
	CHECK(rig_tc_out(&rig, "cam", &f).reason == FB_DROP_QUARANTINED, "an advertisement");
	rig_zone_record(&rig, "cam")->ethertype[0] = 0x88cc;
	expect_out("cam", SPEC(.dmac = HELD, .ethertype = 0x88cc, .payload = 46), FB_DROP_QUARANTINED);
	hold_mac(held, false);
}

void claims_switch(void)
{
	RUN_CASE(isolation_ends_a_live_flow_with_its_next_packet_both_ways);
	RUN_CASE(isolation_goes_before_never_and_no_allow);
	RUN_CASE(isolation_goes_after_hygiene);
	RUN_CASE(isolation_leaves_the_other_pairs_alone);
	RUN_CASE(a_zone_can_be_isolated_from_the_gateway_but_keeps_its_arp);
	RUN_CASE(isolated_from_the_gateway_no_errors_of_its_own_come_about_others_flows);
	RUN_CASE(quarantine_cuts_an_address_both_ways_and_its_arp);
	RUN_CASE(quarantine_of_a_prefix_holds_for_all_in_it);
	RUN_CASE(a_spoofed_source_is_spoof_even_under_quarantine);
	RUN_CASE(what_the_gateway_sends_to_the_quarantined_stays_here);
	RUN_CASE(quarantine_cuts_what_neighbour_discovery_says_of_an_address);
	RUN_CASE(an_error_that_the_quarantined_sends_about_its_neighbours_flow_is_cut);
	RUN_CASE(a_quarantined_mac_speaks_for_no_address);
	RUN_CASE(what_a_quarantined_mac_sends_ends_no_flow_of_its_neighbour);
	RUN_CASE(nothing_is_forwarded_to_a_quarantined_mac);
	RUN_CASE(the_gateway_sends_nothing_to_a_quarantined_mac);
}

// SPDX-License-Identifier: GPL-2.0-only
/* What leaves: rewritten, redirected, or left to the kernel. */
#include "claims.h"

static void forwards_with_new_macs_ttl_checksum_and_tag(void)
{
	use_policy("");
	struct rig_result r = expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 1), FB_PASSED);
	static const __u8 head[18] = { 2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0xfe, 0x81, 0, 0, 30, 8, 0 };

	CHECK(r.action == XDP_REDIRECT, "action %d", r.action);
	CHECK(r.out_len == 14 + 40 + 4, "%zu bytes", r.out_len);
	CHECK(memcmp(r.out, head, 18) == 0, "header %02x..", r.out[0]);
	CHECK(r.out[18 + 8] == 63, "ttl %u", r.out[26]);
	CHECK(frame_ip4_sum_ok(r.out, 18), "checksum");
	r = expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 5, .ack = 2), FB_PASSED);
	CHECK(r.action == XDP_REDIRECT && r.out_len == 54, "untagged: %d, %zu bytes", r.action, r.out_len);
	CHECK(r.out[12] == 8 && r.out[13] == 0 && r.out[14 + 8] == 63 && frame_ip4_sum_ok(r.out, 14),
	      "rewritten");
}

static void checksum_is_right_for_every_ttl_and_identification(void)
{
	use_policy("");
	for (int i = 0; i < 2000; i++) {
		struct frame_spec s = { RTSP, .tcp = SYN, .ttl = (__u8)(2 + i % 254), .dmac = RIG_MAC };
		struct frame f;
		__u16 sum = 0;

		s.sport = (__u16)(1000 + i);
		frame_build(&f, &s);
		f.b[18] = (__u8)(i >> 3); /* identification: walks the checksum through all carries */
		f.b[19] = (__u8)(i * 37);
		f.b[24] = f.b[25] = 0;
		__u32 x = 0;
		for (int k = 14; k < 34; k += 2)
			x += (__u32)(f.b[k] << 8 | f.b[k + 1]);
		while (x >> 16)
			x = (x & 0xffff) + (x >> 16);
		sum = (__u16)~x;
		f.b[24] = (__u8)(sum >> 8);
		f.b[25] = (__u8)sum;
		struct rig_result r = rig_xdp(&rig, "cam", &f);

		CHECK(r.action == XDP_REDIRECT && frame_ip4_sum_ok(r.out, 18), "ttl %u id %d: action %d",
		      s.ttl, i, r.action);
		if (cases.broken)
			return;
	}
}

static void padding_behind_a_packet_is_fine(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .pad = 6), FB_PASSED);
}

/* By the whole path and by the shortest; from a tag to none and the other way. */
static void what_lies_behind_a_packet_does_not_leave_with_it(void)
{
	struct rig_result r;

	use_policy("");
	for (int i = 0; i < 3; i++) {
		r = expect("cam",
			   SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 9001,
				.payload = 100, .pad = 1000),
			   FB_PASSED);
		CHECK(r.action == XDP_REDIRECT && r.out_len == 18 + 128, "%zu bytes", r.out_len);
		r = expect("cam",
			   SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 9001,
				.payload = 5, .pad = 1000),
			   FB_PASSED);
		CHECK(r.action == XDP_REDIRECT && r.out_len == 64, "%zu bytes", r.out_len);
		r = expect("vid",
			   SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 9001,
				.dport = 7, .payload = 5, .pad = 1000),
			   FB_PASSED);
		CHECK(r.action == XDP_REDIRECT && r.out_len == 60, "%zu bytes", r.out_len);
		r = expect("sig",
			   SPEC(.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 7, .dport = 53,
				.payload = 5, .pad = 7),
			   FB_PASSED);
		CHECK(r.action == XDP_REDIRECT && r.out_len == 14 + 53, "%zu bytes", r.out_len);
	}
}

static void a_trailer_longer_than_the_way_out_is_cut_off(void)
{
	use_policy("");
	CHECK(system("ip link set v-vid mtu 600") == 0, "mtu");
	rig.runtime->route_epoch++;
	struct rig_result r = expect("cam", SPEC(RTSP, .tcp = SYN, .pad = 700), FB_PASSED);

	CHECK(r.action == XDP_REDIRECT && r.out_len == 64, "action %d, %zu bytes", r.action, r.out_len);
	CHECK(system("ip link set v-vid mtu 1500") == 0, "mtu");
	rig.runtime->route_epoch++;
}

static void passes_to_the_kernel_carry_a_token(void)
{
	use_policy("");
	struct rig_result r = expect(
		"cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 123), FB_PASSED);
	struct fb_token token;

	memcpy(&token, r.out, sizeof(token));
	CHECK(token.magic == FB_TOKEN_MAGIC && token.zone == FB_ZONE_SELF && token.cls == FB_TOKEN_SELF &&
		      !token.tagged,
	      "token %x", token.magic);
}

static void a_used_up_hop_limit_is_the_kernels_to_answer(void)
{
	use_policy("");
	struct rig_result r = expect("cam", SPEC(RTSP, .tcp = SYN, .ttl = 1), FB_PASSED);

	CHECK(r.action == XDP_PASS, "action %d", r.action);
	r = expect("cam",
		   SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 3, .dport = 554, .tcp = SYN,
			.ttl = 2),
		   FB_PASSED);
	CHECK(r.action == XDP_REDIRECT, "action %d", r.action);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 3, .dport = 22, .tcp = SYN, .ttl = 1),
	       FB_DROP_NO_ALLOW);
}

static void a_destination_without_neighbour_goes_to_the_kernel(void)
{
	use_policy("firebreak vid -> sig { allow any -> any tcp/80 }\n");
	struct rig_result r = expect(
		"vid", SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.10.3.3", .dport = 80, .tcp = SYN),
		FB_PASSED);
	struct fb_token token;

	memcpy(&token, r.out, sizeof(token));
	CHECK(r.action == XDP_PASS && token.cls == FB_TOKEN_FORWARD && token.zone == rig_zone(&rig, "sig") &&
		      token.tagged,
	      "action %d", r.action);
}

static void larger_than_the_way_out_goes_to_the_kernel(void)
{
	use_policy("");
	CHECK(system("ip link set v-vid mtu 600") == 0, "mtu");
	rig.runtime->route_epoch++;
	struct rig_result r = expect("cam", SPEC(RTSP, .tcp = SYN, .payload = 700), FB_PASSED);

	CHECK(r.action == XDP_PASS, "action %d", r.action);
	r = expect("cam",
		   SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 41000, .dport = 554, .tcp = SYN,
			.payload = 500),
		   FB_PASSED);
	CHECK(r.action == XDP_REDIRECT, "action %d", r.action);
	CHECK(system("ip link set v-vid mtu 1500") == 0, "mtu");
	rig.runtime->route_epoch++;
}

static void a_route_into_another_zone_is_route_mismatch(void)
{
	use_policy("");
	CHECK(system("ip route add 10.30.0.10/32 dev v-sig") == 0, "route");
	rig.runtime->route_epoch++;
	expect("cam", SPEC(RTSP, .tcp = SYN), FB_DROP_ROUTE_MISMATCH);
	CHECK(system("ip route del 10.30.0.10/32 dev v-sig") == 0, "route");
	rig.runtime->route_epoch++;
	expect("cam", SPEC(RTSP, .tcp = SYN), FB_PASSED);
}

static void a_moved_neighbour_is_found_within_a_tick(void)
{
	use_policy("");
	struct rig_result r = expect("cam", SPEC(RTSP, .tcp = SYN), FB_PASSED);

	CHECK(system("ip neigh replace 10.30.0.10 lladdr 02:00:00:00:02:02 dev v-vid nud permanent") == 0,
	      "neigh");
	r = expect("cam", SPEC(RTSP, .tcp = SYN), FB_PASSED);
	CHECK(r.out[5] == 1, "same tick: cached");
	rig_clock(&rig, 4000, 1900000000);
	r = expect("cam", SPEC(RTSP, .tcp = SYN), FB_PASSED);
	CHECK(r.out[4] == 2 && r.out[5] == 2, "new MAC after a tick, got ..:%02x:%02x", r.out[4], r.out[5]);
	rig_clock(&rig, 4020, 1900000000);
	r = expect("cam", SPEC(RTSP, .tcp = SYN), FB_PASSED);
	CHECK(r.action == XDP_PASS, "after ten seconds one packet goes the kernel's way, got %d", r.action);
	r = expect("cam", SPEC(RTSP, .tcp = SYN), FB_PASSED);
	CHECK(r.action == XDP_REDIRECT, "and only one, got %d", r.action);
	CHECK(system("ip neigh replace 10.30.0.10 lladdr " RIG_HOST_MAC " dev v-vid nud permanent") == 0,
	      "neigh");
	rig.runtime->route_epoch++;
}

void claims_forward(void)
{
	RUN_CASE(forwards_with_new_macs_ttl_checksum_and_tag);
	RUN_CASE(checksum_is_right_for_every_ttl_and_identification);
	RUN_CASE(padding_behind_a_packet_is_fine);
	RUN_CASE(what_lies_behind_a_packet_does_not_leave_with_it);
	RUN_CASE(a_trailer_longer_than_the_way_out_is_cut_off);
	RUN_CASE(passes_to_the_kernel_carry_a_token);
	RUN_CASE(a_used_up_hop_limit_is_the_kernels_to_answer);
	RUN_CASE(a_destination_without_neighbour_goes_to_the_kernel);
	RUN_CASE(larger_than_the_way_out_goes_to_the_kernel);
	RUN_CASE(a_route_into_another_zone_is_route_mismatch);
	RUN_CASE(a_moved_neighbour_is_found_within_a_tick);
}

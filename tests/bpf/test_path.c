// SPDX-License-Identifier: GPL-2.0-only
/* The path of a packet through the real programs: every stage, every reason that this version can give, the bytes after forwarding. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "rig.h"

struct cases cases;
static struct rig rig;

enum { SYN = 2, ACK = 16, RST = 4, FIN = 1, PSH = 8 };

static const char policy_text[] =
	"device nvr in vid { ip 10.30.0.10 }\n"
	"firebreak cam -> vid { allow any -> nvr tcp/554, udp/9000-9100  id stream }\n"
	"firebreak vid -> cam { allow nvr -> any tcp/80, icmp/echo-request  id fetch }\n"
	"firebreak cam -> net { allow 2001:db8:20::/64 -> any tcp/443  id six\n allow 10.20.7.0/24 -> any "
	"tcp/8443  until 2035-01-01  id dated\n"
	" allow 10.20.0.0/24 -> any sctp/2905, ip/47 id others }\n"
	"firebreak sig -> cam { allow 2001:db8:10::/64 -> any udp/53, icmpv6/echo-request }\n"
	"firebreak cam -> self { allow any -> self udp/123, icmp/echo-request, icmpv6/echo-request  id "
	"clock\n allow any -> self udp/67 source-port 68 }\n"
	"firebreak self -> cam { allow self -> any udp/514  id syslog }\n"
	"firebreak sig -> vid { mode observe until 2034-01-01\n allow 10.10.0.0/16 -> nvr tcp/443 id watched "
	"}\n"
	"never cam -> sig\n"
	"never sig -> vid tcp/23\n";

static void use_policy(const char *more)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s%s", rig_zones, policy_text, more);
	if (!rig_policy(&rig, text))
		cases.broken++;
	rig_flush_flows(&rig);
}

/* Every frame moves exactly one counter: of this pair, under this reason. */
static struct rig_result expect(const char *zone, const struct frame_spec *spec, enum fb_reason reason)
{
	struct frame_spec s = *spec;
	struct frame f;

	if (!s.dmac)
		s.dmac = RIG_MAC;
	frame_build(&f, &s);
	struct rig_result r = rig_xdp(&rig, zone, &f);

	CHECK(r.reason == reason, "%s -> %s: expected %s, got %s", s.src ? s.src : "-", s.dst ? s.dst : "-",
	      rig_reason_name(reason), rig_reason_name(r.reason));
	CHECK(r.counters == 1, "%u counters moved", r.counters);
	CHECK((r.action == XDP_DROP) == (reason != FB_PASSED), "action %d", r.action);
	return r;
}

static struct rig_result expect_out(const char *zone, const struct frame_spec *spec, enum fb_reason reason)
{
	struct frame f;

	frame_build(&f, spec);
	struct rig_result r = rig_tc_out(&rig, zone, &f);

	CHECK(r.reason == reason, "%s -> %s: expected %s, got %s", spec->src, spec->dst,
	      rig_reason_name(reason), rig_reason_name(r.reason));
	CHECK(r.counters == 1, "%u counters moved", r.counters);
	CHECK((r.action == TC_ACT_SHOT) == (reason != FB_PASSED), "action %d", r.action);
	return r;
}

#define SPEC(...) (&(struct frame_spec){ __VA_ARGS__ })
#define RTSP	  .src = "10.20.0.5", .dst = "10.30.0.10", .sport = 40000, .dport = 554
#define RTSP_BACK .vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 554, .dport = 40000

static void handshake(void)
{
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

static void passes_an_allowed_connection_both_ways(void)
{
	use_policy("");
	handshake();
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK | PSH, .seq = 901, .ack = 101, .payload = 100), FB_PASSED);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
}

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

static void fragments_drop_as_fragment(void)
{
	static const __u8 frag_header[8] = { 17, 0, 0, 1, 0, 0, 0, 1 };

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

static void padding_behind_a_packet_is_fine(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .pad = 6), FB_PASSED);
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

static void answers_of_the_gateway_follow_the_flow(void)
{
	use_policy("");
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 5, .dport = 123), FB_PASSED);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 123, .dport = 5), FB_PASSED);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.6", .sport = 123, .dport = 5),
		   FB_DROP_NO_ALLOW);
}

static void ping_is_request_and_reply_and_nothing_else(void)
{
	use_policy("");
	expect("vid",
	       SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .proto = 1, .icmp_type = 8,
		    .icmp_id = 77),
	       FB_PASSED);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .proto = 1, .icmp_type = 0, .icmp_id = 77),
	       FB_PASSED);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .proto = 1, .icmp_type = 0, .icmp_id = 78),
	       FB_DROP_NO_ALLOW);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .proto = 1, .icmp_type = 8, .icmp_id = 77),
	       FB_DROP_NO_ALLOW);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .proto = 1, .icmp_type = 3, .icmp_id = 77),
	       FB_DROP_ICMP_UNRELATED);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .proto = 1, .icmp_type = 5, .icmp_code = 1),
	       FB_DROP_ICMP_UNRELATED);
}

/* An ICMP error of this type that quotes the packet of inner. */
static void build_error(struct frame *f, const struct frame_spec *outer, const struct frame_spec *inner)
{
	struct frame_spec s = *outer;
	struct frame quoted;
	size_t l3 = 14, v6 = strchr(inner->src, ':') != NULL;

	frame_build(&quoted, inner);
	s.proto = v6 ? 58 : 1;
	s.payload = quoted.len - l3 < 100 ? quoted.len - l3 : 100;
	if (!s.dmac)
		s.dmac = RIG_MAC;
	frame_build(f, &s);
	memcpy(f->b + f->len - s.payload, quoted.b + l3, s.payload);
}

static void expect_error(const char *zone, const struct frame_spec *outer, const struct frame_spec *inner,
			 enum fb_reason reason)
{
	struct frame f;

	build_error(&f, outer, inner);
	struct rig_result r = rig_xdp(&rig, zone, &f);

	CHECK(r.reason == reason && r.counters == 1, "%s -> %s quoting %s -> %s: expected %s, got %s",
	      outer->src, outer->dst, inner->src, inner->dst, rig_reason_name(reason),
	      rig_reason_name(r.reason));
}

static void icmp_errors_pass_only_for_a_live_flow_and_from_its_far_side(void)
{
	const struct frame_spec sent = { RTSP, .tcp = SYN, .seq = 100 };
	const struct frame_spec other = {
		.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 40001, .dport = 554, .tcp = SYN
	};
	struct frame_spec unreachable = {
		.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3, .icmp_code = 1
	};

	use_policy("");
	expect_error("vid", &unreachable, &sent, FB_DROP_ICMP_UNRELATED);
	expect("cam", &sent, FB_PASSED);
	expect_error("vid", &unreachable, &sent, FB_PASSED);
	expect_error("vid", &unreachable, &other, FB_DROP_ICMP_UNRELATED);
	unreachable.src = "10.30.0.20"; /* a router on the far side */
	unreachable.icmp_type = 11;
	expect_error("vid", &unreachable, &sent, FB_PASSED);
	unreachable.dst = "10.20.0.6"; /* not who sent it */
	expect_error("vid", &unreachable, &sent, FB_DROP_ICMP_UNRELATED);
	unreachable.dst = "10.20.0.5";
	unreachable.icmp_type = 5; /* redirect */
	expect_error("vid", &unreachable, &sent, FB_DROP_ICMP_UNRELATED);
	expect_error("sig", SPEC(.src = "10.10.0.5", .dst = "10.20.0.5", .icmp_type = 3), &sent,
		     FB_DROP_ICMP_UNRELATED);
	expect_error("sig", SPEC(.src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3), &sent,
		     FB_DROP_SPOOF);
	/* From the initiator's own side: only about what the other end sent. */
	expect_error("cam", SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .icmp_type = 3, .icmp_code = 3),
		     &sent, FB_DROP_ICMP_UNRELATED);
	expect_error("cam", SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .icmp_type = 3, .icmp_code = 3),
		     SPEC(.src = "10.30.0.10", .dst = "10.20.0.5", .sport = 554, .dport = 40000,
			  .tcp = SYN | ACK),
		     FB_PASSED);
	CHECK(rig_flow_count(&rig) == 1, "an error made a flow");
}

static void icmpv6_errors_follow_the_same_rule(void)
{
	const struct frame_spec sent = {
		.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 7, .dport = 53
	};

	use_policy("");
	expect("sig", &sent, FB_PASSED);
	expect_error("cam", SPEC(.src = "2001:db8:20::9", .dst = "2001:db8:10::5", .icmp_type = 2), &sent,
		     FB_PASSED);
	expect_error("cam", SPEC(.src = "2001:db8:20::9", .dst = "2001:db8:10::5", .icmp_type = 137), &sent,
		     FB_DROP_NEVER);
	expect_error("cam", SPEC(.src = "2001:db8:20::9", .dst = "2001:db8:10::6", .icmp_type = 2), &sent,
		     FB_DROP_ICMP_UNRELATED);
}

static void the_quoted_header_is_never_rewritten(void)
{
	const struct frame_spec sent = { RTSP, .tcp = SYN, .seq = 100 };
	struct frame f;

	use_policy("");
	expect("cam", &sent, FB_PASSED);
	build_error(&f,
		    SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3, .icmp_code = 1),
		    &sent);
	struct rig_result r = rig_xdp(&rig, "vid", &f);

	CHECK(r.action == XDP_REDIRECT && r.out_len == f.len - 4, "action %d", r.action);
	CHECK(memcmp(r.out + 14 + 20, f.b + 18 + 20, f.len - 38) == 0, "the ICMP message changed");
}

static void errors_that_the_gateway_makes_pass_for_a_live_flow(void)
{
	const struct frame_spec sent = { RTSP, .tcp = SYN, .seq = 100 };
	struct frame f;

	use_policy("");
	build_error(&f, SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .icmp_type = 11), &sent);
	struct rig_result r = rig_tc_out(&rig, "cam", &f);

	CHECK(r.reason == FB_DROP_ICMP_UNRELATED && r.action == TC_ACT_SHOT, "no flow: %s",
	      rig_reason_name(r.reason));
	expect("cam", &sent, FB_PASSED);
	r = rig_tc_out(&rig, "cam", &f);
	CHECK(r.reason == FB_PASSED && r.action != TC_ACT_SHOT && r.src_zone == FB_ZONE_SELF, "live flow: %s",
	      rig_reason_name(r.reason));
	r = rig_tc_out(&rig, "sig", &f);
	CHECK(r.reason == FB_DROP_ICMP_UNRELATED, "into another zone: %s", rig_reason_name(r.reason));
}

static void a_revoked_flow_has_no_errors(void)
{
	const struct frame_spec sent = { RTSP, .tcp = SYN, .seq = 100 };
	char text[4096];

	use_policy("");
	expect("cam", &sent, FB_PASSED);
	snprintf(text, sizeof(text), "%sfirebreak cam -> vid { allow any -> any udp/9000-9100 }\n",
		 rig_zones);
	CHECK(rig_policy(&rig, text), "policy");
	expect_error("vid", SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3), &sent,
		     FB_DROP_NO_ALLOW);
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

static void tcp_begins_with_a_syn(void)
{
	static const __u8 wrong[] = { ACK,	 SYN | ACK, FIN | ACK, RST, RST | ACK,
				      PSH | ACK, SYN | FIN, SYN | RST, FIN };

	use_policy("");
	for (size_t i = 0; i < sizeof(wrong); i++)
		expect("cam", SPEC(RTSP, .tcp = wrong[i]), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .proto = 6, .tcp = 0), FB_DROP_TCP_STATE);
	CHECK(rig_flow_count(&rig) == 0, "made a flow");
}

static void a_half_open_connection_is_not_established_by_its_initiator(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 1), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 999), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 902), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

/* A connection whose ends granted 1000 bytes each; the camera has sent up to 101, the recorder up to 901. */
static void small_window_handshake(void)
{
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
}

static void data_outside_of_the_window_is_tcp_window(void)
{
	use_policy("");
	small_window_handshake();
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 500),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101 + 1200, .ack = 901, .window = 1000, .payload = 10),
	       FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101 - 3000, .ack = 901, .window = 1000, .payload = 10),
	       FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 100, .ack = 901, .window = 1000),
	       FB_PASSED); /* keepalive */
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 901 + 1001, .ack = 101, .window = 1000, .payload = 10),
	       FB_DROP_TCP_WINDOW);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 601, .window = 1000), FB_PASSED);
	/* the acknowledgement moved the window */
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101 + 1200, .ack = 901, .window = 1000, .payload = 10),
	       FB_PASSED);
}

static void an_acknowledgement_of_what_was_never_sent_is_tcp_window(void)
{
	use_policy("");
	small_window_handshake();
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 902, .window = 1000), FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901 + 0x80000000u, .window = 1000),
	       FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901 - 70000, .window = 1000),
	       FB_DROP_TCP_WINDOW);
}

static void a_blind_reset_does_not_end_a_connection(void)
{
	static const __u32 guesses[] = { 3000,	     5000,	 0x40000000, 0x80000000,
					 0xc0000000, 101 + 1001, 101u - 2000 };

	use_policy("");
	small_window_handshake();
	for (size_t i = 0; i < sizeof(guesses) / sizeof(*guesses); i++)
		expect("cam", SPEC(RTSP, .tcp = RST, .seq = guesses[i]), FB_DROP_TCP_WINDOW);
	rig_clock(&rig, 6000, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
	rig_clock(&rig, 6000 + FB_TIMEOUT_CLOSING * 3, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 101), FB_PASSED);
}

static void windows_scale_only_if_both_ends_say_so(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = 1000, .scale = 8), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000, .scale = 8),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 901 + 100000, .ack = 101, .window = 1000, .payload = 100),
	       FB_PASSED);
	rig_flush_flows(&rig);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = 1000, .scale = 8), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 901 + 100000, .ack = 101, .window = 1000, .payload = 100),
	       FB_DROP_TCP_WINDOW);
}

static void sequence_numbers_wrap(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0xfffffff0u, .window = 1000), FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 0xffffff00u, .ack = 0xfffffff1u, .window = 1000),
	       FB_PASSED);
	expect("cam",
	       SPEC(RTSP, .tcp = ACK, .seq = 0xfffffff1u, .ack = 0xffffff01u, .window = 1000, .payload = 100),
	       FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 0xffffff01u, .ack = 0xfffffff1u + 100, .window = 1000,
		    .payload = 400),
	       FB_PASSED);
	expect("cam",
	       SPEC(RTSP, .tcp = ACK, .seq = 0xfffffff1u + 100, .ack = 0xffffff01u + 400, .window = 1000),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 0x70000000u, .ack = 0xffffff01u + 400, .window = 1000),
	       FB_DROP_TCP_WINDOW);
}

static void a_refused_connection_ends(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST | ACK, .ack = 5), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST | ACK, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 5000), FB_PASSED); /* tries again on the same ports */
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 1, .ack = 5001), FB_PASSED);
}

static void the_answering_side_cannot_begin_on_the_same_ports(void)
{
	use_policy("");
	handshake();
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN, .seq = 7), FB_DROP_NO_ALLOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
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
	nd("cam", "2001:db8:20::5", "2001:db8:20::1", 136, "2001:db8:20::5", FB_PASSED);
	nd("cam", "fe80::5", "fe80::fe", 136, "fe80::5", FB_PASSED);
	nd("cam", "2001:db8:20::5", "2001:db8:20::1", 136, "2001:db8:10::5", FB_DROP_BINDING);
	nd("cam", "2001:db8:20::5", "ff02::1", 136, "2001:db8:20::1", FB_DROP_BINDING);
	nd("cam", "2001:db8:10::5", "2001:db8:20::1", 136, "2001:db8:10::5", FB_DROP_SPOOF);
	nd("cam", "fe80::5", "2001:db8:10::5", 135, "2001:db8:10::5", FB_DROP_SCOPE);
	nd("cam", "fe80::5", "ff02::1", 134, "2001:db8:20::5",
	   FB_DROP_NO_ALLOW); /* a router advertisement from a zone */
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

/* A table of two buckets: sixteen ways. */
static void a_full_table_denies_and_keeps_what_is_established(void)
{
	unsigned int full = 0;

	use_policy("");
	for (int i = 0; i < 64; i++) {
		struct frame_spec syn = { RTSP, .tcp = SYN, .seq = 1, .dmac = RIG_MAC },
				  back = { RTSP_BACK, .tcp = SYN | ACK, .ack = 2, .dmac = RIG_MAC };
		struct frame f;

		syn.sport = back.dport = (__u16)(2000 + i);
		frame_build(&f, &syn);
		struct rig_result r = rig_xdp(&rig, "cam", &f);

		if (r.reason == FB_DROP_TABLE_FULL) {
			full++;
			continue;
		}
		frame_build(&f, &back);
		CHECK(rig_xdp(&rig, "vid", &f).reason == FB_PASSED, "flow %d", i);
	}
	CHECK(rig_flow_count(&rig) == rig.n_buckets * FB_FLOW_WAYS, "%zu flows", rig_flow_count(&rig));
	CHECK(full == 64 - rig.n_buckets * FB_FLOW_WAYS, "%u refused", full);
}

int main(void)
{
	rig_open(&rig, 2);
	RUN_CASE(a_full_table_denies_and_keeps_what_is_established);
	rig_flush_flows(&rig);
	RUN_CASE(passes_an_allowed_connection_both_ways);
	RUN_CASE(forwards_with_new_macs_ttl_checksum_and_tag);
	RUN_CASE(checksum_is_right_for_every_ttl_and_identification);
	RUN_CASE(denies_what_no_line_allows);
	RUN_CASE(never_stops_before_allow_and_is_counted_as_never);
	RUN_CASE(spoofed_sources_are_spoof);
	RUN_CASE(the_roles_cannot_be_written_into_a_packet);
	RUN_CASE(s5_frames_outside_of_interface_and_vlan_are_no_zone);
	RUN_CASE(a_frame_for_another_mac_is_not_routed);
	RUN_CASE(other_ethertypes_are_l2_protocol);
	RUN_CASE(fragments_drop_as_fragment);
	RUN_CASE(extension_headers_are_walked_and_bounded);
	RUN_CASE(ip_options_do_not_shift_the_ports);
	RUN_CASE(every_truncation_is_malformed);
	RUN_CASE(contradicting_lengths_are_malformed);
	RUN_CASE(padding_behind_a_packet_is_fine);
	RUN_CASE(s2_unowned_and_special_destinations);
	RUN_CASE(s13_unspecified_and_link_local_speak_to_self_only);
	RUN_CASE(s20_strong_host_model);
	RUN_CASE(passes_to_the_kernel_carry_a_token);
	RUN_CASE(s21_what_the_gateway_sends_needs_a_line);
	RUN_CASE(answers_of_the_gateway_follow_the_flow);
	RUN_CASE(ping_is_request_and_reply_and_nothing_else);
	RUN_CASE(icmp_errors_pass_only_for_a_live_flow_and_from_its_far_side);
	RUN_CASE(icmpv6_errors_follow_the_same_rule);
	RUN_CASE(the_quoted_header_is_never_rewritten);
	RUN_CASE(errors_that_the_gateway_makes_pass_for_a_live_flow);
	RUN_CASE(a_revoked_flow_has_no_errors);
	RUN_CASE(other_protocols_pass_by_name_only);
	RUN_CASE(tcp_begins_with_a_syn);
	RUN_CASE(a_half_open_connection_is_not_established_by_its_initiator);
	RUN_CASE(data_outside_of_the_window_is_tcp_window);
	RUN_CASE(an_acknowledgement_of_what_was_never_sent_is_tcp_window);
	RUN_CASE(a_blind_reset_does_not_end_a_connection);
	RUN_CASE(windows_scale_only_if_both_ends_say_so);
	RUN_CASE(sequence_numbers_wrap);
	RUN_CASE(a_refused_connection_ends);
	RUN_CASE(the_answering_side_cannot_begin_on_the_same_ports);
	RUN_CASE(a_live_tuple_from_another_zone_has_no_part_in_it);
	RUN_CASE(link_local_tuples_are_one_a_zone);
	RUN_CASE(revocation_ends_a_live_flow_with_its_next_packet);
	RUN_CASE(a_new_generation_keeps_flows_that_it_allows);
	RUN_CASE(s17_s54_a_deadline_ends_the_flow_without_the_agent);
	RUN_CASE(s30_observe_passes_and_counts_would_drop);
	RUN_CASE(a_used_up_hop_limit_is_the_kernels_to_answer);
	RUN_CASE(a_destination_without_neighbour_goes_to_the_kernel);
	RUN_CASE(larger_than_the_way_out_goes_to_the_kernel);
	RUN_CASE(a_route_into_another_zone_is_route_mismatch);
	RUN_CASE(a_moved_neighbour_is_found_within_a_tick);
	RUN_CASE(s24_arp_between_a_zone_and_the_gateway);
	RUN_CASE(s24_neighbour_discovery_between_a_zone_and_the_gateway);
	RUN_CASE(a_udp_flow_needs_proof_of_two_ways);
	RUN_CASE(no_policy_is_undecided);
	RUN_CASE(rule_counters_count_what_passed_by_them);
	rig_close(&rig);
	return CASES_END();
}

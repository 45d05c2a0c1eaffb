// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multicast across zones (S14), as far as XDP decides it: what goes to the kernel, and with which set of zones. That copies leave only into that
 * set, tests/e2e/multicast_reaches_only_the_zones_that_its_line_names.sh shows with the kernel's own multicast routing.
 */
#include "claims.h"

#define STREAMS                                                                                         \
	"firebreak cam -> vid, net { allow 10.20.0.0/24 -> 239.20.0.0/16, 224.0.1.7 udp/5004 id film\n" \
	" allow 2001:db8:20::/64 -> ff05::20:0/112 udp/5004 id film6 }\n"                               \
	"firebreak cam -> self { allow any -> 239.30.0.0/16, ff05::30:0/112 udp/5004, ip/igmp, "        \
	"icmpv6/mld-report id hear }\n"                                                                 \
	"firebreak cam -> vid, self { allow any -> 239.40.0.0/16 udp/5004 id both }\n"
#define MAC_20	   "01:00:5e:14:01:01" /* of 239.20.1.1 */
#define MAC_30	   "01:00:5e:1e:01:01"
#define MAC_40	   "01:00:5e:28:01:01"
#define TO(mac, g) .dmac = (mac), .dst = (g), .sport = 5004, .dport = 5004
#define STREAM	   .src = "10.20.0.5", TO(MAC_20, "239.20.1.1")

static __u64 zones_of(const char *a, const char *b)
{
	return 1ull << rig_zone(&rig, a) | (b ? 1ull << rig_zone(&rig, b) : 0);
}

/* The token in front of a frame that was passed. */
static struct fb_token token_of(const struct rig_result *r)
{
	struct fb_token token = { 0 };

	CHECK(r->action == XDP_PASS, "action %d", r->action);
	memcpy(&token, r->out, sizeof(token));
	CHECK(token.magic == FB_TOKEN_MAGIC, "magic %#x", token.magic);
	return token;
}

static __u64 set_of(const struct fb_token *token)
{
	const __u32 *image = rig.image[rig.live];
	__u64 zones;

	memcpy(&zones, image + ((const struct fb_image_header *)image)->group_w + 2 * token->zone, 8);
	return zones;
}

/* It passes to the kernel, as it came, to be copied into these zones; it counts for no pair of two zones. */
static void expect_copies(const struct frame_spec *spec, unsigned int cls, __u64 zones)
{
	struct rig_result r = expect("cam", spec, FB_PASSED);
	struct fb_token token = token_of(&r);
	struct frame f;

	frame_build(&f, spec);
	CHECK((token.cls & FB_TOKEN_CLASS_MASK) == cls, "class %u", token.cls);
	CHECK(token.cls >> 3 == (rig.generation & FB_TOKEN_GENERATIONS), "generation %u", token.cls >> 3);
	CHECK(set_of(&token) == zones, "set %#llx, expected %#llx", set_of(&token), zones);
	CHECK(r.src_zone == rig_zone(&rig, "cam") && r.dst_zone == FB_ZONE_NONE, "%u -> %u", r.src_zone,
	      r.dst_zone);
	CHECK(r.out_len == f.len + sizeof(token) && !memcmp(r.out + sizeof(token), f.b, f.len),
	      "the frame was changed");
}

static void expect_to_gateway(const struct frame_spec *spec)
{
	struct rig_result r = expect("cam", spec, FB_PASSED);
	struct fb_token token = token_of(&r);

	CHECK(token.cls == FB_TOKEN_SELF && token.zone == FB_ZONE_SELF, "class %u, zone %u", token.cls,
	      token.zone);
	CHECK(r.dst_zone == FB_ZONE_SELF, "counted for zone %u", r.dst_zone);
}

static void a_packet_of_a_lines_group_goes_to_the_kernel_with_the_lines_zones(void)
{
	use_policy(STREAMS);
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", "net"));
	expect_copies(SPEC(STREAM, .payload = 1200), FB_TOKEN_GROUP,
		      zones_of("vid", "net")); /* by its flow */
	expect_copies(SPEC(.src = "10.20.0.5", TO("01:00:5e:00:01:07", "224.0.1.7")), FB_TOKEN_GROUP,
		      zones_of("vid", "net"));
	expect_copies(SPEC(.src = "2001:db8:20::5", TO("33:33:00:20:00:01", "ff05::20:1")), FB_TOKEN_GROUP,
		      zones_of("vid", "net"));
	expect_copies(SPEC(.src = "10.20.0.5", TO(MAC_40, "239.40.1.1")), FB_TOKEN_GROUP_SELF,
		      zones_of("vid", "self"));
	CHECK(rig_rule_packets(&rig, "film") == 3 && rig_rule_packets(&rig, "film6") == 1,
	      "film %llu, film6 %llu", rig_rule_packets(&rig, "film"), rig_rule_packets(&rig, "film6"));
}

static void only_the_sources_groups_and_services_of_a_line_pass(void)
{
	use_policy(STREAMS);
	expect("cam", SPEC(.src = "10.20.1.5", TO(MAC_20, "239.20.1.1")), FB_DROP_NO_ALLOW);
	expect("cam", SPEC(.src = "10.20.0.5", TO("01:00:5e:15:01:01", "239.21.1.1")), FB_DROP_NO_ALLOW);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dmac = MAC_20, .dst = "239.20.1.1", .sport = 5004, .dport = 5005),
	       FB_DROP_NO_ALLOW);
	expect("cam",
	       SPEC(.src = "10.20.0.5", .dmac = MAC_20, .dst = "239.20.1.1", .sport = 5004, .dport = 5004,
		    .tcp = SYN),
	       FB_DROP_NO_ALLOW);
	expect("net", SPEC(.src = "203.0.113.9", TO(MAC_20, "239.20.1.1")), FB_DROP_NO_ALLOW);
	expect("cam", SPEC(.src = "2001:db8:20::5", TO("33:33:00:20:00:01", "ff0e::20:1")), FB_DROP_NO_ALLOW);
	CHECK(rig_flow_count(&rig) == 0, "a denied packet made a flow");
}

static void scopes_that_no_router_passes_on_are_never_allowed(void)
{
	static const char *const groups[] = { "ff00::20:1", "ff01::20:1", "ff11::20:1", "ff12::20:1",
					      "ff0f::20:1" };

	use_policy(STREAMS);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		expect("cam", SPEC(.src = "2001:db8:20::5", TO("33:33:00:20:00:01", groups[i])),
		       FB_DROP_NO_ALLOW);
}

static void the_live_tuple_of_a_stream_does_not_help_another_zone(void)
{
	use_policy(STREAMS);
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", "net"));
	expect("sig", SPEC(STREAM), FB_DROP_SPOOF);
	expect("net", SPEC(STREAM), FB_DROP_SPOOF);
	/* Nobody speaks as a group, and nobody answers as one. */
	expect("net", SPEC(.src = "239.20.1.1", .dst = "10.20.0.5", .sport = 5004, .dport = 5004),
	       FB_DROP_SPOOF);
	expect("cam", SPEC(.src = "239.20.1.1", TO(MAC_20, "239.20.1.1")), FB_DROP_SPOOF);
}

static void a_group_comes_in_its_own_frame_or_not_at_all(void)
{
	static const char *const macs[] = { RIG_MAC,
					    "ff:ff:ff:ff:ff:ff",
					    "01:00:5e:14:01:02",
					    "01:00:5e:94:01:01",
					    "01:00:5f:14:01:01",
					    "33:33:ef:14:01:01" };

	use_policy(STREAMS);
	for (int live = 0; live < 2; live++) {
		for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++)
			expect("cam", SPEC(.src = "10.20.0.5", TO(macs[i], "239.20.1.1")),
			       FB_DROP_L2_ADDRESS);
		expect("cam", SPEC(.src = "2001:db8:20::5", TO("01:00:5e:20:00:01", "ff05::20:1")),
		       FB_DROP_L2_ADDRESS);
		expect("cam", SPEC(.src = "2001:db8:20::5", TO("33:33:00:20:00:02", "ff05::20:1")),
		       FB_DROP_L2_ADDRESS);
		expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", "net"));
	}
}

static void a_used_up_hop_limit_gets_to_the_gateway_and_no_further(void)
{
	use_policy(STREAMS);
	expect("cam", SPEC(STREAM, .ttl = 1), FB_DROP_TTL);
	expect_copies(SPEC(STREAM, .ttl = 2), FB_TOKEN_GROUP, zones_of("vid", "net"));
	expect("cam", SPEC(STREAM, .ttl = 1), FB_DROP_TTL);
	expect_to_gateway(SPEC(.src = "10.20.0.5", TO(MAC_40, "239.40.1.1"), .ttl = 1));
}

static void a_group_for_self_alone_is_the_gateways(void)
{
	use_policy(STREAMS);
	expect_to_gateway(SPEC(.src = "10.20.0.5", TO(MAC_30, "239.30.1.1")));
	expect_to_gateway(SPEC(.src = "10.20.0.5", TO(MAC_30, "239.30.1.1")));
	expect_to_gateway(SPEC(.src = "10.20.0.5", .dmac = MAC_30, .dst = "239.30.1.1", .proto = 2, .ttl = 1,
			       .payload = 8));
	expect("cam", SPEC(.src = "10.20.0.5", TO(RIG_MAC, "239.30.1.1")), FB_DROP_L2_ADDRESS); /* live */
	expect("cam", SPEC(.src = "10.20.0.5", TO(RIG_MAC, "239.30.1.2")), FB_DROP_L2_ADDRESS);
}

static void link_local_sources_reach_the_gateway_only(void)
{
	use_policy(STREAMS);
	expect_to_gateway(SPEC(.src = "fe80::5", .dmac = "33:33:00:30:00:01", .dst = "ff05::30:1",
			       .proto = 58, .icmp_type = 131, .ttl = 1));
	expect("cam", SPEC(.src = "fe80::5", TO("33:33:00:20:00:01", "ff05::20:1")), FB_DROP_NO_ALLOW);
	use_policy("firebreak cam -> vid, self { allow any -> ff05::20:0/112 udp/5004 }\n");
	expect_to_gateway(SPEC(.src = "fe80::5", TO("33:33:00:20:00:01", "ff05::20:1")));
	expect_copies(SPEC(.src = "2001:db8:20::5", TO("33:33:00:20:00:01", "ff05::20:1")),
		      FB_TOKEN_GROUP_SELF, zones_of("vid", "self"));
}

static void a_guard_forbids_groups_too(void)
{
	use_policy("never sig -> any udp/5004\n");
	expect("sig", SPEC(.src = "10.10.0.5", TO(MAC_20, "239.20.1.1")), FB_DROP_NEVER);
}

static void a_new_policy_holds_for_a_live_stream_with_its_next_packet(void)
{
	use_policy(STREAMS);
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", "net"));

	char text[8192];

	snprintf(text, sizeof(text),
		 "%s%sfirebreak cam -> self { allow any -> 239.1.0.0/16 udp/1 }\n"
		 "firebreak cam -> net { allow any -> 239.20.1.1 udp/5004 }\n",
		 rig_zones, policy_text);
	CHECK(rig_policy(&rig, text));
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("net", NULL));
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("net", NULL));
	snprintf(text, sizeof(text), "%s%s", rig_zones, policy_text);
	CHECK(rig_policy(&rig, text));
	expect("cam", SPEC(STREAM), FB_DROP_NO_ALLOW);
	CHECK(rig_flow_count(&rig) == 0, "%zu flows", rig_flow_count(&rig));
}

static void a_stream_ends_with_its_line(void)
{
	use_policy("firebreak cam -> vid { allow any -> 239.20.1.1 udp/5004  until 2035-01-01 }\n");
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", NULL));
	rig_clock(&rig, 2000, 2060000000);
	expect("cam", SPEC(STREAM), FB_DROP_EXPIRED);
	rig_clock(&rig, 1000, 1900000000);
}

static void a_stream_is_cut_when_none_of_its_zones_is_left(void)
{
	unsigned int cam, vid, net;

	use_policy(STREAMS);
	cam = rig_zone(&rig, "cam"), vid = rig_zone(&rig, "vid"), net = rig_zone(&rig, "net");
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", "net"));
	rig.switches->cut[cam] = 1ull << vid;
	rig.switches->cut[vid] = 1ull << cam;
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP,
		      zones_of("vid", "net")); /* each copy is asked at its way out */
	rig.switches->cut[cam] |= 1ull << net;
	rig.switches->cut[net] = 1ull << cam;
	expect("cam", SPEC(STREAM), FB_DROP_ISOLATED);
	memset(rig.switches->cut, 0, sizeof(rig.switches->cut));
	expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", "net"));
	rig.switches->cut[cam] = 1ull << FB_ZONE_SELF;
	expect("cam", SPEC(.src = "10.20.0.5", TO(MAC_30, "239.30.1.1")), FB_DROP_ISOLATED);
	memset(rig.switches->cut, 0, sizeof(rig.switches->cut));
}

static void fragments_of_a_stream_carry_its_set_in_order(void)
{
	const struct frame_spec first = { STREAM, .proto = 17, .payload = 1472, .frag = 0x2000 },
				later = { .src = "10.20.0.5",
					  .dmac = MAC_20,
					  .dst = "239.20.1.1",
					  .proto = 17,
					  .payload = 92,
					  .frag = 1480 / 8 };

	use_policy(STREAMS);
	expect("cam", &later, FB_DROP_FRAGMENT);
	for (int live = 0; live < 2; live++) {
		expect_copies(&first, FB_TOKEN_GROUP, zones_of("vid", "net"));
		expect_copies(&later, FB_TOKEN_GROUP, zones_of("vid", "net"));
		expect("cam", &later, FB_DROP_FRAGMENT);
	}
	expect_copies(&first, FB_TOKEN_GROUP, zones_of("vid", "net"));
	rig.switches->cut[rig_zone(&rig, "cam")] = zones_of("vid", "net");
	expect("cam", &later, FB_DROP_ISOLATED);
	memset(rig.switches->cut, 0, sizeof(rig.switches->cut));
}

static void a_limit_holds_for_streams(void)
{
	use_policy("firebreak cam -> vid { allow any -> 239.20.1.1 udp/5004  limit 5 packets/s per source "
		   "burst 5 }\n");
	for (int i = 0; i < 5; i++)
		expect_copies(SPEC(STREAM), FB_TOKEN_GROUP, zones_of("vid", NULL));
	expect("cam", SPEC(STREAM), FB_DROP_RATE);
}

static void the_gateways_own_multicast_leaves_only_into_zones_that_a_line_names(void)
{
	use_policy("firebreak self -> vid { allow self -> 239.50.0.0/16 udp/5004 }\n");
	expect_out("vid", SPEC(.vlan = 30, .src = "10.30.0.1", TO("01:00:5e:32:00:01", "239.50.0.1")),
		   FB_PASSED);
	expect_out("cam", SPEC(.src = "10.20.0.1", TO("01:00:5e:32:00:01", "239.50.0.1")), FB_DROP_NO_ALLOW);
	expect_out("vid", SPEC(.vlan = 30, .src = "10.30.0.1", TO("01:00:5e:33:00:01", "239.51.0.1")),
		   FB_DROP_NO_ALLOW);
}

static void on_a_wire_a_stream_crosses_if_the_other_end_is_named(void)
{
	struct rig_result r;

	use_policy(STREAMS);
	rig_wire(&rig, "cam", "net");
	r = expect("cam", SPEC(STREAM, .ttl = 1), FB_PASSED);
	CHECK(r.action == XDP_REDIRECT, "action %d", r.action);
	r = expect("cam", SPEC(STREAM), FB_PASSED);
	CHECK(r.action == XDP_REDIRECT && r.dst_zone == rig_zone(&rig, "net"), "action %d", r.action);
	expect("cam", SPEC(.src = "10.20.0.5", TO(MAC_40, "239.40.1.1")), FB_DROP_NO_ALLOW);
	expect("cam", SPEC(.src = "10.20.0.5", TO(MAC_30, "239.30.1.1")), FB_DROP_NO_ALLOW);
	expect("net", SPEC(.src = "203.0.113.9", TO(MAC_20, "239.20.1.1")), FB_DROP_NO_ALLOW);
}

void claims_group(void)
{
	RUN_CASE(a_packet_of_a_lines_group_goes_to_the_kernel_with_the_lines_zones);
	RUN_CASE(only_the_sources_groups_and_services_of_a_line_pass);
	RUN_CASE(scopes_that_no_router_passes_on_are_never_allowed);
	RUN_CASE(the_live_tuple_of_a_stream_does_not_help_another_zone);
	RUN_CASE(a_group_comes_in_its_own_frame_or_not_at_all);
	RUN_CASE(a_used_up_hop_limit_gets_to_the_gateway_and_no_further);
	RUN_CASE(a_group_for_self_alone_is_the_gateways);
	RUN_CASE(link_local_sources_reach_the_gateway_only);
	RUN_CASE(a_guard_forbids_groups_too);
	RUN_CASE(a_new_policy_holds_for_a_live_stream_with_its_next_packet);
	RUN_CASE(a_stream_ends_with_its_line);
	RUN_CASE(a_stream_is_cut_when_none_of_its_zones_is_left);
	RUN_CASE(fragments_of_a_stream_carry_its_set_in_order);
	RUN_CASE(a_limit_holds_for_streams);
	RUN_CASE(the_gateways_own_multicast_leaves_only_into_zones_that_a_line_names);
	RUN_CASE(on_a_wire_a_stream_crosses_if_the_other_end_is_named);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Ping, and errors about live flows. */
#include "claims.h"

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

/* Timestamp, information and address mask: the answer has the next number, the same identifier, and needs no line. */
static void the_other_queries_are_answered_like_ping(void)
{
	use_policy("firebreak sig -> cam { allow any -> any icmp/13, icmp/15, icmp/17 }\n");
	for (__u8 type = 13; type < 18; type += 2) {
		const struct frame_spec ask = {
			.src = "10.10.0.5", .dst = "10.20.0.5", .proto = 1, .icmp_type = type, .icmp_id = 77
		};
		struct frame_spec answer = { .src = "10.20.0.5",
					     .dst = "10.10.0.5",
					     .proto = 1,
					     .icmp_type = (__u8)(type + 1),
					     .icmp_id = 77 };

		expect("cam", &answer, FB_DROP_NEVER);
		expect("sig", &ask, FB_PASSED);
		expect("cam", &answer, FB_PASSED);
		((struct fb_image_header *)rig.image[rig.live])->generation = ++rig.generation;
		expect("cam", &answer, FB_PASSED);
		answer.icmp_id = 78;
		expect("cam", &answer, FB_DROP_NEVER);
		answer.icmp_id = 77;
		answer.icmp_type = 0;
		expect("cam", &answer, FB_DROP_NEVER);
		answer.icmp_type = type;
		expect("cam", &answer, FB_DROP_NEVER);
		answer.icmp_type = (__u8)(type + 3); /* whose request comes next */
		expect("cam", &answer, FB_DROP_NEVER);
	}
	CHECK(rig_flow_count(&rig) == 3, "%zu flows", rig_flow_count(&rig));
	/* An answer makes no flow, where a line would let it begin. */
	use_policy("firebreak sig -> cam { allow any -> any icmp/any }\n");
	for (__u8 type = 14; type <= 18; type += 2)
		expect("sig",
		       SPEC(.src = "10.10.0.5", .dst = "10.20.0.5", .proto = 1, .icmp_type = type,
			    .icmp_id = 77),
		       FB_DROP_ICMP_UNRELATED);
}

void build_error(struct frame *f, const struct frame_spec *outer, const struct frame_spec *inner)
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

/* The first piece of a packet is the longest: a narrow path's router speaks about that one. A later one has no ports. */
static void an_error_may_quote_the_first_piece_of_a_packet(void)
{
	static const __u8 first[8] = { 17, 0, 0, 1, 0, 0, 0, 9 }, later[8] = { 17, 0, 1, 1, 0, 0, 0, 9 },
			  atomic[8] = { 17, 0, 0, 0, 0, 0, 0, 9 };
	struct frame_spec sent = { .src = "2001:db8:10::5",
				   .dst = "2001:db8:20::5",
				   .sport = 7,
				   .dport = 53,
				   .options = first,
				   .options_len = 8,
				   .ext_first = 44,
				   .payload = 1000 };
	const struct frame_spec too_big = { .src = "2001:db8:20::9",
					    .dst = "2001:db8:10::5",
					    .icmp_type = 2 };

	use_policy("");
	expect("sig", &sent, FB_PASSED);
	expect_error("cam", &too_big, &sent, FB_PASSED);
	sent.options = atomic;
	expect_error("cam", &too_big, &sent, FB_PASSED);
	sent.options = later;
	expect_error("cam", &too_big, &sent, FB_DROP_ICMP_UNRELATED);
	sent.options = first;
	sent.dport = 54;
	expect_error("cam", &too_big, &sent, FB_DROP_ICMP_UNRELATED);

	sent = (struct frame_spec){ .src = "10.20.0.5",
				    .dst = "10.30.0.10",
				    .sport = 7,
				    .dport = 9000,
				    .payload = 992,
				    .frag = 0x2000 };
	expect("cam", &sent, FB_PASSED);
	expect_error("vid", SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3), &sent,
		     FB_PASSED);
	sent.frag = 0x2000 | 125;
	expect_error("vid", SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3), &sent,
		     FB_DROP_ICMP_UNRELATED);
}

/* What lets a packet pass behind options, AH or destination options lets the error about it find its flow. */
static void an_error_may_quote_options_and_extension_headers(void)
{
	static const __u8 nops[40] = { [0 ... 39] = 1 }, routing[8] = { 17, 0, 2 }, short_ah[8] = { 17 },
			  headers[32] = { 60, 0, 1, 4, [8] = 51, 0, 1, 4, [16] = 17, 2, [23] = 1, [27] = 2 };
	const struct frame_spec too_big = { .src = "2001:db8:20::9",
					    .dst = "2001:db8:10::5",
					    .icmp_type = 2 };
	const struct frame_spec too_big4 = {
		.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3, .icmp_code = 4
	};
	struct frame_spec sent = { .src = "10.20.0.5",
				   .dst = "10.30.0.10",
				   .sport = 7,
				   .dport = 9000,
				   .options = nops,
				   .options_len = 40 };

	use_policy("");
	expect("cam", &sent, FB_PASSED);
	for (sent.options_len = 4; sent.options_len <= 40; sent.options_len += 4)
		expect_error("vid", &too_big4, &sent, FB_PASSED);
	sent.options_len = 40;
	sent.dport = 9001;
	expect_error("vid", &too_big4, &sent, FB_DROP_ICMP_UNRELATED);

	sent = (struct frame_spec){ .src = "2001:db8:10::5",
				    .dst = "2001:db8:20::5",
				    .sport = 7,
				    .dport = 53,
				    .options = headers,
				    .options_len = sizeof(headers),
				    .ext_first = 0 };
	expect("sig", &sent, FB_PASSED);
	expect_error("cam", &too_big, &sent, FB_PASSED);
	sent.dport = 54;
	expect_error("cam", &too_big, &sent, FB_DROP_ICMP_UNRELATED);
	sent.dport = 53;
	/* What drops as a packet is nobody's quote. */
	sent.options_len = 8;
	sent.options = routing;
	sent.ext_first = 43;
	expect_error("cam", &too_big, &sent, FB_DROP_ICMP_UNRELATED);
	sent.options = short_ah;
	sent.ext_first = 51;
	expect_error("cam", &too_big, &sent, FB_DROP_ICMP_UNRELATED);
}

/* What lies behind the error's own IP packet is not of it, be it in the frame or not. */
static void an_error_quotes_nothing_that_lies_behind_its_packet(void)
{
	const struct frame_spec sent = { RTSP, .tcp = SYN, .seq = 100 }, sent6 = {
		.src = "2001:db8:10::5", .dst = "2001:db8:20::5", .sport = 7, .dport = 53
	};
	struct frame f;

	use_policy("");
	expect("cam", &sent, FB_PASSED);
	expect("sig", &sent6, FB_PASSED);
	for (__u8 quote = 0; quote <= 28; quote++) {
		build_error(&f,
			    SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3,
				 .icmp_code = 1),
			    &sent);
		f.b[18 + 3] = 20 + 8 + quote;
		frame_ip4_sum(f.b, 18);
		CHECK(rig_xdp(&rig, "vid", &f).reason == (quote < 28 ? FB_DROP_ICMP_UNRELATED : FB_PASSED),
		      "IPv4, %u bytes", quote);
	}
	for (__u8 quote = 0; quote <= 48; quote++) {
		build_error(&f, SPEC(.src = "2001:db8:20::9", .dst = "2001:db8:10::5", .icmp_type = 2),
			    &sent6);
		f.b[14 + 5] = 8 + quote;
		CHECK(rig_xdp(&rig, "cam", &f).reason == (quote < 48 ? FB_DROP_ICMP_UNRELATED : FB_PASSED),
		      "IPv6, %u bytes", quote);
	}
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

void claims_icmp(void)
{
	RUN_CASE(ping_is_request_and_reply_and_nothing_else);
	RUN_CASE(the_other_queries_are_answered_like_ping);
	RUN_CASE(icmp_errors_pass_only_for_a_live_flow_and_from_its_far_side);
	RUN_CASE(icmpv6_errors_follow_the_same_rule);
	RUN_CASE(an_error_may_quote_the_first_piece_of_a_packet);
	RUN_CASE(an_error_may_quote_options_and_extension_headers);
	RUN_CASE(an_error_quotes_nothing_that_lies_behind_its_packet);
	RUN_CASE(the_quoted_header_is_never_rewritten);
	RUN_CASE(errors_that_the_gateway_makes_pass_for_a_live_flow);
	RUN_CASE(a_revoked_flow_has_no_errors);
}

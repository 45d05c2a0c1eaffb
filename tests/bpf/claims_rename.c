// SPDX-License-Identifier: GPL-2.0-only
/* S54 where zones are others than before: one has another name, and so another number, or an address has another zone. */
#include <stdio.h>

#include "claims.h"

#define RTSP_BACK_UNTAGGED .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 554, .dport = 40000

/* A policy of three zones, of which each may have another name; the ports follow. A camera may ask the recorder, the world and the gateway, which sends to it. */
static void use_names(const char *cam, const char *vid, const char *lines)
{
	char text[4096];

	rig.port[0].zone = cam;
	rig.port[2].zone = vid;
	snprintf(text, sizeof(text),
		 "policy \"rig\" language 1 timezone \"UTC\"\n"
		 "zone %s { interface v-cam  network 10.20.0.0/16 }\n"
		 "zone %s { interface v-vid vlan 30  network 10.30.0.0/26 }\n"
		 "zone net { interface v-net  network any }\n"
		 "firebreak %s -> %s { %s }\n"
		 "firebreak %s -> self { allow any -> self udp/123 }\n"
		 "firebreak self -> %s { allow self -> any udp/514 }\n",
		 cam, vid, cam, vid, lines, cam, cam);
	CHECK(rig_policy(&rig, text), "policy");
}

#define OPEN "allow any -> any tcp/554, udp/9000"
#define SHUT "allow any -> any udp/9001"

static void names_end(void)
{
	rig.port[0].zone = "cam";
	rig.port[2].zone = "vid";
}

static void begin(void)
{
	use_names("cam", "vid", OPEN);
	rig_flush_flows(&rig);
}

static struct fb_flow *only_flow(void)
{
	struct fb_flow *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++)
		if (FB_WAY_META(rig.flows[i].way)) {
			found = &rig.flows[i];
			n++;
		}
	CHECK(n == 1, "%zu flows", n);
	return found;
}

static void a_renamed_zone_keeps_its_flows_whoever_speaks_next(void)
{
	static const struct {
		const char *cam, *vid;
	} names[] = { { "cameras", "vid" }, { "cam", "recorders" }, { "cctv", "video" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (int answer_first = 0; answer_first < 2; answer_first++) {
			const struct fb_flow *flow;

			begin();
			handshake();
			use_names(names[i].cam, names[i].vid, OPEN);
			if (!answer_first)
				expect(names[i].cam, SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901),
				       FB_PASSED);
			expect(names[i].vid,
			       SPEC(RTSP_BACK, .tcp = ACK | PSH, .seq = 901, .ack = 101, .payload = 100),
			       FB_PASSED);
			expect(names[i].cam, SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 1001), FB_PASSED);
			flow = only_flow();
			CHECK(flow && flow->generation == rig.generation &&
				      flow->zone[0] == rig_zone(&rig, names[i].cam) &&
				      flow->zone[1] == rig_zone(&rig, names[i].vid),
			      "%s, %s: not stamped with its zones", names[i].cam, names[i].vid);
		}
	}
	names_end();
}

static void a_renamed_zone_keeps_no_flow_that_is_no_longer_allowed(void)
{
	for (int answer_first = 0; answer_first < 2; answer_first++) {
		begin();
		handshake();
		use_names("cameras", "recorders", SHUT);
		if (answer_first)
			expect("recorders", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101),
			       FB_DROP_NO_ALLOW);
		else
			expect("cameras", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_NO_ALLOW);
		CHECK(rig_flow_count(&rig) == 0, "it is left");
	}
	names_end();
}

static void a_client_of_a_renamed_zone_reconnects_from_its_port(void)
{
	begin();
	handshake();
	use_names("cameras", "vid", OPEN);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST | ACK, .seq = 901, .ack = 101), FB_PASSED);
	expect("cameras", SPEC(RTSP, .tcp = SYN, .seq = 500000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 700000, .ack = 500001), FB_PASSED);
	expect("cameras", SPEC(RTSP, .tcp = ACK, .seq = 500001, .ack = 700001), FB_PASSED);
	names_end();
}

static void the_gateway_and_a_renamed_zone_go_on(void)
{
	for (int answer_first = 0; answer_first < 2; answer_first++) {
		begin();
		expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 514),
			   FB_PASSED);
		expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 7, .dport = 123),
		       FB_PASSED);
		use_names("cameras", "vid", OPEN);
		if (answer_first) {
			expect("cameras",
			       SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 514, .dport = 5),
			       FB_PASSED);
			expect_out("cameras",
				   SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 123, .dport = 7),
				   FB_PASSED);
		}
		expect_out("cameras", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 514),
			   FB_PASSED);
		expect("cameras", SPEC(.src = "10.20.0.5", .dst = "10.20.0.1", .sport = 7, .dport = 123),
		       FB_PASSED);
		CHECK(rig_flow_count(&rig) == 2, "%zu flows", rig_flow_count(&rig));
	}
	names_end();
}

/* Right after an apply nobody has said yet where the ends of a flow are now. */
static void what_is_spoofed_after_an_apply_neither_passes_nor_ends_the_flow(void)
{
	struct fb_flow *flow;
	struct frame f;

	begin();
	handshake();
	use_names("cameras", "recorders", OPEN);
	expect("net", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_SPOOF);
	expect("net", SPEC(RTSP_BACK_UNTAGGED, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_SPOOF);
	expect("cameras", SPEC(RTSP_BACK_UNTAGGED, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_SPOOF);
	expect("recorders", SPEC(RTSP, .vlan = 30, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_SPOOF);
	build_error(&f, SPEC(.src = "203.0.113.9", .dst = "10.20.0.5", .icmp_type = 3),
		    SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901));
	CHECK(rig_xdp(&rig, "net", &f).reason == FB_DROP_ICMP_UNRELATED, "an error by the third zone");
	/* The number that a zone had is another's by now. */
	flow = only_flow();
	if (flow)
		flow->zone[0] = flow->zone[1] = (__u8)rig_zone(&rig, "net");
	expect("net", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_SPOOF);
	expect("net", SPEC(RTSP_BACK_UNTAGGED, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_SPOOF);
	expect("recorders", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_PASSED);
	expect("cameras", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	expect("net", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_SPOOF);
	names_end();
}

static void an_error_alone_moves_no_end_of_a_flow(void)
{
	struct frame f;

	begin();
	handshake();
	build_error(&f, SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .icmp_type = 3),
		    SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901));
	use_names("cameras", "vid", OPEN);
	CHECK(rig_xdp(&rig, "vid", &f).reason == FB_PASSED, "the zone of him who began it has another name");
	use_names("cameras", "recorders", OPEN);
	CHECK(rig_xdp(&rig, "recorders", &f).reason == FB_DROP_ICMP_UNRELATED, "before its zone was heard");
	expect("cameras", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	CHECK(rig_xdp(&rig, "recorders", &f).reason == FB_PASSED, "and then");
	names_end();
}

/* 10.20.9.0/24 is cam's, and then sig's; both may call the world. */
static void use_network(const char *cam, const char *sig)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "policy \"rig\" language 1 timezone \"UTC\"\n"
		 "zone cam { interface v-cam  network %s }\nzone sig { interface v-sig  network %s }\n"
		 "zone net { interface v-net  network any }\n"
		 "firebreak cam, sig -> net { allow any -> any udp/7000 }\n",
		 cam, sig);
	CHECK(rig_policy(&rig, text), "policy");
}

static void an_address_that_moves_to_another_zone_is_spoofed_in_the_old_one_only(void)
{
	const struct frame_spec asks = {
		.src = "10.20.9.5", .dst = "203.0.113.9", .sport = 7, .dport = 7000
	};

	for (int old_first = 0; old_first < 2; old_first++) {
		use_network("10.20.0.0/16", "10.10.0.0/16");
		rig_flush_flows(&rig);
		expect("cam", &asks, FB_PASSED);
		expect("sig", &asks, FB_DROP_SPOOF);
		use_network("10.20.0.0/24", "10.10.0.0/16, 10.20.9.0/24");
		if (old_first)
			expect("cam", &asks, FB_DROP_SPOOF);
		expect("sig", &asks, FB_PASSED);
		expect("cam", &asks, FB_DROP_SPOOF);
		expect("sig", &asks, FB_PASSED);
	}
}

void claims_rename(void)
{
	RUN_CASE(a_renamed_zone_keeps_its_flows_whoever_speaks_next);
	RUN_CASE(a_renamed_zone_keeps_no_flow_that_is_no_longer_allowed);
	RUN_CASE(a_client_of_a_renamed_zone_reconnects_from_its_port);
	RUN_CASE(the_gateway_and_a_renamed_zone_go_on);
	RUN_CASE(what_is_spoofed_after_an_apply_neither_passes_nor_ends_the_flow);
	RUN_CASE(an_error_alone_moves_no_end_of_a_flow);
	RUN_CASE(an_address_that_moves_to_another_zone_is_spoofed_in_the_old_one_only);
}

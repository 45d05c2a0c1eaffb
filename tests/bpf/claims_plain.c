// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shortest way (bpf/lib/plain.h) against the whole path: whatever arrives, both answer alike, count alike, write the same bytes and leave the same flow. Which
 * of them a packet took is seen by the context, which only the whole path touches; that it must be taken is said by the time of the flow.
 */
#include "claims.h"

enum { FRAMES = 2000 };

#define DATAGRAM      .src = "10.10.0.5", .dst = "203.0.113.9", .sport = 40000, .dport = 7000
#define DATAGRAM_BACK .src = "203.0.113.9", .dst = "10.10.0.5", .sport = 7000, .dport = 40000
#define SEGMENT	      .src = "10.10.0.5", .dst = "203.0.113.9", .sport = 40001, .dport = 7001
#define SEGMENT_BACK  .src = "203.0.113.9", .dst = "10.10.0.5", .sport = 7001, .dport = 40001

static const char lines[] =
	"firebreak sig -> net { allow 10.10.0.0/16 -> any udp/7000  id datagrams\n"
	" allow 10.10.0.0/16 -> any tcp/7001  id segments\n"
	" allow 10.10.0.0/16 -> any udp/7002  limit 1000 packets/s per source  id metered }\n";

static void mark_contexts(void)
{
	for (unsigned int cpu = 0; cpu < rig.cpus; cpu++)
		memset(rig.scratch + cpu * FB_SCRATCH_BYTES, 0xa5, 64);
}

static bool took_the_shortest_way(void)
{
	for (unsigned int cpu = 0; cpu < rig.cpus; cpu++)
		for (int i = 0; i < 64; i++)
			if (rig.scratch[cpu * FB_SCRATCH_BYTES + i] != (char)0xa5)
				return false;
	return true;
}

/* One datagram flow and one connection, both established, and nothing else. */
static void establish(void)
{
	use_policy(lines);
	for (int i = 0; i < 2; i++) {
		expect("sig", SPEC(DATAGRAM), FB_PASSED);
		expect("net", SPEC(DATAGRAM_BACK), FB_PASSED);
	}
	expect("sig", SPEC(SEGMENT, .tcp = SYN, .seq = 100, .window = 1000), FB_PASSED);
	expect("net", SPEC(SEGMENT_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000),
	       FB_PASSED);
	expect("sig", SPEC(SEGMENT, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
	expect("net", SPEC(SEGMENT_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
}

/* As if the flows had last been seen a tick ago. */
static void age_flows(struct fb_flow *flows)
{
	for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++)
		if (FB_WAY_META(flows[i].way))
			flows[i].way--;
}

static bool shortest(const char *zone, const struct frame_spec *spec, enum fb_reason reason)
{
	mark_contexts();
	expect(zone, spec, reason);
	return took_the_shortest_way();
}

static void packets_of_live_flows_take_the_shortest_way(void)
{
	establish();
	CHECK(shortest("sig", SPEC(DATAGRAM, .payload = 100), FB_PASSED), "datagram");
	CHECK(shortest("net", SPEC(DATAGRAM_BACK, .payload = 100), FB_PASSED), "answer");
	CHECK(shortest("sig", SPEC(SEGMENT, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 9),
		       FB_PASSED),
	      "segment");
	CHECK(shortest("net",
		       SPEC(SEGMENT_BACK, .tcp = ACK | PSH, .seq = 901, .ack = 110, .window = 1000,
			    .payload = 9),
		       FB_PASSED),
	      "its acknowledgement");
	CHECK(rig_rule_packets(&rig, "datagrams") == 6 && rig_rule_packets(&rig, "segments") == 6,
	      "their lines count them");
}

/* What differs must be seen by the whole path, and by it alone. */
static void every_doubt_takes_the_whole_path(void)
{
	static const __u8 options[4] = { 1, 1, 1, 1 };
	static const struct {
		struct frame_spec spec;
		enum fb_reason reason;
	} cases_[] = {
		{ { DATAGRAM, .ttl = 1, .pad = 18 }, FB_PASSED },
		{ { DATAGRAM, .payload = 1500 }, FB_PASSED }, /* larger than the way out: the kernel's */
		{ { DATAGRAM, .options = options, .options_len = 4, .pad = 18 }, FB_PASSED },
		{ { DATAGRAM, .frag = 0x2000, .payload = 16 }, FB_PASSED },
		{ { DATAGRAM, .vlan = 7, .pad = 18 }, FB_DROP_NO_ZONE },
		{ { DATAGRAM, .pad = 18, .dmac = "02:00:00:00:00:77" }, FB_DROP_L2_ADDRESS },
		{ { DATAGRAM, .pad = 18, .smac = "03:00:00:00:00:77" }, FB_DROP_MALFORMED },
		{ { SEGMENT, .tcp = SYN, .seq = 101 }, FB_PASSED },
		{ { SEGMENT, .tcp = ACK, .seq = 5000, .ack = 901, .window = 1000 }, FB_DROP_TCP_WINDOW },
		{ { SEGMENT, .tcp = ACK, .seq = 101, .ack = 902, .window = 1000 }, FB_DROP_TCP_WINDOW },
		{ { SEGMENT, .proto = 6, .tcp = PSH, .seq = 101 }, FB_DROP_TCP_STATE },
		{ { SEGMENT, .tcp = ACK | FIN, .seq = 101, .ack = 901, .window = 1000 }, FB_PASSED },
		{ { SEGMENT, .tcp = ACK | RST, .seq = 101, .ack = 901, .window = 1000 }, FB_PASSED },
	};

	for (size_t i = 0; i < sizeof(cases_) / sizeof(*cases_); i++) {
		establish();
		CHECK(!shortest("sig", &cases_[i].spec, cases_[i].reason), "case %zu", i);
	}
	establish();
	CHECK(!shortest("cam", SPEC(DATAGRAM, .pad = 18), FB_DROP_SPOOF), "another zone's port");
	for (int i = 0; i < 3; i++)
		expect("sig",
		       SPEC(.src = "10.10.0.5", .dst = "203.0.113.9", .sport = 1, .dport = 7002, .pad = 18),
		       FB_PASSED);
	CHECK(!shortest("sig",
			SPEC(.src = "10.10.0.5", .dst = "203.0.113.9", .sport = 1, .dport = 7002, .pad = 18),
			FB_PASSED),
	      "a flow that is metered");
}

/* The operator's switches, the clock, the policy and the routes, each between two packets of a flow. */
static void whatever_changes_is_seen_by_the_next_packet(void)
{
	const unsigned int sig = (establish(), rig_zone(&rig, "sig")), net = rig_zone(&rig, "net");

	rig.switches->cut[sig] = 1ull << net;
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_DROP_ISOLATED), "cut");
	rig.switches->cut[sig] = 0;
	establish();
	rig.switches->quarantines = 1;
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "somebody is quarantined");
	rig.switches->quarantines = 0;
	rig.switches->quarantined_macs = 1;
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "some MAC is quarantined");
	rig.switches->quarantined_macs = 0;
	rig.runtime->route_epoch++;
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "another route");
	CHECK(shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "and then again");
	rig_zone_record(&rig, "sig")->flags |= FB_ZONE_F_LEARN;
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "bindings");
	rig_zone_record(&rig, "sig")->flags = 0;
	CHECK(shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "no bindings");
	age_flows(rig.flows);
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "the first of a tick");
	CHECK(shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "the second of a tick");
	for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++)
		rig.flows[i].generation ^= FB_WAY_META(rig.flows[i].way) ? 1 : 0;
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_PASSED), "another policy");
	use_policy("never sig -> net\n");
	CHECK(!shortest("sig", SPEC(DATAGRAM, .pad = 18), FB_DROP_NEVER), "a policy that forbids it");
}

/* A reproducible stream of numbers (Marsaglia, "Xorshift RNGs", 2003). */
static __u32 number(void)
{
	static __u64 state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (__u32)(state >> 24);
}

static const char *any_frame(struct frame *f)
{
	const __u32 back = number() & 1, kind = number() % 3;
	struct frame_spec spec = back ? (struct frame_spec){ DATAGRAM_BACK }
				      : (struct frame_spec){ DATAGRAM };

	if (kind) {
		spec = back ? (struct frame_spec){ SEGMENT_BACK } : (struct frame_spec){ SEGMENT };
		spec.tcp = number() % 4 ? ACK : (__u8)(number() & 0x3f);
		spec.seq = (back ? 901 : 101) + number() % 1400 - 200;
		spec.ack = (back ? 101 : 901) + number() % 20 - 10;
		spec.window = (__u16)(number() % 3 ? 1000 : number());
	}
	spec.dmac = RIG_MAC;
	spec.payload = number() % 40;
	frame_build(f, &spec);
	for (__u32 n = number() % 3; n > 0; n--)
		f->b[number() % f->len] = (__u8)number();
	if (number() % 4) /* else what was damaged in its header is malformed by that alone */
		frame_ip4_sum(f->b, 14);
	return back ? "net" : "sig";
}

static void any_frame_is_answered_as_by_the_whole_path(void)
{
	const size_t bytes = rig.n_buckets * FB_FLOW_WAYS * sizeof(struct fb_flow);
	struct fb_flow *before = malloc(bytes), *after = malloc(bytes);
	unsigned int taken = 0, differ = 0;

	establish();
	for (int i = 0; i < FRAMES && before && after; i++) {
		struct frame f;
		const char *zone = any_frame(&f);

		memcpy(before, rig.flows, bytes);
		mark_contexts();
		struct rig_result fast = rig_xdp(&rig, zone, &f);

		taken += took_the_shortest_way();
		memcpy(after, rig.flows, bytes);
		memcpy(rig.flows, before, bytes);
		age_flows(rig.flows);
		mark_contexts();
		struct rig_result whole = rig_xdp(&rig, zone, &f);

		CHECK(!took_the_shortest_way(), "frame %d: nothing can be compared", i);
		if (fast.action != whole.action || fast.reason != whole.reason || fast.counters != 1 ||
		    whole.counters != 1 || fast.src_zone != whole.src_zone ||
		    fast.dst_zone != whole.dst_zone || fast.out_len != whole.out_len ||
		    memcmp(fast.out, whole.out, fast.out_len) != 0)
			differ++;
		/* What neither packet belonged to has aged here only. */
		for (size_t k = 0; k < rig.n_buckets * FB_FLOW_WAYS; k++)
			if (after[k].way != rig.flows[k].way)
				after[k].way--;
		differ += fast.reason == FB_PASSED && memcmp(after, rig.flows, bytes) != 0;
		memcpy(rig.flows, before, bytes);
	}
	CHECK(!differ, "%u of %d", differ, FRAMES);
	CHECK(taken > FRAMES / 5, "only %u of %d frames took it", taken, FRAMES);
	free(before);
	free(after);
}

void claims_plain(void)
{
	RUN_CASE(packets_of_live_flows_take_the_shortest_way);
	RUN_CASE(every_doubt_takes_the_whole_path);
	RUN_CASE(whatever_changes_is_seen_by_the_next_packet);
	RUN_CASE(any_frame_is_answered_as_by_the_whole_path);
}

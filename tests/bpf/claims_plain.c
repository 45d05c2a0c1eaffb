// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shortest ways, of live flows (bpf/lib/plain.h) and of what is denied (plain_new.h), against the whole path: whatever arrives, both answer alike, count alike, tell
 * alike, write the same bytes and leave the same flow. Which of them a packet took is seen by the context, which only the whole path touches; while somebody is in
 * quarantine all take the whole path.
 */
#include "claims.h"

enum { FRAMES = 4000 };

#define DATAGRAM      .src = "10.10.0.5", .dst = "203.0.113.9", .sport = 40000, .dport = 7000
#define DATAGRAM_BACK .src = "203.0.113.9", .dst = "10.10.0.5", .sport = 7000, .dport = 40000
#define SEGMENT	      .src = "10.10.0.5", .dst = "203.0.113.9", .sport = 40001, .dport = 7001
#define SEGMENT_BACK  .src = "203.0.113.9", .dst = "10.10.0.5", .sport = 7001, .dport = 40001

static const char lines[] =
	"firebreak sig -> net { allow 10.10.0.0/16 -> any udp/7000  id datagrams\n"
	" allow 10.10.0.0/16 -> any tcp/7001  id segments\n"
	" allow 10.10.0.0/16 -> any udp/7002  limit 1000 packets/s per source  id metered }\n"
	"firebreak net -> sig { allow any -> 10.10.0.0/16 udp/53, tcp/53 }\n";

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
		{ { DATAGRAM, .payload = 100, .pad = 1 }, FB_PASSED }, /* no padding: cut off */
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

/* Of the flows that establish() made. */
static struct frame_spec known_packet(bool back)
{
	struct frame_spec spec = back ? (struct frame_spec){ DATAGRAM_BACK }
				      : (struct frame_spec){ DATAGRAM };

	if (number() % 3) {
		spec = back ? (struct frame_spec){ SEGMENT_BACK } : (struct frame_spec){ SEGMENT };
		spec.tcp = number() % 4 ? ACK : (__u8)(number() & 0x3f);
		spec.seq = (back ? 901 : 101) + number() % 1400 - 200;
		spec.ack = (back ? 101 : 901) + number() % 20 - 10;
		spec.window = (__u16)(number() % 3 ? 1000 : number());
	}
	return spec;
}

/* Of no flow, between ends of all kinds. */
static struct frame_spec unknown_packet(bool back)
{
	static const char *const ends[] = { "10.10.0.5",   "10.10.200.1",     "203.0.113.9",   "10.20.0.5",
					    "10.30.0.10",  "10.10.0.1",	      "10.10.255.255", "10.20.0.1",
					    "127.0.0.1",   "0.0.0.0",	      "0.0.1.2",       "169.254.1.1",
					    "224.0.0.251", "255.255.255.255", "240.0.0.1",     "10.30.0.63" };
	static const __u16 ports[] = { 7000, 7001, 443, 23, 53, 67, 68, 8443 };
	const char *near = number() % 3 ? ends[number() % 2] : ends[number() % 16],
		   *far = number() % 3 ? ends[2 + number() % 3] : ends[number() % 16];
	struct frame_spec spec = { .src = back ? far : near,
				   .dst = back ? near : far,
				   .sport = (__u16)number(),
				   .dport = number() % 2 ? ports[number() % 8] : (__u16)number() };

	if (number() % 2) {
		spec.tcp = number() % 2 ? SYN : (__u8)(number() & 0x3f) | PSH;
		spec.seq = number();
		spec.window = 1000;
	}
	return spec;
}

static const char *any_frame(struct frame *f)
{
	const bool back = number() & 1;
	struct frame_spec spec = number() % 2 ? known_packet(back) : unknown_packet(back);

	spec.dmac = RIG_MAC;
	spec.payload = number() % 40;
	frame_build(f, &spec);
	for (__u32 n = number() % 3; n > 0; n--)
		f->b[number() % f->len] = (__u8)number();
	if (number() % 4) /* else what was damaged in its header is malformed by that alone */
		frame_ip4_sum(f->b, 14);
	return back ? "net" : "sig";
}

/* All that a packet may change: flows, their tags, next hops, the meters of events. */
struct state {
	struct fb_flow *flows;
	struct fb_flow_tags *tags;
	struct fb_nexthop *nexthops;
	char *scratch;
};

static size_t flow_bytes(void)
{
	return rig.n_buckets * FB_FLOW_WAYS * sizeof(struct fb_flow);
}

static void state_new(struct state *s)
{
	s->flows = malloc(flow_bytes());
	s->tags = malloc(rig.n_buckets * sizeof(*s->tags));
	s->nexthops = malloc(FB_NEXTHOPS * sizeof(*s->nexthops));
	s->scratch = malloc(rig.cpus * FB_SCRATCH_BYTES);
	if (!s->flows || !s->tags || !s->nexthops || !s->scratch)
		abort();
}

static void state_done(struct state *s)
{
	free(s->flows);
	free(s->tags);
	free(s->nexthops);
	free(s->scratch);
}

static void state_get(struct state *s)
{
	memcpy(s->flows, rig.flows, flow_bytes());
	memcpy(s->tags, rig.tags, rig.n_buckets * sizeof(*s->tags));
	memcpy(s->nexthops, rig.nexthops, FB_NEXTHOPS * sizeof(*s->nexthops));
	memcpy(s->scratch, rig.scratch, rig.cpus * FB_SCRATCH_BYTES);
}

static void state_put(const struct state *s)
{
	memcpy(rig.flows, s->flows, flow_bytes());
	memcpy(rig.tags, s->tags, rig.n_buckets * sizeof(*s->tags));
	memcpy(rig.nexthops, s->nexthops, FB_NEXTHOPS * sizeof(*s->nexthops));
	memcpy(rig.scratch, s->scratch, rig.cpus * FB_SCRATCH_BYTES);
}

static bool meters_differ(const struct state *s)
{
	for (unsigned int cpu = 0; cpu < rig.cpus; cpu++) {
		const size_t at = cpu * FB_SCRATCH_BYTES + FB_SCRATCH_METER;

		if (memcmp(s->scratch + at, rig.scratch + at, sizeof(struct fb_event_meter)) != 0)
			return true;
	}
	return false;
}

struct answer {
	struct rig_result r;
	size_t events;
	bool shortest;
};

static struct answer answer(const char *zone, const struct frame *f)
{
	struct answer a;

	rig_events(&rig);
	rig.heard.n = 0;
	mark_contexts();
	a.r = rig_xdp(&rig, zone, f);
	a.shortest = took_the_shortest_way();
	a.events = rig_events(&rig);
	return a;
}

static bool answers_differ(const struct answer *a, const struct answer *b)
{
	return a->r.action != b->r.action || a->r.reason != b->r.reason || a->r.counters != 1 ||
	       b->r.counters != 1 || a->r.src_zone != b->r.src_zone || a->r.dst_zone != b->r.dst_zone ||
	       a->events != b->events || a->r.out_len != b->r.out_len ||
	       memcmp(a->r.out, b->r.out, a->r.out_len) != 0;
}

static void any_frame_is_answered_as_by_the_whole_path(void)
{
	unsigned int passed = 0, dropped = 0, differ = 0;
	struct state before, after;

	state_new(&before);
	state_new(&after);
	establish();
	for (int i = 0; i < FRAMES; i++) {
		struct answer fast, whole;
		const char *zone;
		struct frame f;

		if (i % 100 == 0) { /* somebody is told of drops again */
			rig.runtime->fake_mono_ns += 1ull << FB_TICK_SHIFT;
			establish();
		}
		zone = any_frame(&f);
		state_get(&before);
		fast = answer(zone, &f);
		state_get(&after);
		state_put(&before);
		rig.switches->quarantines = 1;
		whole = answer(zone, &f);
		rig.switches->quarantines = 0;
		CHECK(!whole.shortest, "frame %d: nothing can be compared", i);
		passed += fast.shortest && fast.r.reason == FB_PASSED;
		dropped += fast.shortest && fast.r.reason != FB_PASSED;
		if (answers_differ(&fast, &whole) || meters_differ(&after) ||
		    memcmp(after.flows, rig.flows, flow_bytes()) != 0) {
			differ++;
			CHECK(0, "frame %d: %s and %s", i, rig_reason_name(fast.r.reason),
			      rig_reason_name(whole.r.reason));
		}
		memcpy(before.scratch, rig.scratch, rig.cpus * FB_SCRATCH_BYTES); /* drops add up */
		state_put(&before);
	}
	CHECK(!differ, "%u of %d", differ, FRAMES);
	CHECK(passed > FRAMES / 20, "only %u of %d frames passed by it", passed, FRAMES);
	CHECK(dropped > FRAMES / 20, "only %u of %d frames were dropped by it", dropped, FRAMES);
	state_done(&before);
	state_done(&after);
}

#define DENIED	   .src = "10.10.0.5", .dst = "203.0.113.9", .sport = 40002, .dport = 7003
#define DENIED_UDP DENIED, .pad = 18

/* Until nobody is told of single drops any more in this tick. */
static void deny_until_it_is_not_told(void)
{
	use_policy(lines);
	rig_events_begin(&rig);
	for (int i = 0; i < RIG_EVENTS; i++)
		CHECK(!shortest("sig", SPEC(DENIED_UDP), FB_DROP_NO_ALLOW), "drop %d is told", i);
	CHECK(rig_events(&rig) == RIG_EVENTS, "%zu events", rig.heard.n);
}

static void what_no_line_allows_is_dropped_the_shortest_way_once_nobody_is_told_of_it(void)
{
	deny_until_it_is_not_told();
	CHECK(shortest("sig", SPEC(DENIED_UDP), FB_DROP_NO_ALLOW), "datagram");
	CHECK(shortest("sig", SPEC(DENIED, .tcp = SYN), FB_DROP_NO_ALLOW), "SYN");
	CHECK(shortest("sig", SPEC(DENIED, .tcp = ACK | FIN), FB_DROP_NO_ALLOW), "FIN");
	CHECK(rig_events(&rig) == RIG_EVENTS, "%zu events", rig.heard.n);
	rig.runtime->fake_mono_ns += 1ull << FB_TICK_SHIFT;
	CHECK(!shortest("sig", SPEC(DENIED_UDP), FB_DROP_NO_ALLOW), "the first of a tick");
	CHECK(rig_events(&rig) == RIG_EVENTS + 1 && rig.heard.v[RIG_EVENTS].suppressed == 3,
	      "%zu events, %u suppressed", rig.heard.n, rig.heard.v[RIG_EVENTS].suppressed);
}

static void what_is_dropped_otherwise_takes_the_whole_path(void)
{
	static const struct {
		struct frame_spec spec;
		enum fb_reason reason;
	} cases_[] = {
		{ { DENIED_UDP, .ttl = 1 }, FB_DROP_NO_ALLOW },
		{ { DENIED_UDP, .proto = 47 }, FB_DROP_NO_ALLOW },
		{ { DENIED, .frag = 0x2000, .payload = 16 }, FB_DROP_NO_ALLOW },
		{ { .src = "10.20.0.5", .dst = "203.0.113.9", .dport = 9, .pad = 18 }, FB_DROP_SPOOF },
		{ { .src = "10.10.0.1", .dst = "203.0.113.9", .dport = 9, .pad = 18 }, FB_DROP_SPOOF },
		{ { .src = "127.0.0.1", .dst = "203.0.113.9", .dport = 9, .pad = 18 }, FB_DROP_SPOOF },
		{ { .src = "10.10.0.5", .dst = "10.10.0.5", .dport = 9, .pad = 18 }, FB_DROP_SPOOF },
		{ { .src = "169.254.1.1", .dst = "203.0.113.9", .dport = 9, .pad = 18 }, FB_DROP_SCOPE },
		{ { .src = "10.10.0.5", .dst = "169.254.1.1", .dport = 9, .pad = 18 }, FB_DROP_SCOPE },
		{ { .src = "10.10.0.5", .dst = "127.0.0.1", .dport = 9, .pad = 18 }, FB_DROP_NO_ZONE },
		{ { .src = "10.10.0.5", .dst = "10.10.0.1", .dport = 9, .pad = 18 }, FB_DROP_NO_ALLOW },
		{ { .src = "10.10.0.5", .dst = "10.30.0.10", .dport = 23, .tcp = SYN, .pad = 18 },
		  FB_DROP_NEVER },
		{ { .src = "10.10.0.5", .dst = "10.30.0.10", .dport = 8080, .pad = 18 },
		  FB_PASSED }, /* observed */
		{ { SEGMENT, .tcp = ACK, .pad = 18 }, FB_DROP_TCP_STATE },
		{ { SEGMENT, .tcp = SYN, .pad = 18 }, FB_PASSED },
	};
	unsigned int sig, net;
	struct frame f;

	for (size_t i = 0; i < sizeof(cases_) / sizeof(*cases_); i++) {
		deny_until_it_is_not_told();
		CHECK(!shortest("sig", &cases_[i].spec, cases_[i].reason), "case %zu", i);
	}
	deny_until_it_is_not_told();
	sig = rig_zone(&rig, "sig");
	net = rig_zone(&rig, "net");
	rig.switches->cut[sig] = 1ull << net;
	CHECK(!shortest("sig", SPEC(DENIED_UDP), FB_DROP_ISOLATED), "cut");
	rig.switches->cut[sig] = 0;
	rig_pair(&rig, "sig", "net")->flags = FB_PAIR_F_REJECT;
	mark_contexts();
	frame_build(&f, SPEC(DENIED_UDP, .dmac = RIG_MAC));
	rig_run(&rig, "sig", &f, false);
	CHECK(!took_the_shortest_way(), "answered");
	rig_pair(&rig, "sig", "net")->flags = 0;
	rig_zone_record(&rig, "sig")->flags |= FB_ZONE_F_LEARN;
	CHECK(!shortest("sig", SPEC(DENIED_UDP), FB_DROP_NO_ALLOW), "bindings");
	rig_zone_record(&rig, "sig")->flags = 0;
	CHECK(shortest("sig", SPEC(DENIED_UDP), FB_DROP_NO_ALLOW), "and as before");
}

void claims_plain(void)
{
	RUN_CASE(packets_of_live_flows_take_the_shortest_way);
	RUN_CASE(every_doubt_takes_the_whole_path);
	RUN_CASE(whatever_changes_is_seen_by_the_next_packet);
	RUN_CASE(what_no_line_allows_is_dropped_the_shortest_way_once_nobody_is_told_of_it);
	RUN_CASE(what_is_dropped_otherwise_takes_the_whole_path);
	RUN_CASE(any_frame_is_answered_as_by_the_whole_path);
}

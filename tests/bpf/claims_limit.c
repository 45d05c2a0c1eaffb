// SPDX-License-Identifier: GPL-2.0-only
/* Limits of lines (S40). */
#include "claims_limit.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

enum { FLOOD = 200000 };

struct fb_meter *meters;

void at(__u64 ns)
{
	rig.runtime->fake_mono_ns = 10 * SECOND + ns;
	rig.runtime->fake_unix = 1900022400 + ns / SECOND;
}

struct fb_image_limit *limit_line(const char *text, const char *id, const struct fb_image_limit *want)
{
	use_policy(text);
	memset(meters, 0, METERS * sizeof(*meters));
	at(0);

	struct fb_image_header *image = rig.image[rig.live];

	image->limit_w = (image->n_words + 15) & ~15u;
	struct fb_image_limit *limit = (void *)((__u32 *)image + image->limit_w + 16);

	*limit = *want;
	limit->slot = rig_rule(&rig, id)->slot;
	rig_rule(&rig, id)->limit = 1;
	return limit;
}

#define A_SECOND(n) .cost = (SECOND << FB_METER_SHIFT) / (n)
#define BURST(n, k) .burst = (SECOND << FB_METER_SHIFT) / (n) * (k)
#define NEW_5	    .kind = FB_LIMIT_NEW, A_SECOND(5), BURST(5, 5)

static void new_flows_are_limited_by_source(void)
{
	limit_line(resolver, "ask", LIMIT(NEW_5, .scope = FB_SCOPE_SOURCE));
	for (int i = 0; i < 5; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000 + i)), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1005)), FB_DROP_RATE);
	expect("cam", SPEC(ASK("10.20.0.6", 1005)), FB_PASSED);
	at(SECOND / 5 - 1);
	expect("cam", SPEC(ASK("10.20.0.5", 1005)), FB_DROP_RATE);
	at(SECOND / 5);
	expect("cam", SPEC(ASK("10.20.0.5", 1005)), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1006)), FB_DROP_RATE);
}

static void a_limit_of_new_flows_charges_nothing_of_live_ones(void)
{
	limit_line(resolver, "ask", LIMIT(NEW_5, .scope = FB_SCOPE_SOURCE));
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	for (int i = 0; i < 50; i++) {
		expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_PASSED);
		expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	}
}

static __u64 spent(void)
{
	__u64 sum = 0;

	for (size_t i = 0; i < METERS; i++)
		sum += meters[i].ahead + meters[i].bytes;
	return sum;
}

static void a_policy_change_charges_no_live_flow(void)
{
	limit_line(resolver, "ask", LIMIT(NEW_5, .scope = FB_SCOPE_SOURCE));
	for (int i = 0; i < 5; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000 + i)), FB_PASSED);
	__u64 before = spent();

	((struct fb_image_header *)rig.image[rig.live])->generation = ++rig.generation;
	for (int i = 0; i < 5; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000 + i)), FB_PASSED);
	CHECK(spent() == before, "moved by %llu", (unsigned long long)(spent() - before));
	expect("cam", SPEC(ASK("10.20.0.5", 1005)), FB_DROP_RATE);
}

static void packets_of_both_directions_count_and_over_it_the_flow_stays(void)
{
	limit_line(resolver, "ask",
		   LIMIT(.kind = FB_LIMIT_PACKETS, A_SECOND(10), BURST(10, 4), .scope = FB_SCOPE_SOURCE));
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_PASSED);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_DROP_RATE);
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_RATE);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
	at(SECOND / 10);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_RATE);
}

/* Made by hosts of the far side, as many and as long as they like. The gateway's own are no more than packets that were charged. */
static void errors_about_a_flow_count_like_its_packets(void)
{
	struct frame theirs, ours;

	limit_line(resolver, "ask",
		   LIMIT(.kind = FB_LIMIT_PACKETS, A_SECOND(10), BURST(10, 4), .scope = FB_SCOPE_SOURCE));
	build_error(&theirs, SPEC(.src = "203.0.113.9", .dst = "10.20.0.5", .icmp_type = 3, .icmp_code = 3),
		    SPEC(ASK("10.20.0.5", 1000)));
	build_error(&ours, SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .icmp_type = 11),
		    SPEC(ASK("10.20.0.5", 1000)));
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	for (int i = 0; i < 5; i++) {
		struct rig_result r = rig_xdp(&rig, "net", &theirs);

		CHECK(r.reason == (i < 3 ? FB_PASSED : FB_DROP_RATE), "error %d: %s", i,
		      rig_reason_name(r.reason));
		CHECK(rig_tc_out(&rig, "cam", &ours).reason == FB_PASSED, "our own, %d", i);
	}
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_RATE);
	expect("cam", SPEC(ASK("10.20.0.6", 1000)), FB_PASSED);
	CHECK(rig_flow_count(&rig) == 2, "%zu flows", rig_flow_count(&rig));
}

static const char told[] = "firebreak cam -> net { allow any -> any tcp/8000 id told }\n";
#define TELL	   .src = "10.20.0.5", .dst = "203.0.113.9", .sport = 5000, .dport = 8000
#define TELL_BACK  .src = "203.0.113.9", .dst = "10.20.0.5", .sport = 8000, .dport = 5000
#define PACKETS(n) LIMIT(.kind = FB_LIMIT_PACKETS, A_SECOND(1), BURST(1, n), .scope = FB_SCOPE_LINE)

static void a_reset_and_an_answer_over_the_limit_change_nothing(void)
{
	limit_line(told, "told", PACKETS(5));
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("net", SPEC(TELL_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = FIN | ACK, .seq = 101, .ack = 901), FB_PASSED);
	expect("net", SPEC(TELL_BACK, .tcp = ACK, .seq = 901, .ack = 102), FB_PASSED);
	expect("net", SPEC(TELL_BACK, .tcp = FIN | ACK, .seq = 901, .ack = 102), FB_DROP_RATE);
	expect("net", SPEC(TELL_BACK, .tcp = RST, .seq = 901), FB_DROP_RATE);
	at((FB_TIMEOUT_CLOSING * 3ull) << FB_TICK_SHIFT);
	expect("net", SPEC(TELL_BACK, .tcp = ACK, .seq = 901, .ack = 102, .payload = 9), FB_PASSED);

	limit_line(told, "told", PACKETS(1));
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("net", SPEC(TELL_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_DROP_RATE);
	at(SECOND);
	expect("net", SPEC(TELL_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	at(2 * SECOND);
	expect("cam", SPEC(TELL, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

static void bytes_are_those_of_the_frames(void)
{
	/* 1000 bytes may come at once; a frame of 42 + 358 is 400. */
	limit_line(resolver, "ask",
		   LIMIT(.kind = FB_LIMIT_BYTES, A_SECOND(1000), BURST(1000, 1000), .scope = FB_SCOPE_LINE));
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.6", 1000), .payload = 358), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.7", 1000), .payload = 358), FB_DROP_RATE);
	expect("cam", SPEC(ASK("10.20.0.7", 1000), .payload = 158), FB_PASSED);
	at(SECOND / 10 * 4);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_DROP_RATE);
}

static void a_live_flow_is_held_to_the_limit_of_the_policy_in_force(void)
{
	limit_line(resolver, "ask", LIMIT(0));
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_PASSED);

	struct fb_image_header *image = rig.image[rig.live];
	struct fb_image_limit *limit = (void *)((__u32 *)image + image->limit_w + 16);
	__u32 slot = limit->slot;

	*limit = *LIMIT(.kind = FB_LIMIT_PACKETS, A_SECOND(10), BURST(10, 2), .scope = FB_SCOPE_LINE,
			.slot = slot);
	image->generation = ++rig.generation;
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_RATE);
	rig_rule(&rig, "ask")->limit = 0;
	image->generation = ++rig.generation;
	for (int i = 0; i < 5; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
}

static void the_key_may_be_the_destination(void)
{
	limit_line(resolver, "ask", LIMIT(NEW_5, .scope = FB_SCOPE_DESTINATION));
	for (int i = 0; i < 5; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000 + i)), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.6", 1000)), FB_DROP_RATE);
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "203.0.113.8", .sport = 1000, .dport = 53), FB_PASSED);
}

static void the_key_may_be_the_line(void)
{
	limit_line(resolver, "ask", LIMIT(NEW_5, .scope = FB_SCOPE_LINE));
	for (int i = 0; i < 5; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000 + i)), FB_PASSED);
	expect("cam", SPEC(.src = "10.20.0.6", .dst = "203.0.113.8", .sport = 1000, .dport = 53),
	       FB_DROP_RATE);
}

static void an_ipv6_source_counts_by_its_64(void)
{
	limit_line("", "six", LIMIT(NEW_5, .scope = FB_SCOPE_SOURCE));
	for (int i = 0; i < 5; i++) {
		char host[64];

		snprintf(host, sizeof(host), "2001:db8:20::%x", 0x100 + i);
		expect("cam",
		       SPEC(.src = host, .dst = "2001:db8:ff::9", .sport = 1, .dport = 443, .tcp = SYN),
		       FB_PASSED);
	}
	expect("cam",
	       SPEC(.src = "2001:db8:20::5", .dst = "2001:db8:ff::9", .sport = 1, .dport = 443, .tcp = SYN),
	       FB_DROP_RATE);
}

static void what_the_gateway_sends_is_limited_too(void)
{
	limit_line("", "syslog",
		   LIMIT(.kind = FB_LIMIT_PACKETS, A_SECOND(5), BURST(5, 3), .scope = FB_SCOPE_SOURCE));
	for (int i = 0; i < 3; i++)
		expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 514),
			   FB_PASSED);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 514),
		   FB_DROP_RATE);
}

static void calling_back_on_a_live_tuple_counts_as_a_new_flow(void)
{
	limit_line("", "fetch", LIMIT(NEW_5, .scope = FB_SCOPE_SOURCE));
	expect("cam", SPEC(.src = "10.20.0.5", .dst = "10.30.0.10", .sport = 80, .dport = 554, .tcp = SYN),
	       FB_PASSED);
	for (int i = 0; i < 6; i++)
		expect("vid",
		       SPEC(.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 554, .dport = 80,
			    .tcp = SYN),
		       i < 5 ? FB_PASSED : FB_DROP_RATE);
}

static __u64 flows_of(const char *id)
{
	__u64 sum = 0;

	for (unsigned int cpu = 0; cpu < rig.cpus; cpu++)
		sum += rig.rules[cpu * FB_RULE_SLOTS + rig_rule(&rig, id)->slot].flows;
	return sum;
}

/* From one source port: a refused SYN again, another SYN, one on a live connection. What is only sent again counts once. */
static void a_connection_on_the_same_ports_counts_as_a_new_flow(void)
{
	limit_line(told, "told", LIMIT(NEW_5, .scope = FB_SCOPE_SOURCE));
	__u64 before = flows_of("told");

	for (int i = 0; i < 2; i++) {
		expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_PASSED);
		expect("net", SPEC(TELL_BACK, .tcp = RST | ACK, .ack = 101), FB_PASSED);
	}
	for (int i = 0; i < 3; i++) {
		expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_PASSED);
		expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_PASSED);
		rig_flush_flows(&rig);
	}
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_DROP_RATE);
	at(SECOND / 5);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 777), FB_DROP_RATE);
	expect("net", SPEC(TELL_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 777), FB_DROP_RATE);
	expect("cam", SPEC(TELL, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 777), FB_DROP_RATE);
	at(SECOND / 5 * 2);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 777), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 777), FB_PASSED);
	expect("cam", SPEC(TELL, .tcp = SYN, .seq = 778), FB_DROP_RATE);
	expect("cam", SPEC(TELL, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	CHECK(flows_of("told") - before == 7, "%llu flows", (unsigned long long)(flows_of("told") - before));
}

static void a_pair_that_observes_counts_what_is_over_and_stops_nothing(void)
{
	limit_line("", "watched",
		   LIMIT(NEW_5, .scope = FB_SCOPE_SOURCE, .quota = 2000, .quota_scope = FB_SCOPE_LINE,
			 .quota_period = 3600, .quota_drop = 1));
	for (int i = 0; i < 7; i++) {
		struct rig_result r = expect("sig",
					     SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 1000 + i,
						  .dport = 443, .tcp = SYN),
					     FB_PASSED);

		CHECK(r.would_drop == (i >= 5), "packet %d", i);
	}
	CHECK(rig_flow_count(&rig) == 7, "%zu flows", rig_flow_count(&rig));
}

/* Two sets of four ways hold what a flood of sources leaves; whoever has a meter keeps it. */
static void a_flood_of_sources_takes_no_meter_in_use_and_no_more_memory(void)
{
	struct frame f, first;
	size_t passed = 0;

	limit_line(resolver, "in",
		   LIMIT(.kind = FB_LIMIT_NEW, .cost = 3600 * (SECOND << FB_METER_SHIFT),
			 .burst = 3600 * (SECOND << FB_METER_SHIFT), .scope = FB_SCOPE_SOURCE));
	frame_build(&first,
		    SPEC(.dmac = RIG_MAC, .src = "8.8.8.8", .dst = "10.20.0.5", .sport = 1, .dport = 5353));
	CHECK(rig_run(&rig, "net", &first, false) != XDP_DROP, "the first");
	f = first;
	for (__u32 i = 0; i < FLOOD; i++) {
		__u32 source = __builtin_bswap32(0x20000000u + i);

		memcpy(f.b + 14 + 12, &source, 4);
		frame_ip4_sum(f.b, 14);
		passed += rig_run(&rig, "net", &f, false) != XDP_DROP;
	}
	CHECK(passed < METERS && passed > METERS / 10 * 9, "%zu of %d sources have a meter", passed, FLOOD);
	expect("net", SPEC(.src = "55.0.0.1", .dst = "10.20.0.5", .sport = 2, .dport = 5353),
	       FB_DROP_TABLE_FULL);
	expect("net", SPEC(.src = "8.8.8.8", .dst = "10.20.0.5", .sport = 2, .dport = 5353), FB_DROP_RATE);
	at(3600 * SECOND);
	expect("net", SPEC(.src = "55.0.0.1", .dst = "10.20.0.5", .sport = 2, .dport = 5353), FB_PASSED);
	expect("net", SPEC(.src = "8.8.8.8", .dst = "10.20.0.5", .sport = 3, .dport = 5353), FB_PASSED);
}

/* Half full, nobody is turned away. */
static void half_of_the_meters_are_had_without_refusal(void)
{
	struct frame f;
	size_t passed = 0;

	limit_line(resolver, "in",
		   LIMIT(.kind = FB_LIMIT_NEW, .cost = 3600 * (SECOND << FB_METER_SHIFT),
			 .burst = 3600 * (SECOND << FB_METER_SHIFT), .scope = FB_SCOPE_SOURCE));
	frame_build(&f,
		    SPEC(.dmac = RIG_MAC, .src = "8.8.8.8", .dst = "10.20.0.5", .sport = 1, .dport = 5353));
	for (__u32 i = 0; i < METERS / 2; i++) {
		__u32 source = __builtin_bswap32(0x20000000u + i);

		memcpy(f.b + 14 + 12, &source, 4);
		frame_ip4_sum(f.b, 14);
		passed += rig_run(&rig, "net", &f, false) != XDP_DROP;
	}
	CHECK(passed > METERS / 2 * 0.999, "%zu of %d", passed, METERS / 2);
}

static struct fb_pair_counter sum_of(unsigned int src, unsigned int dst, unsigned int reason)
{
	struct fb_pair_counter sum = { 0 };

	for (unsigned int cpu = 0; cpu < rig.cpus; cpu++) {
		const struct fb_pair_counter *one =
			&rig.pairs[(cpu * (size_t)FB_PAIRS_MAX + FB_PAIR(src, dst)) * FB_REASON_COUNT +
				   reason];

		sum.packets += one->packets;
		sum.bytes += one->bytes;
	}
	return sum;
}

/* What the gateway sends, for a card to cut into so many pieces: does it leave, and as how many packets and bytes is it counted? */
static void leaves(const struct frame_spec *spec, unsigned int pieces, enum fb_reason reason, size_t headers)
{
	unsigned int sig = rig_zone(&rig, "sig");
	struct fb_pair_counter before = sum_of(FB_ZONE_SELF, sig, reason), after;
	struct frame f;

	frame_build(&f, spec);
	rig.pieces = pieces;
	int action = rig_run(&rig, "sig", &f, true);

	rig.pieces = 0;
	after = sum_of(FB_ZONE_SELF, sig, reason);
	CHECK((action == TC_ACT_SHOT) == (reason != FB_PASSED), "action %d", action);
	CHECK(after.packets - before.packets == pieces, "%llu packets of %u",
	      (unsigned long long)(after.packets - before.packets), pieces);
	CHECK(after.bytes - before.bytes == f.len + (pieces - 1) * headers, "%llu bytes of %zu",
	      (unsigned long long)(after.bytes - before.bytes), f.len);
}

static void what_the_gateway_sends_in_one_piece_counts_as_the_packets_that_leave(void)
{
#define FROM_US .src = "10.10.0.1", .dst = "10.10.0.5", .sport = 5, .dport = 5201
	limit_line("firebreak self -> sig { allow self -> any tcp/5201, udp/5201 id up }\n", "up",
		   LIMIT(.kind = FB_LIMIT_PACKETS, A_SECOND(10), BURST(10, 10), .scope = FB_SCOPE_LINE));
	leaves(SPEC(FROM_US, .payload = 1000), 1, FB_PASSED, 0);
	leaves(SPEC(FROM_US, .payload = 1000), 4, FB_PASSED, 42);
	leaves(SPEC(FROM_US, .payload = 1000), 6, FB_DROP_RATE, 42);
	leaves(SPEC(FROM_US, .payload = 1000), 5, FB_PASSED, 42);
	leaves(SPEC(FROM_US, .payload = 1000), 1, FB_DROP_RATE, 0);
	CHECK(rig_rule_packets(&rig, "up") == 10, "%llu packets of the line",
	      (unsigned long long)rig_rule_packets(&rig, "up"));
	at(SECOND);
	leaves(SPEC(FROM_US, .tcp = SYN, .seq = 100), 1, FB_PASSED, 0);
	expect("sig",
	       SPEC(.src = "10.10.0.5", .dst = "10.10.0.1", .sport = 5201, .dport = 5, .tcp = SYN | ACK,
		    .seq = 900, .ack = 101),
	       FB_PASSED);
	leaves(SPEC(FROM_US, .tcp = ACK, .seq = 101, .ack = 901, .payload = 1000), 3, FB_PASSED, 54);
}

/* All CPUs on one bucket with the clock standing still: what passes is the burst, and at most one unit a CPU more. */
enum { HAMMERS = 4, BLOWS = 20000, HAMMER_BURST = 5000 };

static void *hammer(void *arg)
{
	size_t *passed = arg;
	struct frame f;

	frame_build(&f, SPEC(.dmac = RIG_MAC, ASK("10.20.0.5", 1000)));
	for (int i = 0; i < BLOWS; i++)
		*passed += rig_run(&rig, "cam", &f, false) != XDP_DROP;
	return NULL;
}

static void all_cpus_together_get_no_more_than_one_would(void)
{
	size_t passed[HAMMERS] = { 0 }, sum = 0;
	pthread_t thread[HAMMERS];

	limit_line(resolver, "ask",
		   LIMIT(.kind = FB_LIMIT_PACKETS, A_SECOND(HAMMER_BURST), BURST(HAMMER_BURST, HAMMER_BURST),
			 .scope = FB_SCOPE_LINE));
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	for (int i = 0; i < HAMMERS; i++)
		pthread_create(&thread[i], NULL, hammer, &passed[i]);
	for (int i = 0; i < HAMMERS; i++) {
		pthread_join(thread[i], NULL);
		sum += passed[i];
	}
	CHECK(sum + 1 >= HAMMER_BURST && sum + 1 <= HAMMER_BURST + rig.cpus, "%zu of %d", sum + 1,
	      HAMMER_BURST);
}

void claims_limit(void)
{
	meters = mmap(NULL, METERS * sizeof(*meters), PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_meters")), 0);
	if (meters == MAP_FAILED) {
		perror("mmap of the meters");
		exit(1);
	}
	RUN_CASE(new_flows_are_limited_by_source);
	RUN_CASE(a_limit_of_new_flows_charges_nothing_of_live_ones);
	RUN_CASE(a_policy_change_charges_no_live_flow);
	RUN_CASE(packets_of_both_directions_count_and_over_it_the_flow_stays);
	RUN_CASE(errors_about_a_flow_count_like_its_packets);
	RUN_CASE(a_reset_and_an_answer_over_the_limit_change_nothing);
	RUN_CASE(bytes_are_those_of_the_frames);
	RUN_CASE(a_live_flow_is_held_to_the_limit_of_the_policy_in_force);
	RUN_CASE(the_key_may_be_the_destination);
	RUN_CASE(the_key_may_be_the_line);
	RUN_CASE(an_ipv6_source_counts_by_its_64);
	RUN_CASE(what_the_gateway_sends_is_limited_too);
	RUN_CASE(calling_back_on_a_live_tuple_counts_as_a_new_flow);
	RUN_CASE(a_connection_on_the_same_ports_counts_as_a_new_flow);
	RUN_CASE(a_pair_that_observes_counts_what_is_over_and_stops_nothing);
	RUN_CASE(a_flood_of_sources_takes_no_meter_in_use_and_no_more_memory);
	RUN_CASE(half_of_the_meters_are_had_without_refusal);
	claims_quota();
	RUN_CASE(what_the_gateway_sends_in_one_piece_counts_as_the_packets_that_leave);
	RUN_CASE(all_cpus_together_get_no_more_than_one_would);
	munmap(meters, METERS * sizeof(*meters));
	rig_clock(&rig, 1000, 1900000000);
}

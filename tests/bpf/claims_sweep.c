// SPDX-License-Identifier: GPL-2.0-only
/* Idle buckets of the flow table (bpf/lib/sweep.h). Under all CPUs: test_hammer.c. */
#include "claims.h"

enum { FLOWS = 12 }; /* the rig has two buckets, of eight ways */

static void sweep_all(void)
{
	for (int part = 0; part < 64; part++)
		rig_sweep(&rig);
}

static size_t busy_buckets(void)
{
	size_t n = 0;

	for (size_t i = 0; i < FB_FLOW_BUSY_WORDS(rig.n_buckets); i++)
		n += (size_t)__builtin_popcountll(rig.busy[i]);
	return n;
}

static size_t tagged_ways(void)
{
	size_t n = 0;

	for (size_t i = 0; i < rig.n_buckets; i++)
		for (size_t way = 0; way < FB_FLOW_WAYS; way++)
			n += rig.tags[i].tag[way] != 0;
	return n;
}

/* The way of the only flow. */
static __u64 *only_way(void)
{
	for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++)
		if (FB_WAY_META(rig.flows[i].way))
			return &rig.flows[i].way;
	CHECK(0, "there is no flow");
	return &rig.flows[0].way;
}

static void wait_ticks(__u64 n)
{
	rig.runtime->fake_mono_ns += n << FB_TICK_SHIFT;
}

static void a_bucket_with_a_live_flow_stays_busy(void)
{
	use_policy("");
	CHECK(busy_buckets() == 0, "%zu buckets busy", busy_buckets());
	handshake();
	CHECK(busy_buckets() == 1, "%zu buckets busy", busy_buckets());
	wait_ticks(FB_TIMEOUT_ESTABLISHED);
	sweep_all();
	CHECK(busy_buckets() == 1 && tagged_ways() == 1, "%zu buckets busy, %zu tags", busy_buckets(),
	      tagged_ways());
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
}

static void a_bucket_whose_flows_are_dead_becomes_idle_and_can_be_had_again(void)
{
	use_policy("");
	for (int i = 0; i < FLOWS; i++)
		expect("cam", SPEC(RTSP_FROM(1024 + i), .tcp = SYN), FB_PASSED);
	CHECK(busy_buckets() == 2, "%zu buckets busy", busy_buckets());
	wait_ticks(FB_TIMEOUT_NEW + 1);
	sweep_all();
	CHECK(busy_buckets() == 0 && tagged_ways() == 0 && rig_flow_count(&rig) == 0,
	      "%zu buckets busy, %zu tags, %zu flows", busy_buckets(), tagged_ways(), rig_flow_count(&rig));
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_DROP_NO_ALLOW);
	handshake();
	CHECK(busy_buckets() == 1, "%zu buckets busy", busy_buckets());
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
}

static void a_way_that_somebody_writes_keeps_its_bucket_busy(void)
{
	__u64 *way, word;

	use_policy("");
	handshake();
	way = only_way();
	word = *way |= FB_WAY_LOCK;
	wait_ticks(FB_TIMEOUT_ESTABLISHED + 1);
	sweep_all();
	CHECK(*way == word && busy_buckets() == 1, "word %llx, %zu buckets busy", (unsigned long long)*way,
	      busy_buckets());
	for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++)
		CHECK(&rig.flows[i].way == way || !(rig.flows[i].way & FB_WAY_LOCK), "way %zu stays claimed",
		      i);
	*way &= ~FB_WAY_LOCK;
	sweep_all();
	CHECK(busy_buckets() == 0, "%zu buckets busy", busy_buckets());
}

static void flows_in_either_bucket_are_found(void)
{
	use_policy("");
	for (int i = 0; i < FLOWS; i++)
		expect("cam", SPEC(RTSP_FROM(1024 + i), .tcp = SYN), FB_PASSED);
	for (int i = 0; i < FLOWS; i++)
		expect("vid", SPEC(RTSP_BACK_TO(1024 + i), .tcp = SYN | ACK, .seq = 900, .ack = 1),
		       FB_PASSED);
}

void claims_sweep(void)
{
	RUN_CASE(a_bucket_with_a_live_flow_stays_busy);
	RUN_CASE(a_bucket_whose_flows_are_dead_becomes_idle_and_can_be_had_again);
	RUN_CASE(a_way_that_somebody_writes_keeps_its_bucket_busy);
	RUN_CASE(flows_in_either_bucket_are_found);
}

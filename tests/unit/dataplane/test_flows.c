// SPDX-License-Identifier: GPL-2.0-only
/* Reading tables and counters of a handle that is made by hand: nothing is loaded. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/handle.h"

enum { BUCKETS = 4, NOW = 1000 };

static struct fb_flow_tags tags[BUCKETS];
static struct fb_flow flows[BUCKETS * FB_FLOW_WAYS];
static struct fb_runtime runtime;
static struct fb_image_header image;
static struct fb_dataplane dp;

static void setup(void)
{
	runtime.fake_mono_ns = (__u64)NOW << FB_TICK_SHIFT;
	image.generation = 7;
	dp.sizes.buckets = BUCKETS;
	dp.sizes.cpus = 2;
	dp.live.mem[FB_MAP_RUNTIME] = &runtime;
	dp.live.mem[FB_MAP_TAGS] = tags;
	dp.live.mem[FB_MAP_FLOWS] = flows;
	dp.live.mem[FB_MAP_PAIR_COUNTERS] =
		calloc(2 * FB_PAIRS_MAX * FB_REASON_COUNT, sizeof(struct fb_pair_counter));
	dp.live.mem[FB_MAP_RULE_COUNTERS] = calloc(2 * FB_RULE_SLOTS, sizeof(struct fb_rule_counter));
	dp.image[0] = &image;
	dp.image_live = 0;
}
TestSuite(flows, .init = setup);

static struct fb_flow *put(size_t bucket, size_t way, enum fb_flow_state state, __u32 idle)
{
	struct fb_flow *f = &flows[bucket * FB_FLOW_WAYS + way];

	tags[bucket].tag[way] = 1;
	*f = (struct fb_flow){ .way = 3ull << FB_WAY_OWNER_SHIFT | 2 * FB_WAY_LOCK |
				      FB_META(state, NOW - idle),
			       .generation = 7,
			       .lo_a = 0x0a0a0005,
			       .lo_b = 0x0a140005,
			       .port_a = 443,
			       .port_b = 40000,
			       .proto = 6,
			       .family = 4,
			       .zone = { 2, 3 },
			       .rule = 9,
			       .origin = 1,
			       .created = NOW - 100 };
	return f;
}

struct seen {
	struct fb_snapshot_flow last;
	unsigned int n, stop_after;
};

static bool count(const struct fb_snapshot_flow *f, void *arg)
{
	struct seen *seen = arg;

	seen->last = *f;
	return ++seen->n != seen->stop_after;
}

static unsigned int live(struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	fb_dataplane_each_flow(&dp, 0, count, seen);
	return seen->n;
}

Test(flows, the_initiator_is_the_source)
{
	struct seen seen;

	put(1, 3, FB_FLOW_ESTABLISHED, 10);
	cr_assert_eq(live(&seen), 1u);
	cr_assert(seen.last.src.lo == 0x0a140005 && seen.last.sport == 40000 && seen.last.src_zone == 3);
	cr_assert(seen.last.dst.lo == 0x0a0a0005 && seen.last.dport == 443 && seen.last.dst_zone == 2);
	cr_assert(seen.last.state == FB_FLOW_ESTABLISHED && seen.last.rule == 9 && !seen.last.stale &&
		  !seen.last.observed);
	cr_assert(seen.last.idle == 10 && seen.last.age == 107, "ticks of 1.07 s: %u, %u", seen.last.idle,
		  seen.last.age);
}

Test(flows, an_entry_that_is_being_written_is_left_out)
{
	struct seen seen;

	put(0, 0, FB_FLOW_NEW, 0);
	flows[0].way |= FB_WAY_LOCK;
	cr_assert_eq(live(&seen), 0u);
}

Test(flows, an_expired_entry_is_free_and_a_later_tick_is_not_expiry)
{
	static const struct {
		enum fb_flow_state state;
		__u32 idle;
		unsigned int live;
	} cases[] = {
		{ FB_FLOW_NEW, FB_TIMEOUT_NEW, 1 },
		{ FB_FLOW_NEW, FB_TIMEOUT_NEW + 1, 0 },
		{ FB_FLOW_REPLIED, FB_TIMEOUT_REPLIED, 1 },
		{ FB_FLOW_REPLIED, FB_TIMEOUT_REPLIED + 1, 0 },
		{ FB_FLOW_CLOSING, FB_TIMEOUT_CLOSING, 1 },
		{ FB_FLOW_CLOSING, FB_TIMEOUT_CLOSING + 1, 0 },
		{ FB_FLOW_DGRAM, FB_TIMEOUT_DGRAM, 1 },
		{ FB_FLOW_DGRAM, FB_TIMEOUT_DGRAM + 1, 0 },
		{ FB_FLOW_ESTABLISHED, 999, 1 },
		{ FB_FLOW_NEW, (__u32)-2, 1 },
		{ FB_FLOW_FREE, 0, 0 },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_flow_totals totals;
		struct seen seen;

		put(2, 1, cases[i].state, cases[i].idle);
		cr_assert_eq(live(&seen), cases[i].live, "case %zu", i);
		fb_dataplane_flow_totals(&dp, &totals);
		cr_assert_eq(totals.by_state[cases[i].state], cases[i].live, "case %zu", i);
		cr_assert_eq(totals.capacity, BUCKETS * FB_FLOW_WAYS);
	}
}

Test(flows, what_another_generation_stamped_is_stale)
{
	struct seen seen;

	put(0, 0, FB_FLOW_NEW, 0)->generation = 6;
	put(0, 0, FB_FLOW_NEW, 0)->flags = FB_FLOW_F_OBSERVED;
	flows[0].generation = 6;
	cr_assert_eq(live(&seen), 1u);
	cr_assert(seen.last.stale && seen.last.observed);
}

Test(flows, a_link_local_tuple_is_shown_without_its_zone)
{
	struct seen seen;
	struct fb_flow *f = put(0, 0, FB_FLOW_NEW, 0);

	f->lo_a = 0xa9fe0001ull | 5ull << 32;
	cr_assert_eq(live(&seen), 1u);
	cr_assert_eq(seen.last.dst.lo, 0xa9fe0001ull);

	f->family = 6;
	f->lo_a = 1;
	f->hi_a = 0xfe80000000000000ull | 5ull << 40;
	cr_assert_eq(live(&seen), 1u);
	cr_assert_eq(seen.last.dst.hi, 0xfe80000000000000ull);
}

Test(flows, the_reader_may_stop_and_go_on_from_there)
{
	struct seen seen = { .stop_after = 2 };
	size_t at;

	for (size_t way = 0; way < 5; way++)
		put(3, way, FB_FLOW_NEW, 0);
	at = fb_dataplane_each_flow(&dp, 0, count, &seen);
	cr_assert_eq(seen.n, 2u);
	seen = (struct seen){ 0 };
	cr_assert_eq(fb_dataplane_each_flow(&dp, at, count, &seen), FB_FLOWS_END);
	cr_assert_eq(seen.n, 4u);
	cr_assert_eq(fb_dataplane_each_flow(&dp, ~(size_t)0 - 1, count, &seen),
		     FB_FLOWS_END); /* of another table */
	cr_assert_eq(seen.n, 4u);
}

/* The table as a file, which the end of a flow maps for writing. */
static void table_in_a_file(void)
{
	int fd = memfd_create("flows", 0);

	cr_assert(ftruncate(fd, sizeof(flows)) == 0 && write(fd, flows, sizeof(flows)) == sizeof(flows));
	dp.live.fd[FB_MAP_FLOWS] = fd;
	dp.live.bytes[FB_MAP_FLOWS] = sizeof(flows);
	dp.live.mem[FB_MAP_FLOWS] = mmap(NULL, sizeof(flows), PROT_READ, MAP_SHARED, fd, 0);
}

static bool has_port(const struct fb_snapshot_flow *f, void *arg)
{
	return f->sport == *(const __u16 *)arg;
}

Test(flows, an_ended_flow_is_gone_and_the_others_are_not)
{
	const struct fb_flow *table;
	struct fb_error err = { 0 };
	struct seen seen;
	__u16 port = 40001;

	for (size_t way = 0; way < 4; way++)
		put(2, way, FB_FLOW_ESTABLISHED, 0)->port_b = (__u16)(40000 + way);
	put(3, 0, FB_FLOW_ESTABLISHED, FB_TIMEOUT_ESTABLISHED + 1)->port_b = port;
	table_in_a_file();
	cr_assert_eq(fb_dataplane_end_flows(&dp, has_port, &port, &err), 1, "%s", err.text);
	table = dp.live.mem[FB_MAP_FLOWS];
	cr_assert_eq(table[2 * FB_FLOW_WAYS + 1].way, 3ull << FB_WAY_OWNER_SHIFT | 2 * FB_WAY_LOCK,
		     "its way is free");
	cr_assert_eq(live(&seen), 3u);
	cr_assert_eq(fb_dataplane_end_flows(&dp, has_port, &port, &err), 0, "it was there once");
}

/* A packet moves the time of a flow while it is ended, and another flow takes the way of one: that is never undone. */
static bool moves_its_words(const struct fb_snapshot_flow *f, void *arg)
{
	struct fb_flow *table = arg;

	if (f->sport == 40000)
		table[0].way++;
	else
		table[FB_FLOW_WAYS].way += 1ull << FB_WAY_OWNER_SHIFT;
	return true;
}

Test(flows, a_way_that_changed_hands_is_not_touched)
{
	struct fb_error err = { 0 };
	struct fb_flow *table;

	put(0, 0, FB_FLOW_ESTABLISHED, 0);
	put(1, 0, FB_FLOW_ESTABLISHED, 0)->port_b = 40001;
	table_in_a_file();
	table = mmap(NULL, sizeof(flows), PROT_READ | PROT_WRITE, MAP_SHARED, dp.live.fd[FB_MAP_FLOWS], 0);
	cr_assert_eq(fb_dataplane_end_flows(&dp, moves_its_words, table, &err), 1);
	cr_assert_eq(FB_WAY_META(table[0].way), 0u, "it had moved its time only");
	cr_assert_neq(FB_WAY_META(table[FB_FLOW_WAYS].way), 0u, "another flow's by now");
}

Test(flows, counters_are_summed_over_cpus_and_cleared_on_all)
{
	struct fb_pair_counter *pairs = dp.live.mem[FB_MAP_PAIR_COUNTERS], sum;
	struct fb_rule_counter *rules = dp.live.mem[FB_MAP_RULE_COUNTERS], rule;

	for (size_t cpu = 0; cpu < 2; cpu++) {
		pairs[(cpu * FB_PAIRS_MAX + FB_PAIR(2, 3)) * FB_REASON_COUNT + FB_DROP_NEVER] =
			(struct fb_pair_counter){ 1 + cpu, 100 };
		pairs[(cpu * FB_PAIRS_MAX + FB_PAIR(4, 5)) * FB_REASON_COUNT] =
			(struct fb_pair_counter){ 1, 1 };
		rules[cpu * FB_RULE_SLOTS + 9] = (struct fb_rule_counter){ 10, 1000, 1, 50 - (__u32)cpu };
	}
	fb_dataplane_pair_counter(&dp, 2, 3, FB_DROP_NEVER, &sum);
	cr_assert(sum.packets == 3 && sum.bytes == 200);
	fb_dataplane_rule_counter(&dp, 9, &rule);
	cr_assert(rule.packets == 20 && rule.bytes == 2000 && rule.flows == 2 && rule.last_hit == 50);

	fb_dataplane_clear_zone_counters(&dp, 3);
	fb_dataplane_pair_counter(&dp, 2, 3, FB_DROP_NEVER, &sum);
	cr_assert(sum.packets == 0);
	fb_dataplane_pair_counter(&dp, 4, 5, FB_PASSED, &sum);
	cr_assert(sum.packets == 2, "other zones stay");
	fb_dataplane_clear_rule_counter(&dp, 9);
	fb_dataplane_rule_counter(&dp, 9, &rule);
	cr_assert(rule.packets == 0 && rule.last_hit == 0);

	/* Numbers that are none: nothing, and no access. */
	fb_dataplane_pair_counter(&dp, FB_ZONES_MAX, 0, 0, &sum);
	cr_assert(sum.packets == 0);
	fb_dataplane_rule_counter(&dp, FB_RULE_SLOTS, &rule);
	cr_assert(rule.packets == 0);
}

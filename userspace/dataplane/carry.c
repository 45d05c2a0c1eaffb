// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one ABI version's tree hands on to the next: flows, limits and quotas, counters. Into a table that no program uses yet all of it is copied as it lies; what
 * changes while the links move is merged after that (merge.c).
 *
 * Generations are not handed on: what a flow was judged by is another version's image, so that each is judged again with its next packet, as after an apply. Nor are
 * next hops, whose table is new: the FIB is asked again.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/handle.h"

static void *map_all(int fd, size_t bytes, int prot, const char *what, struct fb_error *err)
{
	void *mem = mmap(NULL, bytes, prot, MAP_SHARED, fd, 0);

	if (mem == MAP_FAILED) {
		fb_error_set(err, -errno, "%s: cannot be mapped: %s", what, strerror(errno));
		return NULL;
	}
	return mem;
}

/* The map of the version before; NULL = it cannot be mapped, or is of another size. */
static void *map_before(const struct fb_dataplane *dp, enum fb_map_id id, int prot, struct fb_error *err)
{
	struct bpf_map_info info;
	fb_autoclose int fd = fb_before_map(dp->before, fb_map_specs[id].name, &info, err);

	if (fd < 0)
		return NULL;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != fb_map_value_size(id, &dp->sizes)) {
		fb_error_set(err, -EPROTO, "%s/maps/%s: has values of %u bytes", dp->before->dir,
			     fb_map_specs[id].name, info.value_size);
		return NULL;
	}
	return map_all(fd, info.value_size, prot, fb_map_specs[id].name, err);
}

/* Every bucket of the new table may get a flow. Those that get none are found by the sweep (bpf/lib/sweep.h). */
static int say_all_busy(const struct fb_dataplane *dp, struct fb_error *err)
{
	const size_t bytes = dp->live.bytes[FB_MAP_BUSY];
	void *busy = map_all(dp->live.fd[FB_MAP_BUSY], bytes, PROT_READ | PROT_WRITE,
			     "the table of busy buckets", err);

	if (!busy)
		return err->code;
	memset(busy, 0xff, bytes);
	munmap(busy, bytes);
	return 0;
}

int fb_carry_open(struct fb_dataplane *dp, struct fb_carry *ret, struct fb_error *err)
{
	struct fb_carry c = { .ways = (size_t)dp->sizes.buckets * FB_FLOW_WAYS,
			      .tick = fb_dataplane_tick(dp) };

	c.from = map_before(dp, FB_MAP_FLOWS, PROT_READ, err);
	if (c.from)
		c.from_tags = map_before(dp, FB_MAP_TAGS, PROT_READ, err);
	if (c.from_tags)
		c.to = map_all(dp->live.fd[FB_MAP_FLOWS], dp->live.bytes[FB_MAP_FLOWS],
			       PROT_READ | PROT_WRITE, "the table of flows", err);
	if (c.to)
		c.to_tags = map_all(dp->live.fd[FB_MAP_TAGS], dp->live.bytes[FB_MAP_TAGS],
				    PROT_READ | PROT_WRITE, "the table of tags", err);
	if (!c.to_tags || say_all_busy(dp, err) < 0) {
		fb_carry_done(&c);
		return err->code;
	}
	*ret = c;
	return 0;
}

void fb_carry_done(struct fb_carry *c)
{
	const size_t flows = c->ways * sizeof(struct fb_flow);

	if (c->from)
		munmap((void *)c->from, flows);
	if (c->from_tags)
		munmap((void *)c->from_tags, c->ways);
	if (c->to)
		munmap(c->to, flows);
	if (c->to_tags)
		munmap(c->to_tags, c->ways);
	free(c->seen);
	*c = (struct fb_carry){ 0 };
}

size_t fb_carry_next(const struct fb_carry *c, size_t i)
{
	const __u64 *tags = (const void *)c->from_tags;

	while (i < c->ways && i % FB_FLOW_WAYS == 0 &&
	       !__atomic_load_n(&tags[i / FB_FLOW_WAYS], __ATOMIC_RELAXED))
		i += FB_FLOW_WAYS;
	return i;
}

/* Returns whether the way was not as it had been seen. */
static bool copy_way(struct fb_carry *c, size_t i)
{
	__u64 word = __atomic_load_n(&c->from[i].way, __ATOMIC_ACQUIRE);
	struct fb_flow flow;

	if (word == c->seen[i])
		return false;
	if (!fb_flow_is_live(FB_WAY_META(word), c->tick)) {
		if (c->seen[i])
			c->to[i].way = c->seen[i] = 0;
		return false;
	}
	if (!fb_flow_copy(&c->from[i], &flow, &word)) /* being written: it is seen changed the next time */
		return true;
	flow.way = c->seen[i] = word;
	flow.generation = 0;
	memset(flow.nexthop, 0, sizeof(flow.nexthop));
	memset(flow.stamp, 0, sizeof(flow.stamp));
	c->to_tags[i] = c->from_tags[i];
	c->to[i] = flow;
	return true;
}

/* So few changes are left for the merge; a busy table has always some. */
enum { FEW = 64, ROUNDS = 8 };

void fb_carry_flows(struct fb_carry *c)
{
	size_t changed = FEW + 1;

	c->seen = calloc(c->ways, sizeof(*c->seen));
	if (!c->seen)
		abort();
	for (int round = 0; round < ROUNDS && changed > FEW; round++) {
		changed = 0;
		for (size_t i = fb_carry_next(c, 0); i < c->ways; i = fb_carry_next(c, i + 1))
			changed += copy_way(c, i);
	}
}

int fb_carry_meters(struct fb_dataplane *dp, struct fb_error *err)
{
	const size_t bytes = dp->live.bytes[FB_MAP_METERS];
	const struct fb_meter *from = map_before(dp, FB_MAP_METERS, PROT_READ, err);
	struct fb_meter *to = from ? map_all(dp->live.fd[FB_MAP_METERS], bytes, PROT_READ | PROT_WRITE,
					     "the table of meters", err)
				   : NULL;

	for (size_t i = 0; to && i < bytes / sizeof(*to); i++) {
		to[i] = from[i];
		if (to[i].seq & 1) /* being taken just now: of a key that has used nothing yet */
			memset(&to[i], 0, sizeof(to[i]));
	}
	if (from)
		munmap((void *)from, bytes);
	if (to)
		munmap(to, bytes);
	return to ? 0 : err->code;
}

/*
 * A program counts on its own CPU and without a lock. What adds on that CPU by one instruction comes before it or after it, never between its load and its
 * store. What is moved is taken first: who is killed loses one number and counts none twice.
 */
static void move_sum(__u64 *from, __u64 *to)
{
	__u64 n = *from ? __atomic_exchange_n(from, 0, __ATOMIC_RELAXED) : 0;

	if (n)
		asm volatile("addq %1, %0" : "+m"(*to) : "r"(n) : "cc");
}

static void move_latest(__u64 *from, __u64 *to)
{
	__u64 is = __atomic_load_n(to, __ATOMIC_RELAXED);

	while (*from > is &&
	       !__atomic_compare_exchange_n(to, &is, *from, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	*from = 0;
}

/* The strides of one CPU. */
static void move_stride(const struct fb_dataplane *dp, unsigned int cpu, struct fb_pair_counter *pairs,
			struct fb_rule_counter *rules)
{
	const size_t n_pairs = FB_PAIRS_MAX * FB_REASON_COUNT;
	struct fb_pair_counter *to_pairs = dp->live.mem[FB_MAP_PAIR_COUNTERS];
	struct fb_rule_counter *to_rules = dp->live.mem[FB_MAP_RULE_COUNTERS];

	for (size_t i = cpu * n_pairs; i < (cpu + 1) * n_pairs; i++) {
		move_sum(&pairs[i].packets, &to_pairs[i].packets);
		move_sum(&pairs[i].bytes, &to_pairs[i].bytes);
	}
	for (size_t i = (size_t)cpu * FB_RULE_SLOTS; i < ((size_t)cpu + 1) * FB_RULE_SLOTS; i++) {
		move_sum(&rules[i].packets, &to_rules[i].packets);
		move_sum(&rules[i].bytes, &to_rules[i].bytes);
		move_sum(&rules[i].flows, &to_rules[i].flows);
		move_latest(&rules[i].last_hit, &to_rules[i].last_hit);
	}
}

static void move_strides(const struct fb_dataplane *dp, struct fb_pair_counter *pairs,
			 struct fb_rule_counter *rules)
{
	cpu_set_t before, one;

	sched_getaffinity(0, sizeof(before), &before);
	for (unsigned int cpu = 0; cpu < dp->sizes.cpus; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one); /* of one that is off nobody counts */
		move_stride(dp, cpu, pairs, rules);
	}
	sched_setaffinity(0, sizeof(before), &before);
}

static void move_redirect_errors(const struct fb_dataplane *dp)
{
	const int n = libbpf_num_possible_cpus();
	fb_autofree __u64 *from = n > 0 ? calloc((size_t)n, sizeof(*from)) : NULL,
			  *to = n > 0 ? calloc((size_t)n, sizeof(*to)) : NULL;
	struct bpf_map_info info;
	struct fb_error ignored;
	fb_autoclose int fd =
		fb_before_map(dp->before, fb_map_specs[FB_MAP_REDIRECT_ERRS].name, &info, &ignored);
	const int own = dp->live.fd[FB_MAP_REDIRECT_ERRS];
	const __u32 zero = 0;

	if (!from || !to || fd < 0 || info.type != BPF_MAP_TYPE_PERCPU_ARRAY || info.value_size != 8 ||
	    bpf_map_lookup_elem(fd, &zero, from) < 0 || bpf_map_lookup_elem(own, &zero, to) < 0)
		return;
	for (int i = 0; i < n; i++)
		to[i] += from[i];
	memset(from, 0, (size_t)n * sizeof(*from));
	if (bpf_map_update_elem(fd, &zero, from, BPF_ANY) == 0)
		bpf_map_update_elem(own, &zero, to, BPF_ANY);
}

int fb_carry_counters(struct fb_dataplane *dp, struct fb_error *err)
{
	struct fb_pair_counter *pairs = map_before(dp, FB_MAP_PAIR_COUNTERS, PROT_READ | PROT_WRITE, err);
	struct fb_rule_counter *rules =
		pairs ? map_before(dp, FB_MAP_RULE_COUNTERS, PROT_READ | PROT_WRITE, err) : NULL;

	if (rules) {
		move_strides(dp, pairs, rules);
		move_redirect_errors(dp);
	}
	if (pairs)
		munmap(pairs, dp->live.bytes[FB_MAP_PAIR_COUNTERS]);
	if (rules)
		munmap(rules, dp->live.bytes[FB_MAP_RULE_COUNTERS]);
	return rules ? 0 : err->code == -EPROTO ? 1 : err->code;
}

__u64 fb_carry_count(struct fb_dataplane *dp)
{
	struct fb_error ignored;
	struct bpf_map_info info;
	fb_autoclose int fd = fb_before_map(dp->before, fb_map_specs[FB_MAP_FLOWS].name, &info, &ignored);
	const __u32 tick = fb_dataplane_tick(dp);
	const struct fb_flow *flows;
	__u64 n = 0;

	if (fd < 0 || info.type != BPF_MAP_TYPE_ARRAY || info.value_size % sizeof(*flows))
		return ~0ull;
	flows = map_all(fd, info.value_size, PROT_READ, "the table of flows", &ignored);
	for (size_t i = 0; flows && i < info.value_size / sizeof(*flows); i++)
		n += fb_flow_is_live(FB_WAY_META(flows[i].way), tick);
	if (flows)
		munmap((void *)flows, info.value_size);
	return flows ? n : ~0ull;
}

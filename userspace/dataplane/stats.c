// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, summed over the strides of all CPUs. They are read while CPUs write them: each word is a whole
 * 64-bit load, so a sum is of some moment in between and never torn.
 */
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/handle.h"

static __u64 get(const __u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static struct fb_pair_counter *pair_counters(const struct fb_dataplane *dp, unsigned int cpu,
					     unsigned int pair)
{
	struct fb_pair_counter *all = dp->live.mem[FB_MAP_PAIR_COUNTERS];

	return all + ((size_t)cpu * FB_PAIRS_MAX + pair) * FB_REASON_COUNT;
}

void fb_dataplane_pair_counter(const struct fb_dataplane *dp, unsigned int src_zone, unsigned int dst_zone,
			       unsigned int reason, struct fb_pair_counter *ret)
{
	struct fb_pair_counter sum = { 0 };

	for (unsigned int cpu = 0; src_zone < FB_ZONES_MAX && dst_zone < FB_ZONES_MAX &&
				   reason < FB_REASON_COUNT && cpu < dp->sizes.cpus;
	     cpu++) {
		const struct fb_pair_counter *c =
			pair_counters(dp, cpu, FB_PAIR(src_zone, dst_zone)) + reason;

		sum.packets += get(&c->packets);
		sum.bytes += get(&c->bytes);
	}
	*ret = sum;
}

static struct fb_rule_counter *rule_counter(const struct fb_dataplane *dp, unsigned int cpu,
					    unsigned int slot)
{
	struct fb_rule_counter *all = dp->live.mem[FB_MAP_RULE_COUNTERS];

	return all + (size_t)cpu * FB_RULE_SLOTS + slot;
}

void fb_dataplane_rule_counter(const struct fb_dataplane *dp, unsigned int slot, struct fb_rule_counter *ret)
{
	struct fb_rule_counter sum = { 0 };

	for (unsigned int cpu = 0; slot < FB_RULE_SLOTS && cpu < dp->sizes.cpus; cpu++) {
		const struct fb_rule_counter *c = rule_counter(dp, cpu, slot);
		__u64 last = get(&c->last_hit);

		sum.packets += get(&c->packets);
		sum.bytes += get(&c->bytes);
		sum.flows += get(&c->flows);
		if (last > sum.last_hit)
			sum.last_hit = last;
	}
	*ret = sum;
}

/*
 * Nobody counts here any more (the slot or zone was absent for a generation), so nothing races with the
 * zeroes.
 */
void fb_dataplane_clear_rule_counter(struct fb_dataplane *dp, unsigned int slot)
{
	for (unsigned int cpu = 0; slot < FB_RULE_SLOTS && cpu < dp->sizes.cpus; cpu++)
		memset(rule_counter(dp, cpu, slot), 0, sizeof(struct fb_rule_counter));
}

void fb_dataplane_clear_zone_counters(struct fb_dataplane *dp, unsigned int zone)
{
	const size_t size = FB_REASON_COUNT * sizeof(struct fb_pair_counter);

	for (unsigned int cpu = 0; zone < FB_ZONES_MAX && cpu < dp->sizes.cpus; cpu++)
		for (unsigned int other = 0; other < FB_ZONES_MAX; other++) {
			memset(pair_counters(dp, cpu, FB_PAIR(zone, other)), 0, size);
			memset(pair_counters(dp, cpu, FB_PAIR(other, zone)), 0, size);
		}
}

__u64 fb_dataplane_redirect_errors(const struct fb_dataplane *dp)
{
	int n = libbpf_num_possible_cpus();
	fb_autofree __u64 *values = n > 0 ? calloc((size_t)n, sizeof(*values)) : NULL;
	const __u32 zero = 0;
	__u64 sum = 0;

	if (!values || bpf_map_lookup_elem(dp->live.fd[FB_MAP_REDIRECT_ERRS], &zero, values) < 0)
		return 0;
	for (int i = 0; i < n; i++)
		sum += values[i];
	return sum;
}

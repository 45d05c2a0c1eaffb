/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buckets in which all flows are dead are found and said to be idle, so that packets without a flow need not look into them (fb_flow_is_idle). A part of the table is
 * looked through each time that the agent runs the program. Without an agent nobody does, and lookups take longer by two lines of tags; nothing else depends on it.
 *
 * A program and not a thread of the agent, because it claims ways, and an agent may be killed in the middle of that.
 */
#ifndef FB_LIB_SWEEP_H
#define FB_LIB_SWEEP_H

#include "flow.h"

/* Claims all ways of a bucket, unless one is alive or somebody's; with all of them in hand nobody can make a flow there, and its bit may go. Then frees them. */
FB_INLINE void fb_sweep_bucket(__u32 bucket, __u32 tick)
{
	__u32 held = 0;

	for (; held < FB_FLOW_WAYS; held++) {
		__u64 *way = fb_flow_way(fb_flow_place(bucket, held)), word = *(volatile __u64 *)way;

		if (!fb_flow_is_dead(word, tick) ||
		    __sync_val_compare_and_swap(way, word, FB_WAY_NEXT(word, 0)) != word)
			break;
	}
	if (held == FB_FLOW_WAYS) {
		*(volatile __u64 *)fb_flow_tag(fb_flow_place(bucket, 0)) = 0;
		__sync_fetch_and_and(fb_flow_busy(bucket), ~fb_flow_busy_bit(bucket));
	}
	for (__u32 i = 0; i < FB_FLOW_WAYS && i < held; i++) {
		volatile __u64 *way = fb_flow_way(fb_flow_place(bucket, i));
		__u64 word = *way;

		*way = word ^ FB_WAY_UNLOCK(word);
	}
}

struct fb_sweep {
	__u32 first, tick;
};

static long fb_sweep_next(__u32 i, void *at)
{
	const struct fb_sweep *sweep = at;
	__u32 bucket = sweep->first + i;

	if (fb_flow_is_busy(bucket))
		fb_sweep_bucket(bucket, sweep->tick);
	return 0;
}

/* The next part of the table. */
FB_INLINE void fb_sweep(void)
{
	struct fb_runtime *rt = fb_base(&fb_runtime);
	__u32 buckets = fb_cfg.bucket_mask < FB_SWEEP_BUCKETS ? fb_cfg.bucket_mask + 1 : FB_SWEEP_BUCKETS;
	struct fb_sweep sweep = { .first = rt->sweep_at, .tick = fb_tick() };

	rt->sweep_at = sweep.first + buckets;
	bpf_loop(buckets, fb_sweep_next, &sweep, 0);
}

#endif

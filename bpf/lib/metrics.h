/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters: a stride per CPU in one array, plain additions. XDP and tc run with bottom halves off, so nothing else on this CPU writes
 * the same words; userspace sums the strides. (BPF_PROG_TEST_RUN runs in process context beside softirqs and can lose a count.)
 */
#ifndef FB_LIB_METRICS_H
#define FB_LIB_METRICS_H

#include "event.h"
#include "zone.h"

FB_INLINE void fb_add_to_pair(__u32 cpu, __u32 zone, __u32 dst_zone, __u32 reason, __u32 packets, __u32 bytes)
{
	struct fb_pair_counter *counter;

	counter = fb_at(fb_base(&fb_pair_counters),
			((cpu & fb_cfg.cpu_mask) * FB_PAIRS_MAX + FB_PAIR(zone & 63, dst_zone & 63)) *
					FB_REASON_COUNT +
				(reason & 31),
			(fb_cfg.cpu_mask + 1) * FB_PAIRS_MAX * FB_REASON_COUNT - 1, 4);
	counter->packets += packets;
	counter->bytes += bytes;
}

FB_INLINE void fb_add_to_rule(__u32 cpu, __u32 rule, __u32 packets, __u32 bytes, __u32 flows, __u32 tick)
{
	struct fb_rule_counter *counter;

	counter = fb_at(fb_base(&fb_rule_counters),
			(cpu & fb_cfg.cpu_mask) * FB_RULE_SLOTS + (rule & (FB_RULE_SLOTS - 1)),
			(fb_cfg.cpu_mask + 1) * FB_RULE_SLOTS - 1, 5);
	counter->packets += packets;
	counter->bytes += bytes;
	counter->flows += flows;
	counter->last_hit = tick;
}

FB_INLINE void fb_count_pair(const struct fb_ctx *c, __u32 reason)
{
	fb_add_to_pair(c->cpu, c->zone, c->dst_zone, reason, 1 + c->more, c->bytes);
}

FB_INLINE void fb_count_rule(const struct fb_ctx *c)
{
	fb_add_to_rule(c->cpu, c->rule, 1 + c->more, c->bytes, c->new_flow, c->tick);
}

FB_INLINE void fb_explain_write(const struct fb_ctx *c, __u32 reason)
{
	struct fb_explain *out = fb_base(&fb_explain_out);

	out->reason = reason;
	out->rule_slot = c->rule;
	out->rule_index = c->rule_index;
	out->rule_kind = c->rule_kind;
	out->generation = c->generation;
	out->src_zone = c->zone;
	out->dst_zone = c->dst_zone;
	out->flow_state = c->flow_state;
	out->observed = c->observed;
	out->cls = c->cls;
	out->out_port = c->out_port;
	out->nexthop = c->nexthop;
	out->tick = c->tick;
	out->limit = c->limit;
}

/*
 * The end of every packet's path but the shortest (plain.h), and the only place that tells. reason FB_PASSED or a drop; the caller turns it into its hook's action.
 */
FB_INLINE void fb_account(const struct fb_ctx *c, __u32 reason)
{
	if (fb_cfg.explain) {
		fb_explain_write(c, reason);
		return;
	}
	fb_count_pair(c, reason);
	if (reason == FB_PASSED && !c->remarks) {
		if (c->rule)
			fb_count_rule(c);
		return;
	}
	fb_event_account(c, reason);
	/* A never line has counters of its own: what it stopped. */
	if (reason == FB_DROP_NEVER) {
		fb_count_rule(c);
		return;
	}
	if (reason != FB_PASSED)
		return;
	/* What observe mode let through has no line, or is over a line's limit. */
	if (c->observed || c->over)
		fb_count_pair(c, FB_WOULD_DROP);
	if (c->rule)
		fb_count_rule(c);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict of the policy on a packet. */
#ifndef FB_LIB_JUDGE_H
#define FB_LIB_JUDGE_H

#include "switch.h"
#include "zone.h"

/* Unix seconds by which deadlines are held; 0, which every deadline's test refuses, when the clock is earlier than the policy was applied. */
FB_INLINE __u32 fb_now(const void *img)
{
	__u32 now = fb_unix();

	return now >= fb_image_word(img, FB_HDR_WORD(applied_lo)) ? now : 0;
}

/* Until when packets of the pair pass that no line allows; 0 = it enforces. */
FB_INLINE __u32 fb_observe_until(const void *img, __u32 zone, __u32 dst_zone)
{
	return fb_image_word(img,
			     fb_image_word(img, FB_HDR_WORD(pair_w)) + 2 * FB_PAIR(zone & 63, dst_zone & 63));
}

/* enum fb_pair_flag of the pair. */
FB_INLINE __u32 fb_pair_flags(const void *img, __u32 zone, __u32 dst_zone)
{
	return fb_image_word(img, fb_image_word(img, FB_HDR_WORD(pair_w)) +
					  2 * FB_PAIR(zone & 63, dst_zone & 63) + 1);
}

FB_INLINE int fb_observes(const void *img, __u32 zone, __u32 dst_zone)
{
	__u32 now = fb_now(img);

	return now && now < fb_observe_until(img, zone, dst_zone);
}

FB_INLINE const struct fb_image_limit *fb_limit_find(const void *img, __u32 index)
{
	return fb_at((void *)img, (fb_image_word(img, FB_HDR_WORD(limit_w)) >> 4) + index,
		     fb_cfg.image_mask >> 4, 6);
}

/* What a flow of an allowing line must know of it. */
FB_INLINE void fb_judge_limit(const void *img, struct fb_ctx *c)
{
	const struct fb_image_limit *limit;

	if (!c->limit)
		return;
	limit = fb_limit_find(img, c->limit);
	if (limit->kind == FB_LIMIT_PACKETS || limit->kind == FB_LIMIT_BYTES || limit->quota)
		c->flow_flags |= FB_FLOW_F_METERED;
}

/*
 * The judgement of a packet that no live flow of this generation answers for: source, quarantine, destination, isolation, never, allow, observe (S27). On
 * FB_NEXT the packet passes; rule, deadline and observed say by what.
 */
static __noinline int fb_judge(const void *img, struct fb_ctx *c)
{
	__u32 src = 0, dst = 0, index, now, until;
	enum fb_reason reason = fb_source(img, c, &src);

	c->limit = 0;
	c->flow_flags = 0;
	if (reason != FB_NEXT)
		return reason;
	if (fb_is_quarantined(img, c))
		return FB_DROP_QUARANTINED;
	reason = fb_destination(img, c, &dst);
	if (reason != FB_NEXT)
		return reason;
	if (fb_is_cut(c->zone, c->dst_zone))
		return FB_DROP_ISOLATED;
	/* S13: unspecified and link-local sources speak to the gateway only. */
	if (!c->made_here && c->dst_zone != FB_ZONE_SELF &&
	    (fb_is_unspecified(c->pkt.s_hi, c->pkt.s_lo) ||
	     fb_is_link_local(c->pkt.family, c->pkt.s_hi, c->pkt.s_lo)))
		return FB_DROP_SCOPE;

	index = fb_classify(img, src, dst, c->pkt.family, c->pkt.proto,
			    fb_has_ports(c->pkt.proto) ? c->pkt.sport : 0, c->pkt.cport);
	c->rule_index = index;
	reason = FB_DROP_NO_ALLOW;
	if (index) {
		__u32 w = fb_image_word(img, FB_HDR_WORD(rule_w)) + index * 8;
		__u32 kind = fb_image_word(img, w);

		c->rule_kind = (__u8)kind;
		c->rule = fb_image_word(img, w + 1);
		c->log = (__u8)(fb_image_word(img, w + 3) & FB_RULE_F_LOG);
		c->deadline = fb_image_word(img, w + 2);
		if (kind != FB_RULE_ALLOW)
			return FB_DROP_NEVER;
		now = c->deadline == FB_NO_DEADLINE ? 0 : fb_now(img);
		if (c->deadline == FB_NO_DEADLINE || (now && now < c->deadline)) {
			c->limit = fb_image_word(img, w + 4);
			fb_judge_limit(img, c);
			return FB_NEXT;
		}
		reason = FB_DROP_EXPIRED;
	}
	until = fb_observe_until(img, c->zone, c->dst_zone);
	if (until && !c->made_here && c->dst_zone != FB_ZONE_SELF) {
		now = fb_now(img);
		if (now && now < until) {
			c->observed = 1;
			c->flow_flags = FB_FLOW_F_OBSERVED;
			c->rule = FB_RULE_NO_SLOT;
			c->deadline = until;
			return FB_NEXT;
		}
	}
	return reason;
}

#endif

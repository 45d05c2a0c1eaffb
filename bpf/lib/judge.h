/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict of the policy on a packet. */
#ifndef FB_LIB_JUDGE_H
#define FB_LIB_JUDGE_H

#include "switch.h"
#include "zone.h"

/*
 * Does something with this deadline still hold? Not while the clock is earlier than the policy was applied; and a window's or an access's not while the
 * clock is not known (S53): an `until` judged by the latest known time closes late at worst, a window would open at any hour. A global
 * function: its ways are the verifier's business once, not at each call.
 */
__noinline int fb_is_before(__u32 deadline, __u32 applied, __u32 window)
{
	__u32 now;

	if (window && !fb_is_clock_known())
		return 0;
	now = fb_unix_safe();
	return now >= applied && now < deadline;
}

FB_INLINE int fb_is_open(const void *img, __u32 deadline, __u32 window)
{
	return (deadline == FB_NO_DEADLINE && !window) ||
	       fb_is_before(deadline, FB_HDR(img, applied_lo), window);
}

/* Until when packets of the pair pass that no line allows; 0 = it enforces. */
FB_INLINE __u32 fb_observe_until(const void *img, __u32 zone, __u32 dst_zone)
{
	return fb_image_word(img, FB_HDR(img, pair_w) + 2 * FB_PAIR(zone & 63, dst_zone & 63));
}

/* enum fb_pair_flag of the pair. */
FB_INLINE __u32 fb_pair_flags(const void *img, __u32 zone, __u32 dst_zone)
{
	return fb_image_word(img, FB_HDR(img, pair_w) + 2 * FB_PAIR(zone & 63, dst_zone & 63) + 1);
}

FB_INLINE int fb_observes(const void *img, __u32 zone, __u32 dst_zone)
{
	return fb_is_open(img, fb_observe_until(img, zone, dst_zone), 0);
}

FB_INLINE const struct fb_image_limit *fb_limit_find(const void *img, __u32 index)
{
	return fb_at((void *)img, (FB_HDR(img, limit_w) >> 4) + index, fb_cfg.image_mask >> 4, 6);
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

/* A set of zones that copies of a multicast packet may leave by; bit FB_ZONE_SELF: the gateway hears it. */
FB_INLINE __u64 fb_group_zones(const void *img, __u32 group)
{
	__u32 w = FB_HDR(img, group_w) + 2 * (group & (FB_GROUP_MASKS - 1));

	return (__u64)fb_image_word(img, w) | (__u64)fb_image_word(img, w + 1) << 32;
}

/* Denied by the policy: an answer to it is the pair's to say. */
FB_INLINE int fb_deny(const void *img, struct fb_ctx *c, int reason)
{
	c->reject = fb_pair_flags(img, c->zone, c->dst_zone) & FB_PAIR_F_REJECT;
	return reason;
}

/* S14: where a line lets packets of a group go. On a wire there is one way. */
FB_INLINE int fb_judge_group(const void *img, struct fb_ctx *c, __u32 group)
{
	__u64 zones = fb_group_zones(img, group);

	if (c->made_here) /* the line's source says which zone it is sent into */
		return FB_NEXT;
	if (c->wire)
		return zones >> (c->wire_zone & 63) & 1 ? FB_NEXT : FB_DROP_NO_ALLOW;
	c->group = (__u8)group;
	c->flow_flags |= FB_FLOW_F_GROUP;
	if (fb_is_local_source(&c->pkt)) {
		zones &= 1u << FB_ZONE_SELF;
		if (!zones)
			return FB_DROP_SCOPE;
	}
	if (zones == 1u << FB_ZONE_SELF)
		c->dst_zone = FB_ZONE_SELF;
	return zones ? FB_NEXT : FB_DROP_NO_ALLOW;
}

/* Who a packet's ends are, what forbids it whatever the policy's lines say (S27), and the line that decides: rule_index, 0 = none. */
FB_INLINE enum fb_reason fb_judge_ends(const void *img, struct fb_ctx *c)
{
	__u32 src = 0, dst = 0;
	enum fb_reason reason = fb_source(img, c, &src);

	if (reason != FB_NEXT)
		return reason;
	if (c->unbound)
		return c->unbound;
	if (fb_is_quarantined(c))
		return FB_DROP_QUARANTINED;
	reason = fb_destination(img, c, &dst);
	if (reason != FB_NEXT)
		return reason;
	/* S13: unspecified and link-local sources speak to the gateway only; on a wire, S61. Of a group the line says whether that is the gateway. */
	if (!c->made_here && c->dst_zone != FB_ZONE_SELF && fb_is_local_source(&c->pkt) &&
	    !(c->wire ? fb_is_link_service(&c->pkt) : fb_is_group(&c->pkt)))
		return FB_DROP_SCOPE;
	if (fb_is_cut(c->zone, c->dst_zone))
		return FB_DROP_ISOLATED;
	c->rule_index = fb_classify(img, src, dst, c->pkt.family, c->pkt.proto,
				    fb_has_ports(c->pkt.proto) ? c->pkt.sport : 0, c->pkt.cport);
	return FB_NEXT;
}

/*
 * The judgement of a packet that no live flow of this generation answers for: source, binding, quarantine, destination, isolation, never, allow, observe (S27). On
 * FB_NEXT the packet passes; rule, deadline and observed say by what.
 */
FB_INLINE int fb_judge(const void *img, struct fb_ctx *c)
{
	__u32 index, until, window;
	enum fb_reason reason = c->judged ? FB_NEXT : fb_judge_ends(img, c);

	c->limit = 0;
	c->group = 0;
	c->flow_flags = 0;
	if (reason != FB_NEXT)
		return reason;
	index = c->rule_index;
	reason = FB_DROP_NO_ALLOW;
	if (index) {
		__u32 w = FB_HDR(img, rule_w) + index * 8;
		__u32 kind = fb_image_word(img, w);

		c->rule_kind = (__u8)kind;
		c->rule = fb_image_word(img, w + 1);
		c->log = (__u8)(fb_image_word(img, w + 3) & FB_RULE_F_LOG);
		c->deadline = fb_image_word(img, w + 2);
		if (kind != FB_RULE_ALLOW)
			return fb_deny(img, c, FB_DROP_NEVER);
		window = fb_image_word(img, w + 3) & FB_RULE_F_WINDOW;
		if (fb_is_open(img, c->deadline, window)) {
			c->limit = fb_image_word(img, w + 4);
			c->flow_flags = window ? FB_FLOW_F_WINDOW : 0;
			fb_judge_limit(img, c);
			return fb_is_group(&c->pkt) ? fb_judge_group(img, c, fb_image_word(img, w + 5))
						    : FB_NEXT;
		}
		reason = window ? FB_DROP_WINDOW_CLOSED : FB_DROP_EXPIRED;
	}
	until = fb_observe_until(img, c->zone, c->dst_zone);
	if (until && !c->made_here && c->dst_zone != FB_ZONE_SELF && fb_is_open(img, until, 0)) {
		c->observed = 1;
		c->flow_flags = FB_FLOW_F_OBSERVED;
		c->rule = FB_RULE_NO_SLOT;
		c->deadline = until;
		return FB_NEXT;
	}
	return fb_deny(img, c, reason);
}

#endif

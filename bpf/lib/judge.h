/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict of the policy on a packet. */
#ifndef FB_LIB_JUDGE_H
#define FB_LIB_JUDGE_H

#include "switch.h"
#include "zone.h"

/*
 * The judgement of a packet that no live flow of this generation answers for: source, quarantine, destination, isolation, never, allow, observe (S27). On
 * FB_NEXT the packet passes; rule, deadline and observed say by what.
 */
static __noinline int fb_judge(const void *img, struct fb_ctx *c)
{
	__u32 src = 0, dst = 0, index, now, observe;
	enum fb_reason reason = fb_source(img, c, &src);

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
	now = 0;
	if (index) {
		__u32 w = fb_image_word(img, FB_HDR_WORD(rule_w)) + index * 8;
		__u32 kind = fb_image_word(img, w);

		c->rule_kind = (__u8)kind;
		c->rule = fb_image_word(img, w + 1);
		c->deadline = fb_image_word(img, w + 2);
		if (kind == FB_RULE_ALLOW) {
			if (c->deadline == FB_NO_DEADLINE)
				return FB_NEXT;
			now = fb_unix();
			if (now < c->deadline && now >= fb_image_word(img, FB_HDR_WORD(applied_lo)))
				return FB_NEXT;
			reason = FB_DROP_EXPIRED;
		} else {
			return FB_DROP_NEVER;
		}
	}
	observe = fb_image_word(img,
				fb_image_word(img, FB_HDR_WORD(pair_w)) + 2 * FB_PAIR(c->zone, c->dst_zone));
	if (observe && !c->made_here && c->dst_zone != FB_ZONE_SELF) {
		if (!now)
			now = fb_unix();
		if (now < observe && now >= fb_image_word(img, FB_HDR_WORD(applied_lo))) {
			c->observed = 1;
			c->rule = FB_RULE_NO_SLOT;
			c->deadline = observe;
			return FB_NEXT;
		}
	}
	return reason;
}

#endif

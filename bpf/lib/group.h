/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multicast that crosses zones (S14). XDP judges it and never copies it: the kernel's multicast routing does, by the routes that smcroute or another
 * daemon gives it. So a packet that a line allows is passed with a token that names a set of zones (an index into the image's group section), and each
 * copy is asked for its zone at the way out.
 *
 * The index is of one image, and a packet may wait in the kernel for its route across a change of policy: the token carries the lowest bits of the
 * generation too, and a copy of another generation is dropped. What the gateway itself may hear is marked at the door (fb_tc_in): a group that is
 * not also for `self` does not get to a socket here that has joined it.
 */
#ifndef FB_LIB_GROUP_H
#define FB_LIB_GROUP_H

#include "place.h"

#define FB_SELF_BIT (1ull << FB_ZONE_SELF)

/* Frames of a group have the MAC that follows from its address: RFC 1112, 6.4; RFC 2464, 7. */
FB_INLINE int fb_is_group_mac(const struct fb_pkt *pkt)
{
	const __u8 *mac = pkt->dmac;
	__u32 low = (__u32)pkt->d_lo;

	if (pkt->family == 4)
		return fb_get32(mac) == (0x01005e00 | (low >> 16 & 0x7f)) &&
		       fb_get16(mac + 4) == (low & 0xffff);
	return fb_get16(mac) == 0x3333 && fb_get32(mac + 2) == low;
}

/* The set of a packet of a live flow that nobody had to judge. */
FB_INLINE void fb_group_of_flow(struct fb_ctx *c)
{
	const struct fb_hit *hit = &c->hit;

	if (hit->live && !c->group && hit->generation == c->generation && (hit->flags & FB_FLOW_F_GROUP))
		c->group = (__u8)hit->group;
}

/* The zones that an allowed packet of a group goes into now; 0 and why not. Link-local sources (MLD reports) and used-up hop limits get to the gateway only. */
FB_INLINE __u64 fb_group_now(const void *img, const struct fb_ctx *c, int *reason)
{
	void *cut = fb_base(&fb_switches);
	__u64 zones = fb_group_zones(img, c->group);

	*reason = FB_DROP_UNDECIDED;
	if (!zones)
		return 0;
	*reason = FB_DROP_ISOLATED;
	zones &= ~*(volatile __u64 *)fb_at(cut, c->zone, FB_ZONES_MAX - 1, 3);
	if (zones && fb_is_local_source(&c->pkt)) {
		*reason = FB_DROP_SCOPE;
		zones &= FB_SELF_BIT;
	}
	if (zones && c->pkt.ttl <= 1) {
		*reason = FB_DROP_TTL;
		zones &= FB_SELF_BIT;
	}
	return zones;
}

/* To the kernel, which copies it. */
FB_INLINE int fb_group_out(struct xdp_md *ctx, struct fb_ctx *c, const void *img, int *action)
{
	__u8 cls = FB_TOKEN_SELF, to = FB_ZONE_SELF;
	int reason = FB_DROP_L2_ADDRESS;
	__u64 zones = fb_is_group_mac(&c->pkt) ? fb_group_now(img, c, &reason) : 0;

	c->dst_zone = zones == FB_SELF_BIT ? FB_ZONE_SELF : FB_ZONE_NONE;
	if (!zones)
		return reason;
	if (zones != FB_SELF_BIT) {
		to = c->group;
		cls = FB_TOKEN_GROUP_CLASS(zones & FB_SELF_BIT ? FB_TOKEN_GROUP_SELF : FB_TOKEN_GROUP,
					   c->generation);
	}
	c->dst_zone = to;
	reason = fb_pass(ctx, c, cls, action);
	c->cls = cls & FB_TOKEN_CLASS_MASK;
	c->dst_zone = c->cls == FB_TOKEN_SELF ? FB_ZONE_SELF : FB_ZONE_NONE;
	return reason;
}

FB_INLINE int fb_is_group_token(__u32 tc_index)
{
	__u32 cls = FB_TC_INDEX_CLASS(tc_index);

	return cls == FB_TOKEN_GROUP || cls == FB_TOKEN_GROUP_SELF;
}

/* A copy at its way out: into a zone of the set, of the policy that judged it, and not across a cut. It is counted where it leaves. */
FB_INLINE int fb_group_copy(const void *img, struct fb_ctx *c, __u32 tc_index, __u32 came_by)
{
	const struct fb_egress *in = bpf_map_lookup_elem(&fb_egress, &came_by);

	c->zone = in ? in->zone : FB_ZONE_NONE;
	if (!in || FB_TC_INDEX_GENERATION(tc_index) != (c->generation & FB_TOKEN_GENERATIONS) ||
	    !(fb_group_zones(img, FB_TC_INDEX_ZONE(tc_index)) >> (c->out_zone & 63) & 1))
		return FB_DROP_ROUTE_MISMATCH;
	return fb_is_cut(c->zone, c->out_zone) ? FB_DROP_ISOLATED : FB_PASSED;
}

#endif

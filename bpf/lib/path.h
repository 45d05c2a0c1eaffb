/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a parsed packet in a zone to a verdict and its flow; the same for what arrives (XDP) and what is made here (tc egress).
 */
#ifndef FB_LIB_PATH_H
#define FB_LIB_PATH_H

#include "flow.h"
#include "judge.h"
#include "limit.h"
#include "tcp.h"
#include "zone.h"

/* Looks at the packet from the other end: used to judge a flow again in the direction in which it was made. */
FB_INLINE void fb_turn(struct fb_ctx *c, __u8 zone, __u8 other)
{
	struct fb_pkt *pkt = &c->pkt;
	__u64 hi = pkt->s_hi, lo = pkt->s_lo;
	__u16 port = pkt->sport;

	pkt->s_hi = pkt->d_hi;
	pkt->s_lo = pkt->d_lo;
	pkt->d_hi = hi;
	pkt->d_lo = lo;
	pkt->sport = pkt->dport;
	pkt->dport = port;
	c->zone = zone;
	c->made_here = zone == FB_ZONE_SELF;
	c->out_zone = other;
}

/*
 * Classifies a live flow again, in its original direction: after a policy change, at its deadline, S54. Stamps it with this generation, or ends it.
 */
FB_INLINE int fb_revalidate(const void *img, struct fb_ctx *c, struct fb_hit *hit, __u32 dir)
{
	__u8 zone = c->zone, made_here = c->made_here, out_zone = c->out_zone, dst;
	__u16 cport = c->pkt.cport;
	int turned = dir != hit->origin, reason;

	if (turned) {
		fb_turn(c, hit->zone_to, hit->zone_from);
		c->pkt.cport = c->pkt.flags & FB_PKT_ECHO ? (c->pkt.family == 4 ? 8 : 128) << 8
							  : c->pkt.dport;
	}
	reason = fb_judge(img, c);
	dst = c->dst_zone;
	if (turned) {
		fb_turn(c, zone, out_zone);
		c->pkt.cport = cport;
		c->made_here = made_here;
		c->out_zone = out_zone;
		c->dst_zone = hit->zone_to;
		/* The responder must still be where the initiator's packets go. */
		if (reason == FB_NEXT && dst != zone)
			reason = FB_DROP_NO_ALLOW;
	}
	if (reason != FB_NEXT) {
		if (!fb_cfg.explain)
			fb_flow_end(hit);
		return reason;
	}
	hit->rule = c->rule;
	hit->deadline = c->deadline;
	hit->generation = c->generation;
	hit->flags = c->flow_flags;
	hit->limit = c->limit;
	hit->zone_to = turned ? hit->zone_to : dst;
	hit->stamp = 0; /* a next hop of the old policy is not used, whoever wins the lock */
	if (fb_flow_lock(hit)) {
		hit->e->generation = c->generation;
		hit->e->rule = c->rule;
		hit->e->deadline = c->deadline;
		hit->e->flags = hit->flags;
		hit->e->limit = hit->limit;
		if (!turned)
			hit->e->zone[(dir ^ 1) & 1] = dst;
		hit->e->stamp[0] = hit->e->stamp[1] = 0;
		fb_flow_unlock(hit);
	}
	return FB_NEXT;
}

/* Which second, and which state of the host's routes, a flow's next hop was resolved in. Never 0. */
FB_INLINE __u32 fb_stamp(__u32 tick)
{
	struct fb_runtime *rt = fb_base(&fb_runtime);

	return (tick << 8 | ((rt ? rt->route_epoch : 0) & 0xff)) | 1u << 31;
}

/* May the flow not be used as it is: another policy, or its deadline has to be looked at? */
FB_INLINE int fb_is_stale(const struct fb_ctx *c, const struct fb_hit *hit, __u32 stamp)
{
	return hit->generation != c->generation || (hit->stamp != stamp && hit->deadline != FB_NO_DEADLINE);
}

/* Does the flow carry packets from where this one comes to where it goes? */
FB_INLINE int fb_is_owner(const struct fb_ctx *c, const struct fb_hit *hit)
{
	return hit->zone_from == c->zone && (!c->made_here || hit->zone_to == c->out_zone);
}

/* A flow that the operator's switches forbid ends: release lets new ones through, not this one. */
FB_INLINE int fb_switched_off(const void *img, struct fb_ctx *c, struct fb_hit *hit)
{
	int reason = fb_is_quarantined(img, c)		       ? FB_DROP_QUARANTINED
		     : fb_is_cut(hit->zone_from, hit->zone_to) ? FB_DROP_ISOLATED
							       : FB_NEXT;

	if (reason != FB_NEXT && !fb_cfg.explain)
		fb_flow_end(hit);
	return reason;
}

/* What a packet of a valid flow is counted as, and does to the flow. */
FB_INLINE int fb_use_flow(const void *img, struct fb_ctx *c, struct fb_hit *hit, __u32 dir)
{
	int reason;

	c->flow_state = hit->state;
	c->dst_zone = hit->zone_to;
	reason = fb_switched_off(img, c, hit);
	if (reason != FB_NEXT)
		return reason;
	c->rule = hit->rule;
	c->deadline = hit->deadline;
	/* Replies pass by the flow; only what the initiator sends would have been dropped. */
	c->observed = (hit->flags & FB_FLOW_F_OBSERVED) && dir == hit->origin;
	reason = fb_flow_step(c, hit, dir);
	if (reason != FB_NEXT || !(hit->flags & FB_FLOW_F_METERED))
		return reason;
	c->limit = hit->limit;
	return fb_limit(img, c, dir == hit->origin ? 0 : FB_CHARGE_TURNED);
}

FB_INLINE int fb_hit_path(const void *img, struct fb_ctx *c, struct fb_hit *hit, __u32 dir, __u32 stamp)
{
	int reason;

	c->flow_state = hit->state;
	c->dst_zone = hit->zone_to;
	if (hit->generation != c->generation) {
		reason = fb_revalidate(img, c, hit, dir);
		if (reason != FB_NEXT)
			return reason;
	} else if (hit->stamp != stamp && hit->deadline != FB_NO_DEADLINE) {
		__u32 now = fb_unix();

		if (now >= hit->deadline || now < fb_image_word(img, FB_HDR_WORD(applied_lo))) {
			reason = fb_revalidate(img, c, hit, dir);
			if (reason != FB_NEXT)
				return reason;
		}
	}
	if (fb_is_reversal(&c->pkt, dir == hit->origin)) {
		reason = fb_judge(img, c);
		if (reason == FB_NEXT && c->pkt.proto == FB_PROTO_TCP_N && hit->state == FB_FLOW_CLOSING)
			fb_flow_end(
				hit); /* the other side calls back on the same ports: its next SYN makes a flow of its own */
		return reason == FB_NEXT && c->limit ? fb_limit(img, c, FB_CHARGE_NEW) : reason;
	}
	return fb_use_flow(img, c, hit, dir);
}

/*
 * An ICMP error passes if the packet that it quotes belongs to a live flow that is allowed now, and it comes from the side that would have answered: that
 * zone's hosts and routers, or (made here) the gateway that could not carry the packet on. It changes nothing in the flow.
 */
FB_INLINE int fb_error_path(const void *img, struct fb_ctx *c, struct fb_hit *hit, __u32 stamp)
{
	__u8 made_here = c->made_here, zone = c->zone;
	int reason = FB_NEXT;

	if (!hit->e || (made_here ? hit->zone_to != c->out_zone : hit->zone_from != zone))
		return FB_DROP_ICMP_UNRELATED;
	c->flow_state = hit->state;
	c->dst_zone = hit->zone_to;
	reason = fb_switched_off(img, c, hit);
	if (reason != FB_NEXT)
		return reason;
	if (fb_is_stale(c, hit, stamp)) {
		/* Judged as the answer would be: from the zone that it comes from. */
		c->zone = hit->zone_from;
		c->made_here = hit->zone_from == FB_ZONE_SELF;
		reason = fb_revalidate(img, c, hit, c->key.dir);
		c->zone = zone;
		c->made_here = made_here;
	}
	c->rule = hit->rule;
	return reason;
}

/*
 * Verdict and flow of an IP packet. zone (and out_zone if made here) are known. On FB_NEXT the packet may go on; hit->e is its flow
 * (NULL in the one case that a reversal passed on its own).
 */
FB_INLINE int fb_verdict(const void *img, struct fb_ctx *c, struct fb_hit *hit, __u32 stamp)
{
	int reason;

	if (!fb_flow_key(c, c->zone, c->made_here ? c->out_zone : FB_ZONE_SELF))
		return FB_DROP_UNDECIDED;
	hit->e = 0;
	if (!c->missed)
		fb_flow_find(c, hit);
	if (c->pkt.flags & FB_PKT_ICMP_ERROR)
		return fb_error_path(img, c, hit, stamp);
	if (hit->e && fb_is_owner(c, hit))
		return fb_hit_path(img, c, hit, c->key.dir, stamp);
	if (hit->e) {
		/* The tuple is alive, but belongs to another zone: this packet has no part in it. */
		hit->e = 0;
		reason = fb_judge(img, c);
		return reason == FB_NEXT ? FB_DROP_SPOOF : reason;
	}
	reason = fb_judge(img, c);
	if (reason != FB_NEXT)
		return reason;
	if (!c->observed && !fb_is_initial(&c->pkt))
		return FB_DROP_TCP_STATE;
	/* A flow that only answers would have to be made by an answer. */
	if ((c->pkt.flags & FB_PKT_ECHO) && !(c->pkt.flags & FB_PKT_ECHO_REQUEST))
		return FB_DROP_ICMP_UNRELATED;
	if (c->limit) {
		reason = fb_limit(img, c, FB_CHARGE_NEW);
		if (reason != FB_NEXT)
			return reason;
	}
	if (fb_cfg.explain)
		return FB_NEXT;
	return fb_flow_create(c, hit);
}

#endif

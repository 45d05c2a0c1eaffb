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

/* Now, and which state of the host's routes: what a flow is stamped with when the FIB was asked for it. Never 0. */
FB_INLINE __u32 fb_stamp(__u32 tick)
{
	struct fb_runtime *rt = fb_base(&fb_runtime);

	return (tick << 8 | (rt->route_epoch & 0xff)) | 1u << 31;
}

/* May the flow not be used as it is: another policy, or its deadline to be compared with the clock, by the first packet of a tick? */
FB_INLINE int fb_is_stale(const struct fb_ctx *c)
{
	const struct fb_hit *hit = &c->hit;

	return hit->generation != c->generation ||
	       (hit->deadline != FB_NO_DEADLINE &&
		FB_META_TICK(FB_WAY_META(hit->word)) != FB_META_TICK(c->tick));
}

/* Does the flow carry packets from where this one comes to where it goes? */
FB_INLINE int fb_is_owner(const struct fb_ctx *c)
{
	const struct fb_hit *hit = &c->hit;

	return hit->zone_from == c->zone && (!c->made_here || hit->zone_to == c->out_zone);
}

/* A flow that the operator's switches forbid ends: release lets new ones through, not this one. */
FB_INLINE int fb_switched_off(struct fb_ctx *c)
{
	struct fb_hit *hit = &c->hit;
	int reason = fb_is_quarantined(c)		       ? FB_DROP_QUARANTINED
		     : fb_is_cut(hit->zone_from, hit->zone_to) ? FB_DROP_ISOLATED
							       : FB_NEXT;

	if (reason != FB_NEXT && !fb_cfg.explain)
		fb_flow_end(c);
	return reason;
}

/* What a packet of a valid flow is counted as, and does to the flow. One that asks for a connection anew counts as a flow that is made (S40). */
FB_INLINE int fb_use_flow(const void *img, struct fb_ctx *c, __u32 dir, int anew)
{
	struct fb_hit *hit = &c->hit;
	struct fb_step step = { 0 }; /* an error takes none */
	int reason;

	c->flow_state = hit->state;
	c->dst_zone = hit->zone_to;
	reason = fb_switched_off(c);
	if (reason != FB_NEXT)
		return reason;
	c->rule = hit->rule;
	c->deadline = hit->deadline;
	/* Replies pass by the flow; only what the initiator sends would have been dropped. */
	c->observed = (hit->flags & FB_FLOW_F_OBSERVED) && dir == hit->origin;
	/*
	 * An ICMP error about it changes nothing in the flow, but counts like what it pretends to answer. What the gateway itself says about others' packets does not: that
	 * is no more than they are, and they were charged.
	 */
	if (c->pkt.flags & FB_PKT_ICMP_ERROR) {
		if (c->zone != hit->zone_from)
			return FB_NEXT;
	} else {
		reason = fb_flow_step(c, dir, &step);
		if (reason != FB_NEXT)
			return reason;
	}
	if (hit->flags & FB_FLOW_F_METERED)
		c->limit = hit->limit;
	if ((hit->flags & FB_FLOW_F_METERED) || (anew && c->limit))
		reason = fb_limit(img, c, anew ? FB_CHARGE_NEW : dir == hit->origin ? 0 : FB_CHARGE_TURNED);
	if (reason != FB_NEXT || (c->pkt.flags & FB_PKT_ICMP_ERROR))
		return reason;
	if (anew)
		c->new_flow = 1;
	return fb_flow_write(c, dir, &step);
}

/*
 * A flow of an older policy names zones as they were: since then one may have another name and so another number, or an address another zone (S54). This packet's
 * end is where it came in, if its source lives there, else it has no part in the flow and does not end it. Where the other end lives is found out as
 * the flow is classified again, but that a wire has two ends and what the gateway sends leaves by one way. An error does not move its flow's end.
 */
FB_INLINE int fb_settle(const void *img, struct fb_ctx *c)
{
	struct fb_hit *hit = &c->hit;
	int reason = FB_NEXT;
	__u32 record;

	if (!(c->pkt.flags & FB_PKT_ICMP_ERROR)) {
		reason = fb_source(img, c, &record);
		hit->zone_from = c->zone;
	}
	if (c->made_here)
		hit->zone_to = c->out_zone;
	else if (c->wire)
		hit->zone_to = c->wire_zone;
	else if (hit->zone_to != FB_ZONE_SELF)
		hit->zone_to = FB_ZONE_NONE;
	return reason;
}

/*
 * What the policy has to be asked about a packet. One question at most: the verdict is one call, so that the verifier follows it once, and what to
 * do with the answer is looked up in the context.
 */
enum fb_ask {
	FB_ASK_NOTHING,	 /* its flow is valid */
	FB_ASK_NEW,	 /* it has none, or calls back on the ports of one that is over */
	FB_ASK_AGAIN,	 /* its flow must be classified again, in the direction in which it was made (S54) */
	FB_ASK_REVERSAL, /* it begins something against the direction of its flow */
	FB_ASK_ANEW,	 /* it begins another connection in the direction of its flow */
	FB_ASK_FOREIGN, /* the tuple is alive in this policy, but belongs to another zone: this packet has no part in it */
};

FB_INLINE __u8 fb_what_to_ask(const struct fb_ctx *c)
{
	const struct fb_hit *hit = &c->hit;

	if (!hit->live)
		return FB_ASK_NEW;
	if (!(c->pkt.flags & FB_PKT_ICMP_ERROR)) {
		if (!fb_is_owner(c))
			return FB_ASK_FOREIGN;
		if (fb_is_attempt(&c->pkt, c->key.dir == hit->origin)) {
			if (c->key.dir != hit->origin)
				return c->pkt.proto == FB_PROTO_TCP_N && hit->state == FB_FLOW_CLOSING
					       ? FB_ASK_NEW
					       : FB_ASK_REVERSAL;
			if (fb_is_anew(c))
				return FB_ASK_ANEW;
		}
	}
	return fb_is_stale(c) ? FB_ASK_AGAIN : FB_ASK_NOTHING;
}

/* The verdict, for FB_ASK_AGAIN on the packet that began the flow: an answer is looked at from the other end, an error as from where an answer would come. */
FB_INLINE int fb_ask_policy(const void *img, struct fb_ctx *c)
{
	struct fb_hit *hit = &c->hit;
	__u8 zone = c->zone, made_here = c->made_here, out_zone = c->out_zone, wire_zone = c->wire_zone;
	int again = c->ask == FB_ASK_AGAIN, reason;
	__u16 cport = c->pkt.cport;

	c->turned = again && c->key.dir != hit->origin;
	if (c->turned) {
		fb_turn(c, hit->zone_to, hit->zone_from);
		c->wire_zone = zone;
		c->pkt.cport = c->pkt.flags & FB_PKT_ECHO ? fb_query_type(c->pkt.family, c->pkt.dport) << 8
							  : c->pkt.dport;
	} else if (again) {
		c->zone = hit->zone_from;
		c->made_here = hit->zone_from == FB_ZONE_SELF;
	}
	reason = fb_judge(img, c);
	if (c->turned) {
		__u8 dst = c->dst_zone;

		hit->zone_to = c->zone;
		fb_turn(c, zone, out_zone);
		c->wire_zone = wire_zone;
		c->pkt.cport = cport;
		c->dst_zone = hit->zone_to;
		/* The responder must still be where the initiator's packets go. */
		if (reason == FB_NEXT && dst != hit->zone_from)
			reason = FB_DROP_NO_ALLOW;
	}
	c->zone = zone;
	c->made_here = made_here;
	c->out_zone = out_zone;
	return reason;
}

/* Stamps the flow with this generation, or ends it. */
FB_INLINE int fb_renew(struct fb_ctx *c, int reason)
{
	struct fb_hit *hit = &c->hit;
	struct fb_flow *e;

	if (reason != FB_NEXT) {
		if (!fb_cfg.explain)
			fb_flow_end(c);
		return reason;
	}
	hit->rule = c->rule;
	hit->deadline = c->deadline;
	hit->flags = c->flow_flags | (hit->flags & FB_FLOW_F_MIDDLE);
	hit->limit = c->limit;
	if (!c->turned)
		hit->zone_to = c->dst_zone;
	hit->stamp = 0; /* a next hop of the old policy is not used, whoever wins the lock */
	e = fb_flow_lock(hit);
	if (e) {
		e->generation = c->generation;
		e->rule = c->rule;
		e->deadline = c->deadline;
		e->flags = hit->flags;
		e->limit = hit->limit;
		e->group = c->group;
		e->zone[c->key.dir & 1] = hit->zone_from;
		e->zone[(c->key.dir ^ 1) & 1] = hit->zone_to;
		e->stamp[0] = e->stamp[1] = 0;
		fb_flow_unlock(hit);
	}
	return FB_NEXT;
}

/* S32: where the pair says so, an allowed packet of a connection that began elsewhere may make a flow. Nothing that begins or ends one does. */
FB_INLINE int fb_is_mid_stream(const void *img, const struct fb_ctx *c)
{
	return (fb_pair_flags(img, c->zone, c->dst_zone) & FB_PAIR_F_MID_STREAM) &&
	       (c->pkt.tcp & (FB_TCP_SYN | FB_TCP_RST | FB_TCP_ACK)) == FB_TCP_ACK;
}

/* An allowed packet without a flow: may it begin one? The stage makes it (fb_remember), once it knows the way out. */
FB_INLINE int fb_may_begin(const void *img, struct fb_ctx *c)
{
	int reason = FB_NEXT;

	if (!fb_is_initial(&c->pkt)) {
		c->mid_stream = c->observed || fb_is_mid_stream(img, c);
		if (!c->mid_stream)
			return FB_DROP_TCP_STATE;
	}
	/* A flow that only answers would have to be made by an answer. */
	if ((c->pkt.flags & FB_PKT_ECHO) && !(c->pkt.flags & FB_PKT_ECHO_REQUEST))
		return FB_DROP_ICMP_UNRELATED;
	if (c->limit)
		reason = fb_limit(img, c, FB_CHARGE_NEW);
	c->begins = reason == FB_NEXT && !fb_cfg.explain;
	return reason;
}

/*
 * Verdict and flow of an IP packet. zone (and out_zone if made here) are known. On FB_NEXT the packet may go on; c->hit is its flow, if
 * it has one (a reversal that passed has none), or c->begins.
 *
 * An ICMP error passes if the packet that it quotes belongs to a live flow that is allowed now, and it comes from the side that would have answered: that
 * zone's hosts and routers, or (made here) the gateway that could not carry the packet on.
 */
FB_INLINE int fb_verdict(const void *img, struct fb_ctx *c)
{
	struct fb_hit *hit = &c->hit;
	int reason = FB_NEXT;

	if (!c->looked) {
		fb_flow_key(c, c->zone, c->made_here ? c->out_zone : FB_ZONE_SELF);
		fb_flow_find(c);
	}
	if ((c->pkt.flags & FB_PKT_ICMP_ERROR) &&
	    (!hit->live || (c->made_here ? hit->zone_to != c->out_zone : hit->zone_from != c->zone)))
		return FB_DROP_ICMP_UNRELATED;
	if (hit->live && hit->generation != c->generation) {
		reason = fb_settle(img, c);
		if (reason != FB_NEXT)
			return reason;
	}
	*(volatile __u8 *)&c->ask = fb_what_to_ask(c);
	c->flow_state = hit->live ? hit->state : 0;
	/* Without a flow the judge asks, after the source. */
	if (c->unbound && c->ask != FB_ASK_NEW && c->ask != FB_ASK_FOREIGN)
		return c->unbound;
	if (c->ask == FB_ASK_FOREIGN)
		hit->live = 0;
	if (c->ask != FB_ASK_NOTHING)
		reason = fb_ask_policy(img, c);
	switch (*(volatile __u8 *)&c->ask) {
	case FB_ASK_NEW:
		if (reason == FB_NEXT)
			reason = fb_may_begin(img, c);
		if (reason == FB_NEXT && hit->live)
			fb_flow_end(c);
		return reason;
	case FB_ASK_FOREIGN:
		return reason == FB_NEXT ? FB_DROP_SPOOF : reason;
	case FB_ASK_REVERSAL:
		return reason == FB_NEXT && c->limit ? fb_limit(img, c, FB_CHARGE_NEW) : reason;
	case FB_ASK_ANEW:
	case FB_ASK_AGAIN:
		if (fb_is_stale(c))
			reason = fb_renew(c, reason);
		if (reason != FB_NEXT)
			return reason;
	}
	return fb_use_flow(img, c, c->key.dir, c->ask == FB_ASK_ANEW);
}

#endif

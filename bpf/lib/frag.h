/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments. The first one holds the ports and is judged like a whole packet; what was decided is kept for those that follow it in order: each must begin where the
 * one before ended. So nothing overlaps, nothing is written over, and the receiver cannot assemble another packet than the one that was judged
 * (RFC 1858, RFC 3128, RFC 5722). What comes out of order or without a first drops as `fragment`; so does all that a full set of entries has no
 * room for. An entry is free once the last fragment was seen, or after FB_FRAG_TICKS.
 *
 * Before that it is displaced only for somebody who has at least two fewer of the set: a zone, or, inside of the sender's own, a host (of IPv6 a /64). So who sends
 * beginnings only has the table for as long as nobody else wants it, and nobody loses his last entry of a set. Hosts that may take any address of their zone
 * (no binding) are bounded against other zones only.
 *
 * Races: an entry is written under its sequence (odd = being written) and read between two looks at it. `state` moves by compare-and-swap from the value that was
 * judged, so of two copies of a fragment one passes. It holds the sequence that its entry was written under, so a late exchange cannot meet the state of
 * another packet. A second first with the same key may begin again only after the last fragment of the one before.
 */
#ifndef FB_LIB_FRAG_H
#define FB_LIB_FRAG_H

#include "create.h"
#include "path.h"

#define FB_FRAG_TICKS		      5u
#define FB_FRAG_STATE(end, tick, seq) ((__u64)(seq) << 47 | (__u64)(end) << 32 | (tick)) /* seq is even */
#define FB_FRAG_END(state)	      ((__u32)((state) >> 32) & 0xffff) /* 0 = the last one was seen */
#define FB_FRAG_TICK(state)	      ((__u32)(state))
#define FB_FRAG_AT(state, end)	      (((state) & ~(0xffffull << 32)) | (__u64)(end) << 32)

FB_INLINE struct fb_frag *fb_frag_set(void *frags, const struct fb_ctx *c)
{
	const struct fb_flow_geometry *g = fb_base(&fb_geometry);
	const struct fb_pkt *pkt = &c->pkt;
	__u64 h = g ? g->secret[6] : 0;

	h += fb_mix(pkt->s_lo + h, pkt->d_lo + (h >> 32));
	h += fb_mix((pkt->s_lo >> 32) + pkt->frag_id, (pkt->d_lo >> 32) + (g ? g->secret[7] : 0));
	h ^= pkt->s_hi * 0x9e3779b97f4a7c15ull ^ pkt->d_hi;
	h *= 0xff51afd7ed558ccdull;
	return fb_at(frags, (__u32)(h >> 40), FB_FRAG_SETS - 1, 8);
}

/* IPv6 knows a packet by addresses and identification alone (RFC 8200, 4.5). The zone keeps another zone's pieces out. */
FB_INLINE __u32 fb_frag_who(const struct fb_ctx *c)
{
	return (__u32)c->pkt.family | (c->pkt.family == 4 ? (__u32)c->pkt.proto << 8 : 0) |
	       (__u32)c->zone << 16;
}

FB_INLINE int fb_frag_same(const struct fb_frag *e, const struct fb_ctx *c)
{
	const struct fb_pkt *pkt = &c->pkt;
	const volatile struct fb_frag *v = e;

	return v->s_lo == pkt->s_lo && v->d_lo == pkt->d_lo && v->id == pkt->frag_id &&
	       v->s_hi == pkt->s_hi && v->d_hi == pkt->d_hi &&
	       ((__u32)v->family | (__u32)v->proto << 8 | (__u32)v->zone << 16) == fb_frag_who(c);
}

/* May an entry in this state be written over? */
FB_INLINE int fb_frag_is_free(__u64 state, __u32 tick)
{
	__u32 age = tick - FB_FRAG_TICK(state);

	return !FB_FRAG_END(state) || (age > FB_FRAG_TICKS && age < 1u << 31);
}

/* 1 if both are of one zone, and 17 if of one host of it. Without a branch: all pairs of a set are compared, and the verifier would follow the product. */
FB_INLINE __u32 fb_frag_kin(__u32 zone, __u32 other_zone, __u64 host, __u64 other_host)
{
	__u64 differ = host ^ other_host;

	differ |= -differ;
	FB_HIDE(differ);
	return (__u32)fb_equal(zone, other_zone) * (17 - (__u32)(differ >> 63) * 16);
}

/*
 * Which way of its set, in which all are in use, a first may displace, and the sequence that the way was judged under: sequence << 2 | way. ~0 = none. A global
 * function: verified once.
 */
__noinline __u64 fb_frag_displaced(struct fb_ctx *c)
{
	__u64 host[FB_FRAG_WAYS + 1], best = 0;
	__u32 zone[FB_FRAG_WAYS + 1], seq[FB_FRAG_WAYS], own = 0;
	const volatile struct fb_frag *set;

	if (!c)
		return ~0ull;
	set = fb_frag_set(fb_base(&fb_frags), c);
	host[FB_FRAG_WAYS] = c->pkt.s_hi ? c->pkt.s_hi : c->pkt.s_lo;
	zone[FB_FRAG_WAYS] = c->zone;
#pragma unroll
	for (__u32 i = 0; i < FB_FRAG_WAYS; i++) {
		seq[i] = set[i].seq;
		host[i] = set[i].s_hi;
		host[i] = host[i] ? host[i] : set[i].s_lo;
		zone[i] = set[i].zone;
		own += fb_frag_kin(zone[i], zone[FB_FRAG_WAYS], host[i], host[FB_FRAG_WAYS]);
	}
#pragma unroll
	for (__u32 i = 0; i < FB_FRAG_WAYS; i++) {
		__u64 kin = 0, same = fb_equal(zone[i], zone[FB_FRAG_WAYS]), of_zone, of_host, worth;

#pragma unroll
		for (__u32 j = 0; j < FB_FRAG_WAYS; j++)
			kin += fb_frag_kin(zone[i], zone[j], host[i], host[j]);
		/* Two more than who asks: another zone, or a host of the own. */
		of_zone = fb_below((own & 15) + 1, kin & 15) & (1 - same);
		of_host = fb_below((own >> 4) + 1, kin >> 4) & same;
		worth = ((kin & 15) << 8 & -of_zone) | kin >> 4;
		best = fb_larger(best, (worth << 34 | (__u64)seq[i] << 2 | i) & -(of_zone | of_host));
	}
	return best ? best & ((1ull << 34) - 1) : ~0ull;
}

/* Remembers the verdict on the first fragment: zone, dst_zone, rule, and the flow that it belongs to. */
__noinline int fb_frag_first(struct fb_ctx *c)
{
	void *frags = fb_base(&fb_frags);
	const struct fb_pkt *pkt;
	struct fb_frag *set, *e = 0;
	__u32 seq = 0;

	if (!frags || !c)
		return FB_DROP_FRAGMENT;
	pkt = &c->pkt;
	set = fb_frag_set(frags, c);
	for (__u32 i = 0; i < FB_FRAG_WAYS; i++) {
		struct fb_frag *way = set + i;
		__u32 now = *(volatile __u32 *)&way->seq;
		__u64 state = *(volatile __u64 *)&way->state;
		int same = fb_frag_same(way, c);

		if (*(volatile __u32 *)&way->generation == c->generation &&
		    !fb_frag_is_free(state, c->tick)) {
			if (same) /* twice the beginning of one packet */
				return FB_DROP_FRAGMENT;
			continue;
		}
		if (now & 1)
			continue;
		if (!e || same) {
			e = way;
			seq = now;
		}
	}
	if (!e) {
		__u64 displaced = fb_frag_displaced(c);

		if (displaced == ~0ull)
			return FB_DROP_FRAGMENT;
		e = fb_at(set, (__u32)displaced, FB_FRAG_WAYS - 1, 6);
		seq = (__u32)(displaced >> 2);
	}
	if ((seq & 1) || __sync_val_compare_and_swap(&e->seq, seq, seq + 1) != seq)
		return FB_DROP_FRAGMENT;
	e->generation = c->generation;
	e->s_hi = pkt->s_hi;
	e->s_lo = pkt->s_lo;
	e->d_hi = pkt->d_hi;
	e->d_lo = pkt->d_lo;
	e->id = pkt->frag_id;
	e->family = pkt->family;
	e->proto = pkt->family == 4 ? pkt->proto : 0;
	e->zone = c->zone;
	e->dst_zone = c->group ? c->group : c->dst_zone; /* of a group its set */
	e->state = FB_FRAG_STATE(pkt->frag_len, c->tick, seq + 2);
	e->rule = c->rule | (c->observed ? FB_FRAG_OBSERVED : 0);
	e->flow = c->hit.live ? c->hit.place << 1 | c->key.dir : ~0u;
	__sync_fetch_and_add(&e->seq, 1);
	return FB_NEXT;
}

/* What is kept of an allowed packet for those that follow: its flow, and the verdict on the first fragment. */
FB_INLINE int fb_remember(struct fb_ctx *c)
{
	int reason = c->begins ? fb_flow_create(c) : FB_NEXT;

	if (reason != FB_NEXT || fb_cfg.explain ||
	    (c->pkt.flags & (FB_PKT_FRAGMENT | FB_PKT_LATER)) != FB_PKT_FRAGMENT)
		return reason;
	return fb_frag_first(c);
}

/* What TCP sent ends with the last piece: without it the answer would acknowledge what was never sent. */
FB_INLINE void fb_frag_tcp(const struct fb_ctx *c, __u32 at)
{
	struct fb_flow *e = fb_flow_entry(at >> 1);
	__u32 seq, dir = at & 1;

	if (at == ~0u)
		return;
	seq = FB_WAY_SEQ(fb_flow_word(at >> 1));
	if ((seq & 1) || e->proto != FB_PROTO_TCP_N || (dir ? e->lo_b : e->lo_a) != c->pkt.s_lo ||
	    (dir ? e->lo_a : e->lo_b) != c->pkt.d_lo)
		return;
	if (FB_WAY_SEQ(fb_flow_word(at >> 1)) == seq)
		*(volatile __u32 *)&e->tcp[dir].end += c->pkt.frag_len;
}

/* Every piece counts for the packets and bytes of its line. A flow that is being written just now lets one piece through. */
FB_INLINE void fb_frag_limit(struct fb_ctx *c, __u32 at)
{
	volatile struct fb_flow *e = fb_flow_entry(at >> 1);
	__u32 seq, limit, dir = at & 1;

	c->limit = 0;
	if (at == ~0u)
		return;
	seq = FB_WAY_SEQ(fb_flow_word(at >> 1));
	limit = e->flags & FB_FLOW_F_METERED ? e->limit : 0;
	c->turned = dir != e->origin;
	if (e->generation == c->generation && (dir ? e->lo_b : e->lo_a) == c->pkt.s_lo &&
	    (dir ? e->lo_a : e->lo_b) == c->pkt.d_lo && FB_WAY_SEQ(fb_flow_word(at >> 1)) == seq &&
	    !(seq & 1))
		c->limit = limit;
}

/* A fragment that is not the first: FB_NEXT with dst_zone, rule and limit if it goes on where the one before ended. */
__noinline int fb_frag_later(struct fb_ctx *c)
{
	void *frags = fb_base(&fb_frags);
	const struct fb_pkt *pkt;
	struct fb_frag *set;

	if (!frags || !c)
		return FB_DROP_FRAGMENT;
	pkt = &c->pkt;
	set = fb_frag_set(frags, c);
	for (__u32 i = 0; i < FB_FRAG_WAYS; i++) {
		struct fb_frag *e = set + i;
		__u32 seq = *(volatile __u32 *)&e->seq, age, flow, rule;
		__u64 state = *(volatile __u64 *)&e->state, next;

		if ((seq & 1) || !fb_frag_same(e, c))
			continue;
		age = c->tick - FB_FRAG_TICK(state);
		if (*(volatile __u32 *)&e->generation != c->generation || !FB_FRAG_END(state) ||
		    (age > FB_FRAG_TICKS && age < 1u << 31) || FB_FRAG_END(state) != pkt->frag_at)
			return FB_DROP_FRAGMENT;
		c->dst_zone = *(volatile __u8 *)&e->dst_zone;
		rule = *(volatile __u32 *)&e->rule;
		c->rule = rule & ~FB_FRAG_OBSERVED;
		c->observed = rule >> 31;
		flow = *(volatile __u32 *)&e->flow;
		next = FB_FRAG_AT(state, pkt->flags & FB_PKT_MORE ? pkt->frag_at + pkt->frag_len : 0);
		if (*(volatile __u32 *)&e->seq != seq ||
		    __sync_val_compare_and_swap(&e->state, state, next) != state)
			return FB_DROP_FRAGMENT;
		fb_frag_tcp(c, flow);
		fb_frag_limit(c, flow);
		return FB_NEXT;
	}
	return FB_DROP_FRAGMENT;
}

/* The whole verdict on a fragment that is not the first. The switches hold for it as for any packet. */
FB_INLINE int fb_frag_verdict(const void *img, struct fb_ctx *c)
{
	int reason = fb_frag_later(c);

	if (reason != FB_NEXT)
		return reason;
	if (fb_is_group(&c->pkt) && !c->made_here && !c->wire) {
		c->group = c->dst_zone;
		c->dst_zone = FB_ZONE_NONE;
	}
	if (fb_is_quarantined(c))
		return FB_DROP_QUARANTINED;
	if (fb_is_cut(c->zone, c->dst_zone))
		return FB_DROP_ISOLATED;
	return c->limit ? fb_limit(img, c, c->turned ? FB_CHARGE_TURNED : 0) : FB_NEXT;
}

/* A piece that no first speaks for: was its source spoofed, that comes first (S27). What a first speaks for was judged with it, so only drops pay for the search. */
FB_INLINE int fb_later_dropped(const void *img, struct fb_ctx *c, int reason)
{
	__u32 record;

	if (reason != FB_DROP_BINDING && reason != FB_DROP_QUARANTINED && reason != FB_DROP_FRAGMENT)
		return reason;
	return fb_source(img, c, &record) == FB_NEXT ? reason : FB_DROP_SPOOF;
}

#endif

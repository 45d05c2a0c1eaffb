/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow table: set-associative, in arrays, two candidate buckets of eight ways a flow.
 *
 * A lookup reads one or two bucket lines (fb_flow_bucket) and, where a tag agrees, one entry. Measured against a kernel hash it is three times
 * faster cold and eight times on a miss, and the choice of what to replace is ours: free, expired, else the oldest half-open flow; never an established one.
 *
 * Races, and why each is safe (x86-64: loads are not reordered with loads, stores not with stores; read-modify-write is a full barrier):
 *  - Reading beside a writer: an entry has a sequence, odd while it is written. fb_flow_find reads it, compares the key, copies what it needs,
 *    reads it again; changed or odd = miss. (Without it 0.07 % of hits under recycling used another flow's next hop.)
 *  - Writing: every write into an entry is made by whoever moved its sequence from the value that the find saw to the next odd one
 *    (fb_flow_lock). If that fails, somebody else changed the entry: the write is left out; the packet's own verdict stands on local copies.
 *  - Claiming a way: compare-and-swap on its meta word, from exactly the free or replaceable value that was judged to NEW|now. A
 *    flow that comes to life meanwhile changes its meta, and the claim fails. Hits refresh meta by compare-and-swap from the value they read, so a
 *    late hit cannot overwrite a claim.
 *  - Between claim and fill the old tag is exchanged for the new one first: from there nobody finds the old flow; who had found it fails at the sequence.
 *  - Two CPUs insert one key: both publish, both look again in the same order; both find the earlier one, and the other takes itself out.
 *  - Freeing: the tag goes first, by compare-and-swap from our own tag, so that a way that changed hands meanwhile is not touched.
 */
#ifndef FB_LIB_FLOW_H
#define FB_LIB_FLOW_H

#include "config.h"
#include "pkt.h"
#include "zone.h"

#define FB_PORTS_MASK 0x0000ffffffffffffull /* of the word at port_a: without zone[2] */

struct fb_hit {
	struct fb_flow *e; /* NULL = no entry */
	__u32 *meta, *tag;
	__u32 meta_seen, tag_seen, seq;
	__u32 generation, rule, deadline, stamp, limit;
	__u16 nexthop;
	__u8 zone_from, zone_to; /* of this packet's direction */
	__u8 origin, flags, state;
};

FB_INLINE __u64 fb_mix(__u64 a, __u64 b)
{
	/* One NH term: (a + k) * (b + k'), 32 x 32 bits; the callers add the secret. */
	return (__u64)(__u32)a * (__u64)(__u32)b;
}

/*
 * Canonical key and keyed hash. NH over 32-bit words (2^-32-almost universal; Black et al., UMAC, 1999) under the table's secret, then a
 * multiplication to bring the high bits down.
 */
FB_INLINE int fb_flow_key(struct fb_ctx *c, __u8 zone_from, __u8 zone_to)
{
	const struct fb_pkt *pkt = &c->pkt;
	struct fb_flow_key *key = &c->key;
	const struct fb_flow_geometry *g = fb_base(&fb_geometry);
	__u64 s_lo = pkt->s_lo, d_lo = pkt->d_lo, s_hi = pkt->s_hi, d_hi = pkt->d_hi, h;
	__u32 dir, pa, pb;

	if (!g)
		return 0;
	dir = fb_forget(c, s_hi > d_hi || (s_hi == d_hi &&
					   (s_lo > d_lo || (s_lo == d_lo && pkt->sport > pkt->dport)))) &
	      1;
	key->dir = dir;
	key->lo_a = dir ? d_lo : s_lo;
	key->lo_b = dir ? s_lo : d_lo;
	key->hi_a = dir ? d_hi : s_hi;
	key->hi_b = dir ? s_hi : d_hi;
	pa = dir ? pkt->dport : pkt->sport;
	pb = dir ? pkt->sport : pkt->dport;
	/* A link-local tuple is one per zone: the zone stands in bits that such addresses leave zero (RFC 4291, 2.5.6). */
	if (fb_is_link_local(pkt->family, s_hi, s_lo) || fb_is_link_local(pkt->family, d_hi, d_lo)) {
		__u8 zone = zone_from == FB_ZONE_SELF ? zone_to : zone_from;

		key->lo_a |= pkt->family == 4 ? (__u64)zone << 32 : 0;
		key->hi_a |= pkt->family == 4 ? 0 : (__u64)zone << 40;
	}
	key->ports = (__u64)pa | (__u64)pb << 16 | (__u64)pkt->proto << 32 | (__u64)pkt->family << 40;
	h = fb_mix(key->lo_a + g->secret[0], key->lo_b + (g->secret[0] >> 32)) +
	    fb_mix(key->ports + g->secret[1], (key->ports >> 32) + (g->secret[1] >> 32));
	if (pkt->family == 6) {
		h += fb_mix((key->lo_a >> 32) + g->secret[2], (key->lo_b >> 32) + (g->secret[2] >> 32));
		h += fb_mix(key->hi_a + g->secret[3], key->hi_b + (g->secret[3] >> 32));
		h += fb_mix((key->hi_a >> 32) + g->secret[4], (key->hi_b >> 32) + (g->secret[4] >> 32));
	}
	h ^= h >> 32;
	h *= g->secret[5] | 1;
	h ^= h >> 29;
	key->bucket[0] = (__u32)h;
	key->tag = (__u32)(h >> 32) | 1; /* never 0 */
	key->bucket[1] = (__u32)h ^ (key->tag * 0x5bd1e995u | 1);
	return 1;
}

FB_INLINE __u32 fb_flow_timeout(__u32 state)
{
	if (state == FB_FLOW_ESTABLISHED)
		return FB_TIMEOUT_ESTABLISHED;
	if (state == FB_FLOW_DGRAM)
		return FB_TIMEOUT_DGRAM;
	if (state == FB_FLOW_REPLIED)
		return FB_TIMEOUT_REPLIED;
	return state == FB_FLOW_CLOSING ? FB_TIMEOUT_CLOSING : FB_TIMEOUT_NEW;
}

FB_INLINE int fb_meta_expired(__u32 meta, __u32 tick)
{
	/* A negative age is another CPU's later tick, not expiry. */
	__s32 age = (__s32)((tick - meta) << 4) >> 4;

	return age > (__s32)fb_flow_timeout(FB_META_STATE(meta));
}

FB_INLINE struct fb_flow *fb_flow_entry(void *flows, __u32 bucket, __u32 way)
{
	__u32 b = bucket & fb_cfg.bucket_mask;

	return fb_at(flows, b * FB_FLOW_WAYS + way, fb_cfg.bucket_mask * FB_FLOW_WAYS + 7, 7);
}

/* Copies out what the packet needs if e is its flow; 1 = hit. */
FB_INLINE int fb_flow_take(const struct fb_flow_key *key, int v6, struct fb_flow *e, struct fb_hit *hit)
{
	__u32 seq = *(volatile __u32 *)&e->seq;
	__u32 to = !key->dir;

	if (seq & 1)
		return 0;
	if (*(volatile __u64 *)&e->lo_a != key->lo_a || *(volatile __u64 *)&e->lo_b != key->lo_b ||
	    (*(volatile __u64 *)&e->port_a & FB_PORTS_MASK) != key->ports)
		return 0;
	if (v6 && (*(volatile __u64 *)&e->hi_a != key->hi_a || *(volatile __u64 *)&e->hi_b != key->hi_b))
		return 0;
	hit->generation = *(volatile __u32 *)&e->generation;
	hit->rule = *(volatile __u32 *)&e->rule;
	hit->deadline = *(volatile __u32 *)&e->deadline;
	hit->zone_from = *(volatile __u8 *)&e->zone[key->dir & 1];
	hit->zone_to = *(volatile __u8 *)&e->zone[to & 1];
	hit->origin = *(volatile __u8 *)&e->origin;
	hit->flags = *(volatile __u8 *)&e->flags;
	hit->stamp = *(volatile __u32 *)&e->stamp[key->dir & 1];
	hit->nexthop = *(volatile __u16 *)&e->nexthop[key->dir & 1];
	hit->limit = hit->flags & FB_FLOW_F_METERED ? *(volatile __u32 *)&e->limit : 0;
	if (*(volatile __u32 *)&e->seq != seq)
		return 0;
	hit->seq = seq;
	hit->e = e;
	return 1;
}

/* The first live entry of this key in the order of ways, which is the same on every CPU. */
FB_INLINE void fb_flow_find(struct fb_ctx *c, struct fb_hit *hit)
{
	const struct fb_flow_key *key = &c->key;
	void *buckets = fb_base(&fb_buckets), *flows = fb_base(&fb_flows);
	int v6 = c->pkt.family == 6;

	hit->e = 0;
	if (!buckets || !flows)
		return;
	for (__u32 i = 0; i < 2 * FB_FLOW_WAYS; i++) {
		__u32 bucket = i < FB_FLOW_WAYS ? key->bucket[0] : key->bucket[1], way, meta;
		struct fb_flow_bucket *line = fb_at(buckets, bucket, fb_cfg.bucket_mask, 6);

		if (*(volatile __u32 *)&line->tag[i & 7] != key->tag)
			continue;
		way = fb_forget(c, i) & 7;
		meta = *(volatile __u32 *)&line->meta[way];
		if (!meta || fb_meta_expired(meta, c->tick))
			continue;
		if (!fb_flow_take(key, v6, fb_flow_entry(flows, bucket, way), hit))
			continue;
		hit->meta = &line->meta[way];
		hit->tag = &line->tag[way];
		hit->meta_seen = meta;
		hit->tag_seen = key->tag;
		hit->state = FB_META_STATE(meta);
		return;
	}
}

FB_INLINE int fb_flow_lock(struct fb_hit *hit)
{
	if (!hit->e || __sync_val_compare_and_swap(&hit->e->seq, hit->seq, hit->seq + 1) != hit->seq)
		return 0;
	return 1;
}

FB_INLINE void fb_flow_unlock(struct fb_hit *hit)
{
	__sync_fetch_and_add(&hit->e->seq, 1);
	hit->seq += 2;
}

/* Writes state and time if they changed: once a tick and at transitions. */
FB_INLINE void fb_flow_touch(struct fb_hit *hit, __u32 state, __u32 tick)
{
	__u32 meta = FB_META(state, tick);

	if (meta != hit->meta_seen &&
	    __sync_val_compare_and_swap(hit->meta, hit->meta_seen, meta) == hit->meta_seen)
		hit->meta_seen = meta;
	hit->state = (__u8)state;
}

FB_INLINE void fb_flow_end(struct fb_hit *hit)
{
	if (__sync_val_compare_and_swap(hit->tag, hit->tag_seen, 0) == hit->tag_seen)
		__sync_val_compare_and_swap(hit->meta, hit->meta_seen, 0);
	hit->e = 0;
}

/* How gladly a way is given away: 0 = not at all; free, expired, half-open by age. */
FB_INLINE __u32 fb_way_worth(__u32 meta, __u32 tick)
{
	__u32 state = FB_META_STATE(meta);
	__s32 age = (__s32)((tick - meta) << 4) >> 4;

	if (!meta)
		return 0x7fffffff;
	if (fb_meta_expired(meta, tick))
		return 0x40000000;
	return state == FB_FLOW_NEW && age >= 0 ? (__u32)age + 1 : 0;
}

/* Claims the most worthless way of the two buckets: bucket << 3 | way, or -1 if none may be had. */
FB_INLINE int fb_flow_claim(struct fb_ctx *c, void *buckets, __u32 state)
{
	const struct fb_flow_key *key = &c->key;

	for (int attempt = 0; attempt < 2; attempt++) {
		__u32 best = 0, best_meta = 0, best_i = 0;

		for (__u32 i = 0; i < 2 * FB_FLOW_WAYS; i++) {
			struct fb_flow_bucket *line =
				fb_at(buckets, i < FB_FLOW_WAYS ? key->bucket[0] : key->bucket[1],
				      fb_cfg.bucket_mask, 6);
			__u32 meta = *(volatile __u32 *)&line->meta[i & 7];
			__u32 worth = fb_forget(c, fb_way_worth(meta, c->tick));

			if (worth > best) {
				best = worth;
				best_meta = meta;
				best_i = fb_forget(c, i);
			}
		}
		if (!best)
			return -1;
		struct fb_flow_bucket *line =
			fb_at(buckets, best_i & 8 ? key->bucket[1] : key->bucket[0], fb_cfg.bucket_mask, 6);

		if (__sync_val_compare_and_swap(&line->meta[best_i & 7], best_meta,
						FB_META(state, c->tick)) == best_meta)
			return (int)(best_i & 15);
	}
	return -1;
}

/* Fills a claimed entry. zone_from and zone_to are the packet's. */
FB_INLINE void fb_flow_fill(struct fb_flow *e, const struct fb_ctx *c)
{
	const struct fb_flow_key *key = &c->key;

	e->lo_a = key->lo_a;
	e->lo_b = key->lo_b;
	e->hi_a = key->hi_a;
	e->hi_b = key->hi_b;
	*(__u64 *)&e->port_a = key->ports | (__u64)(key->dir ? c->dst_zone : c->zone) << 48 |
			       (__u64)(key->dir ? c->zone : c->dst_zone) << 56;
	e->generation = c->generation;
	e->rule = c->rule;
	e->deadline = c->deadline;
	e->origin = (__u8)key->dir;
	e->flags = c->flow_flags;
	e->limit = c->limit;
	e->nexthop[0] = e->nexthop[1] = 0;
	e->stamp[0] = e->stamp[1] = 0;
	e->created = c->tick;
	__builtin_memset(e->tcp, 0, sizeof(e->tcp));
	/* TCP: what the answer may acknowledge lies between its first byte and the end of what came with the SYN. */
	e->tcp[key->dir & 1].edge = c->pkt.seq + 1;
	e->tcp[key->dir & 1].end = c->pkt.seq + 1 + c->pkt.payload;
	e->tcp[key->dir & 1].win = c->pkt.window;
	e->tcp[key->dir & 1].scale = c->pkt.scale;
}

/* A new flow for an allowed packet. On FB_NEXT hit is the entry (ours, or another CPU's of the same key). */
static __noinline int fb_flow_create(struct fb_ctx *c, struct fb_hit *hit)
{
	const struct fb_flow_key *key = &c->key;
	void *buckets = fb_base(&fb_buckets), *flows = fb_base(&fb_flows);
	/* What mid-stream observation saw of TCP has no handshake to prove itself by; it lives as long as it talks. */
	__u32 state = c->observed && c->pkt.proto == FB_PROTO_TCP_N && !(c->pkt.tcp & FB_TCP_SYN)
			      ? FB_FLOW_DGRAM
			      : FB_FLOW_NEW;
	__u32 bucket, way;
	int claimed;

	if (!buckets || !flows)
		return FB_DROP_TABLE_FULL;
	claimed = fb_flow_claim(c, buckets, state);
	if (claimed < 0)
		return FB_DROP_TABLE_FULL;
	way = (__u32)claimed & 7;
	bucket = claimed & 8 ? key->bucket[1] : key->bucket[0];
	struct fb_flow_bucket *line = fb_at(buckets, bucket, fb_cfg.bucket_mask, 6);
	struct fb_flow *e = fb_flow_entry(flows, bucket, way);

	(void)__sync_lock_test_and_set(&line->tag[way], key->tag);
	hit->e = e;
	hit->meta = &line->meta[way];
	hit->tag = &line->tag[way];
	hit->meta_seen = FB_META(state, c->tick);
	hit->tag_seen = key->tag;
	hit->seq = *(volatile __u32 *)&e->seq;
	if ((hit->seq & 1) || !fb_flow_lock(hit)) {
		fb_flow_end(hit);
		return FB_DROP_TABLE_FULL;
	}
	fb_flow_fill(e, c);
	fb_flow_unlock(hit);

	struct fb_hit first;

	fb_flow_find(c, &first);
	if (first.e && first.e != e) {
		fb_flow_end(hit);
		*hit = first;
		return FB_NEXT;
	}
	hit->generation = c->generation;
	hit->rule = c->rule;
	hit->deadline = c->deadline;
	hit->zone_from = c->zone;
	hit->zone_to = c->dst_zone;
	hit->origin = (__u8)key->dir;
	hit->flags = c->flow_flags;
	hit->limit = c->limit;
	hit->stamp = 0;
	hit->nexthop = 0;
	hit->state = (__u8)state;
	c->new_flow = 1;
	return FB_NEXT;
}

#endif

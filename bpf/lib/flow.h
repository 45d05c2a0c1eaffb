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
	/*
	 * A link-local tuple is one per zone, and so is a call for an address (0.0.0.0, limited broadcast: every DHCP client's is the same). The zone stands in bits that
	 * such addresses leave zero (RFC 4291, 2.5.6).
	 */
	if (fb_is_link_local(pkt->family, s_hi, s_lo) || fb_is_link_local(pkt->family, d_hi, d_lo) ||
	    (pkt->family == 4 && (!s_lo || !d_lo || s_lo == 0xffffffffu || d_lo == 0xffffffffu))) {
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

/* By state. What is free has expired before it came. */
static const __s32 fb_flow_timeouts[8] = {
	[FB_FLOW_FREE] = -1 - (1 << 28),	[FB_FLOW_NEW] = FB_TIMEOUT_NEW,
	[FB_FLOW_REPLIED] = FB_TIMEOUT_REPLIED, [FB_FLOW_ESTABLISHED] = FB_TIMEOUT_ESTABLISHED,
	[FB_FLOW_CLOSING] = FB_TIMEOUT_CLOSING, [FB_FLOW_DGRAM] = FB_TIMEOUT_DGRAM,
};

/* A negative age is another CPU's later tick, not expiry. */
FB_INLINE __s32 fb_meta_age(__u32 meta, __u32 tick)
{
	return (__s32)((tick - meta) << 4) >> 4;
}

FB_INLINE int fb_meta_expired(__u32 meta, __u32 tick)
{
	return fb_meta_age(meta, tick) > *(const volatile __s32 *)&fb_flow_timeouts[FB_META_STATE(meta) & 7];
}

/* A flow by its place. */
FB_INLINE struct fb_flow *fb_flow_entry(__u32 place)
{
	void *flows = fb_base(&fb_flows);

	return flows ? fb_at(flows, place, fb_cfg.bucket_mask * FB_FLOW_WAYS + 7, 7) : 0;
}

FB_INLINE struct fb_flow_bucket *fb_flow_line(__u32 bucket)
{
	void *buckets = fb_base(&fb_buckets);

	return buckets ? fb_at(buckets, bucket, fb_cfg.bucket_mask, 6) : 0;
}

FB_INLINE __u32 fb_flow_place(__u32 bucket, __u32 way)
{
	return (bucket & fb_cfg.bucket_mask) << 3 | (way & 7);
}

/* Copies out what the packet needs if the entry at place is its flow; 1 = hit. */
FB_INLINE int fb_flow_take(struct fb_ctx *c, __u32 place)
{
	const struct fb_flow_key *key = &c->key;
	const struct fb_flow *e = fb_flow_entry(place);
	struct fb_hit *hit = &c->hit;
	__u32 seq, to = !key->dir;

	if (!e)
		return 0;
	seq = *(volatile __u32 *)&e->seq;
	if (seq & 1)
		return 0;
	if (*(volatile __u64 *)&e->lo_a != key->lo_a || *(volatile __u64 *)&e->lo_b != key->lo_b ||
	    (*(volatile __u64 *)&e->port_a & FB_PORTS_MASK) != key->ports)
		return 0;
	if (c->pkt.family == 6 &&
	    (*(volatile __u64 *)&e->hi_a != key->hi_a || *(volatile __u64 *)&e->hi_b != key->hi_b))
		return 0;
	hit->generation = *(volatile __u32 *)&e->generation;
	hit->rule = *(volatile __u32 *)&e->rule;
	hit->deadline = *(volatile __u32 *)&e->deadline;
	hit->zone_from = *(volatile __u8 *)&e->zone[key->dir & 1];
	hit->zone_to = *(volatile __u8 *)&e->zone[to & 1];
	hit->origin = *(volatile __u8 *)&e->origin;
	hit->flags = *(volatile __u8 *)&e->flags;
	hit->stamp = *(volatile __u32 *)&e->stamp[key->dir & 1];
	hit->nexthop = *(volatile __u32 *)&e->nexthop[key->dir & 1];
	hit->limit = *(volatile __u32 *)&e->limit;
	if (*(volatile __u32 *)&e->seq != seq)
		return 0;
	hit->seq = seq;
	hit->place = place;
	return 1;
}

/* 1 if equal, else 0, without a branch: which way holds a flow is not to be guessed. */
FB_INLINE __u64 fb_equal(__u32 a, __u32 b)
{
	return ((__u64)(a ^ b) - 1) >> 63;
}

/* How many of a line's words are `word` << 8 | the sum of their places: one match is its place. */
FB_INLINE __u32 fb_flow_places(const __u32 *words, __u32 word)
{
	const volatile __u32 *w = words;
	__u64 sum = 0;

	for (__u32 i = 0; i < FB_FLOW_WAYS; i++)
		sum += -fb_equal(w[i], word) & (1u << 8 | i);
	return (__u32)sum;
}

/* The live entry of this key in one way of a bucket. */
FB_INLINE int fb_flow_at(struct fb_ctx *c, const struct fb_flow_bucket *line, __u32 bucket, __u32 way)
{
	__u32 meta;

	way = fb_forget(c, way) & 7;
	meta = *(volatile __u32 *)&line->meta[way];
	if (!meta || fb_meta_expired(meta, c->tick) || !fb_flow_take(c, fb_flow_place(bucket, way)))
		return 0;
	c->hit.meta_seen = meta;
	c->hit.state = FB_META_STATE(meta);
	c->hit.live = 1;
	return 1;
}

/*
 * Several ways of a bucket have this tag: one flow in a million sees that. A global function: verified once. Unrolled: clang
 * enters the loop in its middle, which 6.1 refuses (back-edge).
 */
__noinline int fb_flow_search(struct fb_ctx *c, __u32 bucket)
{
	struct fb_flow_bucket *line = fb_flow_line(bucket);

	if (!line || !c)
		return 0;
#pragma unroll
	for (__u32 way = 0; way < FB_FLOW_WAYS; way++)
		if (*(volatile __u32 *)&line->tag[way] == c->key.tag && fb_flow_at(c, line, bucket, way))
			return 1;
	return 0;
}

/* The first live entry of this key in the order of ways, which is the same on every CPU, into c->hit. */
FB_INLINE void fb_flow_find(struct fb_ctx *c)
{
	c->hit.live = 0;
	for (__u32 i = 0; i < 2; i++) {
		__u32 bucket = *(volatile __u32 *)&c->key.bucket[i], places;
		struct fb_flow_bucket *line = fb_flow_line(bucket);

		if (!line)
			return;
		places = fb_flow_places(line->tag, c->key.tag);
		if (places < 1u << 8)
			continue;
		if (places < 2u << 8 ? fb_flow_at(c, line, bucket, places) : fb_flow_search(c, bucket))
			return;
	}
}

/* The flow's entry, ours to write until fb_flow_unlock(); NULL if somebody else has changed it since it was found. */
FB_INLINE struct fb_flow *fb_flow_lock(const struct fb_hit *hit)
{
	struct fb_flow *e = hit->live ? fb_flow_entry(hit->place) : 0;

	if (!e || __sync_val_compare_and_swap(&e->seq, hit->seq, hit->seq + 1) != hit->seq)
		return 0;
	return e;
}

FB_INLINE void fb_flow_unlock(struct fb_hit *hit, struct fb_flow *e)
{
	__sync_fetch_and_add(&e->seq, 1);
	hit->seq += 2;
}

/* Writes state and time if they changed: once a tick and at transitions. */
FB_INLINE void fb_flow_touch(struct fb_hit *hit, __u32 state, __u32 tick)
{
	struct fb_flow_bucket *line = fb_flow_line(hit->place >> 3);
	__u32 meta = FB_META(state, tick);

	hit->state = (__u8)state;
	if (meta == hit->meta_seen)
		return;
	/* A half-open way that changed hands within its tick has the same meta: its new owner has proved nothing. */
	if (state != FB_META_STATE(hit->meta_seen)) {
		const struct fb_flow *e = fb_flow_entry(hit->place);

		if (!e || *(volatile __u32 *)&e->seq != hit->seq)
			return;
	}
	if (line &&
	    __sync_val_compare_and_swap(&line->meta[hit->place & 7], hit->meta_seen, meta) == hit->meta_seen)
		hit->meta_seen = meta;
}

/* Frees the way, unless it changed hands. */
FB_INLINE void fb_flow_free(const struct fb_ctx *c, __u32 place, __u32 meta)
{
	struct fb_flow_bucket *line = fb_flow_line(place >> 3);

	if (line && __sync_val_compare_and_swap(&line->tag[place & 7], c->key.tag, 0) == c->key.tag)
		__sync_val_compare_and_swap(&line->meta[place & 7], meta, 0);
}

FB_INLINE void fb_flow_end(struct fb_ctx *c)
{
	fb_flow_free(c, c->hit.place, c->hit.meta_seen);
	c->hit.live = 0;
}

/* clang must not see that what follows is the sign of a number: it would make a branch of it. */
#define FB_HIDE(x) asm volatile("" : "+r"(x))

/* How gladly a way is given away: 0 = not at all; expired or free, half-open by age. Without a branch: sixteen are weighed. */
FB_INLINE __u64 fb_way_worth(__u32 meta, __u32 tick)
{
	__s32 age = fb_meta_age(meta, tick),
	      left = *(const volatile __s32 *)&fb_flow_timeouts[FB_META_STATE(meta) & 7] - age;
	__u32 expired, half;

	FB_HIDE(age);
	FB_HIDE(left);
	expired = (__u32)(left >> 31);
	half = (__u32)-fb_equal(FB_META_STATE(meta), FB_FLOW_NEW) & ~(__u32)(age >> 31);

	return (expired & 1u << 30) | (half & (__u32)(age + 1));
}

/* Of two such numbers, both below 2^63, the larger. */
FB_INLINE __u64 fb_larger(__u64 a, __u64 b)
{
	__s64 d = (__s64)(a - b);

	FB_HIDE(d);
	return a - (__u64)(d & (d >> 63));
}

/* The most worthless way of a bucket in the lowest 3 bits, its worth above, and above that how many ways are free. */
FB_INLINE __u64 fb_bucket_worth(const struct fb_flow_bucket *line, __u32 tick)
{
	__u64 best = 0, vacant = 0;

#pragma unroll
	for (__u32 i = 0; i < FB_FLOW_WAYS; i++) {
		__u64 worth = fb_way_worth(*(const volatile __u32 *)&line->meta[i], tick);

		best = fb_larger(best, worth << 3 | (7 - i));
		vacant += worth >> 30;
	}
	return vacant << 40 | best;
}

/* So many free ways in the first bucket, and the second is not considered: who is found in the first costs one line. */
#define FB_FLOW_ROOMY 3u

/*
 * Claims the most worthless way of the two buckets: its place, or ~0 if none may be had or somebody else was faster. When the first is nearly full, the emptier one: choosing
 * the emptier of two lets a table fill to nine tenths before any pair of buckets is full (Azar et al., "Balanced Allocations", 1994); 3 of 500,000
 * flows did not fit into half a table before. A global function: verified once.
 */
__noinline __u32 fb_flow_claim(struct fb_ctx *c, __u32 state)
{
	const struct fb_flow_bucket *first, *second;
	struct fb_flow_bucket *chosen;
	__u32 bucket, way, meta, other;
	__u64 a, b;

	if (!c)
		return ~0u;
	first = fb_flow_line(c->key.bucket[0]);
	second = fb_flow_line(c->key.bucket[1]);
	if (!first || !second)
		return ~0u;
	a = fb_bucket_worth(first, c->tick);
	b = fb_bucket_worth(second, c->tick);
	/* Of equals the first. */
	other = b > a && a >> 40 < FB_FLOW_ROOMY;
	way = 7 - fb_forget(c, (__u32)(other ? b : a) & 7);
	bucket = *(volatile __u32 *)&c->key.bucket[other & 1];
	chosen = fb_flow_line(bucket);
	if (!chosen)
		return ~0u;
	meta = *(volatile __u32 *)&chosen->meta[way & 7];
	if (!fb_way_worth(meta, c->tick) ||
	    __sync_val_compare_and_swap(&chosen->meta[way & 7], meta, FB_META(state, c->tick)) != meta)
		return ~0u;
	return fb_flow_place(bucket, way);
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
	e->group = c->group;
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

/* A new flow for an allowed packet. On FB_NEXT c->hit is the entry (ours, or another CPU's of the same key). A global function: verified once. */
__noinline int fb_flow_create(struct fb_ctx *c)
{
	if (!c)
		return FB_DROP_TABLE_FULL;
	/* TCP that is seen in the middle has no handshake to prove itself by; it lives as long as it talks. */
	__u32 state = c->mid_stream && !(c->pkt.tcp & FB_TCP_SYN) ? FB_FLOW_DGRAM : FB_FLOW_NEW;
	__u32 place = fb_flow_claim(c, state), seq;
	struct fb_flow_bucket *line;
	struct fb_flow *e;

	if (place == ~0u)
		place = fb_flow_claim(c, state);
	line = fb_flow_line(place >> 3);
	e = fb_flow_entry(place);
	if (place == ~0u || !line || !e)
		return FB_DROP_TABLE_FULL;
	(void)__sync_lock_test_and_set(&line->tag[place & 7], c->key.tag);
	seq = *(volatile __u32 *)&e->seq;
	if ((seq & 1) || __sync_val_compare_and_swap(&e->seq, seq, seq + 1) != seq) {
		fb_flow_free(c, place, FB_META(state, c->tick));
		return FB_DROP_TABLE_FULL;
	}
	fb_flow_fill(e, c);
	__sync_fetch_and_add(&e->seq, 1);

	fb_flow_find(c);
	if (c->hit.live && c->hit.place != place)
		fb_flow_free(c, place, FB_META(state, c->tick));
	else
		c->new_flow = 1;
	/* Not even ours: a table so full that it was taken at once. The packet may pass, nothing more. */
	return FB_NEXT;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A new flow: which way of its two buckets it takes, and what is written there. Why two CPUs may do so at once is said in flow.h.
 */
#ifndef FB_LIB_CREATE_H
#define FB_LIB_CREATE_H

#include "flow.h"

/* 1 if equal, else 0, without a branch: which way is taken is not to be guessed. */
FB_INLINE __u64 fb_equal(__u32 a, __u32 b)
{
	return ((__u64)(a ^ b) - 1) >> 63;
}

/* Is the way free or its flow expired? Then this is not 0. Without a branch: sixteen are weighed. */
FB_INLINE __u64 fb_way_worth(__u64 word, __u32 tick)
{
	__u32 meta = FB_WAY_META(word), expired;
	__s32 age = fb_meta_age(meta, tick),
	      left = *(const volatile __s32 *)&fb_flow_timeouts[FB_META_STATE(meta) & 7] - age;

	FB_HIDE(left);
	expired = (__u32)(left >> 31);
	return (expired & 1u << 30) & (((word >> 32) & 1) - 1);
}

/* Of two such numbers, both below 2^63, the larger. */
FB_INLINE __u64 fb_larger(__u64 a, __u64 b)
{
	__s64 d = (__s64)(a - b);

	FB_HIDE(d);
	return a - (__u64)(d & (d >> 63));
}

/* The most worthless way of a bucket in the lowest 3 bits, its worth above, and above that how many ways are free. */
FB_INLINE __u64 fb_bucket_worth(__u32 bucket, __u32 tick)
{
	const struct fb_flow *e = fb_flow_entry(fb_flow_place(bucket, 0));
	__u64 best = 0, vacant = 0;

#pragma unroll
	for (__u32 i = 0; i < FB_FLOW_WAYS; i++) {
		__u64 worth = fb_way_worth(*(const volatile __u64 *)&e[i].way, tick);

		best = fb_larger(best, worth << 3 | (7 - i));
		vacant += worth >> 30;
	}
	return vacant << 40 | best;
}

/* So many free ways in the first bucket, and the second is not considered, whose entries are eight more lines to look at. */
#define FB_FLOW_ROOMY 5u

/* 1 if it has proved nothing or has ended, and nobody writes into it. An answer alone is no proof: a server answers the spoofed too, and a closed port refuses them. */
FB_INLINE __u64 fb_flow_is_unproved(__u64 word)
{
	const __u32 states = 1u << FB_FLOW_NEW | 1u << FB_FLOW_REPLIED | 1u << FB_FLOW_CLOSING;

	return (states >> (FB_META_STATE(FB_WAY_META(word)) & 7)) & ~(word >> 32) & 1;
}

/*
 * Whom to displace where no way is free: something that is not proved or has ended. Of the unanswered and the others the kind that there is more of, since that is the
 * flood's, answered or not; of these the oldest, and of one age any: were it always the first, who came last would be the next to go. Its place, ~0 = all are established.
 * Without a branch, like fb_way_worth(), for the verifier's sake too.
 */
__noinline __u32 fb_flow_displaced(struct fb_ctx *c)
{
	__u32 start = bpf_get_prandom_u32();
	__u64 unanswered = 0, others = 0, n = 0, of_others, most;

	if (!c)
		return ~0u;
	for (__u32 i = 0; i < 2 * FB_FLOW_WAYS; i++) {
		__u32 k = i + start;
		__u64 word = fb_flow_word(fb_flow_place(*(volatile __u32 *)&c->key.bucket[k >> 3 & 1], k));
		__u64 age = (__u64)(fb_meta_age(FB_WAY_META(word), c->tick) + (1 << 27)), may, is_new;

		may = -fb_flow_is_unproved(word);
		is_new = -fb_equal(FB_META_STATE(FB_WAY_META(word)), FB_FLOW_NEW);
		n += (may & is_new & 1) << 8 | (may & ~is_new & 1);
		age = (age + 1) << 4 | i;
		unanswered = fb_larger(unanswered, age & may & is_new);
		others = fb_larger(others, age & may & ~is_new);
	}
	of_others = -fb_below(n >> 8, n & 0xff);
	most = (others & of_others) | (unanswered & ~of_others);
	if (!most)
		return ~0u;
	start += (__u32)fb_forget(c, (__u32)most) & 15;
	return fb_flow_place(*(volatile __u32 *)&c->key.bucket[start >> 3 & 1], start);
}

/* Makes the way ours, locked; 0 = it is not what it was when it was judged. */
FB_INLINE int fb_flow_own(const struct fb_ctx *c, __u32 place, __u64 word)
{
	return __sync_val_compare_and_swap(fb_flow_way(place), word, FB_WAY_NEXT(word, c->key.tag)) == word;
}

/*
 * Claims the home of c->key if it is free, or a free way of the two buckets, or one that is displaced: its place, or ~0 if none may be had or somebody else was faster. When the first
 * is half full, the emptier one (Azar et al., "Balanced Allocations", 1994): of 700,000 flows in a million ways one in 12,000 finds no room, of 940,000 one in 60 (simulated). A global function: verified once.
 */
__noinline __u32 fb_flow_claim(struct fb_ctx *c)
{
	__u32 place, other;
	__u64 a, b, word;

	if (!c)
		return ~0u;
	/* Where it was before, if it was here: two ways of one tag would have to be searched. */
	place = c->dead ? c->dead - 1 : c->key.home;
	c->dead = 0;
	word = fb_flow_word(place);
	if (fb_flow_is_dead(word, c->tick) && fb_flow_own(c, place, word))
		return place;
	a = fb_bucket_worth(c->key.bucket[0], c->tick);
	b = a >> 40 < FB_FLOW_ROOMY ? fb_bucket_worth(c->key.bucket[1], c->tick) : 0;
	if (!((a | b) >> 40)) {
		place = fb_flow_displaced(c);
		word = place == ~0u ? 0 : fb_flow_word(place);
		return fb_flow_is_unproved(word) && fb_flow_own(c, place, word) ? place : ~0u;
	}
	/* Of equals the first. */
	other = b > a;
	place = fb_flow_place(*(volatile __u32 *)&c->key.bucket[other & 1],
			      7 - fb_forget(c, (__u32)(other ? b : a) & 7));
	word = fb_flow_word(place);
	return fb_way_worth(word, c->tick) && fb_flow_own(c, place, word) ? place : ~0u;
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
	e->nexthop[key->dir & 1] = c->way_ref;
	e->stamp[key->dir & 1] = c->way_stamp;
	e->stamp[(key->dir ^ 1) & 1] = 0;
	e->created = c->tick;
	__builtin_memset(e->tcp, 0, sizeof(e->tcp));
	/* TCP: what the answer may acknowledge lies between its first byte and the end of what came with the SYN. */
	e->tcp[key->dir & 1].edge = c->pkt.seq + 1;
	e->tcp[key->dir & 1].end = c->pkt.seq + 1 + c->pkt.payload;
	e->tcp[key->dir & 1].win = c->pkt.window;
	e->tcp[key->dir & 1].scale = c->pkt.scale;
}

/* The flow that fb_flow_fill() made, as if it had been found: to read what was just written would wait for memory. */
FB_INLINE void fb_flow_made(struct fb_ctx *c, __u32 place, __u64 word)
{
	struct fb_hit *hit = &c->hit;

	hit->generation = c->generation;
	hit->rule = c->rule;
	hit->deadline = c->deadline;
	hit->limit = c->limit;
	hit->origin = (__u8)c->key.dir;
	hit->flags = c->flow_flags;
	hit->group = c->group;
	hit->stamp = c->way_stamp;
	hit->nexthop = c->way_ref;
	hit->zone_from = c->zone;
	hit->zone_to = c->dst_zone;
	hit->state = FB_META_STATE(FB_WAY_META(word));
	hit->word = word;
	hit->place = place;
	hit->live = 1;
}

/*
 * Asks for the memory that a new flow will be written to, while the way out is looked for: 690 ns a new flow are 750 without. Writes to words that nobody reads, which
 * hold up nothing of their own, are no better (measured): they hold up the next barrier.
 */
FB_INLINE void fb_flow_warm(const struct fb_ctx *c)
{
	const volatile struct fb_flow *e = fb_flow_entry(c->key.home);

	(void)e->way;
	(void)e->hi_a;
}

/*
 * Of the live entries of this key the last in the order of ways stays: another CPU made one at the same time. An entry is ended only while a later one lives, so two
 * CPUs never end each other's, and who looks for the flow meanwhile, in the same order, meets one of the two.
 */
__noinline int fb_flow_only(struct fb_ctx *c)
{
	__u32 last = ~0u;
	__u64 word = 0;

	if (!c)
		return 0;
	for (__u32 i = 0; i < 2 * FB_FLOW_WAYS; i++) {
		__u32 place = fb_forget(c, fb_flow_place(*(volatile __u32 *)&c->key.bucket[i >> 3 & 1], i));

		if (!fb_flow_may_be(c, place) || !fb_flow_take_written(c, place))
			continue;
		if (last != ~0u && last != place) /* in a table of one bucket both are the same */
			fb_flow_set_meta(last, word, 0);
		last = place;
		word = c->hit.word;
	}
	c->hit.live = 0;
	return last != ~0u && fb_flow_take_written(c, last);
}

/* A new flow for an allowed packet. On FB_NEXT c->hit is the entry (ours, or another CPU's of the same key). A global function: verified once. */
__noinline int fb_flow_create(struct fb_ctx *c)
{
	__u32 place;
	__u64 word, seen[2];

	if (!c)
		return FB_DROP_TABLE_FULL;
	if (c->mid_stream && !(c->pkt.tcp & FB_TCP_SYN))
		c->flow_flags |= FB_FLOW_F_MIDDLE;
	place = fb_flow_claim(c);
	if (place == ~0u)
		place = fb_flow_claim(c);
	if (place == ~0u)
		return FB_DROP_TABLE_FULL;
	if (!fb_flow_is_busy(place >> 3))
		__sync_fetch_and_or(fb_flow_busy(place >> 3), fb_flow_busy_bit(place >> 3));
	/* Who claims for the same key and does not see this tag is seen here. */
	*(volatile __u8 *)fb_flow_tag(place) = (__u8)c->key.tag;
	__sync_fetch_and_add(&c->found, 1);
	seen[0] = fb_flow_may_have(c->key.bucket[0], c->key.tag);
	seen[1] = fb_flow_may_have(c->key.bucket[1], c->key.tag);
	fb_flow_fill(fb_flow_entry(place), c);
	word = fb_flow_word(place);
	word = (word ^ FB_WAY_UNLOCK(word)) | FB_META(FB_FLOW_NEW, c->tick);
	asm volatile("" ::: "memory"); /* the entry first */
	*(volatile __u64 *)fb_flow_way(place) = word;
	c->new_flow = 1;
	fb_flow_made(c, place, word);
	if ((seen[0] & (seen[0] - 1)) || (seen[1] & (seen[1] - 1)) || (seen[0] && seen[1])) {
		c->hit.live = 0;
		fb_flow_only(c);
		c->new_flow = c->hit.live && c->hit.place == place;
	}
	/* Not even ours: a table so full that it was taken at once. The packet may pass, nothing more. */
	return FB_NEXT;
}

#endif

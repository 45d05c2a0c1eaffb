/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow table: set-associative, in arrays, two candidate buckets of eight ways a flow.
 *
 * A lookup reads which of its buckets have flows at all (fb_busy), then the tags of both, and where one agrees the word of that way and its entry. Measured against a
 * kernel hash it is three times faster cold and eight times on a miss, and the choice of what to replace is ours: free, expired, else the oldest flow that is not proved or has ended; never an established one.
 *
 * Races, and why each is safe (x86-64: loads are not reordered with loads, stores not with stores; read-modify-write is a full barrier):
 *  - All that decides about a way is one word (firebreak_abi.h), and it moves by atomic operations only, but for whoever has claimed it.
 *  - Reading beside a writer: fb_flow_find reads the word, compares the key, copies what it needs, reads the word again; locked, another owner or another count of
 *    writes = miss. (Without it 0.07 % of hits under recycling used another flow's next hop.)
 *  - Writing into an entry: under the lock bit, taken from the very word that the find saw, but for state and time (fb_flow_lock). If that fails, somebody else changed
 *    the entry: the write is left out; the packet's own verdict stands on local copies.
 *  - State and time: a new meta for the same owner only, whether or not somebody writes into the entry meanwhile.
 *  - Claiming a way: from exactly the word that was judged worthless to the next owner's, locked. A flow that comes to life meanwhile changes the word, and the claim
 *    fails; nothing of the former owner succeeds afterwards. Then the entry is filled and the word published.
 *  - A bucket's bit in fb_busy is set by who has claimed a way there, before its word is published, and cleared by who has claimed all of them (sweep.h): whoever
 *    comes for a flow that is published finds it set.
 *  - The tags in bytes are a filter only: a way's is written before its word is published, so who does not see it may take the flow for not yet made.
 *  - Two CPUs insert one key: the claim carries the tag and is a full barrier, and both look for the other's after it. At least one sees it, waits for it, keeps the last
 *    in the order of ways and frees the other.
 */
#ifndef FB_LIB_FLOW_H
#define FB_LIB_FLOW_H

#include "config.h"
#include "pkt.h"
#include "zone.h"

#define FB_FLOW_SPINS \
	16384u /* how often a reader looks again at a way that is being written: some 50 microseconds */
#define FB_FLOW_READS 4 /* how often it reads the entry, if that is written again and again */
#define FB_PORTS_MASK 0x0000ffffffffffffull /* of the word at port_a: without zone[2] */

/* clang must not see that what follows is the sign of a number: it would make a branch of it. */
#define FB_HIDE(x) asm volatile("" : "+r"(x))

FB_INLINE __u64 fb_mix(__u64 a, __u64 b)
{
	/* One NH term: (a + k) * (b + k'), 32 x 32 bits; the callers add the secret. */
	return (__u64)(__u32)a * (__u64)(__u32)b;
}

/* 1 if a < b, without a branch (Warren, "Hacker's Delight", 2-12). */
FB_INLINE __u64 fb_below(__u64 a, __u64 b)
{
	return ((~a & b) | ((~a | b) & (a - b))) >> 63;
}

/* Link-local, unspecified or limited broadcast. */
FB_INLINE int fb_is_local_v4(__u64 address)
{
	return address >> 16 == 0xa9fe || (__u32)address - 1 >= 0xfffffffeu;
}

/*
 * The keyed hash of a canonical key: NH over 32-bit words (2^-32-almost universal; Black et al., UMAC, 1999) under the table's secret, then a
 * multiplication to bring the high bits down. more: the terms of an IPv6 key.
 */
FB_INLINE __u64 fb_flow_hash(__u64 lo_a, __u64 lo_b, __u64 ports, __u64 more)
{
	const struct fb_flow_geometry *g = fb_base(&fb_geometry);
	__u64 h = fb_mix(lo_a + g->secret[0], lo_b + (g->secret[0] >> 32)) +
		  fb_mix(ports + g->secret[1], (ports >> 32) + (g->secret[1] >> 32)) + more;

	h ^= h >> 32;
	h *= g->secret[5] | 1;
	return h ^ h >> 29;
}

/* Never 0 in its lower half, which ways have that nobody had yet. */
FB_INLINE __u32 fb_flow_hash_tag(__u64 h)
{
	h >>= 48;
	return (__u32)(h + (((h & 0xff) - 1) >> 63));
}

/* The place that it has if that is free. */
FB_INLINE __u32 fb_flow_hash_home(__u64 h)
{
	return ((__u32)h & fb_cfg.bucket_mask) << 3 | ((h >> 45) & 7);
}

/*
 * The two buckets in which it may lie: their tags are in the same half kilobyte, so one page is looked up for both. Nearer, in one line, they would share too
 * much: of 500,000 flows in a million ways 12 found no room (simulated; 0.1 so, 0.0 if the second is anywhere).
 */
FB_INLINE __u32 fb_flow_hash_bucket(__u64 h, int second)
{
	return (__u32)h ^ (second ? ((__u32)(h >> 24) & (FB_FLOW_NEAR - 1)) | 1 : 0);
}

/* Where a flow of this hash may lie. */
FB_INLINE void fb_flow_key_places(struct fb_flow_key *key, __u64 h)
{
	key->bucket[0] = fb_flow_hash_bucket(h, 0);
	key->bucket[1] = fb_flow_hash_bucket(h, 1);
	key->home = fb_flow_hash_home(h);
	key->tag = fb_flow_hash_tag(h);
}

/* Canonical key, and where its flow may lie. */
FB_INLINE void fb_flow_key(struct fb_ctx *c, __u8 zone_from, __u8 zone_to)
{
	const struct fb_pkt *pkt = &c->pkt;
	struct fb_flow_key *key = &c->key;
	const struct fb_flow_geometry *g = fb_base(&fb_geometry);
	__u64 s_lo = pkt->s_lo, d_lo = pkt->d_lo, dir, turn, lo_a, lo_b, hi_a = 0, hi_b = 0, ports, swap, h;

	/* Which end is the lower is not to be guessed: no branch. */
	dir = fb_below(d_lo, s_lo);
	if (s_lo == d_lo)
		dir = pkt->s_hi == pkt->d_hi ? fb_below(pkt->dport, pkt->sport)
					     : fb_below(pkt->d_hi, pkt->s_hi);
	FB_HIDE(dir);
	turn = -dir;
	swap = (s_lo ^ d_lo) & turn;
	lo_a = s_lo ^ swap;
	lo_b = d_lo ^ swap;
	swap = (pkt->sport ^ pkt->dport) & turn;
	ports = (pkt->sport ^ swap) | (pkt->dport ^ swap) << 16;
	if (pkt->family == 6) {
		swap = (pkt->s_hi ^ pkt->d_hi) & turn;
		hi_a = pkt->s_hi ^ swap;
		hi_b = pkt->d_hi ^ swap;
	}
	/*
	 * A link-local tuple is one per zone, and so is a call for an address (0.0.0.0, limited broadcast: every DHCP client's is the same). The zone stands in bits that
	 * such addresses leave zero (RFC 4291, 2.5.6).
	 */
	if (pkt->family == 4 ? fb_is_local_v4(lo_a) || fb_is_local_v4(lo_b)
			     : fb_is_link_local(6, hi_a, 0) || fb_is_link_local(6, hi_b, 0)) {
		__u64 zone = zone_from == FB_ZONE_SELF ? zone_to : zone_from;

		lo_a |= pkt->family == 4 ? zone << 32 : 0;
		hi_a |= pkt->family == 4 ? 0 : zone << 40;
	}
	key->dir = (__u32)dir;
	key->lo_a = lo_a;
	key->lo_b = lo_b;
	key->hi_a = hi_a;
	key->hi_b = hi_b;
	key->ports = ports | (__u64)pkt->proto << 32 | (__u64)pkt->family << 40;
	h = 0;
	if (pkt->family == 6) {
		h += fb_mix((key->lo_a >> 32) + g->secret[2], (key->lo_b >> 32) + (g->secret[2] >> 32));
		h += fb_mix(key->hi_a + g->secret[3], key->hi_b + (g->secret[3] >> 32));
		h += fb_mix((key->hi_a >> 32) + g->secret[4], (key->hi_b >> 32) + (g->secret[4] >> 32));
	}
	fb_flow_key_places(key, fb_flow_hash(key->lo_a, key->lo_b, key->ports, h));
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
	return fb_at(fb_base(&fb_flows), place, fb_cfg.bucket_mask * FB_FLOW_WAYS + 7, 7);
}

FB_INLINE __u64 *fb_flow_way(__u32 place)
{
	return &fb_flow_entry(place)->way;
}

FB_INLINE __u64 fb_flow_word(__u32 place)
{
	return *(volatile __u64 *)fb_flow_way(place);
}

FB_INLINE __u32 fb_flow_place(__u32 bucket, __u32 way)
{
	return (bucket & fb_cfg.bucket_mask) << 3 | (way & 7);
}

FB_INLINE __u8 *fb_flow_tag(__u32 place)
{
	return fb_at(fb_base(&fb_tags), place, fb_cfg.bucket_mask * FB_FLOW_WAYS + 7, 0);
}

/* The word of the bucket's neighbourhood in fb_busy, and its bit there. */
FB_INLINE __u64 *fb_flow_busy(__u32 bucket)
{
	return fb_at(fb_base(&fb_busy), (bucket & fb_cfg.bucket_mask) / FB_FLOW_NEAR,
		     fb_cfg.bucket_mask / FB_FLOW_NEAR, 3);
}

FB_INLINE __u64 fb_flow_busy_bit(__u32 bucket)
{
	return 1ull << (bucket & fb_cfg.bucket_mask & (FB_FLOW_NEAR - 1));
}

FB_INLINE int fb_flow_is_busy(__u32 bucket)
{
	return !!(*(volatile __u64 *)fb_flow_busy(bucket) & fb_flow_busy_bit(bucket));
}

/* Has neither of a flow's two buckets a flow? Then there is nothing to look for. */
FB_INLINE int fb_flow_is_idle(__u32 a, __u32 b)
{
	return !(*(volatile __u64 *)fb_flow_busy(a) & (fb_flow_busy_bit(a) | fb_flow_busy_bit(b)));
}

/* May the way be taken by anybody? */
FB_INLINE int fb_flow_is_dead(__u64 word, __u32 tick)
{
	return !(word & FB_WAY_LOCK) && fb_meta_expired(FB_WAY_META(word), tick);
}

/* Copies out what the packet needs if the way at place is its live flow's; 1 = hit. */
FB_INLINE int fb_flow_take(struct fb_ctx *c, __u32 place)
{
	const struct fb_flow_key *key = &c->key;
	const struct fb_flow *e = fb_flow_entry(place);
	struct fb_hit *hit = &c->hit;
	__u64 word = fb_flow_word(place), ports;
	__u32 dir = key->dir & 1;

	if (FB_WAY_TAG(word) != key->tag || (word & FB_WAY_LOCK) ||
	    fb_meta_expired(FB_WAY_META(word), c->tick))
		return 0;
	ports = *(volatile __u64 *)&e->port_a;
	if (*(volatile __u64 *)&e->lo_a != key->lo_a || *(volatile __u64 *)&e->lo_b != key->lo_b ||
	    (ports & FB_PORTS_MASK) != key->ports)
		return 0;
	if (c->pkt.family == 6 &&
	    (*(volatile __u64 *)&e->hi_a != key->hi_a || *(volatile __u64 *)&e->hi_b != key->hi_b))
		return 0;
	for (__u32 i = 0; i < FB_HIT_WORDS; i++)
		hit->entry[i] = *(volatile __u64 *)((const char *)e + FB_HIT_FROM + i * 8);
	hit->limit = hit->group = 0;
	if (hit->flags &
	    (FB_FLOW_F_METERED | FB_FLOW_F_GROUP)) { /* another line, which the others do without */
		hit->limit = *(volatile __u32 *)&e->limit;
		hit->group = *(volatile __u16 *)&e->group;
	}
	if ((fb_flow_word(place) ^ word) >> FB_WAY_SEQ_SHIFT)
		return 0;
	hit->zone_from = (__u8)(ports >> (48 + dir * 8));
	hit->zone_to = (__u8)(ports >> (56 - dir * 8));
	hit->stamp = *(volatile __u32 *)&hit->stamps[dir];
	hit->nexthop = *(volatile __u32 *)&hit->nexthops[dir];
	hit->word = word;
	hit->place = place;
	hit->state = FB_META_STATE(FB_WAY_META(word));
	hit->live = 1;
	return 1;
}

/* May this bucket have a flow of this tag? Not 0 if one of its eight tags agrees. */
FB_INLINE __u64 fb_flow_may_have(__u32 bucket, __u32 tag)
{
	const __u64 low = 0x7f7f7f7f7f7f7f7full;
	__u64 tags = *(const volatile __u64 *)fb_flow_tag(fb_flow_place(bucket, 0)) ^
		     (tag & 0xff) * 0x0101010101010101ull;

	return ~(((tags & low) + low) | tags | low);
}

/* The first way that fb_flow_may_have() names; it named one. */
FB_INLINE __u32 fb_flow_first(__u64 ways)
{
	/* Its bit alone, at the start of its byte, times a number whose bytes count down: the uppermost is which byte it was. */
	return (__u32)(((ways & -ways) >> 7) * 0x0001020304050607ull >> 56);
}

/* May the flow of c->key be here? The entry is looked at only where its tag in bytes agrees. */
FB_INLINE int fb_flow_may_be(const struct fb_ctx *c, __u32 place)
{
	__u32 tag = *(volatile __u32 *)&c->key.tag;

	return *(volatile __u8 *)fb_flow_tag(place) == (tag & 0xff) && FB_WAY_TAG(fb_flow_word(place)) == tag;
}

struct fb_flow_writer {
	__u32 place, tag;
};

/* 1 = done, or the way is another's meanwhile. */
static long fb_flow_is_written(__u32 i, void *at)
{
	const struct fb_flow_writer *writer = at;
	__u64 word = fb_flow_word(writer->place);

	return !(word & FB_WAY_LOCK) || FB_WAY_TAG(word) != writer->tag;
}

/*
 * Like fb_flow_take(), but whoever writes into the entry is waited for (nanoseconds, or a few microseconds if an interrupt comes in between), and what was written while it
 * was read is read again: the other direction's packets are another CPU's. Not longer than FB_FLOW_SPINS at a time. A global function: verified once.
 */
__noinline int fb_flow_take_written(struct fb_ctx *c, __u32 place)
{
	struct fb_flow_writer writer = { .place = place };

	if (!c)
		return 0;
	writer.tag = *(volatile __u32 *)&c->key.tag;
	/* Not as a loop: kernel 6.1 takes a call just before the head of a loop for an edge back. */
#pragma unroll
	for (int i = 0; i < FB_FLOW_READS; i++) {
		if (fb_flow_take(c, place))
			return 1;
		if (fb_flow_is_dead(fb_flow_word(place), c->tick) ||
		    bpf_loop(FB_FLOW_SPINS, fb_flow_is_written, &writer, 0) == FB_FLOW_SPINS)
			break;
	}
	return 0;
}

/*
 * The long way to c->hit: it is not at home, or another flow's tag agrees (in a full table one packet in sixteen sees that), or somebody writes into its entry.
 * The first live entry in the order of ways, which is the same on every CPU. A global function: verified once.
 */
__noinline int fb_flow_search(struct fb_ctx *c)
{
	if (!c)
		return 0;
	for (__u32 i = 0; i < 2 * FB_FLOW_WAYS; i++) {
		__u32 place = fb_forget(c, fb_flow_place(*(volatile __u32 *)&c->key.bucket[i >> 3 & 1], i));

		if (!fb_flow_may_be(c, place))
			continue;
		if (fb_flow_take_written(c, place))
			return 1;
		if (fb_flow_is_dead(fb_flow_word(place), c->tick))
			c->dead = place + 1;
	}
	return 0;
}

/*
 * The live entry of this key, into c->hit. At home, where most are, the word and the entry are read together and neither waits for the other: among many flows
 * each is a miss of the caches.
 */
FB_INLINE void fb_flow_find(struct fb_ctx *c)
{
	const struct fb_flow_key *key = &c->key;

	c->hit.live = 0;
	if (fb_flow_is_idle(key->bucket[0], key->bucket[1]))
		return;
	if (*(volatile __u8 *)fb_flow_tag(key->home) == (key->tag & 0xff) && fb_flow_take(c, key->home))
		return;
	if (fb_flow_may_have(key->bucket[0], key->tag) | fb_flow_may_have(key->bucket[1], key->tag))
		fb_flow_search(c);
}

/* The flow's entry, ours to write until fb_flow_unlock(); NULL if somebody else has changed it since it was found. */
FB_INLINE struct fb_flow *fb_flow_lock(const struct fb_hit *hit)
{
	__u64 *way = fb_flow_way(hit->place), word = *(volatile __u64 *)way;

	if (!hit->live || (word ^ hit->word) >> FB_WAY_SEQ_SHIFT ||
	    __sync_val_compare_and_swap(way, word, word + FB_WAY_LOCK) != word)
		return 0;
	return fb_flow_entry(hit->place);
}

FB_INLINE void fb_flow_unlock(struct fb_hit *hit)
{
	__u64 diff = FB_WAY_UNLOCK(hit->word | FB_WAY_LOCK);

	__sync_fetch_and_xor(fb_flow_way(hit->place), diff);
	hit->word ^= diff ^ FB_WAY_LOCK;
}

/* Gives the way at place another meta, if it is still of the owner and state in seen. 1 = done. */
FB_INLINE int fb_flow_set_meta(__u32 place, __u64 seen, __u32 meta)
{
	__u64 *way = fb_flow_way(place);

#pragma unroll
	for (int i = 0; i < 4; i++) {
		__u64 word = *(volatile __u64 *)way;

		if ((word ^ seen) >> FB_WAY_OWNER_SHIFT ||
		    FB_META_STATE(FB_WAY_META(word)) != FB_META_STATE(FB_WAY_META(seen)))
			return 0;
		if (__sync_val_compare_and_swap(way, word, word >> 32 << 32 | meta) == word)
			return 1;
	}
	return 0;
}

/* State and time of c->hit. A global function: verified once, and called once a tick and at transitions. */
__noinline int fb_flow_mark(struct fb_ctx *c, __u32 meta)
{
	struct fb_hit *hit;

	if (!c)
		return 0;
	hit = &c->hit;
	if (fb_flow_set_meta(hit->place, hit->word, meta))
		hit->word = hit->word >> 32 << 32 | meta;
	return 0;
}

FB_INLINE void fb_flow_touch(struct fb_ctx *c, __u32 state, __u32 tick)
{
	__u32 meta = FB_META(state, tick);

	c->hit.state = (__u8)state;
	if (meta != FB_WAY_META(c->hit.word))
		fb_flow_mark(c, meta);
}

FB_INLINE void fb_flow_end(struct fb_ctx *c)
{
	fb_flow_mark(c, 0);
	c->hit.live = 0;
}

#endif

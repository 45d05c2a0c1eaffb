/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits and quotas of lines (S40, S41): token buckets and byte counts ("meters") in a table of fixed size, two sets of FB_METER_WAYS a key. A set of 4 alone would
 * turn away one key in a hundred when the table is a third full; the emptier of two turns away none when it is half full (the same table as for flows, for the same reason).
 *
 * A token bucket is one word: the time up to which it is spent (GCRA, ITU-T I.371). A unit moves it ahead by its cost, from now if it lies behind; it may not
 * be more than the burst ahead of the clock. A meter whose time has passed says nothing that an empty one would not, so it may be taken for another key; one that
 * is ahead is never taken: no room = table-full, and memory is bounded whatever sources a flood invents. A quota's time is the end of its period.
 *
 * Races: a way is taken by moving its sequence to odd from the even one that was seen, and looked at again under that; found by key between two looks at the
 * sequence. A bucket is charged by compare-and-swap; who fails twice adds blindly: the bucket was not empty twice, and the excess is one unit a CPU. Two CPUs
 * that meet one key for the first time may take two ways; everybody finds the first from then on, and the other lapses. A charge that meets a way which was
 * given away in that instant is one unit on another key.
 */
#ifndef FB_LIB_LIMIT_H
#define FB_LIB_LIMIT_H

#include "flow.h"
#include "judge.h"

#define FB_METER_LIMIT 1u
#define FB_METER_QUOTA 2u
#define FB_METER_LAST  (FB_METER_SETS * FB_METER_WAYS - 1)

/* What is known of a packet that is charged. */
#define FB_CHARGE_NEW	 1u /* it makes a flow */
#define FB_CHARGE_TURNED 2u /* it comes from the responder */

FB_INLINE __u64 fb_meter_now(void)
{
	return fb_mono_ns() << FB_METER_SHIFT;
}

/* Is the time still ahead? By difference: the word wraps after nine years. */
FB_INLINE int fb_is_ahead(__u64 time, __u64 now)
{
	return (__s64)(time - now) > 0;
}

/* Whom the packet is counted for: who began the flow or whom it is for, or nobody in particular. An IPv6 host has as many addresses as it likes in its /64. */
FB_INLINE int fb_meter_key(struct fb_ctx *c, __u32 slot, __u32 kind, __u32 scope, __u32 turned)
{
	const struct fb_flow_geometry *g = fb_base(&fb_geometry);
	struct fb_meter_key *key = &c->meter;
	const struct fb_pkt *pkt = &c->pkt;
	int sender = (scope == FB_SCOPE_SOURCE) == !turned;
	__u64 h;

	if (!g)
		return 0;
	key->slot = slot ? slot : ~0u; /* 0 marks a free meter; the lines beyond the last slot share one */
	key->kind = kind;
	key->hi = sender ? pkt->s_hi : pkt->d_hi;
	key->lo = sender ? pkt->s_lo : pkt->d_lo;
	if (scope == FB_SCOPE_LINE)
		key->hi = 0;
	if (scope == FB_SCOPE_LINE || (scope == FB_SCOPE_SOURCE && pkt->family == 6))
		key->lo = 0;
	h = fb_mix(key->lo + g->secret[6], (key->lo >> 32) + (g->secret[6] >> 32)) +
	    fb_mix(key->hi + g->secret[7], (key->hi >> 32) + (g->secret[7] >> 32)) +
	    fb_mix(slot + g->secret[4], kind + (g->secret[4] >> 32));
	h ^= h >> 32;
	h *= g->secret[5] | 1;
	h ^= h >> 29;
	key->set[0] = (__u32)h * FB_METER_WAYS;
	key->set[1] = (__u32)(h >> 32) * FB_METER_WAYS;
	return 1;
}

/* The i-th place where the key may lie. */
FB_INLINE struct fb_meter *fb_meter_place(const struct fb_ctx *c, void *meters, __u32 i)
{
	const volatile __u32 *set = c->meter.set;

	return fb_at(meters, (i < FB_METER_WAYS ? set[0] : set[1]) + (i & (FB_METER_WAYS - 1)), FB_METER_LAST,
		     6);
}

/* The number of the key's place, or -1 and which set has more room. */
FB_INLINE int fb_meter_find(struct fb_ctx *c, void *meters, __u64 now)
{
	struct fb_meter_key *key = &c->meter;

	key->fill = 0;
	for (__u32 i = 0; i < 2 * FB_METER_WAYS; i++) {
		volatile struct fb_meter *m = fb_meter_place(c, meters, i);
		__u32 seq = m->seq;

		if ((seq & 1) || m->slot != key->slot || m->kind != key->kind || m->lo != key->lo ||
		    m->hi != key->hi || m->seq != seq)
			key->fill += fb_is_ahead(m->ahead, now) ? (i < FB_METER_WAYS ? 1 : -1) : 0;
		else
			return (int)(fb_forget(c, i) & 15);
	}
	return -1;
}

/* Takes the first place that is free or idle, in the emptier set before the other, and fills it; -1 = all are in use. */
FB_INLINE int fb_meter_claim(struct fb_ctx *c, void *meters, __u64 now, __u64 ahead)
{
	const struct fb_meter_key *key = &c->meter;
	__u32 first = key->fill > 0 ? FB_METER_WAYS : 0;

	for (__u32 k = 0; k < 2 * FB_METER_WAYS; k++) {
		__u32 i = fb_forget(c, k ^ first);
		volatile struct fb_meter *m = fb_meter_place(c, meters, i);
		__u32 seq = m->seq;

		if ((seq & 1) || (m->slot && fb_is_ahead(m->ahead, now)) ||
		    __sync_val_compare_and_swap(&m->seq, seq, seq + 1) != seq)
			continue;
		if (m->slot && fb_is_ahead(m->ahead, now)) { /* used since we looked */
			__sync_fetch_and_add(&m->seq, 1);
			continue;
		}
		m->slot = key->slot;
		m->kind = key->kind;
		m->hi = key->hi;
		m->lo = key->lo;
		m->ahead = ahead;
		m->bytes = 0;
		m->period = 0;
		m->told = 0;
		m->touched = c->tick;
		__sync_fetch_and_add(&m->seq, 1);
		return (int)(i & 15);
	}
	return -1;
}

/* The meter of c->meter, made if need be; NULL = no room, or (explain, which changes nothing) nothing was ever charged. */
FB_INLINE struct fb_meter *fb_meter_get(struct fb_ctx *c, __u64 now, __u64 ahead)
{
	void *meters = fb_base(&fb_meters);
	int place;

	if (!meters)
		return 0;
	place = fb_meter_find(c, meters, now);
	if (place < 0 && !fb_cfg.explain)
		place = fb_meter_claim(c, meters, now, ahead);
	return place < 0 ? 0 : fb_meter_place(c, meters, (__u32)place);
}

/* Charges a bucket with cost, unless that takes it further than burst ahead of the clock. */
FB_INLINE int fb_meter_spend(struct fb_meter *m, __u64 now, __u64 cost, __u64 burst)
{
	for (int i = 0; i < 2; i++) {
		__u64 ahead = *(volatile __u64 *)&m->ahead,
		      next = (fb_is_ahead(ahead, now) ? ahead : now) + cost;

		if (fb_is_ahead(next, now + burst)) {
			/* A line whose limit was wider before an apply owes no more than an empty bucket of today. */
			if (fb_is_ahead(ahead, now + burst) && !fb_cfg.explain)
				__sync_val_compare_and_swap(&m->ahead, ahead, now + burst);
			return FB_DROP_RATE;
		}
		if (fb_cfg.explain || __sync_val_compare_and_swap(&m->ahead, ahead, next) == ahead)
			return FB_NEXT;
	}
	__sync_fetch_and_add(&m->ahead, cost);
	return FB_NEXT;
}

FB_INLINE int fb_limit_rate(const struct fb_image_limit *limit, struct fb_ctx *c, __u32 units, __u32 turned)
{
	__u64 now = fb_meter_now();
	struct fb_meter *m;

	if (!fb_meter_key(c, limit->slot, FB_METER_LIMIT, limit->scope, turned))
		return FB_DROP_UNDECIDED;
	m = fb_meter_get(c, now, now);
	if (!m)
		return fb_cfg.explain ? FB_NEXT : FB_DROP_TABLE_FULL;
	return fb_meter_spend(m, now, units * limit->cost, limit->burst);
}

/*
 * Fixed hours and days of UTC; of the time since boot while nobody knows what time it is. The two do not meet: a
 * thousand years of hours since boot come before those since 1970 that this program sees. Never 0.
 */
FB_INLINE __u32 fb_quota_period(__u32 seconds, __u32 *left)
{
	const struct fb_runtime *rt = fb_base(&fb_runtime);
	__u32 now = rt && rt->clock_synced ? fb_unix() : (__u32)(fb_mono_ns() / 1000000000ull);

	*left = seconds - now % seconds;
	return now / seconds + 1;
}

/* Counts to the quota. What was reached stays so to the end of the period, for small packets too; a packet of each CPU may go beyond. */
FB_INLINE int fb_limit_quota(const struct fb_image_limit *limit, struct fb_ctx *c, __u32 turned)
{
	__u32 left, period = fb_quota_period(limit->quota_period, &left), before;
	__u64 now = fb_meter_now(), end = now + left * (1000000000ull << FB_METER_SHIFT), bytes;
	struct fb_meter *m;

	if (!fb_meter_key(c, limit->slot, FB_METER_QUOTA, limit->quota_scope, turned))
		return FB_DROP_UNDECIDED;
	m = fb_meter_get(c, now, end);
	if (!m)
		return fb_cfg.explain ? FB_NEXT : FB_DROP_TABLE_FULL;
	before = *(volatile __u32 *)&m->period;
	bytes = *(volatile __u64 *)&m->bytes;
	if (fb_cfg.explain)
		return limit->quota_drop && before == period && bytes >= limit->quota ? FB_DROP_QUOTA
										      : FB_NEXT;
	/* Who moves the period takes out what was counted before it; what others add meanwhile stays. */
	if (before != period && __sync_val_compare_and_swap(&m->period, before, period) == before) {
		__sync_fetch_and_add(&m->bytes, -bytes);
		*(volatile __u64 *)&m->ahead = end;
		bytes = 0;
	}
	if (bytes < limit->quota) {
		bytes += c->bytes;
		__sync_fetch_and_add(&m->bytes, c->bytes);
		if (bytes < limit->quota)
			return FB_NEXT;
		before = *(volatile __u32 *)&m->told;
		if (before != period && __sync_val_compare_and_swap(&m->told, before, period) == before)
			c->quota_reached = 1;
		return FB_NEXT;
	}
	return limit->quota_drop ? FB_DROP_QUOTA : FB_NEXT;
}

/*
 * Charges a packet that would pass to the limit and the quota of its line. A global function: the verifier looks at it once and not once for each way that
 * leads here, which were 150,000 instructions in fb_tc_out.
 */
__noinline int fb_charge(struct fb_ctx *c, const struct fb_image_limit *limit, __u32 charge)
{
	__u32 turned = charge & FB_CHARGE_TURNED;
	int reason = FB_NEXT;

	if (!c || !limit)
		return FB_DROP_UNDECIDED;
	__u32 kind = limit->kind, units = c->bytes;

	if (kind == FB_LIMIT_PACKETS)
		units = 1 + c->more;
	else if (kind != FB_LIMIT_BYTES)
		units = kind == FB_LIMIT_NEW && (charge & FB_CHARGE_NEW);
	if (units)
		reason = fb_limit_rate(limit, c, units, turned);
	if (reason == FB_NEXT && limit->quota)
		reason = fb_limit_quota(limit, c, turned);
	return reason;
}

/* Holds a packet against what its line (c->limit) may do. Only what passes is charged. In a pair that observes limits count and stop nothing (S30). */
FB_INLINE int fb_limit(const void *img, struct fb_ctx *c, __u32 charge)
{
	int reason = fb_charge(c, fb_limit_find(img, c->limit), charge);
	__u32 turned = charge & FB_CHARGE_TURNED;

	if (reason == FB_NEXT ||
	    !fb_observes(img, turned ? c->dst_zone : c->zone, turned ? c->zone : c->dst_zone))
		return reason;
	c->over = 1;
	return FB_NEXT;
}

#endif

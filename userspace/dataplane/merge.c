// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the programs of the version before did to their table after it was copied, into the table that this version's programs use meanwhile: by the rules of
 * bpf/lib/flow.h, as if this were one more CPU.
 *
 * While the links move, one direction of a flow may be seen by the one and the other by the other: of both entries the later numbers hold. Where a flow lies is not
 * computed but looked for: its two buckets are near each other. A new one is put where it was, or into another way of the same bucket, which is one of its two.
 *
 * A lock that is held when the agent is killed would be held for ever; the next start finds two trees still, and unlocks (fb_carry_unlock).
 */
#include <string.h>
#include <unistd.h>

#include "dataplane/handle.h"

enum { GROUP = FB_FLOW_NEAR * FB_FLOW_WAYS }; /* ways among which those of both buckets are */
#define NOWHERE ((size_t)-1)

static __u64 load(const struct fb_flow *flow)
{
	return __atomic_load_n(&flow->way, __ATOMIC_ACQUIRE);
}

static bool exchange(struct fb_flow *flow, __u64 *word, __u64 next)
{
	return __atomic_compare_exchange_n(&flow->way, word, next, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool same_key(const struct fb_flow *a, const struct fb_flow *b)
{
	return a->lo_a == b->lo_a && a->lo_b == b->lo_b && a->port_a == b->port_a && a->port_b == b->port_b &&
	       a->proto == b->proto && a->family == b->family &&
	       (a->family != 6 || (a->hi_a == b->hi_a && a->hi_b == b->hi_b));
}

/* The live entry of this key near way i, but for the one at `not`; *ret_word is its word. */
static size_t find(const struct fb_carry *c, size_t i, const struct fb_flow *flow, size_t except,
		   __u64 *ret_word)
{
	const size_t first = i / GROUP * GROUP, end = first + GROUP < c->ways ? first + GROUP : c->ways;

	for (size_t k = first; k < end; k++) {
		struct fb_flow other;

		if (k == except || c->to_tags[k] != (__u8)FB_WAY_TAG(flow->way) ||
		    FB_WAY_TAG(load(&c->to[k])) != FB_WAY_TAG(flow->way))
			continue;
		for (int tries = 0; tries < 100 && !fb_flow_copy(&c->to[k], &other, ret_word); tries++)
			*ret_word = FB_WAY_LOCK;
		if (!(*ret_word & FB_WAY_LOCK) && fb_flow_is_live(FB_WAY_META(*ret_word), c->tick) &&
		    same_key(&other, flow))
			return k;
	}
	return NOWHERE;
}

static __u32 later(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0 ? a : b;
}

/* What each end sent and granted grows; before an end was heard its half is empty. */
static void merge_tcp(struct fb_flow *to, const struct fb_flow *from, bool further)
{
	for (int i = 0; i < 2; i++) {
		__auto_type t = &to->tcp[i];
		const __auto_type f = &from->tcp[i];

		if (!f->end)
			continue;
		if (!t->end) {
			*t = *f;
			continue;
		}
		t->end = later(t->end, f->end);
		t->edge = later(t->edge, f->edge);
		t->win = t->win > f->win ? t->win : f->win;
		t->scale = further ? f->scale : t->scale;
		t->flags |= f->flags;
	}
}

/* The state that is further on, and the later time. */
static void advance(struct fb_flow *to, __u64 owner, __u32 meta)
{
	__u64 word = load(to);

	while ((word ^ owner) >> FB_WAY_OWNER_SHIFT == 0 && FB_WAY_META(word)) {
		__u32 is = FB_WAY_META(word), state = FB_META_STATE(is), tick = FB_META_TICK(is);

		if (FB_META_STATE(meta) > state)
			state = FB_META_STATE(meta);
		if ((__s32)((meta - is) << 4) > 0)
			tick = FB_META_TICK(meta);
		if (exchange(to, &word, word >> 32 << 32 | FB_META(state, tick)))
			return;
	}
}

/* false = the entry is not what was found any more */
static bool update(struct fb_carry *c, size_t k, __u64 word, const struct fb_flow *flow)
{
	const bool further = FB_META_STATE(FB_WAY_META(flow->way)) > FB_META_STATE(FB_WAY_META(word));
	struct fb_flow *to = &c->to[k];
	__u64 now = load(to);

	do {
		if (FB_WAY_SEQ(now) != FB_WAY_SEQ(word))
			return false;
	} while (!exchange(to, &now, now + FB_WAY_LOCK));
	merge_tcp(to, flow, further);
	__atomic_fetch_xor(&to->way, FB_WAY_UNLOCK(word | FB_WAY_LOCK), __ATOMIC_SEQ_CST);
	advance(to, word, FB_WAY_META(flow->way));
	return true;
}

/* Does another way near k have the tag, perhaps still being filled? */
static bool is_tagged(const struct fb_carry *c, size_t k, const struct fb_flow *flow)
{
	const size_t first = k / GROUP * GROUP, end = first + GROUP < c->ways ? first + GROUP : c->ways;

	for (size_t i = first; i < end; i++)
		if (i != k && FB_WAY_TAG(load(&c->to[i])) == FB_WAY_TAG(flow->way))
			return true;
	return false;
}

/* Another's of the same key that came at the same time: it saw ours and gave way, or it did not and ours goes. */
static void give_way(struct fb_carry *c, size_t k, __u64 word, const struct fb_flow *flow)
{
	__u64 other, now;

	if (!is_tagged(c, k, flow))
		return;
	usleep(2000); /* longer than any program runs, also one that waits for a writer (FB_FLOW_SPINS) */
	if (find(c, k, flow, k, &other) == NOWHERE)
		return;
	now = load(&c->to[k]);
	while ((now ^ word) >> FB_WAY_OWNER_SHIFT == 0 && !exchange(&c->to[k], &now, now >> 32 << 32))
		;
}

static bool claim(struct fb_carry *c, size_t k, const struct fb_flow *flow, __u64 *ret_word)
{
	__u64 word = load(&c->to[k]), next = FB_WAY_NEXT(word, FB_WAY_TAG(flow->way));

	if ((word & FB_WAY_LOCK) || fb_flow_is_live(FB_WAY_META(word), c->tick) ||
	    !exchange(&c->to[k], &word, next))
		return false;
	__atomic_store_n(&c->to_tags[k], (__u8)FB_WAY_TAG(flow->way), __ATOMIC_SEQ_CST);
	*ret_word = next;
	return true;
}

static bool insert(struct fb_carry *c, size_t i, const struct fb_flow *flow)
{
	const size_t bucket = i / FB_FLOW_WAYS * FB_FLOW_WAYS;
	struct fb_flow *to = NULL, fresh = *flow;
	__u64 word = 0;
	size_t k = i;

	for (size_t way = 0; !to && way <= FB_FLOW_WAYS; way++) {
		k = way ? bucket + way - 1 : i; /* where it was, before any other */
		if (claim(c, k, flow, &word))
			to = &c->to[k];
	}
	if (!to)
		return false;
	fresh.generation = 0;
	fresh.way = word;
	memset(fresh.nexthop, 0, sizeof(fresh.nexthop));
	memset(fresh.stamp, 0, sizeof(fresh.stamp));
	*to = fresh;
	word = (word ^ FB_WAY_UNLOCK(word)) | FB_WAY_META(flow->way);
	__atomic_store_n(&to->way, word, __ATOMIC_SEQ_CST);
	give_way(c, k, word, &fresh);
	return true;
}

/* Ended over there, and nobody has touched the copy: its end holds here. */
static void end_copy(struct fb_carry *c, size_t i)
{
	__u64 word = c->seen[i];

	exchange(&c->to[i], &word, word >> 32 << 32);
}

/* false = there is no room for it */
static bool merge_way(struct fb_carry *c, size_t i)
{
	__u64 word = load(&c->from[i]), at = 0, seen = c->seen ? c->seen[i] : 0;
	struct fb_flow flow;

	if (word == seen)
		return true;
	if (seen && ((word ^ seen) >> FB_WAY_OWNER_SHIFT || !FB_WAY_META(word)))
		end_copy(c, i);
	if (!fb_flow_is_live(FB_WAY_META(word), c->tick) || !fb_flow_copy(&c->from[i], &flow, &word))
		return true;
	flow.way = word;
	for (int tries = 0; tries < 8; tries++) {
		size_t k = find(c, i, &flow, NOWHERE, &at);

		if (k == NOWHERE)
			return insert(c, i, &flow);
		if (update(c, k, at, &flow))
			break;
	}
	return true;
}

__u64 fb_carry_merge(struct fb_carry *c)
{
	__u64 lost = 0;

	for (size_t i = fb_carry_next(c, 0); i < c->ways; i = fb_carry_next(c, i + 1))
		lost += !merge_way(c, i);
	return lost;
}

void fb_carry_unlock(const struct fb_carry *c)
{
	for (size_t i = 0; i < c->ways; i++) {
		__u64 word = load(&c->to[i]), now;

		if (!(word & FB_WAY_LOCK))
			continue;
		usleep(100);
		now = load(&c->to[i]);
		/* A claim has no state yet, so that it is free; an entry keeps its own. */
		if (FB_WAY_SEQ(now) == FB_WAY_SEQ(word))
			exchange(&c->to[i], &now, now ^ FB_WAY_UNLOCK(now));
	}
}

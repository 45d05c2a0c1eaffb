/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash-consing for the compiler: equal lists of words get one number, so that comparing and remembering what was worked out is by number.
 */
#ifndef FB_POLICY_POOL_H
#define FB_POLICY_POOL_H

#include <linux/types.h>
#include <stddef.h>

#include "base/vec.h"

struct fb_numbers FB_VEC(__u32);

/* n zeroed items. Ends the process if there is no memory, as fb_arena does. */
void *fb_zalloc(size_t n, size_t size);
/* Makes room for n more items; they are not initialised and not counted. */
void fb_numbers_reserve(struct fb_numbers *words, size_t n);

struct fb_pool_entry {
	__u32 off, len;
	__u64 hash;
};
struct fb_pool {
	struct fb_numbers words;
	struct FB_VEC(struct fb_pool_entry) entries; /* id 0 is the empty list */
	__u32 *slots;
	size_t n_slots;
};
/* The number of this list; the same for equal lists. words may not lie in the pool. */
__u32 fb_pool_intern(struct fb_pool *pool, const __u32 *words, size_t n);
static inline const __u32 *fb_pool_get(const struct fb_pool *pool, __u32 id)
{
	return id ? pool->words.v + pool->entries.v[id].off : NULL;
}
static inline __u32 fb_pool_len(const struct fb_pool *pool, __u32 id)
{
	return id ? pool->entries.v[id].len : 0;
}
/* How many numbers there are, 0 included. */
static inline __u32 fb_pool_count(const struct fb_pool *pool)
{
	return pool->entries.n ? (__u32)pool->entries.n : 1;
}
void fb_pool_done(struct fb_pool *pool);

/* From a key to a number > 0. */
struct fb_memo_slot {
	__u64 a, b;
	__u32 value;
};
struct fb_memo {
	struct fb_memo_slot *slots;
	size_t n, n_slots;
};
/* Where the value of a key lies or will lie: 0 = not known, to be set by the caller before the next call. */
__u32 *fb_memo_at(struct fb_memo *memo, __u64 a, __u64 b);
void fb_memo_done(struct fb_memo *memo);

#endif

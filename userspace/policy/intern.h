/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash-consing for the compiler: equal lists of words get one number. A chain is a list that grows at its end, remembered step by step, so that
 * appending to a list that was seen before is one look-up.
 */
#ifndef FB_POLICY_INTERN_H
#define FB_POLICY_INTERN_H

#include <linux/types.h>
#include <stddef.h>

#include "base/vec.h"

struct fb_pool_entry {
	__u32 off, len;
};
struct fb_pool {
	struct FB_VEC(__u32) words;
	struct FB_VEC(struct fb_pool_entry) entries; /* id 0 is the empty list */
	__u32 *slots;
	size_t n_slots;
};
/* The number of this list; the same for equal lists. */
__u32 fb_pool_intern(struct fb_pool *pool, const __u32 *words, size_t n);
void fb_pool_done(struct fb_pool *pool);

/* Chains: id 0 is empty; fb_chain_append(c, id, x) is the id of list id with x behind it. */
struct fb_chain_node {
	__u32 parent, value, len;
};
struct fb_chains {
	struct FB_VEC(struct fb_chain_node) nodes;
	__u32 *slots;
	size_t n_slots;
};
__u32 fb_chain_append(struct fb_chains *chains, __u32 id, __u32 value);
__u32 fb_chain_len(const struct fb_chains *chains, __u32 id);
/* Writes the list's values in order to out (fb_chain_len of them). */
void fb_chain_read(const struct fb_chains *chains, __u32 id, __u32 *out);
void fb_chains_done(struct fb_chains *chains);

#endif

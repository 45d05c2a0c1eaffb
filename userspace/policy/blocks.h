/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many boxes, asked which of them hold a point. Each is put under the smallest aligned block around each of its sides (for a prefix that is the prefix), so one
 * look-up for every combination of sizes that occurs finds them: some hundreds among 100,000 boxes of ClassBench, where an axis alone names
 * every line from anywhere.
 */
#ifndef FB_POLICY_BLOCKS_H
#define FB_POLICY_BLOCKS_H

#include "policy/axis.h"

struct fb_block {
	__u64 src, dst; /* without the bits that are free in the block */
	__u32 port;
	__u8 src_free, dst_free, port_free;
	unsigned int id;
};

struct fb_blocks {
	struct FB_VEC(
		struct fb_block) v; /* sorted: those of one block stand together, those of one size too */
	struct FB_VEC(struct fb_block) sizes; /* of every combination of sizes one */
	unsigned int *slots;		      /* by hash: index + 1 of the first of a block */
	size_t mask;
};

/* Any order; complete with fb_blocks_build(). A side whose first > last: it holds nothing. */
void fb_blocks_add(struct fb_blocks *blocks, unsigned int id, const __u64 src[2], const __u64 dst[2],
		   const __u16 port[2]);
void fb_blocks_build(struct fb_blocks *blocks);
/* Adds the ids of all that hold the point to ret, and of others; each once, those in large blocks first. */
void fb_blocks_find(const struct fb_blocks *blocks, __u64 src, __u64 dst, __u16 port, struct fb_ids *ret);
void fb_blocks_done(struct fb_blocks *blocks);

#endif

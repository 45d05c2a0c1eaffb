// SPDX-License-Identifier: GPL-2.0-only
/* Boxes under their blocks against looking at all of them. */
#include <criterion/criterion.h>
#include <stdbool.h>

#include "policy/blocks.h"

enum { MOST = 60, ROUNDS = 400 };

static unsigned int pick(unsigned int n)
{
	static unsigned int seed = 1;

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* Neighbours, and the ends of the space. */
static __u64 value(void)
{
	const unsigned int v = pick(40);

	return v < 30 ? v : v < 35 ? v - 35ull : (__u64)v << 32;
}

struct box {
	__u64 src[2], dst[2];
	__u16 port[2];
};

Test(blocks, every_box_that_holds_a_point_is_named_once)
{
	for (int round = 0; round < ROUNDS; round++) {
		const unsigned int n = pick(MOST);
		struct fb_blocks blocks = { 0 };
		struct box all[MOST];

		for (unsigned int i = 0; i < n; i++) {
			/* some the wrong way round, which hold nothing */
			all[i] = (struct box){ { value(), value() },
					       { value(), value() },
					       { (__u16)value(), (__u16)value() } };
			if (pick(2))
				all[i].src[1] = all[i].src[0];
			fb_blocks_add(&blocks, i, all[i].src, all[i].dst, all[i].port);
		}
		fb_blocks_build(&blocks);
		for (int query = 0; query < 20; query++) {
			const __u64 src = value(), dst = value();
			const __u16 port = (__u16)value();
			unsigned int seen[MOST] = { 0 };
			struct fb_ids ids = { 0 };

			fb_blocks_find(&blocks, src, dst, port, &ids);
			for (size_t i = 0; i < ids.n; i++)
				seen[ids.v[i]]++;
			for (unsigned int i = 0; i < n; i++) {
				const struct box *b = &all[i];
				bool holds = b->src[0] <= src && src <= b->src[1] && b->dst[0] <= dst &&
					     dst <= b->dst[1] && b->port[0] <= port && port <= b->port[1];

				cr_assert_leq(seen[i], 1, "round %d: twice", round);
				cr_assert(!holds || seen[i], "round %d: box %u is missing", round, i);
			}
			fb_vec_done(&ids);
		}
		fb_blocks_done(&blocks);
	}
}

Test(blocks, of_many_boxes_of_one_size_only_those_of_the_block_are_named)
{
	struct fb_blocks blocks = { 0 };
	struct fb_ids ids = { 0 };

	for (unsigned int i = 0; i < 1000; i++)
		fb_blocks_add(&blocks, i, (__u64[]){ i * 256, i * 256 + 255 }, (__u64[]){ 0, ~0ull },
			      (__u16[]){ 80, 80 });
	fb_blocks_build(&blocks);
	cr_assert_eq(blocks.sizes.n, 1);
	fb_blocks_find(&blocks, 7 * 256 + 9, 1234, 80, &ids);
	cr_assert_eq(ids.n, 1);
	cr_assert_eq(ids.v[0], 7);
	fb_vec_done(&ids);
	fb_blocks_done(&blocks);
}

Test(blocks, of_no_boxes_none_is_named)
{
	struct fb_blocks blocks = { 0 };
	struct fb_ids ids = { 0 };

	fb_blocks_build(&blocks);
	fb_blocks_find(&blocks, 0, 0, 0, &ids);
	cr_assert_eq(ids.n, 0);
	fb_blocks_done(&blocks);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "policy/blocks.h"

#include <stdlib.h>

/* How many low bits differ between the ends. */
static __u8 free_bits(__u64 first, __u64 last)
{
	return first == last ? 0 : (__u8)(64 - __builtin_clzll(first ^ last));
}

static __u64 without(__u64 value, __u8 bits)
{
	return bits < 64 ? value >> bits : 0;
}

static int by_size(const struct fb_block *x, const struct fb_block *y)
{
	if (x->src_free != y->src_free)
		return x->src_free < y->src_free ? -1 : 1;
	if (x->dst_free != y->dst_free)
		return x->dst_free < y->dst_free ? -1 : 1;
	return x->port_free < y->port_free ? -1 : x->port_free > y->port_free;
}

static int by_block(const struct fb_block *x, const struct fb_block *y)
{
	int r = by_size(x, y);

	if (r)
		return r;
	if (x->src != y->src)
		return x->src < y->src ? -1 : 1;
	if (x->dst != y->dst)
		return x->dst < y->dst ? -1 : 1;
	return x->port < y->port ? -1 : x->port > y->port;
}

static int cmp(const void *a, const void *b)
{
	return by_block(a, b);
}

static size_t hash(const struct fb_block *b)
{
	__u64 h = (b->src + ((__u64)b->src_free << 56)) * 0x9e3779b97f4a7c15ull;

	h = (h ^ h >> 29 ^ (b->dst + ((__u64)b->dst_free << 56))) * 0xbf58476d1ce4e5b9ull;
	h = (h ^ h >> 32 ^ (b->port + ((__u64)b->port_free << 56))) * 0x94d049bb133111ebull;
	return (size_t)(h ^ h >> 31);
}

void fb_blocks_add(struct fb_blocks *blocks, unsigned int id, const __u64 src[2], const __u64 dst[2],
		   const __u16 port[2])
{
	struct fb_block b = { .id = id };

	if (src[0] > src[1] || dst[0] > dst[1] || port[0] > port[1])
		return;
	b.src_free = free_bits(src[0], src[1]);
	b.dst_free = free_bits(dst[0], dst[1]);
	b.port_free = free_bits(port[0], port[1]);
	b.src = without(src[0], b.src_free);
	b.dst = without(dst[0], b.dst_free);
	b.port = port[0] >> b.port_free;
	fb_vec_add(&blocks->v, b);
}

/* The slot of a block, or the free one in which it belongs. At most half of them are taken. */
static unsigned int *slot_of(const struct fb_blocks *blocks, const struct fb_block *b)
{
	size_t i = hash(b) & blocks->mask;

	while (blocks->slots[i] && by_block(&blocks->v.v[blocks->slots[i] - 1], b) != 0)
		i = (i + 1) & blocks->mask;
	return &blocks->slots[i];
}

void fb_blocks_build(struct fb_blocks *blocks)
{
	const struct fb_block *v = blocks->v.v;
	size_t slots = 2;

	while (slots < 2 * blocks->v.n)
		slots *= 2;
	blocks->mask = slots - 1;
	blocks->slots = calloc(slots, sizeof(*blocks->slots));
	if (!blocks->slots)
		abort();
	if (blocks->v.n)
		qsort(blocks->v.v, blocks->v.n, sizeof(*v), cmp);
	for (size_t i = 0; i < blocks->v.n; i++) {
		if (!i || by_size(&v[i - 1], &v[i]))
			fb_vec_add(&blocks->sizes, v[i]);
		if (!i || by_block(&v[i - 1], &v[i]))
			*slot_of(blocks, &v[i]) = (unsigned int)i + 1;
	}
}

void fb_blocks_find(const struct fb_blocks *blocks, __u64 src, __u64 dst, __u16 port, struct fb_ids *ret)
{
	for (size_t i = blocks->sizes.n; i-- > 0;) {
		struct fb_block b = blocks->sizes.v[i];

		b.src = without(src, b.src_free);
		b.dst = without(dst, b.dst_free);
		b.port = (__u32)port >> b.port_free;

		size_t at = *slot_of(blocks, &b);

		for (; at && at <= blocks->v.n && !by_block(&blocks->v.v[at - 1], &b); at++)
			fb_vec_add(ret, blocks->v.v[at - 1].id);
	}
}

void fb_blocks_done(struct fb_blocks *blocks)
{
	fb_vec_done(&blocks->v);
	fb_vec_done(&blocks->sizes);
	free(blocks->slots);
	*blocks = (struct fb_blocks){ 0 };
}

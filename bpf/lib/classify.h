/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an address to its record (zone and classes), from two records, protocol and ports to the line that decides, in a number of loads that does
 * not depend on the policy. Compiled for BPF and natively; what it reads is laid out in classify_abi.h.
 *
 * One classifier serves all zones: who a packet's ends are follows from their addresses, and the gateway, link-local and broadcast have addresses of
 * their own (FB_ROLE). A box is sources x destinations x services.
 *
 *   IPv4 address --> root[upper 16 bits] -> node -> node -> node -> node -->+
 *   IPv6 address --> tree of the upper 64 bits -> tree of the lower 64 ---->+--> record: zone, 4 rows, 2 classes
 *
 *   protocol, source port -> class --+--> L4 class: which services match
 *   destination port ------> class --+
 *
 *   row of the source [class of the destination] -> cell: shape, list          (for each of 4 quadrants)
 *   shape[L4 class] -> place; list[place] -> rank                               lowest rank of the 4 -> rule
 *
 * Why quadrants: a class is a set of addresses that the same boxes hold. A few hundred broad lines would cross every class of thousands of narrow
 * ones (measured: 365,000 pairs of classes for 10,000 lines, 30,000 when split), so ranges that hold many others have classes of their own.
 * Why rows in blocks: most of a row is empty or equals another's; equal blocks of 32 and of 32 x 32 classes are stored once.
 * Why a list and a shape: a cell's list holds only boxes that are the best for some L4 class, and few sequences of services exist; the shape says
 * which place of the list an L4 class chooses, and is shared.
 *
 * Nothing branches on what was found: what does not exist is a link to something empty, whose lines are warm. Four independent chains of 7 loads overlap,
 * mispredicted branches do not; and the verifier follows one path, not 3^4.
 *
 * Cache lines, worst case: addresses 2 x 5 (IPv6: 2 x 10), records 2, L4 5, quadrants 4 x 7, rule 1: 46 (56). Every load is masked.
 */
#ifndef FB_LIB_CLASSIFY_H
#define FB_LIB_CLASSIFY_H

#include "image.h"

#include <classify_abi.h>

/* A field of the classifier's header: a constant offset, so that no mask is needed. */
#define FB_CLS(img, field) \
	(((const __u32 *)(img))[FB_HDR_WORD(cls) + __builtin_offsetof(struct fb_classify_header, field) / 4])

/* Called from several places: one copy of the code each, not one a place. */
#ifndef __always_unused
#define __always_unused __attribute__((unused))
#endif

/* The record of an address: the index of its first word. */
static __attribute__((noinline)) __always_unused __u32 fb_atom4(const void *img, __u32 addr)
{
	__u32 mask = FB_IMAGE_MASK;
	__u32 entry = fb_image_get(img, mask, FB_CLS(img, a4_root) + (addr >> 16));

	if (!(entry & FB_CLS_LEAF))
		entry = fb_image_get(img, mask, entry + (addr >> 12 & 15));
	if (!(entry & FB_CLS_LEAF))
		entry = fb_image_get(img, mask, entry + (addr >> 8 & 15));
	if (!(entry & FB_CLS_LEAF))
		entry = fb_image_get(img, mask, entry + (addr >> 4 & 15));
	if (!(entry & FB_CLS_LEAF))
		entry = fb_image_get(img, mask, entry + (addr & 15));
	return entry & ~FB_CLS_LEAF;
}

FB_INLINE __u32 fb_tree6(const void *img, __u32 mask, __u32 at, __u64 value)
{
	__u64 low = value & ~(1ull << 63);

	at += (__u32)(value >> 63) * 16;
	for (__u32 i = 0; i < FB_A6_LEVELS; i++) {
		const struct fb_a6_line *line = fb_image_line(img, mask, at);
		__u32 place = FB_A6_KEYS;

		for (__u32 k = 0; k < FB_A6_KEYS; k++)
			place -= (__u32)((low - line->key[k]) >> 63);
		at = line->link;
		if (at & FB_CLS_LEAF)
			return fb_image_get(img, mask, (at & ~FB_CLS_LEAF) + place);
		at += place * 16;
	}
	return FB_CLS_LEAF;
}

static __attribute__((noinline)) __always_unused __u32 fb_atom6(const void *img, __u64 hi, __u64 lo)
{
	__u32 mask = FB_IMAGE_MASK;
	__u32 entry = fb_tree6(img, mask, FB_CLS(img, a6_root), hi);

	if (!(entry & FB_CLS_LEAF))
		entry = fb_tree6(img, mask, entry, lo);
	return entry & ~FB_CLS_LEAF;
}

/* The zone that owns the address of a record, 0 = nobody. */
FB_INLINE __u8 fb_atom_zone(const void *img, __u32 record)
{
	return (__u8)fb_image_word(img, record + FB_REC_ZONE);
}

FB_INLINE __u32 fb_l4_class(const void *img, __u32 mask, __u8 proto, __u16 sport, __u16 dport)
{
	__u32 p = fb_image_byte(img, mask, FB_CLS(img, proto), proto);
	__u32 s = fb_image_half(img, mask, FB_CLS(img, sport), sport);
	__u32 d = fb_image_half(img, mask, FB_CLS(img, dport), dport);

	s = fb_image_half(img, mask, FB_CLS(img, source), p * FB_CLS(img, n_sport) + s);
	return fb_image_half(img, mask, FB_CLS(img, l4), s * FB_CLS(img, n_dport) + d);
}

/* An L4 class as a shape is asked for it. */
struct fb_l4_place {
	__u32 block, half;
};

/* The best rank of a quadrant. */
FB_INLINE __u32 fb_quadrant(const void *img, __u32 mask, __u32 row, __u32 dst, struct fb_l4_place l4)
{
	__u32 w = fb_image_get(img, mask, row + (dst >> 2 * FB_ROW_SHIFT)), place;

	w = fb_image_get(img, mask, w + (dst >> FB_ROW_SHIFT & (FB_ROW_BLOCK - 1)));
	w = fb_image_get(img, mask, w + (dst & (FB_ROW_BLOCK - 1)));
	place = fb_image_get(img, mask, fb_image_get(img, mask, w) + l4.block);
	place = fb_image_half(img, mask, place, l4.half);
	return fb_image_get(img, mask, fb_image_get(img, mask, w + 1) + place);
}

/* Without a branch: the difference of two ranks (both below 2^31) is negative or not. */
FB_INLINE __u32 fb_better(__u32 a, __u32 b)
{
	__s64 d = (__s64)(__u64)b - (__s64)(__u64)a;

	return a + (__u32)(d & (d >> 63));
}

/* The index into the rule section of the line that decides, 0 = none. src and dst are records. */
FB_INLINE __u32 fb_classify(const void *img, __u32 src, __u32 dst, int family, __u8 proto, __u16 sport,
			    __u16 dport)
{
	__u32 mask = FB_IMAGE_MASK;
	__u32 class = fb_l4_class(img, mask, proto, sport, dport), shift = FB_CLS(img, shape_shift) & 31,
	      best;
	__u32 narrow = fb_image_get(img, mask, dst + FB_REC_DST),
	      broad = fb_image_get(img, mask, dst + FB_REC_DST + 1);
	struct fb_l4_place l4 = { class >> shift, class & ((1u << shift) - 1) };

	(void)family; /* the records are of one family already */
	best = fb_quadrant(img, mask, fb_image_get(img, mask, src + FB_REC_ROW), narrow, l4);
	best = fb_better(best,
			 fb_quadrant(img, mask, fb_image_get(img, mask, src + FB_REC_ROW + 1), broad, l4));
	best = fb_better(best,
			 fb_quadrant(img, mask, fb_image_get(img, mask, src + FB_REC_ROW + 2), narrow, l4));
	best = fb_better(best,
			 fb_quadrant(img, mask, fb_image_get(img, mask, src + FB_REC_ROW + 3), broad, l4));
	return fb_image_get(img, mask, FB_CLS(img, box) + best);
}

#endif

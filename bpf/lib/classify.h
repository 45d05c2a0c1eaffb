/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an address to its leaf (zone and record), from two leaves, protocol and ports to the line that decides, in a number of loads that does
 * not depend on the policy. Compiled for BPF and natively; what it reads is laid out in classify_abi.h.
 *
 * One classifier serves all zones: who a packet's ends are follows from their addresses, and the gateway, link-local and broadcast have addresses of
 * their own (FB_ROLE). A box is sources x destinations x services.
 *
 *   IPv4 address --> root[upper 16 bits] -> nodes of 8 or 4 bits or line of keys --+--> leaf: zone -> source: 4 rows
 *   IPv6 address --> tree of the upper 64 bits -> tree of the lower 64 ------------+              -> destination: 2 classes
 *
 *   protocol, source port -> page -> class --+
 *   destination port ------> page -> class --+--> L4 class: which services match
 *
 *   row of the source [class of the destination] -> cell                  (for each of 4 quadrants)
 *   shape of the cell [L4 class] -> place; cell[place] -> rank            (the lowest rank of the 4 wins) -> rule
 *
 * Why quadrants: a class is a set of addresses that the same boxes hold. A few hundred broad lines would cross every class of thousands of narrow
 * ones (measured: 365,000 pairs of classes for 10,000 lines, 30,000 when split), so ranges that hold many others have classes of their own,
 * unless the image is the smaller without: then three quadrants are empty.
 * Why rows in blocks: most of a row is empty or equals another's; equal blocks of 32 and of 32 x 32 classes are stored once.
 * Why cells and shapes: a cell holds only boxes that are the best for some L4 class, and few sequences of services exist; the shape, which cells share,
 * says which place of the cell an L4 class chooses.
 *
 * Nothing branches on what was found: what does not exist is a link to something empty, whose lines are warm. Four independent chains of 7 loads overlap,
 * mispredicted branches do not; and the verifier follows one path, not 3^4.
 *
 * Cache lines, worst case: addresses 2 x 5 (IPv6: 2 x 10), records 2, L4 7, quadrants 4 x 7, rule 1: 48 (58). Every load is masked.
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

/* The link of a line's key that holds at an address. */
FB_INLINE __u32 fb_line4(const void *img, __u32 limit, __u32 at, __u32 addr)
{
	const struct fb_a4_line *line = fb_image_at(img, limit, at, 64);
	__u32 low = addr & 0xffff, place = FB_A4_KEYS;

	/* If clang knew that low is small it would compare and jump, which is 2^10 paths to the verifier and a guess to the processor. */
	asm volatile("" : "+r"(low));
	for (__u32 k = 0; k < FB_A4_KEYS; k++)
		place -= (low - line->key[k]) >> 31;
	return fb_image_get(img, limit, at + (__u32) __builtin_offsetof(struct fb_a4_line, link) + place * 4);
}

/* The leaf of an address. */
FB_INLINE __u32 fb_atom4(const void *img, __u32 addr)
{
	__u32 limit = FB_IMAGE_LIMIT;
	__u32 link = fb_image_get(img, limit, FB_CLS(img, a4_root) + (addr >> 16) * 4);

	if ((link & FB_LINK_KIND) == FB_LINK_WIDE) {
		link = fb_image_get(img, limit, link + (addr >> 8 & 255) * 4);
	} else {
		if (!(link & FB_LINK_KIND))
			link = fb_image_get(img, limit, link + (addr >> 12 & 15) * 4);
		if (!(link & FB_LINK_KIND))
			link = fb_image_get(img, limit, link + (addr >> 8 & 15) * 4);
	}
	if ((link & FB_LINK_KIND) == FB_LINK_WIDE)
		return fb_image_get(img, limit, link + (addr & 255) * 4);
	if (!(link & FB_LINK_KIND))
		link = fb_image_get(img, limit, link + (addr >> 4 & 15) * 4);
	if (!(link & FB_LINK_KIND))
		link = fb_image_get(img, limit, link + (addr & 15) * 4);
	return link & FB_LINK_LEAF ? link : fb_line4(img, limit, link, addr);
}

FB_INLINE __u32 fb_tree6(const void *img, __u32 limit, __u32 at, __u64 value)
{
	__u64 low = value & ~FB_A6_NO_KEY;

	at += (__u32)(value >> 63) * 64;
	for (__u32 i = 0; i < FB_A6_LEVELS; i++) {
		const struct fb_a6_line *line = fb_image_at(img, limit, at, 64);
		__u32 place = FB_A6_KEYS;

		for (__u32 k = 0; k < FB_A6_KEYS; k++)
			place -= (__u32)((low - line->key[k]) >> 63);
		at = line->link;
		if (at & FB_LINK_LEAF)
			return fb_image_get(img, limit, at + place * 4);
		at += place * 64;
	}
	return FB_LINK_LEAF;
}

static __attribute__((noinline)) __always_unused __u32 fb_atom6(const void *img, __u64 hi, __u64 lo)
{
	__u32 limit = FB_IMAGE_LIMIT;
	__u32 link = fb_tree6(img, limit, FB_CLS(img, a6_root), hi);

	return link & FB_LINK_LEAF ? link : fb_tree6(img, limit, link, lo);
}

/* The zone that owns an address, by its leaf, 0 = nobody. */
FB_INLINE __u8 fb_leaf_zone(__u32 leaf)
{
	return (__u8)(leaf >> FB_LEAF_ZONE_SHIFT);
}

FB_INLINE __u32 fb_port_class(const void *img, __u32 limit, __u32 pages, __u16 port)
{
	__u32 page = fb_image_get(img, limit, pages + (port >> FB_PORT_SHIFT) * 4);

	return fb_image_half(img, limit, page, port & (FB_PORT_PAGE - 1));
}

FB_INLINE __u32 fb_l4_class(const void *img, __u32 limit, __u8 proto, __u16 sport, __u16 dport)
{
	__u32 p = fb_image_byte(img, limit, FB_CLS(img, proto), proto);
	__u32 s = fb_port_class(img, limit, FB_CLS(img, sport), sport);
	__u32 d = fb_port_class(img, limit, FB_CLS(img, dport), dport);

	s = fb_image_half(img, limit, FB_CLS(img, source), p * FB_CLS(img, n_sport) + s);
	return fb_image_half(img, limit, FB_CLS(img, l4), s * FB_CLS(img, n_dport) + d);
}

/* An L4 class as a shape is asked for it. */
struct fb_l4_place {
	__u32 block, half;
};

/* The best rank of a quadrant; at least FB_RANK_NONE if nothing matches. */
FB_INLINE __u64 fb_quadrant(const void *img, __u32 limit, __u32 row, __u32 dst, struct fb_l4_place l4)
{
	__u32 at = fb_image_get(img, limit, row + (dst >> 2 * FB_ROW_SHIFT) * 4), place;

	at = fb_image_get(img, limit, at + (dst >> FB_ROW_SHIFT & (FB_ROW_BLOCK - 1)) * 4);
	at = fb_image_get(img, limit, at + (dst & (FB_ROW_BLOCK - 1)) * 4);
	place = fb_image_get(img, limit, fb_image_get(img, limit, at) + l4.block * 4);
	place = fb_image_half(img, limit, place, l4.half);
	return fb_image_get(img, limit, at + place * 4);
}

/* The smaller of two words, without a branch: their difference is negative or not. */
FB_INLINE __u64 fb_better(__u64 a, __u64 b)
{
	__s64 d = (__s64)(b - a);

	asm volatile("" : "+r"(d)); /* else clang makes a comparison and a jump of it */
	return a + (__u64)(d & (d >> 63));
}

/* The index into the rule section of the line that decides, 0 = none. src and dst are leaves. */
FB_INLINE __u32 fb_classify(const void *img, __u32 src, __u32 dst, int family, __u8 proto, __u16 sport,
			    __u16 dport)
{
	__u32 limit = FB_IMAGE_LIMIT;
	const struct fb_src_record *s =
		fb_image_at(img, limit, FB_CLS(img, src_records) + FB_SOURCE_OFFSET(src), sizeof(*s));
	__u32 classes = fb_image_get(img, limit, dst), broad_shift = FB_CLS(img, broad_shift) & 31;
	__u32 narrow = classes & ((1u << broad_shift) - 1), broad = classes >> broad_shift;
	__u32 class = fb_l4_class(img, limit, proto, sport, dport), shift = FB_CLS(img, shape_shift) & 31;
	struct fb_l4_place l4 = { class >> shift, class & ((1u << shift) - 1) };
	__u64 best;

	(void)family; /* the leaves are of one family already */
	best = fb_quadrant(img, limit, s->row[0], narrow, l4);
	best = fb_better(best, fb_quadrant(img, limit, s->row[1], broad, l4));
	best = fb_better(best, fb_quadrant(img, limit, s->row[2], narrow, l4));
	best = fb_better(best, fb_quadrant(img, limit, s->row[3], broad, l4));
	if (best >= FB_RANK_NONE)
		return 0;
	return fb_image_get(img, limit, FB_CLS(img, decides) + (__u32)best * 4);
}

#endif

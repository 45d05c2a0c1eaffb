/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy image: from an address to its record (zone and classes), from two records, protocol and ports to the line that permits or forbids,
 * in a number of loads that does not depend on the policy. Compiled for BPF and natively.
 *
 * One classifier serves all zones: who a packet's ends are follows from their addresses, and the gateway, link-local and broadcast have addresses of
 * their own (FB_ROLE). Ranges longer than a threshold are "broad", the others "specific"; each band has classes of its own, so that a few hundred broad
 * lines do not multiply with thousands of specific ones (the cause of RFC's explosion). Each of the four quadrants is a matrix of
 * classes, rows deduplicated in blocks of 64 and again of 64 x 64. A cell names a list of boxes, best first, and the shape of their services; the shape tells
 * for an L4 class the first box of the list that matches.
 *
 *   IPv4 address -> trie 16-4-4-4-4 ------> record: zone, 4 rows as a source, 2 classes as a destination
 *   IPv6 address -> 4-ary search, <= 10 --> record
 *   row[class >> 12] -> l2[class >> 6 & 63] -> l1[class & 63] -> cell: shape, list
 *   shape[l4 class] -> k, list[k - 1] -> rank; the lowest rank of the four quadrants -> rule
 *
 * Loads: IPv4 address 2-6, IPv6 up to 4 x 10 words of 10 lines, L4 class 4, a live quadrant 6, rule 1. Worst 12 + 4 + 24 + 1 = 41 for IPv4. Every load is masked: a
 * corrupt image gives a wrong line or none, never an access outside of it.
 */
#ifndef FB_LIB_LOOKUP_H
#define FB_LIB_LOOKUP_H

#include <image_abi.h>
#include <firebreak_abi.h>

#ifdef __bpf__
#include "config.h"
#define FB_IMAGE_MASK fb_cfg.image_mask
#define FB_IMAGE_AT(img, i, mask, shift) fb_at((void *)(img), i, mask, shift)
#else
/* Natively the includer says how large the image is. */
extern __u32 fb_native_image_mask;
#define FB_IMAGE_MASK fb_native_image_mask
#define FB_INLINE static inline __attribute__((always_inline))
#define FB_IMAGE_AT(img, i, mask, shift) ((void *)((char *)(img) + ((__u64)((i) & (mask)) << (shift))))
#endif

#define FB_HDR_WORD(field) ((__u32)(__builtin_offsetof(struct fb_image_header, field) / 4))
#define FB_CLS_WORD(field) (FB_HDR_WORD(cls) + (__u32)(__builtin_offsetof(struct fb_classify_header, field) / 4))

FB_INLINE __u32 fb_image_word(const void *img, __u32 index)
{
	return *(const __u32 *)FB_IMAGE_AT(img, index, FB_IMAGE_MASK, 2);
}

FB_INLINE __u32 fb_image_half(const void *img, __u32 index)
{
	return *(const __u16 *)FB_IMAGE_AT(img, index, FB_IMAGE_MASK * 2 + 1, 1);
}

FB_INLINE __u32 fb_image_byte(const void *img, __u32 index)
{
	return *(const __u8 *)FB_IMAGE_AT(img, index, FB_IMAGE_MASK * 4 + 3, 0);
}

/* The word index of an address's record. */
FB_INLINE __u32 fb_atom4(const void *img, __u32 addr)
{
	__u32 nodes = fb_image_word(img, FB_CLS_WORD(a4_node_w));
	__u32 entry = fb_image_word(img, fb_image_word(img, FB_CLS_WORD(a4_root_w)) + (addr >> 16));

	if (!(entry & FB_A4_LEAF))
		entry = fb_image_word(img, nodes + entry * 16 + (addr >> 12 & 15));
	if (!(entry & FB_A4_LEAF))
		entry = fb_image_word(img, nodes + entry * 16 + (addr >> 8 & 15));
	if (!(entry & FB_A4_LEAF))
		entry = fb_image_word(img, nodes + entry * 16 + (addr >> 4 & 15));
	if (!(entry & FB_A4_LEAF))
		entry = fb_image_word(img, nodes + entry * 16 + (addr & 15));
	return fb_image_word(img, FB_CLS_WORD(record_w)) + (entry & ~FB_A4_LEAF) * FB_REC_WORDS;
}

/* 1 if a < b, without a branch. */
FB_INLINE __u64 fb_below(__u64 a, __u64 b)
{
	return ((~a & b) | ((~a | b) & (a - b))) >> 63;
}

/*
 * 1 if the boundary at word w is <= (hi, lo). Without a branch: 3 of them a line would mispredict, and the verifier would follow 4^10 known paths.
 */
FB_INLINE __u32 fb_key_reached(const void *img, __u32 w, __u64 hi, __u64 lo)
{
	/* Lines are 64-byte aligned, keys 16: whole words of 64 bits. */
	const __u64 *key = FB_IMAGE_AT(img, w >> 2, FB_IMAGE_MASK >> 2, 4);
	__u64 high = hi - key[1], equal = ~(high | -high) >> 63;

	return (__u32)(1 ^ (fb_below(hi, key[1]) | (equal & fb_below(lo, key[0]))));
}

FB_INLINE __u32 fb_atom6(const void *img, __u64 hi, __u64 lo)
{
	__u32 levels = fb_image_word(img, FB_CLS_WORD(a6_levels)), line = 0;

	for (__u32 i = 0; i < FB_A6_LEVELS; i++) {
		__u32 w;

		if (i >= levels)
			break;
		w = fb_image_word(img, FB_CLS_WORD(a6_level_w) + i) + line * FB_A6_LINE;
		/* The first key of a line was reached a level higher (of the top: it is address 0). */
		line = line * FB_A6_KEYS + fb_key_reached(img, w + 4, hi, lo) + fb_key_reached(img, w + 8, hi, lo) +
		       fb_key_reached(img, w + 12, hi, lo);
	}
	return fb_image_word(img, FB_CLS_WORD(record_w)) +
	       fb_image_word(img, fb_image_word(img, FB_CLS_WORD(a6_record_w)) + line) * FB_REC_WORDS;
}

/* The zone that owns the address of a record, 0 = nobody. */
FB_INLINE __u8 fb_atom_zone(const void *img, __u32 record)
{
	return (__u8)fb_image_word(img, record + FB_REC_ZONE);
}

FB_INLINE __u32 fb_l4_class(const void *img, __u8 proto, __u16 sport, __u16 dport)
{
	__u32 p = fb_image_byte(img, fb_image_word(img, FB_CLS_WORD(proto_w)) * 4 + proto);
	__u32 s = fb_image_half(img, fb_image_word(img, FB_CLS_WORD(sport_w)) * 2 + sport);
	__u32 d = fb_image_half(img, fb_image_word(img, FB_CLS_WORD(dport_w)) * 2 + dport);

	return fb_image_half(img, fb_image_word(img, FB_CLS_WORD(l4_w)) * 2 +
					  (p * fb_image_word(img, FB_CLS_WORD(n_sport)) + s) * fb_image_word(img, FB_CLS_WORD(n_dport)) + d);
}

/* The best rank of one quadrant, or best. */
FB_INLINE __u32 fb_quadrant(const void *img, __u32 row, __u32 dst, __u32 l4, __u32 best)
{
	__u32 id, k, rank;

	if (!row || !dst)
		return best;
	id = fb_image_word(img, row + (dst >> 12));
	if (!id)
		return best;
	id = fb_image_word(img, fb_image_word(img, FB_CLS_WORD(l2_w)) + id * 64 + (dst >> 6 & 63));
	if (!id)
		return best;
	id = fb_image_word(img, fb_image_word(img, FB_CLS_WORD(l1_w)) + id * 64 + (dst & 63));
	if (!id)
		return best;
	id = fb_image_word(img, FB_CLS_WORD(cell_w)) + id * 2;
	k = fb_image_half(img, (fb_image_word(img, FB_CLS_WORD(shape_w)) +
				fb_image_word(img, id) * fb_image_word(img, FB_CLS_WORD(shape_words))) * 2 + l4);
	if (!k)
		return best;
	rank = fb_image_word(img, fb_image_word(img, FB_CLS_WORD(list_w)) + fb_image_word(img, id + 1) + k - 1);
	return rank < best ? rank : best;
}

/* The index into the rule section of the line that decides, 0 = none. src and dst are record word indexes. */
FB_INLINE __u32 fb_classify(const void *img, __u32 src, __u32 dst, int family, __u8 proto, __u16 sport, __u16 dport)
{
	__u32 l4 = fb_l4_class(img, proto, sport, dport), best = ~0u;
	__u32 specific, broad;

	(void)family; /* an address's record is of its family already */
	if (!l4)
		return 0;
	specific = fb_image_word(img, dst + FB_REC_DST);
	broad = fb_image_word(img, dst + FB_REC_DST + 1);
	best = fb_quadrant(img, fb_image_word(img, src + FB_REC_ROW), specific, l4, best);
	best = fb_quadrant(img, fb_image_word(img, src + FB_REC_ROW + 1), broad, l4, best);
	best = fb_quadrant(img, fb_image_word(img, src + FB_REC_ROW + 2), specific, l4, best);
	best = fb_quadrant(img, fb_image_word(img, src + FB_REC_ROW + 3), broad, l4, best);
	return best == ~0u ? 0 : fb_image_word(img, fb_image_word(img, FB_CLS_WORD(box_w)) + best);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the classifier lies in the image: fb_image_header.cls, written by policy/compile.c, read by bpf/lib/classify.h, which tells the scheme.
 * Every link is the absolute index of a word, so that following it costs one load and no base; FB_CLS_LEAF marks the end of a search.
 */
#ifndef FB_CLASSIFY_ABI_H
#define FB_CLASSIFY_ABI_H

#include <linux/types.h>

#define FB_CLS_LEAF 0x80000000u

/* An address's record, half a line: all that is known of it. Equal ones are one. */
enum fb_record_word {
	FB_REC_ZONE = 0, /* who owns the address, 0 = nobody */
	FB_REC_ROW =
		1, /* as a source: a row in each quadrant, index FB_QUADRANT(source band, destination band) */
	FB_REC_DST = 5, /* as a destination: its class in each band, 0 = none */
	FB_REC_WORDS = 8,
};
#define FB_BAND_NARROW	      0u
#define FB_BAND_BROAD	      1u
#define FB_BANDS	      2u
#define FB_QUADRANT(src, dst) ((src)*FB_BANDS + (dst))
#define FB_QUADRANTS	      (FB_BANDS * FB_BANDS)

/* A row is an array of links by class >> 10, then 32 links by class >> 5, then 32 cells by class: two lines a block. */
#define FB_ROW_SHIFT 5u
#define FB_ROW_BLOCK (1u << FB_ROW_SHIFT)

/* A cell: link to a shape, link to a list. */
#define FB_CELL_WORDS 2u
/*
 * A shape is an array of links by L4 class >> shape_shift, then halves by the bits below: the place in the list, 0 = no box of it matches. The
 * shift is the compiler's choice: few classes want small blocks, many want short arrays.
 */
/* A list begins with FB_RANK_NONE, so that place 0 is an answer too; then ranks of boxes, the best first. */

/* IPv4: 65536 entries by the upper half, nodes of 16 entries by 4 more bits each: FB_CLS_LEAF | record, or link to a node. */
#define FB_A4_STEPS 4u

/*
 * IPv6: a search tree for the upper 64 bits, below some of its values one for the lower 64. A tree is two adjacent root lines, by the top bit of the
 * value, so that all comparisons are of 63 bits: then (a - b) >> 63 tells a < b without a branch. A line is 7 ascending keys and a link:
 * with FB_CLS_LEAF to 8 words (FB_CLS_LEAF | record, or link to a tree for the lower half), else to 8 lines.
 */
#define FB_A6_KEYS   7u
#define FB_A6_LEVELS 7u		  /* 8^7 = 2 M stretches */
#define FB_A6_NO_KEY (1ull << 63) /* larger than every value */
struct fb_a6_line {
	__u32 link;
	__u32 spare;
	__u64 key[FB_A6_KEYS];
};

struct fb_classify_header {
	__u32 a4_root, a6_root;
	__u32 proto; /* bytes: class of each protocol */
	__u32 sport; /* halves: class of each source port */
	__u32 dport; /* halves: class of each destination port */
	__u32 n_sport, n_dport;
	__u32 source; /* halves [protocol class * n_sport + source port class]: class of both */
	__u32 shape_shift;
	__u32 l4;  /* halves [that class * n_dport + destination port class]: L4 class, 0 = no service */
	__u32 box; /* words: the rule of each rank; one more, 0, for rank FB_RANK_NONE = number of boxes */
};

#ifndef __bpf__
_Static_assert(sizeof(struct fb_a6_line) == 64, "a line of the tree is a cache line");
_Static_assert(sizeof(struct fb_classify_header) <= 48 * 4, "fits into fb_image_header.cls");
#endif

#endif

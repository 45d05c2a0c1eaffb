/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the classifier's sections lie in the image: fb_image_header.cls, written by policy/compile.c, read by bpf/lib/lookup.h. Every
 * *_w is a word index.
 */
#ifndef FB_IMAGE_ABI_H
#define FB_IMAGE_ABI_H

#include <linux/types.h>

/* An address's record, 8 words: all that is known of it. Equal ones are one. Record 0: nobody's address. */
enum fb_record_word {
	FB_REC_ZONE = 0,
	FB_REC_ROW = 1,  /* as a source: rows of the four quadrants, 0 = no line; index FB_QUADRANT(source band, destination band) */
	FB_REC_DST = 5,	 /* as a destination: class in the specific band, in the broad band; 0 = none */
	FB_REC_WORDS = 8,
};
#define FB_BAND_SPECIFIC 0u
#define FB_BAND_BROAD 1u
#define FB_QUADRANT(src, dst) ((src) * 2 + (dst))

#define FB_A4_LEAF 0x80000000u /* trie entry: leaf | record, else node; a node is 16 words */
#define FB_A6_LEVELS 10u       /* 4^10 boundaries at most */
#define FB_A6_KEYS 4u	       /* a line of boundaries */

struct fb_classify_header {
	__u32 record_w;
	__u32 a4_root_w, a4_node_w; /* 65536 words; 16 words a node */
	__u32 a6_levels, a6_level_w[FB_A6_LEVELS]; /* from the top: lines of 4 boundaries (hi low word first), FB_A6_LINE words each */
	__u32 a6_record_w;	    /* per boundary of the last level: record */
	__u32 l1_w, l2_w;	    /* blocks of 64 words: cell; block of l1 */
	__u32 cell_w;		    /* 2 words a cell: shape, list; cell 0 = no line */
	__u32 proto_w, sport_w, dport_w; /* bytes [256], halves [65536], halves [65536]: class of each value */
	__u32 l4_w, n_sport, n_dport;	 /* halves [(proto * n_sport + sport) * n_dport + dport]: L4 class */
	__u32 shape_w, shape_words;	 /* shape_words a shape; per L4 class the place in the list + 1, a half each, 0 = none */
	__u32 list_w;			 /* ranks of boxes, the best first; a cell's list is a stretch of it */
	__u32 box_w;			 /* per rank: rule index */
};
#define FB_A6_LINE 16u
_Static_assert(sizeof(struct fb_classify_header) <= 48 * 4, "fits into fb_image_header.cls");

#endif

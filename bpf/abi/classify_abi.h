/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the classifier lies in the image: fb_image_header.cls, written by policy/compile.c, read by bpf/lib/classify.h, which tells the scheme.
 * A link is the offset of a word in the image, in bytes, so that following it is a mask, an addition and a load; its two low bits, which
 * the mask clears, say what it leads to.
 */
#ifndef FB_CLASSIFY_ABI_H
#define FB_CLASSIFY_ABI_H

#include <firebreak_abi.h>
#include <linux/types.h>

#define FB_LINK(word) ((__u32)(word) << 2)
#define FB_LINK_LEAF  1u /* the end of a search */
#define FB_LINK_LINE  2u /* a line of keys, not a node */
#define FB_LINK_WIDE  3u /* a node of 256 links */
#define FB_LINK_KIND  3u /* 0 = a node of 16 links */

/*
 * An address's record, in two parts, because a packet asks for one of each and the caches hold more of the smaller: as a source a row in each quadrant, index
 * FB_QUADRANT(source band, destination band), as a destination its class in each band, 0 = none, in one word: the broad one above the narrow one. Equal
 * records are one. The leaf that leads to it is the link to the destination's part, and says in its upper bits, which no offset needs, which zone owns the
 * address, 0 = nobody.
 */
struct fb_src_record {
	__u32 row[4];
};
struct fb_dst_record {
	__u32 classes; /* narrow | broad << fb_classify_header.broad_shift */
};
#define FB_LEAF_ZONE_SHIFT 26u /* 64 MiB, and 64 zones */
#define FB_SOURCE_OFFSET(leaf) \
	((leaf)*4u) /* the source's part by its record's leaf, from fb_classify_header.src_records */
#define FB_BAND_NARROW	      0u
#define FB_BAND_BROAD	      1u
#define FB_BANDS	      2u
#define FB_QUADRANT(src, dst) ((src)*FB_BANDS + (dst))
#define FB_QUADRANTS	      (FB_BANDS * FB_BANDS)

/* A row is an array of links by class >> 10, then 32 links by class >> 5, then 32 cells by class: two lines a block. */
#define FB_ROW_SHIFT 5u
#define FB_ROW_BLOCK (1u << FB_ROW_SHIFT)

/*
 * A cell: what may match, by place. Place 0 is "nothing", then the boxes, the best first, by their ranks among all boxes, from 1: a smaller one is better. The
 * link to the shape is what stands at place 0, and FB_RANK_NONE, which the mask clears, makes it worse than every rank.
 */
struct fb_cell {
	__u32 shape; /* | FB_RANK_NONE */
	__u32 rank[];
};
#define FB_RANK_NONE (1u << 31)

/*
 * A shape is an array of links by L4 class >> shape_shift, then halves by the bits below: the place in the cell, 0 = no box of it matches. The
 * shift is the compiler's choice: few classes want small blocks, many want short arrays.
 */

/*
 * IPv4: 65536 links by the upper half, then wide nodes by 8 more bits each (while there is room) or nodes by 4, until a leaf or a line: ten ascending
 * lower halves at which the next of eleven links begins to hold. A host in an empty /16 is one line instead of three nodes.
 */
#define FB_A4_KEYS 10u
struct fb_a4_line {
	__u16 key[FB_A4_KEYS];
	__u32 link[FB_A4_KEYS + 1];
};

/*
 * IPv6: a search tree for the upper 64 bits, below some of its values one for the lower 64. A tree is two adjacent root lines, by the top bit of the
 * value, so that all comparisons are of 63 bits: then (a - b) >> 63 tells a < b without a branch. A line is 7 ascending keys and a link:
 * with FB_LINK_LEAF to 8 links (a leaf, else to a tree for the lower half), else to 8 lines.
 */
#define FB_A6_KEYS   7u
#define FB_A6_LEVELS 7u		  /* 8^7 = 2 M stretches */
#define FB_A6_NO_KEY (1ull << 63) /* larger than every value */
struct fb_a6_line {
	__u32 link;
	__u32 spare;
	__u64 key[FB_A6_KEYS];
};

/* Ports are told apart in few places: their classes are 256 links to pages of 256 halves, of which most are one and the same. */
#define FB_PORT_SHIFT 8u
#define FB_PORT_PAGE  (1u << FB_PORT_SHIFT)
#define FB_PORT_PAGES (65536u / FB_PORT_PAGE)

/* Links; halves and bytes are arrays at them. */
struct fb_classify_header {
	__u32 a4_root, a6_root;
	__u32 src_records; /* plus FB_SOURCE_OFFSET(leaf): struct fb_src_record */
	__u32 proto;	   /* bytes: class of each protocol */
	__u32 sport;	   /* pages: class of each source port */
	__u32 dport;	   /* pages: class of each destination port */
	__u32 n_sport, n_dport;
	__u32 source; /* halves [protocol class * n_sport + source port class]: class of both */
	__u32 l4;     /* halves [that class * n_dport + destination port class]: L4 class, 0 = no service */
	__u32 shape_shift;
	__u32 broad_shift;
	__u32 decides; /* words [rank]: index into the rule section; 0 of rank 0 */
};

#ifndef __bpf__
_Static_assert(sizeof(struct fb_src_record) == FB_SOURCE_OFFSET(sizeof(struct fb_dst_record)),
	       "the i-th of both");
_Static_assert(FB_ZONES_MAX <= 1u << (32 - FB_LEAF_ZONE_SHIFT), "a zone fits into a leaf");
_Static_assert(sizeof(struct fb_a4_line) == 64, "a line of keys is a cache line");
_Static_assert(sizeof(struct fb_a6_line) == 64, "a line of the tree is a cache line");
_Static_assert(sizeof(struct fb_classify_header) <= 48 * 4, "fits into fb_image_header.cls");
#endif

#endif

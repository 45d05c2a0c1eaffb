/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the compiler share. The scheme is told in bpf/lib/classify.h; the interface is policy/compile.h.
 *
 *   compile_l4       services -> L4 classes
 *   compile_atoms    addresses -> stretches that every box treats alike (atoms)
 *   compile_bands    atoms -> classes, a band and side at a time
 *   compile_cells    lists of boxes, merged and cut to those that can win
 *   compile_rows     classes -> rows of cells
 *   compile_emit     cells, shapes, rows, records -> image
 *   compile_address  atoms -> trie and tree in the image
 *   compile_ports, compile_bindings, compile_tables   what is not the classifier's
 *   compile          the driver, rules and pairs
 */
#ifndef FB_POLICY_COMPILER_H
#define FB_POLICY_COMPILER_H

#include <classify_abi.h>

#include "policy/compile.h"
#include "policy/pool.h"

enum { FB_SOURCE = 0, FB_DESTINATION = 1, FB_SIDES = 2, FB_FAMILIES = 2 };

#define FB_PAINT_MAX	   (128u << 20) /* cells filled: some 0.5 s, counted before */
#define FB_LIST_WORDS_MAX  (64u << 20)
#define FB_L4_CLASSES_MAX  65535u
#define FB_ONE_BAND	   ~0u	  /* as fb_compiler.broad: no range is; given up at more than this: */
#define FB_ONE_BAND_MERGES 1u	  /* merged lists a box; ClassBench's acl1 takes 0.4 to 0.7 */
#define FB_ONE_BAND_PAINT  1024u  /* cells filled a box; acl1 takes 20 to 130 */
#define FB_PLACES_MAX	   65535u /* a place of a list is a half; 0 = none */

/* Boxes with one source set and one destination set, as a list. */
struct fb_bundle {
	__u32 dst; /* set */
	__u32 cell;
};
struct fb_bundles FB_VEC(struct fb_bundle);

/* A set in force over atoms [first, end). */
struct fb_span {
	__u32 first, end, set;
};
struct fb_spans FB_VEC(struct fb_span);

/*
 * A union of sets, reached from another by adding one set. Node 0 is the empty union. Those that some atom really is in are classes;
 * the others are only on the way.
 */
struct fb_node {
	__u64 sig[2]; /* sum of the sets' random numbers: equal for equal unions, whatever their order */
	__u32 set;    /* what it adds */
	__u32 cls;    /* 0 = not a class */
	__u32 child, sibling;
};

/* One side of one family in one band. */
struct fb_band {
	struct fb_spans spans;
	struct FB_VEC(struct fb_node) nodes;
	__u32 n_classes;  /* classes are 1 .. n_classes */
	__u32 *cls;	  /* of each atom */
	__u32 *set_first; /* the classes of set s, of destinations: runs set_first[s] .. set_first[s + 1] */
	struct fb_numbers runs; /* first, end, first, end..; some are empty */
};

struct fb_family {
	struct FB_VEC(struct fb_ip) first; /* where each atom begins, ascending; the first at 0 */
	__u32 *zone;			   /* of each atom */
	struct fb_band band[FB_SIDES][FB_BANDS];
	__u32 *row[FB_QUADRANTS]; /* source class -> number in rows */
};

struct fb_service {
	struct fb_numbers runs; /* L4 classes that it matches: first, end, first, end.. */
};

struct fb_compiler {
	const struct fb_compile_input *in;
	const struct fb_ruleset *rs;
	__u32 *img;
	size_t n_words, used;
	size_t most_words; /* without the search of addresses, which makes do with what is left */
	struct fb_image_stats *stats;
	struct fb_error *err;
	__u32 broad; /* a range over more atoms of its side than this is broad */

	__u64 groups[FB_GROUP_MASKS]; /* sets of zones that multicast lines name; 0 is none */
	__u32 n_groups;

	__s64 now;
	struct fb_closing *closing; /* of each line */
	__u32 *rank_box; /* boxes by S17: guards, then lines by when they close, then by (order, place) */
	bool *used_set[FB_SIDES];
	bool *used_service;

	struct fb_service *services;
	__u32 n_l4; /* L4 classes, 0 = of no service */

	struct fb_bundles bundles; /* by source set */
	__u32 *bundle_first;	   /* of source set s: bundles[bundle_first[s] .. bundle_first[s + 1]) */

	struct fb_pool cells; /* lists of ranks */
	struct fb_memo merged;
	struct fb_pool lists; /* of cells, that were merged at once */
	struct fb_memo together;
	__u64 *covered; /* scratch: a bit per L4 class */
	struct fb_numbers scratch, scratch2;
	size_t painted;
	size_t *bundle_cost;	 /* of it, by bundle */
	struct fb_numbers named; /* by cell: 1 = some block names it, so that it is in the image */
	size_t cell_words;	 /* of those */
	bool classes_too_many;	 /* refused by fb_place_classes() */
	bool spent;		 /* refused by what compiling costs, whatever the image's size */

	struct fb_family family[FB_FAMILIES];
	struct fb_pool l1, l2, rows; /* blocks of cells, blocks of l1, rows of l2 */
	__u32 *row_w;		     /* link to each row */
	__u32 broad_shift;	     /* of a destination's word */
};

/* n zeroed words of the image; *ret is their word index, a multiple of 16. -E2BIG names the section. */
int fb_section(struct fb_compiler *c, const char *name, size_t n, __u32 *ret);
/* -E2BIG: a section of n words, not made yet, will not fit. */
int fb_may_take(struct fb_compiler *c, const char *name, size_t n);
static inline unsigned int fb_box_service(const struct fb_compiler *c, __u32 rank)
{
	return c->rs->boxes.v[c->rank_box[rank]].svc;
}

/* Words in the image of a cell with n boxes. An even number: most hold one box, and none of those lies across two cache lines. */
static inline size_t fb_cell_words(__u32 n)
{
	return (sizeof(struct fb_cell) / sizeof(__u32) + n + 1) & ~(size_t)1;
}

int fb_compile_l4(struct fb_compiler *c, struct fb_classify_header *h);
void fb_compile_atoms(struct fb_compiler *c, int f);
void fb_compile_band(struct fb_compiler *c, struct fb_family *family, struct fb_band *band, bool lists);
int fb_compile_bundles(struct fb_compiler *c);
/* The list of a cell that holds the boxes of both. */
__u32 fb_merge_cells(struct fb_compiler *c, __u32 a, __u32 b);
/* The same for n bundles, which have no box in common: at once, so that no list is made on the way. */
__u32 fb_merge_bundles(struct fb_compiler *c, const __u32 *cells, __u32 n);
int fb_compile_rows(struct fb_compiler *c, struct fb_family *family);
/* Where in the word of a destination its broad class begins. -E2BIG: both together need more than 32 bits. */
int fb_place_classes(struct fb_compiler *c, struct fb_classify_header *h);
int fb_emit_cells(struct fb_compiler *c, struct fb_classify_header *h);
int fb_emit_addresses(struct fb_compiler *c, struct fb_classify_header *h);
int fb_emit_bindings(struct fb_compiler *c, struct fb_image_header *header);
int fb_emit_tables(struct fb_compiler *c, struct fb_image_header *header);
/* -EINVAL: an interface cannot be expressed, or two are one. */
int fb_emit_ports(struct fb_compiler *c, struct fb_image_header *header);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the compiler share. The scheme is told in bpf/lib/classify.h; the interface is policy/compile.h. */
#ifndef FB_POLICY_IMAGE_H
#define FB_POLICY_IMAGE_H

#include <image_abi.h>

#include "policy/compile.h"
#include "policy/intern.h"

enum { FB_FAMILIES = 2, FB_BANDS = 2, FB_QUADRANTS = 4 };

/* A stretch of addresses that every line treats alike, up to the next one's first. */
struct fb_atom_range {
	struct fb_ip first;
	__u32 zone;
	__u32 cls[2][FB_BANDS]; /* [0 source, 1 destination][band] */
};

struct fb_family {
	struct FB_VEC(struct fb_atom_range) atoms; /* sorted; the first begins at address 0 */
	struct fb_pool classes[2][FB_BANDS];	   /* class -> the sets that hold it */
	struct FB_VEC(__u32) row[FB_QUADRANTS];	   /* source class -> row id in rows, 0 = empty */
};

struct fb_compiler {
	const struct fb_compile_input *in;
	const struct fb_ruleset *rs;
	__u32 *img;
	size_t n_words, used;
	struct fb_image_stats *stats;
	struct fb_error *err;
	unsigned int broad_len[FB_FAMILIES]; /* ranges no longer than a prefix of this length are specific */

	struct fb_family family[FB_FAMILIES];
	__u32 *rank_box;  /* rank -> box: boxes sorted by (order, place) */
	__u32 *src_ranks; /* ranks grouped by source set; src_first[set] .. src_first[set + 1] */
	__u32 *src_first;

	struct fb_chains cells; /* (cell, rank) */
	struct fb_pool l1, l2;	/* blocks of 64 */
	struct fb_pool rows;	/* rows of l2 ids */

	struct fb_chains l4_sets; /* raw L4 cell -> services that match there */
	__u32 n_l4;		  /* L4 classes, 0 = none */
	struct FB_VEC(__u32) *svc_classes; /* service set -> L4 classes that it matches */
	bool *svc_all;
};

/* n zeroed words of the image; *ret is their word index, a multiple of 16. -E2BIG names the section. */
int fb_section(struct fb_compiler *c, const char *name, size_t n, __u32 *ret);

int fb_compile_atoms(struct fb_compiler *c);
int fb_compile_l4(struct fb_compiler *c, struct fb_classify_header *h);
int fb_compile_rows(struct fb_compiler *c);
int fb_emit_cells(struct fb_compiler *c, struct fb_classify_header *h);
int fb_emit_addresses(struct fb_compiler *c, struct fb_classify_header *h, const __u32 *row_words);

#endif

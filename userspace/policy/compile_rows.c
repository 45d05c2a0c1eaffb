// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of the four quadrants: for every class of sources its cells over all classes of destinations. One walk through the tree of unions
 * (compile_bands.c) with one array of cells: entering a union adds what its set adds, leaving takes it back. So a line from a broad set costs its
 * cells once, not once for each class below it. At every union that is a class, what changed is interned: blocks, blocks of blocks, the row.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

#define DIRTY 0xffffffffu

/* Old values, to be put back. */
struct undo {
	__u32 *where;
	__u32 old, n;
};

struct walk {
	struct fb_compiler *c;
	const struct fb_band *src, *dst;
	__u32 *cells, *blocks,
		*supers; /* by class; number of the block of 32, of 32 x 32; DIRTY = to be interned */
	__u32 n_blocks, n_supers;
	struct FB_VEC(struct undo) undo;
	__u32 *row; /* by source class */
};

static void set_word(struct walk *w, __u32 *where, __u32 value)
{
	if (*where == value)
		return;
	fb_vec_add(&w->undo, (struct undo){ where, *where, 1 });
	*where = value;
}

/* Cells [first, end), which are all the same. */
static void set_cells(struct walk *w, __u32 first, __u32 end, __u32 cell)
{
	if (w->cells[first] == cell)
		return;
	fb_vec_add(&w->undo, (struct undo){ &w->cells[first], w->cells[first], end - first });
	for (__u32 i = first; i < end; i++)
		w->cells[i] = cell;
	for (__u32 i = first >> FB_ROW_SHIFT; i <= (end - 1) >> FB_ROW_SHIFT; i++)
		set_word(w, &w->blocks[i], DIRTY);
	for (__u32 i = first >> 2 * FB_ROW_SHIFT; i <= (end - 1) >> 2 * FB_ROW_SHIFT; i++)
		set_word(w, &w->supers[i], DIRTY);
}

/* Neighbours mostly hold the same list: it is merged once for all of them. */
static void paint(struct walk *w, __u32 first, __u32 end, __u32 cell)
{
	while (first < end) {
		__u32 old = w->cells[first], same = first + 1;

		while (same < end && w->cells[same] == old)
			same++;
		set_cells(w, first, same, fb_merge_cells(w->c, old, cell));
		first = same;
	}
}

static int enter(struct walk *w, __u32 set)
{
	struct fb_compiler *c = w->c;

	for (__u32 i = c->bundle_first[set]; i < c->bundle_first[set + 1]; i++) {
		const struct fb_bundle *bundle = &c->bundles.v[i];

		for (__u32 k = w->dst->set_first[bundle->dst]; k < w->dst->set_first[bundle->dst + 1]; k++) {
			const __u32 *run = &w->dst->runs.v[2 * k];

			c->painted += run[1] - run[0];
			c->bundle_cost[i] += run[1] - run[0];
			paint(w, run[0], run[1], bundle->cell);
		}
	}
	if (c->painted > FB_PAINT_MAX)
		return fb_error_set(
			c->err, -E2BIG,
			"the lines overlap too much: more than %u pairs of address classes to fill",
			FB_PAINT_MAX);
	if (c->cells.words.n > FB_LIST_WORDS_MAX)
		return fb_error_set(c->err, -E2BIG,
				    "the lines overlap too much: their lists are longer than %u together",
				    FB_LIST_WORDS_MAX);
	return 0;
}

/* Interns what is dirty. The new numbers are remembered as changes too: leaving a union brings back its parent's. */
static void intern(struct walk *w, __u32 cls)
{
	for (__u32 super = 0; super < w->n_supers; super++) {
		__u32 first = super << FB_ROW_SHIFT;

		if (w->supers[super] != DIRTY)
			continue;
		for (__u32 block = first; block < first + FB_ROW_BLOCK; block++)
			if (w->blocks[block] == DIRTY)
				set_word(w, &w->blocks[block],
					 fb_pool_intern(&w->c->l1, w->cells + (block << FB_ROW_SHIFT),
							FB_ROW_BLOCK));
		set_word(w, &w->supers[super], fb_pool_intern(&w->c->l2, w->blocks + first, FB_ROW_BLOCK));
	}
	w->row[cls] = fb_pool_intern(&w->c->rows, w->supers, w->n_supers);
}

static void leave(struct walk *w, size_t mark)
{
	while (w->undo.n > mark) {
		struct undo u = w->undo.v[--w->undo.n];

		for (__u32 i = 0; i < u.n; i++)
			u.where[i] = u.old;
	}
}

/* Depth first without recursion: ranges may nest as deep as there are ranges. */
static int walk_tree(struct walk *w)
{
	struct {
		__u32 node;
		size_t mark;
	} *path = fb_zalloc(w->src->nodes.n, sizeof(*path));
	const struct fb_node *nodes = w->src->nodes.v;
	size_t depth = 1;
	int r = 0;
	__u32 next = nodes[0].child;

	while (depth && !r) {
		if (!next) { /* nothing left below: up, and on beside */
			depth--;
			leave(w, path[depth].mark);
			next = nodes[path[depth].node].sibling;
			continue;
		}
		path[depth].node = next;
		path[depth++].mark = w->undo.n;
		r = enter(w, nodes[next].set);
		if (!r && nodes[next].cls)
			intern(w, nodes[next].cls);
		next = nodes[next].child;
	}
	free(path);
	return r;
}

static int quadrant(struct fb_compiler *c, struct fb_family *family, __u32 src, __u32 dst)
{
	struct walk w = { .c = c,
			  .src = &family->band[FB_SOURCE][src],
			  .dst = &family->band[FB_DESTINATION][dst] };
	__u32 words;
	int r;

	w.n_supers = (w.dst->n_classes >> 2 * FB_ROW_SHIFT) + 1;
	w.n_blocks = w.n_supers << FB_ROW_SHIFT;
	words = w.n_blocks << FB_ROW_SHIFT;
	w.cells = fb_zalloc(words, sizeof(*w.cells));
	w.blocks = fb_zalloc(w.n_blocks, sizeof(*w.blocks));
	w.supers = fb_zalloc(w.n_supers, sizeof(*w.supers));
	w.row = fb_zalloc(w.src->n_classes + 1, sizeof(*w.row));
	memset(w.blocks, 0xff, w.n_blocks * sizeof(*w.blocks));
	memset(w.supers, 0xff, w.n_supers * sizeof(*w.supers));
	intern(&w, 0); /* class 0: nothing; and the numbers of empty blocks, which stay */
	w.undo.n = 0;
	r = walk_tree(&w);
	family->row[FB_QUADRANT(src, dst)] = w.row;
	free(w.cells);
	free(w.blocks);
	free(w.supers);
	fb_vec_done(&w.undo);
	return r;
}

int fb_compile_rows(struct fb_compiler *c, struct fb_family *family)
{
	int r = 0;

	for (__u32 src = 0; src < FB_BANDS && !r; src++)
		for (__u32 dst = 0; dst < FB_BANDS && !r; dst++)
			r = quadrant(c, family, src, dst);
	return r;
}

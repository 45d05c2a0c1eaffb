// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of the four quadrants: for every class of sources its cells over all classes of destinations. One walk through the tree of unions
 * (compile_bands.c) with one array of cells: entering a union adds what its set adds, leaving takes it back. So a line from a broad set costs its
 * cells once, not once for each class below it. At every union that is a class, what changed is interned: blocks, blocks of blocks, the row.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

#define DIRTY 0xffffffffu

/* Old values, to be put back. */
struct undo {
	__u32 *where;
	__u32 old, n;
};

/* Classes [first, end) of destinations, and what a bundle adds to them. */
struct stretch {
	__u32 first, end, cell;
};
struct stretches FB_VEC(struct stretch);

struct walk {
	struct fb_compiler *c;
	const struct fb_band *src, *dst;
	__u32 *cells, *blocks,
		*supers; /* by class; number of the block of 32, of 32 x 32; DIRTY = to be interned */
	__u32 n_blocks, n_supers;
	struct FB_VEC(struct undo) undo;
	struct stretches stretches,
		live; /* of the set that is entered; of those, what holds where the painting is */
	struct fb_numbers live_cells;
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

static int by_first(const void *pa, const void *pb)
{
	const struct stretch *a = pa, *b = pb;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->cell < b->cell ? -1 : a->cell > b->cell;
}

/* Those that hold behind at; returns where the first of them ends, next at most. */
static __u32 keep_live(struct walk *w, __u32 at, __u32 next)
{
	size_t n = 0;

	w->live_cells.n = 0;
	for (size_t i = 0; i < w->live.n; i++) {
		struct stretch s = w->live.v[i];

		if (s.end <= at)
			continue;
		w->live.v[n++] = s;
		fb_vec_add(&w->live_cells, s.cell);
		next = s.end < next ? s.end : next;
	}
	w->live.n = n;
	return next;
}

/* Along the classes, what holds there all at once: destinations nest too, and one bundle after another would leave a list for every one of them. */
static void paint_stretches(struct walk *w)
{
	size_t i = 0, n = w->stretches.n;
	__u32 at = 0, next;

	if (n)
		qsort(w->stretches.v, n, sizeof(*w->stretches.v), by_first);
	w->live.n = 0;
	while (i < n || w->live.n) {
		for (; i < n && (!w->live.n || w->stretches.v[i].first <= at); i++) {
			at = w->live.n ? at : w->stretches.v[i].first;
			fb_vec_add(&w->live, w->stretches.v[i]);
		}
		next = keep_live(w, at, i < n ? w->stretches.v[i].first : UINT32_MAX);
		if (w->live.n)
			paint(w, at, next, fb_merge_bundles(w->c, w->live_cells.v, (__u32)w->live_cells.n));
		at = next;
	}
}

static void enter(struct walk *w, __u32 set)
{
	struct fb_compiler *c = w->c;

	w->stretches.n = 0;
	for (__u32 i = c->bundle_first[set]; i < c->bundle_first[set + 1]; i++) {
		const struct fb_bundle *bundle = &c->bundles.v[i];

		for (__u32 k = w->dst->set_first[bundle->dst]; k < w->dst->set_first[bundle->dst + 1]; k++) {
			const __u32 *run = &w->dst->runs.v[2 * k];

			if (run[0] < run[1])
				fb_vec_add(&w->stretches, (struct stretch){ run[0], run[1], bundle->cell });
		}
	}
	paint_stretches(w);
}

/* A block that is new is in the image, and so are the lists that it names. */
static __u32 intern_block(struct fb_compiler *c, const __u32 *cells)
{
	__u32 count = fb_pool_count(&c->l1), block = fb_pool_intern(&c->l1, cells, FB_ROW_BLOCK);

	if (block < count)
		return block;
	while (c->named.n < fb_pool_count(&c->cells))
		fb_vec_add(&c->named, 0);
	for (__u32 i = 0; i < FB_ROW_BLOCK; i++) {
		if (c->named.v[cells[i]])
			continue;
		c->named.v[cells[i]] = 1;
		c->cell_words += fb_cell_words(fb_pool_len(&c->cells, cells[i]));
	}
	return block;
}

/* What will not fit is not made to its end first: the rest may take a minute and all the memory. */
static int still_fits(struct fb_compiler *c)
{
	const size_t words = c->cell_words + c->l1.words.n + c->l2.words.n + c->rows.words.n;
	const size_t lists_max = c->broad == FB_ONE_BAND ? c->most_words : FB_LIST_WORDS_MAX;
	int r = fb_may_take(c, "cells and rows", words);

	if (r)
		return r;
	if (c->broad == FB_ONE_BAND && c->merged.n + c->together.n > FB_ONE_BAND_MERGES * c->rs->boxes.n)
		return fb_error_set(c->err, -E2BIG, "too many lines cross to be compiled in one band");
	if (c->cells.words.n + c->lists.words.n <= lists_max)
		return 0;
	c->spent = true;
	return fb_error_set(c->err, -E2BIG,
			    "the lines overlap too much: their lists are longer than %zu together",
			    lists_max);
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
					 intern_block(w->c, w->cells + (block << FB_ROW_SHIFT)));
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
		enter(w, nodes[next].set);
		if (nodes[next].cls)
			intern(w, nodes[next].cls);
		r = still_fits(w->c);
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
	fb_vec_done(&w.stretches);
	fb_vec_done(&w.live);
	fb_vec_done(&w.live_cells);
	return r;
}

/* What the quadrant will cost: every bundle, once for each union that adds its sources, all classes of its destinations. */
static void weigh(struct fb_compiler *c, const struct fb_band *src, const struct fb_band *dst)
{
	size_t n_sets = c->rs->sets.n;
	__u32 *unions = fb_zalloc(n_sets, sizeof(*unions)), *classes = fb_zalloc(n_sets, sizeof(*classes));

	for (size_t i = 1; i < src->nodes.n; i++)
		unions[src->nodes.v[i].set]++;
	for (size_t set = 0; set < n_sets; set++)
		for (__u32 k = dst->set_first[set]; k < dst->set_first[set + 1]; k++)
			classes[set] += dst->runs.v[2 * k + 1] - dst->runs.v[2 * k];
	for (size_t set = 0; set < n_sets; set++)
		for (__u32 i = c->bundle_first[set]; i < c->bundle_first[set + 1]; i++) {
			size_t cells = (size_t)unions[set] * classes[c->bundles.v[i].dst];

			c->painted += cells;
			c->bundle_cost[i] += cells;
		}
	free(unions);
	free(classes);
}

int fb_compile_rows(struct fb_compiler *c, struct fb_family *family)
{
	size_t paint_max = FB_PAINT_MAX;
	int r = 0;

	for (__u32 src = 0; src < FB_BANDS; src++)
		for (__u32 dst = 0; dst < FB_BANDS; dst++)
			weigh(c, &family->band[FB_SOURCE][src], &family->band[FB_DESTINATION][dst]);
	if (c->broad == FB_ONE_BAND && paint_max > FB_ONE_BAND_PAINT * c->rs->boxes.n)
		paint_max = FB_ONE_BAND_PAINT * c->rs->boxes.n;
	if (c->painted > paint_max) {
		c->spent = true;
		return fb_error_set(
			c->err, -E2BIG,
			"the lines overlap too much: more than %zu pairs of address classes to fill",
			paint_max);
	}
	for (__u32 src = 0; src < FB_BANDS && !r; src++)
		for (__u32 dst = 0; dst < FB_BANDS && !r; dst++)
			r = quadrant(c, family, src, dst);
	return r;
}

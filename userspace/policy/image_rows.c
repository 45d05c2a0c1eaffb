// SPDX-License-Identifier: GPL-2.0-only
/* The four quadrants: for every source class the row of its cells over all destination classes, deduplicated in blocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/image.h"

#define FB_PAINT_MAX (256u << 20) /* appends: some seconds */

struct fb_list FB_VEC(__u32);

/* What a quadrant needs while its rows are made. */
struct fb_quadrant_work {
	struct fb_list *set_classes; /* destination set -> its classes in this band */
	__u32 *cell;		     /* destination class -> cell of this row */
	struct fb_list touched;
	struct fb_list ranks;
	struct fb_list row;
	size_t n_dst;
	size_t painted;
};

static int u32_cmp(const void *pa, const void *pb)
{
	__u32 a = *(const __u32 *)pa, b = *(const __u32 *)pb;

	return a < b ? -1 : a > b;
}

/* Appends a rank to a cell unless an earlier box of the cell already answers for all of its services. */
static __u32 cell_add(struct fb_compiler *c, __u32 cell, __u32 rank)
{
	__u32 svc = c->rs->boxes.v[c->rank_box[rank]].svc;

	for (__u32 id = cell; id; id = c->cells.nodes.v[id].parent) {
		__u32 have = c->rs->boxes.v[c->rank_box[c->cells.nodes.v[id].value]].svc;

		if (have == svc || c->svc_all[have])
			return cell;
	}
	return fb_chain_append(&c->cells, cell, rank);
}

/* The boxes whose source set is in a source class, by rank. */
static void class_ranks(struct fb_compiler *c, const struct fb_pool *classes, __u32 cls, struct fb_list *ranks)
{
	const struct fb_pool_entry *e = &classes->entries.v[cls];

	ranks->n = 0;
	for (__u32 i = 0; i < e->len; i++) {
		__u32 set = classes->words.v[e->off + i];

		for (__u32 k = c->src_first[set]; k < c->src_first[set + 1]; k++)
			fb_vec_add(ranks, c->src_ranks[k]);
	}
	if (ranks->n > 1)
		qsort(ranks->v, ranks->n, sizeof(*ranks->v), u32_cmp);
}

/* The touched cells as a row of l2 ids. */
static __u32 row_intern(struct fb_compiler *c, struct fb_quadrant_work *w)
{
	__u32 l1[64], l2[64];
	size_t i = 0, width = (w->n_dst >> 12) + 1;

	qsort(w->touched.v, w->touched.n, sizeof(*w->touched.v), u32_cmp);
	w->row.n = 0;
	for (size_t k = 0; k < width; k++)
		fb_vec_add(&w->row, 0);
	while (i < w->touched.n) {
		__u32 super = w->touched.v[i] >> 12;

		memset(l2, 0, sizeof(l2));
		while (i < w->touched.n && w->touched.v[i] >> 12 == super) {
			__u32 block = w->touched.v[i] >> 6;

			memset(l1, 0, sizeof(l1));
			for (; i < w->touched.n && w->touched.v[i] >> 6 == block; i++) {
				l1[w->touched.v[i] & 63] = w->cell[w->touched.v[i]];
				w->cell[w->touched.v[i]] = 0;
			}
			l2[block & 63] = fb_pool_intern(&c->l1, l1, 64);
		}
		w->row.v[super] = fb_pool_intern(&c->l2, l2, 64);
	}
	return fb_pool_intern(&c->rows, w->row.v, w->row.n);
}

static int quadrant_row(struct fb_compiler *c, struct fb_quadrant_work *w, __u32 *ret)
{
	w->touched.n = 0;
	for (size_t i = 0; i < w->ranks.n; i++) {
		const struct fb_list *classes = &w->set_classes[c->rs->boxes.v[c->rank_box[w->ranks.v[i]]].dst];

		w->painted += classes->n;
		for (size_t k = 0; k < classes->n; k++) {
			__u32 d = classes->v[k], cell = w->cell[d];

			w->cell[d] = cell_add(c, cell, w->ranks.v[i]);
			if (!cell)
				fb_vec_add(&w->touched, d);
		}
	}
	if (w->painted > FB_PAINT_MAX)
		return fb_error_set(c->err, -E2BIG, "the lines overlap too much: more than %u class pairs to fill", FB_PAINT_MAX);
	*ret = w->touched.n ? row_intern(c, w) : 0;
	return 0;
}

static int quadrant(struct fb_compiler *c, struct fb_family *family, int src_band, int dst_band)
{
	const struct fb_pool *src = &family->classes[0][src_band], *dst = &family->classes[1][dst_band];
	struct fb_quadrant_work w = { .set_classes = calloc(c->rs->sets.n + 1, sizeof(struct fb_list)), .n_dst = dst->entries.n };
	int r = 0;

	w.cell = calloc(dst->entries.n + 1, sizeof(*w.cell));
	for (__u32 d = 1; d < dst->entries.n; d++)
		for (__u32 i = 0; i < dst->entries.v[d].len; i++)
			fb_vec_add(&w.set_classes[dst->words.v[dst->entries.v[d].off + i]], d);
	fb_vec_add(&family->row[FB_QUADRANT(src_band, dst_band)], 0);
	for (__u32 s = 1; s < src->entries.n && !r; s++) {
		__u32 row = 0;

		class_ranks(c, src, s, &w.ranks);
		r = quadrant_row(c, &w, &row);
		fb_vec_add(&family->row[FB_QUADRANT(src_band, dst_band)], row);
	}
	for (size_t i = 0; i < c->rs->sets.n; i++)
		fb_vec_done(&w.set_classes[i]);
	free(w.set_classes);
	free(w.cell);
	fb_vec_done(&w.touched);
	fb_vec_done(&w.ranks);
	fb_vec_done(&w.row);
	return r;
}

int fb_compile_rows(struct fb_compiler *c)
{
	for (int f = 0; f < FB_FAMILIES; f++)
		for (int s = 0; s < FB_BANDS; s++)
			for (int d = 0; d < FB_BANDS; d++) {
				int r = quadrant(c, &c->family[f], s, d);

				if (r)
					return r;
			}
	return 0;
}

/* The shape of a cell: its services in order; equal shapes are one row of "first that matches" by L4 class. */
static void fill_shape(const struct fb_compiler *c, const __u32 *ranks, __u32 n, __u16 *shape)
{
	for (__u32 k = n; k > 0; k--) {
		__u32 svc = c->rs->boxes.v[c->rank_box[ranks[k - 1]]].svc;

		for (size_t i = 0; i < c->svc_classes[svc].n; i++)
			shape[c->svc_classes[svc].v[i]] = (__u16)k;
	}
}

struct fb_cell_work {
	struct fb_pool shapes, lists;
	struct fb_list shape_of, list_of; /* cell -> id */
	struct fb_list first;		  /* shape id -> a cell of it */
};

static int collect_cells(struct fb_compiler *c, struct fb_cell_work *w, __u32 *ranks, __u32 *svcs)
{
	for (__u32 cell = 0; cell < c->cells.nodes.n; cell++) {
		__u32 n = fb_chain_len(&c->cells, cell), shape;

		fb_chain_read(&c->cells, cell, ranks);
		for (__u32 k = 0; k < n; k++)
			svcs[k] = c->rs->boxes.v[c->rank_box[ranks[k]]].svc;
		if (n > 65534)
			return fb_error_set(c->err, -E2BIG, "%u lines overlap in one place, more than 65534", n);
		if (n > c->stats->list_max)
			c->stats->list_max = n;
		shape = fb_pool_intern(&w->shapes, svcs, n);
		fb_vec_add(&w->shape_of, shape);
		fb_vec_add(&w->list_of, fb_pool_intern(&w->lists, ranks, n));
		while (w->first.n <= shape)
			fb_vec_add(&w->first, cell);
	}
	return 0;
}

static int emit_blocks(struct fb_compiler *c, const char *name, const struct fb_pool *pool, __u32 *ret_w)
{
	/* Block 0 is the empty one; the pool's words are blocks 1.. in order. */
	int r = fb_section(c, name, 64 + pool->words.n, ret_w);

	if (!r && pool->words.n)
		memcpy(c->img + *ret_w + 64, pool->words.v, pool->words.n * 4);
	return r;
}

static int emit_cell_sections(struct fb_compiler *c, struct fb_classify_header *h, struct fb_cell_work *w, __u32 *ranks)
{
	int r = emit_blocks(c, "blocks", &c->l1, &h->l1_w);

	if (!r)
		r = emit_blocks(c, "super blocks", &c->l2, &h->l2_w);
	if (!r)
		r = fb_section(c, "cells", c->cells.nodes.n * 2, &h->cell_w);
	h->shape_words = c->n_l4 / 2 + 1;
	if (!r)
		r = fb_section(c, "shapes", (size_t)h->shape_words * w->first.n, &h->shape_w);
	if (!r)
		r = fb_section(c, "lists", w->lists.words.n, &h->list_w);
	if (r)
		return r;
	if (w->lists.words.n)
		memcpy(c->img + h->list_w, w->lists.words.v, w->lists.words.n * 4);
	for (__u32 cell = 0; cell < c->cells.nodes.n; cell++) {
		__u32 list = w->list_of.v[cell];

		c->img[h->cell_w + 2 * cell] = w->shape_of.v[cell];
		c->img[h->cell_w + 2 * cell + 1] = list ? w->lists.entries.v[list].off : 0;
	}
	for (__u32 shape = 1; shape < w->first.n; shape++) {
		fb_chain_read(&c->cells, w->first.v[shape], ranks);
		fill_shape(c, ranks, fb_chain_len(&c->cells, w->first.v[shape]), (__u16 *)(c->img + h->shape_w + (size_t)shape * h->shape_words));
	}
	return 0;
}

int fb_emit_cells(struct fb_compiler *c, struct fb_classify_header *h)
{
	struct fb_cell_work w = { 0 };
	__u32 *ranks = calloc(c->rs->boxes.n + 1, 4), *svcs = calloc(c->rs->boxes.n + 1, 4);
	int r = collect_cells(c, &w, ranks, svcs);

	c->stats->cells = (unsigned int)c->cells.nodes.n;
	if (!r)
		r = emit_cell_sections(c, h, &w, ranks);
	fb_pool_done(&w.shapes);
	fb_pool_done(&w.lists);
	fb_vec_done(&w.shape_of);
	fb_vec_done(&w.list_of);
	fb_vec_done(&w.first);
	free(ranks);
	free(svcs);
	return r;
}

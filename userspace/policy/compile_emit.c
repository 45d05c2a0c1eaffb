// SPDX-License-Identifier: GPL-2.0-only
/* Cells, shapes and rows into the image: numbers become links. Only lists that some row still names are written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

struct emit {
	struct fb_compiler *c;
	struct fb_numbers used;	    /* cells that rows name, 0 first */
	__u32 *cell_w;		    /* where each cell lies */
	struct fb_pool sequences;   /* services of a list -> shape */
	struct fb_numbers row_of;   /* sequence -> number in shapes */
	struct fb_numbers shape_of; /* as used: number in shapes */
	struct fb_pool blocks, shapes;
	__u32 *places; /* scratch: halves by L4 class, zero between uses */
	__u32 shift;   /* log2 of the classes in a block */
};

/*
 * A shape costs a word a block, and blocks of its own where its services begin or end, some eight (measured: more for long lists): least where the array
 * is about three times as long as a block has classes.
 */
static __u32 best_shift(__u32 classes)
{
	__u32 shift = 4;

	while (shift < 10 && (classes >> shift) > 3u << shift)
		shift++;
	return shift;
}

/* The places of a list by L4 class, from the last to the first so that the best stays; the same for every list of these services. */
static __u32 make_shape(struct emit *e, const __u32 *svcs, __u32 n)
{
	struct fb_compiler *c = e->c;
	const __u32 blocks = (c->n_l4 >> e->shift) + 1, half = (1u << e->shift) / 2; /* words a block */
	struct fb_numbers *row = &c->scratch2;
	const __u32 empty = fb_pool_intern(&e->blocks, e->places, half);

	row->n = 0;
	for (__u32 i = 0; i < blocks; i++)
		fb_vec_add(row, empty);
	for (__u32 place = n; place > 0; place--) {
		const struct fb_numbers *runs = &c->services[svcs[place - 1]].runs;

		for (size_t i = 0; i < runs->n; i += 2)
			for (__u32 cls = runs->v[i]; cls < runs->v[i + 1]; cls++) {
				((__u16 *)e->places)[cls] = (__u16)place;
				row->v[cls >> e->shift] = 0; /* to be looked at */
			}
	}
	for (__u32 i = 0; i < blocks; i++) {
		if (row->v[i])
			continue;
		row->v[i] = fb_pool_intern(&e->blocks, e->places + (size_t)i * half, half);
		memset(e->places + (size_t)i * half, 0, half * sizeof(*e->places));
	}
	return fb_pool_intern(&e->shapes, row->v, row->n);
}

/* Shapes that will not fit are not all made first: tens of thousands of port ranges would take minutes to be refused. */
static int shapes_fit(struct emit *e)
{
	const size_t words = e->blocks.words.n + e->shapes.words.n;

	return fb_may_take(e->c, "shapes", words);
}

static __u32 shape_of_cell(struct emit *e, __u32 cell)
{
	struct fb_compiler *c = e->c;
	const __u32 *ranks = fb_pool_get(&c->cells, cell);
	__u32 n = fb_pool_len(&c->cells, cell), sequence;

	c->scratch.n = 0;
	for (__u32 i = 0; i < n; i++)
		fb_vec_add(&c->scratch, fb_box_service(c, ranks[i]));
	sequence = fb_pool_intern(&e->sequences, c->scratch.v, n);
	if (sequence == e->row_of.n)
		fb_vec_add(&e->row_of, make_shape(e, c->scratch.v, n));
	return e->row_of.v[sequence];
}

static int find_used(struct emit *e)
{
	struct fb_compiler *c = e->c;

	e->cell_w[0] = 1;
	for (size_t i = 0; i < c->l1.words.n; i++)
		e->cell_w[c->l1.words.v[i]] = 1;
	fb_vec_add(&e->row_of, make_shape(e, NULL, 0));
	for (__u32 cell = 0; cell < fb_pool_count(&c->cells); cell++) {
		__u32 n = fb_pool_len(&c->cells, cell);

		if (!e->cell_w[cell])
			continue;
		if (n > FB_PLACES_MAX)
			return fb_error_set(
				c->err, -E2BIG,
				"%u lines overlap in one place and each decides some service there; %u may",
				n, FB_PLACES_MAX);
		if (n > c->stats->list_max)
			c->stats->list_max = n;
		fb_vec_add(&e->used, cell);
		fb_vec_add(&e->shape_of, cell ? shape_of_cell(e, cell) : e->row_of.v[0]);
		if (shapes_fit(e))
			return -E2BIG;
	}
	c->stats->cells = (unsigned int)e->used.n;
	return 0;
}

/* A pool as a section; its words are numbers in the pool below, and become links to below_w + entry, if there is a below. */
static int emit_pool(struct fb_compiler *c, const char *name, const struct fb_pool *pool, __u32 below_w,
		     const struct fb_pool *below, __u32 *ret)
{
	int r = fb_section(c, name, pool->words.n, ret);

	for (size_t i = 0; i < pool->words.n && !r; i++)
		c->img[*ret + i] = below ? FB_LINK(below_w + below->entries.v[pool->words.v[i]].off)
					 : pool->words.v[i];
	return r;
}

static int emit_cells(struct emit *e, __u32 shapes_w)
{
	struct fb_compiler *c = e->c;
	__u32 at;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < e->used.n; i++)
		n += fb_cell_words(fb_pool_len(&c->cells, e->used.v[i]));
	r = fb_section(c, "cells", n, &at);
	for (size_t i = 0; i < e->used.n && !r; i++) {
		__u32 id = e->used.v[i], len = fb_pool_len(&c->cells, id);
		const __u32 *ranks = fb_pool_get(&c->cells, id);
		struct fb_cell *cell = (struct fb_cell *)(c->img + at);

		cell->shape = FB_LINK(shapes_w + e->shapes.entries.v[e->shape_of.v[i]].off) | FB_RANK_NONE;
		for (__u32 k = 0; k < len; k++)
			cell->rank[k] = ranks[k] + 1;
		e->cell_w[id] = at;
		at += (__u32)fb_cell_words(len);
	}
	return r;
}

/* Which line decides where a box is the best. */
static int emit_ranks(struct emit *e, struct fb_classify_header *h)
{
	struct fb_compiler *c = e->c;
	__u32 at;
	int r = fb_section(c, "ranks", c->rs->boxes.n + 1, &at);

	if (r)
		return r;
	h->decides = FB_LINK(at);
	for (size_t i = 0; i < c->rs->boxes.n; i++)
		c->img[at + i + 1] = c->rs->boxes.v[c->rank_box[i]].line + 1;
	return 0;
}

static int emit_rows(struct emit *e)
{
	struct fb_compiler *c = e->c;
	__u32 l1_w, l2_w, rows_w;
	int r = fb_section(c, "blocks", c->l1.words.n, &l1_w);

	for (size_t i = 0; i < c->l1.words.n && !r; i++)
		c->img[l1_w + i] = FB_LINK(e->cell_w[c->l1.words.v[i]]);
	if (!r)
		r = emit_pool(c, "super blocks", &c->l2, l1_w, &c->l1, &l2_w);
	if (!r)
		r = emit_pool(c, "rows", &c->rows, l2_w, &c->l2, &rows_w);
	c->row_w = fb_zalloc(fb_pool_count(&c->rows), sizeof(*c->row_w));
	for (__u32 id = 1; id < fb_pool_count(&c->rows) && !r; id++)
		c->row_w[id] = FB_LINK(rows_w + c->rows.entries.v[id].off);
	return r;
}

int fb_emit_cells(struct fb_compiler *c, struct fb_classify_header *h)
{
	struct emit e = { .c = c };
	__u32 blocks_w, shapes_w;
	int r;

	e.cell_w = fb_zalloc(fb_pool_count(&c->cells), sizeof(*e.cell_w));
	h->shape_shift = e.shift = best_shift(c->n_l4);
	e.places = fb_zalloc((c->n_l4 + (2u << e.shift)) / 2, sizeof(*e.places));
	r = find_used(&e);
	if (!r)
		r = emit_pool(c, "shape blocks", &e.blocks, 0, NULL, &blocks_w);
	if (!r)
		r = emit_pool(c, "shapes", &e.shapes, blocks_w, &e.blocks, &shapes_w);
	if (!r)
		r = emit_cells(&e, shapes_w);
	if (!r)
		r = emit_ranks(&e, h);
	if (!r)
		r = emit_rows(&e);
	fb_vec_done(&e.used);
	fb_vec_done(&e.row_of);
	fb_vec_done(&e.shape_of);
	fb_pool_done(&e.sequences);
	fb_pool_done(&e.blocks);
	fb_pool_done(&e.shapes);
	free(e.cell_w);
	free(e.places);
	return r;
}

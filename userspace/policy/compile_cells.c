// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cells: what may match where two classes meet, as a list of boxes, the best first. A list holds only boxes that are the best one for some L4 class,
 * so that it is as short as its services allow and equal meanings are equal lists. Merging two such lists and cutting again gives the list of
 * the union, because a box that was cut was covered by better ones, which are still there or covered in turn.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

/* Marks L4 classes [first, end); true if one of them was not marked before. */
static bool cover(__u64 *covered, __u32 first, __u32 end)
{
	__u32 word = first / 64, last = (end - 1) / 64;
	__u64 head = ~0ull << first % 64, tail = ~0ull >> (63 - (end - 1) % 64), fresh;

	if (word == last)
		head &= tail;
	fresh = head & ~covered[word];
	covered[word] |= head;
	if (word == last)
		return fresh;
	for (word++; word < last; word++) {
		fresh |= ~covered[word];
		covered[word] = ~0ull;
	}
	fresh |= tail & ~covered[last];
	covered[last] |= tail;
	return fresh;
}

/* Keeps the ranks (ascending) that are the best for some L4 class; returns how many. */
static __u32 cut(struct fb_compiler *c, __u32 *ranks, __u32 n)
{
	__u32 kept = 0;

	if (n == 1 && c->services[fb_box_service(c, ranks[0])].runs.n)
		return 1;
	memset(c->covered, 0, (c->n_l4 / 64 + 1) * sizeof(*c->covered));
	for (__u32 i = 0; i < n; i++) {
		const struct fb_numbers *runs = &c->services[fb_box_service(c, ranks[i])].runs;
		bool fresh = false;

		for (size_t k = 0; k < runs->n; k += 2)
			fresh |= cover(c->covered, runs->v[k], runs->v[k + 1]);
		if (fresh)
			ranks[kept++] = ranks[i];
	}
	return kept;
}

static __u32 merge_new(struct fb_compiler *c, __u32 a, __u32 b)
{
	const __u32 *x = fb_pool_get(&c->cells, a), *y = fb_pool_get(&c->cells, b);
	__u32 nx = fb_pool_len(&c->cells, a), ny = fb_pool_len(&c->cells, b), i = 0, k = 0, n = 0, *out;

	c->scratch.n = 0;
	fb_numbers_reserve(&c->scratch, (size_t)nx + ny);
	out = c->scratch.v;
	while (i < nx || k < ny) {
		if (k == ny || (i < nx && x[i] < y[k])) {
			out[n++] = x[i++];
		} else {
			i += i < nx && x[i] == y[k];
			out[n++] = y[k++];
		}
	}
	return fb_pool_intern(&c->cells, out, cut(c, out, n));
}

__u32 fb_merge_cells(struct fb_compiler *c, __u32 a, __u32 b)
{
	if (!a || !b || a == b)
		return a | b;
	__u32 *slot = fb_memo_at(&c->merged, (__u64)a << 32 | b, 0);

	if (!*slot)
		*slot = merge_new(c, a, b);
	return *slot;
}

static int rank_cmp(const void *pa, const void *pb)
{
	__u32 a = *(const __u32 *)pa, b = *(const __u32 *)pb;

	return a < b ? -1 : a > b;
}

__u32 fb_merge_bundles(struct fb_compiler *c, const __u32 *cells, __u32 n)
{
	__u32 *slot;

	if (n <= 2)
		return n < 2 ? cells[0] : fb_merge_cells(c, cells[0], cells[1]);
	slot = fb_memo_at(&c->together, fb_pool_intern(&c->lists, cells, n), 0);
	if (*slot)
		return *slot;
	c->scratch.n = 0;
	for (__u32 i = 0; i < n; i++) {
		__u32 len = fb_pool_len(&c->cells, cells[i]);

		fb_numbers_reserve(&c->scratch, len);
		memcpy(c->scratch.v + c->scratch.n, fb_pool_get(&c->cells, cells[i]), len * sizeof(__u32));
		c->scratch.n += len;
	}
	qsort(c->scratch.v, c->scratch.n, sizeof(__u32), rank_cmp);
	return *slot = fb_pool_intern(&c->cells, c->scratch.v, cut(c, c->scratch.v, (__u32)c->scratch.n));
}

struct box_key {
	__u32 src, dst, rank;
};

static int key_cmp(const void *pa, const void *pb)
{
	const struct box_key *a = pa, *b = pb;

	if (a->src != b->src)
		return a->src < b->src ? -1 : 1;
	if (a->dst != b->dst)
		return a->dst < b->dst ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* All boxes between the same two sets at once: 10,000 lines between two zones are one merge, not 10,000 ever longer lists. */
int fb_compile_bundles(struct fb_compiler *c)
{
	size_t n = c->rs->boxes.n, sets = c->rs->sets.n, end;
	struct box_key *keys = fb_zalloc(n, sizeof(*keys));

	for (__u32 rank = 0; rank < n; rank++) {
		const struct fb_box *box = &c->rs->boxes.v[c->rank_box[rank]];

		keys[rank] = (struct box_key){ box->src, box->dst, rank };
	}
	qsort(keys, n, sizeof(*keys), key_cmp);
	c->bundle_first = fb_zalloc(sets + 1, sizeof(*c->bundle_first));
	c->covered = fb_zalloc(c->n_l4 / 64 + 1, sizeof(*c->covered));
	for (size_t i = 0; i < n; i = end) {
		struct fb_bundle bundle = { .dst = keys[i].dst };

		c->scratch.n = 0;
		for (end = i; end < n && keys[end].src == keys[i].src && keys[end].dst == keys[i].dst; end++)
			fb_vec_add(&c->scratch, keys[end].rank);
		bundle.cell =
			fb_pool_intern(&c->cells, c->scratch.v, cut(c, c->scratch.v, (__u32)c->scratch.n));
		if (bundle.cell) {
			fb_vec_add(&c->bundles, bundle);
			c->bundle_first[keys[i].src + 1]++;
		}
	}
	c->bundle_cost = fb_zalloc(c->bundles.n, sizeof(*c->bundle_cost));
	for (size_t i = 0; i < sets; i++)
		c->bundle_first[i + 1] += c->bundle_first[i];
	free(keys);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* An interval tree without pointers: the intervals by their first, and over them the highest last of every half, quarter and so on (Cormen et al., 14.3). */
#include "policy/axis.h"

#include <stdbool.h>
#include <stdlib.h>

static int by_first(const void *a, const void *b)
{
	const struct fb_interval *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static int by_value(const void *a, const void *b)
{
	const __u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

void fb_axis_add(struct fb_axis *axis, unsigned int id, __u64 first, __u64 last)
{
	if (first <= last)
		fb_vec_add(&axis->by_first, (struct fb_interval){ first, last, id });
}

static __u64 raise(struct fb_axis *axis, size_t part, size_t from, size_t to)
{
	const size_t mid = from + (to - from) / 2;
	__u64 left, right;

	if (to - from == 1)
		return axis->highest[part] = axis->by_first.v[from].last;
	left = raise(axis, 2 * part + 1, from, mid);
	right = raise(axis, 2 * part + 2, mid, to);
	return axis->highest[part] = left > right ? left : right;
}

void fb_axis_build(struct fb_axis *axis)
{
	const size_t n = axis->by_first.n;

	axis->lasts = calloc(n + 1, sizeof(*axis->lasts));
	axis->highest = calloc(4 * n + 1, sizeof(*axis->highest));
	if (!axis->lasts || !axis->highest)
		abort();
	if (!n)
		return;
	qsort(axis->by_first.v, n, sizeof(*axis->by_first.v), by_first);
	for (size_t i = 0; i < n; i++)
		axis->lasts[i] = axis->by_first.v[i].last;
	qsort(axis->lasts, n, sizeof(*axis->lasts), by_value);
	raise(axis, 0, 0, n);
}

/* How many begin at value or before. */
static size_t begun(const struct fb_axis *axis, __u64 value)
{
	size_t from = 0, to = axis->by_first.n;

	while (from < to) {
		const size_t mid = from + (to - from) / 2;

		if (axis->by_first.v[mid].first <= value)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* How many end before value. */
static size_t ended(const struct fb_axis *axis, __u64 value)
{
	size_t from = 0, to = axis->by_first.n;

	while (from < to) {
		const size_t mid = from + (to - from) / 2;

		if (axis->lasts[mid] < value)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

size_t fb_axis_count(const struct fb_axis *axis, __u64 first, __u64 last)
{
	return first > last ? 0 : begun(axis, last) - ended(axis, first);
}

static void visit(const struct fb_axis *axis, size_t part, size_t from, size_t to, __u64 first,
		  struct fb_ids *ret)
{
	const size_t mid = from + (to - from) / 2;

	if (from >= to || axis->highest[part] < first)
		return;
	if (to - from == 1) {
		fb_vec_add(ret, axis->by_first.v[from].id);
		return;
	}
	visit(axis, 2 * part + 1, from, mid, first, ret);
	visit(axis, 2 * part + 2, mid, to, first, ret);
}

/* Only those that have begun are visited; a part that reaches beyond them is cut by asking for fewer. */
static void visit_begun(const struct fb_axis *axis, size_t part, size_t from, size_t to, size_t n,
			__u64 first, struct fb_ids *ret)
{
	const size_t mid = from + (to - from) / 2;

	if (n >= to) {
		visit(axis, part, from, to, first, ret);
		return;
	}
	if (n <= from)
		return;
	visit_begun(axis, 2 * part + 1, from, mid, n, first, ret);
	visit_begun(axis, 2 * part + 2, mid, to, n, first, ret);
}

void fb_axis_find(const struct fb_axis *axis, __u64 first, __u64 last, struct fb_ids *ret)
{
	if (first <= last)
		visit_begun(axis, 0, 0, axis->by_first.n, begun(axis, last), first, ret);
}

void fb_axis_done(struct fb_axis *axis)
{
	fb_vec_done(&axis->by_first);
	free(axis->lasts);
	free(axis->highest);
	*axis = (struct fb_axis){ 0 };
}

static int by_id(const void *a, const void *b)
{
	const unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

void fb_ids_sort(struct fb_ids *ids)
{
	size_t n = 0;

	if (ids->n)
		qsort(ids->v, ids->n, sizeof(*ids->v), by_id);
	for (size_t i = 0; i < ids->n; i++)
		if (!n || ids->v[n - 1] != ids->v[i])
			ids->v[n++] = ids->v[i];
	ids->n = n;
}

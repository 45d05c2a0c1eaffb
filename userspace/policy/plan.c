// SPDX-License-Identifier: GPL-2.0-only
/*
 * Most boxes of two versions of a policy are the same, byte for byte: they are found by their hash and need no arithmetic. Only the
 * rest is held against all boxes of its pair.
 */
#include "policy/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/cubes.h"
#include "policy/near.h"
#include "policy/print.h"

/* All that a policy allows. */
struct edges {
	const struct fb_ruleset *rs;
	struct fb_reach_list list;
};

struct edge_table {
	const struct edges *edges;
	unsigned int *slots; /* index + 1, open addressing */
	size_t size;
};

static __u64 mix(__u64 h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211ull;
	return h;
}

static __u64 hash_of(const struct fb_reach *e)
{
	__u64 h = 14695981039346656037ull;

	h = mix(h, &e->src_zone, sizeof(e->src_zone));
	h = mix(h, &e->dst_zone, sizeof(e->dst_zone));
	for (int f = 0; f < 2; f++) {
		h = mix(h, e->src.r[f].v, e->src.r[f].n * sizeof(*e->src.r[f].v));
		h = mix(h, e->dst.r[f].v, e->dst.r[f].n * sizeof(*e->dst.r[f].v));
	}
	return mix(h, e->services.v, e->services.n * sizeof(*e->services.v));
}

static bool same(const struct fb_reach *a, const struct fb_reach *b)
{
	return a->src_zone == b->src_zone && a->dst_zone == b->dst_zone && a->deadline == b->deadline &&
	       fb_ipset_equal(&a->src, &b->src) && fb_ipset_equal(&a->dst, &b->dst) &&
	       fb_l4set_equal(&a->services, &b->services);
}

/* ---- time ---------------------------------------------------------------------------------------------------------- */

/* All hours of a are among those of b, in whatever order they are written. */
static bool hours_within(const struct fb_window *a, const struct fb_window *b)
{
	bool within = true;

	for (size_t i = 0; i < a->n_every && within; i++) {
		within = false;
		for (size_t k = 0; k < b->n_every && !within; k++) {
			fb_autostrbuf struct fb_strbuf x = { 0 }, y = { 0 };

			fb_put_every(&x, &a->every[i]);
			fb_put_every(&y, &b->every[k]);
			within = !strcmp(fb_strbuf_get(&x), fb_strbuf_get(&y));
		}
	}
	return within;
}

static bool same_hours(const struct fb_window *a, const struct fb_window *b)
{
	return !strcmp(a->timezone ? a->timezone : "", b->timezone ? b->timezone : "") &&
	       hours_within(a, b) && hours_within(b, a);
}

static bool same_access(const struct fb_access *a, const struct fb_access *b)
{
	return !strcmp(a->name, b->name) && a->max == b->max;
}

/* True if b is open whenever a is: at the same hours or always, by the same request or without one, and for as long. */
static bool outlasts(const struct edges *of_b, const struct fb_reach *b, const struct edges *of_a,
		     const struct fb_reach *a)
{
	const struct fb_line none = { 0 }, *x = a->line < 0 ? &none : &of_a->rs->lines.v[a->line],
			     *y = b->line < 0 ? &none : &of_b->rs->lines.v[b->line];

	if (b->deadline < a->deadline)
		return false;
	if (y->window && (!x->window || !same_hours(&of_a->rs->windows.v[x->window - 1],
						    &of_b->rs->windows.v[y->window - 1])))
		return false;
	return !y->access || (x->access && same_access(&of_a->rs->accesses.v[x->access - 1],
						       &of_b->rs->accesses.v[y->access - 1]));
}

static void table_fill(struct edge_table *t, const struct edges *edges)
{
	const struct fb_reach_list *list = &edges->list;

	t->edges = edges;
	for (t->size = 16; t->size < list->n * 2; t->size *= 2)
		;
	t->slots = calloc(t->size, sizeof(*t->slots));
	if (!t->slots)
		abort();
	for (size_t i = 0; i < list->n; i++) {
		size_t at = hash_of(&list->v[i]) & (t->size - 1);

		while (t->slots[at])
			at = (at + 1) & (t->size - 1);
		t->slots[at] = (unsigned int)i + 1;
	}
}

static bool table_has(const struct edge_table *t, const struct edges *of, const struct fb_reach *edge)
{
	for (size_t at = hash_of(edge) & (t->size - 1); t->slots[at]; at = (at + 1) & (t->size - 1))
		if (same(&t->edges->list.v[t->slots[at] - 1], edge) &&
		    outlasts(t->edges, &t->edges->list.v[t->slots[at] - 1], of, edge))
			return true;
	return false;
}

static int by_pair(const void *a, const void *b)
{
	const struct fb_reach *x = a, *y = b;

	if (x->src_zone != y->src_zone)
		return x->src_zone < y->src_zone ? -1 : 1;
	if (x->dst_zone != y->dst_zone)
		return x->dst_zone < y->dst_zone ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static bool same_pair(const struct fb_reach *a, const struct fb_reach *b)
{
	return a->src_zone == b->src_zone && a->dst_zone == b->dst_zone;
}

static void index_edges(const struct fb_reach_list *list, struct fb_near *ret)
{
	for (size_t i = 0; i < list->n; i++)
		fb_near_add(ret, (unsigned int)i, &list->v[i].src, &list->v[i].dst, &list->v[i].services);
	fb_near_build(ret);
}

/* Takes those of the first n edges out of left that are of the same pair and stay open as long as this one of a. */
static void take_out(struct fb_reach_list *left, const struct edges *of_a, const struct fb_reach *edge,
		     const struct edges *from, struct fb_near *near, size_t n)
{
	fb_near_find(near, &edge->src, &edge->dst, &edge->services, SIZE_MAX);
	for (size_t i = 0; i < near->found.n && near->found.v[i] < n && left->n; i++) {
		const struct fb_reach *other = &from->list.v[near->found.v[i]];

		if (same_pair(other, edge) && outlasts(from, other, of_a, edge))
			fb_cubes_subtract(left, other);
	}
}

/* What a has and b has not, for as long; and not what an edge before had, so that nothing is said twice. */
static void difference(const struct edges *of_a, const struct edges *of_b, struct fb_reach_list *ret)
{
	const struct fb_reach_list *a = &of_a->list;
	struct edge_table table = { 0 };
	struct fb_near near_a = { 0 }, near_b = { 0 };

	table_fill(&table, of_b);
	index_edges(a, &near_a);
	index_edges(&of_b->list, &near_b);
	for (size_t i = 0; i < a->n; i++) {
		struct fb_reach_list left = { 0 };

		if (table_has(&table, of_a, &a->v[i]))
			continue;
		fb_cubes_add_copy(&left, &a->v[i]);
		take_out(&left, of_a, &a->v[i], of_b, &near_b, of_b->list.n);
		take_out(&left, of_a, &a->v[i], of_a, &near_a, i);
		fb_cubes_part_hosts(of_a->rs, &left);
		for (size_t k = 0; k < left.n; k++)
			fb_vec_add(ret, left.v[k]);
		fb_vec_done(&left);
	}
	free(table.slots);
	fb_near_done(&near_a);
	fb_near_done(&near_b);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_pair);
}

/* ---- counts --------------------------------------------------------------------------------------------------------- */

static unsigned int count_pairs(const struct fb_reach_list *list, bool *changed)
{
	unsigned int n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct fb_reach *e = &list->v[i];

		n += !i || e[-1].src_zone != e->src_zone || e[-1].dst_zone != e->dst_zone;
		changed[e->src_zone * FB_ZONES_MAX + e->dst_zone] = true;
	}
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **ids_of(const struct fb_ruleset *rs)
{
	const char **v = calloc(rs->lines.n + 1, sizeof(*v));

	if (!v)
		abort();
	for (size_t i = 0; i < rs->lines.n; i++)
		v[i] = rs->lines.v[i].id;
	qsort(v, rs->lines.n, sizeof(*v), by_text);
	return v;
}

static void count_ids(const struct fb_ruleset *before, const struct fb_ruleset *after, struct fb_plan *ret)
{
	fb_autofree const char **old = ids_of(before), **new = ids_of(after);
	size_t i = 0, k = 0;

	while (i < before->lines.n || k < after->lines.n) {
		int order = i == before->lines.n ? 1 : k == after->lines.n ? -1 : strcmp(old[i], new[k]);

		ret->ids_kept += !order;
		ret->ids_new += order > 0;
		ret->ids_gone += order < 0;
		i += order <= 0;
		k += order >= 0;
	}
}

static void count(const struct fb_ruleset *before, const struct fb_ruleset *after, struct fb_plan *ret)
{
	fb_autofree bool *changed = calloc(FB_ZONES_MAX * FB_ZONES_MAX, sizeof(*changed));
	unsigned int zones = 1, pairs = 0;

	if (!changed)
		abort();
	for (unsigned int id = FB_ZONE_SELF + 1; id < FB_ZONES_MAX; id++)
		zones += fb_ruleset_zone_by_id(before, id) || fb_ruleset_zone_by_id(after, id);
	ret->pairs_opened = count_pairs(&ret->opens, changed);
	ret->pairs_narrowed = count_pairs(&ret->closes, changed);
	for (size_t i = 0; i < (size_t)FB_ZONES_MAX * FB_ZONES_MAX; i++)
		pairs += changed[i];
	ret->pairs_unchanged = zones * zones - 1 - pairs; /* the gateway does not call itself */
	count_ids(before, after, ret);
}

void fb_plan_make(const struct fb_ruleset *before, const struct fb_ruleset *after, struct fb_plan *ret)
{
	struct edges old = { .rs = before }, new = { .rs = after };

	*ret = (struct fb_plan){ 0 };
	fb_reach_find(before, NULL, NULL, 0, &old.list);
	fb_reach_find(after, NULL, NULL, 0, &new.list);
	difference(&new, &old, &ret->opens);
	difference(&old, &new, &ret->closes);
	count(before, after, ret);
	fb_reach_done(&old.list);
	fb_reach_done(&new.list);
}

bool fb_plan_changes(const struct fb_plan *plan)
{
	return plan->opens.n || plan->closes.n || plan->settings.n;
}

void fb_plan_done(struct fb_plan *plan)
{
	for (size_t i = 0; i < plan->settings.n; i++) {
		free(plan->settings.v[i].before);
		free(plan->settings.v[i].after);
	}
	fb_vec_done(&plan->settings);
	fb_reach_done(&plan->opens);
	fb_reach_done(&plan->closes);
}

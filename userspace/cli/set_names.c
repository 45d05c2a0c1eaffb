// SPDX-License-Identifier: GPL-2.0-only
#include "cli/set_names.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/cubes.h"

static int compare_sets(const struct fb_ipset *a, const struct fb_ipset *b)
{
	for (int f = 0; f < 2; f++) {
		if (a->r[f].n != b->r[f].n)
			return a->r[f].n < b->r[f].n ? -1 : 1;
		for (size_t i = 0; i < a->r[f].n; i++) {
			int order = fb_ip_cmp(a->r[f].v[i].first, b->r[f].v[i].first);

			if (!order)
				order = fb_ip_cmp(a->r[f].v[i].last, b->r[f].v[i].last);
			if (order)
				return order;
		}
	}
	return 0;
}

static int by_set(const void *a, const void *b)
{
	const struct fb_set_name *x = a, *y = b;
	int order = compare_sets(&x->set, &y->set);

	return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static void add(struct fb_set_names *names, const char *name, const struct fb_ipset *set)
{
	struct fb_set_name one = { .name = name, .order = names->v.n };

	fb_ipset_copy(set, &one.set);
	fb_vec_add(&names->v, one);
}

/* All of a zone, with or without the link-local roles that a box may hold. */
static void add_zone(struct fb_set_names *names, const struct fb_zone *zone)
{
	struct fb_error err = { 0 };

	add(names, zone->name, &zone->hosts);
	for (int source = 0; source < 2; source++) {
		FB_CLEANUP(fb_ipset_done) struct fb_ipset set = { 0 };

		if (!fb_side_find(names->rs, zone->name, source, &set, &err))
			add(names, zone->name, &set);
	}
}

void fb_set_names_init(struct fb_set_names *names, const struct fb_ruleset *rs)
{
	*names = (struct fb_set_names){ .rs = rs };
	for (size_t i = 0; i < rs->zones.n; i++)
		add_zone(names, &rs->zones.v[i]);
	for (size_t i = 0; i < rs->devices.n; i++)
		add(names, rs->devices.v[i].name, &rs->devices.v[i].ips);
	for (size_t i = 0; i < rs->groups.n; i++)
		add(names, rs->groups.v[i].name, &rs->groups.v[i].ips);
	if (names->v.n)
		qsort(names->v.v, names->v.n, sizeof(*names->v.v), by_set);
}

void fb_set_names_done(struct fb_set_names *names)
{
	for (size_t i = 0; i < names->v.n; i++)
		fb_ipset_done(&names->v.v[i].set);
	fb_vec_done(&names->v);
}

static const char *name_of(const struct fb_set_names *names, const struct fb_ipset *set)
{
	size_t from = 0, to = names->v.n;

	while (from < to) {
		const size_t mid = from + (to - from) / 2;

		if (compare_sets(&names->v.v[mid].set, set) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < names->v.n && !compare_sets(&names->v.v[from].set, set) ? names->v.v[from].name : NULL;
}

bool fb_set_names_put_end(const struct fb_set_names *names, const struct fb_reach *r, bool source,
			  struct fb_strbuf *out)
{
	const struct fb_ipset *set = source ? &r->src : &r->dst, *other = source ? &r->dst : &r->src;
	unsigned int zone = source ? r->src_zone : r->dst_zone;
	FB_CLEANUP(fb_ipset_done) struct fb_ipset whole = { 0 };
	const char *name = zone == FB_ZONE_SELF ? "self" : name_of(names, set);

	/* A zone less the host that calls, which is not said to call itself, is meant by its name. */
	if (!name && r->src_zone == r->dst_zone && fb_single_hosts(names->rs, other, &whole)) {
		fb_ipset_add_set(&whole, set);
		name = name_of(names, &whole);
	}
	if (name)
		fb_strbuf_add(out, name);
	else
		fb_ruleset_print_set(names->rs, set, out);
	return name;
}

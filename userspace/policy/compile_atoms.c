// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atoms: the stretches between two ends of any range, which every box and zone treats alike. A range is narrow or broad by how many atoms of its side it
 * holds, not by its length: so a /24 that is a net of many hosts in one policy and a single client in another falls on the right side in both,
 * in both families.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

static int ip_cmp(const void *a, const void *b)
{
	return fb_ip_cmp(*(const struct fb_ip *)a, *(const struct fb_ip *)b);
}

static void add_ends(struct fb_family *family, int version, const struct fb_ranges *ranges)
{
	for (size_t i = 0; i < ranges->n; i++) {
		fb_vec_add(&family->first, ranges->v[i].first);
		if (fb_ip_cmp(ranges->v[i].last, fb_ip_max(version)) < 0)
			fb_vec_add(&family->first, fb_ip_add(ranges->v[i].last, 1));
	}
}

static void find_atoms(struct fb_compiler *c, struct fb_family *family, int f)
{
	size_t n = 0;

	fb_vec_add(&family->first, (struct fb_ip){ 0, 0 });
	for (size_t i = 0; i < c->rs->zones.n; i++)
		add_ends(family, f ? 6 : 4, &c->rs->zones.v[i].owned.r[f]);
	for (size_t i = 0; i < c->rs->sets.n; i++)
		if (c->used_set[FB_SOURCE][i] || c->used_set[FB_DESTINATION][i])
			add_ends(family, f ? 6 : 4, &c->rs->sets.v[i].r[f]);
	qsort(family->first.v, family->first.n, sizeof(*family->first.v), ip_cmp);
	for (size_t i = 0; i < family->first.n; i++)
		if (!n || fb_ip_cmp(family->first.v[n - 1], family->first.v[i]))
			family->first.v[n++] = family->first.v[i];
	family->first.n = n;
}

/* The first atom that begins at ip or behind it. */
static __u32 atom_from(const struct fb_family *family, struct fb_ip ip)
{
	size_t lo = 0, hi = family->first.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (fb_ip_cmp(family->first.v[mid], ip) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (__u32)lo;
}

static struct fb_span span_of(const struct fb_family *family, int f, struct fb_range range, __u32 set)
{
	struct fb_span span = { atom_from(family, range.first), (__u32)family->first.n, set };

	if (fb_ip_cmp(range.last, fb_ip_max(f ? 6 : 4)) < 0)
		span.end = atom_from(family, fb_ip_add(range.last, 1));
	return span;
}

static void find_zones(struct fb_compiler *c, struct fb_family *family, int f)
{
	family->zone = fb_zalloc(family->first.n, sizeof(*family->zone));
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_ranges *owned = &c->rs->zones.v[i].owned.r[f];

		for (size_t k = 0; k < owned->n; k++) {
			struct fb_span span = span_of(family, f, owned->v[k], 0);

			for (__u32 atom = span.first; atom < span.end; atom++)
				family->zone[atom] = c->rs->zones.v[i].id;
		}
	}
}

/* Gives each span of a side its band. ends[i]: how many of the side's stretches begin before atom i. */
static void sort_into_bands(struct fb_compiler *c, struct fb_family *family, int side,
			    const struct fb_spans *all)
{
	__u32 *ends = fb_zalloc(family->first.n + 2, sizeof(*ends));

	for (size_t i = 0; i < all->n; i++)
		ends[all->v[i].first + 1] = ends[all->v[i].end + 1] = 1;
	for (size_t i = 0; i <= family->first.n; i++)
		ends[i + 1] += ends[i];
	for (size_t i = 0; i < all->n; i++) {
		struct fb_span span = all->v[i];
		__u32 atoms = ends[span.end] - ends[span.first];

		fb_vec_add(&family->band[side][atoms > c->broad ? FB_BAND_BROAD : FB_BAND_NARROW].spans,
			   span);
	}
	free(ends);
}

void fb_compile_atoms(struct fb_compiler *c, int f)
{
	struct fb_family *family = &c->family[f];
	struct fb_spans all[FB_SIDES] = { 0 };

	find_atoms(c, family, f);
	find_zones(c, family, f);
	for (__u32 set = 0; set < c->rs->sets.n; set++) {
		const struct fb_ranges *ranges = &c->rs->sets.v[set].r[f];

		if (!c->used_set[FB_SOURCE][set] && !c->used_set[FB_DESTINATION][set])
			continue;
		for (size_t i = 0; i < ranges->n; i++) {
			struct fb_span span = span_of(family, f, ranges->v[i], set);

			for (int side = 0; side < FB_SIDES; side++)
				if (c->used_set[side][set])
					fb_vec_add(&all[side], span);
		}
	}
	for (int side = 0; side < FB_SIDES; side++) {
		sort_into_bands(c, family, side, &all[side]);
		fb_vec_done(&all[side]);
	}
}

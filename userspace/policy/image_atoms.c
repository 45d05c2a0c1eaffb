// SPDX-License-Identifier: GPL-2.0-only
/* Addresses to classes: a sweep over all ends of all ranges; what holds between two ends is one atom. */
#include <stdlib.h>
#include <string.h>

#include "policy/image.h"

/* At `at`, set (a box's source or destination set, in a band) begins or ends; or a zone does (set FB_ZONE_EVENT). */
struct fb_event {
	struct fb_ip at;
	__u32 set;  /* index into rs->sets, or the zone id */
	__u8 kind;  /* 0 zone, 1 set as a source, 2 as a destination */
	__u8 band;
	bool begin;
};

struct fb_events FB_VEC(struct fb_event);
struct fb_active FB_VEC(__u32);

static int event_cmp(const void *pa, const void *pb)
{
	const struct fb_event *a = pa, *b = pb;
	int cmp = fb_ip_cmp(a->at, b->at);

	return cmp ? cmp : (int)a->begin - (int)b->begin; /* ends first */
}

/* Does r hold at least as many addresses as a prefix of this length (at most 64 for IPv6)? */
static bool range_is_broad(int family, struct fb_range r, unsigned int len)
{
	if (family == 4)
		return r.last.lo - r.first.lo >= (1ull << (32 - len)) - 1;
	return r.last.hi - r.first.hi >= (1ull << (64 - len)) - 1 && r.last.hi != r.first.hi;
}

static void add_ranges(struct fb_events *events, int family, const struct fb_ranges *ranges, __u8 kind, __u32 set, unsigned int broad_len)
{
	for (size_t i = 0; i < ranges->n; i++) {
		struct fb_range r = ranges->v[i];
		struct fb_event event = { r.first, set, kind, FB_BAND_SPECIFIC, true };

		if (kind && range_is_broad(family, r, broad_len))
			event.band = FB_BAND_BROAD;
		fb_vec_add(events, event);
		if (fb_ip_cmp(r.last, fb_ip_max(family)) == 0)
			continue;
		event.at = fb_ip_add(r.last, 1);
		event.begin = false;
		fb_vec_add(events, event);
	}
}

static void collect_events(struct fb_compiler *c, int f, const bool *used[2], struct fb_events *events)
{
	int family = f ? 6 : 4;

	for (size_t i = 0; i < c->rs->zones.n; i++)
		add_ranges(events, family, &c->rs->zones.v[i].owned.r[f], 0, c->rs->zones.v[i].id, 0);
	for (size_t i = 0; i < c->rs->sets.n; i++)
		for (__u8 side = 0; side < 2; side++)
			if (used[side][i])
				add_ranges(events, family, &c->rs->sets.v[i].r[f], (__u8)(side + 1), (__u32)i, c->broad_len[f]);
}

/* Keeps an active list sorted. A set has disjoint ranges, so that it is at most once in a list. */
static void active_change(struct fb_active *active, __u32 set, bool begin)
{
	size_t lo = 0, hi = active->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (active->v[mid] < set)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!begin) {
		memmove(active->v + lo, active->v + lo + 1, (active->n - lo - 1) * sizeof(*active->v));
		active->n--;
		return;
	}
	fb_vec_add(active, 0);
	memmove(active->v + lo + 1, active->v + lo, (active->n - lo - 1) * sizeof(*active->v));
	active->v[lo] = set;
}

static void sweep(struct fb_family *family, const struct fb_events *events)
{
	struct fb_active active[2][FB_BANDS] = { 0 };
	struct fb_atom_range atom = { 0 };
	size_t i = 0;

	do { /* once at address 0 even without an event there */
		for (; i < events->n && fb_ip_cmp(events->v[i].at, atom.first) == 0; i++) {
			const struct fb_event *e = &events->v[i];

			if (!e->kind) {
				atom.zone = e->begin ? e->set : 0;
				continue;
			}
			struct fb_active *list = &active[e->kind - 1][e->band];

			active_change(list, e->set, e->begin);
			atom.cls[e->kind - 1][e->band] = ~0u;
		}
		for (int side = 0; side < 2; side++)
			for (int band = 0; band < FB_BANDS; band++)
				if (atom.cls[side][band] == ~0u)
					atom.cls[side][band] = fb_pool_intern(&family->classes[side][band],
									      active[side][band].v, active[side][band].n);
		fb_vec_add(&family->atoms, atom);
		if (i < events->n)
			atom.first = events->v[i].at;
	} while (i < events->n);
	for (int side = 0; side < 2; side++)
		for (int band = 0; band < FB_BANDS; band++)
			fb_vec_done(&active[side][band]);
}

int fb_compile_atoms(struct fb_compiler *c)
{
	size_t n = c->rs->sets.n ? c->rs->sets.n : 1;
	bool *src = calloc(n, 1), *dst = calloc(n, 1);
	const bool *used[2] = { src, dst };

	if (!src || !dst)
		abort();
	for (size_t i = 0; i < c->rs->boxes.n; i++) {
		src[c->rs->boxes.v[i].src] = true;
		dst[c->rs->boxes.v[i].dst] = true;
	}
	for (int f = 0; f < FB_FAMILIES; f++) {
		struct fb_events events = { 0 };

		collect_events(c, f, used, &events);
		if (events.n)
			qsort(events.v, events.n, sizeof(*events.v), event_cmp);
		sweep(&c->family[f], &events);
		fb_vec_done(&events);
	}
	c->stats->atoms4 = (unsigned int)c->family[0].atoms.n;
	c->stats->atoms6 = (unsigned int)c->family[1].atoms.n;
	free(src);
	free(dst);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol and ports to L4 classes. Each axis falls into classes of values that no service tells apart; protocol and source port together into fewer
 * (most services do not ask for source ports); those and the destination port into L4 classes. What values have in common is compared by sums of
 * 128-bit random numbers, one for each thing that holds there, taken along the axis: no product of all ranges is ever enumerated.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

#define FB_L4_TABLE_MAX (16u << 20) /* halves: 32 MiB of an image */

struct spec {
	struct fb_l4 l4;
	__u32 svc;
};

enum { PROTO, SPORT, DPORT, AXES };

struct sum {
	__u64 v[2];
};

struct axis {
	__u32 size; /* values */
	__u32 *cls; /* of each value */
	__u32 *run; /* of each value: the stretch of equal classes that it is in */
	struct fb_numbers run_cls, run_first;
	__u32 n; /* classes */
};

struct l4_work {
	struct FB_VEC(struct spec) specs;
	struct axis axis[AXES];
	struct sum *sums; /* 65537, zero between uses */
	struct fb_memo known;
	struct fb_numbers source; /* [protocol class * n_sport + source port class] -> source class */
	struct FB_VEC(
		struct fb_l4) rep; /* of each source class: a protocol and a source port (in the lo fields) */
	/* Specs of one source class: by the run in which they begin, a list (spec + 1, 0 = its end), and those that hold where the walk is. */
	__u32 *begin, *next;
	struct fb_numbers live;
};

static __u64 scatter(__u64 z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* What is `thing` holds for [first, last]; later sums run along the axis. */
static void hold(struct sum *sums, __u32 first, __u32 last, __u64 thing)
{
	for (int i = 0; i < 2; i++) {
		__u64 z = scatter((thing * 2 + (__u64)i + 1) * 0x9e3779b97f4a7c15ull);

		sums[first].v[i] += z;
		sums[last + 1].v[i] -= z;
	}
}

static void step(struct sum *at, struct sum *sums, __u32 i)
{
	at->v[0] += sums[i].v[0];
	at->v[1] += sums[i].v[1];
	sums[i] = (struct sum){ { 0, 0 } };
}

static __u32 axis_lo(const struct fb_l4 *l4, int a)
{
	return a == PROTO ? l4->proto_lo : a == SPORT ? l4->sport_lo : l4->dport_lo;
}

static __u32 axis_hi(const struct fb_l4 *l4, int a)
{
	return a == PROTO ? l4->proto_hi : a == SPORT ? l4->sport_hi : l4->dport_hi;
}

static void build_axis(struct l4_work *w, int a)
{
	struct axis *axis = &w->axis[a];
	struct sum at = { { 0, 0 } };

	axis->size = a == PROTO ? 256 : 65536;
	axis->cls = fb_zalloc(axis->size, sizeof(*axis->cls));
	axis->run = fb_zalloc(axis->size, sizeof(*axis->run));
	for (size_t i = 0; i < w->specs.n; i++)
		hold(w->sums, axis_lo(&w->specs.v[i].l4, a), axis_hi(&w->specs.v[i].l4, a), i);
	for (__u32 v = 0; v < axis->size; v++) {
		__u32 *slot;

		step(&at, w->sums, v);
		slot = fb_memo_at(&w->known, at.v[0], at.v[1]);
		if (!*slot)
			*slot = ++axis->n;
		axis->cls[v] = *slot - 1;
		if (!v || axis->cls[v] != axis->cls[v - 1]) {
			fb_vec_add(&axis->run_cls, axis->cls[v]);
			fb_vec_add(&axis->run_first, v);
		}
		axis->run[v] = (__u32)axis->run_cls.n - 1;
	}
	w->sums[axis->size] = (struct sum){ { 0, 0 } };
	fb_memo_done(&w->known);
}

/* One protocol class: which source ports are told apart, and by which services with which destination ports. */
static void source_classes_of(struct l4_work *w, __u32 proto, __u32 cls)
{
	const struct axis *sport = &w->axis[SPORT];
	struct sum at = { { 0, 0 } };

	for (size_t i = 0; i < w->specs.n; i++) {
		const struct spec *s = &w->specs.v[i];

		if (s->l4.proto_lo <= proto && proto <= s->l4.proto_hi)
			hold(w->sums, sport->run[s->l4.sport_lo], sport->run[s->l4.sport_hi],
			     (__u64)s->svc << 32 | (__u32)s->l4.dport_lo << 16 | s->l4.dport_hi);
	}
	for (__u32 run = 0; run < sport->run_cls.n; run++) {
		__u32 *slot;

		step(&at, w->sums, run);
		slot = fb_memo_at(&w->known, at.v[0], at.v[1]);
		if (!*slot) {
			struct fb_l4 rep = { .proto_lo = (__u8)proto,
					     .sport_lo = (__u16)sport->run_first.v[run] };

			fb_vec_add(&w->rep, rep);
			*slot = (__u32)w->rep.n;
		}
		w->source.v[cls * sport->n + sport->run_cls.v[run]] = *slot - 1;
	}
	w->sums[sport->run_cls.n] = (struct sum){ { 0, 0 } };
}

static void build_source(struct l4_work *w)
{
	const struct axis *proto = &w->axis[PROTO];
	__u32 done = 0; /* classes are numbered by first appearance */

	fb_numbers_reserve(&w->source, (size_t)proto->n * w->axis[SPORT].n);
	w->source.n = (size_t)proto->n * w->axis[SPORT].n;
	for (__u32 v = 0; v < proto->size; v++)
		if (proto->cls[v] == done)
			source_classes_of(w, v, done++);
	fb_memo_done(&w->known);
}

/* Services match classes in runs, because classes are numbered along the ports. */
static void service_matches(struct fb_service *svc, __u32 cls)
{
	struct fb_numbers *runs = &svc->runs;

	if (runs->n && runs->v[runs->n - 1] > cls)
		return; /* a service that says it twice */
	if (runs->n && runs->v[runs->n - 1] == cls) {
		runs->v[runs->n - 1]++;
		return;
	}
	fb_vec_add(runs, cls);
	fb_vec_add(runs, cls + 1);
}

/* What has ended is forgotten on the way: all classes together look at what holds there, not at all there is. */
static __u32 new_class(struct fb_compiler *c, struct l4_work *w, __u32 run)
{
	const struct axis *dport = &w->axis[DPORT];
	size_t n = 0;

	c->n_l4++;
	for (size_t i = 0; i < w->live.n; i++) {
		const struct spec *s = &w->specs.v[w->live.v[i]];

		if (dport->run[s->l4.dport_hi] < run)
			continue;
		w->live.v[n++] = w->live.v[i];
		service_matches(&c->services[s->svc], c->n_l4);
	}
	w->live.n = n;
	return c->n_l4;
}

/* One source class along all destination ports. */
static void classes_of(struct fb_compiler *c, struct l4_work *w, const struct fb_l4 *rep, __u16 *table)
{
	const struct axis *dport = &w->axis[DPORT];
	struct sum at = { { 0, 0 } };

	w->live.n = 0;
	for (__u32 i = 0; i < w->specs.n; i++) {
		const struct spec *s = &w->specs.v[i];

		if (s->l4.proto_lo > rep->proto_lo || s->l4.proto_hi < rep->proto_lo ||
		    s->l4.sport_lo > rep->sport_lo || s->l4.sport_hi < rep->sport_lo)
			continue;
		w->next[i] = w->begin[dport->run[s->l4.dport_lo]];
		w->begin[dport->run[s->l4.dport_lo]] = i + 1;
		hold(w->sums, dport->run[s->l4.dport_lo], dport->run[s->l4.dport_hi], s->svc);
	}
	for (__u32 run = 0; run < dport->run_cls.n; run++) {
		__u32 *slot;

		for (__u32 i = w->begin[run]; i; i = w->next[i - 1])
			fb_vec_add(&w->live, i - 1);
		w->begin[run] = 0;
		step(&at, w->sums, run);
		if (!(at.v[0] | at.v[1]))
			continue; /* no service: class 0 */
		slot = fb_memo_at(&w->known, at.v[0], at.v[1]);
		if (!*slot)
			*slot = new_class(c, w, run);
		table[dport->run_cls.v[run]] = (__u16)*slot;
	}
	w->sums[dport->run_cls.n] = (struct sum){ { 0, 0 } };
}

static int build_classes(struct fb_compiler *c, struct l4_work *w, struct fb_classify_header *h)
{
	size_t n = w->rep.n * w->axis[DPORT].n;
	int r;

	c->spent = w->rep.n > 65535 || n > FB_L4_TABLE_MAX;
	if (c->spent)
		return fb_error_set(c->err, -E2BIG,
				    "the services tell %zu combinations of protocol and source port and %u "
				    "destination ports apart, more than %u together; "
				    "use fewer different port ranges",
				    w->rep.n, w->axis[DPORT].n, FB_L4_TABLE_MAX);
	r = fb_section(c, "L4 classes", n / 2 + 1, &h->l4);
	for (size_t i = 0; i < w->rep.n && !r && c->n_l4 <= FB_L4_CLASSES_MAX; i++)
		classes_of(c, w, &w->rep.v[i], (__u16 *)(c->img + h->l4) + i * w->axis[DPORT].n);
	h->l4 = FB_LINK(h->l4);
	c->spent = !r && c->n_l4 > FB_L4_CLASSES_MAX;
	if (c->spent)
		r = fb_error_set(
			c->err, -E2BIG,
			"the services fall into more than %u classes: use fewer different port ranges",
			FB_L4_CLASSES_MAX);
	return r;
}

/* The classes of all ports: a link for each 256 of them, equal ones once. */
static int emit_ports_axis(struct fb_compiler *c, const char *name, const struct axis *axis, __u32 *ret)
{
	struct fb_pool pages = { 0 };
	__u32 page_of[FB_PORT_PAGES], at;
	int r;

	for (__u32 i = 0; i < FB_PORT_PAGES; i++) {
		__u32 page[FB_PORT_PAGE / 2];

		for (__u32 v = 0; v < FB_PORT_PAGE; v++)
			((__u16 *)page)[v] = (__u16)axis->cls[i * FB_PORT_PAGE + v];
		page_of[i] = fb_pool_intern(&pages, page, FB_ARRAY_SIZE(page));
	}
	r = fb_section(c, name, FB_PORT_PAGES + pages.words.n, &at);
	if (!r) {
		for (__u32 i = 0; i < FB_PORT_PAGES; i++)
			c->img[at + i] = FB_LINK(at + FB_PORT_PAGES + pages.entries.v[page_of[i]].off);
		memcpy(c->img + at + FB_PORT_PAGES, pages.words.v, pages.words.n * sizeof(__u32));
		*ret = FB_LINK(at);
	}
	fb_pool_done(&pages);
	return r;
}

static int emit_axes(struct fb_compiler *c, struct l4_work *w, struct fb_classify_header *h)
{
	int r = fb_section(c, "protocols", 256 / 4, &h->proto);

	if (!r)
		r = emit_ports_axis(c, "source ports", &w->axis[SPORT], &h->sport);
	if (!r)
		r = emit_ports_axis(c, "destination ports", &w->axis[DPORT], &h->dport);
	if (!r)
		r = fb_section(c, "protocols x ports", w->source.n / 2 + 1, &h->source);
	if (r)
		return r;
	for (__u32 v = 0; v < 256; v++)
		((__u8 *)(c->img + h->proto))[v] = (__u8)w->axis[PROTO].cls[v];
	for (size_t i = 0; i < w->source.n; i++)
		((__u16 *)(c->img + h->source))[i] = (__u16)w->source.v[i];
	h->proto = FB_LINK(h->proto);
	h->source = FB_LINK(h->source);
	h->n_sport = w->axis[SPORT].n;
	h->n_dport = w->axis[DPORT].n;
	return 0;
}

int fb_compile_l4(struct fb_compiler *c, struct fb_classify_header *h)
{
	struct l4_work w = { .sums = fb_zalloc(65537, sizeof(struct sum)) };
	int r;

	c->services = fb_zalloc(c->rs->services.n, sizeof(*c->services));
	for (__u32 svc = 0; svc < c->rs->services.n; svc++)
		for (size_t i = 0; i < c->rs->services.v[svc].n && c->used_service[svc]; i++)
			fb_vec_add(&w.specs, (struct spec){ c->rs->services.v[svc].v[i], svc });
	for (int a = 0; a < AXES; a++)
		build_axis(&w, a);
	build_source(&w);
	w.begin = fb_zalloc(w.axis[DPORT].run_cls.n, sizeof(*w.begin));
	w.next = fb_zalloc(w.specs.n + 1, sizeof(*w.next));
	r = build_classes(c, &w, h);
	if (!r)
		r = emit_axes(c, &w, h);
	c->stats->l4_classes = c->n_l4;
	for (int a = 0; a < AXES; a++) {
		free(w.axis[a].cls);
		free(w.axis[a].run);
		fb_vec_done(&w.axis[a].run_cls);
		fb_vec_done(&w.axis[a].run_first);
	}
	free(w.sums);
	fb_memo_done(&w.known);
	fb_vec_done(&w.specs);
	fb_vec_done(&w.source);
	fb_vec_done(&w.rep);
	free(w.begin);
	free(w.next);
	fb_vec_done(&w.live);
	return r;
}

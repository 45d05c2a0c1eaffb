// SPDX-License-Identifier: GPL-2.0-only
/* Protocol and ports to L4 classes: each axis to classes of values that no service tells apart, their product to the services that match. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/image.h"

#define FB_L4_RAW_MAX (4u << 20) /* halves: 8 MiB of the image */

struct fb_axis {
	unsigned int size;     /* 256 or 65536 values */
	__u32 *cls;	       /* value -> class */
	__u32 n;	       /* classes */
	struct fb_chains sigs; /* which distinct ranges hold the value */
};

struct fb_stretch {
	__u32 lo, hi;
};
struct fb_stretches FB_VEC(struct fb_stretch);

static struct fb_stretch axis_range(const struct fb_l4 *l4, int axis)
{
	if (axis == 0)
		return (struct fb_stretch){ l4->proto_lo, l4->proto_hi };
	if (axis == 1)
		return (struct fb_stretch){ l4->sport_lo, l4->sport_hi };
	return (struct fb_stretch){ l4->dport_lo, l4->dport_hi };
}

static int stretch_cmp(const void *pa, const void *pb)
{
	const struct fb_stretch *a = pa, *b = pb;

	return a->lo != b->lo ? (a->lo < b->lo ? -1 : 1) : a->hi < b->hi ? -1 : a->hi > b->hi;
}

/* Every distinct range appends itself to the signature of each value in it; equal signatures are one class, numbered densely. */
static void axis_build(struct fb_axis *axis, const struct fb_ruleset *rs, int which)
{
	struct fb_stretches all = { 0 };
	__u32 *number;

	for (size_t i = 0; i < rs->services.n; i++)
		for (size_t k = 0; k < rs->services.v[i].n; k++)
			fb_vec_add(&all, axis_range(&rs->services.v[i].v[k], which));
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), stretch_cmp);
	axis->size = which ? 65536 : 256;
	axis->cls = calloc(axis->size, sizeof(*axis->cls));
	for (size_t i = 0; i < all.n; i++) {
		if (i && stretch_cmp(&all.v[i], &all.v[i - 1]) == 0)
			continue;
		if (all.v[i].lo == 0 && all.v[i].hi == axis->size - 1)
			continue; /* tells nothing apart */
		for (__u32 v = all.v[i].lo; v <= all.v[i].hi; v++)
			axis->cls[v] = fb_chain_append(&axis->sigs, axis->cls[v], (__u32)i);
	}
	number = calloc(axis->sigs.nodes.n + 1, sizeof(*number));
	for (__u32 v = 0; v < axis->size; v++) {
		__u32 *seen = &number[axis->cls[v]];

		if (!*seen)
			*seen = ++axis->n;
		axis->cls[v] = *seen - 1;
	}
	free(number);
	fb_vec_done(&all);
}

static void axis_done(struct fb_axis *axis)
{
	free(axis->cls);
	fb_chains_done(&axis->sigs);
}

/* The distinct classes of the values lo..hi; returns how many. mark has axis->n bytes and is left zero. */
static __u32 axis_cover(const struct fb_axis *axis, struct fb_stretch r, __u8 *mark, __u32 *out)
{
	__u32 n = 0;

	for (__u32 v = r.lo; v <= r.hi && n < axis->n; v++) {
		if (mark[axis->cls[v]])
			continue;
		mark[axis->cls[v]] = 1;
		out[n++] = axis->cls[v];
	}
	for (__u32 i = 0; i < n; i++)
		mark[out[i]] = 0;
	return n;
}

/* Every service appends itself to each raw cell that it covers. */
static void paint(struct fb_compiler *c, const struct fb_axis axes[3], __u32 *raw)
{
	__u32 *cover[3];
	__u8 *mark = calloc(65536, 1);

	for (int a = 0; a < 3; a++)
		cover[a] = calloc(axes[a].n, sizeof(__u32));
	for (size_t s = 0; s < c->rs->services.n; s++) {
		for (size_t k = 0; k < c->rs->services.v[s].n; k++) {
			__u32 n[3];

			for (int a = 0; a < 3; a++)
				n[a] = axis_cover(&axes[a], axis_range(&c->rs->services.v[s].v[k], a), mark, cover[a]);
			for (__u32 x = 0; x < n[0]; x++)
				for (__u32 y = 0; y < n[1]; y++)
					for (__u32 z = 0; z < n[2]; z++) {
						__u32 *cell = &raw[(cover[0][x] * axes[1].n + cover[1][y]) * axes[2].n + cover[2][z]];

						*cell = fb_chain_append(&c->l4_sets, *cell, (__u32)s);
					}
		}
	}
	for (int a = 0; a < 3; a++)
		free(cover[a]);
	free(mark);
}

/* Signatures that occur in the end become classes 1.. ; svc_classes is the inverse. */
static void number_classes(struct fb_compiler *c, __u32 *raw, size_t n_raw)
{
	__u32 *number = calloc(c->l4_sets.nodes.n + 1, sizeof(*number)), *list = calloc(c->rs->services.n + 1, sizeof(*list));

	c->svc_classes = calloc(c->rs->services.n + 1, sizeof(*c->svc_classes));
	for (size_t i = 0; i < n_raw; i++) {
		__u32 sig = raw[i];

		if (sig && !number[sig]) {
			__u32 n = fb_chain_len(&c->l4_sets, sig);

			number[sig] = ++c->n_l4;
			fb_chain_read(&c->l4_sets, sig, list);
			for (__u32 k = 0; k < n; k++)
				fb_vec_add(&c->svc_classes[list[k]], c->n_l4);
		}
		raw[i] = sig ? number[sig] : 0;
	}
	free(number);
	free(list);
}

static int emit_l4(struct fb_compiler *c, struct fb_classify_header *h, const struct fb_axis axes[3], const __u32 *raw, size_t n_raw)
{
	int r = fb_section(c, "protocols", 256 / 4, &h->proto_w);

	if (!r)
		r = fb_section(c, "source ports", 65536 / 2, &h->sport_w);
	if (!r)
		r = fb_section(c, "destination ports", 65536 / 2, &h->dport_w);
	if (!r)
		r = fb_section(c, "L4 classes", n_raw / 2 + 1, &h->l4_w);
	if (r)
		return r;
	for (__u32 v = 0; v < 256; v++)
		((__u8 *)(c->img + h->proto_w))[v] = (__u8)axes[0].cls[v];
	for (__u32 v = 0; v < 65536; v++) {
		((__u16 *)(c->img + h->sport_w))[v] = (__u16)axes[1].cls[v];
		((__u16 *)(c->img + h->dport_w))[v] = (__u16)axes[2].cls[v];
	}
	for (size_t i = 0; i < n_raw; i++)
		((__u16 *)(c->img + h->l4_w))[i] = (__u16)raw[i];
	h->n_sport = axes[1].n;
	h->n_dport = axes[2].n;
	return 0;
}

int fb_compile_l4(struct fb_compiler *c, struct fb_classify_header *h)
{
	struct fb_axis axes[3] = { 0 };
	size_t n_raw;
	int r;

	for (int a = 0; a < 3; a++)
		axis_build(&axes[a], c->rs, a);
	n_raw = (size_t)axes[0].n * axes[1].n * axes[2].n;
	if (n_raw > FB_L4_RAW_MAX) {
		r = fb_error_set(c->err, -E2BIG,
				 "the services tell %u protocols, %u source ports and %u destination ports apart: %zu combinations, more than %u; use fewer different port ranges",
				 axes[0].n, axes[1].n, axes[2].n, n_raw, FB_L4_RAW_MAX);
	} else {
		__u32 *raw = calloc(n_raw + 1, sizeof(*raw));

		paint(c, axes, raw);
		number_classes(c, raw, n_raw);
		c->stats->l4_classes = c->n_l4;
		if (c->n_l4 > 65534)
			r = fb_error_set(c->err, -E2BIG, "the services fall into %u classes, more than 65534", c->n_l4);
		else
			r = emit_l4(c, h, axes, raw, n_raw);
		free(raw);
	}
	for (int a = 0; a < 3; a++)
		axis_done(&axes[a]);
	return r;
}

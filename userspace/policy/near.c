// SPDX-License-Identifier: GPL-2.0-only
#include "policy/near.h"

#include <stdint.h>
#include <stdlib.h>

/* IPv6 by the upper half: who shares a /64 may meet. Nothing is 1..0. */
static void side_of(const struct fb_ruleset *rs, const struct fb_box *box, int side, int f, __u64 ret[2])
{
	const struct fb_ranges *r = &rs->sets.v[side ? box->dst : box->src].r[f];

	ret[0] = 1;
	ret[1] = 0;
	if (!r->n)
		return;
	ret[0] = f ? r->v[0].first.hi : r->v[0].first.lo;
	ret[1] = f ? r->v[r->n - 1].last.hi : r->v[r->n - 1].last.lo;
}

static void bound_service(const struct fb_l4set *set, __u64 ret[2])
{
	ret[0] = UINT64_MAX;
	ret[1] = 0;
	for (size_t i = 0; i < set->n; i++) {
		__u64 first = (__u64)set->v[i].proto_lo << 16 | set->v[i].dport_lo,
		      last = (__u64)set->v[i].proto_hi << 16 | set->v[i].dport_hi;

		ret[0] = first < ret[0] ? first : ret[0];
		ret[1] = last > ret[1] ? last : ret[1];
	}
}

void fb_near_init(struct fb_near *near, const struct fb_ruleset *rs, enum fb_rule_kind kind)
{
	*near = (struct fb_near){ .rs = rs, .services = calloc(rs->services.n + 1, sizeof(*near->services)) };
	if (!near->services)
		abort();
	for (size_t i = 0; i < rs->services.n; i++)
		bound_service(&rs->services.v[i], near->services[i]);
	for (unsigned int i = 0; i < rs->boxes.n; i++) {
		const struct fb_box *box = &rs->boxes.v[i];
		__u64 bounds[2];

		if (rs->lines.v[box->line].kind != kind)
			continue;
		fb_axis_add(&near->svc, i, near->services[box->svc][0], near->services[box->svc][1]);
		for (int side = 0; side < 2; side++)
			for (int f = 0; f < 2; f++) {
				side_of(rs, box, side, f, bounds);
				fb_axis_add(&near->side[side][f], i, bounds[0], bounds[1]);
			}
	}
	fb_axis_build(&near->svc);
	for (int side = 0; side < 2; side++)
		for (int f = 0; f < 2; f++)
			fb_axis_build(&near->side[side][f]);
}

bool fb_near_find(struct fb_near *near, const struct fb_box *box, size_t max)
{
	const __u64 *svc = near->services[box->svc];
	size_t n = fb_axis_count(&near->svc, svc[0], svc[1]);
	__u64 at[2][2][2];
	int best = -1; /* services */

	for (int side = 0; side < 2; side++) {
		size_t met = 0;

		for (int f = 0; f < 2; f++) {
			side_of(near->rs, box, side, f, at[side][f]);
			met += fb_axis_count(&near->side[side][f], at[side][f][0], at[side][f][1]);
		}
		if (met >= n)
			continue;
		n = met;
		best = side;
	}
	near->found.n = 0;
	if (n > max)
		return false;
	if (best < 0)
		fb_axis_find(&near->svc, svc[0], svc[1], &near->found);
	for (int f = 0; f < 2 && best >= 0; f++)
		fb_axis_find(&near->side[best][f], at[best][f][0], at[best][f][1], &near->found);
	fb_ids_sort(&near->found);
	return true;
}

void fb_near_done(struct fb_near *near)
{
	free(near->services);
	fb_axis_done(&near->svc);
	for (int side = 0; side < 2; side++)
		for (int f = 0; f < 2; f++)
			fb_axis_done(&near->side[side][f]);
	fb_vec_done(&near->found);
	*near = (struct fb_near){ 0 };
}

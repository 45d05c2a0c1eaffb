// SPDX-License-Identifier: GPL-2.0-only
#include "policy/near.h"

#include <stdint.h>
#include <stdlib.h>

/* IPv6 by the upper half: who shares a /64 may meet. Nothing is 1..0. */
static void bound_side(const struct fb_ipset *set, int f, __u64 ret[2])
{
	const struct fb_ranges *r = &set->r[f];

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

void fb_near_add(struct fb_near *near, unsigned int id, const struct fb_ipset *src,
		 const struct fb_ipset *dst, const struct fb_l4set *services)
{
	__u64 bounds[2];

	bound_service(services, bounds);
	fb_axis_add(&near->svc, id, bounds[0], bounds[1]);
	for (int side = 0; side < 2; side++)
		for (int f = 0; f < 2; f++) {
			bound_side(side ? dst : src, f, bounds);
			fb_axis_add(&near->side[side][f], id, bounds[0], bounds[1]);
		}
}

void fb_near_build(struct fb_near *near)
{
	fb_axis_build(&near->svc);
	for (int side = 0; side < 2; side++)
		for (int f = 0; f < 2; f++)
			fb_axis_build(&near->side[side][f]);
}

bool fb_near_find(struct fb_near *near, const struct fb_ipset *src, const struct fb_ipset *dst,
		  const struct fb_l4set *services, size_t max)
{
	__u64 svc[2], at[2][2][2];
	int best = -1; /* services */
	size_t n;

	bound_service(services, svc);
	n = fb_axis_count(&near->svc, svc[0], svc[1]);
	for (int side = 0; side < 2; side++) {
		size_t met = 0;

		for (int f = 0; f < 2; f++) {
			bound_side(side ? dst : src, f, at[side][f]);
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
	fb_axis_done(&near->svc);
	for (int side = 0; side < 2; side++)
		for (int f = 0; f < 2; f++)
			fb_axis_done(&near->side[side][f]);
	fb_vec_done(&near->found);
	*near = (struct fb_near){ 0 };
}

// SPDX-License-Identifier: GPL-2.0-only
#include "policy/cubes.h"

#include <stdlib.h>

void fb_cube_done(struct fb_reach *cube)
{
	fb_ipset_done(&cube->src);
	fb_ipset_done(&cube->dst);
	free(cube->services.v);
	cube->services = (struct fb_l4set){ 0 };
}

static bool begins(const struct fb_ipset *src, const struct fb_ipset *dst, const struct fb_l4set *services,
		   int f)
{
	return src->r[f].n && dst->r[f].n && fb_l4set_begins(services, f ? 6 : 4);
}

bool fb_box_begins(const struct fb_ruleset *rs, const struct fb_box *box)
{
	const struct fb_ipset *src = &rs->sets.v[box->src], *dst = &rs->sets.v[box->dst];
	const struct fb_l4set *services = &rs->services.v[box->svc];

	return begins(src, dst, services, 0) || begins(src, dst, services, 1);
}

bool fb_cube_trim(struct fb_reach *cube)
{
	for (int f = 0; f < 2; f++) {
		if (begins(&cube->src, &cube->dst, &cube->services, f))
			continue;
		fb_vec_done(&cube->src.r[f]);
		fb_vec_done(&cube->dst.r[f]);
	}
	return cube->services.n && !fb_ipset_empty(&cube->src);
}

/* The addresses of the host that those of this family are of. False: there are none, or they are of several. */
static bool single_host(const struct fb_ruleset *rs, const struct fb_ipset *set, int f, struct fb_ipset *ret)
{
	const struct fb_ranges *r = &set->r[f];
	struct fb_ipset part = { 0 };

	part.r[f] = *r;
	for (size_t i = 0; r->n && i < rs->devices.n; i++) {
		const struct fb_ipset *ips = &rs->devices.v[i].ips;

		if (!fb_ipset_has(ips, f ? 6 : 4, r->v[0].first))
			continue;
		if (!fb_ipset_within(&part, ips))
			return false;
		for (size_t k = 0; k < ips->r[f].n; k++)
			fb_ipset_add(ret, f ? 6 : 4, ips->r[f].v[k]);
		return true;
	}
	if (r->n != 1 || fb_ip_cmp(r->v[0].first, r->v[0].last) != 0)
		return false;
	fb_ipset_add(ret, f ? 6 : 4, r->v[0]);
	return true;
}

bool fb_single_hosts(const struct fb_ruleset *rs, const struct fb_ipset *set, struct fb_ipset *ret)
{
	*ret = (struct fb_ipset){ 0 };
	for (int f = 0; f < 2; f++)
		if (set->r[f].n && !single_host(rs, set, f, ret)) {
			fb_ipset_done(ret);
			return false;
		}
	return true;
}

bool fb_is_one_host(const struct fb_ruleset *rs, int family, struct fb_ip a, int other, struct fb_ip b)
{
	bool same = family == other && !fb_ip_cmp(a, b);

	for (size_t i = 0; i < rs->devices.n && !same; i++)
		same = fb_ipset_has(&rs->devices.v[i].ips, family, a) &&
		       fb_ipset_has(&rs->devices.v[i].ips, other, b);
	return same;
}

static void leave_out(const struct fb_ruleset *rs, const struct fb_ipset *one, int f, struct fb_ipset *from)
{
	struct fb_ipset host = { 0 }, left;

	if (single_host(rs, one, f, &host) && fb_ipset_overlaps(from, &host)) {
		fb_ipset_subtract(from, &host, &left);
		fb_ipset_done(from);
		*from = left;
	}
	fb_ipset_done(&host);
}

bool fb_cube_part_hosts(const struct fb_ruleset *rs, struct fb_reach *cube)
{
	for (int f = 0; f < 2 && cube->src_zone == cube->dst_zone; f++) {
		leave_out(rs, &cube->src, f, &cube->dst);
		leave_out(rs, &cube->dst, f, &cube->src);
	}
	return fb_cube_trim(cube);
}

void fb_cubes_part_hosts(const struct fb_ruleset *rs, struct fb_reach_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (fb_cube_part_hosts(rs, &list->v[i]))
			list->v[kept++] = list->v[i];
		else
			fb_cube_done(&list->v[i]);
	list->n = kept;
}

bool fb_cube_intersect(const struct fb_reach *a, const struct fb_reach *b, struct fb_reach *ret)
{
	struct fb_reach both = {
		.src_zone = a->src_zone, .dst_zone = a->dst_zone, .line = a->line, .deadline = a->deadline
	};

	*ret = (struct fb_reach){ 0 };
	if (!fb_l4set_overlaps(&a->services, &b->services) || !fb_ipset_overlaps(&a->src, &b->src) ||
	    !fb_ipset_overlaps(&a->dst, &b->dst))
		return false;
	fb_ipset_intersect(&a->src, &b->src, &both.src);
	fb_ipset_intersect(&a->dst, &b->dst, &both.dst);
	both.services = fb_l4set_combine(&a->services, &b->services, FB_L4_INTERSECT);
	if (fb_cube_trim(&both)) {
		*ret = both;
		return true;
	}
	fb_cube_done(&both);
	return false;
}

void fb_cubes_add_copy(struct fb_reach_list *list, const struct fb_reach *cube)
{
	struct fb_reach copy = *cube;
	struct fb_l4set none = { 0 };

	fb_ipset_copy(&cube->src, &copy.src);
	fb_ipset_copy(&cube->dst, &copy.dst);
	copy.services = fb_l4set_combine(&cube->services, &none, FB_L4_UNION);
	fb_vec_add(list, copy);
}

static void add_left(struct fb_reach_list *list, struct fb_reach *piece)
{
	if (fb_cube_trim(piece))
		fb_vec_add(list, *piece);
	else
		fb_cube_done(piece);
}

/* cube less both (which lies within it), as three boxes: other sources; these to other destinations; between both, other services. */
static void split(struct fb_reach_list *list, const struct fb_reach *cube, const struct fb_reach *both)
{
	struct fb_reach piece = *cube;
	struct fb_l4set none = { 0 };

	fb_ipset_subtract(&cube->src, &both->src, &piece.src);
	fb_ipset_copy(&cube->dst, &piece.dst);
	piece.services = fb_l4set_combine(&cube->services, &none, FB_L4_UNION);
	add_left(list, &piece);
	piece = *cube;
	fb_ipset_copy(&both->src, &piece.src);
	fb_ipset_subtract(&cube->dst, &both->dst, &piece.dst);
	piece.services = fb_l4set_combine(&cube->services, &none, FB_L4_UNION);
	add_left(list, &piece);
	piece = *cube;
	fb_ipset_copy(&both->src, &piece.src);
	fb_ipset_copy(&both->dst, &piece.dst);
	piece.services = fb_l4set_combine(&cube->services, &both->services, FB_L4_SUBTRACT);
	add_left(list, &piece);
}

void fb_cubes_subtract(struct fb_reach_list *list, const struct fb_reach *less)
{
	size_t n = list->n, kept = 0;
	struct fb_reach_list pieces = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct fb_reach *cube = &list->v[i], both;

		if (cube->src_zone != less->src_zone || cube->dst_zone != less->dst_zone ||
		    !fb_cube_intersect(cube, less, &both)) {
			list->v[kept++] = *cube;
			continue;
		}
		split(&pieces, cube, &both);
		fb_cube_done(&both);
		fb_cube_done(cube);
	}
	list->n = kept;
	for (size_t i = 0; i < pieces.n; i++)
		fb_vec_add(list, pieces.v[i]);
	fb_vec_done(&pieces);
}

/* ---- unions --------------------------------------------------------------------------------------------------------- */

/* A protocol that only those name who mean all: most lines and guards do not, and need no arithmetic. */
static bool has_rare(const struct fb_l4set *services)
{
	enum { EXPERIMENT = 253 }; /* RFC 3692 */

	return fb_l4set_has(services, EXPERIMENT, 0, 0);
}

/* May one end of the cube speak to all of the other side, by that protocol? */
static bool end_covered(const struct fb_ruleset *rs, const struct fb_reach *cube,
			const struct fb_box *const *boxes, size_t n, bool source)
{
	for (int f = 0; f < 2; f++) {
		const struct fb_ranges *ends = source ? &cube->src.r[f] : &cube->dst.r[f];
		struct fb_ipset wanted = { 0 }, all = { 0 };
		bool covered;

		if (!ends->n)
			continue;
		wanted.r[f] = source ? cube->dst.r[f] : cube->src.r[f];
		for (size_t i = 0; i < n; i++) {
			const struct fb_ipset *src = &rs->sets.v[boxes[i]->src],
					      *dst = &rs->sets.v[boxes[i]->dst];

			if (has_rare(&rs->services.v[boxes[i]->svc]) &&
			    fb_ipset_has(source ? src : dst, f ? 6 : 4, ends->v[0].first))
				fb_ipset_add_set(&all, source ? dst : src);
		}
		covered = fb_ipset_within(&wanted, &all);
		fb_ipset_done(&all);
		if (!covered)
			return false;
	}
	return true;
}

bool fb_cube_covered(const struct fb_ruleset *rs, const struct fb_reach *cube,
		     const struct fb_box *const *boxes, size_t n)
{
	enum { LEFT_MAX = 4096 };
	struct fb_reach_list left = { 0 };
	bool covered;

	fb_cubes_add_copy(&left, cube);
	if (!fb_cube_trim(&left.v[0]) ||
	    (has_rare(&cube->services) && (!end_covered(rs, &left.v[0], boxes, n, true) ||
					   !end_covered(rs, &left.v[0], boxes, n, false)))) {
		fb_reach_done(&left);
		return false;
	}
	for (size_t i = 0; i < 2 * n && left.n && left.n <= LEFT_MAX; i++) {
		const struct fb_box *box = boxes[i % n];
		const struct fb_reach less = { .src = rs->sets.v[box->src],
					       .dst = rs->sets.v[box->dst],
					       .services = rs->services.v[box->svc],
					       .src_zone = cube->src_zone,
					       .dst_zone = cube->dst_zone };

		if (has_rare(&less.services) == (i < n)) /* the wide ones first: mostly they are enough */
			fb_cubes_subtract(&left, &less);
	}
	covered = !left.n;
	fb_reach_done(&left);
	return covered;
}

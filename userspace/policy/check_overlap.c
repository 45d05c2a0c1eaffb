// SPDX-License-Identifier: GPL-2.0-only
/*
 * S18: lines that meet have one limit. S26: what is allowed and what is never allowed may not meet. Every box of a guard is held against every box of a line; most of
 * these pairs part at their bounds, which are compared first: 10,000 lines against 1,000 guards take some 50 ms.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/check_meet.h"
#include "policy/cubes.h"
#include "policy/near.h"

static void report(struct fb_checker *c, const struct fb_box *allow, const struct fb_box *never, int family)
{
	const struct fb_ruleset *rs = c->rs;
	const struct fb_line *line = &rs->lines.v[allow->line], *guard = &rs->lines.v[never->line];
	const char *packet,
		*service = fb_meet_service(c, line->allow, &rs->services.v[never->svc], family, &packet);
	struct fb_ip src, dst;

	fb_meet_examples(c, allow, never, family, &src, &dst);
	fb_diag_error(c->diags, line->at,
		      fb_diag_printf(c->diags, "for example %s -> %s %s", fb_meet_address(c, family, src),
				     fb_meet_address(c, family, dst), packet),
		      "allows %s -> %s %s, which the never at %s forbids", fb_meet_source(c, family, src),
		      fb_meet_destination(c, family, src, dst), service, fb_check_place(c, guard->at));
}

/* ---- S14: copies of multicast ---------------------------------------------------------------------------------------- */

/* The zone (bit) of a multicast box in which a copy may reach somebody whom the guard keeps its source from; 0 = none. */
static unsigned int forbidden_zone(const struct fb_ruleset *rs, const struct fb_box *allow,
				   const struct fb_box *never, int *ret_family)
{
	for (unsigned int id = FB_ZONE_SELF; id < FB_ZONES_MAX; id++) {
		struct fb_ipset all, dst = { 0 };

		if (!(allow->group & FB_ZONE_BIT(id)))
			continue;
		all = fb_group_listeners(rs, &rs->sets.v[allow->dst], FB_ZONE_BIT(id));
		*ret_family = 0;
		for (int f = 0; f < 2 && !*ret_family; f++) {
			struct fb_ipset as = { 0 }, bs = { 0 }, bd = { 0 };

			dst = (struct fb_ipset){ 0 };
			as.r[f] = rs->sets.v[allow->src].r[f];
			dst.r[f] = all.r[f];
			bs.r[f] = rs->sets.v[never->src].r[f];
			bd.r[f] = rs->sets.v[never->dst].r[f];
			if (fb_ipset_overlaps(&as, &bs) && fb_ipset_overlaps(&dst, &bd))
				*ret_family = f ? 6 : 4;
		}
		fb_ipset_done(&all);
		if (*ret_family)
			return id;
	}
	return 0;
}

/* True = reported. */
static bool hold_group(struct fb_checker *c, const struct fb_box *allow, const struct fb_box *never)
{
	const struct fb_ruleset *rs = c->rs;
	const struct fb_line *line = &rs->lines.v[allow->line], *guard = &rs->lines.v[never->line];
	const char *packet, *service;
	unsigned int zone;
	struct fb_ip src;
	int family;

	if (!allow->group || !fb_l4set_overlaps(&rs->services.v[allow->svc], &rs->services.v[never->svc]))
		return false;
	zone = forbidden_zone(rs, allow, never, &family);
	if (!zone || !fb_services_meet(&rs->services.v[allow->svc], &rs->services.v[never->svc], family))
		return false;
	src = fb_meet_example(c, &rs->sets.v[allow->src], &rs->sets.v[never->src], family);
	service = fb_meet_service(c, line->allow, &rs->services.v[never->svc], family, &packet);
	fb_diag_error(
		c->diags, line->at,
		fb_diag_printf(c->diags,
			       "copies of multicast reach whoever listens there; for example from %s, %s",
			       fb_meet_address(c, family, src), packet),
		"allows %s -> %s %s, which the never at %s forbids", fb_meet_source(c, family, src),
		fb_ruleset_zone_name(rs, zone), service, fb_check_place(c, guard->at));
	return true;
}

static void report_groups(struct fb_checker *c, const struct fb_box *box, const struct fb_box *other,
			  int family)
{
	const struct fb_ruleset *rs = c->rs;
	const struct fb_line *line = &rs->lines.v[box->line], *first = &rs->lines.v[other->line];
	fb_autostrbuf struct fb_strbuf here = { 0 }, there = { 0 };
	struct fb_ip src, dst;
	const char *packet;

	fb_meet_examples(c, box, other, family, &src, &dst);
	fb_meet_service(c, line->allow, &rs->services.v[other->svc], family, &packet);
	fb_ruleset_print_zones(rs, line->group, &here);
	fb_ruleset_print_zones(rs, first->group, &there);
	fb_diag_error(c->diags, line->at, "write one firebreak with all of these zones on the right",
		      "overlaps %s (%s -> %s %s): its copies go into %s, those of this line into %s",
		      fb_check_place(c, first->at), fb_meet_address(c, family, src),
		      fb_meet_address(c, family, dst), packet, fb_strbuf_get(&there), fb_strbuf_get(&here));
}

/* A packet is copied into one set of zones, that of its line: lines that meet have the same. */
static void check_groups(struct fb_checker *c)
{
	const struct fb_ruleset *rs = c->rs;
	unsigned int reported = 0;

	for (size_t i = 0; i < rs->boxes.n; i++) {
		const struct fb_box *box = &rs->boxes.v[i];

		for (size_t k = 0; box->group && k < i && reported != box->line + 1; k++) {
			const struct fb_box *other = &rs->boxes.v[k];
			int family;

			if (!other->group || rs->lines.v[other->line].group == rs->lines.v[box->line].group)
				continue;
			family = fb_boxes_meet(rs, box, other);
			if (!family)
				continue;
			report_groups(c, box, other, family);
			reported = box->line + 1;
		}
	}
}

/* ---- S18: one limit for a packet ------------------------------------------------------------------------------------ */

static void report_caps(struct fb_checker *c, const struct fb_box *box, const struct fb_box *other,
			int family)
{
	const struct fb_ruleset *rs = c->rs;
	const struct fb_line *line = &rs->lines.v[box->line], *first = &rs->lines.v[other->line];
	struct fb_ip src, dst;
	const struct fb_cap *a = &line->cap, *b = &first->cap;
	bool limits = a->kind != b->kind || a->scope != b->scope || a->cost != b->cost ||
		      a->burst != b->burst;
	const char *packet;

	fb_meet_examples(c, box, other, family, &src, &dst);
	fb_meet_service(c, line->allow, &rs->services.v[other->svc], family, &packet);
	fb_diag_error(c->diags, line->at, "a packet has one limit and one quota, that of its line",
		      "overlaps %s (%s -> %s %s) with another %s: split them", fb_check_place(c, first->at),
		      fb_meet_address(c, family, src), fb_meet_address(c, family, dst), packet,
		      limits ? "limit" : "quota");
}

struct caps {
	const struct fb_bounds *bounds;
	const unsigned int *number; /* of the cap, by line */
	struct fb_near near;
};

/* Whether box k is of another line with another cap, and shares a packet with box i: the family, or 0. */
static int caps_meet(const struct fb_ruleset *rs, const struct caps *caps, size_t i, size_t k)
{
	const struct fb_box *box = &rs->boxes.v[i], *other = &rs->boxes.v[k];

	if (caps->number[other->line] == caps->number[box->line] ||
	    rs->lines.v[other->line].kind != FB_RULE_ALLOW ||
	    !fb_bounds_meet(&caps->bounds[box->src], &caps->bounds[other->src]) ||
	    !fb_bounds_meet(&caps->bounds[box->dst], &caps->bounds[other->dst]))
		return 0;
	return fb_boxes_meet(rs, box, other);
}

/*
 * The first line before the box's that it shares a packet but not the cap with; true = reported. Where many may meet it, one of the first mostly does: then all are
 * looked at in turn, as that costs no sorting.
 */
static bool hold_caps(struct fb_checker *c, struct caps *caps, size_t i)
{
	const struct fb_ids *near = &caps->near.found;
	const struct fb_box *box = &c->rs->boxes.v[i];
	bool few = fb_near_find(&caps->near, &c->rs->sets.v[box->src], &c->rs->sets.v[box->dst],
				&c->rs->services.v[box->svc], i / 8);

	for (size_t at = 0; at < (few ? near->n : i); at++) {
		size_t k = few ? near->v[at] : at;
		int family = k < i ? caps_meet(c->rs, caps, i, k) : 0;

		if (!family)
			continue;
		report_caps(c, &c->rs->boxes.v[i], &c->rs->boxes.v[k], family);
		return true;
	}
	return false;
}

/* Lines with equal caps get one number, so that most pairs of boxes need no look: a policy has few caps. */
static bool number_caps(const struct fb_ruleset *rs, unsigned int *caps)
{
	struct FB_VEC(const struct fb_cap *) seen = { 0 };
	bool differ;

	for (size_t i = 0; i < rs->lines.n; i++) {
		if (rs->lines.v[i].kind != FB_RULE_ALLOW)
			continue;
		while (caps[i] < seen.n && !fb_cap_equal(seen.v[caps[i]], &rs->lines.v[i].cap))
			caps[i]++;
		if (caps[i] == seen.n)
			fb_vec_add(&seen, &rs->lines.v[i].cap);
	}
	differ = seen.n > 1;
	fb_vec_done(&seen);
	return differ;
}

static void check_caps(struct fb_checker *c, const struct fb_bounds *bounds)
{
	fb_autofree unsigned int *number = calloc(c->rs->lines.n + 1, sizeof(*number));
	struct caps caps = { .bounds = bounds, .number = number };
	unsigned int reported = 0;

	if (!number)
		abort();
	if (!number_caps(c->rs, number))
		return;
	for (unsigned int i = 0; i < c->rs->boxes.n; i++) {
		const struct fb_box *box = &c->rs->boxes.v[i];

		if (c->rs->lines.v[box->line].kind == FB_RULE_ALLOW)
			fb_near_add(&caps.near, i, &c->rs->sets.v[box->src], &c->rs->sets.v[box->dst],
				    &c->rs->services.v[box->svc]);
	}
	fb_near_build(&caps.near);
	for (size_t i = 0; i < c->rs->boxes.n; i++) {
		unsigned int line = c->rs->boxes.v[i].line;

		if (c->rs->lines.v[line].kind == FB_RULE_ALLOW && reported != line + 1 &&
		    hold_caps(c, &caps, i))
			reported = line + 1;
	}
	fb_near_done(&caps.near);
}

/* ---- the search ---------------------------------------------------------------------------------------------------- */

struct box_refs FB_VEC(const struct fb_box *);

static void hold_against(struct fb_checker *c, const struct fb_box *allow, const struct box_refs *nevers,
			 const struct fb_bounds *bounds, unsigned int *reported)
{
	for (size_t i = 0; i < nevers->n && *reported != allow->line + 1; i++) {
		const struct fb_box *never = nevers->v[i];
		int family;

		if (hold_group(c, allow, never)) {
			*reported = allow->line + 1;
			break;
		}
		if (!fb_bounds_meet(&bounds[allow->src], &bounds[never->src]) ||
		    !fb_bounds_meet(&bounds[allow->dst], &bounds[never->dst]))
			continue;
		family = fb_boxes_meet(c->rs, allow, never);
		if (!family)
			continue;
		report(c, allow, never, family);
		*reported = allow->line + 1; /* the first guard that a line breaks is enough */
	}
}

/* An observe block whose whole pair is forbidden would let nothing pass: somebody is mistaken. */
static void check_observed(struct fb_checker *c, const struct fb_pair_setting *pair,
			   const struct box_refs *nevers)
{
	const struct fb_zone *src = fb_ruleset_zone_by_id(c->rs, pair->src),
			     *dst = fb_ruleset_zone_by_id(c->rs, pair->dst);
	struct fb_l4 all = FB_L4_ALL;
	const struct fb_reach whole = { .src = src->owned, .dst = dst->owned, .services = { &all, 1 } };
	const struct fb_box *first = NULL;

	if (!fb_cube_covered(c->rs, &whole, nevers->v, nevers->n))
		return;
	for (size_t i = 0; i < nevers->n; i++) {
		bool alone = fb_cube_covered(c->rs, &whole, &nevers->v[i], 1);

		if (alone || (!first && fb_ipset_overlaps(&src->owned, &c->rs->sets.v[nevers->v[i]->src]) &&
			      fb_ipset_overlaps(&dst->owned, &c->rs->sets.v[nevers->v[i]->dst])))
			first = nevers->v[i];
		if (!alone)
			continue;
		fb_diag_error(c->diags, pair->at, NULL,
			      "observes %s -> %s, which the never at %s forbids altogether", src->name,
			      dst->name, fb_check_place(c, c->rs->lines.v[first->line].at));
		return;
	}
	fb_diag_error(c->diags, pair->at, NULL,
		      "observes %s -> %s, which the never at %s and others together forbid altogether",
		      src->name, dst->name, fb_check_place(c, c->rs->lines.v[first->line].at));
}

void fb_check_overlaps(struct fb_checker *c)
{
	struct fb_ruleset *rs = c->rs;
	fb_autofree struct fb_bounds *bounds = calloc(rs->sets.n + 1, sizeof(*bounds));
	struct box_refs nevers = { 0 };
	unsigned int reported = 0;

	if (!bounds)
		abort();
	for (size_t i = 0; i < rs->sets.n; i++)
		bounds[i] = fb_bounds_of(&rs->sets.v[i]);
	for (size_t i = 0; i < rs->boxes.n; i++)
		if (rs->lines.v[rs->boxes.v[i].line].kind == FB_RULE_NEVER)
			fb_vec_add(&nevers, &rs->boxes.v[i]);
	for (size_t i = 0; i < rs->boxes.n; i++)
		if (rs->lines.v[rs->boxes.v[i].line].kind == FB_RULE_ALLOW)
			hold_against(c, &rs->boxes.v[i], &nevers, bounds, &reported);
	for (size_t i = 0; i < rs->pairs.n; i++)
		check_observed(c, &rs->pairs.v[i], &nevers);
	check_caps(c, bounds);
	check_groups(c);
	fb_vec_done(&nevers);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A box is covered if nothing is left of it after all others are taken out. Most boxes have a corner that no other box holds, and nearly all others lie as a whole in
 * one of those that hold a corner. The few that remain are taken apart from corner to corner: one that nobody holds ends it. So only the boxes around a
 * point are ever looked for (100,000 lines grown from ClassBench's fw1: 1 s; each against all that it meets was 180).
 */
#include "policy/redundant.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/blocks.h"
#include "policy/l4set.h"

enum { STEPS_MAX = 512, PIECES_MAX = 128 };

/* First and last of every dimension; first > last = nothing. IPv6 by the upper half. */
struct bounds {
	__u64 src4[2], dst4[2], src6[2], dst6[2];
	__u16 dport[2];
	bool out; /* may not cover others */
};

struct search {
	const struct fb_ruleset *rs;
	struct bounds *bounds; /* by box */
	unsigned int *first;   /* by line: its first box; they stand together */
	struct fb_axis src4, dst4, src6, dst6, dport;
	struct fb_blocks blocks4, blocks6;
	struct fb_ids near;
};

/* ---- what may stand for what ------------------------------------------------------------------------------------------ */

static const struct fb_suffix *defaults_of(const struct fb_line *line)
{
	static const struct fb_suffix none;

	return line->allow && line->stmt->firebreak.has_default ? &line->stmt->firebreak.defaults : &none;
}

static const char *during(const struct fb_line *line)
{
	return line->allow->suffix.during.s ? line->allow->suffix.during.s : defaults_of(line)->during.s;
}

static const char *on_request(const struct fb_line *line)
{
	return line->allow->suffix.on_request.s ? line->allow->suffix.on_request.s
						: defaults_of(line)->on_request.s;
}

static bool logs(const struct fb_line *line)
{
	return line->allow->suffix.log || defaults_of(line)->log;
}

/* Such a line does more than to allow, so it neither stands for others nor others for it. */
static bool bounded(const struct fb_line *line)
{
	const struct fb_suffix *d = defaults_of(line);

	return line->allow && (line->allow->suffix.limit.unit.s || line->allow->suffix.quota.size.s ||
			       d->limit.unit.s || d->quota.size.s);
}

static bool same_or_none(const char *cover, const char *line)
{
	return !cover || (line && !strcmp(cover, line));
}

static bool may_cover(const struct fb_line *cover, const struct fb_line *line)
{
	if (cover->kind != line->kind || cover->deadline < line->deadline)
		return false;
	if (!line->allow)
		return true;
	return !bounded(cover) && same_or_none(during(cover), during(line)) &&
	       same_or_none(on_request(cover), on_request(line)) && (logs(cover) || !logs(line));
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------ */

static void bound4(const struct fb_ranges *r, __u64 ret[2])
{
	ret[0] = r->n ? r->v[0].first.lo : 1;
	ret[1] = r->n ? r->v[r->n - 1].last.lo : 0;
}

static void bound6(const struct fb_ranges *r, __u64 ret[2])
{
	ret[0] = r->n ? r->v[0].first.hi : 1;
	ret[1] = r->n ? r->v[r->n - 1].last.hi : 0;
}

static void bound(const struct fb_ruleset *rs, const struct fb_box *box, struct bounds *ret)
{
	const struct fb_ipset *src = &rs->sets.v[box->src], *dst = &rs->sets.v[box->dst];
	const struct fb_l4set *svc = &rs->services.v[box->svc];

	*ret = (struct bounds){ .dport = { 65535, 0 } };
	bound4(&src->r[0], ret->src4);
	bound4(&dst->r[0], ret->dst4);
	bound6(&src->r[1], ret->src6);
	bound6(&dst->r[1], ret->dst6);
	for (size_t i = 0; i < svc->n; i++) {
		const struct fb_l4 *l4 = &svc->v[i];

		ret->dport[0] = l4->dport_lo < ret->dport[0] ? l4->dport_lo : ret->dport[0];
		ret->dport[1] = l4->dport_hi > ret->dport[1] ? l4->dport_hi : ret->dport[1];
	}
}

/* ---- one box ----------------------------------------------------------------------------------------------------------- */

static struct fb_reach cube_of(const struct fb_ruleset *rs, unsigned int box)
{
	return (struct fb_reach){ .src = rs->sets.v[rs->boxes.v[box].src],
				  .dst = rs->sets.v[rs->boxes.v[box].dst],
				  .services = rs->services.v[rs->boxes.v[box].svc],
				  .line = (int)rs->boxes.v[box].line };
}

/* May other stand for the box or a part of it? */
static bool counts(const struct search *s, unsigned int other, unsigned int box)
{
	const struct fb_ruleset *rs = s->rs;
	const unsigned int line = rs->boxes.v[box].line, by = rs->boxes.v[other].line;

	return by != line && may_cover(&rs->lines.v[by], &rs->lines.v[line]);
}

/* One family's boxes that may hold the point: by their blocks, or by the axis that names the fewest. A look-up costs as much as three of the names. */
static void look_at(struct search *s, const struct fb_axis *src, const struct fb_axis *dst,
		    const struct fb_blocks *blocks, __u64 from, __u64 to, __u16 port)
{
	const size_t by_src = fb_axis_count(src, from, from), by_dst = fb_axis_count(dst, to, to),
		     by_port = fb_axis_count(&s->dport, port, port),
		     by_side = by_src < by_dst ? by_src : by_dst;

	s->near.n = 0;
	if (!by_side)
		return;
	if (blocks->sizes.n * 3 < by_side && blocks->sizes.n * 3 < by_port)
		fb_blocks_find(blocks, from, to, port, &s->near);
	else if (by_port < by_side)
		fb_axis_find(&s->dport, port, port, &s->near);
	else if (by_src < by_dst)
		fb_axis_find(src, from, from, &s->near);
	else
		fb_axis_find(dst, to, to, &s->near);
}

/* Without looking at the sets: bounds lie together in memory, and most of those that one axis names end here. */
static bool may_hold(const struct bounds *b, int family, __u64 from, __u64 to, __u16 port)
{
	const __u64 *src = family == 4 ? b->src4 : b->src6, *dst = family == 4 ? b->dst4 : b->dst6;

	return b->dport[0] <= port && port <= b->dport[1] && src[0] <= from && from <= src[1] &&
	       dst[0] <= to && to <= dst[1] && !b->out;
}

enum corner { FIRST, LAST }; /* of every dimension */

/*
 * near: who may stand for the box and holds this corner of cube, a part of it: all of them, or the first that is found. True if there are some, or no such
 * corner.
 */
static bool corner_held(struct search *s, unsigned int box, const struct fb_reach *cube, int family,
			enum corner corner, bool all)
{
	const struct fb_ranges *src = &cube->src.r[FB_FAMILY_INDEX(family)],
			       *dst = &cube->dst.r[FB_FAMILY_INDEX(family)];
	const bool last = corner == LAST;
	const struct fb_l4 *l4 = &cube->services.v[last ? cube->services.n - 1 : 0];
	const __u16 port = last ? l4->dport_hi : l4->dport_lo;
	struct fb_ip from, to;
	size_t n = 0;

	if (!src->n || !dst->n)
		return true;
	from = last ? src->v[src->n - 1].last : src->v[0].first;
	to = last ? dst->v[dst->n - 1].last : dst->v[0].first;
	const __u64 at_src = family == 4 ? from.lo : from.hi, at_dst = family == 4 ? to.lo : to.hi;

	if (family == 4)
		look_at(s, &s->src4, &s->dst4, &s->blocks4, at_src, at_dst, port);
	else
		look_at(s, &s->src6, &s->dst6, &s->blocks6, at_src, at_dst, port);
	for (size_t i = 0; i < s->near.n && (all || !n); i++) {
		const unsigned int id = s->near.v[i];
		const struct fb_box *other = &s->rs->boxes.v[id];

		if (may_hold(&s->bounds[id], family, at_src, at_dst, port) && counts(s, id, box) &&
		    fb_ipset_has(&s->rs->sets.v[other->src], family, from) &&
		    fb_ipset_has(&s->rs->sets.v[other->dst], family, to) &&
		    fb_l4set_has(&s->rs->services.v[other->svc], last ? l4->proto_hi : l4->proto_lo,
				 last ? l4->sport_hi : l4->sport_lo, port))
			s->near.v[n++] = id;
	}
	s->near.n = n;
	return n;
}

static bool whole(const struct fb_reach *outer, const struct fb_reach *inner)
{
	struct fb_l4set left;
	bool within;

	if (!fb_ipset_within(&inner->src, &outer->src) || !fb_ipset_within(&inner->dst, &outer->dst))
		return false;
	left = fb_l4set_combine(&inner->services, &outer->services, FB_L4_SUBTRACT);
	within = !left.n;
	free(left.v);
	return within;
}

/* The first box that covers all of it, of those that hold its first corner. */
static bool covered_by_one(struct search *s, const struct fb_reach *cube, struct fb_redundant *found)
{
	fb_ids_sort(&s->near);
	for (size_t i = 0; i < s->near.n; i++) {
		struct fb_reach other = cube_of(s->rs, s->near.v[i]);

		if (whole(&other, cube)) {
			fb_vec_add(&found->by, s->rs->boxes.v[s->near.v[i]].line);
			return true;
		}
	}
	return false;
}

/* Is nothing left of it, if a box that holds its first corner is taken out, again and again? */
static bool covered_together(struct search *s, unsigned int box, const struct fb_reach *cube,
			     struct fb_redundant *found)
{
	struct fb_reach_list left = { 0 };
	bool nothing;

	fb_cubes_add_copy(&left, cube);
	for (unsigned int i = 0; i < STEPS_MAX && left.n && left.n <= PIECES_MAX; i++) {
		struct fb_reach other;

		s->near.n = 0;
		if (!corner_held(s, box, &left.v[0], 4, FIRST, false) ||
		    !corner_held(s, box, &left.v[0], 6, FIRST, false) || !s->near.n)
			break;
		other = cube_of(s->rs, s->near.v[0]);
		fb_vec_add(&found->by, s->rs->boxes.v[s->near.v[0]].line);
		fb_cubes_subtract(&left, &other);
	}
	nothing = !left.n;
	fb_reach_done(&left);
	return nothing;
}

/* One box that covers all of it makes the better message; else all together, as far as that stays small. */
static bool covered(struct search *s, unsigned int box, struct fb_redundant *found)
{
	const struct fb_reach cube = cube_of(s->rs, box);

	s->near.n = 0;
	return corner_held(s, box, &cube, 6, LAST, false) && corner_held(s, box, &cube, 4, LAST, false) &&
	       corner_held(s, box, &cube, 6, FIRST, true) && corner_held(s, box, &cube, 4, FIRST, true) &&
	       (covered_by_one(s, &cube, found) || covered_together(s, box, &cube, found));
}

/* ---- all lines ------------------------------------------------------------------------------------------------------------ */

static bool redundant(struct search *s, unsigned int line, struct fb_redundant *ret)
{
	unsigned int first = s->first[line], n = s->rs->lines.v[line].n_boxes;

	*ret = (struct fb_redundant){ .line = line };
	for (unsigned int i = first; i < first + n; i++) {
		if (covered(s, i, ret))
			continue;
		fb_vec_done(&ret->by);
		return false;
	}
	fb_ids_sort(&ret->by);
	return true;
}

static void search_init(struct search *s, const struct fb_ruleset *rs)
{
	*s = (struct search){ .rs = rs };
	s->bounds = calloc(rs->boxes.n + 1, sizeof(*s->bounds));
	s->first = calloc(rs->lines.n + 1, sizeof(*s->first));
	if (!s->bounds || !s->first)
		abort();
	for (size_t i = rs->boxes.n; i-- > 0;) {
		const unsigned int id = (unsigned int)i;
		struct bounds *b = &s->bounds[i];

		bound(rs, &rs->boxes.v[i], b);
		s->first[rs->boxes.v[i].line] = id;
		fb_axis_add(&s->src4, id, b->src4[0], b->src4[1]);
		fb_axis_add(&s->dst4, id, b->dst4[0], b->dst4[1]);
		fb_axis_add(&s->src6, id, b->src6[0], b->src6[1]);
		fb_axis_add(&s->dst6, id, b->dst6[0], b->dst6[1]);
		fb_axis_add(&s->dport, id, b->dport[0], b->dport[1]);
		fb_blocks_add(&s->blocks4, id, b->src4, b->dst4, b->dport);
		fb_blocks_add(&s->blocks6, id, b->src6, b->dst6, b->dport);
	}
	fb_blocks_build(&s->blocks4);
	fb_blocks_build(&s->blocks6);
	fb_axis_build(&s->src4);
	fb_axis_build(&s->dst4);
	fb_axis_build(&s->src6);
	fb_axis_build(&s->dst6);
	fb_axis_build(&s->dport);
}

static void search_done(struct search *s)
{
	free(s->bounds);
	free(s->first);
	fb_axis_done(&s->src4);
	fb_axis_done(&s->dst4);
	fb_axis_done(&s->src6);
	fb_axis_done(&s->dst6);
	fb_axis_done(&s->dport);
	fb_blocks_done(&s->blocks4);
	fb_blocks_done(&s->blocks6);
	fb_vec_done(&s->near);
}

/* From the last line to the first: of two that say the same the later one goes. What is named covers nothing any more. */
void fb_redundant_find(const struct fb_ruleset *rs, struct fb_redundant_list *ret)
{
	struct search s;

	*ret = (struct fb_redundant_list){ 0 };
	search_init(&s, rs);
	for (unsigned int line = (unsigned int)rs->lines.n; line-- > 0;) {
		struct fb_redundant found;

		if (bounded(&rs->lines.v[line]) || !redundant(&s, line, &found))
			continue;
		fb_vec_add(ret, found);
		for (unsigned int i = 0; i < rs->lines.v[line].n_boxes; i++)
			s.bounds[s.first[line] + i].out = true;
	}
	search_done(&s);
	for (size_t i = 0; i < ret->n / 2; i++) {
		struct fb_redundant swap = ret->v[i];

		ret->v[i] = ret->v[ret->n - 1 - i];
		ret->v[ret->n - 1 - i] = swap;
	}
}

void fb_redundant_done(struct fb_redundant_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		fb_vec_done(&list->v[i].by);
	fb_vec_done(list);
}

bool fb_guarded_elsewhere(const struct fb_ruleset *rs, unsigned int line, const struct fb_reach *cube,
			  unsigned int *ret_line)
{
	struct fb_reach_list left = { 0 };
	bool all;

	fb_cubes_add_copy(&left, cube);
	for (unsigned int i = 0; i < rs->boxes.n && left.n; i++) {
		struct fb_reach other = cube_of(rs, i), both;

		if (rs->boxes.v[i].line == line || rs->lines.v[rs->boxes.v[i].line].kind != FB_RULE_NEVER ||
		    !fb_cube_intersect(cube, &other, &both))
			continue;
		fb_cube_done(&both);
		*ret_line = rs->boxes.v[i].line;
		other.src_zone = cube->src_zone;
		other.dst_zone = cube->dst_zone;
		fb_cubes_subtract(&left, &other);
	}
	all = !left.n;
	fb_reach_done(&left);
	return all;
}

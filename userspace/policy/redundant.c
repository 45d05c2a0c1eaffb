// SPDX-License-Identifier: GPL-2.0-only
/*
 * A box is covered if nothing is left of it after all others are taken out. Most boxes meet few others: bounds in three orders find those
 * without touching a set (100,000 boxes: below a second; looked through from end to end it was minutes). Of the rest most have a corner
 * that no other box holds, and need no arithmetic.
 */
#include "policy/redundant.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/l4set.h"

enum { MEET_MAX = 512, PIECES_MAX = 128 };

/* First and last of every dimension; first > last = nothing. IPv6 by the upper half. */
struct bounds {
	__u64 src6[2], dst6[2];
	__u32 src4[2], dst4[2];
	__u16 dport[2];
	__u8 proto[2];
	bool out; /* may not cover others */
};

/*
 * Boxes in the order of where they begin in one dimension, with the farthest end of all up to each: those that can meet a span are one
 * stretch of it, and short if the boxes are small there.
 */
struct by_begin {
	__u32 begin, end, farthest;
	unsigned int box;
};
enum { DPORT, SRC4, DST4, ORDERS };

struct search {
	const struct fb_ruleset *rs;
	struct bounds *bounds; /* by box */
	unsigned int *first;   /* by line: its first box; they stand together */
	struct by_begin *order[ORDERS];
	size_t n_order;
	struct FB_VEC(unsigned int) near;
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

static void bound4(const struct fb_ranges *r, __u32 ret[2])
{
	ret[0] = r->n ? (__u32)r->v[0].first.lo : 1;
	ret[1] = r->n ? (__u32)r->v[r->n - 1].last.lo : 0;
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

	*ret = (struct bounds){ .dport = { 65535, 0 }, .proto = { 255, 0 } };
	bound4(&src->r[0], ret->src4);
	bound4(&dst->r[0], ret->dst4);
	bound6(&src->r[1], ret->src6);
	bound6(&dst->r[1], ret->dst6);
	for (size_t i = 0; i < svc->n; i++) {
		const struct fb_l4 *l4 = &svc->v[i];

		ret->dport[0] = l4->dport_lo < ret->dport[0] ? l4->dport_lo : ret->dport[0];
		ret->dport[1] = l4->dport_hi > ret->dport[1] ? l4->dport_hi : ret->dport[1];
		ret->proto[0] = l4->proto_lo < ret->proto[0] ? l4->proto_lo : ret->proto[0];
		ret->proto[1] = l4->proto_hi > ret->proto[1] ? l4->proto_hi : ret->proto[1];
	}
}

#define MEET(x, y) ((x)[0] <= (y)[1] && (y)[0] <= (x)[1])

static bool may_meet(const struct bounds *a, const struct bounds *b)
{
	return MEET(a->dport, b->dport) && MEET(a->proto, b->proto) &&
	       ((MEET(a->dst4, b->dst4) && MEET(a->src4, b->src4)) ||
		(MEET(a->dst6, b->dst6) && MEET(a->src6, b->src6)));
}

/* ---- neighbours ----------------------------------------------------------------------------------------------------- */

static int by_begin(const void *a, const void *b)
{
	const struct by_begin *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static void span_of(const struct bounds *b, int order, __u32 ret[2])
{
	const __u32 dport[2] = { b->dport[0], b->dport[1] };

	memcpy(ret, order == DPORT ? dport : order == SRC4 ? b->src4 : b->dst4, sizeof(dport));
}

static void order_boxes(struct search *s)
{
	s->n_order = s->rs->boxes.n;
	for (int k = 0; k < ORDERS; k++) {
		struct by_begin *v = s->order[k] = calloc(s->n_order + 1, sizeof(*v));
		__u32 farthest = 0;

		if (!v)
			abort();
		for (unsigned int i = 0; i < s->n_order; i++) {
			__u32 span[2];

			span_of(&s->bounds[i], k, span);
			v[i] = (struct by_begin){ .begin = span[0], .end = span[1], .box = i };
		}
		qsort(v, s->n_order, sizeof(*v), by_begin);
		for (size_t i = 0; i < s->n_order; i++) {
			farthest = v[i].end > farthest ? v[i].end : farthest;
			v[i].farthest = farthest;
		}
	}
}

/* The first place whose boxes begin behind `at`, or (far) that some box up to it reaches `at`. */
static size_t place_of(const struct by_begin *v, size_t n, __u32 at, bool far)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;

		if (far ? v[middle].farthest >= at : v[middle].begin > at)
			n = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The shortest stretch that holds all boxes which may meet this one. IPv6 is in none of the orders of IPv4. */
static int shortest(const struct search *s, const struct bounds *b, size_t *ret_first, size_t *ret_end)
{
	bool only4 = b->src6[0] > b->src6[1] || b->dst6[0] > b->dst6[1];
	int best = DPORT;

	*ret_first = 0;
	*ret_end = s->n_order;
	for (int k = 0; k < (only4 ? ORDERS : SRC4); k++) {
		__u32 span[2];
		size_t first, end;

		span_of(b, k, span);
		first = place_of(s->order[k], s->n_order, span[0], true);
		end = place_of(s->order[k], s->n_order, span[1], false);
		if (end < first)
			end = first;
		if (end - first < *ret_end - *ret_first) {
			best = k;
			*ret_first = first;
			*ret_end = end;
		}
	}
	return best;
}

/* ---- one box ----------------------------------------------------------------------------------------------------------- */

static struct fb_reach cube_of(const struct fb_ruleset *rs, unsigned int box)
{
	return (struct fb_reach){ .src = rs->sets.v[rs->boxes.v[box].src],
				  .dst = rs->sets.v[rs->boxes.v[box].dst],
				  .services = rs->services.v[rs->boxes.v[box].svc],
				  .line = (int)rs->boxes.v[box].line };
}

/* True if some box that is near holds this corner of the box: the first or the last of every dimension. */
static bool corner_held(const struct search *s, const struct fb_reach *cube, int family, bool last)
{
	const struct fb_ranges *src = &cube->src.r[FB_FAMILY_INDEX(family)],
			       *dst = &cube->dst.r[FB_FAMILY_INDEX(family)];
	const struct fb_l4 *l4 = &cube->services.v[last ? cube->services.n - 1 : 0];
	struct fb_ip from, to;

	if (!src->n || !dst->n)
		return true;
	from = last ? src->v[src->n - 1].last : src->v[0].first;
	to = last ? dst->v[dst->n - 1].last : dst->v[0].first;
	for (size_t i = 0; i < s->near.n; i++) {
		const struct fb_box *box = &s->rs->boxes.v[s->near.v[i]];

		if (fb_ipset_has(&s->rs->sets.v[box->src], family, from) &&
		    fb_ipset_has(&s->rs->sets.v[box->dst], family, to) &&
		    fb_l4set_has(&s->rs->services.v[box->svc], last ? l4->proto_hi : l4->proto_lo,
				 last ? l4->sport_hi : l4->sport_lo, last ? l4->dport_hi : l4->dport_lo))
			return true;
	}
	return false;
}

static bool corners_held(const struct search *s, const struct fb_reach *cube)
{
	return corner_held(s, cube, 4, false) && corner_held(s, cube, 4, true) &&
	       corner_held(s, cube, 6, false) && corner_held(s, cube, 6, true);
}

static void add_by(struct fb_redundant *found, unsigned int line)
{
	for (size_t i = 0; i < found->by.n; i++)
		if (found->by.v[i] == line)
			return;
	fb_vec_add(&found->by, line);
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

/* One box that covers all of it makes the better message; else all together, as far as that stays small. */
static bool covered(const struct search *s, const struct fb_reach *cube, struct fb_redundant *found)
{
	struct fb_reach_list left = { 0 };
	bool nothing;

	if (!corners_held(s, cube))
		return false;
	for (size_t i = 0; i < s->near.n; i++) {
		struct fb_reach other = cube_of(s->rs, s->near.v[i]);

		if (whole(&other, cube)) {
			add_by(found, s->rs->boxes.v[s->near.v[i]].line);
			return true;
		}
	}
	if (s->near.n > MEET_MAX)
		return false;
	fb_cubes_add_copy(&left, cube);
	for (size_t i = 0; i < s->near.n && left.n && left.n <= PIECES_MAX; i++) {
		struct fb_reach other = cube_of(s->rs, s->near.v[i]);
		bool meets = false;

		for (size_t k = 0; k < left.n && !meets; k++)
			meets = fb_ipset_overlaps(&left.v[k].src, &other.src) &&
				fb_ipset_overlaps(&left.v[k].dst, &other.dst) &&
				fb_l4set_overlaps(&left.v[k].services, &other.services);
		if (!meets)
			continue;
		add_by(found, s->rs->boxes.v[s->near.v[i]].line);
		fb_cubes_subtract(&left, &other);
	}
	nothing = !left.n;
	fb_reach_done(&left);
	return nothing;
}

/* ---- all lines ------------------------------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

static void look_round(struct search *s, unsigned int box)
{
	const struct fb_ruleset *rs = s->rs;
	const struct fb_line *line = &rs->lines.v[rs->boxes.v[box].line];

	size_t first, end;
	int order = shortest(s, &s->bounds[box], &first, &end);

	s->near.n = 0;
	for (size_t k = first; k < end; k++) {
		unsigned int i = s->order[order][k].box;

		if (s->bounds[i].out || !may_meet(&s->bounds[i], &s->bounds[box]) ||
		    rs->boxes.v[i].line == rs->boxes.v[box].line ||
		    !may_cover(&rs->lines.v[rs->boxes.v[i].line], line))
			continue;
		fb_vec_add(&s->near, i);
	}
	if (s->near.n)
		qsort(s->near.v, s->near.n, sizeof(*s->near.v), by_number);
}

static bool redundant(struct search *s, unsigned int line, struct fb_redundant *ret)
{
	unsigned int first = s->first[line], n = s->rs->lines.v[line].n_boxes;

	*ret = (struct fb_redundant){ .line = line };
	for (unsigned int i = first; i < first + n; i++) {
		struct fb_reach cube = cube_of(s->rs, i);

		look_round(s, i);
		if (covered(s, &cube, ret))
			continue;
		fb_vec_done(&ret->by);
		return false;
	}
	qsort(ret->by.v, ret->by.n, sizeof(*ret->by.v), by_number);
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
		bound(rs, &rs->boxes.v[i], &s->bounds[i]);
		s->first[rs->boxes.v[i].line] = (unsigned int)i;
	}
	order_boxes(s);
}

static void search_done(struct search *s)
{
	free(s->bounds);
	free(s->first);
	for (int k = 0; k < ORDERS; k++)
		free(s->order[k]);
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

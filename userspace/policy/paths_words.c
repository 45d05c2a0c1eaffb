// SPDX-License-Identifier: GPL-2.0-only
/* One path in words: the lines of each step, and an example, host by host. */
#include "policy/pathfinder.h"

#define BIT(id) (1ull << (id))

static void collect_lines(const struct fb_path_search *s, const struct fb_path_state *from, unsigned int to,
			  bool reply, struct fb_path *path)
{
	const struct fb_path_edges *p = fb_path_edges_of(s, from->zone, to, reply);
	struct fb_path_step step = { .src_zone = from->zone, .dst_zone = to, .reply = reply };

	for (size_t i = 0; i < p->calls.n; i++) {
		const struct fb_reach *e = &s->edges->v[p->calls.v[i]];
		struct fb_reach part;

		if (step.lines.n && step.lines.v[step.lines.n - 1] == e->line)
			continue;
		if (!fb_path_leave(s, e, reply, &from->set, &part))
			continue;
		fb_cube_done(&part);
		fb_vec_add(&step.lines, e->line);
	}
	fb_vec_add(&path->steps, step);
}

/* Leaves of the box what goes to needed hosts themselves; false, and as it was, if that is nothing. */
static bool narrow(struct fb_reach *cube, const struct fb_ipset *needed)
{
	struct fb_reach part = *cube;
	struct fb_l4set none = { 0 };

	fb_ipset_copy(&cube->src, &part.src);
	fb_ipset_intersect(&cube->dst, needed, &part.dst);
	part.services = fb_l4set_combine(&cube->services, &none, FB_L4_UNION);
	if (fb_cube_trim(&part)) {
		fb_cube_done(cube);
		*cube = part;
		return true;
	}
	fb_cube_done(&part);
	return false;
}

/* Of the lines of a step the one that leads on most directly: to needed hosts themselves, from hosts that the path arrived at. */
static struct fb_reach choose(const struct fb_path_search *s, const struct fb_path_state *from,
			      unsigned int to, bool reply, const struct fb_ipset *needed)
{
	const struct fb_path_edges *p = fb_path_edges_of(s, from->zone, to, reply);
	struct fb_reach best = { 0 };
	int best_score = -2;

	for (size_t i = 0; i < p->calls.n && best_score < 3; i++) {
		struct fb_reach part;
		struct fb_ipset around;
		int score;

		if (!fb_path_leave(s, &s->edges->v[p->calls.v[i]], reply, &from->set, &part))
			continue;
		around = fb_path_spread(s, to, &part.dst);
		/* One that reaches none of them is better than none: a group may be heard by hosts without an address of its family. */
		score = !fb_ipset_overlaps(&around, needed)
				? -1
				: 2 * narrow(&part, needed) + fb_ipset_overlaps(&part.src, &from->arrived);
		if (score <= best_score) {
			fb_cube_done(&part);
		} else {
			fb_cube_done(&best);
			best = part;
			best_score = score;
		}
		fb_ipset_done(&around);
	}
	return best;
}

static struct fb_hop within(unsigned int zone, int family, struct fb_ip src, int dst_family, struct fb_ip dst)
{
	return (struct fb_hop){ .family = family,
				.src = src,
				.dst_family = dst_family,
				.dst = dst,
				.src_zone = zone,
				.dst_zone = zone,
				.line = -1,
				.shared = true };
}

static int family_of(const struct fb_ipset *set)
{
	return set->r[0].n ? 4 : 6;
}

/* Goes on from the last hop (or from the start's own hosts) to a host of the set; a step within the zone if it must be another one. */
static void join(const struct fb_path_search *s, struct fb_hops *hops, const struct fb_ipset *at,
		 const struct fb_reach *next, bool reply)
{
	struct fb_hop hop = fb_hop_from(s->rs, next, family_of(&next->src), &next->src),
		      *last = hops->n ? &hops->v[hops->n - 1] : NULL;
	int family = last ? fb_hop_dst_family(last) : hop.family;
	struct fb_ipset common;

	fb_ipset_intersect(at, &next->src, &common);
	if (common.r[FB_FAMILY_INDEX(family)].n) {
		hop = fb_hop_from(s->rs, next, family, &common);
		if (last)
			last->dst = hop.src;
	} else if (last) {
		if (!fb_is_one_host(s->rs, family, last->dst, hop.family, hop.src))
			fb_vec_add(hops, within(next->src_zone, family, last->dst, hop.family, hop.src));
	} else {
		family = at->r[FB_FAMILY_INDEX(family)].n ? family : family_of(at);
		fb_vec_add(hops, within(next->src_zone, family, fb_witness(at, family), hop.family, hop.src));
	}
	hop.reply = reply;
	fb_vec_add(hops, hop);
	fb_ipset_done(&common);
}

/* From the target back: every step must arrive where the next one begins. Then forward, host by host. */
static void exemplify(struct fb_path_search *s, const int *trail, size_t n, const struct fb_ipset *target,
		      struct fb_path *path)
{
	struct FB_VEC(struct fb_reach) chosen = { 0 };
	struct fb_ipset needed = *target, hit; /* needed is borrowed */
	const struct fb_reach *last;
	int family;

	for (size_t k = n; k-- > 1;) {
		const struct fb_path_state *to = &s->states.v[trail[k]];
		struct fb_reach cube = choose(s, &s->states.v[trail[k - 1]], to->zone, to->reply, &needed);

		needed = cube.src;
		fb_vec_add(&chosen, cube);
	}
	for (size_t k = chosen.n; k-- > 0;)
		join(s, &path->example,
		     k == chosen.n - 1 ? &s->states.v[trail[0]].arrived : &chosen.v[k + 1].dst, &chosen.v[k],
		     s->states.v[trail[chosen.n - k]].reply);
	last = &chosen.v[0];
	family = fb_hop_dst_family(&path->example.v[path->example.n - 1]);
	fb_ipset_intersect(&last->dst, target, &hit);
	if (!hit.r[FB_FAMILY_INDEX(family)].n) {
		const struct fb_ip end = path->example.v[path->example.n - 1].dst;
		int other = target->r[FB_FAMILY_INDEX(family)].n ? family : family_of(target);

		if (!fb_is_one_host(s->rs, family, end, other, fb_witness(target, other)))
			fb_vec_add(&path->example,
				   within(last->dst_zone, family, end, other, fb_witness(target, other)));
	}
	fb_ipset_done(&hit);
	for (size_t k = 0; k < chosen.n; k++)
		fb_cube_done(&chosen.v[k]);
	fb_vec_done(&chosen);
}

void fb_path_report(struct fb_path_search *s, int at, const struct fb_ipset *target)
{
	struct FB_VEC(int) trail = { 0 }, back = { 0 };
	struct fb_path path = { 0 };

	for (int i = at; i >= 0; i = s->states.v[i].from)
		fb_vec_add(&back, i);
	for (size_t i = back.n; i-- > 0;)
		fb_vec_add(&trail, back.v[i]);
	for (size_t k = 1; k < trail.n; k++) {
		const struct fb_path_state *to = &s->states.v[trail.v[k]];

		collect_lines(s, &s->states.v[trail.v[k - 1]], to->zone, to->reply, &path);
	}
	exemplify(s, trail.v, trail.n, target, &path);
	for (size_t i = 0; i < path.example.n; i++)
		if (path.example.v[i].shared && !fb_zone_isolated(s->rs, path.example.v[i].src_zone))
			s->ret->shared |= BIT(path.example.v[i].src_zone);
	fb_vec_add(&s->ret->v, path);
	fb_vec_done(&trail);
	fb_vec_done(&back);
}

/* Whom hosts of a start reach without the gateway: those beside them. A way without a step. */
void fb_path_beside(struct fb_path_search *s, const struct fb_path_state *start)
{
	struct fb_ipset hit = fb_party_part(s->q->to, &start->set, start->zone), from, other;
	struct fb_path path = { 0 };

	/* Two hosts: one of those asked about alone is no way. */
	fb_ipset_subtract(&start->arrived, &hit, &from);
	fb_ipset_subtract(&hit, &start->arrived, &other);
	for (int i = 0; i < 2 && !path.example.n; i++) {
		const int family = i ? 6 : 4;
		const struct fb_ipset *src = from.r[i].n ? &from : &start->arrived,
				      *dst = from.r[i].n ? &hit : &other;

		if (src->r[i].n && dst->r[i].n)
			fb_vec_add(&path.example, within(start->zone, family, fb_witness(src, family), family,
							 fb_witness(dst, family)));
	}
	if (path.example.n) {
		s->ret->shared |= BIT(start->zone);
		fb_vec_add(&s->ret->v, path);
	}
	fb_ipset_done(&hit);
	fb_ipset_done(&from);
	fb_ipset_done(&other);
}

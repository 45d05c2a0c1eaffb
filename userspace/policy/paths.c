// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breadth first over states: a zone, what of it is reached, and how. All lines of a pair of zones are taken together, so a state is a set
 * and not a host. A path goes on only where it reaches what neither its start nor it itself has reached before: else a
 * shorter one does the same. Zones whose members are shared are therefore entered once in a path; dense policies still have many
 * paths, so the search gives up after STATES_MAX and says that there may be more.
 */
#include "policy/paths.h"

#include <stdlib.h>

#include "policy/pairs.h"

#define BIT(id) (1ull << (id))
enum { STATES_MAX = 20000 };

struct state {
	unsigned int zone, depth;
	int from; /* -1 = a start */
	bool reply;
	struct fb_ipset arrived; /* of a start: the party's own */
	struct fb_ipset set;	 /* with what the zone adds */
};

/* The edges of a pair, in both roles. */
struct pair_edges {
	struct FB_VEC(unsigned int) calls;
};

struct search {
	const struct fb_ruleset *rs;
	const struct fb_reach_list *edges;
	const struct fb_paths_query *q;
	struct pair_edges *pairs;	/* [FB_ZONES_MAX * FB_ZONES_MAX] */
	__u64 out[2][FB_ZONES_MAX];	/* zones that a zone calls; that call it */
	unsigned int far[FB_ZONES_MAX]; /* at least so many steps to the target; UINT_MAX = no way */
	struct FB_VEC(struct state) states;
	size_t starts;
	struct fb_paths *ret;
};

/* ---- what there is ------------------------------------------------------------------------------------------------- */

static struct pair_edges *pair_of(const struct search *s, unsigned int src, unsigned int dst)
{
	return &s->pairs[src * FB_ZONES_MAX + dst];
}

static void index_edges(struct search *s)
{
	s->pairs = calloc((size_t)FB_ZONES_MAX * FB_ZONES_MAX, sizeof(*s->pairs));
	if (!s->pairs)
		abort();
	for (size_t i = 0; i < s->edges->n; i++) {
		const struct fb_reach *e = &s->edges->v[i];

		if (!fb_edge_counts(s->rs, e, s->q->unless_opened))
			continue;
		fb_vec_add(&pair_of(s, e->src_zone, e->dst_zone)->calls, (unsigned int)i);
		s->out[0][e->src_zone] |= BIT(e->dst_zone);
		s->out[1][e->dst_zone] |= BIT(e->src_zone);
	}
}

static __u64 next_zones(const struct search *s, unsigned int zone, bool reply)
{
	return s->out[reply][zone];
}

static bool in_party(const struct fb_party *party, unsigned int zone, const struct fb_ipset *set)
{
	struct fb_ipset part = fb_party_part(party, set, zone);
	bool yes = !fb_ipset_empty(&part);

	fb_ipset_done(&part);
	return yes;
}

static bool target_zone(const struct search *s, unsigned int zone)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(s->rs, zone);

	return s->q->to->any || s->q->to->zones & BIT(zone) || (z && in_party(s->q->to, zone, &z->owned));
}

/* A lower bound, by zones alone: what cannot arrive in time is not followed. */
static void measure(struct search *s)
{
	bool changed = true;

	for (unsigned int z = 0; z < FB_ZONES_MAX; z++)
		s->far[z] = target_zone(s, z) ? 0 : ~0u;
	while (changed) {
		changed = false;
		for (unsigned int z = 0; z < FB_ZONES_MAX; z++) {
			__u64 next = next_zones(s, z, false) | (s->q->replies ? next_zones(s, z, true) : 0);

			for (unsigned int d = 0; d < FB_ZONES_MAX; d++)
				if (next & BIT(d) && s->far[d] != ~0u && s->far[d] + 1 < s->far[z]) {
					s->far[z] = s->far[d] + 1;
					changed = true;
				}
		}
	}
}

/* ---- states --------------------------------------------------------------------------------------------------------- */

/* What being there gives: the whole zone; where members are kept apart, the other addresses of a device. */
static struct fb_ipset spread(const struct search *s, unsigned int zone, const struct fb_ipset *arrived)
{
	struct fb_ipset all;

	if (zone != FB_ZONE_SELF && !fb_zone_isolated(s->rs, zone))
		return fb_pair_sources(s->rs, zone, zone);
	fb_ipset_copy(arrived, &all);
	for (size_t i = 0; i < s->rs->devices.n && zone != FB_ZONE_SELF; i++)
		if (fb_ipset_overlaps(&s->rs->devices.v[i].ips, arrived))
			fb_ipset_add_set(&all, &s->rs->devices.v[i].ips);
	return all;
}

static void add_state(struct search *s, unsigned int zone, int from, bool reply, struct fb_ipset *arrived)
{
	struct state state = { .zone = zone,
			       .depth = from < 0 ? 0 : s->states.v[from].depth + 1,
			       .from = from,
			       .reply = reply,
			       .arrived = *arrived };

	state.set = spread(s, zone, arrived);
	fb_vec_add(&s->states, state);
	*arrived = (struct fb_ipset){ 0 };
}

static void start(struct search *s)
{
	const struct fb_party *from = s->q->from;

	for (size_t i = 0; i < s->rs->zones.n; i++) {
		unsigned int zone = s->rs->zones.v[i].id;
		struct fb_ipset all = fb_pair_sources(s->rs, zone, zone);
		struct fb_ipset part = fb_party_part(from, &all, zone);

		if (!fb_ipset_empty(&part))
			add_state(s, zone, -1, false, &part);
		fb_ipset_done(&part);
		fb_ipset_done(&all);
	}
	if (from->any || from->zones & BIT(FB_ZONE_SELF)) {
		struct fb_ipset roles = { 0 };

		for (size_t i = 0; i < s->rs->zones.n; i++) {
			struct fb_ipset one = fb_pair_sources(s->rs, FB_ZONE_SELF, s->rs->zones.v[i].id);

			fb_ipset_add_set(&roles, &one);
			fb_ipset_done(&one);
		}
		add_state(s, FB_ZONE_SELF, -1, false, &roles);
	}
	s->starts = s->states.n;
}

/* One line, as it leaves the set: sources among the reached, and where to. With reply, from who is called to who calls. */
static bool leave(const struct fb_reach *edge, bool reply, const struct fb_ipset *set, struct fb_reach *ret)
{
	const struct fb_ipset *near = reply ? &edge->dst : &edge->src, *far = reply ? &edge->src : &edge->dst;
	struct fb_reach part = { .line = edge->line,
				 .group = edge->group,
				 .src_zone = reply ? edge->dst_zone : edge->src_zone,
				 .dst_zone = reply ? edge->src_zone : edge->dst_zone };
	struct fb_l4set none = { 0 };

	if (!fb_ipset_overlaps(near, set) || (reply && edge->group)) /* nobody answers a group */
		return false;
	fb_ipset_intersect(near, set, &part.src);
	fb_ipset_copy(far, &part.dst);
	part.services = fb_l4set_combine(&edge->services, &none, FB_L4_UNION);
	if (fb_cube_trim(&part)) {
		*ret = part;
		return true;
	}
	fb_cube_done(&part);
	return false;
}

static const struct pair_edges *edges_of(const struct search *s, unsigned int from, unsigned int to,
					 bool reply)
{
	return reply ? pair_of(s, to, from) : pair_of(s, from, to);
}

static struct fb_ipset arrivals(const struct search *s, const struct state *at, unsigned int to, bool reply)
{
	const struct pair_edges *p = edges_of(s, at->zone, to, reply);
	struct fb_ipset all = { 0 };

	for (size_t i = 0; i < p->calls.n; i++) {
		struct fb_reach part;

		if (!leave(&s->edges->v[p->calls.v[i]], reply, &at->set, &part))
			continue;
		fb_ipset_add_set(&all, &part.dst);
		fb_cube_done(&part);
	}
	return all;
}

/* True if the path that ends at this state, or any start, was there before. */
static bool known(const struct search *s, int at, unsigned int zone, const struct fb_ipset *set)
{
	struct fb_ipset before = { 0 };
	bool within;

	for (size_t i = 0; i < s->starts; i++)
		if (s->states.v[i].zone == zone)
			fb_ipset_add_set(&before, &s->states.v[i].set);
	for (int i = at; i >= 0; i = s->states.v[i].from)
		if (s->states.v[i].zone == zone)
			fb_ipset_add_set(&before, &s->states.v[i].set);
	within = fb_ipset_within(set, &before);
	fb_ipset_done(&before);
	return within;
}

/* ---- one path in words ------------------------------------------------------------------------------------------------ */

static void collect_lines(const struct search *s, const struct state *from, unsigned int to, bool reply,
			  struct fb_path *path)
{
	const struct pair_edges *p = edges_of(s, from->zone, to, reply);
	struct fb_path_step step = { .src_zone = from->zone, .dst_zone = to, .reply = reply };

	for (size_t i = 0; i < p->calls.n; i++) {
		const struct fb_reach *e = &s->edges->v[p->calls.v[i]];
		struct fb_reach part;

		if (step.lines.n && step.lines.v[step.lines.n - 1] == e->line)
			continue;
		if (!leave(e, reply, &from->set, &part))
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
static struct fb_reach choose(const struct search *s, const struct state *from, unsigned int to, bool reply,
			      const struct fb_ipset *needed)
{
	const struct pair_edges *p = edges_of(s, from->zone, to, reply);
	struct fb_reach best = { 0 };
	int best_score = -1;

	for (size_t i = 0; i < p->calls.n && best_score < 3; i++) {
		struct fb_reach part;
		struct fb_ipset around;
		int score;

		if (!leave(&s->edges->v[p->calls.v[i]], reply, &from->set, &part))
			continue;
		around = spread(s, to, &part.dst);
		score = 2 * narrow(&part, needed) + fb_ipset_overlaps(&part.src, &from->arrived);
		if (!fb_ipset_overlaps(&around, needed) || score <= best_score) {
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

static struct fb_hop within(unsigned int zone, int family, struct fb_ip src, struct fb_ip dst)
{
	return (struct fb_hop){ .family = family,
				.src = src,
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
static void join(struct fb_hops *hops, const struct fb_ipset *at, const struct fb_reach *next, bool reply)
{
	struct fb_hop hop = fb_hop_of(next), *last = hops->n ? &hops->v[hops->n - 1] : NULL;
	int family = last ? last->family : hop.family;
	struct fb_ipset common;

	fb_ipset_intersect(at, &next->src, &common);
	if (common.r[FB_FAMILY_INDEX(family)].n) {
		hop.family = family;
		hop.src = fb_witness(&common, family);
		hop.dst = fb_witness_at(next, family);
		if (last)
			last->dst = hop.src;
	} else if (last) {
		fb_vec_add(hops, within(next->src_zone, family, last->dst, hop.src));
	} else {
		family = at->r[FB_FAMILY_INDEX(family)].n ? family : family_of(at);
		fb_vec_add(hops, within(next->src_zone, family, fb_witness(at, family), hop.src));
	}
	hop.reply = reply;
	fb_vec_add(hops, hop);
	fb_ipset_done(&common);
}

/* From the target back: every step must arrive where the next one begins. Then forward, host by host. */
static void exemplify(struct search *s, const int *trail, size_t n, const struct fb_ipset *target,
		      struct fb_path *path)
{
	struct FB_VEC(struct fb_reach) chosen = { 0 };
	struct fb_ipset needed = *target, hit; /* needed is borrowed */
	const struct fb_reach *last;
	int family;

	for (size_t k = n; k-- > 1;) {
		const struct state *to = &s->states.v[trail[k]];
		struct fb_reach cube = choose(s, &s->states.v[trail[k - 1]], to->zone, to->reply, &needed);

		needed = cube.src;
		fb_vec_add(&chosen, cube);
	}
	for (size_t k = chosen.n; k-- > 0;)
		join(&path->example,
		     k == chosen.n - 1 ? &s->states.v[trail[0]].arrived : &chosen.v[k + 1].dst, &chosen.v[k],
		     s->states.v[trail[chosen.n - k]].reply);
	last = &chosen.v[0];
	family = path->example.v[path->example.n - 1].family;
	fb_ipset_intersect(&last->dst, target, &hit);
	if (!hit.r[FB_FAMILY_INDEX(family)].n) {
		family = target->r[FB_FAMILY_INDEX(family)].n ? family : family_of(target);
		fb_vec_add(&path->example,
			   within(last->dst_zone, family, path->example.v[path->example.n - 1].dst,
				  fb_witness(target, family)));
	}
	fb_ipset_done(&hit);
	for (size_t k = 0; k < chosen.n; k++)
		fb_cube_done(&chosen.v[k]);
	fb_vec_done(&chosen);
}

static void report(struct search *s, int at, const struct fb_ipset *target)
{
	struct FB_VEC(int) trail = { 0 }, back = { 0 };
	struct fb_path path = { 0 };

	for (int i = at; i >= 0; i = s->states.v[i].from)
		fb_vec_add(&back, i);
	for (size_t i = back.n; i-- > 0;)
		fb_vec_add(&trail, back.v[i]);
	for (size_t k = 1; k < trail.n; k++) {
		const struct state *to = &s->states.v[trail.v[k]];

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
static void beside(struct search *s, const struct state *start)
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
			fb_vec_add(&path.example, within(start->zone, family, fb_witness(src, family),
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

/* ---- the search ------------------------------------------------------------------------------------------------------- */

/* True if the target lies in what was arrived at, or beside it in the zone. */
static bool arrives(struct search *s, int at)
{
	const struct state *state = &s->states.v[at];
	struct fb_ipset hit = fb_party_part(s->q->to, &state->arrived, state->zone);
	bool yes;

	if (fb_ipset_empty(&hit)) {
		fb_ipset_done(&hit);
		hit = fb_party_part(s->q->to, &state->set, state->zone);
	}
	yes = !fb_ipset_empty(&hit);
	if (yes)
		report(s, at, &hit);
	fb_ipset_done(&hit);
	return yes;
}

static void step(struct search *s, int at, unsigned int to, bool reply)
{
	struct fb_ipset arrived = arrivals(s, &s->states.v[at], to, reply);
	unsigned int depth = s->states.v[at].depth + 1;

	if (fb_ipset_empty(&arrived) || s->far[to] == ~0u ||
	    (known(s, at, to, &arrived) && !in_party(s->q->to, to, &arrived))) {
		fb_ipset_done(&arrived);
	} else if ((s->q->max_steps && depth + s->far[to] > s->q->max_steps) || s->states.n >= STATES_MAX) {
		s->ret->more = true;
		fb_ipset_done(&arrived);
	} else {
		int added = (int)s->states.n;

		add_state(s, to, at, reply, &arrived);
		if (arrives(s, added))
			s->states.v[added].depth = ~0u; /* a path ends where it arrives */
	}
}

static void expand(struct search *s, int at)
{
	unsigned int zone = s->states.v[at].zone;

	if (s->states.v[at].depth == ~0u || (zone == FB_ZONE_SELF && s->states.v[at].from >= 0))
		return; /* the gateway is never gone through */
	for (int reply = 0; reply <= s->q->replies; reply++) {
		__u64 next = next_zones(s, zone, reply);

		for (unsigned int to = FB_ZONE_SELF; to < FB_ZONES_MAX; to++)
			if (next & BIT(to) && (!s->q->max_paths || s->ret->v.n < s->q->max_paths))
				step(s, at, to, reply);
	}
}

static void search_done(struct search *s)
{
	for (size_t i = 0; i < (size_t)FB_ZONES_MAX * FB_ZONES_MAX; i++)
		fb_vec_done(&s->pairs[i].calls);
	free(s->pairs);
	for (size_t i = 0; i < s->states.n; i++) {
		fb_ipset_done(&s->states.v[i].arrived);
		fb_ipset_done(&s->states.v[i].set);
	}
	fb_vec_done(&s->states);
}

void fb_paths_find(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		   const struct fb_paths_query *query, struct fb_paths *ret)
{
	struct search s = { .rs = rs, .edges = edges, .q = query, .ret = ret };

	*ret = (struct fb_paths){ 0 };
	index_edges(&s);
	measure(&s);
	start(&s);
	for (size_t i = 0; i < s.starts; i++)
		if (s.states.v[i].zone != FB_ZONE_SELF && !fb_zone_isolated(rs, s.states.v[i].zone))
			beside(&s, &s.states.v[i]);
	for (size_t i = 0; i < s.states.n; i++) {
		if (query->max_paths && ret->v.n >= query->max_paths) {
			ret->more = true;
			break;
		}
		expand(&s, (int)i);
	}
	search_done(&s);
}

void fb_paths_done(struct fb_paths *paths)
{
	for (size_t i = 0; i < paths->v.n; i++) {
		struct fb_path *p = &paths->v.v[i];

		for (size_t k = 0; k < p->steps.n; k++)
			fb_vec_done(&p->steps.v[k].lines);
		fb_vec_done(&p->steps);
		fb_vec_done(&p->example);
	}
	fb_vec_done(&paths->v);
}

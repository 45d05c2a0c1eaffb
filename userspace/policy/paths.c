// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breadth first over states: a zone, what of it is reached, and how. All lines of a pair of zones are taken together, so a state is a set
 * and not a host. A path goes on only where it reaches what neither its start nor it itself has reached before: else a
 * shorter one does the same. Zones whose members are shared are therefore entered once in a path; dense policies still have many
 * paths, so the search gives up after STATES_MAX and says that there may be more.
 */
#include "policy/pathfinder.h"

#include <stdlib.h>

#include "policy/pairs.h"

#define BIT(id) (1ull << (id))
enum { STATES_MAX = 20000 };

/* ---- what there is ------------------------------------------------------------------------------------------------- */

static struct fb_path_edges *pair_of(const struct fb_path_search *s, unsigned int src, unsigned int dst)
{
	return &s->pairs[src * FB_ZONES_MAX + dst];
}

static void index_edges(struct fb_path_search *s)
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

static __u64 next_zones(const struct fb_path_search *s, unsigned int zone, bool reply)
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

static bool target_zone(const struct fb_path_search *s, unsigned int zone)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(s->rs, zone);

	return s->q->to->any || s->q->to->zones & BIT(zone) || (z && in_party(s->q->to, zone, &z->hosts));
}

/* A lower bound, by zones alone: what cannot arrive in time is not followed. */
static void measure(struct fb_path_search *s)
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
struct fb_ipset fb_path_spread(const struct fb_path_search *s, unsigned int zone,
			       const struct fb_ipset *arrived)
{
	struct fb_ipset all;

	if (zone != FB_ZONE_SELF && !fb_zone_isolated(s->rs, zone))
		return fb_zone_members(s->rs, zone);
	fb_ipset_copy(arrived, &all);
	for (size_t i = 0; i < s->rs->devices.n && zone != FB_ZONE_SELF; i++)
		if (fb_ipset_overlaps(&s->rs->devices.v[i].ips, arrived))
			fb_ipset_add_set(&all, &s->rs->devices.v[i].ips);
	return all;
}

static void add_state(struct fb_path_search *s, unsigned int zone, int from, bool reply,
		      struct fb_ipset *arrived)
{
	struct fb_path_state state = { .zone = zone,
				       .depth = from < 0 ? 0 : s->states.v[from].depth + 1,
				       .from = from,
				       .reply = reply,
				       .arrived = *arrived };

	state.set = fb_path_spread(s, zone, arrived);
	fb_vec_add(&s->states, state);
	*arrived = (struct fb_ipset){ 0 };
}

static void start(struct fb_path_search *s)
{
	const struct fb_party *from = s->q->from;

	for (size_t i = 0; i < s->rs->zones.n; i++) {
		unsigned int zone = s->rs->zones.v[i].id;
		struct fb_ipset all = fb_zone_members(s->rs, zone);
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
bool fb_path_leave(const struct fb_path_search *s, const struct fb_reach *edge, bool reply,
		   const struct fb_ipset *set, struct fb_reach *ret)
{
	const struct fb_ipset *near = reply ? &edge->dst : &edge->src, *far = reply ? &edge->src : &edge->dst;
	struct fb_reach part = { .line = edge->line,
				 .group = edge->group,
				 .all = { edge->all[0], edge->all[1] },
				 .src_zone = reply ? edge->dst_zone : edge->src_zone,
				 .dst_zone = reply ? edge->src_zone : edge->dst_zone };
	struct fb_l4set none = { 0 };

	if (!fb_ipset_overlaps(near, set) || (reply && edge->group)) /* nobody answers a group */
		return false;
	fb_ipset_intersect(near, set, &part.src);
	fb_ipset_copy(far, &part.dst);
	part.services = fb_l4set_combine(&edge->services, &none, FB_L4_UNION);
	if (fb_cube_part_hosts(s->rs, &part)) {
		*ret = part;
		return true;
	}
	fb_cube_done(&part);
	return false;
}

const struct fb_path_edges *fb_path_edges_of(const struct fb_path_search *s, unsigned int from,
					     unsigned int to, bool reply)
{
	return reply ? pair_of(s, to, from) : pair_of(s, from, to);
}

static struct fb_ipset arrivals(const struct fb_path_search *s, const struct fb_path_state *at,
				unsigned int to, bool reply)
{
	const struct fb_path_edges *p = fb_path_edges_of(s, at->zone, to, reply);
	struct fb_ipset all = { 0 };

	for (size_t i = 0; i < p->calls.n; i++) {
		struct fb_reach part;

		if (!fb_path_leave(s, &s->edges->v[p->calls.v[i]], reply, &at->set, &part))
			continue;
		fb_ipset_add_set(&all, &part.dst);
		fb_cube_done(&part);
	}
	return all;
}

/* True if the path that ends at this state, or any start, was there before. */
static bool known(const struct fb_path_search *s, int at, unsigned int zone, const struct fb_ipset *set)
{
	struct fb_ipset before = { 0 }, all = fb_zone_members(s->rs, zone),
			there = fb_path_spread(s, zone, set), hosts;
	bool within;

	for (size_t i = 0; i < s->starts; i++)
		if (s->states.v[i].zone == zone)
			fb_ipset_add_set(&before, &s->states.v[i].set);
	for (int i = at; i >= 0; i = s->states.v[i].from)
		if (s->states.v[i].zone == zone)
			fb_ipset_add_set(&before, &s->states.v[i].set);
	fb_ipset_intersect(&there, &all, &hosts); /* broadcast and groups are nobody who could go on */
	within = fb_ipset_within(&hosts, &before);
	fb_ipset_done(&before);
	fb_ipset_done(&all);
	fb_ipset_done(&there);
	fb_ipset_done(&hosts);
	return within;
}

/* ---- the search ------------------------------------------------------------------------------------------------------- */

/* True if the target lies in what was arrived at, or beside it in the zone. */
static bool arrives(struct fb_path_search *s, int at)
{
	const struct fb_path_state *state = &s->states.v[at];
	struct fb_ipset hit = fb_party_part(s->q->to, &state->arrived, state->zone);
	bool yes;

	if (fb_ipset_empty(&hit)) {
		fb_ipset_done(&hit);
		hit = fb_party_part(s->q->to, &state->set, state->zone);
	}
	yes = !fb_ipset_empty(&hit);
	if (yes)
		fb_path_report(s, at, &hit);
	fb_ipset_done(&hit);
	return yes;
}

static void step(struct fb_path_search *s, int at, unsigned int to, bool reply)
{
	struct fb_ipset arrived = arrivals(s, &s->states.v[at], to, reply);
	unsigned int depth = s->states.v[at].depth + 1;

	if (fb_ipset_empty(&arrived) || s->far[to] == ~0u ||
	    (known(s, at, to, &arrived) && !in_party(s->q->to, to, &arrived))) {
		fb_ipset_done(&arrived);
	} else if ((s->q->max_steps && depth + s->far[to] > s->q->max_steps) || s->states.n >= STATES_MAX) {
		s->ret->more = true;
		s->ret->at_steps |= s->q->max_steps && depth + s->far[to] > s->q->max_steps;
		fb_ipset_done(&arrived);
	} else {
		int added = (int)s->states.n;

		add_state(s, to, at, reply, &arrived);
		if (arrives(s, added))
			s->states.v[added].depth = ~0u; /* a path ends where it arrives */
	}
}

static void expand(struct fb_path_search *s, int at)
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

static void search_done(struct fb_path_search *s)
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

/* Whether hosts of the zone itself are asked about. Of any and of several zones the others are: what passes within one does not count (S33). */
static bool meant(const struct fb_ruleset *rs, const struct fb_party *party, unsigned int zone)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, zone);

	return !party->any &&
	       (party->zones == BIT(zone) || (z && fb_ipset_overlaps(&party->plain, &z->hosts)));
}

void fb_paths_find(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		   const struct fb_paths_query *query, struct fb_paths *ret)
{
	struct fb_path_search s = { .rs = rs, .edges = edges, .q = query, .ret = ret };

	*ret = (struct fb_paths){ 0 };
	index_edges(&s);
	measure(&s);
	start(&s);
	for (size_t i = 0; i < s.starts; i++) {
		const unsigned int zone = s.states.v[i].zone;

		if (zone != FB_ZONE_SELF && !fb_zone_isolated(rs, zone) && meant(rs, query->from, zone) &&
		    meant(rs, query->to, zone))
			fb_path_beside(&s, &s.states.v[i]);
	}
	for (size_t i = 0; i < s.states.n; i++) {
		if (query->max_paths && ret->v.n >= query->max_paths) {
			ret->more = ret->at_limit = true;
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

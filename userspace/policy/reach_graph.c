// SPDX-License-Identifier: GPL-2.0-only
/*
 * S38: from one party, again and again, all that the reached may begin to. A node is a set of hosts of one zone that is reached, with the
 * edge that reached it. In a zone whose members are shared every arrival reaches the whole zone, so such a zone gives at most
 * two nodes beside those of the start; in an isolated one an arrival is a node only if it brings addresses that are new. The gateway
 * is never gone through. Breadth first: the first witness is a shortest chain.
 */
#include "policy/assert.h"

#include <stdlib.h>

#include "policy/pairs.h"

#define BIT(id) (1ull << (id))

struct node {
	unsigned int zone;
	struct fb_ipset set;
	int from;		     /* index of the node before; -1 = a start */
	const struct fb_reach *edge; /* NULL: a start, or reached within the zone */
};

struct search {
	const struct fb_ruleset *rs;
	const struct fb_reach_list *edges;
	const struct fb_assertion *a;
	struct FB_VEC(struct node) nodes;
	struct fb_ipset reached[FB_ZONES_MAX];
};

static int add_node(struct search *s, unsigned int zone, struct fb_ipset *set, int from,
		    const struct fb_reach *edge)
{
	struct node node = { zone, *set, from, edge };

	fb_ipset_add_set(&s->reached[zone], set);
	fb_vec_add(&s->nodes, node);
	return (int)s->nodes.n - 1;
}

/* What being in the zone gives: all of it; where members are kept apart, the other addresses of a device. */
static int spread(struct search *s, int arrived)
{
	unsigned int zone = s->nodes.v[arrived].zone;
	struct fb_ipset all = { 0 };

	if (!fb_zone_isolated(s->rs, zone)) {
		all = fb_zone_members(s->rs, zone);
	} else {
		for (size_t i = 0; i < s->rs->devices.n; i++)
			if (fb_ipset_overlaps(&s->rs->devices.v[i].ips, &s->nodes.v[arrived].set))
				fb_ipset_add_set(&all, &s->rs->devices.v[i].ips);
	}
	if (!fb_ipset_within(&all, &s->reached[zone]))
		return add_node(s, zone, &all, arrived, NULL);
	fb_ipset_done(&all);
	return -1;
}

static void start(struct search *s)
{
	size_t n;

	for (size_t i = 0; i < s->rs->zones.n; i++) {
		unsigned int zone = s->rs->zones.v[i].id;
		struct fb_ipset all = fb_zone_members(s->rs, zone);
		struct fb_ipset part = fb_party_part(&s->a->a, &all, zone);

		fb_ipset_done(&all);
		if (fb_ipset_empty(&part))
			fb_ipset_done(&part);
		else
			add_node(s, zone, &part, -1, NULL);
	}
	if (s->a->a.any || s->a->a.zones & BIT(FB_ZONE_SELF)) {
		struct fb_ipset roles = { 0 };

		for (size_t i = 0; i < s->rs->zones.n; i++) {
			struct fb_ipset one = fb_pair_sources(s->rs, FB_ZONE_SELF, s->rs->zones.v[i].id);

			fb_ipset_add_set(&roles, &one);
			fb_ipset_done(&one);
		}
		add_node(s, FB_ZONE_SELF, &roles, -1, NULL);
	}
	n = s->nodes.n;
	for (size_t i = 0; i < n; i++)
		if (s->nodes.v[i].zone != FB_ZONE_SELF)
			spread(s, (int)i);
}

/* The edge as it leaves the node: its sources are among the reached. */
static bool leave(const struct search *s, const struct node *node, const struct fb_reach *edge,
		  struct fb_reach *ret)
{
	struct fb_reach part = *edge;
	struct fb_l4set none = { 0 };

	if (edge->src_zone != node->zone || !fb_ipset_overlaps(&edge->src, &node->set))
		return false;
	fb_ipset_intersect(&edge->src, &node->set, &part.src);
	fb_ipset_copy(&edge->dst, &part.dst);
	part.services = fb_l4set_combine(&edge->services, &none, FB_L4_UNION);
	if (fb_cube_part_hosts(s->rs, &part)) {
		*ret = part;
		return true;
	}
	fb_cube_done(&part);
	return false;
}

/* ---- the witness ---------------------------------------------------------------------------------------------------- */

static void add_shared(struct fb_hops *hops, unsigned int zone, int family, struct fb_ip src, int dst_family,
		       struct fb_ip dst)
{
	struct fb_hop hop = { .family = family,
			      .dst_family = dst_family,
			      .src = src,
			      .dst = dst,
			      .src_zone = zone,
			      .dst_zone = zone,
			      .line = -1,
			      .shared = true };

	fb_vec_add(hops, hop);
}

/* Joins a step to those before it: the same host if one can be both ends, else a step within the zone. */
static void join(const struct search *s, const struct node *before, const struct fb_reach *came,
		 const struct fb_reach *goes, struct fb_hops *hops)
{
	struct fb_hop next = fb_hop_from(s->rs, goes, goes->src.r[0].n ? 4 : 6, &goes->src),
		      *last = hops->n ? &hops->v[hops->n - 1] : NULL;
	const struct fb_ipset *at = came ? &came->dst : &before->set;
	struct fb_ipset common;

	fb_ipset_intersect(at, &goes->src, &common);
	if (common.r[FB_FAMILY_INDEX(next.family)].n && (!last || fb_hop_dst_family(last) == next.family)) {
		next = fb_hop_from(s->rs, goes, next.family, &common);
		if (last)
			last->dst = next.src;
	} else if (last) {
		const int from = fb_hop_dst_family(last);

		if (!fb_is_one_host(s->rs, from, last->dst, next.family, next.src))
			add_shared(hops, next.src_zone, from, last->dst, next.family, next.src);
	} else {
		int family = at->r[FB_FAMILY_INDEX(next.family)].n ? next.family : 10 - next.family;

		add_shared(hops, next.src_zone, family, fb_witness(at, family), next.family, next.src);
	}
	fb_ipset_done(&common);
	fb_vec_add(hops, next);
}

/* The steps that lead to the node, then, unless it is NULL, the last one. */
static void trace(struct search *s, int at, const struct fb_reach *last, struct fb_hops *hops)
{
	struct FB_VEC(int) path = { 0 };
	const struct fb_reach *came = NULL;
	const struct node *first;

	for (int i = at; i >= 0; i = s->nodes.v[i].from)
		fb_vec_add(&path, i);
	first = &s->nodes.v[path.v[path.n - 1]];
	for (size_t i = path.n; i-- > 0;) {
		const struct node *node = &s->nodes.v[path.v[i]];
		struct fb_reach part;
		struct fb_l4set useful;

		if (!node->edge || !leave(s, &s->nodes.v[node->from], node->edge, &part))
			continue;
		useful = fb_l4set_combine(&part.services, &s->a->ignoring, FB_L4_SUBTRACT);
		free(part.services.v);
		part.services = useful;
		join(s, first, came, &part, hops);
		fb_cube_done(&part);
		came = node->edge;
	}
	if (last)
		join(s, first, came, last, hops);
	fb_vec_done(&path);
}

/* ---- the search ----------------------------------------------------------------------------------------------------- */

/* True if this edge itself arrives at the other party. */
static bool arrives(struct search *s, int at, const struct fb_reach *part, struct fb_hops *ret)
{
	struct fb_reach hit = *part;
	bool yes;

	hit.dst = fb_party_part(&s->a->b, &part->dst, part->dst_zone);
	hit.services = fb_l4set_combine(&part->services, &s->a->services, FB_L4_INTERSECT);
	fb_ipset_copy(&part->src, &hit.src);
	yes = fb_cube_trim(&hit);
	if (yes)
		trace(s, at, &hit, ret);
	fb_cube_done(&hit);
	return yes;
}

/*
 * Reaching one member reaches the zone, so also a member of the party there. A named service restricts the last step, though,
 * and what passes within a zone is no step (S33): then only a packet through the gateway counts.
 */
static bool arrives_within(struct search *s, int arrived, int spread, struct fb_hops *ret)
{
	const struct node *node = &s->nodes.v[spread];
	struct fb_ipset hit = fb_party_part(&s->a->b, &node->set, node->zone);
	struct fb_l4 all = FB_L4_ALL;
	bool yes = !fb_ipset_empty(&hit) && fb_l4set_equal(&s->a->services, &(struct fb_l4set){ &all, 1 });

	if (yes) {
		int family = hit.r[0].n ? 4 : 6;
		struct fb_hop *last;

		trace(s, arrived, NULL, ret);
		last = &ret->v[ret->n - 1];
		add_shared(ret, node->zone, fb_hop_dst_family(last), last->dst, family,
			   fb_witness(&hit, family));
	}
	fb_ipset_done(&hit);
	return yes;
}

/* True if the other party is reached. */
static bool pivot(struct search *s, int at, const struct fb_reach *edge, const struct fb_reach *part,
		  struct fb_hops *ret)
{
	struct fb_l4set useful;
	struct fb_ipset fresh;
	bool usable;
	int arrived, around;

	if (edge->dst_zone == FB_ZONE_SELF)
		return false;
	useful = fb_l4set_combine(&part->services, &s->a->ignoring, FB_L4_SUBTRACT);
	usable = useful.n;
	free(useful.v);
	if (!usable)
		return false;
	fb_ipset_subtract(&part->dst, &s->reached[edge->dst_zone], &fresh);
	if (fb_ipset_empty(&fresh)) {
		fb_ipset_done(&fresh);
		return false;
	}
	arrived = add_node(s, edge->dst_zone, &fresh, at, edge);
	around = spread(s, arrived);
	return around >= 0 && arrives_within(s, arrived, around, ret);
}

static bool expand(struct search *s, int at, struct fb_hops *ret)
{
	bool found = false;

	for (size_t i = 0; i < s->edges->n && !found; i++) {
		const struct fb_reach *edge = &s->edges->v[i];
		struct fb_reach part;

		if (!fb_edge_counts(s->rs, edge, s->a->unless_opened) ||
		    !leave(s, &s->nodes.v[at], edge, &part))
			continue;
		found = arrives(s, at, &part, ret) || pivot(s, at, edge, &part, ret);
		fb_cube_done(&part);
	}
	return found;
}

bool fb_chain_holds(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		    const struct fb_assertion *assertion, struct fb_hops *ret)
{
	struct search s = { .rs = rs, .edges = edges, .a = assertion };
	bool found = false;

	start(&s);
	for (size_t i = 0; i < s.nodes.n && !found; i++)
		found = expand(&s, (int)i, ret);
	for (size_t i = 0; i < s.nodes.n; i++)
		fb_ipset_done(&s.nodes.v[i].set);
	fb_vec_done(&s.nodes);
	for (size_t i = 0; i < FB_ZONES_MAX; i++)
		fb_ipset_done(&s.reached[i]);
	return !found;
}

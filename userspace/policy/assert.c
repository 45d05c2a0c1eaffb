// SPDX-License-Identifier: GPL-2.0-only
#include "policy/assert.h"

#include <stdlib.h>
#include <string.h>

#include "policy/pairs.h"

#define BIT(id) (1ull << (id))

int fb_party_find(const struct fb_ruleset *rs, const char *word, struct fb_party *ret, struct fb_error *err)
{
	const struct fb_zone *z = fb_ruleset_zone(rs, word);
	struct fb_ip ip;
	int family;

	*ret = (struct fb_party){ 0 };
	if (!strcmp(word, "any")) {
		ret->any = true;
		return 0;
	}
	if (!strcmp(word, "self"))
		ret->zones = BIT(FB_ZONE_SELF);
	else if (z)
		ret->zones = BIT(z->id);
	for (size_t i = 0; i < rs->zone_groups.n && !ret->zones; i++)
		if (!strcmp(rs->zone_groups.v[i].name, word))
			ret->zones = rs->zone_groups.v[i].zones;
	if (!fb_ip_parse(word, strlen(word), &family, &ip) && fb_gateway_zone(rs, family, ip))
		ret->zones = BIT(FB_ZONE_SELF);
	return ret->zones ? 0 : fb_side_find(rs, word, true, &ret->plain, err);
}

void fb_party_done(struct fb_party *party)
{
	fb_ipset_done(&party->plain);
}

void fb_assertion_done(struct fb_assertion *a)
{
	fb_party_done(&a->a);
	fb_party_done(&a->b);
	free(a->services.v);
	free(a->ignoring.v);
	for (size_t i = 0; i < a->entries.n; i++) {
		fb_party_done(&a->entries.v[i].party);
		free(a->entries.v[i].services.v);
	}
	fb_vec_done(&a->entries);
}

struct fb_ipset fb_party_part(const struct fb_party *party, const struct fb_ipset *set, unsigned int zone)
{
	struct fb_ipset part;

	if (party->any || party->zones & BIT(zone))
		fb_ipset_copy(set, &part);
	else
		fb_ipset_intersect(set, &party->plain, &part);
	return part;
}

bool fb_zone_isolated(const struct fb_ruleset *rs, unsigned int zone)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, zone);

	return z && z->stmt->zone.members_isolated;
}

static bool on_request(const struct fb_line *line)
{
	return line->allow->suffix.on_request.s ||
	       (line->stmt->firebreak.has_default && line->stmt->firebreak.defaults.on_request.s);
}

static bool during(const struct fb_line *line)
{
	return line->allow->suffix.during.s ||
	       (line->stmt->firebreak.has_default && line->stmt->firebreak.defaults.during.s);
}

bool fb_edge_counts(const struct fb_ruleset *rs, const struct fb_reach *edge, bool unless_opened)
{
	return !unless_opened || edge->line < 0 || !on_request(&rs->lines.v[edge->line]);
}

/* ---- witnesses ------------------------------------------------------------------------------------------------------ */

/* A host is a better example than a role, and of a range the second than the first, which looks like the network. */
struct fb_ip fb_witness(const struct fb_ipset *set, int family)
{
	const struct fb_ranges *r = &set->r[FB_FAMILY_INDEX(family)];
	const struct fb_range *best = &r->v[0];

	for (size_t i = 0; i < r->n; i++) {
		best = &r->v[i];
		if (best->first.hi || best->first.lo >= FB_ROLE(FB_ROLE_SELF_SRC + 1, 0))
			break;
		best = &r->v[0];
	}
	return fb_ip_cmp(best->first, best->last) < 0 ? fb_ip_add(best->first, 1) : best->first;
}

/* Of the gateway an address of its own, which is a role, rather than multicast. */
static struct fb_ip destination(const struct fb_reach *cube, int family)
{
	const struct fb_ranges *dst = &cube->dst.r[FB_FAMILY_INDEX(family)];

	if (cube->group) /* groups are the highest addresses */
		return dst->v[dst->n - 1].first;
	if (cube->dst_zone == FB_ZONE_SELF)
		return dst->v[0].first;
	return fb_witness(&cube->dst, family);
}

/* The set less the host that has the address; false, and nothing, if that is all of it. */
static bool others(const struct fb_ruleset *rs, const struct fb_ipset *set, int family, struct fb_ip ip,
		   struct fb_ipset *ret)
{
	struct fb_ipset one = { 0 }, host;

	fb_ipset_add(&one, family, (struct fb_range){ ip, ip });
	fb_single_hosts(rs, &one, &host);
	fb_ipset_subtract(set, &host, ret);
	fb_ipset_done(&one);
	fb_ipset_done(&host);
	if (ret->r[FB_FAMILY_INDEX(family)].n)
		return true;
	fb_ipset_done(ret);
	return false;
}

struct fb_hop fb_hop_from(const struct fb_ruleset *rs, const struct fb_reach *cube, int family,
			  const struct fb_ipset *from)
{
	struct fb_hop hop = { .family = family,
			      .src = fb_witness(from, family),
			      .dst = destination(cube, family),
			      .service = fb_l4set_witness(&cube->services, family),
			      .src_zone = cube->src_zone,
			      .dst_zone = cube->dst_zone,
			      .line = cube->line,
			      .all = cube->all[FB_FAMILY_INDEX(family)] };
	struct fb_ipset rest;

	/* Within a zone two hosts: one of them may be all that the other side has. */
	if (hop.src_zone == hop.dst_zone && others(rs, &cube->dst, family, hop.src, &rest)) {
		if (!fb_ipset_has(&rest, family, hop.dst))
			hop.dst = fb_witness(&rest, family);
		fb_ipset_done(&rest);
	} else if (hop.src_zone == hop.dst_zone && others(rs, from, family, hop.dst, &rest)) {
		hop.src = fb_witness(&rest, family);
		fb_ipset_done(&rest);
	}
	hop.heard = hop.all.hi || hop.all.lo;
	if (hop.heard && fb_ip_in_every_zone(family, hop.dst)) /* nobody in particular */
		hop.dst = hop.all;
	return hop;
}

struct fb_hop fb_hop_of(const struct fb_ruleset *rs, const struct fb_reach *cube)
{
	struct fb_hop hop = fb_hop_from(rs, cube, cube->src.r[0].n ? 4 : 6, &cube->src);

	if (hop.heard)
		hop.dst = hop.all;
	return hop;
}

/* ---- the direct forms ----------------------------------------------------------------------------------------------- */

/* The part of the edge that goes from one party to the other with these services. */
static bool narrow(const struct fb_ruleset *rs, const struct fb_reach *edge, const struct fb_party *a,
		   const struct fb_party *b, const struct fb_l4set *services, struct fb_reach *ret)
{
	struct fb_reach part = *edge;

	if (!fb_l4set_overlaps(&edge->services, services))
		return false;
	part.src = fb_party_part(a, &edge->src, edge->src_zone);
	part.dst = fb_party_part(b, &edge->dst, edge->dst_zone);
	part.services = fb_l4set_combine(&edge->services, services, FB_L4_INTERSECT);
	if (fb_cube_part_hosts(rs, &part)) {
		*ret = part;
		return true;
	}
	fb_cube_done(&part);
	return false;
}

/* S34 */
static bool cannot(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		   const struct fb_assertion *a, struct fb_hops *ret)
{
	for (size_t i = 0; i < edges->n; i++) {
		struct fb_reach part;

		if (!fb_edge_counts(rs, &edges->v[i], a->unless_opened) ||
		    !narrow(rs, &edges->v[i], &a->a, &a->b, &a->services, &part))
			continue;
		fb_vec_add(ret, fb_hop_of(rs, &part));
		fb_cube_done(&part);
		return false;
	}
	return true;
}

/* S36: whatever begins at a (or arrives there), less all entries. */
static bool only(const struct fb_ruleset *rs, const struct fb_reach_list *edges, const struct fb_assertion *a,
		 struct fb_hops *ret)
{
	const struct fb_party everyone = { .any = true };
	bool by = a->kind == FB_ASSERT_ONLY_BY, holds = true;

	for (size_t i = 0; i < edges->n && holds; i++) {
		struct fb_reach_list left = { 0 };
		struct fb_reach part;

		if (!fb_edge_counts(rs, &edges->v[i], a->unless_opened) ||
		    !narrow(rs, &edges->v[i], by ? &everyone : &a->a, by ? &a->a : &everyone, &a->services,
			    &part))
			continue;
		fb_vec_add(&left, part);
		for (size_t k = 0; k < a->entries.n && left.n; k++) {
			const struct fb_party_entry *e = &a->entries.v[k];
			struct fb_reach listed;

			if (!narrow(rs, &edges->v[i], by ? &e->party : &everyone, by ? &everyone : &e->party,
				    &e->services, &listed))
				continue;
			fb_cubes_subtract(&left, &listed);
			fb_cube_done(&listed);
		}
		fb_cubes_part_hosts(rs, &left);
		if (left.n) {
			fb_vec_add(ret, fb_hop_of(rs, &left.v[0]));
			holds = false;
		}
		fb_reach_done(&left);
	}
	return holds;
}

/* ---- can reach: S35 ------------------------------------------------------------------------------------------------- */

static struct fb_ipset side_in(const struct fb_ruleset *rs, const struct fb_party *party, unsigned int zone)
{
	struct fb_ipset none = { 0 };
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, zone);

	return z ? fb_party_part(party, &z->hosts, zone) : none;
}

/* The gateway as the other end sees it: its addresses, not what it broadcasts. */
static struct fb_ipset self_in(const struct fb_party *party, bool source, unsigned int other)
{
	struct fb_ipset set = { 0 };

	for (int i = 0; i < (source ? 1 : 2) && (party->any || party->zones & BIT(FB_ZONE_SELF)); i++) {
		struct fb_ip role = { 0, FB_ROLE(source ? FB_ROLE_SELF_SRC : FB_ROLE_SELF_AT,
						 i ? FB_ZONE_NONE : other) };

		fb_ipset_add(&set, 4, (struct fb_range){ role, role });
		fb_ipset_add(&set, 6, (struct fb_range){ role, role });
	}
	return set;
}

static void demand(const struct fb_ruleset *rs, const struct fb_assertion *a, unsigned int src,
		   unsigned int dst, struct fb_reach_list *list)
{
	struct fb_reach cube = { .src_zone = src, .dst_zone = dst, .line = -1 };
	struct fb_l4set none = { 0 };

	cube.src = src == FB_ZONE_SELF ? self_in(&a->a, true, dst) : side_in(rs, &a->a, src);
	cube.dst = dst == FB_ZONE_SELF ? self_in(&a->b, false, src) : side_in(rs, &a->b, dst);
	cube.services = fb_l4set_combine(&a->services, &none, FB_L4_UNION);
	if (fb_cube_trim(&cube))
		fb_vec_add(list, cube);
	else
		fb_cube_done(&cube);
}

static bool can(const struct fb_ruleset *rs, const struct fb_reach_list *edges, const struct fb_assertion *a,
		struct fb_hops *ret)
{
	struct fb_reach_list left = { 0 };
	bool holds;

	for (unsigned int src = FB_ZONE_SELF; src < FB_ZONES_MAX; src++)
		for (unsigned int dst = FB_ZONE_SELF; dst < FB_ZONES_MAX; dst++)
			if (src != dst)
				demand(rs, a, src, dst, &left);
	if (!left.n) /* nobody of the one side could speak to anybody of the other: nothing is proved by that */
		return false;
	for (size_t i = 0; i < edges->n && left.n; i++) {
		const struct fb_reach *e = &edges->v[i];

		/* A group is no way to a host: who listens is the host's affair. */
		if (!e->group && e->line >= 0 && e->deadline == FB_NO_DEADLINE &&
		    !during(&rs->lines.v[e->line]) && !on_request(&rs->lines.v[e->line]))
			fb_cubes_subtract(&left, e);
	}
	holds = !left.n;
	if (!holds)
		fb_vec_add(ret, fb_hop_of(rs, &left.v[0]));
	fb_reach_done(&left);
	return holds;
}

bool fb_assert_holds(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		     const struct fb_assertion *a, struct fb_hops *ret)
{
	*ret = (struct fb_hops){ 0 };
	switch (a->kind) {
	case FB_ASSERT_CANNOT:
		return a->transitively ? fb_chain_holds(rs, edges, a, ret) : cannot(rs, edges, a, ret);
	case FB_ASSERT_CAN:
		return can(rs, edges, a, ret);
	default:
		return only(rs, edges, a, ret);
	}
}

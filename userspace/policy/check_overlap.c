// SPDX-License-Identifier: GPL-2.0-only
/*
 * S18: lines that meet have one limit. S26: what is allowed and what is never allowed may not meet. Every box of a guard is held against every box of a line; most of
 * these pairs part at their bounds, which are compared first: 10,000 lines against 1,000 guards take some 50 ms.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/checker.h"
#include "policy/cubes.h"
#include "policy/near.h"

struct bounds {
	struct fb_range r[2];
	bool some[2];
};

static struct bounds bounds_of(const struct fb_ipset *set)
{
	struct bounds b = { 0 };

	for (int f = 0; f < 2; f++) {
		size_t n = set->r[f].n;

		b.some[f] = n;
		if (n)
			b.r[f] = (struct fb_range){ set->r[f].v[0].first, set->r[f].v[n - 1].last };
	}
	return b;
}

static bool bounds_meet(const struct bounds *a, const struct bounds *b)
{
	for (int f = 0; f < 2; f++)
		if (a->some[f] && b->some[f] && fb_ip_cmp(a->r[f].first, b->r[f].last) <= 0 &&
		    fb_ip_cmp(b->r[f].first, a->r[f].last) <= 0)
			return true;
	return false;
}

/* What both sets have in this family. */
static struct fb_ipset common(const struct fb_ipset *a, const struct fb_ipset *b, int f)
{
	struct fb_ipset x = { 0 }, y = { 0 }, both;

	x.r[f] = a->r[f];
	y.r[f] = b->r[f];
	fb_ipset_intersect(&x, &y, &both);
	return both;
}

static bool one_address(const struct fb_ranges *r)
{
	return r->n == 1 && !fb_ip_cmp(r->v[0].first, r->v[0].last);
}

/* Somebody to send and somebody else to receive (S33): from itself to itself nothing passes the gateway (S3). */
static bool two_ends(const struct fb_ipset *src, const struct fb_ipset *dst, int f)
{
	const struct fb_ranges *s = &src->r[f], *d = &dst->r[f];

	return s->n && d->n &&
	       !(one_address(s) && one_address(d) && !fb_ip_cmp(s->v[0].first, d->v[0].first));
}

/* A packet of this family can be what both services say: ICMP is of one family. */
static bool services_meet(const struct fb_l4set *a, const struct fb_l4set *b, int family)
{
	struct fb_l4set both;
	bool begins;

	if (!fb_l4set_overlaps(a, b))
		return false;
	both = fb_l4set_combine(a, b, FB_L4_INTERSECT);
	begins = fb_l4set_begins(&both, family);
	free(both.v);
	return begins;
}

/* The family in which both sides meet; 0 = none. */
static int boxes_meet(const struct fb_ruleset *rs, const struct fb_box *a, const struct fb_box *b)
{
	static const int families[2] = { 4, 6 };

	for (int f = 0; f < 2; f++) {
		struct fb_ipset src = common(&rs->sets.v[a->src], &rs->sets.v[b->src], f),
				dst = common(&rs->sets.v[a->dst], &rs->sets.v[b->dst], f);
		bool meet = two_ends(&src, &dst, f) &&
			    services_meet(&rs->services.v[a->svc], &rs->services.v[b->svc], families[f]);

		fb_ipset_done(&src);
		fb_ipset_done(&dst);
		if (meet)
			return families[f];
	}
	return 0;
}

/* ---- the message ----------------------------------------------------------------------------------------------- */

/* How good an example the address is: a host's is best, then the gateway's, then the rest. */
static int plainness(const struct fb_checker *c, int family, struct fb_ip ip)
{
	if (fb_check_owner_of(c, family, ip))
		return 2;
	return !ip.hi && (ip.lo >> 8 == FB_ROLE_SELF_AT || ip.lo >> 8 == FB_ROLE_SELF_SRC);
}

/* One address of the set: of a range of hosts the second, as the first looks like the network. */
static struct fb_ip example(const struct fb_checker *c, const struct fb_ranges *r, int family)
{
	struct fb_ip best = { 0, 0 };
	int plain = -1;

	for (size_t i = 0; i < r->n && plain < 2; i++) {
		struct fb_ip ip = r->v[i].first;

		if (plainness(c, family, ip) <= plain)
			continue;
		plain = plainness(c, family, ip);
		best = plain == 2 && fb_ip_cmp(ip, r->v[i].last) < 0 ? fb_ip_add(ip, 1) : ip;
	}
	return best;
}

static struct fb_ip witness(const struct fb_checker *c, const struct fb_ipset *a, const struct fb_ipset *b,
			    int family)
{
	struct fb_ipset both = common(a, b, FB_FAMILY_INDEX(family));
	struct fb_ip ip = example(c, &both.r[FB_FAMILY_INDEX(family)], family);

	fb_ipset_done(&both);
	return ip;
}

/* One packet's ends: boxes_meet() found two that differ. */
static void witnesses(const struct fb_checker *c, const struct fb_box *a, const struct fb_box *b, int family,
		      struct fb_ip *ret_src, struct fb_ip *ret_dst)
{
	const struct fb_ipset *sets = c->rs->sets.v;
	int f = FB_FAMILY_INDEX(family);
	struct fb_ipset ends[2] = { common(&sets[a->src], &sets[b->src], f),
				    common(&sets[a->dst], &sets[b->dst], f) };
	struct fb_ip ip[2] = { example(c, &ends[0].r[f], family), example(c, &ends[1].r[f], family) };

	if (!fb_ip_cmp(ip[0], ip[1])) {
		int other = one_address(&ends[1].r[f]) ? 0 : 1;
		struct fb_ipset same = { 0 }, rest;

		fb_ipset_add(&same, family, (struct fb_range){ ip[0], ip[0] });
		fb_ipset_subtract(&ends[other], &same, &rest);
		ip[other] = example(c, &rest.r[f], family);
		fb_ipset_done(&same);
		fb_ipset_done(&rest);
	}
	fb_ipset_done(&ends[0]);
	fb_ipset_done(&ends[1]);
	*ret_src = ip[0];
	*ret_dst = ip[1];
}

static const char *address_text(struct fb_checker *c, int family, struct fb_ip ip)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_ipset set = { 0 };

	fb_ipset_add(&set, family, (struct fb_range){ ip, ip });
	fb_ruleset_print_set(c->rs, &set, &out);
	fb_ipset_done(&set);
	return fb_diag_printf(c->diags, "%s", fb_strbuf_get(&out));
}

/* The zone that people would name for the source of a box: the owner's, that of a link-local role, or the gateway. */
static const char *source_text(struct fb_checker *c, int family, struct fb_ip ip)
{
	const struct fb_zone *owner = fb_check_owner_of(c, family, ip);

	if (owner)
		return owner->name;
	return ip.lo >> 8 == FB_ROLE_LOCAL ? fb_ruleset_zone_name(c->rs, (unsigned int)ip.lo & 0xff) : "self";
}

/* For a destination that nobody owns the source tells: the gateway sends into its zone, all others to the gateway. */
static const char *destination_text(struct fb_checker *c, int family, struct fb_ip src, struct fb_ip dst)
{
	const struct fb_zone *owner = fb_check_owner_of(c, family, dst);

	if (owner)
		return owner->name;
	if (!src.hi && src.lo >> 8 == FB_ROLE_SELF_SRC)
		return fb_ruleset_zone_name(c->rs, (unsigned int)src.lo & 0xff);
	return "self";
}

/* The first service of the line that the guard forbids: as written, and one packet of it. They were all read once: none fails. */
static const char *service_text(struct fb_checker *c, const struct fb_allow *allow,
				const struct fb_l4set *forbidden, int family, const char **ret_packet)
{
	*ret_packet = "";
	for (size_t i = 0; i < allow->services.n; i++) {
		fb_autostrbuf struct fb_strbuf name = { 0 }, packet = { 0 };
		struct fb_svc_items one = { &allow->services.v[i], 1 };
		struct fb_l4set set = { 0 }, all, both;

		fb_check_service_items(c, &one, &set);
		all = fb_l4set_combine(&set, forbidden, FB_L4_INTERSECT);
		both = fb_l4set_beginning(&all, family);
		free(set.v);
		free(all.v);
		if (!both.n) {
			free(both.v);
			continue;
		}
		both.v[0].proto_hi = both.v[0].proto_lo;
		if (both.v[0].dport_lo || both.v[0].dport_hi != 65535)
			both.v[0].dport_hi = both.v[0].dport_lo;
		fb_l4set_print(&(struct fb_l4set){ both.v, 1 }, &packet);
		free(both.v);
		fb_print_services(&one, &name);
		*ret_packet = fb_diag_printf(c->diags, "%s", fb_strbuf_get(&packet));
		return fb_diag_printf(c->diags, "%s", fb_strbuf_get(&name));
	}
	return "";
}

static void report(struct fb_checker *c, const struct fb_box *allow, const struct fb_box *never, int family)
{
	const struct fb_ruleset *rs = c->rs;
	const struct fb_line *line = &rs->lines.v[allow->line], *guard = &rs->lines.v[never->line];
	const char *packet,
		*service = service_text(c, line->allow, &rs->services.v[never->svc], family, &packet);
	struct fb_ip src, dst;

	witnesses(c, allow, never, family, &src, &dst);
	fb_diag_error(c->diags, line->at,
		      fb_diag_printf(c->diags, "for example %s -> %s %s", address_text(c, family, src),
				     address_text(c, family, dst), packet),
		      "allows %s -> %s %s, which the never at %s forbids", source_text(c, family, src),
		      destination_text(c, family, src, dst), service, fb_check_place(c, guard->at));
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
	if (!zone || !services_meet(&rs->services.v[allow->svc], &rs->services.v[never->svc], family))
		return false;
	src = witness(c, &rs->sets.v[allow->src], &rs->sets.v[never->src], family);
	service = service_text(c, line->allow, &rs->services.v[never->svc], family, &packet);
	fb_diag_error(
		c->diags, line->at,
		fb_diag_printf(c->diags,
			       "copies of multicast reach whoever listens there; for example from %s, %s",
			       address_text(c, family, src), packet),
		"allows %s -> %s %s, which the never at %s forbids", source_text(c, family, src),
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

	witnesses(c, box, other, family, &src, &dst);
	service_text(c, line->allow, &rs->services.v[other->svc], family, &packet);
	fb_ruleset_print_zones(rs, line->group, &here);
	fb_ruleset_print_zones(rs, first->group, &there);
	fb_diag_error(c->diags, line->at, "write one firebreak with all of these zones on the right",
		      "overlaps %s (%s -> %s %s): its copies go into %s, those of this line into %s",
		      fb_check_place(c, first->at), address_text(c, family, src),
		      address_text(c, family, dst), packet, fb_strbuf_get(&there), fb_strbuf_get(&here));
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
			family = boxes_meet(rs, box, other);
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

	witnesses(c, box, other, family, &src, &dst);
	service_text(c, line->allow, &rs->services.v[other->svc], family, &packet);
	fb_diag_error(c->diags, line->at, "a packet has one limit and one quota, that of its line",
		      "overlaps %s (%s -> %s %s) with another %s: split them", fb_check_place(c, first->at),
		      address_text(c, family, src), address_text(c, family, dst), packet,
		      limits ? "limit" : "quota");
}

struct caps {
	const struct bounds *bounds;
	const unsigned int *number; /* of the cap, by line */
	struct fb_near near;
};

/* Whether box k is of another line with another cap, and shares a packet with box i: the family, or 0. */
static int caps_meet(const struct fb_ruleset *rs, const struct caps *caps, size_t i, size_t k)
{
	const struct fb_box *box = &rs->boxes.v[i], *other = &rs->boxes.v[k];

	if (caps->number[other->line] == caps->number[box->line] ||
	    rs->lines.v[other->line].kind != FB_RULE_ALLOW ||
	    !bounds_meet(&caps->bounds[box->src], &caps->bounds[other->src]) ||
	    !bounds_meet(&caps->bounds[box->dst], &caps->bounds[other->dst]))
		return 0;
	return boxes_meet(rs, box, other);
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

static void index_boxes(const struct fb_ruleset *rs, enum fb_rule_kind kind, struct fb_near *ret)
{
	for (unsigned int i = 0; i < rs->boxes.n; i++) {
		const struct fb_box *box = &rs->boxes.v[i];

		if (rs->lines.v[box->line].kind == kind)
			fb_near_add(ret, i, &rs->sets.v[box->src], &rs->sets.v[box->dst],
				    &rs->services.v[box->svc]);
	}
	fb_near_build(ret);
}

static void check_caps(struct fb_checker *c, const struct bounds *bounds)
{
	fb_autofree unsigned int *number = calloc(c->rs->lines.n + 1, sizeof(*number));
	struct caps caps = { .bounds = bounds, .number = number };
	unsigned int reported = 0;

	if (!number)
		abort();
	if (!number_caps(c->rs, number))
		return;
	index_boxes(c->rs, FB_RULE_ALLOW, &caps.near);
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
			 const struct bounds *bounds, unsigned int *reported)
{
	for (size_t i = 0; i < nevers->n && *reported != allow->line + 1; i++) {
		const struct fb_box *never = nevers->v[i];
		int family;

		if (hold_group(c, allow, never)) {
			*reported = allow->line + 1;
			break;
		}
		if (!bounds_meet(&bounds[allow->src], &bounds[never->src]) ||
		    !bounds_meet(&bounds[allow->dst], &bounds[never->dst]))
			continue;
		family = boxes_meet(c->rs, allow, never);
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
	fb_autofree struct bounds *bounds = calloc(rs->sets.n + 1, sizeof(*bounds));
	struct box_refs nevers = { 0 };
	unsigned int reported = 0;

	if (!bounds)
		abort();
	for (size_t i = 0; i < rs->sets.n; i++)
		bounds[i] = bounds_of(&rs->sets.v[i]);
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

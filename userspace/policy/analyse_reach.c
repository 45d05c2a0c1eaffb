// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/cubes.h"
#include "policy/pairs.h"

#define BIT(id) (1ull << (id))

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void add_zones(const struct fb_ruleset *rs, __u64 zones, struct fb_ipset *ret)
{
	for (size_t i = 0; i < rs->zones.n; i++) {
		struct fb_ip local = { 0, FB_ROLE(FB_ROLE_LOCAL, rs->zones.v[i].id) };

		if (!(zones & BIT(rs->zones.v[i].id)))
			continue;
		fb_ipset_add_set(ret, &rs->zones.v[i].hosts);
		fb_ipset_add(ret, 4, (struct fb_range){ local, local });
		fb_ipset_add(ret, 6, (struct fb_range){ local, local });
	}
}

/* The gateway. As a destination its addresses alone: broadcast and multicast go to others too. */
static void add_self(const struct fb_ruleset *rs, bool source, struct fb_ipset *ret)
{
	for (size_t i = 0; i <= rs->zones.n; i++) {
		unsigned int id = i ? rs->zones.v[i - 1].id : 0;
		struct fb_ip role = { 0, FB_ROLE(source ? FB_ROLE_SELF_SRC : FB_ROLE_SELF_AT, id) };

		if (source && !id)
			continue;
		fb_ipset_add(ret, 4, (struct fb_range){ role, role });
		fb_ipset_add(ret, 6, (struct fb_range){ role, role });
	}
}

static bool find_name(const struct fb_ruleset *rs, const char *word, struct fb_ipset *ret)
{
	const struct fb_zone *z = fb_ruleset_zone(rs, word);

	if (z) {
		add_zones(rs, BIT(z->id), ret);
		return true;
	}
	for (size_t i = 0; i < rs->zone_groups.n; i++) {
		if (strcmp(rs->zone_groups.v[i].name, word))
			continue;
		add_zones(rs, rs->zone_groups.v[i].zones, ret);
		return true;
	}
	for (size_t i = 0; i < rs->devices.n; i++) {
		if (strcmp(rs->devices.v[i].name, word))
			continue;
		fb_ipset_copy(&rs->devices.v[i].ips, ret);
		return true;
	}
	for (size_t i = 0; i < rs->groups.n; i++) {
		if (strcmp(rs->groups.v[i].name, word))
			continue;
		fb_ipset_copy(&rs->groups.v[i].ips, ret);
		return true;
	}
	return false;
}

/* 10.0.0.1, 10.0.0.0/8, 10.0.0.1-10.0.0.9; a declared gateway's is the gateway there (S22). */
static bool find_address(const struct fb_ruleset *rs, const char *word, bool source, struct fb_ipset *ret)
{
	size_t n = strcspn(word, "/-");
	int family, last_family;
	const struct fb_zone *gateway;
	struct fb_range r;

	if (fb_ip_parse(word, n, &family, &r.first) < 0)
		return false;
	r.last = r.first;
	gateway = word[n] ? NULL : fb_gateway_zone(rs, family, r.first);
	if (gateway)
		r.first = r.last = (struct fb_ip){ 0, FB_ROLE(source ? FB_ROLE_SELF_SRC : FB_ROLE_SELF_AT,
							      gateway->id) };
	if (word[n] == '-') {
		if (fb_ip_parse(word + n + 1, strlen(word + n + 1), &last_family, &r.last) < 0 ||
		    last_family != family || fb_ip_cmp(r.first, r.last) > 0)
			return false;
	} else if (word[n] == '/') {
		char *end;
		unsigned long len = strtoul(word + n + 1, &end, 10);
		unsigned int head;

		if (*end || end == word + n + 1 || len > (family == 4 ? 32u : 128u))
			return false;
		r.last = fb_ip_last(family, r.first, (unsigned int)len);
		if (!fb_range_prefix(family, r, &head) || head != len) /* host bits are set */
			return false;
	}
	fb_ipset_add(ret, family, r);
	return true;
}

static int not_found(const struct fb_ruleset *rs, const char *word, struct fb_error *err)
{
	struct FB_VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; i < rs->zones.n; i++)
		fb_vec_add(&names, rs->zones.v[i].name);
	for (size_t i = 0; i < rs->zone_groups.n; i++)
		fb_vec_add(&names, rs->zone_groups.v[i].name);
	for (size_t i = 0; i < rs->devices.n; i++)
		fb_vec_add(&names, rs->devices.v[i].name);
	for (size_t i = 0; i < rs->groups.n; i++)
		fb_vec_add(&names, rs->groups.v[i].name);
	near = fb_suggest(word, names.v, names.n);
	fb_vec_done(&names);
	if (near)
		return fb_error_set(err, -ENOENT,
				    "\"%s\" is no zone, device, group or address: did you mean \"%s\"?", word,
				    near);
	return fb_error_set(err, -ENOENT, "\"%s\" is no zone, device, group or address", word);
}

int fb_side_find(const struct fb_ruleset *rs, const char *word, bool source, struct fb_ipset *ret,
		 struct fb_error *err)
{
	struct fb_ipset set = { 0 };

	if (!strcmp(word, "any")) {
		fb_ipset_add(&set, 4, (struct fb_range){ { 0, 0 }, fb_ip_max(4) });
		fb_ipset_add(&set, 6, (struct fb_range){ { 0, 0 }, fb_ip_max(6) });
	} else if (!strcmp(word, "self")) {
		add_self(rs, source, &set);
	} else if (!find_name(rs, word, &set) && !find_address(rs, word, source, &set)) {
		return not_found(rs, word, err);
	}
	*ret = set;
	return 0;
}

/* ---- reach ------------------------------------------------------------------------------------------------------- */

static struct fb_ipset narrowed(const struct fb_ipset *set, const struct fb_ipset *zone,
				const struct fb_ipset *asked)
{
	struct fb_ipset here, ret;

	fb_ipset_intersect(set, zone, &here);
	if (!asked)
		return here;
	fb_ipset_intersect(&here, asked, &ret);
	fb_ipset_done(&here);
	return ret;
}

static struct fb_ip broadcast_in(unsigned int zone)
{
	return (struct fb_ip){ 0, FB_ROLE(FB_ROLE_BCAST, zone) };
}

static void add_role(struct fb_ipset *set, enum fb_role_kind kind, unsigned int zone, int family)
{
	struct fb_ip role = { 0, FB_ROLE(kind, zone) };

	fb_ipset_add(set, family, (struct fb_range){ role, role });
}

/* What of a group line answers the question who reaches `to`: all of it, if somebody of `to` may listen. */
static struct fb_ipset heard(const struct fb_ruleset *rs, const struct fb_ipset *groups, unsigned int zone,
			     const struct fb_ipset *asked)
{
	struct fb_ipset listeners = fb_group_listeners(rs, groups, BIT(zone)), ret = { 0 };

	/* Who asks about a zone has its link-local addresses in the set: a host of another family may listen, too. */
	for (int f = 0; f < 2; f++)
		if (groups->r[f].n)
			add_role(&listeners, FB_ROLE_LOCAL, zone, f ? 6 : 4);

	if (!asked || fb_ipset_overlaps(&listeners, asked))
		fb_ipset_copy(groups, &ret);
	fb_ipset_done(&listeners);
	return ret;
}

struct question {
	const struct fb_ruleset *rs;
	const struct fb_ipset *from, *to;
	struct fb_reach_list *list;
};

/* What of the box, which is borrowed, lies between these, with these services. */
static void add_part(const struct question *q, const struct fb_reach *box, const struct fb_ipset *sources,
		     const struct fb_ipset *destinations, const struct fb_l4set *services)
{
	struct fb_reach entry = *box;
	struct fb_l4set none = { 0 };

	entry.src = narrowed(&box->src, sources, q->from);
	entry.dst = box->group ? heard(q->rs, &box->dst, box->dst_zone, q->to)
			       : narrowed(&box->dst, destinations, q->to);
	entry.services = none;
	if (!fb_ipset_empty(&entry.src) && !fb_ipset_empty(&entry.dst))
		entry.services = fb_l4set_combine(services, &none, FB_L4_UNION);
	if (fb_cube_part_hosts(q->rs, &entry))
		fb_vec_add(q->list, entry);
	else
		fb_cube_done(&entry);
}

/* S61: over a wire link-local addresses are no hosts, but some services pass from and to them, and to all of the segment. */
static void add_link(const struct question *q, const struct fb_reach *box)
{
	struct fb_ipset hosts = fb_pair_sources(q->rs, box->src_zone, box->dst_zone),
			around = fb_pair_destinations(q->rs, box->src_zone, box->dst_zone), to = { 0 };
	struct question asked = *q;

	/* Whoever is there hears what is said to all. */
	if (q->to) {
		const struct fb_zone *z = fb_ruleset_zone_by_id(q->rs, box->dst_zone);

		fb_ipset_copy(q->to, &to);
		if (z && fb_ipset_overlaps(&z->hosts, &to)) {
			add_role(&to, FB_ROLE_BCAST, box->dst_zone, 4);
			add_role(&to, FB_ROLE_BCAST, box->dst_zone, 6);
		}
		asked.to = &to;
	}
	for (int family = 4; family <= 6; family += 2) {
		struct fb_l4set services = fb_link_services(&box->services, family);
		struct fb_ipset local = { 0 }, segment = { 0 };

		add_role(&local, FB_ROLE_LOCAL, box->src_zone, family);
		add_role(&segment, FB_ROLE_LOCAL, box->dst_zone, family);
		add_role(&segment, FB_ROLE_BCAST, box->dst_zone, family);
		add_part(&asked, box, &hosts, &segment, &services);
		fb_ipset_add_set(&around, &segment);
		add_part(&asked, box, &local, &around, &services);
		fb_ipset_done(&local);
		fb_ipset_done(&segment);
		free(services.v);
	}
	fb_ipset_done(&hosts);
	fb_ipset_done(&around);
	fb_ipset_done(&to);
}

static void add_hosts(const struct question *q, const struct fb_reach *box)
{
	struct fb_ipset sources = fb_pair_sources(q->rs, box->src_zone, box->dst_zone);
	struct fb_ipset destinations = fb_pair_destinations(q->rs, box->src_zone, box->dst_zone);

	add_part(q, box, &sources, &destinations, &box->services);
	fb_ipset_done(&sources);
	fb_ipset_done(&destinations);
}

/* A box that over_wire() made says again what another box of its line says of hosts. */
static bool is_of_wire(const struct fb_set_zones *zones, const struct fb_box *box, unsigned int src,
		       unsigned int dst)
{
	return src != FB_ZONE_SELF && dst != FB_ZONE_SELF &&
	       (zones[box->src].local & BIT(src) || zones[box->dst].broadcast & BIT(dst));
}

static void add_box(const struct question *q, const struct fb_set_zones *zones, const struct fb_box *box)
{
	const struct fb_ruleset *rs = q->rs;

	for (size_t i = 0; i <= rs->zones.n; i++) {
		unsigned int src = i < rs->zones.n ? rs->zones.v[i].id : FB_ZONE_SELF;
		__u64 into = src ? fb_box_destinations(zones, box, src) : 0;

		for (unsigned int dst = FB_ZONE_SELF; into && dst < FB_ZONES_MAX; dst++) {
			struct fb_reach entry = { .src = rs->sets.v[box->src],
						  .dst = rs->sets.v[box->dst],
						  .services = rs->services.v[box->svc],
						  .src_zone = src,
						  .dst_zone = dst,
						  .line = (int)box->line,
						  .group = box->group,
						  .deadline = rs->lines.v[box->line].deadline };

			if (!(into & BIT(dst)) || !fb_pair_meets(rs, src, dst))
				continue;
			if (!is_of_wire(zones, box, src, dst))
				add_hosts(q, &entry);
			else if (fb_pair_wired(rs, src, dst))
				add_link(q, &entry);
		}
	}
}

/* S14: observed, multicast passes on a wire; from link-local addresses by the services of a link. */
static void add_groups(const struct question *q, const struct fb_reach *observed)
{
	struct fb_ipset hosts = fb_pair_sources(q->rs, observed->src_zone, observed->dst_zone),
			groups = { 0 };
	struct fb_reach entry = *observed;

	fb_add_groups(&groups);
	entry.group = true;
	entry.dst = groups;
	add_part(q, &entry, &hosts, &groups, &entry.services);
	for (int f = 0; f < 2; f++) {
		struct fb_l4set services = fb_link_services(&entry.services, f ? 6 : 4);
		struct fb_ipset local = { 0 };

		add_role(&local, FB_ROLE_LOCAL, entry.src_zone, f ? 6 : 4);
		add_part(q, &entry, &local, &groups, &services);
		fb_ipset_done(&local);
		free(services.v);
	}
	fb_ipset_done(&hosts);
	fb_ipset_done(&groups);
}

/* An observed pair passes everything but what guards forbid, which is taken out exactly. */
static void add_observed(const struct question *q, const struct fb_pair_setting *pair)
{
	const struct fb_ruleset *rs = q->rs;
	struct fb_l4 all = FB_L4_ALL;
	struct fb_reach entry = { .src_zone = pair->src,
				  .dst_zone = pair->dst,
				  .services = { &all, 1 },
				  .line = -1,
				  .deadline = pair->observe_until };
	struct fb_reach_list left = { 0 };
	struct question rest = { rs, q->from, q->to, &left };

	if (!fb_pair_meets(rs, pair->src, pair->dst))
		return;
	entry.src = fb_zone_members(rs, pair->src);
	entry.dst = fb_zone_members(rs, pair->dst);
	add_role(&entry.dst, FB_ROLE_BCAST, pair->dst, 4);
	add_role(&entry.dst, FB_ROLE_BCAST, pair->dst, 6);
	add_hosts(&rest, &entry);
	if (fb_pair_wired(rs, pair->src, pair->dst)) {
		add_link(&rest, &entry);
		add_groups(&rest, &entry);
	}
	fb_ipset_done(&entry.src);
	fb_ipset_done(&entry.dst);
	for (size_t i = 0; i < rs->boxes.n && left.n; i++) {
		const struct fb_box *box = &rs->boxes.v[i];
		struct fb_reach guard = { .src = rs->sets.v[box->src],
					  .dst = rs->sets.v[box->dst],
					  .services = rs->services.v[box->svc],
					  .src_zone = pair->src,
					  .dst_zone = pair->dst };

		if (rs->lines.v[box->line].kind == FB_RULE_NEVER)
			fb_cubes_subtract(&left, &guard);
	}
	fb_cubes_part_hosts(rs, &left);
	for (size_t i = 0; i < left.n; i++)
		fb_vec_add(q->list, left.v[i]);
	fb_vec_done(&left);
}

void fb_reach_find(const struct fb_ruleset *rs, const struct fb_ipset *from, const struct fb_ipset *to,
		   __s64 now, struct fb_reach_list *ret)
{
	fb_autofree struct fb_set_zones *zones = fb_set_zones_new(rs);
	const struct question q = { rs, from, to, ret };

	*ret = (struct fb_reach_list){ 0 };
	for (size_t i = 0; i < rs->boxes.n; i++) {
		const struct fb_line *line = &rs->lines.v[rs->boxes.v[i].line];

		if (line->kind == FB_RULE_ALLOW &&
		    (!now || line->deadline == FB_NO_DEADLINE || line->deadline > now))
			add_box(&q, zones, &rs->boxes.v[i]);
	}
	for (size_t i = 0; i < rs->pairs.n; i++)
		if (!now || rs->pairs.v[i].observe_until > now)
			add_observed(&q, &rs->pairs.v[i]);
}

/* Broadcast in a zone, if the set holds it and neither end is the gateway: it crosses a wire. */
static bool has_broadcast(const struct fb_reach *e, int family)
{
	return e->src_zone != FB_ZONE_SELF && e->dst_zone != FB_ZONE_SELF &&
	       fb_ipset_has(&e->dst, family, broadcast_in(e->dst_zone));
}

void fb_reach_listen(const struct fb_ruleset *rs, struct fb_reach_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct fb_reach *e = &list->v[i];
		struct fb_ipset sent = { 0 };

		for (int f = 0; f < 2; f++) {
			const struct fb_ranges *dst = &e->dst.r[f];

			if (e->group && dst->n)
				e->all[f] = fb_ip_cmp(dst->v[0].first, dst->v[0].last) < 0
						    ? fb_ip_add(dst->v[0].first, 1)
						    : dst->v[0].first;
			else if (has_broadcast(e, f ? 6 : 4))
				e->all[f] = broadcast_in(e->dst_zone);
			else
				continue;
			sent.r[f] = e->dst.r[f];
			e->dst.r[f] = (struct fb_ranges){ 0 };
		}
		if (!fb_ipset_empty(&sent)) {
			struct fb_ipset heard = fb_group_listeners(rs, &sent, BIT(e->dst_zone));

			fb_ipset_add_set(&e->dst, &heard);
			fb_ipset_done(&heard);
		}
		fb_ipset_done(&sent);
	}
}

void fb_reach_done(struct fb_reach_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		fb_ipset_done(&list->v[i].src);
		fb_ipset_done(&list->v[i].dst);
		free(list->v[i].services.v);
	}
	fb_vec_done(list);
}

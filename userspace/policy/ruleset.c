// SPDX-License-Identifier: GPL-2.0-only
#include "policy/ruleset.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

void fb_ruleset_done(struct fb_ruleset *rs)
{
	for (size_t i = 0; i < rs->zones.n; i++) {
		fb_ipset_done(&rs->zones.v[i].owned);
		fb_ipset_done(&rs->zones.v[i].hosts);
	}
	for (size_t i = 0; i < rs->devices.n; i++)
		fb_ipset_done(&rs->devices.v[i].ips);
	for (size_t i = 0; i < rs->groups.n; i++)
		fb_ipset_done(&rs->groups.v[i].ips);
	for (size_t i = 0; i < rs->sets.n; i++)
		fb_ipset_done(&rs->sets.v[i]);
	fb_ipset_done(&rs->unowned);
	fb_vec_done(&rs->zones);
	fb_vec_done(&rs->zone_groups);
	fb_vec_done(&rs->devices);
	fb_vec_done(&rs->groups);
	fb_vec_done(&rs->lines);
	fb_vec_done(&rs->boxes);
	fb_vec_done(&rs->sets);
	fb_vec_done(&rs->services);
	fb_vec_done(&rs->named_services);
	fb_vec_done(&rs->pairs);
	fb_vec_done(&rs->pair_flags);
	fb_vec_done(&rs->wires);
	fb_vec_done(&rs->isolates);
	fb_vec_done(&rs->windows);
	fb_vec_done(&rs->accesses);
	fb_vec_done(&rs->assumptions);
	fb_arena_done(&rs->arena);
}

const struct fb_isolate *fb_ruleset_isolate(const struct fb_ruleset *rs, const char *name)
{
	for (size_t i = 0; i < rs->isolates.n; i++)
		if (!strcmp(rs->isolates.v[i].name, name))
			return &rs->isolates.v[i];
	return NULL;
}

const struct fb_zone *fb_ruleset_zone(const struct fb_ruleset *rs, const char *name)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		if (!strcmp(rs->zones.v[i].name, name))
			return &rs->zones.v[i];
	return NULL;
}

__u64 fb_ruleset_zones(const struct fb_ruleset *rs, const struct fb_words *names)
{
	__u64 zones = 0;

	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i].s;
		const struct fb_zone *zone = fb_ruleset_zone(rs, name);

		if (!strcmp(name, "self"))
			zones |= 1ull << FB_ZONE_SELF;
		else if (zone)
			zones |= 1ull << zone->id;
		for (size_t g = 0; !zone && g < rs->zone_groups.n; g++)
			if (!strcmp(rs->zone_groups.v[g].name, name))
				zones |= rs->zone_groups.v[g].zones;
	}
	return zones;
}

const struct fb_zone *fb_ruleset_zone_by_id(const struct fb_ruleset *rs, unsigned int id)
{
	for (size_t i = 0; id && i < rs->zones.n; i++)
		if (rs->zones.v[i].id == id)
			return &rs->zones.v[i];
	return NULL;
}

/* No port is in two zones or an end of two wires. */
bool fb_ruleset_only_wires(const struct fb_ruleset *rs, const struct fb_zone *zone)
{
	size_t ends = 0;

	for (size_t i = 0; i < rs->wires.n; i++)
		ends += rs->wires.v[i].zone_a == zone->id || rs->wires.v[i].zone_b == zone->id;
	return ends && ends == zone->n_ifaces;
}

unsigned int fb_ruleset_wire_zone(const struct fb_ruleset *rs, const struct fb_zone *from,
				  const struct fb_zone *to)
{
	bool only = fb_ruleset_only_wires(rs, from);
	unsigned int first = 0;

	for (size_t i = 0; i < rs->wires.n; i++) {
		const struct fb_wire *w = &rs->wires.v[i];
		unsigned int other = w->zone_a == from->id   ? w->zone_b
				     : w->zone_b == from->id ? w->zone_a
							     : 0;

		if (to && other == to->id && (only || fb_ruleset_only_wires(rs, to)))
			return other;
		if (only && !first)
			first = other;
	}
	return first;
}

const char *fb_ruleset_zone_name(const struct fb_ruleset *rs, unsigned int id)
{
	static char unknown[FB_ZONES_MAX][12];
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, id);

	if (z)
		return z->name;
	if (id == FB_ZONE_NONE)
		return "-";
	if (id == FB_ZONE_SELF)
		return "self";
	id %= FB_ZONES_MAX;
	snprintf(unknown[id], sizeof(unknown[id]), "zone-%u", id);
	return unknown[id];
}

struct fb_ipset fb_group_listeners(const struct fb_ruleset *rs, const struct fb_ipset *groups, __u64 zones)
{
	struct fb_ipset all = { 0 }, ret;

	for (size_t i = 0; i < rs->zones.n; i++)
		if (zones & 1ull << rs->zones.v[i].id)
			fb_ipset_add_set(&all, &rs->zones.v[i].hosts);
	fb_ipset_copy(groups, &ret);
	for (int f = 0; f < 2; f++) {
		int family = f ? 6 : 4;
		struct fb_ip self = { 0, FB_ROLE(FB_ROLE_SELF_AT, 0) };

		for (size_t i = 0; groups->r[f].n && i < all.r[f].n; i++)
			fb_ipset_add(&ret, family, all.r[f].v[i]);
		if (groups->r[f].n && zones & 1ull << FB_ZONE_SELF)
			fb_ipset_add(&ret, family, (struct fb_range){ self, self });
	}
	fb_ipset_done(&all);
	return ret;
}

void fb_ruleset_print_zones(const struct fb_ruleset *rs, __u64 zones, struct fb_strbuf *out)
{
	const char *comma = "";

	for (unsigned int id = FB_ZONE_SELF; id < FB_ZONES_MAX; id++) {
		if (!(zones & 1ull << id))
			continue;
		fb_strbuf_addf(out, "%s%s", comma, fb_ruleset_zone_name(rs, id));
		comma = ", ";
	}
}

/* ---- sets with roles in them -------------------------------------------------------------------------------- */

static void print_role(const struct fb_ruleset *rs, unsigned int role, struct fb_strbuf *out)
{
	const char *zone = fb_ruleset_zone_name(rs, role & 0xff);

	switch (role >> 8) {
	case FB_ROLE_SELF_AT:
		if (role & 0xff)
			fb_strbuf_addf(out, "self at %s", zone);
		else
			fb_strbuf_add(out, "self");
		break;
	case FB_ROLE_LOCAL:
		fb_strbuf_addf(out, "link-local in %s", zone);
		break;
	case FB_ROLE_BCAST:
		fb_strbuf_addf(out, "broadcast in %s", zone);
		break;
	default:
		fb_strbuf_addf(out, "self into %s", zone);
		break;
	}
}

void fb_ruleset_print_set(const struct fb_ruleset *rs, const struct fb_ipset *set, struct fb_strbuf *out)
{
	static const unsigned int kinds[] = { FB_ROLE_SELF_AT, FB_ROLE_SELF_SRC, FB_ROLE_LOCAL,
					      FB_ROLE_BCAST };
	struct fb_range roles = { { 0, FB_ROLE(FB_ROLE_SELF_AT, 0) },
				  { 0, FB_ROLE(FB_ROLE_SELF_SRC, 0xff) } };
	struct fb_ipset all_roles = { 0 }, rest;
	const char *comma = "";

	fb_ipset_add(&all_roles, 4, roles);
	fb_ipset_add(&all_roles, 6, roles);
	if (fb_ipset_within(&all_roles, set)) { /* only the whole range of a family holds them all */
		fb_strbuf_add(out, "any");
		fb_ipset_done(&all_roles);
		return;
	}
	for (size_t k = 0; k < 4; k++) {
		for (unsigned int zone = 0; zone < FB_ZONES_MAX; zone++) {
			struct fb_ip role = { 0, FB_ROLE(kinds[k], zone) };

			if (!fb_ipset_has(set, 4, role) && !fb_ipset_has(set, 6, role))
				continue;
			fb_strbuf_add(out, comma);
			print_role(rs, (unsigned int)role.lo, out);
			comma = ", ";
		}
	}
	fb_ipset_subtract(set, &all_roles, &rest);
	if (!fb_ipset_empty(&rest))
		fb_strbuf_add(out, comma);
	fb_ipset_print(&rest, out);
	fb_ipset_done(&rest);
	fb_ipset_done(&all_roles);
}

void fb_ruleset_print_when(const struct fb_ruleset *rs, const struct fb_line *line, struct fb_strbuf *out)
{
	if (line->window)
		fb_strbuf_addf(out, "during %s", rs->windows.v[line->window - 1].name);
	if (line->access)
		fb_strbuf_addf(out, "%son-request %s", line->window ? " " : "",
			       rs->accesses.v[line->access - 1].name);
}

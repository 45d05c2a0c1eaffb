// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an isolation cuts is interfaces and networks. Zones are the names that a policy has for them at the time, and the next
 * one may have others (agent/switches.h).
 */
#include <string.h>

#include "agent/switches.h"

void fb_cut_zones_done(struct fb_cut_zones *zones)
{
	for (size_t i = 0; i < zones->n; i++) {
		fb_vec_done(&zones->v[i].ports);
		fb_ipset_done(&zones->v[i].networks);
	}
	fb_vec_done(zones);
}

struct fb_cut_zone *fb_cut_zones_get(struct fb_cut_zones *zones, const char *name)
{
	struct fb_cut_zone *zone;

	for (size_t i = 0; i < zones->n; i++)
		if (!strcmp(zones->v[i].name, name))
			return &zones->v[i];
	zone = fb_vec_add(zones, (struct fb_cut_zone){ 0 });
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	return zone;
}

static bool has_port(const struct fb_cut_zone *zone, const struct fb_iface *iface)
{
	for (size_t i = 0; i < zone->ports.n; i++)
		if (zone->ports.v[i].vlan == iface->vlan && !strcmp(zone->ports.v[i].name, iface->name.s))
			return true;
	return false;
}

bool fb_cut_zones_note(struct fb_cut_zones *zones, const struct fb_zone *zone)
{
	struct fb_cut_zone *known = fb_cut_zones_get(zones, zone->name);
	bool changed = false;

	for (size_t i = 0; i < zone->n_ifaces; i++) {
		struct fb_cut_port port = { .vlan = zone->ifaces[i].vlan };

		if (has_port(known, &zone->ifaces[i]))
			continue;
		snprintf(port.name, sizeof(port.name), "%s", zone->ifaces[i].name.s);
		fb_vec_add(&known->ports, port);
		changed = true;
	}
	/* `any` is what no other zone has: not a network of its own that another could take over. Its interfaces say who is there. */
	if (!zone->any && !fb_ipset_within(&zone->owned, &known->networks)) {
		fb_ipset_add_set(&known->networks, &zone->owned);
		changed = true;
	}
	return changed;
}

static bool holds(const struct fb_zone *zone, const struct fb_cut_zone *known)
{
	if (!zone->any && fb_ipset_overlaps(&zone->owned, &known->networks))
		return true;
	for (size_t i = 0; i < zone->n_ifaces; i++)
		if (has_port(known, &zone->ifaces[i]))
			return true;
	return false;
}

__u64 fb_cut_zones_holders(const struct fb_cut_zones *zones, const struct fb_ruleset *rs, const char *name)
{
	const struct fb_zone *same = fb_ruleset_zone(rs, name);
	__u64 holders = same ? 1ull << same->id : !strcmp(name, "self") ? 1ull << FB_ZONE_SELF : 0;

	for (size_t i = 0; i < zones->n; i++)
		for (size_t k = 0; k < rs->zones.n && !strcmp(zones->v[i].name, name); k++)
			if (holds(&rs->zones.v[k], &zones->v[i]))
				holders |= 1ull << rs->zones.v[k].id;
	return holders;
}

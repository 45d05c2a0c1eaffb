// SPDX-License-Identifier: GPL-2.0-only
#include "policy/pairs.h"

#include <netinet/in.h>
#include <stdlib.h>

#define BIT(id) (1ull << (id))

static void add_role(struct fb_ipset *set, enum fb_role_kind kind, unsigned int zone)
{
	struct fb_ip role = { 0, FB_ROLE(kind, zone) };

	fb_ipset_add(set, 4, (struct fb_range){ role, role });
	fb_ipset_add(set, 6, (struct fb_range){ role, role });
}

static bool has_role(const struct fb_ipset *set, enum fb_role_kind kind, unsigned int zone)
{
	struct fb_ip role = { 0, FB_ROLE(kind, zone) };

	return fb_ipset_has(set, 4, role) || fb_ipset_has(set, 6, role);
}

static void add_link_multicast(struct fb_ipset *set)
{
	fb_ipset_add(set, 4, (struct fb_range){ { 0, 0xe0000000 }, { 0, 0xe00000ff } });
	fb_ipset_add(set, 6, (struct fb_range){ { 0xff02ull << 48, 0 }, { 0xff02ffffffffffff, ~0ull } });
}

void fb_add_groups(struct fb_ipset *set)
{
	fb_ipset_add(set, 4, (struct fb_range){ { 0, 0xe0000100 }, { 0, 0xefffffff } });
	for (__u64 flags = 0; flags < 16; flags++)
		fb_ipset_add(set, 6,
			     (struct fb_range){ { 0xff03ull << 48 | flags << 52, 0 },
						{ 0xff0effffffffffff | flags << 52, ~0ull } });
}

struct fb_ipset fb_zone_members(const struct fb_ruleset *rs, unsigned int zone)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, zone);
	struct fb_ipset set = { 0 };

	if (z) {
		fb_ipset_add_set(&set, &z->hosts);
		add_role(&set, FB_ROLE_LOCAL, zone);
	}
	return set;
}

struct fb_ipset fb_pair_sources(const struct fb_ruleset *rs, unsigned int src, unsigned int dst)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, src);
	struct fb_ipset set = { 0 };

	if (src == FB_ZONE_SELF)
		add_role(&set, FB_ROLE_SELF_SRC, dst);
	else if (dst == FB_ZONE_SELF)
		return fb_zone_members(rs, src);
	else if (z) /* S13: link-local is never forwarded */
		fb_ipset_add_set(&set, &z->hosts);
	return set;
}

struct fb_ipset fb_pair_destinations(const struct fb_ruleset *rs, unsigned int src, unsigned int dst)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, dst);
	struct fb_ipset set = { 0 };

	if (z)
		fb_ipset_add_set(&set, &z->hosts);
	if (dst == FB_ZONE_SELF) {
		add_role(&set, FB_ROLE_SELF_AT, 0);
		for (size_t i = 0; i < rs->zones.n; i++)
			add_role(&set, FB_ROLE_SELF_AT, rs->zones.v[i].id);
		add_role(&set, FB_ROLE_BCAST, src);
		add_link_multicast(&set);
	} else if (src == FB_ZONE_SELF) {
		add_role(&set, FB_ROLE_LOCAL, dst);
		add_role(&set, FB_ROLE_BCAST, dst);
		add_link_multicast(&set);
	}
	return set;
}

bool fb_pair_wired(const struct fb_ruleset *rs, unsigned int src, unsigned int dst)
{
	for (size_t i = 0; i < rs->wires.n; i++) {
		const struct fb_wire *w = &rs->wires.v[i];

		if ((w->zone_a == src && w->zone_b == dst) || (w->zone_b == src && w->zone_a == dst))
			return true;
	}
	return false;
}

static bool only_wires(const struct fb_ruleset *rs, unsigned int zone)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, zone);

	return z && fb_ruleset_only_wires(rs, z);
}

bool fb_pair_meets(const struct fb_ruleset *rs, unsigned int src, unsigned int dst)
{
	return !rs->wires.n || fb_pair_wired(rs, src, dst) || (!only_wires(rs, src) && !only_wires(rs, dst));
}

struct fb_l4set fb_link_services(const struct fb_l4set *services, int family)
{
	enum { RS = 133, RA = 134, REDIRECT = 137 };
	static const struct fb_l4 dhcp = { IPPROTO_UDP, IPPROTO_UDP, 67, 68, 0, 65535 };
	static const struct fb_l4 link6[] = {
		{ IPPROTO_UDP, IPPROTO_UDP, 546, 547, 0, 65535 },
		{ IPPROTO_ICMPV6, IPPROTO_ICMPV6, 0, 65535, RS << 8, RA << 8 | 0xff },
		{ IPPROTO_ICMPV6, IPPROTO_ICMPV6, 0, 65535, REDIRECT << 8, REDIRECT << 8 | 0xff },
	};
	const struct fb_l4set crossing = { (struct fb_l4 *)(family == 4 ? &dhcp : link6),
					   family == 4 ? 1 : FB_ARRAY_SIZE(link6) };

	return fb_l4set_combine(services, &crossing, FB_L4_INTERSECT);
}

static struct fb_set_zones zones_of(const struct fb_ruleset *rs, const struct fb_ipset *set,
				    const struct fb_ipset *multicast)
{
	struct fb_set_zones r = { .self_at = has_role(set, FB_ROLE_SELF_AT, 0),
				  .multicast = fb_ipset_overlaps(set, multicast) };

	for (size_t i = 0; i < rs->zones.n; i++) {
		const struct fb_zone *z = &rs->zones.v[i];

		if (!z->id)
			continue;
		if (fb_ipset_overlaps(set, &z->hosts))
			r.hosts |= BIT(z->id);
		if (has_role(set, FB_ROLE_LOCAL, z->id))
			r.local |= BIT(z->id);
		if (has_role(set, FB_ROLE_SELF_SRC, z->id))
			r.self_src |= BIT(z->id);
		if (has_role(set, FB_ROLE_BCAST, z->id))
			r.broadcast |= BIT(z->id);
		r.self_at |= has_role(set, FB_ROLE_SELF_AT, z->id);
	}
	return r;
}

struct fb_set_zones *fb_set_zones_new(const struct fb_ruleset *rs)
{
	struct fb_set_zones *v = calloc(rs->sets.n + 1, sizeof(*v));
	struct fb_ipset multicast = { 0 };

	if (!v)
		abort();
	add_link_multicast(&multicast);
	for (size_t i = 0; i < rs->sets.n; i++)
		v[i] = zones_of(rs, &rs->sets.v[i], &multicast);
	fb_ipset_done(&multicast);
	return v;
}

__u64 fb_box_destinations(const struct fb_set_zones *zones, const struct fb_box *box, unsigned int src)
{
	const struct fb_set_zones *from = &zones[box->src], *to = &zones[box->dst];
	__u64 into;

	if (box->group) /* a guard has none */
		return src == FB_ZONE_SELF			? from->self_src & box->group
		       : (from->hosts | from->local) & BIT(src) ? box->group
								: 0;
	if (src == FB_ZONE_SELF) {
		into = to->hosts | to->local | to->broadcast | (to->multicast ? ~0ull : 0);
		return from->self_src & into;
	}
	if (!((from->hosts | from->local) & BIT(src)))
		return 0;
	into = from->hosts & BIT(src) ? to->hosts : 0;
	if (to->self_at || to->multicast || to->broadcast & BIT(src))
		into |= BIT(FB_ZONE_SELF);
	return into;
}

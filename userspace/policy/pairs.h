/* SPDX-License-Identifier: GPL-2.0-only */
/* Which pairs of zones a box speaks about. Roles know no zone beside them, so the two sides are read together. */
#ifndef FB_POLICY_PAIRS_H
#define FB_POLICY_PAIRS_H

#include "policy/l4set.h"

/* What a source in zone src may be (the gateway: as it sends into dst), and a destination in zone dst as src sees it. */
struct fb_ipset fb_zone_members(const struct fb_ruleset *rs, unsigned int zone); /* hosts and link-local */
struct fb_ipset fb_pair_sources(const struct fb_ruleset *rs, unsigned int src, unsigned int dst);
struct fb_ipset fb_pair_destinations(const struct fb_ruleset *rs, unsigned int src, unsigned int dst);
/* All multicast that may cross zones (S14). */
void fb_add_groups(struct fb_ipset *set);

/* S60: is there a wire between the two, and is there any way at all? What is on wires only has no other. */
bool fb_pair_wired(const struct fb_ruleset *rs, unsigned int src, unsigned int dst);
bool fb_pair_meets(const struct fb_ruleset *rs, unsigned int src, unsigned int dst);
/* S61: what of the services crosses a wire from link-local addresses, and to them and to broadcast; of one family. */
struct fb_l4set fb_link_services(const struct fb_l4set *services, int family);

/* Bits by zone id for every set of the rule set: what lives where. */
struct fb_set_zones {
	__u64 hosts;	 /* addresses of hosts */
	__u64 local;	 /* link-local role */
	__u64 self_src;	 /* the gateway, sending into */
	__u64 broadcast; /* into, or heard in */
	bool self_at, multicast;
};
struct fb_set_zones *fb_set_zones_new(const struct fb_ruleset *rs); /* by index of set; free() */
/* Destination zones (bit FB_ZONE_SELF: the gateway) that the box has for sources in zone src; bits of unknown zones are 0. */
__u64 fb_box_destinations(const struct fb_set_zones *zones, const struct fb_box *box, unsigned int src);

#endif

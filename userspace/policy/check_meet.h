/* SPDX-License-Identifier: GPL-2.0-only */
/* Do two boxes share a packet, and which one to name: what the checks of guards, limits and copies have in common. Texts live as long as c->diags. */
#ifndef FB_POLICY_CHECK_MEET_H
#define FB_POLICY_CHECK_MEET_H

#include "policy/checker.h"

/* The lowest and the highest address of a set, by family (FB_FAMILY_INDEX): sets whose bounds part need no closer look. */
struct fb_bounds {
	struct fb_range r[2];
	bool some[2];
};
struct fb_bounds fb_bounds_of(const struct fb_ipset *set);
bool fb_bounds_meet(const struct fb_bounds *a, const struct fb_bounds *b);

/* A packet of this family can be what both services say: ICMP is of one family. */
bool fb_services_meet(const struct fb_l4set *a, const struct fb_l4set *b, int family);
/* The family in which both sides meet, somebody sending and somebody else receiving (S33); 0 = none. */
int fb_boxes_meet(const struct fb_ruleset *rs, const struct fb_box *a, const struct fb_box *b);

/* An address of both sets, a host's if there is one. */
struct fb_ip fb_meet_example(const struct fb_checker *c, const struct fb_ipset *a, const struct fb_ipset *b,
			     int family);
/* One packet's ends: fb_boxes_meet() found two that differ. */
void fb_meet_examples(const struct fb_checker *c, const struct fb_box *a, const struct fb_box *b, int family,
		      struct fb_ip *ret_src, struct fb_ip *ret_dst);
const char *fb_meet_address(struct fb_checker *c, int family, struct fb_ip ip);
/* The zone that people would name for the source of a box: the owner's, that of a link-local role, or the gateway. */
const char *fb_meet_source(struct fb_checker *c, int family, struct fb_ip ip);
/* For a destination that nobody owns the source tells: the gateway sends into its zone, all others to the gateway. */
const char *fb_meet_destination(struct fb_checker *c, int family, struct fb_ip src, struct fb_ip dst);
/* The first service of the line that the guard forbids: as written, and one packet of it. They were all read once: none fails. */
const char *fb_meet_service(struct fb_checker *c, const struct fb_allow *allow,
			    const struct fb_l4set *forbidden, int family, const char **ret_packet);

#endif

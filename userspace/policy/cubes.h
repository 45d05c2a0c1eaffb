/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on lists of boxes (struct fb_reach: sources x destinations x services of one pair of zones). A box stands for
 * IPv4 to IPv4 and IPv6 to IPv6, so every operation works a family at a time (S11).
 */
#ifndef FB_POLICY_CUBES_H
#define FB_POLICY_CUBES_H

#include "policy/analyse.h"

/* What both boxes hold, with the pair and the line of a; false = nothing, and *ret is empty. The pairs are not compared. */
bool fb_cube_intersect(const struct fb_reach *a, const struct fb_reach *b, struct fb_reach *ret);
/* Takes less out of every box of the list; boxes of other pairs stay. */
void fb_cubes_subtract(struct fb_reach_list *list, const struct fb_reach *less);
void fb_cubes_add_copy(struct fb_reach_list *list, const struct fb_reach *cube);
/* Empties a family that has no source, no destination or no service that begins anything. False if nothing is left. */
bool fb_cube_trim(struct fb_reach *cube);
/* Could a packet of the box begin anything? Of a line for several families and services some boxes may be of ICMP of the other family, or of what only answers. */
bool fb_box_begins(const struct fb_ruleset *rs, const struct fb_box *box);
/*
 * Leaves out what a host would say to itself, which never comes to the gateway: where one side is a single host (an address, or addresses of one device), it is not on the
 * other. False if nothing is left.
 */
bool fb_cube_part_hosts(const struct fb_ruleset *rs, struct fb_reach *cube);
void fb_cubes_part_hosts(const struct fb_ruleset *rs, struct fb_reach_list *list);
/* All addresses, in both families, of the single hosts that the set is, one a family; false if there may be several in one. */
bool fb_single_hosts(const struct fb_ruleset *rs, const struct fb_ipset *set, struct fb_ipset *ret);
/* Are both addresses of one host: the same, or of one device? */
bool fb_is_one_host(const struct fb_ruleset *rs, int family, struct fb_ip a, int other, struct fb_ip b);
/* Do these boxes of the rule set together hold all of the cube? False if it is empty, or if that takes too long to say. */
bool fb_cube_covered(const struct fb_ruleset *rs, const struct fb_reach *cube,
		     const struct fb_box *const *boxes, size_t n);
void fb_cube_done(struct fb_reach *cube);

#endif

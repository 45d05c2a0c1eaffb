/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What changes between two policies, in packets and not in text: what the new one allows and the old one did not, and the other way
 * round. A line that lasts longer opens, one that ends earlier closes; so does one that gets a window or an access, or another. Both rule sets must be checked with the same slots, so
 * that a zone has one id in both.
 */
#ifndef FB_POLICY_PLAN_H
#define FB_POLICY_PLAN_H

#include "policy/analyse.h"

struct fb_plan {
	struct fb_reach_list
		opens; /* exact; by pair of zones; disjoint but for other times; line is one of the new policy */
	struct fb_reach_list closes; /* likewise of the old one */
	unsigned int pairs_opened, pairs_narrowed, pairs_unchanged;
	unsigned int ids_kept, ids_new, ids_gone;
};

void fb_plan_make(const struct fb_ruleset *before, const struct fb_ruleset *after, struct fb_plan *ret);
void fb_plan_done(struct fb_plan *plan);

#endif

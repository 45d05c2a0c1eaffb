/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What changes between two policies, in packets and not in text: what the new one allows and the old one did not, and the other way
 * round. A line that lasts longer opens, one that ends earlier closes; so does one that gets a window or an access, or another. Both rule sets must be checked with the same slots, so
 * that a zone has one id in both.
 */
#ifndef FB_POLICY_PLAN_H
#define FB_POLICY_PLAN_H

#include "policy/analyse.h"

/* A statement that changed besides, as fmt writes it, or a line in a block of its own. NULL = it was not there, or is not any more. */
struct fb_setting {
	char *before, *after;
};

struct fb_plan {
	struct fb_reach_list
		opens; /* exact; by pair of zones; disjoint but for other times; line is one of the new policy */
	struct fb_reach_list closes; /* likewise of the old one */
	unsigned int pairs_opened, pairs_narrowed, pairs_unchanged;
	unsigned int ids_kept, ids_new, ids_gone;
	struct FB_VEC(struct fb_setting) settings;
};

void fb_plan_make(const struct fb_ruleset *before, const struct fb_ruleset *after, struct fb_plan *ret);
/* Adds the settings to what fb_plan_make found. Lines that came or went are left out where pairs show them. */
void fb_plan_settings(const struct fb_tree *old_tree, const struct fb_ruleset *old,
		      const struct fb_tree *new_tree, const struct fb_ruleset *new, struct fb_plan *plan);
bool fb_plan_changes(const struct fb_plan *plan);
void fb_plan_done(struct fb_plan *plan);

#endif

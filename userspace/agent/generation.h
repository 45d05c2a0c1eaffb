/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy with its meaning: a bundle, the tree that was read from it, and the rule set. */
#ifndef FB_AGENT_GENERATION_H
#define FB_AGENT_GENERATION_H

#include "agent/bundle.h"
#include "policy/ruleset.h"

struct fb_generation {
	struct fb_bundle bundle; /* slots: after this policy's assignment */
	struct fb_tree tree;
	struct fb_diags diags;
	struct fb_ruleset ruleset;
	__u64 allowed[FB_ZONES_MAX]; /* [src] bit dst: the policy has an allow line or observes this pair */
};

/*
 * Reads and judges the bundle, which is taken (also on failure). before: the slots of the generation in
 * force, NULL = the bundle's own, which it was stored with (a failing assertion is then a lint, S37); a
 * copy is worked on, so that a policy that is refused leaves no trace. -EINVAL: the policy is wrong, and
 * *ret_diagnostics (the caller's to free) says where; on success it holds the lints.
 */
int fb_generation_new(struct fb_bundle *bundle, const struct fb_slots *before, struct fb_generation **ret,
		      char **ret_diagnostics);
void fb_generation_free(struct fb_generation *generation);

#endif

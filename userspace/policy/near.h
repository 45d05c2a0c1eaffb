/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boxes of a rule set, asked which of them may meet another: by the side (services, destinations, sources) on which the fewest do, each side taken as one
 * interval. For checks that would hold every box against every other.
 */
#ifndef FB_POLICY_NEAR_H
#define FB_POLICY_NEAR_H

#include "policy/axis.h"
#include "policy/ruleset.h"

struct fb_near {
	const struct fb_ruleset *rs;
	__u64 (*services)
		[2]; /* by index: protocol << 16 | destination port, from the lowest to the highest */
	struct fb_axis svc, side[2][2]; /* [0 = source, 1 = destination][family] */
	struct fb_ids found;
};

/* Of the boxes of lines of this kind. */
void fb_near_init(struct fb_near *near, const struct fb_ruleset *rs, enum fb_rule_kind kind);
/* near->found: the boxes that may meet this one, ascending, each once. False: they may be more than max, and none are looked for. */
bool fb_near_find(struct fb_near *near, const struct fb_box *box, size_t max);
void fb_near_done(struct fb_near *near);

#endif

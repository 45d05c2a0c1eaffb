/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boxes (sources x destinations x services), asked which of them may meet another: by the side (services, destinations, sources) on which the fewest do, each side taken as one
 * interval. For what would hold every box against every other.
 */
#ifndef FB_POLICY_NEAR_H
#define FB_POLICY_NEAR_H

#include "policy/axis.h"
#include "policy/ruleset.h"

struct fb_near {
	/* Services: protocol << 16 | destination port, from the lowest to the highest. */
	struct fb_axis svc, side[2][2]; /* [0 = source, 1 = destination][family] */
	struct fb_ids found;
};

/* In any order; complete with fb_near_build(). */
void fb_near_add(struct fb_near *near, unsigned int id, const struct fb_ipset *src,
		 const struct fb_ipset *dst, const struct fb_l4set *services);
void fb_near_build(struct fb_near *near);
/* near->found: the boxes that may meet this one, ascending, each once. False: they may be more than max, and none are looked for. */
bool fb_near_find(struct fb_near *near, const struct fb_ipset *src, const struct fb_ipset *dst,
		  const struct fb_l4set *services, size_t max);
void fb_near_done(struct fb_near *near);

#endif

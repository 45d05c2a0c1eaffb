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
/* Empties a family that has no source or no destination. False if nothing is left. */
bool fb_cube_trim(struct fb_reach *cube);
void fb_cube_done(struct fb_reach *cube);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identities that survive applies (struct fb_slots in policy/ruleset.h): a zone or line that was there before keeps its number.
 * Begin a generation, then ask once for its zones and once for its lines.
 */
#ifndef FB_POLICY_SLOTS_H
#define FB_POLICY_SLOTS_H

#include "policy/ruleset.h"

void fb_slots_copy(const struct fb_slots *from, struct fb_slots *ret);
void fb_slots_begin(struct fb_slots *slots);
/* Each key once. Return how many got no number (theirs is 0): all are taken, or were until the generation before. */
size_t fb_slots_zones(struct fb_slots *slots, const char *const *names, size_t n, unsigned int *ret_ids);
size_t fb_slots_lines(struct fb_slots *slots, const char *const *ids, size_t n, unsigned int *ret_slots);

#endif

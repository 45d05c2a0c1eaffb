/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many intervals on one axis, asked which of them meet another: how many in O(log n), each of them in O(log n) more. Boxes are found among 100,000 others by the axis on
 * which the fewest meet them.
 */
#ifndef FB_POLICY_AXIS_H
#define FB_POLICY_AXIS_H

#include <linux/types.h>
#include <stddef.h>

#include "base/vec.h"

struct fb_interval {
	__u64 first, last; /* first > last: it meets nothing */
	unsigned int id;
};

struct fb_axis {
	struct FB_VEC(struct fb_interval) by_first; /* without those that meet nothing */
	__u64 *lasts;				    /* sorted */
	__u64 *highest; /* of a part of by_first the highest last; parts are halved, those of part k are 2k + 1 and 2k + 2 */
};

struct fb_ids FB_VEC(unsigned int);

/* Any order; complete with fb_axis_build(). */
void fb_axis_add(struct fb_axis *axis, unsigned int id, __u64 first, __u64 last);
void fb_axis_build(struct fb_axis *axis);
/* How many meet [first, last]. */
size_t fb_axis_count(const struct fb_axis *axis, __u64 first, __u64 last);
/* Adds the ids of those that meet it to ret, in no particular order. */
void fb_axis_find(const struct fb_axis *axis, __u64 first, __u64 last, struct fb_ids *ret);
void fb_axis_done(struct fb_axis *axis);
/* Ascending, each once. */
void fb_ids_sort(struct fb_ids *ids);

#endif

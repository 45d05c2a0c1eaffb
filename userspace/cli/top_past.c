// SPDX-License-Identifier: GPL-2.0-only
/* What the next look is held against: the one before, and of the last minute only the drops. */
#include "cli/top_parts.h"

#include <string.h>

enum { MINUTE = 60, STEP = 2 };

void fb_top_past_add(struct fb_top_past *past, struct fb_top_snapshot *snapshot)
{
	const __s64 second = 1000000000;

	fb_top_snapshot_done(&past->before);
	past->before = past->now;
	past->now = *snapshot;
	*snapshot = (struct fb_top_snapshot){ 0 };
	while (past->minute.n && past->now.ns - past->minute.v[0].ns > MINUTE * second) {
		fb_top_snapshot_done(&past->minute.v[0]);
		memmove(past->minute.v, past->minute.v + 1, --past->minute.n * sizeof(*past->minute.v));
	}
	if (!past->minute.n || past->now.ns - past->minute.v[past->minute.n - 1].ns >= STEP * second)
		fb_vec_add(&past->minute, (struct fb_top_snapshot){ .ns = past->now.ns,
								    .drops = json_incref(past->now.drops) });
}

void fb_top_past_compare(const struct fb_top_past *past, enum fb_top_sort sort, struct fb_top *ret)
{
	fb_top_compare(&past->now, past->before.status ? &past->before : NULL,
		       past->minute.n ? &past->minute.v[0] : NULL, sort, ret);
}

void fb_top_past_done(struct fb_top_past *past)
{
	fb_top_snapshot_done(&past->now);
	fb_top_snapshot_done(&past->before);
	for (size_t i = 0; i < past->minute.n; i++)
		fb_top_snapshot_done(&past->minute.v[i]);
	fb_vec_done(&past->minute);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What top keeps of the last minute, and its screen. */
#ifndef FB_CLI_TOP_PARTS_H
#define FB_CLI_TOP_PARTS_H

#include "cli/top.h"

struct fb_top_past {
	struct fb_top_snapshot now, before;
	struct FB_VEC(struct fb_top_snapshot) minute; /* oldest first, only ns and drops */
};
/* snapshot is consumed. */
void fb_top_past_add(struct fb_top_past *past, struct fb_top_snapshot *snapshot);
void fb_top_past_compare(const struct fb_top_past *past, enum fb_top_sort sort, struct fb_top *ret);
void fb_top_past_done(struct fb_top_past *past);

/* Until somebody ends it; first is consumed. An enum fb_exit. */
int fb_top_screen(const struct fb_call *call, const struct fb_top_look *look, struct fb_top_snapshot *first);

#endif

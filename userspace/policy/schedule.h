/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When lines are open (S17, S50-S53): windows and accesses of a rule set at one instant, and the next instant at which that changes. Pure: the clock,
 * what is open by request and the time-zone data all come from the caller.
 *
 * A line is compiled with a deadline only. So whoever keeps an image in force compiles again at every edge; between two edges, and if nobody comes at the
 * next, lines close by themselves and none opens.
 */
#ifndef FB_POLICY_SCHEDULE_H
#define FB_POLICY_SCHEDULE_H

#include "policy/ruleset.h"

/* An access that was opened by request. */
struct fb_opening {
	const char *access;
	__s64 until; /* unix seconds of the first instant that it is shut again */
};

struct fb_when {
	__s64 now;     /* unix seconds */
	bool unsynced; /* nobody knows whether that is right: windows and accesses are shut (S53) */
	const struct fb_opening *openings;
	size_t n_openings;
	bool early; /* than the policy was applied: what has a date is shut. For fb_eval_at alone: the program knows by itself */
};

struct fb_schedule {
	__s64 now;
	bool unsynced;
	__s64 *windows;	 /* by index: when what is open now shuts; 0 = shut */
	__s64 *accesses; /* likewise */
};

/* The deadline of a line. */
struct fb_closing {
	__s64 deadline; /* FB_NO_DEADLINE = none; 0 = shut, by its window or access */
	bool window; /* it is shut or shuts by a window or an access, or would if the clock were lost: FB_RULE_F_WINDOW */
};

void fb_schedule_at(const struct fb_ruleset *rs, const struct fb_when *when, struct fb_schedule *ret);
void fb_schedule_done(struct fb_schedule *schedule);
struct fb_closing fb_schedule_line(const struct fb_schedule *schedule, const struct fb_line *line);
/* S17: < 0 if a comes before b. Only of lines of one kind. */
int fb_closing_cmp(const struct fb_closing *a, const struct fb_closing *b, __s64 now);
bool fb_closing_open(const struct fb_closing *closing, __s64 now);

/* The first instant after now at which some line opens, shuts or ends; FB_NO_DEADLINE = none. */
__s64 fb_schedule_next(const struct fb_ruleset *rs, const struct fb_when *when);
/* When the window, which is shut now, opens; FB_NO_DEADLINE = not that one knows. */
__s64 fb_schedule_opens(const struct fb_ruleset *rs, const struct fb_window *window, __s64 now);
/* S52: may the access be opened now? Not if every line of it is outside of its window. */
bool fb_schedule_may_open(const struct fb_ruleset *rs, const struct fb_when *when, unsigned int access);

#endif

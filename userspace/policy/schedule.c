// SPDX-License-Identifier: GPL-2.0-only
#include "policy/schedule.h"

#include <stdlib.h>
#include <string.h>

/*
 * How many days around now are looked at. A local date is that of UTC or the one before or behind it, and a window of yesterday may last into today; ahead, a
 * weekly window that daylight saving swallows once comes again a week later.
 */
#define DAYS_BACK  3
#define DAYS_AHEAD 16

struct span { /* [from, to) */
	__s64 from, to;
};
struct spans FB_VEC(struct span);

/* Proleptic Gregorian date of a day since 1970-01-01 (both counted from 1 March 0000, where leap days come last). */
static struct fb_date date_of_day(__s64 day)
{
	__s64 z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	__s64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	__s64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct fb_date){ .year = (int)(yoe + era * 400) + (month <= 2),
				 .month = month,
				 .day = (int)(doy - (153 * mp + 2) / 5) + 1 };
}

/* 0 = Monday; the epoch was a Thursday. */
static unsigned int weekday_of_day(__s64 day)
{
	return (unsigned int)(((day + 3) % 7 + 7) % 7);
}

static __s64 day_of(__s64 t)
{
	return (t >= 0 ? t : t - 86399) / 86400;
}

/* S50: from its start on its day to its end, which is on the next day if it is not later. */
static void add_span(const struct fb_ruleset *rs, const struct fb_window *w, const struct fb_every *e,
		     struct fb_date date, struct spans *ret)
{
	bool over_night = e->to_hour * 60 + e->to_minute <= e->from_hour * 60 + e->from_minute;
	struct span span;

	date.hour = e->from_hour;
	date.minute = e->from_minute;
	span.from = rs->local_to_unix(w->timezone, &date, 0);
	date.hour = e->to_hour;
	date.minute = e->to_minute;
	span.to = rs->local_to_unix(w->timezone, &date, over_night ? 1 : 0);
	if (span.from < span.to) /* else the clocks skip it, or the time zone is gone: -1 twice */
		fb_vec_add(ret, span);
}

/* When the window is open, in no order: on its dates, and every week for some days around now. */
static void spans_of(const struct fb_ruleset *rs, const struct fb_window *w, __s64 now, struct spans *ret)
{
	__s64 today = day_of(now);

	*ret = (struct spans){ 0 };
	if (!rs->local_to_unix)
		return;
	for (size_t i = 0; i < w->n_every; i++) {
		const struct fb_every *e = &w->every[i];

		if (e->on_date) {
			add_span(rs, w, e, e->date, ret);
			continue;
		}
		for (__s64 day = today - DAYS_BACK; day <= today + DAYS_AHEAD; day++)
			if (e->days >> weekday_of_day(day) & 1)
				add_span(rs, w, e, date_of_day(day), ret);
	}
}

/* When what is open at t shuts, across spans that touch or overlap; 0 = shut. Each round takes one span at least: it ends. */
static __s64 open_until(const struct spans *spans, __s64 t)
{
	__s64 end = t;
	bool longer = true;

	while (longer) {
		longer = false;
		for (size_t i = 0; i < spans->n; i++) {
			if (spans->v[i].from > end || spans->v[i].to <= end)
				continue;
			end = spans->v[i].to;
			longer = true;
		}
	}
	return end > t ? end : 0;
}

static __s64 first_start_after(const struct spans *spans, __s64 t)
{
	__s64 first = FB_NO_DEADLINE;

	for (size_t i = 0; i < spans->n; i++)
		if (spans->v[i].from > t && spans->v[i].from < first)
			first = spans->v[i].from;
	return first;
}

void fb_schedule_at(const struct fb_ruleset *rs, const struct fb_when *when, struct fb_schedule *ret)
{
	*ret = (struct fb_schedule){ .now = when->now, .unsynced = when->unsynced };
	if (!rs->windows.n && !rs->accesses.n)
		return;
	ret->windows = calloc(rs->windows.n + 1, sizeof(*ret->windows));
	ret->accesses = calloc(rs->accesses.n + 1, sizeof(*ret->accesses));
	if (!ret->windows || !ret->accesses)
		abort();
	if (when->unsynced)
		return;
	for (size_t i = 0; i < rs->windows.n; i++) {
		struct spans spans;

		spans_of(rs, &rs->windows.v[i], when->now, &spans);
		ret->windows[i] = open_until(&spans, when->now);
		fb_vec_done(&spans);
	}
	for (size_t i = 0; i < rs->accesses.n; i++)
		for (size_t k = 0; k < when->n_openings; k++)
			if (!strcmp(rs->accesses.v[i].name, when->openings[k].access) &&
			    when->openings[k].until > when->now && when->openings[k].until > ret->accesses[i])
				ret->accesses[i] = when->openings[k].until;
}

void fb_schedule_done(struct fb_schedule *schedule)
{
	free(schedule->windows);
	free(schedule->accesses);
}

struct fb_closing fb_schedule_line(const struct fb_schedule *schedule, const struct fb_line *line)
{
	struct fb_closing c = { .deadline = line->deadline };
	__s64 window = line->window ? schedule->windows[line->window - 1] : FB_NO_DEADLINE;
	__s64 access = line->access ? schedule->accesses[line->access - 1] : FB_NO_DEADLINE;
	__s64 open = window < access ? window : access;

	/* What has ended has ended, whatever else is shut. */
	if ((!line->window && !line->access) ||
	    (line->deadline != FB_NO_DEADLINE && line->deadline <= schedule->now))
		return c;
	c.window = true;
	if (open < c.deadline)
		c.deadline = open;
	return c;
}

bool fb_closing_open(const struct fb_closing *closing, __s64 now)
{
	return closing->deadline == FB_NO_DEADLINE || closing->deadline > now;
}

int fb_closing_cmp(const struct fb_closing *a, const struct fb_closing *b, __s64 now)
{
	bool a_open = fb_closing_open(a, now), b_open = fb_closing_open(b, now);

	if (a_open != b_open)
		return a_open ? -1 : 1;
	if (!a_open && a->window != b->window) /* what will open again says more than what has ended */
		return a->window ? -1 : 1;
	return a->deadline > b->deadline ? -1 : a->deadline < b->deadline;
}

/* ---- edges --------------------------------------------------------------------------------------------------------- */

static void sooner(__s64 t, __s64 now, __s64 *next)
{
	if (t > now && t < *next)
		*next = t;
}

__s64 fb_schedule_next(const struct fb_ruleset *rs, const struct fb_when *when)
{
	__s64 next = FB_NO_DEADLINE;

	for (size_t i = 0; i < rs->windows.n && !when->unsynced; i++) {
		struct spans spans;
		__s64 end;

		spans_of(rs, &rs->windows.v[i], when->now, &spans);
		end = open_until(&spans, when->now);
		sooner(end ? end : first_start_after(&spans, when->now), when->now, &next);
		fb_vec_done(&spans);
	}
	for (size_t i = 0; i < when->n_openings; i++)
		sooner(when->openings[i].until, when->now, &next);
	for (size_t i = 0; i < rs->lines.n; i++)
		sooner(rs->lines.v[i].deadline, when->now, &next);
	return next;
}

__s64 fb_schedule_opens(const struct fb_ruleset *rs, const struct fb_window *window, __s64 now)
{
	struct spans spans;
	__s64 first;

	spans_of(rs, window, now, &spans);
	first = first_start_after(&spans, now);
	fb_vec_done(&spans);
	return first;
}

bool fb_schedule_may_open(const struct fb_ruleset *rs, const struct fb_when *when, unsigned int access)
{
	struct fb_schedule schedule;
	bool may = false;

	fb_schedule_at(rs, when, &schedule);
	for (size_t i = 0; i < rs->lines.n && !when->unsynced; i++) {
		const struct fb_line *line = &rs->lines.v[i];

		may |= line->access == access + 1 && (!line->window || schedule.windows[line->window - 1]) &&
		       line->deadline > when->now;
	}
	fb_schedule_done(&schedule);
	return may;
}

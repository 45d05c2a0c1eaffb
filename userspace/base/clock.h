/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wall-clock time between people and numbers. Time zones are the names of the tz database; the process's own TZ is
 * put back after every call. Not for threads: glibc knows one time zone at a time.
 */
#ifndef FB_BASE_CLOCK_H
#define FB_BASE_CLOCK_H

#include <linux/types.h>
#include <stdbool.h>

struct fb_local_time {
	int year, month, day; /* month and day from 1; a day beyond the month runs into the next */
	int hour, minute;
};

/* Room for "2026-11-22 21:31:00 Europe/London"-like texts; longer zone names are cut. */
enum { FB_CLOCK_STRLEN = 72 };

bool fb_clock_zone_known(const char *timezone);
/*
 * The first instant at which clocks in the zone show this time; if they skip it, the next instant that exists (S50).
 * -1 = unknown zone.
 */
__s64 fb_clock_from_local(const char *timezone, const struct fb_local_time *local);
/* "2026-11-22T21:31:00Z"; buf holds FB_CLOCK_STRLEN bytes; returns buf. */
char *fb_clock_print_utc(__s64 seconds, char *buf);
/* "2026-11-22 21:31:00 GMT", as clocks in the zone show it; an unknown zone prints UTC. */
char *fb_clock_print_local(const char *timezone, __s64 seconds, char *buf);
/* "90s", "5min", "4h", "2d": exactly, as one types it; buf holds FB_CLOCK_STRLEN; returns buf. */
char *fb_clock_print_span(__s64 seconds, char *buf);
/* Seconds since 1970 now. */
__s64 fb_clock_now(void);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/zonetime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

struct fb_date fb_zonetime_day(__s64 unix_seconds, const char *timezone, int add_days)
{
	struct fb_date day = { .hour = -1 };
	char text[FB_CLOCK_STRLEN];

	fb_clock_print_local(timezone, unix_seconds + (__s64)add_days * 86400, text);
	sscanf(text, "%4d-%2d-%2d", &day.year, &day.month, &day.day);
	return day;
}

static int parse_date(const char *text, const char *timezone, __s64 now, struct fb_date *ret)
{
	struct fb_date d = { .hour = -1 };
	int end = 0;
	char sep;

	if (sscanf(text, "%4d-%2d-%2d%c%2d:%2d%n", &d.year, &d.month, &d.day, &sep, &d.hour, &d.minute,
		   &end) == 6 &&
	    !text[end]) {
		if (sep != ' ' && sep != 'T')
			return -EINVAL;
	} else if (d = (struct fb_date){ .hour = -1 }, end = 0,
		   sscanf(text, "%4d-%2d-%2d%n", &d.year, &d.month, &d.day, &end) == 3 && !text[end]) {
		d.hour = 0;
	} else {
		d = fb_zonetime_day(now, timezone, 0);
		end = 0;
		if (sscanf(text, "%2d:%2d%n", &d.hour, &d.minute, &end) != 2 || text[end])
			return -EINVAL;
	}
	if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 || d.hour < 0 ||
	    d.hour > 24 || d.minute < 0 || d.minute > 59)
		return -EINVAL;
	/* timegm makes 1 May of 31 April */
	struct tm day = { .tm_year = d.year - 1900, .tm_mon = d.month - 1, .tm_mday = d.day };

	timegm(&day);
	if (day.tm_mday != d.day)
		return -EINVAL;
	*ret = d;
	return 0;
}

int fb_zonetime_parse(const char *text, const char *timezone, __s64 now, __s64 *ret)
{
	struct fb_date date;
	__s64 t;

	if (text[0] == '@') {
		char *rest;

		errno = 0;
		t = strtoll(text + 1, &rest, 10);
		if (errno || *rest || rest == text + 1 || t < 0)
			return -EINVAL;
	} else {
		if (parse_date(text, timezone, now, &date) < 0)
			return -EINVAL;
		t = fb_clock_from_local(timezone, &(struct fb_local_time){ date.year, date.month, date.day,
									   date.hour, date.minute });
		if (t < 0)
			return -ENOENT;
	}
	*ret = t;
	return 0;
}

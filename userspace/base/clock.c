// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"

#define ZONEINFO "/usr/share/zoneinfo/"

/* Names become paths: only what the tz database uses, no "..", no absolute path. */
static bool name_is_clean(const char *name)
{
	if (!isalpha((unsigned char)*name) || strstr(name, "//") || name[strlen(name) - 1] == '/')
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/_+-", *p))
			return false;
	return true;
}

bool fb_clock_zone_known(const char *timezone)
{
	char path[256];
	struct stat st;

	if (!timezone || !name_is_clean(timezone) ||
	    snprintf(path, sizeof(path), ZONEINFO "%s", timezone) >= (int)sizeof(path))
		return false;
	/* glibc falls back to UTC in silence, so ask for the file ourselves */
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Switches to the zone; the return value is the old TZ for leave(). */
static char *enter(const char *timezone)
{
	const char *tz = getenv("TZ");
	char *old = tz ? strdup(tz) : NULL;
	fb_autofree char *value = NULL;

	if (asprintf(&value, ":%s", timezone) < 0)
		abort();
	setenv("TZ", value, 1);
	tzset();
	return old;
}

static void leave(char *old)
{
	if (old)
		setenv("TZ", old, 1);
	else
		unsetenv("TZ");
	tzset();
	free(old);
}

/* What the clocks show at t, written as if it were UTC. */
static __s64 shown(__s64 t)
{
	time_t time = t;
	struct tm tm;

	localtime_r(&time, &tm);
	return t + tm.tm_gmtoff;
}

/*
 * Offsets change at most once in the day before and after, so the offsets at both ends are the only two that the wanted
 * time can have. If neither fits, it was skipped, and then "the clocks show at least this" turns true at the change.
 */
static __s64 first_showing(__s64 wanted)
{
	__s64 lo = wanted - 2 * 86400, hi = wanted + 2 * 86400;
	__s64 early = wanted - (shown(lo) - lo), late = wanted - (shown(hi) - hi);
	__s64 first = early < late ? early : late, second = early < late ? late : early;

	if (shown(first) == wanted)
		return first;
	if (shown(second) == wanted)
		return second;
	while (lo < hi) {
		__s64 mid = lo + (hi - lo) / 2;

		if (shown(mid) >= wanted)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

__s64 fb_clock_from_local(const char *timezone, const struct fb_local_time *local)
{
	struct tm tm = { .tm_year = local->year - 1900,
			 .tm_mon = local->month - 1,
			 .tm_mday = local->day,
			 .tm_hour = local->hour,
			 .tm_min = local->minute };
	char *old;
	__s64 t;

	if (!fb_clock_zone_known(timezone))
		return -1;
	old = enter(timezone);
	t = first_showing(timegm(&tm));
	leave(old);
	return t;
}

char *fb_clock_print_utc(__s64 seconds, char *buf)
{
	time_t time = seconds;
	struct tm tm;

	if (!gmtime_r(&time, &tm) || !strftime(buf, FB_CLOCK_STRLEN, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, FB_CLOCK_STRLEN, "%lld s", (long long)seconds);
	return buf;
}

char *fb_clock_print_local(const char *timezone, __s64 seconds, char *buf)
{
	time_t time = seconds;
	struct tm tm;
	char *old;

	if (!fb_clock_zone_known(timezone))
		return fb_clock_print_utc(seconds, buf);
	old = enter(timezone);
	if (!localtime_r(&time, &tm) || !strftime(buf, FB_CLOCK_STRLEN, "%Y-%m-%d %H:%M:%S %Z", &tm))
		snprintf(buf, FB_CLOCK_STRLEN, "%lld s", (long long)seconds);
	leave(old);
	return buf;
}

__s64 fb_clock_now(void)
{
	return time(NULL);
}

char *fb_clock_print_span(__s64 seconds, char *buf)
{
	static const struct {
		const char *name;
		__s64 seconds, from;
	} units[] = { { "d", 86400, 2 * 86400 }, { "h", 3600, 3600 }, { "min", 60, 60 } };

	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++)
		if (seconds >= units[u].from && seconds % units[u].seconds == 0) {
			snprintf(buf, FB_CLOCK_STRLEN, "%lld%s", (long long)(seconds / units[u].seconds),
				 units[u].name);
			return buf;
		}
	snprintf(buf, FB_CLOCK_STRLEN, "%llds", (long long)seconds);
	return buf;
}

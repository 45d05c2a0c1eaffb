// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as people read them. */
#include "cli/output.h"

#include <string.h>
#include <time.h>

#include <firebreak_abi.h>

char *fb_human_count(unsigned long long n, char *buf)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", n);
	char *p = buf;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = 0;
	return buf;
}

char *fb_human_bytes(unsigned long long n, char *buf)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)n;
	size_t u = 0;

	/* 999.95 would print as 1000.0 */
	while (value >= 999.95 && u + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		u++;
	}
	if (!u)
		snprintf(buf, FB_HUMAN_LEN, "%llu B", n);
	else
		snprintf(buf, FB_HUMAN_LEN, "%.1f %s", value, units[u]);
	return buf;
}

char *fb_human_rate(double rate, char *buf)
{
	if (rate <= 0 || rate >= 9.95)
		return fb_human_count(rate <= 0 ? 0 : (unsigned long long)(rate + 0.5), buf);
	snprintf(buf, FB_HUMAN_LEN, "%.1f", rate < 0.1 ? 0.1 : rate);
	return buf;
}

char *fb_human_bits(double rate, char *buf)
{
	static const char units[] = " kMGTP";
	size_t u = 0;

	if (rate < 0)
		rate = 0;
	while (rate >= (u ? 999.95 : 999.5) && units[u + 1]) {
		rate /= 1000;
		u++;
	}
	if (!u)
		snprintf(buf, FB_HUMAN_LEN, "%.0f", rate);
	else
		snprintf(buf, FB_HUMAN_LEN, "%.1f %c", rate, units[u]);
	return buf;
}

char *fb_human_span(long long s, char *buf)
{
	if (s < 0)
		s = 0;
	if (s < 120)
		snprintf(buf, FB_HUMAN_LEN, "%lld s", s);
	else if (s < 2 * 3600)
		snprintf(buf, FB_HUMAN_LEN, "%lld min", s / 60);
	else if (s < 2 * 86400)
		snprintf(buf, FB_HUMAN_LEN, "%lld h", s / 3600);
	else
		snprintf(buf, FB_HUMAN_LEN, "%lld d", s / 86400);
	return buf;
}

static char *print_time(long long unix_seconds, bool seconds, char *buf)
{
	time_t t = (time_t)unix_seconds;
	struct tm tm;

	if (unix_seconds <= 0 || unix_seconds == FB_NO_DEADLINE || !localtime_r(&t, &tm) ||
	    !(seconds ? strftime(buf, FB_HUMAN_LEN, "%Y-%m-%d %H:%M:%S", &tm)
		      : strftime(buf, FB_HUMAN_LEN, "%Y-%m-%d %H:%M", &tm)))
		strcpy(buf, "-");
	return buf;
}

char *fb_human_time(long long unix_seconds, char *buf)
{
	return print_time(unix_seconds, false, buf);
}

char *fb_human_instant(long long unix_seconds, char *buf)
{
	return print_time(unix_seconds, true, buf);
}

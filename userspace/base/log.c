// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/cleanup.h"

/* systemd names the journal's socket by device and inode, so that a redirected stderr is not taken for it. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

static const char *word(enum fb_log_level level)
{
	return level <= FB_LOG_ERROR ? "error: " : level == FB_LOG_WARNING ? "warning: " : "";
}

void fb_log(enum fb_log_level level, const char *fmt, ...)
{
	fb_autofree char *text = NULL;
	char prefix[FB_CLOCK_STRLEN + 16], now[FB_CLOCK_STRLEN];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	if (stderr_is_journal())
		snprintf(prefix, sizeof(prefix), "<%d>", level);
	else
		snprintf(prefix, sizeof(prefix), "%s %s", fb_clock_print_utc(fb_clock_now(), now),
			 word(level));
	for (char *line = text, *end; *line; line = end) {
		end = strchrnul(line, '\n');
		fprintf(stderr, "%s%.*s\n", prefix, (int)(end - line), line);
		end += *end == '\n';
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines to stderr, for the programs themselves (agent/ and cli/); libraries return errors instead. If
 * stderr is the journal, each line begins with its priority, which journald takes off; else with the time.
 */
#ifndef FB_BASE_LOG_H
#define FB_BASE_LOG_H

enum fb_log_level {
	FB_LOG_ERROR = 3,
	FB_LOG_WARNING = 4,
	FB_LOG_NOTICE = 5,
	FB_LOG_INFO = 6
}; /* syslog's numbers */

/* A text of several lines becomes several lines of the log. No line break at the end needed. */
void fb_log(enum fb_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

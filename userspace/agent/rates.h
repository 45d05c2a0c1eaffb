/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many packets a minute are dropped, by reason: the counters as they were every ten seconds of the last minute. Totals since
 * the machine started say nothing about now. Pure.
 */
#ifndef FB_AGENT_RATES_H
#define FB_AGENT_RATES_H

#include <firebreak_abi.h>

enum { FB_RATES_STEP = 10, FB_RATES_KEPT = 7 }; /* seconds; seven of them span a minute */

struct fb_rates {
	struct {
		__s64 at; /* seconds of a clock that only goes forward */
		__u64 packets[FB_REASON_COUNT];
	} v[FB_RATES_KEPT];
	unsigned int n, next;
};

void fb_rates_note(struct fb_rates *rates, __s64 at, const __u64 packets[FB_REASON_COUNT]);
/* How many seconds the answer is of; 0 = nothing is known yet. What was set back counts as nothing. */
__s64 fb_rates_get(const struct fb_rates *rates, __s64 at, const __u64 packets[FB_REASON_COUNT],
		   __u64 ret_a_minute[FB_REASON_COUNT]);

/* ---- api_counters.c ---- */
struct fb_agent;
void fb_agent_rates_note(struct fb_agent *agent);

#endif

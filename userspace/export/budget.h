/* SPDX-License-Identifier: GPL-2.0-only */
/* How many series one scrape has, and how many of them each part of a policy takes: for the agent that renders them, and for check. */
#ifndef FB_EXPORT_BUDGET_H
#define FB_EXPORT_BUDGET_H

enum {
	/* What is beyond it is left out, rules that were never hit first; firebreak_omitted_series counts it. */
	FB_METRICS_SERIES_MAX = 5000,
	/* With a policy that is empty. */
	FB_METRICS_SERIES_FIXED = 19,
	FB_METRICS_SERIES_PER_RULE = 4, /* one more if it is dated */
	FB_METRICS_SERIES_PER_PAIR = 2, /* that the policy opens; a reason with a drop takes two more */
	FB_METRICS_SERIES_PER_DEVICE = 2,
	FB_METRICS_SERIES_PER_ZONE = 3,
	FB_METRICS_SERIES_PER_PLAN = 1,
};

#endif

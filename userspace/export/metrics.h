/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters as text for a Prometheus server: the classic text format 0.0.4, or OpenMetrics 1.0. Pure: plain
 * data in, text out. No label is ever an address or a MAC; names of zones, devices and rules come from the
 * policy and are escaped.
 */
#ifndef FB_EXPORT_METRICS_H
#define FB_EXPORT_METRICS_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "base/vec.h"
#include "dataplane/snapshot.h"
#include "export/budget.h"

struct fb_metrics_pair {
	const char *src, *dst;
	bool allowed; /* the policy opens it, so its zeroes are worth a series */
	struct fb_pair_counter by_reason
		[FB_REASON_COUNT]; /* [FB_PASSED] passed, [FB_WOULD_DROP] let through by observe mode */
};
struct fb_metrics_rule {
	const char *id, *pairs;
	char *at;	/* "northport.fb:21"; owned */
	bool never;	/* counts what it stopped */
	__s64 deadline; /* FB_NO_DEADLINE = none */
	struct fb_rule_counter counter;
};
struct fb_metrics_device {
	const char *device, *mode; /* "native", "generic", "none" */
	bool enforcing;
};
struct fb_metrics_plan {
	const char *plan;
	bool active;
};

struct fb_metrics_inventory {
	const char *zone;
	__u64 declared, undeclared, silent; /* seen and declared, seen and not, declared and not seen */
};

struct fb_metrics { /* all strings borrowed */
	const char *version, *kernel;
	const char *policy, *policy_version; /* NULL = no policy */
	__u32 generation;
	__u64 confirm_deadline; /* unix seconds; 0 = nothing is on trial */
	__u64 apply_failures, redirect_errors, map_bytes, events_emitted, events_lost;
	__s64 started;
	struct fb_flow_totals flows;
	struct FB_VEC(struct fb_metrics_pair) pairs;
	struct FB_VEC(struct fb_metrics_rule) rules;
	struct FB_VEC(struct fb_metrics_device) devices;
	struct FB_VEC(struct fb_metrics_inventory) inventory;
	struct FB_VEC(struct fb_metrics_plan) plans;
	__u32 quarantined; /* devices, groups, addresses */
};

enum fb_metrics_format { FB_METRICS_PROMETHEUS, FB_METRICS_OPENMETRICS };
/* From an Accept header. */
enum fb_metrics_format fb_metrics_format(const char *accept);
const char *fb_metrics_content_type(enum fb_metrics_format format);

void fb_metrics_render(const struct fb_metrics *metrics, enum fb_metrics_format format,
		       struct fb_strbuf *out);
void fb_metrics_done(struct fb_metrics *metrics);

#endif

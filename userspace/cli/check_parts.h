/* SPDX-License-Identifier: GPL-2.0-only */
/* What check prints beside errors: advice, and what a policy costs. */
#ifndef FB_CLI_CHECK_PARTS_H
#define FB_CLI_CHECK_PARTS_H

#include "cli/load.h"
#include "policy/compile.h"

/* Which advice somebody wants to read. */
struct fb_advice_wish {
	unsigned int kinds; /* bit = enum fb_lint_kind: those to be listed one by one */
	bool none;
};
/* "all", "none", or kinds with commas; NULL = the default. False = unknown, which was said. */
bool fb_advice_read(const char *text, struct fb_advice_wish *ret);
/* Adds what was found to the policy's diagnostics: likely mistakes and wished kinds one by one, the rest once a kind. */
void fb_advise(struct fb_policy *policy, const struct fb_advice_wish *wish);

/* The lines and groups that cost most, most first. */
void fb_costs_print(const struct fb_ruleset *rs, const struct fb_sources *sources);
json_t *fb_costs_json(const struct fb_ruleset *rs, const struct fb_sources *sources);

/* Compiles for a host that has every interface. The size is that of the smallest image in which there is room for it, else of the largest. */
int fb_image_try(const struct fb_ruleset *rs, struct fb_image_stats *ret_stats, size_t *ret_size,
		 struct fb_error *err);
/* Warns of an image that the agent takes with an option only. */
void fb_image_warn(size_t size, const char *name);

/* Series of the policy's metrics: warns if one scrape has no room for all. */
unsigned int fb_series_of(const struct fb_policy *policy);
void fb_series_warn(const struct fb_policy *policy, const char *name);
void fb_series_print(const struct fb_policy *policy);
json_t *fb_series_json(const struct fb_policy *policy);

#endif

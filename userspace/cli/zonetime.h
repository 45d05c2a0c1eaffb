/* SPDX-License-Identifier: GPL-2.0-only */
/* Times as people type them. */
#ifndef FB_CLI_ZONETIME_H
#define FB_CLI_ZONETIME_H

#include "policy/ruleset.h"

/*
 * "2026-12-31 10:30", "2026-12-31T10:30", "2026-12-31" (its beginning), "10:30" (of today), "@seconds". -EINVAL, or -ENOENT for an
 * unknown zone.
 */
int fb_zonetime_parse(const char *text, const char *timezone, __s64 now, __s64 *ret);
/* The calendar day of an instant, days later. */
struct fb_date fb_zonetime_day(__s64 unix_seconds, const char *timezone, int add_days);

#endif

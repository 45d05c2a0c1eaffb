/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The register of a policy, as a JSON document: zones, conduits with their lines, guards, assertions and what they rest on, advice. It is
 * what an auditor reads and what the printed report is made of. Nothing here comes from a running gateway.
 */
#ifndef FB_POLICY_REPORT_H
#define FB_POLICY_REPORT_H

#include <jansson.h>

#include "policy/ruleset.h"

/* now: unix seconds; which lines have ended, and which end soon. The policy must be without errors. */
json_t *fb_report_register(const struct fb_tree *tree, const struct fb_ruleset *rs, __s64 now);

#endif

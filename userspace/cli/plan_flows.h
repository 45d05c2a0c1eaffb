/* SPDX-License-Identifier: GPL-2.0-only */
/* Which live flows would end under another policy: each is judged again, as the gateway will do with its next packet. */
#ifndef FB_CLI_PLAN_FLOWS_H
#define FB_CLI_PLAN_FLOWS_H

#include <jansson.h>

#include "policy/schedule.h"

struct fb_flows_end {
	bool known; /* an agent answered */
	unsigned int live, end;
	unsigned int (*by_pair)
		[FB_ZONES_MAX]; /* [source zone][destination zone], ids of the new policy's numbering */
};
/* flows: the answer of /v1/flows; bundle: of /v1/bundle, for the gateway's addresses. before names the zones of the flows.
 * when: with what is open by request, which an apply does not shut. */
void fb_flows_end_count(const json_t *flows, const json_t *bundle, const struct fb_ruleset *before,
			const struct fb_ruleset *after, const struct fb_when *when, struct fb_flows_end *ret);
void fb_flows_end_done(struct fb_flows_end *end);

#endif

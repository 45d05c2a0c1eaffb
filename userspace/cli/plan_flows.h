/* SPDX-License-Identifier: GPL-2.0-only */
/* Which live flows would end under another policy: each is judged again, as the gateway will do with its next packet. */
#ifndef FB_CLI_PLAN_FLOWS_H
#define FB_CLI_PLAN_FLOWS_H

#include <jansson.h>

#include "base/strbuf.h"
#include "policy/schedule.h"

struct fb_flows_end {
	bool known; /* an agent answered */
	unsigned int live;
	unsigned int judged; /* of these; the agent tells of 100,000 at most */
	unsigned int end;    /* of those that were judged */
	unsigned int (*by_pair)
		[FB_ZONES_MAX]; /* [source zone][destination zone], ids of the new policy's numbering */
};
/* answer: of /v1/flows; bundle: of /v1/bundle, for the gateway's addresses. before names the zones of the flows.
 * when: with what is open by request, which an apply does not shut. */
void fb_flows_end_count(const json_t *answer, const json_t *bundle, const struct fb_ruleset *before,
			const struct fb_ruleset *after, const struct fb_when *when, struct fb_flows_end *ret);
/* "at least " where not all were judged, else "". */
const char *fb_flows_end_bound(const struct fb_flows_end *end);
/* "at least 3 of 262144 live flows end; 100000 of them were judged" */
void fb_flows_end_print(const struct fb_flows_end *end, struct fb_strbuf *out);
json_t *fb_flows_end_json(const struct fb_flows_end *end);
void fb_flows_end_done(struct fb_flows_end *end);

#endif

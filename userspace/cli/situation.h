/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a verdict hangs on beside the policy and the packet (S1), as the agent has it now: whether the clock is known, which accesses
 * are open, what is isolated and in quarantine. Without an agent: nothing of it.
 */
#ifndef FB_CLI_SITUATION_H
#define FB_CLI_SITUATION_H

#include <jansson.h>

#include "policy/eval.h"

struct fb_situation {
	json_t *status;				   /* owned; NULL = no agent was asked */
	struct FB_VEC(struct fb_opening) openings; /* names are the status's */
	struct fb_when when;
};

/* status is taken; NULL = no agent. */
void fb_situation_init(struct fb_situation *s, json_t *status, __s64 now);
void fb_situation_done(struct fb_situation *s);
/*
 * What the switches make of a packet that the policy gives this answer (S27). *ret_name: the plan or quarantine, borrowed. Hygiene
 * stands above them: what is spoofed or of no zone stays that.
 */
enum fb_reason fb_situation_judge(const struct fb_situation *s, const struct fb_ruleset *rs,
				  const struct fb_packet *packet, const struct fb_answer *answer,
				  const char **ret_name);

#endif

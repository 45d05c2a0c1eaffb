/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy means on this host and beside the agent's settings, and no check of its text can know: printed with an apply as warnings. Pure.
 */
#ifndef FB_AGENT_ADVICE_H
#define FB_AGENT_ADVICE_H

#include "agent/lockout.h"

struct fb_advice_case {
	const struct fb_generation *candidate;
	const struct fb_portset *ports; /* the candidate's */
	const struct fb_host *host;
	const struct fb_rescue *rescue; /* .family 0 = there is none */
	__s64 now;
};
/* One line each. */
void fb_advice(const struct fb_advice_case *c, struct fb_strbuf *ret_text);

#endif

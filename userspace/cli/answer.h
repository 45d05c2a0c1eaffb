/* SPDX-License-Identifier: GPL-2.0-only */
/* The answers of `explain`: the offline verdict beside the live program's, as text and as JSON. */
#ifndef FB_CLI_ANSWER_H
#define FB_CLI_ANSWER_H

#include "cli/output.h"
#include "cli/probe.h"

enum fb_live_state { FB_LIVE_NOT_ASKED, FB_LIVE_AGREES, FB_LIVE_DISAGREES };

struct fb_explanation {
	const struct fb_policy *policy;
	const struct fb_own *own;
	const struct fb_endpoint *from, *to;
	const struct fb_probe *probe;
	const char *asked;	 /* the service, as typed */
	struct fb_answer answer; /* offline */
	const struct fb_when *when;
	const char *switched; /* the plan or quarantine that decided; NULL = none */
	bool builtin;	      /* S24: no line was asked */
	enum fb_live_state state;
	const json_t *live; /* firebreak.explain/1; NULL = not asked */
	long long seen,
		last; /* packets of the deciding line and the last of them (unix), from the agent; seen -1 = unknown */
};

/* "ALLOW", "OBSERVE", "DROP". */
const char *fb_verdict_name(enum fb_reason reason);

void fb_explanation_print(const struct fb_explanation *e, const struct fb_screen *screen);
json_t *fb_explanation_json(const struct fb_explanation *e);

#endif

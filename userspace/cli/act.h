/* SPDX-License-Identifier: GPL-2.0-only */
/* What the operator's verbs (open close isolate quarantine release end) have in common. */
#ifndef FB_CLI_ACT_H
#define FB_CLI_ACT_H

#include <jansson.h>

#include "cli/command.h"
#include "base/strbuf.h"

/*
 * Adds who, reason, session and allow_lockout to body, which is consumed, and posts it. *ret is the answer, the caller's;
 * otherwise an enum fb_exit, said.
 */
int fb_act_post(const struct fb_call *call, const char *path, json_t *body, json_t **ret);
/* FB_EXIT_USAGE, said, if --reason was not given. what: "isolate city-cut". */
int fb_act_needs_reason(const struct fb_call *call, const char *what);
/* What was tested of the session, to stderr. */
void fb_act_print_session(const json_t *answer);

/* cut.c: one red line on stderr while anything is isolated or in quarantine; nothing if no agent answers. */
void fb_cut_warn(const struct fb_call *call);
/*
 * "city-cut (12 min, "ticket", akhan), ..." of an array of active plans (name "plan") or quarantines ("name"): the first ones, and which verb has the
 * others. False = there is none.
 */
bool fb_cut_list(const json_t *list, const char *name, struct fb_strbuf *out);

#endif

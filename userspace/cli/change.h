/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs that change the policy in force have in common: their words to the agent, and its answer. */
#ifndef FB_CLI_CHANGE_H
#define FB_CLI_CHANGE_H

#include <jansson.h>

#include "cli/command.h"

/* "90s", "5min", "2h": seconds, from lo to hi. -EINVAL with a sentence. */
int fb_duration_read(const char *text, unsigned int lo, unsigned int hi, unsigned int *ret,
		     struct fb_error *err);

/* Who asks, for the record; the agent also knows the uid from the socket. */
const char *fb_change_who(void);
/*
 * Adds who and, of the options that the verb has, reason, confirm and allow_lockout; and the session. Over ssh, what
 * is not confirmed is taken back, unless --no-confirm. An enum fb_exit, said.
 */
int fb_change_options(const struct fb_call *call, json_t *body);
/* POST, and what came of it in words or JSON; name is the policy's (NULL = the agent's). An enum fb_exit. body is consumed. */
int fb_change_post(const struct fb_call *call, const char *path, json_t *body, const char *name);
/*
 * What is lost and won between two bundles, as `plan` shows it, as JSON if json. An enum fb_exit: FB_EXIT_CHANGES if anything. wrong: what to
 * say below the errors of a policy after that is no stored one; NULL = it is one.
 */
int fb_plan_bundles(const json_t *before, const json_t *after, const char *wrong, bool json);

#endif

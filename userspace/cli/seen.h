/* SPDX-License-Identifier: GPL-2.0-only */
/* What the agent saw (/v1/events), for the verbs that show it or make lines of it. */
#ifndef FB_CLI_SEEN_H
#define FB_CLI_SEEN_H

#include <jansson.h>

#include "base/strbuf.h"
#include "cli/command.h"
#include "policy/eval.h"

/* Adds name=value to a path's query, escaped; NULL adds nothing. */
void fb_query_add(struct fb_strbuf *path, const char *name, const char *value);
/* Is the value of --limit a number from 1 on, if it is given? If not, that was said. */
bool fb_limit_check(const struct fb_call *call);
/* The declared name of an end ("src", "dst"), else its address. */
const char *fb_seen_name(const json_t *event, const char *end);
/* "cam-0412 (10.20.4.12)", or the address alone. */
void fb_seen_end(const json_t *event, const char *end, struct fb_strbuf *out);
/* "no-allow", "never", "foreign-mac", "would-drop". */
const char *fb_seen_what(const json_t *event);
/* "seen 3 times, last 2026-11-23 02:10:07" */
void fb_seen_often(const json_t *event, struct fb_strbuf *out);
/* The packet of an event, as the policy rs judges it now. False: it is none that a policy judges (ARP, no IP, a zone that is no more). */
bool fb_seen_packet(const struct fb_ruleset *rs, const json_t *event, struct fb_packet *ret);
/* The gateway's addresses from the host facts of a bundle. */
void fb_own_read(const json_t *bundle, const struct fb_ruleset *rs, struct fb_own *ret);

#endif

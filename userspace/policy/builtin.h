/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S24: what hosts and the gateway need to be neighbours, as in bpf/lib/builtin.h; a question about it is never for the lines. An advertisement is taken to be about its
 * sender's own address.
 */
#ifndef FB_POLICY_BUILTIN_H
#define FB_POLICY_BUILTIN_H

#include "policy/eval.h"

/* answer: what fb_eval says of it, and what the zone's binding does (S45). */
bool fb_builtin_is(const struct fb_ruleset *rs, const struct fb_packet *k, const struct fb_answer *answer);
/* Of a packet that is: the answer instead. */
void fb_builtin_judge(const struct fb_packet *k, struct fb_answer *answer);

#endif

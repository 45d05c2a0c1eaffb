/* SPDX-License-Identifier: GPL-2.0-only */
/* A first policy, written from what a host has. */
#ifndef FB_CLI_SKELETON_H
#define FB_CLI_SKELETON_H

#include "base/strbuf.h"
#include "cli/facts.h"
#include "policy/ast.h"

/*
 * The text of the policy; not in the canonical form. observe_until is the day on which the inside pairs begin to enforce.
 * Returns the number of zones; 0 = the host has no interface that could be one.
 */
size_t fb_skeleton_write(const struct fb_facts *facts, struct fb_date observe_until, struct fb_strbuf *out);

#endif

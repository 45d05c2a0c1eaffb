/* SPDX-License-Identifier: GPL-2.0-only */
/* What the agent gives away once everything that it will ever load is loaded. */
#ifndef FB_AGENT_PRIVILEGES_H
#define FB_AGENT_PRIVILEGES_H

#include "base/error.h"

/*
 * Keeps CAP_BPF (maps, links) and CAP_NET_ADMIN (attach, tc, nftables); forbids loading programs, running
 * programs, tracing, modules and mounts. Not to be undone.
 */
int fb_privileges_drop(struct fb_error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The event loop: netlink, the control socket, the metrics listener, one second, signals, the watchdog. */
#ifndef FB_AGENT_LOOP_H
#define FB_AGENT_LOOP_H

#include "agent/agent.h"

/* Runs until SIGTERM or SIGINT. ready is called once when the sockets listen. */
int fb_loop_run(struct fb_agent *agent, int (*ready)(struct fb_agent *agent, struct fb_error *err),
		struct fb_error *err);

#endif

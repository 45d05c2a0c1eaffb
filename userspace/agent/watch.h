/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps a struct fb_host in step with the kernel. The agent's only user of net/. */
#ifndef FB_AGENT_WATCH_H
#define FB_AGENT_WATCH_H

#include "agent/host.h"
#include "base/error.h"

struct fb_watch;

enum fb_watch_changed {
	FB_WATCH_HOST = 1,    /* links or addresses: the struct fb_host was filled anew */
	FB_WATCH_ROUTES = 2,  /* anything that a route lookup may answer differently for */
	FB_WATCH_FILTERS = 4, /* a qdisc or filter came or went */
};

/* Fills *host, which must outlive the watch. */
int fb_watch_open(struct fb_host *host, struct fb_watch **ret, struct fb_error *err);
void fb_watch_close(struct fb_watch *watch);
/* Readable when there is something to dispatch. Borrowed. */
int fb_watch_fd(const struct fb_watch *watch);
/* Takes in what the kernel said. *ret_changed: enum fb_watch_changed. */
int fb_watch_dispatch(struct fb_watch *watch, unsigned int *ret_changed, struct fb_error *err);
/* Asks for everything now, for a decision that must not be a moment old. */
int fb_watch_refresh(struct fb_watch *watch, struct fb_error *err);

/*
 * Makes a port fit for XDP: merged receives (LRO, GRO by hardware) off, and with VLAN zones on it, tag
 * stripping off; the end of a wire takes frames for any MAC. The error names what the driver does not let go of.
 */
int fb_watch_prepare(const char *ifname, bool vlans, bool wire, struct fb_error *err);

#endif

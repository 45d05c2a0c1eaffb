/* SPDX-License-Identifier: GPL-2.0-only */
/* From netlink messages to struct fb_net_state. Not for other folders. */
#ifndef FB_NET_STATE_H
#define FB_NET_STATE_H

#include "net/net.h"

struct nl_msg;

/* Applies one message, of a dump or a change. Returns what it changed: a set of enum fb_net_changed. */
unsigned int fb_state_apply(struct fb_net_state *state, struct nl_msg *msg);
void fb_state_done(struct fb_net_state *state);
enum fb_link_kind fb_state_kind(const char *kind_name, unsigned int arphrd);

#endif

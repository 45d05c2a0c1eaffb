/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds the frame that `explain` shows to the real program: whole, with right checksums. Pure. */
#ifndef FB_AGENT_FRAME_H
#define FB_AGENT_FRAME_H

#include <stddef.h>

#include "base/inet.h"

struct fb_frame_spec {
	__u8 dst_mac[6]; /* the interface's; group addresses get their own */
	__u8 src_mac[6]; /* zeros = some host's */
	int vlan;	 /* > 0: tagged */
	int family;
	struct fb_ip src, dst;
	__u8 proto;
	__u16 sport, dport; /* ICMP: dport = type << 8 | code */
	__u8 tcp_flags;
	bool broadcast; /* dst is a directed broadcast */
};

enum { FB_FRAME_MAX = 128 };

/* Returns the length, at least 60. */
size_t fb_frame_build(const struct fb_frame_spec *spec, __u8 frame[FB_FRAME_MAX]);

#endif

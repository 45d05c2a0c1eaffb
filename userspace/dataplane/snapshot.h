/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters of the data plane summed over all CPUs, as plain data: what export/ renders and ctl/ serves. No libbpf here.
 */
#ifndef FB_DATAPLANE_SNAPSHOT_H
#define FB_DATAPLANE_SNAPSHOT_H

#include <firebreak_abi.h>
#include <stdbool.h>

#include "base/inet.h"
#include "base/vec.h"

struct fb_snapshot_flow {
	int family;
	__u8 proto;
	enum fb_flow_state state;
	struct fb_ip src, dst; /* src initiated */
	__u16 sport, dport;
	unsigned int src_zone, dst_zone; /* ids */
	__u32 rule;			 /* slot, 0 = observed */
	bool observed;
	bool stale;	 /* stamped with an older generation */
	__u32 idle, age; /* seconds */
	__u32 deadline;
};

struct fb_flow_totals {
	__u64 by_state[FB_FLOW_STATES]; /* enum fb_flow_state, live entries only */
	__u64 capacity;
};

#endif

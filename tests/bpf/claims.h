/* SPDX-License-Identifier: GPL-2.0-only */
/* What the claims about a packet's path share: one rig, one policy, and "this frame, then exactly that counter". */
#ifndef FB_TESTS_CLAIMS_H
#define FB_TESTS_CLAIMS_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "rig.h"

extern struct rig rig;
extern const char policy_text[];

enum { SYN = 2, ACK = 16, RST = 4, FIN = 1, PSH = 8 };

#define SPEC(...)	(&(struct frame_spec){ __VA_ARGS__ })
#define RTSP_FROM(port) .src = "10.20.0.5", .dst = "10.30.0.10", .sport = (__u16)(port), .dport = 554
#define RTSP_BACK_TO(port) \
	.vlan = 30, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 554, .dport = (__u16)(port)
#define RTSP	  RTSP_FROM(40000)
#define RTSP_BACK RTSP_BACK_TO(40000)

/* The rig's zones, policy_text and more; no flows. */
void use_policy(const char *more);
/* Every frame moves exactly one counter: of this pair, under this reason. */
struct rig_result expect(const char *zone, const struct frame_spec *spec, enum fb_reason reason);
/* The same for what the gateway sends into zone. */
struct rig_result expect_out(const char *zone, const struct frame_spec *spec, enum fb_reason reason);
/* An ICMP error of outer's type that quotes the packet of inner. */
void build_error(struct frame *f, const struct frame_spec *outer, const struct frame_spec *inner);
/* A camera's established connection to the recorder: seq 101, ack 901. */
void handshake(void);

void claims_zone(void);
void claims_flow(void);
void claims_rename(void);
void claims_tcp(void);
void claims_icmp(void);
void claims_forward(void);
void claims_sweep(void);
void claims_switch(void);
void claims_frag(void);
void claims_limit(void);
void claims_event(void);
void claims_pair(void);
void claims_plain(void);
void claims_reject(void);
void claims_time(void);
void claims_binding(void);
void claims_wire(void);
void claims_bond(void);
void claims_group(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the claims about limits and about quotas share: the meters, and a policy with one line of either. */
#ifndef FB_TESTS_CLAIMS_LIMIT_H
#define FB_TESTS_CLAIMS_LIMIT_H

#include "claims.h"

#define SECOND 1000000000ull
enum { METERS = FB_METER_SETS * FB_METER_WAYS };

extern struct fb_meter *meters; /* the program's own; mapped while claims_limit() runs */

/* 10 s boot time and n ns; the wall clock is at the start of an hour and a day. */
void at(__u64 ns);
/* A policy with a line of this limit; behind its last word is room for it. */
struct fb_image_limit *limit_line(const char *text, const char *id, const struct fb_image_limit *want);

#define LIMIT(...) (&(struct fb_image_limit){ __VA_ARGS__ })

static const char resolver[] = "firebreak cam -> net { allow any -> any udp/53 id ask }\n"
			       "firebreak net -> cam { allow any -> any udp/5353 id in }\n";
#define ASK(host, n)	.src = host, .dst = "203.0.113.9", .sport = (__u16)(n), .dport = 53
#define ANSWER(host, n) .src = "203.0.113.9", .dst = host, .sport = 53, .dport = (__u16)(n)

void claims_quota(void); /* a part of claims_limit() */

#endif

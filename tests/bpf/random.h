/* SPDX-License-Identifier: GPL-2.0-only */
/* Random policies over the rig's zones, and random packets drawn from their corners: for tests that ask two about the same. */
#ifndef FB_TESTS_RANDOM_H
#define FB_TESTS_RANDOM_H

#include "frame.h"
#include "policy/eval.h"

enum { RANDOM_ZONES = 4 };
extern const char *const random_zones[RANDOM_ZONES];

/* Never 0. Set it to repeat a run. */
extern __u64 random_state;
__u32 random_below(__u32 n);

struct random_style {
	unsigned int year;   /* lines end in this one or the two after it: some have ended, some have not */
	const char *windows; /* four windows, w0 to w3 */
	bool limits;	     /* some lines have a limit or a quota */
};
/* The caller's to free. It has two accesses, "opened" and "never-opened". */
char *random_policy(const struct random_style *style);

struct random_trial {
	struct fb_packet packet;
	struct frame frame;
	const char *zone;
	bool made_here;
	char src[FB_INET_STRLEN], dst[FB_INET_STRLEN];
};
void random_trial(const struct fb_ruleset *rs, bool also_made_here, struct random_trial *ret);

/* What the rig's host has. */
struct fb_own random_own_addresses(const struct fb_ruleset *rs);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy on trial: applied with a deadline, and gone when nobody confirms it in time. While a trial runs,
 * `current` in the store goes on naming the last good generation and <state_dir>/confirm names the one on trial,
 * written before the switch. So whatever ends the agent inside of the window, the next start knows what to
 * do from these two and from what the kernel enforces: the deadline is a time since boot, of one boot, and a
 * clock that somebody sets does not move it.
 */
#ifndef FB_AGENT_CONFIRM_H
#define FB_AGENT_CONFIRM_H

#include <linux/types.h>

#include "base/error.h"

enum {
	FB_CONFIRM_DEFAULT = 120, /* seconds */
	FB_BOOT_ID_LEN = 37,
};

/* Where in which boot we are. */
struct fb_moment {
	char boot_id[FB_BOOT_ID_LEN];
	__u64 ns; /* CLOCK_BOOTTIME: goes on while the host sleeps */
};
int fb_moment_now(struct fb_moment *ret, struct fb_error *err);

struct fb_trial {
	__u32 generation; /* on trial; 0 = none is */
	__u32 previous;	  /* the last good one; 0 = there was no policy */
	struct fb_moment deadline;
};

/* 1 = *ret is filled, 0 = no trial, negative: it is there and cannot be read. */
int fb_trial_read(const char *state_dir, struct fb_trial *ret, struct fb_error *err);
int fb_trial_write(const char *state_dir, const struct fb_trial *trial, struct fb_error *err);
int fb_trial_remove(const char *state_dir, struct fb_error *err);

/* Of a trial that a start finds. */
enum fb_trial_state {
	FB_TRIAL_VOID,	  /* it never came in force, or was confirmed: to be forgotten */
	FB_TRIAL_RUNNING, /* its policy is in force, its time is not over */
	FB_TRIAL_OVER,	  /* back to `previous` */
};
/* current: what the store says is good (0 = nothing); enforced: the generation that the kernel has (0 = none). */
enum fb_trial_state fb_trial_judge(const struct fb_trial *trial, __u32 current, __u32 enforced,
				   const struct fb_moment *now);
/* Seconds until the deadline, rounded up; 0 = it is over. */
unsigned int fb_trial_left(const struct fb_trial *trial, const struct fb_moment *now);

#endif

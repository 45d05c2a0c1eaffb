// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data plane's clock as userspace sees it. Ticks are jiffies >> shift. Jiffies begin five minutes before their 32 bits wrap (INITIAL_JIFFIES, include/linux/jiffies.h)
 * and follow the monotonic clock; how long one is, is what the coarse clock resolves (CLOCK_MONOTONIC_COARSE, clock_getres(2)).
 */
#include <time.h>

#include "dataplane/handle.h"

static __u64 jiffy_ns(void)
{
	struct timespec res;

	clock_getres(CLOCK_MONOTONIC_COARSE, &res);
	return res.tv_nsec > 0 ? (__u64)res.tv_nsec : 4000000;
}

/* A second in jiffies, as the nearest power of two. */
unsigned int fb_tick_shift(void)
{
	__u64 hz = 1000000000ull / jiffy_ns();
	unsigned int shift = 0;

	while ((3ull << shift) / 2 < hz)
		shift++;
	return shift;
}

static bool is_fake(const struct fb_dataplane *dp)
{
	const struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];

	return rt->fake_mono_ns != 0;
}

__u32 fb_dataplane_tick(const struct fb_dataplane *dp)
{
	const struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];
	struct timespec ts;
	__u64 jiffies;

	if (is_fake(dp))
		return (__u32)(rt->fake_mono_ns >> FB_TICK_SHIFT);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	jiffies = ((__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec) / jiffy_ns();
	return (__u32)(((__u32)(-300 * (__s32)(1000000000ull / jiffy_ns())) + jiffies) >> fb_tick_shift());
}

__u32 fb_dataplane_tick_seconds(const struct fb_dataplane *dp, __s32 ticks)
{
	__u64 ns = is_fake(dp) ? 1ull << FB_TICK_SHIFT : jiffy_ns() << fb_tick_shift();

	return ticks <= 0 ? 0 : (__u32)((__u64)ticks * ns / 1000000000ull);
}

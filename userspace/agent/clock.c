// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "agent/agent.h"
#include "agent/store.h"
#include "base/clock.h"
#include "base/log.h"

/*
 * A machine without a battery wakes up in 1970: until its clock is set, deadlines are measured by the latest time that is known to be past, which is that of
 * the last apply or the one in this file. Every ten minutes: what a line may be open too long after a power cut, for one small write.
 * And when a clock that the kernel vouches for is earlier than that: it was ahead for a while, and then the file is wrong, not the clock.
 */
static const char file[] = "clock";
enum { WRITE_SECONDS = 600 };

static __s64 read_floor(const struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	fb_autofree char *text = NULL;
	size_t len = 0;
	int r = fb_store_read_file(agent->config->state_dir, file, &text, &len, &err);
	long long seconds = 0;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		fb_log(FB_LOG_WARNING, "the last known time cannot be read: %s", err.text);
	else if (!text || sscanf(text, "%lld", &seconds) != 1 || seconds < 0 || seconds >= FB_NO_DEADLINE)
		fb_log(FB_LOG_WARNING,
		       "the last known time, %s/%s, is not a number of seconds and is not used",
		       agent->config->state_dir, file);
	else
		return seconds;
	return 0;
}

static void write_floor(const struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld\n", (long long)agent->clock_floor);

	if (fb_store_write_file(agent->config->state_dir, file, text, (size_t)n, &err) < 0)
		fb_log(FB_LOG_WARNING, "the last known time cannot be written: %s", err.text);
}

__s64 fb_agent_now(const struct fb_agent *agent)
{
	__s64 now = fb_clock_now();

	return agent->clock_synchronised || now > agent->clock_floor ? now : agent->clock_floor;
}

bool fb_agent_clock_early(const struct fb_agent *agent)
{
	return agent->clock_synchronised && agent->generation &&
	       agent->generation->bundle.applied > fb_clock_now();
}

/* The data plane believes no time before the apply (fb_is_before): whoever wonders why lines are shut is told. */
static void say_early(struct fb_agent *agent)
{
	bool early = fb_agent_clock_early(agent);

	if (early && !agent->early_said)
		fb_log(FB_LOG_WARNING,
		       "the clock is %lld s earlier than the policy was applied: lines with a date, windows "
		       "and accesses stay shut until then, or until it is applied again",
		       (long long)(agent->generation->bundle.applied - fb_clock_now()));
	agent->early_said = early;
}

void fb_agent_follow_clock(struct fb_agent *agent)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);
	bool synchronised = state >= 0 && state != TIME_ERROR;
	__s64 now = fb_clock_now();

	if (!agent->clock_floor)
		agent->clock_floor = read_floor(agent) ?: 1;
	if (!synchronised && agent->generation && agent->generation->bundle.applied > agent->clock_floor)
		agent->clock_floor = agent->generation->bundle.applied;
	if (synchronised && (now < agent->clock_floor || now - agent->clock_written >= WRITE_SECONDS)) {
		agent->clock_floor = agent->clock_written = now;
		write_floor(agent);
	}
	fb_dataplane_set_clock(agent->dp, t.tai, synchronised, (__u32)agent->clock_floor);
	if (synchronised != agent->clock_synchronised)
		fb_log(FB_LOG_INFO, "the clock is %ssynchronised", synchronised ? "" : "not ");
	agent->clock_synchronised = synchronised;
	say_early(agent);
}

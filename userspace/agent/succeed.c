// SPDX-License-Identifier: GPL-2.0-only
/* In the place of another ABI version. */
#include <string.h>

#include "agent/agent.h"
#include "base/log.h"

void fb_agent_attach_devices(struct fb_agent *agent)
{
	for (size_t i = 0; i < agent->devices.n; i++) {
		struct fb_protected *device = &agent->devices.v[i];
		struct fb_error err = { 0 };

		/* the programs may be newer than its filters */
		if (fb_dataplane_attach(agent->dp, device->name, device->ifindex, &device->mode, &err) < 0)
			fb_log(FB_LOG_ERROR, "%s", err.text);
	}
	fb_agent_check(agent);
}

static void say(const struct fb_succession *s)
{
	char lost[24] = "all";

	if (s->lost != ~0ull)
		snprintf(lost, sizeof(lost), "%llu", (unsigned long long)s->lost);
	if (s->anew)
		fb_log(FB_LOG_WARNING,
		       "flows begin anew: those of ABI %u are of another table (layout %u, this version has "
		       "%u); "
		       "lost: %s",
		       s->abi, s->layout, FB_FLOW_LAYOUT, lost);
	else
		fb_log(s->lost ? FB_LOG_WARNING : FB_LOG_NOTICE,
		       "flows of ABI %u taken over: %llu; lost, for want of room: %s", s->abi,
		       (unsigned long long)s->flows, lost);
	if (s->uncounted)
		fb_log(FB_LOG_WARNING, "counters begin at zero: those of ABI %u are of another size", s->abi);
	fb_log(FB_LOG_NOTICE, "ABI %u enforces in the place of ABI %u", FB_ABI_VERSION, s->abi);
}

int fb_agent_succeed(struct fb_agent *agent, struct fb_error *err)
{
	struct fb_succession succession;
	int r;

	if (!fb_dataplane_predecessor(agent->dp))
		return 0;
	/* deadlines are measured from the first packet on */
	fb_agent_follow_clock(agent);
	r = fb_dataplane_succeed(agent->dp, &succession, err);
	if (r < 0)
		return r;
	say(&succession);
	fb_agent_attach_devices(agent);
	return 0;
}

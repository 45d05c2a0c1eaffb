// SPDX-License-Identifier: GPL-2.0-only
/*
 * State that is in force and could not be written down: an agent that starts again would undo it, or do what was refused. It is tried again every second, and
 * the state is degraded until it is on disk.
 */
#include <string.h>

#include "agent/agent.h"
#include "agent/store.h"
#include "base/log.h"

/* What is owed to the disk, and whether it is. */
static void note(struct fb_agent *agent, bool *owed, int r, const char *what, const struct fb_error *err)
{
	struct fb_unwritten *u = &agent->unwritten;

	if (r < 0 && !*owed)
		fb_log(FB_LOG_ERROR, "%s cannot be written down, tried every second: %s", what, err->text);
	if (r == 0 && *owed)
		fb_log(FB_LOG_NOTICE, "%s written down now", what);
	*owed = r < 0;
	if (r < 0)
		snprintf(u->why, sizeof(u->why), "%s cannot be written down: %.300s", what, err->text);
}

int fb_agent_write_switches(struct fb_agent *agent, struct fb_error *err)
{
	int r = fb_switch_state_write(agent->config->state_dir, &agent->switches, err);

	note(agent, &agent->unwritten.switches, r, "what is isolated and quarantined", err);
	return r;
}

int fb_agent_write_accesses(struct fb_agent *agent, struct fb_error *err)
{
	int r = fb_open_accesses_write(agent->config->state_dir, &agent->accesses, err);

	note(agent, &agent->unwritten.accesses, r, "which accesses are open", err);
	return r;
}

void fb_agent_restore_current(struct fb_agent *agent, __u32 number)
{
	struct fb_error err = { 0 };
	int r = fb_store_commit(agent->config->state_dir, number, &err);

	agent->unwritten.number = number;
	note(agent, &agent->unwritten.current, r, "which generation is the last good one", &err);
}

void fb_agent_tend_unwritten(struct fb_agent *agent)
{
	struct fb_error ignored = { 0 };

	if (!agent->unwritten.switches && !agent->unwritten.accesses && !agent->unwritten.current)
		agent->unwritten.why[0] = 0;
	if (agent->unwritten.switches)
		fb_agent_write_switches(agent, &ignored);
	if (agent->unwritten.accesses)
		fb_agent_write_accesses(agent, &ignored);
	if (agent->unwritten.current)
		fb_agent_restore_current(agent, agent->unwritten.number);
}

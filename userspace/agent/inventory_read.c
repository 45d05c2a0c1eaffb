// SPDX-License-Identifier: GPL-2.0-only
/* From the data plane's table of devices to the inventory, and to disk. */
#include <errno.h>

#include "agent/api.h"
#include "agent/inventory.h"
#include "base/clock.h"
#include "base/log.h"

enum { SAVE_SECONDS = 600 };

static const struct fb_ruleset *rules(const struct fb_agent *agent)
{
	return agent->generation ? &agent->generation->ruleset : NULL;
}

/* Needs a policy, whose names the file is in; read as soon as there is one. */
static void load(struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	int r;

	if (agent->inventory_loaded || !agent->generation)
		return;
	agent->inventory_loaded = true;
	r = fb_inventory_load(agent->inventory, rules(agent), agent->config->state_dir, &err);
	if (r < 0 && r != -ENOENT)
		fb_log(FB_LOG_WARNING, "which devices were seen before is lost: %s", err.text);
}

void fb_agent_inventory_open(struct fb_agent *agent)
{
	agent->inventory = fb_inventory_new();
	load(agent);
}

static void note(const struct fb_device_key *key, const struct fb_device_seen *seen, void *user)
{
	struct fb_agent *agent = user;
	struct fb_seen_device s = { .ip = { key->hi, key->lo },
				    .zone = key->zone,
				    .family = key->family,
				    .vid = seen->vid,
				    .ifindex = seen->ifindex,
				    .first = fb_api_tick_to_unix(agent, seen->first),
				    .last = fb_api_tick_to_unix(agent, seen->last) };

	for (int i = 0; i < 6; i++)
		s.mac[i] = key->mac[i];
	if (s.family && key->zone >= FB_ZONE_FIRST)
		fb_inventory_note(agent->inventory, &s, rules(agent));
}

static void save(struct fb_agent *agent)
{
	struct fb_error err = { 0 };

	if (fb_inventory_save(agent->inventory, rules(agent), agent->config->state_dir, &err) < 0)
		fb_log(FB_LOG_WARNING, "which devices were seen is not kept: %s", err.text);
}

void fb_agent_inventory_read(struct fb_agent *agent)
{
	__s64 now = fb_clock_now();

	load(agent);
	fb_dataplane_each_device(agent->dp, note, agent);
	if (now - agent->inventory_saved < SAVE_SECONDS)
		return;
	agent->inventory_saved = now;
	save(agent);
}

void fb_agent_inventory_close(struct fb_agent *agent)
{
	if (!agent->inventory)
		return;
	fb_agent_inventory_read(agent);
	save(agent);
	fb_inventory_free(agent->inventory);
	agent->inventory = NULL;
}

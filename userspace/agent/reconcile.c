// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host moved under the policy. Devices' indexes and MACs are in the image, so one that appears or
 * changes needs a new image of the same policy: a new generation, in the place of the old one.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/store.h"
#include "base/log.h"

static const struct fb_port *find(const struct fb_portset *ports, const struct fb_port *like)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (!strcmp(ports->v.v[i].name, like->name) && ports->v.v[i].vlan == like->vlan)
			return &ports->v.v[i];
	return NULL;
}

/*
 * A port that is not attached must not be in the image: packets would be sent out of a device without a
 * fence.
 */
static void protect_all(struct fb_agent *agent, struct fb_portset *ports)
{
	for (size_t i = 0; i < ports->v.n; i++) {
		struct fb_port *port = &ports->v.v[i];
		const struct fb_port *before = find(&agent->ports, port);
		struct fb_error err = { 0 };
		bool is_new = false;

		/* beside another version nothing is attached: its turn comes when that is gone */
		if (fb_dataplane_predecessor(agent->dp) && !fb_agent_device(agent, port->ifindex))
			port->ifindex = port->device = 0;
		if (port->ifindex && !fb_agent_device(agent, port->ifindex) &&
		    fb_agent_protect(agent, ports, port, &is_new, &err) < 0) {
			port->refused = true;
			port->ifindex = port->device = 0;
			snprintf(port->why, sizeof(port->why), "%.300s", err.text);
		}
		if (is_new)
			fb_log(FB_LOG_NOTICE, "%s attached (device %u)", port->name, port->ifindex);
		if (port->why[0] && (!before || strcmp(before->why, port->why)))
			fb_log(port->refused ? FB_LOG_ERROR : FB_LOG_WARNING, "%s", port->why);
	}
}

/*
 * The rebuild's file replaces the one before it, so that the history holds what people applied; a generation
 * that is only gone back to stays in it.
 */
static void store(struct fb_agent *agent, __u32 old)
{
	struct fb_error err = { 0 };

	if (fb_agent_keep(agent, &err) == 0 && agent->generation->bundle.rollback_of != old)
		fb_store_forget(agent->config->state_dir, old);
}

/*
 * Stored after the switch: until then `current` names the same policy, and a start that finds another
 * number in the data plane builds it again. The new number is skipped if this fails.
 */
static int rebuild(struct fb_agent *agent, struct fb_portset *ports, struct fb_error *err)
{
	__u32 old = agent->generation->bundle.generation, number = fb_agent_next_generation(agent);
	int r = fb_agent_compile(agent, agent->generation, ports, number, agent->trial.generation != 0, err);

	if (r == 0)
		r = fb_agent_tables(agent, ports, err);
	if (r == 0)
		r = fb_agent_switches_cover(agent, agent->generation, err);
	if (r == 0)
		r = fb_dataplane_switch_image(agent->dp, err);
	if (r == 0)
		r = fb_agent_succeed(agent, err);
	if (r < 0)
		return r;
	fb_agent_switches_settle(agent);
	agent->stale = false;
	agent->edge = 0;
	agent->generation->bundle.generation = number;
	if (!agent->generation->bundle.first)
		agent->generation->bundle.first = number;
	store(agent, old);
	fb_log(FB_LOG_NOTICE, "generation %u in force: the policy of %u on the interfaces as they are now",
	       number, old);
	return 0;
}

void fb_agent_reconcile(struct fb_agent *agent)
{
	struct fb_portset ports;
	struct fb_error err = { 0 };
	int r;

	if (!agent->generation)
		return;
	fb_ports_resolve(&agent->generation->ruleset, &agent->host, &ports);
	protect_all(agent, &ports);
	fb_agent_take_members(agent, &ports);
	if (!agent->stale && fb_ports_equal(&ports, &agent->ports) &&
	    fb_dataplane_generation(agent->dp) == agent->generation->bundle.generation)
		r = fb_agent_tables(agent, &ports, &err);
	else
		r = rebuild(agent, &ports, &err);
	/* tried every second, said once */
	if (r < 0 && strcmp(agent->trouble, err.text))
		fb_log(FB_LOG_ERROR, "the host's interfaces cannot be followed: %s", err.text);
	snprintf(agent->trouble, sizeof(agent->trouble), "%s", err.text);
	if (r < 0) {
		fb_ports_done(&ports);
		return;
	}
	fb_ports_done(&agent->ports);
	agent->ports = ports;
}

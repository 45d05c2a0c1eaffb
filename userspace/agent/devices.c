// SPDX-License-Identifier: GPL-2.0-only
/* The devices that are attached, and whether they still enforce. */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "base/log.h"
#include "base/strbuf.h"

struct fb_protected *fb_agent_device(const struct fb_agent *agent, __u32 ifindex)
{
	for (size_t i = 0; i < agent->devices.n; i++)
		if (agent->devices.v[i].ifindex == ifindex)
			return &agent->devices.v[i];
	return NULL;
}

static void forget(struct fb_agent *agent, struct fb_protected *device)
{
	*device = agent->devices.v[--agent->devices.n];
}

static bool has_vlans(const struct fb_portset *ports, __u32 ifindex)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (ports->v.v[i].ifindex == ifindex && ports->v.v[i].vlan > 0)
			return true;
	return false;
}

static bool is_usable(const struct fb_portset *ports, __u32 ifindex)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (ports->v.v[i].ifindex == ifindex)
			return true;
	return false;
}

static const struct fb_port *find_member(const struct fb_portset *ports, const struct fb_port *like)
{
	for (size_t i = 0; i < ports->members.n; i++)
		if (ports->members.v[i].ifindex == like->ifindex && ports->members.v[i].bond == like->bond)
			return &ports->members.v[i];
	return NULL;
}

/* A bond's offloads say nothing: each member's do. */
static int prepare_members(const struct fb_portset *ports, const struct fb_port *port, bool vlans,
			   struct fb_error *err)
{
	int r = 0;

	for (size_t i = 0; i < ports->members.n && r == 0; i++)
		if (ports->members.v[i].bond == port->ifindex)
			r = fb_watch_prepare(ports->members.v[i].name, vlans, false, err);
	return r;
}

void fb_agent_take_members(struct fb_agent *agent, struct fb_portset *ports)
{
	for (size_t i = 0; i < ports->members.n; i++) {
		struct fb_port *m = &ports->members.v[i];
		bool trunk = has_vlans(ports, m->bond), was_trunk = has_vlans(&agent->ports, m->bond);
		struct fb_error err = { 0 };

		if (!is_usable(ports, m->bond))
			m->ifindex = 0;
		if (!m->ifindex || (find_member(&agent->ports, m) && trunk == was_trunk))
			continue;
		if (fb_watch_prepare(m->name, trunk, false, &err) < 0) {
			fb_log(FB_LOG_ERROR, "a member of a bond stays closed: %s", err.text);
			m->ifindex = 0;
		}
	}
}

/* The kernel says no to a bond as a whole: which member it means, it tells nobody. */
static void explain_bond(const struct fb_portset *ports, const struct fb_port *port, struct fb_error *err)
{
	fb_autostrbuf struct fb_strbuf names = { 0 };

	for (size_t i = 0; i < ports->members.n; i++)
		if (ports->members.v[i].bond == port->ifindex && ports->members.v[i].vlan == port->vlan)
			fb_strbuf_addf(&names, "%s%s", names.len ? ", " : "", ports->members.v[i].name);
	if (names.len)
		fb_error_set(
			err, -EOPNOTSUPP,
			"%s: a member of this bond has no native XDP, or runs an XDP program of its own: "
			"firebreak doctor says which (members: %s)",
			port->name, fb_strbuf_get(&names));
}

int fb_agent_protect(struct fb_agent *agent, const struct fb_portset *ports, const struct fb_port *port,
		     bool *ret_new, struct fb_error *err)
{
	struct fb_protected *known = fb_agent_device(agent, port->ifindex);
	struct fb_protected device = { .ifindex = port->ifindex, .enforcing = true };
	struct fb_error ignored = { 0 };
	bool vlans = has_vlans(ports, port->ifindex), wire = false;
	int r;

	*ret_new = false;
	for (size_t i = 0; i < ports->v.n; i++) {
		const struct fb_port *p = &ports->v.v[i];

		wire |= p->ifindex == port->ifindex && p->wire;
	}
	/* also of one that enforces: this policy may be the first to make a trunk of it */
	r = fb_watch_prepare(port->name, vlans, wire, err);
	if (r == 0)
		r = prepare_members(ports, port, vlans, err);
	if (r == 0 && known && known->enforcing)
		return 0;
	if (r == 0) {
		r = fb_dataplane_attach(agent->dp, port->name, port->ifindex, &device.mode, err);
		if (r == -EOPNOTSUPP)
			explain_bond(ports, port, err);
		if (r < 0 && !known) /* half of it may be there */
			fb_dataplane_detach(agent->dp, port->name, port->ifindex, &ignored);
	}
	if (r < 0)
		return r;
	memcpy(device.name, port->name, sizeof(device.name));
	*ret_new = !known;
	if (known)
		*known = device;
	else
		fb_vec_add(&agent->devices, device);
	return 0;
}

int fb_agent_release(struct fb_agent *agent, __u32 ifindex, struct fb_error *err)
{
	struct fb_protected *device = fb_agent_device(agent, ifindex);
	int r = device ? fb_dataplane_detach(agent->dp, device->name, ifindex, err) : 0;

	if (r == 0 && device)
		forget(agent, device);
	return r;
}

static bool names(const struct fb_portset *ports, const struct fb_protected *device)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (!strcmp(ports->v.v[i].name, device->name))
			return true;
	return false;
}

void fb_agent_release_others(struct fb_agent *agent, const struct fb_portset *ports)
{
	for (size_t i = agent->devices.n; i-- > 0;) {
		struct fb_protected *device = &agent->devices.v[i];
		struct fb_error err = { 0 };
		char name[IF_NAMESIZE];

		if (names(ports, device))
			continue;
		memcpy(name, device->name, sizeof(name));
		if (fb_agent_release(agent, device->ifindex, &err) < 0)
			fb_log(FB_LOG_WARNING, "%s is no policy interface any more, but stays closed: %s",
			       name, err.text);
		else
			fb_log(FB_LOG_NOTICE,
			       "%s is no policy interface any more: detached, and not listened to", name);
	}
}

/* Somebody removed a filter, or the device went and came. */
static void repair(struct fb_agent *agent, struct fb_protected *device, const struct fb_error *why)
{
	struct fb_error err = { 0 };
	enum fb_xdp_mode mode;
	bool is_new = device->enforcing || strcmp(device->why, why->text);

	if (is_new)
		fb_log(FB_LOG_ERROR, "not enforcing: %s", why->text);
	device->enforcing = false;
	snprintf(device->why, sizeof(device->why), "%s", why->text);
	if (fb_dataplane_attach(agent->dp, device->name, device->ifindex, &mode, &err) < 0) {
		if (is_new)
			fb_log(FB_LOG_ERROR, "cannot be attached again, trying every second: %s", err.text);
		return;
	}
	fb_log(FB_LOG_NOTICE, "%s enforces again", device->name);
	device->enforcing = true;
	device->mode = mode;
	device->why[0] = 0;
}

static void keep_pins(struct fb_agent *agent)
{
	fb_autofree char *first = NULL;
	int n = fb_dataplane_keep_pins(agent->dp, &first);

	if (n)
		fb_log(FB_LOG_ERROR, "%d pin%s removed by somebody and put back: %s%s", n,
		       n == 1 ? " was" : "s were", first, n == 1 ? "" : " ...");
}

static void keep_contents(struct fb_agent *agent)
{
	bool is_edited = false;
	fb_autofree char *names = fb_dataplane_keep_contents(agent->dp, &is_edited);

	if (names)
		fb_log(FB_LOG_ERROR, "edited by somebody and put back: %s", names);
	if (is_edited && !agent->stale)
		fb_log(FB_LOG_ERROR, "the policy's image was edited by somebody and is compiled anew");
	agent->stale |= is_edited;
}

void fb_agent_check(struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	int reaped = fb_dataplane_reap(agent->dp, &err);

	keep_pins(agent);
	keep_contents(agent);
	if (reaped < 0)
		fb_log(FB_LOG_ERROR, "what deleted devices left cannot be removed: %s", err.text);
	else if (reaped > 0)
		fb_log(FB_LOG_NOTICE, "%d deleted device%s reaped", reaped, reaped == 1 ? "" : "s");
	for (size_t i = agent->devices.n; i-- > 0;) {
		struct fb_protected *device = &agent->devices.v[i];
		const struct fb_host_link *link = fb_host_by_index(&agent->host, device->ifindex);
		struct fb_error why = { 0 };

		if (!link) {
			fb_log(FB_LOG_WARNING, "%s is gone: closed until it appears again", device->name);
			forget(agent, device);
			continue;
		}
		memcpy(device->name, link->name, sizeof(device->name)); /* devices may be renamed */
		if (!fb_dataplane_enforcing(agent->dp, device->name, device->ifindex, &device->mode, &why)) {
			repair(agent, device, &why);
		} else if (!device->enforcing) {
			fb_log(FB_LOG_NOTICE, "%s enforces again", device->name);
			device->enforcing = true;
			device->why[0] = 0;
		}
	}
}

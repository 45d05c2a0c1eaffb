// SPDX-License-Identifier: GPL-2.0-only
/*
 * GET /v1/devices: who speaks on the policy's interfaces, as the kernel's neighbours know, beside who the
 * policy says is there.
 */
#include <string.h>

#include "agent/api.h"

static const struct fb_device *declared(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->devices.n; i++)
		if (fb_ipset_has(&rs->devices.v[i].ips, family, ip))
			return &rs->devices.v[i];
	return NULL;
}

static const struct fb_port *port_of(const struct fb_agent *agent, __u32 device)
{
	for (size_t i = 0; i < agent->ports.v.n; i++)
		if (agent->ports.v.v[i].device == device && device)
			return &agent->ports.v.v[i];
	return NULL;
}

static void add_neighbour(const struct fb_agent *agent, const struct fb_host_neighbour *n, bool *seen,
			  json_t *list)
{
	const struct fb_ruleset *rs = &agent->generation->ruleset;
	const struct fb_port *port = port_of(agent, n->ifindex);
	const struct fb_device *device = port ? declared(rs, n->family, n->ip) : NULL;
	char mac[FB_MAC_STRLEN], ip[FB_INET_STRLEN], zone[16];

	if (!port)
		return;
	if (device)
		seen[device - rs->devices.v] = true;
	json_array_append_new(
		list,
		json_pack("{so so so so ss ss sb}", "name", device ? fb_api_text(device->name) : json_null(),
			  "zone", fb_api_text(fb_agent_zone_name(agent, port->zone, zone)), "device",
			  fb_api_text(port->name), "mac",
			  n->has_mac ? json_string(fb_mac_print(n->mac, mac)) : json_null(), "ip",
			  fb_ip_print(n->family, n->ip, ip), "state", n->state, "declared", device != NULL));
}

/* Declared, and not heard of. */
static void add_silent(const struct fb_agent *agent, const struct fb_device *device, json_t *list)
{
	const struct fb_nets *ips = &device->stmt->device.ips;
	const struct fb_words *macs = &device->stmt->device.macs;
	const struct fb_zone *zone = &agent->generation->ruleset.zones.v[device->zone];
	char ip[FB_INET_STRLEN];

	json_array_append_new(
		list, json_pack("{so so so so so ss sb}", "name", fb_api_text(device->name), "zone",
				fb_api_text(zone->name), "device",
				zone->n_ifaces ? fb_api_text(zone->ifaces[0].name.s) : json_null(), "mac",
				macs->n ? fb_api_text(macs->v[0].s) : json_null(), "ip",
				ips->n ? json_string(fb_ip_print(ips->v[0].family, ips->v[0].range.first, ip))
				       : json_null(),
				"state", "silent", "declared", 1));
}

void fb_api_devices(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;
	json_t *list = json_array();

	if (agent->generation) {
		const struct fb_ruleset *rs = &agent->generation->ruleset;
		fb_autofree bool *seen = calloc(rs->devices.n + 1, sizeof(*seen));

		if (!seen)
			abort();
		for (size_t i = 0; i < agent->host.neighbours.n; i++)
			add_neighbour(agent, &agent->host.neighbours.v[i], seen, list);
		for (size_t i = 0; i < rs->devices.n; i++)
			if (!seen[i])
				add_silent(agent, &rs->devices.v[i], list);
	}
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so}", "schema", "firebreak.devices/1", "devices", list));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * GET /v1/devices: who was seen on the policy's interfaces (the inventory, and the kernel's neighbours), beside who the
 * policy says is there.
 */
#include <string.h>

#include "agent/api.h"
#include "agent/events.h"
#include "agent/inventory.h"

struct answer {
	const struct fb_agent *agent;
	const struct fb_ruleset *rs;
	bool *seen; /* [rs->devices.n]: it is in the list */
	json_t *list;
};

static const struct fb_port *port_of(const struct fb_agent *agent, __u32 device)
{
	for (size_t i = 0; i < agent->ports.v.n; i++)
		if (agent->ports.v.v[i].device == device && device)
			return &agent->ports.v.v[i];
	return NULL;
}

static const struct fb_port *port_in(const struct fb_agent *agent, unsigned int zone)
{
	for (size_t i = 0; i < agent->ports.v.n; i++)
		if (agent->ports.v.v[i].zone == zone)
			return &agent->ports.v.v[i];
	return NULL;
}

static const struct fb_host_neighbour *neighbour_of(const struct fb_agent *agent,
						    const struct fb_seen_device *s)
{
	for (size_t i = 0; i < agent->host.neighbours.n; i++) {
		const struct fb_host_neighbour *n = &agent->host.neighbours.v[i];
		const struct fb_port *port = port_of(agent, n->ifindex);

		if (n->family == s->family && !fb_ip_cmp(n->ip, s->ip) && n->has_mac &&
		    !memcmp(n->mac, s->mac, sizeof(n->mac)) && port && port->zone == s->zone)
			return n;
	}
	return NULL;
}

static void add(struct answer *a, const struct fb_seen_device *s, const struct fb_port *port,
		const char *state)
{
	struct fb_identity who = fb_inventory_identify(a->rs, s->zone, s->family, s->ip, s->mac);
	bool declared = who.verdict == FB_BINDING_OK;
	const char *verdict = declared ? "ok" : fb_event_detail_name(who.verdict);
	char mac[FB_MAC_STRLEN], ip[FB_INET_STRLEN], zone[16];
	json_t *o = json_pack("{so so so so ss ss sb ss}", "name",
			      who.device ? fb_api_text(who.device->name) : json_null(), "zone",
			      fb_api_text(fb_agent_zone_name(a->agent, s->zone, zone)), "device",
			      port ? fb_api_text(port->name) : json_null(), "mac",
			      json_string(fb_mac_print(s->mac, mac)), "ip", fb_ip_print(s->family, s->ip, ip),
			      "state", state, "declared", declared, "verdict", verdict);

	if (declared && who.device)
		a->seen[who.device - a->rs->devices.v] = true;
	json_object_set_new(o, "first", s->first ? json_integer(s->first) : json_null());
	json_object_set_new(o, "last", s->last ? json_integer(s->last) : json_null());
	json_array_append_new(a->list, o);
}

static void add_seen(const struct fb_seen_device *s, void *user)
{
	struct answer *a = user;
	const struct fb_host_neighbour *n = neighbour_of(a->agent, s);
	const struct fb_port *port = n ? port_of(a->agent, n->ifindex) : port_in(a->agent, s->zone);

	add(a, s, port, n ? n->state : "seen");
}

struct search {
	const struct fb_seen_device *what;
	bool found;
};

static void compare(const struct fb_seen_device *s, void *user)
{
	struct search *search = user;

	search->found |= s->family == search->what->family && s->zone == search->what->zone &&
			 !fb_ip_cmp(s->ip, search->what->ip) &&
			 !memcmp(s->mac, search->what->mac, sizeof(s->mac));
}

/*
 * Only the kernel knows it: it was there before this data plane. A neighbour without a MAC is nobody who was seen: somebody asked for the address, and
 * whoever may call a network could fill the list with what is not there.
 */
static void add_neighbour(struct answer *a, const struct fb_host_neighbour *n)
{
	const struct fb_port *port = port_of(a->agent, n->ifindex);
	struct fb_seen_device s = { .ip = n->ip, .family = (__u8)n->family };
	struct search search = { &s, false };

	if (!port || !n->has_mac)
		return;
	s.zone = (__u8)port->zone;
	memcpy(s.mac, n->mac, sizeof(s.mac));
	fb_inventory_each(a->agent->inventory, compare, &search);
	if (!search.found)
		add(a, &s, port, n->state);
}

/* Declared, and not heard of. */
static void add_silent(const struct fb_agent *agent, const struct fb_device *device, json_t *list)
{
	const struct fb_nets *ips = &device->stmt->device.ips;
	const struct fb_words *macs = &device->stmt->device.macs;
	const struct fb_zone *zone = &agent->generation->ruleset.zones.v[device->zone];
	char ip[FB_INET_STRLEN];

	json_array_append_new(
		list, json_pack("{so so so so so ss sb ss sn sn}", "name", fb_api_text(device->name), "zone",
				fb_api_text(zone->name), "device",
				zone->n_ifaces ? fb_api_text(zone->ifaces[0].name.s) : json_null(), "mac",
				macs->n ? fb_api_text(macs->v[0].s) : json_null(), "ip",
				ips->n ? json_string(fb_ip_print(ips->v[0].family, ips->v[0].range.first, ip))
				       : json_null(),
				"state", "silent", "declared", 1, "verdict", "ok", "first", "last"));
}

void fb_api_devices(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	struct fb_agent *agent = user;
	struct answer a = { .agent = agent, .list = json_array() };

	if (agent->generation) {
		a.rs = &agent->generation->ruleset;
		a.seen = calloc(a.rs->devices.n + 1, sizeof(*a.seen));
		if (!a.seen)
			abort();
		fb_agent_inventory_read(agent);
		fb_inventory_each(agent->inventory, add_seen, &a);
		for (size_t i = 0; i < agent->host.neighbours.n; i++)
			add_neighbour(&a, &agent->host.neighbours.v[i]);
		for (size_t i = 0; i < a.rs->devices.n; i++)
			if (!a.seen[i])
				add_silent(agent, &a.rs->devices.v[i], a.list);
		free(a.seen);
	}
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so}", "schema", "firebreak.devices/1", "devices", a.list));
}

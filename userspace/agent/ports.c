// SPDX-License-Identifier: GPL-2.0-only
#include "agent/ports.h"

#include <string.h>

static void resolve_vlan(struct fb_port *port, const struct fb_host *host)
{
	const struct fb_host_link *device = fb_host_vlan(host, port->ifindex, (unsigned int)port->vlan);

	if (device) {
		port->device = device->ifindex;
		memcpy(port->mac, device->mac, sizeof(port->mac));
		return;
	}
	port->ifindex = port->device = 0;
	port->refused = true;
	snprintf(port->why, sizeof(port->why),
		 "%s has no VLAN device for %d, whose address and routes its zone needs: ip link add link %s "
		 "name %s.%d type vlan id %d",
		 port->name, port->vlan, port->name, port->name, port->vlan, port->vlan);
}

static struct fb_port resolve(const struct fb_iface *iface, unsigned int zone, const struct fb_host *host)
{
	const struct fb_host_link *link = fb_host_by_name(host, iface->name.s);
	struct fb_port port = { .vlan = iface->vlan, .zone = zone };

	strncpy(port.name, iface->name.s, sizeof(port.name) - 1);
	if (!link) {
		snprintf(port.why, sizeof(port.why), "%s does not exist: its zone is closed until it appears",
			 iface->name.s);
		return port;
	}
	if (link->refusal[0]) {
		port.refused = true;
		snprintf(port.why, sizeof(port.why), "%s", link->refusal);
		return port;
	}
	port.ifindex = port.device = link->ifindex;
	memcpy(port.mac, link->mac, sizeof(port.mac));
	if (port.vlan > 0)
		resolve_vlan(&port, host);
	return port;
}

void fb_ports_resolve(const struct fb_ruleset *rs, const struct fb_host *host, struct fb_portset *ret)
{
	*ret = (struct fb_portset){ 0 };
	for (size_t z = 0; z < rs->zones.n; z++)
		for (size_t i = 0; i < rs->zones.v[z].n_ifaces; i++)
			fb_vec_add(&ret->v, resolve(&rs->zones.v[z].ifaces[i], rs->zones.v[z].id, host));
}

void fb_ports_done(struct fb_portset *ports)
{
	fb_vec_done(&ports->v);
}

bool fb_ports_equal(const struct fb_portset *a, const struct fb_portset *b)
{
	if (a->v.n != b->v.n)
		return false;
	for (size_t i = 0; i < a->v.n; i++) {
		const struct fb_port *x = &a->v.v[i], *y = &b->v.v[i];

		if (strcmp(x->name, y->name) || x->vlan != y->vlan || x->zone != y->zone ||
		    x->ifindex != y->ifindex || x->device != y->device ||
		    memcmp(x->mac, y->mac, sizeof(x->mac)))
			return false;
	}
	return true;
}

void fb_ports_usable(const struct fb_portset *ports, struct fb_host_ports *ret)
{
	*ret = (struct fb_host_ports){ 0 };
	for (size_t i = 0; i < ports->v.n; i++) {
		const struct fb_port *p = &ports->v.v[i];
		struct fb_host_port out = { p->name, p->vlan, p->ifindex, p->device, .zone = p->zone };

		memcpy(out.mac, p->mac, sizeof(out.mac));
		if (p->ifindex)
			fb_vec_add(ret, out);
	}
}

static __u32 vid_of(int vlan)
{
	return vlan > 0 ? (__u32)vlan : 0;
}

bool fb_ports_in_image(const struct fb_portset *ports, const void *image)
{
	const struct fb_image_header *header = image;
	const struct fb_image_port *table = (const void *)((const __u32 *)image + header->port_w);
	size_t wanted = 0, there = 0, same = 0;

	if (header->port_w >= header->n_words ||
	    header->port_mask >= (header->n_words - header->port_w) / (sizeof(*table) / sizeof(__u32)))
		return false;
	for (size_t i = 0; i < ports->v.n; i++)
		wanted += ports->v.v[i].ifindex != 0;
	for (size_t s = 0; s <= header->port_mask; s++) {
		if (!table[s].key)
			continue;
		there++;
		for (size_t i = 0; i < ports->v.n; i++) {
			const struct fb_port *p = &ports->v.v[i];

			same += p->ifindex && table[s].key == FB_PORT_KEY(p->ifindex, vid_of(p->vlan)) &&
				table[s].zone == p->zone && table[s].device == p->device &&
				!memcmp(table[s].mac, p->mac, sizeof(p->mac));
		}
	}
	return wanted == there && there == same;
}

void fb_ports_egress(const struct fb_portset *ports, struct fb_egress_entries *ret)
{
	*ret = (struct fb_egress_entries){ 0 };
	for (size_t i = 0; i < ports->v.n; i++) {
		const struct fb_port *p = &ports->v.v[i];
		struct fb_egress_entry entry = {
			.ifindex = p->device,
			.egress = { .port = p->ifindex, .vid = (__u16)vid_of(p->vlan), .zone = (__u8)p->zone }
		};

		memcpy(entry.egress.mac, p->mac, sizeof(p->mac));
		if (p->ifindex)
			fb_vec_add(ret, entry);
	}
}

static unsigned int zone_of_device(const struct fb_portset *ports, __u32 device)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (ports->v.v[i].device == device && device)
			return ports->v.v[i].zone;
	return FB_ZONE_NONE;
}

static void add_self(struct fb_self_entries *entries, int family, struct fb_ip ip, unsigned int key_zone,
		     enum fb_self_kind kind, unsigned int zone)
{
	struct fb_self_entry entry = {
		.key = { .hi = ip.hi, .lo = ip.lo, .family = (__u8)family, .zone = (__u8)key_zone },
		.value = { .kind = kind, .zone = (__u8)zone },
	};

	fb_vec_add(entries, entry);
}

static void add_address(const struct fb_host_address *a, unsigned int zone, struct fb_self_entries *ret)
{
	/* what never is on a wire, and what is spoof there */
	if ((a->family == 4 && a->ip.lo >> 24 == 127) || (a->family == 6 && a->ip.hi == 0 && a->ip.lo == 1))
		return;
	if (a->link_local) {
		if (zone)
			add_self(ret, a->family, a->ip, zone, FB_SELF_ADDRESS, zone);
		return;
	}
	add_self(ret, a->family, a->ip, 0, FB_SELF_ADDRESS, zone);
	if (a->family != 4 || a->prefix_len >= 31)
		return;
	add_self(ret, 4, fb_ip_last(4, a->ip, a->prefix_len), 0, FB_SELF_BROADCAST, zone);
	if (a->has_broadcast && a->broadcast.lo != 0xffffffffu)
		add_self(ret, 4, a->broadcast, 0, FB_SELF_BROADCAST, zone);
}

/* Keys in order, and of equal keys an address before a broadcast, one with a zone before one without. */
static int compare(const void *a, const void *b)
{
	const struct fb_self_entry *x = a, *y = b;
	int r = memcmp(&x->key, &y->key, sizeof(x->key));

	if (r == 0)
		r = x->value.kind - y->value.kind;
	return r ? r : y->value.zone - x->value.zone;
}

void fb_ports_self(const struct fb_portset *ports, const struct fb_host *host, struct fb_self_entries *ret)
{
	size_t n = 0;

	*ret = (struct fb_self_entries){ 0 };
	for (size_t i = 0; i < host->addresses.n; i++)
		add_address(&host->addresses.v[i], zone_of_device(ports, host->addresses.v[i].ifindex), ret);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare);
	for (size_t i = 0; i < ret->n; i++) /* the first of each key stays */
		if (i == 0 || memcmp(&ret->v[i].key, &ret->v[n - 1].key, sizeof(ret->v[i].key)))
			ret->v[n++] = ret->v[i];
	ret->n = n;
}

// SPDX-License-Identifier: GPL-2.0-only
/* The ports of this host: a table by device and tag, of fb_port_hash(). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

/* Into the first free slot of its probes; false if there is none. */
static bool port_insert(struct fb_image_port *table, __u32 mask, const struct fb_image_port *port)
{
	for (__u32 i = 0; i < FB_PORT_PROBES; i++) {
		struct fb_image_port *slot = &table[(fb_port_hash(port->key) + i) & mask];

		if (slot->key)
			continue;
		*slot = *port;
		return true;
	}
	return false;
}

/* Of the port at the other end of a wire, which has the same tag; 0 = it is not there. */
static unsigned int zone_at_end(const struct fb_compile_input *in, const struct fb_host_port *p)
{
	for (size_t i = 0; i < in->n_ports; i++)
		if (in->ports[i].ifindex == p->wire && in->ports[i].vlan == p->vlan)
			return in->ports[i].zone;
	return FB_ZONE_NONE;
}

static bool ports_insert(const struct fb_compile_input *in, struct fb_image_port *table, __u32 mask)
{
	for (size_t i = 0; i < in->n_ports; i++) {
		const struct fb_host_port *p = &in->ports[i];
		struct fb_image_port port = { .key = FB_PORT_KEY(p->ifindex, p->vlan > 0 ? p->vlan : 0),
					      .zone = (__u8)p->zone,
					      .device = p->device,
					      .wire = p->wire,
					      .wire_zone = (__u8)(p->wire ? zone_at_end(in, p) : 0) };

		memcpy(port.mac, p->mac, 6);
		memcpy(port.extra, p->extra, 6);
		if (!port_insert(table, mask, &port))
			return false;
	}
	return true;
}

static int check_ports(struct fb_compiler *c)
{
	struct fb_memo seen = { 0 };
	int r = 0;

	for (size_t i = 0; i < c->in->n_ports && !r; i++) {
		const struct fb_host_port *p = &c->in->ports[i];
		__u32 *slot;

		if (!p->ifindex || p->ifindex >> 20 || p->vlan > 4095 || p->zone >= FB_ZONES_MAX) {
			r = fb_error_set(c->err, -EINVAL,
					 "interface %s cannot be expressed: index %u, VLAN %d, zone %u",
					 p->name, p->ifindex, p->vlan, p->zone);
			break;
		}
		slot = fb_memo_at(&seen, FB_PORT_KEY(p->ifindex, p->vlan > 0 ? p->vlan : 0), 0);
		if (*slot)
			r = fb_error_set(c->err, -EINVAL,
					 "interfaces %s and %s are both index %u with VLAN %d",
					 c->in->ports[*slot - 1].name, p->name, p->ifindex, p->vlan);
		*slot = (__u32)i + 1;
	}
	fb_memo_done(&seen);
	return r;
}

/* A table that is large enough for every key to lie within its probes. */
int fb_emit_ports(struct fb_compiler *c, struct fb_image_header *header)
{
	struct fb_image_port *table = NULL;
	__u32 size = 64;
	int r = check_ports(c);

	if (r)
		return r;
	do {
		free(table);
		size *= 2;
		table = fb_zalloc(size, sizeof(*table));
	} while (!ports_insert(c->in, table, size - 1) && size < 1u << 20);
	r = fb_section(c, "ports", size * (sizeof(*table) / 4), &header->port_w);
	header->port_mask = size - 1;
	if (!r)
		memcpy(c->img + header->port_w, table, size * sizeof(*table));
	free(table);
	return r;
}

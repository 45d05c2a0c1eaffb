// SPDX-License-Identifier: GPL-2.0-only
/* What the agent would tell the programs of the host: its ports, its own addresses, its ways out. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "rig.h"

static void set_self(struct rig *rig, int family, const char *text, const char *zone, enum fb_self_kind kind)
{
	struct fb_self_key key = { .family = (__u8)family };
	struct fb_self_value value = { .kind = (__u8)kind, .zone = (__u8)rig_zone(rig, zone) };
	struct fb_ip ip;
	int parsed;

	fb_ip_parse(text, strlen(text), &parsed, &ip);
	key.hi = ip.hi;
	key.lo = ip.lo;
	if (family == 6 && (ip.hi >> 54) == 0x3fa)
		key.zone = value.zone;
	rig->runtime->self_filter[fb_self_bit(ip.hi, ip.lo) / 32] |= 1u << fb_self_bit(ip.hi, ip.lo) % 32;
	bpf_map_update_elem(bpf_map__fd(bpf_object__find_map_by_name(rig->object, "fb_self")), &key, &value,
			    0);
}

/* The port at the other end of a wire; 0 = it is routed. */
static __u32 far_end(const struct rig *rig, const struct rig_port *port)
{
	const struct rig_port *end[2];

	for (size_t w = 0; w < rig->rs.wires.n; w++) {
		const struct fb_wire *wire = &rig->rs.wires.v[w];

		end[0] = end[1] = NULL;
		for (int i = 0; i < RIG_PORTS; i++) {
			if (strcmp(rig->port[i].ifname, wire->a->name.s) == 0)
				end[0] = &rig->port[i];
			if (strcmp(rig->port[i].ifname, wire->b->name.s) == 0)
				end[1] = &rig->port[i];
		}
		for (int i = 0; i < 2; i++)
			if (end[i] == port && end[!i])
				return end[!i]->ifindex;
	}
	return 0;
}

size_t rig_host_ports(const struct rig *rig, struct fb_host_port *ret)
{
	size_t n = 0;

	for (int i = 0; i < RIG_PORTS; i++) {
		const struct rig_port *p = &rig->port[i];

		if (!rig_zone(rig, p->zone))
			continue;
		ret[n] = (struct fb_host_port){ .name = p->ifname,
						.vlan = p->vlan ? p->vlan : -1,
						.ifindex = p->ifindex,
						.device = p->ifindex,
						.mac = { 2, 0, 0, 0, 0, 0xfe },
						.zone = rig_zone(rig, p->zone),
						.wire = far_end(rig, p) };
		if (i == 0)
			memcpy(ret[n].extra, (const __u8[]){ 0, 0, 0x5e, 0, 1, 7 }, 6);
		n++;
	}
	return n;
}

void rig_host_tables(struct rig *rig)
{
	int egress = bpf_map__fd(bpf_object__find_map_by_name(rig->object, "fb_egress"));

	set_self(rig, 4, "10.20.0.1", "cam", FB_SELF_ADDRESS);
	set_self(rig, 4, "10.20.255.255", "cam", FB_SELF_BROADCAST);
	set_self(rig, 6, "2001:db8:20::1", "cam", FB_SELF_ADDRESS);
	set_self(rig, 6, "fe80::fe", "cam", FB_SELF_ADDRESS);
	set_self(rig, 4, "10.10.0.1", "sig", FB_SELF_ADDRESS);
	set_self(rig, 4, "10.10.255.255", "sig", FB_SELF_BROADCAST);
	set_self(rig, 6, "2001:db8:10::1", "sig", FB_SELF_ADDRESS);
	set_self(rig, 6, "fe80::fe", "sig", FB_SELF_ADDRESS);
	set_self(rig, 4, "10.30.0.1", "vid", FB_SELF_ADDRESS);
	set_self(rig, 4, "10.30.0.63", "vid", FB_SELF_BROADCAST);
	set_self(rig, 4, "203.0.113.1", "net", FB_SELF_ADDRESS);
	set_self(rig, 4, "203.0.113.255", "net", FB_SELF_BROADCAST);
	set_self(rig, 6, "2001:db8:ff::1", "net", FB_SELF_ADDRESS);
	for (size_t z = 0; z < rig->rs.zones.n; z++)
		for (size_t i = 0; i < rig->rs.zones.v[z].n_gateways; i++) {
			const struct fb_net *own = &rig->rs.zones.v[z].gateways[i];
			char text[FB_INET_STRLEN];

			set_self(rig, own->family, fb_ip_print(own->family, own->range.first, text),
				 rig->rs.zones.v[z].name, FB_SELF_ADDRESS);
		}
	for (int i = 0; i < RIG_PORTS; i++) {
		const struct rig_port *port = &rig->port[i];
		struct fb_egress value = { .port = port->ifindex,
					   .vid = (__u16)port->vlan,
					   .zone = (__u8)rig_zone(rig, port->zone) };

		if (value.zone && !far_end(rig, port))
			bpf_map_update_elem(egress, &port->ifindex, &value, 0);
	}
}

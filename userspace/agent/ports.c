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

/* 00-00-5e-00-01-xx and, for IPv6, 00-00-5e-00-02-xx (RFC 5798, 7.3) */
static bool is_virtual_mac(const __u8 mac[6])
{
	static const __u8 prefix[4] = { 0, 0, 0x5e, 0 };

	return !memcmp(mac, prefix, sizeof(prefix)) && (mac[4] == 1 || mac[4] == 2);
}

static bool has_address(const struct fb_host *host, __u32 ifindex)
{
	for (size_t i = 0; i < host->addresses.n; i++)
		if (host->addresses.v[i].ifindex == ifindex && !host->addresses.v[i].link_local)
			return true;
	return false;
}

/*
 * A VRRP daemon puts the addresses that it holds on a macvlan device of the virtual router's MAC, and takes them off when its partner holds them. Only
 * while it has one is its MAC this gateway's: otherwise both would route what a switch floods.
 */
static void resolve_virtual(struct fb_port *port, const struct fb_host *host)
{
	char text[FB_MAC_STRLEN];

	for (size_t i = 0; i < host->links.n; i++) {
		const struct fb_host_link *link = &host->links.v[i];

		if (!port->device || link->below != port->device || !link->up || !is_virtual_mac(link->mac) ||
		    !has_address(host, link->ifindex))
			continue;
		if (port->virtual_device) {
			snprintf(port->why, sizeof(port->why),
				 "%s: of several virtual MAC addresses on %s one is used: frames for %s drop "
				 "as "
				 "l2-address",
				 link->name, port->name, fb_mac_print(link->mac, text));
			return;
		}
		port->virtual_device = link->ifindex;
		memcpy(port->virtual_mac, link->mac, sizeof(port->virtual_mac));
	}
}

static bool same_iface(const struct fb_iface *a, const struct fb_iface *b)
{
	return a->vlan == b->vlan && !strcmp(a->name.s, b->name.s);
}

/* The other end of the interface's wire; NULL = it is routed. */
static const struct fb_iface *other_end(const struct fb_ruleset *rs, const struct fb_iface *iface)
{
	for (size_t i = 0; i < rs->wires.n; i++) {
		if (same_iface(rs->wires.v[i].a, iface))
			return rs->wires.v[i].b;
		if (same_iface(rs->wires.v[i].b, iface))
			return rs->wires.v[i].a;
	}
	return NULL;
}

/*
 * What no cable has: ends of unequal MTU lose large frames without a word, and an address would be of a host that nobody can reach. An apply is refused; what
 * appears later makes the state degraded and closes nothing, because the data plane neither routes into a wire nor lets the gateway speak there.
 */
static void judge_wire(struct fb_port *port, const struct fb_host_link *near, const struct fb_host_link *far,
		       const struct fb_host *host)
{
	char text[FB_INET_STRLEN];

	if (near->mtu != far->mtu) {
		port->refused = true;
		snprintf(port->why, sizeof(port->why),
			 "%s has an MTU of %u and %s, the other end of its wire, of %u: make them equal (ip "
			 "link set %s mtu %u)",
			 near->name, near->mtu, far->name, far->mtu,
			 near->mtu > far->mtu ? near->name : far->name,
			 near->mtu > far->mtu ? far->mtu : near->mtu);
		return;
	}
	if (port->vlan > 0 && port->device == near->ifindex) /* no device of its own: no address */
		return;
	for (size_t i = 0; i < host->addresses.n; i++) {
		const struct fb_host_address *a = &host->addresses.v[i];

		if (a->ifindex != port->device)
			continue;
		port->refused = true;
		snprintf(port->why, sizeof(port->why),
			 "%s is the end of a wire and has the address %s, which nobody can reach: %s%s%s",
			 near->name, fb_ip_print(a->family, a->ip, text),
			 a->family == 6 && a->link_local ? "sysctl -w net.ipv6.conf."
							 : "ip address flush dev ",
			 near->name, a->family == 6 && a->link_local ? ".disable_ipv6=1" : "");
		return;
	}
}

/* An end of a wire needs its port only, no VLAN device; and it is open only while both are there. */
static void resolve_wire(struct fb_port *port, const struct fb_iface *other, const struct fb_host *host)
{
	const struct fb_host_link *near = fb_host_by_name(host, port->name);
	const struct fb_host_link *far = fb_host_by_name(host, other->name.s);

	if (!near || near->refusal[0])
		return;
	if (near->is_bond) {
		port->ifindex = port->device = 0;
		port->refused = true;
		snprintf(port->why, sizeof(port->why),
			 "%s is a bond, and the end of a wire is one cable: take a card out of it and name "
			 "that (ip link "
			 "set CARD nomaster)",
			 port->name);
		return;
	}
	if (!far || far->refusal[0] || far->is_bond) {
		port->ifindex = port->device = 0;
		snprintf(port->why, sizeof(port->why), "%s is closed: the other end of its wire, %s, %s",
			 port->name, other->name.s, far ? "cannot be used" : "does not exist");
		return;
	}
	port->refused = false;
	port->why[0] = 0;
	port->ifindex = near->ifindex;
	port->device = port->device ?: near->ifindex;
	port->wire = far->ifindex;
	memcpy(port->mac, near->mac, sizeof(port->mac));
	judge_wire(port, near, far, host);
}

static void add_members(struct fb_portset *ports, const struct fb_port *port, const struct fb_host *host)
{
	for (size_t i = 0; port->ifindex && i < host->links.n; i++) {
		const struct fb_host_link *link = &host->links.v[i];
		struct fb_port member = *port;

		if (link->bond != port->ifindex)
			continue;
		memcpy(member.name, link->name, sizeof(member.name));
		member.ifindex = link->ifindex;
		member.bond = port->ifindex;
		fb_vec_add(&ports->members, member);
	}
}

/* Of each member of an 802.3ad bond: a record in no zone, at a tag that no frame may carry. bpf/lib/lacp.h asks for it. */
static void add_lacp(struct fb_portset *ports, const struct fb_host *host)
{
	size_t n = ports->members.n;

	for (size_t i = 0; i < n; i++) {
		struct fb_port mark = ports->members.v[i];
		const struct fb_host_link *bond = fb_host_by_index(host, mark.bond);
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= ports->members.v[k].ifindex == mark.ifindex;
		if (again || !bond || !bond->lacp)
			continue;
		mark.vlan = FB_LACP_VID;
		mark.zone = FB_ZONE_NONE;
		fb_vec_add(&ports->members, mark);
	}
}

void fb_ports_resolve(const struct fb_ruleset *rs, const struct fb_host *host, struct fb_portset *ret)
{
	*ret = (struct fb_portset){ 0 };
	for (size_t z = 0; z < rs->zones.n; z++) {
		const struct fb_zone *zone = &rs->zones.v[z];

		for (size_t i = 0; i < zone->n_ifaces; i++) {
			const struct fb_iface *other = other_end(rs, &zone->ifaces[i]);
			struct fb_port port = resolve(&zone->ifaces[i], zone->id, host);

			if (other)
				resolve_wire(&port, other, host);
			else
				resolve_virtual(&port, host);
			fb_vec_add(&ret->v, port);
			add_members(ret, &port, host);
		}
		for (size_t i = 0; i < zone->n_gateways; i++)
			fb_vec_add(&ret->virtuals,
				   (struct fb_virtual){ zone->gateways[i].family,
							zone->gateways[i].range.first, zone->id });
	}
	add_lacp(ret, host);
}

void fb_ports_done(struct fb_portset *ports)
{
	fb_vec_done(&ports->v);
	fb_vec_done(&ports->members);
	fb_vec_done(&ports->virtuals);
}

/* The ports, and after them the members of bonds: what the image's table holds. */
static size_t count_all(const struct fb_portset *ports)
{
	return ports->v.n + ports->members.n;
}

static const struct fb_port *at(const struct fb_portset *ports, size_t i)
{
	return i < ports->v.n ? &ports->v.v[i] : &ports->members.v[i - ports->v.n];
}

bool fb_ports_equal(const struct fb_portset *a, const struct fb_portset *b)
{
	if (a->v.n != b->v.n || a->members.n != b->members.n)
		return false;
	for (size_t i = 0; i < count_all(a); i++) {
		const struct fb_port *x = at(a, i), *y = at(b, i);

		if (strcmp(x->name, y->name) || x->vlan != y->vlan || x->zone != y->zone ||
		    x->ifindex != y->ifindex || x->device != y->device || x->wire != y->wire ||
		    x->virtual_device != y->virtual_device || memcmp(x->mac, y->mac, sizeof(x->mac)) ||
		    memcmp(x->virtual_mac, y->virtual_mac, sizeof(x->virtual_mac)))
			return false;
	}
	return true;
}

const char *fb_ports_trouble(const struct fb_portset *ports)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (ports->v.v[i].ifindex && ports->v.v[i].refused)
			return ports->v.v[i].why;
	return "";
}

static unsigned int zone_behind(const struct fb_portset *ports, const struct fb_port *port)
{
	for (size_t i = 0; port->wire && i < ports->v.n; i++)
		if (ports->v.v[i].ifindex == port->wire && ports->v.v[i].vlan == port->vlan)
			return ports->v.v[i].zone;
	return 0;
}

const struct fb_port *fb_ports_entrance(const struct fb_portset *ports, unsigned int zone,
					unsigned int wire_zone)
{
	const struct fb_port *first = NULL;

	for (size_t i = 0; i < ports->v.n; i++) {
		const struct fb_port *port = &ports->v.v[i];

		if (port->zone != zone || !port->ifindex)
			continue;
		if (zone_behind(ports, port) == wire_zone)
			return port;
		first = first ? first : port;
	}
	return first;
}

void fb_ports_usable(const struct fb_portset *ports, struct fb_host_ports *ret)
{
	*ret = (struct fb_host_ports){ 0 };
	for (size_t i = 0; i < count_all(ports); i++) {
		const struct fb_port *p = at(ports, i);
		struct fb_host_port out = { p->name,   p->vlan,		p->ifindex,
					    p->device, .zone = p->zone, .wire = p->wire };

		memcpy(out.mac, p->mac, sizeof(out.mac));
		memcpy(out.extra, p->virtual_mac, sizeof(out.extra));
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
	for (size_t i = 0; i < count_all(ports); i++)
		wanted += at(ports, i)->ifindex != 0;
	for (size_t s = 0; s <= header->port_mask; s++) {
		if (!table[s].key)
			continue;
		there++;
		for (size_t i = 0; i < count_all(ports); i++) {
			const struct fb_port *p = at(ports, i);

			same += p->ifindex && table[s].key == FB_PORT_KEY(p->ifindex, vid_of(p->vlan)) &&
				table[s].zone == p->zone && table[s].device == p->device &&
				table[s].wire == p->wire && !memcmp(table[s].mac, p->mac, sizeof(p->mac)) &&
				!memcmp(table[s].extra, p->virtual_mac, sizeof(p->virtual_mac));
		}
	}
	return wanted == there && there == same;
}

/* The kernel's device for the port; 0 = none: of a tagged end of a wire it knows nothing. */
static __u32 device_of(const struct fb_port *p)
{
	return p->wire && vid_of(p->vlan) && p->device == p->ifindex ? 0 : p->device;
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
		if (!p->ifindex || p->wire) /* nothing is routed into a wire */
			continue;
		fb_vec_add(ret, entry);
		if (!p->virtual_device)
			continue;
		entry.ifindex = p->virtual_device;
		memcpy(entry.egress.mac, p->virtual_mac, sizeof(p->virtual_mac));
		fb_vec_add(ret, entry);
	}
}

static unsigned int zone_of_device(const struct fb_portset *ports, __u32 device)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (device && (device_of(&ports->v.v[i]) == device || ports->v.v[i].virtual_device == device))
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
	for (size_t i = 0; i < ports->virtuals.n; i++)
		add_self(ret, ports->virtuals.v[i].family, ports->virtuals.v[i].ip, 0, FB_SELF_ADDRESS,
			 ports->virtuals.v[i].zone);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare);
	for (size_t i = 0; i < ret->n; i++) /* the first of each key stays */
		if (i == 0 || memcmp(&ret->v[i].key, &ret->v[n - 1].key, sizeof(ret->v[i].key)))
			ret->v[n++] = ret->v[i];
	ret->n = n;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What zones say about their frames: binding, other ethertypes (S45, S62), virtual addresses (S22), and wires (S60). */
#include <stdlib.h>
#include <string.h>

#include "policy/checker.h"

/* ---- ethertypes --------------------------------------------------------------------------------------------------- */

/* What firebreak reads itself, and what is said instead; NULL = any other. */
static const char *not_other(unsigned long ethertype)
{
	switch (ethertype) {
	case 0x0800:
	case 0x86dd:
		return "IP is what allow lines are about";
	case 0x0806:
		return "ARP with the gateway is always there, and judged";
	case 0x8100:
	case 0x88a8:
		return "write interface eth1 vlan 110";
	default:
		return NULL;
	}
}

static void ethertypes(struct fb_checker *c, struct fb_zone *z)
{
	const struct fb_words *words = &z->stmt->zone.ethertypes;
	size_t n = 0;

	for (size_t i = 0; i < words->n; i++) {
		unsigned long value = strtoul(words->v[i].s, NULL, 16);
		bool twice = false;

		for (size_t k = 0; k < n; k++)
			twice |= z->ethertypes[k] == value;
		if (not_other(value))
			fb_diag_error(c->diags, words->v[i].at, not_other(value),
				      "ethertype %s is not one that a zone lists", words->v[i].s);
		else if (twice)
			fb_diag_error(c->diags, words->v[i].at, NULL, "ethertype %s stands there already",
				      words->v[i].s);
		else if (n == FB_ETHERTYPES_MAX)
			fb_diag_error(c->diags, words->v[i].at, NULL, "a zone lists at most %u ethertypes",
				      FB_ETHERTYPES_MAX);
		else
			z->ethertypes[n++] = (__u16)value;
	}
}

/* ---- binding -------------------------------------------------------------------------------------------------------- */

static void binding(struct fb_checker *c, struct fb_zone *z)
{
	const struct fb_word *mode = &z->stmt->zone.binding;

	if (!mode->s || !strcmp(mode->s, "off"))
		return;
	z->flags |= strcmp(mode->s, "strict") ? FB_ZONE_F_LEARN : FB_ZONE_F_STRICT;
	if (z->any)
		fb_diag_lint(c->diags, mode->at, NULL,
			     "binding %s in zone %s, which has network any: hosts behind a router all have "
			     "its MAC",
			     mode->s, z->name);
}

/* A device with an address and without a MAC is silent where only pairs speak. */
static void bound_devices(struct fb_checker *c)
{
	for (size_t i = 0; i < c->rs->devices.n; i++) {
		const struct fb_device *d = &c->rs->devices.v[i];
		const struct fb_zone *z = d->zone < c->rs->zones.n ? &c->rs->zones.v[d->zone] : NULL;

		if (z && z->flags & FB_ZONE_F_STRICT && d->stmt->device.ips.n && !d->stmt->device.macs.n)
			fb_diag_lint(c->diags, d->stmt->name.at, "write its mac",
				     "device %s has no mac, so it cannot speak: zone %s has binding strict",
				     d->name, z->name);
	}
}

/* ---- virtual addresses ------------------------------------------------------------------------------------------------ */

static const struct fb_device *device_at(const struct fb_checker *c, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < c->rs->devices.n; i++)
		if (fb_ipset_has(&c->rs->devices.v[i].ips, family, ip))
			return &c->rs->devices.v[i];
	return NULL;
}

static void virtual_address(struct fb_checker *c, const struct fb_zone *z, size_t index)
{
	const struct fb_nets *all = &z->stmt->zone.gateways;
	const struct fb_net *net = &all->v[index];
	const struct fb_zone *owner = fb_check_owner_of(c, net->family, net->range.first);
	const struct fb_device *device = device_at(c, net->family, net->range.first);
	char ip[FB_INET_STRLEN];

	fb_ip_print(net->family, net->range.first, ip);
	for (size_t i = 0; i < index; i++)
		if (all->v[i].family == net->family && !fb_ip_cmp(all->v[i].range.first, net->range.first))
			fb_diag_error(c->diags, net->at, NULL, "gateway %s stands there already", ip);
	if (owner != z)
		fb_diag_error(c->diags, net->at, NULL,
			      "gateway %s is not an address of zone %s: it belongs to %s%s", ip, z->name,
			      owner ? "zone " : "no zone", owner ? owner->name : "");
	else if (device)
		fb_diag_error(c->diags, net->at, NULL, "gateway %s is the address of device %s (%s)", ip,
			      device->name, fb_check_place(c, device->stmt->at));
}

static void leave_hosts(struct fb_zone *z)
{
	struct fb_ipset gateways = { 0 };

	for (size_t i = 0; i < z->n_gateways; i++)
		fb_ipset_add(&gateways, z->gateways[i].family, z->gateways[i].range);
	fb_ipset_subtract(&z->owned, &gateways, &z->hosts);
	fb_ipset_done(&gateways);
}

void fb_check_zone_settings(struct fb_checker *c)
{
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		struct fb_zone *z = &c->rs->zones.v[i];

		if (z->any)
			z->flags |= FB_ZONE_F_ANY;
		ethertypes(c, z);
		binding(c, z);
		z->gateways = z->stmt->zone.gateways.v;
		z->n_gateways = z->stmt->zone.gateways.n;
		for (size_t k = 0; k < z->n_gateways; k++)
			virtual_address(c, z, k);
		leave_hosts(z);
	}
	bound_devices(c);
}

/* ---- wires ------------------------------------------------------------------------------------------------------------- */

static bool same_port(const struct fb_iface *a, const struct fb_iface *b)
{
	return a->vlan == b->vlan && !strcmp(a->name.s, b->name.s);
}

static const char *port_text(struct fb_checker *c, const struct fb_iface *iface)
{
	return iface->vlan < 0 ? iface->name.s
			       : fb_diag_printf(c->diags, "%s vlan %d", iface->name.s, iface->vlan);
}

/* The zone of the end; NULL = reported. */
static const struct fb_zone *wire_end(struct fb_checker *c, const struct fb_iface *end)
{
	for (size_t i = 0; i < c->rs->wires.n; i++) {
		const struct fb_wire *w = &c->rs->wires.v[i];

		if (!same_port(w->a, end) && !same_port(w->b, end))
			continue;
		fb_diag_error(c->diags, end->name.at, NULL, "%s is already an end of the wire at %s",
			      port_text(c, end), fb_check_place(c, w->at));
		return NULL;
	}
	for (size_t z = 0; z < c->rs->zones.n; z++)
		for (size_t i = 0; i < c->rs->zones.v[z].n_ifaces; i++)
			if (same_port(&c->rs->zones.v[z].ifaces[i], end))
				return &c->rs->zones.v[z];
	fb_diag_error(c->diags, end->name.at,
		      fb_diag_printf(c->diags, "write interface %s in the zone that lives there",
				     port_text(c, end)),
		      "%s is in no zone: a wire joins two zones", port_text(c, end));
	return NULL;
}

static void wire(struct fb_checker *c, const struct fb_stmt *s)
{
	const struct fb_iface *a = &s->wire.a, *b = &s->wire.b;
	const struct fb_zone *from, *to;

	if (!a->name.s || !b->name.s)
		return;
	if (same_port(a, b)) {
		fb_diag_error(c->diags, b->name.at, NULL, "both ends of the wire are %s", port_text(c, b));
		return;
	}
	if (a->vlan != b->vlan)
		fb_diag_error(c->diags, b->name.at, "frames keep their tag on a wire",
			      "%s and %s have different tags: both ends of a wire need the same VLAN",
			      port_text(c, a), port_text(c, b));
	from = wire_end(c, a);
	to = wire_end(c, b);
	if (!from || !to || a->vlan != b->vlan)
		return;
	if (from == to) {
		fb_diag_error(c->diags, s->at, NULL, "both ends are in zone %s: a wire joins two zones",
			      from->name);
		return;
	}
	fb_vec_add(&c->rs->wires, (struct fb_wire){ a, b, from->id, to->id, s->at });
}

void fb_check_wires(struct fb_checker *c)
{
	fb_for_each_stmt (c, s)
		if (s->kind == FB_STMT_WIRE)
			wire(c, s);
}

/* S60: what can never be, as no packet of the zone reaches the gateway. */
void fb_check_wire_lines(struct fb_checker *c, const struct fb_header *h)
{
	__u64 self = FB_ZONE_BIT(FB_ZONE_SELF), others;

	if (!((h->from | h->to) & self))
		return;
	others = (h->from & self ? h->to : h->from) & ~self;
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (others & FB_ZONE_BIT(z->id) && fb_ruleset_only_wires(c->rs, z))
			fb_diag_lint(c->diags, h->stmt->at, NULL,
				     "zone %s is on wires only: the gateway cannot be reached there",
				     z->name);
	}
}

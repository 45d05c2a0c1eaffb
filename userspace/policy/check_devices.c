// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "policy/checker.h"

struct address_use {
	int family;
	struct fb_ip ip;
	const struct fb_stmt *device;
	struct fb_at at;
	size_t order;
};
struct address_uses FB_VEC(struct address_use);

static int compare_addresses(const void *a, const void *b)
{
	const struct address_use *x = a, *y = b;
	int ips;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	ips = fb_ip_cmp(x->ip, y->ip);
	return ips ? ips : x->order < y->order ? -1 : x->order > y->order;
}

/* One `ip` of a device: it must be owned by the device's zone (S11). */
static void device_address(struct fb_checker *c, struct fb_device *device, const struct fb_zone *zone,
			   const struct fb_net *net, struct address_uses *uses)
{
	const struct fb_zone *owner = fb_check_owner_of(c, net->family, net->range.first);
	char ip[FB_INET_STRLEN];

	fb_ip_print(net->family, net->range.first, ip);
	fb_vec_add(uses,
		   (struct address_use){ net->family, net->range.first, device->stmt, net->at, uses->n });
	if (owner == zone) {
		fb_ipset_add(&device->ips, net->family, net->range);
		return;
	}
	fb_diag_error(c->diags, net->at, NULL,
		      owner ? "device %s: %s is not an address of zone %s: it belongs to zone %s"
			    : "device %s: %s is not an address of zone %s: it belongs to no zone",
		      device->name, ip, zone->name, owner ? owner->name : "");
}

static void check_address_twins(struct fb_checker *c, struct address_uses *uses)
{
	if (uses->n)
		qsort(uses->v, uses->n, sizeof(*uses->v), compare_addresses);
	for (size_t i = 1; i < uses->n; i++) {
		const struct address_use *a = &uses->v[i - 1], *b = &uses->v[i];
		char ip[FB_INET_STRLEN];

		if (a->family == b->family && !fb_ip_cmp(a->ip, b->ip))
			fb_diag_error(c->diags, b->at, NULL,
				      "device %s: %s is already the address of device %s (%s)",
				      b->device->name.s, fb_ip_print(b->family, b->ip, ip), a->device->name.s,
				      fb_check_place(c, a->at));
	}
}

struct mac_use {
	const struct fb_word *mac;
	const struct fb_stmt *device;
	size_t order;
};

static int compare_macs(const void *a, const void *b)
{
	const struct mac_use *x = a, *y = b;
	int macs = strcmp(x->mac->s, y->mac->s);

	return macs ? macs : x->order < y->order ? -1 : x->order > y->order;
}

static void check_mac_twins(struct fb_checker *c)
{
	struct FB_VEC(struct mac_use) uses = { 0 };

	for (size_t i = 0; i < c->rs->devices.n; i++) {
		const struct fb_stmt *s = c->rs->devices.v[i].stmt;

		for (size_t k = 0; k < s->device.macs.n; k++)
			fb_vec_add(&uses, (struct mac_use){ &s->device.macs.v[k], s, uses.n });
	}
	if (uses.n)
		qsort(uses.v, uses.n, sizeof(*uses.v), compare_macs);
	for (size_t i = 1; i < uses.n; i++)
		if (!strcmp(uses.v[i - 1].mac->s, uses.v[i].mac->s))
			fb_diag_error(c->diags, uses.v[i].mac->at, NULL,
				      "device %s: %s is already the MAC of device %s (%s)",
				      uses.v[i].device->name.s, uses.v[i].mac->s,
				      uses.v[i - 1].device->name.s, fb_check_place(c, uses.v[i - 1].mac->at));
	fb_vec_done(&uses);
}

void fb_check_devices(struct fb_checker *c)
{
	struct address_uses uses = { 0 };

	for (size_t i = 0; i < c->rs->devices.n; i++) {
		struct fb_device *device = &c->rs->devices.v[i];
		const struct fb_word *in = &device->stmt->device.zone;
		const struct fb_symbol *symbol = in->s ? fb_names_find(&c->places, in->s) : NULL;

		device->zone = UINT_MAX;
		if (!symbol || symbol->kind != FB_SYMBOL_ZONE) {
			if (in->s)
				fb_names_unknown(c, &c->places, FB_SYMBOL_ZONE, in, "zone");
			continue;
		}
		device->zone = symbol->index;
		for (size_t k = 0; k < device->stmt->device.ips.n; k++)
			device_address(c, device, &c->rs->zones.v[symbol->index],
				       &device->stmt->device.ips.v[k], &uses);
	}
	check_address_twins(c, &uses);
	check_mac_twins(c);
	fb_vec_done(&uses);
}

bool fb_check_device_usable(struct fb_checker *c, const struct fb_device *device, struct fb_at at,
			    const char *role)
{
	if (!fb_ipset_empty(&device->ips))
		return true;
	if (!device->stmt->device.ips.n) /* else its addresses are wrong, and that was said */
		fb_diag_error(c->diags, at,
			      "reserve its DHCP address and write \"ip\", or use a prefix of the zone",
			      "device %s has no ip, so it cannot be %s", device->name, role);
	return false;
}

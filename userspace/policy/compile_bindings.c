// SPDX-License-Identifier: GPL-2.0-only
/* S45: the declared (MAC, address) pairs of zones with binding, as a table of fb_binding_hash(). */
#include <errno.h>
#include <stdlib.h>

#include "policy/compiler.h"

struct entries FB_VEC(struct fb_image_binding);

/* "aa:bb:cc:dd:ee:ff", as the parser writes it; first byte highest. */
static __u64 mac_number(const char *text)
{
	__u64 mac = 0;

	for (; *text; text += text[2] ? 3 : 2)
		mac = mac << 8 | (strtoul((char[3]){ text[0], text[1], 0 }, NULL, 16) & 0xff);
	return mac;
}

static void add(struct entries *entries, struct fb_ip ip, enum fb_binding_kind kind, unsigned int zone,
		__u64 mac)
{
	fb_vec_add(entries, (struct fb_image_binding){
				    .hi = ip.hi, .lo = ip.lo, .who = FB_BINDING_WHO(kind, zone, mac) });
}

/* Every MAC of a device with every address of it: a cluster may answer with any of its cards. */
static void add_device(struct entries *entries, const struct fb_device *device, unsigned int zone)
{
	const struct fb_words *macs = &device->stmt->device.macs;
	const struct fb_nets *ips = &device->stmt->device.ips;

	for (size_t m = 0; m < macs->n; m++) {
		add(entries, (struct fb_ip){ 0, 0 }, FB_BINDING_MAC, zone, mac_number(macs->v[m].s));
		for (size_t i = 0; i < ips->n; i++)
			add(entries, ips->v[i].range.first, FB_BINDING_PAIR, zone, mac_number(macs->v[m].s));
	}
	for (size_t i = 0; i < ips->n; i++)
		add(entries, ips->v[i].range.first, FB_BINDING_ADDRESS, zone, 0);
}

/* False if an entry finds no free slot among its probes. */
static bool fill(struct fb_image_binding *table, __u32 mask, const struct entries *entries)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct fb_image_binding *e = &entries->v[i];
		__u32 at = fb_binding_hash(e->hi, e->lo, e->who), k = 0;

		while (k < FB_BINDING_PROBES && table[(at + k) & mask].who)
			k++;
		if (k == FB_BINDING_PROBES)
			return false;
		table[(at + k) & mask] = *e;
	}
	return true;
}

int fb_emit_bindings(struct fb_compiler *c, struct fb_image_header *header)
{
	struct fb_image_binding *table = NULL;
	struct entries entries = { 0 };
	__u32 size = 8;
	int r;

	for (size_t i = 0; i < c->rs->devices.n; i++) {
		const struct fb_device *d = &c->rs->devices.v[i];
		const struct fb_zone *z = d->zone < c->rs->zones.n ? &c->rs->zones.v[d->zone] : NULL;

		if (z && z->flags & (FB_ZONE_F_LEARN | FB_ZONE_F_STRICT))
			add_device(&entries, d, z->id);
	}
	while (size < 2 * entries.n)
		size *= 2;
	/* Larger until everybody lies near; a table that never fits is one that the section refuses by its size. */
	for (table = fb_zalloc(size, sizeof(*table)); !fill(table, size - 1, &entries) && size < 1u << 22;) {
		free(table);
		size *= 2;
		table = fb_zalloc(size, sizeof(*table));
	}
	r = fb_section(c, "bindings", size * (sizeof(*table) / 4), &header->binding_w);
	header->binding_mask = size - 1;
	for (__u32 i = 0; i < size && !r; i++)
		((struct fb_image_binding *)(c->img + header->binding_w))[i] = table[i];
	free(table);
	fb_vec_done(&entries);
	return r;
}

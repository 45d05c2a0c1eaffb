// SPDX-License-Identifier: GPL-2.0-only
#include "agent/inventory.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent/store.h"

/* Sets of eight. In a full set the longest quiet of the undeclared makes room, else nobody does. */
enum { SETS = 2048, WAYS = 8 };
static const char file[] = "devices.json";

struct fb_inventory {
	struct fb_seen_device slots[SETS * WAYS];
	__u64 secret;
	bool changed;
};

struct fb_inventory *fb_inventory_new(void)
{
	struct fb_inventory *inventory = calloc(1, sizeof(*inventory));

	if (!inventory)
		abort();
	if (getrandom(&inventory->secret, sizeof(inventory->secret), 0) != sizeof(inventory->secret))
		inventory->secret = 0x9e3779b97f4a7c15ull;
	return inventory;
}

void fb_inventory_free(struct fb_inventory *inventory)
{
	free(inventory);
}

void fb_inventory_each(const struct fb_inventory *inventory,
		       void (*each)(const struct fb_seen_device *seen, void *user), void *user)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(inventory->slots); i++)
		if (inventory->slots[i].family)
			each(&inventory->slots[i], user);
}

void fb_inventory_forget_zone(struct fb_inventory *inventory, unsigned int zone)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(inventory->slots); i++)
		if (inventory->slots[i].zone == zone)
			inventory->slots[i] = (struct fb_seen_device){ 0 };
}

/* ---- who is it ---- */

/* The tree has them in canonical form. */
static bool has_mac(const struct fb_device *device, const char *mac)
{
	const struct fb_words *macs = &device->stmt->device.macs;

	for (size_t i = 0; i < macs->n; i++)
		if (!strcmp(macs->v[i].s, mac))
			return true;
	return false;
}

static bool has_no_address(int family, struct fb_ip ip)
{
	if (!ip.hi && !ip.lo)
		return true;
	return family == 4 ? ip.lo >> 16 == 0xa9fe : ip.hi >> 54 == 0x3fa;
}

static bool lives_in(const struct fb_ruleset *rs, const struct fb_device *device, unsigned int zone)
{
	return device->zone < rs->zones.n && rs->zones.v[device->zone].id == zone;
}

struct fb_identity fb_inventory_identify(const struct fb_ruleset *rs, unsigned int zone, int family,
					 struct fb_ip ip, const __u8 mac[6])
{
	const struct fb_device *by_ip = NULL, *by_mac = NULL;
	char text[FB_MAC_STRLEN];

	fb_mac_print(mac, text);
	for (size_t i = 0; rs && i < rs->devices.n; i++) {
		const struct fb_device *d = &rs->devices.v[i];

		if (!lives_in(rs, d, zone))
			continue;
		if (fb_ipset_has(&d->ips, family, ip) && (!d->stmt->device.macs.n || has_mac(d, text)))
			return (struct fb_identity){ d, FB_BINDING_OK };
		if (fb_ipset_has(&d->ips, family, ip))
			by_ip = d;
		if (has_mac(d, text))
			by_mac = d;
	}
	if (by_mac && has_no_address(family, ip))
		return (struct fb_identity){ by_mac, FB_BINDING_OK };
	if (by_mac)
		return (struct fb_identity){ by_mac, FB_BINDING_FOREIGN_IP };
	return (struct fb_identity){ by_ip, by_ip ? FB_BINDING_FOREIGN_MAC : FB_BINDING_UNKNOWN };
}

/* ---- records ---- */

static bool same(const struct fb_seen_device *a, const struct fb_seen_device *b)
{
	return a->family == b->family && a->zone == b->zone && !fb_ip_cmp(a->ip, b->ip) &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac));
}

static bool is_declared(const struct fb_ruleset *rs, const struct fb_seen_device *s)
{
	return fb_inventory_identify(rs, s->zone, s->family, s->ip, s->mac).verdict == FB_BINDING_OK;
}

static struct fb_seen_device *find_set(struct fb_inventory *inventory, const struct fb_seen_device *seen)
{
	__u64 h = inventory->secret, word = 0;

	memcpy(&word, seen->mac, sizeof(seen->mac));
	h = (h ^ seen->ip.hi) * 0xff51afd7ed558ccdull;
	h = ((h ^ h >> 32) ^ seen->ip.lo) * 0xff51afd7ed558ccdull;
	h = ((h ^ h >> 32) ^ word) * 0xff51afd7ed558ccdull;
	return inventory->slots + (h >> 32) % SETS * WAYS;
}

/* The longest quiet of the undeclared; NULL = all eight are declared. */
static struct fb_seen_device *find_room(struct fb_seen_device *set, const struct fb_ruleset *rs)
{
	struct fb_seen_device *room = NULL;

	for (int i = 0; i < WAYS; i++)
		if ((!room || set[i].last < room->last) && !is_declared(rs, &set[i]))
			room = &set[i];
	return room;
}

void fb_inventory_note(struct fb_inventory *inventory, const struct fb_seen_device *seen,
		       const struct fb_ruleset *rs)
{
	struct fb_seen_device *set = find_set(inventory, seen), *room = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (!set[i].family) {
			room = &set[i];
		} else if (same(&set[i], seen)) {
			/* A second or two are the rounding of the data plane's clock: no news, and not to be told as such. */
			__s64 first = set[i].first - seen->first > 2 ? seen->first : set[i].first,
			      last = set[i].last > seen->last ? set[i].last : seen->last;

			inventory->changed |= last - set[i].last > 2 || first != set[i].first;
			set[i] = *seen;
			set[i].first = first;
			set[i].last = last;
			return;
		}
	}
	if (!room)
		room = find_room(set, rs);
	if (!room)
		return;
	*room = *seen;
	inventory->changed = true;
}

/* ---- on disk ---- */

int fb_inventory_save(struct fb_inventory *inventory, const struct fb_ruleset *rs, const char *state_dir,
		      struct fb_error *err)
{
	json_t *list = json_array();
	fb_autofree char *text = NULL;
	int r = 0;

	for (size_t i = 0; rs && i < FB_ARRAY_SIZE(inventory->slots); i++) {
		const struct fb_seen_device *s = &inventory->slots[i];
		const struct fb_zone *zone = s->family ? fb_ruleset_zone_by_id(rs, s->zone) : NULL;
		char ip[FB_INET_STRLEN], mac[FB_MAC_STRLEN];

		if (zone)
			json_array_append_new(list,
					      json_pack("{ss ss ss sI sI}", "zone", zone->name, "mac",
							fb_mac_print(s->mac, mac), "ip",
							fb_ip_print(s->family, s->ip, ip), "first",
							(json_int_t)s->first, "last", (json_int_t)s->last));
	}
	if (rs && inventory->changed) {
		text = json_dumps(list, JSON_COMPACT);
		r = text ? fb_store_write_file(state_dir, file, text, strlen(text), err)
			 : fb_error_set(err, -ENOMEM, "memory is short");
		inventory->changed = r < 0;
	}
	json_decref(list);
	return r;
}

static void take(struct fb_inventory *inventory, const struct fb_ruleset *rs, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "zone")),
		   *mac = json_string_value(json_object_get(o, "mac")),
		   *ip = json_string_value(json_object_get(o, "ip"));
	const struct fb_zone *zone = name ? fb_ruleset_zone(rs, name) : NULL;
	struct fb_seen_device s = { .first = json_integer_value(json_object_get(o, "first")),
				    .last = json_integer_value(json_object_get(o, "last")) };
	int family = 0;

	if (!zone || !mac || !ip || fb_mac_parse(mac, strlen(mac), s.mac) < 0 ||
	    fb_ip_parse(ip, strlen(ip), &family, &s.ip) < 0)
		return;
	s.zone = (__u8)zone->id;
	s.family = (__u8)family;
	fb_inventory_note(inventory, &s, rs);
}

int fb_inventory_load(struct fb_inventory *inventory, const struct fb_ruleset *rs, const char *state_dir,
		      struct fb_error *err)
{
	fb_autofree char *text = NULL;
	size_t len = 0, i;
	int r = fb_store_read_file(state_dir, file, &text, &len, err);
	json_error_t why;
	json_t *list, *one;

	if (r < 0)
		return r;
	list = json_loadb(text, len, 0, &why);
	if (!json_is_array(list))
		r = fb_error_set(err, -EINVAL, "%s/%s: is not what was written there: %s", state_dir, file,
				 why.text);
	else
		json_array_foreach (list, i, one)
			take(inventory, rs, one);
	json_decref(list);
	inventory->changed = false;
	return r;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What the X of `quarantine X` is: a device, a group, an address or prefix, a MAC address (S29). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/switches.h"
#include "policy/diag.h"

enum { SHORTEST4 = 24, SHORTEST6 = 56 };

static void add_mac(struct fb_quarantine *q, const __u8 mac[6])
{
	struct fb_mac_key key = { 0 };

	memcpy(key.mac, mac, 6);
	for (size_t i = 0; i < q->macs.n; i++)
		if (!memcmp(&q->macs.v[i], &key, sizeof(key)))
			return;
	fb_vec_add(&q->macs, key);
}

static void add_prefix(struct fb_quarantine *q, int family, struct fb_ip ip, unsigned int len)
{
	struct fb_quarantine_key key = { .prefixlen = 32 + len, .family = (__u32)family };

	fb_ip_to_bytes(family, ip, key.address);
	fb_vec_add(&q->addresses, key);
}

static void own_addresses(const struct fb_host *host, struct fb_ipset *ret)
{
	for (size_t i = 0; i < host->addresses.n; i++) {
		const struct fb_host_address *a = &host->addresses.v[i];

		fb_ipset_add(ret, a->family, (struct fb_range){ a->ip, a->ip });
	}
}

/* A range as prefixes; which is too short is refused. */
static int add_range(struct fb_quarantine *q, int family, struct fb_range range, struct fb_error *err)
{
	const unsigned int shortest = family == 4 ? SHORTEST4 : SHORTEST6;

	for (;;) {
		unsigned int len = fb_range_head(family, range);
		struct fb_ip last = fb_ip_last(family, range.first, len);
		char text[FB_INET_STRLEN];

		if (len < shortest)
			return fb_error_set(
				err, -EINVAL,
				"%s holds %s/%u, which is more than a /%u: quarantine a part of it, or "
				"isolate the zone",
				q->name, fb_ip_print(family, range.first, text), len, shortest);
		add_prefix(q, family, range.first, len);
		if (!fb_ip_cmp(last, range.last))
			return 0;
		range.first = fb_ip_add(last, 1);
	}
}

/*
 * The set without the gateway's own addresses: to quarantine them would cut off everybody who asks for the gateway's
 * MAC address. The length of prefixes is judged by what was asked for, not by the pieces that are left.
 */
static int add_set(struct fb_quarantine *q, const struct fb_ipset *set, const struct fb_host *host,
		   struct fb_error *err)
{
	struct fb_ipset own = { 0 }, rest;
	struct fb_quarantine asked = { .name = q->name };
	int r = 0;

	own_addresses(host, &own);
	fb_ipset_subtract(set, &own, &rest);
	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < set->r[FB_FAMILY_INDEX(family)].n && r == 0; i++)
			r = add_range(&asked, family, set->r[FB_FAMILY_INDEX(family)].v[i], err);
	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < rest.r[FB_FAMILY_INDEX(family)].n && r == 0; i++)
			r = add_range(q, family, rest.r[FB_FAMILY_INDEX(family)].v[i], err);
	if (r == 0 && fb_ipset_empty(&rest) && !fb_ipset_empty(set))
		r = fb_error_set(err, -EINVAL, "%s is the gateway itself, which cannot be quarantined",
				 q->name);
	fb_vec_done(&asked.addresses);
	fb_ipset_done(&own);
	fb_ipset_done(&rest);
	return r;
}

static void add_macs_of(struct fb_quarantine *q, const struct fb_device *device)
{
	for (size_t i = 0; i < device->stmt->device.macs.n; i++) {
		const char *text = device->stmt->device.macs.v[i].s;
		__u8 mac[6];

		if (fb_mac_parse(text, strlen(text), mac) == 0)
			add_mac(q, mac);
	}
}

/* A device whose addresses are all in the set goes with its MAC addresses; else a member would come back under another address. */
static void add_members(struct fb_quarantine *q, const struct fb_ruleset *rs, const struct fb_ipset *set)
{
	for (size_t i = 0; i < rs->devices.n; i++)
		if (!fb_ipset_empty(&rs->devices.v[i].ips) && fb_ipset_within(&rs->devices.v[i].ips, set))
			add_macs_of(q, &rs->devices.v[i]);
}

static bool has_mac(const struct fb_device *device, const __u8 mac[6])
{
	struct fb_quarantine all = { 0 };
	bool found = false;

	add_macs_of(&all, device);
	for (size_t i = 0; i < all.macs.n; i++)
		found |= !memcmp(all.macs.v[i].mac, mac, 6);
	fb_vec_done(&all.macs);
	return found;
}

/* A MAC address with the addresses that go with it: of the device that declares it, and those it has at this moment. */
static int by_mac(struct fb_quarantine *q, const __u8 mac[6], const struct fb_ruleset *rs,
		  const struct fb_host *host, struct fb_error *err)
{
	static const __u8 none[6];
	struct fb_ipset set = { 0 };
	int r;

	if (mac[0] & 1 || !memcmp(mac, none, sizeof(none)))
		return fb_error_set(err, -EINVAL,
				    "%s is no device's MAC address (%s), so nothing would be quarantined",
				    q->name, mac[0] & 1 ? "a group's" : "all zeros");
	add_mac(q, mac);
	for (size_t i = 0; rs && i < rs->devices.n; i++)
		if (has_mac(&rs->devices.v[i], mac))
			fb_ipset_add_set(&set, &rs->devices.v[i].ips);
	for (size_t i = 0; i < host->neighbours.n; i++) {
		const struct fb_host_neighbour *n = &host->neighbours.v[i];

		if (n->has_mac && !memcmp(n->mac, mac, 6) && (n->family != 6 || n->ip.hi >> 54 != 0x3fa))
			fb_ipset_add(&set, n->family, (struct fb_range){ n->ip, n->ip });
	}
	r = add_set(q, &set, host, err);
	fb_ipset_done(&set);
	return r;
}

/* A quarantine of what no packet comes from would be accepted, held and cut nothing. */
static int check_host(const char *x, int family, struct fb_range range, struct fb_error *err)
{
	static const struct {
		int family;
		struct fb_range range;
		const char *what;
	} none[] = {
		{ 4, { { 0, 0 }, { 0, 0xffffff } }, "\"this network\"" },
		{ 4, { { 0, 0x7f000000 }, { 0, 0x7fffffff } }, "loopback" },
		{ 4, { { 0, 0xe0000000 }, { 0, 0xefffffff } }, "multicast" },
		{ 4, { { 0, 0xffffffff }, { 0, 0xffffffff } }, "broadcast" },
		{ 6, { { 0, 0 }, { 0, 0 } }, "the unspecified address" },
		{ 6, { { 0, 1 }, { 0, 1 } }, "loopback" },
		{ 6, { { 0xffull << 56, 0 }, { ~0ull, ~0ull } }, "multicast" },
	};
	char text[FB_INET_STRLEN];

	if (family == 6 && range.first.hi == 0 && range.first.lo >> 32 == 0xffff)
		return fb_error_set(err, -EINVAL, "%s is an IPv4 address in IPv6 dress: write %s", x,
				    fb_ip_print(4, (struct fb_ip){ 0, (__u32)range.first.lo }, text));
	for (size_t i = 0; i < FB_ARRAY_SIZE(none); i++)
		if (none[i].family == family && fb_ip_cmp(none[i].range.first, range.last) <= 0 &&
		    fb_ip_cmp(range.first, none[i].range.last) <= 0)
			return fb_error_set(err, -EINVAL,
					    "%s is no host's address (%s), so nothing would be quarantined",
					    x, none[i].what);
	return 0;
}

/* 1 = it is an address or a prefix; 0 = it does not look like one. */
static int by_address(struct fb_quarantine *q, const char *x, const struct fb_ruleset *rs,
		      const struct fb_host *host, struct fb_error *err)
{
	const char *slash = strchr(x, '/');
	struct fb_ipset set = { 0 };
	unsigned long len = 0;
	struct fb_ip ip, last;
	char *rest = NULL;
	int family, r;

	if (fb_ip_parse(x, slash ? (size_t)(slash - x) : strlen(x), &family, &ip) < 0)
		return 0;
	len = slash ? strtoul(slash + 1, &rest, 10) : family == 4 ? 32 : 128;
	if (slash && (slash[1] < '0' || slash[1] > '9' || *rest || len > (family == 4 ? 32u : 128u)))
		return fb_error_set(err, -EINVAL, "%s: \"%s\" is no length of a prefix", x, slash + 1);
	last = fb_ip_last(family, ip, (unsigned int)len);
	fb_ipset_add(&set, family, (struct fb_range){ ip, last });
	if (len < (family == 4 ? SHORTEST4 : SHORTEST6)) {
		r = fb_error_set(err, -EINVAL,
				 "%s is shorter than /%d: quarantine a part of it, or isolate the zone", x,
				 family == 4 ? SHORTEST4 : SHORTEST6);
	} else if (fb_range_head(family, (struct fb_range){ ip, last }) > len) {
		r = fb_error_set(err, -EINVAL, "%s has bits beyond its length: write the first address of it",
				 x);
	} else {
		r = check_host(x, family, (struct fb_range){ ip, last }, err);
		if (r == 0)
			r = add_set(q, &set, host, err);
		if (r == 0 && rs)
			add_members(q, rs, &set);
	}
	fb_ipset_done(&set);
	return r < 0 ? r : 1;
}

static int by_name(struct fb_quarantine *q, const char *x, const struct fb_ruleset *rs,
		   const struct fb_host *host, struct fb_error *err)
{
	for (size_t i = 0; rs && i < rs->devices.n; i++)
		if (!strcmp(rs->devices.v[i].name, x)) {
			add_macs_of(q, &rs->devices.v[i]);
			return add_set(q, &rs->devices.v[i].ips, host, err);
		}
	for (size_t i = 0; rs && i < rs->groups.n; i++)
		if (!strcmp(rs->groups.v[i].name, x)) {
			add_members(q, rs, &rs->groups.v[i].ips);
			return add_set(q, &rs->groups.v[i].ips, host, err);
		}
	if (rs && fb_ruleset_zone(rs, x))
		return fb_error_set(err, -ENOENT, "%s is a zone: a zone is isolated, by a plan of the policy",
				    x);
	return -ENOENT;
}

static int unknown(const char *x, const struct fb_ruleset *rs, struct fb_error *err)
{
	const char **names = calloc(rs ? rs->devices.n + rs->groups.n + 1 : 1, sizeof(*names));
	const char *near;
	size_t n = 0;

	if (!names)
		abort();
	for (size_t i = 0; rs && i < rs->devices.n; i++)
		names[n++] = rs->devices.v[i].name;
	for (size_t i = 0; rs && i < rs->groups.n; i++)
		names[n++] = rs->groups.v[i].name;
	near = fb_suggest(x, names, n);
	free(names);
	if (near)
		return fb_error_set(err, -ENOENT, "no device or group \"%s\": did you mean \"%s\"?", x, near);
	return fb_error_set(err, -ENOENT,
			    "\"%s\" is no device or group of the policy, no address, no MAC address", x);
}

int fb_quarantine_resolve(const char *x, const struct fb_generation *generation, const struct fb_host *host,
			  struct fb_quarantine *ret, struct fb_error *err)
{
	const struct fb_ruleset *rs = generation ? &generation->ruleset : NULL;
	struct fb_quarantine q = { .name = strdup(x) };
	__u8 mac[6];
	int r;

	if (!q.name)
		abort();
	if (fb_mac_parse(x, strlen(x), mac) == 0) {
		free(q.name);
		q.name = strdup(fb_mac_print(mac, (char[FB_MAC_STRLEN]){ 0 }));
		r = by_mac(&q, mac, rs, host, err);
	} else {
		r = by_address(&q, x, rs, host, err);
		if (r == 0)
			r = by_name(&q, x, rs, host, err);
		if (r == -ENOENT && !err->text[0])
			r = unknown(x, rs, err);
	}
	if (r < 0) {
		fb_quarantine_done(&q);
		return r;
	}
	*ret = q;
	return 0;
}

bool fb_zone_heeds_macs(const struct fb_zone *zone)
{
	const char *binding = zone->stmt->zone.binding.s;

	return binding && (!strcmp(binding, "learn") || !strcmp(binding, "strict"));
}

/*
 * Not followed is who claims an address later: a device in quarantine could put whomever it likes into it, by ARP in his
 * name.
 */
void fb_quarantine_lacks(const struct fb_quarantine *quarantine, const struct fb_generation *generation,
			 struct fb_strbuf *out)
{
	const struct fb_ruleset *rs = generation ? &generation->ruleset : NULL;
	fb_autostrbuf struct fb_strbuf zones = { 0 };
	size_t heeding = 0;

	if (quarantine->addresses.n || !rs)
		return;
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_zone_heeds_macs(&rs->zones.v[i]))
			fb_strbuf_addf(&zones, "%s%s", heeding++ ? ", " : "", rs->zones.v[i].name);
	if (heeding == rs->zones.n)
		return;
	if (heeding)
		fb_strbuf_addf(out, "cut only in %s, with binding (S45)", fb_strbuf_get(&zones));
	else
		fb_strbuf_add(out, "nothing is cut: no zone has binding learn or strict (S45)");
	fb_strbuf_addf(out, ", and no address of %s is known; quarantine its address, or isolate its zone",
		       quarantine->name);
}

// SPDX-License-Identifier: GPL-2.0-only
/* <state_dir>/switches.json: whole or not at all (agent/store.h). */
#include <errno.h>
#include <string.h>

#include "agent/store.h"
#include "agent/switches.h"
#include "base/cleanup.h"

#define NAME   "switches.json"
#define SCHEMA "firebreak.switch-state/1"

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

json_t *fb_quarantine_addresses_json(const struct fb_quarantine *quarantine)
{
	json_t *list = json_array();

	for (size_t i = 0; i < quarantine->addresses.n; i++) {
		const struct fb_quarantine_key *key = &quarantine->addresses.v[i];
		unsigned int len = key->prefixlen - 32;
		char ip[FB_INET_STRLEN], text[FB_INET_STRLEN + 8];

		fb_ip_print((int)key->family, fb_ip_from_bytes((int)key->family, key->address), ip);
		snprintf(text, sizeof(text), len == (key->family == 4 ? 32 : 128) ? "%s" : "%s/%u", ip, len);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *fb_quarantine_macs_json(const struct fb_quarantine *quarantine)
{
	json_t *list = json_array();
	char text[FB_MAC_STRLEN];

	for (size_t i = 0; i < quarantine->macs.n; i++)
		json_array_append_new(list, json_string(fb_mac_print(quarantine->macs.v[i].mac, text)));
	return list;
}

/* ---- writing ---- */

static json_t *cuts_json(const struct fb_cuts *cuts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cuts->n; i++)
		json_array_append_new(list, json_pack("[sisi]", cuts->v[i].names[0], cuts->v[i].ids[0],
						      cuts->v[i].names[1], cuts->v[i].ids[1]));
	return list;
}

/* Networks as ranges: each whole, whatever its ends. */
static json_t *networks_json(const struct fb_ipset *set)
{
	json_t *list = json_array();
	char first[FB_INET_STRLEN], last[FB_INET_STRLEN];

	for (int family = 4; family <= 6; family += 2) {
		const struct fb_ranges *ranges = &set->r[FB_FAMILY_INDEX(family)];

		for (size_t i = 0; i < ranges->n; i++)
			json_array_append_new(
				list, json_sprintf("%s-%s", fb_ip_print(family, ranges->v[i].first, first),
						   fb_ip_print(family, ranges->v[i].last, last)));
	}
	return list;
}

static json_t *zones_json(const struct fb_cut_zones *zones)
{
	json_t *object = json_object();

	for (size_t i = 0; i < zones->n; i++) {
		const struct fb_cut_zone *zone = &zones->v[i];
		json_t *ports = json_array();

		for (size_t k = 0; k < zone->ports.n; k++)
			json_array_append_new(ports, json_pack("[si]", zone->ports.v[k].name,
							       zone->ports.v[k].vlan));
		json_object_set_new(object, zone->name,
				    json_pack("{so so}", "interfaces", ports, "networks",
					      networks_json(&zone->networks)));
	}
	return object;
}

int fb_switch_state_write(const char *state_dir, const struct fb_switch_state *state, struct fb_error *err)
{
	json_t *isolations = json_array(), *quarantines = json_array();
	FB_CLEANUP(json_cleanup) json_t *whole = NULL;
	fb_autofree char *text = NULL;

	for (size_t i = 0; i < state->isolations.n; i++) {
		const struct fb_isolation *s = &state->isolations.v[i];

		json_array_append_new(isolations,
				      json_pack("{ss ss ss sI so so}", "plan", s->plan, "who", s->note.who,
						"reason", s->note.reason, "since", (json_int_t)s->note.since,
						"cuts", cuts_json(&s->cuts), "zones", zones_json(&s->zones)));
	}
	for (size_t i = 0; i < state->quarantines.n; i++) {
		const struct fb_quarantine *q = &state->quarantines.v[i];

		json_array_append_new(quarantines,
				      json_pack("{ss ss ss sI so so}", "name", q->name, "who", q->note.who,
						"reason", q->note.reason, "since", (json_int_t)q->note.since,
						"addresses", fb_quarantine_addresses_json(q), "macs",
						fb_quarantine_macs_json(q)));
	}
	whole = json_pack("{ss so so}", "schema", SCHEMA, "isolations", isolations, "quarantines",
			  quarantines);
	text = json_dumps(whole, JSON_INDENT(1));
	if (!text)
		abort();
	return fb_store_write_file(state_dir, NAME, text, strlen(text), err);
}

/* ---- reading ---- */

static char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? strdup(s) : NULL;
}

static bool read_note(const json_t *object, struct fb_switch_note *ret)
{
	ret->who = text_of(object, "who");
	ret->reason = text_of(object, "reason");
	ret->since = json_integer_value(json_object_get(object, "since"));
	return ret->who && ret->reason;
}

static bool read_cut(const json_t *json, struct fb_cut *ret)
{
	for (size_t side = 0; side < 2; side++) {
		const char *name = json_string_value(json_array_get(json, side * 2));
		json_int_t id = json_integer_value(json_array_get(json, side * 2 + 1));

		if (!name || strlen(name) >= sizeof(ret->names[side]) || id < 1 || id >= FB_ZONES_MAX)
			return false;
		strcpy(ret->names[side], name);
		ret->ids[side] = (unsigned int)id;
	}
	return true;
}

static bool read_range(const char *text, struct fb_ipset *set)
{
	const char *dash = text ? strchr(text, '-') : NULL;
	struct fb_range range;
	int family, other;

	if (!dash || fb_ip_parse(text, (size_t)(dash - text), &family, &range.first) < 0 ||
	    fb_ip_parse(dash + 1, strlen(dash + 1), &other, &range.last) < 0 || family != other ||
	    fb_ip_cmp(range.first, range.last) > 0)
		return false;
	fb_ipset_add(set, family, range);
	return true;
}

static bool read_zone(const json_t *json, struct fb_cut_zone *ret)
{
	const json_t *ports = json_object_get(json, "interfaces"),
		     *networks = json_object_get(json, "networks");

	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *vlan = json_array_get(json_array_get(ports, i), 1);
		const char *name = json_string_value(json_array_get(json_array_get(ports, i), 0));
		struct fb_cut_port port = { .vlan = (int)json_integer_value(vlan) };

		if (!name || strlen(name) >= sizeof(port.name) || !json_is_integer(vlan))
			return false;
		strcpy(port.name, name);
		fb_vec_add(&ret->ports, port);
	}
	for (size_t i = 0; i < json_array_size(networks); i++)
		if (!read_range(json_string_value(json_array_get(networks, i)), &ret->networks))
			return false;
	return json_is_array(ports) && json_is_array(networks);
}

static bool read_isolation(const json_t *json, struct fb_isolation *ret)
{
	const json_t *cuts = json_object_get(json, "cuts");
	const char *name;
	json_t *zone;

	ret->plan = text_of(json, "plan");
	if (!ret->plan || !read_note(json, &ret->note) || !json_array_size(cuts))
		return false;
	for (size_t i = 0; i < json_array_size(cuts); i++) {
		struct fb_cut cut = { 0 };

		if (!read_cut(json_array_get(cuts, i), &cut))
			return false;
		fb_vec_add(&ret->cuts, cut);
	}
	/* not in files of older versions */
	json_object_foreach (json_object_get(json, "zones"), name, zone)
		if (strlen(name) >= sizeof(ret->zones.v->name) ||
		    !read_zone(zone, fb_cut_zones_get(&ret->zones, name)))
			return false;
	return true;
}

static bool read_address(const char *text, struct fb_quarantine_key *ret)
{
	const char *slash = text ? strchr(text, '/') : NULL;
	unsigned long len;
	struct fb_ip ip;
	int family;

	if (!text || fb_ip_parse(text, slash ? (size_t)(slash - text) : strlen(text), &family, &ip) < 0)
		return false;
	len = slash ? strtoul(slash + 1, NULL, 10) : family == 4 ? 32 : 128;
	if (len > (family == 4 ? 32 : 128))
		return false;
	*ret = (struct fb_quarantine_key){ .prefixlen = 32 + (__u32)len, .family = (__u32)family };
	fb_ip_to_bytes(family, ip, ret->address);
	return true;
}

static bool read_quarantine(const json_t *json, struct fb_quarantine *ret)
{
	const json_t *addresses = json_object_get(json, "addresses"), *macs = json_object_get(json, "macs");

	ret->name = text_of(json, "name");
	if (!ret->name || !read_note(json, &ret->note))
		return false;
	for (size_t i = 0; i < json_array_size(addresses); i++) {
		struct fb_quarantine_key key;

		if (!read_address(json_string_value(json_array_get(addresses, i)), &key))
			return false;
		fb_vec_add(&ret->addresses, key);
	}
	for (size_t i = 0; i < json_array_size(macs); i++) {
		const char *text = json_string_value(json_array_get(macs, i));
		struct fb_mac_key key = { 0 };

		if (!text || fb_mac_parse(text, strlen(text), key.mac) < 0)
			return false;
		fb_vec_add(&ret->macs, key);
	}
	return ret->addresses.n || ret->macs.n;
}

static bool read_all(const json_t *json, struct fb_switch_state *ret)
{
	const json_t *isolations = json_object_get(json, "isolations"),
		     *quarantines = json_object_get(json, "quarantines");
	const char *schema = json_string_value(json_object_get(json, "schema"));

	if (!schema || strcmp(schema, SCHEMA) || !json_is_array(isolations) || !json_is_array(quarantines))
		return false;
	for (size_t i = 0; i < json_array_size(isolations); i++)
		if (!read_isolation(json_array_get(isolations, i),
				    fb_vec_add(&ret->isolations, (struct fb_isolation){ 0 })))
			return false;
	for (size_t i = 0; i < json_array_size(quarantines); i++)
		if (!read_quarantine(json_array_get(quarantines, i),
				     fb_vec_add(&ret->quarantines, (struct fb_quarantine){ 0 })))
			return false;
	return true;
}

int fb_switch_state_read(const char *state_dir, struct fb_switch_state *ret, struct fb_error *err)
{
	FB_CLEANUP(json_cleanup) json_t *json = NULL;
	struct fb_switch_state state = { 0 };
	fb_autofree char *text = NULL;
	size_t len;
	int r = fb_store_read_file(state_dir, NAME, &text, &len, err);

	*ret = state;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json || !read_all(json, &state)) {
		fb_switch_state_done(&state);
		return fb_error_set(
			err, -EBADMSG,
			"%s/" NAME
			": is not what this program wrote: put back a copy of it, or move it away, "
			"which releases all of it (%s/audit.log has what that was), and start again",
			state_dir, state_dir);
	}
	*ret = state;
	return 0;
}

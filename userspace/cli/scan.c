// SPDX-License-Identifier: GPL-2.0-only
#include "cli/scan.h"

#include "base/strbuf.h"
#include "cli/live.h"
#include "cli/seen.h"

enum { MANY = 5 };

/* What those of one group have in common; field is "dst" or "service". */
static const char *key_of(const json_t *e, const char *field, struct fb_strbuf *out)
{
	static const char *const fields[] = { "reason", "at", "src_zone", "dst_zone", "src", "mac" };

	fb_strbuf_addf(out, "%s %s %s", field, fb_field_text(e, field), fb_seen_what(e));
	for (size_t i = 0; i < FB_ARRAY_SIZE(fields); i++)
		fb_strbuf_addf(out, " %s", fb_field_text(e, fields[i]));
	return fb_strbuf_get(out);
}

static void add(json_t *object, const char *name, long long n)
{
	json_object_set_new(object, name, json_integer(fb_field_int(object, name) + n));
}

json_t *fb_scan_group(const json_t *events)
{
	json_t *list = json_array(), *sizes = json_object(), *groups = json_object(), *e, *group;
	size_t i;

	json_array_foreach (events, i, e) {
		fb_autostrbuf struct fb_strbuf dst = { 0 }, service = { 0 };

		add(sizes, key_of(e, "dst", &dst), 1);
		add(sizes, key_of(e, "service", &service), 1);
	}
	json_array_foreach (events, i, e) {
		fb_autostrbuf struct fb_strbuf dst = { 0 }, service = { 0 };
		long long ports = fb_field_int(sizes, key_of(e, "dst", &dst)),
			  hosts = fb_field_int(sizes, key_of(e, "service", &service));
		const char *key = fb_strbuf_get(ports >= hosts ? &dst : &service);

		group = json_object_get(groups, key);
		if (!group) {
			group = json_copy(e);
			json_array_append_new(list, group);
			if (ports >= MANY || hosts >= MANY)
				json_object_set(groups, key, group);
			continue;
		}
		add(group, "count", fb_field_int(e, "count"));
		key = ports >= hosts ? "ports" : "hosts";
		add(group, key, fb_field_int(group, key) ? 1 : 2);
	}
	json_decref(sizes);
	json_decref(groups);
	return list;
}

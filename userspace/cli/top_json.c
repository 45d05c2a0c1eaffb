// SPDX-License-Identifier: GPL-2.0-only
#include "cli/top.h"

#include "cli/live.h"

static json_t *rate(double x)
{
	return json_real((double)(long long)(x * 1000 + 0.5) / 1000);
}

/* A copy of these fields; what is not there is null. */
static json_t *fields(const json_t *from, const char *const *names)
{
	json_t *to = json_object();

	for (; *names; names++) {
		json_t *v = json_object_get(from, *names);

		json_object_set_new(to, *names, v ? json_incref(v) : json_null());
	}
	return to;
}

static json_t *row_json(const struct fb_top_row *row, const char *const *names)
{
	json_t *o = fields(row->of, names);

	json_object_set_new(o, "packets_per_second", rate(row->packets));
	json_object_set_new(o, "bits_per_second", rate(row->bits));
	return o;
}

static json_t *pairs_json(const struct fb_top *top)
{
	static const char *const names[] = { "src", "dst", NULL };
	json_t *list = json_array();

	for (size_t i = 0; i < top->pairs.n; i++)
		json_array_append_new(list, row_json(&top->pairs.v[i], names));
	return list;
}

static json_t *rules_json(const struct fb_top *top)
{
	static const char *const names[] = { "id", "kind", "pairs", "text", NULL };
	json_t *list = json_array();

	for (size_t i = 0; i < top->rules.n; i++) {
		json_t *o = row_json(&top->rules.v[i], names);

		json_object_set_new(o, "flows_per_second", rate(top->rules.v[i].flows));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *drops_json(const struct fb_top *top)
{
	static const char *const names[] = { "src", "dst", "reason", NULL };
	static const char *const who[] = { "src",     "src_name", "dst",   "dst_name",
					   "service", "mac",	  "alarm", NULL };
	json_t *list = json_array();

	for (size_t i = 0; i < top->drops.n; i++) {
		const struct fb_top_row *row = &top->drops.v[i];
		json_t *o = row_json(row, names);

		json_object_set_new(o, "packets_per_minute", rate(row->minute));
		json_object_set_new(o, "who", row->who ? fields(row->who, who) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

json_t *fb_top_json(const struct fb_top *top)
{
	static const char *const said[] = {
		"state", "generation", "why",	      "clock_synchronised", "agent",
		"flows", "isolated",   "quarantined", "drops_per_minute",   NULL
	};
	FB_CLEANUP(json_decrefp) json_t *status = fields(top->now->status, said);
	json_t *o = json_pack("{ss sI so}", "schema", "firebreak.top/1", "at", (json_int_t)top->now->at,
			      "seconds", rate(top->seconds));

	json_object_update(o, status);
	json_object_set_new(o, "pairs", pairs_json(top));
	json_object_set_new(o, "drops", drops_json(top));
	json_object_set_new(o, "rules", rules_json(top));
	if (top->now->flows)
		json_object_set(o, "live", json_object_get(top->now->flows, "flows"));
	return o;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "cli/verbs.h"

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

/* Why this version would not take the generation again; "" = it would. buf holds size bytes. */
static const char *objection(const struct fb_call *call, const json_t *entry, char *buf, size_t size)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	FB_CLEANUP(json_cleanup) json_t *bundle = NULL;
	struct fb_error err = { 0 };
	char path[64];

	*buf = 0;
	snprintf(buf, size, "%s", fb_field_text(entry, "why"));
	snprintf(path, sizeof(path), "/v1/bundle?generation=%lld", fb_field_int(entry, "generation"));
	if (*buf || fb_live_get(call, path, &bundle))
		return buf;
	if (fb_policy_load_bundle(&policy, bundle, &err) < 0)
		snprintf(buf, size, "%.200s", err.text);
	for (size_t i = 0; policy.errors && !*buf && i < policy.diags.list.n; i++) {
		const struct fb_diag *d = &policy.diags.list.v[i];

		if (d->level == FB_DIAG_ERROR)
			snprintf(buf, size, "line %u: %s", d->at.line, d->text);
	}
	return buf;
}

static void add_row(struct fb_table *t, const json_t *entry, const char *why)
{
	const char *state = fb_field_text(entry, "state");
	long long back = fb_field_int(entry, "rollback_of"), first = fb_field_int(entry, "first");
	char buf[FB_HUMAN_LEN];

	fb_table_addf(t, "%lld", fb_field_int(entry, "generation"));
	if (first && first != fb_field_int(entry, "generation"))
		fb_table_addf(t, "%lld", first);
	else
		fb_table_add(t, "");
	fb_table_add(t, state);
	fb_table_colour(t, *state ? FB_GREEN : FB_PLAIN);
	fb_table_add(t, fb_human_instant(fb_field_int(entry, "applied"), buf));
	fb_table_add(t, fb_field_text(entry, "who"));
	fb_table_add(t, fb_field_text(entry, "reason"));
	if (*why)
		fb_table_addf(t, "NOT ACCEPTED any more: %s", why);
	else if (back)
		fb_table_addf(t, "%lld", back);
	else
		fb_table_add(t, "");
	fb_table_colour(t, *why ? FB_RED : FB_PLAIN);
}

int fb_cmd_history(const struct fb_call *call)
{
	static const struct fb_column columns[] = { { "GENERATION", .right = true },
						    { "APPLIED AS", .right = true, .rank = 2 },
						    { "STATE" },
						    { "APPLIED", .rank = 1 },
						    { "BY", .text = true },
						    { "REASON", .text = true },
						    { "COPY OF", .text = true } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	const char *limit = fb_call_option(call, "limit");
	FB_CLEANUP(json_cleanup) json_t *answer = NULL;
	fb_autostrbuf struct fb_strbuf path = { 0 };
	json_t *list, *entry;
	size_t i;
	int r;

	if (fb_call_option(call, "access"))
		return fb_history_of_access(call, fb_call_option(call, "access"));
	if (!fb_limit_check(call))
		return FB_EXIT_USAGE;
	fb_strbuf_addf(&path, "/v1/history?limit=%lu", limit ? strtoul(limit, NULL, 10) : 20);
	r = fb_live_get(call, fb_strbuf_get(&path), &answer);
	if (r)
		return r;
	list = json_object_get(answer, "generations");
	json_array_foreach (list, i, entry) {
		char why[256];

		objection(call, entry, why, sizeof(why));
		json_object_set_new(entry, "accepted", json_boolean(!*why));
		if (*why)
			json_object_set_new(entry, "why", json_string(why));
		add_row(&t, entry, why);
	}
	if (call->json)
		fb_json_put(json_incref(answer));
	else if (!json_array_size(list))
		puts("nothing was ever applied");
	else
		fb_table_print(&t);
	fb_table_done(&t);
	return FB_EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/live.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "cli/verbs.h"

static int verify(const struct fb_call *call)
{
	json_t *answer = NULL;
	int r = fb_live_get(call, "/v1/audit/verify", &answer);
	bool good;

	if (r)
		return r;
	good = fb_field_true(answer, "good");
	if (call->json)
		fb_json_put(json_incref(answer));
	else if (good)
		printf("%lld change%s, each as it was written; the last one's sum is %s\n",
		       fb_field_int(answer, "lines"), fb_field_int(answer, "lines") == 1 ? "" : "s",
		       fb_field_text(answer, "head"));
	else
		fb_complain("the audit log is NOT what was written: %s", fb_field_text(answer, "why"));
	json_decref(answer);
	return good ? FB_EXIT_OK : FB_EXIT_POLICY;
}

static void add_row(struct fb_table *t, const json_t *e)
{
	const char *object = fb_field_text(e, "object");
	long long before = fb_field_int(e, "before"), after = fb_field_int(e, "after");
	char buf[FB_HUMAN_LEN];

	fb_table_addf(t, "%lld", fb_field_int(e, "seq"));
	fb_table_add(t, fb_human_instant(fb_field_int(e, "at"), buf));
	fb_table_addf(t, "%s%s%s", fb_field_text(e, "what"), *object ? " " : "", object);
	fb_table_add(t, fb_field_text(e, "who"));
	if (before == after)
		fb_table_addf(t, "%lld", after);
	else
		fb_table_addf(t, "%lld to %lld", before, after);
	fb_table_add(t, fb_field_text(e, "reason"));
}

int fb_cmd_audit(const struct fb_call *call)
{
	static const struct fb_column columns[] = {
		{ "NO", .right = true, .rank = 2 }, { "WHEN" },
		{ "WHAT", .text = true },	    { "BY", .text = true },
		{ "GENERATION", .rank = 1 },	    { "REASON", .text = true }
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	const char *limit = fb_call_option(call, "limit");
	fb_autostrbuf struct fb_strbuf path = { 0 };
	json_t *answer = NULL, *entry;
	size_t i;
	int r;

	if (call->n_args && strcmp(call->args[0], "verify") != 0) {
		fb_complain("audit takes nothing, or \"verify\"");
		return FB_EXIT_USAGE;
	}
	if (call->n_args)
		return verify(call);
	if (!fb_limit_check(call))
		return FB_EXIT_USAGE;
	fb_strbuf_addf(&path, "/v1/audit?limit=%lu", limit ? strtoul(limit, NULL, 10) : 100);
	r = fb_live_get(call, fb_strbuf_get(&path), &answer);
	if (r)
		return r;
	json_array_foreach (json_object_get(answer, "entries"), i, entry)
		add_row(&t, entry);
	if (call->json)
		fb_json_put(json_incref(answer));
	else
		fb_table_print(&t);
	fb_table_done(&t);
	json_decref(answer);
	return FB_EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/* open, close: accesses of the policy, by request and for a time. */
#include <string.h>
#include <time.h>

#include "cli/act.h"
#include "cli/change.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/verbs.h"

static long long last_use(const json_t *lines)
{
	long long last = 0;

	for (size_t i = 0; i < json_array_size(lines); i++)
		if (fb_field_int(json_array_get(lines, i), "last_hit") > last)
			last = fb_field_int(json_array_get(lines, i), "last_hit");
	return last;
}

static void add_lines(const json_t *lines, struct fb_strbuf *out)
{
	for (size_t i = 0; i < json_array_size(lines); i++)
		fb_strbuf_addf(out, "%s%s: %s", i ? "; " : "",
			       fb_field_text(json_array_get(lines, i), "pairs"),
			       fb_field_text(json_array_get(lines, i), "text"));
}

static void print_accesses(const json_t *answer)
{
	static const struct fb_column columns[] = {
		{ "ACCESS" },
		{ "STATE", .text = true },
		{ "MAX", .right = true, .rank = 2 },
		{ "LAST USE", .rank = 3 },
		{ "WHO", .rank = 4 },
		{ "WHY", .text = true, .rank = 5 },
		{ "LINES", .text = true, .rank = 1 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	const json_t *list = json_object_get(answer, "accesses");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *a = json_array_get(list, i), *lines = json_object_get(a, "lines");
		bool open = fb_field_true(a, "open");
		fb_autostrbuf struct fb_strbuf text = { 0 };
		char buf[FB_HUMAN_LEN];

		add_lines(lines, &text);
		fb_table_add(&t, fb_field_text(a, "access"));
		if (open)
			fb_table_addf(&t, "open for %s",
				      fb_human_span(fb_field_int(a, "until") - time(NULL), buf));
		else
			fb_table_add(&t, fb_field_true(a, "may_open") ? "shut" : "shut, not now");
		fb_table_colour(&t, open ? FB_YELLOW : FB_PLAIN);
		fb_table_add(&t, fb_field_int(a, "max") ? fb_human_span(fb_field_int(a, "max"), buf) : NULL);
		fb_table_add(&t, fb_human_time(last_use(lines), buf));
		fb_table_add(&t, open ? fb_field_text(a, "who") : NULL);
		fb_table_add(&t, open ? fb_field_text(a, "reason") : NULL);
		fb_table_add(&t, fb_strbuf_get(&text));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(list))
		fb_complain("the policy in force has no accesses: access NAME { max 4h }, and on-request "
			    "NAME on a line");
	if (!fb_field_true(answer, "clock_synchronised"))
		fb_complain("the clock is not synchronised: accesses stay shut");
}

int fb_cmd_open(const struct fb_call *call)
{
	enum { LONGEST = 31 * 86400 };
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	const char *name = call->n_args ? call->args[0] : NULL, *span = fb_call_option(call, "for");
	fb_autostrbuf struct fb_strbuf what = { 0 };
	unsigned int seconds = 0;
	struct fb_error err = { 0 };
	char buf[FB_HUMAN_LEN];
	int r;

	if (!name) {
		r = fb_live_get(call, "/v1/accesses", &answer);
		if (r == FB_EXIT_OK && !call->json)
			print_accesses(answer);
		return r || !call->json ? r : fb_json_put(FB_STEAL(answer));
	}
	if (!span || fb_duration_read(span, 1, LONGEST, &seconds, &err) < 0) {
		fb_complain("%s%s", span ? "--for: " : "",
			    span ? err.text : "for how long? firebreak open NAME --for 2h --reason \"...\"");
		return FB_EXIT_USAGE;
	}
	fb_strbuf_addf(&what, "open %s --for %s", name, span);
	r = fb_act_needs_reason(call, fb_strbuf_get(&what));
	if (r == FB_EXIT_OK)
		r = fb_act_post(call, "/v1/open", json_pack("{ss si}", "name", name, "seconds", (int)seconds),
				&answer);
	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	printf("%s is open for %s; again to extend, or: firebreak close %s\n", name,
	       fb_human_span(seconds, buf), name);
	return FB_EXIT_OK;
}

int fb_cmd_close(const struct fb_call *call)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	int r = fb_act_post(call, "/v1/close", json_pack("{ss}", "name", call->args[0]), &answer);

	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	printf("%s is shut\n", call->args[0]);
	return FB_EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/* history --access: who opened a way in, when and why, and what came by it. */
#include <string.h>

#include "cli/live.h"
#include "cli/output.h"
#include "cli/verbs.h"

enum { ENTRIES = 1000 };

static bool is_of(const json_t *entry, const void *name)
{
	const char *what = fb_field_text(entry, "what");

	return !strcmp(fb_field_text(entry, "object"), name) &&
	       (!strcmp(what, "open") || !strcmp(what, "close") || !strcmp(what, "shut"));
}

/* Openings so far, one after another: since when, and until when at the latest; 0 = none, not known. */
struct opening {
	long long since, until;
};

/* Of one that opens, for how long that was to be; of one that shuts, how long it was open: the agent may have seen it late. */
static void add_span(struct fb_table *t, const json_t *act, struct opening *o)
{
	long long at = fb_field_int(act, "at"), seconds = fb_field_int(act, "seconds"), span = seconds;
	char buf[FB_HUMAN_LEN];

	if (!strcmp(fb_field_text(act, "what"), "open")) {
		*o = (struct opening){ o->since ? o->since : at, seconds ? at + seconds : 0 };
	} else {
		span = !o->since ? 0 : (o->until && o->until < at ? o->until : at) - o->since;
		*o = (struct opening){ 0 };
	}
	fb_table_add(t, span ? fb_human_span(span, buf) : "");
}

static const json_t *access_named(const json_t *answer, const char *name)
{
	const json_t *access;
	size_t i;

	json_array_foreach (json_object_get(answer, "accesses"), i, access)
		if (!strcmp(fb_field_text(access, "access"), name))
			return access;
	return NULL;
}

static void print_acts(const json_t *acts)
{
	static const struct fb_column columns[] = { { "WHEN", .rank = 1 },
						    { "WHAT" },
						    { "FOR", .right = true, .rank = 2 },
						    { "BY", .text = true },
						    { "REASON", .text = true } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	char when[FB_HUMAN_LEN];
	struct opening opening = { 0 };
	const json_t *act;
	size_t i;

	json_array_foreach (acts, i, act) {
		fb_table_add(&t, fb_field_time(act, "at", when));
		fb_table_add(&t, fb_field_text(act, "what"));
		add_span(&t, act, &opening);
		fb_table_add(&t, fb_field_text(act, "who"));
		fb_table_add(&t, fb_field_text(act, "reason"));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(acts))
		puts("nobody opened it");
}

static void print_lines(const json_t *lines)
{
	static const struct fb_column columns[] = {
		{ "PAIR", .text = true, .rank = 2 }, { "LINE", .text = true },
		{ "FLOWS", .right = true },	     { "PACKETS", .right = true, .rank = 3 },
		{ "BYTES", .right = true },	     { "LAST USED", .rank = 1 }
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	char buf[FB_HUMAN_LEN];
	const json_t *line;
	size_t i;

	json_array_foreach (lines, i, line) {
		fb_table_add(&t, fb_field_text(line, "pairs"));
		fb_table_add(&t, fb_field_text(line, "text"));
		fb_table_add(&t, fb_human_count((unsigned long long)fb_field_int(line, "flows"), buf));
		fb_table_add(&t, fb_human_count((unsigned long long)fb_field_int(line, "packets"), buf));
		fb_table_add(&t, fb_human_bytes((unsigned long long)fb_field_int(line, "bytes"), buf));
		fb_table_add(&t, fb_field_int(line, "packets") ? fb_field_time(line, "last_hit", buf) : "");
	}
	putchar('\n');
	fb_table_print(&t);
	fb_table_done(&t);
	fb_complain("counted since this machine started, over all openings");
}

int fb_history_of_access(const struct fb_call *call, const char *name)
{
	FB_CLEANUP(json_decrefp) json_t *accesses = NULL, *audit = NULL;
	char path[64];
	const json_t *access;
	json_t *acts;
	int r = fb_live_get(call, "/v1/accesses", &accesses);

	if (r)
		return r;
	access = access_named(accesses, name);
	if (!access) {
		fb_complain("the policy in force has no access \"%s\"; \"firebreak open\" lists them", name);
		return FB_EXIT_REFUSED;
	}
	snprintf(path, sizeof(path), "/v1/audit?limit=%d", ENTRIES);
	r = fb_live_get(call, path, &audit);
	if (r)
		return r;
	acts = json_object_get(audit, "entries");
	fb_array_filter(acts, is_of, name);
	if (call->json)
		return fb_json_put(json_pack("{ss ss sO sO}", "schema", "firebreak.history-access/1",
					     "access", name, "acts", acts, "lines",
					     json_object_get(access, "lines")));
	print_acts(acts);
	print_lines(json_object_get(access, "lines"));
	return FB_EXIT_OK;
}

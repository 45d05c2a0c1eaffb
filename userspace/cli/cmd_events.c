// SPDX-License-Identifier: GPL-2.0-only
/* events: what the data plane told, brought together; --follow goes on as it tells. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/live.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "cli/verbs.h"

static int get(const struct fb_call *call, const char *since, const char *limit, json_t **ret)
{
	fb_autostrbuf struct fb_strbuf path = { 0 };

	fb_strbuf_add(&path, "/v1/events");
	fb_query_add(&path, "kind", fb_call_option(call, "kind"));
	fb_query_add(&path, "host", fb_call_option(call, "host"));
	fb_query_add(&path, "since", since);
	fb_query_add(&path, "limit", limit);
	return fb_live_get(call, fb_strbuf_get(&path), ret);
}

static enum fb_colour colour_of(const json_t *e)
{
	if (fb_field_true(e, "alarm"))
		return FB_RED;
	return strcmp(fb_field_text(e, "kind"), "would-drop") ? FB_PLAIN : FB_YELLOW;
}

static void add_event(struct fb_table *t, const json_t *e)
{
	char buf[FB_HUMAN_LEN];

	fb_table_add(t, fb_human_instant(fb_field_int(e, "last"), buf));
	fb_table_add(t, fb_seen_what(e));
	fb_table_colour(t, colour_of(e));
	fb_table_add(t, fb_seen_name(e, "src"));
	fb_table_add(t, fb_seen_name(e, "dst"));
	fb_table_add(t, fb_field_text(e, "service"));
	fb_table_addf(t, "%s -> %s", fb_field_text(e, "src_zone"), fb_field_text(e, "dst_zone"));
	fb_table_add(t, fb_human_count((unsigned long long)fb_field_int(e, "count"), buf));
	fb_table_add(t, fb_field_text(e, "rule"));
	fb_table_add(t, fb_field_text(e, "mac"));
}

static int show(const json_t *answer)
{
	static const struct fb_column columns[] = {
		{ "LAST" },
		{ "WHAT" },
		{ "FROM", .text = true },
		{ "TO", .text = true },
		{ "SERVICE", .rank = 1 },
		{ "ZONES", .text = true, .rank = 2 },
		{ "SEEN", .right = true, .rank = 3 },
		{ "LINE", .text = true, .rank = 4 },
		{ "MAC", .rank = 5 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	const json_t *events = json_object_get(answer, "events");
	char lost[FB_HUMAN_LEN];

	for (size_t i = 0; i < json_array_size(events); i++)
		add_event(&t, json_array_get(events, i));
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(events))
		fb_complain("nothing of this was seen");
	if (fb_field_int(answer, "lost"))
		fb_complain(
			"%s more were counted and not told: too many at once (\"drops\" has every packet)",
			fb_human_count((unsigned long long)fb_field_int(answer, "lost"), lost));
	return FB_EXIT_OK;
}

/* A line that does not wait for the ones after it. */
static void put_line(const struct fb_call *call, const struct fb_screen *screen, const json_t *e)
{
	fb_autostrbuf struct fb_strbuf src = { 0 }, dst = { 0 }, often = { 0 };

	if (call->json) {
		FB_CLEANUP(json_decrefp) json_t *line = json_pack("{ss}", "schema", "firebreak.event/1");

		json_object_update(line, (json_t *)e);
		json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
		return;
	}
	fb_seen_end(e, "src", &src);
	fb_seen_end(e, "dst", &dst);
	fb_seen_often(e, &often);
	fb_print_line(screen, colour_of(e), "%-16s %s -> %s  %s -> %s  %s  %s  %s", fb_seen_what(e),
		      fb_field_text(e, "src_zone"), fb_field_text(e, "dst_zone"), fb_strbuf_get(&src),
		      fb_strbuf_get(&dst), fb_field_text(e, "service"), fb_field_text(e, "rule"),
		      fb_strbuf_get(&often));
}

/* Until interrupted, or nobody reads any more. */
static int follow(const struct fb_call *call)
{
	struct fb_screen screen = fb_screen_of(stdout);
	char since[24] = "0";
	bool first = true;

	for (;; sleep(1)) {
		FB_CLEANUP(json_decrefp) json_t *answer = NULL;
		int r = get(call, since, first ? "10" : NULL, &answer);
		const json_t *events;

		if (r)
			return r;
		events = json_object_get(answer, "events");
		for (size_t i = json_array_size(events); i; i--)
			put_line(call, &screen, json_array_get(events, i - 1));
		if (fflush(stdout) || ferror(stdout))
			return FB_EXIT_OK;
		snprintf(since, sizeof(since), "%lld", fb_field_int(answer, "next"));
		first = false;
	}
}

int fb_cmd_events(const struct fb_call *call)
{
	static const char *const kinds[] = { "drop", "would-drop", "flow", "quota", "binding" };
	const char *kind = fb_call_option(call, "kind");
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	bool known = !kind;
	int r;

	for (size_t i = 0; kind && i < FB_ARRAY_SIZE(kinds); i++)
		known |= !strcmp(kind, kinds[i]);
	if (!known) {
		fb_complain("events: no kind \"%s\": drop, would-drop, flow, quota or binding", kind);
		return FB_EXIT_USAGE;
	}
	if (!fb_limit_check(call))
		return FB_EXIT_USAGE;
	if (fb_call_option(call, "follow"))
		return follow(call);
	r = get(call, NULL, fb_call_option(call, "limit"), &answer);
	if (r)
		return r;
	return call->json ? fb_json_put(FB_STEAL(answer)) : show(answer);
}

/* ---- drops --by ---- */

/* What an event is grouped by; buf holds 160. */
static const char *key_of(const json_t *e, const char *by, char *buf)
{
	if (!strcmp(by, "source"))
		return fb_seen_name(e, "src");
	if (!strcmp(by, "destination"))
		return fb_seen_name(e, "dst");
	if (!strcmp(by, "pair"))
		snprintf(buf, 160, "%s -> %s", fb_field_text(e, "src_zone"), fb_field_text(e, "dst_zone"));
	else
		snprintf(buf, 160, "%s", fb_field_text(e, by)); /* service, reason, mac */
	return buf;
}

int fb_cmd_drops_by(const struct fb_call *call, const char *by)
{
	static const char *const keys[] = { "source", "destination", "pair", "service", "reason", "mac" };
	static const struct fb_column columns[] = { { "WHO", .text = true },
						    { "SEEN", .right = true },
						    { "LAST" } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	FB_CLEANUP(json_decrefp) json_t *answer = NULL, *groups = json_object(), *list = json_array();
	const char *name;
	json_t *group;
	bool known = false;
	int r;

	for (size_t i = 0; i < FB_ARRAY_SIZE(keys); i++)
		known |= !strcmp(by, keys[i]);
	if (!known) {
		fb_complain("drops: --by is source, destination, pair, service, reason or mac, not \"%s\"",
			    by);
		return FB_EXIT_USAGE;
	}
	r = fb_live_get(call, "/v1/events?limit=20000", &answer);
	if (r)
		return r;
	for (size_t i = 0; i < json_array_size(json_object_get(answer, "events")); i++) {
		const json_t *e = json_array_get(json_object_get(answer, "events"), i);
		long long last = fb_field_int(e, "last");
		char buf[160];
		const char *key = key_of(e, by, buf);

		if (!strcmp(fb_field_text(e, "reason"), "passed"))
			continue;
		group = json_object_get(groups, key);
		if (!group) {
			group = json_pack("{ss sI sI}", "key", key, "count", (json_int_t)0, "last",
					  (json_int_t)0);
			json_object_set_new(groups, key, group);
		}
		json_object_set_new(group, "count",
				    json_integer(fb_field_int(group, "count") + fb_field_int(e, "count")));
		if (last > fb_field_int(group, "last"))
			json_object_set_new(group, "last", json_integer(last));
	}
	json_object_foreach (groups, name, group)
		json_array_append(list, group);
	fb_array_sort(list, "count");
	if (call->json)
		return fb_json_put(
			json_pack("{ss ss sO}", "schema", "firebreak.drops-by/1", "by", by, "groups", list));
	for (size_t i = 0; i < json_array_size(list); i++) {
		char buf[FB_HUMAN_LEN];

		group = json_array_get(list, i);
		fb_table_add(&t, fb_field_text(group, "key"));
		fb_table_add(&t, fb_human_count((unsigned long long)fb_field_int(group, "count"), buf));
		fb_table_add(&t, fb_human_instant(fb_field_int(group, "last"), buf));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(list))
		fb_complain("no drops were seen lately");
	return FB_EXIT_OK;
}

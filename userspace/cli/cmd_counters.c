// SPDX-License-Identifier: GPL-2.0-only
/* zones, rules, drops: what the counters say. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <firebreak_abi.h>

#include "cli/live.h"
#include "cli/output.h"
#include "cli/verbs.h"

static const char *reason_meaning(const char *name)
{
#define FB_X(n, id, text, meaning) \
	if (!strcmp(name, text))   \
		return meaning;
	FB_REASONS(FB_X)
#undef FB_X
	return "";
}

static void add_list(struct fb_table *t, const json_t *object, const char *name)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	fb_field_list(object, name, &text);
	fb_table_add(t, fb_strbuf_get(&text));
}

int fb_cmd_zones(const struct fb_call *call)
{
	static const struct fb_column columns[] = {
		{ "ZONE" },
		{ "INTERFACES", .text = true, .rank = 2 },
		{ "NETWORKS", .text = true, .rank = 4 },
		{ "PASSED", .right = true, .rank = 1 },
		{ "BYTES", .right = true, .rank = 5 },
		{ "DROPPED", .right = true, .rank = 1 },
		{ "ENFORCING" },
		{ "OWNER", .text = true, .rank = 3 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	char buf[FB_HUMAN_LEN];
	int r = fb_live_get(call, "/v1/zones", &answer);

	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));

	const json_t *zones = json_object_get(answer, "zones");

	for (size_t i = 0; i < json_array_size(zones); i++) {
		const json_t *z = json_array_get(zones, i), *enforcing = json_object_get(z, "enforcing");

		fb_table_add(&t, fb_field_text(z, "name"));
		add_list(&t, z, "interfaces");
		add_list(&t, z, "networks");
		fb_table_add(&t, fb_human_count((unsigned long long)fb_field_int(z, "passed_packets"), buf));
		fb_table_add(&t, fb_human_bytes((unsigned long long)fb_field_int(z, "passed_bytes"), buf));
		fb_table_add(&t, fb_human_count((unsigned long long)fb_field_int(z, "dropped_packets"), buf));
		fb_table_add(&t, json_is_boolean(enforcing) ? json_is_true(enforcing) ? "yes" : "NO" : "-");
		fb_table_colour(&t, json_is_false(enforcing) ? FB_RED : FB_PLAIN);
		fb_table_add(&t, fb_field_text(z, "owner"));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(zones))
		fb_complain("no zones: no policy is in force, and everything is dropped");
	return FB_EXIT_OK;
}

/* Not used since then; since 0 = ever. A never line that nothing met is what one hopes for. */
static bool unused(const json_t *rule, const void *arg)
{
	long long since = *(const long long *)arg, last = fb_field_int(rule, "last_hit");

	if (!strcmp(fb_field_text(rule, "kind"), "never"))
		return false;
	return since ? last < since : !last && !fb_field_int(rule, "packets") && !fb_field_int(rule, "flows");
}

/* "90d", "12h", "2w" */
static bool read_span(const char *text, long long *ret)
{
	char *rest;
	long n = strtol(text, &rest, 10);
	long long unit = !strcmp(rest, "h")   ? 3600
			 : !strcmp(rest, "d") ? 86400
			 : !strcmp(rest, "w") ? 7 * 86400
					      : 0;

	if (!unit || n < 1 || n > 100000) {
		fb_complain("rules: \"%s\" is no span: write 12h, 90d or 6w", text);
		return false;
	}
	*ret = n * unit;
	return true;
}

/* The counters are in the kernel's memory: they know nothing from before the machine started. */
static void warn_young(long long span)
{
	struct timespec up;
	char buf[FB_HUMAN_LEN];

	if (!clock_gettime(CLOCK_BOOTTIME, &up) && up.tv_sec < span)
		fb_complain("this machine has run for %s only: what was used before that is not known",
			    fb_human_span(up.tv_sec, buf));
}

static void add_rule(struct fb_table *t, const json_t *rule)
{
	bool never = !strcmp(fb_field_text(rule, "kind"), "never");
	const char *during = fb_field_text(rule, "during"), *access = fb_field_text(rule, "on_request");
	char buf[FB_HUMAN_LEN];

	fb_table_add(t, fb_field_text(rule, "id"));
	fb_table_add(t, never ? "never" : fb_field_text(rule, "pairs"));
	fb_table_colour(t, never ? FB_YELLOW : FB_PLAIN);
	fb_table_addf(t, "%s%s", never ? "never " : "", fb_field_text(rule, "text"));
	if (*during || *access)
		fb_table_addf(t, "%s%s%s%s%s", *during ? "during " : "", during,
			      *during && *access ? " " : "", *access ? "on-request " : "", access);
	else
		fb_table_add(t, NULL);
	fb_table_add(t, fb_human_count((unsigned long long)fb_field_int(rule, "packets"), buf));
	fb_table_add(t, fb_human_bytes((unsigned long long)fb_field_int(rule, "bytes"), buf));
	fb_table_add(t, fb_human_count((unsigned long long)fb_field_int(rule, "flows"), buf));
	fb_table_add(t, fb_field_time(rule, "last_hit", buf));
	fb_table_add(t, fb_field_time(rule, "until", buf));
	fb_table_add(t, fb_field_text(rule, "at"));
}

int fb_cmd_rules(const struct fb_call *call)
{
	static const struct fb_column columns[] = {
		{ "ID", .rank = 6 },
		{ "PAIR", .text = true, .rank = 2 },
		{ "LINE", .text = true },
		{ "WHEN", .text = true, .sparse = true, .rank = 1 },
		{ "PACKETS", .right = true },
		{ "BYTES", .right = true, .rank = 4 },
		{ "FLOWS", .right = true, .rank = 5 },
		{ "LAST USED", .rank = 3 },
		{ "UNTIL", .rank = 7 },
		{ "AT", .text = true, .rank = 8 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	long long span = 0, since = 0;
	int r;

	if (call->n_args && !fb_call_option(call, "unused")) {
		fb_complain("rules takes a span only with --unused");
		return FB_EXIT_USAGE;
	}
	if (call->n_args && !read_span(call->args[0], &span))
		return FB_EXIT_USAGE;
	r = fb_live_get(call, "/v1/rules", &answer);
	if (r)
		return r;

	json_t *rules = json_object_get(answer, "rules");

	if (span) {
		since = (long long)time(NULL) - span;
		warn_young(span);
	}
	if (fb_call_option(call, "unused"))
		fb_array_filter(rules, unused, &since);
	if (call->json)
		return fb_json_put(FB_STEAL(answer));
	for (size_t i = 0; i < json_array_size(rules); i++)
		add_rule(&t, json_array_get(rules, i));
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(rules))
		fb_complain("%s", fb_call_option(call, "unused") ? "every line has been used"
								 : "no lines are in force");
	return FB_EXIT_OK;
}

int fb_cmd_drops(const struct fb_call *call)
{
	static const struct fb_column columns[] = {
		{ "FROM", .text = true },
		{ "TO", .text = true },
		{ "REASON" },
		{ "PACKETS", .right = true },
		{ "BYTES", .right = true, .rank = 1 },
		{ "MEANING", .text = true, .rank = 2 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	char buf[FB_HUMAN_LEN];
	int r;

	if (fb_call_option(call, "by"))
		return fb_cmd_drops_by(call, fb_call_option(call, "by"));
	r = fb_live_get(call, "/v1/drops", &answer);
	if (r)
		return r;

	json_t *drops = json_object_get(answer, "drops");

	fb_array_sort(drops, "packets");
	if (call->json)
		return fb_json_put(FB_STEAL(answer));
	for (size_t i = 0; i < json_array_size(drops); i++) {
		const json_t *d = json_array_get(drops, i);
		const char *reason = fb_field_text(d, "reason");

		fb_table_add(&t, fb_field_text(d, "src"));
		fb_table_add(&t, fb_field_text(d, "dst"));
		fb_table_add(&t, reason);
		fb_table_add(&t, fb_human_count((unsigned long long)fb_field_int(d, "packets"), buf));
		fb_table_add(&t, fb_human_bytes((unsigned long long)fb_field_int(d, "bytes"), buf));
		fb_table_add(&t, strcmp(reason, "would-drop")
					 ? reason_meaning(reason)
					 : "no line allows it; it passed, because the pair is observed");
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (json_is_integer(json_object_get(answer, "generation")) && !fb_field_int(answer, "generation"))
		fb_complain("no policy is in force: all drops, and what the guard drops is not counted");
	else if (!json_array_size(drops))
		fb_complain("nothing was dropped yet");
	if (fb_field_int(answer, "redirect_errors"))
		fb_complain("of what passed, %s packets were lost on the way out (link down, or larger than "
			    "its MTU)",
			    fb_human_count((unsigned long long)fb_field_int(answer, "redirect_errors"), buf));
	return FB_EXIT_OK;
}

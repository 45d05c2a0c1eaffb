// SPDX-License-Identifier: GPL-2.0-only
/* isolate, quarantine, release: the operator's switches. */
#include <string.h>

#include "cli/act.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/verbs.h"

/* "corp - traffic, corp - cctv" */
static void add_cuts(const json_t *cuts, struct fb_strbuf *out)
{
	for (size_t i = 0; i < json_array_size(cuts); i++) {
		const json_t *pair = json_array_get(cuts, i);

		fb_strbuf_addf(out, "%s%s - %s", i ? ", " : "", json_string_value(json_array_get(pair, 0)),
			       json_string_value(json_array_get(pair, 1)));
	}
}

static void print_plans(const json_t *plans)
{
	static const struct fb_column columns[] = {
		{ "PLAN" },
		{ "STATE" },
		{ "SINCE", .rank = 3 },
		{ "WHO", .rank = 4 },
		{ "WHY", .text = true, .rank = 2 },
		{ "CUTS", .text = true, .rank = 1 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };

	for (size_t i = 0; i < json_array_size(plans); i++) {
		const json_t *p = json_array_get(plans, i);
		bool active = fb_field_true(p, "active");
		fb_autostrbuf struct fb_strbuf cuts = { 0 };
		char buf[FB_HUMAN_LEN];

		add_cuts(json_object_get(p, "cuts"), &cuts);
		fb_table_add(&t, fb_field_text(p, "plan"));
		fb_table_add(&t, active ? "ACTIVE" : "ready");
		fb_table_colour(&t, active ? FB_RED : FB_PLAIN);
		fb_table_add(&t, active ? fb_field_time(p, "since", buf) : NULL);
		fb_table_add(&t, active ? fb_field_text(p, "who") : NULL);
		fb_table_add(&t, active ? fb_field_text(p, "reason") : fb_field_text(p, "text"));
		fb_table_add(&t, fb_strbuf_get(&cuts));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(plans))
		fb_complain("the policy in force has no isolation plans: isolate NAME { cut ZONE from any }");
}

static void add_endpoint(struct fb_strbuf *out, const json_t *flow, const char *address, const char *port)
{
	const char *a = fb_field_text(flow, address);

	fb_strbuf_addf(out, strchr(a, ':') ? " [%s]:%lld" : " %s:%lld", a, fb_field_int(flow, port));
}

static const char *cut_word(bool rehearsal, bool one)
{
	return rehearsal ? "would be cut" : one ? "is cut" : "are cut";
}

static void print_cut(const json_t *answer)
{
	enum { SHOWN = 20 };
	const json_t *flows = json_object_get(answer, "flows"), *lines = json_object_get(answer, "lines");
	bool rehearsal = fb_field_true(answer, "rehearsal");
	long long total = fb_field_int(answer, "flows_total");
	struct fb_screen screen = fb_screen_of(stdout);
	char count[FB_HUMAN_LEN];

	printf("  %zu line%s %s%s\n", json_array_size(lines), json_array_size(lines) == 1 ? "" : "s",
	       cut_word(rehearsal, json_array_size(lines) == 1), json_array_size(lines) ? ":" : "");
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *l = json_array_get(lines, i);

		fb_print_line(&screen, FB_PLAIN, "    %s  %s  %s%s", fb_field_text(l, "at"),
			      fb_field_text(l, "pairs"), fb_field_text(l, "text"),
			      fb_field_true(l, "whole") ? "" : "  (in part)");
	}
	printf("  %s live flow%s %s%s\n", fb_human_count((unsigned long long)total, count),
	       total == 1 ? "" : "s", cut_word(rehearsal, total == 1), json_array_size(flows) ? ":" : "");
	for (size_t i = 0; i < json_array_size(flows) && i < SHOWN; i++) {
		const json_t *f = json_array_get(flows, i);
		fb_autostrbuf struct fb_strbuf text = { 0 };

		add_endpoint(&text, f, "src", "sport");
		add_endpoint(&text, f, "dst", "dport");
		fb_print_line(&screen, FB_PLAIN, "    %s%s  %s -> %s", fb_field_text(f, "proto"),
			      fb_strbuf_get(&text), fb_field_text(f, "src_zone"),
			      fb_field_text(f, "dst_zone"));
	}
	if (fb_field_int(answer, "flows_total") > SHOWN)
		puts("    ... (-j prints up to 1000)");
}

static int print_switches(const struct fb_call *call, bool quarantines);

int fb_cmd_isolate(const struct fb_call *call)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	const char *name = call->n_args ? call->args[0] : NULL;
	bool only = fb_call_option(call, "rehearse");
	fb_autostrbuf struct fb_strbuf what = { 0 };
	int r;

	if (!name && only) {
		fb_complain("isolate --rehearse needs the name of a plan");
		return FB_EXIT_USAGE;
	}
	if (!name)
		return print_switches(call, false);
	fb_strbuf_addf(&what, "isolate %s", name);
	r = only ? FB_EXIT_OK : fb_act_needs_reason(call, fb_strbuf_get(&what));
	if (r == FB_EXIT_OK)
		r = fb_act_post(call, "/v1/isolate", json_pack("{ss sb}", "name", name, "rehearse", only),
				&answer);
	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	if (fb_field_true(answer, "already"))
		printf("%s is active already\n", name);
	else if (only)
		printf("%s: a rehearsal, nothing is cut\n", name);
	else
		printf("%s is active. It holds until: firebreak release %s\n", name, name);
	print_cut(answer);
	fb_act_print_session(answer);
	return FB_EXIT_OK;
}

/* A quarantine that holds less than its name promises. */
static void print_lacks(const json_t *list)
{
	struct fb_screen screen = fb_screen_of(stdout);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *q = json_array_get(list, i);

		if (*fb_field_text(q, "lacks"))
			fb_print_wrapped(&screen, FB_RED, "!!  %s: %s", fb_field_text(q, "name"),
					 fb_field_text(q, "lacks"));
	}
}

static void print_quarantines(const json_t *list)
{
	static const struct fb_column columns[] = {
		{ "QUARANTINED" },
		{ "SINCE", .rank = 3 },
		{ "WHO", .rank = 4 },
		{ "WHY", .text = true, .rank = 2 },
		{ "ADDRESSES", .text = true, .rank = 1 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *q = json_array_get(list, i);
		fb_autostrbuf struct fb_strbuf addresses = { 0 };
		char buf[FB_HUMAN_LEN];

		fb_field_list(q, "addresses", &addresses);
		if (json_array_size(json_object_get(q, "macs"))) {
			if (addresses.len)
				fb_strbuf_add(&addresses, ", ");
			fb_field_list(q, "macs", &addresses);
		}
		fb_table_add(&t, fb_field_text(q, "name"));
		fb_table_colour(&t, FB_RED);
		fb_table_add(&t, fb_field_time(q, "since", buf));
		fb_table_add(&t, fb_field_text(q, "who"));
		fb_table_add(&t, fb_field_text(q, "reason"));
		fb_table_add(&t, fb_strbuf_get(&addresses));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	print_lacks(list);
	if (!json_array_size(list))
		fb_complain("nothing is in quarantine");
}

static int print_switches(const struct fb_call *call, bool quarantines)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	int r = fb_live_get(call, "/v1/switches", &answer);

	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	if (quarantines)
		print_quarantines(json_object_get(answer, "quarantines"));
	else
		print_plans(json_object_get(answer, "plans"));
	return FB_EXIT_OK;
}

int fb_cmd_quarantine(const struct fb_call *call)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	fb_autostrbuf struct fb_strbuf what = { 0 };
	int r;

	if (!call->n_args)
		return print_switches(call, true);
	fb_strbuf_addf(&what, "quarantine %s", call->args[0]);
	r = fb_act_needs_reason(call, fb_strbuf_get(&what));
	if (r == FB_EXIT_OK)
		r = fb_act_post(call, "/v1/quarantine", json_pack("{ss}", "name", call->args[0]), &answer);
	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	printf(fb_field_true(answer, "already") ? "%s is in quarantine already\n"
						: "%s is in quarantine. It holds until it is released.\n",
	       call->args[0]);
	print_quarantines(json_object_get(answer, "quarantines"));
	fb_act_print_session(answer);
	return FB_EXIT_OK;
}

int fb_cmd_release(const struct fb_call *call)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	fb_autostrbuf struct fb_strbuf plans = { 0 }, devices = { 0 };
	int r = fb_act_post(call, "/v1/release", json_pack("{ss}", "name", call->args[0]), &answer);

	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	printf("%s is released\n", call->args[0]);
	if (fb_cut_list(json_object_get(answer, "plans"), "plan", &plans))
		printf("  still isolated:    %s\n", fb_strbuf_get(&plans));
	if (fb_cut_list(json_object_get(answer, "quarantines"), "name", &devices))
		printf("  still quarantined: %s\n", fb_strbuf_get(&devices));
	return FB_EXIT_OK;
}

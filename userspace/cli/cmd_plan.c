// SPDX-License-Identifier: GPL-2.0-only
/* What would change, in packets: against another file, or against the policy in force. */
#include <string.h>

#include "base/clock.h"
#include "cli/change.h"
#include "cli/flows.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/plan_flows.h"
#include "cli/set_names.h"
#include "cli/situation.h"
#include "cli/verbs.h"
#include "policy/assert.h"
#include "policy/plan.h"

static void describe(const struct fb_policy *p, const struct fb_set_names *names, const struct fb_reach *e,
		     struct fb_strbuf *out)
{
	fb_set_names_put_end(names, e, true, out);
	fb_strbuf_add(out, " -> ");
	fb_set_names_put_end(names, e, false, out);
	fb_strbuf_addc(out, ' ');
	fb_l4set_say(&e->services, out);
	if (e->deadline != FB_NO_DEADLINE) {
		char buf[FB_CLOCK_STRLEN];

		fb_strbuf_addf(out, " until %s",
			       fb_clock_print_local(fb_policy_timezone(p), e->deadline, buf));
	}
	if (e->line >= 0 && p->ruleset.lines.v[e->line].window)
		fb_strbuf_addf(out, " during %s",
			       p->ruleset.windows.v[p->ruleset.lines.v[e->line].window - 1].name);
	if (e->line >= 0 && p->ruleset.lines.v[e->line].access)
		fb_strbuf_addf(out, " on-request %s",
			       p->ruleset.accesses.v[p->ruleset.lines.v[e->line].access - 1].name);
}

static void place(const struct fb_policy *p, const struct fb_reach *e, struct fb_strbuf *out)
{
	if (e->line < 0)
		fb_strbuf_add(out, "observed");
	else
		fb_strbuf_addf(out, "%s:%u",
			       p->tree.sources.files.v[p->ruleset.lines.v[e->line].at.file].path,
			       p->ruleset.lines.v[e->line].at.line);
}

static void example(const struct fb_policy *p, const struct fb_reach *e, struct fb_strbuf *out)
{
	struct fb_hop hop = fb_hop_of(&p->ruleset, e);

	fb_hop_print_ends(&p->ruleset, &hop, out);
	fb_strbuf_addc(out, ' ');
	fb_hop_print_service(&p->ruleset, &hop, out);
}

static void add_flows(struct fb_table *t, const struct fb_reach *e, bool first,
		      const struct fb_flows_end *ends)
{
	unsigned int n = ends->known ? ends->by_pair[e->src_zone][e->dst_zone] : 0;

	if (first && n)
		fb_table_addf(t, "%s%u live flow%s end%s", fb_flows_end_bound(ends), n, n == 1 ? "" : "s",
			      n == 1 ? "s" : "");
	else
		fb_table_add(t, "");
	fb_table_colour(t, FB_YELLOW);
}

/* The same line stands in the other policy, and is open at times only: that is why it closes. */
static void add_why(const struct fb_policy *before, const struct fb_policy *after, const struct fb_reach *e,
		    struct fb_strbuf *out)
{
	bool timed = after->ruleset.windows.n || after->ruleset.accesses.n;
	const struct fb_line *was = timed && e->line >= 0 ? &before->ruleset.lines.v[e->line] : NULL;
	fb_autostrbuf struct fb_strbuf then = { 0 };

	if (was)
		fb_ruleset_print_when(&before->ruleset, was, &then);
	for (size_t i = 0; was && i < after->ruleset.lines.n; i++) {
		const struct fb_line *now = &after->ruleset.lines.v[i];
		fb_autostrbuf struct fb_strbuf when = { 0 };

		if (now->kind != was->kind || (!now->window && !now->access) ||
		    strcmp(now->pairs, was->pairs) != 0 || strcmp(now->text, was->text) != 0)
			continue;
		fb_ruleset_print_when(&after->ruleset, now, &when);
		if (!strcmp(fb_strbuf_get(&when), fb_strbuf_get(&then)))
			continue;
		fb_strbuf_addf(out, ", now %s, %s:%u", fb_strbuf_get(&when),
			       after->tree.sources.files.v[now->at.file].path, now->at.line);
		return;
	}
}

/* other: the policy in which it is no more; NULL = this opens. */
static void add_rows(struct fb_table *t, const struct fb_policy *p, const struct fb_reach_list *list,
		     const struct fb_policy *other, const struct fb_flows_end *ends)
{
	FB_CLEANUP(fb_set_names_done) struct fb_set_names names = { 0 };
	bool opens = !other;

	fb_set_names_init(&names, &p->ruleset);
	for (size_t i = 0; i < list->n; i++) {
		const struct fb_reach *e = &list->v[i];
		fb_autostrbuf struct fb_strbuf what = { 0 }, at = { 0 }, such = { 0 };
		bool first = !i || e[-1].src_zone != e->src_zone || e[-1].dst_zone != e->dst_zone;

		describe(p, &names, e, &what);
		place(p, e, &at);
		if (other)
			add_why(p, other, e, &at);
		example(p, e, &such);
		fb_table_add(t, first ? opens ? "opens" : "closes" : "");
		fb_table_colour(t, opens ? FB_YELLOW : FB_PLAIN);
		if (first)
			fb_table_addf(t, "%s -> %s", fb_ruleset_zone_name(&p->ruleset, e->src_zone),
				      fb_ruleset_zone_name(&p->ruleset, e->dst_zone));
		else
			fb_table_add(t, "");
		fb_table_add(t, fb_strbuf_get(&what));
		fb_table_add(t, fb_strbuf_get(&such));
		fb_table_addf(t, "%s%s", opens ? "" : "was ", fb_strbuf_get(&at));
		if (ends->known)
			add_flows(t, e, first && !opens, ends);
	}
}

static void print_settings(const struct fb_plan *plan)
{
	struct fb_screen screen = fb_screen_of(stdout);

	if (plan->settings.n)
		puts("changes besides what may pass:");
	for (size_t i = 0; i < plan->settings.n; i++) {
		const struct fb_setting *s = &plan->settings.v[i];

		if (s->before)
			fb_print_wrapped(&screen, FB_PLAIN, "  %s  %s", s->after ? "was " : "gone",
					 s->before);
		if (s->after)
			fb_print_wrapped(&screen, FB_YELLOW, "  %s  %s", s->before ? "now " : "new ",
					 s->after);
	}
}

static void print(const struct fb_policy *before, const struct fb_policy *after, const struct fb_plan *plan,
		  const struct fb_flows_end *ends)
{
	static const struct fb_column columns[] = { { "CHANGE" },
						    { "PAIR", .text = true },
						    { "WHAT", .text = true },
						    { "FOR EXAMPLE", .text = true, .rank = 2 },
						    { "AT", .text = true, .rank = 1 },
						    { "FLOWS" } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) - !ends->known };
	char opened[FB_HUMAN_LEN], narrowed[FB_HUMAN_LEN], same[FB_HUMAN_LEN], other[FB_HUMAN_LEN];
	fb_autostrbuf struct fb_strbuf flows = { 0 }, sum = { 0 };
	const struct fb_ruleset *rs = &after->ruleset;
	struct fb_screen screen = fb_screen_of(stdout);

	add_rows(&t, after, &plan->opens, NULL, ends);
	add_rows(&t, before, &plan->closes, after, ends);
	fb_table_print(&t);
	fb_table_done(&t);
	print_settings(plan);
	fb_strbuf_addf(&sum, "%s pair%s opened, %s narrowed, %s unchanged; ",
		       fb_human_count(plan->pairs_opened, opened), plan->pairs_opened == 1 ? "" : "s",
		       fb_human_count(plan->pairs_narrowed, narrowed),
		       fb_human_count(plan->pairs_unchanged, same));
	if (rs->assertions)
		fb_strbuf_addf(&sum, "assertions %u of %u hold; ", rs->assertions, rs->assertions);
	if (plan->settings.n)
		fb_strbuf_addf(&sum, "%s other change%s; ", fb_human_count(plan->settings.n, other),
			       plan->settings.n == 1 ? "" : "s");
	fb_print_wrapped(&screen, FB_PLAIN, "%srule ids kept %u, new %u, gone %u", fb_strbuf_get(&sum),
			 plan->ids_kept, plan->ids_new, plan->ids_gone);
	if (ends->known) {
		fb_flows_end_print(ends, &flows);
		puts(fb_strbuf_get(&flows));
	}
	for (size_t i = 0; i < rs->assumptions.n; i++)
		printf("assuming: %s\n", rs->assumptions.v[i]);
}

static json_t *changes(const struct fb_policy *p, const struct fb_reach_list *list)
{
	json_t *v = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct fb_reach *e = &list->v[i];
		fb_autostrbuf struct fb_strbuf src = { 0 }, dst = { 0 }, services = { 0 }, at = { 0 },
					       such = { 0 };
		json_t *change;

		fb_ruleset_print_set(&p->ruleset, &e->src, &src);
		fb_ruleset_print_set(&p->ruleset, &e->dst, &dst);
		fb_l4set_print(&e->services, &services);
		place(p, e, &at);
		example(p, e, &such);
		change = json_pack("{ss ss ss ss ss ss ss}", "src_zone",
				   fb_ruleset_zone_name(&p->ruleset, e->src_zone), "dst_zone",
				   fb_ruleset_zone_name(&p->ruleset, e->dst_zone), "src", fb_strbuf_get(&src),
				   "dst", fb_strbuf_get(&dst), "services", fb_strbuf_get(&services), "at",
				   fb_strbuf_get(&at), "example", fb_strbuf_get(&such));
		if (e->deadline != FB_NO_DEADLINE)
			json_object_set_new(change, "until", json_integer(e->deadline));
		if (e->line >= 0)
			fb_line_when_json(&p->ruleset, &p->ruleset.lines.v[e->line], change);
		json_array_append_new(v, change);
	}
	return v;
}

static json_t *settings(const struct fb_plan *plan)
{
	json_t *v = json_array();

	for (size_t i = 0; i < plan->settings.n; i++)
		json_array_append_new(v, json_pack("{ss? ss?}", "before", plan->settings.v[i].before, "after",
						   plan->settings.v[i].after));
	return v;
}

static json_t *to_json(const struct fb_policy *before, const struct fb_policy *after,
		       const struct fb_plan *plan, const struct fb_flows_end *ends)
{
	const struct fb_ruleset *rs = &after->ruleset;
	json_t *assumptions = json_array();

	for (size_t i = 0; i < rs->assumptions.n; i++)
		json_array_append_new(assumptions, json_string(rs->assumptions.v[i]));
	return json_pack("{ss so so so s{si si si} s{si si si} si so so}", "schema", "firebreak.plan/1",
			 "opens", changes(after, &plan->opens), "closes", changes(before, &plan->closes),
			 "settings", settings(plan), "pairs", "opened", (int)plan->pairs_opened, "narrowed",
			 (int)plan->pairs_narrowed, "unchanged", (int)plan->pairs_unchanged, "ids", "kept",
			 (int)plan->ids_kept, "new", (int)plan->ids_new, "gone", (int)plan->ids_gone,
			 "assertions", (int)rs->assertions, "assumptions", assumptions, "flows",
			 ends->known ? fb_flows_end_json(ends) : json_null());
}

static int load(struct fb_policy *p, const char *path)
{
	struct fb_error err = { 0 };

	if (fb_policy_load(p, path, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	if (!p->errors)
		return FB_EXIT_OK;
	fb_policy_complain(p);
	fb_complain("%s: %u error%s, so there is no plan", path, p->errors, p->errors == 1 ? "" : "s");
	return FB_EXIT_POLICY;
}

static void make(const struct fb_policy *before, const struct fb_policy *after, struct fb_plan *ret)
{
	fb_plan_make(&before->ruleset, &after->ruleset, ret);
	fb_plan_settings(&before->tree, &before->ruleset, &after->tree, &after->ruleset, ret);
}

static int load_bundle(struct fb_policy *p, const json_t *bundle, const char *wrong)
{
	struct fb_error err = { 0 };

	if (fb_policy_load_bundle(p, bundle, &err) == 0 && !p->errors)
		return FB_EXIT_OK;
	if (p->errors)
		fb_policy_complain(p);
	if (wrong && p->errors) {
		fb_complain("%s", wrong);
		return FB_EXIT_POLICY;
	}
	fb_complain("generation %lld is not accepted by this version: %s", p->generation,
		    p->errors ? "see above" : err.text);
	return FB_EXIT_POLICY;
}

int fb_plan_bundles(const json_t *old, const json_t *new, const char *wrong, bool json)
{
	FB_CLEANUP(fb_slots_done) struct fb_slots slots = { 0 };
	FB_CLEANUP(fb_policy_done)
	struct fb_policy before = { .slots = &slots, .asking = true }, after = { .slots = &slots };
	FB_CLEANUP(fb_plan_done) struct fb_plan plan = { 0 };
	int r = load_bundle(&before, old, NULL);

	if (!r)
		r = load_bundle(&after, new, wrong);
	if (r)
		return r;
	make(&before, &after, &plan);
	if (json)
		fb_json_put(to_json(&before, &after, &plan, &(struct fb_flows_end){ 0 }));
	else
		print(&before, &after, &plan, &(struct fb_flows_end){ 0 });
	return fb_plan_changes(&plan) ? FB_EXIT_CHANGES : FB_EXIT_OK;
}

static void ask_flows(const struct fb_call *call, const json_t *bundle, const struct fb_ruleset *before,
		      const struct fb_ruleset *after, struct fb_flows_end *ret)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	FB_CLEANUP(fb_situation_done) struct fb_situation now = { 0 };
	json_t *status = NULL;

	if (fb_live_get(call, "/v1/status", &status))
		status = NULL;
	fb_situation_init(&now, status, fb_clock_now());
	if (!fb_flows_get(call, "/v1/flows", 100000, &answer))
		fb_flows_end_count(answer, bundle, before, after, &now.when, ret);
}

int fb_cmd_plan(const struct fb_call *call)
{
	FB_CLEANUP(fb_slots_done) struct fb_slots slots = { 0 };
	FB_CLEANUP(fb_policy_done)
	struct fb_policy before = { .slots = &slots, .asking = true }, after = { .slots = &slots };
	FB_CLEANUP(fb_plan_done) struct fb_plan plan = { 0 };
	FB_CLEANUP(fb_flows_end_done) struct fb_flows_end ends = { 0 };
	FB_CLEANUP(json_decrefp) json_t *bundle = NULL;
	int r = call->n_args == 2 ? load(&before, call->args[0]) : fb_policy_get(call, &before, &bundle);

	if (!r)
		r = load(&after, call->args[call->n_args - 1]);
	if (r)
		return r;
	make(&before, &after, &plan);
	if (bundle)
		ask_flows(call, bundle, &before.ruleset, &after.ruleset, &ends);
	if (call->json)
		fb_json_put(to_json(&before, &after, &plan, &ends));
	else
		print(&before, &after, &plan, &ends);
	return fb_plan_changes(&plan) ? FB_EXIT_CHANGES : FB_EXIT_OK;
}

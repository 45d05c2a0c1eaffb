// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/check_parts.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "policy/compile.h"

struct outcome {
	struct fb_policy policy;
	unsigned int allows, nevers;
	bool compiled, large; /* large: right, but over a budget */
	double advise_seconds;
	size_t image_size;
	struct fb_image_stats stats;
	struct fb_error err; /* cannot be read, or cannot be compiled */
	int exit;
};

static void count(struct outcome *o)
{
	const struct fb_ruleset *rs = &o->policy.ruleset;

	for (size_t i = 0; i < rs->lines.n; i++) {
		o->allows += rs->lines.v[i].kind == FB_RULE_ALLOW;
		o->nevers += rs->lines.v[i].kind == FB_RULE_NEVER;
	}
}

/* A policy that is right but too large for the data plane cannot be applied, so check must find it. */
static void compile(struct outcome *o)
{
	int r = fb_image_try(&o->policy.ruleset, &o->stats, &o->image_size, &o->err);

	o->compiled = r == 0;
	o->large = r == -E2BIG;
	if (!o->compiled)
		o->exit = FB_EXIT_POLICY;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A policy that could be read. */
static void weigh(struct outcome *o, const struct fb_advice_wish *wish)
{
	double begin = seconds();

	if (o->policy.errors) {
		o->exit = FB_EXIT_POLICY;
		return;
	}
	count(o);
	fb_advise(&o->policy, wish);
	o->advise_seconds = seconds() - begin;
	compile(o);
}

static void judge(struct outcome *o, const char *path, const struct fb_advice_wish *wish)
{
	if (fb_policy_load(&o->policy, path, &o->err) < 0)
		o->exit = FB_EXIT_HOST;
	else
		weigh(o, wish);
}

static void print_stats(const struct outcome *o)
{
	static const struct fb_column columns[] = { { "SECTION", .rank = 1 }, { "SIZE", .right = true } };
	struct fb_table table = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	const struct fb_image_stats *s = &o->stats;
	char buf[FB_HUMAN_LEN];

	for (unsigned int i = 0; i < s->n_sections; i++) {
		fb_table_add(&table, s->sections[i].name);
		fb_table_add(&table, fb_human_bytes(s->sections[i].bytes, buf));
	}
	fb_table_add(&table, "all");
	fb_table_add(&table, fb_human_bytes(s->bytes_used, buf));
	fb_table_print(&table);
	fb_table_done(&table);
	printf("image of %u MiB: %u rules of %u boxes, %u+%u address atoms, %u service classes, %u cells\n",
	       (unsigned int)(o->image_size >> 20), s->rules, s->boxes, s->atoms4, s->atoms6, s->l4_classes,
	       s->cells);
	printf("at worst %u boxes in a list, %u (IPv4) and %u (IPv6) dependent loads\n", s->list_max,
	       s->loads_worst4, s->loads_worst6);
	printf("read and parsed in %.0f ms, checked and assertions proved in %.0f ms, advice in %.0f ms, "
	       "compiled in %.0f ms\n",
	       o->policy.parse_seconds * 1e3, o->policy.check_seconds * 1e3, o->advise_seconds * 1e3,
	       s->seconds * 1e3);
	fb_series_print(&o->policy);
	fb_costs_print(&o->policy.ruleset, &o->policy.tree.sources);
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

static void print_assertions(const struct fb_ruleset *rs)
{
	if (!rs->assertions)
		return;
	printf("%u assertion%s hold%s", rs->assertions, plural(rs->assertions),
	       rs->assertions == 1 ? "s" : "");
	for (size_t i = 0; i < rs->assumptions.n; i++)
		printf("%s%s", i ? ", " : ", assuming: ", rs->assumptions.v[i]);
	putchar('\n');
}

static void print(const struct outcome *o, const char *name, bool stats)
{
	const struct fb_policy *p = &o->policy;

	fb_policy_complain(p);
	if (o->err.code)
		fb_complain("%s%s%s", o->exit == FB_EXIT_POLICY ? name : "",
			    o->exit == FB_EXIT_POLICY ? ": " : "", o->err.text);
	if (p->errors) {
		fprintf(stderr, "%s: %u error%s", name, p->errors, plural(p->errors));
		if (p->diags.lints)
			fprintf(stderr, ", %u lint%s", p->diags.lints, plural(p->diags.lints));
		fputc('\n', stderr);
	}
	if (o->large && stats)
		fb_costs_print(&p->ruleset, &p->tree.sources);
	if (o->exit)
		return;

	size_t zones = p->ruleset.zones.n;

	printf("%s: %zu zone%s, %u line%s, %u never%s", name, zones, plural((unsigned int)zones), o->allows,
	       plural(o->allows), o->nevers, plural(o->nevers));
	if (p->diags.lints)
		printf(", %u lint%s", p->diags.lints, plural(p->diags.lints));
	puts(": ok");
	fb_image_warn(o->image_size, name);
	fb_series_warn(p, name);
	print_assertions(&p->ruleset);
	if (stats)
		print_stats(o);
}

static json_t *diagnostics(const struct fb_policy *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->diags.list.n; i++) {
		const struct fb_diag *d = &p->diags.list.v[i];
		bool placed = d->at.line && d->at.file < p->tree.sources.files.n;

		json_array_append_new(list,
				      json_pack("{ss ss? si si ss ss? ss?}", "level",
						d->level == FB_DIAG_ERROR ? "error" : "warning", "file",
						placed ? p->tree.sources.files.v[d->at.file].path : NULL,
						"line", (int)d->at.line, "col", (int)d->at.col, "text",
						d->text, "help", d->help, "detail", d->detail));
	}
	return list;
}

static json_t *to_json(const struct outcome *o, const char *name)
{
	json_t *v = json_pack("{ss sb si si so}", "file", name, "ok", o->exit == 0, "errors",
			      (int)o->policy.errors, "warnings", (int)o->policy.diags.lints, "diagnostics",
			      diagnostics(&o->policy));

	if (o->err.code)
		json_object_set_new(v, "error", json_string(o->err.text));
	if (o->compiled || o->large)
		json_object_set_new(v, "costs", fb_costs_json(&o->policy.ruleset, &o->policy.tree.sources));
	if (o->exit)
		return v;
	json_object_set_new(v, "zones", json_integer((json_int_t)o->policy.ruleset.zones.n));
	json_object_set_new(v, "lines", json_integer(o->allows));
	json_object_set_new(v, "nevers", json_integer(o->nevers));
	json_object_set_new(v, "assertions", json_integer(o->policy.ruleset.assertions));
	json_object_set_new(v, "metrics", fb_series_json(&o->policy));
	json_object_set_new(v, "assumptions", json_array());
	for (size_t i = 0; i < o->policy.ruleset.assumptions.n; i++)
		json_array_append_new(json_object_get(v, "assumptions"),
				      json_string(o->policy.ruleset.assumptions.v[i]));

	const struct fb_image_stats *s = &o->stats;
	json_t *sections = json_object();

	for (unsigned int i = 0; i < s->n_sections; i++)
		json_object_set_new(sections, s->sections[i].name,
				    json_integer((json_int_t)s->sections[i].bytes));
	json_object_set_new(v, "image",
			    json_pack("{sI sI si si si si si si si sf so}", "size", (json_int_t)o->image_size,
				      "used", (json_int_t)s->bytes_used, "rules", (int)s->rules, "boxes",
				      (int)s->boxes, "cells", (int)s->cells, "list_max", (int)s->list_max,
				      "loads_worst4", (int)s->loads_worst4, "loads_worst6",
				      (int)s->loads_worst6, "l4_classes", (int)s->l4_classes, "seconds",
				      s->seconds, "sections", sections));
	json_object_set_new(v, "seconds",
			    json_pack("{sf sf sf sf}", "parse", o->policy.parse_seconds, "check",
				      o->policy.check_seconds, "advice", o->advise_seconds, "compile",
				      s->seconds));
	return v;
}

/* The bundle in force against this binary: before an upgrade, with the new one. *ret_bundle is borrowed from. */
static void judge_stored(struct outcome *o, const struct fb_call *call, json_t **ret_bundle)
{
	o->exit = fb_live_get(call, "/v1/bundle", ret_bundle);
	if (!o->exit && fb_policy_load_bundle(&o->policy, *ret_bundle, &o->err) < 0)
		o->exit = FB_EXIT_HOST;
	else if (!o->exit)
		weigh(o, &(struct fb_advice_wish){ .none = true });
}

static int report(const struct fb_call *call, struct outcome *o, const char *name, json_t *files)
{
	if (call->json)
		json_array_append_new(files, to_json(o, name));
	else
		print(o, name, fb_call_option(call, "stats") != NULL);
	fb_policy_done(&o->policy);
	return o->exit;
}

int fb_cmd_check(const struct fb_call *call)
{
	bool stored = fb_call_option(call, "stored");
	struct fb_advice_wish wish;
	json_t *files, *bundle = NULL;
	int worst = FB_EXIT_OK;

	if (!fb_advice_read(fb_call_option(call, "lint"), &wish))
		return FB_EXIT_USAGE;
	if (!call->n_args && !stored) {
		fb_complain("check needs FILE..., or --stored");
		return FB_EXIT_USAGE;
	}
	files = json_array();
	if (stored) {
		struct outcome o = { 0 };

		judge_stored(&o, call, &bundle);
		worst = report(call, &o, "the policy in force", files);
		json_decref(bundle);
	}
	for (unsigned int i = 0; i < call->n_args; i++) {
		struct outcome o = { 0 };
		const char *name = strcmp(call->args[i], "-") ? call->args[i] : "stdin";

		int r;

		judge(&o, call->args[i], &wish);
		r = report(call, &o, name, files);
		worst = r > worst ? r : worst;
	}
	if (call->json)
		fb_json_put(json_pack("{ss sb so}", "schema", "firebreak.check/1", "ok", worst == 0, "files",
				      files));
	else
		json_decref(files);
	return worst;
}

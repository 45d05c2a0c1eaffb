/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that name twenty others, nine levels deep: what visits each use of a name instead of each name once takes 20^8 steps. Nothing inside says cleartext or who
 * calls, so that nobody finds early what it looks for.
 */
#include "fixture.h"

#include "policy/analyse.h"
#include "policy/compile.h"
#include "policy/json.h"
#include "policy/lint.h"
#include "policy/plan.h"
#include "policy/print.h"

enum { LEVELS = 9, WIDTH = 20 };

#define HEAD                                                                         \
	"policy \"t\" language 1 version 1 timezone \"UTC\"\n"                       \
	"zone a { interface e0  network 10.1.0.0/16  purdue 4  owner \"o\" }\n"      \
	"zone b { interface e1  network 10.2.0.0/16  purdue 3  owner \"o\" }\n"      \
	"device d in a { ip 10.1.0.1 }\nservice s0 { tcp/1 }\ngroup g0 in a { d }\n" \
	"zone-group z0 { a }\n"

static void nested(const char *kind, char letter, const char *more, struct fb_strbuf *out)
{
	for (unsigned int level = 1; level <= LEVELS; level++) {
		fb_strbuf_addf(out, "%s %c%u %s{ ", kind, letter, level, more);
		for (unsigned int i = 0; i < WIDTH; i++)
			fb_strbuf_addf(out, "%s%c%u", i ? ", " : "", letter, level - 1);
		fb_strbuf_add(out, " }\n");
	}
}

static void load(struct policy *p, const char *lines)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	fb_strbuf_add(&text, HEAD);
	nested("service", 's', "", &text);
	nested("group", 'g', "in a ", &text);
	nested("zone-group", 'z', "", &text);
	fb_strbuf_add(&text, lines);
	policy_load(p, fb_strbuf_get(&text));
	cr_assert_eq(p->errors, 0, "%s", fb_strbuf_get(&p->said));
}

static const char lines[] = "firebreak z9 -> b { allow g9 -> any  s9 }\n"
			    "never b -> g9 s9\nassert b cannot reach g9 s9\n"
			    "assert z9 can only reach b s9\n";

TestSuite(nesting, .timeout = 20);

Test(nesting, names_of_names_are_checked_once_each)
{
	struct policy p;

	load(&p, lines);
	policy_done(&p);
}

Test(nesting, names_of_names_are_compiled_once_each)
{
	struct fb_host_port ports[] = { { .name = "e0", .ifindex = 1, .device = 1, .zone = 1 },
					{ .name = "e1", .ifindex = 2, .device = 2, .zone = 2 } };
	fb_autofree void *image = calloc(1, FB_IMAGE_BYTES_SMALL);
	struct fb_image_stats stats = { 0 };
	struct fb_error err = { 0 };
	struct policy p;

	load(&p, lines);

	struct fb_compile_input in = {
		.ruleset = &p.rs, .generation = 1, .applied = NOW, .ports = ports, .n_ports = 2
	};

	cr_assert_eq(fb_compile(&in, image, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	policy_done(&p);
}

Test(nesting, advice_looks_into_each_name_once)
{
	struct fb_lints lints;
	struct policy p;

	load(&p, lines);
	fb_lints_find(&p.tree, &p.rs, NOW, &lints);
	cr_assert_eq(lints.counts[FB_LINT_CLEARTEXT], 0);
	fb_lints_done(&lints);
	policy_done(&p);
}

Test(nesting, analyses_look_into_each_name_once)
{
	fb_autostrbuf struct fb_strbuf services = { 0 };
	struct fb_reach_list edges;
	struct policy p, after;
	struct fb_matrix m;
	struct fb_plan plan;

	load(&p, lines);
	load(&after, "firebreak z9 -> b { allow g9 -> any  s9, tcp/2 }\n");
	fb_reach_find(&p.rs, NULL, NULL, 0, &edges);
	cr_assert_gt(edges.n, 0);
	fb_reach_done(&edges);
	fb_matrix_fill(&p.rs, NOW, &m);
	fb_matrix_done(&m);
	fb_plan_make(&p.rs, &after.rs, &plan);
	cr_assert_eq(plan.opens.n, 1);
	fb_plan_done(&plan);
	policy_done(&p);
	policy_done(&after);
}

Test(nesting, text_and_json_have_each_name_as_often_as_it_was_written)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	fb_autofree char *json = NULL;
	struct policy p;

	load(&p, lines);
	fb_print(&p.tree, &p.tree.files.v[0], &text);
	json = fb_json_export(&p.tree, &p.tree.files.v[0]);
	cr_assert_lt(text.len, 10000);
	cr_assert_lt(strlen(json), 100000);
	policy_done(&p);
}

/* ---- what is said deep inside is found -------------------------------------------------------------------------- */

Test(nesting, s58_who_calls_is_known_of_a_service_200_names_deep)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	fb_strbuf_add(&text, "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
			     "zone a { interface e0  network 10.1.0.0/16  purdue 4 }\n"
			     "zone b { interface e1  network 10.2.0.0/16  purdue 3 }\n"
			     "service s0 { tcp/1  initiator field }\n");
	for (unsigned int i = 1; i <= 200; i++)
		fb_strbuf_addf(&text, "service s%u { s%u, udp/%u }\n", i, i - 1, i);
	fb_strbuf_add(&text, "firebreak a -> b { allow any -> any  s200 }\n");
	expect_lint(fb_strbuf_get(&text), "s0 is called by the field, but a (purdue 4) calls b (purdue 3)");
}

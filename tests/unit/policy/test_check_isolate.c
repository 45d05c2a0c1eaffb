// SPDX-License-Identifier: GPL-2.0-only
/* Isolation plans (S28) as lists of pairs. */
#include "fixture.h"

#define ZONES                                                     \
	"policy \"t\" language 1 timezone \"Europe/London\"\n"    \
	"zone a { interface eth1 network 10.1.0.0/16 }\n"         \
	"zone b { interface eth2 network 10.2.0.0/16 }\n"         \
	"zone c { interface eth3 network 10.3.0.0/16 }\n"         \
	"zone-group ab { a, b }\ndevice d in a { ip 10.1.0.1 }\n" \
	"group g in b { 10.2.0.0/24 }\n"

/* "a-b a-c": the pairs as people name them, in the order of the list. */
static void expect_pairs(const char *plan, const char *want)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, got = { 0 };
	const struct fb_isolate *isolate;
	struct policy p;

	fb_strbuf_addf(&text, "%sisolate cut \"why\" { %s }\n", ZONES, plan);
	policy_load_clean(&p, fb_strbuf_get(&text));
	isolate = fb_ruleset_isolate(&p.rs, "cut");
	cr_assert(isolate);
	cr_assert_str_eq(isolate->text, "why");
	for (size_t i = 0; i < isolate->n_pairs; i++)
		fb_strbuf_addf(&got, "%s%s-%s", i ? " " : "",
			       fb_ruleset_zone_name(&p.rs, isolate->pairs[i].a),
			       fb_ruleset_zone_name(&p.rs, isolate->pairs[i].b));
	cr_assert_str_eq(fb_strbuf_get(&got), want, "%s", plan);
	policy_done(&p);
}

Test(isolate, s28_a_cut_is_every_pair_of_both_sides_without_direction)
{
	expect_pairs("cut a from b", "a-b");
	expect_pairs("cut b from a", "a-b");
	expect_pairs("cut ab from c", "a-c b-c");
	expect_pairs("cut self from c", "self-c");
	expect_pairs("cut a from b\n cut b from a", "a-b");
}

Test(isolate, s9_any_is_every_zone_the_gateway_and_the_zone_itself)
{
	expect_pairs("cut a from any", "self-a a-a a-b a-c");
	expect_pairs("cut any from any", "self-a self-b self-c a-a a-b a-c b-b b-c c-c");
}

Test(isolate, s28_keep_takes_pairs_out_of_the_cuts_of_its_own_plan)
{
	expect_pairs("cut a from any\n keep a with b", "self-a a-a a-c");
	expect_pairs("keep self with ab\n cut ab from any", "a-a a-b a-c b-b b-c");
}

Test(isolate, s28_a_plan_that_cuts_nothing_is_an_error)
{
	expect_error(ZONES "isolate cut { cut a from b; keep a with b }\n", "plan cut cuts nothing");
	expect_lint(ZONES "isolate cut { cut a from b; keep a with c }\n",
		    "plan cut cuts nothing of what this keeps");
}

Test(isolate, the_sides_of_a_plan_are_zones)
{
	expect_error(ZONES "isolate cut { cut d from any }\n", "d is not a zone");
	expect_error(ZONES "isolate cut { cut a from g }\n", "g is not a zone");
	expect_error(ZONES "isolate cut { cut a from bb }\n", "unknown zone or zone group \"bb\"");
}

Test(isolate, a_name_that_is_taken_makes_no_second_plan)
{
	struct policy p;

	policy_load(&p, ZONES "isolate cut { cut a from b }\nisolate cut { cut a from c }\n");
	cr_assert_eq(p.errors, 1, "%s", fb_strbuf_get(&p.said));
	cr_assert_eq(p.rs.isolates.n, 1);
	policy_done(&p);
}

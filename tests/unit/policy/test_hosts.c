/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is a host of a zone, and whom it reaches, to reach, assertions, paths and plan alike: what the evaluator says of single packets. */
#include "fixture.h"

#include "policy/paths.h"
#include "policy/plan.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
#define A    "zone a { interface eth1  network 10.1.0.0/29 }\n"
#define B    "zone b { interface eth2  network 10.2.0.0/29 }\n"

/* A row for each entry; what a word stands for as `reach` reads it. */
static void expect_reach(const char *text, const char *from, const char *to, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_ipset src = { 0 }, dst = { 0 };
	struct fb_reach_list list;
	struct fb_error err = { 0 };
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	cr_assert(!from || fb_side_find(&p.rs, from, true, &src, &err) == 0, "%s", err.text);
	cr_assert(!to || fb_side_find(&p.rs, to, false, &dst, &err) == 0, "%s", err.text);
	fb_reach_find(&p.rs, from ? &src : NULL, to ? &dst : NULL, NOW, &list);
	for (size_t i = 0; i < list.n; i++) {
		fb_ruleset_print_set(&p.rs, &list.v[i].src, &out);
		fb_strbuf_add(&out, " -> ");
		fb_ruleset_print_set(&p.rs, &list.v[i].dst, &out);
		fb_strbuf_add(&out, " ");
		fb_l4set_print(&list.v[i].services, &out);
		fb_strbuf_add(&out, "\n");
	}
	cr_assert_str_eq(fb_strbuf_get(&out), wanted, "%s\nfrom %s to %s:\n%s", text, from, to,
			 fb_strbuf_get(&out));
	fb_reach_done(&list);
	fb_ipset_done(&src);
	fb_ipset_done(&dst);
	policy_done(&p);
}

/* An assertion about the policy: why NULL = it holds, else what its witness says. */
static void expect_assertion(const char *text, const char *assertion, const char *why)
{
	fb_autostrbuf struct fb_strbuf whole = { 0 };
	struct policy p;

	fb_strbuf_addf(&whole, "%sassert %s\n", text, assertion);
	policy_load(&p, fb_strbuf_get(&whole));
	cr_assert_eq(p.errors, why != NULL, "%s\n%s", assertion, fb_strbuf_get(&p.said));
	cr_assert(!why || strstr(fb_strbuf_get(&p.said), why), "%s\nwanted %s, said\n%s", assertion, why,
		  fb_strbuf_get(&p.said));
	policy_done(&p);
}

/* ---- declared gateways: S22 ------------------------------------------------------------------------------------------- */

#define GATEWAYS                                                                    \
	HEAD A "zone b { interface eth2  network 10.2.0.0/29  gateway 10.2.0.6 }\n" \
	       "device b1 in b { ip 10.2.0.1 }\n"

Test(hosts, s22_a_gateways_address_is_no_host_to_reach_and_sends_nothing)
{
	expect_reach(GATEWAYS "firebreak a -> b { allow any -> any  tcp/22 }\n", "a", "b",
		     "10.1.0.0/29 -> 10.2.0.0-10.2.0.5, 10.2.0.7 tcp/22\n");
	expect_reach(GATEWAYS "firebreak b -> a { allow any -> any  tcp/22 }\n", "b", "a",
		     "10.2.0.0-10.2.0.5, 10.2.0.7 -> 10.1.0.0/29 tcp/22\n");
	expect_reach(GATEWAYS "firebreak a -> b { mode observe until 2036-01-01 }\n", "a", "b",
		     "10.1.0.0/29 -> 10.2.0.0-10.2.0.5, 10.2.0.7 all\n");
	expect_reach(GATEWAYS "firebreak a -> b { allow any -> 10.2.0.6  tcp/22 }\n", "a", "b", "");
}

Test(hosts, s22_to_ask_for_a_gateways_address_is_to_ask_for_self_there)
{
	const char *text = GATEWAYS "firebreak a -> b { allow any -> any  tcp/22 }\n"
				    "firebreak a -> self { allow any -> self at b  tcp/80 }\n"
				    "firebreak self -> b { allow self -> b1  tcp/90 }\n";
	struct fb_error err = { 0 };
	struct fb_party party;
	struct policy p;

	expect_reach(text, NULL, "10.2.0.6", "link-local in a, 10.1.0.0/29 -> self at b tcp/80\n");
	expect_reach(text, "10.2.0.6", NULL, "self into b -> 10.2.0.1 tcp/90\n");
	policy_load_clean(&p, text);
	cr_assert_eq(fb_party_find(&p.rs, "10.2.0.6", &party, &err), 0);
	cr_assert_eq(party.zones, 1ull << FB_ZONE_SELF);
	policy_done(&p);
}

Test(hosts, s22_assertions_do_not_count_gateways_among_a_zone)
{
	const char *text = GATEWAYS
		"group all-b in b { 10.2.0.0-10.2.0.5, 10.2.0.7 }\n"
		"firebreak a -> b { allow any -> all-b  tcp/22; allow any -> 10.2.0.6  tcp/23 }\n";

	expect_assertion(text, "a can reach b tcp/22", NULL);
	expect_assertion(text, "a cannot reach b tcp/23", NULL);
	expect_assertion(text, "a can only reach all-b", NULL);
	expect_assertion(text, "a cannot reach b tcp/23 transitively", NULL);
}

Test(hosts, s22_a_gateway_that_is_declared_closes_what_went_to_its_address)
{
	const char *line = "firebreak a -> b { allow any -> any  tcp/22 }\n";
	fb_autostrbuf struct fb_strbuf before = { 0 }, after = { 0 }, closed = { 0 };
	struct fb_slots slots = { 0 };
	struct policy old, new;
	struct fb_plan plan;

	fb_strbuf_addf(&before, HEAD A B "%s", line);
	fb_strbuf_addf(&after, GATEWAYS "%s", line);
	policy_load_with(&old, fb_strbuf_get(&before), &slots);
	policy_load_with(&new, fb_strbuf_get(&after), &slots);
	fb_plan_make(&old.rs, &new.rs, &plan);
	cr_assert_eq(plan.opens.n, 0);
	cr_assert_eq(plan.closes.n, 1);
	fb_ruleset_print_set(&old.rs, &plan.closes.v[0].dst, &closed);
	cr_assert_str_eq(fb_strbuf_get(&closed), "10.2.0.6");
	fb_plan_done(&plan);
	policy_done(&old);
	policy_done(&new);
	fb_slots_done(&slots);
}

/* ---- a host and itself: S3, S7 ------------------------------------------------------------------------------------------ */

#define BESIDE                                                                                    \
	HEAD A B "device a1 in a { ip 10.1.0.1, 10.1.0.2 }\ndevice a3 in a { ip 10.1.0.3 }\n"     \
		 "group others in a { 10.1.0.0, 10.1.0.3-10.1.0.7 }\ngroup two in a { a1, a3 }\n" \
		 "firebreak a -> a { allow any -> any  tcp/22 }\n"

Test(hosts, s7_nobody_reaches_himself)
{
	expect_reach(BESIDE, "a1", NULL, "10.1.0.1-10.1.0.2 -> 10.1.0.0, 10.1.0.3-10.1.0.7 tcp/22\n");
	expect_reach(BESIDE, NULL, "a3", "10.1.0.0-10.1.0.2, 10.1.0.4/30 -> 10.1.0.3 tcp/22\n");
	expect_reach(BESIDE, "a1", "a1", "");
	expect_reach(BESIDE, "10.1.0.7", "10.1.0.7", "");
	expect_reach(BESIDE, "two", "two", "10.1.0.1-10.1.0.3 -> 10.1.0.1-10.1.0.3 tcp/22\n");
	expect_reach(BESIDE, "two", "a1", "10.1.0.3 -> 10.1.0.1-10.1.0.2 tcp/22\n");
}

Test(hosts, s36_a_list_of_all_others_is_all_that_a_device_reaches)
{
	expect_assertion(BESIDE, "a1 can only reach others", NULL);
	expect_assertion(BESIDE, "a1 can only be reached by others", NULL);
	expect_assertion(BESIDE, "a3 can only reach others", "a3 -> a1");
	expect_assertion(BESIDE, "two can only reach others", "a3 -> a1");
}

Test(hosts, s7_a_plan_opens_nothing_from_a_host_to_itself)
{
	const char *zone = HEAD "zone a { interface eth1  network 10.1.0.0/31 }\n";
	fb_autostrbuf struct fb_strbuf before = { 0 }, after = { 0 };
	struct fb_slots slots = { 0 };
	struct policy old, new;
	struct fb_plan plan;

	fb_strbuf_addf(&before,
		       "%sfirebreak a -> a { allow 10.1.0.0 -> 10.1.0.1  tcp/22\n"
		       "allow 10.1.0.1 -> 10.1.0.0  tcp/22 }\n",
		       zone);
	fb_strbuf_addf(&after, "%sfirebreak a -> a { allow any -> any  tcp/22 }\n", zone);
	policy_load_with(&old, fb_strbuf_get(&before), &slots);
	policy_load_with(&new, fb_strbuf_get(&after), &slots);
	cr_assert(!old.errors && !new.errors);
	fb_plan_make(&old.rs, &new.rs, &plan);
	cr_assert_eq(plan.opens.n + plan.closes.n, 0);
	fb_plan_done(&plan);
	policy_done(&old);
	policy_done(&new);
	fb_slots_done(&slots);
}

// SPDX-License-Identifier: GPL-2.0-only
/* What a set of addresses is called. */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "cli/load.h"
#include "cli/set_names.h"

#define HEAD                                                                                       \
	"policy \"p\" language 1 timezone \"UTC\"\nzone a { interface e1  network 10.1.0.0/16 }\n" \
	"zone b { interface e2  network 10.2.0.0/16 }\n"

static void load(struct fb_policy *p, const char *text)
{
	fb_policy_load_text(p, "p.fb", text, strlen(text));
	cr_assert_eq(p->errors, 0);
}

static void expect_ends(const char *lines, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, out = { 0 };
	struct fb_set_names names;
	struct fb_reach_list list;
	struct fb_policy p = { 0 };

	fb_strbuf_addf(&text, HEAD "%s\n", lines);
	load(&p, fb_strbuf_get(&text));
	fb_set_names_init(&names, &p.ruleset);
	fb_reach_find(&p.ruleset, NULL, NULL, 0, &list);
	for (size_t i = 0; i < list.n; i++) {
		bool named = fb_set_names_put_end(&names, &list.v[i], true, &out);

		fb_strbuf_add(&out, named ? " -> " : "! -> ");
		named = fb_set_names_put_end(&names, &list.v[i], false, &out);
		fb_strbuf_add(&out, named ? "\n" : "!\n");
	}
	cr_assert_str_eq(fb_strbuf_get(&out), wanted, "%s", fb_strbuf_get(&out));
	fb_reach_done(&list);
	fb_set_names_done(&names);
	fb_policy_done(&p);
}

Test(set_names, a_set_has_the_first_name_that_stands_for_just_it)
{
	expect_ends(
		"device d in a { ip 10.1.0.1 }\ngroup g in a { d }\ngroup h in b { 10.2.0.0/24 }\n"
		"firebreak a -> b, self, a { allow g -> h, 10.2.0.0/25  tcp/1; allow any -> self  tcp/2 }\n"
		"firebreak a -> a { allow d -> any  tcp/3 }",
		"d -> h\n"
		"a -> self\n"
		"d -> a\n");
	expect_ends("firebreak a -> b { allow 10.1.0.5 -> any  tcp/1 }", "10.1.0.5! -> b\n");
}

Test(set_names, twenty_thousand_names_are_told_apart_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, out = { 0 };
	struct fb_set_names names;
	struct fb_reach_list list;
	struct fb_policy p = { 0 };
	clock_t begin;

	fb_strbuf_add(&text, HEAD);
	for (int i = 0; i < 20000; i++)
		fb_strbuf_addf(&text, "device d%d in a { ip 10.1.%d.%d }\n", i, i / 250, i % 250 + 1);
	fb_strbuf_add(&text, "firebreak a -> b {\n");
	for (int i = 0; i < 20000; i++)
		fb_strbuf_addf(&text, "  allow d%d -> 10.2.%d.%d  tcp/1\n", i, i / 250, i % 250);
	fb_strbuf_add(&text, "}\n");
	load(&p, fb_strbuf_get(&text));
	fb_reach_find(&p.ruleset, NULL, NULL, 0, &list);
	cr_assert_eq(list.n, 20000);
	begin = clock();
	fb_set_names_init(&names, &p.ruleset);
	for (size_t i = 0; i < list.n; i++) {
		cr_assert(fb_set_names_put_end(&names, &list.v[i], true, &out));
		cr_assert_not(fb_set_names_put_end(&names, &list.v[i], false, &out));
	}
	cr_assert_lt((double)(clock() - begin) / CLOCKS_PER_SEC, 2.0);
	fb_reach_done(&list);
	fb_set_names_done(&names);
	fb_policy_done(&p);
}

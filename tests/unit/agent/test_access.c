// SPDX-License-Identifier: GPL-2.0-only
/* What was opened by request: for which policies it holds, and what the file keeps. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/access.h"
#include "agent/store.h"
#include "base/cleanup.h"

#define ZONES                                              \
	"zone a { interface eth1  network 10.1.0.0/16 }\n" \
	"zone b { interface eth2  network 10.2.0.0/16 }\n" \
	"access visit { max 4h }\naccess other { max 1h }\n"
#define LINE "firebreak a -> b { allow any -> any tcp/22 on-request visit }\n"

#define NS 1000000000ull

static struct fb_generation *read_policy(const char *text)
{
	struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };
	struct fb_generation *g = NULL;
	json_t *body = json_pack("{ss s[{ss ss+}]}", "root", "p.fb", "files", "path", "p.fb", "text",
				 "policy \"t\" language 1 version 1 timezone \"UTC\"\n", text);
	char *said = NULL;

	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	cr_assert_eq(fb_generation_new(&b, NULL, &g, &said), 0, "%s", said);
	free(said);
	return g;
}

static void open_access(struct fb_open_accesses *open, const struct fb_generation *g, const char *name)
{
	fb_vec_add(&open->v, (struct fb_open_access){
				     .access = strdup(name),
				     .who = strdup("me"),
				     .reason = strdup("why"),
				     .lines = fb_access_lines(
					     &g->ruleset, (unsigned int)fb_access_find(&g->ruleset, name)),
				     .since = 100,
				     .until = 200,
				     .ends = 105 * NS });
}

Test(access, an_opening_holds_for_a_policy_that_keeps_its_lines_and_for_no_other)
{
	static const struct {
		const char *policy;
		bool holds;
	} cases[] = {
		{ ZONES LINE, true },
		{ ZONES "# a word\n" LINE "firebreak b -> a { allow any -> any tcp/80 }\n", true },
		{ ZONES "firebreak a -> b { allow any -> any tcp/23 on-request visit }\n", false },
		{ ZONES "firebreak a -> b { allow any -> any tcp/22 on-request visit until 2090-01-01 }\n",
		  false },
		{ ZONES "firebreak a -> b { allow any -> any tcp/22 on-request other }\n", false },
		{ ZONES LINE "firebreak b -> a { allow any -> any tcp/22 on-request visit }\n", false },
	};
	struct fb_generation *g = read_policy(ZONES LINE);
	struct fb_open_accesses open = { 0 };

	open_access(&open, g, "visit");
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_generation *next = read_policy(cases[i].policy);
		struct fb_openings openings;

		fb_open_accesses_for(&open, &next->ruleset, &openings);
		cr_assert_eq(openings.n, cases[i].holds, "case %zu", i);
		cr_assert(!openings.n ||
			  (openings.v[0].until == 200 && !strcmp(openings.v[0].access, "visit")));
		fb_vec_done(&openings);
		fb_generation_free(next);
	}
	fb_open_accesses_done(&open);
	fb_generation_free(g);
}

/* It was opened at 100 by the clock, 5 s after the start, for 100 s. */
Test(access, a_clock_that_is_set_makes_no_opening_longer_or_shorter)
{
	static const struct {
		__s64 clock; /* as it shows 45 s after the start, which should be 140 */
		__s64 until;
		bool changed;
	} cases[] = {
		{ 140, 200, false },	    { 141, 200, false }, /* whole seconds */
		{ 140 + 3600, 3800, true }, { 140 + 90, 290, true }, { 40, 100, true }, { 5, 65, true },
	};
	struct fb_generation *g = read_policy(ZONES LINE);

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_open_accesses open = { 0 };
		struct fb_open_access *a;

		open_access(&open, g, "visit");
		a = &open.v.v[0];
		cr_assert_eq(fb_open_accesses_follow(&open, cases[i].clock, 45 * NS), cases[i].changed,
			     "case %zu", i);
		cr_assert_eq(a->until, cases[i].until, "case %zu: until %lld", i, (long long)a->until);
		cr_assert(a->until - a->since == 100, "case %zu", i);
		cr_assert(!fb_open_access_over(a, cases[i].clock, 45 * NS), "case %zu", i);
		cr_assert(fb_open_access_over(a, cases[i].until, 105 * NS), "case %zu", i);
		cr_assert(fb_open_access_over(a, 1, 105 * NS), "case %zu: its time is over", i);
		fb_open_accesses_done(&open);
	}
	fb_generation_free(g);
}

Test(access, one_written_by_an_older_agent_is_counted_from_when_it_is_seen)
{
	struct fb_generation *g = read_policy(ZONES LINE);
	struct fb_open_accesses open = { 0 };

	open_access(&open, g, "visit");
	open.v.v[0].ends = 0;
	cr_assert(!fb_open_accesses_follow(&open, 140, 45 * NS));
	cr_assert_eq(open.v.v[0].ends, 105 * NS);
	fb_open_accesses_done(&open);
	fb_generation_free(g);
}

Test(access, ten_minutes_before_it_shuts_it_is_told_once)
{
	struct fb_open_access visit = { .since = 10000, .until = 17200 },
			      short_one = { .since = 10000, .until = 10600 };

	cr_assert(!fb_open_access_warns(&visit, 10000));
	cr_assert(!fb_open_access_warns(&visit, 16599));
	cr_assert(fb_open_access_warns(&visit, 16600));
	cr_assert(!fb_open_access_warns(&visit, 16601), "once");
	cr_assert(!fb_open_access_warns(&short_one, 10300), "who opens it for ten minutes knows");
}

Test(access, the_file_keeps_them_for_this_boot_only)
{
	struct fb_generation *g = read_policy(ZONES LINE);
	struct fb_open_accesses open = { 0 }, again;
	char dir[] = "/tmp/fb-access-XXXXXX";
	fb_autofree char *path = NULL, *text = NULL;
	struct fb_error err = { 0 };
	size_t len;
	char *boot;

	cr_assert(mkdtemp(dir));
	cr_assert(asprintf(&path, "%s/accesses.json", dir) > 0);
	cr_assert_eq(fb_open_accesses_read(dir, &again, &err), 0, "never written: none is open");
	cr_assert_eq(again.v.n, 0u);
	open_access(&open, g, "visit");
	open_access(&open, g, "other");
	fb_open_accesses_remove(&open, 1);
	cr_assert_eq(fb_open_accesses_write(dir, &open, &err), 0, "%s", err.text);
	cr_assert_eq(fb_open_accesses_read(dir, &again, &err), 0, "%s", err.text);
	cr_assert_eq(again.v.n, 1u);
	cr_assert(again.v.v[0].until == 200 && again.v.v[0].ends == 105 * NS &&
		  fb_open_access_holds(&again.v.v[0], &g->ruleset));
	fb_open_accesses_done(&again);

	/* another boot's */
	cr_assert_eq(fb_store_read_file(dir, "accesses.json", &text, &len, &err), 0);
	boot = strstr(text, "\"boot\": \"");
	boot[9] = boot[9] == '0' ? '1' : '0';
	cr_assert_eq(fb_store_write_file(dir, "accesses.json", text, len, &err), 0);
	cr_assert_eq(fb_open_accesses_read(dir, &again, &err), 0, "%s", err.text);
	cr_assert_eq(again.v.n, 0u);
	cr_assert_eq(fb_store_write_file(dir, "accesses.json", "{", 1, &err), 0);
	cr_assert_eq(fb_open_accesses_read(dir, &again, &err), -EBADMSG);
	unlink(path);
	rmdir(dir);
	fb_open_accesses_done(&open);
	fb_generation_free(g);
}

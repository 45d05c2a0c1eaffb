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
				     .ends = 1100ull * 1000000000 });
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
	cr_assert(again.v.v[0].ends == 1100ull * 1000000000);
	cr_assert(again.v.v[0].until == 200 && fb_open_access_holds(&again.v.v[0], &g->ruleset));
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

/* Opened at 100 by the clock, 1000 s after the start of the host, for 100 s. */
Test(access, a_clock_set_back_leaves_none_open_for_longer)
{
	static const struct {
		__s64 now;
		unsigned int boot; /* s */
		__s64 until;
	} cases[] = {
		{ 100, 1000, 200 }, /* just opened */
		{ 150, 1050, 200 }, /* nobody touched the clock */
		{ 149, 1050, 200 }, /* the seconds of the two clocks change at different instants */
		{ 160, 1050, 200 }, /* set forward: it shuts earlier */
		{ 90, 1010, 181 },  /* set back by 20 s */
		{ 3, 1100, 3 },	    /* its time is over, whatever the clock shows */
		{ -9000, 5000, -9000 },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_open_access one = { .since = 100, .until = 200, .ends = 1100ull * 1000000000 };
		struct fb_open_accesses open = { 0 };
		size_t n;

		fb_vec_add(&open.v, one);
		n = fb_open_accesses_shorten(&open, cases[i].now, cases[i].boot * 1000000000ull);
		cr_assert_eq(open.v.v[0].until, cases[i].until, "case %zu: %lld", i,
			     (long long)open.v.v[0].until);
		cr_assert_eq(n, cases[i].until != 200, "case %zu", i);
		cr_assert_eq(fb_open_accesses_shorten(&open, cases[i].now, cases[i].boot * 1000000000ull), 0,
			     "case %zu: once", i);
		fb_vec_done(&open.v);
	}
}

Test(access, of_one_that_an_older_agent_wrote_only_the_clock_is_known)
{
	struct fb_open_accesses open = { 0 };

	fb_vec_add(&open.v, (struct fb_open_access){ .since = 100, .until = 200 });
	cr_assert_eq(fb_open_accesses_shorten(&open, 20, 5000ull * 1000000000), 0);
	cr_assert_eq(open.v.v[0].until, 200);
	fb_vec_done(&open.v);
}

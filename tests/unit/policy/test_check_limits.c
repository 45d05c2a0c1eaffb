// SPDX-License-Identifier: GPL-2.0-only
/* limit, quota, windows and accesses of a line as the checker sees them: S18, S19, S40, S41, S50-S52. */
#include "fixture.h"

#define AB                                                     \
	"policy \"t\" language 1 timezone \"Europe/London\"\n" \
	"zone a { interface eth1 network 10.1.0.0/16 }\n"      \
	"zone b { interface eth2 network 10.2.0.0/16 }\n"
#define SECOND (64000000000ull)

static struct fb_cap cap_of(const char *suffix)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct policy p;
	struct fb_cap cap;

	fb_strbuf_addf(&text, "%sfirebreak a -> b { allow any -> any tcp/22  %s }\n", AB, suffix);
	policy_load_clean(&p, fb_strbuf_get(&text));
	cap = p.rs.lines.v[0].cap;
	policy_done(&p);
	return cap;
}

static void expect_limit(const char *suffix, enum fb_limit_kind kind, enum fb_scope scope, __u64 cost,
			 __u64 units)
{
	struct fb_cap cap = cap_of(suffix);

	cr_assert_eq(cap.kind, kind, "%s", suffix);
	cr_assert_eq(cap.scope, scope, "%s", suffix);
	cr_assert_eq(cap.cost, cost, "%s: %llu", suffix, cap.cost);
	cr_assert_eq(cap.burst, units * cost, "%s: %llu", suffix, cap.burst / cost);
}

Test(limits, s40_a_unit_costs_its_share_of_a_second_and_burst_is_one_second_s_worth)
{
	expect_limit("limit 200 new/s per source", FB_LIMIT_NEW, FB_SCOPE_SOURCE, SECOND / 200, 200);
	expect_limit("limit 64 packets/s per destination", FB_LIMIT_PACKETS, FB_SCOPE_DESTINATION,
		     SECOND / 64, 64);
	expect_limit("limit 10 mbit/s per line", FB_LIMIT_BYTES, FB_SCOPE_LINE, SECOND / 1250000, 1250000);
	expect_limit("limit 200 new/s per source burst 1000", FB_LIMIT_NEW, FB_SCOPE_SOURCE, SECOND / 200,
		     1000);
}

Test(limits, s40_burst_is_at_least_five)
{
	expect_limit("limit 1 new/s per source", FB_LIMIT_NEW, FB_SCOPE_SOURCE, SECOND, 5);
	expect_limit("limit 30 new/min per source", FB_LIMIT_NEW, FB_SCOPE_SOURCE, SECOND * 2, 5);
	expect_limit("limit 600 new/min per source", FB_LIMIT_NEW, FB_SCOPE_SOURCE, SECOND / 10, 10);
	expect_limit("limit 2 new/s per source burst 1", FB_LIMIT_NEW, FB_SCOPE_SOURCE, SECOND / 2, 1);
}

Test(limits, s40_what_does_not_divide_is_rounded_so_that_the_limit_stays_a_cap)
{
	struct fb_cap cap = cap_of("limit 7 new/s per source");

	cr_assert_geq(cap.cost * 7, SECOND);
	cap = cap_of("limit 99999 mbit/s per line");
	cr_assert_geq(cap.cost * 99999 * 125000, SECOND);
	expect_error(AB "firebreak a -> b { allow any -> any tcp/22  limit 100001 mbit/s per line }\n",
		     "100001 mbit/s is more than can be measured");
	expect_error(AB
		     "firebreak a -> b { allow any -> any tcp/22  limit 1 new/min per line burst 50000 }\n",
		     "burst 50000 is what this rate brings in more than 30 days");
}

Test(limits, s40_a_burst_below_what_comes_in_20_ms_is_raised_and_said)
{
	struct policy p;

	policy_load(&p, AB
		    "firebreak a -> b { allow any -> any tcp/22  limit 10000 packets/s per line burst 7 }\n");
	cr_assert_eq(p.errors, 0);
	cr_assert(strstr(fb_strbuf_get(&p.said),
			 "burst 7 is less than what comes in 20 ms at this rate: it is "
			 "raised to 200"),
		  "%s", fb_strbuf_get(&p.said));
	cr_assert_eq(p.rs.lines.v[0].cap.burst, SECOND / 50);
	policy_done(&p);
}

Test(limits, s41_a_quota_is_bytes_in_a_period)
{
	struct fb_cap cap = cap_of("quota 20 GB/day per source alert");

	cr_assert(cap.quota == 20000000000ull && cap.quota_period == 86400 && !cap.quota_drop &&
		  cap.quota_scope == FB_SCOPE_SOURCE && cap.kind == FB_LIMIT_NONE);
	cap = cap_of("limit 5 new/s per source  quota 3 MB/hour per line drop");
	cr_assert(cap.quota == 3000000 && cap.quota_period == 3600 && cap.quota_drop &&
		  cap.quota_scope == FB_SCOPE_LINE && cap.kind == FB_LIMIT_NEW);
	cr_assert_eq(cap_of("quota 2 TB/day per destination drop").quota, 2000000000000ull);
}

Test(limits, s19_a_default_is_for_the_lines_that_have_none)
{
	struct policy p;

	policy_load_clean(&p, AB
			  "window w { every tue 09:00-12:00 }\naccess v { max 1h }\nfirebreak a -> b {\n"
			  " default limit 5 new/s per source during w on-request v log\n"
			  " allow any -> any tcp/22\n allow any -> any tcp/23  limit 9 new/s per line\n}\n");
	cr_assert_eq(p.rs.lines.v[0].cap.burst, 5 * p.rs.lines.v[0].cap.cost);
	cr_assert_eq(p.rs.lines.v[1].cap.scope, FB_SCOPE_LINE);
	for (int i = 0; i < 2; i++)
		cr_assert(p.rs.lines.v[i].window == 1 && p.rs.lines.v[i].access == 1 && p.rs.lines.v[i].log);
	policy_done(&p);
}

/* ---- S18 ---------------------------------------------------------------------------------------------------------- */

Test(limits, s18_lines_that_overlap_with_another_limit_are_an_error)
{
	expect_error(AB "firebreak a -> b {\n allow any -> any tcp/22  limit 5 new/s per source\n"
			" allow 10.1.0.0/24 -> any tcp/20-30\n}\n",
		     "overlaps t.fb:5 (10.1.0.1 -> 10.2.0.1 tcp/22) with another limit: split them");
	expect_error(
		AB
		"firebreak a -> b { allow any -> any tcp/22  limit 5 new/s per source }\n"
		"firebreak a -> b { allow any -> any ssh  limit 5 new/s per line }\nservice ssh { tcp/22 }\n",
		"with another limit");
	expect_error(AB "firebreak a -> b { allow any -> any tcp/22  quota 1 GB/day per line drop }\n"
			"firebreak a -> b { allow any -> any tcp/1-99  quota 1 GB/day per line alert }\n",
		     "with another quota");
	expect_error(AB "window w { every mon 09:00-10:00 }\nwindow x { every tue 09:00-10:00 }\n"
			"firebreak a -> b {\n allow any -> any tcp/22  during w limit 5 new/s per source\n"
			" allow any -> any tcp/1-99  during x\n}\n",
		     "with another limit");
}

Test(limits, s18_lines_that_part_or_agree_are_fine)
{
	expect_clean(AB "firebreak a -> b {\n allow any -> any tcp/22  limit 5 new/s per source\n"
			" allow any -> any tcp/23  limit 6 new/s per source\n"
			" allow any -> any tcp/22-22  limit 5 new/s per source  id other\n}\n");
	expect_clean(AB "firebreak a -> b { allow any -> any tcp/22  limit 5 new/s per source }\n"
			"firebreak b -> a { allow any -> any tcp/22 }\n");
	expect_clean(
		AB "firebreak a -> b { allow any -> any tcp/22  limit 5 new/s per source }\nnever b -> a\n");
}

/* ---- windows and accesses --------------------------------------------------------------------------------------------- */

Test(times, a_window_or_access_must_be_there_and_be_one)
{
	expect_error(
		AB "window tue { every tue 09:00-12:00 }\nfirebreak a -> b { allow any -> any tcp/22  during "
		   "teu }\n",
		"unknown window \"teu\"");
	expect_error(AB "access v { }\nfirebreak a -> b { allow any -> any tcp/22  during v }\n",
		     "v is an access, but a window is needed here");
	expect_error(AB "window v { every day 01:00-02:00 }\nfirebreak a -> b { allow any -> any tcp/22  "
			"on-request v }\n",
		     "v is a window, but an access is needed here");
}

Test(times, s50_a_window_says_when)
{
	expect_error(AB "window w { owner \"me\" }\n", "window w is never open");
	expect_lint(AB "window w { on 2026-11-01 09:00-12:00 }\n", "window w lies in the past");
	expect_clean(AB "window w { on 2026-11-22 13:00-14:00 }\n");
	expect_clean(AB "window w { on 2026-11-01 09:00-12:00 every tue 09:00-10:00 }\n");
}

Test(times, s51_a_window_needs_a_time_zone)
{
	expect_error("policy \"t\"\nwindow w { every tue 09:00-12:00 }\n", "window w needs a time zone");
	expect_clean("policy \"t\"\nwindow w { every tue 09:00-12:00  timezone \"Asia/Tokyo\" }\n");
	expect_error("policy \"t\"\nwindow w { every tue 09:00-12:00  timezone \"Asia/Tokio\" }\n",
		     "unknown time zone \"Asia/Tokio\"");
}

/* ---- settings of pairs ------------------------------------------------------------------------------------------------- */

static __u32 flags_of(const struct policy *p, const char *src, const char *dst)
{
	for (size_t i = 0; i < p->rs.pair_flags.n; i++)
		if (p->rs.pair_flags.v[i].src == zone_id(p, src) &&
		    p->rs.pair_flags.v[i].dst == zone_id(p, dst))
			return p->rs.pair_flags.v[i].flags;
	return 0;
}

Test(settings, s32_mid_stream_allow_is_of_its_pairs_and_a_lint)
{
	struct policy p;

	policy_load(&p, AB "firebreak a -> b { mid-stream allow; allow any -> any tcp/22 }\n");
	cr_assert_eq(p.errors, 0);
	cr_assert_eq(p.diags.list.n, 1);
	cr_assert(strstr(fb_strbuf_get(&p.said), "mid-stream allow weakens the state check of a -> b"));
	cr_assert_eq(flags_of(&p, "a", "b"), FB_PAIR_F_MID_STREAM);
	cr_assert_eq(flags_of(&p, "b", "a"), 0);
	policy_done(&p);
}

/* ---- chains of names -------------------------------------------------------------------------------------------- */

/* n names, each but the first with the one before it inside, the first one first or last. */
static void chain(struct fb_strbuf *out, const char *word, const char *first, int n, bool backwards)
{
	fb_strbuf_add(out, AB);
	for (int i = 0; i < n; i++) {
		int k = backwards ? n - 1 - i : i;

		if (k)
			fb_strbuf_addf(out, "%s x%d { x%d }\n", word, k, k - 1);
		else
			fb_strbuf_addf(out, "%s x0 { %s }\n", word, first);
	}
}

Test(limits, names_nest_256_deep_and_no_deeper_in_whatever_order_they_stand)
{
	static const struct {
		const char *word, *first, *says;
	} cases[] = {
		{ "group", "10.1.0.1", "error: group x" },
		{ "service", "tcp/1", "error: service x" },
		{ "zone-group", "a", "error: zone group x" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++)
		for (int backwards = 0; backwards < 2; backwards++)
			for (int n = 256; n < 100000; n = n == 256 ? 257 : n * 300) {
				fb_autostrbuf struct fb_strbuf text = { 0 };
				struct policy p;

				chain(&text, cases[i].word, cases[i].first, n, backwards);
				policy_load(&p, fb_strbuf_get(&text));
				cr_assert_eq(p.errors, n > 256, "%s %d: %.500s", cases[i].word, n,
					     fb_strbuf_get(&p.said));
				cr_assert(n == 256 || (strstr(fb_strbuf_get(&p.said), cases[i].says) &&
						       strstr(fb_strbuf_get(&p.said),
							      " is nested more than 256 deep\n")));
				policy_done(&p);
			}
}

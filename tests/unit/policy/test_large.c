/* SPDX-License-Identifier: GPL-2.0-only */
/* 10,000 lines: every analysis in less than two seconds of CPU time, in two shapes: spread over zones, and all in one pair. */
#include <errno.h>
#include <sys/resource.h>
#include <time.h>

#include "fixture.h"
#include "oracle.h"

#include "policy/compile.h"
#include "policy/l4set.h"
#include "policy/lint.h"
#include "policy/paths.h"
#include "policy/plan.h"
#include "policy/report.h"

enum { LINES = 10000, ZONES = 12 };

static unsigned int seed;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void operand(struct fb_strbuf *out, unsigned int zone)
{
	unsigned int kind = pick(20);

	if (kind < 6)
		fb_strbuf_addf(out, "d%u-%u", zone, pick(60));
	else if (kind < 12)
		fb_strbuf_addf(out, "g%u-%u", zone, pick(20));
	else if (kind < 13)
		fb_strbuf_add(out, "any");
	else
		fb_strbuf_addf(out, "10.%u.%u.0/24", zone, pick(256));
}

/* The last line has ports that no other one has; wider: a hundred more of them. */
static void large_policy(struct fb_strbuf *out, unsigned int lines, bool one_pair, bool wider)
{
	seed = 1;
	fb_strbuf_add(out, "policy \"t\" language 1 version 1 timezone \"UTC\"\n");
	for (unsigned int z = 0; z < ZONES; z++) {
		fb_strbuf_addf(out, "zone z%u { interface eth%u  network 10.%u.0.0/16 }\n", z, z, z);
		for (unsigned int d = 0; d < 60; d++)
			fb_strbuf_addf(out, "device d%u-%u in z%u { ip 10.%u.%u.9 }\n", z, d, z, z, d);
		for (unsigned int g = 0; g < 20; g++)
			fb_strbuf_addf(
				out,
				"group g%u-%u in z%u { 10.%u.%u.0/28, 10.%u.%u.32/28, 10.%u.%u.64/27 }\n", z,
				g, z, z, pick(256), z, pick(256), z, pick(256));
	}
	for (unsigned int i = 1; i < lines; i++) {
		unsigned int from = one_pair ? 0 : pick(ZONES),
			     to = one_pair ? 1 : (from + 1 + pick(ZONES - 1)) % ZONES;
		unsigned int port = 1 + pick(60000), width = pick(200);

		fb_strbuf_addf(out, "firebreak z%u -> z%u { allow ", from, to);
		operand(out, from);
		fb_strbuf_add(out, " -> ");
		operand(out, to);
		fb_strbuf_addf(out, "  tcp/%u-%u  id r%u }\n", port, port + width, i);
	}
	fb_strbuf_addf(out, "firebreak z0 -> z1 { allow d0-7 -> d1-9  tcp/61000-%u  id last }\n",
		       wider ? 61200 : 61100);
	fb_strbuf_add(out, "assert z0 cannot reach z1 udp/1 transitively\n");
}

static void expect_quick(const char *what, clock_t begin)
{
	double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;

	cr_log_info("%s: %.3f s of CPU time", what, seconds);
	cr_assert_lt(seconds, 2.0, "%s took %.3f s", what, seconds);
}

static void ask_everything(const struct policy *p)
{
	struct fb_party a, b;
	struct fb_paths_query q = { .from = &a, .to = &b, .max_steps = 8, .max_paths = 20 };
	struct fb_reach_list edges;
	struct fb_lints lints;
	struct fb_paths paths;
	struct fb_error err = { 0 };
	clock_t begin = clock();

	fb_lints_find(&p->tree, &p->rs, NOW, &lints);
	cr_assert_eq(lints.counts[FB_LINT_UNDOCUMENTED], LINES);
	fb_lints_done(&lints);
	expect_quick("advice", begin);
	begin = clock();
	cr_assert_eq(fb_party_find(&p->rs, "z0", &a, &err), 0);
	cr_assert_eq(fb_party_find(&p->rs, "z1", &b, &err), 0);
	fb_reach_find(&p->rs, NULL, NULL, 0, &edges);
	fb_paths_find(&p->rs, &edges, &q, &paths);
	cr_assert_gt(paths.v.n, 0);
	fb_paths_done(&paths);
	fb_reach_done(&edges);
	expect_quick("paths", begin);
}

/* One range of ports is another: the plan is that, no more and no less. */
static void compare(const struct policy *before, const struct policy *after)
{
	fb_autostrbuf struct fb_strbuf what = { 0 };
	const struct fb_reach *opens;
	clock_t begin = clock();
	struct fb_plan plan;

	fb_plan_make(&before->rs, &after->rs, &plan);
	expect_quick("plan", begin);
	cr_assert_eq(plan.opens.n, 1);
	cr_assert_eq(plan.closes.n, 0);
	opens = &plan.opens.v[0];
	cr_assert_str_eq(after->rs.lines.v[opens->line].id, "last");
	fb_ruleset_print_set(&after->rs, &opens->src, &what);
	fb_strbuf_add(&what, " -> ");
	fb_ruleset_print_set(&after->rs, &opens->dst, &what);
	fb_strbuf_addc(&what, ' ');
	fb_l4set_print(&opens->services, &what);
	cr_assert_str_eq(fb_strbuf_get(&what), "10.0.7.9 -> 10.1.9.9 tcp/61101-61200");
	cr_assert_eq(plan.pairs_opened, 1);
	cr_assert_eq(plan.pairs_narrowed, 0);
	cr_assert_eq(plan.ids_new + plan.ids_gone, 0);
	fb_plan_done(&plan);
}

static void measure(bool one_pair)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, wider = { 0 };
	struct policy p, q;
	clock_t begin = clock();

	large_policy(&text, LINES, one_pair, false);
	large_policy(&wider, LINES, one_pair, true);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	expect_quick("text to proved assertion", begin);
	ask_everything(&p);
	policy_load(&q, fb_strbuf_get(&wider));
	compare(&p, &q);
	policy_done(&p);
	policy_done(&q);
}

Test(large, ten_thousand_lines_over_many_zones_are_analysed_and_compared_exactly_in_two_seconds)
{
	measure(false);
}

Test(large, ten_thousand_lines_of_one_pair_are_analysed_and_compared_exactly_in_two_seconds)
{
	measure(true);
}

/* Ten times the lines take about ten times as long, not a hundred. */
Test(large, advice_on_a_hundred_thousand_lines_takes_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_lints lints;
	struct policy p;
	clock_t begin;
	double seconds;

	large_policy(&text, 10 * LINES, false, false);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	begin = clock();
	fb_lints_find(&p.tree, &p.rs, NOW, &lints);
	seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
	cr_log_info("advice: %.3f s of CPU time", seconds);
	cr_assert_lt(seconds, 10.0, "took %.3f s", seconds);
	cr_assert_eq(lints.counts[FB_LINT_UNDOCUMENTED], 10 * LINES);
	fb_lints_done(&lints);
	policy_done(&p);
}

/* Each line with a range of its own, so that ports fall into as many classes as there are lines. */
Test(large, twenty_thousand_port_ranges_compile_in_two_seconds)
{
	const size_t bytes = FB_IMAGE_BYTES_LARGE;
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_compile_input in = { .generation = 1 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };
	struct policy p;
	void *image = calloc(1, bytes);
	clock_t begin;

	large_policy(&text, 2 * LINES, false, false);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	in.ruleset = &p.rs;
	begin = clock();
	cr_assert_eq(fb_compile(&in, image, bytes, &stats, &err), 0, "%s", err.text);
	expect_quick("compiling", begin);
	cr_assert_gt(stats.l4_classes, LINES);
	free(image);
	policy_done(&p);
}

/* Ranges of up to 2^bits addresses of one /9 on both sides, which cross each other as no prefixes do; each line with a port of its own. */
static void crossing_policy(struct fb_strbuf *out, unsigned int lines, unsigned int bits)
{
	seed = 1;
	fb_strbuf_add(out, "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
			   "zone a { interface eth1  network 10.0.0.0/8 }\n"
			   "zone b { interface eth2  network 20.0.0.0/8 }\n"
			   "firebreak a -> b {\n");
	for (unsigned int i = 0; i < lines; i++) {
		unsigned int end[2][2];

		for (int side = 0; side < 2; side++) {
			end[side][0] = pick(1u << 12) << 11 | pick(1u << 11);
			end[side][1] = end[side][0] + (pick(1u << 12) << 11 >> (23 - bits));
		}
		fb_strbuf_addf(out,
			       "  allow 10.%u.%u.%u-10.%u.%u.%u -> 20.%u.%u.%u-20.%u.%u.%u  udp/%u id l%u\n",
			       end[0][0] >> 16, end[0][0] >> 8 & 255, end[0][0] & 255, end[0][1] >> 16,
			       end[0][1] >> 8 & 255, end[0][1] & 255, end[1][0] >> 16, end[1][0] >> 8 & 255,
			       end[1][0] & 255, end[1][1] >> 16, end[1][1] >> 8 & 255, end[1][1] & 255, i + 1,
			       i);
	}
	fb_strbuf_add(out, "}\n");
}

/* What the policy of the text needs or is refused for, and what was said. */
static int compile_quickly(const struct fb_strbuf *text, size_t bytes, struct fb_image_stats *stats,
			   struct fb_error *err)
{
	struct policy p;
	struct fb_compile_input in = { .generation = 1, .ruleset = &p.rs };
	struct oracle_scan *scan;
	struct oracle_random rng = { 1 };
	void *image = calloc(1, bytes);
	clock_t begin;
	int r;

	policy_load(&p, fb_strbuf_get(text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	scan = oracle_scan_new(&p.rs);
	begin = clock();
	r = fb_compile(&in, image, bytes, stats, err);
	expect_quick("compiling", begin);
	for (unsigned int i = 0; i < 5000 && !r; i++) {
		struct oracle_header h;

		oracle_header(&p.rs, &rng, &h);
		cr_assert_eq(oracle_image_classify(image, (__u32)(bytes / 4), &h), oracle_scan(scan, &h));
	}
	oracle_scan_free(scan);
	free(image);
	policy_done(&p);
	return r;
}

Test(large, eight_hundred_ranges_that_cross_each_other_compile_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	crossing_policy(&text, 800, 22);
	cr_assert_eq(compile_quickly(&text, FB_IMAGE_BYTES_LARGE, &stats, &err), 0, "%s", err.text);
}

static void two_zones(struct fb_strbuf *out)
{
	fb_strbuf_add(out, "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
			   "zone a { interface eth1  network 10.1.0.0/16 }\n"
			   "zone b { interface eth2  network 10.2.0.0/16 }\n"
			   "firebreak a -> b {\n");
}

/* As wide as everything: the lists of what overlaps would fill gigabytes. */
Test(large, ten_thousand_ranges_that_cross_each_other_are_refused_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	crossing_policy(&text, 10000, 20);
	cr_assert_eq(compile_quickly(&text, FB_IMAGE_BYTES_SMALL, &stats, &err), -E2BIG);
	cr_assert(strstr(err.text, "does not fit into an image of 16 MiB"), "%s", err.text);
	cr_assert(strstr(err.text, "the line that overlaps most"), "%s", err.text);
	cr_assert_not(stats.spent); /* a larger one might do */
}

/* Every line within the next, on both sides: as many pairs of classes as half the square of the lines. */
Test(large, seventeen_thousand_nested_ranges_are_refused_before_they_are_painted)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	two_zones(&text);
	for (unsigned int i = 1; i < 17000; i++)
		fb_strbuf_addf(&text, "  allow 10.1.0.0-10.1.%u.%u -> 10.2.0.0-10.2.%u.%u  udp/53 id l%u\n",
			       i >> 8, i & 255, i >> 8, i & 255, i);
	fb_strbuf_add(&text, "}\n");
	cr_assert_eq(compile_quickly(&text, FB_IMAGE_BYTES_SMALL, &stats, &err), -E2BIG);
	cr_assert(strstr(err.text, "the lines overlap too much"), "%s", err.text);
	cr_assert(stats.spent);
}

/* Lines from nested ranges to nested ranges, each from with each to: a list a line, none for what is on the way to it. */
Test(large, a_square_of_nested_ranges_compiles_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	two_zones(&text);
	for (unsigned int i = 0; i < 80; i++)
		for (unsigned int k = 0; k < 80; k++)
			fb_strbuf_addf(&text,
				       "  allow 10.1.0.0-10.1.0.%u -> 10.2.0.0-10.2.0.%u  tcp/%u id l%u-%u\n",
				       2 * i + 1, 2 * k + 1, i * k + 1, i, k);
	fb_strbuf_add(&text, "}\n");
	cr_assert_eq(compile_quickly(&text, FB_IMAGE_BYTES_LARGE, &stats, &err), 0, "%s", err.text);
}

/* Every host from everywhere, and from every host everywhere: four million merges of two lists if all are compiled in one band. */
Test(large, four_thousand_lines_that_cross_each_other_compile_in_two_seconds_and_little_memory)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };
	struct rusage used;

	two_zones(&text);
	for (unsigned int i = 256; i < 256 + 2000; i++)
		fb_strbuf_addf(&text,
			       "  allow any -> 10.2.%u.%u  tcp/443 id s%u\n"
			       "  allow 10.1.%u.%u -> any  tcp/443 id c%u\n",
			       i >> 8, i & 255, i, i >> 8, i & 255, i);
	fb_strbuf_add(&text, "}\n");
	cr_assert_eq(compile_quickly(&text, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	cr_assert_lt(stats.bytes_used, 2 << 20);
	getrusage(RUSAGE_SELF, &used);
	cr_assert_lt(used.ru_maxrss, 150 << 10, "%ld KiB", used.ru_maxrss);
}

/* In two bands each of them has a row of its own, and 15 MiB more than there are. */
Test(large, forty_thousand_lines_behind_a_wide_one_fit_into_the_small_image)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	two_zones(&text);
	fb_strbuf_add(&text, "  allow any -> any  tcp/443 id wide\n");
	for (unsigned int i = 256; i < 40256; i++)
		fb_strbuf_addf(&text, "  allow 10.1.%u.%u -> 10.2.%u.%u  tcp/443 id l%u\n", i >> 8, i & 255,
			       i >> 8, i & 255, i);
	fb_strbuf_add(&text, "}\n");
	cr_assert_eq(compile_quickly(&text, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	cr_assert_lt(stats.bytes_used, 4 << 20);
}

/* S18 holds every line against those before it; only those of its own port are near. The last one has the ports of two. */
Test(large, twenty_thousand_limits_are_held_against_each_other_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct policy p;
	clock_t begin;

	two_zones(&text);
	for (unsigned int i = 1; i <= 2 * LINES; i++)
		fb_strbuf_addf(&text, "  allow any -> any  tcp/%u  limit %u new/s per source id l%u\n", i,
			       i % 100 + 1, i);
	fb_strbuf_add(&text, "  allow any -> any  tcp/7000-7001  limit 1000 new/s per source id last\n}\n");
	begin = clock();
	policy_load(&p, fb_strbuf_get(&text));
	expect_quick("text to rule set", begin);
	cr_assert_eq(p.errors, 1, "%.2000s", fb_strbuf_get(&p.said));
	cr_assert(strstr(fb_strbuf_get(&p.said), "overlaps t.fb:7004 (10.1.0.1 -> 10.2.0.1 tcp/7000)"), "%s",
		  fb_strbuf_get(&p.said));
	policy_done(&p);
}

/* One line with a list of ports, as other firewalls' object groups become. */
Test(large, three_thousand_port_ranges_on_one_line_are_read_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct policy p;
	clock_t begin;

	fb_strbuf_add(&text, "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
			     "zone a { interface eth1  network 10.1.0.0/16 }\n"
			     "zone b { interface eth2  network 10.2.0.0/16 }\n"
			     "firebreak a -> b { allow any -> any  tcp/8");
	for (unsigned int i = 1; i < 3000; i++)
		fb_strbuf_addf(&text, ", tcp/%u-%u", 10 * i, 10 * i + 5);
	fb_strbuf_add(&text, " }\n");
	begin = clock();
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	expect_quick("text to rule set", begin);
	cr_assert_eq(p.rs.services.v[p.rs.boxes.v[0].svc].n, 3000);
	policy_done(&p);
}

#define TWO_ZONES                                        \
	"policy \"p\" language 1 timezone \"UTC\"\n"     \
	"zone a { interface e0  network 10.1.0.0/16 }\n" \
	"zone b { interface e1  network 10.2.0.0/16 }\n"

Test(large, a_thousand_guards_by_port_are_taken_out_of_an_observed_pair_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_reach_list edges;
	struct policy p;
	clock_t begin;

	fb_strbuf_add(&text, TWO_ZONES "firebreak a -> b {\n  mode observe until 2036-01-01\n}\n");
	for (int i = 0; i < 1000; i++)
		fb_strbuf_addf(&text, "never a -> b tcp/%d\n", 1000 + 2 * i);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	begin = clock();
	fb_reach_find(&p.rs, NULL, NULL, 0, &edges);
	expect_quick("reach", begin);
	cr_assert_eq(edges.n, 1);
	cr_assert_eq(edges.v[0].services.n, 1003);
	fb_reach_done(&edges);
	policy_done(&p);
}

static void lines_from(struct fb_strbuf *out, int n, int first_port)
{
	fb_strbuf_add(out, TWO_ZONES "firebreak a -> b {\n");
	for (int i = 0; i < n; i++)
		fb_strbuf_addf(out, "  allow 10.1.%d.%d -> 10.2.%d.%d  tcp/%d\n", i / 250, i % 250, i % 200,
			       i % 249, first_port + i);
	fb_strbuf_add(out, "}\n");
}

Test(large, eight_thousand_lines_that_are_all_other_lines_are_compared_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf old = { 0 }, new = { 0 };
	struct policy p, q;
	struct fb_plan plan;
	clock_t begin;

	lines_from(&old, 8000, 1);
	lines_from(&new, 8000, 20000);
	policy_load(&p, fb_strbuf_get(&old));
	policy_load(&q, fb_strbuf_get(&new));
	cr_assert_eq(p.errors + q.errors, 0, "%.2000s", fb_strbuf_get(&q.said));
	begin = clock();
	fb_plan_make(&p.rs, &q.rs, &plan);
	expect_quick("plan", begin);
	cr_assert_eq(plan.opens.n, 8000);
	cr_assert_eq(plan.closes.n, 8000);
	fb_plan_done(&plan);
	policy_done(&p);
	policy_done(&q);
}

Test(large, the_services_of_forty_thousand_lines_are_said_in_two_seconds)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, out = { 0 };
	struct fb_matrix m;
	struct policy p;
	clock_t begin;

	lines_from(&text, 40000, 1);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	begin = clock();
	fb_matrix_fill(&p.rs, NOW, &m);
	fb_matrix_services(&p.rs, &m.cells.v[1 * 3 + 2], &out);
	expect_quick("matrix", begin);
	cr_assert_eq(strncmp(fb_strbuf_get(&out), "tcp/1, tcp/2, tcp/3, ", 21), 0);
	cr_assert(strstr(fb_strbuf_get(&out), ", tcp/40000"));
	fb_matrix_done(&m);
	policy_done(&p);
}

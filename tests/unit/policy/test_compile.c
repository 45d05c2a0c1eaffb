// SPDX-License-Identifier: GPL-2.0-only
/* The image against the definition of the answer (tests/oracle). FB_SEED repeats a run. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "oracle.h"

enum { WORDS = FB_IMAGE_BYTES_SMALL / 4 };

/* Between two pages that nobody may touch: an access outside of it ends the test. */
static void *new_image(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *area =
		mmap(NULL, FB_IMAGE_BYTES_SMALL + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert(area != MAP_FAILED);
	cr_assert_eq(mprotect(area + page, FB_IMAGE_BYTES_SMALL, PROT_READ | PROT_WRITE), 0);
	return area + page;
}

static void free_image(void *img)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap((char *)img - page, FB_IMAGE_BYTES_SMALL + 2 * page);
}

static __u64 seed(void)
{
	const char *given = getenv("FB_SEED");

	return given ? strtoull(given, NULL, 0) : (__u64)time(NULL) * 1000003u + (__u64)getpid();
}

static int compile(const struct fb_ruleset *rs, void *img, struct fb_image_stats *stats, struct fb_error *err)
{
	struct fb_compile_input in = { .ruleset = rs, .generation = 7, .applied = 1000 };

	return fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, stats, err);
}

/* True if the image has broad classes. */
static bool must_compile(const struct fb_ruleset *rs, void *img)
{
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	cr_assert_eq(compile(rs, img, &stats, &err), 0, "%s", err.text);
	cr_assert_leq(stats.loads_worst4, 48);
	cr_assert_leq(stats.loads_worst6, 58);
	return stats.classes_broad;
}

/* Every header: the same line and the same zones. */
static void must_agree(const struct fb_ruleset *rs, const void *img, struct oracle_random *rng,
		       unsigned int headers, __u64 from)
{
	struct oracle_scan *scan = oracle_scan_new(rs);

	for (unsigned int i = 0; i < headers; i++) {
		struct oracle_header h;

		oracle_header(rs, rng, &h);
		__u32 want = oracle_scan(scan, &h), have = oracle_image_classify(img, WORDS, &h);

		cr_assert_eq(have, want,
			     "seed %llu: family %d %llx:%llx -> %llx:%llx protocol %u %u -> %u: line %u "
			     "instead of %u",
			     (unsigned long long)from, h.family, (unsigned long long)h.src.hi,
			     (unsigned long long)h.src.lo, (unsigned long long)h.dst.hi,
			     (unsigned long long)h.dst.lo, h.proto, h.sport, h.dport, have, want);
		cr_assert_eq(oracle_image_zone(img, WORDS, h.family, h.src), oracle_zone(rs, h.family, h.src),
			     "seed %llu", (unsigned long long)from);
	}
	oracle_scan_free(scan);
}

Test(compile, agrees_with_the_scan_on_random_rule_sets)
{
	__u64 from = seed();
	void *img = new_image();
	unsigned int broad = 0;

	for (unsigned int i = 0; i < 240; i++) {
		struct oracle_random rng = { from + i };
		struct fb_ruleset rs;

		oracle_random_ruleset(&rs, &rng, i % ORACLE_WORLDS, 1 + oracle_below(&rng, i % 4 ? 24 : 300));
		broad += must_compile(&rs, img);
		must_agree(&rs, img, &rng, 1000, from + i);
		memset(img, 0, ((struct fb_image_header *)img)->n_words * 4);
		fb_ruleset_done(&rs);
	}
	cr_log_info("240 rule sets of 1,000 headers, %u with broad classes, first seed %llu", broad,
		    (unsigned long long)from);
	cr_assert_geq(broad, 5); /* some 40 */
	free_image(img);
}

static const char *shared_file(const char *name, char *buf, size_t size)
{
	const char *shared = getenv("FB_SHARED");

	snprintf(buf, size, "%s/rulesets/%s", shared ? shared : FB_SOURCE_ROOT "/../shared/data", name);
	return access(buf, R_OK) ? NULL : buf;
}

static const char *const classbench[] = { "acl1_1k", "fw1_1k", "ipc1_1k" };

Test(compile, agrees_with_the_scan_on_classbench_sets)
{
	void *img = new_image();
	unsigned int files = 0;

	for (size_t i = 0; i < sizeof(classbench) / sizeof(classbench[0]); i++) {
		struct oracle_random rng = { i + 1 };
		struct fb_ruleset rs;
		char buf[512];

		if (!shared_file(classbench[i], buf, sizeof(buf)))
			continue;
		cr_assert_gt(oracle_classbench(&rs, buf), 0);
		must_compile(&rs, img);
		must_agree(&rs, img, &rng, 100000, i + 1);
		memset(img, 0, FB_IMAGE_BYTES_SMALL);
		fb_ruleset_done(&rs);
		files++;
	}
	free_image(img);
	if (!files)
		cr_skip_test("no rule sets beside the source; FB_SHARED names their folder");
}

Test(compile, ten_thousand_lines_fit_into_the_small_image)
{
	void *img = new_image();

	for (unsigned int i = 0; i < 8; i++) {
		struct oracle_random rng = { i };
		struct fb_ruleset rs;
		int family = i & 1 ? 6 : 4;
		char buf[512];

		if (i < 2)
			oracle_synthesise(&rs, &rng, 10000, family);
		else if (!shared_file(classbench[i / 2 - 1], buf, sizeof(buf)))
			continue;
		else
			cr_assert_eq(oracle_grow(&rs, buf, 10000, family, 8), 10000);
		must_compile(&rs, img);
		must_agree(&rs, img, &rng, 2000, i);
		memset(img, 0, FB_IMAGE_BYTES_SMALL);
		fb_ruleset_done(&rs);
	}
	free_image(img);
}

Test(compile, a_set_of_a_hundred_thousand_prefixes)
{
	struct oracle_random rng = { 3 };
	struct fb_ruleset rs;
	void *img = new_image();

	oracle_synthesise(&rs, &rng, 500, 4);
	struct fb_ipset *set = &rs.sets.v[rs.boxes.v[17].src];

	for (__u64 i = 0; i < 100000; i++)
		fb_ipset_add(set, 4,
			     (struct fb_range){ { 0, 0x20000000 + i * 4096 },
						{ 0, 0x20000000 + i * 4096 + (i & 1023) } });
	must_compile(&rs, img);
	must_agree(&rs, img, &rng, 20000, 3);
	fb_ruleset_done(&rs);
	free_image(img);
}

/* One line; its source, to which ranges may be added, is one address so far. */
static struct fb_ipset *one_line(struct fb_ruleset *rs)
{
	struct oracle_builder *b = oracle_builder_new(rs);
	unsigned int src = oracle_set(b, 4, (struct fb_ip){ 0, 0x10000000 }, 32),
		     dst = oracle_set(b, 4, (struct fb_ip){ 0, 0xc0a80000 }, 16);

	oracle_line(b, src, dst, oracle_service(b, (struct fb_l4){ 17, 17, 0, 65535, 53, 53 }));
	oracle_builder_free(b);
	return &rs->sets.v[src];
}

/* Of the addresses from base a range: it begins below begin and is at most length long. */
static void add_range(struct fb_ipset *set, struct oracle_random *rng, __u64 base, __u32 begin, __u32 length)
{
	__u64 first = base + oracle_below(rng, begin);

	fb_ipset_add(set, 4, (struct fb_range){ { 0, first }, { 0, first + oracle_below(rng, length) } });
}

/* More /16s with prefixes of their own than a quarter of the image has wide nodes for: the others have narrow ones. */
Test(compile, addresses_are_found_where_wide_nodes_have_no_room_left)
{
	struct oracle_random rng = { 4 };
	struct fb_ruleset rs;
	struct fb_ipset *set = one_line(&rs);
	void *img = new_image();

	/* Ten ranges in a /20 of each. */
	for (__u64 net = 0x1001; net < 0x1001 + FB_IMAGE_BYTES_SMALL / 4 / (256 * 4) + 1000; net++) {
		__u64 in = net << 16 | oracle_below(&rng, 16) << 12;

		for (unsigned int i = 0; i < 10; i++)
			add_range(set, &rng, in + i * 400, 300, 99);
	}
	must_compile(&rs, img);
	must_agree(&rs, img, &rng, 50000, 4);
	fb_ruleset_done(&rs);
	free_image(img);
}

static size_t section_bytes(const struct fb_image_stats *stats, const char *name)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < stats->n_sections; i++)
		bytes += !name || strcmp(stats->sections[i].name, name) == 0 ? stats->sections[i].bytes : 0;
	return bytes;
}

/* A range in each /20 of n /16s, from one line. */
static void spread_ruleset(struct fb_ruleset *rs, unsigned int n)
{
	struct oracle_random rng = { 6 };
	struct fb_ipset *set = one_line(rs);

	for (__u64 block = 0x10010; block < 0x10010 + 16ull * n; block++)
		add_range(set, &rng, block << 12, 3000, 999);
}

/* The largest such set that an image of 2 MiB holds has no wide nodes, a small one has no others; and all that an image holds is in the list of its sections. */
Test(compile, wide_nodes_do_not_keep_a_policy_out_of_an_image)
{
	enum { BYTES = 2 << 20 };
	struct fb_image_stats stats = { 0 };
	size_t wide = 0, most = 0;
	void *img = new_image();

	for (unsigned int n = 100;; n += 50) {
		struct fb_compile_input in = { .generation = 7, .applied = 1000 };
		struct oracle_random rng = { n };
		struct fb_error err = { 0 };
		struct fb_ruleset rs;
		int r;

		spread_ruleset(&rs, n);
		in.ruleset = &rs;
		r = fb_compile(&in, img, BYTES, &stats, &err);
		if (!r) {
			wide = section_bytes(&stats, "IPv4 wide nodes");
			most = stats.bytes_used;
			cr_assert_eq(section_bytes(&stats, NULL) + sizeof(struct fb_image_header), most);
			cr_assert(n > 100 || (wide && !section_bytes(&stats, "IPv4 nodes")));
			must_agree(&rs, img, &rng, 3000, n);
			memset(img, 0, BYTES);
		}
		fb_ruleset_done(&rs);
		if (r)
			break;
	}
	cr_assert_eq(wide, 0, "%zu bytes of wide nodes", wide);
	cr_assert_gt(most, BYTES * 0.95);
	free_image(img);
}

Test(compile, many_lines_between_two_zones)
{
	struct oracle_random rng = { 5 };
	struct fb_ruleset rs;
	struct oracle_builder *b = oracle_builder_new(&rs);
	void *img = new_image();
	unsigned int src = oracle_set(b, 4, (struct fb_ip){ 0, 0x0a000000 }, 8),
		     dst = oracle_set(b, 4, (struct fb_ip){ 0, 0xc0a80000 }, 16);

	for (unsigned int port = 1; port <= 30000; port++)
		oracle_line(b, src, dst,
			    oracle_service(b, (struct fb_l4){ 6, 6, 0, 65535, (__u16)(2 * port),
							      (__u16)(2 * port) }));
	oracle_builder_free(b);
	must_compile(&rs, img);
	must_agree(&rs, img, &rng, 2000, 5);
	fb_ruleset_done(&rs);
	free_image(img);
}

/* 400 hosts to a host each, and before or behind them lines of different services over all of these. */
static void hosts_and_wide_lines(struct fb_ruleset *rs, __u16 before, __u16 behind)
{
	struct oracle_builder *b = oracle_builder_new(rs);
	unsigned int src = oracle_set(b, 4, (struct fb_ip){ 0, 0x0a000000 }, 8),
		     dst = oracle_set(b, 4, (struct fb_ip){ 0, 0xc0a80000 }, 16);

	for (__u16 port = 1; port <= before; port++)
		oracle_line(b, src, dst, oracle_service(b, (struct fb_l4){ 6, 6, 0, 65535, port, port }));
	for (unsigned int i = 0; i < 400; i++)
		oracle_line(b, oracle_set(b, 4, (struct fb_ip){ 0, 0x0a000001 + 2 * i }, 32),
			    oracle_set(b, 4, (struct fb_ip){ 0, 0xc0a80001 + 2 * i }, 32),
			    oracle_service(b, (struct fb_l4){ 6, 6, 0, 65535, 1, 1 }));
	for (__u16 port = 2; port < 2 + behind; port++)
		oracle_line(b, src, dst, oracle_service(b, (struct fb_l4){ 6, 6, 0, 65535, port, port }));
	oracle_builder_free(b);
}

/* In one band the hosts' lines vanish behind a wide one that says the same; beside wide ones that say something else there is a list for each of theirs. */
Test(compile, of_one_band_and_two_the_smaller_image_stays)
{
	static const struct {
		__u16 before, behind;
		bool broad;
	} cases[] = { { 1, 0, false }, { 0, 100, true } };
	void *img = new_image();

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct oracle_random rng = { i };
		struct fb_image_stats stats = { 0 };
		struct fb_error err = { 0 };
		struct fb_ruleset rs;

		hosts_and_wide_lines(&rs, cases[i].before, cases[i].behind);
		cr_assert_eq(compile(&rs, img, &stats, &err), 0, "%s", err.text);
		cr_expect_eq(stats.classes_broad > 0, cases[i].broad, "case %zu: %u broad classes, %zu bytes",
			     i, stats.classes_broad, stats.bytes_used);
		for (size_t w = stats.bytes_used / 4; w < FB_IMAGE_BYTES_SMALL / 4; w++)
			cr_assert_eq(((const __u32 *)img)[w], 0, "word %zu behind the image", w);
		must_agree(&rs, img, &rng, 20000, i);
		memset(img, 0, FB_IMAGE_BYTES_SMALL);
		fb_ruleset_done(&rs);
	}
	free_image(img);
}

Test(compile, an_empty_rule_set_permits_nothing)
{
	struct fb_ruleset rs = { 0 };
	struct oracle_header h = {
		.family = 4, .src = { 0, 0x0a000001 }, .dst = { 0, 0xffffffff }, .proto = 6
	};
	void *img = new_image();

	must_compile(&rs, img);
	cr_assert_eq(oracle_image_classify(img, WORDS, &h), 0);
	cr_assert_eq(oracle_image_zone(img, WORDS, 4, h.src), 0);
	h.family = 6;
	h.src = h.dst = fb_ip_max(6);
	cr_assert_eq(oracle_image_classify(img, WORDS, &h), 0);
	free_image(img);
}

Test(compile, the_same_rule_set_is_the_same_image)
{
	struct oracle_random rng = { 11 };
	struct fb_ruleset rs;
	void *one = new_image(), *two = new_image();

	oracle_random_ruleset(&rs, &rng, ORACLE_NESTED, 200);
	must_compile(&rs, one);
	must_compile(&rs, two);
	cr_assert_eq(memcmp(one, two, FB_IMAGE_BYTES_SMALL), 0);
	fb_ruleset_done(&rs);
	free_image(one);
	free_image(two);
}

Test(compile, a_corrupt_image_is_never_left)
{
	__u64 from = seed();
	struct oracle_random rng = { from };
	struct fb_ruleset rs;
	void *img = new_image();
	__u32 *words = img, sum = 0;

	oracle_random_ruleset(&rs, &rng, ORACLE_TINY, 100);
	must_compile(&rs, img);
	__u32 used = ((struct fb_image_header *)img)->n_words;

	for (unsigned int round = 0; round < 200; round++) {
		for (unsigned int i = 0; i < 64; i++) {
			__u32 at = oracle_below(&rng, round & 1 ? used : sizeof(struct fb_image_header) / 4);

			words[at] = oracle_below(&rng, 2) ? (__u32)oracle_next(&rng)
							  : words[at] ^ 1u << oracle_below(&rng, 32);
		}
		for (unsigned int i = 0; i < 500; i++) {
			struct oracle_header h;

			oracle_header(&rs, &rng, &h);
			sum += oracle_image_classify(img, WORDS, &h) +
			       oracle_image_zone(img, WORDS, h.family, h.dst);
		}
	}
	cr_log_info("seed %llu, %u", (unsigned long long)from, sum); /* being here is the claim */
	fb_ruleset_done(&rs);
	free_image(img);
}

Test(compile, too_much_is_refused_by_name_and_leaves_nothing)
{
	struct oracle_random rng = { 1 };
	struct fb_ruleset rs;
	struct fb_error err = { 0 };
	struct fb_image_stats stats;
	void *img = new_image();

	oracle_synthesise(&rs, &rng, 100000, 4);
	cr_assert_eq(compile(&rs, img, &stats, &err), -E2BIG);
	cr_assert(strstr(err.text, "section"), "%s", err.text);
	cr_assert(strstr(err.text, "the line that overlaps most"), "%s", err.text);
	for (size_t i = 0; i < WORDS; i++)
		cr_assert_eq(((__u32 *)img)[i], 0);
	fb_ruleset_done(&rs);
	free_image(img);
}

Test(compile, too_many_service_classes_are_said_in_one_sentence)
{
	struct fb_ruleset rs = { 0 };
	struct oracle_builder *b = oracle_builder_new(&rs);
	unsigned int any = oracle_set(b, 4, (struct fb_ip){ 0, 0 }, 0);
	struct fb_error err = { 0 };
	struct fb_image_stats stats;
	void *img = new_image();

	for (__u16 i = 1; i <= 300; i++) {
		oracle_line(b, any, any,
			    oracle_service(b, (struct fb_l4){ .proto_lo = 6,
							      .proto_hi = 6,
							      .sport_lo = i,
							      .sport_hi = i,
							      .dport_hi = 65535 }));
		oracle_line(b, any, any,
			    oracle_service(b, (struct fb_l4){ .proto_lo = 6,
							      .proto_hi = 6,
							      .sport_hi = 65535,
							      .dport_lo = i,
							      .dport_hi = i }));
	}
	oracle_builder_free(b);
	cr_assert_eq(compile(&rs, img, &stats, &err), -E2BIG);
	cr_assert_str_eq(err.text, "the services fall into more than 65535 classes: use fewer different port "
				   "ranges");
	cr_assert(stats.spent);
	fb_ruleset_done(&rs);
	free_image(img);
}

Test(compile, rules_and_pairs_are_as_the_lines_say)
{
	static const __s64 deadlines[] = { FB_NO_DEADLINE, 5, 0, -3, 0x100000000ll };
	static const __u32 want[] = { FB_NO_DEADLINE, 5, 1, 1, FB_NO_DEADLINE - 1 };
	struct fb_ruleset rs = { 0 };
	void *img = new_image();
	const struct fb_image_header *h = img;

	for (unsigned int i = 0; i < 5; i++)
		fb_vec_add(&rs.lines, (struct fb_line){ .kind = i == 2 ? FB_RULE_NEVER : FB_RULE_ALLOW,
							.deadline = deadlines[i],
							.slot = 10 + i });
	fb_vec_add(&rs.pairs, (struct fb_pair_setting){ .src = 3, .dst = 63, .observe_until = 12345 });
	must_compile(&rs, img);
	const struct fb_image_rule *rules = (const struct fb_image_rule *)((const __u32 *)img + h->rule_w);
	const struct fb_image_pair *pairs = (const struct fb_image_pair *)((const __u32 *)img + h->pair_w);

	cr_assert(h->magic == FB_IMAGE_MAGIC && h->abi == FB_ABI_VERSION && h->generation == 7 &&
		  h->applied_lo == 1000 && h->n_rules == 5);
	cr_assert_eq(rules[0].kind, FB_RULE_NONE);
	for (unsigned int i = 0; i < 5; i++) {
		cr_assert_eq(rules[i + 1].kind, i == 2 ? FB_RULE_NEVER : FB_RULE_ALLOW);
		cr_assert_eq(rules[i + 1].deadline, want[i]);
		cr_assert_eq(rules[i + 1].slot, 10 + i);
	}
	cr_assert_eq(pairs[FB_PAIR(3, 63)].observe_until, 12345);
	cr_assert_eq(pairs[FB_PAIR(63, 3)].observe_until, 0);
	fb_ruleset_done(&rs);
	free_image(img);
}

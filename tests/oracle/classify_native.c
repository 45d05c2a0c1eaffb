// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes and times of the classifier on large rule sets, each checked against the linear scan. Not a test: it takes minutes.
 *
 *   classify_native [--headers N] [--lines N] [--v6] [--keep BITS] [FILE...]   ClassBench files, grown to N lines if that is given
 *   classify_native --lines N [--v6]                                            a synthetic set
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "oracle.h"

struct options {
	unsigned int headers, lines, keep;
	int family;
	bool sections;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Returns the mismatches. Times are of warm native lookups, both addresses included. */
static unsigned int compare(const struct fb_ruleset *rs, const void *img, size_t size, unsigned int n,
			    double *ret_ns)
{
	struct oracle_random rng = { 1 };
	struct oracle_header *h = calloc(n, sizeof(*h));
	struct oracle_scan *scan = oracle_scan_new(rs);
	unsigned int wrong = 0, sum = 0;
	double begin;

	for (unsigned int i = 0; i < n; i++)
		oracle_header(rs, &rng, &h[i]);
	begin = now();
	for (int round = 0; round < 3; round++) {
		begin = now();
		for (unsigned int i = 0; i < n; i++)
			sum += oracle_image_classify(img, (__u32)(size / 4), &h[i]);
	}
	*ret_ns = (now() - begin) * 1e9 / n;
	for (unsigned int i = 0; i < n; i++) {
		__u32 want = oracle_scan(scan, &h[i]),
		      have = oracle_image_classify(img, (__u32)(size / 4), &h[i]);

		if (want != have && wrong++ < 3)
			printf("  mismatch: %016llx%016llx -> %016llx%016llx proto %u %u -> %u: rule %u, "
			       "should be %u\n",
			       (unsigned long long)h[i].src.hi, (unsigned long long)h[i].src.lo,
			       (unsigned long long)h[i].dst.hi, (unsigned long long)h[i].dst.lo, h[i].proto,
			       h[i].sport, h[i].dport, have, want);
	}
	oracle_scan_free(scan);
	free(h);
	return wrong + (sum == 1);
}

static int measure(const char *name, struct fb_ruleset *rs, const struct options *o)
{
	static const size_t sizes[] = { FB_IMAGE_BYTES_SMALL, FB_IMAGE_BYTES_LARGE };
	struct fb_compile_input in = { .ruleset = rs, .generation = 1 };
	struct fb_image_stats s;
	struct fb_error err = { 0 };
	unsigned int wrong = 0;
	int r = -E2BIG;
	double ns = 0;

	for (int i = 0; i < 2 && r == -E2BIG; i++) {
		void *img = aligned_alloc(4096, sizes[i]);

		memset(img, 0, sizes[i]);
		r = fb_compile(&in, img, sizes[i], &s, &err);
		if (!r) {
			wrong = compare(rs, img, sizes[i], o->headers, &ns);
			printf("%-22s %6u lines  %6.2f MiB (%2zu)  %7.3f s  %5.1f ns  atoms %u/%u  src %u "
			       "dst %u  l4 %u  cells %u  list %u  loads %u/%u  %u wrong\n",
			       name, s.rules, (double)s.bytes_used / (1 << 20), sizes[i] >> 20, s.seconds, ns,
			       s.atoms4, s.atoms6, s.classes_src, s.classes_dst, s.l4_classes, s.cells,
			       s.list_max, s.loads_worst4, s.loads_worst6, wrong);
			for (unsigned int k = 0; k < s.n_sections && o->sections; k++)
				printf("    %-20s %9.1f KiB\n", s.sections[k].name,
				       (double)s.sections[k].bytes / 1024);
		}
		free(img);
	}
	if (r)
		printf("%-22s %6zu lines  refused after %.3f s: %s\n", name, rs->lines.n, s.seconds,
		       err.text);
	fflush(stdout);
	fb_ruleset_done(rs);
	return r ? 1 : wrong != 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = { { "headers", 1, NULL, 'h' },  { "lines", 1, NULL, 'l' },
					       { "v6", 0, NULL, '6' },	     { "keep", 1, NULL, 'k' },
					       { "sections", 0, NULL, 's' }, { NULL, 0, NULL, 0 } };
	struct options o = { .headers = 100000, .family = 4, .keep = 8 };
	struct oracle_random rng = { 7 };
	struct fb_ruleset rs;
	int c, bad = 0;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h')
			o.headers = (unsigned int)atoi(optarg);
		else if (c == 'l')
			o.lines = (unsigned int)atoi(optarg);
		else if (c == 'k')
			o.keep = (unsigned int)atoi(optarg);
		else if (c == 's')
			o.sections = true;
		else if (c == '6')
			o.family = 6;
		else
			return 2;
	}
	if (optind == argc && o.lines) {
		oracle_synthesise(&rs, &rng, o.lines, o.family);
		return measure(o.family == 4 ? "synthetic" : "synthetic IPv6", &rs, &o);
	}
	for (; optind < argc; optind++) {
		const char *slash = strrchr(argv[optind], '/');
		int r = o.lines || o.family == 6
				? oracle_grow(&rs, argv[optind], o.lines ? o.lines : 1000, o.family, o.keep)
				: oracle_classbench(&rs, argv[optind]);

		if (r < 0) {
			fprintf(stderr, "%s: %s\n", argv[optind], strerror(-r));
			return 2;
		}
		bad |= measure(slash ? slash + 1 : argv[optind], &rs, &o);
	}
	return bad;
}

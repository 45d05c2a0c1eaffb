// SPDX-License-Identifier: GPL-2.0-only
/*
 * The classifier in the kernel: it loads, gives the answers of the linear scan, and costs what is printed. Headers come from the edges of boxes, 16,384
 * different ones in turn, so that the price is that of a packet without a flow and not of one hot line.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cases.h"
#include "classify_load.skel.h"
#include "oracle.h"

enum { HEADERS = 16384, IMAGE = FB_IMAGE_BYTES_SMALL };

struct cases cases;

/* As in classify_load.bpf.c. */
struct header {
	__u64 s_hi, s_lo, d_hi, d_lo;
	__u16 sport, dport;
	__u8 proto, family;
	__u8 pad[26];
};
struct table {
	struct header header[HEADERS];
	__u32 answer[HEADERS];
	__u32 next;
};

static struct classify_load *skel;
static void *image;
static struct table *table;
static struct oracle_header headers[HEADERS];

static double run_ns(const struct bpf_program *prog, int repeat)
{
	__u8 frame[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = repeat);

	table->next = 0;
	if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts) || opts.retval != 2) {
		CHECK(0, "run: %m, answer %u", opts.retval);
		return 0;
	}
	return opts.duration;
}

static void put_headers(const struct fb_ruleset *rs, struct oracle_random *rng)
{
	for (unsigned int i = 0; i < HEADERS; i++) {
		struct oracle_header *h = &headers[i];

		oracle_header(rs, rng, h);
		table->header[i] = (struct header){ .s_hi = h->src.hi,
						    .s_lo = h->src.lo,
						    .d_hi = h->dst.hi,
						    .d_lo = h->dst.lo,
						    .sport = h->sport,
						    .dport = h->dport,
						    .proto = h->proto,
						    .family = (__u8)h->family };
	}
}

static void load_rules(const struct fb_ruleset *rs)
{
	struct fb_compile_input in = { .ruleset = rs, .generation = 1 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	memset(image, 0, IMAGE);
	CHECK(fb_compile(&in, image, IMAGE, &stats, &err) == 0, "%s", err.text);
}

static unsigned int wrong_answers(const struct fb_ruleset *rs)
{
	struct oracle_scan *scan = oracle_scan_new(rs);
	unsigned int wrong = 0;

	run_ns(skel->progs.classify, HEADERS);
	for (unsigned int i = 0; i < HEADERS; i++)
		wrong += table->answer[i] != (oracle_scan(scan, &headers[i]) |
					      oracle_zone(rs, headers[i].family, headers[i].dst) << 24);
	oracle_scan_free(scan);
	return wrong;
}

static void the_kernel_gives_the_answers_of_the_scan(void)
{
	const char *given = getenv("FB_SEED");
	__u64 seed = given ? strtoull(given, NULL, 0) : (__u64)getpid() * 2654435761u;

	for (unsigned int i = 0; i < 12; i++) {
		struct oracle_random rng = { seed + i };
		struct fb_ruleset rs;
		unsigned int wrong;

		oracle_random_ruleset(&rs, &rng, i % ORACLE_WORLDS, i & 1 ? 300 : 30);
		load_rules(&rs);
		put_headers(&rs, &rng);
		wrong = wrong_answers(&rs);
		CHECK(!wrong, "seed %llu: %u of %u", (unsigned long long)(seed + i), wrong, HEADERS);
		fb_ruleset_done(&rs);
	}
}

/* The least of some runs, the empty program's taken off. */
static double price(void)
{
	double best = 1e9, empty = 1e9;

	for (int i = 0; i < 10; i++) {
		double ns = run_ns(skel->progs.classify, HEADERS), none = run_ns(skel->progs.empty, HEADERS);

		best = ns < best ? ns : best;
		empty = none < empty ? none : empty;
	}
	return best - empty;
}

static void a_lookup_among_ten_thousand_lines_has_its_price(void)
{
	static const char *const files[] = { "acl1_1k", "fw1_1k", "ipc1_1k" };
	const char *shared = getenv("FB_SHARED");

	for (unsigned int i = 0; i < 8; i++) {
		struct oracle_random rng = { i };
		int family = i & 1 ? 6 : 4;
		struct fb_ruleset rs;
		char path[512];
		double ns;

		snprintf(path, sizeof(path), "%s/rulesets/%s",
			 shared ? shared : FB_SOURCE_ROOT "/../shared/data", i < 2 ? "" : files[i / 2 - 1]);
		if (i < 2)
			oracle_synthesise(&rs, &rng, 10000, family);
		else if (oracle_grow(&rs, path, 10000, family, 8) < 0)
			continue;
		load_rules(&rs);
		put_headers(&rs, &rng);
		CHECK(!wrong_answers(&rs), "10,000 lines");
		ns = price();
		printf("# IPv%d %-10s 10,000 lines, %.1f MiB: %.0f ns a lookup\n", family,
		       i < 2 ? "synthetic" : files[i / 2 - 1],
		       ((struct fb_image_header *)image)->n_words / 262144.0, ns);
		/* Loose on purpose: other programs share the machine, and a kernel in qemu may be emulated. */
		CHECK(ns < 20000, "%.0f ns", ns);
		fb_ruleset_done(&rs);
	}
}

static void the_program_is_small(void)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	CHECK(bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.classify), &info, &len) == 0, "%m");
	printf("# %u instructions, %u verified, %u bytes of machine code\n", info.xlated_prog_len / 8,
	       info.verified_insns, info.jited_prog_len);
	CHECK(info.verified_insns < 20000, "%u", info.verified_insns);
}

int main(void)
{
	skel = classify_load__open();
	if (!skel || bpf_map__set_value_size(skel->maps.image, IMAGE)) {
		printf("Bail out! open: %s\n", strerror(errno));
		return 1;
	}
	skel->rodata->image_mask = IMAGE / 4 - 1;
	if (classify_load__load(skel)) {
		printf("Bail out! load: %s\n", strerror(errno));
		return 1;
	}
	image = mmap(NULL, IMAGE, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(skel->maps.image), 0);
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(skel->maps.table),
		     0);
	if (image == MAP_FAILED || table == MAP_FAILED) {
		printf("Bail out! mmap: %s\n", strerror(errno));
		return 1;
	}
	RUN_CASE(the_program_is_small);
	RUN_CASE(the_kernel_gives_the_answers_of_the_scan);
	RUN_CASE(a_lookup_among_ten_thousand_lines_has_its_price);
	classify_load__destroy(skel);
	return CASES_END();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle of the classifier: rule sets from three sources (random small worlds, ClassBench files, large sets grown from them), headers that
 * are likely to hit their edges, and the answer by looking at one box after the other. What the image says is asked through the very header
 * that the data plane compiles (native.c). Used by the unit tests, by the table of sizes and times (classify_native.c) and by the BPF test.
 */
#ifndef FB_TESTS_ORACLE_H
#define FB_TESTS_ORACLE_H

#include "policy/compile.h"

/* A reproducible stream of numbers; the seed is printed by whoever fails. */
struct oracle_random {
	__u64 state;
};
__u64 oracle_next(struct oracle_random *rng);
static inline __u32 oracle_below(struct oracle_random *rng, __u32 n)
{
	return (__u32)(oracle_next(rng) >> 32) % n;
}

struct oracle_header {
	int family;
	struct fb_ip src, dst;
	__u8 proto;
	__u16 sport, dport;
};

/* Random boxes over few addresses (so that everything overlaps) or over many; both families, roles, zones, ICMP. */
enum oracle_world { ORACLE_TINY, ORACLE_NESTED, ORACLE_WIDE, ORACLE_WORLDS };
void oracle_random_ruleset(struct fb_ruleset *rs, struct oracle_random *rng, enum oracle_world world,
			   unsigned int boxes);

/* One allow box a line of a ClassBench file, in order. Returns the number of lines, or a negative errno. */
int oracle_classbench(struct fb_ruleset *rs, const char *path);
/*
 * The file grown to n lines: each copy keeps the nesting of its prefixes but lies elsewhere below bit `keep`, and moves every other single port.
 * family 6 widens each address: /0 stays, /1../31 become 2001::/17../47, a host becomes a /64 or a /128.
 */
int oracle_grow(struct fb_ruleset *rs, const char *path, unsigned int n, int family, unsigned int keep);
/* n lines without a file: prefixes below prefixes, ports of every kind. */
void oracle_synthesise(struct fb_ruleset *rs, struct oracle_random *rng, unsigned int n, int family);

/* A header from the edges of a random box, from beside them, or from anywhere. */
void oracle_header(const struct fb_ruleset *rs, struct oracle_random *rng, struct oracle_header *ret);

/* The rule index by the definition: the first box by (order, place) that matches. 0 = none. */
struct oracle_scan;
struct oracle_scan *oracle_scan_new(const struct fb_ruleset *rs);
__u32 oracle_scan(const struct oracle_scan *scan, const struct oracle_header *h);
void oracle_scan_free(struct oracle_scan *scan);
__u32 oracle_zone(const struct fb_ruleset *rs, int family, struct fb_ip ip);

/* What the image says (native.c). words = size of the image, a power of two. */
__u32 oracle_image_classify(const void *img, __u32 words, const struct oracle_header *h);
__u32 oracle_image_zone(const void *img, __u32 words, int family, struct fb_ip ip);

/* For builders: interned, so that equal sets have one index. */
struct oracle_builder;
struct oracle_builder *oracle_builder_new(struct fb_ruleset *rs);
unsigned int oracle_set(struct oracle_builder *b, int family, struct fb_ip prefix, unsigned int len);
unsigned int oracle_service(struct oracle_builder *b, struct fb_l4 l4);
void oracle_line(struct oracle_builder *b, unsigned int src, unsigned int dst, unsigned int svc);
void oracle_builder_free(struct oracle_builder *b);

#endif

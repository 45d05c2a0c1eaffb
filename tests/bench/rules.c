// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_rules [-s | -6] N DIR NAME [FILE]: a set of N rules as DIR/NAME.fb (policy), NAME.nft (the same as sets with verdict maps) and
 * NAME.hdr (headers drawn from its corners; struct bench_tuple).
 *
 * FILE is a ClassBench filter set (`@src/len dst/len lo : hi lo : hi proto/mask flags/mask`). What it lacks to N is grown: copies whose prefixes are
 * moved as a whole, so that equal and nested ones stay so. Without FILE the first thousand are made up in its likeness. TCP flags are not
 * translated: the policy language has connections instead.
 *
 * -s leaves NAME.nft away. -6 does, too, and writes IPv6: the upper half of an address is the subnet, the lower the end of the interface identifier, so that
 * prefixes of 0 to 16 bits are /48 to /64 and longer ones, nested in those, /113 to /128.
 *
 * A filter set speaks of one address space, a policy of zones: source addresses are folded into zone "a", 1.0.0.0 to 126.255.255.255, destinations into
 * zone "b", 128.0.0.0 to 223.255.255.255, by their top bits. What became equal by that is left out.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bench_abi.h"
#include "filters.h"

static __u64 state = 88172645463325252ull;

static __u32 rnd(__u32 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (__u32)((state * 0x2545f4914f6cdd1dull) >> 32) % n;
}

static __u32 net_mask(unsigned int len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* A thousand: pairs out of a few hundred hosts and small networks, some broad lines, well-known ports and ranges. */
static void make_up(struct rules *rules)
{
	static const unsigned int ports[] = { 22, 25, 53, 80, 123, 161, 443, 554, 1521, 3306, 5060, 8080 };
	struct side pool[2][300];

	for (int i = 0; i < 600; i++)
		pool[i & 1][i / 2] =
			(struct side){ rnd(40) * 0x4c10000u + rnd(512) * 256 + rnd(256), 32 - rnd(9) };
	for (int i = 0; i < 1000; i++) {
		unsigned int port = ports[rnd(12)], last = rnd(6) ? port : port + rnd(2000);
		struct rule r = { .src = pool[0][rnd(300)],
				  .dst = pool[1][rnd(300)],
				  .sport = { 0, 65535 },
				  .dport = { port, last },
				  .proto = rnd(3) ? 6 : 17 };

		if (rnd(20) == 0)
			r.src.len = rnd(4) * 8;
		if (rnd(20) == 0)
			r.dst.len = rnd(4) * 8;
		fb_vec_add(rules, r);
	}
}

/* Bits below the 16th, flipped or not by what lies above them and by the copy: equal prefixes stay equal, nested ones nested. */
static __u32 move(struct side s, __u32 copy)
{
	__u32 moved = s.addr;

	for (unsigned int bit = 16; bit < s.len && copy; bit++) {
		__u64 h =
			((__u64)copy << 40 | (__u64)bit << 32 | s.addr >> (32 - bit)) * 0x9e3779b97f4a7c15ull;

		moved ^= (__u32)((h ^ h >> 29) * 0xbf58476d1ce4e5b9ull >> 63) << (31 - bit);
	}
	return moved;
}

static struct side fold_src(struct side s)
{
	s.addr &= 0x7fffffff & net_mask(s.len);
	if (s.len >= 8 && s.addr >> 24 == 0)
		s.addr |= 1u << 24;
	if (s.len >= 8 && s.addr >> 24 == 127)
		s.addr -= 1u << 24;
	/* What would contain 0.0.0.0/8 or 127.0.0.0/8 is the whole zone. */
	if (s.len < 8 && (s.addr == 0 || (0x7f000000 & net_mask(s.len)) == s.addr))
		s = (struct side){ 0, 0 };
	return s;
}

static struct side fold_dst(struct side s)
{
	s.addr = (s.addr | 0x80000000) & net_mask(s.len);
	if (s.addr >= 0xe0000000)
		s.addr &= ~0x20000000u;
	/* 169.254.0.0/16 is in no zone: what lies in it moves beside it, what would contain it is the whole zone. */
	if (s.len > 16 && s.addr >> 16 == 0xa9fe)
		s.addr -= 1u << 16;
	if (s.len < 3 || (s.len <= 16 && (0xa9fe0000 & net_mask(s.len)) == s.addr))
		s = (struct side){ 0, 0 };
	return s;
}

static __u64 hash_rule(const struct rule *r)
{
	const unsigned char *b = (const unsigned char *)r;
	__u64 h = 14695981039346656037ull;

	for (size_t i = 0; i < sizeof(*r); i++)
		h = (h ^ b[i]) * 1099511628211ull;
	return h;
}

static bool all_ports(const struct rule *r)
{
	return !r->sport[0] && r->sport[1] == 65535 && !r->dport[0] && r->dport[1] == 65535;
}

/* The last line of a filter set, and what became like it: everything. Where all lines allow, nothing else would be measured. */
static bool is_default(const struct rule *r)
{
	return !r->src.len && !r->dst.len && all_ports(r);
}

/* What has no bits to move gives the same lines again: enough after a hundred copies in a row that add none. */
static void grow(const struct rules *base, unsigned int n, struct rules *out)
{
	const __u32 slots = 4u << (31 - __builtin_clz(n));
	fb_autofree __u32 *seen = calloc(slots, sizeof(*seen));
	unsigned int useless = 0;

	for (__u32 copy = 0; out->n < n && useless < 100; copy++) {
		size_t before = out->n;

		for (size_t i = 0; i < base->n && out->n < n; i++) {
			struct rule r = base->v[i];

			r.src.addr = move(r.src, copy);
			r.dst.addr = move(r.dst, copy);
			if (copy && r.dport[0] == r.dport[1] && (i & 1))
				r.dport[0] = r.dport[1] = (r.dport[0] + copy) & 0xffff;
			r.src = fold_src(r.src);
			r.dst = fold_dst(r.dst);

			bool known = is_default(&r);
			__u32 slot = (__u32)(hash_rule(&r) >> 20) & (slots - 1);

			for (; seen[slot] && !known; slot = (slot + 1) & (slots - 1))
				known = !memcmp(&out->v[seen[slot] - 1], &r, sizeof(r));
			if (known)
				continue;
			fb_vec_add(out, r);
			seen[slot] = (__u32)out->n;
		}
		useless = out->n == before ? useless + 1 : 0;
	}
}

/* ---- as a policy --------------------------------------------------------------------------------------- */

static void print_side(FILE *f, struct side s, char zone, int family)
{
	if (!s.len)
		fputs("any", f);
	else if (family == 6)
		fprintf(f, "2001:db8:%c:%x::%x/%u", zone, s.addr >> 16, s.addr & 0xffff,
			s.len + (s.len <= 16 ? 48 : 96));
	else
		fprintf(f, "%u.%u.%u.%u/%u", s.addr >> 24, s.addr >> 16 & 255, s.addr >> 8 & 255,
			s.addr & 255, s.len);
}

/* The language's ports run from 1: port 0 of a filter is written as 1. */
static void print_ports(FILE *f, const char *before, const unsigned int r[2])
{
	unsigned int lo = r[0] ? r[0] : 1, hi = r[1] ? r[1] : 1;

	if (lo == 1 && hi == 65535)
		fprintf(f, "%sany", before);
	else if (lo == hi)
		fprintf(f, "%s%u", before, lo);
	else
		fprintf(f, "%s%u-%u", before, lo, hi);
}

static void print_service(FILE *f, const struct rule *r, const char *proto)
{
	fputs(proto, f);
	print_ports(f, "/", r->dport);
	if (r->sport[0] > 1 || r->sport[1] != 65535)
		print_ports(f, " source-port ", r->sport);
}

static void print_policy(FILE *f, const struct rules *rules, int family)
{
	fputs("policy \"bench\" language 1 timezone \"UTC\"\n"
	      "zone a { interface in0  network 1.0.0.0/8, 2.0.0.0/7, 4.0.0.0/6, 8.0.0.0/5, 16.0.0.0/4, "
	      "32.0.0.0/3, "
	      "64.0.0.0/3, 96.0.0.0/4, 112.0.0.0/5, 120.0.0.0/6, 124.0.0.0/7, 126.0.0.0/8, 2001:db8:a::/48 "
	      "}\n"
	      "zone b { interface out0  network 128.0.0.0/2, 192.0.0.0/3, 2001:db8:b::/48 }\n"
	      "firebreak a -> b {\n"
	      "  allow 10.1.0.0/16 -> 198.19.0.0/16 udp/5001, tcp/5001\n"
	      "  allow 2001:db8:a::/48 -> 2001:db8:b::/48 udp/5001\n"
	      "  allow 10.2.0.0/16 -> 198.19.0.0/16 tcp/443\n",
	      f);
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *r = &rules->v[i];

		fputs("  allow ", f);
		print_side(f, r->src, 'a', family);
		fputs(" -> ", f);
		print_side(f, r->dst, 'b', family);
		fputs(" ", f);
		if (r->proto == 6 || r->proto == 17) {
			print_service(f, r, r->proto == 6 ? "tcp" : "udp");
		} else if (r->proto != PROTO_ANY) {
			if (r->proto == 1)
				fputs(family == 6 ? "icmpv6/echo-request" : "icmp/echo-request", f);
			else
				fprintf(f, "ip/%u", r->proto);
		} else if (all_ports(r)) {
			fputs("all", f);
		} else {
			print_service(f, r, "tcp");
			fputs(", ", f);
			print_service(f, r, "udp");
		}
		fprintf(f, " id r%zu\n", i + 1);
	}
	fputs("}\n", f);
}

/* ---- as nftables sets ---------------------------------------------------------------------------------- */

enum { LAYERS = 24 };

static bool prefixes_meet(struct side a, struct side b)
{
	__u32 mask = net_mask(a.len < b.len ? a.len : b.len);

	return !((a.addr ^ b.addr) & mask);
}

static bool ranges_meet(const unsigned int a[2], const unsigned int b[2])
{
	return a[0] <= b[1] && b[0] <= a[1];
}

static bool rules_meet(const struct rule *a, const struct rule *b)
{
	return (a->proto == PROTO_ANY || b->proto == PROTO_ANY || a->proto == b->proto) &&
	       prefixes_meet(a->dst, b->dst) && prefixes_meet(a->src, b->src) &&
	       ranges_meet(a->dport, b->dport) && ranges_meet(a->sport, b->sport);
}

struct chain FB_VEC(__u32);
struct layer {
	struct chain near[65536]; /* destination of 16 bits and more, by those */
	struct chain broad;
};

static bool meets_any(const struct rules *rules, const struct chain *chain, const struct rule *r)
{
	for (size_t i = 0; i < chain->n; i++)
		if (rules_meet(&rules->v[chain->v[i]], r))
			return true;
	return false;
}

static bool fits(const struct rules *rules, const struct layer *layer, const struct rule *r)
{
	if (meets_any(rules, &layer->broad, r))
		return false;
	if (r->dst.len >= 16)
		return !meets_any(rules, &layer->near[r->dst.addr >> 16], r);
	for (__u32 i = 0; i < 65536; i++)
		if (meets_any(rules, &layer->near[i], r))
			return false;
	return true;
}

static void print_element(FILE *f, const struct rule *r)
{
	const struct side *sides[2] = { &r->src, &r->dst };

	for (int i = 0; i < 2; i++)
		fprintf(f, "%u.%u.%u.%u/%u . ", sides[i]->addr >> 24, sides[i]->addr >> 16 & 255,
			sides[i]->addr >> 8 & 255, sides[i]->addr & 255, sides[i]->len);
	if (r->proto == PROTO_ANY)
		fputs("0-255", f);
	else
		fprintf(f, "%u", r->proto);
	fprintf(f, " . %u-%u . %u-%u : accept,\n", r->sport[0], r->sport[1], r->dport[0], r->dport[1]);
}

/* A set of concatenated intervals takes no two that overlap, so there are several, asked one after the other. */
static void print_nft(FILE *f, const char *name, const struct rules *rules)
{
	fb_autofree unsigned char *layer_of = calloc(rules->n + 1, 1);
	struct layer *layers[LAYERS] = { 0 };
	unsigned int n_layers = 0, left_out = 0;

	for (__u32 i = 0; i < rules->n; i++) {
		const struct rule *r = &rules->v[i];
		unsigned int l = 0;

		while (l < n_layers && !fits(rules, layers[l], r))
			l++;
		layer_of[i] = (unsigned char)l;
		if (l == LAYERS) {
			left_out++;
			continue;
		}
		if (l == n_layers)
			layers[n_layers++] = calloc(1, sizeof(struct layer));
		fb_vec_add(r->dst.len >= 16 ? &layers[l]->near[r->dst.addr >> 16] : &layers[l]->broad, i);
	}
	fputs("table ip bench {\n", f);
	for (unsigned int l = 0; l < n_layers; l++) {
		fprintf(f,
			"map layer%u {\ntype ipv4_addr . ipv4_addr . inet_proto . inet_service . "
			"inet_service : verdict\n"
			"flags interval\nelements = {\n",
			l);
		for (__u32 i = 0; i < rules->n; i++)
			if (layer_of[i] == l)
				print_element(f, &rules->v[i]);
		fputs("}\n}\n", f);
	}
	fputs("chain forward {\ntype filter hook forward priority 0; policy drop;\nct state "
	      "established,related accept\n"
	      "ct state invalid drop\nip saddr 10.1.0.0/16 ip daddr 198.19.0.0/16 udp dport 5001 accept\n",
	      f);
	for (unsigned int l = 0; l < n_layers; l++)
		fprintf(f, "ip saddr . ip daddr . meta l4proto . th sport . th dport vmap @layer%u\n", l);
	fputs("}\n}\n", f);
	if (left_out)
		fprintf(stderr, "%s: nftables has %u of %zu lines less: they overlap more than %d times\n",
			name, left_out, rules->n, LAYERS);
}

/* ---- headers ------------------------------------------------------------------------------------------- */

static __u32 inside(struct side s, bool src)
{
	__u32 low = rnd(0xffffffff);

	if (!s.len)
		return src ? (1 + low % 125) << 24 | rnd(1u << 24) : 0x80000000u | (low & 0x3fffffff);
	return s.addr | (low & ~net_mask(s.len));
}

static __u16 port_of(const unsigned int r[2])
{
	return (__u16)(rnd(3) ? r[0] + rnd(r[1] - r[0] + 1) : rnd(65536));
}

static void print_headers(FILE *f, const struct rules *rules, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct rule *a = &rules->v[rnd((__u32)rules->n)];
		const struct rule *b = rnd(2) ? a : &rules->v[rnd((__u32)rules->n)];
		struct bench_tuple t = { .src = htonl(inside(a->src, true)),
					 .dst = htonl(inside(b->dst, false)),
					 .sport = htons(port_of(a->sport)),
					 .dport = htons(port_of(b->dport)),
					 .proto = rnd(4) && a->proto == 6 ? 6 : 17 };

		fwrite(&t, sizeof(t), 1, f);
	}
}

static FILE *create(const char *dir, const char *name, const char *suffix)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
	FILE *f = fopen(path, "we");

	if (!f) {
		fprintf(stderr, "bench_rules: %s: %m\n", path);
		exit(1);
	}
	return f;
}

/* All of it is on the disk, or this was for nothing. */
static void finish(FILE *f, const char *name)
{
	if (!fflush(f) && !ferror(f))
		return;
	fprintf(stderr, "bench_rules: %s cannot be written: %m\n", name);
	exit(1);
}

int main(int argc, char **argv)
{
	struct rules base = { 0 }, rules = { 0 };
	int family = argc > 1 && !strcmp(argv[1], "-6") ? 6 : 4;
	bool sets = argc < 2 || (family == 4 && strcmp(argv[1], "-s") != 0);
	char *end = NULL;

	if (!sets)
		argc--, argv++;

	unsigned long n = argc > 1 ? strtoul(argv[1], &end, 10) : 0;

	if (argc < 4 || argc > 5 || *end || n < 1 || n > 1000000) {
		fprintf(stderr, "usage: bench_rules [-s | -6] N DIR NAME [FILE]; N is at most 1000000\n");
		return 2;
	}
	if (argc > 4)
		filters_read(argv[4], &base);
	else
		make_up(&base);
	grow(&base, (unsigned int)n, &rules);
	if (!rules.n) {
		fprintf(stderr,
			"bench_rules: %s: all its filters are from anywhere to anywhere, and none of them is "
			"left\n",
			argv[4]);
		return 1;
	}
	if (rules.n < n)
		fprintf(stderr, "%s: %zu lines, more different ones cannot be made\n", argv[3], rules.n);

	fb_autofclose FILE *policy = create(argv[2], argv[3], "fb"), *nft = create(argv[2], argv[3], "nft"),
			   *headers = create(argv[2], argv[3], "hdr");

	print_policy(policy, &rules, family);
	if (sets)
		print_nft(nft, argv[3], &rules);
	/* So many that 100,000 of them are denied: the more lines, the fewer. */
	print_headers(headers, &rules, n > 50000 ? 3000000 : 400000);
	finish(policy, "the policy");
	finish(nft, "the nftables sets");
	finish(headers, "the headers");
	fb_vec_done(&base);
	fb_vec_done(&rules);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* ClassBench filter sets, and larger ones grown from them. The format: `@src/len dst/len lo : hi lo : hi proto/mask flags/mask`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "oracle.h"

struct filter {
	__u32 addr[2];
	unsigned int len[2];
	struct fb_l4 l4;
};
struct filters FB_VEC(struct filter);

static int read_filters(const char *path, struct filters *ret)
{
	fb_autofclose FILE *in = fopen(path, "re");
	char line[256];

	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in)) {
		unsigned int a[2][4], ports[4], proto, mask;
		struct filter f;

		if (sscanf(line, "@%u.%u.%u.%u/%u %u.%u.%u.%u/%u %u : %u %u : %u %x/%x", &a[0][0], &a[0][1],
			   &a[0][2], &a[0][3], &f.len[0], &a[1][0], &a[1][1], &a[1][2], &a[1][3], &f.len[1],
			   &ports[0], &ports[1], &ports[2], &ports[3], &proto, &mask) != 16)
			continue;
		for (int side = 0; side < 2; side++) {
			f.addr[side] = a[side][0] << 24 | a[side][1] << 16 | a[side][2] << 8 | a[side][3];
			f.addr[side] &= f.len[side] ? ~0u << (32 - f.len[side]) : 0;
		}
		f.l4 = (struct fb_l4){ mask ? (__u8)proto : 0, mask ? (__u8)proto : 255, (__u16)ports[0],
				       (__u16)ports[1],	       (__u16)ports[2],		 (__u16)ports[3] };
		fb_vec_add(ret, f);
	}
	return (int)ret->n;
}

/* Bit after bit below `keep`, flipped or not by what lies above it and by the copy: equal prefixes stay equal. */
static __u32 move_address(__u32 addr, unsigned int len, __u32 copy, unsigned int keep)
{
	__u32 moved = addr;

	for (unsigned int bit = keep; bit < len && copy; bit++) {
		struct oracle_random rng = { (__u64)copy << 40 | (__u64)bit << 32 |
					     (bit ? addr >> (32 - bit) : 0) };

		moved ^= (__u32)(oracle_next(&rng) & 1) << (31 - bit);
	}
	return moved;
}

static unsigned int filter_set(struct oracle_builder *b, __u32 addr, unsigned int len, int family)
{
	struct oracle_random rng = { addr };
	struct fb_ip ip = { 0, addr };

	if (family == 4)
		return oracle_set(b, 4, ip, len);
	if (!len)
		return oracle_set(b, 6, (struct fb_ip){ 0, 0 }, 0);
	ip = (struct fb_ip){ 0x2001ull << 48 | (__u64)addr << 16, 0 };
	if (len < 32)
		return oracle_set(b, 6, ip, 16 + len);
	ip.hi |= oracle_below(&rng, 4);
	if (oracle_below(&rng, 2))
		return oracle_set(b, 6, ip, 64);
	ip.lo = oracle_below(&rng, 2) ? 1 + oracle_below(&rng, 200) : oracle_next(&rng);
	return oracle_set(b, 6, ip, 128);
}

int oracle_grow(struct fb_ruleset *rs, const char *path, unsigned int n, int family, unsigned int keep)
{
	struct filters filters = { 0 };
	int count = read_filters(path, &filters);
	struct oracle_builder *b;

	if (count <= 0)
		return count;
	b = oracle_builder_new(rs);
	for (unsigned int i = 0; i < n; i++) {
		/* Interleaved, so that a copy's broad lines do not all come behind its specific ones. */
		unsigned int copies = (n + (unsigned int)count - 1) / (unsigned int)count, copy = i % copies;
		struct filter f = filters.v[i / copies];
		unsigned int set[2];

		if (copy && f.l4.dport_lo == f.l4.dport_hi && (i & 1))
			f.l4.dport_lo = f.l4.dport_hi = (__u16)(f.l4.dport_lo + copy);
		for (int side = 0; side < 2; side++)
			set[side] = filter_set(b, move_address(f.addr[side], f.len[side], copy, keep),
					       f.len[side], family);
		oracle_line(b, set[0], set[1], oracle_service(b, f.l4));
	}
	fb_vec_done(&filters);
	oracle_builder_free(b);
	return (int)n;
}

int oracle_classbench(struct fb_ruleset *rs, const char *path)
{
	struct filters filters = { 0 };
	int count = read_filters(path, &filters);

	fb_vec_done(&filters);
	return count > 0 ? oracle_grow(rs, path, (unsigned int)count, 4, 32) : count;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Random rule sets, and headers at their edges. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "oracle.h"
#include "policy/l4set.h"

/* An address of this world. Tiny: 64 neighbours and the ends of the space; nested: few bits set anywhere; wide: anything. */
static struct fb_ip world_ip(struct oracle_random *rng, enum oracle_world world, int family)
{
	__u64 r = oracle_next(rng);
	struct fb_ip ip = { 0, 0 };

	if (r % 23 == 0)
		return (struct fb_ip){ 0, FB_ROLE(1 + oracle_below(rng, 4), oracle_below(rng, 8)) };
	if (r % 29 == 0)
		return oracle_below(rng, 2) ? fb_ip_max(family) : ip;
	if (world == ORACLE_TINY)
		ip = family == 4 ? (struct fb_ip){ 0, 0x0a0000e0 + r % 64 }
				 : (struct fb_ip){ 0x20010db800000000ull + (r >> 8) % 3,
						   r % 2 ? r % 64 : ~(r % 64) };
	else if (world == ORACLE_NESTED)
		ip = family == 4 ? (struct fb_ip){ 0, oracle_next(rng) & oracle_next(rng) & oracle_next(rng) &
							      0xffffffff }
				 : (struct fb_ip){ oracle_next(rng) & oracle_next(rng) & oracle_next(rng),
						   oracle_next(rng) & oracle_next(rng) & r };
	else
		ip = (struct fb_ip){ family == 6 ? r : 0, family == 6 ? oracle_next(rng) : r & 0xffffffff };
	return ip;
}

static struct fb_range world_range(struct oracle_random *rng, enum oracle_world world, int family)
{
	struct fb_ip a = world_ip(rng, world, family), b = world_ip(rng, world, family);
	unsigned int bits = family == 4 ? 32 : 128;

	if (oracle_below(rng, 3) == 0)
		return fb_ip_cmp(a, b) < 0 ? (struct fb_range){ a, b } : (struct fb_range){ b, a };
	if (oracle_below(rng, 3) == 0)
		return (struct fb_range){ a, a };
	if (oracle_below(rng, 16) == 0)
		return (struct fb_range){ { 0, 0 }, fb_ip_max(family) };
	/* A prefix: the lowest address of which a's last is the last. */
	unsigned int len = world == ORACLE_TINY ? bits - oracle_below(rng, 7) : oracle_below(rng, bits + 1);
	struct fb_ip mask = fb_ip_last(family, (struct fb_ip){ 0, 0 }, len);
	struct fb_ip first = { a.hi & ~mask.hi, a.lo & ~mask.lo };

	return (struct fb_range){ first, fb_ip_last(family, first, len) };
}

static void random_set(struct fb_ipset *set, struct oracle_random *rng, enum oracle_world world)
{
	for (unsigned int n = 1 + oracle_below(rng, oracle_below(rng, 4) ? 2 : 8); n; n--) {
		int family = oracle_below(rng, 2) ? 4 : 6;

		fb_ipset_add(set, family, world_range(rng, world, family));
	}
}

static __u16 random_port(struct oracle_random *rng)
{
	static const __u16 edges[] = { 0, 1, 22, 53, 80, 443, 1023, 1024, 2048, 65534, 65535 };

	return oracle_below(rng, 4) ? edges[oracle_below(rng, sizeof(edges) / 2)] : (__u16)oracle_next(rng);
}

static void port_range(struct oracle_random *rng, __u16 *lo, __u16 *hi)
{
	__u16 a = random_port(rng), b = oracle_below(rng, 2) ? a : random_port(rng);

	*lo = oracle_below(rng, 3) ? (a < b ? a : b) : 0;
	*hi = a < b ? b : a;
	if (!*lo && oracle_below(rng, 2))
		*hi = 65535;
}

static struct fb_l4 random_l4(struct oracle_random *rng)
{
	static const __u8 protos[] = { 1, 6, 17, 58, 132, 255, 0 };
	struct fb_l4 l4 = FB_L4_ALL;

	if (oracle_below(rng, 12) == 0)
		return l4;
	l4.proto_lo = l4.proto_hi = protos[oracle_below(rng, sizeof(protos))];
	if (oracle_below(rng, 10) == 0)
		l4.proto_hi = 255;
	port_range(rng, &l4.dport_lo, &l4.dport_hi);
	if (oracle_below(rng, 3) == 0)
		port_range(rng, &l4.sport_lo, &l4.sport_hi);
	return l4;
}

static struct fb_l4set random_service(struct fb_arena *arena, struct oracle_random *rng)
{
	struct fb_l4 specs[4], *copy;
	struct fb_l4set raw = { specs, 1 + oracle_below(rng, 4) }, none = { NULL, 0 }, svc;

	for (size_t i = 0; i < raw.n; i++)
		specs[i] = random_l4(rng);
	svc = fb_l4set_combine(&raw, &none, FB_L4_UNION);
	copy = fb_arena_alloc(arena, svc.n * sizeof(*copy));
	memcpy(copy, svc.v, svc.n * sizeof(*copy));
	free(svc.v);
	return (struct fb_l4set){ copy, svc.n };
}

static void random_zones(struct fb_ruleset *rs, struct oracle_random *rng, enum oracle_world world)
{
	struct fb_ipset taken = { 0 };

	for (unsigned int id = FB_ZONE_FIRST; id < FB_ZONE_FIRST + 4; id++) {
		struct fb_zone zone = { .name = "zone", .id = id };
		struct fb_ipset wish = { 0 };

		random_set(&wish, rng, world);
		fb_ipset_subtract(&wish, &taken, &zone.owned);
		fb_ipset_add_set(&taken, &zone.owned);
		fb_ipset_done(&wish);
		fb_vec_add(&rs->zones, zone);
	}
	fb_ipset_done(&taken);
}

void oracle_random_ruleset(struct fb_ruleset *rs, struct oracle_random *rng, enum oracle_world world,
			   unsigned int boxes)
{
	unsigned int sets = 1 + boxes / 2 + oracle_below(rng, boxes + 1),
		     services = 1 + oracle_below(rng, boxes + 1), lines = 0;

	memset(rs, 0, sizeof(*rs));
	random_zones(rs, rng, world);
	for (unsigned int i = 0; i < sets; i++)
		random_set(fb_vec_add(&rs->sets, (struct fb_ipset){ 0 }), rng, world);
	for (unsigned int i = 0; i < services; i++)
		fb_vec_add(&rs->services, random_service(&rs->arena, rng));
	for (unsigned int i = 0; i < boxes; i++) {
		struct fb_box box = { .src = oracle_below(rng, sets),
				      .dst = oracle_below(rng, sets),
				      .svc = oracle_below(rng, services),
				      .order = oracle_below(rng, 2 * boxes) };

		if (!lines || oracle_below(rng, 2)) {
			fb_vec_add(&rs->lines, (struct fb_line){ .kind = FB_RULE_ALLOW,
								 .id = "line",
								 .text = "",
								 .pairs = "",
								 .deadline = FB_NO_DEADLINE,
								 .slot = lines + 1 });
			lines++;
		}
		box.line = oracle_below(rng, lines);
		fb_vec_add(&rs->boxes, box);
	}
}

/* Prefix below prefix: one in three hangs below an earlier one. */
struct grown {
	struct fb_ip ip;
	unsigned int len;
};

static struct grown grow_prefix(struct oracle_random *rng, struct grown *pool, unsigned int n, int family)
{
	static const unsigned int lens4[] = { 0, 8, 12, 16, 20, 24, 24, 24, 28, 32, 32, 32 };
	static const unsigned int lens6[] = { 0, 32, 40, 48, 48, 56, 64, 64, 64, 127, 128, 128 };
	const unsigned int *lens = family == 4 ? lens4 : lens6;
	struct grown g = { { family == 6 ? 0x2001000000000000ull | (oracle_next(rng) >> 16) : 0,
			     family == 6 ? oracle_next(rng) : oracle_next(rng) & 0xffffffff },
			   lens[oracle_below(rng, 12)] };

	if (n && oracle_below(rng, 3)) { /* below an earlier one */
		struct grown up = pool[oracle_below(rng, n)];
		struct fb_ip m = fb_ip_last(family, (struct fb_ip){ 0, 0 }, up.len);

		g.ip = (struct fb_ip){ (g.ip.hi & m.hi) | up.ip.hi, (g.ip.lo & m.lo) | up.ip.lo };
		if (g.len < up.len)
			g.len = up.len;
	} else if (!g.len && oracle_below(rng, 4)) {
		g.len = lens[3];
	}
	struct fb_ip m = fb_ip_last(family, (struct fb_ip){ 0, 0 }, g.len);

	g.ip = (struct fb_ip){ g.ip.hi & ~m.hi, g.ip.lo & ~m.lo };
	return g;
}

void oracle_synthesise(struct fb_ruleset *rs, struct oracle_random *rng, unsigned int n, int family)
{
	struct oracle_builder *b = oracle_builder_new(rs);
	unsigned int pool_n = n / 3 + 8, services = 200;
	struct grown *pool = calloc(pool_n, sizeof(*pool));

	for (unsigned int i = 0; i < pool_n; i++)
		pool[i] = grow_prefix(rng, pool, i, family);
	for (unsigned int i = 0; i < services; i++)
		oracle_service(b, random_l4(rng));
	services = (unsigned int)rs->services.n;
	for (unsigned int i = 0; i < n; i++) {
		struct grown s = pool[oracle_below(rng, pool_n)], d = pool[oracle_below(rng, pool_n)];

		/* A line from anywhere to anywhere is rare. */
		if (!s.len && !d.len)
			d = pool[oracle_below(rng, pool_n)];
		oracle_line(b, oracle_set(b, family, s.ip, s.len), oracle_set(b, family, d.ip, d.len),
			    oracle_below(rng, services));
	}
	free(pool);
	oracle_builder_free(b);
}

static struct fb_ip edge_ip(const struct fb_ipset *set, struct oracle_random *rng, int family)
{
	const struct fb_ranges *r = &set->r[FB_FAMILY_INDEX(family)];
	struct fb_ip ip = { family == 6 ? oracle_next(rng) : 0,
			    family == 6 ? oracle_next(rng) : oracle_next(rng) & 0xffffffff };
	struct fb_ip max = fb_ip_max(family);

	if (!r->n || oracle_below(rng, 16) == 0)
		return ip;
	struct fb_range range = r->v[oracle_below(rng, (__u32)r->n)];

	ip = oracle_below(rng, 2) ? range.first : range.last;
	switch (oracle_below(rng, 6)) {
	case 0:
		return fb_ip_cmp(ip, max) < 0 ? fb_ip_add(ip, 1) : ip;
	case 1:
		return ip.hi | ip.lo ? fb_ip_dec(ip) : ip;
	default:
		return ip;
	}
}

void oracle_header(const struct fb_ruleset *rs, struct oracle_random *rng, struct oracle_header *ret)
{
	const struct fb_box *box = &rs->boxes.v[oracle_below(rng, (__u32)rs->boxes.n)];
	const struct fb_box *other =
		oracle_below(rng, 4) ? box : &rs->boxes.v[oracle_below(rng, (__u32)rs->boxes.n)];
	const struct fb_l4set *svc = &rs->services.v[(oracle_below(rng, 8) ? box : other)->svc];
	struct fb_l4 l4 = svc->n ? svc->v[oracle_below(rng, (__u32)svc->n)] : FB_L4_ALL;
	bool four = rs->sets.v[box->src].r[0].n && rs->sets.v[other->dst].r[0].n,
	     six = rs->sets.v[box->src].r[1].n && rs->sets.v[other->dst].r[1].n;

	ret->family = four != six ? (four ? 4 : 6) : oracle_below(rng, 2) ? 4 : 6;
	ret->src = edge_ip(&rs->sets.v[box->src], rng, ret->family);
	ret->dst = edge_ip(&rs->sets.v[other->dst], rng, ret->family);
	ret->proto = oracle_below(rng, 16) ? (oracle_below(rng, 2) ? l4.proto_lo : l4.proto_hi)
					   : (__u8)oracle_next(rng);
	ret->sport = (__u16)((oracle_below(rng, 2) ? l4.sport_lo : l4.sport_hi) +
			     (oracle_below(rng, 8) ? 0 : oracle_below(rng, 3) - 1));
	ret->dport = (__u16)((oracle_below(rng, 2) ? l4.dport_lo : l4.dport_hi) +
			     (oracle_below(rng, 8) ? 0 : oracle_below(rng, 3) - 1));
	if (oracle_below(rng, 8) == 0)
		ret->sport = (__u16)oracle_next(rng);
	if (oracle_below(rng, 8) == 0)
		ret->dport = (__u16)oracle_next(rng);
}

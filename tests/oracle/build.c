// SPDX-License-Identifier: GPL-2.0-only
/* Rule sets by hand: interned prefixes and services, a line a box. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "oracle.h"

struct builder_key {
	__u64 a, b, c;
};
struct builder_table {
	struct builder_key *keys;
	unsigned int *values; /* + 1, 0 = free */
	size_t n, size;
};
struct oracle_builder {
	struct fb_ruleset *rs;
	struct builder_table sets, services;
};

__u64 oracle_next(struct oracle_random *rng)
{
	__u64 z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static unsigned int *table_slot(struct builder_table *t, struct builder_key key)
{
	__u64 h = (key.a * 0x9e3779b97f4a7c15ull) ^ (key.b * 0xbf58476d1ce4e5b9ull) ^
		  (key.c * 0x94d049bb133111ebull);
	size_t i = (h ^ h >> 31) & (t->size - 1);

	while (t->values[i] && memcmp(&t->keys[i], &key, sizeof(key)))
		i = (i + 1) & (t->size - 1);
	t->keys[i] = key;
	return &t->values[i];
}

static unsigned int *table_find(struct builder_table *t, struct builder_key key)
{
	struct builder_table old = *t;

	if (t->n * 2 >= t->size) {
		t->size = old.size ? old.size * 2 : 1024;
		t->keys = calloc(t->size, sizeof(*t->keys));
		t->values = calloc(t->size, sizeof(*t->values));
		for (size_t i = 0; i < old.size; i++)
			if (old.values[i])
				*table_slot(t, old.keys[i]) = old.values[i];
		free(old.keys);
		free(old.values);
	}
	unsigned int *slot = table_slot(t, key);

	t->n += !*slot;
	return slot;
}

struct oracle_builder *oracle_builder_new(struct fb_ruleset *rs)
{
	struct oracle_builder *b = calloc(1, sizeof(*b));

	memset(rs, 0, sizeof(*rs));
	b->rs = rs;
	return b;
}

unsigned int oracle_set(struct oracle_builder *b, int family, struct fb_ip prefix, unsigned int len)
{
	unsigned int *slot =
		table_find(&b->sets, (struct builder_key){ prefix.hi, prefix.lo, (__u64)family << 32 | len });

	if (!*slot) {
		struct fb_ipset *set = fb_vec_add(&b->rs->sets, (struct fb_ipset){ 0 });

		fb_ipset_add(set, family, (struct fb_range){ prefix, fb_ip_last(family, prefix, len) });
		*slot = (unsigned int)b->rs->sets.n;
	}
	return *slot - 1;
}

unsigned int oracle_service(struct oracle_builder *b, struct fb_l4 l4)
{
	struct builder_key key = { (__u64)l4.proto_lo << 8 | l4.proto_hi,
				   (__u64)l4.sport_lo << 16 | l4.sport_hi,
				   (__u64)l4.dport_lo << 16 | l4.dport_hi };
	unsigned int *slot = table_find(&b->services, key);

	if (!*slot) {
		struct fb_l4set svc = { fb_arena_alloc(&b->rs->arena, sizeof(l4)), 1 };

		svc.v[0] = l4;
		fb_vec_add(&b->rs->services, svc);
		*slot = (unsigned int)b->rs->services.n;
	}
	return *slot - 1;
}

void oracle_line(struct oracle_builder *b, unsigned int src, unsigned int dst, unsigned int svc)
{
	unsigned int n = (unsigned int)b->rs->lines.n;
	struct fb_line line = { .kind = FB_RULE_ALLOW,
				.id = "line",
				.text = "",
				.pairs = "",
				.deadline = FB_NO_DEADLINE,
				.slot = n + 1 };

	fb_vec_add(&b->rs->lines, line);
	fb_vec_add(&b->rs->boxes,
		   (struct fb_box){ .line = n, .src = src, .dst = dst, .svc = svc, .order = n });
}

void oracle_builder_free(struct oracle_builder *b)
{
	free(b->sets.keys);
	free(b->sets.values);
	free(b->services.keys);
	free(b->services.values);
	free(b);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Equal sets and equal services have one index: lines of a policy share most of theirs. */
#include <stdlib.h>
#include <string.h>

#include "policy/checker.h"

#define FNV_START 14695981039346656037ull

static __u64 mix(__u64 h, const void *data, size_t len)
{
	const unsigned char *p = data;
	__u64 word;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 32;
	}
	for (; len; len--)
		h = (h ^ *p++) * 1099511628211ull;
	return h ^ h >> 29;
}

static __u64 hash_set(const struct fb_ipset *set)
{
	__u64 h = FNV_START;

	for (int f = 0; f < 2; f++) {
		h = mix(h, &set->r[f].n, sizeof(set->r[f].n));
		h = mix(h, set->r[f].v, set->r[f].n * sizeof(*set->r[f].v));
	}
	return h;
}

static __u64 hash_l4set(const struct fb_l4set *set)
{
	return mix(FNV_START, set->v, set->n * sizeof(*set->v));
}

/* Makes room for one more of n; rehash is given the hash of the item with an index. */
static void grow(struct fb_intern *in, size_t n, __u64 (*hash_of)(const struct fb_ruleset *, size_t),
		 const struct fb_ruleset *rs)
{
	if (2 * (n + 1) <= in->size)
		return;
	free(in->table);
	in->size = in->size ? in->size * 2 : 64;
	in->table = calloc(in->size, sizeof(*in->table));
	if (!in->table)
		abort();
	for (size_t i = 0; i < n; i++) {
		size_t at = hash_of(rs, i) & (in->size - 1);

		while (in->table[at])
			at = (at + 1) & (in->size - 1);
		in->table[at] = (unsigned int)i + 1;
	}
}

static __u64 hash_set_at(const struct fb_ruleset *rs, size_t i)
{
	return hash_set(&rs->sets.v[i]);
}

static __u64 hash_l4set_at(const struct fb_ruleset *rs, size_t i)
{
	return hash_l4set(&rs->services.v[i]);
}

unsigned int fb_intern_set(struct fb_checker *c, struct fb_ipset *set)
{
	struct fb_ruleset *rs = c->rs;
	size_t at;

	grow(&c->sets, rs->sets.n, hash_set_at, rs);
	at = hash_set(set) & (c->sets.size - 1);
	for (; c->sets.table[at]; at = (at + 1) & (c->sets.size - 1)) {
		if (fb_ipset_equal(&rs->sets.v[c->sets.table[at] - 1], set)) {
			fb_ipset_done(set);
			return c->sets.table[at] - 1;
		}
	}
	fb_vec_add(&rs->sets, *set);
	*set = (struct fb_ipset){ 0 };
	c->sets.table[at] = (unsigned int)rs->sets.n;
	return (unsigned int)rs->sets.n - 1;
}

unsigned int fb_intern_l4set(struct fb_checker *c, struct fb_l4set *set)
{
	struct fb_ruleset *rs = c->rs;
	struct fb_l4set kept = { fb_arena_alloc(&rs->arena, set->n * sizeof(*set->v) + 1), set->n };
	size_t at;

	grow(&c->l4sets, rs->services.n, hash_l4set_at, rs);
	at = hash_l4set(set) & (c->l4sets.size - 1);
	for (; c->l4sets.table[at]; at = (at + 1) & (c->l4sets.size - 1))
		if (fb_l4set_equal(&rs->services.v[c->l4sets.table[at] - 1], set))
			break;
	if (!c->l4sets.table[at]) {
		memcpy(kept.v, set->v, set->n * sizeof(*set->v));
		fb_vec_add(&rs->services, kept);
		c->l4sets.table[at] = (unsigned int)rs->services.n;
	}
	free(set->v);
	*set = (struct fb_l4set){ 0 };
	return c->l4sets.table[at] - 1;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "policy/pool.h"

#include <string.h>

static __u64 mix(__u64 h, __u64 word)
{
	h = (h ^ word) * 0xff51afd7ed558ccdull;
	return h ^ h >> 32;
}

void *fb_zalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		abort();
	return p;
}

void fb_numbers_reserve(struct fb_numbers *words, size_t n)
{
	while (words->size < words->n + n)
		words->v = fb_vec_grow(words->v, &words->size, sizeof(*words->v));
}

static void pool_place(struct fb_pool *pool, __u32 id)
{
	size_t i = pool->entries.v[id].hash & (pool->n_slots - 1);

	while (pool->slots[i])
		i = (i + 1) & (pool->n_slots - 1);
	pool->slots[i] = id;
}

static void pool_grow(struct fb_pool *pool)
{
	free(pool->slots);
	pool->n_slots = pool->n_slots ? pool->n_slots * 2 : 256;
	pool->slots = fb_zalloc(pool->n_slots, sizeof(*pool->slots));
	for (__u32 id = 1; id < pool->entries.n; id++)
		pool_place(pool, id);
}

__u32 fb_pool_intern(struct fb_pool *pool, const __u32 *words, size_t n)
{
	struct fb_pool_entry new = { (__u32)pool->words.n, (__u32)n, 0x9e3779b97f4a7c15ull ^ n };

	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++)
		new.hash = mix(new.hash, words[i]);
	if (!pool->entries.n)
		fb_vec_add(&pool->entries, (struct fb_pool_entry){ 0, 0, 0 });
	if (pool->entries.n * 2 >= pool->n_slots)
		pool_grow(pool);
	for (size_t i = new.hash &(pool->n_slots - 1); pool->slots[i]; i = (i + 1) & (pool->n_slots - 1)) {
		const struct fb_pool_entry *e = &pool->entries.v[pool->slots[i]];

		if (e->hash == new.hash &&
		    e->len == n &&memcmp(pool->words.v + e->off, words, n * sizeof(*words)) == 0)
			return pool->slots[i];
	}
	fb_numbers_reserve(&pool->words, n);
	memcpy(pool->words.v + pool->words.n, words, n * sizeof(*words));
	pool->words.n += n;
	fb_vec_add(&pool->entries, new);
	pool_place(pool, (__u32)pool->entries.n - 1);
	return (__u32)pool->entries.n - 1;
}

void fb_pool_done(struct fb_pool *pool)
{
	fb_vec_done(&pool->words);
	fb_vec_done(&pool->entries);
	free(pool->slots);
	*pool = (struct fb_pool){ 0 };
}

static struct fb_memo_slot *memo_find(struct fb_memo *memo, __u64 a, __u64 b)
{
	size_t i = mix(mix(a, b), a) & (memo->n_slots - 1);

	while (memo->slots[i].value && (memo->slots[i].a != a || memo->slots[i].b != b))
		i = (i + 1) & (memo->n_slots - 1);
	return &memo->slots[i];
}

__u32 *fb_memo_at(struct fb_memo *memo, __u64 a, __u64 b)
{
	struct fb_memo_slot *slot;

	if (memo->n * 2 >= memo->n_slots) {
		struct fb_memo old = *memo;

		memo->n_slots = old.n_slots ? old.n_slots * 2 : 256;
		memo->slots = fb_zalloc(memo->n_slots, sizeof(*memo->slots));
		for (size_t i = 0; i < old.n_slots; i++)
			if (old.slots[i].value)
				*memo_find(memo, old.slots[i].a, old.slots[i].b) = old.slots[i];
		free(old.slots);
	}
	slot = memo_find(memo, a, b);
	if (!slot->value) {
		slot->a = a;
		slot->b = b;
		memo->n++;
	}
	return &slot->value;
}

void fb_memo_done(struct fb_memo *memo)
{
	free(memo->slots);
	*memo = (struct fb_memo){ 0 };
}

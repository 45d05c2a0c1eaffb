// SPDX-License-Identifier: GPL-2.0-only
#include "policy/intern.h"

#include <string.h>

static __u64 hash_words(const __u32 *words, size_t n)
{
	__u64 h = 0x9e3779b97f4a7c15ull ^ n;

	for (size_t i = 0; i < n; i++) {
		h ^= words[i];
		h *= 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	return h;
}

/* An empty table of n slots; aborts when there is no memory, as fb_arena does. */
static __u32 *new_slots(size_t n)
{
	__u32 *slots = calloc(n, sizeof(*slots));

	if (!slots)
		abort();
	return slots;
}

static void pool_grow(struct fb_pool *pool)
{
	free(pool->slots);
	pool->n_slots = pool->n_slots ? pool->n_slots * 2 : 1024;
	pool->slots = new_slots(pool->n_slots);
	for (__u32 id = 1; id < pool->entries.n; id++) {
		const struct fb_pool_entry *e = &pool->entries.v[id];
		size_t i = hash_words(pool->words.v + e->off, e->len) & (pool->n_slots - 1);

		while (pool->slots[i])
			i = (i + 1) & (pool->n_slots - 1);
		pool->slots[i] = id;
	}
}

__u32 fb_pool_intern(struct fb_pool *pool, const __u32 *words, size_t n)
{
	if (!n)
		return 0;
	if (!pool->entries.n)
		fb_vec_add(&pool->entries, (struct fb_pool_entry){ 0, 0 });
	if (pool->entries.n * 2 >= pool->n_slots)
		pool_grow(pool);
	size_t i = hash_words(words, n) & (pool->n_slots - 1);

	for (; pool->slots[i]; i = (i + 1) & (pool->n_slots - 1)) {
		const struct fb_pool_entry *e = &pool->entries.v[pool->slots[i]];

		if (e->len == n && memcmp(pool->words.v + e->off, words, n * sizeof(*words)) == 0)
			return pool->slots[i];
	}
	struct fb_pool_entry entry = { (__u32)pool->words.n, (__u32)n };

	for (size_t k = 0; k < n; k++)
		fb_vec_add(&pool->words, words[k]);
	pool->slots[i] = (__u32)pool->entries.n;
	fb_vec_add(&pool->entries, entry);
	return pool->slots[i];
}

void fb_pool_done(struct fb_pool *pool)
{
	fb_vec_done(&pool->words);
	fb_vec_done(&pool->entries);
	free(pool->slots);
	*pool = (struct fb_pool){ 0 };
}

static size_t chain_hash(__u32 id, __u32 value)
{
	__u64 h = ((__u64)id << 32 | value) * 0x9e3779b97f4a7c15ull;

	return h ^ (h >> 29);
}

static void chains_grow(struct fb_chains *chains)
{
	free(chains->slots);
	chains->n_slots = chains->n_slots ? chains->n_slots * 2 : 4096;
	chains->slots = new_slots(chains->n_slots);
	for (__u32 id = 1; id < chains->nodes.n; id++) {
		const struct fb_chain_node *node = &chains->nodes.v[id];
		size_t i = chain_hash(node->parent, node->value) & (chains->n_slots - 1);

		while (chains->slots[i])
			i = (i + 1) & (chains->n_slots - 1);
		chains->slots[i] = id;
	}
}

__u32 fb_chain_append(struct fb_chains *chains, __u32 id, __u32 value)
{
	if (!chains->nodes.n)
		fb_vec_add(&chains->nodes, (struct fb_chain_node){ 0, 0, 0 });
	if (chains->nodes.n * 2 >= chains->n_slots)
		chains_grow(chains);
	size_t i = chain_hash(id, value) & (chains->n_slots - 1);

	for (; chains->slots[i]; i = (i + 1) & (chains->n_slots - 1)) {
		const struct fb_chain_node *node = &chains->nodes.v[chains->slots[i]];

		if (node->parent == id && node->value == value)
			return chains->slots[i];
	}
	chains->slots[i] = (__u32)chains->nodes.n;
	fb_vec_add(&chains->nodes, (struct fb_chain_node){ id, value, chains->nodes.v[id].len + 1 });
	return chains->slots[i];
}

__u32 fb_chain_len(const struct fb_chains *chains, __u32 id)
{
	return id ? chains->nodes.v[id].len : 0;
}

void fb_chain_read(const struct fb_chains *chains, __u32 id, __u32 *out)
{
	for (; id; id = chains->nodes.v[id].parent)
		out[chains->nodes.v[id].len - 1] = chains->nodes.v[id].value;
}

void fb_chains_done(struct fb_chains *chains)
{
	fb_vec_done(&chains->nodes);
	free(chains->slots);
	*chains = (struct fb_chains){ 0 };
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the maps are to hold: the handle keeps what it wrote, the tables that follow the host, the operator's switches, which image is in force and a sum of each
 * part of it. Flows, counters, meters and next hops are the programs' own, and cannot be told from an edit.
 *
 * A table is compared by the sum of a hash of each of its entries, which costs two calls an entry and no order; it is an accident or a clumsy hand that is to be
 * noticed: who is root may as well stop the agent.
 */
#include <string.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

/* 64 KiB a part, 4 MiB a second: an image of 10,000 lines is seen whole in each, one of 100,000 within three. */
enum { PART_BYTES = 1 << 16, PARTS_A_SECOND = 64 };

/* ---- tables ---- */

/* FNV-1a, 64 bits. */
static __u64 hash(__u64 h, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const __u8 *)bytes)[i]) * 0x100000001b3ull;
	return h;
}

static __u64 hash_entry(const void *key, size_t key_size, const void *value, size_t value_size)
{
	return hash(hash(0xcbf29ce484222325ull, key, key_size), value, value_size);
}

static __u64 sum_of(const struct fb_table_content *c, size_t value_size)
{
	__u64 sum = 0;

	for (size_t i = 0; i < c->n; i++) {
		const char *entry = (const char *)c->entries + i * c->stride;

		sum += hash_entry(entry, c->key_size, entry + c->value_offset, value_size);
	}
	return sum;
}

void fb_contents_keep(struct fb_dataplane *dp, enum fb_map_id id, const struct fb_table_content *content)
{
	struct fb_table_content *kept = &dp->kept[id], copy = *content;
	void *entries = calloc(content->n + 1, content->stride);

	if (!entries)
		abort();
	if (content->n)
		memcpy(entries, content->entries, content->n * content->stride);
	copy.entries = entries;
	free((void *)kept->entries);
	*kept = copy;
	dp->kept_sum[id] = sum_of(kept, fb_map_value_size(id, &dp->sizes));
}

bool fb_contents_are_kept(const struct fb_dataplane *dp, enum fb_map_id id)
{
	const struct fb_table_content *kept = &dp->kept[id];
	const size_t value_size = fb_map_value_size(id, &dp->sizes);
	const void *last = NULL;
	char key[64], value[64];
	__u64 sum = 0;
	size_t n = 0;

	for (; n <= kept->n && bpf_map_get_next_key(dp->live.fd[id], last, key) == 0; n++, last = key)
		if (bpf_map_lookup_elem(dp->live.fd[id], key, value) == 0)
			sum += hash_entry(key, kept->key_size, value, value_size);
	return n == kept->n && sum == dp->kept_sum[id];
}

/* ---- the image ---- */

static size_t parts(const struct fb_dataplane *dp)
{
	const struct fb_image_header *header = dp->image[dp->image_live];
	const size_t bytes = header->n_words * sizeof(__u32);

	return ((bytes < dp->sizes.image ? bytes : dp->sizes.image) + PART_BYTES - 1) / PART_BYTES;
}

static __u64 sum_part(const struct fb_dataplane *dp, size_t part)
{
	const __u64 *words = (const __u64 *)((const char *)dp->image[dp->image_live] + part * PART_BYTES);
	__u64 sum = 0;

	/* each word by its place: two that change places are seen as well */
	for (size_t i = 0; i < PART_BYTES / sizeof(*words); i++)
		sum += words[i] * (2 * i + 0x9e3779b97f4a7c15ull);
	return sum;
}

void fb_contents_keep_image(struct fb_dataplane *dp)
{
	dp->image_sums.n = 0;
	dp->image_at = 0;
	for (size_t i = 0, n = dp->image_live < 0 ? 0 : parts(dp); i < n; i++)
		fb_vec_add(&dp->image_sums, sum_part(dp, i));
}

bool fb_contents_edited_image(struct fb_dataplane *dp)
{
	const size_t n = dp->image_sums.n;

	if (n && parts(dp) != n)
		return true;
	for (size_t i = 0; i < n && i < PARTS_A_SECOND; i++, dp->image_at++)
		if (sum_part(dp, dp->image_at % n) != dp->image_sums.v[dp->image_at % n])
			return true;
	return false;
}

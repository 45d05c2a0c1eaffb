// SPDX-License-Identifier: GPL-2.0-only
/* Records, the IPv4 trie and the IPv6 search tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/image.h"

struct fb_address_work {
	struct fb_pool records, nodes;
	__u32 *record; /* of each atom */
	const struct fb_atom_range *atoms;
	size_t n;
};

static __u32 atom_record(struct fb_compiler *c, const struct fb_family *family, const struct fb_atom_range *atom, const __u32 *row_words,
			 struct fb_pool *records)
{
	__u32 words[FB_REC_WORDS] = { 0 };

	(void)c;
	words[FB_REC_ZONE] = atom->zone;
	for (__u32 s = 0; s < FB_BANDS; s++)
		for (__u32 d = 0; d < FB_BANDS; d++)
			words[FB_REC_ROW + FB_QUADRANT(s, d)] = row_words[family->row[FB_QUADRANT(s, d)].v[atom->cls[0][s]]];
	for (__u32 d = 0; d < FB_BANDS; d++)
		words[FB_REC_DST + d] = atom->cls[1][d];
	return fb_pool_intern(records, words, FB_REC_WORDS) - 1;
}

static struct fb_address_work family_records(struct fb_compiler *c, int f, const __u32 *row_words, struct fb_pool *records)
{
	struct fb_family *family = &c->family[f];
	struct fb_address_work w = { .atoms = family->atoms.v, .n = family->atoms.n };

	w.record = calloc(w.n + 1, sizeof(*w.record));
	for (size_t i = 0; i < w.n; i++)
		w.record[i] = atom_record(c, family, &w.atoms[i], row_words, records);
	return w;
}

/* The entry for the 2^shift addresses from base: a leaf if one record holds them all. *at walks along the atoms. */
static __u32 trie_entry(struct fb_address_work *w, __u64 base, unsigned int shift, size_t *at)
{
	__u64 last = base + (1ull << shift) - 1;
	__u32 node[16];
	size_t i;

	while (*at + 1 < w->n && w->atoms[*at + 1].first.lo <= base)
		++*at;
	for (i = *at; i + 1 < w->n && w->atoms[i + 1].first.lo <= last && w->record[i + 1] == w->record[*at]; i++)
		;
	if (i + 1 >= w->n || w->atoms[i + 1].first.lo > last)
		return FB_A4_LEAF | w->record[*at];
	for (__u32 k = 0; k < 16; k++) /* shift is 16, 12, 8 or 4 here: a single address is always a leaf */
		node[k] = trie_entry(w, base + ((__u64)k << (shift - 4)), shift - 4, at);
	return fb_pool_intern(&w->nodes, node, 16);
}

static int emit_trie(struct fb_compiler *c, struct fb_classify_header *h, struct fb_address_work *w)
{
	size_t at = 0;
	int r = fb_section(c, "IPv4 root", 65536, &h->a4_root_w);

	if (r)
		return r;
	for (__u32 top = 0; top < 65536; top++)
		c->img[h->a4_root_w + top] = trie_entry(w, (__u64)top << 16, 16, &at);
	r = fb_section(c, "IPv4 nodes", 16 + w->nodes.words.n, &h->a4_node_w);
	if (!r && w->nodes.words.n) /* node 0 is not used */
		memcpy(c->img + h->a4_node_w + 16, w->nodes.words.v, w->nodes.words.n * 4);
	return r;
}

/* Boundaries with equal records on both sides are left out. Then level by level, from the leaves up: the first key of each line. */
static int emit_search(struct fb_compiler *c, struct fb_classify_header *h, struct fb_address_work *w)
{
	struct fb_ip *keys = calloc(w->n + 1, sizeof(*keys));
	__u32 level_w[FB_A6_LEVELS], levels = 0;
	size_t n = 0;
	int r;

	r = fb_section(c, "IPv6 records", w->n, &h->a6_record_w);
	for (size_t i = 0; i < w->n && !r; i++) {
		if (n && c->img[h->a6_record_w + n - 1] == w->record[i])
			continue;
		c->img[h->a6_record_w + n] = w->record[i];
		keys[n++] = w->atoms[i].first;
	}
	while (!r) {
		size_t lines = (n + FB_A6_KEYS - 1) / FB_A6_KEYS;

		if (levels == FB_A6_LEVELS) {
			r = fb_error_set(c->err, -E2BIG, "the policy tells more IPv6 address ranges apart than %u", 1u << 20);
			break;
		}
		r = fb_section(c, "IPv6 search", lines * FB_A6_LINE, &level_w[levels]);
		for (size_t i = 0; i < lines * FB_A6_KEYS && !r; i++) {
			struct fb_ip key = i < n ? keys[i] : fb_ip_max(6);

			memcpy(c->img + level_w[levels] + i * 4, &key.lo, 8);
			memcpy(c->img + level_w[levels] + i * 4 + 2, &key.hi, 8);
			if (i % FB_A6_KEYS == 0)
				keys[i / FB_A6_KEYS] = key;
		}
		levels++;
		n = lines;
		if (n <= 1)
			break;
	}
	h->a6_levels = levels;
	for (__u32 i = 0; i < levels; i++)
		h->a6_level_w[i] = level_w[levels - 1 - i];
	free(keys);
	return r;
}

int fb_emit_addresses(struct fb_compiler *c, struct fb_classify_header *h, const __u32 *row_words)
{
	struct fb_pool records = { 0 };
	static const __u32 nobody[FB_REC_WORDS];
	int r;

	fb_pool_intern(&records, nobody, FB_REC_WORDS); /* record 0 */
	struct fb_address_work w4 = family_records(c, 0, row_words, &records);
	struct fb_address_work w6 = family_records(c, 1, row_words, &records);

	r = fb_section(c, "address records", records.words.n, &h->record_w);
	if (!r)
		memcpy(c->img + h->record_w, records.words.v, records.words.n * 4);
	if (!r)
		r = emit_trie(c, h, &w4);
	if (!r)
		r = emit_search(c, h, &w6);
	fb_pool_done(&records);
	fb_pool_done(&w4.nodes);
	fb_pool_done(&w6.nodes);
	free(w4.record);
	free(w6.record);
	return r;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Records, the IPv4 trie and the IPv6 tree. Neighbouring atoms with one record are one leaf. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

#define NODE 16u
#define WIDE 256u

struct stretch {
	struct fb_ip first;
	__u32 record, zone;
};
struct stretches FB_VEC(struct stretch);

/* A record as it is interned: the part of a source and the part of a destination, which lie apart in the image. */
union record {
	struct {
		struct fb_src_record src;
		struct fb_dst_record dst;
	};
	__u32 words[(sizeof(struct fb_src_record) + sizeof(struct fb_dst_record)) / 4];
};

static __u32 atom_record(const struct fb_compiler *c, const struct fb_family *family, __u32 atom,
			 struct fb_pool *records)
{
	union record u = { 0 };

	for (__u32 s = 0; s < FB_BANDS; s++)
		for (__u32 d = 0; d < FB_BANDS; d++)
			u.src.row[FB_QUADRANT(s, d)] =
				c->row_w[family->row[FB_QUADRANT(s, d)]
						    [family->band[FB_SOURCE][s].cls[atom]]];
	u.dst.classes = family->band[FB_DESTINATION][FB_BAND_NARROW].cls[atom] |
			family->band[FB_DESTINATION][FB_BAND_BROAD].cls[atom] << c->broad_shift;
	return fb_pool_intern(records, u.words, sizeof(u) / 4);
}

/* The leaf of an address. */
static __u32 leaf_of(__u32 dst_records_w, const struct stretch *s)
{
	return FB_LINK(dst_records_w + (s->record - 1) * (sizeof(struct fb_dst_record) / 4)) | FB_LINK_LEAF |
	       s->zone << FB_LEAF_ZONE_SHIFT;
}

static void find_stretches(const struct fb_compiler *c, const struct fb_family *family,
			   struct fb_pool *records, struct stretches *ret)
{
	for (__u32 atom = 0; atom < family->first.n; atom++) {
		struct stretch s = { family->first.v[atom], atom_record(c, family, atom, records),
				     family->zone[atom] };

		if (!ret->n || ret->v[ret->n - 1].record != s.record || ret->v[ret->n - 1].zone != s.zone)
			fb_vec_add(ret, s);
	}
}

struct trie {
	const struct stretches *stretches;
	size_t at; /* walks along them */
	struct fb_pool wides, nodes, lines;
	size_t wides_max;
	__u32 dst_records_w;
	unsigned int depth;
};

/* Stretches [at, end) begin with what holds at the first address of a block in one /16. */
static __u32 trie_line(struct trie *t, size_t end)
{
	const struct stretch *s = t->stretches->v + t->at;
	size_t n = end - t->at;
	union {
		struct fb_a4_line line;
		__u32 words[NODE];
	} u;

	for (size_t i = 0; i <= FB_A4_KEYS; i++) {
		u.line.link[i] = leaf_of(t->dst_records_w, &s[i < n ? i : n - 1]);
		if (i)
			u.line.key[i - 1] = i < n ? (__u16)s[i].first.lo : 0xffff;
	}
	return fb_pool_intern(&t->lines, u.words, NODE) << 2 | FB_LINK_LINE;
}

/*
 * The entry for the 2^shift addresses from base: leaf, or number of a line or node and what it is. Equal ones are one. A /16 and a /24 have wide nodes
 * while they take less than a quarter of what the image has left, and none has one if the rest then does not fit.
 */
static __u32 trie_entry(struct trie *t, __u64 base, unsigned int shift, unsigned int depth)
{
	const struct stretches *s = t->stretches;
	__u64 last = base + (1ull << shift) - 1;
	__u32 node[WIDE], wide = shift % 8 == 0 && t->wides.words.n < t->wides_max ? 8 : 4;
	size_t end;

	while (t->at + 1 < s->n && s->v[t->at + 1].first.lo <= base)
		t->at++;
	for (end = t->at + 1; end < s->n && s->v[end].first.lo <= last && end - t->at <= FB_A4_KEYS + 1;
	     end++)
		;
	if (depth + (end > t->at + 1) > t->depth)
		t->depth = depth + (end > t->at + 1);
	if (end == t->at + 1)
		return leaf_of(t->dst_records_w, &s->v[t->at]);
	if (end - t->at <= FB_A4_KEYS + 1)
		return trie_line(t, end);
	for (__u32 i = 0; i < 1u << wide; i++) /* a single address is a leaf: shift is 16, 12, 8 or 4 here */
		node[i] = trie_entry(t, base + ((__u64)i << (shift - wide)), shift - wide, depth + 1);
	return wide == 8 ? fb_pool_intern(&t->wides, node, WIDE) << 2 | FB_LINK_WIDE
			 : fb_pool_intern(&t->nodes, node, NODE) << 2;
}

/* Where the three kinds begin, and a number to a link. */
struct trie_places {
	__u32 wides_w, nodes_w, lines_w;
};

static __u32 trie_link(const struct trie *t, const struct trie_places *at, __u32 entry)
{
	switch (entry & FB_LINK_KIND) {
	case FB_LINK_LEAF:
		return entry;
	case FB_LINK_LINE:
		return FB_LINK(at->lines_w + t->lines.entries.v[entry >> 2].off) | FB_LINK_LINE;
	case FB_LINK_WIDE:
		return FB_LINK(at->wides_w + t->wides.entries.v[entry >> 2].off) | FB_LINK_WIDE;
	default:
		return FB_LINK(at->nodes_w + t->nodes.entries.v[entry >> 2].off);
	}
}

static void put_nodes(struct fb_compiler *c, const struct trie *t, const struct trie_places *at,
		      const struct fb_pool *nodes, __u32 to)
{
	for (size_t i = 0; i < nodes->words.n; i++)
		c->img[to + i] = trie_link(t, at, nodes->words.v[i]);
}

static void trie_done(struct trie *t)
{
	fb_pool_done(&t->wides);
	fb_pool_done(&t->nodes);
	fb_pool_done(&t->lines);
}

/* The root's entries, and the words that what they lead to will take. */
static size_t build_trie(struct trie *t, __u32 *root, size_t wides_max)
{
	t->wides_max = wides_max;
	t->at = t->depth = 0;
	for (__u32 top = 0; top < 65536; top++)
		root[top] = trie_entry(t, (__u64)top << 16, 16, 1);
	return t->wides.words.n + t->nodes.words.n + t->lines.words.n;
}

static int emit_trie(struct fb_compiler *c, struct fb_classify_header *h, const struct stretches *stretches,
		     __u32 dst_records_w)
{
	struct trie t = { .stretches = stretches, .dst_records_w = dst_records_w };
	struct trie_places at;
	__u32 root;
	int r = fb_section(c, "IPv4 root", 65536, &root);

	if (r)
		return r;
	h->a4_root = FB_LINK(root);
	if (build_trie(&t, c->img + root, (c->n_words - c->used) / 4) > c->n_words - c->used) {
		trie_done(&t);
		build_trie(&t, c->img + root, 0);
	}
	r = fb_section(c, "IPv4 wide nodes", t.wides.words.n, &at.wides_w);
	if (!r)
		r = fb_section(c, "IPv4 nodes", t.nodes.words.n, &at.nodes_w);
	if (!r)
		r = fb_section(c, "IPv4 lines", t.lines.words.n, &at.lines_w);
	if (!r) {
		for (__u32 top = 0; top < 65536; top++)
			c->img[root + top] = trie_link(&t, &at, c->img[root + top]);
		put_nodes(c, &t, &at, &t.wides, at.wides_w);
		put_nodes(c, &t, &at, &t.nodes, at.nodes_w);
	}
	if (!r && t.lines.words.n)
		memcpy(c->img + at.lines_w, t.lines.words.v, t.lines.words.n * sizeof(__u32));
	c->stats->loads_worst4 = t.depth;
	trie_done(&t);
	return r;
}

/* A value of 64 bits at which something begins, and what: the link to a record, or to a tree. */
struct key {
	__u64 value;
	__u32 entry;
};
struct keys FB_VEC(struct key);

struct tree {
	struct fb_numbers words; /* the section; links are absolute from the start */
	__u32 base;
	unsigned int depth[2]; /* deepest tree of the upper and of the lower half */
};

/* n more words, zeroed, at a line; their place in words. */
static size_t tree_words(struct tree *t, size_t n)
{
	size_t at = t->words.n, all = (n + 15) & ~(size_t)15;

	fb_numbers_reserve(&t->words, all);
	memset(t->words.v + at, 0, all * sizeof(__u32));
	t->words.n += all;
	return at;
}

/* The lines over n children of which keys[i].value is the first value. */
static void put_lines(struct tree *t, size_t at, const struct key *keys, size_t n, __u32 link,
		      __u32 child_words)
{
	for (size_t i = 0; i < n; i += FB_A6_KEYS + 1, at += NODE) {
		struct fb_a6_line line = { .link = link + FB_LINK(i * child_words) };

		for (size_t k = 0; k < FB_A6_KEYS; k++)
			line.key[k] = i + k + 1 < n ? keys[i + k + 1].value & ~FB_A6_NO_KEY : FB_A6_NO_KEY;
		memcpy(t->words.v + at, &line, sizeof(line));
	}
}

/* A half tree over keys (the first is where the half begins) with its root at the given line. Consumes keys. Returns its levels. */
static unsigned int put_half(struct tree *t, size_t root, struct key *keys, size_t n)
{
	size_t at = tree_words(t, n);
	__u32 link = FB_LINK(t->base + at) | FB_LINK_LEAF, child_words = 1;
	unsigned int levels = 1;

	for (size_t i = 0; i < n; i++)
		t->words.v[at + i] = keys[i].entry;
	for (; n > FB_A6_KEYS + 1; levels++) {
		size_t lines = (n + FB_A6_KEYS) / (FB_A6_KEYS + 1);

		at = tree_words(t, lines * NODE);
		put_lines(t, at, keys, n, link, child_words);
		for (size_t i = 0; i < lines; i++)
			keys[i] = keys[i * (FB_A6_KEYS + 1)];
		link = FB_LINK(t->base + at);
		child_words = NODE;
		n = lines;
	}
	put_lines(t, root, keys, n, link, child_words);
	return levels;
}

/* Both halves; the first key is at 0. Returns the link to the two roots. Consumes keys. */
static __u32 put_tree(struct tree *t, struct keys *keys, int lower)
{
	size_t root = tree_words(t, 2 * NODE), n = 0;
	struct key middle = { FB_A6_NO_KEY, 0 };
	struct keys upper = { 0 };
	unsigned int levels;

	while (n < keys->n && keys->v[n].value < FB_A6_NO_KEY)
		n++;
	middle.entry = keys->v[n - 1].entry;
	if (n == keys->n || keys->v[n].value != middle.value)
		fb_vec_add(&upper, middle);
	for (size_t i = n; i < keys->n; i++)
		fb_vec_add(&upper, keys->v[i]);
	levels = put_half(t, root, keys->v, n);
	t->depth[lower] = levels > t->depth[lower] ? levels : t->depth[lower];
	levels = put_half(t, root + NODE, upper.v, upper.n);
	t->depth[lower] = levels > t->depth[lower] ? levels : t->depth[lower];
	fb_vec_done(&upper);
	return FB_LINK(t->base + root);
}

static void add_key(struct keys *keys, __u64 value, __u32 entry)
{
	if (keys->n && keys->v[keys->n - 1].value == value)
		keys->v[keys->n - 1].entry = entry;
	else
		fb_vec_add(keys, (struct key){ value, entry });
}

/* Stretches [i, end) begin in one upper half: a tree for its lower half. before: what is in force at its start. */
static __u32 put_lower(struct tree *t, const struct stretch *s, size_t n, __u32 before, __u32 dst_records_w)
{
	struct keys keys = { 0 };
	__u32 link;

	add_key(&keys, 0, before);
	for (size_t i = 0; i < n; i++)
		add_key(&keys, s[i].first.lo, leaf_of(dst_records_w, &s[i]));
	link = put_tree(t, &keys, 1);
	fb_vec_done(&keys);
	return link;
}

static int emit_tree(struct fb_compiler *c, struct fb_classify_header *h, const struct stretches *s,
		     __u32 dst_records_w)
{
	struct tree t = { .base = (__u32)c->used };
	struct keys upper = { 0 };
	__u32 force = 0, base = 0;
	size_t end;
	int r;

	for (size_t i = 0; i < s->n; i = end) {
		struct fb_ip first = s->v[i].first;
		__u32 last;

		for (end = i; end < s->n && s->v[end].first.hi == first.hi; end++)
			;
		last = leaf_of(dst_records_w, &s->v[end - 1]);
		if (end == i + 1 && !first.lo) {
			add_key(&upper, first.hi, last);
		} else {
			add_key(&upper, first.hi, put_lower(&t, s->v + i, end - i, force, dst_records_w));
			if (first.hi != ~0ull)
				add_key(&upper, first.hi + 1, last);
		}
		force = last;
	}
	h->a6_root = put_tree(&t, &upper, 0);
	r = fb_section(c, "IPv6 tree", t.words.n, &base);
	if (!r)
		memcpy(c->img + base, t.words.v, t.words.n * sizeof(__u32));
	if (!r && (t.depth[0] > FB_A6_LEVELS || t.depth[1] > FB_A6_LEVELS))
		r = fb_error_set(c->err, -E2BIG, "the policy tells more than %u IPv6 address ranges apart",
				 1u << 3 * FB_A6_LEVELS);
	/* Lines, and the leaf words of each tree. */
	c->stats->loads_worst6 = t.depth[0] + 1 + (t.depth[1] ? t.depth[1] + 1 : 0);
	fb_vec_done(&t.words);
	fb_vec_done(&upper);
	return r;
}

/* The two parts of the records. */
static int emit_records(struct fb_compiler *c, struct fb_classify_header *h, const struct fb_pool *records,
			__u32 *ret_dst_records_w)
{
	__u32 n = fb_pool_count(records) - 1, src_records_w;
	int r = fb_section(c, "sources", n * sizeof(struct fb_src_record) / 4, &src_records_w);

	if (!r)
		r = fb_section(c, "destinations", n * sizeof(struct fb_dst_record) / 4, ret_dst_records_w);
	if (r)
		return r;
	h->src_records = FB_LINK(src_records_w) - FB_SOURCE_OFFSET(FB_LINK(*ret_dst_records_w));
	for (__u32 i = 0; i < n; i++) {
		union record u;

		memcpy(u.words, fb_pool_get(records, i + 1), sizeof(u));
		((struct fb_src_record *)(c->img + src_records_w))[i] = u.src;
		((struct fb_dst_record *)(c->img + *ret_dst_records_w))[i] = u.dst;
	}
	return 0;
}

int fb_emit_addresses(struct fb_compiler *c, struct fb_classify_header *h)
{
	struct stretches stretches[FB_FAMILIES] = { 0 };
	struct fb_pool records = { 0 };
	__u32 dst_records_w;
	int r;

	for (int f = 0; f < FB_FAMILIES; f++)
		find_stretches(c, &c->family[f], &records, &stretches[f]);
	r = emit_records(c, h, &records, &dst_records_w);
	if (!r)
		r = emit_tree(c, h, &stretches[1], dst_records_w);
	if (!r) /* last: it makes do with what is left */
		r = emit_trie(c, h, &stretches[0], dst_records_w);
	fb_pool_done(&records);
	fb_vec_done(&stretches[0]);
	fb_vec_done(&stretches[1]);
	return r;
}

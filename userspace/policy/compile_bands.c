// SPDX-License-Identifier: GPL-2.0-only
/*
 * From atoms to classes. A sweep over the atoms keeps the sets in force on a stack; each stack is a path in a tree of unions, which the rows of sources
 * are made along (compile_rows.c): a union's row is its parent's and what one set adds. Prefixes nest, so that a set usually leaves from the
 * top; ranges may not, then the part of the stack above the one that leaves is built again. Many ranges that cross would make a union of nearly every
 * pair of them (10,000 ranges 600 deep: 6 million): then each range is cut into aligned pieces first, as a segment tree does (de Berg et al., 10.3). Pieces
 * nest, and a range has some 2 log n of them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

#define REBUILT_MAX 8 /* levels a span; about as many are its pieces */

struct level {
	__u32 end, set, node;
};
struct sweep {
	struct fb_band *band;
	struct FB_VEC(struct level) stack;
	struct fb_memo known; /* signature -> node */
	size_t rebuilt;	      /* how many levels compact() has pushed again */
};

/* A random number for a set: 128 bits, so that no two unions of a policy have one sum. */
static void add_signature(__u64 sig[2], __u32 set)
{
	for (int i = 0; i < 2; i++) {
		__u64 z = (2ull * set + (__u64)i + 1) * 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		sig[i] += z ^ z >> 31;
	}
}

static __u32 node_below(struct sweep *s, __u32 parent, __u32 set)
{
	struct fb_node node = s->band->nodes.v[parent];
	__u32 *slot;

	add_signature(node.sig, set);
	slot = fb_memo_at(&s->known, node.sig[0], node.sig[1]);
	if (*slot)
		return *slot;
	*slot = (__u32)s->band->nodes.n;
	node.set = set;
	node.cls = node.child = 0;
	node.sibling = s->band->nodes.v[parent].child;
	s->band->nodes.v[parent].child = *slot;
	fb_vec_add(&s->band->nodes, node);
	return *slot;
}

static __u32 top_node(const struct sweep *s)
{
	return s->stack.n ? s->stack.v[s->stack.n - 1].node : 0;
}

static void push(struct sweep *s, __u32 end, __u32 set)
{
	struct level level = { end, set, node_below(s, top_node(s), set) };

	fb_vec_add(&s->stack, level);
}

/* Takes away what ends at this atom and lies below something that does not. */
static void compact(struct sweep *s, __u32 atom)
{
	size_t n = s->stack.n, keep = 0;

	while (keep < n && s->stack.v[keep].end > atom)
		keep++;
	s->stack.n = keep;
	for (size_t i = keep; i < n; i++) {
		struct level level = s->stack.v[i];

		if (level.end > atom) {
			push(s, level.end, level.set);
			s->rebuilt++;
		}
	}
}

static __u32 class_of_stack(struct sweep *s)
{
	struct fb_node *node = &s->band->nodes.v[top_node(s)];

	if (!s->stack.n || node->cls)
		return node->cls;
	return node->cls = ++s->band->n_classes;
}

static int span_cmp(const void *pa, const void *pb)
{
	const struct fb_span *a = pa, *b = pb;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return a->set < b->set ? -1 : a->set > b->set;
}

/*
 * The classes of each set, in ascending order. Those that are new within a span hold its set, and they are all that do: an older one that comes again
 * was new in another span of the set. before[i]: how many classes there are before atom i.
 */
static void list_classes(struct fb_band *band, const __u32 *before, size_t n_sets)
{
	__u32 *fill = fb_zalloc(n_sets + 2, sizeof(*fill));

	for (size_t i = 0; i < band->spans.n; i++)
		fill[band->spans.v[i].set + 2]++;
	for (size_t set = 0; set < n_sets; set++)
		fill[set + 2] += fill[set + 1];
	fb_numbers_reserve(&band->runs, 2 * band->spans.n);
	band->runs.n = 2 * band->spans.n;
	for (size_t i = 0; i < band->spans.n; i++) {
		const struct fb_span *span = &band->spans.v[i];
		__u32 *run = &band->runs.v[2 * fill[span->set + 1]++];

		run[0] = before[span->first] + 1;
		run[1] = before[span->end] + 1;
	}
	band->set_first = fill; /* each entry has moved to where the next set's began */
}

static struct fb_spans cut_to_pieces(const struct fb_spans *spans)
{
	struct fb_spans pieces = { 0 };

	for (size_t i = 0; i < spans->n; i++) {
		struct fb_span piece = spans->v[i];

		while (piece.first < spans->v[i].end) {
			__u32 size = piece.first ? piece.first & -piece.first : 1u << 31;

			while (size > spans->v[i].end - piece.first)
				size /= 2;
			piece.end = piece.first + size;
			fb_vec_add(&pieces, piece);
			piece.first = piece.end;
		}
	}
	return pieces;
}

/* Makes the nodes and the class of each atom. False: more than max levels had to be built again; nothing is made. */
static bool sweep(struct fb_band *band, struct fb_spans *spans, __u32 n_atoms, __u32 *before, size_t max)
{
	struct sweep s = { .band = band };
	__u32 *ending = fb_zalloc(n_atoms + 1, sizeof(*ending));
	size_t next = 0, live = 0;

	if (spans->n)
		qsort(spans->v, spans->n, sizeof(*spans->v), span_cmp);
	for (size_t i = 0; i < spans->n; i++)
		ending[spans->v[i].end]++;
	band->n_classes = 0;
	band->nodes.n = 0;
	fb_vec_add(&band->nodes, (struct fb_node){ 0 });
	for (__u32 atom = 0; atom < n_atoms && s.rebuilt <= max; atom++) {
		while (s.stack.n && s.stack.v[s.stack.n - 1].end <= atom)
			s.stack.n--;
		live -= ending[atom];
		if (s.stack.n != live)
			compact(&s, atom);
		for (; next < spans->n && spans->v[next].first == atom; next++, live++)
			push(&s, spans->v[next].end, spans->v[next].set);
		band->cls[atom] = class_of_stack(&s);
		before[atom + 1] = band->n_classes;
	}
	free(ending);
	fb_vec_done(&s.stack);
	fb_memo_done(&s.known);
	return s.rebuilt <= max;
}

void fb_compile_band(struct fb_compiler *c, struct fb_family *family, struct fb_band *band, bool lists)
{
	const __u32 n_atoms = (__u32)family->first.n;
	__u32 *before = fb_zalloc(n_atoms + 1, sizeof(*before));

	band->cls = fb_zalloc(n_atoms, sizeof(*band->cls));
	if (!sweep(band, &band->spans, n_atoms, before, REBUILT_MAX * band->spans.n)) {
		struct fb_spans pieces = cut_to_pieces(&band->spans);

		sweep(band, &pieces, n_atoms, before, SIZE_MAX);
		fb_vec_done(&pieces);
	}
	if (lists)
		list_classes(band, before, c->rs->sets.n);
	free(before);
}

int fb_place_classes(struct fb_compiler *c, struct fb_classify_header *h)
{
	__u32 narrow = 1, broad = 1;

	for (int f = 0; f < FB_FAMILIES; f++) {
		const struct fb_band *band = c->family[f].band[FB_DESTINATION];

		narrow |= band[FB_BAND_NARROW].n_classes;
		broad |= band[FB_BAND_BROAD].n_classes;
	}
	h->broad_shift = c->broad_shift = 32 - (__u32)__builtin_clz(narrow);
	if (__builtin_clz(narrow) + __builtin_clz(broad) >= 32)
		return 0;
	c->spent = c->classes_too_many = true;
	return fb_error_set(c->err, -E2BIG,
			    "the policy tells more than %u x %u classes of destinations apart",
			    1u << (c->broad_shift - 1), 1u << (31 - __builtin_clz(broad)));
}

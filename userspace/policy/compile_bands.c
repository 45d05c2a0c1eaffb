// SPDX-License-Identifier: GPL-2.0-only
/*
 * From atoms to classes. A sweep over the atoms keeps the sets in force on a stack; each stack is a path in a tree of unions, which the rows of sources
 * are made along (compile_rows.c): a union's row is its parent's and what one set adds. Prefixes nest, so that a set usually leaves from the
 * top; ranges may not, then the part of the stack above the one that leaves is built again.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/compiler.h"

struct level {
	__u32 end, set, node;
};
struct sweep {
	struct fb_band *band;
	struct FB_VEC(struct level) stack;
	struct fb_memo known;	 /* signature -> node */
	struct fb_numbers pairs; /* (set, class).. */
	bool lists;
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

		if (level.end > atom)
			push(s, level.end, level.set);
	}
}

static __u32 class_of_stack(struct sweep *s)
{
	struct fb_node *node = &s->band->nodes.v[top_node(s)];

	if (!s->stack.n || node->cls)
		return node->cls;
	node->cls = ++s->band->n_classes;
	for (size_t i = 0; i < s->stack.n && s->lists; i++) {
		fb_vec_add(&s->pairs, s->stack.v[i].set);
		fb_vec_add(&s->pairs, node->cls);
	}
	return node->cls;
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

/* (set, class) pairs to the classes of each set; they come in ascending order of classes. */
static void group_by_set(struct fb_band *band, const struct fb_numbers *pairs, size_t n_sets)
{
	__u32 *fill = fb_zalloc(n_sets + 2, sizeof(*fill));

	for (size_t i = 0; i < pairs->n; i += 2)
		fill[pairs->v[i] + 2]++;
	for (size_t set = 0; set < n_sets; set++)
		fill[set + 2] += fill[set + 1];
	fb_numbers_reserve(&band->set_classes, pairs->n / 2);
	band->set_classes.n = pairs->n / 2;
	for (size_t i = 0; i < pairs->n; i += 2)
		band->set_classes.v[fill[pairs->v[i] + 1]++] = pairs->v[i + 1];
	band->set_first = fill; /* each entry has moved to where the next set's began */
}

void fb_compile_band(struct fb_compiler *c, struct fb_family *family, struct fb_band *band, bool lists)
{
	struct sweep s = { .band = band, .lists = lists };
	__u32 *ending = fb_zalloc(family->first.n + 1, sizeof(*ending));
	size_t next = 0, live = 0;

	if (band->spans.n)
		qsort(band->spans.v, band->spans.n, sizeof(*band->spans.v), span_cmp);
	for (size_t i = 0; i < band->spans.n; i++)
		ending[band->spans.v[i].end]++;
	band->cls = fb_zalloc(family->first.n, sizeof(*band->cls));
	fb_vec_add(&band->nodes, (struct fb_node){ 0 });
	for (__u32 atom = 0; atom < family->first.n; atom++) {
		while (s.stack.n && s.stack.v[s.stack.n - 1].end <= atom)
			s.stack.n--;
		live -= ending[atom];
		if (s.stack.n != live)
			compact(&s, atom);
		for (; next < band->spans.n && band->spans.v[next].first == atom; next++, live++)
			push(&s, band->spans.v[next].end, band->spans.v[next].set);
		band->cls[atom] = class_of_stack(&s);
	}
	group_by_set(band, &s.pairs, c->rs->sets.n);
	free(ending);
	fb_vec_done(&s.stack);
	fb_vec_done(&s.pairs);
	fb_memo_done(&s.known);
}

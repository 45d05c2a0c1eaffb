// SPDX-License-Identifier: GPL-2.0-only
/* Who a line is (S56), over applies its number, and which one wins where several match (S17). */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/checker.h"

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct strings FB_VEC(char *);

/* Appends the words sorted, so that their order in the text is not part of the line's identity. Consumes them. */
static void add_sorted(struct fb_strbuf *out, struct strings *words)
{
	if (words->n)
		qsort(words->v, words->n, sizeof(*words->v), compare_strings);
	for (size_t i = 0; i < words->n; i++) {
		fb_strbuf_addf(out, "%s,", words->v[i]);
		free(words->v[i]);
	}
	fb_strbuf_addc(out, '\n');
	fb_vec_done(words);
}

static void add_names(struct fb_strbuf *out, const struct fb_words *names)
{
	struct strings words = { 0 };

	for (size_t i = 0; i < names->n; i++)
		fb_vec_add(&words, strdup(names->v[i].s));
	add_sorted(out, &words);
}

static void add_operands(struct fb_strbuf *out, const struct fb_operands *ops)
{
	struct strings words = { 0 };

	for (size_t i = 0; i < ops->n; i++) {
		struct fb_strbuf one = { 0 };

		fb_print_operands(&(struct fb_operands){ &ops->v[i], 1 }, &one);
		fb_vec_add(&words, fb_strbuf_steal(&one));
	}
	add_sorted(out, &words);
}

static void add_services(struct fb_strbuf *out, const struct fb_svc_items *items)
{
	struct strings words = { 0 };

	for (size_t i = 0; i < items->n; i++) {
		struct fb_strbuf one = { 0 };

		fb_print_services(&(struct fb_svc_items){ &items->v[i], 1 }, &one);
		fb_vec_add(&words, fb_strbuf_steal(&one));
	}
	add_sorted(out, &words);
}

/* 48 bits: among 100,000 lines two are alike in one policy of 56,000. Of 32 bits they are in two of three. */
static const char *hash_of(struct fb_checker *c, const struct fb_strbuf *what)
{
	unsigned char digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, (const unsigned char *)fb_strbuf_get(what), what->len);
	return fb_arena_printf(&c->rs->arena, "%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2],
			       digest[3], digest[4], digest[5]);
}

const char *fb_identity_allow(struct fb_checker *c, const struct fb_stmt *block, const struct fb_allow *allow)
{
	fb_autostrbuf struct fb_strbuf what = { 0 };

	if (allow->suffix.id.s)
		return allow->suffix.id.s;
	fb_strbuf_add(&what, "allow\n");
	add_names(&what, &block->firebreak.from);
	add_names(&what, &block->firebreak.to);
	add_operands(&what, &allow->from);
	add_operands(&what, &allow->to);
	add_services(&what, &allow->services);
	return hash_of(c, &what);
}

const char *fb_identity_never(struct fb_checker *c, const struct fb_stmt *s)
{
	fb_autostrbuf struct fb_strbuf what = { 0 };

	fb_strbuf_addf(&what, "never%s\n", s->never.both ? " both" : "");
	add_operands(&what, &s->never.a);
	add_operands(&what, &s->never.b);
	add_services(&what, &s->never.services);
	add_operands(&what, &s->never.except_from);
	return hash_of(c, &what);
}

/* ---- over all lines ------------------------------------------------------------------------------------------ */

struct identity {
	const struct fb_line *line;
	size_t index;
};

static int compare_identities(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;
	int ids = strcmp(x->line->id, y->line->id);

	return ids ? ids : x->index < y->index ? -1 : x->index > y->index;
}

static void report_twins(struct fb_checker *c, const struct fb_line *first, const struct fb_line *second)
{
	bool named = second->allow && second->allow->suffix.id.s;
	bool same = first->kind == second->kind && !strcmp(first->pairs, second->pairs) &&
		    !strcmp(first->text, second->text);

	if (named)
		fb_diag_error(c->diags, second->allow->suffix.id.at, NULL,
			      "id %s is already that of the line at %s", second->id,
			      fb_check_place(c, first->at));
	else if (same)
		fb_diag_error(c->diags, second->at, "leave one of them out, or give one an id of its own",
			      "this line is already at %s", fb_check_place(c, first->at));
	else
		fb_diag_error(c->diags, second->at, "give one of them an id of its own: id NAME",
			      "this line and the one at %s have the same identity (%s)",
			      fb_check_place(c, first->at), second->id);
}

/* Counters over applies. Allow lines come first: where numbers run out, a never line can do without. */
static void give_slots(struct fb_checker *c)
{
	size_t n = c->rs->lines.n, asked = 0;
	fb_autofree const char **ids = calloc(n + 1, sizeof(*ids));
	fb_autofree unsigned int *slots = calloc(n + 1, sizeof(*slots));
	fb_autofree struct fb_line **lines = calloc(n + 1, sizeof(*lines));

	if (!ids || !slots || !lines)
		abort();
	for (int kind = FB_RULE_ALLOW; kind <= FB_RULE_NEVER; kind++) {
		for (size_t i = 0; i < n; i++) {
			if ((int)c->rs->lines.v[i].kind != kind)
				continue;
			ids[asked] = c->rs->lines.v[i].id;
			lines[asked++] = &c->rs->lines.v[i];
		}
	}
	fb_slots_lines(&c->slots, ids, asked, slots);
	for (size_t i = 0; i < asked; i++) {
		lines[i]->slot = slots[i];
		if (slots[i] || lines[i]->kind == FB_RULE_NEVER)
			continue;
		fb_diag_error(c->diags, lines[i]->at, NULL, "more lines than can be counted (%u)",
			      FB_RULE_SLOTS - 1);
		break;
	}
}

void fb_check_identities(struct fb_checker *c)
{
	size_t n = c->rs->lines.n;
	fb_autofree struct identity *all = calloc(n + 1, sizeof(*all));
	bool twins = false;

	if (!all)
		abort();
	for (size_t i = 0; i < n; i++)
		all[i] = (struct identity){ &c->rs->lines.v[i], i };
	qsort(all, n, sizeof(*all), compare_identities);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(all[i - 1].line->id, all[i].line->id))
			continue;
		report_twins(c, all[i - 1].line, all[i].line);
		twins = true;
	}
	if (!twins)
		give_slots(c);
}

/* S17 among equals: never lines, then by place in the text. Which line stays open longest hangs on the hour, see fb_closing_cmp(). */
static int compare_precedence(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;

	if (x->line->kind != y->line->kind)
		return x->line->kind == FB_RULE_NEVER ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

void fb_check_order(struct fb_checker *c)
{
	size_t n = c->rs->lines.n;
	fb_autofree struct identity *all = calloc(n + 1, sizeof(*all));
	fb_autofree unsigned int *rank = calloc(n + 1, sizeof(*rank));

	if (!all || !rank)
		abort();
	for (size_t i = 0; i < n; i++)
		all[i] = (struct identity){ &c->rs->lines.v[i], i };
	qsort(all, n, sizeof(*all), compare_precedence);
	for (unsigned int i = 0; i < n; i++)
		rank[all[i].index] = i;
	for (size_t i = 0; i < c->rs->boxes.n; i++)
		c->rs->boxes.v[i].order = rank[c->rs->boxes.v[i].line];
}

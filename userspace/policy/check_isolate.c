// SPDX-License-Identifier: GPL-2.0-only
/* Isolation plans (S28): each becomes the list of pairs of zones that it cuts, after its own `keep`. */
#include <string.h>

#include "policy/checker.h"

/* Both directions of a cut are one, so only the half with a <= b is used. */
struct pairs {
	__u64 with[FB_ZONES_MAX];
};

static __u64 all_zones(const struct fb_checker *c)
{
	__u64 all = FB_ZONE_BIT(FB_ZONE_SELF);

	for (size_t i = 0; i < c->rs->zones.n; i++)
		all |= FB_ZONE_BIT(c->rs->zones.v[i].id);
	return all & ~1ull;
}

/* The zones of a side; 0 = reported. */
static __u64 side_zones(struct fb_checker *c, const struct fb_operands *side)
{
	__u64 zones = 0;
	bool ok = true;

	for (size_t i = 0; i < side->n; i++) {
		const struct fb_operand *op = &side->v[i];
		const struct fb_symbol *symbol =
			op->kind == FB_OPERAND_NAME ? fb_names_find(&c->places, op->name.s) : NULL;
		__u64 one = 0;

		if (op->kind == FB_OPERAND_ANY)
			one = all_zones(c);
		else if (op->kind == FB_OPERAND_SELF && !op->self_at.s)
			one = FB_ZONE_BIT(FB_ZONE_SELF);
		else if (op->kind != FB_OPERAND_NAME ||
			 (symbol && symbol->kind & (FB_SYMBOL_DEVICE | FB_SYMBOL_GROUP)))
			fb_diag_error(c->diags, op->at, "a single device is cut off with quarantine",
				      "%s is not a zone: an isolation plan cuts zones from zones",
				      fb_check_operand_text(c, op));
		else
			one = fb_check_zone_mask(c, &op->name);
		ok &= one != 0;
		zones |= one;
	}
	return ok ? zones : 0;
}

static void add_pairs(struct pairs *pairs, __u64 a, __u64 b)
{
	for (unsigned int x = FB_ZONE_SELF; x < FB_ZONES_MAX; x++)
		for (unsigned int y = FB_ZONE_SELF; y < FB_ZONES_MAX; y++)
			if (a & FB_ZONE_BIT(x) && b & FB_ZONE_BIT(y))
				pairs->with[x < y ? x : y] |= FB_ZONE_BIT(x < y ? y : x);
	pairs->with[FB_ZONE_SELF] &= ~FB_ZONE_BIT(FB_ZONE_SELF); /* the gateway is never cut from itself */
}

static bool meet(const struct pairs *a, const struct pairs *b)
{
	for (unsigned int i = 0; i < FB_ZONES_MAX; i++)
		if (a->with[i] & b->with[i])
			return true;
	return false;
}

/* All lines of one kind together; a `keep` that saves nothing is a mistake of somebody in a hurry later. */
static bool read_lines(struct fb_checker *c, const struct fb_stmt *s, bool keep, const struct pairs *cut,
		       struct pairs *ret)
{
	bool ok = true;

	for (size_t i = 0; i < s->isolate.n_lines; i++) {
		const struct fb_isolate_line *line = &s->isolate.lines[i];
		struct pairs one = { 0 };
		__u64 a, b;

		if (line->keep != keep)
			continue;
		a = side_zones(c, &line->a);
		b = side_zones(c, &line->b);
		ok &= a && b;
		add_pairs(&one, a, b);
		add_pairs(ret, a, b);
		if (a && b && cut && !meet(&one, cut))
			fb_diag_lint(c->diags, line->at, NULL, "plan %s cuts nothing of what this keeps",
				     s->name.s);
	}
	return ok;
}

static void plan(struct fb_checker *c, const struct fb_stmt *s)
{
	struct FB_VEC(struct fb_zone_pair) list = { 0 };
	struct pairs cut = { 0 }, kept = { 0 };
	struct fb_zone_pair *pairs;
	bool ok = read_lines(c, s, false, NULL, &cut);

	ok = read_lines(c, s, true, ok ? &cut : NULL, &kept) && ok;
	if (!ok)
		return;
	for (unsigned int a = FB_ZONE_SELF; a < FB_ZONES_MAX; a++)
		for (unsigned int b = a; b < FB_ZONES_MAX; b++)
			if (cut.with[a] & ~kept.with[a] & FB_ZONE_BIT(b))
				fb_vec_add(&list, (struct fb_zone_pair){ a, b });
	if (!list.n) {
		fb_diag_error(c->diags, s->name.at, "write cut ZONE from any", "plan %s cuts nothing",
			      s->name.s);
		return;
	}
	pairs = fb_arena_alloc(&c->rs->arena, list.n * sizeof(*pairs));
	memcpy(pairs, list.v, list.n * sizeof(*pairs));
	fb_vec_add(&c->rs->isolates, (struct fb_isolate){
					     .name = s->name.s,
					     .text = s->isolate.text.s,
					     .at = s->at,
					     .pairs = pairs,
					     .n_pairs = list.n,
				     });
	fb_vec_done(&list);
}

void fb_check_isolates(struct fb_checker *c)
{
	fb_for_each_stmt (c, s)
		if (s->kind == FB_STMT_ISOLATE && s->name.s && fb_names_find(&c->plans, s->name.s) &&
		    fb_names_find(&c->plans, s->name.s)->stmt == s)
			plan(c, s);
}

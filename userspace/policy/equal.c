// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "policy/schema.h"

static bool fb_struct_equal(const struct fb_schema *schema, const void *a, const void *b);

static bool fb_item_equal(const struct fb_field *field, const void *a, const void *b, size_t i)
{
	fb_autostrbuf struct fb_strbuf x = { 0 }, y = { 0 };

	if (field->schema)
		return fb_struct_equal(field->schema, fb_field_struct(field, a, i),
				       fb_field_struct(field, b, i));
	fb_field_put(field, a, i, &x);
	fb_field_put(field, b, i, &y);
	return !strcmp(fb_strbuf_get(&x), fb_strbuf_get(&y));
}

static bool fb_struct_equal(const struct fb_schema *schema, const void *a, const void *b)
{
	for (size_t f = 0; f < schema->n; f++) {
		const struct fb_field *field = &schema->fields[f];
		size_t n = fb_field_items(field, a);

		if (field->kind == FB_FIELD_LAYOUT)
			continue;
		if (fb_field_given(field, a) != fb_field_given(field, b) || n != fb_field_items(field, b))
			return false;
		for (size_t i = 0; i < n && fb_field_given(field, a); i++)
			if (!fb_item_equal(field, a, b, i))
				return false;
	}
	return true;
}

static bool fb_comments_equal(const struct fb_stmt *a, const struct fb_stmt *b)
{
	if (a->comments.n != b->comments.n || a->comment_behind != b->comment_behind)
		return false;
	for (size_t i = 0; i < a->comments.n; i++)
		if (strcmp(a->comments.v[i].s, b->comments.v[i].s) != 0)
			return false;
	return true;
}

bool fb_file_equal(const struct fb_file *a, const struct fb_file *b)
{
	if (a->n_stmts != b->n_stmts)
		return false;
	for (size_t i = 0; i < a->n_stmts; i++) {
		const struct fb_stmt *x = &a->stmts[i], *y = &b->stmts[i];

		if (x->kind != y->kind || !fb_comments_equal(x, y) ||
		    !fb_struct_equal(fb_schema_of(x->kind), x, y))
			return false;
	}
	return true;
}

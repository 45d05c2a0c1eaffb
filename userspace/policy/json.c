// SPDX-License-Identifier: GPL-2.0-only
/* Tree to JSON. The way back is json_import.c. */
#include "policy/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "policy/schema.h"

static json_t *fb_json_string(const char *s)
{
	json_t *string = json_string(s);

	return string ? string : json_string(""); /* not UTF-8: only a tree with errors can have that */
}

static json_t *fb_json_item(const struct fb_field *field, const void *base, size_t i)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	fb_field_put(field, base, i, &text);
	switch (field->kind) {
	case FB_FIELD_TRUE:
	case FB_FIELD_LAYOUT:
		return json_true();
	case FB_FIELD_COUNT:
	case FB_FIELD_VLAN:
		return json_integer(strtoll(fb_strbuf_get(&text), NULL, 10));
	case FB_FIELD_NUMBER:
		if (strchr(fb_strbuf_get(&text), '.'))
			return json_real(strtod(text.s, NULL));
		return json_integer(strtoll(fb_strbuf_get(&text), NULL, 10));
	default:
		return fb_json_string(fb_strbuf_get(&text));
	}
}

static bool fb_field_is_list(enum fb_field_kind kind)
{
	return (kind >= FB_FIELD_NAMES && kind <= FB_FIELD_EVERY) || kind == FB_FIELD_LIST;
}

static void fb_json_fields(json_t *into, const struct fb_schema *schema, const void *base);

static json_t *fb_json_value(const struct fb_field *field, const void *base, size_t i)
{
	if (!field->schema)
		return fb_json_item(field, base, i);
	json_t *object = json_object();

	fb_json_fields(object, field->schema, fb_field_struct(field, base, i));
	return object;
}

static void fb_json_fields(json_t *into, const struct fb_schema *schema, const void *base)
{
	for (size_t f = 0; f < schema->n; f++) {
		const struct fb_field *field = &schema->fields[f];

		if (!fb_field_given(field, base))
			continue;
		if (!fb_field_is_list(field->kind)) {
			json_object_set_new(into, field->name, fb_json_value(field, base, 0));
			continue;
		}
		json_t *list = json_array();

		for (size_t i = 0; i < fb_field_items(field, base); i++)
			json_array_append_new(list, fb_json_value(field, base, i));
		json_object_set_new(into, field->name, list);
	}
}

static json_t *fb_json_statement(const struct fb_stmt *s)
{
	const struct fb_schema *schema = fb_schema_of(s->kind);
	json_t *object = json_object(), *comments;

	json_object_set_new(object, "kind", json_string(schema->kind));
	fb_json_fields(object, schema, s);
	if (s->comments.n) {
		comments = json_array();
		for (size_t i = 0; i < s->comments.n; i++)
			json_array_append_new(comments, fb_json_string(s->comments.v[i].s));
		json_object_set_new(object, "comments", comments);
	}
	if (s->comment_behind)
		json_object_set_new(object, "comment-behind", json_true());
	if (s->blank_before)
		json_object_set_new(object, "blank-before", json_true());
	json_object_set_new(object, "at",
			    json_pack("{s:i, s:i}", "line", (int)s->at.line, "column", (int)s->at.col));
	return object;
}

char *fb_json_export(const struct fb_tree *tree, const struct fb_file *file)
{
	json_t *statements = json_array(), *root;
	char *text;

	for (size_t i = 0; i < file->n_stmts; i++)
		json_array_append_new(statements, fb_json_statement(&file->stmts[i]));
	root = json_object();
	json_object_set_new(root, "file", fb_json_string(tree->sources.files.v[file->source].path));
	json_object_set_new(root, "statements", statements);
	text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	json_decref(root);
	if (!text)
		abort();
	return text;
}

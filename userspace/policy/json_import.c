// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON to tree. Each string is read by the rule of the grammar that it stands for, the tree so built is printed,
 * and the text is parsed: what comes out is a tree that a text could have given, or an error. A string that smuggles
 * a quotation mark or a line end past this would make the two trees differ, and is refused for that.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "policy/json.h"
#include "policy/parse.h"
#include "policy/schema.h"

enum { JSON_BYTES_MAX = 64 << 20 };

/* Where we are, for messages: statements[3].allow[0].services[1]. */
struct fb_json_path {
	const struct fb_json_path *up;
	const char *name; /* NULL: an item of a list */
	size_t index;
};

struct fb_json_reader {
	struct fb_tree *tree; /* its arena holds what is read */
	struct fb_error *err;
};

static void fb_json_path_print(const struct fb_json_path *path, struct fb_strbuf *out)
{
	if (path->up)
		fb_json_path_print(path->up, out);
	if (path->name)
		fb_strbuf_addf(out, "%s%.60s", out->len ? "." : "", path->name);
	else
		fb_strbuf_addf(out, "[%zu]", path->index);
}

static bool fb_json_wrong(struct fb_json_reader *r, const struct fb_json_path *path, const char *why)
{
	fb_autostrbuf struct fb_strbuf place = { 0 };

	fb_json_path_print(path, &place);
	fb_error_set(r->err, -EINVAL, "%s: %s", fb_strbuf_get(&place), why);
	return false;
}

/* ---- strings of the grammar -------------------------------------------------------------------------------- */

/* Reads text by the rule for the kind of field. into: the item (fb_word, fb_net, ...). */
static bool fb_json_rule(struct fb_parser *p, enum fb_field_kind kind, void *into)
{
	struct fb_operands operands;
	struct fb_svc_items services;

	switch (kind) {
	case FB_FIELD_DATE:
		return fb_parse_until(p, into);
	case FB_FIELD_NETS:
		if (!fb_word_is_net(&p->cur) && !fb_parser_at(p, "any"))
			return fb_parser_expected(p, "an address or a prefix", NULL);
		if (!fb_value_net(p, &p->cur, FB_NET_MAY_ANY | FB_NET_MAY_PREFIX, into))
			return false;
		fb_parser_next(p);
		return true;
	case FB_FIELD_OPERANDS:
		/* Both sides of a line and members of a group: the place refuses what it cannot take, when the text is read. */
		if (fb_parser_at(p, "vendor") || fb_parser_at(p, "tag"))
			return fb_parse_member(p, into);
		if (!fb_parse_operands(p, "an operand", true, &operands) || operands.n != 1)
			return false;
		*(struct fb_operand *)into = operands.v[0];
		return true;
	case FB_FIELD_SERVICES:
		if (!fb_parse_services(p, &services) || services.n != 1)
			return false;
		*(struct fb_svc_item *)into = services.v[0];
		return true;
	case FB_FIELD_EVERY:
		return fb_parse_window_time(p, into);
	default:
		if (p->cur.kind != FB_TOKEN_WORD)
			return fb_parser_expected(p, "one word", NULL);
		*(struct fb_word *)into = fb_parser_word(p, &p->cur);
		fb_parser_next(p);
		return true;
	}
}

/* The lexer steps over blanks, line ends and comments: what they would take away is no part of a value. */
static bool fb_json_whole(const struct fb_parser *p, const char *text)
{
	size_t n = strlen(text);

	return !p->lexer.comments.n && !strchr(text, '\n') &&
	       (!n || ((unsigned char)text[0] > ' ' && (unsigned char)text[n - 1] > ' '));
}

static bool fb_json_text(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			 enum fb_field_kind kind, void *into)
{
	if (!json_is_string(json))
		return fb_json_wrong(r, path, "a string is wanted");

	const char *text =
		fb_arena_strndup(&r->tree->arena, json_string_value(json), json_string_length(json));
	struct fb_diags diags = { 0 };
	struct fb_parser p = { .tree = r->tree, .diags = &diags };
	bool ok;

	if (kind == FB_FIELD_STRING || kind == FB_FIELD_COMMENTS) {
		if (strpbrk(text, kind == FB_FIELD_STRING ? "\"\t\r\n" : "\r\n"))
			return fb_json_wrong(r, path,
					     kind == FB_FIELD_STRING
						     ? "a string has no quotation mark, tab or line end in it"
						     : "a comment has no line end in it");
		*(struct fb_word *)into = (struct fb_word){ .s = text };
		return true;
	}
	fb_lexer_init(&p.lexer, 0, text, strlen(text), &diags);
	fb_parser_next(&p);
	ok = fb_json_rule(&p, kind, into);
	if (ok && p.cur.kind != FB_TOKEN_END)
		ok = fb_parser_expected(&p, "the end of the string", NULL);
	ok = ok && !diags.errors;
	if (!ok)
		fb_json_wrong(r, path, diags.list.n ? diags.list.v[0].text : "one value is wanted");
	if (ok && !fb_json_whole(&p, text))
		ok = fb_json_wrong(
			r, path,
			fb_arena_printf(&r->tree->arena,
					"\"%.60s\" has a comment, a line end or blanks around the value",
					text));
	fb_lexer_done(&p.lexer);
	fb_diags_done(&diags);
	return ok;
}

/* ---- fields ---------------------------------------------------------------------------------------------------- */

#define AT(type)    ((type *)((char *)base + field->offset))
#define OTHER(type) ((type *)((char *)base + field->other))

static bool fb_json_struct(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			   const struct fb_schema *schema, bool statement, void *base);

static bool fb_json_number(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			   const struct fb_field *field, void *base)
{
	double value = json_number_value(json);
	char *text;

	if (!json_is_number(json))
		return fb_json_wrong(r, path, "a number is wanted");
	if (field->kind == FB_FIELD_NUMBER) {
		text = fb_arena_printf(&r->tree->arena, "%.15g", value);
		*AT(struct fb_number) = (struct fb_number){ .text = text, .value = value };
		return true;
	}
	/* The grammar has its own bounds; these keep the conversion defined. */
	if (!json_is_integer(json) || json_integer_value(json) < 1 || json_integer_value(json) > 1000000000)
		return fb_json_wrong(r, path, "a whole number from 1 is wanted");
	if (field->kind == FB_FIELD_VLAN)
		*AT(int) = (int)json_integer_value(json);
	else
		*AT(unsigned long long) = (unsigned long long)json_integer_value(json);
	return true;
}

/* "shared", "isolated"; "cannot reach", ... */
static bool fb_json_choice(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			   const struct fb_field *field, struct fb_stmt *s)
{
	static const char *const verbs[] = { "cannot reach", "can reach", "can only reach",
					     "can only be reached by" };
	const char *text = json_is_string(json) ? json_string_value(json) : "";

	if (field->kind == FB_FIELD_MEMBERS) {
		s->zone.members_given = true;
		s->zone.members_isolated = !strcmp(text, "isolated");
		if (s->zone.members_isolated || !strcmp(text, "shared"))
			return true;
		return fb_json_wrong(r, path, "\"shared\" or \"isolated\" is wanted");
	}
	for (size_t i = 0; i < FB_ARRAY_SIZE(verbs); i++)
		if (!strcmp(text, verbs[i])) {
			s->assertion.kind = (enum fb_assert_kind)i;
			return true;
		}
	return fb_json_wrong(r, path,
			     "\"cannot reach\", \"can reach\", \"can only reach\" or \"can only be reached "
			     "by\" is wanted");
}

static bool fb_json_list(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			 const struct fb_field *field, void *base)
{
	size_t n = json_array_size(json), size = fb_field_item_size(field);
	char *items;

	if (!json_is_array(json))
		return fb_json_wrong(r, path, "a list is wanted");
	if (!n)
		return true;
	items = fb_arena_alloc(&r->tree->arena, n * size);
	for (size_t i = 0; i < n; i++) {
		const struct fb_json_path here = { .up = path, .index = i };
		const json_t *item = json_array_get(json, i);
		void *into = items + i * size;

		if (!(field->kind == FB_FIELD_LIST
			      ? fb_json_struct(r, &here, item, field->schema, false, into)
			      : fb_json_text(r, &here, item, field->kind, into)))
			return false;
	}
	/* All lists of items begin with the pointer; the count follows it, or stands where `other` says. */
	*AT(void *) = items;
	if (field->kind == FB_FIELD_LIST || field->kind == FB_FIELD_EVERY)
		*OTHER(size_t) = n;
	else
		AT(struct fb_words)->n = n;
	return true;
}

static bool fb_json_field(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			  const struct fb_field *field, void *base)
{
	switch (field->kind) {
	case FB_FIELD_NAME:
	case FB_FIELD_STRING:
	case FB_FIELD_DATE:
		return fb_json_text(r, path, json, field->kind, AT(void));
	case FB_FIELD_MEMBERS:
	case FB_FIELD_VERB:
		return fb_json_choice(r, path, json, field, base);
	case FB_FIELD_NUMBER:
	case FB_FIELD_COUNT:
	case FB_FIELD_VLAN:
		return fb_json_number(r, path, json, field, base);
	case FB_FIELD_TRUE:
	case FB_FIELD_LAYOUT:
		*AT(bool) = json_is_true(json);
		return json_is_boolean(json) || fb_json_wrong(r, path, "true or false is wanted");
	case FB_FIELD_PART:
		if (field->has_flag)
			*OTHER(bool) = true;
		return fb_json_struct(r, path, json, field->schema, false, AT(void));
	default:
		return fb_json_list(r, path, json, field, base);
	}
}

/* Fields that each statement has beside its own. */
static const struct fb_field statement_fields[] = {
	{ "comments", FB_FIELD_COMMENTS, offsetof(struct fb_stmt, comments), 0, false, NULL, false },
	{ "comment-behind", FB_FIELD_TRUE, offsetof(struct fb_stmt, comment_behind), 0, false, NULL, false },
	{ "blank-before", FB_FIELD_TRUE, offsetof(struct fb_stmt, blank_before), 0, false, NULL, false },
};

static const struct fb_field *fb_json_field_of(const struct fb_schema *schema, bool statement,
					       const char *name)
{
	for (size_t i = 0; i < schema->n; i++)
		if (!strcmp(schema->fields[i].name, name))
			return &schema->fields[i];
	for (size_t i = 0; statement && i < FB_ARRAY_SIZE(statement_fields); i++)
		if (!strcmp(statement_fields[i].name, name))
			return &statement_fields[i];
	return NULL;
}

static bool fb_json_struct(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			   const struct fb_schema *schema, bool statement, void *base)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return fb_json_wrong(r, path, "an object is wanted");
	for (size_t i = 0; i < schema->n; i++) {
		const struct fb_field *field = &schema->fields[i];

		if (field->kind == FB_FIELD_VLAN)
			*AT(int) = -1;
	}
	json_object_foreach ((json_t *)json, name, value) {
		const struct fb_json_path here = { .up = path, .name = name };
		const struct fb_field *field = fb_json_field_of(schema, statement, name);

		if (statement && (!strcmp(name, "kind") || !strcmp(name, "at")))
			continue;
		if (!field)
			return fb_json_wrong(r, &here, "there is no such field here");
		if (!fb_json_field(r, &here, value, field, base))
			return false;
	}
	for (size_t i = 0; i < schema->n; i++) {
		const struct fb_json_path here = { .up = path, .name = schema->fields[i].name };

		if (schema->fields[i].needed && !json_object_get(json, schema->fields[i].name))
			return fb_json_wrong(r, &here, "this field is missing");
	}
	return true;
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

static bool fb_json_stmt(struct fb_json_reader *r, const struct fb_json_path *path, const json_t *json,
			 struct fb_stmt *s)
{
	const char *kind = json_string_value(json_object_get(json, "kind"));
	const char *name = json_string_value(json_object_get(json, "name"));
	const struct fb_json_path here = { .up = path, .name = "kind" };

	for (int k = 0; kind && k <= FB_STMT_COMMENT; k++) {
		const struct fb_schema *schema = fb_schema_of((enum fb_stmt_kind)k);

		/* `zone self` is a kind of its own, under the same word. */
		if (strcmp(schema->kind, kind) != 0 || (k == FB_STMT_ZONE && name && !strcmp(name, "self")))
			continue;
		s->kind = (enum fb_stmt_kind)k;
		return fb_json_struct(r, path, json, schema, true, s);
	}
	if (!json_is_object(json))
		return fb_json_wrong(r, path, "an object is wanted");
	return fb_json_wrong(r, &here,
			     kind ? "there is no such statement" : "the kind of statement is missing");
}

/* The statement whose text holds that line. */
static size_t fb_json_statement_at(const struct fb_tree *tree, const struct fb_file *file, unsigned int line)
{
	size_t low = 0, high = file->n_stmts;

	while (low < high) { /* the first so many statements whose text reaches the line */
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct fb_file part = *file;
		unsigned int lines = 0;

		part.n_stmts = (low + high) / 2 + 1;
		fb_print(tree, &part, &text);
		for (size_t i = 0; i < text.len; i++)
			lines += text.s[i] == '\n';
		if (lines >= line)
			high = part.n_stmts - 1;
		else
			low = part.n_stmts;
	}
	return low;
}

/* Gives the statements to the grammar. */
static int fb_json_reparse(struct fb_tree *tree, const char *path, struct fb_tree *drawn,
			   struct fb_error *err)
{
	const struct fb_file *file = &drawn->files.v[0];
	struct fb_diags diags = { 0 };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	int r = 0;

	fb_print(drawn, file, &text);
	if (fb_parse(tree, path, fb_strbuf_get(&text), text.len, NULL, &diags)) {
		const struct fb_diag *diag = &diags.list.v[0];

		r = fb_error_set(err, -EINVAL, "statements[%zu]: %s",
				 fb_json_statement_at(drawn, file, diag->at.line), diag->text);
	} else if (!fb_file_equal(file, &tree->files.v[0])) {
		r = fb_error_set(err, -EINVAL, "statements: written as text, they say something else");
	}
	fb_diags_done(&diags);
	return r;
}

static int fb_json_read(struct fb_tree *drawn, const json_t *root, struct fb_error *err)
{
	const json_t *statements = json_object_get(root, "statements");
	struct fb_json_reader r = { drawn, err };
	struct fb_file file = { .n_stmts = json_array_size(statements) };
	const char *name;
	json_t *value;

	if (!json_is_object(root) || !json_is_array(statements))
		return fb_error_set(err, -EINVAL, "an object with a list \"statements\" is wanted");
	json_object_foreach ((json_t *)root, name, value) {
		if (strcmp(name, "file") != 0 && strcmp(name, "statements") != 0)
			return fb_error_set(err, -EINVAL, "%.60s: there is no such field here", name);
		if (!strcmp(name, "file") && !json_is_string(value))
			return fb_error_set(err, -EINVAL, "file: a string is wanted");
	}
	file.stmts = fb_arena_alloc(&drawn->arena, (file.n_stmts + 1) * sizeof(*file.stmts));
	for (size_t i = 0; i < file.n_stmts; i++) {
		const struct fb_json_path top = { .name = "statements" }, here = { .up = &top, .index = i };

		if (!fb_json_stmt(&r, &here, json_array_get(statements, i), &file.stmts[i]))
			return err->code;
	}
	fb_vec_add(&drawn->files, file);
	return 0;
}

static int fb_json_import_text(struct fb_tree *tree, const char *path, const char *text, size_t len,
			       struct fb_error *err)
{
	struct fb_tree drawn = { 0 };
	json_error_t why;
	json_t *root;
	int r;

	if (len > JSON_BYTES_MAX)
		return fb_error_set(err, -EINVAL, "the JSON text is larger than %d MiB",
				    JSON_BYTES_MAX >> 20);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return fb_error_set(err, -EINVAL, "line %d, column %d: %s", why.line, why.column, why.text);
	r = fb_json_read(&drawn, root, err);
	if (r == 0)
		r = fb_json_reparse(tree, path, &drawn, err);
	json_decref(root);
	fb_tree_done(&drawn);
	return r;
}

int fb_json_import(struct fb_tree *tree, const char *path, const char *text, size_t len, struct fb_error *err)
{
	int r = fb_json_import_text(tree, path, text, len, err);

	return r < 0 ? fb_error_prefix(err, "%s", path) : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a plan does not see in packets: statements that say something else, and lines whose packets pass by other limits. Statements are
 * compared by a form in which the order of lists, comments, owners and reasons have no place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/cubes.h"
#include "policy/plan.h"
#include "policy/schema.h"

struct statement {
	char *key; /* what stays itself when it changes */
	char *form;
	struct fb_stmt stmt;
	const struct fb_stmt *origin; /* in the tree */
};
struct statements FB_VEC(struct statement);
struct lines FB_VEC(const struct fb_line *);

/* ---- the form of a statement ------------------------------------------------------------------------------------- */

static bool has_effect(const struct fb_field *field)
{
	return field->kind != FB_FIELD_LAYOUT && field->kind != FB_FIELD_COMMENTS &&
	       strcmp(field->name, "owner") != 0 && strcmp(field->name, "reason") != 0 &&
	       strcmp(field->name, "text") != 0 && strcmp(field->name, "version") != 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_form(const struct fb_schema *schema, const void *base, struct fb_strbuf *out)
{
	for (size_t f = 0; f < schema->n; f++) {
		const struct fb_field *field = &schema->fields[f];
		struct FB_VEC(char *) items = { 0 };

		if (!has_effect(field) || !fb_field_given(field, base))
			continue;
		for (size_t i = 0; i < fb_field_items(field, base); i++) {
			struct fb_strbuf item = { 0 };

			if (field->schema)
				put_form(field->schema, fb_field_struct(field, base, i), &item);
			else
				fb_field_put(field, base, i, &item);
			fb_vec_add(&items, fb_strbuf_steal(&item));
		}
		qsort(items.v, items.n, sizeof(*items.v), by_text);
		fb_strbuf_addf(out, "%s{", field->name);
		for (size_t i = 0; i < items.n; i++) {
			fb_strbuf_addf(out, "%s\n", items.v[i]);
			free(items.v[i]);
		}
		fb_strbuf_addc(out, '}');
		fb_vec_done(&items);
	}
}

static char *form_of(const struct fb_stmt *s)
{
	struct fb_strbuf out = { 0 };

	fb_strbuf_addf(&out, "%s ", fb_schema_of(s->kind)->kind);
	put_form(fb_schema_of(s->kind), s, &out);
	return fb_strbuf_steal(&out);
}

/* A firebreak without lines and what else pairs show. */
static struct fb_stmt header_of(const struct fb_stmt *s)
{
	struct fb_stmt ret = { .kind = FB_STMT_FIREBREAK };

	ret.firebreak.from = s->firebreak.from;
	ret.firebreak.to = s->firebreak.to;
	return ret;
}

/* A wire has two ends and no first one. */
static char *form_of_wire(const struct fb_stmt *s)
{
	struct fb_stmt turned = *s;
	char *form = form_of(s), *other;

	turned.wire.a = s->wire.b;
	turned.wire.b = s->wire.a;
	other = form_of(&turned);
	if (strcmp(form, other) <= 0) {
		free(other);
		return form;
	}
	free(form);
	return other;
}

static void add_statement(struct statements *list, const struct fb_stmt *s)
{
	struct statement add = { .stmt = *s, .origin = s };
	struct fb_strbuf key = { 0 };

	switch (s->kind) {
	case FB_STMT_INCLUDE:
	case FB_STMT_COMMENT:
		return;
	case FB_STMT_FIREBREAK:
		if (!s->firebreak.on_deny.s && !s->firebreak.mid_stream)
			return;
		add.stmt = header_of(s);
		add.key = form_of(&add.stmt);
		add.stmt.firebreak.on_deny = s->firebreak.on_deny;
		add.stmt.firebreak.mid_stream = s->firebreak.mid_stream;
		break;
	case FB_STMT_POLICY:
		add.key = strdup("policy");
		break;
	case FB_STMT_WIRE:
		add.key = form_of_wire(s);
		add.form = strdup(add.key);
		break;
	case FB_STMT_NEVER:
	case FB_STMT_ASSERT:
		add.key = form_of(s);
		break;
	default:
		fb_strbuf_addf(&key, "%s %s", fb_schema_of(s->kind)->kind, s->name.s);
		add.key = fb_strbuf_steal(&key);
	}
	if (!add.form)
		add.form = form_of(&add.stmt);
	fb_vec_add(list, add);
}

static int by_key(const void *a, const void *b)
{
	const struct statement *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : strcmp(x->form, y->form);
}

static void find_statements(const struct fb_tree *tree, struct statements *ret)
{
	for (size_t f = 0; f < tree->files.n; f++)
		for (size_t i = 0; i < tree->files.v[f].n_stmts; i++)
			add_statement(ret, &tree->files.v[f].stmts[i]);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_key);
}

static void statements_done(struct statements *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].key);
		free(list->v[i].form);
	}
	fb_vec_done(list);
}

/* ---- what differs -------------------------------------------------------------------------------------------------- */

static char *text_of(const struct fb_stmt *s)
{
	struct fb_strbuf out = { 0 };

	if (!s)
		return NULL;
	fb_print_statement(s, &out);
	return fb_strbuf_steal(&out);
}

static void add_setting(struct fb_plan *plan, const struct fb_stmt *before, const struct fb_stmt *after)
{
	fb_vec_add(&plan->settings, (struct fb_setting){ text_of(before), text_of(after) });
}

/* A name for addresses, services or hours does nothing by itself: who uses it shows that it came or went. */
static bool is_name(const struct fb_stmt *s)
{
	return s->kind == FB_STMT_ZONE_GROUP || s->kind == FB_STMT_GROUP || s->kind == FB_STMT_SERVICE ||
	       s->kind == FB_STMT_WINDOW || s->kind == FB_STMT_ACCESS;
}

struct guards FB_VEC(const struct fb_box *);

static void find_guards(const struct fb_ruleset *rs, struct guards *ret)
{
	for (size_t i = 0; i < rs->boxes.n; i++)
		if (rs->lines.v[rs->boxes.v[i].line].kind == FB_RULE_NEVER)
			fb_vec_add(ret, &rs->boxes.v[i]);
}

/* Do the guards of the other policy forbid all that this one does? Then it came or went in its words alone. */
static bool also_forbidden(const struct fb_ruleset *rs, const struct fb_stmt *guard,
			   const struct fb_ruleset *other, const struct guards *guards)
{
	for (size_t i = 0; i < rs->boxes.n; i++) {
		const struct fb_box *box = &rs->boxes.v[i];
		const struct fb_reach cube = { .src = rs->sets.v[box->src],
					       .dst = rs->sets.v[box->dst],
					       .services = rs->services.v[box->svc] };

		if (rs->lines.v[box->line].stmt == guard &&
		    !fb_cube_covered(other, &cube, guards->v, guards->n))
			return false;
	}
	return true;
}

/* Both lists in step: the next statement of one of them, or of both, by key. False at the end of both. */
static bool next_of(const struct statements *old, const struct statements *new, size_t *i, size_t *k,
		    const struct statement **ret_was, const struct statement **ret_is)
{
	int order;

	if (*i == old->n && *k == new->n)
		return false;
	order = *i == old->n ? 1 : *k == new->n ? -1 : strcmp(old->v[*i].key, new->v[*k].key);
	*ret_was = order <= 0 ? &old->v[(*i)++] : NULL;
	*ret_is = order >= 0 ? &new->v[(*k)++] : NULL;
	return true;
}

/* All guards together: one that went is shown beside one that came in its place, if it does not forbid just the same. */
static bool same_guards(const struct statements *old, const struct fb_ruleset *old_rs,
			const struct statements *new, const struct fb_ruleset *new_rs)
{
	struct guards old_guards = { 0 }, new_guards = { 0 };
	const struct statement *was, *is;
	bool same = true;

	find_guards(old_rs, &old_guards);
	find_guards(new_rs, &new_guards);
	for (size_t i = 0, k = 0; same && next_of(old, new, &i, &k, &was, &is);)
		if (!was != !is && (was ? was : is)->stmt.kind == FB_STMT_NEVER)
			same = was ? also_forbidden(old_rs, was->origin, new_rs, &new_guards)
				   : also_forbidden(new_rs, is->origin, old_rs, &old_guards);
	fb_vec_done(&old_guards);
	fb_vec_done(&new_guards);
	return same;
}

static void compare_statements(const struct fb_tree *before, const struct fb_ruleset *old_rs,
			       const struct fb_tree *after, const struct fb_ruleset *new_rs,
			       struct fb_plan *plan)
{
	FB_CLEANUP(statements_done) struct statements old = { 0 }, new = { 0 };
	const struct statement *was, *is;
	bool same;

	find_statements(before, &old);
	find_statements(after, &new);
	same = same_guards(&old, old_rs, &new, new_rs);
	for (size_t i = 0, k = 0; next_of(&old, &new, &i, &k, &was, &is);) {
		const struct fb_stmt *one = was ? &was->stmt : &is->stmt;

		if (was && is ? strcmp(was->form, is->form) != 0
			      : !is_name(one) && !(same && one->kind == FB_STMT_NEVER))
			add_setting(plan, was ? &was->stmt : NULL, is ? &is->stmt : NULL);
	}
}

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	return strcmp((*(const struct fb_line *const *)a)->id, (*(const struct fb_line *const *)b)->id);
}

static void find_lines(const struct fb_ruleset *rs, struct lines *ret)
{
	for (size_t i = 0; i < rs->lines.n; i++)
		if (rs->lines.v[i].allow)
			fb_vec_add(ret, &rs->lines.v[i]);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_id);
}

static void lines_done(struct lines *list)
{
	fb_vec_done(list);
}

static bool same_settings(const struct fb_line *a, const struct fb_line *b)
{
	return fb_cap_equal(&a->cap, &b->cap) && a->log == b->log;
}

/* Where the boxes of each line are, by line: first[line] to first[line + 1] of v. */
struct line_boxes {
	const struct fb_ruleset *rs;
	const struct fb_box **v;
	size_t *first;
};

static void find_boxes(const struct fb_ruleset *rs, struct line_boxes *ret)
{
	size_t *at = calloc(rs->lines.n + 2, sizeof(*at));

	*ret = (struct line_boxes){ .rs = rs, .v = calloc(rs->boxes.n + 1, sizeof(*ret->v)), .first = at };
	if (!at || !ret->v)
		abort();
	for (size_t i = 0; i < rs->boxes.n; i++)
		at[rs->boxes.v[i].line + 2]++;
	for (size_t i = 2; i < rs->lines.n + 2; i++)
		at[i] += at[i - 1];
	for (size_t i = 0; i < rs->boxes.n; i++)
		ret->v[at[rs->boxes.v[i].line + 1]++] = &rs->boxes.v[i];
}

static void boxes_done(struct line_boxes *boxes)
{
	free(boxes->v);
	free(boxes->first);
}

static bool same_box(const struct fb_ruleset *rs, const struct fb_box *a, const struct fb_ruleset *other,
		     const struct fb_box *b)
{
	return fb_ipset_equal(&rs->sets.v[a->src], &other->sets.v[b->src]) &&
	       fb_ipset_equal(&rs->sets.v[a->dst], &other->sets.v[b->dst]) &&
	       fb_l4set_equal(&rs->services.v[a->svc], &other->services.v[b->svc]);
}

/* Do both lines speak of the same packets? An id may have moved to another line, and its limit with it. */
static bool same_packets(const struct line_boxes *before, const struct fb_line *was,
			 const struct line_boxes *after, const struct fb_line *is)
{
	const size_t i = (size_t)(was - before->rs->lines.v), k = (size_t)(is - after->rs->lines.v),
		     n = before->first[i + 1] - before->first[i];
	bool same = n == after->first[k + 1] - after->first[k];

	for (size_t b = 0; b < n && same; b++)
		same = same_box(before->rs, before->v[before->first[i] + b], after->rs,
				after->v[after->first[k] + b]);
	return same;
}

static bool has_settings(const struct fb_line *line)
{
	static const struct fb_line none;

	return !same_settings(line, &none);
}

/* Which lines the pairs show. */
static bool *shown_of(const struct fb_ruleset *rs, const struct fb_reach_list *list)
{
	bool *shown = calloc(rs->lines.n + 1, sizeof(*shown));

	if (!shown)
		abort();
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].line >= 0)
			shown[list->v[i].line] = true;
	return shown;
}

/* The line in a block of its own, with the settings that it inherits. */
static const struct fb_stmt *show_line(const struct fb_line *line, struct fb_allow *allow,
				       struct fb_stmt *stmt)
{
	const struct fb_suffix *block;

	if (!line)
		return NULL;
	block = &line->stmt->firebreak.defaults;
	*allow = *line->allow;
	allow->comments = (struct fb_words){ 0 };
	if (!allow->suffix.limit.unit.s)
		allow->suffix.limit = block->limit;
	if (!allow->suffix.quota.size.s)
		allow->suffix.quota = block->quota;
	allow->suffix.log = line->log;
	*stmt = header_of(line->stmt);
	stmt->firebreak.allows = allow;
	stmt->firebreak.n_allows = 1;
	return stmt;
}

/* A line that came or went matters here if it has settings and no pair shows it. */
static void compare_lines(const struct fb_ruleset *before, const struct fb_ruleset *after,
			  struct fb_plan *plan)
{
	FB_CLEANUP(lines_done) struct lines old = { 0 }, new = { 0 };
	FB_CLEANUP(boxes_done) struct line_boxes old_boxes = { 0 }, new_boxes = { 0 };
	fb_autofree bool *closed = shown_of(before, &plan->closes), *opened = shown_of(after, &plan->opens);
	const struct fb_line none = { 0 };
	size_t i = 0, k = 0;

	find_lines(before, &old);
	find_lines(after, &new);
	find_boxes(before, &old_boxes);
	find_boxes(after, &new_boxes);
	while (i < old.n || k < new.n) {
		int order = i == old.n ? 1 : k == new.n ? -1 : by_id(&old.v[i], &new.v[k]);
		const struct fb_line *was = order <= 0 ? old.v[i++] : NULL;
		const struct fb_line *is = order >= 0 ? new.v[k++] : NULL;
		struct fb_allow allows[2];
		struct fb_stmt stmts[2];

		if ((!is && closed[was - before->lines.v]) || (!was && opened[is - after->lines.v]))
			continue;
		if (!same_settings(was ? was : &none, is ? is : &none) ||
		    (was && is && has_settings(was) && !same_packets(&old_boxes, was, &new_boxes, is)))
			add_setting(plan, show_line(was, &allows[0], &stmts[0]),
				    show_line(is, &allows[1], &stmts[1]));
	}
}

void fb_plan_settings(const struct fb_tree *old_tree, const struct fb_ruleset *old,
		      const struct fb_tree *new_tree, const struct fb_ruleset *new, struct fb_plan *plan)
{
	compare_statements(old_tree, old, new_tree, new, plan);
	compare_lines(old, new, plan);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The canonical text: what `fmt` writes. It depends on what a file says and not on how it was laid out. */
#include "policy/print.h"

#include <string.h>

enum { COLUMNS = 110, BLOCK_INDENT = 2, CONTINUED_INDENT = 4 };

/* ---- lines ------------------------------------------------------------------------------------------------ */

static size_t fb_columns(const char *s, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)s[i] & 0xc0) != 0x80;
	return columns;
}

/* A line of pieces, broken where it must and may be. */
static void fb_print_broken(struct fb_strbuf *out, int indent, const struct fb_strbuf *line)
{
	const char *s = fb_strbuf_get(line);
	size_t column = (size_t)indent;
	bool broken = (size_t)indent + fb_columns(s, line->len) > COLUMNS;

	fb_strbuf_addf(out, "%*s", indent, "");
	for (bool first = true; *s; first = false) {
		size_t n = strcspn(s, FB_BREAK), columns = fb_columns(s, n);

		if (first) {
			column += columns;
		} else if (broken && column + 1 + columns > COLUMNS) {
			fb_strbuf_addf(out, "\n%*s", indent + CONTINUED_INDENT, "");
			column = (size_t)indent + CONTINUED_INDENT + columns;
		} else {
			fb_strbuf_addc(out, ' ');
			column += 1 + columns;
		}
		fb_strbuf_addn(out, s, n);
		s += n + (s[n] != 0);
	}
}

static void fb_print_comments(struct fb_strbuf *out, int indent, const struct fb_words *comments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fb_strbuf_addf(out, "%*s#%s\n", indent, "", comments->v[i].s);
}

static size_t fb_comments_above(const struct fb_words *comments, bool behind)
{
	return comments->n - (behind && comments->n);
}

/* The comment behind the line, and its end. */
static void fb_print_end(struct fb_strbuf *out, const struct fb_words *comments, bool behind)
{
	if (behind && comments->n)
		fb_strbuf_addf(out, "  #%s", comments->v[comments->n - 1].s);
	fb_strbuf_addc(out, '\n');
}

/* ---- firebreak ---------------------------------------------------------------------------------------------- */

static void fb_put_header(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_add(out, "firebreak ");
	fb_put_words(out, &s->firebreak.from);
	fb_strbuf_add(out, " ->" FB_BREAK);
	fb_put_words(out, &s->firebreak.to);
	fb_strbuf_add(out, " {");
}

/* A block that says one thing prints on one line, if it fits. */
static bool fb_print_short_block(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_autostrbuf struct fb_strbuf line = { 0 };
	bool bare = !s->firebreak.mode.s && !s->firebreak.on_deny.s && !s->firebreak.mid_stream &&
		    !s->firebreak.has_default && !s->firebreak.setting_comments.n &&
		    !s->firebreak.end_comments.n;

	if (!bare || s->firebreak.n_allows > 1)
		return false;
	if (s->firebreak.n_allows && s->firebreak.allows[0].comments.n)
		return false;
	fb_put_header(&line, s);
	if (s->firebreak.n_allows) {
		fb_strbuf_addc(&line, ' ');
		fb_put_allow(&line, &s->firebreak.allows[0]);
	}
	fb_strbuf_add(&line, " }");
	if (fb_columns(line.s, line.len) > COLUMNS)
		return false;
	fb_print_broken(out, 0, &line);
	fb_print_end(out, &s->comments, s->comment_behind);
	return true;
}

static void fb_print_settings(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_print_comments(out, BLOCK_INDENT, &s->firebreak.setting_comments, s->firebreak.setting_comments.n);
	if (s->firebreak.mode.s) {
		fb_strbuf_addf(out, "%*smode %s", BLOCK_INDENT, "", s->firebreak.mode.s);
		if (s->firebreak.observe_until.year) {
			fb_strbuf_add(out, " until ");
			fb_put_date(out, &s->firebreak.observe_until);
		}
		fb_strbuf_addc(out, '\n');
	}
	if (s->firebreak.on_deny.s)
		fb_strbuf_addf(out, "%*son-deny %s\n", BLOCK_INDENT, "", s->firebreak.on_deny.s);
	if (s->firebreak.mid_stream)
		fb_strbuf_addf(out, "%*smid-stream allow\n", BLOCK_INDENT, "");
	if (s->firebreak.has_default) {
		fb_autostrbuf struct fb_strbuf line = { 0 };

		fb_put_suffix(&line, &s->firebreak.defaults, "  ");
		/* The first of them stands one blank behind the word. */
		fb_strbuf_addf(out, "%*sdefault%s\n", BLOCK_INDENT, "", line.len ? line.s + 1 : "");
	}
}

static void fb_print_firebreak(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_autostrbuf struct fb_strbuf header = { 0 };

	if (fb_print_short_block(out, s))
		return;
	fb_put_header(&header, s);
	fb_print_broken(out, 0, &header);
	fb_print_end(out, &s->comments, s->comment_behind);
	fb_print_settings(out, s);
	for (size_t i = 0; i < s->firebreak.n_allows; i++) {
		const struct fb_allow *allow = &s->firebreak.allows[i];
		fb_autostrbuf struct fb_strbuf line = { 0 };

		if (allow->blank_before)
			fb_strbuf_addc(out, '\n');
		fb_print_comments(out, BLOCK_INDENT, &allow->comments,
				  fb_comments_above(&allow->comments, allow->comment_behind));
		fb_put_allow(&line, allow);
		fb_print_broken(out, BLOCK_INDENT, &line);
		fb_print_end(out, &allow->comments, allow->comment_behind);
	}
	fb_print_comments(out, BLOCK_INDENT, &s->firebreak.end_comments, s->firebreak.end_comments.n);
	fb_strbuf_add(out, "}\n");
}

/* ---- isolate ------------------------------------------------------------------------------------------------- */

static void fb_put_isolate_line(struct fb_strbuf *out, const struct fb_isolate_line *line)
{
	fb_strbuf_add(out, line->keep ? "keep " : "cut ");
	fb_put_operands(out, &line->a);
	fb_strbuf_add(out, line->keep ? " with " : " from ");
	fb_put_operands(out, &line->b);
}

static void fb_print_isolate(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_autostrbuf struct fb_strbuf head = { 0 }, whole = { 0 };

	fb_strbuf_addf(&head, "isolate %s ", s->name.s);
	if (s->isolate.text.s)
		fb_strbuf_addf(&head, "\"%s\" ", s->isolate.text.s);
	fb_strbuf_add(&head, "{");
	fb_strbuf_add(&whole, head.s);
	if (s->isolate.n_lines) {
		fb_strbuf_addc(&whole, ' ');
		fb_put_isolate_line(&whole, &s->isolate.lines[0]);
	}
	fb_strbuf_add(&whole, " }");
	if (s->isolate.n_lines <= 1 && fb_columns(whole.s, whole.len) <= COLUMNS) {
		fb_print_broken(out, 0, &whole);
		return;
	}
	fb_strbuf_addf(out, "%s\n", head.s);
	for (size_t i = 0; i < s->isolate.n_lines; i++) {
		fb_autostrbuf struct fb_strbuf line = { 0 };

		fb_put_isolate_line(&line, &s->isolate.lines[i]);
		fb_print_broken(out, BLOCK_INDENT, &line);
		fb_strbuf_addc(out, '\n');
	}
	fb_strbuf_addc(out, '}');
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

static void fb_print_stmt(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_autostrbuf struct fb_strbuf line = { 0 };

	fb_print_comments(out, 0, &s->comments, fb_comments_above(&s->comments, s->comment_behind));
	switch (s->kind) {
	case FB_STMT_COMMENT:
		return;
	case FB_STMT_FIREBREAK:
		fb_print_firebreak(out, s);
		return;
	case FB_STMT_ISOLATE:
		fb_print_isolate(out, s);
		break;
	default:
		fb_put_statement(&line, s);
		fb_print_broken(out, 0, &line);
	}
	fb_print_end(out, &s->comments, s->comment_behind);
}

void fb_print(const struct fb_tree *tree, const struct fb_file *file, struct fb_strbuf *out)
{
	for (size_t i = 0; i < file->n_stmts; i++) {
		const struct fb_stmt *s = &file->stmts[i];
		/* Without the blank line a loose comment would belong to the next statement. */
		bool loose = i && file->stmts[i - 1].kind == FB_STMT_COMMENT;

		if (loose || (i && s->blank_before))
			fb_strbuf_addc(out, '\n');
		fb_print_stmt(out, s);
	}
}

/* ---- pieces, for messages -------------------------------------------------------------------------------------- */

static void fb_print_unbroken(struct fb_strbuf *out, struct fb_strbuf *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->s[i] == FB_BREAK[0])
			line->s[i] = ' ';
	fb_strbuf_add(out, fb_strbuf_get(line));
}

void fb_print_statement(const struct fb_stmt *s, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_stmt bare = *s;

	bare.comments = (struct fb_words){ 0 };
	fb_print_stmt(&text, &bare);
	for (const char *p = fb_strbuf_get(&text); *p; p++) {
		size_t indent = strspn(p + 1, " ");

		if (*p != '\n') {
			fb_strbuf_addc(out, *p);
		} else if (p[1]) {
			fb_strbuf_add(out, indent == BLOCK_INDENT && p[-1] != '{' ? "; " : " ");
			p += indent;
		}
	}
}

void fb_print_allow(const struct fb_allow *allow, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf line = { 0 };

	fb_put_allow(&line, allow);
	fb_print_unbroken(out, &line);
}

void fb_print_operands(const struct fb_operands *ops, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf line = { 0 };

	fb_put_operands(&line, ops);
	fb_print_unbroken(out, &line);
}

void fb_print_services(const struct fb_svc_items *items, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf line = { 0 };

	fb_put_services(&line, items);
	fb_print_unbroken(out, &line);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "policy/diag.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "policy/lex.h"

static void fb_diag_add(struct fb_diags *diags, enum fb_diag_level level, struct fb_at at, const char *help,
			const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *text = fb_arena_alloc(&diags->arena, (size_t)n + 1);

	vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	fb_vec_add(&diags->list, (struct fb_diag){
					 .level = level,
					 .at = at,
					 .text = text,
					 .help = help ? fb_arena_strdup(&diags->arena, help) : NULL,
				 });
	if (level == FB_DIAG_ERROR)
		diags->errors++;
	else
		diags->lints++;
}

void fb_diag_error(struct fb_diags *diags, struct fb_at at, const char *help, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fb_diag_add(diags, FB_DIAG_ERROR, at, help, fmt, ap);
	va_end(ap);
}

void fb_diag_lint(struct fb_diags *diags, struct fb_at at, const char *help, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fb_diag_add(diags, FB_DIAG_LINT, at, help, fmt, ap);
	va_end(ap);
}

char *fb_diag_printf(struct fb_diags *diags, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	char *s = fb_arena_alloc(&diags->arena, (size_t)n + 1);

	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

void fb_diags_done(struct fb_diags *diags)
{
	fb_vec_done(&diags->list);
	fb_arena_done(&diags->arena);
	diags->errors = diags->lints = 0;
}

/* ---- printing ------------------------------------------------------------------------------------------ */

enum {
	INDENT = 3,
	/* Of a longer line only the part round the caret is shown: a file of one line stays readable, and cheap. */
	SHOWN_BEFORE = 70,
	SHOWN = 140,
};

static int fb_diag_order(const void *a, const void *b)
{
	const struct fb_diag *const *x = a, *const *y = b;
	const struct fb_at *p = &(*x)->at, *q = &(*y)->at;

	if (p->file != q->file)
		return p->file < q->file ? -1 : 1;
	if (p->line != q->line)
		return p->line < q->line ? -1 : 1;
	if (p->col != q->col)
		return p->col < q->col ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* Appends text as a terminal may see it and returns its width in characters. */
static size_t fb_diag_print_safely(const char *s, size_t n, struct fb_strbuf *out)
{
	size_t width = 0;

	for (size_t i = 0; i < n; width++) {
		unsigned int cp;
		size_t len = fb_utf8_decode(s + i, n - i, &cp);

		if (s[i] == '\t')
			fb_strbuf_addc(out, ' ');
		else if (!len || (fb_codepoint_hidden(cp) && cp != '\n'))
			fb_strbuf_addc(out, '?');
		else
			fb_strbuf_addn(out, s + i, len);
		i += len ? len : 1;
	}
	return width;
}

static bool fb_utf8_continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static void fb_diag_print_place(const struct fb_diag *diag, const char *line, size_t len,
				struct fb_strbuf *out)
{
	size_t caret = diag->at.col ? diag->at.col - 1 : 0;
	size_t first = 0, width;

	while (first < len && (line[first] == ' ' || line[first] == '\t'))
		first++;
	if (first > caret)
		first = caret;
	if (caret < len && caret - first > SHOWN_BEFORE)
		first = caret - SHOWN_BEFORE;
	while (first < len && first < caret && fb_utf8_continues(line[first]))
		first++;
	if (len > first + SHOWN) {
		len = first + SHOWN;
		while (len > first && fb_utf8_continues(line[len]))
			len--;
	}
	fb_strbuf_addf(out, "%*s", INDENT, "");
	if (caret < len) {
		width = fb_diag_print_safely(line + first, caret - first, out);
		fb_diag_print_safely(line + caret, len - caret, out);
	} else {
		width = fb_diag_print_safely(line + first, len - first, out) + (caret - len);
		if (width > SHOWN)
			width = SHOWN;
	}
	fb_strbuf_addf(out, "\n%*s^", (int)(INDENT + width), "");
	if (diag->help)
		fb_strbuf_addf(out, " %s", diag->help);
	fb_strbuf_addc(out, '\n');
}

/* Walks a text forwards only: the diagnostics come sorted, so all of them together cost one pass a file. */
struct fb_line_cursor {
	unsigned int file, line;
	const char *s, *end;
};

static bool fb_line_cursor_seek(struct fb_line_cursor *c, const struct fb_sources *sources, struct fb_at at,
				const char **ret_line, size_t *ret_len)
{
	const struct fb_source *source = &sources->files.v[at.file];

	if (!c->s || c->file != at.file || c->line > at.line)
		*c = (struct fb_line_cursor){ at.file, 1, source->text, source->text + source->len };
	while (c->line < at.line) {
		const char *nl = memchr(c->s, '\n', (size_t)(c->end - c->s));

		if (!nl)
			return false;
		c->s = nl + 1;
		c->line++;
	}
	const char *nl = memchr(c->s, '\n', (size_t)(c->end - c->s));

	*ret_line = c->s;
	*ret_len = (size_t)((nl ? nl : c->end) - c->s);
	if (*ret_len && c->s[*ret_len - 1] == '\r')
		--*ret_len;
	return true;
}

static void fb_diag_print(const struct fb_diag *diag, const struct fb_sources *sources,
			  struct fb_line_cursor *cursor, struct fb_strbuf *out)
{
	bool placed = diag->at.line && diag->at.file < sources->files.n;
	const char *line;
	size_t len;

	if (placed) {
		const char *path = sources->files.v[diag->at.file].path;

		fb_diag_print_safely(path, strlen(path), out);
		fb_strbuf_addf(out, ":%u:%u: ", diag->at.line, diag->at.col);
	}
	fb_strbuf_add(out, diag->level == FB_DIAG_ERROR ? "error: " : "lint: ");
	/* It may quote a text that has just been refused for what is in it. */
	fb_diag_print_safely(diag->text, strlen(diag->text), out);
	fb_strbuf_addc(out, '\n');
	if (diag->detail) {
		fb_strbuf_add(out, diag->detail);
		if (diag->help)
			fb_strbuf_addf(out, "%*s^ %s\n", INDENT, "", diag->help);
	} else if (placed && fb_line_cursor_seek(cursor, sources, diag->at, &line, &len)) {
		fb_diag_print_place(diag, line, len, out);
	} else if (diag->help) {
		fb_strbuf_addf(out, "%*s%s\n", INDENT, "", diag->help);
	}
}

void fb_diags_print(const struct fb_diags *diags, const struct fb_sources *sources, struct fb_strbuf *out)
{
	fb_autofree const struct fb_diag **order = calloc(diags->list.n + 1, sizeof(*order));
	struct fb_line_cursor cursor = { 0 };
	unsigned int shown = 0, hidden = 0;

	if (!order)
		abort();
	for (size_t i = 0; i < diags->list.n; i++)
		order[i] = &diags->list.v[i];
	qsort(order, diags->list.n, sizeof(*order), fb_diag_order);
	for (size_t i = 0; i < diags->list.n; i++) {
		if (order[i]->level == FB_DIAG_ERROR && !order[i]->always && shown++ >= FB_DIAGS_SHOWN)
			hidden++;
		else
			fb_diag_print(order[i], sources, &cursor, out);
	}
	if (hidden)
		fb_strbuf_addf(out, "... and %u more error%s not shown\n", hidden,
			       hidden == 1 ? " is" : "s are");
}

/* ---- "did you mean" -------------------------------------------------------------------------------------- */

enum { LONGEST_WORD = 64 };

/*
 * The edits (insert, delete, replace, swap two neighbours; case is no edit) that turn a into b, or limit + 1 if that takes
 * more than limit. Only the band of that width is computed.
 */
static unsigned int fb_edit_distance(const char *a, size_t na, const char *b, size_t nb, unsigned int limit)
{
	unsigned int row[3][LONGEST_WORD + 1];
	unsigned int *before = row[0], *above = row[1], *here = row[2];

	if ((na > nb ? na - nb : nb - na) > limit)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		above[j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned int least = here[0] = (unsigned int)i;

		for (size_t j = 1; j <= nb; j++) {
			int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
			unsigned int d = above[j - 1] + (x != y);

			if (above[j] + 1 < d)
				d = above[j] + 1;
			if (here[j - 1] + 1 < d)
				d = here[j - 1] + 1;
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]) && before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			here[j] = d;
			least = d < least ? d : least;
		}
		if (least > limit)
			return limit + 1;
		unsigned int *old = before;

		before = above;
		above = here;
		here = old;
	}
	return above[nb];
}

const char *fb_suggest(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word);
	/* A short word is near to everything: three letters may differ in one, ten in three. */
	unsigned int limit = len < 3 ? 0 : len < 5 ? 1 : len < 9 ? 2 : 3;
	const char *best = NULL;

	if (len > LONGEST_WORD)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t other = strlen(candidates[i]);

		if (other > LONGEST_WORD)
			continue;
		unsigned int d = fb_edit_distance(word, len, candidates[i], other, limit);

		if (d > limit)
			continue;
		best = candidates[i];
		if (d == 0)
			break;
		limit = d - 1;
	}
	return best;
}

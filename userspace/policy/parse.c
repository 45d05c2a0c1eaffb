// SPDX-License-Identifier: GPL-2.0-only
/* The tokens that statements are read from, their comments, and how reading goes on after a mistake. */
#include "policy/parse.h"

#include <string.h>

/* ---- tokens ------------------------------------------------------------------------------------------------ */

void fb_parser_next(struct fb_parser *p)
{
	if (p->cur.kind != FB_TOKEN_NEWLINE) {
		p->prev2 = p->prev;
		p->prev = p->cur;
	}
	if (p->has_ahead)
		p->cur = p->ahead;
	else
		fb_lexer_next(&p->lexer, &p->cur);
	p->has_ahead = false;
}

const struct fb_token *fb_parser_peek(struct fb_parser *p)
{
	if (!p->has_ahead)
		fb_lexer_next(&p->lexer, &p->ahead);
	p->has_ahead = true;
	return &p->ahead;
}

bool fb_token_is(const struct fb_token *t, const char *word)
{
	return t->kind == FB_TOKEN_WORD && t->len == strlen(word) && !memcmp(t->s, word, t->len);
}

bool fb_parser_at(const struct fb_parser *p, const char *word)
{
	return fb_token_is(&p->cur, word);
}

bool fb_parser_accept(struct fb_parser *p, const char *word)
{
	if (!fb_parser_at(p, word))
		return false;
	fb_parser_next(p);
	return true;
}

bool fb_parser_accept_kind(struct fb_parser *p, enum fb_token_kind kind)
{
	if (p->cur.kind != kind)
		return false;
	fb_parser_next(p);
	return true;
}

bool fb_parser_ends(const struct fb_parser *p)
{
	return p->cur.kind == FB_TOKEN_NEWLINE || p->cur.kind == FB_TOKEN_END ||
	       p->cur.kind == FB_TOKEN_SEMICOLON || p->cur.kind == FB_TOKEN_CLOSE;
}

bool fb_is_reserved(const struct fb_token *t)
{
	static const char *const words[] = {
		"any",		"self",	    "all",    "except", "and",	  "can",	 "cannot",
		"reach",	"only",	    "be",     "by",	"from",	  "with",	 "at",
		"transitively", "ignoring", "unless", "owner",	"reason", "until",	 "during",
		"on-request",	"limit",    "quota",  "log",	"id",	  "source-port",
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(words); i++)
		if (fb_token_is(t, words[i]))
			return true;
	return false;
}

const char *fb_token_text(struct fb_parser *p, const struct fb_token *t)
{
	enum { LONGEST = 70 };
	size_t n = t->len;

	if (n <= LONGEST)
		return fb_diag_printf(p->diags, "%.*s", (int)n, t->s);
	for (n = LONGEST; n && ((unsigned char)t->s[n] & 0xc0) == 0x80; n--)
		;
	return fb_diag_printf(p->diags, "%.*s...", (int)n, t->s);
}

static bool fb_token_ends_line(const struct fb_token *t)
{
	return t->kind == FB_TOKEN_NEWLINE || t->kind == FB_TOKEN_END;
}

struct fb_at fb_parser_gap(const struct fb_parser *p)
{
	struct fb_at at = p->prev.at;

	if (!at.line || (p->cur.at.line == at.line && !fb_token_ends_line(&p->cur)))
		return p->cur.at;
	at.col = p->prev.end_col + 1;
	return at;
}

/*
 * `rtsp,` at the end of a line takes the next line into its list, so the mistake shows only there. prev is then the
 * word that the next line begins with.
 */
static bool fb_parser_after_trailing_comma(const struct fb_parser *p)
{
	const struct fb_token *t = &p->prev;

	return p->prev2.kind == FB_TOKEN_COMMA && t->first &&
	       (fb_is_statement_word(t) || fb_token_is(t, "allow") || fb_token_is(t, "default"));
}

bool fb_parser_lost(struct fb_parser *p)
{
	if (fb_parser_after_trailing_comma(p)) {
		fb_diag_error(p->diags, p->prev2.at, "take it away, or go on with the list",
			      "the line ends with a comma, so the next one belongs to it");
		return true;
	}
	if (p->cur.unterminated) /* reported */
		return true;
	if (!p->has_ahead && p->cur.at.line == p->lexer.line && fb_lexer_line_is_open(&p->lexer)) {
		struct fb_at at = fb_parser_gap(p);

		if (at.line != p->lexer.line)
			at = (struct fb_at){ at.file, p->lexer.line, p->lexer.open_col };
		fb_diag_error(p->diags, at, "each string needs two",
			      "the quotation marks of this line do not pair");
		fb_lexer_skip_line(&p->lexer);
		return true;
	}
	return false;
}

static bool fb_parser_expected_at(struct fb_parser *p, struct fb_at at, const char *needed, const char *help)
{
	const char *found;

	if (fb_parser_lost(p))
		return false;
	switch (p->cur.kind) {
	case FB_TOKEN_END:
		found = "the end of the file";
		break;
	case FB_TOKEN_NEWLINE:
		found = "the end of the line";
		break;
	case FB_TOKEN_STRING:
		found = fb_diag_printf(p->diags, "the string \"%s\"", fb_token_text(p, &p->cur));
		break;
	default:
		found = fb_diag_printf(p->diags, "\"%s\"", fb_token_text(p, &p->cur));
	}
	fb_diag_error(p->diags, at, help, "%s expected, found %s", needed, found);
	return false;
}

bool fb_parser_expected(struct fb_parser *p, const char *needed, const char *help)
{
	return fb_parser_expected_at(p, fb_parser_gap(p), needed, help);
}

void *fb_parser_keep(struct fb_parser *p, const void *v, size_t n, size_t size)
{
	void *copy = NULL;

	if (n) {
		copy = fb_arena_alloc(&p->tree->arena, n * size);
		memcpy(copy, v, n * size);
	}
	return copy;
}

int fb_parser_keyword(struct fb_parser *p, const char *const *words, size_t n, const char *where,
		      const char *help)
{
	if (p->cur.kind != FB_TOKEN_WORD) {
		/* What stands before is complete: a string in the place of a word is wrong where it stands. */
		fb_parser_expected_at(p, fb_token_ends_line(&p->cur) ? fb_parser_gap(p) : p->cur.at,
				      fb_diag_printf(p->diags, "a word %s", where), help);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (fb_parser_at(p, words[i]))
			return (int)i;

	if (fb_parser_lost(p))
		return -1;

	const char *text = fb_token_text(p, &p->cur);
	const char *near = fb_suggest(text, words, n);

	if (!near) {
		fb_diag_error(p->diags, p->cur.at, help, "unknown word \"%s\" %s", text, where);
		return -1;
	}
	fb_diag_error(p->diags, p->cur.at, fb_diag_printf(p->diags, "did you mean \"%s\"?", near),
		      "unknown word \"%s\" %s", text, where);
	for (size_t i = 0; i < n; i++)
		if (words[i] == near)
			return (int)i;
	return -1;
}

/* ---- blocks and recovery -------------------------------------------------------------------------------------- */

void fb_parser_open(struct fb_parser *p, bool ok, bool in_list, struct fb_at *ret_at)
{
	*ret_at = p->cur.at;
	if (p->cur.kind != FB_TOKEN_OPEN) {
		if (ok)
			fb_parser_expected(p, "\"{\"", "the braces begin on the line of the statement");
		/* Whatever was meant to stand between the braces is read as if they were there. */
		ret_at->line = 0;
		while (p->cur.kind != FB_TOKEN_OPEN && !fb_parser_ends(p))
			fb_parser_next(p);
		if (p->cur.kind == FB_TOKEN_NEWLINE && fb_parser_peek(p)->kind == FB_TOKEN_OPEN)
			fb_parser_next(p);
	}
	p->lexer.in_list = in_list;
	if (p->cur.kind == FB_TOKEN_OPEN || p->cur.kind == FB_TOKEN_NEWLINE)
		fb_parser_next(p);
}

void fb_parser_close(struct fb_parser *p, struct fb_at open)
{
	p->lexer.in_list = false;
	if (fb_parser_accept_kind(p, FB_TOKEN_CLOSE))
		return;
	if (open.line)
		fb_diag_error(p->diags, open,
			      p->cur.at.line && p->cur.kind != FB_TOKEN_END
				      ? fb_diag_printf(p->diags, "a \"}\" is missing before line %u",
						       p->cur.at.line)
				      : "a \"}\" is missing before the end of the file",
			      "the block is not closed");
}

bool fb_parser_unclosed(struct fb_parser *p, unsigned int stmt_col)
{
	if (p->cur.kind == FB_TOKEN_END)
		return true;
	if (!p->cur.first || p->cur.at.col > stmt_col || !fb_is_statement_word(&p->cur))
		return false;
	enum fb_token_kind next = fb_parser_peek(p)->kind;

	return next == FB_TOKEN_WORD || next == FB_TOKEN_STRING;
}

static void fb_skip_to_attribute(struct fb_parser *p, const struct fb_attributes *a, unsigned int stmt_col)
{
	while (p->cur.kind != FB_TOKEN_CLOSE && !fb_parser_unclosed(p, stmt_col)) {
		for (size_t i = 0; i < a->n; i++)
			if (fb_parser_at(p, a->words[i]))
				return;
		fb_parser_next(p);
	}
}

void fb_parser_close_list(struct fb_parser *p, bool ok, struct fb_at open, unsigned int stmt_col)
{
	if (ok && p->cur.kind != FB_TOKEN_CLOSE && !fb_parser_unclosed(p, stmt_col))
		ok = fb_parser_expected(p, "\",\" or \"}\"", "a list has commas between its members");
	if (!ok) {
		while (p->cur.kind != FB_TOKEN_CLOSE && !fb_parser_unclosed(p, stmt_col))
			fb_parser_next(p);
		open.line = 0; /* one message is enough */
	}
	fb_parser_close(p, open);
}

void fb_parse_attributes(struct fb_parser *p, const struct fb_attributes *a, bool ok, unsigned int stmt_col,
			 void *into)
{
	struct fb_at open;

	fb_parser_open(p, ok, true, &open);
	while (p->cur.kind != FB_TOKEN_CLOSE && !fb_parser_unclosed(p, stmt_col)) {
		struct fb_at at = p->cur.at;
		int word;

		/* Blanks part attributes here, but a habit of other languages does no harm. */
		if (fb_parser_accept_kind(p, FB_TOKEN_SEMICOLON))
			continue;
		word = fb_parser_keyword(p, a->words, a->n, a->where, a->help);
		fb_parser_next(p);
		if (word < 0 || !a->parse(p, word, at, into))
			fb_skip_to_attribute(p, a, stmt_col);
	}
	fb_parser_close(p, open);
}

void fb_parser_once(struct fb_parser *p, bool given, struct fb_at at, const char *what)
{
	if (given)
		fb_diag_error(p->diags, at, "write it once", "a second \"%s\"", what);
}

void fb_parser_skip_line(struct fb_parser *p)
{
	unsigned int depth = 0;

	p->lexer.in_list = false;
	while (p->cur.kind != FB_TOKEN_END) {
		if (!depth && (p->cur.kind == FB_TOKEN_NEWLINE || p->cur.kind == FB_TOKEN_SEMICOLON ||
			       (p->cur.kind == FB_TOKEN_CLOSE && p->in_block)))
			return;
		if (p->cur.kind == FB_TOKEN_OPEN)
			depth++;
		else if (p->cur.kind == FB_TOKEN_CLOSE && depth)
			depth--;
		fb_parser_next(p);
		if (depth && fb_parser_unclosed(p, 1))
			return;
	}
}

void fb_parser_end_statement(struct fb_parser *p, const char *help)
{
	/* A block that is not closed ends before a line, and that line's end was read as part of the block. */
	if (p->cur.kind == FB_TOKEN_WORD && p->cur.first && fb_is_statement_word(&p->cur))
		return;
	if (p->cur.kind == FB_TOKEN_CLOSE && !p->in_block) {
		fb_diag_error(p->diags, p->cur.at, "take it away", "this \"}\" closes nothing");
		fb_parser_skip_line(p);
	}
	if (p->cur.kind != FB_TOKEN_NEWLINE && p->cur.kind != FB_TOKEN_END &&
	    p->cur.kind != FB_TOKEN_SEMICOLON && !(p->cur.kind == FB_TOKEN_CLOSE && p->in_block)) {
		fb_parser_expected(p, "the end of the line", help);
		fb_parser_skip_line(p);
	}
	fb_parser_accept_kind(p, FB_TOKEN_SEMICOLON);
}

/* ---- comments --------------------------------------------------------------------------------------------------- */

static struct fb_word fb_parser_comment(struct fb_parser *p, const struct fb_comment *c)
{
	return (struct fb_word){ fb_arena_strndup(&p->tree->arena, c->s, c->len), c->at };
}

void fb_parser_take_comments(struct fb_parser *p, struct fb_word_vec *words)
{
	for (size_t i = 0; i < p->lexer.comments.n; i++)
		fb_vec_add(words, fb_parser_comment(p, &p->lexer.comments.v[i]));
	p->lexer.comments.n = 0;
}

bool fb_parser_take_behind(struct fb_parser *p, struct fb_word_vec *words)
{
	struct fb_at last = p->prev.at;
	bool behind = false;
	size_t n = 0;

	for (; n < p->lexer.comments.n; n++) {
		const struct fb_comment *c = &p->lexer.comments.v[n];

		if (c->at.line > last.line)
			break;
		behind = c->at.line == last.line;
		fb_vec_add(words, fb_parser_comment(p, c));
	}
	p->lexer.comments.n -= n;
	if (p->lexer.comments.n)
		memmove(p->lexer.comments.v, p->lexer.comments.v + n,
			p->lexer.comments.n * sizeof(struct fb_comment));
	return behind;
}

/* Comments that an empty line parts from what follows are a statement of their own. */
void fb_parser_loose_comments(struct fb_parser *p, struct fb_stmt *next)
{
	size_t n = p->lexer.comments.n, from = 0;
	struct fb_comment *c = p->lexer.comments.v;

	for (size_t i = 1; i <= n; i++) {
		if (i < n ? !c[i].blank_before : !p->cur.blank_before && p->cur.kind != FB_TOKEN_END)
			continue;
		struct fb_stmt s = { .kind = FB_STMT_COMMENT,
				     .at = c[from].at,
				     .blank_before = c[from].blank_before };
		struct fb_word_vec words = { 0 };

		for (; from < i; from++)
			fb_vec_add(&words, fb_parser_comment(p, &c[from]));
		fb_parser_keep_vec(p, &s.comments, &words);
		s.blank_before &= p->stmts.n > 0;
		fb_vec_add(&p->stmts, s);
	}
	next->blank_before = (from < n ? c[from].blank_before : p->cur.blank_before) && p->stmts.n > 0;
	p->lexer.comments.n -= from;
	if (from && p->lexer.comments.n)
		memmove(c, c + from, p->lexer.comments.n * sizeof(*c));
}

// SPDX-License-Identifier: GPL-2.0-only
/* The block: who may call whom, line by line. */
#include <string.h>

#include "policy/parse.h"

struct fb_firebreak_draft {
	struct fb_stmt *s;
	struct FB_VEC(struct fb_allow) allows;
	struct fb_word_vec setting_comments, end_comments;
	bool any_item; /* something stands in the block */
};

/* ---- allow ------------------------------------------------------------------------------------------------ */

static bool fb_parse_allow_services(struct fb_parser *p, struct fb_allow *ret)
{
	if (!fb_parser_ends(p) && !fb_is_suffix(&p->cur))
		return fb_parse_services(p, &ret->services);
	fb_diag_error(p->diags, fb_parser_gap(p), "add a service (https), a port (tcp/8443) or \"all\"",
		      "services missing: an allow line says what for");
	return false;
}

static bool fb_parse_allow(struct fb_parser *p, struct fb_allow *ret)
{
	fb_parser_next(p);
	if (!fb_parse_operands(p, "a source", true, &ret->from))
		return false;
	if (p->cur.kind == FB_TOKEN_BOTH) {
		fb_diag_error(p->diags, p->cur.at, "write \"->\"; if both sides call, that is two lines",
			      "an allow line says who calls whom: \"<->\" cannot stand here");
		return false;
	}
	if (!fb_parser_accept_kind(p, FB_TOKEN_ARROW))
		return fb_parser_expected(p, "\"->\"",
					  "an allow line is written: allow SOURCE -> DESTINATION SERVICE");
	if (!fb_parse_operands(p, "a destination", true, &ret->to))
		return false;
	/* Without services the line says nothing, but what stands behind them is read for its own mistakes. */
	bool ok = fb_parse_allow_services(p, ret);

	if (!ok && !fb_is_suffix(&p->cur))
		return false;
	while (!fb_parser_ends(p))
		if (!fb_parse_suffix(p, false, &ret->suffix))
			return false;
	return ok;
}

/* ---- settings and default ------------------------------------------------------------------------------------ */

static bool fb_parse_mode(struct fb_parser *p, struct fb_stmt *s)
{
	static const char *const modes[] = { "enforce", "observe" };

	if (!fb_parse_choice(p, "mode", modes, 2, &s->firebreak.mode))
		return false;
	if (s->firebreak.mode.s == modes[0])
		return true;
	if (!fb_parser_accept(p, "until"))
		return fb_parser_expected(p, "\"until\" and a date",
					  "observing ends by itself: mode observe until 2026-12-31");
	return fb_parse_date(p, &s->firebreak.observe_until);
}

static bool fb_parse_default(struct fb_parser *p, struct fb_at at, struct fb_stmt *s)
{
	if (!s->firebreak.has_default)
		s->firebreak.defaults_at = at;
	s->firebreak.has_default = true;
	if (fb_parser_ends(p))
		return fb_parser_expected(p, "what the lines have by default",
					  "write: default owner \"...\"");
	while (!fb_parser_ends(p))
		if (!fb_parse_suffix(p, true, &s->firebreak.defaults))
			return false;
	return true;
}

enum { BLOCK_ALLOW, BLOCK_DEFAULT, BLOCK_MODE, BLOCK_ON_DENY, BLOCK_MID_STREAM };
static const char *const block_words[] = {
	[BLOCK_ALLOW] = "allow",     [BLOCK_DEFAULT] = "default",	[BLOCK_MODE] = "mode",
	[BLOCK_ON_DENY] = "on-deny", [BLOCK_MID_STREAM] = "mid-stream",
};

static bool fb_parse_setting(struct fb_parser *p, int word, struct fb_stmt *s)
{
	static const char *const denials[] = { "drop", "reject" };
	struct fb_at at = p->cur.at;

	fb_parser_next(p);
	switch (word) {
	case BLOCK_DEFAULT:
		return fb_parse_default(p, at, s);
	case BLOCK_MODE:
		fb_parser_once(p, s->firebreak.mode.s, at, "mode");
		return fb_parse_mode(p, s);
	case BLOCK_ON_DENY:
		fb_parser_once(p, s->firebreak.on_deny.s, at, "on-deny");
		return fb_parse_choice(p, "on-deny", denials, 2, &s->firebreak.on_deny);
	default:
		fb_parser_once(p, s->firebreak.mid_stream, at, "mid-stream");
		s->firebreak.mid_stream = true;
		s->firebreak.mid_stream_at = at;
		return fb_parser_accept(p, "allow") ||
		       fb_parser_expected(p, "\"allow\"", "the setting is written: mid-stream allow");
	}
}

/* ---- the lines of a block -------------------------------------------------------------------------------------- */

/* The word that a line of the block begins with; -1 = reported. */
static int fb_parser_block_word(struct fb_parser *p)
{
	static const char *const bans[] = { "deny", "drop", "block", "reject" };
	if (fb_is_suffix(&p->cur)) {
		const char *text = fb_token_text(p, &p->cur);

		fb_diag_error(
			p->diags, p->cur.at,
			fb_diag_printf(
				p->diags,
				"write it on the allow line, or \"default %s ...\" before the first allow",
				text),
			"\"%s\" stands alone", text);
		return -1;
	}
	if (fb_is_statement_word(&p->cur)) {
		fb_diag_error(p->diags, p->cur.at,
			      "it is a statement of its own: write it before or after the block",
			      "\"%s\" stands inside a firebreak", fb_token_text(p, &p->cur));
		return -1;
	}
	for (size_t i = 0; i < FB_ARRAY_SIZE(bans); i++)
		if (fb_parser_at(p, bans[i])) {
			fb_diag_error(p->diags, p->cur.at,
				      "what is not allowed is denied already; a ban is a never line",
				      "unknown word \"%s\" in a firebreak", bans[i]);
			return -1;
		}
	return fb_parser_keyword(p, block_words, FB_ARRAY_SIZE(block_words), "in a firebreak",
				 "a firebreak has mode, on-deny, mid-stream, default and allow lines");
}

static void fb_parse_block_allow(struct fb_parser *p, bool blank_before, struct fb_firebreak_draft *d)
{
	struct fb_allow allow = { .at = p->cur.at, .blank_before = blank_before && d->any_item };
	struct fb_word_vec comments = { 0 };

	fb_parser_take_comments(p, &comments);

	bool ok = fb_parse_allow(p, &allow);

	if (!ok)
		fb_parser_skip_line(p);
	fb_parser_end_statement(p, "each allow stands on a line of its own");
	allow.comment_behind = fb_parser_take_behind(p, &comments);
	fb_parser_keep_vec(p, &allow.comments, &comments);
	if (ok)
		fb_vec_add(&d->allows, allow);
}

static void fb_parse_block_line(struct fb_parser *p, struct fb_firebreak_draft *d)
{
	bool blank = p->lexer.comments.n ? p->lexer.comments.v[0].blank_before : p->cur.blank_before;
	int word = fb_parser_block_word(p);

	if (word == BLOCK_ALLOW) {
		fb_parse_block_allow(p, blank, d);
		d->any_item = true;
		return;
	}
	if (word > 0 && d->allows.n)
		fb_diag_error(p->diags, p->cur.at, "write it before the first allow",
			      "\"%s\" stands after an allow", block_words[word]);
	if (word < 0 || !fb_parse_setting(p, word, d->s))
		fb_parser_skip_line(p);
	fb_parser_end_statement(p, "each setting stands on a line of its own");
	fb_parser_take_behind(p, &d->setting_comments);
	d->any_item = true;
}

/* ---- the header --------------------------------------------------------------------------------------------------- */

static bool fb_parse_zone_list(struct fb_parser *p, struct fb_words *ret)
{
	struct fb_word_vec v = { 0 };
	bool ok = true;

	do {
		struct fb_word word = { 0 };

		if (fb_parser_at(p, "any"))
			fb_diag_error(p->diags, p->cur.at, "name the zones: a new zone is born closed",
				      "the header of a firebreak never takes \"any\"");
		if (fb_parser_at(p, "any") || fb_parser_at(p, "self")) {
			word = fb_parser_word(p, &p->cur);
			fb_parser_next(p);
		} else {
			ok = fb_parse_name(p, "a zone", &word);
		}
		if (ok)
			fb_vec_add(&v, word);
	} while (ok && fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	fb_parser_keep_vec(p, ret, &v);
	return ok;
}

static bool fb_parse_header(struct fb_parser *p, struct fb_stmt *s)
{
	if (!fb_parse_zone_list(p, &s->firebreak.from))
		return false;
	if (p->cur.kind == FB_TOKEN_BOTH) {
		fb_diag_error(p->diags, p->cur.at, "write \"->\" and a second block for the other direction",
			      "a firebreak has one direction, from who calls to who answers");
		fb_parser_next(p);
	} else if (!fb_parser_accept_kind(p, FB_TOKEN_ARROW)) {
		return fb_parser_expected(p, "\"->\"", "a block begins: firebreak ZONE -> ZONE {");
	}
	return fb_parse_zone_list(p, &s->firebreak.to);
}

bool fb_parse_firebreak(struct fb_parser *p, struct fb_stmt *s)
{
	struct fb_firebreak_draft d = { .s = s };
	bool ok = fb_parse_header(p, s);
	struct fb_at open;

	fb_parser_open(p, ok, false, &open);
	if (p->lexer.comments.n && open.line && p->lexer.comments.v[0].at.line == open.line &&
	    p->lexer.comments.v[0].at.col > open.col) {
		p->head_comment =
			(struct fb_word){ fb_arena_strndup(&p->tree->arena, p->lexer.comments.v[0].s,
							   p->lexer.comments.v[0].len),
					  p->lexer.comments.v[0].at };
		p->lexer.comments.n--;
		memmove(p->lexer.comments.v, p->lexer.comments.v + 1,
			p->lexer.comments.n * sizeof(*p->lexer.comments.v));
	}
	p->in_block = true;
	for (;;) {
		while (p->cur.kind == FB_TOKEN_NEWLINE || p->cur.kind == FB_TOKEN_SEMICOLON)
			fb_parser_next(p);
		if (p->cur.kind == FB_TOKEN_CLOSE || fb_parser_unclosed(p, s->at.col))
			break;
		fb_parse_block_line(p, &d);
	}
	p->in_block = false;
	if (p->cur.kind == FB_TOKEN_CLOSE)
		fb_parser_take_comments(p, &d.end_comments);
	fb_parser_close(p, open);
	s->firebreak.allows = fb_parser_keep(p, d.allows.v, d.allows.n, sizeof(*d.allows.v));
	s->firebreak.n_allows = d.allows.n;
	fb_vec_done(&d.allows);
	fb_parser_keep_vec(p, &s->firebreak.setting_comments, &d.setting_comments);
	fb_parser_keep_vec(p, &s->firebreak.end_comments, &d.end_comments);
	return ok;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tokens. A word is a run of anything that is neither blank nor punctuation (`{ } , ; -> <-> " #`), so that tcp/8443,
 * 10.0.0.0/8 and mon-fri arrive in one piece and a message can name what was written; what a word means is for the
 * parser to say. Line ends are tokens, except where a line goes on.
 */
#ifndef FB_POLICY_LEX_H
#define FB_POLICY_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/diag.h"

enum fb_token_kind {
	FB_TOKEN_END,
	FB_TOKEN_NEWLINE,
	FB_TOKEN_WORD,
	FB_TOKEN_STRING, /* s, len: without the quotes */
	FB_TOKEN_OPEN,
	FB_TOKEN_CLOSE,
	FB_TOKEN_COMMA,
	FB_TOKEN_SEMICOLON,
	FB_TOKEN_ARROW, /* -> */
	FB_TOKEN_BOTH,	/* <-> */
};

struct fb_token {
	enum fb_token_kind kind;
	const char *s; /* into the text */
	size_t len;
	struct fb_at at;
	unsigned int end_col; /* the first column behind it */
	bool first;	      /* on its line */
	bool unterminated;    /* a string; reported */
	bool blank_before;    /* an empty line lies between the token or comment before it and this one */
};

struct fb_comment {
	const char *s; /* into the text, without '#' and without blanks at the end */
	size_t len;
	struct fb_at at;
	bool blank_before;
};

struct fb_lexer {
	const char *text;
	size_t len, pos, line_start;
	unsigned int file, line;
	enum fb_token_kind last;
	bool in_list; /* between braces where a line end means nothing */
	bool line_used, blank;
	int line_braces; /* opened less closed on the present line */
	unsigned int open_line,
		closed_line;   /* what fb_lexer_line_is_open found, so that it looks once a line */
	unsigned int open_col; /* of the line's last quotation mark */
	struct FB_VEC(struct fb_comment) comments; /* met since the parser last took them */
	struct fb_diags *diags;
};

enum { FB_STRING_MAX = 1000 };

void fb_lexer_init(struct fb_lexer *lexer, unsigned int file, const char *text, size_t len,
		   struct fb_diags *diags);
void fb_lexer_next(struct fb_lexer *lexer, struct fb_token *ret);
/* True if a string on the present line has no end. */
bool fb_lexer_line_is_open(struct fb_lexer *lexer);
void fb_lexer_skip_line(struct fb_lexer *lexer);
void fb_lexer_done(struct fb_lexer *lexer);

/*
 * Reports what a policy text must not contain: control characters, NUL, bytes that are not UTF-8, characters that hide or
 * reorder others on a screen; the first of each line. Returns NULL if there is none, else a copy (on arena) with
 * harmless bytes in their place, so that lexing can go on without reporting the same again.
 */
const char *fb_lexer_check_text(struct fb_arena *arena, unsigned int file, const char *text, size_t len,
				struct fb_diags *diags);

/* Length of the UTF-8 sequence at s, 0 if there is none. */
size_t fb_utf8_decode(const char *s, size_t n, unsigned int *ret);
/* True for what a terminal or a reader would not show as a character of its own. */
bool fb_codepoint_hidden(unsigned int cp);

#endif

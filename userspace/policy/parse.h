/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser, inside. A function named after a rule of the grammar reads that rule and returns false if the text there
 * cannot be made out: it has then reported it, and its caller goes on at the next line, attribute or brace. A value
 * that is wrong but stands where it should (a port of 70000) is reported and passed over, which is no failure. So one
 * mistake is one message, and no mistake hides another.
 */
#ifndef FB_POLICY_PARSE_H
#define FB_POLICY_PARSE_H

#include "policy/ast.h"
#include "policy/lex.h"

struct fb_word_vec FB_VEC(struct fb_word);
struct fb_net_vec FB_VEC(struct fb_net);
struct fb_operand_vec FB_VEC(struct fb_operand);
struct fb_svc_vec FB_VEC(struct fb_svc_item);
struct fb_iface_vec FB_VEC(struct fb_iface);
struct fb_stmt_vec FB_VEC(struct fb_stmt);

struct fb_parser {
	struct fb_tree *tree;
	struct fb_diags *diags;
	struct fb_lexer lexer;
	struct fb_token cur, ahead;  /* the next token, and the one after it if has_ahead */
	struct fb_token prev, prev2; /* the last ones read */
	bool has_ahead;
	bool in_block;		     /* a "}" ends a statement here */
	struct fb_word head_comment; /* behind the "{" of the present firebreak; s NULL = none */
	struct fb_stmt_vec stmts;
};

/* ---- tokens: parse.c -------------------------------------------------------------------------------------- */
void fb_parser_next(struct fb_parser *p);
const struct fb_token *fb_parser_peek(struct fb_parser *p);
bool fb_parser_at(const struct fb_parser *p, const char *word);
bool fb_parser_accept(struct fb_parser *p, const char *word);
bool fb_parser_accept_kind(struct fb_parser *p, enum fb_token_kind kind);
bool fb_parser_ends(const struct fb_parser *p); /* a statement could end here */
bool fb_token_is(const struct fb_token *t, const char *word);
/* The text of a token, cut to a length that fits a message, on the arena of the diagnostics. */
const char *fb_token_text(struct fb_parser *p, const struct fb_token *t);
/* Where something is missing: at the next token if that is on the same line, else one blank behind the last one. */
struct fb_at fb_parser_gap(const struct fb_parser *p);
/* Says what went wrong earlier if the next token only shows it: a comma at a line's end, an odd quotation mark. */
bool fb_parser_lost(struct fb_parser *p);
/* "NEEDED expected, found ...". Returns false. */
bool fb_parser_expected(struct fb_parser *p, const char *needed, const char *help);
/* Skips to the end of the line, over braces that open in it. */
void fb_parser_skip_line(struct fb_parser *p);
void fb_parser_end_statement(struct fb_parser *p, const char *help);
/*
 * The keyword at the next token among n; one that is nearly right is reported and taken for it. -1 = none: reported, with
 * help. where: "in a zone".
 */
int fb_parser_keyword(struct fb_parser *p, const char *const *words, size_t n, const char *where,
		      const char *help);
/*
 * "{": newlines mean nothing from here to the brace that closes, if in_list. A missing one is reported if all was ok before it, and
 * reading goes on as if it were there; ret_at->line is then 0, and fb_parser_close does not complain again.
 */
void fb_parser_open(struct fb_parser *p, bool ok, bool in_list, struct fb_at *ret_at);
void fb_parser_close(struct fb_parser *p, struct fb_at open);
/* The "}" behind a list. ok = the list could be made out. */
void fb_parser_close_list(struct fb_parser *p, bool ok, struct fb_at open, unsigned int stmt_col);
/* True where a new statement seems to begin although the block that began at open has not ended. */
bool fb_parser_unclosed(struct fb_parser *p, unsigned int stmt_col);
/* A block of attributes, each of which begins with its word. */
struct fb_attributes {
	const char *const *words;
	size_t n;
	const char *where, *help; /* "in a zone", "a zone has ..." */
	/* Reads the value of words[word], which stands at at; false = could not be made out, and is reported. */
	bool (*parse)(struct fb_parser *p, int word, struct fb_at at, void *into);
};
void fb_parse_attributes(struct fb_parser *p, const struct fb_attributes *a, bool ok, unsigned int stmt_col,
			 void *into);
/* Reports a second "what" if the first is there. */
void fb_parser_once(struct fb_parser *p, bool given, struct fb_at at, const char *what);
bool fb_is_reserved(const struct fb_token *t);
bool fb_is_statement_word(const struct fb_token *t); /* parse_file.c */
void *fb_parser_keep(struct fb_parser *p, const void *v, size_t n, size_t size);
#define fb_parser_keep_vec(p, dst, vec)                                              \
	do {                                                                         \
		(dst)->v = fb_parser_keep(p, (vec)->v, (vec)->n, sizeof(*(vec)->v)); \
		(dst)->n = (vec)->n;                                                 \
		fb_vec_done(vec);                                                    \
	} while (0)
/* Moves the comments met so far to words. */
/* Before a statement: comments that an empty line parts from it become a statement of their own. */
void fb_parser_loose_comments(struct fb_parser *p, struct fb_stmt *next);
void fb_parser_take_comments(struct fb_parser *p, struct fb_word_vec *words);
/* At the end of a statement: takes what stands inside it and behind it. True = the last one stands behind it. */
bool fb_parser_take_behind(struct fb_parser *p, struct fb_word_vec *words);

/* ---- values: parse_value.c ---------------------------------------------------------------------------------- */
struct fb_word fb_parser_word(struct fb_parser *p, const struct fb_token *t);
/* A name that is given (define) or used; what: "zone". */
bool fb_parse_new_name(struct fb_parser *p, const char *what, struct fb_word *ret);
bool fb_parse_name(struct fb_parser *p, const char *what, struct fb_word *ret);
bool fb_parse_names(struct fb_parser *p, const char *what, struct fb_word_vec *ret);
bool fb_parse_string(struct fb_parser *p, const char *what, struct fb_word *ret);
/* An unsigned number; what: "a VLAN". */
bool fb_parse_number(struct fb_parser *p, const char *what, unsigned long long least, unsigned long long most,
		     unsigned long long *ret);
bool fb_parse_decimal(struct fb_parser *p, const char *what, double most, bool whole, struct fb_number *ret);
bool fb_parse_choice(struct fb_parser *p, const char *what, const char *const *words, size_t n,
		     struct fb_word *ret);
bool fb_parse_date(struct fb_parser *p, struct fb_date *ret);
/* HH:MM at s; true if it is one (24:00 included). */
bool fb_time_parse(const char *s, size_t n, int *ret_hour, int *ret_minute);
bool fb_parse_duration(struct fb_parser *p, struct fb_word *ret, unsigned long long *ret_seconds);
bool fb_parse_iface(struct fb_parser *p, struct fb_iface *ret);
/* parse_net.c */
bool fb_word_is_net(const struct fb_token *t); /* it looks like an address, prefix, range or host name */
enum { FB_NET_MAY_ANY = 1, FB_NET_MAY_PREFIX = 2, FB_NET_MAY_RANGE = 4 };
/* An address, and what may says; false = reported. Does not advance. */
bool fb_value_net(struct fb_parser *p, const struct fb_token *t, unsigned int may, struct fb_net *ret);
bool fb_parse_nets(struct fb_parser *p, const char *what, unsigned int may, struct fb_net_vec *ret);

/* ---- rules ------------------------------------------------------------------------------------------------------ */
/* parse_operand.c: the sides of an allow line, or of a guard; what: "a source". */
bool fb_parse_operands(struct fb_parser *p, const char *what, bool is_allow, struct fb_operands *ret);
/* parse_zone.c */
/* The string behind "owner" or "reason". */
bool fb_parse_doc(struct fb_parser *p, const char *word, struct fb_at at, struct fb_doc *ret);
bool fb_parse_zone(struct fb_parser *p, struct fb_stmt *s);
bool fb_parse_zone_group(struct fb_parser *p, struct fb_stmt *s);
bool fb_parse_wire(struct fb_parser *p, struct fb_stmt *s);
/* parse_device.c */
bool fb_parse_device(struct fb_parser *p, struct fb_stmt *s);
bool fb_parse_group(struct fb_parser *p, struct fb_stmt *s);
bool fb_parse_member(struct fb_parser *p, struct fb_operand *ret);
/* parse_service.c */
bool fb_token_is_proto(const struct fb_token *t);
bool fb_parse_services(struct fb_parser *p, struct fb_svc_items *ret);
bool fb_parse_service(struct fb_parser *p, struct fb_stmt *s);
/* parse_time.c */
bool fb_parse_window(struct fb_parser *p, struct fb_stmt *s);
bool fb_parse_window_time(struct fb_parser *p, struct fb_every *ret); /* "every" or "on", and the rest */
bool fb_parse_access(struct fb_parser *p, struct fb_stmt *s);
/* parse_firebreak.c */
bool fb_is_suffix(const struct fb_token *t);
bool fb_parse_firebreak(struct fb_parser *p, struct fb_stmt *s);
/* parse_suffix.c */
bool fb_parse_until(struct fb_parser *p, struct fb_date *ret);
bool fb_parse_suffix(struct fb_parser *p, bool is_default, struct fb_suffix *ret);
/* parse_guard.c */
bool fb_parse_never(struct fb_parser *p, struct fb_stmt *s);
bool fb_parse_assert(struct fb_parser *p, struct fb_stmt *s);
bool fb_parse_isolate(struct fb_parser *p, struct fb_stmt *s);

/* ---- tables: words.c ---------------------------------------------------------------------------------------------- */
/* The number behind a name, -1 = unknown. */
int fb_icmp_type_by_name(int family, const char *name);
int fb_ip_protocol_by_name(const char *name);
const char *const *fb_icmp_type_names(int family, size_t *ret_n);
const char *const *fb_ip_protocol_names(size_t *ret_n);

#endif

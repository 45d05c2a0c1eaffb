/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree as data: for each kind of statement its fields, in the order of the grammar. Comparing two trees and
 * writing one as JSON are walks over these tables, so a field that is added here takes part in both.
 */
#ifndef FB_POLICY_SCHEMA_H
#define FB_POLICY_SCHEMA_H

#include "base/strbuf.h"
#include "policy/ast.h"

enum fb_field_kind {
	/* one string of the grammar */
	FB_FIELD_NAME,	  /* fb_word */
	FB_FIELD_STRING,  /* fb_word, written in quotation marks */
	FB_FIELD_DATE,	  /* fb_date */
	FB_FIELD_MEMBERS, /* of a zone */
	FB_FIELD_VERB,	  /* of an assertion */
	/* lists of such strings */
	FB_FIELD_NAMES,	   /* fb_words */
	FB_FIELD_COMMENTS, /* fb_words, any text */
	FB_FIELD_NETS,
	FB_FIELD_OPERANDS,
	FB_FIELD_SERVICES,
	FB_FIELD_EVERY, /* pointer and count */
	/* numbers */
	FB_FIELD_NUMBER, /* fb_number */
	FB_FIELD_COUNT,	 /* unsigned long long, 0 = not given */
	FB_FIELD_VLAN,	 /* int, -1 = none */
	FB_FIELD_TRUE,	 /* bool, false = not given */
	FB_FIELD_LAYOUT, /* the same, but no part of what is said */
	/* structures */
	FB_FIELD_PART, /* fields of this structure under a name of their own */
	FB_FIELD_LIST, /* pointer and count of structures */
};

struct fb_schema;
struct fb_field {
	const char *name;
	enum fb_field_kind kind;
	size_t offset;
	size_t other; /* EVERY, LIST: of the count; PART: of the bool that says it is there, if has_flag */
	bool has_flag;
	const struct fb_schema *schema; /* PART, LIST */
	bool needed;			/* no text can leave it out */
};

struct fb_schema {
	const char *kind;
	const struct fb_field *fields;
	size_t n, size; /* size of the structure */
};

/* The fields of a statement; comments and places are not among them. */
const struct fb_schema *fb_schema_of(enum fb_stmt_kind kind);

bool fb_field_given(const struct fb_field *field, const void *base);
/* The number of items of a list field, and of one of a field that is no list. */
size_t fb_field_items(const struct fb_field *field, const void *base);
/* Appends item i of a field of strings, as the grammar writes it but without quotation marks. */
void fb_field_put(const struct fb_field *field, const void *base, size_t i, struct fb_strbuf *out);
/* The size of an item of a list. */
size_t fb_field_item_size(const struct fb_field *field);
/* Structure i of a LIST, or that of a PART. */
const void *fb_field_struct(const struct fb_field *field, const void *base, size_t i);

#endif

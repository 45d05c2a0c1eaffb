/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people see: tables that fit the terminal, colour where it helps. Piped output is never cut and never coloured, so
 * that it can be processed; JSON (-j) is better for that.
 */
#ifndef FB_CLI_OUTPUT_H
#define FB_CLI_OUTPUT_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "base/vec.h"

struct fb_screen {
	unsigned int width; /* columns; 0 = unlimited (a pipe, a file) */
	bool colour, utf8;
};
/* Of this file: a terminal has the width of $COLUMNS, else of the device, else 80. NO_COLOR and TERM=dumb are honoured. */
struct fb_screen fb_screen_of(FILE *f);

enum fb_colour { FB_PLAIN, FB_RED, FB_GREEN, FB_YELLOW, FB_DIM, FB_BOLD };
/* The sequences to put around a text; "" without colour. */
const char *fb_colour_begin(const struct fb_screen *screen, enum fb_colour colour);
const char *fb_colour_end(const struct fb_screen *screen, enum fb_colour colour);

/* Columns that text takes on a terminal. Bytes that are no text count as one each. */
unsigned int fb_text_width(const char *text);
/* Adds text, cut to width columns with an ellipsis (0 = whole). Control characters become '?': names can come from elsewhere. */
void fb_text_clip(struct fb_strbuf *out, const struct fb_screen *screen, const char *text,
		  unsigned int width);

/* Adds text that begins at column, broken at blanks so that no line goes beyond width (0 = never), and a newline; further lines
 * begin at indent. */
void fb_text_wrap(struct fb_strbuf *out, const char *text, unsigned int column, unsigned int indent,
		  unsigned int width);

struct fb_column {
	const char *title;
	bool right;
	bool text;	   /* may be cut; numbers, dates and addresses are shown whole or not at all */
	bool sparse;	   /* not shown where no row has anything in it */
	unsigned int rank; /* when the terminal is narrow, the highest rank goes first; 0 stays to the end */
};
struct fb_cell {
	char *text;
	enum fb_colour colour;
};
struct fb_table {
	const struct fb_column *columns;
	unsigned int n_columns;
	struct FB_VEC(struct fb_cell) cells; /* row after row */
};
/* Appends a cell; n_columns of them make a row. text NULL = "-". */
void fb_table_add(struct fb_table *table, const char *text);
void fb_table_addf(struct fb_table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The colour of the cell that was added last. */
void fb_table_colour(struct fb_table *table, enum fb_colour colour);
/* A table without rows prints nothing. */
void fb_table_render(const struct fb_table *table, const struct fb_screen *screen, struct fb_strbuf *out);
void fb_table_print(const struct fb_table *table); /* to stdout */
void fb_table_done(struct fb_table *table);

/* One line, cut to the screen. */
void fb_line_add(struct fb_strbuf *out, const struct fb_screen *screen, enum fb_colour colour,
		 const char *fmt, va_list ap) __attribute__((format(printf, 4, 0)));
/* The same to stdout. */
void fb_print_line(const struct fb_screen *screen, enum fb_colour colour, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, broken at blanks instead of cut: for what must be read whole. */
void fb_print_wrapped(const struct fb_screen *screen, enum fb_colour colour, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* 18204 -> "18,204"; 1234567 bytes -> "1.2 MB"; 7200 s -> "2 h". buf holds FB_HUMAN_LEN; returns buf. */
enum { FB_HUMAN_LEN = 32 };
char *fb_human_count(unsigned long long n, char *buf);
char *fb_human_bytes(unsigned long long n, char *buf);
char *fb_human_span(long long seconds, char *buf);
/* Of something a second: 0.4, 12, "18,204"; bits: "980", "3.2 M". */
char *fb_human_rate(double rate, char *buf);
char *fb_human_bits(double rate, char *buf);
/* "2026-12-31 09:00" in the time zone of whoever looks; "-" for 0 or less and for "never" (FB_NO_DEADLINE). */
char *fb_human_time(long long unix_seconds, char *buf);
/* The same to the second: for what is held against another log. */
char *fb_human_instant(long long unix_seconds, char *buf);

/* The whole document to stdout; value is consumed. Returns FB_EXIT_OK. */
int fb_json_put(json_t *value);

/* A sentence to stderr: "firebreak: ...". */
void fb_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * firebreak top: what happens now. Four parts: what the agent said (top_fetch.c), what that means as rates (top_rates.c, top_json.c), how
 * it looks (top_render.c, top_head.c), and where it is shown (cmd_top.c, top_term.c). The parts in the middle are pure functions.
 */
#ifndef FB_CLI_TOP_H
#define FB_CLI_TOP_H

#include <jansson.h>
#include <linux/types.h>

#include "base/vec.h"
#include "cli/command.h"
#include "cli/output.h"

enum fb_top_view { FB_TOP_ALL, FB_TOP_PAIRS, FB_TOP_RULES, FB_TOP_DROPS, FB_TOP_FLOWS, FB_TOP_VIEWS };
enum fb_top_sort { FB_TOP_BY_BITS, FB_TOP_BY_PACKETS, FB_TOP_BY_NAME, FB_TOP_SORTS };
extern const char *const fb_top_view_names[FB_TOP_VIEWS], *const fb_top_sort_names[FB_TOP_SORTS];

/* ---- what the agent said at one moment */

struct fb_top_snapshot {
	__s64 ns; /* of a clock that nobody turns: when the counters were read */
	__s64 at; /* unix seconds */
	json_t *status, *drops, *rules /* by id, all that are in force */, *events /* array */,
		*flows /* NULL = not asked for */;
};
void fb_top_snapshot_done(struct fb_top_snapshot *s);
/*
 * Asks; last is the snapshot before or NULL, and only lines that were used since then are asked for. Returns an enum fb_exit; other than 0:
 * *ret is untouched and the sentence is in why.
 */
int fb_top_fetch(const struct fb_call *call, const struct fb_top_snapshot *last, bool flows,
		 struct fb_top_snapshot *ret, struct fb_strbuf *why);

/* ---- what that means */

struct fb_top_row {
	const json_t *of;  /* element of the snapshot's drops, rules or flows */
	const json_t *who; /* of drops: the event that tells best who is behind it; NULL = none does */
	double packets, bits, flows; /* a second */
	double minute;		     /* packets a minute */
};
struct fb_top_rows FB_VEC(struct fb_top_row);
struct fb_top {
	const struct fb_top_snapshot *now;
	double seconds; /* between the two snapshots; 0 = there is only one, and nothing has a rate */
	double window;	/* that drops a minute are of; 0 likewise */
	struct fb_top_rows pairs, rules, drops, flows;
};
/*
 * Only what carried or dropped something in between is in the rows. Drops are held against since, too, a snapshot at most a minute old of
 * which only ns and drops are needed. before and since may be NULL. Borrows from now.
 */
void fb_top_compare(const struct fb_top_snapshot *now, const struct fb_top_snapshot *before,
		    const struct fb_top_snapshot *since, enum fb_top_sort sort, struct fb_top *ret);
void fb_top_done(struct fb_top *top);
/* firebreak.top/1 */
json_t *fb_top_json(const struct fb_top *top);

/* ---- how it looks */

struct fb_top_look {
	struct fb_screen screen;
	unsigned int height; /* lines; 0 = as many as it takes, and no line of keys */
	enum fb_top_view view;
	enum fb_top_sort sort;
	size_t scroll,
		page; /* rows: the first that is shown (comes back corrected), and how many are (comes back) */
	bool paused, help;
	double delay;
	__s64 now;	  /* unix seconds */
	const char *gone; /* why the agent does not answer, NULL = it does */
};
/* Exactly look->height lines, if that is not 0. */
void fb_top_render(const struct fb_top *top, struct fb_top_look *look, struct fb_strbuf *out);
/* top_head.c: what status says first, a line for each thing that is not as it should be. */
void fb_top_head(const struct fb_top *top, const struct fb_top_look *look, struct fb_strbuf *out);
/* One line, cut to the screen. */
void fb_top_line(const struct fb_top_look *look, struct fb_strbuf *out, enum fb_colour colour,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- the terminal */

enum fb_key {
	FB_KEY_NONE, /* what is waited for came, or the time is over */
	FB_KEY_RESIZED,
	FB_KEY_GONE, /* nobody is at the terminal any more */
	FB_KEY_UP = 256,
	FB_KEY_DOWN,
	FB_KEY_PAGE_UP,
	FB_KEY_PAGE_DOWN,
	FB_KEY_HOME,
	FB_KEY_END,
	FB_KEY_OTHER,
}; /* or a character */
/* Takes the screen; it is given back by fb_term_close, at exit, and before a signal ends or stops the process. */
void fb_term_open(void);
void fb_term_close(void);
void fb_term_size(unsigned int *ret_width, unsigned int *ret_height);
/* Draws lines, which fill the screen. False: the terminal is gone. */
bool fb_term_draw(const char *lines);
/* Waits until a key, a new size, something to read in fd, or so many milliseconds. */
int fb_term_wait(int fd, int ms);

#endif

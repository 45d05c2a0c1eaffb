// SPDX-License-Identifier: GPL-2.0-only
/* Windows and accesses. */
#include <string.h>

#include "policy/parse.h"

static const char *const day_words[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static int fb_day(const char *s, size_t n)
{
	for (int i = 0; i < 7; i++)
		if (n == 3 && !memcmp(s, day_words[i], 3))
			return i;
	return -1;
}

/* HH:MM-HH:MM */
static bool fb_parse_hours(struct fb_parser *p, struct fb_every *ret)
{
	const struct fb_token *t = &p->cur;

	if (t->kind != FB_TOKEN_WORD)
		return fb_parser_expected(p, "the hours", "write 09:00-12:00");
	if (t->len != 11 || t->s[5] != '-' || !fb_time_parse(t->s, 5, &ret->from_hour, &ret->from_minute) ||
	    !fb_time_parse(t->s + 6, 5, &ret->to_hour, &ret->to_minute) || ret->from_hour == 24)
		fb_diag_error(p->diags, t->at, "write 09:00-12:00, in hours 00 to 23; 24:00 may be the end",
			      "\"%s\" are no hours", fb_token_text(p, t));
	fb_parser_next(p);
	return true;
}

struct fb_day_range { /* an item of fb_every.day_list */
	unsigned int first, last;
};

static bool fb_parse_days(struct fb_parser *p, struct fb_every *ret)
{
	struct FB_VEC(struct fb_day_range) list = { 0 };
	bool ok;

	do {
		const struct fb_token *t = &p->cur;
		const char *dash = t->kind == FB_TOKEN_WORD ? memchr(t->s, '-', t->len) : NULL;

		ok = t->kind == FB_TOKEN_WORD ||
		     fb_parser_expected(p, "a day", "write mon, tue, ... sun, or \"day\"");
		if (!ok)
			break;
		size_t n = dash ? (size_t)(dash - t->s) : t->len;
		int first = fb_day(t->s, n), last = dash ? fb_day(dash + 1, t->len - n - 1) : first;

		if (first < 0 || last < 0) {
			fb_diag_error(p->diags, t->at,
				      "write mon, tue, wed, thu, fri, sat, sun, mon-fri or \"day\"",
				      "\"%s\" is no day", fb_token_text(p, t));
		} else {
			for (int day = first;; day = (day + 1) % 7) { /* fri-mon runs over the week's end */
				ret->days |= 1u << day;
				if (day == last)
					break;
			}
			fb_vec_add(&list, (struct fb_day_range){ (unsigned int)first, (unsigned int)last });
		}
		fb_parser_next(p);
	} while (fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	ret->day_list = fb_parser_keep(p, list.v, list.n, sizeof(*list.v));
	ret->n_days = list.n;
	fb_vec_done(&list);
	return ok;
}

static bool fb_parse_every(struct fb_parser *p, struct fb_every *ret)
{
	if (fb_parser_accept(p, "day")) {
		ret->every_day = true;
		ret->days = 0x7f;
		return fb_parse_hours(p, ret);
	}
	return fb_parse_days(p, ret) && fb_parse_hours(p, ret);
}

bool fb_parse_window_time(struct fb_parser *p, struct fb_every *ret)
{
	*ret = (struct fb_every){ .at = p->cur.at, .on_date = fb_parser_at(p, "on") };
	if (!fb_parser_accept(p, "on") && !fb_parser_accept(p, "every"))
		return fb_parser_expected(p, "\"every\" or \"on\"", NULL);
	return ret->on_date ? fb_parse_date(p, &ret->date) && fb_parse_hours(p, ret) : fb_parse_every(p, ret);
}

struct fb_window_draft {
	struct fb_stmt *s;
	struct FB_VEC(struct fb_every) every;
};

enum { WINDOW_EVERY, WINDOW_ON, WINDOW_TIMEZONE, WINDOW_OWNER, WINDOW_REASON };
static const char *const window_words[] = {
	[WINDOW_EVERY] = "every", [WINDOW_ON] = "on",	      [WINDOW_TIMEZONE] = "timezone",
	[WINDOW_OWNER] = "owner", [WINDOW_REASON] = "reason",
};

static bool fb_parse_window_word(struct fb_parser *p, int word, struct fb_at at, void *into)
{
	struct fb_window_draft *d = into;
	struct fb_every every = { .at = at, .on_date = word == WINDOW_ON };
	bool ok;

	switch (word) {
	case WINDOW_EVERY:
	case WINDOW_ON:
		ok = word == WINDOW_EVERY ? fb_parse_every(p, &every)
					  : fb_parse_date(p, &every.date) && fb_parse_hours(p, &every);
		if (ok)
			fb_vec_add(&d->every, every);
		return ok;
	case WINDOW_TIMEZONE:
		fb_parser_once(p, d->s->window.timezone.s, at, "timezone");
		return fb_parse_string(p, "a time zone", &d->s->window.timezone);
	default:
		return fb_parse_doc(p, window_words[word], at, &d->s->window.doc);
	}
}

bool fb_parse_window(struct fb_parser *p, struct fb_stmt *s)
{
	static const struct fb_attributes window = {
		window_words,
		FB_ARRAY_SIZE(window_words),
		"in a window",
		"a window has \"every tue 09:00-12:00\", \"on 2026-12-31 09:00-12:00\", timezone, owner and "
		"reason",
		fb_parse_window_word,
	};
	struct fb_window_draft d = { .s = s };
	bool ok = fb_parse_new_name(p, "a window", &s->name);

	fb_parse_attributes(p, &window, ok, s->at.col, &d);
	s->window.every = fb_parser_keep(p, d.every.v, d.every.n, sizeof(*d.every.v));
	s->window.n_every = d.every.n;
	fb_vec_done(&d.every);
	return ok;
}

/* ---- access ------------------------------------------------------------------------------------------------- */

static const char *const access_words[] = { "max", "owner", "reason" };

static bool fb_parse_access_word(struct fb_parser *p, int word, struct fb_at at, void *into)
{
	struct fb_stmt *s = into;

	if (word > 0)
		return fb_parse_doc(p, access_words[word], at, &s->access.doc);
	fb_parser_once(p, s->access.max.s, at, "max");
	return fb_parse_duration(p, &s->access.max, &s->access.max_seconds);
}

bool fb_parse_access(struct fb_parser *p, struct fb_stmt *s)
{
	static const struct fb_attributes access = {
		access_words,	      FB_ARRAY_SIZE(access_words),
		"in an access",	      "an access has max, owner and reason",
		fb_parse_access_word,
	};
	bool ok = fb_parse_new_name(p, "an access", &s->name);

	fb_parse_attributes(p, &access, ok, s->at.col, s);
	return ok;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Windows, accesses and dates, and what of them a line names: S50-S52. */
#include <string.h>

#include "policy/checker.h"

static __s64 to_unix(struct fb_checker *c, const struct fb_date *date)
{
	bool whole_day = date->hour < 0;
	__s64 t;

	for (size_t i = 0; i < c->dates.n; i++) {
		const struct fb_date *d = &c->dates.v[i].date;

		if (d->year == date->year && d->month == date->month && d->day == date->day &&
		    d->hour == date->hour && (whole_day || d->minute == date->minute))
			return c->dates.v[i].unix_seconds;
	}
	t = c->options->local_to_unix(c->rs->timezone, date, whole_day ? 1 : 0);
	fb_vec_add(&c->dates, (struct fb_date_memo){ *date, t });
	return t;
}

bool fb_check_deadline(struct fb_checker *c, const struct fb_date *date, const char *what, __s64 *ret)
{
	__s64 t;

	if (!c->rs->timezone[0]) {
		fb_diag_error(c->diags, date->at, "write timezone \"Europe/London\" behind the policy's name",
			      "a date needs a time zone, and the policy line names none");
		return false;
	}
	if (c->timezone_bad)
		return false;
	t = to_unix(c, date);
	if (t >= FB_NO_DEADLINE) {
		fb_diag_error(c->diags, date->at, NULL,
			      "the year %d is beyond what firebreak can count to (2106)", date->year);
		return false;
	}
	if (c->options->now && t <= c->options->now)
		fb_diag_lint(c->diags, date->at, NULL, "this %s lies in the past: %s", what,
			     strcmp(what, "until") ? "the pair enforces" : "the line is closed");
	*ret = t > 0 ? t : 0;
	return true;
}

/* ---- windows and accesses ---------------------------------------------------------------------------------------- */

static bool window_timezone(struct fb_checker *c, struct fb_window *w)
{
	static const struct fb_date probe = { .year = 2000, .month = 1, .day = 1, .hour = 0 };
	const struct fb_word *own = &w->stmt->window.timezone;

	w->timezone = own->s ? own->s : c->rs->timezone;
	if (!w->timezone[0]) {
		fb_diag_error(c->diags, w->stmt->name.at,
			      "write timezone \"Europe/London\" in it, or behind the policy's name",
			      "window %s needs a time zone, and the policy line names none", w->name);
		return false;
	}
	if (!own->s)
		return !c->timezone_bad;
	if (c->options->local_to_unix && c->options->local_to_unix(w->timezone, &probe, 0) != -1)
		return true;
	fb_diag_error(c->diags, own->at, "a name of the tz database, such as \"Europe/London\"",
		      "unknown time zone \"%s\"", w->timezone);
	return false;
}

/* Only dates, and the last of them is over. */
static bool is_over(const struct fb_checker *c, const struct fb_window *w)
{
	for (size_t i = 0; i < w->n_every; i++) {
		struct fb_date end = w->every[i].date;

		/* a day later than written, for ends on the next day: a lint may be late, not wrong */
		if (!w->every[i].on_date || c->options->local_to_unix(w->timezone, &end, 2) > c->options->now)
			return false;
	}
	return true;
}

static void check_window(struct fb_checker *c, struct fb_window *w)
{
	const struct fb_stmt *s = w->stmt;

	if (!s->window.n_every)
		fb_diag_error(c->diags, s->name.at,
			      "write every tue 09:00-12:00, or on 2026-12-31 09:00-12:00",
			      "window %s is never open", w->name);
	if (!window_timezone(c, w))
		return;
	w->every = s->window.every;
	w->n_every = s->window.n_every;
	if (c->options->now && w->n_every && is_over(c, w))
		fb_diag_lint(c->diags, s->name.at, NULL, "window %s lies in the past: its lines are closed",
			     w->name);
}

void fb_check_times(struct fb_checker *c)
{
	for (size_t i = 0; i < c->rs->windows.n; i++)
		check_window(c, &c->rs->windows.v[i]);
	for (size_t i = 0; i < c->rs->accesses.n; i++)
		c->rs->accesses.v[i].max = (__s64)c->rs->accesses.v[i].stmt->access.max_seconds;
}

/* ---- of a line ----------------------------------------------------------------------------------------------------- */

/* The index + 1 of the name, 0 = none; false = reported. */
static bool find_time(struct fb_checker *c, const struct fb_word *word, enum fb_symbol_kind kind,
		      unsigned int *ret)
{
	const struct fb_symbol *symbol;

	*ret = 0;
	if (!word->s)
		return true;
	symbol = fb_names_find(&c->times, word->s);
	if (symbol && symbol->kind == kind) {
		*ret = symbol->index + 1;
		return true;
	}
	fb_names_unknown(c, &c->times, kind, word, kind == FB_SYMBOL_WINDOW ? "window" : "access");
	return false;
}

bool fb_check_line_times(struct fb_checker *c, const struct fb_header *h, const struct fb_allow *allow,
			 struct fb_line *line)
{
	const struct fb_suffix *own = &allow->suffix, *block = &h->stmt->firebreak.defaults;
	const struct fb_date *until = own->until.year ? &own->until : &block->until;
	bool ok;

	line->deadline = FB_NO_DEADLINE;
	line->log = own->log || block->log;
	ok = !until->year || fb_check_deadline(c, until, "until", &line->deadline);
	ok &= find_time(c, own->during.s ? &own->during : &block->during, FB_SYMBOL_WINDOW, &line->window);
	ok &= find_time(c, own->on_request.s ? &own->on_request : &block->on_request, FB_SYMBOL_ACCESS,
			&line->access);
	return ok;
}

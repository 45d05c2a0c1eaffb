// SPDX-License-Identifier: GPL-2.0-only
/* A head, lists that share what is left, and a line of keys. */
#include "cli/top.h"

#include <string.h>

#include "cli/flows.h"
#include "cli/live.h"
#include "cli/seen.h"

/* ---- the lists */

static void add_rates(struct fb_table *t, const struct fb_top_row *row)
{
	char buf[FB_HUMAN_LEN];

	fb_table_add(t, fb_human_rate(row->packets, buf));
	fb_table_add(t, fb_human_bits(row->bits, buf));
}

static void add_pair(struct fb_table *t, const struct fb_top_row *row)
{
	fb_table_addf(t, "%s -> %s", fb_field_text(row->of, "src"), fb_field_text(row->of, "dst"));
	add_rates(t, row);
}

static void add_rule(struct fb_table *t, const struct fb_top_row *row)
{
	bool never = !strcmp(fb_field_text(row->of, "kind"), "never");
	char buf[FB_HUMAN_LEN];

	fb_table_add(t, fb_field_text(row->of, "text"));
	fb_table_add(t, never ? "never" : fb_field_text(row->of, "pairs"));
	fb_table_colour(t, never ? FB_YELLOW : FB_PLAIN);
	add_rates(t, row);
	fb_table_add(t, fb_human_rate(row->flows, buf));
	fb_table_add(t, fb_field_text(row->of, "id"));
}

static void add_drop(struct fb_table *t, const struct fb_top_row *row)
{
	bool observed = !strcmp(fb_field_text(row->of, "reason"), "would-drop");
	bool alarm = row->who && fb_field_true(row->who, "alarm");
	char buf[FB_HUMAN_LEN];

	fb_table_addf(t, "%s -> %s", fb_field_text(row->of, "src"), fb_field_text(row->of, "dst"));
	fb_table_add(t, fb_field_text(row->of, "reason"));
	fb_table_colour(t, alarm ? FB_RED : observed ? FB_YELLOW : FB_PLAIN);
	fb_table_add(t, fb_human_rate(row->minute, buf));
	fb_table_add(t, fb_human_rate(row->packets, buf));
	if (row->who)
		fb_table_addf(t, "%s -> %s %s", fb_seen_name(row->who, "src"), fb_seen_name(row->who, "dst"),
			      fb_field_text(row->who, "service"));
	else
		fb_table_add(t, NULL);
}

static void add_flow(struct fb_table *t, const struct fb_top_row *row)
{
	fb_flow_add(t, row->of);
}

static const struct fb_column pair_columns[] = { { "PAIR", .text = true },
						 { "PACKETS/S", .right = true },
						 { "BIT/S", .right = true } };
static const struct fb_column rule_columns[] = {
	{ "LINE", .text = true },
	{ "PAIR", .text = true, .rank = 2 },
	{ "PACKETS/S", .right = true, .rank = 1 },
	{ "BIT/S", .right = true },
	{ "NEW FLOWS/S", .right = true, .rank = 3 },
	{ "ID", .text = true, .rank = 4 },
};
static const struct fb_column drop_columns[] = {
	{ "DROPPED", .text = true },	    { "REASON" },
	{ "A MINUTE", .right = true },	    { "NOW/S", .right = true, .rank = 2 },
	{ "WHO", .text = true, .rank = 1 },
};

/* What a view is made of. */
struct list {
	const struct fb_top_rows *rows;
	const struct fb_column *columns;
	unsigned int n_columns;
	void (*add)(struct fb_table *, const struct fb_top_row *);
	const char *nothing;
};

static struct list list_of(const struct fb_top *top, enum fb_top_view view)
{
	switch (view) {
	case FB_TOP_RULES:
		return (struct list){ &top->rules, rule_columns, FB_ARRAY_SIZE(rule_columns), add_rule,
				      "no line carries anything now" };
	case FB_TOP_DROPS:
		return (struct list){ &top->drops, drop_columns, FB_ARRAY_SIZE(drop_columns), add_drop,
				      NULL };
	case FB_TOP_FLOWS:
		return (struct list){ &top->flows, fb_flow_columns, FB_FLOW_COLUMNS, add_flow,
				      "no flows now" };
	default:
		return (struct list){ &top->pairs, pair_columns, FB_ARRAY_SIZE(pair_columns), add_pair,
				      "no traffic between zones now" };
	}
}

/* No more is claimed than was looked at: this may have begun two seconds ago. */
static const char *no_drops(const struct fb_top *top, char *buf, size_t size)
{
	if (!fb_field_int(top->now->status, "generation"))
		return "all drops: no policy is in force, and the guard does not count";
	snprintf(buf, size, "nothing was dropped in the last %.0f s", top->window);
	return buf;
}

/* Rows from first on in so many lines, the titles being one of them; returns the rows that fitted. */
static size_t add_list(const struct fb_top *top, const struct fb_top_look *look, enum fb_top_view view,
		       size_t first, size_t lines, struct fb_strbuf *out)
{
	struct list l = list_of(top, view);
	struct fb_table t = { .columns = l.columns, .n_columns = l.n_columns };
	size_t last = l.rows->n - first < lines - 1 ? l.rows->n : first + lines - 1;
	char buf[80];
	bool known;

	known = view == FB_TOP_FLOWS ? top->now->flows != NULL : top->seconds > 0;
	if (!l.rows->n)
		fb_top_line(look, out, FB_DIM, "%s",
			    !known		   ? "not known yet ..."
			    : view == FB_TOP_DROPS ? no_drops(top, buf, sizeof(buf))
						   : l.nothing);
	for (size_t i = first; i < last; i++)
		l.add(&t, &l.rows->v[i]);
	fb_table_render(&t, &look->screen, out);
	fb_table_done(&t);
	return last - first;
}

/* ---- the whole */

enum { PARTS = 3, LINES_MAX = 1 << 20, ROOMY = 18 };

static size_t lines_in(const struct fb_strbuf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->s[i] == '\n';
	return n;
}

/* Three lists, one line each in turn until all have what they need or none is left. */
static void add_all(const struct fb_top *top, const struct fb_top_look *look, size_t room,
		    struct fb_strbuf *out)
{
	static const enum fb_top_view parts[PARTS] = { FB_TOP_PAIRS, FB_TOP_DROPS, FB_TOP_RULES };
	bool blank = room >= ROOMY, any = true;
	size_t need[PARTS], give[PARTS] = { 0 };

	if (blank && room < LINES_MAX)
		room -= PARTS - 1;
	for (size_t i = 0; i < PARTS; i++)
		need[i] = list_of(top, parts[i]).rows->n + 1;
	while (room && any) {
		any = false;
		for (size_t i = 0; i < PARTS && room; i++)
			if (give[i] < need[i]) {
				give[i]++;
				room--;
				any = true;
			}
	}
	for (size_t i = 0; i < PARTS; i++) {
		size_t rows = need[i] - 1;
		bool more = rows > 1 && give[i] < need[i];

		if (i && blank)
			fb_strbuf_addc(out, '\n');
		/* the last line, if not all fit, says that there are more; a single line is not a list */
		if (give[i] > (more ? 2u : rows ? 1u : 0u))
			rows -= add_list(top, look, parts[i], 0, give[i] - more, out);
		else if (!give[i])
			continue;
		if (more)
			fb_top_line(look, out, FB_DIM, "  %zu more %s: %d", rows, fb_top_view_names[parts[i]],
				    (int)parts[i]);
	}
}

static void add_help(const struct fb_top_look *look, struct fb_strbuf *out)
{
	static const char *const text[] = {
		"q             quit",
		"p             pause, and go on",
		"space         look again now",
		"0             all on one screen: pairs, drops, rules",
		"1 2 3 4       pairs of zones; rules; drops; flows",
		"s             sort by bits (drops: a minute), packets, name",
		"arrows, PgUp PgDn Home End   scroll a list (1 to 4)",
		"?             this, and back",
		"",
		"Rates are from one look to the next; those of drops a minute are from the",
		"last minute, or since this began. Of many flows only some are listed.",
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(text); i++)
		fb_top_line(look, out, FB_PLAIN, "%s", text[i]);
}

static void add_keys(const struct fb_top *top, const struct fb_top_look *look, struct fb_strbuf *out)
{
	size_t rows = look->view == FB_TOP_ALL ? 0 : list_of(top, look->view).rows->n;
	bool wide = !look->screen.width || look->screen.width >= 84;
	bool idle = look->view == FB_TOP_FLOWS && look->sort != FB_TOP_BY_NAME;
	fb_autostrbuf struct fb_strbuf line = { 0 };

	if (rows > look->page)
		fb_strbuf_addf(&line, "%zu-%zu of %zu  ", look->scroll + 1, look->scroll + look->page, rows);
	else
		fb_strbuf_addf(&line, "%s by %s  ", fb_top_view_names[look->view],
			       idle ? "idle" : fb_top_sort_names[look->sort]);
	fb_strbuf_add(&line,
		      wide ? "q quit  p pause  s sort  0 all  1 pairs  2 rules  3 drops  4 flows  ? help"
			   : "q quit p pause s sort 0-4 view ? help");
	fb_strbuf_add(out, fb_colour_begin(&look->screen, FB_DIM));
	fb_text_clip(out, &look->screen, fb_strbuf_get(&line), look->screen.width);
	fb_strbuf_add(out, fb_colour_end(&look->screen, FB_DIM));
	fb_strbuf_addc(out, '\n');
}

/* One list, from where it was scrolled to. */
static void add_view(const struct fb_top *top, struct fb_top_look *look, size_t room, struct fb_strbuf *out)
{
	size_t n = list_of(top, look->view).rows->n, page = room > 1 ? room - 1 : 1;

	if (look->scroll + page > n)
		look->scroll = n > page ? n - page : 0;
	look->page = add_list(top, look, look->view, look->scroll, page + 1, out);
}

/* Adds the first lines of text, and empty ones if that is not enough. */
static void add_lines(struct fb_strbuf *out, const char *text, size_t lines)
{
	for (; lines && *text; lines--) {
		size_t n = strcspn(text, "\n") + 1;

		fb_strbuf_addn(out, text, n);
		text += n;
	}
	while (lines--)
		fb_strbuf_addc(out, '\n');
}

void fb_top_render(const struct fb_top *top, struct fb_top_look *look, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf head = { 0 }, body = { 0 }, keys = { 0 };
	size_t h = look->height, n_head, room = LINES_MAX;

	fb_top_head(top, look, &head);
	n_head = lines_in(&head);
	if (!h || h >= n_head + ROOMY) {
		fb_strbuf_addc(&head, '\n');
		n_head++;
	}
	if (h) {
		/* on a very small terminal the lists keep a third, and the keys go */
		size_t most = h > 3 ? h - h / 3 : 1;

		n_head = n_head < most ? n_head : most;
		room = h - n_head - (h > 3);
	}
	if (look->help)
		add_help(look, &body);
	else if (look->view == FB_TOP_ALL)
		add_all(top, look, room, &body);
	else
		add_view(top, look, room, &body);
	add_lines(out, fb_strbuf_get(&head), n_head);
	if (!h) {
		fb_strbuf_add(out, fb_strbuf_get(&body));
		return;
	}
	add_lines(out, fb_strbuf_get(&body), room);
	if (h > 3) {
		add_keys(top, look, &keys);
		fb_strbuf_add(out, fb_strbuf_get(&keys));
	}
}

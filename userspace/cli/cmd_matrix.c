// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/clock.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "policy/analyse.h"

enum { ZONES_MAX = 14 }; /* of the grid */

struct sheet {
	const struct fb_policy *policy;
	const struct fb_ruleset *rs;
	struct fb_matrix m;
	struct fb_screen screen;
};

static const char *zone_name(const struct sheet *s, unsigned int id)
{
	return fb_ruleset_zone_name(s->rs, id);
}

static enum fb_colour colour_of(enum fb_pair_state state)
{
	switch (state) {
	case FB_PAIR_NEVER:
		return FB_RED;
	case FB_PAIR_ALL:
	case FB_PAIR_OBSERVED:
		return FB_YELLOW;
	case FB_PAIR_PART:
		return FB_GREEN;
	default:
		return FB_DIM;
	}
}

static bool open_pair(const struct fb_matrix_cell *c)
{
	return c->state == FB_PAIR_PART || c->state == FB_PAIR_ALL || c->state == FB_PAIR_OBSERVED;
}

/* The grid, rows begin. False: it would not fit, and cut cells would say something wrong. */
static bool print_grid(const struct sheet *s)
{
	enum { STATE_WIDTH = 9 }; /* "observed*" */
	struct fb_column columns[ZONES_MAX + 1] = { { "FROM \\ TO" } };
	struct fb_table t = { .columns = columns, .n_columns = (unsigned int)s->m.zones.n + 1 };
	size_t width = strlen(columns[0].title);
	bool starred = false;

	if (s->m.zones.n > ZONES_MAX)
		return false;
	for (size_t i = 0; i < s->m.zones.n; i++) {
		size_t len = strlen(zone_name(s, s->m.zones.v[i]));

		columns[i + 1].title = zone_name(s, s->m.zones.v[i]);
		width += 2 + (len > STATE_WIDTH ? len : STATE_WIDTH);
	}
	if (s->screen.width && width > s->screen.width)
		return false;
	for (size_t i = 0; i < s->m.zones.n; i++) {
		fb_table_add(&t, zone_name(s, s->m.zones.v[i]));
		for (size_t k = 0; k < s->m.zones.n; k++) {
			const struct fb_matrix_cell *c =
				fb_matrix_cell(&s->m, s->m.zones.v[i], s->m.zones.v[k]);

			bool star = c->src == c->dst && c->state != FB_PAIR_UNSEEN;
			char text[16];

			snprintf(text, sizeof(text), "%s%s",
				 c->state == FB_PAIR_NONE ? "." : fb_pair_state_name(c->state),
				 star ? "*" : "");
			starred |= star;
			fb_table_add(&t, text);
			fb_table_colour(&t, colour_of(c->state));
		}
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (starred)
		fb_print_line(&s->screen, FB_PLAIN,
			      "* what passes the gateway; hosts of one segment reach each other without it");
	return true;
}

static void add_until(const struct sheet *s, struct fb_table *t, __s64 until)
{
	char buf[FB_CLOCK_STRLEN];

	fb_table_add(t, until && until != FB_NO_DEADLINE
				? fb_clock_print_local(fb_policy_timezone(s->policy), until, buf)
				: "-");
}

/* The pairs by which anything can pass. */
static void print_open(const struct sheet *s)
{
	static const struct fb_column columns[] = { { "FROM", .text = true },
						    { "TO", .text = true },
						    { "STATE", .rank = 1 },
						    { "SERVICES", .text = true },
						    { "WHEN", .text = true, .sparse = true },
						    { "UNTIL", .rank = 2 } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };

	for (size_t i = 0; i < s->m.cells.n; i++) {
		const struct fb_matrix_cell *c = &s->m.cells.v[i];
		fb_autostrbuf struct fb_strbuf services = { 0 }, when = { 0 };

		if (!open_pair(c))
			continue;
		fb_matrix_services(s->rs, c, &services);
		fb_matrix_when(s->rs, c, &when);
		fb_table_add(&t, zone_name(s, c->src));
		fb_table_add(&t, zone_name(s, c->dst));
		fb_table_add(&t, fb_pair_state_name(c->state));
		fb_table_colour(&t, colour_of(c->state));
		fb_table_add(&t, fb_strbuf_get(&services));
		fb_table_add(&t, c->state == FB_PAIR_OBSERVED ? NULL : fb_strbuf_get(&when));
		add_until(s, &t, c->observe_until ? c->observe_until : c->deadline);
	}
	fb_table_print(&t);
	if (!t.cells.n)
		fb_complain("nothing may pass between any two zones");
	fb_table_done(&t);
}

static const char *place(const struct sheet *s, struct fb_at at, char *buf, size_t size)
{
	const struct fb_sources *sources = &s->policy->tree.sources;

	snprintf(buf, size, "%s:%u", at.file < sources->files.n ? sources->files.v[at.file].path : "-",
		 at.line);
	return buf;
}

static void print_pair(const struct sheet *s, const struct fb_matrix_cell *c)
{
	static const struct fb_column columns[] = { { "LINE", .text = true },
						    { "WHEN", .text = true, .sparse = true },
						    { "UNTIL", .rank = 1 },
						    { "OWNER", .text = true, .rank = 3 },
						    { "REASON", .text = true, .rank = 4 },
						    { "AT", .text = true, .rank = 2 } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	char buf[FB_CLOCK_STRLEN], at[512];

	fb_print_line(&s->screen, colour_of(c->state), "%s -> %s: %s%s%s", zone_name(s, c->src),
		      zone_name(s, c->dst),
		      c->state == FB_PAIR_NONE ? "denied, no line" : fb_pair_state_name(c->state),
		      c->observe_until ? " until " : "",
		      c->observe_until
			      ? fb_clock_print_local(fb_policy_timezone(s->policy), c->observe_until, buf)
			      : "");
	if (c->src == c->dst)
		fb_print_line(&s->screen, FB_PLAIN,
			      "hosts of one segment reach each other without the gateway");
	for (size_t i = 0; i < c->lines.n; i++) {
		const struct fb_line *line = &s->rs->lines.v[c->lines.v[i]];
		fb_autostrbuf struct fb_strbuf when = { 0 };

		fb_ruleset_print_when(s->rs, line, &when);
		fb_table_add(&t, line->text);
		fb_table_add(&t, fb_strbuf_get(&when));
		add_until(s, &t, line->deadline);
		fb_table_add(&t, line->owner);
		fb_table_add(&t, line->reason);
		fb_table_add(&t, place(s, line->at, at, sizeof(at)));
	}
	fb_table_print(&t);
	fb_table_done(&t);
}

static json_t *cell_json(const struct sheet *s, const struct fb_matrix_cell *c)
{
	fb_autostrbuf struct fb_strbuf services = { 0 };
	json_t *lines = json_array();
	char at[512];

	fb_matrix_services(s->rs, c, &services);
	for (size_t i = 0; i < c->lines.n; i++) {
		const struct fb_line *line = &s->rs->lines.v[c->lines.v[i]];
		json_t *v = json_pack("{ss ss ss}", "id", line->id, "text", line->text, "at",
				      place(s, line->at, at, sizeof(at)));

		fb_line_when_json(s->rs, line, v);
		json_array_append_new(lines, v);
	}

	json_t *v = json_pack("{ss ss ss ss so}", "src", zone_name(s, c->src), "dst", zone_name(s, c->dst),
			      "state", fb_pair_state_name(c->state), "services", fb_strbuf_get(&services),
			      "lines", lines);

	if (c->observe_until)
		json_object_set_new(v, "observe_until", json_integer(c->observe_until));
	if (c->deadline && c->deadline != FB_NO_DEADLINE)
		json_object_set_new(v, "deadline", json_integer(c->deadline));
	return v;
}

static bool find_zone(const struct fb_ruleset *rs, const char *name, unsigned int *ret)
{
	const struct fb_zone *zone = fb_ruleset_zone(rs, name);

	*ret = zone ? zone->id : FB_ZONE_SELF;
	if (zone || !strcmp(name, "self"))
		return true;
	fb_policy_no_zone(rs, name, "; for devices and groups ask \"firebreak reach\"");
	return false;
}

static int print_all(const struct sheet *s, bool json)
{
	if (json) {
		json_t *cells = json_array();

		for (size_t i = 0; i < s->m.cells.n; i++)
			json_array_append_new(cells, cell_json(s, &s->m.cells.v[i]));
		return fb_json_put(json_pack("{ss so}", "schema", "firebreak.matrix/1", "pairs", cells));
	}
	if (print_grid(s))
		puts(".: denied, no line\n");
	else if (s->m.zones.n <= ZONES_MAX)
		fb_complain("the grid is wider than this screen: -j has it");
	print_open(s);
	return FB_EXIT_OK;
}

int fb_cmd_matrix(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { .asking = true };
	struct sheet s = { .policy = &policy, .rs = &policy.ruleset, .screen = fb_screen_of(stdout) };
	unsigned int src, dst;
	int r;

	if (call->n_args == 1) {
		fb_complain("matrix takes two zones, or none for all: firebreak matrix %s TO", call->args[0]);
		return FB_EXIT_USAGE;
	}
	r = fb_policy_get(call, &policy, NULL);
	if (r)
		return r;
	fb_matrix_fill(s.rs, fb_clock_now(), &s.m);
	if (!call->n_args) {
		r = print_all(&s, call->json);
	} else if (!find_zone(s.rs, call->args[0], &src) || !find_zone(s.rs, call->args[1], &dst)) {
		r = FB_EXIT_USAGE;
	} else {
		const struct fb_matrix_cell *c = fb_matrix_cell(&s.m, src, dst);

		if (call->json)
			fb_json_put(json_pack("{ss s[o]}", "schema", "firebreak.matrix/1", "pairs",
					      cell_json(&s, c)));
		else
			print_pair(&s, c);
	}
	fb_matrix_done(&s.m);
	return r;
}

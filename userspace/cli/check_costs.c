// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a policy is made of, line by line: ranges of addresses and services, whose product is what the compiler has to tell apart. The
 * numbers do not add up to the size of the image, in which lines share what they have in common; they say where to look.
 */
#include <stdlib.h>

#include "cli/check_parts.h"
#include "cli/output.h"

enum { SHOWN = 10 };

struct cost {
	unsigned int line;
	unsigned long long sources, destinations, services, all;
};

static unsigned long long ranges(const struct fb_ipset *set)
{
	return set->r[0].n + set->r[1].n;
}

static int most_first(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	if (x->all != y->all)
		return x->all > y->all ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static struct cost *costs_of(const struct fb_ruleset *rs)
{
	struct cost *v = calloc(rs->lines.n + 1, sizeof(*v));

	if (!v)
		abort();
	for (unsigned int i = 0; i < rs->lines.n; i++)
		v[i].line = i;
	for (size_t i = 0; i < rs->boxes.n; i++) {
		const struct fb_box *box = &rs->boxes.v[i];
		const struct fb_ipset *src = &rs->sets.v[box->src], *dst = &rs->sets.v[box->dst];
		struct cost *c = &v[box->line];

		c->sources += ranges(src);
		c->destinations += ranges(dst);
		c->services += rs->services.v[box->svc].n;
		for (int f = 0; f < 2; f++)
			c->all += (unsigned long long)src->r[f].n * dst->r[f].n * rs->services.v[box->svc].n;
	}
	if (rs->lines.n)
		qsort(v, rs->lines.n, sizeof(*v), most_first);
	return v;
}

static void add_place(const struct fb_ruleset *rs, const struct fb_sources *sources, unsigned int line,
		      struct fb_strbuf *out)
{
	struct fb_at at = rs->lines.v[line].at;

	fb_strbuf_addf(out, "%s:%u", sources->files.v[at.file].path, at.line);
}

static void print_groups(const struct fb_ruleset *rs)
{
	const struct fb_named_set *top[SHOWN] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < rs->groups.n; i++) {
		const struct fb_named_set *g = &rs->groups.v[i];
		size_t at = n < SHOWN ? n : SHOWN;

		while (at > 0 && ranges(&top[at - 1]->ips) < ranges(&g->ips)) {
			if (at < SHOWN)
				top[at] = top[at - 1];
			at--;
		}
		if (at < SHOWN) {
			top[at] = g;
			n += n < SHOWN;
		}
	}
	for (size_t i = 0; i < n; i++)
		printf("%s%s (%llu)", i ? ", " : "largest groups, in ranges of addresses: ", top[i]->name,
		       ranges(&top[i]->ips));
	if (n)
		putchar('\n');
}

void fb_costs_print(const struct fb_ruleset *rs, const struct fb_sources *sources)
{
	static const struct fb_column columns[] = { { "COSTS MOST", .text = true },
						    { "SOURCES", .right = true, .rank = 2 },
						    { "DESTINATIONS", .right = true, .rank = 2 },
						    { "SERVICES", .right = true, .rank = 2 },
						    { "PRODUCT", .right = true },
						    { "AT", .text = true, .rank = 1 } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	fb_autofree struct cost *costs = costs_of(rs);
	char buf[FB_HUMAN_LEN];

	for (size_t i = 0; i < rs->lines.n && i < SHOWN; i++) {
		fb_autostrbuf struct fb_strbuf at = { 0 };

		add_place(rs, sources, costs[i].line, &at);
		fb_table_addf(&t, "%s%s", rs->lines.v[costs[i].line].allow ? "" : "never ",
			      rs->lines.v[costs[i].line].text);
		fb_table_add(&t, fb_human_count(costs[i].sources, buf));
		fb_table_add(&t, fb_human_count(costs[i].destinations, buf));
		fb_table_add(&t, fb_human_count(costs[i].services, buf));
		fb_table_add(&t, fb_human_count(costs[i].all, buf));
		fb_table_add(&t, fb_strbuf_get(&at));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	print_groups(rs);
}

json_t *fb_costs_json(const struct fb_ruleset *rs, const struct fb_sources *sources)
{
	fb_autofree struct cost *costs = costs_of(rs);
	json_t *v = json_array();

	for (size_t i = 0; i < rs->lines.n && i < SHOWN; i++) {
		fb_autostrbuf struct fb_strbuf at = { 0 };

		add_place(rs, sources, costs[i].line, &at);
		json_array_append_new(
			v, json_pack("{ss ss sI sI sI sI}", "line", rs->lines.v[costs[i].line].text, "at",
				     fb_strbuf_get(&at), "sources", (json_int_t)costs[i].sources,
				     "destinations", (json_int_t)costs[i].destinations, "services",
				     (json_int_t)costs[i].services, "product", (json_int_t)costs[i].all));
	}
	return v;
}

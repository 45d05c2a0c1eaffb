// SPDX-License-Identifier: GPL-2.0-only
/* The set that something may reach, or be reached by, in the names of the policy. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/set_names.h"
#include "cli/verbs.h"
#include "policy/cubes.h"

struct question {
	const struct fb_policy *policy;
	const struct fb_ruleset *rs;
	const char *from, *to;	     /* as typed; NULL = everything */
	struct fb_reach_list list;   /* now */
	struct fb_reach_list always; /* at any time */
	struct fb_set_names names;
	unsigned int *services; /* of the first box of each line */
};

static void question_done(struct question *q)
{
	fb_reach_done(&q->list);
	fb_reach_done(&q->always);
	fb_set_names_done(&q->names);
	free(q->services);
}

static void index_lines(struct question *q)
{
	fb_set_names_init(&q->names, q->rs);
	q->services = calloc(q->rs->lines.n + 1, sizeof(*q->services));
	if (!q->services)
		abort();
	for (size_t i = q->rs->boxes.n; i-- > 0;)
		q->services[q->rs->boxes.v[i].line] = q->rs->boxes.v[i].svc;
}

/* Not so of what crosses a wire from link-local addresses, and of what an observed pair has left. */
static bool has_all_services(const struct question *q, const struct fb_reach *r)
{
	return r->line >= 0 && fb_l4set_equal(&q->rs->services.v[q->services[r->line]], &r->services);
}

/* The services as the line writes them: "nvr-1 -> cameras  rtsp, onvif  limit ..." has them after the first two blanks. */
static void add_written(const struct fb_line *line, struct fb_strbuf *out)
{
	const char *arrow = strstr(line->text, " -> "), *begin = arrow ? strstr(arrow + 4, "  ") : NULL, *end;

	if (!begin)
		return;
	begin += 2;
	end = strstr(begin, "  ");
	fb_strbuf_addn(out, begin, end ? (size_t)(end - begin) : strlen(begin));
}

static void add_services(const struct question *q, const struct fb_reach *r, struct fb_strbuf *out)
{
	if (has_all_services(q, r))
		add_written(&q->rs->lines.v[r->line], out);
	else
		fb_l4set_say(&r->services, out);
}

static void add_place(const struct question *q, const struct fb_reach *r, struct fb_strbuf *out)
{
	const struct fb_sources *sources = &q->policy->tree.sources;

	if (r->line < 0)
		fb_strbuf_add(out, "observed");
	else if (q->rs->lines.v[r->line].at.file < sources->files.n)
		fb_strbuf_addf(out, "%s:%u", sources->files.v[q->rs->lines.v[r->line].at.file].path,
			       q->rs->lines.v[r->line].at.line);
}

static void print(const struct question *q)
{
	static const struct fb_column columns[] = { { "FROM", .text = true },
						    { "TO", .text = true },
						    { "SERVICES", .text = true },
						    { "WHEN", .text = true, .sparse = true },
						    { "ZONES", .text = true, .rank = 2 },
						    { "UNTIL", .rank = 3 },
						    { "AT", .text = true, .rank = 1 } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };

	for (size_t i = 0; i < q->list.n; i++) {
		const struct fb_reach *r = &q->list.v[i];
		fb_autostrbuf struct fb_strbuf src = { 0 }, dst = { 0 }, services = { 0 }, at = { 0 },
					       when = { 0 };
		char buf[FB_CLOCK_STRLEN];

		fb_set_names_put_end(&q->names, r, true, &src);
		fb_set_names_put_end(&q->names, r, false, &dst);
		add_services(q, r, &services);
		add_place(q, r, &at);
		fb_table_add(&t, fb_strbuf_get(&src));
		fb_table_add(&t, fb_strbuf_get(&dst));
		fb_table_add(&t, fb_strbuf_get(&services));
		if (r->line >= 0)
			fb_ruleset_print_when(q->rs, &q->rs->lines.v[r->line], &when);
		fb_table_add(&t, fb_strbuf_get(&when));
		fb_table_addf(&t, "%s -> %s", fb_ruleset_zone_name(q->rs, r->src_zone),
			      fb_ruleset_zone_name(q->rs, r->dst_zone));
		fb_table_add(&t,
			     r->deadline == FB_NO_DEADLINE
				     ? "-"
				     : fb_clock_print_local(fb_policy_timezone(q->policy), r->deadline, buf));
		fb_table_add(&t, fb_strbuf_get(&at));
	}
	fb_table_print(&t);
	fb_table_done(&t);
	if (!q->list.n)
		fb_complain("nothing: no line allows it");
}

/* ---- as an assertion ---- */

static bool is_name(const struct fb_ruleset *rs, const char *word)
{
	if (fb_ruleset_zone(rs, word) || !strcmp(word, "self"))
		return true;
	for (size_t i = 0; i < rs->devices.n; i++)
		if (!strcmp(rs->devices.v[i].name, word))
			return true;
	for (size_t i = 0; i < rs->groups.n; i++)
		if (!strcmp(rs->groups.v[i].name, word))
			return true;
	for (size_t i = 0; i < rs->zone_groups.n; i++)
		if (!strcmp(rs->zone_groups.v[i].name, word))
			return true;
	return false;
}

/* "cam-1, cam-2" if these devices are the set. */
static bool add_devices(const struct fb_ruleset *rs, const struct fb_ipset *set, struct fb_strbuf *out)
{
	FB_CLEANUP(fb_ipset_done) struct fb_ipset all = { 0 }, one = { 0 };
	fb_autostrbuf struct fb_strbuf names = { 0 };
	const bool address = set->r[0].n + set->r[1].n == 1 && fb_single_hosts(rs, set, &one);

	/* An address that is all of a device has its name. */
	for (size_t i = 0; !address && i < rs->devices.n; i++) {
		const struct fb_device *d = &rs->devices.v[i];

		if (fb_ipset_empty(&d->ips) || !fb_ipset_within(&d->ips, set))
			continue;
		fb_ipset_add_set(&all, &d->ips);
		fb_strbuf_addf(&names, "%s%s", names.len ? ", " : "", d->name);
	}
	if (!fb_ipset_equal(&all, set))
		return false;
	fb_strbuf_add(out, fb_strbuf_get(&names));
	return true;
}

/* A side of an assertion is names: what has none is said by its zone, which is wider. True if it had to be. */
static bool add_side(const struct question *q, const struct fb_reach *r, bool source, struct fb_strbuf *out)
{
	const struct fb_ipset *set = source ? &r->src : &r->dst;
	fb_autostrbuf struct fb_strbuf name = { 0 };

	if (fb_set_names_put_end(&q->names, r, source, &name)) {
		fb_strbuf_add(out, fb_strbuf_get(&name));
		return false;
	}
	if (add_devices(q->rs, set, out))
		return false;
	fb_strbuf_add(out, fb_ruleset_zone_name(q->rs, source ? r->src_zone : r->dst_zone));
	return true;
}

struct entries FB_VEC(char *);

static void entries_done(struct entries *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	fb_vec_done(list);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void forget(void *text)
{
	(void)text; /* it is an entry's */
}

/* All lines, whatever their time: an assertion knows no clock. True if a zone stands for addresses without a name, or any service for what is
 * observed. */
static bool collect(const struct question *q, bool from, struct entries *ret)
{
	struct fb_l4 all = FB_L4_ALL;
	bool wider = false;
	void *seen = NULL;

	for (size_t i = 0; i < q->always.n; i++) {
		const struct fb_reach *r = &q->always.v[i];
		struct fb_strbuf text = { 0 };
		fb_autostrbuf struct fb_strbuf services = { 0 };
		char *entry;

		wider |= add_side(q, r, !from, &text);
		if (r->line >= 0)
			add_written(&q->rs->lines.v[r->line], &services);
		else
			wider |= !fb_l4set_equal(&r->services, &(struct fb_l4set){ &all, 1 });
		if (services.len && strcmp(fb_strbuf_get(&services), "all") != 0)
			fb_strbuf_addf(&text, " %s", fb_strbuf_get(&services));
		entry = fb_strbuf_steal(&text);
		if (*(char **)tsearch(entry, &seen, by_text) == entry)
			fb_vec_add(ret, entry);
		else
			free(entry);
	}
	tdestroy(seen, forget);
	return wider;
}

/* Nothing to paste if the question has two ends, or one that is an address. */
static bool assertion(const struct question *q, struct fb_strbuf *out, bool *ret_wider)
{
	FB_CLEANUP(entries_done) struct entries list = { 0 };
	const char *subject = q->from ? q->from : q->to;

	if ((q->from && q->to) || !is_name(q->rs, subject))
		return false;
	*ret_wider = collect(q, q->from, &list);
	if (!list.n) {
		fb_strbuf_addf(out, q->from ? "assert %s cannot reach any" : "assert any cannot reach %s",
			       subject);
		return true;
	}
	fb_strbuf_addf(out, q->from ? "assert %s can only reach " : "assert %s can only be reached by ",
		       subject);
	for (size_t i = 0; i < list.n; i++)
		fb_strbuf_addf(out, "%s%s", i ? " and " : "", list.v[i]);
	return true;
}

static void print_assertion(const struct question *q)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	bool wider = false, conditional = false;

	if (!assertion(q, &out, &wider))
		return;
	printf("\nas it is now, to be kept so:\n%s\n", fb_strbuf_get(&out));
	for (size_t i = 0; i < q->always.n; i++)
		conditional |= q->always.v[i].line >= 0 && (q->rs->lines.v[q->always.v[i].line].window ||
							    q->rs->lines.v[q->always.v[i].line].access);
	if (conditional)
		puts("   it counts lines as open that are so at certain hours or on request only");
	if (wider)
		puts("   addresses without a name are said by their zone, and an observed pair as any "
		     "service, which is more");
}

static json_t *to_json(const struct question *q)
{
	json_t *entries = json_array(), *v;
	fb_autostrbuf struct fb_strbuf text = { 0 };
	bool wider = false;

	for (size_t i = 0; i < q->list.n; i++) {
		const struct fb_reach *r = &q->list.v[i];
		fb_autostrbuf struct fb_strbuf src = { 0 }, dst = { 0 }, services = { 0 }, at = { 0 };

		fb_ruleset_print_set(q->rs, &r->src, &src);
		fb_ruleset_print_set(q->rs, &r->dst, &dst);
		add_services(q, r, &services);
		add_place(q, r, &at);
		v = json_pack("{ss ss ss ss ss ss}", "src", fb_strbuf_get(&src), "dst", fb_strbuf_get(&dst),
			      "services", fb_strbuf_get(&services), "src_zone",
			      fb_ruleset_zone_name(q->rs, r->src_zone), "dst_zone",
			      fb_ruleset_zone_name(q->rs, r->dst_zone), "at", fb_strbuf_get(&at));
		if (r->deadline != FB_NO_DEADLINE)
			json_object_set_new(v, "until", json_integer(r->deadline));
		if (r->line >= 0)
			fb_line_when_json(q->rs, &q->rs->lines.v[r->line], v);
		json_array_append_new(entries, v);
	}
	v = json_pack("{ss ss? ss? so}", "schema", "firebreak.reach/1", "from", q->from, "to", q->to,
		      "entries", entries);
	if (assertion(q, &text, &wider))
		json_object_set_new(v, "assertion", json_string(fb_strbuf_get(&text)));
	return v;
}

int fb_cmd_reach(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { .asking = true };
	FB_CLEANUP(fb_ipset_done) struct fb_ipset from = { 0 }, to = { 0 };
	FB_CLEANUP(question_done) struct question q = { .policy = &policy, .rs = &policy.ruleset };
	struct fb_error err = { 0 };
	int r;

	q.from = fb_call_option(call, "from");
	q.to = fb_call_option(call, "to");
	if (!q.from && !q.to) {
		fb_complain("reach needs --from NAME or --to NAME");
		return FB_EXIT_USAGE;
	}
	r = fb_policy_get(call, &policy, NULL);
	if (r)
		return r;
	if ((q.from && fb_side_find(q.rs, q.from, true, &from, &err) < 0) ||
	    (q.to && fb_side_find(q.rs, q.to, false, &to, &err) < 0)) {
		fb_complain("%s", err.text);
		return FB_EXIT_USAGE;
	}
	index_lines(&q);
	fb_reach_find(q.rs, q.from ? &from : NULL, q.to ? &to : NULL, fb_clock_now(), &q.list);
	fb_reach_find(q.rs, q.from ? &from : NULL, q.to ? &to : NULL, 0, &q.always);
	if (call->json)
		return fb_json_put(to_json(&q));
	print(&q);
	print_assertion(&q);
	return FB_EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/* The set that something may reach, or be reached by, in the names of the policy. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "policy/cubes.h"

struct question {
	const struct fb_policy *policy;
	const struct fb_ruleset *rs;
	const char *from, *to;	     /* as typed; NULL = everything */
	struct fb_reach_list list;   /* now */
	struct fb_reach_list always; /* at any time */
};

static void question_done(struct question *q)
{
	fb_reach_done(&q->list);
	fb_reach_done(&q->always);
}

/* All of a zone, with or without the link-local roles that a box may hold. */
static bool is_zone(const struct fb_ruleset *rs, const struct fb_zone *zone, const struct fb_ipset *set)
{
	FB_CLEANUP(fb_ipset_done) struct fb_ipset src = { 0 }, dst = { 0 };
	struct fb_error err = { 0 };

	if (fb_ipset_equal(&zone->hosts, set))
		return true;
	if (fb_side_find(rs, zone->name, true, &src, &err) < 0 ||
	    fb_side_find(rs, zone->name, false, &dst, &err) < 0)
		return false;
	return fb_ipset_equal(&src, set) || fb_ipset_equal(&dst, set);
}

static const char *name_of(const struct fb_ruleset *rs, const struct fb_ipset *set)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		if (is_zone(rs, &rs->zones.v[i], set))
			return rs->zones.v[i].name;
	for (size_t i = 0; i < rs->devices.n; i++)
		if (fb_ipset_equal(&rs->devices.v[i].ips, set))
			return rs->devices.v[i].name;
	for (size_t i = 0; i < rs->groups.n; i++)
		if (fb_ipset_equal(&rs->groups.v[i].ips, set))
			return rs->groups.v[i].name;
	return NULL;
}

void fb_policy_name_end(const struct fb_ruleset *rs, const struct fb_reach *r, bool source,
			struct fb_strbuf *out)
{
	const struct fb_ipset *set = source ? &r->src : &r->dst, *other = source ? &r->dst : &r->src;
	unsigned int zone = source ? r->src_zone : r->dst_zone;
	FB_CLEANUP(fb_ipset_done) struct fb_ipset whole = { 0 };
	const char *name = zone == FB_ZONE_SELF ? "self" : name_of(rs, set);

	/* A zone less the host that calls, which is not said to call itself, is meant by its name. */
	if (!name && r->src_zone == r->dst_zone && fb_single_hosts(rs, other, &whole)) {
		fb_ipset_add_set(&whole, set);
		name = name_of(rs, &whole);
	}
	if (name)
		fb_strbuf_add(out, name);
	else
		fb_ruleset_print_set(rs, set, out);
}

/* Not so of what crosses a wire from link-local addresses, and of what an observed pair has left. */
static bool has_all_services(const struct fb_ruleset *rs, const struct fb_reach *r)
{
	for (size_t i = 0; r->line >= 0 && i < rs->boxes.n; i++)
		if (rs->boxes.v[i].line == (unsigned int)r->line)
			return fb_l4set_equal(&rs->services.v[rs->boxes.v[i].svc], &r->services);
	return false;
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

static void add_services(const struct fb_ruleset *rs, const struct fb_reach *r, struct fb_strbuf *out)
{
	if (has_all_services(rs, r))
		add_written(&rs->lines.v[r->line], out);
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

		fb_policy_name_end(q->rs, r, true, &src);
		fb_policy_name_end(q->rs, r, false, &dst);
		add_services(q->rs, r, &services);
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
	FB_CLEANUP(fb_ipset_done) struct fb_ipset all = { 0 };
	fb_autostrbuf struct fb_strbuf names = { 0 };

	for (size_t i = 0; i < rs->devices.n; i++) {
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

	fb_policy_name_end(q->rs, r, source, &name);
	if (is_name(q->rs, fb_strbuf_get(&name))) {
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

/* All lines, whatever their time: an assertion knows no clock. True if a zone stands for addresses without a name, or any service for what is
 * observed. */
static bool collect(const struct question *q, bool from, struct entries *ret)
{
	struct fb_l4 all = FB_L4_ALL;
	bool wider = false;

	for (size_t i = 0; i < q->always.n; i++) {
		const struct fb_reach *r = &q->always.v[i];
		struct fb_strbuf text = { 0 };
		fb_autostrbuf struct fb_strbuf services = { 0 };
		bool again = false;

		wider |= add_side(q, r, !from, &text);
		if (r->line >= 0)
			add_written(&q->rs->lines.v[r->line], &services);
		else
			wider |= !fb_l4set_equal(&r->services, &(struct fb_l4set){ &all, 1 });
		if (services.len && strcmp(fb_strbuf_get(&services), "all") != 0)
			fb_strbuf_addf(&text, " %s", fb_strbuf_get(&services));
		for (size_t k = 0; k < ret->n && !again; k++)
			again = !strcmp(ret->v[k], fb_strbuf_get(&text));
		if (again)
			fb_strbuf_done(&text);
		else
			fb_vec_add(ret, fb_strbuf_steal(&text));
	}
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
		add_services(q->rs, r, &services);
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
	fb_reach_find(q.rs, q.from ? &from : NULL, q.to ? &to : NULL, fb_clock_now(), &q.list);
	fb_reach_find(q.rs, q.from ? &from : NULL, q.to ? &to : NULL, 0, &q.always);
	if (call->json)
		return fb_json_put(to_json(&q));
	print(&q);
	print_assertion(&q);
	return FB_EXIT_OK;
}

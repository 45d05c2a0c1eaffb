// SPDX-License-Identifier: GPL-2.0-only
/* The set that something may reach, or be reached by, in the words of an assertion, ready to be pasted into the policy. */
#include <string.h>

#include "base/clock.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "policy/analyse.h"

/* One end of entries, with all services by which it is reached. */
struct entry {
	struct fb_strbuf side;	   /* a name of the policy, else addresses */
	struct fb_strbuf services; /* "" = any */
	bool named;		   /* may stand in an assertion */
	bool any_service;
};

struct question {
	const struct fb_policy *policy;
	const struct fb_ruleset *rs;
	const char *from, *to; /* as typed; NULL = everything */
	struct fb_reach_list list;
	struct FB_VEC(struct entry) entries;
};

static void question_done(struct question *q)
{
	fb_reach_done(&q->list);
	for (size_t i = 0; i < q->entries.n; i++) {
		fb_strbuf_done(&q->entries.v[i].side);
		fb_strbuf_done(&q->entries.v[i].services);
	}
	fb_vec_done(&q->entries);
}

/* The name that stands for exactly this set. */
static bool name_set(const struct fb_ruleset *rs, const struct fb_ipset *set, unsigned int zone,
		     struct fb_strbuf *out)
{
	if (zone == FB_ZONE_SELF) {
		fb_strbuf_add(out, "self");
		return true;
	}
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_ipset_equal(&rs->zones.v[i].owned, set)) {
			fb_strbuf_add(out, rs->zones.v[i].name);
			return true;
		}
	for (size_t i = 0; i < rs->devices.n; i++)
		if (fb_ipset_equal(&rs->devices.v[i].ips, set)) {
			fb_strbuf_add(out, rs->devices.v[i].name);
			return true;
		}
	for (size_t i = 0; i < rs->groups.n; i++)
		if (fb_ipset_equal(&rs->groups.v[i].ips, set)) {
			fb_strbuf_add(out, rs->groups.v[i].name);
			return true;
		}
	fb_ruleset_print_set(rs, set, out);
	return false;
}

/* The services as the line writes them: "nvr-1 -> cameras  rtsp, onvif  limit ..." has them after the first two blanks. */
static void add_services(const struct fb_ruleset *rs, const struct fb_reach *r, struct fb_strbuf *out)
{
	const char *text = r->line >= 0 ? rs->lines.v[r->line].text : "", *arrow = strstr(text, " -> ");
	const char *begin = arrow ? strstr(arrow + 4, "  ") : NULL, *end;

	if (!begin) {
		if (r->line >= 0)
			fb_l4set_print(&r->services, out);
		else
			fb_strbuf_add(out, "all");
		return;
	}
	begin += 2;
	end = strstr(begin, "  ");
	fb_strbuf_addn(out, begin, end ? (size_t)(end - begin) : strlen(begin));
}

/* Whether word is in the list "a, b, c". */
static bool listed(const char *list, const char *word, size_t n)
{
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ",");

		if (len == n && !memcmp(p, word, n))
			return true;
		p += len + strspn(p + len, ", ");
	}
	return false;
}

static void merge_services(struct entry *e, const char *services)
{
	for (const char *p = services; *p;) {
		size_t len = strcspn(p, ",");

		if (len == 3 && !memcmp(p, "all", 3))
			e->any_service = true;
		else if (!listed(fb_strbuf_get(&e->services), p, len))
			fb_strbuf_addf(&e->services, "%s%.*s", e->services.len ? ", " : "", (int)len, p);
		p += len + strspn(p + len, ", ");
	}
}

/* Entries speak of the far end: destinations for --from, sources for --to. */
static void collect(struct question *q)
{
	for (size_t i = 0; i < q->list.n; i++) {
		const struct fb_reach *r = &q->list.v[i];
		fb_autostrbuf struct fb_strbuf side = { 0 }, services = { 0 };
		bool named = q->from ? name_set(q->rs, &r->dst, r->dst_zone, &side)
				     : name_set(q->rs, &r->src, r->src_zone, &side);
		struct entry *e = NULL;

		add_services(q->rs, r, &services);
		for (size_t k = 0; k < q->entries.n && !e; k++)
			if (!strcmp(fb_strbuf_get(&q->entries.v[k].side), fb_strbuf_get(&side)))
				e = &q->entries.v[k];
		if (!e) {
			e = fb_vec_add(&q->entries, (struct entry){ .named = named });
			fb_strbuf_add(&e->side, fb_strbuf_get(&side));
		}
		merge_services(e, fb_strbuf_get(&services));
	}
}

/* Sides of assertions are names: an address has none. */
static bool is_name(const struct fb_ruleset *rs, const char *word)
{
	struct fb_ip ip;
	int family;

	return strcspn(word, "/:.") == strlen(word) && fb_ip_parse(word, strlen(word), &family, &ip) < 0;
}

static void assertion(const struct question *q, struct fb_strbuf *out)
{
	const char *name = q->from ? q->from : q->to, *and = "";
	bool nothing = true;

	if ((q->from && q->to) || !is_name(q->rs, name))
		return;
	for (size_t i = 0; i < q->entries.n; i++)
		nothing &= !q->entries.v[i].named;
	if (!q->entries.n) {
		fb_strbuf_addf(out, q->from ? "assert %s cannot reach any" : "assert any cannot reach %s",
			       name);
		return;
	}
	if (nothing)
		return;
	fb_strbuf_addf(out, "assert %s can only %s ", name, q->from ? "reach" : "be reached by");
	for (size_t i = 0; i < q->entries.n; i++) {
		const struct entry *e = &q->entries.v[i];

		if (!e->named)
			continue;
		fb_strbuf_addf(out, "%s%s", and, fb_strbuf_get(&e->side));
		if (!e->any_service)
			fb_strbuf_addf(out, " %s", fb_strbuf_get(&e->services));
		and = " and ";
	}
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
	static const struct fb_column columns[] = { { "FROM", .rank = 3 },     { "TO", .rank = 2 },
						    { "SERVICES", .rank = 1 }, { "ZONES", .rank = 5 },
						    { "UNTIL", .rank = 6 },    { "AT", .rank = 4 } };
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	fb_autostrbuf struct fb_strbuf assert = { 0 };
	bool unnamed = false;

	for (size_t i = 0; i < q->list.n; i++) {
		const struct fb_reach *r = &q->list.v[i];
		fb_autostrbuf struct fb_strbuf src = { 0 }, dst = { 0 }, services = { 0 }, at = { 0 };
		char buf[FB_CLOCK_STRLEN];

		name_set(q->rs, &r->src, r->src_zone, &src);
		name_set(q->rs, &r->dst, r->dst_zone, &dst);
		add_services(q->rs, r, &services);
		add_place(q, r, &at);
		fb_table_add(&t, fb_strbuf_get(&src));
		fb_table_add(&t, fb_strbuf_get(&dst));
		fb_table_add(&t, fb_strbuf_get(&services));
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
	for (size_t i = 0; i < q->entries.n; i++)
		unnamed |= !q->entries.v[i].named;
	assertion(q, &assert);
	if (!q->list.n)
		fb_complain("nothing: no line allows it");
	if (assert.len)
		printf("%sas an assertion:\n   %s\n", q->list.n ? "\n" : "", fb_strbuf_get(&assert));
	if (assert.len && unnamed)
		printf("   # incomplete: addresses above that have no name need a group to be asserted\n");
}

static json_t *to_json(const struct question *q)
{
	fb_autostrbuf struct fb_strbuf assert = { 0 };
	json_t *entries = json_array(), *v;

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
		json_array_append_new(entries, v);
	}
	assertion(q, &assert);
	return json_pack("{ss ss? ss? ss? so}", "schema", "firebreak.reach/1", "from", q->from, "to", q->to,
			 "assertion", assert.len ? fb_strbuf_get(&assert) : NULL, "entries", entries);
}

int fb_cmd_reach(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
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
	collect(&q);
	if (call->json)
		return fb_json_put(to_json(&q));
	print(&q);
	return FB_EXIT_OK;
}

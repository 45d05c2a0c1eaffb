// SPDX-License-Identifier: GPL-2.0-only
#include "policy/report.h"

#include <string.h>

#include "policy/assert.h"
#include "policy/lint.h"
#include "policy/print.h"

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *place(const struct fb_tree *tree, struct fb_at at)
{
	return json_sprintf("%s:%u", tree->sources.files.v[at.file].path, at.line);
}

static json_t *words(const struct fb_words *w)
{
	json_t *v = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(v, json_string(w->v[i].s));
	return v;
}

static json_t *set_json(const struct fb_ipset *set)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_ipset_print(set, &out);
	return json_string(fb_strbuf_get(&out));
}

/* ---- zones ---------------------------------------------------------------------------------------------------------- */

static unsigned int devices_in(const struct fb_ruleset *rs, size_t zone)
{
	unsigned int n = 0;

	for (size_t i = 0; i < rs->devices.n; i++)
		n += rs->devices.v[i].zone == zone;
	return n;
}

static json_t *zones(const struct fb_tree *tree, const struct fb_ruleset *rs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rs->zones.n; i++) {
		const struct fb_zone *z = &rs->zones.v[i];
		json_t *ifaces = json_array();

		for (size_t k = 0; k < z->n_ifaces; k++)
			json_array_append_new(ifaces,
					      z->ifaces[k].vlan >= 0
						      ? json_sprintf("%s vlan %d", z->ifaces[k].name.s,
								     z->ifaces[k].vlan)
						      : json_string(z->ifaces[k].name.s));
		json_array_append_new(
			list,
			json_pack("{ss so so so so so so so so si so}", "name", z->name, "interfaces", ifaces,
				  "addresses", z->any ? json_string("any other") : set_json(&z->owned),
				  "owner", text(z->stmt->zone.doc.owner.s), "reason",
				  text(z->stmt->zone.doc.reason.s), "purdue", text(z->stmt->zone.purdue.text),
				  "target_level", text(z->stmt->zone.target_level.text), "binding",
				  text(z->stmt->zone.binding.s ? z->stmt->zone.binding.s : "off"),
				  "members_isolated",
				  z->stmt->zone.members_isolated ? text(z->stmt->zone.members_how.s)
								 : json_null(),
				  "devices", (int)devices_in(rs, i), "at", place(tree, z->stmt->at)));
	}
	return list;
}

/* ---- conduits --------------------------------------------------------------------------------------------------------- */

static const char *of(const struct fb_word *own, const struct fb_word *inherited)
{
	return own->s ? own->s : inherited->s;
}

/* What bounds it, as a line would say it, and whether it is logged. */
static json_t *limits(const struct fb_line *line)
{
	const struct fb_suffix *s = &line->allow->suffix, *d = &line->stmt->firebreak.defaults;
	const struct fb_suffix both = { .limit = s->limit.unit.s ? s->limit : d->limit,
					.quota = s->quota.size.s ? s->quota : d->quota,
					.log = line->log };
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_put_suffix(&out, &both, "; ");
	return out.len ? json_string(fb_strbuf_get(&out) + strlen("; ")) : json_null();
}

static json_t *line_json(const struct fb_tree *tree, const struct fb_line *line, __s64 now)
{
	const struct fb_suffix *s = &line->allow->suffix, *d = &line->stmt->firebreak.defaults;
	bool ends = line->deadline != FB_NO_DEADLINE;

	return json_pack("{ss ss so so so so so so so sb}", "id", line->id, "line", line->text, "owner",
			 text(line->owner), "reason", text(line->reason), "until",
			 ends ? json_integer(line->deadline) : json_null(), "during",
			 text(of(&s->during, &d->during)), "on_request",
			 text(of(&s->on_request, &d->on_request)), "limits", limits(line), "at",
			 place(tree, line->at), "ended", now && ends && line->deadline <= now);
}

static json_t *conduits(const struct fb_tree *tree, const struct fb_ruleset *rs, __s64 now)
{
	json_t *list = json_array(), *lines = NULL;
	const struct fb_stmt *block = NULL;

	for (size_t i = 0; i < rs->lines.n; i++) {
		const struct fb_line *line = &rs->lines.v[i];

		if (!line->allow)
			continue;
		if (line->stmt != block) {
			lines = json_array();
			json_array_append_new(list,
					      json_pack("{so so ss so so}", "from",
							words(&line->stmt->firebreak.from), "to",
							words(&line->stmt->firebreak.to), "name", line->pairs,
							"at", place(tree, line->stmt->at), "lines", lines));
		}
		block = line->stmt;
		json_array_append_new(lines, line_json(tree, line, now));
	}
	return list;
}

static json_t *observed(const struct fb_tree *tree, const struct fb_ruleset *rs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rs->pairs.n; i++)
		json_array_append_new(list, json_pack("{ss ss sI so}", "from",
						      fb_ruleset_zone_name(rs, rs->pairs.v[i].src), "to",
						      fb_ruleset_zone_name(rs, rs->pairs.v[i].dst), "until",
						      (json_int_t)rs->pairs.v[i].observe_until, "at",
						      place(tree, rs->pairs.v[i].at)));
	return list;
}

/* ---- guards, assertions, advice ------------------------------------------------------------------------------------------ */

static json_t *guards(const struct fb_tree *tree, const struct fb_ruleset *rs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rs->lines.n; i++)
		if (rs->lines.v[i].kind == FB_RULE_NEVER)
			json_array_append_new(list, json_pack("{ss so so}", "guard", rs->lines.v[i].text,
							      "reason", text(rs->lines.v[i].reason), "at",
							      place(tree, rs->lines.v[i].at)));
	return list;
}

/* The policy has no errors, so all of them hold. */
static json_t *assertions(const struct fb_tree *tree)
{
	json_t *list = json_array();

	for (size_t f = 0; f < tree->files.n; f++)
		for (size_t i = 0; i < tree->files.v[f].n_stmts; i++) {
			const struct fb_stmt *s = &tree->files.v[f].stmts[i];
			fb_autostrbuf struct fb_strbuf out = { 0 };

			if (s->kind != FB_STMT_ASSERT)
				continue;
			fb_assertion_print(s, &out);
			json_array_append_new(list, json_pack("{ss so so}", "assertion", fb_strbuf_get(&out),
							      "reason", text(s->assertion.text.s), "at",
							      place(tree, s->at)));
		}
	return list;
}

static json_t *advice(const struct fb_tree *tree, const struct fb_ruleset *rs, __s64 now)
{
	json_t *list = json_array();
	struct fb_lints lints;

	fb_lints_find(tree, rs, now, &lints);
	for (size_t i = 0; i < lints.list.n; i++)
		json_array_append_new(
			list, json_pack("{ss ss so}", "kind", fb_lint_name(lints.list.v[i].kind), "text",
					lints.list.v[i].text, "at", place(tree, lints.list.v[i].at)));
	fb_lints_done(&lints);
	return list;
}

json_t *fb_report_register(const struct fb_tree *tree, const struct fb_ruleset *rs, __s64 now)
{
	json_t *assumptions = json_array();

	for (size_t i = 0; i < rs->zones.n; i++)
		if (rs->zones.v[i].stmt->zone.members_isolated)
			json_array_append_new(assumptions,
					      json_sprintf("hosts of %s cannot reach each other: %s",
							   rs->zones.v[i].name,
							   rs->zones.v[i].stmt->zone.members_how.s));
	return json_pack("{ss ss so so so so so so so}", "policy", rs->name, "version", rs->version, "zones",
			 zones(tree, rs), "conduits", conduits(tree, rs, now), "observed", observed(tree, rs),
			 "guards", guards(tree, rs), "assertions", assertions(tree), "assumptions",
			 assumptions, "advice", advice(tree, rs, now));
}

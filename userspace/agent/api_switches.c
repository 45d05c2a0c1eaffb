// SPDX-License-Identifier: GPL-2.0-only
/* GET /v1/switches, POST /v1/isolate, /v1/quarantine, /v1/release. */
#include <errno.h>
#include <string.h>

#include "agent/api.h"
#include "base/log.h"

enum { FLOWS_SHOWN = 1000 };

/* ---- what is ---- */

static json_t *cuts_json(const struct fb_cuts *cuts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cuts->n; i++)
		json_array_append_new(list, json_pack("[oo]", fb_api_text(cuts->v[i].names[0]),
						      fb_api_text(cuts->v[i].names[1])));
	return list;
}

static json_t *plan_json(const struct fb_agent *agent, const char *name, const struct fb_isolate *plan,
			 const struct fb_isolation *active)
{
	struct fb_cuts cuts = { 0 };
	json_t *json;

	if (active)
		fb_switch_cuts_in_force(active, agent->generation, &cuts);
	else
		fb_switch_cuts(&agent->generation->ruleset, plan, &cuts);
	json = json_pack("{so sb so so so so so}", "plan", fb_api_text(name), "active", active != NULL,
			 "text", fb_api_text(plan ? plan->text : NULL), "who",
			 fb_api_text(active ? active->note.who : NULL), "reason",
			 fb_api_text(active ? active->note.reason : NULL), "since",
			 active ? json_integer(active->note.since) : json_null(), "cuts", cuts_json(&cuts));
	fb_vec_done(&cuts);
	return json;
}

json_t *fb_api_plans(const struct fb_agent *agent)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	json_t *list = json_array();

	for (size_t i = 0; rs && i < rs->isolates.n; i++) {
		int active = fb_switch_find_plan(&agent->switches, rs->isolates.v[i].name);

		json_array_append_new(list,
				      plan_json(agent, rs->isolates.v[i].name, &rs->isolates.v[i],
						active < 0 ? NULL : &agent->switches.isolations.v[active]));
	}
	for (size_t i = 0; i < agent->switches.isolations.n; i++) {
		const struct fb_isolation *one = &agent->switches.isolations.v[i];

		if (!fb_switch_plan(agent->generation, one->plan))
			json_array_append_new(list, plan_json(agent, one->plan, NULL, one));
	}
	return list;
}

static json_t *quarantine_json(const struct fb_agent *agent, const struct fb_quarantine *q)
{
	fb_autostrbuf struct fb_strbuf lacks = { 0 };

	fb_quarantine_lacks(q, agent->generation, &lacks);
	return json_pack("{so so so sI so so so}", "name", fb_api_text(q->name), "who",
			 fb_api_text(q->note.who), "reason", fb_api_text(q->note.reason), "since",
			 (json_int_t)q->note.since, "addresses", fb_quarantine_addresses_json(q), "macs",
			 fb_quarantine_macs_json(q), "lacks",
			 lacks.len ? fb_api_text(fb_strbuf_get(&lacks)) : json_null());
}

json_t *fb_api_quarantines(const struct fb_agent *agent)
{
	json_t *list = json_array();

	for (size_t i = 0; i < agent->switches.quarantines.n; i++)
		json_array_append_new(list, quarantine_json(agent, &agent->switches.quarantines.v[i]));
	return list;
}

void fb_api_switches(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;

	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so so}", "schema", "firebreak.switches/1", "plans",
				     fb_api_plans(agent), "quarantines", fb_api_quarantines(agent)));
}

/* ---- what would be cut ---- */

struct rehearsal {
	const struct fb_agent *agent;
	const struct fb_line **by_slot;
	__u64 cut[FB_ZONES_MAX];
	json_t *flows;
	size_t total;
};

static bool rehearse_flow(const struct fb_snapshot_flow *f, void *arg)
{
	struct rehearsal *r = arg;

	if (!(r->cut[f->src_zone & (FB_ZONES_MAX - 1)] >> (f->dst_zone & (FB_ZONES_MAX - 1)) & 1))
		return true;
	if (r->total++ < FLOWS_SHOWN)
		json_array_append_new(r->flows, fb_api_flow(r->agent, f, r->by_slot));
	return true;
}

/* Which part of a line's pairs is cut: 0 = none, 1 = some, 2 = all. */
static int part_cut(const struct rehearsal *r, const struct fb_line *line)
{
	const struct fb_ruleset *rs = &r->agent->generation->ruleset;
	__u64 from, to;
	bool some = false, all = true;

	if (line->kind != FB_RULE_ALLOW)
		return 0;
	from = fb_ruleset_zones(rs, &line->stmt->firebreak.from);
	to = fb_ruleset_zones(rs, &line->stmt->firebreak.to);
	for (unsigned int zone = 0; zone < FB_ZONES_MAX; zone++) {
		if (!(from >> zone & 1))
			continue;
		some |= (r->cut[zone] & to) != 0;
		all &= (to & ~r->cut[zone]) == 0;
	}
	return some ? 1 + all : 0;
}

static json_t *lines_cut(const struct rehearsal *r)
{
	const struct fb_ruleset *rs = &r->agent->generation->ruleset;
	json_t *list = json_array();

	for (size_t i = 0; i < rs->lines.n; i++) {
		const struct fb_line *line = &rs->lines.v[i];
		int part = part_cut(r, line);
		char *at = part ? fb_api_at(r->agent, line->at) : NULL;

		if (part)
			json_array_append_new(list, json_pack("{so so so so sb}", "id", fb_api_text(line->id),
							      "pairs", fb_api_text(line->pairs), "text",
							      fb_api_text(line->text), "at", fb_api_text(at),
							      "whole", part == 2));
		free(at);
	}
	return list;
}

static void rehearse(const struct fb_agent *agent, const struct fb_isolate *plan, json_t *into)
{
	struct rehearsal r = { .agent = agent, .flows = json_array() };

	for (size_t i = 0; i < plan->n_pairs; i++) {
		r.cut[plan->pairs[i].a] |= 1ull << plan->pairs[i].b;
		r.cut[plan->pairs[i].b] |= 1ull << plan->pairs[i].a;
	}
	r.by_slot = fb_api_lines_by_slot(agent);
	fb_dataplane_each_flow(agent->dp, 0, rehearse_flow, &r);
	free(r.by_slot);
	json_object_set_new(into, "flows", r.flows);
	json_object_set_new(into, "flows_total", json_integer((json_int_t)r.total));
	json_object_set_new(into, "lines", lines_cut(&r));
}

/* ---- acts ---- */

/* One request: who, why, of what; everything but body is borrowed from it. */
struct act {
	json_t *body;
	struct fb_change change;
	char *who;
	const char *reason, *object;
};

static void act_done(struct act *act)
{
	json_decref(act->body);
	free(act->who);
}

static bool read_act(const struct fb_ctl_request *request, const char *what, struct act *ret,
		     struct fb_ctl_answer *answer)
{
	static const struct fb_api_member takes[] = { { "name", JSON_STRING }, { 0 } }, isolate_takes[] = {
		{ "name", JSON_STRING }, { "rehearse", JSON_TRUE }, { 0 }
	};

	*ret = (struct act){ .change = { .what = what } };
	ret->body = fb_api_read_body(request, strcmp(what, "isolate") ? takes : isolate_takes, answer);
	if (!ret->body || !fb_api_read_change(ret->body, &request->peer, &ret->change, answer) ||
	    !fb_api_read_words(ret->body, &request->peer, &ret->who, &ret->reason, answer))
		return false;
	ret->change.what = what;
	ret->change.who = ret->who;
	ret->object = json_string_value(json_object_get(ret->body, "name"));
	if (!ret->object || !*ret->object || !fb_api_is_line(ret->object))
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "name must say what to %s", what);
	return true;
}

static bool has_reason(const struct act *act, struct fb_ctl_answer *answer)
{
	return *act->reason ? true : fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "a reason is needed");
}

static void refuse(struct fb_ctl_answer *answer, const struct act *act, const char *session,
		   const struct fb_error *err)
{
	fb_log(FB_LOG_WARNING, "%s %s was refused: %s", act->change.what, act->object, err->text);
	fb_ctl_answer_json(answer, FB_CTL_CONFLICT,
			   json_pack("{ss so so}", "schema", "firebreak.error/1", "error",
				     fb_api_text(err->text), "session", fb_api_text(session)));
}

void fb_api_isolate(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	FB_CLEANUP(act_done) struct act act = { 0 };
	fb_autostrbuf struct fb_strbuf session = { 0 };
	struct fb_agent *agent = user;
	const struct fb_isolate *plan;
	struct fb_error err = { 0 };
	json_t *done;
	bool only;
	int r = 0;

	if (!read_act(request, "isolate", &act, answer))
		return;
	only = json_is_true(json_object_get(act.body, "rehearse"));
	plan = fb_switch_plan(agent->generation, act.object);
	if (!only && !has_reason(&act, answer))
		return;
	r = fb_agent_isolate(agent, &act.change, act.object, only ? NULL : act.reason, &session, &err);
	if (r < 0) {
		refuse(answer, &act, fb_strbuf_get(&session), &err);
		return;
	}
	done = json_pack("{ss so sb sb so}", "schema", "firebreak.isolate/1", "plan", fb_api_text(act.object),
			 "rehearsal", only, "already", r == 1, "session",
			 fb_api_text(fb_strbuf_get(&session)));
	json_object_set_new(done, "plans", fb_api_plans(agent));
	rehearse(agent, plan, done);
	fb_ctl_answer_json(answer, FB_CTL_OK, done);
}

void fb_api_quarantine(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	FB_CLEANUP(act_done) struct act act = { 0 };
	fb_autostrbuf struct fb_strbuf session = { 0 };
	struct fb_agent *agent = user;
	struct fb_error err = { 0 };
	int r;

	if (!read_act(request, "quarantine", &act, answer) || !has_reason(&act, answer))
		return;
	r = fb_agent_quarantine(agent, &act.change, act.object, act.reason, &session, &err);
	if (r < 0) {
		refuse(answer, &act, fb_strbuf_get(&session), &err);
		return;
	}
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so sb so so}", "schema", "firebreak.quarantine/1", "name",
				     fb_api_text(act.object), "already", r == 1, "session",
				     fb_api_text(fb_strbuf_get(&session)), "quarantines",
				     fb_api_quarantines(agent)));
}

void fb_api_release(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	FB_CLEANUP(act_done) struct act act = { 0 };
	struct fb_agent *agent = user;
	struct fb_error err = { 0 };

	if (!read_act(request, "release", &act, answer))
		return;
	if (fb_agent_unswitch(agent, &act.change, act.object, act.reason, &err) < 0) {
		refuse(answer, &act, "", &err);
		return;
	}
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so so so}", "schema", "firebreak.release/1", "name",
				     fb_api_text(act.object), "plans", fb_api_plans(agent), "quarantines",
				     fb_api_quarantines(agent)));
}

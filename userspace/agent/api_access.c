// SPDX-License-Identifier: GPL-2.0-only
/* GET /v1/accesses, POST /v1/open, POST /v1/close. */
#include <string.h>

#include "agent/api.h"
#include "base/log.h"

static json_t *lines_json(const struct fb_agent *agent, unsigned int access)
{
	const struct fb_ruleset *rs = &agent->generation->ruleset;
	json_t *list = json_array();

	for (size_t i = 0; i < rs->lines.n; i++) {
		const struct fb_line *line = &rs->lines.v[i];
		struct fb_rule_counter counter = { 0 };
		fb_autofree char *at = NULL;

		if (line->access != access + 1)
			continue;
		at = fb_api_at(agent, line->at);
		fb_dataplane_rule_counter(agent->dp, line->slot, &counter);
		json_array_append_new(
			list,
			json_pack("{so so so so so so so so}", "id", fb_api_text(line->id), "pairs",
				  fb_api_text(line->pairs), "text", fb_api_text(line->text), "at",
				  fb_api_text(at), "packets", fb_api_count(counter.packets), "bytes",
				  fb_api_count(counter.bytes), "flows", fb_api_count(counter.flows),
				  "last_hit", json_integer(fb_api_tick_to_unix(agent, counter.last_hit))));
	}
	return list;
}

json_t *fb_api_accesses_list(const struct fb_agent *agent)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	json_t *list = json_array();
	struct fb_openings openings;
	struct fb_when when;

	if (!rs)
		return list;
	fb_agent_when(agent, rs, &openings, &when);
	for (unsigned int i = 0; i < rs->accesses.n; i++) {
		int at = fb_open_accesses_find(&agent->accesses, rs->accesses.v[i].name);
		const struct fb_open_access *open =
			at >= 0 && agent->accesses.v.v[at].until > when.now ? &agent->accesses.v.v[at] : NULL;

		json_array_append_new(list, json_pack("{so sI sb sb so so so so so}", "access",
						      fb_api_text(rs->accesses.v[i].name), "max",
						      (json_int_t)rs->accesses.v[i].max, "open",
						      open && agent->clock_synchronised, "may_open",
						      fb_schedule_may_open(rs, &when, i), "until",
						      open ? json_integer(open->until) : json_null(), "since",
						      open ? json_integer(open->since) : json_null(), "who",
						      fb_api_text(open ? open->who : NULL), "reason",
						      fb_api_text(open ? open->reason : NULL), "lines",
						      lines_json(agent, i)));
	}
	fb_vec_done(&openings);
	return list;
}

static void answer_list(const struct fb_agent *agent, struct fb_ctl_answer *answer)
{
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss sb so}", "schema", "firebreak.accesses/1", "clock_synchronised",
				     agent->clock_synchronised, "accesses", fb_api_accesses_list(agent)));
}

void fb_api_accesses(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	answer_list(user, answer);
}

static void act(struct fb_agent *agent, const struct fb_ctl_request *request, bool open, const json_t *body,
		struct fb_ctl_answer *answer)
{
	struct fb_change change = { .what = open ? "open" : "close", .uid = request->peer.uid };
	const char *name = json_string_value(json_object_get(body, "name")), *reason = NULL;
	json_int_t seconds = json_integer_value(json_object_get(body, "seconds"));
	fb_autofree char *who = NULL;
	struct fb_error err = { 0 };
	int r;

	if (!fb_api_read_words(body, &request->peer, &who, &reason, answer))
		return;
	if (!name || !fb_api_is_line(name)) {
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "name must say which access");
		return;
	}
	if (open && (!*reason || seconds < 1 || seconds > 366 * 86400)) {
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
				    "a reason is needed, and for how many seconds");
		return;
	}
	change.who = who;
	change.seconds = open ? seconds : 0;
	r = open ? fb_agent_open_access(agent, &change, name, seconds, reason, &err)
		 : fb_agent_close_access(agent, &change, name, reason, &err);
	if (r == 0) {
		answer_list(agent, answer);
		return;
	}
	fb_log(FB_LOG_WARNING, "%s %s was refused: %s", change.what, name, err.text);
	fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "%s", err.text);
}

void fb_api_open(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	static const struct fb_api_member takes[] = { { "name", JSON_STRING },
						      { "seconds", JSON_INTEGER },
						      { 0 } };
	json_t *body = fb_api_read_body(request, takes, answer);

	if (body)
		act(user, request, true, body, answer);
	json_decref(body);
}

void fb_api_close(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	static const struct fb_api_member takes[] = { { "name", JSON_STRING }, { 0 } };
	json_t *body = fb_api_read_body(request, takes, answer);

	if (body)
		act(user, request, false, body, answer);
	json_decref(body);
}

// SPDX-License-Identifier: GPL-2.0-only
/* GET /v1/bundle, GET /v1/history: generations, in force and stored. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "agent/api.h"
#include "agent/store.h"

enum { DEFAULT_LIMIT = 20 };

static void stored_bundle(const struct fb_agent *agent, __u32 number, struct fb_ctl_answer *answer)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle bundle = { 0 };
	struct fb_error err = { 0 };
	int r = fb_store_find(agent->config->state_dir, number, &bundle, &err);

	if (r == -ENOENT)
		fb_ctl_answer_error(answer, FB_CTL_NOT_FOUND, "generation %u is not stored", number);
	else if (r < 0)
		fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "%s", err.text);
	else
		fb_ctl_answer_json(answer, FB_CTL_OK, fb_bundle_to_json(&bundle, NULL));
}

/* What a rollback that names no generation goes to. */
static void previous_bundle(const struct fb_agent *agent, struct fb_ctl_answer *answer)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle bundle = { 0 };
	struct fb_error err = { 0 };

	if (agent->trial.generation && agent->trial.previous)
		stored_bundle(agent, agent->trial.previous, answer);
	else if (agent->trial.generation)
		fb_ctl_answer_error(answer, FB_CTL_NOT_FOUND, "before this policy there was none");
	else if (fb_agent_rollback_bundle(agent, 0, &bundle, &err) < 0)
		fb_ctl_answer_error(answer, FB_CTL_NOT_FOUND, "%s", err.text);
	else
		fb_ctl_answer_json(answer, FB_CTL_OK, fb_bundle_to_json(&bundle, NULL));
}

void fb_api_bundle(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;
	const char *said = fb_ctl_query(request, "generation");
	__u64 number = 0;

	if (said && !strcmp(said, "previous")) {
		previous_bundle(agent, answer);
	} else if (!fb_api_query_number(request, "generation", UINT32_MAX, &number, answer)) {
		return;
	} else if (said) {
		stored_bundle(agent, (__u32)number, answer);
	} else if (!agent->generation) {
		fb_ctl_answer_error(answer, FB_CTL_NOT_FOUND, "%s",
				    agent->unreadable[0] ? agent->unreadable : "there is no policy");
	} else {
		fb_ctl_answer_json(answer, FB_CTL_OK,
				   fb_bundle_to_json(&agent->generation->bundle, &agent->host));
	}
}

/* "in force", "on trial", or "" for what was; what was on trial and ended shows by who came after it. */
static const char *state_of(const struct fb_agent *agent, __u32 number)
{
	if (!agent->generation || number != agent->generation->bundle.generation)
		return "";
	return agent->trial.generation ? "on trial" : "in force";
}

static json_t *entry(const struct fb_agent *agent, __u32 number)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };

	if (fb_store_read(agent->config->state_dir, number, &b, &err) < 0)
		return json_pack("{sI ss so}", "generation", (json_int_t)number, "state",
				 state_of(agent, number), "why", fb_api_text(err.text));
	return json_pack("{sI sI ss sI so so sI sI ss}", "generation", (json_int_t)number, "first",
			 (json_int_t)b.first, "state", state_of(agent, number), "applied",
			 (json_int_t)b.applied, "who", fb_api_text(b.who), "reason", fb_api_text(b.reason),
			 "previous", (json_int_t)b.previous, "rollback_of", (json_int_t)b.rollback_of, "why",
			 "");
}

void fb_api_history(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;
	__u64 limit = DEFAULT_LIMIT;
	fb_autofree __u32 *numbers = NULL;
	json_t *list;
	size_t n;

	if (!fb_api_query_number(request, "limit", FB_STORE_KEEP, &limit, answer))
		return;
	if (limit < 1) {
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "limit must be from 1 to %d", FB_STORE_KEEP);
		return;
	}
	list = json_array();
	n = fb_store_list(agent->config->state_dir, &numbers);
	for (size_t i = 0; i < n && i < limit; i++)
		json_array_append_new(list, entry(agent, numbers[i]));
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so so so}", "schema", "firebreak.history/1", "generations", list,
				     "stored", fb_api_count(n), "confirm", fb_api_trial(agent)));
}

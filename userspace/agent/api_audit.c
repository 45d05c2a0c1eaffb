// SPDX-License-Identifier: GPL-2.0-only
/* GET /v1/audit, GET /v1/audit/verify. */
#include "agent/api.h"

enum { LIMIT = 1000, DEFAULT_LIMIT = 100 };

void fb_api_audit(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;
	__u64 limit = DEFAULT_LIMIT;
	struct fb_error err = { 0 };
	json_t *entries = NULL;

	if (!fb_api_query_number(request, "limit", LIMIT, &limit, answer))
		return;
	if (limit < 1) {
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "limit must be from 1 to %d", LIMIT);
		return;
	}
	if (fb_audit_list(agent->config->state_dir, limit, &entries, &err) < 0) {
		fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "%s", err.text);
		return;
	}
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so}", "schema", "firebreak.audit/1", "entries", entries));
}

void fb_api_audit_verify(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;
	struct fb_audit_verdict v;
	struct fb_error err = { 0 };

	if (fb_audit_verify(agent->config->state_dir, &v, &err) < 0) {
		fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "%s", err.text);
		return;
	}
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss sb so ss ss}", "schema", "firebreak.audit-verify/1", "good", v.good,
				     "lines", fb_api_count(v.lines), "why", v.why, "head", v.head));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/act.h"

#include <string.h>

#include "cli/change.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/session.h"

void fb_act_print_session(const json_t *answer)
{
	const char *text = fb_field_text(answer, "session");

	fflush(stdout);
	while (*text) {
		size_t n = strcspn(text, "\n");

		fprintf(stderr, "  %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

int fb_act_needs_reason(const struct fb_call *call, const char *what)
{
	const char *reason = fb_call_option(call, "reason");

	if (reason && *reason)
		return FB_EXIT_OK;
	fb_complain("a reason is needed: firebreak %s --reason \"...\"", what);
	return FB_EXIT_USAGE;
}

int fb_act_post(const struct fb_call *call, const char *path, json_t *body, json_t **ret)
{
	const char *reason = fb_call_option(call, "reason");
	json_t *answer = NULL, *session = fb_session_json();
	long status = 0;
	int r;

	json_object_set_new(body, "who", json_string(fb_change_who()));
	json_object_set_new(body, "reason", json_string(reason ? reason : ""));
	if (session)
		json_object_set_new(body, "session", session);
	if (fb_call_option(call, "allow-lockout"))
		json_object_set_new(body, "allow_lockout", json_true());
	r = fb_live_post(call, path, body, &status, &answer);
	if (r)
		return r;
	if (status == 200) {
		*ret = answer;
		return FB_EXIT_OK;
	}
	fb_act_print_session(answer);
	fb_complain("%s", *fb_field_text(answer, "error") ? fb_field_text(answer, "error")
							  : "the agent refused, and did not say why");
	if (call->json)
		fb_json_put(json_incref(answer));
	json_decref(answer);
	return status == 401 || status == 403 ? FB_EXIT_HOST
	       : status == 400		      ? FB_EXIT_USAGE
					      : FB_EXIT_REFUSED;
}

// SPDX-License-Identifier: GPL-2.0-only
/* GET /v1/bundle, POST /v1/apply. */
#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "agent/api.h"
#include "base/clock.h"
#include "base/log.h"

void fb_api_bundle(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;

	if (!agent->generation) {
		fb_ctl_answer_error(answer, FB_CTL_NOT_FOUND, "%s",
				    agent->unreadable[0] ? agent->unreadable : "there is no policy");
		return;
	}
	fb_ctl_answer_json(answer, FB_CTL_OK, fb_bundle_to_json(&agent->generation->bundle, &agent->host));
}

static bool is_utf8(const char *s)
{
	json_t *text = json_string(s);

	json_decref(text);
	return text != NULL;
}

/* How many bytes of a UTF-8 text to take: max or less, and no character in halves. */
static int at_most(const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n <= max)
		return (int)n;
	for (n = max; n && ((unsigned char)s[n] & 0xc0) == 0x80;)
		n--;
	return (int)n;
}

char *fb_api_who(const struct fb_ctl_peer *peer, const char *claimed)
{
	const struct passwd *user = getpwuid(peer->uid);
	const char *name;
	char number[16], *who;

	snprintf(number, sizeof(number), "uid %u", peer->uid);
	name = user && is_utf8(user->pw_name) ? user->pw_name : number; /* it goes into JSON */
	if (!claimed || !*claimed || !strcmp(claimed, name))
		who = strdup(name);
	else if (asprintf(&who, "%.*s (as %s)", at_most(claimed, 64), claimed, name) < 0)
		who = NULL;
	if (!who)
		abort();
	return who;
}

bool fb_api_is_line(const char *s)
{
	if (strlen(s) > 1024)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

static void sign(struct fb_bundle *bundle, const struct fb_ctl_peer *peer)
{
	char *who = fb_api_who(peer, bundle->who);

	free(bundle->who);
	bundle->who = who;
}

static bool read_request(const struct fb_ctl_request *request, struct fb_bundle *ret,
			 struct fb_ctl_answer *answer)
{
	struct fb_error err = { 0 };
	json_error_t why;
	json_t *body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &why);
	bool good = json_is_object(body) && fb_bundle_from_request(body, ret, &err) == 0;

	if (!good && !json_is_object(body))
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "not JSON: %s",
				    body ? "not an object" : why.text);
	else if (!good)
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s", err.text);
	json_decref(body);
	if (good && (!fb_api_is_line(ret->who) || !fb_api_is_line(ret->reason))) {
		fb_ctl_answer_error(
			answer, FB_CTL_BAD_REQUEST,
			"who and reason must be one line of at most 1024 bytes without control characters");
		fb_bundle_done(ret);
		return false;
	}
	return good;
}

void fb_api_apply(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	struct fb_agent *agent = user;
	struct fb_bundle bundle;
	struct fb_error err = { 0 };
	char *text = NULL;
	int r;

	if (!read_request(request, &bundle, answer))
		return;
	sign(&bundle, &request->peer);
	bundle.applied = fb_clock_now();
	r = fb_agent_apply(agent, &bundle, &text, &err);
	if (r == 0) {
		fb_ctl_answer_json(answer, FB_CTL_OK,
				   json_pack("{ss sI so so}", "schema", "firebreak.apply/1", "generation",
					     (json_int_t)agent->generation->bundle.generation, "warnings",
					     fb_api_text(text), "interfaces", fb_api_interfaces(agent)));
	} else if (r == -EINVAL) {
		fb_log(FB_LOG_WARNING, "an apply was refused: the policy is wrong");
		fb_ctl_answer_json(answer, FB_CTL_UNPROCESSABLE,
				   json_pack("{ss ss so}", "schema", "firebreak.error/1", "error", err.text,
					     "diagnostics", fb_api_text(text)));
	} else {
		fb_log(FB_LOG_WARNING, "an apply was refused: %s", err.text);
		fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "%s", err.text);
	}
	free(text);
}

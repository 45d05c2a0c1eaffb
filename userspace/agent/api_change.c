// SPDX-License-Identifier: GPL-2.0-only
/* POST /v1/apply, /v1/rollback, /v1/confirm: what changes the policy in force. */
#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "agent/adopt.h"
#include "agent/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "ctl/protocol.h"

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

static bool said_well(const char *who, const char *reason, struct fb_ctl_answer *answer)
{
	if (fb_api_is_line(who) && fb_api_is_line(reason))
		return true;
	return fb_ctl_answer_error(
		answer, FB_CTL_BAD_REQUEST,
		"who and reason must be one line of at most 1024 bytes without control characters");
}

bool fb_api_read_change(const json_t *body, const struct fb_ctl_peer *peer, struct fb_change *ret,
			struct fb_ctl_answer *answer)
{
	json_int_t confirm = json_integer_value(json_object_get(body, "confirm"));
	json_int_t adopt = json_integer_value(json_object_get(body, "adopt"));
	struct fb_error err = { 0 };

	if (confirm && (confirm < FB_CONFIRM_MIN || confirm > FB_CONFIRM_MAX))
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
					   "confirm must be from %d to %d seconds", FB_CONFIRM_MIN,
					   FB_CONFIRM_MAX);
	if (fb_session_from_json(json_object_get(body, "session"), &ret->session, &err) < 0)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s", err.text);
	if (adopt && (adopt < FB_ADOPT_MIN || adopt > FB_ADOPT_MAX))
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "adopt must be from %d to %d seconds",
					   FB_ADOPT_MIN, FB_ADOPT_MAX);
	ret->confirm = (unsigned int)confirm;
	ret->adopt = (unsigned int)adopt;
	ret->allow_lockout = json_is_true(json_object_get(body, "allow_lockout"));
	ret->uid = peer->uid;
	return true;
}

json_t *fb_api_trial(const struct fb_agent *agent)
{
	struct fb_moment now = { 0 };
	struct fb_error err = { 0 };
	unsigned int left;

	if (!agent->trial.generation || fb_moment_now(&now, &err) < 0)
		return json_null();
	left = fb_trial_left(&agent->trial, &now);
	return json_pack("{sI sI sI sI}", "generation", (json_int_t)agent->trial.generation, "previous",
			 (json_int_t)agent->trial.previous, "left", (json_int_t)left, "until",
			 (json_int_t)(fb_clock_now() + left));
}

static json_t *in_force(const struct fb_agent *agent, char *text, char *session)
{
	return json_pack("{ss sI so so so so}", "schema", "firebreak.apply/1", "generation",
			 (json_int_t)fb_dataplane_generation(agent->dp), "warnings", fb_api_text(text),
			 "interfaces", fb_api_interfaces(agent), "session", fb_api_text(session), "confirm",
			 fb_api_trial(agent));
}

static void refuse(struct fb_ctl_answer *answer, const struct fb_change *change, int r, const char *text,
		   const char *session, const struct fb_error *err)
{
	fb_log(FB_LOG_WARNING, "%s %s was refused: %s", change->what[0] == 'a' ? "an" : "a", change->what,
	       err->text);
	fb_ctl_answer_json(answer, r == -EINVAL ? FB_CTL_UNPROCESSABLE : FB_CTL_CONFLICT,
			   json_pack("{ss so so so}", "schema", "firebreak.error/1", "error",
				     fb_api_text(err->text), "diagnostics",
				     fb_api_text(r == -EINVAL ? text : ""), "session", fb_api_text(session)));
}

/* bundle is taken, signed. */
static void apply(struct fb_agent *agent, struct fb_change *change, struct fb_bundle *bundle,
		  const struct fb_ctl_peer *peer, struct fb_ctl_answer *answer)
{
	fb_autofree char *text = NULL, *session = NULL, *who = NULL;
	struct fb_error err = { 0 };
	int r;

	sign(bundle, peer);
	bundle->applied = fb_clock_now();
	who = strdup(bundle->who); /* the bundle goes away when it is refused */
	if (!who)
		abort();
	change->who = who;
	r = fb_agent_apply(agent, change, bundle, &text, &session, &err);
	if (r == 0)
		fb_ctl_answer_json(answer, FB_CTL_OK, in_force(agent, text, session));
	else
		refuse(answer, change, r, text, session, &err);
}

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}
#define autojson FB_CLEANUP(json_cleanup)

void fb_api_apply(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	static const struct fb_api_member takes[] = {
		{ "root", JSON_STRING },     { "files", JSON_ARRAY },	{ "catalogue", JSON_STRING },
		{ "confirm", JSON_INTEGER }, { "adopt", JSON_INTEGER }, { 0 }
	};
	autojson json_t *body = fb_api_read_body(request, takes, answer);
	struct fb_change change = { .what = "apply" };
	struct fb_error err = { 0 };
	struct fb_bundle bundle;

	if (!body || !fb_api_read_change(body, &request->peer, &change, answer))
		return;
	if (fb_bundle_from_request(body, &bundle, &err) < 0) {
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s", err.text);
		return;
	}
	if (!said_well(bundle.who, bundle.reason, answer)) {
		fb_bundle_done(&bundle);
		return;
	}
	apply(user, &change, &bundle, &request->peer, answer);
}

bool fb_api_read_words(const json_t *body, const struct fb_ctl_peer *peer, char **ret_who,
		       const char **ret_reason, struct fb_ctl_answer *answer)
{
	const char *who = json_string_value(json_object_get(body, "who"));
	const char *reason = json_string_value(json_object_get(body, "reason"));

	if (!said_well(who ? who : "", reason ? reason : "", answer))
		return false;
	*ret_who = fb_api_who(peer, who);
	*ret_reason = reason ? reason : "";
	return true;
}

/* Of a policy on trial, to the last good one; nothing to be tested, since it was in force when this began. */
static void back(struct fb_agent *agent, struct fb_change *change, const char *reason,
		 struct fb_ctl_answer *answer)
{
	static char unwritten[] = "in force, and not on disk yet: it is tried every second\n";
	fb_autofree char *why = NULL;
	struct fb_error err = { 0 };

	if (asprintf(&why, "generation %u was taken back by %s%s%s", agent->trial.generation, change->who,
		     *reason ? ": " : "", reason) < 0)
		abort();
	if (fb_agent_revert(agent, change, why, &err) == 0)
		fb_ctl_answer_json(answer, FB_CTL_OK,
				   in_force(agent, agent->unkept ? unwritten : NULL, NULL));
	else
		refuse(answer, change, -EIO, "", "", &err);
}

void fb_api_rollback(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	static const struct fb_api_member takes[] = {
		{ "generation", JSON_INTEGER }, { "confirm", JSON_INTEGER }, { "adopt", JSON_INTEGER }, { 0 }
	};
	autojson json_t *body = fb_api_read_body(request, takes, answer);
	struct fb_change change = { .what = "rollback" };
	fb_autofree char *who = NULL;
	struct fb_agent *agent = user;
	struct fb_error err = { 0 };
	const char *reason = NULL;
	struct fb_bundle bundle;
	json_int_t target;

	if (!body || !fb_api_read_change(body, &request->peer, &change, answer) ||
	    !fb_api_read_words(body, &request->peer, &who, &reason, answer))
		return;
	target = json_integer_value(json_object_get(body, "generation"));
	change.who = who;
	if (!target && agent->trial.generation) {
		back(agent, &change, reason, answer);
		return;
	}
	if (target < 0 || target > UINT32_MAX ||
	    fb_agent_rollback_bundle(agent, (__u32)target, &bundle, &err) < 0) {
		if (!err.code)
			fb_error_set(&err, -EINVAL, "generation must be a number");
		refuse(answer, &change, -EIO, "", "", &err);
		return;
	}
	free(bundle.who);
	free(bundle.reason);
	bundle.who = strdup(json_string_value(json_object_get(body, "who")) ?: "");
	if (!bundle.who || asprintf(&bundle.reason, "back to generation %u%s%s", bundle.rollback_of,
				    *reason ? ": " : "", reason) < 0)
		abort();
	apply(agent, &change, &bundle, &request->peer, answer);
}

void fb_api_confirm(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	static const struct fb_api_member takes[] = { { "extend", JSON_INTEGER }, { 0 } };
	autojson json_t *body = fb_api_read_body(request, takes, answer);
	struct fb_agent *agent = user;
	fb_autofree char *who = NULL;
	struct fb_error err = { 0 };
	struct fb_change change = { .what = "confirm", .uid = request->peer.uid };
	const char *reason = NULL;
	json_int_t extend;
	int r;

	if (!body || !fb_api_read_words(body, &request->peer, &who, &reason, answer))
		return;
	extend = json_integer_value(json_object_get(body, "extend"));
	change.who = who;
	if (extend && (extend < FB_CONFIRM_MIN || extend > FB_CONFIRM_MAX)) {
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "extend must be from %d to %d seconds",
				    FB_CONFIRM_MIN, FB_CONFIRM_MAX);
		return;
	}
	change.confirm = (unsigned int)extend;
	if (extend)
		change.what = "extend";
	r = extend ? fb_agent_extend(agent, &change, &err) : fb_agent_confirm(agent, &change, &err);
	if (r < 0)
		refuse(answer, &change, -EIO, "", "", &err);
	else
		fb_ctl_answer_json(answer, FB_CTL_OK, in_force(agent, NULL, NULL));
}

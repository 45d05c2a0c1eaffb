// SPDX-License-Identifier: GPL-2.0-only
#include "cli/change.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/session.h"
#include "ctl/protocol.h"

enum { CONFIRM_SECONDS = 120 };

int fb_duration_read(const char *text, unsigned int lo, unsigned int hi, unsigned int *ret,
		     struct fb_error *err)
{
	static const struct {
		const char *name;
		unsigned long seconds;
	} units[] = { { "s", 1 }, { "min", 60 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	char from[FB_CLOCK_STRLEN], to[FB_CLOCK_STRLEN], *rest;
	unsigned long n = strtoul(text, &rest, 10);

	if (isdigit((unsigned char)*text) && !*rest)
		return fb_error_set(err, -EINVAL, "%s of what? write %sh, %smin or %ss", text, text, text,
				    text);
	for (size_t i = 0; isdigit((unsigned char)*text) && i < FB_ARRAY_SIZE(units); i++) {
		if (strcmp(rest, units[i].name) != 0)
			continue;
		if (n < (lo + units[i].seconds - 1) / units[i].seconds || n > hi / units[i].seconds)
			return fb_error_set(err, -EINVAL, "%s is not from %s to %s", text,
					    fb_clock_print_span(lo, from), fb_clock_print_span(hi, to));
		*ret = (unsigned int)(n * units[i].seconds);
		return 0;
	}
	return fb_error_set(err, -EINVAL, "\"%s\" is no duration: write 90s, 5min or 2h", text);
}

/* sudo hides the person, and tells who it was. */
const char *fb_change_who(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo && *sudo && getuid() == 0)
		return sudo;
	return user ? user->pw_name : "unknown";
}

int fb_change_options(const struct fb_call *call, json_t *body)
{
	const char *confirm = fb_call_option(call, "confirm"), *reason = fb_call_option(call, "reason"),
		   *adopt = fb_call_option(call, "adopt");
	unsigned int seconds = 0, adopted = 0;
	struct fb_error err = { 0 };
	json_t *session;

	if (adopt && fb_duration_read(adopt, FB_ADOPT_MIN, FB_ADOPT_MAX, &adopted, &err) < 0) {
		fb_complain("--adopt: %s", err.text);
		return FB_EXIT_USAGE;
	}
	session = fb_session_json();

	if (confirm && fb_call_option(call, "no-confirm")) {
		json_decref(session);
		fb_complain("--confirm and --no-confirm exclude each other");
		return FB_EXIT_USAGE;
	}
	if (session || confirm)
		seconds = CONFIRM_SECONDS;
	if (fb_call_option(call, "no-confirm"))
		seconds = 0;
	if (confirm && *confirm &&
	    fb_duration_read(confirm, FB_CONFIRM_MIN, FB_CONFIRM_MAX, &seconds, &err) < 0) {
		json_decref(session);
		fb_complain("--confirm: %s", err.text);
		return FB_EXIT_USAGE;
	}
	json_object_set_new(body, "who", json_string(fb_change_who()));
	json_object_set_new(body, "reason", json_string(reason ? reason : ""));
	if (adopted)
		json_object_set_new(body, "adopt", json_integer(adopted));
	if (seconds)
		json_object_set_new(body, "confirm", json_integer(seconds));
	if (session)
		json_object_set_new(body, "session", session);
	if (fb_call_option(call, "allow-lockout"))
		json_object_set_new(body, "allow_lockout", json_true());
	return FB_EXIT_OK;
}

/* Text of several lines to stderr, as it came, each a little to the right. */
static void say(const char *text, const char *indent)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		fprintf(stderr, "%s%.*s\n", indent, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_trial(const json_t *answer)
{
	const json_t *trial = json_object_get(answer, "confirm");
	char span[FB_HUMAN_LEN];

	if (!json_is_object(trial))
		return;
	printf("on trial for %s: then back to %s%.0lld, unless it is confirmed\n",
	       fb_human_span(fb_field_int(trial, "left"), span),
	       fb_field_int(trial, "previous") ? "generation " : "no policy, which drops everything",
	       fb_field_int(trial, "previous"));
	puts("open a second session, and there: firebreak confirm   (or: firebreak confirm --extend 5min, "
	     "firebreak rollback)");
}

static int done(const struct fb_call *call, const char *name, json_t *answer)
{
	const json_t *interfaces = json_object_get(answer, "interfaces"), *one;
	size_t i, enforcing = 0;

	if (call->json)
		return fb_json_put(json_incref(answer));
	say(fb_field_text(answer, "warnings"), "");
	fflush(stderr);
	if (!fb_field_int(answer, "generation")) {
		puts("no policy is in force: everything is dropped");
		return FB_EXIT_OK;
	}
	printf("generation %lld in force", fb_field_int(answer, "generation"));
	if (name)
		printf(": \"%s\"", name);
	json_array_foreach (interfaces, i, one)
		enforcing += fb_field_true(one, "enforcing");
	printf(", %zu of %zu interfaces enforcing\n", enforcing, json_array_size(interfaces));
	fflush(stdout);
	say(fb_field_text(answer, "session"), "  ");
	print_trial(answer);
	return FB_EXIT_OK;
}

static int refused(const struct fb_call *call, long status, json_t *answer)
{
	const char *text = fb_field_text(answer, "error");
	int code = status == 422		    ? FB_EXIT_POLICY
		   : status == 400		    ? FB_EXIT_USAGE
		   : status == 401 || status == 403 ? FB_EXIT_HOST
						    : FB_EXIT_REFUSED;

	say(fb_field_text(answer, "diagnostics"), "");
	say(fb_field_text(answer, "session"), "  ");
	if (call->json)
		fb_json_put(json_incref(answer));
	if (code == FB_EXIT_POLICY)
		text = "the agent finds the policy wrong";
	fb_complain("%s; what was in force stays in force",
		    *text ? text : "the agent refused and did not say why");
	return code;
}

int fb_change_post(const struct fb_call *call, const char *path, json_t *body, const char *name)
{
	json_t *answer = NULL;
	long status = 0;
	int r = fb_live_post(call, path, body, &status, &answer);

	if (r)
		return r;
	r = status == 200 ? done(call, name, answer) : refused(call, status, answer);
	json_decref(answer);
	return r;
}

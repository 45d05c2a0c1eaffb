// SPDX-License-Identifier: GPL-2.0-only
#include <pwd.h>
#include <string.h>

#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"

/* Who asks, for the record; the agent also knows the uid from the socket. sudo hides the person, and tells who it was. */
static const char *who(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo && *sudo && getuid() == 0)
		return sudo;
	return user ? user->pw_name : "unknown";
}

static bool all_trusted(const struct fb_policy *policy)
{
	bool good = true;

	for (size_t i = 0; i < policy->files.v.n; i++) {
		struct fb_error err = { 0 };

		if (fb_files_trusted(&policy->files.v.v[i], &err) < 0) {
			fb_complain("%s", err.text);
			good = false;
		}
	}
	return good;
}

static json_t *bundle(const struct fb_policy *policy, const char *reason)
{
	json_t *files = json_array();

	for (size_t i = 0; i < policy->files.v.n; i++) {
		const struct fb_read_file *f = &policy->files.v.v[i];

		json_array_append_new(files, json_pack("{ss so}", "path", f->path, "text",
						       json_stringn(f->text, f->len)));
	}
	return json_pack("{ss so ss ss ss}", "root", policy->files.v.v[0].path, "files", files, "catalogue",
			 policy->files.catalogue, "reason", reason ? reason : "", "who", who());
}

/* Text of several lines to stderr, as it came. */
static void say(const char *text)
{
	size_t n = strlen(text);

	if (n)
		fprintf(stderr, "%s%s", text, text[n - 1] == '\n' ? "" : "\n");
}

static int done(const struct fb_call *call, const struct fb_policy *policy, json_t *answer)
{
	const char *name = policy->ruleset.name && policy->ruleset.name[0] ? policy->ruleset.name
									   : policy->files.v.v[0].path;

	if (call->json)
		return fb_json_put(json_incref(answer));
	say(fb_field_text(answer, "warnings"));
	printf("generation %lld in force: \"%s\"", fb_field_int(answer, "generation"), name);

	const json_t *interfaces = json_object_get(answer, "interfaces"), *one;
	size_t i, enforcing = 0;

	if (json_is_array(interfaces)) {
		json_array_foreach ((json_t *)interfaces, i, one)
			enforcing += fb_field_true(one, "enforcing");
		printf(", %zu of %zu interfaces enforcing", enforcing, json_array_size(interfaces));
	} else if (json_is_integer(interfaces)) {
		printf(", %lld interfaces enforcing", fb_field_int(answer, "interfaces"));
	}
	putchar('\n');
	return FB_EXIT_OK;
}

static int refused(const struct fb_call *call, long status, json_t *answer)
{
	const char *text = fb_field_text(answer, "error");
	int code = status == 422		    ? FB_EXIT_POLICY
		   : status == 401 || status == 403 ? FB_EXIT_HOST
						    : FB_EXIT_REFUSED;

	say(fb_field_text(answer, "diagnostics"));
	if (call->json)
		fb_json_put(json_incref(answer));
	if (code == FB_EXIT_POLICY)
		text = "the agent finds the policy wrong";
	fb_complain("%s; what was in force stays in force",
		    *text ? text : "the agent refused and did not say why");
	return code;
}

int fb_cmd_apply(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	const char *path = call->args[0];
	struct fb_error err = { 0 };
	json_t *answer = NULL;
	long status = 0;

	if (!strcmp(path, "-")) {
		fb_complain(
			"apply takes a file: a generation keeps its path, and the standard input has none");
		return FB_EXIT_USAGE;
	}
	if (fb_policy_load(&policy, path, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	/* The agent repeats the warnings, and adds what only it can see: they are shown once. */
	if (policy.errors || fb_call_option(call, "dry-run"))
		fb_policy_complain(&policy);
	if (policy.errors) {
		fb_complain("%s: %u error%s; nothing was sent to the agent", path, policy.errors,
			    policy.errors == 1 ? "" : "s");
		return FB_EXIT_POLICY;
	}
	if (!all_trusted(&policy))
		return FB_EXIT_HOST;
	if (fb_call_option(call, "dry-run")) {
		if (call->json)
			return fb_json_put(json_pack("{ss sb sI}", "schema", "firebreak.apply/1", "dry_run",
						     1, "files", (json_int_t)policy.files.v.n));
		printf("%s: would be applied (%zu file%s); not sent to the agent\n", path, policy.files.v.n,
		       policy.files.v.n == 1 ? "" : "s");
		return FB_EXIT_OK;
	}

	int r = fb_live_post(call, "/v1/apply", bundle(&policy, fb_call_option(call, "reason")), &status,
			     &answer);

	if (r)
		return r;
	r = status == 200 ? done(call, &policy, answer) : refused(call, status, answer);
	json_decref(answer);
	return r;
}

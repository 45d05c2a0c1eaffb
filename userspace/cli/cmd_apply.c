// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/check_parts.h"
#include "cli/change.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"

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

static json_t *bundle(const struct fb_policy *policy)
{
	json_t *files = json_array();

	for (size_t i = 0; i < policy->files.v.n; i++) {
		const struct fb_read_file *f = &policy->files.v.v[i];

		json_array_append_new(files, json_pack("{ss so}", "path", f->path, "text",
						       json_stringn(f->text, f->len)));
	}
	return json_pack("{ss so ss}", "root", policy->files.v.v[0].path, "files", files, "catalogue",
			 policy->files.catalogue);
}

int fb_cmd_apply(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	const char *path = call->args[0];
	struct fb_error err = { 0 };
	const char *name;
	json_t *body;

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
		struct fb_image_stats stats;
		size_t size;

		if (fb_image_try(&policy.ruleset, &stats, &size, &err) < 0) {
			fb_complain("%s: %s", path, err.text);
			return FB_EXIT_POLICY;
		}
		fb_image_warn(size, path);
		if (call->json)
			return fb_json_put(json_pack("{ss sb sI}", "schema", "firebreak.apply/1", "dry_run",
						     1, "files", (json_int_t)policy.files.v.n));
		printf("%s: would be applied (%zu file%s); not sent to the agent\n", path, policy.files.v.n,
		       policy.files.v.n == 1 ? "" : "s");
		return FB_EXIT_OK;
	}

	body = bundle(&policy);

	int r = fb_change_options(call, body);

	if (r) {
		json_decref(body);
		return r;
	}
	name = policy.ruleset.name && policy.ruleset.name[0] ? policy.ruleset.name : path;
	return fb_change_post(call, "/v1/apply", body, name);
}

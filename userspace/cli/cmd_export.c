// SPDX-License-Identifier: GPL-2.0-only
/* export and import: the text of a policy file to its JSON form and back. */
#include <errno.h>
#include <string.h>

#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "policy/json.h"

/* The root file of what is in force. */
static int load_stored(const struct fb_call *call, struct fb_policy *policy)
{
	FB_CLEANUP(json_decrefp) json_t *bundle = NULL;
	const json_t *files;
	int r = fb_live_get(call, "/v1/bundle", &bundle);

	if (r) {
		fprintf(stderr, "   to export a file instead: firebreak export FILE\n");
		return r;
	}
	files = json_object_get(bundle, "files");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const json_t *file = json_array_get(files, i), *text = json_object_get(file, "text");

		if (!strcmp(fb_field_text(file, "path"), fb_field_text(bundle, "root")) &&
		    json_is_string(text)) {
			fb_policy_load_text_alone(policy, fb_field_text(file, "path"),
						  json_string_value(text), json_string_length(text));
			return FB_EXIT_OK;
		}
	}
	fb_complain("the agent's answer has no root file");
	return FB_EXIT_HOST;
}

int fb_cmd_export(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	fb_autofree char *json = NULL;
	struct fb_error err = { 0 };
	int r = FB_EXIT_OK;

	if (call->n_args && fb_policy_load_alone(&policy, call->args[0], &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	if (!call->n_args)
		r = load_stored(call, &policy);
	if (r)
		return r;
	if (policy.errors) {
		fb_policy_complain(&policy);
		fb_complain("a policy with errors in its text has no JSON form");
		return FB_EXIT_POLICY;
	}
	json = fb_json_export(&policy.tree, &policy.tree.files.v[0]);
	printf("%s%s", json, *json && json[strlen(json) - 1] == '\n' ? "" : "\n");
	return FB_EXIT_OK;
}

int fb_cmd_import(const struct fb_call *call)
{
	FB_CLEANUP(fb_files_done) struct fb_files files = { 0 };
	FB_CLEANUP(fb_tree_done) struct fb_tree tree = { 0 };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_error err = { 0 };
	size_t index;

	if (fb_files_read(&files, call->args[0], &index, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	if (fb_json_import(&tree, files.v.v[index].path, files.v.v[index].text, files.v.v[index].len, &err) <
	    0) {
		fb_complain("%s", err.text);
		return FB_EXIT_POLICY;
	}
	fb_print(&tree, &tree.files.v[0], &text);
	fputs(fb_strbuf_get(&text), stdout);
	return FB_EXIT_OK;
}

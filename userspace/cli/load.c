// SPDX-License-Identifier: GPL-2.0-only
#include "cli/load.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/live.h"
#include "cli/output.h"

/*
 * A line that could not be read is judged as far as it could be: what the checker finds on it besides is mostly a
 * consequence, and would hide the first message.
 */
static unsigned int drop_consequences(struct fb_diags *diags, size_t parsed)
{
	unsigned int dropped = 0;
	size_t n = parsed;

	for (size_t i = parsed; i < diags->list.n; i++) {
		const struct fb_diag *d = &diags->list.v[i];
		bool follows = false;

		for (size_t k = 0; k < parsed && !follows; k++)
			follows = diags->list.v[k].at.file == d->at.file &&
				  diags->list.v[k].at.line == d->at.line;
		if (!follows) {
			diags->list.v[n++] = *d;
		} else if (d->level == FB_DIAG_ERROR) {
			diags->errors--;
			dropped++;
		} else {
			diags->lints--;
		}
	}
	diags->list.n = n;
	return dropped;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void judge(struct fb_policy *p, const struct fb_read_file *root, const struct fb_reader *reader)
{
	double begin = seconds();

	p->parsed = true;
	p->errors = fb_parse(&p->tree, root->path, root->text, root->len, reader, &p->diags);
	p->parse_seconds = seconds() - begin;
	if (!reader)
		return;

	struct fb_check_options options = { .now = time(NULL),
					    .slots = p->slots,
					    .stored = p->asking,
					    .local_to_unix = fb_clock_local_to_unix };

	p->checked = true;
	size_t parsed = p->diags.list.n;

	p->errors += fb_check(&p->tree, &options, &p->diags, &p->ruleset);
	p->errors -= drop_consequences(&p->diags, parsed);
	p->check_seconds = seconds() - begin - p->parse_seconds;
}

int fb_policy_load(struct fb_policy *policy, const char *path, struct fb_error *err)
{
	struct fb_reader reader = fb_files_reader(&policy->files);
	size_t root;
	int r;

	policy->files.catalogue = fb_catalogue();
	r = fb_files_read(&policy->files, path, &root, err);
	if (r < 0)
		return r;

	struct fb_read_file copy =
		policy->files.v.v[root]; /* the vector grows while includes are read; the texts stay */

	judge(policy, &copy, &reader);
	return 0;
}

int fb_policy_load_alone(struct fb_policy *policy, const char *path, struct fb_error *err)
{
	size_t root;
	int r = fb_files_read(&policy->files, path, &root, err);

	if (r < 0)
		return r;
	judge(policy, &policy->files.v.v[root], NULL);
	return 0;
}

void fb_policy_load_text(struct fb_policy *policy, const char *path, const char *text, size_t len)
{
	struct fb_reader reader = fb_files_reader(&policy->files);

	policy->files.catalogue = fb_catalogue();
	fb_files_add(&policy->files, path, text, len);

	struct fb_read_file copy = policy->files.v.v[0];

	judge(policy, &copy, &reader);
}

void fb_policy_load_text_alone(struct fb_policy *policy, const char *path, const char *text, size_t len)
{
	fb_files_add(&policy->files, path, text, len);
	judge(policy, &policy->files.v.v[0], NULL);
}

int fb_policy_load_bundle(struct fb_policy *policy, const json_t *bundle, struct fb_error *err)
{
	const char *root = json_string_value(json_object_get(bundle, "root"));
	const json_t *files = json_object_get(bundle, "files"), *file;
	struct fb_reader reader = fb_files_reader(&policy->files);
	size_t i;

	if (!root || !json_is_array(files))
		return fb_error_set(err, -EPROTO, "the agent's bundle has no files");
	policy->files.bundle = true;
	if (*fb_field_text(bundle, "catalogue"))
		policy->files.catalogue = fb_field_text(bundle, "catalogue");
	policy->generation = json_integer_value(json_object_get(bundle, "generation"));
	json_array_foreach (files, i, file) {
		const json_t *path = json_object_get(file, "path"), *text = json_object_get(file, "text");

		if (!json_is_string(path) || !json_is_string(text))
			return fb_error_set(err, -EPROTO,
					    "the agent's bundle has a file without path or text");
		fb_files_add(&policy->files, json_string_value(path), json_string_value(text),
			     json_string_length(text));
	}
	for (size_t k = 0; k < policy->files.v.n; k++)
		if (!strcmp(policy->files.v.v[k].path, root)) {
			judge(policy, &policy->files.v.v[k], &reader);
			return 0;
		}
	return fb_error_set(err, -EPROTO, "the agent's bundle lacks its root %s", root);
}

void fb_policy_done(struct fb_policy *policy)
{
	if (policy->checked)
		fb_ruleset_done(&policy->ruleset);
	if (policy->parsed)
		fb_tree_done(&policy->tree);
	fb_diags_done(&policy->diags);
	fb_files_done(&policy->files);
}

void fb_policy_complain(const struct fb_policy *policy)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_diags_print(&policy->diags, &policy->tree.sources, &out);
	fflush(stdout);
	fputs(fb_strbuf_get(&out), stderr);
}

void fb_policy_no_zone(const struct fb_ruleset *rs, const char *name, const char *otherwise)
{
	struct FB_VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; i < rs->zones.n; i++)
		fb_vec_add(&names, rs->zones.v[i].name);
	near = fb_suggest(name, names.v, names.n);
	if (near)
		fb_complain("no zone \"%s\": did you mean \"%s\"?", name, near);
	else
		fb_complain("no zone \"%s\"%s", name, otherwise);
	fb_vec_done(&names);
}

void fb_line_when_json(const struct fb_ruleset *rs, const struct fb_line *line, json_t *object)
{
	if (line->window)
		json_object_set_new(object, "during", json_string(rs->windows.v[line->window - 1].name));
	if (line->access)
		json_object_set_new(object, "on_request", json_string(rs->accesses.v[line->access - 1].name));
}

const char *fb_policy_timezone(const struct fb_policy *policy)
{
	return policy->checked && policy->ruleset.timezone && policy->ruleset.timezone[0]
		       ? policy->ruleset.timezone
		       : "UTC";
}

/* What the verb can do without an agent, if it can. */
static void say_offline(const struct fb_command *c)
{
	const char *how = strstr(c->args, "OLDFILE") ? "OLDFILE FILE" : NULL;

	for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
		if (!strcmp(c->options[i].name, "policy"))
			how = "--policy FILE ...";
	if (how)
		fprintf(stderr, "   to ask a file instead: firebreak %s %s\n", c->name, how);
}

int fb_policy_get(const struct fb_call *call, struct fb_policy *policy, json_t **ret_bundle)
{
	const char *path = fb_call_option(call, "policy");
	json_t *bundle = NULL;
	struct fb_error err = { 0 };
	int r;

	if (path) {
		r = fb_policy_load(policy, path, &err);
	} else {
		int failed = fb_live_get(call, "/v1/bundle", &bundle);

		if (failed) {
			say_offline(call->command);
			return failed;
		}
		r = fb_policy_load_bundle(policy, bundle, &err);
	}
	if (ret_bundle && r >= 0)
		*ret_bundle = bundle;
	else
		json_decref(bundle);
	if (r < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	if (policy->errors) {
		fb_policy_complain(policy);
		fb_complain("%s: %u error%s, so there is no answer", path ? path : "the policy in force",
			    policy->errors, policy->errors == 1 ? "" : "s");
		return FB_EXIT_POLICY;
	}
	return FB_EXIT_OK;
}

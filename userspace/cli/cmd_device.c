// SPDX-License-Identifier: GPL-2.0-only
/*
 * device add|replace|remove NAME: edits the one file in which the device stands, shows the plan, applies. The policy on disk must be the one in force, so
 * that nobody's unfinished work goes along; what the agent refuses leaves the file as it was.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/inet.h"
#include "base/io.h"
#include "cli/change.h"
#include "cli/device_edit.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"

struct edit {
	const struct fb_call *call;
	const char *what, *name; /* "add", "cam-0413" */
	struct fb_policy policy; /* as it is on disk */
	json_t *bundle;		 /* in force */
	const struct fb_device *device;
	size_t file; /* which one is edited */
	char mac[FB_MAC_STRLEN];
	struct fb_strbuf text, old_mac;
};

static void edit_done(struct edit *e)
{
	fb_policy_done(&e->policy);
	json_decref(e->bundle);
	fb_strbuf_done(&e->text);
	fb_strbuf_done(&e->old_mac);
}

#define USAGE(...) (fb_complain(__VA_ARGS__), FB_EXIT_USAGE)

static int read_words(struct edit *e)
{
	const char *mac = fb_call_option(e->call, "mac"), *ip = fb_call_option(e->call, "ip");
	__u8 bytes[6];
	struct fb_ip address;
	int family;

	e->what = e->call->args[0];
	e->name = e->call->args[1];
	if (strcmp(e->what, "add") != 0 && strcmp(e->what, "replace") != 0 && strcmp(e->what, "remove") != 0)
		return USAGE("device: \"%s\" is none of add, replace, remove", e->what);
	if (mac && fb_mac_parse(mac, strlen(mac), bytes) < 0)
		return USAGE("device: \"%s\" is no MAC address: write 3c:ef:8c:00:04:12", mac);
	if (mac)
		fb_mac_print(bytes, e->mac);
	if (ip && fb_ip_parse(ip, strlen(ip), &family, &address) < 0)
		return USAGE("device: \"%s\" is no address: write 10.20.4.13", ip);
	if (!strcmp(e->what, "replace") && !mac)
		return USAGE("device replace %s: --mac says which one it has now", e->name);
	if (!strcmp(e->what, "add") && !fb_call_option(e->call, "in"))
		return USAGE("device add %s: --in names its zone", e->name);
	if (!strcmp(e->what, "add") && !ip)
		return USAGE("device add %s: --ip gives its address", e->name);
	return FB_EXIT_OK;
}

/* Is what stands on disk what is in force? */
static bool is_in_force(const struct edit *e)
{
	const json_t *files = json_object_get(e->bundle, "files");

	if (json_array_size(files) != e->policy.files.v.n)
		return false;
	for (size_t i = 0; i < e->policy.files.v.n; i++)
		if (strcmp(fb_field_text(json_array_get(files, i), "text"), e->policy.files.v.v[i].text) != 0)
			return false;
	return true;
}

static int load(struct edit *e)
{
	const char *path = fb_call_option(e->call, "policy");
	struct fb_error err = { 0 };
	int r = fb_live_get(e->call, "/v1/bundle", &e->bundle);

	if (r)
		return r;
	if (!path)
		path = fb_field_text(e->bundle, "root");
	if (fb_policy_load(&e->policy, path, &err) < 0) {
		fb_complain("%s (name the policy's file with --policy FILE)", err.text);
		return FB_EXIT_HOST;
	}
	if (e->policy.errors) {
		fb_policy_complain(&e->policy);
		fb_complain("%s: is not right as it stands; nothing was changed", path);
		return FB_EXIT_POLICY;
	}
	for (size_t i = 0; i < e->policy.files.v.n; i++)
		if (fb_files_trusted(&e->policy.files.v.v[i], &err) < 0) {
			fb_complain("%s", err.text);
			return FB_EXIT_HOST;
		}
	if (!is_in_force(e)) {
		fb_complain("%s: is not what is in force (\"firebreak plan %s\" shows the difference): apply "
			    "it first, or put it "
			    "back; nothing was changed",
			    path, path);
		return FB_EXIT_POLICY;
	}
	return FB_EXIT_OK;
}

/* files->v is in the order of reading, sources in that of the tree: by path. */
static size_t file_of(const struct edit *e, const struct fb_device *device)
{
	const char *path = e->policy.tree.sources.files.v[device->stmt->at.file].path;

	for (size_t i = 0; i < e->policy.files.v.n; i++)
		if (!strcmp(e->policy.files.v.v[i].path, path))
			return i;
	return 0;
}

/* A new device goes behind the last one of its zone, into the same file; the first of all into the root file. */
static int change(struct edit *e)
{
	const struct fb_ruleset *rs = &e->policy.ruleset;
	const char *zone = fb_call_option(e->call, "in");
	struct fb_error err = { 0 };
	int r = 0;

	for (size_t i = 0; i < rs->devices.n; i++) {
		const struct fb_device *d = &rs->devices.v[i];

		if (!strcmp(d->name, e->name))
			e->device = d;
		if (zone && d->zone < rs->zones.n && !strcmp(rs->zones.v[d->zone].name, zone))
			e->file = file_of(e, d);
	}
	if (!strcmp(e->what, "add")) {
		if (e->device)
			return USAGE("device add: there is a device \"%s\" already", e->name);
		fb_device_text_add(e->policy.files.v.v[e->file].text, e->name, zone,
				   e->mac[0] ? e->mac : NULL, fb_call_option(e->call, "ip"),
				   fb_call_option(e->call, "reason"), &e->text);
		return FB_EXIT_OK;
	}
	if (!e->device)
		return USAGE("the policy has no device \"%s\"", e->name);
	e->file = file_of(e, e->device);
	if (!strcmp(e->what, "replace"))
		r = fb_device_text_replace(e->policy.files.v.v[e->file].text, e->device, e->mac, &e->text,
					   &e->old_mac, &err);
	else
		r = fb_device_text_remove(e->policy.files.v.v[e->file].text, e->device, &e->text, &err);
	if (r < 0)
		fb_complain("%s", err.text);
	return r < 0 ? FB_EXIT_HOST : FB_EXIT_OK;
}

/* The policy with the one file changed, as apply sends it. */
static json_t *changed(const struct edit *e)
{
	json_t *files = json_array();

	for (size_t i = 0; i < e->policy.files.v.n; i++) {
		const struct fb_read_file *f = &e->policy.files.v.v[i];

		json_array_append_new(files, json_pack("{ss ss}", "path", f->path, "text",
						       i == e->file ? fb_strbuf_get(&e->text) : f->text));
	}
	return json_pack("{ss so ss}", "root", e->policy.files.v.v[0].path, "files", files, "catalogue",
			 e->policy.files.catalogue);
}

static int write_file(const struct edit *e, const char *text)
{
	const char *path = e->policy.files.v.v[e->file].path;
	fb_autofree char *target = realpath(path, NULL); /* a link stays a link */
	struct fb_error err = { 0 };
	struct stat st;

	if (!target || stat(target, &st) < 0)
		fb_error_set(&err, -errno, "%s: %s", path, strerror(errno));
	else if (fb_io_write(target, text, strlen(text), st.st_mode & 07777, &err) == 0)
		return FB_EXIT_OK;
	fb_complain("%s", err.text);
	return FB_EXIT_HOST;
}

/* What the record says: the old address stays in history and audit log. */
static void add_reason(const struct edit *e, json_t *body)
{
	const char *given = fb_call_option(e->call, "reason");
	fb_autostrbuf struct fb_strbuf reason = { 0 };

	fb_strbuf_addf(&reason, "device %s %s", e->what, e->name);
	if (e->old_mac.len)
		fb_strbuf_addf(&reason, ": %s instead of %s", e->mac, fb_strbuf_get(&e->old_mac));
	if (given)
		fb_strbuf_addf(&reason, "; %s", given);
	json_object_set_new(body, "reason", json_string(fb_strbuf_get(&reason)));
}

static int put_in_force(const struct edit *e, json_t *after)
{
	const struct fb_read_file *file = &e->policy.files.v.v[e->file];
	const char *name = e->policy.ruleset.name;
	int r = fb_change_options(e->call, after);

	if (r) {
		json_decref(after);
		return r;
	}
	add_reason(e, after);
	r = write_file(e, fb_strbuf_get(&e->text));
	if (r) {
		json_decref(after);
		return r;
	}
	r = fb_change_post(e->call, "/v1/apply", after, name && *name ? name : file->path);
	if (r && write_file(e, file->text))
		fb_complain("%s holds the change that was refused", file->path);
	return r;
}

/* Who takes a device away is to hear where it is still named, not which other name is like it. */
static int still_used(const struct edit *e, const json_t *after)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	struct fb_error err = { 0 };
	unsigned int places = 0;

	if (strcmp(e->what, "remove") != 0 || fb_policy_load_bundle(&policy, after, &err) < 0)
		return FB_EXIT_OK;
	for (size_t i = 0; i < policy.diags.list.n; i++) {
		const struct fb_diag *d = &policy.diags.list.v[i];

		if (d->level != FB_DIAG_ERROR || !d->at.line)
			continue;
		fprintf(stderr, "%s:%u:%u\n", policy.tree.sources.files.v[d->at.file].path, d->at.line,
			d->at.col);
		places++;
	}
	if (!places)
		return FB_EXIT_OK;
	fb_complain("%s is still used in %u place%s; change %s first", e->name, places,
		    places == 1 ? "" : "s", places == 1 ? "it" : "them");
	return FB_EXIT_POLICY;
}

static int show_plan(const struct edit *e, const json_t *after)
{
	fb_autostrbuf struct fb_strbuf wrong = { 0 };
	int r;

	fb_strbuf_addf(&wrong, "device %s %s: the policy would have errors; the file is as it was", e->what,
		       e->name);
	if (!e->call->json)
		printf("%s: device %s %s\n", e->policy.files.v.v[e->file].path, e->what, e->name);
	r = still_used(e, after);
	if (!r)
		r = fb_plan_bundles(e->bundle, after, fb_strbuf_get(&wrong), e->call->json);
	fflush(stdout);
	return r;
}

int fb_cmd_device(const struct fb_call *call)
{
	FB_CLEANUP(edit_done) struct edit e = { .call = call };
	json_t *after;
	int r = read_words(&e);

	if (!r)
		r = load(&e);
	if (!r)
		r = change(&e);
	if (r)
		return r;
	after = changed(&e);
	if (!call->json || fb_call_option(call, "dry-run"))
		r = show_plan(&e, after);
	if (r == FB_EXIT_CHANGES && !fb_call_option(call, "dry-run"))
		r = FB_EXIT_OK;
	if (r || fb_call_option(call, "dry-run")) {
		json_decref(after);
		return r;
	}
	return put_in_force(&e, after);
}

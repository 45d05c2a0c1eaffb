// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Whoever reads the file meanwhile, or after a power cut, finds the old text or the new one. Owner and mode stay. */
static int rewrite(const char *path, const struct fb_strbuf *text, struct fb_error *err)
{
	fb_autofree char *target = realpath(path, NULL); /* a link stays a link */
	fb_autofree char *temporary = NULL;
	struct stat st;

	if (!target || stat(target, &st) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (asprintf(&temporary, "%s.XXXXXX", target) < 0)
		abort();

	fb_autoclose int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return fb_error_set(err, -errno, "cannot write beside %s: %s", path, strerror(errno));

	int r = write_all(fd, fb_strbuf_get(text), text->len);

	if (!r && fchown(fd, st.st_uid, st.st_gid) < 0)
		r = -errno;
	if (!r && (fchmod(fd, st.st_mode & 07777) < 0 || fsync(fd) < 0 || rename(temporary, target) < 0))
		r = -errno;
	if (r < 0) {
		unlink(temporary);
		return fb_error_set(err, r, "%s: %s; nothing was changed", path, strerror(-r));
	}
	return 0;
}

static int format_one(const struct fb_call *call, const char *path, bool *ret_differs)
{
	bool check = fb_call_option(call, "check"), in_place = fb_call_option(call, "write");
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_error err = { 0 };

	if (fb_policy_load_alone(&policy, path, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	if (policy.errors) {
		fb_policy_complain(&policy);
		fb_complain("%s cannot be read, so it was left as it is", policy.files.v.v[0].path);
		return FB_EXIT_POLICY;
	}
	fb_print(&policy.tree, &policy.tree.files.v[0], &text);

	const struct fb_read_file *old = &policy.files.v.v[0];

	*ret_differs = old->len != text.len || memcmp(old->text, fb_strbuf_get(&text), text.len) != 0;
	if (check) {
		if (*ret_differs)
			puts(old->path);
		return FB_EXIT_OK;
	}
	if (!in_place) {
		fputs(fb_strbuf_get(&text), stdout);
		return FB_EXIT_OK;
	}
	if (*ret_differs && rewrite(path, &text, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	return FB_EXIT_OK;
}

int fb_cmd_fmt(const struct fb_call *call)
{
	bool check = fb_call_option(call, "check"), in_place = fb_call_option(call, "write");
	int worst = FB_EXIT_OK;

	if (check && in_place) {
		fb_complain("fmt: --check changes nothing and --write does: take one");
		return FB_EXIT_USAGE;
	}
	for (unsigned int i = 0; i < call->n_args; i++) {
		bool differs = false;

		if (in_place && !strcmp(call->args[i], "-")) {
			fb_complain("fmt: the standard input cannot be rewritten");
			return FB_EXIT_USAGE;
		}

		int r = format_one(call, call->args[i], &differs);

		if (!r && check && differs)
			r = FB_EXIT_POLICY;
		worst = r > worst ? r : worst;
	}
	return worst;
}

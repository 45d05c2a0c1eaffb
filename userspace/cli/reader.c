// SPDX-License-Identifier: GPL-2.0-only
#include "cli/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/diag.h"
#include "ctl/protocol.h"

const char *fb_catalogue(void)
{
	static const char build[] = FB_BUILD_ROOT "/";
	const char *set = getenv("FIREBREAK_CATALOGUE");
	char exe[4096];

	if (set && *set)
		return set;

	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n > 0 && (size_t)n >= sizeof(build) - 1 && !memcmp(exe, build, sizeof(build) - 1))
		return FB_SOURCE_ROOT "/policies/services";
	return FB_CATALOGUE_DIR;
}

void fb_files_add(struct fb_files *files, const char *path, const char *text, size_t len)
{
	struct fb_read_file file = { .path = strdup(path), .text = malloc(len + 1), .len = len };

	if (!file.path || !file.text)
		abort();
	memcpy(file.text, text, len);
	file.text[len] = 0;
	fb_vec_add(&files->v, file);
}

/* pipe: a named one, not blocking. Who writes to it may be a moment late, or be nobody; once there, it is waited for. */
static int read_all(int fd, bool pipe, const char *path, struct fb_strbuf *out, struct fb_error *err)
{
	enum { PATIENCE = 2 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[65536];
	int tries = 0;

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && (errno == EINTR || (errno == EAGAIN && poll(&p, 1, -1))))
			continue;
		if (!n && pipe && !out->len) {
			if (tries++ == PATIENCE)
				return fb_error_set(err, -EPIPE, "%s: a pipe that nobody writes to", path);
			poll(&p, 1, 1000);
			continue;
		}
		if (n < 0)
			return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
		if (!n)
			return 0;
		fb_strbuf_addn(out, buf, (size_t)n);
		if (out->len > FB_CTL_BODY_MAX)
			return fb_error_set(err, -EFBIG, "%s: more than %u MiB: not a policy", path,
					    FB_CTL_BODY_MAX >> 20);
	}
}

int fb_files_read(struct fb_files *files, const char *path, size_t *ret_index, struct fb_error *err)
{
	bool is_stdin = !strcmp(path, "-");
	fb_autoclose int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct stat st;

	for (size_t i = 0; i < files->v.n; i++)
		if (!strcmp(files->v.v[i].path, path)) {
			*ret_index = i;
			return 0;
		}
	if (fd < 0 || fstat(fd, &st) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fb_error_set(err, -EISDIR, "%s: a folder, not a policy file", path);

	int r = read_all(fd, !is_stdin && S_ISFIFO(st.st_mode), path, &text, err);

	if (r < 0)
		return r;
	fb_files_add(files, is_stdin ? "stdin" : path, fb_strbuf_get(&text), text.len);
	*ret_index = files->v.n - 1;

	struct fb_read_file *file = &files->v.v[*ret_index];

	file->uid = st.st_uid;
	file->mode = st.st_mode;
	return 0;
}

/* The folder of `from` joined to a pattern; what is special to glob in the folder's own name is escaped. */
static void join(const char *from, const char *pattern, bool escape, struct fb_strbuf *out)
{
	const char *slash = strrchr(from, '/');

	if (pattern[0] != '/' && slash)
		for (const char *p = from; p <= slash; p++) {
			if (escape && strchr("*?[\\", *p))
				fb_strbuf_addc(out, '\\');
			fb_strbuf_addc(out, *p);
		}
	fb_strbuf_add(out, pattern);
}

static int by_byte(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder that is not there is no match, and the catalogue is asked next; one that may not be read is an error. */
static int glob_failed(const char *path, int error)
{
	return error == EACCES || error == EIO;
}

typedef void fb_reader_add(void *arg, const char *path, const char *text, size_t len);

static int include_disk(struct fb_files *files, const char *pattern, fb_reader_add *add, void *arg)
{
	FB_CLEANUP(globfree) glob_t found = { 0 };
	int r = glob(pattern, GLOB_NOSORT, glob_failed, &found);

	if (r == GLOB_NOMATCH)
		return 0;
	if (r) {
		snprintf(files->why, sizeof(files->why), "cannot read the folders of %s", pattern);
		return r == GLOB_NOSPACE ? -ENOMEM : -EACCES;
	}
	qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), by_byte);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct fb_error err = { 0 };
		struct stat st;
		size_t index;

		/* a pipe would be waited for, for ever */
		if (stat(found.gl_pathv[i], &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
			snprintf(files->why, sizeof(files->why), "%.480s: not a regular file",
				 found.gl_pathv[i]);
			return -EINVAL;
		}
		if (fb_files_read(files, found.gl_pathv[i], &index, &err) < 0) {
			snprintf(files->why, sizeof(files->why), "%.500s", err.text);
			return err.code;
		}
		add(arg, files->v.v[index].path, files->v.v[index].text, files->v.v[index].len);
	}
	return (int)found.gl_pathc;
}

/* tail: pattern may be the end of a path, for the catalogue, if the bundle does not name its folder. */
static int include_bundle(struct fb_files *files, const char *pattern, bool tail, fb_reader_add *add,
			  void *arg)
{
	const char **paths = calloc(files->v.n + 1, sizeof(*paths));
	size_t slashes = 0;
	int n = 0;

	if (!paths)
		abort();
	for (const char *p = pattern; *p; p++)
		slashes += *p == '/';
	for (size_t i = 0; i < files->v.n; i++) {
		const char *path = files->v.v[i].path, *p = path + strlen(path);

		for (size_t k = 0; tail && p > path; p--)
			if (p[-1] == '/' && k++ == slashes)
				break;
		if (!fnmatch(pattern, tail ? p : path, FNM_PATHNAME | FNM_PERIOD))
			paths[n++] = path;
	}
	qsort(paths, (size_t)n, sizeof(*paths), by_byte);
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < files->v.n; k++)
			if (files->v.v[k].path == paths[i])
				add(arg, paths[i], files->v.v[k].text, files->v.v[k].len);
	free(paths);
	return n;
}

/* *files->why: the file that is called nearly so, beside the including one or in the catalogue; "" = none. */
static void look_for(struct fb_files *files, const char *from, const char *pattern)
{
	FB_CLEANUP(globfree) glob_t beside = { 0 }, stored = { 0 };
	fb_autostrbuf struct fb_strbuf path = { 0 }, catalogue = { 0 };
	struct FB_VEC(const char *) names = { 0 };
	const char *near;

	if (files->bundle || strpbrk(pattern, "*?[/"))
		return;
	join(from, "*.fb", true, &path);
	fb_strbuf_addf(&catalogue, "%s/*.fb", files->catalogue ? files->catalogue : ".");
	for (int i = 0; i < 2; i++) {
		glob_t *found = i ? &stored : &beside;

		if (glob(fb_strbuf_get(i ? &catalogue : &path), 0, NULL, found) == 0)
			for (size_t k = 0; k < found->gl_pathc; k++) {
				const char *slash = strrchr(found->gl_pathv[k], '/');

				fb_vec_add(&names, slash ? slash + 1 : found->gl_pathv[k]);
			}
	}
	near = fb_suggest(pattern, names.v, names.n);
	if (near)
		snprintf(files->why, sizeof(files->why), "%s", near);
	fb_vec_done(&names);
}

static int include(void *user, const char *from, const char *pattern, fb_reader_add *add, void *arg,
		   const char **ret_why)
{
	struct fb_files *files = user;
	fb_autostrbuf struct fb_strbuf path = { 0 };

	*ret_why = files->why;
	files->why[0] = 0;
	join(from, pattern, true, &path);

	const char *joined = fb_strbuf_get(&path);
	int n = files->bundle ? include_bundle(files, joined, false, add, arg)
			      : include_disk(files, joined, add, arg);

	if (n || pattern[0] == '/')
		return n;
	if (!files->catalogue)
		return files->bundle ? include_bundle(files, pattern, true, add, arg) : 0;

	fb_autostrbuf struct fb_strbuf folder = { 0 }, second = { 0 };

	fb_strbuf_addf(&folder, "%s/", files->catalogue);
	join(fb_strbuf_get(&folder), pattern, true, &second);
	joined = fb_strbuf_get(&second);
	n = files->bundle ? include_bundle(files, joined, false, add, arg)
			  : include_disk(files, joined, add, arg);
	if (!n)
		look_for(files, from, pattern);
	return n;
}

struct fb_reader fb_files_reader(struct fb_files *files)
{
	return (struct fb_reader){ .include = include, .user = files };
}

int fb_files_trusted(const struct fb_read_file *file, struct fb_error *err)
{
	if (!S_ISREG(file->mode))
		return fb_error_set(err, -EPERM,
				    "%s is not a regular file; a policy that is enforced must be one",
				    file->path);
	if (file->uid != 0) {
		const struct passwd *user = getpwuid(file->uid);
		char id[16];

		snprintf(id, sizeof(id), "%u", file->uid);
		return fb_error_set(
			err, -EPERM,
			"%s belongs to %s (mode %04o), who could change what is enforced: chown root %s",
			file->path, user ? user->pw_name : id, file->mode & 07777, file->path);
	}
	if (file->mode & (S_IWGRP | S_IWOTH))
		return fb_error_set(err, -EPERM,
				    "%s can be written by others than root (mode %04o): chmod go-w %s",
				    file->path, file->mode & 07777, file->path);
	return 0;
}

void fb_files_done(struct fb_files *files)
{
	for (size_t i = 0; i < files->v.n; i++) {
		free(files->v.v[i].path);
		free(files->v.v[i].text);
	}
	fb_vec_done(&files->v);
}

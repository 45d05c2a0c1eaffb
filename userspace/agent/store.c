// SPDX-License-Identifier: GPL-2.0-only
#include "agent/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "ctl/protocol.h"

static char *path_of(const char *state_dir, __u32 generation)
{
	char *path;

	if (asprintf(&path, "%s/generations/%u.json", state_dir, generation) < 0)
		abort();
	return path;
}

static char *file_path(const char *state_dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", state_dir, name) < 0)
		abort();
	return path;
}

int fb_store_write_file(const char *state_dir, const char *name, const void *data, size_t len,
			struct fb_error *err)
{
	fb_autofree char *path = file_path(state_dir, name);

	return fb_io_write(path, data, len, 0640, err);
}

int fb_store_read_file(const char *state_dir, const char *name, char **ret, size_t *ret_len,
		       struct fb_error *err)
{
	fb_autofree char *path = file_path(state_dir, name);

	return fb_io_read(path, FB_CTL_BODY_MAX, ret, ret_len, err);
}

int fb_store_remove_file(const char *state_dir, const char *name, struct fb_error *err)
{
	fb_autofree char *path = file_path(state_dir, name);

	if (unlink(path) == 0)
		return fb_io_sync_folder(path, err);
	return errno == ENOENT ? 0 : fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
}

int fb_store_open(const char *state_dir, struct fb_error *err)
{
	fb_autofree char *folder = NULL;
	int r;

	if (asprintf(&folder, "%s/generations", state_dir) < 0)
		abort();
	r = fb_io_mkdir(folder, 0750, err);
	return r == 0 && access(folder, W_OK) < 0
		       ? fb_error_set(err, -errno, "%s: %s", folder, strerror(errno))
		       : r;
}

/* "12\n" and nothing else. */
static int parse_number(const char *text, __u32 *ret)
{
	unsigned long long n;
	char *rest;

	n = strtoull(text, &rest, 10);
	if (rest == text || *text < '0' || *text > '9' || (*rest && strcmp(rest, "\n")) || n == 0 ||
	    n > UINT32_MAX)
		return -EBADMSG;
	*ret = (__u32)n;
	return 0;
}

static int read_current(const char *state_dir, __u32 *ret, struct fb_error *err)
{
	fb_autofree char *path = file_path(state_dir, "current"), *text = NULL;
	size_t len;
	int r = fb_io_read(path, 64, &text, &len, err);

	if (r == 0 && parse_number(text, ret) < 0)
		return fb_error_set(err, -EBADMSG, "%s: holds no generation number", path);
	return r;
}

/* Sums find what broke, not who forged: whoever can write here decides what comes in force at the next start. */
static int check_trust(const char *path, struct fb_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0; /* whoever reads it says so */
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return fb_error_set(err, -EPERM,
				    "%s belongs to user %u, who could change what is enforced: chown root %s",
				    path, st.st_uid, path);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fb_error_set(err, -EPERM,
				    "%s can be written by others than root (mode %04o): chmod go-w %s", path,
				    st.st_mode & 07777, path);
	return 0;
}

int fb_store_read(const char *state_dir, __u32 generation, struct fb_bundle *ret, struct fb_error *err)
{
	fb_autofree char *path = path_of(state_dir, generation), *text = NULL;
	size_t len;
	int r = check_trust(path, err);

	if (r == 0)
		r = fb_io_read(path, 4ul * FB_CTL_BODY_MAX, &text, &len, err);
	if (r < 0)
		return r;
	r = fb_bundle_decode(text, len, ret, err);
	if (r < 0)
		return fb_error_prefix(err, "%s", path);
	if (ret->generation != generation) {
		fb_bundle_done(ret);
		return fb_error_set(err, -EBADMSG, "%s: is of another generation", path);
	}
	return 0;
}

int fb_store_current(const char *state_dir, __u32 *ret, struct fb_error *err)
{
	int r;

	*ret = 0;
	r = read_current(state_dir, ret, err);
	return r == -ENOENT ? 0 : r;
}

static int check_folders(const char *state_dir, struct fb_error *err)
{
	fb_autofree char *generations = file_path(state_dir, "generations"),
			 *current = file_path(state_dir, "current");
	int r = check_trust(state_dir, err);

	if (r == 0)
		r = check_trust(generations, err);
	return r == 0 ? check_trust(current, err) : r;
}

int fb_store_load(const char *state_dir, __u32 pinned, struct fb_bundle *ret, struct fb_error *err)
{
	__u32 current = 0;
	int r = check_folders(state_dir, err), newer;

	if (r < 0)
		return r;
	r = read_current(state_dir, &current, err);
	if ((r == 0 || r == -ENOENT) && pinned > current) {
		newer = fb_store_read(state_dir, pinned, ret, err);
		if (newer != -ENOENT) /* not there: a rebuild for the host's sake that could not be stored */
			return newer < 0 ? newer : 1;
	}
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = fb_store_read(state_dir, current, ret, err);
	return r < 0 ? r : 1;
}

/* Nobody applies so often: a file with a higher number was put here, and left no room for the next ones. */
enum { HIGHEST = INT32_MAX };

/* Calls each for every stored number. */
static void walk(const char *state_dir, void (*each)(void *arg, __u32 generation), void *arg)
{
	fb_autofree char *folder = NULL;
	struct dirent *entry;
	DIR *dir;

	if (asprintf(&folder, "%s/generations", state_dir) < 0)
		abort();
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		char *dot = strchr(entry->d_name, '.');
		__u32 n;

		if (!dot || strcmp(dot, ".json"))
			continue;
		*dot = 0;
		if (parse_number(entry->d_name, &n) == 0 && n <= HIGHEST)
			each(arg, n);
	}
	if (dir)
		closedir(dir);
}

static void take_highest(void *arg, __u32 generation)
{
	__u32 *highest = arg;

	if (generation > *highest)
		*highest = generation;
}

__u32 fb_store_last(const char *state_dir)
{
	struct fb_error ignored = { 0 };
	__u32 highest = 0, current = 0;

	walk(state_dir, take_highest, &highest);
	if (read_current(state_dir, &current, &ignored) == 0 && current > highest)
		highest = current;
	return highest;
}

int fb_store_write(const char *state_dir, const struct fb_bundle *bundle, const struct fb_host *host,
		   struct fb_error *err)
{
	fb_autofree char *path = path_of(state_dir, bundle->generation),
			 *text = fb_bundle_encode(bundle, host);

	return fb_io_write(path, text, strlen(text), 0640, err);
}

void fb_store_forget(const char *state_dir, __u32 generation)
{
	fb_autofree char *path = path_of(state_dir, generation);

	unlink(path);
}

struct numbers FB_VEC(__u32);

static void collect(void *arg, __u32 generation)
{
	struct numbers *numbers = arg;

	fb_vec_add(numbers, generation);
}

static int newest_first(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return (x < y) - (x > y);
}

size_t fb_store_list(const char *state_dir, __u32 **ret)
{
	struct numbers numbers = { 0 };

	walk(state_dir, collect, &numbers);
	if (numbers.n)
		qsort(numbers.v, numbers.n, sizeof(*numbers.v), newest_first);
	*ret = numbers.v;
	return numbers.n;
}

int fb_store_find(const char *state_dir, __u32 number, struct fb_bundle *ret, struct fb_error *err)
{
	int r = fb_store_read(state_dir, number, ret, err);
	fb_autofree __u32 *numbers = NULL;
	__u32 next = 0;

	if (r != -ENOENT)
		return r;
	for (size_t i = 0, n = fb_store_list(state_dir, &numbers); i < n && numbers[i] > number; i++)
		next = numbers[i];
	if (!next || fb_store_read(state_dir, next, ret, err) < 0)
		return r;
	if (ret->first <= number)
		return 0;
	fb_bundle_done(ret);
	return r;
}

static void prune(const char *state_dir)
{
	fb_autofree __u32 *numbers = NULL;
	size_t n = fb_store_list(state_dir, &numbers);

	for (size_t i = FB_STORE_KEEP; i < n; i++)
		fb_store_forget(state_dir, numbers[i]);
}

int fb_store_commit(const char *state_dir, __u32 generation, struct fb_error *err)
{
	fb_autofree char *path = file_path(state_dir, "current");
	char text[16];
	int r;

	if (!generation)
		return fb_store_remove_file(state_dir, "current", err);
	snprintf(text, sizeof(text), "%u\n", generation);
	r = fb_io_write(path, text, strlen(text), 0640, err);
	if (r == 0)
		prune(state_dir);
	return r;
}

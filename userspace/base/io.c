// SPDX-License-Identifier: GPL-2.0-only
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

int fb_io_read(const char *path, size_t max, char **ret, size_t *ret_len, struct fb_error *err)
{
	fb_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	fb_autostrbuf struct fb_strbuf text = { 0 };
	char buf[65536];
	ssize_t n;

	if (fd < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
		if (text.len + (size_t)n > max)
			return fb_error_set(err, -EFBIG, "%s: longer than %zu bytes", path, max);
		fb_strbuf_addn(&text, buf, (size_t)n);
	}
	*ret_len = text.len;
	*ret = fb_strbuf_steal(&text);
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A rename is on disk only when its folder is. */
int fb_io_sync_folder(const char *path, struct fb_error *err)
{
	const char *slash = strrchr(path, '/');
	fb_autofree char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
					 : strdup(".");
	fb_autoclose int fd = -1;

	if (!folder)
		abort();
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return fb_error_set(err, -errno, "%s: %s", folder, strerror(errno));
	return 0;
}

static int write_new(const char *path, const void *data, size_t len, mode_t mode, struct fb_error *err)
{
	fb_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	r = write_all(fd, data, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	/* some file systems tell only now that there was no room */
	if (r == 0 && close(FB_STEAL_FD(fd)) < 0)
		r = -errno;
	return r < 0 ? fb_error_set(err, r, "%s: %s", path, strerror(-r)) : 0;
}

int fb_io_write(const char *path, const void *data, size_t len, mode_t mode, struct fb_error *err)
{
	fb_autofree char *tmp = NULL;
	int r;

	if (asprintf(&tmp, "%s.tmp", path) < 0)
		abort();
	unlink(tmp); /* of a writer that was killed */
	r = write_new(tmp, data, len, mode, err);
	if (r == 0 && rename(tmp, path) < 0)
		r = fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (r < 0) {
		unlink(tmp);
		return r;
	}
	return fb_io_sync_folder(path, err);
}

int fb_io_mkdir(const char *path, mode_t mode, struct fb_error *err)
{
	fb_autofree char *part = strdup(path);
	struct stat st;

	if (!part)
		abort();
	for (char *p = part + 1;; p++) {
		char end = *p;

		if (end && end != '/')
			continue;
		*p = 0;
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return fb_error_set(err, -errno, "%s: %s", part, strerror(errno));
		*p = end;
		if (!end)
			break;
	}
	if (stat(path, &st) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fb_error_set(err, -ENOTDIR, "%s: is not a folder", path);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the pins live: a bpffs of our own. systemd's /sys/fs/bpf is 0700 root, which the agent's user cannot
 * pass; and a mount of our own can be checked for owner and mode, so that nobody plants a map for us to
 * adopt. The mount belongs to the mount namespace of the caller and ends with it, and with it every pin: an
 * agent inside of a private one (`ip netns exec`) must not be the one that mounts.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

char *fb_path(const char *fmt, ...)
{
	char *path = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&path, fmt, ap);

	va_end(ap);
	if (n < 0)
		abort();
	return path;
}

static int open_dir(const char *path, bool *ret_bpffs, struct fb_error *err)
{
	fb_autoclose int fd = open(path, O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return fb_error_set(err, -errno, "%s: cannot be opened as a directory: %s", path,
				    strerror(errno));
	if (fstatfs(fd, &fs) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	*ret_bpffs = (unsigned long)fs.f_type == BPF_FS_MAGIC;
	return FB_STEAL_FD(fd);
}

static int check_owner(int fd, const char *path, uid_t owner, struct fb_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (st.st_uid != 0 && st.st_uid != owner)
		return fb_error_set(err, -EPERM,
				    "%s: the mount belongs to uid %u, not to root or uid %u; unmount it if "
				    "it is not the agent's",
				    path, st.st_uid, owner);
	if (st.st_mode & 077)
		return fb_error_set(err, -EPERM,
				    "%s: the mount has mode %04o, which lets others in; chmod it to 0700",
				    path, st.st_mode & 07777);
	return 0;
}

int fb_place_mount(const char *path, uid_t owner, struct fb_error *err)
{
	bool bpffs = false;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fb_error_set(err, -errno, "%s: cannot be created: %s", path, strerror(errno));
	fb_autoclose int dir = open_dir(path, &bpffs, err);

	if (dir < 0)
		return dir;
	if (bpffs)
		return check_owner(dir, path, owner, err);
	if (mount("bpffs", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
		return fb_error_set(err, -errno, "%s: bpffs cannot be mounted: %s%s", path, strerror(errno),
				    errno == EPERM ? " (the first start needs CAP_SYS_ADMIN)" : "");
	fb_autoclose int mounted = open_dir(path, &bpffs, err);

	if (mounted < 0)
		return mounted;
	if (!bpffs || fchown(mounted, owner, (gid_t)-1) < 0)
		return fb_error_set(err, -EIO, "%s: the mounted bpffs cannot be handed to uid %u", path,
				    owner);
	return check_owner(mounted, path, owner, err);
}

int fb_place_mkdir(const char *path, uid_t owner, struct fb_error *err)
{
	if (mkdir(path, 0700) < 0 || chown(path, owner, (gid_t)-1) < 0)
		return fb_error_set(err, -errno, "%s: cannot be created: %s", path, strerror(errno));
	return 0;
}

int fb_place_pin(int fd, const char *path, uid_t owner, struct fb_error *err)
{
	int r = bpf_obj_pin(fd, path);

	if (r < 0)
		return fb_error_set(err, r, "%s: cannot be pinned: %s%s", path, strerror(-r),
				    r == -ENOENT ? "; somebody removed pins: remove the rest (rm -r its "
						   "directory bpf/v*) and restart firebreakd"
						 : "");
	if (chown(path, owner, (gid_t)-1) < 0) {
		r = -errno;
		unlink(path);
		return fb_error_set(err, r, "%s: cannot be handed to uid %u: %s", path, owner, strerror(-r));
	}
	return 0;
}

int fb_place_remove(const char *path, struct fb_error *err)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int r = 0;

	if (!dir)
		return errno == ENOENT ? 0 : fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	while (r == 0 && (e = readdir(dir))) {
		fb_autofree char *below = fb_path("%s/%s", path, e->d_name);

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlink(below) == 0)
			continue;
		r = errno == EISDIR || errno == EPERM
			    ? fb_place_remove(below, err)
			    : fb_error_set(err, -errno, "%s: cannot be removed: %s", below, strerror(errno));
	}
	closedir(dir);
	if (r == 0 && rmdir(path) < 0)
		r = fb_error_set(err, -errno, "%s: cannot be removed: %s", path, strerror(errno));
	return r;
}

int fb_place_retire(const char *dir, struct fb_error *err)
{
	fb_autofree char *old = fb_path("%s-old", dir);
	int r = fb_place_remove(old, err);

	if (r == 0 && rename(dir, old) < 0)
		r = fb_error_set(err, -errno, "%s: cannot be renamed: %s", dir, strerror(errno));
	return r < 0 ? r : fb_place_remove(old, err);
}

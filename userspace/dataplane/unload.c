// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one way to end enforcement: an operator's explicit act. It does not need to understand what is pinned,
 * so that it also clears away what another version has left. The guard's table goes last: until then no
 * device that was a port is heard.
 */
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/mount.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/handle.h"

static int unload_tree(struct fb_dataplane *dp, const char *dir, struct fb_error *err)
{
	fb_autofree __u32 *ports = NULL;
	int n = fb_link_pinned(dir, &ports, err), r = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n && r == 0; i++) {
		fb_autofree char *pin = fb_path("%s/links/xdp-%u", dir, ports[i]);
		char name[IF_NAMESIZE] = "";

		r = fb_guard_remove(dp, ports[i], err);
		if (r == 0 && if_indextoname(ports[i], name))
			r = fb_tc_remove(dp, name, ports[i], err);
		if (r == 0)
			r = fb_link_unpin(pin, err);
	}
	return r < 0 ? r : fb_place_remove(dir, err);
}

int fb_unload_nobody_else(struct fb_error *err)
{
	struct if_nameindex *all = if_nameindex();
	int r = 0;

	for (size_t i = 0; all && all[i].if_index && r == 0; i++) {
		char name[16] = "";
		__u32 id = 0, same;
		fb_autoclose int fd = bpf_xdp_query_id((int)all[i].if_index, 0, &id) == 0 && id
					      ? bpf_prog_get_fd_by_id(id)
					      : -1;

		if (fd >= 0 && fb_prog_info(fd, &same, name, err) == 0 &&
		    !strcmp(name, fb_prog_names[FB_PROG_XDP]))
			r = fb_error_set(err, -EBUSY,
					 "%s enforces by another run directory (--run-dir): its guard stays",
					 all[i].if_name);
	}
	if_freenameindex(all);
	return r;
}

static int unload(struct fb_dataplane *dp, struct fb_error *err)
{
	DIR *d = opendir(dp->mount);
	struct dirent *e;
	int r = 0;

	if (!d && errno != ENOENT)
		return fb_error_set(err, -errno, "%s: %s", dp->mount, strerror(errno));
	while (r == 0 && d && (e = readdir(d))) {
		fb_autofree char *dir = fb_path("%s/%s", dp->mount, e->d_name);

		if (e->d_name[0] == 'v')
			r = unload_tree(dp, dir, err);
	}
	if (d)
		closedir(d);
	if (r == 0)
		r = fb_unload_nobody_else(err);
	if (r == 0)
		r = fb_guard_remove_table(dp, err);
	fb_cleanup_close(&dp->held);
	dp->held = -1;
	if (r == 0)
		umount2(dp->mount,
			UMOUNT_NOFOLLOW); /* without CAP_SYS_ADMIN an empty mount stays, which does no harm */
	return r;
}

int fb_dataplane_unload(struct fb_dataplane *dp, struct fb_error *err)
{
	return unload(dp, err);
}

int fb_dataplane_unload_all(const struct fb_dataplane_options *options, struct fb_error *err)
{
	struct fb_dataplane *dp FB_CLEANUP(fb_handle_cleanup) = fb_handle_new(options);
	int r;

	fb_load_listen();
	r = fb_guard_connect(dp, err);
	return r < 0 ? r : unload(dp, err);
}

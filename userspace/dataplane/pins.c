// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins that somebody removes while we hold what they pin are put back: without them the next start would find no tree that it can adopt. The arrays of
 * stages need it most: without a pin or a descriptor the kernel empties them, and no program reaches its next stage.
 */
#include <errno.h>
#include <unistd.h>

#include "dataplane/handle.h"

const char *const fb_stage_pins[2] = { "stages", "explain-stages" };

static bool is_missing(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

bool fb_pins_lack_programs(const struct fb_dataplane *dp)
{
	for (int i = 0; i < FB_PROG_COUNT + 2; i++) {
		fb_autofree char *path =
			fb_path("%s/progs/%s", dp->dir,
				i < FB_PROG_COUNT ? fb_prog_names[i] : fb_stage_pins[i - FB_PROG_COUNT]);

		if (is_missing(path))
			return true;
	}
	return false;
}

/* Frees path. Where the folder is gone too nothing can be pinned: that is no tree any more. */
static void keep(const struct fb_dataplane *dp, int fd, char *path, char **first, int *n)
{
	struct fb_error ignored;

	if (is_missing(path) && fb_place_pin(fd, path, dp->owner, &ignored) == 0 && !(*n)++)
		*first = path;
	else
		free(path);
}

int fb_dataplane_keep_pins(struct fb_dataplane *dp, char **ret_first)
{
	const char *dir = fb_place(dp);
	int n = 0;

	for (int i = 0; i < FB_MAP_COUNT; i++) {
		keep(dp, dp->live.fd[i], fb_path("%s/maps/%s", dir, fb_map_specs[i].name), ret_first, &n);
		if (!fb_map_specs[i].shared)
			keep(dp, dp->explain.fd[i], fb_path("%s/explain/%s", dir, fb_map_specs[i].name),
			     ret_first, &n);
	}
	for (int i = 0; i < FB_PROG_COUNT; i++)
		keep(dp, dp->prog[i], fb_path("%s/progs/%s", dir, fb_prog_names[i]), ret_first, &n);
	for (int i = 0; i < 2; i++) {
		keep(dp, dp->image_fd[i], fb_path("%s/maps/image-%c", dir, 'a' + i), ret_first, &n);
		keep(dp, dp->stages_fd[i], fb_path("%s/progs/%s", dir, fb_stage_pins[i]), ret_first, &n);
	}
	return n;
}

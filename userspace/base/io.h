/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files: read at once, and written so that a crash leaves the old text or the new one, never a part. */
#ifndef FB_BASE_IO_H
#define FB_BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* *ret is NUL-terminated (len does not count it) and the caller's to free. -EFBIG: longer than max bytes. */
int fb_io_read(const char *path, size_t max, char **ret, size_t *ret_len, struct fb_error *err);
/*
 * Writes path.tmp, syncs it, renames it, syncs the folder. On failure path is as it was and path.tmp is
 * gone. One writer at a time.
 */
int fb_io_write(const char *path, const void *data, size_t len, mode_t mode, struct fb_error *err);
/* The folder that path is in: a name that was made, moved or removed is on disk only then. */
int fb_io_sync_folder(const char *path, struct fb_error *err);
/* Creates a folder and those above it, each with this mode; one that exists is left as it is. */
int fb_io_mkdir(const char *path, mode_t mode, struct fb_error *err);

#endif

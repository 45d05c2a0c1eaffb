/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The texts of a policy and the places in them. The policy library makes no system calls: whoever calls it
 * supplies files through a reader (the CLI from disk, the agent from a stored bundle, tests from memory).
 */
#ifndef FB_POLICY_SOURCE_H
#define FB_POLICY_SOURCE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"

/* A place in a text: file is an index into fb_sources; line and col count from 1, col in bytes. line 0 = nowhere. */
struct fb_at {
	unsigned int file, line, col;
};

struct fb_source {
	const char *path; /* as people wrote it: relative to the working directory, or in the catalogue */
	const char *text; /* NUL-terminated */
	size_t len;
};

struct fb_sources {
	struct fb_arena arena;
	struct FB_VEC(struct fb_source) files;
};

/* Adds a file (copies both); returns its index. */
unsigned int fb_sources_add(struct fb_sources *sources, const char *path, const char *text, size_t len);
void fb_sources_done(struct fb_sources *sources);

/*
 * Resolves one include. pattern is as written, from is the path of the including file. Calls add(path, text, len, arg) once for
 * each file that matches, sorted by byte (S57: relative to the including file, then to the catalogue directory).
 * Returns the number of files, 0 = no match (*ret_why may be what is called nearly so), negative errno = failed, with a sentence in *ret_why (static or owned by the reader).
 */
struct fb_reader {
	int (*include)(void *user, const char *from, const char *pattern,
		       void (*add)(void *arg, const char *path, const char *text, size_t len), void *arg,
		       const char **ret_why);
	void *user;
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a policy, from disk or from the agent's bundle, and the reader that the parser asks for includes (S57):
 * relative to the including file, then to the catalogue; a glob sorted by byte; a path is read once.
 */
#ifndef FB_CLI_READER_H
#define FB_CLI_READER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/vec.h"
#include "policy/source.h"

struct fb_read_file {
	char *path; /* as written, joined to the folder of the including file */
	char *text;
	size_t len;
	uid_t uid;
	mode_t mode;
};

struct fb_files {
	const char *catalogue;		      /* folder; NULL = none */
	bool bundle;			      /* the files are all there already: nothing is read from disk */
	struct FB_VEC(struct fb_read_file) v; /* in the order of reading; the root first */
	char why[512];
};

/* $FIREBREAK_CATALOGUE, else the source tree's when this program runs from its build tree, else the installed one. */
const char *fb_catalogue(void);

/* Reads one file; "-" is the standard input. *ret_index is its place in files->v. A path that is there already is not read again. */
int fb_files_read(struct fb_files *files, const char *path, size_t *ret_index, struct fb_error *err);
/* Adds a text of a bundle; copies. */
void fb_files_add(struct fb_files *files, const char *path, const char *text, size_t len);
struct fb_reader fb_files_reader(struct fb_files *files);
/*
 * Whether a policy that is enforced may come from this file: a regular file that only root can write (S57).
 * -EPERM, with the command that repairs it.
 */
int fb_files_trusted(const struct fb_read_file *file, struct fb_error *err);
void fb_files_done(struct fb_files *files);

#endif

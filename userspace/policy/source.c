// SPDX-License-Identifier: GPL-2.0-only
#include "policy/source.h"

#include <string.h>

unsigned int fb_sources_add(struct fb_sources *sources, const char *path, const char *text, size_t len)
{
	struct fb_source source = {
		.path = fb_arena_strdup(&sources->arena, path),
		.text = fb_arena_strndup(&sources->arena, text, len),
		.len = len,
	};

	fb_vec_add(&sources->files, source);
	return (unsigned int)(sources->files.n - 1);
}

void fb_sources_done(struct fb_sources *sources)
{
	fb_vec_done(&sources->files);
	fb_arena_done(&sources->arena);
}

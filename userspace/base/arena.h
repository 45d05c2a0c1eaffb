/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bump allocator: everything that a tree or a rule set owns goes at once. Memory is zeroed.
 * Allocation failure ends the process (a gateway that cannot get a few KiB for a policy text has no
 * better move, and the data plane goes on without us).
 */
#ifndef FB_BASE_ARENA_H
#define FB_BASE_ARENA_H

#include <stddef.h>

struct fb_arena_block;
struct fb_arena {
	struct fb_arena_block *head;
};

void *fb_arena_alloc(struct fb_arena *arena, size_t size);
char *fb_arena_strndup(struct fb_arena *arena, const char *s, size_t n);
char *fb_arena_strdup(struct fb_arena *arena, const char *s);
char *fb_arena_printf(struct fb_arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fb_arena_done(struct fb_arena *arena);

#endif

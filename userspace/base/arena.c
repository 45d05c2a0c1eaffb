// SPDX-License-Identifier: GPL-2.0-only
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fb_arena_block {
	struct fb_arena_block *next;
	size_t used, size;
	_Alignas(16) char data[];
};

void *fb_arena_alloc(struct fb_arena *arena, size_t size)
{
	struct fb_arena_block *block = arena->head;

	size = (size + 15) & ~(size_t)15;
	if (!block || block->size - block->used < size) {
		size_t want = size > 65536 ? size : 65536;

		block = calloc(1, sizeof(*block) + want);
		if (!block)
			abort();
		block->size = want;
		block->next = arena->head;
		arena->head = block;
	}
	void *p = block->data + block->used;

	block->used += size;
	return p;
}

char *fb_arena_strndup(struct fb_arena *arena, const char *s, size_t n)
{
	char *copy = fb_arena_alloc(arena, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *fb_arena_strdup(struct fb_arena *arena, const char *s)
{
	return fb_arena_strndup(arena, s, strlen(s));
}

char *fb_arena_printf(struct fb_arena *arena, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	char *s = fb_arena_alloc(arena, (size_t)n + 1);

	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

void fb_arena_done(struct fb_arena *arena)
{
	while (arena->head) {
		struct fb_arena_block *next = arena->head->next;

		free(arena->head);
		arena->head = next;
	}
}

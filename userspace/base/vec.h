/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing array: struct FB_VEC(struct thing) things = {0}; things.v[i], things.n.
 * fb_vec_add copies the value in and evaluates to its address; fb_vec_done frees the array, not what it points to.
 */
#ifndef FB_BASE_VEC_H
#define FB_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>

#define FB_VEC(type)            \
	{                       \
		type *v;        \
		size_t n, size; \
	}

static inline void *fb_vec_grow(void *v, size_t *size, size_t item)
{
	*size = *size ? *size * 2 : 8;
	v = realloc(v, *size * item);
	if (!v)
		abort();
	return v;
}

#define fb_vec_add(vec, ...)                                                               \
	({                                                                                 \
		if ((vec)->n == (vec)->size)                                               \
			(vec)->v = fb_vec_grow((vec)->v, &(vec)->size, sizeof(*(vec)->v)); \
		(vec)->v[(vec)->n] = (__VA_ARGS__);                                        \
		&(vec)->v[(vec)->n++];                                                     \
	})
#define fb_vec_done(vec)                    \
	do {                                \
		free((vec)->v);             \
		(vec)->v = NULL;            \
		(vec)->n = (vec)->size = 0; \
	} while (0)

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fb_strbuf_grow(struct fb_strbuf *b, size_t more)
{
	if (b->len + more + 1 <= b->size)
		return;
	size_t size = b->size ? b->size : 128;

	while (size < b->len + more + 1)
		size *= 2;
	b->s = realloc(b->s, size);
	if (!b->s)
		abort();
	b->size = size;
}

void fb_strbuf_addn(struct fb_strbuf *b, const char *s, size_t n)
{
	fb_strbuf_grow(b, n);
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = 0;
}

void fb_strbuf_add(struct fb_strbuf *b, const char *s)
{
	fb_strbuf_addn(b, s, strlen(s));
}

void fb_strbuf_addc(struct fb_strbuf *b, char c)
{
	fb_strbuf_addn(b, &c, 1);
}

void fb_strbuf_addf(struct fb_strbuf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	fb_strbuf_grow(b, (size_t)n);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

const char *fb_strbuf_get(const struct fb_strbuf *b)
{
	return b->s ? b->s : "";
}

char *fb_strbuf_steal(struct fb_strbuf *b)
{
	fb_strbuf_grow(b, 0);
	b->s[b->len] = 0;
	char *s = b->s;

	*b = (struct fb_strbuf){ 0 };
	return s;
}

void fb_strbuf_done(struct fb_strbuf *b)
{
	free(b->s);
	*b = (struct fb_strbuf){ 0 };
}

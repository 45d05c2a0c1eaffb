/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing string. Zero-initialise; fb_strbuf_done frees; fb_strbuf_steal hands the text over. */
#ifndef FB_BASE_STRBUF_H
#define FB_BASE_STRBUF_H

#include <stddef.h>

#include "base/cleanup.h"

struct fb_strbuf {
	char *s; /* NUL-terminated once anything was added; NULL before */
	size_t len, size;
};

void fb_strbuf_add(struct fb_strbuf *b, const char *s);
void fb_strbuf_addn(struct fb_strbuf *b, const char *s, size_t n);
void fb_strbuf_addc(struct fb_strbuf *b, char c);
void fb_strbuf_addf(struct fb_strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The text, never NULL; borrowed. */
const char *fb_strbuf_get(const struct fb_strbuf *b);
/* The text, never NULL; the caller frees it. */
char *fb_strbuf_steal(struct fb_strbuf *b);
void fb_strbuf_done(struct fb_strbuf *b);
#define fb_autostrbuf FB_CLEANUP(fb_strbuf_done)

#endif

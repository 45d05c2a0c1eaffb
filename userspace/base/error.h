/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One error, filled by the function that knows the facts; callers put context in front.
 * Functions return 0 or a negative errno, with `struct fb_error *err` last (never NULL).
 */
#ifndef FB_BASE_ERROR_H
#define FB_BASE_ERROR_H

struct fb_error {
	int code; /* negative errno, 0 = none */
	char text[512];
};

/* Fills err and returns code (a negative errno), so that a caller can `return fb_error_set(...)`. */
int fb_error_set(struct fb_error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "context: " in front of the text and returns err->code. */
int fb_error_prefix(struct fb_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

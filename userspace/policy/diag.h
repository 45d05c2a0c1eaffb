/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Diagnostics: all that is wrong with a policy, collected, sorted by place when printed.
 *
 *   northport.fb:21:19: error: services missing: an allow line says what for
 *      allow d1 -> d2
 *                     ^ add a service (https), a port (tcp/8443) or "all"
 */
#ifndef FB_POLICY_DIAG_H
#define FB_POLICY_DIAG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "policy/source.h"

enum fb_diag_level { FB_DIAG_ERROR, FB_DIAG_LINT };

struct fb_diag {
	enum fb_diag_level level;
	struct fb_at at;
	const char *text;
	const char *help;   /* stands behind the caret; NULL = none */
	const char *detail; /* whole lines that are shown instead of the source line; NULL = none */
	bool always;	    /* shown beyond FB_DIAGS_SHOWN, too */
};

struct fb_diags {
	struct fb_arena arena;
	struct FB_VEC(struct fb_diag) list;
	unsigned int errors, lints;
};

/* Errors that are printed: nobody reads more, and the text of a file that is no policy would fill the memory once again. */
enum { FB_DIAGS_SHOWN = 10000 };

void fb_diag_error(struct fb_diags *diags, struct fb_at at, const char *help, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void fb_diag_lint(struct fb_diags *diags, struct fb_at at, const char *help, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The form above, sorted by file, line, column; with the source line and caret; says how many more there are. help may be built with fb_diag_printf. */
void fb_diags_print(const struct fb_diags *diags, const struct fb_sources *sources, struct fb_strbuf *out);
char *fb_diag_printf(struct fb_diags *diags, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fb_diags_done(struct fb_diags *diags);

/* The candidate nearest to word by edit distance, or NULL if none is near enough to suggest. */
const char *fb_suggest(const char *word, const char *const *candidates, size_t n);

#endif

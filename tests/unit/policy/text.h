/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts for the tests of lexer, parser, printer and JSON: files, trees of them, and policies of many lines. */
#ifndef FB_TEST_POLICY_TEXT_H
#define FB_TEST_POLICY_TEXT_H

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "policy/ast.h"

struct text {
	struct fb_tree tree;
	struct fb_diags diags;
	unsigned int errors;
	struct fb_strbuf said;
};

static inline void text_parse_with(struct text *t, const char *path, const char *s, size_t n,
				   const struct fb_reader *reader)
{
	*t = (struct text){ 0 };
	t->errors = fb_parse(&t->tree, path, s, n, reader, &t->diags);
	fb_diags_print(&t->diags, &t->tree.sources, &t->said);
}

static inline void text_parse(struct text *t, const char *s)
{
	text_parse_with(t, "t.fb", s, strlen(s), NULL);
}

static inline void text_parse_clean(struct text *t, const char *s)
{
	text_parse(t, s);
	cr_assert_eq(t->errors, 0, "%s\n%s", s, fb_strbuf_get(&t->said));
}

static inline void text_done(struct text *t)
{
	fb_strbuf_done(&t->said);
	fb_diags_done(&t->diags);
	fb_tree_done(&t->tree);
}

static inline bool text_read(const char *path, struct fb_strbuf *out)
{
	fb_autofclose FILE *f = fopen(path, "r");
	char buf[4096];
	size_t n;

	while (f && (n = fread(buf, 1, sizeof(buf), f)))
		fb_strbuf_addn(out, buf, n);
	return f;
}

/* Of this process: how long others keep the machine busy says nothing about the parser. */
static inline double text_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Every policy at hand: examples, catalogue, golden texts, and the folder in FB_REFERENCE_POLICIES if that is set. */
static inline void text_for_each_policy(void (*test)(const char *path, const struct fb_strbuf *text))
{
	static const char *const places[] = { "policies/examples/*.fb", "policies/services/*.fb",
					      "tests/golden/accept/*.fb" };
	const char *more = getenv("FB_REFERENCE_POLICIES");
	glob_t found = { 0 };
	char pattern[4096];

	for (size_t i = 0; i < FB_ARRAY_SIZE(places); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", FB_SOURCE_ROOT, places[i]);
		glob(pattern, i ? GLOB_APPEND : 0, NULL, &found);
	}
	for (int depth = 0; more && depth < 3; depth++) {
		snprintf(pattern, sizeof(pattern), "%s/%s*.fb", more,
			 depth == 0   ? ""
			 : depth == 1 ? "*/"
				      : "*/*/");
		glob(pattern, GLOB_APPEND, NULL, &found);
	}
	cr_assert_gt(found.gl_pathc, 50);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };

		cr_assert(text_read(found.gl_pathv[i], &text));
		test(found.gl_pathv[i], &text);
	}
	globfree(&found);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Golden tests of the language: NAME.fb beside what must come of it.
 *
 *   accept/   NAME.fmt  the canonical text; nothing is reported, and printing it again, or going through JSON, changes nothing
 *   reject/   NAME.err  the parser's messages, to the byte
 *   check/    NAME.err  the messages of parser and checker together; empty for a policy that is right
 *
 *   golden [--update] [NAME...]
 *
 * --update writes what is there now: read the diff before it is committed. The last line says "N passed, N failed".
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "policy/json.h"
#include "policy/ruleset.h"

/* Sunday, 22 November 2026, noon UTC: deadlines do not fall while the tests grow old. */
#define NOW 1795348800ll

static bool update;
static unsigned int passed, failed;

static int golden_read(const char *path, struct fb_strbuf *out)
{
	fb_autofclose FILE *f = fopen(path, "r");
	char buf[4096];
	size_t n;

	if (!f)
		return -errno;
	while ((n = fread(buf, 1, sizeof(buf), f)))
		fb_strbuf_addn(out, buf, n);
	return 0;
}

/* Includes are found beside the file, or in the catalogue of the source tree. */
static int golden_include(void *user, const char *from, const char *pattern,
			  void (*add)(void *arg, const char *path, const char *text, size_t len), void *arg,
			  const char **ret_why)
{
	const char *slash = strrchr(from, '/');
	int n = 0;

	for (int catalogue = 0; catalogue < 2 && !n; catalogue++) {
		fb_autostrbuf struct fb_strbuf path = { 0 };
		glob_t found = { 0 };

		if (catalogue)
			fb_strbuf_addf(&path, "%s/policies/services/%s", FB_SOURCE_ROOT, pattern);
		else
			fb_strbuf_addf(&path, "%.*s/%s", slash ? (int)(slash - from) : 1, slash ? from : ".",
				       pattern);
		if (glob(path.s, 0, NULL, &found) == 0)
			for (size_t i = 0; i < found.gl_pathc; i++) {
				fb_autostrbuf struct fb_strbuf text = { 0 };

				if (golden_read(found.gl_pathv[i], &text) == 0) {
					add(arg, found.gl_pathv[i], fb_strbuf_get(&text), text.len);
					n++;
				}
			}
		globfree(&found);
	}
	return n;
}

static void golden_fail(const char *name, const char *why, const char *got)
{
	failed++;
	printf("FAILED %s: %s\n%s", name, why, got);
}

static void golden_compare(const char *name, const char *path, const struct fb_strbuf *got)
{
	fb_autostrbuf struct fb_strbuf want = { 0 };
	int r = golden_read(path, &want);

	if (r == 0 && want.len == got->len && !strcmp(fb_strbuf_get(&want), fb_strbuf_get(got))) {
		passed++;
		return;
	}
	if (!update) {
		golden_fail(name, r ? "there is no file to compare with" : "differs from the file; now it is",
			    fb_strbuf_get(got));
		return;
	}
	fb_autofclose FILE *f = fopen(path, "w");

	if (!f || fwrite(fb_strbuf_get(got), 1, got->len, f) != got->len)
		golden_fail(name, "cannot write", path);
	else
		passed++;
}

/* What the canonical text and the JSON form say must be what the file says. NULL = it is. */
static const char *golden_round_trip(const struct fb_tree *tree, const struct fb_strbuf *text)
{
	struct fb_tree again = { 0 }, imported = { 0 };
	struct fb_diags diags = { 0 };
	struct fb_error err = { 0 };
	fb_autostrbuf struct fb_strbuf twice = { 0 };
	fb_autofree char *json = fb_json_export(tree, &tree->files.v[0]);
	const char *why = NULL;

	if (fb_parse(&again, "again", fb_strbuf_get(text), text->len, NULL, &diags))
		why = "the canonical text has errors";
	else if (!fb_file_equal(&tree->files.v[0], &again.files.v[0]))
		why = "the canonical text says something else";
	else
		fb_print(&again, &again.files.v[0], &twice);
	if (!why && strcmp(fb_strbuf_get(text), fb_strbuf_get(&twice)) != 0)
		why = "printing twice differs from printing once";
	if (!why && fb_json_import(&imported, "json", json, strlen(json), &err) < 0) {
		why = "the JSON form is not accepted";
		printf("%s\n", err.text);
	} else if (!why && !fb_file_equal(&tree->files.v[0], &imported.files.v[0])) {
		why = "the JSON form says something else";
	}
	fb_diags_done(&diags);
	fb_tree_done(&again);
	fb_tree_done(&imported);
	return why;
}

/* Messages name the file as "accept/x.fb", wherever the source tree is. */
static void golden_run(const char *folder, const char *name, const char *path)
{
	bool accept = !strcmp(folder, "accept"), check = !strcmp(folder, "check");
	const struct fb_reader reader = { .include = golden_include };
	struct fb_tree tree = { 0 };
	struct fb_diags diags = { 0 };
	fb_autostrbuf struct fb_strbuf text = { 0 }, got = { 0 }, want = { 0 };
	const char *why = NULL;
	char *said;

	if (golden_read(path, &text) < 0) {
		golden_fail(name, "cannot read", path);
		return;
	}
	fb_parse(&tree, path, fb_strbuf_get(&text), text.len, check ? &reader : NULL, &diags);
	tree.sources.files.v[0].path = name; /* before the checker, which names places in its messages */
	if (check) {
		struct fb_check_options options = { .now = NOW, .local_to_unix = fb_clock_local_to_unix };
		struct fb_ruleset rs = { 0 };

		fb_check(&tree, &options, &diags, &rs);
		fb_ruleset_done(&rs);
	}
	fb_diags_print(&diags, &tree.sources, &got);
	said = fb_strbuf_steal(&got);
	fb_strbuf_addf(&want, "%.*s.%s", (int)strlen(path) - 3, path, accept ? "fmt" : "err");
	if (accept && *said) {
		golden_fail(name, "is not accepted", said);
	} else if (accept) {
		fb_print(&tree, &tree.files.v[0], &got);
		why = golden_round_trip(&tree, &got);
		if (why)
			golden_fail(name, why, fb_strbuf_get(&got));
		else
			golden_compare(name, want.s, &got);
	} else {
		fb_strbuf_add(&got, said);
		if (!check && !*said)
			golden_fail(name, "is accepted", "");
		else
			golden_compare(name, want.s, &got);
	}
	free(said);
	fb_diags_done(&diags);
	fb_tree_done(&tree);
}

static bool golden_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	static const char *const folders[] = { "accept", "reject", "check" };

	if (argc > 1 && !strcmp(argv[1], "--update")) {
		update = true;
		argv++;
		argc--;
	}
	for (size_t i = 0; i < FB_ARRAY_SIZE(folders); i++) {
		fb_autostrbuf struct fb_strbuf pattern = { 0 };
		glob_t found = { 0 };

		fb_strbuf_addf(&pattern, "%s/tests/golden/%s/*.fb", FB_SOURCE_ROOT, folders[i]);
		glob(pattern.s, 0, NULL, &found);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			const char *name = strrchr(found.gl_pathv[k], '/') - strlen(folders[i]);

			if (golden_wanted(name, argc, argv))
				golden_run(folders[i], name, found.gl_pathv[k]);
		}
		globfree(&found);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}

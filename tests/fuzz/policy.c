// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as a policy: parsed, judged, compiled. What parses must print as text that says the same, and that prints as itself;
 * what is right must compile or be too large.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/ast.h"
#include "policy/compile.h"
#include "policy/json.h"
#include "policy/lint.h"
#include "policy/ruleset.h"

#define NOW 1795348800ll /* as the golden tests */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok, const char *what, const struct fb_strbuf *text)
{
	if (ok)
		return;
	fprintf(stderr, "%s; the canonical text:\n%s\n", what, text ? text->s : "");
	abort();
}

static void round_trip(const struct fb_tree *tree)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, twice = { 0 };
	struct fb_tree again = { 0 }, imported = { 0 };
	struct fb_diags diags = { 0 };
	struct fb_error err = { 0 };
	fb_autofree char *json = fb_json_export(tree, &tree->files.v[0]);

	fb_print(tree, &tree->files.v[0], &text);
	must(!fb_parse(&again, "again", fb_strbuf_get(&text), text.len, NULL, &diags),
	     "the canonical text has errors", &text);
	must(fb_file_equal(&tree->files.v[0], &again.files.v[0]), "the canonical text says something else",
	     &text);
	fb_print(&again, &again.files.v[0], &twice);
	must(!strcmp(fb_strbuf_get(&text), fb_strbuf_get(&twice)), "printing twice differs", &text);
	must(!fb_json_import(&imported, "json", json, strlen(json), &err), err.text, &text);
	must(fb_file_equal(&tree->files.v[0], &imported.files.v[0]), "the JSON form says something else",
	     &text);
	fb_diags_done(&diags);
	fb_tree_done(&again);
	fb_tree_done(&imported);
}

static void compile(const struct fb_ruleset *rs)
{
	struct fb_compile_input in = { .ruleset = rs, .generation = 1, .applied = NOW };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };
	fb_autofree void *image = calloc(1, FB_IMAGE_BYTES_SMALL);
	int r = fb_compile(&in, image, FB_IMAGE_BYTES_SMALL, &stats, &err);

	must(r == 0 || r == -E2BIG, err.text, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_check_options options = { .now = NOW, .local_to_unix = fb_clock_local_to_unix };
	fb_autofree char *text = malloc(size + 1);
	fb_autostrbuf struct fb_strbuf said = { 0 };
	struct fb_tree tree = { 0 };
	struct fb_diags diags = { 0 };
	struct fb_ruleset rs = { 0 };
	unsigned int errors;

	memcpy(text, data, size);
	text[size] = 0;
	errors = fb_parse(&tree, "fuzz.fb", text, size, NULL, &diags);
	if (!errors)
		round_trip(&tree);
	errors += fb_check(&tree, &options, &diags, &rs);
	if (!errors) {
		struct fb_lints lints = { 0 };

		fb_lints_find(&tree, &rs, NOW, &lints);
		fb_lints_done(&lints);
		compile(&rs);
	}
	fb_diags_print(&diags, &tree.sources, &said);
	fb_ruleset_done(&rs);
	fb_diags_done(&diags);
	fb_tree_done(&tree);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Any text as the JSON form of a policy: what is accepted, exported again, is accepted and says the same. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_tree tree = { 0 }, again = { 0 };
	struct fb_error err = { 0 };

	if (!fb_json_import(&tree, "fuzz", (const char *)data, size, &err)) {
		fb_autofree char *json = fb_json_export(&tree, &tree.files.v[0]);

		if (fb_json_import(&again, "again", json, strlen(json), &err) < 0 ||
		    !fb_file_equal(&tree.files.v[0], &again.files.v[0])) {
			fprintf(stderr, "%s\n%s\n", err.text, json);
			abort();
		}
	}
	fb_tree_done(&again);
	fb_tree_done(&tree);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON form of a policy file, for programs that write policies or read them:
 *
 *   { "file": "northport.fb", "statements": [
 *       { "kind": "zone", "name": "cctv", "interface": [ { "name": "eth1", "vlan": 120 } ], "network": [ "10.20.0.0/16" ],
 *         "purdue": 1, "owner": "Security systems", "comments": [ " the cameras" ], "at": { "line": 4, "column": 1 } },
 *       ... ] }
 *
 * Fields stand in the order of the grammar; what is not given is left out; addresses, operands, services and hours are
 * written as in the text ("self at corp", "udp/67 source-port 68"). `at` is where the statement stood; import passes over it.
 */
#ifndef FB_POLICY_JSON_H
#define FB_POLICY_JSON_H

#include "base/error.h"
#include "policy/ast.h"

/* The caller frees it. */
char *fb_json_export(const struct fb_tree *tree, const struct fb_file *file);
/*
 * Reads the form above into a tree of one file; path names it in places. The file's source is the canonical
 * text, which is parsed: so whatever the grammar refuses in a text is refused here, and places point into that text. The
 * tree is zeroed by the caller and must be released in any case. Returns 0 or -EINVAL, with the field that is wrong in err.
 */
int fb_json_import(struct fb_tree *tree, const char *path, const char *text, size_t len,
		   struct fb_error *err);

#endif

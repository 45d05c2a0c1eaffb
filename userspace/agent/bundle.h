/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A generation as it lies on disk and goes over the control socket (S57): every file that was read, who
 * applied it when and why, the slot table, the host's facts, the language number, and SHA-256 sums of each
 * file and of the whole. Nothing but the bundle is needed to put a generation in force again.
 */
#ifndef FB_AGENT_BUNDLE_H
#define FB_AGENT_BUNDLE_H

#include <jansson.h>

#include "agent/host.h"
#include "base/error.h"
#include "policy/ruleset.h"

struct fb_bundle_file {
	char *path, *text;
	size_t len;
};

struct fb_bundle {
	__u32 generation;
	__u32 first; /* its number when it was applied, 0 = this one; a rebuild for the host's or a window's sake gives it another */
	__s64 applied; /* unix seconds at which the policy was applied; a rebuild for the host's sake keeps it */
	__u32 previous;	   /* in force before it, 0 = nothing was */
	__u32 rollback_of; /* the generation whose files these are, 0 = none: they came with an apply */
	char *root;	   /* path of the file that begins */
	char *catalogue;   /* folder of the catalogue as the files' paths name it, "" = not told */
	char *who, *reason;
	struct FB_VEC(struct fb_bundle_file) files;
	struct fb_slots slots; /* after this generation's assignment */
};

/* Of POST /v1/apply: root, files, reason, who, catalogue. -EINVAL: what is missing or odd. */
int fb_bundle_from_request(const json_t *body, struct fb_bundle *ret, struct fb_error *err);
/* For GET /v1/bundle and the stored file; host may be NULL. The caller's to release. */
json_t *fb_bundle_to_json(const struct fb_bundle *bundle, const struct fb_host *host);
/* The text of the stored file, with its sums; the caller frees it. */
char *fb_bundle_encode(const struct fb_bundle *bundle, const struct fb_host *host);
/* -EBADMSG: not JSON, truncated, a sum that does not fit; -ENOTSUP: another language or schema. */
int fb_bundle_decode(const char *text, size_t len, struct fb_bundle *ret, struct fb_error *err);
/* Everything but the numbers of generations. */
void fb_bundle_copy(const struct fb_bundle *bundle, struct fb_bundle *ret);
void fb_bundle_done(struct fb_bundle *bundle);

/* NULL = not in it. */
const struct fb_bundle_file *fb_bundle_file(const struct fb_bundle *bundle, const char *path);
/*
 * Resolves includes among the bundle's files: relative to the including file, then in the catalogue.
 * Borrows bundle.
 */
struct fb_reader fb_bundle_reader(const struct fb_bundle *bundle);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit log: <state_dir>/audit.log, a line of JSON for every change that somebody made, each with the
 * SHA-256 of the line before it and of itself, so that a line that was changed, removed or moved breaks the
 * chain. <state_dir>/audit.head holds the number and the sum of the last line apart, so that a log that was
 * cut is noticed as well. (Who can write both files can write another history; ship the lines elsewhere if root of
 * this host is the adversary.)
 *
 * A line is written before its change takes place: a change without its line does not exist.
 */
#ifndef FB_AGENT_AUDIT_H
#define FB_AGENT_AUDIT_H

#include <jansson.h>
#include <linux/types.h>
#include <stdbool.h>

#include "base/error.h"

struct fb_audit;

struct fb_audit_entry {
	const char *what;   /* "apply", "confirm", "isolate": the verb */
	const char *object; /* what was changed: a plan, a device, an access; NULL = the policy as a whole */
	const char *who, *reason; /* NULL = the agent itself; none */
	__s64 uid;		  /* of who, -1 = the agent itself */
	__s64 seconds;		  /* for how long; 0 = until something else is done */
	__u32 before, after;	  /* generations in force */
};

/* Repairs what a crash in the middle of a write left; a log that does not verify is used all the same, and said. */
int fb_audit_open(const char *state_dir, struct fb_audit **ret, struct fb_error *err);
void fb_audit_close(struct fb_audit *audit);
/* On disk when it returns 0; on failure the log is as it was. audit NULL = nothing is written. */
int fb_audit_add(struct fb_audit *audit, const struct fb_audit_entry *entry, struct fb_error *err);

struct fb_audit_verdict {
	__u64 lines;
	bool good;
	char why[256]; /* what is wrong with which line, "" if good */
	char head[65]; /* the last line's sum */
};
/* Reads both files. Negative: they cannot be read. */
int fb_audit_verify(const char *state_dir, struct fb_audit_verdict *ret, struct fb_error *err);
/* The last `limit` lines, oldest first, as they were written. */
int fb_audit_list(const char *state_dir, size_t limit, json_t **ret, struct fb_error *err);
/* The generation that the last line says is in force; 0 = there is no line. */
__u32 fb_audit_generation(const struct fb_audit *audit);

#endif

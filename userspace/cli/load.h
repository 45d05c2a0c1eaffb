/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy, read, parsed and checked: from files, or from the bundle that the agent enforces. */
#ifndef FB_CLI_LOAD_H
#define FB_CLI_LOAD_H

#include <jansson.h>

#include "cli/command.h"
#include "cli/reader.h"
#include "policy/analyse.h"
#include "policy/ruleset.h"

struct fb_policy {
	struct fb_files files;
	struct fb_tree tree;
	struct fb_diags diags;
	struct fb_ruleset ruleset; /* valid if checked and there are no errors */
	bool parsed, checked;
	unsigned int errors;
	double parse_seconds, check_seconds; /* what it took; check includes the proofs of assertions */
	bool asking; /* set before loading: a failing assertion is no error, as a question is how one finds out why */
	long long generation; /* of the bundle; 0 = from a file */
	struct fb_slots *
		slots; /* borrowed; set before loading, to give two policies one numbering. NULL = fresh numbers */
};

/* Reads and judges path. -errno only if the file cannot be read; what is wrong with the policy is in diags and errors. */
int fb_policy_load(struct fb_policy *policy, const char *path, struct fb_error *err);
/* Only reads and parses path, without what it includes. */
int fb_policy_load_alone(struct fb_policy *policy, const char *path, struct fb_error *err);
/* Judges a text that comes from nowhere. */
void fb_policy_load_text(struct fb_policy *policy, const char *path, const char *text, size_t len);
void fb_policy_load_text_alone(struct fb_policy *policy, const char *path, const char *text, size_t len);
/* The same from a firebreak.bundle/1. */
int fb_policy_load_bundle(struct fb_policy *policy, const json_t *bundle, struct fb_error *err);
void fb_policy_done(struct fb_policy *policy);

/*
 * For verbs that need a policy that is right: from --policy FILE if given, else from the agent. Says on stderr what is wrong and
 * returns an enum fb_exit. *ret_bundle (may be NULL) is the agent's answer, or NULL.
 */
int fb_policy_get(const struct fb_call *call, struct fb_policy *policy, json_t **ret_bundle);

/* Says that there is no such zone, and which one may be meant, else what is in otherwise. */
void fb_policy_no_zone(const struct fb_ruleset *rs, const char *name, const char *otherwise);
/* Adds "during" and "on_request", as far as the line is open by them, to an object. */
void fb_line_when_json(const struct fb_ruleset *rs, const struct fb_line *line, json_t *object);

/* Prints all diagnostics to stderr. */
void fb_policy_complain(const struct fb_policy *policy);
const char *fb_policy_timezone(const struct fb_policy *policy); /* "UTC" if the policy names none */

#endif

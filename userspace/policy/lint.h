/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Advice about a policy that is right: what changes nothing, what nobody uses, what an auditor would ask about. Never an error, and
 * not part of check: apply, plan and the agent do not ask for it. A comment `# lint ok: KIND` on a statement (or before or behind a line,
 * or on the policy line for all of it) says that somebody has seen it.
 */
#ifndef FB_POLICY_LINT_H
#define FB_POLICY_LINT_H

#include "base/arena.h"
#include "base/vec.h"
#include "policy/ruleset.h"

/* number, name, whether it is likely a mistake (shown one by one) or a habit (summed up), what it means */
#define FB_LINTS(X)                                                                              \
	X(REDUNDANT, "redundant", true, "other lines say all that the line says")                \
	X(DEAD, "dead", true, "the line can match nothing")                                      \
	X(GUARD, "guard", true, "an exception of a guard has no effect")                         \
	X(EXPIRES, "expires", true, "a line or an observed pair ends within 14 days")            \
	X(UNUSED, "unused", false, "nothing refers to the name")                                 \
	X(BARE, "bare-address", false, "an address in a line that no device or group names")     \
	X(CLEARTEXT, "cleartext", false, "a service that can be read on the wire crosses zones") \
	X(PURDUE, "purdue", false, "the line skips levels of the Purdue model")                  \
	X(NAT, "nat", false, "a private destination from the zone that has network any")         \
	X(UNDOCUMENTED, "undocumented", false, "the line has no owner or no reason")

enum fb_lint_kind {
#define FB_X(id, name, single, text) FB_LINT_##id,
	FB_LINTS(FB_X)
#undef FB_X
		FB_LINT_KINDS
};

struct fb_lint {
	enum fb_lint_kind kind;
	struct fb_at at;
	const char *text, *help; /* help may be NULL */
};
struct fb_lints {
	struct fb_arena arena;
	struct FB_VEC(struct fb_lint) list; /* by kind, then by place */
	unsigned int counts[FB_LINT_KINDS];
	unsigned int accepted; /* that a comment speaks of */
};
/* now: unix seconds, 0 = unknown: nothing is said about dates. The policy must be without errors. */
void fb_lints_find(const struct fb_tree *tree, const struct fb_ruleset *rs, __s64 now, struct fb_lints *ret);
void fb_lints_done(struct fb_lints *lints);
const char *fb_lint_name(enum fb_lint_kind kind);
bool fb_lint_single(enum fb_lint_kind kind);
/* FB_LINT_KINDS = unknown. */
enum fb_lint_kind fb_lint_by_name(const char *name, size_t len);

/* ---- inside ------------------------------------------------------------------------------------------------------------------ */
struct fb_lint_service {
	const char *name;
	const struct fb_stmt *stmt;
	bool looked_at;
	const char *readable; /* once looked at: itself, or what is inside of it, that says cleartext */
};

struct fb_linter {
	const struct fb_tree *tree;
	const struct fb_ruleset *rs;
	__s64 now;
	struct fb_lints *ret;
	const struct fb_words *everywhere;		/* comments of the policy line */
	const struct fb_words *block;			/* comments of the block of the line in hand */
	struct FB_VEC(struct fb_lint_service) services; /* sorted */
};

void fb_lint_add(struct fb_linter *l, enum fb_lint_kind kind, struct fb_at at,
		 const struct fb_words *comments, const char *help, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* lint_names.c */
void fb_lint_names(struct fb_linter *l, const struct fb_tree *tree, const struct fb_ruleset *rs);
/* lint_cleartext.c */
void fb_lint_sort_services(struct fb_linter *l);
void fb_lint_cleartext(struct fb_linter *l, const struct fb_line *line, const struct fb_words *comments);

#endif

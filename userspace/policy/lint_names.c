// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that nothing refers to. A file of nothing but services is a catalogue, whose entries wait for a use; a device counts as used
 * if a line, group or prefix holds its address, or if its zone binds addresses to declared devices.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/lint.h"

/* All names that are used somewhere, sorted. Kinds share the list: a name that is used as anything is not reported. */
struct uses FB_VEC(const char *);

static void use(struct uses *u, const struct fb_word *word)
{
	if (word->s)
		fb_vec_add(u, word->s);
}

static void use_words(struct uses *u, const struct fb_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		use(u, &words->v[i]);
}

static void use_operands(struct uses *u, const struct fb_operands *ops)
{
	for (size_t i = 0; i < ops->n; i++) {
		if (ops->v[i].kind == FB_OPERAND_NAME)
			use(u, &ops->v[i].name);
		use(u, &ops->v[i].self_at);
	}
}

static void use_services(struct uses *u, const struct fb_svc_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		if (items->v[i].kind == FB_SVC_NAME)
			use(u, &items->v[i].name);
}

static void use_suffix(struct uses *u, const struct fb_suffix *suffix)
{
	use(u, &suffix->during);
	use(u, &suffix->on_request);
}

static void use_block(struct uses *u, const struct fb_stmt *s)
{
	use_words(u, &s->firebreak.from);
	use_words(u, &s->firebreak.to);
	use_suffix(u, &s->firebreak.defaults);
	for (size_t i = 0; i < s->firebreak.n_allows; i++) {
		use_operands(u, &s->firebreak.allows[i].from);
		use_operands(u, &s->firebreak.allows[i].to);
		use_services(u, &s->firebreak.allows[i].services);
		use_suffix(u, &s->firebreak.allows[i].suffix);
	}
}

static void use_stmt(struct uses *u, const struct fb_stmt *s)
{
	switch (s->kind) {
	case FB_STMT_ZONE_GROUP:
		use_words(u, &s->zone_group.members);
		break;
	case FB_STMT_GROUP:
		use_operands(u, &s->group.members);
		use_operands(u, &s->group.except);
		break;
	case FB_STMT_SERVICE:
		use_services(u, &s->service.items);
		use_services(u, &s->service.except);
		break;
	case FB_STMT_FIREBREAK:
		use_block(u, s);
		break;
	case FB_STMT_NEVER:
		use_operands(u, &s->never.a);
		use_operands(u, &s->never.b);
		use_operands(u, &s->never.except_from);
		use_services(u, &s->never.services);
		break;
	case FB_STMT_ASSERT:
		use_operands(u, &s->assertion.a);
		use_operands(u, &s->assertion.b);
		use_services(u, &s->assertion.services);
		use_services(u, &s->assertion.ignoring);
		for (size_t i = 0; i < s->assertion.n_entries; i++) {
			use_operands(u, &s->assertion.entries[i].side);
			use_services(u, &s->assertion.entries[i].services);
		}
		break;
	case FB_STMT_ISOLATE:
		for (size_t i = 0; i < s->isolate.n_lines; i++) {
			use_operands(u, &s->isolate.lines[i].a);
			use_operands(u, &s->isolate.lines[i].b);
		}
		break;
	default:
		break;
	}
}

static int by_text(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool used(const struct uses *u, const char *name)
{
	return u->n && bsearch(&name, u->v, u->n, sizeof(*u->v), by_text);
}

static bool catalogue(const struct fb_file *file)
{
	for (size_t i = 0; i < file->n_stmts; i++)
		if (file->stmts[i].kind != FB_STMT_SERVICE && file->stmts[i].kind != FB_STMT_INCLUDE &&
		    file->stmts[i].kind != FB_STMT_COMMENT)
			return false;
	return true;
}

/* All addresses that allow lines name as less than a whole zone. */
static void named_addresses(const struct fb_ruleset *rs, struct fb_ipset *ret)
{
	bool *seen = calloc(rs->sets.n + 1, sizeof(*seen));

	if (!seen)
		abort();
	for (size_t i = 0; i < rs->boxes.n; i++)
		if (rs->lines.v[rs->boxes.v[i].line].kind == FB_RULE_ALLOW)
			seen[rs->boxes.v[i].src] = seen[rs->boxes.v[i].dst] = true;
	for (size_t i = 0; i < rs->sets.n; i++)
		if (seen[i])
			fb_ipset_add_set(ret, &rs->sets.v[i]);
	free(seen);
}

static bool device_waits(const struct fb_ruleset *rs, const struct fb_device *d, const struct fb_ipset *named)
{
	const char *binding = rs->zones.v[d->zone].stmt->zone.binding.s;

	return (!binding || !strcmp(binding, "off")) && !fb_ipset_empty(&d->ips) &&
	       !fb_ipset_overlaps(&d->ips, named);
}

static void report(struct fb_linter *l, const struct fb_stmt *s, const char *kind)
{
	fb_lint_add(l, FB_LINT_UNUSED, s->at, &s->comments, NULL, "%s %s is not used", kind, s->name.s);
}

static void report_unused(struct fb_linter *l, const struct uses *u, const struct fb_file *file)
{
	static const char *const kinds[] = {
		[FB_STMT_ZONE] = "zone",     [FB_STMT_ZONE_GROUP] = "zone-group",
		[FB_STMT_GROUP] = "group",   [FB_STMT_SERVICE] = "service",
		[FB_STMT_WINDOW] = "window", [FB_STMT_ACCESS] = "access",
		[FB_STMT_ISOLATE] = NULL,
	};

	for (size_t i = 0; i < file->n_stmts; i++) {
		const struct fb_stmt *s = &file->stmts[i];

		if ((size_t)s->kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[s->kind] &&
		    !used(u, s->name.s))
			report(l, s, kinds[s->kind]);
	}
}

void fb_lint_names(struct fb_linter *l, const struct fb_tree *tree, const struct fb_ruleset *rs)
{
	struct uses u = { 0 };
	struct fb_ipset named = { 0 };

	for (size_t f = 0; f < tree->files.n; f++)
		for (size_t i = 0; i < tree->files.v[f].n_stmts; i++)
			use_stmt(&u, &tree->files.v[f].stmts[i]);
	if (u.n)
		qsort(u.v, u.n, sizeof(*u.v), by_text);
	for (size_t f = 0; f < tree->files.n; f++)
		if (!catalogue(&tree->files.v[f]))
			report_unused(l, &u, &tree->files.v[f]);
	named_addresses(rs, &named);
	for (size_t i = 0; i < rs->devices.n; i++) {
		const struct fb_device *d = &rs->devices.v[i];

		if (d->zone < rs->zones.n && !used(&u, d->name) && device_waits(rs, d, &named))
			report(l, d->stmt, "device");
	}
	fb_vec_done(&u);
	fb_ipset_done(&named);
}

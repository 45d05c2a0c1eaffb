// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "policy/checker.h"

const char *fb_symbol_kind_name(enum fb_symbol_kind kind)
{
	switch (kind) {
	case FB_SYMBOL_ZONE:
		return "zone";
	case FB_SYMBOL_ZONE_GROUP:
		return "zone group";
	case FB_SYMBOL_DEVICE:
		return "device";
	case FB_SYMBOL_GROUP:
		return "group";
	case FB_SYMBOL_SERVICE:
		return "service";
	case FB_SYMBOL_WINDOW:
		return "window";
	case FB_SYMBOL_ACCESS:
		return "access";
	case FB_SYMBOL_ISOLATE:
		return "isolation plan";
	}
	return "name";
}

static const char *article(const char *noun)
{
	return strchr("aeiou", *noun) ? "an" : "a";
}

const char *fb_check_place(struct fb_checker *c, struct fb_at at)
{
	return fb_diag_printf(c->diags, "%s:%u", c->tree->sources.files.v[at.file].path, at.line);
}

static size_t hash_name(const char *name)
{
	size_t h = 14695981039346656037ull;

	for (; *name; name++)
		h = (h ^ ((unsigned char)*name | 0x20)) * 1099511628211ull;
	return h ^ h >> 29;
}

/* Where the name is or would be. */
static unsigned int *slot_of(const struct fb_names *names, const char *name)
{
	size_t i = hash_name(name) & (names->size - 1);

	while (names->table[i] && strcasecmp(names->v.v[names->table[i] - 1].name, name))
		i = (i + 1) & (names->size - 1);
	return &names->table[i];
}

static void grow(struct fb_names *names)
{
	free(names->table);
	names->size = names->size ? names->size * 2 : 64;
	names->table = calloc(names->size, sizeof(*names->table));
	if (!names->table)
		abort();
	for (size_t i = 0; i < names->v.n; i++)
		*slot_of(names, names->v.v[i].name) = (unsigned int)i + 1;
}

/* False if the name is taken, which is reported. */
static bool names_add(struct fb_checker *c, struct fb_names *names, struct fb_symbol symbol)
{
	unsigned int *slot;

	if (2 * names->v.n >= names->size)
		grow(names);
	slot = slot_of(names, symbol.name);
	if (*slot) {
		const struct fb_symbol *first = &names->v.v[*slot - 1];

		fb_diag_error(c->diags, symbol.stmt->name.at, NULL,
			      strcmp(first->name, symbol.name) ? "%s %s differs only in case from %s %s (%s)"
							       : "%s %s: the name is taken by %s %s (%s)",
			      fb_symbol_kind_name(symbol.kind), symbol.name, fb_symbol_kind_name(first->kind),
			      first->name, fb_check_place(c, first->stmt->name.at));
		return false;
	}
	fb_vec_add(&names->v, symbol);
	*slot = (unsigned int)names->v.n;
	return true;
}

const struct fb_symbol *fb_names_find(const struct fb_names *names, const char *name)
{
	unsigned int found = names->size ? *slot_of(names, name) : 0;

	return found && !strcmp(names->v.v[found - 1].name, name) ? &names->v.v[found - 1] : NULL;
}

bool fb_names_nest(struct fb_checker *c, const char *what, const struct fb_word *word, unsigned int height)
{
	if (c->depth + height < FB_NESTING_MAX)
		return true;
	if (!c->too_deep)
		fb_diag_error(c->diags, word->at, NULL, "%s %s is nested more than %d deep", what, word->s,
			      FB_NESTING_MAX);
	c->too_deep = true;
	return false;
}

void fb_names_done(struct fb_names *names)
{
	fb_vec_done(&names->v);
	free(names->table);
	names->table = NULL;
}

const char *fb_check_did_you_mean(struct fb_checker *c, const char *word, const char *const *words, size_t n)
{
	const char *near = fb_suggest(word, words, n);

	return near ? fb_diag_printf(c->diags, "did you mean \"%s\"?", near) : NULL;
}

void fb_names_unknown(struct fb_checker *c, const struct fb_names *names, unsigned int kinds,
		      const struct fb_word *word, const char *what)
{
	const struct fb_symbol *other = fb_names_find(names, word->s);
	fb_autofree const char **words = calloc(names->v.n + 1, sizeof(*words));
	size_t n = 0;

	if (!words)
		abort();
	if (other) {
		const char *kind = fb_symbol_kind_name(other->kind);

		fb_diag_error(c->diags, word->at, NULL, "%s is %s %s, but %s %s is needed here", word->s,
			      article(kind), kind, article(what), what);
		return;
	}
	for (size_t i = 0; i < names->v.n; i++)
		if (names->v.v[i].kind & kinds)
			words[n++] = names->v.v[i].name;
	fb_diag_error(c->diags, word->at, fb_check_did_you_mean(c, word->s, words, n), "unknown %s \"%s\"",
		      what, word->s);
}

static void collect_place(struct fb_checker *c, const struct fb_stmt *s)
{
	struct fb_symbol symbol = { .name = s->name.s, .stmt = s };

	switch (s->kind) {
	case FB_STMT_ZONE:
		symbol.kind = FB_SYMBOL_ZONE;
		symbol.index = (unsigned int)c->rs->zones.n;
		if (names_add(c, &c->places, symbol))
			fb_vec_add(&c->rs->zones, (struct fb_zone){ .name = s->name.s, .stmt = s });
		break;
	case FB_STMT_ZONE_GROUP:
		symbol.kind = FB_SYMBOL_ZONE_GROUP;
		symbol.index = (unsigned int)c->rs->zone_groups.n;
		if (names_add(c, &c->places, symbol))
			fb_vec_add(&c->rs->zone_groups,
				   (struct fb_zone_group){ .name = s->name.s, .stmt = s });
		break;
	case FB_STMT_DEVICE:
		symbol.kind = FB_SYMBOL_DEVICE;
		symbol.index = (unsigned int)c->rs->devices.n;
		if (names_add(c, &c->places, symbol))
			fb_vec_add(&c->rs->devices, (struct fb_device){ .name = s->name.s, .stmt = s });
		break;
	case FB_STMT_GROUP:
		symbol.kind = FB_SYMBOL_GROUP;
		symbol.index = (unsigned int)c->rs->groups.n;
		if (names_add(c, &c->places, symbol)) {
			fb_vec_add(&c->rs->groups, (struct fb_named_set){ .name = s->name.s, .stmt = s });
			fb_vec_add(&c->groups, (struct fb_group_state){ 0 });
		}
		break;
	default:
		break;
	}
}

static void collect_time(struct fb_checker *c, const struct fb_stmt *s)
{
	bool window = s->kind == FB_STMT_WINDOW;
	struct fb_symbol symbol = { .name = s->name.s, .stmt = s };

	symbol.kind = window ? FB_SYMBOL_WINDOW : FB_SYMBOL_ACCESS;
	symbol.index = (unsigned int)(window ? c->rs->windows.n : c->rs->accesses.n);
	if (!names_add(c, &c->times, symbol))
		return;
	if (window)
		fb_vec_add(&c->rs->windows, (struct fb_window){ .name = s->name.s, .stmt = s });
	else
		fb_vec_add(&c->rs->accesses, (struct fb_access){ .name = s->name.s, .stmt = s });
}

void fb_names_collect(struct fb_checker *c)
{
	fb_for_each_stmt (c, s) {
		struct fb_symbol symbol = { .name = s->name.s, .stmt = s };

		if (!s->name.s)
			continue;
		collect_place(c, s);
		if (s->kind == FB_STMT_SERVICE) {
			symbol.kind = FB_SYMBOL_SERVICE;
			symbol.index = (unsigned int)c->service_states.n;
			if (names_add(c, &c->services, symbol))
				fb_vec_add(&c->service_states, (struct fb_service_state){ .stmt = s });
		} else if (s->kind == FB_STMT_WINDOW || s->kind == FB_STMT_ACCESS) {
			collect_time(c, s);
		} else if (s->kind == FB_STMT_ISOLATE) {
			symbol.kind = FB_SYMBOL_ISOLATE;
			names_add(c, &c->plans, symbol);
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy from a string, for the tests of what comes after the parser. */
#ifndef FB_TEST_POLICY_FIXTURE_H
#define FB_TEST_POLICY_FIXTURE_H

#include <criterion/criterion.h>
#include <string.h>

#include "base/strbuf.h"
#include "policy/eval.h"
#include "policy/ruleset.h"

/* Sunday, 22 November 2026, noon UTC. */
#define NOW 1795348800ll

struct policy {
	struct fb_tree tree;
	struct fb_diags diags;
	struct fb_ruleset rs;
	unsigned int errors;
	struct fb_strbuf said;
};

static inline void policy_load_with(struct policy *p, const char *text, struct fb_slots *slots)
{
	struct fb_check_options options = { .now = NOW,
					    .slots = slots,
					    .local_to_unix = fb_clock_local_to_unix };

	*p = (struct policy){ 0 };
	p->errors = fb_parse(&p->tree, "t.fb", text, strlen(text), NULL, &p->diags);
	p->errors += fb_check(&p->tree, &options, &p->diags, &p->rs);
	fb_diags_print(&p->diags, &p->tree.sources, &p->said);
}

static inline void policy_load(struct policy *p, const char *text)
{
	policy_load_with(p, text, NULL);
}

static inline void policy_done(struct policy *p)
{
	fb_ruleset_done(&p->rs);
	fb_diags_done(&p->diags);
	fb_tree_done(&p->tree);
	fb_strbuf_done(&p->said);
}

static inline void policy_load_clean(struct policy *p, const char *text)
{
	policy_load(p, text);
	cr_assert_eq(p->diags.list.n, 0, "%s\n%s", text, fb_strbuf_get(&p->said));
}

/* The text has this one thing wrong with it and no other. */
static inline void expect_diag(const char *text, enum fb_diag_level level, const char *what)
{
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.diags.list.n, 1, "%s\nwanted only: %s\nsaid:\n%s", text, what, fb_strbuf_get(&p.said));
	cr_assert_eq(p.diags.list.v[0].level, level, "%s", fb_strbuf_get(&p.said));
	cr_assert(strstr(fb_strbuf_get(&p.said), what), "%s\nwanted: %s\nsaid:\n%s", text, what,
		  fb_strbuf_get(&p.said));
	policy_done(&p);
}

static inline void expect_error(const char *text, const char *what)
{
	expect_diag(text, FB_DIAG_ERROR, what);
}

static inline void expect_lint(const char *text, const char *what)
{
	expect_diag(text, FB_DIAG_LINT, what);
}

static inline void expect_clean(const char *text)
{
	struct policy p;

	policy_load_clean(&p, text);
	policy_done(&p);
}

static inline struct fb_ip ip_of(const char *s, int *ret_family)
{
	struct fb_ip ip = { 0 };

	cr_assert_eq(fb_ip_parse(s, strlen(s), ret_family, &ip), 0, "%s", s);
	return ip;
}

static inline bool owns(const struct policy *p, const char *zone, const char *address)
{
	const struct fb_zone *z = fb_ruleset_zone(&p->rs, zone);
	int family;
	struct fb_ip ip = ip_of(address, &family);

	cr_assert(z, "%s", zone);
	return fb_ipset_has(&z->owned, family, ip);
}

static inline unsigned int zone_id(const struct policy *p, const char *name)
{
	const struct fb_zone *z;

	if (!strcmp(name, "self"))
		return FB_ZONE_SELF;
	z = fb_ruleset_zone(&p->rs, name);
	cr_assert(z, "%s", name);
	return z->id;
}

#endif

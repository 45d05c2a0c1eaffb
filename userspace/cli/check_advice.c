// SPDX-License-Identifier: GPL-2.0-only
/*
 * Advice in the amount that a person reads: ten thousand lines without an owner are one message with a number, a line that changes
 * nothing is a message of its own.
 */
#include <string.h>
#include <time.h>

#include "cli/check_parts.h"
#include "cli/output.h"
#include "policy/lint.h"

enum { SINGLES_MAX = 10 };

bool fb_advice_read(const char *text, struct fb_advice_wish *ret)
{
	*ret = (struct fb_advice_wish){ 0 };
	if (!text)
		return true;
	if (!strcmp(text, "all")) {
		ret->kinds = ~0u;
		return true;
	}
	if (!strcmp(text, "none")) {
		ret->none = true;
		return true;
	}
	for (const char *p = text; *p; p += strcspn(p, ","), p += *p == ',') {
		enum fb_lint_kind kind = fb_lint_by_name(p, strcspn(p, ","));

		if (kind == FB_LINT_KINDS) {
			fb_autostrbuf struct fb_strbuf names = { 0 };

			for (int i = 0; i < FB_LINT_KINDS; i++)
				fb_strbuf_addf(&names, ", %s", fb_lint_name((enum fb_lint_kind)i));
			fb_complain("check: --lint %.*s: there is all, none%s", (int)strcspn(p, ","), p,
				    fb_strbuf_get(&names));
			return false;
		}
		ret->kinds |= 1u << kind;
	}
	return true;
}

static void say(struct fb_policy *policy, const struct fb_lint *lint, unsigned int more)
{
	const char *name = fb_lint_name(lint->kind), *help = lint->help;

	if (more)
		help = fb_diag_printf(&policy->diags, "%s%sand %u more: firebreak check --lint %s lists them",
				      help ? help : "", help ? "; " : "", more, name);
	else if (help)
		help = fb_diag_printf(&policy->diags, "%s", help);
	fb_diag_lint(&policy->diags, lint->at, help, "%s [%s]", lint->text, name);
}

void fb_advise(struct fb_policy *policy, const struct fb_advice_wish *wish)
{
	struct fb_lints lints;
	unsigned int said[FB_LINT_KINDS] = { 0 };

	if (wish->none)
		return;
	fb_lints_find(&policy->tree, &policy->ruleset, time(NULL), &lints);
	for (size_t i = 0; i < lints.list.n; i++) {
		const struct fb_lint *lint = &lints.list.v[i];
		unsigned int most = wish->kinds & 1u << lint->kind ? ~0u
				    : wish->kinds		   ? 0
				    : fb_lint_single(lint->kind)   ? SINGLES_MAX
								   : 1;

		if (said[lint->kind] >= most)
			continue;
		said[lint->kind]++;
		say(policy, lint, said[lint->kind] == most ? lints.counts[lint->kind] - most : 0);
	}
	fb_lints_done(&lints);
}

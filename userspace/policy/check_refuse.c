// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the language has and this version does not enforce. A policy that relies on it must not load as if it held, so each
 * occurrence is an error with one and the same phrase, and going through this file shows what is left to do.
 */
#include "policy/checker.h"

static void refuse(struct fb_checker *c, struct fb_at at, const char *what)
{
	fb_diag_error(c->diags, at, NULL, "%s is not enforced by this version", what);
}

void fb_check_refuse(struct fb_checker *c)
{
	fb_for_each_stmt (c, s)
		if (s->kind == FB_STMT_WIRE)
			refuse(c, s->at, "wire");
}

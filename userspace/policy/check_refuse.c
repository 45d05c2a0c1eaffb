// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the language has and this version does not enforce. A policy that relies on it must not load as if it held, so each
 * occurrence is an error with one and the same phrase, and going through this file shows what is left to do.
 */
#include <string.h>

#include "policy/checker.h"

static void refuse(struct fb_checker *c, struct fb_at at, const char *what)
{
	fb_diag_error(c->diags, at, NULL, "%s is not enforced by this version", what);
}

static void refuse_zone(struct fb_checker *c, const struct fb_stmt *s)
{
	if (s->zone.on_deny.s && !strcmp(s->zone.on_deny.s, "reject"))
		refuse(c, s->zone.on_deny.at, "on-deny reject");
	for (size_t i = 0; i < s->zone.ethertypes.n; i++)
		refuse(c, s->zone.ethertypes.v[i].at, "ethertype");
}

static void refuse_block(struct fb_checker *c, const struct fb_stmt *s)
{
	if (s->firebreak.on_deny.s && !strcmp(s->firebreak.on_deny.s, "reject"))
		refuse(c, s->firebreak.on_deny.at, "on-deny reject");
}

void fb_check_refuse(struct fb_checker *c)
{
	fb_for_each_stmt (c, s) {
		switch (s->kind) {
		case FB_STMT_ZONE:
			refuse_zone(c, s);
			break;
		case FB_STMT_FIREBREAK:
			refuse_block(c, s);
			break;
		case FB_STMT_WIRE:
			refuse(c, s->at, "wire");
			break;
		default:
			break;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines that change nothing: all that they allow (or, guards, forbid), other lines do as well, for as long. All lines that are named can go
 * together: none of them is needed to cover another. Exact but for lines that very many others would have to cover piece by
 * piece, which are left alone: what is named is always true.
 */
#ifndef FB_POLICY_REDUNDANT_H
#define FB_POLICY_REDUNDANT_H

#include "policy/axis.h"
#include "policy/cubes.h"

struct fb_redundant {
	unsigned int line; /* index into lines */
	struct fb_ids by;  /* the lines that cover it, in the order of the text */
};
struct fb_redundant_list FB_VEC(struct fb_redundant);
void fb_redundant_find(const struct fb_ruleset *rs,
		       struct fb_redundant_list *ret); /* in the order of the text */
void fb_redundant_done(struct fb_redundant_list *list);

/* True if guards other than this line forbid all of the box; *ret_line is one of them. */
bool fb_guarded_elsewhere(const struct fb_ruleset *rs, unsigned int line, const struct fb_reach *cube,
			  unsigned int *ret_line);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What a set of addresses is called in a policy: asked for each of 100,000 rows, so the names are sorted by their sets. */
#ifndef FB_CLI_SET_NAMES_H
#define FB_CLI_SET_NAMES_H

#include "policy/analyse.h"

struct fb_set_name {
	struct fb_ipset set; /* owned */
	const char *name;
	size_t order; /* of two names for one set the first is said: zones, then devices, then groups */
};
struct fb_set_names {
	const struct fb_ruleset *rs;
	struct FB_VEC(struct fb_set_name) v;
};

/* The rule set must outlive it. */
void fb_set_names_init(struct fb_set_names *names, const struct fb_ruleset *rs);
void fb_set_names_done(struct fb_set_names *names);
/* The name that stands for exactly the addresses of one end, else the addresses; true = a name. */
bool fb_set_names_put_end(const struct fb_set_names *names, const struct fb_reach *r, bool source,
			  struct fb_strbuf *out);

#endif

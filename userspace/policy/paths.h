/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All ways from one party to another that go through other hosts (S38), where an assertion is content with the first. Ways that
 * take the same zones in the same order are one: a path, whose steps name every line that serves them. Exact in
 * what it finds: there is a path if and only if the assertion `cannot reach .. transitively` fails; bounded in how many it prints.
 */
#ifndef FB_POLICY_PATHS_H
#define FB_POLICY_PATHS_H

#include "policy/assert.h"

struct fb_path_step {
	unsigned int src_zone, dst_zone;
	bool reply;		  /* by answers to what dst_zone calls; only if the query asks for it */
	struct FB_VEC(int) lines; /* each once, in the order of the text; -1 = the pair is observed */
};
struct fb_path {
	struct FB_VEC(struct fb_path_step) steps;
	struct fb_hops example; /* one way, host by host; also through shared zones */
};
struct fb_paths {
	struct FB_VEC(struct fb_path) v; /* shortest first */
	bool more;			 /* a bound was met: there may be others */
	bool at_limit, at_steps;	 /* which one: max_paths, max_steps; neither: the search gave up */
	__u64 shared; /* zones that some path goes on in, as their members reach each other */
};
struct fb_paths_query {
	const struct fb_party *from, *to;
	bool replies, unless_opened;
	unsigned int max_steps, max_paths; /* 0 = as many as the search bears */
};
void fb_paths_find(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		   const struct fb_paths_query *query, struct fb_paths *ret);
void fb_paths_done(struct fb_paths *paths);

#endif

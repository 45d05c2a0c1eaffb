/* SPDX-License-Identifier: GPL-2.0-only */
/* What the search for paths (paths.c) and the words for one (paths_words.c) share; the interface is policy/paths.h. */
#ifndef FB_POLICY_PATHFINDER_H
#define FB_POLICY_PATHFINDER_H

#include "policy/paths.h"

struct fb_path_state {
	unsigned int zone, depth;
	int from; /* -1 = a start */
	bool reply;
	struct fb_ipset arrived; /* of a start: the party's own */
	struct fb_ipset set;	 /* with what the zone adds */
};

/* The edges of a pair, in both roles. */
struct fb_path_edges {
	struct FB_VEC(unsigned int) calls;
};

struct fb_path_search {
	const struct fb_ruleset *rs;
	const struct fb_reach_list *edges;
	const struct fb_paths_query *q;
	struct fb_path_edges *pairs;	/* [FB_ZONES_MAX * FB_ZONES_MAX] */
	__u64 out[2][FB_ZONES_MAX];	/* zones that a zone calls; that call it */
	unsigned int far[FB_ZONES_MAX]; /* at least so many steps to the target; UINT_MAX = no way */
	struct FB_VEC(struct fb_path_state) states;
	size_t starts;
	struct fb_paths *ret;
};

struct fb_ipset fb_path_spread(const struct fb_path_search *s, unsigned int zone,
			       const struct fb_ipset *arrived);
bool fb_path_leave(const struct fb_path_search *s, const struct fb_reach *edge, bool reply,
		   const struct fb_ipset *set, struct fb_reach *ret);
const struct fb_path_edges *fb_path_edges_of(const struct fb_path_search *s, unsigned int from,
					     unsigned int to, bool reply);

/* Adds to what was found: the path that ends at this state, as it holds some of the target; ways within the zone of a start. */
void fb_path_report(struct fb_path_search *s, int at, const struct fb_ipset *target);
void fb_path_beside(struct fb_path_search *s, const struct fb_path_state *start);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of addresses, exact: sorted, disjoint, never adjacent ranges, one list a family. All set arithmetic of the
 * checker, the analysis and the compiler goes through here.
 */
#ifndef FB_POLICY_IPSET_H
#define FB_POLICY_IPSET_H

#include <stdbool.h>

#include "base/inet.h"
#include "base/vec.h"

struct fb_ranges FB_VEC(struct fb_range);

struct fb_ipset {
	struct fb_ranges r[2]; /* [0] IPv4, [1] IPv6 */
};
#define FB_FAMILY_INDEX(family) ((family) == 6)

/* Adding in ascending order is O(1); any order is correct. */
void fb_ipset_add(struct fb_ipset *set, int family, struct fb_range range);
void fb_ipset_add_set(struct fb_ipset *set, const struct fb_ipset *more);
/* *ret is overwritten and owned by the caller; a and b may be the same object, ret may not alias them. */
void fb_ipset_intersect(const struct fb_ipset *a, const struct fb_ipset *b, struct fb_ipset *ret);
void fb_ipset_subtract(const struct fb_ipset *a, const struct fb_ipset *b, struct fb_ipset *ret);
void fb_ipset_copy(const struct fb_ipset *a, struct fb_ipset *ret);
bool fb_ipset_empty(const struct fb_ipset *set);
bool fb_ipset_equal(const struct fb_ipset *a, const struct fb_ipset *b);
bool fb_ipset_overlaps(const struct fb_ipset *a, const struct fb_ipset *b);
bool fb_ipset_within(const struct fb_ipset *a, const struct fb_ipset *b); /* a is a subset of b */
bool fb_ipset_has(const struct fb_ipset *set, int family, struct fb_ip ip);
/* "10.0.0.0/8, 10.1.0.1-10.1.0.7, 2001:db8::/32"; buf is appended to. */
struct fb_strbuf;
void fb_ipset_print(const struct fb_ipset *set, struct fb_strbuf *out);
void fb_ipset_done(struct fb_ipset *set);

#endif

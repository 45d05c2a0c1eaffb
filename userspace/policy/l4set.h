/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of (protocol, source port, destination port), exact. Every set has one form: protocols in ascending slices, in each
 * slice source ports, in each of those destination ports, equal neighbours joined. So equal sets compare as equal bytes.
 */
#ifndef FB_POLICY_L4SET_H
#define FB_POLICY_L4SET_H

#include <stdbool.h>

#include "policy/ruleset.h"

#define FB_L4_ALL ((struct fb_l4){ 0, 255, 0, 65535, 0, 65535 })

enum fb_l4_op { FB_L4_UNION, FB_L4_INTERSECT, FB_L4_SUBTRACT };
/* The result owns its array (free v). a and b may be in any form. */
struct fb_l4set fb_l4set_combine(const struct fb_l4set *a, const struct fb_l4set *b, enum fb_l4_op op);
bool fb_l4set_overlaps(const struct fb_l4set *a, const struct fb_l4set *b);
bool fb_l4set_has(const struct fb_l4set *set, __u8 proto, __u16 sport, __u16 dport);
/*
 * What of the set can begin something between addresses of this family: ICMP is one family's each, an ICMP error is about a flow and an echo reply about a request. The
 * result owns its array.
 */
struct fb_l4set fb_l4set_beginning(const struct fb_l4set *set, int family);
bool fb_l4set_begins(const struct fb_l4set *set, int family);
/* One packet of it, as a box of one protocol and one port or type; of all ports or all protocols all, as any is an example. */
struct fb_l4 fb_l4set_witness(const struct fb_l4set *set, int family);
/* Both in the one form. */
bool fb_l4set_equal(const struct fb_l4set *a, const struct fb_l4set *b);
/* "tcp/22, udp/67 source-port 68, icmp/8, ip/112", "all". */
struct fb_strbuf;
void fb_l4set_print(const struct fb_l4set *set, struct fb_strbuf *out);
/* For people only: "all but tcp/22" where what is missing is less to say. */
void fb_l4set_say(const struct fb_l4set *set, struct fb_strbuf *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wires (S60-S62): two ports that belong to each other. What may pass leaves by the other end as it came: nothing is routed, hop limit, MACs and tag stay,
 * and the kernel sees no frame of it. The policy is asked as anywhere else; only where a packet goes is known without a route, so its destination
 * must belong to the zone at the other end. The gateway has no part in a wire: its addresses are not reachable there and it sends nothing into one.
 *
 * What is between neighbours on one segment crosses as on a cable, as far as it says the truth: ARP and neighbour discovery about addresses that lie where the
 * sender says. Router discovery, redirects and DHCP are no built-in: a line must allow them (fb_is_link_service).
 */
#ifndef FB_LIB_WIRE_H
#define FB_LIB_WIRE_H

#include "builtin.h"
#include "ethertype.h"
#include "switch.h"
#include "zone.h"

/* A unicast packet under a group MAC would be taken by every host of the other side. The MAC itself is anybody's: nothing here routes. */
FB_INLINE int fb_wire_l2(const struct fb_ctx *c)
{
	return (c->pkt.flags & (FB_PKT_GROUP_MAC | FB_PKT_GROUP_DST)) == FB_PKT_GROUP_MAC ? FB_DROP_L2_ADDRESS
											  : FB_NEXT;
}

/* An address about which neighbours speak, and the zone in which it must lie for that to cross. */
struct fb_wire_subject {
	__u64 hi, lo;
	int family;
	__u32 zone;
};

/* Link-local addresses are on both sides, the gateway's on neither. */
FB_INLINE int fb_wire_owns(const void *img, const struct fb_ctx *c, const struct fb_wire_subject *subject)
{
	__u64 hi = subject->hi, lo = subject->lo;
	int family = subject->family;

	if (fb_self_find(family, hi, lo, c->zone))
		return 0;
	if (fb_is_link_local(family, hi, lo))
		return 1;
	return fb_leaf_zone(fb_record(img, family, hi, lo, 0)) == subject->zone;
}

/* ARP that fb_arp() found true as to its sender: it asks for, or answers to, the other side; or it announces or probes the sender's own address. */
FB_INLINE int fb_wire_arp(const struct fb_ctx *c, const __u8 *data, const __u8 *end,
			  struct fb_wire_subject *subject)
{
	const __u8 *arp = data + (c->pkt.l3 == 18 ? 18 : 14);
	__u32 sender, target;

	if (arp + 28 > end)
		return FB_DROP_MALFORMED;
	sender = fb_get32(arp + 14);
	target = fb_get32(arp + 24);
	subject->lo = target;
	subject->family = 4;
	subject->zone = sender && sender != target ? c->wire_zone : c->zone;
	return FB_NEXT;
}

/*
 * The same for neighbour discovery that fb_nd() found true: a solicitation asks for the other side (or, from ::, whether somebody has the sender's), an
 * advertisement tells it about the sender's.
 */
FB_INLINE int fb_wire_nd(const struct fb_ctx *c, const __u8 *data, const __u8 *end,
			 struct fb_wire_subject *subject)
{
	const __u8 *icmp = data + (c->pkt.l3 == 18 ? 18 : 14) + 40;
	int group = !!(c->pkt.flags & FB_PKT_GROUP_DST), told = c->pkt.cport >> 8 == FB_ND_NA;

	if (icmp + 24 > end)
		return FB_DROP_MALFORMED;
	subject->hi = fb_get64(icmp + 8);
	subject->lo = fb_get64(icmp + 16);
	subject->family = 6;
	subject->zone = fb_is_unspecified(c->pkt.s_hi, c->pkt.s_lo) || told ? c->zone : c->wire_zone;
	if (group)
		return FB_NEXT;
	if (!told) /* asked again, of the address itself */
		return subject->hi == c->pkt.d_hi && subject->lo == c->pkt.d_lo ? FB_NEXT
										: FB_DROP_ROUTE_MISMATCH;
	subject->hi = c->pkt.d_hi;
	subject->lo = c->pkt.d_lo;
	subject->zone = c->wire_zone;
	return FB_NEXT;
}

/* What is neither IP nor ARP crosses if both sides list it (S62). */
FB_INLINE int fb_wire_ethertype(const void *img, const struct fb_ctx *c)
{
	if (!fb_zone_lists(img, c->zone, c->pkt.ethertype) ||
	    !fb_zone_lists(img, c->wire_zone, c->pkt.ethertype))
		return FB_DROP_L2_PROTOCOL;
	return fb_is_cut(c->zone, c->wire_zone) ? FB_DROP_ISOLATED : FB_NEXT;
}

/* Router discovery and redirects prove by their hop limit that no router forwarded them (RFC 4861, 6.1). */
FB_INLINE int fb_is_forged_nd(const struct fb_pkt *pkt)
{
	__u8 type = (__u8)(pkt->cport >> 8);

	return pkt->proto == FB_PROTO_ICMP6 && type >= FB_ND_RS && type <= FB_ND_REDIRECT && pkt->ttl != 255;
}

/* Out of the other end, unchanged. */
FB_INLINE int fb_wire_send(const void *img, struct fb_ctx *c, int *action)
{
	if (fb_is_quarantined_at(img, c->wire_zone, c->pkt.dmac))
		return FB_DROP_QUARANTINED;
	c->out_port = c->wire;
	if (fb_cfg.explain)
		return FB_PASSED;
	*action = (int)bpf_redirect_map(&fb_dev, c->wire, 0);
	return *action == XDP_REDIRECT ? FB_PASSED : FB_DROP_REDIRECT_FAILED;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What passes between a zone and the gateway without a line (S24): ARP, neighbour solicitation and advertisement, router solicitation in;
 * those and router advertisements and MLD reports out. A sender may only claim what its zone owns.
 * Sources: RFC 826, RFC 4861, RFC 5227 (probe: sender 0.0.0.0), RFC 4862 (duplicate address detection).
 */
#ifndef FB_LIB_BUILTIN_H
#define FB_LIB_BUILTIN_H

#include "binding.h"
#include "switch.h"
#include "zone.h"

/* May somebody in this zone say "this address is mine"? */
FB_INLINE int fb_may_claim(const void *img, const struct fb_ctx *c, int family, __u64 hi, __u64 lo)
{
	if (fb_self_find(family, hi, lo, c->zone))
		return 0;
	if (fb_is_link_local(family, hi, lo))
		return 1;
	return fb_leaf_zone(fb_record(img, family, hi, lo, 0)) == c->zone;
}

FB_INLINE int fb_arp(const void *img, struct fb_ctx *c, const __u8 *data, const __u8 *end)
{
	const __u8 *arp = data + (c->pkt.l3 == 18 ? 18 : 14);
	__u32 sender, target, own;
	int reason;

	if (arp + 28 > end)
		return FB_DROP_MALFORMED;
	/* Ethernet, IPv4, 6, 4 */
	if (fb_get32(arp) != 0x00010800 || fb_get16(arp + 4) != 0x0604)
		return FB_DROP_MALFORMED;
	if (fb_get16(arp + 6) != 1 && fb_get16(arp + 6) != 2)
		return FB_DROP_MALFORMED;
	sender = fb_get32(arp + 14);
	target = fb_get32(arp + 24);
	c->pkt.s_lo = sender; /* for the event */
	c->pkt.d_lo = target;
	if (sender ? !fb_may_claim(img, c, 4, 0, sender) : fb_get16(arp + 6) != 1)
		return fb_binding_forged(c);
	reason = fb_binding_claim(img, c, 0, sender, fb_mac_number(arp + 8));
	if (reason != FB_NEXT)
		return reason;
	if (fb_is_quarantined_arp(sender, target))
		return FB_DROP_QUARANTINED;
	/* The strong host model: an address of another zone's side is not even confirmed to exist here. */
	own = fb_self_find(4, 0, target, c->zone);
	if (own && FB_SELF_ZONE(own) && FB_SELF_ZONE(own) != c->zone)
		return FB_DROP_NO_ALLOW;
	return FB_NEXT;
}

/* What the gateway's own stack asks and answers. */
FB_INLINE int fb_arp_out(const struct fb_ctx *c, const __u8 *data, const __u8 *end)
{
	const __u8 *arp = data + (c->pkt.l3 == 18 ? 18 : 14);

	if (arp + 28 > end)
		return FB_DROP_MALFORMED;
	return fb_is_quarantined_arp(0, fb_get32(arp + 24)) ? FB_DROP_QUARANTINED : FB_PASSED;
}

/*
 * The options of a solicitation (a router's too) or advertisement may name no other MAC than the frame's. All that this link knows are of eight bytes (RFC 4861,
 * 4.6; the nonce of RFC 7527); what is not, and a fifth, is refused. Without a branch for what an option is: the verifier would follow the product of all four.
 */
FB_INLINE int fb_nd_options(const struct fb_ctx *c, const __u8 *icmp, const __u8 *end, __u32 header)
{
	const __u8 *option = icmp + header;
	__u64 wrong = 0, names, mac = fb_mac_number(c->pkt.smac);

	if ((c->pkt.left - header) & 7) /* what is missing lies behind the packet, if anywhere */
		return 0;
	for (__u32 i = 0; i < 4; i++, option += 8) {
		if (c->pkt.left <= header + 8 * i)
			return !wrong;
		if (option + 8 > end)
			return 0;
		/* source or target MAC: type - 1 is below 2 */
		names = ((((__u64)option[0] - 1) & 0xff) - 2) >> 63;
		wrong |= (option[1] ^ 1u) | ((fb_mac_number(option + 2) ^ mac) & -names);
	}
	return !wrong && c->pkt.left <= header + 8 * 4;
}

/* The same for a zone with bindings. header: the message up to its options. */
FB_INLINE int fb_nd_named(const void *img, struct fb_ctx *c, const __u8 *icmp, const __u8 *end, __u32 header)
{
	__u32 flags = fb_zone_flags(img, c->zone);

	if ((flags & FB_ZONE_BOUND) && !fb_nd_options(c, icmp, end, header))
		fb_binding_note(c, flags, FB_BINDING_FOREIGN_MAC);
	return c->unbound ? c->unbound : FB_NEXT;
}

/* What a solicitation's source (or, from ::, its target) and an advertisement's target claim. */
FB_INLINE int fb_nd_claim(const void *img, struct fb_ctx *c, __u8 type, const __u8 *icmp, const __u8 *end)
{
	__u64 hi = fb_get64(icmp + 8), lo = fb_get64(icmp + 16);
	int reason;

	if (fb_is_quarantined_target(hi, lo))
		return FB_DROP_QUARANTINED;
	/* Who solicits from :: says "this will be mine", and the gateway would give up an address that is not sure yet (RFC 4862, 5.4.3). */
	if ((type == FB_ND_NA || fb_is_unspecified(c->pkt.s_hi, c->pkt.s_lo)) &&
	    !fb_may_claim(img, c, 6, hi, lo))
		return fb_binding_forged(c);
	reason = fb_nd_named(img, c, icmp, end, 24);
	if (reason != FB_NEXT)
		return reason;
	if (type != FB_ND_NA) { /* the source was asked, as any packet's */
		hi = c->pkt.s_hi;
		lo = c->pkt.s_lo;
	}
	return fb_binding_claim(img, c, hi, lo, fb_mac_number(c->pkt.smac));
}

/* ARP and neighbour discovery, which are a stage of their own. On a wire, router solicitations are the policy's (S61). */
FB_INLINE int fb_is_neighbour(const struct fb_ctx *c)
{
	__u8 type = (__u8)(c->pkt.cport >> 8);

	if (c->pkt.ethertype == FB_ETH_ARP)
		return 1;
	return c->pkt.proto == FB_PROTO_ICMP6 &&
	       (type == FB_ND_NS || type == FB_ND_NA || (type == FB_ND_RS && !c->wire));
}

/* A message of neighbour discovery: FB_NEXT to take it, or why not. Hop limit 255 proves that no router forwarded it. */
FB_INLINE int fb_nd(const void *img, struct fb_ctx *c, const __u8 *data, const __u8 *end)
{
	__u8 type = (__u8)(c->pkt.cport >> 8);
	const __u8 *icmp;
	__u32 atom;
	int reason;

	if (c->pkt.ttl != 255 || (c->pkt.flags & FB_PKT_OPTIONS))
		return FB_DROP_MALFORMED;
	reason = fb_source(img, c, &atom);
	if (reason != FB_NEXT)
		return reason;
	c->dst_zone = c->wire ? c->wire_zone : FB_ZONE_SELF;
	if (c->unbound)
		return c->unbound;
	if (fb_is_quarantined(c))
		return FB_DROP_QUARANTINED;
	if (!c->wire && !(c->pkt.flags & FB_PKT_GROUP_DST) &&
	    !fb_self_find(6, c->pkt.d_hi, c->pkt.d_lo, c->zone)) {
		c->dst_zone = FB_ZONE_NONE;
		return FB_DROP_SCOPE;
	}
	/* ND has no options or extension headers before it here: the header is at a fixed place. */
	icmp = data + (c->pkt.l3 == 18 ? 18 : 14) + 40;
	if (icmp + 8 > end || c->pkt.l4 != c->pkt.l3 + 40)
		return FB_DROP_MALFORMED;
	if (type == FB_ND_RS)
		return fb_nd_named(img, c, icmp, end, 8);
	if (icmp + 24 > end || c->pkt.left < 24)
		return FB_DROP_MALFORMED;
	return fb_nd_claim(img, c, type, icmp, end);
}

/* ICMPv6 that the gateway's own stack needs to be a neighbour at all. */
FB_INLINE int fb_is_builtin_out(const struct fb_pkt *pkt)
{
	__u8 type = (__u8)(pkt->cport >> 8);

	if (pkt->family != 6 || pkt->proto != FB_PROTO_ICMP6)
		return 0;
	return (type >= FB_ND_RS && type <= FB_ND_NA) || type == 131 || type == 132 || type == 143;
}

#endif

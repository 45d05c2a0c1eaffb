/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ICMP errors belong to the flow whose packet they quote (RFC 792, RFC 4443 section 2.4). fb_quote() turns the quoted header into the packet that
 * would answer it, in the context only: the flow table is asked for that one, the bytes of the error are never touched. (Seen in another
 * product: the inner header rewritten in the packet.)
 */
#ifndef FB_LIB_ICMP_H
#define FB_LIB_ICMP_H

#include "zone.h"

/* Unreachable, time exceeded, parameter problem; IPv6 too big. Redirect and source quench never cross a zone. */
FB_INLINE int fb_is_forwardable_error(const struct fb_pkt *pkt)
{
	__u8 type = (__u8)(pkt->cport >> 8);

	return pkt->family == 4 ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

/* The ports of the quoted packet: eight bytes are all that must be there. */
FB_INLINE int fb_quote_l4(struct fb_pkt *pkt, const __u8 *p, const __u8 *end, __u16 *sport, __u16 *dport)
{
	*sport = *dport = 0;
	if (p + 8 > end)
		return 0;
	if (fb_has_ports(pkt->proto)) {
		*sport = fb_get16(p);
		*dport = fb_get16(p + 2);
		return 1;
	}
	if (pkt->proto == (pkt->family == 4 ? FB_PROTO_ICMP4 : FB_PROTO_ICMP6)) {
		__u8 port = fb_query_port(pkt->proto, p[0]);
		int request = p[0] == fb_query_type(pkt->family, port);

		if (!port)
			return 0;
		*sport = request ? fb_get16(p + 4) : port;
		*dport = request ? port : fb_get16(p + 4);
		pkt->flags |= request ? FB_PKT_ECHO : FB_PKT_ECHO | FB_PKT_ECHO_REQUEST;
	}
	return 1;
}

/* The extension headers of the quoted packet, by the rules for any packet's, as far as the quote goes. Of a later fragment there is nothing to find. */
FB_INLINE int fb_quote_extensions(struct fb_pkt *pkt, const __u8 *data, const __u8 *end)
{
	__u32 flags = pkt->flags;

	pkt->frag_word = 0;
	if (fb_walk_extensions(pkt, data, end, pkt->proto) != FB_NEXT)
		return 0;
	pkt->flags = flags; /* of the error, not of what it quotes */
	return !fb_is_extension(*(volatile __u8 *)&pkt->proto) &&
	       !(*(volatile __u32 *)&pkt->frag_word & 0xfff8);
}

/*
 * Replaces addresses, protocol and ports in c->pkt by those of the quoted packet's answer. 0 if it is not a quote of something that its receiver sent
 * (a later fragment: nobody could tell), or if a group is to hear it: a group sent nothing. IPv4 options and extension headers are stepped over, as in the packet that
 * is quoted: what a line lets pass behind them must hear that it is too big for a path. l4 and left move along: behind the end of the error's own IP packet nothing
 * is a quote.
 */
FB_INLINE int fb_quote(struct fb_ctx *c, const __u8 *data, const __u8 *end)
{
	struct fb_pkt *pkt = &c->pkt;
	volatile __u32 *at = &pkt->l4;
	volatile __u16 *left = &pkt->left;
	const __u8 *ip;
	__u16 sport, dport;
	__u32 header;

	if (!fb_is_forwardable_error(pkt) || *at + 8 + 40 > FB_L4_MASK || (pkt->flags & FB_PKT_GROUP_DST))
		return 0;
	*at += 8;
	*left -= 8;
	ip = data + (*at & FB_L4_MASK);
	if (pkt->family == 4) {
		if (ip + 20 > end || (ip[0] >> 4) != 4 || (fb_get16(ip + 6) & 0x1fff) ||
		    fb_get32(ip + 12) != (__u32)pkt->d_lo)
			return 0;
		header = (__u32)(ip[0] & 0xf) * 4;
		if (header < 20 || header > *left)
			return 0;
		pkt->proto = ip[9];
		pkt->s_lo = fb_get32(ip + 16);
	} else {
		header = 40;
		if (header > *left || ip + 40 > end || (ip[0] >> 4) != 6 || fb_get64(ip + 8) != pkt->d_hi ||
		    fb_get64(ip + 16) != pkt->d_lo)
			return 0;
		pkt->proto = ip[6];
		pkt->s_hi = fb_get64(ip + 24);
		pkt->s_lo = fb_get64(ip + 32);
	}
	*at += header;
	*left = (__u16)(*left - header);
	if (pkt->family == 6 && fb_is_extension(pkt->proto) && !fb_quote_extensions(pkt, data, end))
		return 0;
	pkt->flags &= ~(FB_PKT_ECHO | FB_PKT_ECHO_REQUEST);
	if (*left < 8 || !fb_quote_l4(pkt, data + (*at & FB_L4_MASK), end, &sport, &dport))
		return 0;
	pkt->sport = dport;
	pkt->dport = sport;
	pkt->cport = pkt->flags & FB_PKT_ECHO_REQUEST ? (__u16)(fb_query_type(pkt->family, sport) << 8)
						      : sport;
	return 1;
}

#endif

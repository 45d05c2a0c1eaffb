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

/*
 * Replaces addresses, protocol and ports in c->pkt by those of the quoted packet's answer. 0 if it is not a quote of something that its receiver sent
 * (a later fragment, options or extension headers before the ports: nobody could tell), or if a group is to hear it: a group sent nothing. The fragment header
 * of a first fragment is stepped over, as IPv4's is part of the header: it is the longest piece, and the one that is too big for a path.
 */
FB_INLINE int fb_quote(struct fb_ctx *c, const __u8 *data, const __u8 *end)
{
	struct fb_pkt *pkt = &c->pkt;
	__u32 off = pkt->l4 + 8;
	const __u8 *ip;
	__u16 sport, dport;

	if (!fb_is_forwardable_error(pkt) || off > 512 || (pkt->flags & FB_PKT_GROUP_DST))
		return 0;
	ip = data + (off & 511);
	if (pkt->family == 4) {
		if (ip + 20 > end || ip[0] != 0x45 || (fb_get16(ip + 6) & 0x1fff) ||
		    fb_get32(ip + 12) != (__u32)pkt->d_lo)
			return 0;
		pkt->proto = ip[9];
		pkt->s_lo = fb_get32(ip + 16);
		ip += 20;
	} else {
		if (ip + 40 > end || (ip[0] >> 4) != 6 || fb_get64(ip + 8) != pkt->d_hi ||
		    fb_get64(ip + 16) != pkt->d_lo)
			return 0;
		pkt->proto = ip[6];
		pkt->s_hi = fb_get64(ip + 24);
		pkt->s_lo = fb_get64(ip + 32);
		ip += 40;
		if (pkt->proto == FB_PROTO_FRAG6) {
			if (ip + 8 > end || (fb_get16(ip + 2) & 0xfff8))
				return 0;
			pkt->proto = ip[0];
			ip += 8;
		}
	}
	pkt->flags &= ~(FB_PKT_ECHO | FB_PKT_ECHO_REQUEST);
	if (!fb_quote_l4(pkt, ip, end, &sport, &dport))
		return 0;
	pkt->sport = dport;
	pkt->dport = sport;
	pkt->cport = pkt->flags & FB_PKT_ECHO_REQUEST ? (__u16)(fb_query_type(pkt->family, sport) << 8)
						      : sport;
	return 1;
}

#endif

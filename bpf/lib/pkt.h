/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One packet, parsed once. Plain C: the same code is compiled natively for unit tests and fuzzing.
 * Sources: RFC 791, RFC 8200 (extension headers), RFC 9293, RFC 768, RFC 792, RFC 4443, IEEE 802.1Q.
 */
#ifndef FB_LIB_PKT_H
#define FB_LIB_PKT_H

#include <linux/types.h>
#include <firebreak_abi.h>

#define FB_ETH_IPV4 0x0800u
#define FB_ETH_ARP  0x0806u
#define FB_ETH_VLAN 0x8100u
#define FB_ETH_QINQ 0x88a8u
#define FB_ETH_IPV6 0x86ddu

#define FB_PROTO_ICMP4	1u
#define FB_PROTO_TCP_N	6u
#define FB_PROTO_UDP_N	17u
#define FB_PROTO_FRAG6	44u
#define FB_PROTO_ICMP6	58u
#define FB_PROTO_SCTP_N 132u

#define FB_EXT_HEADERS_MAX 8
#define FB_L4_MASK	   2047u /* layer 4 begins within this */
#define FB_ECHO_PORT	   8u
#define FB_NO_SCALE	   255u

enum fb_tcp_flag { FB_TCP_FIN = 1, FB_TCP_SYN = 2, FB_TCP_RST = 4, FB_TCP_PSH = 8, FB_TCP_ACK = 16 };

enum fb_pkt_flag {
	FB_PKT_TAGGED = 1 << 0,	   /* a VLAN tag, perhaps VID 0 */
	FB_PKT_OPTIONS = 1 << 1,   /* IPv4 options or hop-by-hop: the kernel forwards it, not XDP */
	FB_PKT_GROUP_MAC = 1 << 2, /* sent to a multicast or broadcast MAC */
	FB_PKT_GROUP_DST = 1 << 3, /* multicast or limited broadcast destination */
	FB_PKT_ECHO = 1 << 4,	   /* ICMP query, or its answer: the initiator's port is the identifier */
	FB_PKT_ICMP_ERROR = 1 << 5,
	FB_PKT_ECHO_REQUEST = 1 << 6,
	FB_PKT_FRAGMENT =
		1 << 7,	       /* of several; not an IPv6 "atomic" one, which is a whole packet (RFC 6946) */
	FB_PKT_LATER = 1 << 8, /* and not the first: no ports */
	FB_PKT_MORE = 1 << 9,  /* and not the last */
};

struct fb_pkt {
	__u64 s_hi, s_lo, d_hi, d_lo; /* host order, as in struct fb_flow */
	__u32 l3, l4;		      /* offsets from the start of the frame; l4 0 for ARP */
	__u32 flags;
	__u32 frag_id; /* fragments: identification */
	__u32 frag_word; /* IPv6: offset and flags of the fragment header, below a bit that says that there is one */
	__u32 seq, ack;	    /* TCP */
	__u16 sport, dport; /* what the flow table sees: ports; for ICMP see fb_parse_icmp */
	__u16 cport;   /* what the classifier sees as destination port: dport, or ICMP type << 8 | code */
	__u16 ip_len;  /* IP packet length, both families (IPv6: header included) */
	__u16 left;    /* bytes of layer 4 by the IP header */
	__u16 window;  /* TCP, as it stands there */
	__u16 payload; /* TCP: bytes after the header */
	__u16 frag_at; /* fragments: where this one begins, and how long it is, in bytes */
	__u16 frag_len;
	__u16 ethertype;
	__u16 vid;
	__u8 family; /* 4, 6, 0 = not IP */
	__u8 proto;
	__u8 ttl;
	__u8 scale;  /* TCP SYN: the window scale that it offers, FB_NO_SCALE = none */
	__u8 tcp;    /* flags byte */
	__u8 option; /* place in the TCP options */
	__u8 dmac[6] __attribute__((aligned(8))); /* as they lie in the frame */
	__u8 smac[6];
};

/* Ports mean ports, not ICMP types. */
static inline __attribute__((always_inline)) int fb_has_ports(__u8 proto)
{
	return proto == FB_PROTO_TCP_N || proto == FB_PROTO_UDP_N || proto == FB_PROTO_SCTP_N;
}

#define FB_PKT_INLINE static inline __attribute__((always_inline))

/*
 * Whole loads: packet memory may be read at any address in BPF, and byte-wise assembly, which is what clang makes of an unaligned type there,
 * costs six instructions a word. Natively that type is the defined way.
 */
#ifdef __bpf__
#define FB_PACKED
#else
#define FB_PACKED __attribute__((packed))
#endif
struct fb_load16 {
	__u16 v;
} FB_PACKED;
struct fb_load32 {
	__u32 v;
} FB_PACKED;
struct fb_load64 {
	__u64 v;
} FB_PACKED;

FB_PKT_INLINE __u16 fb_get16(const __u8 *p)
{
	return __builtin_bswap16(((const struct fb_load16 *)p)->v);
}
FB_PKT_INLINE __u32 fb_get32(const __u8 *p)
{
	return __builtin_bswap32(((const struct fb_load32 *)p)->v);
}
FB_PKT_INLINE __u64 fb_get64(const __u8 *p)
{
	return __builtin_bswap64(((const struct fb_load64 *)p)->v);
}

/*
 * ICMP messages that come in pairs of one identifier: echo, timestamp, information, address mask (RFC 792, RFC 950); in IPv6 echo (RFC 4443). The number that
 * the answering side has for a port, 0 = none of them. In IPv4 it is the type that asks: 8, 13, 15, 17.
 */
FB_PKT_INLINE __u8 fb_query_port(__u8 proto, __u8 type)
{
	if (proto == FB_PROTO_ICMP6)
		return (type | 1) == 129 ? FB_ECHO_PORT : 0;
	if (type >= 13 && type <= 18)
		return (__u8)(type - 1) | 1;
	return type == 8 || type == 0 ? FB_ECHO_PORT : 0;
}

/* The type that asks, of the answering side's port. */
FB_PKT_INLINE __u8 fb_query_type(__u8 family, __u16 port)
{
	return family == 4 ? (__u8)port : 128;
}

FB_PKT_INLINE enum fb_reason fb_parse_icmp(struct fb_pkt *pkt, const __u8 *p, const __u8 *end)
{
	if (p + 8 > end)
		return FB_DROP_MALFORMED;
	__u8 type = p[0], port = fb_query_port(pkt->proto, type);

	pkt->cport = (__u16)(type << 8 | p[1]);
	if (port) {
		/* As if the answering side had that port, so that a ping the other way is another flow. */
		int request = type == fb_query_type(pkt->family, port);
		__u16 id = fb_get16(p + 4);

		pkt->flags |= request ? FB_PKT_ECHO | FB_PKT_ECHO_REQUEST : FB_PKT_ECHO;
		pkt->sport = request ? id : port;
		pkt->dport = request ? port : id;
		return FB_NEXT;
	}
	if (pkt->proto == FB_PROTO_ICMP4 ? (type == 3 || type == 4 || type == 5 || type == 11 || type == 12)
					 : type < 128)
		pkt->flags |= FB_PKT_ICMP_ERROR;
	/* Errors and neighbour discovery (RFC 6980) are never in pieces. */
	if ((pkt->flags & FB_PKT_FRAGMENT) &&
	    ((pkt->flags & FB_PKT_ICMP_ERROR) || (pkt->family == 6 && type >= 133 && type <= 137)))
		return FB_DROP_FRAGMENT;
	pkt->sport = pkt->dport = pkt->cport;
	return FB_NEXT;
}

/*
 * The window scale option of a SYN (RFC 7323, 2.2): at most 14. size is the length of the whole TCP header. Sixteen options are looked at: a stack
 * that hides its scale behind more is held to unscaled windows. The place goes through memory at every step: known places multiply in the verifier.
 */
FB_PKT_INLINE __u8 fb_parse_scale(struct fb_pkt *pkt, const __u8 *p, const __u8 *end, __u32 size)
{
	volatile __u8 *at = &pkt->option;

	*at = 20;
	for (int k = 0; k < 16; k++) {
		__u32 i = *at;
		const __u8 *o = p + (i & 63);

		if (i + 3 > size || i > 57 || o + 3 > end || o[0] == 0)
			break;
		if (o[0] == 3 && o[1] == 3)
			return o[2] > 14 ? 14 : o[2];
		if (o[0] != 1 && o[1] < 2)
			break;
		*at = (__u8)(i + (o[0] == 1 ? 1u : (o[1] & 63u)));
	}
	return FB_NO_SCALE;
}

FB_PKT_INLINE enum fb_reason fb_parse_tcp(struct fb_pkt *pkt, const __u8 *p, const __u8 *end, __u32 left)
{
	if (p + 20 > end)
		return FB_DROP_MALFORMED;
	__u32 header = (__u32)(p[12] >> 4) * 4;

	if (header < 20 || header > left)
		return FB_DROP_MALFORMED;
	pkt->sport = fb_get16(p);
	pkt->dport = pkt->cport = fb_get16(p + 2);
	pkt->seq = fb_get32(p + 4);
	pkt->ack = fb_get32(p + 8);
	pkt->tcp = p[13];
	pkt->window = fb_get16(p + 14);
	pkt->payload = (__u16)(left - header);
	if (pkt->tcp & FB_TCP_SYN)
		pkt->scale = fb_parse_scale(pkt, p, end, header);
	return FB_NEXT;
}

/*
 * Is the checksum of an IPv4 header right (RFC 1812, 5.2.2)? Ones' complement addition does not mind the order of bytes. sum: of its options, 0 = it has none.
 */
FB_PKT_INLINE int fb_is_ipv4_sum_right(const __u8 *p, __u64 sum)
{
	for (int i = 0; i < 20; i += 4)
		sum += ((const struct fb_load32 *)(p + i))->v;
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* left: bytes of the IP payload that remain for layer 4, by the IP header. */
FB_PKT_INLINE enum fb_reason fb_parse_l4(struct fb_pkt *pkt, const __u8 *p, const __u8 *end, __u32 left)
{
	switch (*(volatile __u8 *)&pkt->proto) {
	case FB_PROTO_TCP_N:
		return fb_parse_tcp(pkt, p, end, left);
	case FB_PROTO_UDP_N:
		if (p + 8 > end || left < 8)
			return FB_DROP_MALFORMED;
		if (fb_get16(p + 4) < 8 || (fb_get16(p + 4) > left && !(pkt->flags & FB_PKT_FRAGMENT)))
			return FB_DROP_MALFORMED;
		pkt->sport = fb_get16(p);
		pkt->dport = pkt->cport = fb_get16(p + 2);
		return FB_NEXT;
	case FB_PROTO_SCTP_N:
		if (p + 12 > end || left < 12)
			return FB_DROP_MALFORMED;
		pkt->sport = fb_get16(p);
		pkt->dport = pkt->cport = fb_get16(p + 2);
		return FB_NEXT;
	case FB_PROTO_ICMP4:
		if (pkt->family != 4 || left < 8)
			return FB_DROP_MALFORMED;
		return fb_parse_icmp(pkt, p, end);
	case FB_PROTO_ICMP6:
		if (pkt->family != 6 || left < 8)
			return FB_DROP_MALFORMED;
		return fb_parse_icmp(pkt, p, end);
	default:
		return FB_NEXT;
	}
}

/*
 * One fragment of `left` bytes at `at`. The first must hold the whole header of layer 4 (RFC 1858, RFC 7112), all but the last are a multiple of 8 long,
 * and none reaches beyond the longest packet (RFC 791, RFC 8200 4.5).
 */
FB_PKT_INLINE enum fb_reason fb_parse_fragment(struct fb_pkt *pkt, __u32 at, int more, __u32 left)
{
	if (!left || (more && (left & 7)) || at + left > 0xffff)
		return FB_DROP_FRAGMENT;
	pkt->frag_at = (__u16)at;
	pkt->frag_len = (__u16)left;
	pkt->flags |= FB_PKT_FRAGMENT | (more ? FB_PKT_MORE : 0) | (at ? FB_PKT_LATER : 0);
	return FB_NEXT;
}

/*
 * IPv4 options (RFC 791, 3.1). A source route (131, 137) asks the host that the policy was asked about to relay to another: dropped, as IPv6's. So is a list that
 * cannot be walked, which may hide one from us and not from its receiver. The place goes through memory, as that of TCP's does.
 */
FB_PKT_INLINE enum fb_reason fb_parse_options(struct fb_pkt *pkt, const __u8 *p, const __u8 *end, __u32 size)
{
	volatile __u8 *at = &pkt->option;

	*at = 20;
	for (int k = 0; k < 40; k++) {
		__u32 i = *at;
		const __u8 *o = p + (i & 63);

		if (i >= size || o + 1 > end || o[0] == 0)
			break;
		if (o[0] == 131 || o[0] == 137)
			return FB_DROP_EXT_HEADER;
		if (o[0] != 1 && (i + 2 > size || o + 2 > end || o[1] < 2 || i + o[1] > size))
			return FB_DROP_MALFORMED;
		*at = (__u8)(i + (o[0] == 1 ? 1u : o[1]));
	}
	return FB_NEXT;
}

/* The words of the options, at most ten. The kernel would ask itself, but too late: a wire has none, and by then a flow was made. */
FB_PKT_INLINE __u64 fb_options_sum(struct fb_pkt *pkt, const __u8 *p, const __u8 *end, __u32 size)
{
	volatile __u8 *at = &pkt->option;
	__u64 sum = 0;

	*at = 20;
	for (int k = 0; k < 10; k++) {
		__u32 i = *at;
		const __u8 *o = p + (i & 63);

		if (i >= size || o + 4 > end)
			break;
		sum += ((const struct fb_load32 *)o)->v;
		*at = (__u8)(i + 4);
	}
	return sum;
}

/*
 * IPv4 and IPv6 leave behind where layer 4 is and how much of it there is (l4, left), or that there is none to look at (FB_PKT_LATER, no next header).
 * They pass through memory so that the verifier follows layer 4 once, not once for each way to get there.
 */
FB_PKT_INLINE enum fb_reason fb_parse_ipv4(struct fb_pkt *pkt, const __u8 *p, const __u8 *end)
{
	if (p + 20 > end)
		return FB_DROP_MALFORMED;
	__u32 header = (__u32)(p[0] & 0xf) * 4;
	__u32 total = fb_get16(p + 2);
	__u16 frag = fb_get16(p + 6);

	if ((p[0] >> 4) != 4 || header < 20 || total < header || p + header > end ||
	    !fb_is_ipv4_sum_right(p, header > 20 ? fb_options_sum(pkt, p, end, header) : 0))
		return FB_DROP_MALFORMED;
	pkt->family = 4;
	pkt->proto = p[9];
	pkt->ttl = p[8];
	pkt->ip_len = (__u16)total;
	pkt->s_lo = fb_get32(p + 12);
	pkt->d_lo = fb_get32(p + 16);
	if ((pkt->d_lo >> 28) == 0xe || pkt->d_lo == 0xffffffffu)
		pkt->flags |= FB_PKT_GROUP_DST;
	if (header > 20) {
		enum fb_reason reason = fb_parse_options(pkt, p, end, header);

		if (reason != FB_NEXT)
			return reason;
		pkt->flags |= FB_PKT_OPTIONS;
	}
	pkt->l4 = pkt->l3 + header;
	pkt->left = (__u16)(total - header);
	if (!(frag & 0x3fff)) /* neither more fragments nor an offset */
		return FB_NEXT;
	pkt->frag_id = fb_get16(p + 4);
	/* The longest packet has its header in it. */
	if ((__u32)(frag & 0x1fff) * 8 + total > 0xffff)
		return FB_DROP_FRAGMENT;
	return fb_parse_fragment(pkt, (__u32)(frag & 0x1fff) * 8, frag >> 13 & 1, total - header);
}

/*
 * True if next is an extension header that may be walked over: its length is in units of 8 (AH: of 4). Mobility, HIP and Shim6 (135, 139, 140) are protocols
 * here, which a line must name: that is what they are to a host that does not speak them, and such a one finds no port behind them.
 */
FB_PKT_INLINE int fb_is_extension(__u8 next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
}

/* Walks over the extension headers (RFC 8200, 4.1); proto, l4 and left become what is behind them, or behind the header of a later fragment. */
FB_PKT_INLINE enum fb_reason fb_walk_extensions(struct fb_pkt *pkt, const __u8 *data, const __u8 *end,
						__u8 next)
{
	volatile __u32 *at = &pkt->l4, *frag = &pkt->frag_word;
	volatile __u16 *left = &pkt->left;

	for (int i = 0; i < FB_EXT_HEADERS_MAX && fb_is_extension(next); i++) {
		const __u8 *p = data + (*at & FB_L4_MASK);
		__u32 size;

		if (p + 8 > end)
			return FB_DROP_MALFORMED;
		size = next == 51 ? ((__u32)p[1] + 2) * 4 : next == 44 ? 8 : ((__u32)p[1] + 1) * 8;
		/*
		 * RH0 is dead (RFC 5095), the others have no business at a zone boundary. An AH shorter than its own fixed part (RFC 4302, 2.2) ends where
		 * its receiver likes.
		 */
		if (next == 43 || (next == 51 && !p[1]))
			return FB_DROP_EXT_HEADER;
		if (next == 0) {
			if (i) /* only ever first */
				return FB_DROP_EXT_HEADER;
			pkt->flags |= FB_PKT_OPTIONS;
		}
		if (size > *left || *at + size > FB_L4_MASK)
			return *at + size > FB_L4_MASK ? FB_DROP_EXT_HEADER : FB_DROP_MALFORMED;
		*left = (__u16)(*left - size);
		*at += size;
		if (next == 44) {
			if (*frag) /* pieces of pieces */
				return FB_DROP_FRAGMENT;
			*frag = 1u << 16 | (fb_get16(p + 2) & 0xfff9);
			pkt->frag_id = fb_get32(p + 4);
			/* The length counts from here: extension headers behind are part of it. */
			pkt->frag_len = *left;
		}
		next = p[0];
		if (*frag & 0xfff8) /* what follows is the middle of something */
			break;
	}
	pkt->proto = next;
	return FB_NEXT;
}

FB_PKT_INLINE enum fb_reason fb_parse_extensions(struct fb_pkt *pkt, const __u8 *data, const __u8 *end,
						 __u8 next)
{
	enum fb_reason reason = fb_walk_extensions(pkt, data, end, next);
	volatile __u32 *frag = &pkt->frag_word;

	if (reason != FB_NEXT)
		return reason;
	if ((*frag & 0xfff9) && fb_parse_fragment(pkt, *frag & 0xfff8, *frag & 1, pkt->frag_len) != FB_NEXT)
		return FB_DROP_FRAGMENT;
	return fb_is_extension(pkt->proto) && !(*frag & 0xfff8) ? FB_DROP_EXT_HEADER : FB_NEXT;
}

FB_PKT_INLINE enum fb_reason fb_parse_ipv6(struct fb_pkt *pkt, const __u8 *data, const __u8 *p,
					   const __u8 *end)
{
	if (p + 40 > end || (p[0] >> 4) != 6)
		return FB_DROP_MALFORMED;
	__u32 left = fb_get16(p + 4);

	pkt->family = 6;
	pkt->proto = p[6];
	pkt->ttl = p[7];
	pkt->left = (__u16)left;
	pkt->ip_len = (__u16)(left + 40 > 0xffff ? 0xffff : left + 40);
	pkt->l4 = pkt->l3 + 40;
	pkt->s_hi = fb_get64(p + 8);
	pkt->s_lo = fb_get64(p + 16);
	pkt->d_hi = fb_get64(p + 24);
	pkt->d_lo = fb_get64(p + 32);
	if ((pkt->d_hi >> 56) == 0xff)
		pkt->flags |= FB_PKT_GROUP_DST;
	return fb_is_extension(pkt->proto) ? fb_parse_extensions(pkt, data, end, pkt->proto) : FB_NEXT;
}

/*
 * The whole frame. zeroed pkt. The IP length must fit into the frame; more bytes than it says are no part of it (Ethernet pads to 60).
 * whole is the length of the frame, which may go beyond `end` (paged skbs, XDP frags).
 */
FB_PKT_INLINE enum fb_reason fb_parse(struct fb_pkt *pkt, const __u8 *data, const __u8 *end, __u32 whole)
{
	enum fb_reason reason;
	const __u8 *p = data;

	if (p + 14 > end)
		return FB_DROP_MALFORMED;
	*(__u64 *)pkt->dmac = ((const struct fb_load64 *)p)->v;
	*(__u32 *)(pkt->smac + 2) = ((const struct fb_load32 *)(p + 8))->v;
	if (p[0] & 1)
		pkt->flags |= FB_PKT_GROUP_MAC;
	pkt->ethertype = fb_get16(p + 12);
	pkt->l3 = 14;
	p += 14;
	if (pkt->ethertype == FB_ETH_QINQ)
		return FB_DROP_NO_ZONE;
	if (pkt->ethertype == FB_ETH_VLAN) {
		if (p + 4 > end)
			return FB_DROP_MALFORMED;
		pkt->vid = fb_get16(p) & 0xfff;
		pkt->ethertype = fb_get16(p + 2);
		pkt->flags |= FB_PKT_TAGGED;
		pkt->l3 = 18;
		p += 4;
		if (pkt->ethertype == FB_ETH_VLAN || pkt->ethertype == FB_ETH_QINQ)
			return FB_DROP_NO_ZONE;
	}
	if (data[6] & 1)
		return FB_DROP_MALFORMED;
	if (pkt->ethertype == FB_ETH_IPV4)
		reason = fb_parse_ipv4(pkt, p, end);
	else if (pkt->ethertype == FB_ETH_IPV6)
		reason = fb_parse_ipv6(pkt, data, p, end);
	else
		return FB_NEXT;
	if (reason != FB_NEXT)
		return reason;
	if (pkt->l3 + pkt->ip_len > whole)
		return FB_DROP_MALFORMED;
	if (pkt->flags & FB_PKT_LATER)
		return FB_NEXT;
	reason = fb_parse_l4(pkt, data + (*(volatile __u32 *)&pkt->l4 & FB_L4_MASK), end,
			     *(volatile __u16 *)&pkt->left);
	return reason == FB_DROP_MALFORMED && (pkt->flags & FB_PKT_FRAGMENT) ? FB_DROP_FRAGMENT : reason;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer to what is denied where the policy says `on-deny reject` (S31): a TCP reset (RFC 9293, 3.10.7.1), or ICMP "administratively prohibited" with as
 * much of the packet as fits into 576 bytes (RFC 1812, 4.3.2.3) or 1280 (RFC 4443, 2.4). It comes from the address that was asked, is made of the packet
 * itself, goes back out of the port that it came in by, and is no verdict: the packet was dropped and counted before.
 *
 * Never in answer to a fragment, an ICMP error, a redirect, a reset, what was sent to many or came from nobody (RFC 1812, 4.3.2.7; RFC 4443, 2.4 e), nor for any
 * other reason of a drop: whoever spoofs or floods gets no second packet sent for him.
 */
#ifndef FB_LIB_REJECT_H
#define FB_LIB_REJECT_H

#include "event.h"
#include "zone.h"

/* 256 a second on each CPU, 64 at once: enough for people and programs that wait, and a 1,000th of what a port takes, so that a flood is not mirrored. */
#define FB_REJECT_COST	(1000000000ull / 256)
#define FB_REJECT_BURST (64 * FB_REJECT_COST)

#define FB_REJECT_MIN_FRAME 60u /* without the checksum of Ethernet; not every driver pads */
#define FB_REJECT_CHUNK	    256u

struct fb_ip4_header {
	__u8 version, tos;
	__be16 len, id, frag;
	__u8 ttl, proto;
	__u16 sum;
	__be32 src, dst;
};
struct fb_ip6_header {
	__be32 version;
	__be16 len;
	__u8 next, hops;
	__be64 src[2], dst[2];
};
union fb_ip_header {
	struct fb_ip4_header v4;
	struct fb_ip6_header v6;
	__be32 words[10];
};
union fb_answer_header {
	struct {
		__be16 sport, dport;
		__be32 seq, ack;
		__u8 offset, flags;
		__be16 window;
		__u16 sum, urgent;
	} tcp;
	struct {
		__u8 type, code;
		__u16 sum;
		__u32 unused;
	} icmp;
	__be32 words[7]; /* and what pads a short frame */
};

/* May a packet that was denied for this reason be answered? c->reject is the pair's word. */
FB_INLINE int fb_may_reject(const struct fb_ctx *c, __u32 reason)
{
	const struct fb_pkt *pkt = &c->pkt;
	__u32 own;

	if (!c->reject || c->turned || fb_cfg.explain)
		return 0;
	if (reason != FB_DROP_NO_ALLOW && reason != FB_DROP_NEVER && reason != FB_DROP_WINDOW_CLOSED &&
	    reason != FB_DROP_EXPIRED)
		return 0;
	if ((pkt->flags & (FB_PKT_GROUP_MAC | FB_PKT_GROUP_DST | FB_PKT_ICMP_ERROR | FB_PKT_FRAGMENT)) ||
	    fb_is_unspecified(pkt->s_hi, pkt->s_lo))
		return 0;
	if (pkt->proto == FB_PROTO_TCP_N && (pkt->tcp & FB_TCP_RST))
		return 0;
	if (pkt->proto == FB_PROTO_ICMP6 && pkt->cport >> 8 == FB_ND_REDIRECT)
		return 0;
	own = fb_self_find(pkt->family, pkt->d_hi, pkt->d_lo, c->zone);
	return FB_SELF_KIND(own) != FB_SELF_BROADCAST;
}

/* One more answer of this CPU? */
FB_INLINE int fb_reject_budget(void)
{
	struct fb_event_meter *m = fb_event_meter();
	__u64 now = fb_mono_ns();

	if (!m)
		return 0;
	if ((__s64)(m->reject_ahead - now) < 0)
		m->reject_ahead = now;
	if (m->reject_ahead - now + FB_REJECT_COST > FB_REJECT_BURST)
		return 0;
	m->reject_ahead += FB_REJECT_COST;
	return 1;
}

FB_INLINE __u16 fb_sum_fold(__s64 sum)
{
	__u32 s = (__u32)sum;

	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (__u16)~s;
}

/* Adds len bytes from offset to a checksum. The bytes are read, not trusted to be summed already: what a sender left to its card is no concern of ours. */
FB_INLINE int fb_sum_quote(struct xdp_md *ctx, __u32 offset, __u32 len, __s64 *sum)
{
	__be32 chunk[FB_REJECT_CHUNK / 4];

	for (int i = 0; i < 5 && len; i++) {
		__u32 n = len < FB_REJECT_CHUNK ? len : FB_REJECT_CHUNK;

		__builtin_memset(chunk, 0, sizeof(chunk));
		n--; /* 1 to 256, in the one way that 6.1 understands */
		asm volatile("" : "+r"(n));
		n = (n & (FB_REJECT_CHUNK - 1)) + 1;
		if (bpf_xdp_load_bytes(ctx, offset, chunk, n))
			return 0;
		*sum = bpf_csum_diff(0, 0, chunk, sizeof(chunk), (__u32)*sum);
		offset += n;
		len -= n;
	}
	return 1;
}

/* The IP header of the answer, and what of it goes into the checksum of layer 4. */
FB_INLINE __s64 fb_put_ip(const struct fb_pkt *pkt, union fb_ip_header *ip, __u32 payload, __u8 proto)
{
	__be32 pseudo[10] = { 0 };
	__be64 *wide = (__be64 *)pseudo;

	if (pkt->family == 4) {
		ip->v4.version = 0x45;
		ip->v4.len = __builtin_bswap16((__u16)(payload + sizeof(ip->v4)));
		ip->v4.frag = __builtin_bswap16(0x4000);
		ip->v4.ttl = 64;
		ip->v4.proto = proto;
		ip->v4.src = pseudo[0] = __builtin_bswap32((__u32)pkt->d_lo);
		ip->v4.dst = pseudo[1] = __builtin_bswap32((__u32)pkt->s_lo);
		ip->v4.sum = fb_sum_fold(bpf_csum_diff(0, 0, ip->words, sizeof(ip->v4), 0));
		if (proto == FB_PROTO_ICMP4)
			return 0;
	} else {
		ip->v6.version = __builtin_bswap32(0x60000000);
		ip->v6.len = __builtin_bswap16((__u16)payload);
		ip->v6.next = proto;
		ip->v6.hops = 64;
		ip->v6.src[0] = wide[0] = __builtin_bswap64(pkt->d_hi);
		ip->v6.src[1] = wide[1] = __builtin_bswap64(pkt->d_lo);
		ip->v6.dst[0] = wide[2] = __builtin_bswap64(pkt->s_hi);
		ip->v6.dst[1] = wide[3] = __builtin_bswap64(pkt->s_lo);
	}
	pseudo[8] = __builtin_bswap32(payload);
	pseudo[9] = __builtin_bswap32(proto);
	return bpf_csum_diff(0, 0, pseudo, sizeof(pseudo), 0);
}

/* What resets exactly the attempt or the connection that the segment is of. */
FB_INLINE void fb_put_reset(const struct fb_pkt *pkt, union fb_answer_header *l4)
{
	l4->tcp.sport = __builtin_bswap16(pkt->dport);
	l4->tcp.dport = __builtin_bswap16(pkt->sport);
	l4->tcp.offset = 5 << 4;
	if (pkt->tcp & FB_TCP_ACK) {
		l4->tcp.seq = __builtin_bswap32(pkt->ack);
		l4->tcp.flags = FB_TCP_RST;
		return;
	}
	l4->tcp.ack = __builtin_bswap32(pkt->seq + pkt->payload + !!(pkt->tcp & FB_TCP_SYN) +
					!!(pkt->tcp & FB_TCP_FIN));
	l4->tcp.flags = FB_TCP_RST | FB_TCP_ACK;
}

/* Back to who sent it, in its own frame: MACs change places, a tag stays as it is. Then the headers, and zeros up to the smallest frame. */
FB_INLINE int fb_put_frame(struct xdp_md *ctx, const struct fb_pkt *pkt, const __u8 *eth,
			   const union fb_ip_header *ip, const union fb_answer_header *l4, __u32 l4_len,
			   __u32 pad)
{
	__u32 l3 = pkt->l3 == 18 ? 18 : 14,
	      ip_len = pkt->family == 4 ? sizeof(struct fb_ip4_header) : sizeof(struct fb_ip6_header);

	asm volatile("" : "+r"(pad));
	pad &= 7; /* at most 60 - 54; the zeros lie behind the header */
	return !bpf_xdp_store_bytes(ctx, 0, (void *)eth, l3) &&
	       !bpf_xdp_store_bytes(ctx, l3, (void *)ip->words, ip_len) &&
	       !bpf_xdp_store_bytes(ctx, l3 + ip_len, (void *)l4->words, l4_len + pad);
}

/*
 * Out by the port that it came in by. Not XDP_TX: a veth whose peer has no XDP program does not tell it that a frame waits (seen on 6.18), but
 * what is redirected it does; only a port that is in no table of ways out has to do with it.
 */
FB_INLINE int fb_send_back(const struct fb_ctx *c)
{
	return (int)bpf_redirect_map(&fb_dev, c->ifindex, XDP_TX);
}

/* Makes the answer of the packet; 0 = it cannot be. */
FB_INLINE int fb_answer(struct xdp_md *ctx, const struct fb_ctx *c)
{
	const struct fb_pkt *pkt = &c->pkt;
	int v6 = pkt->family == 6, tcp = pkt->proto == FB_PROTO_TCP_N;
	__u32 l3 = pkt->l3 == 18 ? 18 : 14, ip_len = v6 ? 40 : 20, l4_len = tcp ? 20 : 8, quote = 0, grow = 0;
	__u32 most = v6 ? 1280 - 48 : 576 - 28, size, pad = 0;
	union fb_answer_header l4 = { .words = { 0 } };
	union fb_ip_header ip = { .words = { 0 } };
	__u8 eth[20];
	__s64 sum;

	if (bpf_xdp_load_bytes(ctx, 0, eth, l3))
		return 0;
	__builtin_memcpy(eth, pkt->smac, 6);
	__builtin_memcpy(eth + 6, pkt->dmac, 6);
	if (!tcp) {
		quote = pkt->ip_len < most ? pkt->ip_len : most;
		grow = ip_len + l4_len;
		if (bpf_xdp_adjust_head(ctx, -(int)grow))
			return 0;
	}
	size = l3 + ip_len + l4_len + quote;
	if (size < FB_REJECT_MIN_FRAME && c->bytes > size)
		pad = (c->bytes < FB_REJECT_MIN_FRAME ? c->bytes : FB_REJECT_MIN_FRAME) - size;
	if (bpf_xdp_adjust_tail(ctx, (int)(size + pad) - (int)(c->bytes + grow)))
		return 0;
	sum = fb_put_ip(pkt, &ip, l4_len + quote,
			tcp  ? FB_PROTO_TCP_N
			: v6 ? FB_PROTO_ICMP6
			     : FB_PROTO_ICMP4);
	if (tcp) {
		fb_put_reset(pkt, &l4);
	} else {
		l4.icmp.type = v6 ? 1 : 3;
		l4.icmp.code = v6 ? 1 : 13;
	}
	sum = bpf_csum_diff(0, 0, l4.words, sizeof(l4.tcp), (__u32)sum);
	if (!fb_sum_quote(ctx, l3 + grow, quote, &sum))
		return 0;
	if (tcp)
		l4.tcp.sum = fb_sum_fold(sum);
	else
		l4.icmp.sum = fb_sum_fold(sum);
	return fb_put_frame(ctx, pkt, eth, &ip, &l4, l4_len, pad);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "agent/frame.h"

#include <netinet/in.h>
#include <string.h>

enum { PAYLOAD = 8, HOP_LIMIT = 64, FRAME_MIN = 60 };

static __u8 *put8(__u8 *p, __u8 v)
{
	*p = v;
	return p + 1;
}

static __u8 *put16(__u8 *p, __u16 v)
{
	return put8(put8(p, (__u8)(v >> 8)), (__u8)v);
}

static __u8 *put32(__u8 *p, __u32 v)
{
	return put16(put16(p, (__u16)(v >> 16)), (__u16)v);
}

static __u8 *put_ip(__u8 *p, int family, struct fb_ip ip)
{
	fb_ip_to_bytes(family, ip, p);
	return p + (family == 4 ? 4 : 16);
}

/* RFC 1071, over bytes in network order. */
static __u32 add_up(__u32 sum, const __u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (__u32)p[i] << 8;
	return sum;
}

static __u16 fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* RFC 1112, RFC 2464: a group's MAC follows from its address. */
static __u8 *put_dst_mac(__u8 *p, const struct fb_frame_spec *s)
{
	if (s->family == 4 && (s->broadcast || s->dst.lo == 0xffffffffu))
		return put16(put32(p, 0xffffffffu), 0xffff);
	if (s->family == 4 && s->dst.lo >> 28 == 14)
		return put32(put16(p, 0x0100), 0x5e000000u | (s->dst.lo & 0x7fffff));
	if (s->family == 6 && s->dst.hi >> 56 == 0xff)
		return put32(put16(p, 0x3333), (__u32)s->dst.lo);
	memcpy(p, s->dst_mac, 6);
	return p + 6;
}

static __u8 *put_src_mac(__u8 *p, const struct fb_frame_spec *s)
{
	static const __u8 none[6], some[6] = { 2, 0, 0, 0, 0x5e, 0xed }; /* locally administered */

	memcpy(p, memcmp(s->src_mac, none, 6) ? s->src_mac : some, 6);
	return p + 6;
}

static __u8 *put_l4(__u8 *p, const struct fb_frame_spec *s)
{
	switch (s->proto) {
	case IPPROTO_TCP:
		p = put32(put32(put16(put16(p, s->sport), s->dport), 1), s->tcp_flags & 16 ? 1 : 0);
		p = put8(put8(p, 5 << 4), s->tcp_flags);
		return put16(put32(p, (__u32)64240 << 16), 0); /* window, checksum, urgent */
	case IPPROTO_UDP:
		return put32(put16(put16(p, s->sport), s->dport), (8u + PAYLOAD) << 16) + PAYLOAD;
	case IPPROTO_SCTP: /* an INIT; its CRC is nobody's business on the way */
		p = put32(put32(put16(put16(p, s->sport), s->dport), 0), 0);
		return put32(put32(put32(put32(put32(p, 1u << 24 | 20), 1), 65536), 1u << 16 | 1), 1);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return put32(put16(put16(p, s->dport), 0), (__u32)s->sport << 16 | 1) + PAYLOAD;
	default:
		return p + PAYLOAD;
	}
}

/* Where the checksum lies in the header, -1 = there is none that is checked. */
static int checksum_offset(__u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 2;
	default:
		return -1;
	}
}

static void finish_l4(const struct fb_frame_spec *s, __u8 *l4, size_t len)
{
	int offset = checksum_offset(s->proto);
	__u8 addresses[32];
	__u32 sum = 0;
	__u16 check;

	if (offset < 0)
		return;
	if (s->proto != IPPROTO_ICMP) { /* the pseudo header */
		__u8 *end = put_ip(put_ip(addresses, s->family, s->src), s->family, s->dst);

		sum = add_up((__u32)len + s->proto, addresses, (size_t)(end - addresses));
	}
	check = fold(add_up(sum, l4, len));
	if (s->proto == IPPROTO_UDP && !check)
		check = 0xffff;
	put16(l4 + offset, check);
}

size_t fb_frame_build(const struct fb_frame_spec *s, __u8 frame[FB_FRAME_MAX])
{
	__u8 *p = frame, *l3, *l4, *end;

	memset(frame, 0, FB_FRAME_MAX);
	p = put_dst_mac(p, s);
	p = put_src_mac(p, s);
	if (s->vlan > 0)
		p = put16(put16(p, 0x8100), (__u16)s->vlan);
	l3 = p = put16(p, s->family == 4 ? 0x0800 : 0x86dd);
	l4 = l3 + (s->family == 4 ? 20 : 40);
	end = put_l4(l4, s);
	finish_l4(s, l4, (size_t)(end - l4));
	if (s->family == 4) {
		p = put32(put32(p, 0x45u << 24 | (__u32)(end - l3)), 1u << 16 | 0x4000);
		p = put32(p, (__u32)HOP_LIMIT << 24 | (__u32)s->proto << 16);
		put_ip(put_ip(p, 4, s->src), 4, s->dst);
		put16(l3 + 10, fold(add_up(0, l3, 20)));
	} else {
		p = put32(put32(p, 6u << 28), (__u32)(end - l4) << 16 | (__u32)s->proto << 8 | HOP_LIMIT);
		put_ip(put_ip(p, 6, s->src), 6, s->dst);
	}
	return end - frame < FRAME_MIN ? FRAME_MIN : (size_t)(end - frame);
}

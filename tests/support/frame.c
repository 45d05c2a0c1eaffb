// SPDX-License-Identifier: GPL-2.0-only
#include "frame.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void put16(__u8 *p, unsigned int v)
{
	p[0] = (__u8)(v >> 8);
	p[1] = (__u8)v;
}

static void put32(__u8 *p, __u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static void put_mac(__u8 *p, const char *mac)
{
	sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", p, p + 1, p + 2, p + 3, p + 4, p + 5);
}

static __u32 add_sum(__u32 sum, const __u8 *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (__u32)(p[i] << 8 | p[i + 1]);
	if (n & 1)
		sum += (__u32)p[n - 1] << 8;
	return sum;
}

static __u16 fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

void frame_ip4_sum(__u8 *frame, size_t l3)
{
	__u8 *p = frame + l3;

	put16(p + 10, 0);
	put16(p + 10, fold(add_sum(0, p, (size_t)(p[0] & 0xf) * 4)));
}

int frame_ip4_sum_ok(const __u8 *frame, size_t l3)
{
	return fold(add_sum(0, frame + l3, (size_t)(frame[l3] & 0xf) * 4)) == 0;
}

static size_t build_eth(__u8 *b, const struct frame_spec *s, __u16 ethertype)
{
	size_t n = 12;

	put_mac(b, s->dmac ? s->dmac : "02:00:00:00:00:02");
	put_mac(b + 6, s->smac ? s->smac : "02:00:00:00:00:01");
	if (s->vlan) {
		put16(b + n, 0x8100);
		put16(b + n + 2, s->vlan > 0 ? (unsigned int)s->vlan : 0x6000);
		n += 4;
	}
	if (s->vlan2) {
		put16(b + n, 0x8100);
		put16(b + n + 2, (unsigned int)s->vlan2);
		n += 4;
	}
	put16(b + n, ethertype);
	return n + 2;
}

/* The transport part at p; returns its length. pseudo is the sum of the pseudo-header without the length. */
static size_t build_l4(__u8 *p, const struct frame_spec *s, __u8 proto, __u32 pseudo)
{
	size_t n = 0;
	__u8 *sum = NULL;

	switch (proto) {
	case 6:
		n = (s->scale ? 24 : 20) + s->payload;
		put32(p + 4, s->seq);
		put32(p + 8, s->ack);
		p[12] = (__u8)((s->scale ? 6 : 5) << 4);
		if (s->scale) {
			p[20] = 1;
			p[21] = p[22] = 3;
			p[23] = (__u8)(s->scale - 1);
		}
		p[13] = s->tcp;
		put16(p + 14, s->window ? s->window : 64000);
		sum = p + 16;
		break;
	case 17:
		n = 8 + s->payload;
		put16(p + 4, (unsigned int)n);
		sum = p + 6;
		break;
	case 132:
		n = 12 + s->payload;
		break;
	case 1:
	case 58:
		n = 8 + s->payload;
		p[0] = s->icmp_type;
		p[1] = s->icmp_code;
		put16(p + 4, s->icmp_id);
		sum = p + 2;
		break;
	default:
		return s->payload;
	}
	if (proto != 1 && proto != 58) {
		put16(p, s->sport);
		put16(p + 2, s->dport);
	}
	if (sum)
		put16(sum, fold(add_sum(proto == 1 ? 0 : pseudo + (__u32)n, p, n)));
	return n;
}

static __u8 spec_proto(const struct frame_spec *s)
{
	return s->proto ? s->proto : s->tcp ? 6 : 17;
}

static size_t build_ip4(__u8 *p, const struct frame_spec *s)
{
	size_t header = 20 + s->options_len, n;
	__u8 proto = spec_proto(s);

	inet_pton(AF_INET, s->src, p + 12);
	inet_pton(AF_INET, s->dst, p + 16);
	if (s->options_len)
		memcpy(p + 20, s->options, s->options_len);
	n = header + build_l4(p + header, s, proto, add_sum(proto, p + 12, 8));
	p[0] = (__u8)(0x40 | header / 4);
	put16(p + 2, (unsigned int)n);
	put16(p + 6, s->frag);
	p[8] = s->ttl ? s->ttl : 64;
	p[9] = proto;
	put16(p + 10, fold(add_sum(0, p, header)));
	return n;
}

static size_t build_ip6(__u8 *p, const struct frame_spec *s)
{
	__u8 proto = spec_proto(s);
	size_t n;

	p[0] = 0x60;
	inet_pton(AF_INET6, s->src, p + 8);
	inet_pton(AF_INET6, s->dst, p + 24);
	if (s->options_len)
		memcpy(p + 40, s->options, s->options_len);
	n = s->options_len + build_l4(p + 40 + s->options_len, s, proto, add_sum(proto, p + 8, 32));
	put16(p + 4, (unsigned int)n);
	p[6] = s->options_len ? s->ext_first : proto;
	p[7] = s->ttl ? s->ttl : 64;
	return 40 + n;
}

void frame_build(struct frame *f, const struct frame_spec *s)
{
	int v6 = s->src && strchr(s->src, ':');
	__u16 ethertype = s->ethertype ? s->ethertype : v6 ? 0x86dd : 0x0800;

	memset(f, 0, sizeof(*f));
	f->len = build_eth(f->b, s, ethertype);
	if (!s->src)
		f->len += s->payload;
	else
		f->len += v6 ? build_ip6(f->b + f->len, s) : build_ip4(f->b + f->len, s);
	f->len += s->pad;
}

void frame_arp(struct frame *f, const char *dmac, const char *smac, int op, const char *spa, const char *tpa)
{
	struct frame_spec s = { .dmac = dmac, .smac = smac, .ethertype = 0x0806, .payload = 28 };
	static const __u8 head[6] = { 0, 1, 8, 0, 6, 4 };
	__u8 *p = f->b + 14;

	frame_build(f, &s);
	memcpy(p, head, 6);
	put16(p + 6, (unsigned int)op);
	put_mac(p + 8, smac);
	inet_pton(AF_INET, spa, p + 14);
	inet_pton(AF_INET, tpa, p + 24);
}

void frame_nd(struct frame *f, const char *dmac, const char *smac, const char *src, const char *dst, int type,
	      const char *target)
{
	struct frame_spec s = { .dmac = dmac,
				.smac = smac,
				.src = src,
				.dst = dst,
				.proto = 58,
				.icmp_type = (__u8)type,
				.ttl = 255,
				.payload = 16 };
	__u8 *icmp;

	frame_build(f, &s);
	icmp = f->b + 54;
	inet_pton(AF_INET6, target, icmp + 8);
	put16(icmp + 2, 0);
	put16(icmp + 2, fold(add_sum(add_sum(58 + 24, f->b + 22, 32), icmp, 24)));
}

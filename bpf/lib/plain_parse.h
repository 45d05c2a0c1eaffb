/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What plain.h and plain_new.h know of a packet, in registers: whole, untagged IPv4 without options, UDP or TCP, nothing but padding behind it, sent to the own MAC of a
 * routed port of a zone without bindings, while nobody is in quarantine. Any other is the whole path's.
 */
#ifndef FB_LIB_PLAIN_PARSE_H
#define FB_LIB_PLAIN_PARSE_H

#include "binding.h"
#include "tcp.h"

#define FB_PLAIN_BYTES 54u /* Ethernet, IPv4, TCP without options; every real frame has 60 */

/* What the packet says, and where it is. */
struct fb_plain {
	__u64 lo_a, lo_b, ports; /* the key, as in struct fb_flow */
	__u64 hash;
	__u32 src, dst;
	__u32 dir, bytes, ip_len, tick, generation;
	__u16 sport, dport;
	__u8 zone, proto;
	__u8 middle; /* it neither begins nor ends a connection */
	__u8 absent; /* no flow of this tuple is in the table */
	struct fb_segment segment;
};

/* Layers 2 to 4. The loads are of the frame's bytes as they lie there: little-endian constants. */
FB_INLINE int fb_plain_parse(const __u8 *data, const __u8 *end, struct fb_plain *p)
{
	__u32 src, dst, left;
	__u64 sport, dport, swap;

	if (data + FB_PLAIN_BYTES > end)
		return 0;
	p->bytes = (__u32)(end - data);
	if ((data[0] | data[6]) & 1)
		return 0;
	/* 08 00 45, and no fragment */
	if ((((const struct fb_load32 *)(data + 12))->v & 0xffffff) != 0x450008 ||
	    (((const struct fb_load16 *)(data + 20))->v & 0xff3f))
		return 0;
	p->ip_len = fb_get16(data + 16);
	p->proto = data[23];
	if (data[22] <= 1 || p->ip_len < 28 || !fb_is_ipv4_sum_right(data + 14, 0))
		return 0;
	/* Nothing is missing, and behind it is padding at most. */
	if (14 + p->ip_len != p->bytes && (14 + p->ip_len > p->bytes || p->bytes > 60))
		return 0;
	left = p->ip_len - 20;
	p->middle = 1;
	if (p->proto == FB_PROTO_UDP_N) {
		__u32 udp = fb_get16(data + 38);

		if (udp < 8 || udp > left)
			return 0;
	} else {
		__u32 header = (__u32)(data[46] >> 4) * 4;

		if (p->proto != FB_PROTO_TCP_N || header < 20 || header > left)
			return 0;
		p->middle = (data[47] & (FB_TCP_SYN | FB_TCP_ACK | FB_TCP_RST | FB_TCP_FIN)) == FB_TCP_ACK;
		p->segment.seq = fb_get32(data + 38);
		p->segment.ack = fb_get32(data + 42);
		p->segment.end = p->segment.seq + left - header;
		p->segment.window = fb_get16(data + 48);
		p->segment.flags = FB_TCP_ACK;
	}
	src = fb_get32(data + 26);
	dst = fb_get32(data + 30);
	sport = fb_get16(data + 34);
	dport = fb_get16(data + 36);
	p->src = src;
	p->dst = dst;
	p->sport = (__u16)sport;
	p->dport = (__u16)dport;
	p->dir = dst < src || (dst == src && dport < sport);
	swap = (sport ^ dport) & -(__u64)p->dir;
	/* An address for which the key holds the zone too (fb_flow_key) finds nothing here. */
	p->lo_a = p->dir ? dst : src;
	p->lo_b = p->dir ? src : dst;
	p->ports = (sport ^ swap) | (dport ^ swap) << 16 | (__u64)p->proto << 32 | 4ull << 40;
	return 1;
}

/* The port of the frame, if nothing but its flow is to be asked. */
FB_INLINE int fb_plain_place(const void *img, const __u8 *data, __u32 ifindex, struct fb_plain *p)
{
	const struct fb_switches *sw = fb_base(&fb_switches);
	const struct fb_image_port *port = fb_port_find(img, ifindex, 0);

	if (!port || !port->zone || port->wire)
		return 0;
	if ((((const struct fb_load64 *)data)->v ^ *(const __u64 *)port->mac) << 16)
		return 0;
	p->zone = port->zone;
	return !(fb_zone_flags(img, p->zone) & FB_ZONE_BOUND) && !sw->quarantines && !sw->quarantined_macs;
}

#endif

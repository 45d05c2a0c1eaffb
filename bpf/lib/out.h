/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's way out (tc egress): what it forwards was judged where it came in; what the gateway itself sends is judged here. */
#ifndef FB_LIB_OUT_H
#define FB_LIB_OUT_H

#include "builtin.h"
#include "ethertype.h"
#include "frag.h"
#include "group.h"
#include "icmp.h"
#include "place.h"

/* Parses what leaves: the tag may be beside the bytes. Headers may lie in pages: pull them in first. */
FB_INLINE int fb_parse_skb(struct __sk_buff *skb, struct fb_ctx *c)
{
	if ((void *)(long)skb->data + 128 > (void *)(long)skb->data_end)
		bpf_skb_pull_data(skb, skb->len < 128 ? skb->len : 128);
	int reason = fb_parse(&c->pkt, (void *)(long)skb->data, (void *)(long)skb->data_end, skb->len);

	if (skb->vlan_present) {
		if (c->pkt.flags & FB_PKT_TAGGED)
			return FB_DROP_NO_ZONE;
		c->pkt.vid = skb->vlan_tci & 0xfff;
	}
	return reason;
}

/*
 * What the card or the driver will cut into packets (GSO) counts as those, in limits and counters; all but the first get their headers only there. Of a tunnel
 * it is the outer ones that are counted.
 */
FB_INLINE void fb_count_pieces(const struct __sk_buff *skb, struct fb_ctx *c)
{
	const struct fb_pkt *pkt = &c->pkt;

	if (skb->gso_segs <= 1)
		return;
	c->more = skb->gso_segs - 1;
	c->bytes += c->more * (pkt->l4 + (pkt->proto == FB_PROTO_TCP_N ? pkt->left - pkt->payload : 8));
}

/* What the gateway itself sends: the pair self -> zone, by the same flows as what arrives. */
FB_INLINE int fb_made_here(struct __sk_buff *skb, const void *img, struct fb_ctx *c)
{
	int reason;

	c->dst_zone = c->out_zone;
	if (fb_is_quarantined_at(img, c->out_zone, c->pkt.dmac))
		return FB_DROP_QUARANTINED;
	if (c->pkt.ethertype == FB_ETH_ARP)
		return fb_arp_out(c, (void *)(long)skb->data, (void *)(long)skb->data_end);
	if (fb_is_builtin_out(&c->pkt))
		return fb_is_quarantined(c) ? FB_DROP_QUARANTINED : FB_PASSED;
	if (!c->pkt.family) {
		reason = fb_ethertype(img, c, c->out_zone);
		return reason == FB_NEXT ? FB_PASSED : reason;
	}
	if (c->pkt.flags & FB_PKT_ICMP_ERROR) {
		if (!fb_quote(c, (void *)(long)skb->data, (void *)(long)skb->data_end))
			return FB_DROP_ICMP_UNRELATED;
		/* It is the gateway that speaks, whoever's flow it is about: that one's zones are asked with it. */
		if (fb_is_cut(FB_ZONE_SELF, c->out_zone))
			return fb_is_quarantined(c) ? FB_DROP_QUARANTINED : FB_DROP_ISOLATED;
	}
	if (c->pkt.flags & FB_PKT_LATER) {
		reason = fb_frag_verdict(img, c);
		return reason == FB_NEXT ? FB_PASSED : reason;
	}
	reason = fb_verdict(img, c);
	if (reason == FB_NEXT)
		reason = fb_remember(c);
	return reason == FB_NEXT ? FB_PASSED : reason;
}

FB_INLINE int fb_out_skb(struct __sk_buff *skb, struct fb_ctx *c)
{
	const struct fb_image_port *port;
	const void *img = fb_begin(c);
	int reason, parsed;

	if (!img)
		return FB_DROP_UNDECIDED;
	parsed = fb_parse_skb(skb, c);
	reason = fb_place(img, c, &port);
	if (reason != FB_NEXT)
		return reason;
	c->out_zone = c->zone;
	if (c->wire) { /* neither routes nor the gateway have a part in it */
		c->zone = FB_ZONE_SELF;
		c->dst_zone = c->out_zone;
		return FB_DROP_ROUTE_MISMATCH;
	}
	if (skb->ingress_ifindex) {
		/* Forwarded by the kernel: only into the zone that XDP passed it for. Its counters are XDP's. */
		c->zone = FB_ZONE_NONE;
		c->dst_zone = c->out_zone;
		if (fb_is_group_token(skb->tc_index))
			return fb_group_copy(img, c, skb->tc_index, skb->ingress_ifindex);
		if (skb->tc_index != FB_TC_INDEX(c->out_zone, FB_TOKEN_FORWARD))
			return FB_DROP_ROUTE_MISMATCH;
		return fb_is_quarantined_at(img, c->out_zone, c->pkt.dmac) ? FB_DROP_QUARANTINED : FB_NEXT;
	}
	c->zone = FB_ZONE_SELF;
	c->made_here = 1;
	fb_count_pieces(skb, c);
	return parsed == FB_NEXT ? fb_made_here(skb, img, c) : parsed;
}

#endif

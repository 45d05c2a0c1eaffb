/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plain packet between two hosts for which there is no flow (a scan, a flood, a first packet), judged in registers. Like plain.h it decides nothing that the whole
 * path does not decide: it drops only what no line allows, in a pair of zones that neither observes nor answers, and only while nobody is to be told of single
 * drops any more in this tick. What it found out of any other packet goes on to the judging stage, which does not ask again.
 *
 * Why: of the 2,050 instructions that a denied packet took, half wrote down for later stages what no later stage would read.
 */
#ifndef FB_LIB_PLAIN_NEW_H
#define FB_LIB_PLAIN_NEW_H

#include "judge.h"
#include "metrics.h"
#include "place.h"
#include "plain_parse.h"

/* An address of no special meaning: it may be a host's of some zone, and is none of the gateway's own (as far as the filter of those tells). */
FB_INLINE int fb_plain_is_host(__u32 address)
{
	return !fb_is_martian(4, 0, address) && !fb_is_link_local(4, 0, address) &&
	       !fb_self_may_be(0, address);
}

/* What the judging stage needs to know of a packet that was judged here as far as the line that decides. */
FB_INLINE int fb_plain_hand_over(struct xdp_md *ctx, const void *img, const struct fb_plain *p,
				 __u32 dst_zone, __u32 index)
{
	const __u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct fb_image_port *port = fb_port_find(img, ctx->ingress_ifindex, 0);
	struct fb_ctx *c = fb_ctx_new();
	struct fb_flow_key *key = &c->key;
	struct fb_pkt *pkt = &c->pkt;

	if (data + FB_PLAIN_BYTES > end || !port)
		return 0;
	*(__u64 *)pkt->dmac = ((const struct fb_load64 *)data)->v;
	*(__u32 *)(pkt->smac + 2) = ((const struct fb_load32 *)(data + 8))->v;
	pkt->ethertype = FB_ETH_IPV4;
	pkt->l3 = 14;
	pkt->family = 4;
	pkt->s_lo = p->src;
	pkt->d_lo = p->dst;
	pkt->proto = p->proto;
	pkt->ttl = data[22];
	pkt->ip_len = (__u16)p->ip_len;
	pkt->l4 = 34;
	pkt->left = (__u16)(p->ip_len - 20);
	pkt->sport = p->sport;
	pkt->dport = pkt->cport = p->dport;
	if (p->proto == FB_PROTO_TCP_N && fb_parse_tcp(pkt, data + 34, end, pkt->left) != FB_NEXT)
		return 0;
	c->ifindex = ctx->ingress_ifindex;
	c->bytes = p->bytes;
	c->generation = p->generation;
	c->tick = p->tick;
	c->zone = p->zone;
	c->device = port->device;
	c->dst_zone = (__u8)dst_zone;
	c->rule_index = index;
	c->looked = c->judged = 1;
	key->dir = p->dir;
	key->lo_a = p->lo_a;
	key->lo_b = p->lo_b;
	key->hi_a = key->hi_b = 0;
	key->ports = p->ports;
	fb_flow_key_places(key, p->hash);
	return FB_STAGE;
}

/*
 * No flow: the judgement (fb_judge) of such a packet between two hosts. XDP_DROP: denied and counted. FB_STAGE: judged so far, the judging stage goes on with what it
 * found out (in the context). 0: the whole path is to look at it.
 */
FB_INLINE int fb_plain_new(struct xdp_md *ctx, const void *img, struct fb_plain *p, __u32 cpu)
{
	struct fb_event_meter *meter;
	__u32 src, dst, index, zone;

	if (!fb_plain_is_host(p->src) || !fb_plain_is_host(p->dst) || p->src == p->dst)
		return 0;
	src = fb_atom4(img, p->src);
	dst = fb_atom4(img, p->dst);
	zone = fb_leaf_zone(dst);
	if (fb_leaf_zone(src) != p->zone || !zone || fb_is_cut(p->zone, zone))
		return 0;
	index = fb_classify(img, src, dst, 4, p->proto, p->sport, p->dport);
	meter = fb_event_meter();
	if (index || fb_observe_until(img, p->zone, zone) ||
	    (fb_pair_flags(img, p->zone, zone) & FB_PAIR_F_REJECT) || meter->tick != p->tick ||
	    meter->count[FB_EVENT_CLASS_DROP] < fb_cfg.events_per_tick)
		return fb_plain_hand_over(ctx, img, p, zone, index);
	fb_event_leave_out(meter);
	fb_add_to_pair(cpu, p->zone, zone, FB_DROP_NO_ALLOW, 1, p->bytes);
	return XDP_DROP;
}

#endif

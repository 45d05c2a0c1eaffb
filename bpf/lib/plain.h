/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shortest way: a plain IPv4 datagram or segment in the middle of a live flow, from one routed port to another. It decides nothing that the whole path does not
 * decide: every doubt, be it about the frame, the port, the flow, the operator's switches or the way out, leaves the packet as it came, and the whole path
 * begins with it from the start. So a packet goes on from here only if all of these hold, and then the whole path would do the same with it:
 *   - a whole, untagged frame without a trailer to the port's own MAC; IPv4 without options, not a fragment, hop limit above 1; UDP, or TCP with ACK alone of SYN, ACK, RST, FIN;
 *   - a zone without bindings, nobody in quarantine, no cut between the two zones;
 *   - a flow of this tuple from this zone, of this generation, seen in this very tick (which is when the whole path last looked at its
 *     deadline and wrote its time), in a state that this packet does not change; neither observed, nor metered, nor multicast;
 *   - TCP: inside the window; and a next hop that is confirmed in this tick, untagged, whose MTU it keeps.
 *
 * Why it is worth a second way: the whole path keeps what it knows in memory, because what the verifier must follow through all its branches does not fit into
 * its budget otherwise. Here each branch but one ends, everything stays in registers: 400 instructions instead of 1,000. Among many flows each is a miss of the
 * caches, and then it counts twice: the processor looks about 500 instructions ahead, which now reaches into the next packet.
 */
#ifndef FB_LIB_PLAIN_H
#define FB_LIB_PLAIN_H

#include "plain_new.h"

/* Does the packet leave the state of its flow as it is? */
FB_INLINE int fb_plain_state(const struct fb_plain *p, __u32 state, __u32 origin)
{
	if (p->proto == FB_PROTO_TCP_N)
		return state == FB_FLOW_ESTABLISHED;
	return state == FB_FLOW_DGRAM || (state == FB_FLOW_NEW && p->dir == origin);
}

/* The flow, copied out between two looks at its word (flow.h); NULL = the whole path finds out. */
FB_INLINE struct fb_flow *fb_plain_flow(struct fb_plain *p, struct fb_hit *hit)
{
	__u64 h = fb_flow_hash(p->lo_a, p->lo_b, p->ports, 0), word, ports;
	__u32 tag = fb_flow_hash_tag(h), place = fb_flow_hash_home(h), dir = p->dir & 1;
	struct fb_flow *e;

	p->hash = h;
	p->absent = fb_flow_is_idle(fb_flow_hash_bucket(h, 0), fb_flow_hash_bucket(h, 1));
	if (p->absent)
		return 0;
	/* At home the entry is read without waiting for the tags. */
	if (*(volatile __u8 *)fb_flow_tag(place) != (tag & 0xff)) {
		__u32 bucket = fb_flow_hash_bucket(h, 0);
		__u64 ways = fb_flow_may_have(bucket, tag);

		if (!ways) {
			bucket = fb_flow_hash_bucket(h, 1);
			ways = fb_flow_may_have(bucket, tag);
		}
		if (!ways) {
			p->absent = 1;
			return 0;
		}
		place = fb_flow_place(bucket, fb_flow_first(ways));
	}
	e = fb_flow_entry(place);
	word = *(volatile __u64 *)&e->way;
	ports = *(volatile __u64 *)&e->port_a;
	if (!p->middle || FB_WAY_TAG(word) != tag || (word & FB_WAY_LOCK) ||
	    FB_META_TICK(FB_WAY_META(word)) != FB_META_TICK(p->tick) ||
	    *(volatile __u64 *)&e->lo_a != p->lo_a || *(volatile __u64 *)&e->lo_b != p->lo_b ||
	    (ports & FB_PORTS_MASK) != p->ports)
		return 0;
	hit->generation = *(volatile __u32 *)&e->generation;
	hit->rule = *(volatile __u32 *)&e->rule;
	hit->nexthop = *(volatile __u32 *)&e->nexthop[dir];
	hit->stamp = *(volatile __u32 *)&e->stamp[dir];
	hit->origin = *(volatile __u8 *)&e->origin;
	hit->flags = *(volatile __u8 *)&e->flags;
	hit->word = word;
	if ((*(volatile __u64 *)&e->way ^ word) >> FB_WAY_SEQ_SHIFT)
		return 0;
	hit->zone_from = (__u8)(ports >> (48 + dir * 8));
	hit->zone_to = (__u8)(ports >> (56 - dir * 8));
	return hit->generation == p->generation && hit->zone_from == p->zone &&
			       hit->zone_to != FB_ZONE_SELF && !fb_is_cut(p->zone, hit->zone_to) &&
			       !(hit->flags & (FB_FLOW_F_OBSERVED | FB_FLOW_F_METERED | FB_FLOW_F_GROUP)) &&
			       fb_plain_state(p, FB_META_STATE(FB_WAY_META(word)), hit->origin)
		       ? e
		       : 0;
}

/* XDP_REDIRECT; what fb_plain_new() says of a packet without a flow; or 0: the packet is as it came, nothing is counted, the whole path is to look at it. */
FB_INLINE int fb_plain(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *image = fb_first(&fb_images), *img = image ? fb_first(image) : 0;
	__u32 cpu = bpf_get_smp_processor_id();
	const struct fb_nexthop *nh;
	struct fb_plain p;
	struct fb_flow *e;
	struct fb_hit hit;

	if (fb_cfg.explain || !img || !fb_plain_parse(data, end, &p) ||
	    !fb_plain_place(img, data, ctx->ingress_ifindex, &p))
		return 0;
	p.generation = FB_HDR(img, generation);
	p.tick = fb_tick();
	if (!p.generation)
		return 0;
	e = fb_plain_flow(&p, &hit);
	if (!e)
		return p.absent ? fb_plain_new(ctx, img, &p, cpu) : 0;
	nh = fb_next_hop(hit.nexthop, hit.stamp, fb_stamp(p.tick), p.tick);
	if (!nh || nh->vid || (nh->mtu && p.ip_len > nh->mtu))
		return 0;
	if (p.proto == FB_PROTO_TCP_N && fb_tcp_window(&p.segment, e, p.dir, hit.word, 1) != FB_NEXT)
		return 0;
	if (bpf_redirect_map(&fb_dev, nh->port, 0) != XDP_REDIRECT)
		return 0;
	fb_write_macs(data, nh);
	fb_decrement_ipv4(data + 14);
	fb_add_to_pair(cpu, p.zone, hit.zone_to, FB_PASSED, 1, p.bytes);
	if (hit.rule)
		fb_add_to_rule(cpu, hit.rule, 1, p.bytes, 0, p.tick);
	return XDP_REDIRECT;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path of one packet, stage after stage. A stage answers FB_NEXT, FB_PASSED or a reason; fb_account() alone counts (and the shortest way, plain.h), and only the
 * last lines of each program turn an answer into an action. See bpf/README.md for the map of the folder.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <firebreak_abi.h>

#include "binding.h"
#include "builtin.h"
#include "config.h"
#include "create.h"
#include "ethertype.h"
#include "flow.h"
#include "forward.h"
#include "frag.h"
#include "group.h"
#include "icmp.h"
#include "lacp.h"
#include "metrics.h"
#include "out.h"
#include "path.h"
#include "pkt.h"
#include "place.h"
#include "plain.h"
#include "reject.h"
#include "sweep.h"
#include "tcp.h"
#include "wire.h"
#include "zone.h"

#ifndef TC_ACT_UNSPEC
#define TC_ACT_UNSPEC (-1)
#endif
#define FB_PACKET_BROADCAST 1 /* PACKET_* of linux/if_packet.h */
#define FB_PACKET_LOOPBACK  5

char LICENSE[] SEC("license") = "GPL";

/*
 * The path of an established flow: everything that another packet of it needs and nothing else. What has no flow, or one that must be looked at again, goes to
 * the next stage before it has changed anything but the context.
 */
FB_INLINE int fb_fast(struct xdp_md *ctx, struct fb_ctx *c, int *action)
{
	const __u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct fb_image_port *port;
	int reason, parsed;
	const struct fb_nexthop *nh;
	const void *img;
	__u32 dir;

	c->ifindex = ctx->ingress_ifindex;
	c->bytes = (__u32)(end - data);
	img = fb_begin(c);
	if (!img)
		return FB_DROP_UNDECIDED;
	parsed = fb_whole(ctx, c, fb_parse(&c->pkt, data, end, ~0u));
	reason = fb_place(img, c, &port);
	if (reason != FB_NEXT) /* a trunk has no untagged zone, but its members may speak LACP */
		return c->pkt.ethertype == FB_ETH_SLOW ? FB_STAGE : reason;
	if (parsed != FB_NEXT)
		return parsed;
	if (!c->pkt.family ||
	    (c->pkt.flags & (FB_PKT_GROUP_MAC | FB_PKT_GROUP_DST | FB_PKT_ICMP_ERROR | FB_PKT_FRAGMENT)) ||
	    c->pkt.proto == FB_PROTO_ICMP6)
		return FB_STAGE;
	reason = c->wire ? fb_wire_l2(c) : fb_l2_address(c, port);
	if (reason != FB_NEXT)
		return reason;
	fb_flow_key(c, c->zone, FB_ZONE_SELF);
	fb_flow_find(c);
	c->looked = 1;
	dir = c->key.dir;
	if (!c->hit.live || fb_is_stale(c) || !fb_is_owner(c) || fb_is_attempt(&c->pkt, dir == c->hit.origin))
		return FB_STAGE;
	nh = c->wire ? 0 : fb_next_hop(c->hit.nexthop, c->hit.stamp, fb_stamp(c->tick), c->tick);
	if (c->wire ? c->hit.zone_to != c->wire_zone : !nh && c->hit.zone_to != FB_ZONE_SELF)
		return FB_STAGE;
	c->dst_zone = c->hit.zone_to;
	if (fb_binding_refuses(img, c))
		return c->unbound;
	reason = fb_use_flow(img, c, dir, 0);
	if (reason != FB_NEXT)
		return reason;
	if (c->wire)
		return fb_wire_send(img, c, action);
	if (c->dst_zone == FB_ZONE_SELF)
		return fb_pass(ctx, c, FB_TOKEN_SELF, action);
	return fb_leave(ctx, c, img, nh, action);
}

/* Everything else; one packet is judged by one policy. */
FB_INLINE int fb_slow(struct xdp_md *ctx, struct fb_ctx *c, int *action)
{
	const __u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct fb_image_port *port;
	const void *img = fb_begin_again(c);
	int reason;

	if (!img)
		return FB_DROP_UNDECIDED;
	if (!c->looked) {
		reason = fb_place(img, c, &port);
		if (!c->pkt.family && fb_is_lacp(img, c)) {
			*action = XDP_PASS;
			return FB_PASSED;
		}
		if (reason != FB_NEXT)
			return reason;
		if (c->wire) /* since this packet came in */
			return FB_DROP_UNDECIDED;
		if (!c->pkt.family) {
			reason = fb_ethertype(img, c, c->zone);
			if (reason == FB_NEXT && !(c->pkt.flags & FB_PKT_GROUP_MAC))
				reason = fb_l2_address(c, port);
			if (reason == FB_NEXT && fb_binding_refuses(img, c))
				reason = c->unbound;
			if (reason != FB_NEXT)
				return reason;
			c->dst_zone = FB_ZONE_SELF;
			return fb_pass(ctx, c, FB_TOKEN_SELF, action);
		}
		reason = fb_l2_address(c, port);
		if (reason != FB_NEXT)
			return reason;
	}
	fb_binding_look(img, c);
	if (c->pkt.flags & FB_PKT_ICMP_ERROR) {
		__u32 record;

		reason = fb_source(img, c, &record);
		if (reason != FB_NEXT)
			return reason;
		if (c->unbound)
			return c->unbound;
		/* Who sends it: afterwards its ends are those of the flow. */
		if (fb_is_quarantined(c))
			return FB_DROP_QUARANTINED;
		if (!fb_quote(c, data, end))
			return FB_DROP_ICMP_UNRELATED;
	}
	reason = fb_verdict(img, c);
	if (reason != FB_NEXT)
		return reason;
	if (c->begins)
		fb_flow_warm(c);
	if (c->dst_zone != FB_ZONE_SELF && !fb_is_group(&c->pkt))
		return fb_out(ctx, c, img, c->key.dir, action);
	if (fb_is_group(&c->pkt))
		fb_group_of_flow(c);
	reason = fb_remember(c);
	if (reason != FB_NEXT)
		return reason;
	return fb_is_group(&c->pkt) ? fb_group_out(ctx, c, img, action)
				    : fb_pass(ctx, c, FB_TOKEN_SELF, action);
}

SEC("xdp.frags")
int fb_xdp(struct xdp_md *ctx)
{
	int action = fb_plain(ctx), reason;
	struct fb_ctx *c;

	if (action == FB_STAGE)
		bpf_tail_call(ctx, &fb_stages, FB_STAGE_JUDGE);
	else if (action)
		return action;
	c = fb_ctx_new();
	action = XDP_DROP;
	reason = fb_fast(ctx, c, &action);
	if (reason == FB_STAGE) {
		/* A constant index is a jump; a variable one goes through the array. */
		if (c->pkt.flags & FB_PKT_LATER)
			bpf_tail_call(ctx, &fb_stages, FB_STAGE_FRAGMENT);
		else if (fb_is_neighbour(c))
			bpf_tail_call(ctx, &fb_stages, FB_STAGE_NEIGHBOUR);
		else if (c->wire)
			bpf_tail_call(ctx, &fb_stages, FB_STAGE_WIRE);
		else
			bpf_tail_call(ctx, &fb_stages, FB_STAGE_JUDGE);
		reason = FB_DROP_UNDECIDED;
	}
	fb_account(c, (__u32)reason);
	return reason == FB_PASSED ? action : XDP_DROP;
}

/* A fragment that is not the first: by what was decided about the first. */
FB_INLINE int fb_later(struct xdp_md *ctx, struct fb_ctx *c, int *action)
{
	const struct fb_image_port *port;
	const void *img = fb_begin(c);
	int reason;

	if (!img)
		return FB_DROP_UNDECIDED;
	reason = fb_place(img, c, &port);
	if (reason == FB_NEXT)
		reason = c->wire ? fb_wire_l2(c) : fb_l2_address(c, port);
	if (reason == FB_NEXT && fb_binding_refuses(img, c))
		reason = c->unbound;
	if (reason == FB_NEXT)
		reason = fb_frag_verdict(img, c);
	if (reason != FB_NEXT)
		return fb_later_dropped(img, c, reason);
	if (c->wire)
		return c->dst_zone == c->wire_zone ? fb_wire_send(img, c, action) : FB_DROP_ROUTE_MISMATCH;
	if (fb_is_group(&c->pkt))
		return fb_group_out(ctx, c, img, action);
	if (c->dst_zone == FB_ZONE_SELF)
		return fb_pass(ctx, c, FB_TOKEN_SELF, action);
	return fb_out(ctx, c, img, 0, action);
}

SEC("xdp.frags")
int fb_xdp_fragment(struct xdp_md *ctx)
{
	struct fb_ctx *c = fb_ctx_get();
	int action = XDP_DROP, reason;

	reason = fb_later(ctx, c, &action);
	fb_account(c, (__u32)reason);
	return reason == FB_PASSED ? action : XDP_DROP;
}

SEC("xdp.frags")
int fb_xdp_judge(struct xdp_md *ctx)
{
	struct fb_ctx *c = fb_ctx_get();
	int action = XDP_DROP, reason;

	/* What happened before does not matter to the counting: said to the verifier, it counts once and not once a path. */
	reason = (int)fb_forget(c, (__u32)fb_slow(ctx, c, &action));
	fb_account(c, (__u32)reason);
	if (fb_may_reject(c, (__u32)reason))
		bpf_tail_call(ctx, &fb_stages, FB_STAGE_REJECT);
	return reason == FB_PASSED ? action : XDP_DROP;
}

/* Only the answer: the packet was dropped and counted by the stage before. */
SEC("xdp.frags")
int fb_xdp_reject(struct xdp_md *ctx)
{
	struct fb_ctx *c = fb_ctx_get();

	return fb_reject_budget() && fb_answer(ctx, c) ? fb_send_back(c) : XDP_DROP;
}

/* ARP and neighbour discovery: with the gateway, or across a wire. */
FB_INLINE int fb_neighbour(struct xdp_md *ctx, struct fb_ctx *c, int *action)
{
	const __u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct fb_wire_subject subject = { 0 };
	const struct fb_image_port *port;
	const void *img = fb_begin(c);
	int reason;

	if (!img)
		return FB_DROP_UNDECIDED;
	reason = fb_place(img, c, &port);
	if (reason != FB_NEXT)
		return reason;
	c->dst_zone = c->wire ? c->wire_zone : FB_ZONE_SELF;
	if (c->pkt.ethertype == FB_ETH_ARP) {
		reason = fb_arp(img, c, data, end);
	} else {
		reason = c->wire ? fb_wire_l2(c) : fb_l2_address(c, port);
		if (reason == FB_NEXT) {
			fb_binding_look(img, c);
			reason = fb_nd(img, c, data, end);
		}
	}
	if (reason != FB_NEXT)
		return reason;
	if (!c->wire)
		return fb_pass(ctx, c, c->pkt.family ? FB_TOKEN_SELF : FB_TOKEN_ARP, action);
	/* Anew: what was compared with the end differs by the way here, and the verifier would follow each. */
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	reason = c->pkt.family ? fb_wire_nd(c, data, end, &subject) : fb_wire_arp(c, data, end, &subject);
	if (reason != FB_NEXT)
		return reason;
	if (!fb_wire_owns(img, c, &subject))
		return FB_DROP_ROUTE_MISMATCH;
	return fb_is_cut(c->zone, c->wire_zone) ? FB_DROP_ISOLATED : fb_wire_send(img, c, action);
}

SEC("xdp.frags")
int fb_xdp_neighbour(struct xdp_md *ctx)
{
	struct fb_ctx *c = fb_ctx_get();
	int action = XDP_DROP, reason;

	reason = fb_neighbour(ctx, c, &action);
	fb_account(c, (__u32)reason);
	return reason == FB_PASSED ? action : XDP_DROP;
}

/* All of a wire's IP that no live flow answers for. */
FB_INLINE int fb_wire(struct xdp_md *ctx, struct fb_ctx *c, int *action)
{
	const struct fb_image_port *port;
	const void *img = fb_begin_again(c);
	__u32 record;
	int reason;

	if (!img)
		return FB_DROP_UNDECIDED;
	reason = c->looked ? FB_NEXT : fb_place(img, c, &port);
	if (reason != FB_NEXT)
		return reason;
	if (!c->wire) /* no longer, since this packet came in */
		return FB_DROP_UNDECIDED;
	c->dst_zone = c->wire_zone;
	if (!c->pkt.family) {
		reason = fb_wire_ethertype(img, c);
		if (reason == FB_NEXT && fb_binding_refuses(img, c))
			reason = c->unbound;
		return reason == FB_NEXT ? fb_wire_send(img, c, action) : reason;
	}
	if (fb_is_forged_nd(&c->pkt))
		return FB_DROP_MALFORMED;
	reason = fb_wire_l2(c);
	if (reason != FB_NEXT)
		return reason;
	fb_binding_look(img, c);
	if (c->pkt.flags & FB_PKT_ICMP_ERROR) {
		reason = fb_source(img, c, &record);
		if (reason != FB_NEXT)
			return reason;
		if (c->unbound)
			return c->unbound;
		if (fb_is_quarantined(c))
			return FB_DROP_QUARANTINED;
		if (!fb_quote(c, (void *)(long)ctx->data, (void *)(long)ctx->data_end))
			return FB_DROP_ICMP_UNRELATED;
	}
	reason = fb_verdict(img, c);
	if (reason == FB_NEXT && c->dst_zone != c->wire_zone)
		reason = FB_DROP_ROUTE_MISMATCH;
	if (reason == FB_NEXT)
		reason = fb_remember(c);
	return reason == FB_NEXT ? fb_wire_send(img, c, action) : reason;
}

SEC("xdp.frags")
int fb_xdp_wire(struct xdp_md *ctx)
{
	struct fb_ctx *c = fb_ctx_get();
	int action = XDP_DROP, reason;

	reason = (int)fb_forget(c, (__u32)fb_wire(ctx, c, &action));
	fb_account(c, (__u32)reason);
	if (fb_may_reject(c, (__u32)reason))
		bpf_tail_call(ctx, &fb_stages, FB_STAGE_REJECT);
	return reason == FB_PASSED ? action : XDP_DROP;
}

/* Never attached: the agent runs it. */
SEC("xdp.frags")
int fb_xdp_sweep(struct xdp_md *ctx)
{
	fb_sweep();
	return XDP_DROP;
}

/*
 * The kernel's way in. Only what XDP passed has a token; it moves into tc_index, where it survives routing and fragmentation (a mark steers
 * routing: ours tells the guard that this program has run, which takes it off before anything is routed). A frame whose skb carries a tag
 * that XDP did not see came from a veth sender that hides tags: XDP judged it in the wrong zone. Test vlan_present, never vlan_tci (stale on
 * 6.1).
 */
SEC("tc")
int fb_tc_in(struct __sk_buff *skb)
{
	struct fb_ctx *c = fb_ctx_new();
	struct fb_token *token = (void *)(long)skb->data_meta;
	__u8 cls;

	c->bytes = skb->len;
	c->ifindex = skb->ifindex;
	c->tick = fb_tick();
	/* A device that took the index of one that the guard lists has no fb_tc_in. What is dropped below has no use of it. */
	skb->mark = FB_MARK_JUDGED;
	/* Our own multicast, looped back to local listeners; no driver sets it. */
	if (skb->pkt_type == FB_PACKET_LOOPBACK)
		return TC_ACT_UNSPEC;
	if ((void *)(token + 1) > (void *)(long)skb->data || token->magic != FB_TOKEN_MAGIC) {
		fb_account(c, FB_DROP_UNDECIDED);
		return TC_ACT_SHOT;
	}
	if (skb->vlan_present && !token->tagged) {
		c->dst_zone = token->cls & FB_TOKEN_GROUP ? FB_ZONE_NONE : token->zone;
		fb_account(c, FB_DROP_L2_PROTOCOL);
		return TC_ACT_SHOT;
	}
	cls = token->cls;
	skb->tc_index = FB_TC_INDEX(token->zone, cls);
	/* Not for the gateway's own ears: the guard knows it by a mark that no frame with a group's MAC has. */
	if ((cls & FB_TOKEN_CLASS_MASK) == FB_TOKEN_GROUP && bpf_skb_change_type(skb, FB_PACKET_BROADCAST))
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int fb_tc_out(struct __sk_buff *skb)
{
	struct fb_ctx *c = fb_ctx_new();
	int reason;

	c->bytes = skb->len;
	c->ifindex = skb->ifindex;
	reason = (int)fb_forget(c, (__u32)fb_out_skb(skb, c));
	if (reason == FB_NEXT) /* counted where it came in */
		return TC_ACT_UNSPEC;
	fb_account(c, (__u32)reason);
	return reason == FB_PASSED ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* A driver that refuses a redirected frame says so only here. Other people's programs are not counted. */
struct bpf_prog_aux {
	__u32 id;
} __attribute__((preserve_access_index));
struct bpf_prog {
	struct bpf_prog_aux *aux;
} __attribute__((preserve_access_index));

SEC("raw_tp/xdp_redirect_err")
int fb_redirect_err(struct bpf_raw_tracepoint_args *ctx)
{
	const struct bpf_prog *prog = (const struct bpf_prog *)ctx->args[1];
	struct fb_runtime *rt = fb_base(&fb_runtime);
	__u64 *count = fb_first(&fb_redirect_errs);

	if (count && BPF_CORE_READ(prog, aux, id) == rt->xdp_prog_id)
		++*count;
	return 0;
}

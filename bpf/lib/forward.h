/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way out: the kernel's FIB is asked, and the answer is kept in a table of next hops that flows name. A flow's packet uses its next hop
 *   - while the agent has not seen the host's routes change since the flow asked (the epoch in its stamp),
 *   - for FB_ROUTE_TICKS after it asked, so that a changed route is followed without the agent too,
 *   - if somebody's answer confirmed that next hop in this very tick: a neighbour that is gone is noticed in a second.
 * So one packet a second and next hop, and one in FB_ROUTE_TICKS seconds of each flow, pays for the FIB.
 *
 * A next hop never changes while a flow may use it: its content is its key, another MAC or MTU is another entry. An entry is recycled no sooner than
 * FB_NEXTHOP_GRACE ticks after it was last confirmed, longer than any program runs, and then has another sequence, which is part of what the flow holds: whoever
 * finds it confirmed in this tick first and of the same sequence after that can use it. When all ways of a bucket are in use, packets go through the kernel.
 */
#ifndef FB_LIB_FORWARD_H
#define FB_LIB_FORWARD_H

#include "path.h"

#define FB_NEXTHOP_WAYS	 8u
#define FB_NEXTHOP_GRACE 4u
#define FB_PROBE_TICKS	 9u /* about ten seconds */
#define FB_ROUTE_TICKS	 16u
#define FB_AF_INET	 2
#define FB_AF_INET6	 10

/* A resolved way out; 1 in kernel = leave it to the kernel (no neighbour yet, or the table is full). */
struct fb_way {
	struct fb_nexthop *nh;
	__u32 ref;
	__u32 kernel;
};

FB_INLINE int fb_nexthop_same(const struct fb_nexthop *nh, const struct fb_nexthop *want)
{
	const __u32 *a = (const __u32 *)nh, *b = (const __u32 *)want;

	/* ifindex, port, vid and mtu, both MACs (words 3..8), zone */
	return a[3] == b[3] && a[4] == b[4] && a[5] == b[5] && a[6] == b[6] && a[7] == b[7] && a[8] == b[8] &&
	       nh->zone == want->zone;
}

FB_INLINE void fb_nexthop_intern(const struct fb_nexthop *want, __u32 tick, struct fb_way *way)
{
	void *table = fb_base(&fb_nexthops);
	const __u32 *w = (const __u32 *)want;
	__u32 hash = (w[3] ^ w[4] * 31 ^ w[5] * 131 ^ w[6] * 8191 ^ w[7] * 0x9e3779b1u ^ w[8] * 0x85ebca6bu) *
		     0xc2b2ae35u;
	__u32 first = (hash >> 16) * FB_NEXTHOP_WAYS;

	way->nh = 0;
	way->kernel = 1;
	for (__u32 i = 0; i < FB_NEXTHOP_WAYS; i++) {
		__u32 index = (first + i) & (FB_NEXTHOPS - 1);
		struct fb_nexthop *nh = fb_at(table, index, FB_NEXTHOPS - 1, 6);
		__u32 seq = *(volatile __u32 *)&nh->seq;

		if ((seq & 1) || !nh->port || !fb_nexthop_same(nh, want))
			continue;
		/* An exchange, which is a full barrier: the look at the sequence must not come before the mark. */
		(void)__sync_lock_test_and_set(&nh->touched, tick);
		/* Recycled between the compare and the mark? Then the mark is harmless and this answer is not. */
		if (*(volatile __u32 *)&nh->seq != seq)
			continue;
		way->nh = nh;
		way->ref = FB_NEXTHOP_REF(index, seq);
		way->kernel = 0;
		return;
	}
	for (__u32 i = 0; i < FB_NEXTHOP_WAYS; i++) {
		__u32 index = (first + i) & (FB_NEXTHOPS - 1);
		struct fb_nexthop *nh = fb_at(table, index, FB_NEXTHOPS - 1, 6);
		__u32 seq = *(volatile __u32 *)&nh->seq;

		if ((seq & 1) || (nh->port && tick - nh->touched < FB_NEXTHOP_GRACE))
			continue;
		if (__sync_val_compare_and_swap(&nh->seq, seq, seq + 1) != seq)
			continue;
		/* Marked since we looked? Then somebody uses it. */
		if (nh->port && tick - *(volatile __u32 *)&nh->touched < FB_NEXTHOP_GRACE) {
			__sync_fetch_and_add(&nh->seq, 1);
			continue;
		}
		nh->touched = tick;
		nh->probed = tick;
		nh->ifindex = want->ifindex;
		nh->port = want->port;
		nh->vid = want->vid;
		nh->mtu = want->mtu;
		__builtin_memcpy(nh->dmac, want->dmac, 12);
		nh->zone = want->zone;
		__sync_fetch_and_add(&nh->seq, 1);
		way->nh = nh;
		way->ref = FB_NEXTHOP_REF(index, seq + 2);
		way->kernel = 0;
		return;
	}
}

FB_INLINE void fb_fib_params(struct bpf_fib_lookup *fib, const struct fb_ctx *c)
{
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->ifindex = c->device;
	fib->l4_protocol = c->pkt.proto;
	if (fb_has_ports(c->pkt.proto)) {
		fib->sport = __builtin_bswap16(c->pkt.sport);
		fib->dport = __builtin_bswap16(c->pkt.dport);
	}
	if (c->pkt.family == 4) {
		fib->family = FB_AF_INET;
		fib->ipv4_src = __builtin_bswap32((__u32)c->pkt.s_lo);
		fib->ipv4_dst = __builtin_bswap32((__u32)c->pkt.d_lo);
		return;
	}
	fib->family = FB_AF_INET6;
	__u64 words[4] = { __builtin_bswap64(c->pkt.s_hi), __builtin_bswap64(c->pkt.s_lo),
			   __builtin_bswap64(c->pkt.d_hi), __builtin_bswap64(c->pkt.d_lo) };

	__builtin_memcpy(fib->ipv6_src, words, 16);
	__builtin_memcpy(fib->ipv6_dst, words + 2, 16);
}

/*
 * Asks the FIB. The answer is a kernel device; the agent's table turns it into (port, tag, zone), and a zone other than the destination's is
 * a route-mismatch, also before the packet is left to the kernel.
 */
static __noinline int fb_resolve(void *ctx, struct fb_ctx *c, struct fb_way *way)
{
	struct bpf_fib_lookup fib;
	const struct fb_egress *egress;
	struct fb_nexthop want;
	long answer;
	__u32 out;

	fb_fib_params(&fib, c);
	answer = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);
	if (answer != BPF_FIB_LKUP_RET_SUCCESS && answer != BPF_FIB_LKUP_RET_NO_NEIGH)
		return FB_DROP_ROUTE_MISMATCH;
	out = fib.ifindex;
	egress = bpf_map_lookup_elem(&fb_egress, &out);
	if (!egress || egress->zone != c->dst_zone)
		return FB_DROP_ROUTE_MISMATCH;
	way->nh = 0;
	way->kernel = 1;
	if (answer != BPF_FIB_LKUP_RET_SUCCESS)
		return FB_NEXT;
	__builtin_memset(&want, 0, sizeof(want));
	want.ifindex = out;
	want.port = egress->port;
	want.vid = egress->vid;
	want.mtu = fib.mtu_result;
	want.zone = egress->zone;
	__builtin_memcpy(want.smac, fib.smac, 6);
	__builtin_memcpy(want.dmac, fib.dmac, 6);
	fb_nexthop_intern(&want, c->tick, way);
	return FB_NEXT;
}

/* The next hop that the flow holds (ref, and asked: when the FIB was asked for it), NULL if the FIB must be asked. stamp: now. */
FB_INLINE struct fb_nexthop *fb_next_hop(__u32 ref, __u32 asked, __u32 stamp, __u32 tick)
{
	void *table = fb_base(&fb_nexthops);
	struct fb_nexthop *nh;

	if (!asked || ((asked ^ stamp) & 0xff) || ((stamp - asked) >> 8 & 0x7fffff) >= FB_ROUTE_TICKS)
		return 0;
	nh = fb_at(table, ref, FB_NEXTHOPS - 1, 6);
	if (*(volatile __u32 *)&nh->touched != tick)
		return 0;
	return FB_NEXTHOP_REF(0, *(volatile __u32 *)&nh->seq) == (ref & ~(FB_NEXTHOPS - 1)) ? nh : 0;
}

/*
 * The next hop of a passed packet that is not for us, from the flow if it is fresh, else resolved and stored. way->kernel = 1: PASS it.
 * Once in ten seconds a next hop's resolving packet goes the kernel's way, so that its neighbour machine confirms or fails the
 * neighbour: XDP alone never notices a replaced network card.
 */
FB_INLINE int fb_way_out(void *ctx, struct fb_ctx *c, __u32 dir, __u32 stamp, struct fb_way *way)
{
	struct fb_flow *e;
	int reason;

	way->kernel = 0;
	way->nh = c->hit.live ? fb_next_hop(c->hit.nexthop, c->hit.stamp, stamp, c->tick) : 0;
	if (way->nh)
		return FB_NEXT;
	reason = fb_resolve(ctx, c, way);
	if (reason != FB_NEXT || way->kernel || !way->nh)
		return reason;
	c->way_ref = way->ref;
	c->way_stamp = stamp;
	e = fb_cfg.explain ? 0 : fb_flow_lock(&c->hit);
	if (e) {
		e->nexthop[dir & 1] = way->ref;
		e->stamp[dir & 1] = stamp;
		fb_flow_unlock(&c->hit);
	}
	__u32 probed = *(volatile __u32 *)&way->nh->probed;

	if (!fb_cfg.explain && c->tick - probed >= FB_PROBE_TICKS &&
	    __sync_val_compare_and_swap(&way->nh->probed, probed, c->tick) == probed)
		way->kernel = 1;
	return FB_NEXT;
}

/* One hop less, and the checksum with it (RFC 1624, eqn 3). */
FB_INLINE void fb_decrement_ipv4(__u8 *ip)
{
	__u16 *sum = (__u16 *)(ip + 10);
	__u32 check = *sum;

	check += __builtin_bswap16(0x0100);
	*sum = (__u16)(check + (check >= 0xffff));
	ip[8]--;
}

/* One hop less. The packet was parsed with this l3. */
FB_INLINE int fb_decrement(struct xdp_md *ctx, __u32 l3, int family)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *ip = data + (l3 == 18 ? 18 : 14);

	if (family == 6) {
		if ((void *)(ip + 40) > end)
			return 0;
		ip[7]--;
		return 1;
	}
	if ((void *)(ip + 20) > end)
		return 0;
	fb_decrement_ipv4(ip);
	return 1;
}

/* Two bytes behind the destination's are the source's first. */
FB_INLINE void fb_write_macs(__u8 *eth, const struct fb_nexthop *nh)
{
	*(__u64 *)eth = *(const __u64 *)nh->dmac;
	*(__u32 *)(eth + 8) = *(const __u32 *)(nh->smac + 2);
}

/* Writes the Ethernet header of nh, with or without a tag, moving the front of the frame if its size changes. */
FB_INLINE int fb_rewrite(struct xdp_md *ctx, const struct fb_ctx *c, const struct fb_nexthop *nh)
{
	int tagged = !!(c->pkt.flags & FB_PKT_TAGGED), tag = nh->vid != 0;
	__u16 ethertype = c->pkt.ethertype;

	if (tagged != tag && bpf_xdp_adjust_head(ctx, tagged ? 4 : -4))
		return 0;
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *eth = data;

	if ((void *)(eth + 18) > end)
		return 0;
	fb_write_macs(eth, nh);
	if (!tagged && !tag)
		return 1;
	if (tag) {
		eth[12] = 0x81;
		eth[13] = 0;
		eth[14] = (__u8)(nh->vid >> 8);
		eth[15] = (__u8)nh->vid;
		eth += 4;
	}
	eth[12] = (__u8)(ethertype >> 8);
	eth[13] = (__u8)ethertype;
	return 1;
}

/*
 * What lies behind the packet stays here: the kernel would cut it off too, and a frame longer than the next link's MTU is lost. Not the padding, which fills an
 * untagged frame to 60 bytes.
 */
FB_INLINE int fb_trim(struct xdp_md *ctx, const struct fb_ctx *c)
{
	__u32 keep = c->pkt.l3 + (c->pkt.ip_len < 46 ? 46 : c->pkt.ip_len);

	if (c->bytes <= keep)
		return 1;
	return !bpf_xdp_adjust_tail(ctx, (int)keep - (int)bpf_xdp_get_buff_len(ctx));
}

/* Sends the packet out of nh. FB_PASSED with *action set, or why not. */
FB_INLINE int fb_send(struct xdp_md *ctx, struct fb_ctx *c, const struct fb_nexthop *nh, int *action)
{
	c->out_port = nh->port;
	if (fb_cfg.explain)
		return FB_PASSED;
	if (!fb_trim(ctx, c) || !fb_decrement(ctx, c->pkt.l3, c->pkt.family) || !fb_rewrite(ctx, c, nh))
		return FB_DROP_REDIRECT_FAILED;
	*action = (int)bpf_redirect_map(&fb_dev, nh->port, 0);
	return *action == XDP_REDIRECT ? FB_PASSED : FB_DROP_REDIRECT_FAILED;
}

/* Leaves the packet to the kernel, with the token without which tc ingress drops it. */
FB_INLINE int fb_pass(struct xdp_md *ctx, struct fb_ctx *c, __u8 cls, int *action)
{
	struct fb_token *token;

	c->cls = cls;
	if (fb_cfg.explain)
		return FB_PASSED;
	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*token)))
		return FB_DROP_REDIRECT_FAILED;
	token = (void *)(long)ctx->data_meta;
	if ((void *)(token + 1) > (void *)(long)ctx->data)
		return FB_DROP_REDIRECT_FAILED;
	token->magic = FB_TOKEN_MAGIC;
	token->zone = c->dst_zone;
	token->cls = cls;
	token->tagged = !!(c->pkt.flags & FB_PKT_TAGGED);
	token->pad = 0;
	*action = XDP_PASS;
	return FB_PASSED;
}

#endif

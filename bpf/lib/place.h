/* SPDX-License-Identifier: GPL-2.0-only */
/* Both ends of every XDP stage: the policy in force, the port and zone of a frame, whether it was meant for us; and out by a next hop, or to the kernel. */
#ifndef FB_LIB_PLACE_H
#define FB_LIB_PLACE_H

#include "forward.h"
#include "frag.h"

/* The policy in force, read once: every decision about this packet comes from one image. */
FB_INLINE const void *fb_begin(struct fb_ctx *c)
{
	void *image = fb_first(&fb_images), *img = image ? fb_first(image) : 0;

	if (!img)
		return 0;
	c->generation = FB_HDR(img, generation);
	c->tick = fb_tick();
	return c->generation ? img : 0;
}

/* The same in the next stage. The policy may be another one by now, and then what the stage before found out no longer holds. */
FB_INLINE const void *fb_begin_again(struct fb_ctx *c)
{
	__u32 before = c->generation;
	const void *img = fb_begin(c);

	if (c->generation != before)
		c->looked = c->judged = 0;
	return img;
}

FB_INLINE int fb_place(const void *img, struct fb_ctx *c, const struct fb_image_port **ret_port)
{
	const struct fb_image_port *port = fb_port_find(img, c->ifindex, c->pkt.vid);

	if (!port || !port->zone)
		return FB_DROP_NO_ZONE;
	c->zone = port->zone;
	c->device = port->device;
	c->wire = port->wire;
	c->wire_zone = port->wire_zone;
	*ret_port = port;
	return FB_NEXT;
}

/* Was the frame sent to this MAC? Two bytes are behind every MAC here, so that it is one comparison. */
FB_INLINE int fb_is_sent_to(const struct fb_ctx *c, const __u8 *mac)
{
	return !((*(const __u64 *)c->pkt.dmac ^ *(const __u64 *)mac) << 16);
}

/* The MAC of a virtual address. Where there is none the record has zeros, and a frame for zeros is nobody's. */
FB_INLINE int fb_is_sent_to_extra(const struct fb_ctx *c, const struct fb_image_port *port)
{
	return *(const __u64 *)c->pkt.dmac << 16 && fb_is_sent_to(c, port->extra);
}

/* A unicast IP packet must have been sent to this interface; a group MAC is for group addresses only. */
FB_INLINE int fb_l2_address(const struct fb_ctx *c, const struct fb_image_port *port)
{
	__u32 own;

	if (!(c->pkt.flags & FB_PKT_GROUP_MAC))
		return fb_is_sent_to(c, port->mac) || fb_is_sent_to_extra(c, port) ? FB_NEXT
										   : FB_DROP_L2_ADDRESS;
	if (c->pkt.flags & FB_PKT_GROUP_DST)
		return FB_NEXT;
	own = fb_self_find(c->pkt.family, c->pkt.d_hi, c->pkt.d_lo, c->zone);
	return own && FB_SELF_KIND(own) == FB_SELF_BROADCAST ? FB_NEXT : FB_DROP_L2_ADDRESS;
}

/*
 * An IP packet must fit into its frame, of which `data` to `data_end` may be only the beginning (jumbo frames, in several buffers). How long the whole is, is
 * asked only then. Such a frame goes the kernel's way: 6.1 and many drivers lose it when it is redirected.
 */
FB_INLINE int fb_whole(struct xdp_md *ctx, struct fb_ctx *c, int parsed)
{
	if (!c->pkt.family || c->pkt.l3 + c->pkt.ip_len <= c->bytes)
		return parsed;
	c->bytes = (__u32)bpf_xdp_get_buff_len(ctx);
	c->frags = 1;
	return c->pkt.l3 + c->pkt.ip_len <= c->bytes ? parsed : FB_DROP_MALFORMED;
}

/* Out by its next hop, or to the kernel where XDP cannot do it: it answers for a used-up hop limit, and is heard because the flow is live. */
FB_INLINE int fb_leave(struct xdp_md *ctx, struct fb_ctx *c, const void *img, const struct fb_nexthop *nh,
		       int *action)
{
	if (nh && fb_is_quarantined_at(img, c->dst_zone, nh->dmac))
		return FB_DROP_QUARANTINED;
	if (!nh || c->frags || c->pkt.ttl <= 1 || (c->pkt.flags & FB_PKT_OPTIONS) ||
	    (nh->mtu && c->pkt.ip_len > nh->mtu))
		return fb_pass(ctx, c, FB_TOKEN_FORWARD, action);
	return fb_send(ctx, c, nh, action);
}

FB_INLINE int fb_out(struct xdp_md *ctx, struct fb_ctx *c, const void *img, __u32 dir, int *action)
{
	struct fb_way way;
	int reason = fb_way_out(ctx, c, dir, fb_stamp(c->tick), &way);

	if (reason == FB_NEXT)
		reason = fb_remember(c);
	if (reason != FB_NEXT)
		return reason;
	c->nexthop = way.ref & (FB_NEXTHOPS - 1);
	return fb_leave(ctx, c, img, way.kernel ? 0 : way.nh, action);
}

#endif

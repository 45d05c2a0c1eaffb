/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a packet may do to its flow: TCP handshake and close (RFC 9293), original-reply-original for all else. Established needs proof
 * of two-way traffic: the initiator's ACK of the responder's initial sequence number.
 */
#ifndef FB_LIB_TCP_H
#define FB_LIB_TCP_H

#include "flow.h"

#define FB_TCP_HALF_FIN 1u

/* May this packet begin a connection? */
FB_INLINE int fb_is_initial(const struct fb_pkt *pkt)
{
	if (pkt->proto == FB_PROTO_TCP_N)
		return (pkt->tcp & (FB_TCP_SYN | FB_TCP_ACK | FB_TCP_RST | FB_TCP_FIN)) == FB_TCP_SYN;
	return 1;
}

/* Is it an attempt to begin one against the direction of a live flow? It is then judged on its own. */
FB_INLINE int fb_is_reversal(const struct fb_pkt *pkt, int from_origin)
{
	if (from_origin)
		return 0;
	if (pkt->proto == FB_PROTO_TCP_N)
		return fb_is_initial(pkt);
	return (pkt->proto == FB_PROTO_ICMP4 || pkt->proto == FB_PROTO_ICMP6) && !(pkt->flags & FB_PKT_ECHO);
}

FB_INLINE enum fb_reason fb_tcp_handshake(struct fb_ctx *c, struct fb_hit *hit, __u32 dir, __u8 f,
					  __u32 *state)
{
	struct fb_flow *e = hit->e;
	int from_origin = dir == hit->origin;
	__u32 other_end = *(volatile __u32 *)&e->tcp[(dir ^ 1) & 1].end,
	      other_win = *(volatile __u32 *)&e->tcp[(dir ^ 1) & 1].win;

	if (f == FB_TCP_SYN) {
		/* From the initiator (reversals were judged before). A changed sequence number is a new attempt. */
		if (*state != FB_FLOW_NEW && *state != FB_FLOW_CLOSING)
			return FB_NEXT;
		if ((*(volatile __u32 *)&e->tcp[dir & 1].end != c->pkt.seq + 1 ||
		     *state == FB_FLOW_CLOSING) &&
		    fb_flow_lock(hit)) {
			__builtin_memset(e->tcp, 0, sizeof(e->tcp));
			e->tcp[dir & 1].end = c->pkt.seq + 1;
			e->tcp[dir & 1].win = c->pkt.payload;
			fb_flow_unlock(hit);
		}
		*state = FB_FLOW_NEW;
		return FB_NEXT;
	}
	if (from_origin || *state == FB_FLOW_CLOSING)
		return FB_DROP_TCP_STATE;
	if (*state == FB_FLOW_NEW) {
		if (c->pkt.ack - other_end > other_win || !fb_flow_lock(hit))
			return FB_DROP_TCP_STATE;
		e->tcp[dir & 1].end = c->pkt.seq + 1;
		fb_flow_unlock(hit);
		*state = FB_FLOW_REPLIED;
	}
	return FB_NEXT;
}

FB_INLINE enum fb_reason fb_tcp_step(struct fb_ctx *c, struct fb_hit *hit, __u32 dir, __u32 *state)
{
	__u8 f = c->pkt.tcp & (FB_TCP_SYN | FB_TCP_ACK | FB_TCP_RST | FB_TCP_FIN);
	int from_origin = dir == hit->origin;
	struct fb_flow *e = hit->e;
	__u32 other_end = *(volatile __u32 *)&e->tcp[(dir ^ 1) & 1].end,
	      other_win = *(volatile __u32 *)&e->tcp[(dir ^ 1) & 1].win;

	if (f == FB_TCP_SYN || f == (FB_TCP_SYN | FB_TCP_ACK))
		return fb_tcp_handshake(c, hit, dir, f, state);
	if ((f & FB_TCP_SYN) || !(f & (FB_TCP_ACK | FB_TCP_RST)) ||
	    (f & (FB_TCP_RST | FB_TCP_FIN)) == (FB_TCP_RST | FB_TCP_FIN))
		return FB_DROP_TCP_STATE;
	if (f & FB_TCP_RST) {
		/* A refusal must acknowledge the attempt (RFC 9293, 3.10.7.3). */
		if (*state == FB_FLOW_NEW && !from_origin &&
		    (!(f & FB_TCP_ACK) || c->pkt.ack - other_end > other_win))
			return FB_DROP_TCP_STATE;
		*state = FB_FLOW_CLOSING;
		return FB_NEXT;
	}
	if (*state == FB_FLOW_NEW) /* a challenge ACK is all that may come before the answer (RFC 5961) */
		return from_origin || c->pkt.payload || (f & FB_TCP_FIN) ? FB_DROP_TCP_STATE : FB_NEXT;
	if (*state == FB_FLOW_REPLIED && from_origin) {
		if (c->pkt.ack != other_end)
			return FB_DROP_TCP_STATE;
		*state = FB_FLOW_ESTABLISHED;
	}
	if ((f & FB_TCP_FIN) && *state != FB_FLOW_DGRAM) {
		__u8 mine = *(volatile __u8 *)&e->tcp[dir & 1].flags,
		     theirs = *(volatile __u8 *)&e->tcp[(dir ^ 1) & 1].flags;

		if (!(mine & FB_TCP_HALF_FIN) && fb_flow_lock(hit)) {
			e->tcp[dir & 1].flags = mine | FB_TCP_HALF_FIN;
			fb_flow_unlock(hit);
		}
		if (theirs & FB_TCP_HALF_FIN)
			*state = FB_FLOW_CLOSING;
	}
	return FB_NEXT;
}

FB_INLINE enum fb_reason fb_flow_step(struct fb_ctx *c, struct fb_hit *hit, __u32 dir)
{
	int from_origin = dir == hit->origin;
	enum fb_reason reason = FB_NEXT;
	__u32 state = hit->state;

	if (c->pkt.proto == FB_PROTO_TCP_N) {
		reason = fb_tcp_step(c, hit, dir, &state);
	} else {
		if ((c->pkt.flags & FB_PKT_ECHO) && !!(c->pkt.flags & FB_PKT_ECHO_REQUEST) != from_origin)
			return FB_DROP_ICMP_UNRELATED;
		if (state == FB_FLOW_NEW && !from_origin)
			state = FB_FLOW_REPLIED;
		else if (state == FB_FLOW_REPLIED && from_origin)
			state = FB_FLOW_DGRAM;
	}
	if (reason == FB_NEXT)
		fb_flow_touch(hit, state, c->tick);
	return reason;
}

#endif

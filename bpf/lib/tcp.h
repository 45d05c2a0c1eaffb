/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a packet may do to its flow: TCP handshake and close (RFC 9293), original-reply-original for all else. Established needs proof
 * of two-way traffic: the initiator's ACK of the responder's initial sequence number, or of what was sent behind it (fast open).
 */
#ifndef FB_LIB_TCP_H
#define FB_LIB_TCP_H

#include "flow.h"

#define FB_TCP_HALF_FIN 1u
#define FB_TCP_HALF_ATTEMPT \
	2u /* of who began: a SYN since then is noted in the flow (attempt, attempt_win, attempt_scale) */
#define FB_TCP_HALF_ASKED \
	4u /* of its responder, before it answers: it asked back by an ACK of another byte, which is noted (attempt) */

/* May this packet begin a connection? */
FB_INLINE int fb_is_initial(const struct fb_pkt *pkt)
{
	if (pkt->proto == FB_PROTO_TCP_N)
		return (pkt->tcp & (FB_TCP_SYN | FB_TCP_ACK | FB_TCP_RST | FB_TCP_FIN)) == FB_TCP_SYN;
	return 1;
}

/* Is it an attempt to begin one on the tuple of a live flow? From its responder it is judged on its own, from its initiator see fb_is_anew(). */
FB_INLINE int fb_is_attempt(const struct fb_pkt *pkt, int from_origin)
{
	if (pkt->proto == FB_PROTO_TCP_N)
		return fb_is_initial(pkt);
	return !from_origin && (pkt->proto == FB_PROTO_ICMP4 || pkt->proto == FB_PROTO_ICMP6) &&
	       !(pkt->flags & FB_PKT_ECHO);
}

/*
 * Sequence numbers against what each end sent and granted (G. van Rooij, "Real Stateful TCP Packet Filtering in IP Filter", 2001): data lies
 * within what the other end granted and is not older than a window, an acknowledgement is of something that was sent and not older than a window.
 *
 * Each direction writes its own half only and reads the other's, without a lock. Two CPUs in one direction can lose a maximum: the next
 * packet repairs it, and until then the bounds are a little tighter by what is in flight between two CPUs. A half is written only while the
 * entry's sequence is still the one of the find; between that look and the store the entry can be somebody else's only if this flow died in
 * that instant, and then the new flow's half is wrong: it drops, it does not pass to anybody.
 */
#define FB_TCP_ACK_WINDOW 66000u /* how old an acknowledgement may be, at least: reordering on a fast path */

struct fb_half {
	__u32 end, edge, win;
	__u8 scale, flags;
};

FB_INLINE struct fb_half fb_half_read(const struct fb_flow *e, __u32 dir)
{
	struct fb_half half = {
		.end = *(volatile __u32 *)&e->tcp[dir & 1].end,
		.edge = *(volatile __u32 *)&e->tcp[dir & 1].edge,
		.win = *(volatile __u32 *)&e->tcp[dir & 1].win,
		.scale = *(volatile __u8 *)&e->tcp[dir & 1].scale,
		.flags = *(volatile __u8 *)&e->tcp[dir & 1].flags,
	};

	return half;
}

/* a is after b in sequence space. */
FB_INLINE int fb_seq_after(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

/*
 * Does the SYN of who began the flow ask for another connection than those that were asked for before? Then it is judged and charged like one without a flow: who
 * keeps to one source port gets no more connections than others. One that is only sent again is not.
 */
FB_INLINE int fb_is_anew(const struct fb_ctx *c)
{
	const struct fb_flow *e = fb_flow_entry(c->hit.place);
	struct fb_half own = fb_half_read(e, c->hit.origin);
	__u32 first = c->pkt.seq + 1, end = first + c->pkt.payload, state = c->hit.state;

	if (state == FB_FLOW_CLOSING)
		return 1;
	if (own.flags & FB_TCP_HALF_ATTEMPT)
		return *(volatile __u32 *)&e->attempt != first;
	return state == FB_FLOW_NEW ? own.edge != first : state != FB_FLOW_REPLIED || own.end != end;
}

/* Does the answer acknowledge the attempt? Between its first byte and the end of what came with the SYN. */
FB_INLINE int fb_tcp_answers(const struct fb_pkt *pkt, const struct fb_half *origin)
{
	return pkt->ack - origin->edge <= origin->end - origin->edge;
}

/*
 * What a packet does to its flow is decided first (fb_flow_step) and written when nothing can drop the packet any more (fb_flow_write): a limit comes in between, and what
 * it drops leaves the flow as it is. Only what was sent and granted is noted at once, as it was sent, whatever becomes of it.
 */
enum fb_tcp_write {
	FB_TCP_WRITE_NOTHING,
	FB_TCP_WRITE_SYN,     /* an attempt: nothing of before holds */
	FB_TCP_WRITE_ATTEMPT, /* one on a live connection: nobody knows yet what its responder says */
	FB_TCP_WRITE_ANSWER,  /* what the responder says */
	FB_TCP_WRITE_ANEW,    /* the same, of an attempt on a connection that was live for us only */
	FB_TCP_WRITE_FIN,
	FB_TCP_WRITE_NO_FIN, /* it was not its sender's, who goes on behind it */
	FB_TCP_WRITE_ASKED,  /* what the responder acknowledges instead of the attempt */
};
struct fb_step {
	__u32 state;
	enum fb_tcp_write write;
};

/* Does what ends there lie within what was granted, and is it not older than a window? */
FB_INLINE int fb_tcp_fits(__u32 end, const struct fb_flow *e, __u32 dir)
{
	struct fb_half own = fb_half_read(e, dir), other = fb_half_read(e, dir ^ 1);

	return !fb_seq_after(end, other.edge) && !fb_seq_after(own.end - other.win, end);
}

FB_INLINE enum fb_reason fb_tcp_syn(struct fb_ctx *c, struct fb_flow *e, __u32 dir, struct fb_step *step)
{
	/*
	 * From the initiator (reversals were judged before). On a live connection it changes nothing, not even when the flow ends (RFC 5961, 4): its responder asks back. Only
	 * if that has lost the connection, as the initiator has, it answers, and with its answer the flow begins anew (fb_tcp_syn_ack). Data that it brings must fit.
	 */
	if (step->state != FB_FLOW_NEW && step->state != FB_FLOW_CLOSING) {
		step->write = FB_TCP_WRITE_ATTEMPT;
		return c->pkt.payload && !fb_tcp_fits(c->pkt.seq + 1 + c->pkt.payload, e, dir)
			       ? FB_DROP_TCP_WINDOW
			       : FB_NEXT;
	}
	/* A changed sequence number is a new attempt. */
	if (fb_half_read(e, dir).edge != c->pkt.seq + 1 || step->state == FB_FLOW_CLOSING)
		step->write = FB_TCP_WRITE_SYN;
	step->state = FB_FLOW_NEW;
	return FB_NEXT;
}

/* Is it the answer with which the connection itself began? It may come again late, and says nothing new. */
FB_INLINE int fb_tcp_is_known(const struct fb_pkt *pkt, const struct fb_half *origin,
			      const struct fb_half *own)
{
	return own->end - (pkt->seq + 1 + pkt->payload) <= FB_TCP_ACK_WINDOW &&
	       origin->end - pkt->ack <= FB_TCP_ACK_WINDOW;
}

FB_INLINE enum fb_reason fb_tcp_syn_ack(struct fb_ctx *c, struct fb_flow *e, __u32 dir, struct fb_step *step)
{
	struct fb_half origin = fb_half_read(e, dir ^ 1), own = fb_half_read(e, dir);

	if (dir == c->hit.origin || step->state == FB_FLOW_CLOSING)
		return FB_DROP_TCP_STATE;
	if (step->state == FB_FLOW_NEW) {
		if (!fb_tcp_answers(&c->pkt, &origin))
			return FB_DROP_TCP_STATE;
		step->write = FB_TCP_WRITE_ANSWER;
	} else {
		if (fb_tcp_is_known(&c->pkt, &origin, &own))
			return FB_NEXT;
		if (!(origin.flags & FB_TCP_HALF_ATTEMPT) || c->pkt.ack != *(volatile __u32 *)&e->attempt)
			return FB_DROP_TCP_WINDOW;
		step->write = FB_TCP_WRITE_ANEW;
	}
	step->state = FB_FLOW_REPLIED;
	return FB_NEXT;
}

/*
 * Does the initiator's segment acknowledge the answer? With fast open (RFC 7413) data may follow that at once, and be acknowledged in part: so between the answer's first
 * byte, from which on the initiator granted its SYN's window (fb_tcp_write_answer), and the end of what was sent. Without such data that is one number, and with
 * it as many as there are bytes, two windows of a SYN at most: who has not seen the answer guesses one in 2^15.
 */
FB_INLINE int fb_tcp_proves(const struct fb_pkt *pkt, const struct fb_flow *e, __u32 dir)
{
	struct fb_half own = fb_half_read(e, dir), other = fb_half_read(e, dir ^ 1);
	__u32 first = own.edge - (own.win ? own.win : 1);

	return pkt->ack - first <= other.end - first;
}

/* The flow as its SYN makes it. */
FB_INLINE void fb_tcp_write_syn(struct fb_flow *e, __u32 dir, __u32 first, __u32 end, __u32 win, __u8 scale)
{
	__builtin_memset(e->tcp, 0, sizeof(e->tcp));
	e->tcp[dir & 1].edge = first;
	e->tcp[dir & 1].end = end;
	e->tcp[dir & 1].win = win;
	e->tcp[dir & 1].scale = scale;
}

FB_INLINE void fb_tcp_write_attempt(const struct fb_pkt *pkt, struct fb_flow *e, __u32 dir)
{
	e->attempt = pkt->seq + 1;
	e->attempt_win = pkt->window;
	e->attempt_scale = pkt->scale;
	e->tcp[dir & 1].flags |= FB_TCP_HALF_ATTEMPT;
}

FB_INLINE void fb_tcp_write_answer(const struct fb_pkt *pkt, struct fb_flow *e, __u32 dir)
{
	__u32 win = e->tcp[(dir ^ 1) & 1].win;

	/* Windows scale only if both ends say so; the windows of the SYNs themselves never do. */
	if (e->tcp[(dir ^ 1) & 1].scale == FB_NO_SCALE || pkt->scale == FB_NO_SCALE)
		e->tcp[(dir ^ 1) & 1].scale = e->tcp[dir & 1].scale = 0;
	else
		e->tcp[dir & 1].scale = pkt->scale;
	e->tcp[dir & 1].end = pkt->seq + 1 + pkt->payload;
	e->tcp[dir & 1].edge = pkt->ack + (pkt->window ? pkt->window : 1);
	e->tcp[dir & 1].win = pkt->window;
	e->tcp[(dir ^ 1) & 1].edge = pkt->seq + 1 + (win ? win : 1);
}

/* A global function: verified once. Of what cannot be written only an answer matters, which the responder sends again. */
__noinline int fb_tcp_write(struct fb_ctx *c, __u32 dir, __u32 what)
{
	const struct fb_pkt *pkt;
	struct fb_flow *e;

	if (!c)
		return FB_DROP_TCP_STATE;
	pkt = &c->pkt;
	e = fb_flow_lock(&c->hit);
	if (!e)
		return what == FB_TCP_WRITE_ANSWER || what == FB_TCP_WRITE_ANEW ? FB_DROP_TCP_STATE : FB_NEXT;
	if (what == FB_TCP_WRITE_SYN) {
		fb_tcp_write_syn(e, dir, pkt->seq + 1, pkt->seq + 1 + pkt->payload, pkt->window, pkt->scale);
		e->created = c->tick;
	} else if (what == FB_TCP_WRITE_ATTEMPT) {
		fb_tcp_write_attempt(pkt, e, dir);
	} else if (what == FB_TCP_WRITE_FIN) {
		e->tcp[dir & 1].flags |= FB_TCP_HALF_FIN;
	} else if (what == FB_TCP_WRITE_NO_FIN) {
		e->tcp[dir & 1].flags &= (__u8)~FB_TCP_HALF_FIN;
	} else if (what == FB_TCP_WRITE_ASKED) {
		e->attempt = pkt->ack;
		e->tcp[dir & 1].flags |= FB_TCP_HALF_ASKED;
	} else {
		if (what == FB_TCP_WRITE_ANEW) {
			fb_tcp_write_syn(e, dir ^ 1, e->attempt, e->attempt, e->attempt_win,
					 e->attempt_scale);
			e->created = c->tick;
		}
		fb_tcp_write_answer(pkt, e, dir);
	}
	fb_flow_unlock(&c->hit);
	return FB_NEXT;
}

/* A segment after the handshake: what it says, and the end of what it sends. */
struct fb_segment {
	__u32 seq, ack, end;
	__u16 window;
	__u8 flags;
};

/*
 * Holds it against what both ends said before, and takes note of what it sends and grants. word: of the flow's way, as it was found. It begins inside of the window, and ends
 * beyond by no more than was ever granted: a probe of a closed window and a FIN do so by one byte, and of an edge that two CPUs moved at once the later may be lost.
 * strict: not at all, for who has another to ask.
 */
FB_INLINE enum fb_reason fb_tcp_window(const struct fb_segment *s, struct fb_flow *e, __u32 dir, __u64 word,
				       int strict)
{
	struct fb_half own = fb_half_read(e, dir), other = fb_half_read(e, dir ^ 1);
	__u32 win = (__u32)s->window << (own.scale & 15), edge = s->ack + win;
	__u32 slack = own.win > FB_TCP_ACK_WINDOW ? own.win : FB_TCP_ACK_WINDOW;
	__u32 granted = other.win ? other.win : 1;

	if (fb_seq_after(strict ? s->end : s->seq, other.edge) || fb_seq_after(own.end - granted, s->end) ||
	    (!strict && fb_seq_after(s->end, other.edge + granted)))
		return FB_DROP_TCP_WINDOW;
	if ((s->flags & FB_TCP_ACK) &&
	    (fb_seq_after(s->ack, other.end) || fb_seq_after(other.end - slack, s->ack)))
		return FB_DROP_TCP_WINDOW;
	if ((s->flags & FB_TCP_RST) || (*(volatile __u64 *)&e->way ^ word) >> FB_WAY_OWNER_SHIFT)
		return FB_NEXT;
	if (fb_seq_after(s->end, own.end))
		*(volatile __u32 *)&e->tcp[dir & 1].end = s->end;
	if (fb_seq_after(edge, own.edge))
		*(volatile __u32 *)&e->tcp[dir & 1].edge = edge;
	if (win > own.win)
		*(volatile __u32 *)&e->tcp[dir & 1].win = win;
	return FB_NEXT;
}

/*
 * A reset's receiver believes only one of exactly the next byte, and asks back after any other (RFC 5961, 3.2): that changes nothing here either. The next byte is the one
 * after all that we saw, or, if some of that was lost behind us and its sender with it, what its receiver acknowledged last: of that only what
 * it granted is known, which says it while its window is as large as it ever was.
 */
FB_INLINE int fb_tcp_is_next(const struct fb_flow *e, __u32 dir, __u32 seq)
{
	struct fb_half own = fb_half_read(e, dir), other = fb_half_read(e, dir ^ 1);

	return seq == own.end || seq == other.edge - other.win;
}

/*
 * Before there is an answer: a refusal that acknowledges the attempt (RFC 9293, 3.10.7.3), an initiator that gives up. Or the responder holds a connection that the
 * gateway lost or saw end, or is in TIME-WAIT: it asks back by an ACK (RFC 5961, 4), the initiator resets that connection by exactly the number acknowledged (RFC 9293,
 * 3.5.1), and sends its SYN again, for which the flow stays as it is. The reset passes by that number only, which nobody knows who has not seen the ACK, and brings nothing.
 */
FB_INLINE enum fb_reason fb_tcp_unanswered(struct fb_ctx *c, struct fb_flow *e, __u32 dir, __u8 f,
					   struct fb_step *step)
{
	struct fb_half origin = fb_half_read(e, c->hit.origin), other = fb_half_read(e, c->hit.origin ^ 1);
	int from_origin = dir == c->hit.origin;
	int asked = (other.flags & FB_TCP_HALF_ASKED) && !c->pkt.payload &&
		    *(volatile __u32 *)&e->attempt == (from_origin ? c->pkt.seq : c->pkt.ack);

	if (!(f & FB_TCP_RST)) {
		if (from_origin || c->pkt.payload || (f & FB_TCP_FIN))
			return FB_DROP_TCP_STATE;
		if (!asked)
			step->write = FB_TCP_WRITE_ASKED;
		return FB_NEXT;
	}
	if (from_origin ? c->pkt.seq - origin.edge <= origin.end - origin.edge
			: (f & FB_TCP_ACK) && fb_tcp_answers(&c->pkt, &origin)) {
		step->state = FB_FLOW_CLOSING;
		return FB_NEXT;
	}
	return from_origin && asked ? FB_NEXT : FB_DROP_TCP_STATE;
}

FB_INLINE void fb_tcp_fin(struct fb_flow *e, __u32 dir, struct fb_step *step)
{
	__u8 mine = fb_half_read(e, dir).flags, theirs = fb_half_read(e, dir ^ 1).flags;

	if (!(mine & FB_TCP_HALF_FIN))
		step->write = FB_TCP_WRITE_FIN;
	if (theirs & FB_TCP_HALF_FIN)
		step->state = FB_FLOW_CLOSING;
}

/*
 * Does the segment go on behind the FIN of its own direction? Both FINs were seen, and this one was not its sender's: the connection is not over. That a FIN joins what was
 * sent before it is not asked: it may overtake that, and a connection whose end nobody noticed would hold its entry for a day.
 */
FB_INLINE int fb_tcp_goes_on(const struct fb_segment *s, const struct fb_flow *e, __u32 dir)
{
	struct fb_half own = fb_half_read(e, dir);

	return (own.flags & fb_half_read(e, dir ^ 1).flags & FB_TCP_HALF_FIN) &&
	       fb_seq_after(s->end, own.end);
}

/* Proof of two-way traffic without a handshake: original, reply, original. */
FB_INLINE void fb_flow_prove(const struct fb_ctx *c, __u32 dir, __u32 *state)
{
	if (*state == FB_FLOW_NEW && dir != c->hit.origin)
		*state = FB_FLOW_REPLIED;
	else if (*state == FB_FLOW_REPLIED && dir == c->hit.origin)
		*state = FB_FLOW_DGRAM;
}

/* TCP that nobody saw begin: its windows are not known, and it lives as long as it talks. A refusal proves nothing, nor does what begins a connection. */
FB_INLINE enum fb_reason fb_tcp_middle(const struct fb_ctx *c, __u32 dir, __u8 f, __u32 *state)
{
	if ((f & FB_TCP_SYN) ? f & (FB_TCP_RST | FB_TCP_FIN) || (f != FB_TCP_SYN && dir == c->hit.origin)
			     : !(f & (FB_TCP_ACK | FB_TCP_RST)) ||
				       (f & (FB_TCP_RST | FB_TCP_FIN)) == (FB_TCP_RST | FB_TCP_FIN))
		return FB_DROP_TCP_STATE;
	if (!(f & (FB_TCP_SYN | FB_TCP_RST)))
		fb_flow_prove(c, dir, state);
	return FB_NEXT;
}

FB_INLINE enum fb_reason fb_tcp_step(struct fb_ctx *c, struct fb_flow *e, __u32 dir, struct fb_step *step)
{
	__u8 f = c->pkt.tcp & (FB_TCP_SYN | FB_TCP_ACK | FB_TCP_RST | FB_TCP_FIN);
	const struct fb_segment segment = { c->pkt.seq, c->pkt.ack,
					    c->pkt.seq + c->pkt.payload + !!(f & FB_TCP_FIN), c->pkt.window,
					    f };
	enum fb_reason reason;
	int goes_on;

	if ((c->hit.flags & FB_FLOW_F_MIDDLE) || step->state == FB_FLOW_DGRAM) { /* of an older program */
		if (f == FB_TCP_SYN)
			step->write = FB_TCP_WRITE_ATTEMPT;
		return fb_tcp_middle(c, dir, f, &step->state);
	}
	if (f == FB_TCP_SYN)
		return fb_tcp_syn(c, e, dir, step);
	if (f == (FB_TCP_SYN | FB_TCP_ACK))
		return fb_tcp_syn_ack(c, e, dir, step);
	if ((f & FB_TCP_SYN) || !(f & (FB_TCP_ACK | FB_TCP_RST)) ||
	    (f & (FB_TCP_RST | FB_TCP_FIN)) == (FB_TCP_RST | FB_TCP_FIN))
		return FB_DROP_TCP_STATE;
	if (step->state == FB_FLOW_NEW)
		return fb_tcp_unanswered(c, e, dir, f, step);
	if (step->state == FB_FLOW_REPLIED && dir == c->hit.origin && !(f & FB_TCP_RST) &&
	    !fb_tcp_proves(&c->pkt, e, dir))
		return FB_DROP_TCP_STATE;
	goes_on = step->state == FB_FLOW_CLOSING && fb_tcp_goes_on(&segment, e, dir);
	reason = fb_tcp_window(&segment, e, dir, c->hit.word, 0);
	if (reason != FB_NEXT)
		return reason;
	if (f & FB_TCP_RST) {
		if (fb_tcp_is_next(e, dir, c->pkt.seq))
			step->state = FB_FLOW_CLOSING;
		return FB_NEXT;
	}
	if (step->state == FB_FLOW_REPLIED && dir == c->hit.origin)
		step->state = FB_FLOW_ESTABLISHED;
	if (f & FB_TCP_FIN) {
		fb_tcp_fin(e, dir, step);
	} else if (goes_on) {
		step->state = FB_FLOW_ESTABLISHED;
		step->write = FB_TCP_WRITE_NO_FIN;
	}
	return FB_NEXT;
}

/* What the packet would do to its flow, and may it? */
FB_INLINE enum fb_reason fb_flow_step(struct fb_ctx *c, __u32 dir, struct fb_step *step)
{
	struct fb_hit *hit = &c->hit;
	int from_origin = dir == hit->origin;

	step->state = hit->state;
	step->write = FB_TCP_WRITE_NOTHING;
	if (c->pkt.proto == FB_PROTO_TCP_N)
		return fb_tcp_step(c, fb_flow_entry(hit->place), dir, step);
	if ((c->pkt.flags & FB_PKT_ECHO) && !!(c->pkt.flags & FB_PKT_ECHO_REQUEST) != from_origin)
		return FB_DROP_ICMP_UNRELATED;
	fb_flow_prove(c, dir, &step->state);
	return FB_NEXT;
}

/* It does. */
FB_INLINE int fb_flow_write(struct fb_ctx *c, __u32 dir, const struct fb_step *step)
{
	__u32 tick = c->tick;
	int reason = FB_NEXT;

	if (step->state == FB_FLOW_CLOSING && (c->pkt.tcp & FB_TCP_RST))
		tick -= FB_TIMEOUT_CLOSING - FB_TIMEOUT_RESET;
	if (step->write != FB_TCP_WRITE_NOTHING)
		reason = fb_tcp_write(c, dir, step->write);
	/* Asking for another connection keeps no flow alive. */
	if (reason == FB_NEXT && step->write != FB_TCP_WRITE_ATTEMPT)
		fb_flow_touch(c, step->state, tick);
	return reason;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people are told about single packets: drops, flows that only observe mode let through, new flows of lines with log, quotas, bindings. A stage that has
 * something to tell notes it in the context; fb_account() emits it, so there is at most one event per packet.
 *
 * A flood must not cost its own weight again: per CPU and tick there are at most fb_config.events_per_tick of each class, and the rest costs a compare and
 * an addition. The classes keep a flood of drops from drowning what is rare and matters: a binding, a never, a full table, a quota, the flow of a line with log.
 * The meter lies at the end of this CPU's scratch slot, past the context that every packet clears; the agent reads it for its totals.
 */
#ifndef FB_LIB_EVENT_H
#define FB_LIB_EVENT_H

#include "zone.h"

FB_INLINE struct fb_event_meter *fb_event_meter(void)
{
	char *slot = (char *)fb_ctx_get();

	return slot ? (struct fb_event_meter *)(slot + FB_SCRATCH_METER) : 0;
}

FB_INLINE __u32 fb_event_class(__u32 kind, __u32 reason)
{
	if (kind == FB_EVENT_BINDING)
		return FB_EVENT_CLASS_BINDING;
	if (kind == FB_EVENT_QUOTA)
		return FB_EVENT_CLASS_QUOTA;
	if (kind != FB_EVENT_DROP)
		return FB_EVENT_CLASS_FLOW;
	if (reason == FB_DROP_NEVER)
		return FB_EVENT_CLASS_NEVER;
	return reason == FB_DROP_TABLE_FULL ? FB_EVENT_CLASS_TABLE_FULL : FB_EVENT_CLASS_DROP;
}

/* Counted, and said with the next one. */
FB_INLINE void fb_event_leave_out(struct fb_event_meter *m)
{
	m->lost++;
	m->suppressed++;
}

static __noinline int fb_event_write(const struct fb_ctx *c, struct fb_event_meter *m, __u32 what)
{
	const struct fb_pkt *pkt = &c->pkt;
	struct fb_event *e = bpf_ringbuf_reserve(&fb_events, sizeof(*e), 0);

	if (!e) { /* nobody reads */
		fb_event_leave_out(m);
		return 0;
	}
	e->mono_ns = fb_mono_ns();
	e->s_hi = pkt->s_hi;
	e->s_lo = pkt->s_lo;
	e->d_hi = pkt->d_hi;
	e->d_lo = pkt->d_lo;
	e->rule = c->rule;
	e->ifindex = c->ifindex;
	e->bytes = c->bytes;
	e->suppressed = m->suppressed;
	e->sport = pkt->sport;
	e->dport = pkt->dport;
	e->ethertype = pkt->ethertype;
	e->vid = pkt->vid;
	e->kind = (__u8)what;
	e->reason = (__u8)(what >> 8);
	e->detail = (__u8)(what >> 16);
	e->src_zone = c->zone;
	e->dst_zone = c->dst_zone;
	e->family = pkt->family;
	e->proto = pkt->proto;
	e->tcp = pkt->tcp;
	__builtin_memcpy(e->smac, pkt->smac, 6);
	__builtin_memcpy(e->dmac, pkt->dmac, 6);
	e->cport = pkt->cport;
	bpf_ringbuf_submit(e, 0);
	m->suppressed = 0;
	m->emitted++;
	return 0;
}

/* kind: enum fb_event_kind; reason: enum fb_reason, FB_PASSED if the packet goes on; detail: by kind. */
FB_INLINE void fb_event_emit(const struct fb_ctx *c, __u32 kind, __u32 reason, __u32 detail)
{
	struct fb_event_meter *m;
	__u32 *count;

	if (fb_cfg.explain)
		return;
	m = fb_event_meter();
	if (!m)
		return;
	if (m->tick != c->tick) {
		m->tick = c->tick;
		__builtin_memset(m->count, 0, sizeof(m->count));
	}
	count = fb_at(m->count, fb_event_class(kind, reason), FB_EVENT_CLASSES - 1, 2);
	if (*count >= fb_cfg.events_per_tick) {
		fb_event_leave_out(m);
		return;
	}
	++*count;
	fb_event_write(c, m, kind | (reason & 0xff) << 8 | (detail & 0xff) << 16);
}

/* For a stage: this packet is worth telling, whatever becomes of it. The first note stands. */
FB_INLINE void fb_event_note(struct fb_ctx *c, __u32 kind, __u32 detail)
{
	if (c->event)
		return;
	c->event = (__u8)kind;
	c->event_detail = (__u8)detail;
}

/* At the end of a packet's path. */
FB_INLINE void fb_event_account(const struct fb_ctx *c, __u32 reason)
{
	/* A spoofed source says nothing about a device. */
	__u32 kind = reason == FB_DROP_SPOOF ? 0 : c->event;

	if (!kind) {
		if (c->quota_reached)
			kind = FB_EVENT_QUOTA;
		else if (reason != FB_PASSED)
			kind = FB_EVENT_DROP;
		else if (!c->new_flow)
			return;
		else if (c->observed || c->over)
			kind = FB_EVENT_WOULD_DROP;
		else if (c->log)
			kind = FB_EVENT_FLOW;
		else
			return;
	}
	fb_event_emit(c, kind, reason, c->event_detail);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the data plane tells, brought together: events that say the same become one record with a count, a first and a last
 * time, in tables of fixed size, so that a flood costs neither memory nor disk. Drops, flows and alarms have a table each: a scan
 * does not push out what observe mode learned. Pure but for the clock and the log file, which callers hand in.
 */
#ifndef FB_AGENT_EVENTS_H
#define FB_AGENT_EVENTS_H

#include <firebreak_abi.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/inet.h"

struct fb_event_record {
	/* what makes it one */
	__u8 kind, reason, detail; /* enum fb_event_kind, enum fb_reason, enum fb_binding_verdict */
	__u8 src_zone, dst_zone, family, proto;
	bool alarm;
	struct fb_ip src, dst;
	__u32 rule;  /* slot */
	__u16 dport; /* ICMP: type << 8 | code */
	__u16 ethertype;
	__u8 mac[6]; /* of the source */
	/* how often, and the last one's */
	__u16 sport, vid;
	__u32 ifindex;
	__u64 seq; /* grows with every change of any record */
	__u64 count;
	__s64 first, last;
	__s64 written; /* when it was last told, 0 = not yet */
	__u64 written_seq;
	bool owed; /* the file did not take it */
};

struct fb_events;
struct fb_events *fb_events_new(void);
void fb_events_free(struct fb_events *events);
void fb_events_note(struct fb_events *events, const struct fb_event *event, __s64 now);
/* The seq of the last change. */
__u64 fb_events_seq(const struct fb_events *events);
/* All records, in no order. */
void fb_events_each(struct fb_events *events, void (*each)(struct fb_event_record *record, void *user),
		    void *user);
/* A zone id changes hands: what was seen with it means nothing any more. */
void fb_events_forget_zone(struct fb_events *events, unsigned int zone);
/* All records, over a restart of the agent. Load: -ENOENT = there is none. */
int fb_events_save(struct fb_events *events, const char *state_dir, struct fb_error *err);
int fb_events_load(struct fb_events *events, const char *state_dir, struct fb_error *err);

const char *fb_event_kind_name(unsigned int kind);     /* "drop", "would-drop", "flow", "quota", "binding" */
const char *fb_event_detail_name(unsigned int detail); /* "foreign-mac", ...; NULL = none */

/* ---- event_log.c: the agent's second ---- */
struct fb_agent;
/*
 * <state_dir>/events.log: cuts off a last line that has no end, as a power cut in the middle of a write leaves; the next one would be joined to it.
 * How many bytes that were; 0 = none, or there is no file.
 */
long long fb_events_mend_log(const char *state_dir, struct fb_error *err);
int fb_agent_events_open(struct fb_agent *agent, struct fb_error *err);
void fb_agent_events_close(struct fb_agent *agent);
/* Reads what the data plane tells; called when its descriptor is readable. */
void fb_agent_events_read(struct fb_agent *agent);
/* Writes records that are new or have changed for a minute to <state_dir>/events.log; alarms to the journal too. */
void fb_agent_events_write(struct fb_agent *agent);

#endif

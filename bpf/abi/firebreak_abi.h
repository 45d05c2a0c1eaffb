/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the BPF programs and the agent: map keys and values, the policy image,
 * drop reasons, limits, version. Only <linux/types.h> and the contract's parts may be included here; the
 * BPF object, the agent, the compiler and the tests all include this one file.
 *
 * Everything is host-endian unless a field is __be. Zero means "unset", and unset means drop.
 */
#ifndef FIREBREAK_ABI_H
#define FIREBREAK_ABI_H

#include <linux/types.h>

#include "flow_abi.h"
#include "image_abi.h"

#ifndef FB_ABI_VERSION /* tests build an agent of another one */
#define FB_ABI_VERSION 7u
#endif
#define FB_LANGUAGE_VERSION 1u

/* ---- drop reasons ------------------------------------------------------------------------
 * One list: number, C name, the name shown to people, what it means. Numbers are never reused.
 * 0 is "passed". FB_WOULD_DROP is not a drop: it counts what observe mode let through.
 */
#define FB_REASONS(X)                                                                               \
	X(1, MALFORMED, "malformed", "headers are truncated or contradict each other")              \
	X(2, L2_ADDRESS, "l2-address", "the frame was not sent to this gateway's MAC address")      \
	X(3, L2_PROTOCOL, "l2-protocol", "an ethertype or tag that the zone does not admit")        \
	X(4, NO_ZONE, "no-zone", "the interface, tag or destination belongs to no zone")            \
	X(5, SPOOF, "spoof", "the source address does not belong to the zone it came from")         \
	X(6, SCOPE, "scope", "a link-local or broadcast address would be forwarded")                \
	X(7, BINDING, "binding", "the MAC and address are not declared together")                   \
	X(8, QUARANTINED, "quarantined", "the device is quarantined")                               \
	X(9, ISOLATED, "isolated", "an isolation plan cuts this pair")                              \
	X(10, NEVER, "never", "a never line forbids it")                                            \
	X(11, NO_ALLOW, "no-allow", "no line allows it")                                            \
	X(12, WINDOW_CLOSED, "window-closed", "the line's window or access is shut")                \
	X(13, EXPIRED, "expired", "the line's until has passed")                                    \
	X(14, RATE, "rate", "over the line's limit")                                                \
	X(15, QUOTA, "quota", "over the line's quota")                                              \
	X(16, FRAGMENT, "fragment", "a fragment that cannot be attributed")                         \
	X(17, EXT_HEADER, "ext-header", "an IPv6 extension header or a source route")               \
	X(18, TCP_STATE, "tcp-state", "a TCP segment without a connection")                         \
	X(19, TCP_WINDOW, "tcp-window", "a TCP segment outside of the window")                      \
	X(20, ICMP_UNRELATED, "icmp-unrelated", "an ICMP error about no live flow")                 \
	X(21, TABLE_FULL, "table-full", "no room for a new flow")                                   \
	X(22, TTL, "ttl", "the hop limit is used up")                                               \
	X(23, MTU, "mtu", "larger than the way out and may not be fragmented")                      \
	X(24, ROUTE_MISMATCH, "route-mismatch", "the route leads to another zone than the address") \
	X(25, REDIRECT_FAILED, "redirect-failed", "the driver did not take the packet")             \
	X(26, UNDECIDED, "undecided", "no policy, or one that could not be read")

enum fb_reason {
	FB_PASSED = 0,
#define FB_X(n, id, name, text) FB_DROP_##id = n,
	FB_REASONS(FB_X)
#undef FB_X
		FB_WOULD_DROP = 31,
	FB_REASON_COUNT = 32, /* stride of the pair counters */
	FB_NEXT = 255,	      /* a stage's answer: go on */
	FB_STAGE = 240,	      /* go on in another program */
};

/* ---- zones ---------------------------------------------------------------------------- */
#define FB_ZONE_NONE	  0u
#define FB_ZONE_SELF	  1u
#define FB_ZONE_FIRST	  2u
#define FB_ZONES_MAX	  64u /* ids 2..63 are the policy's zones */
#define FB_PAIR(src, dst) ((src)*FB_ZONES_MAX + (dst))
#define FB_PAIRS_MAX	  (FB_ZONES_MAX * FB_ZONES_MAX)

/*
 * Addresses that stand for a role rather than a host (S13, S14, S20, S21). The data plane replaces an
 * address by one of these before it classifies, and the compiler writes lines in terms of them. They
 * lie in 0.0.0.0/8 and ::/64, which no packet may carry (spoof or no-zone), so nothing collides.
 * IPv4: 0.0.kind.zone. IPv6: the same number in the low 64 bits, high 64 bits 0.
 */
#define FB_ROLE(kind, zone) (((__u32)(kind) << 8) | (__u32)(zone))
enum fb_role_kind {
	FB_ROLE_SELF_AT = 1,  /* destination: the gateway's address on zone's interface; zone 0 = on none */
	FB_ROLE_LOCAL = 2,    /* link-local or unspecified unicast, heard in or sent into zone */
	FB_ROLE_BCAST = 3,    /* limited or directed broadcast, heard in or sent into zone */
	FB_ROLE_SELF_SRC = 4, /* source: the gateway, sending into zone */
};

/* ---- counters: one mmap-able element, a stride per CPU, no atomics (each CPU writes its own) ------- */
#define FB_RULE_SLOTS 131072u
struct fb_pair_counter {
	__u64 packets;
	__u64 bytes;
};
struct fb_rule_counter {
	__u64 packets;
	__u64 bytes;
	__u64 flows;	/* flows created */
	__u64 last_hit; /* tick (FB_TICK_SHIFT) of the last packet, 0 = never */
};

/* ---- small maps ------------------------------------------------------------------------ */
/* The gateway's own addresses: hash map. zone is part of the key for link-local addresses only, else 0. */
struct fb_self_key {
	__u64 hi, lo;
	__u8 family, zone;
	__u8 pad[6];
};
enum fb_self_kind { FB_SELF_ADDRESS = 1, FB_SELF_BROADCAST = 2 };
struct fb_self_value {
	__u8 kind;
	__u8 zone; /* of the interface that holds it; 0 = no policy interface */
	__u8 pad[6];
};

/* Kernel device -> where its packets really leave. Key: ifindex as the FIB names it (VLAN devices too). */
struct fb_egress {
	__u32 port; /* device to redirect to */
	__u16 vid;
	__u8 zone;
	__u8 pad;
	__u8 mac[6];
	__u8 pad2[2];
};

/* Runtime words that the agent keeps; one mmap-able element. */
#define FB_SELF_FILTER_BITS 2048u
struct fb_runtime {
	__u32 route_epoch;  /* bumped on every route, neighbour, address or link change */
	__s32 tai_offset;   /* TAI - UTC of the kernel clock, seconds */
	__u32 xdp_prog_id;  /* of the live XDP program: redirect errors of others are not counted */
	__u32 clock_synced; /* the kernel says that its clock is synchronised (S53) */
	__u64 fake_mono_ns; /* the tests' clock seam: used only if fb_config.fake_clock */
	__u64 fake_unix;
	__u32 clock_floor; /* unix seconds: the latest time that was written to disk (S53) */
	__u32 sweep_at;	   /* the bucket at which fb_xdp_sweep goes on; its own */
	__u32 reserved[6];
	/* A bit for each address of fb_self, by fb_self_bit(): set before the entry is added, cleared after it is gone. Most addresses are not ours. */
	__u32 self_filter[FB_SELF_FILTER_BITS / 32];
};
static inline __attribute__((always_inline)) __u32 fb_self_bit(__u64 hi, __u64 lo)
{
	__u64 h = (lo ^ (hi << 7) ^ (hi >> 25)) * 0x9e3779b97f4a7c15ull;

	return (__u32)(h >> 32) & (FB_SELF_FILTER_BITS - 1);
}

/* ---- the operator's switches (S28, S29); one mmap-able element, written by the agent, in force with the next packet ---- */
struct fb_switches {
	__u64 cut
		[FB_ZONES_MAX]; /* isolation: bit b of cut[a] and bit a of cut[b] = nothing passes between the zones a and b */
	__u32 quarantines;	/* entries of fb_quarantine; 0 = nobody is asked */
	__u32 quarantined_macs; /* entries of fb_quarantine_mac */
	__u32 pad[14];
};
/* fb_quarantine: LPM trie. prefixlen counts the family's 32 bits: 32 + length of the prefix. Values are words, not read. */
struct fb_quarantine_key {
	__u32 prefixlen;
	__u32 family;	  /* 4 or 6, host order: a whole match or none */
	__u8 address[16]; /* network order; IPv4 in the first four */
};
/* fb_quarantine_mac: hash. Holds for frames from and to it, where that zone's binding is learn or strict. */
struct fb_mac_key {
	__u8 mac[6];
	__u8 pad[2];
};

/* ---- meters: the token buckets and byte counts of limits and quotas ------------------------
 * Set-associative: FB_METER_WAYS ways of 64 bytes. A way in use is never taken: no room = table-full (S40).
 */
#define FB_METER_WAYS 4u
#define FB_METER_SETS 16384u
struct fb_meter {
	__u32 seq;     /* odd = being taken */
	__u32 slot;    /* of the line; 0 = free */
	__u64 hi, lo;  /* the key by its scope: an address (IPv6: its /64), zeros for a line */
	__u64 ahead;   /* GCRA: the time up to which it is spent, 1/64 ns of the coarse monotonic clock */
	__u64 bytes;   /* of the period */
	__u32 period;  /* unix seconds / quota_period */
	__u32 touched; /* tick */
	__u32 kind;    /* 1 = limit, 2 = quota */
	__u32 told;    /* the period about which an event was made */
	__u64 spare;
};

/* ---- fragments: what the first one decided, for those that follow in order ------------------- */
#define FB_FRAG_WAYS	 4u
#define FB_FRAG_SETS	 4096u
#define FB_FRAG_OBSERVED (1u << 31) /* beside the slot: passes by observe mode only */
struct fb_frag {
	__u32 seq; /* odd = being written */
	__u32 generation;
	__u64 s_hi, s_lo, d_hi, d_lo;
	__u32 id;
	__u8 family, proto, zone, dst_zone;
	__u64 state; /* seq / 2 << 48 | where the next fragment must begin << 32 | tick of the first; moved by compare-and-swap */
	__u32 rule; /* slot */
	__u32 flow; /* where the flow lies << 1 | direction, for the window of TCP and the limit; ~0 = none */
};

/* ---- devices seen, in zones with binding: LRU hash, for the inventory only; no verdict depends on it ---- */
struct fb_device_key {
	__u64 hi, lo;
	__u8 mac[6];
	__u8 zone, family;
};
struct fb_device_seen {
	__u32 first, last; /* ticks */
	__u32 ifindex;
	__u16 vid;
	__u8 verdict; /* enum fb_binding_verdict of the last look */
	__u8 pad;
};
enum fb_binding_verdict {
	FB_BINDING_OK = 0,
	FB_BINDING_FOREIGN_MAC = 1, /* a declared address with another MAC */
	FB_BINDING_FOREIGN_IP = 2,  /* a declared MAC with another address */
	FB_BINDING_UNKNOWN = 3,	    /* a MAC that nobody declared */
	FB_BINDING_CLAIM = 4,	    /* ARP or ND claims an address that is the gateway's or of another zone */
};

/* ---- events: a ring buffer; per CPU and tick at most fb_config.events_per_tick, the rest is counted ---------- */
enum fb_event_kind {
	FB_EVENT_DROP = 1,	 /* a sample of dropped packets */
	FB_EVENT_WOULD_DROP = 2, /* a flow that only observe mode let through */
	FB_EVENT_FLOW = 3,	 /* a new flow of a line with log */
	FB_EVENT_QUOTA = 4,	 /* a quota was reached in this period */
	FB_EVENT_BINDING = 5,	 /* detail: enum fb_binding_verdict; in learn zones the packet passed */
};
struct fb_event {
	__u64 mono_ns; /* coarse */
	__u64 s_hi, s_lo, d_hi, d_lo;
	__u32 rule;	  /* slot, 0 = none */
	__u32 ifindex;	  /* port */
	__u32 bytes;	  /* of the frame */
	__u32 suppressed; /* events of this CPU that were left out since the one before */
	__u16 sport, dport, ethertype, vid;
	__u8 kind;   /* enum fb_event_kind */
	__u8 reason; /* enum fb_reason */
	__u8 detail; /* enum fb_binding_verdict */
	__u8 src_zone, dst_zone;
	__u8 family, proto, tcp;
	__u8 smac[6], dmac[6];
	__u32 cport; /* ICMP: type << 8 | code */
};

/* Each class has events_per_tick of its own, so that one cannot drown another. */
enum fb_event_class {
	FB_EVENT_CLASS_DROP = 0,
	FB_EVENT_CLASS_FLOW = 1,
	FB_EVENT_CLASS_BINDING = 2,
	FB_EVENT_CLASS_NEVER = 3,
	FB_EVENT_CLASS_TABLE_FULL = 4,
	FB_EVENT_CLASS_QUOTA = 5,
	FB_EVENT_CLASSES = 8, /* a power of two */
};
/* Of one CPU, at the end of its slot of fb_scratch. */
struct fb_event_meter {
	__u32 tick;
	__u32 suppressed; /* since the last event */
	__u32 count[FB_EVENT_CLASSES];
	__u64 emitted;
	__u64 lost;	    /* suppressed, or no room in the ring buffer */
	__u64 reject_ahead; /* coarse monotonic ns up to which answers to what is denied are spent */
};

/* A CPU's slot of fb_scratch, where a packet's context lies; the map holds cpu_mask + 1 of them. */
#define FB_SCRATCH_SHIFT 9
#define FB_SCRATCH_BYTES (1u << FB_SCRATCH_SHIFT)
#define FB_SCRATCH_METER (FB_SCRATCH_BYTES - (__u32)sizeof(struct fb_event_meter))

/* XDP programs that fb_xdp goes on to by a tail call; indexes into fb_stages. */
enum fb_stage {
	FB_STAGE_JUDGE = 0,	/* what no live flow answers for */
	FB_STAGE_FRAGMENT = 1,	/* fragments */
	FB_STAGE_REJECT = 2,	/* builds an answer to what was denied */
	FB_STAGE_WIRE = 3,	/* what no live flow answers for, on a wire */
	FB_STAGE_NEIGHBOUR = 4, /* ARP and neighbour discovery */
	FB_STAGES = 5,
};

/* Constants of a loaded program (.rodata `fb_cfg`), set before load. */
struct fb_config {
	__u32 bucket_mask; /* buckets of the flow table - 1 */
	__u32 image_mask;  /* words of an image - 1 */
	__u32 cpu_mask;	   /* possible CPUs, rounded up to a power of two, - 1 */
	__u32 explain;	   /* this is the explain instance */
	__u32 fake_clock;
	__u32 events_per_tick; /* per CPU */
	__u32 jiffies_shift;   /* a tick is 2^this jiffies, about a second */
	__u32 reserved[2];
};

/* What XDP tells tc about a packet that it passes (bpf_xdp_adjust_meta), and tc keeps in skb->tc_index. */
enum fb_token_class {
	FB_TOKEN_FORWARD = 1,
	FB_TOKEN_SELF = 2,
	FB_TOKEN_ARP = 3,
	FB_TOKEN_GROUP = 4,	 /* multicast; zone is an index into the image's sets of zones */
	FB_TOKEN_GROUP_SELF = 5, /* the same, and the gateway is in the set */
};
#define FB_TOKEN_CLASS_MASK		      7u
#define FB_TOKEN_GENERATIONS		      15u /* of a group's token: in which generation the index holds */
#define FB_TOKEN_GROUP_CLASS(cls, generation) ((__u8)((cls) | ((generation)&FB_TOKEN_GENERATIONS) << 3))
#define FB_TOKEN_MAGIC			      0xfb7e51a1u
struct fb_token {
	__u32 magic;
	__u8 zone;   /* destination zone */
	__u8 cls;    /* enum fb_token_class */
	__u8 tagged; /* XDP saw a VLAN tag */
	__u8 pad;
};
#define FB_TC_INDEX(zone, cls)	  ((__u16)(0x8000u | ((__u32)(cls) << 8) | (__u32)(zone)))
#define FB_TC_INDEX_ZONE(t)	  ((t)&0xffu)
#define FB_TC_INDEX_CLASS(t)	  ((t)&0x8000u ? (t) >> 8 & FB_TOKEN_CLASS_MASK : 0u)
#define FB_TC_INDEX_GENERATION(t) ((t) >> 11 & FB_TOKEN_GENERATIONS)

/* skb->mark of what fb_tc_in let pass. The guard asks for it before anything routes, and takes it off again. */
#define FB_MARK_JUDGED 0xf12eb4ea

/* The answer of the explain instance: one element; the agent reads it after BPF_PROG_TEST_RUN. */
struct fb_explain {
	__u32 reason; /* enum fb_reason; FB_PASSED = allowed */
	__u32 rule_slot;
	__u32 rule_index;
	__u32 rule_kind;
	__u32 generation;
	__u8 src_zone, dst_zone;
	__u8 flow_state; /* enum fb_flow_state of the entry that was hit, 0 = none */
	__u8 observed;
	__u8 cls; /* 0 redirect/drop, else enum fb_token_class */
	__u8 pad[3];
	__u32 out_port;
	__u32 nexthop;
	__u32 tick; /* the data plane's clock, for those who show it */
	__u32 limit;
};

_Static_assert(sizeof(struct fb_meter) == 64 && sizeof(struct fb_frag) == 64, "a line each");
_Static_assert(sizeof(struct fb_event_meter) == 64 && sizeof(struct fb_event) == 88,
	       "an event and its meter");

#endif

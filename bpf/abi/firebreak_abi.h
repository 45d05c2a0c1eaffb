/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the BPF programs and the agent: map keys and values, the policy image,
 * drop reasons, limits, version. Only <linux/types.h> may be included here; the BPF object, the
 * agent, the compiler and the tests all include this one file.
 *
 * Everything is host-endian unless a field is __be. Zero means "unset", and unset means drop.
 */
#ifndef FIREBREAK_ABI_H
#define FIREBREAK_ABI_H

#include <linux/types.h>

#ifndef FB_ABI_VERSION /* tests build an agent of another one */
#define FB_ABI_VERSION 5u
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
	X(17, EXT_HEADER, "ext-header", "an IPv6 extension header that is not admitted")            \
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
 * lie in 0.0.0.0/8 and ::/8, which no packet may carry (spoof or no-zone), so nothing collides.
 * IPv4: 0.0.kind.zone. IPv6: the same number in the low 64 bits, high 64 bits 0.
 */
#define FB_ROLE(kind, zone) (((__u32)(kind) << 8) | (__u32)(zone))
enum fb_role_kind {
	FB_ROLE_SELF_AT = 1,  /* destination: the gateway's address on zone's interface; zone 0 = on none */
	FB_ROLE_LOCAL = 2,    /* link-local or unspecified unicast, heard in or sent into zone */
	FB_ROLE_BCAST = 3,    /* limited or directed broadcast, heard in or sent into zone */
	FB_ROLE_SELF_SRC = 4, /* source: the gateway, sending into zone */
};

/* ---- the policy image -------------------------------------------------------------------
 * One element of 16 or 64 MiB in an ARRAY map. fb_images[0] points to the one in force and is read
 * once per packet. Sections are addressed by 32-bit word index. Everything that decides a new packet is in here.
 */
#define FB_IMAGE_BYTES_SMALL (16u << 20)
#define FB_IMAGE_BYTES_LARGE (64u << 20)
#define FB_IMAGE_MAGIC	     0x31424246u /* "FBB1" */

struct fb_image_header {
	__u32 magic;	  /* FB_IMAGE_MAGIC, written last */
	__u32 abi;	  /* FB_ABI_VERSION */
	__u32 generation; /* > 0, only grows; stamped into flows */
	__u32 n_words;
	__u32 applied_lo; /* unix seconds at which the policy was applied; an earlier clock closes dated lines */
	__u32 n_rules;
	__u32 port_w;	 /* fb_image_port[], open addressing */
	__u32 port_mask; /* slots - 1 */
	__u32 pair_w;	 /* fb_image_pair[FB_PAIRS_MAX] */
	__u32 rule_w;	 /* fb_image_rule[] */
	__u32 zone_w;	 /* fb_image_zone[FB_ZONES_MAX] */
	__u32 limit_w;	 /* fb_image_limit[], 0 = none */
	__u32 binding_w; /* fb_image_binding[], open addressing */
	__u32 binding_mask;
	__u32 group_w; /* __u64[FB_GROUP_MASKS]: sets of zones that copies of a multicast packet may leave by */
	__u32 reserved;
	/* The classifier's own header; see bpf/lib/classify.h. */
	__u32 cls[48];
};

/* The zone of (ifindex, VLAN). key 0 = free slot. Probe from fb_port_hash(), at most FB_PORT_PROBES slots. */
#define FB_PORT_PROBES		  8u
#define FB_PORT_KEY(ifindex, vid) (((__u32)(ifindex) << 12) | ((__u32)(vid)&0xfffu))
/* A record at this tag, which no frame may carry, in no zone: the port is a member of an 802.3ad bond. */
#define FB_LACP_VID 4095u
struct fb_image_port {
	__u32 key; /* FB_PORT_KEY; ifindex < 2^20 */
	__u32 device; /* the kernel's device for it, whose routes are asked: the VLAN device, or ifindex itself */
	__u32 wire; /* the port at the other end of a wire (S60), 0 = routed */
	__u8 zone;  /* the zone that lives there */
	__u8 flags;
	__u8 wire_zone; /* the zone of the wire's other end */
	__u8 pad;
	__u8 mac[6];   /* the interface's MAC address */
	__u8 extra[6]; /* another one that it answers to (VRRP), or zeros */
	__u8 pad2[4];
};
static inline __attribute__((always_inline)) __u32 fb_port_hash(__u32 key)
{
	return (key * 0x9e3779b1u) >> 8;
}

/* What holds for a whole pair of zones; index FB_PAIR(src, dst). */
struct fb_image_pair {
	__u32 observe_until; /* unix seconds; 0 = the pair enforces */
	__u32 flags;	     /* enum fb_pair_flag */
};
enum fb_pair_flag {
	FB_PAIR_F_REJECT = 1, /* answer what is denied (S31); the compiler has merged zone and firebreak */
	FB_PAIR_F_MID_STREAM = 2, /* TCP without a handshake may make a flow (S32) */
};

/* What holds for a zone; index by zone id. */
#define FB_ETHERTYPES_MAX 8u
struct fb_image_zone {
	__u32 flags;			    /* enum fb_zone_flag */
	__u16 ethertype[FB_ETHERTYPES_MAX]; /* admitted besides IP and ARP; 0 = free */
	__u32 pad[3];
};
enum fb_zone_flag {
	FB_ZONE_F_LEARN = 1,  /* binding learn: report what is not declared */
	FB_ZONE_F_STRICT = 2, /* binding strict: drop it */
	FB_ZONE_F_ANY = 4,    /* has network any */
};

enum fb_rule_kind { FB_RULE_NONE = 0, FB_RULE_ALLOW = 1, FB_RULE_NEVER = 2 };
#define FB_NO_DEADLINE	0xffffffffu
#define FB_RULE_NO_SLOT 0u

/* One compiled line. A cell of the classifier names at most one. */
struct fb_image_rule {
	__u32 kind;	/* enum fb_rule_kind */
	__u32 slot;	/* its counters; 1.. , stable over applies */
	__u32 deadline; /* unix seconds, FB_NO_DEADLINE = none; 0 = shut (window, access) */
	__u32 flags;	/* enum fb_rule_flag */
	__u32 limit;	/* index into the limits, 0 = none */
	__u32 group;	/* multicast destinations: index into the sets of zones, 0 = unicast */
	__u32 spare[2];
};
enum fb_rule_flag {
	FB_RULE_F_WINDOW = 1, /* the deadline is a window's or an access's: window-closed, not expired */
	FB_RULE_F_LOG = 2,    /* an event for every new flow */
};
#define FB_GROUP_MASKS 256u

/* limit and quota of a line (S40, S41). A token bucket as a time (GCRA): a unit costs so much time, burst is how far ahead of the clock it may run. */
enum fb_limit_kind { FB_LIMIT_NONE = 0, FB_LIMIT_NEW = 1, FB_LIMIT_PACKETS = 2, FB_LIMIT_BYTES = 3 };
enum fb_scope { FB_SCOPE_NONE = 0, FB_SCOPE_SOURCE = 1, FB_SCOPE_DESTINATION = 2, FB_SCOPE_LINE = 3 };
#define FB_METER_SHIFT 6 /* times are in 1/64 ns */
struct fb_image_limit {
	__u32 kind;  /* enum fb_limit_kind */
	__u32 scope; /* enum fb_scope: source and destination of the line, not of the packet */
	__u64 cost;  /* of one flow, packet or byte */
	__u64 burst; /* cost of as many as may come at once */
	__u64 quota; /* bytes in a period, 0 = none */
	__u32 quota_scope;
	__u32 quota_period; /* seconds: 3600, 86400 */
	__u32 quota_drop;   /* 1 = drop, 0 = tell once a period */
	__u32 slot;	    /* the line's: buckets survive applies that keep it */
	__u64 spare[2];
};

/*
 * Who may speak in a zone with binding (S45): open addressing from fb_binding_hash() with FB_BINDING_PROBES, key all zeros = free. Three kinds of entry, so that
 * what is wrong can be told apart: (zone, MAC, address) is declared; (zone, MAC) is of some device; (zone, address) is of some device.
 */
#define FB_BINDING_PROBES 16u
enum fb_binding_kind { FB_BINDING_PAIR = 1, FB_BINDING_MAC = 2, FB_BINDING_ADDRESS = 3 };
struct fb_image_binding {
	__u64 hi, lo; /* address, 0 for FB_BINDING_MAC */
	__u64 who;    /* FB_BINDING_WHO(kind, zone, mac) */
	__u64 pad;
};
/* mac: 48 bits, first byte highest; 0 for FB_BINDING_ADDRESS. */
#define FB_BINDING_WHO(kind, zone, mac) ((__u64)(kind) << 56 | (__u64)(zone) << 48 | (mac))
static inline __attribute__((always_inline)) __u32 fb_binding_hash(__u64 hi, __u64 lo, __u64 who)
{
	__u64 h = (hi ^ (lo << 1) ^ who * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;

	return (__u32)(h >> 32) ^ (__u32)h;
}

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

/* ---- flows -------------------------------------------------------------------------------- */
#define FB_FLOW_WAYS 8u
enum fb_flow_state {
	FB_FLOW_FREE = 0,
	FB_FLOW_NEW = 1,	 /* half-open: traffic of one direction only */
	FB_FLOW_REPLIED = 2,	 /* both directions seen once; not yet proved */
	FB_FLOW_ESTABLISHED = 3, /* proof of two-way traffic */
	FB_FLOW_CLOSING = 4,	 /* FIN or RST seen */
	FB_FLOW_DGRAM = 5,	 /* established, but not TCP: original, reply, original */
	FB_FLOW_STATES = 6,
};

/*
 * Time inside of the data plane is a tick: jiffies >> fb_config.jiffies_shift, 0.85 to 1.28 s by the kernel's HZ (1.02 s at 250 and 1000). A shift, because a 64-bit division
 * costs more than the flow lookup. On the tests' clock it is nanoseconds >> FB_TICK_SHIFT. Time-outs by state, in ticks; an idle entry past it is free.
 */
#define FB_TICK_SHIFT	       30
#define FB_TIMEOUT_NEW	       28u
#define FB_TIMEOUT_REPLIED     56u
#define FB_TIMEOUT_ESTABLISHED 80000u /* about a day: a quiet maintenance session lives over night */
#define FB_TIMEOUT_CLOSING     10u
#define FB_TIMEOUT_DGRAM       168u

/*
 * A bucket is 8 ways, each of which is an entry (struct fb_flow). One word of the entry says all that decides about the way. High to low: 16 bits of the hash (tag), 12 that change
 * with the owner, 3 that count writes to the entry, 1 that is set while it is written; then the meta word: 4 bits of state, 28 of the tick at which it was last
 * seen. A way is free when its meta is 0 or has expired, whatever its tag.
 */

/*
 * The lower half of each way's tag once more, which nobody but its claimer writes, before the way is anybody's: where none agrees there is no flow. A million flows' are a
 * mebibyte, which stays in a CPU's cache while the entries do not; what has no flow reads nothing else. The two buckets of a flow lie in one half kilobyte.
 */
struct fb_flow_tags {
	__u8 tag[FB_FLOW_WAYS];
};
#define FB_FLOW_NEAR 64u /* buckets, aligned, in which both of a flow lie: a power of two */

/*
 * fb_busy, which buckets may have flows: a word for each FB_FLOW_NEAR of them, so that one load says it of both buckets of a flow; of a million flows they are
 * 16 KiB. Most buckets of a table that is far from full have none, and then not even their tags are read. A bit is set before a flow is published, and cleared by
 * who holds all ways of the bucket.
 */
#define FB_FLOW_BUSY_WORDS(buckets) (((buckets) + FB_FLOW_NEAR - 1) / FB_FLOW_NEAR)

#define FB_WAY_LOCK	   (1ull << 32)
#define FB_WAY_SEQ_SHIFT   32
#define FB_WAY_OWNER_SHIFT 36
#define FB_WAY_TAG_SHIFT   48
#define FB_WAY_META(w)	   ((__u32)(w))
#define FB_WAY_SEQ(w)	   ((__u32)((w) >> FB_WAY_SEQ_SHIFT))
#define FB_WAY_TAG(w)	   ((__u32)((w) >> FB_WAY_TAG_SHIFT))
/* The next owner's, locked and with nothing but its tag. */
#define FB_WAY_NEXT(w, tag)                 \
	((__u64)(tag) << FB_WAY_TAG_SHIFT | \
	 ((((w) >> FB_WAY_OWNER_SHIFT) + 1) & 0xfff) << FB_WAY_OWNER_SHIFT | FB_WAY_LOCK)
/* What to exchange (by xor) to unlock it and to count that. */
#define FB_WAY_UNLOCK(w)     (((w) ^ ((w) + FB_WAY_LOCK)) & 0xfull << FB_WAY_SEQ_SHIFT)
#define FB_META(state, tick) (((__u32)(state) << 28) | ((__u32)(tick)&0x0fffffffu))
#define FB_META_STATE(m)     ((m) >> 28)
#define FB_META_TICK(m)	     ((m)&0x0fffffffu)

/*
 * Endpoint a is the lower (address, port); zone[i] is where packets *from* endpoint i come in. All that another IPv4 datagram of a live flow needs is in the first
 * line: among many flows each line is a miss.
 */
struct fb_flow {
	__u64 lo_a, lo_b; /* IPv4: the 32-bit address, host order */
	__u16 port_a, port_b;
	__u8 proto, family; /* family 4 or 6 */
	__u8 zone[2];
	__u64 way; /* FB_WAY_* */
	__u32 generation;
	__u32 rule;	  /* slot */
	__u32 deadline;	  /* unix seconds */
	__u32 nexthop[2]; /* per direction: FB_NEXTHOP_REF */
	__u32 stamp[2];	  /* per direction: when the FIB was last asked for this flow (fb_stamp), 0 = ask */
	__u8 origin;	  /* 0: a initiated, 1: b */
	__u8 flags;	  /* enum fb_flow_flag */
	__u16 spare1;
	/* second line */
	__u64 hi_a, hi_b; /* IPv6 only */
	__u32 created;	  /* tick */
	__u32 limit; /* FB_FLOW_F_METERED: index into the image's limits; of the same generation as the flow */
	struct {
		__u32 end; /* TCP: highest sequence number + length that this end sent */
		__u32 edge; /* highest acknowledgement + window that it granted the other; before the answer: its first byte */
		__u32 win; /* largest window that it granted */
		__u8 scale, flags;
		__u16 spare;
	} tcp[2];
	__u16 group; /* FB_FLOW_F_GROUP: index into the sets of zones */
	__u16 spare2;
	__u32 spare3;
};
enum fb_flow_flag {
	FB_FLOW_F_OBSERVED = 1, /* passes by observe mode */
	FB_FLOW_F_WINDOW = 2,	/* its deadline is a window's */
	FB_FLOW_F_METERED = 4,	/* every packet is held against a limit or quota */
	FB_FLOW_F_GROUP = 8,	/* multicast: the kernel copies it */
	FB_FLOW_F_MIDDLE = 16,	/* TCP that nobody saw begin */
};

/*
 * What flows are laid out as, whatever the ABI's version: struct fb_flow and fb_flow_tags, FB_WAY_* and FB_META_*, the hash, what a tick is, and struct fb_meter. Changed only when one
 * of these does: versions of the same layout take flows over from each other.
 */
#ifndef FB_FLOW_LAYOUT
#define FB_FLOW_LAYOUT 1u
#endif
/* The table's first line, whose first word is the same in all versions. The secret lives here, so that a new program finds old flows. */
struct fb_flow_geometry {
	__u16 abi;
	__u16 layout; /* FB_FLOW_LAYOUT */
	__u32 bucket_mask;
	__u64 secret[8];
};

/* A resolved way out, immutable while any flow may use it (see bpf/lib/forward.h). 64 bytes. */
#define FB_NEXTHOPS 4096u
/* How a flow names one: its index and, above it, the sequence that it had. Another sequence = another next hop. */
#define FB_NEXTHOP_REF(index, seq) ((__u32)(index) | (__u32)(seq)*FB_NEXTHOPS)
struct fb_nexthop {
	__u32 seq;	       /* odd = being written; moves when the content changes */
	__u32 touched;	       /* tick of the last resolve */
	__u32 probed;	       /* tick at which a packet last went the kernel's way */
	__u32 ifindex;	       /* what the FIB answered */
	__u32 port;	       /* the device to redirect to */
	__u16 vid;	       /* 0 = untagged */
	__u16 mtu;	       /* largest IP packet; 0 = 65535 */
	__u8 dmac[6], smac[6]; /* as they lie in a frame */
	__u8 zone;
	__u8 pad[3];
	__u64 pad2[3];
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
/* fb_quarantine_mac: hash. Holds where the zone's binding is learn or strict. */
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
#define FB_FRAG_WAYS 4u
#define FB_FRAG_SETS 4096u
struct fb_frag {
	__u32 seq; /* odd = being written */
	__u32 generation;
	__u64 s_hi, s_lo, d_hi, d_lo;
	__u32 id;
	__u8 family, proto, zone, dst_zone;
	__u64 state; /* where the next fragment must begin << 32 | tick of the first; moved by compare-and-swap */
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

_Static_assert(sizeof(struct fb_flow) == 128, "a flow is two cache lines");
_Static_assert(__builtin_offsetof(struct fb_flow, hi_a) == 64, "what IPv4 needs is one cache line");
_Static_assert(sizeof(struct fb_flow_tags) == 8, "its tags are a word");
_Static_assert(sizeof(struct fb_nexthop) == 64, "a next hop is one cache line");
_Static_assert(sizeof(struct fb_image_port) == 32 && sizeof(struct fb_image_rule) == 32 &&
		       sizeof(struct fb_image_zone) == 32,
	       "records of half a line");
_Static_assert(sizeof(struct fb_image_limit) == 64 && sizeof(struct fb_meter) == 64 &&
		       sizeof(struct fb_frag) == 64,
	       "a line each");
_Static_assert(sizeof(struct fb_event_meter) == 64 && sizeof(struct fb_event) == 88,
	       "an event and its meter");
_Static_assert(sizeof(struct fb_image_header) == 256, "the header is four lines");

#endif

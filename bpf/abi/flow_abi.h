/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows, the table that they lie in, and the next hops that they name. Part of firebreak_abi.h. */
#ifndef FB_FLOW_ABI_H
#define FB_FLOW_ABI_H

#include <linux/types.h>

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
#define FB_TIMEOUT_CLOSING     60u    /* what the last segments need to come again when they were lost */
#define FB_TIMEOUT_RESET \
	10u /* after a reset nobody repeats anything: its time is written as so much earlier */
#define FB_TIMEOUT_DGRAM 168u

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
/* So many are looked through in one run of fb_xdp_sweep: where all have died, a quarter of a millisecond, during which packets of that CPU wait. */
#define FB_SWEEP_BUCKETS 128u

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
	__u8 attempt_scale;
	__u8 spare1;
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
	__u16 attempt_win;
	/* TCP, if its flags say so: the first byte after the last SYN that came on the live connection, from who began it; before there is an
	 * answer, what its responder acknowledged instead. */
	__u32 attempt;
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

_Static_assert(sizeof(struct fb_flow) == 128, "a flow is two cache lines");
_Static_assert(__builtin_offsetof(struct fb_flow, hi_a) == 64, "what IPv4 needs is one cache line");
_Static_assert(sizeof(struct fb_flow_tags) == 8, "its tags are a word");
_Static_assert(sizeof(struct fb_nexthop) == 64, "a next hop is one cache line");

#endif

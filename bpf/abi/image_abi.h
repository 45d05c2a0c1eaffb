/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy image: one element of 16 or 64 MiB in an ARRAY map. fb_images[0] points to the one in force and is read once per packet. Sections are addressed by 32-bit
 * word index. Everything that decides a new packet is in here. Part of firebreak_abi.h; the classifier's sections: classify_abi.h.
 */
#ifndef FB_IMAGE_ABI_H
#define FB_IMAGE_ABI_H

#include <linux/types.h>

#define FB_IMAGE_BYTES_SMALL (16u << 20)
#define FB_IMAGE_BYTES_LARGE (64u << 20)
#define FB_IMAGE_MAGIC	     0x31424246u /* "FBB1" */

struct fb_image_header {
	__u32 magic;	  /* FB_IMAGE_MAGIC, written last */
	__u32 abi;	  /* FB_ABI_VERSION */
	__u32 generation; /* > 0, only grows; stamped into flows */
	__u32 n_words;
	__u32 applied_lo; /* unix seconds at which the policy was applied; an earlier clock closes dated lines */
	__u32 n_rules;	  /* from 1: fb_image_rule[0] is none */
	__u32 port_w;	  /* fb_image_port[], open addressing */
	__u32 port_mask; /* slots - 1 */
	__u32 pair_w;	 /* fb_image_pair[FB_PAIRS_MAX] */
	__u32 rule_w;	 /* fb_image_rule[] */
	__u32 zone_w;	 /* fb_image_zone[FB_ZONES_MAX] */
	__u32 limit_w;	 /* fb_image_limit[], 0 = none */
	__u32 binding_w; /* fb_image_binding[], open addressing */
	__u32 binding_mask;
	__u32 group_w; /* __u64[FB_GROUP_MASKS]: sets of zones that copies of a multicast packet may leave by */
	__u32 on_trial; /* when it was made its policy was not confirmed yet; for the agent only */
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

_Static_assert(sizeof(struct fb_image_port) == 32 && sizeof(struct fb_image_rule) == 32 &&
		       sizeof(struct fb_image_zone) == 32,
	       "records of half a line");
_Static_assert(sizeof(struct fb_image_header) == 256, "the header is four lines");
_Static_assert(sizeof(struct fb_image_limit) == 64, "a line");

#endif

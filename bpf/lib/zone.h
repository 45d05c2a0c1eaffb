/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a packet is and who it claims to be: the zone of (interface, VLAN), the gateway's own addresses, and the roles by which
 * special addresses are classified (FB_ROLE). Decisions S2-S5, S13, S14, S20-S22.
 */
#ifndef FB_LIB_ZONE_H
#define FB_LIB_ZONE_H

#include "classify.h"
#include "config.h"
#include "pkt.h"

/* Canonical: endpoint a is the lower one. */
struct fb_flow_key {
	__u64 lo_a, lo_b, hi_a, hi_b;
	__u64 ports; /* port_a, port_b, proto, family as they lie in struct fb_flow */
	__u32 bucket[2];
	__u32 tag;  /* 16 bits, of which the lower 8 are not 0 */
	__u32 home; /* the place where it is if that was free: asked first */
	__u32 dir;  /* 0: the packet is from a to b */
};

/* Whom a limit or quota is counted for, and where its meter may lie (limit.h). */
struct fb_meter_key {
	__u64 hi, lo;
	__u32 slot, kind;
	__u32 set[2];
	__s32 fill; /* how many more of the first set are in use than of the second */
};

/* A packet's flow: where it lies, and what was read of it in one go. */
#define FB_HIT_FROM \
	32u /* this part of an entry is copied as it is: struct fb_flow from generation to the end of the line */
#define FB_HIT_WORDS 4u
struct fb_hit {
	__u32 live;  /* 0 = there is none */
	__u32 place; /* bucket << 3 | way */
	__u64 word;  /* of its way */
	union {
		__u64 entry[FB_HIT_WORDS];
		struct {
			__u32 generation, rule, deadline, nexthops[2], stamps[2];
			__u8 origin, flags;
			__u16 spare;
		};
	};
	__u32 limit;		 /* 0 unless FB_FLOW_F_METERED */
	__u32 group;		 /* 0 unless FB_FLOW_F_GROUP */
	__u32 stamp, nexthop;	 /* of this packet's direction */
	__u8 zone_from, zone_to; /* the same */
	__u8 state;
};

_Static_assert(__builtin_offsetof(struct fb_flow, generation) == FB_HIT_FROM &&
		       __builtin_offsetof(struct fb_flow, origin) - FB_HIT_FROM ==
			       __builtin_offsetof(struct fb_hit, origin) -
				       __builtin_offsetof(struct fb_hit, generation),
	       "the copy has the entry's shape");

/*
 * What is known of the packet on its way through the stages. It lies in a map (fb_scratch), not on the stack: the verifier follows every known
 * value on a stack, and the product of all flags and families is more than a million states; what comes out of a map is unknown to it. Pointers
 * cannot live there: the image travels as an argument.
 */
struct fb_ctx {
	struct fb_pkt pkt;
	union {
		__u64 remarks; /* all that is to be told of a packet besides its verdict: most have nothing */
		struct {
			__u8 observed; /* passes by observe mode only */
			__u8 new_flow;
			__u8 over;	    /* passes a limit or quota only because the pair observes */
			__u8 quota_reached; /* the first packet of its period to do so */
			__u8 log;	    /* the line wants an event for every new flow */
			__u8 event;	    /* enum fb_event_kind that a stage noted, 0 = none */
			__u8 event_detail;
		};
	};
	__u32 generation;
	__u32 tick;
	__u32 bytes;
	__u32 more;    /* packets beside the first in what the gateway sends in one piece */
	__u32 ifindex; /* of the port */
	__u32 device;  /* of the kernel's device */
	__u32 wire;    /* of the wire's other end, 0 = routed */
	__u32 rule;    /* slot whose counters it goes to; 0 = none */
	__u32 deadline;
	__u32 limit;	 /* index into the image's limits, 0 = none */
	__u8 zone;	 /* it comes from */
	__u8 dst_zone;	 /* it goes to; FB_ZONE_NONE until known */
	__u8 cls;	 /* enum fb_token_class if it is passed to the kernel, 0 = redirected */
	__u8 flow_state; /* for explain */
	__u8 rule_kind;
	__u8 made_here; /* tc egress: out_zone holds where it leaves */
	__u8 out_zone;
	__u8 wire_zone;	 /* at the wire's other end */
	__u8 frags;	 /* the frame lies in several buffers */
	__u8 looked;	 /* placed, sent to us, and the flow table was asked */
	__u8 judged;	 /* and the line that decides was looked up: dst_zone, rule_index */
	__u8 ask;	 /* enum fb_ask */
	__u8 turned;	 /* judged from the other end */
	__u8 begins;	 /* it makes a flow, whose next hop is way_ref of way_stamp */
	__u8 flow_flags; /* enum fb_flow_flag of a flow that is made by this judgement */
	__u8 mid_stream; /* TCP without a handshake may make a flow (S30, S32) */
	__u8 reject;	 /* it was denied in a pair whose denials are answered (S31) */
	__u8 unbound;	 /* why its MAC may not speak in this zone: FB_DROP_BINDING, FB_DROP_QUARANTINED */
	__u8 group;	 /* multicast: index into the image's sets of zones, 0 = not known */
	__u32 dead;	 /* a way that has its tag and is free: its place + 1 */
	__u32 rule_index;
	__u32 out_port;
	__u32 nexthop;
	__u32 way_ref, way_stamp;
	__u32 cpu;
	/* From here on not zeroed for a packet: each is written before it is read. */
	struct fb_flow_key key;
	struct fb_hit hit;
	struct fb_meter_key meter;
	__u32 found; /* way of a bucket pair, on its way through the verifier's blind spot */
};

_Static_assert(sizeof(struct fb_ctx) <= FB_SCRATCH_METER, "a context fits into its scratch slot");

/* The context as the program before this one left it. */
FB_INLINE struct fb_ctx *fb_ctx_get(void)
{
	void *base = fb_base(&fb_scratch);

	return fb_at(base, bpf_get_smp_processor_id(), fb_cfg.cpu_mask, FB_SCRATCH_SHIFT);
}

/* This CPU's context, zeroed. XDP and tc run with bottom halves off and never inside of each other. */
FB_INLINE struct fb_ctx *fb_ctx_new(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct fb_ctx *c = fb_at(fb_base(&fb_scratch), cpu, fb_cfg.cpu_mask, FB_SCRATCH_SHIFT);

	__builtin_memset(c, 0, __builtin_offsetof(struct fb_ctx, key));
	c->hit.live = 0;
	c->cpu = cpu;
	return c;
}

/* A number that the verifier no longer knows: it went through the scratch slot. */
FB_INLINE __u32 fb_forget(struct fb_ctx *c, __u32 number)
{
	*(volatile __u32 *)&c->found = number;
	return *(volatile __u32 *)&c->found;
}

/* The port record of (ifindex, vid), or NULL: the frame is in no zone. */
FB_INLINE const struct fb_image_port *fb_port_find(const void *img, __u32 ifindex, __u16 vid)
{
	__u32 base = FB_HDR(img, port_w), mask = FB_HDR(img, port_mask);
	__u32 key = FB_PORT_KEY(ifindex, vid), hash = fb_port_hash(key);

	for (__u32 i = 0; i < FB_PORT_PROBES; i++) {
		const struct fb_image_port *port =
			fb_at((void *)img, (base >> 3) + ((hash + i) & mask), fb_cfg.image_mask >> 3, 5);

		if (port->key == key)
			return port;
		if (!port->key)
			return 0;
	}
	return 0;
}

/* enum fb_zone_flag of a zone. */
FB_INLINE __u32 fb_zone_flags(const void *img, __u32 zone)
{
	return fb_image_word(img, FB_HDR(img, zone_w) + (zone & (FB_ZONES_MAX - 1)) *
								(__u32)(sizeof(struct fb_image_zone) / 4));
}

#define FB_ZONE_BOUND (FB_ZONE_F_LEARN | FB_ZONE_F_STRICT)

/* 48 bits, first byte highest. */
FB_INLINE __u64 fb_mac_number(const __u8 *mac)
{
	return (__u64)fb_get16(mac) << 32 | fb_get32(mac + 2);
}

FB_INLINE int fb_is_link_local(int family, __u64 hi, __u64 lo)
{
	return family == 4 ? (lo >> 16) == 0xa9fe : (hi >> 54) == 0x3fa; /* 169.254/16, fe80::/10 */
}

FB_INLINE int fb_is_unspecified(__u64 hi, __u64 lo)
{
	return !(hi | lo);
}

/* Addresses that may be nobody's source: 0/8, 127/8, 224/4, 240/4; ::/64 (loopback, mapped, roles), ff00::/8. Not all of ::/8: NAT64 lies in it (RFC 6052). */
FB_INLINE int fb_is_martian(int family, __u64 hi, __u64 lo)
{
	__u32 top = (__u32)(lo >> 24);

	if (family == 4)
		return top == 0 || top == 127 || top >= 224;
	return !hi || hi >> 56 == 0xff;
}

/* 224.0.0.0/24, ff02::/16 (and ff01, which must not be seen at all). */
FB_INLINE int fb_is_link_multicast(int family, __u64 hi, __u64 lo)
{
	return family == 4 ? (lo >> 8) == 0xe00000 : (hi >> 48) == 0xff02;
}

/* Multicast that may cross zones: not link-local, and of a scope that routers know (RFC 4291, 2.7: 3 to 14). */
FB_INLINE int fb_is_group(const struct fb_pkt *pkt)
{
	__u32 scope = (__u32)(pkt->d_hi >> 48) & 15;

	if (!(pkt->flags & FB_PKT_GROUP_DST))
		return 0;
	return pkt->family == 4 ? pkt->d_lo >> 28 == 0xe && pkt->d_lo >> 8 != 0xe00000 : scope - 3 < 12;
}

/* S13: who speaks to the gateway only. */
FB_INLINE int fb_is_local_source(const struct fb_pkt *pkt)
{
	return fb_is_unspecified(pkt->s_hi, pkt->s_lo) || fb_is_link_local(pkt->family, pkt->s_hi, pkt->s_lo);
}

/* The record of an own address as one number, so that the verifier looks at the search once (a global function): 0 = not ours. */
#define FB_SELF(kind, zone) ((__u32)(kind) | (__u32)(zone) << 8)
#define FB_SELF_KIND(self)  ((self)&0xff)
#define FB_SELF_ZONE(self)  ((__u8)((self) >> 8))

__noinline __u32 fb_self_search(__u32 family, __u64 hi, __u64 lo, __u32 zone)
{
	struct fb_self_key key = { .hi = hi, .lo = lo, .family = (__u8)family };
	const struct fb_self_value *own;

	if (fb_is_link_local((int)family, hi, lo))
		key.zone = (__u8)zone;
	own = bpf_map_lookup_elem(&fb_self, &key);
	return own ? FB_SELF(own->kind, own->zone) : 0;
}

/* Most addresses are not ours, and the search costs 27 ns: a bit says whether to try. */
FB_INLINE int fb_self_may_be(__u64 hi, __u64 lo)
{
	void *rt = fb_base(&fb_runtime);
	__u32 bit = fb_self_bit(hi, lo), word;

	word = *(volatile __u32 *)fb_at(rt + __builtin_offsetof(struct fb_runtime, self_filter), bit >> 5,
					FB_SELF_FILTER_BITS / 32 - 1, 2);
	return word >> (bit & 31) & 1;
}

FB_INLINE __u32 fb_self_find(int family, __u64 hi, __u64 lo, __u8 zone)
{
	return fb_self_may_be(hi, lo) ? fb_self_search((__u32)family, hi, lo, zone) : 0;
}

/* The record of what an end is classified as: its address, or a role. One call for both, so that the searches are verified once. */
FB_INLINE __u32 fb_record(const void *img, int family, __u64 hi, __u64 lo, __u32 role)
{
	if (role) {
		hi = 0;
		lo = role;
	}
	return family == 4 ? fb_atom4(img, (__u32)lo) : fb_atom6(img, hi, lo);
}

/* The source: *record is what it is classified as. Where no zone is known that it came in by (FB_ZONE_NONE), that is the one which owns it. */
FB_INLINE enum fb_reason fb_source(const void *img, struct fb_ctx *c, __u32 *record)
{
	const struct fb_pkt *pkt = &c->pkt;
	__u32 role = 0;
	__u8 owner;

	if (c->made_here) {
		role = FB_ROLE(FB_ROLE_SELF_SRC, c->out_zone);
	} else {
		if (fb_self_find(pkt->family, pkt->s_hi, pkt->s_lo, c->zone))
			return FB_DROP_SPOOF;
		if (fb_is_unspecified(pkt->s_hi, pkt->s_lo) ||
		    fb_is_link_local(pkt->family, pkt->s_hi, pkt->s_lo))
			role = FB_ROLE(FB_ROLE_LOCAL, c->zone);
		else if (fb_is_martian(pkt->family, pkt->s_hi, pkt->s_lo) ||
			 (pkt->s_lo == pkt->d_lo && pkt->s_hi == pkt->d_hi)) /* LAND */
			return FB_DROP_SPOOF;
	}
	*record = fb_record(img, pkt->family, pkt->s_hi, pkt->s_lo, role);
	owner = fb_leaf_zone(*record);
	if (c->zone == FB_ZONE_NONE)
		c->zone = owner;
	return role || (owner && owner == c->zone) ? FB_NEXT : FB_DROP_SPOOF;
}

/* Where a packet that arrived goes: sets dst_zone unless the address alone tells it, and the role, if it has one. */
FB_INLINE enum fb_reason fb_destination_in(struct fb_ctx *c, __u32 *role)
{
	const struct fb_pkt *pkt = &c->pkt;
	__u32 own = fb_self_find(pkt->family, pkt->d_hi, pkt->d_lo, c->zone);
	int link_local = fb_is_link_local(pkt->family, pkt->d_hi, pkt->d_lo);

	c->dst_zone = FB_ZONE_NONE;
	if (own && FB_SELF_KIND(own) == FB_SELF_ADDRESS) {
		c->dst_zone = FB_ZONE_SELF;
		*role = FB_ROLE(FB_ROLE_SELF_AT, link_local ? c->zone : FB_SELF_ZONE(own));
		return FB_NEXT;
	}
	if (own && FB_SELF_ZONE(own) != c->zone) { /* another zone's directed broadcast */
		c->dst_zone = FB_SELF_ZONE(own);
		return FB_DROP_SCOPE;
	}
	if (own || (pkt->family == 4 && pkt->d_lo == 0xffffffffu)) {
		c->dst_zone = FB_ZONE_SELF;
		*role = FB_ROLE(FB_ROLE_BCAST, c->zone);
		return FB_NEXT;
	}
	if (fb_is_link_multicast(pkt->family, pkt->d_hi, pkt->d_lo)) {
		c->dst_zone = FB_ZONE_SELF;
		return FB_NEXT;
	}
	if (pkt->flags & FB_PKT_GROUP_DST)
		return fb_is_group(pkt) ? FB_NEXT : FB_DROP_NO_ALLOW;
	if (link_local)
		return FB_DROP_SCOPE;
	return fb_is_martian(pkt->family, pkt->d_hi, pkt->d_lo) ? FB_DROP_NO_ZONE : FB_NEXT;
}

#define FB_ND_RS       133
#define FB_ND_RA       134
#define FB_ND_NS       135
#define FB_ND_NA       136
#define FB_ND_REDIRECT 137

/* What hosts of one segment need that is neither ARP nor ND between neighbours: it crosses a wire if a line allows it (S61), though its addresses are link-local. */
FB_INLINE int fb_is_link_service(const struct fb_pkt *pkt)
{
	__u8 type = (__u8)(pkt->cport >> 8);

	if (pkt->proto == FB_PROTO_UDP_N)
		return pkt->family == 4 ? pkt->sport == 67 || pkt->sport == 68
					: pkt->sport == 546 || pkt->sport == 547;
	return pkt->proto == FB_PROTO_ICMP6 &&
	       (type == FB_ND_RS || type == FB_ND_RA || type == FB_ND_REDIRECT);
}

/* The same on a wire: to the other end, or nowhere. */
FB_INLINE enum fb_reason fb_destination_wire(struct fb_ctx *c, __u32 *role)
{
	const struct fb_pkt *pkt = &c->pkt;

	c->dst_zone = FB_ZONE_SELF;
	if (fb_self_find(pkt->family, pkt->d_hi, pkt->d_lo, c->zone))
		return FB_DROP_ROUTE_MISMATCH;
	c->dst_zone = c->wire_zone;
	if (fb_is_link_local(pkt->family, pkt->d_hi, pkt->d_lo)) {
		*role = FB_ROLE(FB_ROLE_LOCAL, c->wire_zone);
		return fb_is_link_service(pkt) ? FB_NEXT : FB_DROP_SCOPE;
	}
	if ((pkt->family == 4 && pkt->d_lo == 0xffffffffu) ||
	    fb_is_link_multicast(pkt->family, pkt->d_hi, pkt->d_lo)) {
		*role = FB_ROLE(FB_ROLE_BCAST, c->wire_zone);
		return fb_is_link_service(pkt) ? FB_NEXT : FB_DROP_SCOPE;
	}
	if (pkt->flags & FB_PKT_GROUP_DST)
		return fb_is_group(pkt) ? FB_NEXT : FB_DROP_NO_ALLOW;
	return fb_is_martian(pkt->family, pkt->d_hi, pkt->d_lo) ? FB_DROP_NO_ZONE : FB_NEXT;
}

/* The same for a packet that the gateway made: it goes into the zone that it leaves by. */
FB_INLINE enum fb_reason fb_destination_out(struct fb_ctx *c, __u32 *role)
{
	const struct fb_pkt *pkt = &c->pkt;
	__u32 own;

	c->dst_zone = c->out_zone;
	if (fb_is_link_local(pkt->family, pkt->d_hi, pkt->d_lo)) {
		*role = FB_ROLE(FB_ROLE_LOCAL, c->out_zone);
		return FB_NEXT;
	}
	own = fb_self_find(pkt->family, pkt->d_hi, pkt->d_lo, c->out_zone);
	if ((own && FB_SELF_KIND(own) == FB_SELF_BROADCAST && FB_SELF_ZONE(own) == c->out_zone) ||
	    (pkt->family == 4 && pkt->d_lo == 0xffffffffu)) {
		*role = FB_ROLE(FB_ROLE_BCAST, c->out_zone);
		return FB_NEXT;
	}
	if ((pkt->flags & FB_PKT_GROUP_DST) && !fb_is_link_multicast(pkt->family, pkt->d_hi, pkt->d_lo) &&
	    !fb_is_group(pkt))
		return FB_DROP_NO_ALLOW;
	return FB_NEXT;
}

/* The destination: dst_zone and *record. A unicast address must belong to a zone; what the gateway made, to the zone that it leaves by. */
FB_INLINE enum fb_reason fb_destination(const void *img, struct fb_ctx *c, __u32 *record)
{
	__u32 role = 0, zone;
	enum fb_reason reason = c->made_here ? fb_destination_out(c, &role)
				: c->wire    ? fb_destination_wire(c, &role)
					     : fb_destination_in(c, &role);

	if (reason != FB_NEXT)
		return reason;
	*record = fb_record(img, c->pkt.family, c->pkt.d_hi, c->pkt.d_lo, role);
	if (role || (c->pkt.flags & FB_PKT_GROUP_DST))
		return FB_NEXT;
	zone = fb_leaf_zone(*record);
	if (c->made_here)
		return zone == c->out_zone ? FB_NEXT : FB_DROP_ROUTE_MISMATCH;
	c->dst_zone = (__u8)zone;
	if (c->wire && zone && zone != c->wire_zone)
		return FB_DROP_ROUTE_MISMATCH;
	return zone ? FB_NEXT : FB_DROP_NO_ZONE;
}

#endif

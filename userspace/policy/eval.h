/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plain box scan: what should happen to a new packet, by walking every line of the rule set. Slow, obvious, and
 * sharing no code with the compiler or the data plane: it is the oracle of the tests and the offline half of `explain`.
 * It follows S2-S26 and the order of S27 for a packet that belongs to no live flow. What is built in (S24: ARP, neighbour
 * discovery) is not asked here, nor is what needs the frame: MAC addresses, fragments, header options.
 */
#ifndef FB_POLICY_EVAL_H
#define FB_POLICY_EVAL_H

#include "policy/schedule.h"

/* The gateway's own addresses (S22). zone is the id of the interface's zone, 0 = no policy interface. */
struct fb_own_address {
	int family;
	struct fb_ip ip;
	unsigned int len; /* of the on-link prefix, for the directed broadcast; 32 or 128 = none */
	unsigned int zone;
};
struct fb_own {
	struct FB_VEC(struct fb_own_address) v;
};

struct fb_packet {
	unsigned int zone;	/* id of the zone it comes in from; FB_ZONE_SELF = made by the gateway */
	unsigned int wire_zone; /* it comes in by an end of a wire: the zone of the other end; 0 = routed */
	unsigned int out_zone;	/* only for FB_ZONE_SELF: the zone of the interface it leaves by */
	int family;
	struct fb_ip src, dst;
	__u8 proto;
	__u16 sport, dport; /* ICMP: dport = type << 8 | code, sport = 0 */
	bool first;	    /* may begin a connection: a pure SYN for TCP; true for all else */
};

struct fb_answer {
	enum fb_reason reason; /* FB_PASSED, FB_WOULD_DROP (observed) or why not */
	unsigned int src_zone, dst_zone;
	int line;     /* index into rs->lines, -1 = none */
	__u64 copies; /* S14: a packet of a group that passes: the zones (bits) that copies may go into, dst_zone is 0; 0 = it is none, or for the gateway only */
};

/* Multicast, limited broadcast, link-local: no zone owns it, and the gateway may send it into any. */
bool fb_ip_in_every_zone(int family, struct fb_ip ip);
/* S22: the zone that declares the address as a gateway's, whoever holds it; NULL = none does. */
const struct fb_zone *fb_gateway_zone(const struct fb_ruleset *rs, int family, struct fb_ip ip);
/* Is it the gateway's to who asks from this zone (S22)? The host's, or declared; link-local ones in their own zone only. */
bool fb_own_has(const struct fb_ruleset *rs, const struct fb_own *own, int family, struct fb_ip ip,
		unsigned int zone);

/* With what is open by request. */
struct fb_answer fb_eval_at(const struct fb_ruleset *rs, const struct fb_own *own,
			    const struct fb_packet *packet, const struct fb_when *when);
/* At a known time, with no access open. */
struct fb_answer fb_eval(const struct fb_ruleset *rs, const struct fb_own *own,
			 const struct fb_packet *packet, __s64 now);

/* Its way would be through the gateway into a zone that is on wires only (S60). */
bool fb_answer_into_wire(const struct fb_ruleset *rs, const struct fb_packet *packet,
			 const struct fb_answer *answer);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who speaks in a zone with binding (S45): every packet's source, and what ARP and neighbour discovery claim, against the declared (MAC, address) pairs in the
 * image. Three violations, told apart because they need different people: a declared address with a foreign MAC, a declared MAC with a foreign address, and a
 * MAC that nobody declared. Where an address says nothing (link-local, 0.0.0.0 and :: of DHCP and DAD) the MAC alone decides.
 *
 * Order by S27: after spoof, before quarantine and flows. A zone without binding costs a look at its flags. The inventory (fb_devices) is for people; no verdict depends on it.
 *
 * Whether the MAC is quarantined (S29) is asked here too: whoever has it speaks for nobody, so his packet drops before it is anything to the flow whose addresses it has.
 */
#ifndef FB_LIB_BINDING_H
#define FB_LIB_BINDING_H

#include "event.h"
#include "switch.h"
#include "zone.h"

static __noinline int fb_binding_find(const void *img, __u64 hi, __u64 lo, __u64 who)
{
	__u32 base = FB_HDR(img, binding_w) >> 3, mask = FB_HDR(img, binding_mask);
	__u32 hash = fb_binding_hash(hi, lo, who);

	if (!base)
		return 0;
	for (__u32 i = 0; i < FB_BINDING_PROBES; i++) {
		const struct fb_image_binding *b =
			fb_at((void *)img, base + ((hash + i) & mask), fb_cfg.image_mask >> 3, 5);

		if (b->who == who && b->lo == lo && b->hi == hi)
			return 1;
		if (!b->who)
			return 0;
	}
	return 0;
}

/* enum fb_binding_verdict of (MAC, address) in this zone. */
FB_INLINE __u32 fb_binding_verdict(const void *img, struct fb_ctx *c, __u64 mac, int family, __u64 hi,
				   __u64 lo)
{
	__u32 zone = c->zone;

	if (!fb_is_unspecified(hi, lo) && !fb_is_link_local(family, hi, lo)) {
		if (fb_binding_find(img, hi, lo, FB_BINDING_WHO(FB_BINDING_PAIR, zone, mac)))
			return FB_BINDING_OK;
		if (fb_binding_find(img, 0, 0, FB_BINDING_WHO(FB_BINDING_MAC, zone, mac)))
			return FB_BINDING_FOREIGN_IP;
		return fb_binding_find(img, hi, lo, FB_BINDING_WHO(FB_BINDING_ADDRESS, zone, 0))
			       ? FB_BINDING_FOREIGN_MAC
			       : FB_BINDING_UNKNOWN;
	}
	return fb_binding_find(img, 0, 0, FB_BINDING_WHO(FB_BINDING_MAC, zone, mac)) ? FB_BINDING_OK
										     : FB_BINDING_UNKNOWN;
}

/* A verdict that is not OK is told; in a strict zone it also ends the packet, where its stage comes to it. */
FB_INLINE void fb_binding_note(struct fb_ctx *c, __u32 flags, __u32 verdict)
{
	if (!verdict)
		return;
	fb_event_note(c, FB_EVENT_BINDING, verdict);
	if (flags & FB_ZONE_F_STRICT)
		c->unbound = FB_DROP_BINDING;
}

FB_INLINE void fb_binding_quarantine(struct fb_ctx *c, __u64 mac)
{
	if (!c->unbound && fb_is_quarantined_mac(mac))
		c->unbound = FB_DROP_QUARANTINED;
}

/* The source of an IP packet that arrived: sets c->unbound. Returns the verdict. */
static __noinline int fb_binding_source(const void *img, struct fb_ctx *c)
{
	const struct fb_pkt *pkt = &c->pkt;
	__u64 mac = fb_mac_number(pkt->smac);
	__u32 verdict = fb_binding_verdict(img, c, mac, pkt->family, pkt->s_hi, pkt->s_lo);

	fb_binding_note(c, fb_zone_flags(img, c->zone), verdict);
	fb_binding_quarantine(c, mac);
	return (int)verdict;
}

/* May the packet not go on by its flow? 0, or why. */
FB_INLINE int fb_binding_refuses(const void *img, struct fb_ctx *c)
{
	if (!(fb_zone_flags(img, c->zone) & FB_ZONE_BOUND))
		return 0;
	fb_binding_source(img, c);
	return c->unbound;
}

/* For the inventory: this MAC was seen with this address. Once a tick. */
static __noinline int fb_device_see(const struct fb_ctx *c, __u64 hi, __u64 lo, __u32 family, __u32 verdict)
{
	struct fb_device_key key = { .hi = hi, .lo = lo, .zone = c->zone, .family = (__u8)family };
	struct fb_device_seen *seen, fresh = { .first = c->tick,
					       .last = c->tick,
					       .ifindex = c->ifindex,
					       .vid = c->pkt.vid,
					       .verdict = (__u8)verdict };

	if (fb_cfg.explain)
		return 0;
	__builtin_memcpy(key.mac, c->pkt.smac, 6);
	seen = bpf_map_lookup_elem(&fb_devices, &key);
	if (!seen) {
		bpf_map_update_elem(&fb_devices, &key, &fresh, BPF_ANY);
	} else if (seen->last != c->tick || seen->verdict != verdict) {
		seen->last = c->tick;
		seen->ifindex = c->ifindex;
		seen->vid = c->pkt.vid;
		seen->verdict = (__u8)verdict;
	}
	return 0;
}

/* The same for a packet without a live flow: who speaks in such a zone is also written down. */
FB_INLINE void fb_binding_look(const void *img, struct fb_ctx *c)
{
	__u32 verdict;

	if (!(fb_zone_flags(img, c->zone) & FB_ZONE_BOUND))
		return;
	verdict = fb_forget(c, (__u32)fb_binding_source(img, c));
	fb_device_see(c, c->pkt.s_hi, c->pkt.s_lo, c->pkt.family, verdict);
}

/*
 * "This address is at this MAC", said by ARP or neighbour discovery (the zone may say so, that was asked before). In zones without binding it is only
 * written down. A frame that does not come from the MAC that it speaks of is a foreign one.
 */
static __noinline int fb_binding_claim(const void *img, struct fb_ctx *c, __u64 hi, __u64 lo, __u64 mac)
{
	__u32 flags = fb_zone_flags(img, c->zone), verdict = FB_BINDING_OK, family = c->pkt.family ? 6 : 4;

	if (flags & FB_ZONE_BOUND) {
		verdict = fb_binding_verdict(img, c, mac, (int)family, hi, lo);
		if (!verdict && mac != fb_mac_number(c->pkt.smac))
			verdict = FB_BINDING_FOREIGN_MAC;
		fb_binding_note(c, flags, verdict);
		fb_binding_quarantine(c, mac);
		fb_binding_quarantine(c, fb_mac_number(c->pkt.smac));
	}
	fb_device_see(c, hi, lo, family, verdict);
	return c->unbound ? c->unbound : FB_NEXT;
}

/* An address that the zone may not claim at all: the gateway's, or another zone's. */
FB_INLINE int fb_binding_forged(struct fb_ctx *c)
{
	fb_event_note(c, FB_EVENT_BINDING, FB_BINDING_CLAIM);
	return FB_DROP_BINDING;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's switches: isolation of two zones (S28) and quarantine of a device (S29). The agent writes them into maps; they hold from the next packet on, for
 * live flows too, and go before every verdict of the policy. ARP and neighbour discovery with the gateway go on under isolation, not under quarantine.
 *
 * A MAC in quarantine may not speak in a zone with bindings: that is asked with them (binding.h). What goes to it is asked where that MAC is first known: by a next
 * hop, at the other end of a wire, at the kernel's way out. Neither ends a flow, which is of addresses: whoever has them now may be another.
 */
#ifndef FB_LIB_SWITCH_H
#define FB_LIB_SWITCH_H

#include "zone.h"

/* Is there a cut between the two zones? Symmetric: the agent sets both bits, and one is enough. */
FB_INLINE int fb_is_cut(__u32 zone, __u32 other)
{
	void *cut = fb_base(&fb_switches);

	return *(volatile __u64 *)fb_at(cut, zone, FB_ZONES_MAX - 1, 3) >> (other & 63) & 1;
}

static __noinline int fb_is_quarantined_address(int family, __u64 hi, __u64 lo)
{
	struct fb_quarantine_key key = { .prefixlen = 32 + (family == 4 ? 32 : 128),
					 .family = (__u32)family };
	__u64 words[2] = { __builtin_bswap64(family == 4 ? lo << 32 : hi),
			   family == 4 ? 0 : __builtin_bswap64(lo) };

	__builtin_memcpy(key.address, words, 16);
	return bpf_map_lookup_elem(&fb_quarantine, &key) != 0;
}

/* A MAC as in fb_mac_number(), of a zone with bindings. */
FB_INLINE int fb_is_quarantined_mac(__u64 mac)
{
	const struct fb_switches *sw = fb_base(&fb_switches);
	__u64 key = __builtin_bswap64(mac << 16); /* struct fb_mac_key */

	return sw->quarantined_macs && bpf_map_lookup_elem(&fb_quarantine_mac, &key) != 0;
}

/* May no frame leave into this zone for this MAC? */
FB_INLINE int fb_is_quarantined_at(const void *img, __u32 zone, const __u8 *mac)
{
	const struct fb_switches *sw = fb_base(&fb_switches);

	return sw->quarantined_macs && (fb_zone_flags(img, zone) & FB_ZONE_BOUND) &&
	       fb_is_quarantined_mac(fb_mac_number(mac));
}

/* Is either end quarantined? Nobody is asked while nobody is. */
FB_INLINE int fb_is_quarantined(const struct fb_ctx *c)
{
	const struct fb_switches *sw = fb_base(&fb_switches);
	const struct fb_pkt *pkt = &c->pkt;

	return sw->quarantines && (fb_is_quarantined_address(pkt->family, pkt->s_hi, pkt->s_lo) ||
				   fb_is_quarantined_address(pkt->family, pkt->d_hi, pkt->d_lo));
}

/* The address that neighbour discovery speaks of. */
FB_INLINE int fb_is_quarantined_target(__u64 hi, __u64 lo)
{
	const struct fb_switches *sw = fb_base(&fb_switches);

	return sw->quarantines && fb_is_quarantined_address(6, hi, lo);
}

/* The addresses that an ARP packet speaks of. */
FB_INLINE int fb_is_quarantined_arp(__u32 sender, __u32 target)
{
	const struct fb_switches *sw = fb_base(&fb_switches);

	return sw->quarantines &&
	       (fb_is_quarantined_address(4, 0, sender) || fb_is_quarantined_address(4, 0, target));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What is neither IP nor ARP (S62): between a zone and the gateway only, if the zone lists the ethertype. Nothing routes it. */
#ifndef FB_LIB_ETHERTYPE_H
#define FB_LIB_ETHERTYPE_H

#include "switch.h"
#include "zone.h"

#define FB_ETHERTYPE_MIN 0x600u /* below are lengths (IEEE 802.3), and 0 marks a free place of the list */

FB_INLINE int fb_zone_lists(const void *img, __u32 zone, __u32 ethertype)
{
	__u32 w = FB_HDR(img, zone_w) +
		  (zone & (FB_ZONES_MAX - 1)) * (__u32)(sizeof(struct fb_image_zone) / 4) +
		  (__u32)(__builtin_offsetof(struct fb_image_zone, ethertype) / 4);
	__u32 found = 0;

	for (__u32 i = 0; i < FB_ETHERTYPES_MAX / 2; i++) {
		__u32 two = fb_image_word(img, w + i);

		found |= (two & 0xffff) == ethertype || two >> 16 == ethertype;
	}
	return ethertype >= FB_ETHERTYPE_MIN && found;
}

/* The verdict on a frame between zone and the gateway, whichever sends it. */
FB_INLINE int fb_ethertype(const void *img, const struct fb_ctx *c, __u32 zone)
{
	if (!fb_zone_lists(img, zone, c->pkt.ethertype))
		return FB_DROP_L2_PROTOCOL;
	return fb_is_cut(zone, FB_ZONE_SELF) ? FB_DROP_ISOLATED : FB_NEXT;
}

#endif

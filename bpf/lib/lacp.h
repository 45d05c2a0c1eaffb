/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames by which the members of an 802.3ad bond and a switch agree to be one link (IEEE 802.1AX, untagged, at a group MAC that no bridge forwards). The
 * bond's own driver takes them on each member and shows them to nobody. They are in no zone and ask no line: without them there is no link.
 */
#ifndef FB_LIB_LACP_H
#define FB_LIB_LACP_H

#include "binding.h"
#include "zone.h"

#define FB_ETH_SLOW 0x8809u

/* Only where the agent says that the port is a member of such a bond. */
FB_INLINE int fb_is_lacp(const void *img, const struct fb_ctx *c)
{
	return c->pkt.ethertype == FB_ETH_SLOW && !(c->pkt.flags & FB_PKT_TAGGED) &&
	       fb_mac_number(c->pkt.dmac) == 0x0180c2000002ull && fb_port_find(img, c->ifindex, FB_LACP_VID);
}

#endif

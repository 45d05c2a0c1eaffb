/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy's interfaces on this host, and the tables that follow from both: which (interface, VLAN) is
 * which zone, what the gateway's own addresses are, and where packets leave. Pure.
 */
#ifndef FB_AGENT_PORTS_H
#define FB_AGENT_PORTS_H

#include "agent/host.h"
#include "dataplane/dataplane.h"
#include "policy/compile.h"

struct fb_port {
	char name[IF_NAMESIZE];
	int vlan; /* -1 = untagged */
	unsigned int zone;
	__u32 ifindex, device; /* 0 = it cannot be used now, see why */
	__u32 wire;	       /* the port at the other end of its wire, 0 = routed */
	__u8 mac[6];
	__u32 virtual_device; /* a device on top of it with a virtual router's MAC (VRRP), 0 = none */
	__u8 virtual_mac[6];
	bool refused; /* it is there, and cannot be a policy interface as things are: an apply is refused */
	char why[320];
	__u32 bond; /* a member of a bond: the bond's ifindex, else 0 */
};
/* A virtual address that the policy declares (S22): the gateway's, whoever holds it. */
struct fb_virtual {
	int family;
	struct fb_ip ip;
	unsigned int zone;
};
/*
 * XDP runs on a bond's members and says on which of them a frame came in, so each is in the image as the bond is, by tag; everything else is the
 * bond's: its devices, addresses and filters, and the port that packets leave by. A frame that a member gets before it is here drops.
 */
struct fb_portset {
	struct FB_VEC(struct fb_port) v;
	struct FB_VEC(struct fb_port) members;
	struct FB_VEC(struct fb_virtual) virtuals;
};

void fb_ports_resolve(const struct fb_ruleset *rs, const struct fb_host *host, struct fb_portset *ret);
void fb_ports_done(struct fb_portset *ports);
/* Same (interface, VLAN, zone) on the same devices with the same MACs: the image need not change. */
bool fb_ports_equal(const struct fb_portset *a, const struct fb_portset *b);
/* Why the first port that is open, and that an apply would refuse, is so (the ends of a wire); "" = there is none. */
const char *fb_ports_trouble(const struct fb_portset *ports);
/* Does the image's port table say just this? */
bool fb_ports_in_image(const struct fb_portset *ports, const void *image);

/* For fb_compile. The vector is the caller's; names are borrowed from ports. */
struct fb_host_ports FB_VEC(struct fb_host_port);
void fb_ports_usable(const struct fb_portset *ports, struct fb_host_ports *ret);

/* Where a packet comes in from the zone that goes on by a wire into wire_zone, or is routed (0); the zone's first port if there is none such; NULL = none is there. */
const struct fb_port *fb_ports_entrance(const struct fb_portset *ports, unsigned int zone,
					unsigned int wire_zone);

struct fb_self_entries FB_VEC(struct fb_self_entry);
struct fb_egress_entries FB_VEC(struct fb_egress_entry);
/* Own addresses, virtual ones and directed broadcasts (S20, S22). Sorted, each key once. */
void fb_ports_self(const struct fb_portset *ports, const struct fb_host *host, struct fb_self_entries *ret);
void fb_ports_egress(const struct fb_portset *ports, struct fb_egress_entries *ret);

#endif

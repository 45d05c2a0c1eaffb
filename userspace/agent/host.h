/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host as a generation sees it (S1, S22): links, addresses, neighbours, as plain data. watch.c fills it
 * from netlink; whatever decides by it is pure and takes this. (It does not use net/net.h itself, whose
 * names and the policy tree's exclude each other.)
 */
#ifndef FB_AGENT_HOST_H
#define FB_AGENT_HOST_H

#include <linux/types.h>
#include <net/if.h>
#include <stdbool.h>

#include "base/inet.h"
#include "base/vec.h"

struct fb_host_link {
	__u32 ifindex;
	char name[IF_NAMESIZE];
	__u8 mac[6];
	bool up;
	__u32 mtu;
	__u32 parent; /* VLAN devices: the port's ifindex, else 0 */
	__u16 vid;    /* VLAN devices (802.1Q) only, else 0 */
	__u32 below;  /* macvlan devices: the device that they share, else 0 */
	__u32 bond;   /* members of a bond: its ifindex, else 0 */
	bool is_bond;
	bool lacp;	   /* bonds: 802.3ad, whose members must hear the switch's LACP frames */
	char refusal[256]; /* why it cannot be a policy interface, "" = it can */
};

struct fb_host_address {
	__u32 ifindex;
	int family; /* 4 or 6 */
	struct fb_ip ip;
	unsigned int prefix_len;
	bool has_broadcast;
	struct fb_ip broadcast;
	bool link_local;
};

struct fb_host_neighbour {
	__u32 ifindex;
	int family;
	struct fb_ip ip;
	bool has_mac;
	__u8 mac[6];
	const char *state; /* static: "reachable", "stale", "static", "failed", "unknown" */
};

struct fb_host {
	struct FB_VEC(struct fb_host_link) links;
	struct FB_VEC(struct fb_host_address) addresses;
	struct FB_VEC(struct fb_host_neighbour) neighbours;
};

void fb_host_done(struct fb_host *host);
/* NULL = there is none. */
const struct fb_host_link *fb_host_by_name(const struct fb_host *host, const char *name);
const struct fb_host_link *fb_host_by_index(const struct fb_host *host, __u32 ifindex);
const struct fb_host_link *fb_host_vlan(const struct fb_host *host, __u32 parent, unsigned int vid);

#endif

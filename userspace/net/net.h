/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's network as the kernel tells it: links, addresses, neighbours, default routes, kept in step by
 * netlink. The only user of libnl. It looks and never configures, but for the one offload that hides VLAN
 * tags (fb_net_offload_off).
 *
 * Two sockets, opened in the network namespace of the caller: one listens, one asks. The listening socket
 * joins its groups before the first dump, so that nothing falls in between; when it overruns (ENOBUFS)
 * everything is asked again.
 */
#ifndef FB_NET_NET_H
#define FB_NET_NET_H

#include <net/if.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/inet.h"
#include "base/vec.h"

enum fb_link_kind {
	FB_LINK_ETHERNET, /* a device without an rtnl kind: a network card, virtio-net, xen, hv_netvsc */
	FB_LINK_LOOPBACK,
	FB_LINK_VETH,
	FB_LINK_DUMMY,
	FB_LINK_VLAN,
	FB_LINK_BRIDGE,
	FB_LINK_BOND,
	FB_LINK_TEAM,
	FB_LINK_TUN, /* tun and tap */
	FB_LINK_WIREGUARD,
	FB_LINK_PPP,
	FB_LINK_WWAN,
	FB_LINK_MACVLAN, /* macvlan, macvtap, ipvlan */
	FB_LINK_TUNNEL,	 /* vxlan, gre, ipip, sit, geneve, ... */
	FB_LINK_OTHER,	 /* see kind_name */
};

/* As the kernel numbers them (IFLA_BOND_MODE). */
enum fb_bond_mode {
	FB_BOND_ROUND_ROBIN,
	FB_BOND_ACTIVE_BACKUP,
	FB_BOND_XOR,
	FB_BOND_BROADCAST,
	FB_BOND_8023AD,
	FB_BOND_TLB,
	FB_BOND_ALB,
};
enum { FB_BOND_HASH_VLAN = 5 }; /* vlan+srcmac: the only hash that XDP cannot follow */

struct fb_net_link {
	__u32 ifindex;
	char name[IF_NAMESIZE];
	enum fb_link_kind kind;
	char kind_name[16];  /* the kernel's word: "vlan", "veth", ...; "" for FB_LINK_ETHERNET */
	unsigned int arphrd; /* ARPHRD_ETHER, ... */
	bool has_mac;	     /* Ethernet addresses only */
	__u8 mac[6];
	bool up;      /* administratively */
	bool running; /* carrier */
	__u32 mtu;
	__u32 master;	/* ifindex of the bridge or bond that it is a port of, 0 = none */
	__u32 parent;	/* VLAN, macvlan: ifindex of the device below; 0 = none or in another namespace */
	__u16 vid;	/* VLAN: its id */
	bool qinq;	/* VLAN: 802.1ad */
	__u8 bond_mode; /* bond: enum fb_bond_mode */
	__u8 bond_hash; /* bond: which member a frame leaves by, as the kernel numbers it; see FB_BOND_HASH_VLAN */
};

struct fb_net_address {
	__u32 ifindex;
	int family; /* 4 or 6 */
	struct fb_ip ip;
	unsigned int prefix_len;
	bool has_broadcast; /* directed broadcast as configured (IPv4) */
	struct fb_ip broadcast;
	bool link_local;
	bool tentative; /* duplicate address detection runs, or has failed */
};

enum fb_net_neighbour_state {
	FB_NET_NEIGHBOUR_UNKNOWN, /* incomplete, none */
	FB_NET_NEIGHBOUR_VALID,	  /* reachable, stale, delay, probe: the kernel uses the MAC */
	FB_NET_NEIGHBOUR_STATIC,  /* permanent, noarp */
	FB_NET_NEIGHBOUR_FAILED,
};
struct fb_net_neighbour {
	__u32 ifindex;
	int family;
	struct fb_ip ip;
	bool has_mac;
	__u8 mac[6];
	enum fb_net_neighbour_state state;
	bool reachable; /* confirmed a moment ago */
};

struct fb_net_route { /* one way of a default route (0.0.0.0/0, ::/0) of any table */
	__u32 ifindex;
	int family;
	bool has_gateway;
	struct fb_ip gateway;
	__u32 metric, table;
};

/* Whole and in no promised order. */
struct fb_net_state {
	struct FB_VEC(struct fb_net_link) links;
	struct FB_VEC(struct fb_net_address) addresses;
	struct FB_VEC(struct fb_net_neighbour) neighbours; /* multicast and broadcast entries left out */
	struct FB_VEC(struct fb_net_route) defaults;
};

/* What fb_net_dispatch found changed. Every bit but FB_NET_CHANGED_TC asks for fb_dataplane_bump_routes(). */
enum fb_net_changed {
	FB_NET_CHANGED_LINKS = 1,
	FB_NET_CHANGED_ADDRESSES = 2,
	FB_NET_CHANGED_NEIGHBOURS = 4,
	FB_NET_CHANGED_ROUTES = 8, /* any route, rule or next hop object, not only the defaults */
	FB_NET_CHANGED_TC = 16,	   /* a qdisc or filter came or went: ask fb_dataplane_enforcing() */
	FB_NET_CHANGED_ALL = 31,
	FB_NET_RESYNCED = 32, /* messages were lost; the state was read anew and all bits are set */
};

struct fb_netlink;

/* Opens both sockets and reads everything once. Needs no privilege. */
int fb_net_open(struct fb_netlink **ret, struct fb_error *err);
void fb_net_close(struct fb_netlink *net);
/* Readable (EPOLLIN) when there is something to dispatch. Borrowed. */
int fb_net_fd(const struct fb_netlink *net);
/*
 * Reads all that has been said, without blocking, into the state. *ret_changed is a set of enum
 * fb_net_changed. -EAGAIN is never returned: nothing to read is 0 and no bits.
 */
int fb_net_dispatch(struct fb_netlink *net, unsigned int *ret_changed, struct fb_error *err);
/* Reads everything anew. */
int fb_net_refresh(struct fb_netlink *net, struct fb_error *err);
/* Borrowed; the vectors (and links found in them) are good until the next dispatch or refresh. */
const struct fb_net_state *fb_net_state(const struct fb_netlink *net);

/* NULL = there is none. */
const struct fb_net_link *fb_net_link_by_name(const struct fb_net_state *state, const char *name);
const struct fb_net_link *fb_net_link_by_index(const struct fb_net_state *state, __u32 ifindex);
/* The 802.1Q device for this tag on this parent. */
const struct fb_net_link *fb_net_vlan(const struct fb_net_state *state, __u32 parent, unsigned int vid);

/*
 * Why this link cannot be a policy interface (S5), and what to name instead: one sentence, in buf. NULL = it
 * can be. state gives the names of its parent and master; a bridge or team names its ports.
 */
const char *fb_net_port_refusal(const struct fb_net_state *state, const struct fb_net_link *link, char *buf,
				size_t size);

/*
 * ---- what runs on a device, whoever put it there ---------------------------------------------------------
 */
struct fb_net_filter {
	bool egress;
	__u32 priority, handle;
	char kind[16]; /* "bpf", "flower", ... */
	char name[64]; /* of a BPF filter */
};
struct fb_net_attached {
	__u32 peer;   /* veth: the other end's ifindex, 0 = it is in another namespace */
	__u32 xdp_id; /* the XDP program's, 0 = none. A bond's members show none of the bond's. */
	bool xdp_generic;
	bool clsact;
	struct FB_VEC(struct fb_net_filter) filters; /* in the order in which they are asked */
};
/* *ret is the caller's to be done with. */
int fb_net_attached(__u32 ifindex, struct fb_net_attached *ret, struct fb_error *err);
void fb_net_attached_done(struct fb_net_attached *attached);

/*
 * ---- the driver, by ethtool (netdevice names, this namespace) -------------------------------------------
 */
struct fb_net_offload {
	bool known; /* the driver has the feature */
	bool on;
	bool fixed; /* cannot be changed */
};
struct fb_net_driver {
	char name[32];		      /* "ixgbe"; "" = the device does not say */
	struct fb_net_offload rxvlan; /* hides VLAN tags from XDP */
	struct fb_net_offload txvlan; /* on a veth the sender's hides them */
	struct fb_net_offload lro;    /* frames that XDP cannot take */
	struct fb_net_offload gro_hw;
	struct fb_net_offload gro; /* a veth without it has no NAPI: frames redirected to it are lost */
	struct fb_net_offload tx_checksum;
};
int fb_net_driver(const char *ifname, struct fb_net_driver *ret, struct fb_error *err);
/* Switches one of "rxvlan", "lro", "gro-hw" off; -EOPNOTSUPP where it is fixed. Done already = 0. */
int fb_net_offload_off(const char *ifname, const char *offload, struct fb_error *err);
/* Takes frames for any MAC, as an end of a wire must; stays so when this process ends. */
int fb_net_promiscuous(const char *ifname, struct fb_error *err);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * From netlink messages to the state. A dump is the same messages as a change, so there is one way in: "new"
 * puts in or replaces, "del" takes out. The lists are searched from the front: a gateway has tens of links
 * and about a thousand neighbours (the kernel's own limit).
 */
#include "net/state.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>

#include "base/cleanup.h"

#define ETHERTYPE_8021AD 0x88a8

/* Takes an element out; the order is nobody's promise. */
#define take_out(vec, i) ((vec)->v[i] = (vec)->v[--(vec)->n])

enum fb_link_kind fb_state_kind(const char *name, unsigned int arphrd)
{
	static const struct {
		const char *name;
		enum fb_link_kind kind;
	} kinds[] = {
		{ "veth", FB_LINK_VETH },	 { "dummy", FB_LINK_DUMMY },
		{ "vlan", FB_LINK_VLAN },	 { "bridge", FB_LINK_BRIDGE },
		{ "bond", FB_LINK_BOND },	 { "team", FB_LINK_TEAM },
		{ "tun", FB_LINK_TUN },		 { "wireguard", FB_LINK_WIREGUARD },
		{ "ppp", FB_LINK_PPP },		 { "wwan", FB_LINK_WWAN },
		{ "macvlan", FB_LINK_MACVLAN },	 { "macvtap", FB_LINK_MACVLAN },
		{ "ipvlan", FB_LINK_MACVLAN },	 { "ipvtap", FB_LINK_MACVLAN },
		{ "vxlan", FB_LINK_TUNNEL },	 { "geneve", FB_LINK_TUNNEL },
		{ "gre", FB_LINK_TUNNEL },	 { "gretap", FB_LINK_TUNNEL },
		{ "erspan", FB_LINK_TUNNEL },	 { "ip6gre", FB_LINK_TUNNEL },
		{ "ip6gretap", FB_LINK_TUNNEL }, { "ip6erspan", FB_LINK_TUNNEL },
		{ "ipip", FB_LINK_TUNNEL },	 { "sit", FB_LINK_TUNNEL },
		{ "ip6tnl", FB_LINK_TUNNEL },	 { "vti", FB_LINK_TUNNEL },
		{ "vti6", FB_LINK_TUNNEL },	 { "xfrm", FB_LINK_TUNNEL },
		{ "bareudp", FB_LINK_TUNNEL },	 { "gtp", FB_LINK_TUNNEL },
		{ "ovpn", FB_LINK_TUNNEL },
	};

	for (size_t i = 0; name && name[0] && i < FB_ARRAY_SIZE(kinds); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].kind;
	if (name && name[0])
		return FB_LINK_OTHER;
	switch (arphrd) {
	case ARPHRD_ETHER:
		return FB_LINK_ETHERNET;
	case ARPHRD_LOOPBACK:
		return FB_LINK_LOOPBACK;
	case ARPHRD_PPP:
		return FB_LINK_PPP;
	case ARPHRD_RAWIP:
		return FB_LINK_WWAN;
	default:
		return FB_LINK_OTHER;
	}
}

static void describe_vlan(struct rtnl_link *l, struct fb_net_link *ret)
{
	int netns, id = rtnl_link_is_vlan(l) ? rtnl_link_vlan_get_id(l) : -1;

	if (ret->kind != FB_LINK_VLAN && ret->kind != FB_LINK_MACVLAN)
		return;
	/* An index of another namespace names another device here. */
	if (rtnl_link_get_link_netnsid(l, &netns) < 0)
		ret->parent = (__u32)rtnl_link_get_link(l);
	if (id >= 0) {
		ret->vid = (__u16)id;
		ret->qinq = ntohs((__u16)rtnl_link_vlan_get_protocol(l)) == ETHERTYPE_8021AD;
	}
}

/* libnl knows bonds by name only: mode and hash from the message itself. */
static void describe_bond(const struct nlmsghdr *h, struct fb_net_link *ret)
{
	struct nlattr *info, *data, *value;

	if (ret->kind != FB_LINK_BOND)
		return;
	info = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	data = info ? nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA) : NULL;
	if (!data)
		return;
	value = nla_find(nla_data(data), nla_len(data), IFLA_BOND_MODE);
	if (value && nla_len(value) >= 1)
		ret->bond_mode = nla_get_u8(value);
	value = nla_find(nla_data(data), nla_len(data), IFLA_BOND_XMIT_HASH_POLICY);
	if (value && nla_len(value) >= 1)
		ret->bond_hash = nla_get_u8(value);
}

static void describe_link(struct rtnl_link *l, const struct nlmsghdr *h, struct fb_net_link *ret)
{
	const char *name = rtnl_link_get_name(l), *kind = rtnl_link_get_type(l);
	struct nl_addr *mac = rtnl_link_get_addr(l);
	unsigned int flags = rtnl_link_get_flags(l);

	memset(ret, 0, sizeof(*ret)); /* compared as bytes */
	ret->ifindex = (__u32)rtnl_link_get_ifindex(l);
	ret->arphrd = rtnl_link_get_arptype(l);
	snprintf(ret->name, sizeof(ret->name), "%s", name ? name : "");
	snprintf(ret->kind_name, sizeof(ret->kind_name), "%s", kind ? kind : "");
	ret->kind = fb_state_kind(ret->kind_name, ret->arphrd);
	ret->has_mac = ret->arphrd == ARPHRD_ETHER && mac && nl_addr_get_len(mac) == sizeof(ret->mac);
	if (ret->has_mac)
		memcpy(ret->mac, nl_addr_get_binary_addr(mac), sizeof(ret->mac));
	ret->up = flags & IFF_UP;
	ret->running = flags & IFF_RUNNING;
	ret->mtu = rtnl_link_get_mtu(l);
	ret->master = (__u32)rtnl_link_get_master(l);
	describe_vlan(l, ret);
	describe_bond(h, ret);
}

static int family_of(const struct nl_addr *a)
{
	return nl_addr_get_family(a) == AF_INET ? 4 : 6;
}

static struct fb_ip number(const struct nl_addr *a)
{
	return fb_ip_from_bytes(family_of(a), nl_addr_get_binary_addr(a));
}

/* The kernel removes the IPv4 routes of a device that goes or goes down without a word. */
static unsigned int forget_defaults(struct fb_net_state *state, __u32 ifindex)
{
	unsigned int changed = 0;

	for (size_t i = 0; i < state->defaults.n;) {
		if (state->defaults.v[i].ifindex != ifindex) {
			i++;
			continue;
		}
		take_out(&state->defaults, i);
		changed = FB_NET_CHANGED_ROUTES;
	}
	return changed;
}

static unsigned int apply_link(struct fb_net_state *state, struct nl_object *o, const struct nlmsghdr *h,
			       bool gone)
{
	unsigned int changed = FB_NET_CHANGED_LINKS;
	struct fb_net_link link;
	size_t i = 0;

	describe_link((struct rtnl_link *)o, h, &link);
	if (gone || !link.up)
		changed |= forget_defaults(state, link.ifindex);
	while (i < state->links.n && state->links.v[i].ifindex != link.ifindex)
		i++;
	if (gone) {
		if (i == state->links.n)
			return 0;
		take_out(&state->links, i);
	} else if (i == state->links.n) {
		fb_vec_add(&state->links, link);
	} else {
		if (memcmp(&state->links.v[i], &link, sizeof(link)) == 0) /* statistics, wireless events */
			return 0;
		state->links.v[i] = link;
	}
	return changed;
}

static unsigned int apply_address(struct fb_net_state *state, struct nl_object *o, bool gone)
{
	struct rtnl_addr *from = (struct rtnl_addr *)o;
	struct nl_addr *local = rtnl_addr_get_local(from), *broadcast = rtnl_addr_get_broadcast(from);
	unsigned int flags = rtnl_addr_get_flags(from);
	struct fb_net_address a;
	size_t i = 0;

	if (!local || (nl_addr_get_family(local) != AF_INET && nl_addr_get_family(local) != AF_INET6))
		return 0;
	memset(&a, 0, sizeof(a)); /* compared as bytes */
	a.ifindex = (__u32)rtnl_addr_get_ifindex(from);
	a.family = family_of(local);
	a.ip = number(local);
	a.prefix_len = (unsigned int)rtnl_addr_get_prefixlen(from);
	a.has_broadcast = broadcast && nl_addr_get_family(broadcast) == AF_INET;
	if (a.has_broadcast)
		a.broadcast = number(broadcast);
	a.link_local = a.family == 4 ? (a.ip.lo >> 16) == 0xa9fe : (a.ip.hi >> 54) == 0x3fa;
	a.tentative = a.family == 6 && (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) &&
		      !(flags & IFA_F_OPTIMISTIC);

	for (; i < state->addresses.n; i++) {
		const struct fb_net_address *b = &state->addresses.v[i];

		if (b->ifindex == a.ifindex && b->family == a.family && fb_ip_cmp(b->ip, a.ip) == 0 &&
		    b->prefix_len == a.prefix_len)
			break;
	}
	if (gone) {
		if (i == state->addresses.n)
			return 0;
		take_out(&state->addresses, i);
	} else if (i == state->addresses.n) {
		fb_vec_add(&state->addresses, a);
	} else {
		if (memcmp(&state->addresses.v[i], &a, sizeof(a)) ==
		    0) /* lifetimes of an RA: every few seconds */
			return 0;
		state->addresses.v[i] = a;
	}
	return FB_NET_CHANGED_ADDRESSES;
}

static enum fb_net_neighbour_state neighbour_state(int nud)
{
	if (nud & (NUD_PERMANENT | NUD_NOARP))
		return FB_NET_NEIGHBOUR_STATIC;
	if (nud & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE))
		return FB_NET_NEIGHBOUR_VALID;
	return nud & NUD_FAILED ? FB_NET_NEIGHBOUR_FAILED : FB_NET_NEIGHBOUR_UNKNOWN;
}

/* The kernel keeps entries for group addresses too (NOARP), which are no hosts. */
static bool is_group(int family, struct fb_ip ip)
{
	return family == 4 ? (ip.lo >> 28) == 0xe || ip.lo == 0xffffffffu : (ip.hi >> 56) == 0xff;
}

static unsigned int apply_neighbour(struct fb_net_state *state, struct nl_object *o, bool gone)
{
	struct rtnl_neigh *from = (struct rtnl_neigh *)o;
	struct nl_addr *ip = rtnl_neigh_get_dst(from), *mac = rtnl_neigh_get_lladdr(from);
	int nud = rtnl_neigh_get_state(from);
	struct fb_net_neighbour n;
	size_t i = 0;

	if (!ip || (nl_addr_get_family(ip) != AF_INET && nl_addr_get_family(ip) != AF_INET6) ||
	    is_group(family_of(ip), number(ip)))
		return 0;
	memset(&n, 0, sizeof(n));
	n.ifindex = (__u32)rtnl_neigh_get_ifindex(from);
	n.family = family_of(ip);
	n.ip = number(ip);
	n.state = nud < 0 ? FB_NET_NEIGHBOUR_UNKNOWN : neighbour_state(nud);
	n.reachable = nud > 0 && (nud & (NUD_REACHABLE | NUD_PERMANENT));
	n.has_mac = mac && nl_addr_get_len(mac) == sizeof(n.mac) && n.state != FB_NET_NEIGHBOUR_FAILED;
	if (n.has_mac)
		memcpy(n.mac, nl_addr_get_binary_addr(mac), sizeof(n.mac));

	for (; i < state->neighbours.n; i++) {
		const struct fb_net_neighbour *b = &state->neighbours.v[i];

		if (b->ifindex == n.ifindex && b->family == n.family && fb_ip_cmp(b->ip, n.ip) == 0)
			break;
	}
	if (gone) {
		if (i == state->neighbours.n)
			return 0;
		take_out(&state->neighbours, i);
	} else if (i == state->neighbours.n) {
		fb_vec_add(&state->neighbours, n);
	} else {
		if (memcmp(&state->neighbours.v[i], &n, sizeof(n)) == 0)
			return 0;
		state->neighbours.v[i] = n;
	}
	return FB_NET_CHANGED_NEIGHBOURS;
}

static bool same_route(const struct fb_net_route *a, const struct fb_net_route *b)
{
	return a->ifindex == b->ifindex && a->family == b->family && a->table == b->table &&
	       a->metric == b->metric && a->has_gateway == b->has_gateway &&
	       fb_ip_cmp(a->gateway, b->gateway) == 0;
}

static void apply_hop(struct fb_net_state *state, struct rtnl_route *route, struct rtnl_nexthop *hop,
		      bool gone)
{
	struct nl_addr *gateway = rtnl_route_nh_get_gateway(hop);
	struct fb_net_route r = {
		.ifindex = (__u32)rtnl_route_nh_get_ifindex(hop),
		.family = rtnl_route_get_family(route) == AF_INET ? 4 : 6,
		.metric = rtnl_route_get_priority(route),
		.table = rtnl_route_get_table(route),
	};
	size_t i = 0;

	if (!gateway)
		gateway = rtnl_route_nh_get_via(hop);
	/* IPv4 over an IPv6 gateway (RFC 5549): there is one, but not of this family. */
	r.has_gateway = gateway && nl_addr_get_family(gateway) == rtnl_route_get_family(route);
	if (r.has_gateway)
		r.gateway = number(gateway);
	while (i < state->defaults.n && !same_route(&state->defaults.v[i], &r))
		i++;
	if (gone && i < state->defaults.n)
		take_out(&state->defaults, i);
	else if (!gone && i == state->defaults.n)
		fb_vec_add(&state->defaults, r);
}

/*
 * Every route makes the cached next hops suspect; only default routes are kept. A replaced one says new and
 * never del.
 */
static unsigned int apply_route(struct fb_net_state *state, struct nl_object *o, bool gone, bool replaces)
{
	struct rtnl_route *route = (struct rtnl_route *)o;
	struct nl_addr *dst = rtnl_route_get_dst(route);
	int family = rtnl_route_get_family(route) == AF_INET ? 4 : 6;

	if (rtnl_route_get_type(route) != RTN_UNICAST || (dst && nl_addr_get_prefixlen(dst)))
		return FB_NET_CHANGED_ROUTES;
	for (size_t i = 0; replaces && i < state->defaults.n;) {
		const struct fb_net_route *r = &state->defaults.v[i];

		if (r->family == family && r->table == rtnl_route_get_table(route) &&
		    r->metric == rtnl_route_get_priority(route))
			take_out(&state->defaults, i);
		else
			i++;
	}
	for (int i = 0; i < rtnl_route_get_nnexthops(route); i++)
		apply_hop(state, route, rtnl_route_nexthop_n(route, i), gone);
	return FB_NET_CHANGED_ROUTES;
}

struct parsed {
	struct fb_net_state *state;
	const struct nlmsghdr *h;
	unsigned int changed;
};

static void take_object(struct nl_object *o, void *arg)
{
	struct parsed *p = arg;

	switch (p->h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		p->changed = apply_link(p->state, o, p->h, p->h->nlmsg_type == RTM_DELLINK);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		p->changed = apply_address(p->state, o, p->h->nlmsg_type == RTM_DELADDR);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		p->changed = apply_neighbour(p->state, o, p->h->nlmsg_type == RTM_DELNEIGH);
		break;
	default:
		p->changed = apply_route(p->state, o, p->h->nlmsg_type == RTM_DELROUTE,
					 p->h->nlmsg_flags & NLM_F_REPLACE);
		break;
	}
}

unsigned int fb_state_apply(struct fb_net_state *state, struct nl_msg *msg)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	struct parsed p = { .state = state, .h = h };

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWADDR:
	case RTM_DELADDR:
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		/*
		 * A bridge's view of its ports and addresses (AF_BRIDGE) says "del" about devices that stay.
		 */
		if (nlmsg_datalen(h) < 1 || *(const unsigned char *)nlmsg_data(h) == AF_BRIDGE)
			return 0;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		/* The first byte is the family; clones are the route cache of old. */
		if (nlmsg_datalen(h) < (int)sizeof(struct rtmsg) ||
		    (((const struct rtmsg *)nlmsg_data(h))->rtm_flags & RTM_F_CLONED))
			return 0;
		if (((const struct rtmsg *)nlmsg_data(h))->rtm_dst_len)
			return FB_NET_CHANGED_ROUTES;
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return FB_NET_CHANGED_ROUTES;
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
	case RTM_NEWTFILTER:
	case RTM_DELTFILTER:
		return FB_NET_CHANGED_TC;
	default:
		return 0;
	}
	nl_msg_parse(msg, take_object, &p);
	return p.changed;
}

void fb_state_done(struct fb_net_state *state)
{
	fb_vec_done(&state->links);
	fb_vec_done(&state->addresses);
	fb_vec_done(&state->neighbours);
	fb_vec_done(&state->defaults);
}

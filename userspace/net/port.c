// SPDX-License-Identifier: GPL-2.0-only
/* Questions about links: by name, by index, the device of a tag, and which may be a policy interface (S5). */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/net.h"

const struct fb_net_link *fb_net_link_by_name(const struct fb_net_state *state, const char *name)
{
	for (size_t i = 0; i < state->links.n; i++)
		if (strcmp(state->links.v[i].name, name) == 0)
			return &state->links.v[i];
	return NULL;
}

const struct fb_net_link *fb_net_link_by_index(const struct fb_net_state *state, __u32 ifindex)
{
	for (size_t i = 0; i < state->links.n; i++)
		if (state->links.v[i].ifindex == ifindex)
			return &state->links.v[i];
	return NULL;
}

const struct fb_net_link *fb_net_vlan(const struct fb_net_state *state, __u32 parent, unsigned int vid)
{
	for (size_t i = 0; i < state->links.n; i++) {
		const struct fb_net_link *l = &state->links.v[i];

		if (l->kind == FB_LINK_VLAN && !l->qinq && l->parent == parent && l->vid == vid)
			return l;
	}
	return NULL;
}

/* "eth1, eth2", as far as there is room. */
static void list_ports(const struct fb_net_state *state, __u32 master, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = 0;
	for (size_t i = 0; i < state->links.n && len < size; i++)
		if (state->links.v[i].master == master)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
						state->links.v[i].name);
}

static const char *refuse_group(const struct fb_net_state *state, const struct fb_net_link *link, char *buf,
				size_t size)
{
	char ports[128];

	list_ports(state, link->ifindex, ports, sizeof(ports));
	if (link->kind == FB_LINK_BRIDGE)
		snprintf(buf, size,
			 "%s is a bridge: frames between its ports never pass the policy; take the ports out "
			 "of it "
			 "and name each one as an interface (%s)",
			 link->name, ports[0] ? ports : "it has none now");
	else
		snprintf(buf, size,
			 "%s is a team, which has no native XDP: make a bond of its members, or name a "
			 "single card "
			 "(members: %s)",
			 link->name, ports[0] ? ports : "none now");
	return buf;
}

/* What the kernel refuses XDP on (its bond_xdp_check): in these modes each frame is changed or copied on its way out. */
static const char *refuse_bond(const struct fb_net_link *link, char *buf, size_t size)
{
	static const char *const modes[] = { [FB_BOND_BROADCAST] = "broadcast",
					     [FB_BOND_TLB] = "balance-tlb",
					     [FB_BOND_ALB] = "balance-alb" };
	bool hashes = link->bond_mode == FB_BOND_XOR || link->bond_mode == FB_BOND_8023AD;

	if (hashes && link->bond_hash == FB_BOND_HASH_VLAN)
		snprintf(buf, size,
			 "%s is a bond with the hash vlan+srcmac, which XDP cannot follow: ip link set %s "
			 "type "
			 "bond xmit_hash_policy layer2+3",
			 link->name, link->name);
	else if (link->bond_mode < FB_ARRAY_SIZE(modes) ? modes[link->bond_mode] != NULL : true)
		snprintf(
			buf, size,
			"%s is a bond of mode %s, which has no native XDP: make it one of active-backup, "
			"802.3ad, "
			"balance-xor or balance-rr (the mode of a bond changes only while it has no members)",
			link->name,
			link->bond_mode < FB_ARRAY_SIZE(modes) ? modes[link->bond_mode] : "unknown");
	else
		return NULL;
	return buf;
}

static const char *refuse_vlan(const struct fb_net_state *state, const struct fb_net_link *link, char *buf,
			       size_t size)
{
	const struct fb_net_link *parent = fb_net_link_by_index(state, link->parent);

	if (!parent)
		snprintf(buf, size,
			 "%s is a VLAN device of another namespace: name the card itself, in its namespace",
			 link->name);
	else if (link->qinq)
		snprintf(buf, size,
			 "%s is an 802.1ad device: double tags are not handled; use 802.1Q tags on %s",
			 link->name, parent->name);
	else
		snprintf(buf, size,
			 "%s is a VLAN device: write `interface %s vlan %u` and keep the device for its "
			 "address",
			 link->name, parent->name, link->vid);
	return buf;
}

static const char *refuse_member(const struct fb_net_state *state, const struct fb_net_link *link, char *buf,
				 size_t size)
{
	const struct fb_net_link *master = fb_net_link_by_index(state, link->master);

	if (!master ||
	    (master->kind != FB_LINK_BRIDGE && master->kind != FB_LINK_BOND && master->kind != FB_LINK_TEAM))
		return NULL;
	if (master->kind == FB_LINK_BOND) {
		snprintf(buf, size,
			 "%s is a member of the bond %s: name %s, which protects all its members, or take it "
			 "out (`ip "
			 "link set %s nomaster`)",
			 link->name, master->name, master->name, link->name);
		return buf;
	}
	snprintf(buf, size,
		 "%s is a port of %s: take it out (`ip link set %s nomaster`) and give it the zone's address",
		 link->name, master->name, link->name);
	return buf;
}

const char *fb_net_port_refusal(const struct fb_net_state *state, const struct fb_net_link *link, char *buf,
				size_t size)
{
	static const char *const texts[] = {
		[FB_LINK_LOOPBACK] =
			"is the loopback device: traffic to the gateway itself is the zone `self`",
		[FB_LINK_DUMMY] = "is a dummy device: nothing ever arrives on it; name the card that the "
				  "hosts are behind",
		[FB_LINK_TUN] = "is a tun or tap device: it has no Ethernet frames or its own process behind "
				"it; name the card that carries the "
				"tunnel, and end the tunnel on a host behind the gateway",
		[FB_LINK_WIREGUARD] = "is a WireGuard device: what it carries has no Ethernet header; name "
				      "the card that carries it, and end the "
				      "tunnel on a host behind the gateway",
		[FB_LINK_PPP] = "is a PPP device: it has no Ethernet header; end the connection in the modem "
				"and name the card towards it",
		[FB_LINK_WWAN] =
			"is a mobile modem's device: it has no Ethernet header; use a router for the "
			"modem and name the card towards it",
		[FB_LINK_MACVLAN] = "shares the card of another device: name the card itself",
		[FB_LINK_TUNNEL] = "is a tunnel: name the card that carries it, and end the tunnel on a host "
				   "behind the gateway",
	};

	switch (link->kind) {
	case FB_LINK_ETHERNET:
	case FB_LINK_VETH:
		return refuse_member(state, link, buf, size);
	case FB_LINK_VLAN:
		return refuse_vlan(state, link, buf, size);
	case FB_LINK_BOND:
		return refuse_bond(link, buf, size) ?: refuse_member(state, link, buf, size);
	case FB_LINK_BRIDGE:
	case FB_LINK_TEAM:
		return refuse_group(state, link, buf, size);
	case FB_LINK_OTHER:
		if (link->has_mac) /* an Ethernet device of a kind that we do not know: its driver decides */
			return refuse_member(state, link, buf, size);
		snprintf(buf, size, "%s (%s) is no Ethernet device: name a card", link->name,
			 link->kind_name[0] ? link->kind_name : "unknown");
		return buf;
	default:
		snprintf(buf, size, "%s %s", link->name, texts[link->kind]);
		return buf;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#include "agent/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

struct fb_watch {
	struct fb_netlink *net;
	struct fb_host *host;
};

static const char *neighbour_state(const struct fb_net_neighbour *n)
{
	switch (n->state) {
	case FB_NET_NEIGHBOUR_VALID:
		return n->reachable ? "reachable" : "stale";
	case FB_NET_NEIGHBOUR_STATIC:
		return "static";
	case FB_NET_NEIGHBOUR_FAILED:
		return "failed";
	default:
		return "unknown";
	}
}

static void fill_links(struct fb_host *host, const struct fb_net_state *state)
{
	host->links.n = 0;
	for (size_t i = 0; i < state->links.n; i++) {
		const struct fb_net_link *from = &state->links.v[i];
		struct fb_host_link link = { .ifindex = from->ifindex, .up = from->up, .mtu = from->mtu };
		const struct fb_net_link *master;
		char why[sizeof(link.refusal)];
		const char *refusal = fb_net_port_refusal(state, from, why, sizeof(why));

		memcpy(link.name, from->name, sizeof(link.name));
		memcpy(link.mac, from->mac, sizeof(link.mac));
		if (from->kind == FB_LINK_VLAN && !from->qinq) {
			link.parent = from->parent;
			link.vid = from->vid;
		}
		if (from->kind == FB_LINK_MACVLAN)
			link.below = from->parent;
		link.is_bond = from->kind == FB_LINK_BOND;
		link.lacp = link.is_bond && from->bond_mode == FB_BOND_8023AD;
		master = from->master ? fb_net_link_by_index(state, from->master) : NULL;
		if (master && master->kind == FB_LINK_BOND)
			link.bond = master->ifindex;
		if (refusal)
			strncpy(link.refusal, refusal, sizeof(link.refusal) - 1);
		fb_vec_add(&host->links, link);
	}
}

static void fill_addresses(struct fb_host *host, const struct fb_net_state *state)
{
	host->addresses.n = 0;
	for (size_t i = 0; i < state->addresses.n; i++) {
		const struct fb_net_address *a = &state->addresses.v[i];

		fb_vec_add(&host->addresses,
			   (struct fb_host_address){ a->ifindex, a->family, a->ip, a->prefix_len,
						     a->has_broadcast, a->broadcast, a->link_local });
	}
}

static void fill_neighbours(struct fb_host *host, const struct fb_net_state *state)
{
	host->neighbours.n = 0;
	for (size_t i = 0; i < state->neighbours.n; i++) {
		const struct fb_net_neighbour *n = &state->neighbours.v[i];
		struct fb_host_neighbour copy = { .ifindex = n->ifindex,
						  .family = n->family,
						  .ip = n->ip,
						  .has_mac = n->has_mac,
						  .state = neighbour_state(n) };

		memcpy(copy.mac, n->mac, sizeof(copy.mac));
		fb_vec_add(&host->neighbours, copy);
	}
}

static void fill(struct fb_watch *watch, unsigned int what)
{
	const struct fb_net_state *state = fb_net_state(watch->net);

	if (what & FB_NET_CHANGED_LINKS)
		fill_links(watch->host, state);
	if (what & FB_NET_CHANGED_ADDRESSES)
		fill_addresses(watch->host, state);
	if (what & FB_NET_CHANGED_NEIGHBOURS)
		fill_neighbours(watch->host, state);
}

int fb_watch_open(struct fb_host *host, struct fb_watch **ret, struct fb_error *err)
{
	struct fb_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		abort();
	watch->host = host;
	r = fb_net_open(&watch->net, err);
	if (r < 0) {
		free(watch);
		return r;
	}
	fill(watch, FB_NET_CHANGED_ALL);
	*ret = watch;
	return 0;
}

void fb_watch_close(struct fb_watch *watch)
{
	if (!watch)
		return;
	fb_net_close(watch->net);
	free(watch);
}

int fb_watch_fd(const struct fb_watch *watch)
{
	return fb_net_fd(watch->net);
}

int fb_watch_dispatch(struct fb_watch *watch, unsigned int *ret_changed, struct fb_error *err)
{
	unsigned int what = 0;
	int r = fb_net_dispatch(watch->net, &what, err);

	if (r < 0)
		return r;
	fill(watch, what);
	*ret_changed = (what & (FB_NET_CHANGED_LINKS | FB_NET_CHANGED_ADDRESSES) ? FB_WATCH_HOST : 0) |
		       (what & (FB_NET_CHANGED_ALL & ~FB_NET_CHANGED_TC) ? FB_WATCH_ROUTES : 0) |
		       (what & FB_NET_CHANGED_TC ? FB_WATCH_FILTERS : 0);
	return 0;
}

int fb_watch_refresh(struct fb_watch *watch, struct fb_error *err)
{
	int r = fb_net_refresh(watch->net, err);

	if (r == 0)
		fill(watch, FB_NET_CHANGED_ALL);
	return r;
}

int fb_watch_prepare(const char *ifname, bool vlans, bool wire, struct fb_error *err)
{
	int r = fb_net_offload_off(ifname, "lro", err);

	if (r == 0)
		r = fb_net_offload_off(ifname, "gro-hw", err);
	if (r == 0 && vlans)
		r = fb_net_offload_off(ifname, "rxvlan", err);
	if (r == 0 && wire)
		r = fb_net_promiscuous(ifname, err);
	return r;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two sockets. Listening begins before the first question, and changes are applied in the order in which
 * they were said, so that an older message that is read after a dump is followed by the newer one that the
 * dump has shown already.
 */
#include "net/net.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "net/state.h"

/*
 * Room for about ten thousand changes while the agent compiles a policy; more is an overrun, which is
 * survived.
 */
enum { RECEIVE_BUFFER = 4 << 20, ROUNDS = 5 };

struct fb_netlink {
	struct nl_sock *monitor, *ask;
	struct fb_net_state state;
	unsigned int changed;
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct fb_netlink *net = arg;

	net->changed |= fb_state_apply(&net->state, msg);
	return NL_OK;
}

static int from_nl(struct fb_error *err, int r, const char *what)
{
	return fb_error_set(err, -EIO, "netlink: %s: %s", what, nl_geterror(r));
}

static int ask_one(struct fb_netlink *net, int type, int family)
{
	struct rtgenmsg request = { .rtgen_family = (unsigned char)family };
	int r = nl_send_simple(net->ask, type, NLM_F_DUMP, &request, sizeof(request));

	return r < 0 ? r : nl_recvmsgs_default(net->ask);
}

static int ask_all(struct fb_netlink *net)
{
	static const struct {
		int type, family;
	} questions[] = {
		{ RTM_GETLINK, AF_UNSPEC }, { RTM_GETADDR, AF_UNSPEC }, { RTM_GETNEIGH, AF_UNSPEC },
		{ RTM_GETROUTE, AF_INET },  { RTM_GETROUTE, AF_INET6 },
	};
	int r = 0;

	net->state.links.n = net->state.addresses.n = net->state.neighbours.n = net->state.defaults.n = 0;
	for (size_t i = 0; i < FB_ARRAY_SIZE(questions) && r >= 0; i++)
		r = ask_one(net, questions[i].type, questions[i].family);
	return r;
}

static struct nl_sock *open_socket(struct fb_netlink *net)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (sock && nl_connect(sock, NETLINK_ROUTE) < 0) {
		nl_socket_free(sock);
		sock = NULL;
	}
	if (sock)
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, net);
	return sock;
}

/* What is left of an answer that was not read to its end would be taken for the next one's. */
static int ask_anew(struct fb_netlink *net)
{
	struct nl_sock *fresh = open_socket(net);

	if (!fresh)
		return -NLE_BAD_SOCK;
	nl_socket_free(net->ask);
	net->ask = fresh;
	return ask_all(net);
}

int fb_net_refresh(struct fb_netlink *net, struct fb_error *err)
{
	int r = ask_all(net);

	/* A table that changed while it was dumped says so: once more. */
	for (int round = 1; round < ROUNDS && r < 0; round++)
		r = ask_anew(net);
	return r < 0 ? from_nl(err, r, "links, addresses, neighbours and routes cannot be read") : 0;
}

static int join_groups(struct nl_sock *sock)
{
	static const int groups[] = {
		RTNLGRP_LINK,	     RTNLGRP_NEIGH,	 RTNLGRP_TC,	     RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE,   RTNLGRP_NEXTHOP,
	};
	int r = 0;

	for (size_t i = 0; i < FB_ARRAY_SIZE(groups) && r == 0; i++)
		r = nl_socket_add_memberships(sock, groups[i], 0);
	return r;
}

static void close_sockets(struct fb_netlink **net)
{
	fb_net_close(*net);
}

int fb_net_open(struct fb_netlink **ret, struct fb_error *err)
{
	struct fb_netlink *net FB_CLEANUP(close_sockets) = calloc(1, sizeof(*net));
	int size = RECEIVE_BUFFER, r;

	if (!net)
		abort();
	net->monitor = open_socket(net);
	net->ask = open_socket(net);
	if (!net->monitor || !net->ask)
		return fb_error_set(err, -EIO, "netlink: a socket cannot be opened: %s", strerror(errno));
	nl_socket_disable_seq_check(net->monitor);
	/* Above the system's limit if we may, else up to it. */
	if (setsockopt(nl_socket_get_fd(net->monitor), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(nl_socket_get_fd(net->monitor), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	nl_socket_set_nonblocking(net->monitor);
	r = join_groups(net->monitor);
	if (r < 0)
		return from_nl(err, r, "changes cannot be subscribed to");
	r = fb_net_refresh(net, err);
	if (r < 0)
		return r;
	net->changed = 0;
	*ret = FB_STEAL(net);
	return 0;
}

void fb_net_close(struct fb_netlink *net)
{
	if (!net)
		return;
	if (net->monitor)
		nl_socket_free(net->monitor);
	if (net->ask)
		nl_socket_free(net->ask);
	fb_state_done(&net->state);
	free(net);
}

int fb_net_fd(const struct fb_netlink *net)
{
	return nl_socket_get_fd(net->monitor);
}

const struct fb_net_state *fb_net_state(const struct fb_netlink *net)
{
	return &net->state;
}

int fb_net_dispatch(struct fb_netlink *net, unsigned int *ret_changed, struct fb_error *err)
{
	bool lost = false;
	int r;

	net->changed = 0;
	/* libnl's answer to ENOBUFS, which the kernel gives once and then goes on with what is left. */
	while ((r = nl_recvmsgs_default(net->monitor)) == 0 || r == -NLE_NOMEM)
		lost |= r == -NLE_NOMEM;
	if (r != -NLE_AGAIN && r != -NLE_INTR)
		return from_nl(err, r, "changes cannot be read");
	if (lost) {
		r = fb_net_refresh(net, err);
		if (r < 0)
			return r;
		net->changed = FB_NET_CHANGED_ALL | FB_NET_RESYNCED;
	}
	*ret_changed = net->changed;
	return 0;
}

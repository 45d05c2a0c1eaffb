// SPDX-License-Identifier: GPL-2.0-only
/*
 * What netlink says, followed through changes. Needs root: every test has a network namespace of its own with
 * the veth pair ga - gb.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "net/net.h"

static struct fb_netlink *net;
static struct fb_error err;

__attribute__((format(printf, 1, 2))) static void sh(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	cr_assert(system(command) == 0, "%s", command);
}

static void setup(void)
{
	cr_assert(unshare(CLONE_NEWNET) == 0, "needs root");
	sh("sysctl -qw net.ipv6.conf.default.accept_dad=0; ip link set lo up; ip link add ga type veth peer "
	   "name gb");
	cr_assert(fb_net_open(&net, &err) == 0, "%s", err.text);
}
static void teardown(void)
{
	fb_net_close(net);
}
TestSuite(net, .init = setup, .fini = teardown, .timeout = 120);

/* Messages are queued before `ip` ends: no waiting. */
static unsigned int changed(void)
{
	unsigned int what = 0;

	cr_assert(fb_net_dispatch(net, &what, &err) == 0, "%s", err.text);
	return what;
}

/* What a worker of the kernel does comes after `ip` has ended: a carrier, the end of "tentative". */
#define WAIT_UNTIL(cond)                              \
	for (int i_ = 0; i_ < 300 && !(cond); i_++) { \
		usleep(10000);                        \
		changed();                            \
	}

/* Until nothing has come for a second: the kernel's workers (carrier, IPv6 addresses) are done. */
static void wait_until_silent(void)
{
	for (int silent = 0; silent < 100; silent = changed() ? 0 : silent + 1)
		usleep(10000);
}

static const struct fb_net_link *ga(void)
{
	return fb_net_link_by_name(fb_net_state(net), "ga");
}

static const struct fb_net_address *address(const char *text)
{
	struct fb_ip ip;
	int family;

	cr_assert(fb_ip_parse(text, strlen(text), &family, &ip) == 0);
	for (size_t i = 0; i < fb_net_state(net)->addresses.n; i++) {
		const struct fb_net_address *a = &fb_net_state(net)->addresses.v[i];

		if (a->family == family && fb_ip_cmp(a->ip, ip) == 0)
			return a;
	}
	return NULL;
}

Test(net, links_are_followed_through_up_rename_and_removal)
{
	cr_assert(ga()->kind == FB_LINK_VETH && ga()->has_mac && !ga()->up && ga()->mtu == 1500);
	cr_assert(changed() == 0);
	sh("ip link set ga up mtu 1400 address 02:00:00:00:00:0a; ip link set gb up");
	cr_assert(changed() & FB_NET_CHANGED_LINKS);
	WAIT_UNTIL(ga()->running);
	cr_assert(ga()->up && ga()->running && ga()->mtu == 1400 && ga()->mac[5] == 0x0a);
	sh("ip link set ga down; ip link set ga name gx");
	changed();
	cr_assert_null(ga());
	cr_assert_not_null(fb_net_link_by_name(fb_net_state(net), "gx"));
	sh("ip link del gx");
	cr_assert(changed() & FB_NET_CHANGED_LINKS);
	cr_assert(fb_net_state(net)->links.n == 1);
}

Test(net, a_port_that_leaves_its_bridge_is_still_there)
{
	sh("ip link add br0 type bridge; ip link set ga master br0");
	changed();
	cr_assert(ga()->master == fb_net_link_by_name(fb_net_state(net), "br0")->ifindex);
	sh("ip link set ga nomaster");
	changed();
	cr_assert_not_null(ga());
	cr_assert(ga()->master == 0);
}

Test(net, addresses_come_with_prefix_and_broadcast)
{
	sh("ip link set ga up; ip addr add 10.20.0.1/16 brd + dev ga; ip addr add 2001:db8::1/64 dev ga "
	   "nodad");
	cr_assert(changed() & FB_NET_CHANGED_ADDRESSES);
	const struct fb_net_address *a = address("10.20.0.1"), *b = address("2001:db8::1");

	cr_assert(a && a->prefix_len == 16 && a->has_broadcast && a->broadcast.lo == 0x0a14ffff &&
		  a->ifindex == ga()->ifindex);
	WAIT_UNTIL((b = address("2001:db8::1")) && !b->tentative); /* also with nodad */
	cr_assert(b && b->prefix_len == 64 && !b->has_broadcast && !b->link_local && !b->tentative);
	sh("ip addr del 10.20.0.1/16 dev ga");
	changed();
	cr_assert_null(address("10.20.0.1"));
	sh("ip link del ga");
	changed();
	cr_assert_null(address("2001:db8::1"));
}

Test(net, neighbours_have_a_state_and_no_group_addresses)
{
	const struct fb_net_neighbour *n = NULL;

	sh("ip link set ga up; ip link set gb up; ip addr add 10.20.0.1/16 dev ga");
	sh("ip neigh add 10.20.0.5 lladdr 02:00:00:00:00:05 dev ga nud permanent; ip neigh add 10.20.0.6 dev "
	   "ga nud failed");
	cr_assert(changed() & FB_NET_CHANGED_NEIGHBOURS);
	for (size_t i = 0; i < fb_net_state(net)->neighbours.n; i++) {
		const struct fb_net_neighbour *at = &fb_net_state(net)->neighbours.v[i];

		cr_assert(at->family == 4 || at->ip.hi >> 56 != 0xff);
		if (at->ip.lo == 0x0a140005)
			n = at;
		if (at->ip.lo == 0x0a140006)
			cr_assert(at->state == FB_NET_NEIGHBOUR_FAILED && !at->has_mac);
	}
	cr_assert(n && n->state == FB_NET_NEIGHBOUR_STATIC && n->has_mac && n->mac[5] == 5);
}

Test(net, default_routes_are_kept_and_every_route_is_a_change)
{
	sh("ip link set ga up; ip link set gb up; ip addr add 10.20.0.1/16 dev ga");
	changed();
	sh("ip route add default via 10.20.0.9 metric 5");
	cr_assert(changed() & FB_NET_CHANGED_ROUTES);
	cr_assert(fb_net_state(net)->defaults.n == 1);
	const struct fb_net_route *r = &fb_net_state(net)->defaults.v[0];

	cr_assert(r->ifindex == ga()->ifindex && r->family == 4 && r->has_gateway &&
		  r->gateway.lo == 0x0a140009 && r->metric == 5);
	sh("ip route replace default via 10.20.0.10 metric 5");
	changed();
	cr_assert(fb_net_state(net)->defaults.n == 1 &&
		  fb_net_state(net)->defaults.v[0].gateway.lo == 0x0a14000a);
	sh("ip route add 192.0.2.0/24 via 10.20.0.9");
	cr_assert(changed() == FB_NET_CHANGED_ROUTES);
	sh("ip rule add from 192.0.2.1 lookup 7");
	cr_assert(changed() == FB_NET_CHANGED_ROUTES);
	sh("ip link set ga down");
	cr_assert(changed() & FB_NET_CHANGED_ROUTES);
	cr_assert(fb_net_state(net)->defaults.n == 0,
		  "the kernel says nothing of IPv4 routes that go with a device");
}

Test(net, a_qdisc_that_comes_or_goes_is_told)
{
	sh("tc qdisc add dev ga clsact");
	cr_assert(changed() == FB_NET_CHANGED_TC);
	sh("tc qdisc del dev ga clsact");
	cr_assert(changed() & FB_NET_CHANGED_TC);
}

static bool has_clsact(const char *name)
{
	struct fb_net_attached attached;
	bool has;

	cr_assert(fb_net_attached(fb_net_link_by_name(fb_net_state(net), name)->ifindex, &attached, &err) ==
			  0,
		  "%s", err.text);
	has = attached.clsact;
	fb_net_attached_done(&attached);
	return has;
}

Test(net, a_clsact_is_found_on_its_own_device_only)
{
	cr_assert(!has_clsact("ga"), "never had one");
	sh("tc qdisc add dev ga clsact");
	cr_assert(has_clsact("ga") && !has_clsact("gb"));
	sh("tc qdisc del dev ga clsact");
	cr_assert(!has_clsact("ga"), "has one no more");
	sh("tc qdisc add dev ga ingress");
	cr_assert(!has_clsact("ga"), "of the same number, and another");
}

Test(net, the_descriptor_is_readable_when_something_changed)
{
	struct pollfd p = { .fd = fb_net_fd(net), .events = POLLIN };

	cr_assert(poll(&p, 1, 0) == 0);
	sh("ip link set ga up");
	cr_assert(poll(&p, 1, 0) == 1);
	changed();
	cr_assert(poll(&p, 1, 0) == 0);
}

Test(net, lost_messages_are_noticed_and_everything_is_read_again)
{
	int size = 4096;

	sh("ip link set ga up; ip link set gb up");
	wait_until_silent();
	setsockopt(fb_net_fd(net), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	sh("for i in $(seq 1 200); do echo addr add 10.20.0.$i/16 dev ga; done | ip -b -");
	cr_assert(changed() == (FB_NET_CHANGED_ALL | FB_NET_RESYNCED));
	cr_assert_not_null(address("10.20.0.200"));
	cr_assert(changed() == 0);
}

Test(net, a_driver_says_its_name_and_offloads)
{
	struct fb_net_driver d;

	cr_assert(fb_net_driver("ga", &d, &err) == 0, "%s", err.text);
	cr_assert_str_eq(d.name, "veth");
	cr_assert(d.rxvlan.known && d.rxvlan.on && !d.rxvlan.fixed);
	cr_assert(d.lro.known && !d.lro.on);
	cr_assert(fb_net_offload_off("ga", "rxvlan", &err) == 0, "%s", err.text);
	cr_assert(fb_net_offload_off("ga", "rxvlan", &err) == 0, "twice is no error");
	cr_assert(fb_net_driver("ga", &d, &err) == 0 && !d.rxvlan.on);
	cr_assert(fb_net_offload_off("ga", "colour", &err) == -EINVAL);
	cr_assert(fb_net_driver("none", &d, &err) == -ENODEV);
}

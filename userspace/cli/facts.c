// SPDX-License-Identifier: GPL-2.0-only
#include "cli/facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/session.h"
#include "base/strbuf.h"
#include "net/net.h"

void fb_facts_file(const char *path, struct fb_strbuf *out)
{
	fb_autofclose FILE *f = fopen(path, "re");
	char buf[4096];
	size_t n;

	while (f && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		fb_strbuf_addn(out, buf, n);
	if (out->len && out->s[out->len - 1] == '\n')
		out->s[--out->len] = 0;
}

/* Calls each line of text, without its end. */
static void each_line(const char *text, void (*take)(void *arg, const char *line), void *arg)
{
	char line[1024];

	while (*text) {
		size_t len = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ? len : sizeof(line) - 1),
			 text);
		take(arg, line);
		text += len + (text[len] == '\n');
	}
}

static struct fb_facts_iface *find(struct fb_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->ifaces.n; i++)
		if (!strcmp(facts->ifaces.v[i].name, name))
			return &facts->ifaces.v[i];
	return NULL;
}

/* ---- interfaces ------------------------------------------------------------------------------- */

/* S5, as an apply judges it: what cannot be a zone's interface, and what to name instead. A VLAN device is its port and its tag. */
static void judge(const struct fb_net_state *state, struct fb_facts_iface *f)
{
	const struct fb_net_link *link = fb_net_link_by_name(state, f->name), *port;

	if (!link)
		return;
	port = link->kind == FB_LINK_VLAN && !link->qinq ? fb_net_link_by_index(state, link->parent) : NULL;
	if (port) {
		memcpy(f->port, port->name, sizeof(f->port));
		f->vlan = link->vid;
		link = port;
	}
	if (!fb_net_port_refusal(state, link, f->refused, sizeof(f->refused)))
		f->refused[0] = 0;
}

static void add_iface(struct fb_facts *facts, const struct fb_net_state *state, const char *name)
{
	struct fb_facts_iface f = { .vlan = -1 };

	if (find(facts, name))
		return;
	snprintf(f.name, sizeof(f.name), "%s", name);
	snprintf(f.port, sizeof(f.port), "%s", name);
	judge(state, &f);
	fb_vec_add(&facts->ifaces, f);
}

static unsigned int mask_length(int family, const struct sockaddr *mask)
{
	const unsigned char *bytes = family == 4
					     ? (const void *)&((const struct sockaddr_in *)mask)->sin_addr
					     : (const void *)&((const struct sockaddr_in6 *)mask)->sin6_addr;
	unsigned int len = 0;

	for (int i = 0; i < (family == 4 ? 4 : 16); i++)
		len += (unsigned int)__builtin_popcount(bytes[i]);
	return len;
}

static void add_address(struct fb_facts *facts, const struct ifaddrs *a)
{
	int family = a->ifa_addr->sa_family == AF_INET ? 4 : 6;
	const void *bytes = family == 4
				    ? (const void *)&((const struct sockaddr_in *)a->ifa_addr)->sin_addr
				    : (const void *)&((const struct sockaddr_in6 *)a->ifa_addr)->sin6_addr;
	struct fb_facts_net net = { .family = family,
				    .ip = fb_ip_from_bytes(family, bytes),
				    .len = family == 4 ? 32 : 128 };
	struct fb_facts_iface *f = find(facts, a->ifa_name);

	if (!f || (family == 6 ? net.ip.hi >> 54 == 0xfe80 >> 6 : net.ip.lo >> 16 == 0xa9fe))
		return; /* link-local belongs to every zone (S13) */
	if (a->ifa_netmask)
		net.len = mask_length(family, a->ifa_netmask);
	fb_vec_add(&f->addresses, net);
}

static void close_net(struct fb_netlink **net)
{
	fb_net_close(*net);
}

static int read_interfaces(struct fb_facts *facts, struct fb_error *err)
{
	struct fb_netlink *net FB_CLEANUP(close_net) = NULL;
	struct ifaddrs *list = NULL;
	int r = fb_net_open(&net, err);

	if (r < 0)
		return r;
	if (getifaddrs(&list) < 0)
		return fb_error_set(err, -errno, "cannot list the interfaces: %s", strerror(errno));
	for (const struct ifaddrs *a = list; a; a = a->ifa_next)
		if (!(a->ifa_flags & IFF_LOOPBACK))
			add_iface(facts, fb_net_state(net), a->ifa_name);
	for (const struct ifaddrs *a = list; a; a = a->ifa_next)
		if (a->ifa_addr && (a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6))
			add_address(facts, a);
	freeifaddrs(list);
	return 0;
}

/* ---- routes ----------------------------------------------------------------------------------- */

static void take_route4(void *arg, const char *line)
{
	struct fb_facts_iface *f;
	unsigned int to, gateway, flags, mask;
	char name[IF_NAMESIZE];

	if (sscanf(line, "%15s %8x %8x %4x %*d %*d %*d %8x", name, &to, &gateway, &flags, &mask) != 5)
		return; /* the heading */
	f = find(arg, name);
	if (!f || !(flags & RTF_UP))
		return;
	if (!mask)
		f->default4 = true;
	else if (gateway)
		fb_vec_add(&f->routes,
			   (struct fb_facts_net){ .family = 4,
						  .ip = { 0, ntohl(to) },
						  .len = (unsigned int)__builtin_popcount(mask) });
}

void fb_facts_read_routes4(struct fb_facts *facts, const char *text)
{
	each_line(text, take_route4, facts);
}

static struct fb_ip hex6(const char *hex)
{
	struct fb_ip ip = { 0, 0 };

	sscanf(hex, "%16llx%16llx", (unsigned long long *)&ip.hi, (unsigned long long *)&ip.lo);
	return ip;
}

static void take_route6(void *arg, const char *line)
{
	enum { ROUTER_ADVERTISED = 0x00040000 }; /* RTF_ADDRCONF: learned from an advertisement */
	char to[33], gateway[33], name[IF_NAMESIZE];
	unsigned int len, flags;
	struct fb_facts_iface *f;
	struct fb_ip next;

	if (sscanf(line, "%32s %2x %*s %*s %32s %*x %*x %*x %8x %15s", to, &len, gateway, &flags, name) != 5)
		return;
	f = find(arg, name);
	next = hex6(gateway);
	if (!f || !(flags & RTF_UP) || flags & RTF_REJECT || hex6(to).hi >> 54 == 0xfe80 >> 6 ||
	    hex6(to).hi >> 56 == 0xff)
		return;
	if (!len) {
		f->default6 = true;
		f->router_advertisements |= (flags & ROUTER_ADVERTISED) != 0;
	} else if (next.hi || next.lo) {
		fb_vec_add(&f->routes, (struct fb_facts_net){ .family = 6, .ip = hex6(to), .len = len });
	}
}

void fb_facts_read_routes6(struct fb_facts *facts, const char *text)
{
	each_line(text, take_route6, facts);
}

/* ---- sockets and the session ------------------------------------------------------------------ */

/* The kernel prints addresses as 32-bit words of its own byte order. */
static struct fb_ip socket_ip(const char *hex, int family)
{
	unsigned int w[4] = { 0 };
	unsigned char bytes[16];

	for (int i = 0; i < (family == 4 ? 1 : 4); i++)
		sscanf(hex + 8 * i, "%8x", &w[i]);
	memcpy(bytes, w, sizeof(bytes));
	return fb_ip_from_bytes(family, bytes);
}

struct socket_reader {
	struct fb_facts *facts;
	bool tcp;
	int family;
};

static void take_socket(void *arg, const char *line)
{
	enum { LISTEN = 0x0a, UNCONNECTED = 0x07, LAST_SERVICE_PORT = 32767 };
	const struct socket_reader *r = arg;
	struct fb_facts_socket s = { .tcp = r->tcp, .family = r->family };
	char local[33], remote[33];
	unsigned int port, remote_port, state;

	if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %2x", local, &port, remote,
		   &remote_port, &state) != 5)
		return;
	s.ip = socket_ip(local, r->family);
	s.port = (__u16)port;
	s.wildcard = !s.ip.hi && !s.ip.lo;
	if (state != (r->tcp ? LISTEN : UNCONNECTED) || remote_port || !port)
		return;
	if (!r->tcp && port > LAST_SERVICE_PORT)
		return; /* a client that waits for its answer looks the same */
	if (r->family == 4 ? s.ip.lo >> 24 == 127 : !s.ip.hi && s.ip.lo == 1)
		return;
	for (size_t i = 0; i < r->facts->sockets.n; i++) {
		const struct fb_facts_socket *o = &r->facts->sockets.v[i];

		if (o->tcp == s.tcp && o->port == s.port &&
		    (o->wildcard || (o->family == s.family && !fb_ip_cmp(o->ip, s.ip))))
			return;
	}
	fb_vec_add(&r->facts->sockets, s);
}

void fb_facts_read_sockets(struct fb_facts *facts, const char *text, bool tcp, int family)
{
	struct socket_reader r = { .facts = facts, .tcp = tcp, .family = family };

	each_line(text, take_socket, &r);
}

void fb_facts_read_ssh(struct fb_facts *facts, const char *text)
{
	char client[64], server[64];
	unsigned int client_port, port;

	if (sscanf(text, "%63s %u %63s %u", client, &client_port, server, &port) != 4 || port > 65535)
		return;
	if (fb_ip_parse(client, strlen(client), &facts->ssh_client.family, &facts->ssh_client.ip) ||
	    fb_ip_parse(server, strlen(server), &facts->ssh_server.family, &facts->ssh_server.ip))
		return;
	facts->ssh_client.len = facts->ssh_client.family == 4 ? 32 : 128;
	facts->ssh_port = (__u16)port;
	facts->ssh = true;
}

static void read_session(struct fb_facts *facts)
{
	char text[160];

	if (fb_session_find(text, sizeof(text)))
		fb_facts_read_ssh(facts, text);
}

static void take_nameserver(void *arg, const char *line)
{
	struct fb_facts *facts = arg;
	struct fb_facts_net net = { 0 };
	char address[64];

	if (sscanf(line, "nameserver %63s", address) != 1 ||
	    fb_ip_parse(address, strlen(address), &net.family, &net.ip))
		return;
	if (net.family == 4 ? net.ip.lo >> 24 != 127 : net.ip.hi || net.ip.lo != 1)
		fb_vec_add(&facts->nameservers, net);
}

static void read_timezone(struct fb_facts *facts)
{
	static const char zoneinfo[] = "/zoneinfo/";
	fb_autofree char *target = realpath("/etc/localtime", NULL);
	fb_autostrbuf struct fb_strbuf named = { 0 };
	const char *name = target ? strstr(target, zoneinfo) : NULL;

	fb_facts_file("/etc/timezone", &named);
	if (name)
		name += sizeof(zoneinfo) - 1;
	else if (named.len)
		name = fb_strbuf_get(&named);
	if (!name || !strcmp(name, "Etc/UTC") || !fb_clock_zone_known(name))
		name = "UTC";
	snprintf(facts->timezone, sizeof(facts->timezone), "%s", name);
}

int fb_facts_read(struct fb_facts *ret, struct fb_error *err)
{
	static const struct {
		const char *path;
		bool tcp;
		int family;
	} sockets[] = { { "/proc/net/tcp6", true, 6 },
			{ "/proc/net/tcp", true, 4 },
			{ "/proc/net/udp6", false, 6 },
			{ "/proc/net/udp", false, 4 } };
	fb_autostrbuf struct fb_strbuf route4 = { 0 }, route6 = { 0 }, resolv = { 0 };
	int r = read_interfaces(ret, err);

	if (r < 0)
		return r;
	if (gethostname(ret->name, sizeof(ret->name) - 1) < 0)
		strcpy(ret->name, "gateway");
	read_timezone(ret);
	fb_facts_file("/proc/net/route", &route4);
	fb_facts_read_routes4(ret, fb_strbuf_get(&route4));
	fb_facts_file("/proc/net/ipv6_route", &route6);
	fb_facts_read_routes6(ret, fb_strbuf_get(&route6));
	fb_facts_file("/etc/resolv.conf", &resolv);
	each_line(fb_strbuf_get(&resolv), take_nameserver, ret);
	for (size_t i = 0; i < FB_ARRAY_SIZE(sockets); i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };

		fb_facts_file(sockets[i].path, &text);
		fb_facts_read_sockets(ret, fb_strbuf_get(&text), sockets[i].tcp, sockets[i].family);
	}
	read_session(ret);
	return 0;
}

void fb_facts_done(struct fb_facts *facts)
{
	for (size_t i = 0; i < facts->ifaces.n; i++) {
		fb_vec_done(&facts->ifaces.v[i].addresses);
		fb_vec_done(&facts->ifaces.v[i].routes);
	}
	fb_vec_done(&facts->ifaces);
	fb_vec_done(&facts->sockets);
	fb_vec_done(&facts->nameservers);
}

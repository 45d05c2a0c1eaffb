/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `init` needs to know of this host: read from getifaddrs, /proc/net and /sys/class/net, so that the program needs no
 * netlink library and no privilege.
 */
#ifndef FB_CLI_FACTS_H
#define FB_CLI_FACTS_H

#include <net/if.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/inet.h"
#include "base/vec.h"

struct fb_facts_net {
	int family;
	struct fb_ip ip; /* the address itself; of a route the prefix */
	unsigned int len;
};
struct fb_facts_nets FB_VEC(struct fb_facts_net);

struct fb_facts_iface {
	char name[IF_NAMESIZE];
	char port[IF_NAMESIZE]; /* of a VLAN device: what it sits on; else name */
	int vlan;		/* -1 = none */
	char refused[256];	/* the sentence why it cannot be a zone's interface; "" = it can */
	bool default4, default6, router_advertisements;
	struct fb_facts_nets addresses; /* no link-local ones */
	struct fb_facts_nets routes;	/* networks behind a next hop on this interface */
};

struct fb_facts_socket {
	bool tcp;
	bool wildcard;
	int family; /* 6 and wildcard serves both families */
	struct fb_ip ip;
	__u16 port;
};

struct fb_facts {
	char name[65];
	char timezone[64];
	struct FB_VEC(struct fb_facts_iface) ifaces;
	struct FB_VEC(struct fb_facts_socket) sockets; /* that wait for others */
	struct fb_facts_nets nameservers;
	bool ssh; /* the session in which we run */
	struct fb_facts_net ssh_client, ssh_server;
	__u16 ssh_port;
};

int fb_facts_read(struct fb_facts *ret, struct fb_error *err);
void fb_facts_done(struct fb_facts *facts);

/* Pieces, for tests: the text of /proc/net/route, /proc/net/ipv6_route, /proc/net/{tcp,udp}{,6} and $SSH_CONNECTION. */
void fb_facts_read_routes4(struct fb_facts *facts, const char *text);
void fb_facts_read_routes6(struct fb_facts *facts, const char *text);
void fb_facts_read_sockets(struct fb_facts *facts, const char *text, bool tcp, int family);
void fb_facts_read_ssh(struct fb_facts *facts, const char *text);

/* A small file of /proc or /sys, its final newline cut; "" if it cannot be read. */
struct fb_strbuf;
void fb_facts_file(const char *path, struct fb_strbuf *out);

#endif

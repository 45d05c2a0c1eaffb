// SPDX-License-Identifier: GPL-2.0-only
/*
 * The aim: after `apply` of this text everything that works inside goes on working, is counted, and ends on a known day; nothing
 * from outside begins; and whoever is logged in stays so. People then replace it, pair by pair, by what they want.
 */
#include "cli/skeleton.h"

#include <ctype.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

struct zone {
	const struct fb_facts_iface *iface;
	char name[64];
	bool outside;		   /* has the default route */
	struct fb_facts_nets nets; /* without repeats over all zones */
};

struct plan {
	const struct fb_facts *facts;
	struct FB_VEC(struct zone) zones;
};

static const char *const reserved[] = {
	"any",		"self",	    "all",    "except", "and",	  "can",	 "cannot",
	"reach",	"only",	    "be",     "by",	"from",	  "with",	 "at",
	"transitively", "ignoring", "unless", "owner",	"reason", "until",	 "during",
	"on-request",	"limit",    "quota",  "log",	"id",	  "source-port",
};

/* Two names that differ only in case are an error. */
static bool name_taken(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(reserved); i++)
		if (!strcasecmp(reserved[i], name))
			return true;
	for (size_t i = 0; i < plan->zones.n; i++)
		if (!strcasecmp(plan->zones.v[i].name, name))
			return true;
	return false;
}

static void name_zone(const struct plan *plan, struct zone *z)
{
	char base[48] = "internet";

	if (!z->outside) {
		snprintf(base, sizeof(base), "%s%s", isalpha((unsigned char)z->iface->name[0]) ? "" : "net-",
			 z->iface->name);
		for (char *p = base; *p; p++)
			if (!isalnum((unsigned char)*p) && *p != '_')
				*p = '-';
	}
	snprintf(z->name, sizeof(z->name), "%s", base);
	for (unsigned int i = 2; name_taken(plan, z->name); i++)
		snprintf(z->name, sizeof(z->name), "%s-%u", base, i);
}

static struct fb_facts_net network_of(struct fb_facts_net n)
{
	unsigned int host_bits = (n.family == 4 ? 32 : 128) - n.len;

	if (host_bits >= 64) {
		n.ip.hi &= host_bits == 128 ? 0 : ~((1ull << (host_bits - 64)) - 1);
		n.ip.lo = 0;
	} else if (host_bits) {
		n.ip.lo &= ~((1ull << host_bits) - 1);
	}
	return n;
}

static bool net_known(const struct plan *plan, const struct zone *z, struct fb_facts_net n)
{
	for (size_t i = 0; i <= plan->zones.n; i++) {
		const struct fb_facts_nets *nets = i < plan->zones.n ? &plan->zones.v[i].nets : &z->nets;

		for (size_t k = 0; k < nets->n; k++)
			if (nets->v[k].family == n.family && nets->v[k].len == n.len &&
			    !fb_ip_cmp(nets->v[k].ip, n.ip))
				return true;
	}
	return false;
}

static void take_nets(const struct plan *plan, struct zone *z, const struct fb_facts_nets *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct fb_facts_net n = network_of(from->v[i]);

		if (n.len && !net_known(plan, z, n))
			fb_vec_add(&z->nets, n);
	}
}

/* One interface only can have `network any`: that of the IPv4 default route, else of the IPv6 one. */
static const struct fb_facts_iface *outside_of(const struct fb_facts *facts)
{
	const struct fb_facts_iface *six = NULL;

	for (size_t i = 0; i < facts->ifaces.n; i++) {
		const struct fb_facts_iface *f = &facts->ifaces.v[i];

		if (!f->refused[0] && f->default4)
			return f;
		if (!f->refused[0] && f->default6 && !six)
			six = f;
	}
	return six;
}

static void make_zones(struct plan *plan)
{
	const struct fb_facts_iface *outside = outside_of(plan->facts);

	for (size_t i = 0; i < plan->facts->ifaces.n; i++) {
		const struct fb_facts_iface *f = &plan->facts->ifaces.v[i];
		struct zone z = { .iface = f, .outside = f == outside };

		if (f->refused[0])
			continue;
		take_nets(plan, &z, &f->addresses);
		take_nets(plan, &z, &f->routes);
		if (!z.nets.n && !z.outside)
			continue;
		name_zone(plan, &z);
		fb_vec_add(&plan->zones, z);
	}
}

static bool covers(struct fb_facts_net wide, struct fb_facts_net n)
{
	return wide.family == n.family && wide.len <= n.len &&
	       !fb_ip_cmp(network_of((struct fb_facts_net){ n.family, n.ip, wide.len }).ip, wide.ip);
}

/* Beside `any`, only networks that would otherwise belong to another zone need to be named. */
static bool needs_naming(const struct plan *plan, const struct zone *z, struct fb_facts_net n)
{
	if (!z->outside)
		return true;
	for (size_t i = 0; i < plan->zones.n; i++)
		for (size_t k = 0; !plan->zones.v[i].outside && k < plan->zones.v[i].nets.n; k++)
			if (covers(plan->zones.v[i].nets.v[k], n))
				return true;
	return false;
}

static void write_iface(const struct fb_facts_iface *f, struct fb_strbuf *out)
{
	fb_strbuf_add(out, f->port);
	if (f->vlan >= 0)
		fb_strbuf_addf(out, " vlan %d", f->vlan);
}

static void write_zone(const struct plan *plan, const struct zone *z, struct fb_strbuf *out)
{
	const char *comma = z->outside ? ", " : "";
	char buf[FB_INET_STRLEN];

	fb_strbuf_addf(out, "zone %s { interface ", z->name);
	write_iface(z->iface, out);
	fb_strbuf_addf(out, "  network %s", z->outside ? "any" : "");
	for (size_t i = 0; i < z->nets.n; i++)
		if (needs_naming(plan, z, z->nets.v[i])) {
			fb_strbuf_addf(out, "%s%s/%u", comma,
				       fb_ip_print(z->nets.v[i].family, z->nets.v[i].ip, buf),
				       z->nets.v[i].len);
			comma = ", ";
		}
	fb_strbuf_add(out, " }\n");
}

static void write_left_out(const struct plan *plan, struct fb_strbuf *out)
{
	for (size_t i = 0; i < plan->facts->ifaces.n; i++) {
		const struct fb_facts_iface *f = &plan->facts->ifaces.v[i];

		if (f->refused[0])
			fb_strbuf_addf(out, "# left out: %s\n", f->refused);
		else if (!f->addresses.n && !f->routes.n && f != outside_of(plan->facts))
			fb_strbuf_addf(out, "# %s left out: it has no address yet\n", f->name);
	}
}

/* ---- the gateway itself ------------------------------------------------------------------------ */

static const struct zone *zone_of(const struct plan *plan, struct fb_facts_net ip)
{
	const struct zone *best = NULL;
	unsigned int best_len = 0;

	for (size_t i = 0; i < plan->zones.n; i++) {
		const struct zone *z = &plan->zones.v[i];

		if (z->outside && !best)
			best = z;
		for (size_t k = 0; k < z->nets.n; k++)
			if (covers(z->nets.v[k], ip) && z->nets.v[k].len >= best_len) {
				best = z;
				best_len = z->nets.v[k].len;
			}
	}
	return best;
}

static bool heard_on(const struct zone *z, const struct fb_facts_socket *s)
{
	for (size_t i = 0; i < z->iface->addresses.n && !s->wildcard; i++)
		if (z->iface->addresses.v[i].family == s->family &&
		    !fb_ip_cmp(z->iface->addresses.v[i].ip, s->ip))
			return true;
	return s->wildcard;
}

static bool listens(const struct plan *plan, const struct zone *z, bool tcp, __u16 port)
{
	for (size_t i = 0; i < plan->facts->sockets.n; i++) {
		const struct fb_facts_socket *s = &plan->facts->sockets.v[i];

		if (s->tcp == tcp && s->port == port && heard_on(z, s))
			return true;
	}
	return false;
}

enum { DHCP_SERVER = 67, DHCP_CLIENT = 68, DHCP6_CLIENT = 546, DHCP6_SERVER = 547 };

static bool is_dhcp(const struct fb_facts_socket *s)
{
	return !s->tcp && (s->port == DHCP_SERVER || s->port == DHCP_CLIENT || s->port == DHCP6_CLIENT ||
			   s->port == DHCP6_SERVER);
}

/* What listens, one line a port, so that each can be deleted; outside of comments only for the inside. */
static void write_services(const struct plan *plan, const struct zone *z, struct fb_strbuf *out)
{
	for (size_t i = 0; i < plan->facts->sockets.n; i++) {
		const struct fb_facts_socket *s = &plan->facts->sockets.v[i];
		const char *proto = s->tcp ? "tcp" : "udp";
		const struct servent *known = getservbyport(htons(s->port), proto);
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= plan->facts->sockets.v[k].tcp == s->tcp &&
				plan->facts->sockets.v[k].port == s->port &&
				heard_on(z, &plan->facts->sockets.v[k]);
		if (is_dhcp(s) || seen || !heard_on(z, s))
			continue;
		fb_strbuf_addf(out, "  %sallow any -> self  %s/%u", z->outside ? "# " : "", proto, s->port);
		if (known && !z->outside)
			fb_strbuf_addf(out, "  # %s", known->s_name);
		fb_strbuf_addc(out, '\n');
	}
}

static void write_session(const struct plan *plan, const struct zone *z, struct fb_strbuf *out)
{
	const struct fb_facts *f = plan->facts;
	const struct zone *server = zone_of(plan, f->ssh_server);
	char buf[FB_INET_STRLEN];

	if (!f->ssh || zone_of(plan, f->ssh_client) != z)
		return;
	if (!z->outside && server == z && listens(plan, z, true, f->ssh_port))
		return; /* the line of the listening socket allows it */
	fb_strbuf_addf(out,
		       "  allow %s -> self%s  tcp/%u  reason \"the session in which this was written\"\n",
		       fb_ip_print(f->ssh_client.family, f->ssh_client.ip, buf), server == z ? "" : " at any",
		       f->ssh_port);
}

static void write_to_self(const struct plan *plan, const struct zone *z, struct fb_strbuf *out)
{
	fb_strbuf_addf(out, "\nfirebreak %s -> self {\n", z->name);
	write_session(plan, z, out);
	write_services(plan, z, out);
	if (!z->outside && listens(plan, z, false, DHCP_SERVER))
		fb_strbuf_addf(out, "  allow any -> self  udp/%d source-port %d  # dhcp requests\n",
			       DHCP_SERVER, DHCP_CLIENT);
	if (z->outside && listens(plan, z, false, DHCP_CLIENT))
		fb_strbuf_addf(out, "  allow any -> self  udp/%d source-port %d  # dhcp replies\n",
			       DHCP_CLIENT, DHCP_SERVER);
	if (z->outside && listens(plan, z, false, DHCP6_CLIENT))
		fb_strbuf_addf(out, "  allow any -> self  udp/%d source-port %d  # dhcpv6 replies\n",
			       DHCP6_CLIENT, DHCP6_SERVER);
	if (z->iface->router_advertisements)
		fb_strbuf_add(out, "  allow any -> self  icmpv6/134  # router advertisements: the IPv6 "
				   "default route came by them\n");
	if (!z->outside)
		fb_strbuf_add(out, "  allow any -> self  icmp/echo-request, icmpv6/echo-request  # ping\n");
	fb_strbuf_add(out, "}\n");
}

static void write_from_self(const struct plan *plan, const struct zone *z, struct fb_strbuf *out)
{
	char buf[FB_INET_STRLEN];

	fb_strbuf_addf(out, "\nfirebreak self -> %s {\n", z->name);
	for (size_t i = 0; i < plan->facts->nameservers.n && !z->outside; i++) {
		struct fb_facts_net ns = plan->facts->nameservers.v[i];

		if (zone_of(plan, ns) == z)
			fb_strbuf_addf(out, "  allow self -> %s  udp/53, tcp/53  # name server\n",
				       fb_ip_print(ns.family, ns.ip, buf));
	}
	if (z->outside) {
		fb_strbuf_add(out, "  allow self -> any  udp/53, tcp/53, udp/123  # names and time\n"
				   "  allow self -> any  tcp/80, tcp/443  # updates\n");
		if (listens(plan, z, false, DHCP_CLIENT))
			fb_strbuf_addf(out, "  allow self -> any  udp/%d source-port %d  # dhcp requests\n",
				       DHCP_SERVER, DHCP_CLIENT);
		if (listens(plan, z, false, DHCP6_CLIENT))
			fb_strbuf_addf(out, "  allow self -> any  udp/%d source-port %d  # dhcpv6 requests\n",
				       DHCP6_SERVER, DHCP6_CLIENT);
	} else if (listens(plan, z, false, DHCP_SERVER)) {
		fb_strbuf_addf(out, "  allow self -> any  udp/%d source-port %d  # dhcp replies\n",
			       DHCP_CLIENT, DHCP_SERVER);
	}
	fb_strbuf_add(out, "  allow self -> any  icmp/echo-request, icmpv6/echo-request  # ping\n}\n");
}

/* ---- between the zones ------------------------------------------------------------------------- */

static void write_observed(const struct plan *plan, struct fb_date until, struct fb_strbuf *out)
{
	for (size_t i = 0; i < plan->zones.n; i++) {
		const char *comma = "";

		if (plan->zones.v[i].outside || plan->zones.n < 2)
			continue;
		fb_strbuf_addf(out, "\nfirebreak %s -> ", plan->zones.v[i].name);
		for (size_t k = 0; k < plan->zones.n; k++)
			if (k != i) {
				fb_strbuf_addf(out, "%s%s", comma, plan->zones.v[k].name);
				comma = ", ";
			}
		fb_strbuf_addf(out, " {\n  mode observe until %04d-%02d-%02d\n}\n", until.year, until.month,
			       until.day);
	}
}

static void write_guard(const struct plan *plan, struct fb_strbuf *out)
{
	const struct zone *outside = NULL;
	const char *comma = "";

	for (size_t i = 0; i < plan->zones.n; i++)
		if (plan->zones.v[i].outside)
			outside = &plan->zones.v[i];
	if (!outside || plan->zones.n < 2)
		return;
	fb_strbuf_addf(out, "\nnever %s -> ", outside->name);
	for (size_t i = 0; i < plan->zones.n; i++)
		if (&plan->zones.v[i] != outside) {
			fb_strbuf_addf(out, "%s%s", comma, plan->zones.v[i].name);
			comma = ", ";
		}
	fb_strbuf_add(out, " \"nothing from outside begins inside\"\n");
}

size_t fb_skeleton_write(const struct fb_facts *facts, struct fb_date until, struct fb_strbuf *out)
{
	struct plan plan = { .facts = facts };
	size_t n;

	make_zones(&plan);
	fb_strbuf_addf(out,
		       "# Written by \"firebreak init\" from what %s has. Next: give the zones their real "
		       "names, say which devices\n"
		       "# may do what, and let \"firebreak check\" read it. The inside pairs are observed: "
		       "all passes and is counted\n"
		       "# until %04d-%02d-%02d; from then on only what a line allows.\n"
		       "policy \"%s\" language 1 version 1 timezone \"%s\"\n\n",
		       facts->name, until.year, until.month, until.day, facts->name, facts->timezone);
	for (size_t i = 0; i < plan.zones.n; i++)
		write_zone(&plan, &plan.zones.v[i], out);
	write_left_out(&plan, out);
	for (size_t i = 0; i < plan.zones.n; i++) {
		write_to_self(&plan, &plan.zones.v[i], out);
		write_from_self(&plan, &plan.zones.v[i], out);
	}
	write_observed(&plan, until, out);
	write_guard(&plan, out);
	n = plan.zones.n;
	for (size_t i = 0; i < n; i++)
		fb_vec_done(&plan.zones.v[i].nets);
	fb_vec_done(&plan.zones);
	return n;
}

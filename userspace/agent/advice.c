// SPDX-License-Identifier: GPL-2.0-only
#include "agent/advice.h"

#include <stdlib.h>
#include <string.h>

/* ---- S45: a binding needs an attached segment ------------------------------------------------------------------------------ */

static bool binds(const struct fb_zone *zone)
{
	const char *binding = zone->stmt->zone.binding.s;

	return binding && strcmp(binding, "off") != 0;
}

/* All its interfaces are there, and one at least is not the end of a wire, where nobody expects an address. */
static bool is_routed_here(const struct fb_portset *ports, const struct fb_zone *zone)
{
	bool routed = false;

	for (size_t i = 0; i < ports->v.n; i++) {
		const struct fb_port *port = &ports->v.v[i];

		if (port->zone != zone->id)
			continue;
		if (!port->ifindex)
			return false;
		routed |= !port->wire;
	}
	return routed;
}

static bool holds(const struct fb_net *net, int family, struct fb_ip ip)
{
	return net->family == family && fb_ip_cmp(net->range.first, ip) <= 0 &&
	       fb_ip_cmp(ip, net->range.last) <= 0;
}

static bool is_attached(const struct fb_advice_case *c, const struct fb_zone *zone, const struct fb_net *net)
{
	for (size_t i = 0; i < c->host->addresses.n; i++) {
		const struct fb_host_address *a = &c->host->addresses.v[i];

		for (size_t k = 0; k < c->ports->v.n; k++)
			if (c->ports->v.v[k].zone == zone->id && c->ports->v.v[k].device == a->ifindex &&
			    holds(net, a->family, a->ip))
				return true;
	}
	for (size_t i = 0; i < zone->n_gateways; i++)
		if (holds(net, zone->gateways[i].family, zone->gateways[i].range.first))
			return true;
	return false;
}

static void judge_bindings(const struct fb_advice_case *c, struct fb_strbuf *text)
{
	const struct fb_ruleset *rs = &c->candidate->ruleset;
	char ip[FB_INET_STRLEN];

	for (size_t i = 0; i < rs->zones.n; i++) {
		const struct fb_zone *zone = &rs->zones.v[i];
		const struct fb_nets *nets = &zone->stmt->zone.nets;

		for (size_t k = 0; binds(zone) && is_routed_here(c->ports, zone) && k < nets->n; k++)
			if (nets->v[k].kind != FB_NET_ANY && !is_attached(c, zone, &nets->v[k]))
				fb_strbuf_addf(text,
					       "warning: zone %s has binding %s, and this host no address in "
					       "%s/%u: behind a "
					       "router all hosts have the router's MAC address\n",
					       zone->name, zone->stmt->zone.binding.s,
					       fb_ip_print(nets->v[k].family, nets->v[k].range.first, ip),
					       nets->v[k].len);
	}
}

/* ---- S65: the rescue access ends when a policy comes in force -------------------------------------------------------------- */

/* Of a prefix so many addresses are tried: one line for the operator's own desk is enough. */
enum { TRIED = 256 };

static bool is_allowed(const struct fb_advice_case *c, struct fb_range from, struct fb_ip to)
{
	struct fb_session session = {
		.family = c->rescue->family, .to = to, .from_port = 50000, .to_port = c->rescue->port
	};
	struct fb_lockout_case asked = { .session = &session,
					 .candidate = c->candidate,
					 .ports = c->ports,
					 .host = c->host,
					 .when.now = c->now };

	session.from = from.first;
	for (unsigned int i = 0; i < TRIED && fb_ip_cmp(session.from, from.last) <= 0; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };

		if (fb_ip_cmp(session.from, to) != 0 &&
		    fb_lockout_judge(&asked, &text, NULL) != FB_LOCKOUT_CUT)
			return true;
		session.from.lo++;
		session.from.hi += !session.from.lo;
	}
	return false;
}

static bool rescue_range(const struct fb_rescue *rescue, struct fb_range *ret)
{
	const char *slash = strchrnul(rescue->prefix, '/');
	int family;

	if (fb_ip_parse(rescue->prefix, (size_t)(slash - rescue->prefix), &family, &ret->first))
		return false;
	ret->last = fb_ip_last(family, ret->first,
			       *slash	     ? (unsigned int)atoi(slash + 1)
			       : family == 4 ? 32
					     : 128);
	return true;
}

static void judge_rescue(const struct fb_advice_case *c, struct fb_strbuf *text)
{
	const struct fb_rescue *rescue = c->rescue;
	const struct fb_host_link *link = fb_host_by_name(c->host, rescue->interface);
	bool asked = false, in_policy = false;
	struct fb_range range;

	if (!rescue->family || !link || !rescue_range(rescue, &range))
		return;
	for (size_t i = 0; i < c->ports->v.n; i++)
		in_policy |= c->ports->v.v[i].device == link->ifindex;
	for (size_t i = 0; i < c->host->addresses.n && in_policy; i++) {
		const struct fb_host_address *a = &c->host->addresses.v[i];

		if (a->ifindex != link->ifindex || a->family != rescue->family || a->link_local)
			continue;
		if (is_allowed(c, range, a->ip))
			return;
		asked = true;
	}
	if (asked)
		fb_strbuf_addf(text,
			       "warning: the rescue access, %s to tcp/%u by %s, ends with this policy, and "
			       "the policy "
			       "does not allow the same\n",
			       rescue->prefix, rescue->port, rescue->interface);
}

void fb_advice(const struct fb_advice_case *c, struct fb_strbuf *ret_text)
{
	judge_bindings(c, ret_text);
	judge_rescue(c, ret_text);
}

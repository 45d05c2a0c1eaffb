// SPDX-License-Identifier: GPL-2.0-only
#include "cli/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { EPHEMERAL_PORT = 49152 };

const struct fb_zone *fb_zone_of_ip(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_ipset_has(&rs->zones.v[i].owned, family, ip))
			return &rs->zones.v[i];
	return NULL;
}

static void take_addresses(const struct fb_ipset *ips, struct fb_endpoint *ret)
{
	for (int f = 0; f < 2; f++)
		if (ips->r[f].n) {
			ret->v[ret->n].family = f ? 6 : 4;
			ret->v[ret->n++].ip = ips->r[f].v[0].first;
		}
}

static int not_an_endpoint(const struct fb_ruleset *rs, const char *name, struct fb_error *err)
{
	fb_autofree const char **names = calloc(rs->devices.n + 1, sizeof(*names));
	char buf[FB_INET_STRLEN];

	if (!names)
		abort();
	for (size_t i = 0; i < rs->groups.n; i++)
		if (!strcmp(rs->groups.v[i].name, name)) {
			struct fb_endpoint e = { 0 };

			take_addresses(&rs->groups.v[i].ips, &e);
			return fb_error_set(
				err, -EINVAL, "%s is a group: name one of its addresses, such as %s", name,
				e.n ? fb_ip_print(e.v[0].family, e.v[0].ip, buf) : "(it has none)");
		}
	if (fb_ruleset_zone(rs, name))
		return fb_error_set(
			err, -EINVAL,
			"%s is a zone: name a device or an address in it (\"matrix\" speaks of zones)", name);
	for (size_t i = 0; i < rs->devices.n; i++)
		names[i] = rs->devices.v[i].name;

	const char *near = fb_suggest(name, names, rs->devices.n);

	if (near)
		return fb_error_set(err, -EINVAL, "no device \"%s\": did you mean \"%s\"?", name, near);
	return fb_error_set(err, -EINVAL, "\"%s\" is no device, address or \"self\"", name);
}

int fb_endpoint_find(const struct fb_ruleset *rs, const char *name, struct fb_endpoint *ret,
		     struct fb_error *err)
{
	struct fb_endpoint e = { .name = name };

	if (!strcmp(name, "self")) {
		e.self = true;
		*ret = e;
		return 0;
	}
	if (!fb_ip_parse(name, strlen(name), &e.v[0].family, &e.v[0].ip)) {
		e.n = 1;
		*ret = e;
		return 0;
	}
	for (size_t i = 0; i < rs->devices.n && !e.device; i++)
		if (!strcmp(rs->devices.v[i].name, name))
			e.device = &rs->devices.v[i];
	if (!e.device)
		return not_an_endpoint(rs, name, err);
	take_addresses(&e.device->ips, &e);
	if (!e.n)
		return fb_error_set(err, -EINVAL, "device %s has no ip, so no packet is known to be its own",
				    name);
	*ret = e;
	return 0;
}

void fb_endpoint_print(const struct fb_endpoint *e, int family, struct fb_ip ip, struct fb_strbuf *out)
{
	char buf[FB_INET_STRLEN];

	fb_ip_print(family, ip, buf);
	if (e->self || e->device)
		fb_strbuf_addf(out, "%s (%s)", e->name, buf);
	else
		fb_strbuf_add(out, buf);
}

/* ---- services ---------------------------------------------------------------------------------- */

static const struct fb_stmt *find_service(const struct fb_tree *tree, const char *name)
{
	for (size_t f = 0; f < tree->files.n; f++)
		for (size_t i = 0; i < tree->files.v[f].n_stmts; i++) {
			const struct fb_stmt *s = &tree->files.v[f].stmts[i];

			if (s->kind == FB_STMT_SERVICE && !strcmp(s->name.s, name))
				return s;
		}
	return NULL;
}

static int no_service(const struct fb_tree *tree, const char *name, struct fb_error *err)
{
	struct FB_VEC(const char *) names = { 0 };

	for (size_t f = 0; f < tree->files.n; f++)
		for (size_t i = 0; i < tree->files.v[f].n_stmts; i++)
			if (tree->files.v[f].stmts[i].kind == FB_STMT_SERVICE)
				fb_vec_add(&names, tree->files.v[f].stmts[i].name.s);

	const char *near = fb_suggest(name, names.v, names.n);
	int r = near ? fb_error_set(err, -EINVAL, "the policy has no service \"%s\": did you mean \"%s\"?",
				    name, near)
		     : fb_error_set(err, -EINVAL,
				    "the policy has no service \"%s\"; a port is written tcp/443", name);

	fb_vec_done(&names);
	return r;
}

/* One packet that this item matches: its lowest port, echo-request for "any" ICMP. */
static void packet_of(const struct fb_proto *p, struct fb_probe *ret)
{
	static const __u8 numbers[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP,
					IPPROTO_ICMPV6 };
	static const char *const names[] = { "tcp", "udp", "sctp", "icmp", "icmpv6" };
	struct fb_packet *k = &ret->packet;

	k->first = true;
	if (p->kind == FB_PROTO_IP) {
		k->proto = p->number < 0 ? 0 : (__u8)p->number;
		snprintf(ret->service, sizeof(ret->service), "ip/%u", k->proto);
		return;
	}
	k->proto = numbers[p->kind];
	if (p->kind == FB_PROTO_ICMP || p->kind == FB_PROTO_ICMPV6) {
		int type = p->number >= 0 ? p->number : p->kind == FB_PROTO_ICMP ? 8 : 128;

		k->dport = (__u16)(type << 8);
		snprintf(ret->service, sizeof(ret->service), "%s/%d", names[p->kind], type);
		return;
	}
	k->dport = p->ports.any ? 1 : p->ports.lo;
	k->sport = !p->has_source || p->source_ports.any ? EPHEMERAL_PORT : p->source_ports.lo;
	snprintf(ret->service, sizeof(ret->service), "%s/%u", names[p->kind], k->dport);
	if (p->has_source && !p->source_ports.any)
		snprintf(ret->service, sizeof(ret->service), "%s/%u source-port %u", names[p->kind], k->dport,
			 k->sport);
}

static bool is_range(const struct fb_proto *p)
{
	if (p->kind == FB_PROTO_IP || p->kind == FB_PROTO_ICMP || p->kind == FB_PROTO_ICMPV6)
		return p->number < 0;
	return p->ports.any || p->ports.lo != p->ports.hi ||
	       (p->has_source && !p->source_ports.any && p->source_ports.lo != p->source_ports.hi);
}

/* How deep names nest is the checker's to bound; each is taken once, as ten levels of two names each would be 1,024 times the same. */
struct expansion {
	const struct fb_tree *tree;
	struct FB_VEC(const struct fb_stmt *) taken;
	struct fb_probes *probes;
};

static bool take(struct expansion *x, const struct fb_stmt *service)
{
	for (size_t i = 0; i < x->taken.n; i++)
		if (x->taken.v[i] == service)
			return false;
	fb_vec_add(&x->taken, service);
	return true;
}

static int expand(struct expansion *x, const struct fb_svc_items *items, bool asked, struct fb_error *err)
{
	for (size_t i = 0; i < items->n; i++) {
		const struct fb_svc_item *item = &items->v[i];
		struct fb_probe probe = { 0 };
		const struct fb_stmt *named;
		int r;

		switch (item->kind) {
		case FB_SVC_ALL:
			return fb_error_set(
				err, -EINVAL,
				"\"all\" is not one connection: name a service, or write tcp/443");
		case FB_SVC_PROTO:
			packet_of(&item->proto, &probe);
			probe.range = is_range(&item->proto);
			if (probe.range && asked)
				return fb_error_set(
					err, -EINVAL,
					"a range is not one connection: name one of it, such as %s",
					probe.service);
			fb_vec_add(&x->probes->v, probe);
			break;
		case FB_SVC_NAME:
			named = find_service(x->tree, item->name.s);
			if (!named)
				return no_service(x->tree, item->name.s, err);
			r = take(x, named) ? expand(x, &named->service.items, false, err) : 0;
			if (r < 0)
				return r;
			break;
		}
	}
	return 0;
}

/* The parser knows how services are written, so it reads this one as the body of a statement. */
static int read_service(const struct fb_tree *tree, const char *text, struct fb_probes *ret,
			struct fb_error *err)
{
	FB_CLEANUP(fb_tree_done) struct fb_tree own = { 0 };
	FB_CLEANUP(fb_diags_done) struct fb_diags diags = { 0 };
	fb_autostrbuf struct fb_strbuf source = { 0 };
	struct expansion x = { .tree = tree, .probes = ret };
	int r;

	if (*text && strspn(text, "0123456789-") == strlen(text))
		return fb_error_set(err, -EINVAL, "\"%s\" is no service: write tcp/%s or udp/%s", text, text,
				    text);
	if (!*text || strpbrk(text, "{}#\n;\""))
		return fb_error_set(
			err, -EINVAL,
			"\"%s\" is no service: write a name of the policy, tcp/22, icmp/echo-request", text);
	fb_strbuf_addf(&source, "service asked { %s }\n", text);
	if (fb_parse(&own, "service", fb_strbuf_get(&source), source.len, NULL, &diags))
		return fb_error_set(err, -EINVAL, "\"%s\" is no service: %s", text, diags.list.v[0].text);
	if (own.files.n != 1 || own.files.v[0].n_stmts != 1)
		return fb_error_set(err, -EINVAL, "\"%s\" is no service", text);
	r = expand(&x, &own.files.v[0].stmts[0].service.items, true, err);
	fb_vec_done(&x.taken);
	return r;
}

/* ---- the gateway's side ------------------------------------------------------------------------ */

static bool is_device(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->devices.n; i++)
		if (fb_ipset_has(&rs->devices.v[i].ips, family, ip))
			return true;
	return false;
}

static bool is_link_local6(int family, struct fb_ip ip)
{
	return family == 6 && ip.hi >> 54 == 0xfe80 >> 6;
}

/* An address that stands for the gateway's on this zone: what is declared, else the first that is free, and not that of the host it speaks with. */
static struct fb_ip invent(const struct fb_ruleset *rs, const struct fb_zone *zone, int family,
			   struct fb_ip host)
{
	const struct fb_ranges *hosts = &zone->hosts.r[FB_FAMILY_INDEX(family)];
	/* RFC 5737, RFC 3849: of no network, as the gateway's may be where the zone has one host only */
	struct fb_ip documentation = family == 4 ? (struct fb_ip){ 0, 0xc0000201 }
						 : (struct fb_ip){ 0x20010db800000000, 1 };

	for (size_t i = 0; i < zone->n_gateways; i++)
		if (zone->gateways[i].family == family && !is_link_local6(family, host))
			return zone->gateways[i].range.first;
	if (is_link_local6(family, host))
		return (struct fb_ip){ host.hi, host.lo == 1 ? 2 : 1 };
	for (size_t i = 0; i < hosts->n; i++) {
		struct fb_ip ip = hosts->v[i].first;

		if (!i && fb_ip_cmp(ip, hosts->v[i].last) < 0)
			ip = fb_ip_add(ip, 1);
		for (; fb_ip_cmp(ip, hosts->v[i].last) <= 0; ip = fb_ip_add(ip, 1))
			if (!is_device(rs, family, ip) && fb_ip_cmp(ip, host) != 0)
				return ip;
	}
	return fb_ip_cmp(documentation, host) ? documentation : fb_ip_add(documentation, 1);
}

/* The gateway's address on a zone, as this host there speaks with it: to a link-local one by its own link-local one. */
static struct fb_ip own_address(const struct fb_ruleset *rs, const struct fb_zone *zone, int family,
				struct fb_ip host, struct fb_own *own, struct fb_strbuf *assumed)
{
	char buf[FB_INET_STRLEN];
	struct fb_ip ip;

	for (size_t i = 0; i < own->v.n; i++)
		if (own->v.v[i].family == family && own->v.v[i].zone == zone->id &&
		    is_link_local6(family, own->v.v[i].ip) == is_link_local6(family, host))
			return own->v.v[i].ip;
	ip = invent(rs, zone, family, host);
	fb_vec_add(&own->v,
		   (struct fb_own_address){
			   .family = family, .ip = ip, .len = family == 4 ? 32 : 128, .zone = zone->id });
	fb_strbuf_addf(assumed, "%sno gateway addresses known: %s stands for the gateway's address in %s",
		       assumed->len ? "; " : "", fb_ip_print(family, ip, buf), zone->name);
	return ip;
}

static const struct fb_ip *address_of(const struct fb_endpoint *e, int family)
{
	for (unsigned int i = 0; i < e->n; i++)
		if (e->v[i].family == family)
			return &e->v[i].ip;
	return NULL;
}

/* Both ends and the zone of one packet. False: this family is not possible between the two. */
static bool place(const struct fb_ruleset *rs, const struct fb_endpoint *from, const struct fb_endpoint *to,
		  const struct fb_zone *zone, int family, struct fb_own *own, struct fb_strbuf *assumed,
		  struct fb_packet *k)
{
	const struct fb_ip *src = address_of(from, family), *dst = address_of(to, family);
	const struct fb_zone *owner = src ? fb_zone_of_ip(rs, family, *src) : NULL;

	k->family = family;
	if (from->self) {
		const struct fb_zone *out = dst ? fb_zone_of_ip(rs, family, *dst) : NULL;

		if (!dst)
			return false;
		if (fb_ip_in_every_zone(family, *dst))
			out = zone;
		k->zone = FB_ZONE_SELF;
		k->out_zone = out ? out->id : FB_ZONE_NONE;
		k->dst = *dst;
		if (out)
			k->src = own_address(rs, out, family, *dst, own, assumed);
		return true;
	}
	if (!src || (!to->self && !dst))
		return false;
	owner = zone ? zone : owner;
	k->src = *src;
	k->zone = owner ? owner->id : FB_ZONE_NONE;
	if (owner)
		k->wire_zone = fb_ruleset_wire_zone(rs, owner, dst ? fb_zone_of_ip(rs, family, *dst) : NULL);
	if (!to->self) {
		k->dst = *dst;
		return true;
	}
	if (owner)
		k->dst = own_address(rs, owner, family, *src, own, assumed);
	return owner;
}

/* The packets of one item in one family: one, or from the gateway to what is in every zone one into each. */
static void place_all(const struct fb_ruleset *rs, const struct fb_endpoint *from,
		      const struct fb_endpoint *to, const struct fb_zone *zone, int family,
		      const struct fb_probe *item, struct fb_own *own, struct fb_strbuf *assumed,
		      struct fb_probes *ret)
{
	const struct fb_ip *dst = address_of(to, family);
	bool each = from->self && !zone && dst && fb_ip_in_every_zone(family, *dst);

	for (size_t i = 0; i < (each ? rs->zones.n : 1); i++) {
		struct fb_probe probe = *item;

		if (place(rs, from, to, each ? &rs->zones.v[i] : zone, family, own, assumed, &probe.packet))
			fb_vec_add(&ret->v, probe);
	}
}

int fb_probes_make(const struct fb_policy *policy, const struct fb_endpoint *from,
		   const struct fb_endpoint *to, const char *service, const struct fb_zone *zone,
		   struct fb_own *own, struct fb_strbuf *assumed, struct fb_probes *ret, struct fb_error *err)
{
	struct fb_probes items = { 0 };
	int r = read_service(&policy->tree, service, &items, err);

	if (r >= 0 && to->self && !zone && from->n == 1 &&
	    !fb_zone_of_ip(&policy->ruleset, from->v[0].family, from->v[0].ip))
		r = fb_error_set(err, -EINVAL,
				 "%s is of no one zone: name that from which it asks the gateway (--zone)",
				 from->name);
	if (from->self && to->self)
		r = fb_error_set(err, -EINVAL, "what the gateway says to itself never leaves it");
	for (int family = 4; family <= 6 && r >= 0; family += 2)
		for (size_t i = 0; i < items.v.n; i++) {
			const struct fb_probe *item = &items.v.v[i];

			if (item->packet.proto != (family == 4 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
				place_all(&policy->ruleset, from, to, zone, family, item, own, assumed, ret);
		}
	fb_vec_done(&items.v);
	if (r >= 0 && !ret->v.n)
		return fb_error_set(err, -EINVAL,
				    "%s and %s have no address family in common in which %s exists",
				    from->name, to->name, service);
	return r;
}

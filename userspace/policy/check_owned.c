// SPDX-License-Identifier: GPL-2.0-only
/* Who owns which address: S2 and S4. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "policy/checker.h"

struct network {
	const struct fb_net *net;
	unsigned int zone; /* index */
	size_t order;
};

/* What the data plane takes for nobody's address, and eval: fb_is_martian(), is_reserved(). In ::/64 lie the roles of FB_ROLE, too. */
static const struct fb_special specials[] = {
	{ 4, { 0, 0x00000000 }, 8, "0.0.0.0/8 (this network)" },
	{ 4, { 0, 0x7f000000 }, 8, "127.0.0.0/8 (loopback)" },
	{ 4, { 0, 0xa9fe0000 }, 16, "169.254.0.0/16 (link-local)" },
	{ 4, { 0, 0xe0000000 }, 4, "224.0.0.0/4", .multicast = true },
	{ 4, { 0, 0xf0000000 }, 4, "240.0.0.0/4 (reserved, broadcast)" },
	{ 6, { 0, 0 }, 64, "::/64 (unspecified, loopback, IPv4-mapped)" },
	{ 6, { 0xfe80ull << 48, 0 }, 10, "fe80::/10 (link-local)" },
	{ 6, { 0xffull << 56, 0 }, 8, "ff00::/8", .multicast = true },
};

static struct fb_ip special_last(const struct fb_special *s)
{
	return fb_ip_last(s->family, s->first, s->len);
}

const struct fb_special *fb_check_special(int family, struct fb_range range)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (specials[i].family == family && fb_ip_cmp(range.first, special_last(&specials[i])) <= 0 &&
		    fb_ip_cmp(range.last, specials[i].first) >= 0)
			return &specials[i];
	return NULL;
}

static void fill_unicast(struct fb_checker *c)
{
	struct fb_ipset all = { 0 }, without = { 0 };

	fb_ipset_add(&all, 4, (struct fb_range){ { 0, 0 }, fb_ip_max(4) });
	fb_ipset_add(&all, 6, (struct fb_range){ { 0, 0 }, fb_ip_max(6) });
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		fb_ipset_add(&without, specials[i].family,
			     (struct fb_range){ specials[i].first, special_last(&specials[i]) });
	fb_ipset_subtract(&all, &without, &c->unicast);
	fb_ipset_done(&all);
	fb_ipset_done(&without);
}

static void net_set(const struct fb_net *net, struct fb_ipset *set)
{
	if (net->kind == FB_NET_ANY) {
		fb_ipset_add(set, 4, (struct fb_range){ { 0, 0 }, fb_ip_max(4) });
		fb_ipset_add(set, 6, (struct fb_range){ { 0, 0 }, fb_ip_max(6) });
	} else {
		fb_ipset_add(set, net->family, net->range);
	}
}

/* The longest prefixes come first; `any`, of length zero and less, comes last. */
static int compare_networks(const void *a, const void *b)
{
	const struct network *x = a, *y = b;
	int lx = x->net->kind == FB_NET_ANY ? -1 : (int)x->net->len,
	    ly = y->net->kind == FB_NET_ANY ? -1 : (int)y->net->len;
	int place;

	if (lx != ly)
		return lx > ly ? -1 : 1;
	if (x->net->family != y->net->family)
		return x->net->family < y->net->family ? -1 : 1;
	place = fb_ip_cmp(x->net->range.first, y->net->range.first);
	if (place)
		return place;
	return x->order < y->order ? -1 : x->order > y->order;
}

static const char *net_text(struct fb_checker *c, const struct fb_net *net)
{
	char buf[FB_INET_STRLEN];

	if (net->kind == FB_NET_ANY)
		return "any";
	return fb_diag_printf(c->diags, "%s/%u", fb_ip_print(net->family, net->range.first, buf), net->len);
}

/* What the zone's `except` takes out; every part of it must take something out. */
static void except_set(struct fb_checker *c, const struct fb_zone *z, struct fb_ipset *ret)
{
	const struct fb_nets *nets = &z->stmt->zone.nets, *except = &z->stmt->zone.except;
	struct fb_ipset all = { 0 };

	*ret = (struct fb_ipset){ 0 };
	for (size_t i = 0; i < nets->n; i++)
		net_set(&nets->v[i], &all);
	for (size_t i = 0; i < except->n; i++) {
		struct fb_ipset one = { 0 };

		net_set(&except->v[i], &one);
		if (!fb_ipset_overlaps(&one, &all))
			fb_diag_error(c->diags, except->v[i].at, NULL, "%s is not in the networks of zone %s",
				      net_text(c, &except->v[i]), z->name);
		fb_ipset_add_set(ret, &one);
		fb_ipset_done(&one);
	}
	fb_ipset_done(&all);
}

static bool same_network(const struct network *a, const struct network *b)
{
	return a->net->kind != FB_NET_ANY && b->net->kind != FB_NET_ANY && a->net->family == b->net->family &&
	       a->net->len == b->net->len && !fb_ip_cmp(a->net->range.first, b->net->range.first);
}

/* Gives the network what nobody with a longer one has. */
static void claim(struct fb_checker *c, const struct network *n, const struct fb_ipset *except,
		  struct fb_ipset *taken)
{
	struct fb_zone *z = &c->rs->zones.v[n->zone];
	struct fb_ipset net = { 0 }, unicast, kept, won;

	net_set(n->net, &net);
	fb_ipset_intersect(&net, &c->unicast, &unicast);
	if (fb_ipset_empty(&unicast))
		fb_diag_error(
			c->diags, n->net->at,
			"0/8, 127/8, 169.254/16, 224/3, ::/64, fe80::/10 and ff00::/8 belong to no zone",
			"%s holds no address that a zone could own", net_text(c, n->net));
	fb_ipset_subtract(&unicast, except, &kept);
	fb_ipset_subtract(&kept, taken, &won);
	fb_ipset_add_set(&z->owned, &won);
	fb_ipset_add_set(taken, &won);
	fb_ipset_done(&net);
	fb_ipset_done(&unicast);
	fb_ipset_done(&kept);
	fb_ipset_done(&won);
}

/* Its networks may be right one by one, and each of their addresses another's. */
static void check_some(struct fb_checker *c)
{
	for (size_t i = 0; i < c->rs->zones.n && !c->diags->errors; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (fb_ipset_empty(&z->owned))
			fb_diag_lint(
				c->diags, z->stmt->name.at,
				"an address belongs to the zone with the longest network that holds it",
				"zone %s owns no address, so nothing can come from it: all of its networks "
				"are other zones' or excepted",
				z->name);
	}
}

void fb_check_owned(struct fb_checker *c)
{
	struct FB_VEC(struct network) nets = { 0 };
	struct FB_VEC(struct fb_ipset) excepts = { 0 };
	struct fb_ipset taken = { 0 };

	fill_unicast(c);
	for (unsigned int z = 0; z < c->rs->zones.n; z++) {
		struct fb_ipset except;

		except_set(c, &c->rs->zones.v[z], &except);
		fb_vec_add(&excepts, except);
		for (size_t i = 0; i < c->rs->zones.v[z].stmt->zone.nets.n; i++)
			fb_vec_add(&nets,
				   (struct network){ &c->rs->zones.v[z].stmt->zone.nets.v[i], z, nets.n });
	}
	if (nets.n)
		qsort(nets.v, nets.n, sizeof(*nets.v), compare_networks);
	for (size_t i = 0; i < nets.n; i++) {
		if (i && same_network(&nets.v[i - 1], &nets.v[i]))
			fb_diag_error(c->diags, nets.v[i].net->at, NULL,
				      "%s is already a network of zone %s (%s)", net_text(c, nets.v[i].net),
				      c->rs->zones.v[nets.v[i - 1].zone].name,
				      fb_check_place(c, nets.v[i - 1].net->at));
		else
			claim(c, &nets.v[i], &excepts.v[nets.v[i].zone], &taken);
	}
	check_some(c);
	fb_ipset_subtract(&c->unicast, &taken, &c->rs->unowned);
	for (size_t i = 0; i < excepts.n; i++)
		fb_ipset_done(&excepts.v[i]);
	fb_vec_done(&excepts);
	fb_vec_done(&nets);
	fb_ipset_done(&taken);
}

struct fb_ipset fb_check_owned_by(const struct fb_checker *c, __u64 zones)
{
	struct fb_ipset all = { 0 };

	for (size_t i = 0; i < c->rs->zones.n; i++)
		if (c->rs->zones.v[i].id && zones & FB_ZONE_BIT(c->rs->zones.v[i].id))
			fb_ipset_add_set(&all, &c->rs->zones.v[i].owned);
	return all;
}

const struct fb_zone *fb_check_owner_of(const struct fb_checker *c, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < c->rs->zones.n; i++)
		if (fb_ipset_has(&c->rs->zones.v[i].owned, family, ip))
			return &c->rs->zones.v[i];
	return NULL;
}

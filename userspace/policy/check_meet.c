// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/check_meet.h"

struct fb_bounds fb_bounds_of(const struct fb_ipset *set)
{
	struct fb_bounds b = { 0 };

	for (int f = 0; f < 2; f++) {
		size_t n = set->r[f].n;

		b.some[f] = n;
		if (n)
			b.r[f] = (struct fb_range){ set->r[f].v[0].first, set->r[f].v[n - 1].last };
	}
	return b;
}

bool fb_bounds_meet(const struct fb_bounds *a, const struct fb_bounds *b)
{
	for (int f = 0; f < 2; f++)
		if (a->some[f] && b->some[f] && fb_ip_cmp(a->r[f].first, b->r[f].last) <= 0 &&
		    fb_ip_cmp(b->r[f].first, a->r[f].last) <= 0)
			return true;
	return false;
}

/* What both sets have in this family. */
static struct fb_ipset common(const struct fb_ipset *a, const struct fb_ipset *b, int f)
{
	struct fb_ipset x = { 0 }, y = { 0 }, both;

	x.r[f] = a->r[f];
	y.r[f] = b->r[f];
	fb_ipset_intersect(&x, &y, &both);
	return both;
}

static bool one_address(const struct fb_ranges *r)
{
	return r->n == 1 && !fb_ip_cmp(r->v[0].first, r->v[0].last);
}

/* Somebody to send and somebody else to receive (S33): from itself to itself nothing passes the gateway (S3). */
static bool two_ends(const struct fb_ipset *src, const struct fb_ipset *dst, int f)
{
	const struct fb_ranges *s = &src->r[f], *d = &dst->r[f];

	return s->n && d->n &&
	       !(one_address(s) && one_address(d) && !fb_ip_cmp(s->v[0].first, d->v[0].first));
}

bool fb_services_meet(const struct fb_l4set *a, const struct fb_l4set *b, int family)
{
	struct fb_l4set both;
	bool begins;

	if (!fb_l4set_overlaps(a, b))
		return false;
	both = fb_l4set_combine(a, b, FB_L4_INTERSECT);
	begins = fb_l4set_begins(&both, family);
	free(both.v);
	return begins;
}

int fb_boxes_meet(const struct fb_ruleset *rs, const struct fb_box *a, const struct fb_box *b)
{
	static const int families[2] = { 4, 6 };

	for (int f = 0; f < 2; f++) {
		struct fb_ipset src = common(&rs->sets.v[a->src], &rs->sets.v[b->src], f),
				dst = common(&rs->sets.v[a->dst], &rs->sets.v[b->dst], f);
		bool meet = two_ends(&src, &dst, f) &&
			    fb_services_meet(&rs->services.v[a->svc], &rs->services.v[b->svc], families[f]);

		fb_ipset_done(&src);
		fb_ipset_done(&dst);
		if (meet)
			return families[f];
	}
	return 0;
}

/* How good an example the address is: a host's is best, then the gateway's, then the rest. */
static int plainness(const struct fb_checker *c, int family, struct fb_ip ip)
{
	if (fb_check_owner_of(c, family, ip))
		return 2;
	return !ip.hi && (ip.lo >> 8 == FB_ROLE_SELF_AT || ip.lo >> 8 == FB_ROLE_SELF_SRC);
}

/* One address of the set: of a range of hosts the second, as the first looks like the network. */
static struct fb_ip example(const struct fb_checker *c, const struct fb_ranges *r, int family)
{
	struct fb_ip best = { 0, 0 };
	int plain = -1;

	for (size_t i = 0; i < r->n && plain < 2; i++) {
		struct fb_ip ip = r->v[i].first;

		if (plainness(c, family, ip) <= plain)
			continue;
		plain = plainness(c, family, ip);
		best = plain == 2 && fb_ip_cmp(ip, r->v[i].last) < 0 ? fb_ip_add(ip, 1) : ip;
	}
	return best;
}

struct fb_ip fb_meet_example(const struct fb_checker *c, const struct fb_ipset *a, const struct fb_ipset *b,
			     int family)
{
	struct fb_ipset both = common(a, b, FB_FAMILY_INDEX(family));
	struct fb_ip ip = example(c, &both.r[FB_FAMILY_INDEX(family)], family);

	fb_ipset_done(&both);
	return ip;
}

void fb_meet_examples(const struct fb_checker *c, const struct fb_box *a, const struct fb_box *b, int family,
		      struct fb_ip *ret_src, struct fb_ip *ret_dst)
{
	const struct fb_ipset *sets = c->rs->sets.v;
	int f = FB_FAMILY_INDEX(family);
	struct fb_ipset ends[2] = { common(&sets[a->src], &sets[b->src], f),
				    common(&sets[a->dst], &sets[b->dst], f) };
	struct fb_ip ip[2] = { example(c, &ends[0].r[f], family), example(c, &ends[1].r[f], family) };

	if (!fb_ip_cmp(ip[0], ip[1])) {
		int other = one_address(&ends[1].r[f]) ? 0 : 1;
		struct fb_ipset same = { 0 }, rest;

		fb_ipset_add(&same, family, (struct fb_range){ ip[0], ip[0] });
		fb_ipset_subtract(&ends[other], &same, &rest);
		ip[other] = example(c, &rest.r[f], family);
		fb_ipset_done(&same);
		fb_ipset_done(&rest);
	}
	fb_ipset_done(&ends[0]);
	fb_ipset_done(&ends[1]);
	*ret_src = ip[0];
	*ret_dst = ip[1];
}

const char *fb_meet_address(struct fb_checker *c, int family, struct fb_ip ip)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_ipset set = { 0 };

	fb_ipset_add(&set, family, (struct fb_range){ ip, ip });
	fb_ruleset_print_set(c->rs, &set, &out);
	fb_ipset_done(&set);
	return fb_diag_printf(c->diags, "%s", fb_strbuf_get(&out));
}

const char *fb_meet_source(struct fb_checker *c, int family, struct fb_ip ip)
{
	const struct fb_zone *owner = fb_check_owner_of(c, family, ip);

	if (owner)
		return owner->name;
	return ip.lo >> 8 == FB_ROLE_LOCAL ? fb_ruleset_zone_name(c->rs, (unsigned int)ip.lo & 0xff) : "self";
}

const char *fb_meet_destination(struct fb_checker *c, int family, struct fb_ip src, struct fb_ip dst)
{
	const struct fb_zone *owner = fb_check_owner_of(c, family, dst);

	if (owner)
		return owner->name;
	if (!src.hi && src.lo >> 8 == FB_ROLE_SELF_SRC)
		return fb_ruleset_zone_name(c->rs, (unsigned int)src.lo & 0xff);
	return "self";
}

const char *fb_meet_service(struct fb_checker *c, const struct fb_allow *allow,
			    const struct fb_l4set *forbidden, int family, const char **ret_packet)
{
	*ret_packet = "";
	for (size_t i = 0; i < allow->services.n; i++) {
		fb_autostrbuf struct fb_strbuf name = { 0 }, packet = { 0 };
		struct fb_svc_items one = { &allow->services.v[i], 1 };
		struct fb_l4set set = { 0 }, all, both;

		fb_check_service_items(c, &one, &set);
		all = fb_l4set_combine(&set, forbidden, FB_L4_INTERSECT);
		both = fb_l4set_beginning(&all, family);
		free(set.v);
		free(all.v);
		if (!both.n) {
			free(both.v);
			continue;
		}
		both.v[0].proto_hi = both.v[0].proto_lo;
		if (both.v[0].dport_lo || both.v[0].dport_hi != 65535)
			both.v[0].dport_hi = both.v[0].dport_lo;
		fb_l4set_print(&(struct fb_l4set){ both.v, 1 }, &packet);
		free(both.v);
		fb_print_services(&one, &name);
		*ret_packet = fb_diag_printf(c->diags, "%s", fb_strbuf_get(&packet));
		return fb_diag_printf(c->diags, "%s", fb_strbuf_get(&name));
	}
	return "";
}

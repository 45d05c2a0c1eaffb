// SPDX-License-Identifier: GPL-2.0-only
/* The definition of the answer: box after box. Hulls first, so that 100,000 headers against 10,000 boxes take seconds, not minutes. */
#include <stdlib.h>

#include "oracle.h"
#include "policy/l4set.h"

struct scan_box {
	struct fb_range src[2], dst[2]; /* hulls by family; first > last: empty */
	struct fb_l4 l4;		/* hull */
	__u64 key;			/* order, place */
};

struct oracle_scan {
	const struct fb_ruleset *rs;
	struct scan_box *boxes;
	size_t n;
};

static void hull_of(const struct fb_ipset *set, struct fb_range ret[2])
{
	for (int f = 0; f < 2; f++) {
		const struct fb_ranges *r = &set->r[f];

		ret[f] = (struct fb_range){ { ~0ull, ~0ull }, { 0, 0 } };
		if (r->n)
			ret[f] = (struct fb_range){ r->v[0].first, r->v[r->n - 1].last };
	}
}

static struct fb_l4 l4_hull(const struct fb_l4set *svc)
{
	struct fb_l4 h = { 255, 0, 65535, 0, 65535, 0 };

	for (size_t i = 0; i < svc->n; i++) {
		const struct fb_l4 *l = &svc->v[i];

		h.proto_lo = l->proto_lo < h.proto_lo ? l->proto_lo : h.proto_lo;
		h.proto_hi = l->proto_hi > h.proto_hi ? l->proto_hi : h.proto_hi;
		h.sport_lo = l->sport_lo < h.sport_lo ? l->sport_lo : h.sport_lo;
		h.sport_hi = l->sport_hi > h.sport_hi ? l->sport_hi : h.sport_hi;
		h.dport_lo = l->dport_lo < h.dport_lo ? l->dport_lo : h.dport_lo;
		h.dport_hi = l->dport_hi > h.dport_hi ? l->dport_hi : h.dport_hi;
	}
	return h;
}

static int box_cmp(const void *a, const void *b)
{
	const struct scan_box *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

struct oracle_scan *oracle_scan_new(const struct fb_ruleset *rs)
{
	struct oracle_scan *scan = calloc(1, sizeof(*scan));

	scan->rs = rs;
	scan->n = rs->boxes.n;
	scan->boxes = calloc(scan->n + 1, sizeof(*scan->boxes));
	for (size_t i = 0; i < scan->n; i++) {
		struct scan_box *b = &scan->boxes[i];

		hull_of(&rs->sets.v[rs->boxes.v[i].src], b->src);
		hull_of(&rs->sets.v[rs->boxes.v[i].dst], b->dst);
		b->l4 = l4_hull(&rs->services.v[rs->boxes.v[i].svc]);
		b->key = (__u64)rs->boxes.v[i].order << 32 | i;
	}
	qsort(scan->boxes, scan->n, sizeof(*scan->boxes), box_cmp);
	return scan;
}

static bool in_hull(struct fb_range r, struct fb_ip ip)
{
	return fb_ip_cmp(r.first, ip) <= 0 && fb_ip_cmp(ip, r.last) <= 0;
}

static bool l4_meets(const struct fb_l4 *l, const struct oracle_header *h)
{
	return h->proto >= l->proto_lo && h->proto <= l->proto_hi && h->sport >= l->sport_lo &&
	       h->sport <= l->sport_hi && h->dport >= l->dport_lo && h->dport <= l->dport_hi;
}

__u32 oracle_scan(const struct oracle_scan *scan, const struct oracle_header *h)
{
	int f = FB_FAMILY_INDEX(h->family);

	for (size_t i = 0; i < scan->n; i++) {
		const struct scan_box *b = &scan->boxes[i];

		if (!l4_meets(&b->l4, h) || !in_hull(b->src[f], h->src) || !in_hull(b->dst[f], h->dst))
			continue;
		const struct fb_box *box = &scan->rs->boxes.v[(__u32)b->key];

		if (fb_ipset_has(&scan->rs->sets.v[box->src], h->family, h->src) &&
		    fb_ipset_has(&scan->rs->sets.v[box->dst], h->family, h->dst) &&
		    fb_l4set_has(&scan->rs->services.v[box->svc], h->proto, h->sport, h->dport))
			return box->line + 1;
	}
	return 0;
}

void oracle_scan_free(struct oracle_scan *scan)
{
	free(scan->boxes);
	free(scan);
}

__u32 oracle_zone(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_ipset_has(&rs->zones.v[i].owned, family, ip))
			return rs->zones.v[i].id;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "policy/ipset.h"

#include "base/strbuf.h"

static const int families[2] = { 4, 6 };

static struct fb_ip ip_min(struct fb_ip a, struct fb_ip b)
{
	return fb_ip_cmp(a, b) < 0 ? a : b;
}

static struct fb_ip ip_max(struct fb_ip a, struct fb_ip b)
{
	return fb_ip_cmp(a, b) > 0 ? a : b;
}

/* The first range that ends at ip or behind it; r->n if there is none. */
static size_t first_ending_from(const struct fb_ranges *r, struct fb_ip ip)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (fb_ip_cmp(r->v[mid].last, ip) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* a ends directly before b begins. The highest address has no successor, but then nothing begins behind it. */
static bool adjacent(struct fb_range a, struct fb_range b)
{
	return fb_ip_cmp(a.last, b.first) < 0 && fb_ip_cmp(fb_ip_add(a.last, 1), b.first) == 0;
}

void fb_ipset_add(struct fb_ipset *set, int family, struct fb_range range)
{
	struct fb_ranges *r = &set->r[FB_FAMILY_INDEX(family)];
	size_t at = r->n, end;

	if (r->n && fb_ip_cmp(r->v[r->n - 1].last, range.first) >= 0)
		at = first_ending_from(r, range.first);
	if (at && adjacent(r->v[at - 1], range))
		at--;
	for (end = at; end < r->n; end++) {
		if (fb_ip_cmp(r->v[end].first, range.last) > 0 && !adjacent(range, r->v[end]))
			break;
		range.first = ip_min(range.first, r->v[end].first);
		range.last = ip_max(range.last, r->v[end].last);
	}
	if (end == at) { /* touches nothing: make room */
		fb_vec_add(r, range);
		for (size_t i = r->n - 1; i > at; i--)
			r->v[i] = r->v[i - 1];
		r->v[at] = range;
		return;
	}
	r->v[at] = range;
	for (size_t i = end; i < r->n; i++)
		r->v[at + 1 + i - end] = r->v[i];
	r->n -= end - at - 1;
}

/* Two ordered lists merge in one pass; adding one range after the other would move the tail each time. */
static void merge(const struct fb_ranges *a, const struct fb_ranges *b, int family, struct fb_ipset *ret)
{
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		bool from_a = j == b->n || (i < a->n && fb_ip_cmp(a->v[i].first, b->v[j].first) <= 0);

		fb_ipset_add(ret, family, from_a ? a->v[i++] : b->v[j++]);
	}
}

void fb_ipset_add_set(struct fb_ipset *set, const struct fb_ipset *more)
{
	for (int f = 0; f < 2; f++) {
		struct fb_ipset merged = { 0 };

		if (!more->r[f].n || set == more)
			continue;
		if (more->r[f].n < 4) {
			for (size_t i = 0; i < more->r[f].n; i++)
				fb_ipset_add(set, families[f], more->r[f].v[i]);
			continue;
		}
		merge(&set->r[f], &more->r[f], families[f], &merged);
		fb_vec_done(&set->r[f]);
		set->r[f] = merged.r[f];
	}
}

static void intersect_family(const struct fb_ranges *few, const struct fb_ranges *many, int family,
			     struct fb_ipset *ret)
{
	for (size_t i = 0; i < few->n; i++) {
		struct fb_range a = few->v[i];

		for (size_t j = first_ending_from(many, a.first); j < many->n; j++) {
			struct fb_range b = many->v[j];

			if (fb_ip_cmp(b.first, a.last) > 0)
				break;
			fb_ipset_add(ret, family,
				     (struct fb_range){ ip_max(a.first, b.first), ip_min(a.last, b.last) });
		}
	}
}

void fb_ipset_intersect(const struct fb_ipset *a, const struct fb_ipset *b, struct fb_ipset *ret)
{
	*ret = (struct fb_ipset){ 0 };
	for (int f = 0; f < 2; f++) {
		bool a_less = a->r[f].n < b->r[f].n;

		intersect_family(a_less ? &a->r[f] : &b->r[f], a_less ? &b->r[f] : &a->r[f], families[f],
				 ret);
	}
}

static void subtract_range(struct fb_range a, const struct fb_ranges *b, int family, struct fb_ipset *ret)
{
	for (size_t j = first_ending_from(b, a.first); j < b->n; j++) {
		struct fb_range hole = b->v[j];

		if (fb_ip_cmp(hole.first, a.last) > 0)
			break;
		if (fb_ip_cmp(hole.first, a.first) > 0)
			fb_ipset_add(ret, family, (struct fb_range){ a.first, fb_ip_dec(hole.first) });
		if (fb_ip_cmp(hole.last, a.last) >= 0)
			return;
		a.first = fb_ip_add(hole.last, 1);
	}
	fb_ipset_add(ret, family, a);
}

void fb_ipset_subtract(const struct fb_ipset *a, const struct fb_ipset *b, struct fb_ipset *ret)
{
	*ret = (struct fb_ipset){ 0 };
	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < a->r[f].n; i++)
			subtract_range(a->r[f].v[i], &b->r[f], families[f], ret);
}

void fb_ipset_copy(const struct fb_ipset *a, struct fb_ipset *ret)
{
	*ret = (struct fb_ipset){ 0 };
	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < a->r[f].n; i++)
			fb_vec_add(&ret->r[f], a->r[f].v[i]);
}

bool fb_ipset_empty(const struct fb_ipset *set)
{
	return !set->r[0].n && !set->r[1].n;
}

bool fb_ipset_equal(const struct fb_ipset *a, const struct fb_ipset *b)
{
	for (int f = 0; f < 2; f++) {
		if (a->r[f].n != b->r[f].n)
			return false;
		for (size_t i = 0; i < a->r[f].n; i++)
			if (fb_ip_cmp(a->r[f].v[i].first, b->r[f].v[i].first) ||
			    fb_ip_cmp(a->r[f].v[i].last, b->r[f].v[i].last))
				return false;
	}
	return true;
}

static bool overlap_family(const struct fb_ranges *few, const struct fb_ranges *many)
{
	if (!few->n || fb_ip_cmp(few->v[0].first, many->v[many->n - 1].last) > 0 ||
	    fb_ip_cmp(many->v[0].first, few->v[few->n - 1].last) > 0)
		return false;
	for (size_t i = 0; i < few->n; i++) {
		size_t j = first_ending_from(many, few->v[i].first);

		if (j < many->n && fb_ip_cmp(many->v[j].first, few->v[i].last) <= 0)
			return true;
	}
	return false;
}

bool fb_ipset_overlaps(const struct fb_ipset *a, const struct fb_ipset *b)
{
	for (int f = 0; f < 2; f++) {
		bool a_less = a->r[f].n < b->r[f].n;

		if (overlap_family(a_less ? &a->r[f] : &b->r[f], a_less ? &b->r[f] : &a->r[f]))
			return true;
	}
	return false;
}

bool fb_ipset_within(const struct fb_ipset *a, const struct fb_ipset *b)
{
	for (int f = 0; f < 2; f++) {
		for (size_t i = 0; i < a->r[f].n; i++) {
			struct fb_range r = a->r[f].v[i];
			size_t j = first_ending_from(&b->r[f], r.first);

			if (j == b->r[f].n || fb_ip_cmp(b->r[f].v[j].first, r.first) > 0 ||
			    fb_ip_cmp(b->r[f].v[j].last, r.last) < 0)
				return false;
		}
	}
	return true;
}

bool fb_ipset_has(const struct fb_ipset *set, int family, struct fb_ip ip)
{
	const struct fb_ranges *r = &set->r[FB_FAMILY_INDEX(family)];
	size_t i = first_ending_from(r, ip);

	return i < r->n && fb_ip_cmp(r->v[i].first, ip) <= 0;
}

static void print_range(int family, struct fb_range r, struct fb_strbuf *out)
{
	char first[FB_INET_STRLEN], last[FB_INET_STRLEN];
	unsigned int len;

	fb_ip_print(family, r.first, first);
	if (!fb_range_prefix(family, r, &len))
		fb_strbuf_addf(out, "%s-%s", first, fb_ip_print(family, r.last, last));
	else if (len == (family == 4 ? 32u : 128u))
		fb_strbuf_add(out, first);
	else
		fb_strbuf_addf(out, "%s/%u", first, len);
}

void fb_ipset_print(const struct fb_ipset *set, struct fb_strbuf *out)
{
	const char *comma = "";

	for (int f = 0; f < 2; f++) {
		for (size_t i = 0; i < set->r[f].n; i++) {
			fb_strbuf_add(out, comma);
			print_range(families[f], set->r[f].v[i], out);
			comma = ", ";
		}
	}
}

void fb_ipset_done(struct fb_ipset *set)
{
	fb_vec_done(&set->r[0]);
	fb_vec_done(&set->r[1]);
}

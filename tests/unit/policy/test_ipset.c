// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "policy/ipset.h"

/* A universe small enough to count: the 24 lowest and the 24 highest addresses of both families. */
enum { HALF = 24, SIZE = 4 * HALF };

struct model {
	bool has[SIZE];
};

static struct fb_ip ip_of(int i, int *ret_family)
{
	int k = i % (2 * HALF);
	struct fb_ip ip = { 0, (__u64)k };

	*ret_family = i < 2 * HALF ? 4 : 6;
	if (k >= HALF) {
		ip = fb_ip_max(*ret_family);
		for (int n = 2 * HALF - 1; n > k; n--)
			ip = fb_ip_dec(ip);
	}
	return ip;
}

static void add_random(struct fb_ipset *set, struct model *model)
{
	int half = (rand() % 4) * HALF, a = rand() % HALF, b = a + rand() % (HALF - a), family;
	struct fb_range r = { ip_of(half + a, &family), ip_of(half + b, &family) };

	if (rand() % 3)
		r.last = r.first, b = a;
	fb_ipset_add(set, family, r);
	for (int i = a; i <= b; i++)
		model->has[half + i] = true;
}

static void assert_same(const struct fb_ipset *set, const struct model *model, const char *what)
{
	for (int i = 0; i < SIZE; i++) {
		int family;
		struct fb_ip ip = ip_of(i, &family);

		cr_assert_eq(fb_ipset_has(set, family, ip), model->has[i], "%s: address %d", what, i);
	}
	for (int f = 0; f < 2; f++) {
		for (size_t i = 1; i < set->r[f].n; i++) {
			struct fb_ip next = fb_ip_add(set->r[f].v[i - 1].last, 1);

			cr_assert_lt(fb_ip_cmp(next, set->r[f].v[i].first), 0,
				     "%s: ranges touch or are out of order", what);
		}
	}
}

static void one_round(void)
{
	struct fb_ipset a = { 0 }, b = { 0 }, r = { 0 };
	struct model ma = { 0 }, mb = { 0 }, mr;
	bool overlap = false, within = true;
	int na = rand() % 30, nb = rand() % 30;

	for (int i = 0; i < na; i++)
		add_random(&a, &ma);
	for (int i = 0; i < nb; i++)
		add_random(&b, &mb);
	assert_same(&a, &ma, "add");
	for (int i = 0; i < SIZE; i++) {
		overlap |= ma.has[i] && mb.has[i];
		within &= !ma.has[i] || mb.has[i];
	}
	cr_assert_eq(fb_ipset_overlaps(&a, &b), overlap);
	cr_assert_eq(fb_ipset_within(&a, &b), within);
	cr_assert_eq(fb_ipset_equal(&a, &b), memcmp(&ma, &mb, sizeof(ma)) == 0);

	fb_ipset_intersect(&a, &b, &r);
	for (int i = 0; i < SIZE; i++)
		mr.has[i] = ma.has[i] && mb.has[i];
	assert_same(&r, &mr, "intersect");
	cr_assert_eq(fb_ipset_empty(&r), !overlap);
	fb_ipset_done(&r);

	fb_ipset_subtract(&a, &b, &r);
	for (int i = 0; i < SIZE; i++)
		mr.has[i] = ma.has[i] && !mb.has[i];
	assert_same(&r, &mr, "subtract");
	fb_ipset_done(&r);

	fb_ipset_copy(&a, &r);
	cr_assert(fb_ipset_equal(&a, &r));
	fb_ipset_add_set(&r, &b);
	for (int i = 0; i < SIZE; i++)
		mr.has[i] = ma.has[i] || mb.has[i];
	assert_same(&r, &mr, "add_set");
	fb_ipset_done(&r);
	fb_ipset_done(&a);
	fb_ipset_done(&b);
}

Test(ipset, agrees_with_counting_on_a_small_universe)
{
	const char *given = getenv("FB_SEED");
	unsigned int seed = given ? (unsigned int)atoi(given) : (unsigned int)time(NULL);

	cr_log_info("FB_SEED=%u", seed);
	srand(seed);
	for (int i = 0; i < 20000; i++)
		one_round();
}

static struct fb_range range(const char *first, const char *last, int *ret_family)
{
	struct fb_range r;

	cr_assert_eq(fb_ip_parse(first, strlen(first), ret_family, &r.first), 0);
	cr_assert_eq(fb_ip_parse(last, strlen(last), ret_family, &r.last), 0);
	return r;
}

Test(ipset, prints_prefixes_ranges_and_single_addresses)
{
	const char *ranges[][2] = { { "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
				    { "10.1.0.1", "10.1.0.7" },
				    { "10.0.0.0", "10.0.0.255" },
				    { "192.0.2.1", "192.0.2.1" } };
	struct fb_ipset set = { 0 };
	fb_autostrbuf struct fb_strbuf out = { 0 };

	for (size_t i = 0; i < 4; i++) {
		int family;
		struct fb_range r = range(ranges[i][0], ranges[i][1], &family);

		fb_ipset_add(&set, family, r);
	}
	fb_ipset_print(&set, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), "10.0.0.0/24, 10.1.0.1-10.1.0.7, 192.0.2.1, 2001:db8::/32");
	fb_ipset_done(&set);
}

Test(ipset, joins_ranges_that_touch)
{
	struct fb_ipset set = { 0 };
	int family;
	struct fb_range low = range("10.0.0.0", "10.0.0.127", &family),
			high = range("10.0.0.128", "10.0.0.255", &family);

	fb_ipset_add(&set, 4, high);
	fb_ipset_add(&set, 4, low);
	cr_assert_eq(set.r[0].n, 1);
	fb_ipset_done(&set);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines that change nothing: each rule of it on its own, then random policies against bitmaps of all their packets. */
#include "fixture.h"

#include <time.h>

#include "policy/redundant.h"

#define HEAD                                                                                               \
	"policy \"t\" language 1 version 1 timezone \"UTC\"\n"                                             \
	"zone a { interface eth1  network 10.1.0.0/24 }\nzone b { interface eth2  network 10.2.0.0/24 }\n" \
	"zone c { interface eth3  network 10.3.0.0/24 }\n"

/* "1<0,2 3<0": line 1 is covered by 0 and 2, line 3 by 0. */
static void expect_redundant(const char *lines, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, got = { 0 };
	struct fb_redundant_list list;
	struct policy p;

	fb_strbuf_addf(&text, "%s%s", HEAD, lines);
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	fb_redundant_find(&p.rs, &list);
	for (size_t i = 0; i < list.n; i++) {
		fb_strbuf_addf(&got, "%s%u<", i ? " " : "", list.v[i].line);
		for (size_t k = 0; k < list.v[i].by.n; k++)
			fb_strbuf_addf(&got, "%s%u", k ? "," : "", list.v[i].by.v[k]);
	}
	cr_assert_str_eq(fb_strbuf_get(&got), wanted, "%s", lines);
	fb_redundant_done(&list);
	policy_done(&p);
}

#define AB(lines) "firebreak a -> b {\n" lines "\n}\n"

Test(redundant, of_two_that_say_the_same_the_later_one_goes)
{
	expect_redundant(AB("allow 10.1.0.1 -> any  tcp/22\nallow 10.1.0.1 -> 10.2.0.0/24  tcp/22"), "1<0");
}

Test(redundant, a_wider_line_covers_also_from_below)
{
	expect_redundant(AB("allow 10.1.0.1 -> 10.2.0.1  tcp/22\nallow any -> any  tcp/1-100"), "0<1");
}

Test(redundant, several_lines_cover_one_together)
{
	expect_redundant(AB("allow any -> 10.2.0.0/25  tcp/22\nallow any -> any  tcp/22\nallow any -> "
			    "10.2.0.128/25  tcp/20-30"),
			 "1<0,2");
}

Test(redundant, a_line_whose_part_others_hold_as_well_is_not_named)
{
	expect_redundant(AB("allow any -> any  tcp/15-19\nallow any -> any  tcp/10-20\nallow any -> any  "
			    "tcp/18-30\nallow any -> any  tcp/12-28"),
			 "0<1 3<1,2");
}

Test(redundant, one_address_too_few_and_the_line_stays)
{
	expect_redundant(AB("allow any -> 10.2.0.0/25  tcp/22\nallow any -> any  tcp/22\nallow any -> "
			    "10.2.0.129-10.2.0.255  tcp/22"),
			 "0<1 2<1");
	expect_redundant(AB("allow any -> 10.2.0.0/25  tcp/22\nallow any -> 10.2.0.100-10.2.0.200  tcp/22"),
			 "");
}

Test(redundant, a_line_that_ends_earlier_covers_none_that_ends_later)
{
	expect_redundant(AB("allow any -> any  tcp/22  until 2036-01-01\nallow 10.1.0.1 -> any  tcp/22"), "");
	expect_redundant(AB("allow any -> any  tcp/22\nallow 10.1.0.1 -> any  tcp/22  until 2036-01-01"),
			 "1<0");
}

Test(redundant, guards_repeat_guards_and_never_lines_that_allow)
{
	expect_redundant("never a -> b\nnever a -> b tcp/22\nnever b -> a tcp/22\n", "1<0");
	expect_redundant("never a <-> b\nnever b -> a\n", "1<0");
}

Test(redundant, families_are_covered_each_for_itself)
{
	static const char zones[] = "zone d { interface eth4  network 10.4.0.0/24, 2001:db8:4::/64 }\n"
				    "zone e { interface eth5  network 10.5.0.0/24, 2001:db8:5::/64 }\n";
	fb_autostrbuf struct fb_strbuf one = { 0 }, both = { 0 };

	fb_strbuf_addf(&one,
		       "%sfirebreak d -> e { allow any -> 10.5.0.0/24  tcp/22; allow any -> any  tcp/22 }\n",
		       zones);
	expect_redundant(fb_strbuf_get(&one), "0<1");
	fb_strbuf_addf(&both,
		       "%sfirebreak d -> e { allow any -> 10.5.0.0/24  tcp/22; allow any -> 2001:db8:5::/64  "
		       "tcp/22; allow any -> any  tcp/22 }\n",
		       zones);
	expect_redundant(fb_strbuf_get(&both), "2<0,1");
}

/* ---- against every packet ---------------------------------------------------------------------------------------------------- */

enum { PER_ZONE = 4, PORTS = 4, LINES = 9 };

static unsigned int seed;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

struct model {
	__u64 packets[LINES]; /* bit = (source * PER_ZONE + destination) * PORTS + port */
	unsigned int until[LINES];
	unsigned int n;
};

static void random_policy(struct fb_strbuf *out, struct model *m)
{
	*m = (struct model){ .n = 2 + pick(LINES - 1) };
	fb_strbuf_add(out, HEAD "firebreak a -> b {\n");
	for (unsigned int i = 0; i < m->n; i++) {
		unsigned int s0 = pick(PER_ZONE), s1 = s0 + pick(PER_ZONE - s0);
		unsigned int d0 = pick(PER_ZONE), d1 = d0 + pick(PER_ZONE - d0);
		unsigned int p0 = pick(PORTS), p1 = p0 + pick(PORTS - p0);

		m->until[i] = pick(4) ? 9 : 6;
		for (unsigned int s = s0; s <= s1; s++)
			for (unsigned int d = d0; d <= d1; d++)
				for (unsigned int p = p0; p <= p1; p++)
					m->packets[i] |= 1ull << ((s * PER_ZONE + d) * PORTS + p);
		/* The id keeps two lines of the same text apart. */
		fb_strbuf_addf(out,
			       "allow 10.1.0.%u-10.1.0.%u -> 10.2.0.%u-10.2.0.%u  tcp/%u-%u  until "
			       "203%u-01-01  id l%u\n",
			       s0, s1, d0, d1, p0 + 1, p1 + 1, m->until[i], i);
	}
	fb_strbuf_add(out, "}\n");
}

/* The rule of the header file over bitmaps: from the last line on, by what is not named and ends no earlier. */
static unsigned int expected(const struct model *m)
{
	unsigned int gone = 0;

	for (unsigned int i = m->n; i-- > 0;) {
		__u64 others = 0;

		for (unsigned int k = 0; k < m->n; k++)
			if (k != i && !(gone & 1u << k) && m->until[k] >= m->until[i])
				others |= m->packets[k];
		if (!(m->packets[i] & ~others))
			gone |= 1u << i;
	}
	return gone;
}

Test(redundant, agrees_with_every_packet_of_random_policies)
{
	unsigned int several = 0;

	for (unsigned int i = 0; i < 3000; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct fb_redundant_list list;
		unsigned int got = 0;
		struct model m;
		struct policy p;

		seed = i;
		random_policy(&text, &m);
		policy_load(&p, fb_strbuf_get(&text));
		cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
		fb_redundant_find(&p.rs, &list);
		for (size_t k = 0; k < list.n; k++) {
			__u64 by = 0;

			got |= 1u << list.v[k].line;
			for (size_t j = 0; j < list.v[k].by.n; j++)
				by |= m.packets[list.v[k].by.v[j]];
			cr_assert(!(m.packets[list.v[k].line] & ~by), "seed %u: what covers line %u does not",
				  i, list.v[k].line);
			several += list.v[k].by.n > 1;
		}
		cr_assert_eq(got, expected(&m), "seed %u: %x, not %x\n%s", i, got, expected(&m),
			     fb_strbuf_get(&text));
		fb_redundant_done(&list);
		policy_done(&p);
	}
	cr_assert_gt(several, 100, "only %u lines needed several to be covered", several);
}

/* No axis tells these apart: a third is from anywhere, a third to anywhere, and all have one port. */
Test(redundant, a_hundred_thousand_lines_from_or_to_anywhere_are_searched_in_seconds)
{
	enum { EACH = 33333 };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_redundant_list list;
	struct policy p;
	clock_t begin;

	fb_strbuf_add(&text, "zone a { interface eth1  network 10.0.0.0/8 }\n"
			     "zone b { interface eth2  network 192.168.0.0/16 }\nfirebreak a -> b {\n");
	for (unsigned int i = 0; i < EACH; i++)
		fb_strbuf_addf(&text,
			       "allow any -> 192.168.%u.%u  tcp/80\n"
			       "allow 10.1.%u.%u -> any  tcp/80\n"
			       "allow 10.2.%u.%u -> 192.168.%u.%u  tcp/80\n",
			       i >> 8, i & 255, i >> 8, i & 255, i >> 8, i & 255, i >> 8, i & 255);
	fb_strbuf_add(&text, "}\n");
	policy_load(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.errors, 0, "%.2000s", fb_strbuf_get(&p.said));
	begin = clock();
	fb_redundant_find(&p.rs, &list);
	cr_assert_lt((double)(clock() - begin) / CLOCKS_PER_SEC, 5.0);
	cr_assert_eq(list.n, EACH, "every third line is covered by one from anywhere, and found are %zu",
		     list.n);
	fb_redundant_done(&list);
	policy_done(&p);
}

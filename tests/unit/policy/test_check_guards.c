// SPDX-License-Identifier: GPL-2.0-only
/* Services, guards, DHCP, and what is refused. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <time.h>

#include "fixture.h"
#include "policy/l4set.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"Europe/London\"\n"
#define ZONES                                                                   \
	HEAD "zone a { interface eth1 network 10.1.0.0/16, 2001:db8:1::/48 }\n" \
	     "zone b { interface eth2 network 10.2.0.0/16, 2001:db8:2::/48 }\n" \
	     "zone c { interface eth3 network 10.3.0.0/16 }\n"                  \
	     "zone internet { interface eth0 network any }\n"                   \
	     "service ssh { tcp/22 }\n"                                         \
	     "service https { tcp/443 }\n"                                      \
	     "service smb { tcp/445, tcp/139 }\n"                               \
	     "service dhcp-request { udp/67 source-port 68 }\n"                 \
	     "service dhcp-reply { udp/68 source-port 67 }\n"                   \
	     "service dhcp-relay { udp/67 source-port 67 }\n"

/* ---- services ------------------------------------------------------------------------------------------------- */

static void expect_services(const char *line, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, printed = { 0 };
	struct policy p;

	fb_strbuf_addf(&text, "%s%s", ZONES, line);
	policy_load_clean(&p, fb_strbuf_get(&text));
	cr_assert_eq(p.rs.boxes.n, 1);
	fb_l4set_print(&p.rs.services.v[p.rs.boxes.v[0].svc], &printed);
	cr_assert_str_eq(fb_strbuf_get(&printed), wanted);
	policy_done(&p);
}

Test(services, all_less_some_is_the_exact_rest)
{
	expect_services(
		"service most { all except smb, tcp/25 }\nfirebreak a -> b { allow any -> any most }\n",
		"ip/0-5, tcp/0-24, tcp/26-138, tcp/140-444, tcp/446-65535, ip/7-255");
}

Test(services, icmp_types_hold_all_their_codes)
{
	expect_services("firebreak a -> b { allow any -> any icmp/echo-request, icmpv6/echo-request }\n",
			"icmp/8, icmpv6/128");
	expect_services("firebreak a -> b { allow any -> any icmp/any }\n", "icmp/any");
}

Test(services, ports_that_touch_or_overlap_are_one_range)
{
	expect_services("firebreak a -> b { allow any -> any tcp/20-22, tcp/23, tcp/22-30 }\n", "tcp/20-30");
	expect_services("firebreak a -> b { allow any -> any udp/any, udp/53 }\n", "udp/any");
}

Test(services, services_name_services_but_not_themselves)
{
	expect_services("service admin { ssh, https }\nfirebreak a -> b { allow any -> any admin }\n",
			"tcp/22, tcp/443");
	expect_error(ZONES "service x { y }\nservice y { x }\n", "contains itself");
	expect_error(ZONES "service x { ssh except tcp/any }\n", "service x is empty");
	expect_lint(ZONES "service x { ssh except tcp/23 }\n", "takes nothing out");
}

/* Boxes against counting: protocols 0-7, ports 0-7. */
static struct fb_l4set random_set(struct fb_l4 *store, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned int v[6];

		for (int k = 0; k < 6; k += 2) {
			v[k] = (unsigned int)rand() % 8;
			v[k + 1] = v[k] + (unsigned int)rand() % (8 - v[k]);
		}
		store[i] = (struct fb_l4){ (__u8)v[0],	(__u8)v[1],  (__u16)v[2],
					   (__u16)v[3], (__u16)v[4], (__u16)v[5] };
	}
	return (struct fb_l4set){ store, n };
}

static unsigned int times_in(const struct fb_l4set *set, __u8 proto, __u16 sport, __u16 dport)
{
	unsigned int n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += fb_l4set_has(&(struct fb_l4set){ &set->v[i], 1 }, proto, sport, dport);
	return n;
}

Test(services, set_arithmetic_agrees_with_counting_and_has_one_form)
{
	unsigned int seed = (unsigned int)time(NULL);

	cr_log_info("seed %u", seed);
	srand(seed);
	for (int round = 0; round < 500; round++) {
		struct fb_l4 sa[4], sb[4];
		struct fb_l4set a = random_set(sa, (size_t)rand() % 5),
				b = random_set(sb, (size_t)rand() % 5);

		for (int op = FB_L4_UNION; op <= FB_L4_SUBTRACT; op++) {
			struct fb_l4set r = fb_l4set_combine(&a, &b, (enum fb_l4_op)op), none = { 0 };
			struct fb_l4set again = fb_l4set_combine(&r, &none, FB_L4_UNION);

			for (int i = 0; i < 512; i++) {
				__u8 proto = (__u8)(i >> 6);
				__u16 sport = i >> 3 & 7, dport = i & 7;
				bool in_a = times_in(&a, proto, sport, dport),
				     in_b = times_in(&b, proto, sport, dport);
				bool want = op == FB_L4_UNION	    ? in_a || in_b
					    : op == FB_L4_INTERSECT ? in_a && in_b
								    : in_a && !in_b;

				cr_assert_eq(times_in(&r, proto, sport, dport), want, "seed %u op %d", seed,
					     op);
			}
			cr_assert(fb_l4set_equal(&r, &again), "seed %u", seed);
			free(r.v);
			free(again.v);
		}
	}
}

/* ---- guards ------------------------------------------------------------------------------------------------------ */

Test(guards, s26_an_allow_that_overlaps_a_never_is_an_error)
{
	expect_error(
		ZONES
		"firebreak a -> self {\n  allow any -> self ssh\n}\nnever any -> self ssh except from b\n",
		"t.fb:13:3: error: allows a -> self ssh, which the never at t.fb:15 forbids");
	expect_error(ZONES
		     "firebreak a -> b { allow 10.1.0.0/24 -> 10.2.0.7 https, ssh }\nnever a -> b ssh\n",
		     "for example 10.1.0.1 -> 10.2.0.7 tcp/22");
	expect_error(ZONES "firebreak a -> b { allow any -> any ssh  until 2026-12-31 }\nnever a -> b\n",
		     "allows a -> b ssh");
	expect_error(ZONES "firebreak self -> a { allow self -> any dhcp-reply }\n"
			   "firebreak a -> self { allow any -> self dhcp-request }\nnever self -> a\n",
		     "allows self -> a dhcp-reply");
}

Test(guards, s26_names_each_line_once_however_many_guards_it_breaks)
{
	expect_error(ZONES "firebreak a -> b { allow any -> any ssh }\nnever a -> b\nnever a -> any tcp/22\n",
		     "t.fb:13");
}

Test(guards, s25_except_narrows_only_its_own_line)
{
	expect_clean(ZONES "firebreak a -> b { allow any -> any ssh }\nnever any -> b except from a\n");
	expect_error(
		ZONES
		"firebreak a -> b { allow any -> any ssh }\nnever any -> b except from a\nnever a -> b ssh\n",
		"allows a -> b");
	expect_clean(ZONES "firebreak a -> b { allow any -> any ssh }\nnever b -> a\n");
	expect_error(ZONES "firebreak a -> b { allow any -> any ssh }\nnever b <-> a\n", "allows a -> b");
}

Test(guards, s9_any_holds_the_gateway_and_the_zone_itself)
{
	expect_error(ZONES "firebreak a -> self { allow any -> self ssh }\nnever a -> any\n",
		     "allows a -> self ssh");
	expect_error(ZONES "firebreak self -> a { allow self -> any ssh }\nnever any -> a\n",
		     "allows self -> a ssh");
	expect_error(ZONES "firebreak a -> a { allow any -> any ssh }\nnever any -> a\n",
		     "allows a -> a ssh");
}

Test(guards, what_a_zone_says_to_the_gateway_is_not_to_that_zone)
{
	/* both have broadcasts in a: one heard there, one sent there */
	expect_clean(
		ZONES
		"firebreak a -> self { allow any -> self dhcp-request }\n"
		"firebreak self -> a { allow self -> any dhcp-reply }\nnever any -> a except from self\n");
	expect_clean(ZONES "firebreak self -> a { allow self -> any ip/112 }\nnever any -> self\n");
}

Test(guards, a_never_says_its_pairs_as_it_is_written)
{
	static const char *const cases[][2] = {
		{ "never a -> b\n", "a -> b" },
		{ "never a, c <-> self ssh\n", "a, c <-> self" },
		{ "never any -> b except from a\n", "any -> b" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct policy p;

		fb_strbuf_addf(&text, "%s%s", ZONES, cases[i][0]);
		policy_load_clean(&p, fb_strbuf_get(&text));
		cr_assert_str_eq(p.rs.lines.v[0].pairs, cases[i][1]);
		policy_done(&p);
	}
}

Test(guards, s26_observing_a_pair_under_a_never_is_an_error)
{
	expect_error(ZONES "firebreak a -> b { mode observe until 2027-01-01 }\nnever a -> b\n",
		     "observes a -> b, which the never at t.fb:13 forbids altogether");
	expect_clean(ZONES "firebreak a -> b { mode observe until 2027-01-01 }\nnever a -> b tcp/22\n");
}

Test(guards, s26_guards_that_forbid_an_observed_pair_together_are_an_error_as_one_is)
{
#define LOW_AND_HIGH                                                     \
	ZONES "firebreak a -> b {\n  mode observe until 2036-01-01\n}\n" \
	      "group low in a { 10.1.0.0/17, 2001:db8:1::/49 }\n"        \
	      "group high in a { any except low }\n"

	expect_error(LOW_AND_HIGH "never low -> b\nnever high -> b\n",
		     "and others together forbid altogether");
	expect_clean(LOW_AND_HIGH "never low -> b\nnever high -> b tcp/any\n");
}

Test(guards, guards_speak_about_names)
{
	expect_clean(ZONES "zone-group field { a, b }\ndevice d in c { ip 10.3.0.1 }\ngroup g { 10.1.0.0/24, "
			   "10.3.0.9 }\n"
			   "never field, d -> g, internet smb \"no\"\n");
}

/* ---- DHCP ------------------------------------------------------------------------------------------------------------ */

Test(dhcp, s23_one_line_without_the_other_gets_a_lint)
{
	expect_clean(ZONES "firebreak a, b -> self { allow any -> self dhcp-request }\n"
			   "firebreak self -> a, b { allow self -> any dhcp-reply }\n");
	expect_lint(ZONES "firebreak a, b -> self { allow any -> self dhcp-request }\n"
			  "firebreak self -> a { allow self -> any dhcp-reply }\n",
		    "dhcp-request, but firebreak self -> b has no dhcp-reply");
	expect_lint(ZONES "firebreak self -> a { allow self -> any dhcp-reply }\n",
		    "dhcp-reply, but firebreak a -> self has no dhcp-request");
}

Test(dhcp, s23_a_relay_speaks_both_ways)
{
	expect_clean(ZONES "firebreak self -> a { allow self -> 10.1.0.67 dhcp-relay }\n"
			   "firebreak a -> self { allow 10.1.0.67 -> self at any dhcp-relay }\n");
	expect_lint(ZONES "firebreak self -> a { allow self -> 10.1.0.67 dhcp-relay }\n",
		    "dhcp-relay, but firebreak a -> self has no dhcp-relay");
}

/* ---- size ------------------------------------------------------------------------------------------------------------- */

static void big_policy(struct fb_strbuf *out, int lines)
{
	fb_strbuf_add(out, HEAD);
	for (int z = 0; z < 40; z++)
		fb_strbuf_addf(out, "zone z%d { interface eth%d vlan %d network 10.%d.0.0/16 }\n", z, z % 8,
			       100 + z, z);
	for (int i = 0; i < lines; i++)
		fb_strbuf_addf(out, "device d%d in z%d { ip 10.%d.%d.%d }\n", i, i % 40, i % 40,
			       1 + i / 40 / 200, 1 + i / 40 % 200);
	for (int i = 0; i < lines; i++) {
		int to = (i * 7 + 13) % lines;

		fb_strbuf_addf(out, "firebreak z%d -> z%d { allow d%d -> d%d  tcp/%d  until 2027-0%d-01 }\n",
			       i % 40, to % 40, i, to, 1 + i % 60000, 1 + i % 9);
	}
	for (int i = 0; i < 1000; i++)
		fb_strbuf_addf(out, "never d%d -> self tcp/%d\n", i, 1 + i);
}

/* A fraction of a second where nothing else runs; the bound only catches work that grows with the square. */
Test(check_size, ten_thousand_lines_and_a_thousand_guards_take_no_time_to_speak_of)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct timespec a, b;
	struct policy p;
	double seconds;

	big_policy(&text, 10000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	policy_load_clean(&p, fb_strbuf_get(&text));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	cr_log_info("10,000 allow and 1,000 never lines parsed and checked in %.3f s of CPU time", seconds);
	cr_assert_eq(p.rs.lines.n, 11000);
	cr_assert_lt(seconds, 5.0);
	policy_done(&p);
}

/* ---- packets that cannot be ------------------------------------------------------------------------------------------ */

Test(check_guards, s33_a_guard_between_a_host_and_itself_forbids_nothing_that_can_be)
{
	static const char text[] = "zone a { interface e1, e2  network 10.1.0.0/24, 2001:db8::/64 }\n"
				   "device d in a { ip 10.1.0.9 }\ngroup g in a { d, 10.1.0.10 }\n"
				   "firebreak a -> a { allow any -> any  udp/53 }\n";
	fb_autostrbuf struct fb_strbuf alone = { 0 }, two = { 0 };

	fb_strbuf_addf(&alone, "%snever d <-> d\n", text);
	expect_clean(fb_strbuf_get(&alone));
	fb_strbuf_addf(&two, "%snever g -> d\n", text);
	expect_error(fb_strbuf_get(&two), "for example 10.1.0.10 -> 10.1.0.9 udp/53");
}

Test(check_guards, s11_icmpv6_between_ipv4_addresses_breaks_no_guard)
{
	static const char text[] = "zone a { interface e1  network 10.1.0.0/24 }\n"
				   "zone b { interface e2  network 10.2.0.0/24, 2001:db8::/64 }\n"
				   "never a -> b\nfirebreak a -> b { allow any -> any  %s }\n";
	fb_autostrbuf struct fb_strbuf dead = { 0 }, both = { 0 };

	fb_strbuf_addf(&dead, text, "icmpv6/128");
	expect_clean(fb_strbuf_get(&dead));
	fb_strbuf_addf(&both, text, "icmpv6/128, icmp/8");
	expect_error(fb_strbuf_get(&both), "for example 10.1.0.1 -> 10.2.0.1 icmp/8");
}

// SPDX-License-Identifier: GPL-2.0-only
/* Who a line is (S56). */
#include "fixture.h"
#include "policy/slots.h"

#define ZONES                                                  \
	"policy \"t\" language 1 timezone \"Europe/London\"\n" \
	"zone a { interface eth1 network 10.1.0.0/16 }\n"      \
	"zone b { interface eth2 network 10.2.0.0/16 }\n"      \
	"zone c { interface eth3 network 10.3.0.0/16 }\n"      \
	"service ssh { tcp/22 }\nservice https { tcp/443 }\n"

Test(check_identity, s56_the_identity_of_a_line_does_not_hang_on_order_or_suffixes)
{
	struct policy p, q;

	policy_load_clean(&p, ZONES "firebreak a, b -> c { allow any -> 10.3.0.1, 10.3.0.2  ssh, https }\n");
	policy_load_clean(&q, ZONES "firebreak b, a -> c { allow any -> 10.3.0.2, 10.3.0.1  https, ssh  "
				    "until 2027-01-01  owner \"x\" }\n");
	cr_assert_eq(strlen(p.rs.lines.v[0].id), 12);
	cr_assert_str_eq(p.rs.lines.v[0].id, q.rs.lines.v[0].id);
	policy_done(&p);
	policy_done(&q);
}

Test(check_identity, s56_lines_whose_hashes_begin_with_the_same_32_bits_are_two_lines)
{
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak a -> b {\n allow any -> any tcp/355, udp/41\n"
				    " allow any -> any tcp/438, udp/132\n}\n");
	cr_assert_str_eq(p.rs.lines.v[0].id, "f1fafde194a5");
	cr_assert_str_eq(p.rs.lines.v[1].id, "f1fafde11f90");
	policy_done(&p);
}

/* State of a version that kept 8 digits: those lines are unknown, keep their numbers for a generation and go. */
Test(check_identity, s56_slots_of_shorter_ids_are_lines_that_went)
{
	struct fb_slots slots = { 0 };
	struct policy p;

	fb_slots_begin(&slots);
	fb_vec_add(&slots.lines, (struct fb_slot){ "f1fafde1", 1, slots.generation });
	policy_load_with(&p, ZONES "firebreak a -> b { allow any -> any tcp/355, udp/41 }\n", &slots);
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	cr_assert_eq(p.rs.lines.v[0].slot, 2);
	policy_done(&p);
	fb_slots_done(&slots);
}

Test(check_identity, s56_two_lines_with_one_identity_are_an_error)
{
	expect_error(
		ZONES
		"firebreak a -> b {\n  allow any -> any ssh  id one\n  allow any -> any https  id one\n}\n",
		"id one is already that of the line at t.fb:8");
	expect_error(
		ZONES
		"firebreak a -> b {\n  allow any -> any ssh\n  allow any -> any ssh  until 2027-01-01\n}\n",
		"this line is already at t.fb:8");
}

// SPDX-License-Identifier: GPL-2.0-only
/* Which zone owns an address (S2), and which addresses none can (S4). */
#include <criterion/criterion.h>

#include "fixture.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"Europe/London\"\n"

Test(check, s2_the_longest_network_owns_an_address)
{
	struct policy p;

	policy_load_clean(&p,
			  HEAD "zone corp { interface eth1 network 172.16.0.0/12 }\n"
			       "zone iot { interface eth2 network 172.16.5.0/24 except 172.16.5.128/25 }\n");
	cr_assert(owns(&p, "iot", "172.16.5.9"));
	cr_assert_not(owns(&p, "corp", "172.16.5.9"));
	cr_assert(owns(&p, "corp", "172.16.6.9"));
	cr_assert(owns(&p, "corp", "172.16.5.200"), "what iot excepts falls to the next shorter network");
	cr_assert(fb_ipset_has(&p.rs.unowned, 4, (struct fb_ip){ 0, 0x0a000001 }));
	cr_assert_not(fb_ipset_has(&p.rs.unowned, 4, (struct fb_ip){ 0, 0x7f000001 }),
		      "loopback is nobody's");
	policy_done(&p);
}

Test(check, s2_the_same_prefix_in_two_zones_is_an_error)
{
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 }\nzone b { interface eth2 network "
			  "10.1.0.0/16 }\n",
		     "t.fb:3:33: error: 10.1.0.0/16 is already a network of zone a (t.fb:2)");
}

Test(check, s2_one_zone_at_most_has_any)
{
	expect_error(HEAD "zone a { interface eth1 network any }\nzone b { interface eth2 network any }\n",
		     "network any is already in zone a");
}

Test(check, s2_an_except_outside_of_the_networks_is_an_error)
{
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 except 10.2.0.0/24 }\n",
		     "10.2.0.0/24 is not in the networks of zone a");
}

Test(check, s4_any_is_all_unicast_that_nobody_else_owns)
{
	const char *outside[] = { "10.1.2.3",	  "224.0.0.1",	 "255.255.255.255", "240.0.0.1",
				  "127.0.0.1",	  "169.254.1.1", "0.0.0.1",	    "::1",
				  "fe80::1",	  "ff02::1",	 "::ffff:10.0.0.1", "192.168.1.1",
				  "2001:db8:1::1" };
	struct policy p;

	policy_load_clean(&p, HEAD "zone a { interface eth1 network 10.1.0.0/16, 2001:db8:1::/48 }\n"
				   "zone internet { interface eth0 network any except 192.168.0.0/16 }\n");
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		cr_assert_not(owns(&p, "internet", outside[i]), "%s", outside[i]);
	cr_assert(owns(&p, "internet", "198.51.100.1"));
	cr_assert(owns(&p, "internet", "2001:db8:9::1"));
	policy_done(&p);
}

Test(check, s4_a_network_without_ordinary_addresses_is_an_error)
{
	expect_error(HEAD "zone a { interface eth1 network 169.254.0.0/16 }\n",
		     "holds no address that a zone could own");
	expect_error(HEAD "zone a { interface eth1 network 239.1.0.0/16 }\n",
		     "holds no address that a zone could own");
}

Test(check, s4_any_has_nat64_and_not_what_nobody_can_have)
{
	static const char *const others[] = {
		"::",	       "::1",	    "::ffff:10.1.0.1", "::ffff:ffff:ffff:ffff",
		"fe80::1",     "ff05::1",   "0.1.2.3",	       "127.0.0.1",
		"169.254.0.1", "224.0.1.1", "240.0.0.1"
	};
	struct policy p;

	policy_load_clean(&p, "zone a { interface eth1  network any }\n");
	cr_assert(owns(&p, "a", "64:ff9b::a1e:a"));
	cr_assert(owns(&p, "a", "0:0:0:1::"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_not(owns(&p, "a", others[i]), "%s", others[i]);
	policy_done(&p);
	expect_clean("zone a { interface eth1  network 64:ff9b::/96 }\n"
		     "zone b { interface eth2  network any }\ngroup nat64 in a { 64:ff9b::/112 }\n");
	expect_error("zone a { interface eth1  network ::ffff:0:0/96 }\n",
		     "holds no address that a zone could own");
	expect_error("zone a { interface eth1  network any }\ngroup g in a { 128.0.0.0/2 }\n",
		     "128.0.0.0/2 holds 169.254.0.0/16 (link-local), which belongs to no zone");
}

Test(check, s2_a_zone_without_an_address_is_said)
{
	expect_lint("zone a { interface eth1  network 10.1.0.0/24 }\n"
		    "zone b { interface eth2  network 10.1.0.0/25 }\n"
		    "zone c { interface eth3  network 10.1.0.128/25 }\n",
		    "zone a owns no address, so nothing can come from it");
	expect_lint("zone a { interface eth1  network 10.1.0.0/24  except 10.1.0.0/24 }\n",
		    "zone a owns no address");
	expect_clean("zone a { interface eth1  network 10.1.0.0/24 }\n"
		     "zone b { interface eth2  network 10.1.0.0/25 }\n");
}

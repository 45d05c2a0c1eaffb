// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>

#include "fixture.h"

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
	     "service dhcp-reply { udp/68 source-port 67 }\n"

Test(check, s1_the_same_text_means_the_same_twice)
{
	const char *text = ZONES "firebreak a -> b { allow any -> any https }\nfirebreak a -> self { allow "
				 "any -> self ssh }\n";
	struct policy p, q;

	policy_load_clean(&p, text);
	policy_load_clean(&q, text);
	cr_assert_eq(p.rs.boxes.n, q.rs.boxes.n);
	cr_assert_eq(memcmp(p.rs.boxes.v, q.rs.boxes.v, p.rs.boxes.n * sizeof(*p.rs.boxes.v)), 0);
	cr_assert_eq(p.rs.sets.n, q.rs.sets.n);
	for (size_t i = 0; i < p.rs.sets.n; i++)
		cr_assert(fb_ipset_equal(&p.rs.sets.v[i], &q.rs.sets.v[i]));
	policy_done(&p);
	policy_done(&q);
}

/* ---- zones ---------------------------------------------------------------------------------------------------- */

Test(check, s5_an_interface_and_vlan_is_in_one_zone)
{
	expect_error(HEAD "zone a { interface eth1 vlan 10 network 10.1.0.0/16 }\n"
			  "zone b { interface eth2, eth1 vlan 10 network 10.2.0.0/16 }\n",
		     "eth1 vlan 10 is already in zone a (t.fb:2)");
	expect_clean(HEAD "zone a { interface eth1 vlan 10 network 10.1.0.0/16 }\n"
			  "zone b { interface eth1 network 10.2.0.0/16 }\n");
}

Test(check, s5_a_zone_needs_an_interface_and_a_network)
{
	expect_error(HEAD "zone a { network 10.1.0.0/16 }\n", "zone a has no interface");
	expect_error(HEAD "zone a { interface eth1 }\n", "zone a has no network");
}

Test(check, s7_lines_inside_one_segment_get_a_lint)
{
	expect_lint(ZONES "firebreak c -> c { allow any -> any ssh }\n", "zone c is one segment");
	expect_clean(
		ZONES
		"firebreak a -> a { allow any -> any ssh }\n"); /* two networks: routed hairpin is possible */
}

Test(check, more_than_62_zones_are_an_error_that_names_the_limit)
{
	struct fb_strbuf text = { 0 };

	fb_strbuf_add(&text, HEAD);
	for (int i = 0; i < 62; i++)
		fb_strbuf_addf(&text, "zone z%d { interface eth%d network 10.%d.0.0/16 }\n", i, i, i);
	expect_clean(fb_strbuf_get(&text));
	fb_strbuf_add(&text, "zone last { interface lan network 10.99.0.0/16 }\n");
	expect_error(fb_strbuf_get(&text), "t.fb:64:6: error: 63 zones: a policy holds at most 62");
	fb_strbuf_done(&text);
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

Test(check, names_are_taken_once_over_zones_groups_and_devices)
{
	expect_error(ZONES "device a in b { ip 10.2.0.1 }\n",
		     "device a: the name is taken by zone a (t.fb:2)");
	expect_error(ZONES "device Internet in b { ip 10.2.0.1 }\n",
		     "differs only in case from zone internet");
	expect_error(ZONES "service ssh { tcp/2222 }\n", "service ssh: the name is taken");
	expect_clean(ZONES "device ssh in b { ip 10.2.0.1 }\n");
}

Test(check, a_tag_is_no_name)
{
	expect_clean(ZONES "device d in b { ip 10.2.0.1 tag gw-b }\ngroup gw-b { tag gw-b }\n");
}

Test(check, unknown_names_come_with_the_nearest_known_one)
{
	expect_error(ZONES "device nvr-1 in b { ip 10.2.0.1 }\nfirebreak a -> b { allow any -> nvr1 ssh }\n",
		     "did you mean \"nvr-1\"?");
	expect_error(ZONES "firebreak a -> intranet { allow any -> any ssh }\n",
		     "unknown zone or zone group \"intranet\"");
	expect_error(ZONES "firebreak a -> b { allow any -> any shh }\n", "did you mean \"ssh\"?");
	expect_error(ZONES "device d in bb { ip 10.2.0.1 }\n", "unknown zone \"bb\"");
	expect_error(ZONES "never a -> intrnet\n", "did you mean \"internet\"?");
	expect_error(ZONES "zone-group g { a, bx }\n", "unknown zone or zone group \"bx\"");
}

Test(check, a_name_of_another_kind_is_said_to_be_that)
{
	expect_error(ZONES "device d in b { ip 10.2.0.1 }\nfirebreak a -> d { allow any -> any ssh }\n",
		     "d is a device, but a zone or zone group is needed here");
	expect_error(ZONES "firebreak a -> b { allow a -> any ssh }\n", "a is a zone: a line names devices");
}

Test(check, zone_groups_contain_zone_groups_in_any_order_but_not_themselves)
{
	struct policy p;

	policy_load_clean(&p, ZONES "zone-group all-in { near, c }\nzone-group near { a, b }\n"
				    "firebreak all-in -> internet { allow any -> any https }\n");
	cr_assert_eq(p.rs.boxes.n, 1);
	policy_done(&p);
	expect_error(ZONES "zone-group x { y }\nzone-group y { x }\n", "contains itself");
}

/* ---- groups and devices ------------------------------------------------------------------------------------------ */

Test(check, s10_a_group_is_its_members_less_its_except)
{
	struct policy p;

	policy_load_clean(&p, ZONES "device d in a { ip 10.1.9.9 }\n"
				    "group g in a { 10.1.1.0/24, 10.1.2.0/24, d except 10.1.1.9 }\n");
	cr_assert(fb_ipset_has(&p.rs.groups.v[0].ips, 4, (struct fb_ip){ 0, 0x0a010901 + 8 }));
	cr_assert(fb_ipset_has(&p.rs.groups.v[0].ips, 4, (struct fb_ip){ 0, 0x0a010108 }));
	cr_assert_not(fb_ipset_has(&p.rs.groups.v[0].ips, 4, (struct fb_ip){ 0, 0x0a010109 }));
	policy_done(&p);
}

Test(check, s10_an_excepted_address_outside_of_the_group_is_an_error)
{
	expect_error(ZONES "group g in a { 10.1.1.0/24 except 10.1.2.9 }\n", "10.1.2.9 is not in group g");
}

Test(check, s10_members_of_a_group_in_a_zone_are_owned_by_it)
{
	expect_error(ZONES "group g in a { 10.1.1.0/24, 10.2.1.0/24 }\n",
		     "10.2.1.0/24 is not all in zone a: 10.2.1.0 belongs to zone b");
	expect_clean(ZONES "group g { 10.1.1.0/24, 10.2.1.0/24 }\n");
}

Test(check, s10_an_empty_group_is_an_error)
{
	expect_error(ZONES "group g in a { 10.1.1.0/24 except 10.1.1.0/24 }\n", "group g is empty");
	expect_error(ZONES "device d in a { ip 10.1.0.1 vendor \"axis\" }\ngroup g { vendor \"axos\" }\n",
		     "did you mean \"axis\"?");
	expect_error(ZONES "group g { tag ptz }\n", "no device has the tag ptz");
}

Test(check, s10_a_group_that_contains_itself_is_an_error)
{
	expect_error(ZONES "group g { h }\ngroup h { g }\n", "contains itself");
}

Test(check, s11_device_address_outside_its_zone_is_an_error)
{
	expect_error(ZONES "device d in a { ip 10.2.0.1 }\n",
		     "device d: 10.2.0.1 is not an address of zone a: it belongs to zone b");
}

Test(check, s11_an_address_or_mac_in_two_devices_is_an_error)
{
	expect_error(ZONES "device d in a { ip 10.1.0.1 }\ndevice e in a { ip 10.1.0.1 }\n",
		     "device e: 10.1.0.1 is already the address of device d");
	expect_error(ZONES "device d in a { ip 10.1.0.1 mac 02:00:00:00:00:01 }\n"
			   "device e in b { ip 10.2.0.1 mac 02-00-00-00-00-01 }\n",
		     "device e: 02:00:00:00:00:01 is already the MAC of device d");
}

Test(check, s11_ipv4_speaks_to_ipv4_and_ipv6_to_ipv6)
{
	expect_error(ZONES "device d in a { ip 10.1.0.1 }\ndevice e in b { ip 2001:db8:2::1 }\n"
			   "firebreak a -> b { allow d -> e ssh }\n",
		     "one side has only IPv4, the other only IPv6");
	expect_clean(ZONES "device d in a { ip 10.1.0.1 }\ndevice e in b { ip 10.2.0.1, 2001:db8:2::1 }\n"
			   "firebreak a -> b { allow d -> e ssh }\n");
}

Test(check, s12_a_device_without_ip_cannot_stand_in_a_line)
{
	expect_error(ZONES
		     "device d in a { mac 02:00:00:00:00:01 }\nfirebreak a -> b { allow d -> any ssh }\n",
		     "device d has no ip, so it cannot be the source of a line");
	expect_error(ZONES "device d in a { mac 02:00:00:00:00:01 }\nnever d -> b\n",
		     "reserve its DHCP address");
	expect_clean(ZONES "device d in a { mac 02:00:00:00:00:01 }\n");
}

/* ---- operands --------------------------------------------------------------------------------------------------------- */

Test(check, s14_link_local_multicast_needs_self_on_one_side)
{
	expect_error(ZONES "firebreak a -> b { allow any -> 224.0.0.18 ip/112 }\n",
		     "it needs self on one side");
	expect_clean(ZONES "firebreak a -> self { allow any -> 224.0.0.18 ip/112 }\n");
	expect_clean(ZONES "firebreak self -> a { allow self -> 224.0.0.0/24, ff02::/16 ip/112 }\n");
	expect_error(ZONES "firebreak a -> self { allow 224.0.0.18 -> self ip/112 }\n", "never a source");
}

Test(check, s15_dns_names_are_an_error)
{
	struct policy p;

	policy_load(&p, ZONES "firebreak a -> internet { allow any -> www.example.org https }\n");
	cr_assert_gt(p.errors, 0);
	policy_done(&p);
}

Test(check, s16_operands_live_in_the_zones_of_the_header)
{
	expect_error(ZONES "firebreak a -> b { allow 10.3.0.1 -> any ssh }\n",
		     "10.3.0.1 belongs to zone c, which is not on the left of firebreak a -> b");
	expect_error(ZONES "device d in c { ip 10.3.0.1 }\nfirebreak a -> b { allow any -> d ssh }\n",
		     "d belongs to zone c, which is not on the right");
	expect_error(ZONES "group g in c { 10.3.0.0/24 }\nfirebreak a -> b { allow g -> any ssh }\n",
		     "g belongs to zone c");
	expect_error(ZONES "firebreak a -> b { allow 10.0.0.0/8 -> any ssh }\n", "10.0.0.0/8");
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 }\nzone b { interface eth2 network "
			  "10.2.0.0/16 }\n"
			  "firebreak a -> b { allow any -> 192.0.2.1 tcp/22 }\n",
		     "192.0.2.1 belongs to no zone");
}

Test(check, s16_a_spanning_group_gives_the_members_that_live_there)
{
	struct policy p;

	policy_load_clean(&p, ZONES
			  "group g { 10.1.0.1, 10.2.0.1 }\nfirebreak a -> internet { allow g -> any ssh }\n");
	cr_assert_eq(p.rs.boxes.n, 1);
	cr_assert(fb_ipset_has(&p.rs.sets.v[p.rs.boxes.v[0].src], 4, (struct fb_ip){ 0, 0x0a010001 }));
	cr_assert_not(fb_ipset_has(&p.rs.sets.v[p.rs.boxes.v[0].src], 4, (struct fb_ip){ 0, 0x0a020001 }));
	policy_done(&p);
	expect_error(ZONES "group g { 10.1.0.1, 10.2.0.1 }\nfirebreak c -> internet { allow g -> any ssh }\n",
		     "no member of group g lives on the left");
}

Test(check, s16_self_must_be_in_the_header)
{
	expect_error(ZONES "firebreak a -> b { allow any -> self ssh }\n",
		     "self is not on the right of firebreak a -> b");
	expect_error(ZONES "firebreak a -> self { allow self -> self ssh }\n", "self is not on the left");
	expect_error(ZONES "firebreak self -> self { allow self -> self ssh }\n",
		     "self stands on both sides");
}

Test(check, s20_self_at_names_a_zone_and_stands_on_the_right)
{
	expect_error(ZONES "firebreak a -> self { allow any -> self at bb ssh }\n",
		     "unknown zone or zone group \"bb\"");
	expect_error(ZONES "firebreak self -> a { allow self at b -> any ssh }\n",
		     "stands only on the right");
}

Test(check, link_local_and_broadcast_addresses_are_no_operands)
{
	expect_error(ZONES "firebreak a -> self { allow fe80::1 -> self ssh }\n", "belongs to no zone");
	expect_error(ZONES "firebreak a -> self { allow any -> 255.255.255.255 udp/67 }\n",
		     "part of any and self");
}

/* ---- blocks --------------------------------------------------------------------------------------------------------------- */

Test(check, s19_a_header_of_lists_stands_for_all_its_pairs)
{
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak a, b -> c, internet { allow any -> any https }\n");
	cr_assert_eq(p.rs.boxes.n, 1);
	cr_assert(fb_ipset_has(&p.rs.sets.v[p.rs.boxes.v[0].src], 4, (struct fb_ip){ 0, 0x0a020001 }));
	cr_assert(fb_ipset_has(&p.rs.sets.v[p.rs.boxes.v[0].dst], 4, (struct fb_ip){ 0, 0x0a030001 }));
	policy_done(&p);
}

Test(check, s19_the_mode_of_a_pair_is_set_in_one_block_only)
{
	expect_error(
		ZONES
		"firebreak a -> b, c { mode observe until 2027-01-01 }\nfirebreak a -> c { mode enforce }\n",
		"the mode of a -> c is already set at t.fb:11");
	expect_clean(ZONES "firebreak a -> b { mode observe until 2027-01-01 }\nfirebreak a -> b { allow any "
			   "-> any ssh }\n");
}

Test(check, s19_defaults_go_to_the_lines_that_have_none)
{
	struct policy p;

	policy_load_clean(
		&p, ZONES
		"firebreak a -> b {\n  default owner \"IT\" until 2027-01-01\n"
		"  allow any -> any ssh\n  allow any -> any https  owner \"UTC\"  until 2028-01-01\n}\n");
	cr_assert_str_eq(p.rs.lines.v[0].owner, "IT");
	cr_assert_str_eq(p.rs.lines.v[1].owner, "UTC");
	cr_assert_lt(p.rs.lines.v[0].deadline, p.rs.lines.v[1].deadline);
	policy_done(&p);
}

Test(check, s30_observe_is_not_for_self_nor_from_any)
{
	expect_error(ZONES "firebreak a -> self { mode observe until 2027-01-01 }\n",
		     "observe is not for the gateway");
	expect_error(ZONES "firebreak internet -> a { mode observe until 2027-01-01 }\n", "has network any");
}

Test(check, s30_an_observed_pair_is_known_to_the_day)
{
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak a -> b { mode observe until 2026-12-31 }\n");
	cr_assert_eq(p.rs.pairs.n, 1);
	cr_assert_eq(p.rs.pairs.v[0].observe_until, 1798761600); /* 2027-01-01 00:00 GMT */
	policy_done(&p);
}

/* ---- time ------------------------------------------------------------------------------------------------------------------- */

Test(check, s51_until_a_day_is_the_whole_of_that_day)
{
	struct policy p;

	policy_load_clean(&p, ZONES "firebreak a -> b { allow any -> any ssh  until 2026-12-31 }\n"
				    "firebreak a -> c { allow any -> any ssh  until 2026-12-31 18:30 }\n");
	cr_assert_eq(p.rs.lines.v[0].deadline, 1798761600);
	cr_assert_eq(p.rs.lines.v[1].deadline, 1798741800);
	policy_done(&p);
}

Test(check, s51_a_date_needs_a_time_zone)
{
	expect_error("zone a { interface eth1 network 10.1.0.0/16 }\nzone b { interface eth2 network "
		     "10.2.0.0/16 }\n"
		     "firebreak a -> b { allow any -> any tcp/22  until 2026-12-31 }\n",
		     "a date needs a time zone");
	expect_error("policy \"t\" timezone \"Europe/Lundon\"\n", "unknown time zone \"Europe/Lundon\"");
}

Test(check, s51_until_in_the_past_is_a_lint)
{
	expect_lint(ZONES "firebreak a -> b { allow any -> any ssh  until 2026-11-01 }\n",
		    "lies in the past");
	expect_lint(ZONES "firebreak a -> b { mode observe until 2026-11-01 }\n", "lies in the past");
	expect_error(ZONES "firebreak a -> b { mode observe until }\n", "a date expected");
	expect_error(ZONES "firebreak a -> b { mode observe }\n", "\"until\" and a date expected");
}

/* RFC 6052: NAT64 is in ::/8, of which ::/64 is nobody's. */
Test(check, a_file_without_a_statement_is_no_policy)
{
	expect_error("", "no statement in this file");
	expect_error("# a comment\n\n# another\n", "no statement in this file");
	expect_lint("policy \"t\"\n", "no zone: this policy closes everything");
}

Test(check, s17_among_equals_guards_come_first_and_then_the_text)
{
	struct policy p;
	unsigned int order[5] = { 0 };

	policy_load_clean(&p, ZONES "firebreak a -> b {\n allow any -> any ssh  until 2027-01-01\n"
				    " allow any -> any tcp/22  until 2028-01-01\n allow any -> any https\n "
				    "allow any -> any tcp/1\n}\n"
				    "never c -> b\n");
	for (size_t i = 0; i < p.rs.boxes.n; i++)
		order[p.rs.boxes.v[i].line] = p.rs.boxes.v[i].order;
	cr_assert_eq(order[4], 0, "never lines come first");
	for (unsigned int i = 0; i < 4; i++)
		cr_assert_eq(order[i], i + 1);
	policy_done(&p);
}

Test(check, s58_documentation_never_changes_a_verdict)
{
	struct policy p, q;

	policy_load_clean(&p, "zone a { interface eth1 network 10.1.0.0/16 }\nzone b { interface eth2 "
			      "network 10.2.0.0/16 }\n"
			      "service s { tcp/22 }\nfirebreak a -> b { allow any -> any s }\n");
	policy_load_clean(&q, "zone self { purdue 3  owner \"IT\" }\n"
			      "zone a { interface eth1 network 10.1.0.0/16 purdue 1 target-level 2 owner "
			      "\"x\" binding off members shared on-deny drop }\n"
			      "zone b { interface eth2 network 10.2.0.0/16 purdue 3 reason \"y\" }\n"
			      "service s { tcp/22 initiator field cleartext owner \"z\" }\n"
			      "device d in a { ip 10.1.0.1 vendor \"v\" tag t owner \"o\" }\nfirebreak a -> "
			      "b { allow any -> any s  owner \"q\" }\n");
	cr_assert_eq(p.rs.boxes.n, q.rs.boxes.n);
	cr_assert(fb_ipset_equal(&p.rs.sets.v[p.rs.boxes.v[0].src], &q.rs.sets.v[q.rs.boxes.v[0].src]));
	policy_done(&p);
	policy_done(&q);
}

Test(check, s58_a_call_against_the_initiator_gets_a_lint)
{
	expect_lint(
		"zone a { interface eth1 network 10.1.0.0/16 purdue 3 }\nzone b { interface eth2 network "
		"10.2.0.0/16 purdue 1 }\n"
		"service rsmp { tcp/12111 initiator field }\nfirebreak a -> b { allow any -> any rsmp }\n",
		"rsmp is called by the field");
}

Test(check, s58_every_pair_of_a_header_and_every_service_in_a_service_is_asked_for_its_initiator)
{
	expect_lint("zone a { interface eth1 network 10.1.0.0/16 purdue 1 }\n"
		    "zone b { interface eth2 network 10.2.0.0/16 purdue 3 }\n"
		    "zone c { interface eth3 network 10.3.0.0/16 purdue 1 }\nzone-group plant { a, b }\n"
		    "service rsmp { tcp/12111 initiator field }\nservice mine { tcp/1, rsmp }\n"
		    "firebreak plant -> c { allow any -> any mine }\n",
		    "rsmp is called by the field, but b (purdue 3) calls c (purdue 1) here");
}

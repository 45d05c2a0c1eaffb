// SPDX-License-Identifier: GPL-2.0-only
/* Which pair and which line decide a packet. */
#include "eval_cases.h"

/* ---- zones ------------------------------------------------------------------------------------------------------ */

#define CORP_IOT                                                                                          \
	HEAD "zone a { interface eth1 network 10.1.0.0/16 }\nzone corp { interface eth2 network "         \
	     "172.16.0.0/12 }\n"                                                                          \
	     "zone iot { interface eth3 network 172.16.5.0/24 }\nfirebreak a -> corp { allow any -> any " \
	     "tcp/443 }\n"

Test(eval, s2_the_longest_network_decides_the_pair)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "172.16.5.9", TCP, 1, 443, FB_DROP_NO_ALLOW, "iot", "pair a -> iot" },
		{ "a", "10.1.0.5", "172.16.6.9", TCP, 1, 443, FB_PASSED, "corp" },
		{ "a", "10.1.0.5", "172.16.6.9", TCP, 1, 80, FB_DROP_NO_ALLOW, "corp" },
		{ "a", "10.1.0.5", "192.0.2.1", TCP, 1, 443, FB_DROP_NO_ZONE, "-" },
		{ 0 }
	};

	expect(CORP_IOT, NULL, cases);
}

Test(eval, s3_a_source_of_another_zone_is_a_spoof)
{
	const struct case_row cases[] = { { "corp", "172.16.5.9", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
					  { "corp", "192.0.2.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL,
					    "nobody's" },
					  { 0 } };

	expect(CORP_IOT, NULL, cases);
}

Test(eval, s3_nobodys_addresses_and_the_gateways_own_are_spoofs)
{
	const struct case_row cases[] = {
		{ "internet", "192.0.2.1", "192.0.2.1", TCP, 443, 443, FB_DROP_SPOOF, NULL, "LAND" },
		{ "internet", "127.0.0.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "224.0.0.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "240.0.0.1", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "255.255.255.255", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "0.0.2.3", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL, "where roles live" },
		{ "internet", "::1", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "::203", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF, NULL,
		  "where roles live" },
		{ "internet", "::ffff:10.1.0.5", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "internet", "ff02::1", "2001:db8:1::5", TCP, 1, 443, FB_DROP_SPOOF },
		{ "a", "10.1.0.1", "10.2.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL, "the gateway's own" },
		{ "a", "10.1.255.255", "10.2.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL, "the zone's broadcast" },
		{ "a", "fe80::1", "fe80::1", UDP, 1, 53, FB_DROP_SPOOF, NULL,
		  "the gateway's own link-local" },
		{ "internet", "192.0.2.255", "10.1.0.5", TCP, 1, 443, FB_DROP_SPOOF, NULL,
		  "own, on no policy interface" },
		{ 0 }
	};

	expect(AB INTERNET
	       "firebreak internet -> a { allow any -> any all }\nfirebreak a -> b { allow any -> any all }\n"
	       "firebreak a -> self { allow any -> self udp/53 }\n",
	       gateway, cases);
}

Test(eval, s4_any_is_no_multicast_and_no_broadcast)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "239.1.2.3", UDP, 1, 9, FB_DROP_NO_ALLOW, "-" },
		{ "a", "10.1.0.5", "255.255.255.255", UDP, 1, 9, FB_DROP_NO_ALLOW, "self" },
		{ "a", "10.1.0.5", "240.0.0.1", UDP, 1, 9, FB_DROP_NO_ZONE },
		{ "a", "10.1.0.5", "127.0.0.1", UDP, 1, 9, FB_DROP_NO_ZONE },
		{ "a", "2001:db8:1::5", "::1", UDP, 1, 9, FB_DROP_NO_ZONE },
		{ "a", "10.1.0.5", "198.51.100.1", UDP, 1, 9, FB_PASSED, "internet" },
		{ "a", "2001:db8:1::5", "ff05::2", UDP, 1, 9, FB_DROP_NO_ALLOW },
		{ "a", "2001:db8:1::5", "2001:db8:9::2", UDP, 1, 9, FB_PASSED, "internet" },
		{ 0 }
	};

	expect(AB INTERNET "firebreak a -> internet { allow any -> any all }\n", gateway, cases);
}

Test(eval, s8_any_in_a_line_is_what_the_zone_of_its_side_owns)
{
	const struct case_row cases[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_PASSED, "b" },
					  { "a", "10.1.0.5", "10.2.7.5", TCP, 1, 22, FB_DROP_NO_ALLOW, "c" },
					  { "a", "10.1.0.5", "239.1.2.3", UDP, 1, 9, FB_DROP_NO_ALLOW, "-" },
					  { "c", "10.2.7.5", "10.1.0.5", TCP, 1, 22, FB_DROP_NO_ALLOW, "a" },
					  { 0 } };

	expect(AB
	       "zone c { interface eth7  network 10.2.7.0/24 }\nfirebreak a -> b { allow any -> any all }\n"
	       "firebreak b -> a { allow any -> any all }\n",
	       gateway, cases);
}

Test(eval, s6_inside_a_zone_is_denied_unless_a_line_allows_it)
{
	const struct case_row closed[] = { { "a", "10.1.0.5", "10.1.9.5", TCP, 1, 22, FB_DROP_NO_ALLOW, "a" },
					   { 0 } };
	const struct case_row open[] = { { "a", "10.1.0.5", "10.1.9.5", TCP, 1, 22, FB_PASSED, "a" }, { 0 } };

	expect(AB, NULL, closed);
	expect(AB "firebreak a -> a { allow any -> any tcp/22 }\n", NULL, open);
}

Test(eval, s10_an_excepted_address_is_not_in_the_group)
{
	const struct case_row cases[] = { { "a", "10.1.1.9", "10.2.0.1", TCP, 1, 22, FB_DROP_NO_ALLOW },
					  { "a", "10.1.1.8", "10.2.0.1", TCP, 1, 22, FB_PASSED },
					  { "a", "10.1.2.9", "10.2.0.1", TCP, 1, 22, FB_PASSED },
					  { 0 } };

	expect(AB "group g in a { 10.1.1.0/24, 10.1.2.0/24 except 10.1.1.9 }\nfirebreak a -> b { allow g -> "
		  "any tcp/22 }\n",
	       NULL, cases);
}

/* ---- scope, the gateway -------------------------------------------------------------------------------------------- */

Test(eval, s13_unspecified_and_link_local_speak_to_the_gateway_only)
{
	const struct case_row cases[] = {
		{ "a", "0.0.0.0", "255.255.255.255", UDP, 68, 67, FB_PASSED, "self" },
		{ "a", "0.0.0.0", "10.1.0.1", UDP, 68, 67, FB_PASSED, "self" },
		{ "a", "0.0.0.0", "255.255.255.255", UDP, 68, 69, FB_DROP_NO_ALLOW, "self" },
		{ "a", "0.0.0.0", "10.2.0.5", UDP, 68, 67, FB_DROP_SCOPE },
		{ "a", "fe80::9", "2001:db8:9::1", UDP, 1, 1, FB_DROP_SCOPE, "internet" },
		{ "a", "fe80::9", "fe80::1", UDP, 68, 67, FB_PASSED, "self" },
		{ "a", "2001:db8:1::5", "fe80::7", UDP, 68, 67, FB_DROP_SCOPE },
		{ "a", "10.1.0.5", "169.254.1.1", UDP, 68, 67, FB_DROP_SCOPE },
		{ "b", "0.0.0.0", "255.255.255.255", UDP, 68, 67, FB_DROP_NO_ALLOW, "self" },
		{ 0 }
	};

	expect(AB INTERNET "service dhcp-request { udp/67 source-port 68 }\nfirebreak a -> self { allow any "
			   "-> self dhcp-request }\n"
			   "firebreak a -> b, internet { allow any -> any udp/67 }\n",
	       gateway, cases);
}

Test(eval, s14_broadcast_and_link_local_multicast_are_heard_by_the_gateway)
{
	const struct case_row cases[] = {
		{ "a", "10.1.0.5", "224.0.0.18", 112, 0, 0, FB_PASSED, "self" },
		{ "a", "10.1.0.5", "10.1.255.255", 112, 0, 0, FB_PASSED, "self",
		  "its own directed broadcast" },
		{ "a", "10.1.0.5", "10.2.255.255", 112, 0, 0, FB_DROP_SCOPE, "b", "another zone's" },
		{ "a", "10.1.0.5", "224.0.1.1", 112, 0, 0, FB_DROP_NO_ALLOW, "-" },
		{ "a", "2001:db8:1::5", "ff02::12", 112, 0, 0, FB_PASSED, "self" },
		{ "b", "10.2.0.5", "224.0.0.18", 112, 0, 0, FB_DROP_NO_ALLOW, "self" },
		{ 0 }
	};

	expect(AB "firebreak a -> self { allow any -> self ip/112 }\nfirebreak a -> b { allow any -> any "
		  "ip/112 }\n",
	       gateway, cases);
}

#define STATION                                                                                            \
	HEAD "zone cctv { interface eth1 network 10.20.0.0/16 }\nzone corp { interface eth2 network "      \
	     "172.16.0.0/12 }\n"                                                                           \
	     "zone dmz { interface eth3 network 10.30.0.0/24 }\ndevice dhcp-1 in dmz { ip 10.30.0.67 }\n"  \
	     "service dhcp-relay { udp/67 source-port 67 }\n"                                              \
	     "firebreak cctv -> self { allow any -> self udp/123 }\n"                                      \
	     "firebreak dmz -> self { allow dhcp-1 -> self at any dhcp-relay\n allow any -> self at corp " \
	     "tcp/22 }\n"

static const struct own_row station[] = { { "10.20.0.1", 16, "cctv" },
					  { "172.16.0.1", 12, "corp" },
					  { "10.30.0.1", 24, "dmz" },
					  { "198.51.100.9", 32, NULL },
					  { 0 } };

Test(eval, s20_self_is_the_gateway_as_the_zone_sees_it)
{
	const struct case_row cases[] = {
		{ "cctv", "10.20.0.5", "10.20.0.1", UDP, 1, 123, FB_PASSED, "self" },
		{ "cctv", "10.20.0.5", "172.16.0.1", UDP, 1, 123, FB_DROP_NO_ALLOW, "self",
		  "the office's address" },
		{ "cctv", "10.20.0.5", "198.51.100.9", UDP, 1, 123, FB_PASSED, "self",
		  "on no policy interface" },
		{ "dmz", "10.30.0.67", "10.20.0.1", UDP, 67, 67, FB_PASSED, "self", "self at any" },
		{ "dmz", "10.30.0.5", "172.16.0.1", TCP, 1, 22, FB_PASSED, "self", "self at corp" },
		{ "dmz", "10.30.0.5", "10.30.0.1", TCP, 1, 22, FB_DROP_NO_ALLOW, "self",
		  "self at corp is nothing else" },
		{ 0 }
	};

	expect(STATION, station, cases);
}

Test(eval, s21_what_the_gateway_sends_is_denied_unless_allowed)
{
	const struct case_row cases[] = {
		{ "self>a", "10.1.0.1", "10.1.0.5", UDP, 1, 514, FB_PASSED, "a" },
		{ "self>a", "10.1.0.1", "10.1.0.5", UDP, 1, 123, FB_DROP_NO_ALLOW, "a" },
		{ "self>b", "10.2.0.1", "10.2.0.5", UDP, 1, 514, FB_DROP_NO_ALLOW, "b" },
		{ "self>a", "10.1.0.1", "10.2.0.5", UDP, 1, 514, FB_DROP_ROUTE_MISMATCH, "a" },
		{ "self>a", "10.1.0.1", "255.255.255.255", UDP, 67, 68, FB_PASSED, "a",
		  "any holds broadcast" },
		{ "self>a", "10.1.0.1", "10.1.255.255", UDP, 67, 68, FB_PASSED, "a" },
		{ "self>a", "10.1.0.1", "224.0.0.18", UDP, 67, 68, FB_PASSED, "a" },
		{ "self>a", "fe80::1", "fe80::9", UDP, 67, 68, FB_PASSED, "a" },
		{ "self>a", "10.1.0.1", "239.1.1.1", UDP, 67, 68, FB_DROP_NO_ALLOW },
		{ 0 }
	};

	expect(AB "firebreak self -> a {\n allow self -> 10.1.0.5 udp/514\n allow any -> any udp/68\n}\n",
	       gateway, cases);
}

/* ---- lines ----------------------------------------------------------------------------------------------------------- */

Test(eval, s17_the_line_that_closes_last_carries_the_packet)
{
	const char *text = AB "firebreak a -> b {\n allow any -> any tcp/22  until 2026-11-22 10:00\n"
			      " allow any -> any tcp/22-23  until 2026-11-22 11:00\n}\n";
	const struct case_row pass[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_PASSED }, { 0 } };
	const struct case_row late[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_DROP_EXPIRED },
					 { 0 } };

	expect_at(text, NULL, pass, NOW - 5400); /* 10:30 */
	expect_at(text, NULL, late, NOW - 3600); /* 11:00 */
}

Test(eval, s25_never_forbids_to_initiate_in_one_direction)
{
	const struct case_row cases[] = { { "b", "10.2.0.5", "10.1.0.5", TCP, 1, 443, FB_PASSED },
					  { "a", "10.1.0.5", "10.2.0.5", TCP, 443, 1, FB_DROP_NEVER },
					  { 0 } };

	expect(AB "never a -> b\nfirebreak b -> a { allow any -> any tcp/443 }\n", NULL, cases);
}

Test(eval, s25_a_guard_on_the_gateway_holds_for_every_one_of_its_addresses)
{
	const struct case_row cases[] = { { "a", "10.1.0.5", "10.1.0.1", TCP, 1, 22, FB_DROP_NEVER, "self" },
					  { "a", "10.1.0.5", "10.2.0.1", TCP, 1, 22, FB_DROP_NEVER, "self" },
					  { "a", "10.1.0.5", "192.0.2.255", TCP, 1, 22, FB_DROP_NEVER,
					    "self" },
					  { "a", "fe80::9", "fe80::1", TCP, 1, 22, FB_DROP_NEVER, "self" },
					  { "b", "10.2.0.5", "10.2.0.1", TCP, 1, 22, FB_PASSED, "self" },
					  { "self>a", "10.1.0.1", "224.0.0.5", 89, 0, 0, FB_PASSED, "a",
					    "what it sends is not to itself" },
					  { 0 } };

	expect(AB "never any -> self except from b\nfirebreak b -> self { allow any -> self tcp/22 }\n"
		  "firebreak self -> a { allow self -> any ip/89 }\n",
	       gateway, cases);
}

Test(eval, s26_never_comes_before_observe)
{
	const struct case_row cases[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_DROP_NEVER },
					  { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 80, FB_WOULD_DROP },
					  { 0 } };

	expect(AB "never a -> b tcp/22\nfirebreak a -> b { mode observe until 2027-01-01 }\n", NULL, cases);
}

Test(eval, s30_an_observed_pair_enforces_from_its_day_on)
{
	const char *text = AB
		"firebreak a -> b {\n mode observe until 2026-11-22\n allow any -> any tcp/443\n}\n";
	const struct case_row before[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 80, FB_WOULD_DROP },
					   { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 443, FB_PASSED },
					   { "b", "10.2.0.5", "10.1.0.5", TCP, 1, 80, FB_DROP_NO_ALLOW },
					   { 0 } };
	const struct case_row after[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 80, FB_DROP_NO_ALLOW },
					  { 0 } };

	expect_at(text, NULL, before, NOW + DAY / 2 - 1);
	expect_at(text, NULL, after, NOW + DAY / 2);
}

Test(eval, s54_a_line_past_its_day_is_expired_unless_another_holds)
{
	const char *text = AB "firebreak a -> b {\n allow any -> any tcp/22  until 2026-11-21\n"
			      " allow 10.1.0.5 -> any tcp/22  until 2026-12-31\n}\n";
	const struct case_row cases[] = { { "a", "10.1.0.5", "10.2.0.5", TCP, 1, 22, FB_PASSED },
					  { "a", "10.1.0.6", "10.2.0.5", TCP, 1, 22, FB_DROP_EXPIRED },
					  { 0 } };

	expect(text, NULL, cases);
}

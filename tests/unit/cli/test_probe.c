// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#include "cli/probe.h"

static const char text[] = "policy \"p\" language 1\n"
			   "zone cctv { interface e1  network 10.20.0.0/16, 2001:db8:20::/48 }\n"
			   "zone video { interface e2  network 10.30.0.0/26 }\n"
			   "device cam in cctv { ip 10.20.0.1, 2001:db8:20::1 }\n"
			   "device nvr in video { ip 10.30.0.10 }\n"
			   "device box in video { mac 02:00:00:00:00:01 }\n"
			   "group cams in cctv { 10.20.0.0/24 }\n"
			   "service web { tcp/80, tcp/443, udp/443 }\n"
			   "service both { web, ping }\n"
			   "service ping { icmp/echo-request, icmpv6/echo-request }\n"
			   "service dhcp { udp/67  source-port 68 }\n";

static struct fb_policy policy;

static void setup(void)
{
	fb_policy_load_text(&policy, "p.fb", text, sizeof(text) - 1);
	cr_assert_eq(policy.errors, 0);
}

static void teardown(void)
{
	fb_policy_done(&policy);
}

TestSuite(cli_probe, .init = setup, .fini = teardown);

static struct fb_own own;
static struct fb_strbuf assumed;
static struct fb_probes probes;
static struct fb_error err;

static int make(const char *from, const char *to, const char *service)
{
	struct fb_endpoint a, b;

	err = (struct fb_error){ 0 };
	if (fb_endpoint_find(&policy.ruleset, from, &a, &err) < 0 ||
	    fb_endpoint_find(&policy.ruleset, to, &b, &err) < 0)
		return err.code;
	return fb_probes_make(&policy, &a, &b, service, NULL, &own, &assumed, &probes, &err);
}

static const char *ip(int family, struct fb_ip value)
{
	static char buf[FB_INET_STRLEN];

	return fb_ip_print(family, value, buf);
}

Test(cli_probe, a_service_is_as_many_packets_as_it_has_items)
{
	cr_assert_eq(make("cam", "nvr", "web"), 0, "%s", err.text);
	cr_assert_eq(probes.v.n, 3);
	cr_assert_str_eq(probes.v.v[0].service, "tcp/80");
	cr_assert_eq(probes.v.v[2].packet.proto, IPPROTO_UDP);
	cr_assert_eq(probes.v.v[2].packet.dport, 443);
	cr_assert(probes.v.v[0].packet.first);
	cr_assert_str_eq(ip(4, probes.v.v[0].packet.src), "10.20.0.1");
	cr_assert_eq(probes.v.v[0].packet.zone, fb_ruleset_zone(&policy.ruleset, "cctv")->id);
}

Test(cli_probe, services_nest_and_each_family_has_its_icmp)
{
	cr_assert_eq(make("cam", "2001:db8:ffff::1", "both"), 0, "%s", err.text);
	cr_assert_eq(probes.v.n, 4);
	cr_assert_eq(probes.v.v[3].packet.family, 6);
	cr_assert_eq(probes.v.v[3].packet.proto, IPPROTO_ICMPV6);
	cr_assert_eq(probes.v.v[3].packet.dport, 128 << 8);
}

/* What check accepts (256 deep) explain can be asked about. */
Test(cli_probe, services_nest_as_deep_as_in_a_policy)
{
	fb_autostrbuf struct fb_strbuf deep = { 0 };

	fb_strbuf_add(&deep, text);
	fb_strbuf_add(&deep, "service s0 { tcp/7 }\n");
	for (int i = 1; i < 256; i++)
		fb_strbuf_addf(&deep, "service s%d { s%d, s%d }\n", i, i - 1, i - 1);
	fb_policy_done(&policy);
	fb_policy_load_text(&policy, "p.fb", fb_strbuf_get(&deep), deep.len);
	cr_assert_eq(policy.errors, 0);
	cr_assert_eq(make("cam", "nvr", "s255"), 0, "%s", err.text);
	cr_assert_eq(probes.v.n, 1);
	cr_assert_str_eq(probes.v.v[0].service, "tcp/7");
}

Test(cli_probe, a_source_port_is_kept)
{
	cr_assert_eq(make("0.0.0.0", "255.255.255.255", "dhcp"), 0, "%s", err.text);
	cr_assert_eq(probes.v.v[0].packet.sport, 68);
	cr_assert_eq(probes.v.v[0].packet.zone, FB_ZONE_NONE);
}

Test(cli_probe, a_port_needs_no_name)
{
	cr_assert_eq(make("10.20.9.9", "nvr", "tcp/8000"), 0, "%s", err.text);
	cr_assert_eq(probes.v.v[0].packet.dport, 8000);
	cr_assert_eq(probes.v.v[0].packet.sport, 49152);
}

Test(cli_probe, unknown_gateway_addresses_are_made_up_and_told)
{
	cr_assert_eq(make("nvr", "self", "tcp/22"), 0, "%s", err.text);
	cr_assert_str_eq(ip(4, probes.v.v[0].packet.dst), "10.30.0.1");
	cr_assert(strstr(assumed.s, "10.30.0.1 stands for the gateway's address in video"));
	cr_assert_eq(make("cam", "self", "tcp/22"), 0, "%s", err.text);
	cr_assert_str_eq(ip(4, probes.v.v[1].packet.dst), "10.20.0.2"); /* .1 is the camera */
}

/* Else the packet would be one to its own source, or from the gateway to itself. */
Test(cli_probe, a_made_up_gateway_is_nobody_who_is_asked_about)
{
	static const char small[] = "policy \"p\" language 1\nzone z { interface e1  network 10.40.0.1 }\n"
				    "device box1 in z { ip 10.40.0.1 }\n";

	cr_assert_eq(make("10.30.0.1", "self", "tcp/22"), 0, "%s", err.text);
	cr_assert_str_eq(ip(4, probes.v.v[0].packet.dst), "10.30.0.2");
	own.v.n = probes.v.n = 0;
	cr_assert_eq(make("self", "10.30.0.1", "tcp/22"), 0, "%s", err.text);
	cr_assert_str_eq(ip(4, probes.v.v[0].packet.src), "10.30.0.2");
	own.v.n = probes.v.n = 0;
	fb_policy_done(&policy);
	fb_policy_load_text(&policy, "p.fb", small, sizeof(small) - 1);
	cr_assert_eq(policy.errors, 0);
	cr_assert_eq(make("box1", "self", "tcp/22"), 0, "%s", err.text);
	cr_assert_str_eq(ip(4, probes.v.v[0].packet.dst), "192.0.2.1");
}

Test(cli_probe, a_link_local_host_speaks_to_the_gateways_link_local_address)
{
	const struct fb_zone *video = fb_ruleset_zone(&policy.ruleset, "video");
	struct fb_endpoint a, self;

	cr_assert_lt(make("fe80::1", "self", "udp/53"), 0);
	cr_assert(strstr(err.text, "fe80::1 is of no one zone"), "%s", err.text);
	cr_assert_eq(fb_endpoint_find(&policy.ruleset, "fe80::1", &a, &err), 0);
	cr_assert_eq(fb_endpoint_find(&policy.ruleset, "self", &self, &err), 0);
	cr_assert_eq(fb_probes_make(&policy, &a, &self, "udp/53", video, &own, &assumed, &probes, &err), 0,
		     "%s", err.text);
	cr_assert_str_eq(ip(6, probes.v.v[0].packet.dst), "fe80::2"); /* video has no other IPv6 */
	own.v.n = probes.v.n = 0;
	fb_vec_add(&own.v, (struct fb_own_address){ 6, { 0xfe80ull << 48, 7 }, 64, video->id });
	cr_assert_eq(fb_probes_make(&policy, &a, &self, "udp/53", video, &own, &assumed, &probes, &err), 0);
	cr_assert_str_eq(ip(6, probes.v.v[0].packet.dst), "fe80::7");
}

Test(cli_probe, known_gateway_addresses_are_used)
{
	unsigned int zone = fb_ruleset_zone(&policy.ruleset, "cctv")->id;

	fb_vec_add(&own.v, (struct fb_own_address){ 4, { 0, 0x0a140001 + 8 }, 16, zone });
	cr_assert_eq(make("10.20.5.5", "self", "tcp/22"), 0, "%s", err.text);
	cr_assert_str_eq(ip(4, probes.v.v[0].packet.dst), "10.20.0.9");
	cr_assert_eq(assumed.len, 0);
	cr_assert_eq(make("self", "10.20.5.5", "tcp/22"), 0, "%s", err.text);
	cr_assert_eq(probes.v.v[1].packet.zone, FB_ZONE_SELF);
	cr_assert_eq(probes.v.v[1].packet.out_zone, zone);
}

Test(cli_probe, says_what_else_was_meant)
{
	static const struct {
		const char *from, *to, *service, *says;
	} cases[] = {
		{ "cma", "nvr", "web", "no device \"cma\": did you mean \"cam\"?" },
		{ "cams", "nvr", "web", "cams is a group: name one of its addresses, such as 10.20.0.0" },
		{ "cam", "video", "web", "video is a zone" },
		{ "cam", "box", "web", "device box has no ip" },
		{ "cam", "10.0.0.0/8", "web", "\"10.0.0.0/8\" is no device, address or \"self\"" },
		{ "cam", "nvr", "wbe", "the policy has no service \"wbe\": did you mean \"web\"?" },
		{ "cam", "nvr", "all", "\"all\" is not one connection" },
		{ "cam", "nvr", "tcp/20-30",
		  "a range is not one connection: name one of it, such as tcp/20" },
		{ "cam", "nvr", "tcp/any", "not one connection" },
		{ "cam", "nvr", "icmp/any", "not one connection: name one of it, such as icmp/8" },
		{ "cam", "nvr", "udp/67 source-port 1-9", "not one connection" },
		{ "cam", "nvr", "tcp/22 } zone x { ", "is no service" },
		{ "cam", "nvr", "", "is no service" },
		{ "cam", "nvr", "owner", "is no service" },
		{ "2001:db8:20::7", "nvr", "web", "no address family in common" },
		{ "cam", "nvr", "icmpv6/128", "no address family in common" },
		{ "self", "self", "web", "never leaves it" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_lt(make(cases[i].from, cases[i].to, cases[i].service), 0, "case %zu", i);
		cr_assert(strstr(err.text, cases[i].says), "case %zu: \"%s\" lacks \"%s\"", i, err.text,
			  cases[i].says);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* What an apply warns of: a binding behind a router, a rescue access that ends. */
#include <criterion/criterion.h>
#include <string.h>

#include "agent/advice.h"
#include "base/cleanup.h"

static struct fb_host host;

static void add_link(__u32 ifindex, const char *name, const char *address, unsigned int len)
{
	struct fb_host_link link = { .ifindex = ifindex, .up = true };
	struct fb_host_address a = { .ifindex = ifindex, .prefix_len = len };

	strcpy(link.name, name);
	fb_vec_add(&host.links, link);
	if (!address)
		return;
	cr_assert_eq(fb_ip_parse(address, strlen(address), &a.family, &a.ip), 0);
	fb_vec_add(&host.addresses, a);
}

static void start(void)
{
	add_link(11, "eth1", "10.99.0.1", 24);
	add_link(12, "eth2", "10.1.0.1", 24);
	add_link(13, "eth3", NULL, 0);
	add_link(14, "eth4", NULL, 0);
}

static void stop(void)
{
	fb_host_done(&host);
}

static void expect_advice(const char *policy, const struct fb_rescue *rescue, const char *wanted)
{
	static const struct fb_rescue none;
	json_t *body = json_pack("{ss s[{ss ss+}]}", "root", "p.fb", "files", "path", "p.fb", "text",
				 "policy \"t\" language 1 version 1 timezone \"UTC\"\n", policy);
	fb_autostrbuf struct fb_strbuf got = { 0 };
	struct fb_portset ports = { 0 };
	struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };
	struct fb_generation *g;
	char *text = NULL;

	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	cr_assert_eq(fb_generation_new(&b, NULL, &g, &text), 0, "%s", text);
	free(text);
	fb_ports_resolve(&g->ruleset, &host, &ports);
	fb_advice(&(struct fb_advice_case){ .candidate = g,
					    .ports = &ports,
					    .host = &host,
					    .rescue = rescue ? rescue : &none,
					    .now = 1795386689 },
		  &got);
	cr_assert_str_eq(fb_strbuf_get(&got), wanted, "%s", policy);
	fb_ports_done(&ports);
	fb_generation_free(g);
}

#define BEHIND(zone, net)                                                             \
	"warning: zone " zone " has binding strict, and this host no address in " net \
	": behind a router all hosts have the router's MAC address\n"

Test(advice, s45_a_binding_needs_an_address_in_each_network, .init = start, .fini = stop)
{
	expect_advice("zone a { interface eth1  network 10.99.0.0/24  binding strict }\n", NULL, "");
	expect_advice("zone a { interface eth1  network 10.99.0.0/24, 10.98.0.0/24 }\n", NULL, "");
	expect_advice("zone a { interface eth1  network 10.99.0.0/24, 10.98.0.0/24  binding strict }\n", NULL,
		      BEHIND("a", "10.98.0.0/24"));
	/* the address of another zone is none of this one */
	expect_advice("zone a { interface eth1  network 10.1.0.0/24  binding strict }\n"
		      "zone b { interface eth2  network 10.99.0.0/24 }\n",
		      NULL, BEHIND("a", "10.1.0.0/24"));
	expect_advice(
		"zone a { interface eth1  network 10.99.0.0/24, 10.98.0.0/24  gateway 10.98.0.1  binding "
		"strict }\n",
		NULL, "");
}

Test(advice, s45_not_on_a_wire_nor_of_an_interface_that_is_missing, .init = start, .fini = stop)
{
	expect_advice("zone a { interface eth3  network 10.5.0.0/24  binding strict }\n"
		      "zone b { interface eth4  network 10.6.0.0/24 }\nwire eth3 <-> eth4\n",
		      NULL, "");
	expect_advice("zone a { interface eth9  network 10.5.0.0/24  binding strict }\n", NULL, "");
}

Test(advice, s65_a_rescue_access_that_the_policy_does_not_allow_is_told, .init = start, .fini = stop)
{
	static const struct fb_rescue rescue = { "eth1", "10.99.0.0/24", 4, 22 };
	static const char ends[] =
		"warning: the rescue access, 10.99.0.0/24 to tcp/22 by eth1, ends with this policy, "
		"and the policy does not allow the same\n";

	expect_advice("zone a { interface eth1  network 10.99.0.0/24 }\n", &rescue, ends);
	expect_advice("zone a { interface eth1  network 10.99.0.0/24 }\n"
		      "firebreak a -> self { allow any -> self  tcp/2222 }\n",
		      &rescue, ends);
	expect_advice("zone a { interface eth1  network 10.99.0.0/24 }\n"
		      "firebreak a -> self { allow 10.99.0.200 -> self  tcp/22 }\n",
		      &rescue, "");
	expect_advice("zone b { interface eth2  network 10.1.0.0/24 }\n", &rescue, "");
	expect_advice("zone a { interface eth1  network 10.99.0.0/24 }\n", NULL, "");
}

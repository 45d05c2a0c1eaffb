// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <string.h>

#include "cli/load.h"
#include "cli/skeleton.h"

static void add_iface(struct fb_facts *f, const char *name, const char *port, int vlan)
{
	struct fb_facts_iface i = { .vlan = vlan };

	strcpy(i.name, name);
	strcpy(i.port, port);
	fb_vec_add(&f->ifaces, i);
}

static struct fb_facts_net net(const char *ip, unsigned int len)
{
	struct fb_facts_net n = { .len = len };

	cr_assert_eq(fb_ip_parse(ip, strlen(ip), &n.family, &n.ip), 0);
	return n;
}

/* A gateway with an outside, an office, a VLAN, a bridge and an interface without an address. */
static struct fb_facts town(void)
{
	struct fb_facts f = { .name = "gw-1", .timezone = "Europe/London" };

	add_iface(&f, "eth0", "eth0", -1);
	add_iface(&f, "eth1", "eth1", -1);
	add_iface(&f, "eth1.110", "eth1", 110);
	add_iface(&f, "br0", "br0", -1);
	add_iface(&f, "eth9", "eth9", -1);
	fb_vec_add(&f.ifaces.v[0].addresses, net("192.0.2.10", 24));
	fb_vec_add(&f.ifaces.v[1].addresses, net("172.16.0.1", 16));
	fb_vec_add(&f.ifaces.v[1].addresses, net("2001:db8:1::1", 64));
	fb_vec_add(&f.ifaces.v[2].addresses, net("10.10.0.1", 16));
	strcpy(f.ifaces.v[3].refused, "br0 is a bridge: take the ports out of it (eth7, eth8)");
	fb_facts_read_routes4(&f, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
				  "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
				  "eth1\t0010A8C0\t020010AC\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
				  "eth1\t000010AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n");
	fb_facts_read_sockets(&f,
			      "  sl  local_address rem_address   st\n"
			      "   0: 00000000:0016 00000000:0000 0A 00000000:00000000\n"
			      "   1: 0100007F:0035 00000000:0000 0A 00000000:00000000\n"
			      "   2: 010010AC:1F90 00000000:0000 0A 00000000:00000000\n"
			      "   3: 010010AC:1F91 020010AC:C001 01 00000000:00000000\n",
			      true, 4);
	fb_facts_read_sockets(&f,
			      "   0: 00000000:0044 00000000:0000 07 00000000:00000000\n"
			      "   1: 00000000:E001 00000000:0000 07 00000000:00000000\n",
			      false, 4);
	return f;
}

static const struct fb_date until = { .year = 2026, .month = 12, .day = 6, .hour = -1 };

static const char *skeleton(const struct fb_facts *f, size_t zones)
{
	static struct fb_strbuf out;

	fb_strbuf_done(&out);
	out = (struct fb_strbuf){ 0 };
	cr_assert_eq(fb_skeleton_write(f, until, &out), zones);
	return fb_strbuf_get(&out);
}

static void must_have(const char *text, const char *part)
{
	cr_assert(strstr(text, part), "lacks \"%s\":\n%s", part, text);
}

static void must_lack(const char *text, const char *part)
{
	cr_assert_null(strstr(text, part), "has \"%s\":\n%s", part, text);
}

static void must_pass(const char *text)
{
	struct fb_policy policy = { 0 };
	struct fb_strbuf why = { 0 };

	fb_policy_load_text(&policy, "init", text, strlen(text));
	fb_diags_print(&policy.diags, &policy.tree.sources, &why);
	cr_assert_eq(policy.errors, 0, "%s\n%s", fb_strbuf_get(&why), text);
	fb_strbuf_done(&why);
	fb_policy_done(&policy);
}

Test(cli_skeleton, one_zone_an_interface_with_its_networks_and_routes)
{
	struct fb_facts f = town();
	const char *text = skeleton(&f, 3);

	must_have(text, "zone internet { interface eth0  network any }");
	must_have(text,
		  "zone eth1 { interface eth1  network 172.16.0.0/16, 2001:db8:1::/64, 192.168.16.0/24 }");
	must_have(text, "zone eth1-110 { interface eth1 vlan 110  network 10.10.0.0/16 }");
	must_have(text, "# left out: br0 is a bridge: take the ports out of it (eth7, eth8)\n");
	must_have(text, "# eth9 left out: it has no address yet");
	must_pass(text);
}

Test(cli_skeleton, inside_pairs_are_observed_and_outside_begins_nothing)
{
	struct fb_facts f = town();
	const char *text = skeleton(&f, 3);

	must_have(text, "firebreak eth1 -> internet, eth1-110 {\n  mode observe until 2026-12-06\n}");
	must_have(text, "firebreak eth1-110 -> internet, eth1 {\n  mode observe until 2026-12-06\n}");
	must_have(text, "never internet -> eth1, eth1-110 \"nothing from outside begins inside\"");
	must_lack(text, "firebreak internet -> eth1");
}

Test(cli_skeleton, what_listens_stays_reachable_from_inside_only)
{
	struct fb_facts f = town();
	const char *text = skeleton(&f, 3), *outside = strstr(text, "firebreak internet -> self");

	must_have(text, "firebreak eth1-110 -> self {\n  allow any -> self  tcp/22  # ssh\n");
	must_have(text, "tcp/8080"); /* heard on eth1's own address */
	must_lack(text, "tcp/53  # domain");
	must_lack(text, "8081");
	must_lack(text, "57345");
	cr_assert(outside);
	cr_assert_eq(strncmp(outside, "firebreak internet -> self {\n  # allow any -> self  tcp/22\n", 57), 0,
		     "%s", outside);
	must_have(text, "allow any -> self  udp/68 source-port 67");
	must_have(text, "allow self -> any  udp/67 source-port 68");
}

Test(cli_skeleton, the_ssh_session_in_which_it_runs_is_kept)
{
	struct fb_facts f = town();

	fb_facts_read_ssh(&f, "203.0.113.5 50022 192.0.2.10 22");
	must_have(skeleton(&f, 3),
		  "firebreak internet -> self {\n  allow 203.0.113.5 -> self  tcp/22  reason");
	must_pass(skeleton(&f, 3));
	fb_facts_read_ssh(&f, "10.10.4.4 50022 172.16.0.1 22");
	must_have(skeleton(&f, 3),
		  "firebreak eth1-110 -> self {\n  allow 10.10.4.4 -> self at any  tcp/22  reason");
	must_pass(skeleton(&f, 3));
}

Test(cli_skeleton, nonsense_in_the_session_is_ignored)
{
	static const char *const odd[] = { "", "x", "1.2.3.4 1 5.6.7.8", "host 1 5.6.7.8 22",
					   "1.2.3.4 1 5.6.7.8 99999" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct fb_facts f = town();

		fb_facts_read_ssh(&f, odd[i]);
		cr_assert_not(f.ssh, "%s", odd[i]);
	}
}

Test(cli_skeleton, names_never_collide_with_words_of_the_language)
{
	struct fb_facts f = { .name = "h", .timezone = "UTC" };

	add_iface(&f, "log", "log", -1);
	add_iface(&f, "internet", "internet", -1);
	add_iface(&f, "0x", "0x", -1);
	add_iface(&f, "wan", "wan", -1);
	f.ifaces.v[3].default4 = true;
	fb_vec_add(&f.ifaces.v[0].addresses, net("10.0.0.1", 24));
	fb_vec_add(&f.ifaces.v[1].addresses, net("10.0.1.1", 24));
	fb_vec_add(&f.ifaces.v[2].addresses, net("10.0.2.1", 24));

	const char *text = skeleton(&f, 4);

	must_have(text, "zone log-2 {");
	must_have(text, "zone internet { interface internet");
	must_have(text, "zone internet-2 { interface wan  network any }");
	must_have(text, "zone net-0x {");
}

Test(cli_skeleton, an_uplink_inside_of_a_private_network_is_named)
{
	struct fb_facts f = { .name = "h", .timezone = "UTC" };

	add_iface(&f, "eth0", "eth0", -1);
	add_iface(&f, "eth1", "eth1", -1);
	f.ifaces.v[0].default4 = true;
	fb_vec_add(&f.ifaces.v[0].addresses, net("10.255.0.2", 30));
	fb_vec_add(&f.ifaces.v[1].addresses, net("10.0.0.1", 8));
	must_have(skeleton(&f, 2), "network any, 10.255.0.0/30 }");
	must_pass(skeleton(&f, 2));
}

Test(cli_skeleton, the_same_network_twice_is_one_zones)
{
	struct fb_facts f = { .name = "h", .timezone = "UTC" };

	add_iface(&f, "eth0", "eth0", -1);
	add_iface(&f, "eth1", "eth1", -1);
	fb_vec_add(&f.ifaces.v[0].addresses, net("10.0.0.1", 24));
	fb_vec_add(&f.ifaces.v[1].addresses, net("10.0.0.2", 24));
	must_pass(skeleton(&f, 1));
}

Test(cli_skeleton, a_host_without_interfaces_has_no_policy)
{
	struct fb_facts f = { .name = "h", .timezone = "UTC" };

	skeleton(&f, 0);
}

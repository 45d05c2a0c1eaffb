// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <string.h>

#include "agent/generation.h"
#include "agent/ports.h"
#include "base/cleanup.h"

static struct fb_generation *generation;
static struct fb_host host;

static const char policy[] = "zone a { interface eth1  network 10.1.0.0/24  gateway 10.1.0.254 }\n"
			     "zone v { interface eth2 vlan 30  network 10.30.0.0/24 }\n"
			     "zone w { interface eth2 vlan 31  network 10.31.0.0/24 }\n"
			     "zone x { interface eth9  network 10.9.0.0/24 }\n";

static struct fb_ip ip4(unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	return (struct fb_ip){ 0, a << 24 | b << 16 | c << 8 | d };
}

static void add_link(__u32 ifindex, const char *name, __u8 mac, __u32 parent, __u16 vid)
{
	struct fb_host_link link = {
		.ifindex = ifindex, .mac = { 2, 0, 0, 0, 0, mac }, .parent = parent, .vid = vid
	};

	strcpy(link.name, name);
	fb_vec_add(&host.links, link);
}

static void add_address(__u32 ifindex, struct fb_ip ip, unsigned int len)
{
	fb_vec_add(&host.addresses, (struct fb_host_address){ .ifindex = ifindex,
							      .family = 4,
							      .ip = ip,
							      .prefix_len = len,
							      .link_local = ip.lo >> 16 == 0xa9fe });
}

static void set_up(void)
{
	struct fb_error err = { 0 };
	struct fb_bundle b = { 0 };
	char *text = NULL;
	json_t *body = json_pack("{ss s[{ss ss}]}", "root", "p", "files", "path", "p", "text", policy);

	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	cr_assert_eq(fb_generation_new(&b, NULL, &generation, &text), 0, "%s", text);
	free(text);
	add_link(1, "lo", 0, 0, 0);
	add_link(2, "eth1", 2, 0, 0);
	add_link(3, "eth2", 3, 0, 0);
	add_link(4, "eth2.30", 4, 3, 30);
	add_link(5, "eth5", 5, 0, 0);
	add_address(1, ip4(127, 0, 0, 1), 8);
	add_address(1, ip4(192, 0, 2, 1), 32);
	add_address(2, ip4(10, 1, 0, 1), 24);
	add_address(2, ip4(169, 254, 7, 7), 16);
	add_address(4, ip4(10, 30, 0, 1), 24);
	add_address(5, ip4(10, 5, 0, 1), 31);
	add_address(5, ip4(169, 254, 8, 8), 16);
}

static void tear_down(void)
{
	fb_generation_free(generation);
	fb_host_done(&host);
}

static unsigned int id(const char *zone)
{
	return fb_ruleset_zone(&generation->ruleset, zone)->id;
}

Test(ports, follow_the_policy_onto_the_host, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	const struct fb_port *p;

	fb_ports_resolve(&generation->ruleset, &host, &ports);
	cr_assert_eq(ports.v.n, 4);
	p = &ports.v.v[0];
	cr_assert(p->ifindex == 2 && p->device == 2 && p->mac[5] == 2 && p->zone == id("a") && !p->why[0]);
	p = &ports.v.v[1];
	cr_assert(p->ifindex == 3 && p->device == 4 && p->mac[5] == 4 && p->zone == id("v"),
		  "by its VLAN device");
	p = &ports.v.v[2];
	cr_assert(p->ifindex == 0 && p->refused, "its VLAN device is missing");
	cr_assert(strstr(p->why, "ip link add link eth2 name eth2.31 type vlan id 31"), "%s", p->why);
	p = &ports.v.v[3];
	cr_assert(p->ifindex == 0 && !p->refused);
	cr_assert_str_eq(p->why, "eth9 does not exist: its zone is closed until it appears");
}

Test(ports, a_device_that_cannot_be_one_is_refused_with_the_reason, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };

	strcpy(host.links.v[1].refusal, "eth1 is a bridge");
	fb_ports_resolve(&generation->ruleset, &host, &ports);
	cr_assert(ports.v.v[0].refused && !ports.v.v[0].ifindex);
	cr_assert_str_eq(ports.v.v[0].why, "eth1 is a bridge");
}

static const struct fb_self_value *self_of(const struct fb_self_entries *self, struct fb_ip ip,
					   unsigned int zone)
{
	for (size_t i = 0; i < self->n; i++)
		if (self->v[i].key.lo == ip.lo && self->v[i].key.zone == zone)
			return &self->v[i].value;
	return NULL;
}

Test(ports, own_addresses_carry_the_zone_of_their_interface, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_self_entries self = { 0 };
	const struct {
		struct fb_ip ip;
		unsigned int key_zone;
		int kind; /* 0 = must not be there */
		unsigned int zone;
		const char *what;
	} cases[] = {
		{ ip4(10, 1, 0, 1), 0, FB_SELF_ADDRESS, id("a"), "on an untagged port" },
		{ ip4(10, 30, 0, 1), 0, FB_SELF_ADDRESS, id("v"), "on a VLAN device" },
		{ ip4(10, 1, 0, 255), 0, FB_SELF_BROADCAST, id("a"), "directed broadcast" },
		{ ip4(192, 0, 2, 1), 0, FB_SELF_ADDRESS, 0, "on loopback" },
		{ ip4(10, 1, 0, 254), 0, FB_SELF_ADDRESS, id("a"),
		  "virtual, and on no interface of this host" },
		{ ip4(10, 5, 0, 1), 0, FB_SELF_ADDRESS, 0, "on no policy interface; a /31 has no broadcast" },
		{ ip4(169, 254, 7, 7), id("a"), FB_SELF_ADDRESS, id("a"), "link-local: by its zone" },
		{ ip4(169, 254, 7, 7), 0, 0, 0, "and not by any other" },
		{ ip4(169, 254, 8, 8), 0, 0, 0, "link-local elsewhere" },
		{ ip4(127, 0, 0, 1), 0, 0, 0, "never on a wire" },
	};

	fb_ports_resolve(&generation->ruleset, &host, &ports);
	fb_ports_self(&ports, &host, &self);
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		const struct fb_self_value *v = self_of(&self, cases[i].ip, cases[i].key_zone);

		cr_assert_eq(v ? v->kind : 0, cases[i].kind, "%s", cases[i].what);
		if (v)
			cr_assert_eq(v->zone, cases[i].zone, "%s", cases[i].what);
	}
	for (size_t i = 1; i < self.n; i++)
		cr_assert_neq(memcmp(&self.v[i].key, &self.v[i - 1].key, sizeof(self.v[i].key)), 0,
			      "each key once");
	fb_vec_done(&self);
}

/* What a VRRP daemon makes: a macvlan device on eth1 (2) or eth2.30 (4). */
static void add_virtual(__u32 ifindex, const char *name, __u32 below, __u8 kind, __u8 router)
{
	struct fb_host_link link = {
		.ifindex = ifindex, .mac = { 0, 0, 0x5e, 0, kind, router }, .below = below, .up = true
	};

	strcpy(link.name, name);
	fb_vec_add(&host.links, link);
}

Test(ports, s22_a_virtual_mac_is_the_gateways_while_its_device_holds_an_address, .init = set_up,
     .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 }, before = { 0 };
	struct fb_self_entries self = { 0 };
	struct fb_egress_entries egress = { 0 };
	struct fb_host_ports usable = { 0 };
	static const __u8 none[6];

	add_virtual(10, "vrrp7", 2, 1, 7);
	fb_ports_resolve(&generation->ruleset, &host, &before);
	cr_assert(!before.v.v[0].virtual_device, "its partner holds the address");
	fb_ports_done(&before);

	add_address(10, ip4(10, 1, 0, 254), 32);
	fb_ports_resolve(&generation->ruleset, &host, &ports);
	cr_assert(ports.v.v[0].virtual_device == 10 && ports.v.v[0].virtual_mac[5] == 7);
	cr_assert(!ports.v.v[0].why[0] && !ports.v.v[1].virtual_device);
	fb_ports_usable(&ports, &usable);
	cr_assert(usable.v[0].extra[5] == 7 && !memcmp(usable.v[1].extra, none, sizeof(none)));
	fb_ports_self(&ports, &host, &self);
	cr_assert_eq(self_of(&self, ip4(10, 1, 0, 254), 0)->zone, id("a"));
	fb_ports_egress(&ports, &egress);
	cr_assert(egress.n == 3 && egress.v[1].ifindex == 10 && egress.v[1].egress.port == 2 &&
			  egress.v[1].egress.zone == id("a") && egress.v[1].egress.mac[5] == 7,
		  "its routes leave by the port, and the guard hears it");
	fb_vec_done(&usable);
	fb_vec_done(&egress);
	fb_vec_done(&self);
}

Test(ports, s22_a_second_virtual_mac_on_a_port_is_said_and_another_macvlan_is_none, .init = set_up,
     .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };

	add_virtual(10, "vrrp7", 4, 1, 7);
	add_virtual(11, "vrrp8", 4, 2, 8);
	add_virtual(12, "other", 2, 3, 9);
	for (__u32 i = 10; i < 13; i++)
		add_address(i, ip4(10, 30, 0, 240 + i - 10), 32);
	fb_ports_resolve(&generation->ruleset, &host, &ports);
	cr_assert(ports.v.v[1].virtual_device == 10 && !ports.v.v[1].refused && ports.v.v[1].ifindex == 3);
	cr_assert(strstr(ports.v.v[1].why, "vrrp8") && strstr(ports.v.v[1].why, "00:00:5e:00:02:08"), "%s",
		  ports.v.v[1].why);
	cr_assert(!ports.v.v[0].virtual_device);
}

Test(ports, an_address_that_is_also_a_broadcast_stays_an_address, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_self_entries self = { 0 };

	add_address(5, ip4(10, 1, 0, 255), 32);
	fb_ports_resolve(&generation->ruleset, &host, &ports);
	fb_ports_self(&ports, &host, &self);
	cr_assert_eq(self_of(&self, ip4(10, 1, 0, 255), 0)->kind, FB_SELF_ADDRESS);
	fb_vec_done(&self);
}

Test(ports, ways_out_name_the_port_and_the_tag, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_egress_entries egress = { 0 };

	fb_ports_resolve(&generation->ruleset, &host, &ports);
	fb_ports_egress(&ports, &egress);
	cr_assert_eq(egress.n, 2, "only what is there");
	cr_assert(egress.v[0].ifindex == 2 && egress.v[0].egress.port == 2 && egress.v[0].egress.vid == 0);
	cr_assert(egress.v[1].ifindex == 4 && egress.v[1].egress.port == 3 && egress.v[1].egress.vid == 30 &&
		  egress.v[1].egress.zone == id("v") && egress.v[1].egress.mac[5] == 4);
	fb_vec_done(&egress);
}

Test(ports, an_image_is_known_by_its_port_table, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 }, other = { 0 };
	struct fb_host_ports usable;
	struct fb_error err = { 0 };
	struct fb_image_stats stats;
	fb_autofree void *image = calloc(1, FB_IMAGE_BYTES_SMALL);

	fb_ports_resolve(&generation->ruleset, &host, &ports);
	fb_ports_usable(&ports, &usable);
	cr_assert_eq(usable.n, 2);

	struct fb_compile_input in = { &generation->ruleset, usable.v, usable.n, 1, 1 };

	cr_assert_eq(fb_compile(&in, image, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	fb_vec_done(&usable);
	cr_assert(fb_ports_in_image(&ports, image));

	host.links.v[1].mac[5] ^= 1;
	fb_ports_resolve(&generation->ruleset, &host, &other);
	cr_assert_not(fb_ports_in_image(&other, image), "another MAC");
	cr_assert_not(fb_ports_equal(&ports, &other));
	fb_ports_done(&other);
	host.links.v[1].mac[5] ^= 1;
	host.links.v[1].ifindex = host.links.v[1].ifindex + 100;
	fb_ports_resolve(&generation->ruleset, &host, &other);
	cr_assert_not(fb_ports_in_image(&other, image), "created again");
	fb_ports_done(&other);
	strcpy(host.links.v[1].name, "gone");
	fb_ports_resolve(&generation->ruleset, &host, &other);
	cr_assert_not(fb_ports_in_image(&other, image), "deleted");
}

/* ---- wires: S60 ------------------------------------------------------------------------------------------------------- */

static struct fb_generation *wired(void)
{
	static const char text[] = "zone p { interface eth1 vlan 9  network 10.1.0.0/24 }\n"
				   "zone q { interface eth2 vlan 9  network 10.2.0.0/24 }\n"
				   "zone r { interface eth1  network 10.3.0.0/24 }\n"
				   "wire eth1 vlan 9 <-> eth2 vlan 9\n";
	struct fb_generation *g = NULL;
	struct fb_error err = { 0 };
	struct fb_bundle b = { 0 };
	char *said = NULL;
	json_t *body = json_pack("{ss s[{ss ss}]}", "root", "p", "files", "path", "p", "text", text);

	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	cr_assert_eq(fb_generation_new(&b, NULL, &g, &said), 0, "%s", said);
	free(said);
	return g;
}

Test(ports, s60_the_ends_of_a_wire_name_each_other_and_need_no_vlan_device, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_generation *g = wired();
	struct fb_egress_entries egress = { 0 };
	struct fb_self_entries self = { 0 };

	fb_ports_resolve(&g->ruleset, &host, &ports);
	cr_assert_eq(ports.v.n, 3);
	cr_assert(ports.v.v[0].ifindex == 2 && ports.v.v[0].wire == 3 && !ports.v.v[0].refused);
	cr_assert(ports.v.v[1].ifindex == 3 && ports.v.v[1].wire == 2 && !ports.v.v[1].refused);
	cr_assert_eq(ports.v.v[2].wire, 0);
	/* The untagged port is routed: its addresses and its way out are of zone r. */
	fb_ports_egress(&ports, &egress);
	cr_assert(egress.n == 1 && egress.v[0].ifindex == 2 && egress.v[0].egress.zone == ports.v.v[2].zone);
	fb_ports_self(&ports, &host, &self);
	cr_assert_eq(self_of(&self, ip4(10, 1, 0, 1), 0)->zone, ports.v.v[2].zone);
	fb_vec_done(&egress);
	fb_vec_done(&self);
	fb_generation_free(g);
}

Test(ports, s60_a_wire_is_closed_while_its_other_end_is_missing, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_generation *g = wired();

	strcpy(host.links.v[2].name, "eth7");
	fb_ports_resolve(&g->ruleset, &host, &ports);
	cr_assert_eq(ports.v.v[0].ifindex, 0);
	cr_assert(strstr(ports.v.v[0].why, "the other end of its wire, eth2, does not exist"), "%s",
		  ports.v.v[0].why);
	cr_assert_eq(ports.v.v[1].ifindex, 0);
	fb_generation_free(g);
}

Test(ports, s60_ends_of_unequal_mtu_are_refused_with_the_command_that_helps, .init = set_up,
     .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_generation *g = wired();

	host.links.v[1].mtu = 9000;
	host.links.v[2].mtu = 1500;
	fb_ports_resolve(&g->ruleset, &host, &ports);
	cr_assert(ports.v.v[0].refused && ports.v.v[1].refused);
	cr_assert(strstr(ports.v.v[0].why, "ip link set eth1 mtu 1500"), "%s", ports.v.v[0].why);
	fb_generation_free(g);
}

Test(ports, s60_a_wire_that_would_be_refused_is_trouble_while_it_is_open, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset equal = { 0 }, unequal = { 0 }, closed = { 0 };
	struct fb_generation *g = wired();

	fb_ports_resolve(&g->ruleset, &host, &equal);
	cr_assert_str_empty(fb_ports_trouble(&equal));
	host.links.v[2].mtu = host.links.v[1].mtu + 1;
	fb_ports_resolve(&g->ruleset, &host, &unequal);
	cr_assert(unequal.v.v[0].ifindex && strstr(fb_ports_trouble(&unequal), "make them equal"));
	host.links.v[2].is_bond = true;
	fb_ports_resolve(&g->ruleset, &host, &closed);
	cr_assert_str_empty(fb_ports_trouble(&closed), "what is closed is said where interfaces are");
	fb_generation_free(g);
}

Test(ports, s60_an_address_at_the_end_of_a_wire_is_refused_and_closes_nothing, .init = set_up,
     .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_generation *g = wired();

	add_link(6, "eth1.9", 2, 2, 9);
	add_address(6, ip4(10, 1, 0, 7), 24);
	fb_ports_resolve(&g->ruleset, &host, &ports);
	cr_assert(ports.v.v[0].refused && ports.v.v[0].ifindex == 2 && ports.v.v[0].wire == 3);
	cr_assert(strstr(ports.v.v[0].why, "has the address 10.1.0.7"), "%s", ports.v.v[0].why);
	cr_assert_not(ports.v.v[1].refused);
	fb_generation_free(g);
}

/* eth2 of the policy is a bond of eth7 and eth8. */
static void bond_eth2(bool lacp)
{
	host.links.v[2].is_bond = true;
	host.links.v[2].lacp = lacp;
	add_link(7, "eth7", 7, 0, 0);
	add_link(8, "eth8", 8, 0, 0);
	host.links.v[host.links.n - 1].bond = host.links.v[host.links.n - 2].bond = 3;
}

static const struct fb_host_port *usable_at(const struct fb_host_ports *ports, __u32 ifindex, int vlan)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].ifindex == ifindex && ports->v[i].vlan == vlan)
			return &ports->v[i];
	return NULL;
}

Test(ports, members_of_a_bond_are_in_its_zones_by_tag, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_host_ports usable;
	struct fb_egress_entries egress;
	const struct fb_host_port *p;

	bond_eth2(false);
	fb_ports_resolve(&generation->ruleset, &host, &ports);
	fb_ports_usable(&ports, &usable);
	cr_assert_eq(ports.v.n, 4, "the policy's interfaces and no more");
	for (__u32 member = 7; member <= 8; member++) {
		p = usable_at(&usable, member, 30);
		cr_assert(p && p->zone == id("v") && p->device == 4 && p->mac[5] == 4, "as the bond");
		cr_assert_null(usable_at(&usable, member, -1), "the bond has no untagged zone");
		cr_assert_null(usable_at(&usable, member, (int)FB_LACP_VID));
	}
	cr_assert_not_null(usable_at(&usable, 3, 30), "the bond itself, for what asks by its name");
	fb_ports_egress(&ports, &egress);
	for (size_t i = 0; i < egress.n; i++)
		cr_assert(egress.v[i].egress.port < 7, "packets leave by the bond, never by a member");
	fb_vec_done(&usable);
	fb_vec_done(&egress);
}

Test(ports, a_member_that_joins_or_leaves_asks_for_a_new_image, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset before = { 0 };
	FB_CLEANUP(fb_ports_done) struct fb_portset after = { 0 };

	bond_eth2(false);
	fb_ports_resolve(&generation->ruleset, &host, &before);
	host.links.v[host.links.n - 1].bond = 0;
	fb_ports_resolve(&generation->ruleset, &host, &after);
	cr_assert_not(fb_ports_equal(&before, &after));
	cr_assert(fb_ports_equal(&before, &before));
	cr_assert(before.members.n == 2 && after.members.n == 1);
}

Test(ports, members_of_an_lacp_bond_are_marked_in_no_zone, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_host_ports usable;

	bond_eth2(true);
	fb_ports_resolve(&generation->ruleset, &host, &ports);
	fb_ports_usable(&ports, &usable);
	for (__u32 member = 7; member <= 8; member++) {
		const struct fb_host_port *p = usable_at(&usable, member, (int)FB_LACP_VID);

		cr_assert(p && p->zone == FB_ZONE_NONE);
	}
	cr_assert_null(usable_at(&usable, 3, (int)FB_LACP_VID), "the bond itself receives nothing");
	cr_assert_eq(ports.members.n, 4, "each once");
	fb_vec_done(&usable);
}

Test(ports, s60_a_bond_is_no_end_of_a_wire, .init = set_up, .fini = tear_down)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	struct fb_generation *g = wired();

	bond_eth2(false);
	fb_ports_resolve(&g->ruleset, &host, &ports);
	cr_assert(ports.v.v[1].refused && !ports.v.v[1].ifindex);
	cr_assert(strstr(ports.v.v[1].why, "eth2 is a bond"), "%s", ports.v.v[1].why);
	cr_assert_eq(ports.v.v[0].ifindex, 0, "and the other end is closed");
	fb_generation_free(g);
}

/* S60: explain hands its packet to one port, which must be that of the wire that leads to where it is to go. */
Test(agent_ports, a_packet_comes_in_by_the_wire_that_leads_to_its_destination)
{
	FB_CLEANUP(fb_ports_done) struct fb_portset ports = { 0 };
	static const struct fb_port all[] = {
		{ .name = "e1", .zone = 2, .ifindex = 1, .wire = 11, .vlan = -1 },
		{ .name = "e2", .zone = 2, .ifindex = 2, .wire = 12, .vlan = -1 },
		{ .name = "e3", .zone = 2, .ifindex = 0, .vlan = -1 },
		{ .name = "e4", .zone = 2, .ifindex = 4, .vlan = -1 },
		{ .name = "o1", .zone = 3, .ifindex = 11, .wire = 1, .vlan = -1 },
		{ .name = "o2", .zone = 4, .ifindex = 12, .wire = 2, .vlan = -1 },
		{ .name = "o2", .zone = 5, .ifindex = 12, .vlan = 7 },
		{ .name = "gone", .zone = 6, .vlan = -1 },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(all); i++)
		fb_vec_add(&ports.v, all[i]);
	cr_assert_str_eq(fb_ports_entrance(&ports, 2, 3)->name, "e1");
	cr_assert_str_eq(fb_ports_entrance(&ports, 2, 4)->name, "e2");
	cr_assert_str_eq(fb_ports_entrance(&ports, 2, 0)->name, "e4");
	cr_assert_str_eq(fb_ports_entrance(&ports, 2, 9)->name, "e1", "as good as any, and it is told");
	cr_assert_null(fb_ports_entrance(&ports, 6, 0));
}

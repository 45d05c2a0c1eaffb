// SPDX-License-Identifier: GPL-2.0-only
/* What zones say about frames (S22, S31, S45, S60, S62), in the rule set and in the image. */
#include <sys/mman.h>

#include "fixture.h"
#include "policy/compile.h"

#define HEAD "policy \"t\" language 1\n"
#define AB                                                     \
	HEAD "zone a { interface eth1 network 10.1.0.0/16 }\n" \
	     "zone b { interface eth2 network 10.2.0.0/16 }\n"
#define SECURED                                                                                \
	HEAD "zone a { interface eth1 network 10.1.0.0/16, 2001:db8:1::/48 binding strict }\n" \
	     "zone b { interface eth2 network 10.2.0.0/16 binding learn }\n"                   \
	     "zone c { interface eth3 network 10.3.0.0/16 }\n"

static void *image_of(const struct policy *p)
{
	struct fb_compile_input in = { .ruleset = &p->rs, .generation = 1, .applied = NOW };
	void *img =
		mmap(NULL, FB_IMAGE_BYTES_SMALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	cr_assert(img != MAP_FAILED);
	cr_assert_eq(fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	return img;
}

static const void *section(const void *img, __u32 w)
{
	return (const __u32 *)img + w;
}

/* ---- S45 ------------------------------------------------------------------------------------------------------------ */

/* As the data plane looks: from the hash on, until a free place. */
static bool bound(const void *img, const char *ip, enum fb_binding_kind kind, unsigned int zone, __u64 mac)
{
	const struct fb_image_header *h = img;
	const struct fb_image_binding *table = section(img, h->binding_w);
	struct fb_ip address = { 0, 0 };
	__u64 who = FB_BINDING_WHO(kind, zone, mac);
	int family;
	__u32 at;

	if (ip)
		address = ip_of(ip, &family);
	at = fb_binding_hash(address.hi, address.lo, who);
	for (__u32 i = 0; i < FB_BINDING_PROBES; i++) {
		const struct fb_image_binding *b = &table[(at + i) & h->binding_mask];

		if (b->who == who && b->hi == address.hi && b->lo == address.lo)
			return true;
		if (!b->who)
			return false;
	}
	return false;
}

Test(ports, s45_declared_pairs_of_zones_with_binding_are_in_the_image)
{
	static const __u64 cam = 0x0200000000a1, spare = 0x0200000000a2, unit = 0x0200000000b1;
	struct policy p;
	void *img;

	policy_load_clean(
		&p, SECURED
		"device cam in a { ip 10.1.0.5, 2001:db8:1::5 mac 02:00:00:00:00:a1, 02:00:00:00:00:a2 }\n"
		"device dhcp in a { mac 02:00:00:00:00:a3 }\n"
		"device unit in b { ip 10.2.0.5 mac 02:00:00:00:00:b1 }\n"
		"device free in c { ip 10.3.0.5 mac 02:00:00:00:00:c1 }\n");
	unsigned int a = zone_id(&p, "a"), b = zone_id(&p, "b"), c = zone_id(&p, "c");

	img = image_of(&p);
	for (int i = 0; i < 2; i++) {
		cr_assert(bound(img, "10.1.0.5", FB_BINDING_PAIR, a, i ? spare : cam));
		cr_assert(bound(img, "2001:db8:1::5", FB_BINDING_PAIR, a, i ? spare : cam));
		cr_assert(bound(img, NULL, FB_BINDING_MAC, a, i ? spare : cam));
	}
	cr_assert(bound(img, "10.1.0.5", FB_BINDING_ADDRESS, a, 0));
	cr_assert(bound(img, NULL, FB_BINDING_MAC, a, 0x0200000000a3));
	cr_assert(bound(img, "10.2.0.5", FB_BINDING_PAIR, b, unit));
	cr_assert_not(bound(img, "10.1.0.5", FB_BINDING_PAIR, b, cam), "a pair is of its zone");
	cr_assert_not(bound(img, "10.1.0.5", FB_BINDING_PAIR, a, unit));
	cr_assert_not(bound(img, NULL, FB_BINDING_MAC, c, 0x0200000000c1), "no binding, no entries");
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

Test(ports, s45_thousands_of_devices_are_all_found)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct policy p;
	void *img;

	fb_strbuf_add(&text, SECURED);
	for (unsigned int i = 0; i < 5000; i++)
		fb_strbuf_addf(&text, "device d%u in a { ip 10.1.%u.%u mac 02:00:00:00:%02x:%02x }\n", i,
			       1 + i / 200, 1 + i % 200, i >> 8, i & 255);
	policy_load_clean(&p, text.s);
	img = image_of(&p);
	for (unsigned int i = 0; i < 5000; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "10.1.%u.%u", 1 + i / 200, 1 + i % 200);
		cr_assert(bound(img, ip, FB_BINDING_PAIR, zone_id(&p, "a"), 0x020000000000ull + i), "%s", ip);
	}
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

Test(ports, s45_a_device_that_cannot_speak_is_a_lint)
{
	expect_lint(SECURED "device cam in a { ip 10.1.0.5 }\n", "device cam has no mac, so it cannot speak");
	expect_clean(SECURED "device unit in b { ip 10.2.0.5 }\n");
	expect_lint(HEAD "zone a { interface eth1 network any binding learn }\n",
		    "binding learn in zone a, which "
		    "has network any");
}

Test(ports, s45_s62_binding_and_ethertypes_of_a_zone_are_in_the_image)
{
	struct policy p;
	void *img;

	policy_load_clean(&p, SECURED "zone i { interface eth0 network any ethertype 0x88cc, 0x88f7 }\n");
	img = image_of(&p);
	const struct fb_image_zone *zones = section(img, ((const struct fb_image_header *)img)->zone_w);

	cr_assert_eq(zones[zone_id(&p, "a")].flags, FB_ZONE_F_STRICT);
	cr_assert_eq(zones[zone_id(&p, "b")].flags, FB_ZONE_F_LEARN);
	cr_assert_eq(zones[zone_id(&p, "c")].flags, 0);
	cr_assert_eq(zones[zone_id(&p, "i")].flags, FB_ZONE_F_ANY);
	cr_assert_eq(zones[zone_id(&p, "i")].ethertype[0], 0x88cc);
	cr_assert_eq(zones[zone_id(&p, "i")].ethertype[1], 0x88f7);
	cr_assert_eq(zones[zone_id(&p, "i")].ethertype[2], 0);
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

/* ---- S22 ------------------------------------------------------------------------------------------------------------- */

Test(ports, s22_a_virtual_address_is_one_of_its_zone_and_nobody_s_else)
{
	struct policy p;

	policy_load_clean(&p, HEAD
			  "zone a { interface eth1 network 10.1.0.0/16, 2001:db8:1::/48 gateway 10.1.0.1, "
			  "2001:db8:1::1 }\n");
	cr_assert_eq(p.rs.zones.v[0].n_gateways, 2);
	policy_done(&p);
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 gateway 10.2.0.1 }\n",
		     "gateway 10.2.0.1 is not an address of zone a: it belongs to no zone");
	expect_error(AB "zone c { interface eth3 network 10.3.0.0/16 gateway 10.2.0.1 }\n",
		     "gateway 10.2.0.1 is not an address of zone c: it belongs to zone b");
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 gateway 10.1.0.1, 10.1.0.1 }\n",
		     "gateway 10.1.0.1 stands there already");
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 gateway 10.1.0.1 }\n"
			  "device d in a { ip 10.1.0.1 }\n",
		     "gateway 10.1.0.1 is the address of device d");
}

/* ---- S31, S62 ------------------------------------------------------------------------------------------------------- */

Test(ports, s62_ip_arp_and_tags_are_not_other_ethertypes)
{
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 ethertype 0x0800 }\n",
		     "ethertype 0x0800 is not one that a zone lists");
	expect_error(HEAD "zone a { interface eth1 network 10.1.0.0/16 ethertype 0x88cc, 0x88cc }\n",
		     "ethertype 0x88cc stands there already");
	expect_error(HEAD
		     "zone a { interface eth1 network 10.1.0.0/16 ethertype 0x8801, 0x8802, 0x8803, 0x8804, "
		     "0x8805, 0x8806, 0x8807, 0x8809, 0x880a }\n",
		     "a zone lists at most 8 ethertypes");
}

static __u32 pair_flags(const void *img, const struct policy *p, const char *src, const char *dst)
{
	const struct fb_image_pair *pairs = section(img, ((const struct fb_image_header *)img)->pair_w);

	return pairs[FB_PAIR(zone_id(p, src), zone_id(p, dst))].flags;
}

Test(ports, s31_a_zone_that_rejects_does_so_for_all_its_pairs_and_a_firebreak_overrides_it)
{
	struct policy p;
	void *img;

	policy_load_clean(&p,
			  HEAD "zone a { interface eth1 network 10.1.0.0/16 on-deny reject }\n"
			       "zone b { interface eth2 network 10.2.0.0/16 }\n"
			       "zone c { interface eth3 network 10.3.0.0/16 }\n"
			       "firebreak a -> c { on-deny drop }\nfirebreak b -> c { on-deny reject }\n");
	img = image_of(&p);
	cr_assert_eq(pair_flags(img, &p, "a", "b"), FB_PAIR_F_REJECT);
	cr_assert_eq(pair_flags(img, &p, "a", "self"), FB_PAIR_F_REJECT);
	cr_assert_eq(pair_flags(img, &p, "a", "c"), 0);
	cr_assert_eq(pair_flags(img, &p, "b", "c"), FB_PAIR_F_REJECT);
	cr_assert_eq(pair_flags(img, &p, "b", "a"), 0, "it answers the hosts of its own zone");
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

/* ---- S60 ------------------------------------------------------------------------------------------------------------- */

Test(ports, s60_a_wire_joins_two_zones_by_one_tag)
{
	struct policy p;

	policy_load_clean(&p, AB "wire eth1 <-> eth2\n");
	cr_assert_eq(p.rs.wires.n, 1);
	cr_assert_eq(p.rs.wires.v[0].zone_a, zone_id(&p, "a"));
	cr_assert_eq(p.rs.wires.v[0].zone_b, zone_id(&p, "b"));
	policy_done(&p);
	expect_error(AB "wire eth1 <-> eth3\n", "eth3 is in no zone: a wire joins two zones");
	expect_error(AB "wire eth1 <-> eth1\n", "both ends of the wire are eth1");
	expect_error(
		AB "wire eth1 <-> eth2\nzone c { interface eth3 network 10.3.0.0/16 }\nwire eth3 <-> eth2\n",
		"eth2 is already an end of the wire at t.fb:4");
	expect_error(HEAD "zone a { interface eth1 vlan 7 network 10.1.0.0/16 }\n"
			  "zone b { interface eth2 network 10.2.0.0/16 }\nwire eth1 vlan 7 <-> eth2\n",
		     "eth1 vlan 7 and eth2 have different tags");
	expect_lint(AB "wire eth1 <-> eth2\nfirebreak a -> self { allow any -> self udp/123 }\n",
		    "zone a is on wires only");
}

Test(ports, s60_both_ends_of_a_wire_name_each_other_in_the_image)
{
	struct fb_host_port host[] = { { .name = "eth1", .vlan = 7, .ifindex = 11, .device = 11, .wire = 12 },
				       { .name = "eth2", .vlan = 7, .ifindex = 12, .device = 12, .wire = 11 },
				       { .name = "eth2", .vlan = 8, .ifindex = 12, .device = 12 } };
	struct fb_compile_input in = { .ports = host, .n_ports = 3, .generation = 1, .applied = NOW };
	void *img =
		mmap(NULL, FB_IMAGE_BYTES_SMALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fb_image_stats stats;
	struct fb_error err = { 0 };
	struct policy p;
	int ends = 0;

	policy_load_clean(&p, HEAD "zone a { interface eth1 vlan 7 network 10.1.0.0/16 }\n"
				   "zone b { interface eth2 vlan 7 network 10.2.0.0/16 }\n"
				   "zone c { interface eth2 vlan 8 network 10.3.0.0/16 }\n"
				   "wire eth1 vlan 7 <-> eth2 vlan 7\n");
	in.ruleset = &p.rs;
	for (int i = 0; i < 3; i++)
		host[i].zone = p.rs.zones.v[i].id;
	cr_assert_eq(fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	const struct fb_image_header *h = img;
	const struct fb_image_port *ports = section(img, h->port_w);

	for (__u32 i = 0; i <= h->port_mask; i++) {
		if (ports[i].zone == zone_id(&p, "a"))
			ends += ports[i].wire == 12 && ports[i].wire_zone == zone_id(&p, "b");
		if (ports[i].zone == zone_id(&p, "b"))
			ends += ports[i].wire == 11 && ports[i].wire_zone == zone_id(&p, "a");
		if (ports[i].zone == zone_id(&p, "c"))
			cr_assert(!ports[i].wire && !ports[i].wire_zone,
				  "another tag of the same port is routed");
	}
	cr_assert_eq(ends, 2);
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <net/if_arp.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/net.h"
#include "net/state.h"

static struct fb_net_state state;

static const struct fb_net_link *add(__u32 ifindex, const char *name, const char *kind, unsigned int arphrd)
{
	struct fb_net_link l = { .ifindex = ifindex,
				 .arphrd = arphrd,
				 .kind = fb_state_kind(kind, arphrd),
				 .has_mac = arphrd == ARPHRD_ETHER };

	snprintf(l.name, sizeof(l.name), "%s", name);
	snprintf(l.kind_name, sizeof(l.kind_name), "%s", kind);
	return fb_vec_add(&state.links, l);
}

static const char *refusal(const char *name)
{
	static char buf[512];

	return fb_net_port_refusal(&state, fb_net_link_by_name(&state, name), buf, sizeof(buf));
}

static void setup(void)
{
	add(1, "lo", "", ARPHRD_LOOPBACK);
	add(2, "eth0", "", ARPHRD_ETHER);
	add(3, "eth1", "", ARPHRD_ETHER);
	add(4, "eth2", "", ARPHRD_ETHER);
	add(5, "veth0", "veth", ARPHRD_ETHER);
	add(6, "br0", "bridge", ARPHRD_ETHER);
	add(7, "bond0", "bond", ARPHRD_ETHER);
	add(8, "eth0.110", "vlan", ARPHRD_ETHER);
	add(9, "wg0", "wireguard", ARPHRD_NONE);
	add(10, "tun0", "tun", ARPHRD_NONE);
	add(11, "ppp0", "", ARPHRD_PPP);
	add(12, "wwan0", "wwan", ARPHRD_RAWIP);
	add(13, "far.7", "vlan", ARPHRD_ETHER);
	add(14, "dsa0", "dsa", ARPHRD_ETHER);
	add(15, "ib0", "", ARPHRD_INFINIBAND);
	add(16, "team0", "team", ARPHRD_ETHER);
	state.links.v[6].bond_mode = FB_BOND_8023AD;
	state.links.v[2].master = 6; /* eth1 in br0 */
	state.links.v[3].master = 7; /* eth2 in bond0 */
	state.links.v[7].parent = 2;
	state.links.v[7].vid = 110;
	state.links.v[12].vid = 7;
}
TestSuite(port, .init = setup);

Test(port, cards_and_veths_may_be_policy_interfaces)
{
	cr_assert_null(refusal("eth0"));
	cr_assert_null(refusal("veth0"));
	cr_assert_null(refusal("dsa0"), "an unknown kind of Ethernet device is its driver's affair");
}

Test(port, every_refusal_says_what_to_name_instead)
{
	static const char *const cases[][2] = {
		{ "lo", "zone `self`" },
		{ "br0", "name each one as an interface (eth1)" },
		{ "team0", "make a bond of its members" },
		{ "eth1", "ip link set eth1 nomaster" },
		{ "eth2", "name bond0, which protects all its members" },
		{ "eth0.110", "write `interface eth0 vlan 110`" },
		{ "far.7", "another namespace" },
		{ "wg0", "name the card that carries it" },
		{ "tun0", "name the card that carries the tunnel" },
		{ "ppp0", "name the card towards it" },
		{ "wwan0", "name the card towards it" },
		{ "ib0", "name a card" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		const char *text = refusal(cases[i][0]);

		cr_assert_not_null(text, "%s was not refused", cases[i][0]);
		cr_assert(strncmp(text, cases[i][0], strlen(cases[i][0])) == 0 && strstr(text, cases[i][1]),
			  "%s: %s", cases[i][0], text);
	}
}

static const char *bond_refusal(__u8 mode, __u8 hash)
{
	state.links.v[6].bond_mode = mode;
	state.links.v[6].bond_hash = hash;
	return refusal("bond0");
}

Test(port, bonds_are_ports_in_the_modes_that_have_native_xdp)
{
	static const struct {
		__u8 mode;
		const char *name; /* NULL = it may be a port */
	} modes[] = {
		{ FB_BOND_ROUND_ROBIN, NULL },
		{ FB_BOND_ACTIVE_BACKUP, NULL },
		{ FB_BOND_XOR, NULL },
		{ FB_BOND_8023AD, NULL },
		{ FB_BOND_BROADCAST, "broadcast" },
		{ FB_BOND_TLB, "balance-tlb" },
		{ FB_BOND_ALB, "balance-alb" },
		{ 200, "unknown" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(modes); i++) {
		const char *text = bond_refusal(modes[i].mode, 0);

		if (!modes[i].name)
			cr_assert_null(text, "%u: %s", modes[i].mode, text);
		else
			cr_assert(text && strstr(text, modes[i].name) && strstr(text, "make it one of"),
				  "%u: %s", modes[i].mode, text);
	}
}

Test(port, a_bond_that_hashes_by_vlan_is_refused_with_the_hash_that_helps)
{
	const char *text = bond_refusal(FB_BOND_XOR, FB_BOND_HASH_VLAN);

	cr_assert(text && strstr(text, "ip link set bond0 type bond xmit_hash_policy layer2+3"), "%s", text);
	cr_assert_not_null(bond_refusal(FB_BOND_8023AD, FB_BOND_HASH_VLAN));
	for (__u8 hash = 0; hash < FB_BOND_HASH_VLAN; hash++)
		cr_assert_null(bond_refusal(FB_BOND_8023AD, hash));
	cr_assert_null(bond_refusal(FB_BOND_ACTIVE_BACKUP, FB_BOND_HASH_VLAN), "a mode that does not hash");
}

Test(port, a_bond_in_a_bridge_is_refused)
{
	state.links.v[6].master = 6;
	cr_assert(strstr(refusal("bond0"), "a port of br0"));
}

Test(port, the_device_of_a_tag_is_found_by_parent_and_number)
{
	const struct fb_net_link *vlan = fb_net_vlan(&state, 2, 110);

	cr_assert_not_null(vlan);
	cr_assert_str_eq(vlan->name, "eth0.110");
	cr_assert_null(fb_net_vlan(&state, 3, 110));
	cr_assert_null(fb_net_vlan(&state, 2, 111));
	state.links.v[7].qinq = true;
	cr_assert_null(fb_net_vlan(&state, 2, 110), "802.1ad is another tag");
}

/* Needs no privilege: what every process may ask. */
Test(port, this_host_has_a_loopback_device_with_its_address)
{
	struct fb_error err;
	struct fb_netlink *net = NULL;
	unsigned int changed = 0;
	bool found = false;

	cr_assert(fb_net_open(&net, &err) == 0, "%s", err.text);
	const struct fb_net_link *lo = fb_net_link_by_name(fb_net_state(net), "lo");

	cr_assert_not_null(lo);
	cr_assert(lo->kind == FB_LINK_LOOPBACK && !lo->has_mac && lo->ifindex == 1);
	cr_assert(fb_net_link_by_index(fb_net_state(net), 1) == lo);
	for (size_t i = 0; i < fb_net_state(net)->addresses.n; i++)
		found |= fb_net_state(net)->addresses.v[i].ip.lo == 0x7f000001;
	cr_assert(found == lo->up);
	cr_assert(fb_net_dispatch(net, &changed, &err) == 0, "%s", err.text);
	fb_net_close(net);
}

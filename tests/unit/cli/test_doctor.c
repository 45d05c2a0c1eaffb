// SPDX-License-Identifier: GPL-2.0-only
/* What doctor says of an interface: each finding with why it matters and the command that mends it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor_card.h"

static struct fb_findings list;
static const struct fb_net_offload on = { .known = true, .on = true },
				   stuck = { .known = true, .on = true, .fixed = true };

static struct fb_doctor_card good(const char *name)
{
	struct fb_doctor_card card = { .up = true, .running = true, .mtu = 1500, .program = FB_CARD_NONE };

	snprintf(card.name, sizeof(card.name), "%s", name);
	strcpy(card.driver.name, "ixgbe");
	return card;
}

static void judge(const struct fb_doctor_card *card)
{
	fb_findings_done(&list);
	list.worst = FB_HEALTH_OK;
	fb_doctor_judge(&list, card);
}

/* There is a finding of that health about it that says both; and nothing is worse. */
static void expect(enum fb_health health, const char *what, const char *state, const char *advice)
{
	for (size_t i = 0; i < list.v.n; i++) {
		const struct fb_finding *f = &list.v.v[i];

		if (f->health == health && !strcmp(f->what, what) && strstr(f->state, state) &&
		    strstr(f->advice, advice)) {
			cr_assert_eq(list.worst, health, "of %s", what);
			return;
		}
	}
	for (size_t i = 0; i < list.v.n; i++)
		fprintf(stderr, "%d %s: %s -> %s\n", (int)list.v.v[i].health, list.v.v[i].what,
			list.v.v[i].state, list.v.v[i].advice);
	cr_assert(false, "no finding %s: %s -> %s", what, state, advice);
}

Test(doctor, a_card_with_nothing_in_the_way_is_ok)
{
	struct fb_doctor_card card = good("eth0");

	judge(&card);
	expect(FB_HEALTH_OK, "eth0 driver", "ixgbe: native XDP", "");
	expect(FB_HEALTH_OK, "eth0 offloads", "nothing in the way", "");
}

Test(doctor, what_joins_or_hides_before_xdp_is_named_with_its_switch)
{
	struct fb_doctor_card card = good("eth0");

	card.driver.lro = on;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 offloads", "lro joins packets", "ethtool -K eth0 lro off");
	card.driver.lro.on = false;
	card.driver.gro_hw = on;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 offloads", "rx-gro-hw joins", "ethtool -K eth0 rx-gro-hw off");
	card.driver.gro_hw = stuck;
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 offloads", "rx-gro-hw joins", "use another card");
}

Test(doctor, rxvlan_matters_on_a_trunk_only)
{
	struct fb_doctor_card card = good("eth0");

	card.driver.rxvlan = on;
	judge(&card);
	expect(FB_HEALTH_OK, "eth0 offloads", "nothing in the way", "");
	card.trunk = true;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 offloads", "rxvlan hides VLAN tags", "ethtool -K eth0 rxvlan off");
	card.driver.rxvlan = stuck;
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 offloads", "rxvlan hides VLAN tags", "use another card");
}

Test(doctor, a_driver_without_native_xdp_is_told_with_some_that_have_it)
{
	struct fb_doctor_card card = good("eth0");

	strcpy(card.driver.name, "e1000e");
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 driver", "e1000e: not known to have native XDP", "--generic");
	card.driver_error = -EOPNOTSUPP;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 driver", "none told", "native XDP");
}

Test(doctor, of_a_veth_the_other_end_is_what_counts)
{
	struct fb_doctor_card card = good("v0");

	card.kind = FB_LINK_VETH;
	strcpy(card.driver.name, "veth");
	judge(&card);
	expect(FB_HEALTH_WARN, "v0 other end", "another namespace",
	       "ethtool -K PEER tx off gro on txvlan off");
	strcpy(card.peer, "p0");
	card.peer_driver.tx_checksum = card.peer_driver.txvlan = on;
	card.peer_driver.gro = (struct fb_net_offload){ .known = true };
	judge(&card);
	expect(FB_HEALTH_WARN, "v0 other end", "TCP dies", "ethtool -K p0 tx off gro on txvlan off");
	card.peer_driver.tx_checksum.on = card.peer_driver.txvlan.on = false;
	judge(&card);
	expect(FB_HEALTH_WARN, "v0 other end", "without gro what is redirected to it is lost",
	       "ethtool -K p0 gro on");
	card.peer_driver.gro.on = true;
	judge(&card);
	expect(FB_HEALTH_OK, "v0 other end", "p0: as it must be", "");
}

Test(doctor, jumbo_frames_are_told_by_what_the_driver_can)
{
	struct fb_doctor_card card = good("eth0");

	card.mtu = 9000;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 jumbo frames", "MTU 9000, and ixgbe is not known",
	       "ip link set dev eth0 mtu 1500");
	strcpy(card.driver.name, "mlx5_core");
	judge(&card);
	expect(FB_HEALTH_OK, "eth0 jumbo frames", "by the kernel's way", "");
	strcpy(card.driver.name, "ice");
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 jumbo frames", "ice is not known", "mtu 1500");
	card.kernel_frags = true;
	judge(&card);
	expect(FB_HEALTH_OK, "eth0 jumbo frames", "by the kernel's way", "");
}

Test(doctor, a_link_that_is_down_or_without_carrier_is_told)
{
	struct fb_doctor_card card = good("eth0");

	card.running = false;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 link", "no carrier", "ethtool eth0");
	card.up = false;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 link", "down", "ip link set dev eth0 up");
}

Test(doctor, the_ends_of_a_wire_are_compared)
{
	struct fb_doctor_card card = good("eth0");

	strcpy(card.wire, "eth1");
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 wire", "eth1, does not exist", "plug it in");
	card.wire_there = card.wire_running = true;
	card.wire_mtu = 1400;
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 wire", "MTU 1500 here and 1400 on eth1",
	       "ip link set dev eth0 mtu 1400");
	card.wire_mtu = 3000;
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 wire", "3000 on eth1", "ip link set dev eth1 mtu 1500");
	card.wire_mtu = 1500;
	card.wire_running = false;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 wire", "the host behind eth0 believes", "ethtool eth1");
	card.wire_running = true;
	judge(&card);
	expect(FB_HEALTH_OK, "eth0 wire", "with eth1, MTU 1500", "");
}

Test(doctor, xdp_programs_are_told_apart)
{
	struct fb_doctor_card card = good("eth0");

	card.attached.xdp_id = 42;
	card.program = FB_CARD_FOREIGN;
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 XDP", "program 42 of somebody else", "ip link set dev eth0 xdp off");
	card.attached.xdp_generic = true;
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 XDP", "program 42 of somebody else",
	       "ip link set dev eth0 xdpgeneric off");
	card.program = FB_CARD_UNKNOWN;
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 XDP", "program 42 runs there", "as root");
}

static void add_filter(struct fb_doctor_card *card, bool egress, __u32 priority, const char *name)
{
	struct fb_net_filter f = { .egress = egress, .priority = priority, .handle = 1, .kind = "bpf" };

	snprintf(f.name, sizeof(f.name), "%s", name);
	fb_vec_add(&card->attached.filters, f);
}

Test(doctor, a_missing_fence_fails_and_foreign_filters_are_named_with_their_command)
{
	struct fb_doctor_card card = good("eth0");

	card.program = FB_CARD_OURS;
	card.attached.xdp_id = 7;
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 tc", "qdisc clsact is missing", "restart firebreakd");
	card.attached.clsact = true;
	add_filter(&card, false, 1, "fb_tc_in:[8]");
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 tc", "the egress filter is missing", "restart firebreakd");
	add_filter(&card, true, 1, "fb_tc_out:[9]");
	judge(&card);
	expect(FB_HEALTH_OK, "eth0 tc", "both filters", "");
	add_filter(&card, false, 7, "cil_from:[3]");
	judge(&card);
	expect(FB_HEALTH_WARN, "eth0 tc ingress", "cil_from:[3] of somebody else at priority 7",
	       "tc filter del dev eth0 ingress pref 7");
	add_filter(&card, true, 1, "mine");
	judge(&card);
	expect(FB_HEALTH_FAIL, "eth0 tc egress", "decides before firebreak's",
	       "tc filter del dev eth0 egress pref 1");
	fb_net_attached_done(&card.attached);
}

Test(doctor, a_bond_is_judged_by_its_members)
{
	struct fb_doctor_card bond = good("bond0"), a = good("eth1"), b = good("eth2");

	bond.kind = FB_LINK_BOND;
	bond.bond_mode = "active-backup";
	strcpy(bond.driver.name, "bonding");
	judge(&bond);
	expect(FB_HEALTH_WARN, "bond0 bond", "with no members", "ip link set dev CARD master bond0");
	fb_vec_add(&bond.members, a);
	judge(&bond);
	expect(FB_HEALTH_WARN, "bond0 bond", "with one member: nothing takes over", "master bond0");
	strcpy(b.driver.name, "e1000e");
	fb_vec_add(&bond.members, b);
	judge(&bond);
	expect(FB_HEALTH_WARN, "eth2 driver", "e1000e: not known to have native XDP", "another card");
	strcpy(bond.members.v[1].driver.name, "igb");
	judge(&bond);
	expect(FB_HEALTH_OK, "bond0 bond", "mode active-backup, 2 members", "");
	bond.trunk = true;
	bond.members.v[1].driver.rxvlan = on;
	judge(&bond);
	expect(FB_HEALTH_WARN, "eth2 offloads", "rxvlan hides", "ethtool -K eth2 rxvlan off");
	bond.members.v[1].driver.rxvlan.on = false;
	bond.members.v[1].program = FB_CARD_FOREIGN;
	bond.members.v[1].attached.xdp_id = 5;
	judge(&bond);
	expect(FB_HEALTH_FAIL, "eth2 XDP", "program 5", "ip link set dev eth2 xdp off");
	fb_vec_done(&bond.members);
}

Test(doctor, what_can_be_no_port_says_what_to_name_instead)
{
	struct fb_doctor_card card = good("bond0");

	strcpy(card.refusal, "bond0 is a bond of mode balance-alb, which has no native XDP");
	judge(&card);
	expect(FB_HEALTH_FAIL, "bond0 kind", "balance-alb", "");
	cr_assert_eq(list.v.n, 1, "and nothing else matters");
}

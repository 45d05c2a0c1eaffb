// SPDX-License-Identifier: GPL-2.0-only
/* The members of an 802.3ad bond and their switch: one kind of frame that is in no zone. */
#include "claims.h"

#define SLOW  0x8809
#define GROUP "01:80:c2:00:00:02" /* slow protocols */
#define LACP  .dmac = GROUP, .ethertype = SLOW, .payload = 110

static void lacp_passes_on_a_member_of_such_a_bond_and_nowhere_else(void)
{
	struct rig_result r;

	use_policy("");
	expect("cam", SPEC(LACP), FB_DROP_L2_PROTOCOL);
	expect("vid", SPEC(LACP), FB_DROP_NO_ZONE);
	rig_lacp(&rig, "cam");
	r = expect("cam", SPEC(LACP), FB_PASSED);
	CHECK(r.action == XDP_PASS, "action %d", r.action);
	expect("vid", SPEC(LACP), FB_DROP_NO_ZONE);
	rig_lacp(&rig, "vid"); /* a trunk: untagged frames are in no zone of it */
	r = expect("vid", SPEC(LACP), FB_PASSED);
	CHECK(r.action == XDP_PASS, "action %d", r.action);
}

static void only_lacp_passes_in_no_zone(void)
{
	use_policy("");
	rig_lacp(&rig, "vid");
	rig_lacp(&rig, "cam");
	expect("vid", SPEC(.vlan = 30, LACP), FB_DROP_L2_PROTOCOL);
	expect("vid", SPEC(.dmac = RIG_MAC, .ethertype = SLOW, .payload = 110), FB_DROP_NO_ZONE);
	expect("cam", SPEC(.dmac = "01:80:c2:00:00:03", .ethertype = SLOW, .payload = 110),
	       FB_DROP_L2_PROTOCOL);
	expect("vid", SPEC(.dmac = GROUP, .ethertype = 0x88cc, .payload = 110), FB_DROP_NO_ZONE);
	expect("vid", SPEC(.src = "10.30.0.10", .dst = "10.20.0.5", .sport = 554, .dport = 1, .tcp = SYN),
	       FB_DROP_NO_ZONE);
	expect("vid",
	       SPEC(.vlan = (int)FB_LACP_VID, .src = "10.30.0.10", .dst = "10.20.0.5", .sport = 1, .dport = 2,
		    .tcp = SYN),
	       FB_DROP_NO_ZONE);
	expect("vid", SPEC(.vlan = (int)FB_LACP_VID, LACP), FB_DROP_NO_ZONE);
}

void claims_bond(void)
{
	RUN_CASE(lacp_passes_on_a_member_of_such_a_bond_and_nowhere_else);
	RUN_CASE(only_lacp_passes_in_no_zone);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>

#include "fixture.h"
#include "policy/slots.h"

static unsigned int zone_of(struct fb_slots *slots, const char *name)
{
	unsigned int id;

	cr_assert_eq(fb_slots_zones(slots, &name, 1, &id), 0);
	return id;
}

Test(slots, a_zone_keeps_its_number_over_applies)
{
	const char *first[] = { "a", "b", "c" }, *second[] = { "c", "x", "a" };
	struct fb_slots slots = { 0 };
	unsigned int was[3], is[3];

	fb_slots_begin(&slots);
	cr_assert_eq(fb_slots_zones(&slots, first, 3, was), 0);
	cr_assert_eq(was[0], FB_ZONE_FIRST);
	fb_slots_begin(&slots);
	cr_assert_eq(fb_slots_zones(&slots, second, 3, is), 0);
	cr_assert_eq(is[0], was[2]);
	cr_assert_eq(is[2], was[0]);
	cr_assert_neq(is[1], was[1], "b was there in the generation before");
	fb_slots_done(&slots);
}

Test(slots, a_number_is_given_again_only_after_a_generation_without_it)
{
	struct fb_slots slots = { 0 };
	const char *names[62];
	unsigned int ids[62];
	char text[62][16];

	for (int i = 0; i < 62; i++) {
		snprintf(text[i], sizeof(text[i]), "z%d", i);
		names[i] = text[i];
	}
	fb_slots_begin(&slots);
	cr_assert_eq(fb_slots_zones(&slots, names, 62, ids), 0);
	names[61] = "new";
	fb_slots_begin(&slots);
	cr_assert_eq(fb_slots_zones(&slots, names, 62, ids), 1, "z61 still had it in the generation before");
	cr_assert_eq(ids[61], 0);
	fb_slots_begin(&slots);
	cr_assert_eq(fb_slots_zones(&slots, names, 62, ids), 0);
	cr_assert_eq(ids[61], 63);
	fb_slots_done(&slots);
}

Test(slots, a_zone_that_comes_back_finds_its_number_if_nobody_took_it)
{
	struct fb_slots slots = { 0 };
	unsigned int was;

	fb_slots_begin(&slots);
	was = zone_of(&slots, "a");
	for (int i = 0; i < 5; i++) {
		fb_slots_begin(&slots);
		zone_of(&slots, "b");
	}
	fb_slots_begin(&slots);
	cr_assert_eq(zone_of(&slots, "a"), was);
	fb_slots_done(&slots);
}

#define POLICY                                                                                           \
	"zone a { interface eth1 network 10.1.0.0/16 }\nzone b { interface eth2 network 10.2.0.0/16 }\n" \
	"firebreak a -> b {\n  allow any -> any tcp/22\n  allow any -> any tcp/80\n}\n"

Test(slots, a_check_that_fails_changes_no_numbers)
{
	struct fb_slots slots = { 0 };
	struct policy p, q;
	unsigned int slot;

	policy_load_with(&p, POLICY, &slots);
	cr_assert_eq(slots.generation, 1);
	slot = p.rs.lines.v[1].slot;
	cr_assert_gt(slot, 0);
	policy_load_with(&q, "zone x { interface eth1 network 10.1.0.0/16 }\nfirebreak x -> nowhere { }\n",
			 &slots);
	cr_assert_gt(q.errors, 0);
	cr_assert_eq(slots.generation, 1);
	cr_assert_eq(slots.zones.n, 2);
	policy_done(&q);
	policy_load_with(&q,
			 "zone a { interface eth1 network 10.1.0.0/16 }\nzone b { interface eth2 network "
			 "10.2.0.0/16 }\n"
			 "firebreak a -> b { allow any -> any tcp/80 }\n",
			 &slots);
	cr_assert_eq(q.rs.lines.v[0].slot, slot, "the line kept its counters");
	policy_done(&p);
	policy_done(&q);
	fb_slots_done(&slots);
}

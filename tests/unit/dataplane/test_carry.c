// SPDX-License-Identifier: GPL-2.0-only
/* Flows from one table into another of the same layout: as they lie, and then what changed. */
#include <criterion/criterion.h>
#include <string.h>

#include "dataplane/handle.h"

enum { WAYS = 1024, NOW = 1000, TAG = 0x1234 };

static struct fb_flow from[WAYS], to[WAYS];
static __u8 from_tags[WAYS], to_tags[WAYS];
static struct fb_carry carry;

static void setup(void)
{
	carry = (struct fb_carry){
		.from = from, .from_tags = from_tags, .to = to, .to_tags = to_tags, .ways = WAYS, .tick = NOW
	};
}
static void done(void)
{
	free(carry.seen);
}
TestSuite(carry, .init = setup, .fini = done);

static __u64 word(__u64 owner, __u64 writes, __u32 meta)
{
	return (__u64)TAG << FB_WAY_TAG_SHIFT | owner << FB_WAY_OWNER_SHIFT | 2 * writes * FB_WAY_LOCK | meta;
}

static struct fb_flow *put(struct fb_flow *table, size_t at, __u16 port, __u64 way)
{
	(table == from ? from_tags : to_tags)[at] = TAG & 0xff;
	table[at] = (struct fb_flow){ .lo_a = 0x0a0a0005,
				      .lo_b = 0x0a140005,
				      .port_a = 443,
				      .port_b = port,
				      .proto = 6,
				      .family = 4,
				      .way = way,
				      .generation = 7,
				      .rule = 9,
				      .nexthop = { 5, 6 },
				      .stamp = { 7, 8 },
				      .tcp = { { .end = 100, .edge = 200, .win = 50 },
					       { .end = 300, .edge = 400, .win = 60 } } };
	return &table[at];
}

static unsigned int living(const struct fb_flow *table)
{
	unsigned int n = 0;

	for (size_t i = 0; i < WAYS; i++)
		n += fb_flow_is_live(FB_WAY_META(table[i].way), NOW);
	return n;
}

Test(carry, live_flows_lie_where_they_lay_and_are_judged_again)
{
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW - 10)));
	put(from, 70, 2, word(3, 1, FB_META(FB_FLOW_NEW, NOW - FB_TIMEOUT_NEW - 1)));
	put(from, 71, 3, word(3, 1, 0));
	fb_carry_flows(&carry);
	cr_assert_eq(living(to), 1u);
	cr_assert(to[11].way == from[11].way && to_tags[11] == (TAG & 0xff) && to[11].rule == 9);
	cr_assert(to[11].generation == 0, "no generation's verdict");
	cr_assert(!to[11].nexthop[0] && !to[11].nexthop[1] && !to[11].stamp[0] && !to[11].stamp[1]);
	cr_assert_eq(fb_carry_merge(&carry), 0u);
	cr_assert(living(to) == 1 && to[11].way == from[11].way, "nothing has changed");
}

Test(carry, an_entry_that_is_being_written_comes_later)
{
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW)) | FB_WAY_LOCK);
	fb_carry_flows(&carry);
	cr_assert_eq(living(to), 0u);
	from[11].way = word(3, 2, FB_META(FB_FLOW_ESTABLISHED, NOW));
	cr_assert_eq(fb_carry_merge(&carry), 0u);
	cr_assert_eq(living(to), 1u);
	cr_assert(!(to[11].way & FB_WAY_LOCK) && to[11].port_b == 1 && to[11].generation == 0);
}

Test(carry, of_both_the_later_numbers_and_the_state_further_on_hold)
{
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_REPLIED, NOW - 10)));
	fb_carry_flows(&carry);
	/* one direction was seen over there ... */
	from[11].tcp[0].end = 0x90;
	from[11].tcp[0].edge = 250;
	from[11].tcp[1].win = 70;
	from[11].way = word(3, 2, FB_META(FB_FLOW_ESTABLISHED, NOW - 5));
	/* ... and the other here, where the flow was judged */
	to[11].tcp[1].end = 350;
	to[11].generation = 8;
	to[11].way = word(3, 3, FB_META(FB_FLOW_REPLIED, NOW));
	cr_assert_eq(fb_carry_merge(&carry), 0u);
	cr_assert(to[11].tcp[0].end == 0x90 && to[11].tcp[0].edge == 250);
	cr_assert(to[11].tcp[1].end == 350 && to[11].tcp[1].win == 70 && to[11].tcp[1].edge == 400);
	cr_assert(to[11].generation == 8, "and what it was judged by");
	cr_assert(FB_WAY_META(to[11].way) == FB_META(FB_FLOW_ESTABLISHED, NOW));
	cr_assert(!(to[11].way & FB_WAY_LOCK) && FB_WAY_SEQ(to[11].way) != FB_WAY_SEQ(word(3, 3, 0)));
}

Test(carry, numbers_are_later_across_the_end_of_their_space)
{
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW)));
	from[11].tcp[0].end = 0xfffffff0;
	fb_carry_flows(&carry);
	from[11].tcp[0].end = 16;
	from[11].way = word(3, 2, FB_META(FB_FLOW_ESTABLISHED, NOW));
	fb_carry_merge(&carry);
	cr_assert_eq(to[11].tcp[0].end, 16u);
}

Test(carry, an_end_that_was_heard_over_there_only_comes_whole)
{
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_NEW, NOW)));
	memset(&from[11].tcp[1], 0, sizeof(from[11].tcp[1]));
	from[11].tcp[0].scale = 7;
	fb_carry_flows(&carry);
	from[11].tcp[1].end = 0x80000001;
	from[11].tcp[1].edge = 3;
	from[11].tcp[0].scale = 0; /* the answer does not scale */
	from[11].way = word(3, 2, FB_META(FB_FLOW_REPLIED, NOW));
	fb_carry_merge(&carry);
	cr_assert(to[11].tcp[1].end == 0x80000001 && to[11].tcp[1].edge == 3 && to[11].tcp[0].scale == 0);
	cr_assert(FB_META_STATE(FB_WAY_META(to[11].way)) == FB_FLOW_REPLIED);
}

Test(carry, what_began_over_there_finds_a_way_of_its_bucket)
{
	fb_carry_flows(&carry);
	put(to, 11, 5, word(1, 1, FB_META(FB_FLOW_ESTABLISHED, NOW))); /* somebody else is there by now */
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_NEW, NOW)));
	cr_assert_eq(fb_carry_merge(&carry), 0u);
	cr_assert(living(to) == 2 && to[11].port_b == 5);
	cr_assert(to[8].port_b == 1 && to_tags[8] == (TAG & 0xff) && FB_WAY_TAG(to[8].way) == TAG);
	cr_assert(to[8].generation == 0 && !to[8].stamp[0] && !(to[8].way & FB_WAY_LOCK));

	for (__u16 way = 9; way < 16; way++)
		put(to, way, way, word(1, 1, FB_META(FB_FLOW_ESTABLISHED, NOW)));
	put(from, 12, 2, word(3, 1, FB_META(FB_FLOW_NEW, NOW)));
	cr_assert_eq(fb_carry_merge(&carry), 1u);
}

Test(carry, what_was_made_here_as_well_is_not_there_twice)
{
	fb_carry_flows(&carry);
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_DGRAM, NOW - 3)));
	put(to, 500, 1, word(1, 1, FB_META(FB_FLOW_NEW, NOW))); /* its other bucket */
	cr_assert_eq(fb_carry_merge(&carry), 0u);
	cr_assert_eq(living(to), 1u);
	cr_assert(FB_WAY_META(to[500].way) == FB_META(FB_FLOW_DGRAM, NOW));
}

Test(carry, what_ended_over_there_ends_here_unless_it_lives_here)
{
	put(from, 11, 1, word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW - 10)));
	put(from, 12, 2, word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW - 10)));
	fb_carry_flows(&carry);
	from[11].way = word(3, 1, 0);
	from[12].way = word(3, 1, 0);
	to[12].way = word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW));
	cr_assert_eq(fb_carry_merge(&carry), 0u);
	cr_assert(!FB_WAY_META(to[11].way) && FB_WAY_META(to[12].way));
}

Test(carry, locks_of_the_dead_are_opened)
{
	put(to, 11, 1, word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW)) | FB_WAY_LOCK);
	put(to, 12, 2, FB_WAY_NEXT(word(3, 1, 0), TAG));
	fb_carry_unlock(&carry);
	cr_assert(!(to[11].way & FB_WAY_LOCK) && !(to[12].way & FB_WAY_LOCK));
	cr_assert_eq(living(to), 1u, "a claim is nobody's");
	/* and with nothing seen, as after a start in the middle, a merge is as good */
	put(from, 70, 3, word(3, 1, FB_META(FB_FLOW_ESTABLISHED, NOW)));
	cr_assert_eq(fb_carry_merge(&carry), 0u);
	cr_assert(living(to) == 2 && to[70].port_b == 3);
}

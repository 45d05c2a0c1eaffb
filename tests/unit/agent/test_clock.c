// SPDX-License-Identifier: GPL-2.0-only
/* What deadlines are measured by. */
#include <criterion/criterion.h>

#include "agent/agent.h"
#include "base/clock.h"

Test(clock, one_that_is_known_goes_before_the_last_known_time)
{
	struct fb_agent agent = { .clock_synchronised = true, .clock_floor = fb_clock_now() + 7200 };

	cr_assert_lt(fb_agent_now(&agent), agent.clock_floor - 3600);
	agent.clock_synchronised = false;
	cr_assert_eq(fb_agent_now(&agent), agent.clock_floor, "one that is not may be of 1970");
	agent.clock_floor = 100;
	cr_assert_gt(fb_agent_now(&agent), 100, "or later than what is known");
}

Test(clock, is_early_if_it_is_known_and_the_policy_was_applied_later)
{
	struct fb_generation generation = { .bundle.applied = fb_clock_now() + 3600 };
	struct fb_agent agent = { .clock_synchronised = true };

	cr_assert_not(fb_agent_clock_early(&agent), "there is no policy");
	agent.generation = &generation;
	cr_assert(fb_agent_clock_early(&agent));
	agent.clock_synchronised = false;
	cr_assert_not(fb_agent_clock_early(&agent), "nobody knows");
	agent.clock_synchronised = true;
	generation.bundle.applied -= 7200;
	cr_assert_not(fb_agent_clock_early(&agent));
}

// SPDX-License-Identifier: GPL-2.0-only
/* Policies on trial: what a start makes of what it finds. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "agent/confirm.h"
#include "agent/store.h"
#include "base/cleanup.h"

#define BOOT  "6c1f9f3a-0e4f-4d5e-9d0a-1b2c3d4e5f60"
#define OTHER "6c1f9f3a-0e4f-4d5e-9d0a-1b2c3d4e5f61"

static char folder[] = "/tmp/fb-confirm-XXXXXX";
static const struct fb_trial trial = { 8, 7, { BOOT, 100 } };

static void make(void)
{
	cr_assert(mkdtemp(folder));
}

static void clear(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

Test(confirm, a_trial_is_read_back_as_it_was_written, .init = make, .fini = clear)
{
	struct fb_trial t = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_trial_read(folder, &t, &err), 0, "none yet");
	cr_assert_eq(fb_trial_write(folder, &trial, &err), 0, "%s", err.text);
	cr_assert_eq(fb_trial_read(folder, &t, &err), 1, "%s", err.text);
	cr_assert_eq(t.generation, 8);
	cr_assert_eq(t.previous, 7);
	cr_assert_eq(t.deadline.ns, 100);
	cr_assert_str_eq(t.deadline.boot_id, BOOT);
	cr_assert_eq(fb_trial_remove(folder, &err), 0);
	cr_assert_eq(fb_trial_remove(folder, &err), 0, "twice is no failure");
	cr_assert_eq(fb_trial_read(folder, &t, &err), 0);
}

Test(confirm, a_damaged_trial_is_refused, .init = make, .fini = clear)
{
	static const char *const cases[] = { "",
					     "\n",
					     "8",
					     "8 7 100\n",
					     "8 7 x " BOOT "\n",
					     "0 0 100 " BOOT "\n",
					     "7 8 100 " BOOT "\n",
					     "8 7 100 " BOOT,
					     "8 7 100 " BOOT "\nx" };

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_trial t = { 0 };
		struct fb_error err = { 0 };

		cr_assert_eq(fb_store_write_file(folder, "confirm", cases[i], strlen(cases[i]), &err), 0);
		cr_assert_eq(fb_trial_read(folder, &t, &err), -EBADMSG, "case %zu", i);
		cr_assert_eq(t.generation, 0);
	}
}

Test(confirm, a_start_goes_on_ends_or_forgets_a_trial)
{
	static const struct {
		const char *what;
		__u32 current, enforced;
		struct fb_moment now;
		enum fb_trial_state wanted;
	} cases[] = {
		{ "killed inside of the window", 7, 8, { BOOT, 99 }, FB_TRIAL_RUNNING },
		{ "a rebuild for the host's sake inside of the window",
		  7,
		  9,
		  { BOOT, 99 },
		  FB_TRIAL_RUNNING },
		{ "killed, and started when the time was over", 7, 8, { BOOT, 100 }, FB_TRIAL_OVER },
		{ "rebooted inside of the window", 7, 0, { OTHER, 5 }, FB_TRIAL_OVER },
		{ "rebooted, long up since", 7, 0, { OTHER, 1000 }, FB_TRIAL_OVER },
		{ "killed before the switch", 7, 7, { BOOT, 50 }, FB_TRIAL_VOID },
		{ "killed before the switch, long ago", 7, 7, { BOOT, 1000 }, FB_TRIAL_VOID },
		{ "killed between `current` and the end of the trial", 8, 8, { BOOT, 50 }, FB_TRIAL_VOID },
		{ "confirmed, then rebooted", 8, 0, { OTHER, 1 }, FB_TRIAL_VOID },
		{ "ended by another apply", 9, 9, { BOOT, 50 }, FB_TRIAL_VOID },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++)
		cr_assert_eq(fb_trial_judge(&trial, cases[i].current, cases[i].enforced, &cases[i].now),
			     cases[i].wanted, "%s", cases[i].what);
}

Test(confirm, the_very_first_policy_can_be_on_trial)
{
	static const struct fb_trial first = { 1, 0, { BOOT, 100 } };
	static const struct fb_moment inside = { BOOT, 1 }, after = { BOOT, 101 }, reboot = { OTHER, 1 };

	cr_assert_eq(fb_trial_judge(&first, 0, 1, &inside), FB_TRIAL_RUNNING);
	cr_assert_eq(fb_trial_judge(&first, 0, 1, &after), FB_TRIAL_OVER);
	cr_assert_eq(fb_trial_judge(&first, 0, 0, &reboot), FB_TRIAL_OVER);
	cr_assert_eq(fb_trial_judge(&first, 0, 0, &inside), FB_TRIAL_VOID);
}

Test(confirm, says_how_many_seconds_are_left)
{
	static const struct fb_trial t = { 8, 7, { BOOT, 10000000000ull } };
	static const struct {
		struct fb_moment now;
		unsigned int wanted;
	} cases[] = { { { BOOT, 0 }, 10 },
		      { { BOOT, 1 }, 10 },
		      { { BOOT, 9000000000ull }, 1 },
		      { { BOOT, 9999999999ull }, 1 },
		      { { BOOT, 10000000000ull }, 0 },
		      { { OTHER, 0 }, 0 } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++)
		cr_assert_eq(fb_trial_left(&t, &cases[i].now), cases[i].wanted, "case %zu", i);
}

Test(confirm, knows_where_in_this_boot_we_are)
{
	struct fb_moment a, b;
	struct fb_error err = { 0 };

	cr_assert_eq(fb_moment_now(&a, &err), 0, "%s", err.text);
	cr_assert_eq(fb_moment_now(&b, &err), 0, "%s", err.text);
	cr_assert_str_eq(a.boot_id, b.boot_id);
	cr_assert_leq(a.ns, b.ns);
	cr_assert_gt(a.ns, 0);
}

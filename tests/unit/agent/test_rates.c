// SPDX-License-Identifier: GPL-2.0-only
/* Drops a minute, out of counters that only grow. */
#include <criterion/criterion.h>

#include "agent/rates.h"

static __u64 now[FB_REASON_COUNT], rate[FB_REASON_COUNT];

Test(rates, are_of_the_last_minute_and_not_since_the_start)
{
	struct fb_rates rates = { 0 };

	/* 600 a minute for ten minutes, then 60 a minute for two */
	for (__s64 t = 0; t < 720; t += FB_RATES_STEP) {
		now[FB_DROP_NO_ALLOW] += t < 600 ? 100 : 10;
		fb_rates_note(&rates, t, now);
	}
	now[FB_DROP_NO_ALLOW] += 5;
	cr_assert_eq(fb_rates_get(&rates, 715, now, rate), 65);
	cr_assert_eq(rate[FB_DROP_NO_ALLOW], 60, "%llu", (unsigned long long)rate[FB_DROP_NO_ALLOW]);
	cr_assert_eq(rate[FB_DROP_SPOOF], 0);
}

Test(rates, say_nothing_before_anything_is_known)
{
	struct fb_rates rates = { 0 };

	now[FB_DROP_SPOOF] = 7;
	cr_assert_eq(fb_rates_get(&rates, 100, now, rate), 0);
	cr_assert_eq(rate[FB_DROP_SPOOF], 0);
	fb_rates_note(&rates, 100, now);
	cr_assert_eq(fb_rates_get(&rates, 100, now, rate), 0);
	now[FB_DROP_SPOOF] = 9;
	cr_assert_eq(fb_rates_get(&rates, 105, now, rate), 5);
	cr_assert_eq(rate[FB_DROP_SPOOF], 24);
}

Test(rates, of_counters_that_were_set_back_or_after_a_sleep_are_none)
{
	struct fb_rates rates = { 0 };

	now[FB_DROP_SPOOF] = 1000;
	fb_rates_note(&rates, 100, now);
	now[FB_DROP_SPOOF] = 3;
	cr_assert_eq(fb_rates_get(&rates, 110, now, rate), 10);
	cr_assert_eq(rate[FB_DROP_SPOOF], 0);
	cr_assert_eq(fb_rates_get(&rates, 9999, now, rate), 0);
}

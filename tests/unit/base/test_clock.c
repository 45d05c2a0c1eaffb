// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/clock.h"

static __s64 london(int year, int month, int day, int hour, int minute)
{
	return fb_clock_from_local("Europe/London",
				   &(struct fb_local_time){ year, month, day, hour, minute });
}

Test(clock, winter_is_utc_in_london_and_summer_an_hour_ahead)
{
	cr_assert_eq(london(2026, 1, 1, 0, 0), 1767225600);
	cr_assert_eq(london(2026, 7, 1, 1, 0), 1782864000);
}

Test(clock, s50_a_skipped_time_is_the_next_instant_that_exists)
{
	/* 2026-03-29 01:00 GMT becomes 02:00 BST */
	cr_assert_eq(london(2026, 3, 29, 1, 30), 1774746000);
	cr_assert_eq(london(2026, 3, 29, 2, 0), 1774746000);
	cr_assert_eq(london(2026, 3, 29, 0, 59), 1774746000 - 60);
}

Test(clock, s50_of_a_repeated_time_the_first_counts)
{
	/* 2026-10-25 02:00 BST becomes 01:00 GMT; 01:30 BST is 00:30 UTC */
	cr_assert_eq(london(2026, 10, 25, 1, 30), 1792888200);
}

Test(clock, days_run_over_into_the_next_month)
{
	cr_assert_eq(london(2026, 12, 32, 0, 0), london(2027, 1, 1, 0, 0));
}

Test(clock, unknown_zones_and_names_that_are_paths_are_refused)
{
	const char *bad[] = { "Europe/Londn", "",	 "/etc/passwd", "../../etc/localtime",
			      "Europe",	      "Europe/", "a:b" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_not(fb_clock_zone_known(bad[i]), "%s", bad[i]);
		cr_assert_eq(fb_clock_from_local(bad[i], &(struct fb_local_time){ 2026, 1, 1, 0, 0 }), -1,
			     "%s", bad[i]);
	}
}

Test(clock, the_process_keeps_its_own_time_zone)
{
	setenv("TZ", "Asia/Tokyo", 1);
	london(2026, 7, 1, 0, 0);
	cr_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
}

Test(clock, prints_utc_and_local_time)
{
	char buf[FB_CLOCK_STRLEN];

	cr_assert_str_eq(fb_clock_print_utc(1782864000, buf), "2026-07-01T00:00:00Z");
	cr_assert_str_eq(fb_clock_print_local("Europe/London", 1782864000, buf), "2026-07-01 01:00:00 BST");
	cr_assert_str_eq(fb_clock_print_local("Nowhere", 0, buf), "1970-01-01T00:00:00Z");
}

Test(clock, spans_are_exact_and_as_one_types_them)
{
	static const struct {
		__s64 seconds;
		const char *text;
	} cases[] = { { 0, "0s" },     { 90, "90s" },	 { 120, "2min" },  { 5400, "90min" },
		      { 14400, "4h" }, { 86400, "24h" }, { 172800, "2d" }, { 176400, "49h" } };
	char buf[FB_CLOCK_STRLEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_str_eq(fb_clock_print_span(cases[i].seconds, buf), cases[i].text);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>

#include "cli/zonetime.h"

enum { NOW = 1795384800 }; /* 2026-11-22 22:00 UTC */

Test(cli_zonetime, reads_what_people_type)
{
	static const struct {
		const char *text, *zone;
		__s64 is;
	} cases[] = {
		{ "@0", "UTC", 0 },
		{ "@1795384800", "UTC", NOW },
		{ "2026-11-22 22:00", "UTC", NOW },
		{ "2026-11-22T22:00", "UTC", NOW },
		{ "2026-11-22 23:00", "Europe/Berlin", NOW },
		{ "22:00", "UTC", NOW },
		{ "23:00", "Europe/Berlin", NOW },
		{ "2026-11-22", "UTC", NOW - 22 * 3600 },
		{ "2026-07-01 12:00", "Europe/London", 1782903600 },
		{ "2026-11-21 24:00", "UTC", NOW - 22 * 3600 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		__s64 t = -7;

		cr_assert_eq(fb_zonetime_parse(cases[i].text, cases[i].zone, NOW, &t), 0, "%s",
			     cases[i].text);
		cr_assert_eq(t, cases[i].is, "%s: %lld", cases[i].text, (long long)t);
	}
}

Test(cli_zonetime, refuses_what_is_no_time)
{
	static const char *const cases[] = { "",
					     "now",
					     "@",
					     "@-1",
					     "@1x",
					     "2026-13-01",
					     "2026-04-31",
					     "2026-02-29 10:00",
					     "2026-11-22 25:00",
					     "25:00",
					     "2026-11-22x",
					     "2026-11-22 10:30:00",
					     "2026-11-22,10:30",
					     "10:61",
					     "26-11-22" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		__s64 t;

		cr_assert_eq(fb_zonetime_parse(cases[i], "UTC", NOW, &t), -EINVAL, "%s", cases[i]);
	}
}

Test(cli_zonetime, an_unknown_zone_is_said)
{
	__s64 t;

	cr_assert_eq(fb_zonetime_parse("2026-11-22 10:30", "Europe/Nowhere", NOW, &t), -ENOENT);
}

Test(cli_zonetime, a_day_follows_the_zone)
{
	struct fb_date d = fb_zonetime_day(NOW, "UTC", 14);

	cr_assert(d.year == 2026 && d.month == 12 && d.day == 6);
	d = fb_zonetime_day(NOW, "Asia/Tokyo", 0);
	cr_assert(d.year == 2026 && d.month == 11 && d.day == 23);
}

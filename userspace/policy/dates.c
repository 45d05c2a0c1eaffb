// SPDX-License-Identifier: GPL-2.0-only
/* The one place of this folder that knows of the system: nothing in it calls this but through fb_check_options. */
#include "base/clock.h"
#include "policy/ruleset.h"

__s64 fb_clock_local_to_unix(const char *timezone, const struct fb_date *date, int add_days)
{
	struct fb_local_time local = { date->year, date->month, date->day + add_days, 0, 0 };

	if (date->hour >= 0) {
		local.hour = date->hour;
		local.minute = date->minute;
	}
	return fb_clock_from_local(timezone, &local);
}

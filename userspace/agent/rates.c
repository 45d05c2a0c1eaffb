// SPDX-License-Identifier: GPL-2.0-only
#include "agent/rates.h"

#include <string.h>

void fb_rates_note(struct fb_rates *rates, __s64 at, const __u64 packets[FB_REASON_COUNT])
{
	rates->v[rates->next].at = at;
	memcpy(rates->v[rates->next].packets, packets, sizeof(rates->v[0].packets));
	rates->next = (rates->next + 1) % FB_RATES_KEPT;
	rates->n += rates->n < FB_RATES_KEPT;
}

__s64 fb_rates_get(const struct fb_rates *rates, __s64 at, const __u64 packets[FB_REASON_COUNT],
		   __u64 ret_a_minute[FB_REASON_COUNT])
{
	const __u64 *before = NULL;
	__s64 span = 0;

	memset(ret_a_minute, 0, sizeof(*ret_a_minute) * FB_REASON_COUNT);
	for (unsigned int i = 0; i < rates->n; i++) {
		__s64 age = at - rates->v[i].at;

		if (age > span && age <= FB_RATES_KEPT * FB_RATES_STEP) {
			span = age;
			before = rates->v[i].packets;
		}
	}
	for (unsigned int reason = 0; before && reason < FB_REASON_COUNT; reason++)
		if (packets[reason] > before[reason])
			ret_a_minute[reason] = (packets[reason] - before[reason]) * 60 / (__u64)span;
	return span;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <string.h>

#include "cli/check_parts.h"
#include "export/budget.h"

/* Two zones on one trunk, one pair, and so many lines; the first ends some day. */
static unsigned int series_with(unsigned int lines)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_policy policy = { 0 };
	unsigned int n;

	fb_strbuf_add(&text, "policy \"p\" language 1 timezone \"UTC\"\n"
			     "zone a { interface e1 vlan 1  network 10.1.0.0/16 }\n"
			     "zone b { interface e1 vlan 2  network 10.2.0.0/16 }\n"
			     "isolate cut \"why\" { cut a from any }\nfirebreak a -> b {\n");
	for (unsigned int i = 0; i < lines; i++)
		fb_strbuf_addf(&text, " allow any -> any  tcp/%u%s\n", i + 1, i ? "" : "  until 2036-01-01");
	fb_strbuf_add(&text, "}\n");
	fb_policy_load_text(&policy, "p.fb", text.s, text.len);
	cr_assert_eq(policy.errors, 0, "%s", text.s);
	n = fb_series_of(&policy);
	fb_policy_done(&policy);
	return n;
}

Test(check_series, a_policy_is_counted_as_the_agent_renders_it)
{
	cr_assert_eq(series_with(1), FB_METRICS_SERIES_FIXED + FB_METRICS_SERIES_PER_PAIR +
					     FB_METRICS_SERIES_PER_RULE + 1 + FB_METRICS_SERIES_PER_DEVICE +
					     2 * FB_METRICS_SERIES_PER_ZONE + FB_METRICS_SERIES_PER_PLAN);
	cr_assert_eq(series_with(2000), series_with(1) + 1999 * FB_METRICS_SERIES_PER_RULE);
	cr_assert_gt(series_with(2000), FB_METRICS_SERIES_MAX);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>

#include "cli/check_parts.h"

static void lines(unsigned int n, struct fb_strbuf *out)
{
	fb_strbuf_add(out, "policy \"p\" language 1\nzone a { interface e0  network 10.0.0.0/8 }\n"
			   "zone b { interface e1  network 11.0.0.0/8 }\nfirebreak a -> b {\n");
	for (unsigned int i = 0; i < n; i++)
		fb_strbuf_addf(out, " allow 10.%u.%u.%u -> 11.%u.%u.%u tcp/%u\n", i >> 16, i >> 8 & 255,
			       i & 255, i >> 16, i >> 8 & 255, i & 255, 1 + i % 1000);
	fb_strbuf_add(out, "}\n");
}

static size_t image_size(unsigned int n)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_policy policy = { 0 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };
	size_t size = 0;

	lines(n, &text);
	fb_policy_load_text(&policy, "p.fb", fb_strbuf_get(&text), text.len);
	cr_assert_eq(policy.errors, 0);
	cr_assert_eq(fb_image_try(&policy.ruleset, &stats, &size, &err), 0, "%s", err.text);
	cr_assert_eq(err.code, 0);
	fb_policy_done(&policy);
	return size;
}

Test(check_image, a_policy_that_only_the_large_image_holds_is_known)
{
	cr_assert_eq(image_size(100), FB_IMAGE_BYTES_SMALL);
	cr_assert_eq(image_size(45000), FB_IMAGE_BYTES_LARGE);
}

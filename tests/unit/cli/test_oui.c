// SPDX-License-Identifier: GPL-2.0-only
/* Makers by the first bytes of a MAC address. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/oui.h"

Test(oui, names_the_maker_and_no_other)
{
	static const char list[] = "OUI/MA-L\t\tOrganization\n\n"
				   "28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd.\r\n"
				   "286FB9     (base 16)\t\tNokia Shanghai Bell Co., Ltd.\r\n"
				   "3C-EF-8C   (hex)\t\tZhejiang Dahua Technology Co., Ltd.\r\n";
	char path[] = "/tmp/fb-oui-XXXXXX";
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && write(fd, list, sizeof(list) - 1) == (ssize_t)sizeof(list) - 1);
	setenv("FIREBREAK_OUI", path, 1);
	struct fb_oui *oui = fb_oui_open();

	cr_assert_str_eq(fb_oui_vendor(oui, "3c:ef:8c:00:04:12"), "Zhejiang Dahua Technology Co., Ltd.");
	cr_assert_str_eq(fb_oui_vendor(oui, "28:6f:b9:ff:ff:ff"), "Nokia Shanghai Bell Co., Ltd.");
	cr_assert_str_eq(fb_oui_vendor(oui, "28:6f:b8:00:00:00"), "");
	cr_assert_str_eq(fb_oui_vendor(oui, "02:00:00:00:00:01"), "(local, no maker)");
	cr_assert_str_eq(fb_oui_vendor(oui, "no mac"), "");
	fb_oui_close(oui);
	unlink(path);
	close(fd);
}

Test(oui, without_a_list_everybody_is_unknown)
{
	setenv("FIREBREAK_OUI", "/nonexistent", 1);
	struct fb_oui *oui = fb_oui_open();

	cr_assert_str_eq(fb_oui_vendor(oui, "3c:ef:8c:00:04:12"), "");
	fb_oui_close(oui);
}

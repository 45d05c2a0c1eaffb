// SPDX-License-Identifier: GPL-2.0-only
/* The text of an inventory file: only the one device changes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/device_edit.h"

static const char head[] = "policy \"t\" language 1\n"
			   "zone cctv { interface a  network 10.20.0.0/16 }\n"
			   "# } a brace in a comment\n";
static struct fb_tree tree;
static struct fb_diags diags;
static struct fb_ruleset rs;
static char text[1024];

static const struct fb_device *read_device(const char *devices, const char *name)
{
	snprintf(text, sizeof(text), "%s%s", head, devices);
	cr_assert_eq(fb_parse(&tree, "t.fb", text, strlen(text), NULL, &diags), 0);
	cr_assert_eq(fb_check(&tree, &(struct fb_check_options){ .now = 0 }, &diags, &rs), 0);
	for (size_t i = 0; i < rs.devices.n; i++)
		if (!strcmp(rs.devices.v[i].name, name))
			return &rs.devices.v[i];
	cr_assert_fail("no device %s", name);
	return NULL;
}

static void done(void)
{
	fb_ruleset_done(&rs);
	fb_tree_done(&tree);
	fb_diags_done(&diags);
}

static void replaced(const char *devices, const char *old, const char *expected)
{
	const struct fb_device *d = read_device(devices, "cam");
	fb_autostrbuf struct fb_strbuf out = { 0 }, was = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_device_text_replace(text, d, "00:00:00:00:00:99", &out, &was, &err), 0, "%s",
		     err.text);
	cr_assert_str_eq(fb_strbuf_get(&out) + strlen(head), expected);
	cr_assert_str_eq(fb_strbuf_get(&was), old);
	done();
}

Test(device_edit, replace_changes_the_mac_and_nothing_else)
{
	replaced("device cam in cctv { ip 10.20.0.1 mac 3c:ef:8c:00:04:12 } # mine\n", "3c:ef:8c:00:04:12",
		 "device cam in cctv { ip 10.20.0.1 mac 00:00:00:00:00:99 } # mine\n");
	replaced("device cam in cctv {\n  mac 3c:ef:8c:00:04:12, 3c:ef:8c:00:04:13\n  ip 10.20.0.1\n}\n",
		 "3c:ef:8c:00:04:12, 3c:ef:8c:00:04:13",
		 "device cam in cctv {\n  mac 00:00:00:00:00:99\n  ip 10.20.0.1\n}\n");
	replaced("device cam in cctv { ip 10.20.0.1 }\n", "none",
		 "device cam in cctv { mac 00:00:00:00:00:99  ip 10.20.0.1 }\n");
}

Test(device_edit, remove_takes_the_one_device_with_its_line)
{
	const struct fb_device *d = read_device("device a in cctv { ip 10.20.0.1 }\n"
						"device cam in cctv { ip 10.20.0.2  # }\n"
						"  reason \"a } in it\" }\n"
						"device b in cctv { ip 10.20.0.3 }\n",
						"cam");
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_device_text_remove(text, d, &out, &err), 0, "%s", err.text);
	cr_assert_str_eq(fb_strbuf_get(&out) + strlen(head),
			 "device a in cctv { ip 10.20.0.1 }\ndevice b in cctv { ip 10.20.0.3 }\n");
	done();
}

Test(device_edit, add_appends_a_line_that_the_language_takes)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	char before[512];

	snprintf(before, sizeof(before), "%sdevice a in cctv { ip 10.20.0.1 }", head);
	fb_device_text_add(before, "cam", "cctv", "00:00:00:00:00:99", "10.20.0.9", "spare from \"stock\"\n}",
			   &out);
	const struct fb_device *d = read_device(fb_strbuf_get(&out) + strlen(head), "cam");

	cr_assert_str_eq(d->stmt->device.macs.v[0].s, "00:00:00:00:00:99");
	cr_assert_str_eq(d->stmt->device.doc.reason.s, "spare from 'stock' }");
	done();
}

Test(device_edit, a_text_that_is_not_the_trees_is_refused)
{
	const struct fb_device *d = read_device("device cam in cctv { ip 10.20.0.1 }\n", "cam");
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_device_text_remove("policy \"t\" language 1\n", d, &out, &err), -EINVAL);
	cr_assert_eq(fb_device_text_remove("\n\n\nzone b { interface x }\n", d, &out, &err), -EINVAL);
	done();
}

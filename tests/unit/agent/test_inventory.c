// SPDX-License-Identifier: GPL-2.0-only
/* The inventory: who a device is by the policy, what is kept, what a flood of made-up addresses cannot push out. */
#include <criterion/criterion.h>
#include <string.h>

#include "agent/inventory.h"
#include "base/cleanup.h"

static struct fb_tree tree;
static struct fb_diags diags;
static struct fb_ruleset rs;
static const __u8 camera[6] = { 0x3c, 0xef, 0x8c, 0, 4, 0x12 },
		  stranger[6] = { 0x3c, 0xef, 0x8c, 0, 4, 0x99 };

static void open_policy(void)
{
	static const char text[] = "policy \"t\" language 1\n"
				   "zone cctv { interface a  network 10.20.0.0/16 }\n"
				   "zone video { interface b  network 10.30.0.0/24 }\n"
				   "device cam in cctv { ip 10.20.4.12  mac 3c:ef:8c:00:04:12 }\n"
				   "device free in cctv { ip 10.20.4.13 }\n";

	cr_assert_eq(fb_parse(&tree, "t.fb", text, strlen(text), NULL, &diags), 0);
	cr_assert_eq(fb_check(&tree, &(struct fb_check_options){ .now = 0 }, &diags, &rs), 0);
}

static void close_policy(void)
{
	fb_ruleset_done(&rs);
	fb_tree_done(&tree);
	fb_diags_done(&diags);
}

static struct fb_identity who(const char *zone, __u32 ip, const __u8 mac[6])
{
	return fb_inventory_identify(&rs, fb_ruleset_zone(&rs, zone)->id, 4, (struct fb_ip){ 0, ip }, mac);
}

Test(inventory, tells_the_three_violations_apart, .init = open_policy, .fini = close_policy)
{
	cr_assert_eq(who("cctv", 0x0a14040c, camera).verdict, FB_BINDING_OK);
	cr_assert_str_eq(who("cctv", 0x0a14040c, camera).device->name, "cam");
	cr_assert_eq(who("cctv", 0x0a14040c, stranger).verdict, FB_BINDING_FOREIGN_MAC);
	cr_assert_eq(who("cctv", 0x0a140450, camera).verdict, FB_BINDING_FOREIGN_IP);
	cr_assert_eq(who("cctv", 0x0a140450, stranger).verdict, FB_BINDING_UNKNOWN);
	cr_assert_eq(who("cctv", 0, camera).verdict, FB_BINDING_OK, "a DHCP client speaks by its MAC");
	cr_assert_eq(who("cctv", 0x0a14040d, stranger).verdict, FB_BINDING_OK, "declared without a MAC");
	cr_assert_eq(who("video", 0x0a14040c, camera).verdict, FB_BINDING_UNKNOWN, "of another zone");
}

struct found {
	size_t n;
	struct fb_seen_device declared;
};

static void see(const struct fb_seen_device *s, void *user)
{
	struct found *f = user;

	f->n++;
	if (!memcmp(s->mac, camera, 6))
		f->declared = *s;
}

static struct found all(const struct fb_inventory *inventory)
{
	struct found f = { 0 };

	fb_inventory_each(inventory, see, &f);
	return f;
}

static void note(struct fb_inventory *inventory, __u32 ip, const __u8 mac[6], __s64 first, __s64 last)
{
	struct fb_seen_device s = { .ip = { 0, ip },
				    .zone = (__u8)fb_ruleset_zone(&rs, "cctv")->id,
				    .family = 4,
				    .first = first,
				    .last = last };

	memcpy(s.mac, mac, 6);
	fb_inventory_note(inventory, &s, &rs);
}

Test(inventory, first_and_last_are_over_all_that_was_noted, .init = open_policy, .fini = close_policy)
{
	struct fb_inventory *inventory = fb_inventory_new();

	note(inventory, 0x0a14040c, camera, 100, 200);
	note(inventory, 0x0a14040c, camera, 150, 300); /* the data plane had forgotten it in between */
	cr_assert_eq(all(inventory).n, 1);
	cr_assert_eq(all(inventory).declared.first, 100);
	cr_assert_eq(all(inventory).declared.last, 300);
	fb_inventory_free(inventory);
}

/* The data plane counts in ticks: what becomes of one in seconds differs by one from look to look, and is not another time. */
Test(inventory, rounding_moves_no_first_time, .init = open_policy, .fini = close_policy)
{
	struct fb_inventory *inventory = fb_inventory_new();

	note(inventory, 0x0a14040c, camera, 100, 200);
	note(inventory, 0x0a14040c, camera, 99, 200);
	cr_assert_eq(all(inventory).declared.first, 100);
	note(inventory, 0x0a14040c, camera, 50, 200);
	cr_assert_eq(all(inventory).declared.first, 50);
	fb_inventory_free(inventory);
}

Test(inventory, made_up_addresses_push_out_no_declared_device, .init = open_policy, .fini = close_policy)
{
	struct fb_inventory *inventory = fb_inventory_new();

	note(inventory, 0x0a14040c, camera, 1, 1);
	for (__u32 i = 0; i < 200000; i++)
		note(inventory, 0x0a150000 + i, stranger, 2, 2);
	cr_assert_eq(all(inventory).declared.first, 1);
	cr_assert(all(inventory).n <= 16384, "%zu records", all(inventory).n);
	fb_inventory_free(inventory);
}

Test(inventory, outlives_a_restart, .init = open_policy, .fini = close_policy)
{
	char folder[] = "/tmp/fb-inventory-XXXXXX", command[64];
	struct fb_inventory *inventory = fb_inventory_new(), *again = fb_inventory_new();
	struct fb_error err = { 0 };

	cr_assert(mkdtemp(folder));
	note(inventory, 0x0a14040c, camera, 100, 200);
	note(inventory, 0x0a14040d, stranger, 100, 200);
	cr_assert_eq(fb_inventory_save(inventory, &rs, folder, &err), 0, "%s", err.text);
	cr_assert_eq(fb_inventory_load(again, &rs, folder, &err), 0, "%s", err.text);
	cr_assert_eq(all(again).n, 2);
	cr_assert_eq(all(again).declared.first, 100);
	cr_assert_eq(all(again).declared.ip.lo, 0x0a14040c);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
	fb_inventory_free(inventory);
	fb_inventory_free(again);
}

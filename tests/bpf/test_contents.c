// SPDX-License-Identifier: GPL-2.0-only
/* What the pinned maps hold: images, counters, the gateway's addresses, switches. */
#include "attach.h"

Test(attach, images_alternate_and_a_half_filled_one_is_cleared)
{
	struct fb_dataplane *dp = open_dp(false);
	size_t size;

	cr_assert(fb_dataplane_generation(dp) == 0);
	cr_assert(fb_dataplane_image(dp) == NULL);
	for (__u32 g = 1; g <= 3; g++) {
		fill(dp, g);
		cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
		cr_assert(fb_dataplane_generation(dp) == g);
	}
	fill(dp, 3);
	cr_assert(fb_dataplane_switch_image(dp, &err) == -EINVAL, "the generation only grows");

	__u32 *half = fb_dataplane_spare_image(dp, &size);

	half[size / 4 - 1] = 7;
	fb_dataplane_close(dp);
	dp = open_dp(true);
	cr_assert(fb_dataplane_generation(dp) == 3);
	fill(dp, 4);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_generation(dp) == 4);
	fb_dataplane_close(dp);
}

Test(attach, an_image_can_be_taken_out_of_force)
{
	struct fb_dataplane *dp = open_dp(false);

	cr_assert(fb_dataplane_drop_image(dp, &err) == 0, "%s", err.text);
	fill(dp, 1);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_drop_image(dp, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_generation(dp) == 0);
	cr_assert(fb_dataplane_image(dp) == NULL);
	fb_dataplane_close(dp);
	dp = open_dp(true);
	cr_assert(fb_dataplane_generation(dp) == 0, "adopted as it is");
	for (__u32 g = 2; g <= 4; g++) {
		fill(dp, g);
		cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	}
	fb_dataplane_close(dp);
}

/* One broadcast frame out of gb, which arrives on ga. */
static void send_frame(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex("gb"),
				  .sll_halen = 6 };
	unsigned char frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06 };
	fb_autoclose int fd = socket(AF_PACKET, SOCK_RAW, 0);

	cr_assert(sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(frame));
}

static __u64 dropped(struct fb_dataplane *dp)
{
	struct fb_pair_counter c;

	fb_dataplane_pair_counter(dp, FB_ZONE_NONE, FB_ZONE_NONE, FB_DROP_UNDECIDED, &c);
	return c.packets;
}

Test(attach, without_a_policy_everything_is_dropped_and_counted)
{
	struct fb_dataplane *dp = open_dp(false);
	struct fb_flow_totals totals;
	struct fb_rule_counter rule;

	attach(dp, "ga");
	for (int i = 0; i < 5; i++)
		send_frame();
	for (int i = 0; i < 500 && dropped(dp) < 5; i++)
		usleep(1000);
	cr_assert(dropped(dp) >= 5);
	fb_dataplane_clear_zone_counters(dp, FB_ZONE_NONE);
	cr_assert(dropped(dp) < 5);
	fb_dataplane_flow_totals(dp, &totals);
	cr_assert(totals.capacity == 8192 && totals.by_state[FB_FLOW_NEW] == 0);
	fb_dataplane_rule_counter(dp, 1, &rule);
	cr_assert(rule.packets == 0);
	cr_assert(fb_dataplane_redirect_errors(dp) == 0);
	fb_dataplane_close(dp);
}

Test(attach, explain_moves_nothing_and_needs_an_interface)
{
	struct fb_dataplane *dp = open_dp(false);
	unsigned char frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06 };
	struct fb_explain answer;

	cr_assert(fb_dataplane_explain(dp, 0, frame, sizeof(frame), &answer, &err) == -ENODEV);
	cr_assert(fb_dataplane_explain(dp, 4000, frame, sizeof(frame), &answer, &err) == -ENODEV);
	cr_assert(fb_dataplane_explain(dp, if_nametoindex("ga"), frame, sizeof(frame), &answer, &err) == 0,
		  "%s", err.text);
	cr_assert(answer.reason == FB_DROP_UNDECIDED);
	cr_assert(dropped(dp) == 0);
	fb_dataplane_close(dp);
}

static size_t self_count(void)
{
	fb_autofree char *path = NULL;
	struct fb_self_key key;
	size_t n = 0;

	cr_assert(asprintf(&path, "%s/bpf/v%u/maps/fb_self", run_dir, FB_ABI_VERSION) > 0);
	fb_autoclose int fd = bpf_obj_get(path);

	for (const void *last = NULL; bpf_map_get_next_key(fd, last, &key) == 0; last = &key)
		n++;
	return n;
}

Test(attach, the_gateways_addresses_are_replaced_whole)
{
	static struct fb_self_entry entries[4097];
	struct fb_dataplane *dp = open_dp(false);

	for (unsigned int i = 0; i < FB_ARRAY_SIZE(entries); i++)
		entries[i] = (struct fb_self_entry){ .key = { .lo = i + 1, .family = 4 },
						     .value = { .kind = FB_SELF_ADDRESS } };
	cr_assert(fb_dataplane_set_self(dp, entries, 3, &err) == 0, "%s", err.text);
	cr_assert(self_count() == 3);
	cr_assert(fb_dataplane_set_self(dp, entries + 2, 4, &err) == 0, "%s", err.text);
	cr_assert(self_count() == 4);
	cr_assert(fb_dataplane_set_self(dp, entries, 4096, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_set_self(dp, entries + 1, 4096, &err) == 0, "a full table, one other: %s",
		  err.text);
	cr_assert(self_count() == 4096);
	cr_assert(fb_dataplane_set_self(dp, entries, 4097, &err) == -E2BIG);
	cr_assert(fb_dataplane_set_self(dp, NULL, 0, &err) == 0, "%s", err.text);
	cr_assert(self_count() == 0);
	fb_dataplane_close(dp);
}

/* How many entries a pinned table holds. */
static size_t entries_of(const char *map)
{
	char path[256], key[64];
	const void *last = NULL;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/bpf/v%u/maps/%s", run_dir, FB_ABI_VERSION, map);
	fb_autoclose int fd = bpf_obj_get(path);

	cr_assert(fd >= 0, "%s", path);
	for (; bpf_map_get_next_key(fd, last, key) == 0; last = key)
		n++;
	return n;
}

/* The only value of a pinned table. */
static void value_of(const char *map, void *ret)
{
	const __u32 zero = 0;
	char path[256];

	snprintf(path, sizeof(path), "%s/bpf/v%u/maps/%s", run_dir, FB_ABI_VERSION, map);
	fb_autoclose int fd = bpf_obj_get(path);

	cr_assert(fd >= 0 && bpf_map_lookup_elem(fd, &zero, ret) == 0, "%s", path);
}

Test(attach, the_whole_table_is_looked_through_in_parts)
{
	struct fb_dataplane *dp = open_dp(false);
	struct fb_runtime before, after;

	value_of("fb_runtime", &before);
	for (unsigned int i = 0; i < 8192 / FB_FLOW_WAYS / FB_SWEEP_BUCKETS; i++)
		cr_assert(fb_dataplane_sweep(dp, &err) == 0, "%s", err.text);
	value_of("fb_runtime", &after);
	cr_assert_eq(after.sweep_at - before.sweep_at, 8192 / FB_FLOW_WAYS);
	fb_dataplane_close(dp);
}

Test(attach, switches_become_what_is_wanted_and_outlive_the_handle)
{
	struct fb_dataplane *dp = open_dp(false);
	struct fb_switches_wanted want = { 0 };
	struct fb_switches live;
	__u64 cuts[FB_ZONES_MAX];

	want.cut[2] = 1ull << 63;
	want.cut[63] = 1ull << 2;
	fb_vec_add(&want.addresses, (struct fb_quarantine_key){ 32 + 32, 4, { 10, 20, 4, 12 } });
	fb_vec_add(&want.addresses, (struct fb_quarantine_key){ 32 + 56, 6, { 0x20, 1 } });
	fb_vec_add(&want.macs, (struct fb_mac_key){ .mac = { 0x3c, 0xef, 0x8c } });
	cr_assert(fb_dataplane_set_switches(dp, &want, &err) == 0, "%s", err.text);
	fb_dataplane_close(dp);
	dp = open_dp(true);
	fb_dataplane_get_cuts(dp, cuts);
	cr_assert(!memcmp(cuts, want.cut, sizeof(cuts)));
	value_of("fb_switches", &live);
	cr_assert(live.quarantines == 2 && live.quarantined_macs == 1 && live.cut[2] == 1ull << 63);
	cr_assert(entries_of("fb_quarantine") == 2 && entries_of("fb_quarantine_mac") == 1);

	/* one address goes, one comes; the MAC address and the cut go */
	want.addresses.v[1].address[0] = 0xfd;
	want.macs.n = 0;
	want.cut[2] = want.cut[63] = 0;
	cr_assert(fb_dataplane_set_switches(dp, &want, &err) == 0, "%s", err.text);
	value_of("fb_switches", &live);
	cr_assert(live.quarantines == 2 && live.quarantined_macs == 0 && live.cut[2] == 0 &&
		  live.cut[63] == 0);
	cr_assert(entries_of("fb_quarantine") == 2 && entries_of("fb_quarantine_mac") == 0);
	fb_vec_done(&want.addresses);
	fb_vec_done(&want.macs);
	fb_dataplane_close(dp);
}

Test(attach, switches_that_do_not_fit_are_refused_and_change_nothing)
{
	struct fb_dataplane *dp = open_dp(false);
	struct fb_switches_wanted want = { 0 };
	struct fb_switches live;

	for (unsigned int i = 0; i <= FB_QUARANTINES_MAX; i++)
		fb_vec_add(&want.macs, (struct fb_mac_key){ .mac = { 2, 0, 0, 0, (__u8)(i >> 8), (__u8)i } });
	want.cut[2] = 1ull << 3;
	cr_assert(fb_dataplane_set_switches(dp, &want, &err) == -E2BIG);
	value_of("fb_switches", &live);
	cr_assert(live.quarantined_macs == 0 && live.cut[2] == 0);
	want.macs.n = FB_QUARANTINES_MAX;
	cr_assert(fb_dataplane_set_switches(dp, &want, &err) == 0, "%s", err.text);
	cr_assert(entries_of("fb_quarantine_mac") == FB_QUARANTINES_MAX);
	fb_vec_done(&want.macs);
	fb_dataplane_close(dp);
}

/* Somebody's hand in a pinned map, which no agent looked after yet: 1 = an update, 0 = a removal. */
static void edit(const char *map, const void *key, const void *value)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/bpf/v%u/%s", run_dir, FB_ABI_VERSION, map);
	fb_autoclose int fd = bpf_obj_get(path);
	int r = value ? bpf_map_update_elem(fd, key, value, BPF_ANY) : bpf_map_delete_elem(fd, key);

	cr_assert(fd >= 0 && r == 0, "%s: %s", path, strerror(-r));
}

static void mends(struct fb_dataplane *dp, const char *what)
{
	bool image = true;
	fb_autofree char *names = fb_dataplane_keep_contents(dp, &image);

	cr_assert(names && !strcmp(names, what), "%s, not %s", names ?: "nothing", what);
	cr_assert(!image);
	free(FB_STEAL(names));
	names = fb_dataplane_keep_contents(dp, &image);
	cr_assert(!names && !image, "%s is mended at once", names ?: "the image");
}

static struct fb_dataplane *open_filled(void)
{
	const struct fb_self_entry self = { .key = { .lo = 0x0a140001, .family = 4 } };
	const struct fb_egress_entry way = { .ifindex = 7, .egress = { .port = 7 } };
	struct fb_dataplane *dp = open_dp(false);
	struct fb_switches_wanted want = { 0 };

	want.cut[2] = 1ull << 3;
	want.cut[3] = 1ull << 2;
	fb_vec_add(&want.addresses, (struct fb_quarantine_key){ 32 + 32, 4, { 10, 20, 4, 12 } });
	fb_vec_add(&want.macs, (struct fb_mac_key){ .mac = { 0x3c, 0xef, 0x8c } });
	cr_assert(fb_dataplane_set_switches(dp, &want, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_set_self(dp, &self, 1, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_set_egress(dp, &way, 1, &err) == 0, "%s", err.text);
	fill(dp, 1);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	fb_vec_done(&want.addresses);
	fb_vec_done(&want.macs);
	return dp;
}

Test(attach, edited_tables_and_switches_are_put_back)
{
	const struct fb_quarantine_key gone = { 32 + 32, 4, { 10, 20, 4, 12 } },
				       wider = { 32 + 24, 4, { 10, 20, 4 } };
	const struct fb_self_key own = { .lo = 0x0a140001, .family = 4 };
	const struct fb_self_value none = { .kind = FB_SELF_BROADCAST };
	const struct fb_mac_key mac = { .mac = { 0x3c, 0xef, 0x8c } };
	const __u32 zero = 0, seven = 7, one = 1;
	struct fb_dataplane *dp = open_filled();
	struct fb_switches before, live, nothing = { 0 };
	struct fb_flow_geometry geometry;
	bool image = true;

	cr_assert(!fb_dataplane_keep_contents(dp, &image) && !image, "what nobody edited is left alone");
	value_of("fb_switches", &before);
	edit("maps/fb_switches", &zero, &nothing);
	mends(dp, "fb_switches");
	value_of("fb_switches", &live);
	cr_assert(!memcmp(&live, &before, sizeof(live)));
	cr_assert(live.quarantines == 1 && live.quarantined_macs == 1 && live.cut[2] == 1ull << 3);
	/* as many entries as before, and the old one is still within a prefix */
	edit("maps/fb_quarantine", &gone, NULL);
	edit("maps/fb_quarantine", &wider, &one);
	mends(dp, "fb_quarantine");
	edit("maps/fb_quarantine_mac", &mac, NULL);
	mends(dp, "fb_quarantine_mac");
	edit("maps/fb_self", &own, &none);
	edit("maps/fb_egress", &seven, NULL);
	mends(dp, "fb_self, fb_egress");
	edit("maps/fb_egress", &one, &(struct fb_egress){ .port = 1 });
	mends(dp, "fb_egress");
	value_of("fb_geometry", &geometry);
	geometry.secret[0] ^= 1;
	edit("maps/fb_geometry", &zero, &geometry);
	mends(dp, "fb_geometry");
	edit("progs/stages", &(__u32){ FB_STAGE_JUDGE }, NULL);
	mends(dp, "stages");
	fb_dataplane_close(dp);
}

Test(attach, a_filter_of_own_addresses_that_somebody_empties_is_put_back)
{
	struct fb_dataplane *dp = open_filled();
	struct fb_runtime before, after;

	value_of("fb_runtime", &before);
	after = before;
	memset(after.self_filter, 0, sizeof(after.self_filter));
	edit("maps/fb_runtime", &(__u32){ 0 }, &after);
	mends(dp, "fb_runtime");
	value_of("fb_runtime", &after);
	cr_assert(!memcmp(before.self_filter, after.self_filter, sizeof(after.self_filter)));
	fb_dataplane_close(dp);
}

Test(attach, addresses_that_are_refused_look_like_nobodys_edit)
{
	enum { TOO_MANY = 4097 };
	fb_autofree struct fb_self_entry *many = calloc(TOO_MANY, sizeof(*many));
	struct fb_dataplane *dp = open_filled();
	bool image = false;

	for (__u32 i = 0; many && i < TOO_MANY; i++)
		many[i] = (struct fb_self_entry){ .key = { .lo = 0x0b070000 + i, .family = 4 },
						  .value = { .kind = FB_SELF_ADDRESS } };
	cr_assert(fb_dataplane_set_self(dp, many, TOO_MANY, &err) == -E2BIG);
	cr_assert(strstr(err.text, "4097 the gateway's addresses: the table holds 4096"), "%s", err.text);
	cr_assert_null(fb_dataplane_keep_contents(dp, &image));
	fb_dataplane_close(dp);
}

Test(attach, an_image_that_somebody_takes_out_or_edits_is_noticed)
{
	struct fb_dataplane *dp = open_filled();
	__u32 *words = (__u32 *)fb_dataplane_image(dp);
	bool image = false;

	edit("maps/fb_images", &(__u32){ 0 }, NULL);
	mends(dp, "fb_images");
	words[sizeof(struct fb_image_header) / 4 - 1] ^= 4;
	cr_assert(!fb_dataplane_keep_contents(dp, &image) && image);
	words[sizeof(struct fb_image_header) / 4 - 1] ^= 4;
	cr_assert(!fb_dataplane_keep_contents(dp, &image) && !image);
	cr_assert(fb_dataplane_drop_image(dp, &err) == 0, "%s", err.text);
	cr_assert(!fb_dataplane_keep_contents(dp, &image) && !image, "none is in force");
	fill(dp, 2);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(!fb_dataplane_keep_contents(dp, &image) && !image, "the next one has sums of its own");
	fb_dataplane_close(dp);
}

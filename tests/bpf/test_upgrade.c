// SPDX-License-Identifier: GPL-2.0-only
/* In the place of another ABI version: a tree of this one that says that it is of another. */
#include <sys/mman.h>

#include "attach.h"

enum { OTHER = 77 };

static struct fb_succession succession;

static int map_of(unsigned int abi, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/bpf/v%u/maps/%s", run_dir, abi, name);
	return bpf_obj_get(path);
}

static void *memory_of(unsigned int abi, const char *name, size_t bytes)
{
	fb_autoclose int fd = map_of(abi, name);
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	cr_assert(mem != MAP_FAILED, "%s", name);
	return mem;
}

/* What enforces on ga by now is of another ABI version, whose flows have this layout. */
static void leave_other(__u16 layout)
{
	struct fb_dataplane *dp = open_dp(false);
	struct fb_flow_geometry *g;

	fill(dp, 7);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	attach(dp, "ga");
	((struct fb_image_header *)fb_dataplane_image(dp))->abi = OTHER;
	fb_dataplane_close(dp);
	cr_assert(sh("mv %s/bpf/v%u %s/bpf/v%u", run_dir, FB_ABI_VERSION, run_dir, OTHER) == 0);
	g = memory_of(OTHER, "fb_geometry", sizeof(*g));
	g->abi = OTHER;
	g->layout = layout;
	munmap(g, sizeof(*g));
}

static struct fb_dataplane *follow(void)
{
	struct fb_dataplane *dp = open_dp(false);

	cr_assert(fb_dataplane_predecessor(dp) == OTHER);
	return dp;
}

static __u32 program_on(const char *name)
{
	__u32 id = 0;

	bpf_xdp_query_id((int)if_nametoindex(name), 0, &id);
	return id;
}

static bool there(const char *name)
{
	return sh("test -e %s/bpf/%s", run_dir, name) == 0;
}

static void put_flow(unsigned int abi)
{
	const size_t at = 8 * 5 + 3, bytes = 1024 * FB_FLOW_WAYS * sizeof(struct fb_flow);
	struct fb_flow *flows = memory_of(abi, "fb_flows", bytes);
	__u8 *tags = memory_of(abi, "fb_tags", 1024 * FB_FLOW_WAYS);

	tags[at] = 0x55;
	flows[at] = (struct fb_flow){ .lo_a = 1, .lo_b = 2, .proto = 6, .family = 4, .rule = 9 };
	munmap(tags, 1024 * FB_FLOW_WAYS);
	flows[at].way = 0x1255ull << FB_WAY_TAG_SHIFT;
	munmap(flows, bytes);
}

/* Gives the flow of put_flow() a state, at the time that the handle's clock tells. */
static void wake_flow(struct fb_dataplane *dp, unsigned int abi)
{
	const size_t bytes = 1024 * FB_FLOW_WAYS * sizeof(struct fb_flow);
	struct fb_flow *flows = memory_of(abi, "fb_flows", bytes);

	flows[8 * 5 + 3].way |= FB_META(FB_FLOW_ESTABLISHED, fb_dataplane_tick(dp));
	munmap(flows, bytes);
}

static __u64 established(struct fb_dataplane *dp)
{
	struct fb_flow_totals totals;

	fb_dataplane_flow_totals(dp, &totals);
	return totals.by_state[FB_FLOW_ESTABLISHED];
}

Test(attach, another_version_enforces_until_it_is_succeeded)
{
	struct fb_dataplane *dp;
	__u32 *ports = NULL, old;

	leave_other(FB_FLOW_LAYOUT);
	old = program_on("ga");
	dp = follow();
	cr_assert(fb_dataplane_generation(dp) == 7 && !fb_dataplane_image(dp));
	cr_assert(fb_dataplane_attached(dp, &ports, &err) == 1 && ports[0] == if_nametoindex("ga"));
	free(ports);
	fill(dp, 7);
	cr_assert(fb_dataplane_switch_image(dp, &err) == -EINVAL, "numbers only grow");
	fb_dataplane_close(dp);
	cr_assert(program_on("ga") == old, "who closes has changed nothing");
	cr_assert(there("v77") && !there("v4-new") && !there("v4"));
}

Test(attach, a_successor_takes_over_links_flows_and_counters)
{
	const size_t bytes = FB_PAIRS_MAX * FB_REASON_COUNT * sizeof(struct fb_pair_counter); /* one CPU's */
	struct fb_pair_counter *pairs, sum;
	struct fb_dataplane *dp;
	__u32 old;

	leave_other(FB_FLOW_LAYOUT);
	put_flow(OTHER);
	old = program_on("ga");
	pairs = memory_of(OTHER, "fb_pair_counters", bytes);
	pairs[FB_PAIR(5, 6) * FB_REASON_COUNT + FB_DROP_TTL] = (struct fb_pair_counter){ 10, 1000 };
	munmap(pairs, bytes);

	dp = follow();
	wake_flow(dp, OTHER);
	fill(dp, 8);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(program_on("ga") == old, "not yet");
	cr_assert(fb_dataplane_succeed(dp, &succession, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_predecessor(dp) == 0 && succession.abi == OTHER && !succession.anew);
	cr_assert(succession.flows == 1 && succession.lost == 0 && established(dp) == 1);
	fb_dataplane_pair_counter(dp, 5, 6, FB_DROP_TTL, &sum);
	cr_assert(sum.packets == 10 && sum.bytes == 1000);
	cr_assert(program_on("ga") != old && program_on("ga") != 0);
	attach(dp, "ga");
	cr_assert(!there("v77") && !there("v77-old"));
	fb_dataplane_close(dp);

	dp = open_dp(true);
	cr_assert(fb_dataplane_generation(dp) == 8 && established(dp) == 1);
	fb_dataplane_close(dp);
}

Test(attach, flows_of_another_layout_begin_anew_and_are_counted)
{
	struct fb_dataplane *dp;

	leave_other(FB_FLOW_LAYOUT + 1);
	put_flow(OTHER);
	dp = follow();
	wake_flow(dp, OTHER);
	fill(dp, 8);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_succeed(dp, &succession, &err) == 0, "%s", err.text);
	cr_assert(succession.anew && succession.layout == FB_FLOW_LAYOUT + 1 && succession.lost == 1);
	cr_assert(established(dp) == 0);
	fb_dataplane_close(dp);
}

Test(attach, a_tree_that_was_filled_and_no_more_is_begun_anew)
{
	struct fb_dataplane *dp;

	leave_other(FB_FLOW_LAYOUT);
	dp = follow();
	fill(dp, 8);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(sh("mv %s/bpf/v%u-new %s/bpf/v%u", run_dir, FB_ABI_VERSION, run_dir, FB_ABI_VERSION) == 0);
	fb_dataplane_close(dp);
	dp = follow();
	cr_assert(!fb_dataplane_image(dp));
	fb_dataplane_close(dp);
}

/* As a kill between two links leaves it; and what that start finds of the flows it takes over too. */
Test(attach, an_upgrade_goes_on_where_it_was_interrupted)
{
	struct fb_dataplane *dp;
	__u32 first;

	leave_other(FB_FLOW_LAYOUT);
	put_flow(OTHER);
	dp = follow();
	wake_flow(dp, OTHER);
	fill(dp, 8);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(sh("mv %s/bpf/v%u-new %s/bpf/v%u", run_dir, FB_ABI_VERSION, run_dir, FB_ABI_VERSION) == 0);
	attach(dp, "gb"); /* stands for a link that has moved */
	first = program_on("gb");
	fb_dataplane_close(dp);

	dp = open_dp(true);
	cr_assert(fb_dataplane_predecessor(dp) == OTHER && fb_dataplane_generation(dp) == 8);
	cr_assert(fb_dataplane_succeed(dp, &succession, &err) == 0, "%s", err.text);
	cr_assert(program_on("ga") == first && program_on("gb") == first);
	cr_assert(succession.flows == 1 && established(dp) == 1);
	attach(dp, "ga");
	cr_assert(!there("v77"));
	fb_dataplane_close(dp);
}

Test(attach, two_other_versions_are_not_followed)
{
	fb_autoclose int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 8, 1, NULL);
	fb_autofree char *pin = NULL;
	struct fb_dataplane *dp;
	bool adopted;

	leave_other(FB_FLOW_LAYOUT);
	cr_assert(sh("mkdir %s/bpf/v78", run_dir) == 0 && asprintf(&pin, "%s/bpf/v78/other", run_dir) > 0);
	cr_assert(bpf_obj_pin(fd, pin) == 0);
	cr_assert(fb_dataplane_open(&options, &dp, &adopted, &err) == -EEXIST);
	cr_assert(strstr(err.text, "ABI 78") && strstr(err.text, "--unload"), "%s", err.text);
	cr_assert(fb_dataplane_unload_all(&options, &err) == 0, "%s", err.text);
}

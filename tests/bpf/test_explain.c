// SPDX-License-Identifier: GPL-2.0-only
/*
 * The explain instance beside a live policy: it tells what the live program would do, knows live flows, and
 * moves nothing. Needs root.
 *
 *   cam  ga - gb  10.20.0.1/16        sig  ha - hb  10.10.0.1/16
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "dataplane/dataplane.h"
#include "frame.h"
#include "policy/compile.h"

static const char text[] = "policy \"t\" language 1 timezone \"UTC\"\n"
			   "zone cam { interface ga  network 10.20.0.0/16 }\n"
			   "zone sig { interface ha  network 10.10.0.0/16 }\n"
			   "firebreak cam -> sig {\n  allow any -> any  udp/5000\n}\n";

static struct fb_dataplane *dp;
static struct fb_error err;
static struct fb_ruleset rs;
static __u32 ga, ha;

static void sh(const char *command)
{
	cr_assert(system(command) == 0, "%s", command);
}

static void compile(void)
{
	static struct fb_tree tree;
	static struct fb_slots slots;
	struct fb_diags diags = { 0 };
	struct fb_check_options options = { .now = time(NULL),
					    .slots = &slots,
					    .local_to_unix = fb_clock_local_to_unix };
	struct fb_image_stats stats;
	size_t size;

	unsigned int errors = fb_parse(&tree, "t.fb", text, strlen(text), NULL, &diags);

	errors += fb_check(&tree, &options, &diags, &rs);
	if (errors) {
		struct fb_strbuf out = { 0 };

		fb_diags_print(&diags, &tree.sources, &out);
		cr_assert_fail("%s", fb_strbuf_get(&out));
	}
	struct fb_host_port ports[] = {
		{ .name = "ga",
		  .vlan = -1,
		  .ifindex = ga,
		  .device = ga,
		  .mac = { 2, 0, 0, 0, 0, 0xfe },
		  .zone = fb_ruleset_zone(&rs, "cam")->id },
		{ .name = "ha",
		  .vlan = -1,
		  .ifindex = ha,
		  .device = ha,
		  .mac = { 2, 0, 0, 0, 0, 0xfe },
		  .zone = fb_ruleset_zone(&rs, "sig")->id },
	};
	struct fb_compile_input in = {
		.ruleset = &rs, .ports = ports, .n_ports = 2, .generation = 1, .applied = time(NULL)
	};
	void *image = fb_dataplane_spare_image(dp, &size);

	cr_assert(fb_compile(&in, image, size, &stats, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
}

static void setup(void)
{
	static const struct fb_dataplane_options options = { .run_dir = "/run", .flow_buckets = 4096 };
	enum fb_xdp_mode mode;
	bool adopted;

	cr_assert(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "needs root");
	cr_assert(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	cr_assert(mount("tmpfs", "/run", "tmpfs", 0, NULL) == 0);
	sh("ip link set lo up; sysctl -qw net.ipv4.ip_forward=1;"
	   "for p in g h; do ip link add ${p}a address 02:00:00:00:00:fe type veth peer name ${p}b; ip link "
	   "set ${p}a up; ip link set ${p}b up; done;"
	   "ip addr add 10.20.0.1/16 dev ga; ip addr add 10.10.0.1/16 dev ha; ip neigh add 10.10.0.5 lladdr "
	   "02:00:00:00:01:01 dev ha;"
	   "ip neigh add 10.20.0.5 lladdr 02:00:00:00:01:02 dev ga");
	ga = if_nametoindex("ga");
	ha = if_nametoindex("ha");
	cr_assert(fb_dataplane_open(&options, &dp, &adopted, &err) == 0, "%s", err.text);
	compile();
	const struct fb_egress_entry ways[] = {
		{ .ifindex = ga,
		  .egress = { .port = ga,
			      .zone = (__u8)fb_ruleset_zone(&rs, "cam")->id,
			      .mac = { 2, 0, 0, 0, 0, 0xfe } } },
		{ .ifindex = ha,
		  .egress = { .port = ha,
			      .zone = (__u8)fb_ruleset_zone(&rs, "sig")->id,
			      .mac = { 2, 0, 0, 0, 0, 0xfe } } },
	};

	cr_assert(fb_dataplane_attach(dp, "ga", ga, &mode, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_attach(dp, "ha", ha, &mode, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_set_egress(dp, ways, 2, &err) == 0, "%s", err.text);
}
static void teardown(void)
{
	fb_dataplane_close(dp);
}
TestSuite(explain, .init = setup, .fini = teardown, .timeout = 300);

static struct frame udp(const char *src, const char *dst, __u16 sport, __u16 dport)
{
	const struct frame_spec spec = { .dmac = "02:00:00:00:00:fe",
					 .src = src,
					 .dst = dst,
					 .sport = sport,
					 .dport = dport,
					 .payload = 10 };
	struct frame f;

	frame_build(&f, &spec);
	return f;
}

static void send_out_of(const char *peer, const struct frame *f)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(peer),
				  .sll_halen = 6 };
	fb_autoclose int fd = socket(AF_PACKET, SOCK_RAW, 0);

	cr_assert(sendto(fd, f->b, f->len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)f->len);
}

static __u64 flows(void)
{
	struct fb_flow_totals totals;

	fb_dataplane_flow_totals(dp, &totals);
	return totals.by_state[FB_FLOW_NEW] + totals.by_state[FB_FLOW_REPLIED] +
	       totals.by_state[FB_FLOW_DGRAM];
}

static struct fb_explain ask(__u32 ifindex, const struct frame *f)
{
	struct fb_explain answer;

	cr_assert(fb_dataplane_explain(dp, ifindex, f->b, f->len, &answer, &err) == 0, "%s", err.text);
	return answer;
}

Test(explain, tells_the_verdict_and_makes_no_flow)
{
	struct frame good = udp("10.20.0.5", "10.10.0.5", 4000, 5000),
		     bad = udp("10.20.0.5", "10.10.0.5", 4000, 5001);
	struct fb_explain answer = ask(ga, &good);
	struct fb_pair_counter c;

	cr_assert(answer.reason == FB_PASSED, "reason %u", answer.reason);
	cr_assert(answer.rule_slot != 0 && answer.flow_state == FB_FLOW_FREE && answer.generation == 1);
	cr_assert(answer.src_zone == fb_ruleset_zone(&rs, "cam")->id &&
		  answer.dst_zone == fb_ruleset_zone(&rs, "sig")->id);
	cr_assert_eq(ask(ga, &bad).reason, FB_DROP_NO_ALLOW);
	cr_assert_eq(ask(ha, &good).reason, FB_DROP_SPOOF, "from the other zone it is a lie");
	cr_assert_eq(flows(), 0ull);
	fb_dataplane_pair_counter(dp, answer.src_zone, answer.dst_zone, FB_PASSED, &c);
	cr_assert_eq(c.packets, 0ull);
}

Test(explain, userspace_computes_the_programs_tick)
{
	struct frame any = udp("10.20.0.5", "10.10.0.5", 4000, 5000);
	__u32 before = fb_dataplane_tick(dp), seen = ask(ga, &any).tick, after = fb_dataplane_tick(dp);

	/* The agent's clock is that of the last interrupt but one at worst. */
	cr_assert(seen - before + 1 <= after - before + 2, "the program says %u, we %u to %u", seen, before,
		  after);
}

/* Many flows, so that buckets above the explain instance's own number are among them. */
Test(explain, knows_the_live_flow_of_a_reply)
{
	enum { N = 40 };

	for (__u16 i = 0; i < N; i++) {
		struct frame f = udp("10.20.0.5", "10.10.0.5", (__u16)(4000 + i), 5000);

		send_out_of("gb", &f);
	}
	for (int i = 0; i < 1000 && flows() < N; i++)
		usleep(1000);
	cr_assert_eq(flows(), (__u64)N, "%llu flows", flows());
	for (__u16 i = 0; i < N; i++) {
		struct frame reply = udp("10.10.0.5", "10.20.0.5", 5000, (__u16)(4000 + i));
		struct fb_explain answer = ask(ha, &reply);

		cr_assert(answer.reason == FB_PASSED && answer.flow_state == FB_FLOW_NEW,
			  "flow %u: reason %u, state %u", i, answer.reason, answer.flow_state);
	}
	struct frame stranger = udp("10.10.0.5", "10.20.0.5", 5000, 4999);

	cr_assert_eq(ask(ha, &stranger).reason, FB_DROP_NO_ALLOW);
	struct fb_flow_totals totals;

	fb_dataplane_flow_totals(dp, &totals);
	cr_assert_eq(totals.by_state[FB_FLOW_NEW], (__u64)N, "asking about a reply answers nothing");
}

// SPDX-License-Identifier: GPL-2.0-only
/* Attach, adopt, guard, refuse, unload. */
#include <sys/resource.h>
#include <sys/time.h>

#include "attach.h"

/* Does the output of a command contain text? */
static bool says(const char *command, const char *text)
{
	char out[1 << 14];
	FILE *p = popen(command, "r");
	size_t n = fread(out, 1, sizeof(out) - 1, p);

	out[n] = 0;
	pclose(p);
	return strstr(out, text);
}
#define GUARD "nft -nn list table inet firebreak_guard 2>&1"

static bool enforcing(struct fb_dataplane *dp, const char *name)
{
	enum fb_xdp_mode mode;

	return fb_dataplane_enforcing(dp, name, if_nametoindex(name), &mode, &err);
}

static int pass_program(enum bpf_prog_type type)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_0,
		  .imm = type == BPF_PROG_TYPE_XDP ? XDP_PASS : 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "foreign", "GPL", insns, FB_ARRAY_SIZE(insns), NULL);
}

Test(attach, enforces_natively_and_survives_the_handle)
{
	struct fb_dataplane *dp = open_dp(false);

	cr_assert(attach(dp, "ga") == FB_XDP_NATIVE);
	cr_assert(attach(dp, "ga") == FB_XDP_NATIVE, "attaching again adopts");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	cr_assert(!enforcing(dp, "gb"));
	fb_dataplane_close(dp);

	cr_assert(says("ip link show ga", "xdp"));
	dp = open_dp(true);
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	cr_assert(attach(dp, "ga") == FB_XDP_NATIVE);

	__u32 *ports = NULL;

	cr_assert(fb_dataplane_attached(dp, &ports, &err) == 1);
	cr_assert(ports[0] == if_nametoindex("ga"));
	free(ports);
	fb_dataplane_close(dp);
}

Test(attach, a_created_again_device_is_shut_out_until_attached_anew)
{
	struct fb_dataplane *dp = open_dp(false);
	enum fb_xdp_mode mode;
	__u32 old = if_nametoindex("ga");

	attach(dp, "ga");
	cr_assert(sh("ip link del ga; ip link add ga type veth peer name gb && ip link set ga up && ip link "
		     "set gb up") == 0);
	cr_assert(!says(GUARD, "\"ga\""));
	cr_assert(!enforcing(dp, "ga"));
	cr_assert(fb_dataplane_attach(dp, "ga", old, &mode, &err) == -ENODEV);

	cr_assert(fb_dataplane_reap(dp, &err) == 1, "%s", err.text);
	cr_assert(fb_dataplane_reap(dp, &err) == 0);
	attach(dp, "ga");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	cr_assert(says(GUARD, "\"ga\""));
	fb_dataplane_close(dp);
}

/*
 * The kernel gives the first free index upwards, but a namespace can be told one: the pin's name then says a
 * live index.
 */
Test(attach, a_device_with_the_old_index_gets_a_new_link)
{
	struct fb_dataplane *dp = open_dp(false);
	__u32 old = if_nametoindex("ga");

	attach(dp, "ga");
	cr_assert(sh("ip link del ga; ip link add ga index %u type veth peer name gb && ip link set ga up && "
		     "ip link set gb up",
		     old) == 0);
	cr_assert(!enforcing(dp, "ga"));
	cr_assert(!says("ip link show ga", "xdp"));
	attach(dp, "ga");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	fb_dataplane_close(dp);
}

Test(attach, a_device_that_left_for_another_namespace_is_reaped)
{
	struct fb_dataplane *dp = open_dp(false);
	pid_t pid;

	attach(dp, "ga");
	pid = fork();
	if (pid == 0) {
		unshare(CLONE_NEWNET);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, NULL, WUNTRACED);
	cr_assert(sh("ip link set ga netns %d", pid) == 0);
	cr_assert(fb_dataplane_reap(dp, &err) == 1, "%s", err.text);
	kill(pid, SIGCONT);
	waitpid(pid, NULL, 0);
	fb_dataplane_close(dp);
}

Test(attach, the_guard_hears_only_what_enforces_and_management)
{
	static const char *const management[] = { "mgmt0", NULL };
	struct fb_dataplane *dp;

	options.management = management;
	dp = open_dp(false);
	cr_assert(says(GUARD, "hook input priority -310; policy drop;"));
	cr_assert(says(GUARD, "hook forward priority -310; policy drop;"));
	cr_assert(says(GUARD, "elements = { \"mgmt0\" }"));
	attach(dp, "ga");
	cr_assert(says(GUARD, "elements = { \"ga\" }"));

	/* What somebody slipped in does not survive a start; what enforces stays listed. */
	fb_dataplane_close(dp);
	cr_assert(sh("nft add rule inet firebreak_guard inp accept") == 0);
	options.management = NULL;
	dp = open_dp(true);
	cr_assert(!says(GUARD, "\t\taccept"));
	cr_assert(!says(GUARD, "mgmt0"));
	cr_assert(says(GUARD, "elements = { \"ga\" }"));

	cr_assert(fb_dataplane_detach(dp, "ga", if_nametoindex("ga"), &err) == 0, "%s", err.text);
	cr_assert(!says(GUARD, "\"ga\""));
	cr_assert(!says("ip link show ga", "xdp"));
	cr_assert(!says("tc qdisc show dev ga", "clsact"));
	fb_dataplane_close(dp);
}

Test(attach, the_rescue_access_is_heard_while_it_is_told_to_be)
{
	struct fb_rescue rescue = { "ga", "10.99.0.0/24", 4, 22 }, six = { "ga", "2001:db8::/64", 6, 22 };
	struct fb_dataplane *dp = open_dp(false);

	cr_assert(fb_dataplane_rescue(dp, &rescue, &err) == 0, "%s", err.text);
	cr_assert(says(GUARD, "iifname \"ga\" ip saddr 10.99.0.0/24 tcp dport 22 accept"));
	attach(dp, "gb");
	cr_assert(says(GUARD, "tcp dport 22 accept"), "as long as it is told to be");
	cr_assert(fb_dataplane_rescue(dp, NULL, &err) == 0, "%s", err.text);
	cr_assert(!says(GUARD, "dport"));
	cr_assert(says(GUARD, "elements = { \"gb\" }"));
	cr_assert(fb_dataplane_rescue(dp, &six, &err) == 0, "%s", err.text);
	cr_assert(says(GUARD, "ip6 saddr 2001:db8::/64 tcp dport 22 accept"));
	fb_dataplane_close(dp);
	dp = open_dp(true);
	cr_assert(!says(GUARD, "dport"), "a new agent decides anew");
	fb_dataplane_close(dp);
}

Test(attach, the_guard_follows_a_device_behind_its_port)
{
	struct fb_dataplane *dp = open_dp(false);
	const __u32 ga = if_nametoindex("ga");
	struct fb_egress_entry ways[] = {
		{ .ifindex = ga, .egress = { .port = ga, .zone = 2 } },
		{ .ifindex = 4000, .egress = { .port = ga, .vid = 110, .zone = 3 } },
	};

	cr_assert(fb_dataplane_set_egress(dp, ways, 2, &err) == 0, "%s", err.text);
	cr_assert(!says(GUARD, "4000"), "the port does not enforce yet");
	attach(dp, "ga");
	cr_assert(says(GUARD, "4000"));
	cr_assert(fb_dataplane_set_egress(dp, ways, 1, &err) == 0, "%s", err.text);
	cr_assert(!says(GUARD, "4000"));
	cr_assert(says(GUARD, "\"ga\""));
	cr_assert(fb_dataplane_set_egress(dp, ways, 2, &err) == 0, "%s", err.text);
	cr_assert(says(GUARD, "4000"));
	cr_assert(fb_dataplane_detach(dp, "ga", ga, &err) == 0, "%s", err.text);
	cr_assert(!says(GUARD, "4000"));
	fb_dataplane_close(dp);
}

Test(attach, what_enforced_and_cannot_be_attached_again_is_unheard)
{
	struct fb_dataplane *dp = open_dp(false);
	enum fb_xdp_mode mode;

	attach(dp, "ga");
	cr_assert(sh("umount %s/bpf 2>/dev/null", run_dir) != 0, "held as long as a handle lives");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	cr_assert(sh("umount -l %s/bpf", run_dir) == 0);
	cr_assert(fb_dataplane_attach(dp, "ga", if_nametoindex("ga"), &mode, &err) < 0);
	cr_assert(strstr(err.text, "was that unmounted?"), "%s", err.text);
	cr_assert(!says(GUARD, "\"ga\""));
	cr_assert(fb_dataplane_guarded(), "the table itself stays");
	fb_dataplane_close(dp);
}

Test(attach, refuses_a_foreign_filter_before_ours)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex("ga"), .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = pass_program(BPF_PROG_TYPE_SCHED_CLS), .handle = 1,
		    .priority = 1);
	struct fb_dataplane *dp = open_dp(false);
	enum fb_xdp_mode mode;
	char id[32];

	cr_assert(bpf_tc_hook_create(&hook) == 0);
	cr_assert(bpf_tc_attach(&hook, &opts) == 0);
	cr_assert(fb_dataplane_attach(dp, "ga", if_nametoindex("ga"), &mode, &err) == -EBUSY);
	snprintf(id, sizeof(id), "program %u", opts.prog_id);
	cr_assert(strstr(err.text, id), "%s", err.text);
	cr_assert(!says(GUARD, "\"ga\""), "what is not fenced is not heard");

	/* Behind ours it may be. */
	cr_assert(sh("tc filter del dev ga ingress") == 0);
	opts.priority = 7;
	opts.prog_id = 0;
	cr_assert(bpf_tc_attach(&hook, &opts) == 0);
	attach(dp, "ga");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	cr_assert(fb_dataplane_detach(dp, "ga", if_nametoindex("ga"), &err) == 0, "%s", err.text);
	cr_assert(says("tc filter show dev ga ingress", "pref 7"), "what is not ours stays");
	fb_dataplane_close(dp);
}

Test(attach, notices_and_repairs_a_removed_clsact)
{
	struct fb_dataplane *dp = open_dp(false);

	attach(dp, "ga");
	cr_assert(sh("tc qdisc del dev ga clsact") == 0);
	cr_assert(!enforcing(dp, "ga"));
	cr_assert(strstr(err.text, "ingress filter is gone"), "%s", err.text);
	cr_assert(fb_dataplane_set_egress(dp, NULL, 0, &err) == 0, "%s", err.text);
	cr_assert(!says(GUARD, "\"ga\""), "unfenced, hence unheard");
	attach(dp, "ga");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	fb_dataplane_close(dp);
}

/* Seconds of this process's CPU, which netlink's answers are made on, for as many questions as eight ports are asked in ten seconds. */
static double cost_of_asking(struct fb_dataplane *dp)
{
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 80; i++)
		cr_assert(enforcing(dp, "ga"), "%s", err.text);
	getrusage(RUSAGE_SELF, &after);
	timersub(&after.ru_stime, &before.ru_stime, &after.ru_stime);
	timersub(&after.ru_utime, &before.ru_utime, &after.ru_utime);
	return (double)(after.ru_stime.tv_sec + after.ru_utime.tv_sec) +
	       1e-6 * (double)(after.ru_stime.tv_usec + after.ru_utime.tv_usec);
}

Test(attach, asking_a_device_costs_the_same_whatever_else_there_is)
{
	struct fb_dataplane *dp = open_dp(false);
	double alone, among;

	attach(dp, "ga");
	alone = cost_of_asking(dp);
	cr_assert(sh("for i in $(seq 500); do echo link add d$i type veth; done | ip -batch -") == 0);
	among = cost_of_asking(dp);
	cr_assert(among < 3 * alone + 0.1, "%.3f s among others, %.3f s alone", among, alone);
	fb_dataplane_close(dp);
}

Test(attach, refuses_a_foreign_xdp_program)
{
	struct fb_dataplane *dp = open_dp(false);
	enum fb_xdp_mode mode;

	cr_assert(bpf_xdp_attach((int)if_nametoindex("ga"), pass_program(BPF_PROG_TYPE_XDP),
				 XDP_FLAGS_DRV_MODE, NULL) == 0);
	cr_assert(fb_dataplane_attach(dp, "ga", if_nametoindex("ga"), &mode, &err) == -EBUSY);
	cr_assert(strstr(err.text, "ga: XDP program "), "%s", err.text);
	fb_dataplane_close(dp);
}

Test(attach, generic_mode_only_where_it_was_asked_for)
{
	struct fb_dataplane *dp = open_dp(false);
	enum fb_xdp_mode mode;

	/* A bridge stands for a driver without native XDP. */
	cr_assert(sh("ip link add br0 type bridge && ip link set br0 up") == 0);
	cr_assert(fb_dataplane_attach(dp, "br0", if_nametoindex("br0"), &mode, &err) == -EOPNOTSUPP);
	cr_assert(strstr(err.text, "--generic"), "%s", err.text);
	fb_dataplane_close(dp);
	options.generic = true;
	dp = open_dp(true);
	cr_assert(attach(dp, "br0") == FB_XDP_GENERIC);
	cr_assert(attach(dp, "ga") == FB_XDP_NATIVE);
	cr_assert(enforcing(dp, "br0"), "%s", err.text);
	fb_dataplane_close(dp);
}

Test(attach, another_build_of_the_programs_takes_over_in_place)
{
	struct fb_dataplane *dp = open_dp(false);
	__u32 old = 0, new = 0;

	attach(dp, "ga");
	bpf_xdp_query_id((int)if_nametoindex("ga"), 0, &old);
	fb_dataplane_close(dp);
	cr_assert(sh("ln -sfn other %s/bpf/v%u/object", run_dir, FB_ABI_VERSION) == 0);

	dp = open_dp(true);
	cr_assert(!enforcing(dp, "ga"));
	cr_assert(strstr(err.text, "older program"), "%s", err.text);
	attach(dp, "ga");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	bpf_xdp_query_id((int)if_nametoindex("ga"), 0, &new);
	cr_assert(new != 0 && new != old);
	fb_dataplane_close(dp);
	fb_dataplane_close(open_dp(true));
}

Test(attach, unload_leaves_nothing)
{
	struct fb_dataplane *dp = open_dp(false);

	attach(dp, "ga");
	cr_assert(fb_dataplane_unload(dp, &err) == 0, "%s", err.text);
	fb_dataplane_close(dp);
	cr_assert(!says("ip link show ga", "xdp"));
	cr_assert(!says("tc qdisc show dev ga", "clsact"));
	cr_assert(says(GUARD, "No such file"));
	cr_assert(!says("cat /proc/self/mounts", "fb-test/bpf"));
	cr_assert(fb_dataplane_unload_all(&options, &err) == 0, "twice is no error: %s", err.text);
}

Test(attach, refuses_another_versions_tree_and_unload_clears_it)
{
	struct fb_dataplane *dp = open_dp(false);
	bool adopted;

	attach(dp, "ga");
	fb_dataplane_close(dp);
	cr_assert(sh("mv %s/bpf/v%u %s/bpf/v999", run_dir, FB_ABI_VERSION, run_dir) == 0);
	cr_assert(fb_dataplane_open(&options, &dp, &adopted, &err) == -EEXIST);
	cr_assert(strstr(err.text, "ABI 999"), "%s", err.text);
	cr_assert(fb_dataplane_unload_all(&options, &err) == 0, "%s", err.text);
	cr_assert(!says("ip link show ga", "xdp"));
	fb_dataplane_close(open_dp(false));
}

Test(attach, refuses_a_pinned_map_of_another_size)
{
	struct fb_dataplane *dp = open_dp(false);
	fb_autofree char *path = NULL;
	bool adopted;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 8, 1, NULL);

	fb_dataplane_close(dp);
	cr_assert(asprintf(&path, "%s/bpf/v%u/maps/fb_nexthops", run_dir, FB_ABI_VERSION) > 0);
	cr_assert(unlink(path) == 0 && bpf_obj_pin(fd, path) == 0);
	cr_assert(fb_dataplane_open(&options, &dp, &adopted, &err) == -EPROTO);
	cr_assert(strstr(err.text, "fb_nexthops") && strstr(err.text, "--unload"), "%s", err.text);
}

Test(attach, refuses_a_mount_that_lets_others_in)
{
	struct fb_dataplane *dp;
	bool adopted;

	cr_assert(sh("mkdir %s/bpf && mount -t bpf -o mode=0755 bpffs %s/bpf", run_dir, run_dir) == 0);
	cr_assert(fb_dataplane_open(&options, &dp, &adopted, &err) == -EPERM);
	cr_assert(strstr(err.text, "755"), "%s", err.text);
}

/* Another uid with CAP_BPF and CAP_NET_ADMIN and nothing else, as the agent is once it runs. */
static void drop_privileges(uid_t uid)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };

	caps[0].permitted = caps[0].effective = 1u << CAP_NET_ADMIN;
	caps[1].permitted = caps[1].effective = 1u << (CAP_BPF - 32);
	cr_assert(prctl(PR_SET_KEEPCAPS, 1) == 0 && setresuid(uid, uid, uid) == 0);
	cr_assert(syscall(SYS_capset, &head, caps) == 0);
}

Test(attach, all_of_it_works_with_two_capabilities_and_another_uid)
{
	struct fb_dataplane *dp;
	struct fb_explain answer;
	unsigned char frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06 };
	__u32 ga = if_nametoindex("ga"), gb = if_nametoindex("gb");

	options.owner = 65534;
	dp = open_dp(false);
	attach(dp, "ga");
	drop_privileges(options.owner);

	attach(dp, "gb");
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	cr_assert(enforcing(dp, "gb"), "%s", err.text);
	fill(dp, 1);
	cr_assert(fb_dataplane_switch_image(dp, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_set_self(dp, NULL, 0, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_set_egress(dp, NULL, 0, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_explain(dp, ga, frame, sizeof(frame), &answer, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_reap(dp, &err) == 0, "%s", err.text);
	cr_assert(fb_dataplane_detach(dp, "gb", gb, &err) == 0, "%s", err.text);
	fb_dataplane_close(dp);

	dp = open_dp(true);
	cr_assert(enforcing(dp, "ga"), "%s", err.text);
	cr_assert(fb_dataplane_generation(dp) == 1);
	fb_dataplane_close(dp);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "rig.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "policy/ruleset.h"
#include "firebreak.skel.h"
#include "dataplane/direct.h"
#include "policy/compile.h"

const char rig_zones[] = "policy \"rig\" language 1 timezone \"UTC\"\n"
			 "zone cam { interface v-cam  network 10.20.0.0/16, 2001:db8:20::/48 }\n"
			 "zone sig { interface v-sig  network 10.10.0.0/16, 2001:db8:10::/48 }\n"
			 "zone vid { interface v-vid vlan 30  network 10.30.0.0/26 }\n"
			 "zone net { interface v-net  network any }\n";

static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void run(const char *command)
{
	if (system(command))
		die("failed: %s", command);
}

/* One namespace, four veth pairs, routes and permanent neighbours; it ends with the process. */
static void rig_network(struct rig *rig)
{
	static const struct rig_port ports[RIG_PORTS] = {
		{ "cam", "v-cam", 0, 0 }, { "sig", "v-sig", 0, 0 }, { "vid", "v-vid", 30, 0 },
		{ "net", "v-net", 0, 0 }, { "cab", "v-cab", 0, 0 }, { "back", "v-back", 0, 0 }
	};

	if (unshare(CLONE_NEWNET))
		die("unshare: %m (tests/bpf needs root)");
	run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
	    "net.ipv6.conf.default.accept_dad=0");
	for (int i = 0; i < RIG_PORTS; i++) {
		char cmd[256];

		rig->port[i] = ports[i];
		snprintf(cmd, sizeof(cmd),
			 "ip link add %s address " RIG_MAC
			 " type veth peer name %s-p && ip link set %s up && ip link set %s-p up",
			 ports[i].ifname, ports[i].ifname, ports[i].ifname, ports[i].ifname);
		run(cmd);
		rig->port[i].ifindex = if_nametoindex(ports[i].ifname);
	}
	run("ip addr add 10.20.0.1/16 dev v-cam; ip addr add 2001:db8:20::1/48 dev v-cam;"
	    "ip addr add 10.10.0.1/16 dev v-sig; ip addr add 2001:db8:10::1/48 dev v-sig;"
	    "ip addr add 10.30.0.1/26 dev v-vid; ip addr add 203.0.113.1/24 dev v-net;"
	    "ip neigh add 10.20.0.5 lladdr " RIG_HOST_MAC
	    " dev v-cam; ip neigh add 10.10.0.5 lladdr " RIG_HOST_MAC " dev v-sig;"
	    "ip neigh add 2001:db8:20::5 lladdr " RIG_HOST_MAC
	    " dev v-cam; ip neigh add 2001:db8:10::5 lladdr " RIG_HOST_MAC " dev v-sig;"
	    "ip neigh add 10.30.0.10 lladdr " RIG_HOST_MAC
	    " dev v-vid; ip neigh add 203.0.113.9 lladdr " RIG_HOST_MAC " dev v-net;"
	    "ip addr add 2001:db8:ff::1/64 dev v-net; ip neigh add 2001:db8:ff::9 lladdr " RIG_HOST_MAC
	    " dev v-net;"
	    "ip route add default via 203.0.113.9; ip route add default via 2001:db8:ff::9");
}

static void *map_memory(struct bpf_object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t size = bpf_map__value_size(map);
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (p == MAP_FAILED)
		die("mmap of %s (%zu bytes): %m", name, size);
	return p;
}

static void set_size(struct bpf_object *object, const char *name, size_t size)
{
	/* mmap gives whole pages only of what the map has. */
	if (bpf_map__set_value_size(bpf_object__find_map_by_name(object, name), (__u32)size))
		die("size of %s", name);
}

static int new_image(void **ret)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fb_image", 4, FB_IMAGE_BYTES_SMALL, 1, &opts);

	if (fd < 0)
		die("image map: %m");
	*ret = mmap(NULL, FB_IMAGE_BYTES_SMALL, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*ret == MAP_FAILED)
		die("mmap of the image: %m");
	return fd;
}

static int print_warnings(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, ap) : 0;
}

static void set_stage(struct rig *rig, __u32 stage, struct bpf_program *prog)
{
	int fd = bpf_program__fd(prog);

	if (bpf_map_update_elem(bpf_map__fd(bpf_object__find_map_by_name(rig->object, "fb_stages")), &stage,
				&fd, 0))
		die("stage %u: %m", stage);
}

static void fill_tables(struct rig *rig)
{
	int dev = bpf_map__fd(bpf_object__find_map_by_name(rig->object, "fb_dev"));

	for (int i = 0; i < RIG_PORTS; i++)
		bpf_map_update_elem(dev, &rig->port[i].ifindex, &rig->port[i].ifindex, 0);
}

static int hear(void *user, void *data, size_t size)
{
	struct rig *rig = user;

	if (size != sizeof(struct fb_event))
		die("an event of %zu bytes", size);
	fb_vec_add(&rig->heard, *(const struct fb_event *)data);
	return 0;
}

struct fb_event_meter *rig_event_meter(const struct rig *rig, unsigned int cpu)
{
	return (struct fb_event_meter *)(rig->scratch + (size_t)cpu * FB_SCRATCH_BYTES + FB_SCRATCH_METER);
}

size_t rig_events(struct rig *rig)
{
	ring_buffer__consume(rig->events);
	return rig->heard.n;
}

void rig_events_begin(struct rig *rig)
{
	rig->runtime->fake_mono_ns += 1ull << FB_TICK_SHIFT;
	rig_events(rig);
	rig->heard.n = 0;
}

void rig_open(struct rig *rig, size_t n_buckets)
{
	struct firebreak_bpf *skel;

	memset(rig, 0, sizeof(*rig));
	libbpf_set_print(print_warnings);
	rig_network(rig);
	if (fb_direct_register())
		die("libbpf's handlers: %m");
	skel = firebreak_bpf__open();
	if (!skel)
		die("open: %m");
	rig->object = skel->obj;
	rig->n_buckets = n_buckets;
	rig->cpus = 1;
	while ((int)rig->cpus < libbpf_num_possible_cpus())
		rig->cpus *= 2;
	set_size(rig->object, "fb_busy", FB_FLOW_BUSY_WORDS(n_buckets) * sizeof(__u64));
	set_size(rig->object, "fb_tags", n_buckets * sizeof(struct fb_flow_tags));
	set_size(rig->object, "fb_flows", n_buckets * FB_FLOW_WAYS * sizeof(struct fb_flow));
	set_size(rig->object, "fb_geometry", sizeof(struct fb_flow_geometry));
	set_size(rig->object, "fb_nexthops", FB_NEXTHOPS * sizeof(struct fb_nexthop));
	set_size(rig->object, "fb_pair_counters",
		 (size_t)rig->cpus * FB_PAIRS_MAX * FB_REASON_COUNT * sizeof(struct fb_pair_counter));
	set_size(rig->object, "fb_rule_counters",
		 (size_t)rig->cpus * FB_RULE_SLOTS * sizeof(struct fb_rule_counter));
	set_size(rig->object, "fb_runtime", sizeof(struct fb_runtime));
	set_size(rig->object, "fb_explain_out", sizeof(struct fb_explain));
	set_size(rig->object, "fb_scratch", (size_t)rig->cpus * FB_SCRATCH_BYTES);
	set_size(rig->object, "fb_switches", sizeof(struct fb_switches));
	set_size(rig->object, "fb_meters", (size_t)FB_METER_SETS * FB_METER_WAYS * sizeof(struct fb_meter));
	set_size(rig->object, "fb_frags", (size_t)FB_FRAG_SETS * FB_FRAG_WAYS * sizeof(struct fb_frag));
	for (int i = 0; i < 2; i++)
		rig->images[i] = new_image(&rig->image[i]);
	bpf_map__set_inner_map_fd(bpf_object__find_map_by_name(rig->object, "fb_images"), rig->images[0]);

	size_t size;
	struct fb_config *cfg = (struct fb_config *)bpf_map__initial_value(
		bpf_object__find_map_by_name(rig->object, ".rodata"), &size);

	cfg->bucket_mask = (__u32)n_buckets - 1;
	cfg->image_mask = FB_IMAGE_BYTES_SMALL / 4 - 1;
	cfg->cpu_mask = rig->cpus - 1;
	cfg->fake_clock = 1;
	cfg->events_per_tick = RIG_EVENTS;
	if (bpf_object__load(rig->object))
		die("the programs do not load");
	set_stage(rig, FB_STAGE_JUDGE, skel->progs.fb_xdp_judge);
	set_stage(rig, FB_STAGE_FRAGMENT, skel->progs.fb_xdp_fragment);
	set_stage(rig, FB_STAGE_REJECT, skel->progs.fb_xdp_reject);
	set_stage(rig, FB_STAGE_WIRE, skel->progs.fb_xdp_wire);
	set_stage(rig, FB_STAGE_NEIGHBOUR, skel->progs.fb_xdp_neighbour);
	rig->xdp = bpf_program__fd(skel->progs.fb_xdp);
	rig->sweep = bpf_program__fd(skel->progs.fb_xdp_sweep);
	rig->tc_in = bpf_program__fd(skel->progs.fb_tc_in);
	rig->tc_out = bpf_program__fd(skel->progs.fb_tc_out);
	rig->runtime = map_memory(rig->object, "fb_runtime");
	rig->switches = map_memory(rig->object, "fb_switches");
	rig->frags = map_memory(rig->object, "fb_frags");
	rig->pairs = map_memory(rig->object, "fb_pair_counters");
	rig->rules = map_memory(rig->object, "fb_rule_counters");
	rig->busy = map_memory(rig->object, "fb_busy");
	rig->tags = map_memory(rig->object, "fb_tags");
	rig->nexthops = map_memory(rig->object, "fb_nexthops");
	rig->flows = map_memory(rig->object, "fb_flows");
	struct fb_flow_geometry *g = map_memory(rig->object, "fb_geometry");

	for (int i = 0; i < 8; i++)
		g->secret[i] = 0x9e3779b97f4a7c15ull * (__u64)(i + 3);
	rig->scratch = map_memory(rig->object, "fb_scratch");
	rig->events = ring_buffer__new(bpf_map__fd(skel->maps.fb_events), hear, rig, NULL);
	if (!rig->events)
		die("the ring buffer of events: %m");
	rig->before = calloc(FB_PAIRS_MAX * FB_REASON_COUNT, sizeof(*rig->before));
	fill_tables(rig);
	rig->runtime->clock_synced = 1;
	rig_clock(rig, 1000, 1900000000);
}

void rig_close(struct rig *rig)
{
	ring_buffer__free(rig->events);
	fb_vec_done(&rig->heard);
	fb_ruleset_done(&rig->rs);
	fb_tree_done(&rig->tree);
	fb_slots_done(&rig->slots);
	bpf_object__close(rig->object);
	free(rig->before);
}

void rig_clock(struct rig *rig, __u64 boot_seconds, __u64 unix_seconds)
{
	rig->runtime->fake_mono_ns = boot_seconds << FB_TICK_SHIFT; /* the rig's second is a tick */
	rig->runtime->fake_unix = unix_seconds;
}

void rig_sweep(const struct rig *rig)
{
	static const __u8 frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame), .repeat = 1);

	if (bpf_prog_test_run_opts(rig->sweep, &opts))
		die("the sweep: %m");
}

void rig_flush_flows(struct rig *rig)
{
	memset(rig->busy, 0, FB_FLOW_BUSY_WORDS(rig->n_buckets) * sizeof(*rig->busy));
	memset(rig->tags, 0, rig->n_buckets * sizeof(*rig->tags));
	memset(rig->frags, 0, (size_t)FB_FRAG_SETS * FB_FRAG_WAYS * sizeof(*rig->frags));
	memset(rig->flows, 0, rig->n_buckets * FB_FLOW_WAYS * sizeof(*rig->flows));
}

bool rig_policy(struct rig *rig, const char *text)
{
	struct fb_diags diags = { 0 };
	struct fb_check_options options = { .now = (__s64)rig->runtime->fake_unix,
					    .slots = &rig->slots,
					    .local_to_unix = fb_clock_local_to_unix };
	struct fb_host_port ports[RIG_PORTS];
	struct fb_image_stats stats;
	struct fb_error err = { 0 };
	unsigned int errors;
	int spare = !rig->live, zero = 0;

	fb_ruleset_done(&rig->rs);
	fb_tree_done(&rig->tree);
	memset(&rig->rs, 0, sizeof(rig->rs));
	memset(&rig->tree, 0, sizeof(rig->tree));
	errors = fb_parse(&rig->tree, "rig.fb", text, strlen(text), NULL, &diags);
	errors += fb_check(&rig->tree, &options, &diags, &rig->rs);
	if (errors) {
		struct fb_strbuf out = { 0 };

		fb_diags_print(&diags, &rig->tree.sources, &out);
		fprintf(stderr, "%s", fb_strbuf_get(&out));
		fb_strbuf_done(&out);
		fb_diags_done(&diags);
		return false;
	}
	fb_diags_done(&diags);
	memset(rig->image[spare], 0, FB_IMAGE_BYTES_SMALL);
	struct fb_compile_input in = { .ruleset = &rig->rs,
				       .ports = ports,
				       .n_ports = rig_host_ports(rig, ports),
				       .generation = ++rig->generation,
				       .applied = (__s64)rig->runtime->fake_unix };

	if (fb_compile(&in, rig->image[spare], FB_IMAGE_BYTES_SMALL, &stats, &err))
		die("compile: %s", err.text);
	if (bpf_map_update_elem(bpf_map__fd(bpf_object__find_map_by_name(rig->object, "fb_images")), &zero,
				&rig->images[spare], 0))
		die("switch: %m");
	rig->live = spare;
	rig_host_tables(rig);
	return true;
}

unsigned int rig_zone(const struct rig *rig, const char *name)
{
	const struct fb_zone *zone = fb_ruleset_zone(&rig->rs, name);

	return strcmp(name, "self") == 0 ? FB_ZONE_SELF : zone ? zone->id : 0;
}

__u64 rig_rule_packets(const struct rig *rig, const char *id)
{
	__u64 packets = 0;

	for (size_t i = 0; i < rig->rs.lines.n; i++) {
		const struct fb_line *line = &rig->rs.lines.v[i];

		for (unsigned int cpu = 0; cpu < rig->cpus && strcmp(line->id, id) == 0; cpu++)
			packets += rig->rules[cpu * FB_RULE_SLOTS + line->slot].packets;
	}
	return packets;
}

size_t rig_flow_count(const struct rig *rig)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_buckets * FB_FLOW_WAYS; i++)
		n += FB_WAY_META(rig->flows[i].way) != 0;
	return n;
}

static __u64 counter(const struct rig *rig, size_t i)
{
	__u64 packets = 0;

	for (unsigned int cpu = 0; cpu < rig->cpus; cpu++)
		packets += rig->pairs[cpu * (size_t)FB_PAIRS_MAX * FB_REASON_COUNT + i].packets;
	return packets;
}

static void remember(struct rig *rig)
{
	for (size_t i = 0; i < FB_PAIRS_MAX * FB_REASON_COUNT; i++)
		rig->before[i].packets = counter(rig, i);
}

static void compare(struct rig *rig, struct rig_result *r)
{
	for (size_t i = 0; i < FB_PAIRS_MAX * FB_REASON_COUNT; i++) {
		__u64 moved = counter(rig, i) - rig->before[i].packets;

		if (!moved)
			continue;
		if (i % FB_REASON_COUNT == FB_WOULD_DROP) {
			r->would_drop = true;
			continue;
		}
		r->counters += (unsigned int)moved;
		r->reason = (enum fb_reason)(i % FB_REASON_COUNT);
		r->src_zone = (unsigned int)(i / FB_REASON_COUNT / FB_ZONES_MAX);
		r->dst_zone = (unsigned int)(i / FB_REASON_COUNT % FB_ZONES_MAX);
	}
}

static const struct rig_port *find_port(const struct rig *rig, const char *zone)
{
	for (int i = 0; i < RIG_PORTS; i++)
		if (strcmp(rig->port[i].zone, zone) == 0)
			return &rig->port[i];
	die("the rig has no zone %s", zone);
	return NULL;
}

/* Runs one program; r may be NULL. */
static int test_run(struct rig *rig, const char *zone, const struct frame *f, bool made_here,
		    struct rig_result *r)
{
	__u8 out[2048];
	struct xdp_md xdp = { .data_end = (__u32)f->len, .ingress_ifindex = find_port(rig, zone)->ifindex };
	struct __sk_buff skb = { .ifindex = find_port(rig, zone)->ifindex, .gso_segs = rig->pieces };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->b, .data_size_in = (__u32)f->len,
		    .data_out = r ? r->out : out, .data_size_out = sizeof(out), .repeat = 1);

	opts.ctx_in = made_here ? (void *)&skb : (void *)&xdp;
	opts.ctx_size_in = made_here ? sizeof(skb) : sizeof(xdp);
	if (bpf_prog_test_run_opts(made_here ? rig->tc_out : rig->xdp, &opts))
		die("test run (%zu bytes): %m", f->len);
	if (r)
		r->out_len = opts.data_size_out;
	return (int)opts.retval;
}

int rig_run(struct rig *rig, const char *zone, const struct frame *f, bool made_here)
{
	return test_run(rig, zone, f, made_here, NULL);
}

__u64 rig_pair_packets(const struct rig *rig, unsigned int src, unsigned int dst, unsigned int reason)
{
	return counter(rig, (size_t)FB_PAIR(src, dst) * FB_REASON_COUNT + reason);
}

static struct rig_result run_and_compare(struct rig *rig, const char *zone, const struct frame *f,
					 bool made_here)
{
	struct rig_result r = { 0 };

	remember(rig);
	r.action = test_run(rig, zone, f, made_here, &r);
	compare(rig, &r);
	return r;
}

struct rig_result rig_xdp(struct rig *rig, const char *zone, const struct frame *f)
{
	return run_and_compare(rig, zone, f, false);
}

struct rig_result rig_tc_out(struct rig *rig, const char *zone, const struct frame *f)
{
	return run_and_compare(rig, zone, f, true);
}

const char *rig_reason_name(enum fb_reason reason)
{
	static const char *const names[FB_REASON_COUNT] = { [FB_PASSED] = "passed",
#define FB_X(n, id, name, text) [n] = name,
							    FB_REASONS(FB_X)
#undef FB_X
	};

	return reason < FB_REASON_COUNT && names[reason] ? names[reason] : "?";
}

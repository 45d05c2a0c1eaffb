// SPDX-License-Identifier: GPL-2.0-only
#include "engine.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench.skel.h"

void engine_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void *map_fd(int fd, size_t size, const char *name)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		engine_die("mmap of %s (%zu bytes): %m", name, size);
	return p;
}

void *engine_map(const char *path, size_t size)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		engine_die("%s: %m", path);
	void *p = map_fd(fd, size, path);

	close(fd);
	return p;
}

static void set_target(struct bpf_map *map, int prog)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(map), &zero, &prog, 0))
		engine_die("%s: cannot be called from a driver: %m", bpf_map__name(map));
}

void engine_open(struct engine *e)
{
	memset(e, 0, sizeof(*e));
	/* The machine is rarely idle; this way others' work disturbs less, and it is said in the output anyway. */
	setpriority(PRIO_PROCESS, 0, -20);
	e->skel = bench_bpf__open_and_load();
	if (!e->skel)
		engine_die("the bench's programs do not load: %m");
	e->cfg = map_fd(bpf_map__fd(e->skel->maps.bench_cfg), sizeof(*e->cfg), "bench_cfg");
	e->tuples = map_fd(bpf_map__fd(e->skel->maps.bench_tuples), BENCH_TUPLES * sizeof(*e->tuples),
			   "bench_tuples");
	e->drive_real = bpf_program__fd(e->skel->progs.bench_drive_real);
	e->drive_none = bpf_program__fd(e->skel->progs.bench_drive_none);
	e->generate = bpf_program__fd(e->skel->progs.bench_generate);
	e->count = bpf_program__fd(e->skel->progs.bench_count);
	set_target(e->skel->maps.bench_none, bpf_program__fd(e->skel->progs.bench_empty));
	inet_pton(AF_INET6, "2001:db8:a::", e->cfg->src6); /* the rest is the header's */
	inet_pton(AF_INET6, "2001:db8:b::", e->cfg->dst6);
	engine_family(e, 4);
}

void engine_target(struct engine *e, int prog)
{
	set_target(e->skel->maps.bench_real, prog);
}

void engine_family(struct engine *e, unsigned int family)
{
	e->cfg->family = family;
}

struct engine_run engine_drive(struct engine *e, int driver, unsigned int ifindex, unsigned int runs)
{
	__u8 in[80] = { 0 }, out[512];
	__u32 len = e->cfg->family == 4 ? 60 : 80;
	struct xdp_md ctx = { .data_end = len, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
		    .repeat = (int)runs);

	/* The kernel's own count of time: around it lie an RCU grace period of some ms and, when it must yield, other programs. */
	if (bpf_prog_test_run_opts(driver, &opts))
		engine_die("test run: %m");
	return (struct engine_run){ runs, opts.retval, opts.duration };
}

void engine_generate(struct engine *e, unsigned int packets)
{
	__u8 in[60] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = sizeof(in),
		    .repeat = (int)packets, .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);

	if (bpf_prog_test_run_opts(e->generate, &opts))
		engine_die("live frames: %m");
}

static __u64 counted(const struct bpf_map *map, unsigned int ifindex)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 values[256], sum = 0;
	__u32 key = ifindex & (BENCH_LINKS - 1);

	if (cpus > 256 || bpf_map_lookup_elem(bpf_map__fd(map), &key, values))
		engine_die("%s: %m", bpf_map__name(map));
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}

__u64 engine_counted(struct engine *e, unsigned int ifindex)
{
	return counted(e->skel->maps.bench_counts, ifindex);
}

__u64 engine_counted_apart(struct engine *e, unsigned int ifindex)
{
	return counted(e->skel->maps.bench_apart, ifindex);
}

void engine_mac(const char *ifname, __u8 mac[6])
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", ifname);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &req))
		engine_die("MAC address of %s: %m", ifname);
	memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	close(fd);
}

/* 10.1.0.0/16 -> 198.19.0.0/16 port 5001, shuffled: consecutive packets share neither bucket nor line. */
void engine_flows(struct engine *e, unsigned int n, __u8 proto)
{
	__u64 state = 88172645463325252ull;

	if (n > BENCH_TUPLES)
		engine_die("%u flows, %u fit", n, BENCH_TUPLES);
	for (unsigned int i = 0; i < n; i++)
		e->tuples[i] = (struct bench_tuple){ .src = htonl(0x0a010000 | (i & 0xffff)),
						     .dst = htonl(0xc6130000 | ((i * 40503u) & 0xffff)),
						     .sport = htons((__u16)(1024 + (i >> 16))),
						     .dport = htons(5001),
						     .proto = proto };
	for (unsigned int i = n; i > 1; i--) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		unsigned int j = (unsigned int)((state >> 16) % i);
		struct bench_tuple t = e->tuples[i - 1];

		e->tuples[i - 1] = e->tuples[j];
		e->tuples[j] = t;
	}
	e->cfg->n = n;
	e->cfg->next = 0;
}

unsigned int engine_read(struct engine *e, const char *path)
{
	fb_autofclose FILE *in = fopen(path, "re");

	if (!in)
		engine_die("%s: %m", path);
	e->cfg->n = (__u32)fread(e->tuples, sizeof(*e->tuples), BENCH_TUPLES, in);
	e->cfg->next = 0;
	if (!e->cfg->n)
		engine_die("%s: no headers", path);
	return e->cfg->n;
}

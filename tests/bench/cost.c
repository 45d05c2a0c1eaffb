// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_cost [-s SAMPLES] [-b BATCH] [-w FILE] PINS IN OUT NAME=WHAT...
 *
 * What the agent's program under PINS costs, in ns a packet net of an empty program, in the gateway's network namespace. IN and OUT are the devices
 * of the two zones. NAME begins with established or newflow, and WHAT is the number of flows (UDP; .v6: in IPv6; .tcp: one segment after the handshake,
 * again and again); or it begins with deny, and WHAT is a file of headers, of which 100,000 that the program drops are used (and written to the file of
 * -w).
 *
 * Prints: name, median, quarter, three quarters, share of runs that ended as they should (redirect, or no-allow), the empty program's
 * median, the best twentieth, which is what an idle machine would say, and the number of headers.
 */
#include <bpf/bpf.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <unistd.h>

#include "base/cleanup.h"
#include <firebreak_abi.h>
#include <linux/bpf.h>

#include "engine.h"

struct cost {
	struct engine e;
	const char *pins, *write;
	unsigned int in, out, samples, batch;
	__u8 *tags;
	__u64 *busy;
	size_t busy_size;
	struct fb_flow *flows;
	size_t n_ways, flows_size;
	struct fb_pair_counter *pairs;
	size_t n_pairs;
};

static size_t value_size(const char *path)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = bpf_obj_get(path);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		engine_die("%s: %m", path);
	close(fd);
	return info.value_size;
}

static void *pinned_memory(const struct cost *c, const char *name, size_t *ret_size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/maps/%s", c->pins, name);
	*ret_size = value_size(path);
	return engine_map(path, *ret_size);
}

static void open_all(struct cost *c, const char *in, const char *out)
{
	char path[512];
	cpu_set_t one;
	int prog;

	/* Before everybody else on its CPU for the milliseconds of a batch: the medians are the program's, not the neighbours'. */
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }))
		fprintf(stderr, "bench: no real-time priority (%m), expect spread\n");
	CPU_ZERO(&one);
	CPU_SET((unsigned int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &one);
	sched_setaffinity(0, sizeof(one), &one);
	engine_open(&c->e);
	snprintf(path, sizeof(path), "%s/progs/fb_xdp", c->pins);
	prog = bpf_obj_get(path);
	if (prog < 0)
		engine_die("%s: %m", path);
	engine_target(&c->e, prog);
	c->in = if_nametoindex(in);
	c->out = if_nametoindex(out);
	c->tags = pinned_memory(c, "fb_tags", &c->n_ways); /* a byte a way */
	c->busy = pinned_memory(c, "fb_busy", &c->busy_size);
	c->flows = pinned_memory(c, "fb_flows", &c->flows_size);
	c->pairs = pinned_memory(c, "fb_pair_counters", &c->n_pairs);
	c->n_pairs /= sizeof(*c->pairs);
	engine_mac(in, c->e.cfg->dmac);
	memcpy(c->e.cfg->smac, "\x02\0\0\0\x01\x01", 6);
}

/* A way whose word and tag are 0 is free, and the rest of its entry does not matter. */
static void forget_flows(const struct cost *c)
{
	for (size_t i = 0; i < c->n_ways; i++)
		if (c->tags[i])
			c->flows[i].way = c->tags[i] = 0;
	memset(c->busy, 0, c->busy_size);
}

static __u64 count_reason(const struct cost *c, unsigned int reason)
{
	__u64 n = 0;

	for (size_t i = reason; i < c->n_pairs; i += FB_REASON_COUNT)
		n += c->pairs[i].packets;
	return n;
}

/* Original, reply, original: then a flow is established; of TCP they are the three of the handshake. */
static void establish(struct cost *c, unsigned int n)
{
	__u8 mac[6];
	char name[IF_NAMESIZE];

	memcpy(mac, c->e.cfg->dmac, 6);
	c->e.cfg->next = 0;
	c->e.cfg->step = BENCH_SYN;
	engine_drive(&c->e, c->e.drive_real, c->in, n);
	engine_mac(if_indextoname(c->out, name), c->e.cfg->dmac);
	c->e.cfg->reverse = 1;
	c->e.cfg->step = BENCH_SYN_ACK;
	engine_drive(&c->e, c->e.drive_real, c->out, n);
	c->e.cfg->reverse = 0;
	c->e.cfg->step = BENCH_ACK;
	memcpy(c->e.cfg->dmac, mac, 6);
	engine_drive(&c->e, c->e.drive_real, c->in, n);
}

/* Pairs of batches, the empty program's and the real one's over the same headers. */
static void measure(struct cost *c, const char *name, bool fresh, bool dropped)
{
	struct sample net = { 0 }, empty = { 0 };
	__u64 runs = 0, good = 0;

	for (unsigned int s = 0; s < c->samples; s++) {
		__u32 first = c->e.cfg->next;

		if (fresh)
			forget_flows(c);
		struct engine_run none = engine_drive(&c->e, c->e.drive_none, c->in, c->batch);

		c->e.cfg->next = first;
		c->e.cfg->forwarded = 0;
		__u64 before = dropped ? count_reason(c, FB_DROP_NO_ALLOW) : 0;
		struct engine_run real = engine_drive(&c->e, c->e.drive_real, c->in, c->batch);

		sample_add(&net, real.ns - none.ns);
		sample_add(&empty, none.ns);
		runs += c->batch;
		good += dropped ? count_reason(c, FB_DROP_NO_ALLOW) - before
				: c->e.cfg->forwarded + (real.retval == XDP_REDIRECT);
	}
	printf("%s\t%.1f\t%.1f\t%.1f\t%.6f\t%.1f\t%.1f\t%u\n", name, sample_quantile(&net, 0.5),
	       sample_quantile(&net, 0.25), sample_quantile(&net, 0.75), (double)good / (double)runs,
	       sample_quantile(&empty, 0.5), sample_quantile(&net, 0.05), c->e.cfg->n);
	fflush(stdout);
	sample_done(&net);
	sample_done(&empty);
}

/* Of the headers in the file those that the policy denies, 100,000 at most. */
static void keep_denied(struct cost *c, const char *path)
{
	fb_autofclose FILE *in = fopen(path, "re");
	struct bench_tuple *tuples = c->e.tuples;
	unsigned int kept = 0;

	if (!in)
		engine_die("%s: %m", path);
	c->e.cfg->n = BENCH_TUPLES;
	while (kept < 100000 && fread(&tuples[kept], sizeof(*tuples), 1, in) == 1) {
		c->e.cfg->next = kept;
		kept += engine_drive(&c->e, c->e.drive_real, c->in, 1).retval == XDP_DROP;
	}
	if (!kept)
		engine_die("%s: the policy denies none of the headers", path);
	fprintf(stderr, "    %s: %u headers that are denied\n", path, kept);
	if (c->write) {
		fb_autofclose FILE *out = fopen(c->write, "we");

		if (!out || fwrite(c->e.tuples, sizeof(*c->e.tuples), kept, out) != kept)
			engine_die("%s: %m", c->write);
	}
	c->e.cfg->n = kept;
	c->e.cfg->next = 0;
	forget_flows(c);
}

static void scenario(struct cost *c, char *name)
{
	char *what = strchr(name, '=');
	unsigned int n;

	if (!what)
		engine_die("%s: NAME=WHAT expected", name);
	*what++ = 0;
	n = (unsigned int)atoi(what);
	forget_flows(c);
	c->e.cfg->step = BENCH_SYN;
	engine_family(&c->e, strstr(name, ".v6") ? 6 : 4);
	if (!strncmp(name, "deny", 4)) {
		keep_denied(c, what);
		measure(c, name, false, true);
		return;
	}
	engine_flows(&c->e, n, strstr(name, ".tcp") ? IPPROTO_TCP : IPPROTO_UDP);
	if (!strncmp(name, "newflow", 7)) {
		measure(c, name, true, false);
		return;
	}
	establish(c, n);
	engine_drive(&c->e, c->e.drive_real, c->in, n);
	measure(c, name, false, false);
}

int main(int argc, char **argv)
{
	struct cost c = { .samples = 151, .batch = 200000 };
	int opt;

	while ((opt = getopt(argc, argv, "+s:b:w:")) != -1) {
		if (opt == 's')
			c.samples = (unsigned int)atoi(optarg);
		else if (opt == 'b')
			c.batch = (unsigned int)atoi(optarg);
		else if (opt == 'w')
			c.write = optarg;
		else
			return 2;
	}
	if (argc - optind < 4 || !c.samples || !c.batch)
		engine_die("usage: bench_cost [-s SAMPLES] [-b BATCH] [-w FILE] PINS IN OUT NAME=WHAT...");
	c.pins = argv[optind];
	open_all(&c, argv[optind + 1], argv[optind + 2]);
	for (int i = optind + 3; i < argc; i++)
		scenario(&c, argv[i]);
	return 0;
}

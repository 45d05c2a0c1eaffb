// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_rate [-r ROUNDS] [-t MS] GEN SINK NAME,MODE,GATEWAY,GENDEV,SINKDEV,WHAT[,XDP]...
 *
 * How many packets a second pass, or are dropped by, each of several gateways that stand side by side, each in a network namespace GATEWAY with the devices
 * in0 and out0; their peers are GENDEV in namespace GEN and SINKDEV in SINK. The rounds are interleaved: each gateway in turn, ROUNDS times.
 *
 *   forward  WHAT flows, established before; counted by XDP at the far end
 *   new      WHAT packets a round, each a new flow; counted by XDP at the far end
 *   drop     the headers in the file WHAT; counted as what in0 took
 *
 * XDP (fib, drop) is a program of the bench that takes the place of a firewall in the gateway. Prints: name, round, Mpps, share of what was sent.
 */
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench.skel.h"
#include "engine.h"

struct gateway {
	char *name, *mode, *gen_dev, *sink_dev, *what, *xdp;
	int ns;
	unsigned int gen, sink;
	__u8 in_mac[6], out_mac[6], gen_mac[6], sink_mac[6];
	struct bench_tuple *tuples;
	unsigned int n, next, left;
};

static int gen_ns, sink_ns;

static int open_ns(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		engine_die("%s: %m", path);
	return fd;
}

static void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET))
		engine_die("setns: %m");
}

static unsigned int device(const char *name)
{
	unsigned int ifindex = if_nametoindex(name);

	if (!ifindex)
		engine_die("no device %s", name);
	return ifindex;
}

static void attach(unsigned int ifindex, struct bpf_program *prog)
{
	int err = bpf_xdp_attach((int)ifindex, bpf_program__fd(prog), XDP_FLAGS_DRV_MODE, NULL);

	if (err)
		engine_die("attaching a program of the bench: %s", strerror(-err));
}

/* The gateway's own end: nothing but what the row measures. */
static void attach_peer(struct engine *e, const struct gateway *g)
{
	__u32 out = device("out0");

	if (!strcmp(g->xdp, "drop")) {
		attach(device("in0"), e->skel->progs.bench_empty);
		return;
	}
	if (bpf_map_update_elem(bpf_map__fd(e->skel->maps.bench_dev), &out, &out, 0))
		engine_die("bench_dev: %m");
	attach(device("in0"), e->skel->progs.bench_fib);
	attach(out, e->skel->progs.bench_fib); /* so that the frames of the other end have a receiver */
}

static void parse(struct gateway *g, char *text)
{
	char *fields[7] = { 0 }, *field;
	int n = 0;

	while (n < 7 && (field = strsep(&text, ",")))
		fields[n++] = field;
	if (n < 6)
		engine_die("usage: bench_rate [-r ROUNDS] [-t MS] GEN SINK "
			   "NAME,MODE,GATEWAY,GENDEV,SINKDEV,WHAT[,XDP]...");
	*g = (struct gateway){ .name = fields[0],
			       .mode = fields[1],
			       .ns = open_ns(fields[2]),
			       .gen_dev = fields[3],
			       .sink_dev = fields[4],
			       .what = fields[5],
			       .xdp = fields[6] };
}

static void prepare(struct engine *e, struct gateway *g)
{
	enter(g->ns);
	engine_mac("in0", g->in_mac);
	engine_mac("out0", g->out_mac);
	if (g->xdp)
		attach_peer(e, g);
	enter(gen_ns);
	g->gen = device(g->gen_dev);
	engine_mac(g->gen_dev, g->gen_mac);
	attach(g->gen, e->skel->progs.bench_empty);
	enter(sink_ns);
	g->sink = device(g->sink_dev);
	engine_mac(g->sink_dev, g->sink_mac);
	attach(g->sink, e->skel->progs.bench_count);
	if (!strcmp(g->mode, "drop"))
		engine_read(e, g->what);
	else
		engine_flows(e, !strcmp(g->mode, "new") ? BENCH_TUPLES : (unsigned int)atoi(g->what),
			     IPPROTO_UDP);
	g->n = e->cfg->n;
	g->left = !strcmp(g->mode, "new") ? g->n : 0;
	g->tuples = malloc(g->n * sizeof(*g->tuples));
	if (!g->tuples)
		abort();
	memcpy(g->tuples, e->tuples, g->n * sizeof(*g->tuples));
}

static void aim(struct engine *e, const struct gateway *g, bool reply)
{
	enter(reply ? sink_ns : gen_ns);
	e->cfg->ifindex = reply ? g->sink : g->gen;
	e->cfg->reverse = reply;
	memcpy(e->cfg->dmac, reply ? g->out_mac : g->in_mac, 6);
	memcpy(e->cfg->smac, reply ? g->sink_mac : g->gen_mac, 6);
	e->cfg->n = g->n;
	e->cfg->next = g->next;
}

static void establish(struct engine *e, const struct gateway *g)
{
	/* Twice, should a frame be lost: a row about established flows must not measure new ones. */
	for (int i = 0; i < 4; i++) {
		aim(e, g, i & 1);
		engine_generate(e, g->n);
	}
	aim(e, g, false);
	engine_generate(e, g->n);
}

/* What a device of this namespace has received. */
static __u64 received(int ns, const char *name)
{
	char line[512];
	__u64 packets = 0, bytes;

	enter(ns);
	fb_autofclose FILE *f = fopen("/proc/thread-self/net/dev", "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':'), *start = line + strspn(line, " ");

		if (!colon)
			continue;
		*colon = 0;
		if (!strcmp(start, name))
			sscanf(colon + 1, "%llu %llu", &bytes, &packets);
	}
	return packets;
}

static __u64 taken(struct engine *e, const struct gateway *g)
{
	return strcmp(g->mode, "drop") ? engine_counted(e, g->sink) : received(g->ns, "in0");
}

static void measure(struct engine *e, struct gateway *g, unsigned int round, double seconds)
{
	unsigned int chunk = 16384, limit = ~0u;
	__u64 sent = 0;

	if (g->left) {
		limit = (unsigned int)atoi(g->what);
		chunk = limit < 4096 ? limit : 4096;
	}
	memcpy(e->tuples, g->tuples, g->n * sizeof(*g->tuples));
	if (round == 0 && !strcmp(g->mode, "forward"))
		establish(e, g);
	__u64 before = taken(e, g);

	aim(e, g, false);
	double start = seconds_now(), end;

	do {
		engine_generate(e, chunk);
		sent += chunk;
		end = seconds_now();
	} while (end - start < seconds && sent < limit);
	g->next = e->cfg->next;
	usleep(2000); /* what is still in a ring; not in the time */
	__u64 n = taken(e, g) - before;

	printf("%s\t%u\t%.5f\t%.4f\n", g->name, round, (double)n / (end - start) / 1e6,
	       (double)n / (double)sent);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct gateway gateways[32];
	unsigned int rounds = 7, n = 0;
	double seconds = 0.4;
	struct engine e;
	cpu_set_t one;
	int opt;

	while ((opt = getopt(argc, argv, "+r:t:")) != -1) {
		if (opt == 'r')
			rounds = (unsigned int)atoi(optarg);
		else if (opt == 't')
			seconds = atof(optarg) / 1000;
		else
			return 2;
	}
	if (argc - optind < 3)
		engine_die("usage: bench_rate [-r ROUNDS] [-t MS] GEN SINK GATEWAY...");
	CPU_ZERO(&one);
	CPU_SET((unsigned int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &one);
	sched_setaffinity(0, sizeof(one), &one);
	/* What the generator sends is received in softirqs of its own CPU, so nothing that belongs to the row waits for this priority. */
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }))
		fprintf(stderr, "bench: no real-time priority (%m), expect spread\n");
	gen_ns = open_ns(argv[optind]);
	sink_ns = open_ns(argv[optind + 1]);
	engine_open(&e);
	/*
	 * A program that is attached somewhere stays in the kernel's XDP dispatcher. One that is not is put in and taken out at every test
	 * run, each time with an RCU grace period: milliseconds in which nothing is sent.
	 */
	enter(gen_ns);
	if (bpf_xdp_attach((int)device("lo"), e.generate, XDP_FLAGS_SKB_MODE, NULL))
		fprintf(stderr, "bench: lo takes no program; rates will be too low\n");
	for (int i = optind + 2; i < argc && n < 32; i++) {
		parse(&gateways[n], argv[i]);
		prepare(&e, &gateways[n++]);
	}
	for (unsigned int r = 0; r < rounds; r++)
		for (unsigned int i = 0; i < n; i++)
			measure(&e, &gateways[i], r, seconds);
	return 0;
}

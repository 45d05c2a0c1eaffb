// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_flood GATEWAY GENDEV SINKDEV FLOWS TUPLES GEN SINK [answered]
 *
 * FLOWS datagram flows through the gateway (namespace GATEWAY, devices in0 and out0) are established; then TUPLES packets of as many different, allowed tuples follow at
 * full rate, TCP SYNs and datagrams in turn, with sources that never come back; "answered": the servers that they ask answer each. In the middle of it TCP connections are
 * made, 16 at a time, with 65,536 packets of the flood between two steps of each; a SYN without an answer is sent again, as TCP does; at the end it is asked whether each of the FLOWS still lets its answers
 * through. Prints: NAME VALUE a line.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.skel.h"
#include "engine.h"

enum { PIECE = 4096, IN_FLIGHT = 16, ATTEMPTS = 6 };

static struct {
	struct engine e;
	int gen_ns, sink_ns;
	unsigned int gen, sink;
	__u8 in_mac[6], out_mac[6], gen_mac[6], sink_mac[6];
	struct bench_tuple *flows;
	unsigned int n_flows;
} f;

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

static unsigned int count_at(int ns, const char *name, __u8 mac[6])
{
	enter(ns);
	unsigned int ifindex = if_nametoindex(name);

	if (!ifindex)
		engine_die("no device %s", name);
	engine_mac(name, mac);
	int err = bpf_xdp_attach((int)ifindex, bpf_program__fd(f.e.skel->progs.bench_count_apart),
				 XDP_FLAGS_DRV_MODE, NULL);

	if (err)
		engine_die("%s: %s", name, strerror(-err));
	return ifindex;
}

/* Sends n tuples one way, no more than the engine's room. */
static void send_out(const struct bench_tuple *tuples, unsigned int n, bool reply, unsigned int step)
{
	enter(reply ? f.sink_ns : f.gen_ns);
	f.e.cfg->ifindex = reply ? f.sink : f.gen;
	f.e.cfg->reverse = reply;
	f.e.cfg->step = step;
	memcpy(f.e.cfg->dmac, reply ? f.out_mac : f.in_mac, 6);
	memcpy(f.e.cfg->smac, reply ? f.sink_mac : f.gen_mac, 6);
	memcpy(f.e.tuples, tuples, n * sizeof(*tuples));
	f.e.cfg->n = n;
	f.e.cfg->next = 0;
	engine_generate(&f.e, n);
}

/* The same in pieces that a receive ring can hold; how many came out at the other end. */
static __u64 pour(const struct bench_tuple *tuples, unsigned int n, bool reply, unsigned int step)
{
	unsigned int to = reply ? f.gen : f.sink;
	__u64 before = engine_counted(&f.e, to);

	for (unsigned int sent = 0; sent < n; sent += PIECE)
		send_out(tuples + sent, n - sent < PIECE ? n - sent : PIECE, reply, step);
	usleep(2000); /* what is still in a ring */
	return engine_counted(&f.e, to) - before;
}

static struct bench_tuple tuple(unsigned int i, unsigned int sport, unsigned int dport, __u8 proto)
{
	return (struct bench_tuple){ .src = htonl(0x0a010000 | (i & 0xffff)),
				     .dst = htonl(0xc6130000 | ((i * 40503u) & 0xffff)),
				     .sport = htons((__u16)sport),
				     .dport = htons((__u16)dport),
				     .proto = proto };
}

static void establish(void)
{
	f.flows = calloc(f.n_flows, sizeof(*f.flows));
	if (!f.flows)
		abort();
	for (unsigned int i = 0; i < f.n_flows; i++)
		f.flows[i] = tuple(i, 1024 + (i >> 16), 5001, 17);
	/* Original, answer, original; twice, should a frame be lost. */
	for (int i = 0; i < 4; i++)
		pour(f.flows, f.n_flows, i & 1, BENCH_SYN);
	pour(f.flows, f.n_flows, false, BENCH_SYN);
}

/* How many flows let their answers through. A frame can be lost in a ring: a piece is asked again, a flow that is gone stays silent. */
static unsigned int alive(void)
{
	unsigned int sum = 0;

	for (unsigned int first = 0; first < f.n_flows; first += PIECE) {
		unsigned int n = f.n_flows - first < PIECE ? f.n_flows - first : PIECE, best = 0;

		for (int i = 0; i < 5 && best < n; i++) {
			__u64 came = pour(f.flows + first, n, true, BENCH_SYN);

			if (came > best)
				best = came > n ? n : (unsigned int)came;
		}
		sum += best;
	}
	return sum;
}

/* A connection that is made while the flood goes on: a step of three, then many pieces of the flood, then the next. */
struct trial {
	struct bench_tuple tuple;
	unsigned int step, attempts;
};

static struct {
	struct trial v[IN_FLIGHT];
	unsigned int tried, completed;
} trials;

/* One packet, sent again if a ring has lost it, as TCP does. */
static bool arrives(const struct bench_tuple *t, bool reply, unsigned int step)
{
	unsigned int to = reply ? f.gen : f.sink;
	__u64 before = engine_counted_apart(&f.e, to);

	for (int again = 0; again < 5; again++) {
		send_out(t, 1, reply, step);
		for (int wait = 0; wait < 20; wait++) {
			if (engine_counted_apart(&f.e, to) != before)
				return true;
			usleep(100);
		}
	}
	return false;
}

static void go_on(struct trial *t)
{
	static const unsigned int steps[] = { BENCH_SYN, BENCH_SYN_ACK, BENCH_ACK };

	if (!t->step && !t->attempts) {
		t->tuple = tuple(trials.tried, 50000 + (trials.tried >> 16), BENCH_TRIED, 6);
		trials.tried++;
	}
	t->attempts += !t->step;
	if (arrives(&t->tuple, t->step == 1, steps[t->step])) {
		if (++t->step < 3)
			return;
		trials.completed++;
	} else if (t->step < 2 && t->attempts < ATTEMPTS) {
		t->step = 0; /* no answer: the SYN again */
		return;
	}
	t->step = t->attempts = 0;
}

/* The answers of a server that cannot know who is spoofed: to each piece, right behind it. */
static void flood(unsigned int total, bool answered)
{
	struct bench_tuple *piece = calloc(PIECE, sizeof(*piece));
	unsigned int sent = 0, pieces = 0;
	double seconds = 0;

	if (!piece)
		abort();
	while (sent < total) {
		unsigned int n = total - sent < PIECE ? total - sent : PIECE;

		for (unsigned int i = 0; i < n; i++)
			piece[i] = tuple(sent + i, 20000 + ((sent + i) >> 16), 5001, i & 1 ? 17 : 6);
		double start = seconds_now();

		send_out(piece, n, false, BENCH_SYN);
		if (answered)
			send_out(piece, n, true, BENCH_SYN_ACK);
		seconds += seconds_now() - start;
		sent += n;
		go_on(&trials.v[pieces++ % IN_FLIGHT]);
	}
	for (unsigned int i = 0; i < IN_FLIGHT; i++)
		while (trials.v[i].attempts)
			go_on(&trials.v[i]);
	usleep(2000);
	printf("flood_tuples %u\nflood_mpps %.3f\nnew_tried %u\nnew_completed %u\n", sent,
	       (double)sent * (answered ? 2 : 1) / seconds / 1e6, trials.tried, trials.completed);
	free(piece);
}

int main(int argc, char **argv)
{
	if (argc != 8 && !(argc == 9 && strcmp(argv[8], "answered") == 0))
		engine_die("usage: bench_flood GATEWAY GENDEV SINKDEV FLOWS TUPLES GEN SINK [answered]");
	f.n_flows = (unsigned int)atoi(argv[4]);
	if (!f.n_flows || f.n_flows > BENCH_TUPLES)
		engine_die("%s flows: 1 to %u", argv[4], BENCH_TUPLES);
	f.gen_ns = open_ns(argv[6]);
	f.sink_ns = open_ns(argv[7]);
	engine_open(&f.e);
	enter(open_ns(argv[1]));
	engine_mac("in0", f.in_mac);
	engine_mac("out0", f.out_mac);
	f.gen = count_at(f.gen_ns, argv[2], f.gen_mac);
	f.sink = count_at(f.sink_ns, argv[3], f.sink_mac);
	enter(f.gen_ns);
	/* See rate.c: a program that is attached somewhere starts at once. */
	if (bpf_xdp_attach((int)if_nametoindex("lo"), f.e.generate, XDP_FLAGS_SKB_MODE, NULL))
		fprintf(stderr, "bench: lo takes no program; this takes longer\n");
	establish();
	printf("established %u\n", alive());
	flood((unsigned int)atoi(argv[5]), argc == 9);
	printf("alive %u\n", alive());
	return 0;
}

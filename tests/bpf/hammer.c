// SPDX-License-Identifier: GPL-2.0-only
#include "hammer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct rig rig;
cpu_set_t cpus;
static atomic_bool stop;

const char lines[] =
	"firebreak cam -> net { allow any -> any udp/9000 id a\n allow any -> any udp/9001 id b }\n"
	"firebreak cam -> vid { allow any -> any udp/9000 id c }\n";
/* The same, and a line more: all flows are judged again. */
static const char more[] = "firebreak sig -> vid { allow any -> any udp/9000 id d }\n";

unsigned int n_threads;
struct hammer all[THREADS_MAX];

static __u32 rnd(struct hammer *h, __u32 n)
{
	h->state ^= h->state << 13;
	h->state ^= h->state >> 7;
	h->state ^= h->state << 17;
	return (__u32)((h->state * 0x2545f4914f6cdd1dull) >> 32) % n;
}

static void host_name(char *buf, size_t size, const char *net, __u32 i)
{
	snprintf(buf, size, "%s%u", net, 16 + i);
}

void add_neighbours(void)
{
	static const struct {
		const char *net, *dev;
		unsigned int mac;
	} side[] = { { "10.20.0.", "v-cam", 1 }, { "203.0.113.", "v-net", 2 }, { "10.30.0.", "v-vid", 3 } };

	for (size_t s = 0; s < 3; s++)
		for (unsigned int i = 0; i < HOSTS; i++) {
			char cmd[160];

			snprintf(cmd, sizeof(cmd), "ip neigh replace %s%u lladdr 02:00:00:00:0%u:%02x dev %s",
				 side[s].net, 16 + i, side[s].mac, 16 + i, side[s].dev);
			if (system(cmd))
				exit(1);
		}
}

int build(__u32 i, bool answer, struct frame *f, __u8 mac[2], bool *tagged)
{
	__u32 line = i % LINES, from = i / LINES % HOSTS, to = i / LINES / HOSTS % HOSTS;
	char cam[32], far[32];

	host_name(cam, sizeof(cam), "10.20.0.", from);
	host_name(far, sizeof(far), line == 2 ? "10.30.0." : "203.0.113.", to);
	const struct frame_spec spec = {
		.vlan = answer && line == 2 ? 30 : 0,
		.dmac = RIG_MAC,
		.src = answer ? far : cam,
		.dst = answer ? cam : far,
		.sport = (__u16)(answer ? 9000 + (line == 1) : FIRST_PORT + i),
		.dport = (__u16)(answer ? FIRST_PORT + i : 9000 + (line == 1)),
		.pad = 18
	}; /* as long as frames are, or none takes the shortest way */

	frame_build(f, &spec);
	mac[0] = answer ? 1 : line == 2 ? 3 : 2;
	mac[1] = (__u8)(16 + (answer ? from : to));
	*tagged = !answer && line == 2;
	return (int)line;
}

int strike(struct hammer *h, __u32 i, bool answer)
{
	bool tagged;
	__u8 mac[2], out[256];
	struct frame f;
	int line = build(i, answer, &f, mac, &tagged);
	struct xdp_md ctx = { .data_end = (__u32)f.len,
			      .ingress_ifindex = rig.port[!answer     ? 0
							  : line == 2 ? 2
								      : 3]
							 .ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.b, .data_size_in = (__u32)f.len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = 1);

	if (bpf_prog_test_run_opts(rig.xdp, &opts)) {
		h->unknown++;
		return -1;
	}
	h->runs++;
	if (opts.retval == XDP_DROP) {
		h->dropped++;
		return XDP_DROP;
	}
	h->left[line]++;
	h->crossed[(line == 2) * 2 + answer]++;
	if (opts.retval == XDP_PASS) {
		h->passed++;
		return XDP_PASS;
	}
	if (out[4] != mac[0] || out[5] != mac[1] || (out[12] == 0x81) != tagged || (tagged && out[15] != 30))
		h->foreign++;
	return XDP_REDIRECT;
}

_Atomic enum task task;
atomic_uint window, done;

/*
 * A packet and its answer, of a flow that is often new, while others look for idle buckets. No other thread has the tuple: who writes into its flow cannot be
 * stopped by the machine. The answer finds it, but not if the clock moved: then the flow may have expired in between.
 */
static void ask_and_answer(struct hammer *h)
{
	__u32 i = (atomic_load(&window) + rnd(h, WINDOW)) % TUPLES / n_threads * n_threads + (__u32)(h - all);
	__u64 begin = __atomic_load_n(&rig.runtime->fake_mono_ns, __ATOMIC_SEQ_CST);
	int there = strike(h, i, false), back = strike(h, i, true);
	__u64 took = __atomic_load_n(&rig.runtime->fake_mono_ns, __ATOMIC_SEQ_CST) - begin;

	if (there == XDP_DROP || took)
		return;
	h->answers++;
	h->missed += back == XDP_DROP;
}

/* An answer of one flow, the same for all; the routes change all the time, so each answer writes into it. Flow after flow: not all are at home. */
static void answer_alone(struct hammer *h)
{
	__atomic_add_fetch(&rig.runtime->route_epoch, 1, __ATOMIC_SEQ_CST);
	h->missed += strike(h, atomic_load(&window), true) == XDP_DROP;
	h->answers++;
}

/* The next tuple, once everybody is to begin it. */
static void make_at_once(struct hammer *h)
{
	__u32 i = atomic_load(&window);

	if (i == h->made) {
		sched_yield();
		return;
	}
	strike(h, i, false);
	h->made = i;
	atomic_fetch_add(&done, 1);
}

static void *hammer(void *arg)
{
	struct hammer *h = arg;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(h->cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	while (!atomic_load(&stop)) {
		enum task now = atomic_load(&task);

		/* Where the table is emptied from here in between, no bucket may be in a program's hand. */
		if (now != MAKE_AT_ONCE && rnd(h, 8) == 0)
			rig_sweep(&rig);
		switch (now) {
		case ASK_AND_ANSWER:
			ask_and_answer(h);
			break;
		case ANSWER:
			answer_alone(h);
			break;
		case MAKE_AT_ONCE:
			make_at_once(h);
			break;
		case STRIKE:
			strike(h, rnd(h, STRUCK), rnd(h, 3) == 0);
		}
	}
	return NULL;
}

void cut(__u64 zones)
{
	__atomic_store_n(&rig.switches->cut[rig_zone(&rig, "cam")], zones, __ATOMIC_SEQ_CST);
}

void stir(unsigned int seconds)
{
	static char text[2][2048];
	struct timespec begin, now;

	snprintf(text[0], sizeof(text[0]), "%s%s", rig_zones, lines);
	snprintf(text[1], sizeof(text[1]), "%s%s%s", rig_zones, lines, more);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned int i = 0;; i++) {
		usleep(2000);
		__atomic_add_fetch(&rig.runtime->fake_mono_ns, 1ull << FB_TICK_SHIFT, __ATOMIC_SEQ_CST);
		if (i % 7 == 0)
			__atomic_add_fetch(&rig.runtime->route_epoch, 1, __ATOMIC_SEQ_CST);
		cut(i % 16 == 3 ? 1ull << rig_zone(&rig, "vid") : 0);
		if (i % 100 == 99 && !rig_policy(&rig, text[i / 100 % 2]))
			exit(1);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - begin.tv_sec >= (time_t)seconds)
			break;
	}
	cut(0);
}

static unsigned int cpu_of(unsigned int thread)
{
	unsigned int nth = thread % (unsigned int)CPU_COUNT(&cpus), cpu = 0;

	while (!CPU_ISSET(cpu, &cpus) || nth--)
		cpu++;
	return cpu;
}

void begin(void)
{
	atomic_store(&stop, false);
	for (unsigned int i = 0; i < n_threads; i++) {
		all[i] = (struct hammer){ .cpu = cpu_of(i), .state = 0x9e3779b97f4a7c15ull * (i + 1) };
		pthread_create(&all[i].thread, NULL, hammer, &all[i]);
	}
}

void end(void)
{
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < n_threads; i++)
		pthread_join(all[i].thread, NULL);
}

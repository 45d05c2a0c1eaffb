// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow table under all CPUs at once: far more tuples than ways, so that entries are made, found, answered, displaced, expired and judged again all the time, while the
 * clock runs a second every two milliseconds, routes change, policies are switched and a pair of zones is cut. Every packet that leaves must carry the MACs and tag of its own destination and
 * be counted for its own line and pair of zones. Usage: bpf_hammer [SECONDS]; else FB_HAMMER_SECONDS, or 8. It uses the CPUs that it may run on: with one alone
 * packets do not overtake each other, and little is tried.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "rig.h"

enum {
	HOSTS = 16,
	TUPLES = 8192,
	STRUCK = 1536,
	BUCKETS = 64,
	LINES = 3,
	PAIRS = 4,
	THREADS_MAX = 64,
	FIRST_PORT = 1024
};

struct cases cases;
static struct rig rig;
static atomic_bool stop;

static const char lines[] =
	"firebreak cam -> net { allow any -> any udp/9000 id a\n allow any -> any udp/9001 id b }\n"
	"firebreak cam -> vid { allow any -> any udp/9000 id c }\n";
/* The same, and a line more: all flows are judged again. */
static const char more[] = "firebreak sig -> vid { allow any -> any udp/9000 id d }\n";

struct hammer {
	pthread_t thread;
	unsigned int cpu;
	__u64 state;
	__u64 runs, left[LINES], crossed[PAIRS], foreign, unknown, dropped, passed;
	__u64 answers,
		missed; /* to a flow that was made just before, and of these how many did not find it */
	__u32 made;	/* the tuple that it has last begun together with the others */
};

static unsigned int n_threads;
static struct hammer all[THREADS_MAX];

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

/* Neighbours of their own, so that a packet tells by its MAC whose next hop it used. */
static void add_neighbours(void)
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

/* Tuple i, or its answer. Returns its line; *mac = what the frame must be sent to. */
static int build(__u32 i, bool answer, struct frame *f, __u8 mac[2], bool *tagged)
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

/* XDP_*, or -1. */
static int strike(struct hammer *h, __u32 i, bool answer)
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

/* What the threads do. */
enum task { STRIKE, ASK_AND_ANSWER, ANSWER, MAKE_AT_ONCE };
static _Atomic enum task task;

/* So few tuples at a time that buckets are idle most of the time; they move on. */
enum { WINDOW = 24 };
static atomic_uint window, done;

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
enum { CROWD = BUCKETS * 6 };
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

/* While cam is cut from these zones, the flows between them are freed by whoever meets one. */
static void cut(__u64 zones)
{
	__atomic_store_n(&rig.switches->cut[rig_zone(&rig, "cam")], zones, __ATOMIC_SEQ_CST);
}

/* The clock, the routes' epoch, the policy and a switch move while everybody strikes. */
static void stir(unsigned int seconds)
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

static cpu_set_t cpus; /* that this may run on */

static unsigned int cpu_of(unsigned int thread)
{
	unsigned int nth = thread % (unsigned int)CPU_COUNT(&cpus), cpu = 0;

	while (!CPU_ISSET(cpu, &cpus) || nth--)
		cpu++;
	return cpu;
}

static void begin(void)
{
	atomic_store(&stop, false);
	for (unsigned int i = 0; i < n_threads; i++) {
		all[i] = (struct hammer){ .cpu = cpu_of(i), .state = 0x9e3779b97f4a7c15ull * (i + 1) };
		pthread_create(&all[i].thread, NULL, hammer, &all[i]);
	}
}

static void end(void)
{
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < n_threads; i++)
		pthread_join(all[i].thread, NULL);
}

static void no_packet_uses_another_flows_next_hop_or_zone(unsigned int seconds)
{
	__u64 runs = 0, dropped = 0, passed = 0;
	__u64 freed;

	begin();
	stir(seconds);
	end();
	for (unsigned int i = 0; i < n_threads; i++) {
		CHECK(!all[i].foreign, "thread %u: %llu of %llu", i, (unsigned long long)all[i].foreign,
		      (unsigned long long)all[i].runs);
		CHECK(!all[i].unknown, "thread %u: %llu runs failed", i, (unsigned long long)all[i].unknown);
		runs += all[i].runs;
		dropped += all[i].dropped;
		passed += all[i].passed;
	}
	freed = rig_pair_packets(&rig, rig_zone(&rig, "cam"), rig_zone(&rig, "vid"), FB_DROP_ISOLATED);
	CHECK(freed, "nothing was cut");
	CHECK(runs > 1000 && dropped * 20 < runs * 19, "%llu runs, %llu dropped", (unsigned long long)runs,
	      (unsigned long long)dropped);
	printf("# %llu packets in %u s by %u threads on %d CPUs, %llu dropped, %llu to the kernel\n",
	       (unsigned long long)runs, seconds, n_threads, CPU_COUNT(&cpus), (unsigned long long)dropped,
	       (unsigned long long)passed);
}

static void every_packet_that_left_is_counted_for_its_own_line(void)
{
	static const char *const ids[LINES] = { "a", "b", "c" };

	for (int line = 0; line < LINES; line++) {
		__u64 left = 0, counted = rig_rule_packets(&rig, ids[line]);

		for (unsigned int i = 0; i < n_threads; i++)
			left += all[i].left[line];
		CHECK(counted == left, "line %s: %llu left, %llu are counted", ids[line],
		      (unsigned long long)left, (unsigned long long)counted);
	}
}

static void every_packet_that_left_is_counted_for_its_own_zones_and_none_for_others(void)
{
	static const char *const ends[PAIRS][2] = {
		{ "cam", "net" }, { "net", "cam" }, { "cam", "vid" }, { "vid", "cam" }
	};
	__u64 everywhere = 0, own = 0;

	for (int pair = 0; pair < PAIRS; pair++) {
		__u64 left = 0, counted = rig_pair_packets(&rig, rig_zone(&rig, ends[pair][0]),
							   rig_zone(&rig, ends[pair][1]), FB_PASSED);

		for (unsigned int i = 0; i < n_threads; i++)
			left += all[i].crossed[pair];
		CHECK(counted == left, "%s -> %s: %llu left, %llu are counted", ends[pair][0], ends[pair][1],
		      (unsigned long long)left, (unsigned long long)counted);
		own += counted;
	}
	for (unsigned int src = 0; src < FB_ZONES_MAX; src++)
		for (unsigned int dst = 0; dst < FB_ZONES_MAX; dst++)
			everywhere += rig_pair_packets(&rig, src, dst, FB_PASSED);
	CHECK(everywhere == own, "%llu between other zones", (unsigned long long)(everywhere - own));
}

static __u64 word_of(size_t i)
{
	return rig.flows[i].way;
}

/*
 * Ways are lost if two ends, or an end and a beginning, get into each other's way. In a full table such a way is soon taken again: so all flows are
 * ended at last, by everybody at once. Some expired before.
 */
static void no_tag_leaks_and_no_entry_stays_locked(void)
{
	size_t hidden = 0, locked = 0, vacant = 0, ways = rig.n_buckets * FB_FLOW_WAYS;

	begin();
	usleep(300000);
	cut(~0ull);
	usleep(1000000);
	end();
	cut(0);
	for (size_t i = 0; i < ways; i++) {
		__u64 word = word_of(i);

		hidden += FB_WAY_META(word) &&
			  rig.tags[i / FB_FLOW_WAYS].tag[i % FB_FLOW_WAYS] != (__u8)FB_WAY_TAG(word);
		vacant += !FB_WAY_META(word);
		locked += !!(word & FB_WAY_LOCK);
	}
	CHECK(!hidden && !locked, "%zu flows that nobody finds, %zu entries locked", hidden, locked);
	CHECK(vacant > ways / 2, "only %zu of %zu flows ended", vacant, ways);
}

/* A bucket that is said to be idle has no flow, not even a dead one, and so its flows are found while buckets become idle all around. */
static void a_flow_is_found_while_idle_buckets_are_looked_for(void)
{
	__u64 answers = 0, missed = 0;
	size_t swept = 0, hidden = 0;

	rig_flush_flows(&rig);
	atomic_store(&task, ASK_AND_ANSWER);
	begin();
	for (unsigned int i = 0; i < 2000; i++) {
		usleep(1000);
		__atomic_add_fetch(&rig.runtime->fake_mono_ns, 6ull << FB_TICK_SHIFT, __ATOMIC_SEQ_CST);
		atomic_fetch_add(&window, 1);
	}
	end();
	atomic_store(&task, STRIKE);
	for (unsigned int i = 0; i < n_threads; i++) {
		answers += all[i].answers;
		missed += all[i].missed;
		CHECK(!all[i].foreign && !all[i].unknown, "thread %u", i);
	}
	for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++) {
		size_t bucket = i / FB_FLOW_WAYS;

		if (rig.busy[bucket / FB_FLOW_NEAR] >> bucket % FB_FLOW_NEAR & 1)
			continue;
		hidden += FB_WAY_META(word_of(i)) || rig.tags[bucket].tag[i % FB_FLOW_WAYS];
		swept += word_of(i) != 0;
	}
	CHECK(answers > 1000 && !missed, "%llu of %llu answers", (unsigned long long)missed,
	      (unsigned long long)answers);
	CHECK(!hidden, "%zu flows in buckets that are said to be idle", hidden);
	CHECK(swept > BUCKETS, "only %zu ways were swept", swept);
	printf("# %llu answers, %zu ways idle again\n", (unsigned long long)answers, swept);
}

/* Unless a writer is stopped by the machine for longer than the others wait: one in 4,000 may be. It was one in 2,000 when what had changed was not read again. */
static void a_flow_is_found_while_others_write_into_it(void)
{
	struct hammer first = { 0 };
	__u64 answers = 0, missed = 0;

	rig_flush_flows(&rig);
	for (__u32 i = 0; i < CROWD; i++)
		strike(&first, i, false);
	atomic_store(&window, 0);
	atomic_store(&task, ANSWER);
	begin();
	for (; atomic_load(&window) < CROWD - 1; atomic_fetch_add(&window, 1))
		usleep(5000);
	end();
	atomic_store(&task, STRIKE);
	for (unsigned int i = 0; i < n_threads; i++) {
		answers += all[i].answers;
		missed += all[i].missed;
	}
	CHECK(answers > 1000 && missed * 4000 < answers, "%llu of %llu answers", (unsigned long long)missed,
	      (unsigned long long)answers);
	printf("# %llu answers, %llu missed\n", (unsigned long long)answers, (unsigned long long)missed);
}

/* How many live entries a tuple has. */
static unsigned int lives(__u32 i)
{
	unsigned int n = 0;

	for (size_t k = 0; k < rig.n_buckets * FB_FLOW_WAYS; k++) {
		const struct fb_flow *e = &rig.flows[k];

		n += FB_WAY_META(word_of(k)) && (e->port_a == FIRST_PORT + i || e->port_b == FIRST_PORT + i);
	}
	return n;
}

static void of_a_flow_that_all_cpus_make_at_once_one_stays(void)
{
	unsigned int none = 0, several = 0, rounds = 0;
	time_t until = time(NULL) + 4; /* beside other work each round waits for its turn */

	rig_flush_flows(&rig);
	atomic_store(&window, 0);
	atomic_store(&task, MAKE_AT_ONCE);
	begin();
	/* Tuples whose port is not the server's. */
	for (__u32 i = 1; i < 9000 - FIRST_PORT && time(NULL) < until; i++, rounds++) {
		unsigned int n;

		if (i % 64 == 0)
			rig_flush_flows(&rig);
		atomic_store(&done, 0);
		atomic_store(&window, i);
		while (atomic_load(&done) < n_threads)
			sched_yield();
		n = lives(i);
		none += n == 0;
		several += n > 1;
	}
	end();
	atomic_store(&task, STRIKE);
	/* Who makes one may be stopped by the machine for longer than the others wait: then there are two, until one of them is not used any more. */
	CHECK(rounds > 100 && !none && several * 100 < rounds,
	      "of %u flows %u have no entry, %u have several", rounds, none, several);
	printf("# %u flows, %u of them none, %u several\n", rounds, none, several);
}

/* The tag that tuple i has, made alone in an empty table. */
static __u32 tag_of(__u32 i)
{
	struct frame f;
	__u8 mac[2];
	bool tagged;

	rig_flush_flows(&rig);
	build(i, false, &f, mac, &tagged);
	rig_run(&rig, "cam", &f, false);
	for (size_t k = 0; k < rig.n_buckets * FB_FLOW_WAYS; k++)
		if (word_of(k))
			return FB_WAY_TAG(word_of(k));
	return 0;
}

/* Of the last flow of each way, also if it has ended: else nobody would find it, or somebody might find another. Empties the table. */
static void every_tag_is_that_of_the_flow_behind_it(void)
{
	static struct {
		__u32 tuple, tag;
	} seen[BUCKETS * FB_FLOW_WAYS];
	static __u32 tags[STRUCK];
	size_t n = 0, wrong = 0;

	for (size_t k = 0; k < rig.n_buckets * FB_FLOW_WAYS; k++) {
		const struct fb_flow *e = &rig.flows[k];
		__u32 tag = FB_WAY_TAG(word_of(k));
		__u32 port = e->port_a < 9000 ? e->port_a : e->port_b;

		if (!tag)
			continue;
		seen[n].tuple = port - FIRST_PORT;
		seen[n++].tag = tag;
	}
	for (__u32 i = 0; i < STRUCK; i++)
		tags[i] = tag_of(i);
	for (size_t k = 0; k < n; k++)
		wrong += seen[k].tuple >= STRUCK || !seen[k].tag || tags[seen[k].tuple] != seen[k].tag;
	CHECK(n && !wrong, "%zu of %zu", wrong, n);
}

/* A key has one live entry, whoever inserted it at the same time. */
static void no_key_is_in_the_table_twice(void)
{
	unsigned int twice = 0;

	for (size_t i = 0; i < rig.n_buckets * FB_FLOW_WAYS; i++)
		for (size_t j = i + 1; j < rig.n_buckets * FB_FLOW_WAYS; j++) {
			const struct fb_flow *a = &rig.flows[i], *b = &rig.flows[j];

			if (!FB_WAY_META(word_of(i)) || !FB_WAY_META(word_of(j)))
				continue;
			twice += a->lo_a == b->lo_a && a->lo_b == b->lo_b && a->port_a == b->port_a &&
				 a->port_b == b->port_b && a->proto == b->proto;
		}
	CHECK(!twice, "%u keys", twice);
}

static void every_way_can_be_had_again(void)
{
	struct hammer h = { 0 };

	rig.runtime->fake_mono_ns += (__u64)(FB_TIMEOUT_ESTABLISHED + 1) << FB_TICK_SHIFT;
	for (__u32 i = 0; i < TUPLES; i++) {
		struct frame f;
		__u8 mac[2];
		bool tagged;

		build(i, false, &f, mac, &tagged);
		rig_run(&rig, "cam", &f, false);
		h.runs++;
	}
	CHECK(rig_flow_count(&rig) == rig.n_buckets * FB_FLOW_WAYS, "%zu of %zu ways after %llu flows",
	      rig_flow_count(&rig), rig.n_buckets * FB_FLOW_WAYS, (unsigned long long)h.runs);
}

int main(int argc, char **argv)
{
	const char *asked = argc > 1 ? argv[1] : getenv("FB_HAMMER_SECONDS");
	unsigned int seconds = asked ? (unsigned int)atoi(asked) : 8;
	char text[2048];

	rig_open(&rig, BUCKETS);
	add_neighbours();
	snprintf(text, sizeof(text), "%s%s", rig_zones, lines);
	if (!rig_policy(&rig, text))
		return 1;
	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return 1;
	n_threads = 2 * (unsigned int)CPU_COUNT(&cpus);
	if (n_threads > THREADS_MAX)
		n_threads = THREADS_MAX;
	RUN_CASE(no_packet_uses_another_flows_next_hop_or_zone, seconds);
	RUN_CASE(every_packet_that_left_is_counted_for_its_own_line);
	RUN_CASE(every_packet_that_left_is_counted_for_its_own_zones_and_none_for_others);
	RUN_CASE(no_key_is_in_the_table_twice);
	RUN_CASE(every_tag_is_that_of_the_flow_behind_it);
	RUN_CASE(no_tag_leaks_and_no_entry_stays_locked);
	RUN_CASE(every_way_can_be_had_again);
	RUN_CASE(a_flow_is_found_while_idle_buckets_are_looked_for);
	RUN_CASE(a_flow_is_found_while_others_write_into_it);
	RUN_CASE(of_a_flow_that_all_cpus_make_at_once_one_stays);
	rig_close(&rig);
	return CASES_END();
}

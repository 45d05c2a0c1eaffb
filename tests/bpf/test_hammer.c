// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow table under all CPUs at once: far more tuples than ways, so that entries are made, found, answered, displaced, expired and judged again all the time, while the
 * clock runs a second every two milliseconds, routes change, policies are switched and a pair of zones is cut. Every packet that leaves must carry the MACs and tag of its own destination and
 * be counted for its own line and pair of zones. Usage: bpf_hammer [SECONDS]; else FB_HAMMER_SECONDS, or 8. It uses the CPUs that it may run on: with one alone
 * packets do not overtake each other, and little is tried.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hammer.h"

struct cases cases;

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

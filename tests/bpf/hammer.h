/* SPDX-License-Identifier: GPL-2.0-only */
/* The threads that hammer the flow table: their tuples, what they do, and who stirs meanwhile. The cases are in test_hammer.c. */
#ifndef FB_TEST_HAMMER_H
#define FB_TEST_HAMMER_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

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

struct hammer {
	pthread_t thread;
	unsigned int cpu;
	__u64 state;
	__u64 runs, left[LINES], crossed[PAIRS], foreign, unknown, dropped, passed;
	__u64 answers,
		missed; /* to a flow that was made just before, and of these how many did not find it */
	__u32 made;	/* the tuple that it has last begun together with the others */
};

/* What the threads do. */
enum task { STRIKE, ASK_AND_ANSWER, ANSWER, MAKE_AT_ONCE };

/* So few tuples at a time that buckets are idle most of the time; they move on. */
enum { WINDOW = 24 };

/* Flows that all answer. */
enum { CROWD = BUCKETS * 6 };

extern struct rig rig;
extern const char lines[];
extern cpu_set_t cpus; /* that this may run on */
extern unsigned int n_threads;
extern struct hammer all[THREADS_MAX];
extern _Atomic enum task task;
extern atomic_uint window, done;

/* Neighbours of their own, so that a packet tells by its MAC whose next hop it used. */
void add_neighbours(void);
/* Tuple i, or its answer. Returns its line; *mac = what the frame must be sent to. */
int build(__u32 i, bool answer, struct frame *f, __u8 mac[2], bool *tagged);
/* XDP_*, or -1. */
int strike(struct hammer *h, __u32 i, bool answer);
/* While cam is cut from these zones, the flows between them are freed by whoever meets one. */
void cut(__u64 zones);
/* The clock, the routes' epoch, the policy and a switch move while everybody strikes. */
void stir(unsigned int seconds);
/* The threads begin, and end. */
void begin(void);
void end(void);

#endif

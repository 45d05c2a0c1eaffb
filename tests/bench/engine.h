/* SPDX-License-Identifier: GPL-2.0-only */
/* The bench's programs in the kernel, loaded, and their memory; and numbers out of repeated measurements. */
#ifndef FB_BENCH_ENGINE_H
#define FB_BENCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench_abi.h"

struct bench_bpf;

struct engine {
	struct bench_bpf *skel;
	struct bench_config *cfg;
	struct bench_tuple *tuples;
	int drive_real, drive_none, generate, count;
};

struct engine_run {
	unsigned int runs;
	__u32 retval; /* of the last run */
	double ns;    /* a run */
};

/* These end the program with a message when they cannot do what they say. */
__attribute__((noreturn, format(printf, 1, 2))) void engine_die(const char *fmt, ...);
void engine_open(struct engine *e);
/* What bench_drive_real calls. */
void engine_target(struct engine *e, int prog);
void engine_family(struct engine *e, unsigned int family);
/* Runs a driver as if the frames came in on ifindex. */
struct engine_run engine_drive(struct engine *e, int driver, unsigned int ifindex, unsigned int runs);
/* Live frames out of cfg->ifindex, in the network namespace of the caller. */
void engine_generate(struct engine *e, unsigned int packets);
__u64 engine_counted(struct engine *e, unsigned int ifindex);
__u64 engine_counted_apart(struct engine *e, unsigned int ifindex);
void engine_mac(const char *ifname, __u8 mac[6]);
void *engine_map(const char *path, size_t size);

/* Flows (or single packets) that the bench's base policy allows, each another, in no order. */
void engine_flows(struct engine *e, unsigned int n, __u8 proto);
/* A file of struct bench_tuple; returns how many. */
unsigned int engine_read(struct engine *e, const char *path);

double seconds_now(void);
struct sample {
	double *v;
	unsigned int n;
};
void sample_add(struct sample *s, double v);
void sample_done(struct sample *s);
/* quantile(0.5) is the median. Sorts. */
double sample_quantile(struct sample *s, double q);

#endif

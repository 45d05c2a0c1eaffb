/* SPDX-License-Identifier: GPL-2.0-only */
/* What the bench's programs in the kernel and in userspace share. */
#ifndef FB_BENCH_ABI_H
#define FB_BENCH_ABI_H

#include <linux/types.h>

#define BENCH_TUPLES (1u << 20) /* room; 16 MiB */
#define BENCH_LINKS \
	1024u /* counters by ifindex & this - 1; each namespace has its own object's worth of them */

/* One header; addresses and ports in network order. IPv6: the upper half of an address is the subnet, below the /48 of bench_config, the lower one
 * the end of the interface identifier. */
struct bench_tuple {
	__be32 src, dst;
	__be16 sport, dport;
	__u8 proto;
	__u8 reverse; /* swap the ends: a reply */
	__u8 pad[2];
};

struct bench_config {
	__u32 next, n; /* the next header and how many there are; round and round */
	__u32 ifindex; /* generator: out of this device */
	__u32 family;
	__u8 dmac[6], smac[6];
	__u32 reverse; /* all packets are replies */
	__u64 forwarded; /* frames found with a hop limit one lower than it was written: the run before sent them on */
	__be32 src6[4], dst6[4];
	__u32 step; /* TCP: enum bench_step */
	__u32 spare;
};

enum bench_step { BENCH_SYN = 0, BENCH_SYN_ACK = 1, BENCH_ACK = 2 };

#define BENCH_TTL   64u
#define BENCH_TRIED 22u /* the port of connections that are tried during a flood */

#endif

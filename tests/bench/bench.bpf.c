// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench's own programs: drivers that write a header and then run a program over it, the generator, the sink, and the peers that are bare XDP.
 *
 * A driver is what BPF_PROG_TEST_RUN repeats: it writes every header anew (a repeated frame would arrive with its hop limit used up; in words no smaller than
 * they are read, since what a network card wrote is not in the processor's store buffer either) and
 * tail-calls what is measured (which takes frames in several buffers, so it must too). bench_drive_empty does the same work and calls an empty program, so the difference of the two is what the program costs.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bench_abi.h"

#define INLINE static __always_inline

#define BIG_MAP(name, bytes)                       \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);  \
		__uint(key_size, 4);               \
		__uint(value_size, bytes);         \
		__uint(max_entries, 1);            \
		__uint(map_flags, BPF_F_MMAPABLE); \
	} name SEC(".maps")

BIG_MAP(bench_cfg, sizeof(struct bench_config));
BIG_MAP(bench_tuples, BENCH_TUPLES * sizeof(struct bench_tuple));

#define TARGET(name)                                   \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, 1);                \
		__uint(key_size, 4);                   \
		__uint(value_size, 4);                 \
	} name SEC(".maps")
TARGET(bench_real);
TARGET(bench_none);

#define COUNTERS(name)                                   \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, BENCH_LINKS);        \
		__type(key, __u32);                      \
		__type(value, __u64);                    \
	} name SEC(".maps")
COUNTERS(bench_counts);
COUNTERS(bench_apart);

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 64);
	__uint(key_size, 4);
	__uint(value_size, 4);
} bench_dev SEC(".maps");

INLINE void write_ip4(__u32 *ip, const struct bench_tuple *t, __u32 src, __u32 dst, __u32 len)
{
	__u32 first = 0x0045 | (__u32)__builtin_bswap16((__u16)len) << 16,
	      third = BENCH_TTL | (__u32)t->proto << 8;
	__u32 sum = (first & 0xffff) + (first >> 16) + third;

	sum += (src & 0xffff) + (src >> 16) + (dst & 0xffff) + (dst >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip[0] = first;
	ip[1] = 0;
	ip[2] = third | (~sum & 0xffff) << 16;
	ip[3] = src;
	ip[4] = dst;
}

/* UDP without a checksum; TCP with six bytes after the header, which are counted as data. */
INLINE void write_l4(__u32 *l4, const struct bench_tuple *t, __u32 reverse, __u32 step)
{
	__u32 ports = reverse ? (__u32)t->dport | (__u32)t->sport << 16
			      : (__u32)t->sport | (__u32)t->dport << 16;

	l4[0] = ports;
	l4[1] = t->proto == 17 ? (__u32)__builtin_bswap16(26)
			       : __builtin_bswap32(step == BENCH_SYN	   ? 100
						   : step == BENCH_SYN_ACK ? 900
									   : 107);
	l4[2] = step == BENCH_SYN ? 0 : __builtin_bswap32(step == BENCH_SYN_ACK ? 107 : 907);
	/* data offset 5, flags, window */
	l4[3] = 0xffff0050 | (step == BENCH_SYN ? 0x02u : step == BENCH_SYN_ACK ? 0x12u : 0x10u) << 8;
	l4[4] = 0;
}

INLINE void write_mac(void *data, const struct bench_config *cfg, __u16 ethertype)
{
	*(__u64 *)data = *(const __u64 *)cfg->dmac;
	*(__u32 *)(data + 8) = *(const __u32 *)(cfg->smac + 2);
	*(__u16 *)(data + 12) = __builtin_bswap16(ethertype);
}

/* The subnet is the first two bytes of the address, the last two of the interface identifier are its last two (bench_rules -6). */
INLINE void write_address6(void *p, const __be32 *prefix, __u32 address)
{
	*(__u64 *)p = *(const __u64 *)prefix | (__u64)(address & 0xffff) << 48;
	*(__u64 *)(p + 8) = (__u64)(address >> 16) << 48;
}

/* Writes the next header; how far the last one came is seen before. 0 = this frame is too short. */
INLINE int write_frame(struct xdp_md *ctx, struct bench_config *cfg, const struct bench_tuple *tuples)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 i = cfg->next, reverse;
	const struct bench_tuple *t;

	cfg->next = i + 1 < cfg->n ? i + 1 : 0;
	asm volatile("" : "+r"(i));
	t = &tuples[i & (BENCH_TUPLES - 1)];
	reverse = cfg->reverse;
	if (cfg->family == 4) {
		if (data + 60 > end)
			return 0;
		cfg->forwarded += *(__u8 *)(data + 22) == BENCH_TTL - 1;
		write_mac(data, cfg, 0x0800);
		write_ip4(data + 14, t, reverse ? t->dst : t->src, reverse ? t->src : t->dst, 46);
		write_l4(data + 34, t, reverse, cfg->step);
		return 1;
	}
	if (data + 80 > end)
		return 0;
	__u32 *ip = data + 14, *src = reverse ? ip + 6 : ip + 2, *dst = reverse ? ip + 2 : ip + 6;

	cfg->forwarded += *(__u8 *)(data + 21) == BENCH_TTL - 1;
	write_mac(data, cfg, 0x86dd);
	ip[0] = 0x60;
	ip[1] = (__u32)__builtin_bswap16(26) | (__u32)t->proto << 16 | BENCH_TTL << 24;
	write_address6(src, cfg->src6, t->src);
	write_address6(dst, cfg->dst6, t->dst);
	write_l4(data + 54, t, reverse, cfg->step);
	return 1;
}

INLINE struct bench_config *next_frame(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct bench_config *cfg = bpf_map_lookup_elem(&bench_cfg, &zero);
	struct bench_tuple *tuples = bpf_map_lookup_elem(&bench_tuples, &zero);

	return cfg && tuples && write_frame(ctx, cfg, tuples) ? cfg : 0;
}

SEC("xdp.frags")
int bench_drive_real(struct xdp_md *ctx)
{
	if (next_frame(ctx))
		bpf_tail_call_static(ctx, &bench_real, 0);
	return XDP_ABORTED;
}

SEC("xdp.frags")
int bench_drive_none(struct xdp_md *ctx)
{
	if (next_frame(ctx))
		bpf_tail_call_static(ctx, &bench_none, 0);
	return XDP_ABORTED;
}

SEC("xdp.frags")
int bench_empty(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int bench_generate(struct xdp_md *ctx)
{
	struct bench_config *cfg = next_frame(ctx);

	return cfg ? (int)bpf_redirect(cfg->ifindex, 0) : XDP_ABORTED;
}

SEC("xdp")
int bench_count(struct xdp_md *ctx)
{
	__u32 link = ctx->ingress_ifindex & (BENCH_LINKS - 1);
	__u64 *count = bpf_map_lookup_elem(&bench_counts, &link);

	if (count)
		++*count;
	return XDP_DROP;
}

/* The same, but what belongs to a connection that is being tried (port 22 at one end) is counted apart from the flood around it. */
SEC("xdp")
int bench_count_apart(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 link = ctx->ingress_ifindex & (BENCH_LINKS - 1);
	const __u16 *ports = data + 34, tried = __builtin_bswap16(BENCH_TRIED);
	__u64 *count;

	if ((void *)(ports + 2) > end)
		return XDP_DROP;
	if (ports[0] == tried || ports[1] == tried)
		count = bpf_map_lookup_elem(&bench_apart, &link);
	else
		count = bpf_map_lookup_elem(&bench_counts, &link);
	if (count)
		++*count;
	return XDP_DROP;
}

/* The bare forwarder: what any XDP router must do, and no policy. */
SEC("xdp")
int bench_fib(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct bpf_fib_lookup fib = { .family = 2, .ifindex = ctx->ingress_ifindex };
	__u8 *ip = data + 14;

	if (data + 34 > end || *(__u16 *)(data + 12) != __builtin_bswap16(0x0800) || ip[0] != 0x45 ||
	    ip[8] <= 1)
		return XDP_PASS;
	fib.l4_protocol = ip[9];
	fib.tot_len = __builtin_bswap16(*(__u16 *)(ip + 2));
	fib.ipv4_src = *(__u32 *)(ip + 12);
	fib.ipv4_dst = *(__u32 *)(ip + 16);
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;
	__u32 sum = *(__u16 *)(ip + 10) + 1u;

	*(__u16 *)(ip + 10) = (__u16)(sum + (sum >= 0xffff));
	ip[8]--;
	__builtin_memcpy(data, fib.dmac, 6);
	__builtin_memcpy(data + 6, fib.smac, 6);
	return (int)bpf_redirect_map(&bench_dev, fib.ifindex, 0);
}

char LICENSE[] SEC("license") = "GPL";

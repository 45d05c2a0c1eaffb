/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps and constants of the loaded program. Big maps are ARRAYs of one element: one inlined lookup gives the base, and masked
 * offsets do the rest (see fb_at). Their sizes are set by the agent before load (userspace/dataplane/open.c).
 */
#ifndef FB_LIB_CONFIG_H
#define FB_LIB_CONFIG_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <firebreak_abi.h>

#define FB_INLINE static __always_inline

/* Unsized here: 64 bytes until the agent says otherwise (a forward-declared value type is refused by libbpf 1.1). */
#define FB_BIG_MAP(name)                           \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);  \
		__uint(key_size, 4);               \
		__uint(value_size, 64);            \
		__uint(max_entries, 1);            \
		__uint(map_flags, BPF_F_MMAPABLE); \
	} name SEC(".maps")

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 1);
} fb_images SEC(".maps");

FB_BIG_MAP(fb_busy);
FB_BIG_MAP(fb_tags);
FB_BIG_MAP(fb_flows);
FB_BIG_MAP(fb_geometry);
FB_BIG_MAP(fb_nexthops);
FB_BIG_MAP(fb_pair_counters);
FB_BIG_MAP(fb_rule_counters);
FB_BIG_MAP(fb_runtime);
FB_BIG_MAP(fb_explain_out);
FB_BIG_MAP(fb_scratch);
FB_BIG_MAP(fb_switches);
FB_BIG_MAP(fb_meters);
FB_BIG_MAP(fb_frags);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fb_self_key);
	__type(value, struct fb_self_value);
} fb_self SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct fb_egress);
} fb_egress SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, 4);
	__uint(value_size, 4);
} fb_dev SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} fb_redirect_errs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct fb_quarantine_key);
	__type(value, __u32);
} fb_quarantine SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fb_mac_key);
	__type(value, __u32);
} fb_quarantine_mac SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct fb_device_key);
	__type(value, struct fb_device_seen);
} fb_devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 << 10);
} fb_events SEC(".maps");

/*
 * The stages that are programs of their own (enum fb_stage), so that each has the verifier's whole budget and the path of an established flow stays short.
 * The array is pinned: without a user it would be emptied, and then (as for any stage that is missing) the packet drops as undecided.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, FB_STAGES);
	__uint(key_size, 4);
	__uint(value_size, 4);
} fb_stages SEC(".maps");

const volatile struct fb_config fb_cfg;

/*
 * The one way into a big array: base + (index & mask) * size. The barrier keeps the mask the last operation: clang folds it into the
 * operands of earlier arithmetic otherwise, and 6.1 then loses the bound (refused there, accepted on 6.18). mask is a constant or a word of
 * fb_cfg, which the verifier knows as one.
 */
FB_INLINE void *fb_at(void *base, __u32 index, __u32 mask, __u32 shift)
{
	asm volatile("" : "+r"(index));
	return (char *)base + ((__u64)(index & mask) << shift);
}

/*
 * The memory of a map that is an array of one element: never NULL, and not a lookup but a constant (userspace/dataplane/direct.c makes it one). The barrier, because
 * what is added to it must not become part of the map's name.
 */
FB_INLINE void *fb_base(void *map)
{
	asm volatile("" : "+r"(map));
	return map;
}

/* The first element of any other map, or NULL. */
FB_INLINE void *fb_first(void *map)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(map, &zero);
}

/* Monotonic time in nanoseconds, as of the kernel's last tick (1 to 10 ms ago). */
FB_INLINE __u64 fb_mono_ns(void)
{
	if (fb_cfg.fake_clock) {
		struct fb_runtime *rt = fb_base(&fb_runtime);

		return rt->fake_mono_ns;
	}
	return bpf_ktime_get_coarse_ns();
}

/* Ticks of about a second: jiffies, whose read is inlined; the coarse clock would be a call, 13 ns. userspace/dataplane/tick.c computes the same. */
FB_INLINE __u32 fb_tick(void)
{
	return fb_cfg.fake_clock ? (__u32)(fb_mono_ns() >> FB_TICK_SHIFT)
				 : (__u32)(bpf_jiffies64() >> (fb_cfg.jiffies_shift & 31));
}

/* Does the kernel vouch for the wall clock (S53)? */
FB_INLINE int fb_is_clock_known(void)
{
	const struct fb_runtime *rt = fb_base(&fb_runtime);

	return *(volatile __u32 *)&rt->clock_synced;
}

/*
 * Wall clock in unix seconds, by TAI, which steps of the clock do not reach until the kernel is told an offset; the agent
 * keeps that offset. Called when a flow is made and about once a second after.
 */
FB_INLINE __u32 fb_unix(void)
{
	struct fb_runtime *rt = fb_base(&fb_runtime);

	if (fb_cfg.fake_clock)
		return (__u32)rt->fake_unix;
	return (__u32)(bpf_ktime_get_tai_ns() / 1000000000ull) - (__u32)rt->tai_offset;
}

/* The same, but not earlier than what is known to be past while nobody vouches for it: a box without a clock of its own wakes up in 1970. */
FB_INLINE __u32 fb_unix_safe(void)
{
	const struct fb_runtime *rt = fb_base(&fb_runtime);
	__u32 now = fb_unix();

	return !rt->clock_synced && now < rt->clock_floor ? rt->clock_floor : now;
}

#endif

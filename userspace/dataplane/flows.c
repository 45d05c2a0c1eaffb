// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the live table of flows beside the CPUs that write it, by the same rule as the program: the
 * word of a way before and after, not locked and of the same owner and writes, else it is left out. Expired entries are free,
 * whether or not a packet has found that out.
 */
#include <bpf/bpf.h>
#include <string.h>

#include "dataplane/handle.h"

/* Ticks of meta words have 28 bits; a negative age is another CPU's later tick. */
static __s32 meta_age(__u32 meta, __u32 tick)
{
	return (__s32)((tick - meta) << 4) >> 4;
}

bool fb_flow_is_live(__u32 meta, __u32 tick)
{
	static const __u32 timeouts[FB_FLOW_STATES] = {
		[FB_FLOW_NEW] = FB_TIMEOUT_NEW,
		[FB_FLOW_REPLIED] = FB_TIMEOUT_REPLIED,
		[FB_FLOW_ESTABLISHED] = FB_TIMEOUT_ESTABLISHED,
		[FB_FLOW_CLOSING] = FB_TIMEOUT_CLOSING,
		[FB_FLOW_DGRAM] = FB_TIMEOUT_DGRAM,
	};
	__u32 state = FB_META_STATE(meta);

	return meta && state && state < FB_FLOW_STATES && meta_age(meta, tick) <= (__s32)timeouts[state];
}

static __u64 word_of(const struct fb_dataplane *dp, size_t i, int order)
{
	const struct fb_flow *flows = dp->live.mem[FB_MAP_FLOWS];

	return __atomic_load_n(&flows[i].way, order);
}

size_t fb_flow_next(const struct fb_dataplane *dp, size_t i)
{
	const __u64 *tags = dp->live.mem[FB_MAP_TAGS];
	const size_t ways = (size_t)dp->sizes.buckets * FB_FLOW_WAYS;

	while (i < ways && i % FB_FLOW_WAYS == 0 &&
	       !__atomic_load_n(&tags[i / FB_FLOW_WAYS], __ATOMIC_RELAXED))
		i += FB_FLOW_WAYS;
	return i;
}

bool fb_flow_copy(const struct fb_flow *flow, struct fb_flow *ret, __u64 *ret_word)
{
	__u64 word = __atomic_load_n(&flow->way, __ATOMIC_ACQUIRE);

	if (word & FB_WAY_LOCK)
		return false;
	memcpy(ret, (const void *)flow, sizeof(*ret));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	*ret_word = word;
	return FB_WAY_SEQ(__atomic_load_n(&flow->way, __ATOMIC_RELAXED)) == FB_WAY_SEQ(word);
}

bool fb_flow_read(const struct fb_dataplane *dp, size_t i, struct fb_flow *ret, __u64 *ret_word)
{
	const struct fb_flow *flows = dp->live.mem[FB_MAP_FLOWS];

	return fb_flow_copy(&flows[i], ret, ret_word);
}

/*
 * A link-local tuple carries its zone in bits that such addresses leave zero (bpf/lib/flow.h); they may be in
 * either address.
 */
struct fb_ip fb_flow_address(const struct fb_flow *f, int endpoint)
{
	__u64 hi = endpoint ? f->hi_b : f->hi_a, lo = endpoint ? f->lo_b : f->lo_a;

	if (f->family == 4)
		return (struct fb_ip){ 0, lo & 0xffffffffu };
	if (f->hi_a >> 54 == 0x3fa || f->hi_b >> 54 == 0x3fa)
		hi = endpoint ? hi : hi & ~0xff0000000000ull;
	return (struct fb_ip){ hi, lo };
}

static void describe(const struct fb_dataplane *dp, const struct fb_flow *f, __u32 meta, __u32 tick,
		     __u32 generation, struct fb_snapshot_flow *ret)
{
	const int family = f->family == 6 ? 6 : 4;
	const struct fb_ip a = fb_flow_address(f, 0), b = fb_flow_address(f, 1);
	const unsigned int from = f->origin & 1;

	*ret = (struct fb_snapshot_flow){
		.family = family,
		.proto = f->proto,
		.state = FB_META_STATE(meta),
		.src = from ? b : a,
		.dst = from ? a : b,
		.sport = from ? f->port_b : f->port_a,
		.dport = from ? f->port_a : f->port_b,
		.src_zone = f->zone[from],
		.dst_zone = f->zone[!from],
		.rule = f->rule,
		.observed = f->flags & FB_FLOW_F_OBSERVED,
		.stale = f->generation != generation,
		.idle = fb_dataplane_tick_seconds(dp, meta_age(meta, tick)),
		.age = fb_dataplane_tick_seconds(dp, (__s32)(tick - f->created)),
		.deadline = f->deadline,
	};
}

size_t fb_flow_walk(const struct fb_dataplane *dp, size_t from,
		    bool (*each)(const struct fb_snapshot_flow *flow, const struct fb_flow_place *place,
				 void *arg),
		    void *arg)
{
	const __u32 tick = fb_dataplane_tick(dp), generation = fb_dataplane_generation(dp);
	const size_t ways = (size_t)dp->sizes.buckets * FB_FLOW_WAYS;

	for (size_t i = fb_flow_next(dp, from); i < ways; i = fb_flow_next(dp, i + 1)) {
		struct fb_flow_place place = { .at = i };
		struct fb_snapshot_flow seen;
		struct fb_flow flow;

		if (!fb_flow_is_live(FB_WAY_META(word_of(dp, i, __ATOMIC_RELAXED)), tick) ||
		    !fb_flow_read(dp, i, &flow, &place.word) ||
		    !fb_flow_is_live(FB_WAY_META(place.word), tick))
			continue;
		describe(dp, &flow, FB_WAY_META(place.word), tick, generation, &seen);
		if (!each(&seen, &place, arg))
			return i;
	}
	return FB_FLOWS_END;
}

struct visitor {
	bool (*each)(const struct fb_snapshot_flow *, void *);
	void *arg;
};

static bool visit(const struct fb_snapshot_flow *flow, const struct fb_flow_place *place, void *arg)
{
	struct visitor *visitor = arg;

	return visitor->each(flow, visitor->arg);
}

size_t fb_dataplane_each_flow(const struct fb_dataplane *dp, size_t from,
			      bool (*each)(const struct fb_snapshot_flow *, void *), void *arg)
{
	struct visitor visitor = { each, arg };

	return fb_flow_walk(dp, from, visit, &visitor);
}

void fb_dataplane_flow_totals(const struct fb_dataplane *dp, struct fb_flow_totals *ret)
{
	const __u32 tick = fb_dataplane_tick(dp);

	*ret = (struct fb_flow_totals){ .capacity = (__u64)dp->sizes.buckets * FB_FLOW_WAYS };
	for (size_t i = fb_flow_next(dp, 0); i < ret->capacity; i = fb_flow_next(dp, i + 1)) {
		__u32 meta = FB_WAY_META(word_of(dp, i, __ATOMIC_RELAXED));

		if (fb_flow_is_live(meta, tick))
			ret->by_state[FB_META_STATE(meta)]++;
	}
}

int fb_dataplane_sweep(struct fb_dataplane *dp, struct fb_error *err)
{
	static const __u8 frame[64]; /* it asks for one, and does not look at it */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame), .repeat = 1);
	unsigned int runs = dp->sizes.buckets / FB_SWEEP_BUCKETS / 64 + 1;
	int r = 0;

	while (r == 0 && runs--)
		r = bpf_prog_test_run_opts(dp->prog[FB_PROG_XDP_SWEEP], &opts);
	return r < 0 ? fb_error_set(err, r, "the flow table cannot be looked through: %s", strerror(-r)) : 0;
}

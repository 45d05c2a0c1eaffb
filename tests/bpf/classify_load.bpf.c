// SPDX-License-Identifier: GPL-2.0-only
/*
 * The classifier alone, on one header of a table a run. `classify` asks it, `empty` does all but that: the difference is the price of a lookup.
 * test_classify.c sets the sizes and fills the maps.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 image_mask;
#define FB_IMAGE_MASK image_mask
#include <classify.h>

char LICENSE[] SEC("license") = "GPL";

#define HEADERS 16384u

struct header { /* one cache line */
	__u64 s_hi, s_lo, d_hi, d_lo;
	__u16 sport, dport;
	__u8 proto, family;
	__u8 pad[26];
};

struct table {
	struct header header[HEADERS];
	__u32 answer[HEADERS];
	__u32 next;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 64); /* set before load */
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
} image SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct table);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
} table SEC(".maps");

static __always_inline int run(int ask)
{
	__u32 zero = 0, at, src, dst, rule = 0;
	const void *img = bpf_map_lookup_elem(&image, &zero);
	struct table *t = bpf_map_lookup_elem(&table, &zero);
	const struct header *h;

	if (!img || !t)
		return XDP_ABORTED;
	at = t->next++ & (HEADERS - 1);
	h = &t->header[at];
	if (ask) {
		src = h->family == 4 ? fb_atom4(img, (__u32)h->s_lo) : fb_atom6(img, h->s_hi, h->s_lo);
		dst = h->family == 4 ? fb_atom4(img, (__u32)h->d_lo) : fb_atom6(img, h->d_hi, h->d_lo);
		rule = fb_classify(img, src, dst, h->family, h->proto, h->sport, h->dport);
		rule |= (__u32)fb_leaf_zone(dst) << 24;
	}
	t->answer[at] = rule;
	return XDP_PASS;
}

SEC("xdp")
int classify(struct xdp_md *ctx)
{
	return run(1);
}

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	return run(0);
}

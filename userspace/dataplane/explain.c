// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking the explain instance: the real program over one frame, with the policy, addresses, clock and routes
 * in force, and a table of its own into which just the live entry in question is copied. (A run of the live
 * program would move its counters and flows.)
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>
#include <pkt.h>

#include "dataplane/handle.h"

static bool same_flow(const struct fb_pkt *pkt, const struct fb_flow *f)
{
	const struct fb_ip s = { pkt->s_hi, pkt->s_lo }, d = { pkt->d_hi, pkt->d_lo };
	const struct fb_ip a = fb_flow_address(f, 0), b = fb_flow_address(f, 1);

	if (f->proto != pkt->proto || f->family != pkt->family)
		return false;
	if (fb_ip_cmp(s, a) == 0 && fb_ip_cmp(d, b) == 0 && f->port_a == pkt->sport &&
	    f->port_b == pkt->dport)
		return true;
	return fb_ip_cmp(s, b) == 0 && fb_ip_cmp(d, a) == 0 && f->port_b == pkt->sport &&
	       f->port_a == pkt->dport;
}

/*
 * The buckets of a flow follow from its hash by a mask, so the live bucket's index under the smaller mask is
 * the right one here, and the tag is the same: no hash is computed. Found by looking at every live entry
 * (0.05 s for a million), which a question of a person may cost. More than one can match (a link-local tuple
 * in several zones); all go, the program takes its own.
 */
static void copy_flows(struct fb_dataplane *dp, const struct fb_pkt *pkt)
{
	struct fb_flow_tags *own_tags = dp->explain.mem[FB_MAP_TAGS];
	struct fb_flow *own = dp->explain.mem[FB_MAP_FLOWS];
	const size_t ways = (size_t)dp->sizes.buckets * FB_FLOW_WAYS;
	unsigned int used = 0;

	for (size_t i = fb_flow_next(dp, 0); i < ways && used < FB_FLOW_WAYS; i = fb_flow_next(dp, i + 1)) {
		size_t b = i / FB_FLOW_WAYS, to = b & (FB_EXPLAIN_BUCKETS - 1);
		struct fb_flow copy;
		__u64 word;

		if (!fb_flow_read(dp, i, &copy, &word) || !FB_WAY_META(word) || !same_flow(pkt, &copy))
			continue;
		copy.way = word;
		own[to * FB_FLOW_WAYS + used] = copy;
		own_tags[to].tag[used] = (__u8)FB_WAY_TAG(word);
		used++;
	}
}

static void reset(struct fb_dataplane *dp)
{
	struct fb_explain *out = dp->explain.mem[FB_MAP_EXPLAIN_OUT];

	memset(dp->explain.mem[FB_MAP_BUSY], 0xff, dp->explain.bytes[FB_MAP_BUSY]);
	memset(dp->explain.mem[FB_MAP_TAGS], 0, dp->explain.bytes[FB_MAP_TAGS]);
	memset(dp->explain.mem[FB_MAP_FLOWS], 0, dp->explain.bytes[FB_MAP_FLOWS]);
	memset(out, 0, sizeof(*out));
	/* No answer is not an allow. */
	out->reason = FB_DROP_UNDECIDED;
}

int fb_dataplane_explain(struct fb_dataplane *dp, __u32 ifindex, const void *frame, size_t len,
			 struct fb_explain *ret, struct fb_error *err)
{
	struct xdp_md ctx = { .data_end = (__u32)len, .ingress_ifindex = ifindex };
	char name[IF_NAMESIZE];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (__u32)len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);
	struct fb_pkt pkt = { 0 };

	/* The kernel takes 0 for the loopback device in silence. */
	if (ifindex == 0 || !if_indextoname(ifindex, name))
		return fb_error_set(
			err, -ENODEV,
			"device %u: there is none; explain needs the interface that the packet arrives on",
			ifindex);
	if (len < 14 || len > 1 << 16)
		return fb_error_set(err, -EINVAL, "a frame of %zu bytes: must have 14 to 65536", len);
	reset(dp);
	if (fb_parse(&pkt, frame, (const __u8 *)frame + len, (__u32)len) == FB_NEXT && pkt.family)
		copy_flows(dp, &pkt);
	int r = bpf_prog_test_run_opts(dp->prog[FB_PROG_EXPLAIN], &opts);

	if (r < 0)
		return fb_error_set(err, r, "%s: the explain instance cannot be run: %s%s", name,
				    strerror(-r), r == -EINVAL ? " (a real card must be up)" : "");
	*ret = *(const struct fb_explain *)dp->explain.mem[FB_MAP_EXPLAIN_OUT];
	return 0;
}

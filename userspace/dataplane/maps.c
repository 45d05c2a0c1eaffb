// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maps by name, and how large each is. All big ones are one element of an ARRAY, so that a lookup is a
 * constant and the agent can map it. The kernel takes 2 GiB for one element (seen on 6.1 and 6.18);
 * fb_open_sizes keeps below.
 */
#include <string.h>
#include <sys/mman.h>

#include "dataplane/handle.h"

/* The table of flows is mapped read-only: a claim held by an agent that is killed would be lost for ever. */
const struct fb_map_spec fb_map_specs[FB_MAP_COUNT] = {
	[FB_MAP_IMAGES] = { "fb_images", 4, true, 0 },
	[FB_MAP_RUNTIME] = { "fb_runtime", 4, true, PROT_READ | PROT_WRITE },
	[FB_MAP_SELF] = { "fb_self", sizeof(struct fb_self_key), true, 0 },
	[FB_MAP_EGRESS] = { "fb_egress", 4, true, 0 },
	[FB_MAP_DEV] = { "fb_dev", 4, true, 0 },
	[FB_MAP_NEXTHOPS] = { "fb_nexthops", 4, true, 0 },
	[FB_MAP_REDIRECT_ERRS] = { "fb_redirect_errs", 4, true, 0 },
	[FB_MAP_SWITCHES] = { "fb_switches", 4, true, PROT_READ | PROT_WRITE },
	[FB_MAP_QUARANTINE] = { "fb_quarantine", sizeof(struct fb_quarantine_key), true, 0 },
	[FB_MAP_QUARANTINE_MAC] = { "fb_quarantine_mac", sizeof(struct fb_mac_key), true, 0 },
	[FB_MAP_DEVICES] = { "fb_devices", sizeof(struct fb_device_key), true, 0 },
	[FB_MAP_EVENTS] = { "fb_events", 0, true, 0 },
	[FB_MAP_GEOMETRY] = { "fb_geometry", 4, false, PROT_READ },
	[FB_MAP_BUSY] = { "fb_busy", 4, false, PROT_READ },
	[FB_MAP_TAGS] = { "fb_tags", 4, false, PROT_READ },
	[FB_MAP_FLOWS] = { "fb_flows", 4, false, PROT_READ },
	[FB_MAP_PAIR_COUNTERS] = { "fb_pair_counters", 4, false, PROT_READ | PROT_WRITE },
	[FB_MAP_RULE_COUNTERS] = { "fb_rule_counters", 4, false, PROT_READ | PROT_WRITE },
	[FB_MAP_EXPLAIN_OUT] = { "fb_explain_out", 4, false, PROT_READ },
	[FB_MAP_SCRATCH] = { "fb_scratch", 4, false, PROT_READ },
	[FB_MAP_METERS] = { "fb_meters", 4, false, PROT_READ },
	[FB_MAP_FRAGS] = { "fb_frags", 4, false, 0 },
};

const enum fb_prog_id fb_stage_progs[FB_STAGES] = {
	[FB_STAGE_JUDGE] = FB_PROG_XDP_JUDGE,	      [FB_STAGE_FRAGMENT] = FB_PROG_XDP_FRAGMENT,
	[FB_STAGE_REJECT] = FB_PROG_XDP_REJECT,	      [FB_STAGE_WIRE] = FB_PROG_XDP_WIRE,
	[FB_STAGE_NEIGHBOUR] = FB_PROG_XDP_NEIGHBOUR,
};

const char *const fb_prog_names[FB_PROG_COUNT] = {
	[FB_PROG_XDP] = "fb_xdp",
	[FB_PROG_XDP_JUDGE] = "fb_xdp_judge",
	[FB_PROG_XDP_FRAGMENT] = "fb_xdp_fragment",
	[FB_PROG_XDP_REJECT] = "fb_xdp_reject",
	[FB_PROG_XDP_WIRE] = "fb_xdp_wire",
	[FB_PROG_XDP_NEIGHBOUR] = "fb_xdp_neighbour",
	[FB_PROG_XDP_SWEEP] = "fb_xdp_sweep",
	[FB_PROG_TC_IN] = "fb_tc_in",
	[FB_PROG_TC_OUT] = "fb_tc_out",
	[FB_PROG_REDIRECT_ERR] = "fb_redirect_err",
	[FB_PROG_EXPLAIN] = "explain",
};

size_t fb_map_value_size(enum fb_map_id id, const struct fb_sizes *sizes)
{
	switch (id) {
	case FB_MAP_RUNTIME:
		return sizeof(struct fb_runtime);
	case FB_MAP_SELF:
		return sizeof(struct fb_self_value);
	case FB_MAP_EGRESS:
		return sizeof(struct fb_egress);
	case FB_MAP_IMAGES:
	case FB_MAP_DEV:
	case FB_MAP_QUARANTINE:
	case FB_MAP_QUARANTINE_MAC:
		return sizeof(__u32);
	case FB_MAP_NEXTHOPS:
		return FB_NEXTHOPS * sizeof(struct fb_nexthop);
	case FB_MAP_REDIRECT_ERRS:
		return sizeof(__u64);
	case FB_MAP_GEOMETRY:
		return sizeof(struct fb_flow_geometry);
	case FB_MAP_BUSY:
		return (size_t)FB_FLOW_BUSY_WORDS(sizes->buckets) * sizeof(__u64);
	case FB_MAP_TAGS:
		return (size_t)sizes->buckets * sizeof(struct fb_flow_tags);
	case FB_MAP_FLOWS:
		return (size_t)sizes->buckets * FB_FLOW_WAYS * sizeof(struct fb_flow);
	case FB_MAP_PAIR_COUNTERS:
		return (size_t)sizes->cpus * FB_PAIRS_MAX * FB_REASON_COUNT * sizeof(struct fb_pair_counter);
	case FB_MAP_RULE_COUNTERS:
		return (size_t)sizes->cpus * FB_RULE_SLOTS * sizeof(struct fb_rule_counter);
	case FB_MAP_EXPLAIN_OUT:
		return sizeof(struct fb_explain);
	case FB_MAP_SWITCHES:
		return sizeof(struct fb_switches);
	case FB_MAP_DEVICES:
		return sizeof(struct fb_device_seen);
	case FB_MAP_METERS:
		return (size_t)FB_METER_SETS * FB_METER_WAYS * sizeof(struct fb_meter);
	case FB_MAP_FRAGS:
		return (size_t)FB_FRAG_SETS * FB_FRAG_WAYS * sizeof(struct fb_frag);
	case FB_MAP_EVENTS:
		return 0;
	case FB_MAP_SCRATCH:
		return (size_t)sizes->cpus * FB_SCRATCH_BYTES;
	case FB_MAP_COUNT:
		break;
	}
	return 0;
}

size_t fb_dataplane_map_bytes(const struct fb_dataplane *dp)
{
	const struct fb_sizes small = { .buckets = FB_EXPLAIN_BUCKETS, .cpus = 1 };
	size_t sum = 2 * dp->sizes.image;

	for (int i = 0; i < FB_MAP_COUNT; i++) {
		sum += fb_map_value_size(i, &dp->sizes);
		if (!fb_map_specs[i].shared)
			sum += fb_map_value_size(i, &small);
	}
	return sum + 4096 * (sizeof(struct fb_self_key) + sizeof(struct fb_self_value)) +
	       1024 * (4 + sizeof(struct fb_egress));
}

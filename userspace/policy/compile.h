/* SPDX-License-Identifier: GPL-2.0-only */
/* From rule set to image (firebreak_abi.h): tries, classes, quadrants; see bpf/lib/classify.h for the other end. */
#ifndef FB_POLICY_COMPILE_H
#define FB_POLICY_COMPILE_H

#include "base/error.h"
#include "policy/schedule.h"

/* An interface of the host as this generation sees it (S1). */
struct fb_host_port {
	const char *name; /* interface as the policy names it */
	int vlan;	  /* -1 = untagged */
	__u32 ifindex;	  /* of the port */
	__u32 device;	  /* of the kernel's device: the VLAN device, or the port itself */
	__u8 mac[6];
	__u8 extra[6];	   /* another MAC that it answers to, or zeros */
	unsigned int zone; /* id */
	__u32 wire;	   /* the other end's port, 0 = routed */
};

struct fb_compile_input {
	const struct fb_ruleset *ruleset;
	const struct fb_host_port *ports; /* only those that exist */
	size_t n_ports;
	__u32 generation;
	__s64 applied; /* unix seconds at which the policy was applied: no clock before that is believed */
	/* For windows and accesses (policy/schedule.h): compile again at each edge. when.now 0 = applied. */
	struct fb_when when;
};

struct fb_image_stats {
	size_t bytes_used;
	struct {
		const char *name;
		size_t bytes;
	} sections[32];
	unsigned int n_sections;
	unsigned int rules, boxes;
	unsigned int atoms4, atoms6, classes_src, classes_dst, classes_broad, l4_classes, cells, list_max;
	unsigned int loads_worst4, loads_worst6;
	double seconds;
	bool spent; /* refused by what compiling costs: a larger image is no help */
};

/*
 * Writes the image into buf (size FB_IMAGE_BYTES_SMALL or _LARGE, all zero), magic last. -E2BIG: over budget, with the section
 * that is too large and what costs most; -EINVAL: a rule set that cannot be expressed. Pure.
 */
int fb_compile(const struct fb_compile_input *in, void *buf, size_t size, struct fb_image_stats *ret_stats,
	       struct fb_error *err);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* The data plane's lookup, compiled for this machine. */
#include <linux/types.h>

static __thread __u32 native_mask;
#define FB_IMAGE_MASK native_mask
#include <classify.h>

#include "oracle.h"

static __u32 record_of(const void *img, int family, struct fb_ip ip)
{
	return family == 4 ? fb_atom4(img, (__u32)ip.lo) : fb_atom6(img, ip.hi, ip.lo);
}

__u32 oracle_image_classify(const void *img, __u32 words, const struct oracle_header *h)
{
	native_mask = words - 1;
	return fb_classify(img, record_of(img, h->family, h->src), record_of(img, h->family, h->dst),
			   h->family, h->proto, h->sport, h->dport);
}

__u32 oracle_image_zone(const void *img, __u32 words, int family, struct fb_ip ip)
{
	native_mask = words - 1;
	return fb_leaf_zone(record_of(img, family, ip));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "agent/adopt.h"

#include <firebreak_abi.h>

static struct fb_image_pair *pairs(void *image)
{
	const struct fb_image_header *header = image;

	return (void *)((__u32 *)image + header->pair_w);
}

void fb_adopt_mark(void *image)
{
	for (unsigned int i = 0; i < FB_ZONES_MAX * FB_ZONES_MAX; i++)
		pairs(image)[i].flags |= FB_PAIR_F_MID_STREAM;
}

/* No packet is of zone 0 on both sides, so no policy sets this one. */
bool fb_adopt_is_marked(const void *image)
{
	return pairs((void *)image)[FB_PAIR(FB_ZONE_NONE, FB_ZONE_NONE)].flags & FB_PAIR_F_MID_STREAM;
}

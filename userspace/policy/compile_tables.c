// SPDX-License-Identifier: GPL-2.0-only
/* The small tables of the image beside the classifier: zones, bindings, sets of zones for multicast. */
#include "policy/compiler.h"

int fb_emit_tables(struct fb_compiler *c, struct fb_image_header *header)
{
	int r = fb_section(c, "zones", FB_ZONES_MAX * (sizeof(struct fb_image_zone) / 4), &header->zone_w);

	if (!r)
		r = fb_section(c, "bindings", sizeof(struct fb_image_binding) / 4, &header->binding_w);
	if (!r)
		r = fb_section(c, "groups", FB_GROUP_MASKS * 2, &header->group_w);
	return r;
}

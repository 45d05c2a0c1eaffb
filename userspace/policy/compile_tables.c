// SPDX-License-Identifier: GPL-2.0-only
/* The small tables of the image beside the classifier: zones, bindings, sets of zones for multicast. */
#include <string.h>

#include "policy/compiler.h"

static int emit_zones(struct fb_compiler *c, struct fb_image_header *header)
{
	struct fb_image_zone *zones;
	int r = fb_section(c, "zones", FB_ZONES_MAX * (sizeof(*zones) / 4), &header->zone_w);

	if (r)
		return r;
	zones = (struct fb_image_zone *)(c->img + header->zone_w);
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];
		struct fb_image_zone *out = &zones[z->id % FB_ZONES_MAX];

		out->flags = z->flags;
		memcpy(out->ethertype, z->ethertypes, sizeof(out->ethertype));
	}
	return 0;
}

static int emit_groups(struct fb_compiler *c, struct fb_image_header *header)
{
	int r = fb_section(c, "groups", FB_GROUP_MASKS * 2, &header->group_w);

	if (!r)
		memcpy(c->img + header->group_w, c->groups, sizeof(c->groups));
	return r;
}

int fb_emit_tables(struct fb_compiler *c, struct fb_image_header *header)
{
	return emit_zones(c, header) ?: fb_emit_bindings(c, header) ?: emit_groups(c, header);
}

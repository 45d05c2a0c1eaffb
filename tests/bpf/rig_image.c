// SPDX-License-Identifier: GPL-2.0-only
/* The image in force, record by record. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

static void *image_section(const struct rig *rig, size_t field)
{
	const __u32 *words = rig->image[rig->live];

	return (__u32 *)rig->image[rig->live] + words[field / sizeof(*words)];
}

struct fb_image_rule *rig_rule(const struct rig *rig, const char *id)
{
	struct fb_image_rule *rules = image_section(rig, offsetof(struct fb_image_header, rule_w));

	for (size_t i = 0; i < rig->rs.lines.n; i++)
		if (strcmp(rig->rs.lines.v[i].id, id) == 0)
			return &rules[i + 1];
	fprintf(stderr, "the policy has no line %s\n", id);
	exit(1);
}

struct fb_image_zone *rig_zone_record(const struct rig *rig, const char *name)
{
	struct fb_image_zone *zones = image_section(rig, offsetof(struct fb_image_header, zone_w));

	return &zones[rig_zone(rig, name)];
}

struct fb_image_pair *rig_pair(const struct rig *rig, const char *src, const char *dst)
{
	struct fb_image_pair *pairs = image_section(rig, offsetof(struct fb_image_header, pair_w));

	return &pairs[FB_PAIR(rig_zone(rig, src), rig_zone(rig, dst))];
}

struct fb_image_port *rig_port(const struct rig *rig, const char *zone)
{
	const struct fb_image_header *header = rig->image[rig->live];
	struct fb_image_port *ports = image_section(rig, offsetof(struct fb_image_header, port_w));
	unsigned int id = rig_zone(rig, zone);

	for (__u32 i = 0; i <= header->port_mask; i++)
		if (ports[i].key && ports[i].zone == id)
			return &ports[i];
	abort();
}

void rig_wire(const struct rig *rig, const char *a, const char *b)
{
	struct fb_image_port *x = rig_port(rig, a), *y = rig_port(rig, b);

	x->wire = y->key >> 12;
	x->wire_zone = y->zone;
	y->wire = x->key >> 12;
	y->wire_zone = x->zone;
}

void rig_lacp(const struct rig *rig, const char *zone)
{
	const struct fb_image_header *header = rig->image[rig->live];
	struct fb_image_port *ports = image_section(rig, offsetof(struct fb_image_header, port_w));
	__u32 key = FB_PORT_KEY(rig_port(rig, zone)->key >> 12, FB_LACP_VID);

	for (__u32 i = 0; i < FB_PORT_PROBES; i++) {
		struct fb_image_port *port = &ports[(fb_port_hash(key) + i) & header->port_mask];

		if (port->key)
			continue;
		*port = (struct fb_image_port){ .key = key };
		return;
	}
	abort();
}

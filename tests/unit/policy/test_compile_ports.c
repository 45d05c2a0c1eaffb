// SPDX-License-Identifier: GPL-2.0-only
/* The table of ports in the image. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

#include <firebreak_abi.h>

static const struct fb_image_port *find_port(const void *img, __u32 key)
{
	const struct fb_image_header *h = img;
	const struct fb_image_port *ports = (const struct fb_image_port *)((const __u32 *)img + h->port_w);

	for (__u32 i = 0; i < FB_PORT_PROBES; i++) {
		const struct fb_image_port *port = &ports[(fb_port_hash(key) + i) & h->port_mask];

		if (port->key == key || !port->key)
			return port->key ? port : NULL;
	}
	return NULL;
}

Test(compile_ports, every_port_is_found_within_its_probes)
{
	struct fb_ruleset rs = { 0 };
	struct fb_host_port ports[1000];
	struct fb_compile_input in = { .ruleset = &rs, .ports = ports, .n_ports = 1000, .generation = 1 };
	struct fb_image_stats stats;
	struct fb_error err = { 0 };
	void *img = calloc(1, FB_IMAGE_BYTES_SMALL);

	for (unsigned int i = 0; i < 1000; i++)
		ports[i] = (struct fb_host_port){ .name = "eth1",
						  .vlan = i % 2 ? (int)i : -1,
						  .ifindex = 2 + i / 100,
						  .device = 1000 + i,
						  .mac = { 2, 0, 0, 0, (__u8)(i >> 8), (__u8)i },
						  .zone = 2 + i % 60 };
	for (unsigned int i = 0; i < 1000; i += 2) /* one untagged port an interface */
		ports[i].ifindex = 1000 + i;
	cr_assert_eq(fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	for (unsigned int i = 0; i < 1000; i++) {
		const struct fb_image_port *p = find_port(img, FB_PORT_KEY(ports[i].ifindex, i % 2 ? i : 0));

		cr_assert(p);
		cr_assert(p->zone == ports[i].zone && p->device == ports[i].device &&
			  memcmp(p->mac, ports[i].mac, 6) == 0);
	}
	cr_assert_null(find_port(img, FB_PORT_KEY(2, 4000)));
	ports[5].ifindex = ports[7].ifindex, ports[5].vlan = ports[7].vlan;
	cr_assert_eq(fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, &stats, &err), -EINVAL);
	ports[5].ifindex = 1u << 20;
	cr_assert_eq(fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, &stats, &err), -EINVAL);
	free(img);
}

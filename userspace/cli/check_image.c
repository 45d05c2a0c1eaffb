// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/check_parts.h"
#include "cli/output.h"

/* The interfaces of the policy with made-up numbers: sizes do not depend on the numbers, and check runs on any host. */
static size_t fake_ports(const struct fb_ruleset *rs, struct fb_host_port **ret)
{
	size_t n = 0;

	for (size_t z = 0; z < rs->zones.n; z++)
		n += rs->zones.v[z].n_ifaces;

	struct fb_host_port *ports = calloc(n + 1, sizeof(*ports));

	if (!ports)
		abort();
	n = 0;
	for (size_t z = 0; z < rs->zones.n; z++)
		for (size_t i = 0; i < rs->zones.v[z].n_ifaces; i++) {
			const struct fb_iface *f = &rs->zones.v[z].ifaces[i];
			__u32 number = (__u32)n + 1;

			for (size_t k = 0; k < n; k++)
				if (!strcmp(ports[k].name, f->name.s))
					number = ports[k].ifindex;
			ports[n] = (struct fb_host_port){ .name = f->name.s,
							  .vlan = f->vlan,
							  .ifindex = number,
							  .device = number,
							  .mac = { 2, 0, 0, 0, 0, (__u8)number },
							  .zone = rs->zones.v[z].id };
			n++;
		}
	*ret = ports;
	return n;
}

int fb_image_try(const struct fb_ruleset *rs, struct fb_image_stats *ret_stats, size_t *ret_size,
		 struct fb_error *err)
{
	static const size_t sizes[] = { FB_IMAGE_BYTES_SMALL, FB_IMAGE_BYTES_LARGE };
	fb_autofree struct fb_host_port *ports = NULL;
	struct fb_compile_input in = { .ruleset = rs, .generation = 1, .applied = time(NULL) };
	int r = 0;

	in.n_ports = fake_ports(rs, &ports);
	in.ports = ports;
	for (size_t i = 0; i < FB_ARRAY_SIZE(sizes); i++) {
		fb_autofree void *image = calloc(1, sizes[i]);

		if (!image)
			abort();
		memset(ret_stats, 0, sizeof(*ret_stats));
		*ret_size = sizes[i];
		r = fb_compile(&in, image, sizes[i], ret_stats, err);
		if (r != -E2BIG || ret_stats->spent)
			break;
	}
	if (!r)
		*err = (struct fb_error){ 0 }; /* it did not fit into the smaller image */
	return r;
}

void fb_image_warn(size_t size, const char *name)
{
	if (size > FB_IMAGE_BYTES_SMALL)
		fb_complain("%s: compiled, it does not fit into %d MiB: it needs firebreakd --large-image",
			    name, (int)(FB_IMAGE_BYTES_SMALL >> 20));
}

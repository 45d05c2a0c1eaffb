// SPDX-License-Identifier: GPL-2.0-only
#include "agent/host.h"

#include <string.h>

void fb_host_done(struct fb_host *host)
{
	fb_vec_done(&host->links);
	fb_vec_done(&host->addresses);
	fb_vec_done(&host->neighbours);
}

const struct fb_host_link *fb_host_by_name(const struct fb_host *host, const char *name)
{
	for (size_t i = 0; i < host->links.n; i++)
		if (!strcmp(host->links.v[i].name, name))
			return &host->links.v[i];
	return NULL;
}

const struct fb_host_link *fb_host_by_index(const struct fb_host *host, __u32 ifindex)
{
	for (size_t i = 0; i < host->links.n; i++)
		if (host->links.v[i].ifindex == ifindex)
			return &host->links.v[i];
	return NULL;
}

const struct fb_host_link *fb_host_vlan(const struct fb_host *host, __u32 parent, unsigned int vid)
{
	for (size_t i = 0; i < host->links.n; i++)
		if (host->links.v[i].parent == parent && host->links.v[i].vid == vid && vid)
			return &host->links.v[i];
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port becomes protected and, by an operator's act, stops being one. The order is the point: XDP, then tc,
 * then the guard lets the kernel hear it; backwards on the way out. Whatever fails in between leaves the
 * device unheard, never open.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

static int check_name(const char *ifname, __u32 ifindex, struct fb_error *err)
{
	__u32 is = if_nametoindex(ifname);

	if (is == 0)
		return fb_error_set(err, -ENODEV, "%s: there is no such device", ifname);
	if (is != ifindex)
		return fb_error_set(err, -ENODEV, "%s: is device %u now, not %u; it was created again",
				    ifname, is, ifindex);
	return 0;
}

int fb_dataplane_attach(struct fb_dataplane *dp, const char *ifname, __u32 ifindex,
			enum fb_xdp_mode *ret_mode, struct fb_error *err)
{
	enum fb_xdp_mode mode = FB_XDP_NONE;
	struct fb_error ignored;
	int r;

	fb_load_listen();
	r = check_name(ifname, ifindex, err);
	if (r == 0)
		r = fb_link_ensure(dp, ifname, ifindex, &mode, err);
	if (r == 0)
		r = fb_tc_ensure(dp, ifname, ifindex, err);
	if (r < 0) {
		if (fb_guard_has(ifindex)) /* of a time when it did enforce */
			fb_guard_remove(dp, ifindex, &ignored);
		return r;
	}
	/* Redirects may go there only now. The kernel takes the entry out when the device goes. */
	r = bpf_map_update_elem(dp->live.fd[FB_MAP_DEV], &ifindex, &ifindex, BPF_ANY);
	if (r < 0)
		return fb_error_set(err, r, "%s: cannot be made a target of redirects: %s%s", ifname,
				    strerror(-r), r == -E2BIG ? " (1024 ports at most)" : "");
	r = fb_guard_add(dp, ifindex, err);
	if (r < 0)
		return fb_error_prefix(err, "%s", ifname);
	*ret_mode = mode;
	return 0;
}

int fb_dataplane_detach(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err)
{
	fb_autofree char *pin = fb_path("%s/links/xdp-%u", dp->dir, ifindex);
	int r;

	fb_load_listen();
	r = fb_guard_remove(dp, ifindex, err);
	if (r < 0)
		return r;
	bpf_map_delete_elem(dp->live.fd[FB_MAP_DEV], &ifindex);
	if (if_nametoindex(ifname) == ifindex)
		r = fb_tc_remove(dp, ifname, ifindex, err);
	return r < 0 ? r : fb_link_unpin(pin, err);
}

static bool is_target(const struct fb_dataplane *dp, __u32 ifindex)
{
	__u32 to = 0;

	return bpf_map_lookup_elem(dp->live.fd[FB_MAP_DEV], &ifindex, &to) == 0 && to == ifindex;
}

bool fb_dataplane_enforcing(struct fb_dataplane *dp, const char *ifname, __u32 ifindex,
			    enum fb_xdp_mode *ret_mode, struct fb_error *ret_why)
{
	int alive;

	*ret_mode = FB_XDP_NONE;
	if (check_name(ifname, ifindex, ret_why) < 0)
		return false;
	alive = fb_link_alive(dp->dir, ifindex, ret_why);
	if (alive == -ENOENT)
		fb_error_set(ret_why, -ENOENT, "%s: no XDP program of ours is attached", ifname);
	if (alive == 0)
		fb_error_set(ret_why, -ENOLINK, "%s: its XDP link is severed", ifname);
	if (alive <= 0)
		return false;
	*ret_mode = fb_link_mode(ifindex);
	if (fb_tc_check(dp, ifname, ifindex, ret_why) < 0)
		return false;
	if (!is_target(dp, ifindex)) {
		fb_error_set(ret_why, -ENOENT, "%s: somebody edited fb_dev: it is no target of redirects",
			     ifname);
		return false;
	}
	if (!fb_guard_has(ifindex)) {
		fb_error_set(ret_why, -ENOENT,
			     "%s: the guard does not list it, so the kernel does not hear it", ifname);
		return false;
	}
	return true;
}

int fb_dataplane_reap(struct fb_dataplane *dp, struct fb_error *err)
{
	fb_autofree __u32 *ports = NULL;
	int n = fb_link_pinned(dp->dir, &ports, err), reaped = 0;

	for (int i = 0; i < n; i++) {
		fb_autofree char *pin = fb_path("%s/links/xdp-%u", dp->dir, ports[i]);
		int alive = fb_link_alive(dp->dir, ports[i], err), r;

		if (alive > 0)
			continue;
		if (alive < 0)
			return alive;
		r = fb_guard_remove(dp, ports[i], err);
		if (r == 0)
			r = fb_link_unpin(pin, err);
		if (r < 0)
			return r;
		reaped++;
	}
	return n < 0 ? n : reaped;
}

int fb_dataplane_attached(struct fb_dataplane *dp, __u32 **ret, struct fb_error *err)
{
	fb_autofree __u32 *own = NULL, *others = NULL;
	int n = fb_link_living(fb_place(dp), &own, err), more = 0;

	if (n >= 0 && dp->before)
		more = fb_link_living(dp->before->dir, &others, err);
	if (n < 0 || more < 0)
		return n < 0 ? n : more;
	*ret = calloc((size_t)(n + more) + 1, sizeof(**ret));
	if (!*ret)
		abort();
	for (int i = 0; i < n + more; i++)
		(*ret)[i] = i < n ? own[i] : others[i - n];
	return n + more;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two clsact filters of a port. They are not links (6.1 has none for tc): anybody with CAP_NET_ADMIN can
 * remove them, so they are checked every second and at every change; prio 1, handle 1, and nobody before
 * them.
 */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/handle.h"

enum { OUR_PRIO = 1, OUR_HANDLE = 1 };
/* tcx (6.6) runs before clsact. Numbers of enum bpf_attach_type that this toolchain's headers do not have. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47 };

struct hook {
	const char *name;
	enum bpf_tc_attach_point point;
	enum fb_prog_id prog;
	int tcx;
};
static const struct hook hooks[] = {
	{ "ingress", BPF_TC_INGRESS, FB_PROG_TC_IN, TCX_INGRESS },
	{ "egress", BPF_TC_EGRESS, FB_PROG_TC_OUT, TCX_EGRESS },
};

/* Of this or an older load: libbpf names a filter "<program>:[<id>]". */
static bool is_ours(const struct fb_filter *f, const struct hook *hook)
{
	const char *name = fb_prog_names[hook->prog];
	size_t n = strlen(name);

	return f->prio == OUR_PRIO && f->handle == OUR_HANDLE && strncmp(f->name, name, n) == 0 &&
	       f->name[n] == ':';
}

static int check_tcx(const char *ifname, __u32 ifindex, const struct hook *hook, struct fb_error *err)
{
	__u32 ids[16] = { 0 }, n = FB_ARRAY_SIZE(ids);
	int r = bpf_prog_query((int)ifindex, (enum bpf_attach_type)hook->tcx, 0, NULL, ids, &n);

	/* A kernel without tcx says EINVAL; more than 16 is ENOSPC, and too many by any measure. */
	if ((r < 0 && r != -ENOSPC) || !n)
		return 0;
	return fb_error_set(err, -EBUSY,
			    "%s: BPF program %u of somebody else runs at tcx %s, before ours; detach it "
			    "(`bpftool net detach`)",
			    ifname, ids[0], hook->name);
}

/* 0 = nobody before us. *ret_prog_id is our filter's program, 0 = we are not there. */
static int check_hook(const char *ifname, __u32 ifindex, const struct hook *hook, __u32 *ret_prog_id,
		      struct fb_error *err)
{
	fb_autofree struct fb_filter *filters = NULL;
	int n = fb_filters_list(ifindex, hook->point == BPF_TC_EGRESS, &filters, err);

	*ret_prog_id = 0;
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		const struct fb_filter *f = &filters[i];

		if (is_ours(f, hook)) {
			*ret_prog_id = f->prog_id;
		} else if (f->prio <= OUR_PRIO) {
			return fb_error_set(err, -EBUSY,
					    "%s: tc %s filter prio %u handle 0x%x (%s%s%.40s, program %u) of "
					    "somebody else stands before ours; "
					    "move it to another priority",
					    ifname, hook->name, f->prio, f->handle, f->kind,
					    f->name[0] ? " " : "", f->name, f->prog_id);
		}
	}
	return check_tcx(ifname, ifindex, hook, err);
}

static int ensure_hook(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, const struct hook *hook,
		       struct fb_error *err)
{
	LIBBPF_OPTS(bpf_tc_hook, h, .ifindex = (int)ifindex, .attach_point = hook->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = dp->prog[hook->prog], .handle = OUR_HANDLE,
		    .priority = OUR_PRIO, .flags = BPF_TC_F_REPLACE);
	__u32 attached = 0;
	int r = check_hook(ifname, ifindex, hook, &attached, err);

	if (r < 0 || attached == dp->prog_id[hook->prog])
		return r;
	r = bpf_tc_attach(&h, &opts);
	return r < 0 ? fb_error_set(err, r, "%s: the tc %s filter cannot be attached: %s%s", ifname,
				    hook->name, strerror(-r),
				    r == -EINVAL || r == -ENOENT
					    ? " (is its qdisc `ingress` where `clsact` should be?)"
					    : "")
		     : 0;
}

int fb_tc_ensure(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err)
{
	LIBBPF_OPTS(bpf_tc_hook, both, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int r = bpf_tc_hook_create(&both);

	if (r < 0 && r != -EEXIST)
		return fb_error_set(err, r, "%s: qdisc clsact cannot be created: %s", ifname, strerror(-r));
	r = 0;
	for (size_t i = 0; r == 0 && i < FB_ARRAY_SIZE(hooks); i++)
		r = ensure_hook(dp, ifname, ifindex, &hooks[i], err);
	return r;
}

int fb_tc_check(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(hooks); i++) {
		__u32 attached = 0;
		int r = check_hook(ifname, ifindex, &hooks[i], &attached, err);

		if (r < 0)
			return r;
		/* of a version that enforces still, that is as it should be */
		if (attached != dp->prog_id[hooks[i].prog] && !(attached && dp->before))
			return fb_error_set(err, -ENOENT, "%s: the tc %s filter %s", ifname, hooks[i].name,
					    attached ? "runs an older program" : "is gone");
	}
	return 0;
}

int fb_tc_remove(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err)
{
	LIBBPF_OPTS(bpf_tc_hook, both, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int others = 0;

	for (size_t i = 0; i < FB_ARRAY_SIZE(hooks); i++) {
		LIBBPF_OPTS(bpf_tc_hook, h, .ifindex = (int)ifindex, .attach_point = hooks[i].point);
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = OUR_HANDLE, .priority = OUR_PRIO);
		fb_autofree struct fb_filter *filters = NULL;
		int n = fb_filters_list(ifindex, hooks[i].point == BPF_TC_EGRESS, &filters, err), r = 0;

		if (n < 0)
			return n;
		for (int f = 0; f < n && r == 0; f++) {
			if (is_ours(&filters[f], &hooks[i]))
				r = bpf_tc_detach(&h, &opts);
			else
				others++;
		}
		if (r < 0)
			return fb_error_set(err, r, "%s: the tc %s filter cannot be removed: %s", ifname,
					    hooks[i].name, strerror(-r));
	}
	/* An empty clsact does nothing and is most likely ours. */
	if (!others)
		bpf_tc_hook_destroy(&both);
	return 0;
}

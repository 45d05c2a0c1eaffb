// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP links: one per port, pinned as links/xdp-<ifindex>. The mode is always named: without a mode flag the
 * kernel falls back to generic XDP in silence. A link dies with its device and its pin then shows ifindex 0;
 * it cannot be updated, only removed.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/handle.h"

static char *link_pin(const char *dir, __u32 ifindex)
{
	return fb_path("%s/links/xdp-%u", dir, ifindex);
}

struct running {
	__u32 id;
	enum fb_xdp_mode mode;
};

static void take_link(const struct nlmsghdr *h, void *arg)
{
	static const struct {
		unsigned short attr;
		enum fb_xdp_mode mode;
	} kinds[] = { { IFLA_XDP_DRV_PROG_ID, FB_XDP_NATIVE },
		      { IFLA_XDP_SKB_PROG_ID, FB_XDP_GENERIC },
		      { IFLA_XDP_HW_PROG_ID, FB_XDP_NONE } };
	const struct rtattr *xdp =
		fb_ask_attr(IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(h)), (int)IFLA_PAYLOAD(h), IFLA_XDP);
	struct running *ret = arg;

	for (size_t i = 0; xdp && !ret->id && i < FB_ARRAY_SIZE(kinds); i++) {
		const struct rtattr *id = fb_ask_attr(RTA_DATA(xdp), (int)RTA_PAYLOAD(xdp), kinds[i].attr);

		if (id && RTA_PAYLOAD(id) >= sizeof(ret->id))
			*ret = (struct running){ *(const __u32 *)RTA_DATA(id), kinds[i].mode };
	}
}

/* What runs on the device, whoever attached it. id 0 = nothing. */
static int query(__u32 ifindex, __u32 *ret_id, enum fb_xdp_mode *ret_mode)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} request = {
		.h = { .nlmsg_len = sizeof(request),
		       .nlmsg_type = RTM_GETLINK,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		       .nlmsg_seq = 1 },
		.i = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex },
	};
	struct running is = { .mode = FB_XDP_NONE };
	int r = fb_ask(NETLINK_ROUTE, &request.h, take_link, &is);

	if (r < 0)
		return r;
	*ret_id = is.id;
	*ret_mode = is.mode;
	return 0;
}

enum fb_xdp_mode fb_link_mode(__u32 ifindex)
{
	enum fb_xdp_mode mode = FB_XDP_NONE;
	__u32 id = 0;

	return query(ifindex, &id, &mode) == 0 && id ? mode : FB_XDP_NONE;
}

static int link_info(int fd, const char *pin, struct bpf_link_info *ret, struct fb_error *err)
{
	__u32 len = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	int r = bpf_obj_get_info_by_fd(fd, ret, &len);

	if (r < 0)
		return fb_error_set(err, r, "%s: cannot be asked: %s", pin, strerror(-r));
	if (ret->type != BPF_LINK_TYPE_XDP)
		return fb_error_set(err, -EPROTO, "%s: is a link of type %u, not an XDP link; remove it", pin,
				    ret->type);
	return 0;
}

/*
 * The device that carries the ifindex *here* must be the one that the link runs on: a device moved to another
 * namespace keeps its link, and may keep its number.
 */
static bool runs_on(const struct bpf_link_info *info, __u32 ifindex)
{
	enum fb_xdp_mode mode;
	__u32 id = 0;

	return info->xdp.ifindex == ifindex && query(ifindex, &id, &mode) == 0 && id == info->prog_id;
}

int fb_link_alive(const char *dir, __u32 ifindex, struct fb_error *err)
{
	fb_autofree char *pin = link_pin(dir, ifindex);
	fb_autoclose int fd = bpf_obj_get(pin);
	struct bpf_link_info info;

	if (fd == -ENOENT)
		return -ENOENT;
	if (fd < 0)
		return fb_error_set(err, fd, "%s: cannot be opened: %s", pin, strerror(-fd));
	int r = link_info(fd, pin, &info, err);

	return r < 0 ? r : runs_on(&info, ifindex);
}

int fb_link_unpin(const char *pin, struct fb_error *err)
{
	fb_autoclose int fd = bpf_obj_get(pin);

	if (fd == -ENOENT)
		return 0;
	/*
	 * Detach first: another descriptor of it may be open. A severed link answers ENOENT or EINVAL, and is
	 * none any more.
	 */
	if (fd >= 0)
		bpf_link_detach(fd);
	if (unlink(pin) < 0 && errno != ENOENT)
		return fb_error_set(err, -errno, "%s: cannot be removed: %s", pin, strerror(errno));
	return 0;
}

static int explain_refusal(const struct fb_dataplane *dp, const char *ifname, __u32 ifindex, int r,
			   struct fb_error *err)
{
	enum fb_xdp_mode mode = FB_XDP_NONE;
	__u32 id = 0;

	if (r == -EBUSY || r == -EEXIST) {
		query(ifindex, &id, &mode);
		if (id && id == dp->prog_id[FB_PROG_XDP])
			return fb_error_set(
				err, -EBUSY,
				"%s: runs our XDP program by a link that is not in %s any more: was "
				"that unmounted? restart firebreakd",
				ifname, dp->dir);
		return fb_error_set(err, -EBUSY,
				    "%s: XDP program %u of somebody else runs there%s; detach it (`ip link "
				    "set dev %s xdp off` or its own tool)",
				    ifname, id, mode == FB_XDP_GENERIC ? " (generic)" : "", ifname);
	}
	if (r == -EOPNOTSUPP && !dp->generic)
		return fb_error_set(err, r,
				    "%s: its driver has no native XDP; use another card, or start firebreakd "
				    "with --generic (slower)",
				    ifname);
	if (r == -ERANGE || r == -EINVAL)
		return fb_error_set(err, r,
				    "%s: its driver refuses XDP with the present settings: %s; lower the MTU "
				    "(1500 always works), and switch "
				    "LRO off (`ethtool -K %s lro off`)",
				    ifname, strerror(-r), ifname);
	if (r == -ENODEV)
		return fb_error_set(err, r, "%s: there is no such device any more", ifname);
	return fb_error_set(err, r, "%s: XDP cannot be attached: %s", ifname, strerror(-r));
}

static int link_new(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, const char *pin,
		    struct fb_error *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	fb_autoclose int fd = bpf_link_create(dp->prog[FB_PROG_XDP], (int)ifindex, BPF_XDP, &opts);

	if (fd == -EOPNOTSUPP && dp->generic) {
		opts.flags = XDP_FLAGS_SKB_MODE;
		fd = bpf_link_create(dp->prog[FB_PROG_XDP], (int)ifindex, BPF_XDP, &opts);
	}
	if (fd < 0)
		return explain_refusal(dp, ifname, ifindex, fd, err);
	return fb_place_pin(fd, pin, dp->owner, err);
}

/* A link of ours that runs another program: replaced without a gap. */
static int link_update(struct fb_dataplane *dp, int fd, const char *ifname, __u32 prog_id,
		       struct fb_error *err)
{
	if (prog_id == dp->prog_id[FB_PROG_XDP])
		return 0;
	int r = bpf_link_update(fd, dp->prog[FB_PROG_XDP], NULL);

	return r < 0 ? fb_error_set(err, r, "%s: XDP program %u cannot be replaced by %u: %s", ifname,
				    prog_id, dp->prog_id[FB_PROG_XDP], strerror(-r))
		     : 0;
}

int fb_link_ensure(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, enum fb_xdp_mode *ret_mode,
		   struct fb_error *err)
{
	fb_autofree char *pin = link_pin(dp->dir, ifindex);
	fb_autoclose int fd = bpf_obj_get(pin);
	struct bpf_link_info info;
	int r = fd < 0 ? fd : link_info(fd, pin, &info, err);

	if (fd < 0 && fd != -ENOENT)
		return fb_error_set(err, fd, "%s: cannot be opened: %s", pin, strerror(-fd));
	if (fd >= 0 && r < 0)
		return r;
	if (fd >= 0 && runs_on(&info, ifindex)) {
		r = link_update(dp, fd, ifname, info.prog_id, err);
	} else {
		r = fb_link_unpin(pin, err);
		if (r == 0)
			r = link_new(dp, ifname, ifindex, pin, err);
	}
	if (r == 0)
		*ret_mode = fb_link_mode(ifindex);
	return r;
}

/* The pin moves by one rename: whoever is killed leaves the link in one tree or in the other, and alive. */
int fb_link_move(struct fb_dataplane *dp, const char *from, __u32 ifindex, struct fb_error *err)
{
	fb_autofree char *pin = link_pin(from, ifindex), *to = link_pin(dp->dir, ifindex);
	fb_autoclose int fd = bpf_obj_get(pin);
	char name[IF_NAMESIZE] = "?";
	struct bpf_link_info info;
	int r = fd < 0 ? fb_error_set(err, fd, "%s: cannot be opened: %s", pin, strerror(-fd))
		       : link_info(fd, pin, &info, err);

	if (r == 0)
		r = link_update(dp, fd, if_indextoname(ifindex, name) ? name : "?", info.prog_id, err);
	if (r == 0 && rename(pin, to) < 0)
		r = fb_error_set(err, -errno, "%s: cannot become %s: %s", pin, to, strerror(errno));
	return r;
}

int fb_link_pinned(const char *dir, __u32 **ret, struct fb_error *err)
{
	fb_autofree char *path = fb_path("%s/links", dir);
	struct FB_VEC(__u32) found = { 0 };
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d) {
		*ret = NULL;
		return errno == ENOENT ? 0 : fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	}
	while ((e = readdir(d))) {
		unsigned int ifindex;

		if (sscanf(e->d_name, "xdp-%u", &ifindex) == 1)
			fb_vec_add(&found, ifindex);
	}
	closedir(d);
	*ret = found.v;
	return (int)found.n;
}

int fb_link_living(const char *dir, __u32 **ret, struct fb_error *err)
{
	fb_autofree __u32 *ports = NULL;
	int n = fb_link_pinned(dir, &ports, err), living = 0;

	for (int i = 0; i < n; i++) {
		int alive = fb_link_alive(dir, ports[i], err);

		if (alive < 0)
			return alive;
		if (alive)
			ports[living++] = ports[i];
	}
	if (n < 0)
		return n;
	*ret = FB_STEAL(ports);
	return living;
}

int fb_link_running(const char *dir, __u32 prog_id, struct fb_error *err)
{
	fb_autofree __u32 *ports = NULL;
	int n = fb_link_living(dir, &ports, err), running = 0;

	for (int i = 0; i < n; i++) {
		enum fb_xdp_mode mode;
		__u32 id = 0;

		running += query(ports[i], &id, &mode) == 0 && id == prog_id;
	}
	return n < 0 ? n : running;
}

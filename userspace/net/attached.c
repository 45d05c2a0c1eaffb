// SPDX-License-Identifier: GPL-2.0-only
/* Which programs and filters sit on a device, whoever put them there: by netlink, which asks for no privilege. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/net.h"

struct question {
	__u32 ifindex;
	bool egress;
	struct fb_net_attached *ret;
};

static void copy_text(struct nlattr *from, char *to, size_t size)
{
	if (from)
		nla_strlcpy(to, from, size);
}

static int take_link(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ifinfomsg *info = nlmsg_data(h);
	struct question *q = arg;
	struct nlattr *peer, *netns, *xdp, *attached, *id;

	if (h->nlmsg_type != RTM_NEWLINK || (__u32)info->ifi_index != q->ifindex)
		return NL_OK;
	peer = nlmsg_find_attr(h, sizeof(*info), IFLA_LINK);
	netns = nlmsg_find_attr(h, sizeof(*info), IFLA_LINK_NETNSID);
	if (peer && !netns) /* an index of another namespace names another device here */
		q->ret->peer = nla_get_u32(peer);
	xdp = nlmsg_find_attr(h, sizeof(*info), IFLA_XDP);
	attached = xdp ? nla_find(nla_data(xdp), nla_len(xdp), IFLA_XDP_ATTACHED) : NULL;
	id = xdp ? nla_find(nla_data(xdp), nla_len(xdp), IFLA_XDP_PROG_ID) : NULL;
	if (attached && nla_get_u8(attached) != XDP_ATTACHED_NONE) {
		q->ret->xdp_id = id ? nla_get_u32(id) : 0;
		q->ret->xdp_generic = nla_get_u8(attached) == XDP_ATTACHED_SKB;
	}
	return NL_OK;
}

static int take_qdisc(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct tcmsg *tc = nlmsg_data(h);
	struct nlattr *kind = nlmsg_find_attr(h, sizeof(*tc), TCA_KIND);
	struct question *q = arg;

	if (h->nlmsg_type == RTM_NEWQDISC && (__u32)tc->tcm_ifindex == q->ifindex && kind &&
	    !strcmp(nla_get_string(kind), "clsact"))
		q->ret->clsact = true;
	return NL_OK;
}

static int take_filter(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct tcmsg *tc = nlmsg_data(h);
	struct nlattr *options = nlmsg_find_attr(h, sizeof(*tc), TCA_OPTIONS);
	struct question *q = arg;
	struct fb_net_filter f = { .egress = q->egress,
				   .priority = tc->tcm_info >> 16,
				   .handle = tc->tcm_handle };

	/* Of a kind that has no handles the whole chain is said first, without options. */
	if (h->nlmsg_type != RTM_NEWTFILTER || (__u32)tc->tcm_ifindex != q->ifindex || !options)
		return NL_OK;
	copy_text(nlmsg_find_attr(h, sizeof(*tc), TCA_KIND), f.kind, sizeof(f.kind));
	if (!strcmp(f.kind, "bpf"))
		copy_text(nla_find(nla_data(options), nla_len(options), TCA_BPF_NAME), f.name,
			  sizeof(f.name));
	fb_vec_add(&q->ret->filters, f);
	return NL_OK;
}

static int ask(int type, int flags, void *header, size_t size, int (*take)(struct nl_msg *msg, void *arg),
	       struct question *q)
{
	struct nl_sock *sock = nl_socket_alloc();
	int r = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;

	if (r == 0) {
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take, q);
		r = nl_send_simple(sock, type, flags, header, size);
	}
	if (r >= 0)
		r = nl_recvmsgs_default(sock);
	nl_socket_free(sock);
	return r;
}

/*
 * Of this device alone: a dump of qdiscs is always of all devices. Without NLM_F_ECHO the kernel finds it and does not tell. None is an error, and one that was
 * deleted no answer.
 */
static int ask_clsact(struct question *q)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC,
			    .tcm_ifindex = (int)q->ifindex,
			    .tcm_parent = TC_H_CLSACT };
	int r = ask(RTM_GETQDISC, NLM_F_ECHO, &tc, sizeof(tc), take_qdisc, q);

	return r == -NLE_OBJ_NOTFOUND || r == -NLE_INVAL ? 0 : r;
}

static int ask_filters(struct question *q, __u32 hook, bool egress)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC,
			    .tcm_ifindex = (int)q->ifindex,
			    .tcm_parent = TC_H_MAKE(TC_H_CLSACT, hook) };

	q->egress = egress;
	return ask(RTM_GETTFILTER, NLM_F_DUMP, &tc, sizeof(tc), take_filter, q);
}

int fb_net_attached(__u32 ifindex, struct fb_net_attached *ret, struct fb_error *err)
{
	struct question q = { .ifindex = ifindex, .ret = ret };
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex };
	int r;

	memset(ret, 0, sizeof(*ret));
	r = ask(RTM_GETLINK, 0, &link, sizeof(link), take_link, &q);
	if (r >= 0)
		r = ask_clsact(&q);
	if (r >= 0 && ret->clsact)
		r = ask_filters(&q, TC_H_MIN_INGRESS, false);
	if (r >= 0 && ret->clsact)
		r = ask_filters(&q, TC_H_MIN_EGRESS, true);
	if (r < 0) {
		fb_net_attached_done(ret);
		return fb_error_set(err, -EIO, "netlink: device %u cannot be asked: %s", ifindex,
				    nl_geterror(r));
	}
	return 0;
}

void fb_net_attached_done(struct fb_net_attached *attached)
{
	fb_vec_done(&attached->filters);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filters of a clsact hook, read over rtnetlink: libbpf can ask for one filter by number, but not who
 * else is there. A filter that runs before ours and answers "ok" hides ours (seen), so somebody has to look.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/handle.h"

struct filter_list {
	struct FB_VEC(struct fb_filter) all;
};

static void copy_text(char *to, size_t size, const struct rtattr *a)
{
	snprintf(to, size, "%.*s", a ? (int)RTA_PAYLOAD(a) : 0, a ? (const char *)RTA_DATA(a) : "");
}

/* The kernel dumps one head per priority (handle 0) before its filters: no filter. */
static void add_filter(const struct nlmsghdr *h, void *arg)
{
	struct filter_list *list = arg;
	const struct tcmsg *tcm = NLMSG_DATA(h);
	int len = (int)h->nlmsg_len - (int)NLMSG_SPACE(sizeof(*tcm));
	const struct rtattr *attrs = (const struct rtattr *)((const char *)tcm + NLMSG_ALIGN(sizeof(*tcm)));
	const struct rtattr *options = fb_ask_attr(attrs, len, TCA_OPTIONS), *id;
	const struct rtattr *chain = fb_ask_attr(attrs, len, TCA_CHAIN);
	struct fb_filter f = { .prio = (__u16)(tcm->tcm_info >> 16), .handle = tcm->tcm_handle };

	/* Chains other than 0 run only when a filter of chain 0 sends a packet there. */
	if (h->nlmsg_type != RTM_NEWTFILTER || !tcm->tcm_handle || (chain && *(const __u32 *)RTA_DATA(chain)))
		return;
	copy_text(f.kind, sizeof(f.kind), fb_ask_attr(attrs, len, TCA_KIND));
	if (strcmp(f.kind, "bpf") == 0 && options) {
		copy_text(f.name, sizeof(f.name),
			  fb_ask_attr(RTA_DATA(options), (int)RTA_PAYLOAD(options), TCA_BPF_NAME));
		id = fb_ask_attr(RTA_DATA(options), (int)RTA_PAYLOAD(options), TCA_BPF_ID);
		if (id && RTA_PAYLOAD(id) >= sizeof(f.prog_id))
			memcpy(&f.prog_id, RTA_DATA(id), sizeof(f.prog_id));
	}
	fb_vec_add(&list->all, f);
}

static int dump(__u32 ifindex, bool egress, struct filter_list *list)
{
	struct {
		struct nlmsghdr h;
		struct tcmsg t;
	} request = {
		.h = { .nlmsg_len = sizeof(request),
		       .nlmsg_type = RTM_GETTFILTER,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		       .nlmsg_seq = 1 },
		.t = { .tcm_family = AF_UNSPEC,
		       .tcm_ifindex = (int)ifindex,
		       .tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS) },
	};

	return fb_ask(NETLINK_ROUTE, &request.h, add_filter, list);
}

int fb_filters_list(__u32 ifindex, bool egress, struct fb_filter **ret, struct fb_error *err)
{
	struct filter_list list = { 0 };
	int r = dump(ifindex, egress, &list);

	/* No clsact there: nothing can be attached to it. */
	if (r == -EINVAL || r == -ENOENT || r == -EOPNOTSUPP)
		r = 0;
	if (r < 0) {
		fb_vec_done(&list.all);
		return fb_error_set(err, r, "the tc filters of device %u cannot be read: %s", ifindex,
				    strerror(-r));
	}
	*ret = list.all.v;
	return (int)list.all.n;
}

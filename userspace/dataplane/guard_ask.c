// SPDX-License-Identifier: GPL-2.0-only
/* What is asked of the guard once a second, in the kernel's own words (ask.c says why). */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "dataplane/handle.h"

#define TABLE "firebreak_guard"
#define SET   "enforced"

struct head {
	struct nlmsghdr h;
	struct nfgenmsg g;
	struct nlattr table;
	char name[sizeof(TABLE)];
};

static struct head head_of(unsigned int message, size_t size)
{
	return (struct head){
		.h = { .nlmsg_len = (__u32)size,
		       .nlmsg_type = (__u16)(NFNL_SUBSYS_NFTABLES << 8 | message),
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		       .nlmsg_seq = 1 },
		.g = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 },
		/* of a set and of a table by the same number */
		.table = { .nla_len = NLA_HDRLEN + sizeof(TABLE), .nla_type = NFTA_TABLE_NAME },
		.name = TABLE,
	};
}

bool fb_dataplane_guarded(void)
{
	struct head request = head_of(NFT_MSG_GETTABLE, sizeof(request));

	return fb_ask(NETLINK_NETFILTER, &request.h, NULL, NULL) == 0;
}

bool fb_guard_has(__u32 ifindex)
{
	struct {
		struct head head;
		struct nlattr set;
		char name[NLA_ALIGN(sizeof(SET))];
		struct nlattr elements, element, key, value;
		__u32 ifindex;
	} r = {
		.head = head_of(NFT_MSG_GETSETELEM, sizeof(r)),
		.set = { .nla_len = NLA_HDRLEN + sizeof(SET), .nla_type = NFTA_SET_ELEM_LIST_SET },
		.name = SET,
		.elements = { .nla_len = 4 * NLA_HDRLEN + sizeof(__u32),
			      .nla_type = NLA_F_NESTED | NFTA_SET_ELEM_LIST_ELEMENTS },
		.element = { .nla_len = 3 * NLA_HDRLEN + sizeof(__u32),
			     .nla_type = NLA_F_NESTED | NFTA_LIST_ELEM },
		.key = { .nla_len = 2 * NLA_HDRLEN + sizeof(__u32),
			 .nla_type = NLA_F_NESTED | NFTA_SET_ELEM_KEY },
		.value = { .nla_len = NLA_HDRLEN + sizeof(__u32), .nla_type = NFTA_DATA_VALUE },
		.ifindex = ifindex,
	};

	return fb_ask(NETLINK_NETFILTER, &r.head.h, NULL, NULL) == 0;
}

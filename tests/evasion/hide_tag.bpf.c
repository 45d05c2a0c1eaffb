// SPDX-License-Identifier: GPL-2.0-only
/* On the way out of a host's cable: a tag that lies beside the frame, where XDP at the other end of a veth does not see it. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int hide_tag(struct __sk_buff *skb)
{
	return bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 30) ? TC_ACT_SHOT : TC_ACT_OK;
}

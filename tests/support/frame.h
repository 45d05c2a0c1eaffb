/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for tests, built from one description. A zeroed field takes the sensible value: lengths and checksums are computed, TTL is 64.
 */
#ifndef FB_TESTS_FRAME_H
#define FB_TESTS_FRAME_H

#include <linux/types.h>
#include <stddef.h>

struct frame {
	__u8 b[2048];
	size_t len;
};

struct frame_spec {
	const char *dmac, *smac; /* NULL: 02:00:00:00:00:02, 02:00:00:00:00:01 */
	int vlan;		 /* 0 = untagged, -1 = a tag with VID 0 */
	int vlan2;		 /* inner tag, 0 = none */
	__u16 ethertype;	 /* 0 = by the addresses */
	const char *src, *dst;	 /* text; the family follows from it; NULL = no IP */
	__u8 proto;		 /* 0 = by what is given below: tcp if flags, else udp */
	__u16 sport, dport;
	__u8 tcp; /* flags */
	__u32 seq, ack;
	__u16 window; /* 0: 64000 */
	int scale;    /* of a SYN: window scale + 1, 0 = no option */
	__u8 icmp_type, icmp_code;
	__u16 icmp_id;
	__u8 ttl;
	__u16 frag;	     /* the IPv4 flags and offset word */
	const __u8 *options; /* IPv4 options, or IPv6 extension headers (ext_first names the first) */
	size_t options_len;
	__u8 ext_first;
	size_t payload; /* bytes of payload */
	size_t pad;	/* bytes behind the packet */
};

void frame_build(struct frame *f, const struct frame_spec *spec);
/* ARP: op 1 request, 2 reply. */
void frame_arp(struct frame *f, const char *dmac, const char *smac, int op, const char *spa, const char *tpa);
/* Neighbour solicitation (135) or advertisement (136) about target. */
void frame_nd(struct frame *f, const char *dmac, const char *smac, const char *src, const char *dst, int type,
	      const char *target);
/* Gives the IPv4 header at l3, which was changed, its checksum. */
void frame_ip4_sum(__u8 *frame, size_t l3);
/* IPv4 header checksum of the packet at l3: 1 = right. */
int frame_ip4_sum_ok(const __u8 *frame, size_t l3);

#endif

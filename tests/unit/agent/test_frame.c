// SPDX-License-Identifier: GPL-2.0-only
/* Frames for explain, read back with the parser of the data plane. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#include <lib/pkt.h>

#include "agent/frame.h"
#include "base/cleanup.h"

static struct fb_frame_spec spec(int family, __u8 proto, int vlan)
{
	struct fb_frame_spec s = { .dst_mac = { 2, 1, 2, 3, 4, 5 },
				   .vlan = vlan,
				   .family = family,
				   .proto = proto,
				   .sport = 40000,
				   .dport = 443,
				   .tcp_flags = 2 };

	if (family == 4) {
		s.src.lo = 0x0a010002;
		s.dst.lo = 0x0a020003;
	} else {
		s.src = (struct fb_ip){ 0x20010db800010000, 2 };
		s.dst = (struct fb_ip){ 0x20010db800020000, 3 };
	}
	if (proto == IPPROTO_ICMP)
		s.dport = 8 << 8;
	if (proto == IPPROTO_ICMPV6)
		s.dport = 128 << 8;
	return s;
}

Test(frame, the_data_plane_reads_what_was_asked_for)
{
	static const struct {
		int family;
		__u8 proto;
		int vlan;
	} cases[] = { { 4, IPPROTO_TCP, -1 },  { 4, IPPROTO_UDP, 0 },	  { 4, IPPROTO_ICMP, 110 },
		      { 4, IPPROTO_SCTP, -1 }, { 4, IPPROTO_ESP, -1 },	  { 6, IPPROTO_TCP, 110 },
		      { 6, IPPROTO_UDP, -1 },  { 6, IPPROTO_ICMPV6, -1 }, { 6, IPPROTO_SCTP, 4094 } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_frame_spec s = spec(cases[i].family, cases[i].proto, cases[i].vlan);
		__u8 frame[FB_FRAME_MAX];
		size_t len = fb_frame_build(&s, frame);
		struct fb_pkt pkt = { 0 };

		cr_assert_geq(len, 60);
		cr_assert_eq(fb_parse(&pkt, frame, frame + len, (__u32)len), FB_NEXT, "case %zu", i);
		cr_assert_eq(pkt.family, s.family);
		cr_assert_eq(pkt.proto, s.proto);
		cr_assert(pkt.s_hi == s.src.hi && pkt.s_lo == s.src.lo && pkt.d_hi == s.dst.hi &&
				  pkt.d_lo == s.dst.lo,
			  "case %zu", i);
		cr_assert_eq(pkt.vid, s.vlan > 0 ? s.vlan : 0);
		cr_assert_eq(memcmp(pkt.dmac, s.dst_mac, 6), 0);
		if (s.proto != IPPROTO_ESP)
			cr_assert_eq(pkt.cport, s.dport, "case %zu: %u", i, pkt.cport);
		if (s.proto == IPPROTO_TCP)
			cr_assert(pkt.tcp == FB_TCP_SYN && pkt.sport == 40000);
	}
}

static __u32 sum(const __u8 *p, size_t n)
{
	__u32 s = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		s += (__u32)p[i] << 8 | p[i + 1];
	return n % 2 ? s + ((__u32)p[n - 1] << 8) : s;
}

static __u16 folded(__u32 s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (__u16)s;
}

Test(frame, checksums_are_right)
{
	static const __u8 protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP };

	for (size_t i = 0; i < FB_ARRAY_SIZE(protos); i++)
		for (int family = 4; family <= 6; family += 2) {
			__u8 proto = family == 6 && protos[i] == IPPROTO_ICMP ? IPPROTO_ICMPV6 : protos[i];
			struct fb_frame_spec s = spec(family, proto, -1);
			__u8 frame[FB_FRAME_MAX];
			const __u8 *l3 = frame + 14, *l4 = l3 + (family == 4 ? 20 : 40);
			size_t len;
			__u32 pseudo;

			fb_frame_build(&s, frame);
			len = family == 4 ? (size_t)(l3[2] << 8 | l3[3]) - 20 : (size_t)(l3[4] << 8 | l3[5]);
			pseudo = (__u32)len + proto + (family == 4 ? sum(l3 + 12, 8) : sum(l3 + 8, 32));
			if (family == 4)
				cr_assert_eq(folded(sum(l3, 20)), 0xffff, "IPv4 header");
			cr_assert_eq(folded(sum(l4, len) + (proto == IPPROTO_ICMP ? 0 : pseudo)), 0xffff,
				     "family %d proto %u", family, proto);
		}
}

Test(frame, groups_and_broadcasts_have_their_own_mac)
{
	static const __u8 multicast4[] = { 1, 0, 0x5e, 0x14, 1, 1 }, all[] = { 255, 255, 255, 255, 255, 255 },
			  multicast6[] = { 0x33, 0x33, 0, 1, 0, 2 };
	struct fb_frame_spec s = spec(4, IPPROTO_UDP, -1);
	__u8 frame[FB_FRAME_MAX];

	s.dst.lo = 0xef140101; /* 239.20.1.1 */
	fb_frame_build(&s, frame);
	cr_assert_eq(memcmp(frame, multicast4, 6), 0);
	s.dst.lo = 0xffffffff;
	fb_frame_build(&s, frame);
	cr_assert_eq(memcmp(frame, all, 6), 0);
	s.dst.lo = 0x0a0100ff;
	s.broadcast = true;
	fb_frame_build(&s, frame);
	cr_assert_eq(memcmp(frame, all, 6), 0);
	s = spec(6, IPPROTO_UDP, -1);
	s.dst = (struct fb_ip){ 0xff02000000000000, 0x10002 };
	fb_frame_build(&s, frame);
	cr_assert_eq(memcmp(frame, multicast6, 6), 0);
}

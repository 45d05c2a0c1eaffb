// SPDX-License-Identifier: GPL-2.0-only
/* The line that is said to allow a packet: check takes it, and it does. */
#include <netinet/in.h>

#include "fixture.h"
#include "policy/analyse.h"

#define HEAD                                                                 \
	"policy \"t\" language 1 version 1 timezone \"UTC\"\n"               \
	"zone a { interface eth0  network 10.0.0.0/29, 2001:db8::/125 }\n"   \
	"zone b { interface eth1  network 10.1.0.0/29, 2001:db8:1::/125 }\n" \
	"device a1 in a { ip 10.0.0.1, 2001:db8::1 }\ndevice b1 in b { ip 10.1.0.1, 2001:db8:1::1 }\n"

static struct fb_own own;

/* The line for the packet, or "". It must be as it is said to be. */
static const char *line_for(const char *text, const struct fb_packet *packet, const char *zone)
{
	static char said[300];
	fb_autostrbuf struct fb_strbuf line = { 0 }, whole = { 0 };
	struct fb_packet k = *packet;
	struct fb_answer answer;
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s\n%s", text, fb_strbuf_get(&p.said));
	k.first = true;
	k.zone = zone_id(&p, zone);
	if (k.zone == FB_ZONE_SELF)
		k.out_zone = zone_id(&p, "a");
	own.v.n = 0;
	fb_vec_add(&own.v, (struct fb_own_address){ 4, { 0, 0x0a000006 }, 29, zone_id(&p, "a") });
	fb_vec_add(&own.v, (struct fb_own_address){ 6, { 0xfe80ull << 48, 6 }, 64, zone_id(&p, "a") });
	fb_vec_add(&own.v, (struct fb_own_address){ 4, { 0, 0x0a010006 }, 29, zone_id(&p, "b") });
	answer = fb_eval(&p.rs, &own, &k, NOW);
	if (!fb_answer_suggest(&p.rs, &own, &k, &answer, &line)) {
		policy_done(&p);
		return "";
	}
	policy_done(&p);
	snprintf(said, sizeof(said), "%s", fb_strbuf_get(&line));
	fb_strbuf_addf(&whole, "%s%s\n", text, said);
	policy_load(&p, fb_strbuf_get(&whole));
	cr_assert_eq(p.errors, 0, "%s\n%s", fb_strbuf_get(&whole), fb_strbuf_get(&p.said));
	answer = fb_eval(&p.rs, &own, &k, NOW);
	cr_assert_eq(answer.reason, FB_PASSED, "%s\n%s", fb_strbuf_get(&whole),
		     fb_reason_name(answer.reason));
	policy_done(&p);
	return said;
}

static struct fb_packet packet4(__u8 proto, __u16 dport)
{
	return (struct fb_packet){ .family = 4,
				   .src = { 0, 0x0a000001 },
				   .dst = { 0, 0x0a010001 },
				   .proto = proto,
				   .sport = 1000,
				   .dport = dport };
}

Test(suggest, no_line_is_offered_for_what_no_line_can_say_or_let_pass)
{
	static const struct {
		__u8 proto;
		__u16 dport;
		const char *line;
	} cases[] = {
		{ IPPROTO_TCP, 22, "firebreak a -> b { allow a1 -> b1  tcp/22 }" },
		{ IPPROTO_TCP, 0, "" },
		{ IPPROTO_UDP, 0, "" },
		{ IPPROTO_SCTP, 0, "" },
		{ IPPROTO_ICMP, 8 << 8, "firebreak a -> b { allow a1 -> b1  icmp/8 }" },
		{ IPPROTO_ICMP, 0, "" },
		{ IPPROTO_ICMP, 13 << 8 | 7, "firebreak a -> b { allow a1 -> b1  icmp/13 }" },
		{ IPPROTO_ICMPV6, 128 << 8, "" },
		{ 47, 0, "firebreak a -> b { allow a1 -> b1  ip/47 }" },
		{ 0, 0, "firebreak a -> b { allow a1 -> b1  ip/0 }" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_packet k = packet4(cases[i].proto, cases[i].dport);

		cr_assert_str_eq(line_for(HEAD, &k, "a"), cases[i].line, "case %zu", i);
	}
}

/* S26, S18: the line speaks of all of a device, or of any, and not of the packet alone. */
Test(suggest, no_line_is_offered_that_meets_a_guard_or_a_limit)
{
	static const char six[] = HEAD "group b6 in b { 2001:db8:1::1 }\nnever a -> b6 tcp/22\n";
	static const char local[] = HEAD "never a1 -> self udp/67\n";
	static const char limit[] = HEAD "firebreak a -> b { allow any -> any  tcp/22 source-port 1-99  "
					 "limit 5 new/s per source }\n";
	struct fb_packet k = packet4(IPPROTO_TCP, 22), dhcp = packet4(IPPROTO_UDP, 67);

	cr_assert_str_eq(line_for(six, &k, "a"), "");
	k.dport = 23;
	cr_assert_str_eq(line_for(six, &k, "a"), "firebreak a -> b { allow a1 -> b1  tcp/23 }");
	cr_assert_str_eq(line_for(limit, &k, "a"), "firebreak a -> b { allow a1 -> b1  tcp/23 }");
	k.dport = 22;
	cr_assert_str_eq(line_for(limit, &k, "a"), "");
	dhcp.src = (struct fb_ip){ 0, 0 };
	dhcp.dst = (struct fb_ip){ 0, 0xffffffff };
	cr_assert_str_eq(line_for(HEAD, &dhcp, "a"), "firebreak a -> self { allow any -> self  udp/67 }");
	cr_assert_str_eq(line_for(local, &dhcp, "a"), "");
}

Test(suggest, a_line_is_offered_for_every_kind_of_end_that_may_have_one)
{
	static const struct {
		const char *zone, *src, *dst, *line;
	} cases[] = {
		{ "a", "10.0.0.2", "10.1.0.2", "firebreak a -> b { allow 10.0.0.2 -> 10.1.0.2  tcp/22 }" },
		{ "a", "10.0.0.2", "10.0.0.1", "firebreak a -> a { allow 10.0.0.2 -> a1  tcp/22 }" },
		{ "a", "10.0.0.2", "10.0.0.6", "firebreak a -> self { allow 10.0.0.2 -> self  tcp/22 }" },
		{ "a", "10.0.0.2", "10.1.0.6",
		  "firebreak a -> self { allow 10.0.0.2 -> self at b  tcp/22 }" },
		{ "a", "10.0.0.2", "224.0.0.5", "firebreak a -> self { allow 10.0.0.2 -> self  tcp/22 }" },
		{ "a", "fe80::9", "fe80::6", "firebreak a -> self { allow any -> self  tcp/22 }" },
		{ "self", "10.0.0.6", "10.0.0.1", "firebreak self -> a { allow self -> a1  tcp/22 }" },
		{ "self", "fe80::6", "fe80::9", "firebreak self -> a { allow self -> any  tcp/22 }" },
		{ "a", "10.0.0.6", "10.1.0.2", "" },
		{ "a", "fe80::9", "2001:db8:1::2", "" },
		{ "a", "10.0.0.2", "239.1.1.1", "" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_packet k = packet4(IPPROTO_TCP, 22);

		k.src = ip_of(cases[i].src, &k.family);
		k.dst = ip_of(cases[i].dst, &k.family);
		cr_assert_str_eq(line_for(HEAD, &k, cases[i].zone), cases[i].line, "case %zu", i);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The decisions as packets: policy text in, verdict out, through parser, checker and scan. */
#ifndef FB_TEST_POLICY_EVAL_CASES_H
#define FB_TEST_POLICY_EVAL_CASES_H

#include <criterion/criterion.h>
#include <netinet/in.h>

#include "fixture.h"

#define DAY 86400

struct own_row {
	const char *ip;
	unsigned int len;
	const char *zone; /* NULL = no policy interface */
};

struct case_row {
	const char *zone, *src, *dst; /* zone "self>a": made here, leaves into a */
	__u8 proto;
	__u16 sport, dport;
	enum fb_reason reason;
	const char *dst_zone; /* NULL = not asked */
	const char *why;
};

static struct fb_own own_of(const struct policy *p, const struct own_row *rows)
{
	struct fb_own own = { 0 };

	for (; rows && rows->ip; rows++) {
		struct fb_own_address a = { .len = rows->len,
					    .zone = rows->zone ? zone_id(p, rows->zone) : 0 };

		a.ip = ip_of(rows->ip, &a.family);
		fb_vec_add(&own.v, a);
	}
	return own;
}

static struct fb_packet packet_of(const struct policy *p, const struct case_row *row)
{
	struct fb_packet packet = {
		.proto = row->proto, .sport = row->sport, .dport = row->dport, .first = true
	};
	int family;

	if (!strncmp(row->zone, "self>", 5)) {
		packet.zone = FB_ZONE_SELF;
		packet.out_zone = zone_id(p, row->zone + 5);
	} else {
		packet.zone = zone_id(p, row->zone);
	}
	packet.src = ip_of(row->src, &packet.family);
	packet.dst = ip_of(row->dst, &family);
	cr_assert_eq(family, packet.family);
	return packet;
}

static void expect_at(const char *text, const struct own_row *rows, const struct case_row *cases, __s64 now)
{
	struct policy p;
	struct fb_own own;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s\n%s", text, fb_strbuf_get(&p.said));
	own = own_of(&p, rows);
	for (const struct case_row *c = cases; c->zone; c++) {
		struct fb_packet packet = packet_of(&p, c);
		struct fb_answer answer = fb_eval(&p.rs, &own, &packet, now);

		cr_assert_eq(answer.reason, c->reason,
			     "%s\n%s: %s -> %s proto %u dport %u: reason %d, wanted %d (%s)", text, c->zone,
			     c->src, c->dst, c->proto, c->dport, answer.reason, c->reason,
			     c->why ? c->why : "");
		if (c->dst_zone)
			cr_assert_str_eq(fb_ruleset_zone_name(&p.rs, answer.dst_zone), c->dst_zone);
	}
	fb_vec_done(&own.v);
	policy_done(&p);
}

static void expect(const char *text, const struct own_row *rows, const struct case_row *cases)
{
	expect_at(text, rows, cases, NOW);
}

#define TCP  IPPROTO_TCP
#define UDP  IPPROTO_UDP
#define HEAD "policy \"t\" language 1 version 1 timezone \"Europe/London\"\n"
#define AB                                                                      \
	HEAD "zone a { interface eth1 network 10.1.0.0/16, 2001:db8:1::/48 }\n" \
	     "zone b { interface eth2 network 10.2.0.0/16, 2001:db8:2::/48 }\n"
#define INTERNET "zone internet { interface eth0 network any }\n"

static const struct own_row gateway[] = { { "10.1.0.1", 16, "a" },	{ "10.2.0.1", 16, "b" },
					  { "2001:db8:1::1", 64, "a" }, { "fe80::1", 64, "a" },
					  { "fe80::1", 64, "b" },	{ "192.0.2.255", 32, NULL },
					  { "127.0.0.1", 8, NULL }, /* of lo, as every host has it */
					  { "::1", 128, NULL },		{ 0 } };

#endif

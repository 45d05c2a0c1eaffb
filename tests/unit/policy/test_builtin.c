// SPDX-License-Identifier: GPL-2.0-only
/* S24: what passes without a line, as bpf/lib/builtin.h has it. */
#include <netinet/in.h>

#include "fixture.h"
#include "policy/analyse.h"
#include "policy/builtin.h"

static const char text[] = "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
			   "zone a { interface eth0  network 2001:db8::/125  gateway 2001:db8::6 }\n"
			   "zone b { interface eth1  network 2001:db8:1::/125 }\n"
			   "zone c { interface eth2  network 2001:db8:2::/125 }\nwire eth1 <-> eth2\n";

/* A message from the zone (of the gateway: into a, "self>b" into b): "passed" or why not, and "-" for what the lines are asked about. */
static const char *judge(const struct policy *p, const char *zone, const char *src, const char *dst,
			 unsigned int type)
{
	struct fb_packet k = { .proto = IPPROTO_ICMPV6, .dport = (__u16)(type << 8), .first = true };
	struct fb_own own = { 0 };
	struct fb_answer answer;

	k.src = ip_of(src, &k.family);
	k.dst = ip_of(dst, &k.family);
	k.zone = strncmp(zone, "self", 4) ? zone_id(p, zone) : FB_ZONE_SELF;
	k.out_zone = k.zone == FB_ZONE_SELF ? zone_id(p, zone[4] ? zone + 5 : "a") : 0;
	k.wire_zone = !strcmp(zone, "b") ? zone_id(p, "c") : 0;
	answer = fb_eval(&p->rs, &own, &k, NOW);
	if (!fb_builtin_is(&p->rs, &k, &answer))
		return "-";
	fb_builtin_judge(&k, &answer);
	cr_assert_eq(answer.line, -1);
	return answer.reason == FB_PASSED ? "passed" : fb_reason_name(answer.reason);
}

Test(builtin, neighbours_speak_without_a_line_and_nobody_else)
{
	enum { ECHO = 128, MLD = 131, RS = 133, RA = 134, NS = 135, NA = 136, MLD2 = 143 };
	static const struct {
		const char *zone, *src, *dst;
		unsigned int type;
		const char *says;
	} cases[] = {
		{ "a", "2001:db8::1", "ff02::1:ff00:6", NS, "passed" },
		{ "a", "2001:db8::1", "2001:db8::6", NS, "passed" },
		{ "a", "2001:db8::1", "2001:db8::6", NA, "passed" },
		{ "a", "fe80::1", "ff02::2", RS, "passed" },
		{ "a", "::", "ff02::1:ff00:1", NS, "passed" },
		{ "a", "2001:db8::1", "2001:db8::2", NS, "scope" },
		{ "a", "2001:db8:1::1", "ff02::1:ff00:6", NS, "-" }, /* a spoof */
		{ "a", "2001:db8::6", "ff02::1:ff00:1", NA, "-" },   /* the gateway's own */
		{ "a", "fe80::1", "ff02::1", RA, "-" },
		{ "a", "fe80::1", "ff02::16", MLD2, "-" },
		{ "a", "2001:db8::1", "2001:db8::6", ECHO, "-" },
		{ "b", "fe80::1", "ff02::1:ff00:6", NS, "passed" },
		{ "b", "2001:db8:1::1", "2001:db8:2::1", NA, "passed" },
		{ "b", "fe80::1", "ff02::2", RS, "-" }, /* over a wire by a line (S61) */
		{ "b", "2001:db8:1::1", "2001:db8::1", NS, "route-mismatch" },
		{ "self", "2001:db8::6", "ff02::1", RA, "passed" },
		{ "self", "2001:db8::6", "ff02::1:ff00:1", NS, "passed" },
		{ "self", "fe80::6", "ff02::16", MLD2, "passed" },
		{ "self", "fe80::6", "ff02::2", MLD, "passed" },
		{ "self", "2001:db8::6", "2001:db8::1", ECHO, "-" },
		{ "self>b", "2001:db8::6", "ff02::1:ff00:1", NS, "-" }, /* on wires only */
	};
	struct policy p;

	policy_load(&p, text);
	cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++)
		cr_assert_str_eq(judge(&p, cases[i].zone, cases[i].src, cases[i].dst, cases[i].type),
				 cases[i].says, "case %zu: %s", i,
				 judge(&p, cases[i].zone, cases[i].src, cases[i].dst, cases[i].type));
	policy_done(&p);
}

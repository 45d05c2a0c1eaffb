// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real programs against the plain box scan (policy/eval.c), which shares no code with the compiler or with BPF: random policies, random packets
 * drawn from their corners. Usage: oracle_xdp [POLICIES [PACKETS [SEED]]]; default 100 policies of 2,000 packets.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "policy/eval.h"
#include "rig.h"

static __u64 state;

static __u32 rnd(__u32 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (__u32)((state * 0x2545f4914f6cdd1dull) >> 32) % n;
}

static const char *const zone_names[] = { "cam", "sig", "vid", "net" };
static const char *const nets4[] = { "10.20.", "10.10.", "10.30.0.", "203.0." };

/* ---- a random policy ------------------------------------------------------------------------------------ */

static void random_prefix(int zone, int family, struct fb_strbuf *out)
{
	if (family == 6) {
		static const char *const nets6[] = { "2001:db8:20:", "2001:db8:10:", NULL, "2001:db8:f0:" };

		switch (rnd(3)) {
		case 0:
			fb_strbuf_addf(out, "%s%x::/64", nets6[zone], rnd(4));
			return;
		case 1:
			fb_strbuf_addf(out, "%s%x:0:0:0:%x/128", nets6[zone], rnd(4), rnd(8) + 1);
			return;
		default:
			fb_strbuf_addf(out, "%s%x:8000::/65", nets6[zone], rnd(4));
			return;
		}
	}
	if (zone == 2) {
		fb_strbuf_addf(out, rnd(2) ? "10.30.0.%u/32" : "10.30.0.%u/29", rnd(8) * 8);
		return;
	}
	if (zone == 3 && rnd(3) == 0) {
		fb_strbuf_addf(out, "%u.0.0.0/%u", 64 + rnd(4) * 8, 5 + rnd(3));
		return;
	}
	unsigned int len = 16 + rnd(17), host = 32 - len;
	__u32 low = host >= 16 ? 0 : (rnd(65536) >> host) << host;

	if (zone == 3)
		fb_strbuf_addf(out, "203.0.%u.%u/%u", low >> 8, low & 255, len);
	else
		fb_strbuf_addf(out, "%s%u.%u/%u", nets4[zone], low >> 8, low & 255, len);
}

static void random_service(struct fb_strbuf *out)
{
	__u32 lo = rnd(3) ? 80 + rnd(6) : 1 + rnd(65000), hi = lo + (rnd(2) ? 0 : rnd(40));

	switch (rnd(9)) {
	case 0:
		fb_strbuf_add(out, "all");
		return;
	case 1:
		fb_strbuf_addf(out, "icmp/%u", rnd(2) ? 8 : 13);
		return;
	case 2:
		fb_strbuf_add(out, "icmpv6/echo-request");
		return;
	case 3:
		fb_strbuf_addf(out, "ip/%u", rnd(2) ? 47 : 50);
		return;
	case 4:
		fb_strbuf_addf(out, "udp/%u source-port %u", lo, 80 + rnd(4));
		return;
	default:
		fb_strbuf_addf(out, "%s/%u-%u", rnd(2) ? "tcp" : rnd(5) ? "udp" : "sctp", lo, hi);
	}
}

static void random_line(int from, int to, bool self_from, bool self_to, struct fb_strbuf *out)
{
	/* Both sides of one family, or "any": a line that is empty in both families is an error. */
	int v6 = rnd(4) == 0 && from != 2 && to != 2;

	fb_strbuf_add(out, "  allow ");
	if (self_from)
		fb_strbuf_add(out, "self");
	else if (v6)
		random_prefix(from, 6, out);
	else if (rnd(3))
		random_prefix(from, 4, out);
	else
		fb_strbuf_add(out, "any");
	fb_strbuf_add(out, " -> ");
	if (self_to)
		fb_strbuf_add(out, rnd(3) ? "self" : rnd(2) ? "self at any" : "self at cam");
	else if (v6)
		random_prefix(to, 6, out);
	else if (rnd(3))
		random_prefix(to, 4, out);
	else
		fb_strbuf_add(out, "any");
	fb_strbuf_add(out, "  ");
	random_service(out);
	if (rnd(2)) {
		fb_strbuf_add(out, ", ");
		random_service(out);
	}
	if (rnd(4) == 0)
		fb_strbuf_addf(out, "  until %u-01-01", 2029 + rnd(3)); /* the rig's clock says March 2030 */
	if (rnd(4) == 0)
		fb_strbuf_addf(out, "  during w%u", rnd(4));
	if (rnd(12) == 0)
		fb_strbuf_add(out, "  on-request never-opened");
	fb_strbuf_addf(out, "  id r%zu\n", out->len); /* two equal lines would be one */
}

static void random_pair(int from, int to, bool self_from, bool self_to, struct fb_strbuf *out)
{
	const char *a = self_from ? "self" : zone_names[from], *b = self_to ? "self" : zone_names[to];
	__u32 kind = rnd(6);

	if (kind == 0)
		return;
	if (kind == 1) {
		fb_strbuf_addf(out, "never %s -> %s", a, b);
		if (rnd(2)) {
			fb_strbuf_add(out, " ");
			random_service(out);
		}
		fb_strbuf_add(out, "\n");
		return;
	}
	fb_strbuf_addf(out, "firebreak %s -> %s {\n", a, b);
	if (kind == 2 && !self_from && !self_to && from != 3)
		fb_strbuf_addf(out, "  mode observe until %u-06-01\n", 2029 + rnd(3));
	else if (kind == 3)
		fb_strbuf_add(out, "  mid-stream allow\n");
	for (__u32 i = 1 + rnd(8); i; i--)
		random_line(from, to, self_from, self_to, out);
	fb_strbuf_add(out, "}\n");
}

/* The rig's clock says Sunday, 17 March 2030, 17:46:40 UTC: w0 and w1 are open, w2 and w3 shut. */
static const char windows[] = "window w0 { every sun 12:00-20:00 timezone \"UTC\" }\n"
			      "window w1 { every day 17:00-18:00 every day 18:00-18:30 timezone \"UTC\" }\n"
			      "window w2 { every mon-sat 00:00-24:00 timezone \"UTC\" }\n"
			      "window w3 { on 2030-03-17 17:47-23:00 timezone \"UTC\" }\n"
			      "access never-opened { max 1h }\n";

static char *random_policy(void)
{
	struct fb_strbuf out = { 0 };

	fb_strbuf_add(&out, rig_zones);
	fb_strbuf_add(&out, windows);
	for (int a = 0; a < 4; a++) {
		for (int b = 0; b < 4; b++)
			random_pair(a, b, false, false, &out);
		random_pair(a, a, false, true, &out);
		random_pair(a, a, true, false, &out);
	}
	return fb_strbuf_steal(&out);
}

/* ---- a random packet ------------------------------------------------------------------------------------- */

/* An end of one of the rule set's ranges, or its neighbour: where mistakes live. */
static struct fb_ip corner(const struct fb_ruleset *rs, int family)
{
	for (int tries = 0; tries < 20 && rs->sets.n; tries++) {
		const struct fb_ranges *r = &rs->sets.v[rnd((__u32)rs->sets.n)].r[FB_FAMILY_INDEX(family)];

		if (!r->n)
			continue;
		struct fb_range range = r->v[rnd((__u32)r->n)];

		switch (rnd(5)) {
		case 0:
			return range.first;
		case 1:
			return range.last;
		case 2:
			return fb_ip_dec(range.first);
		case 3:
			return fb_ip_add(range.last, 1);
		default:
			return fb_ip_add(range.first, rnd(0x10000));
		}
	}
	return (struct fb_ip){ 0, 0x0a140005 };
}

static struct fb_ip random_address(const struct fb_ruleset *rs, int family, int zone)
{
	static const char *const special4[] = { "10.20.0.1",	   "10.10.0.1",	    "10.30.0.1",
						"203.0.113.1",	   "10.20.255.255", "10.10.255.255",
						"255.255.255.255", "224.0.0.1",	    "224.0.0.251",
						"239.1.1.1",	   "127.0.0.1",	    "0.0.0.0",
						"169.254.3.4",	   "240.0.0.1",	    "8.8.8.8",
						"10.99.0.1",	   "0.0.1.2" };
	static const char *const special6[] = {
		"2001:db8:20::1",   "2001:db8:10::1", "fe80::fe", "fe80::77", "ff02::1",
		"ff02::fb",	    "ff05::2",	      "::1",	  "::",	      "2001:db8:99::1",
		"::ffff:10.20.0.5", "::302"
	};
	struct fb_strbuf text = { 0 };
	struct fb_ip ip = { 0, 0 };
	int parsed;

	if (rnd(3) == 0)
		return corner(rs, family);
	if (rnd(4) == 0) {
		const char *s = family == 4 ? special4[rnd(sizeof(special4) / sizeof(*special4))]
					    : special6[rnd(sizeof(special6) / sizeof(*special6))];

		fb_ip_parse(s, strlen(s), &parsed, &ip);
		return ip;
	}
	random_prefix(family == 6 && zone == 2 ? 0 : zone, family, &text);
	fb_ip_parse(text.s, strcspn(text.s, "/"), &parsed, &ip);
	fb_strbuf_done(&text);
	return fb_ip_add(ip, 1 + rnd(6));
}

struct trial {
	struct fb_packet packet;
	struct frame frame;
	const char *zone;
	bool made_here;
	char src[FB_INET_STRLEN], dst[FB_INET_STRLEN];
};

static __u16 random_port(void)
{
	return (__u16)(rnd(4) ? 78 + rnd(12) : rnd(65536));
}

static void random_l4(struct fb_packet *p, struct frame_spec *s)
{
	static const __u8 protos[] = { 6, 6, 6, 17, 17, 17, 1, 132, 47, 50, 89 };

	p->proto = protos[rnd(sizeof(protos))];
	p->first = true;
	if (p->proto == 1 && p->family == 6)
		p->proto = 58;
	if (p->proto == 6) {
		s->tcp = rnd(8) ? 2 : 16;
		p->first = s->tcp == 2;
	}
	if (p->proto == 1 || p->proto == 58) {
		static const __u8 types4[] = { 8, 8, 0, 13, 17, 3, 11, 9 },
				  types6[] = { 128, 128, 129, 1, 3, 134, 137, 200 };

		s->icmp_type = p->family == 4 ? types4[rnd(8)] : types6[rnd(8)];
		s->icmp_code = rnd(4) ? 0 : 1;
		s->icmp_id = (__u16)rnd(65536);
		p->dport = (__u16)(s->icmp_type << 8 | s->icmp_code);
	} else if (p->proto == 6 || p->proto == 17 || p->proto == 132) {
		p->sport = random_port();
		p->dport = random_port();
	}
	s->proto = p->proto;
	s->sport = p->sport;
	s->dport = (p->proto == 1 || p->proto == 58) ? 0 : p->dport;
	s->payload = 20;
}

/* Built in at the way out (S24): not judged by the policy, so not by this test. */
static bool builtin_out(const struct fb_packet *p)
{
	return p->proto == 58 && (p->dport >> 8) == 134;
}

/* The kernel answers for the lowest address of an IPv6 prefix of its own (subnet-router anycast, RFC 4291 2.6.1), so that no route leads there. */
static bool is_anycast(const struct fb_packet *p)
{
	return p->family == 6 && p->dst.lo == 0 && (p->dst.hi & 0xffff) == 0;
}

static void random_trial(struct rig *rig, struct trial *t)
{
	do {
		struct frame_spec s = { .dmac = RIG_MAC };
		int from = (int)rnd(4), to = (int)rnd(4);

		memset(t, 0, sizeof(*t));
		t->made_here = rnd(6) == 0;
		t->zone = zone_names[from];
		t->packet.family = rnd(3) ? 4 : 6;
		t->packet.zone = t->made_here ? FB_ZONE_SELF : rig_zone(rig, t->zone);
		t->packet.out_zone = t->made_here ? rig_zone(rig, t->zone) : 0;
		t->packet.src = random_address(&rig->rs, t->packet.family, from);
		t->packet.dst =
			random_address(&rig->rs, t->packet.family, t->made_here && rnd(4) ? from : to);
		if (t->made_here) {
			int parsed;

			fb_ip_parse(t->packet.family == 4 ? "10.20.0.1" : "2001:db8:20::1",
				    t->packet.family == 4 ? 9 : 14, &parsed, &t->packet.src);
		}
		fb_ip_print(t->packet.family, t->packet.src, t->src);
		fb_ip_print(t->packet.family, t->packet.dst, t->dst);
		s.src = t->src;
		s.dst = t->dst;
		s.vlan = !t->made_here && from == 2 ? 30 : 0;
		random_l4(&t->packet, &s);
		frame_build(&t->frame, &s);
		if (t->made_here && from == 2) { /* the way out to vid is tagged */
			s.vlan = 30;
			frame_build(&t->frame, &s);
		}
	} while ((t->made_here && builtin_out(&t->packet)) || is_anycast(&t->packet));
}

static struct fb_own own_addresses(const struct rig *rig)
{
	static const struct {
		const char *ip, *zone;
		unsigned int len;
	} list[] = {
		{ "10.20.0.1", "cam", 16 }, { "2001:db8:20::1", "cam", 48 }, { "fe80::fe", "cam", 64 },
		{ "10.10.0.1", "sig", 16 }, { "2001:db8:10::1", "sig", 48 }, { "fe80::fe", "sig", 64 },
		{ "10.30.0.1", "vid", 26 }, { "203.0.113.1", "net", 24 },    { "2001:db8:ff::1", "net", 64 },
	};
	struct fb_own own = { 0 };

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct fb_own_address a = { .len = list[i].len, .zone = rig_zone(rig, list[i].zone) };

		fb_ip_parse(list[i].ip, strlen(list[i].ip), &a.family, &a.ip);
		fb_vec_add(&own.v, a);
	}
	return own;
}

/* True if the program did what the scan says: action, and exactly that counter by one. */
static bool agree(struct rig *rig, const struct trial *t, const struct fb_answer *want)
{
	bool passes = want->reason == FB_PASSED || want->reason == FB_WOULD_DROP;
	unsigned int reason = passes ? FB_PASSED : want->reason;
	__u64 before = rig_pair_packets(rig, want->src_zone, want->dst_zone, reason);
	__u64 would = rig_pair_packets(rig, want->src_zone, want->dst_zone, FB_WOULD_DROP);
	int action = rig_run(rig, t->zone, &t->frame, t->made_here);
	bool dropped = action == (t->made_here ? TC_ACT_SHOT : XDP_DROP);

	return dropped != passes &&
	       rig_pair_packets(rig, want->src_zone, want->dst_zone, reason) == before + 1 &&
	       rig_pair_packets(rig, want->src_zone, want->dst_zone, FB_WOULD_DROP) ==
		       would + (want->reason == FB_WOULD_DROP);
}

static void explain(struct rig *rig, const struct trial *t, const struct fb_answer *want, const char *text)
{
	rig_flush_flows(rig);
	struct rig_result r = t->made_here ? rig_tc_out(rig, t->zone, &t->frame)
					   : rig_xdp(rig, t->zone, &t->frame);

	printf("# %s%s %s -> %s proto %u %u -> %u: scan says %s (%u -> %u, line %d), program %s (%u -> %u)\n",
	       t->made_here ? "self into " : "from ", t->zone, t->src, t->dst, t->packet.proto,
	       t->packet.sport, t->packet.dport,
	       want->reason == FB_WOULD_DROP ? "would-drop" : rig_reason_name(want->reason), want->src_zone,
	       want->dst_zone, want->line, rig_reason_name(r.reason), r.src_zone, r.dst_zone);
	if (text)
		printf("%s\n", text);
}

int main(int argc, char **argv)
{
	unsigned int policies = argc > 1 ? (unsigned int)atoi(argv[1]) : 100,
		     packets = argc > 2 ? (unsigned int)atoi(argv[2]) : 2000;
	unsigned int wrong = 0, total = 0, by_reason[FB_REASON_COUNT] = { 0 };
	struct rig rig;

	state = argc > 3 ? strtoull(argv[3], NULL, 0) : (__u64)time(NULL) * 2654435761u | 1;
	printf("# seed %llu\n", (unsigned long long)state);
	rig_open(&rig, 4);
	rig_clock(&rig, 1000, 1900000000);
	for (unsigned int i = 0; i < policies; i++) {
		__u64 seed = state;
		char *text = random_policy();

		if (!rig_policy(&rig, text)) {
			printf("# policy %u (seed %llu) is not accepted\n%s\n", i, (unsigned long long)seed,
			       text);
			return 1;
		}
		struct fb_own own = own_addresses(&rig);

		for (unsigned int k = 0; k < packets; k++) {
			struct trial t;

			random_trial(&rig, &t);
			struct fb_answer want =
				fb_eval(&rig.rs, &own, &t.packet, (__s64)rig.runtime->fake_unix);

			rig_flush_flows(&rig);
			total++;
			by_reason[want.reason]++;
			if (agree(&rig, &t, &want))
				continue;
			if (wrong++ < 20)
				explain(&rig, &t, &want, wrong == 1 ? text : NULL);
		}
		fb_vec_done(&own.v);
		free(text);
	}
	printf("# %u packets over %u policies:", total, policies);
	for (int i = 0; i < FB_REASON_COUNT; i++)
		if (by_reason[i])
			printf(" %s %u",
			       i == FB_WOULD_DROP ? "would-drop" : rig_reason_name((enum fb_reason)i),
			       by_reason[i]);
	printf("\n%sok 1 - the_program_and_the_box_scan_agree\n%d passed, %d failed\n", wrong ? "not " : "",
	       !wrong, !!wrong);
	rig_close(&rig);
	return wrong != 0;
}

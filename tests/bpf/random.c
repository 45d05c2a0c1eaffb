// SPDX-License-Identifier: GPL-2.0-only
#include "random.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "rig.h"

__u64 random_state;

__u32 random_below(__u32 n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (__u32)((random_state * 0x2545f4914f6cdd1dull) >> 32) % n;
}

const char *const random_zones[RANDOM_ZONES] = { "cam", "sig", "vid", "net" };
static const char *const nets4[] = { "10.20.", "10.10.", "10.30.0.", "203.0." };

/* ---- a random policy ------------------------------------------------------------------------------------ */

static void random_prefix(int zone, int family, struct fb_strbuf *out)
{
	if (family == 6) {
		static const char *const nets6[] = { "2001:db8:20:", "2001:db8:10:", NULL, "2001:db8:f0:" };

		switch (random_below(3)) {
		case 0:
			fb_strbuf_addf(out, "%s%x::/64", nets6[zone], random_below(4));
			return;
		case 1:
			fb_strbuf_addf(out, "%s%x:0:0:0:%x/128", nets6[zone], random_below(4),
				       random_below(8) + 1);
			return;
		default:
			fb_strbuf_addf(out, "%s%x:8000::/65", nets6[zone], random_below(4));
			return;
		}
	}
	if (zone == 2) {
		fb_strbuf_addf(out, random_below(2) ? "10.30.0.%u/32" : "10.30.0.%u/29", random_below(8) * 8);
		return;
	}
	if (zone == 3 && random_below(3) == 0) {
		fb_strbuf_addf(out, "%u.0.0.0/%u", 64 + random_below(4) * 8, 5 + random_below(3));
		return;
	}
	unsigned int len = 16 + random_below(17), host = 32 - len;
	__u32 low = host >= 16 ? 0 : (random_below(65536) >> host) << host;

	if (zone == 3)
		fb_strbuf_addf(out, "203.0.%u.%u/%u", low >> 8, low & 255, len);
	else
		fb_strbuf_addf(out, "%s%u.%u/%u", nets4[zone], low >> 8, low & 255, len);
}

static void random_service(struct fb_strbuf *out)
{
	__u32 lo = random_below(3) ? 80 + random_below(6) : 1 + random_below(65000),
	      hi = lo + (random_below(2) ? 0 : random_below(40));

	switch (random_below(9)) {
	case 0:
		fb_strbuf_add(out, "all");
		return;
	case 1:
		fb_strbuf_addf(out, "icmp/%u", random_below(2) ? 8 : 13);
		return;
	case 2:
		fb_strbuf_add(out, "icmpv6/echo-request");
		return;
	case 3:
		fb_strbuf_addf(out, "ip/%u", random_below(2) ? 47 : 50);
		return;
	case 4:
		fb_strbuf_addf(out, "udp/%u source-port %u", lo, 80 + random_below(4));
		return;
	default:
		fb_strbuf_addf(out, "%s/%u-%u",
			       random_below(2)	 ? "tcp"
			       : random_below(5) ? "udp"
						 : "sctp",
			       lo, hi);
	}
}

static const char *const limits[] = { "  limit 10 new/s per source", "  limit 100 packets/s per line",
				      "  limit 1 mbit/s per destination", "  quota 1 GB/day per source drop",
				      "  limit 60 new/min per source  quota 1 MB/hour per line drop" };

static void random_line(const struct random_style *style, int from, int to, bool self_from, bool self_to,
			bool limited, struct fb_strbuf *out)
{
	/* Both sides of one family, or "any": a line that is empty in both families is an error. */
	int v6 = random_below(4) == 0 && from != 2 && to != 2;

	fb_strbuf_add(out, "  allow ");
	if (self_from)
		fb_strbuf_add(out, "self");
	else if (v6)
		random_prefix(from, 6, out);
	else if (random_below(3))
		random_prefix(from, 4, out);
	else
		fb_strbuf_add(out, "any");
	fb_strbuf_add(out, " -> ");
	if (self_to)
		fb_strbuf_add(out, random_below(3)   ? "self"
				   : random_below(2) ? "self at any"
						     : "self at cam");
	else if (v6)
		random_prefix(to, 6, out);
	else if (random_below(3))
		random_prefix(to, 4, out);
	else
		fb_strbuf_add(out, "any");
	fb_strbuf_add(out, "  ");
	random_service(out);
	if (random_below(2)) {
		fb_strbuf_add(out, ", ");
		random_service(out);
	}
	if (random_below(4) == 0)
		fb_strbuf_addf(out, "  until %u-01-01", style->year + random_below(3));
	if (random_below(4) == 0)
		fb_strbuf_addf(out, "  during w%u", random_below(4));
	if (random_below(12) == 0)
		fb_strbuf_add(out, random_below(2) ? "  on-request opened" : "  on-request never-opened");
	if (limited)
		fb_strbuf_add(out, limits[random_below(FB_ARRAY_SIZE(limits))]);
	fb_strbuf_addf(out, "  id r%zu\n", out->len); /* two equal lines would be one */
}

static void random_pair(const struct random_style *style, int from, int to, bool self_from, bool self_to,
			struct fb_strbuf *out)
{
	const char *a = self_from ? "self" : random_zones[from], *b = self_to ? "self" : random_zones[to];
	__u32 kind = random_below(6);

	if (kind == 0)
		return;
	if (kind == 1) {
		fb_strbuf_addf(out, "never %s -> %s", a, b);
		if (random_below(2)) {
			fb_strbuf_add(out, " ");
			random_service(out);
		}
		fb_strbuf_add(out, "\n");
		return;
	}
	fb_strbuf_addf(out, "firebreak %s -> %s {\n", a, b);
	if (kind == 2 && !self_from && !self_to && from != 3)
		fb_strbuf_addf(out, "  mode observe until %u-06-01\n", style->year + random_below(3));
	else if (kind == 3)
		fb_strbuf_add(out, "  mid-stream allow\n");
	/* Where there is one line, it may have a limit: with two, a packet might have two, which is an error. */
	bool limited = style->limits && random_below(3) == 0;

	for (__u32 i = limited ? 1 : 1 + random_below(8); i; i--)
		random_line(style, from, to, self_from, self_to, limited, out);
	fb_strbuf_add(out, "}\n");
}

char *random_policy(const struct random_style *style)
{
	struct fb_strbuf out = { 0 };

	fb_strbuf_add(&out, rig_zones);
	fb_strbuf_add(&out, style->windows);
	fb_strbuf_add(&out, "access opened { max 1h }\naccess never-opened { max 1h }\n");
	for (int a = 0; a < 4; a++) {
		for (int b = 0; b < 4; b++)
			random_pair(style, a, b, false, false, &out);
		random_pair(style, a, a, false, true, &out);
		random_pair(style, a, a, true, false, &out);
	}
	return fb_strbuf_steal(&out);
}

/* ---- a random packet ------------------------------------------------------------------------------------- */

/* An end of one of the rule set's ranges, or its neighbour: where mistakes live. */
static struct fb_ip corner(const struct fb_ruleset *rs, int family)
{
	for (int tries = 0; tries < 20 && rs->sets.n; tries++) {
		const struct fb_ranges *r =
			&rs->sets.v[random_below((__u32)rs->sets.n)].r[FB_FAMILY_INDEX(family)];

		if (!r->n)
			continue;
		struct fb_range range = r->v[random_below((__u32)r->n)];

		switch (random_below(5)) {
		case 0:
			return range.first;
		case 1:
			return range.last;
		case 2:
			return fb_ip_dec(range.first);
		case 3:
			return fb_ip_add(range.last, 1);
		default:
			return fb_ip_add(range.first, random_below(0x10000));
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

	if (random_below(3) == 0)
		return corner(rs, family);
	if (random_below(4) == 0) {
		const char *s = family == 4 ? special4[random_below(sizeof(special4) / sizeof(*special4))]
					    : special6[random_below(sizeof(special6) / sizeof(*special6))];

		fb_ip_parse(s, strlen(s), &parsed, &ip);
		return ip;
	}
	random_prefix(family == 6 && zone == 2 ? 0 : zone, family, &text);
	fb_ip_parse(text.s, strcspn(text.s, "/"), &parsed, &ip);
	fb_strbuf_done(&text);
	return fb_ip_add(ip, 1 + random_below(6));
}

static __u16 random_port(void)
{
	return (__u16)(random_below(4) ? 78 + random_below(12) : random_below(65536));
}

static void random_l4(struct fb_packet *p, struct frame_spec *s)
{
	static const __u8 protos[] = { 6, 6, 6, 17, 17, 17, 1, 132, 47, 50, 89 };

	p->proto = protos[random_below(sizeof(protos))];
	p->first = true;
	if (p->proto == 1 && p->family == 6)
		p->proto = 58;
	if (p->proto == 6) {
		s->tcp = random_below(8) ? 2 : 16;
		p->first = s->tcp == 2;
	}
	if (p->proto == 1 || p->proto == 58) {
		static const __u8 types4[] = { 8, 8, 0, 13, 17, 3, 11, 9 },
				  types6[] = { 128, 128, 129, 1, 3, 134, 137, 200 };

		s->icmp_type = p->family == 4 ? types4[random_below(8)] : types6[random_below(8)];
		s->icmp_code = random_below(4) ? 0 : 1;
		s->icmp_id = (__u16)random_below(65536);
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

static unsigned int zone_id(const struct fb_ruleset *rs, const char *name)
{
	return fb_ruleset_zone(rs, name)->id;
}

void random_trial(const struct fb_ruleset *rs, bool also_made_here, struct random_trial *t)
{
	do {
		struct frame_spec s = { .dmac = RIG_MAC };
		int from = (int)random_below(4), to = (int)random_below(4);

		memset(t, 0, sizeof(*t));
		t->made_here = also_made_here && random_below(6) == 0;
		t->zone = random_zones[from];
		t->packet.family = random_below(3) ? 4 : 6;
		t->packet.zone = t->made_here ? FB_ZONE_SELF : zone_id(rs, t->zone);
		t->packet.out_zone = t->made_here ? zone_id(rs, t->zone) : 0;
		t->packet.src = random_address(rs, t->packet.family, from);
		t->packet.dst =
			random_address(rs, t->packet.family, t->made_here && random_below(4) ? from : to);
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

struct fb_own random_own_addresses(const struct fb_ruleset *rs)
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
		struct fb_own_address a = { .len = list[i].len, .zone = zone_id(rs, list[i].zone) };

		fb_ip_parse(list[i].ip, strlen(list[i].ip), &a.family, &a.ip);
		fb_vec_add(&own.v, a);
	}
	return own;
}

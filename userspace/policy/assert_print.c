// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/strbuf.h"
#include "policy/assert.h"

static void add_end(const struct fb_ruleset *rs, int family, struct fb_ip ip, struct fb_strbuf *out)
{
	struct fb_ipset set = { 0 };

	for (size_t i = 0; i < rs->devices.n; i++) {
		if (fb_ipset_has(&rs->devices.v[i].ips, family, ip)) {
			fb_strbuf_add(out, rs->devices.v[i].name);
			return;
		}
	}
	fb_ipset_add(&set, family, (struct fb_range){ ip, ip });
	fb_ruleset_print_set(rs, &set, out);
	fb_ipset_done(&set);
}

void fb_hop_print_ends(const struct fb_ruleset *rs, const struct fb_hop *hop, struct fb_strbuf *out)
{
	add_end(rs, hop->family, hop->src, out);
	fb_strbuf_add(out, hop->shared ? " ~ " : hop->reply ? " <- " : " -> ");
	if (hop->heard && fb_ip_cmp(hop->all, hop->dst) != 0) {
		add_end(rs, hop->family, hop->all, out);
		fb_strbuf_add(out, ", heard by ");
	}
	add_end(rs, fb_hop_dst_family(hop), hop->dst, out);
}

void fb_hop_print_service(const struct fb_ruleset *rs, const struct fb_hop *hop, struct fb_strbuf *out)
{
	struct fb_l4 packet = hop->service;

	if (hop->shared) {
		fb_strbuf_addf(out, "same zone %s (members shared)", fb_ruleset_zone_name(rs, hop->src_zone));
		return;
	}
	if (hop->reply)
		fb_strbuf_add(out, "answers to ");
	packet.proto_hi = packet.proto_lo;
	if (packet.dport_lo || packet.dport_hi != 65535)
		packet.dport_hi = packet.dport_lo;
	if (packet.sport_lo || packet.sport_hi != 65535)
		packet.sport_hi = packet.sport_lo;
	fb_l4set_print(hop->service.proto_hi == 255 && !hop->service.proto_lo
			       ? &(struct fb_l4set){ (struct fb_l4 *)&hop->service, 1 }
			       : &(struct fb_l4set){ &packet, 1 },
		       out);
}

static void pad(struct fb_strbuf *out, size_t begin, size_t width)
{
	while (out->len - begin < width)
		fb_strbuf_addc(out, ' ');
}

static void add_line(const struct fb_ruleset *rs, const struct fb_sources *sources,
		     const struct fb_line *line, struct fb_strbuf *out)
{
	fb_strbuf_addf(out, "%s:%u", sources->files.v[line->at.file].path, line->at.line);
	if (line->window || line->access) {
		fb_strbuf_add(out, "  ");
		fb_ruleset_print_when(rs, line, out);
	}
}

void fb_hops_print(const struct fb_ruleset *rs, const struct fb_sources *sources, const struct fb_hops *hops,
		   struct fb_strbuf *out)
{
	size_t ends = 0, services = 0;

	for (size_t i = 0; i < hops->n; i++) {
		fb_autostrbuf struct fb_strbuf a = { 0 }, b = { 0 };

		fb_hop_print_ends(rs, &hops->v[i], &a);
		fb_hop_print_service(rs, &hops->v[i], &b);
		ends = a.len > ends ? a.len : ends;
		services = !hops->v[i].shared && b.len > services ? b.len : services;
	}
	for (size_t i = 0; i < hops->n; i++) {
		const struct fb_hop *hop = &hops->v[i];
		size_t begin;

		fb_strbuf_add(out, "   ");
		begin = out->len;
		fb_hop_print_ends(rs, hop, out);
		pad(out, begin, ends + 2);
		begin = out->len;
		fb_hop_print_service(rs, hop, out);
		if (!hop->shared) {
			pad(out, begin, services + 2);
			if (hop->line < 0)
				fb_strbuf_add(out, "the pair is observed");
			else
				add_line(rs, sources, &rs->lines.v[hop->line], out);
		}
		fb_strbuf_addc(out, '\n');
	}
}

void fb_assertion_print(const struct fb_stmt *s, struct fb_strbuf *out)
{
	static const char *const verbs[] = { [FB_ASSERT_CANNOT] = "cannot reach ",
					     [FB_ASSERT_CAN] = "can reach ",
					     [FB_ASSERT_ONLY] = "can only reach ",
					     [FB_ASSERT_ONLY_BY] = "can only be reached by " };
	bool by = s->assertion.kind == FB_ASSERT_ONLY_BY;

	fb_print_operands(&s->assertion.a, out);
	fb_strbuf_addc(out, ' ');
	if (by && s->assertion.services.n) {
		fb_print_services(&s->assertion.services, out);
		fb_strbuf_addc(out, ' ');
	}
	fb_strbuf_add(out, verbs[s->assertion.kind]);
	fb_print_operands(&s->assertion.b, out);
	if (!by && s->assertion.services.n) {
		fb_strbuf_addc(out, ' ');
		fb_print_services(&s->assertion.services, out);
	}
	for (size_t i = 0; i < s->assertion.n_entries; i++) {
		fb_strbuf_add(out, i ? " and " : "");
		fb_print_operands(&s->assertion.entries[i].side, out);
		fb_strbuf_add(out, s->assertion.entries[i].services.n ? " " : "");
		fb_print_services(&s->assertion.entries[i].services, out);
	}
	fb_strbuf_add(out, s->assertion.transitively ? " transitively" : "");
	if (s->assertion.ignoring.n) {
		fb_strbuf_add(out, " ignoring ");
		fb_print_services(&s->assertion.ignoring, out);
	}
	fb_strbuf_add(out, s->assertion.unless_opened ? " unless opened" : "");
}

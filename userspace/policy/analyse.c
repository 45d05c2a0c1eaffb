// SPDX-License-Identifier: GPL-2.0-only
#include "policy/cubes.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/pairs.h"

const char *fb_reason_name(enum fb_reason reason)
{
	switch ((int)reason) {
	case FB_PASSED:
		return "passed";
	case FB_WOULD_DROP:
		return "would-drop";
#define FB_X(n, id, name, text) \
	case n:                 \
		return name;
		FB_REASONS(FB_X)
#undef FB_X
	}
	return "unknown";
}

const char *fb_reason_text(enum fb_reason reason)
{
	switch ((int)reason) {
#define FB_X(n, id, name, text) \
	case n:                 \
		return text;
		FB_REASONS(FB_X)
#undef FB_X
	case FB_WOULD_DROP:
		return "no line allows it, and the pair is only observed";
	}
	return "";
}

/* ---- in words ----------------------------------------------------------------------------------------------------- */

static void add_place(const struct fb_sources *sources, struct fb_at at, struct fb_strbuf *out)
{
	fb_strbuf_addf(out, " (%s:%u)", sources->files.v[at.file].path, at.line);
}

static void add_line(const struct fb_ruleset *rs, const struct fb_sources *sources, int line,
		     struct fb_strbuf *out)
{
	fb_strbuf_add(out, rs->lines.v[line].text);
	add_place(sources, rs->lines.v[line].at, out);
}

/* Multicast that crosses zones: which ones is not for a single packet to say. */
static bool crosses_as_multicast(const struct fb_packet *packet)
{
	if (packet->family == 4)
		return packet->dst.lo >> 28 == 0xe && packet->dst.lo >> 8 != 0xe00000;
	return packet->dst.hi >> 56 == 0xff && packet->dst.hi >> 48 != 0xff02;
}

static void add_pair(const struct fb_ruleset *rs, const struct fb_answer *answer, struct fb_strbuf *out)
{
	fb_strbuf_addf(out, "%s -> ", fb_ruleset_zone_name(rs, answer->src_zone));
	fb_strbuf_add(out, fb_ruleset_zone_name(rs, answer->dst_zone));
}

/* What else the pair allows: the first few lines show most mistakes (another port, another host). */
static void add_allowed(const struct fb_ruleset *rs, const struct fb_sources *sources,
			const struct fb_answer *answer, struct fb_strbuf *out)
{
	enum { SHOWN = 3 };
	fb_autofree struct fb_set_zones *zones = fb_set_zones_new(rs);
	unsigned int found = 0, last = 0;

	for (size_t i = 0; i < rs->boxes.n; i++) {
		const struct fb_box *box = &rs->boxes.v[i];

		if (rs->lines.v[box->line].kind != FB_RULE_ALLOW || last == box->line + 1 ||
		    !(fb_box_destinations(zones, box, answer->src_zone) & 1ull << answer->dst_zone))
			continue;
		last = box->line + 1;
		if (found++ >= SHOWN)
			continue;
		fb_strbuf_add(out, found == 1 ? "; the pair allows " : ", ");
		add_line(rs, sources, (int)box->line, out);
	}
	if (found > SHOWN)
		fb_strbuf_addf(out, " and %u more", found - SHOWN);
	if (!found)
		fb_strbuf_add(out, "; the pair allows nothing");
}

static void add_observed_at(const struct fb_ruleset *rs, const struct fb_sources *sources,
			    const struct fb_answer *answer, struct fb_strbuf *out)
{
	for (size_t i = 0; i < rs->pairs.n; i++)
		if (rs->pairs.v[i].src == answer->src_zone && rs->pairs.v[i].dst == answer->dst_zone)
			add_place(sources, rs->pairs.v[i].at, out);
}

void fb_answer_print(const struct fb_ruleset *rs, const struct fb_sources *sources,
		     const struct fb_packet *packet, const struct fb_answer *answer, struct fb_strbuf *out)
{
	switch ((int)answer->reason) {
	case FB_PASSED:
		fb_strbuf_add(out, "allowed by ");
		add_line(rs, sources, answer->line, out);
		if (answer->copies) {
			fb_strbuf_add(out, "; the kernel's multicast routing may copy it into ");
			fb_ruleset_print_zones(rs, answer->copies, out);
		}
		break;
	case FB_DROP_NEVER:
		fb_strbuf_add(out, "forbidden by never ");
		add_line(rs, sources, answer->line, out);
		if (rs->lines.v[answer->line].reason)
			fb_strbuf_addf(out, ": %s", rs->lines.v[answer->line].reason);
		break;
	case FB_DROP_EXPIRED:
		fb_strbuf_add(out, "the until has passed of ");
		add_line(rs, sources, answer->line, out);
		break;
	case FB_DROP_TCP_STATE:
		fb_strbuf_add(out, "only from the first packet of a connection on: ");
		add_line(rs, sources, answer->line, out);
		break;
	case FB_WOULD_DROP:
		fb_strbuf_add(out, "no line allows it, and only observed is ");
		add_pair(rs, answer, out);
		add_observed_at(rs, sources, answer, out);
		break;
	case FB_DROP_NO_ALLOW:
		if (crosses_as_multicast(packet) && answer->dst_zone == FB_ZONE_NONE) {
			fb_strbuf_addf(out, "no line lets this multicast of %s into any zone",
				       fb_ruleset_zone_name(rs, answer->src_zone));
			break;
		}
		fb_strbuf_add(out, "no line allows it in ");
		add_pair(rs, answer, out);
		add_allowed(rs, sources, answer, out);
		break;
	default:
		fb_strbuf_add(out, fb_reason_text(answer->reason));
		break;
	}
}

/* ---- the line that is missing ----------------------------------------------------------------------------------------- */

static void add_host(const struct fb_ruleset *rs, int family, struct fb_ip ip, struct fb_strbuf *out)
{
	char text[FB_INET_STRLEN];

	for (size_t i = 0; i < rs->devices.n; i++) {
		if (fb_ipset_has(&rs->devices.v[i].ips, family, ip)) {
			fb_strbuf_add(out, rs->devices.v[i].name);
			return;
		}
	}
	fb_strbuf_add(out, fb_ip_print(family, ip, text));
}

static bool owned_by(const struct fb_ruleset *rs, unsigned int zone, int family, struct fb_ip ip)
{
	const struct fb_zone *z = fb_ruleset_zone_by_id(rs, zone);

	return z && fb_ipset_has(&z->owned, family, ip);
}

static void add_source(const struct fb_ruleset *rs, const struct fb_packet *packet, struct fb_strbuf *out)
{
	if (packet->zone == FB_ZONE_SELF)
		fb_strbuf_add(out, "self");
	else if (owned_by(rs, packet->zone, packet->family, packet->src))
		add_host(rs, packet->family, packet->src, out);
	else
		fb_strbuf_add(out, "any"); /* link-local and unspecified have no other name */
}

static void add_destination(const struct fb_ruleset *rs, const struct fb_own *own,
			    const struct fb_packet *packet, const struct fb_answer *answer,
			    struct fb_strbuf *out)
{
	if (answer->dst_zone != FB_ZONE_SELF) {
		if (owned_by(rs, answer->dst_zone, packet->family, packet->dst))
			add_host(rs, packet->family, packet->dst, out);
		else
			fb_strbuf_add(out, "any");
		return;
	}
	fb_strbuf_add(out, "self");
	for (size_t i = 0; i < own->v.n; i++) {
		const struct fb_own_address *a = &own->v.v[i];

		if (a->family != packet->family || fb_ip_cmp(a->ip, packet->dst))
			continue;
		if (!a->zone || a->zone == packet->zone)
			return;
		if (a->family == 4 ||
		    a->ip.hi >> 54 != 0x3fa) { /* link-local ones are the gateway's in several zones */
			fb_strbuf_addf(out, " at %s", fb_ruleset_zone_name(rs, a->zone));
			return;
		}
	}
}

/* As the language can say it: all codes of a type, and from any port. */
static struct fb_l4 service_of(const struct fb_packet *packet)
{
	struct fb_l4 box = FB_L4_ALL;

	box.proto_lo = box.proto_hi = packet->proto;
	if (packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6) {
		box.dport_lo = packet->dport & 0xff00;
		box.dport_hi = packet->dport | 0xff;
	} else if (packet->proto == IPPROTO_TCP || packet->proto == IPPROTO_UDP ||
		   packet->proto == IPPROTO_SCTP) {
		box.dport_lo = box.dport_hi = packet->dport;
	}
	return box;
}

/* By its name if just one service of the policy is this and nothing else: of two, nobody knows which is meant. */
static void print_service(const struct fb_ruleset *rs, const struct fb_l4 *box, struct fb_strbuf *out)
{
	const char *name = NULL;
	size_t n = 0;

	for (size_t i = 0; i < rs->named_services.n; i++)
		if (!memcmp(&rs->named_services.v[i].box, box, sizeof(*box))) {
			name = rs->named_services.v[i].name;
			n++;
		}
	if (n == 1)
		fb_strbuf_add(out, name);
	else
		fb_l4set_print(&(struct fb_l4set){ (struct fb_l4 *)box, 1 }, out);
}

/* No line speaks of port 0, and none lets pass what begins nothing. */
static bool can_be_said(const struct fb_packet *packet, const struct fb_l4 *service)
{
	return fb_l4set_begins(&(struct fb_l4set){ (struct fb_l4 *)service, 1 }, packet->family) &&
	       service->dport_hi;
}

/* All addresses of the host, or all that the zone's `any` is. */
static struct fb_ipset end_of(const struct fb_ruleset *rs, unsigned int zone, int family, struct fb_ip ip)
{
	struct fb_ipset ret = { 0 };

	if (!owned_by(rs, zone, family, ip))
		return fb_zone_members(rs, zone);
	fb_ipset_add(&ret, family, (struct fb_range){ ip, ip });
	for (size_t i = 0; i < rs->devices.n; i++)
		if (fb_ipset_has(&rs->devices.v[i].ips, family, ip))
			fb_ipset_add_set(&ret, &rs->devices.v[i].ips);
	return ret;
}

/* The line may be wider than the packet (a device's other addresses, any): it must not meet a guard (S26), nor a line with a limit (S18). */
static bool clashes(const struct fb_ruleset *rs, const struct fb_packet *packet,
		    const struct fb_answer *answer, struct fb_l4 *service)
{
	const bool out = packet->zone == FB_ZONE_SELF,
		   named = owned_by(rs, answer->dst_zone, packet->family, packet->dst);
	struct fb_reach line = { .services = { service, 1 } };
	const struct fb_cap none = { 0 };
	bool found = false;

	line.src = out ? fb_pair_sources(rs, FB_ZONE_SELF, answer->dst_zone)
		       : end_of(rs, packet->zone, packet->family, packet->src);
	line.dst = answer->dst_zone == FB_ZONE_SELF || (out && !named)
			   ? fb_pair_destinations(rs, packet->zone, answer->dst_zone)
			   : end_of(rs, answer->dst_zone, packet->family, packet->dst);
	for (size_t i = 0; i < rs->boxes.n && !found; i++) {
		const struct fb_box *box = &rs->boxes.v[i];
		const struct fb_line *other = &rs->lines.v[box->line];
		struct fb_reach with = { .src = rs->sets.v[box->src],
					 .dst = rs->sets.v[box->dst],
					 .services = rs->services.v[box->svc] },
				both;

		if (other->kind == FB_RULE_ALLOW && fb_cap_equal(&other->cap, &none))
			continue;
		found = fb_cube_intersect(&line, &with, &both);
		fb_cube_done(&both);
	}
	fb_ipset_done(&line.src);
	fb_ipset_done(&line.dst);
	return found;
}

bool fb_packet_service(const struct fb_ruleset *rs, const struct fb_packet *packet, struct fb_strbuf *out)
{
	struct fb_l4 service = service_of(packet);

	if (!can_be_said(packet, &service))
		return false;
	print_service(rs, &service, out);
	return true;
}

bool fb_answer_suggest(const struct fb_ruleset *rs, const struct fb_own *own, const struct fb_packet *packet,
		       const struct fb_answer *answer, struct fb_strbuf *out)
{
	struct fb_l4 service = service_of(packet);

	if ((answer->reason != FB_DROP_NO_ALLOW && answer->reason != FB_WOULD_DROP) ||
	    answer->dst_zone == FB_ZONE_NONE || crosses_as_multicast(packet) ||
	    !can_be_said(packet, &service) || clashes(rs, packet, answer, &service))
		return false;
	fb_strbuf_add(out, "firebreak ");
	add_pair(rs, answer, out);
	fb_strbuf_add(out, " { allow ");
	add_source(rs, packet, out);
	fb_strbuf_add(out, " -> ");
	add_destination(rs, own, packet, answer, out);
	fb_strbuf_add(out, "  ");
	print_service(rs, &service, out);
	fb_strbuf_add(out, " }");
	return true;
}

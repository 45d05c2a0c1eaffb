// SPDX-License-Identifier: GPL-2.0-only
#include "cli/seen.h"

#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

#include "cli/live.h"
#include "cli/output.h"

void fb_query_add(struct fb_strbuf *path, const char *name, const char *value)
{
	if (!value)
		return;
	fb_strbuf_addf(path, "%c%s=", strchr(fb_strbuf_get(path), '?') ? '&' : '?', name);
	for (const char *p = value; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~", *p))
			fb_strbuf_addc(path, *p);
		else
			fb_strbuf_addf(path, "%%%02X", (unsigned char)*p);
	}
}

bool fb_limit_check(const struct fb_call *call)
{
	const char *limit = fb_call_option(call, "limit");

	if (!limit || (strspn(limit, "0123456789") == strlen(limit) && strlen(limit) <= 9 &&
		       strspn(limit, "0") != strlen(limit)))
		return true;
	fb_complain("%s: --limit needs a number from 1 on, not \"%s\"", call->command->name, limit);
	return false;
}

static const char *declared(const json_t *event, const char *end)
{
	return fb_field_text(event, *end == 's' ? "src_name" : "dst_name");
}

const char *fb_seen_name(const json_t *event, const char *end)
{
	const char *name = declared(event, end);

	return *name ? name : fb_field_text(event, end);
}

void fb_seen_end(const json_t *event, const char *end, struct fb_strbuf *out)
{
	const char *name = declared(event, end);

	if (*name)
		fb_strbuf_addf(out, "%s (%s)", name, fb_field_text(event, end));
	else
		fb_strbuf_add(out, fb_field_text(event, end));
}

const char *fb_seen_what(const json_t *event)
{
	const char *kind = fb_field_text(event, "kind"), *detail = fb_field_text(event, "detail");

	if (*detail)
		return detail;
	return !strcmp(kind, "drop") ? fb_field_text(event, "reason") : kind;
}

void fb_seen_often(const json_t *event, struct fb_strbuf *out)
{
	long long n = fb_field_int(event, "count");
	char count[FB_HUMAN_LEN], last[FB_HUMAN_LEN];

	fb_strbuf_addf(out, "seen %s time%s, last %s", fb_human_count((unsigned long long)n, count),
		       n == 1 ? "" : "s", fb_human_instant(fb_field_int(event, "last"), last));
}

bool fb_seen_packet(const struct fb_ruleset *rs, const json_t *event, struct fb_packet *ret)
{
	const char *src = fb_field_text(event, "src"), *dst = fb_field_text(event, "dst");
	const struct fb_zone *from = fb_ruleset_zone(rs, fb_field_text(event, "src_zone")),
			     *to = fb_ruleset_zone(rs, fb_field_text(event, "dst_zone"));
	bool made_here = !strcmp(fb_field_text(event, "src_zone"), "self");
	int family = 0;

	*ret = (struct fb_packet){ .zone = made_here ? FB_ZONE_SELF
					   : from    ? from->id
						     : FB_ZONE_NONE,
				   .out_zone = made_here && to ? to->id : FB_ZONE_NONE,
				   .family = (int)fb_field_int(event, "family"),
				   .proto = (__u8)fb_field_int(event, "proto"),
				   .sport = (__u16)fb_field_int(event, "sport"),
				   .dport = (__u16)fb_field_int(event, "dport"),
				   .first = true };
	if (ret->proto == IPPROTO_ICMP || ret->proto == IPPROTO_ICMPV6)
		ret->sport = 0;
	return ret->zone && (!made_here || to) && ret->family &&
	       fb_ip_parse(src, strlen(src), &family, &ret->src) == 0 && family == ret->family &&
	       fb_ip_parse(dst, strlen(dst), &family, &ret->dst) == 0 && family == ret->family;
}

/* The zone of an interface of the host facts: a VLAN device is its port and its tag. */
static unsigned int zone_of_device(const struct fb_ruleset *rs, const json_t *interfaces, long long ifindex)
{
	const json_t *f = NULL, *port;
	long long vlan;

	for (size_t i = 0; i < json_array_size(interfaces) && !f; i++)
		if (fb_field_int(json_array_get(interfaces, i), "ifindex") == ifindex)
			f = json_array_get(interfaces, i);
	port = f;
	vlan = fb_field_int(f, "vlan");
	for (size_t i = 0; i < json_array_size(interfaces) && vlan > 0; i++)
		if (fb_field_int(json_array_get(interfaces, i), "ifindex") == fb_field_int(f, "parent"))
			port = json_array_get(interfaces, i);
	for (size_t z = 0; z < rs->zones.n; z++)
		for (size_t i = 0; i < rs->zones.v[z].n_ifaces; i++) {
			const struct fb_iface *iface = &rs->zones.v[z].ifaces[i];

			if (!strcmp(iface->name.s, fb_field_text(port, "device")) &&
			    (iface->vlan > 0 ? iface->vlan : 0) == vlan)
				return rs->zones.v[z].id;
		}
	return FB_ZONE_NONE;
}

void fb_own_read(const json_t *bundle, const struct fb_ruleset *rs, struct fb_own *ret)
{
	const json_t *host = json_object_get(bundle, "host"), *list = json_object_get(host, "addresses");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		const char *text = fb_field_text(v, "ip");
		struct fb_own_address a = { .len = (unsigned int)fb_field_int(v, "prefix") };

		a.zone = zone_of_device(rs, json_object_get(host, "interfaces"), fb_field_int(v, "ifindex"));
		if (!fb_ip_parse(text, strlen(text), &a.family, &a.ip))
			fb_vec_add(&ret->v, a);
	}
}

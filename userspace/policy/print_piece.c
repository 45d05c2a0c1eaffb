// SPDX-License-Identifier: GPL-2.0-only
#include "policy/print.h"

#include <string.h>

static const char *const day_words[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
static const char *const proto_words[] = {
	[FB_PROTO_TCP] = "tcp",	  [FB_PROTO_UDP] = "udp",	[FB_PROTO_SCTP] = "sctp",
	[FB_PROTO_ICMP] = "icmp", [FB_PROTO_ICMPV6] = "icmpv6", [FB_PROTO_IP] = "ip",
};

static void fb_put_comma(struct fb_strbuf *out, size_t i)
{
	if (i)
		fb_strbuf_add(out, "," FB_BREAK);
}

void fb_put_net(struct fb_strbuf *out, const struct fb_net *net)
{
	char a[FB_INET_STRLEN], b[FB_INET_STRLEN];

	if (net->kind == FB_NET_ANY) {
		fb_strbuf_add(out, "any");
		return;
	}
	fb_strbuf_add(out, fb_ip_print(net->family, net->range.first, a));
	if (net->kind == FB_NET_PREFIX)
		fb_strbuf_addf(out, "/%u", net->len);
	else if (net->kind == FB_NET_RANGE)
		fb_strbuf_addf(out, "-%s", fb_ip_print(net->family, net->range.last, b));
}

void fb_put_iface(struct fb_strbuf *out, const struct fb_iface *iface)
{
	fb_strbuf_add(out, iface->name.s);
	if (iface->vlan >= 0)
		fb_strbuf_addf(out, " vlan %d", iface->vlan);
}

void fb_put_nets(struct fb_strbuf *out, const struct fb_nets *nets)
{
	for (size_t i = 0; i < nets->n; i++) {
		fb_put_comma(out, i);
		fb_put_net(out, &nets->v[i]);
	}
}

void fb_put_words(struct fb_strbuf *out, const struct fb_words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		fb_put_comma(out, i);
		fb_strbuf_add(out, words->v[i].s);
	}
}

void fb_put_operand(struct fb_strbuf *out, const struct fb_operand *op)
{
	switch (op->kind) {
	case FB_OPERAND_NAME:
		fb_strbuf_add(out, op->name.s);
		break;
	case FB_OPERAND_NET:
		fb_put_net(out, &op->net);
		break;
	case FB_OPERAND_ANY:
		fb_strbuf_add(out, "any");
		break;
	case FB_OPERAND_SELF:
		fb_strbuf_add(out, "self");
		if (op->self_at.s)
			fb_strbuf_addf(out, " at %s", op->self_at.s);
		break;
	case FB_OPERAND_VENDOR:
		fb_strbuf_addf(out, "vendor \"%s\"", op->name.s);
		break;
	case FB_OPERAND_TAG:
		fb_strbuf_addf(out, "tag %s", op->name.s);
		break;
	}
}

void fb_put_operands(struct fb_strbuf *out, const struct fb_operands *ops)
{
	for (size_t i = 0; i < ops->n; i++) {
		fb_put_comma(out, i);
		fb_put_operand(out, &ops->v[i]);
	}
}

void fb_put_ports(struct fb_strbuf *out, const struct fb_ports *ports)
{
	if (ports->any)
		fb_strbuf_add(out, "any");
	else if (ports->lo == ports->hi)
		fb_strbuf_addf(out, "%u", ports->lo);
	else
		fb_strbuf_addf(out, "%u-%u", ports->lo, ports->hi);
}

void fb_put_service(struct fb_strbuf *out, const struct fb_svc_item *item)
{
	const struct fb_proto *proto = &item->proto;

	if (item->kind != FB_SVC_PROTO) {
		fb_strbuf_add(out, item->kind == FB_SVC_ALL ? "all" : item->name.s);
		return;
	}
	fb_strbuf_addf(out, "%s/", proto_words[proto->kind]);
	if (proto->kind > FB_PROTO_SCTP) {
		fb_strbuf_add(out, proto->type.s);
		return;
	}
	fb_put_ports(out, &proto->ports);
	if (proto->has_source) {
		fb_strbuf_add(out, " source-port ");
		fb_put_ports(out, &proto->source_ports);
	}
}

void fb_put_services(struct fb_strbuf *out, const struct fb_svc_items *items)
{
	for (size_t i = 0; i < items->n; i++) {
		fb_put_comma(out, i);
		fb_put_service(out, &items->v[i]);
	}
}

void fb_put_date(struct fb_strbuf *out, const struct fb_date *date)
{
	fb_strbuf_addf(out, "%04d-%02d-%02d", date->year, date->month, date->day);
	if (date->hour >= 0)
		fb_strbuf_addf(out, " %02d:%02d", date->hour, date->minute);
}

void fb_put_every(struct fb_strbuf *out, const struct fb_every *every)
{
	if (every->on_date) {
		fb_strbuf_add(out, "on ");
		fb_put_date(out, &every->date);
	} else {
		fb_strbuf_add(out, "every ");
		if (every->every_day)
			fb_strbuf_add(out, "day");
		for (size_t i = 0; i < every->n_days; i++) {
			fb_put_comma(out, i);
			fb_strbuf_add(out, day_words[every->day_list[i].first]);
			if (every->day_list[i].last != every->day_list[i].first)
				fb_strbuf_addf(out, "-%s", day_words[every->day_list[i].last]);
		}
	}
	fb_strbuf_addf(out, " %02d:%02d-%02d:%02d", every->from_hour, every->from_minute, every->to_hour,
		       every->to_minute);
}

void fb_put_doc(struct fb_strbuf *out, const struct fb_doc *doc, const char *separator)
{
	if (doc->owner.s)
		fb_strbuf_addf(out, "%sowner \"%s\"", separator, doc->owner.s);
	if (doc->reason.s)
		fb_strbuf_addf(out, "%sreason \"%s\"", separator, doc->reason.s);
}

void fb_put_limits(struct fb_strbuf *out, const struct fb_suffix *s, const char *separator)
{
	if (s->limit.unit.s) {
		fb_strbuf_addf(out, "%slimit %llu %s per %s", separator, s->limit.number, s->limit.unit.s,
			       s->limit.scope.s);
		if (s->limit.burst)
			fb_strbuf_addf(out, " burst %llu", s->limit.burst);
	}
	if (s->quota.size.s)
		fb_strbuf_addf(out, "%squota %llu %s/%s per %s %s", separator, s->quota.number,
			       s->quota.size.s, s->quota.period.s, s->quota.scope.s, s->quota.action.s);
}

void fb_put_suffix(struct fb_strbuf *out, const struct fb_suffix *s, const char *separator)
{
	fb_put_limits(out, s, separator);
	if (s->during.s)
		fb_strbuf_addf(out, "%sduring %s", separator, s->during.s);
	if (s->on_request.s)
		fb_strbuf_addf(out, "%son-request %s", separator, s->on_request.s);
	if (s->until.year) {
		fb_strbuf_addf(out, "%suntil ", separator);
		fb_put_date(out, &s->until);
	}
	if (s->log)
		fb_strbuf_addf(out, "%slog", separator);
	fb_put_doc(out, &s->doc, separator);
	if (s->id.s)
		fb_strbuf_addf(out, "%sid %s", separator, s->id.s);
}

void fb_put_allow(struct fb_strbuf *out, const struct fb_allow *allow)
{
	fb_strbuf_add(out, "allow ");
	fb_put_operands(out, &allow->from);
	fb_strbuf_add(out, " ->" FB_BREAK);
	fb_put_operands(out, &allow->to);
	fb_strbuf_add(out, "  ");
	fb_put_services(out, &allow->services);
	fb_put_suffix(out, &allow->suffix, "  ");
}

// SPDX-License-Identifier: GPL-2.0-only
/* Services, and what stands for one: tcp/8443, icmp/echo-request, ip/ospf. */
#include <ctype.h>
#include <string.h>

#include "policy/parse.h"

static const char *const proto_words[] = {
	[FB_PROTO_TCP] = "tcp",	  [FB_PROTO_UDP] = "udp",	[FB_PROTO_SCTP] = "sctp",
	[FB_PROTO_ICMP] = "icmp", [FB_PROTO_ICMPV6] = "icmpv6", [FB_PROTO_IP] = "ip",
};

bool fb_token_is_proto(const struct fb_token *t)
{
	size_t n = 0;

	if (t->kind != FB_TOKEN_WORD || !t->len || !isalpha((unsigned char)t->s[0]))
		return false;
	while (n < t->len && isalnum((unsigned char)t->s[n]))
		n++;
	return n < t->len && t->s[n] == '/';
}

/* ---- ports ------------------------------------------------------------------------------------------------- */

static int fb_port(const char *s, size_t n)
{
	int port = 0;

	if (!n || n > 5 || s[0] == '0')
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return -1;
		port = port * 10 + s[i] - '0';
	}
	return port <= 65535 ? port : -1;
}

/* n bytes at s, the column of which is at. Reports. */
static void fb_value_ports(struct fb_parser *p, const char *s, size_t n, struct fb_at at,
			   struct fb_ports *ret)
{
	const struct fb_token part = { .kind = FB_TOKEN_WORD, .s = s, .len = n, .at = at };
	const char *text = fb_token_text(p, &part), *dash = memchr(s, '-', n);
	int lo, hi;

	*ret = (struct fb_ports){ .any = true, .lo = 0, .hi = 65535 };
	if (fb_token_is(&part, "any"))
		return;
	lo = fb_port(s, dash ? (size_t)(dash - s) : n);
	hi = dash ? fb_port(dash + 1, n - (size_t)(dash - s) - 1) : lo;
	if (lo < 0 || hi < 0) {
		bool digits = n && isdigit((unsigned char)s[0]);

		fb_diag_error(p->diags, at, "write 443, 9000-9100 or \"any\"",
			      !n       ? "the port is missing%s"
			      : digits ? "\"%s\" is no port: ports run from 1 to 65535"
				       : "\"%s\" is no port: ports are numbers",
			      text);
		return;
	}
	if (lo > hi) {
		fb_diag_error(p->diags, at, fb_diag_printf(p->diags, "write %d-%d", hi, lo),
			      "the port range %s runs backwards", text);
		return;
	}
	*ret = (struct fb_ports){ false, (__u16)lo, (__u16)hi };
}

/* ---- types and protocols ----------------------------------------------------------------------------------- */

static int fb_byte(const char *s)
{
	size_t n = strlen(s);
	int port = strcmp(s, "0") == 0 ? 0 : fb_port(s, n);

	return port <= 255 ? port : -1;
}

static void fb_value_type(struct fb_parser *p, struct fb_proto *proto, const char *proto_name)
{
	int family = proto->kind == FB_PROTO_ICMP ? 4 : 6;
	bool ip = proto->kind == FB_PROTO_IP;
	const char *type = proto->type.s, *near;
	const char *const *names;
	size_t n;

	names = ip ? fb_ip_protocol_names(&n) : fb_icmp_type_names(family, &n);
	proto->number = ip ? fb_ip_protocol_by_name(type) : fb_icmp_type_by_name(family, type);
	if (proto->number >= 0)
		return;
	if (!ip && !strcmp(type, "any"))
		return;
	proto->number = fb_byte(type);
	if (proto->number >= 0)
		return;
	proto->number = -1;
	near = strlen(type) <= 63 ? fb_suggest(type, names, n) : NULL;
	if (near)
		near = fb_diag_printf(p->diags, "did you mean \"%s/%s\"?", proto_name, near);
	else if (ip)
		near = !strcmp(type, "any") ? "write \"all\""
					    : "write a name (ip/ospf) or a number from 0 to 255";
	else
		near = "write a name (echo-request), a number from 0 to 255 or \"any\"";
	fb_diag_error(p->diags, proto->type.at, near, "%s has no %s \"%.60s\"", proto_name,
		      ip ? "protocol" : "type", type);
}

static void fb_value_proto(struct fb_parser *p, const struct fb_token *t, struct fb_proto *ret)
{
	const char *slash = memchr(t->s, '/', t->len);
	struct fb_token head = *t, rest = *t;
	size_t kind = 0;

	head.len = (size_t)(slash - t->s);
	rest.s = slash + 1;
	rest.len = t->len - head.len - 1;
	rest.at.col += (unsigned int)head.len + 1;
	*ret = (struct fb_proto){ .number = -1 };
	while (kind < FB_ARRAY_SIZE(proto_words) && !fb_token_is(&head, proto_words[kind]))
		kind++;
	if (kind == FB_ARRAY_SIZE(proto_words)) {
		const char *near = fb_suggest(fb_token_text(p, &head), proto_words, kind);

		fb_diag_error(
			p->diags, t->at,
			near ? fb_diag_printf(p->diags, "did you mean \"%s\"?", near)
			     : "write tcp/443, udp/123, sctp/2905, icmp/echo-request, icmpv6/..., ip/ospf",
			"unknown protocol \"%s\"", fb_token_text(p, &head));
		ret->ports.any = true;
		return;
	}
	ret->kind = (enum fb_proto_kind)kind;
	if (kind == FB_PROTO_TCP || kind == FB_PROTO_UDP || kind == FB_PROTO_SCTP) {
		fb_value_ports(p, rest.s, rest.len, rest.at, &ret->ports);
		return;
	}
	ret->type = fb_parser_word(p, &rest);
	fb_value_type(p, ret, proto_words[kind]);
}

/* ---- items --------------------------------------------------------------------------------------------------- */

static bool fb_parse_source_port(struct fb_parser *p, struct fb_proto *proto)
{
	struct fb_at at = p->cur.at;

	fb_parser_next(p);
	if (p->cur.kind != FB_TOKEN_WORD || (!isdigit((unsigned char)p->cur.s[0]) && !fb_parser_at(p, "any")))
		return fb_parser_expected(p, "a source port", "write 68, 1024-65535 or \"any\"");
	if (proto->kind > FB_PROTO_SCTP)
		fb_diag_error(p->diags, at, "only tcp, udp and sctp have ports", "%s has no source port",
			      proto_words[proto->kind]);
	else
		proto->has_source = true;
	fb_value_ports(p, p->cur.s, p->cur.len, p->cur.at, &proto->source_ports);
	fb_parser_next(p);
	return true;
}

static bool fb_parse_svc_item(struct fb_parser *p, struct fb_svc_item *ret)
{
	*ret = (struct fb_svc_item){ .kind = FB_SVC_NAME, .at = p->cur.at };
	if (fb_token_is_proto(&p->cur)) {
		ret->kind = FB_SVC_PROTO;
		fb_value_proto(p, &p->cur, &ret->proto);
		fb_parser_next(p);
		return !fb_parser_at(p, "source-port") || fb_parse_source_port(p, &ret->proto);
	}
	if (fb_parser_accept(p, "all")) {
		ret->kind = FB_SVC_ALL;
		return true;
	}
	if (p->cur.kind != FB_TOKEN_WORD || fb_is_reserved(&p->cur))
		return fb_parser_expected(p, "a service", "a name (https), a port (tcp/8443) or \"all\"");
	if (isdigit((unsigned char)p->cur.s[0])) {
		const char *text = fb_token_text(p, &p->cur);

		fb_diag_error(p->diags, p->cur.at,
			      fb_diag_printf(p->diags, "write tcp/%s or udp/%s", text, text),
			      "%s is no service: the protocol is missing", text);
		ret->kind = FB_SVC_ALL; /* reported: a tree with errors is never used, but it can be walked */
		fb_parser_next(p);
		return true;
	}
	return fb_parse_name(p, "a service", &ret->name);
}

bool fb_parse_services(struct fb_parser *p, struct fb_svc_items *ret)
{
	struct fb_svc_vec v = { 0 };
	bool ok;

	do {
		struct fb_svc_item item;

		ok = fb_parse_svc_item(p, &item);
		if (ok)
			fb_vec_add(&v, item);
	} while (ok && fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	fb_parser_keep_vec(p, ret, &v);
	return ok;
}

/* ---- service ------------------------------------------------------------------------------------------------- */

struct fb_service_draft {
	struct fb_stmt *s;
	struct fb_svc_vec items, except;
};

enum { SERVICE_EXCEPT, SERVICE_INITIATOR, SERVICE_CLEARTEXT, SERVICE_OWNER, SERVICE_REASON };
static const char *const service_words[] = {
	[SERVICE_EXCEPT] = "except", [SERVICE_INITIATOR] = "initiator", [SERVICE_CLEARTEXT] = "cleartext",
	[SERVICE_OWNER] = "owner",   [SERVICE_REASON] = "reason",
};

static int fb_service_word(const struct fb_parser *p)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(service_words); i++)
		if (fb_parser_at(p, service_words[i]))
			return (int)i;
	return -1;
}

static bool fb_parse_service_word(struct fb_parser *p, int word, struct fb_at at, struct fb_service_draft *d)
{
	static const char *const initiators[] = { "field", "centre" };
	struct fb_stmt *s = d->s;

	switch (word) {
	case SERVICE_EXCEPT:
		do {
			struct fb_svc_item item;

			if (!fb_parse_svc_item(p, &item))
				return false;
			fb_vec_add(&d->except, item);
		} while (fb_parser_accept_kind(p, FB_TOKEN_COMMA));
		return true;
	case SERVICE_INITIATOR:
		fb_parser_once(p, s->service.initiator.s, at, "initiator");
		return fb_parse_choice(p, "initiator", initiators, 2, &s->service.initiator);
	case SERVICE_CLEARTEXT:
		fb_parser_once(p, s->service.cleartext, at, "cleartext");
		s->service.cleartext = true;
		return true;
	default:
		return fb_parse_doc(p, service_words[word], at, &s->service.doc);
	}
}

/* Items, then attributes; each loop round reads one of them. */
static bool fb_parse_service_part(struct fb_parser *p, struct fb_service_draft *d, bool *attributes)
{
	struct fb_at at = p->cur.at;
	int word = fb_service_word(p);
	struct fb_svc_item item;

	if (word >= 0) {
		*attributes = true;
		fb_parser_next(p);
		return fb_parse_service_word(p, word, at, d);
	}
	if (*attributes) {
		if (p->cur.kind == FB_TOKEN_WORD && fb_token_is_proto(&p->cur))
			fb_diag_error(p->diags, at, "ports and services come first, then the attributes",
				      "\"%s\" stands behind an attribute", fb_token_text(p, &p->cur));
		else
			fb_parser_keyword(
				p, service_words, FB_ARRAY_SIZE(service_words), "in a service",
				"a service has ports, then except, initiator, cleartext, owner, reason");
		fb_parser_next(p);
		return false;
	}
	if (!fb_parse_svc_item(p, &item)) {
		fb_parser_next(p);
		return false;
	}
	fb_vec_add(&d->items, item);
	fb_parser_accept_kind(p, FB_TOKEN_COMMA);
	return true;
}

bool fb_parse_service(struct fb_parser *p, struct fb_stmt *s)
{
	struct fb_service_draft d = { .s = s };
	bool ok = fb_parse_new_name(p, "a service", &s->name), attributes = false;
	struct fb_at open;

	fb_parser_open(p, ok, true, &open);
	while (p->cur.kind != FB_TOKEN_CLOSE && !fb_parser_unclosed(p, s->at.col)) {
		if (fb_parse_service_part(p, &d, &attributes))
			continue;
		while (p->cur.kind != FB_TOKEN_CLOSE && fb_service_word(p) < 0 &&
		       !fb_parser_unclosed(p, s->at.col))
			fb_parser_next(p);
		if (p->cur.kind == FB_TOKEN_CLOSE && !d.items.n)
			open.line = 0;
	}
	if (open.line && !d.items.n && p->cur.kind == FB_TOKEN_CLOSE)
		fb_diag_error(p->diags, p->cur.at, "write what it is: service NAME { tcp/8443 }",
			      "a service needs at least one port, protocol or service");
	fb_parser_close(p, open);
	fb_parser_keep_vec(p, &s->service.items, &d.items);
	fb_parser_keep_vec(p, &s->service.except, &d.except);
	return ok;
}

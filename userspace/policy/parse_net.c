// SPDX-License-Identifier: GPL-2.0-only
/* Addresses, prefixes and ranges. */
#include <ctype.h>
#include <string.h>

#include "policy/parse.h"

bool fb_word_is_net(const struct fb_token *t)
{
	if (t->kind != FB_TOKEN_WORD || fb_token_is_proto(t))
		return false;
	return isdigit((unsigned char)t->s[0]) || memchr(t->s, '.', t->len) || memchr(t->s, ':', t->len);
}

static bool fb_word_is_host_name(const char *s, size_t n)
{
	bool letter = false, dot = false;

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)s[i]) && s[i] != '.' && s[i] != '-' && s[i] != '_')
			return false;
		letter |= isalpha((unsigned char)s[i]);
		dot |= s[i] == '.';
	}
	return letter && dot;
}

static bool fb_net_wrong(struct fb_parser *p, const struct fb_token *t, const char *what)
{
	size_t n = t->len;

	if (fb_word_is_host_name(t->s, n))
		fb_diag_error(
			p->diags, t->at,
			"list prefixes (a generated include is fine) or use a proxy with a fixed address",
			"%s is a DNS name: a verdict must not depend on a resolver", fb_token_text(p, t));
	else
		fb_diag_error(p->diags, t->at, "write 10.0.0.1 or 2001:db8::1", "\"%s\" is no %s",
			      fb_token_text(p, t), what);
	return false;
}

static bool fb_value_prefix(struct fb_parser *p, const struct fb_token *t, const char *slash,
			    unsigned int may, struct fb_net *ret)
{
	const char *digits = slash + 1, *end = t->s + t->len;
	struct fb_ip ip, first;
	unsigned int len = 0, most;
	char a[FB_INET_STRLEN], b[FB_INET_STRLEN];

	if (fb_ip_parse(t->s, (size_t)(slash - t->s), &ret->family, &ip) < 0)
		return fb_net_wrong(p, t, "prefix");
	most = ret->family == 4 ? 32 : 128;
	for (const char *s = digits; s < end; s++) {
		if (!isdigit((unsigned char)*s) || end - digits > 3 || (*digits == '0' && end - digits > 1)) {
			len = most + 1;
			break;
		}
		len = len * 10 + (unsigned int)(*s - '0');
	}
	if (digits == end || len > most) {
		fb_diag_error(p->diags, t->at, fb_diag_printf(p->diags, "its length is 0 to %u", most),
			      "\"%s\" is no prefix", fb_token_text(p, t));
		return false;
	}
	/* The address with its host bits cleared: what the last one has in common with it. */
	struct fb_ip zero = { 0, 0 }, host = fb_ip_last(ret->family, zero, len);

	first = (struct fb_ip){ ip.hi & ~host.hi, ip.lo & ~host.lo };
	fb_ip_print(ret->family, first, a);
	fb_ip_print(ret->family, ip, b);
	if (!(may & FB_NET_MAY_PREFIX)) {
		fb_diag_error(p->diags, t->at, fb_diag_printf(p->diags, "write %s", b),
			      "%s is a prefix: one address stands here", fb_token_text(p, t));
		return false;
	}
	if (fb_ip_cmp(first, ip) != 0) {
		fb_diag_error(p->diags, t->at,
			      fb_diag_printf(p->diags, "write %s/%u, or %s for the one address", a, len, b),
			      "%s has host bits set", fb_token_text(p, t));
		return false;
	}
	ret->kind = FB_NET_PREFIX;
	ret->len = len;
	ret->range = (struct fb_range){ first, fb_ip_last(ret->family, first, len) };
	return true;
}

static bool fb_value_range(struct fb_parser *p, const struct fb_token *t, const char *dash, unsigned int may,
			   struct fb_net *ret)
{
	int other;

	if (fb_ip_parse(t->s, (size_t)(dash - t->s), &ret->family, &ret->range.first) < 0 ||
	    fb_ip_parse(dash + 1, (size_t)(t->s + t->len - dash - 1), &other, &ret->range.last) < 0)
		return fb_net_wrong(p, t, "range");
	if (!(may & FB_NET_MAY_RANGE)) {
		fb_diag_error(p->diags, t->at,
			      may & FB_NET_MAY_PREFIX ? "write prefixes" : "write each address",
			      "%s is a range, which cannot stand here", fb_token_text(p, t));
		return false;
	}
	if (other != ret->family) {
		fb_diag_error(p->diags, t->at, "write one range for each family", "%s mixes IPv4 and IPv6",
			      fb_token_text(p, t));
		return false;
	}
	if (fb_ip_cmp(ret->range.first, ret->range.last) > 0) {
		fb_diag_error(p->diags, t->at, "write the lower address first", "the range %s runs backwards",
			      fb_token_text(p, t));
		return false;
	}
	ret->kind = FB_NET_RANGE;
	return true;
}

bool fb_value_net(struct fb_parser *p, const struct fb_token *t, unsigned int may, struct fb_net *ret)
{
	const char *slash = memchr(t->s, '/', t->len), *dash = memchr(t->s, '-', t->len);

	*ret = (struct fb_net){ .kind = FB_NET_ANY, .at = t->at };
	if ((may & FB_NET_MAY_ANY) && fb_token_is(t, "any"))
		return true;
	if (slash)
		return fb_value_prefix(p, t, slash, may, ret);
	if (dash && dash > t->s && !fb_word_is_host_name(t->s, t->len))
		return fb_value_range(p, t, dash, may, ret);
	if (fb_ip_parse(t->s, t->len, &ret->family, &ret->range.first) < 0)
		return fb_net_wrong(p, t, "address");
	ret->kind = FB_NET_ADDRESS;
	ret->len = ret->family == 4 ? 32 : 128;
	ret->range.last = ret->range.first;
	return true;
}

bool fb_parse_nets(struct fb_parser *p, const char *what, unsigned int may, struct fb_net_vec *ret)
{
	do {
		struct fb_net net;

		if (!fb_word_is_net(&p->cur) && !((may & FB_NET_MAY_ANY) && fb_parser_at(p, "any")))
			return fb_parser_expected(p, what,
						  may & FB_NET_MAY_PREFIX
							  ? "write 10.0.0.0/8 or 2001:db8::/32"
							  : "write 10.0.0.1 or 2001:db8::1");
		if (fb_value_net(p, &p->cur, may, &net))
			fb_vec_add(ret, net);
		fb_parser_next(p);
	} while (fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Zones, zone groups, wires. */
#include <ctype.h>
#include <string.h>

#include "policy/parse.h"

bool fb_parse_doc(struct fb_parser *p, const char *word, struct fb_at at, struct fb_doc *ret)
{
	struct fb_word *into = strcmp(word, "owner") == 0 ? &ret->owner : &ret->reason;

	fb_parser_once(p, into->s, at, word);
	return fb_parse_string(p, fb_diag_printf(p->diags, "the %s", word), into);
}

/* ---- zone ------------------------------------------------------------------------------------------------- */

/* Lists grow here until the zone is read, and so a zone of many lines costs no more than its length. */
struct fb_zone_draft {
	struct fb_stmt *s;
	struct fb_iface_vec ifaces;
	struct fb_net_vec nets, except, gateways;
	struct fb_word_vec ethertypes;
};

enum {
	ZONE_INTERFACE,
	ZONE_NETWORK,
	ZONE_GATEWAY,
	ZONE_BINDING,
	ZONE_MEMBERS,
	ZONE_ON_DENY,
	ZONE_ETHERTYPE,
	ZONE_PURDUE,
	ZONE_TARGET_LEVEL,
	ZONE_OWNER,
	ZONE_REASON,
};
static const char *const zone_words[] = {
	[ZONE_INTERFACE] = "interface", [ZONE_NETWORK] = "network", [ZONE_GATEWAY] = "gateway",
	[ZONE_BINDING] = "binding",	[ZONE_MEMBERS] = "members", [ZONE_ON_DENY] = "on-deny",
	[ZONE_ETHERTYPE] = "ethertype", [ZONE_PURDUE] = "purdue",   [ZONE_TARGET_LEVEL] = "target-level",
	[ZONE_OWNER] = "owner",		[ZONE_REASON] = "reason",
};

static bool fb_parse_ethertypes(struct fb_parser *p, struct fb_word_vec *ret)
{
	do {
		const struct fb_token *t = &p->cur;
		bool ok = t->kind == FB_TOKEN_WORD && t->len == 6 && !memcmp(t->s, "0x", 2);

		if (t->kind != FB_TOKEN_WORD || !isdigit((unsigned char)t->s[0]))
			return fb_parser_expected(p, "an ethertype", "write four hex digits, as 0x88cc");
		for (size_t i = 2; ok && i < 6; i++)
			ok = isxdigit((unsigned char)t->s[i]) && !isupper((unsigned char)t->s[i]);
		if (!ok || memcmp(t->s, "0x0600", 6) < 0)
			fb_diag_error(p->diags, t->at, "write four hex digits, 0x0600 to 0xffff",
				      "\"%s\" is no ethertype", fb_token_text(p, t));
		fb_vec_add(ret, fb_parser_word(p, t));
		fb_parser_next(p);
	} while (fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	return true;
}

static bool fb_parse_interfaces(struct fb_parser *p, struct fb_iface_vec *ret)
{
	do {
		struct fb_iface iface;

		if (!fb_parse_iface(p, &iface))
			return false;
		fb_vec_add(ret, iface);
	} while (fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	return true;
}

static bool fb_parse_members(struct fb_parser *p, struct fb_at at, struct fb_stmt *s)
{
	static const char *const words[] = { "shared", "isolated" };
	struct fb_word word;

	fb_parser_once(p, s->zone.members_given, at, "members");
	s->zone.members_given = true;
	s->zone.members_at = at;
	if (!fb_parse_choice(p, "members", words, 2, &word))
		return false;
	s->zone.members_isolated = word.s == words[1];
	return !s->zone.members_isolated ||
	       fb_parse_string(p, "what isolates the members (\"protected ports on SW-2\")",
			       &s->zone.members_how);
}

static bool fb_parse_network(struct fb_parser *p, struct fb_zone_draft *d)
{
	if (!fb_parse_nets(p, "a network", FB_NET_MAY_ANY | FB_NET_MAY_PREFIX, &d->nets))
		return false;
	return !fb_parser_accept(p, "except") || fb_parse_nets(p, "a network", FB_NET_MAY_PREFIX, &d->except);
}

static bool fb_parse_zone_word(struct fb_parser *p, int word, struct fb_at at, void *into)
{
	static const char *const bindings[] = { "off", "learn", "strict" };
	static const char *const denials[] = { "drop", "reject" };
	struct fb_zone_draft *d = into;
	struct fb_stmt *s = d->s;

	switch (word) {
	case ZONE_INTERFACE:
		return fb_parse_interfaces(p, &d->ifaces);
	case ZONE_NETWORK:
		return fb_parse_network(p, d);
	case ZONE_GATEWAY:
		return fb_parse_nets(p, "an address", 0, &d->gateways);
	case ZONE_BINDING:
		fb_parser_once(p, s->zone.binding.s, at, "binding");
		return fb_parse_choice(p, "binding", bindings, FB_ARRAY_SIZE(bindings), &s->zone.binding);
	case ZONE_MEMBERS:
		return fb_parse_members(p, at, s);
	case ZONE_ON_DENY:
		fb_parser_once(p, s->zone.on_deny.s, at, "on-deny");
		return fb_parse_choice(p, "on-deny", denials, FB_ARRAY_SIZE(denials), &s->zone.on_deny);
	case ZONE_ETHERTYPE:
		return fb_parse_ethertypes(p, &d->ethertypes);
	case ZONE_PURDUE:
		fb_parser_once(p, s->zone.purdue.text, at, "purdue");
		return fb_parse_decimal(p, "a purdue level", 5, false, &s->zone.purdue);
	case ZONE_TARGET_LEVEL:
		fb_parser_once(p, s->zone.target_level.text, at, "target-level");
		return fb_parse_decimal(p, "a target level", 4, true, &s->zone.target_level);
	default:
		return fb_parse_doc(p, zone_words[word], at, &s->zone.doc);
	}
}

static bool fb_parse_self_word(struct fb_parser *p, int word, struct fb_at at, void *into)
{
	static const int meaning[] = { ZONE_PURDUE, ZONE_OWNER, ZONE_REASON };

	return fb_parse_zone_word(p, meaning[word], at, into);
}

bool fb_parse_zone(struct fb_parser *p, struct fb_stmt *s)
{
	static const struct fb_attributes zone = {
		zone_words,
		FB_ARRAY_SIZE(zone_words),
		"in a zone",
		"a zone has interface, network, gateway, binding, members, on-deny, ethertype, purdue, "
		"owner, reason",
		fb_parse_zone_word,
	};
	static const char *const self_words[] = { "purdue", "owner", "reason" };
	static const struct fb_attributes self = {
		self_words,	    FB_ARRAY_SIZE(self_words),
		"in zone self",	    "zone self has purdue, owner and reason",
		fb_parse_self_word,
	};
	struct fb_zone_draft d = { .s = s };
	bool ok = true;

	if (fb_parser_at(p, "self")) {
		s->kind = FB_STMT_SELF;
		s->name = fb_parser_word(p, &p->cur);
		fb_parser_next(p);
	} else {
		ok = fb_parse_new_name(p, "a zone", &s->name);
	}
	fb_parse_attributes(p, s->kind == FB_STMT_SELF ? &self : &zone, ok, s->at.col, &d);
	s->zone.ifaces = fb_parser_keep(p, d.ifaces.v, d.ifaces.n, sizeof(*d.ifaces.v));
	s->zone.n_ifaces = d.ifaces.n;
	fb_vec_done(&d.ifaces);
	fb_parser_keep_vec(p, &s->zone.nets, &d.nets);
	fb_parser_keep_vec(p, &s->zone.except, &d.except);
	fb_parser_keep_vec(p, &s->zone.gateways, &d.gateways);
	fb_parser_keep_vec(p, &s->zone.ethertypes, &d.ethertypes);
	return ok;
}

/* ---- zone group, wire ---------------------------------------------------------------------------------------- */

bool fb_parse_zone_group(struct fb_parser *p, struct fb_stmt *s)
{
	struct fb_word_vec members = { 0 };
	bool ok = fb_parse_new_name(p, "a zone group", &s->name);
	struct fb_at open;

	fb_parser_open(p, ok, true, &open);
	fb_parser_close_list(p, fb_parse_names(p, "a zone", &members), open, s->at.col);
	fb_parser_keep_vec(p, &s->zone_group.members, &members);
	return ok;
}

bool fb_parse_wire(struct fb_parser *p, struct fb_stmt *s)
{
	if (!fb_parse_iface(p, &s->wire.a))
		return false;
	if (!fb_parser_accept_kind(p, FB_TOKEN_BOTH))
		return fb_parser_expected(p, "\"<->\"", "a wire is written: wire eth1 <-> eth2");
	return fb_parse_iface(p, &s->wire.b);
}

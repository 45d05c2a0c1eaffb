// SPDX-License-Identifier: GPL-2.0-only
/* The statements that print on one line: all but firebreak. */
#include <string.h>

#include "policy/print.h"

static void fb_put_number(struct fb_strbuf *out, const char *word, const struct fb_number *number,
			  const char *sep)
{
	if (number->text)
		fb_strbuf_addf(out, "%s%s %s", sep, word, number->text);
}

static void fb_put_string(struct fb_strbuf *out, const char *before, const struct fb_word *word)
{
	if (word->s)
		fb_strbuf_addf(out, "%s\"%s\"", before, word->s);
}

static void fb_put_policy(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_addf(out, "policy \"%s\"", s->name.s);
	fb_put_number(out, "language", &s->policy.language, " ");
	fb_put_number(out, "version", &s->policy.version, " ");
	fb_put_string(out, " timezone ", &s->policy.timezone);
}

static void fb_put_zone(struct fb_strbuf *out, const struct fb_stmt *s)
{
	const char *sep = " interface ";

	fb_strbuf_addf(out, "zone %s {", s->name.s);
	for (size_t i = 0; i < s->zone.n_ifaces; i++, sep = "," FB_BREAK) {
		fb_strbuf_add(out, sep);
		fb_put_iface(out, &s->zone.ifaces[i]);
	}
	if (s->zone.nets.n) {
		fb_strbuf_add(out, "  network ");
		fb_put_nets(out, &s->zone.nets);
		if (s->zone.except.n) {
			fb_strbuf_add(out, " except ");
			fb_put_nets(out, &s->zone.except);
		}
	}
	if (s->zone.gateways.n) {
		fb_strbuf_add(out, "  gateway ");
		fb_put_nets(out, &s->zone.gateways);
	}
	if (s->zone.binding.s)
		fb_strbuf_addf(out, "  binding %s", s->zone.binding.s);
	if (s->zone.members_given)
		fb_strbuf_add(out, s->zone.members_isolated ? "  members isolated" : "  members shared");
	fb_put_string(out, " ", &s->zone.members_how);
	if (s->zone.on_deny.s)
		fb_strbuf_addf(out, "  on-deny %s", s->zone.on_deny.s);
	if (s->zone.ethertypes.n) {
		fb_strbuf_add(out, "  ethertype ");
		fb_put_words(out, &s->zone.ethertypes);
	}
	fb_put_number(out, "purdue", &s->zone.purdue, "  ");
	fb_put_number(out, "target-level", &s->zone.target_level, "  ");
	fb_put_doc(out, &s->zone.doc, "  ");
	fb_strbuf_add(out, " }");
}

static void fb_put_device(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_addf(out, "device %s in %s {", s->name.s, s->device.zone.s);
	if (s->device.ips.n) {
		fb_strbuf_add(out, "  ip ");
		fb_put_nets(out, &s->device.ips);
	}
	if (s->device.macs.n) {
		fb_strbuf_add(out, "  mac ");
		fb_put_words(out, &s->device.macs);
	}
	fb_put_string(out, "  vendor ", &s->device.vendor);
	if (s->device.tags.n) {
		fb_strbuf_add(out, "  tag ");
		fb_put_words(out, &s->device.tags);
	}
	fb_put_doc(out, &s->device.doc, "  ");
	fb_strbuf_add(out, " }");
}

static void fb_put_group(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_addf(out, "group %s ", s->name.s);
	if (s->group.zone.s)
		fb_strbuf_addf(out, "in %s ", s->group.zone.s);
	fb_strbuf_add(out, "{ ");
	fb_put_operands(out, &s->group.members);
	if (s->group.except.n) {
		fb_strbuf_add(out, " except ");
		fb_put_operands(out, &s->group.except);
	}
	fb_strbuf_add(out, " }");
}

static void fb_put_service_statement(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_addf(out, "service %s {", s->name.s);
	if (s->service.items.n) {
		fb_strbuf_add(out, " ");
		fb_put_services(out, &s->service.items);
	}
	if (s->service.except.n) {
		fb_strbuf_add(out, " except ");
		fb_put_services(out, &s->service.except);
	}
	if (s->service.initiator.s)
		fb_strbuf_addf(out, "  initiator %s", s->service.initiator.s);
	if (s->service.cleartext)
		fb_strbuf_add(out, "  cleartext");
	fb_put_doc(out, &s->service.doc, "  ");
	fb_strbuf_add(out, " }");
}

static void fb_put_window(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_addf(out, "window %s {", s->name.s);
	for (size_t i = 0; i < s->window.n_every; i++) {
		fb_strbuf_add(out, "  ");
		fb_put_every(out, &s->window.every[i]);
	}
	fb_put_string(out, "  timezone ", &s->window.timezone);
	fb_put_doc(out, &s->window.doc, "  ");
	fb_strbuf_add(out, " }");
}

static void fb_put_never(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_add(out, "never ");
	fb_put_operands(out, &s->never.a);
	fb_strbuf_add(out, s->never.both ? " <->" FB_BREAK : " ->" FB_BREAK);
	fb_put_operands(out, &s->never.b);
	if (s->never.services.n) {
		fb_strbuf_add(out, " ");
		fb_put_services(out, &s->never.services);
	}
	if (s->never.except_from.n) {
		fb_strbuf_add(out, " except from ");
		fb_put_operands(out, &s->never.except_from);
	}
	fb_put_string(out, " ", &s->never.text);
}

static void fb_put_assert(struct fb_strbuf *out, const struct fb_stmt *s)
{
	static const char *const verbs[] = {
		[FB_ASSERT_CANNOT] = " cannot reach ",
		[FB_ASSERT_CAN] = " can reach ",
		[FB_ASSERT_ONLY] = " can only reach ",
		[FB_ASSERT_ONLY_BY] = " can only be reached by ",
	};
	bool behind = s->assertion.kind == FB_ASSERT_CANNOT || s->assertion.kind == FB_ASSERT_CAN;

	fb_strbuf_add(out, "assert ");
	fb_put_operands(out, &s->assertion.a);
	if (!behind && s->assertion.services.n) {
		fb_strbuf_add(out, " ");
		fb_put_services(out, &s->assertion.services);
	}
	fb_strbuf_add(out, verbs[s->assertion.kind]);
	fb_put_operands(out, &s->assertion.b);
	if (behind && s->assertion.services.n) {
		fb_strbuf_add(out, " ");
		fb_put_services(out, &s->assertion.services);
	}
	for (size_t i = 0; i < s->assertion.n_entries; i++) {
		const struct fb_assert_entry *entry = &s->assertion.entries[i];

		fb_strbuf_add(out, i ? " and " : "");
		fb_put_operands(out, &entry->side);
		fb_strbuf_add(out, entry->services.n ? " " : "");
		fb_put_services(out, &entry->services);
	}
	if (s->assertion.transitively)
		fb_strbuf_add(out, " transitively");
	if (s->assertion.ignoring.n) {
		fb_strbuf_add(out, " ignoring ");
		fb_put_services(out, &s->assertion.ignoring);
	}
	if (s->assertion.unless_opened)
		fb_strbuf_add(out, " unless opened");
	fb_put_string(out, " ", &s->assertion.text);
}

/* A brace and two blanks in front of the first attribute would look odd. */
static void fb_put_block(struct fb_strbuf *out, const struct fb_stmt *s,
			 void (*put)(struct fb_strbuf *out, const struct fb_stmt *s))
{
	size_t from = out->len;

	put(out, s);
	char *brace = strchr(out->s + from, '{');

	if (brace && brace[1] == ' ' && brace[2] == ' ') {
		memmove(brace + 1, brace + 2, strlen(brace + 2) + 1);
		out->len--;
	}
}

static void fb_put_access(struct fb_strbuf *out, const struct fb_stmt *s)
{
	fb_strbuf_addf(out, "access %s {", s->name.s);
	if (s->access.max.s)
		fb_strbuf_addf(out, "  max %s", s->access.max.s);
	fb_put_doc(out, &s->access.doc, "  ");
	fb_strbuf_add(out, " }");
}

void fb_put_statement(struct fb_strbuf *out, const struct fb_stmt *s)
{
	switch (s->kind) {
	case FB_STMT_POLICY:
		fb_put_policy(out, s);
		break;
	case FB_STMT_INCLUDE:
		fb_put_string(out, "include ", &s->name);
		break;
	case FB_STMT_ZONE:
	case FB_STMT_SELF:
		fb_put_block(out, s, fb_put_zone);
		break;
	case FB_STMT_ZONE_GROUP:
		fb_strbuf_addf(out, "zone-group %s { ", s->name.s);
		fb_put_words(out, &s->zone_group.members);
		fb_strbuf_add(out, " }");
		break;
	case FB_STMT_WIRE:
		fb_strbuf_add(out, "wire ");
		fb_put_iface(out, &s->wire.a);
		fb_strbuf_add(out, " <->" FB_BREAK);
		fb_put_iface(out, &s->wire.b);
		break;
	case FB_STMT_DEVICE:
		fb_put_block(out, s, fb_put_device);
		break;
	case FB_STMT_GROUP:
		fb_put_group(out, s);
		break;
	case FB_STMT_SERVICE:
		fb_put_block(out, s, fb_put_service_statement);
		break;
	case FB_STMT_WINDOW:
		fb_put_block(out, s, fb_put_window);
		break;
	case FB_STMT_ACCESS:
		fb_put_block(out, s, fb_put_access);
		break;
	case FB_STMT_NEVER:
		fb_put_never(out, s);
		break;
	case FB_STMT_ASSERT:
		fb_put_assert(out, s);
		break;
	case FB_STMT_FIREBREAK:
	case FB_STMT_ISOLATE:
	case FB_STMT_COMMENT:
		break; /* print.c: these may have more than one line */
	}
}

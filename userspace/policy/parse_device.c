// SPDX-License-Identifier: GPL-2.0-only
/* Devices and groups. */
#include <string.h>

#include "policy/parse.h"

/* ---- device ----------------------------------------------------------------------------------------------- */

struct fb_device_draft {
	struct fb_stmt *s;
	struct fb_net_vec ips;
	struct fb_word_vec macs, tags;
};

enum { DEVICE_IP, DEVICE_MAC, DEVICE_VENDOR, DEVICE_TAG, DEVICE_OWNER, DEVICE_REASON };
static const char *const device_words[] = {
	[DEVICE_IP] = "ip",   [DEVICE_MAC] = "mac",	[DEVICE_VENDOR] = "vendor",
	[DEVICE_TAG] = "tag", [DEVICE_OWNER] = "owner", [DEVICE_REASON] = "reason",
};

/* What no sender has: a frame from it is dropped before it is compared with the device. */
static void fb_mac_check(struct fb_parser *p, const struct fb_token *t, const __u8 *mac)
{
	static const __u8 none[6], all[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const char *help = "write the address of its network card, such as 3c:ef:8c:00:04:12";

	if (!memcmp(mac, none, sizeof(none)))
		fb_diag_error(p->diags, t->at, help, "%s is no device's MAC: all zeros is none",
			      fb_token_text(p, t));
	else if (mac[0] & 1)
		fb_diag_error(p->diags, t->at, help, "%s is no device's MAC: it is the address of %s",
			      fb_token_text(p, t),
			      !memcmp(mac, all, sizeof(all)) ? "everybody (broadcast)"
							     : "a group (multicast)");
}

static bool fb_parse_macs(struct fb_parser *p, struct fb_word_vec *ret)
{
	do {
		struct fb_word mac;
		char buf[FB_MAC_STRLEN];
		__u8 bytes[6];

		if (p->cur.kind != FB_TOKEN_WORD)
			return fb_parser_expected(p, "a MAC address", "write 3c:ef:8c:00:04:12");
		mac = fb_parser_word(p, &p->cur);
		if (fb_mac_parse(p->cur.s, p->cur.len, bytes) == 0) {
			fb_mac_check(p, &p->cur, bytes);
			mac.s = fb_arena_strdup(&p->tree->arena, fb_mac_print(bytes, buf));
			fb_vec_add(ret, mac);
		} else {
			fb_diag_error(p->diags, p->cur.at, "write 3c:ef:8c:00:04:12",
				      "\"%s\" is no MAC address", fb_token_text(p, &p->cur));
		}
		fb_parser_next(p);
	} while (fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	return true;
}

static bool fb_parse_device_word(struct fb_parser *p, int word, struct fb_at at, void *into)
{
	struct fb_device_draft *d = into;
	struct fb_stmt *s = d->s;

	switch (word) {
	case DEVICE_IP:
		return fb_parse_nets(p, "an address", 0, &d->ips);
	case DEVICE_MAC:
		return fb_parse_macs(p, &d->macs);
	case DEVICE_VENDOR:
		fb_parser_once(p, s->device.vendor.s, at, "vendor");
		return fb_parse_string(p, "the vendor", &s->device.vendor);
	case DEVICE_TAG:
		return fb_parse_names(p, "a tag", &d->tags);
	default:
		return fb_parse_doc(p, device_words[word], at, &s->device.doc);
	}
}

bool fb_parse_device(struct fb_parser *p, struct fb_stmt *s)
{
	static const struct fb_attributes device = {
		device_words,	      FB_ARRAY_SIZE(device_words),
		"in a device",	      "a device has ip, mac, vendor, tag, owner and reason",
		fb_parse_device_word,
	};
	struct fb_device_draft d = { .s = s };
	bool ok = fb_parse_new_name(p, "a device", &s->name);

	if (ok && fb_parser_accept(p, "in"))
		ok = fb_parse_name(p, "a zone", &s->device.zone);
	else if (ok)
		ok = fb_parser_expected(p, "\"in\" and its zone",
					"write: device NAME in ZONE { ip ADDRESS }");
	fb_parse_attributes(p, &device, ok, s->at.col, &d);
	fb_parser_keep_vec(p, &s->device.ips, &d.ips);
	fb_parser_keep_vec(p, &s->device.macs, &d.macs);
	fb_parser_keep_vec(p, &s->device.tags, &d.tags);
	return ok;
}

/* ---- group ------------------------------------------------------------------------------------------------ */

bool fb_parse_member(struct fb_parser *p, struct fb_operand *ret)
{
	*ret = (struct fb_operand){ .kind = FB_OPERAND_NAME, .at = p->cur.at };
	if (p->cur.kind != FB_TOKEN_WORD)
		return fb_parser_expected(p, "a member of the group",
					  "a device, a group, a prefix, a range or \"any\"");
	ret->name = fb_parser_word(p, &p->cur);
	if (fb_parser_at(p, "any")) {
		ret->kind = FB_OPERAND_ANY;
		fb_parser_next(p);
		return true;
	}
	if (fb_word_is_net(&p->cur)) {
		ret->kind = FB_OPERAND_NET;
		if (!fb_value_net(p, &p->cur, FB_NET_MAY_PREFIX | FB_NET_MAY_RANGE, &ret->net))
			ret->kind = FB_OPERAND_ANY; /* reported; the file is not used */
		fb_parser_next(p);
		return true;
	}
	if (fb_parser_at(p, "vendor") && fb_parser_peek(p)->kind == FB_TOKEN_STRING) {
		ret->kind = FB_OPERAND_VENDOR;
		fb_parser_next(p);
		return fb_parse_string(p, "the vendor", &ret->name);
	}
	if (fb_parser_at(p, "tag") && fb_parser_peek(p)->kind == FB_TOKEN_WORD &&
	    !fb_is_reserved(&p->ahead)) {
		ret->kind = FB_OPERAND_TAG;
		fb_parser_next(p);
	}
	return fb_parse_name(p, "a member of the group", &ret->name);
}

static bool fb_parse_member_list(struct fb_parser *p, struct fb_operands *ret)
{
	struct fb_operand_vec v = { 0 };
	bool ok = true;

	do {
		struct fb_operand member;

		ok = fb_parse_member(p, &member);
		if (ok)
			fb_vec_add(&v, member);
	} while (ok && fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	fb_parser_keep_vec(p, ret, &v);
	return ok;
}

bool fb_parse_group(struct fb_parser *p, struct fb_stmt *s)
{
	bool ok = fb_parse_new_name(p, "a group", &s->name);
	struct fb_at open;

	if (ok && fb_parser_accept(p, "in"))
		ok = fb_parse_name(p, "a zone", &s->group.zone);
	fb_parser_open(p, ok, true, &open);

	bool list = fb_parse_member_list(p, &s->group.members);

	if (list && fb_parser_accept(p, "except"))
		list = fb_parse_member_list(p, &s->group.except);
	fb_parser_close_list(p, list, open, s->at.col);
	return ok;
}

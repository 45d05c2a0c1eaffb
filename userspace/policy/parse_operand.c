// SPDX-License-Identifier: GPL-2.0-only
/* Who: the sides of allow lines, of guards and assertions. */
#include <string.h>

#include "policy/parse.h"

static bool fb_parse_self(struct fb_parser *p, bool is_allow, struct fb_operand *ret)
{
	ret->kind = FB_OPERAND_SELF;
	fb_parser_next(p);
	if (!is_allow || !fb_parser_accept(p, "at"))
		return true;
	if (fb_parser_at(p, "any")) {
		ret->self_at = fb_parser_word(p, &p->cur);
		fb_parser_next(p);
		return true;
	}
	return fb_parse_name(p, "a zone or \"any\"", &ret->self_at);
}

static bool fb_parse_operand(struct fb_parser *p, const char *what, bool is_allow, struct fb_operand *ret)
{
	*ret = (struct fb_operand){ .kind = FB_OPERAND_NAME, .at = p->cur.at };
	if (p->cur.kind == FB_TOKEN_WORD)
		ret->name = fb_parser_word(p, &p->cur);
	if (fb_parser_at(p, "self"))
		return fb_parse_self(p, is_allow, ret);
	if (fb_parser_at(p, "any")) {
		ret->kind = FB_OPERAND_ANY;
		fb_parser_next(p);
		return true;
	}
	if (!fb_word_is_net(&p->cur)) {
		if (p->cur.kind != FB_TOKEN_WORD || fb_is_reserved(&p->cur) || fb_token_is_proto(&p->cur))
			return fb_parser_expected(p, what,
						  is_allow
							  ? "a device, a group, a prefix, \"any\" or \"self\""
							  : "a zone, a device, a group, \"any\" or \"self\"");
		return fb_parse_name(p, what, &ret->name);
	}
	ret->kind = FB_OPERAND_NET;
	if (!fb_value_net(p, &p->cur, FB_NET_MAY_PREFIX | FB_NET_MAY_RANGE, &ret->net))
		ret->kind = FB_OPERAND_ANY; /* reported: a tree with errors is never used */
	else if (!is_allow)
		fb_diag_error(p->diags, p->cur.at, "give it a name: group NAME { PREFIX }",
			      "an address cannot stand here: guards and assertions speak of names");
	fb_parser_next(p);
	return true;
}

bool fb_parse_operands(struct fb_parser *p, const char *what, bool is_allow, struct fb_operands *ret)
{
	struct fb_operand_vec v = { 0 };
	bool ok;

	do {
		struct fb_operand operand;

		ok = fb_parse_operand(p, what, is_allow, &operand);
		if (ok)
			fb_vec_add(&v, operand);
	} while (ok && fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	fb_parser_keep_vec(p, ret, &v);
	return ok;
}

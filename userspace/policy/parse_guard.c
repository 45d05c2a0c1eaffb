// SPDX-License-Identifier: GPL-2.0-only
/* Guards, assertions, isolation plans. */
#include <string.h>

#include "policy/parse.h"

static bool fb_parse_side(struct fb_parser *p, struct fb_operands *ret)
{
	return fb_parse_operands(p, "a zone, device or group", false, ret);
}

static bool fb_services_follow(const struct fb_parser *p)
{
	return p->cur.kind == FB_TOKEN_WORD && (fb_parser_at(p, "all") || !fb_is_reserved(&p->cur));
}

static bool fb_parse_optional_services(struct fb_parser *p, struct fb_svc_items *ret)
{
	return !fb_services_follow(p) || fb_parse_services(p, ret);
}

static bool fb_parse_optional_text(struct fb_parser *p, struct fb_word *ret)
{
	return p->cur.kind != FB_TOKEN_STRING || fb_parse_string(p, "the reason", ret);
}

/* ---- never ------------------------------------------------------------------------------------------------- */

bool fb_parse_never(struct fb_parser *p, struct fb_stmt *s)
{
	if (!fb_parse_side(p, &s->never.a))
		return false;
	s->never.both = p->cur.kind == FB_TOKEN_BOTH;
	if (!fb_parser_accept_kind(p, FB_TOKEN_BOTH) && !fb_parser_accept_kind(p, FB_TOKEN_ARROW))
		return fb_parser_expected(p, "\"->\" or \"<->\"",
					  "a guard is written: never A -> B, or never A <-> B");
	if (!fb_parse_side(p, &s->never.b) || !fb_parse_optional_services(p, &s->never.services))
		return false;
	if (fb_parser_at(p, "except") && s->never.both) {
		fb_diag_error(p->diags, p->cur.at, "write two lines with \"->\"",
			      "\"except from\" needs a direction: \"<->\" has none");
		return false;
	}
	if (fb_parser_accept(p, "except")) {
		if (!fb_parser_accept(p, "from"))
			return fb_parser_expected(p, "\"from\"", "write: never A -> B except from C");
		if (!fb_parse_side(p, &s->never.except_from))
			return false;
	}
	return fb_parse_optional_text(p, &s->never.text);
}

/* ---- assert ------------------------------------------------------------------------------------------------ */

static bool fb_parse_unless(struct fb_parser *p, struct fb_stmt *s)
{
	if (!fb_parser_accept(p, "unless"))
		return true;
	s->assertion.unless_opened = true;
	return fb_parser_accept(p, "opened") || fb_parser_expected(p, "\"opened\"", "write: unless opened");
}

static bool fb_parse_entries(struct fb_parser *p, struct fb_stmt *s)
{
	struct FB_VEC(struct fb_assert_entry) v = { 0 };
	bool ok;

	do {
		struct fb_assert_entry entry = { 0 };

		ok = fb_parse_side(p, &entry.side) && fb_parse_optional_services(p, &entry.services);
		if (ok)
			fb_vec_add(&v, entry);
	} while (ok && fb_parser_accept(p, "and"));
	s->assertion.entries = fb_parser_keep(p, v.v, v.n, sizeof(*v.v));
	s->assertion.n_entries = v.n;
	fb_vec_done(&v);
	return ok && fb_parse_unless(p, s);
}

static bool fb_parse_cannot(struct fb_parser *p, struct fb_stmt *s)
{
	s->assertion.kind = FB_ASSERT_CANNOT;
	if (!fb_parser_accept(p, "reach"))
		return fb_parser_expected(p, "\"reach\"", "write: assert A cannot reach B");
	if (!fb_parse_side(p, &s->assertion.b) || !fb_parse_optional_services(p, &s->assertion.services))
		return false;
	s->assertion.transitively = fb_parser_accept(p, "transitively");
	if (s->assertion.transitively && fb_parser_accept(p, "ignoring") &&
	    !fb_parse_services(p, &s->assertion.ignoring))
		return false;
	return fb_parse_unless(p, s);
}

static bool fb_parse_can(struct fb_parser *p, struct fb_stmt *s)
{
	if (fb_parser_accept(p, "only")) {
		s->assertion.kind = FB_ASSERT_ONLY;
		if (fb_parser_accept(p, "be")) {
			s->assertion.kind = FB_ASSERT_ONLY_BY;
			if (!fb_parser_accept(p, "reached") || !fb_parser_accept(p, "by"))
				return fb_parser_expected(p, "\"reached by\"",
							  "write: assert B can only be reached by A");
			return fb_parse_entries(p, s);
		}
		if (!fb_parser_accept(p, "reach"))
			return fb_parser_expected(p, "\"reach\" or \"be reached by\"",
						  "write: assert A can only reach B");
		return fb_parse_entries(p, s);
	}
	s->assertion.kind = FB_ASSERT_CAN;
	if (!fb_parser_accept(p, "reach"))
		return fb_parser_expected(p, "\"reach\" or \"only\"", "write: assert A can reach B https");
	if (!fb_parse_side(p, &s->assertion.b))
		return false;
	if (fb_services_follow(p))
		return fb_parse_services(p, &s->assertion.services);
	return fb_parser_expected(p, "a service",
				  "\"can reach\" says for which services: a name, a port or \"all\"");
}

bool fb_parse_assert(struct fb_parser *p, struct fb_stmt *s)
{
	static const char *const words[] = { "cannot", "can" };
	struct fb_at at;
	int word;

	if (!fb_parse_side(p, &s->assertion.a) || !fb_parse_optional_services(p, &s->assertion.services))
		return false;
	word = fb_parser_keyword(p, words, 2, "in an assertion",
				 "write: assert A cannot reach B, or: can reach, ...");
	if (word < 0)
		return false;
	at = p->cur.at;
	fb_parser_next(p);

	bool early = s->assertion.services.n > 0;

	if (!(word ? fb_parse_can(p, s) : fb_parse_cannot(p, s)))
		return false;
	if (early && s->assertion.kind != FB_ASSERT_ONLY_BY)
		fb_diag_error(p->diags, at, "write them behind what is reached",
			      "services before \"%s\" belong to \"can only be reached by\"", words[word]);
	return fb_parse_optional_text(p, &s->assertion.text);
}

/* ---- isolate ------------------------------------------------------------------------------------------------- */

static bool fb_parse_isolate_line(struct fb_parser *p, struct fb_isolate_line *ret)
{
	static const char *const words[] = { "cut", "keep" };
	int word = fb_parser_keyword(p, words, 2, "in an isolation plan",
				     "write: cut A from B, or: keep A with B");

	ret->at = p->cur.at;
	if (word < 0)
		return false;
	ret->keep = word == 1;
	fb_parser_next(p);
	if (!fb_parse_side(p, &ret->a))
		return false;
	if (!fb_parser_accept(p, ret->keep ? "with" : "from"))
		return fb_parser_expected(p, ret->keep ? "\"with\"" : "\"from\"",
					  "write: cut A from B, or: keep A with B");
	return fb_parse_side(p, &ret->b);
}

bool fb_parse_isolate(struct fb_parser *p, struct fb_stmt *s)
{
	struct FB_VEC(struct fb_isolate_line) v = { 0 };
	bool ok = fb_parse_new_name(p, "an isolation plan", &s->name);
	struct fb_at open;

	if (ok)
		ok = fb_parse_optional_text(p, &s->isolate.text);
	fb_parser_open(p, ok, false, &open);
	p->in_block = true;
	for (;;) {
		struct fb_isolate_line line = { 0 };

		while (p->cur.kind == FB_TOKEN_NEWLINE || p->cur.kind == FB_TOKEN_SEMICOLON)
			fb_parser_next(p);
		if (p->cur.kind == FB_TOKEN_CLOSE || fb_parser_unclosed(p, s->at.col))
			break;
		if (fb_parse_isolate_line(p, &line))
			fb_vec_add(&v, line);
		else
			fb_parser_skip_line(p);
		fb_parser_end_statement(p, "each cut and keep stands on a line of its own");
	}
	p->in_block = false;
	fb_parser_close(p, open);
	s->isolate.lines = fb_parser_keep(p, v.v, v.n, sizeof(*v.v));
	s->isolate.n_lines = v.n;
	fb_vec_done(&v);
	return ok;
}

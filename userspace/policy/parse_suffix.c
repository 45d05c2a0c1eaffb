// SPDX-License-Identifier: GPL-2.0-only
/* What stands behind the services of an allow line, and after "default". */
#include <ctype.h>
#include <string.h>

#include "policy/parse.h"

enum {
	SUFFIX_LIMIT,
	SUFFIX_QUOTA,
	SUFFIX_DURING,
	SUFFIX_ON_REQUEST,
	SUFFIX_UNTIL,
	SUFFIX_LOG,
	SUFFIX_OWNER,
	SUFFIX_REASON,
	SUFFIX_ID,
};
static const char *const suffix_words[] = {
	[SUFFIX_LIMIT] = "limit",	    [SUFFIX_QUOTA] = "quota",	[SUFFIX_DURING] = "during",
	[SUFFIX_ON_REQUEST] = "on-request", [SUFFIX_UNTIL] = "until",	[SUFFIX_LOG] = "log",
	[SUFFIX_OWNER] = "owner",	    [SUFFIX_REASON] = "reason", [SUFFIX_ID] = "id",
};

bool fb_is_suffix(const struct fb_token *t)
{
	for (size_t i = 0; i < FB_ARRAY_SIZE(suffix_words); i++)
		if (fb_token_is(t, suffix_words[i]))
			return true;
	return false;
}

static bool fb_parse_scope(struct fb_parser *p, struct fb_word *ret)
{
	static const char *const scopes[] = { "source", "destination", "line" };

	if (!fb_parser_accept(p, "per"))
		return fb_parser_expected(p, "\"per\"",
					  "write \"per source\", \"per destination\" or \"per line\"");
	return fb_parse_choice(p, "per", scopes, FB_ARRAY_SIZE(scopes), ret);
}

static bool fb_parse_limit(struct fb_parser *p, struct fb_suffix *ret)
{
	static const char *const rates[] = { "new/s", "new/min", "packets/s", "mbit/s" };
	const char *slash = p->cur.kind == FB_TOKEN_WORD ? memchr(p->cur.s, '/', p->cur.len) : NULL;

	if (slash && isdigit((unsigned char)*p->cur.s)) { /* "5/s": of what, and of whose? */
		const char *text = fb_token_text(p, &p->cur);

		fb_diag_error(p->diags, p->cur.at,
			      fb_diag_printf(p->diags, "write: limit %.*s new/%s per source",
					     (int)strspn(text, "0123456789"), text,
					     slash[1] == 'm' ? "min" : "s"),
			      "a limit cannot be %s", text);
		return false;
	}
	if (!fb_parse_number(p, "a limit", 1, 1000000000, &ret->limit.number) ||
	    !fb_parse_choice(p, "limit", rates, FB_ARRAY_SIZE(rates), &ret->limit.unit) ||
	    !fb_parse_scope(p, &ret->limit.scope))
		return false;
	return !fb_parser_accept(p, "burst") ||
	       fb_parse_number(p, "a burst", 1, 1000000000, &ret->limit.burst);
}

/* "GB/day" is one token of two words. */
static bool fb_parse_volume(struct fb_parser *p, struct fb_suffix *ret)
{
	static const char *const volumes[] = {
		"MB/hour", "GB/hour", "TB/hour", "MB/day", "GB/day", "TB/day"
	};
	static const char *const sizes[] = { "MB", "GB", "TB" }, *const periods[] = { "hour", "day" };
	struct fb_word word;
	size_t i = 0;

	if (!fb_parse_choice(p, "quota", volumes, FB_ARRAY_SIZE(volumes), &word))
		return false;
	while (i < FB_ARRAY_SIZE(volumes) && word.s != volumes[i])
		i++;
	ret->quota.size = (struct fb_word){ sizes[i % 3], word.at };
	word.at.col += 3;
	ret->quota.period = (struct fb_word){ periods[i / 3], word.at };
	return true;
}

static bool fb_parse_quota(struct fb_parser *p, struct fb_suffix *ret)
{
	static const char *const actions[] = { "drop", "alert" };

	return fb_parse_number(p, "a quota", 1, 1000000, &ret->quota.number) && fb_parse_volume(p, ret) &&
	       fb_parse_scope(p, &ret->quota.scope) &&
	       fb_parse_choice(p, "quota", actions, FB_ARRAY_SIZE(actions), &ret->quota.action);
}

bool fb_parse_until(struct fb_parser *p, struct fb_date *ret)
{
	if (!fb_parse_date(p, ret))
		return false;
	if (p->cur.kind != FB_TOKEN_WORD || !isdigit((unsigned char)p->cur.s[0]))
		return true;
	if (!fb_time_parse(p->cur.s, p->cur.len, &ret->hour, &ret->minute) || ret->hour == 24) {
		fb_diag_error(p->diags, p->cur.at, "write HOUR:MINUTE, 00:00 to 23:59",
			      "\"%s\" is no time of day", fb_token_text(p, &p->cur));
		ret->hour = ret->minute = 0;
	}
	fb_parser_next(p);
	return true;
}

/* True if there is one of these already. */
static bool fb_suffix_given(const struct fb_suffix *s, int word)
{
	switch (word) {
	case SUFFIX_LIMIT:
		return s->limit.unit.s;
	case SUFFIX_QUOTA:
		return s->quota.size.s;
	case SUFFIX_DURING:
		return s->during.s;
	case SUFFIX_ON_REQUEST:
		return s->on_request.s;
	case SUFFIX_UNTIL:
		return s->until.year != 0;
	case SUFFIX_LOG:
		return s->log;
	case SUFFIX_ID:
		return s->id.s;
	default: /* fb_parse_doc looks itself */
		return false;
	}
}

static bool fb_parse_suffix_value(struct fb_parser *p, int word, struct fb_at at, struct fb_suffix *ret)
{
	switch (word) {
	case SUFFIX_LIMIT:
		return fb_parse_limit(p, ret);
	case SUFFIX_QUOTA:
		return fb_parse_quota(p, ret);
	case SUFFIX_DURING:
		return fb_parse_name(p, "a window", &ret->during);
	case SUFFIX_ON_REQUEST:
		return fb_parse_name(p, "an access", &ret->on_request);
	case SUFFIX_UNTIL:
		return fb_parse_until(p, &ret->until);
	case SUFFIX_LOG:
		ret->log = true;
		ret->log_at = at;
		return true;
	case SUFFIX_ID:
		return fb_parse_new_name(p, "a line", &ret->id);
	default:
		return fb_parse_doc(p, suffix_words[word], at, &ret->doc);
	}
}

bool fb_parse_suffix(struct fb_parser *p, bool is_default, struct fb_suffix *ret)
{
	struct fb_at at = p->cur.at;
	int word;

	if (is_default)
		word = fb_parser_keyword(
			p, suffix_words, FB_ARRAY_SIZE(suffix_words), "after \"default\"",
			"a default is limit, quota, during, on-request, until, log, owner, reason");
	else
		word = fb_parser_keyword(
			p, suffix_words, FB_ARRAY_SIZE(suffix_words), "behind the services",
			"services have commas between them; limit, quota, during, on-request, until, "
			"log, owner, reason, id may follow");
	if (word < 0)
		return false;
	fb_parser_next(p);
	fb_parser_once(p, fb_suffix_given(ret, word), at, suffix_words[word]);
	if (is_default && word == SUFFIX_ID)
		fb_diag_error(p->diags, at, "write it on the allow line",
			      "an id belongs to one line, not to a default");
	if (fb_parse_suffix_value(p, word, at, ret))
		return true;
	/* Half a limit or quota is none. */
	if (word == SUFFIX_LIMIT)
		ret->limit.unit.s = NULL;
	if (word == SUFFIX_QUOTA)
		ret->quota.size.s = NULL;
	return false;
}

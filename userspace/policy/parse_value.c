// SPDX-License-Identifier: GPL-2.0-only
/* Names, strings, numbers, dates: the words that the rules are made of. Addresses are in parse_net.c. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

enum { NAME_BYTES_MAX = 63, IFNAME_BYTES_MAX = 15, VLAN_MAX = 4094 };

struct fb_word fb_parser_word(struct fb_parser *p, const struct fb_token *t)
{
	return (struct fb_word){ fb_arena_strndup(&p->tree->arena, t->s, t->len), t->at };
}

/* ---- names ----------------------------------------------------------------------------------------------- */

static bool fb_is_name(const struct fb_token *t)
{
	if (!t->len || !isalpha((unsigned char)t->s[0]))
		return false;
	for (size_t i = 1; i < t->len; i++)
		if (!isalnum((unsigned char)t->s[i]) && t->s[i] != '_' && t->s[i] != '-')
			return false;
	return true;
}

/* Reads a word as a name and reports what keeps it from being one. */
static void fb_take_name(struct fb_parser *p, const char *what, struct fb_word *ret)
{
	if (!fb_is_name(&p->cur))
		fb_diag_error(p->diags, p->cur.at,
			      "a name begins with a letter (a-z), then letters, digits, _ and -",
			      "\"%s\" is no name for %s", fb_token_text(p, &p->cur), what);
	else if (p->cur.len > NAME_BYTES_MAX)
		fb_diag_error(p->diags, p->cur.at, "shorten it",
			      "a name has at most %d letters, this one has %zu", NAME_BYTES_MAX, p->cur.len);
	*ret = fb_parser_word(p, &p->cur);
	fb_parser_next(p);
}

bool fb_parse_new_name(struct fb_parser *p, const char *what, struct fb_word *ret)
{
	bool skipped = fb_parser_at(p, "in") && fb_parser_peek(p)->kind == FB_TOKEN_WORD &&
		       !fb_token_is(&p->ahead, "in"); /* device in video */

	if (p->cur.kind != FB_TOKEN_WORD || skipped)
		return fb_parser_expected(p, fb_diag_printf(p->diags, "a name for %s", what), NULL);
	if (!fb_is_reserved(&p->cur)) {
		fb_take_name(p, what, ret);
		return true;
	}
	fb_diag_error(p->diags, p->cur.at, "choose another name",
		      "\"%s\" is a reserved word and cannot be a name", fb_token_text(p, &p->cur));
	*ret = fb_parser_word(p, &p->cur);
	fb_parser_next(p);
	return true;
}

bool fb_parse_name(struct fb_parser *p, const char *what, struct fb_word *ret)
{
	if (p->cur.kind != FB_TOKEN_WORD || fb_is_reserved(&p->cur))
		return fb_parser_expected(p, what, NULL);
	fb_take_name(p, what, ret);
	return true;
}

bool fb_parse_names(struct fb_parser *p, const char *what, struct fb_word_vec *ret)
{
	do {
		struct fb_word word;

		if (!fb_parse_name(p, what, &word))
			return false;
		fb_vec_add(ret, word);
	} while (fb_parser_accept_kind(p, FB_TOKEN_COMMA));
	return true;
}

bool fb_parse_string(struct fb_parser *p, const char *what, struct fb_word *ret)
{
	if (p->cur.kind == FB_TOKEN_STRING) {
		*ret = fb_parser_word(p, &p->cur);
		fb_parser_next(p);
		return true;
	}
	if (p->cur.kind != FB_TOKEN_WORD)
		return fb_parser_expected(p, fb_diag_printf(p->diags, "%s in quotation marks", what), NULL);
	if (!fb_parser_lost(p))
		fb_diag_error(p->diags, p->cur.at, "between two \" on this line",
			      "%s stands in quotation marks", what);
	return false;
}

bool fb_parse_choice(struct fb_parser *p, const char *what, const char *const *words, size_t n,
		     struct fb_word *ret)
{
	fb_autostrbuf struct fb_strbuf list = { 0 };

	for (size_t i = 0; i < n; i++)
		fb_strbuf_addf(&list, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", words[i]);

	int i = fb_parser_keyword(p, words, n, fb_diag_printf(p->diags, "after \"%s\"", what),
				  fb_diag_printf(p->diags, "write %s", fb_strbuf_get(&list)));
	if (i < 0)
		return false;
	*ret = (struct fb_word){ words[i], p->cur.at };
	fb_parser_next(p);
	return true;
}

/* ---- numbers --------------------------------------------------------------------------------------------- */

static bool fb_looks_like_number(const struct fb_token *t)
{
	return t->kind == FB_TOKEN_WORD &&
	       (isdigit((unsigned char)t->s[0]) ||
		(t->len > 1 && t->s[0] == '-' && isdigit((unsigned char)t->s[1])));
}

/* Digits without leading zeros, at most 18 of them. */
static bool fb_digits(const char *s, size_t n, unsigned long long *ret)
{
	unsigned long long value = 0;

	if (!n || n > 18 || (n > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		value = value * 10 + (unsigned long long)(s[i] - '0');
	}
	*ret = value;
	return true;
}

bool fb_parse_number(struct fb_parser *p, const char *what, unsigned long long least, unsigned long long most,
		     unsigned long long *ret)
{
	unsigned long long value = 0;

	if (!fb_looks_like_number(&p->cur))
		return fb_parser_expected(
			p, what, fb_diag_printf(p->diags, "a number from %llu to %llu", least, most));
	if (!fb_digits(p->cur.s, p->cur.len, &value) || value < least || value > most) {
		fb_diag_error(p->diags, p->cur.at,
			      fb_diag_printf(p->diags, "write %llu to %llu", least, most), "%s cannot be %s",
			      what, fb_token_text(p, &p->cur));
		value = least;
	}
	*ret = value;
	fb_parser_next(p);
	return true;
}

bool fb_parse_decimal(struct fb_parser *p, const char *what, double most, bool whole, struct fb_number *ret)
{
	unsigned long long units = 0, tenths = 0;
	const struct fb_token *t = &p->cur;

	if (!fb_looks_like_number(t))
		return fb_parser_expected(p, what, "write a number");

	const char *dot = memchr(t->s, '.', t->len);
	size_t n = dot ? (size_t)(dot - t->s) : t->len;
	bool ok = fb_digits(t->s, n, &units) &&
		  (!dot || (!whole && n + 2 == t->len && fb_digits(dot + 1, 1, &tenths)));
	double value = (double)units + (double)tenths / 10;

	if (!ok || value > most)
		fb_diag_error(p->diags, t->at,
			      whole ? fb_diag_printf(p->diags, "write a whole number from 0 to %.0f", most)
				    : fb_diag_printf(p->diags,
						     "write 0 to %.0f, with one decimal at most (3.5)", most),
			      "%s cannot be %s", what, fb_token_text(p, t));
	*ret = (struct fb_number){ fb_arena_strndup(&p->tree->arena, t->s, t->len), ok ? value : 0, t->at };
	fb_parser_next(p);
	return true;
}

/* ---- time -------------------------------------------------------------------------------------------------- */

bool fb_time_parse(const char *s, size_t n, int *ret_hour, int *ret_minute)
{
	if (n != 5 || s[2] != ':' || !isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]) ||
	    !isdigit((unsigned char)s[3]) || !isdigit((unsigned char)s[4]))
		return false;
	*ret_hour = (s[0] - '0') * 10 + s[1] - '0';
	*ret_minute = (s[3] - '0') * 10 + s[4] - '0';
	return *ret_minute < 60 && (*ret_hour < 24 || (*ret_hour == 24 && *ret_minute == 0));
}

static int fb_days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool fb_date_exists(int year, int month, int day)
{
	return year >= 2000 && year <= 2199 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= fb_days_in(year, month);
}

/* What is wrong with a day that does not exist. */
static const char *fb_date_help(struct fb_parser *p, int year, int month)
{
	if (year < 2000 || year > 2199)
		return "the years are 2000 to 2199";
	if (month < 1 || month > 12)
		return "the months are 01 to 12";
	return fb_diag_printf(p->diags, "that month has the days 01 to %d", fb_days_in(year, month));
}

bool fb_parse_date(struct fb_parser *p, struct fb_date *ret)
{
	const struct fb_token *t = &p->cur;
	bool form = t->kind == FB_TOKEN_WORD && t->len == 10 && t->s[4] == '-' && t->s[7] == '-';
	int part[3] = { 0 };

	for (size_t i = 0, k = 0; form && i < t->len; i++) {
		if (i == 4 || i == 7)
			k++;
		else if (isdigit((unsigned char)t->s[i]))
			part[k] = part[k] * 10 + t->s[i] - '0';
		else
			form = false;
	}
	if (!fb_looks_like_number(t))
		return fb_parser_expected(p, "a date", "write YEAR-MONTH-DAY, as 2026-12-31");
	*ret = (struct fb_date){ part[0], part[1], part[2], -1, 0, t->at };
	if (!form)
		fb_diag_error(p->diags, t->at, "write YEAR-MONTH-DAY, as 2026-12-31", "\"%s\" is no date",
			      fb_token_text(p, t));
	else if (!fb_date_exists(part[0], part[1], part[2]))
		fb_diag_error(p->diags, t->at, fb_date_help(p, part[0], part[1]), "there is no day %s",
			      fb_token_text(p, t));
	if (!form || !fb_date_exists(part[0], part[1], part[2]))
		*ret = (struct fb_date){ 2199, 12, 31, -1, 0, t->at };
	fb_parser_next(p);
	return true;
}

bool fb_parse_duration(struct fb_parser *p, struct fb_word *ret, unsigned long long *ret_seconds)
{
	static const struct {
		char unit;
		unsigned long long seconds;
	} units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const struct fb_token *t = &p->cur;
	unsigned long long n = 0;

	if (!fb_looks_like_number(t))
		return fb_parser_expected(p, "a duration", "write minutes, hours or days: 30m, 4h, 2d");
	*ret_seconds = 0;
	for (size_t i = 0; i < FB_ARRAY_SIZE(units); i++)
		if (t->s[t->len - 1] == units[i].unit && t->len < 9 && fb_digits(t->s, t->len - 1, &n))
			*ret_seconds = n * units[i].seconds;
	if (*ret_seconds == 0 || *ret_seconds > 30 * 86400)
		fb_diag_error(p->diags, t->at, "write 1m to 30d, in minutes, hours or days: 30m, 4h, 2d",
			      "\"%s\" is no duration that an access can have", fb_token_text(p, t));
	*ret = fb_parser_word(p, t);
	fb_parser_next(p);
	return true;
}

/* ---- interfaces -------------------------------------------------------------------------------------------- */

/* The kernel has no such interface (dev_valid_name), or none that could be a zone's. */
static bool fb_iface_impossible(struct fb_parser *p, const struct fb_token *t)
{
	const char *colon = memchr(t->s, ':', t->len);
	const char *text = fb_token_text(p, t);

	if (t->len == 2 && !memcmp(t->s, "lo", 2))
		fb_diag_error(p->diags, t->at,
			      "leave it out: the gateway itself is \"self\", and needs no zone",
			      "interface lo never leaves the gateway: it is in no zone");
	else if ((t->len == 1 || t->len == 2) && !memcmp(t->s, "..", t->len))
		fb_diag_error(p->diags, t->at, "see \"ip link\" for the names on this host",
			      "\"%s\" is no interface name", text);
	else if (colon)
		fb_diag_error(p->diags, t->at,
			      colon == t->s
				      ? "see \"ip link\" for the names on this host"
				      : fb_diag_printf(p->diags, "write interface %.*s",
						       (int)(colon - t->s < 70 ? colon - t->s : 70), t->s),
			      "%s is a label of an address, not an interface", text);
	else
		return false;
	return true;
}

static void fb_iface_check(struct fb_parser *p, const struct fb_token *t)
{
	size_t dot = t->len;

	while (dot && isdigit((unsigned char)t->s[dot - 1]))
		dot--;
	if (dot > 1 && dot < t->len && t->s[dot - 1] == '.') {
		fb_diag_error(p->diags, t->at,
			      fb_diag_printf(p->diags, "write interface %.*s vlan %.*s",
					     (int)(dot < 70 ? dot - 1 : 70), t->s,
					     (int)(t->len - dot < 9 ? t->len - dot : 9), t->s + dot),
			      "%s is a VLAN device: firebreak reads the tags itself", fb_token_text(p, t));
		return;
	}
	if (t->len > IFNAME_BYTES_MAX) {
		fb_diag_error(p->diags, t->at, "see \"ip link\" for the names on this host",
			      "\"%s\" is no interface name: it has at most %d letters", fb_token_text(p, t),
			      IFNAME_BYTES_MAX);
		return;
	}
	if (fb_iface_impossible(p, t))
		return;
	for (size_t i = 0; i < t->len; i++)
		if (!isalnum((unsigned char)t->s[i]) && !strchr("_.-@", t->s[i])) {
			fb_diag_error(p->diags, t->at, "see \"ip link\" for the names on this host",
				      "\"%s\" is no interface name", fb_token_text(p, t));
			return;
		}
}

bool fb_parse_iface(struct fb_parser *p, struct fb_iface *ret)
{
	unsigned long long vlan;

	if (p->cur.kind != FB_TOKEN_WORD)
		return fb_parser_expected(p, "an interface name", NULL);
	fb_iface_check(p, &p->cur);
	*ret = (struct fb_iface){ fb_parser_word(p, &p->cur), -1 };
	fb_parser_next(p);
	if (!fb_parser_accept(p, "vlan"))
		return true;
	if (!fb_parse_number(p, "a VLAN", 1, VLAN_MAX, &vlan))
		return false;
	ret->vlan = (int)vlan;
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/* No printf on the way of a line: 10,000 rules are tens of thousands of them in one scrape. */
#include "export/series.h"

#include <string.h>

static const char *const type_names[] = { "gauge", "counter", "info" };
static const char *const suffixes[] = { "", "_total", "_info" };

/* In the classic format a series' name is the family's, suffix and all, and "info" is not a type. */
void fb_series_family(struct fb_series *s, const char *family, enum fb_series_type type, const char *help)
{
	s->family = family;
	s->suffix = suffixes[type];
	fb_strbuf_addf(s->out, "# HELP %s%s %s\n", family, s->open ? "" : s->suffix, help);
	fb_strbuf_addf(s->out, "# TYPE %s%s %s\n", family, s->open ? "" : s->suffix,
		       type_names[!s->open && type == FB_SERIES_INFO ? FB_SERIES_GAUGE : type]);
}

bool fb_series_room(struct fb_series *s)
{
	if (s->n + 1 < FB_METRICS_SERIES_MAX)
		return true;
	s->omitted++;
	return false;
}

void fb_series_begin(struct fb_series *s)
{
	fb_strbuf_add(s->out, s->family);
	fb_strbuf_add(s->out, s->suffix);
	s->labels = 0;
}

/* Both formats escape the same three in a value. */
static void add_escaped(struct fb_strbuf *out, const char *value)
{
	for (const char *p = value; *p;) {
		size_t n = strcspn(p, "\\\"\n");

		fb_strbuf_addn(out, p, n);
		p += n;
		if (!*p)
			break;
		fb_strbuf_addc(out, '\\');
		fb_strbuf_addc(out, *p == '\n' ? 'n' : *p);
		p++;
	}
}

void fb_series_label(struct fb_series *s, const char *name, const char *value)
{
	fb_strbuf_addc(s->out, s->labels++ ? ',' : '{');
	fb_strbuf_add(s->out, name);
	fb_strbuf_add(s->out, "=\"");
	add_escaped(s->out, value);
	fb_strbuf_addc(s->out, '"');
}

void fb_series_end(struct fb_series *s, __u64 value)
{
	char digits[24], *p = digits + sizeof(digits);

	*--p = '\n';
	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	*--p = ' ';
	if (s->labels)
		*--p = '}';
	fb_strbuf_addn(s->out, p, (size_t)(digits + sizeof(digits) - p));
	s->n++;
}

void fb_series_single(struct fb_series *s, const char *family, enum fb_series_type type, const char *help,
		      __u64 value)
{
	fb_series_family(s, family, type, help);
	fb_series_begin(s);
	fb_series_end(s, value);
}

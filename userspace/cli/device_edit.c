// SPDX-License-Identifier: GPL-2.0-only
#include "cli/device_edit.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

void fb_device_text_add(const char *text, const char *name, const char *zone, const char *mac, const char *ip,
			const char *reason, struct fb_strbuf *out)
{
	size_t len = strlen(text);

	fb_strbuf_add(out, text);
	if (len && text[len - 1] != '\n')
		fb_strbuf_addc(out, '\n');
	fb_strbuf_addf(out, "device %s in %s {", name, zone);
	if (ip)
		fb_strbuf_addf(out, " ip %s", ip);
	if (ip && mac)
		fb_strbuf_addc(out, ' ');
	if (mac)
		fb_strbuf_addf(out, " mac %s", mac);
	if (reason) {
		/* A string of the language has neither quotes nor control characters. */
		fb_strbuf_add(out, "  reason \"");
		for (const char *c = reason; *c; c++)
			fb_strbuf_addc(out, *c == '"' ? '\'' : (unsigned char)*c < ' ' ? ' ' : *c);
		fb_strbuf_addc(out, '"');
	}
	fb_strbuf_add(out, " }\n");
}

/* The offset of a place; -1 = the text has none such. */
static long offset_of(const char *text, struct fb_at at)
{
	const char *line = text;

	for (unsigned int i = 1; i < at.line; i++) {
		line = strchr(line, '\n');
		if (!line++)
			return -1;
	}
	return at.line && at.col && strlen(line) >= at.col - 1 ? line - text + (long)at.col - 1 : -1;
}

/* From the first brace on: past comments and strings. */
static const char *find_brace(const char *p, char brace)
{
	for (; *p && *p != brace; p++) {
		if (*p == '#')
			p += strcspn(p, "\n") - 1;
		else if (*p == '"')
			p += 1 + strcspn(p + 1, "\"");
		if (!*p)
			break;
	}
	return *p ? p : NULL;
}

static int stale(struct fb_error *err, const struct fb_device *device)
{
	return fb_error_set(err, -EINVAL,
			    "device %s does not stand where it was read; was the file changed meanwhile?",
			    device->name);
}

static size_t word_length(const char *p)
{
	return strcspn(p, " \t\r\n,}#");
}

int fb_device_text_replace(const char *text, const struct fb_device *device, const char *mac,
			   struct fb_strbuf *out, struct fb_strbuf *ret_old, struct fb_error *err)
{
	const struct fb_words *macs = &device->stmt->device.macs;
	long first = offset_of(text, macs->n ? macs->v[0].at : device->stmt->at),
	     last = macs->n ? offset_of(text, macs->v[macs->n - 1].at) : first;
	const char *brace;

	if (first < 0 || last < first)
		return stale(err, device);
	if (macs->n) {
		for (size_t i = 0; i < macs->n; i++)
			fb_strbuf_addf(ret_old, "%s%s", i ? ", " : "", macs->v[i].s);
		fb_strbuf_addn(out, text, (size_t)first);
		fb_strbuf_add(out, mac);
		fb_strbuf_add(out, text + last + word_length(text + last));
		return 0;
	}
	fb_strbuf_add(ret_old, "none");
	brace = find_brace(text + first, '{');
	if (!brace)
		return stale(err, device);
	fb_strbuf_addn(out, text, (size_t)(brace + 1 - text));
	fb_strbuf_addf(out, " mac %s ", mac);
	fb_strbuf_add(out, brace + 1);
	return 0;
}

int fb_device_text_remove(const char *text, const struct fb_device *device, struct fb_strbuf *out,
			  struct fb_error *err)
{
	long begin = offset_of(text, device->stmt->at);
	const char *open = begin < 0 ? NULL : find_brace(text + begin, '{'),
		   *end = open ? find_brace(open, '}') : NULL;

	/* A statement's place is that of its first word. */
	if (!end || strncmp(text + begin, "device", 6) != 0)
		return stale(err, device);
	end++;
	end += strspn(end, " \t");
	if (*end == '\n')
		end++;
	fb_strbuf_addn(out, text, (size_t)begin);
	fb_strbuf_add(out, end);
	return 0;
}

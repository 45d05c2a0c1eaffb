// SPDX-License-Identifier: GPL-2.0-only
#include "cli/oui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/inet.h"
#include "base/io.h"
#include "base/vec.h"

struct maker {
	unsigned int prefix;
	const char *name; /* in the text, with its end cut */
};

struct fb_oui {
	char *text;
	struct FB_VEC(struct maker) makers;
};

static int by_prefix(const void *a, const void *b)
{
	unsigned int x = ((const struct maker *)a)->prefix, y = ((const struct maker *)b)->prefix;

	return (x > y) - (x < y);
}

/* "3C-EF-8C   (hex)\t\tZhejiang Dahua Technology Co., Ltd." and lines that say nothing new. */
static void read_line(struct fb_oui *oui, char *line)
{
	static const char mark[] = "(hex)";
	char *name = strstr(line, mark);
	unsigned int a, b, c;

	if (!name || sscanf(line, "%2x-%2x-%2x", &a, &b, &c) != 3)
		return;
	name += strlen(mark);
	name += strspn(name, " \t");
	name[strcspn(name, "\r")] = 0;
	fb_vec_add(&oui->makers, (struct maker){ a << 16 | b << 8 | c, name });
}

struct fb_oui *fb_oui_open(void)
{
	const char *path = getenv("FIREBREAK_OUI");
	struct fb_oui *oui = calloc(1, sizeof(*oui));
	struct fb_error err = { 0 };
	char *line, *rest;
	size_t len;

	if (!oui)
		abort();
	if (fb_io_read(path && *path ? path : FB_OUI_FILE, 32 << 20, &oui->text, &len, &err) < 0)
		return oui;
	for (line = strtok_r(oui->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_line(oui, line);
	if (oui->makers.n)
		qsort(oui->makers.v, oui->makers.n, sizeof(*oui->makers.v), by_prefix);
	return oui;
}

void fb_oui_close(struct fb_oui *oui)
{
	fb_vec_done(&oui->makers);
	free(oui->text);
	free(oui);
}

const char *fb_oui_vendor(const struct fb_oui *oui, const char *mac)
{
	__u8 b[6];

	if (fb_mac_parse(mac, strlen(mac), b) < 0)
		return "";
	if (b[0] & 2)
		return "(local, no maker)";

	const struct maker what = { (unsigned int)b[0] << 16 | (unsigned int)b[1] << 8 | b[2], NULL };
	const struct maker *maker =
		oui->makers.n ? bsearch(&what, oui->makers.v, oui->makers.n, sizeof(what), by_prefix) : NULL;

	return maker ? maker->name : "";
}

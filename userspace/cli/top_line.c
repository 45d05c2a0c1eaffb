// SPDX-License-Identifier: GPL-2.0-only
#include "cli/top.h"

#include <stdarg.h>

void fb_top_line(const struct fb_top_look *look, struct fb_strbuf *out, enum fb_colour colour,
		 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fb_line_add(out, &look->screen, colour, fmt, ap);
	va_end(ap);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/top.h"

#include <stdarg.h>

void fb_top_line(const struct fb_top_look *look, struct fb_strbuf *out, enum fb_colour colour,
		 const char *fmt, ...)
{
	fb_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	fb_strbuf_add(out, fb_colour_begin(&look->screen, colour));
	fb_text_clip(out, &look->screen, text, look->screen.width);
	fb_strbuf_add(out, fb_colour_end(&look->screen, colour));
	fb_strbuf_addc(out, '\n');
}

// SPDX-License-Identifier: GPL-2.0-only
/* The line that nobody may overlook. */
#include <string.h>
#include <time.h>

#include "cli/act.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/patience.h"

bool fb_cut_list(const json_t *list, const char *name, struct fb_strbuf *out)
{
	enum { SHOWN = 3 };
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		char span[FB_HUMAN_LEN];

		if (json_is_false(json_object_get(one, "active")))
			continue;
		if (n++ >= SHOWN)
			continue;
		fb_strbuf_addf(out, "%s%s (%s, \"%s\", %s)", n > 1 ? ", " : "", fb_field_text(one, name),
			       fb_human_span(time(NULL) - fb_field_int(one, "since"), span),
			       fb_field_text(one, "reason"), fb_field_text(one, "who"));
	}
	if (n > SHOWN)
		fb_strbuf_addf(out, ", and %zu more: firebreak %s", n - SHOWN,
			       !strcmp(name, "plan") ? "isolate" : "quarantine");
	return n;
}

void fb_cut_warn(const struct fb_call *call)
{
	struct fb_screen screen = fb_screen_of(stderr);
	fb_autostrbuf struct fb_strbuf plans = { 0 }, devices = { 0 }, line = { 0 }, clipped = { 0 },
				       why = { 0 };
	json_t *answer;

	if (!fb_live_exists(call))
		return;
	if (fb_live_try(call, "/v1/switches", &answer, &why)) {
		if (fb_patience_is_lost()) /* of a verb that does not need an agent, too, this is why it took so long */
			fb_live_complain(&why);
		return;
	}
	if (fb_cut_list(json_object_get(answer, "plans"), "plan", &plans))
		fb_strbuf_addf(&line, "ISOLATED  %s", fb_strbuf_get(&plans));
	if (fb_cut_list(json_object_get(answer, "quarantines"), "name", &devices))
		fb_strbuf_addf(&line, "%sQUARANTINED  %s", line.len ? "   " : "", fb_strbuf_get(&devices));
	json_decref(answer);
	if (!line.len)
		return;
	fb_text_clip(&clipped, &screen, fb_strbuf_get(&line), screen.width);
	fprintf(stderr, "%s%s%s\n", fb_colour_begin(&screen, FB_RED), fb_strbuf_get(&clipped),
		fb_colour_end(&screen, FB_RED));
	fflush(stderr);
}

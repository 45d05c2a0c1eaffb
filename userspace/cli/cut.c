// SPDX-License-Identifier: GPL-2.0-only
/* The line that nobody may overlook. */
#include <string.h>
#include <time.h>

#include "cli/act.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/patience.h"
#include "ctl/client.h"

bool fb_cut_list(const json_t *list, const char *name, struct fb_strbuf *out)
{
	bool any = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		char span[FB_HUMAN_LEN];

		if (json_is_false(json_object_get(one, "active")))
			continue;
		fb_strbuf_addf(out, "%s%s (%s, \"%s\", %s)", any ? ", " : "", fb_field_text(one, name),
			       fb_human_span(time(NULL) - fb_field_int(one, "since"), span),
			       fb_field_text(one, "reason"), fb_field_text(one, "who"));
		any = true;
	}
	return any;
}

void fb_cut_warn(const struct fb_call *call)
{
	struct fb_screen screen = fb_screen_of(stderr);
	fb_autostrbuf struct fb_strbuf plans = { 0 }, devices = { 0 }, line = { 0 }, clipped = { 0 };
	fb_autofree char *text = NULL;
	struct fb_error err = { 0 };
	json_t *answer;
	long status = 0;
	int r;

	if (!fb_live_exists(call))
		return;
	fb_patience_ask(true);
	r = fb_ctl_request(fb_live_socket(call), "GET", "/v1/switches", NULL, &status, &text, &err);
	fb_patience_ask(false);
	if (r < 0 || status != 200)
		return;
	answer = json_loads(text ? text : "", 0, NULL);
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

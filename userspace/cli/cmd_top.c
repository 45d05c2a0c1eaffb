// SPDX-License-Identifier: GPL-2.0-only
/* top: what happens now. On a terminal a screen, else frames of text or JSON. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/live.h"
#include "cli/patience.h"
#include "cli/top_parts.h"
#include "cli/verbs.h"

static int index_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return (int)i;
	return -1;
}

/* *ret_frames: 0 = without end, -1 = not said */
static int read_options(const struct fb_call *call, struct fb_top_look *look, long *ret_frames)
{
	const char *delay = fb_call_option(call, "delay"), *frames = fb_call_option(call, "frames");
	const char *view = fb_call_option(call, "view"), *sort = fb_call_option(call, "sort");
	int v = view ? index_of(view, fb_top_view_names, FB_TOP_VIEWS) : FB_TOP_ALL;
	int s = sort ? index_of(sort, fb_top_sort_names, FB_TOP_SORTS) : FB_TOP_BY_BITS;
	char *rest = NULL;

	look->delay = delay ? strtod(delay, &rest) : 2;
	if (delay && (strspn(delay, "0123456789.") != strlen(delay) || *rest || look->delay < 0.5 ||
		      look->delay > 3600)) {
		fb_complain("top: --delay needs seconds from 0.5 to 3600, not \"%s\"", delay);
		return FB_EXIT_USAGE;
	}
	if (frames && (strspn(frames, "0123456789") != strlen(frames) || strlen(frames) > 9)) {
		fb_complain("top: --frames needs a number, 0 for no end, not \"%s\"", frames);
		return FB_EXIT_USAGE;
	}
	if (v < 0) {
		fb_complain("top: --view is all, pairs, rules, drops or flows, not \"%s\"", view);
		return FB_EXIT_USAGE;
	}
	if (s < 0) {
		fb_complain("top: --sort is bits, packets or name, not \"%s\"", sort);
		return FB_EXIT_USAGE;
	}
	look->view = (enum fb_top_view)v;
	look->sort = (enum fb_top_sort)s;
	*ret_frames = frames ? atol(frames) : -1;
	return FB_EXIT_OK;
}

/* ---- frames */

static void put_frame(const struct fb_call *call, const struct fb_top_past *past, struct fb_top_look *look)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_top top;

	fb_top_past_compare(past, look->sort, &top);
	if (call->json) {
		json_t *o = fb_top_json(&top);

		json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
		json_decref(o);
	} else {
		look->now = past->now.at;
		fb_top_render(&top, look, &out);
		fputs(fb_strbuf_get(&out), stdout);
	}
	putchar('\n'); /* of text an empty line, between it and the next */
	fb_top_done(&top);
}

static void sleep_for(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

/* Each frame is what happened since the one before, so the first takes a delay, too. */
static int put_frames(const struct fb_call *call, struct fb_top_look *look, long frames,
		      struct fb_top_past *past)
{
	for (long i = 0; !frames || i < frames; i++) {
		fb_autostrbuf struct fb_strbuf why = { 0 };
		struct fb_top_snapshot s;
		int r;

		sleep_for(look->delay);
		r = fb_top_fetch(call, &past->now, look->view == FB_TOP_FLOWS, &s, &why);
		if (r) {
			fb_live_complain(&why);
			return r;
		}
		fb_top_past_add(past, &s);
		put_frame(call, past, look);
		if (fflush(stdout) || ferror(stdout))
			return FB_EXIT_OK; /* nobody reads any more; main says so */
	}
	return FB_EXIT_OK;
}

int fb_cmd_top(const struct fb_call *call)
{
	const char *term = getenv("TERM");
	struct fb_top_look look = { .screen = fb_screen_of(stdout) };
	struct fb_top_past past = { 0 };
	fb_autostrbuf struct fb_strbuf why = { 0 };
	struct fb_top_snapshot first;
	long frames;
	bool screen;
	int r = read_options(call, &look, &frames);

	if (r)
		return r;
	screen = frames < 0 && !call->json && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
	/* An agent that is not there from the start is what it is for every verb. */
	r = fb_top_fetch(call, NULL, look.view == FB_TOP_FLOWS, &first, &why);
	fb_patience_end();
	if (r) {
		fb_live_complain(&why);
		return r;
	}
	if (screen)
		return fb_top_screen(call, &look, &first);
	fb_top_past_add(&past, &first);
	r = put_frames(call, &look, frames < 0 ? 1 : frames, &past);
	fb_top_past_done(&past);
	return r;
}

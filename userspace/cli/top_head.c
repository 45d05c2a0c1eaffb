// SPDX-License-Identifier: GPL-2.0-only
/* The first lines: first what is cut, then whether this place is protected, then only what is not as it should be. */
#include "cli/top.h"

#include <string.h>
#include <time.h>

#include "cli/act.h"
#include "cli/live.h"

static char *clock_of(__s64 at, char *buf)
{
	char text[FB_HUMAN_LEN];

	/* only the day's part, with seconds: whoever looks knows the date */
	time_t t = (time_t)at;
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(text, sizeof(text), "%H:%M:%S", &tm))
		strcpy(text, "-");
	return strcpy(buf, text);
}

static void add_cut(const struct fb_top_look *look, const json_t *s, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf plans = { 0 }, devices = { 0 };
	bool isolated = fb_cut_list(json_object_get(s, "isolated"), "plan", &plans);
	bool quarantined = fb_cut_list(json_object_get(s, "quarantined"), "name", &devices);

	if (isolated || quarantined)
		fb_top_line(look, out, FB_RED, "%s%s%s%s%s", isolated ? "ISOLATED  " : "",
			    isolated ? fb_strbuf_get(&plans) : "", isolated && quarantined ? "   " : "",
			    quarantined ? "QUARANTINED  " : "", quarantined ? fb_strbuf_get(&devices) : "");
}

static void add_state(const struct fb_top *top, const struct fb_top_look *look, struct fb_strbuf *out)
{
	const json_t *s = top->now->status, *policy = json_object_get(s, "policy");
	const char *state = fb_field_text(s, "state");
	bool enforcing = !strcmp(state, "enforcing");
	fb_autostrbuf struct fb_strbuf line = { 0 };
	char at[FB_HUMAN_LEN];

	fb_strbuf_addf(&line, "firebreak: %s",
		       enforcing		  ? "ENFORCING"
		       : !strcmp(state, "closed") ? "CLOSED"
						  : "DEGRADED");
	if (fb_field_int(s, "generation") > 0)
		fb_strbuf_addf(&line, "  generation %lld", fb_field_int(s, "generation"));
	else
		fb_strbuf_add(&line, "  no policy: all is dropped");
	fb_strbuf_addf(&line, "  %s", clock_of(top->now->at, at));
	if (look->paused)
		fb_strbuf_add(&line, " PAUSED");
	else if (look->height)
		fb_strbuf_addf(&line, " every %g s", look->delay);
	if (json_is_object(policy))
		fb_strbuf_addf(&line, "  \"%s\"", fb_field_text(policy, "name"));
	fb_top_line(look, out, enforcing ? FB_GREEN : FB_RED, "%s", fb_strbuf_get(&line));
}

static void add_interfaces(const struct fb_top_look *look, const json_t *s, struct fb_strbuf *out)
{
	const json_t *list = json_object_get(s, "interfaces");
	fb_autostrbuf struct fb_strbuf open = { 0 };

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *f = json_array_get(list, i);

		if (!fb_field_true(f, "enforcing"))
			fb_strbuf_addf(&open, "%s%s (%s)", open.len ? ", " : "", fb_field_text(f, "device"),
				       *fb_field_text(f, "why") ? fb_field_text(f, "why")
								: fb_field_text(f, "zone"));
	}
	if (open.len)
		fb_top_line(look, out, FB_RED, "NOT ENFORCING  %s", fb_strbuf_get(&open));
	if (json_object_get(s, "guard") && !fb_field_true(s, "guard"))
		fb_top_line(look, out, FB_RED,
			    "NO GUARD  the nftables table that covers interfaces is missing");
}

static void add_open(const struct fb_top_look *look, const json_t *s, struct fb_strbuf *out)
{
	const json_t *trial = json_object_get(s, "confirm"), *list = json_object_get(s, "open");
	size_t observed = json_array_size(json_object_get(s, "observed"));
	fb_autostrbuf struct fb_strbuf open = { 0 };
	char left[FB_HUMAN_LEN];

	if (json_is_object(trial))
		fb_top_line(look, out, FB_YELLOW, "ON TRIAL  taken back in %s, unless: firebreak confirm",
			    fb_human_span(fb_field_int(trial, "left"), left));
	for (size_t i = 0; i < json_array_size(list); i++)
		fb_strbuf_addf(&open, "%s%s (%s left)", i ? ", " : "",
			       fb_field_text(json_array_get(list, i), "name"),
			       fb_human_span(fb_field_int(json_array_get(list, i), "until") - look->now,
					     left));
	if (open.len)
		fb_top_line(look, out, FB_YELLOW, "OPEN  %s", fb_strbuf_get(&open));
	if (observed)
		fb_top_line(look, out, FB_YELLOW, "OBSERVED  %zu pair%s: what no line allows passes there",
			    observed, observed == 1 ? "" : "s");
}

static void add_health(const struct fb_top_look *look, const json_t *s, struct fb_strbuf *out)
{
	static const char *const states[] = { "new", "replied", "established", "closing" };
	const json_t *flows = json_object_get(s, "flows"), *agent = json_object_get(s, "agent");
	char live[FB_HUMAN_LEN], capacity[FB_HUMAN_LEN], half[FB_HUMAN_LEN], up[FB_HUMAN_LEN];
	bool synchronised = fb_field_true(s, "clock_synchronised");
	long long n = 0;

	for (size_t i = 0; i < FB_ARRAY_SIZE(states); i++)
		n += fb_field_int(flows, states[i]);
	if (fb_field_true(s, "clock_early"))
		fb_top_line(look, out, FB_YELLOW,
			    "CLOCK  EARLIER than the policy was applied: what has a date stays shut");
	if (!synchronised)
		fb_top_line(look, out, FB_YELLOW, "CLOCK  NOT synchronised: windows and accesses stay shut");
	fb_top_line(look, out, FB_PLAIN, "flows %s of %s, %s half-open  agent %s, up %s%s",
		    fb_human_count((unsigned long long)n, live),
		    fb_human_count((unsigned long long)fb_field_int(flows, "capacity"), capacity),
		    fb_human_count((unsigned long long)fb_field_int(flows, "new"), half),
		    fb_field_text(agent, "version"), fb_human_span(fb_field_int(agent, "uptime"), up),
		    synchronised ? "  clock synchronised" : "");
}

void fb_top_head(const struct fb_top *top, const struct fb_top_look *look, struct fb_strbuf *out)
{
	const json_t *s = top->now->status;
	char at[FB_HUMAN_LEN];

	add_cut(look, s, out);
	if (look->gone)
		fb_top_line(look, out, FB_RED, "NO AGENT since %s: %s", clock_of(top->now->at, at),
			    look->gone);
	add_state(top, look, out);
	if (*fb_field_text(s, "why"))
		fb_top_line(look, out, FB_RED, "TROUBLE  %s", fb_field_text(s, "why"));
	add_interfaces(look, s, out);
	add_open(look, s, out);
	add_health(look, s, out);
}

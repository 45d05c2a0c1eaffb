// SPDX-License-Identifier: GPL-2.0-only
/*
 * One look at the agent. Its cost does not grow with the flow table nor with lines that are not in use: counters of pairs, lines that a
 * packet used since the last look, the latest drops, and of flows some.
 */
#include "cli/top.h"

#include <string.h>
#include <time.h>

#include "cli/live.h"

enum { EVENTS = 200, FLOWS = 500, MARGIN = 5 };

void fb_top_snapshot_done(struct fb_top_snapshot *s)
{
	json_decref(s->status);
	json_decref(s->drops);
	json_decref(s->rules);
	json_decref(s->events);
	json_decref(s->flows);
	*s = (struct fb_top_snapshot){ 0 };
}

static bool same_policy(const struct fb_top_snapshot *last, const struct fb_top_snapshot *now)
{
	const json_t *a = json_object_get(last->status, "agent"), *b = json_object_get(now->status, "agent");

	return fb_field_int(last->status, "generation") == fb_field_int(now->status, "generation") &&
	       fb_field_int(a, "started") == fb_field_int(b, "started") &&
	       fb_field_int(a, "pid") == fb_field_int(b, "pid");
}

/* All lines once; then those that were used since, put over what is known of the others. */
static int fetch_rules(const struct fb_call *call, const struct fb_top_snapshot *last,
		       struct fb_top_snapshot *s, struct fb_strbuf *why)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	char path[48] = "/v1/rules";
	bool only = last && last->rules && same_policy(last, s);
	json_t *rule;
	size_t i;
	int r;

	if (only) {
		__s64 span = (s->ns - last->ns) / 1000000000 + MARGIN;

		only = span <= 86400;
		if (only)
			snprintf(path, sizeof(path), "/v1/rules?used=%lld", (long long)span);
	}
	r = fb_live_try(call, path, &answer, why);
	if (r)
		return r;
	s->rules = only ? json_copy(last->rules) : json_object();
	json_array_foreach (json_object_get(answer, "rules"), i, rule)
		json_object_set(s->rules, fb_field_text(rule, "id"), rule);
	return 0;
}

static int fetch_events(const struct fb_call *call, const char *kind, json_t *all, struct fb_strbuf *why)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/v1/events?kind=%s&limit=%d", kind, EVENTS);
	r = fb_live_try(call, path, &answer, why);
	if (!r)
		json_array_extend(all, json_object_get(answer, "events"));
	return r;
}

static int fetch(const struct fb_call *call, const struct fb_top_snapshot *last, bool flows,
		 struct fb_top_snapshot *s, struct fb_strbuf *why)
{
	char path[48];
	struct timespec now;
	int r = fb_live_try(call, "/v1/status", &s->status, why);

	if (!r)
		r = fb_live_try(call, "/v1/drops", &s->drops, why);
	clock_gettime(CLOCK_BOOTTIME, &now);
	s->ns = (__s64)now.tv_sec * 1000000000 + now.tv_nsec;
	s->at = time(NULL);
	if (!r)
		r = fetch_rules(call, last, s, why);
	if (!r) {
		s->events = json_array();
		r = fetch_events(call, "drop", s->events, why);
	}
	if (!r && json_array_size(json_object_get(s->status, "observed")))
		r = fetch_events(call, "would-drop", s->events, why);
	if (!r && flows) {
		snprintf(path, sizeof(path), "/v1/flows?limit=%d&total=no", FLOWS);
		r = fb_live_try(call, path, &s->flows, why);
	}
	return r;
}

int fb_top_fetch(const struct fb_call *call, const struct fb_top_snapshot *last, bool flows,
		 struct fb_top_snapshot *ret, struct fb_strbuf *why)
{
	struct fb_top_snapshot s = { 0 };
	int r = fetch(call, last, flows, &s, why);

	if (r)
		fb_top_snapshot_done(&s);
	else
		*ret = s;
	return r;
}

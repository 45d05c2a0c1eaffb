// SPDX-License-Identifier: GPL-2.0-only
/* "Am I protected": one screen. What is wrong stands out, what is well is one word. */
#include <string.h>
#include <time.h>

#include "cli/act.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "cli/verbs.h"

static void print_ago(const json_t *object, const char *name, struct fb_strbuf *out)
{
	const json_t *v = json_object_get(object, name);
	char buf[FB_HUMAN_LEN];

	if (json_is_string(v))
		fb_strbuf_add(out, json_string_value(v));
	else
		fb_strbuf_addf(out, "%s ago", fb_human_span(time(NULL) - fb_field_int(object, name), buf));
}

static void print_head(const struct fb_screen *screen, const json_t *s)
{
	const json_t *policy = json_object_get(s, "policy");
	const char *state = fb_field_text(s, "state");
	bool enforcing = !strcmp(state, "enforcing"), closed = !strcmp(state, "closed");
	fb_autostrbuf struct fb_strbuf line = { 0 };

	fb_strbuf_addf(&line, "firebreak: %s",
		       enforcing ? "ENFORCING"
		       : closed	 ? "CLOSED"
		       : *state	 ? "DEGRADED"
				 : "UNKNOWN");
	if (json_is_object(policy)) {
		fb_strbuf_addf(&line, "   generation %lld \"%s\"", fb_field_int(s, "generation"),
			       fb_field_text(policy, "name"));
		if (json_object_get(policy, "version")) {
			fb_autostrbuf struct fb_strbuf version = { 0 };

			fb_field_list(policy, "version", &version);
			if (version.len)
				fb_strbuf_addf(&line, " v%s", fb_strbuf_get(&version));
		}
		fb_strbuf_add(&line, "   applied ");
		print_ago(policy, "applied", &line);
		if (*fb_field_text(policy, "applied_by"))
			fb_strbuf_addf(&line, " by %s", fb_field_text(policy, "applied_by"));
		if (*fb_field_text(policy, "reason"))
			fb_strbuf_addf(&line, " (%s)", fb_field_text(policy, "reason"));
	} else if (fb_field_int(s, "generation") > 0) {
		/* the agent cannot read what the data plane enforces */
		fb_strbuf_addf(&line, "   generation %lld stays in force, but its text is lost",
			       fb_field_int(s, "generation"));
	} else {
		fb_strbuf_add(&line, "   no policy is in force: everything is dropped");
	}
	fb_print_wrapped(screen, enforcing ? FB_GREEN : FB_RED, "%s", fb_strbuf_get(&line));
}

/* Every interface that is open or closed against the policy's word has a line of its own; the others are a number. */
static void print_interfaces(const struct fb_screen *screen, const json_t *s)
{
	const json_t *list = json_object_get(s, "interfaces");
	size_t n = json_array_size(list), enforcing = 0;
	fb_autostrbuf struct fb_strbuf generic = { 0 };

	for (size_t i = 0; i < n; i++) {
		const json_t *f = json_array_get(list, i);
		long long vlan = fb_field_int(f, "vlan");
		fb_autostrbuf struct fb_strbuf name = { 0 };

		fb_strbuf_add(&name, fb_field_text(f, "device"));
		if (vlan > 0)
			fb_strbuf_addf(&name, " vlan %lld", vlan);
		if (fb_field_true(f, "enforcing")) {
			enforcing++;
			if (!strcmp(fb_field_text(f, "mode"), "generic"))
				fb_strbuf_addf(&generic, "%s%s", generic.len ? ", " : "",
					       fb_strbuf_get(&name));
		} else {
			fb_print_wrapped(screen, FB_RED, "  NOT ENFORCING  %s (%s): %s", fb_strbuf_get(&name),
					 fb_field_text(f, "zone"),
					 *fb_field_text(f, "why") ? fb_field_text(f, "why")
								  : "no reason given");
		}
	}
	if (generic.len)
		fb_print_wrapped(screen, FB_YELLOW, "  SLOW           %s: generic XDP",
				 fb_strbuf_get(&generic));
	if (!fb_field_true(s, "guard") && json_object_get(s, "guard"))
		fb_print_wrapped(screen, FB_RED,
				 "  NO GUARD       the nftables table that covers interfaces before they "
				 "enforce is missing");
	fb_print_wrapped(screen, n == enforcing ? FB_PLAIN : FB_YELLOW,
			 "  interfaces  %zu of %zu enforcing%s", enforcing, n,
			 n && n == enforcing && !generic.len ? " (native)" : "");
}

static void print_health(const struct fb_screen *screen, const json_t *s)
{
	const json_t *flows = json_object_get(s, "flows"), *agent = json_object_get(s, "agent"), *uptime;
	char a[FB_HUMAN_LEN], b[FB_HUMAN_LEN], c[FB_HUMAN_LEN];
	static const char *const states[] = { "new", "replied", "established", "closing" };
	long long live = 0;

	for (size_t i = 0; i < FB_ARRAY_SIZE(states); i++)
		live += fb_field_int(flows, states[i]);
	fb_print_wrapped(screen, FB_PLAIN, "  flows       %s of %s, %s half-open",
			 fb_human_count((unsigned long long)live, a),
			 fb_human_count((unsigned long long)fb_field_int(flows, "capacity"), b),
			 fb_human_count((unsigned long long)fb_field_int(flows, "new"), c));

	bool synchronised = fb_field_true(s, "clock_synchronised"), early = fb_field_true(s, "clock_early");

	fb_print_wrapped(screen, synchronised && !early ? FB_PLAIN : FB_YELLOW, "  clock       %s",
			 early ? "EARLIER than the policy was applied: lines with a date, windows and "
				 "accesses stay shut until it is applied again"
			 : synchronised ? "synchronised"
					: "NOT synchronised: windows and accesses stay shut");
	uptime = json_object_get(agent, "uptime");
	fb_print_wrapped(screen, FB_PLAIN, "  agent       %s, up %s, kernel %s",
			 fb_field_text(agent, "version"),
			 json_is_string(uptime) ? json_string_value(uptime)
						: fb_human_span(fb_field_int(agent, "uptime"), a),
			 fb_field_text(s, "kernel"));
}

/* Whether a pair is ready to be enforced: for how long nothing new was seen. */
static const char *print_quiet(const json_t *o, char *buf, size_t size)
{
	char span[FB_HUMAN_LEN];

	*buf = 0;
	if (json_is_integer(json_object_get(o, "last_would_drop")))
		snprintf(buf, size, ", none for %s",
			 fb_human_span(time(NULL) - fb_field_int(o, "last_would_drop"), span));
	return buf;
}

/* Those that would lose most are shown; a whole town under observation must not push the rest off the screen. */
static void print_observed(const struct fb_screen *screen, json_t *status)
{
	enum { SHOWN = 4 };
	json_t *list = json_object_get(status, "observed");
	size_t n = json_array_size(list), shown = n > SHOWN + 1 ? SHOWN : n, losing = 0;

	fb_array_sort(list, "would_drop_packets");
	for (size_t i = 0; i < n; i++) {
		const json_t *o = json_array_get(list, i);
		char span[FB_HUMAN_LEN], count[FB_HUMAN_LEN], quiet[FB_HUMAN_LEN + 16];

		if (i >= shown) {
			losing += fb_field_int(o, "would_drop_packets") > 0;
			continue;
		}
		fb_print_wrapped(screen, FB_YELLOW, "  OBSERVED    %s -> %s   %s left, %s would-drop%s",
				 fb_field_text(o, "src"), fb_field_text(o, "dst"),
				 fb_human_span(fb_field_int(o, "until") - time(NULL), span),
				 fb_human_count((unsigned long long)fb_field_int(o, "would_drop_packets"),
						count),
				 print_quiet(o, quiet, sizeof(quiet)));
	}
	if (n > shown)
		fb_print_wrapped(screen, FB_YELLOW,
				 "  OBSERVED    %zu more pairs, %zu of them with would-drop", n - shown,
				 losing);
}

static void print_trial(const struct fb_screen *screen, const json_t *status)
{
	const json_t *trial = json_object_get(status, "confirm");
	char span[FB_HUMAN_LEN], back[32] = "no policy";

	if (!json_is_object(trial))
		return;
	if (fb_field_int(trial, "previous"))
		snprintf(back, sizeof(back), "generation %lld", fb_field_int(trial, "previous"));
	fb_print_wrapped(screen, FB_YELLOW, "  ON TRIAL    back to %s in %s, unless: firebreak confirm", back,
			 fb_human_span(fb_field_int(trial, "left"), span));
}

/* What is cut, in red; that nothing is, in a few words. */
static void print_switches(const struct fb_screen *screen, const json_t *s)
{
	fb_autostrbuf struct fb_strbuf plans = { 0 }, devices = { 0 };
	bool isolated = fb_cut_list(json_object_get(s, "isolated"), "plan", &plans);
	bool quarantined = fb_cut_list(json_object_get(s, "quarantined"), "name", &devices);

	if (!isolated && !quarantined) {
		fb_print_wrapped(screen, FB_PLAIN, "  ISOLATED    nothing      QUARANTINED  nothing");
		return;
	}
	fb_print_wrapped(screen, isolated ? FB_RED : FB_PLAIN, "  ISOLATED    %s",
			 isolated ? fb_strbuf_get(&plans) : "nothing");
	fb_print_wrapped(screen, quarantined ? FB_RED : FB_PLAIN, "  QUARANTINED %s",
			 quarantined ? fb_strbuf_get(&devices) : "nothing");
}

/* What goes on by its lines now. */
static long long flows_of(const struct fb_call *call, const char *access)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	fb_autostrbuf struct fb_strbuf path = { 0 };

	fb_strbuf_add(&path, "/v1/flows");
	fb_query_add(&path, "limit", "1");
	fb_query_add(&path, "access", access);
	return fb_live_get(call, fb_strbuf_get(&path), &answer) ? 0 : fb_field_int(answer, "total");
}

static void print_open(const struct fb_call *call, const struct fb_screen *screen, const json_t *s)
{
	const json_t *list = json_object_get(s, "open");
	char until[FB_HUMAN_LEN], left[FB_HUMAN_LEN];

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *a = json_array_get(list, i);
		bool window = !strcmp(fb_field_text(a, "kind"), "window");
		const char *name = fb_field_text(a, "name");
		fb_autostrbuf struct fb_strbuf line = { 0 };

		fb_strbuf_addf(&line, "%s%s until %s (shuts in %s)", window ? "window " : "", name,
			       fb_field_time(a, "until", until),
			       fb_human_span(fb_field_int(a, "until") - time(NULL), left));
		if (!window) {
			long long flows = flows_of(call, name);

			fb_strbuf_addf(&line, ", %lld flow%s, opened by %s \"%s\"", flows,
				       flows == 1 ? "" : "s", fb_field_text(a, "by"),
				       fb_field_text(a, "reason"));
		}
		fb_print_wrapped(screen, FB_YELLOW, "  OPEN        %s", fb_strbuf_get(&line));
	}
}

/* Who is behind it: of the events of the last minute the one that was seen most, alarms before all others. */
static void add_culprit(const json_t *events, struct fb_strbuf *line)
{
	const json_t *top = NULL, *e;
	const char *src, *dst;
	size_t i;

	json_array_foreach (json_object_get(events, "events"), i, e) {
		bool more = !top || fb_field_int(e, "count") > fb_field_int(top, "count");
		int alarm = fb_field_true(e, "alarm") - (top && fb_field_true(top, "alarm"));

		if (fb_field_int(e, "last") + 60 >= time(NULL) && (alarm > 0 || (alarm == 0 && more)))
			top = e;
	}
	if (!top)
		return;
	src = fb_field_text(top, "src_name");
	dst = fb_field_text(top, "dst_name");
	fb_strbuf_addf(line, "   <- %s: %s -> %s %s", fb_field_text(top, "reason"),
		       *src ? src : fb_field_text(top, "src"), *dst ? dst : fb_field_text(top, "dst"),
		       fb_field_text(top, "service"));
}

/* What was dropped in the last minute, by reason, most first; totals since the start say nothing about now. */
static void print_drops(const struct fb_screen *screen, const json_t *status, const json_t *events)
{
	const json_t *rate = json_object_get(status, "drops_per_minute"), *v;
	FB_CLEANUP(json_decrefp) json_t *list = json_array();
	fb_autostrbuf struct fb_strbuf line = { 0 };
	char buf[FB_HUMAN_LEN];
	const char *reason;

	if (!fb_field_int(status, "generation")) {
		fb_print_wrapped(
			screen, FB_PLAIN,
			"  drops/min   all drops: no policy is in force, and the guard does not count");
		return;
	}
	if (!json_is_object(rate)) {
		fb_print_wrapped(screen, FB_PLAIN, "  drops/min   not known yet");
		return;
	}
	json_object_foreach (json_object_get(rate, "packets"), reason, v)
		json_array_append_new(list, json_pack("{ss sO}", "reason", reason, "packets", v));
	fb_array_sort(list, "packets");
	for (size_t i = 0; i < json_array_size(list) && i < 5; i++)
		fb_strbuf_addf(
			&line, "%s%s %s", i ? "  " : "", fb_field_text(json_array_get(list, i), "reason"),
			fb_human_count((unsigned long long)fb_field_int(json_array_get(list, i), "packets"),
				       buf));
	if (json_array_size(list))
		add_culprit(events, &line);
	fb_print_wrapped(screen, FB_PLAIN, "  drops/min   %s", line.len ? fb_strbuf_get(&line) : "none");
}

/* What passed and was lost all the same; it is no drop of the policy's. */
static void print_lost(const struct fb_screen *screen, const json_t *status)
{
	long long lost = fb_field_int(status, "redirect_errors");
	char count[FB_HUMAN_LEN];

	if (lost)
		fb_print_wrapped(
			screen, FB_YELLOW,
			"  lost        %s packets that passed, in all: the link was down, or they were "
			"larger than its MTU",
			fb_human_count((unsigned long long)lost, count));
}

static void print_assertions(const struct fb_screen *screen, const json_t *status)
{
	const json_t *proved = json_object_get(status, "assertions");
	const json_t *rest = json_object_get(proved, "assuming");
	long long hold = fb_field_int(proved, "hold");
	fb_autostrbuf struct fb_strbuf line = { 0 };

	if (!hold)
		return;
	fb_strbuf_addf(&line, "%lld hold%s", hold, hold == 1 ? "s" : "");
	for (size_t i = 0; i < json_array_size(rest); i++)
		fb_strbuf_addf(&line, "%s%s",
			       i ? "; " : ", assuming: ", json_string_value(json_array_get(rest, i)));
	fb_print_wrapped(screen, FB_PLAIN, "  assertions  %s", fb_strbuf_get(&line));
}

/* The soonest deadlines; what ends at one instant is one line. */
static void print_next(const struct fb_screen *screen, const json_t *status)
{
	const json_t *next = json_object_get(status, "next");
	char buf[FB_HUMAN_LEN];
	size_t lines = 0;

	for (size_t i = 0, same; i < json_array_size(next) && lines < 3; i += same, lines++) {
		const json_t *first = json_array_get(next, i);

		for (same = 1; i + same < json_array_size(next); same++)
			if (fb_field_int(json_array_get(next, i + same), "at") != fb_field_int(first, "at"))
				break;
		fb_print_wrapped(screen, FB_PLAIN, "  %-10s  %s  %s%s", lines ? "" : "next",
				 fb_field_time(first, "at", buf), fb_field_text(first, "what"),
				 same > 1 ? ", and others" : "");
	}
}

int fb_cmd_status(const struct fb_call *call)
{
	struct fb_screen screen = fb_screen_of(stdout);
	FB_CLEANUP(json_decrefp) json_t *answer = NULL, *events = NULL;
	int r = fb_live_get(call, "/v1/status", &answer);

	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	r = fb_live_get(call, "/v1/events?kind=drop", &events);
	if (r)
		return r;
	print_head(&screen, answer);
	if (*fb_field_text(answer, "why"))
		fb_print_wrapped(&screen, FB_RED, "  TROUBLE     %s", fb_field_text(answer, "why"));
	print_trial(&screen, answer);
	print_switches(&screen, answer);
	print_open(call, &screen, answer);
	print_observed(&screen, answer);
	print_interfaces(&screen, answer);
	print_assertions(&screen, answer);
	print_drops(&screen, answer, events);
	print_lost(&screen, answer);
	print_health(&screen, answer);
	print_next(&screen, answer);
	return FB_EXIT_OK;
}

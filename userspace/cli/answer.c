// SPDX-License-Identifier: GPL-2.0-only
#include "cli/answer.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "cli/live.h"
#include "policy/analyse.h"

const char *fb_verdict_name(enum fb_reason reason)
{
	return reason == FB_PASSED ? "ALLOW" : reason == FB_WOULD_DROP ? "OBSERVE" : "DROP";
}

/* The line that would allow it. False: no line would. */
static bool suggest(const struct fb_explanation *e, struct fb_strbuf *out)
{
	const struct fb_ruleset *rs = &e->policy->ruleset;

	fb_autostrbuf struct fb_strbuf line = { 0 };
	const char *service = NULL;

	if (fb_answer_into_wire(rs, &e->probe->packet, &e->answer) ||
	    !fb_answer_suggest(rs, e->own, &e->probe->packet, &e->answer, &line))
		return false;
	/* Two blanks come before its services: what was asked for by name is allowed by name. */
	for (const char *s = fb_strbuf_get(&line); (s = strstr(s, "  ")); s += 2)
		service = s + 2;
	if (service && isalpha((unsigned char)*e->asked) && !strchr(e->asked, '/'))
		fb_strbuf_addf(out, "%.*s%s }", (int)(service - fb_strbuf_get(&line)), fb_strbuf_get(&line),
			       e->asked);
	else
		fb_strbuf_add(out, fb_strbuf_get(&line));
	return true;
}

static const struct fb_line *line_of(const struct fb_explanation *e)
{
	const struct fb_ruleset *rs = &e->policy->ruleset;

	return e->answer.line >= 0 && (size_t)e->answer.line < rs->lines.n ? &rs->lines.v[e->answer.line]
									   : NULL;
}

static void add_place(const struct fb_explanation *e, struct fb_at at, struct fb_strbuf *out)
{
	const struct fb_sources *sources = &e->policy->tree.sources;

	if (at.line && at.file < sources->files.n)
		fb_strbuf_addf(out, "%s:%u", sources->files.v[at.file].path, at.line);
	else
		fb_strbuf_add(out, "-");
}

static const char *zone_name(const struct fb_explanation *e, unsigned int id)
{
	return fb_ruleset_zone_name(&e->policy->ruleset, id);
}

static void print_line(const struct fb_explanation *e, const struct fb_screen *screen,
		       const struct fb_line *line)
{
	fb_autostrbuf struct fb_strbuf out = { 0 }, when = { 0 };
	char buf[FB_CLOCK_STRLEN];

	fb_ruleset_print_when(&e->policy->ruleset, line, &when);
	add_place(e, line->at, &out);
	if (line->kind == FB_RULE_NEVER)
		fb_strbuf_addf(&out, "  never %s", line->text);
	else
		fb_strbuf_addf(&out, "  firebreak %s  allow %s", line->pairs, line->text);
	fb_print_wrapped(screen, FB_PLAIN, "      %s", fb_strbuf_get(&out));
	if (line->owner || line->reason)
		fb_print_wrapped(screen, FB_PLAIN, "      %s%s%s%s", line->owner ? "owner " : "",
				 line->owner ? line->owner : "",
				 line->reason ? line->owner ? ", reason: " : "reason: " : "",
				 line->reason ? line->reason : "");
	if (when.len)
		fb_print_wrapped(screen, FB_PLAIN, "      %s", fb_strbuf_get(&when));
	if (line->deadline != FB_NO_DEADLINE)
		fb_print_wrapped(screen, FB_PLAIN, "      until %s",
				 fb_clock_print_local(fb_policy_timezone(e->policy), line->deadline, buf));
	if (e->seen >= 0) {
		char count[FB_HUMAN_LEN], last[FB_HUMAN_LEN];

		fb_print_wrapped(screen, FB_PLAIN, "      the %s counted %s packet%s%s%s",
				 line->kind == FB_RULE_NEVER ? "guard" : "line",
				 fb_human_count((unsigned long long)e->seen, count), e->seen == 1 ? "" : "s",
				 e->last > 0 ? ", last " : "",
				 e->last > 0 ? fb_human_time(e->last, last) : "");
	}
}

/* What shuts the line that would allow it, and what opens it. */
static void print_shut(const struct fb_explanation *e, const struct fb_screen *screen,
		       const struct fb_line *line)
{
	enum { ENOUGH = 7200 };
	const struct fb_ruleset *rs = &e->policy->ruleset;
	struct fb_schedule schedule;
	char buf[FB_CLOCK_STRLEN];

	if (e->when->unsynced || e->when->early) {
		fb_print_wrapped(
			screen, FB_PLAIN, "      the line is shut: %s",
			e->when->early
				? "the clock is earlier than the policy was applied; apply it again"
				: "the clock is not synchronised, and then no window or access is open");
		return;
	}
	fb_schedule_at(rs, e->when, &schedule);
	if (line->window && !schedule.windows[line->window - 1]) {
		const struct fb_window *w = &rs->windows.v[line->window - 1];
		__s64 opens = fb_schedule_opens(rs, w, e->when->now);

		fb_print_wrapped(screen, FB_PLAIN, "      the line is shut: window %s opens %s", w->name,
				 opens == FB_NO_DEADLINE ? "not in the next days"
							 : fb_clock_print_local(w->timezone, opens, buf));
	}
	if (line->access && !schedule.accesses[line->access - 1]) {
		const struct fb_access *access = &rs->accesses.v[line->access - 1];
		__s64 span = access->max && access->max < ENOUGH ? access->max : ENOUGH;

		fb_print_wrapped(
			screen, FB_PLAIN,
			"      the line is shut: on request only; firebreak open %s --for %s --reason ...",
			access->name, fb_clock_print_span(span, buf));
	}
	fb_schedule_done(&schedule);
}

/* What to do about a denial, or why nothing can be done. */
static void print_advice(const struct fb_explanation *e, const struct fb_screen *screen)
{
	const struct fb_packet *k = &e->probe->packet;
	fb_autostrbuf struct fb_strbuf candidate = { 0 };
	const struct fb_zone *owner;
	char buf[FB_INET_STRLEN];

	switch ((int)e->answer.reason) {
	case FB_DROP_EXPIRED:
		if (!e->when->early)
			break;
		__attribute__((fallthrough));
	case FB_DROP_WINDOW_CLOSED:
		if (line_of(e))
			print_shut(e, screen, line_of(e));
		break;
	case FB_DROP_NEVER:
		fb_print_wrapped(screen, FB_PLAIN, "      no line could allow this; nothing to suggest");
		break;
	case FB_WOULD_DROP:
	case FB_DROP_NO_ALLOW:
		if (suggest(e, &candidate))
			fb_print_wrapped(screen, FB_PLAIN, "      this line would allow it:  %s",
					 fb_strbuf_get(&candidate));
		break;
	case FB_DROP_SPOOF:
		if (fb_ip_cmp(k->src, k->dst) == 0) {
			fb_print_wrapped(screen, FB_PLAIN,
					 "      a packet to its own source: no line can allow it");
			break;
		}
		if (fb_own_has(&e->policy->ruleset, e->own, k->family, k->src, k->zone)) {
			fb_print_wrapped(screen, FB_PLAIN,
					 "      %s is the gateway's own address; no line can allow it from "
					 "elsewhere (ask about \"self\")",
					 fb_ip_print(k->family, k->src, buf));
			break;
		}
		owner = fb_zone_of_ip(&e->policy->ruleset, k->family, k->src);
		fb_print_wrapped(screen, FB_PLAIN,
				 "      %s belongs to %s; no line can allow it from elsewhere",
				 fb_ip_print(k->family, k->src, buf),
				 owner ? owner->name : "no zone of the policy");
		break;
	case FB_DROP_NO_ZONE:
		owner = fb_zone_of_ip(&e->policy->ruleset, k->family, k->src);
		fb_print_wrapped(screen, FB_PLAIN, "      no zone has a network with %s",
				 fb_ip_print(k->family, owner || k->zone ? k->dst : k->src, buf));
		break;
	case FB_DROP_ROUTE_MISMATCH:
		if (k->wire_zone) {
			fb_print_wrapped(
				screen, FB_PLAIN,
				"      a wire leads from %s into %s and nowhere else; the gateway has no "
				"part in it",
				zone_name(e, k->zone), zone_name(e, k->wire_zone));
			break;
		}
		if (fb_answer_into_wire(&e->policy->ruleset, k, &e->answer)) {
			fb_print_wrapped(screen, FB_PLAIN,
					 "      %s is on wires only: nothing is routed into it",
					 zone_name(e, e->answer.dst_zone));
			break;
		}
		fb_print_wrapped(
			screen, FB_PLAIN,
			"      the policy lets it pass; this host's route to it does not lead into %s: "
			"ip route get %s",
			zone_name(e, e->answer.dst_zone), fb_ip_print(k->family, k->dst, buf));
		break;
	case FB_DROP_ISOLATED:
	case FB_DROP_QUARANTINED:
		fb_print_wrapped(screen, FB_PLAIN, "      until: firebreak release %s", e->switched);
		break;
	default:
		break;
	}
}

static void print_live(const struct fb_explanation *e, const struct fb_screen *screen)
{
	const char *flow = fb_field_text(e->live, "flow_state");

	if (e->state == FB_LIVE_NOT_ASKED)
		return;
	if (e->state == FB_LIVE_AGREES) {
		fb_print_wrapped(screen, FB_GREEN,
				 "      live program agrees (generation %lld, in by %s)%s%s",
				 fb_field_int(e->live, "generation"), fb_field_text(e->live, "device"),
				 *flow && strcmp(flow, "none") ? ", flow " : "",
				 *flow && strcmp(flow, "none") ? flow : "");
		return;
	}
	fb_print_wrapped(
		screen, FB_RED,
		"  !!  THE LIVE PROGRAM DISAGREES (generation %lld, in by %s): %s, %s -> %s, line %s",
		fb_field_int(e->live, "generation"), fb_field_text(e->live, "device"),
		fb_field_text(e->live, "reason"), fb_field_text(e->live, "src_zone"),
		fb_field_text(e->live, "dst_zone"),
		*fb_field_text(e->live, "rule") ? fb_field_text(e->live, "rule") : "none");
	fb_print_wrapped(
		screen, FB_RED,
		"  !!  what it does is what counts; please report this with \"firebreak explain -j\"");
}

void fb_explanation_print(const struct fb_explanation *e, const struct fb_screen *screen)
{
	const struct fb_packet *k = &e->probe->packet;
	const struct fb_line *line = line_of(e);
	enum fb_reason reason = e->answer.reason;
	enum fb_colour colour = reason == FB_PASSED ? FB_GREEN : reason == FB_WOULD_DROP ? FB_YELLOW : FB_RED;
	fb_autostrbuf struct fb_strbuf from = { 0 }, to = { 0 }, why = { 0 }, copies = { 0 };

	fb_endpoint_print(e->from, k->family, k->src, &from);
	fb_endpoint_print(e->to, k->family, k->dst, &to);
	if (e->answer.copies)
		fb_ruleset_print_zones(&e->policy->ruleset, e->answer.copies, &copies);
	else
		fb_strbuf_add(&copies, zone_name(e, e->answer.dst_zone));
	fb_print_wrapped(screen, colour, "%-7s %s%s%s -> %s", fb_verdict_name(reason),
			 reason == FB_PASSED ? "" : fb_reason_name(reason), reason == FB_PASSED ? "" : "   ",
			 zone_name(e, e->answer.src_zone), fb_strbuf_get(&copies));
	fb_print_wrapped(screen, FB_PLAIN, "      %s to %s, %s%s", fb_strbuf_get(&from), fb_strbuf_get(&to),
			 e->probe->service, e->probe->range ? ", the first of a range" : "");
	if (line)
		print_line(e, screen, line);
	else if (reason == FB_PASSED && e->builtin)
		fb_strbuf_add(&why, "built in, as neighbours need it: no line is asked");
	else if (reason != FB_PASSED)
		fb_answer_print(&e->policy->ruleset, &e->policy->tree.sources, k, &e->answer, &why);
	if (why.len)
		fb_print_wrapped(screen, FB_PLAIN, "      %s", fb_strbuf_get(&why));
	if (e->answer.copies)
		fb_print_wrapped(screen, FB_PLAIN,
				 "      copied there by the kernel, as far as it has multicast routes");
	if (reason != FB_PASSED && e->answer.src_zone && e->answer.src_zone == e->answer.dst_zone &&
	    !e->from->self && !e->to->self)
		fb_print_wrapped(screen, FB_PLAIN,
				 "      one zone: hosts of one segment reach each other without the gateway, "
				 "which sees only this");
	print_advice(e, screen);
	print_live(e, screen);
}

json_t *fb_explanation_json(const struct fb_explanation *e)
{
	const struct fb_packet *k = &e->probe->packet;
	const struct fb_line *line = line_of(e);
	char src[FB_INET_STRLEN], dst[FB_INET_STRLEN];
	fb_autostrbuf struct fb_strbuf candidate = { 0 };
	json_t *v = json_pack("{ss ss ss si si si si ss ss ss ss}", "service", e->probe->service, "src",
			      fb_ip_print(k->family, k->src, src), "dst", fb_ip_print(k->family, k->dst, dst),
			      "family", k->family, "proto", k->proto, "sport", k->sport, "dport", k->dport,
			      "verdict", fb_verdict_name(e->answer.reason), "reason",
			      fb_reason_name(e->answer.reason), "src_zone", zone_name(e, e->answer.src_zone),
			      "dst_zone", zone_name(e, e->answer.dst_zone));

	if (line) {
		fb_autostrbuf struct fb_strbuf at = { 0 };

		json_t *its;

		add_place(e, line->at, &at);
		its = json_pack("{ss ss ss ss? ss?}", "id", line->id, "text", line->text, "at",
				fb_strbuf_get(&at), "owner", line->owner, "reason", line->reason);
		fb_line_when_json(&e->policy->ruleset, line, its);
		json_object_set_new(v, "line", its);
	}
	if (e->builtin)
		json_object_set_new(v, "built_in", json_true());
	if (e->switched)
		json_object_set_new(v, "switched", json_string(e->switched));
	if (e->answer.copies) {
		json_t *zones = json_array();

		for (unsigned int id = FB_ZONE_SELF; id < FB_ZONES_MAX; id++)
			if (e->answer.copies & 1ull << id)
				json_array_append_new(zones, json_string(zone_name(e, id)));
		json_object_set_new(v, "copies", zones);
	}
	if (suggest(e, &candidate))
		json_object_set_new(v, "would_allow", json_string(fb_strbuf_get(&candidate)));
	if (e->live) {
		json_object_set_new(v, "live", json_deep_copy(e->live));
		json_object_set_new(v, "live_agrees", json_boolean(e->state == FB_LIVE_AGREES));
	}
	return v;
}

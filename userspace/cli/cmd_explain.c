// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "cli/answer.h"
#include "cli/live.h"
#include "cli/seen.h"
#include "cli/situation.h"
#include "cli/verbs.h"
#include "cli/zonetime.h"
#include "policy/analyse.h"
#include "policy/builtin.h"

struct asked {
	const struct fb_call *call;
	struct fb_policy policy;
	json_t *bundle; /* NULL = the policy is a file */
	struct fb_own own;
	struct fb_endpoint from, to;
	const struct fb_zone *zone; /* --zone */
	struct fb_probes probes;
	struct fb_strbuf assumed;
	bool fixed_time; /* --at */
	__s64 now;
	struct fb_situation situation; /* what holds now; empty for another time, a file, or --offline */
	json_t *rules;		       /* of the agent, for how often a line was seen; fetched once */
};

static void asked_done(struct asked *a)
{
	fb_policy_done(&a->policy);
	json_decref(a->bundle);
	json_decref(a->rules);
	fb_situation_done(&a->situation);
	fb_vec_done(&a->own.v);
	fb_vec_done(&a->probes.v);
	fb_strbuf_done(&a->assumed);
}

static int prepare(struct asked *a)
{
	const char *at = fb_call_option(a->call, "at"), *zone = fb_call_option(a->call, "zone");
	const struct fb_ruleset *rs = &a->policy.ruleset;
	struct fb_error err = { 0 };
	int r;

	a->now = fb_clock_now();
	if (at) {
		r = fb_zonetime_parse(at, fb_policy_timezone(&a->policy), a->now, &a->now);
		if (r < 0) {
			fb_complain("\"%s\" is no time: write \"2026-12-31 10:30\", \"10:30\" or @SECONDS",
				    at);
			return FB_EXIT_USAGE;
		}
		a->fixed_time = true;
	}
	if (zone) {
		a->zone = fb_ruleset_zone(rs, zone);
		if (!a->zone) {
			fb_policy_no_zone(rs, zone, " in the policy");
			return FB_EXIT_USAGE;
		}
	}
	if (a->bundle)
		fb_own_read(a->bundle, rs, &a->own);
	if (fb_endpoint_find(rs, a->call->args[0], &a->from, &err) < 0 ||
	    fb_endpoint_find(rs, a->call->args[1], &a->to, &err) < 0 ||
	    fb_probes_make(&a->policy, &a->from, &a->to, a->call->args[2], a->zone, &a->own, &a->assumed,
			   &a->probes, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_USAGE;
	}
	for (size_t i = 0; i < a->probes.v.n && fb_call_option(a->call, "expect"); i++)
		if (a->probes.v.v[i].range) {
			fb_complain(
				"explain: %s has a range, of which --expect would look at one packet only: "
				"name one port, such as %s",
				a->call->args[2], a->probes.v.v[i].service);
			return FB_EXIT_USAGE;
		}
	return FB_EXIT_OK;
}

/* How often the line that decided was met. */
static void look_up(struct asked *a, struct fb_explanation *e)
{
	const struct fb_ruleset *rs = &a->policy.ruleset;
	const json_t *rules;

	e->seen = -1;
	if (e->answer.line < 0 || (!a->rules && fb_live_get(a->call, "/v1/rules", &a->rules)))
		return;
	rules = json_object_get(a->rules, "rules");
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);

		if (strcmp(fb_field_text(rule, "id"), rs->lines.v[e->answer.line].id) != 0)
			continue;
		e->seen = fb_field_int(rule, "packets");
		e->last = fb_field_int(rule, "last_hit");
	}
}

static bool agrees(const struct fb_explanation *e)
{
	const struct fb_ruleset *rs = &e->policy->ruleset;
	const char *reason = fb_field_text(e->live, "reason"), *rule = fb_field_text(e->live, "rule");
	bool observed = fb_field_true(e->live, "observed"), passed = !strcmp(reason, "passed");

	if (e->answer.reason == FB_PASSED || e->answer.reason == FB_WOULD_DROP) {
		if (observed != (e->answer.reason == FB_WOULD_DROP) ||
		    !(passed || !strcmp(reason, "would-drop")))
			return false;
	} else if (strcmp(reason, fb_reason_name(e->answer.reason)) != 0) {
		return false;
	}
	if (e->answer.reason == FB_PASSED || e->answer.reason == FB_WOULD_DROP ||
	    e->answer.reason == FB_DROP_NEVER || e->answer.reason == FB_DROP_NO_ALLOW)
		if (strcmp(fb_field_text(e->live, "src_zone"),
			   fb_ruleset_zone_name(rs, e->answer.src_zone)) != 0 ||
		    strcmp(fb_field_text(e->live, "dst_zone"),
			   fb_ruleset_zone_name(rs, e->answer.dst_zone)) != 0)
			return false;
	/* Which of two lines that both allow is part of the answer: it gets the counters. */
	return e->answer.reason != FB_PASSED || e->answer.line < 0 || !*rule ||
	       !strcmp(rule, rs->lines.v[e->answer.line].id);
}

/* Asks the program that is attached. Returns an enum fb_exit. */
static int ask_live(struct asked *a, struct fb_explanation *e, json_t **ret)
{
	const struct fb_packet *k = &e->probe->packet;
	char src[FB_INET_STRLEN], dst[FB_INET_STRLEN];
	long status = 0;
	json_t *body = json_pack("{ss ss si si si si}", "from",
				 a->from.self ? "self" : fb_ip_print(k->family, k->src, src), "to",
				 fb_ip_print(k->family, k->dst, dst), "proto", k->proto, "sport", k->sport,
				 "dport", k->dport, "tcp_flags", k->proto == IPPROTO_TCP ? 2 : 0);

	if (a->zone)
		json_object_set_new(body, "zone", json_string(a->zone->name));

	int r = fb_live_post(a->call, "/v1/explain", body, &status, ret);

	if (r)
		return r;
	if (status != 200) {
		fb_complain("not compared with the live program: %s", *fb_field_text(*ret, "error")
									      ? fb_field_text(*ret, "error")
									      : "the agent refused");
		json_decref(*ret);
		*ret = NULL;
		return FB_EXIT_OK;
	}
	e->live = *ret;
	/* The policy knows no routes, the program asks the host's: a packet that it lets pass may have no way into its zone. */
	if ((e->answer.reason == FB_PASSED || e->answer.reason == FB_WOULD_DROP) &&
	    !strcmp(fb_field_text(*ret, "reason"), fb_reason_name(FB_DROP_ROUTE_MISMATCH)))
		e->answer.reason = FB_DROP_ROUTE_MISMATCH;
	e->state = agrees(e) ? FB_LIVE_AGREES : FB_LIVE_DISAGREES;
	return FB_EXIT_OK;
}

/* Where only declared devices speak, an address that no device with a MAC has does not (S45). */
static void judge_binding(const struct fb_ruleset *rs, const struct fb_packet *k, struct fb_answer *answer)
{
	const struct fb_zone *zone = fb_ruleset_zone_by_id(rs, k->zone);
	const char *binding = zone ? zone->stmt->zone.binding.s : NULL;

	if (!binding || strcmp(binding, "strict") != 0 || answer->reason == FB_DROP_SPOOF)
		return;
	for (size_t i = 0; i < rs->devices.n; i++) {
		const struct fb_device *d = &rs->devices.v[i];

		if (d->zone < rs->zones.n && &rs->zones.v[d->zone] == zone && d->stmt->device.macs.n &&
		    fb_ipset_has(&d->ips, k->family, k->src))
			return;
	}
	answer->reason = FB_DROP_BINDING;
	answer->line = -1;
}

/* S60: what the policy lets pass is not routed into a wire. */
static void judge_way(const struct fb_ruleset *rs, const struct fb_packet *k, struct fb_answer *answer)
{
	if ((answer->reason == FB_PASSED || answer->reason == FB_WOULD_DROP) &&
	    fb_answer_into_wire(rs, k, answer))
		answer->reason = FB_DROP_ROUTE_MISMATCH;
}

static int answer(struct asked *a, const struct fb_probe *probe, const struct fb_screen *screen, json_t *out)
{
	const char *expect = fb_call_option(a->call, "expect");
	/* The program's clock cannot be set, its own packets cannot be handed to it, and a made-up gateway address means nothing to it. */
	bool live = a->bundle && !a->fixed_time && !a->from.self && !a->assumed.len &&
		    !fb_call_option(a->call, "offline");
	struct fb_explanation e = { .policy = &a->policy,
				    .own = &a->own,
				    .from = &a->from,
				    .to = &a->to,
				    .probe = probe,
				    .asked = a->call->args[2],
				    .when = &a->situation.when,
				    .seen = -1 };
	FB_CLEANUP(json_decrefp) json_t *said = NULL;
	int r = FB_EXIT_OK;

	e.answer = fb_eval_at(&a->policy.ruleset, &a->own, &probe->packet, &a->situation.when);
	judge_binding(&a->policy.ruleset, &probe->packet, &e.answer);
	judge_way(&a->policy.ruleset, &probe->packet, &e.answer);
	e.builtin = fb_builtin_is(&a->policy.ruleset, &probe->packet, &e.answer);
	if (e.builtin)
		fb_builtin_judge(&probe->packet, &e.answer);
	e.answer.reason =
		fb_situation_judge(&a->situation, &a->policy.ruleset, &probe->packet, &e.answer, &e.switched);
	if (e.switched)
		e.answer.line = -1;
	if (e.builtin && e.answer.reason == FB_DROP_ISOLATED && !probe->packet.wire_zone) {
		e.answer.reason = FB_PASSED; /* S28: what is cut off stays a neighbour */
		e.switched = NULL;
	}
	if (live && !e.builtin) { /* the agent makes no true message of neighbour discovery */
		r = ask_live(a, &e, &said);
		if (r)
			return r;
		look_up(a, &e);
	}
	if (out)
		json_array_append_new(out, fb_explanation_json(&e));
	else
		fb_explanation_print(&e, screen);
	if (e.state == FB_LIVE_DISAGREES)
		r = FB_EXIT_POLICY;
	if (expect) {
		bool passes = e.answer.reason == FB_PASSED || e.answer.reason == FB_WOULD_DROP;

		if (passes != !strcmp(expect, "allow")) {
			fb_complain("expected %s for %s", expect, probe->service);
			r = FB_EXIT_POLICY;
		}
	}
	return r;
}

static int answer_all(struct asked *a)
{
	struct fb_screen screen = fb_screen_of(stdout);
	json_t *list = a->call->json ? json_array() : NULL;
	int worst = FB_EXIT_OK;

	for (size_t i = 0; i < a->probes.v.n; i++) {
		int r = answer(a, &a->probes.v.v[i], &screen, list);

		worst = r > worst ? r : worst;
		if (r == FB_EXIT_HOST || r == FB_EXIT_REFUSED)
			break;
	}
	if (list) {
		fb_json_put(json_pack("{ss ss ss ss sI sI ss? sb so}", "schema", "firebreak.explanation/1",
				      "from", a->from.name, "to", a->to.name, "service", a->call->args[2],
				      "at", (json_int_t)a->now, "generation",
				      (json_int_t)a->policy.generation, "assumed",
				      a->assumed.len ? fb_strbuf_get(&a->assumed) : NULL, "ok", worst == 0,
				      "answers", list));
		return worst;
	}
	if (a->assumed.len)
		fb_print_wrapped(&screen, FB_YELLOW, "assumed: %s", fb_strbuf_get(&a->assumed));
	if (a->fixed_time) {
		char buf[FB_CLOCK_STRLEN];

		fb_print_line(&screen, FB_PLAIN, "at %s",
			      fb_clock_print_local(fb_policy_timezone(&a->policy), a->now, buf));
	}
	return worst;
}

/* The program that is asked knows the clock and the switches; so must the answer that it is held against. */
static int look_around(struct asked *a)
{
	json_t *status = NULL;
	int r = FB_EXIT_OK;

	if (a->bundle && !a->fixed_time && !fb_call_option(a->call, "offline"))
		r = fb_live_get(a->call, "/v1/status", &status);
	fb_situation_init(&a->situation, status, a->now);
	return r;
}

int fb_cmd_explain(const struct fb_call *call)
{
	const char *expect = fb_call_option(call, "expect");
	FB_CLEANUP(asked_done) struct asked a = { .call = call, .policy.asking = true };
	int r;

	if (expect && strcmp(expect, "allow") != 0 && strcmp(expect, "deny") != 0) {
		fb_complain("explain: --expect is allow or deny, not \"%s\"", expect);
		return FB_EXIT_USAGE;
	}
	r = fb_policy_get(call, &a.policy, &a.bundle);
	if (!r)
		r = prepare(&a);
	if (!r)
		r = look_around(&a);
	return r ? r : answer_all(&a);
}

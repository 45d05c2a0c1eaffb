// SPDX-License-Identifier: GPL-2.0-only
/* why HOST: what was dropped lately from and to it, and what could be done about each. */
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/probe.h"
#include "cli/scan.h"
#include "cli/seen.h"
#include "cli/situation.h"
#include "cli/verbs.h"
#include "policy/analyse.h"

struct asked {
	const struct fb_call *call;
	struct fb_policy policy;
	json_t *bundle;
	struct fb_own own;
	struct fb_endpoint host;
	json_t *events; /* of all its addresses, the latest first */
	struct fb_situation situation;
};

static void asked_done(struct asked *a)
{
	fb_policy_done(&a->policy);
	json_decref(a->bundle);
	json_decref(a->events);
	fb_situation_done(&a->situation);
	fb_vec_done(&a->own.v);
}

static bool is_drop(const json_t *event, const void *arg)
{
	return strcmp(fb_field_text(event, "reason"), "passed") != 0 || *fb_field_text(event, "detail");
}

static int fetch(struct asked *a)
{
	a->events = json_array();
	for (unsigned int i = 0; i < a->host.n; i++) {
		FB_CLEANUP(json_decrefp) json_t *answer = NULL;
		fb_autostrbuf struct fb_strbuf path = { 0 };
		char ip[FB_INET_STRLEN];
		int r;

		fb_strbuf_add(&path, "/v1/events?limit=20000");
		fb_query_add(&path, "host", fb_ip_print(a->host.v[i].family, a->host.v[i].ip, ip));
		r = fb_live_get(a->call, fb_strbuf_get(&path), &answer);
		if (r)
			return r;
		json_array_extend(a->events, json_object_get(answer, "events"));
	}
	fb_array_filter(a->events, is_drop, NULL);
	fb_array_sort(a->events, "last");
	return FB_EXIT_OK;
}

/* An undeclared sender in a zone with binding: what declares it. */
static bool declare_hint(const json_t *e, struct fb_strbuf *out)
{
	const char *detail = fb_field_text(e, "detail"), *src = fb_field_text(e, "src");

	if (!strcmp(detail, "unknown-device")) {
		fb_strbuf_addf(out,
			       "nobody declared this MAC; declare it with:  firebreak device add NAME --in "
			       "%s --mac %s",
			       fb_field_text(e, "src_zone"), fb_field_text(e, "mac"));
		if (strcmp(src, "0.0.0.0") != 0 && strcmp(src, "::") != 0)
			fb_strbuf_addf(out, " --ip %s", src);
		return true;
	}
	if (!strcmp(detail, "foreign-mac"))
		fb_strbuf_addf(out,
			       "another MAC than declared: if the device was replaced,  firebreak device "
			       "replace %s --mac %s --reason \"...\"",
			       fb_seen_name(e, "src"), fb_field_text(e, "mac"));
	else if (!strcmp(detail, "foreign-address"))
		fb_strbuf_addf(out,
			       "%s is declared with another address than %s: a wrong setting, or an attack",
			       fb_field_text(e, "mac"), src);
	else if (!strcmp(detail, "forged-claim"))
		fb_strbuf_addf(out, "%s claims an address that is not its zone's: no line could allow this",
			       fb_field_text(e, "mac"));
	return *detail;
}

/*
 * Back from a port that a line lets its destination call, to a higher one, as those that callers take are: what was called
 * answers on, or late, to a connection that was ended or forgotten. A line for it would open the other direction.
 */
static bool is_answer(const struct asked *a, const struct fb_packet *p, unsigned int dst_zone)
{
	struct fb_packet call = *p;

	if ((p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP && p->proto != IPPROTO_SCTP) ||
	    p->sport >= p->dport || dst_zone == FB_ZONE_NONE)
		return false;
	call.src = p->dst;
	call.dst = p->src;
	call.sport = p->dport;
	call.dport = p->sport;
	call.zone = dst_zone;
	call.out_zone = dst_zone == FB_ZONE_SELF ? p->zone : FB_ZONE_NONE;
	return fb_eval_at(&a->policy.ruleset, &a->own, &call, &a->situation.when).reason == FB_PASSED;
}

/* What can be done, as the policy in force now sees it. *ret_line: the text is a line of a policy. */
static void advise(const struct asked *a, const json_t *e, struct fb_strbuf *out, bool *ret_line)
{
	const struct fb_ruleset *rs = &a->policy.ruleset;
	struct fb_answer answer;
	struct fb_packet packet;

	*ret_line = false;
	if (declare_hint(e, out))
		return;
	if (!fb_seen_packet(rs, e, &packet)) {
		fb_strbuf_add(out, "no line of a policy speaks of this");
		return;
	}
	answer = fb_eval_at(rs, &a->own, &packet, &a->situation.when);
	if (answer.reason == FB_DROP_NEVER) {
		fb_answer_print(rs, &a->policy.tree.sources, &packet, &answer, out);
		fb_strbuf_add(out, "; no line could allow this, nothing to suggest");
		return;
	}
	if (answer.reason == FB_PASSED && !strcmp(fb_field_text(e, "reason"), "no-allow")) {
		fb_strbuf_add(out, "the policy in force allows a new connection of this kind: ");
		fb_answer_print(rs, &a->policy.tree.sources, &packet, &answer, out);
		return;
	}
	if (answer.reason == FB_DROP_NO_ALLOW && is_answer(a, &packet, answer.dst_zone)) {
		fb_strbuf_addf(out,
			       "looks like an answer to %s -> %s %.*s/%u, a connection that is gone; no line "
			       "is needed",
			       fb_seen_name(e, "dst"), fb_seen_name(e, "src"),
			       (int)strcspn(fb_field_text(e, "service"), "/"), fb_field_text(e, "service"),
			       packet.sport);
		return;
	}
	*ret_line = !strcmp(fb_field_text(e, "reason"), "no-allow") &&
		    fb_answer_suggest(rs, &a->own, &packet, &answer, out);
	if (!*ret_line)
		for (unsigned int reason = 1; reason < FB_WOULD_DROP; reason++)
			if (fb_reason_name(reason) &&
			    !strcmp(fb_reason_name(reason), fb_field_text(e, "reason")))
				fb_strbuf_add(out, fb_reason_text(reason));
}

static void print_one(const struct asked *a, const struct fb_screen *screen, const json_t *e)
{
	fb_autostrbuf struct fb_strbuf src = { 0 }, dst = { 0 }, service = { 0 }, often = { 0 },
				       advice = { 0 };
	const char *at = fb_field_text(e, "at");
	long long ports = fb_field_int(e, "ports"), hosts = fb_field_int(e, "hosts");
	bool line, passed = !strcmp(fb_field_text(e, "reason"), "passed");

	fb_seen_end(e, "src", &src);
	if (hosts)
		fb_strbuf_addf(&dst, "%lld hosts", hosts);
	else
		fb_seen_end(e, "dst", &dst);
	if (ports)
		fb_strbuf_addf(&service, "%lld ports", ports);
	else
		fb_strbuf_add(&service, fb_field_text(e, "service"));
	fb_seen_often(e, &often);
	advise(a, e, &advice, &line);
	if (line && (ports || hosts)) {
		fb_strbuf_done(&advice);
		fb_strbuf_addf(&advice, "ask what one of them needs:  firebreak explain %s %s %s",
			       fb_seen_name(e, "src"), fb_seen_name(e, "dst"), fb_field_text(e, "service"));
		line = false;
	}
	fb_print_wrapped(screen, passed ? FB_YELLOW : FB_RED, "%s  %s   %s -> %s", passed ? "PASS" : "DROP",
			 fb_seen_what(e), fb_field_text(e, "src_zone"), fb_field_text(e, "dst_zone"));
	fb_print_wrapped(screen, FB_PLAIN, "      %s to %s, %s; %s", fb_strbuf_get(&src), fb_strbuf_get(&dst),
			 fb_strbuf_get(&service), fb_strbuf_get(&often));
	if (*at && strcmp(fb_field_text(e, "reason"), "never") != 0)
		fb_print_wrapped(screen, FB_PLAIN, "      %s: %s", at, fb_field_text(e, "text"));
	fb_print_wrapped(screen, FB_PLAIN, "      %s%s", line ? "this line would allow it:  " : "",
			 fb_strbuf_get(&advice));
}

static void print(const struct asked *a)
{
	FB_CLEANUP(json_decrefp)
	json_t *rows = fb_call_option(a->call, "all") ? json_incref(a->events) : fb_scan_group(a->events);
	struct fb_screen screen = fb_screen_of(stdout);

	for (size_t i = 0; i < json_array_size(rows); i++)
		print_one(a, &screen, json_array_get(rows, i));
	if (!json_array_size(rows))
		fb_complain("nothing of or to %s was dropped lately; what is older may be in events.log, in "
			    "the agent's state directory",
			    a->host.name);
	if (json_array_size(rows) < json_array_size(a->events))
		fb_complain("many of one kind stand in one row each; --all has all %zu of them",
			    json_array_size(a->events));
}

static int print_json(const struct asked *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(a->events); i++) {
		json_t *e = json_deep_copy(json_array_get(a->events, i));
		fb_autostrbuf struct fb_strbuf advice = { 0 };
		bool line;

		advise(a, e, &advice, &line);
		json_object_set_new(e, line ? "would_allow" : "advice", json_string(fb_strbuf_get(&advice)));
		json_array_append_new(list, e);
	}
	return fb_json_put(json_pack("{ss ss sI so}", "schema", "firebreak.why/1", "host", a->host.name,
				     "generation", (json_int_t)a->policy.generation, "drops", list));
}

int fb_cmd_why(const struct fb_call *call)
{
	FB_CLEANUP(asked_done) struct asked a = { .call = call };
	struct fb_error err = { 0 };
	json_t *status = NULL;
	int r = fb_policy_get(call, &a.policy, &a.bundle);

	if (r)
		return r;
	if (fb_endpoint_find(&a.policy.ruleset, call->args[0], &a.host, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_USAGE;
	}
	fb_own_read(a.bundle, &a.policy.ruleset, &a.own);
	if (a.host.self)
		for (size_t i = 0; i < a.own.v.n && a.host.n < 2; i++)
			if (a.own.v.v[i].zone && (!a.host.n || a.host.v[0].family != a.own.v.v[i].family)) {
				a.host.v[a.host.n].family = a.own.v.v[i].family;
				a.host.v[a.host.n++].ip = a.own.v.v[i].ip;
			}
	r = fetch(&a);
	if (!r)
		r = fb_live_get(call, "/v1/status", &status);
	fb_situation_init(&a.situation, status, fb_clock_now());
	if (r)
		return r;
	if (call->json)
		return print_json(&a);
	print(&a);
	return FB_EXIT_OK;
}

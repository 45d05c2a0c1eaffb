// SPDX-License-Identifier: GPL-2.0-only
/* The register of zones and conduits for people who ask by law: from the policy alone, or with what the gateway knows. */
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/clock.h"
#include "base/io.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/minisign.h"
#include "cli/output.h"
#include "cli/report_markdown.h"
#include "cli/verbs.h"
#include "policy/report.h"

enum { UNUSED_SECONDS = 90 * 86400 };

static bool unused(const json_t *rule, const void *arg)
{
	return strcmp(fb_field_text(rule, "kind"), "never") != 0 &&
	       fb_field_int(rule, "last_hit") < *(const long long *)arg;
}

static json_t *member(const struct fb_call *call, const char *path, const char *name)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;

	if (fb_live_get(call, path, &answer))
		return json_null();
	return json_incref(json_object_get(answer, name)) ?: json_null();
}

/* What makes a generation stands among the changes already. */
static bool is_act(const json_t *entry, const void *arg)
{
	const char *what = fb_field_text(entry, "what");

	return strcmp(what, "apply") != 0 && strcmp(what, "rollback") != 0;
}

static json_t *of_status(const json_t *status, const char *name)
{
	return json_incref(json_object_get(status, name)) ?: json_null();
}

/* Whose evidence this is: the agent's socket is of this host. */
static json_t *gateway(const json_t *status, long long now)
{
	const json_t *policy = json_object_get(status, "policy");
	struct utsname host = { 0 };
	struct timespec up = { 0 };

	if (!json_is_object(policy))
		return json_null();
	uname(&host);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return json_pack("{ss sI ss sI ss ss ss sI}", "host", host.nodename, "generation",
			 (json_int_t)fb_field_int(status, "generation"), "state",
			 fb_field_text(status, "state"), "applied",
			 (json_int_t)fb_field_int(policy, "applied"), "applied_by",
			 fb_field_text(policy, "applied_by"), "agent",
			 fb_field_text(json_object_get(status, "agent"), "version"), "kernel",
			 fb_field_text(status, "kernel"), "booted", (json_int_t)(now - up.tv_sec));
}

/* What does not answer is null, and said on stderr. */
static json_t *ask(const struct fb_call *call, long long now)
{
	long long since = now - UNUSED_SECONDS;
	FB_CLEANUP(json_decrefp) json_t *status = NULL, *audit = NULL;
	json_t *rules = member(call, "/v1/rules", "rules"),
	       *acts = member(call, "/v1/audit?limit=200", "entries");

	if (json_is_array(rules))
		fb_array_filter(rules, unused, &since);
	if (json_is_array(acts))
		fb_array_filter(acts, is_act, NULL);
	if (fb_live_get(call, "/v1/status", &status))
		status = json_object();
	if (fb_live_get(call, "/v1/audit/verify", &audit))
		audit = json_null();
	return json_pack("{so so so so so so so so so so so}", "gateway", gateway(status, now), "unused",
			 rules, "drops", member(call, "/v1/drops", "drops"), "changes",
			 member(call, "/v1/history?limit=50", "generations"), "acts", acts, "audit",
			 FB_STEAL(audit), "open", of_status(status, "open"), "isolated",
			 of_status(status, "isolated"), "quarantined", of_status(status, "quarantined"),
			 "clock_synchronised", of_status(status, "clock_synchronised"), "rescue",
			 of_status(status, "rescue"));
}

static int put_file(const char *path, const char *text, size_t len)
{
	struct fb_error err = { 0 };

	if (fb_io_write(path, text, len, 0644, &err) == 0)
		return FB_EXIT_OK;
	fb_complain("%s", err.text);
	return FB_EXIT_HOST;
}

/* Two files, so for a moment the signature may be that of another report, and says so to whoever checks it. */
static int put(const struct fb_call *call, const json_t *report, enum fb_report_form form,
	       const struct fb_minisign_key *key)
{
	const char *path = fb_call_option(call, "output");
	fb_autostrbuf struct fb_strbuf out = { 0 }, signature = { 0 }, to = { 0 }, comment = { 0 };
	char made[FB_CLOCK_STRLEN];
	int r = FB_EXIT_OK;

	if (call->json) {
		fb_autofree char *text = json_dumps(report, JSON_INDENT(2));

		fb_strbuf_addf(&out, "%s\n", text ? text : "");
	} else {
		fb_report_markdown(report, form, &out);
	}
	if (!path) {
		fputs(fb_strbuf_get(&out), stdout);
		return FB_EXIT_OK;
	}
	if (key) {
		fb_strbuf_addf(&to, "%s.minisig", path);
		fb_strbuf_addf(&comment, "firebreak report, made %s",
			       fb_clock_print_utc(fb_field_int(report, "made"), made));
		fb_minisign(key, fb_strbuf_get(&out), out.len, fb_strbuf_get(&comment), &signature);
		r = put_file(fb_strbuf_get(&to), fb_strbuf_get(&signature), signature.len);
	}
	return r ? r : put_file(path, fb_strbuf_get(&out), out.len);
}

/* Before anything is asked: what is wrong with the key is wrong at once. */
static int read_key(const struct fb_call *call, struct fb_minisign_key *ret)
{
	struct fb_error err = { 0 };

	if (!fb_call_option(call, "output")) {
		fb_complain("report: --sign needs --output FILE: the signature goes beside it");
		return FB_EXIT_USAGE;
	}
	if (fb_minisign_key_read(fb_call_option(call, "sign"), ret, &err) == 0)
		return FB_EXIT_OK;
	fb_complain("%s", err.text);
	return FB_EXIT_HOST;
}

int fb_cmd_report(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	FB_CLEANUP(json_decrefp) json_t *report = NULL;
	struct fb_minisign_key key = { 0 };
	bool ncsc = fb_call_option(call, "ncsc"), iec = fb_call_option(call, "iec62443"),
	     signs = fb_call_option(call, "sign");
	__s64 now = fb_clock_now();
	int r;

	if (ncsc == iec) {
		fb_complain(ncsc ? "report: --ncsc or --iec62443, one of the two, not both"
				 : "report needs --ncsc or --iec62443");
		return FB_EXIT_USAGE;
	}
	r = signs ? read_key(call, &key) : FB_EXIT_OK;
	if (!r)
		r = fb_policy_get(call, &policy, NULL);
	if (r)
		return r;
	report = json_pack("{ss ss ss ss sI so so}", "schema", "firebreak.report/1", "program", FB_VERSION,
			   "timezone", fb_policy_timezone(&policy), "form", ncsc ? "ncsc" : "iec62443",
			   "made", (json_int_t)now, "register",
			   fb_report_register(&policy.tree, &policy.ruleset, now), "live",
			   fb_call_option(call, "policy") ? json_null() : ask(call, now));
	return put(call, report, ncsc ? FB_REPORT_NCSC : FB_REPORT_IEC62443, signs ? &key : NULL);
}

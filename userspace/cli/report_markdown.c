// SPDX-License-Identifier: GPL-2.0-only
#include "cli/report_markdown.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/live.h"
#include "cli/output.h"

/* ---- pieces ---------------------------------------------------------------------------------------------------------- */

/* Text of the policy in a table cell: a bar or a tag would be markup. */
static void cell(struct fb_strbuf *out, const char *text)
{
	fb_strbuf_add(out, " ");
	for (const char *p = *text ? text : "-"; *p; p++) {
		if (*p == '|' || *p == '<' || *p == '*' || *p == '_' || *p == '`' || *p == '[' || *p == '\\')
			fb_strbuf_addc(out, '\\');
		fb_strbuf_addc(out, *p);
	}
	fb_strbuf_add(out, " |");
}

static void head(struct fb_strbuf *out, const char *const *titles)
{
	fb_strbuf_add(out, "|");
	for (size_t i = 0; titles[i]; i++)
		cell(out, titles[i]);
	fb_strbuf_add(out, "\n|");
	for (size_t i = 0; titles[i]; i++)
		fb_strbuf_add(out, "---|");
	fb_strbuf_addc(out, '\n');
}

/* By its name: a count of packets may be as large as a date. */
static bool is_date(const char *field)
{
	static const char *const dates[] = {
		"applied", "at", "booted", "last_hit", "made", "since", "until"
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(dates); i++)
		if (!strcmp(field, dates[i]))
			return true;
	return false;
}

/* All dates below as text: in UTC, by which logs are compared, and as clocks of the place showed it. */
static void say_dates(json_t *value, const char *timezone)
{
	json_t *v;
	const char *name;
	size_t i;

	json_array_foreach (value, i, v)
		say_dates(v, timezone);
	json_object_foreach (value, name, v) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		char buf[FB_CLOCK_STRLEN];

		say_dates(v, timezone);
		if (!json_is_integer(v) || !is_date(name))
			continue;
		fb_strbuf_add(&text, fb_clock_print_local("UTC", json_integer_value(v), buf));
		if (strcmp(timezone, "UTC"))
			fb_strbuf_addf(&text, " (%s)",
				       fb_clock_print_local(timezone, json_integer_value(v), buf));
		json_object_set_new(value, name, json_string(fb_strbuf_get(&text)));
	}
}

static void row(struct fb_strbuf *out, const json_t *object, const char *const *fields)
{
	fb_strbuf_add(out, "|");
	for (size_t i = 0; fields[i]; i++) {
		const json_t *v = json_object_get(object, fields[i]);
		char number[FB_HUMAN_LEN];

		if (json_is_array(v)) {
			fb_autostrbuf struct fb_strbuf list = { 0 };

			fb_field_list(object, fields[i], &list);
			cell(out, fb_strbuf_get(&list));
		} else if (json_is_integer(v)) {
			snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(v));
			cell(out, number);
		} else {
			cell(out, fb_field_text(object, fields[i]));
		}
	}
	fb_strbuf_addc(out, '\n');
}

/* False, and a sentence, if there is nothing. */
static bool table(struct fb_strbuf *out, const json_t *list, const char *const *titles,
		  const char *const *fields, const char *nothing)
{
	const json_t *v;
	size_t i;

	if (!json_array_size(list)) {
		fb_strbuf_addf(out, "%s\n", nothing);
		return false;
	}
	head(out, titles);
	json_array_foreach (list, i, v)
		row(out, v, fields);
	return true;
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static bool live(const json_t *r)
{
	return json_is_object(json_object_get(r, "live"));
}

static const json_t *of_live(const json_t *r, const char *name)
{
	return json_object_get(json_object_get(r, "live"), name);
}

static void offline(struct fb_strbuf *out)
{
	fb_strbuf_add(out, "Not known: this report was made from files, without the gateway.\n");
}

/* Nothing found and nothing answered are not the same. */
static void unanswered(struct fb_strbuf *out)
{
	fb_strbuf_add(out, "Not known: the agent did not say.\n");
}

/* ---- sections -------------------------------------------------------------------------------------------------------- */

static void put_zones(const json_t *r, struct fb_strbuf *out)
{
	table(out, json_object_get(r, "zones"),
	      LIST("zone", "owner", "purpose", "Purdue level", "target level", "interfaces", "addresses",
		   "devices", "binding"),
	      LIST("name", "owner", "reason", "purdue", "target_level", "interfaces", "addresses", "devices",
		   "binding"),
	      "There are no zones.");
}

static void put_conduits(const json_t *r, struct fb_strbuf *out)
{
	const json_t *conduit;
	size_t i;

	fb_strbuf_add(out, "What no line allows is denied, inside a zone and to the gateway as well.\n");
	json_array_foreach (json_object_get(r, "conduits"), i, conduit) {
		fb_strbuf_addf(out, "\n### %s\n\n", fb_field_text(conduit, "name"));
		table(out, json_object_get(conduit, "lines"),
		      LIST("line", "owner", "reason", "until", "during", "on request", "limits", "id", "at"),
		      LIST("line", "owner", "reason", "until", "during", "on_request", "limits", "id", "at"),
		      "No lines: everything is denied.");
	}
	if (json_array_size(json_object_get(r, "observed"))) {
		fb_strbuf_add(out, "\nOnly observed, so not enforced yet:\n\n");
		table(out, json_object_get(r, "observed"), LIST("from", "to", "until", "at"),
		      LIST("from", "to", "until", "at"), "");
	}
}

/* What a proof about the text takes for granted of the gateway. */
static void put_gateway_assumptions(const json_t *report, struct fb_strbuf *out)
{
	const json_t *rescue = of_live(report, "rescue");

	if (json_is_false(of_live(report, "clock_synchronised")))
		fb_strbuf_add(out, "- the gateway's clock is not synchronised: windows and accesses are "
				   "shut, and ends of "
				   "lines are measured by the last time that it knew\n");
	if (json_is_object(rescue))
		fb_strbuf_addf(out,
			       "- while no policy is in force, %s may reach tcp/%lld of the gateway by %s\n",
			       fb_field_text(rescue, "prefix"), fb_field_int(rescue, "port"),
			       fb_field_text(rescue, "interface"));
}

static void put_boundaries(const json_t *report, const json_t *r, struct fb_strbuf *out)
{
	const json_t *v;
	size_t i;

	table(out, json_object_get(r, "guards"), LIST("what nobody may allow", "reason", "at"),
	      LIST("guard", "reason", "at"), "No guards are written.");
	fb_strbuf_add(out, "\nProved about all lines together, at any time, open or not:\n\n");
	if (!table(out, json_object_get(r, "assertions"), LIST("it holds that", "reason", "at"),
		   LIST("assertion", "reason", "at"), "No assertions are written."))
		return;
	fb_strbuf_add(out, "\nThese proofs rest on:\n\n"
			   "- hosts of one segment reach each other, without passing the gateway\n");
	json_array_foreach (json_object_get(r, "assumptions"), i, v)
		fb_strbuf_addf(out, "- a claim that nobody can check here: %s\n", json_string_value(v));
	json_array_foreach (json_object_get(r, "observed"), i, v)
		fb_strbuf_addf(out, "- %s to %s is observed, and counts as allowing everything\n",
			       fb_field_text(v, "from"), fb_field_text(v, "to"));
	put_gateway_assumptions(report, out);
}

static void put_advice(const json_t *r, struct fb_strbuf *out, bool cleartext)
{
	fb_autostrbuf struct fb_strbuf rows = { 0 };
	const json_t *v;
	size_t i, n = 0;

	json_array_foreach (json_object_get(r, "advice"), i, v) {
		if (!strcmp(fb_field_text(v, "kind"), "cleartext") != cleartext)
			continue;
		row(&rows, v, LIST("kind", "text", "at"));
		n++;
	}
	if (!n) {
		fb_strbuf_add(out,
			      cleartext
				      ? "No line allows a service that is known to be readable on the wire.\n"
				      : "Nothing stands out.\n");
		return;
	}
	head(out, LIST("kind", "what", "at"));
	fb_strbuf_add(out, fb_strbuf_get(&rows));
}

/* Beside what is open now: what is cut now. */
static void put_cuts(const json_t *r, struct fb_strbuf *out)
{
	if (!json_is_array(of_live(r, "isolated")) || !json_is_array(of_live(r, "quarantined")))
		return;
	fb_strbuf_addc(out, '\n');
	table(out, of_live(r, "isolated"), LIST("isolated now by", "since", "by", "reason"),
	      LIST("plan", "since", "who", "reason"), "Nothing is isolated now.");
	fb_strbuf_addc(out, '\n');
	table(out, of_live(r, "quarantined"), LIST("in quarantine now", "since", "by", "reason"),
	      LIST("name", "since", "who", "reason"), "Nothing is in quarantine now.");
}

static void put_openings(const json_t *r, const json_t *reg, struct fb_strbuf *out)
{
	const json_t *conduit, *line;
	size_t i, k, n = 0;

	json_array_foreach (json_object_get(reg, "conduits"), i, conduit)
		json_array_foreach (json_object_get(conduit, "lines"), k, line)
			if (*fb_field_text(line, "on_request") || *fb_field_text(line, "during")) {
				if (!n++)
					head(out, LIST("line", "during", "on request", "owner", "at"));
				row(out, line, LIST("line", "during", "on_request", "owner", "at"));
			}
	if (!n)
		fb_strbuf_add(out, "No line is open at certain hours or on request only.\n");
	fb_strbuf_addc(out, '\n');
	if (!live(r))
		offline(out);
	else if (!json_is_array(of_live(r, "open")))
		unanswered(out);
	else
		table(out, of_live(r, "open"), LIST("open now", "until", "by", "reason"),
		      LIST("name", "until", "by", "reason"), "Nothing is open for a time now.");
	if (live(r))
		put_cuts(r, out);
}

static void put_unused(const json_t *r, struct fb_strbuf *out)
{
	if (!live(r))
		offline(out);
	else if (!json_is_array(of_live(r, "unused")))
		unanswered(out);
	else if (table(out, of_live(r, "unused"), LIST("line", "owner", "last used", "id", "at"),
		       LIST("text", "owner", "last_hit", "id", "at"),
		       "Every line was used in the last 90 days."))
		fb_strbuf_add(out,
			      "\nNot used for 90 days, or since this machine started if that is later.\n");
}

static void put_drops(const json_t *r, struct fb_strbuf *out)
{
	if (!live(r))
		offline(out);
	else if (!json_is_array(of_live(r, "drops")))
		unanswered(out);
	else
		table(out, of_live(r, "drops"), LIST("from", "to", "reason", "packets"),
		      LIST("src", "dst", "reason", "packets"), "Nothing was dropped.");
}

/* That nothing was taken out of the log is a part of the evidence. */
static void put_audit(const json_t *r, struct fb_strbuf *out)
{
	const json_t *verdict = of_live(r, "audit");

	fb_strbuf_add(out, "\nSwitches, accesses and trials, of the last entries of the audit log:\n\n");
	if (!json_is_array(of_live(r, "acts")) || !json_is_object(verdict)) {
		unanswered(out);
		return;
	}
	table(out, of_live(r, "acts"), LIST("when", "what", "of", "by", "reason"),
	      LIST("at", "what", "object", "who", "reason"), "Nobody used any.");
	if (fb_field_true(verdict, "good"))
		fb_strbuf_addf(out,
			       "\nThe audit log has %lld entries, each as it was written; the last one's sum "
			       "is %s.\n",
			       fb_field_int(verdict, "lines"), fb_field_text(verdict, "head"));
	else
		fb_strbuf_addf(out, "\n**The audit log is not as it was written:** %s\n",
			       fb_field_text(verdict, "why"));
}

static void put_changes(const json_t *r, struct fb_strbuf *out)
{
	if (!live(r)) {
		offline(out);
		return;
	}
	if (json_is_array(of_live(r, "changes")))
		table(out, of_live(r, "changes"), LIST("generation", "applied", "by", "reason"),
		      LIST("generation", "applied", "who", "reason"), "No change is recorded.");
	else
		unanswered(out);
	put_audit(r, out);
}

enum section { ZONES, CONDUITS, BOUNDARIES, ADVICE, CLEARTEXT, OPENINGS, UNUSED, DROPS, CHANGES };

struct heading {
	enum section section;
	const char *text;
};

static const struct heading ncsc[] = {
	{ ZONES, "Principle 1, understanding the connected place: zones" },
	{ ADVICE, "Principles 2 and 3, risks and governance: what needs a decision" },
	{ OPENINGS, "Principles 4 and 12, suppliers: access at certain hours or on request" },
	{ CONDUITS, "Principle 6, architecture: what may cross between zones" },
	{ BOUNDARIES, "Principle 7, reducing exposure: what must never be" },
	{ CLEARTEXT, "Principle 8, protecting data: services that can be read on the wire" },
	{ DROPS, "Principle 10, monitoring: what was denied" },
	{ UNUSED, "Principle 13, life cycle: lines that nobody uses" },
	{ CHANGES, "Principles 11 and 13, privileges and life cycle: who changed what" },
};
static const struct heading iec62443[] = {
	{ ZONES, "Zones (62443-3-2, ZCR 3)" },
	{ CONDUITS, "Conduits (62443-3-2, ZCR 3; 62443-3-3, SR 5.1)" },
	{ BOUNDARIES, "Zone boundary protection, deny by default (SR 5.2)" },
	{ OPENINGS, "Access from untrusted networks, for a time (SR 1.13)" },
	{ CLEARTEXT, "Confidentiality and integrity on the wire (SR 3.1, SR 4.1)" },
	{ UNUSED, "Least functionality (SR 7.7)" },
	{ DROPS, "Continuous monitoring (SR 6.2)" },
	{ CHANGES, "Audit records of changes (SR 2.8, SR 6.1)" },
	{ ADVICE, "Open points of the documentation (62443-3-2, ZCR 6)" },
};

static void put(const json_t *report, enum section section, struct fb_strbuf *out)
{
	const json_t *reg = json_object_get(report, "register");

	switch (section) {
	case ZONES:
		put_zones(reg, out);
		break;
	case CONDUITS:
		put_conduits(reg, out);
		break;
	case BOUNDARIES:
		put_boundaries(report, reg, out);
		break;
	case ADVICE:
	case CLEARTEXT:
		put_advice(reg, out, section == CLEARTEXT);
		break;
	case OPENINGS:
		put_openings(report, reg, out);
		break;
	case UNUSED:
		put_unused(report, out);
		break;
	case DROPS:
		put_drops(report, out);
		break;
	case CHANGES:
		put_changes(report, out);
		break;
	}
}

static void put_origin(const json_t *r, struct fb_strbuf *out)
{
	const json_t *gateway = of_live(r, "gateway");

	fb_strbuf_addf(out, "Made %s by firebreak %s from %s.\n", fb_field_text(r, "made"),
		       fb_field_text(r, "program"),
		       live(r) ? "the policy in force"
			       : "files; what only a running gateway knows is missing");
	if (json_is_object(gateway))
		fb_strbuf_addf(
			out,
			"The gateway is %s: generation %lld, applied %s by %s; %s; agent %s, kernel %s. "
			"It counts since its start, %s.\n",
			fb_field_text(gateway, "host"), fb_field_int(gateway, "generation"),
			fb_field_text(gateway, "applied"), fb_field_text(gateway, "applied_by"),
			fb_field_text(gateway, "state"), fb_field_text(gateway, "agent"),
			fb_field_text(gateway, "kernel"), fb_field_text(gateway, "booted"));
	fb_strbuf_add(out,
		      "This shows what the policy says and what the gateway counted; it is evidence, not "
		      "a verdict.\n");
}

void fb_report_markdown(const json_t *numbers, enum fb_report_form form, struct fb_strbuf *out)
{
	const struct heading *order = form == FB_REPORT_NCSC ? ncsc : iec62443;
	FB_CLEANUP(json_decrefp) json_t *report = json_deep_copy(numbers);
	const char *timezone = fb_field_text(report, "timezone");
	const json_t *reg = json_object_get(report, "register");

	say_dates(report, *timezone ? timezone : "UTC");
	fb_strbuf_addf(
		out, "# %s, version %s: %s\n\n", fb_field_text(reg, "policy"), fb_field_text(reg, "version"),
		form == FB_REPORT_NCSC ? "NCSC Connected Places principles" : "IEC 62443 zones and conduits");
	put_origin(report, out);
	for (size_t i = 0; i < FB_ARRAY_SIZE(ncsc); i++) {
		fb_strbuf_addf(out, "\n## %s\n\n", order[i].text);
		put(report, order[i].section, out);
	}
}

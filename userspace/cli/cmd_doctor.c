// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/doctor.h"
#include "cli/facts.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"

struct fb_doctor_ports FB_VEC(struct fb_doctor_port);

static void add_port(struct fb_doctor_ports *ports, const struct fb_ruleset *rs, const struct fb_iface *iface)
{
	struct fb_doctor_port port = { .name = iface->name.s }, *known = &port;

	for (size_t i = 0; i < ports->n; i++)
		if (!strcmp(ports->v[i].name, port.name))
			known = &ports->v[i];
	known->trunk |= iface->vlan > 0;
	for (size_t i = 0; i < rs->wires.n; i++) {
		const struct fb_iface *a = rs->wires.v[i].a, *b = rs->wires.v[i].b;

		if (!strcmp(a->name.s, port.name))
			known->wire = b->name.s;
		else if (!strcmp(b->name.s, port.name))
			known->wire = a->name.s;
	}
	if (known == &port)
		fb_vec_add(ports, port);
}

static void check_named(struct fb_findings *list, const struct fb_ruleset *rs)
{
	struct fb_doctor_ports ports = { 0 };

	for (size_t z = 0; z < rs->zones.n; z++)
		for (size_t i = 0; i < rs->zones.v[z].n_ifaces; i++)
			add_port(&ports, rs, &rs->zones.v[z].ifaces[i]);
	fb_doctor_ifaces(list, ports.v, ports.n);
	fb_vec_done(&ports);
}

static int check_interfaces(struct fb_findings *list, const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	FB_CLEANUP(fb_facts_done) struct fb_facts facts = { 0 };
	struct fb_doctor_ports ports = { 0 };
	struct fb_error err = { 0 };

	if (call->n_args) {
		if (fb_policy_load(&policy, call->args[0], &err) < 0) {
			fb_complain("%s", err.text);
			return FB_EXIT_HOST;
		}
		if (policy.errors) {
			fb_policy_complain(&policy);
			return FB_EXIT_POLICY;
		}
		check_named(list, &policy.ruleset);
		return FB_EXIT_OK;
	}
	if (fb_facts_read(&facts, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	/* Devices that no zone can have (S5) and that nobody uses would only be noise. */
	for (size_t i = 0; i < facts.ifaces.n; i++) {
		const struct fb_facts_iface *f = &facts.ifaces.v[i];

		if (!f->refused[0] && !strcmp(f->name, f->port))
			fb_vec_add(&ports, (struct fb_doctor_port){ .name = f->name });
	}
	fb_doctor_ifaces(list, ports.v, ports.n);
	fb_vec_done(&ports);
	return FB_EXIT_OK;
}

/*
 * What the interfaces say is enforced all the same. No failure: before a first install it is so on every host, and this is
 * asked then.
 */
static void add_silence(struct fb_findings *list, const char *what)
{
	if (list->ours)
		fb_finding_add(list, FB_HEALTH_WARN, "agent", "systemctl status firebreakd",
			       "%s; %u interface%s on enforcing without it", what, list->ours,
			       list->ours == 1 ? " goes" : "s go");
	else if (list->unknown)
		fb_finding_add(list, FB_HEALTH_WARN, "agent", "run doctor as root",
			       "%s; whether anything is enforced only root sees", what);
	else
		fb_finding_add(list, FB_HEALTH_WARN, "agent",
			       "systemctl start firebreakd, then firebreak apply",
			       "%s, and nothing is enforced on these interfaces", what);
}

/* Asked here and not through live.c: that nobody answers is a finding, not a failure. */
static void check_agent(struct fb_findings *list, const struct fb_call *call)
{
	fb_autofree char *none = NULL;
	json_t *answer = NULL;

	if (asprintf(&none, "no agent that you may ask on %s", fb_live_socket(call)) < 0)
		abort();
	if (!fb_live_exists(call)) {
		add_silence(list, none);
		return;
	}
	if (fb_live_get(call, "/v1/status", &answer)) {
		add_silence(list, "does not answer");
		return;
	}

	const char *state = fb_field_text(answer, "state"), *why = fb_field_text(answer, "why");
	bool enforces = !strcmp(state, "enforcing");

	fb_finding_add(list,
		       *why	  ? FB_HEALTH_FAIL
		       : enforces ? FB_HEALTH_OK
				  : FB_HEALTH_WARN,
		       "agent", enforces ? NULL : "firebreak status says more", "%s, generation %lld%s%s",
		       state, fb_field_int(answer, "generation"), *why ? ": " : "", why);
	json_decref(answer);
}

static const char *const health_names[] = { "ok", "warn", "fail" };

/* Not a table: what to do must be readable whole, also on a narrow terminal. */
static void print(const struct fb_findings *list)
{
	static const enum fb_colour colours[] = { FB_GREEN, FB_YELLOW, FB_RED };
	struct fb_screen screen = fb_screen_of(stdout);
	unsigned int width = 0, n[FB_HEALTH_FAIL + 1] = { 0 };

	for (size_t i = 0; i < list->v.n; i++) {
		unsigned int w = fb_text_width(list->v.v[i].what);

		width = w > width ? w : width;
	}
	for (size_t i = 0; i < list->v.n; i++) {
		const struct fb_finding *f = &list->v.v[i];
		fb_autostrbuf struct fb_strbuf out = { 0 };

		fb_strbuf_addf(&out, "%s%-4s%s  %-*s  ", fb_colour_begin(&screen, colours[f->health]),
			       health_names[f->health], fb_colour_end(&screen, colours[f->health]),
			       (int)width, f->what);
		fb_text_wrap(&out, f->state, width + 8, width + 8, screen.width);
		if (f->advice[0]) {
			fb_strbuf_add(&out, "      -> ");
			fb_text_wrap(&out, f->advice, 9, 9, screen.width);
		}
		fputs(fb_strbuf_get(&out), stdout);
		n[f->health]++;
	}
	printf("%u failure%s, %u warning%s\n", n[FB_HEALTH_FAIL], n[FB_HEALTH_FAIL] == 1 ? "" : "s",
	       n[FB_HEALTH_WARN], n[FB_HEALTH_WARN] == 1 ? "" : "s");
}

static json_t *to_json(const struct fb_findings *list)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < list->v.n; i++) {
		const struct fb_finding *f = &list->v.v[i];

		json_array_append_new(findings,
				      json_pack("{ss ss ss ss}", "health", health_names[f->health], "what",
						f->what, "state", f->state, "advice", f->advice));
	}
	return json_pack("{ss ss so}", "schema", "firebreak.doctor/1", "health", health_names[list->worst],
			 "findings", findings);
}

int fb_cmd_doctor(const struct fb_call *call)
{
	FB_CLEANUP(fb_findings_done) struct fb_findings list = { 0 };
	int r;

	fb_doctor_host(&list);
	r = check_interfaces(&list, call);
	if (r)
		return r;
	check_agent(&list, call);
	if (call->json)
		fb_json_put(to_json(&list));
	else
		print(&list);
	return list.worst == FB_HEALTH_FAIL ? FB_EXIT_POLICY : FB_EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator's switches, thrown. Each act: what it would come to, the guard of the operator's own session, the line of
 * the audit log, the file, and then the data plane; a failure on the way leaves what was.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/log.h"

/* ---- through starts and policies ---- */

static void merge_live(const struct fb_agent *agent, struct fb_switches_wanted *want)
{
	__u64 live[FB_ZONES_MAX];

	fb_dataplane_get_cuts(agent->dp, live);
	for (unsigned int zone = 0; zone < FB_ZONES_MAX; zone++)
		want->cut[zone] |= live[zone];
}

static int cover(struct fb_agent *agent, const struct fb_generation *next, struct fb_error *err)
{
	struct fb_switches_wanted want;
	int r;

	fb_switch_want(&agent->switches, next, &want);
	merge_live(agent, &want);
	r = fb_dataplane_set_switches(agent->dp, &want, err);
	fb_switches_wanted_done(&want);
	return r;
}

int fb_agent_switches_open(struct fb_agent *agent, struct fb_error *err)
{
	int r = fb_switch_state_read(agent->config->state_dir, &agent->switches, err);

	if (r < 0)
		return fb_error_prefix(err, "what is isolated and quarantined is not known");
	for (size_t i = 0; i < agent->switches.isolations.n; i++)
		fb_log(FB_LOG_WARNING, "isolation plan %s is active", agent->switches.isolations.v[i].plan);
	for (size_t i = 0; i < agent->switches.quarantines.n; i++)
		fb_log(FB_LOG_WARNING, "%s is in quarantine", agent->switches.quarantines.v[i].name);
	return cover(agent, NULL, err);
}

int fb_agent_switches_cover(struct fb_agent *agent, const struct fb_generation *next, struct fb_error *err)
{
	return cover(agent, next, err);
}

void fb_agent_switches_settle(struct fb_agent *agent)
{
	struct fb_switches_wanted want;
	struct fb_error err = { 0 };

	if (agent->generation && fb_switch_follow(&agent->switches, agent->generation, &agent->host) &&
	    fb_agent_write_switches(agent, &err) < 0)
		err = (struct fb_error){ 0 }; /* said, and tried again */
	fb_switch_want(&agent->switches, agent->generation, &want);
	if (fb_dataplane_set_switches(agent->dp, &want, &err) < 0)
		fb_log(FB_LOG_ERROR, "%s", err.text);
	fb_switches_wanted_done(&want);
}

/* ---- acts ---- */

/* Does the state, as it is about to be, leave the operator's session alone? */
static int guard(const struct fb_agent *agent, const struct fb_change *change,
		 const struct fb_switches_wanted *want, struct fb_strbuf *text, struct fb_error *err)
{
	struct fb_lockout_case c = {
		.session = &change->session,
		.candidate = agent->generation,
		.ports = &agent->ports,
		.host = &agent->host,
		.management = (const char *const *)agent->config->management.v,
		.switches = want,
	};
	struct fb_openings openings;
	enum fb_lockout verdict;

	if (!agent->generation) /* nothing passes that it could judge */
		return 0;
	fb_agent_when(agent, &agent->generation->ruleset, &openings, &c.when);
	verdict = fb_lockout_judge(&c, text, NULL);
	fb_vec_done(&openings);
	if (verdict == FB_LOCKOUT_CUT && !change->allow_lockout)
		return fb_error_set(err, -EACCES,
				    "this would cut the session that it comes by; with --allow-lockout it is "
				    "done all the same");
	return 0;
}

/* Writes the state down and puts it in force. On failure the file is as it may be: the caller has undone, and calls again. */
static int enforce(struct fb_agent *agent, struct fb_error *err)
{
	struct fb_switches_wanted want;
	int r = fb_agent_write_switches(agent, err);

	if (r < 0)
		return r;
	fb_switch_want(&agent->switches, agent->generation, &want);
	r = fb_dataplane_set_switches(agent->dp, &want, err);
	fb_switches_wanted_done(&want);
	return r;
}

/* The state holds already what is to be added. */
static int throw(struct fb_agent * agent, const struct fb_change *change, const char *object,
		 const char *reason, struct fb_strbuf *text, struct fb_error *err)
{
	struct fb_switches_wanted want;
	int r;

	fb_switch_want(&agent->switches, agent->generation, &want);
	r = guard(agent, change, &want, text, err);
	fb_switches_wanted_done(&want);
	if (r == 0)
		r = fb_agent_audit_act(agent, change, object, reason, err);
	if (r < 0)
		return r;
	r = enforce(agent, err);
	if (r < 0)
		fb_agent_audit_failed(agent, change, object, err);
	return r;
}

/* What the guard would say of it. */
static int rehearse(const struct fb_agent *agent, const struct fb_change *change, struct fb_strbuf *text)
{
	struct fb_switches_wanted want;
	struct fb_error ignored = { 0 };

	fb_switch_want(&agent->switches, agent->generation, &want);
	guard(agent, change, &want, text, &ignored);
	fb_switches_wanted_done(&want);
	return 0;
}

static struct fb_switch_note note_of(const struct fb_change *change, const char *reason)
{
	struct fb_switch_note note = { strdup(change->who ? change->who : ""), strdup(reason),
				       fb_clock_now() };

	if (!note.who || !note.reason)
		abort();
	return note;
}

static void take_back(struct fb_agent *agent)
{
	struct fb_error err = { 0 };

	if (enforce(agent, &err) < 0)
		fb_log(FB_LOG_ERROR, "what was isolated and quarantined could not be put back: %s", err.text);
}

static int no_plan(const struct fb_generation *generation, const char *plan, struct fb_error *err)
{
	struct FB_VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; generation && i < generation->ruleset.isolates.n; i++)
		fb_vec_add(&names, generation->ruleset.isolates.v[i].name);
	near = fb_suggest(plan, names.v, names.n);
	fb_vec_done(&names);
	if (near)
		return fb_error_set(err, -ENOENT, "no isolation plan \"%s\": did you mean \"%s\"?", plan,
				    near);
	return fb_error_set(err, -ENOENT,
			    "the policy in force has no isolation plan \"%s\"; \"firebreak isolate\" lists "
			    "its plans",
			    plan);
}

int fb_agent_isolate(struct fb_agent *agent, const struct fb_change *change, const char *plan,
		     const char *reason, struct fb_strbuf *ret_text, struct fb_error *err)
{
	const struct fb_isolate *found = fb_switch_plan(agent->generation, plan);
	struct fb_isolation one = { 0 };
	int r;

	if (!found)
		return no_plan(agent->generation, plan, err);
	if (fb_switch_find_plan(&agent->switches, plan) >= 0)
		return 1;
	one.plan = strdup(plan);
	if (!one.plan)
		abort();
	one.note = note_of(change, reason ? reason : "");
	fb_switch_note_plan(&one, &agent->generation->ruleset, found);
	fb_vec_add(&agent->switches.isolations, one);
	r = reason ? throw(agent, change, plan, reason, ret_text, err) : rehearse(agent, change, ret_text);
	if (r < 0 || !reason) {
		agent->switches.isolations.n--;
		fb_isolation_done(&one);
		if (r < 0 && r != -EACCES)
			take_back(agent);
		return r;
	}
	fb_log(FB_LOG_WARNING, "isolation plan %s is active: %s, %s", plan, change->who, reason);
	return 0;
}

int fb_agent_quarantine(struct fb_agent *agent, const struct fb_change *change, const char *x,
			const char *reason, struct fb_strbuf *ret_text, struct fb_error *err)
{
	struct fb_quarantine one;
	int r;

	if (fb_switch_plan(agent->generation, x)) /* a release of it would be one of two */
		return fb_error_set(
			err, -EINVAL,
			"%s is also the name of an isolation plan: quarantine the device by its address", x);
	r = fb_quarantine_resolve(x, agent->generation, &agent->host, &one, err);
	if (r < 0)
		return r;
	if (fb_switch_find_quarantine(&agent->switches, one.name) >= 0) {
		fb_quarantine_done(&one);
		return 1;
	}
	one.note = note_of(change, reason);
	fb_vec_add(&agent->switches.quarantines, one);
	r = throw(agent, change, one.name, reason, ret_text, err);
	if (r < 0) {
		agent->switches.quarantines.n--;
		if (r != -EACCES)
			take_back(agent);
		fb_quarantine_done(&one);
		return r;
	}
	fb_log(FB_LOG_WARNING, "%s is in quarantine: %s, %s", one.name, change->who, reason);
	return 0;
}

/* By the name that `quarantine` was given, in whatever way a MAC address is written. */
static int find_quarantine(const struct fb_agent *agent, const char *x)
{
	char text[FB_MAC_STRLEN];
	__u8 mac[6];

	if (fb_mac_parse(x, strlen(x), mac) == 0)
		x = fb_mac_print(mac, text);
	return fb_switch_find_quarantine(&agent->switches, x);
}

#define remove_at(list, i, ret)                                            \
	do {                                                               \
		*(ret) = (list)->v[i];                                     \
		memmove(&(list)->v[i], &(list)->v[(i) + 1],                \
			((list)->n - (size_t)(i)-1) * sizeof(*(list)->v)); \
		(list)->n--;                                               \
	} while (0)

/* The file first: an agent that is killed in between opens at its next start what was released. */
static int release_plan(struct fb_agent *agent, const struct fb_change *change, int i, const char *reason,
			struct fb_error *err)
{
	struct fb_isolation one;
	int r = fb_agent_audit_act(agent, change, agent->switches.isolations.v[i].plan, reason, err);

	if (r < 0)
		return r;
	remove_at(&agent->switches.isolations, i, &one);
	r = enforce(agent, err);
	if (r < 0) {
		fb_vec_add(&agent->switches.isolations, one);
		take_back(agent);
		fb_agent_audit_failed(agent, change, one.plan, err);
		return r;
	}
	fb_log(FB_LOG_NOTICE, "isolation plan %s is released by %s", one.plan, change->who);
	fb_isolation_done(&one);
	return 0;
}

static int release_quarantine(struct fb_agent *agent, const struct fb_change *change, int i,
			      const char *reason, struct fb_error *err)
{
	struct fb_quarantine one;
	int r = fb_agent_audit_act(agent, change, agent->switches.quarantines.v[i].name, reason, err);

	if (r < 0)
		return r;
	remove_at(&agent->switches.quarantines, i, &one);
	r = enforce(agent, err);
	if (r < 0) {
		fb_vec_add(&agent->switches.quarantines, one);
		take_back(agent);
		fb_agent_audit_failed(agent, change, one.name, err);
		return r;
	}
	fb_log(FB_LOG_NOTICE, "%s is out of quarantine, by %s", one.name, change->who);
	fb_quarantine_done(&one);
	return 0;
}

int fb_agent_unswitch(struct fb_agent *agent, const struct fb_change *change, const char *x,
		      const char *reason, struct fb_error *err)
{
	int plan = fb_switch_find_plan(&agent->switches, x), quarantine = find_quarantine(agent, x);

	if (plan >= 0)
		return release_plan(agent, change, plan, reason, err);
	if (quarantine >= 0)
		return release_quarantine(agent, change, quarantine, reason, err);
	return fb_error_set(
		err, -ENOENT,
		"\"%s\" is no active plan and nothing that is quarantined; \"firebreak isolate\" and "
		"\"firebreak quarantine\" list what is",
		x);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "agent/advice.h"
#include "agent/agent.h"
#include "agent/store.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"

/* What an apply has done so far, to be undone when a later step fails. */
struct attempt {
	struct fb_generation *generation;
	struct fb_portset ports;
	const struct fb_change *change;
	struct FB_VEC(__u32) attached; /* by this attempt */
	bool stored, tried, committed;
	struct fb_moment adopted; /* agent->adopt_until as it was */
	__u32 current;		  /* what `current` named before */
	struct fb_trial trial;	  /* that the policy will be on */
	char **ret_session;
};

static void undo(struct fb_agent *agent, struct attempt *try)
{
	struct fb_error err = { 0 };

	agent->adopt_until = try->adopted;
	if (try->tried &&
	    (agent->trial.generation ? fb_trial_write(agent->config->state_dir, &agent->trial, &err)
				     : fb_trial_remove(agent->config->state_dir, &err)) < 0)
		fb_log(FB_LOG_WARNING, "%s", err.text); /* of a generation that is not enforced: void */
	if (try->committed && fb_store_commit(agent->config->state_dir, try->current, &err) < 0)
		fb_log(FB_LOG_ERROR, "a restart would put generation %u in force: %s",
		       try->generation->bundle.generation, err.text);
	if (try->stored)
		fb_store_forget(agent->config->state_dir, try->generation->bundle.generation);
	for (size_t i = 0; i < try->attached.n; i++)
		if (fb_agent_release(agent, try->attached.v[i], &err) < 0)
			fb_log(FB_LOG_WARNING, "device %u stays closed: %s", try->attached.v[i], err.text);
	/* without a policy that can be read, nobody knows what they were */
	if (agent->generation && fb_agent_tables(agent, &agent->ports, &err) < 0)
		fb_log(FB_LOG_ERROR, "%s", err.text);
	fb_agent_switches_settle(agent);
	fb_generation_free(try->generation);
	fb_ports_done(&try->ports);
	fb_vec_done(&try->attached);
}

/* Interfaces that are there must be usable; those that are not are closed and said. */
static int judge_ports(const struct attempt *try, struct fb_strbuf *text, struct fb_error *err)
{
	const struct fb_ruleset *rs = &try->generation->ruleset;

	for (size_t i = 0; i < try->ports.v.n; i++) {
		const struct fb_port *port = &try->ports.v.v[i];

		if (port->refused)
			return fb_error_set(err, -EOPNOTSUPP, "zone %s: %s",
					    fb_ruleset_zone_name(rs, port->zone), port->why);
		if (!port->ifindex)
			fb_strbuf_addf(text, "warning: %s (zone %s)\n", port->why,
				       fb_ruleset_zone_name(rs, port->zone));
	}
	return 0;
}

/* Before the switch: what is attached and in no zone of the image in force drops all, and is closed. */
static int attach_all(struct fb_agent *agent, struct attempt *try, struct fb_error *err)
{
	for (size_t i = 0; i < try->ports.v.n; i++) {
		const struct fb_port *port = &try->ports.v.v[i];
		bool is_new = false;
		int r = port->ifindex ? fb_agent_protect(agent, &try->ports, port, &is_new, err) : 0;

		if (is_new)
			fb_vec_add(&try->attached, port->ifindex);
		if (r < 0)
			return fb_error_prefix(err, "zone %s",
					       fb_ruleset_zone_name(&try->generation->ruleset, port->zone));
	}
	return 0;
}

static bool is_port(const struct fb_portset *ports, __u32 device)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (ports->v.v[i].device == device)
			return true;
	return false;
}

/* The operator's own session, as the policy would have it. */
static int judge_session(const struct fb_agent *agent, struct attempt *try, struct fb_error *err)
{
	struct fb_lockout_case c = {
		.session = &try->change->session,
		.candidate = try->generation,
		.ports = &try->ports,
		.host = &agent->host,
		.management = (const char *const *)agent->config->management.v,
	};
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_switches_wanted want;
	struct fb_openings openings;
	enum fb_lockout verdict;
	__u32 device;

	fb_agent_when(agent, &try->generation->ruleset, &openings, &c.when);
	fb_switch_want(&agent->switches, try->generation, &want);
	c.switches = &want;
	verdict = fb_lockout_judge(&c, &text, &device);
	fb_switches_wanted_done(&want);
	fb_vec_done(&openings);
	if (verdict == FB_LOCKOUT_KEPT && device && !fb_agent_device(agent, device) &&
	    is_port(&try->ports, device) && !try->change->adopt)
		fb_strbuf_add(&text,
			      "this session began before its interface was guarded: it ends, log in again\n");
	free(*try->ret_session);
	*try->ret_session = fb_strbuf_steal(&text);
	if (verdict == FB_LOCKOUT_CUT && !try->change->allow_lockout)
		return fb_error_set(
			err, -EACCES,
			"this policy would cut the session that it comes by; with --allow-lockout it "
			"is applied all the same");
	return 0;
}

/* What is in force must be on disk before something can be on trial in its place. */
static int prepare_trial(struct fb_agent *agent, struct attempt *try, struct fb_error *err)
{
	int r = 0;

	if (!try->change->confirm)
		return 0;
	if (!agent->generation && fb_dataplane_generation(agent->dp))
		return fb_error_set(
			err, -EBUSY,
			"what is in force cannot be read (%.200s), so there would be nothing to go back "
			"to: apply with --no-confirm",
			agent->unreadable);
	if (agent->unkept)
		r = fb_agent_keep(agent, err);
	if (r == 0)
		r = fb_moment_now(&try->trial.deadline, err);
	try->trial.generation = try->generation->bundle.generation;
	try->trial.deadline.ns += try->change->confirm * 1000000000ull;
	if (agent->trial.generation)
		try->trial.previous = agent->trial.previous;
	else if (agent->generation)
		try->trial.previous = agent->generation->bundle.generation;
	return r;
}

static int prepare_adoption(struct fb_agent *agent, struct attempt *try, struct fb_error *err)
{
	int r;

	agent->adopt_until = (struct fb_moment){ 0 };
	if (!try->change->adopt)
		return 0;
	r = fb_moment_now(&agent->adopt_until, err);
	agent->adopt_until.ns += try->change->adopt * 1000000000ull;
	return r;
}

static int write_down(struct fb_agent *agent, struct attempt *try, struct fb_error *err)
{
	const char *dir = agent->config->state_dir;
	const struct fb_bundle *bundle = &try->generation->bundle;
	int r;

	try->stored = true; /* perhaps: a failed sync leaves the file */
	r = fb_store_write(dir, bundle, &agent->host, err);
	if (r == 0 && try->trial.generation) {
		try->tried = true; /* likewise */
		r = fb_trial_write(dir, &try->trial, err);
	}
	if (r == 0)
		r = fb_agent_audit(agent, try->change, bundle->reason, bundle->generation, err);
	return r;
}

/*
 * The last step before the switch, so that what was answered is on disk. Who dies in between finds the new
 * policy in `current` at the next start, and puts it in force.
 */
static int commit(struct fb_agent *agent, struct attempt *try, struct fb_error *err)
{
	const char *dir = agent->config->state_dir;
	int r;

	if (try->trial.generation)
		return 0;
	r = fb_store_current(dir, &try->current, err);
	if (r < 0)
		try->current = 0; /* what cannot be read is no worse for being written anew */
	try->committed = true;
	return fb_store_commit(dir, try->generation->bundle.generation, err);
}

static void advise(const struct fb_agent *agent, const struct attempt *try, struct fb_strbuf *text)
{
	struct fb_advice_case c = { .candidate = try->generation,
				    .ports = &try->ports,
				    .host = &agent->host,
				    .rescue = &agent->config->rescue,
				    .now = fb_clock_now() };

	fb_advice(&c, text);
}

/* Everything that can fail, in the order in which it is cheapest to undo. */
static int prepare(struct fb_agent *agent, struct attempt *try, struct fb_strbuf *text, struct fb_error *err)
{
	struct fb_bundle *bundle = &try->generation->bundle;
	int r;

	fb_ports_resolve(&try->generation->ruleset, &agent->host, &try->ports);
	r = judge_ports(try, text, err);
	if (r == 0)
		advise(agent, try, text);
	if (r == 0)
		r = fb_switch_allows(&agent->switches, try->generation, err);
	if (r == 0)
		r = judge_session(agent, try, err);
	if (r == 0)
		r = prepare_trial(agent, try, err);
	if (r == 0)
		r = prepare_adoption(agent, try, err);
	if (r == 0)
		r = fb_agent_compile(agent, try->generation, &try->ports, bundle->generation,
				     try->change->confirm != 0, err);
	if (r == 0)
		r = attach_all(agent, try, err);
	if (r == 0)
		r = write_down(agent, try, err);
	/*
	 * own addresses before the first packet is judged by the new policy: an unknown one would be
	 * somebody's
	 */
	if (r == 0)
		r = fb_agent_tables(agent, &try->ports, err);
	if (r == 0)
		r = fb_agent_switches_cover(agent, try->generation, err);
	if (r == 0)
		r = commit(agent, try, err);
	return r;
}

/* Of a policy on trial, what was good before stays at hand; what is good ends any trial. */
static void take_over(struct fb_agent *agent, struct attempt *try)
{
	agent->unkept = false;
	if (!try->trial.generation) {
		fb_generation_free(agent->generation);
		agent->generation = try->generation;
		fb_agent_end_trial(agent);
		return;
	}
	if (agent->trial.generation) {
		fb_generation_free(agent->generation);
	} else {
		fb_generation_free(agent->good);
		agent->good = agent->generation;
	}
	agent->generation = try->generation;
	agent->trial = try->trial;
}

static void settle(struct fb_agent *agent, struct attempt *try)
{
	const struct fb_bundle *bundle = &try->generation->bundle;

	take_over(agent, try);
	fb_ports_done(&agent->ports);
	agent->ports = try->ports;
	agent->unreadable[0] = 0;
	fb_vec_done(&try->attached);
	fb_agent_release_others(agent, &agent->ports);
	fb_agent_switches_settle(agent);
	agent->stale = false;
	fb_agent_follow_schedule(agent, &(struct fb_error){ 0 });
	fb_agent_rescue(agent);
	fb_log(FB_LOG_NOTICE, "generation %u in force: \"%s\"%s%s, applied by %s%s%s", bundle->generation,
	       agent->generation->ruleset.name, *agent->generation->ruleset.version ? " version " : "",
	       agent->generation->ruleset.version, bundle->who, *bundle->reason ? ": " : "", bundle->reason);
	if (agent->trial.generation)
		fb_log(FB_LOG_NOTICE, "generation %u ends in %u s unless it is confirmed", bundle->generation,
		       try->change->confirm);
}

static int read_policy(struct fb_agent *agent, struct fb_bundle *bundle, const struct fb_slots *before,
		       struct attempt *try, struct fb_strbuf *text, struct fb_error *err)
{
	char *diagnostics = NULL;
	int r;

	bundle->generation = bundle->first = fb_agent_next_generation(agent);
	bundle->previous = agent->generation ? agent->generation->bundle.generation : 0;
	r = fb_generation_new(bundle, before, &try->generation, &diagnostics);
	fb_strbuf_add(text, diagnostics);
	free(diagnostics);
	return r < 0 ? fb_error_set(err, -EINVAL, "the policy is wrong") : 0;
}

int fb_agent_apply(struct fb_agent *agent, const struct fb_change *change, struct fb_bundle *bundle,
		   char **ret_text, char **ret_session, struct fb_error *err)
{
	static const struct fb_slots none;
	const struct fb_slots *before = agent->generation ? &agent->generation->bundle.slots : &none;
	struct attempt try = { .change = change, .ret_session = ret_session, .adopted = agent->adopt_until };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	int r = read_policy(agent, bundle, before, &try, &text, err);

	if (r < 0) {
		agent->apply_failures++;
		*ret_text = fb_strbuf_steal(&text);
		return r;
	}
	r = fb_watch_refresh(agent->watch, err);
	if (r == 0)
		r = prepare(agent, &try, &text, err);
	if (r == 0) {
		fb_agent_clear_counters(agent, before, &try.generation->bundle.slots);
		r = fb_dataplane_switch_image(agent->dp, err);
	}
	if (r < 0) {
		*ret_text = fb_strbuf_steal(&text);
		agent->apply_failures++;
		if (fb_audit_generation(agent->audit) == try.generation->bundle.generation)
			fb_agent_audit_failed(agent, change, NULL, err);
		undo(agent, &try);
		return r == -EINVAL ? -EIO : r; /* -EINVAL is the policy's */
	}
	settle(agent, &try);
	*ret_text = fb_strbuf_steal(&text);
	return 0;
}

int fb_agent_rollback_bundle(const struct fb_agent *agent, __u32 generation, struct fb_bundle *ret,
			     struct fb_error *err)
{
	const char *dir = agent->config->state_dir;
	struct fb_bundle now;
	int r;

	if (!generation && agent->generation) {
		generation = agent->generation->bundle.previous;
		/* of a rollback, what was before the one that it went back to: again is one further back */
		if (agent->generation->bundle.rollback_of &&
		    fb_store_read(dir, agent->generation->bundle.rollback_of, &now, err) == 0) {
			generation = now.previous;
			fb_bundle_done(&now);
		}
	}
	if (!generation)
		return fb_error_set(err, -ENOENT, "there is no generation before this one");
	r = fb_store_find(dir, generation, ret, err);
	if (r == -ENOENT)
		return fb_error_set(err, r,
				    "generation %u is not stored; \"firebreak history\" lists those that are",
				    generation);
	if (r == 0)
		ret->rollback_of = ret->generation;
	return r;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a policy on trial, and the ways back. A way back must not fail for a reason that an apply may fail
 * for: like a start, it closes what cannot be protected and goes on.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/store.h"
#include "base/clock.h"
#include "base/log.h"

/* ---- the disk ---- */

int fb_agent_keep(struct fb_agent *agent, struct fb_error *err)
{
	const char *dir = agent->config->state_dir;
	const struct fb_bundle *bundle = &agent->generation->bundle;
	int r = fb_store_write(dir, bundle, &agent->host, err);

	if (r == 0 && agent->trial.generation) {
		agent->trial.generation = bundle->generation;
		r = fb_trial_write(dir, &agent->trial, err);
	} else if (r == 0) {
		r = fb_store_commit(dir, bundle->generation, err);
		if (r == 0)
			agent->unwritten.current = false;
	}
	if (r < 0 && !agent->unkept)
		fb_log(FB_LOG_ERROR, "generation %u is in force, but this cannot be written down: %s",
		       bundle->generation, err->text);
	if (r == 0 && agent->unkept)
		fb_log(FB_LOG_NOTICE, "generation %u is written down now", bundle->generation);
	agent->unkept = r < 0;
	return r;
}

void fb_agent_end_trial(struct fb_agent *agent)
{
	struct fb_error err = { 0 };

	agent->trial = (struct fb_trial){ 0 };
	fb_generation_free(FB_STEAL(agent->good));
	/* one that stays is void: `current` is not older than what it names */
	if (fb_trial_remove(agent->config->state_dir, &err) < 0)
		fb_log(FB_LOG_WARNING, "%s", err.text);
}

/* ---- no policy ---- */

void fb_agent_rescue(struct fb_agent *agent)
{
	bool closed = fb_dataplane_generation(agent->dp) == 0;
	struct fb_error err = { 0 };

	if (fb_dataplane_rescue(agent->dp, closed ? &agent->config->rescue : NULL, &err) < 0)
		fb_log(FB_LOG_ERROR, "%s", err.text);
}

int fb_agent_close_down(struct fb_agent *agent, struct fb_error *err)
{
	struct fb_portset none = { 0 };
	struct fb_error ignored = { 0 };
	int r = fb_dataplane_drop_image(agent->dp, err);

	if (r < 0)
		return r;
	fb_generation_free(FB_STEAL(agent->generation));
	fb_ports_done(&agent->ports);
	fb_agent_release_others(agent, &none);
	fb_dataplane_set_self(agent->dp, NULL, 0, &ignored);
	fb_dataplane_set_egress(agent->dp, NULL, 0, &ignored);
	agent->tables_known = false;
	agent->trouble[0] = 0;
	fb_agent_rescue(agent);
	return 0;
}

/* ---- back ---- */

/* 1 = *ret is the last good generation, 0 = there was no policy. */
static int last_good(struct fb_agent *agent, struct fb_generation **ret, struct fb_error *err)
{
	const char *dir = agent->config->state_dir;
	struct fb_bundle bundle;
	char *diagnostics = NULL;
	__u32 number;
	int r;

	if (agent->good) {
		*ret = FB_STEAL(agent->good);
		return 1;
	}
	r = fb_store_current(dir, &number, err);
	if (r < 0 || number == 0)
		return r;
	r = fb_store_read(dir, number, &bundle, err);
	if (r == 0 && fb_generation_new(&bundle, NULL, ret, &diagnostics) < 0)
		r = fb_error_set(err, -EINVAL, "generation %u is not accepted any more: %.300s", number,
				 diagnostics);
	free(diagnostics);
	return r < 0 ? r : 1;
}

void fb_agent_mark_return(struct fb_bundle *bundle, __u32 from, const char *who, const char *why)
{
	free(bundle->who);
	free(bundle->reason);
	bundle->who = strdup(who ? who : "firebreakd");
	bundle->reason = strdup(why);
	if (!bundle->who || !bundle->reason)
		abort();
	bundle->rollback_of = bundle->generation;
	bundle->first = 0; /* it gets a number of its own */
	bundle->previous = from;
	bundle->applied = fb_clock_now();
}

/* In force, whatever of the host has changed since; or the reason is in agent->trouble, and it is tried again. */
static int resume(struct fb_agent *agent, struct fb_generation *good, struct fb_error *err)
{
	static const struct fb_slots none;

	fb_agent_clear_counters(agent, agent->generation ? &agent->generation->bundle.slots : &none,
				&good->bundle.slots);
	fb_generation_free(agent->generation);
	agent->generation = good;
	agent->adopt_until = (struct fb_moment){ 0 };
	agent->trial = (struct fb_trial){ 0 }; /* what is stored from here is good */
	fb_ports_done(&agent->ports);
	fb_agent_reconcile(agent);
	if (fb_dataplane_generation(agent->dp) != good->bundle.generation)
		return fb_error_set(err, -EIO, "%s", agent->trouble);
	fb_agent_release_others(agent, &agent->ports);
	return 0;
}

int fb_agent_revert(struct fb_agent *agent, const struct fb_change *change, const char *why,
		    struct fb_error *err)
{
	struct fb_trial over = agent->trial;
	struct fb_generation *good = NULL;
	struct fb_error ignored = { 0 };
	__u32 tried = agent->trial.generation;
	int r, there;

	over.deadline.ns = 0;
	/* a start that comes in between must not go on with the trial: without its bundle it cannot */
	if (fb_trial_write(agent->config->state_dir, &over, &ignored) < 0)
		fb_store_forget(agent->config->state_dir, tried);
	there = last_good(agent, &good, err);
	if (there < 0)
		return there;
	if (fb_agent_audit(agent, change, why, good ? fb_agent_next_generation(agent) : 0, &ignored) < 0)
		fb_log(FB_LOG_ERROR, "a change is not in the audit log: %s", ignored.text);
	if (good)
		fb_agent_mark_return(&good->bundle, tried, change->who, why);
	r = good ? resume(agent, good, err) : fb_agent_close_down(agent, err);
	if (r < 0)
		return r;
	if (!agent->unkept)
		fb_agent_end_trial(agent);
	agent->trial = (struct fb_trial){ 0 };
	fb_log(FB_LOG_WARNING, "%s: %s", why,
	       good ? "back to the last good policy" : "back to no policy: everything is dropped");
	return 0;
}

int fb_agent_confirm(struct fb_agent *agent, const struct fb_change *change, struct fb_error *err)
{
	__u32 number = agent->trial.generation, good = 0;
	struct fb_trial trial = agent->trial;
	int r;

	if (!number)
		return fb_error_set(err, -ENOENT, "no policy is waiting to be confirmed");
	r = fb_store_current(agent->config->state_dir, &good, err);
	if (r == 0)
		r = fb_agent_audit(agent, change, NULL, number, err);
	if (r < 0)
		return r;
	agent->trial.generation = 0;
	r = fb_agent_keep(agent, err);
	if (r < 0) { /* the trial goes on: what is not on disk is not confirmed */
		agent->trial = trial;
		agent->unkept = false;
		fb_agent_restore_current(agent, good);
		fb_agent_audit_failed(agent, change, NULL, err);
		return r;
	}
	fb_agent_end_trial(agent);
	fb_log(FB_LOG_NOTICE, "generation %u is confirmed by %s", number, change->who);
	return 0;
}

int fb_agent_extend(struct fb_agent *agent, const struct fb_change *change, struct fb_error *err)
{
	struct fb_trial longer = agent->trial;
	char text[64];
	int r;

	if (!longer.generation)
		return fb_error_set(err, -ENOENT, "no policy is waiting to be confirmed");
	r = fb_moment_now(&longer.deadline, err);
	if (r < 0)
		return r;
	longer.deadline.ns += change->confirm * 1000000000ull;
	snprintf(text, sizeof(text), "%u seconds from now", change->confirm);
	r = fb_agent_audit(agent, change, text, longer.generation, err);
	if (r == 0)
		r = fb_trial_write(agent->config->state_dir, &longer, err);
	if (r == 0)
		agent->trial = longer;
	return r;
}

/* The next image of the same policy has no mark. */
static void end_adoption(struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	struct fb_moment now;

	if (!agent->adopt_until.ns || fb_moment_now(&now, &err) < 0 || now.ns < agent->adopt_until.ns)
		return;
	agent->adopt_until = (struct fb_moment){ 0 };
	fb_ports_done(&agent->ports); /* nothing is as the image has it */
	fb_agent_reconcile(agent);
	fb_log(FB_LOG_NOTICE, "no TCP connection is taken up without its handshake any more");
}

void fb_agent_tend(struct fb_agent *agent)
{
	static const struct fb_change change = { .what = "revert", .uid = -1 };
	struct fb_error err = { 0 };
	struct fb_moment now;
	char why[96];

	fb_agent_tend_unwritten(agent);
	if (agent->unkept && agent->generation && fb_agent_keep(agent, &err) == 0 && !agent->trial.generation)
		fb_agent_end_trial(agent);
	end_adoption(agent);
	if (!agent->trial.generation || fb_moment_now(&now, &err) < 0 || fb_trial_left(&agent->trial, &now))
		return;
	snprintf(why, sizeof(why), "generation %u was not confirmed in time", agent->trial.generation);
	if (fb_agent_revert(agent, &change, why, &err) == 0)
		return;
	if (strcmp(agent->trouble, err.text)) /* tried every second, said once */
		fb_log(FB_LOG_ERROR, "%s, and the last good policy cannot be put in force: %s", why,
		       err.text);
	snprintf(agent->trouble, sizeof(agent->trouble), "%s", err.text);
}

__u64 fb_agent_tend_in(const struct fb_agent *agent)
{
	const __u64 second = 1000000, deadline = agent->trial.deadline.ns;
	struct fb_error ignored = { 0 };
	struct fb_moment now;

	if (!agent->trial.generation || fb_moment_now(&now, &ignored) < 0 || now.ns >= deadline)
		return second;
	return (deadline - now.ns) / 1000 < second ? (deadline - now.ns) / 1000 + 1 : second;
}

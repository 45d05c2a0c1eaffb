// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "agent/adopt.h"
#include "agent/agent.h"
#include "agent/store.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"

int fb_agent_open(struct fb_agent *agent, const struct fb_agent_config *config, struct fb_error *err)
{
	struct fb_dataplane_options options = {
		.run_dir = config->run_dir,
		.flow_buckets = config->flow_buckets,
		.large_image = config->large_image,
		.generic = config->generic,
		.management = (const char *const *)config->management.v,
	};
	bool adopted = false;
	int r;

	*agent = (struct fb_agent){ .config = config, .started = fb_clock_now(), .edge_fd = -1 };
	r = fb_store_open(config->state_dir, err);
	if (r == 0)
		r = fb_audit_open(config->state_dir, &agent->audit, err);
	if (r == 0)
		r = fb_dataplane_open(&options, &agent->dp, &adopted, err);
	if (r == 0)
		r = fb_agent_switches_open(agent, err);
	if (r == 0)
		r = fb_agent_schedule_open(agent, err);
	if (r == 0)
		r = fb_watch_open(&agent->host, &agent->watch, err);
	if (r == 0 && fb_dataplane_was_emptied(agent->dp))
		fb_log(FB_LOG_WARNING,
		       "somebody removed all pins below %s/bpf: nothing was enforced by them any more, and "
		       "live flows are lost",
		       config->run_dir);
	if (r == 0)
		fb_log(FB_LOG_INFO, "data plane %s, generation %u, %zu MiB of maps",
		       adopted				     ? "adopted"
		       : fb_dataplane_predecessor(agent->dp) ? "loaded beside another version's"
							     : "loaded",
		       fb_dataplane_generation(agent->dp), fb_dataplane_map_bytes(agent->dp) >> 20);
	return r;
}

void fb_agent_close(struct fb_agent *agent)
{
	fb_watch_close(agent->watch);
	fb_host_done(&agent->host);
	fb_generation_free(agent->generation);
	fb_generation_free(agent->good);
	fb_switch_state_done(&agent->switches);
	fb_open_accesses_done(&agent->accesses);
	if (agent->edge_fd >= 0)
		close(agent->edge_fd);
	fb_ports_done(&agent->ports);
	fb_vec_done(&agent->devices);
	fb_vec_done(&agent->self);
	fb_vec_done(&agent->egress);
	fb_dataplane_close(agent->dp);
	fb_audit_close(agent->audit);
}

/* What an agent before this one attached is ours, whatever the policy turns out to be. */
static void adopt_devices(struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	__u32 *ports = NULL;
	int n = fb_dataplane_attached(agent->dp, &ports, &err);

	if (n < 0)
		fb_log(FB_LOG_ERROR, "which devices are attached cannot be told: %s", err.text);
	for (int i = 0; i < n; i++) {
		const struct fb_host_link *link = fb_host_by_index(&agent->host, ports[i]);
		struct fb_protected device = { .ifindex = ports[i], .enforcing = true };

		if (!link)
			continue;
		memcpy(device.name, link->name, sizeof(device.name));
		fb_vec_add(&agent->devices, device);
	}
	free(ports);
	if (!fb_dataplane_predecessor(agent->dp))
		fb_agent_attach_devices(agent);
}

/* Is a policy on trial, and what is to become of it? */
static enum fb_trial_state find_trial(struct fb_agent *agent, struct fb_trial *ret)
{
	__u32 enforced = fb_dataplane_generation(agent->dp), current = 0;
	struct fb_error err = { 0 };
	struct fb_moment now = { 0 };
	const struct fb_image_header *image = fb_dataplane_image(agent->dp);
	int r = fb_trial_read(agent->config->state_dir, ret, &err);

	if (r == 0)
		return FB_TRIAL_VOID;
	/* what the kernel has came after it and is good: it was taken back, and the disk would not take that */
	if (r > 0 && image && image->generation > ret->generation && !image->on_trial)
		return FB_TRIAL_VOID;
	if (r > 0 && fb_moment_now(&now, &err) == 0 &&
	    fb_store_current(agent->config->state_dir, &current, &err) == 0)
		return fb_trial_judge(ret, current, enforced, &now);
	ret->generation = enforced ? enforced : fb_agent_next_generation(agent);
	fb_log(FB_LOG_ERROR, "a policy may be on trial, which counts as not confirmed: %s", err.text);
	return FB_TRIAL_OVER;
}

/* 1 = *ret is what is to be in force, 0 = nothing is stored. */
static int find_bundle(const struct fb_agent *agent, enum fb_trial_state state, const struct fb_trial *trial,
		       struct fb_bundle *ret, struct fb_error *err)
{
	const char *dir = agent->config->state_dir;
	__u32 enforced = fb_dataplane_generation(agent->dp);
	int r;

	if (state != FB_TRIAL_RUNNING)
		return fb_store_load(dir, state == FB_TRIAL_OVER ? 0 : enforced, ret, err);
	/* the host may have changed inside of the window, and its image been built again */
	r = fb_store_read(dir, enforced, ret, err);
	if (r == -ENOENT)
		r = fb_store_read(dir, trial->generation, ret, err);
	return r < 0 ? r : 1;
}

/* 1 = agent->generation is the stored one, 0 = nothing is stored. */
static int load(struct fb_agent *agent, enum fb_trial_state state, const struct fb_trial *trial,
		struct fb_error *err)
{
	struct fb_bundle bundle;
	char *diagnostics = NULL;
	int r = find_bundle(agent, state, trial, &bundle, err);

	if (r <= 0)
		return r;
	__u32 number = bundle.generation;

	r = fb_generation_new(&bundle, NULL, &agent->generation, &diagnostics);
	if (r < 0) /* only the first line fits; whoever wants all asks `firebreak check` */
		fb_error_set(err, r, "generation %u is not accepted by this version: %.300s", number,
			     diagnostics);
	free(diagnostics);
	for (size_t i = 0; r == 0 && i < agent->generation->diags.list.n; i++) {
		const struct fb_diag *diag = &agent->generation->diags.list.v[i];

		if (strncmp(diag->text, "assertion fails", 15) == 0)
			fb_log(FB_LOG_ERROR, "generation %u is put in force all the same: %s", number,
			       diag->text);
	}
	return r < 0 ? r : 1;
}

/* The image in force is of this very policy, applied at the same second, on the same devices. */
static bool in_force(const struct fb_agent *agent, const struct fb_portset *ports)
{
	const struct fb_image_header *image = fb_dataplane_image(agent->dp);

	/* beside another version's the image is not in force everywhere, whatever it says */
	return image && !fb_dataplane_predecessor(agent->dp) &&
	       image->generation == agent->generation->bundle.generation &&
	       image->applied_lo == (__u32)agent->generation->bundle.applied &&
	       fb_ports_in_image(ports, image) && !fb_adopt_is_marked(image);
}

/* Does the disk say just this? A start on a full one has nothing to write then. */
static bool is_noted(const struct fb_agent *agent, __u32 number)
{
	struct fb_error ignored = { 0 };
	__u32 current = 0;

	if (agent->trial.generation)
		return agent->trial.generation == number;
	return fb_store_current(agent->config->state_dir, &current, &ignored) == 0 && current == number;
}

static void resume(struct fb_agent *agent)
{
	const bool follows = fb_dataplane_predecessor(agent->dp) != 0;
	struct fb_error err = { 0 };
	__u32 number = agent->generation->bundle.generation;

	fb_ports_resolve(&agent->generation->ruleset, &agent->host, &agent->ports);
	if (in_force(agent, &agent->ports)) {
		fb_log(FB_LOG_NOTICE, "generation %u is in force already and stays, no switch: \"%s\"",
		       number, agent->generation->ruleset.name);
		if (!is_noted(agent, number))
			fb_agent_keep(agent, &err);
		for (size_t i = 0; i < agent->ports.v.n; i++) /* new to this process: to be said */
			agent->ports.v.v[i].why[0] = 0;
	} else {
		fb_ports_done(&agent->ports); /* nothing is as the image has it */
	}
	fb_agent_reconcile(agent);
	if (fb_dataplane_predecessor(agent->dp))
		return;
	if (follows) /* interfaces that nobody had attached yet */
		fb_agent_reconcile(agent);
	fb_agent_release_others(agent, &agent->ports);
}

static void say_closed(const struct fb_agent *agent, int r, const struct fb_error *err)
{
	bool enforced = fb_dataplane_generation(agent->dp) != 0;

	if (r < 0)
		fb_log(FB_LOG_ERROR, "the stored policy is refused: %s", err->text);
	fb_log(r < 0 ? FB_LOG_ERROR : FB_LOG_NOTICE, "%s",
	       enforced ? r < 0 ? "what the data plane enforces stays in force until a policy is applied"
				: "no policy is stored; what the data plane enforces stays in force"
			: "no policy: everything is dropped until one is applied");
}

/* Nobody confirmed it before its time was over, or before the host was started again. */
static void return_from(struct fb_agent *agent, const struct fb_trial *trial, int there)
{
	static const struct fb_change change = { .what = "revert", .uid = -1 };
	struct fb_error err = { 0 };
	char why[96];

	snprintf(why, sizeof(why), "generation %u was not confirmed before the agent started again",
		 trial->generation);
	fb_log(FB_LOG_WARNING, "%s: %s", why,
	       there ? "back to the last good policy" : "back to no policy: everything is dropped");
	if (fb_agent_audit(agent, &change, why, there ? fb_agent_next_generation(agent) : 0, &err) < 0)
		fb_log(FB_LOG_ERROR, "a change is not in the audit log: %s", err.text);
	if (there)
		fb_agent_mark_return(&agent->generation->bundle, trial->generation, NULL, why);
	else if (fb_agent_close_down(agent, &err) < 0)
		fb_log(FB_LOG_ERROR, "%s", err.text);
}

/* Bundles of applies that were killed before their switch: no number above the one in force ever held. */
static void forget_unborn(struct fb_agent *agent)
{
	fb_autofree __u32 *numbers = NULL;
	__u32 number = fb_dataplane_generation(agent->dp);
	size_t n = fb_store_list(agent->config->state_dir, &numbers);

	if (!agent->generation || number != agent->generation->bundle.generation || agent->unkept)
		return;
	for (size_t i = 0; i < n && numbers[i] > number; i++)
		fb_store_forget(agent->config->state_dir, numbers[i]);
}

/* What the log does not end with came in force without it: by a rebuild, or an apply that was killed. */
static void audit_start(struct fb_agent *agent)
{
	static const struct fb_change change = { .what = "start", .uid = -1 };
	__u32 number = fb_dataplane_generation(agent->dp), logged = fb_audit_generation(agent->audit);
	struct fb_error err = { 0 };
	char text[96];

	snprintf(text, sizeof(text), "the log ended with generation %u", logged);
	if (number != logged && fb_agent_audit(agent, &change, text, number, &err) < 0)
		fb_log(FB_LOG_ERROR, "the audit log: %s", err.text);
}

/* What follows once it is known what is in force. */
static void settle(struct fb_agent *agent)
{
	if (!fb_dataplane_generation(agent->dp)) {
		struct fb_error ignored = { 0 };

		/* tables of another time must not outlive their policy */
		fb_dataplane_set_self(agent->dp, NULL, 0, &ignored);
		fb_dataplane_set_egress(agent->dp, NULL, 0, &ignored);
	}
	fb_agent_switches_settle(agent);
	fb_agent_rescue(agent);
	forget_unborn(agent);
	audit_start(agent);
}

/* Another version enforces, and there is nothing to compile: nothing may be what is to be. */
static int succeed_without(struct fb_agent *agent, enum fb_trial_state state, int r, struct fb_error *err)
{
	if (r < 0)
		return fb_error_prefix(err, "the stored policy is refused");
	if (fb_dataplane_generation(agent->dp) && state != FB_TRIAL_OVER)
		return fb_error_set(err, -ENOENT, "no policy is stored in %s that could be in force instead",
				    agent->config->state_dir);
	return fb_agent_succeed(agent, err);
}

/* It has not come to that: the other goes on as it is, and the next start tries again. */
static int yield(const struct fb_agent *agent, struct fb_error *err)
{
	return fb_error_prefix(err, "ABI %u goes on enforcing, and ABI %u, which this version has, does not",
			       fb_dataplane_predecessor(agent->dp), FB_ABI_VERSION);
}

int fb_agent_boot(struct fb_agent *agent, struct fb_error *err)
{
	struct fb_trial trial = { 0 };
	enum fb_trial_state state;
	int r;

	adopt_devices(agent);
	state = find_trial(agent, &trial);
	r = load(agent, state, &trial, err);
	if (state == FB_TRIAL_RUNNING && r < 0) {
		fb_log(FB_LOG_ERROR, "the policy on trial is refused: %s", err->text);
		state = FB_TRIAL_OVER;
		r = load(agent, state, &trial, err);
	}
	if (fb_dataplane_predecessor(agent->dp) && r <= 0 && succeed_without(agent, state, r, err) < 0)
		return yield(agent, err);
	if (state == FB_TRIAL_RUNNING) {
		agent->trial = trial;
		fb_log(FB_LOG_NOTICE, "generation %u is on trial still", trial.generation);
	}
	if (state == FB_TRIAL_OVER && r >= 0)
		return_from(agent, &trial, r);
	if (r < 0)
		snprintf(agent->unreadable, sizeof(agent->unreadable), "%s", err->text);
	if (r > 0)
		resume(agent);
	else
		say_closed(agent, r, err);
	if (fb_dataplane_predecessor(agent->dp)) {
		fb_error_set(err, -EBUSY, "%s", agent->trouble);
		return yield(agent, err);
	}
	if (trial.generation && state != FB_TRIAL_RUNNING && r >= 0 && !agent->unkept && !agent->trouble[0])
		fb_agent_end_trial(agent);
	settle(agent);
	return 0;
}

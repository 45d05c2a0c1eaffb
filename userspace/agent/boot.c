// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

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

	*agent = (struct fb_agent){ .config = config, .started = fb_clock_now() };
	r = fb_store_open(config->state_dir, err);
	if (r == 0)
		r = fb_audit_open(config->state_dir, &agent->audit, err);
	if (r == 0)
		r = fb_dataplane_open(&options, &agent->dp, &adopted, err);
	if (r == 0)
		r = fb_watch_open(&agent->host, &agent->watch, err);
	if (r == 0)
		fb_log(FB_LOG_INFO, "data plane %s, generation %u, %zu MiB of maps",
		       adopted ? "adopted" : "loaded", fb_dataplane_generation(agent->dp),
		       fb_dataplane_map_bytes(agent->dp) >> 20);
	return r;
}

void fb_agent_close(struct fb_agent *agent)
{
	fb_watch_close(agent->watch);
	fb_host_done(&agent->host);
	fb_generation_free(agent->generation);
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
		/* the programs may be newer than its filters */
		if (fb_dataplane_attach(agent->dp, link->name, ports[i], &device.mode, &err) < 0)
			fb_log(FB_LOG_ERROR, "%s", err.text);
		fb_vec_add(&agent->devices, device);
	}
	free(ports);
	fb_agent_check(agent);
}

/* 1 = agent->generation is the stored one, 0 = nothing is stored. */
static int load(struct fb_agent *agent, struct fb_error *err)
{
	struct fb_bundle bundle;
	char *diagnostics = NULL;
	int r = fb_store_load(agent->config->state_dir, fb_dataplane_generation(agent->dp), &bundle, err);

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

	return image && image->generation == agent->generation->bundle.generation &&
	       image->applied_lo == (__u32)agent->generation->bundle.applied &&
	       fb_ports_in_image(ports, image);
}

static void resume(struct fb_agent *agent)
{
	struct fb_error err = { 0 };
	__u32 number = agent->generation->bundle.generation;

	fb_ports_resolve(&agent->generation->ruleset, &agent->host, &agent->ports);
	if (in_force(agent, &agent->ports)) {
		fb_log(FB_LOG_NOTICE, "generation %u is in force already and stays, no switch: \"%s\"",
		       number, agent->generation->ruleset.name);
		if (fb_store_commit(agent->config->state_dir, number, &err) < 0)
			fb_log(FB_LOG_ERROR, "%s", err.text);
		for (size_t i = 0; i < agent->ports.v.n; i++) /* new to this process: to be said */
			agent->ports.v.v[i].why[0] = 0;
	} else {
		fb_ports_done(&agent->ports); /* nothing is as the image has it */
	}
	fb_agent_reconcile(agent);
	fb_agent_release_others(agent, &agent->ports);
}

void fb_agent_boot(struct fb_agent *agent)
{
	__u32 enforced = fb_dataplane_generation(agent->dp);
	struct fb_error err = { 0 };
	int r;

	adopt_devices(agent);
	r = load(agent, &err);
	if (r > 0) {
		resume(agent);
	} else if (r < 0) {
		snprintf(agent->unreadable, sizeof(agent->unreadable), "%s", err.text);
		fb_log(FB_LOG_ERROR, "the stored policy is refused: %s", err.text);
		fb_log(FB_LOG_ERROR, "%s",
		       enforced ? "what the data plane enforces stays in force until a policy is applied"
				: "no policy: everything is dropped until one is applied");
	} else {
		fb_log(FB_LOG_NOTICE, "%s",
		       enforced ? "no policy is stored; what the data plane enforces stays in force"
				: "no policy: everything is dropped until one is applied");
	}
	if (!enforced && r <= 0) {
		struct fb_error ignored = { 0 };

		/* tables of another time must not outlive their policy */
		fb_dataplane_set_self(agent->dp, NULL, 0, &ignored);
		fb_dataplane_set_egress(agent->dp, NULL, 0, &ignored);
	}
}

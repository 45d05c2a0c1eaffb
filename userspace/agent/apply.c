// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/store.h"
#include "base/log.h"
#include "base/strbuf.h"

/* What an apply has done so far, to be undone when a later step fails. */
struct attempt {
	struct fb_generation *generation;
	struct fb_portset ports;
	struct FB_VEC(__u32) attached; /* by this attempt */
	bool stored;
};

static void undo(struct fb_agent *agent, struct attempt *try)
{
	struct fb_error err = { 0 };

	if (try->stored)
		fb_store_forget(agent->config->state_dir, try->generation->bundle.generation);
	for (size_t i = 0; i < try->attached.n; i++)
		if (fb_agent_release(agent, try->attached.v[i], &err) < 0)
			fb_log(FB_LOG_WARNING, "device %u stays closed: %s", try->attached.v[i], err.text);
	/* without a policy that can be read, nobody knows what they were */
	if (agent->generation && fb_agent_tables(agent, &agent->ports, &err) < 0)
		fb_log(FB_LOG_ERROR, "%s", err.text);
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

/* Everything that can fail, in the order in which it is cheapest to undo. */
static int prepare(struct fb_agent *agent, struct attempt *try, struct fb_strbuf *text, struct fb_error *err)
{
	struct fb_bundle *bundle = &try->generation->bundle;
	int r;

	fb_ports_resolve(&try->generation->ruleset, &agent->host, &try->ports);
	r = judge_ports(try, text, err);
	if (r == 0)
		r = fb_agent_compile(agent, try->generation, &try->ports, bundle->generation, err);
	if (r == 0)
		r = attach_all(agent, try, err);
	if (r == 0) {
		r = fb_store_write(agent->config->state_dir, bundle, &agent->host, err);
		try->stored = true; /* perhaps: a failed sync leaves the file */
	}
	/*
	 * own addresses before the first packet is judged by the new policy: an unknown one would be
	 * somebody's
	 */
	if (r == 0)
		r = fb_agent_tables(agent, &try->ports, err);
	return r;
}

static void settle(struct fb_agent *agent, struct attempt *try)
{
	const struct fb_bundle *bundle = &try->generation->bundle;
	struct fb_error err = { 0 };

	if (fb_store_commit(agent->config->state_dir, bundle->generation, &err) < 0)
		fb_log(FB_LOG_ERROR, "generation %u is in force, but this could not be written down: %s",
		       bundle->generation, err.text);
	fb_generation_free(agent->generation);
	fb_ports_done(&agent->ports);
	agent->generation = try->generation;
	agent->ports = try->ports;
	agent->unreadable[0] = 0;
	fb_vec_done(&try->attached);
	fb_agent_release_others(agent, &agent->ports);
	fb_log(FB_LOG_NOTICE, "generation %u in force: \"%s\"%s%s, applied by %s%s%s", bundle->generation,
	       agent->generation->ruleset.name, *agent->generation->ruleset.version ? " version " : "",
	       agent->generation->ruleset.version, bundle->who, *bundle->reason ? ": " : "", bundle->reason);
}

int fb_agent_apply(struct fb_agent *agent, struct fb_bundle *bundle, char **ret_text, struct fb_error *err)
{
	static const struct fb_slots none;
	const struct fb_slots *before = agent->generation ? &agent->generation->bundle.slots : &none;
	struct attempt try = { 0 };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	char *diagnostics = NULL;
	int r;

	bundle->generation = fb_agent_next_generation(agent);
	r = fb_generation_new(bundle, before, &try.generation, &diagnostics);
	fb_strbuf_add(&text, diagnostics);
	free(diagnostics);
	if (r < 0) {
		agent->apply_failures++;
		*ret_text = fb_strbuf_steal(&text);
		return fb_error_set(err, -EINVAL, "the policy is wrong");
	}
	r = fb_watch_refresh(agent->watch, err);
	if (r == 0)
		r = prepare(agent, &try, &text, err);
	if (r == 0) {
		fb_agent_clear_counters(agent, before, &try.generation->bundle.slots);
		r = fb_dataplane_switch_image(agent->dp, err);
	}
	*ret_text = fb_strbuf_steal(&text);
	if (r < 0) {
		agent->apply_failures++;
		undo(agent, &try);
		return r == -EINVAL ? -EIO : r; /* -EINVAL is the policy's */
	}
	settle(agent, &try);
	return 0;
}

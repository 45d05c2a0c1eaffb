// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "agent/adopt.h"
#include "agent/agent.h"
#include "agent/events.h"
#include "agent/inventory.h"
#include "agent/store.h"

/* Past what is in force and past whatever lies on disk, so that no number ever has two meanings. */
__u32 fb_agent_next_generation(const struct fb_agent *agent)
{
	__u32 pinned = fb_dataplane_generation(agent->dp), stored = fb_store_last(agent->config->state_dir);

	return (pinned > stored ? pinned : stored) + 1;
}

int fb_agent_compile(struct fb_agent *agent, const struct fb_generation *generation,
		     const struct fb_portset *ports, __u32 number, bool on_trial, struct fb_error *err)
{
	struct fb_host_ports usable;
	struct fb_openings openings;
	struct fb_when when;
	struct fb_image_stats stats;
	size_t size;
	void *image = fb_dataplane_spare_image(agent->dp, &size);
	int r;

	if (!image)
		return fb_error_set(err, -ENOMEM, "the data plane has no room for another image");
	fb_ports_usable(ports, &usable);
	fb_agent_when(agent, &generation->ruleset, &openings, &when);

	struct fb_compile_input in = {
		.ruleset = &generation->ruleset,
		.ports = usable.v,
		.n_ports = usable.n,
		.generation = number,
		.applied = generation->bundle.applied,
		.when = when,
	};

	r = fb_compile(&in, image, size, &stats, err);
	if (r == 0 && agent->adopt_until.ns)
		fb_adopt_mark(image);
	if (r == 0)
		((struct fb_image_header *)image)->on_trial = on_trial;
	fb_vec_done(&openings);
	fb_vec_done(&usable);
	return r;
}

static int set_self(struct fb_agent *agent, struct fb_self_entries *self, struct fb_error *err)
{
	bool same = agent->tables_known && self->n == agent->self.n &&
		    (!self->n || !memcmp(self->v, agent->self.v, self->n * sizeof(*self->v)));
	int r = same ? 0 : fb_dataplane_set_self(agent->dp, self->v, self->n, err);

	fb_vec_done(r < 0 ? self : &agent->self);
	if (r == 0)
		agent->self = *self;
	return r;
}

static int set_egress(struct fb_agent *agent, struct fb_egress_entries *egress, struct fb_error *err)
{
	bool same = agent->tables_known && egress->n == agent->egress.n &&
		    (!egress->n || !memcmp(egress->v, agent->egress.v, egress->n * sizeof(*egress->v)));
	int r = same ? 0 : fb_dataplane_set_egress(agent->dp, egress->v, egress->n, err);

	if (!same)
		fb_dataplane_bump_routes(agent->dp);
	fb_vec_done(r < 0 ? egress : &agent->egress);
	if (r == 0)
		agent->egress = *egress;
	return r;
}

int fb_agent_tables(struct fb_agent *agent, const struct fb_portset *ports, struct fb_error *err)
{
	struct fb_self_entries self;
	struct fb_egress_entries egress;
	int r, r2;

	fb_ports_self(ports, &agent->host, &self);
	fb_ports_egress(ports, &egress);
	r = set_self(agent, &self, err);
	r2 = set_egress(agent, &egress, err);
	agent->tables_known = r == 0 && r2 == 0;
	return r < 0 ? r : r2;
}

/* Who had which id: an array of keys by id, borrowed from slots. */
static const char **owners(const struct fb_slot_list *slots, unsigned int limit)
{
	const char **owner = calloc(limit, sizeof(*owner));

	if (!owner)
		abort();
	for (size_t i = 0; slots && i < slots->n; i++)
		if (slots->v[i].id < limit)
			owner[slots->v[i].id] = slots->v[i].key;
	return owner;
}

static bool same_owner(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

void fb_agent_clear_counters(struct fb_agent *agent, const struct fb_slots *before,
			     const struct fb_slots *after)
{
	const char **zones = owners(before ? &before->zones : NULL, FB_ZONES_MAX);
	const char **lines = owners(before ? &before->lines : NULL, FB_RULE_SLOTS);

	for (size_t i = 0; i < after->zones.n; i++)
		if (!same_owner(zones[after->zones.v[i].id], after->zones.v[i].key)) {
			fb_dataplane_clear_zone_counters(agent->dp, after->zones.v[i].id);
			if (before && agent->events) {
				fb_events_forget_zone(agent->events, after->zones.v[i].id);
				fb_inventory_forget_zone(agent->inventory, after->zones.v[i].id);
			}
		}
	for (size_t i = 0; i < after->lines.n; i++)
		if (!same_owner(lines[after->lines.v[i].id], after->lines.v[i].key))
			fb_dataplane_clear_rule_counter(agent->dp, after->lines.v[i].id);
	free(zones);
	free(lines);
}

const char *fb_agent_zone_name(const struct fb_agent *agent, unsigned int id, char *buf)
{
	const struct fb_zone *zone =
		agent->generation ? fb_ruleset_zone_by_id(&agent->generation->ruleset, id) : NULL;

	if (zone)
		return zone->name;
	if (id == FB_ZONE_NONE)
		return "-";
	if (id == FB_ZONE_SELF)
		return "self";
	snprintf(buf, 16, "zone-%u", id & (FB_ZONES_MAX - 1));
	return buf;
}

const char *fb_agent_why(const struct fb_agent *agent)
{
	return agent->unreadable[0]	 ? agent->unreadable
	       : agent->trouble[0]	 ? agent->trouble
	       : agent->unwritten.why[0] ? agent->unwritten.why
					 : fb_ports_trouble(&agent->ports);
}

enum fb_agent_state fb_agent_state(const struct fb_agent *agent)
{
	if (!fb_dataplane_generation(agent->dp))
		return FB_AGENT_CLOSED;
	if (fb_agent_why(agent)[0] || !agent->generation)
		return FB_AGENT_DEGRADED;
	for (size_t i = 0; i < agent->ports.v.n; i++) {
		const struct fb_port *port = &agent->ports.v.v[i];
		const struct fb_protected *device = port->ifindex ? fb_agent_device(agent, port->ifindex)
								  : NULL;

		if (!device || !device->enforcing)
			return FB_AGENT_DEGRADED;
	}
	return FB_AGENT_ENFORCING;
}

// SPDX-License-Identifier: GPL-2.0-only
/* GET /metrics: reads every counter once, and lets export/ write it. */
#include <string.h>
#include <sys/utsname.h>

#include "agent/api.h"
#include "agent/inventory.h"
#include "base/clock.h"
#include "export/metrics.h"

/* Names of zones that are in no policy live here until the text is written. */
struct names {
	char buf[FB_ZONES_MAX][16];
	const char *of[FB_ZONES_MAX];
};

static void gather_pairs(const struct fb_agent *agent, struct names *names, struct fb_metrics *m)
{
	unsigned int ids[FB_ZONES_MAX];
	size_t n = fb_api_zone_ids(agent, ids);

	for (size_t i = 0; i < n; i++)
		names->of[ids[i]] = fb_agent_zone_name(agent, ids[i], names->buf[ids[i]]);
	for (size_t i = 0; i < n * n; i++) {
		unsigned int src = ids[i / n], dst = ids[i % n];
		struct fb_metrics_pair pair = { names->of[src], names->of[dst],
						agent->generation &&
							agent->generation->allowed[src] >> dst & 1 };
		bool any = pair.allowed;

		for (unsigned int reason = 0; reason < FB_REASON_COUNT; reason++) {
			fb_dataplane_pair_counter(agent->dp, src, dst, reason, &pair.by_reason[reason]);
			any |= pair.by_reason[reason].packets != 0;
		}
		if (any)
			fb_vec_add(&m->pairs, pair);
	}
}

static void gather_rules(const struct fb_agent *agent, struct fb_metrics *m)
{
	for (size_t i = 0; agent->generation && i < agent->generation->ruleset.lines.n; i++) {
		const struct fb_line *line = &agent->generation->ruleset.lines.v[i];
		struct fb_metrics_rule rule = { line->id, line->pairs, NULL, line->kind == FB_RULE_NEVER,
						line->deadline };

		if (!line->slot) /* beyond the table: it has no counters */
			continue;
		rule.at = fb_api_at(agent, line->at);
		fb_dataplane_rule_counter(agent->dp, line->slot, &rule.counter);
		fb_vec_add(&m->rules, rule);
	}
}

/* A trunk is many ports and one device. */
static void gather_devices(const struct fb_agent *agent, struct fb_metrics *m)
{
	static const char *const modes[] = {
		[FB_XDP_NONE] = "none", [FB_XDP_NATIVE] = "native", [FB_XDP_GENERIC] = "generic"
	};

	for (size_t i = 0; i < agent->ports.v.n; i++) {
		const struct fb_port *p = &agent->ports.v.v[i];
		const struct fb_protected *d = p->ifindex ? fb_agent_device(agent, p->ifindex) : NULL;
		bool enforcing = d && d->enforcing;
		size_t k = 0;

		while (k < m->devices.n && strcmp(m->devices.v[k].device, p->name))
			k++;
		if (k < m->devices.n)
			m->devices.v[k].enforcing &= enforcing;
		else
			fb_vec_add(&m->devices,
				   (struct fb_metrics_device){ p->name, modes[d ? d->mode : FB_XDP_NONE],
							       enforcing });
	}
}

static void gather_switches(const struct fb_agent *agent, struct fb_metrics *m)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;

	for (size_t i = 0; rs && i < rs->isolates.n; i++) {
		const char *plan = rs->isolates.v[i].name;

		fb_vec_add(&m->plans, (struct fb_metrics_plan){
					      plan, fb_switch_find_plan(&agent->switches, plan) >= 0 });
	}
	for (size_t i = 0; i < agent->switches.isolations.n; i++) {
		const char *plan = agent->switches.isolations.v[i].plan;

		if (!fb_switch_plan(agent->generation, plan))
			fb_vec_add(&m->plans, (struct fb_metrics_plan){ plan, true });
	}
	m->quarantined = (__u32)agent->switches.quarantines.n;
}

struct census {
	const struct fb_ruleset *rs;
	struct fb_metrics *m;
	bool *seen; /* [rs->devices.n] */
};

static void count_seen(const struct fb_seen_device *s, void *user)
{
	struct census *c = user;
	struct fb_identity who = fb_inventory_identify(c->rs, s->zone, s->family, s->ip, s->mac);

	for (size_t i = 0; i < c->rs->zones.n; i++)
		if (c->rs->zones.v[i].id == s->zone && who.verdict != FB_BINDING_OK)
			c->m->inventory.v[i].undeclared++;
	if (who.verdict == FB_BINDING_OK)
		c->seen[who.device - c->rs->devices.v] = true;
}

/* A device that speaks by two addresses is one. */
static void gather_inventory(const struct fb_agent *agent, struct fb_metrics *m)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	struct census c = { rs, m, rs ? calloc(rs->devices.n + 1, sizeof(bool)) : NULL };

	if (!c.seen)
		return;
	for (size_t i = 0; i < rs->zones.n; i++)
		fb_vec_add(&m->inventory, (struct fb_metrics_inventory){ rs->zones.v[i].name });
	fb_inventory_each(agent->inventory, count_seen, &c);
	for (size_t i = 0; i < rs->devices.n; i++)
		if (rs->devices.v[i].zone < rs->zones.n)
			++*(c.seen[i] ? &m->inventory.v[rs->devices.v[i].zone].declared
				      : &m->inventory.v[rs->devices.v[i].zone].silent);
	free(c.seen);
}

static __u64 confirm_deadline(const struct fb_agent *agent)
{
	struct fb_moment now = { 0 };
	struct fb_error err;

	if (!agent->trial.generation || fb_moment_now(&now, &err) < 0)
		return 0;
	return (__u64)fb_clock_now() + fb_trial_left(&agent->trial, &now);
}

void fb_api_metrics(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;
	enum fb_metrics_format format = fb_metrics_format(request->accept);
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	struct fb_strbuf out = { 0 };
	struct names names = { 0 };
	struct utsname host = { 0 };

	uname(&host);

	struct fb_metrics m = {
		.version = FB_VERSION,
		.kernel = host.release,
		.policy = rs ? rs->name : NULL,
		.policy_version = rs ? rs->version : NULL,
		.generation = fb_dataplane_generation(agent->dp),
		.confirm_deadline = confirm_deadline(agent),
		.apply_failures = agent->apply_failures,
		.redirect_errors = fb_dataplane_redirect_errors(agent->dp),
		.map_bytes = fb_dataplane_map_bytes(agent->dp),
		.started = agent->started,
	};

	fb_dataplane_flow_totals(agent->dp, &m.flows);
	fb_dataplane_event_totals(agent->dp, &m.events_emitted, &m.events_lost);
	gather_pairs(agent, &names, &m);
	gather_rules(agent, &m);
	gather_devices(agent, &m);
	gather_inventory(agent, &m);
	gather_switches(agent, &m);
	fb_metrics_render(&m, format, &out);
	fb_metrics_done(&m);
	fb_ctl_answer_text(answer, FB_CTL_OK, fb_metrics_content_type(format), fb_strbuf_steal(&out));
}

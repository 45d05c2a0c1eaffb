// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/api.h"
#include "agent/events.h"
#include "base/clock.h"
#include "base/strbuf.h"

enum { NEXT_SHOWN = 10 };

static __u64 zone_pair(const struct fb_agent *agent, unsigned int src, unsigned int dst, unsigned int reason,
		       __u64 *add_bytes)
{
	struct fb_pair_counter c;

	fb_dataplane_pair_counter(agent->dp, src, dst, reason, &c);
	*add_bytes += c.bytes;
	return c.packets;
}

/* ---- /v1/status ---- */

static json_t *policy(const struct fb_agent *agent)
{
	const struct fb_generation *g = agent->generation;

	if (!g)
		return json_null();
	return json_pack("{so so sI so so}", "name", fb_api_text(g->ruleset.name), "version",
			 fb_api_text(g->ruleset.version), "applied", (json_int_t)g->bundle.applied,
			 "applied_by", fb_api_text(g->bundle.who), "reason", fb_api_text(g->bundle.reason));
}

static json_t *flows(const struct fb_agent *agent)
{
	struct fb_flow_totals t;

	fb_dataplane_flow_totals(agent->dp, &t);
	return json_pack("{so so so so so}", "new", fb_api_count(t.by_state[FB_FLOW_NEW]), "replied",
			 fb_api_count(t.by_state[FB_FLOW_REPLIED]), "established",
			 fb_api_count(t.by_state[FB_FLOW_ESTABLISHED] + t.by_state[FB_FLOW_DGRAM]), "closing",
			 fb_api_count(t.by_state[FB_FLOW_CLOSING]), "capacity", fb_api_count(t.capacity));
}

/* When the last packet of each pair passed only because it is observed, as far as the events go back; 0 = not known. */
struct quiet {
	__s64 last[FB_ZONES_MAX][FB_ZONES_MAX];
};

static void note_would_drop(struct fb_event_record *r, void *user)
{
	struct quiet *q = user;

	if (r->kind == FB_EVENT_WOULD_DROP && r->src_zone < FB_ZONES_MAX && r->dst_zone < FB_ZONES_MAX &&
	    r->last > q->last[r->src_zone][r->dst_zone])
		q->last[r->src_zone][r->dst_zone] = r->last;
}

/* What was proved when this policy was loaded, and what the proofs rest on. */
static json_t *assertions(const struct fb_agent *agent)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	json_t *rest = json_array();

	for (size_t i = 0; rs && i < rs->assumptions.n; i++)
		json_array_append_new(rest, fb_api_text(rs->assumptions.v[i]));
	return json_pack("{si so}", "hold", rs ? (int)rs->assertions : 0, "assuming", rest);
}

static json_t *rescue(const struct fb_agent *agent)
{
	const struct fb_rescue *r = &agent->config->rescue;

	if (!r->family)
		return json_null();
	return json_pack("{so so si}", "interface", fb_api_text(r->interface), "prefix",
			 fb_api_text(r->prefix), "port", (int)r->port);
}

static json_t *observed(const struct fb_agent *agent)
{
	fb_autofree struct quiet *quiet = calloc(1, sizeof(*quiet));
	json_t *list = json_array();
	char src[16], dst[16];

	if (!quiet)
		abort();
	fb_events_each(agent->events, note_would_drop, quiet);
	for (size_t i = 0; agent->generation && i < agent->generation->ruleset.pairs.n; i++) {
		const struct fb_pair_setting *p = &agent->generation->ruleset.pairs.v[i];
		struct fb_pair_counter c;
		__s64 last = quiet->last[p->src][p->dst];

		if (!p->observe_until)
			continue;
		fb_dataplane_pair_counter(agent->dp, p->src, p->dst, FB_WOULD_DROP, &c);
		json_array_append_new(list,
				      json_pack("{so so sI so so}", "src",
						fb_api_text(fb_agent_zone_name(agent, p->src, src)), "dst",
						fb_api_text(fb_agent_zone_name(agent, p->dst, dst)), "until",
						(json_int_t)p->observe_until, "would_drop_packets",
						fb_api_count(c.packets), "last_would_drop",
						last ? json_integer(last) : json_null()));
	}
	return list;
}

struct upcoming {
	__s64 at;
	const struct fb_line *line; /* or */
	const struct fb_pair_setting *pair;
};

static int sooner(const void *a, const void *b)
{
	__s64 x = ((const struct upcoming *)a)->at, y = ((const struct upcoming *)b)->at;

	return (x > y) - (x < y);
}

static json_t *next(const struct fb_agent *agent)
{
	struct FB_VEC(struct upcoming) all = { 0 };
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	__s64 now = fb_clock_now();
	json_t *list = json_array();
	char src[16], dst[16];

	for (size_t i = 0; rs && i < rs->lines.n; i++)
		if (rs->lines.v[i].deadline != FB_NO_DEADLINE && rs->lines.v[i].deadline > now)
			fb_vec_add(&all,
				   (struct upcoming){ rs->lines.v[i].deadline, .line = &rs->lines.v[i] });
	for (size_t i = 0; rs && i < rs->pairs.n; i++)
		if (rs->pairs.v[i].observe_until > now)
			fb_vec_add(&all, (struct upcoming){ rs->pairs.v[i].observe_until,
							    .pair = &rs->pairs.v[i] });
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), sooner);
	for (size_t i = 0; i < all.n && i < NEXT_SHOWN; i++) {
		fb_autostrbuf struct fb_strbuf what = { 0 };

		if (all.v[i].line)
			fb_strbuf_addf(&what, "%s ends (%s)", all.v[i].line->text, all.v[i].line->pairs);
		else
			fb_strbuf_addf(&what, "%s -> %s enforces",
				       fb_agent_zone_name(agent, all.v[i].pair->src, src),
				       fb_agent_zone_name(agent, all.v[i].pair->dst, dst));
		json_array_append_new(list, json_pack("{sI so}", "at", (json_int_t)all.v[i].at, "what",
						      fb_api_text(what.s)));
	}
	fb_vec_done(&all);
	return list;
}

/* Beside what /v1/accesses says of them, as whatever else may be open. */
static void add_open_accesses(const struct fb_agent *agent, json_t *list)
{
	json_t *all = fb_api_accesses_list(agent), *a;
	size_t i;

	json_array_foreach (all, i, a) {
		if (!json_is_true(json_object_get(a, "open")))
			continue;
		json_object_set(a, "name", json_object_get(a, "access"));
		json_object_set_new(a, "kind", json_string("access"));
		json_object_set(a, "by", json_object_get(a, "who"));
		json_array_append(list, a);
	}
	json_decref(all);
}

/* A window that no line uses opens nothing. */
static bool is_used(const struct fb_ruleset *rs, size_t window)
{
	for (size_t i = 0; i < rs->lines.n; i++)
		if (rs->lines.v[i].window == window + 1)
			return true;
	return false;
}

static void add_open_windows(const struct fb_agent *agent, json_t *list)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	struct fb_schedule schedule;
	struct fb_openings openings;
	struct fb_when when;

	if (!rs || !rs->windows.n)
		return;
	fb_agent_when(agent, rs, &openings, &when);
	fb_schedule_at(rs, &when, &schedule);
	for (size_t i = 0; i < rs->windows.n; i++)
		if (schedule.windows[i] && is_used(rs, i))
			json_array_append_new(
				list, json_pack("{so ss sI sn sn}", "name",
						fb_api_text(rs->windows.v[i].name), "kind", "window", "until",
						(json_int_t)schedule.windows[i], "by", "reason"));
	fb_schedule_done(&schedule);
	fb_vec_done(&openings);
}

static json_t *open_now(const struct fb_agent *agent)
{
	json_t *list = json_array();

	add_open_accesses(agent, list);
	add_open_windows(agent, list);
	return list;
}

static json_t *isolated(const struct fb_agent *agent)
{
	json_t *all = fb_api_plans(agent);

	for (size_t i = json_array_size(all); i-- > 0;)
		if (!json_is_true(json_object_get(json_array_get(all, i), "active")))
			json_array_remove(all, i);
	return all;
}

void fb_api_status(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	static const char *const states[] = { [FB_AGENT_CLOSED] = "closed",
					      [FB_AGENT_DEGRADED] = "degraded",
					      [FB_AGENT_ENFORCING] = "enforcing" };
	const struct fb_agent *agent = user;
	struct utsname host = { 0 };

	uname(&host);

	json_t *status = json_pack("{ss ss sI so so so so so}", "schema", "firebreak.status/1", "state",
				   states[fb_agent_state(agent)], "generation",
				   (json_int_t)fb_dataplane_generation(agent->dp), "policy", policy(agent),
				   "interfaces", fb_api_interfaces(agent), "flows", flows(agent), "observed",
				   observed(agent), "drops", fb_api_drop_list(agent));

	json_object_set_new(status, "why", fb_api_text(fb_agent_why(agent)));
	json_object_set_new(status, "agent",
			    json_pack("{ss si sI sI}", "version", FB_VERSION, "pid", (int)getpid(), "started",
				      (json_int_t)agent->started, "uptime",
				      (json_int_t)(fb_clock_now() - agent->started)));
	json_object_set_new(status, "kernel", fb_api_text(host.release));
	json_object_set_new(status, "clock_synchronised", json_boolean(agent->clock_synchronised));
	json_object_set_new(status, "clock_early", json_boolean(fb_agent_clock_early(agent)));
	json_object_set_new(status, "maps_bytes", fb_api_count(fb_dataplane_map_bytes(agent->dp)));
	json_object_set_new(status, "redirect_errors", fb_api_count(fb_dataplane_redirect_errors(agent->dp)));
	json_object_set_new(status, "next", next(agent));
	json_object_set_new(status, "confirm", fb_api_trial(agent));
	json_object_set_new(status, "open", open_now(agent));
	json_object_set_new(status, "isolated", isolated(agent));
	json_object_set_new(status, "quarantined", fb_api_quarantines(agent));
	json_object_set_new(status, "drops_per_minute", fb_api_drop_rates(agent));
	json_object_set_new(status, "assertions", assertions(agent));
	json_object_set_new(status, "rescue", rescue(agent));
	json_object_set_new(status, "guard", json_boolean(fb_dataplane_guarded()));
	fb_ctl_answer_json(answer, FB_CTL_OK, status);
}

/* ---- /v1/zones ---- */

static json_t *zone_interfaces(const struct fb_agent *agent, unsigned int id, bool *ret_enforcing)
{
	json_t *list = json_array();

	*ret_enforcing = true;
	for (size_t i = 0; i < agent->ports.v.n; i++) {
		const struct fb_port *p = &agent->ports.v.v[i];
		const struct fb_protected *d = p->ifindex ? fb_agent_device(agent, p->ifindex) : NULL;

		if (p->zone != id)
			continue;
		*ret_enforcing &= d && d->enforcing;
		json_array_append_new(list, json_pack("{so so}", "device", fb_api_text(p->name), "vlan",
						      p->vlan >= 0 ? json_integer(p->vlan) : json_null()));
	}
	return list;
}

static json_t *zone_networks(const struct fb_zone *zone)
{
	const struct fb_nets *nets = &zone->stmt->zone.nets;
	json_t *list = json_array();
	char ip[FB_INET_STRLEN], text[FB_INET_STRLEN + 8];

	for (size_t i = 0; i < nets->n; i++) {
		const struct fb_net *net = &nets->v[i];

		if (net->kind == FB_NET_ANY)
			snprintf(text, sizeof(text), "any");
		else
			snprintf(text, sizeof(text), "%s/%u", fb_ip_print(net->family, net->range.first, ip),
				 net->len);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *zone_json(const struct fb_agent *agent, const struct fb_zone *zone)
{
	unsigned int ids[FB_ZONES_MAX];
	size_t n = fb_api_zone_ids(agent, ids);
	__u64 passed = 0, passed_bytes = 0, dropped = 0, dropped_bytes = 0;
	const char *owner = zone->stmt->zone.doc.owner.s, *purdue = zone->stmt->zone.purdue.text;
	json_t *interfaces;
	bool enforcing;

	for (size_t i = 0; i < n; i++)
		for (unsigned int reason = 0; reason < FB_REASON_COUNT; reason++) {
			if (reason == FB_PASSED)
				passed += zone_pair(agent, zone->id, ids[i], reason, &passed_bytes);
			else if (reason != FB_WOULD_DROP)
				dropped += zone_pair(agent, zone->id, ids[i], reason, &dropped_bytes);
		}
	interfaces = zone_interfaces(agent, zone->id, &enforcing);
	return json_pack("{so si so so so so so so so so sb}", "name", fb_api_text(zone->name), "id",
			 zone->id, "interfaces", interfaces, "networks", zone_networks(zone), "owner",
			 fb_api_text(owner), "purdue", purdue ? fb_api_text(purdue) : json_null(),
			 "passed_packets", fb_api_count(passed), "passed_bytes", fb_api_count(passed_bytes),
			 "dropped_packets", fb_api_count(dropped), "dropped_bytes",
			 fb_api_count(dropped_bytes), "enforcing", enforcing);
}

void fb_api_zones(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;
	json_t *zones = json_array();

	for (size_t i = 0; agent->generation && i < agent->generation->ruleset.zones.n; i++)
		json_array_append_new(zones, zone_json(agent, &agent->generation->ruleset.zones.v[i]));
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so}", "schema", "firebreak.zones/1", "zones", zones));
}

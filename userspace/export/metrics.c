// SPDX-License-Identifier: GPL-2.0-only
#include "export/metrics.h"

#include <string.h>

#include "export/series.h"

static const char *const reason_names[FB_REASON_COUNT] = {
#define FB_X(n, id, name, text) [n] = name,
	FB_REASONS(FB_X)
#undef FB_X
};

static const char *const state_names[FB_FLOW_STATES] = {
	[FB_FLOW_NEW] = "new",	       [FB_FLOW_REPLIED] = "replied", [FB_FLOW_ESTABLISHED] = "established",
	[FB_FLOW_CLOSING] = "closing", [FB_FLOW_DGRAM] = "datagram",
};

enum fb_metrics_format fb_metrics_format(const char *accept)
{
	/* A server that takes it says so before all others; weights are not worth reading. */
	return strstr(accept, "application/openmetrics-text") ? FB_METRICS_OPENMETRICS
							      : FB_METRICS_PROMETHEUS;
}

const char *fb_metrics_content_type(enum fb_metrics_format format)
{
	return format == FB_METRICS_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
						: "text/plain; version=0.0.4; charset=utf-8";
}

void fb_metrics_done(struct fb_metrics *metrics)
{
	for (size_t i = 0; i < metrics->rules.n; i++)
		free(metrics->rules.v[i].at);
	fb_vec_done(&metrics->pairs);
	fb_vec_done(&metrics->rules);
	fb_vec_done(&metrics->devices);
	fb_vec_done(&metrics->inventory);
	fb_vec_done(&metrics->plans);
}

/* ---- pairs ---- */

static void pair_labels(struct fb_series *s, const struct fb_metrics_pair *pair)
{
	fb_series_begin(s);
	fb_series_label(s, "src_zone", pair->src);
	fb_series_label(s, "dst_zone", pair->dst);
}

static __u64 word(const struct fb_pair_counter *counter, bool bytes)
{
	return bytes ? counter->bytes : counter->packets;
}

static void render_one_reason(const struct fb_metrics *m, struct fb_series *s, unsigned int reason,
			      bool bytes)
{
	for (size_t i = 0; i < m->pairs.n; i++) {
		const struct fb_metrics_pair *pair = &m->pairs.v[i];

		if (!pair->by_reason[reason].packets && !(reason == FB_PASSED && pair->allowed))
			continue;
		if (!fb_series_room(s))
			continue;
		pair_labels(s, pair);
		fb_series_end(s, word(&pair->by_reason[reason], bytes));
	}
}

static void render_drops(const struct fb_metrics *m, struct fb_series *s, bool bytes)
{
	for (size_t i = 0; i < m->pairs.n; i++)
		for (unsigned int reason = 1; reason < FB_REASON_COUNT; reason++) {
			const struct fb_metrics_pair *pair = &m->pairs.v[i];

			if (!reason_names[reason] || !pair->by_reason[reason].packets || !fb_series_room(s))
				continue;
			pair_labels(s, pair);
			fb_series_label(s, "reason", reason_names[reason]);
			fb_series_end(s, word(&pair->by_reason[reason], bytes));
		}
}

static void render_pairs(const struct fb_metrics *m, struct fb_series *s)
{
	fb_series_family(s, "firebreak_passed_packets", FB_SERIES_COUNTER,
			 "Packets passed between two zones.");
	render_one_reason(m, s, FB_PASSED, false);
	fb_series_family(s, "firebreak_passed_bytes", FB_SERIES_COUNTER, "Bytes passed between two zones.");
	render_one_reason(m, s, FB_PASSED, true);
	fb_series_family(s, "firebreak_dropped_packets", FB_SERIES_COUNTER,
			 "Packets dropped between two zones, by reason.");
	render_drops(m, s, false);
	fb_series_family(s, "firebreak_dropped_bytes", FB_SERIES_COUNTER,
			 "Bytes dropped between two zones, by reason.");
	render_drops(m, s, true);
	fb_series_family(s, "firebreak_would_drop_packets", FB_SERIES_COUNTER,
			 "Packets that only observe mode let pass.");
	render_one_reason(m, s, FB_WOULD_DROP, false);
	fb_series_family(s, "firebreak_would_drop_bytes", FB_SERIES_COUNTER,
			 "Bytes that only observe mode let pass.");
	render_one_reason(m, s, FB_WOULD_DROP, true);
}

/* ---- rules ---- */

static bool is_dated(const struct fb_metrics_rule *rule)
{
	return rule->deadline != FB_NO_DEADLINE;
}

static size_t cost(const struct fb_metrics_rule *rule)
{
	return FB_METRICS_SERIES_PER_RULE + is_dated(rule);
}

/*
 * Which rules fit into what is left of the budget: those that were hit first, then by place in the text.
 * Returns what does not fit.
 */
static size_t choose_rules(const struct fb_metrics *m, size_t room, bool *chosen)
{
	size_t left_out = 0;

	for (int hit = 1; hit >= 0; hit--)
		for (size_t i = 0; i < m->rules.n; i++) {
			const struct fb_metrics_rule *rule = &m->rules.v[i];

			if ((rule->counter.packets != 0) != hit)
				continue;
			chosen[i] = cost(rule) <= room;
			if (chosen[i])
				room -= cost(rule);
			else
				left_out += cost(rule);
		}
	return left_out;
}

enum rule_word { RULE_PACKETS, RULE_BYTES, RULE_FLOWS, RULE_INFO, RULE_EXPIRY };

static void render_rule(const struct fb_metrics_rule *rule, struct fb_series *s, enum rule_word which)
{
	const __u64 values[] = {
		[RULE_PACKETS] = rule->counter.packets, [RULE_BYTES] = rule->counter.bytes,
		[RULE_FLOWS] = rule->counter.flows,	[RULE_INFO] = 1,
		[RULE_EXPIRY] = (__u64)rule->deadline,
	};

	if (which == RULE_EXPIRY && !is_dated(rule))
		return;
	fb_series_begin(s);
	fb_series_label(s, "rule", rule->id);
	if (which == RULE_INFO) {
		fb_series_label(s, "kind", rule->never ? "never" : "allow");
		fb_series_label(s, "pairs", rule->pairs);
		fb_series_label(s, "at", rule->at); /* the text of a line may hold addresses */
	}
	fb_series_end(s, values[which]);
}

static void render_rules(const struct fb_metrics *m, struct fb_series *s)
{
	static const struct {
		const char *family;
		enum fb_series_type type;
		const char *help;
	} families[] = {
		[RULE_PACKETS] = { "firebreak_rule_packets", FB_SERIES_COUNTER,
				   "Packets that a line allowed, or that a never line stopped." },
		[RULE_BYTES] = { "firebreak_rule_bytes", FB_SERIES_COUNTER,
				 "Bytes that a line allowed, or that a never line stopped." },
		[RULE_FLOWS] = { "firebreak_rule_flows", FB_SERIES_COUNTER, "Flows that a line began." },
		[RULE_INFO] = { "firebreak_rule", FB_SERIES_INFO,
				"Which pairs a line is for and where it stands; join it on the label rule." },
		[RULE_EXPIRY] = { "firebreak_rule_expiry_timestamp_seconds", FB_SERIES_GAUGE,
				  "When a dated line ends." },
	};
	size_t room = s->n + 1 < FB_METRICS_SERIES_MAX ? FB_METRICS_SERIES_MAX - s->n - 1 : 0;
	fb_autofree bool *chosen = calloc(m->rules.n + 1, sizeof(*chosen));

	if (!chosen)
		abort();
	s->omitted += choose_rules(m, room, chosen);
	for (size_t f = 0; f < FB_ARRAY_SIZE(families); f++) {
		fb_series_family(s, families[f].family, families[f].type, families[f].help);
		for (size_t i = 0; i < m->rules.n; i++)
			if (chosen[i])
				render_rule(&m->rules.v[i], s, (enum rule_word)f);
	}
	fb_series_single(s, "firebreak_omitted_series", FB_SERIES_GAUGE,
			 "Series that the budget of one scrape has no room for.", s->omitted);
}

/* ---- the rest ---- */

static void render_flows(const struct fb_metrics *m, struct fb_series *s)
{
	fb_series_family(s, "firebreak_flows", FB_SERIES_GAUGE, "Live flows by state, counted by the agent.");
	for (unsigned int i = 0; i < FB_FLOW_STATES; i++) {
		if (!state_names[i])
			continue;
		fb_series_begin(s);
		fb_series_label(s, "state", state_names[i]);
		fb_series_end(s, m->flows.by_state[i]);
	}
	__u64 refused = 0;

	for (size_t i = 0; i < m->pairs.n; i++)
		refused += m->pairs.v[i].by_reason[FB_DROP_TABLE_FULL].packets;
	fb_series_single(s, "firebreak_flow_insert_failures", FB_SERIES_COUNTER,
			 "Packets dropped because the table had no room for the flow that they begin.",
			 refused);
	fb_series_single(s, "firebreak_flows_capacity", FB_SERIES_GAUGE, "Flows that the table has room for.",
			 m->flows.capacity);
}

static void render_devices(const struct fb_metrics *m, struct fb_series *s)
{
	fb_series_family(s, "firebreak_interface_enforcing", FB_SERIES_GAUGE,
			 "1 if a policy interface enforces, 0 if it is closed or broken.");
	for (size_t i = 0; i < m->devices.n; i++) {
		fb_series_begin(s);
		fb_series_label(s, "device", m->devices.v[i].device);
		fb_series_end(s, m->devices.v[i].enforcing);
	}
	fb_series_family(s, "firebreak_interface_xdp_mode", FB_SERIES_INFO,
			 "How XDP is attached to a policy interface.");
	for (size_t i = 0; i < m->devices.n; i++) {
		fb_series_begin(s);
		fb_series_label(s, "device", m->devices.v[i].device);
		fb_series_label(s, "mode", m->devices.v[i].mode);
		fb_series_end(s, 1);
	}
}

static void render_inventory(const struct fb_metrics *m, struct fb_series *s)
{
	static const char *const states[] = { "declared", "undeclared", "silent" };

	fb_series_family(s, "firebreak_devices", FB_SERIES_GAUGE,
			 "Devices: seen and declared, seen and not declared, declared and not seen.");
	for (size_t i = 0; i < m->inventory.n; i++)
		for (size_t k = 0; k < FB_ARRAY_SIZE(states) && fb_series_room(s); k++) {
			const struct fb_metrics_inventory *v = &m->inventory.v[i];

			fb_series_begin(s);
			fb_series_label(s, "zone", v->zone);
			fb_series_label(s, "state", states[k]);
			fb_series_end(s, k == 0 ? v->declared : k == 1 ? v->undeclared : v->silent);
		}
}

static void render_switches(const struct fb_metrics *m, struct fb_series *s)
{
	fb_series_family(s, "firebreak_isolation_active", FB_SERIES_GAUGE,
			 "1 while an isolation plan of the policy is active.");
	for (size_t i = 0; i < m->plans.n; i++) {
		fb_series_begin(s);
		fb_series_label(s, "plan", m->plans.v[i].plan);
		fb_series_end(s, m->plans.v[i].active);
	}
	fb_series_single(s, "firebreak_quarantined", FB_SERIES_GAUGE,
			 "How many devices, groups and addresses are in quarantine.", m->quarantined);
}

static void render_agent(const struct fb_metrics *m, struct fb_series *s)
{
	fb_series_family(s, "firebreak_build", FB_SERIES_INFO,
			 "Version of the agent and of the kernel it runs on.");
	fb_series_begin(s);
	fb_series_label(s, "version", m->version);
	fb_series_label(s, "kernel", m->kernel);
	fb_series_end(s, 1);
	fb_series_single(s, "firebreak_agent_start_timestamp_seconds", FB_SERIES_GAUGE,
			 "When the agent started.", (__u64)m->started);
	fb_series_single(s, "firebreak_policy_generation", FB_SERIES_GAUGE,
			 "The generation in force, 0 if none: all is dropped.", m->generation);
	fb_series_family(s, "firebreak_policy", FB_SERIES_INFO, "Name and version of the policy in force.");
	if (m->policy) {
		fb_series_begin(s);
		fb_series_label(s, "name", m->policy);
		fb_series_label(s, "version", m->policy_version);
		fb_series_end(s, 1);
	}
	fb_series_single(s, "firebreak_policy_apply_failures", FB_SERIES_COUNTER,
			 "Applies that were refused since the agent started.", m->apply_failures);
	fb_series_single(s, "firebreak_policy_confirm_deadline_timestamp_seconds", FB_SERIES_GAUGE,
			 "When a policy on trial is taken back; 0 = nothing is on trial.",
			 m->confirm_deadline);
	fb_series_single(s, "firebreak_redirect_errors", FB_SERIES_COUNTER,
			 "Packets that a driver did not take after the verdict.", m->redirect_errors);
	fb_series_single(s, "firebreak_events_emitted", FB_SERIES_COUNTER,
			 "Events that the data plane told the agent.", m->events_emitted);
	fb_series_single(s, "firebreak_events_lost", FB_SERIES_COUNTER,
			 "Events that were left out: too many in a second, or nobody read them.",
			 m->events_lost);
	fb_series_single(s, "firebreak_maps_bytes", FB_SERIES_GAUGE, "Kernel memory of all tables.",
			 m->map_bytes);
}

void fb_metrics_render(const struct fb_metrics *m, enum fb_metrics_format format, struct fb_strbuf *out)
{
	struct fb_series s = { .out = out, .open = format == FB_METRICS_OPENMETRICS };

	render_agent(m, &s);
	render_devices(m, &s);
	render_inventory(m, &s);
	render_switches(m, &s);
	render_flows(m, &s);
	render_pairs(m, &s);
	render_rules(m, &s);
	if (s.open)
		fb_strbuf_add(out, "# EOF\n");
}

// SPDX-License-Identifier: GPL-2.0-only
#include "agent/api.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

const struct fb_ctl_route fb_api_routes[] = {
	{ "GET", "/v1/status", fb_api_status },
	{ "GET", "/v1/zones", fb_api_zones },
	{ "GET", "/v1/rules", fb_api_rules },
	{ "GET", "/v1/drops", fb_api_drops },
	{ "GET", "/v1/flows", fb_api_flows },
	{ "GET", "/v1/devices", fb_api_devices },
	{ "GET", "/v1/events", fb_api_events },
	{ "GET", "/v1/audit", fb_api_audit },
	{ "GET", "/v1/audit/verify", fb_api_audit_verify },
	{ "GET", "/v1/bundle", fb_api_bundle },
	{ "POST", "/v1/apply", fb_api_apply, .needs = FB_CTL_ADMIN },
	{ "POST", "/v1/rollback", fb_api_rollback, .needs = FB_CTL_ADMIN },
	{ "POST", "/v1/confirm", fb_api_confirm, .needs = FB_CTL_ADMIN },
	{ "GET", "/v1/history", fb_api_history },
	{ "GET", "/v1/accesses", fb_api_accesses },
	{ "POST", "/v1/open", fb_api_open, .needs = FB_CTL_OPERATOR },
	{ "POST", "/v1/close", fb_api_close, .needs = FB_CTL_OPERATOR },
	{ "GET", "/v1/switches", fb_api_switches },
	{ "POST", "/v1/isolate", fb_api_isolate, .needs = FB_CTL_OPERATOR },
	{ "POST", "/v1/quarantine", fb_api_quarantine, .needs = FB_CTL_OPERATOR },
	{ "POST", "/v1/release", fb_api_release, .needs = FB_CTL_OPERATOR },
	{ "POST", "/v1/end", fb_api_end, .needs = FB_CTL_OPERATOR },
	{ "POST", "/v1/explain", fb_api_explain },
	{ "GET", "/metrics", fb_api_metrics },
};
const size_t fb_api_n_routes = FB_ARRAY_SIZE(fb_api_routes);
const struct fb_ctl_route fb_api_metrics_routes[1] = { { "GET", "/metrics", fb_api_metrics } };

json_t *fb_api_text(const char *s)
{
	json_t *text = json_string(s ? s : "");

	return text ? text : json_string("?");
}

json_t *fb_api_count(__u64 n)
{
	return json_integer((json_int_t)n);
}

char *fb_api_at(const struct fb_agent *agent, struct fb_at at)
{
	const struct fb_sources *sources = &agent->generation->tree.sources;
	struct fb_strbuf text = { 0 };

	if (at.line && at.file < sources->files.n)
		fb_strbuf_addf(&text, "%s:%u", sources->files.v[at.file].path, at.line);
	return fb_strbuf_steal(&text);
}

const struct fb_line *fb_api_line(const struct fb_agent *agent, __u32 slot)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;

	for (size_t i = 0; rs && slot && i < rs->lines.n; i++)
		if (rs->lines.v[i].slot == slot)
			return &rs->lines.v[i];
	return NULL;
}

__s64 fb_api_tick_to_unix(const struct fb_agent *agent, __u64 tick)
{
	__s32 since = (__s32)(fb_dataplane_tick(agent->dp) - (__u32)tick);

	return tick ? fb_clock_now() - fb_dataplane_tick_seconds(agent->dp, since) : 0;
}

const char *fb_api_reason_name(unsigned int reason)
{
	static const char *const names[FB_REASON_COUNT] = {
		[FB_PASSED] = "passed",
#define FB_X(n, id, name, text) [n] = name,
		FB_REASONS(FB_X)
#undef FB_X
			[FB_WOULD_DROP] = "would-drop",
	};

	return reason < FB_REASON_COUNT ? names[reason] : NULL;
}

size_t fb_api_zone_ids(const struct fb_agent *agent, unsigned int *ret)
{
	size_t n = 0;

	ret[n++] = FB_ZONE_NONE;
	ret[n++] = FB_ZONE_SELF;
	for (unsigned int id = FB_ZONE_FIRST; id < FB_ZONES_MAX; id++)
		if (!agent->generation || fb_ruleset_zone_by_id(&agent->generation->ruleset, id))
			ret[n++] = id;
	return n;
}

static const char *mode_name(enum fb_xdp_mode mode)
{
	return mode == FB_XDP_NATIVE ? "native" : mode == FB_XDP_GENERIC ? "generic" : "none";
}

json_t *fb_api_interfaces(const struct fb_agent *agent)
{
	json_t *list = json_array();
	char buf[16];

	for (size_t i = 0; i < agent->ports.v.n; i++) {
		const struct fb_port *p = &agent->ports.v.v[i];
		const struct fb_protected *d = p->ifindex ? fb_agent_device(agent, p->ifindex) : NULL;
		const char *why = p->why[0] ? p->why : d ? d->why : p->ifindex ? "not attached" : "";

		json_array_append_new(
			list,
			json_pack("{so so si so sb ss so}", "device", fb_api_text(p->name), "vlan",
				  p->vlan >= 0 ? json_integer(p->vlan) : json_null(), "ifindex", p->ifindex,
				  "zone", fb_api_text(fb_agent_zone_name(agent, p->zone, buf)), "enforcing",
				  d && d->enforcing, "mode", mode_name(d ? d->mode : FB_XDP_NONE), "why",
				  fb_api_text(why)));
	}
	return list;
}

bool fb_api_read_host(const struct fb_agent *agent, const char *host, struct fb_ipset *ret,
		      struct fb_ctl_answer *answer)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	struct FB_VEC(const char *) names = { 0 };
	const struct fb_ipset *found = NULL;
	const char *near;
	struct fb_ip ip;
	int family;

	if (fb_ip_parse(host, strlen(host), &family, &ip) == 0) {
		fb_ipset_add(ret, family, (struct fb_range){ ip, ip });
		return true;
	}
	for (size_t i = 0; rs && i < rs->devices.n; i++) {
		fb_vec_add(&names, rs->devices.v[i].name);
		if (!strcmp(rs->devices.v[i].name, host))
			found = &rs->devices.v[i].ips;
	}
	for (size_t i = 0; rs && i < rs->groups.n; i++) {
		fb_vec_add(&names, rs->groups.v[i].name);
		if (!strcmp(rs->groups.v[i].name, host))
			found = &rs->groups.v[i].ips;
	}
	near = found ? NULL : fb_suggest(host, names.v, names.n);
	fb_vec_done(&names);
	if (found && !fb_ipset_empty(found)) {
		fb_ipset_add_set(ret, found);
		return true;
	}
	if (found)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "device %.64s has no address", host);
	if (near)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
					   "no device or group \"%.64s\": did you mean \"%s\"?", host, near);
	return fb_ctl_answer_error(
		answer, FB_CTL_BAD_REQUEST,
		"\"%.64s\" is no address, device or group: write 10.20.4.12 or 2001:db8::1", host);
}

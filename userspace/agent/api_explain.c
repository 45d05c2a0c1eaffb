// SPDX-License-Identifier: GPL-2.0-only
/* POST /v1/explain: asks the real program. */
#include <netinet/in.h>
#include <string.h>

#include "agent/api.h"
#include "agent/frame.h"

struct asked {
	struct fb_frame_spec frame;
	const struct fb_zone *zone; /* that it comes in from */
	const struct fb_port *port;
};

static const char *field(const json_t *body, const char *name)
{
	const char *s = json_string_value(json_object_get(body, name));

	return s ? s : "";
}

static bool parse_address(const json_t *body, const char *name, int *ret_family, struct fb_ip *ret,
			  struct fb_ctl_answer *answer)
{
	const char *text = field(body, name);

	if (!strcmp(text, "self"))
		return fb_ctl_answer_error(answer, FB_CTL_UNPROCESSABLE,
					   "%s self: the live program can be asked about an address that a "
					   "packet carries, not about the gateway's own",
					   name);
	return fb_ip_parse(text, strlen(text), ret_family, ret) == 0 ||
	       fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s must be an address", name);
}

static bool parse_number(const json_t *body, const char *name, json_int_t max, json_int_t otherwise,
			 json_int_t *ret, struct fb_ctl_answer *answer)
{
	const json_t *v = json_object_get(body, name);

	*ret = v ? json_integer_value(v) : otherwise;
	return (!v || json_is_integer(v)) && *ret >= 0 && *ret <= max
		       ? true
		       : fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s is out of range", name);
}

static bool parse_proto(const json_t *body, json_int_t *ret, struct fb_ctl_answer *answer)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "tcp", IPPROTO_TCP },
		      { "udp", IPPROTO_UDP },
		      { "sctp", IPPROTO_SCTP },
		      { "icmp", IPPROTO_ICMP },
		      { "icmpv6", IPPROTO_ICMPV6 } };
	const char *text = field(body, "proto");

	for (size_t i = 0; i < FB_ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i].name)) {
			*ret = names[i].number;
			return true;
		}
	return parse_number(body, "proto", 255, -1, ret, answer);
}

static bool parse(const json_t *body, struct asked *a, struct fb_ctl_answer *answer)
{
	json_int_t proto, sport, dport, flags;
	int family;

	if (!parse_address(body, "from", &a->frame.family, &a->frame.src, answer) ||
	    !parse_address(body, "to", &family, &a->frame.dst, answer) ||
	    !parse_proto(body, &proto, answer) ||
	    !parse_number(body, "sport", 65535, 40000, &sport, answer) ||
	    !parse_number(body, "dport", 65535, 0, &dport, answer) ||
	    !parse_number(body, "tcp_flags", 255, 2, &flags, answer))
		return false;
	if (family != a->frame.family)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s must be of one family",
					   "from and to");
	a->frame.proto = (__u8)proto;
	a->frame.sport = (__u16)sport;
	a->frame.dport = (__u16)dport;
	a->frame.tcp_flags = (__u8)flags;
	return true;
}

static const struct fb_zone *owner_of(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_ipset_has(&rs->zones.v[i].owned, family, ip))
			return &rs->zones.v[i];
	return NULL;
}

/*
 * Where the packet comes in: the zone that is named, else the one that owns the source; by the port whose wire leads to the destination, if it has wires, else by the first
 * that is there. The answer says which.
 */
static bool find_port(const struct fb_agent *agent, const json_t *body, struct asked *a,
		      struct fb_ctl_answer *answer)
{
	const struct fb_ruleset *rs = &agent->generation->ruleset;
	const char *name = field(body, "zone");

	a->zone = *name ? fb_ruleset_zone(rs, name) : owner_of(rs, a->frame.family, a->frame.src);
	if (!a->zone)
		return *name ? fb_ctl_answer_error(answer, FB_CTL_UNPROCESSABLE,
						   "the policy in force has no zone %s", name)
			     : fb_ctl_answer_error(
				       answer, FB_CTL_UNPROCESSABLE,
				       "%s belongs to no zone: name the zone that it comes in from",
				       field(body, "from"));
	a->port = fb_ports_entrance(&agent->ports, a->zone->id,
				    fb_ruleset_wire_zone(rs, a->zone,
							 owner_of(rs, a->frame.family, a->frame.dst)));
	return a->port ? true
		       : fb_ctl_answer_error(answer, FB_CTL_UNPROCESSABLE, "no interface of zone %s is there",
					     a->zone->name);
}

static bool is_broadcast(const struct fb_agent *agent, const struct fb_frame_spec *f)
{
	for (size_t i = 0; i < agent->self.n; i++)
		if (agent->self.v[i].value.kind == FB_SELF_BROADCAST && f->family == 4 &&
		    agent->self.v[i].key.lo == f->dst.lo)
			return true;
	return false;
}

/* Where bindings hold it matters who sends: the declared MAC of the source, if there is one. */
static void find_source_mac(const struct fb_agent *agent, struct asked *a)
{
	const struct fb_ruleset *rs = &agent->generation->ruleset;

	for (size_t i = 0; i < rs->devices.n; i++) {
		const struct fb_device *d = &rs->devices.v[i];
		const struct fb_words *macs = &d->stmt->device.macs;

		if (macs->n && d->zone < rs->zones.n && rs->zones.v[d->zone].id == a->zone->id &&
		    fb_ipset_has(&d->ips, a->frame.family, a->frame.src))
			fb_mac_parse(macs->v[0].s, strlen(macs->v[0].s), a->frame.src_mac);
	}
}

static const char *rule_id(const struct fb_agent *agent, __u32 slot)
{
	const struct fb_ruleset *rs = &agent->generation->ruleset;

	for (size_t i = 0; slot && i < rs->lines.n; i++)
		if (rs->lines.v[i].slot == slot)
			return rs->lines.v[i].id;
	return NULL;
}

/* S14: the zones of the line, if the packet is left to multicast routing. */
static json_t *copies_json(const struct fb_agent *agent, const struct fb_explain *e)
{
	const struct fb_ruleset *rs = &agent->generation->ruleset;
	json_t *zones = json_array();
	__u64 group = 0;
	char name[16];

	for (size_t i = 0; e->rule_slot && i < rs->lines.n; i++)
		if (rs->lines.v[i].slot == e->rule_slot)
			group = rs->lines.v[i].group;
	if (e->cls != FB_TOKEN_GROUP && e->cls != FB_TOKEN_GROUP_SELF)
		group = 0;
	for (unsigned int id = FB_ZONE_SELF; id < FB_ZONES_MAX; id++)
		if (group & 1ull << id)
			json_array_append_new(zones, fb_api_text(fb_agent_zone_name(agent, id, name)));
	return zones;
}

static json_t *answer_json(const struct fb_agent *agent, const struct asked *a, const struct fb_explain *e)
{
	static const char *const states[FB_FLOW_STATES] = { "none",	   "new",     "replied",
							    "established", "closing", "established" };
	const char *reason = fb_api_reason_name(e->reason), *id = rule_id(agent, e->rule_slot);
	char src[16], dst[16];

	return json_pack("{ss ss so so so so ss sb si ss so}", "schema", "firebreak.explain/1", "reason",
			 reason ? reason : "undecided", "rule", id ? fb_api_text(id) : json_null(),
			 "src_zone", fb_api_text(fb_agent_zone_name(agent, e->src_zone, src)), "dst_zone",
			 fb_api_text(fb_agent_zone_name(agent, e->dst_zone, dst)), "copies",
			 copies_json(agent, e), "flow_state",
			 e->flow_state < FB_FLOW_STATES ? states[e->flow_state] : "unknown", "observed",
			 e->observed, "generation", (int)e->generation, "device", a->port->name, "vlan",
			 a->port->vlan > 0 ? json_integer(a->port->vlan) : json_null());
}

void fb_api_explain(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	struct fb_agent *agent = user;
	struct asked a = { 0 };
	struct fb_explain explain;
	struct fb_error err = { 0 };
	__u8 frame[FB_FRAME_MAX];
	json_error_t why;
	json_t *body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &why);
	bool good = false;

	if (!json_is_object(body))
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "not JSON: %s",
				    body ? "not an object" : why.text);
	else if (!agent->generation)
		fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "there is no policy: everything is dropped");
	else
		good = parse(body, &a, answer) && find_port(agent, body, &a, answer);
	json_decref(body);
	if (!good)
		return;
	memcpy(a.frame.dst_mac, a.port->mac, sizeof(a.frame.dst_mac));
	find_source_mac(agent, &a);
	a.frame.vlan = a.port->vlan;
	a.frame.broadcast = is_broadcast(agent, &a.frame);
	if (fb_dataplane_explain(agent->dp, a.port->ifindex, frame, fb_frame_build(&a.frame, frame), &explain,
				 &err) < 0)
		fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "%s", err.text);
	else
		fb_ctl_answer_json(answer, FB_CTL_OK, answer_json(agent, &a, &explain));
}

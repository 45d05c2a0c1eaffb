// SPDX-License-Identifier: GPL-2.0-only
/*
 * GET /v1/flows?limit=&from=&total=&host=&zone=&state=&access=
 *
 * In pieces: an answer is built whole, and one of 100,000 flows was 15 MB for each of who asked, and a quarter of a second in which nobody else was answered.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "agent/api.h"

enum { LIMIT_DEFAULT = 1000, PIECE_MAX = 1000 };

static const char
	*const state_names[FB_FLOW_STATES] = {
		[FB_FLOW_NEW] = "new",
		[FB_FLOW_REPLIED] = "replied",
		[FB_FLOW_ESTABLISHED] = "established",
		[FB_FLOW_CLOSING] = "closing",
		[FB_FLOW_DGRAM] = "established", /* people care that it is, not by which proof */
	};

struct question {
	const struct fb_agent *agent;
	const struct fb_line **by_slot; /* [FB_RULE_SLOTS] */
	size_t limit;
	struct fb_ipset host;	  /* empty = any */
	const char *zone, *state; /* NULL = any */
	unsigned int access;	  /* of the line: index + 1 as there; 0 = any */
	__s64 now;
	json_t *list; /* NULL = they are counted only */
	size_t from, total, shown;
	bool some; /* not how many there are */
};

static bool is_of_access(const struct question *q, const struct fb_snapshot_flow *f)
{
	const struct fb_line *line = f->rule < FB_RULE_SLOTS ? q->by_slot[f->rule] : NULL;

	return line && !f->observed && line->access == q->access;
}

static bool matches(const struct question *q, const struct fb_snapshot_flow *f, const char *src,
		    const char *dst)
{
	if (!fb_ipset_empty(&q->host) && !fb_ipset_has(&q->host, f->family, f->src) &&
	    !fb_ipset_has(&q->host, f->family, f->dst))
		return false;
	if (q->zone && strcmp(q->zone, src) && strcmp(q->zone, dst))
		return false;
	if (q->access && !is_of_access(q, f))
		return false;
	return !q->state || (f->state < FB_FLOW_STATES && state_names[f->state] &&
			     !strcmp(q->state, state_names[f->state]));
}

const char *fb_api_proto_name(unsigned int proto, char *buf)
{
	static const char *const names[256] = { [IPPROTO_TCP] = "tcp",
						[IPPROTO_UDP] = "udp",
						[IPPROTO_SCTP] = "sctp",
						[IPPROTO_ICMP] = "icmp",
						[IPPROTO_ICMPV6] = "icmpv6" };

	if (names[proto])
		return names[proto];
	snprintf(buf, 8, "%u", proto);
	return buf;
}

json_t *fb_api_flow(const struct fb_agent *agent, const struct fb_snapshot_flow *f,
		    const struct fb_line *const *by_slot)
{
	char src_zone[16], dst_zone[16], src[FB_INET_STRLEN], dst[FB_INET_STRLEN], proto[8];
	const struct fb_line *line = f->rule < FB_RULE_SLOTS ? by_slot[f->rule] : NULL;
	json_t *flow = json_pack("{ss si ss si ss ss so so}", "src", fb_ip_print(f->family, f->src, src),
				 "sport", f->sport, "dst", fb_ip_print(f->family, f->dst, dst), "dport",
				 f->dport, "proto", fb_api_proto_name(f->proto, proto), "state",
				 f->state < FB_FLOW_STATES && state_names[f->state] ? state_names[f->state]
										    : "unknown",
				 "src_zone", fb_api_text(fb_agent_zone_name(agent, f->src_zone, src_zone)),
				 "dst_zone", fb_api_text(fb_agent_zone_name(agent, f->dst_zone, dst_zone)));

	json_object_set_new(flow, "rule", line ? fb_api_text(line->id) : json_null());
	json_object_set_new(flow, "observed", json_boolean(f->observed));
	json_object_set_new(flow, "stale", json_boolean(f->stale));
	json_object_set_new(flow, "idle", json_integer(f->idle));
	json_object_set_new(flow, "age", json_integer(f->age));
	json_object_set_new(flow, "until",
			    f->deadline && f->deadline != FB_NO_DEADLINE ? json_integer(f->deadline)
									 : json_null());
	return flow;
}

const struct fb_line **fb_api_lines_by_slot(const struct fb_agent *agent)
{
	const struct fb_line **by_slot = calloc(FB_RULE_SLOTS, sizeof(*by_slot));

	if (!by_slot)
		abort();
	for (size_t i = 0; agent->generation && i < agent->generation->ruleset.lines.n; i++) {
		const struct fb_line *line = &agent->generation->ruleset.lines.v[i];

		if (line->slot && line->slot < FB_RULE_SLOTS)
			by_slot[line->slot] = line;
	}
	return by_slot;
}

static bool add_flow(const struct fb_snapshot_flow *f, void *arg)
{
	struct question *q = arg;
	char src_zone[16], dst_zone[16];

	if (!matches(q, f, fb_agent_zone_name(q->agent, f->src_zone, src_zone),
		     fb_agent_zone_name(q->agent, f->dst_zone, dst_zone)))
		return true;
	if (q->list && q->shown == q->limit)
		return false;
	q->total++;
	if (q->list) {
		q->shown++;
		json_array_append_new(q->list, fb_api_flow(q->agent, f, q->by_slot));
	}
	return true;
}

/* False: answered with what is wrong. */
static bool parse_access(const struct fb_ctl_request *request, struct question *q,
			 struct fb_ctl_answer *answer)
{
	const char *name = fb_ctl_query(request, "access");
	int access = name && q->agent->generation ? fb_access_find(&q->agent->generation->ruleset, name) : -1;

	if (name && access < 0)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
					   "access=%.64s: the policy in force has no such access", name);
	q->access = (unsigned int)(access + 1);
	return true;
}

/* False: answered with what is wrong. */
static bool known_zone(const struct question *q, struct fb_ctl_answer *answer)
{
	const struct fb_ruleset *rs = q->agent->generation ? &q->agent->generation->ruleset : NULL;
	struct FB_VEC(const char *) names = { 0 };
	const char *near;

	if (!rs || fb_ruleset_zone(rs, q->zone) || !strcmp(q->zone, "self"))
		return true;
	for (size_t i = 0; i < rs->zones.n; i++)
		fb_vec_add(&names, rs->zones.v[i].name);
	near = fb_suggest(q->zone, names.v, names.n);
	fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "no zone \"%.64s\"%s%s%s", q->zone,
			    near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	fb_vec_done(&names);
	return false;
}

/* False: answered with what is wrong. */
static bool parse(const struct fb_ctl_request *request, struct question *q, struct fb_ctl_answer *answer)
{
	const char *host = fb_ctl_query(request, "host"), *total = fb_ctl_query(request, "total");
	__u64 limit = LIMIT_DEFAULT, from = 0;

	q->zone = fb_ctl_query(request, "zone");
	q->state = fb_ctl_query(request, "state");
	if (!fb_api_query_number(request, "limit", ~0u, &limit, answer) ||
	    !fb_api_query_number(request, "from", ~0u, &from, answer))
		return false;
	q->limit = limit < PIECE_MAX ? limit : PIECE_MAX;
	q->from = from;
	if (total && strcmp(total, "no"))
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "total=%.64s: may only be no", total);
	q->some = total || from;
	if (host && !fb_api_read_host(q->agent, host, &q->host, answer))
		return false;
	if (q->zone && !known_zone(q, answer))
		return false;
	if (q->state) {
		bool known = false;

		for (size_t i = 0; i < FB_FLOW_STATES; i++)
			known |= state_names[i] && !strcmp(state_names[i], q->state);
		if (!known)
			fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
					    "state=%s: must be new, replied, established or closing",
					    q->state);
		return known;
	}
	return true;
}

void fb_api_flows(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	struct question q = { .agent = user };
	json_t *list;
	size_t next;

	if (!parse(request, &q, answer) || !parse_access(request, &q, answer)) {
		fb_ipset_done(&q.host);
		return;
	}
	q.by_slot = fb_api_lines_by_slot(q.agent);
	list = q.list = json_array();
	next = fb_dataplane_each_flow(q.agent->dp, q.from, add_flow, &q);
	q.list = NULL;
	if (next != FB_FLOWS_END && !q.some)
		fb_dataplane_each_flow(q.agent->dp, next, add_flow, &q);
	free(q.by_slot);
	fb_ipset_done(&q.host);
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so so sI so}", "schema", "firebreak.flows/1", "flows", list,
				     "total", q.some ? json_null() : json_integer((json_int_t)q.total),
				     "shown", (json_int_t)q.shown, "next",
				     next == FB_FLOWS_END ? json_null() : json_integer((json_int_t)next)));
}

// SPDX-License-Identifier: GPL-2.0-only
/* GET /v1/events?kind=&host=&src=&dst=&since=&limit= */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "agent/api.h"
#include "agent/events.h"

enum { LIMIT_DEFAULT = 1000, LIMIT_MAX = 20000 };

struct question {
	const struct fb_agent *agent;
	const char *kind, *src, *dst; /* NULL = any */
	struct fb_ipset host;	      /* empty = any */
	__u64 since;
	size_t limit;
	struct FB_VEC(const struct fb_event_record *) found;
};

static void ask(struct fb_event_record *r, void *user)
{
	struct question *q = user;
	char src[16], dst[16];

	if (r->seq <= q->since || (q->kind && strcmp(q->kind, fb_event_kind_name(r->kind)) != 0))
		return;
	if (!fb_ipset_empty(&q->host) && !fb_ipset_has(&q->host, r->family ? r->family : 4, r->src) &&
	    !fb_ipset_has(&q->host, r->family ? r->family : 4, r->dst))
		return;
	if ((q->src && strcmp(q->src, fb_agent_zone_name(q->agent, r->src_zone, src)) != 0) ||
	    (q->dst && strcmp(q->dst, fb_agent_zone_name(q->agent, r->dst_zone, dst)) != 0))
		return;
	fb_vec_add(&q->found, r);
}

static int latest_first(const void *a, const void *b)
{
	const struct fb_event_record *x = *(const struct fb_event_record *const *)a,
				     *y = *(const struct fb_event_record *const *)b;

	return (x->seq < y->seq) - (x->seq > y->seq);
}

static const struct fb_device *device_at(const struct fb_agent *agent, int family, struct fb_ip ip)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;

	for (size_t i = 0; rs && i < rs->devices.n; i++)
		if (fb_ipset_has(&rs->devices.v[i].ips, family, ip))
			return &rs->devices.v[i];
	return NULL;
}

/* "tcp/554", "icmp/8", "ip/47"; what is no IP by its ethertype. */
static json_t *service(const struct fb_event_record *r)
{
	if (r->ethertype == 0x0806)
		return json_string("arp");
	if (!r->family)
		return json_sprintf("ethertype/0x%04x", r->ethertype);
	switch (r->proto) {
	case IPPROTO_TCP:
		return json_sprintf("tcp/%u", r->dport);
	case IPPROTO_UDP:
		return json_sprintf("udp/%u", r->dport);
	case IPPROTO_SCTP:
		return json_sprintf("sctp/%u", r->dport);
	case IPPROTO_ICMP:
		return json_sprintf("icmp/%u", r->dport >> 8);
	case IPPROTO_ICMPV6:
		return json_sprintf("icmpv6/%u", r->dport >> 8);
	default:
		return json_sprintf("ip/%u", r->proto);
	}
}

static json_t *record_json(const struct fb_agent *agent, const struct fb_event_record *r)
{
	int family = r->family ? r->family : 4;
	const struct fb_device *src = device_at(agent, family, r->src),
			       *dst = device_at(agent, family, r->dst);
	const struct fb_host_link *link = fb_host_by_index(&agent->host, r->ifindex);
	const struct fb_line *line = fb_api_line(agent, r->rule);
	char zs[16], zd[16], from[FB_INET_STRLEN], to[FB_INET_STRLEN], mac[FB_MAC_STRLEN];
	json_t *o = json_pack("{sI ss so so so ss ss so ss}", "seq", (json_int_t)r->seq, "kind",
			      fb_event_kind_name(r->kind), "reason",
			      fb_api_text(fb_api_reason_name(r->reason)), "src_zone",
			      fb_api_text(fb_agent_zone_name(agent, r->src_zone, zs)), "dst_zone",
			      fb_api_text(fb_agent_zone_name(agent, r->dst_zone, zd)), "src",
			      fb_ip_print(family, r->src, from), "dst", fb_ip_print(family, r->dst, to),
			      "service", service(r), "mac", fb_mac_print(r->mac, mac));

	json_object_set_new(o, "detail",
			    r->detail ? json_string(fb_event_detail_name(r->detail)) : json_null());
	json_object_set_new(o, "src_name", src ? fb_api_text(src->name) : json_null());
	json_object_set_new(o, "dst_name", dst ? fb_api_text(dst->name) : json_null());
	json_object_set_new(o, "device", link ? fb_api_text(link->name) : json_null());
	json_object_set_new(o, "family", json_integer(r->family));
	json_object_set_new(o, "proto", json_integer(r->proto));
	json_object_set_new(o, "dport", json_integer(r->dport));
	json_object_set_new(o, "sport", json_integer(r->sport));
	json_object_set_new(o, "rule", line ? fb_api_text(line->id) : json_null());
	json_object_set_new(o, "alarm", json_boolean(r->alarm));
	json_object_set_new(o, "count", fb_api_count(r->count));
	json_object_set_new(o, "first", json_integer(r->first));
	json_object_set_new(o, "last", json_integer(r->last));
	if (line) {
		fb_autofree char *at = fb_api_at(agent, line->at);

		json_object_set_new(o, "at", fb_api_text(at));
		json_object_set_new(o, "text", fb_api_text(line->text));
	}
	return o;
}

/* False: answered with what is wrong. */
static bool parse(const struct fb_ctl_request *request, struct question *q, struct fb_ctl_answer *answer)
{
	const char *host = fb_ctl_query(request, "host");
	__u64 limit = LIMIT_DEFAULT;
	bool known = false;

	q->kind = fb_ctl_query(request, "kind");
	q->src = fb_ctl_query(request, "src");
	q->dst = fb_ctl_query(request, "dst");
	for (unsigned int kind = FB_EVENT_DROP; kind <= FB_EVENT_BINDING; kind++)
		known |= q->kind && strcmp(q->kind, fb_event_kind_name(kind)) == 0;
	if (q->kind && !known)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
					   "kind=%s: must be drop, would-drop, flow, quota or binding",
					   q->kind);
	if (host && !fb_api_read_host(q->agent, host, &q->host, answer))
		return false;
	if (!fb_api_query_number(request, "since", ~0ull, &q->since, answer) ||
	    !fb_api_query_number(request, "limit", LIMIT_MAX, &limit, answer))
		return false;
	q->limit = limit;
	return true;
}

void fb_api_events(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	struct question q = { .agent = user };
	__u64 emitted, lost;
	json_t *list;

	if (!parse(request, &q, answer)) {
		fb_ipset_done(&q.host);
		return;
	}
	fb_agent_events_read(user);
	fb_events_each(q.agent->events, ask, &q);
	if (q.found.n)
		qsort(q.found.v, q.found.n, sizeof(*q.found.v), latest_first);
	list = json_array();
	for (size_t i = 0; i < q.found.n && i < q.limit; i++)
		json_array_append_new(list, record_json(q.agent, q.found.v[i]));
	fb_dataplane_event_totals(q.agent->dp, &emitted, &lost);
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so sI sI so so}", "schema", "firebreak.events/1", "events", list,
				     "total", (json_int_t)q.found.n, "next",
				     (json_int_t)fb_events_seq(q.agent->events), "emitted",
				     fb_api_count(emitted), "lost", fb_api_count(lost)));
	fb_vec_done(&q.found);
	fb_ipset_done(&q.host);
}

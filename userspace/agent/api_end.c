// SPDX-License-Identifier: GPL-2.0-only
/* POST /v1/end: the end of one flow. */
#include <netinet/in.h>
#include <string.h>

#include "agent/api.h"
#include "base/log.h"

struct wanted {
	int family;
	unsigned int proto;
	struct fb_ip src, dst;
	unsigned int sport, dport; /* not looked at for ICMP, whose flows have none that people see */
	const struct fb_agent *agent;
	const struct fb_line **by_slot;
	bool lives;
	json_t *ended;
};

static bool is_it(const struct fb_snapshot_flow *f, const struct wanted *w)
{
	bool icmp = w->proto == IPPROTO_ICMP || w->proto == IPPROTO_ICMPV6;

	return f->family == w->family && f->proto == w->proto && !fb_ip_cmp(f->src, w->src) &&
	       !fb_ip_cmp(f->dst, w->dst) && (icmp || (f->sport == w->sport && f->dport == w->dport));
}

static bool look(const struct fb_snapshot_flow *f, void *arg)
{
	struct wanted *w = arg;

	w->lives |= is_it(f, w);
	return !w->lives;
}

static bool end(const struct fb_snapshot_flow *f, void *arg)
{
	struct wanted *w = arg;

	if (!is_it(f, w))
		return false;
	json_array_append_new(w->ended, fb_api_flow(w->agent, f, w->by_slot));
	return true;
}

static bool read_port(const json_t *body, const char *name, unsigned int *ret, struct fb_ctl_answer *answer)
{
	const json_t *port = json_object_get(body, name);

	if (port &&
	    (!json_is_integer(port) || json_integer_value(port) < 0 || json_integer_value(port) > 65535))
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "%s must be a port", name);
	*ret = (unsigned int)json_integer_value(port);
	return true;
}

static bool read_flow(const json_t *body, struct wanted *ret, struct fb_ctl_answer *answer)
{
	const char *src = json_string_value(json_object_get(body, "src")),
		   *dst = json_string_value(json_object_get(body, "dst"));
	const json_t *proto = json_object_get(body, "proto");
	int other;

	if (!src || fb_ip_parse(src, strlen(src), &ret->family, &ret->src) < 0 || !dst ||
	    fb_ip_parse(dst, strlen(dst), &other, &ret->dst) < 0 || other != ret->family)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
					   "src and dst must be addresses of one family");
	if (!json_is_integer(proto) || json_integer_value(proto) < 0 || json_integer_value(proto) > 255)
		return fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "proto must be a number up to 255");
	ret->proto = (unsigned int)json_integer_value(proto);
	return read_port(body, "sport", &ret->sport, answer) && read_port(body, "dport", &ret->dport, answer);
}

/* "10.30.0.10:443", "[2001:db8::1]:443"; ICMP and the like have no port. */
static void print_end(const struct wanted *w, struct fb_ip ip, unsigned int port, char *buf, size_t size)
{
	bool ports = w->proto == IPPROTO_TCP || w->proto == IPPROTO_UDP || w->proto == IPPROTO_SCTP;
	char text[FB_INET_STRLEN];

	fb_ip_print(w->family, ip, text);
	if (ports)
		snprintf(buf, size, w->family == 6 ? "[%s]:%u" : "%s:%u", text, port);
	else
		snprintf(buf, size, "%s", text);
}

static int audit(struct fb_agent *agent, const struct fb_ctl_request *request, const struct wanted *w,
		 const char *who, const char *reason, struct fb_error *err)
{
	const struct fb_change change = { .what = "end", .who = who, .uid = request->peer.uid };
	char src[64], dst[64], proto[8], object[160];

	print_end(w, w->src, w->sport, src, sizeof(src));
	print_end(w, w->dst, w->dport, dst, sizeof(dst));
	snprintf(object, sizeof(object), "%s %s -> %s", fb_api_proto_name(w->proto, proto), src, dst);
	return fb_agent_audit_act(agent, &change, object, reason, err);
}

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

void fb_api_end(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	static const struct fb_api_member takes[] = { { "proto", JSON_INTEGER }, { "src", JSON_STRING },
						      { "sport", JSON_INTEGER }, { "dst", JSON_STRING },
						      { "dport", JSON_INTEGER }, { 0 } };
	FB_CLEANUP(json_cleanup) json_t *body = fb_api_read_body(request, takes, answer);
	struct fb_agent *agent = user;
	struct wanted w = { .agent = agent };
	fb_autofree char *who = NULL;
	const char *reason = NULL;
	struct fb_error err = { 0 };
	int r;

	if (!body || !fb_api_read_words(body, &request->peer, &who, &reason, answer) ||
	    !read_flow(body, &w, answer))
		return;
	fb_dataplane_each_flow(agent->dp, 0, look, &w);
	w.by_slot = fb_api_lines_by_slot(agent);
	w.ended = json_array();
	r = w.lives ? audit(agent, request, &w, who, reason, &err) : 0;
	if (r == 0 && w.lives)
		r = fb_dataplane_end_flows(agent->dp, end, &w, &err);
	free(w.by_slot);
	if (r > 0) {
		fb_log(FB_LOG_NOTICE, "%d flow%s ended by %s%s%s", r, r == 1 ? "" : "s", who,
		       *reason ? ": " : "", reason);
		fb_ctl_answer_json(answer, FB_CTL_OK,
				   json_pack("{ss si so}", "schema", "firebreak.end/1", "ended", r, "flows",
					     w.ended));
		return;
	}
	json_decref(w.ended);
	if (r == 0)
		fb_ctl_answer_error(
			answer, FB_CTL_CONFLICT,
			"there is no such flow now; \"firebreak flows\" prints those that are live");
	else
		fb_ctl_answer_error(answer, FB_CTL_CONFLICT, "%s", err.text);
}

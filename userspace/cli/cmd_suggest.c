// SPDX-License-Identifier: GPL-2.0-only
/*
 * suggest FROM TO: from what observe mode let through between two zones to candidate lines. The network that it learned from may be compromised
 * already: what a person has to decide (undeclared devices, the internet, cleartext) is written as a comment, and nothing that a never forbids is a line.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "cli/verbs.h"
#include "policy/analyse.h"

struct end {
	int family;
	struct fb_ip ip;
};
struct ends FB_VEC(struct end);

struct candidate {
	struct ends src, dst;
	struct fb_strbuf services;
	const char *why; /* a comment, and why; NULL = a line */
	long long count, last;
};
struct candidates FB_VEC(struct candidate);

static void candidates_done(struct candidates *list)
{
	for (size_t i = 0; i < list->n; i++) {
		fb_vec_done(&list->v[i].src);
		fb_vec_done(&list->v[i].dst);
		fb_strbuf_done(&list->v[i].services);
	}
	fb_vec_done(list);
}

/* Kept sorted, each once. */
static void add_end(struct ends *ends, int family, struct fb_ip ip)
{
	size_t i = 0;

	while (i < ends->n && (ends->v[i].family < family ||
			       (ends->v[i].family == family && fb_ip_cmp(ends->v[i].ip, ip) < 0)))
		i++;
	if (i < ends->n && ends->v[i].family == family && !fb_ip_cmp(ends->v[i].ip, ip))
		return;
	fb_vec_add(ends, (struct end){ 0 });
	memmove(ends->v + i + 1, ends->v + i, (ends->n - 1 - i) * sizeof(*ends->v));
	ends->v[i] = (struct end){ family, ip };
}

static bool same_ends(const struct ends *a, const struct ends *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].family != b->v[i].family || fb_ip_cmp(a->v[i].ip, b->v[i].ip))
			return false;
	return true;
}

static void merge_ends(struct ends *into, const struct ends *from)
{
	for (size_t i = 0; i < from->n; i++)
		add_end(into, from->v[i].family, from->v[i].ip);
}

static bool is_cleartext(const struct fb_packet *p)
{
	static const struct {
		__u8 proto;
		__u16 port;
	} known[] = { { IPPROTO_TCP, 21 },  { IPPROTO_TCP, 23 },   { IPPROTO_TCP, 25 },
		      { IPPROTO_UDP, 69 },  { IPPROTO_TCP, 80 },   { IPPROTO_TCP, 110 },
		      { IPPROTO_TCP, 143 }, { IPPROTO_UDP, 161 },  { IPPROTO_UDP, 162 },
		      { IPPROTO_TCP, 389 }, { IPPROTO_TCP, 512 },  { IPPROTO_TCP, 513 },
		      { IPPROTO_TCP, 514 }, { IPPROTO_TCP, 1883 }, { IPPROTO_TCP, 5900 },
		      { IPPROTO_TCP, 8080 } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(known); i++)
		if (known[i].proto == p->proto && known[i].port == p->dport)
			return true;
	return false;
}

static const struct fb_device *device_of(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->devices.n; i++)
		if (fb_ipset_has(&rs->devices.v[i].ips, family, ip))
			return &rs->devices.v[i];
	return NULL;
}

/* What keeps it from being a line; NULL = nothing. */
static const char *objection(const struct fb_ruleset *rs, const struct fb_own *own, const struct fb_packet *p,
			     const struct fb_answer *answer)
{
	fb_autostrbuf struct fb_strbuf line = { 0 };
	struct fb_answer open = *answer;
	const struct fb_zone *src = fb_ruleset_zone_by_id(rs, answer->src_zone),
			     *dst = fb_ruleset_zone_by_id(rs, answer->dst_zone);

	if (answer->reason == FB_DROP_NEVER)
		return "a never line forbids it";
	if ((src && src->any) || (dst && dst->any))
		return "the internet: name who is meant";
	if (!device_of(rs, p->family, p->src))
		return "the source is no declared device";
	if (!device_of(rs, p->family, p->dst))
		return "the destination is no declared device";
	if (is_cleartext(p))
		return "cleartext";
	open.reason = FB_DROP_NO_ALLOW; /* whatever it is now: a line that is shut, the end of observing */
	return fb_answer_suggest(rs, own, p, &open, &line) ? NULL
							   : "a guard or another line's limit is in the way";
}

static bool same_why(const struct candidate *a, const struct candidate *b)
{
	return a->why == b->why || (a->why && b->why && !strcmp(a->why, b->why));
}

static void absorb(struct candidate *into, struct candidate *from)
{
	into->count += from->count;
	into->last = from->last > into->last ? from->last : into->last;
	fb_vec_done(&from->src);
	fb_vec_done(&from->dst);
	fb_strbuf_done(&from->services);
}

/* By what two candidates become one: all but one of sources, services and destinations are the same. */
enum merge { SOURCES, SERVICES, DESTINATIONS };

static bool try_merge(struct candidate *a, struct candidate *b, enum merge how)
{
	bool services = !strcmp(fb_strbuf_get(&a->services), fb_strbuf_get(&b->services));

	if (!same_why(a, b) || (how != SOURCES && !same_ends(&a->src, &b->src)) ||
	    (how != DESTINATIONS && !same_ends(&a->dst, &b->dst)) || (how != SERVICES && !services))
		return false;
	if (how == SOURCES)
		merge_ends(&a->src, &b->src);
	else if (how == DESTINATIONS)
		merge_ends(&a->dst, &b->dst);
	else if (!services)
		fb_strbuf_addf(&a->services, ", %s", fb_strbuf_get(&b->services));
	absorb(a, b);
	return true;
}

static void merge_all(struct candidates *list, enum merge how)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = i + 1; k < list->n;) {
			if (!try_merge(&list->v[i], &list->v[k], how)) {
				k++;
				continue;
			}
			memmove(list->v + k, list->v + k + 1, (list->n - k - 1) * sizeof(*list->v));
			list->n--;
		}
}

static void collect(const struct fb_policy *policy, const struct fb_own *own, const json_t *events,
		    struct candidates *ret)
{
	const struct fb_ruleset *rs = &policy->ruleset;

	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *e = json_array_get(events, i);
		struct candidate c = { .count = fb_field_int(e, "count"), .last = fb_field_int(e, "last") };
		struct fb_answer answer;
		struct fb_packet p;

		if (!fb_seen_packet(rs, e, &p))
			continue;
		answer = fb_eval(rs, own, &p, fb_clock_now());
		/* A line that came since then, or a packet that no line can speak of. */
		if (answer.reason == FB_PASSED || !fb_packet_service(rs, &p, &c.services)) {
			fb_strbuf_done(&c.services);
			continue;
		}
		c.why = objection(rs, own, &p, &answer);
		add_end(&c.src, p.family, p.src);
		add_end(&c.dst, p.family, p.dst);
		fb_vec_add(ret, c);
	}
	merge_all(ret, SOURCES);
	merge_all(ret, SERVICES);
	merge_all(ret, DESTINATIONS);
}

/* The name that stands for exactly these, else each by its own. */
static void add_ends(const struct fb_ruleset *rs, const struct ends *ends, struct fb_strbuf *out)
{
	const struct fb_device *before = NULL;
	struct fb_ipset set = { 0 };
	char buf[FB_INET_STRLEN];

	for (size_t i = 0; i < ends->n; i++)
		fb_ipset_add(&set, ends->v[i].family, (struct fb_range){ ends->v[i].ip, ends->v[i].ip });
	for (size_t i = 0; i < rs->groups.n; i++)
		if (fb_ipset_equal(&rs->groups.v[i].ips, &set)) {
			fb_strbuf_add(out, rs->groups.v[i].name);
			fb_ipset_done(&set);
			return;
		}
	fb_ipset_done(&set);
	for (size_t i = 0; i < ends->n; i++) {
		const struct fb_device *d = device_of(rs, ends->v[i].family, ends->v[i].ip);

		if (d && d == before)
			continue;
		fb_strbuf_addf(out, "%s%s", i ? ", " : "",
			       d ? d->name : fb_ip_print(ends->v[i].family, ends->v[i].ip, buf));
		before = d;
	}
}

static int most_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (!x->why != !y->why)
		return x->why ? 1 : -1;
	return (x->count < y->count) - (x->count > y->count);
}

static void print_all(const struct fb_call *call, const struct fb_ruleset *rs, const struct candidates *list,
		      json_t *out)
{
	if (!out)
		printf("firebreak %s -> %s {\n", call->args[0], call->args[1]);
	for (size_t i = 0; i < list->n; i++) {
		const struct candidate *c = &list->v[i];
		fb_autostrbuf struct fb_strbuf line = { 0 };
		char last[FB_HUMAN_LEN];

		fb_strbuf_add(&line, "allow ");
		add_ends(rs, &c->src, &line);
		fb_strbuf_add(&line, " -> ");
		add_ends(rs, &c->dst, &line);
		fb_strbuf_addf(&line, "  %s", fb_strbuf_get(&c->services));
		if (out)
			json_array_append_new(out,
					      json_pack("{ss ss? sI sI}", "line", fb_strbuf_get(&line),
							"only_comment", c->why, "seen", (json_int_t)c->count,
							"last", (json_int_t)c->last));
		else
			printf("  %s%s  # %s%sseen %lld time%s, last %s\n", c->why ? "# " : "",
			       fb_strbuf_get(&line), c->why ? c->why : "", c->why ? "; " : "", c->count,
			       c->count == 1 ? "" : "s", fb_human_time(c->last, last));
	}
	if (!out)
		printf("}\n");
}

int fb_cmd_suggest(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	FB_CLEANUP(json_decrefp) json_t *bundle = NULL, *answer = NULL;
	FB_CLEANUP(candidates_done) struct candidates list = { 0 };
	fb_autostrbuf struct fb_strbuf path = { 0 };
	struct fb_own own = { 0 };
	int r = fb_policy_get(call, &policy, &bundle);

	for (int i = 0; !r && i < 2; i++)
		if (!fb_ruleset_zone(&policy.ruleset, call->args[i])) {
			fb_policy_no_zone(&policy.ruleset, call->args[i],
					  "; only pairs of zones can be observed");
			return FB_EXIT_USAGE;
		}
	if (r)
		return r;
	fb_strbuf_add(&path, "/v1/events?kind=would-drop&limit=20000");
	fb_query_add(&path, "src", call->args[0]);
	fb_query_add(&path, "dst", call->args[1]);
	r = fb_live_get(call, fb_strbuf_get(&path), &answer);
	if (r)
		return r;
	fb_own_read(bundle, &policy.ruleset, &own);
	collect(&policy, &own, json_object_get(answer, "events"), &list);
	fb_vec_done(&own.v);
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), most_first);
	if (call->json) {
		json_t *out = json_array();

		print_all(call, &policy.ruleset, &list, out);
		return fb_json_put(json_pack("{ss ss ss so}", "schema", "firebreak.suggestion/1", "from",
					     call->args[0], "to", call->args[1], "lines", out));
	}
	if (list.n)
		print_all(call, &policy.ruleset, &list, NULL);
	else
		fb_complain("observe mode let nothing through from %s to %s that no line allows",
			    call->args[0], call->args[1]);
	return FB_EXIT_OK;
}

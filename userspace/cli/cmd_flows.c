// SPDX-License-Identifier: GPL-2.0-only
/* flows: who talks. */
#include <netinet/in.h>
#include <string.h>

#include "cli/flows.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "cli/verbs.h"

/* Mistakes that would come back as an empty table, which says "nothing there" and is wrong. */
static int check_filters(const struct fb_call *call)
{
	static const char *const states[] = { "new", "replied", "established", "closing" };
	const char *state = fb_call_option(call, "state");
	bool known = !state;

	for (size_t i = 0; state && i < FB_ARRAY_SIZE(states); i++)
		known |= !strcmp(state, states[i]);
	if (!known) {
		fb_complain("flows: no state \"%s\": new, replied, established or closing", state);
		return FB_EXIT_USAGE;
	}
	if (!fb_limit_check(call))
		return FB_EXIT_USAGE;
	return FB_EXIT_OK;
}

/* Its "ports" are an identifier and a type: beside an address they would be read as ports. */
static bool is_icmp(const json_t *flow)
{
	long long proto = fb_field_int(flow, "proto");

	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ||
	       !strncmp(fb_field_text(flow, "proto"), "icmp", 4);
}

static void add_endpoint(struct fb_table *t, const json_t *flow, const char *address, const char *port)
{
	const char *a = fb_field_text(flow, address);
	long long p = fb_field_int(flow, port);

	if (!p || is_icmp(flow))
		fb_table_add(t, a);
	else if (strchr(a, ':'))
		fb_table_addf(t, "[%s]:%lld", a, p);
	else
		fb_table_addf(t, "%s:%lld", a, p);
}

static void add_proto(struct fb_table *t, const json_t *flow)
{
	static const struct {
		int number;
		const char *name;
	} known[] = { { IPPROTO_ICMP, "icmp" },
		      { IPPROTO_TCP, "tcp" },
		      { IPPROTO_UDP, "udp" },
		      { IPPROTO_ICMPV6, "icmpv6" },
		      { IPPROTO_SCTP, "sctp" } };
	const json_t *v = json_object_get(flow, "proto");

	if (json_is_string(v)) {
		fb_table_add(t, json_string_value(v));
		return;
	}
	for (size_t i = 0; i < FB_ARRAY_SIZE(known); i++)
		if (known[i].number == json_integer_value(v)) {
			fb_table_add(t, known[i].name);
			return;
		}
	fb_table_addf(t, "ip/%lld", (long long)json_integer_value(v));
}

const struct fb_column fb_flow_columns[FB_FLOW_COLUMNS] = {
	{ "PROTO", .rank = 1 },
	{ "FROM" },
	{ "TO" },
	{ "ZONES", .text = true, .rank = 3 },
	{ "STATE", .rank = 2 },
	{ "LINE", .text = true, .rank = 4 },
	{ "AGE", .right = true, .rank = 6 },
	{ "IDLE", .right = true, .rank = 5 },
	{ "UNTIL", .rank = 7 },
};

void fb_flow_add(struct fb_table *t, const json_t *f)
{
	const char *rule = fb_field_text(f, "rule");
	char buf[FB_HUMAN_LEN];

	add_proto(t, f);
	add_endpoint(t, f, "src", "sport");
	add_endpoint(t, f, "dst", "dport");
	fb_table_addf(t, "%s -> %s", fb_field_text(f, "src_zone"), fb_field_text(f, "dst_zone"));
	fb_table_add(t, fb_field_text(f, "state"));
	fb_table_add(t, fb_field_true(f, "observed") ? "observed" : rule);
	fb_table_colour(t, fb_field_true(f, "observed") ? FB_YELLOW : FB_PLAIN);
	fb_table_add(t, fb_human_span(fb_field_int(f, "age"), buf));
	fb_table_add(t, fb_human_span(fb_field_int(f, "idle"), buf));
	fb_table_add(t, fb_field_time(f, "until", buf));
}

int fb_flows_get(const struct fb_call *call, const char *path, unsigned long limit, json_t **ret)
{
	FB_CLEANUP(json_decrefp) json_t *whole = NULL;
	long long next = 0;
	size_t shown = 0;
	bool all;

	do {
		FB_CLEANUP(json_decrefp) json_t *piece = NULL;
		fb_autostrbuf struct fb_strbuf asked = { 0 };
		int r;

		fb_strbuf_addf(&asked, "%s%climit=%lu", path, strchr(path, '?') ? '&' : '?', limit - shown);
		if (next)
			fb_strbuf_addf(&asked, "&from=%lld", next);
		r = fb_live_get(call, fb_strbuf_get(&asked), &piece);
		if (r)
			return r;
		next = fb_field_int(piece, "next");
		all = json_is_null(json_object_get(piece, "next"));
		if (whole)
			json_array_extend(json_object_get(whole, "flows"), json_object_get(piece, "flows"));
		else
			whole = FB_STEAL(piece);
		shown = json_array_size(json_object_get(whole, "flows"));
	} while (next && shown < limit);
	json_object_del(whole, "next");
	json_object_set_new(whole, "shown", json_integer((json_int_t)shown));
	/* some came and went meanwhile */
	if (all || (json_int_t)shown > fb_field_int(whole, "total"))
		json_object_set_new(whole, "total", json_integer((json_int_t)shown));
	*ret = FB_STEAL(whole);
	return FB_EXIT_OK;
}

int fb_cmd_flows(const struct fb_call *call)
{
	struct fb_table t = { .columns = fb_flow_columns, .n_columns = FB_FLOW_COLUMNS };
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	fb_autostrbuf struct fb_strbuf path = { 0 };
	const char *limit = fb_call_option(call, "limit");
	int r = check_filters(call);

	if (r)
		return r;
	fb_strbuf_add(&path, "/v1/flows");
	fb_query_add(&path, "host", fb_call_option(call, "host"));
	fb_query_add(&path, "zone", fb_call_option(call, "zone"));
	fb_query_add(&path, "state", fb_call_option(call, "state"));
	fb_query_add(&path, "access", fb_call_option(call, "access"));
	r = fb_flows_get(call, fb_strbuf_get(&path), limit ? strtoul(limit, NULL, 10) : 1000, &answer);
	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));

	const json_t *flows = json_object_get(answer, "flows");
	char shown[FB_HUMAN_LEN], total[FB_HUMAN_LEN];

	for (size_t i = 0; i < json_array_size(flows); i++)
		fb_flow_add(&t, json_array_get(flows, i));
	fb_table_print(&t);
	fb_table_done(&t);
	if (fb_field_int(answer, "shown") < fb_field_int(answer, "total"))
		fb_complain("%s of %s flows shown: narrow it with --host, --zone, --state, --access, or "
			    "raise --limit",
			    fb_human_count((unsigned long long)fb_field_int(answer, "shown"), shown),
			    fb_human_count((unsigned long long)fb_field_int(answer, "total"), total));
	else if (!json_array_size(flows))
		fb_complain("no such flows now");
	return FB_EXIT_OK;
}

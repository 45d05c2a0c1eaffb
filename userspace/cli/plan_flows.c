// SPDX-License-Identifier: GPL-2.0-only
#include "cli/plan_flows.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cli/live.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "policy/eval.h"

static int proto_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "tcp", IPPROTO_TCP },
		      { "udp", IPPROTO_UDP },
		      { "sctp", IPPROTO_SCTP },
		      { "icmp", IPPROTO_ICMP },
		      { "icmpv6", IPPROTO_ICMPV6 } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, name))
			return names[i].number;
	return atoi(name);
}

/* The zone of a flow's end: who owns the address by then, as in the data plane. Link-local ones stay where they are, and the gateway itself. */
static void move_end(const struct fb_ruleset *rs, json_t *event, const char *end, const char *zone)
{
	const char *text = fb_field_text(event, end);
	struct fb_ip ip;
	int family = 0;

	if (!strcmp(fb_field_text(event, zone), "self") || fb_ip_parse(text, strlen(text), &family, &ip))
		return;
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_ipset_has(&rs->zones.v[i].owned, family, ip))
			json_object_set_new(event, zone, json_string(rs->zones.v[i].name));
}

/* As an event would say it, with an ICMP type where a flow has the number of what asks (bpf/lib/pkt.h). */
static bool packet_of(const struct fb_ruleset *rs, const json_t *flow, struct fb_packet *ret)
{
	const long long port = fb_field_int(flow, "dport");
	FB_CLEANUP(json_decrefp) json_t *event = json_copy((json_t *)flow);

	json_object_set_new(event, "proto", json_integer(proto_of(fb_field_text(flow, "proto"))));
	json_object_set_new(event, "family", json_integer(strchr(fb_field_text(flow, "src"), ':') ? 6 : 4));
	if (!strncmp(fb_field_text(flow, "proto"), "icmp", 4) && port < 256)
		json_object_set_new(event, "dport",
				    json_integer((strcmp(fb_field_text(flow, "proto"), "icmpv6") ? port : 128)
						 << 8));
	move_end(rs, event, "src", "src_zone");
	move_end(rs, event, "dst", "dst_zone");
	return fb_seen_packet(rs, event, ret);
}

static unsigned int zone_id(const struct fb_ruleset *rs, const char *name)
{
	const struct fb_zone *z = fb_ruleset_zone(rs, name);

	return !strcmp(name, "self") ? FB_ZONE_SELF : z ? z->id : FB_ZONE_NONE;
}

void fb_flows_end_count(const json_t *answer, const json_t *bundle, const struct fb_ruleset *before,
			const struct fb_ruleset *after, const struct fb_when *when, struct fb_flows_end *ret)
{
	const json_t *flows = json_object_get(answer, "flows"), *flow;
	struct fb_own own = { 0 };
	size_t i;

	*ret = (struct fb_flows_end){ .known = true,
				      .live = (unsigned int)fb_field_int(answer, "total"),
				      .judged = (unsigned int)json_array_size(flows) };
	ret->by_pair = calloc(FB_ZONES_MAX, sizeof(*ret->by_pair));
	if (!ret->by_pair)
		abort();
	fb_own_read(bundle, after, &own);
	json_array_foreach (flows, i, flow) {
		unsigned int src = zone_id(before, fb_field_text(flow, "src_zone")),
			     dst = zone_id(before, fb_field_text(flow, "dst_zone"));
		struct fb_packet packet;

		if (packet_of(after, flow, &packet)) {
			int reason = (int)fb_eval_at(after, &own, &packet, when).reason;

			if (reason == FB_PASSED || reason == FB_WOULD_DROP)
				continue;
		}
		ret->end++;
		ret->by_pair[src][dst]++;
	}
	fb_vec_done(&own.v);
}

const char *fb_flows_end_bound(const struct fb_flows_end *end)
{
	return end->judged < end->live ? "at least " : "";
}

void fb_flows_end_print(const struct fb_flows_end *end, struct fb_strbuf *out)
{
	fb_strbuf_addf(out, "%s%u of %u live flows end", fb_flows_end_bound(end), end->end, end->live);
	if (end->judged < end->live)
		fb_strbuf_addf(out, "; %u of them were judged", end->judged);
}

json_t *fb_flows_end_json(const struct fb_flows_end *end)
{
	return json_pack("{si si sb}", "live", (int)end->live, "end", (int)end->end, "at_least",
			 end->judged < end->live);
}

void fb_flows_end_done(struct fb_flows_end *end)
{
	free(end->by_pair);
}

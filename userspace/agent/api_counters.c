// SPDX-License-Identifier: GPL-2.0-only
/* GET /v1/rules?used= and /v1/drops. */
#include <stdlib.h>
#include <string.h>

#include "agent/api.h"
#include "agent/confirm.h"
#include "base/clock.h"

/* ---- /v1/rules ---- */

static json_t *rule_json(const struct fb_agent *agent, const struct fb_line *line,
			 const struct fb_rule_counter *c)
{
	const struct fb_ruleset *rs = &agent->generation->ruleset;
	fb_autofree char *at = fb_api_at(agent, line->at);

	return json_pack("{so si ss so so so so so so so so so so so so}", "id", fb_api_text(line->id),
			 "slot", line->slot, "kind", line->kind == FB_RULE_NEVER ? "never" : "allow", "pairs",
			 fb_api_text(line->pairs), "text", fb_api_text(line->text), "at", fb_api_text(at),
			 "owner", fb_api_text(line->owner), "reason", fb_api_text(line->reason), "until",
			 line->deadline == FB_NO_DEADLINE ? json_null() : json_integer(line->deadline),
			 "during", fb_api_text(line->window ? rs->windows.v[line->window - 1].name : NULL),
			 "on_request",
			 fb_api_text(line->access ? rs->accesses.v[line->access - 1].name : NULL), "packets",
			 fb_api_count(c->packets), "bytes", fb_api_count(c->bytes), "flows",
			 fb_api_count(c->flows), "last_hit",
			 c->last_hit ? json_integer(fb_api_tick_to_unix(agent, c->last_hit)) : json_null());
}

/* Whoever asks every second or two (firebreak top) wants those that were used since; a policy may have 100,000 lines. */
static bool used_within(const struct fb_agent *agent, const struct fb_rule_counter *c, unsigned long seconds)
{
	return c->last_hit && fb_api_tick_to_unix(agent, c->last_hit) + (__s64)seconds >= fb_clock_now();
}

void fb_api_rules(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	enum { USED_MAX = 86400 };
	const struct fb_agent *agent = user;
	const char *used = fb_ctl_query(request, "used");
	char *rest = NULL;
	unsigned long seconds = used ? strtoul(used, &rest, 10) : 0;
	json_t *rules;

	if (used && (*used < '0' || *used > '9' || *rest || seconds > USED_MAX)) {
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST,
				    "used=%.64s: must be a number of seconds up to %d", used, USED_MAX);
		return;
	}
	rules = json_array();
	for (size_t i = 0; agent->generation && i < agent->generation->ruleset.lines.n; i++) {
		const struct fb_line *line = &agent->generation->ruleset.lines.v[i];
		struct fb_rule_counter c = { 0 };

		if (line->slot)
			fb_dataplane_rule_counter(agent->dp, line->slot, &c);
		if (!used || used_within(agent, &c, seconds))
			json_array_append_new(rules, rule_json(agent, line, &c));
	}
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss so}", "schema", "firebreak.rules/1", "rules", rules));
}

/* ---- /v1/drops ---- */

struct counted {
	unsigned int src, dst, reason;
	struct fb_pair_counter counter;
};
struct counted_list FB_VEC(struct counted);

static int most_first(const void *a, const void *b)
{
	__u64 x = ((const struct counted *)a)->counter.packets,
	      y = ((const struct counted *)b)->counter.packets;

	return (x < y) - (x > y);
}

static void collect(const struct fb_agent *agent, bool passed, struct counted_list *ret)
{
	unsigned int ids[FB_ZONES_MAX];
	size_t n = fb_api_zone_ids(agent, ids);

	for (size_t i = 0; i < n * n; i++)
		for (unsigned int reason = 0; reason < FB_REASON_COUNT; reason++) {
			struct counted c = { ids[i / n], ids[i % n], reason, { 0 } };

			if ((reason == FB_PASSED) != passed || !fb_api_reason_name(reason))
				continue;
			fb_dataplane_pair_counter(agent->dp, c.src, c.dst, reason, &c.counter);
			if (c.counter.packets)
				fb_vec_add(ret, c);
		}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), most_first);
}

static json_t *list_json(const struct fb_agent *agent, bool passed)
{
	struct counted_list all = { 0 };
	json_t *list = json_array();
	char src[16], dst[16];

	collect(agent, passed, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct counted *c = &all.v[i];
		json_t *item =
			json_pack("{so so so so}", "src", fb_api_text(fb_agent_zone_name(agent, c->src, src)),
				  "dst", fb_api_text(fb_agent_zone_name(agent, c->dst, dst)), "packets",
				  fb_api_count(c->counter.packets), "bytes", fb_api_count(c->counter.bytes));

		if (!passed)
			json_object_set_new(item, "reason", json_string(fb_api_reason_name(c->reason)));
		json_array_append_new(list, item);
	}
	fb_vec_done(&all);
	return list;
}

json_t *fb_api_drop_list(const struct fb_agent *agent)
{
	return list_json(agent, false);
}

/* ---- drops a minute ---- */

static __s64 seconds_up(void)
{
	struct fb_moment now = { 0 };
	struct fb_error ignored = { 0 };

	fb_moment_now(&now, &ignored);
	return (__s64)(now.ns / 1000000000ull);
}

static void totals(const struct fb_agent *agent, __u64 ret[FB_REASON_COUNT])
{
	unsigned int ids[FB_ZONES_MAX];
	size_t n = fb_api_zone_ids(agent, ids);

	memset(ret, 0, sizeof(*ret) * FB_REASON_COUNT);
	for (size_t i = 0; i < n * n; i++)
		for (unsigned int reason = 0; reason < FB_REASON_COUNT; reason++) {
			struct fb_pair_counter c;

			if (reason == FB_PASSED || !fb_api_reason_name(reason))
				continue;
			fb_dataplane_pair_counter(agent->dp, ids[i / n], ids[i % n], reason, &c);
			ret[reason] += c.packets;
		}
}

void fb_agent_rates_note(struct fb_agent *agent)
{
	__u64 packets[FB_REASON_COUNT];

	totals(agent, packets);
	fb_rates_note(&agent->rates, seconds_up(), packets);
}

json_t *fb_api_drop_rates(const struct fb_agent *agent)
{
	__u64 packets[FB_REASON_COUNT], rate[FB_REASON_COUNT];
	json_t *list = json_object();
	__s64 span;

	totals(agent, packets);
	span = fb_rates_get(&agent->rates, seconds_up(), packets, rate);
	for (unsigned int reason = 0; reason < FB_REASON_COUNT; reason++)
		if (rate[reason] && reason != FB_WOULD_DROP)
			json_object_set_new(list, fb_api_reason_name(reason), fb_api_count(rate[reason]));
	if (!span) {
		json_decref(list);
		return json_null();
	}
	return json_pack("{sI so}", "seconds", (json_int_t)span, "packets", list);
}

void fb_api_drops(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct fb_agent *agent = user;

	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss sI so so so}", "schema", "firebreak.drops/1", "generation",
				     (json_int_t)fb_dataplane_generation(agent->dp), "drops",
				     list_json(agent, false), "passed", list_json(agent, true),
				     "redirect_errors",
				     fb_api_count(fb_dataplane_redirect_errors(agent->dp))));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/situation.h"

#include <stdlib.h>
#include <string.h>

#include "cli/live.h"

void fb_situation_init(struct fb_situation *s, json_t *status, __s64 now)
{
	const json_t *open;
	size_t i;

	*s = (struct fb_situation){ .status = status, .when.now = now };
	if (!status)
		return;
	s->when.unsynced = json_is_false(json_object_get(status, "clock_synchronised"));
	s->when.early = fb_field_true(status, "clock_early");
	json_array_foreach (json_object_get(status, "open"), i, open)
		if (!strcmp(fb_field_text(open, "kind"), "access"))
			fb_vec_add(&s->openings, (struct fb_opening){ fb_field_text(open, "name"),
								      fb_field_int(open, "until") });
	s->when.openings = s->openings.v;
	s->when.n_openings = s->openings.n;
}

void fb_situation_done(struct fb_situation *s)
{
	fb_vec_done(&s->openings);
	json_decref(s->status);
}

/* "10.20.4.12", "10.20.4.0/24" */
static bool holds(const char *prefix, int family, struct fb_ip ip)
{
	const char *slash = strchrnul(prefix, '/');
	unsigned int len = *slash ? (unsigned int)atoi(slash + 1) : 128;
	struct fb_range range;
	int its;

	if (fb_ip_parse(prefix, (size_t)(slash - prefix), &its, &range.first) || its != family)
		return false;
	if (!*slash && family == 4)
		len = 32;
	range.last = fb_ip_last(family, range.first, len);
	return fb_ip_cmp(range.first, ip) <= 0 && fb_ip_cmp(ip, range.last) <= 0;
}

static const char *quarantine_of(const struct fb_situation *s, int family, struct fb_ip ip)
{
	const json_t *q, *address;
	size_t i, k;

	json_array_foreach (json_object_get(s->status, "quarantined"), i, q)
		json_array_foreach (json_object_get(q, "addresses"), k, address)
			if (json_is_string(address) && holds(json_string_value(address), family, ip))
				return fb_field_text(q, "name");
	return NULL;
}

static bool is_cut(const json_t *cut, const char *a, const char *b)
{
	const char *x = json_string_value(json_array_get(cut, 0)),
		   *y = json_string_value(json_array_get(cut, 1));

	return x && y && ((!strcmp(x, a) && !strcmp(y, b)) || (!strcmp(x, b) && !strcmp(y, a)));
}

static const char *plan_of(const struct fb_situation *s, const char *a, const char *b)
{
	const json_t *plan, *cut;
	size_t i, k;

	json_array_foreach (json_object_get(s->status, "isolated"), i, plan)
		json_array_foreach (json_object_get(plan, "cuts"), k, cut)
			if (is_cut(cut, a, b))
				return fb_field_text(plan, "plan");
	return NULL;
}

enum fb_reason fb_situation_judge(const struct fb_situation *s, const struct fb_ruleset *rs,
				  const struct fb_packet *packet, const struct fb_answer *answer,
				  const char **ret_name)
{
	const char *name;

	if (!s->status || answer->reason == FB_DROP_SPOOF || answer->reason == FB_DROP_BINDING ||
	    packet->zone == FB_ZONE_NONE)
		return answer->reason;
	name = quarantine_of(s, packet->family, packet->src);
	if (!name)
		name = quarantine_of(s, packet->family, packet->dst);
	if (name) {
		*ret_name = name;
		return FB_DROP_QUARANTINED;
	}
	if (answer->dst_zone == FB_ZONE_NONE || answer->reason == FB_DROP_SCOPE ||
	    answer->reason == FB_DROP_NO_ZONE || answer->reason == FB_DROP_ROUTE_MISMATCH)
		return answer->reason;
	name = plan_of(s, fb_ruleset_zone_name(rs, answer->src_zone),
		       fb_ruleset_zone_name(rs, answer->dst_zone));
	if (!name)
		return answer->reason;
	*ret_name = name;
	return FB_DROP_ISOLATED;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "agent/switches.h"

#include <errno.h>
#include <string.h>

static void note_done(struct fb_switch_note *note)
{
	free(note->who);
	free(note->reason);
}

void fb_isolation_done(struct fb_isolation *isolation)
{
	free(isolation->plan);
	note_done(&isolation->note);
	fb_vec_done(&isolation->cuts);
}

void fb_quarantine_done(struct fb_quarantine *quarantine)
{
	free(quarantine->name);
	note_done(&quarantine->note);
	fb_vec_done(&quarantine->addresses);
	fb_vec_done(&quarantine->macs);
}

void fb_switch_state_done(struct fb_switch_state *state)
{
	for (size_t i = 0; i < state->isolations.n; i++)
		fb_isolation_done(&state->isolations.v[i]);
	for (size_t i = 0; i < state->quarantines.n; i++)
		fb_quarantine_done(&state->quarantines.v[i]);
	fb_vec_done(&state->isolations);
	fb_vec_done(&state->quarantines);
}

int fb_switch_find_plan(const struct fb_switch_state *state, const char *plan)
{
	for (size_t i = 0; i < state->isolations.n; i++)
		if (!strcmp(state->isolations.v[i].plan, plan))
			return (int)i;
	return -1;
}

int fb_switch_find_quarantine(const struct fb_switch_state *state, const char *name)
{
	for (size_t i = 0; i < state->quarantines.n; i++)
		if (!strcmp(state->quarantines.v[i].name, name))
			return (int)i;
	return -1;
}

/* ---- plans ---- */

const struct fb_isolate *fb_switch_plan(const struct fb_generation *generation, const char *name)
{
	return generation ? fb_ruleset_isolate(&generation->ruleset, name) : NULL;
}

void fb_switch_cuts(const struct fb_ruleset *rs, const struct fb_isolate *plan, struct fb_cuts *ret)
{
	*ret = (struct fb_cuts){ 0 };
	for (size_t i = 0; i < plan->n_pairs; i++) {
		const struct fb_zone_pair *pair = &plan->pairs[i];
		struct fb_cut one = { .ids = { pair->a, pair->b } };

		snprintf(one.names[0], sizeof(one.names[0]), "%s", fb_ruleset_zone_name(rs, pair->a));
		snprintf(one.names[1], sizeof(one.names[1]), "%s", fb_ruleset_zone_name(rs, pair->b));
		fb_vec_add(ret, one);
	}
}

static bool plan_cuts(const struct fb_isolate *plan, unsigned int a, unsigned int b)
{
	for (size_t i = 0; i < plan->n_pairs; i++)
		if ((plan->pairs[i].a == a && plan->pairs[i].b == b) ||
		    (plan->pairs[i].a == b && plan->pairs[i].b == a))
			return true;
	return false;
}

static void set_cut(__u64 *cut, unsigned int a, unsigned int b)
{
	if (a >= FB_ZONES_MAX || b >= FB_ZONES_MAX)
		return;
	cut[a] |= 1ull << b;
	cut[b] |= 1ull << a;
}

/* The id that a zone has in a policy, 0 = it is not there. */
static unsigned int zone_id(const struct fb_ruleset *rs, const char *name)
{
	const struct fb_zone *zone = fb_ruleset_zone(rs, name);

	return zone ? zone->id : !strcmp(name, "self") ? FB_ZONE_SELF : FB_ZONE_NONE;
}

/* ---- what it comes to ---- */

static void want_cuts(const struct fb_isolation *isolation, const struct fb_generation *generation,
		      __u64 *cut)
{
	const struct fb_isolate *plan = fb_switch_plan(generation, isolation->plan);

	for (size_t i = 0; plan && i < plan->n_pairs; i++)
		set_cut(cut, plan->pairs[i].a, plan->pairs[i].b);
	for (size_t i = 0; !plan && i < isolation->cuts.n; i++) {
		const struct fb_cut *c = &isolation->cuts.v[i];
		unsigned int a = generation ? zone_id(&generation->ruleset, c->names[0]) : c->ids[0];
		unsigned int b = generation ? zone_id(&generation->ruleset, c->names[1]) : c->ids[1];

		if (a != FB_ZONE_NONE && b != FB_ZONE_NONE)
			set_cut(cut, a, b);
	}
}

#define add_once(list, item)                                                              \
	do {                                                                              \
		size_t k_ = 0;                                                            \
		while (k_ < (list)->n && memcmp(&(list)->v[k_], &(item), sizeof((item)))) \
			k_++;                                                             \
		if (k_ == (list)->n)                                                      \
			fb_vec_add(list, item);                                           \
	} while (0)

void fb_switch_want(const struct fb_switch_state *state, const struct fb_generation *generation,
		    struct fb_switches_wanted *ret)
{
	*ret = (struct fb_switches_wanted){ 0 };
	for (size_t i = 0; i < state->isolations.n; i++)
		want_cuts(&state->isolations.v[i], generation, ret->cut);
	for (size_t i = 0; i < state->quarantines.n; i++) {
		const struct fb_quarantine *q = &state->quarantines.v[i];

		for (size_t k = 0; k < q->addresses.n; k++)
			add_once(&ret->addresses, q->addresses.v[k]);
		for (size_t k = 0; k < q->macs.n; k++)
			add_once(&ret->macs, q->macs.v[k]);
	}
}

void fb_switches_wanted_done(struct fb_switches_wanted *wanted)
{
	fb_vec_done(&wanted->addresses);
	fb_vec_done(&wanted->macs);
}

bool fb_switches_wanted_has(const struct fb_switches_wanted *wanted, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < wanted->addresses.n; i++) {
		const struct fb_quarantine_key *key = &wanted->addresses.v[i];
		struct fb_ip prefix = fb_ip_from_bytes(family, key->address);

		if (key->family == (__u32)family && fb_ip_cmp(prefix, ip) <= 0 &&
		    fb_ip_cmp(ip, fb_ip_last(family, prefix, key->prefixlen - 32)) <= 0)
			return true;
	}
	return false;
}

/* ---- policies come and go ---- */

static int allows(const struct fb_isolation *isolation, const struct fb_generation *candidate,
		  struct fb_error *err)
{
	const struct fb_isolate *plan = fb_switch_plan(candidate, isolation->plan);

	if (!plan)
		return fb_error_set(err, -EBUSY,
				    "isolation plan %s is active and the policy does not have it: firebreak "
				    "release %s first",
				    isolation->plan, isolation->plan);
	for (size_t i = 0; i < isolation->cuts.n; i++) {
		const struct fb_cut *c = &isolation->cuts.v[i];
		unsigned int a = zone_id(&candidate->ruleset, c->names[0]),
			     b = zone_id(&candidate->ruleset, c->names[1]);

		if (a != FB_ZONE_NONE && b != FB_ZONE_NONE && !plan_cuts(plan, a, b))
			return fb_error_set(
				err, -EBUSY,
				"isolation plan %s is active and the policy would no longer cut %s from %s: "
				"firebreak release %s first",
				isolation->plan, c->names[0], c->names[1], isolation->plan);
	}
	return 0;
}

int fb_switch_allows(const struct fb_switch_state *state, const struct fb_generation *candidate,
		     struct fb_error *err)
{
	int r = 0;

	for (size_t i = 0; i < state->isolations.n && r == 0; i++)
		r = allows(&state->isolations.v[i], candidate, err);
	return r;
}

static bool same_cuts(const struct fb_cuts *a, const struct fb_cuts *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->v, b->v, a->n * sizeof(*a->v)));
}

bool fb_switch_follow(struct fb_switch_state *state, const struct fb_generation *generation,
		      const struct fb_host *host)
{
	struct fb_host declared = *host;
	bool changed = false;

	/* who has a MAC address after the act is what anybody claims by ARP, and who is claimed would be cut for good */
	declared.neighbours.n = 0;

	for (size_t i = 0; i < state->isolations.n; i++) {
		const struct fb_isolate *plan = fb_switch_plan(generation, state->isolations.v[i].plan);
		struct fb_cuts now;

		if (!plan)
			continue;
		fb_switch_cuts(&generation->ruleset, plan, &now);
		changed |= !same_cuts(&now, &state->isolations.v[i].cuts);
		fb_vec_done(&state->isolations.v[i].cuts);
		state->isolations.v[i].cuts = now;
	}
	for (size_t i = 0; i < state->quarantines.n; i++) {
		struct fb_quarantine *q = &state->quarantines.v[i], now = { 0 };
		size_t before = q->addresses.n + q->macs.n;
		struct fb_error ignored = { 0 };

		if (fb_quarantine_resolve(q->name, generation, &declared, &now, &ignored) == 0) {
			for (size_t k = 0; k < now.addresses.n; k++)
				add_once(&q->addresses, now.addresses.v[k]);
			for (size_t k = 0; k < now.macs.n; k++)
				add_once(&q->macs, now.macs.v[k]);
		}
		fb_quarantine_done(&now);
		changed |= q->addresses.n + q->macs.n != before;
	}
	return changed;
}

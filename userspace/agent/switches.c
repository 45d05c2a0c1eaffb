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
	fb_cut_zones_done(&isolation->zones);
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

static struct fb_cut cut_of(const struct fb_ruleset *rs, unsigned int a, unsigned int b)
{
	struct fb_cut one = { .ids = { a, b } };

	snprintf(one.names[0], sizeof(one.names[0]), "%s", fb_ruleset_zone_name(rs, a));
	snprintf(one.names[1], sizeof(one.names[1]), "%s", fb_ruleset_zone_name(rs, b));
	return one;
}

void fb_switch_cuts(const struct fb_ruleset *rs, const struct fb_isolate *plan, struct fb_cuts *ret)
{
	*ret = (struct fb_cuts){ 0 };
	for (size_t i = 0; i < plan->n_pairs; i++)
		fb_vec_add(ret, cut_of(rs, plan->pairs[i].a, plan->pairs[i].b));
}

/* In either order: a pair has that of its ids. */
static bool same_zones(const struct fb_cut *a, const struct fb_cut *b)
{
	return (!strcmp(a->names[0], b->names[0]) && !strcmp(a->names[1], b->names[1])) ||
	       (!strcmp(a->names[0], b->names[1]) && !strcmp(a->names[1], b->names[0]));
}

bool fb_switch_note_plan(struct fb_isolation *isolation, const struct fb_ruleset *rs,
			 const struct fb_isolate *plan)
{
	bool changed = false;

	for (size_t i = 0; i < plan->n_pairs; i++) {
		const struct fb_zone *a = fb_ruleset_zone_by_id(rs, plan->pairs[i].a),
				     *b = fb_ruleset_zone_by_id(rs, plan->pairs[i].b);
		struct fb_cut now = cut_of(rs, plan->pairs[i].a, plan->pairs[i].b);
		struct fb_cuts *cuts = &isolation->cuts;
		size_t at = 0;

		while (at < cuts->n && !same_zones(&cuts->v[at], &now))
			at++;
		if (at == cuts->n)
			fb_vec_add(cuts, (struct fb_cut){ 0 });
		changed |= memcmp(&cuts->v[at], &now, sizeof(now)) != 0;
		cuts->v[at] = now; /* ids are the policy's */
		changed |= a && fb_cut_zones_note(&isolation->zones, a);
		changed |= b && fb_cut_zones_note(&isolation->zones, b);
	}
	return changed;
}

static void set_cut(__u64 *cut, unsigned int a, unsigned int b)
{
	if (a >= FB_ZONES_MAX || b >= FB_ZONES_MAX)
		return;
	cut[a] |= 1ull << b;
	cut[b] |= 1ull << a;
}

/* ---- what it comes to ---- */

static void cut_by_plan(const struct fb_isolate *plan, __u64 *cut)
{
	for (size_t i = 0; i < plan->n_pairs; i++)
		set_cut(cut, plan->pairs[i].a, plan->pairs[i].b);
}

/* Between the zones that are now what two zones were. */
static void cut_as_before(const struct fb_isolation *isolation, const struct fb_ruleset *rs,
			  const struct fb_cut *c, __u64 *cut)
{
	__u64 one = fb_cut_zones_holders(&isolation->zones, rs, c->names[0]),
	      other = fb_cut_zones_holders(&isolation->zones, rs, c->names[1]);

	for (unsigned int a = FB_ZONE_SELF; a < FB_ZONES_MAX; a++)
		for (unsigned int b = FB_ZONE_SELF; b < FB_ZONES_MAX; b++)
			if (one >> a & 1 && other >> b & 1)
				set_cut(cut, a, b);
}

static void want_cuts(const struct fb_isolation *isolation, const struct fb_generation *generation,
		      __u64 *cut)
{
	const struct fb_isolate *plan = fb_switch_plan(generation, isolation->plan);

	if (plan)
		cut_by_plan(plan, cut);
	for (size_t i = 0; i < isolation->cuts.n; i++) {
		const struct fb_cut *c = &isolation->cuts.v[i];

		if (generation)
			cut_as_before(isolation, &generation->ruleset, c, cut);
		else
			set_cut(cut, c->ids[0], c->ids[1]);
	}
}

void fb_switch_cuts_in_force(const struct fb_isolation *isolation, const struct fb_generation *generation,
			     struct fb_cuts *ret)
{
	__u64 cut[FB_ZONES_MAX] = { 0 };

	*ret = (struct fb_cuts){ 0 };
	for (size_t i = 0; !generation && i < isolation->cuts.n; i++)
		fb_vec_add(ret, isolation->cuts.v[i]);
	if (!generation)
		return;
	want_cuts(isolation, generation, cut);
	for (unsigned int a = FB_ZONE_SELF; a < FB_ZONES_MAX; a++)
		for (unsigned int b = a; b < FB_ZONES_MAX; b++)
			if (cut[a] >> b & 1)
				fb_vec_add(ret, cut_of(&generation->ruleset, a, b));
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

static int lessens(const struct fb_isolation *isolation, const struct fb_ruleset *rs,
		   const struct fb_cut *was, unsigned int a, unsigned int b, struct fb_error *err)
{
	const struct fb_cut now = cut_of(rs, a, b);

	if (same_zones(was, &now))
		return fb_error_set(
			err, -EBUSY,
			"isolation plan %s is active and the policy would no longer cut %s from %s: "
			"firebreak release %s first",
			isolation->plan, was->names[0], was->names[1], isolation->plan);
	return fb_error_set(err, -EBUSY,
			    "isolation plan %s is active and cuts %s from %s; zones %s and %s of the policy "
			    "have interfaces or "
			    "networks of these, and the plan does not cut them from each other: add that to "
			    "it, or firebreak "
			    "release %s first",
			    isolation->plan, was->names[0], was->names[1], now.names[0], now.names[1],
			    isolation->plan);
}

static int allows(const struct fb_isolation *isolation, const struct fb_generation *candidate,
		  struct fb_error *err)
{
	const struct fb_isolate *plan = fb_switch_plan(candidate, isolation->plan);
	__u64 planned[FB_ZONES_MAX] = { 0 };

	if (!plan)
		return fb_error_set(err, -EBUSY,
				    "isolation plan %s is active and the policy does not have it: firebreak "
				    "release %s first",
				    isolation->plan, isolation->plan);
	cut_by_plan(plan, planned);
	for (size_t i = 0; i < isolation->cuts.n; i++) {
		__u64 cut[FB_ZONES_MAX] = { 0 };

		cut_as_before(isolation, &candidate->ruleset, &isolation->cuts.v[i], cut);
		for (unsigned int a = FB_ZONE_SELF; a < FB_ZONES_MAX; a++)
			if (cut[a] & ~planned[a])
				return lessens(isolation, &candidate->ruleset, &isolation->cuts.v[i], a,
					       (unsigned int)__builtin_ctzll(cut[a] & ~planned[a]), err);
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

bool fb_switch_follow(struct fb_switch_state *state, const struct fb_generation *generation,
		      const struct fb_host *host)
{
	struct fb_host declared = *host;
	bool changed = false;

	/* who has a MAC address after the act is what anybody claims by ARP, and who is claimed would be cut for good */
	declared.neighbours.n = 0;

	for (size_t i = 0; i < state->isolations.n; i++) {
		const struct fb_isolate *plan = fb_switch_plan(generation, state->isolations.v[i].plan);

		changed |= plan && fb_switch_note_plan(&state->isolations.v[i], &generation->ruleset, plan);
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

// SPDX-License-Identifier: GPL-2.0-only
/* limit and quota of a line, in the units of the data plane (S40, S41). Rounded so that a limit stays a cap. */
#include <string.h>

#include "policy/checker.h"

#define SECOND	       (1000000000ull << FB_METER_SHIFT)
#define LEAST_BURST    (SECOND / 50) /* 20 ms: the clock that buckets are filled by moves in steps of up to 10 */
#define LONGEST_BURST  (SECOND * 86400 * 30) /* what is ahead of the clock is compared by difference */
#define MBIT_BYTES     125000ull	     /* 10^6 bits */
#define FASTEST_MBIT   100000ull	     /* beyond, a byte costs too little to be counted well */
#define BURST_AT_LEAST 5ull

/* A limit as it is written: so many units in so many seconds. */
struct unit {
	const char *word;
	enum fb_limit_kind kind;
	__u64 seconds, weight; /* weight: what the data plane counts in one unit, flows, packets or bytes */
};
static const struct unit units[] = {
	{ "new/s", FB_LIMIT_NEW, 1, 1 },
	{ "new/min", FB_LIMIT_NEW, 60, 1 },
	{ "packets/s", FB_LIMIT_PACKETS, 1, 1 },
	{ "mbit/s", FB_LIMIT_BYTES, 1, MBIT_BYTES },
};

static enum fb_scope scope_of(const struct fb_word *word)
{
	return !strcmp(word->s, "source")	 ? FB_SCOPE_SOURCE
	       : !strcmp(word->s, "destination") ? FB_SCOPE_DESTINATION
						 : FB_SCOPE_LINE;
}

static const struct unit *unit_of(const struct fb_word *word)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(units[i].word, word->s))
			return &units[i];
	return NULL;
}

/* How many units may come at once: what is written, or one second's worth, and then 5 at least. */
static __u64 burst_units(const struct fb_suffix *s, const struct unit *u)
{
	__u64 second = s->limit.number / u->seconds;

	if (s->limit.burst)
		return s->limit.burst;
	return second > BURST_AT_LEAST ? second : BURST_AT_LEAST;
}

/* What lets through less than the clock can tell apart would let through nothing. */
static void raise_burst(struct fb_checker *c, const struct fb_suffix *s, const struct unit *u,
			struct fb_cap *cap)
{
	__u64 of_unit = cap->cost * u->weight;

	if (cap->burst >= LEAST_BURST)
		return;
	fb_diag_lint(c->diags, s->limit.unit.at, NULL,
		     "burst %llu is less than what comes in 20 ms at this rate: it is raised to %llu",
		     s->limit.burst, (unsigned long long)((LEAST_BURST + of_unit - 1) / of_unit));
	cap->burst = (LEAST_BURST + of_unit - 1) / of_unit * of_unit;
}

static bool limit(struct fb_checker *c, const struct fb_suffix *s, struct fb_cap *cap)
{
	const struct unit *u = unit_of(&s->limit.unit);
	__u64 rate, burst;

	if (!u) /* only a tree from elsewhere than the parser */
		return false;
	if (u->kind == FB_LIMIT_BYTES && s->limit.number > FASTEST_MBIT) {
		fb_diag_error(c->diags, s->limit.unit.at, "leave the limit out",
			      "%llu mbit/s is more than can be measured (%llu)", s->limit.number,
			      (unsigned long long)FASTEST_MBIT);
		return false;
	}
	rate = s->limit.number * u->weight;
	burst = burst_units(s, u);
	cap->kind = u->kind;
	cap->scope = scope_of(&s->limit.scope);
	cap->cost = (SECOND * u->seconds + rate - 1) / rate;
	if (burst > LONGEST_BURST / (cap->cost * u->weight)) {
		fb_diag_error(c->diags, s->limit.unit.at, NULL,
			      "burst %llu is what this rate brings in more than 30 days",
			      (unsigned long long)burst);
		return false;
	}
	cap->burst = burst * u->weight * cap->cost;
	raise_burst(c, s, u, cap);
	return true;
}

static void quota(const struct fb_suffix *s, struct fb_cap *cap)
{
	__u64 size = s->quota.size.s[0] == 'M'	 ? 1000000ull
		     : s->quota.size.s[0] == 'G' ? 1000000000ull
						 : 1000000000000ull;

	cap->quota = s->quota.number * size;
	cap->quota_scope = scope_of(&s->quota.scope);
	cap->quota_period = strcmp(s->quota.period.s, "day") ? 3600 : 86400;
	cap->quota_drop = !strcmp(s->quota.action.s, "drop");
}

bool fb_check_line_cap(struct fb_checker *c, const struct fb_header *h, const struct fb_allow *allow,
		       struct fb_line *line)
{
	const struct fb_suffix *own = &allow->suffix, *block = &h->stmt->firebreak.defaults;
	const struct fb_suffix *l = own->limit.unit.s ? own : block, *q = own->quota.size.s ? own : block;

	if (q->quota.size.s)
		quota(q, &line->cap);
	return !l->limit.unit.s || limit(c, l, &line->cap);
}

bool fb_cap_equal(const struct fb_cap *a, const struct fb_cap *b)
{
	return a->kind == b->kind && a->scope == b->scope && a->cost == b->cost && a->burst == b->burst &&
	       a->quota == b->quota && a->quota_scope == b->quota_scope &&
	       a->quota_period == b->quota_period && a->quota_drop == b->quota_drop;
}

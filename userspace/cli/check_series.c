// SPDX-License-Identifier: GPL-2.0-only
/* How many series a policy's metrics take while nothing is dropped, of those that one scrape has room for. */
#include <stdio.h>
#include <string.h>

#include "cli/check_parts.h"
#include "cli/output.h"
#include "export/budget.h"

static unsigned int opened_pairs(const struct fb_policy *p)
{
	__u64 opened[FB_ZONES_MAX] = { 0 };
	unsigned int n = 0;

	for (size_t f = 0; f < p->tree.files.n; f++)
		for (size_t i = 0; i < p->tree.files.v[f].n_stmts; i++) {
			const struct fb_stmt *s = &p->tree.files.v[f].stmts[i];

			if (s->kind != FB_STMT_FIREBREAK)
				continue;
			__u64 from = fb_ruleset_zones(&p->ruleset, &s->firebreak.from);

			for (unsigned int src = 0; src < FB_ZONES_MAX; src++)
				if (from >> src & 1)
					opened[src] |= fb_ruleset_zones(&p->ruleset, &s->firebreak.to);
		}
	for (unsigned int src = 0; src < FB_ZONES_MAX; src++)
		n += (unsigned int)__builtin_popcountll(opened[src]);
	return n;
}

/* A trunk is one device. */
static unsigned int devices(const struct fb_ruleset *rs)
{
	struct FB_VEC(const char *) seen = { 0 };
	unsigned int n = 0;

	for (size_t z = 0; z < rs->zones.n; z++)
		for (size_t i = 0; i < rs->zones.v[z].n_ifaces; i++) {
			const char *name = rs->zones.v[z].ifaces[i].name.s;
			bool before = false;

			for (size_t k = 0; k < seen.n && !before; k++)
				before = !strcmp(seen.v[k], name);
			if (!before)
				fb_vec_add(&seen, name);
		}
	n = (unsigned int)seen.n;
	fb_vec_done(&seen);
	return n;
}

unsigned int fb_series_of(const struct fb_policy *p)
{
	const struct fb_ruleset *rs = &p->ruleset;
	unsigned int n = FB_METRICS_SERIES_FIXED;

	n += FB_METRICS_SERIES_PER_PAIR * opened_pairs(p);
	n += FB_METRICS_SERIES_PER_DEVICE * devices(rs);
	n += FB_METRICS_SERIES_PER_ZONE * (unsigned int)rs->zones.n;
	n += FB_METRICS_SERIES_PER_PLAN * (unsigned int)rs->isolates.n;
	for (size_t i = 0; i < rs->lines.n; i++)
		if (rs->lines.v[i].slot) /* else it has no counters */
			n += FB_METRICS_SERIES_PER_RULE + (rs->lines.v[i].deadline != FB_NO_DEADLINE);
	return n;
}

void fb_series_warn(const struct fb_policy *p, const char *name)
{
	unsigned int n = fb_series_of(p);

	if (n > FB_METRICS_SERIES_MAX)
		fb_complain("%s: its metrics are %u series and a scrape has room for %d: the agent leaves "
			    "out lines, "
			    "those that were never hit first, and says how many in firebreak_omitted_series",
			    name, n, FB_METRICS_SERIES_MAX);
}

void fb_series_print(const struct fb_policy *p)
{
	printf("metrics: %u series while nothing is dropped, of %d in a scrape\n", fb_series_of(p),
	       FB_METRICS_SERIES_MAX);
}

json_t *fb_series_json(const struct fb_policy *p)
{
	return json_pack("{sI si}", "series", (json_int_t)fb_series_of(p), "most", FB_METRICS_SERIES_MAX);
}

// SPDX-License-Identifier: GPL-2.0-only
/* From rule set to image: the driver and the sections that are not the classifier's. */
#include "policy/compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "policy/compiler.h"

int fb_section(struct fb_compiler *c, const char *name, size_t n, __u32 *ret)
{
	size_t words = (n + 15) & ~(size_t)15;
	struct fb_image_stats *stats = c->stats;

	if (words > c->n_words - c->used)
		return fb_error_set(c->err, -E2BIG,
				    "the policy does not fit into an image of %zu MiB: section \"%s\" needs "
				    "%zu KiB, %zu KiB are left",
				    c->n_words >> 18, name, words >> 8, (c->n_words - c->used) >> 8);
	*ret = (__u32)c->used;
	c->used += words;
	if (stats->n_sections && strcmp(stats->sections[stats->n_sections - 1].name, name) == 0) {
		stats->sections[stats->n_sections - 1].bytes += words * 4;
	} else if (stats->n_sections < sizeof(stats->sections) / sizeof(stats->sections[0])) {
		stats->sections[stats->n_sections].name = name;
		stats->sections[stats->n_sections++].bytes = words * 4;
	}
	return 0;
}

int fb_may_take(struct fb_compiler *c, const char *name, size_t n)
{
	__u32 at;

	if (n > c->n_words - c->used)
		return fb_section(c, name, n, &at);
	if (c->used + n > c->most_words)
		return fb_error_set(c->err, -E2BIG, "no smaller than with broad ranges");
	return 0;
}

/* Unix seconds in 32 bits: later than that is the last of them, before the first is the first. */
static __u32 clamp_time(__s64 t)
{
	return t < 1 ? 1 : t >= FB_NO_DEADLINE ? FB_NO_DEADLINE - 1 : (__u32)t;
}

static int emit_pairs(struct fb_compiler *c, struct fb_image_header *header)
{
	int r = fb_section(c, "zone pairs", FB_PAIRS_MAX * 2, &header->pair_w);

	if (r)
		return r;
	struct fb_image_pair *pairs = (struct fb_image_pair *)(c->img + header->pair_w);

	for (size_t i = 0; i < c->rs->pairs.n; i++) {
		const struct fb_pair_setting *set = &c->rs->pairs.v[i];

		if (set->src < FB_ZONES_MAX && set->dst < FB_ZONES_MAX && set->observe_until)
			pairs[FB_PAIR(set->src, set->dst)].observe_until = clamp_time(set->observe_until);
	}
	for (size_t i = 0; i < c->rs->pair_flags.n; i++) {
		const struct fb_pair_flags *set = &c->rs->pair_flags.v[i];

		pairs[FB_PAIR(set->src, set->dst)].flags = set->flags;
	}
	return 0;
}

static bool has_cap(const struct fb_line *line)
{
	return line->cap.kind != FB_LIMIT_NONE || line->cap.quota;
}

static struct fb_image_limit limit_of(const struct fb_line *line)
{
	const struct fb_cap *cap = &line->cap;

	return (struct fb_image_limit){ .kind = cap->kind,
					.scope = cap->scope,
					.cost = cap->cost,
					.burst = cap->burst,
					.quota = cap->quota,
					.quota_scope = cap->quota_scope,
					.quota_period = cap->quota_period,
					.quota_drop = cap->quota_drop,
					.slot = line->slot < FB_RULE_SLOTS ? line->slot : FB_RULE_NO_SLOT };
}

/* Of the lines' sets of zones for multicast, each once; 0 = the line has none, or there is no room for it. */
static __u32 group_of(struct fb_compiler *c, __u64 zones)
{
	__u32 i = 1;

	if (!zones)
		return 0;
	while (i < c->n_groups && c->groups[i] != zones)
		i++;
	if (i == FB_GROUP_MASKS)
		return 0;
	if (i == c->n_groups)
		c->groups[c->n_groups++] = zones;
	return i;
}

static struct fb_image_rule rule_of(const struct fb_line *line, const struct fb_closing *closing)
{
	struct fb_image_rule rule = { .kind = line->kind, .deadline = FB_NO_DEADLINE };

	rule.slot = line->slot < FB_RULE_SLOTS ? line->slot : FB_RULE_NO_SLOT;
	if (closing->window && !closing->deadline)
		rule.deadline = 0;
	else if (closing->deadline != FB_NO_DEADLINE)
		rule.deadline = clamp_time(closing->deadline);
	if (closing->window)
		rule.flags |= FB_RULE_F_WINDOW;
	if (line->log)
		rule.flags |= FB_RULE_F_LOG;
	return rule;
}

/* Rules and, in the order of their lines, their limits; limit 0 is none. */
static int emit_rules(struct fb_compiler *c, struct fb_image_header *header)
{
	struct fb_image_limit *limits;
	struct fb_image_rule *rules;
	size_t capped = 0;
	int r;

	for (size_t i = 0; i < c->rs->lines.n; i++)
		capped += has_cap(&c->rs->lines.v[i]);
	r = fb_section(c, "rules", (c->rs->lines.n + 1) * (sizeof(*rules) / 4), &header->rule_w)
		    ?: fb_section(c, "limits", (capped + 1) * (sizeof(*limits) / 4), &header->limit_w);
	if (r)
		return r;
	rules = (struct fb_image_rule *)(c->img + header->rule_w);
	limits = (struct fb_image_limit *)(c->img + header->limit_w);
	capped = 0;
	for (size_t i = 0; i < c->rs->lines.n; i++) {
		const struct fb_line *line = &c->rs->lines.v[i];

		rules[i + 1] = rule_of(line, &c->closing[i]);
		rules[i + 1].group = group_of(c, line->group);
		if (line->group && !rules[i + 1].group)
			return fb_error_set(
				c->err, -E2BIG,
				"multicast lines name more than %u different lists of zones; the first too "
				"many is %s \"%s\"",
				FB_GROUP_MASKS - 1, line->id, line->text);
		if (!has_cap(line))
			continue;
		rules[i + 1].limit = (__u32)++capped;
		limits[capped] = limit_of(line);
	}
	header->n_rules = (__u32)c->rs->lines.n;
	return 0;
}

/* When each line closes, as things are now. */
static void find_closings(struct fb_compiler *c)
{
	struct fb_when when = c->in->when;
	struct fb_schedule schedule;

	if (!when.now)
		when.now = c->in->applied;
	fb_schedule_at(c->rs, &when, &schedule);
	c->now = when.now;
	c->closing = fb_zalloc(c->rs->lines.n, sizeof(*c->closing));
	for (size_t i = 0; i < c->rs->lines.n; i++)
		c->closing[i] = fb_schedule_line(&schedule, &c->rs->lines.v[i]);
	fb_schedule_done(&schedule);
}

/* S17, of boxes */
static int box_cmp(const void *pa, const void *pb, void *arg)
{
	const struct fb_compiler *c = arg;
	__u32 a = *(const __u32 *)pa, b = *(const __u32 *)pb;
	const struct fb_box *x = &c->rs->boxes.v[a], *y = &c->rs->boxes.v[b];
	bool x_never = c->rs->lines.v[x->line].kind == FB_RULE_NEVER,
	     y_never = c->rs->lines.v[y->line].kind == FB_RULE_NEVER;
	int r;

	if (x_never != y_never)
		return x_never ? -1 : 1;
	r = x_never ? 0 : fb_closing_cmp(&c->closing[x->line], &c->closing[y->line], c->now);
	if (r)
		return r;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void rank_boxes(struct fb_compiler *c)
{
	size_t n = c->rs->boxes.n;

	c->rank_box = fb_zalloc(n, sizeof(*c->rank_box));
	c->used_service = fb_zalloc(c->rs->services.n, sizeof(bool));
	for (int side = 0; side < FB_SIDES; side++)
		c->used_set[side] = fb_zalloc(c->rs->sets.n, sizeof(bool));
	for (__u32 i = 0; i < n; i++) {
		const struct fb_box *box = &c->rs->boxes.v[i];

		c->rank_box[i] = i;
		c->used_set[FB_SOURCE][box->src] = true;
		c->used_set[FB_DESTINATION][box->dst] = true;
		c->used_service[box->svc] = true;
	}
	if (n)
		qsort_r(c->rank_box, n, sizeof(*c->rank_box), box_cmp, c);
}

static int compile_family(struct fb_compiler *c, int f)
{
	struct fb_family *family = &c->family[f];

	fb_compile_atoms(c, f);
	for (int side = 0; side < FB_SIDES; side++)
		for (int band = 0; band < (int)FB_BANDS; band++)
			fb_compile_band(c, family, &family->band[side][band], side == FB_DESTINATION);
	for (int band = 0; band < (int)FB_BANDS; band++) {
		c->stats->classes_src += family->band[FB_SOURCE][band].n_classes;
		c->stats->classes_dst += family->band[FB_DESTINATION][band].n_classes;
	}
	for (int side = 0; side < FB_SIDES; side++)
		c->stats->classes_broad += family->band[side][FB_BAND_BROAD].n_classes;
	return fb_compile_rows(c, family);
}

static int emit_classifier(struct fb_compiler *c, struct fb_image_header *header)
{
	struct fb_classify_header h = { 0 };
	int r = fb_compile_l4(c, &h);

	if (!r)
		r = fb_compile_bundles(c);
	for (int f = 0; f < FB_FAMILIES && !r; f++)
		r = compile_family(c, f);
	if (!r)
		r = fb_place_classes(c, &h);
	if (!r)
		r = fb_emit_cells(c, &h);
	if (!r)
		r = fb_emit_addresses(c, &h);
	memcpy(header->cls, &h, sizeof(h));
	c->stats->atoms4 = (unsigned int)c->family[0].first.n;
	c->stats->atoms6 = (unsigned int)c->family[1].first.n;
	/* Both addresses and their records, L4, quadrants, the rule; see classify.h. */
	c->stats->loads_worst4 = 2 * c->stats->loads_worst4 + 2 + 7 + 4 * 7 + 1;
	c->stats->loads_worst6 = 2 * c->stats->loads_worst6 + 2 + 7 + 4 * 7 + 1;
	return r;
}

static void family_done(struct fb_family *family)
{
	for (int side = 0; side < FB_SIDES; side++)
		for (int i = 0; i < (int)FB_BANDS; i++) {
			struct fb_band *band = &family->band[side][i];

			fb_vec_done(&band->spans);
			fb_vec_done(&band->nodes);
			fb_vec_done(&band->runs);
			free(band->cls);
			free(band->set_first);
		}
	for (int q = 0; q < (int)FB_QUADRANTS; q++)
		free(family->row[q]);
	fb_vec_done(&family->first);
	free(family->zone);
}

static void compiler_done(struct fb_compiler *c)
{
	for (int f = 0; f < FB_FAMILIES; f++)
		family_done(&c->family[f]);
	for (size_t i = 0; c->services && i < c->rs->services.n; i++)
		fb_vec_done(&c->services[i].runs);
	free(c->services);
	free(c->closing);
	free(c->rank_box);
	free(c->used_service);
	free(c->used_set[FB_SOURCE]);
	free(c->used_set[FB_DESTINATION]);
	free(c->bundle_first);
	free(c->bundle_cost);
	free(c->covered);
	free(c->row_w);
	fb_vec_done(&c->bundles);
	fb_vec_done(&c->scratch);
	fb_vec_done(&c->scratch2);
	fb_pool_done(&c->cells);
	fb_vec_done(&c->named);
	fb_memo_done(&c->merged);
	fb_pool_done(&c->lists);
	fb_memo_done(&c->together);
	fb_pool_done(&c->l1);
	fb_pool_done(&c->l2);
	fb_pool_done(&c->rows);
}

/* Whoever is refused wants to know where to begin: with the services if they are most of it, else with the line whose sources and destinations cross most classes. */
static void name_costliest(struct fb_compiler *c)
{
	size_t most = 0, len = strlen(c->err->text);

	if (c->n_l4 > FB_L4_CLASSES_MAX || c->classes_too_many)
		return; /* said already */
	if (c->n_l4 > c->painted) {
		snprintf(c->err->text + len, sizeof(c->err->text) - len,
			 "; its services fall into %u classes: use fewer different port ranges", c->n_l4);
		return;
	}

	for (size_t i = 1; c->painted && i < c->bundles.n; i++)
		if (c->bundle_cost[i] > c->bundle_cost[most])
			most = i;
	if (!c->painted || !c->bundle_cost[most])
		return;
	__u32 rank = fb_pool_get(&c->cells, c->bundles.v[most].cell)[0];
	const struct fb_line *line = &c->rs->lines.v[c->rs->boxes.v[c->rank_box[rank]].line];

	snprintf(c->err->text + len, sizeof(c->err->text) - len,
		 "; the line that overlaps most is %s \"%s\" with %zu of %zu pairs of address classes",
		 line->id, line->text, c->bundle_cost[most], c->painted);
}

/* One attempt with a given limit between narrow and broad: all but the magic. */
static int compile_once(const struct fb_compile_input *in, void *buf, size_t size, __u32 broad, size_t most,
			struct fb_image_stats *stats, struct fb_error *err)
{
	struct fb_compiler c = { .in = in,
				 .rs = in->ruleset,
				 .img = buf,
				 .n_words = size / 4,
				 .most_words = most / 4,
				 .used = sizeof(struct fb_image_header) / 4,
				 .stats = stats,
				 .err = err,
				 .broad = broad,
				 .n_groups = 1 };
	struct fb_image_header header = { .abi = FB_ABI_VERSION,
					  .generation = in->generation,
					  .applied_lo = (__u32)in->applied };
	int r;

	find_closings(&c);
	rank_boxes(&c);
	r = fb_emit_ports(&c, &header);
	if (!r)
		r = emit_pairs(&c, &header);
	if (!r)
		r = emit_rules(&c, &header);
	if (!r)
		r = fb_emit_tables(&c, &header);
	if (!r)
		r = emit_classifier(&c, &header);
	if (!r) {
		header.n_words = (__u32)c.used;
		memcpy(buf, &header, sizeof(header));
	} else {
		memset(buf, 0, c.used * 4);
		if (r == -E2BIG)
			name_costliest(&c);
	}
	stats->spent = c.spent;
	stats->bytes_used = c.used * 4;
	compiler_done(&c);
	return r;
}

/*
 * The same once more without broad ranges, and the smaller one stays. Where wide lines cross few narrow ones, or say what these say, one quadrant holds what four
 * would have to be asked for (100,000 lines of ClassBench's acl1: 9 MiB instead of 18, two lines of nine less that the first cache misses); else it is soon given
 * up. r: what came of the attempts before. Returns it, or 0.
 */
static int compile_in_one_band(const struct fb_compile_input *in, void *buf, size_t size,
			       struct fb_image_stats *stats, int r)
{
	const size_t most = r ? size : stats->bytes_used;
	struct fb_image_stats one = { 0 };
	struct fb_error too_large = { 0 };
	void *image = calloc(size, 1);

	if (image && !compile_once(in, image, size, FB_ONE_BAND, most, &one, &too_large) &&
	    (r || one.bytes_used < stats->bytes_used)) {
		memset(buf, 0, stats->bytes_used);
		memcpy(buf, image, one.bytes_used);
		*stats = one;
		r = 0;
	}
	free(image);
	return r;
}

int fb_compile(const struct fb_compile_input *in, void *buf, size_t size, struct fb_image_stats *ret_stats,
	       struct fb_error *err)
{
	/* What a policy needs depends on where "broad" begins; the first that fits will do, or in one band. Not so its services: no atoms, no second try. */
	static const __u32 limits[] = { 64, 16, 512 };
	struct timespec begin, end;
	bool spent = true;
	int r = -E2BIG;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (size_t i = 0; i < FB_ARRAY_SIZE(limits) && r == -E2BIG && (!i || ret_stats->atoms4); i++) {
		memset(ret_stats, 0, sizeof(*ret_stats));
		r = compile_once(in, buf, size, limits[i], size, ret_stats, err);
		spent &= ret_stats->spent;
	}
	ret_stats->spent = spent;
	if (r ? r == -E2BIG && ret_stats->atoms4 && !spent : ret_stats->classes_broad > 0)
		r = compile_in_one_band(in, buf, size, ret_stats, r);
	if (!r)
		__atomic_store_n(&((struct fb_image_header *)buf)->magic, FB_IMAGE_MAGIC, __ATOMIC_RELEASE);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ret_stats->seconds =
		(double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	ret_stats->rules = (unsigned int)in->ruleset->lines.n;
	ret_stats->boxes = (unsigned int)in->ruleset->boxes.n;
	return r;
}

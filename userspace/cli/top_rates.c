// SPDX-License-Identifier: GPL-2.0-only
/* Two moments to rates. */
#include "cli/top.h"

#include <string.h>

#include "cli/live.h"

const char *const fb_top_view_names[FB_TOP_VIEWS] = { "all", "pairs", "rules", "drops", "flows" };
const char *const fb_top_sort_names[FB_TOP_SORTS] = { "bits", "packets", "name" };

static double seconds_between(const struct fb_top_snapshot *from, const struct fb_top_snapshot *to)
{
	return from && to->ns > from->ns ? (double)(to->ns - from->ns) / 1e9 : 0;
}

/* What a list of pairs is found by. */
static const char *key_of(const json_t *pair, struct fb_strbuf *buf)
{
	fb_strbuf_done(buf);
	fb_strbuf_addf(buf, "%s %s %s", fb_field_text(pair, "src"), fb_field_text(pair, "dst"),
		       fb_field_text(pair, "reason"));
	return fb_strbuf_get(buf);
}

static json_t *index_of(const struct fb_top_snapshot *s, const char *list)
{
	fb_autostrbuf struct fb_strbuf key = { 0 };
	json_t *index = json_object(), *pair;
	size_t i;

	json_array_foreach (s ? json_object_get(s->drops, list) : NULL, i, pair)
		json_object_set(index, key_of(pair, &key), pair);
	return index;
}

/* What is not in the earlier list was 0 there. A counter that went back began anew: the kernel's memory is another. */
static double grown(const json_t *now, const json_t *before, const char *field)
{
	long long a = fb_field_int(before, field), b = fb_field_int(now, field);

	return (double)(b >= a ? b - a : b);
}

static struct fb_top_row row_of(const json_t *now, const json_t *before, double seconds)
{
	struct fb_top_row row = { .of = now };

	if (seconds > 0) {
		row.packets = grown(now, before, "packets") / seconds;
		row.bits = grown(now, before, "bytes") * 8 / seconds;
		row.flows = grown(now, before, "flows") / seconds;
	}
	return row;
}

static void compare_pairs(const struct fb_top_snapshot *before, struct fb_top *top)
{
	FB_CLEANUP(json_decrefp) json_t *index = index_of(before, "passed");
	fb_autostrbuf struct fb_strbuf key = { 0 };
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(top->now->drops, "passed"), i, pair) {
		struct fb_top_row row =
			row_of(pair, json_object_get(index, key_of(pair, &key)), top->seconds);

		if (row.packets > 0)
			fb_vec_add(&top->pairs, row);
	}
}

static void compare_rules(const struct fb_top_snapshot *before, struct fb_top *top)
{
	const char *id;
	json_t *rule;

	if (!before || top->seconds <= 0)
		return;
	json_object_foreach (top->now->rules, id, rule) {
		const json_t *was = json_object_get(before->rules, id);

		/* the same object: nobody used it since, so the agent was not even asked */
		if (was == rule)
			continue;

		struct fb_top_row row = row_of(rule, was, top->seconds);

		if (row.packets > 0 || row.flows > 0)
			fb_vec_add(&top->rules, row);
	}
}

/* Of the events of the last minute that say this the one that was seen most, alarms before all others. */
static const json_t *who(const struct fb_top_snapshot *now, const json_t *drop)
{
	bool observed = !strcmp(fb_field_text(drop, "reason"), "would-drop");
	const json_t *best = NULL;
	json_t *e;
	size_t i;

	json_array_foreach (now->events, i, e) {
		bool more = !best || fb_field_int(e, "count") > fb_field_int(best, "count");
		int alarm = fb_field_true(e, "alarm") - (best && fb_field_true(best, "alarm"));

		if (fb_field_int(e, "last") + 60 < now->at ||
		    strcmp(fb_field_text(e, "src_zone"), fb_field_text(drop, "src")) ||
		    strcmp(fb_field_text(e, "dst_zone"), fb_field_text(drop, "dst")) ||
		    observed != !strcmp(fb_field_text(e, "kind"), "would-drop") ||
		    (!observed && strcmp(fb_field_text(e, "reason"), fb_field_text(drop, "reason"))))
			continue;
		if (alarm > 0 || (alarm == 0 && more))
			best = e;
	}
	return best;
}

static void compare_drops(const struct fb_top_snapshot *before, const struct fb_top_snapshot *since,
			  struct fb_top *top)
{
	FB_CLEANUP(json_decrefp) json_t *last = index_of(before, "drops"), *minute = index_of(since, "drops");
	fb_autostrbuf struct fb_strbuf key = { 0 };
	json_t *drop;
	size_t i;

	json_array_foreach (json_object_get(top->now->drops, "drops"), i, drop) {
		const json_t *then = json_object_get(minute, key_of(drop, &key));
		struct fb_top_row row =
			row_of(drop, json_object_get(last, fb_strbuf_get(&key)), top->seconds);

		if (top->window > 0)
			row.minute = grown(drop, then, "packets") * 60 / top->window;
		if (row.minute <= 0 && row.packets <= 0)
			continue;
		row.who = who(top->now, drop);
		fb_vec_add(&top->drops, row);
	}
}

/* ---- order */

static int by_text(const struct fb_top_row *x, const struct fb_top_row *y)
{
	static const char *const fields[] = { "src", "dst", "reason", "pairs", "text", "id" };
	int r = 0;

	for (size_t i = 0; i < FB_ARRAY_SIZE(fields) && !r; i++)
		r = strcmp(fb_field_text(x->of, fields[i]), fb_field_text(y->of, fields[i]));
	return r;
}

static int most_first(double x, double y)
{
	return (x < y) - (x > y);
}

static int by_bits(const void *a, const void *b)
{
	const struct fb_top_row *x = a, *y = b;
	int r = most_first(x->minute, y->minute); /* only drops have one */

	r = r ? r : most_first(x->bits, y->bits);
	r = r ? r : most_first(x->packets, y->packets);
	return r ? r : by_text(x, y);
}

static int by_packets(const void *a, const void *b)
{
	const struct fb_top_row *x = a, *y = b;
	int r = most_first(x->packets, y->packets);

	return r ? r : by_bits(a, b);
}

static int by_name(const void *a, const void *b)
{
	return by_text(a, b);
}

static int flow_order(const void *a, const void *b)
{
	const json_t *x = ((const struct fb_top_row *)a)->of, *y = ((const struct fb_top_row *)b)->of;
	long long i = fb_field_int(x, "idle"), k = fb_field_int(y, "idle");

	if (i == k) {
		i = fb_field_int(x, "age");
		k = fb_field_int(y, "age");
	}
	return i == k ? by_text(a, b) : (i > k) - (i < k);
}

static void sort(struct fb_top_rows *rows, int (*order)(const void *, const void *))
{
	if (rows->n)
		qsort(rows->v, rows->n, sizeof(*rows->v), order);
}

void fb_top_compare(const struct fb_top_snapshot *now, const struct fb_top_snapshot *before,
		    const struct fb_top_snapshot *since, enum fb_top_sort by, struct fb_top *ret)
{
	static int (*const orders[FB_TOP_SORTS])(const void *, const void *) = { by_bits, by_packets,
										 by_name };
	json_t *flow;
	size_t i;

	*ret = (struct fb_top){ .now = now,
				.seconds = seconds_between(before, now),
				.window = seconds_between(since, now) };
	if (ret->seconds > 0)
		compare_pairs(before, ret);
	compare_rules(before, ret);
	compare_drops(before, since, ret);
	json_array_foreach (json_object_get(now->flows, "flows"), i, flow)
		fb_vec_add(&ret->flows, (struct fb_top_row){ .of = flow });
	sort(&ret->pairs, orders[by]);
	sort(&ret->rules, orders[by]);
	sort(&ret->drops, orders[by]);
	sort(&ret->flows, by == FB_TOP_BY_NAME ? by_name : flow_order);
}

void fb_top_done(struct fb_top *top)
{
	fb_vec_done(&top->pairs);
	fb_vec_done(&top->rules);
	fb_vec_done(&top->drops);
	fb_vec_done(&top->flows);
}

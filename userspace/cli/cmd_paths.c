// SPDX-License-Identifier: GPL-2.0-only
/* Every way from one party to another through other hosts, with what the answer rests on. */
#include <stdlib.h>
#include <string.h>

#include "cli/load.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "policy/paths.h"

enum { STEPS_MAX = 8, PATHS_MAX = 20 };

struct question {
	const struct fb_policy *policy;
	const struct fb_ruleset *rs;
	const char *from, *to;
	struct fb_party a, b;
	struct fb_paths_query query;
	struct fb_paths paths;
};

static void question_done(struct question *q)
{
	fb_party_done(&q->a);
	fb_party_done(&q->b);
	fb_paths_done(&q->paths);
}

static void add_place(const struct question *q, int line, struct fb_strbuf *out)
{
	if (line < 0)
		fb_strbuf_add(out, "observed");
	else
		fb_strbuf_addf(out, "%s:%u",
			       q->policy->tree.sources.files.v[q->rs->lines.v[line].at.file].path,
			       q->rs->lines.v[line].at.line);
}

static void add_when(const struct question *q, const struct fb_line *line, struct fb_strbuf *out)
{
	if (!line->window && !line->access)
		return;
	fb_strbuf_add(out, " (");
	fb_ruleset_print_when(q->rs, line, out);
	fb_strbuf_addc(out, ')');
}

/* "cctv -> video -> traffic", or a zone in which both are. */
static void add_zones(const struct question *q, const struct fb_path *path, struct fb_strbuf *out)
{
	fb_strbuf_add(out, fb_ruleset_zone_name(q->rs, path->example.v[0].src_zone));
	for (size_t i = 0; i < path->steps.n; i++)
		fb_strbuf_addf(out, " %s %s", path->steps.v[i].reply ? "<-" : "->",
			       fb_ruleset_zone_name(q->rs, path->steps.v[i].dst_zone));
}

/* What the example does not show: other lines that serve the same step. */
static void print_others(const struct question *q, const struct fb_screen *screen, const struct fb_path *path)
{
	enum { SHOWN = 4 };
	size_t hop = 0;

	for (size_t i = 0; i < path->steps.n; i++, hop++) {
		const struct fb_path_step *step = &path->steps.v[i];
		fb_autostrbuf struct fb_strbuf out = { 0 };
		unsigned int others = 0;

		while (path->example.v[hop].shared)
			hop++;
		for (size_t k = 0; k < step->lines.n; k++) {
			if (step->lines.v[k] == path->example.v[hop].line || others++ >= SHOWN)
				continue;
			fb_strbuf_add(&out, others > 1 ? ", " : "");
			add_place(q, step->lines.v[k], &out);
			if (step->lines.v[k] >= 0)
				add_when(q, &q->rs->lines.v[step->lines.v[k]], &out);
		}
		if (others > SHOWN)
			fb_strbuf_addf(&out, " and %u more", others - SHOWN);
		if (others)
			fb_print_wrapped(screen, FB_PLAIN, "   also %s %s %s: %s",
					 fb_ruleset_zone_name(q->rs, step->src_zone),
					 step->reply ? "<-" : "->",
					 fb_ruleset_zone_name(q->rs, step->dst_zone), fb_strbuf_get(&out));
	}
}

static void print_assumptions(const struct question *q)
{
	for (size_t i = 0; i < q->rs->zones.n; i++) {
		const struct fb_zone *z = &q->rs->zones.v[i];

		if (q->paths.shared & 1ull << z->id)
			printf("segment: hosts of %s reach each other without passing the gateway\n",
			       z->name);
	}
	for (size_t i = 0; i < q->rs->zones.n; i++) {
		const struct fb_zone *z = &q->rs->zones.v[i];

		if (z->stmt->zone.members_isolated)
			printf("assuming: %s members isolated \"%s\"\n", z->name,
			       z->stmt->zone.members_how.s);
	}
	for (size_t i = 0; i < q->rs->pairs.n; i++)
		printf("observed: %s -> %s lets everything pass that no guard forbids\n",
		       fb_ruleset_zone_name(q->rs, q->rs->pairs.v[i].src),
		       fb_ruleset_zone_name(q->rs, q->rs->pairs.v[i].dst));
}

static void print_lines(const struct fb_screen *screen, const char *text)
{
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		fb_print_wrapped(screen, FB_PLAIN, "%.*s", (int)n, text);
	}
}

/* Shortest first: what comes after the limit may be longer, too. */
static void print_more(const struct question *q)
{
	if (q->paths.at_limit && q->query.max_steps)
		printf("; there may be more, and longer ones: asked for --limit %u and --steps %u",
		       q->query.max_paths, q->query.max_steps);
	else if (q->paths.at_limit)
		printf("; there may be more: asked for --limit %u", q->query.max_paths);
	else if (q->paths.at_steps)
		printf("; there may be longer ones: asked for --steps %u", q->query.max_steps);
	else
		printf("; there may be more: there are too many to look at all");
}

static void print(const struct question *q)
{
	struct fb_screen screen = fb_screen_of(stdout);

	for (size_t i = 0; i < q->paths.v.n; i++) {
		const struct fb_path *path = &q->paths.v.v[i];
		fb_autostrbuf struct fb_strbuf zones = { 0 }, steps = { 0 };

		add_zones(q, path, &zones);
		fb_hops_print(q->rs, &q->policy->tree.sources, &path->example, &steps);
		fb_print_wrapped(&screen, FB_PLAIN, "%zu. %s", i + 1, fb_strbuf_get(&zones));
		print_lines(&screen, fb_strbuf_get(&steps));
		print_others(q, &screen, path);
	}
	if (q->paths.v.n)
		printf("%zu way%s from %s to %s%s", q->paths.v.n, q->paths.v.n == 1 ? "" : "s", q->from,
		       q->to, q->query.replies ? ", answers counted" : "");
	else
		printf("no way from %s to %s%s", q->from, q->to,
		       q->query.replies ? ", by answers neither" : "");
	if (q->paths.more)
		print_more(q);
	putchar('\n');
	print_assumptions(q);
}

/* The gateway has no one address here: its ends are roles (FB_ROLE), and so is broadcast. */
static void add_address(json_t *v, const char *key, const struct question *q, int family, struct fb_ip ip)
{
	const __u64 kind = ip.hi ? 0 : ip.lo >> 8;
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_ipset one = { 0 };

	fb_ipset_add(&one, family, (struct fb_range){ ip, ip });
	if (kind == FB_ROLE_SELF_AT || kind == FB_ROLE_SELF_SRC)
		fb_strbuf_add(&out, "self");
	else
		fb_ruleset_print_set(q->rs, &one, &out);
	json_object_set_new(v, key, json_string(fb_strbuf_get(&out)));
	fb_ipset_done(&one);
}

static json_t *example_json(const struct question *q, const struct fb_path *path)
{
	json_t *v = json_array();

	for (size_t i = 0; i < path->example.n; i++) {
		const struct fb_hop *hop = &path->example.v[i];
		fb_autostrbuf struct fb_strbuf ends = { 0 }, service = { 0 }, at = { 0 };
		json_t *step = json_object();

		fb_hop_print_ends(q->rs, hop, &ends);
		fb_hop_print_service(q->rs, hop, &service);
		if (!hop->shared)
			add_place(q, hop->line, &at);
		json_object_set_new(step, "ends", json_string(fb_strbuf_get(&ends)));
		add_address(step, "src", q, hop->family, hop->src);
		add_address(step, "dst", q, fb_hop_dst_family(hop), hop->dst);
		if (hop->heard)
			add_address(step, "sent_to", q, hop->family, hop->all);
		json_object_update_new(step,
				       json_pack("{ss ss ss* sb sb}", "service", fb_strbuf_get(&service),
						 "zone", fb_ruleset_zone_name(q->rs, hop->dst_zone), "at",
						 hop->shared ? NULL : fb_strbuf_get(&at), "within_zone",
						 hop->shared, "reply", hop->reply));
		if (!hop->shared && hop->line >= 0)
			fb_line_when_json(q->rs, &q->rs->lines.v[hop->line], step);
		json_array_append_new(v, step);
	}
	return v;
}

static json_t *path_json(const struct question *q, const struct fb_path *path)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < path->steps.n; i++) {
		const struct fb_path_step *step = &path->steps.v[i];
		json_t *lines = json_array();

		for (size_t k = 0; k < step->lines.n; k++) {
			fb_autostrbuf struct fb_strbuf at = { 0 };

			add_place(q, step->lines.v[k], &at);
			json_array_append_new(lines, json_string(fb_strbuf_get(&at)));
		}
		json_array_append_new(steps,
				      json_pack("{ss ss sb so}", "src_zone",
						fb_ruleset_zone_name(q->rs, step->src_zone), "dst_zone",
						fb_ruleset_zone_name(q->rs, step->dst_zone), "reply",
						step->reply, "lines", lines));
	}
	return json_pack("{so so}", "steps", steps, "example", example_json(q, path));
}

static json_t *to_json(const struct question *q)
{
	json_t *paths = json_array(), *shared = json_array(), *isolated = json_array(),
	       *observed = json_array();

	for (size_t i = 0; i < q->paths.v.n; i++)
		json_array_append_new(paths, path_json(q, &q->paths.v.v[i]));
	for (size_t i = 0; i < q->rs->zones.n; i++) {
		const struct fb_zone *z = &q->rs->zones.v[i];

		if (q->paths.shared & 1ull << z->id)
			json_array_append_new(shared, json_string(z->name));
		if (z->stmt->zone.members_isolated)
			json_array_append_new(isolated, json_pack("{ss ss}", "zone", z->name, "how",
								  z->stmt->zone.members_how.s));
	}
	for (size_t i = 0; i < q->rs->pairs.n; i++)
		json_array_append_new(
			observed,
			json_pack("{ss ss}", "src_zone", fb_ruleset_zone_name(q->rs, q->rs->pairs.v[i].src),
				  "dst_zone", fb_ruleset_zone_name(q->rs, q->rs->pairs.v[i].dst)));
	return json_pack("{ss ss ss sb so sb so so so}", "schema", "firebreak.paths/1", "from", q->from, "to",
			 q->to, "replies", q->query.replies, "paths", paths, "more", q->paths.more,
			 "segments", shared, "isolated", isolated, "observed", observed);
}

/* A number from 1 on, if the option is given. False = it is something else, which was said. */
static bool read_number(const struct fb_call *call, const char *name, unsigned int *ret)
{
	const char *text = fb_call_option(call, name);

	if (!text)
		return true;
	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 6 ||
	    !strtoul(text, NULL, 10)) {
		fb_complain("paths: --%s needs a number from 1 on, not \"%s\"", name, text);
		return false;
	}
	*ret = (unsigned int)strtoul(text, NULL, 10);
	return true;
}

static int read_options(const struct fb_call *call, struct question *q)
{
	const char *expect = fb_call_option(call, "expect");

	q->query = (struct fb_paths_query){ .from = &q->a,
					    .to = &q->b,
					    .replies = fb_call_option(call, "replies"),
					    .unless_opened = fb_call_option(call, "unless-opened"),
					    .max_steps = STEPS_MAX,
					    .max_paths = PATHS_MAX };
	if (!read_number(call, "steps", &q->query.max_steps) ||
	    !read_number(call, "limit", &q->query.max_paths))
		return FB_EXIT_USAGE;
	if (expect && strcmp(expect, "none") != 0) {
		fb_complain("--expect %s: only \"none\" can be expected", expect);
		return FB_EXIT_USAGE;
	}
	/* The bound may hide what is longer; an expectation is about all. */
	if (expect)
		q->query.max_steps = 0;
	return FB_EXIT_OK;
}

int fb_cmd_paths(const struct fb_call *call)
{
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { .asking = true };
	FB_CLEANUP(question_done)
	struct question q = {
		.policy = &policy, .rs = &policy.ruleset, .from = call->args[0], .to = call->args[1]
	};
	FB_CLEANUP(fb_reach_done) struct fb_reach_list edges = { 0 };
	struct fb_error err = { 0 };
	int r = read_options(call, &q);

	if (!r)
		r = fb_policy_get(call, &policy, NULL);
	if (r)
		return r;
	if (fb_party_find(q.rs, q.from, &q.a, &err) < 0 || fb_party_find(q.rs, q.to, &q.b, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_USAGE;
	}
	fb_reach_find(q.rs, NULL, NULL, 0, &edges);
	fb_reach_listen(q.rs, &edges);
	fb_paths_find(q.rs, &edges, &q.query, &q.paths);
	if (call->json)
		fb_json_put(to_json(&q));
	else
		print(&q);
	return fb_call_option(call, "expect") && (q.paths.v.n || q.paths.more) ? FB_EXIT_POLICY : FB_EXIT_OK;
}

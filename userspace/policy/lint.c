// SPDX-License-Identifier: GPL-2.0-only
#include "policy/lint.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/checker.h"
#include "policy/cubes.h"
#include "policy/l4set.h"
#include "policy/redundant.h"

enum { SOON_DAYS = 14, DAY = 86400 };

static const struct {
	const char *name;
	bool single;
} kinds[] = {
#define FB_X(id, name, single, text) { name, single },
	FB_LINTS(FB_X)
#undef FB_X
};

const char *fb_lint_name(enum fb_lint_kind kind)
{
	return kinds[kind].name;
}

bool fb_lint_single(enum fb_lint_kind kind)
{
	return kinds[kind].single;
}

enum fb_lint_kind fb_lint_by_name(const char *name, size_t len)
{
	int kind = 0;

	while (kind < FB_LINT_KINDS &&
	       (strlen(kinds[kind].name) != len || memcmp(kinds[kind].name, name, len) != 0))
		kind++;
	return (enum fb_lint_kind)kind;
}

/* ---- findings ------------------------------------------------------------------------------------------------------- */

/* "lint ok: cleartext, purdue" */
static bool accepts(const struct fb_words *comments, enum fb_lint_kind kind)
{
	static const char mark[] = "lint ok:";

	for (size_t i = 0; comments && i < comments->n; i++) {
		const char *p = strstr(comments->v[i].s, mark);

		for (p = p ? p + sizeof(mark) - 1 : ""; *p; p += strcspn(p, ", ")) {
			p += strspn(p, ", ");
			if (fb_lint_by_name(p, strcspn(p, ", ")) == kind)
				return true;
		}
	}
	return false;
}

void fb_lint_add(struct fb_linter *l, enum fb_lint_kind kind, struct fb_at at,
		 const struct fb_words *comments, const char *help, const char *fmt, ...)
{
	fb_autofree char *text = NULL;
	struct fb_lint lint = { .kind = kind, .at = at };
	va_list args;

	if (accepts(comments, kind) || accepts(l->block, kind) || accepts(l->everywhere, kind)) {
		l->ret->accepted++;
		return;
	}
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	lint.text = fb_arena_strdup(&l->ret->arena, text);
	lint.help = help ? fb_arena_strdup(&l->ret->arena, help) : NULL;
	fb_vec_add(&l->ret->list, lint);
	l->ret->counts[kind]++;
}

static void add_line_places(const struct fb_linter *l, const unsigned int *lines, size_t n,
			    struct fb_strbuf *out)
{
	enum { SHOWN = 4 };

	for (size_t i = 0; i < n && i < SHOWN; i++) {
		struct fb_at at = l->rs->lines.v[lines[i]].at;

		fb_strbuf_addf(out, "%s%s:%u",
			       !i	    ? ""
			       : i == n - 1 ? " and "
					    : ", ",
			       l->tree->sources.files.v[at.file].path, at.line);
	}
	if (n > SHOWN)
		fb_strbuf_addf(out, " and %zu more", n - SHOWN);
}

static const struct fb_words *comments_of(const struct fb_line *line)
{
	return line->allow ? &line->allow->comments : &line->stmt->comments;
}

static const struct fb_words *block_of(const struct fb_line *line)
{
	return line->allow ? &line->stmt->comments : NULL;
}

/* ---- lines that change nothing ---------------------------------------------------------------------------------------- */

static void redundant(struct fb_linter *l)
{
	struct fb_redundant_list list;

	fb_redundant_find(l->rs, &list);
	for (size_t i = 0; i < list.n; i++) {
		const struct fb_line *line = &l->rs->lines.v[list.v[i].line];
		fb_autostrbuf struct fb_strbuf by = { 0 };

		add_line_places(l, list.v[i].by.v, list.v[i].by.n, &by);
		l->block = block_of(line);
		fb_lint_add(l, FB_LINT_REDUNDANT, line->at, comments_of(line),
			    "without this line nothing changes",
			    list.v[i].by.n == 1 ? "%s %s all that this line %s"
						: "%s together %s all that this line %s",
			    fb_strbuf_get(&by),
			    list.v[i].by.n == 1 ? line->allow ? "allows" : "forbids"
			    : line->allow	? "allow"
						: "forbid",
			    line->allow ? "allows" : "forbids");
	}
	l->block = NULL;
	fb_redundant_done(&list);
}

static bool begins_in_some_family(const struct fb_l4set *services)
{
	return fb_l4set_begins(services, 4) || fb_l4set_begins(services, 6);
}

static void dead(struct fb_linter *l)
{
	enum { LIVES = 1, NEEDS_FAMILY = 2 };
	fb_autofree unsigned char *lines = calloc(l->rs->lines.n + 1, sizeof(*lines));

	if (!lines)
		abort();
	for (size_t i = 0; i < l->rs->boxes.n; i++) {
		const struct fb_box *box = &l->rs->boxes.v[i];

		if (lines[box->line] == LIVES)
			continue;
		if (fb_box_begins(l->rs, box))
			lines[box->line] = LIVES;
		else if (begins_in_some_family(&l->rs->services.v[box->svc]))
			lines[box->line] = NEEDS_FAMILY;
	}
	for (size_t i = 0; i < l->rs->lines.n; i++) {
		const struct fb_line *line = &l->rs->lines.v[i];

		if (lines[i] == LIVES)
			continue;
		l->block = block_of(line);
		fb_lint_add(l, FB_LINT_DEAD, line->at, comments_of(line),
			    lines[i] ? "ICMP exists on IPv4 only, ICMPv6 on IPv6 only"
				     : "an error passes with the flow that it is about, an answer with its "
				       "request, and none by a line",
			    "this line can match nothing: %s",
			    lines[i] ? "its addresses are of the other family than its service"
				     : "ICMP errors and answers begin nothing");
	}
	l->block = NULL;
}

/* ---- guards --------------------------------------------------------------------------------------------------------------- */

static void side_set(const struct fb_linter *l, const struct fb_operands *ops, struct fb_ipset *ret)
{
	struct fb_error err = { 0 };

	for (size_t i = 0; i < ops->n; i++) {
		FB_CLEANUP(fb_ipset_done) struct fb_ipset one = { 0 };
		const char *word = ops->v[i].kind == FB_OPERAND_ANY    ? "any"
				   : ops->v[i].kind == FB_OPERAND_SELF ? "self"
								       : ops->v[i].name.s;

		if (fb_side_find(l->rs, word, true, &one, &err) == 0)
			fb_ipset_add_set(ret, &one);
	}
}

/* An exception opens nothing by itself; if other guards forbid the same, it stands there for nothing. */
static void exception(struct fb_linter *l, unsigned int n, const struct fb_ipset *from,
		      const struct fb_operand *op)
{
	const struct fb_line *line = &l->rs->lines.v[n];
	FB_CLEANUP(fb_ipset_done) struct fb_ipset item = { 0 }, spared = { 0 }, gateway = { 0 };
	struct fb_operand self = { .kind = FB_OPERAND_SELF };
	unsigned int other = 0;
	bool all = true, some = false;

	side_set(l, &(struct fb_operands){ (struct fb_operand *)op, 1 }, &item);
	fb_ipset_intersect(from, &item, &spared);
	if (fb_ipset_empty(&spared)) {
		fb_lint_add(l, FB_LINT_GUARD, op->at, &line->stmt->comments, NULL,
			    "the exception for %s touches nothing: this guard does not speak of it",
			    op->name.s);
		return;
	}
	side_set(l, &(struct fb_operands){ &self, 1 }, &gateway);
	for (size_t i = 0; i < l->rs->boxes.n && all; i++) {
		const struct fb_box *box = &l->rs->boxes.v[i];
		struct fb_reach cube = { .services = l->rs->services.v[box->svc],
					 .dst = l->rs->sets.v[box->dst],
					 .src = spared };

		if (box->line != n || fb_ipset_within(&l->rs->sets.v[box->src], &gateway))
			continue; /* what the gateway sends stands in boxes of its own */
		some = true;
		all = fb_guarded_elsewhere(l->rs, n, &cube, &other);
	}
	if (!some || !all)
		return;

	fb_autostrbuf struct fb_strbuf place = { 0 };

	add_line_places(l, &other, 1, &place);
	fb_lint_add(l, FB_LINT_GUARD, op->at, &line->stmt->comments,
		    "guards add up: an exception holds for its own guard only",
		    "the exception for %s has no effect: %s forbids it as well", op->name.s,
		    fb_strbuf_get(&place));
}

static void guards(struct fb_linter *l)
{
	for (unsigned int i = 0; i < l->rs->lines.n; i++) {
		const struct fb_line *line = &l->rs->lines.v[i];
		FB_CLEANUP(fb_ipset_done) struct fb_ipset from = { 0 };

		if (line->kind != FB_RULE_NEVER || line->stmt->never.both)
			continue;
		side_set(l, &line->stmt->never.a, &from);
		for (size_t k = 0; k < line->stmt->never.except_from.n; k++)
			exception(l, i, &from, &line->stmt->never.except_from.v[k]);
	}
}

/* ---- what an auditor would ask -------------------------------------------------------------------------------------------- */

static void documentation(struct fb_linter *l, const struct fb_line *line)
{
	if (line->owner && line->reason)
		return;
	fb_lint_add(l, FB_LINT_UNDOCUMENTED, line->at, comments_of(line),
		    "write owner \"...\" reason \"...\" on the line, or once for the block behind default",
		    "this line has no %s",
		    line->owner	   ? "reason"
		    : line->reason ? "owner"
				   : "owner and no reason");
}

/* No zone owns it, so that it cannot have a name. */
static bool is_multicast(const struct fb_net *net)
{
	return net->family == 4 ? net->range.first.lo >> 28 == 0xe : net->range.first.hi >> 56 == 0xff;
}

static void addresses(struct fb_linter *l, const struct fb_line *line)
{
	const struct fb_operands *sides[] = { &line->allow->from, &line->allow->to };

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->n; i++) {
			const struct fb_operand *op = &sides[side]->v[i];

			if (op->kind == FB_OPERAND_NET && !is_multicast(&op->net))
				fb_lint_add(l, FB_LINT_BARE, op->at, comments_of(line),
					    "give it a name: device NAME in ZONE { ip ... } or group NAME in "
					    "ZONE { ... }",
					    "%s is a bare address", op->name.s);
		}
}

/* Level 4 and above talk to 3 and below through 3.5; below that nobody skips more than one level. */
static bool skips(const char *from, const char *to, bool *ret_office)
{
	double a, b, low, high;

	if (!from || !to)
		return false;
	a = strtod(from, NULL);
	b = strtod(to, NULL);
	low = a < b ? a : b;
	high = a < b ? b : a;
	*ret_office = high >= 4 && low <= 3;
	return *ret_office || high - low > 2;
}

/* The zones of one side of a header; groups stand for their members. */
static __u64 side_zones(const struct fb_linter *l, const struct fb_words *words)
{
	__u64 zones = 0;

	for (size_t i = 0; i < words->n; i++) {
		const struct fb_zone *z = fb_ruleset_zone(l->rs, words->v[i].s);

		if (z)
			zones |= FB_ZONE_BIT(z->id);
		for (size_t g = 0; g < l->rs->zone_groups.n; g++)
			if (!strcmp(l->rs->zone_groups.v[g].name, words->v[i].s))
				zones |= l->rs->zone_groups.v[g].zones;
	}
	return zones;
}

/* One message a line: of the first pair of its header that skips. */
static void purdue(struct fb_linter *l, const struct fb_line *line)
{
	__u64 from = side_zones(l, &line->stmt->firebreak.from),
	      to = side_zones(l, &line->stmt->firebreak.to);

	for (size_t n = l->rs->zones.n, i = 0; i < n * n; i++) {
		const struct fb_zone *a = &l->rs->zones.v[i / n], *b = &l->rs->zones.v[i % n];
		const char *low = a->stmt->zone.purdue.text, *high = b->stmt->zone.purdue.text;
		bool office;

		if (!(from & FB_ZONE_BIT(a->id)) || !(to & FB_ZONE_BIT(b->id)) || !skips(low, high, &office))
			continue;
		fb_lint_add(l, FB_LINT_PURDUE, line->at, comments_of(line),
			    office ? "between office and plant lies a zone of level 3.5" : NULL,
			    "%s (purdue %s) and %s (purdue %s) skip levels", a->name, low, b->name, high);
		return;
	}
}

/* RFC 1918 and RFC 4193: nobody out there has a route to them. */
static void private_addresses(struct fb_ipset *ret)
{
	static const struct {
		int family;
		struct fb_range range;
	} blocks[] = {
		{ 4, { { 0, 0x0a000000 }, { 0, 0x0affffff } } },
		{ 4, { { 0, 0xac100000 }, { 0, 0xac1fffff } } },
		{ 4, { { 0, 0xc0a80000 }, { 0, 0xc0a8ffff } } },
		{ 6, { { 0xfc00ULL << 48, 0 }, { 0xfdffULL << 48 | 0xffffffffffffULL, ~0ULL } } },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(blocks); i++)
		fb_ipset_add(ret, blocks[i].family, blocks[i].range);
}

/*
 * S66: firebreak judges addresses as they are on the wire. Who calls a private one from the internet is translated on this host, which is not supported, or
 * by a box in front of it, which somebody should have said.
 */
static void translated(struct fb_linter *l)
{
	FB_CLEANUP(fb_ipset_done) struct fb_ipset private = { 0 };
	const struct fb_zone *outside = NULL;
	const struct fb_line *last = NULL;

	for (size_t i = 0; i < l->rs->zones.n; i++)
		outside = l->rs->zones.v[i].any ? &l->rs->zones.v[i] : outside;
	private_addresses(&private);
	for (size_t i = 0; outside && i < l->rs->boxes.n; i++) {
		const struct fb_box *box = &l->rs->boxes.v[i];
		const struct fb_line *line = &l->rs->lines.v[box->line];
		FB_CLEANUP(fb_ipset_done) struct fb_ipset from = { 0 }, to = { 0 };
		fb_autostrbuf struct fb_strbuf text = { 0 };

		if (!line->allow || line == last)
			continue;
		fb_ipset_intersect(&l->rs->sets.v[box->src], &outside->owned, &from);
		fb_ipset_intersect(&l->rs->sets.v[box->dst], &private, &to);
		if (fb_ipset_within(&from, &private) || fb_ipset_empty(&to))
			continue;
		last = line;
		fb_ipset_print(&to, &text);
		l->block = block_of(line);
		fb_lint_add(l, FB_LINT_NAT, line->at, comments_of(line),
			    "NAT on this host is not supported; if it is done before this one, say so: # "
			    "lint ok: nat",
			    "%s is reached from %s only through NAT: it is private", fb_strbuf_get(&text),
			    outside->name);
	}
	l->block = NULL;
}

static void expiry(struct fb_linter *l, const struct fb_line *line)
{
	__s64 left = line->deadline - l->now;

	if (!l->now || line->deadline == FB_NO_DEADLINE || left <= 0 || left > SOON_DAYS * DAY)
		return;
	fb_lint_add(l, FB_LINT_EXPIRES, line->at, comments_of(line), NULL, "this line ends in %lld day%s",
		    (long long)(left / DAY), left / DAY == 1 ? "" : "s");
}

static void observed(struct fb_linter *l)
{
	for (size_t i = 0; i < l->rs->pairs.n; i++) {
		const struct fb_pair_setting *pair = &l->rs->pairs.v[i];
		__s64 left = pair->observe_until - l->now;

		if (l->now && left > 0 && left <= SOON_DAYS * DAY)
			fb_lint_add(l, FB_LINT_EXPIRES, pair->at, NULL, NULL,
				    "%s -> %s enforces in %lld day%s", fb_ruleset_zone_name(l->rs, pair->src),
				    fb_ruleset_zone_name(l->rs, pair->dst), (long long)(left / DAY),
				    left / DAY == 1 ? "" : "s");
	}
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------- */

static void begin(struct fb_linter *l)
{
	for (size_t f = 0; f < l->tree->files.n; f++)
		for (size_t i = 0; i < l->tree->files.v[f].n_stmts; i++) {
			const struct fb_stmt *s = &l->tree->files.v[f].stmts[i];

			if (s->kind == FB_STMT_POLICY)
				l->everywhere = &s->comments;
			if (s->kind == FB_STMT_SERVICE)
				fb_vec_add(&l->services,
					   (struct fb_lint_service){ .name = s->name.s, .stmt = s });
		}
	fb_lint_sort_services(l);
}

static int by_kind_and_place(const void *a, const void *b)
{
	const struct fb_lint *x = a, *y = b;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->at.file != y->at.file)
		return x->at.file < y->at.file ? -1 : 1;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return x->at.col < y->at.col ? -1 : x->at.col > y->at.col;
}

void fb_lints_find(const struct fb_tree *tree, const struct fb_ruleset *rs, __s64 now, struct fb_lints *ret)
{
	struct fb_linter l = { .tree = tree, .rs = rs, .now = now, .ret = ret };

	*ret = (struct fb_lints){ 0 };
	begin(&l);
	redundant(&l);
	dead(&l);
	guards(&l);
	translated(&l);
	for (size_t i = 0; i < rs->lines.n; i++) {
		const struct fb_line *line = &rs->lines.v[i];

		if (!line->allow)
			continue;
		l.block = block_of(line);
		documentation(&l, line);
		addresses(&l, line);
		fb_lint_cleartext(&l, line, comments_of(line));
		purdue(&l, line);
		expiry(&l, line);
	}
	l.block = NULL;
	observed(&l);
	fb_lint_names(&l, tree, rs);
	fb_vec_done(&l.services);
	if (ret->list.n)
		qsort(ret->list.v, ret->list.n, sizeof(*ret->list.v), by_kind_and_place);
}

void fb_lints_done(struct fb_lints *lints)
{
	fb_vec_done(&lints->list);
	fb_arena_done(&lints->arena);
}

// SPDX-License-Identifier: GPL-2.0-only
/* What is allowed and probably a mistake: S7, S23, S58. (Dates in the past: check_lines.c.) */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/checker.h"

/* S7: hosts of one segment do not pass the gateway. */
static void lint_inside(struct fb_checker *c, const struct fb_stmt *s, __u64 from, __u64 to)
{
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (from & to & FB_ZONE_BIT(z->id) && z->n_ifaces == 1 && z->stmt->zone.nets.n == 1 &&
		    !z->any)
			fb_diag_lint(c->diags, s->at, NULL,
				     "zone %s is one segment: what its hosts say to each other does not pass "
				     "the gateway",
				     z->name);
	}
}

/* ---- S23: DHCP is two lines ------------------------------------------------------------------------------------- */

static const struct dhcp {
	const char *name, *answer;
	__u16 sport, dport; /* and the other way round in the answer; a relay uses one port for both */
	bool to_self;
} dhcp[] = {
	{ "dhcp-request", "dhcp-reply", 68, 67, true },	 /* the gateway serves */
	{ "dhcp-request", "dhcp-reply", 68, 67, false }, /* the gateway asks */
	{ "dhcp-reply", "dhcp-request", 67, 68, true },	 { "dhcp-reply", "dhcp-request", 67, 68, false },
	{ "dhcp-relay", "dhcp-relay", 67, 67, true },	 { "dhcp-relay", "dhcp-relay", 67, 67, false },
};

/* The zones that such packets may go to from the gateway, or come from to it. Lines of `all` count as answers too. */
static __u64 dhcp_zones(struct fb_checker *c, bool to_self, __u16 sport, __u16 dport)
{
	__u64 zones = 0;

	for (size_t i = 0; i < c->rs->boxes.n; i++) {
		const struct fb_box *box = &c->rs->boxes.v[i];
		const struct fb_line *line = &c->rs->lines.v[box->line];
		const struct fb_ipset *far = &c->rs->sets.v[to_self ? box->dst : box->src];

		if (line->kind != FB_RULE_ALLOW ||
		    !fb_l4set_has(&c->rs->services.v[box->svc], IPPROTO_UDP, sport, dport))
			continue;
		/* The gateway's role stands in the far set; of which zone, its number says. */
		for (size_t z = 0; z < c->rs->zones.n; z++) {
			unsigned int id = c->rs->zones.v[z].id;
			struct fb_ip role = { 0, FB_ROLE(to_self ? FB_ROLE_SELF_AT : FB_ROLE_SELF_SRC, id) };

			if (fb_ipset_has(far, 4, role))
				zones |= FB_ZONE_BIT(id);
		}
	}
	return zones;
}

static bool names_service(const struct fb_allow *allow, const char *name)
{
	for (size_t i = 0; i < allow->services.n; i++)
		if (allow->services.v[i].kind == FB_SVC_NAME && !strcmp(allow->services.v[i].name.s, name))
			return true;
	return false;
}

static __u64 header_zones(struct fb_checker *c, const struct fb_words *words)
{
	__u64 zones = 0;

	for (size_t i = 0; i < words->n; i++)
		zones |= fb_check_zone_mask(c, &words->v[i]);
	return zones;
}

static void lint_dhcp_line(struct fb_checker *c, const struct fb_line *line, const struct dhcp *d,
			   __u64 answered)
{
	const struct fb_words *near = d->to_self ? &line->stmt->firebreak.to : &line->stmt->firebreak.from;
	const struct fb_words *far = d->to_self ? &line->stmt->firebreak.from : &line->stmt->firebreak.to;
	__u64 zones;

	if (!names_service(line->allow, d->name) || !(header_zones(c, near) & FB_ZONE_BIT(FB_ZONE_SELF)))
		return;
	zones = header_zones(c, far) & ~FB_ZONE_BIT(FB_ZONE_SELF);
	/* A relay hears clients in one zone and its server in another: any answer will do. */
	if (strcmp(d->name, "dhcp-relay") ? !(zones & ~answered) : answered)
		return;
	for (size_t z = 0; z < c->rs->zones.n; z++) {
		const struct fb_zone *zone = &c->rs->zones.v[z];

		if (!(zones & ~answered & FB_ZONE_BIT(zone->id)))
			continue;
		fb_diag_lint(c->diags, line->at, "DHCP is two lines: the answer begins a flow of its own",
			     d->to_self ? "%s, but firebreak self -> %s has no %s"
					: "%s, but firebreak %s -> self has no %s",
			     d->name, zone->name, d->answer);
		return;
	}
}

static void lint_dhcp(struct fb_checker *c)
{
	for (size_t k = 0; k < sizeof(dhcp) / sizeof(dhcp[0]); k++) {
		__u64 answered = dhcp_zones(c, !dhcp[k].to_self, dhcp[k].dport, dhcp[k].sport);

		for (size_t i = 0; i < c->rs->lines.n; i++)
			if (c->rs->lines.v[i].allow)
				lint_dhcp_line(c, &c->rs->lines.v[i], &dhcp[k], answered);
	}
}

/* ---- S58: who should call whom ------------------------------------------------------------------------------------ */

/* The service that says who calls. */
static const struct fb_stmt *with_initiator(const struct fb_checker *c, const struct fb_svc_item *item)
{
	const struct fb_symbol *symbol = item->kind == FB_SVC_NAME ? fb_names_find(&c->services, item->name.s)
								   : NULL;

	return symbol ? c->service_states.v[symbol->index].initiator : NULL;
}

/* The first pair of the header in which the wrong end calls: `initiator field` and from a higher level to a lower one, or the other way round. */
static bool wrong_pair(const struct fb_checker *c, __u64 from, __u64 to, bool field,
		       const struct fb_zone **ret_src, const struct fb_zone **ret_dst)
{
	for (size_t n = c->rs->zones.n, i = 0; i < n * n; i++) {
		const struct fb_zone *src = &c->rs->zones.v[i / n], *dst = &c->rs->zones.v[i % n];
		const struct fb_number *a = &src->stmt->zone.purdue, *b = &dst->stmt->zone.purdue;

		if (!(from & FB_ZONE_BIT(src->id)) || !(to & FB_ZONE_BIT(dst->id)) || !a->text || !b->text ||
		    (field ? a->value <= b->value : a->value >= b->value))
			continue;
		*ret_src = src;
		*ret_dst = dst;
		return true;
	}
	return false;
}

static void lint_initiators(struct fb_checker *c, const struct fb_line *line)
{
	__u64 from = header_zones(c, &line->stmt->firebreak.from),
	      to = header_zones(c, &line->stmt->firebreak.to);

	for (size_t i = 0; i < line->allow->services.n; i++) {
		const struct fb_svc_item *item = &line->allow->services.v[i];
		const struct fb_stmt *service = with_initiator(c, item);
		const char *initiator = service ? service->service.initiator.s : NULL;
		const struct fb_zone *src, *dst;

		if (!initiator || !wrong_pair(c, from, to, !strcmp(initiator, "field"), &src, &dst))
			continue;
		fb_diag_lint(c->diags, item->at, NULL,
			     "%s is called by the %s, but %s (purdue %s) calls %s (purdue %s) here",
			     service->name.s, initiator, src->name, src->stmt->zone.purdue.text, dst->name,
			     dst->stmt->zone.purdue.text);
	}
}

/* Denied is what nobody said: a file that was emptied by mistake would close the place. */
static void lint_nothing(struct fb_checker *c)
{
	const struct fb_file *root = c->tree->files.n ? &c->tree->files.v[0] : NULL;
	bool empty = true;

	for (size_t i = 0; root && i < root->n_stmts; i++)
		empty &= root->stmts[i].kind == FB_STMT_COMMENT;
	if (empty && !c->diags->errors)
		fb_diag_error(c->diags, (struct fb_at){ .line = 1, .col = 1 },
			      "an empty policy would close everything: is it the right file, and was the "
			      "disk full?",
			      "no statement in this file");
	fb_for_each_stmt (c, s)
		if (s->kind != FB_STMT_POLICY && s->kind != FB_STMT_INCLUDE && s->kind != FB_STMT_SERVICE &&
		    s->kind != FB_STMT_COMMENT)
			return;
	if (c->diags->errors)
		return;
	fb_diag_lint(c->diags, c->policy ? c->policy->at : (struct fb_at){ .line = 1, .col = 1 },
		     "applied, nothing passes the gateway and nobody reaches it",
		     "no zone: this policy closes everything");
}

/* Headers are resolved again here: only for blocks that came through, so nothing is reported twice. */
void fb_check_lints(struct fb_checker *c)
{
	const struct fb_stmt *block = NULL;

	for (size_t i = 0; i < c->rs->lines.n; i++) {
		const struct fb_line *line = &c->rs->lines.v[i];

		if (!line->allow)
			continue;
		lint_initiators(c, line);
		if (line->stmt != block)
			lint_inside(c, line->stmt, header_zones(c, &line->stmt->firebreak.from),
				    header_zones(c, &line->stmt->firebreak.to));
		block = line->stmt;
	}
	lint_dhcp(c);
	lint_nothing(c);
}

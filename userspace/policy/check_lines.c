// SPDX-License-Identifier: GPL-2.0-only
/* One allow line: its boxes (S11, S16, S20, S21). */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "policy/checker.h"

#define SELF_BIT FB_ZONE_BIT(FB_ZONE_SELF)

static bool family_whole(const struct fb_ipset *src, const struct fb_ipset *dst)
{
	return (src->r[0].n && dst->r[0].n) || (src->r[1].n && dst->r[1].n);
}

bool fb_check_add_box(struct fb_checker *c, struct fb_ipset *src, struct fb_ipset *dst, unsigned int svc)
{
	struct fb_line *line = &c->rs->lines.v[c->rs->lines.n - 1];
	struct fb_box box = { .line = (unsigned int)c->rs->lines.n - 1, .svc = svc };

	if (!family_whole(src, dst)) {
		fb_ipset_done(src);
		fb_ipset_done(dst);
		return false;
	}
	box.src = fb_intern_set(c, src);
	box.dst = fb_intern_set(c, dst);
	fb_vec_add(&c->rs->boxes, box);
	line->n_boxes++;
	return true;
}

/* ---- the pairs of a line ----------------------------------------------------------------------------------- */

/* What of the line's side lives in the zone. */
static struct fb_ipset part_in(const struct fb_side *side, const struct fb_zone *z)
{
	struct fb_ipset part;

	fb_ipset_intersect(&side->plain, &z->owned, &part);
	return part;
}

/* The gateway as what z says `self` to: S20. */
static struct fb_ipset self_seen_from(const struct fb_checker *c, const struct fb_side *to,
				      const struct fb_zone *z)
{
	struct fb_ipset set = { 0 };

	fb_ipset_add_set(&set, &to->multicast);
	if (to->self || to->self_everywhere) {
		fb_role_add(&set, FB_ROLE_SELF_AT, 0);
		fb_role_add(&set, FB_ROLE_SELF_AT, z->id);
		fb_role_add(&set, FB_ROLE_BCAST, z->id);
		fb_role_add_link_multicast(&set);
	}
	for (size_t i = 0; i < c->rs->zones.n; i++)
		if (to->self_everywhere || to->self_at & FB_ZONE_BIT(c->rs->zones.v[i].id))
			fb_role_add(&set, FB_ROLE_SELF_AT, c->rs->zones.v[i].id);
	return set;
}

/* Pair z -> self. */
static void to_self(struct fb_checker *c, const struct fb_zone *z, const struct fb_side *from,
		    const struct fb_side *to, unsigned int svc)
{
	struct fb_ipset src = part_in(from, z), dst = self_seen_from(c, to, z);

	if (from->any)
		fb_role_add(&src, FB_ROLE_LOCAL, z->id);
	fb_check_add_box(c, &src, &dst, svc);
}

/* Pair self -> z. */
static void from_self(struct fb_checker *c, const struct fb_zone *z, const struct fb_side *to,
		      unsigned int svc)
{
	struct fb_ipset src = { 0 }, dst = part_in(to, z);

	fb_role_add(&src, FB_ROLE_SELF_SRC, z->id);
	fb_ipset_add_set(&dst, &to->multicast);
	if (to->any) {
		fb_role_add(&dst, FB_ROLE_LOCAL, z->id);
		fb_role_add(&dst, FB_ROLE_BCAST, z->id);
		fb_role_add_link_multicast(&dst);
	}
	fb_check_add_box(c, &src, &dst, svc);
}

/*
 * S61: what hosts of a segment say to all of it, or from link-local addresses, on a wire from z to other. Only router discovery, redirects and DHCP of it
 * cross at all (bpf/lib/wire.h), and only by lines that name them: "all" does not. Routed, the data plane drops all of it (S13).
 */
static void over_wire(struct fb_checker *c, const struct fb_zone *z, const struct fb_zone *other,
		      const struct fb_side *from, const struct fb_side *to, unsigned int svc)
{
	struct fb_ipset src = part_in(from, z), dst = part_in(to, other);

	if (from->any)
		fb_role_add(&src, FB_ROLE_LOCAL, z->id);
	if (to->any) {
		fb_role_add(&dst, FB_ROLE_LOCAL, other->id);
		fb_role_add(&dst, FB_ROLE_BCAST, other->id);
	}
	fb_check_add_box(c, &src, &dst, svc);
}

static void wire_boxes(struct fb_checker *c, const struct fb_header *h, const struct fb_side *from,
		       const struct fb_side *to, unsigned int svc)
{
	for (size_t i = 0; i < c->rs->wires.n; i++) {
		const struct fb_wire *w = &c->rs->wires.v[i];
		const struct fb_zone *a = fb_ruleset_zone_by_id(c->rs, w->zone_a),
				     *b = fb_ruleset_zone_by_id(c->rs, w->zone_b);

		if (a && b && h->from & FB_ZONE_BIT(a->id) && h->to & FB_ZONE_BIT(b->id))
			over_wire(c, a, b, from, to, svc);
		if (a && b && h->from & FB_ZONE_BIT(b->id) && h->to & FB_ZONE_BIT(a->id))
			over_wire(c, b, a, from, to, svc);
	}
}

/* A box of the line's groups, whose copies go into the zones. Consumes src. */
static void group_box(struct fb_checker *c, struct fb_ipset *src, const struct fb_side *to, __u64 zones,
		      unsigned int svc)
{
	struct fb_ipset dst;

	fb_ipset_copy(&to->groups, &dst);
	if (!fb_check_add_box(c, src, &dst, svc))
		return;
	c->rs->boxes.v[c->rs->boxes.n - 1].group = zones;
	c->rs->lines.v[c->rs->lines.n - 1].group |= zones;
}

/* S14: into the zones of the header; a group that the gateway hears it hears from link-local addresses too (MLD). */
static void group_boxes(struct fb_checker *c, const struct fb_header *h, const struct fb_side *from,
			const struct fb_side *to, unsigned int svc)
{
	struct fb_ipset src;

	if (fb_ipset_empty(&to->groups))
		return;
	fb_ipset_copy(&from->plain, &src);
	if (h->to & ~SELF_BIT)
		group_box(c, &src, to, h->to & ~SELF_BIT, svc);
	fb_ipset_done(&src);
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (h->to & SELF_BIT && h->from & FB_ZONE_BIT(z->id)) {
			src = part_in(from, z);
			if (from->any)
				fb_role_add(&src, FB_ROLE_LOCAL, z->id);
			group_box(c, &src, to, SELF_BIT, svc);
		}
		if (from->self && h->to & FB_ZONE_BIT(z->id)) {
			src = (struct fb_ipset){ 0 };
			fb_role_add(&src, FB_ROLE_SELF_SRC, z->id);
			group_box(c, &src, to, FB_ZONE_BIT(z->id), svc);
		}
	}
}

static void boxes(struct fb_checker *c, const struct fb_header *h, const struct fb_side *from,
		  const struct fb_side *to, unsigned int svc)
{
	struct fb_ipset src, dst;

	/* All pairs of two zones are one box: the union of products over zones is the product of the unions. */
	fb_ipset_copy(&from->plain, &src);
	fb_ipset_copy(&to->plain, &dst);
	fb_check_add_box(c, &src, &dst, svc);
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (h->to & SELF_BIT && h->from & FB_ZONE_BIT(z->id))
			to_self(c, z, from, to, svc);
		if (from->self && h->to & FB_ZONE_BIT(z->id))
			from_self(c, z, to, svc);
	}
	group_boxes(c, h, from, to, svc);
}

/* ---- the line --------------------------------------------------------------------------------------------------- */

static const char *line_text(struct fb_checker *c, const struct fb_allow *allow)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_print_operands(&allow->from, &out);
	fb_strbuf_add(&out, " -> ");
	fb_print_operands(&allow->to, &out);
	fb_strbuf_add(&out, "  ");
	fb_print_services(&allow->services, &out);
	return fb_arena_strdup(&c->rs->arena, fb_strbuf_get(&out));
}

static const char *first_of(const struct fb_word *own, const struct fb_word *inherited)
{
	return own->s ? own->s : inherited->s;
}

/* Nothing left: the operands are fine one by one, so it is the families or the pairs that do not meet. */
static void report_empty(struct fb_checker *c, const struct fb_allow *allow, const struct fb_side *from,
			 const struct fb_side *to)
{
	bool v4 = from->plain.r[0].n || to->plain.r[0].n, v6 = from->plain.r[1].n || to->plain.r[1].n;

	fb_diag_error(c->diags, allow->at, "IPv4 speaks to IPv4 and IPv6 to IPv6",
		      v4 && v6 ? "this line allows nothing: one side has only IPv4, the other only IPv6"
			       : "this line allows nothing in any pair of the firebreak");
}

static bool names_all(const struct fb_allow *allow)
{
	for (size_t i = 0; i < allow->services.n; i++)
		if (allow->services.v[i].kind == FB_SVC_ALL)
			return true;
	return false;
}

void fb_check_allow(struct fb_checker *c, const struct fb_header *h, const struct fb_allow *allow)
{
	const struct fb_doc *inherited = &h->stmt->firebreak.defaults.doc;
	struct fb_line line = {
		.kind = FB_RULE_ALLOW, .at = allow->at, .stmt = h->stmt, .allow = allow, .pairs = h->text
	};
	struct fb_side from, to;
	struct fb_l4set services = { 0 };
	unsigned int svc;
	bool ok;

	ok = fb_check_side(c, h, true, &allow->from, &from);
	ok &= fb_check_side(c, h, false, &allow->to, &to);
	ok &= fb_check_service_items(c, &allow->services, &services);
	ok &= fb_check_line_times(c, h, allow, &line);
	ok &= fb_check_line_cap(c, h, allow, &line);
	if (ok) {
		line.id = fb_identity_allow(c, h->stmt, allow);
		line.text = line_text(c, allow);
		line.owner = first_of(&allow->suffix.doc.owner, &inherited->owner);
		line.reason = first_of(&allow->suffix.doc.reason, &inherited->reason);
		fb_vec_add(&c->rs->lines, line);
		svc = fb_intern_l4set(c, &services);
		boxes(c, h, &from, &to, svc);
		if (!names_all(allow))
			wire_boxes(c, h, &from, &to, svc);
		if (!c->rs->lines.v[c->rs->lines.n - 1].n_boxes) {
			report_empty(c, allow, &from, &to);
			c->rs->lines.n--;
		}
	}
	free(services.v);
	fb_side_done(&from);
	fb_side_done(&to);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guards: `never A -> B [services] [except from X]` (S25). What a zone is depends on the side it stands on: as a source its addresses and
 * its link-local ones; as a destination also what the gateway broadcasts into it, which is why that part has the gateway as its
 * only source. Else `never any -> mgmt` would forbid what mgmt itself broadcasts to the gateway.
 */
#include <limits.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "policy/assert.h"
#include "policy/checker.h"
#include "policy/pairs.h"

static bool side_item(struct fb_checker *c, const struct fb_operand *op, const char *what,
		      struct fb_party *ret)
{
	const struct fb_symbol *symbol;

	if (op->kind == FB_OPERAND_ANY) {
		ret->any = true;
		return true;
	}
	if (op->kind == FB_OPERAND_SELF && !op->self_at.s) {
		ret->zones |= FB_ZONE_BIT(FB_ZONE_SELF);
		return true;
	}
	if (op->kind != FB_OPERAND_NAME) {
		fb_diag_error(c->diags, op->at, "put the addresses into a group", "%s: %s speaks about names",
			      fb_check_operand_text(c, op), what);
		return false;
	}
	symbol = fb_names_find(&c->places, op->name.s);
	if (!symbol) {
		fb_names_unknown(c, &c->places, UINT_MAX, &op->name, "zone, device or group");
		return false;
	}
	if (symbol->kind == FB_SYMBOL_DEVICE) {
		fb_ipset_add_set(&ret->plain, &c->rs->devices.v[symbol->index].ips);
		return fb_check_device_usable(c, &c->rs->devices.v[symbol->index], op->at,
					      fb_diag_printf(c->diags, "part of %s", what));
	}
	if (symbol->kind == FB_SYMBOL_GROUP) {
		fb_ipset_add_set(&ret->plain, &c->rs->groups.v[symbol->index].ips);
		return c->groups.v[symbol->index].ok;
	}
	ret->zones |= fb_check_zone_mask(c, &op->name);
	return true;
}

bool fb_check_party(struct fb_checker *c, const struct fb_operands *ops, const char *what,
		    struct fb_party *ret)
{
	bool ok = true;

	*ret = (struct fb_party){ 0 };
	for (size_t i = 0; i < ops->n; i++)
		ok &= side_item(c, &ops->v[i], what, ret);
	return ok;
}

static bool has(const struct fb_party *s, unsigned int zone)
{
	return s->zones & FB_ZONE_BIT(zone);
}

static void add_everything(struct fb_ipset *set)
{
	fb_ipset_add(set, 4, (struct fb_range){ { 0, 0 }, fb_ip_max(4) });
	fb_ipset_add(set, 6, (struct fb_range){ { 0, 0 }, fb_ip_max(6) });
}

static void add_gateway_as_source(const struct fb_checker *c, struct fb_ipset *set)
{
	for (size_t i = 0; i < c->rs->zones.n; i++)
		fb_role_add(set, FB_ROLE_SELF_SRC, c->rs->zones.v[i].id);
}

static struct fb_ipset sources(const struct fb_checker *c, const struct fb_party *s)
{
	struct fb_ipset set = { 0 };

	if (s->any) {
		add_everything(&set);
		return set;
	}
	fb_ipset_add_set(&set, &s->plain);
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (!has(s, z->id))
			continue;
		fb_ipset_add_set(&set, &z->owned);
		fb_role_add(&set, FB_ROLE_LOCAL, z->id);
	}
	if (has(s, FB_ZONE_SELF))
		add_gateway_as_source(c, &set);
	return set;
}

static void box(struct fb_checker *c, const struct fb_ipset *src, struct fb_ipset *dst, unsigned int svc)
{
	struct fb_ipset copy;

	fb_ipset_copy(src, &copy);
	fb_check_add_box(c, &copy, dst, svc);
}

/* What the gateway sends into the zone that is nobody's address: broadcast, link-local multicast. */
static void gateway_into(struct fb_checker *c, const struct fb_ipset *src, const struct fb_zone *z,
			 unsigned int svc)
{
	struct fb_ipset gateway = { 0 }, both, dst = { 0 };

	fb_role_add(&gateway, FB_ROLE_SELF_SRC, z->id);
	fb_ipset_intersect(src, &gateway, &both);
	fb_role_add(&dst, FB_ROLE_BCAST, z->id);
	fb_role_add_link_multicast(&dst);
	if (fb_ipset_empty(&both))
		fb_ipset_done(&dst);
	else
		box(c, &both, &dst, svc);
	fb_ipset_done(&gateway);
	fb_ipset_done(&both);
}

static void into_gateway(struct fb_checker *c, const struct fb_ipset *src, unsigned int svc)
{
	struct fb_ipset gateway = { 0 }, others, dst = { 0 };

	add_gateway_as_source(c, &gateway);
	fb_ipset_subtract(src, &gateway, &others);
	fb_role_add(&dst, FB_ROLE_SELF_AT, 0);
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		fb_role_add(&dst, FB_ROLE_SELF_AT, c->rs->zones.v[i].id);
		fb_role_add(&dst, FB_ROLE_BCAST, c->rs->zones.v[i].id);
	}
	fb_role_add_link_multicast(&dst);
	box(c, &others, &dst, svc);
	fb_ipset_done(&gateway);
	fb_ipset_done(&others);
}

/* Whether all that the zone sends goes over wires to the other: then its multicast has no other way. */
static bool only_to(const struct fb_ruleset *rs, const struct fb_zone *from, const struct fb_zone *to)
{
	for (size_t i = 0; i < rs->wires.n; i++) {
		const struct fb_wire *w = &rs->wires.v[i];

		if ((w->zone_a == from->id && w->zone_b != to->id) ||
		    (w->zone_b == from->id && w->zone_a != to->id))
			return false;
	}
	return fb_ruleset_only_wires(rs, from);
}

/*
 * What is said over a wire to all of a segment reaches whom the guard protects there. A box knows no way, so a group is forbidden only to those who could
 * send to it nowhere else.
 */
static void over_wire(struct fb_checker *c, const struct fb_ipset *src, const struct fb_zone *from,
		      const struct fb_zone *to, unsigned int svc)
{
	struct fb_ipset members = fb_zone_members(c->rs, from->id), both, dst = { 0 };

	fb_ipset_intersect(src, &members, &both);
	fb_role_add(&dst, FB_ROLE_BCAST, to->id);
	if (only_to(c->rs, from, to))
		fb_add_groups(&dst);
	box(c, &both, &dst, svc);
	fb_ipset_done(&both);
	fb_ipset_done(&members);
}

static void over_wires(struct fb_checker *c, const struct fb_ipset *src, const struct fb_party *to,
		       unsigned int svc)
{
	for (size_t i = 0; i < c->rs->wires.n; i++) {
		const struct fb_zone *a = fb_ruleset_zone_by_id(c->rs, c->rs->wires.v[i].zone_a),
				     *b = fb_ruleset_zone_by_id(c->rs, c->rs->wires.v[i].zone_b);

		if (!a || !b)
			continue;
		if (has(to, b->id) || fb_ipset_overlaps(&to->plain, &b->hosts))
			over_wire(c, src, a, b, svc);
		if (has(to, a->id) || fb_ipset_overlaps(&to->plain, &a->hosts))
			over_wire(c, src, b, a, svc);
	}
}

static void direction(struct fb_checker *c, const struct fb_ipset *src, const struct fb_party *to,
		      unsigned int svc)
{
	struct fb_ipset dst = { 0 };

	if (to->any) {
		add_everything(&dst);
		box(c, src, &dst, svc);
		return;
	}
	fb_ipset_add_set(&dst, &to->plain);
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (!has(to, z->id))
			continue;
		fb_ipset_add_set(&dst, &z->owned);
		fb_role_add(&dst, FB_ROLE_LOCAL, z->id);
	}
	box(c, src, &dst, svc);
	for (size_t i = 0; i < c->rs->zones.n; i++)
		if (has(to, c->rs->zones.v[i].id))
			gateway_into(c, src, &c->rs->zones.v[i], svc);
	over_wires(c, src, to, svc);
	if (has(to, FB_ZONE_SELF))
		into_gateway(c, src, svc);
}

/* Names only: a metric has it as a label, which is never an address. */
static const char *never_pairs(struct fb_checker *c, const struct fb_stmt *s)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_print_operands(&s->never.a, &out);
	fb_strbuf_add(&out, s->never.both ? " <-> " : " -> ");
	fb_print_operands(&s->never.b, &out);
	return fb_arena_strdup(&c->rs->arena, fb_strbuf_get(&out));
}

static const char *never_text(struct fb_checker *c, const struct fb_stmt *s, const char *pairs)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_strbuf_add(&out, pairs);
	if (s->never.services.n) {
		fb_strbuf_add(&out, "  ");
		fb_print_services(&s->never.services, &out);
	}
	if (s->never.except_from.n) {
		fb_strbuf_add(&out, "  except from ");
		fb_print_operands(&s->never.except_from, &out);
	}
	return fb_arena_strdup(&c->rs->arena, fb_strbuf_get(&out));
}

static void boxes(struct fb_checker *c, const struct fb_stmt *s, const struct fb_party *a,
		  const struct fb_party *b, const struct fb_party *except, struct fb_l4set *services)
{
	struct fb_ipset from_a = sources(c, a), from_b = sources(c, b), without = sources(c, except), kept;
	unsigned int svc = fb_intern_l4set(c, services);

	fb_ipset_subtract(&from_a, &without, &kept);
	direction(c, &kept, b, svc);
	if (s->never.both)
		direction(c, &from_b, a, svc);
	fb_ipset_done(&kept);
	fb_ipset_done(&from_a);
	fb_ipset_done(&from_b);
	fb_ipset_done(&without);
}

static void guard(struct fb_checker *c, const struct fb_stmt *s)
{
	struct fb_line line = { .kind = FB_RULE_NEVER, .at = s->at, .stmt = s, .deadline = FB_NO_DEADLINE };
	struct fb_party a, b, except;
	struct fb_l4 all = FB_L4_ALL;
	struct fb_l4set services = { 0 };
	bool ok;

	ok = fb_check_party(c, &s->never.a, "a guard", &a);
	ok &= fb_check_party(c, &s->never.b, "a guard", &b);
	ok &= fb_check_party(c, &s->never.except_from, "a guard", &except);
	ok &= fb_check_service_items(c, &s->never.services, &services);
	if (ok) {
		if (!s->never.services.n)
			services = fb_l4set_combine(&(struct fb_l4set){ &all, 1 }, &services, FB_L4_UNION);
		line.id = fb_identity_never(c, s);
		line.pairs = never_pairs(c, s);
		line.text = never_text(c, s, line.pairs);
		line.reason = s->never.text.s;
		fb_vec_add(&c->rs->lines, line);
		boxes(c, s, &a, &b, &except, &services);
		if (!c->rs->lines.v[c->rs->lines.n - 1].n_boxes) {
			fb_diag_error(c->diags, s->at, NULL, "this guard forbids nothing");
			c->rs->lines.n--;
		}
	}
	free(services.v);
	fb_party_done(&a);
	fb_party_done(&b);
	fb_party_done(&except);
}

void fb_check_nevers(struct fb_checker *c)
{
	fb_for_each_stmt (c, s)
		if (s->kind == FB_STMT_NEVER)
			guard(c, s);
}

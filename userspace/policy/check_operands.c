// SPDX-License-Identifier: GPL-2.0-only
/* What the operands of an allow line mean on their side of the header: S8, S12-S16, S20, S21. */
#include <limits.h>
#include <string.h>

#include "policy/checker.h"

struct place { /* one operand on one side */
	const struct fb_header *h;
	bool left;
	__u64 zones; /* of the side, without the gateway */
	bool self;   /* the gateway is on the side */
	const struct fb_ipset *owned;
};

void fb_role_add(struct fb_ipset *set, enum fb_role_kind kind, unsigned int zone)
{
	struct fb_ip role = { 0, FB_ROLE(kind, zone) };

	fb_ipset_add(set, 4, (struct fb_range){ role, role });
	fb_ipset_add(set, 6, (struct fb_range){ role, role });
}

static const struct fb_range link_multicast[2] = {
	{ { 0, 0xe0000000 }, { 0, 0xe00000ff } },		   /* 224.0.0.0/24 */
	{ { 0xff02ull << 48, 0 }, { 0xff02ffffffffffff, ~0ull } }, /* ff02::/16 */
};

void fb_role_add_link_multicast(struct fb_ipset *set)
{
	fb_ipset_add(set, 4, link_multicast[0]);
	fb_ipset_add(set, 6, link_multicast[1]);
}

void fb_side_done(struct fb_side *side)
{
	fb_ipset_done(&side->plain);
	fb_ipset_done(&side->multicast);
	fb_ipset_done(&side->groups);
}

static const char *side_name(const struct place *p)
{
	return p->left ? "left" : "right";
}

static bool is_multicast(const struct fb_net *net)
{
	return net->family == 4 ? net->range.first.lo >> 28 == 0xe && net->range.last.lo >> 28 == 0xe
				: net->range.first.hi >> 56 == 0xff;
}

static bool is_link_multicast(const struct fb_net *net)
{
	const struct fb_range *all = &link_multicast[FB_FAMILY_INDEX(net->family)];

	return fb_ip_cmp(net->range.first, all->first) >= 0 && fb_ip_cmp(net->range.last, all->last) <= 0;
}

/* What routers pass on: not what stays on a link, nor the scopes that nobody uses (RFC 4291, 2.7). */
static bool is_routable(const struct fb_net *net)
{
	__u64 scope = net->range.first.hi >> 48 & 15;

	if (net->family == 4)
		return net->range.first.lo > link_multicast[0].last.lo;
	return net->range.first.hi >> 48 == net->range.last.hi >> 48 && scope > 2 && scope < 15;
}

static bool crossing(struct fb_checker *c, const struct fb_operand *op, struct fb_side *ret)
{
	if (!is_routable(&op->net)) {
		fb_diag_error(
			c->diags, op->at,
			op->net.family == 4
				? "224.0.0.0/24 stays on its link: write 224.0.1.0-239.255.255.255 or less"
				: "write one of the scopes ff03::/16 to ff0e::/16, or less",
			"%s holds groups that no router passes on", fb_check_operand_text(c, op));
		return false;
	}
	fb_ipset_add(&ret->groups, op->net.family, op->net.range);
	return true;
}

static bool multicast(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
		      struct fb_side *ret)
{
	if (p->left) {
		fb_diag_error(c->diags, op->at, NULL, "%s is multicast, which is never a source",
			      fb_check_operand_text(c, op));
		return false;
	}
	if (!is_link_multicast(&op->net))
		return crossing(c, op, ret);
	if (!((p->h->from | p->h->to) & FB_ZONE_BIT(FB_ZONE_SELF))) {
		fb_diag_error(c->diags, op->at, "it never leaves its segment",
			      "%s is link-local multicast: it needs self on one side of the firebreak",
			      fb_check_operand_text(c, op));
		return false;
	}
	fb_ipset_add(&ret->multicast, op->net.family, op->net.range);
	return true;
}

/* Whose it is instead, for the message that the operand lives in no zone of this side. */
static void not_here(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
		     const struct fb_zone *owner)
{
	const char *text = fb_check_operand_text(c, op);

	if (owner)
		fb_diag_error(c->diags, op->at, NULL,
			      "%s belongs to zone %s, which is not on the %s of firebreak %s", text,
			      owner->name, side_name(p), p->h->text);
	else
		fb_diag_error(c->diags, op->at, NULL, "%s belongs to no zone", text);
}

/* A prefix or range that no zone of this side owns as a whole. */
static void not_whole(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
		      const struct fb_ipset *set)
{
	if (fb_ipset_overlaps(set, p->owned))
		fb_diag_error(c->diags, op->at, "write any, or a part that one zone owns",
			      "%s is more than one zone of firebreak %s owns", fb_check_operand_text(c, op),
			      p->h->text);
	else
		not_here(c, p, op, fb_check_owner_of(c, op->net.family, op->net.range.first));
}

static bool net_operand(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
			struct fb_side *ret)
{
	struct fb_ipset set = { 0 };
	bool ok = false;

	if (is_multicast(&op->net))
		return multicast(c, p, op, ret);
	if (!fb_check_unicast(c, op))
		return false;
	fb_ipset_add(&set, op->net.family, op->net.range);
	for (size_t i = 0; i < c->rs->zones.n && !ok; i++)
		ok = p->zones & FB_ZONE_BIT(c->rs->zones.v[i].id) &&
		     fb_ipset_within(&set, &c->rs->zones.v[i].owned);
	if (ok)
		fb_ipset_add_set(&ret->plain, &set);
	else
		not_whole(c, p, op, &set);
	fb_ipset_done(&set);
	return ok;
}

static bool device_operand(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
			   const struct fb_device *device, struct fb_side *ret)
{
	if (device->zone == UINT_MAX)
		return false;
	if (!(p->zones & FB_ZONE_BIT(c->rs->zones.v[device->zone].id))) {
		not_here(c, p, op, &c->rs->zones.v[device->zone]);
		return false;
	}
	if (!fb_check_device_usable(c, device, op->at,
				    p->left ? "the source of a line" : "the destination of a line"))
		return false;
	fb_ipset_add_set(&ret->plain, &device->ips);
	return true;
}

static bool group_operand(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
			  unsigned int index, struct fb_side *ret)
{
	const struct fb_group_state *state = &c->groups.v[index];
	const struct fb_ipset *ips = &c->rs->groups.v[index].ips;
	struct fb_ipset here;
	bool ok;

	if (!state->ok)
		return false;
	if (state->zone && p->zones & FB_ZONE_BIT(state->zone)) {
		fb_ipset_add_set(&ret->plain, ips);
		return true;
	}
	if (state->zone) {
		not_here(c, p, op, fb_ruleset_zone_by_id(c->rs, state->zone));
		return false;
	}
	fb_ipset_intersect(ips, p->owned, &here);
	ok = !fb_ipset_empty(&here);
	if (!ok)
		fb_diag_error(c->diags, op->at, NULL, "no member of group %s lives on the %s of firebreak %s",
			      op->name.s, side_name(p), p->h->text);
	fb_ipset_add_set(&ret->plain, &here);
	fb_ipset_done(&here);
	return ok;
}

static bool name_operand(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
			 struct fb_side *ret)
{
	const struct fb_symbol *symbol = fb_names_find(&c->places, op->name.s);

	if (symbol && symbol->kind == FB_SYMBOL_DEVICE)
		return device_operand(c, p, op, &c->rs->devices.v[symbol->index], ret);
	if (symbol && symbol->kind == FB_SYMBOL_GROUP)
		return group_operand(c, p, op, symbol->index, ret);
	if (symbol)
		fb_diag_error(c->diags, op->at,
			      "the header says which zones; inside, any is all of their addresses",
			      "%s is a %s: a line names devices, groups, prefixes or any", op->name.s,
			      fb_symbol_kind_name(symbol->kind));
	else
		fb_names_unknown(c, &c->places, FB_SYMBOL_DEVICE | FB_SYMBOL_GROUP, &op->name,
				 "device or group");
	return false;
}

static bool self_operand(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
			 struct fb_side *ret)
{
	__u64 at;

	if (!p->self) {
		fb_diag_error(c->diags, op->at, NULL, "self is not on the %s of firebreak %s", side_name(p),
			      p->h->text);
		return false;
	}
	if (!op->self_at.s) {
		ret->self = true;
		return true;
	}
	if (p->left) {
		fb_diag_error(c->diags, op->self_at.at,
			      "write self: what the gateway sends has one address at a time",
			      "self at ... stands only on the right");
		return false;
	}
	if (!strcmp(op->self_at.s, "any")) {
		ret->self_everywhere = true;
		return true;
	}
	at = fb_check_zone_mask(c, &op->self_at);
	ret->self_at |= at;
	return at;
}

static bool operand(struct fb_checker *c, const struct place *p, const struct fb_operand *op,
		    struct fb_side *ret)
{
	switch (op->kind) {
	case FB_OPERAND_NAME:
		return name_operand(c, p, op, ret);
	case FB_OPERAND_NET:
		return net_operand(c, p, op, ret);
	case FB_OPERAND_ANY:
		ret->any = true;
		ret->self |= p->self;
		fb_ipset_add_set(&ret->plain, p->owned);
		return true;
	case FB_OPERAND_SELF:
		return self_operand(c, p, op, ret);
	case FB_OPERAND_VENDOR:
	case FB_OPERAND_TAG:
		break;
	}
	fb_diag_error(c->diags, op->at, "write a group that selects it",
		      "vendor and tag stand in groups only");
	return false;
}

bool fb_check_side(struct fb_checker *c, const struct fb_header *h, bool left, const struct fb_operands *ops,
		   struct fb_side *ret)
{
	__u64 mask = left ? h->from : h->to, self = FB_ZONE_BIT(FB_ZONE_SELF);
	struct place p = { h, left, mask & ~self, mask & self, left ? &h->from_owned : &h->to_owned };
	bool ok = true;

	*ret = (struct fb_side){ 0 };
	for (size_t i = 0; i < ops->n; i++)
		ok &= operand(c, &p, &ops->v[i], ret);
	return ok;
}

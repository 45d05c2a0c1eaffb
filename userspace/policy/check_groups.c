// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/checker.h"

const char *fb_check_operand_text(struct fb_checker *c, const struct fb_operand *op)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_operand copy = *op;

	fb_print_operands(&(struct fb_operands){ &copy, 1 }, &out);
	return fb_diag_printf(c->diags, "%s", fb_strbuf_get(&out));
}

bool fb_check_unicast(struct fb_checker *c, const struct fb_operand *op)
{
	const struct fb_net *net = &op->net;
	const struct fb_special *special = fb_check_special(net->family, net->range);
	bool within;

	if (!special)
		return true;
	within = fb_ip_cmp(special->first, net->range.first) <= 0 &&
		 fb_ip_cmp(fb_ip_last(special->family, special->first, special->len), net->range.last) >= 0;
	if (special->multicast)
		fb_diag_error(c->diags, op->at,
			      "multicast may stand on the right of an allow, and nowhere else",
			      "%s %s multicast: nobody's address", fb_check_operand_text(c, op),
			      within ? "is" : "holds");
	else
		fb_diag_error(c->diags, op->at, "link-local addresses and broadcast are part of any and self",
			      within ? "%s is in %s: it belongs to no zone"
				     : "%s holds %s, which belongs to no zone",
			      fb_check_operand_text(c, op), special->text);
	return false;
}

/* ---- selections ----------------------------------------------------------------------------------------- */

static bool device_selected(const struct fb_stmt *device, const struct fb_operand *op)
{
	if (op->kind == FB_OPERAND_VENDOR)
		return device->device.vendor.s && !strcmp(device->device.vendor.s, op->name.s);
	for (size_t i = 0; i < device->device.tags.n; i++)
		if (!strcmp(device->device.tags.v[i].s, op->name.s))
			return true;
	return false;
}

static void nothing_selected(struct fb_checker *c, const struct fb_operand *op)
{
	struct FB_VEC(const char *) words = { 0 };
	bool vendor = op->kind == FB_OPERAND_VENDOR;

	for (size_t i = 0; i < c->rs->devices.n; i++) {
		const struct fb_stmt *s = c->rs->devices.v[i].stmt;

		if (vendor && s->device.vendor.s)
			fb_vec_add(&words, s->device.vendor.s);
		for (size_t k = 0; !vendor && k < s->device.tags.n; k++)
			fb_vec_add(&words, s->device.tags.v[k].s);
	}
	fb_diag_error(c->diags, op->at, fb_check_did_you_mean(c, op->name.s, words.v, words.n),
		      vendor ? "no device has the vendor \"%s\"" : "no device has the tag %s", op->name.s);
	fb_vec_done(&words);
}

/* Devices by vendor or tag. Those without an address are inventory only: they are passed over. */
static bool select_devices(struct fb_checker *c, const struct fb_operand *op, struct fb_ipset *set)
{
	bool found = false;

	for (size_t i = 0; i < c->rs->devices.n; i++) {
		if (!device_selected(c->rs->devices.v[i].stmt, op))
			continue;
		found = true;
		fb_ipset_add_set(set, &c->rs->devices.v[i].ips);
	}
	if (!found)
		nothing_selected(c, op);
	return found;
}

/* ---- members ---------------------------------------------------------------------------------------------- */

static bool resolve(struct fb_checker *c, unsigned int index);

static bool named_member(struct fb_checker *c, struct fb_group_state *state, const struct fb_operand *op,
			 struct fb_ipset *set)
{
	const struct fb_symbol *symbol = fb_names_find(&c->places, op->name.s);
	struct fb_group_state *inner;

	if (symbol && symbol->kind == FB_SYMBOL_DEVICE) {
		const struct fb_device *device = &c->rs->devices.v[symbol->index];

		if (!fb_check_device_usable(c, device, op->at, "a member of a group"))
			return false;
		fb_ipset_add_set(set, &device->ips);
		return true;
	}
	if (!symbol || symbol->kind != FB_SYMBOL_GROUP) {
		fb_names_unknown(c, &c->places, FB_SYMBOL_DEVICE | FB_SYMBOL_GROUP, &op->name,
				 "device or group");
		return false;
	}
	inner = &c->groups.v[symbol->index];
	if (inner->state == FB_GROUP_OPEN) {
		fb_diag_error(c->diags, op->at, NULL, "group %s contains itself", op->name.s);
		return false;
	}
	if (!fb_names_nest(c, "group", &op->name, inner->height) || !resolve(c, symbol->index))
		return false;
	if (state->height <= inner->height)
		state->height = inner->height + 1;
	fb_ipset_add_set(set, &c->rs->groups.v[symbol->index].ips);
	return true;
}

static bool member_set(struct fb_checker *c, struct fb_group_state *state, const struct fb_operand *op,
		       struct fb_ipset *set)
{
	switch (op->kind) {
	case FB_OPERAND_NAME:
		return named_member(c, state, op, set);
	case FB_OPERAND_NET:
		if (!fb_check_unicast(c, op))
			return false;
		fb_ipset_add(set, op->net.family, op->net.range);
		return true;
	case FB_OPERAND_ANY:
		if (state->zone) {
			struct fb_ipset owned = fb_check_owned_by(c, FB_ZONE_BIT(state->zone));

			fb_ipset_add_set(set, &owned);
			fb_ipset_done(&owned);
			return true;
		}
		fb_diag_error(c->diags, op->at, "write group NAME in ZONE { any ... }", "any of which zone?");
		return false;
	case FB_OPERAND_VENDOR:
	case FB_OPERAND_TAG:
		return select_devices(c, op, set);
	case FB_OPERAND_SELF:
		break;
	}
	fb_diag_error(c->diags, op->at, NULL, "self cannot be a member of a group");
	return false;
}

/* `group G in Z`: every member must be owned by Z (S10). */
static bool member_in_zone(struct fb_checker *c, const struct fb_group_state *state,
			   const struct fb_operand *op, const struct fb_ipset *set)
{
	struct fb_ipset owned = fb_check_owned_by(c, FB_ZONE_BIT(state->zone)), outside;
	bool ok;

	fb_ipset_subtract(set, &owned, &outside);
	ok = fb_ipset_empty(&outside);
	if (!ok) {
		int family = outside.r[0].n ? 4 : 6;
		struct fb_ip ip = outside.r[FB_FAMILY_INDEX(family)].v[0].first;
		const struct fb_zone *owner = fb_check_owner_of(c, family, ip);
		char text[FB_INET_STRLEN];

		fb_diag_error(c->diags, op->at, NULL, "%s is not all in zone %s: %s belongs to %s%s",
			      fb_check_operand_text(c, op), fb_ruleset_zone_name(c->rs, state->zone),
			      fb_ip_print(family, ip, text), owner ? "zone " : "no zone",
			      owner ? owner->name : "");
	}
	fb_ipset_done(&owned);
	fb_ipset_done(&outside);
	return ok;
}

/* Excepts that were named must lie in the union; a vendor or tag needs to meet it only, as its devices may be anywhere. */
static bool except_fits(struct fb_checker *c, const char *group, const struct fb_operand *op,
			const struct fb_ipset *one, const struct fb_ipset *all)
{
	bool selection = op->kind == FB_OPERAND_VENDOR || op->kind == FB_OPERAND_TAG;

	if (selection ? fb_ipset_overlaps(one, all) : fb_ipset_within(one, all))
		return true;
	fb_diag_error(c->diags, op->at, "except narrows this group only",
		      "%s is not in group %s, so it cannot be excepted", fb_check_operand_text(c, op), group);
	return false;
}

static bool collect(struct fb_checker *c, unsigned int index, struct fb_ipset *all, struct fb_ipset *except)
{
	const struct fb_stmt *s = c->rs->groups.v[index].stmt;
	bool ok = true;

	for (size_t i = 0; i < s->group.members.n; i++) {
		struct fb_ipset one = { 0 };
		/* member_set may resolve other groups, but the list does not grow any more */
		struct fb_group_state *state = &c->groups.v[index];

		ok &= member_set(c, state, &s->group.members.v[i], &one) &&
		      (!state->zone || member_in_zone(c, state, &s->group.members.v[i], &one));
		fb_ipset_add_set(all, &one);
		fb_ipset_done(&one);
	}
	if (!ok) /* half a union would call good excepts wrong */
		return false;
	for (size_t i = 0; i < s->group.except.n; i++) {
		struct fb_ipset one = { 0 };

		ok &= member_set(c, &c->groups.v[index], &s->group.except.v[i], &one) &&
		      except_fits(c, s->name.s, &s->group.except.v[i], &one, all);
		fb_ipset_add_set(except, &one);
		fb_ipset_done(&one);
	}
	return ok;
}

static bool find_zone(struct fb_checker *c, unsigned int index)
{
	const struct fb_word *in = &c->rs->groups.v[index].stmt->group.zone;
	const struct fb_symbol *symbol;

	if (!in->s)
		return true;
	symbol = fb_names_find(&c->places, in->s);
	if (symbol && symbol->kind == FB_SYMBOL_ZONE) {
		c->groups.v[index].zone = c->rs->zones.v[symbol->index].id;
		return c->groups.v[index].zone;
	}
	fb_names_unknown(c, &c->places, FB_SYMBOL_ZONE, in, "zone");
	return false;
}

static bool resolve(struct fb_checker *c, unsigned int index)
{
	struct fb_group_state *state = &c->groups.v[index];
	struct fb_named_set *group = &c->rs->groups.v[index];
	struct fb_ipset all = { 0 }, except = { 0 };

	if (state->state == FB_GROUP_DONE)
		return state->ok;
	state->state = FB_GROUP_OPEN;
	c->depth++;
	state->ok = find_zone(c, index) && collect(c, index, &all, &except);
	if (state->ok) {
		fb_ipset_subtract(&all, &except, &group->ips);
		state->ok = !fb_ipset_empty(&group->ips);
		if (!state->ok)
			fb_diag_error(c->diags, group->stmt->name.at, NULL, "group %s is empty", group->name);
	}
	c->depth--;
	state->state = FB_GROUP_DONE;
	fb_ipset_done(&all);
	fb_ipset_done(&except);
	return state->ok;
}

void fb_check_groups(struct fb_checker *c)
{
	c->too_deep = false;
	for (unsigned int i = 0; i < c->groups.n; i++)
		resolve(c, i);
}

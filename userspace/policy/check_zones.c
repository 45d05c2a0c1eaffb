// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/checker.h"

void fb_check_policy_line(struct fb_checker *c)
{
	const struct fb_date probe = { .year = 2000, .month = 1, .day = 1, .hour = -1 };

	c->rs->name = c->rs->version = c->rs->timezone = "";
	fb_for_each_stmt (c, s) {
		if (s->kind != FB_STMT_POLICY)
			continue;
		if (c->policy) {
			fb_diag_error(c->diags, s->at, NULL, "a second policy line: the first is at %s",
				      fb_check_place(c, c->policy->at));
			continue;
		}
		c->policy = s;
		c->rs->name = s->name.s ? s->name.s : "";
		c->rs->version = s->policy.version.text ? s->policy.version.text : "";
		if (!s->policy.timezone.s)
			continue;
		c->rs->timezone = s->policy.timezone.s;
		c->timezone_bad = !c->options->local_to_unix ||
				  c->options->local_to_unix(c->rs->timezone, &probe, 0) == -1;
		if (c->timezone_bad)
			fb_diag_error(c->diags, s->policy.timezone.at,
				      "a name of the tz database, such as \"Europe/London\"",
				      "unknown time zone \"%s\"", c->rs->timezone);
	}
}

struct port_use {
	const struct fb_iface *iface;
	const struct fb_zone *zone;
	size_t order;
};

static int compare_ports(const void *a, const void *b)
{
	const struct port_use *x = a, *y = b;
	int names = strcmp(x->iface->name.s, y->iface->name.s);

	if (names)
		return names;
	if (x->iface->vlan != y->iface->vlan)
		return x->iface->vlan < y->iface->vlan ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* S5: an (interface, VLAN) is in one zone. */
static void check_ports(struct fb_checker *c)
{
	struct FB_VEC(struct port_use) uses = { 0 };

	for (size_t z = 0; z < c->rs->zones.n; z++)
		for (size_t i = 0; i < c->rs->zones.v[z].n_ifaces; i++)
			fb_vec_add(&uses, (struct port_use){ &c->rs->zones.v[z].ifaces[i], &c->rs->zones.v[z],
							     uses.n });
	if (uses.n)
		qsort(uses.v, uses.n, sizeof(*uses.v), compare_ports);
	for (size_t i = 1; i < uses.n; i++) {
		const struct fb_iface *a = uses.v[i - 1].iface, *b = uses.v[i].iface;
		const char *vlan = b->vlan < 0 ? "" : fb_diag_printf(c->diags, " vlan %d", b->vlan);

		if (a->vlan != b->vlan || strcmp(a->name.s, b->name.s))
			continue;
		fb_diag_error(c->diags, b->name.at, NULL, "%s%s is already in zone %s (%s)", b->name.s, vlan,
			      uses.v[i - 1].zone->name, fb_check_place(c, a->name.at));
	}
	fb_vec_done(&uses);
}

static void give_ids(struct fb_checker *c)
{
	struct fb_ruleset *rs = c->rs;
	const char *names[FB_ZONES_MAX] = { 0 };
	unsigned int ids[FB_ZONES_MAX] = { 0 };
	size_t n = rs->zones.n, most = FB_ZONES_MAX - FB_ZONE_FIRST;

	if (n > most) {
		fb_diag_error(c->diags, rs->zones.v[most].stmt->name.at, NULL,
			      "%zu zones: a policy holds at most %zu", n, most);
		n = most;
	}
	for (size_t i = 0; i < n; i++)
		names[i] = rs->zones.v[i].name;
	fb_slots_zones(&c->slots, names, n, ids);
	for (size_t i = 0; i < n; i++) {
		rs->zones.v[i].id = ids[i];
		if (!ids[i])
			fb_diag_error(
				c->diags, rs->zones.v[i].stmt->name.at,
				"apply a policy without the zones that go first, then this one",
				"no number left for zone %s: all are taken until one more apply has passed",
				names[i]);
	}
}

void fb_check_zones(struct fb_checker *c)
{
	const struct fb_stmt *self = NULL, *any = NULL;

	for (size_t i = 0; i < c->rs->zones.n; i++) {
		struct fb_zone *z = &c->rs->zones.v[i];
		const struct fb_stmt *s = z->stmt;

		z->ifaces = s->zone.ifaces;
		z->n_ifaces = s->zone.n_ifaces;
		if (!z->n_ifaces)
			fb_diag_error(c->diags, s->name.at,
				      "write interface eth1, or interface eth1 vlan 110",
				      "zone %s has no interface", z->name);
		if (!s->zone.nets.n)
			fb_diag_error(c->diags, s->name.at, "write network 10.1.0.0/16, or network any",
				      "zone %s has no network", z->name);
		for (size_t k = 0; k < s->zone.nets.n; k++) {
			if (s->zone.nets.v[k].kind != FB_NET_ANY)
				continue;
			z->any = true;
			if (any)
				fb_diag_error(
					c->diags, s->zone.nets.v[k].at, NULL,
					"network any is already in zone %s (%s): one zone at most has it",
					any->name.s, fb_check_place(c, any->name.at));
			else
				any = s;
		}
	}
	fb_for_each_stmt (c, s) {
		if (s->kind == FB_STMT_SELF && self)
			fb_diag_error(c->diags, s->at, NULL, "zone self is already described at %s",
				      fb_check_place(c, self->at));
		else if (s->kind == FB_STMT_SELF)
			self = s;
	}
	give_ids(c);
	check_ports(c);
}

/* ---- zone groups ---------------------------------------------------------------------------------------- */

struct expansion {
	enum { EXPANSION_NEW, EXPANSION_OPEN, EXPANSION_DONE } state;
	unsigned int height;
};

static void expand(struct fb_checker *c, unsigned int index, struct expansion *states)
{
	const struct fb_words *members = &c->rs->zone_groups.v[index].stmt->zone_group.members;
	__u64 zones = 0;

	if (states[index].state == EXPANSION_DONE)
		return;
	states[index].state = EXPANSION_OPEN;
	c->depth++;
	for (size_t i = 0; i < members->n; i++) {
		const struct fb_word *word = &members->v[i];
		const struct fb_symbol *symbol = fb_names_find(&c->places, word->s);

		if (symbol && symbol->kind == FB_SYMBOL_ZONE) {
			zones |= FB_ZONE_BIT(c->rs->zones.v[symbol->index].id) & ~1ull;
		} else if (symbol && symbol->kind == FB_SYMBOL_ZONE_GROUP &&
			   states[symbol->index].state == EXPANSION_OPEN) {
			fb_diag_error(c->diags, word->at, NULL, "zone group %s contains itself", word->s);
		} else if (symbol && symbol->kind == FB_SYMBOL_ZONE_GROUP) {
			const struct expansion *inner = &states[symbol->index];

			if (!fb_names_nest(c, "zone group", word, inner->height))
				continue;
			expand(c, symbol->index, states);
			if (states[index].height <= inner->height)
				states[index].height = inner->height + 1;
			zones |= c->rs->zone_groups.v[symbol->index].zones;
		} else {
			fb_names_unknown(c, &c->places, FB_SYMBOL_ZONE | FB_SYMBOL_ZONE_GROUP, word,
					 "zone or zone group");
		}
	}
	c->rs->zone_groups.v[index].zones = zones;
	c->depth--;
	states[index].state = EXPANSION_DONE;
}

void fb_check_zone_groups(struct fb_checker *c)
{
	fb_autofree struct expansion *states = calloc(c->rs->zone_groups.n + 1, sizeof(*states));

	if (!states)
		abort();
	c->too_deep = false;
	for (unsigned int i = 0; i < c->rs->zone_groups.n; i++)
		expand(c, i, states);
}

__u64 fb_check_zone_mask(struct fb_checker *c, const struct fb_word *word)
{
	const struct fb_symbol *symbol;

	if (!strcmp(word->s, "self"))
		return FB_ZONE_BIT(FB_ZONE_SELF);
	symbol = fb_names_find(&c->places, word->s);
	if (symbol && symbol->kind == FB_SYMBOL_ZONE)
		return FB_ZONE_BIT(c->rs->zones.v[symbol->index].id) & ~1ull;
	if (symbol && symbol->kind == FB_SYMBOL_ZONE_GROUP)
		return c->rs->zone_groups.v[symbol->index].zones;
	fb_names_unknown(c, &c->places, FB_SYMBOL_ZONE | FB_SYMBOL_ZONE_GROUP, word, "zone or zone group");
	return 0;
}

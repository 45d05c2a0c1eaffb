// SPDX-License-Identifier: GPL-2.0-only
/* Assertions in the text: their names are resolved in any case; they are proved only about a policy without errors (S37). */
#include <stdlib.h>

#include "base/strbuf.h"
#include "policy/assert.h"
#include "policy/checker.h"

static struct fb_l4set everything(void)
{
	struct fb_l4 all = FB_L4_ALL;
	struct fb_l4set none = { 0 };

	return fb_l4set_combine(&(struct fb_l4set){ &all, 1 }, &none, FB_L4_UNION);
}

static bool services_of(struct fb_checker *c, const struct fb_svc_items *items, struct fb_l4set *ret)
{
	if (items->n)
		return fb_check_service_items(c, items, ret);
	*ret = everything();
	return true;
}

/* Of several zones the others are meant: what passes within one does not count as reaching (S33). */
static bool has_members(const struct fb_party *party, const struct fb_zone *z)
{
	return party->zones == FB_ZONE_BIT(z->id) || fb_ipset_overlaps(&party->plain, &z->hosts);
}

/* S7: what passes between two members of one zone is not seen here. NULL = there are no such two. */
static const struct fb_zone *within_one_zone(const struct fb_checker *c, const struct fb_assertion *a)
{
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (has_members(&a->a, z) && has_members(&a->b, z) &&
		    !(a->transitively && z->stmt->zone.members_isolated))
			return z;
	}
	return NULL;
}

static bool resolve(struct fb_checker *c, const struct fb_stmt *s, struct fb_assertion *ret)
{
	const struct fb_zone *z;
	bool ok;

	*ret = (struct fb_assertion){ .kind = s->assertion.kind,
				      .transitively = s->assertion.transitively,
				      .unless_opened = s->assertion.unless_opened };
	ok = fb_check_party(c, &s->assertion.a, "an assertion", &ret->a);
	ok &= fb_check_party(c, &s->assertion.b, "an assertion", &ret->b);
	ok &= services_of(c, &s->assertion.services, &ret->services);
	ok &= fb_check_service_items(c, &s->assertion.ignoring, &ret->ignoring);
	for (size_t i = 0; i < s->assertion.n_entries; i++) {
		struct fb_party_entry entry = { 0 };

		ok &= fb_check_party(c, &s->assertion.entries[i].side, "an assertion", &entry.party);
		ok &= services_of(c, &s->assertion.entries[i].services, &entry.services);
		fb_vec_add(&ret->entries, entry);
	}
	if (!ok)
		return false;
	z = within_one_zone(c, ret);
	if (!z)
		return true;
	fb_diag_error(
		c->diags, s->at, "give one of them a zone of its own",
		"both sides have members in zone %s, whose traffic among itself does not pass the gateway",
		z->name);
	return false;
}

/* What to do: a chain that goes on within a zone can be cut there. */
static const char *help_for(struct fb_checker *c, const struct fb_stmt *s, const struct fb_hops *hops)
{
	for (size_t i = 0; i < hops->n; i++) {
		fb_autostrbuf struct fb_strbuf ends = { 0 };
		const char *zone = fb_ruleset_zone_name(c->rs, hops->v[i].src_zone);

		if (!hops->v[i].shared)
			continue;
		fb_hop_print_ends(c->rs, &hops->v[i], &ends);
		return fb_diag_printf(c->diags,
				      "put the two of %s into zones of their own, or declare %s \"members "
				      "isolated\" if the switch really does it",
				      fb_strbuf_get(&ends), zone);
	}
	return s->assertion.text.s;
}

/* Why no packet could prove a "can reach". */
static const char *nothing_to_prove(const struct fb_assertion *a)
{
	if (!fb_l4set_begins(&a->services, 4) && !fb_l4set_begins(&a->services, 6))
		return "   no line allows it: an ICMP error passes with the flow that it is about, an answer "
		       "with its request\n";
	return "   no address of the one side could speak to one of the other: they are of different "
	       "families, or one side has none\n";
}

static void report(struct fb_checker *c, const struct fb_stmt *s, const struct fb_assertion *a,
		   const struct fb_hops *hops)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, detail = { 0 };
	struct fb_diag *diag;

	fb_assertion_print(s, &text);
	if (!hops->n) {
		fb_strbuf_add(&detail, nothing_to_prove(a));
	} else if (s->assertion.kind == FB_ASSERT_CAN) {
		fb_strbuf_add(&detail, "   ");
		fb_hop_print_ends(c->rs, &hops->v[0], &detail);
		fb_strbuf_add(&detail, "  ");
		fb_hop_print_service(c->rs, &hops->v[0], &detail);
		fb_strbuf_add(&detail, "  no line allows it at all times\n");
	} else {
		fb_hops_print(c->rs, &c->tree->sources, hops, &detail);
	}
	(c->options->stored ? fb_diag_lint : fb_diag_error)(c->diags, s->at, help_for(c, s, hops),
							    "assertion fails: %s", fb_strbuf_get(&text));
	diag = &c->diags->list.v[c->diags->list.n - 1];
	diag->detail = fb_diag_printf(c->diags, "%s", fb_strbuf_get(&detail));
}

static void note_assumptions(struct fb_checker *c)
{
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];
		fb_autostrbuf struct fb_strbuf out = { 0 };

		if (!z->stmt->zone.members_isolated)
			continue;
		fb_strbuf_addf(&out, "%s members isolated \"%s\"", z->name, z->stmt->zone.members_how.s);
		fb_vec_add(&c->rs->assumptions, fb_arena_strdup(&c->rs->arena, fb_strbuf_get(&out)));
	}
}

void fb_check_asserts(struct fb_checker *c)
{
	bool sound = !c->diags->errors, known = false, chains = false;
	struct fb_reach_list edges = { 0 };

	fb_for_each_stmt (c, s) {
		struct fb_assertion a;
		struct fb_hops hops = { 0 };

		if (s->kind != FB_STMT_ASSERT)
			continue;
		chains |= s->assertion.transitively;
		if (sound && !known) {
			fb_reach_find(c->rs, NULL, NULL, 0, &edges);
			fb_reach_listen(c->rs, &edges);
		}
		known = true;
		if (resolve(c, s, &a) && sound) {
			if (fb_assert_holds(c->rs, &edges, &a, &hops))
				c->rs->assertions++;
			else
				report(c, s, &a, &hops);
		}
		fb_assertion_done(&a);
		fb_vec_done(&hops);
	}
	if (chains)
		note_assumptions(c);
	fb_reach_done(&edges);
}

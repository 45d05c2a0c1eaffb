// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "policy/checker.h"

static void checker_done(struct fb_checker *c)
{
	fb_names_done(&c->places);
	fb_names_done(&c->services);
	fb_names_done(&c->times);
	fb_names_done(&c->plans);
	fb_ipset_done(&c->unicast);
	fb_vec_done(&c->groups);
	for (size_t i = 0; i < c->service_states.n; i++)
		free(c->service_states.v[i].set.v);
	fb_vec_done(&c->service_states);
	fb_vec_done(&c->dates);
	free(c->pair_places);
	free(c->sets.table);
	free(c->l4sets.table);
	fb_slots_done(&c->slots);
}

unsigned int fb_check(const struct fb_tree *tree, const struct fb_check_options *options,
		      struct fb_diags *diags, struct fb_ruleset *ret)
{
	struct fb_checker c = { .tree = tree, .options = options, .diags = diags, .rs = ret };
	unsigned int errors = diags->errors;

	*ret = (struct fb_ruleset){ .local_to_unix = options->local_to_unix };
	c.pair_places = calloc(FB_PAIRS_MAX, sizeof(*c.pair_places));
	if (!c.pair_places)
		abort();
	if (options->slots)
		fb_slots_copy(options->slots, &c.slots);
	fb_slots_begin(&c.slots);

	fb_names_collect(&c);
	fb_check_policy_line(&c);
	fb_check_zones(&c);
	fb_check_owned(&c);
	fb_check_zone_groups(&c);
	fb_check_wires(&c);
	fb_check_services(&c);
	fb_check_devices(&c);
	fb_check_zone_settings(&c);
	fb_check_groups(&c);
	fb_check_times(&c);
	fb_check_blocks(&c);
	fb_check_pair_flags(&c);
	fb_check_nevers(&c);
	fb_check_isolates(&c);
	fb_check_overlaps(&c);
	fb_check_identities(&c);
	fb_check_order(&c);
	fb_check_lints(&c);
	fb_check_asserts(&c);

	errors = diags->errors - errors;
	if (!errors && options->slots) {
		struct fb_slots old = *options->slots;

		*options->slots = c.slots;
		c.slots = old;
	}
	checker_done(&c);
	return errors;
}

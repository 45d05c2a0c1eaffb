// SPDX-License-Identifier: GPL-2.0-only
/* Stands in for policy/analyse.c until it is there, so that the program links; weak, so that the real one wins. */
#include "policy/analyse.h"

#define LATER __attribute__((weak))

LATER const char *fb_pair_state_name(enum fb_pair_state state)
{
	return "unknown";
}

LATER void fb_matrix_fill(const struct fb_ruleset *rs, __s64 now, struct fb_matrix *ret)
{
}

LATER const struct fb_matrix_cell *fb_matrix_cell(const struct fb_matrix *m, unsigned int src,
						  unsigned int dst)
{
	static const struct fb_matrix_cell none;

	return &none;
}

LATER void fb_matrix_done(struct fb_matrix *m)
{
}

LATER void fb_matrix_services(const struct fb_ruleset *rs, const struct fb_matrix_cell *cell,
			      struct fb_strbuf *out)
{
}

LATER int fb_side_find(const struct fb_ruleset *rs, const char *word, bool source, struct fb_ipset *ret,
		       struct fb_error *err)
{
	return fb_error_set(err, -1, "not there yet");
}

LATER void fb_reach_find(const struct fb_ruleset *rs, const struct fb_ipset *from, const struct fb_ipset *to,
			 __s64 now, struct fb_reach_list *ret)
{
}

LATER void fb_reach_done(struct fb_reach_list *list)
{
}

LATER void fb_answer_explain(const struct fb_ruleset *rs, const struct fb_sources *sources,
			     const struct fb_packet *packet, const struct fb_answer *answer,
			     struct fb_strbuf *out)
{
}

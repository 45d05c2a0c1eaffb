// SPDX-License-Identifier: GPL-2.0-only
#include "agent/generation.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "policy/slots.h"

static void note_allowed(struct fb_generation *g)
{
	for (size_t f = 0; f < g->tree.files.n; f++)
		for (size_t i = 0; i < g->tree.files.v[f].n_stmts; i++) {
			const struct fb_stmt *s = &g->tree.files.v[f].stmts[i];

			if (s->kind != FB_STMT_FIREBREAK)
				continue;
			__u64 from = fb_ruleset_zones(&g->ruleset, &s->firebreak.from),
			      to = fb_ruleset_zones(&g->ruleset, &s->firebreak.to);

			for (unsigned int src = 0; src < FB_ZONES_MAX; src++)
				if (from >> src & 1)
					g->allowed[src] |= to;
		}
}

void fb_generation_free(struct fb_generation *g)
{
	if (!g)
		return;
	fb_ruleset_done(&g->ruleset);
	fb_tree_done(&g->tree);
	fb_diags_done(&g->diags);
	fb_bundle_done(&g->bundle);
	free(g);
}

static unsigned int judge(struct fb_generation *g, bool stored)
{
	const struct fb_bundle_file *root = fb_bundle_file(&g->bundle, g->bundle.root);
	struct fb_reader reader = fb_bundle_reader(&g->bundle);
	struct fb_check_options options = {
		.now = fb_clock_now(),
		.slots = &g->bundle.slots,
		.local_to_unix = fb_clock_local_to_unix,
		.stored = stored,
	};

	/* Of a tree with holes the checker would only say what follows from the first errors. */
	return fb_parse(&g->tree, root->path, root->text, root->len, &reader, &g->diags)
		       ?: fb_check(&g->tree, &options, &g->diags, &g->ruleset);
}

int fb_generation_new(struct fb_bundle *bundle, const struct fb_slots *before, struct fb_generation **ret,
		      char **ret_diagnostics)
{
	struct fb_generation *g = calloc(1, sizeof(*g));
	fb_autostrbuf struct fb_strbuf text = { 0 };
	unsigned int errors;

	if (!g)
		abort();
	g->bundle = *bundle;
	*bundle = (struct fb_bundle){ 0 };
	if (before) {
		fb_slots_done(&g->bundle.slots);
		fb_slots_copy(before, &g->bundle.slots);
	}
	errors = judge(g, !before);
	fb_diags_print(&g->diags, &g->tree.sources, &text);
	*ret_diagnostics = fb_strbuf_steal(&text);
	if (errors) {
		fb_generation_free(g);
		return -EINVAL;
	}
	note_allowed(g);
	*ret = g;
	return 0;
}

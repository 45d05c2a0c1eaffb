// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "cli/change.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/verbs.h"

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

static int get(const struct fb_call *call, bool only, const char *path, json_t **ret)
{
	fb_autostrbuf struct fb_strbuf why = { 0 };

	return only ? fb_live_get(call, path, ret) : fb_live_try(call, path, ret, &why);
}

/*
 * What the way back opens and closes, before it is taken. Nothing to compare with is no reason not to go; what is wrong with the going itself is said by
 * who is asked for it, so here only if this is all that is asked for.
 */
static int show_plan(const struct fb_call *call, unsigned long target, bool only)
{
	FB_CLEANUP(json_cleanup) json_t *before = NULL, *after = NULL;
	char path[64] = "/v1/bundle?generation=previous";
	int r;

	if (target)
		snprintf(path, sizeof(path), "/v1/bundle?generation=%lu", target);
	r = get(call, only, "/v1/bundle", &before);
	if (!r)
		r = get(call, only, path, &after);
	if (r)
		return r;
	if (!call->json)
		printf("back to generation %lld:\n", fb_field_int(after, "generation"));
	r = fb_plan_bundles(before, after, NULL, call->json);
	fflush(stdout);
	return r;
}

int fb_cmd_rollback(const struct fb_call *call)
{
	const char *word = call->n_args ? call->args[0] : "";
	char *rest = NULL;
	unsigned long target = strtoul(word, &rest, 10);
	json_t *body;
	int r;

	if (*word && (!isdigit((unsigned char)*word) || *rest || !target || target > UINT32_MAX)) {
		fb_complain("\"%s\" is no number of a generation: \"firebreak history\" lists them", word);
		return FB_EXIT_USAGE;
	}
	if (fb_call_option(call, "dry-run"))
		return show_plan(call, target, true);
	if (!call->json)
		show_plan(call, target, false);
	body = json_pack("{sI}", "generation", (json_int_t)target);
	r = fb_change_options(call, body);
	if (r) {
		json_decref(body);
		return r;
	}
	return fb_change_post(call, "/v1/rollback", body, NULL);
}

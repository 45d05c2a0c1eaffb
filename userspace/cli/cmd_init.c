// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/skeleton.h"
#include "cli/verbs.h"
#include "cli/zonetime.h"

enum { OBSERVE_DAYS = 14 };

int fb_cmd_init(const struct fb_call *call)
{
	FB_CLEANUP(fb_facts_done) struct fb_facts facts = { 0 };
	FB_CLEANUP(fb_policy_done) struct fb_policy policy = { 0 };
	fb_autostrbuf struct fb_strbuf raw = { 0 }, text = { 0 };
	struct fb_error err = { 0 };

	if (fb_facts_read(&facts, &err) < 0) {
		fb_complain("%s", err.text);
		return FB_EXIT_HOST;
	}
	if (!fb_skeleton_write(&facts, fb_zonetime_day(fb_clock_now(), facts.timezone, OBSERVE_DAYS), &raw)) {
		fb_complain("this host has no Ethernet interface with an address, so there is nothing to "
			    "write a policy about");
		return FB_EXIT_HOST;
	}
	/* What a newcomer is given must be right: it is judged like any policy before it is shown. */
	fb_policy_load_text(&policy, "init", fb_strbuf_get(&raw), raw.len);
	if (policy.errors) {
		fb_policy_complain(&policy);
		fb_complain("the policy for this host would not be right; please report this, with the text "
			    "above");
		return FB_EXIT_POLICY;
	}
	fb_print(&policy.tree, &policy.tree.files.v[0], &text);
	fputs(fb_strbuf_get(&text), stdout);
	return FB_EXIT_OK;
}

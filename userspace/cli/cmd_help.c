// SPDX-License-Identifier: GPL-2.0-only
/* help, version, completion: the program about itself. */
#include <string.h>

#include <firebreak_abi.h>

#include "cli/live.h"
#include "cli/output.h"
#include "cli/reader.h"
#include "cli/verbs.h"

int fb_cmd_help(const struct fb_call *call)
{
	unsigned int width = fb_screen_of(stdout).width;
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_error err = { 0 };
	struct fb_call other = { 0 };
	char *argv[] = { NULL, call->n_args ? call->args[0] : NULL, (char *)"--help" };

	if (!call->n_args) {
		fb_command_overview(fb_commands, width, &text);
	} else {
		if (fb_call_read(fb_commands, 3, argv, &other, &err) < 0 || !other.command) {
			fb_complain("%s", *err.text ? err.text : "help takes a verb");
			return FB_EXIT_USAGE;
		}
		fb_command_help(other.command, width, &text);
	}
	fputs(fb_strbuf_get(&text), stdout);
	return FB_EXIT_OK;
}

int fb_cmd_version(const struct fb_call *call)
{
	json_t *answer = NULL;
	const char *agent = NULL;

	/* Without an agent there is still a version to print. */
	if (fb_live_exists(call) && !fb_live_get(call, "/v1/status", &answer))
		agent = fb_field_text(json_object_get(answer, "agent"), "version");
	if (call->json) {
		fb_json_put(json_pack("{ss ss si si ss ss?}", "schema", "firebreak.version/1", "version",
				      FB_VERSION, "abi", (int)FB_ABI_VERSION, "language",
				      (int)FB_LANGUAGE_VERSION, "catalogue", fb_catalogue(), "agent", agent));
	} else {
		printf("firebreak %s, data plane ABI %u, policy language %u, catalogue %s\n", FB_VERSION,
		       FB_ABI_VERSION, FB_LANGUAGE_VERSION, fb_catalogue());
		if (agent)
			printf("firebreakd %s\n", agent);
	}
	json_decref(answer);
	return FB_EXIT_OK;
}

int fb_cmd_completion(const struct fb_call *call)
{
	fb_autostrbuf struct fb_strbuf script = { 0 };

	if (!fb_command_completion(fb_commands, call->args[0], &script)) {
		fb_complain("completion knows bash and zsh, not \"%s\"", call->args[0]);
		return FB_EXIT_USAGE;
	}
	fputs(fb_strbuf_get(&script), stdout);
	return FB_EXIT_OK;
}

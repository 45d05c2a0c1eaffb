// SPDX-License-Identifier: GPL-2.0-only
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/act.h"
#include "cli/output.h"
#include "cli/patience.h"
#include "cli/verbs.h"

/* A full disk or a closed pipe must not look like success. */
static int close_stdout(int code)
{
	if (fflush(stdout) || ferror(stdout)) {
		fputs("firebreak: cannot write the output\n", stderr);
		return code == FB_EXIT_OK || code == FB_EXIT_CHANGES ? FB_EXIT_HOST : code;
	}
	return code;
}

static int mistyped(const struct fb_call *call, const struct fb_error *err)
{
	fb_complain("%s", err->text);
	if (call->command) {
		fb_autostrbuf struct fb_strbuf usage = { 0 };

		fb_command_usage(call->command, &usage);
		fprintf(stderr, "usage: %s\n", fb_strbuf_get(&usage));
	}
	return FB_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct fb_call call = { 0 };
	struct fb_error err = { 0 };

	/* Only the character set: numbers and messages are the same everywhere. */
	if (!setlocale(LC_CTYPE, "") || !strcmp(setlocale(LC_CTYPE, NULL), "C"))
		setlocale(LC_CTYPE, "C.UTF-8");
	if (fb_call_read(fb_commands, argc, argv, &call, &err) < 0)
		return mistyped(&call, &err);
	if (!call.command || call.help) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		FILE *to = call.help ? stdout : stderr;

		if (call.command)
			fb_command_help(call.command, fb_screen_of(to).width, &text);
		else
			fb_command_overview(fb_commands, fb_screen_of(to).width, &text);
		fputs(fb_strbuf_get(&text), to);
		return close_stdout(call.help ? FB_EXIT_OK : FB_EXIT_USAGE);
	}
	if (!fb_call_option(&call, "follow"))
		fb_patience_begin(call.command->name);
	if (call.command->live && (call.json || !call.command->tells_cut))
		fb_cut_warn(&call);
	return close_stdout(call.command->run(&call));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/change.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "ctl/protocol.h"

int fb_cmd_confirm(const struct fb_call *call)
{
	const char *extend = fb_call_option(call, "extend");
	unsigned int seconds = 0;
	struct fb_error err = { 0 };

	if (extend && fb_duration_read(extend, FB_CONFIRM_MIN, FB_CONFIRM_MAX, &seconds, &err) < 0) {
		fb_complain("--extend: %s", err.text);
		return FB_EXIT_USAGE;
	}
	return fb_change_post(call, "/v1/confirm",
			      json_pack("{ss sI}", "who", fb_change_who(), "extend", (json_int_t)seconds),
			      NULL);
}

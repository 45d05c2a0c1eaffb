// SPDX-License-Identifier: GPL-2.0-only
/* devices: who is there, and who ought to be. */
#include <string.h>

#include "cli/live.h"
#include "cli/oui.h"
#include "cli/output.h"
#include "cli/verbs.h"

static bool undeclared(const json_t *device, const void *arg)
{
	return !fb_field_true(device, "declared");
}

static void add_device(struct fb_table *t, const json_t *d)
{
	const char *name = fb_field_text(d, "name"), *verdict = fb_field_text(d, "verdict");
	bool declared = fb_field_true(d, "declared");
	char buf[FB_HUMAN_LEN];

	if (declared || !*name)
		fb_table_add(t, *name ? name : "(not declared)");
	else
		fb_table_addf(t, "%s?", name);
	fb_table_colour(t, declared ? FB_PLAIN : FB_YELLOW);
	fb_table_add(t, fb_field_text(d, "zone"));
	fb_table_add(t, fb_field_text(d, "ip"));
	fb_table_add(t, fb_field_text(d, "mac"));
	fb_table_add(t, fb_field_text(d, "vendor"));
	fb_table_add(t, fb_field_text(d, "device"));
	fb_table_add(t, declared ? fb_field_text(d, "state") : verdict);
	fb_table_add(t, fb_field_time(d, "first", buf));
	fb_table_add(t, fb_field_time(d, "last", buf));
}

static void add_vendors(json_t *devices)
{
	struct fb_oui *oui = fb_oui_open();

	for (size_t i = 0; i < json_array_size(devices); i++) {
		json_t *d = json_array_get(devices, i);

		json_object_set_new(d, "vendor", json_string(fb_oui_vendor(oui, fb_field_text(d, "mac"))));
	}
	fb_oui_close(oui);
}

int fb_cmd_devices(const struct fb_call *call)
{
	static const struct fb_column columns[] = {
		{ "NAME", .text = true }, { "ZONE", .text = true, .rank = 1 },	{ "ADDRESS" },
		{ "MAC", .rank = 2 },	  { "MAKER", .text = true, .rank = 5 }, { "INTERFACE", .rank = 6 },
		{ "STATE", .rank = 3 },	  { "FIRST SEEN", .rank = 7 },		{ "LAST SEEN", .rank = 4 },
	};
	struct fb_table t = { .columns = columns, .n_columns = FB_ARRAY_SIZE(columns) };
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	int r = fb_live_get(call, "/v1/devices", &answer);

	if (r)
		return r;

	json_t *devices = json_object_get(answer, "devices");

	if (fb_call_option(call, "unknown"))
		fb_array_filter(devices, undeclared, NULL);
	add_vendors(devices);
	if (call->json)
		return fb_json_put(FB_STEAL(answer));
	for (size_t i = 0; i < json_array_size(devices); i++)
		add_device(&t, json_array_get(devices, i));
	fb_table_print(&t);
	fb_table_done(&t);
	if (!json_array_size(devices))
		fb_complain("%s", fb_call_option(call, "unknown") ? "every device that was seen is declared"
								  : "no device was seen yet");
	return FB_EXIT_OK;
}

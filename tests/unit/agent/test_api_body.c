// SPDX-License-Identifier: GPL-2.0-only
/* What requests that change something may bring: by these names, and of these types. */
#include <criterion/criterion.h>
#include <string.h>

#include "agent/api.h"
#include "base/cleanup.h"

static const struct fb_api_member takes[] = {
	{ "seconds", JSON_INTEGER }, { "rehearse", JSON_TRUE }, { "name", JSON_STRING }, { 0 }
};

Test(api_body, a_value_of_another_type_is_refused_and_named)
{
	static const struct {
		const char *body, *why; /* NULL = taken */
	} cases[] = {
		{ "", NULL },
		{ "{}", NULL },
		{ "{\"seconds\": 60, \"rehearse\": false, \"name\": \"x\", \"who\": \"me\", "
		  "\"allow_lockout\": true}",
		  NULL },
		{ "{\"session\": {}}", NULL },
		{ "{\"seconds\": \"60\"}", "seconds must be a whole number, not a text" },
		{ "{\"seconds\": 60.0}", "seconds must be a whole number, not a number with a point" },
		{ "{\"seconds\": [60]}", "seconds must be a whole number, not a list" },
		{ "{\"seconds\": true}", "seconds must be a whole number, not true or false" },
		{ "{\"seconds\": null}", "seconds must be a whole number, not null" },
		{ "{\"rehearse\": \"true\"}", "rehearse must be true or false, not a text" },
		{ "{\"rehearse\": 1}", "rehearse must be true or false, not a whole number" },
		{ "{\"name\": {}}", "name must be a text, not an object" },
		{ "{\"reason\": 7}", "reason must be a text, not a whole number" },
		{ "{\"allow_lockout\": 1}", "allow_lockout must be true or false, not a whole number" },
		{ "{\"second\": 60}", "second: this request has no such member" },
		{ "[]", "not JSON: not an object" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		const struct fb_ctl_request request = { .body = cases[i].body,
							.body_len = strlen(cases[i].body) };
		struct fb_ctl_answer answer = { 0 };
		json_t *body = fb_api_read_body(&request, takes, &answer);

		cr_assert_eq(body == NULL, cases[i].why != NULL, "%s", cases[i].body);
		if (cases[i].why) {
			cr_assert_eq(answer.status, FB_CTL_BAD_REQUEST);
			cr_assert(strstr(answer.body, cases[i].why), "%s: %s", cases[i].body, answer.body);
		}
		free(answer.body);
		json_decref(body);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* Of which live flows plan says that they end. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/load.h"
#include "cli/plan_flows.h"

#define HEAD                                                                                           \
	"policy \"p\" language 1 timezone \"UTC\"\nzone cctv { interface e1  network 10.20.0.0/16 }\n" \
	"zone video { interface e2  network 10.30.0.0/26 }\n"
#define FLOW(port)                                                                                 \
	"{\"src\": \"10.20.0.5\", \"sport\": 4000, \"dst\": \"10.30.0.5\", \"dport\": " #port ", " \
	"\"proto\": \"tcp\", \"src_zone\": \"cctv\", \"dst_zone\": \"video\"}"
/* dport: what asks, 8 for echo */
#define PING(port)                                                                                 \
	"{\"src\": \"10.20.0.5\", \"sport\": 4000, \"dst\": \"10.30.0.5\", \"dport\": " #port ", " \
	"\"proto\": \"icmp\", \"src_zone\": \"cctv\", \"dst_zone\": \"video\"}"

/* tcp/80 stays, and tcp/554 ends, by a policy that may have other names; of so many these two are told. */
static void judge_by(const char *new, const char *answer, const char *text, const char *json)
{
	static const char old[] = HEAD "firebreak cctv -> video { allow any -> any  tcp/80, tcp/554 }\n";
	struct fb_policy before = { 0 }, after = { 0 };
	json_t *flows = json_loads(answer, 0, NULL);
	const struct fb_when when = { 0 };
	struct fb_strbuf said = { 0 };
	struct fb_flows_end ends;
	char *form;

	fb_policy_load_text(&before, "old.fb", old, sizeof(old) - 1);
	fb_policy_load_text(&after, "new.fb", new, strlen(new));
	cr_assert_eq(before.errors + after.errors, 0);
	fb_flows_end_count(flows, NULL, &before.ruleset, &after.ruleset, &when, &ends);
	fb_flows_end_print(&ends, &said);
	cr_assert_str_eq(fb_strbuf_get(&said), text);
	form = json_dumps(fb_flows_end_json(&ends), JSON_COMPACT);
	cr_assert_str_eq(form, json);
	free(form);
	fb_strbuf_done(&said);
	fb_flows_end_done(&ends);
	json_decref(flows);
	fb_policy_done(&before);
	fb_policy_done(&after);
}

static void judge(const char *answer, const char *text, const char *json)
{
	judge_by(HEAD "firebreak cctv -> video { allow any -> any  tcp/80 }\n", answer, text, json);
}

Test(plan_flows, of_all_flows_it_is_said_how_many_end)
{
	judge("{\"flows\": [" FLOW(80) ", " FLOW(554) "], \"total\": 2}", "1 of 2 live flows end",
	      "{\"live\":2,\"end\":1,\"at_least\":false}");
}

Test(plan_flows, a_zone_with_another_name_keeps_what_is_allowed_in_it)
{
	judge_by("policy \"p\" language 1 timezone \"UTC\"\n"
		 "zone cameras { interface e1  network 10.20.0.0/16 }\n"
		 "zone recorders { interface e2  network 10.30.0.0/26 }\n"
		 "firebreak cameras -> recorders { allow any -> any  tcp/80 }\n",
		 "{\"flows\": [" FLOW(80) ", " FLOW(554) "], \"total\": 2}", "1 of 2 live flows end",
		 "{\"live\":2,\"end\":1,\"at_least\":false}");
}

Test(plan_flows, a_ping_stays_where_requests_are_allowed)
{
	judge_by(HEAD "firebreak cctv -> video { allow any -> any  icmp/echo-request }\n",
		 "{\"flows\": [" PING(8) ", " PING(13) "], \"total\": 2}", "1 of 2 live flows end",
		 "{\"live\":2,\"end\":1,\"at_least\":false}");
}

Test(plan_flows, of_some_flows_it_is_said_how_many_end_at_least)
{
	judge("{\"flows\": [" FLOW(80) ", " FLOW(554) "], \"total\": 262144}",
	      "at least 1 of 262144 live flows end; 2 of them were judged",
	      "{\"live\":262144,\"end\":1,\"at_least\":true}");
}

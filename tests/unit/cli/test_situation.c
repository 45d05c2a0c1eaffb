// SPDX-License-Identifier: GPL-2.0-only
/* What holds beside the policy: clock, openings, isolation, quarantine. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#include "cli/probe.h"
#include "cli/situation.h"
#include "policy/analyse.h"

enum { NOW = 1795386689 };

static const char text[] = "policy \"p\" language 1 timezone \"UTC\"\n"
			   "zone cctv { interface e1  network 10.20.0.0/16, 2001:db8:20::/48 }\n"
			   "zone video { interface e2  network 10.30.0.0/26 }\n"
			   "zone corp { interface e3  network 172.16.0.0/12 }\n"
			   "window day { every day 00:00-24:00 }\naccess visit { max 1h }\n"
			   "firebreak cctv -> video {\n  allow any -> any  tcp/80  on-request visit\n"
			   "  allow any -> any  tcp/81  during day\n  allow any -> any  tcp/82\n"
			   "  allow any -> any  tcp/83  until 2099-01-01\n}\n"
			   "firebreak corp -> video { allow any -> any  tcp/82 }\n"
			   "firebreak corp -> cctv { mode observe until 2099-01-01 }\n"
			   "firebreak video -> self { allow any -> self  tcp/82 }\n";

static struct fb_policy policy;

static void setup(void)
{
	fb_policy_load_text(&policy, "p.fb", text, sizeof(text) - 1);
	cr_assert_eq(policy.errors, 0);
}

static void teardown(void)
{
	fb_policy_done(&policy);
}

TestSuite(situation, .init = setup, .fini = teardown);

static enum fb_reason ask(const char *status, const char *from, const char *to, __u16 port,
			  const char **ret_name)
{
	struct fb_own own = { 0 };
	struct fb_packet k = { .proto = IPPROTO_TCP, .sport = 1000, .dport = port, .first = true };
	struct fb_situation s;
	struct fb_answer answer;
	enum fb_reason reason;
	const char *name = NULL;
	static char kept[32];
	const struct fb_zone *zone;
	int family;

	fb_vec_add(&own.v, (struct fb_own_address){
				   4, { 0, 0x0a1e0001 }, 26, fb_ruleset_zone(&policy.ruleset, "video")->id });
	cr_assert_eq(fb_ip_parse(from, strlen(from), &k.family, &k.src), 0);
	cr_assert_eq(fb_ip_parse(to, strlen(to), &family, &k.dst), 0);
	zone = fb_zone_of_ip(&policy.ruleset, k.family, k.src);
	k.zone = zone ? zone->id : FB_ZONE_NONE;
	fb_situation_init(&s, status ? json_loads(status, 0, NULL) : NULL, NOW);
	cr_assert(!status || s.status, "%s", status);
	answer = fb_eval_at(&policy.ruleset, &own, &k, &s.when);
	reason = fb_situation_judge(&s, &policy.ruleset, &k, &answer, &name);
	snprintf(kept, sizeof(kept), "%s", name ? name : "");
	*ret_name = kept;
	fb_situation_done(&s);
	fb_vec_done(&own.v);
	return reason;
}

static void expect(const char *status, const char *from, const char *to, __u16 port, enum fb_reason wanted,
		   const char *wanted_name)
{
	const char *name;
	enum fb_reason got = ask(status, from, to, port, &name);

	cr_assert_eq(got, wanted, "%s: %s -> %s tcp/%u: %s, wanted %s", status, from, to, port,
		     fb_reason_name(got), fb_reason_name(wanted));
	cr_assert_str_eq(name, wanted_name);
}

#define CAM  "10.20.0.5"
#define NVR  "10.30.0.5"
#define DESK "172.16.0.5"

Test(situation, s1_an_open_access_and_the_clock_are_part_of_a_verdict)
{
	static const char open[] =
		"{\"clock_synchronised\": true, \"open\": [{\"kind\": \"access\", \"name\": \"visit\", "
		"\"until\": 1795386700}]}";
	static const char unknown[] = "{\"clock_synchronised\": false, \"open\": []}";

	expect(NULL, CAM, NVR, 80, FB_DROP_WINDOW_CLOSED, "");
	expect(open, CAM, NVR, 80, FB_PASSED, "");
	expect("{\"clock_synchronised\": true, \"open\": [{\"kind\": \"access\", \"name\": \"visit\", "
	       "\"until\": 1795386689}]}",
	       CAM, NVR, 80, FB_DROP_WINDOW_CLOSED, "");
	expect(NULL, CAM, NVR, 81, FB_PASSED, "");
	expect(unknown, CAM, NVR, 81, FB_DROP_WINDOW_CLOSED, "");
	expect(unknown, CAM, NVR, 82, FB_PASSED, "");
}

/* The policy was applied by a clock that was ahead: the program believes no date until then. */
Test(situation, by_a_clock_that_is_early_nothing_with_a_date_holds)
{
	static const char right[] = "{\"clock_synchronised\": true, \"clock_early\": false, \"open\": "
				    "[{\"kind\": \"access\", \"name\": \"visit\", \"until\": 1795386700}]}";
	static const char early[] = "{\"clock_synchronised\": true, \"clock_early\": true, \"open\": "
				    "[{\"kind\": \"access\", \"name\": \"visit\", \"until\": 1795386700}]}";

	expect(right, CAM, NVR, 80, FB_PASSED, "");
	expect(early, CAM, NVR, 80, FB_DROP_WINDOW_CLOSED, "");
	expect(right, CAM, NVR, 81, FB_PASSED, "");
	expect(early, CAM, NVR, 81, FB_DROP_WINDOW_CLOSED, "");
	expect(early, CAM, NVR, 82, FB_PASSED, "");
	expect(right, CAM, NVR, 83, FB_PASSED, "");
	expect(early, CAM, NVR, 83, FB_DROP_EXPIRED, "");
	expect(right, DESK, CAM, 82, FB_WOULD_DROP, "");
	expect(early, DESK, CAM, 82, FB_DROP_NO_ALLOW, "");
}

Test(situation, s28_a_cut_pair_is_isolated_in_both_directions_and_others_are_not)
{
	static const char cut[] =
		"{\"isolated\": [{\"plan\": \"city\", \"cuts\": [[\"video\", \"corp\"], [\"self\", "
		"\"video\"]]}]}";

	expect(cut, DESK, NVR, 82, FB_DROP_ISOLATED, "city");
	expect(cut, NVR, DESK, 82, FB_DROP_ISOLATED, "city");
	expect(cut, NVR, "10.30.0.1", 82, FB_DROP_ISOLATED, "city");
	expect(cut, CAM, NVR, 82, FB_PASSED, "");
	expect(cut, CAM, DESK, 82, FB_DROP_NO_ALLOW, "");
	expect(cut, DESK, "8.8.8.8", 82, FB_DROP_NO_ZONE, "");
}

Test(situation, s29_a_quarantined_address_is_cut_whatever_a_line_says)
{
	static const char held[] = "{\"quarantined\": [{\"name\": \"cams\", \"addresses\": "
				   "[\"10.20.0.0/24\", \"2001:db8:20::5\"]}], "
				   "\"isolated\": [{\"plan\": \"city\", \"cuts\": [[\"cctv\", \"video\"]]}]}";

	expect(held, CAM, NVR, 82, FB_DROP_QUARANTINED, "cams");
	expect(held, NVR, CAM, 82, FB_DROP_QUARANTINED, "cams");
	expect(held, CAM, "8.8.8.8", 82, FB_DROP_QUARANTINED, "cams");
	expect(held, "10.20.1.5", NVR, 82, FB_DROP_ISOLATED, "city");
	expect(held, DESK, NVR, 82, FB_PASSED, "");
	expect(held, "2001:db8:20::5", "2001:db8:20::6", 82, FB_DROP_QUARANTINED, "cams");
	expect(held, "2001:db8:20::7", "2001:db8:20::6", 82, FB_DROP_NO_ALLOW, "");
}

Test(situation, s2_an_address_of_no_zone_comes_in_nowhere)
{
	expect(NULL, "8.8.8.8", NVR, 82, FB_DROP_NO_ZONE, "");
}

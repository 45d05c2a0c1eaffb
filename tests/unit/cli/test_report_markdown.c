// SPDX-License-Identifier: GPL-2.0-only
/* A report as Markdown: what the gateway knows, and what it does not. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/report_markdown.h"

static json_t *report_of(json_t *live)
{
	json_t *assertions =
		json_pack("[{ss ss ss}]", "assertion", "a cannot reach b", "reason", "", "at", "p:1");

	return json_pack("{ss sI s{so so} so}", "schema", "firebreak.report/1", "made",
			 (json_int_t)1795386689, "register", "assertions", assertions, "assumptions",
			 json_array(), "live", live);
}

static void expect_in(json_t *live, const char *const *wanted, const char *absent)
{
	for (int form = FB_REPORT_NCSC; form <= FB_REPORT_IEC62443; form++) {
		FB_CLEANUP(json_decrefp) json_t *report = report_of(json_incref(live));
		fb_autostrbuf struct fb_strbuf out = { 0 };

		fb_report_markdown(report, (enum fb_report_form)form, &out);
		for (size_t i = 0; wanted[i]; i++)
			cr_assert(strstr(fb_strbuf_get(&out), wanted[i]), "no %s in\n%s", wanted[i],
				  fb_strbuf_get(&out));
		cr_assert(!absent || !strstr(fb_strbuf_get(&out), absent), "%s in\n%s", absent,
			  fb_strbuf_get(&out));
	}
	json_decref(live);
}

#define WANTED(...) ((const char *const[]){ __VA_ARGS__, NULL })

Test(report_markdown, a_count_is_no_date_however_large)
{
	expect_in(json_pack("{s[{ss ss ss sI}]}", "drops", "src", "cctv", "dst", "traffic", "reason", "never",
			    "packets", (json_int_t)5000000000),
		  WANTED("| cctv | traffic | never | 5000000000 |"), NULL);
}

Test(report_markdown, says_who_switched_what_and_that_the_log_is_whole)
{
	expect_in(json_pack("{s[] s[{sI ss ss ss ss}] s{sb sI ss}}", "changes", "acts", "at",
			    (json_int_t)1795386689, "what", "isolate", "object", "city-cut", "who", "akhan",
			    "reason", "drill", "audit", "good", 1, "lines", (json_int_t)7, "head", "abc"),
		  WANTED("| 2026-11-22 22:31:29 UTC | isolate | city-cut | akhan | drill |",
			 "The audit log has 7 entries, each as it was written; the last one's sum is abc."),
		  NULL);
	expect_in(json_pack("{s[] s[] s{sb ss}}", "changes", "acts", "audit", "good", 0, "why",
			    "line 3 was changed"),
		  WANTED("Nobody used any.",
			 "**The audit log is not as it was written:** line 3 was changed"),
		  "each as it was written");
}

Test(report_markdown, says_what_is_cut_now_and_what_is_open)
{
	expect_in(json_pack("{s[] s[{ss sI ss ss}] s[{ss sI ss ss}]}", "open", "isolated", "plan", "city-cut",
			    "since", (json_int_t)1795386689, "who", "akhan", "reason", "drill", "quarantined",
			    "name", "cam-1", "since", (json_int_t)1795386689, "who", "jp", "reason", "scan"),
		  WANTED("Nothing is open for a time now.",
			 "| city-cut | 2026-11-22 22:31:29 UTC | akhan | drill |",
			 "| cam-1 | 2026-11-22 22:31:29 UTC | jp | scan |"),
		  NULL);
}

Test(report_markdown, proofs_name_the_clock_and_the_rescue_access_that_they_rest_on)
{
	static const char clock[] = "the gateway's clock is not synchronised";

	expect_in(json_pack("{sb s{ss ss si}}", "clock_synchronised", 0, "rescue", "interface", "eth0",
			    "prefix", "10.99.0.0/24", "port", 22),
		  WANTED(clock, "10.99.0.0/24 may reach tcp/22 of the gateway by eth0"), NULL);
	expect_in(json_pack("{sb sn}", "clock_synchronised", 1, "rescue"),
		  WANTED("hosts of one segment reach each other"), clock);
}

Test(report_markdown, says_whose_evidence_it_is_and_every_date_in_both_times)
{
	FB_CLEANUP(json_decrefp)
	json_t *report = report_of(json_pack(
		"{s{ss sI ss sI ss ss ss sI} s[{sI ss}]}", "gateway", "host", "gw-1", "generation",
		(json_int_t)12, "state", "enforcing", "applied", (json_int_t)1795300289, "applied_by",
		"akhan", "agent", "0.1.0", "kernel", "6.1.0", "booted", (json_int_t)1795213889, "changes",
		"applied", (json_int_t)1795386689, "who", "akhan"));
	fb_autostrbuf struct fb_strbuf out = { 0 };

	json_object_set_new(report, "timezone", json_string("Europe/Berlin"));
	json_object_set_new(report, "program", json_string("0.1.0"));
	fb_report_markdown(report, FB_REPORT_NCSC, &out);
	cr_assert(
		strstr(fb_strbuf_get(&out),
		       "Made 2026-11-22 22:31:29 UTC (2026-11-22 23:31:29 CET) by firebreak 0.1.0 from the "
		       "policy in force.\nThe gateway is gw-1: generation 12, applied 2026-11-21 22:31:29 "
		       "UTC "
		       "(2026-11-21 23:31:29 CET) by akhan; enforcing; agent 0.1.0, kernel 6.1.0. It counts "
		       "since its start, 2026-11-20 22:31:29 UTC (2026-11-20 23:31:29 CET)."),
		"%s", fb_strbuf_get(&out));
	cr_assert(
		strstr(fb_strbuf_get(&out), "| 2026-11-22 22:31:29 UTC (2026-11-22 23:31:29 CET) | akhan |"));
}

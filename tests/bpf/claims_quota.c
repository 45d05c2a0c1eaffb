// SPDX-License-Identifier: GPL-2.0-only
/* Quotas of lines (S41). */
#include "claims_limit.h"

#define QUOTA(bytes, drop) \
	LIMIT(.quota = (bytes), .quota_scope = FB_SCOPE_SOURCE, .quota_period = 3600, .quota_drop = (drop))

static void a_quota_counts_both_directions_and_ends_with_the_hour(void)
{
	limit_line(resolver, "ask", QUOTA(1000, 1));
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_QUOTA);
	expect("net", SPEC(ANSWER("10.20.0.5", 1000)), FB_DROP_QUOTA);
	expect("cam", SPEC(ASK("10.20.0.5", 1001)), FB_DROP_QUOTA);
	expect("cam", SPEC(ASK("10.20.0.6", 1000)), FB_PASSED);
	at(3599 * SECOND);
	expect("cam", SPEC(ASK("10.20.0.5", 1001)), FB_DROP_QUOTA);
	at(3600 * SECOND);
	expect("cam", SPEC(ASK("10.20.0.5", 1001), .payload = 358), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1001)), FB_PASSED);
}

static void a_quota_counts_errors_about_its_flows(void)
{
	struct frame f;

	limit_line(resolver, "ask", QUOTA(1000, 1));
	build_error(&f, SPEC(.src = "203.0.113.9", .dst = "10.20.0.5", .icmp_type = 3, .icmp_code = 3),
		    SPEC(ASK("10.20.0.5", 1000), .payload = 500));
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 500), FB_PASSED);
	for (size_t bytes = 542; bytes < 1000; bytes += f.len)
		CHECK(rig_xdp(&rig, "net", &f).reason == FB_PASSED, "after %zu bytes", bytes);
	CHECK(rig_xdp(&rig, "net", &f).reason == FB_DROP_QUOTA, "over it");
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_QUOTA);
}

static void a_quota_outlives_a_policy_change_that_keeps_the_line(void)
{
	limit_line(resolver, "ask", QUOTA(1000, 1));
	for (int i = 0; i < 3; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	((struct fb_image_header *)rig.image[rig.live])->generation = ++rig.generation;
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_QUOTA);
}

static void a_quota_counts_from_boot_while_the_clock_is_not_known(void)
{
	limit_line(resolver, "ask", QUOTA(1000, 1));
	rig.runtime->clock_synced = 0;
	for (int i = 0; i < 3; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_QUOTA);
	rig.runtime->fake_unix += 7200; /* a clock that nobody vouches for */
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_DROP_QUOTA);
	rig.runtime->fake_mono_ns = 3600 * SECOND;
	expect("cam", SPEC(ASK("10.20.0.5", 1000)), FB_PASSED);
	rig.runtime->clock_synced = 1;
}

static void a_quota_that_alerts_tells_once_a_period_and_stops_nothing(void)
{
	const struct fb_meter *m = NULL;

	limit_line(resolver, "ask", QUOTA(1000, 0));
	for (int i = 0; i < 2; i++)
		expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	for (size_t i = 0; i < METERS; i++)
		m = meters[i].slot ? &meters[i] : m;
	CHECK(m && m->bytes == 800 && !m->told, "not yet");
	rig_events_begin(&rig);
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	CHECK(m && m->told == m->period, "told");
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 358), FB_PASSED);
	CHECK(rig_events(&rig) == 1 && rig.heard.v[0].kind == FB_EVENT_QUOTA, "%zu events", rig.heard.n);
}

static void every_piece_of_a_packet_counts(void)
{
	limit_line(resolver, "ask", QUOTA(4500, 1));
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 1472, .frag = 0x2000), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 1472, .frag = 0x2000 | 1480 / 8), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 1472, .frag = 0x2000 | 2960 / 8), FB_PASSED);
	expect("cam", SPEC(ASK("10.20.0.5", 1000), .payload = 92, .frag = 4440 / 8), FB_DROP_QUOTA);
}

void claims_quota(void)
{
	RUN_CASE(a_quota_counts_both_directions_and_ends_with_the_hour);
	RUN_CASE(a_quota_counts_errors_about_its_flows);
	RUN_CASE(a_quota_outlives_a_policy_change_that_keeps_the_line);
	RUN_CASE(a_quota_counts_from_boot_while_the_clock_is_not_known);
	RUN_CASE(a_quota_that_alerts_tells_once_a_period_and_stops_nothing);
	RUN_CASE(every_piece_of_a_packet_counts);
}

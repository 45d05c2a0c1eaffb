// SPDX-License-Identifier: GPL-2.0-only
/* Deadlines, windows and the clock that they are measured by (S52 to S54). */
#include "claims.h"

enum { NOW = 1900000000, END = NOW + 3600 };
#define ADMIN	   .src = "10.20.7.5", .dst = "203.0.113.9", .sport = 50000, .dport = 8443
#define ADMIN_2	   .src = "10.20.7.6", .dst = "203.0.113.9", .sport = 50000, .dport = 8443
#define ADMIN_BACK .src = "203.0.113.9", .dst = "10.20.7.5", .sport = 8443, .dport = 50000
#define STREAM	   .src = "10.20.0.5", .dst = "10.30.0.10", .sport = 50000, .dport = 9000

/* The line `dated` ends at deadline, and is a window's if so said. */
static struct fb_image_rule *line_until(__u32 deadline, bool window)
{
	struct fb_image_rule *rule;

	rig_clock(&rig, 1000, NOW);
	use_policy("");
	rule = rig_rule(&rig, "dated");
	rule->deadline = deadline;
	rule->flags = window ? FB_RULE_F_WINDOW : 0;
	return rule;
}

static void clock_is(bool synced, __u32 floor)
{
	rig.runtime->clock_synced = synced;
	rig.runtime->clock_floor = floor;
}

static void a_shut_window_says_so(void)
{
	line_until(0, true);
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_DROP_WINDOW_CLOSED);
	line_until(0, false);
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_DROP_EXPIRED);
}

static void the_end_of_a_window_ends_its_flows(void)
{
	line_until(END, true);
	expect("cam", SPEC(ADMIN, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("net", SPEC(ADMIN_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	rig_clock(&rig, 1000 + 20, END - 1);
	expect("cam", SPEC(ADMIN, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	rig_clock(&rig, 1000 + 21, END);
	expect("net", SPEC(ADMIN_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_DROP_WINDOW_CLOSED);
	CHECK(rig_flow_count(&rig) == 0, "%zu flows", rig_flow_count(&rig));
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_DROP_WINDOW_CLOSED);
}

static void a_longer_deadline_of_the_line_keeps_its_flows(void)
{
	struct fb_image_rule *rule = line_until(END, true);

	expect("cam", SPEC(ADMIN, .tcp = SYN, .seq = 100), FB_PASSED);
	rule->deadline = END + 3600;
	rig_clock(&rig, 1000 + 20, END);
	expect("net", SPEC(ADMIN_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
}

static void an_unknown_clock_shuts_windows(void)
{
	line_until(END, true);
	clock_is(false, 0);
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_DROP_WINDOW_CLOSED);
	clock_is(true, 0);
	expect("cam", SPEC(ADMIN, .tcp = SYN, .seq = 100), FB_PASSED);
	clock_is(false, 0);
	rig_clock(&rig, 1000 + 2, NOW + 2);
	expect("net", SPEC(ADMIN_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_DROP_WINDOW_CLOSED);
	clock_is(true, 0);
}

static void an_unknown_clock_in_1970_does_not_open_a_window_of_then(void)
{
	line_until(END, true);
	rig_clock(&rig, 1000, 9 * 3600);
	clock_is(false, NOW);
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_DROP_WINDOW_CLOSED);
	clock_is(true, 0);
}

static void until_is_measured_by_the_latest_known_time(void)
{
	line_until(END, false);
	rig_clock(&rig, 1000, 100);
	clock_is(false, NOW);
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_PASSED);
	clock_is(false, END);
	expect("cam", SPEC(ADMIN_2, .tcp = SYN), FB_DROP_EXPIRED);
	rig_clock(&rig, 1000, END + 5);
	clock_is(false, NOW);
	expect("cam", SPEC(ADMIN_2, .tcp = SYN), FB_DROP_EXPIRED);
	clock_is(true, 0);
}

static void a_known_clock_goes_before_what_is_on_disk(void)
{
	line_until(END, false);
	clock_is(true, END + 100);
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_PASSED);
	clock_is(true, 0);
}

static void a_known_clock_before_the_apply_closes_dated_lines(void)
{
	line_until(END, false);
	rig_clock(&rig, 1000, NOW - 1);
	expect("cam", SPEC(ADMIN, .tcp = SYN), FB_DROP_EXPIRED);
}

static void a_line_without_a_date_needs_no_clock(void)
{
	line_until(END, true);
	rig_clock(&rig, 1000, 100);
	clock_is(false, 0);
	expect("cam", SPEC(STREAM), FB_PASSED);
	clock_is(true, 0);
}

void claims_time(void)
{
	RUN_CASE(a_shut_window_says_so);
	RUN_CASE(the_end_of_a_window_ends_its_flows);
	RUN_CASE(a_longer_deadline_of_the_line_keeps_its_flows);
	RUN_CASE(an_unknown_clock_shuts_windows);
	RUN_CASE(an_unknown_clock_in_1970_does_not_open_a_window_of_then);
	RUN_CASE(until_is_measured_by_the_latest_known_time);
	RUN_CASE(a_known_clock_goes_before_what_is_on_disk);
	RUN_CASE(a_known_clock_before_the_apply_closes_dated_lines);
	RUN_CASE(a_line_without_a_date_needs_no_clock);
	rig_clock(&rig, 1000, NOW);
}

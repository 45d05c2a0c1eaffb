// SPDX-License-Identifier: GPL-2.0-only
/* Windows, accesses and deadlines as instants (S17, S50-S53), and what the image says about them. */
#include <netinet/in.h>
#include <sys/mman.h>
#include <time.h>

#include "fixture.h"
#include "oracle.h"
#include "policy/compile.h"

#define HOUR 3600ll
#define DAY  86400ll
#define HEAD "policy \"t\" language 1 timezone \"Europe/London\"\n"
#define AB                                                     \
	HEAD "zone a { interface eth1 network 10.1.0.0/16 }\n" \
	     "zone b { interface eth2 network 10.2.0.0/16 }\n"

static __s64 utc(int year, int month, int day, int hour, int minute)
{
	struct tm tm = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute
	};

	return timegm(&tm);
}

static void load_window(struct policy *p, const char *times)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	fb_strbuf_addf(&text, AB "window w { %s }\nfirebreak a -> b { allow any -> any tcp/22  during w }\n",
		       times);
	policy_load(p, fb_strbuf_get(&text));
	cr_assert_eq(p->errors, 0, "%s", fb_strbuf_get(&p->said));
}

/* The deadline of the first line, FB_NO_DEADLINE, or 0 = shut. */
static __s64 deadline_at(const struct policy *p, const struct fb_when *when)
{
	struct fb_schedule schedule;
	struct fb_closing closing;

	fb_schedule_at(&p->rs, when, &schedule);
	closing = fb_schedule_line(&schedule, &p->rs.lines.v[0]);
	fb_schedule_done(&schedule);
	return closing.deadline;
}

/* Shut before from, open until to, shut then; and each edge is found from the one before. */
static void expect_open(const char *times, __s64 from, __s64 to)
{
	struct policy p;

	load_window(&p, times);
	cr_assert_eq(deadline_at(&p, &(struct fb_when){ .now = from - 1 }), 0, "%s: open too early", times);
	cr_assert_eq(deadline_at(&p, &(struct fb_when){ .now = from }), to, "%s: %lld", times,
		     deadline_at(&p, &(struct fb_when){ .now = from }));
	cr_assert_eq(deadline_at(&p, &(struct fb_when){ .now = to - 1 }), to, "%s", times);
	cr_assert_eq(deadline_at(&p, &(struct fb_when){ .now = to }), 0, "%s: open too long", times);
	cr_assert_eq(fb_schedule_next(&p.rs, &(struct fb_when){ .now = from - 1 }), from, "%s", times);
	cr_assert_eq(fb_schedule_next(&p.rs, &(struct fb_when){ .now = from }), to, "%s", times);
	policy_done(&p);
}

Test(schedule, s50_a_window_is_open_from_its_start_to_the_last_instant_before_its_end)
{
	expect_open("every tue 09:00-12:00", utc(2026, 11, 24, 9, 0), utc(2026, 11, 24, 12, 0));
	expect_open("every mon-wed 09:00-12:00", utc(2026, 11, 25, 9, 0), utc(2026, 11, 25, 12, 0));
	expect_open("on 2026-12-31 23:00-24:00", utc(2026, 12, 31, 23, 0), utc(2027, 1, 1, 0, 0));
	expect_open("every tue 09:00-12:00  timezone \"Asia/Tokyo\"", utc(2026, 11, 24, 0, 0),
		    utc(2026, 11, 24, 3, 0));
}

Test(schedule, s50_an_end_not_after_the_start_is_on_the_next_day_and_the_day_is_the_start_s)
{
	struct policy p;

	expect_open("every fri 22:00-02:00", utc(2026, 11, 27, 22, 0), utc(2026, 11, 28, 2, 0));
	expect_open("every fri 09:00-09:00", utc(2026, 11, 27, 9, 0), utc(2026, 11, 28, 9, 0));
	expect_open("on 2026-12-31 22:00-02:00", utc(2026, 12, 31, 22, 0), utc(2027, 1, 1, 2, 0));
	load_window(&p, "every fri 22:00-02:00");
	cr_assert_eq(deadline_at(&p, &(struct fb_when){ .now = utc(2026, 11, 27, 1, 0) }), 0,
		     "the night to Friday is Thursday's");
	policy_done(&p);
}

Test(schedule, s50_a_time_that_daylight_saving_skips_is_the_next_that_exists)
{
	/* London, 28 March 2027: 01:00 becomes 02:00. */
	expect_open("every sun 01:30-03:00", utc(2027, 3, 28, 1, 0), utc(2027, 3, 28, 2, 0));
	expect_open("every sun 00:30-01:30", utc(2027, 3, 28, 0, 30), utc(2027, 3, 28, 1, 0));
	/* both ends are skipped: nothing that day, and the next week as ever */
	expect_open("every sun 01:15-01:45", utc(2027, 4, 4, 0, 15), utc(2027, 4, 4, 0, 45));
	struct policy p;

	load_window(&p, "every sun 01:15-01:45");
	cr_assert_eq(fb_schedule_next(&p.rs, &(struct fb_when){ .now = utc(2027, 3, 22, 0, 0) }),
		     utc(2027, 4, 4, 0, 15));
	policy_done(&p);
}

Test(schedule, s50_of_a_time_that_comes_twice_the_first_counts)
{
	/* London, 25 October 2026: 02:00 becomes 01:00. */
	expect_open("every sun 01:15-01:45", utc(2026, 10, 25, 0, 15), utc(2026, 10, 25, 0, 45));
	expect_open("every sun 00:30-01:30", utc(2026, 10, 24, 23, 30), utc(2026, 10, 25, 0, 30));
	expect_open("every sun 01:30-02:30", utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 2, 30));
}

Test(schedule, windows_that_touch_are_one)
{
	expect_open("every mon 09:00-12:00 every mon 12:00-15:00", utc(2026, 11, 23, 9, 0),
		    utc(2026, 11, 23, 15, 0));
	expect_open("every mon 09:00-13:00 every mon 11:00-15:00 every mon 10:00-11:00",
		    utc(2026, 11, 23, 9, 0), utc(2026, 11, 23, 15, 0));
	struct policy p;

	load_window(&p, "every day 00:00-24:00");
	for (__s64 t = NOW; t < NOW + 100 * DAY; t += 7 * HOUR)
		cr_assert_gt(deadline_at(&p, &(struct fb_when){ .now = t }), t, "always open");
	policy_done(&p);
}

Test(schedule, s52_until_during_and_on_request_must_all_hold)
{
	static const char text[] = AB "window w { every day 09:00-17:00 }\naccess v { max 4h }\n"
				      "firebreak a -> b { allow any -> any tcp/22  during w  on-request v  "
				      "until 2026-11-23 12:00 }\n";
	__s64 mon = utc(2026, 11, 23, 0, 0);
	struct fb_opening open = { "v", mon + 10 * HOUR }, late = { "v", mon + 20 * HOUR };
	struct policy p;

	policy_load_clean(&p, text);
	struct fb_when when = { .now = mon + 9 * HOUR };

	cr_assert_eq(deadline_at(&p, &when), 0, "not opened");
	when = (struct fb_when){ .now = mon + 8 * HOUR, .openings = &open, .n_openings = 1 };
	cr_assert_eq(deadline_at(&p, &when), 0, "before the window");
	cr_assert_eq(fb_schedule_next(&p.rs, &when), mon + 9 * HOUR);
	when.now = mon + 9 * HOUR;
	cr_assert_eq(deadline_at(&p, &when), mon + 10 * HOUR, "the access shuts first");
	cr_assert_eq(fb_schedule_next(&p.rs, &when), mon + 10 * HOUR);
	when.openings = &late;
	cr_assert_eq(deadline_at(&p, &when), mon + 12 * HOUR, "until comes first");
	when.unsynced = true;
	cr_assert_eq(deadline_at(&p, &when), 0, "S53: nobody knows the time");
	policy_done(&p);
}

Test(schedule, s52_an_access_may_not_be_opened_outside_every_window_of_its_lines)
{
	static const char text[] = AB
		"window w { every day 09:00-17:00 }\naccess v { max 4h }\naccess u { }\n"
		"firebreak a -> b {\n allow any -> any tcp/22  during w  on-request v\n"
		" allow any -> any tcp/23  on-request u\n}\n";
	__s64 mon = utc(2026, 11, 23, 0, 0);
	struct policy p;

	policy_load_clean(&p, text);
	cr_assert_eq(p.rs.accesses.v[0].max, 4 * HOUR);
	cr_assert_not(fb_schedule_may_open(&p.rs, &(struct fb_when){ .now = mon + 8 * HOUR }, 0));
	cr_assert(fb_schedule_may_open(&p.rs, &(struct fb_when){ .now = mon + 9 * HOUR }, 0));
	cr_assert(fb_schedule_may_open(&p.rs, &(struct fb_when){ .now = mon + 8 * HOUR }, 1));
	cr_assert_not(fb_schedule_may_open(&p.rs, &(struct fb_when){ .now = mon, .unsynced = true }, 1));
	policy_done(&p);
}

/* ---- against the wall clock -------------------------------------------------------------------------------------------- */

static struct tm wall(const char *timezone, __s64 t)
{
	char value[64];
	time_t time = t;
	struct tm tm;

	snprintf(value, sizeof(value), ":%s", timezone);
	setenv("TZ", value, 1);
	tzset();
	localtime_r(&time, &tm);
	return tm;
}

/* By the clock on the wall, on days without a change: minutes of the day and the day of the week. */
static bool wall_open(const char *timezone, unsigned int days, int from, int to, __s64 t)
{
	struct tm tm = wall(timezone, t);
	int minute = tm.tm_hour * 60 + tm.tm_min;
	unsigned int today = (unsigned int)(tm.tm_wday + 6) % 7, yesterday = (today + 6) % 7;

	if (to > from)
		return days >> today & 1 && minute >= from && minute < to;
	return (days >> today & 1 && minute >= from) || (days >> yesterday & 1 && minute < to);
}

/* Does a change of the clocks lie near? */
static bool changes(const char *timezone, __s64 t)
{
	return wall(timezone, t - 2 * DAY).tm_gmtoff != wall(timezone, t + 2 * DAY).tm_gmtoff;
}

Test(schedule, any_window_in_any_time_zone_is_what_the_clock_on_the_wall_says)
{
	static const char *const zones[] = { "Europe/London",	 "Pacific/Kiritimati", "Pacific/Pago_Pago",
					     "America/St_Johns", "Asia/Kathmandu",     "Australia/Lord_Howe",
					     "Pacific/Apia",	 "Africa/Casablanca" };
	static const char *const days[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
	struct oracle_random rng = { 42 };

	for (int round = 0; round < 24; round++) {
		fb_autostrbuf struct fb_strbuf times = { 0 };
		const char *zone = zones[round % 8];
		unsigned int day = oracle_below(&rng, 7), second = oracle_below(&rng, 7);
		int from = (int)oracle_below(&rng, 1440), to = (int)oracle_below(&rng, 1440);
		__s64 t = NOW + (__s64)oracle_below(&rng, 300) * DAY + oracle_below(&rng, DAY), end;
		unsigned int mask = 1u << day | 1u << second, edges = 0;
		struct policy p;

		fb_strbuf_addf(&times, "every %s, %s %02d:%02d-%02d:%02d  timezone \"%s\"", days[day],
			       days[second], from / 60, from % 60, to / 60, to % 60, zone);
		load_window(&p, fb_strbuf_get(&times));
		for (end = t + 20 * DAY; t < end; edges++) {
			__s64 next = fb_schedule_next(&p.rs, &(struct fb_when){ .now = t });
			bool open = deadline_at(&p, &(struct fb_when){ .now = t }) != 0;

			cr_assert_gt(next, t);
			cr_assert_leq(next, t + 8 * DAY, "%s: no edge in a week", times.s);
			for (int k = 0; k < 5; k++) {
				__s64 at = k == 4 ? next - 1 : t + (next - t) * k / 4;

				if (!changes(zone, at))
					cr_assert_eq(wall_open(zone, mask, from, to, at), open, "%s at %lld",
						     times.s, at);
			}
			if (open)
				cr_assert_eq(next, deadline_at(&p, &(struct fb_when){ .now = t }));
			t = next;
		}
		cr_assert_geq(edges, 4, "%s", times.s);
		policy_done(&p);
	}
}

/* ---- the image ------------------------------------------------------------------------------------------------------------ */

static void *image_at(const struct policy *p, const struct fb_when *when)
{
	struct fb_compile_input in = {
		.ruleset = &p->rs, .generation = 1, .applied = NOW - DAY, .when = *when
	};
	void *img =
		mmap(NULL, FB_IMAGE_BYTES_SMALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fb_image_stats stats;
	struct fb_error err = { 0 };

	cr_assert(img != MAP_FAILED);
	cr_assert_eq(fb_compile(&in, img, FB_IMAGE_BYTES_SMALL, &stats, &err), 0, "%s", err.text);
	return img;
}

static const struct fb_image_rule *rule_for(const void *img, const char *dst, __u16 port)
{
	const struct fb_image_header *h = img;
	struct oracle_header packet = { .family = 4, .proto = IPPROTO_TCP, .sport = 40000, .dport = port };
	int family;

	packet.src = ip_of("10.1.0.5", &family);
	packet.dst = ip_of(dst, &family);
	return (const struct fb_image_rule *)((const __u32 *)img + h->rule_w) +
	       oracle_image_classify(img, FB_IMAGE_BYTES_SMALL / 4, &packet);
}

Test(schedule, s17_the_line_that_is_open_wins_over_one_that_is_shut_and_then_the_one_that_closes_last)
{
	static const char text[] = AB
		"window w { every mon 09:00-12:00 }\nwindow x { every mon 10:00-11:00 }\n"
		"firebreak a -> b {\n allow any -> any tcp/22  during x\n"
		" allow any -> any tcp/20-30  during w\n}\n"
		"firebreak a -> b { allow any -> 10.2.0.0/24 tcp/22  until 2026-11-23 "
		"10:30 }\n";
	__s64 mon = utc(2026, 11, 23, 0, 0);
	/* when, of 10.2.0.5:22: which line (1 = x, 2 = w, 3 = until), and its deadline */
	static const struct {
		int minute, line;
		__s64 deadline;
	} cases[] = {
		{ 8 * 60, 3, 630 }, { 9 * 60, 2, 720 }, { 10 * 60, 2, 720 },
		{ 690, 2, 720 },    { 12 * 60, 1, 0 },
	};
	struct policy p;

	policy_load_clean(&p, text);
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_when when = { .now = mon + cases[i].minute * 60 };
		void *img = image_at(&p, &when);
		const struct fb_image_rule *rule = rule_for(img, "10.2.0.5", 22);
		__u32 want = cases[i].deadline ? (__u32)(mon + cases[i].deadline * 60) : 0;

		cr_assert_eq(rule->slot, p.rs.lines.v[cases[i].line - 1].slot, "minute %d", cases[i].minute);
		cr_assert_eq(rule->deadline, want, "minute %d: %u", cases[i].minute, rule->deadline);
		cr_assert_eq(!!(rule->flags & FB_RULE_F_WINDOW), cases[i].line != 3);
		munmap(img, FB_IMAGE_BYTES_SMALL);
	}
	policy_done(&p);
}

Test(schedule, s17_of_lines_that_close_together_the_first_in_the_text_is_in_the_image)
{
	struct fb_when when = { .now = utc(2026, 11, 23, 9, 30) };
	struct policy p;
	void *img;

	policy_load_clean(&p, AB "window w { every mon 09:00-12:00 }\nfirebreak a -> b {\n"
				 " allow any -> any tcp/22  during w until 2027-02-11  id first\n"
				 " allow any -> any tcp/22-23  during w  id second\n}\n");
	img = image_at(&p, &when);
	cr_assert_eq(rule_for(img, "10.2.0.5", 22)->slot, p.rs.lines.v[0].slot);
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

Test(schedule, s53_a_line_with_a_window_is_marked_even_while_its_until_comes_first)
{
	struct policy p;
	struct fb_when when = { .now = utc(2026, 11, 23, 9, 0) };
	void *img;

	policy_load_clean(&p,
			  AB "window w { every day 00:00-24:00 }\nfirebreak a -> b { allow any -> any tcp/22 "
			     " during w  until 2026-11-23 10:00  log }\n");
	img = image_at(&p, &when);
	cr_assert_eq(rule_for(img, "10.2.0.5", 22)->deadline, (__u32)utc(2026, 11, 23, 10, 0));
	cr_assert_eq(rule_for(img, "10.2.0.5", 22)->flags, FB_RULE_F_WINDOW | FB_RULE_F_LOG);
	munmap(img, FB_IMAGE_BYTES_SMALL);
	when.now = utc(2026, 11, 23, 10, 0);
	img = image_at(&p, &when);
	cr_assert_eq(rule_for(img, "10.2.0.5", 22)->flags, FB_RULE_F_LOG, "expired, not a window");
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

Test(schedule, s53_while_nobody_knows_the_time_a_line_without_windows_goes_before_one_with)
{
	struct policy p;
	struct fb_when when = { .now = utc(2026, 11, 23, 9, 0) };
	void *img;

	policy_load_clean(&p,
			  AB "window w { every day 00:00-24:00 }\nfirebreak a -> b {\n allow any -> any "
			     "tcp/22  during w\n allow any -> any tcp/20-23  until 2026-11-23 10:00\n}\n");
	img = image_at(&p, &when);
	cr_assert_eq(rule_for(img, "10.2.0.5", 22)->slot, p.rs.lines.v[0].slot);
	munmap(img, FB_IMAGE_BYTES_SMALL);
	when.unsynced = true;
	img = image_at(&p, &when);
	cr_assert_eq(rule_for(img, "10.2.0.5", 22)->slot, p.rs.lines.v[1].slot);
	munmap(img, FB_IMAGE_BYTES_SMALL);
	policy_done(&p);
}

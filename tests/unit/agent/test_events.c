// SPDX-License-Identifier: GPL-2.0-only
/* Events brought together: what is one record, what a flood cannot push out, what outlives a restart. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/events.h"
#include "agent/store.h"
#include "base/cleanup.h"

static struct fb_event drop(__u32 src, __u32 dst, __u16 dport)
{
	return (struct fb_event){ .kind = FB_EVENT_DROP,
				  .reason = FB_DROP_NO_ALLOW,
				  .src_zone = 2,
				  .dst_zone = 3,
				  .family = 4,
				  .proto = 6,
				  .ethertype = 0x0800,
				  .s_lo = src,
				  .d_lo = dst,
				  .sport = 40000,
				  .dport = dport };
}

struct found {
	size_t n, observed, alarms;
	struct fb_event_record last;
};

static void see(struct fb_event_record *r, void *user)
{
	struct found *f = user;

	f->n++;
	f->observed += r->kind == FB_EVENT_WOULD_DROP;
	f->alarms += r->alarm;
	f->last = *r;
}

static struct found all(struct fb_events *e)
{
	struct found f = { 0 };

	fb_events_each(e, see, &f);
	return f;
}

Test(events, the_same_again_is_one_record_with_a_count_a_first_and_a_last)
{
	struct fb_events *e = fb_events_new();
	struct fb_event event = drop(1, 2, 23);

	fb_events_note(e, &event, 1000);
	event.sport = 40001; /* another connection of the same kind */
	fb_events_note(e, &event, 1060);
	struct found f = all(e);

	cr_assert_eq(f.n, 1);
	cr_assert_eq(f.last.count, 2);
	cr_assert_eq(f.last.first, 1000);
	cr_assert_eq(f.last.last, 1060);
	cr_assert_eq(f.last.sport, 40001);
	fb_events_free(e);
}

Test(events, another_source_port_reason_line_or_mac_is_another_record)
{
	struct fb_events *e = fb_events_new();
	struct fb_event a = drop(1, 2, 23), b = drop(9, 2, 23), c = drop(1, 2, 24), d = a, f = a, g = a;

	d.reason = FB_DROP_SPOOF;
	f.rule = 7;
	g.smac[5] = 1;
	fb_events_note(e, &a, 1);
	fb_events_note(e, &b, 1);
	fb_events_note(e, &c, 1);
	fb_events_note(e, &d, 1);
	fb_events_note(e, &f, 1);
	fb_events_note(e, &g, 1);
	cr_assert_eq(all(e).n, 6);
	fb_events_free(e);
}

Test(events, a_flood_of_drops_pushes_out_neither_alarms_nor_what_was_observed)
{
	struct fb_events *e = fb_events_new();
	struct fb_event alarm = drop(1, 2, 23), observed = drop(3, 4, 80);

	alarm.kind = FB_EVENT_BINDING;
	alarm.detail = FB_BINDING_FOREIGN_MAC;
	observed.kind = FB_EVENT_WOULD_DROP;
	observed.reason = FB_PASSED;
	fb_events_note(e, &alarm, 1);
	fb_events_note(e, &observed, 1);
	for (__u32 i = 0; i < 100000; i++) {
		struct fb_event event = drop(i, i * 7, (__u16)i);

		fb_events_note(e, &event, 2);
	}
	struct found f = all(e);

	cr_assert_eq(f.observed, 1);
	cr_assert_eq(f.alarms, 1);
	cr_assert(f.n > 3900 && f.n <= 4096 + 2, "%zu records", f.n);
	fb_events_free(e);
}

Test(events, never_and_a_full_table_are_alarms_and_a_plain_drop_is_none)
{
	static const struct {
		enum fb_reason reason;
		bool alarm;
	} cases[] = { { FB_DROP_NEVER, true },
		      { FB_DROP_TABLE_FULL, true },
		      { FB_DROP_NO_ALLOW, false },
		      { FB_DROP_SPOOF, false } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_events *e = fb_events_new();
		struct fb_event event = drop(1, 2, 23);

		event.reason = (__u8)cases[i].reason;
		fb_events_note(e, &event, 1);
		cr_assert_eq(all(e).alarms, cases[i].alarm, "reason %d", (int)cases[i].reason);
		fb_events_free(e);
	}
}

static struct fb_event_record sequence[4];
static size_t n_sequence;

static void by_seq(struct fb_event_record *r, void *user)
{
	cr_assert(r->seq >= 1 && r->seq <= 4);
	sequence[r->seq - 1] = *r;
	n_sequence++;
}

Test(events, what_was_told_outlives_a_restart_in_its_order)
{
	char folder[] = "/tmp/fb-events-XXXXXX", command[64];
	struct fb_events *e = fb_events_new(), *again = fb_events_new();
	struct fb_event observed = drop(0x0a000001, 0x0a000002, 8080), dropped = drop(5, 6, 7),
			never = drop(5, 6, 8), arp = drop(8, 9, 0);
	struct fb_error err = { 0 };

	cr_assert(mkdtemp(folder));
	observed.kind = FB_EVENT_WOULD_DROP;
	observed.reason = FB_PASSED;
	observed.smac[0] = 2;
	never.reason = FB_DROP_NEVER;
	never.rule = 77;
	arp.family = 0;
	arp.ethertype = 0x0806;
	dropped.sport = 4711;
	fb_events_note(e, &dropped, 1);
	fb_events_note(e, &arp, 2);
	for (int i = 0; i < 5; i++)
		fb_events_note(e, &observed, 100 + i);
	fb_events_note(e, &never, 200);
	cr_assert_eq(fb_events_load(again, folder, &err), -ENOENT);
	cr_assert_eq(fb_events_save(e, folder, &err), 0, "%s", err.text);
	cr_assert_eq(fb_events_load(again, folder, &err), 0, "%s", err.text);
	fb_events_each(again, by_seq, NULL);
	cr_assert_eq(n_sequence, 4);
	cr_assert_eq(sequence[0].kind, FB_EVENT_DROP);
	cr_assert_eq(sequence[0].sport, 4711);
	cr_assert_eq(sequence[1].ethertype, 0x0806);
	cr_assert_eq(sequence[2].count, 5);
	cr_assert_eq(sequence[2].first, 100);
	cr_assert_eq(sequence[2].dport, 8080);
	cr_assert(sequence[3].alarm && sequence[3].reason == FB_DROP_NEVER && sequence[3].rule == 77);
	fb_events_note(again, &observed, 200);
	fb_events_note(again, &never, 201);
	fb_events_note(again, &arp, 201);
	cr_assert_eq(all(again).n, 4, "they are the same records");
	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
	fb_events_free(e);
	fb_events_free(again);
}

Test(events, what_an_older_version_observed_is_taken_up)
{
	static const char text[] =
		"[{\"src_zone\":2,\"dst_zone\":3,\"family\":4,\"proto\":17,\"src\":\"10.0.0.1\",\"dst\":\"10."
		"0.0.2\","
		"\"mac\":\"02:00:00:00:00:00\",\"dport\":161,\"count\":5,\"first\":100,\"last\":104}]";
	char folder[] = "/tmp/fb-events-XXXXXX", command[96];
	struct fb_events *e = fb_events_new();
	struct fb_error err = { 0 };
	struct found f;

	cr_assert(mkdtemp(folder));
	cr_assert_eq(fb_store_write_file(folder, "observed.json", text, strlen(text), &err), 0, "%s",
		     err.text);
	cr_assert_eq(fb_events_load(e, folder, &err), 0, "%s", err.text);
	f = all(e);
	cr_assert(f.n == 1 && f.last.kind == FB_EVENT_WOULD_DROP && f.last.count == 5);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
	fb_events_free(e);
}

Test(events, a_zone_id_that_changes_hands_takes_its_records_along)
{
	struct fb_events *e = fb_events_new();
	struct fb_event event = drop(1, 2, 23), other = drop(1, 2, 24);

	other.src_zone = 4;
	fb_events_note(e, &event, 1);
	fb_events_note(e, &other, 1);
	fb_events_forget_zone(e, 2);
	cr_assert_eq(all(e).n, 1);
	cr_assert_eq(all(e).last.src_zone, 4);
	fb_events_free(e);
}

static void log_is(const char *dir, const char *before, long long cut, const char *after)
{
	struct fb_error err = { 0 };
	fb_autofree char *text = NULL;
	size_t len = 0;

	cr_assert_eq(fb_store_write_file(dir, "events.log", before, strlen(before), &err), 0, "%s", err.text);
	cr_assert_eq(fb_events_mend_log(dir, &err), cut, "%s", before);
	cr_assert_eq(fb_store_read_file(dir, "events.log", &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(len, strlen(after));
	cr_assert(!len || !memcmp(text, after, len));
}

/* A power cut takes the end of a line; what is written next would be joined to its beginning. */
Test(events, a_torn_last_line_of_the_log_is_cut_off_and_whole_ones_stay)
{
	char dir[] = "/tmp/firebreak-events-XXXXXX", path[64], longer[9000];
	struct fb_error err = { 0 };

	cr_assert(mkdtemp(dir));
	cr_assert_eq(fb_events_mend_log(dir, &err), 0); /* no file */
	log_is(dir, "{\"a\":1}\n{\"b\":2}\n", 0, "{\"a\":1}\n{\"b\":2}\n");
	log_is(dir, "{\"a\":1}\n{\"b\"", 4, "{\"a\":1}\n");
	log_is(dir, "{\"a\"", 4, "");
	log_is(dir, "", 0, "");
	memset(longer, 'x', sizeof(longer)); /* than what is read at once */
	memcpy(longer, "{}\n", 3);
	longer[sizeof(longer) - 1] = 0;
	log_is(dir, longer, sizeof(longer) - 4, "{}\n");
	snprintf(path, sizeof(path), "%s/events.log", dir);
	unlink(path);
	rmdir(dir);
}

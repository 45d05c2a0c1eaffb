// SPDX-License-Identifier: GPL-2.0-only
/* What of many drops is one row, and what is not. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/live.h"
#include "cli/scan.h"

static json_t *events;

static void setup(void)
{
	events = json_array();
}

static void teardown(void)
{
	json_decref(events);
}

TestSuite(scan, .init = setup, .fini = teardown);

static void dropped(const char *reason, const char *src, unsigned int host, unsigned int port, int count)
{
	json_array_append_new(events, json_pack("{ss ss ss so so so ss ss si}", "kind", "drop", "reason",
						reason, "src", src, "dst", json_sprintf("10.30.0.%u", host),
						"service", json_sprintf("tcp/%u", port), "at", json_null(),
						"src_zone", "cctv", "dst_zone", "video", "count", count));
}

/* A row: "SOURCE DESTINATION SERVICE COUNT", with ":N ports" or ":N hosts" behind it; and ";" */
static void expect(const char *wanted)
{
	static const char *const names[] = { "ports", "hosts" };
	fb_autostrbuf struct fb_strbuf got = { 0 };
	json_t *rows = fb_scan_group(events), *e;
	size_t i;

	json_array_foreach (rows, i, e) {
		fb_strbuf_addf(&got, "%s %s %s %lld", fb_field_text(e, "src"), fb_field_text(e, "dst"),
			       fb_field_text(e, "service"), fb_field_int(e, "count"));
		for (size_t k = 0; k < 2; k++)
			if (fb_field_int(e, names[k]))
				fb_strbuf_addf(&got, ":%lld %s", fb_field_int(e, names[k]), names[k]);
		fb_strbuf_addc(&got, ';');
	}
	cr_assert_str_eq(fb_strbuf_get(&got), wanted);
	json_decref(rows);
}

Test(scan, many_ports_of_one_host_are_one_row)
{
	for (unsigned int port = 1000; port > 0; port--)
		dropped("no-allow", "10.20.0.5", 9, port, 2);
	expect("10.20.0.5 10.30.0.9 tcp/1000 2000:1000 ports;");
	cr_assert_eq(json_array_size(events), 1000);
	cr_assert_eq(fb_field_int(json_array_get(events, 0), "count"), 2, "what was given is as it was");
}

Test(scan, one_port_of_many_hosts_is_one_row)
{
	for (unsigned int host = 1; host < 255; host++)
		dropped("no-allow", "10.20.0.5", host, 22, 1);
	expect("10.20.0.5 10.30.0.1 tcp/22 254:254 hosts;");
}

Test(scan, four_are_four_rows)
{
	for (unsigned int port = 1; port < 5; port++)
		dropped("no-allow", "10.20.0.5", 9, port, 1);
	expect("10.20.0.5 10.30.0.9 tcp/1 1;10.20.0.5 10.30.0.9 tcp/2 1;10.20.0.5 10.30.0.9 tcp/3 1;"
	       "10.20.0.5 10.30.0.9 tcp/4 1;");
}

Test(scan, another_source_or_reason_is_another_row_and_the_latest_comes_first)
{
	for (unsigned int port = 1; port < 9; port++) {
		dropped("no-allow", "10.20.0.5", 9, port, 1);
		dropped("never", "10.20.0.5", 9, port, 1);
		dropped("no-allow", "10.20.0.6", 9, port, 1);
	}
	dropped("no-allow", "10.20.0.5", 77, 5000, 3);
	expect("10.20.0.5 10.30.0.9 tcp/1 8:8 ports;10.20.0.5 10.30.0.9 tcp/1 8:8 ports;"
	       "10.20.0.6 10.30.0.9 tcp/1 8:8 ports;10.20.0.5 10.30.0.77 tcp/5000 3;");
}

/* Six ports of each of seven hosts: a row a port, which are fewer. */
Test(scan, many_ports_of_many_hosts_are_the_fewer_rows)
{
	for (unsigned int host = 1; host < 8; host++)
		for (unsigned int port = 1; port < 7; port++)
			dropped("no-allow", "10.20.0.5", host, port, 1);
	expect("10.20.0.5 10.30.0.1 tcp/1 7:7 hosts;10.20.0.5 10.30.0.1 tcp/2 7:7 hosts;"
	       "10.20.0.5 10.30.0.1 tcp/3 7:7 hosts;10.20.0.5 10.30.0.1 tcp/4 7:7 hosts;"
	       "10.20.0.5 10.30.0.1 tcp/5 7:7 hosts;10.20.0.5 10.30.0.1 tcp/6 7:7 hosts;");
}

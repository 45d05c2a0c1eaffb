// SPDX-License-Identifier: GPL-2.0-only
/* Two moments and a size make a screen; no agent and no terminal are needed for that. */
#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "cli/live.h"
#include "cli/top_parts.h"

enum { NOW = 1795386689 };

static const char status_text[] =
	"{'state': 'enforcing', 'generation': 7, 'policy': {'name': 'Northport'}, 'guard': true,"
	" 'interfaces': [{'device': 'cctv0', 'zone': 'cctv', 'enforcing': true}],"
	" 'flows': {'new': 1, 'replied': 0, 'established': 499999, 'closing': 0, 'capacity': 1048576},"
	" 'agent': {'version': '0.1.0', 'pid': 1, 'started': 1, 'uptime': 7200}, 'clock_synchronised': true,"
	" 'isolated': [], 'quarantined': [], 'observed': [], 'open': [], 'confirm': null}";
static const char before_text[] =
	"{'drops': [{'src': 'cctv', 'dst': 'traffic', 'reason': 'never', 'packets': 10, 'bytes': 600}],"
	" 'passed': [{'src': 'video', 'dst': 'corp', 'packets': 1000, 'bytes': 100000},"
	"            {'src': 'corp', 'dst': 'video', 'packets': 70, 'bytes': 7000}]}";
static const char now_text[] =
	"{'drops': [{'src': 'cctv', 'dst': 'traffic', 'reason': 'never', 'packets': 70, 'bytes': 4200},"
	"           {'src': 'inet', 'dst': 'corp', 'reason': 'no-allow', 'packets': 3, 'bytes': 180}],"
	" 'passed': [{'src': 'video', 'dst': 'corp', 'packets': 3000, 'bytes': 350000},"
	"            {'src': 'corp', 'dst': 'video', 'packets': 70, 'bytes': 7000},"
	"            {'src': 'jump', 'dst': 'self', 'packets': 1, 'bytes': 60}]}";
static const char rules_before[] =
	"{'s': {'id': 's', 'kind': 'allow', 'pairs': 'video -> corp', 'text': 'nvr-1 -> desk  udp/5001',"
	" 'packets': 1000, 'bytes': 100000, 'flows': 1}}";
static const char rules_now[] =
	"{'s': {'id': 's', 'kind': 'allow', 'pairs': 'video -> corp', 'text': 'nvr-1 -> desk  udp/5001',"
	" 'packets': 3000, 'bytes': 350000, 'flows': 5},"
	" 'idle': {'id': 'idle', 'kind': 'allow', 'pairs': 'a -> b', 'text': 'x', 'packets': 0, 'flows': 0}}";
static const char events_text[] =
	"[{'kind': 'drop', 'reason': 'never', 'src_zone': 'cctv', 'dst_zone': 'traffic', 'src': '10.20.4.9', "
	"'dst': '10.10.1.1',"
	"  'service': 'tcp/22', 'alarm': true, 'count': 9, 'last': 1795386000},"
	" {'kind': 'drop', 'reason': 'never', 'src_zone': 'cctv', 'dst_zone': 'traffic', 'src': "
	"'10.20.4.12', 'src_name': 'cam-0412',"
	"  'dst': '10.10.1.1', 'service': 'tcp/22', 'alarm': true, 'count': 2, 'last': 1795386680}]";

/* With ' for \". */
static json_t *parse(const char *text)
{
	char *copy = strdup(text);
	json_error_t why;
	json_t *v;

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	v = json_loads(copy, 0, &why);
	cr_assert(v, "%s: %s", text, why.text);
	free(copy);
	return v;
}

static struct fb_top_snapshot before, now;

static void setup(void)
{
	cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
	before = (struct fb_top_snapshot){ .ns = 1000000000,
					   .at = NOW - 2,
					   .status = parse(status_text),
					   .drops = parse(before_text),
					   .rules = parse(rules_before),
					   .events = json_array() };
	now = (struct fb_top_snapshot){ .ns = 3000000000,
					.at = NOW,
					.status = parse(status_text),
					.drops = parse(now_text),
					.rules = parse(rules_now),
					.events = parse(events_text) };
}

static void teardown(void)
{
	fb_top_snapshot_done(&before);
	fb_top_snapshot_done(&now);
}

TestSuite(cli_top, .init = setup, .fini = teardown);

static struct fb_top_look look_of(unsigned int width, unsigned int height)
{
	return (struct fb_top_look){
		.screen = { .width = width, .utf8 = true }, .height = height, .delay = 2, .now = NOW
	};
}

static const char *render(struct fb_top_look *look)
{
	static struct fb_strbuf out;
	struct fb_top top;

	fb_strbuf_done(&out);
	fb_top_compare(&now, &before, &before, look->sort, &top);
	fb_top_render(&top, look, &out);
	fb_top_done(&top);
	return fb_strbuf_get(&out);
}

static void has(const char *text, const char *what)
{
	cr_assert(strstr(text, what), "no \"%s\" in:\n%s", what, text);
}

static void lacks(const char *text, const char *what)
{
	cr_assert_null(strstr(text, what), "\"%s\" in:\n%s", what, text);
}

static void fits(const char *text, unsigned int width, unsigned int height)
{
	unsigned int lines = 0;

	for (; *text; lines++) {
		size_t n = strcspn(text, "\n");
		char line[512];

		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		cr_assert_leq(fb_text_width(line), width, "%u x %u: \"%s\"", width, height, line);
		cr_assert_eq(text[n], '\n');
		text += n + 1;
	}
	cr_assert_eq(lines, height, "%u lines of %u (width %u)", lines, height, width);
}

Test(cli_top, rates_are_differences_over_the_time_between)
{
	struct fb_top top;

	fb_top_compare(&now, &before, &before, FB_TOP_BY_BITS, &top);
	cr_assert_eq(top.seconds, 2);
	cr_assert_eq(top.pairs.n, 2, "what stood still is not there");
	cr_assert_eq(top.pairs.v[0].packets, 1000);
	cr_assert_eq(top.pairs.v[0].bits, 1000000);
	cr_assert_eq(top.pairs.v[1].packets, 0.5, "what was not there before was 0");
	cr_assert_eq(top.rules.n, 1);
	cr_assert_eq(top.rules.v[0].flows, 2);
	cr_assert_eq(top.drops.n, 2);
	cr_assert_eq(top.drops.v[0].minute, 1800);
	cr_assert_eq(top.drops.v[0].packets, 30);
	fb_top_done(&top);
}

Test(cli_top, one_moment_has_no_rates)
{
	struct fb_top_look look = look_of(80, 24);
	struct fb_strbuf out = { 0 };
	struct fb_top top;

	fb_top_compare(&now, NULL, NULL, FB_TOP_BY_BITS, &top);
	cr_assert_eq(top.pairs.n + top.rules.n + top.drops.n, 0);
	fb_top_render(&top, &look, &out);
	has(out.s, "not known yet");
	fb_top_done(&top);
}

Test(cli_top, that_nothing_was_dropped_is_said_of_the_time_that_was_looked_at)
{
	struct fb_top_snapshot calm = now;
	struct fb_top_look look = look_of(80, 24);
	struct fb_strbuf out = { 0 };
	struct fb_top top;

	calm.drops = before.drops;
	look.view = FB_TOP_DROPS;
	fb_top_compare(&calm, &before, &before, FB_TOP_BY_BITS, &top);
	fb_top_render(&top, &look, &out);
	has(out.s, "nothing was dropped in the last 2 s\n");
	fb_top_done(&top);

	calm.status = json_deep_copy(now.status);
	json_object_set_new(calm.status, "generation", json_integer(0));
	fb_top_compare(&calm, &before, &before, FB_TOP_BY_BITS, &top);
	fb_top_render(&top, &look, &out);
	has(out.s, "no policy is in force, and the guard does not count");
	fb_top_done(&top);
}

Test(cli_top, counters_that_began_anew_are_no_giant_rate)
{
	struct fb_top top;

	fb_top_compare(&before, NULL, NULL, FB_TOP_BY_BITS, &top);
	fb_top_done(&top);
	before.ns = now.ns + 1000000000;
	fb_top_compare(&before, &now, &now, FB_TOP_BY_BITS, &top);
	for (size_t i = 0; i < top.pairs.n; i++)
		cr_assert(top.pairs.v[i].packets <= 1000, "%f", top.pairs.v[i].packets);
	fb_top_done(&top);
}

Test(cli_top, who_is_of_the_last_minute)
{
	struct fb_top_look look = look_of(0, 0);
	const char *text = render(&look);

	has(text, "cam-0412 -> 10.10.1.1 tcp/22");
	lacks(text, "10.20.4.9");
}

Test(cli_top, a_pipe_gets_all_of_it)
{
	struct fb_top_look look = look_of(0, 0);
	const char *text = render(&look);

	has(text, "firebreak: ENFORCING  generation 7  ");
	has(text, "flows 500,000 of 1,048,576, 1 half-open  agent 0.1.0, up 2 h  clock synchronised\n");
	has(text, "PAIR           PACKETS/S  BIT/S\nvideo -> corp      1,000  1.0 M\njump -> self         "
		  "0.5    240\n");
	has(text, "cctv -> traffic  never        1,800     30  ");
	has(text, "nvr-1 -> desk  udp/5001  video -> corp      1,000  1.0 M          2.0  s\n");
	lacks(text, "q quit");
	lacks(text, "\033");
}

Test(cli_top, every_size_is_filled_and_kept)
{
	for (unsigned int width = 20; width <= 140; width += 7)
		for (unsigned int height = 1; height <= 60; height++)
			for (int view = 0; view < FB_TOP_VIEWS; view++) {
				struct fb_top_look look = look_of(width, height);

				look.view = (enum fb_top_view)view;
				look.help = height % 5 == 4;
				fits(render(&look), width, height);
			}
}

Test(cli_top, sixty_by_twenty_has_what_matters)
{
	struct fb_top_look look = look_of(60, 20);
	const char *text = render(&look);

	has(text, "firebreak: ENFORCING  generation 7");
	has(text, "video -> corp");
	has(text, "cctv -> traffic  never");
	has(text, "nvr-1 -> desk");
	has(text, "q quit");
	fits(text, 60, 20);
}

Test(cli_top, what_is_cut_comes_first_and_red)
{
	struct fb_top_look look = look_of(100, 24);
	const char *text;

	look.screen.colour = true;
	look.gone = "no agent answers";
	json_object_set_new(now.status, "isolated",
			    parse("[{'plan': 'city-cut', 'active': true, 'since': 1795386000, 'reason': "
				  "'drill', 'who': 'ak'}]"));
	text = render(&look);
	cr_assert_eq(strncmp(text, "\033[31mISOLATED  city-cut", 22), 0, "%s", text);
	has(text, "\n\033[31mNO AGENT since ");
	json_object_set_new(now.status, "isolated", json_array());
	cr_assert_eq(strncmp(render(&look), "\033[31mNO AGENT", 13), 0);
	look.screen.colour = false;
	lacks(render(&look), "\033");
}

Test(cli_top, what_is_not_as_it_should_be_has_a_line)
{
	struct fb_top_look look = look_of(100, 30);
	const char *text;

	json_object_set_new(now.status, "state", json_string("degraded"));
	json_object_set_new(now.status, "clock_synchronised", json_false());
	json_object_set_new(now.status, "clock_early", json_true());
	json_object_set_new(now.status, "guard", json_false());
	json_object_set_new(
		now.status, "interfaces",
		parse("[{'device': 'cctv0', 'zone': 'cctv', 'enforcing': false, 'why': 'it is down'}]"));
	json_object_set_new(now.status, "confirm", parse("{'left': 50}"));
	json_object_set_new(now.status, "observed", parse("[{'src': 'a', 'dst': 'b'}]"));
	json_object_set_new(now.status, "open", parse("[{'name': 'vendor', 'until': 1795386749}]"));
	text = render(&look);
	has(text, "firebreak: DEGRADED");
	has(text, "NOT ENFORCING  cctv0 (it is down)");
	has(text, "NO GUARD");
	has(text, "CLOCK  NOT synchronised");
	has(text, "CLOCK  EARLIER than the policy was applied");
	has(text, "ON TRIAL  taken back in 50 s");
	has(text, "OPEN  vendor (60 s left)");
	has(text, "OBSERVED  1 pair:");
}

static void many_pairs(void)
{
	json_t *list = json_array();

	for (int i = 0; i < 500; i++)
		json_array_append_new(list, json_pack("{so ss si si}", "src", json_sprintf("z%03d", i), "dst",
						      "x", "packets", 1000 - i, "bytes", 100000 - i * 8));
	json_object_set_new(now.drops, "passed", list);
}

Test(cli_top, a_list_scrolls_to_its_end_and_no_further)
{
	struct fb_top_look look = look_of(80, 20);
	const char *text;

	many_pairs();
	look.view = FB_TOP_PAIRS;
	has(render(&look), "\nz000 -> x");
	cr_assert_gt(look.page, 10);
	look.scroll = 100;
	text = render(&look);
	has(text, "\nz100 -> x");
	has(text, "\n101-");
	look.scroll = (size_t)1 << 30;
	has(render(&look), "\nz499 -> x");
	cr_assert_eq(look.scroll, 500 - look.page);
	look.sort = FB_TOP_BY_NAME;
	look.scroll = 0;
	has(render(&look), "\nz000 -> x");
}

Test(cli_top, a_long_list_leaves_room_for_the_others)
{
	struct fb_top_look look = look_of(80, 20);
	const char *text;

	many_pairs();
	text = render(&look);
	has(text, "more pairs: 1\n");
	has(text, "cctv -> traffic");
	has(text, "nvr-1 -> desk");
	fits(text, 80, 20);
}

Test(cli_top, what_comes_from_elsewhere_moves_no_cursor)
{
	struct fb_top_look look = look_of(80, 24);

	json_object_set_new(json_object_get(now.status, "policy"), "name", json_string("a\033[2Jb"));
	lacks(render(&look), "\033");
}

Test(cli_top, flows_that_were_not_asked_for_are_not_none)
{
	struct fb_top_look look = look_of(80, 24);

	look.view = FB_TOP_FLOWS;
	lacks(render(&look), "no flows now");
	now.flows = parse("{'flows': []}");
	has(render(&look), "no flows now");
	json_decref(now.flows);
	now.flows = parse("{'flows': [{'proto': 'udp', 'src': '10.30.0.10', 'sport': 9, 'dst': "
			  "'172.16.5.20', 'dport': 5001}]}");
	has(render(&look), "udp    10.30.0.10:9  172.16.5.20:5001");
	has(render(&look), "flows by idle");
}

Test(cli_top, json_says_the_same)
{
	struct fb_top top;
	json_t *o, *drop;

	fb_top_compare(&now, &before, &before, FB_TOP_BY_BITS, &top);
	o = fb_top_json(&top);
	cr_assert_str_eq(fb_field_text(o, "schema"), "firebreak.top/1");
	cr_assert_str_eq(fb_field_text(o, "state"), "enforcing");
	cr_assert_eq(fb_field_int(json_array_get(json_object_get(o, "pairs"), 0), "bits_per_second"),
		     1000000);
	drop = json_array_get(json_object_get(o, "drops"), 0);
	cr_assert_eq(fb_field_int(drop, "packets_per_minute"), 1800);
	cr_assert_str_eq(fb_field_text(json_object_get(drop, "who"), "src_name"), "cam-0412");
	cr_assert_null(json_object_get(o, "live"));
	json_decref(o);
	fb_top_done(&top);
}

Test(cli_top, a_minute_is_held_back_and_no_more)
{
	struct fb_top_past past = { 0 };
	struct fb_top top;

	for (int i = 0; i <= 120; i++) {
		struct fb_top_snapshot s = { .ns = (__s64)(i + 1) * 1000000000, .status = json_object() };

		s.drops = json_pack("{s[{ss ss ss si}] s[]}", "drops", "src", "a", "dst", "b", "reason",
				    "never", "packets", i * 2 + 1, "passed");
		fb_top_past_add(&past, &s);
	}
	cr_assert_leq(past.minute.n, 32);
	fb_top_past_compare(&past, FB_TOP_BY_BITS, &top);
	cr_assert_eq(top.seconds, 1);
	cr_assert_eq(top.drops.v[0].minute, 120);
	cr_assert_eq(top.drops.v[0].packets, 2);
	fb_top_done(&top);
	fb_top_past_done(&past);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <firebreak_abi.h>

#include "base/cleanup.h"
#include "cli/output.h"

static const struct fb_column columns[] = { { "NAME" },
					    { "PACKETS", .right = true, .rank = 1 },
					    { "OWNER", .text = true, .rank = 2 },
					    { "LINE", .text = true } };

static void utf8(void)
{
	cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
}

TestSuite(cli_output, .init = utf8);

static void fill(struct fb_table *t)
{
	*t = (struct fb_table){ .columns = columns, .n_columns = 4 };
	fb_table_add(t, "cctv");
	fb_table_addf(t, "%d", 12);
	fb_table_add(t, "Security systems");
	fb_table_add(t, "cameras -> nvr-1  rtp-9000");
	fb_table_add(t, "z");
	fb_table_add(t, "1,234,567");
	fb_table_add(t, NULL);
	fb_table_add(t, "any -> any  all");
}

static char *render(const struct fb_table *t, unsigned int width)
{
	struct fb_screen screen = { .width = width, .utf8 = true };
	struct fb_strbuf out = { 0 };

	fb_table_render(t, &screen, &out);
	return fb_strbuf_steal(&out);
}

Test(cli_output, a_pipe_gets_everything)
{
	struct fb_table t;

	fill(&t);
	cr_assert_str_eq(render(&t, 0), "NAME    PACKETS  OWNER             LINE\n"
					"cctv         12  Security systems  cameras -> nvr-1  rtp-9000\n"
					"z     1,234,567  -                 any -> any  all\n");
}

Test(cli_output, the_least_important_text_is_cut_first)
{
	struct fb_table t;

	fill(&t);
	cr_assert_str_eq(render(&t, 56), "NAME    PACKETS  OWNER        LINE\n"
					 "cctv         12  Security s…  cameras -> nvr-1  rtp-9000\n"
					 "z     1,234,567  -            any -> any  all\n");
}

Test(cli_output, then_its_column_goes)
{
	struct fb_table t;

	fill(&t);
	cr_assert_str_eq(render(&t, 52), "NAME    PACKETS  LINE\n"
					 "cctv         12  cameras -> nvr-1  rtp-9000\n"
					 "z     1,234,567  any -> any  all\n");
}

Test(cli_output, a_number_is_never_cut)
{
	struct fb_table t;

	fill(&t);
	for (unsigned int width = 16; width < 100; width++) {
		char *text = render(&t, width);

		cr_assert_null(strstr(text, "1,234…"), "%s", text);
		cr_assert(strstr(text, "1,234,567") || !strstr(text, "1,"), "%s", text);
	}
}

Test(cli_output, no_width_makes_a_line_too_long)
{
	struct fb_table t;

	fill(&t);
	for (unsigned int width = 16; width < 100; width++) {
		char *text = render(&t, width), *save;

		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			cr_assert_leq(fb_text_width(line), width, "width %u: \"%s\"", width, line);
			cr_assert_neq(line[strlen(line) - 1], ' ', "trailing blank: \"%s\"", line);
		}
	}
}

Test(cli_output, an_empty_table_prints_nothing)
{
	struct fb_table t = { .columns = columns, .n_columns = 4 };

	cr_assert_str_eq(render(&t, 80), "");
}

Test(cli_output, width_counts_columns_and_not_bytes)
{
	static const struct {
		const char *text;
		unsigned int width;
	} cases[] = { { "", 0 },     { "abc", 3 },   { "Königstraße", 11 },
		      { "信号", 4 }, { "a\xff", 2 }, { "a\tb", 3 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(fb_text_width(cases[i].text), cases[i].width, "%s", cases[i].text);
}

Test(cli_output, control_characters_never_reach_the_terminal)
{
	struct fb_screen screen = { .width = 80, .colour = true, .utf8 = true };
	struct fb_strbuf out = { 0 };

	fb_text_clip(&out, &screen, "a\033[2Jb\rc\xff", 0);
	cr_assert_str_eq(out.s, "a?[2Jb?c?");
}

Test(cli_output, clipping_keeps_whole_characters)
{
	struct fb_screen screen = { .utf8 = true };
	struct fb_strbuf out = { 0 };

	fb_text_clip(&out, &screen, "信号信号", 6);
	cr_assert_str_eq(out.s, "信号…");
}

Test(cli_output, colour_only_where_it_is_wanted)
{
	struct fb_screen plain = { .width = 80 }, colour = { .width = 80, .colour = true };

	cr_assert_str_eq(fb_colour_begin(&plain, FB_RED), "");
	cr_assert_str_eq(fb_colour_end(&plain, FB_RED), "");
	cr_assert_str_eq(fb_colour_begin(&colour, FB_PLAIN), "");
	cr_assert_str_neq(fb_colour_begin(&colour, FB_RED), "");
}

Test(cli_output, a_file_is_no_terminal)
{
	FILE *f = tmpfile();

	setenv("COLUMNS", "40", 1);
	struct fb_screen screen = fb_screen_of(f);

	cr_assert_eq(screen.width, 0);
	cr_assert_not(screen.colour);
	fclose(f);
}

Test(cli_output, numbers_are_for_people)
{
	char buf[FB_HUMAN_LEN];

	cr_assert_str_eq(fb_human_count(0, buf), "0");
	cr_assert_str_eq(fb_human_count(999, buf), "999");
	cr_assert_str_eq(fb_human_count(1000, buf), "1,000");
	cr_assert_str_eq(fb_human_count(18446744073709551615ull, buf), "18,446,744,073,709,551,615");
	cr_assert_str_eq(fb_human_bytes(999, buf), "999 B");
	cr_assert_str_eq(fb_human_bytes(1000, buf), "1.0 kB");
	cr_assert_str_eq(fb_human_bytes(999999, buf), "1.0 MB");
	cr_assert_str_eq(fb_human_bytes(18446744073709551615ull, buf), "18.4 EB");
	cr_assert_str_eq(fb_human_rate(0, buf), "0");
	cr_assert_str_eq(fb_human_rate(0.01, buf), "0.1");
	cr_assert_str_eq(fb_human_rate(9.94, buf), "9.9");
	cr_assert_str_eq(fb_human_rate(9.96, buf), "10");
	cr_assert_str_eq(fb_human_rate(18203.6, buf), "18,204");
	cr_assert_str_eq(fb_human_bits(0, buf), "0");
	cr_assert_str_eq(fb_human_bits(999.6, buf), "1.0 k");
	cr_assert_str_eq(fb_human_bits(999960, buf), "1.0 M");
	cr_assert_str_eq(fb_human_bits(2.5e18, buf), "2500.0 P");
	cr_assert_str_eq(fb_human_span(-5, buf), "0 s");
	cr_assert_str_eq(fb_human_span(119, buf), "119 s");
	cr_assert_str_eq(fb_human_span(7199, buf), "119 min");
	cr_assert_str_eq(fb_human_span(3 * 86400, buf), "3 d");
	cr_assert_str_eq(fb_human_time(0, buf), "-");
	cr_assert_str_eq(fb_human_time(FB_NO_DEADLINE, buf), "-");
}

Test(cli_output, wrapped_text_begins_again_at_the_indent)
{
	struct fb_strbuf out = { 0 };

	fb_strbuf_add(&out, "ab  ");
	fb_text_wrap(&out, "one two three", 4, 4, 11);
	cr_assert_str_eq(out.s, "ab  one two\n    three\n");
}

/* Each character once: a line with a list of 50,000 addresses is as long as this, and measured again and again it took seconds. */
Test(cli_output, width_of_a_long_text_takes_no_time)
{
	enum { LONG = 2000000 };
	fb_autofree char *text = malloc(LONG + 1);
	clock_t begin;

	memset(text, 'a', LONG);
	text[LONG] = 0;
	begin = clock();
	cr_assert_eq(fb_text_width(text), LONG);
	cr_assert_lt((double)(clock() - begin) / CLOCKS_PER_SEC, 1.0);
}

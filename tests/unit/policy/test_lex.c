// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <string.h>

#include "policy/lex.h"

/* The tokens of a text as one string: words as they are, the rest by a sign. */
static char *tokens(const char *text, bool in_list)
{
	static const char *const signs[] = {
		[FB_TOKEN_END] = "END",	 [FB_TOKEN_NEWLINE] = "NL", [FB_TOKEN_OPEN] = "{",
		[FB_TOKEN_CLOSE] = "}",	 [FB_TOKEN_COMMA] = ",",    [FB_TOKEN_SEMICOLON] = ";",
		[FB_TOKEN_ARROW] = "->", [FB_TOKEN_BOTH] = "<->",
	};
	struct fb_diags diags = { 0 };
	struct fb_lexer lexer;
	struct fb_strbuf out = { 0 };
	struct fb_token t;

	fb_lexer_init(&lexer, 0, text, strlen(text), &diags);
	lexer.in_list = in_list;
	do {
		fb_lexer_next(&lexer, &t);
		if (t.kind == FB_TOKEN_WORD)
			fb_strbuf_addf(&out, "%.*s ", (int)t.len, t.s);
		else if (t.kind == FB_TOKEN_STRING)
			fb_strbuf_addf(&out, "\"%.*s\" ", (int)t.len, t.s);
		else
			fb_strbuf_addf(&out, "%s ", signs[t.kind]);
	} while (t.kind != FB_TOKEN_END);
	fb_lexer_done(&lexer);
	fb_diags_done(&diags);
	return fb_strbuf_steal(&out);
}

static void expect_tokens(const char *text, const char *want)
{
	char *got = tokens(text, false);

	cr_assert_str_eq(got, want, "%s\ngot  %s\nwant %s", text, got, want);
	free(got);
}

Test(lex, a_minus_before_a_greater_than_is_never_part_of_a_name)
{
	expect_tokens("d1->d2", "d1 -> d2 END ");
	expect_tokens("a-b->c-d", "a-b -> c-d END ");
	expect_tokens("a-->b", "a- -> b END ");
	expect_tokens("a<->b", "a <-> b END ");
}

Test(lex, what_belongs_together_is_one_word)
{
	expect_tokens("tcp/8443 10.0.0.0/8 10.0.0.1-10.0.0.9 2001:db8::/32 mon-fri new/s",
		      "tcp/8443 10.0.0.0/8 10.0.0.1-10.0.0.9 2001:db8::/32 mon-fri new/s END ");
	expect_tokens("aa-bb-cc-dd-ee-ff eth1.110", "aa-bb-cc-dd-ee-ff eth1.110 END ");
}

Test(lex, a_line_goes_on_after_comma_arrow_and_brace)
{
	expect_tokens("a\nb", "a NL b END ");
	expect_tokens("a,\nb", "a , b END ");
	expect_tokens("a ->\nb <->\n\n c {\nd", "a -> b <-> c { d END ");
	expect_tokens("a, # why\n # and how\nb", "a , b END ");
	expect_tokens("a\n}", "a NL } END ");
}

Test(lex, empty_lines_and_comments_are_no_statements)
{
	expect_tokens("\n\n# x\n\na # y\n\n\n# z\nb\n\n", "a NL b NL END ");
	expect_tokens("", "END ");
	expect_tokens("# only", "END ");
}

Test(lex, in_a_list_a_line_end_means_nothing)
{
	char *got = tokens("a\nb\n\nc", true);

	cr_assert_str_eq(got, "a b c END ");
	free(got);
}

Test(lex, a_string_keeps_what_would_be_punctuation)
{
	expect_tokens("owner \"a # b { -> ; c\" x", "owner \"a # b { -> ; c\" x END ");
	expect_tokens("\"\"", "\"\" END ");
	expect_tokens("a\"b\"c", "a \"b\" c END ");
}

Test(lex, a_comment_begins_anywhere_outside_a_string)
{
	expect_tokens("abc#def\nx", "abc NL x END ");
}

Test(lex, places_count_bytes_from_one)
{
	struct fb_diags diags = { 0 };
	const char *text = "a\n  \"\xc3\xa9\" bc";
	struct fb_lexer lexer;
	struct fb_token t;

	fb_lexer_init(&lexer, 7, text, strlen(text), &diags);
	fb_lexer_next(&lexer, &t);
	cr_assert(t.at.file == 7 && t.at.line == 1 && t.at.col == 1 && t.end_col == 2 && t.first);
	fb_lexer_next(&lexer, &t);
	fb_lexer_next(&lexer, &t);
	cr_assert(t.at.line == 2 && t.at.col == 3 && t.first);
	fb_lexer_next(&lexer, &t);
	cr_assert(t.at.line == 2 && t.at.col == 8 && t.end_col == 10 && !t.first);
	fb_lexer_done(&lexer);
	fb_diags_done(&diags);
}

Test(lex, utf8_is_strict)
{
	static const struct {
		const char *s;
		size_t len; /* 0 = not UTF-8 */
	} cases[] = {
		{ "a", 1 },
		{ "\xc3\xa9", 2 },
		{ "\xe2\x9c\x93", 3 },
		{ "\xf0\x9f\x9a\xa6", 4 },
		{ "\x80", 0 },
		{ "\xc3", 0 },
		{ "\xc0\xaf", 0 },	   /* overlong */
		{ "\xe0\x80\xaf", 0 },	   /* overlong */
		{ "\xed\xa0\x80", 0 },	   /* half of a surrogate pair */
		{ "\xf4\x90\x80\x80", 0 }, /* beyond Unicode */
		{ "\xff", 0 },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		unsigned int cp;

		cr_assert_eq(fb_utf8_decode(cases[i].s, strlen(cases[i].s), &cp), cases[i].len, "case %zu",
			     i);
	}
}

Test(lex, what_hides_on_a_screen_is_reported_once_a_line)
{
	static const struct {
		const char *s;
		unsigned int errors;
	} cases[] = {
		{ "fine\ttext\r\n", 0 },
		{ "\xef\xbb\xbf"
		  "policy",
		  0 }, /* a byte order mark, at the beginning only */
		{ "x\xef\xbb\xbf", 1 },
		{ "\x01\x02\x03\n\x04", 2 },
		{ "a\rb", 1 },
		{ "\x7f", 1 },
		{ "\xc2\x85", 1 }, /* next line, of the second control set */
		{ "\xe2\x80\xae"
		  "evil",
		  1 },			   /* turns the reading direction */
		{ "\xe2\x80\x8b", 1 },	   /* has no width */
		{ "x\xef\xb8\x8f", 1 },	   /* chooses a variant */
		{ "\xf3\xa0\x81\x81", 1 }, /* a tag */
		{ "\xe3\x85\xa4", 1 },	   /* fills, and shows nothing */
		{ "\xe1\x85\x9f", 1 },
		{ "\xe4\xba\xa4\xe9\x80\x9a \xc3\xa9 \xf0\x9f\x9a\xa6", 0 },
		{ "\xff\xfe\n\xff", 1 }, /* another character set is one mistake */
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_diags diags = { 0 };
		struct fb_arena arena = { 0 };
		const char *clean = fb_lexer_check_text(&arena, 0, cases[i].s, strlen(cases[i].s), &diags);

		cr_assert_eq(diags.errors, cases[i].errors, "case %zu: %u", i, diags.errors);
		cr_assert_eq(clean != NULL, cases[i].errors > 0);
		if (clean) /* and what is put in its place is no mistake any more */
			cr_assert_null(fb_lexer_check_text(&arena, 0, clean, strlen(cases[i].s), &diags));
		fb_diags_done(&diags);
		fb_arena_done(&arena);
	}
}

Test(diag, suggests_what_is_near_and_nothing_else)
{
	static const char *const words[] = { "zone",   "zone-group", "device", "group",
					     "during", "on-request", "log" };
	static const struct {
		const char *word, *near;
	} cases[] = {
		{ "zoen", "zone" },
		{ "zon", "zone" },
		{ "Zone", "zone" },
		{ "durng", "during" },
		{ "on-reqeust", "on-request" },
		{ "devcie", "device" },
		{ "firewall", NULL },
		{ "x", NULL },
		{ "lo", NULL },
		{ "LOG", "log" },
		{ "", NULL },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		const char *got = fb_suggest(cases[i].word, words, FB_ARRAY_SIZE(words));

		cr_assert((!got && !cases[i].near) || (got && cases[i].near && !strcmp(got, cases[i].near)),
			  "%s: %s", cases[i].word, got ? got : "nothing");
	}
}

static void expect_print(const char *text, struct fb_at at, const char *help, const char *want)
{
	struct fb_sources sources = { 0 };
	struct fb_diags diags = { 0 };
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_sources_add(&sources, "f.fb", text, strlen(text));
	fb_diag_error(&diags, at, help, "wrong");
	fb_diags_print(&diags, &sources, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), want);
	fb_diags_done(&diags);
	fb_sources_done(&sources);
}

Test(diag, caret_stands_under_the_character_not_the_byte)
{
	expect_print("x\n\t\xc3\xa9\xc3\xa9 z\n", (struct fb_at){ 0, 2, 7 }, "here",
		     "f.fb:2:7: error: wrong\n   \xc3\xa9\xc3\xa9 z\n      ^ here\n");
	expect_print("ab", (struct fb_at){ 0, 1, 4 }, NULL, "f.fb:1:4: error: wrong\n   ab\n      ^\n");
}

Test(diag, nothing_of_a_text_reaches_the_terminal_as_a_command)
{
	expect_print("a\x1b[31m\xff", (struct fb_at){ 0, 1, 1 }, NULL,
		     "f.fb:1:1: error: wrong\n   a?[31m?\n   ^\n");
}

Test(diag, a_message_that_quotes_a_refused_text_is_as_safe)
{
	struct fb_sources sources = { 0 };
	struct fb_diags diags = { 0 };
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_sources_add(&sources, "f\x1b", "", 0);
	fb_diag_error(&diags, (struct fb_at){ 0, 1, 1 }, NULL, "\"I\tT\x1b\" is odd\nand long");
	fb_diags_print(&diags, &sources, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), "f?:1:1: error: \"I T?\" is odd\nand long\n   \n   ^\n");
	fb_diags_done(&diags);
	fb_sources_done(&sources);
}

Test(diag, a_message_of_no_place_has_no_line)
{
	expect_print("x", (struct fb_at){ 0, 0, 0 }, "help", "error: wrong\n   help\n");
	expect_print("x", (struct fb_at){ 9, 1, 1 }, NULL, "error: wrong\n");
	expect_print("x", (struct fb_at){ 0, 5, 1 }, NULL, "f.fb:5:1: error: wrong\n");
}

Test(diag, messages_come_in_the_order_of_the_text)
{
	struct fb_sources sources = { 0 };
	struct fb_diags diags = { 0 };
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_sources_add(&sources, "f", "one\ntwo\n", 8);
	fb_diag_error(&diags, (struct fb_at){ 0, 2, 1 }, NULL, "second");
	fb_diag_lint(&diags, (struct fb_at){ 0, 1, 3 }, NULL, "first b");
	fb_diag_error(&diags, (struct fb_at){ 0, 1, 1 }, NULL, "first a");
	cr_assert(diags.errors == 2 && diags.lints == 1);
	fb_diags_print(&diags, &sources, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), "f:1:1: error: first a\n   one\n   ^\n"
					      "f:1:3: lint: first b\n   one\n     ^\n"
					      "f:2:1: error: second\n   two\n   ^\n");
	fb_diags_done(&diags);
	fb_sources_done(&sources);
}

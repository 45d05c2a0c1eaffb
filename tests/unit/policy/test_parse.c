// SPDX-License-Identifier: GPL-2.0-only
/* What the golden texts cannot show: the tree itself, includes, time, and texts that nobody would write. */
#include "text.h"

/* ---- the tree ---------------------------------------------------------------------------------------------- */

Test(parse, a_zone_is_kept_as_written)
{
	struct text t;

	text_parse_clean(&t, "zone a { interface eth1 vlan 110, eth2  network 10.0.0.0/8, any except "
			     "10.9.0.0/16  purdue 3.5 }");
	const struct fb_stmt *s = &t.tree.files.v[0].stmts[0];

	cr_assert_eq(s->kind, FB_STMT_ZONE);
	cr_assert_str_eq(s->name.s, "a");
	cr_assert(s->zone.n_ifaces == 2 && s->zone.ifaces[0].vlan == 110 && s->zone.ifaces[1].vlan == -1);
	cr_assert(s->zone.nets.n == 2 && s->zone.nets.v[0].kind == FB_NET_PREFIX &&
		  s->zone.nets.v[0].len == 8);
	cr_assert_eq(s->zone.nets.v[1].kind, FB_NET_ANY);
	cr_assert_eq(s->zone.except.v[0].range.last.lo, 0x0a09ffff);
	cr_assert_str_eq(s->zone.purdue.text, "3.5");
	text_done(&t);
}

Test(parse, a_default_ends_with_its_line_and_gives_nothing_to_the_tree_of_the_allow)
{
	struct text t;

	text_parse_clean(&t,
			 "firebreak a -> b {\n default owner \"o\" until 2026-12-31\n allow x -> y ssh\n}");
	const struct fb_stmt *s = &t.tree.files.v[0].stmts[0];

	cr_assert(s->firebreak.has_default && s->firebreak.defaults.until.hour == -1);
	cr_assert_null(s->firebreak.allows[0].suffix.doc.owner.s);
	text_done(&t);
}

Test(parse, ports_types_and_protocols_become_numbers)
{
	static const struct {
		const char *text;
		enum fb_proto_kind kind;
		int lo, hi, number;
	} cases[] = {
		{ "tcp/443", FB_PROTO_TCP, 443, 443, -1 },
		{ "udp/9000-9100", FB_PROTO_UDP, 9000, 9100, -1 },
		{ "icmp/echo-request", FB_PROTO_ICMP, 0, 0, 8 },
		{ "icmp/0", FB_PROTO_ICMP, 0, 0, 0 },
		{ "icmp/any", FB_PROTO_ICMP, 0, 0, -1 },
		{ "icmpv6/echo-request", FB_PROTO_ICMPV6, 0, 0, 128 },
		{ "ip/vrrp", FB_PROTO_IP, 0, 0, 112 },
		{ "ip/255", FB_PROTO_IP, 0, 0, 255 },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		char text[100];
		struct text t;

		snprintf(text, sizeof(text), "service s { %s }", cases[i].text);
		text_parse_clean(&t, text);
		const struct fb_proto *p = &t.tree.files.v[0].stmts[0].service.items.v[0].proto;

		cr_assert(p->kind == cases[i].kind && p->ports.lo == cases[i].lo &&
				  p->ports.hi == cases[i].hi && p->number == cases[i].number && !p->ports.any,
			  "%s", cases[i].text);
		text_done(&t);
	}
}

Test(parse, a_comment_belongs_to_what_follows_or_to_what_it_stands_behind)
{
	struct text t;

	text_parse_clean(&t, "# loose\n\n# of a\nzone a { } # behind a\nfirebreak a -> b {\n # of x\n allow "
			     "x -> y ssh # behind x\n # end\n}");
	const struct fb_file *f = &t.tree.files.v[0];

	cr_assert_eq(f->n_stmts, 3);
	cr_assert(f->stmts[0].kind == FB_STMT_COMMENT && f->stmts[0].comments.n == 1);
	cr_assert(f->stmts[1].comments.n == 2 && f->stmts[1].comment_behind && f->stmts[1].blank_before);
	cr_assert_str_eq(f->stmts[1].comments.v[1].s, " behind a");
	cr_assert_eq(f->stmts[2].comments.n, 0);
	cr_assert(f->stmts[2].firebreak.allows[0].comments.n == 2 &&
		  f->stmts[2].firebreak.allows[0].comment_behind);
	cr_assert_eq(f->stmts[2].firebreak.end_comments.n, 1);
	text_done(&t);
}

Test(parse, what_has_no_mistake_is_kept_beside_what_has)
{
	struct text t;

	text_parse(&t, "zone a { interface eth1 }\nzoen\nfirebreak a -> b {\n allow x -> y\n allow x -> y "
		       "ssh\n}\nnever a -> b\n");
	cr_assert_eq(t.errors, 2, "%s", fb_strbuf_get(&t.said));
	cr_assert_geq(t.tree.files.v[0].n_stmts, 3);
	text_done(&t);
}

/* ---- includes ---------------------------------------------------------------------------------------------------- */

struct shelf {
	const char *const (*files)[2]; /* path, text; path NULL ends it */
	unsigned int asked;
};

/* A pattern that ends in * matches each path that begins so. */
static int shelf_include(void *user, const char *from, const char *pattern,
			 void (*add)(void *arg, const char *path, const char *text, size_t len), void *arg,
			 const char **ret_why)
{
	struct shelf *shelf = user;
	size_t n = strlen(pattern);
	int found = 0;

	shelf->asked++;
	if (!strcmp(pattern, "broken")) {
		*ret_why = "the disk is broken";
		return -5;
	}
	for (size_t i = 0; shelf->files[i][0]; i++) {
		const char *path = shelf->files[i][0];

		if (pattern[n - 1] == '*' ? strncmp(path, pattern, n - 1) != 0 : strcmp(path, pattern) != 0)
			continue;
		add(arg, path, shelf->files[i][1], strlen(shelf->files[i][1]));
		found++;
	}
	return found;
}

Test(parse, a_file_is_read_once_and_a_cycle_ends)
{
	static const char *const files[][2] = {
		{ "a.fb", "include \"b.fb\"\ninclude \"./a.fb\"\nzone a { }\n" },
		{ "./a.fb", "include \"b.fb\"\ninclude \"./a.fb\"\nzone a { }\n" },
		{ "b.fb", "include \"a.fb\"\ninclude \"x/../b.fb\"\nzone b { }\n" },
		{ "x/../b.fb", "include \"a.fb\"\ninclude \"x/../b.fb\"\nzone b { }\n" },
		{ NULL, NULL },
	};
	struct shelf shelf = { .files = files };
	struct fb_reader reader = { shelf_include, &shelf };
	struct text t;

	text_parse_with(&t, "a.fb", files[0][1], strlen(files[0][1]), &reader);
	cr_assert_eq(t.errors, 0, "%s", fb_strbuf_get(&t.said));
	cr_assert_eq(t.tree.files.n, 2);
	text_done(&t);
}

Test(parse, two_files_of_one_spelling_that_differ_are_both_read)
{
	/* dir may be a link: then dir/../b.fb is not b.fb, and a guard in it must not be lost */
	static const char *const files[][2] = {
		{ "b.fb", "zone b { }\n" },
		{ "dir/../b.fb", "zone c { }\n" },
		{ NULL, NULL },
	};
	static const char root[] = "include \"b.fb\"\ninclude \"dir/../b.fb\"\n";
	struct shelf shelf = { .files = files };
	struct fb_reader reader = { shelf_include, &shelf };
	struct text t;

	text_parse_with(&t, "a.fb", root, strlen(root), &reader);
	cr_assert_eq(t.tree.files.n, 3);
	text_done(&t);
}

Test(parse, an_include_that_finds_nothing_is_an_error_at_its_name)
{
	static const char *const files[][2] = { { NULL, NULL } };
	static const char root[] = "include \"nothing/*\"\ninclude \"broken\"\n";
	struct shelf shelf = { .files = files };
	struct fb_reader reader = { shelf_include, &shelf };
	struct text t;

	text_parse_with(&t, "a.fb", root, strlen(root), &reader);
	cr_assert_eq(t.errors, 2);
	cr_assert(strstr(fb_strbuf_get(&t.said), "a.fb:1:9: error: no file matches \"nothing/*\""), "%s",
		  fb_strbuf_get(&t.said));
	cr_assert(strstr(fb_strbuf_get(&t.said), "cannot include \"broken\": the disk is broken"));
	text_done(&t);
}

Test(parse, a_mistake_in_an_included_file_names_that_file)
{
	static const char *const files[][2] = { { "sub/b.fb", "zone a { }\nnever a\n" }, { NULL, NULL } };
	static const char root[] = "include \"sub/*\"\n";
	struct shelf shelf = { .files = files };
	struct fb_reader reader = { shelf_include, &shelf };
	struct text t;

	text_parse_with(&t, "a.fb", root, strlen(root), &reader);
	cr_assert(strstr(fb_strbuf_get(&t.said), "sub/b.fb:2:9: error:"), "%s", fb_strbuf_get(&t.said));
	text_done(&t);
}

Test(parse, without_a_reader_includes_are_left_alone)
{
	struct text t;

	text_parse_clean(&t, "include \"nothing.fb\"\n");
	cr_assert_eq(t.tree.files.n, 1);
	text_done(&t);
}

/* ---- every policy --------------------------------------------------------------------------------------------------- */

static void parses_clean(const char *path, const struct fb_strbuf *text)
{
	struct text t;

	text_parse_with(&t, path, fb_strbuf_get(text), text->len, NULL);
	cr_assert_eq(t.errors, 0, "%s", fb_strbuf_get(&t.said));
	text_done(&t);
}

Test(parse, every_policy_at_hand_is_read_without_a_message)
{
	text_for_each_policy(parses_clean);
}

/* ---- texts that nobody would write ------------------------------------------------------------------------------------ */

static void truncated(const char *path, const struct fb_strbuf *text)
{
	/* A copy of its own for each length, so that a checker of memory sees a step beyond the end. */
	for (size_t n = 0; n<text->len; n += text->len> 2000 ? 7 : 1) {
		char *part = malloc(n + 1);
		struct text t;

		memcpy(part, fb_strbuf_get(text), n);
		part[n] = 0;
		text_parse_with(&t, path, part, n, NULL);
		text_done(&t);
		free(part);
	}
}

Test(parse, survives_every_truncation_of_every_policy, .timeout = 120)
{
	text_for_each_policy(truncated);
}

Test(parse, survives_every_byte_in_every_place)
{
	static const char text[] = "zone a { interface eth1 vlan 5 network 10.0.0.0/8 }\nfirebreak a -> b { "
				   "# c\n allow x, 10.0.0.1 -> y tcp/1-2 owner \"o\" }\nnever a <-> b\n";

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (int c = 0; c < 256; c++) {
			char copy[sizeof(text)];
			struct text t;

			memcpy(copy, text, sizeof(text));
			copy[i] = (char)c;
			text_parse_with(&t, "t.fb", copy, sizeof(text) - 1, NULL);
			text_done(&t);
		}
}

Test(parse, an_odd_token_anywhere_is_a_message_and_no_more)
{
	static const char *const tokens[] = { "{", "}",	   "->",  "<->", ",", ";", "\"", "\"s\"",
					      "#", "zone", "any", "\n",	 ">", "1", "a" };
	static const char *const frame[] = { "zone",  "a",	   "{",	    "interface", "e",	   "}",
					     "\n",    "firebreak", "a",	    "->",	 "b",	   "{",
					     "allow", "x",	   "->",    "y",	 "ssh",	   "owner",
					     "\"o\"", "\n",	   "}",	    "\n",	 "assert", "a",
					     "can",   "only",	   "reach", "b",	 "and",	   "c" };

	for (size_t at = 0; at <= FB_ARRAY_SIZE(frame); at++)
		for (size_t odd = 0; odd < FB_ARRAY_SIZE(tokens) * 2; odd++) {
			fb_autostrbuf struct fb_strbuf text = { 0 };
			struct text t;

			for (size_t i = 0; i < FB_ARRAY_SIZE(frame); i++) {
				if (i == at)
					fb_strbuf_addf(&text, "%s ", tokens[odd / 2]);
				if (i != at || odd % 2) /* put in front of a token, or in its place */
					fb_strbuf_addf(&text, "%s ", frame[i]);
			}
			text_parse(&t, fb_strbuf_get(&text));
			cr_assert_leq(t.errors, 4, "%s\n%s", text.s, fb_strbuf_get(&t.said));
			text_done(&t);
		}
}

#ifdef __SANITIZE_ADDRESS__
#define SECONDS 10.0
#else
#define SECONDS 1.0
#endif

static void expect_fast(const char *what, const struct fb_strbuf *text, bool right)
{
	double began = text_seconds();
	struct text t;

	text_parse_with(&t, "t.fb", fb_strbuf_get(text), text->len, NULL);
	double took = text_seconds() - began;

	cr_assert(!right || t.errors == 0, "%s\n%.300s", what, fb_strbuf_get(&t.said));
	cr_assert_lt(took, SECONDS, "%s: %.2f s", what, took);
	text_done(&t);
}

Test(parse, a_policy_of_100000_lines_takes_less_than_a_second)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	for (int i = 0; i < 50000; i++)
		fb_strbuf_addf(&text, "device d%d in a { ip 10.%d.%d.%d  tag x }  # n\n", i, i / 62500,
			       i / 250 % 250, i % 250);
	fb_strbuf_add(&text, "firebreak a -> b {\n");
	for (int i = 0; i < 50000; i++)
		fb_strbuf_addf(&text, "  allow d%d -> 10.0.0.0/8  tcp/%d  owner \"o\"\n", i, i + 1);
	fb_strbuf_add(&text, "}\n");
	expect_fast("100000 lines", &text, true);
}

Test(parse, no_text_takes_more_than_its_length)
{
	/* piece after piece, as one line and as many; what grows with the square would take minutes */
	static const char *const pieces[] = {
		"{",
		"}",
		"\"",
		"\"x",
		"#",
		",",
		"->",
		"zone a ",
		"zone a { ",
		"owner \"x\" ",
		"network 10.0.0.0/8 ",
		"a, ",
		"; ",
		"firebreak a -> b { ",
		"allow a -> b ssh ",
		"allow a -> b ",
		"group g { vendor ",
		"\x01",
		"\xff",
		"x\ny\n",
		"service s { tcp/1 ",
		"every mon 09:00-10:00 ",
		"include \"x\"\n",
		"# c\n",
		"# c\n\n",
		"zone\n",
		"zone a {\n",
		"interface eth0 network\n",
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(pieces); i++)
		for (int shape = 0; shape < 3; shape++) {
			fb_autostrbuf struct fb_strbuf text = { 0 };

			fb_strbuf_add(&text, shape == 2 ? "zone a { " : "");
			while (text.len < 400000)
				fb_strbuf_addf(&text, "%s%s", pieces[i], shape == 1 ? "\n" : "");
			expect_fast(pieces[i], &text, false);
		}
}

Test(parse, a_file_that_is_no_policy_stops_at_ten_thousand_errors)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct text t;

	for (int i = 0; i < 30000; i++)
		fb_strbuf_add(&text, "nonsense\n");
	text_parse(&t, fb_strbuf_get(&text));
	cr_assert(t.errors > 10000 && t.errors < 10010);
	cr_assert(strstr(fb_strbuf_get(&t.said),
			 "t.fb:10002:1: error: 10001 errors up to here: the rest of the file is not read"),
		  "%.200s", fb_strbuf_get(&t.said));
	cr_assert(strstr(fb_strbuf_get(&t.said), "\n... and 1 more error is not shown\n"));
	text_done(&t);
}

/* A block is one statement: it is read to its end. */
Test(parse, errors_beyond_ten_thousand_are_counted_and_that_is_said)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct text t;

	fb_strbuf_add(&text, "firebreak a -> b {\n");
	for (int i = 0; i < 30000; i++)
		fb_strbuf_add(&text, " allow x y\n");
	fb_strbuf_add(&text, "}\n");
	text_parse(&t, fb_strbuf_get(&text));
	cr_assert_eq(t.errors, 30000);
	cr_assert(strstr(fb_strbuf_get(&t.said), "t.fb:10001:"));
	cr_assert_null(strstr(fb_strbuf_get(&t.said), "t.fb:10002:"));
	cr_assert(strstr(fb_strbuf_get(&t.said), "\n... and 20000 more errors are not shown\n"));
	text_done(&t);
}

Test(parse, a_file_of_more_than_16_mib_is_refused)
{
	size_t n = (16 << 20) + 1;
	char *blank = malloc(n);
	struct text t;

	memset(blank, ' ', n);
	text_parse_with(&t, "t.fb", blank, n, NULL);
	cr_assert_eq(t.errors, 1);
	text_done(&t);
	free(blank);
}

/* One message, and it begins with this place. */
static void expect_place(const char *text, const char *place)
{
	struct text t;

	text_parse(&t, text);
	cr_assert_eq(t.errors, 1, "%s\n%s", text, fb_strbuf_get(&t.said));
	cr_assert_eq(strncmp(fb_strbuf_get(&t.said), place, strlen(place)), 0, "%s\nwant %s\n%s", text, place,
		     fb_strbuf_get(&t.said));
	text_done(&t);
}

Test(parse, a_string_in_the_wrong_place_is_reported_where_it_stands)
{
	expect_place("policy \"x\" language 1\n\"abc\"\n", "t.fb:2:1: error: a word at the beginning");
	expect_place("policy \"x\" language 1\n\n\n# c\n\"abc\n", "t.fb:5:1: error: unterminated string");
	expect_place("service s { tcp/1 }\nfoo \"bar\n", "t.fb:2:5: error: the quotation marks of this line");
	expect_place("zone c {\n network 10.2.0.0/16\n \"abc\n}\n", "t.fb:3:2: error: unterminated string");
	expect_place("zone c {\n network 10.2.0.0/16\n \"abc\"\n}\n", "t.fb:3:2: error: a word in a zone");
	expect_place("firebreak c -> d {\n allow any -> any tcp/1\n \"abc\"\n}\n",
		     "t.fb:3:2: error: a word in a firebreak");
	expect_place("zone \"abc\n", "t.fb:1:6: error: unterminated string");
}

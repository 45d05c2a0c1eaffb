// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

static void prints_the_same(const char *path, const struct fb_strbuf *text)
{
	fb_autostrbuf struct fb_strbuf once = { 0 }, twice = { 0 };
	struct text a, b;

	text_parse_with(&a, path, fb_strbuf_get(text), text->len, NULL);
	fb_print(&a.tree, &a.tree.files.v[0], &once);
	text_parse_clean(&b, fb_strbuf_get(&once));
	cr_assert(fb_file_equal(&a.tree.files.v[0], &b.tree.files.v[0]), "%s", path);
	fb_print(&b.tree, &b.tree.files.v[0], &twice);
	cr_assert_str_eq(fb_strbuf_get(&once), fb_strbuf_get(&twice), "%s", path);
	text_done(&a);
	text_done(&b);
}

Test(print, is_the_inverse_of_parse_for_every_policy_at_hand)
{
	text_for_each_policy(prints_the_same);
}

static void is_canonical(const char *path, const struct fb_strbuf *text)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct text t;

	if (!strstr(path, "/policies/examples/") && !strstr(path, "/policies/services/"))
		return;
	text_parse_with(&t, path, fb_strbuf_get(text), text->len, NULL);
	fb_print(&t.tree, &t.tree.files.v[0], &out);
	cr_assert_str_eq(fb_strbuf_get(&out), fb_strbuf_get(text), "%s is not as fmt prints it", path);
	text_done(&t);
}

Test(print, changes_nothing_in_the_examples_and_the_catalogue)
{
	text_for_each_policy(is_canonical);
}

Test(print, lines_stay_within_110_columns_where_they_can_be_broken)
{
	static const char *const lists[] = {
		"firebreak a -> b {\n  allow %s -> y  ssh\n  allow x -> %s  ssh\n}\n",
		"never %s -> %s\n",
		"group g { %s, %s }\n",
		"zone-group g { %s, %s }\n",
		"firebreak %s -> %s { allow x -> y ssh }\n",
		"assert %s can only reach %s\n",
		"isolate i {\n  cut %s from %s\n}\n"
	};
	fb_autostrbuf struct fb_strbuf names = { 0 };

	for (int i = 0; i < 60; i++)
		fb_strbuf_addf(&names, "%sname-%d", i ? ", " : "", i * i * i);
	for (size_t i = 0; i < FB_ARRAY_SIZE(lists); i++) {
		fb_autofree char *text = malloc(2 * names.len + 200);
		fb_autostrbuf struct fb_strbuf out = { 0 };
		struct text t;
		size_t column = 0;

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		sprintf(text, lists[i], names.s, names.s);
		text_parse_clean(&t, text);
		fb_print(&t.tree, &t.tree.files.v[0], &out);
		for (size_t k = 0; k < out.len; k++) {
			column = out.s[k] == '\n' ? 0 : column + 1;
			cr_assert_leq(column, 110, "%s", out.s);
			cr_assert(!(k && out.s[k] == '\n' && out.s[k - 1] == ' '),
				  "blank at a line's end:\n%s", out.s);
		}
		prints_the_same("lists", &out);
		text_done(&t);
	}
}

Test(print, pieces_for_messages_are_one_line)
{
	fb_autostrbuf struct fb_strbuf allow = { 0 }, from = { 0 }, services = { 0 };
	struct text t;

	text_parse_clean(&t,
			 "firebreak a -> b { allow x,\ny -> z ssh, udp/67 source-port 68 log owner \"o\" }");
	const struct fb_allow *line = &t.tree.files.v[0].stmts[0].firebreak.allows[0];

	fb_print_allow(line, &allow);
	fb_print_operands(&line->from, &from);
	fb_print_services(&line->services, &services);
	cr_assert_str_eq(fb_strbuf_get(&allow),
			 "allow x, y -> z  ssh, udp/67 source-port 68  log  owner \"o\"");
	cr_assert_str_eq(fb_strbuf_get(&from), "x, y");
	cr_assert_str_eq(fb_strbuf_get(&services), "ssh, udp/67 source-port 68");
	text_done(&t);
}

Test(equal, sees_each_difference_in_what_is_said)
{
	static const char *const texts[] = {
		"zone a { interface eth0 }",
		"zone b { interface eth0 }",
		"zone a { interface eth0 vlan 1 }",
		"zone a { interface eth0  purdue 1 }",
		"zone a { interface eth0 }\nzone b { }",
		"zone a { interface eth0 } # c",
		"# c\nzone a { interface eth0 }",
		"zone a { members shared }",
		"zone a { members isolated \"x\" }",
		"",
		"firebreak a -> b { allow x -> y ssh }",
		"firebreak a -> b { allow x -> y ssh log }",
		"firebreak a -> b { allow x -> y ssh until 2026-01-01 }",
		"firebreak a -> b { allow x -> y ssh until 2026-01-01 00:00 }",
		"firebreak a -> b {\n default log\n allow x -> y ssh\n}",
		"firebreak a -> b {\n mode enforce\n allow x -> y ssh\n}",
		"firebreak a -> b { allow x -> y tcp/22 }",
		"firebreak a -> b { allow x -> 10.0.0.1 tcp/22 }",
		"firebreak a -> b { allow x -> 10.0.0.1/32 tcp/22 }",
		"firebreak a -> b { allow x -> 10.0.0.1-10.0.0.1 tcp/22 }",
		"never a -> b",
		"never a <-> b",
		"never b -> a",
		"assert a can reach b ssh",
		"assert a cannot reach b ssh",
		"isolate i { cut a from b }",
		"isolate i { keep a with b }",
		"window w { every mon-tue 09:00-10:00 }",
		"window w { every mon, tue 09:00-10:00 }",
		"group g { tag x }",
		"group g { x }",
		"group g { vendor \"x\" }",
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(texts); i++)
		for (size_t k = 0; k < FB_ARRAY_SIZE(texts); k++) {
			struct text a, b;

			text_parse_clean(&a, texts[i]);
			text_parse_clean(&b, texts[k]);
			cr_assert_eq(fb_file_equal(&a.tree.files.v[0], &b.tree.files.v[0]), i == k, "%s\n%s",
				     texts[i], texts[k]);
			text_done(&a);
			text_done(&b);
		}
}

Test(equal, does_not_look_at_layout)
{
	struct text a, b;

	text_parse_clean(
		&a,
		"zone a { interface eth0 purdue 1 }\nfirebreak a -> b { allow x -> y ssh\n allow z->y ssh }");
	text_parse_clean(&b, "\n\nzone a {\n  purdue 1\n  interface eth0\n}\n\n\nfirebreak a ->\nb {\n\n "
			     "allow x -> y ssh\n\n allow z ->\n y ssh\n\n}\n");
	cr_assert(fb_file_equal(&a.tree.files.v[0], &b.tree.files.v[0]));
	text_done(&a);
	text_done(&b);
}

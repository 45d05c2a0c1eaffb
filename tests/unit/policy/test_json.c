// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

#include "policy/json.h"

static void round_trip(const char *path, const struct fb_strbuf *text)
{
	struct fb_tree back = { 0 };
	struct fb_error err = { 0 };
	fb_autofree char *json = NULL, *again = NULL;
	fb_autostrbuf struct fb_strbuf a = { 0 }, b = { 0 };
	struct text t;

	text_parse_with(&t, path, fb_strbuf_get(text), text->len, NULL);
	json = fb_json_export(&t.tree, &t.tree.files.v[0]);
	cr_assert_eq(fb_json_import(&back, path, json, strlen(json), &err), 0, "%s: %s", path, err.text);
	cr_assert(fb_file_equal(&t.tree.files.v[0], &back.files.v[0]), "%s", path);
	fb_print(&t.tree, &t.tree.files.v[0], &a);
	fb_print(&back, &back.files.v[0], &b);
	cr_assert_str_eq(fb_strbuf_get(&a), fb_strbuf_get(&b), "%s", path);
	fb_tree_done(&back);
	text_done(&t);
}

Test(json, tree_to_json_to_tree_is_the_same_for_every_policy_at_hand)
{
	text_for_each_policy(round_trip);
}

Test(json, fields_stand_in_the_order_of_the_grammar)
{
	static const char *const order[] = {
		"\"kind\": \"zone\"", "\"name\": \"a\"",	  "\"interface\"",   "\"vlan\": 5",
		"\"network\"",	      "\"10.0.0.0/8\"",		  "\"purdue\": 3.5", "\"owner\": \"o\"",
		"\"comments\"",	      "\"comment-behind\": true", "\"at\"",	     "\"line\": 2"
	};
	fb_autofree char *json = NULL;
	const char *s;
	struct text t;

	text_parse_clean(
		&t, "\nzone a { owner \"o\" purdue 3.5 network 10.0.0.0/8 interface eth1 vlan 5 } # c\n");
	s = json = fb_json_export(&t.tree, &t.tree.files.v[0]);
	for (size_t i = 0; i < FB_ARRAY_SIZE(order); i++) {
		s = strstr(s, order[i]);
		cr_assert(s, "%s is missing or out of order:\n%s", order[i], json);
	}
	text_done(&t);
}

#define ONE(statement) "{\"file\": \"f\", \"statements\": [" statement "]}"

Test(json, says_which_field_is_wrong)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{ "", "line 1" },
		{ "[]", "an object with a list \"statements\"" },
		{ "{\"statements\": 1}", "an object with a list \"statements\"" },
		{ "{\"statements\": [], \"x\": 1}", "x: there is no such field here" },
		{ "{\"statements\": [], \"statements\": []}", "duplicate" },
		{ ONE("1"), "statements[0]: an object is wanted" },
		{ ONE("{}"), "statements[0].kind: the kind of statement is missing" },
		{ ONE("{\"kind\": \"zoen\"}"), "statements[0].kind: there is no such statement" },
		{ ONE("{\"kind\": \"zone\"}"), "statements[0].name: this field is missing" },
		{ ONE("{\"kind\": \"zone\", \"name\": 1}"), "statements[0].name: a string is wanted" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a b\"}"),
		  "statements[0].name: the end of the string expected, found \"b\"" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"from\"}"),
		  "statements[0]: \"from\" is a reserved word" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"9\"}"), "statements[0]: \"9\" is no name" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"colour\": 1}"),
		  "statements[0].colour: there is no such field here" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"self\", \"network\": []}"),
		  "statements[0].network: there is no such field here" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"network\": \"10.0.0.0/8\"}"),
		  "statements[0].network: a list is wanted" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"network\": [\"10.0.0.0/8\", \"10.0.0.1/8\"]}"),
		  "statements[0].network[1]: 10.0.0.1/8 has host bits set" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"interface\": [{\"vlan\": 1}]}"),
		  "statements[0].interface[0].name: this field is missing" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"interface\": [{\"name\": \"e\", \"vlan\": "
		      "0}]}"),
		  "interface[0].vlan: a whole number from 1" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"interface\": [{\"name\": \"e\", \"vlan\": "
		      "9999}]}"),
		  "statements[0]: a VLAN cannot be 9999" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"purdue\": \"3\"}"),
		  "statements[0].purdue: a number is wanted" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"purdue\": -1}"),
		  "statements[0]: a purdue level cannot be -1" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"members\": \"many\"}"),
		  "statements[0].members: \"shared\" or \"isolated\"" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"owner\": \"x\\\" purdue 1 reason \\\"y\"}"),
		  "statements[0].owner: a string has no quotation mark, tab or line end in it" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"owner\": \"x\\\" }\\nnever a -> b # \"}"),
		  "statements" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"comments\": [\"x\\nzone b { }\"]}"),
		  "a comment has no line end in it" },
		{ ONE("{\"kind\": \"firebreak\", \"from\": [\"a\"], \"to\": [\"b\"], \"allow\": [{\"from\": "
		      "[\"x\"], \"to\": [\"y\"]}]}"),
		  "statements[0].allow[0].services: this field is missing" },
		{ ONE("{\"kind\": \"firebreak\", \"from\": [\"a\"], \"to\": [\"b\"], \"allow\": [{\"from\": "
		      "[\"x\"], \"to\": [\"y\"], \"services\": [\"tcp/0\"]}]}"),
		  "statements[0].allow[0].services[0]: \"0\" is no port" },
		{ ONE("{\"kind\": \"firebreak\", \"from\": [\"a\"], \"to\": [\"b\"], \"allow\": [{\"from\": "
		      "[\"x\"], \"to\": [\"y\"], \"services\": [\"ssh\"], \"until\": \"soon\"}]}"),
		  "statements[0].allow[0].until: a date expected" },
		{ ONE("{\"kind\": \"firebreak\", \"from\": [\"a\"], \"to\": [\"b\"], \"allow\": [{\"from\": "
		      "[\"x\"], \"to\": [\"y\"], \"services\": [\"ssh\"], \"limit\": {\"number\": 1}}]}"),
		  "statements[0].allow[0].limit.rate: this field is missing" },
		{ ONE("{\"kind\": \"firebreak\", \"from\": [\"any\"], \"to\": [\"b\"]}"),
		  "statements[0]: the header of a firebreak never takes \"any\"" },
		{ ONE("{\"kind\": \"assert\", \"of\": [\"a\"], \"verb\": \"may reach\", \"to\": [\"b\"]}"),
		  "statements[0].verb: \"cannot reach\"" },
		{ ONE("{\"kind\": \"never\", \"from\": [\"a\"], \"to\": [\"10.0.0.0/8\"]}"),
		  "statements[0]: an address cannot stand here" },
		{ ONE("{\"kind\": \"window\", \"name\": \"w\", \"times\": [\"often\"]}"),
		  "statements[0].times[0]: \"every\" or \"on\" expected" },
		{ ONE("{\"kind\": \"never\", \"from\": [\"a\"], \"to\": [\"b\"]}, {\"kind\": \"include\", "
		      "\"file\": \"x\"}, {\"kind\": \"zone\", \"name\": \"any\"}"),
		  "statements[2]: \"any\" is a reserved word" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a # c\"}"),
		  "statements[0].name: \"a # c\" has a comment" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a#\"}"), "statements[0].name: \"a#\" has a comment" },
		{ ONE("{\"kind\": \"zone\", \"name\": \" a\"}"), "statements[0].name: \" a\" has a comment" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a b\"}"),
		  "statements[0].name: the end of the string" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a{\"}"),
		  "statements[0].name: the end of the string" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"\\\"a\\\"\"}"),
		  "statements[0].name: one word expected" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"network\": [\"10.1.0.0/16 # x\"]}"),
		  "statements[0].network[0]: \"10.1.0.0/16 # x\" has a comment" },
		{ ONE("{\"kind\": \"never\", \"from\": [\"a\"], \"to\": [\"a # c\"]}"),
		  "statements[0].to[0]: \"a # c\" has a comment" },
		{ ONE("{\"kind\": \"never\", \"from\": [\"a\"], \"to\": [\"b\"], \"services\": [\"tcp/22 # "
		      "x\"]}"),
		  "statements[0].services[0]: \"tcp/22 # x\" has a comment" },
		{ ONE("{\"kind\": \"never\", \"from\": [\"a\"], \"to\": [\"b\"], \"services\": "
		      "[\"\\ntcp/22\"]}"),
		  "statements[0].services[0]: \"\ntcp/22\" has a comment" },
		{ ONE("{\"kind\": \"zone\", \"name\": \"a\", \"comment-behind\": 1}"),
		  "statements[0].comment-behind: true or false is wanted" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_tree tree = { 0 };
		struct fb_error err = { 0 };

		cr_assert_lt(fb_json_import(&tree, "f", cases[i].json, strlen(cases[i].json), &err), 0, "%s",
			     cases[i].json);
		cr_assert(strstr(err.text, cases[i].says), "%s\ngot:  %s\nwant: %s", cases[i].json, err.text,
			  cases[i].says);
		cr_assert_eq(strncmp(err.text, "f: ", 3), 0, "%s", err.text);
		fb_tree_done(&tree);
	}
}

Test(json, the_tree_it_gives_can_be_shown_as_text)
{
	static const char json[] =
		ONE("{\"kind\": \"zone\", \"name\": \"a\", \"at\": {\"line\": 99}, \"blank-before\": true},"
		    "{\"kind\": \"comment\", \"comments\": [\" loose\"]}, {\"kind\": \"never\", \"from\": "
		    "[\"a\"], \"to\": [\"self\"]}");
	struct fb_tree tree = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_json_import(&tree, "f.json", json, strlen(json), &err), 0, "%s", err.text);
	cr_assert_str_eq(tree.sources.files.v[0].path, "f.json");
	cr_assert_str_eq(tree.sources.files.v[0].text, "zone a { }\n# loose\n\nnever a -> self\n");
	cr_assert_eq(tree.files.v[0].stmts[2].at.line, 4);
	fb_tree_done(&tree);
}

Test(json, survives_every_truncation)
{
	fb_autofree char *json = NULL;
	struct text t;

	text_parse_clean(&t, "zone a { interface eth1 vlan 5  purdue 1 } # c\nfirebreak a -> b {\n default "
			     "log\n allow x -> y ssh limit 1 new/s per line\n}\nassert a can only reach b\n");
	json = fb_json_export(&t.tree, &t.tree.files.v[0]);
	for (size_t n = 0; n < strlen(json); n++) {
		struct fb_tree tree = { 0 };
		struct fb_error err = { 0 };

		cr_assert(fb_json_import(&tree, "f", json, n, &err) < 0 || n + 1 >= strlen(json));
		fb_tree_done(&tree);
	}
	text_done(&t);
}

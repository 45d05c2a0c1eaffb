// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/session.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/session.h"

enum { WORDS_MAX = 16 };

struct line {
	char text[256];
	char *argv[WORDS_MAX];
	int argc;
	struct fb_call call;
	struct fb_error err;
	int result;
};

/* Reads "check -j a.fb" as the shell would hand it over. */
static struct line *read_line(const char *text)
{
	static struct line l;
	char *save;

	l = (struct line){ 0 };
	snprintf(l.text, sizeof(l.text), "firebreak %s", text);
	for (char *w = strtok_r(l.text, " ", &save); w && l.argc < WORDS_MAX; w = strtok_r(NULL, " ", &save))
		l.argv[l.argc++] = w;
	l.result = fb_call_read(fb_commands, l.argc, l.argv, &l.call, &l.err);
	return &l;
}

Test(cli_command, reads_options_anywhere_on_the_line)
{
	static const char *const same[] = {
		"explain a b tcp/22 --expect deny -j --socket /s",
		"explain --expect=deny -j a b --socket=/s tcp/22",
		"--socket /s -j explain -e deny a b tcp/22",
		"explain -edeny a b tcp/22 --json --socket /s",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const struct line *l = read_line(same[i]);

		cr_assert_eq(l->result, 0, "%s: %s", same[i], l->err.text);
		cr_assert_str_eq(l->call.command->name, "explain");
		cr_assert_str_eq(fb_call_option(&l->call, "expect"), "deny", "%s", same[i]);
		cr_assert_null(fb_call_option(&l->call, "at"));
		cr_assert(l->call.json);
		cr_assert_str_eq(l->call.socket, "/s");
		cr_assert_eq(l->call.n_args, 3);
		cr_assert_str_eq(l->call.args[2], "tcp/22");
	}
}

Test(cli_command, after_two_dashes_all_are_arguments)
{
	const struct line *l = read_line("check -- -j --odd.fb");

	cr_assert_eq(l->result, 0, "%s", l->err.text);
	cr_assert_not(l->call.json);
	cr_assert_eq(l->call.n_args, 2);
	cr_assert_str_eq(l->call.args[1], "--odd.fb");
}

Test(cli_command, a_single_dash_is_the_standard_input)
{
	const struct line *l = read_line("check -");

	cr_assert_eq(l->result, 0);
	cr_assert_str_eq(l->call.args[0], "-");
}

Test(cli_command, says_what_was_mistyped)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "chekc x.fb", "no verb \"chekc\": did you mean \"check\"?" },
		{ "statsu", "did you mean \"status\"?" },
		{ "xyzzy", "no verb \"xyzzy\": \"firebreak help\" lists them" },
		{ "capture 3", "\"capture\" is not in this version" },
		{ "import", "import needs FILE" },
		{ "status now", "status takes no argument, but got \"now\"" },
		{ "apply a.fb b.fb", "apply takes FILE, and \"b.fb\" is one too many" },
		{ "explain a b", "explain needs FROM TO SERVICE" },
		{ "apply --reson x a.fb", "apply has no option \"--reson\": did you mean \"--reason\"?" },
		{ "apply --reason", "--reason needs TEXT" },
		{ "apply --reason= a.fb", "--reason needs TEXT, not an empty word" },
		{ "apply --reason=caf\xe9 a.fb", "--reason is not UTF-8 text" },
		{ "apply --reason=\xc0\xaf a.fb", "--reason is not UTF-8 text" },
		{ "apply --reason=\xed\xa0\x80 a.fb", "--reason is not UTF-8 text" },
		{ "check --stats=yes a.fb", "--stats takes no value" },
		{ "check -x a.fb", "check has no option \"-x\"" },
		{ "fmt -wc a.fb", "write \"-wc\" as separate options" },
		{ "fmt -j a.fb", "fmt has no option \"-j\"" },
		{ "-j fmt a.fb", "fmt has no JSON form" },
		{ "matrix corp -", "a pair is two words, without an arrow" },
		{ "matrix corp -> dmz", "a pair is two words, without an arrow" },
		{ "--bogus", "firebreak has no option \"--bogus\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct line *l = read_line(cases[i].line);

		cr_assert_lt(l->result, 0, "%s was accepted", cases[i].line);
		cr_assert(strstr(l->err.text, cases[i].says), "%s: \"%s\" lacks \"%s\"", cases[i].line,
			  l->err.text, cases[i].says);
	}
}

Test(cli_command, help_needs_no_arguments)
{
	const struct line *l = read_line("explain --help");

	cr_assert_eq(l->result, 0, "%s", l->err.text);
	cr_assert(l->call.help);
}

Test(cli_command, no_verb_is_no_command)
{
	const struct line *l = read_line("");

	cr_assert_eq(l->result, 0);
	cr_assert_null(l->call.command);
}

Test(cli_command, the_table_is_sound)
{
	for (const struct fb_command *c = fb_commands; c->name; c++) {
		cr_assert(c->run && c->summary && c->family && c->args, "%s", c->name);
		cr_assert_leq(c->min_args, c->max_args, "%s", c->name);
		cr_assert_eq(c->args[0] != 0, c->max_args != 0, "%s: says \"%s\" and takes %u", c->name,
			     c->args, c->max_args);
		for (size_t i = 0; fb_commands_later[i]; i++)
			cr_assert_str_neq(c->name, fb_commands_later[i]);
		for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
			for (size_t k = 0; k < i; k++) {
				cr_assert_str_neq(c->options[i].name, c->options[k].name);
				cr_assert(!c->options[i].letter ||
						  c->options[i].letter != c->options[k].letter,
					  "%s -%c twice", c->name, c->options[i].letter);
			}
	}
}

Test(cli_command, every_look_ask_and_prove_verb_speaks_json)
{
	for (const struct fb_command *c = fb_commands; c->name; c++)
		if (!strcmp(c->family, "look") || !strcmp(c->family, "ask") || !strcmp(c->family, "prove"))
			cr_assert(c->json, "%s", c->name);
}

Test(cli_command, usage_and_completion_cover_every_verb)
{
	FB_CLEANUP(fb_strbuf_done) struct fb_strbuf usage = { 0 }, bash = { 0 }, zsh = { 0 };

	fb_command_overview(fb_commands, 80, &usage);
	cr_assert(fb_command_completion(fb_commands, "bash", &bash));
	cr_assert(fb_command_completion(fb_commands, "zsh", &zsh));
	for (const struct fb_command *c = fb_commands; c->name; c++) {
		char word[64];

		snprintf(word, sizeof(word), "\n  %s ", c->name);
		cr_assert(strstr(usage.s, word), "usage lacks %s", c->name);
		snprintf(word, sizeof(word), "\t%s) options=", c->name);
		cr_assert(strstr(bash.s, word), "bash lacks %s", c->name);
		snprintf(word, sizeof(word), "\t%s) _arguments", c->name);
		cr_assert(strstr(zsh.s, word), "zsh lacks %s", c->name);
		for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++) {
			snprintf(word, sizeof(word), "--%s", c->options[i].name);
			cr_assert(strstr(bash.s, word), "bash lacks %s %s", c->name, word);
			cr_assert(strstr(zsh.s, word), "zsh lacks %s %s", c->name, word);
		}
	}
	for (size_t i = 0; fb_commands_later[i]; i++) {
		char word[64];

		snprintf(word, sizeof(word), "\n  %s ", fb_commands_later[i]);
		cr_assert_null(strstr(usage.s, word), "usage offers %s", fb_commands_later[i]);
	}
}

Test(cli_command, completion_knows_no_other_shell)
{
	FB_CLEANUP(fb_strbuf_done) struct fb_strbuf out = { 0 };

	cr_assert_not(fb_command_completion(fb_commands, "fish", &out));
}

Test(cli_command, usage_fits_a_narrow_terminal)
{
	for (unsigned int width = 40; width <= 120; width += 20) {
		FB_CLEANUP(fb_strbuf_done) struct fb_strbuf out = { 0 };

		fb_command_overview(fb_commands, width, &out);
		for (const char *line = out.s; *line;) {
			size_t n = strcspn(line, "\n");

			cr_assert_leq(n, width, "%.*s", (int)n, line);
			line += n + (line[n] == '\n');
		}
	}
}

Test(cli_command, an_optional_value_takes_no_other_word)
{
	const struct line *l = read_line("apply --confirm a.fb");

	cr_assert_eq(l->result, 0, "%s", l->err.text);
	cr_assert_str_eq(fb_call_option(&l->call, "confirm"), "");
	cr_assert_eq(l->call.n_args, 1);
	l = read_line("apply a.fb --confirm=10s");
	cr_assert_str_eq(fb_call_option(&l->call, "confirm"), "10s");
	l = read_line("apply a.fb --confirm=");
	cr_assert_eq(l->result, -EINVAL);
}

Test(cli_change, reads_durations)
{
	static const struct {
		const char *text;
		unsigned int wanted; /* 0 = refused */
	} cases[] = { { "90", 0 },     { "90s", 90 },  { "5min", 300 }, { "5m", 300 },	    { "2h", 7200 },
		      { "1d", 86400 }, { "0", 0 },     { "", 0 },	{ "-1", 0 },	    { "s", 0 },
		      { "5 min", 0 },  { "5mins", 0 }, { "1.5h", 0 },	{ "99999999h", 0 }, { "9s", 0 },
		      { "2d", 0 },     { "0h", 0 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_error err = { 0 };
		unsigned int seconds = 0;
		int r = fb_duration_read(cases[i].text, 10, 86400, &seconds, &err);

		cr_assert_eq(r, cases[i].wanted ? 0 : -EINVAL, "\"%s\"", cases[i].text);
		cr_assert_eq(seconds, cases[i].wanted, "\"%s\": %u", cases[i].text, seconds);
	}
}

Test(cli_session, is_what_ssh_says_and_empty_means_none)
{
	char buf[160];
	json_t *json;

	setenv("SSH_CONNECTION", "10.99.0.10 50122 10.99.0.1 22", 1);
	json = fb_session_json();
	cr_assert_str_eq(json_string_value(json_object_get(json, "from")), "10.99.0.10");
	cr_assert_eq(json_integer_value(json_object_get(json, "to_port")), 22);
	json_decref(json);
	setenv("SSH_CONNECTION", "fe80::1%eth0 50122 fe80::2%eth0 22", 1);
	json = fb_session_json();
	cr_assert_str_eq(json_string_value(json_object_get(json, "from")), "fe80::1");
	json_decref(json);
	setenv("SSH_CONNECTION", "", 1);
	cr_assert_not(fb_session_find(buf, sizeof(buf)));
	cr_assert_null(fb_session_json());
}

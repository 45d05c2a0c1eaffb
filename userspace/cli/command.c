// SPDX-License-Identifier: GPL-2.0-only
#include "cli/command.h"

#include <errno.h>
#include <string.h>

#include "policy/diag.h"
#include "policy/lex.h"

const struct fb_option fb_option_json = { "json", 'j', NULL, "print JSON" };
const struct fb_option fb_option_socket = { "socket", 0, "PATH", "the agent's control socket" };
const struct fb_option fb_option_help = { "help", 'h', NULL, "say what this verb takes" };

const struct fb_command *fb_command_find(const struct fb_command *commands, const char *name)
{
	for (const struct fb_command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

const char *fb_call_option(const struct fb_call *call, const char *name)
{
	for (size_t i = 0; i < FB_OPTIONS_MAX && call->command->options[i].name; i++)
		if (!strcmp(call->command->options[i].name, name))
			return call->values[i];
	return NULL;
}

static int unknown_verb(const struct fb_command *commands, const char *word, struct fb_error *err)
{
	const char *names[64];
	size_t n = 0;

	for (size_t i = 0; fb_commands_later[i]; i++)
		if (!strcmp(word, fb_commands_later[i]))
			return fb_error_set(err, -EINVAL, "\"%s\" is not in this version", word);
	for (const struct fb_command *c = commands; c->name && n < 64; c++)
		names[n++] = c->name;

	const char *near = fb_suggest(word, names, n);

	if (near)
		return fb_error_set(err, -EINVAL, "no verb \"%s\": did you mean \"%s\"?", word, near);
	return fb_error_set(err, -EINVAL, "no verb \"%s\": \"firebreak help\" lists them", word);
}

/* Where the value of an option goes. */
struct slot {
	const struct fb_option *option;
	const char **value;
	bool *flag;
};

/* All options that are valid here: those of every verb, then, once the verb is known, its own. */
static size_t slots(struct fb_call *call, struct slot *out)
{
	const struct fb_command *c = call->command;
	size_t n = 0;

	out[n++] = (struct slot){ .option = &fb_option_help, .flag = &call->help };
	if (!c || c->json)
		out[n++] = (struct slot){ .option = &fb_option_json, .flag = &call->json };
	if (!c || c->live)
		out[n++] = (struct slot){ .option = &fb_option_socket, .value = &call->socket };
	for (size_t i = 0; c && i < FB_OPTIONS_MAX && c->options[i].name; i++)
		out[n++] = (struct slot){ .option = &c->options[i], .value = &call->values[i] };
	return n;
}

static int unknown_option(const struct fb_call *call, const char *word, size_t len, const struct slot *s,
			  size_t n, struct fb_error *err)
{
	const char *verb = call->command ? call->command->name : "firebreak";
	const char *names[FB_OPTIONS_MAX + 3];
	char name[64];

	if (len > sizeof(name) - 1)
		len = sizeof(name) - 1;
	memcpy(name, word, len);
	name[len] = 0;
	for (size_t i = 0; i < n; i++)
		names[i] = s[i].option->name;

	const char *near = fb_suggest(name, names, n);

	if (near)
		return fb_error_set(err, -EINVAL, "%s has no option \"--%s\": did you mean \"--%s\"?", verb,
				    name, near);
	return fb_error_set(err, -EINVAL, "%s has no option \"--%s\"", verb, name);
}

/* What goes into the audit log: no request carries anything else. */
static bool is_text(const char *value)
{
	unsigned int cp;

	for (size_t left = strlen(value), n; left; value += n, left -= n) {
		n = fb_utf8_decode(value, left, &cp);
		if (!n)
			return false;
	}
	return true;
}

/* Takes one option at argv[*i], and its value, which may be the next word. */
static int read_option(struct fb_call *call, int argc, char **argv, int *i, struct fb_error *err)
{
	struct slot s[FB_OPTIONS_MAX + 3];
	size_t n = slots(call, s);
	const char *word = argv[*i];
	bool is_long = word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	const char *equals = is_long ? strchr(name, '=') : NULL;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct slot *hit = NULL;

	for (size_t k = 0; k < n && !hit; k++)
		if (is_long ? strlen(s[k].option->name) == len && !memcmp(s[k].option->name, name, len)
			    : s[k].option->letter && s[k].option->letter == name[0])
			hit = &s[k];
	if (!hit && is_long)
		return unknown_option(call, name, len, s, n, err);
	if (!hit)
		return fb_error_set(err, -EINVAL, "%s has no option \"-%c\"",
				    call->command ? call->command->name : "firebreak", name[0]);
	if (!hit->option->value) {
		if (equals)
			return fb_error_set(err, -EINVAL, "--%s takes no value", hit->option->name);
		if (!is_long && name[1])
			return fb_error_set(err, -EINVAL, "write \"%s\" as separate options", word);
		if (hit->flag)
			*hit->flag = true;
		else
			*hit->value = "";
		return 0;
	}
	if (!equals && hit->option->value[0] == '[') {
		*hit->value = "";
		return 0;
	}
	if (equals)
		*hit->value = equals + 1;
	else if (!is_long && name[1])
		*hit->value = name + 1;
	else if (*i + 1 < argc)
		*hit->value = argv[++*i];
	else
		return fb_error_set(err, -EINVAL, "--%s needs %s", hit->option->name, hit->option->value);
	if (!**hit->value)
		return fb_error_set(err, -EINVAL, "--%s needs %s, not an empty word", hit->option->name,
				    hit->option->value);
	if (!strcmp(hit->option->name, "reason") && !is_text(*hit->value))
		return fb_error_set(err, -EINVAL, "--reason is not UTF-8 text");
	return 0;
}

static int check_count(const struct fb_call *call, struct fb_error *err)
{
	const struct fb_command *c = call->command;

	if (!c || call->help)
		return 0;
	/* Of "a -> b" the shell has taken the > b and made a file b; only the dash arrives here. */
	for (unsigned int i = 0; i < call->n_args && strstr(c->args, "FROM TO"); i++)
		if (!strcmp(call->args[i], "-") || !strcmp(call->args[i], "->"))
			return fb_error_set(
				err, -EINVAL, "a pair is two words, without an arrow: firebreak %s %s%s",
				c->name, c->args,
				call->args[i][1] ? "" : " (the shell may have made a file of the arrow)");
	if (call->n_args >= c->min_args && call->n_args <= c->max_args)
		return 0;
	if (call->n_args < c->min_args)
		return fb_error_set(err, -EINVAL, "%s needs %s", c->name, c->args);
	if (!c->max_args)
		return fb_error_set(err, -EINVAL, "%s takes no argument, but got \"%s\"", c->name,
				    call->args[0]);
	for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
		if (call->values[i] && !*call->values[i] && c->options[i].value)
			return fb_error_set(err, -EINVAL,
					    "%s takes %s, and \"%s\" is one too many (a time is written "
					    "--%s=%s)",
					    c->name, c->args, call->args[c->max_args], c->options[i].name,
					    call->args[c->max_args]);
	return fb_error_set(err, -EINVAL, "%s takes %s, and \"%s\" is one too many", c->name, c->args,
			    call->args[c->max_args]);
}

int fb_call_read(const struct fb_command *commands, int argc, char **argv, struct fb_call *ret,
		 struct fb_error *err)
{
	struct fb_call call = { .args = argv };
	bool options = true;

	for (int i = 1; i < argc; i++) {
		char *word = argv[i];

		if (options && !strcmp(word, "--")) {
			options = false;
		} else if (options && word[0] == '-' && word[1] && strcmp(word, "->") != 0) {
			if (!call.command && !strcmp(word, "--version")) {
				call.command = fb_command_find(commands, "version");
				continue;
			}
			int r = read_option(&call, argc, argv, &i, err);

			if (r < 0) {
				*ret = call;
				return r;
			}
		} else if (!call.command) {
			call.command = fb_command_find(commands, word);
			if (!call.command)
				return unknown_verb(commands, word, err);
		} else {
			call.args[call.n_args++] = word;
		}
	}
	*ret = call;
	if (call.command && call.json && !call.command->json)
		return fb_error_set(err, -EINVAL, "%s has no JSON form", call.command->name);
	return check_count(&call, err);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion scripts, written from the table of verbs. What may follow is decided by the word in the table: FILE and PATH
 * complete files, "allow|deny" completes these words, anything else (names of a policy) completes nothing.
 */
#include "cli/command.h"

#include <ctype.h>
#include <string.h>

static bool takes_file(const char *spec)
{
	return spec && (strstr(spec, "FILE") || !strcmp(spec, "PATH"));
}

/* The words that are typed as they stand: "add|replace|remove NAME" -> "add replace remove", "[verify]" -> "verify". */
static void add_words(const char *spec, struct fb_strbuf *out)
{
	static const char parts[] = "[]|= ";
	bool any = false;

	for (size_t n; spec && *spec; spec += n ? n : 1) {
		n = strcspn(spec, parts);
		if (!n || strspn(spec, "abcdefghijklmnopqrstuvwxyz0123456789-") < n)
			continue;
		fb_strbuf_addf(out, "%s%.*s", any ? " " : "", (int)n, spec);
		any = true;
	}
}

static void add_verbs(const struct fb_command *commands, struct fb_strbuf *out)
{
	for (const struct fb_command *c = commands; c->name; c++)
		fb_strbuf_addf(out, "%s%s", c == commands ? "" : " ", c->name);
}

static void add_option_words(const struct fb_command *c, struct fb_strbuf *out)
{
	for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
		fb_strbuf_addf(out, "--%s ", c->options[i].name);
	if (c->json)
		fb_strbuf_add(out, "--json ");
	if (c->live)
		fb_strbuf_add(out, "--socket ");
	fb_strbuf_add(out, "--help");
}

static void bash_option_value(const struct fb_command *c, const struct fb_option *o, struct fb_strbuf *out)
{
	if (!o->value || o->value[0] == '[')
		return;
	fb_strbuf_addf(out, "\t%s:--%s) ", c->name, o->name);
	if (takes_file(o->value)) {
		fb_strbuf_add(out, "COMPREPLY=($(compgen -f -- \"$cur\"))");
	} else {
		fb_strbuf_add(out, "COMPREPLY=($(compgen -W \"");
		add_words(o->value, out);
		fb_strbuf_add(out, "\" -- \"$cur\"))");
	}
	fb_strbuf_add(out, "; return ;;\n");
}

static void bash(const struct fb_command *commands, struct fb_strbuf *out)
{
	fb_strbuf_add(out, "# bash completion for firebreak; written by \"firebreak completion bash\"\n"
			   "_firebreak() {\n"
			   "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= i\n"
			   "\tCOMPREPLY=()\n"
			   "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			   "\t\tcase ${COMP_WORDS[i]} in --socket) ((i++)) ;; -*) ;; *) "
			   "verb=${COMP_WORDS[i]}; break ;; esac\n"
			   "\tdone\n"
			   "\tif [[ -z $verb && $prev == --socket ]]; then\n"
			   "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\treturn\n\tfi\n"
			   "\tif [[ -z $verb && $cur == -* ]]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"--socket --help --version\" -- \"$cur\"))\n"
			   "\t\treturn\n\tfi\n"
			   "\tif [[ -z $verb ]]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"");
	add_verbs(commands, out);
	fb_strbuf_add(out, "\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $verb:$prev in\n"
			   "\t*:--socket) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
	for (const struct fb_command *c = commands; c->name; c++)
		for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
			bash_option_value(c, &c->options[i], out);
	fb_strbuf_add(out, "\tesac\n\tlocal options= words= files=\n\tcase $verb in\n");
	for (const struct fb_command *c = commands; c->name; c++) {
		fb_strbuf_addf(out, "\t%s) options=\"", c->name);
		add_option_words(c, out);
		fb_strbuf_add(out, "\" words=\"");
		if (!strcmp(c->args, "[VERB]"))
			add_verbs(commands, out);
		else
			add_words(c->args, out);
		fb_strbuf_addf(out, "\" files=%s ;;\n", takes_file(c->args) ? "1" : "");
	}
	fb_strbuf_add(out, "\tesac\n"
			   "\tif [[ $cur == -* ]]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
			   "\telif [[ -n $files ]]; then\n"
			   "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
			   "\telse\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
			   "\tfi\n"
			   "}\n"
			   "complete -o filenames -F _firebreak firebreak\n");
}

/* A text inside of '...' and of _arguments' [...] and :: */
static void add_quoted(const char *s, struct fb_strbuf *out)
{
	for (; *s; s++) {
		if (*s == '\'')
			fb_strbuf_add(out, "'\\''");
		else if (strchr("[]:", *s))
			fb_strbuf_addf(out, "\\%c", *s);
		else
			fb_strbuf_addc(out, *s);
	}
}

static void zsh_value(const char *value, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf words = { 0 };

	fb_strbuf_addc(out, ':');
	add_quoted(value, out);
	fb_strbuf_addc(out, ':');
	add_words(value, &words);
	if (takes_file(value))
		fb_strbuf_add(out, "_files");
	else if (words.len)
		fb_strbuf_addf(out, "(%s)", fb_strbuf_get(&words));
}

static void zsh_option(const struct fb_option *o, struct fb_strbuf *out)
{
	fb_strbuf_addf(out, " '--%s%s[", o->name, o->value && o->value[0] == '[' ? "=-" : "");
	add_quoted(o->help, out);
	fb_strbuf_addc(out, ']');
	if (o->value)
		zsh_value(o->value[0] == '[' ? ":DURATION" : o->value, out);
	fb_strbuf_addc(out, '\'');
}

static void zsh(const struct fb_command *commands, struct fb_strbuf *out)
{
	fb_strbuf_add(out, "#compdef firebreak\n# zsh completion for firebreak; written by \"firebreak "
			   "completion zsh\"\n"
			   "_firebreak() {\n\tlocal -a verbs\n\tlocal context state state_descr line\n"
			   "\ttypeset -A opt_args\n\tverbs=(\n");
	for (const struct fb_command *c = commands; c->name; c++) {
		fb_strbuf_addf(out, "\t\t'%s:", c->name);
		add_quoted(c->summary, out);
		fb_strbuf_add(out, "'\n");
	}
	fb_strbuf_add(out,
		      "\t)\n\t_arguments -C '--socket[the agent'\\''s control socket]:PATH:_files' '1: "
		      ":->verb' '*:: :->rest'\n"
		      "\tcase $state in\n\tverb) _describe verb verbs ;;\n\trest)\n\t\tcase $words[1] in\n");
	for (const struct fb_command *c = commands; c->name; c++) {
		fb_strbuf_addf(out, "\t\t%s) _arguments", c->name);
		for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
			zsh_option(&c->options[i], out);
		if (c->json)
			zsh_option(&fb_option_json, out);
		if (c->live)
			zsh_option(&fb_option_socket, out);
		zsh_option(&fb_option_help, out);
		if (!strcmp(c->args, "[VERB]"))
			fb_strbuf_add(out, " '*:verb:($verbs[@]%%:*)'");
		else if (takes_file(c->args) || islower((unsigned char)c->args[0]) ||
			 (c->args[0] && islower((unsigned char)c->args[1]))) {
			fb_strbuf_add(out, " '*");
			zsh_value(c->args, out);
			fb_strbuf_addc(out, '\'');
		}
		fb_strbuf_add(out, " ;;\n");
	}
	fb_strbuf_add(out, "\t\tesac ;;\n\tesac\n}\n_firebreak \"$@\"\n");
}

bool fb_command_completion(const struct fb_command *commands, const char *shell, struct fb_strbuf *out)
{
	if (!strcmp(shell, "bash"))
		bash(commands, out);
	else if (!strcmp(shell, "zsh"))
		zsh(commands, out);
	else
		return false;
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Usage and help, printed from the table of verbs. */
#include "cli/command.h"

#include <string.h>

#include "cli/output.h"

static void add_option(const struct fb_option *o, struct fb_strbuf *out)
{
	if (o->letter && !o->value)
		fb_strbuf_addf(out, " [-%c]", o->letter);
	else if (o->value)
		fb_strbuf_addf(out, " [--%s%s%s]", o->name, o->value[0] == '[' ? "" : " ", o->value);
	else
		fb_strbuf_addf(out, " [--%s]", o->name);
}

void fb_command_usage(const struct fb_command *c, struct fb_strbuf *out)
{
	fb_strbuf_addf(out, "firebreak %s", c->name);
	for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
		add_option(&c->options[i], out);
	if (c->json)
		add_option(&fb_option_json, out);
	if (c->args[0])
		fb_strbuf_addf(out, " %s", c->args);
}

void fb_command_overview(const struct fb_command *commands, unsigned int width, struct fb_strbuf *out)
{
	/* Names in one column, what it is for in the next; the arguments are in `help VERB`. */
	enum { INDENT = 14 };
	const char *family = "";

	fb_text_wrap(out, "usage: firebreak VERB [OPTION...] [ARGUMENT...]", 0, 7, width);
	for (const struct fb_command *c = commands; c->name; c++) {
		if (strcmp(family, c->family))
			fb_strbuf_addf(out, "\n%s\n", c->family);
		family = c->family;
		fb_strbuf_addf(out, "  %-*s", INDENT - 2, c->name);
		fb_text_wrap(out, c->summary, INDENT, INDENT, width);
	}
	fb_strbuf_addc(out, '\n');
	fb_text_wrap(out,
		     "\"firebreak help VERB\" says what a verb takes; firebreak(8) is the manual, "
		     "firebreak-policy(5) the "
		     "language.",
		     0, 0, width);
	fb_text_wrap(out,
		     "Used to another firewall? \"show firewall\" is rules, \"show conntrack table\" is "
		     "flows, \"compare\" is plan, \"commit-confirm\" is apply --confirm.",
		     0, 0, width);
}

static void add_option_help(const struct fb_option *o, unsigned int width, struct fb_strbuf *out)
{
	enum { INDENT = 24 };
	size_t start = out->len;

	fb_strbuf_addc(out, ' ');
	fb_strbuf_addc(out, ' ');
	if (o->letter)
		fb_strbuf_addf(out, "-%c, ", o->letter);
	fb_strbuf_addf(out, "--%s", o->name);
	if (o->value)
		fb_strbuf_addf(out, "%s%s", o->value[0] == '[' ? "" : " ", o->value);

	size_t used = out->len - start;

	if (used + 2 > INDENT) {
		fb_strbuf_addf(out, "\n%*s", INDENT, "");
	} else {
		fb_strbuf_addf(out, "%*s", (int)(INDENT - used), "");
	}
	fb_text_wrap(out, o->help, INDENT, INDENT, width);
}

void fb_command_help(const struct fb_command *c, unsigned int width, struct fb_strbuf *out)
{
	fb_autostrbuf struct fb_strbuf usage = { 0 };

	fb_strbuf_add(&usage, "usage: ");
	fb_command_usage(c, &usage);
	fb_text_wrap(out, fb_strbuf_get(&usage), 0, 7, width);
	fb_text_wrap(out, c->summary, 0, 0, width);
	fb_strbuf_addc(out, '\n');
	for (size_t i = 0; i < FB_OPTIONS_MAX && c->options[i].name; i++)
		add_option_help(&c->options[i], width, out);
	if (c->json)
		add_option_help(&fb_option_json, width, out);
	if (c->live)
		add_option_help(&fb_option_socket, width, out);
	add_option_help(&fb_option_help, width, out);
}

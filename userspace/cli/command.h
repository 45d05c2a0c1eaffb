/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a verb is, and what was typed. One table (verbs.c) says all there is to know about the verbs: usage, help,
 * completion and the reading of the command line come from it, so they cannot disagree.
 */
#ifndef FB_CLI_COMMAND_H
#define FB_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

enum fb_exit {
	FB_EXIT_OK = 0,
	FB_EXIT_POLICY = 1, /* the policy or an expectation is wrong */
	FB_EXIT_USAGE = 2,
	FB_EXIT_HOST = 3,    /* no agent, no privilege, no such file */
	FB_EXIT_CHANGES = 4, /* plan found some */
	FB_EXIT_REFUSED = 5, /* the agent said no */
};

struct fb_option {
	const char *name;  /* without the dashes */
	char letter;	   /* 0 = none */
	const char *value; /* "FILE", "allow|deny"; "[=TIME]" may be left out; NULL = a switch */
	const char *help;
};

enum { FB_OPTIONS_MAX = 12 };

struct fb_call;
struct fb_command {
	const char *name;
	const char *family; /* write, look, ask, prove, other */
	const char *args;   /* "FROM TO SERVICE"; FILE and words with '|' are completed */
	unsigned int min_args, max_args;
	bool json;	/* takes -j */
	bool live;	/* takes --socket */
	bool tells_cut; /* what is cut stands in its text, and need not be said before */
	const char *summary;
	struct fb_option options[FB_OPTIONS_MAX]; /* ended by a NULL name */
	int (*run)(const struct fb_call *call);	  /* an enum fb_exit */
};

/* One command line, read. Everything points into argv. */
struct fb_call {
	const struct fb_command *command;
	const char
		*values[FB_OPTIONS_MAX]; /* by place in command->options; "" for a switch, NULL = not given */
	const char *socket;		 /* NULL = the default */
	bool json, help;
	char **args;
	unsigned int n_args;
};

/* verbs.c. The list ends with a NULL name. */
extern const struct fb_command fb_commands[];
/* Verbs of the design that this version does not have. Ends with NULL. */
extern const char *const fb_commands_later[];
/* The options that most verbs share; they are in fb_commands only as `json` and `live`. */
extern const struct fb_option fb_option_json, fb_option_socket, fb_option_help;

const struct fb_command *fb_command_find(const struct fb_command *commands, const char *name);

/*
 * Reads argv[1..]. argv is reordered: the arguments come first in call->args. Returns 0, or -EINVAL with a sentence that
 * says what was mistyped and what may have been meant. call->command stays NULL if no verb was given.
 */
int fb_call_read(const struct fb_command *commands, int argc, char **argv, struct fb_call *ret,
		 struct fb_error *err);
/* The value of an option of this verb, "" for a switch that is on, NULL if not given. */
const char *fb_call_option(const struct fb_call *call, const char *name);

/* "firebreak check [--stats] [-j] FILE...". */
void fb_command_usage(const struct fb_command *command, struct fb_strbuf *out);
/* Usage of everything, or all about one verb. width 0 = unlimited. */
void fb_command_overview(const struct fb_command *commands, unsigned int width, struct fb_strbuf *out);
void fb_command_help(const struct fb_command *command, unsigned int width, struct fb_strbuf *out);
/* The script for "bash" or "zsh"; false = another shell. */
bool fb_command_completion(const struct fb_command *commands, const char *shell, struct fb_strbuf *out);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/patience.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static char line[64];
static size_t line_len;
static volatile sig_atomic_t next_in = 1;

/* Whole lines and no cursor movements: what the verb itself prints may come at any moment. */
static void on_alarm(int number)
{
	int kept = errno;
	ssize_t ignored = write(STDERR_FILENO, line, line_len);

	(void)number;
	(void)ignored;
	/* Not for ever: each one begins the wait for an answer anew, which has a bound (ctl/client.c). */
	if (next_in <= 8)
		alarm((unsigned int)next_in);
	next_in = next_in * 2;
	errno = kept;
}

void fb_patience_begin(const char *verb)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	if (!isatty(STDERR_FILENO))
		return;
	line_len = (size_t)snprintf(line, sizeof(line), "firebreak: %.16s: still working\n", verb);
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
}

void fb_patience_end(void)
{
	alarm(0);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/patience.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static char line[64];
static size_t line_len;
static const char agent[] = "firebreak: still waiting for the agent\n";
static volatile sig_atomic_t next_in = 1, at_terminal, asking;
static bool ended, lost;

/* Whole lines and no cursor movements: what the verb itself prints may come at any moment. */
static void on_alarm(int number)
{
	int kept = errno;
	ssize_t ignored = asking ? write(STDERR_FILENO, agent, sizeof(agent) - 1)
				 : write(STDERR_FILENO, line, line_len);

	(void)number;
	(void)ignored;
	/* Not for ever: by then the wait for an answer is over, too (ctl/client.c). */
	if (at_terminal && next_in <= 8)
		alarm((unsigned int)next_in);
	next_in = next_in * 2;
	errno = kept;
}

static void catch_alarms(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
}

void fb_patience_begin(const char *verb)
{
	at_terminal = isatty(STDERR_FILENO);
	if (!at_terminal)
		return;
	line_len = (size_t)snprintf(line, sizeof(line), "firebreak: %.16s: still working\n", verb);
	catch_alarms();
	alarm(1);
}

void fb_patience_end(void)
{
	ended = true;
	alarm(0);
}

void fb_patience_lose(void)
{
	lost = !ended;
}

bool fb_patience_is_lost(void)
{
	return lost;
}

void fb_patience_ask(bool waiting)
{
	asking = waiting;
	if (at_terminal || next_in > 1)
		return;
	if (waiting)
		catch_alarms();
	alarm(waiting);
}

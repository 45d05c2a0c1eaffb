// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/patience.h"

static bool asks;

/* Of a process whose stderr is fd: what it says in so many seconds of work. */
static void work(int fd, unsigned int seconds)
{
	dup2(fd, STDERR_FILENO);
	fb_patience_begin("apply");
	if (asks)
		fb_patience_ask(true);
	while (seconds) /* a signal cuts a sleep short */
		seconds = sleep(seconds);
	_exit(0);
}

static void what_is_said(int reader, int writer, unsigned int seconds, char *buf, size_t size)
{
	pid_t child = fork();
	ssize_t n;
	size_t len = 0;

	if (!child)
		work(writer, seconds);
	close(writer);
	while (len + 1 < size && (n = read(reader, buf + len, size - len - 1)) > 0)
		len += (size_t)n;
	buf[len] = 0;
	close(reader);
	waitpid(child, NULL, 0);
}

Test(patience, tells_a_terminal_after_a_second_and_a_pipe_nothing)
{
	char said[256];
	int reader, writer, ends[2];

	cr_assert_eq(openpty(&reader, &writer, NULL, NULL, NULL), 0);
	what_is_said(reader, writer, 2, said, sizeof(said));
	cr_assert(strstr(said, "firebreak: apply: still working"), "%s", said);
	cr_assert_eq(pipe(ends), 0);
	what_is_said(ends[0], ends[1], 2, said, sizeof(said));
	cr_assert_str_empty(said);
}

/* A stopped agent answers nobody. */
Test(patience, an_agent_that_does_not_answer_is_told_of_on_a_pipe_once)
{
	static const char line[] = "firebreak: still waiting for the agent\n";
	char said[256];
	int reader, writer, ends[2];

	asks = true;
	cr_assert_eq(pipe(ends), 0);
	what_is_said(ends[0], ends[1], 3, said, sizeof(said));
	cr_assert_str_eq(said, line);
	cr_assert_eq(openpty(&reader, &writer, NULL, NULL, NULL), 0);
	what_is_said(reader, writer, 2, said, sizeof(said));
	cr_assert(strstr(said, "still waiting for the agent"), "%s", said);
}

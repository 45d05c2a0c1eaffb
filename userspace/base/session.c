// SPDX-License-Identifier: GPL-2.0-only
#include "base/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* Ends in a 0 beyond its length; 0 = nothing there that we may read. */
static size_t read_proc(int pid, const char *name, char **ret)
{
	struct fb_error ignored;
	char path[64];
	size_t len = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return fb_io_read(path, 4 << 20, ret, &len, &ignored) < 0 ? 0 : len;
}

/* The one above in the tree of processes; 0 = not to be told. */
static int parent_of(int pid)
{
	fb_autofree char *stat = NULL;
	size_t len = read_proc(pid, "stat", &stat);
	const char *after = len ? strrchr(stat, ')') : NULL; /* the name in front may hold anything */
	int parent;

	return after && sscanf(after, ") %*c %d", &parent) == 1 ? parent : 0;
}

bool fb_session_find(char *buf, size_t size)
{
	static const char name[] = "SSH_CONNECTION=";
	const char *set = getenv("SSH_CONNECTION");
	int pid = getppid();

	if (set) {
		snprintf(buf, size, "%s", set);
		return *set;
	}
	for (int depth = 0; depth < 16 && pid > 1; depth++, pid = parent_of(pid)) {
		fb_autofree char *environment = NULL;
		size_t len = read_proc(pid, "environ", &environment);

		for (size_t i = 0; i < len; i += strlen(environment + i) + 1)
			if (!strncmp(environment + i, name, sizeof(name) - 1)) {
				snprintf(buf, size, "%s", environment + i + sizeof(name) - 1);
				return *buf;
			}
	}
	return false;
}

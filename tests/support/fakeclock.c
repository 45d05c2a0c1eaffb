// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded below an agent: its wall clock, and the kernel's word on it, without touching the host's. The file that FAKECLOCK names
 * holds the seconds to add, and 1 if the clock is synchronised.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static void ask(long *ret_ahead, int *ret_synchronised)
{
	const char *path = getenv("FAKECLOCK");
	FILE *file = path ? fopen(path, "re") : NULL;

	*ret_ahead = 0;
	*ret_synchronised = 1;
	if (!file)
		return;
	if (fscanf(file, "%ld %d", ret_ahead, ret_synchronised) != 2)
		abort();
	fclose(file);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret), synchronised;
	long ahead;

	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		ask(&ahead, &synchronised);
		ret->tv_sec += ahead;
	}
	return r;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int adjtimex(struct timex *t)
{
	int r = (int)syscall(SYS_adjtimex, t), synchronised;
	long ahead;

	ask(&ahead, &synchronised);
	return r < 0 ? r : synchronised ? TIME_OK : TIME_ERROR;
}

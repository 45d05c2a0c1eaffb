// SPDX-License-Identifier: GPL-2.0-only
#include "agent/confirm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/store.h"
#include "base/cleanup.h"
#include "base/io.h"

#define NAME "confirm"
enum { NS = 1000000000 };

int fb_moment_now(struct fb_moment *ret, struct fb_error *err)
{
	fb_autofree char *text = NULL;
	struct timespec t;
	size_t len;
	int r = fb_io_read("/proc/sys/kernel/random/boot_id", 64, &text, &len, err);

	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = 0;
	if (strlen(text) != FB_BOOT_ID_LEN - 1)
		return fb_error_set(err, -EPROTO, "the kernel's boot id is odd: \"%s\"", text);
	strcpy(ret->boot_id, text);
	clock_gettime(CLOCK_BOOTTIME, &t);
	ret->ns = (__u64)t.tv_sec * NS + (__u64)t.tv_nsec;
	return 0;
}

/* "GENERATION PREVIOUS DEADLINE-NS BOOT-ID\n" */
int fb_trial_write(const char *state_dir, const struct fb_trial *trial, struct fb_error *err)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "%u %u %llu %s\n", trial->generation, trial->previous,
			 (unsigned long long)trial->deadline.ns, trial->deadline.boot_id);

	return fb_store_write_file(state_dir, NAME, text, (size_t)n, err);
}

int fb_trial_read(const char *state_dir, struct fb_trial *ret, struct fb_error *err)
{
	struct fb_trial trial = { 0 };
	fb_autofree char *text = NULL;
	unsigned long long ns;
	char end, more;
	size_t len;
	int r = fb_store_read_file(state_dir, NAME, &text, &len, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (sscanf(text, "%u %u %llu %36s%c%c", &trial.generation, &trial.previous, &ns,
		   trial.deadline.boot_id, &end, &more) != 5 ||
	    end != '\n' || !trial.generation || trial.previous >= trial.generation)
		return fb_error_set(err, -EBADMSG, "%s/" NAME ": does not say which generation is on trial",
				    state_dir);
	trial.deadline.ns = ns;
	*ret = trial;
	return 1;
}

int fb_trial_remove(const char *state_dir, struct fb_error *err)
{
	return fb_store_remove_file(state_dir, NAME, err);
}

enum fb_trial_state fb_trial_judge(const struct fb_trial *trial, __u32 current, __u32 enforced,
				   const struct fb_moment *now)
{
	/* Numbers only grow: a newer good one is this one, confirmed, or one that took its place. */
	if (current >= trial->generation)
		return FB_TRIAL_VOID;
	/* Of another boot: the kernel knows nothing of it, and `current` says what is good. */
	if (strcmp(trial->deadline.boot_id, now->boot_id))
		return FB_TRIAL_OVER;
	if (enforced < trial->generation)
		return FB_TRIAL_VOID;
	return now->ns < trial->deadline.ns ? FB_TRIAL_RUNNING : FB_TRIAL_OVER;
}

unsigned int fb_trial_left(const struct fb_trial *trial, const struct fb_moment *now)
{
	if (now->ns >= trial->deadline.ns || strcmp(trial->deadline.boot_id, now->boot_id))
		return 0;
	return (unsigned int)((trial->deadline.ns - now->ns + NS - 1) / NS);
}

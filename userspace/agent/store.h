/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generations on disk: <state_dir>/generations/<N>.json, and <state_dir>/current, which holds the
 * number of the one in force. A number is never used twice. Every write is whole or not at all (base/io.h).
 */
#ifndef FB_AGENT_STORE_H
#define FB_AGENT_STORE_H

#include "agent/bundle.h"

/* So many of the newest are kept. */
enum { FB_STORE_KEEP = 100 };

/*
 * The agent's other state, one small file each, by its name in the state directory ("switches.json"). Old or
 * new after a crash at any moment, never between; on failure it is as it was. Read: -ENOENT = never written.
 */
int fb_store_write_file(const char *state_dir, const char *name, const void *data, size_t len,
			struct fb_error *err);
int fb_store_read_file(const char *state_dir, const char *name, char **ret, size_t *ret_len,
		       struct fb_error *err);
/* One that is not there is no failure. */
int fb_store_remove_file(const char *state_dir, const char *name, struct fb_error *err);

/* Creates what is missing. */
int fb_store_open(const char *state_dir, struct fb_error *err);
/*
 * The bundle in force: that of generation `pinned` (what the data plane enforces, 0 = nothing) if it is
 * newer than `current`: the agent died between the switch and the move of `current`; else the one `current`
 * names. 1 = *ret filled, 0 = there is none, negative: it is there and cannot be read.
 */
int fb_store_load(const char *state_dir, __u32 pinned, struct fb_bundle *ret, struct fb_error *err);
/* 0 = *ret is filled; -ENOENT: it is not stored (any more). */
int fb_store_read(const char *state_dir, __u32 generation, struct fb_bundle *ret, struct fb_error *err);
/*
 * The same, also by a number that the generation had before it was rebuilt: whoever was told it may go back to it. -ENOENT: nothing stored ever had it.
 */
int fb_store_find(const char *state_dir, __u32 number, struct fb_bundle *ret, struct fb_error *err);
/* What `current` names, 0 = nothing (*ret is then 0): the last generation that is known to be good. */
int fb_store_current(const char *state_dir, __u32 *ret, struct fb_error *err);
/* All numbers that are stored, newest first; *ret is the caller's to free. Returns how many. */
size_t fb_store_list(const char *state_dir, __u32 **ret);
/* The highest number that was ever stored, 0 = none. */
__u32 fb_store_last(const char *state_dir);
int fb_store_write(const char *state_dir, const struct fb_bundle *bundle, const struct fb_host *host,
		   struct fb_error *err);
/* A generation that did not come in force. */
void fb_store_forget(const char *state_dir, __u32 generation);
/* Moves `current` (0 = removes it), and removes the oldest generations beyond FB_STORE_KEEP. */
int fb_store_commit(const char *state_dir, __u32 generation, struct fb_error *err);

#endif

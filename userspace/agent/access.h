/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses that were opened by request (S52), in <state_dir>/accesses.json: they outlive the agent and an apply that keeps
 * their lines, not a reboot and not a change of a line. Their deadlines are in the image and in the flows, so an access
 * shuts without the agent.
 */
#ifndef FB_AGENT_ACCESS_H
#define FB_AGENT_ACCESS_H

#include "agent/generation.h"
#include "policy/schedule.h"

struct fb_open_access {
	char *access, *who, *reason;
	char *lines; /* what they say: an access whose lines say something else is another one */
	__s64 since, until;
	__u64 ends;  /* CLOCK_BOOTTIME, ns: the same, whoever sets the clock; 0 = not known */
	bool warned; /* that it shuts soon */
};
struct fb_open_accesses {
	struct FB_VEC(struct fb_open_access) v;
};

void fb_open_accesses_done(struct fb_open_accesses *open);
/* The index, -1 = it is shut. */
int fb_open_accesses_find(const struct fb_open_accesses *open, const char *access);
void fb_open_accesses_remove(struct fb_open_accesses *open, size_t i);
/* Of another boot, or never written: none. */
int fb_open_accesses_read(const char *state_dir, struct fb_open_accesses *ret, struct fb_error *err);
int fb_open_accesses_write(const char *state_dir, const struct fb_open_accesses *open, struct fb_error *err);
/*
 * Those that a clock set back would leave open for longer than was asked for are shut when they were to be. Returns how
 * many. What is earlier holds: a clock set forward shuts them, and setting it right again does not open them.
 */
size_t fb_open_accesses_shorten(struct fb_open_accesses *open, __s64 now, __u64 boot_ns);
/* The access by name, -1 = the policy has none. */
int fb_access_find(const struct fb_ruleset *rs, const char *name);
/* All that its lines say, to be freed. */
char *fb_access_lines(const struct fb_ruleset *rs, unsigned int access);
/* Is it open for this policy, too? */
bool fb_open_access_holds(const struct fb_open_access *open, const struct fb_ruleset *rs);
/* Those that hold for this policy, for struct fb_when; names are borrowed, the array is the caller's. */
struct fb_openings FB_VEC(struct fb_opening);
void fb_open_accesses_for(const struct fb_open_accesses *open, const struct fb_ruleset *rs,
			  struct fb_openings *ret);

#endif

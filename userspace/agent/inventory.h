/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who was seen, where, since when and until when: one record for each (zone, MAC, address), filled from the data plane's small table (which forgets what was
 * quiet for long) and kept in the state directory. Of fixed size: whoever makes up addresses pushes out the longest quiet, never a declared device.
 */
#ifndef FB_AGENT_INVENTORY_H
#define FB_AGENT_INVENTORY_H

#include <firebreak_abi.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/inet.h"
#include "policy/ruleset.h"

struct fb_seen_device {
	struct fb_ip ip;
	__u8 mac[6];
	__u8 zone, family; /* family 0 = a free slot */
	__u16 vid;
	__u32 ifindex; /* 0 = not since this start */
	__s64 first, last;
};

struct fb_inventory;
struct fb_inventory *fb_inventory_new(void);
void fb_inventory_free(struct fb_inventory *inventory);
/* rs (may be NULL) tells whose records make no room for others. */
void fb_inventory_note(struct fb_inventory *inventory, const struct fb_seen_device *seen,
		       const struct fb_ruleset *rs);
void fb_inventory_each(const struct fb_inventory *inventory,
		       void (*each)(const struct fb_seen_device *seen, void *user), void *user);
void fb_inventory_forget_zone(struct fb_inventory *inventory, unsigned int zone);
/* By names of zones, which outlive their numbers. Load: -ENOENT = there is none. */
int fb_inventory_save(struct fb_inventory *inventory, const struct fb_ruleset *rs, const char *state_dir,
		      struct fb_error *err);
int fb_inventory_load(struct fb_inventory *inventory, const struct fb_ruleset *rs, const char *state_dir,
		      struct fb_error *err);

/* What the policy says of a device that was seen, whether or not the zone binds. */
struct fb_identity {
	const struct fb_device *device; /* whose address or MAC it is, NULL = nobody's */
	enum fb_binding_verdict verdict;
};
struct fb_identity fb_inventory_identify(const struct fb_ruleset *rs, unsigned int zone, int family,
					 struct fb_ip ip, const __u8 mac[6]);

/* ---- the agent's: every ten seconds, and at the end ---- */
struct fb_agent;
void fb_agent_inventory_open(struct fb_agent *agent);
void fb_agent_inventory_read(struct fb_agent *agent);
void fb_agent_inventory_close(struct fb_agent *agent);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the operator cut and quarantined (S28, S29): kept in <state_dir>/switches.json until somebody releases it, through
 * applies, rollbacks, restarts and reboots. Here is what does not touch the agent: the state, its file, what an X means,
 * and what all of it comes to for the data plane.
 */
#ifndef FB_AGENT_SWITCHES_H
#define FB_AGENT_SWITCHES_H

#include <jansson.h>

#include "agent/generation.h"
#include "agent/host.h"
#include "base/strbuf.h"
#include "dataplane/dataplane.h"

/* Who threw a switch, when and why. */
struct fb_switch_note {
	char *who, *reason;
	__s64 since;
};

/* Two zones that do not hear each other. Ids are those of the policy in force when it was written. */
struct fb_cut {
	char names[2][64];
	unsigned int ids[2];
};
struct fb_cuts FB_VEC(struct fb_cut);

/* What a zone of a cut has consisted of since then. */
struct fb_cut_port {
	char name[64];
	int vlan; /* -1 = none */
};
struct fb_cut_zone {
	char name[64];
	struct FB_VEC(struct fb_cut_port) ports;
	struct fb_ipset networks;
};
struct fb_cut_zones FB_VEC(struct fb_cut_zone);

struct fb_isolation {
	char *plan;
	struct fb_switch_note note;
	/*
	 * All that the plan has cut since, and between what: a policy may add to these and never takes away, whatever it says
	 * of the plan, calls its zones or gives to another one. A file of an older version has no zones: names count alone.
	 */
	struct fb_cuts cuts;
	struct fb_cut_zones zones;
};

struct fb_quarantine {
	char *name; /* as people call it: "cam-0412", "10.20.4.0/24", "3c:ef:8c:00:04:12" */
	struct fb_switch_note note;
	/* An apply may add to these and never takes away. */
	struct FB_VEC(struct fb_quarantine_key) addresses;
	struct FB_VEC(struct fb_mac_key) macs;
};

struct fb_switch_state {
	struct FB_VEC(struct fb_isolation) isolations;
	struct FB_VEC(struct fb_quarantine) quarantines;
};

void fb_isolation_done(struct fb_isolation *isolation);
void fb_quarantine_done(struct fb_quarantine *quarantine);
void fb_switch_state_done(struct fb_switch_state *state);
/* The index of the plan (of X), -1 = it is not active. */
int fb_switch_find_plan(const struct fb_switch_state *state, const char *plan);
int fb_switch_find_quarantine(const struct fb_switch_state *state, const char *name);

/* ---- the file ---- */
/* Never written = nothing is cut. -EBADMSG: it is there and is not what this wrote. */
int fb_switch_state_read(const char *state_dir, struct fb_switch_state *ret, struct fb_error *err);
int fb_switch_state_write(const char *state_dir, const struct fb_switch_state *state, struct fb_error *err);
json_t *fb_quarantine_addresses_json(const struct fb_quarantine *quarantine);
json_t *fb_quarantine_macs_json(const struct fb_quarantine *quarantine);

/* ---- plans ---- */
/* NULL = there is no such plan, or no policy. */
const struct fb_isolate *fb_switch_plan(const struct fb_generation *generation, const char *name);
/* What a plan cuts, with the names that its zones have now. */
void fb_switch_cuts(const struct fb_ruleset *rs, const struct fb_isolate *plan, struct fb_cuts *ret);
/* The same for an active one; generation as below. */
void fb_switch_cuts_in_force(const struct fb_isolation *isolation, const struct fb_generation *generation,
			     struct fb_cuts *ret);
/* Adds what the plan cuts to what it has cut. True = something is new. */
bool fb_switch_note_plan(struct fb_isolation *isolation, const struct fb_ruleset *rs,
			 const struct fb_isolate *plan);

/*
 * All of the state as words and entries. generation NULL = by the ids as they were written; else what the plans say in this
 * policy, and what they have cut before: between all zones that now hold an interface or a network of it.
 */
void fb_switch_want(const struct fb_switch_state *state, const struct fb_generation *generation,
		    struct fb_switches_wanted *ret);
void fb_switches_wanted_done(struct fb_switches_wanted *wanted);
/* Is this address in quarantine? */
bool fb_switches_wanted_has(const struct fb_switches_wanted *wanted, int family, struct fb_ip ip);
/*
 * May this policy come in force while the state holds? -EBUSY: it drops an active plan, or its plan cuts less than what would
 * be cut all the same, and the text says what to do.
 */
int fb_switch_allows(const struct fb_switch_state *state, const struct fb_generation *candidate,
		     struct fb_error *err);
/* After a policy came in force: plans' cuts and the addresses of named devices as it has them. True = something changed. */
bool fb_switch_follow(struct fb_switch_state *state, const struct fb_generation *generation,
		      const struct fb_host *host);

/* ---- switch_zones.c: what the zones of a cut are ---- */
void fb_cut_zones_done(struct fb_cut_zones *zones);
/* That of this name, added if need be; valid until the next is added. */
struct fb_cut_zone *fb_cut_zones_get(struct fb_cut_zones *zones, const char *name);
/* True = the zone has more than was known. */
bool fb_cut_zones_note(struct fb_cut_zones *zones, const struct fb_zone *zone);
/* Bits of the zones that are called so or hold something of what was. */
__u64 fb_cut_zones_holders(const struct fb_cut_zones *zones, const struct fb_ruleset *rs, const char *name);

/* ---- quarantine.c: what an X is ---- */
/*
 * A device, a group, an address or prefix (not shorter than /24 or /56), a MAC address. Fills name, addresses and macs of
 * *ret. The gateway's own addresses are never among them. -EINVAL, -ENOENT: it is none of these, or too much.
 */
int fb_quarantine_resolve(const char *x, const struct fb_generation *generation, const struct fb_host *host,
			  struct fb_quarantine *ret, struct fb_error *err);
/* Zones with binding learn or strict (S45): only there a MAC address says who sent it. */
bool fb_zone_heeds_macs(const struct fb_zone *zone);
/* What a quarantine without an address does not cut, and what would; nothing is added if it cuts all that it names. */
void fb_quarantine_lacks(const struct fb_quarantine *quarantine, const struct fb_generation *generation,
			 struct fb_strbuf *out);
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy means: zones with their addresses, and lines as boxes (sources x destinations x services). This is what
 * is compiled (policy/compile.h), evaluated (policy/eval.h), analysed and printed; nothing after the checker looks at the tree
 * but to show text.
 *
 * Addresses in boxes are what the data plane classifies by: real unicast addresses, and roles (FB_ROLE in
 * firebreak_abi.h) for the gateway, link-local, broadcast. So a box needs no zone beside it: `cctv -> self` has
 * the destination {SELF_AT cctv, SELF_AT none, BCAST cctv, 224.0.0.0/24, ff02::/16}, and `self -> cctv` the source {SELF_SRC cctv}.
 */
#ifndef FB_POLICY_RULESET_H
#define FB_POLICY_RULESET_H

#include <firebreak_abi.h>

#include "policy/ast.h"
#include "policy/ipset.h"

/* L4 match, all ends included. Without ports (or type): 0-65535. ICMP: dport = type << 8 | code. */
struct fb_l4 {
	__u8 proto_lo, proto_hi;
	__u16 sport_lo, sport_hi;
	__u16 dport_lo, dport_hi;
};

struct fb_l4set {
	struct fb_l4 *v;
	size_t n;
};

struct fb_zone {
	const char *name;
	unsigned int id; /* 2..63, from the slot table; 1 is self */
	const struct fb_stmt *stmt;
	const struct fb_iface *ifaces; /* borrowed from the tree */
	size_t n_ifaces;
	struct fb_ipset owned; /* S2, S4: exactly the unicast addresses of this zone */
	struct fb_ipset hosts; /* of these all that may be somebody's: its gateways are self's (S22) */
	bool any;	       /* has `network any` */
	__u32 flags;	       /* enum fb_zone_flag */
	__u16 ethertypes[FB_ETHERTYPES_MAX]; /* S62; 0 = none */
	const struct fb_net *gateways;	     /* S22: virtual addresses, borrowed from the tree */
	size_t n_gateways;
};

/* S60. The ends borrowed from the tree; both have the same VLAN. */
struct fb_wire {
	const struct fb_iface *a, *b;
	unsigned int zone_a, zone_b; /* ids */
	struct fb_at at;
};

struct fb_device {
	const char *name;
	unsigned int zone; /* index into zones; UINT_MAX = unknown, which was an error */
	const struct fb_stmt *stmt;
	struct fb_ipset ips;
};

struct fb_zone_group {
	const char *name;
	const struct fb_stmt *stmt;
	__u64 zones; /* bit = zone id; groups in it are resolved */
};

struct fb_named_set { /* a group */
	const char *name;
	const struct fb_stmt *stmt;
	struct fb_ipset ips;
};

struct fb_window {
	const char *name;
	const char *timezone;	      /* its own or the policy's */
	const struct fb_every *every; /* borrowed from the tree */
	size_t n_every;
	const struct fb_stmt *stmt;
};
struct fb_access {
	const char *name;
	__s64 max; /* seconds; 0 = none given */
	const struct fb_stmt *stmt;
};

/* limit and quota of a line (S40, S41), in the units of the image (struct fb_image_limit). Nothing given: all zero. */
struct fb_cap {
	enum fb_limit_kind kind;
	enum fb_scope scope;
	__u64 cost, burst;
	__u64 quota; /* bytes in a period, 0 = none */
	enum fb_scope quota_scope;
	__u32 quota_period; /* seconds */
	bool quota_drop;
};
bool fb_cap_equal(const struct fb_cap *a, const struct fb_cap *b);

/* One allow or never line, with all that people see of it. */
struct fb_line {
	enum fb_rule_kind kind;
	struct fb_at at;
	const char *id;		    /* S56: the name, or 12 hex digits of the hash */
	const char *text;	    /* "nvr-1 -> cameras  rtsp, onvif" */
	const char *pairs;	    /* "video -> cctv", as the header writes it; of a never, its sides */
	const char *owner, *reason; /* NULL = none */
	__s64 deadline; /* unix seconds of the first instant that it no longer holds; FB_NO_DEADLINE = none */
	unsigned int slot;	     /* counters; 1.. ; 0 for never lines beyond the table */
	unsigned int window, access; /* during, on-request: index + 1 into windows, accesses; 0 = none */
	bool log;
	__u64 group; /* S14: zones (bits, FB_ZONE_SELF included) that copies of its multicast may leave by */
	struct fb_cap cap;
	unsigned int n_boxes;
	const struct fb_stmt *stmt;   /* the firebreak or never; borrowed from the tree */
	const struct fb_allow *allow; /* NULL for never */
};

struct fb_box {
	unsigned int line;     /* index into lines */
	unsigned int src, dst; /* indexes into sets */
	unsigned int svc;      /* index into services */
	__u64 group; /* S14: dst is multicast that crosses zones, into these (bits); 0 = it is not */
	unsigned int
		order; /* 0 wins: never lines, then allow lines by text; when they close comes on top (S17, policy/schedule.h) */
};

/* What holds for a pair of zones. */
struct fb_pair_setting {
	unsigned int src, dst; /* zone ids */
	__s64 observe_until;   /* unix seconds, 0 = enforce */
	struct fb_at at;
};

/* S31, S32: of zone and firebreak together. Only pairs that have some. */
struct fb_pair_flags {
	unsigned int src, dst; /* zone ids */
	__u32 flags;	       /* enum fb_pair_flag */
};

/* A plan of isolation (S28): what it cuts, less what it keeps. */
struct fb_zone_pair {
	unsigned int a, b; /* zone ids, FB_ZONE_SELF included; a <= b: both directions are meant */
};
struct fb_isolate {
	const char *name, *text; /* text: NULL = none */
	struct fb_at at;
	const struct fb_zone_pair *pairs; /* by a, then by b; each once, at least one */
	size_t n_pairs;
};

/* A service that is one protocol and one range of ports, so that its name says the same as these. */
struct fb_named_service {
	const char *name;
	struct fb_l4 box;
};

struct fb_ruleset {
	struct fb_arena arena;
	const char *name;     /* of the policy line, "" = none */
	const char *version;  /* as written, "" = none */
	const char *timezone; /* "" = none */
	struct FB_VEC(struct fb_zone) zones;
	struct FB_VEC(struct fb_device) devices;
	struct FB_VEC(struct fb_named_set) groups;
	struct FB_VEC(struct fb_line) lines;
	struct FB_VEC(struct fb_box) boxes;
	struct FB_VEC(struct fb_ipset) sets;	 /* interned: equal sets have one index */
	struct FB_VEC(struct fb_l4set) services; /* interned likewise; each disjoint and sorted */
	struct FB_VEC(struct fb_named_service) named_services;
	struct FB_VEC(struct fb_pair_setting) pairs;
	struct fb_ipset unowned; /* unicast addresses of no zone */
	struct FB_VEC(struct fb_zone_group) zone_groups;
	struct FB_VEC(struct fb_pair_flags) pair_flags;
	struct FB_VEC(struct fb_wire) wires;
	struct FB_VEC(struct fb_isolate) isolates;
	struct FB_VEC(struct fb_window) windows;
	struct FB_VEC(struct fb_access) accesses;
	/* That of the check, for windows (policy/schedule.h). */
	__s64 (*local_to_unix)(const char *timezone, const struct fb_date *date, int add_days);
	unsigned int assertions;		 /* that hold; all of them if there are no errors */
	struct FB_VEC(const char *) assumptions; /* what they rest on: 'wifi members isolated "how"' */
};

/*
 * Identities that survive applies: zone name -> id, line id -> counter slot. An id is reused only after a
 * generation in which it was absent. Pure data; the agent stores it with the generation.
 */
struct fb_slot {
	const char *key;
	unsigned int id;
	unsigned int last_generation; /* the last generation that used it */
};
struct fb_slot_list FB_VEC(struct fb_slot);
struct fb_slots {
	struct fb_arena arena;
	struct fb_slot_list zones;
	struct fb_slot_list lines;
	unsigned int generation; /* that of the last assignment */
};
void fb_slots_done(struct fb_slots *slots);

struct fb_check_options {
	__s64 now;		/* unix seconds, for "in the past" lints; 0 = unknown: no such lints */
	struct fb_slots *slots; /* read and updated; NULL = fresh numbers */
	/* Converts a local date in a named zone to unix seconds (S50); the library itself has no clock. -1 = unknown zone. */
	__s64 (*local_to_unix)(const char *timezone, const struct fb_date *date, int add_days);
	bool stored; /* a generation that was in force before: a failing assertion is a lint (S37) */
};

/* What local_to_unix usually is: asks the system's time-zone data (base/clock.h), which only a caller may decide to do. */
__s64 fb_clock_local_to_unix(const char *timezone, const struct fb_date *date, int add_days);

/*
 * Gives a tree its meaning. Everything wrong goes to diags. Returns the number of errors; *ret is filled as far as
 * possible and must be released in any case. The tree must outlive it.
 */
unsigned int fb_check(const struct fb_tree *tree, const struct fb_check_options *options,
		      struct fb_diags *diags, struct fb_ruleset *ret);
void fb_ruleset_done(struct fb_ruleset *rs);

const struct fb_isolate *fb_ruleset_isolate(const struct fb_ruleset *rs, const char *name);
const struct fb_zone *fb_ruleset_zone(const struct fb_ruleset *rs, const char *name);
const struct fb_zone *fb_ruleset_zone_by_id(const struct fb_ruleset *rs, unsigned int id);
/* Is every interface of the zone an end of a wire? Then the gateway has no address there, and nothing is routed into it. */
bool fb_ruleset_only_wires(const struct fb_ruleset *rs, const struct fb_zone *zone);
/* S60: at whose wire's other end a packet from one zone to the other goes on; 0 = it is routed. to NULL = no zone. */
unsigned int fb_ruleset_wire_zone(const struct fb_ruleset *rs, const struct fb_zone *from,
				  const struct fb_zone *to);
/* Bits of the zone ids behind the names of a header; zone groups are resolved, self is bit FB_ZONE_SELF. */
__u64 fb_ruleset_zones(const struct fb_ruleset *rs, const struct fb_words *names);
/* What a packet of a multicast box may arrive at: besides the groups themselves all of the zones that copies go into, as anybody there may listen. */
struct fb_ipset fb_group_listeners(const struct fb_ruleset *rs, const struct fb_ipset *groups, __u64 zones);
/* What a line is open by besides its end: "during night", "on-request visit", both, or nothing. */
void fb_ruleset_print_when(const struct fb_ruleset *rs, const struct fb_line *line, struct fb_strbuf *out);
/* "video, control" */
void fb_ruleset_print_zones(const struct fb_ruleset *rs, __u64 zones, struct fb_strbuf *out);
/* A set of a box as people read it: roles become "self", "self at cctv", "link-local in cctv", "broadcast in cctv". */
void fb_ruleset_print_set(const struct fb_ruleset *rs, const struct fb_ipset *set, struct fb_strbuf *out);
/* "self" for 1, "-" for 0, else the zone's name or "zone-N". */
const char *fb_ruleset_zone_name(const struct fb_ruleset *rs, unsigned int id);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checker, inside: what its parts share while one tree is given its meaning. Order of work: names, zones, services, devices and
 * groups, blocks and their lines, guards, then identities and order. A part that finds something wrong reports it and leaves the thing out, so
 * that one mistake is one message.
 */
#ifndef FB_POLICY_CHECKER_H
#define FB_POLICY_CHECKER_H

#include "policy/l4set.h"
#include "policy/ruleset.h"
#include "policy/slots.h"

/* ---- names: check_names.c ---------------------------------------------------------------------------------- */
enum fb_symbol_kind {
	FB_SYMBOL_ZONE = 1,
	FB_SYMBOL_ZONE_GROUP = 2,
	FB_SYMBOL_DEVICE = 4,
	FB_SYMBOL_GROUP = 8,
	FB_SYMBOL_SERVICE = 16,
	FB_SYMBOL_WINDOW = 32,
	FB_SYMBOL_ACCESS = 64,
	FB_SYMBOL_ISOLATE = 128,
};
struct fb_symbol {
	enum fb_symbol_kind kind;
	const char *name;
	const struct fb_stmt *stmt;
	unsigned int index; /* into the list of its kind: rs->zones, zone_groups, devices, .. */
};
/* One name space: names are equal if they differ only in case. */
struct fb_names {
	struct FB_VEC(struct fb_symbol) v;
	unsigned int *table; /* index + 1, open addressing */
	size_t size;
};

struct fb_group_state {
	enum { FB_GROUP_NEW, FB_GROUP_OPEN, FB_GROUP_DONE } state;
	bool ok;
	unsigned int zone;   /* id; 0 = spans */
	unsigned int height; /* groups below this one, along the longest way down */
};
struct fb_service_state {
	const struct fb_stmt *stmt;
	enum { FB_SERVICE_NEW, FB_SERVICE_OPEN, FB_SERVICE_DONE } state;
	bool ok;
	unsigned int height;
	const struct fb_stmt
		*initiator;  /* who says who calls (S58): it, else the first inside of it that does */
	struct fb_l4set set; /* owned */
};
struct fb_date_memo {
	struct fb_date date;
	__s64 unix_seconds;
};
/* Where a setting of a pair was first made. */
struct fb_pair_places {
	struct fb_at mode, on_deny, mid_stream;
	bool reject; /* what on_deny says */
};
struct fb_intern {
	unsigned int *table;
	size_t size;
};

struct fb_checker {
	const struct fb_tree *tree;
	const struct fb_check_options *options;
	struct fb_diags *diags;
	struct fb_ruleset *rs;
	struct fb_slots slots; /* a copy: handed over only if all is well */
	struct fb_names places, services, times, plans;
	struct fb_ipset unicast; /* what a zone may own at all (S4) */
	const struct fb_stmt *policy;
	bool timezone_bad;
	unsigned int depth; /* of what is being resolved by name */
	bool too_deep;	    /* reported */
	struct FB_VEC(struct fb_group_state) groups;
	struct FB_VEC(struct fb_service_state) service_states;
	struct FB_VEC(struct fb_date_memo) dates;
	struct fb_pair_places *pair_places; /* [FB_PAIRS_MAX] */
	struct fb_intern sets, l4sets;
};

void fb_names_collect(struct fb_checker *c);
const struct fb_symbol *fb_names_find(const struct fb_names *names, const char *name);
/* Reports a name that is not there (or is of another kind), with the nearest one of the kinds that would do. what: "device or group". */
void fb_names_unknown(struct fb_checker *c, const struct fb_names *names, unsigned int kinds,
		      const struct fb_word *word, const char *what);
const char *fb_symbol_kind_name(enum fb_symbol_kind kind);
void fb_names_done(struct fb_names *names);
/* Groups, services and zone groups are resolved by recursion, so a chain of names has an end. False = too deep, reported once. */
#define FB_NESTING_MAX 256
bool fb_names_nest(struct fb_checker *c, const char *what, const struct fb_word *word, unsigned int height);
/* "hq.fb:44" */
const char *fb_check_place(struct fb_checker *c, struct fb_at at);
/* The nearest of the words, or NULL, as a help text. */
const char *fb_check_did_you_mean(struct fb_checker *c, const char *word, const char *const *words, size_t n);

/* ---- zones: check_zones.c --------------------------------------------------------------------------------------- */
#define FB_ZONE_BIT(id) (1ull << (id))
void fb_check_policy_line(struct fb_checker *c);
void fb_check_zones(struct fb_checker *c);
void fb_check_owned(struct fb_checker *c); /* check_owned.c */
/* Addresses that no zone owns (S4). */
struct fb_special {
	int family;
	struct fb_ip first;
	unsigned int len;
	const char *text;
	bool multicast;
};
/* The first that the range meets, or NULL. */
const struct fb_special *fb_check_special(int family, struct fb_range range);
void fb_check_zone_groups(struct fb_checker *c);
/* Bits of the zone ids behind a name of a header; 0 = reported. */
__u64 fb_check_zone_mask(struct fb_checker *c, const struct fb_word *word);
/* All addresses that the zones of the mask own. */
struct fb_ipset fb_check_owned_by(const struct fb_checker *c, __u64 zones);
const struct fb_zone *fb_check_owner_of(const struct fb_checker *c, int family, struct fb_ip ip);

/* ---- services: check_services.c ------------------------------------------------------------------------------------ */
void fb_check_services(struct fb_checker *c);
/* What tcp/80, icmp/echo-request, ip/gre stand for. */
struct fb_l4 fb_check_proto_box(const struct fb_proto *p);
/* The set of a list of uses; false = reported. ret->v is the caller's to free. */
bool fb_check_service_items(struct fb_checker *c, const struct fb_svc_items *items, struct fb_l4set *ret);

/* ---- devices and groups: check_devices.c, check_groups.c --------------------------------------------------------------- */
void fb_check_devices(struct fb_checker *c);
void fb_check_groups(struct fb_checker *c);
/* A device as an operand: false if it has no address, which is reported (S12). role: "the source of a line". */
bool fb_check_device_usable(struct fb_checker *c, const struct fb_device *device, struct fb_at at,
			    const char *role);
/* Reports an address that can be nobody's: loopback, link-local, broadcast, multicast. False = reported. */
bool fb_check_unicast(struct fb_checker *c, const struct fb_operand *op);
const char *fb_check_operand_text(struct fb_checker *c, const struct fb_operand *op);

/* ---- operands of lines: check_operands.c ----------------------------------------------------------------------------------- */
struct fb_header {
	const struct fb_stmt *stmt;
	const char *text; /* "video -> cctv" */
	__u64 from, to;	  /* zone ids; bit FB_ZONE_SELF: the gateway */
	struct fb_ipset from_owned, to_owned;
};
/* One side of a line. What lives in zones is in plain; the rest depends on the pair (S20, S21). */
struct fb_side {
	struct fb_ipset plain;
	struct fb_ipset multicast; /* link-local multicast, named */
	struct fb_ipset groups;	   /* multicast that crosses zones (S14) */
	bool any, self;
	bool self_everywhere; /* self at any */
	__u64 self_at;	      /* self at Y */
};
/* False = reported. */
bool fb_check_side(struct fb_checker *c, const struct fb_header *h, bool left, const struct fb_operands *ops,
		   struct fb_side *ret);
void fb_side_done(struct fb_side *side);
void fb_role_add(struct fb_ipset *set, enum fb_role_kind kind, unsigned int zone);
void fb_role_add_link_multicast(struct fb_ipset *set);

/* ---- frames: check_ports.c ------------------------------------------------------------------------------------------------------ */
void fb_check_wires(struct fb_checker *c);	   /* after zones */
void fb_check_zone_settings(struct fb_checker *c); /* after devices */
void fb_check_wire_lines(struct fb_checker *c, const struct fb_header *h);

/* ---- blocks and lines: check_blocks.c, check_lines.c ------------------------------------------------------------------------ */
void fb_check_blocks(struct fb_checker *c);
void fb_check_pair_flags(struct fb_checker *c); /* after the blocks */
void fb_check_allow(struct fb_checker *c, const struct fb_header *h, const struct fb_allow *allow);
/* The first instant after the date (S51). False = reported. */
bool fb_check_deadline(struct fb_checker *c, const struct fb_date *date, const char *what, __s64 *ret);
/* Adds a box to the last line; false if no family has both a source and a destination (S11). Consumes src and dst. */
bool fb_check_add_box(struct fb_checker *c, struct fb_ipset *src, struct fb_ipset *dst, unsigned int svc);

/* What a line says about time and amounts, its own or its block's (S19): check_times.c, check_limits.c. False = reported. */
void fb_check_times(struct fb_checker *c); /* windows and accesses themselves */
bool fb_check_line_times(struct fb_checker *c, const struct fb_header *h, const struct fb_allow *allow,
			 struct fb_line *line);
bool fb_check_line_cap(struct fb_checker *c, const struct fb_header *h, const struct fb_allow *allow,
		       struct fb_line *line);

/* ---- guards: check_never.c, check_overlap.c ------------------------------------------------------------------------------------ */
void fb_check_nevers(struct fb_checker *c);
/* A side of a guard or an assertion ("a guard"): names of any kind, self, any. False = reported; *ret is to be released anyway. */
struct fb_party;
bool fb_check_party(struct fb_checker *c, const struct fb_operands *ops, const char *what,
		    struct fb_party *ret);
void fb_check_overlaps(struct fb_checker *c);

void fb_check_isolates(struct fb_checker *c); /* check_isolate.c */

/* ---- the rest -------------------------------------------------------------------------------------------------------------------- */
/* check_intern.c: consume what they are given. */
unsigned int fb_intern_set(struct fb_checker *c, struct fb_ipset *set);
unsigned int fb_intern_l4set(struct fb_checker *c, struct fb_l4set *set);
/* check_identity.c */
const char *fb_identity_allow(struct fb_checker *c, const struct fb_stmt *block,
			      const struct fb_allow *allow);
const char *fb_identity_never(struct fb_checker *c, const struct fb_stmt *never);
void fb_check_identities(struct fb_checker *c);
void fb_check_order(struct fb_checker *c);
/* check_assert.c: last, as it speaks about the whole policy; nothing is proved about one that has errors. */
void fb_check_asserts(struct fb_checker *c);
/* check_lints.c */
void fb_check_lints(struct fb_checker *c);

/* Every statement of a kind, over all files in the order of reading. */
#define fb_for_each_stmt(c, s)                                                        \
	for (size_t f_ = 0; f_ < (c)->tree->files.n; f_++)                            \
		for (const struct fb_stmt *s = (c)->tree->files.v[f_].stmts,          \
					  *end_ = s + (c)->tree->files.v[f_].n_stmts; \
		     s < end_; s++)

#endif

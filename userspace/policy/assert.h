/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Assertions (S33-S38): statements about what a policy can reach, held against its lines by exact arithmetic on their boxes. Pure
 * functions of the rule set: no clock, no switch, no opening changes an answer. Observed pairs count as allowing all that no
 * guard forbids.
 */
#ifndef FB_POLICY_ASSERT_H
#define FB_POLICY_ASSERT_H

#include "policy/cubes.h"

/* One side, resolved. Zones as bits of their ids; bit FB_ZONE_SELF is the gateway. */
struct fb_party {
	bool any;
	__u64 zones;
	struct fb_ipset plain; /* devices and groups */
};

struct fb_party_entry {
	struct fb_party party;
	struct fb_l4set services; /* all if the entry names none */
};

struct fb_assertion {
	enum fb_assert_kind kind;
	struct fb_party a, b;
	struct fb_l4set services; /* all if none are named */
	struct fb_l4set ignoring;
	bool transitively, unless_opened;
	struct FB_VEC(struct fb_party_entry) entries;
};

/* One step of a witness. */
struct fb_hop {
	int family;
	struct fb_ip src, dst; /* hosts or roles, as in boxes */
	struct fb_l4 service;
	unsigned int src_zone, dst_zone;
	int line;    /* -1: the pair is observed, or (for `can reach`) no line */
	bool reply;  /* src answers what dst calls (paths.h) */
	bool shared; /* no packet through the gateway: both live in src_zone, whose members reach each other */
	bool heard; /* the packet goes to all, a group or broadcast over a wire; dst is who hears it, or the same */
	struct fb_ip all;
	int dst_family; /* of a shared step to a host that goes on by the other family; 0 = family */
};
static inline int fb_hop_dst_family(const struct fb_hop *hop)
{
	return hop->dst_family ? hop->dst_family : hop->family;
}
struct fb_hops FB_VEC(struct fb_hop);

/*
 * edges: all that the policy allows (fb_reach_find without bounds or time, and fb_reach_listen). True if it holds; else *ret is a witness, of `can reach` nothing if
 * no packet from the one to the other is thinkable.
 */
bool fb_assert_holds(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		     const struct fb_assertion *assertion, struct fb_hops *ret);
/* "cam-0412 -> 10.10.1.1", "tcp/22": the ends and the packet of a step. */
void fb_hop_print_ends(const struct fb_ruleset *rs, const struct fb_hop *hop, struct fb_strbuf *out);
void fb_hop_print_service(const struct fb_ruleset *rs, const struct fb_hop *hop, struct fb_strbuf *out);
/* Every step on a line of its own, with the place of its line; each line begins with three blanks. */
void fb_hops_print(const struct fb_ruleset *rs, const struct fb_sources *sources, const struct fb_hops *hops,
		   struct fb_strbuf *out);
/* The statement without the word assert and its text. */
void fb_assertion_print(const struct fb_stmt *stmt, struct fb_strbuf *out);
bool fb_zone_isolated(const struct fb_ruleset *rs, unsigned int zone);

/* ---- chains: reach_graph.c ----------------------------------------------------------------------------------------- */
bool fb_chain_holds(const struct fb_ruleset *rs, const struct fb_reach_list *edges,
		    const struct fb_assertion *assertion, struct fb_hops *ret);
/* What of a set of the pair's side belongs to the party. */
struct fb_ipset fb_party_part(const struct fb_party *party, const struct fb_ipset *set, unsigned int zone);
bool fb_edge_counts(const struct fb_ruleset *rs, const struct fb_reach *edge, bool unless_opened);
/* One packet of the box, which is not empty. */
struct fb_hop fb_hop_of(const struct fb_ruleset *rs, const struct fb_reach *cube);
/* As a step of a chain: from one of these, who are sources of it, to somebody who could go on, if only as one who hears a group. */
struct fb_hop fb_hop_from(const struct fb_ruleset *rs, const struct fb_reach *cube, int family,
			  const struct fb_ipset *from);
struct fb_ip fb_witness(const struct fb_ipset *set, int family);
/* A word of the command line as a party: a name, self, any, an address. -ENOENT with a suggestion in err. */
int fb_party_find(const struct fb_ruleset *rs, const char *word, struct fb_party *ret, struct fb_error *err);
void fb_party_done(struct fb_party *party);
void fb_assertion_done(struct fb_assertion *assertion);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions to a rule set: who may call whom, by which lines, and why a packet passes or not. Pure functions; the answers are
 * data, which the CLI prints. Everything an answer holds is freed by its done function; names are borrowed from the rule set.
 */
#ifndef FB_POLICY_ANALYSE_H
#define FB_POLICY_ANALYSE_H

#include "base/error.h"
#include "policy/eval.h"
#include "policy/l4set.h"

/* ---- matrix: every ordered pair of zones, the gateway included --------------------------------------------------- */
enum fb_pair_state {
	FB_PAIR_NONE,	  /* no line: denied */
	FB_PAIR_NEVER,	  /* guards forbid all of it */
	FB_PAIR_PART,	  /* some lines */
	FB_PAIR_ALL,	  /* everything from every source to every destination */
	FB_PAIR_OBSERVED, /* all passes that no guard forbids, and is counted; lines as listed */
	FB_PAIR_UNSEEN, /* Z -> Z without lines: hosts of one segment do not pass the gateway (S7); self -> self */
};
/* "none", "never", "part", "all", "observed", "not seen" */
const char *fb_pair_state_name(enum fb_pair_state state);

struct fb_matrix_cell {
	unsigned int src, dst; /* zone ids; FB_ZONE_SELF = the gateway */
	enum fb_pair_state state;
	struct FB_VEC(unsigned int) lines; /* allow lines that hold now, in the order of the text */
	__s64 observe_until;		   /* 0 = enforced */
	__s64 deadline; /* when the last of its lines closes; FB_NO_DEADLINE also if there is none */
};
struct fb_matrix {
	struct FB_VEC(unsigned int) zones;	    /* ids, self first, then in the order of the text */
	struct FB_VEC(struct fb_matrix_cell) cells; /* zones.n * zones.n, row = source */
};
/* now: lines whose deadline has passed do not count; 0 counts them all. */
void fb_matrix_fill(const struct fb_ruleset *rs, __s64 now, struct fb_matrix *ret);
const struct fb_matrix_cell *fb_matrix_cell(const struct fb_matrix *m, unsigned int src, unsigned int dst);
void fb_matrix_done(struct fb_matrix *m);
/* The services of a cell as its lines write them, each once: "rtsp, onvif, tcp/8443". */
void fb_matrix_services(const struct fb_ruleset *rs, const struct fb_matrix_cell *cell,
			struct fb_strbuf *out);
/* The windows and accesses that its lines are open by, each once; with "some " in front if other lines need none. */
void fb_matrix_when(const struct fb_ruleset *rs, const struct fb_matrix_cell *cell, struct fb_strbuf *out);

/* ---- reach: what may X call, who may call Y ----------------------------------------------------------------------- */
/*
 * What a word of the command line stands for, as a set of a box: a zone, zone group, device or group by name, `self`, `any`, an
 * address, a prefix, a range. source says on which side of the arrow it stands, as roles differ. -ENOENT with a
 * suggestion in err.
 */
int fb_side_find(const struct fb_ruleset *rs, const char *word, bool source, struct fb_ipset *ret,
		 struct fb_error *err);

struct fb_reach {
	struct fb_ipset src, dst;
	unsigned int src_zone, dst_zone; /* ids: one entry a pair of zones */
	struct fb_l4set services;	 /* owned */
	bool group; /* S14: dst is multicast, and copies go into dst_zone, where anybody may listen */
	struct fb_ip all
		[2]; /* by family, after fb_reach_listen: the group, or broadcast over a wire, that dst hears; 0 = it is unicast */
	int line;	/* -1: no line, the pair is observed */
	__s64 deadline; /* FB_NO_DEADLINE = none */
};
struct fb_reach_list FB_VEC(struct fb_reach);
/* from and to may be NULL for everything; both narrow the answer. */
void fb_reach_find(const struct fb_ruleset *rs, const struct fb_ipset *from, const struct fb_ipset *to,
		   __s64 now, struct fb_reach_list *ret);
/* For questions about what may happen at worst: everybody in a zone listens to the groups that go there, and to broadcast over a wire. */
void fb_reach_listen(const struct fb_ruleset *rs, struct fb_reach_list *list);
void fb_reach_done(struct fb_reach_list *list);

/* ---- a packet, in words -------------------------------------------------------------------------------------------- */
const char *fb_reason_name(enum fb_reason reason); /* "no-allow"; "passed"; "would-drop" */
const char *fb_reason_text(enum fb_reason reason); /* what it means; "" for a packet that passed */
/*
 * What to say beside the verdict of fb_eval, in one sentence: which line decided and where it stands; for no-allow what the pair
 * does allow ("a -> b allows tcp/443 (t.fb:9)"); else what the reason means.
 */
void fb_answer_print(const struct fb_ruleset *rs, const struct fb_sources *sources,
		     const struct fb_packet *packet, const struct fb_answer *answer, struct fb_strbuf *out);
/*
 * For no-allow and would-drop: the line that would allow just this packet ("firebreak a -> b { allow nvr-1 -> 10.2.0.1  tcp/22 }").
 * False if no line may: another verdict, multicast that crosses zones, what begins nothing or has port 0, or a line that check would refuse beside those that there are.
 */
bool fb_answer_suggest(const struct fb_ruleset *rs, const struct fb_own *own, const struct fb_packet *packet,
		       const struct fb_answer *answer, struct fb_strbuf *out);
/* "ssh", "tcp/22": what a line would say of it. False if none could: port 0, and what begins nothing. */
bool fb_packet_service(const struct fb_ruleset *rs, const struct fb_packet *packet, struct fb_strbuf *out);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* Firebreak blocks: their pairs, what is set for a pair, and the way to their lines. S9, S19, S30-S32. */
#include <string.h>

#include "base/strbuf.h"
#include "policy/checker.h"

#define SELF_BIT FB_ZONE_BIT(FB_ZONE_SELF)

static __u64 zones_of(struct fb_checker *c, const struct fb_words *words, bool *ok)
{
	__u64 mask = 0;

	for (size_t i = 0; i < words->n; i++) {
		__u64 one = fb_check_zone_mask(c, &words->v[i]);

		*ok &= one != 0;
		mask |= one;
	}
	return mask;
}

static const char *header_text(struct fb_checker *c, const struct fb_stmt *s)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };

	for (size_t i = 0; i < s->firebreak.from.n; i++)
		fb_strbuf_addf(&out, "%s%s", i ? ", " : "", s->firebreak.from.v[i].s);
	fb_strbuf_add(&out, " -> ");
	for (size_t i = 0; i < s->firebreak.to.n; i++)
		fb_strbuf_addf(&out, "%s%s", i ? ", " : "", s->firebreak.to.v[i].s);
	return fb_arena_strdup(&c->rs->arena, fb_strbuf_get(&out));
}

/* One setting of one pair: where it was made first, or that it was made twice. False = reported. */
static bool set_once(struct fb_checker *c, struct fb_at *first, struct fb_at at, const char *what,
		     unsigned int src, unsigned int dst)
{
	if (first->line) {
		fb_diag_error(c->diags, at, NULL, "%s of %s -> %s is already set at %s", what,
			      fb_ruleset_zone_name(c->rs, src), fb_ruleset_zone_name(c->rs, dst),
			      fb_check_place(c, *first));
		return false;
	}
	*first = at;
	return true;
}

static bool rejects(const struct fb_word *on_deny)
{
	return on_deny->s && !strcmp(on_deny->s, "reject");
}

/* S19: one block only per pair and setting. One message a block is enough. */
static void settings(struct fb_checker *c, const struct fb_header *h)
{
	const struct fb_stmt *s = h->stmt;
	bool mode = s->firebreak.mode.s, on_deny = s->firebreak.on_deny.s,
	     mid_stream = s->firebreak.mid_stream;

	if (!mode && !on_deny && !mid_stream)
		return;
	for (unsigned int src = FB_ZONE_SELF; src < FB_ZONES_MAX; src++) {
		for (unsigned int dst = FB_ZONE_SELF; dst < FB_ZONES_MAX; dst++) {
			struct fb_pair_places *places = &c->pair_places[FB_PAIR(src, dst)];

			if (!(h->from & FB_ZONE_BIT(src)) || !(h->to & FB_ZONE_BIT(dst)))
				continue;
			mode = mode && set_once(c, &places->mode, s->firebreak.mode.at, "the mode", src, dst);
			places->reject |= rejects(&s->firebreak.on_deny);
			on_deny = on_deny &&
				  set_once(c, &places->on_deny, s->firebreak.on_deny.at, "on-deny", src, dst);
			mid_stream = mid_stream &&
				     set_once(c, &places->mid_stream, s->firebreak.mid_stream_at,
					      "mid-stream", src, dst);
		}
	}
}

static bool observe_allowed(struct fb_checker *c, const struct fb_header *h)
{
	if ((h->from | h->to) & SELF_BIT) {
		fb_diag_error(c->diags, h->stmt->firebreak.mode.at, NULL,
			      "observe is not for the gateway itself: %s enforces from the start", h->text);
		return false;
	}
	for (size_t i = 0; i < c->rs->zones.n; i++) {
		const struct fb_zone *z = &c->rs->zones.v[i];

		if (z->any && h->from & FB_ZONE_BIT(z->id)) {
			fb_diag_error(c->diags, h->stmt->firebreak.mode.at, NULL,
				      "observe is not for traffic from zone %s, which has network any",
				      z->name);
			return false;
		}
	}
	return true;
}

static void observe(struct fb_checker *c, const struct fb_header *h)
{
	__s64 until;

	if (!h->stmt->firebreak.mode.s || strcmp(h->stmt->firebreak.mode.s, "observe"))
		return;
	if (!h->stmt->firebreak.observe_until.year) /* reported by the parser */
		return;
	if (!observe_allowed(c, h) ||
	    !fb_check_deadline(c, &h->stmt->firebreak.observe_until, "observe", &until))
		return;
	for (unsigned int src = FB_ZONE_FIRST; src < FB_ZONES_MAX; src++)
		for (unsigned int dst = FB_ZONE_FIRST; dst < FB_ZONES_MAX; dst++)
			if (h->from & FB_ZONE_BIT(src) && h->to & FB_ZONE_BIT(dst))
				fb_vec_add(&c->rs->pairs,
					   (struct fb_pair_setting){ src, dst, until,
								     h->stmt->firebreak.mode.at });
}

/* The firebreak of a pair overrides its zone: S31. */
void fb_check_pair_flags(struct fb_checker *c)
{
	for (unsigned int src = FB_ZONE_SELF; src < FB_ZONES_MAX; src++) {
		const struct fb_zone *zone = fb_ruleset_zone_by_id(c->rs, src);

		for (unsigned int dst = FB_ZONE_SELF; dst < FB_ZONES_MAX; dst++) {
			const struct fb_pair_places *places = &c->pair_places[FB_PAIR(src, dst)];
			bool reject = places->on_deny.line ? places->reject
							   : zone && rejects(&zone->stmt->zone.on_deny);
			struct fb_pair_flags pair = { src, dst,
						      (reject ? FB_PAIR_F_REJECT : 0) |
							      (places->mid_stream.line ? FB_PAIR_F_MID_STREAM
										       : 0) };

			if (pair.flags && (dst == FB_ZONE_SELF || fb_ruleset_zone_by_id(c->rs, dst)))
				fb_vec_add(&c->rs->pair_flags, pair);
		}
	}
}

/* What weakens a firebreak, or cannot be (S31, S32). */
static void judge_settings(struct fb_checker *c, const struct fb_header *h)
{
	const struct fb_stmt *s = h->stmt;

	if (s->firebreak.mid_stream)
		fb_diag_lint(
			c->diags, s->firebreak.mid_stream_at, NULL,
			"mid-stream allow weakens the state check of %s: a TCP segment needs no handshake",
			h->text);
	if (rejects(&s->firebreak.on_deny) && h->from == SELF_BIT)
		fb_diag_error(c->diags, s->firebreak.on_deny.at,
			      "on-deny reject answers the hosts of the zone on the left",
			      "the gateway itself needs no answer: its programs are told at once");
}

static void block(struct fb_checker *c, const struct fb_stmt *s)
{
	struct fb_header h = { .stmt = s, .text = header_text(c, s) };
	bool ok = true;

	h.from = zones_of(c, &s->firebreak.from, &ok);
	h.to = zones_of(c, &s->firebreak.to, &ok);
	if (h.from & h.to & SELF_BIT) {
		fb_diag_error(c->diags, s->at, "what the gateway says to itself is never filtered",
			      "firebreak %s: self stands on both sides", h.text);
		ok = false;
	}
	if (!ok)
		return;
	settings(c, &h);
	judge_settings(c, &h);
	fb_check_wire_lines(c, &h);
	observe(c, &h);
	h.from_owned = fb_check_owned_by(c, h.from);
	h.to_owned = fb_check_owned_by(c, h.to);
	for (size_t i = 0; i < s->firebreak.n_allows; i++)
		fb_check_allow(c, &h, &s->firebreak.allows[i]);
	fb_ipset_done(&h.from_owned);
	fb_ipset_done(&h.to_owned);
}

void fb_check_blocks(struct fb_checker *c)
{
	fb_for_each_stmt (c, s)
		if (s->kind == FB_STMT_FIREBREAK)
			block(c, s);
}

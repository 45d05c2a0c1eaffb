// SPDX-License-Identifier: GPL-2.0-only
#include "policy/eval.h"

#include <netinet/in.h>

/* ---- kinds of addresses, each written out as people write it -------------------------------------------------- */

static bool in_prefix(int family, struct fb_ip ip, __u64 hi, __u64 lo, unsigned int len)
{
	struct fb_ip first = { hi, lo };

	return fb_ip_cmp(ip, first) >= 0 && fb_ip_cmp(ip, fb_ip_last(family, first, len)) <= 0;
}

static bool is_unspecified(struct fb_ip ip)
{
	return ip.hi == 0 && ip.lo == 0;
}

static bool is_link_local(int family, struct fb_ip ip)
{
	if (family == 4)
		return in_prefix(4, ip, 0, 0xa9fe0000, 16); /* 169.254.0.0/16 */
	return in_prefix(6, ip, 0xfe80000000000000, 0, 10); /* fe80::/10 */
}

static bool is_multicast(int family, struct fb_ip ip)
{
	if (family == 4)
		return in_prefix(4, ip, 0, 0xe0000000, 4); /* 224.0.0.0/4 */
	return in_prefix(6, ip, 0xff00000000000000, 0, 8); /* ff00::/8 */
}

static bool is_link_multicast(int family, struct fb_ip ip)
{
	if (family == 4)
		return in_prefix(4, ip, 0, 0xe0000000, 24); /* 224.0.0.0/24 */
	return in_prefix(6, ip, 0xff02000000000000, 0, 16); /* ff02::/16 */
}

/* What routers pass on: RFC 4291, 2.7 for the scopes. */
static bool is_group(int family, struct fb_ip ip)
{
	unsigned int scope = ip.hi >> 48 & 15;

	return is_multicast(family, ip) &&
	       (family == 4 ? !is_link_multicast(4, ip) : scope >= 3 && scope <= 14);
}

static bool is_limited_broadcast(int family, struct fb_ip ip)
{
	return family == 4 && ip.lo == 0xffffffff;
}

bool fb_ip_in_every_zone(int family, struct fb_ip ip)
{
	return is_multicast(family, ip) || is_limited_broadcast(family, ip) || is_link_local(family, ip);
}

/* What nobody may have as an address: 0/8, 127/8, 240/4 and broadcast; ::/64, which holds loopback and mapped IPv4. */
static bool is_reserved(int family, struct fb_ip ip)
{
	if (family == 4)
		return in_prefix(4, ip, 0, 0, 8) || in_prefix(4, ip, 0, 0x7f000000, 8) ||
		       in_prefix(4, ip, 0, 0xf0000000, 4);
	return in_prefix(6, ip, 0, 0, 64);
}

/* An ICMP error speaks about a flow, the answer to an echo or another query about a request: neither begins anything. */
static bool is_icmp_error(const struct fb_packet *p)
{
	unsigned int type = p->dport >> 8;

	if (p->proto == IPPROTO_ICMP)
		return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
	return p->proto == IPPROTO_ICMPV6 && type < 128;
}

static bool is_query_answer(const struct fb_packet *p)
{
	unsigned int type = p->dport >> 8;

	if (p->proto == IPPROTO_ICMP)
		return type == 0 || type == 14 || type == 16 || type == 18;
	return p->proto == IPPROTO_ICMPV6 && type == 129;
}

/* ---- the gateway's own addresses -------------------------------------------------------------------------------- */

const struct fb_zone *fb_gateway_zone(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		for (size_t k = 0; k < rs->zones.v[i].n_gateways; k++) {
			const struct fb_net *net = &rs->zones.v[i].gateways[k];

			if (net->family == family && !fb_ip_cmp(net->range.first, ip))
				return &rs->zones.v[i];
		}
	return NULL;
}

/*
 * Link-local addresses are the gateway's in their own zone only: another zone may hold the same one. Loopback is on no wire, and the gateway's there
 * neither: the data plane does not know it (userspace/agent/ports.c).
 */
static const struct fb_own_address *own_address(const struct fb_own *own, int family, struct fb_ip ip,
						unsigned int zone)
{
	for (size_t i = 0; i < own->v.n && !is_reserved(family, ip); i++) {
		const struct fb_own_address *a = &own->v.v[i];

		if (a->family == family && fb_ip_cmp(a->ip, ip) == 0 &&
		    (!is_link_local(family, ip) || a->zone == zone))
			return a;
	}
	return NULL;
}

bool fb_own_has(const struct fb_ruleset *rs, const struct fb_own *own, int family, struct fb_ip ip,
		unsigned int zone)
{
	return own_address(own, family, ip, zone) || fb_gateway_zone(rs, family, ip);
}

static const struct fb_own_address *own_broadcast(const struct fb_own *own, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < own->v.n; i++) {
		const struct fb_own_address *a = &own->v.v[i];

		if (family == 4 && a->family == 4 && a->len <= 30 && a->ip.lo != ip.lo &&
		    fb_ip_cmp(fb_ip_last(4, a->ip, a->len), ip) == 0)
			return a;
	}
	return NULL;
}

static unsigned int owner_of(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_ipset_has(&rs->zones.v[i].owned, family, ip))
			return rs->zones.v[i].id;
	return FB_ZONE_NONE;
}

/* ---- who speaks to whom --------------------------------------------------------------------------------------------- */

struct judgement {
	const struct fb_ruleset *rs;
	const struct fb_own *own;
	const struct fb_packet *packet;
	struct fb_ip src, dst; /* as lines see them: hosts, or roles */
	bool src_local;	       /* unspecified or link-local */
	const struct fb_schedule *schedule;
	bool early; /* fb_when's */
	struct fb_answer answer;
};

static struct fb_ip role(enum fb_role_kind kind, unsigned int zone)
{
	return (struct fb_ip){ 0, FB_ROLE(kind, zone) };
}

/* FB_PASSED: go on. */
static enum fb_reason judge_source(struct judgement *j)
{
	const struct fb_packet *p = j->packet;

	if (p->zone == FB_ZONE_SELF) {
		j->src = role(FB_ROLE_SELF_SRC, p->out_zone);
		return FB_PASSED;
	}
	if (p->zone == FB_ZONE_NONE)
		return FB_DROP_NO_ZONE; /* it can only come in where no zone is */
	if (fb_own_has(j->rs, j->own, p->family, p->src, p->zone) || own_broadcast(j->own, p->family, p->src))
		return FB_DROP_SPOOF;
	if (is_unspecified(p->src) || is_link_local(p->family, p->src)) {
		j->src_local = true;
		j->src = role(FB_ROLE_LOCAL, p->zone);
		return FB_PASSED;
	}
	if (is_reserved(p->family, p->src) || is_multicast(p->family, p->src) ||
	    fb_ip_cmp(p->src, p->dst) == 0)
		return FB_DROP_SPOOF;
	j->src = p->src;
	return owner_of(j->rs, p->family, p->src) == p->zone ? FB_PASSED : FB_DROP_SPOOF;
}

static enum fb_reason to_gateway(struct judgement *j, struct fb_ip dst)
{
	j->answer.dst_zone = FB_ZONE_SELF;
	j->dst = dst;
	return FB_PASSED;
}

/* S61: what crosses a wire though it is for a whole segment, or from link-local addresses, if a line allows it. */
static bool is_link_service(const struct fb_packet *p)
{
	unsigned int type = p->dport >> 8;

	if (p->proto == IPPROTO_UDP)
		return p->family == 4 ? p->sport == 67 || p->sport == 68 : p->sport == 546 || p->sport == 547;
	return p->proto == IPPROTO_ICMPV6 && (type == 133 || type == 134 || type == 137);
}

/* S60: the gateway has no part in a wire. */
static enum fb_reason judge_destination_wire(struct judgement *j)
{
	const struct fb_packet *p = j->packet;

	j->answer.dst_zone = FB_ZONE_SELF;
	if (fb_own_has(j->rs, j->own, p->family, p->dst, p->zone) || own_broadcast(j->own, p->family, p->dst))
		return FB_DROP_ROUTE_MISMATCH;
	j->answer.dst_zone = p->wire_zone;
	if (is_link_local(p->family, p->dst) || is_limited_broadcast(p->family, p->dst) ||
	    is_link_multicast(p->family, p->dst)) {
		j->dst = role(is_link_local(p->family, p->dst) ? FB_ROLE_LOCAL : FB_ROLE_BCAST, p->wire_zone);
		return is_link_service(p) ? FB_PASSED : FB_DROP_SCOPE;
	}
	if (is_multicast(p->family, p->dst)) {
		j->dst = p->dst;
		return is_group(p->family, p->dst) ? FB_PASSED : FB_DROP_NO_ALLOW;
	}
	j->dst = p->dst;
	j->answer.dst_zone = owner_of(j->rs, p->family, p->dst);
	if (j->answer.dst_zone == FB_ZONE_NONE)
		return FB_DROP_NO_ZONE;
	return j->answer.dst_zone == p->wire_zone ? FB_PASSED : FB_DROP_ROUTE_MISMATCH;
}

static enum fb_reason judge_destination_in(struct judgement *j)
{
	const struct fb_packet *p = j->packet;
	const struct fb_own_address *own = own_address(j->own, p->family, p->dst, p->zone);
	const struct fb_own_address *broadcast = own_broadcast(j->own, p->family, p->dst);

	const struct fb_zone *virtual = fb_gateway_zone(j->rs, p->family, p->dst);

	if (own || virtual)
		return to_gateway(j, role(FB_ROLE_SELF_AT, own ? own->zone : virtual->id));
	if (broadcast && broadcast->zone != p->zone) {
		j->answer.dst_zone = broadcast->zone;
		return FB_DROP_SCOPE;
	}
	if (broadcast || is_limited_broadcast(p->family, p->dst))
		return to_gateway(j, role(FB_ROLE_BCAST, p->zone));
	if (is_link_multicast(p->family, p->dst))
		return to_gateway(j, p->dst);
	if (is_multicast(p->family, p->dst)) {
		j->dst = p->dst;
		j->answer.dst_zone = FB_ZONE_NONE; /* its line says where copies go */
		return is_group(p->family, p->dst) ? FB_PASSED : FB_DROP_NO_ALLOW;
	}
	if (is_link_local(p->family, p->dst))
		return FB_DROP_SCOPE;
	j->dst = p->dst;
	j->answer.dst_zone = owner_of(j->rs, p->family, p->dst);
	return j->answer.dst_zone == FB_ZONE_NONE ? FB_DROP_NO_ZONE : FB_PASSED;
}

static enum fb_reason judge_destination_out(struct judgement *j)
{
	const struct fb_packet *p = j->packet;
	const struct fb_own_address *broadcast = own_broadcast(j->own, p->family, p->dst);

	j->answer.dst_zone = p->out_zone;
	j->dst = p->dst;
	if (is_link_local(p->family, p->dst)) {
		j->dst = role(FB_ROLE_LOCAL, p->out_zone);
		return FB_PASSED;
	}
	if (is_limited_broadcast(p->family, p->dst) || (broadcast && broadcast->zone == p->out_zone)) {
		j->dst = role(FB_ROLE_BCAST, p->out_zone);
		return FB_PASSED;
	}
	if (is_link_multicast(p->family, p->dst))
		return FB_PASSED;
	if (is_multicast(p->family, p->dst))
		return is_group(p->family, p->dst) ? FB_PASSED : FB_DROP_NO_ALLOW;
	return p->out_zone && owner_of(j->rs, p->family, p->dst) == p->out_zone ? FB_PASSED
										: FB_DROP_ROUTE_MISMATCH;
}

/* ---- lines ----------------------------------------------------------------------------------------------------------- */

static bool service_matches(const struct fb_l4set *set, const struct fb_packet *p)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct fb_l4 *s = &set->v[i];

		if (p->proto >= s->proto_lo && p->proto <= s->proto_hi && p->sport >= s->sport_lo &&
		    p->sport <= s->sport_hi && p->dport >= s->dport_lo && p->dport <= s->dport_hi)
			return true;
	}
	return false;
}

static bool box_matches(const struct judgement *j, const struct fb_box *box)
{
	return fb_ipset_has(&j->rs->sets.v[box->src], j->packet->family, j->src) &&
	       fb_ipset_has(&j->rs->sets.v[box->dst], j->packet->family, j->dst) &&
	       service_matches(&j->rs->services.v[box->svc], j->packet);
}

/* S17: a is open and b is not; or a stays open longer; or (both shut) a will open again; or it is the first in the text. */
static bool comes_before(const struct judgement *j, const struct fb_box *a, const struct fb_box *b, __s64 now)
{
	struct fb_closing x = fb_schedule_line(j->schedule, &j->rs->lines.v[a->line]),
			  y = fb_schedule_line(j->schedule, &j->rs->lines.v[b->line]);
	bool x_open = x.deadline > now, y_open = y.deadline > now;

	if (x_open != y_open)
		return x_open;
	if (!x_open && x.window != y.window)
		return x.window;
	if (x.deadline != y.deadline)
		return x.deadline > y.deadline;
	return a->order < b->order;
}

/* The box of the kind that matches and decides, or NULL. */
static const struct fb_box *first_match(const struct judgement *j, enum fb_rule_kind kind, __s64 now)
{
	const struct fb_box *first = NULL;

	for (size_t i = 0; i < j->rs->boxes.n; i++) {
		const struct fb_box *box = &j->rs->boxes.v[i];

		if (j->rs->lines.v[box->line].kind == kind && box_matches(j, box) &&
		    (!first ||
		     (kind == FB_RULE_NEVER ? box->order < first->order : comes_before(j, box, first, now))))
			first = box;
	}
	return first;
}

/* fb_is_open of the data plane (bpf/lib/judge.h). */
static bool holds(const struct judgement *j, const struct fb_closing *closing, __s64 now)
{
	return closing->deadline > now &&
	       (!j->early || (closing->deadline == FB_NO_DEADLINE && !closing->window));
}

static bool observed(const struct judgement *j, __s64 now)
{
	for (size_t i = 0; i < j->rs->pairs.n; i++) {
		const struct fb_pair_setting *pair = &j->rs->pairs.v[i];

		if (pair->src == j->answer.src_zone && pair->dst == j->answer.dst_zone &&
		    holds(j, &(struct fb_closing){ .deadline = pair->observe_until }, now))
			return true;
	}
	return false;
}

/* May the packet make a flow? S32: in some pairs a segment from the middle of a connection may. */
static bool begins(const struct judgement *j)
{
	if (j->packet->proto != IPPROTO_TCP || j->packet->first)
		return true;
	for (size_t i = 0; i < j->rs->pair_flags.n; i++) {
		const struct fb_pair_flags *pair = &j->rs->pair_flags.v[i];

		if (pair->src == j->answer.src_zone && pair->dst == j->answer.dst_zone)
			return pair->flags & FB_PAIR_F_MID_STREAM;
	}
	return false;
}

static enum fb_reason judge_lines(struct judgement *j, __s64 now)
{
	const struct fb_box *box = first_match(j, FB_RULE_NEVER, now);
	enum fb_reason reason = FB_DROP_NO_ALLOW;
	struct fb_closing closing;

	if (box) {
		j->answer.line = (int)box->line;
		return FB_DROP_NEVER;
	}
	/* The first is the one that closes last: if it is shut, so are the others. */
	box = first_match(j, FB_RULE_ALLOW, now);
	if (box) {
		closing = fb_schedule_line(j->schedule, &j->rs->lines.v[box->line]);
		j->answer.line = (int)box->line;
		if (holds(j, &closing, now))
			return begins(j) ? FB_PASSED : FB_DROP_TCP_STATE;
		reason = closing.window ? FB_DROP_WINDOW_CLOSED : FB_DROP_EXPIRED;
	}
	if (observed(j, now)) {
		j->answer.line = -1;
		return FB_WOULD_DROP;
	}
	return reason;
}

/* S14: an allowed packet of a group goes where its line says; from link-local addresses, to the gateway only. */
static enum fb_reason judge_group(struct judgement *j)
{
	const struct fb_packet *p = j->packet;
	__u64 zones = j->answer.line < 0 ? 0 : j->rs->lines.v[j->answer.line].group;

	if (p->wire_zone)
		return zones >> p->wire_zone & 1 || j->answer.reason == FB_WOULD_DROP ? j->answer.reason
										      : FB_DROP_NO_ALLOW;
	if (j->src_local)
		zones &= 1u << FB_ZONE_SELF;
	if (!zones)
		return j->src_local ? FB_DROP_SCOPE : FB_DROP_NO_ALLOW;
	if (zones == 1u << FB_ZONE_SELF)
		j->answer.dst_zone = FB_ZONE_SELF;
	else
		j->answer.copies = zones;
	return j->answer.reason;
}

static struct fb_answer judge(struct judgement j, __s64 now)
{
	const struct fb_packet *packet = j.packet;

	j.answer.reason = judge_source(&j);
	if (j.answer.reason != FB_PASSED)
		return j.answer;
	if (is_icmp_error(packet)) {
		j.answer.reason = FB_DROP_ICMP_UNRELATED;
		return j.answer;
	}
	j.answer.reason = packet->zone == FB_ZONE_SELF ? judge_destination_out(&j)
			  : packet->wire_zone	       ? judge_destination_wire(&j)
						       : judge_destination_in(&j);
	if (j.answer.reason != FB_PASSED)
		return j.answer;
	if (j.src_local && j.answer.dst_zone != FB_ZONE_SELF &&
	    !(packet->wire_zone ? is_link_service(packet) : is_group(packet->family, packet->dst))) {
		j.answer.reason = FB_DROP_SCOPE; /* S13: link-local is never forwarded */
		return j.answer;
	}
	j.answer.reason = judge_lines(&j, now);
	if (is_group(packet->family, packet->dst) && packet->zone != FB_ZONE_SELF &&
	    (j.answer.reason == FB_PASSED || j.answer.reason == FB_WOULD_DROP))
		j.answer.reason = judge_group(&j);
	if (is_query_answer(packet) && (j.answer.reason == FB_PASSED || j.answer.reason == FB_WOULD_DROP)) {
		j.answer.reason = FB_DROP_ICMP_UNRELATED;
		j.answer.copies = 0;
	}
	return j.answer;
}

struct fb_answer fb_eval_at(const struct fb_ruleset *rs, const struct fb_own *own,
			    const struct fb_packet *packet, const struct fb_when *when)
{
	struct fb_schedule schedule;
	struct judgement j = { rs,
			       own,
			       packet,
			       .schedule = &schedule,
			       .early = when->early,
			       .answer = {
				       .src_zone = packet->zone, .dst_zone = packet->out_zone, .line = -1 } };
	struct fb_answer answer;

	fb_schedule_at(rs, when, &schedule);
	answer = judge(j, when->now);
	fb_schedule_done(&schedule);
	return answer;
}

struct fb_answer fb_eval(const struct fb_ruleset *rs, const struct fb_own *own,
			 const struct fb_packet *packet, __s64 now)
{
	struct fb_when when = { .now = now };

	return fb_eval_at(rs, own, packet, &when);
}

bool fb_answer_into_wire(const struct fb_ruleset *rs, const struct fb_packet *packet,
			 const struct fb_answer *answer)
{
	const struct fb_zone *to = fb_ruleset_zone_by_id(rs, answer->dst_zone);

	return !packet->wire_zone && to && fb_ruleset_only_wires(rs, to);
}

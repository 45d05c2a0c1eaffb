// SPDX-License-Identifier: GPL-2.0-only
#include "policy/l4set.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/*
 * One sweep for all operations. The three dimensions nest: cut the protocols wherever any box begins or ends, cut the source
 * ports likewise within such a slice, then sweep the destination ports. The boxes that live in a slice are the only ones
 * looked at below it.
 */
struct boxes FB_VEC(struct fb_l4);

struct sweep {
	enum fb_l4_op op;
	struct boxes out;
};

static unsigned int lo_of(const struct fb_l4 *box, int dim)
{
	return dim == 0 ? box->proto_lo : dim == 1 ? box->sport_lo : box->dport_lo;
}

static unsigned int hi_of(const struct fb_l4 *box, int dim)
{
	return dim == 0 ? box->proto_hi : dim == 1 ? box->sport_hi : box->dport_hi;
}

static void set_dim(struct fb_l4 *box, int dim, unsigned int lo, unsigned int hi)
{
	if (dim == 0) {
		box->proto_lo = (__u8)lo;
		box->proto_hi = (__u8)hi;
	} else if (dim == 1) {
		box->sport_lo = (__u16)lo;
		box->sport_hi = (__u16)hi;
	} else {
		box->dport_lo = (__u16)lo;
		box->dport_hi = (__u16)hi;
	}
}

static int compare_unsigned(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

/* Where slices begin: every box's start and the place behind its end. Sorted, each once; the caller frees. */
static unsigned int *starts_of(const struct boxes *a, const struct boxes *b, int dim, size_t *ret_n)
{
	unsigned int *v = calloc(2 * (a->n + b->n) + 1, sizeof(*v));
	size_t n = 0, kept = 0;

	if (!v)
		abort();
	for (size_t i = 0; i < a->n + b->n; i++) {
		const struct fb_l4 *box = i < a->n ? &a->v[i] : &b->v[i - a->n];

		v[n++] = lo_of(box, dim);
		v[n++] = hi_of(box, dim) + 1;
	}
	qsort(v, n, sizeof(*v), compare_unsigned);
	for (size_t i = 0; i < n; i++)
		if (!kept || v[kept - 1] != v[i])
			v[kept++] = v[i];
	*ret_n = kept;
	return v;
}

static void boxes_at(const struct boxes *from, int dim, unsigned int at, struct boxes *ret)
{
	for (size_t i = 0; i < from->n; i++)
		if (lo_of(&from->v[i], dim) <= at && at <= hi_of(&from->v[i], dim))
			fb_vec_add(ret, from->v[i]);
}

/* True if out[x, x + n) and out[y, y + n) differ in no dimension beyond dim. */
static bool same_below(const struct boxes *out, size_t x, size_t y, size_t n, int dim)
{
	for (size_t i = 0; i < n; i++)
		for (int d = dim + 1; d < 3; d++)
			if (lo_of(&out->v[x + i], d) != lo_of(&out->v[y + i], d) ||
			    hi_of(&out->v[x + i], d) != hi_of(&out->v[y + i], d))
				return false;
	return true;
}

static bool wanted(enum fb_l4_op op, bool in_a, bool in_b)
{
	switch (op) {
	case FB_L4_UNION:
		return in_a || in_b;
	case FB_L4_INTERSECT:
		return in_a && in_b;
	default:
		return in_a && !in_b;
	}
}

/* The index of a start. */
static size_t start_at(const unsigned int *starts, size_t n, unsigned int value)
{
	size_t from = 0;

	while (n > 1) {
		if (starts[from + n / 2] <= value) {
			from += n / 2;
			n -= n / 2;
		} else {
			n /= 2;
		}
	}
	return from;
}

/* The destination ports: a policy has thousands of them behind one another, so the boxes at a place are counted and not collected. */
static void sweep_last(struct sweep *s, const struct boxes *a, const struct boxes *b, struct fb_l4 slice)
{
	size_t n_starts;
	fb_autofree unsigned int *starts = starts_of(a, b, 2, &n_starts);
	fb_autofree int *change = calloc(2 * n_starts + 1, sizeof(*change));
	int there[2] = { 0, 0 };
	bool going = false;

	if (!change)
		abort();
	for (size_t i = 0; i < a->n + b->n; i++) {
		const struct fb_l4 *box = i < a->n ? &a->v[i] : &b->v[i - a->n];

		change[2 * start_at(starts, n_starts, box->dport_lo) + (i >= a->n)]++;
		change[2 * start_at(starts, n_starts, box->dport_hi + 1u) + (i >= a->n)]--;
	}
	for (size_t i = 0; i + 1 < n_starts; i++) {
		there[0] += change[2 * i];
		there[1] += change[2 * i + 1];
		if (!wanted(s->op, there[0], there[1])) {
			going = false;
			continue;
		}
		if (!going) {
			set_dim(&slice, 2, starts[i], 0);
			fb_vec_add(&s->out, slice);
		}
		going = true;
		s->out.v[s->out.n - 1].dport_hi = (__u16)(starts[i + 1] - 1);
	}
}

static void sweep_dim(struct sweep *s, const struct boxes *a, const struct boxes *b, int dim,
		      struct fb_l4 slice)
{
	size_t n_starts, previous = 0, n_previous = 0;
	fb_autofree unsigned int *starts = starts_of(a, b, dim, &n_starts);

	for (size_t i = 0; i + 1 < n_starts; i++) {
		unsigned int lo = starts[i], hi = starts[i + 1] - 1;
		struct boxes in_a = { 0 }, in_b = { 0 };
		size_t begin = s->out.n, n;

		boxes_at(a, dim, lo, &in_a);
		boxes_at(b, dim, lo, &in_b);
		set_dim(&slice, dim, lo, hi);
		if (dim == 0)
			sweep_dim(s, &in_a, &in_b, 1, slice);
		else
			sweep_last(s, &in_a, &in_b, slice);
		fb_vec_done(&in_a);
		fb_vec_done(&in_b);
		n = s->out.n - begin;
		if (n && n == n_previous && hi_of(&s->out.v[previous], dim) + 1 == lo &&
		    same_below(&s->out, previous, begin, n, dim)) {
			for (size_t k = 0; k < n; k++)
				set_dim(&s->out.v[previous + k], dim, lo_of(&s->out.v[previous], dim), hi);
			s->out.n = begin;
		} else {
			previous = begin;
			n_previous = n;
		}
	}
}

struct fb_l4set fb_l4set_combine(const struct fb_l4set *a, const struct fb_l4set *b, enum fb_l4_op op)
{
	struct boxes in_a = { .v = a->v, .n = a->n }, in_b = { .v = b->v, .n = b->n };
	struct sweep s = { .op = op };

	sweep_dim(&s, &in_a, &in_b, 0, FB_L4_ALL);
	return (struct fb_l4set){ s.out.v, s.out.n };
}

bool fb_l4set_overlaps(const struct fb_l4set *a, const struct fb_l4set *b)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t j = 0; j < b->n; j++) {
			bool meet = true;

			for (int dim = 0; dim < 3 && meet; dim++)
				meet = lo_of(&a->v[i], dim) <= hi_of(&b->v[j], dim) &&
				       lo_of(&b->v[j], dim) <= hi_of(&a->v[i], dim);
			if (meet)
				return true;
		}
	}
	return false;
}

bool fb_l4set_has(const struct fb_l4set *set, __u8 proto, __u16 sport, __u16 dport)
{
	struct fb_l4 point = { proto, proto, sport, sport, dport, dport };

	return fb_l4set_overlaps(set, &(struct fb_l4set){ &point, 1 });
}

bool fb_l4set_equal(const struct fb_l4set *a, const struct fb_l4set *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->v, b->v, a->n * sizeof(*a->v)));
}

/* ---- what begins ------------------------------------------------------------------------------------------------- */

#define TYPES(proto, lo, hi)                                        \
	{                                                           \
		proto, proto, 0, 65535, (lo) << 8, (hi) << 8 | 0xff \
	}

struct fb_l4set fb_l4set_beginning(const struct fb_l4set *set, int family)
{
	static const struct fb_l4 not4[] = {
		TYPES(IPPROTO_ICMP, 0, 0),
		TYPES(IPPROTO_ICMP, 3, 5),
		TYPES(IPPROTO_ICMP, 11, 12),
		TYPES(IPPROTO_ICMPV6, 0, 255),
	};
	static const struct fb_l4 not6[] = {
		TYPES(IPPROTO_ICMP, 0, 255),
		TYPES(IPPROTO_ICMPV6, 0, 127),
		TYPES(IPPROTO_ICMPV6, 129, 129),
	};
	const struct fb_l4set less = { (struct fb_l4 *)(family == 4 ? not4 : not6),
				       family == 4 ? FB_ARRAY_SIZE(not4) : FB_ARRAY_SIZE(not6) };

	return fb_l4set_combine(set, &less, FB_L4_SUBTRACT);
}

bool fb_l4set_begins(const struct fb_l4set *set, int family)
{
	struct fb_l4set left;

	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].proto_lo != set->v[i].proto_hi ||
		    (set->v[i].proto_lo != IPPROTO_ICMP && set->v[i].proto_lo != IPPROTO_ICMPV6))
			return true;
	left = fb_l4set_beginning(set, family);
	free(left.v);
	return left.n;
}

static bool has_ports(unsigned int proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

/* How plain an example it is: with a port that can be named, an echo request, a protocol that is no extension header (IPv6), the rest. */
static int plainness(const struct fb_l4 *box, unsigned int proto)
{
	static const __u8 extensions[] = { IPPROTO_HOPOPTS,
					   IPPROTO_ROUTING,
					   IPPROTO_FRAGMENT,
					   IPPROTO_AH,
					   IPPROTO_NONE,
					   IPPROTO_DSTOPTS,
					   135,
					   139,
					   140 };

	if (has_ports(proto))
		return box->dport_hi ? 4 : 0;
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		return 3;
	for (size_t i = 0; i < FB_ARRAY_SIZE(extensions); i++)
		if (proto == extensions[i])
			return 1;
	return 2;
}

struct fb_l4 fb_l4set_witness(const struct fb_l4set *set, int family)
{
	struct fb_l4 all = FB_L4_ALL, best = set->v[0];
	struct fb_l4set left;
	int best_score = -1;

	if (fb_l4set_equal(set, &(struct fb_l4set){ &all, 1 }))
		return all;
	left = fb_l4set_beginning(set, family);
	for (size_t i = 0; i < left.n; i++)
		for (unsigned int proto = left.v[i].proto_lo; proto <= left.v[i].proto_hi; proto++) {
			if (plainness(&left.v[i], proto) <= best_score)
				continue;
			best_score = plainness(&left.v[i], proto);
			best = left.v[i];
			best.proto_lo = best.proto_hi = (__u8)proto;
		}
	free(left.v);
	if (best.dport_lo || best.dport_hi != 65535) {
		const unsigned int echo = (family == 4 ? 8 : 128) << 8;

		if (!has_ports(best.proto_lo) && best.dport_lo <= echo && echo <= best.dport_hi)
			best.dport_lo = (__u16)echo;
		best.dport_lo += !best.dport_lo && best.dport_hi && has_ports(best.proto_lo);
		best.dport_hi = best.dport_lo;
	}
	if (best.sport_lo || best.sport_hi != 65535) {
		best.sport_lo += !best.sport_lo && best.sport_hi;
		best.sport_hi = best.sport_lo;
	}
	return best;
}

/* ---- in words ---------------------------------------------------------------------------------------------------- */

static void print_numbers(struct fb_strbuf *out, unsigned int lo, unsigned int hi)
{
	if (lo == hi)
		fb_strbuf_addf(out, "%u", lo);
	else
		fb_strbuf_addf(out, "%u-%u", lo, hi);
}

static const char *proto_name(unsigned int proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	default:
		return NULL;
	}
}

static void print_box(const struct fb_l4 *box, struct fb_strbuf *out)
{
	const char *name = box->proto_lo == box->proto_hi ? proto_name(box->proto_lo) : NULL;
	bool any_dport = box->dport_lo == 0 && box->dport_hi == 65535;
	bool any_sport = box->sport_lo == 0 && box->sport_hi == 65535;

	if (!name) {
		fb_strbuf_add(out, "ip/");
		print_numbers(out, box->proto_lo, box->proto_hi);
	} else if (any_dport) {
		fb_strbuf_addf(out, "%s/any", name);
	} else if (
		name[0] ==
		'i') { /* types; a part of a type's codes is more than the language can say, so nobody asked for it */
		fb_strbuf_addf(out, "%s/", name);
		print_numbers(out, box->dport_lo >> 8, box->dport_hi >> 8);
	} else {
		fb_strbuf_addf(out, "%s/", name);
		print_numbers(out, box->dport_lo, box->dport_hi);
	}
	if (!any_sport) {
		fb_strbuf_add(out, " source-port ");
		print_numbers(out, box->sport_lo, box->sport_hi);
	}
}

void fb_l4set_print(const struct fb_l4set *set, struct fb_strbuf *out)
{
	struct fb_l4 all = FB_L4_ALL;

	if (fb_l4set_equal(set, &(struct fb_l4set){ &all, 1 })) {
		fb_strbuf_add(out, "all");
		return;
	}
	for (size_t i = 0; i < set->n; i++) {
		if (i)
			fb_strbuf_add(out, ", ");
		print_box(&set->v[i], out);
	}
}

void fb_l4set_say(const struct fb_l4set *set, struct fb_strbuf *out)
{
	struct fb_l4 all = FB_L4_ALL;
	struct fb_l4set missing = fb_l4set_combine(&(struct fb_l4set){ &all, 1 }, set, FB_L4_SUBTRACT);

	if (missing.n && missing.n < set->n) {
		fb_strbuf_add(out, "all but ");
		fb_l4set_print(&missing, out);
	} else {
		fb_l4set_print(set, out);
	}
	free(missing.v);
}

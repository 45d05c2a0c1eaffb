// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/in.h>
#include <stdlib.h>

#include "policy/checker.h"

static void ports(const struct fb_ports *p, __u16 *ret_lo, __u16 *ret_hi)
{
	*ret_lo = p->any ? 0 : p->lo;
	*ret_hi = p->any ? 65535 : p->hi;
}

struct fb_l4 fb_check_proto_box(const struct fb_proto *p)
{
	static const __u8 numbers[] = { [FB_PROTO_TCP] = IPPROTO_TCP,
					[FB_PROTO_UDP] = IPPROTO_UDP,
					[FB_PROTO_SCTP] = IPPROTO_SCTP,
					[FB_PROTO_ICMP] = IPPROTO_ICMP,
					[FB_PROTO_ICMPV6] = IPPROTO_ICMPV6 };
	struct fb_l4 box = FB_L4_ALL;

	if (p->kind == FB_PROTO_IP) {
		if (p->number >= 0)
			box.proto_lo = box.proto_hi = (__u8)p->number;
		return box;
	}
	box.proto_lo = box.proto_hi = numbers[p->kind];
	if (p->kind == FB_PROTO_ICMP || p->kind == FB_PROTO_ICMPV6) {
		if (p->number >= 0) {
			box.dport_lo = (__u16)(p->number << 8);
			box.dport_hi = (__u16)(p->number << 8 | 0xff);
		}
		return box;
	}
	ports(&p->ports, &box.dport_lo, &box.dport_hi);
	if (p->has_source)
		ports(&p->source_ports, &box.sport_lo, &box.sport_hi);
	return box;
}

static bool resolve(struct fb_checker *c, struct fb_service_state *state);

/* The set behind one use; borrowed (storage lends a box). NULL = reported. */
static const struct fb_l4set *item_set(struct fb_checker *c, const struct fb_svc_item *item,
				       struct fb_l4 *box, struct fb_l4set *storage, unsigned int *height)
{
	const struct fb_symbol *symbol;
	struct fb_service_state *state;

	if (item->kind != FB_SVC_NAME) {
		*box = item->kind == FB_SVC_ALL ? FB_L4_ALL : fb_check_proto_box(&item->proto);
		*storage = (struct fb_l4set){ box, 1 };
		return storage;
	}
	symbol = fb_names_find(&c->services, item->name.s);
	if (!symbol) {
		fb_names_unknown(c, &c->services, FB_SYMBOL_SERVICE, &item->name, "service");
		return NULL;
	}
	state = &c->service_states.v[symbol->index];
	if (state->state == FB_SERVICE_OPEN) {
		fb_diag_error(c->diags, item->at, NULL, "service %s contains itself", item->name.s);
		return NULL;
	}
	if (!fb_names_nest(c, "service", &item->name, state->height) || !resolve(c, state))
		return NULL;
	if (*height <= state->height)
		*height = state->height + 1;
	return &state->set;
}

/* All items first and one union after: a union an item takes the cube of their number (2,000 ports on one line: 5 s). */
static bool items_set(struct fb_checker *c, const struct fb_svc_items *items, struct fb_l4set *ret,
		      unsigned int *height)
{
	struct FB_VEC(struct fb_l4) all = { 0 };
	const struct fb_l4set none = { 0 };
	bool ok = true;

	for (size_t i = 0; i < items->n; i++) {
		struct fb_l4 box;
		struct fb_l4set storage;
		const struct fb_l4set *one = item_set(c, &items->v[i], &box, &storage, height);

		ok &= one != NULL;
		for (size_t k = 0; one && k < one->n; k++)
			fb_vec_add(&all, one->v[k]);
	}
	if (ok)
		*ret = fb_l4set_combine(&(struct fb_l4set){ all.v, all.n }, &none, FB_L4_UNION);
	fb_vec_done(&all);
	return ok;
}

bool fb_check_service_items(struct fb_checker *c, const struct fb_svc_items *items, struct fb_l4set *ret)
{
	unsigned int height = 0;

	return items_set(c, items, ret, &height);
}

/* What is inside has been resolved, and said it for all that is inside of that. */
static const struct fb_stmt *find_initiator(const struct fb_checker *c, const struct fb_stmt *s)
{
	const struct fb_stmt *found = s->service.initiator.s ? s : NULL;

	for (size_t i = 0; i < s->service.items.n && !found; i++) {
		const struct fb_svc_item *item = &s->service.items.v[i];

		if (item->kind == FB_SVC_NAME)
			found = c->service_states.v[fb_names_find(&c->services, item->name.s)->index]
					.initiator;
	}
	return found;
}

static bool resolve_body(struct fb_checker *c, struct fb_service_state *state)
{
	const struct fb_stmt *s = state->stmt;
	struct fb_l4set sum, except, left;

	if (!s->service.items.n) {
		fb_diag_error(c->diags, s->name.at, "add a port (tcp/8443), another service, or \"all\"",
			      "service %s is empty", s->name.s);
		return false;
	}
	if (!items_set(c, &s->service.items, &sum, &state->height))
		return false;
	if (!items_set(c, &s->service.except, &except, &state->height)) {
		free(sum.v);
		return false;
	}
	left = fb_l4set_combine(&sum, &except, FB_L4_SUBTRACT);
	if (except.n && !fb_l4set_overlaps(&sum, &except))
		fb_diag_lint(c->diags, s->service.except.v[0].at, NULL,
			     "this except takes nothing out of service %s", s->name.s);
	free(sum.v);
	free(except.v);
	state->set = left;
	state->initiator = find_initiator(c, s);
	if (left.n)
		return true;
	fb_diag_error(c->diags, s->name.at, NULL, "service %s is empty: its except takes everything out",
		      s->name.s);
	return false;
}

static bool resolve(struct fb_checker *c, struct fb_service_state *state)
{
	if (state->state == FB_SERVICE_DONE)
		return state->ok;
	state->state = FB_SERVICE_OPEN;
	c->depth++;
	state->ok = resolve_body(c, state);
	c->depth--;
	state->state = FB_SERVICE_DONE;
	return state->ok;
}

void fb_check_services(struct fb_checker *c)
{
	c->too_deep = false;
	for (size_t i = 0; i < c->service_states.n; i++) {
		const struct fb_service_state *state = &c->service_states.v[i];

		if (resolve(c, &c->service_states.v[i]) && state->set.n == 1)
			fb_vec_add(&c->rs->named_services,
				   (struct fb_named_service){ state->stmt->name.s, state->set.v[0] });
	}
}

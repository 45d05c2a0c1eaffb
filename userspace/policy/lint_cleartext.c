// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services that can be read on the wire, in a line by their own name, inside of another service, or as a bare port. A service that the policy
 * defines on such a port is taken at its word: who gives a port a name says what is spoken there.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/checker.h"
#include "policy/l4set.h"
#include "policy/lint.h"

static int by_service_name(const void *a, const void *b)
{
	return strcmp(((const struct fb_lint_service *)a)->name, ((const struct fb_lint_service *)b)->name);
}

void fb_lint_sort_services(struct fb_linter *l)
{
	if (l->services.n)
		qsort(l->services.v, l->services.n, sizeof(*l->services.v), by_service_name);
}

static struct fb_lint_service *service(const struct fb_linter *l, const char *name)
{
	struct fb_lint_service key = { .name = name };

	if (!l->services.n)
		return NULL;
	return bsearch(&key, l->services.v, l->services.n, sizeof(key), by_service_name);
}

static bool among(const struct fb_svc_items *items, const char *name)
{
	for (size_t i = 0; i < items->n; i++)
		if (items->v[i].kind == FB_SVC_NAME && !strcmp(items->v[i].name.s, name))
			return true;
	return false;
}

/*
 * The service itself, or the first inside of it that says cleartext. No service contains itself: that is an error. Each is looked into once: nine levels of
 * twenty names each would be 20^8 times the same.
 */
static const char *readable_within(struct fb_linter *l, const char *name)
{
	struct fb_lint_service *found = service(l, name);
	const struct fb_svc_items *items, *except;
	const char *readable = NULL;

	if (!found || found->looked_at)
		return found ? found->readable : NULL;
	items = &found->stmt->service.items;
	except = &found->stmt->service.except;
	if (found->stmt->service.cleartext)
		readable = found->name;
	for (size_t i = 0; i < items->n && !readable; i++) {
		if (items->v[i].kind == FB_SVC_NAME)
			readable = readable_within(l, items->v[i].name.s);
		if (readable && among(except, readable))
			readable = NULL;
	}
	found->looked_at = true;
	found->readable = readable;
	return readable;
}

/* Of the services that say cleartext the first that has a port among those of box. */
static const char *readable_at(const struct fb_linter *l, const struct fb_l4 *box)
{
	struct fb_l4set mine = { (struct fb_l4 *)box, 1 };

	for (size_t i = 0; i < l->services.n; i++) {
		const struct fb_stmt *s = l->services.v[i].stmt;

		for (size_t k = 0; s->service.cleartext && k < s->service.items.n; k++) {
			struct fb_l4 other;

			if (s->service.items.v[k].kind != FB_SVC_PROTO)
				continue;
			other = fb_check_proto_box(&s->service.items.v[k].proto);
			if (fb_l4set_overlaps(&mine, &(struct fb_l4set){ &other, 1 }))
				return s->name.s;
		}
	}
	return NULL;
}

void fb_lint_cleartext(struct fb_linter *l, const struct fb_line *line, const struct fb_words *comments)
{
	for (size_t i = 0; i < line->allow->services.n; i++) {
		const struct fb_svc_item *item = &line->allow->services.v[i];
		struct fb_l4 box = FB_L4_ALL;
		const char *found;
		fb_autostrbuf struct fb_strbuf written = { 0 };

		if (item->kind == FB_SVC_PROTO)
			box = fb_check_proto_box(&item->proto);
		found = item->kind == FB_SVC_NAME ? readable_within(l, item->name.s) : readable_at(l, &box);
		if (!found)
			continue;
		fb_print_services(&(struct fb_svc_items){ (struct fb_svc_item *)item, 1 }, &written);
		if (!strcmp(found, fb_strbuf_get(&written)))
			fb_lint_add(l, FB_LINT_CLEARTEXT, item->at, comments, NULL,
				    "%s can be read and changed on the wire, and crosses %s", found,
				    line->pairs);
		else
			fb_lint_add(l, FB_LINT_CLEARTEXT, item->at, comments, NULL,
				    "%s %s %s, which can be read and changed on the wire, and crosses %s",
				    fb_strbuf_get(&written),
				    item->kind == FB_SVC_PROTO && box.dport_lo == box.dport_hi ? "is"
											       : "holds",
				    found, line->pairs);
	}
}

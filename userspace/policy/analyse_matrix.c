// SPDX-License-Identifier: GPL-2.0-only
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/cubes.h"
#include "policy/pairs.h"

#define BIT(id) (1ull << (id))

const char *fb_pair_state_name(enum fb_pair_state state)
{
	static const char *const names[] = {
		[FB_PAIR_NONE] = "none", [FB_PAIR_NEVER] = "never",	  [FB_PAIR_PART] = "part",
		[FB_PAIR_ALL] = "all",	 [FB_PAIR_OBSERVED] = "observed", [FB_PAIR_UNSEEN] = "not seen",
	};

	return names[state];
}

static struct fb_matrix_cell *cell_of(const struct fb_matrix *m, unsigned int src, unsigned int dst)
{
	size_t row = m->zones.n, column = m->zones.n;

	for (size_t i = 0; i < m->zones.n; i++) {
		if (m->zones.v[i] == src)
			row = i;
		if (m->zones.v[i] == dst)
			column = i;
	}
	return row < m->zones.n && column < m->zones.n ? &m->cells.v[row * m->zones.n + column] : NULL;
}

const struct fb_matrix_cell *fb_matrix_cell(const struct fb_matrix *m, unsigned int src, unsigned int dst)
{
	return cell_of(m, src, dst);
}

/* What speaks about a cell. */
struct cell_boxes {
	struct FB_VEC(const struct fb_box *) allow, never;
};

static void enter_allow(struct fb_matrix_cell *cell, const struct fb_ruleset *rs, const struct fb_box *box)
{
	const struct fb_line *line = &rs->lines.v[box->line];

	if (cell->lines.n && cell->lines.v[cell->lines.n - 1] == box->line)
		return;
	if (!cell->lines.n || line->deadline > cell->deadline)
		cell->deadline = line->deadline;
	fb_vec_add(&cell->lines, box->line);
	cell->state = FB_PAIR_PART;
}

static void enter_box(struct fb_matrix *m, struct cell_boxes *boxes, const struct fb_ruleset *rs,
		      const struct fb_set_zones *zones, const struct fb_box *box, unsigned int src)
{
	__u64 into = fb_box_destinations(zones, box, src);

	for (size_t i = 0; into && i < m->zones.n; i++) {
		struct fb_matrix_cell *cell;

		if (!(into & BIT(m->zones.v[i])))
			continue;
		cell = cell_of(m, src, m->zones.v[i]);
		if (rs->lines.v[box->line].kind == FB_RULE_ALLOW) {
			enter_allow(cell, rs, box);
			fb_vec_add(&boxes[cell - m->cells.v].allow, box);
		} else {
			fb_vec_add(&boxes[cell - m->cells.v].never, box);
		}
	}
}

/* All lines together, or all guards, may leave nothing of the pair out. The gateway's multicast counts: "all" is a strong word. */
static void judge(const struct fb_ruleset *rs, struct fb_matrix_cell *cell, const struct cell_boxes *boxes)
{
	struct fb_l4 all = FB_L4_ALL;
	struct fb_reach whole = { .src = fb_pair_sources(rs, cell->src, cell->dst),
				  .dst = fb_pair_destinations(rs, cell->src, cell->dst),
				  .src_zone = cell->src,
				  .dst_zone = cell->dst,
				  .services = { &all, 1 } };

	if (cell->state == FB_PAIR_PART && fb_cube_covered(rs, &whole, boxes->allow.v, boxes->allow.n))
		cell->state = FB_PAIR_ALL;
	if (cell->state == FB_PAIR_NONE && fb_cube_covered(rs, &whole, boxes->never.v, boxes->never.n))
		cell->state = FB_PAIR_NEVER;
	fb_ipset_done(&whole.src);
	fb_ipset_done(&whole.dst);
}

static void fill_cells(const struct fb_ruleset *rs, struct fb_matrix *m)
{
	fb_vec_add(&m->zones, FB_ZONE_SELF);
	for (size_t i = 0; i < rs->zones.n; i++)
		if (rs->zones.v[i].id)
			fb_vec_add(&m->zones, rs->zones.v[i].id);
	for (size_t i = 0; i < m->zones.n; i++)
		for (size_t k = 0; k < m->zones.n; k++)
			fb_vec_add(&m->cells, (struct fb_matrix_cell){ .src = m->zones.v[i],
								       .dst = m->zones.v[k],
								       .deadline = FB_NO_DEADLINE });
}

void fb_matrix_fill(const struct fb_ruleset *rs, __s64 now, struct fb_matrix *ret)
{
	fb_autofree struct fb_set_zones *zones = fb_set_zones_new(rs);
	fb_autofree struct cell_boxes *boxes = NULL;

	*ret = (struct fb_matrix){ 0 };
	fill_cells(rs, ret);
	boxes = calloc(ret->cells.n, sizeof(*boxes));
	if (!boxes)
		abort();
	for (size_t i = 0; i < rs->boxes.n; i++) {
		const struct fb_line *line = &rs->lines.v[rs->boxes.v[i].line];

		if (!fb_box_begins(rs, &rs->boxes.v[i])) /* reach has none of them either */
			continue;
		if (now && line->deadline != FB_NO_DEADLINE && line->deadline <= now)
			continue;
		for (size_t z = 0; z < ret->zones.n; z++)
			enter_box(ret, boxes, rs, zones, &rs->boxes.v[i], ret->zones.v[z]);
	}
	for (size_t i = 0; i < ret->cells.n; i++) {
		judge(rs, &ret->cells.v[i], &boxes[i]);
		fb_vec_done(&boxes[i].allow);
		fb_vec_done(&boxes[i].never);
	}
	for (size_t i = 0; i < rs->pairs.n; i++) {
		struct fb_matrix_cell *cell = cell_of(ret, rs->pairs.v[i].src, rs->pairs.v[i].dst);

		if (!cell || (now && rs->pairs.v[i].observe_until <= now))
			continue;
		cell->observe_until = rs->pairs.v[i].observe_until;
		cell->state = FB_PAIR_OBSERVED;
	}
	for (size_t i = 0; i < ret->zones.n; i++) {
		struct fb_matrix_cell *cell = &ret->cells.v[i * ret->zones.n + i];

		if (cell->state == FB_PAIR_NONE || cell->src == FB_ZONE_SELF)
			cell->state = FB_PAIR_UNSEEN;
	}
}

void fb_matrix_done(struct fb_matrix *m)
{
	for (size_t i = 0; i < m->cells.n; i++)
		fb_vec_done(&m->cells.v[i].lines);
	fb_vec_done(&m->cells);
	fb_vec_done(&m->zones);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

void fb_matrix_services(const struct fb_ruleset *rs, const struct fb_matrix_cell *cell, struct fb_strbuf *out)
{
	void *said = NULL;

	for (size_t i = 0; i < cell->lines.n; i++) {
		const struct fb_svc_items *items = &rs->lines.v[cell->lines.v[i]].allow->services;

		for (size_t k = 0; k < items->n; k++) {
			struct fb_strbuf text = { 0 };
			char *one;

			fb_print_services(&(struct fb_svc_items){ &items->v[k], 1 }, &text);
			one = fb_strbuf_steal(&text);
			if (*(char **)tsearch(one, &said, by_text) != one) {
				free(one);
				continue;
			}
			fb_strbuf_addf(out, "%s%s", out->len ? ", " : "", one);
		}
	}
	tdestroy(said, free);
}

void fb_matrix_when(const struct fb_ruleset *rs, const struct fb_matrix_cell *cell, struct fb_strbuf *out)
{
	bool always = false;

	for (size_t i = 0; i < cell->lines.n; i++) {
		const struct fb_line *line = &rs->lines.v[cell->lines.v[i]];
		bool again = !line->window && !line->access;

		always |= again;
		for (size_t k = 0; k < i && !again; k++)
			again = rs->lines.v[cell->lines.v[k]].window == line->window &&
				rs->lines.v[cell->lines.v[k]].access == line->access;
		if (again)
			continue;
		fb_strbuf_add(out, out->len ? ", " : "");
		fb_ruleset_print_when(rs, line, out);
	}
	if (always && out->len) {
		fb_autofree char *when = fb_strbuf_steal(out);

		fb_strbuf_addf(out, "some %s", when);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* From rule set to image: the driver and the sections that are not the classifier's. */
#include "policy/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/image.h"

int fb_section(struct fb_compiler *c, const char *name, size_t n, __u32 *ret)
{
	size_t words = (n + 15) & ~(size_t)15;
	struct fb_image_stats *stats = c->stats;

	if (words > c->n_words - c->used)
		return fb_error_set(c->err, -E2BIG, "the policy does not fit into an image of %zu MiB: section \"%s\" needs %zu KiB, %zu KiB are left",
				    c->n_words >> 18, name, words >> 8, (c->n_words - c->used) >> 8);
	*ret = (__u32)c->used;
	c->used += words;
	if (stats->n_sections && strcmp(stats->sections[stats->n_sections - 1].name, name) == 0) {
		stats->sections[stats->n_sections - 1].bytes += words * 4;
	} else if (stats->n_sections < sizeof(stats->sections) / sizeof(stats->sections[0])) {
		stats->sections[stats->n_sections].name = name;
		stats->sections[stats->n_sections++].bytes = words * 4;
	}
	return 0;
}

static bool port_insert(struct fb_image_port *table, __u32 mask, const struct fb_image_port *port)
{
	for (__u32 i = 0; i < FB_PORT_PROBES; i++) {
		struct fb_image_port *slot = &table[(fb_port_hash(port->key) + i) & mask];

		if (slot->key)
			continue;
		*slot = *port;
		return true;
	}
	return false;
}

/* A table that is large enough for every key to lie within its probes. */
static int emit_ports(struct fb_compiler *c, struct fb_image_header *header)
{
	const struct fb_compile_input *in = c->in;

	for (__u32 size = 64;; size *= 2) {
		struct fb_image_port *table = calloc(size, sizeof(*table));
		bool fits = true;
		int r = 0;

		for (size_t i = 0; i < in->n_ports && fits; i++) {
			const struct fb_host_port *p = &in->ports[i];
			struct fb_image_port port = { .key = FB_PORT_KEY(p->ifindex, p->vlan > 0 ? p->vlan : 0), .zone = (__u8)p->zone,
						      .device = p->device };

			memcpy(port.mac, p->mac, 6);
			fits = port_insert(table, size - 1, &port);
		}
		if (fits) {
			r = fb_section(c, "ports", size * 4u, &header->port_w);
			header->port_mask = size - 1;
			if (!r)
				memcpy(c->img + header->port_w, table, size * sizeof(*table));
		}
		free(table);
		if (fits || r)
			return r;
		if (size > 1u << 16)
			return fb_error_set(c->err, -EINVAL, "two interfaces with one index and VLAN");
	}
}

static int emit_pairs(struct fb_compiler *c, struct fb_image_header *header)
{
	int r = fb_section(c, "zone pairs", FB_PAIRS_MAX * 2, &header->pair_w);

	if (r)
		return r;
	struct fb_image_pair *pairs = (struct fb_image_pair *)(c->img + header->pair_w);

	for (size_t i = 0; i < c->rs->pairs.n; i++) {
		const struct fb_pair_setting *set = &c->rs->pairs.v[i];

		if (set->src < FB_ZONES_MAX && set->dst < FB_ZONES_MAX)
			pairs[FB_PAIR(set->src, set->dst)].observe_until =
				set->observe_until < FB_NO_DEADLINE ? (__u32)set->observe_until : FB_NO_DEADLINE - 1;
	}
	return 0;
}

static int emit_rules(struct fb_compiler *c, struct fb_image_header *header)
{
	int r = fb_section(c, "rules", (c->rs->lines.n + 1) * 4, &header->rule_w);

	if (r)
		return r;
	struct fb_image_rule *rules = (struct fb_image_rule *)(c->img + header->rule_w);

	for (size_t i = 0; i < c->rs->lines.n; i++) {
		const struct fb_line *line = &c->rs->lines.v[i];
		struct fb_image_rule *rule = &rules[i + 1];

		rule->kind = line->kind;
		rule->slot = line->slot < FB_RULE_SLOTS ? line->slot : FB_RULE_NO_SLOT;
		if (line->deadline == FB_NO_DEADLINE)
			rule->deadline = FB_NO_DEADLINE;
		else if (line->deadline < 1)
			rule->deadline = 1;
		else
			rule->deadline = line->deadline < FB_NO_DEADLINE ? (__u32)line->deadline : FB_NO_DEADLINE - 1;
	}
	header->n_rules = (__u32)c->rs->lines.n;
	return 0;
}

static const struct fb_ruleset *sort_rs; /* qsort has no argument; the library is used by one thread */

static int box_cmp(const void *pa, const void *pb)
{
	__u32 a = *(const __u32 *)pa, b = *(const __u32 *)pb;
	unsigned int oa = sort_rs->boxes.v[a].order, ob = sort_rs->boxes.v[b].order;

	if (oa != ob)
		return oa < ob ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void rank_boxes(struct fb_compiler *c)
{
	size_t n = c->rs->boxes.n, sets = c->rs->sets.n;
	__u32 *fill = calloc(sets + 1, sizeof(*fill));

	c->rank_box = calloc(n + 1, sizeof(*c->rank_box));
	c->src_ranks = calloc(n + 1, sizeof(*c->src_ranks));
	c->src_first = calloc(sets + 2, sizeof(*c->src_first));
	for (size_t i = 0; i < n; i++) {
		c->rank_box[i] = (__u32)i;
		c->src_first[c->rs->boxes.v[i].src + 1]++;
	}
	sort_rs = c->rs;
	qsort(c->rank_box, n, sizeof(*c->rank_box), box_cmp);
	for (size_t i = 0; i < sets; i++)
		c->src_first[i + 1] += c->src_first[i];
	for (__u32 rank = 0; rank < n; rank++) {
		__u32 set = c->rs->boxes.v[c->rank_box[rank]].src;

		c->src_ranks[c->src_first[set] + fill[set]++] = rank;
	}
	free(fill);
}

static void find_all_services(struct fb_compiler *c)
{
	c->svc_all = calloc(c->rs->services.n + 1, sizeof(*c->svc_all));
	for (size_t i = 0; i < c->rs->services.n; i++) {
		const struct fb_l4set *svc = &c->rs->services.v[i];

		c->svc_all[i] = svc->n == 1 && svc->v[0].proto_lo == 0 && svc->v[0].proto_hi == 255 && svc->v[0].sport_lo == 0 &&
				svc->v[0].sport_hi == 65535 && svc->v[0].dport_lo == 0 && svc->v[0].dport_hi == 65535;
	}
}

static int emit_rows(struct fb_compiler *c, __u32 **ret_row_words)
{
	__u32 base = 0, *words = calloc(c->rows.entries.n + 1, sizeof(*words));
	int r = fb_section(c, "rows", c->rows.words.n, &base);

	if (!r && c->rows.words.n)
		memcpy(c->img + base, c->rows.words.v, c->rows.words.n * 4);
	for (size_t id = 1; id < c->rows.entries.n; id++)
		words[id] = base + c->rows.entries.v[id].off;
	*ret_row_words = words;
	return r;
}

static int emit_classifier(struct fb_compiler *c, struct fb_image_header *header)
{
	struct fb_classify_header h = { 0 };
	__u32 *row_words = NULL;
	int r = fb_compile_l4(c, &h);

	if (!r)
		r = fb_compile_atoms(c);
	if (!r)
		r = fb_compile_rows(c);
	if (!r)
		r = fb_emit_cells(c, &h);
	if (!r)
		r = emit_rows(c, &row_words);
	if (!r)
		r = fb_emit_addresses(c, &h, row_words);
	if (!r)
		r = fb_section(c, "boxes", c->rs->boxes.n, &h.box_w);
	for (size_t i = 0; i < c->rs->boxes.n && !r; i++)
		c->img[h.box_w + i] = c->rs->boxes.v[c->rank_box[i]].line + 1;
	memcpy(header->cls, &h, sizeof(h));
	free(row_words);
	return r;
}

static void compiler_done(struct fb_compiler *c)
{
	for (int f = 0; f < FB_FAMILIES; f++) {
		fb_vec_done(&c->family[f].atoms);
		for (int side = 0; side < 2; side++)
			for (int band = 0; band < FB_BANDS; band++)
				fb_pool_done(&c->family[f].classes[side][band]);
		for (int q = 0; q < FB_QUADRANTS; q++)
			fb_vec_done(&c->family[f].row[q]);
	}
	for (size_t i = 0; c->svc_classes && i < c->rs->services.n; i++)
		fb_vec_done(&c->svc_classes[i]);
	free(c->svc_classes);
	free(c->svc_all);
	free(c->rank_box);
	free(c->src_ranks);
	free(c->src_first);
	fb_chains_done(&c->cells);
	fb_chains_done(&c->l4_sets);
	fb_pool_done(&c->l1);
	fb_pool_done(&c->l2);
	fb_pool_done(&c->rows);
}

/* One attempt with given limits between specific and broad. */
static int compile_once(const struct fb_compile_input *in, void *buf, size_t size, const unsigned int broad_len[FB_FAMILIES],
			struct fb_image_stats *stats, struct fb_error *err)
{
	struct fb_compiler c = { .in = in, .rs = in->ruleset, .img = buf, .n_words = size / 4, .used = sizeof(struct fb_image_header) / 4,
				 .stats = stats, .err = err, .broad_len = { broad_len[0], broad_len[1] } };
	struct fb_image_header header = { .abi = FB_ABI_VERSION, .generation = in->generation, .applied_lo = (__u32)in->applied };
	int r;

	rank_boxes(&c);
	find_all_services(&c);
	r = emit_ports(&c, &header);
	if (!r)
		r = emit_pairs(&c, &header);
	if (!r)
		r = emit_rules(&c, &header);
	if (!r)
		r = emit_classifier(&c, &header);
	if (!r) {
		header.n_words = (__u32)c.used;
		memcpy(buf, &header, sizeof(header));
		((struct fb_image_header *)buf)->magic = FB_IMAGE_MAGIC;
	} else {
		memset(buf, 0, c.used * 4);
	}
	stats->bytes_used = c.used * 4;
	compiler_done(&c);
	return r;
}

int fb_compile(const struct fb_compile_input *in, void *buf, size_t size, struct fb_image_stats *ret_stats, struct fb_error *err)
{
	/* What a policy needs depends on where "broad" begins; the first that fits will do. */
	static const unsigned int limits[][FB_FAMILIES] = { { 16, 48 }, { 8, 32 }, { 12, 40 }, { 20, 56 } };
	struct timespec begin, end;
	int r = -E2BIG;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && r == -E2BIG; i++) {
		memset(ret_stats, 0, sizeof(*ret_stats));
		r = compile_once(in, buf, size, limits[i], ret_stats, err);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	ret_stats->seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	ret_stats->rules = (unsigned int)in->ruleset->lines.n;
	ret_stats->boxes = (unsigned int)in->ruleset->boxes.n;
	ret_stats->loads_worst4 = 12 + 4 + 24 + 1;
	ret_stats->loads_worst6 = 60 + 4 + 24 + 1;
	return r;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "policy/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void fb_slots_done(struct fb_slots *slots)
{
	fb_vec_done(&slots->zones);
	fb_vec_done(&slots->lines);
	fb_arena_done(&slots->arena);
	slots->generation = 0;
}

static void copy_list(struct fb_arena *arena, const struct fb_slot_list *from, struct fb_slot_list *to)
{
	for (size_t i = 0; i < from->n; i++)
		fb_vec_add(to, (struct fb_slot){ fb_arena_strdup(arena, from->v[i].key), from->v[i].id,
						 from->v[i].last_generation });
}

void fb_slots_copy(const struct fb_slots *from, struct fb_slots *ret)
{
	*ret = (struct fb_slots){ .generation = from->generation };
	copy_list(&ret->arena, &from->zones, &ret->zones);
	copy_list(&ret->arena, &from->lines, &ret->lines);
}

struct named {
	const char *key;
	size_t index; /* into the slots, or into the wanted keys */
};

static int compare_named(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->key, ((const struct named *)b)->key);
}

/* Keys that have a slot keep it. */
static void keep(struct fb_slot_list *list, unsigned int generation, const char *const *keys, size_t n,
		 unsigned int *ids)
{
	fb_autofree struct named *have = calloc(list->n + 1, sizeof(*have));

	if (!have)
		abort();
	for (size_t i = 0; i < list->n; i++)
		have[i] = (struct named){ list->v[i].key, i };
	qsort(have, list->n, sizeof(*have), compare_named);
	for (size_t i = 0; i < n; i++) {
		struct named wanted = { keys[i], 0 };
		struct named *found = bsearch(&wanted, have, list->n, sizeof(*have), compare_named);

		ids[i] = found ? list->v[found->index].id : 0;
		if (found)
			list->v[found->index].last_generation = generation;
	}
}

/*
 * The next id that nobody ever had, or else one whose owner was absent from the generation before this one: in that one nothing
 * carried the id, so no flow or counter that is still looked at can be mistaken for the newcomer's. limit = none left.
 */
struct search {
	unsigned int fresh, used, limit;
};

static unsigned int next_id(struct search *s, const struct fb_slots *slots, const struct fb_slot_list *list,
			    const unsigned int *owner)
{
	while (s->fresh < s->limit && owner[s->fresh])
		s->fresh++;
	if (s->fresh < s->limit)
		return s->fresh++;
	while (s->used < s->limit && list->v[owner[s->used] - 1].last_generation + 1 >= slots->generation)
		s->used++;
	return s->used < s->limit ? s->used++ : s->limit;
}

static size_t give(struct fb_slots *slots, struct fb_slot_list *list, const char *const *keys, size_t n,
		   unsigned int *ids, unsigned int first, unsigned int limit)
{
	fb_autofree unsigned int *owner = calloc(limit, sizeof(*owner)); /* index + 1 by id */
	struct search search = { first, first, limit };
	size_t missing = 0;

	if (!owner)
		abort();
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].id < limit)
			owner[list->v[i].id] = (unsigned int)i + 1;
	for (size_t i = 0; i < n; i++) {
		unsigned int id = ids[i] ? ids[i] : next_id(&search, slots, list, owner);
		struct fb_slot slot = { .id = id, .last_generation = slots->generation };

		if (ids[i])
			continue;
		if (id == limit) {
			missing++;
			continue;
		}
		slot.key = fb_arena_strdup(&slots->arena, keys[i]);
		if (owner[id]) {
			list->v[owner[id] - 1] = slot;
		} else {
			fb_vec_add(list, slot);
			owner[id] = (unsigned int)list->n;
		}
		ids[i] = id;
	}
	return missing;
}

void fb_slots_begin(struct fb_slots *slots)
{
	slots->generation++;
}

size_t fb_slots_zones(struct fb_slots *slots, const char *const *names, size_t n, unsigned int *ret_ids)
{
	keep(&slots->zones, slots->generation, names, n, ret_ids);
	return give(slots, &slots->zones, names, n, ret_ids, FB_ZONE_FIRST, FB_ZONES_MAX);
}

size_t fb_slots_lines(struct fb_slots *slots, const char *const *ids, size_t n, unsigned int *ret_slots)
{
	keep(&slots->lines, slots->generation, ids, n, ret_slots);
	return give(slots, &slots->lines, ids, n, ret_slots, 1, FB_RULE_SLOTS);
}

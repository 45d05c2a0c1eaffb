// SPDX-License-Identifier: GPL-2.0-only
/* Intervals on one axis against looking at all of them. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

#include "policy/axis.h"

enum { MOST = 60, ROUNDS = 400, SPAN = 40 };

static unsigned int pick(unsigned int n)
{
	static unsigned int seed = 1;

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static size_t found(const struct fb_axis *axis, __u64 first, __u64 last, bool seen[MOST])
{
	struct fb_ids ids = { 0 };
	size_t n;

	memset(seen, 0, MOST * sizeof(*seen));
	fb_axis_find(axis, first, last, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		cr_assert(!seen[ids.v[i]], "twice");
		seen[ids.v[i]] = true;
	}
	n = ids.n;
	fb_vec_done(&ids);
	return n;
}

Test(axis, names_those_that_meet_and_no_others)
{
	for (int round = 0; round < ROUNDS; round++) {
		const unsigned int n = pick(MOST);
		struct fb_interval all[MOST];
		struct fb_axis axis = { 0 };
		bool seen[MOST];

		for (unsigned int i = 0; i < n; i++) {
			all[i] = (struct fb_interval){ pick(SPAN), pick(SPAN),
						       i }; /* some the wrong way round */
			fb_axis_add(&axis, i, all[i].first, all[i].last);
		}
		fb_axis_build(&axis);
		for (int query = 0; query < 20; query++) {
			const __u64 first = pick(SPAN), last = pick(SPAN);
			size_t meeting = 0;

			found(&axis, first, last, seen);
			for (unsigned int i = 0; i < n; i++) {
				bool meets = all[i].first <= all[i].last && first <= last &&
					     all[i].first <= last && first <= all[i].last;

				meeting += meets;
				cr_assert_eq(seen[i], meets, "round %d: %llu-%llu and %llu-%llu", round,
					     (unsigned long long)all[i].first,
					     (unsigned long long)all[i].last, (unsigned long long)first,
					     (unsigned long long)last);
			}
			cr_assert_eq(fb_axis_count(&axis, first, last), meeting);
		}
		fb_axis_done(&axis);
	}
}

Test(axis, holds_the_largest_numbers)
{
	struct fb_axis axis = { 0 };
	bool seen[MOST];

	fb_axis_add(&axis, 0, 0, ~0ull);
	fb_axis_add(&axis, 1, ~0ull, ~0ull);
	fb_axis_build(&axis);
	cr_assert_eq(found(&axis, ~0ull, ~0ull, seen), 2u);
	cr_assert_eq(found(&axis, 0, 0, seen), 1u);
	fb_axis_done(&axis);
}

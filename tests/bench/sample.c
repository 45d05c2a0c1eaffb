// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <time.h>

#include "engine.h"

double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void sample_add(struct sample *s, double v)
{
	s->v = realloc(s->v, (s->n + 1) * sizeof(*s->v));
	if (!s->v)
		abort();
	s->v[s->n++] = v;
}

void sample_done(struct sample *s)
{
	free(s->v);
	*s = (struct sample){ 0 };
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double sample_quantile(struct sample *s, double q)
{
	if (!s->n)
		return 0;
	qsort(s->v, s->n, sizeof(*s->v), compare);
	double at = q * (s->n - 1);
	unsigned int low = (unsigned int)at, high = low + 1 < s->n ? low + 1 : low;

	return s->v[low] + (s->v[high] - s->v[low]) * (at - low);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor.h"

void fb_finding_add(struct fb_findings *list, enum fb_health health, const char *what, const char *advice,
		    const char *fmt, ...)
{
	struct fb_finding f = { .health = health,
				.what = strdup(what),
				.advice = strdup(advice ? advice : "") };
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&f.state, fmt, ap) < 0 || !f.what || !f.advice)
		abort();
	va_end(ap);
	fb_vec_add(&list->v, f);
	list->worst = health > list->worst ? health : list->worst;
}

void fb_findings_done(struct fb_findings *list)
{
	for (size_t i = 0; i < list->v.n; i++) {
		free(list->v.v[i].what);
		free(list->v.v[i].state);
		free(list->v.v[i].advice);
	}
	fb_vec_done(&list->v);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* One line at a time of either text format. Not for other folders. */
#ifndef FB_EXPORT_SERIES_H
#define FB_EXPORT_SERIES_H

#include "export/metrics.h"

struct fb_series {
	struct fb_strbuf *out;
	bool open; /* OpenMetrics */
	const char *family;
	const char *suffix; /* "_total", "_info" or "" */
	size_t n;	    /* series written */
	size_t omitted;	    /* series that found no room */
	size_t labels;	    /* of the line that is being written */
};

enum fb_series_type { FB_SERIES_GAUGE, FB_SERIES_COUNTER, FB_SERIES_INFO };

/* HELP and TYPE. family without "_total" or "_info", which the type adds. */
void fb_series_family(struct fb_series *s, const char *family, enum fb_series_type type, const char *help);
/* False, and counted: the budget is used up but for the line that says so. */
bool fb_series_room(struct fb_series *s);
/* A line: begin, its labels, end. */
void fb_series_begin(struct fb_series *s);
void fb_series_label(struct fb_series *s, const char *name, const char *value);
void fb_series_end(struct fb_series *s, __u64 value);
/* A family of one line without labels. */
void fb_series_single(struct fb_series *s, const char *family, enum fb_series_type type, const char *help,
		      __u64 value);

#endif

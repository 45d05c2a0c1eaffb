/* SPDX-License-Identifier: GPL-2.0-only */
/* A report (firebreak.report/1) as Markdown, ordered by the principles or requirements that it answers to. */
#ifndef FB_CLI_REPORT_MARKDOWN_H
#define FB_CLI_REPORT_MARKDOWN_H

#include <jansson.h>

#include "base/strbuf.h"

enum fb_report_form { FB_REPORT_NCSC, FB_REPORT_IEC62443 };
void fb_report_markdown(const json_t *report, enum fb_report_form form, struct fb_strbuf *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A flow of /v1/flows as a row of a table. */
#ifndef FB_CLI_FLOWS_H
#define FB_CLI_FLOWS_H

#include <jansson.h>

#include "cli/command.h"
#include "cli/output.h"

enum { FB_FLOW_COLUMNS = 9 };
extern const struct fb_column fb_flow_columns[FB_FLOW_COLUMNS];
void fb_flow_add(struct fb_table *t, const json_t *flow);
/*
 * At most so many flows. path: "/v1/flows", or with a query but for limit. The agent answers in pieces; *ret, the caller's, is one answer of them all. Else like
 * fb_live_get.
 */
int fb_flows_get(const struct fb_call *call, const char *path, unsigned long limit, json_t **ret);

#endif

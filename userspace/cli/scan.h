/* SPDX-License-Identifier: GPL-2.0-only */
/* Drops that are one thing: a source that tries many ports of a host, or one port of many hosts. */
#ifndef FB_CLI_SCAN_H
#define FB_CLI_SCAN_H

#include <jansson.h>

/*
 * events: of /v1/events, the latest first. The answer (the caller's) is the same, but of five or more that one sender sent from one zone to
 * another, with one reason, and that have their destination or their service in common, only the latest stands there, with the "count" of all
 * and the number of "ports" or "hosts" that they went to.
 */
json_t *fb_scan_group(const json_t *events);

#endif

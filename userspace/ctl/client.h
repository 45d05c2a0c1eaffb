/* SPDX-License-Identifier: GPL-2.0-only */
/* One question to the agent over its Unix socket (protocol.h). Blocking; a connection for each. */
#ifndef FB_CTL_CLIENT_H
#define FB_CTL_CLIENT_H

#include "base/error.h"

/*
 * method "GET" or "POST"; path with its query; body NULL = none. On 0, *ret_status is the HTTP status and
 * *ret_body the answer's text (NUL-terminated, the caller's to free). Negative errno: nobody answered as
 * HTTP: -ENOENT and -ECONNREFUSED (no agent), -EACCES, -ETIMEDOUT (no byte for half a minute), -EPROTO.
 */
int fb_ctl_request(const char *socket, const char *method, const char *path, const char *body,
		   long *ret_status, char **ret_body, struct fb_error *err);

#endif

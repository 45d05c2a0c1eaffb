/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FB_CLI_SESSION_H
#define FB_CLI_SESSION_H

#include <jansson.h>

/* The ssh session in which we run, as the agent takes it: {from, from_port, to, to_port}; NULL = no session. */
json_t *fb_session_json(void);

#endif

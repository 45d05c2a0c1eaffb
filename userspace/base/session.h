/* SPDX-License-Identifier: GPL-2.0-only */
/* The ssh session in which we run. */
#ifndef FB_BASE_SESSION_H
#define FB_BASE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The text of SSH_CONNECTION: ours, or, since sudo takes it away, that of a process that we descend from. Set and empty
 * means that there is no session.
 */
bool fb_session_find(char *buf, size_t size);

#endif

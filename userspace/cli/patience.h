/* SPDX-License-Identifier: GPL-2.0-only */
/* Somebody who waits at a terminal is told that there is still work going on. */
#ifndef FB_CLI_PATIENCE_H
#define FB_CLI_PATIENCE_H

#include <stdbool.h>

/* From now: a line on stderr after one second, and at 2, 4, 8 and 16, if that is a terminal. Ends with the process. */
void fb_patience_begin(const char *verb);
/* For a verb that shows by itself that it goes on: each of its requests from here on has a wait of its own. */
void fb_patience_end(void);
/*
 * A request to the agent begins, or has ended. Meanwhile it is the agent that the lines speak of, and what is no terminal is told, too, once in
 * the process: an agent that is stopped answers nobody, and a script's log should say so.
 */
void fb_patience_ask(bool waiting);
/* A request was not answered in time: a verb that asks more than once does not wait once more. */
void fb_patience_lose(void);
bool fb_patience_is_lost(void);

#endif

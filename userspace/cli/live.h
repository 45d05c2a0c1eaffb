/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to the agent, and one clear sentence when it does not answer. */
#ifndef FB_CLI_LIVE_H
#define FB_CLI_LIVE_H

#include <jansson.h>

#include "cli/command.h"

/* --socket, else $FIREBREAK_SOCKET, else the built-in path. */
const char *fb_live_socket(const struct fb_call *call);
/* Whether anything could be there to ask; says nothing. */
bool fb_live_exists(const struct fb_call *call);
/*
 * GET; *ret is the answer (the caller's). Otherwise says what failed on stderr and returns FB_EXIT_HOST (nobody answers, no
 * privilege), FB_EXIT_USAGE (what was typed means nothing to it) or FB_EXIT_REFUSED.
 */
int fb_live_get(const struct fb_call *call, const char *path, json_t **ret);
/* The same for those who have a screen: the sentence goes to why. */
int fb_live_try(const struct fb_call *call, const char *path, json_t **ret, struct fb_strbuf *why);
/* That sentence to stderr, once: a verb may have many questions that fail by the same. */
void fb_live_complain(const struct fb_strbuf *why);
/* POST; like GET, but any HTTP status with a JSON body is an answer. body is consumed. */
int fb_live_post(const struct fb_call *call, const char *path, json_t *body, long *ret_status, json_t **ret);

/* Fields of an answer. A missing one is 0 or "". */
long long fb_field_int(const json_t *object, const char *name);
const char *fb_field_text(const json_t *object, const char *name);
bool fb_field_true(const json_t *object, const char *name);
/* "a, b, c" of an array of texts, numbers or interfaces ({device, vlan}); a text as it is. */
void fb_field_list(const json_t *object, const char *name, struct fb_strbuf *out);
/* A time that is unix seconds or a text; buf holds FB_HUMAN_LEN. */
const char *fb_field_time(const json_t *object, const char *name, char *buf);
/* Keeps the elements of an array for which keep() is true. */
void fb_array_filter(json_t *array, bool (*keep)(const json_t *element, const void *arg), const void *arg);
/* Sorts by a number field, largest first. */
void fb_array_sort(json_t *array, const char *field);

#endif

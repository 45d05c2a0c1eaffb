/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking up TCP connections that were there before the policy: for a while every pair of zones lets an allowed packet
 * make a flow without a handshake (S32). It is a mark in the image, made after the compiler, so that it is in force with the policy
 * and gone with the next image. What the policy denies stays denied.
 */
#ifndef FB_AGENT_ADOPT_H
#define FB_AGENT_ADOPT_H

#include <stdbool.h>

void fb_adopt_mark(void *image);
bool fb_adopt_is_marked(const void *image);

#endif

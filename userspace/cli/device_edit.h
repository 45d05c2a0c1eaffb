/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes to the text of an inventory file that touch the one device and nothing else: comments and layout of the rest stay. */
#ifndef FB_CLI_DEVICE_EDIT_H
#define FB_CLI_DEVICE_EDIT_H

#include "base/error.h"
#include "base/strbuf.h"
#include "policy/ruleset.h"

/* Appends a device; ip and reason may be NULL. */
void fb_device_text_add(const char *text, const char *name, const char *zone, const char *mac, const char *ip,
			const char *reason, struct fb_strbuf *out);
/*
 * The text of the file in which device stands, with its MAC addresses replaced by mac; *ret_old gets what they were
 * ("none"). -EINVAL: the text is not what the tree was read from.
 */
int fb_device_text_replace(const char *text, const struct fb_device *device, const char *mac,
			   struct fb_strbuf *out, struct fb_strbuf *ret_old, struct fb_error *err);
int fb_device_text_remove(const char *text, const struct fb_device *device, struct fb_strbuf *out,
			  struct fb_error *err);

#endif

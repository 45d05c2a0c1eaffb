/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures as minisign makes them: whoever gets a report can check with the public key alone, and without firebreak, that it is as
 * it was made. Keys are minisign's (`minisign -G -W`); one with a password is refused, since nobody is there to type it.
 */
#ifndef FB_CLI_MINISIGN_H
#define FB_CLI_MINISIGN_H

#include "base/error.h"
#include "base/strbuf.h"

struct fb_minisign_key {
	unsigned char id[8], secret[64];
};
/* -EACCES: others may read it; -EINVAL: it is no secret key of minisign, or has a password. */
int fb_minisign_key_read(const char *path, struct fb_minisign_key *ret, struct fb_error *err);
/* comment: one line, signed as well. Appends the text of a .minisig file. */
void fb_minisign(const struct fb_minisign_key *key, const char *data, size_t len, const char *comment,
		 struct fb_strbuf *out);

#endif

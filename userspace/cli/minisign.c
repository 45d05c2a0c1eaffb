// SPDX-License-Identifier: GPL-2.0-only
#include "cli/minisign.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"

/* The second line of the key's file, decoded. */
struct stored {
	char algorithm[2], kdf[2], checksum_algorithm[2];
	unsigned char salt[32], limits[16];
	unsigned char id[8], secret[64], checksum[32];
};
_Static_assert(sizeof(struct stored) == 158, "no padding");

/* The checksum of a key without a password is nought; but one half of the key follows from the other. */
static bool is_whole(const struct stored *k)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	bool same;

	crypto_sign_seed_keypair(public, secret, k->secret);
	same = sodium_memcmp(secret, k->secret, sizeof(secret)) == 0;
	sodium_memzero(secret, sizeof(secret));
	return same;
}

static int decode(const char *path, const char *text, struct stored *ret, struct fb_error *err)
{
	const char *line = strchr(text, '\n');
	size_t len = 0;

	if (!line ||
	    sodium_base642bin((unsigned char *)ret, sizeof(*ret), line + 1, strcspn(line + 1, "\r\n"), NULL,
			      &len, NULL, sodium_base64_VARIANT_ORIGINAL) ||
	    len != sizeof(*ret) || memcmp(ret->algorithm, "Ed", 2) ||
	    memcmp(ret->checksum_algorithm, "B2", 2))
		return fb_error_set(err, -EINVAL, "%s: no secret key of minisign: minisign -G -W makes one",
				    path);
	if (ret->kdf[0] || ret->kdf[1])
		return fb_error_set(
			err, -EINVAL,
			"%s: this key has a password, and nobody to type it: minisign -G -W makes one "
			"without",
			path);
	if (!is_whole(ret))
		return fb_error_set(err, -EINVAL, "%s: this key is damaged", path);
	return 0;
}

int fb_minisign_key_read(const char *path, struct fb_minisign_key *ret, struct fb_error *err)
{
	fb_autofree char *text = NULL;
	struct stored stored = { 0 };
	struct stat st;
	size_t len;
	int r;

	if (sodium_init() < 0)
		return fb_error_set(err, -EIO, "no cryptography on this host");
	r = fb_io_read(path, 4096, &text, &len, err);
	if (r < 0)
		return r;
	if (stat(path, &st) == 0 && st.st_mode & 077)
		r = fb_error_set(err, -EACCES, "%s: others may read this secret key: chmod 600 it", path);
	if (r == 0)
		r = decode(path, text, &stored, err);
	if (r == 0) {
		memcpy(ret->id, stored.id, sizeof(ret->id));
		memcpy(ret->secret, stored.secret, sizeof(ret->secret));
	}
	sodium_memzero(&stored, sizeof(stored));
	sodium_memzero(text, len);
	return r;
}

static void add_base64(struct fb_strbuf *out, const unsigned char *data, size_t len)
{
	char text[256];

	fb_strbuf_add(out, sodium_bin2base64(text, sizeof(text), data, len, sodium_base64_VARIANT_ORIGINAL));
}

void fb_minisign(const struct fb_minisign_key *key, const char *data, size_t len, const char *comment,
		 struct fb_strbuf *out)
{
	unsigned char hash[crypto_generichash_BYTES_MAX], whole[crypto_sign_BYTES];
	struct {
		char algorithm[2]; /* ED: of the hash */
		unsigned char id[8], signature[crypto_sign_BYTES];
	} head = { .algorithm = { 'E', 'D' } };
	fb_autostrbuf struct fb_strbuf signed_too = { 0 };

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)data, len, NULL, 0);
	memcpy(head.id, key->id, sizeof(head.id));
	crypto_sign_detached(head.signature, NULL, hash, sizeof(hash), key->secret);
	fb_strbuf_addn(&signed_too, (const char *)head.signature, sizeof(head.signature));
	fb_strbuf_add(&signed_too, comment);
	crypto_sign_detached(whole, NULL, (const unsigned char *)fb_strbuf_get(&signed_too), signed_too.len,
			     key->secret);
	fb_strbuf_add(out, "untrusted comment: signature by firebreak\n");
	add_base64(out, (const unsigned char *)&head, sizeof(head));
	fb_strbuf_addf(out, "\ntrusted comment: %s\n", comment);
	add_base64(out, whole, sizeof(whole));
	fb_strbuf_addc(out, '\n');
}

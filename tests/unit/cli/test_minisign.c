// SPDX-License-Identifier: GPL-2.0-only
/* Keys that `minisign -G -W` of Debian 12 made, and what its -V must accept: the same arithmetic, done here with the public key. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/minisign.h"

static const char secret[] = "untrusted comment: minisign encrypted secret key\n"
			     "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIU12+"
			     "dM/wRGqslbOahdTxOZ1ONdm10EuU1"
			     "exMnunZE5apPfMHt5IsMQeYhcT8cszN7dyagucO6n/"
			     "iGwRxfP9OmQNVmA46BrUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char public[] = "RWQhTXb50z/BEcQeYhcT8cszN7dyagucO6n/iGwRxfP9OmQNVmA46BrU";
static char path[64];

static void start(void)
{
	cr_assert_geq(sodium_init(), 0);
	snprintf(path, sizeof(path), "/tmp/firebreak-key-XXXXXX");
	close(mkstemp(path));
}

static void stop(void)
{
	unlink(path);
}

static void write_key(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, mode) == 0);
}

static size_t decoded(const char *line, unsigned char *ret, size_t size)
{
	size_t len = 0;

	cr_assert_eq(sodium_base642bin(ret, size, line, strcspn(line, "\n"), NULL, &len, NULL,
				       sodium_base64_VARIANT_ORIGINAL),
		     0);
	return len;
}

static const char *line_of(const char *text, unsigned int n)
{
	while (n--)
		text = strchr(text, '\n') + 1;
	return text;
}

/* As `minisign -V` does it. */
static bool verifies(const char *signature, const char *data)
{
	static const char trusted[] = "trusted comment: ";
	unsigned char key[64], head[128], whole[64], hash[64], both[64 + 256];
	const char *comment = line_of(signature, 2);
	size_t n;

	cr_assert_eq(decoded(public, key, sizeof(key)), 42);
	cr_assert_eq(decoded(line_of(signature, 1), head, sizeof(head)), 74);
	cr_assert_eq(decoded(line_of(signature, 3), whole, sizeof(whole)), 64);
	cr_assert(!strncmp(comment, trusted, sizeof(trusted) - 1));
	comment += sizeof(trusted) - 1;
	n = strcspn(comment, "\n");
	memcpy(both, head + 10, 64);
	memcpy(both + 64, comment, n);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)data, strlen(data), NULL, 0);
	return !memcmp(head, "ED", 2) && !memcmp(head + 2, key + 2, 8) &&
	       !crypto_sign_verify_detached(head + 10, hash, sizeof(hash), key + 10) &&
	       !crypto_sign_verify_detached(whole, both, 64 + n, key + 10);
}

Test(minisign, a_signature_is_of_this_text_this_comment_and_this_key, .init = start, .fini = stop)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct fb_minisign_key key;
	struct fb_error err = { 0 };
	char *comment;

	write_key(secret, 0600);
	cr_assert_eq(fb_minisign_key_read(path, &key, &err), 0, "%s", err.text);
	fb_minisign(&key, "a report\n", 9, "made today", &out);
	cr_assert(verifies(out.s, "a report\n"));
	cr_assert_not(verifies(out.s, "a report!\n"));
	comment = strstr(out.s, "today");
	comment[0] = 'T';
	cr_assert_not(verifies(out.s, "a report\n"));
}

static void expect_refusal(const char *text, mode_t mode, int code, const char *words)
{
	struct fb_minisign_key key;
	struct fb_error err = { 0 };

	write_key(text, mode);
	cr_assert_eq(fb_minisign_key_read(path, &key, &err), code, "%s", err.text);
	cr_assert(strstr(err.text, words), "%s", err.text);
}

Test(minisign, a_key_that_others_may_read_or_that_is_none_is_refused, .init = start, .fini = stop)
{
	char damaged[sizeof(secret)];

	expect_refusal(secret, 0640, -EACCES, "chmod 600");
	expect_refusal("", 0600, -EINVAL, "no secret key of minisign");
	expect_refusal("untrusted comment: x\nRWQ=\n", 0600, -EINVAL, "no secret key of minisign");
	expect_refusal("one line", 0600, -EINVAL, "no secret key of minisign");
	memcpy(damaged, secret, sizeof(secret));
	damaged[strcspn(damaged, "\n") + 100] ^= 1; /* in the seed */
	expect_refusal(damaged, 0600, -EINVAL, "damaged");
	memcpy(damaged, secret, sizeof(secret));
	memcpy(strchr(damaged, '\n') + 1, "RWRTY0Iy", 8); /* "Ed" "Sc" "B2" */
	expect_refusal(damaged, 0600, -EINVAL, "has a password");
	unlink(path);
	cr_assert_eq(fb_minisign_key_read(path, &(struct fb_minisign_key){ 0 }, &(struct fb_error){ 0 }),
		     -ENOENT);
}

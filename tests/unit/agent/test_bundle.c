// SPDX-License-Identifier: GPL-2.0-only
/* Bundles and the store of them: what was written is read back, and what is damaged is refused. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/generation.h"
#include "agent/store.h"
#include "base/cleanup.h"
#include "base/io.h"

static struct fb_bundle make(__u32 generation, const char *text)
{
	struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };
	json_t *body = json_pack("{ss ss ss ss s[{ss ss} {ss ss}]}", "root", "town/policy.fb", "catalogue",
				 "/usr/share/fb", "who", "jpatel", "reason", "CHG-1 \"größer\"", "files",
				 "path", "town/policy.fb", "text", text, "path", "/usr/share/fb/services.fb",
				 "text", "service x { tcp/1 }\n");

	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	b.generation = generation;
	b.applied = 1795386689;
	fb_vec_add(&b.slots.zones, (struct fb_slot){ fb_arena_strdup(&b.slots.arena, "cctv"), 2, 7 });
	fb_vec_add(&b.slots.lines, (struct fb_slot){ fb_arena_strdup(&b.slots.arena, "f85e29ed07c4"), 1, 7 });
	b.slots.generation = 7;
	return b;
}

Test(bundle, is_read_back_as_it_was_written)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle a = make(231, "zone a { }\n"), b = { 0 };
	fb_autofree char *text = fb_bundle_encode(&a, NULL);
	struct fb_error err = { 0 };

	cr_assert_eq(fb_bundle_decode(text, strlen(text), &b, &err), 0, "%s", err.text);
	cr_assert_eq(b.generation, 231);
	cr_assert_eq(b.applied, 1795386689);
	cr_assert_str_eq(b.root, "town/policy.fb");
	cr_assert_str_eq(b.catalogue, "/usr/share/fb");
	cr_assert_str_eq(b.who, "jpatel");
	cr_assert_str_eq(b.reason, "CHG-1 \"größer\"");
	cr_assert_eq(b.files.n, 2);
	cr_assert_str_eq(b.files.v[0].text, "zone a { }\n");
	cr_assert_eq(b.slots.generation, 7);
	cr_assert_eq(b.slots.zones.n, 1);
	cr_assert_str_eq(b.slots.zones.v[0].key, "cctv");
	cr_assert_eq(b.slots.lines.v[0].id, 1);
	cr_assert_eq(b.slots.lines.v[0].last_generation, 7);
}

Test(bundle, truncated_at_any_byte_is_refused)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle a = make(1, "zone a { }\n");
	fb_autofree char *text = fb_bundle_encode(&a, NULL);
	size_t len = strlen(text);

	while (len && text[len - 1] != '}')
		len--;
	for (size_t n = 0; n < len; n++) {
		struct fb_bundle b = { 0 };
		struct fb_error err = { 0 };

		cr_assert_eq(fb_bundle_decode(text, n, &b, &err), -EBADMSG, "%zu of %zu bytes", n, len);
		cr_assert(err.text[0]);
		cr_assert_null(b.root);
	}
}

/*
 * A byte that JSON does not care about (a blank between two words) changes nothing; all others must be
 * noticed.
 */
Test(bundle, any_byte_that_was_changed_is_noticed)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle a = make(1, "zone a { }\n");
	fb_autofree char *text = fb_bundle_encode(&a, NULL);
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		struct fb_bundle b = { 0 };
		struct fb_error err = { 0 };
		char old = text[i];

		if (old == ' ' || old == '\n')
			continue;
		text[i] ^= 1;
		cr_assert_lt(fb_bundle_decode(text, len, &b, &err), 0, "byte %zu of %zu: '%c'", i, len, old);
		text[i] = old;
	}
}

Test(bundle, of_another_language_or_schema_is_refused)
{
	static const char *const cases[][2] = {
		{ "{\"schema\":\"firebreak.bundle/2\"}",
		  "schema \"firebreak.bundle/2\", this version reads firebreak.bundle/1" },
		{ "{\"schema\":\"firebreak.bundle/1\",\"language\":9}", "language 9, this version speaks 1" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_bundle b = { 0 };
		struct fb_error err = { 0 };

		cr_assert_eq(fb_bundle_decode(cases[i][0], strlen(cases[i][0]), &b, &err), -ENOTSUP);
		cr_assert_str_eq(err.text, cases[i][1]);
	}
}

/* A bundle whose lines have these slots, with the sum that it then has. */
static int decode_with_lines(json_t *lines, struct fb_bundle *ret, struct fb_error *err)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle a = make(1, "zone a { }\n");
	json_t *json = fb_bundle_to_json(&a, NULL);
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[65], *bare, *text;
	int r;

	json_object_set_new(json_object_get(json, "slots"), "lines", lines);
	bare = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
	crypto_hash_sha256(hash, (const unsigned char *)bare, strlen(bare));
	json_object_set_new(json, "sha256",
			    json_string(sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash))));
	text = json_dumps(json, 0);
	r = fb_bundle_decode(text, strlen(text), ret, err);
	free(bare);
	free(text);
	json_decref(json);
	return r;
}

Test(bundle, slots_are_lines_of_a_string_or_the_objects_of_before)
{
	static const char *const wrong[] = { "a 0 7\n", "a 131072 7\n", "a 1\n", "a x 7\n", " 1 7\n",
					     "a 1 7",	"a 1 7 8\n",	"a\n",	 "\n" };
	FB_CLEANUP(fb_bundle_done) struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(decode_with_lines(json_string("a 1 7\nb 131071 0\n"), &b, &err), 0, "%s", err.text);
	cr_assert(b.slots.lines.n == 2 && b.slots.lines.v[1].id == 131071);
	cr_assert_str_eq(b.slots.lines.v[0].key, "a");
	cr_assert_eq(b.slots.lines.v[0].last_generation, 7);
	fb_bundle_done(&b);
	cr_assert_eq(decode_with_lines(json_pack("[{ss si si}]", "key", "a", "id", 5, "last", 7), &b, &err),
		     0, "%s", err.text);
	cr_assert(b.slots.lines.n == 1 && b.slots.lines.v[0].id == 5 &&
		  b.slots.lines.v[0].last_generation == 7);
	for (size_t i = 0; i < FB_ARRAY_SIZE(wrong); i++) {
		struct fb_bundle refused = { 0 };

		cr_assert_eq(decode_with_lines(json_string(wrong[i]), &refused, &err), -EBADMSG, "%s",
			     wrong[i]);
		cr_assert_str_eq(err.text, "slot 0 is not one");
	}
}

Test(bundle, a_request_must_be_whole)
{
	static const char *const cases[][2] = {
		{ "{}", "files must be a list of {path, text}" },
		{ "{\"root\":\"a\",\"files\":[]}", "files must be a list of {path, text}" },
		{ "{\"root\":\"a\",\"files\":{}}", "files must be a list of {path, text}" },
		{ "{\"root\":\"a\",\"files\":[7]}", "files[0] has no path, or one that is too long" },
		{ "{\"root\":\"a\",\"files\":[{\"path\":\"a\"}]}", "a has no text" },
		{ "{\"root\":\"a\",\"files\":[{\"path\":\"b\",\"text\":\"\"}]}",
		  "root a is not among the files" },
		{ "{\"files\":[{\"path\":\"b\",\"text\":\"\"}]}",
		  "root (none given) is not among the files" },
		{ "{\"root\":\"a\",\"files\":[{\"path\":\"a\",\"text\":\"\"},{\"path\":\"a\",\"text\":\"\"}]"
		  "}",
		  "a is there twice" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_bundle b = { 0 };
		struct fb_error err = { 0 };
		json_t *body = json_loads(cases[i][0], 0, NULL);

		cr_assert_eq(fb_bundle_from_request(body, &b, &err), -EINVAL, "%s", cases[i][0]);
		cr_assert_str_eq(err.text, cases[i][1]);
		json_decref(body);
	}
}

/* ---- includes ---- */

static char seen[256];

static void see(void *arg, const char *path, const char *text, size_t len)
{
	strcat(strcat(seen, path), " ");
}

static const char *include(const struct fb_bundle *b, const char *from, const char *pattern)
{
	struct fb_reader reader = fb_bundle_reader(b);
	const char *why;

	seen[0] = 0;
	reader.include(reader.user, from, pattern, see, NULL, &why);
	return seen;
}

static struct fb_bundle with_files(const char *catalogue)
{
	static const char *const paths[] = { "p/root.fb",	 "p/zones/b.fb",     "p/zones/a.fb",
					     "p/.hidden.fb",	 "q*/x.fb",	     "q*/y.fb",
					     "/cat/services.fb", "other/services.fb" };
	json_t *files = json_array(), *body;
	struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };

	for (size_t i = 0; i < FB_ARRAY_SIZE(paths); i++)
		json_array_append_new(files, json_pack("{ss ss}", "path", paths[i], "text", ""));
	body = json_pack("{ss ss so}", "root", "p/root.fb", "catalogue", catalogue, "files", files);
	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	return b;
}

Test(bundle, includes_are_looked_for_beside_the_file_and_then_in_the_catalogue)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle b = with_files("/cat"), old = with_files("");

	cr_assert_str_eq(include(&b, "p/root.fb", "zones/*.fb"), "p/zones/a.fb p/zones/b.fb ");
	cr_assert_str_eq(include(&b, "p/root.fb", "*.fb"), "p/root.fb ",
			 "not what is hidden, not what lies deeper");
	cr_assert_str_eq(include(&b, "p/zones/a.fb", "b.fb"), "p/zones/b.fb ");
	cr_assert_str_eq(include(&b, "p/root.fb", "services.fb"), "/cat/services.fb ",
			 "not another folder's");
	cr_assert_str_eq(include(&b, "other/root.fb", "services.fb"), "other/services.fb ");
	cr_assert_str_eq(include(&b, "p/root.fb", "/cat/services.fb"), "/cat/services.fb ");
	cr_assert_str_eq(include(&b, "q*/x.fb", "y.fb"), "q*/y.fb ", "a folder's name is no pattern");
	cr_assert_str_eq(include(&b, "p/root.fb", "nothing.fb"), "");
	cr_assert_str_eq(include(&old, "p/root.fb", "services.fb"), "/cat/services.fb other/services.fb ");
}

/* ---- the store ---- */

static char folder[] = "/tmp/fb-store-XXXXXX";

static void make_store(void)
{
	struct fb_error err = { 0 };

	cr_assert(mkdtemp(folder));
	cr_assert_eq(fb_store_open(folder, &err), 0, "%s", err.text);
}

static void remove_store(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

static void put(__u32 generation)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle b = make(generation, "zone a { }\n");
	struct fb_error err = { 0 };

	cr_assert_eq(fb_store_write(folder, &b, NULL, &err), 0, "%s", err.text);
}

static int load(__u32 pinned, __u32 *ret, struct fb_error *err)
{
	struct fb_bundle b = { 0 };
	int r = fb_store_load(folder, pinned, &b, err);

	*ret = b.generation;
	fb_bundle_done(&b);
	return r;
}

Test(store, gives_back_the_generation_that_was_committed, .init = make_store, .fini = remove_store)
{
	struct fb_error err = { 0 };
	__u32 n;

	cr_assert_eq(load(0, &n, &err), 0, "an empty store");
	put(1);
	cr_assert_eq(load(0, &n, &err), 0, "written, not committed");
	cr_assert_eq(fb_store_commit(folder, 1, &err), 0, "%s", err.text);
	put(2);
	cr_assert_eq(load(1, &n, &err), 1);
	cr_assert_eq(n, 1, "2 never came in force");
	cr_assert_eq(fb_store_last(folder), 2, "but its number is used");
	fb_store_forget(folder, 2);
	cr_assert_eq(fb_store_last(folder), 1);
}

Test(store, a_switch_whose_commit_was_lost_counts, .init = make_store, .fini = remove_store)
{
	struct fb_error err = { 0 };
	__u32 n;

	put(1);
	cr_assert_eq(fb_store_commit(folder, 1, &err), 0);
	put(2);
	cr_assert_eq(load(2, &n, &err), 1);
	cr_assert_eq(n, 2, "the kernel enforces 2");
	cr_assert_eq(load(3, &n, &err), 1);
	cr_assert_eq(n, 1, "3 was never stored");
}

static void spoil(const char *name, const char *text)
{
	struct fb_error err = { 0 };
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	cr_assert_eq(fb_io_write(path, text, strlen(text), 0600, &err), 0, "%s", err.text);
}

Test(store, what_is_damaged_is_refused_and_named, .init = make_store, .fini = remove_store)
{
	struct fb_error err = { 0 };
	__u32 n;

	put(1);
	cr_assert_eq(fb_store_commit(folder, 1, &err), 0);
	spoil("generations/1.json", "{\"schema\"");
	cr_assert_eq(load(1, &n, &err), -EBADMSG);
	cr_assert(strstr(err.text, "/generations/1.json: not a bundle"), "%s", err.text);
	spoil("current", "seven\n");
	cr_assert_eq(load(1, &n, &err), -EBADMSG);
	spoil("current", "");
	cr_assert_eq(load(1, &n, &err), -EBADMSG);
	spoil("current", "5\n");
	cr_assert_eq(load(1, &n, &err), -ENOENT, "it names one that is not there");
	spoil("generations/6.json", "");
	cr_assert_eq(load(6, &n, &err), -EBADMSG,
		     "the kernel enforces 6, which cannot be read: not 5 instead");
}

Test(store, a_file_under_the_wrong_number_is_refused, .init = make_store, .fini = remove_store)
{
	struct fb_error err = { 0 };
	char from[64], to[64];
	__u32 n;

	put(1);
	snprintf(from, sizeof(from), "%s/generations/1.json", folder);
	snprintf(to, sizeof(to), "%s/generations/2.json", folder);
	cr_assert_eq(rename(from, to), 0);
	cr_assert_eq(fb_store_commit(folder, 2, &err), 0);
	cr_assert_eq(load(0, &n, &err), -EBADMSG);
}

Test(store, keeps_the_newest, .init = make_store, .fini = remove_store)
{
	struct fb_error err = { 0 };
	char path[64];

	for (__u32 i = 1; i <= FB_STORE_KEEP + 3; i++)
		put(i);
	cr_assert_eq(fb_store_commit(folder, FB_STORE_KEEP + 3, &err), 0);
	snprintf(path, sizeof(path), "%s/generations/3.json", folder);
	cr_assert_neq(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/generations/4.json", folder);
	cr_assert_eq(access(path, F_OK), 0);
}

/* ---- generations ---- */

static const char policy[] = "zone a { interface eth1  network 10.1.0.0/16 }\n"
			     "zone b { interface eth2  network 10.2.0.0/16 }\n"
			     "firebreak a -> b { allow any -> any  tcp/80 }\n";

Test(generation, takes_the_numbers_of_the_one_before_and_leaves_them_alone)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle first = make(1, policy), second = make(2, policy);
	struct fb_slots before = { 0 };
	struct fb_generation *g = NULL;
	char *text = NULL;

	fb_vec_add(&before.zones, (struct fb_slot){ "b", 9, 1 });
	before.generation = 1;
	cr_assert_eq(fb_generation_new(&first, &before, &g, &text), 0, "%s", text);
	cr_assert_eq(fb_ruleset_zone(&g->ruleset, "b")->id, 9);
	cr_assert_eq(before.zones.n, 1, "a copy was worked on");
	cr_assert_eq(g->allowed[fb_ruleset_zone(&g->ruleset, "a")->id], 1ull << 9);
	cr_assert_null(first.root, "taken");
	free(text);
	fb_generation_free(g);
	fb_vec_done(&before.zones);
	fb_bundle_done(&second);
}

Test(generation, says_what_is_wrong_with_the_policy)
{
	static const char *const cases[][2] = {
		{ "zone a {\n", "town/policy.fb:" },
		{ "zone a { interface eth1 network 10.1.0.0/16 }\nfirebreak a -> c { allow any -> any all "
		  "}\n",
		  "town/policy.fb:2:16" },
		{ "include \"missing.fb\"\n", "missing.fb" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_bundle b = make(1, cases[i][0]);
		struct fb_generation *g = NULL;
		fb_autofree char *text = NULL;

		cr_assert_eq(fb_generation_new(&b, NULL, &g, &text), -EINVAL, "%s", cases[i][0]);
		cr_assert(strstr(text, cases[i][1]), "%s", text);
		cr_assert_null(g);
	}
}
